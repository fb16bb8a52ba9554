/* SPDX-License-Identifier: Apache-2.0 */
/* heads.c: the proposal heads: a branch for each loss, with one head for each matching strategy. */
#include <stdlib.h>

#include "base/error.h"
#include "base/rng.h"
#include "trackers/trackloss/trackloss.h"

/* An anchor's box in ZF's own geometry: the receptive field and the stride of its maps, pixels of a crop of 203. */
static const double anchor_box = 171, anchor_stride = 16;

enum { STREAM_HEADS = 320 };

int dslt_trackloss_strategies(int out[2], const dslt_trackloss_options *o) {
  out[0] = o->strategy == DSLT_TRACKLOSS_BOTH ? DSLT_STRATEGY_FIRST : o->strategy;
  out[1] = DSLT_STRATEGY_FOURTH;
  return o->strategy == DSLT_TRACKLOSS_BOTH ? 2 : 1;
}

/* Maps that are scored or learnt from at once. */
static int maps_at_once(const dslt_trackloss_options *o) {
  int most = DSLT_TRACKLOSS_CHUNK;
  if (o->mined > most) most = o->mined;
  if (o->batch_positives + o->batch_negatives > most) most = o->batch_positives + o->batch_negatives;
  return most;
}

/* Every cell of a search area, whatever the strategy takes. */
static int plan_area(dslt_target *t) {
  dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_map *map = &dslt_trackloss_workspace_of(t->workspace)->area;
  const int count = map->side * map->side;
  int *cells = malloc((size_t)count * sizeof *cells);
  if (!cells) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a proposal head.");
  for (int i = 0; i < count; ++i) cells[i] = i;
  const dslt_anchors_desc desc = {.side = map->side,
                                  .channels = map->channels,
                                  .hidden = own->options->head_channels,
                                  .count = count,
                                  .cells = cells};
  const int rc = t->nn->anchors_plan(&own->area, t->backend, &desc);
  free(cells);
  return rc;
}

static int plan_masks(dslt_target *t, const dslt_trackloss_map *map, const int strategies[2], int count[2],
                      int masks) {
  dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_anchor_grid grid = {map->side, anchor_box, anchor_stride};
  int cells[DSLT_ANCHORS_MAX];
  for (int i = 0; i < masks; ++i) {
    count[i] = dslt_anchor_cells(cells, &grid, strategies[i]);
    const dslt_anchors_desc desc = {.side = map->side,
                                    .channels = map->channels,
                                    .hidden = own->options->head_channels,
                                    .count = count[i],
                                    .cells = cells,
                                    .learns = own->options->batch_positives + own->options->batch_negatives};
    DSLT_TRY(t->nn->anchors_plan(&own->anchors[i], t->backend, &desc));
  }
  return own->options->shared_maps ? plan_area(t) : DSLT_OK;
}

static int draw_head(dslt_target *t, const dslt_trackloss_head *head, size_t values, int index) {
  const dslt_trackloss_options *o = dslt_trackloss_target_of(t)->options;
  const size_t hidden = (size_t)o->head_channels, outputs = DSLT_ANCHOR_OUTPUTS * hidden;
  const size_t kernels = values - DSLT_ANCHOR_OUTPUTS - outputs - hidden;
  dslt_rng rng = dslt_rng_make((uint64_t)t->shared->options->common.seed, STREAM_HEADS + (uint64_t)index);
  float *w = calloc(values, sizeof *w);
  if (!w) return dslt_fail(DSLT_EMEMORY, "Out of memory while drawing a proposal head's first weights.");
  for (size_t i = 0; i < kernels; ++i) w[i] = (float)(o->init_sigma * dslt_rng_normal(&rng));
  for (size_t i = 0; i < outputs; ++i)
    w[kernels + hidden + i] = (float)(o->init_sigma * dslt_rng_normal(&rng));
  const int rc = t->device->upload(t->backend, head->w, w, values * sizeof *w);
  free(w);
  return rc;
}

static int plan_head(dslt_target *t, const dslt_trackloss_map *map, int index) {
  dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  dslt_trackloss_head *head = &own->head[index];
  const size_t values = dslt_anchors_values(map->channels, own->options->head_channels);
  DSLT_TRY(dslt_shared_floats(&head->w, t->shared, values));
  DSLT_TRY(dslt_shared_floats(&head->g, t->shared, values));
  DSLT_TRY(dslt_shared_floats(&head->m, t->shared, values));
  return draw_head(t, head, values, index);
}

int dslt_trackloss_plan_heads(dslt_target *t, const dslt_trackloss_map *map) {
  dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_options *o = own->options;
  const int ensemble = o->loss == DSLT_TRACKLOSS_ENSEMBLE;
  int strategies[2], count[2] = {0}, most;
  const int masks = dslt_trackloss_strategies(strategies, o);
  DSLT_TRY(plan_masks(t, map, strategies, count, masks));
  own->branches = ensemble ? DSLT_TRACKLOSS_BRANCHES : 1;
  for (int branch = 0; branch < own->branches; ++branch)
    for (int i = 0; i < masks; ++i) {
      const int kind = ensemble ? branch : o->loss;
      const int own_numbers = kind < DSLT_TRACKLOSS_BRANCHES ? kind : DSLT_TRACKLOSS_HINGE;
      const dslt_option_list *weights = strategies[i] == DSLT_STRATEGY_FIRST ? &o->alpha : &o->beta;
      own->head[own->heads] =
          (dslt_trackloss_head){.anchors = own->anchors[i],
                                .count = count[i],
                                .strategy = strategies[i],
                                .loss = {.kind = kind,
                                         .diagonal = (float)o->infogain_diagonal,
                                         .weight = (float)dslt_option_list_at(weights, own_numbers)},
                                .rate = (float)dslt_option_list_at(&o->rate, own_numbers)};
      DSLT_TRY(plan_head(t, map, own->heads++));
    }
  const int side = dslt_trackloss_workspace_of(t->workspace)->area.side,
            areas = DSLT_TRACKLOSS_LEVELS * side * side;
  most = maps_at_once(o) * (count[0] > count[1] ? count[0] : count[1]);
  most = DSLT_ANCHOR_OUTPUTS * (most > areas ? most : areas);
  DSLT_TRY(dslt_shared_floats(&own->scores, t->shared, (size_t)most));
  return dslt_shared_floats(&own->d_scores, t->shared, (size_t)most);
}

void dslt_trackloss_free_heads(dslt_target *t) {
  dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  t->nn->anchors_free(own->area);
  for (int i = 0; i < 2; ++i) t->nn->anchors_free(own->anchors[i]);
  for (int i = 0; i < own->heads; ++i) {
    t->device->release(t->backend, own->head[i].w);
    t->device->release(t->backend, own->head[i].g);
    t->device->release(t->backend, own->head[i].m);
  }
  t->device->release(t->backend, own->scores);
  t->device->release(t->backend, own->d_scores);
}

int dslt_trackloss_score(dslt_target *t, float *means, const float *x, const int32_t *item, int n) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  for (int i = 0; i < own->heads; ++i) {
    const dslt_trackloss_head *head = &own->head[i];
    DSLT_TRY(t->nn->anchors_forward(head->anchors, own->scores, x, item, head->w, n));
    DSLT_TRY(t->nn->anchor_scores(t->backend, means, own->scores, n, head->count, head->loss.kind,
                                  1.0f / (float)own->heads, i == 0));
  }
  return DSLT_OK;
}

int dslt_trackloss_score_areas(dslt_target *t) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_workspace *w = dslt_trackloss_workspace_of(t->workspace);
  for (int i = 0; i < own->heads; ++i) {
    const dslt_trackloss_head *head = &own->head[i];
    const dslt_anchor_sampling sampling = {.grid = {w->map.side, anchor_box, anchor_stride},
                                           .strategy = head->strategy,
                                           .side = w->area.side,
                                           .stride = w->map.stride,
                                           .crop_side = w->map.input_side,
                                           .grow = dslt_trackloss_grow(own->options)};
    DSLT_TRY(t->nn->anchors_forward(own->area, own->scores, w->area_features, NULL, head->w,
                                    DSLT_TRACKLOSS_LEVELS));
    DSLT_TRY(t->nn->sampled_scores(t->backend, own->means, own->scores, own->boxes, own->options->candidates,
                                   head->loss.kind, &sampling, &t->record->state, &t->search,
                                   1.0f / (float)own->heads, i == 0));
  }
  return DSLT_OK;
}

/* Caffe's region proposal network learns biases at twice the rate. */
static int step_head(dslt_target *t, const dslt_trackloss_head *head) {
  const dslt_trackloss_options *o = dslt_trackloss_target_of(t)->options;
  const size_t hidden = (size_t)o->head_channels, outputs = DSLT_ANCHOR_OUTPUTS * hidden;
  const dslt_trackloss_map *map = &dslt_trackloss_workspace_of(t->workspace)->map;
  const size_t sizes[] = {9 * (size_t)map->channels * hidden, hidden, outputs, DSLT_ANCHOR_OUTPUTS};
  dslt_param params[4];
  size_t at = 0;
  for (int i = 0; i < 4; ++i) {
    params[i] = (dslt_param){.w = head->w + at,
                             .g = head->g + at,
                             .m = head->m + at,
                             .v = head->m + at,
                             .count = sizes[i],
                             .rate = head->rate * (i % 2 ? 2.0f : 1.0f),
                             .decay = (float)o->decay};
    at += sizes[i];
  }
  return t->nn->sgd(t->backend, params, 4, (float)o->momentum);
}

int dslt_trackloss_step(dslt_target *t) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const int positives = own->options->batch_positives, n = positives + own->options->batch_negatives;
  for (int i = 0; i < own->heads; ++i) {
    const dslt_trackloss_head *head = &own->head[i];
    DSLT_TRY(t->nn->anchors_forward(head->anchors, own->scores, own->store, own->batch, head->w, n));
    DSLT_TRY(t->nn->anchor_loss(t->backend, own->d_scores, &t->record->loss, own->scores, n, positives,
                                head->count, &head->loss, i == 0));
    DSLT_TRY(
        t->nn->anchors_backward(head->anchors, head->g, own->store, own->batch, head->w, own->d_scores, n));
    DSLT_TRY(step_head(t, head));
  }
  return DSLT_OK;
}
