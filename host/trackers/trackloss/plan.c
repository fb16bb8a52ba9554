/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: the search area of a target, rules, and memory. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/rng.h"
#include "trackers/trackloss/trackloss.h"

enum { RESPONSE_SIDE = 15 }; /* cells of the map of candidates' scores */

/* Streams of random numbers. */
enum {
  STREAM_CANDIDATES = 300,
  STREAM_POSITIVES,
  STREAM_NEGATIVES,
  STREAM_FIRST,
  STREAM_NEAR,
  STREAM_FAR,
  STREAM_BATCH
};

/* ---- search area --------------------------------------------------------------------------------- */

/* The response is a map of candidates by their centres, over the search area. */
int dslt_trackloss_measure(dslt_search *out, const dslt_shared *s, int frame_width, int frame_height,
                           const dslt_box *box) {
  const dslt_trackloss_options *o = dslt_trackloss_options_of(s->options);
  const double grow = dslt_trackloss_grow(o);
  dslt_trackloss_map map, area;
  DSLT_TRY(dslt_trackloss_map_of(&map, o, s->weights));
  DSLT_TRY(dslt_trackloss_area_of(&area, o, s->weights));
  const int side = o->shared_maps ? area.input_side : map.input_side;
  const int stride = (area.input_side + RESPONSE_SIDE - 1) / RESPONSE_SIDE;
  const double middle = o->shared_maps ? 0.5 * side : 0.5 * stride * RESPONSE_SIDE;
  *out = (dslt_search){0};
  out->area = (dslt_search_area){.frame_width = frame_width,
                                 .frame_height = frame_height,
                                 .target_width = box->width,
                                 .target_height = box->height,
                                 .ratio_x = box->width * grow / map.input_side,
                                 .ratio_y = box->height * grow / map.input_side,
                                 .input_width = side,
                                 .input_height = side,
                                 .anchor_x = middle,
                                 .anchor_y = middle,
                                 .stride = stride,
                                 .map_width = RESPONSE_SIDE,
                                 .map_height = RESPONSE_SIDE,
                                 .kernel_width = 1,
                                 .kernel_height = 1,
                                 .response_width = RESPONSE_SIDE,
                                 .response_height = RESPONSE_SIDE,
                                 .centre_x = 0.5f * (RESPONSE_SIDE - 1),
                                 .centre_y = 0.5f * (RESPONSE_SIDE - 1)};
  /* levels at the ends and in the middle of the candidates' sizes */
  out->scale =
      (dslt_scale_rules){.levels = o->shared_maps ? DSLT_TRACKLOSS_LEVELS : 1,
                         .step = pow(o->scale_factor, 2.0 * o->candidate_zoom / DSLT_TRACKLOSS_LEVELS),
                         .rate = 1,
                         .penalty = 1,
                         .min = 1,
                         .max = 1};
  if (!(out->scale.step > 1.0001)) out->scale.step = 1.0001;
  return DSLT_OK;
}

/* ---- workspace ----------------------------------------------------------------------------------- */

/* The crops of a chunk and the search areas use the same memory. */
int dslt_trackloss_layout(dslt_feature_layout *out, const dslt_shared *s, const dslt_search *search) {
  dslt_trackloss_map map;
  DSLT_TRY(dslt_trackloss_map_of(&map, dslt_trackloss_options_of(s->options), s->weights));
  const int crop = map.input_side * map.input_side,
            area = search->area.input_width * search->area.input_height;
  out->searched = search->scale.levels;
  out->crops = (DSLT_TRACKLOSS_CHUNK * crop + area - 1) / area;
  return DSLT_OK;
}

static size_t map_values(const dslt_trackloss_map *map) {
  return (size_t)map->side * (size_t)map->side * (size_t)map->channels;
}

int dslt_trackloss_plan_workspace(dslt_feature_workspace *w, dslt_shared *s, const dslt_search *search) {
  dslt_trackloss_workspace *own = dslt_trackloss_workspace_of(w);
  const dslt_trackloss_options *o = dslt_trackloss_options_of(s->options);
  (void)search;
  DSLT_TRY(dslt_trackloss_map_of(&own->map, o, s->weights));
  DSLT_TRY(dslt_trackloss_area_of(&own->area, o, s->weights));
  DSLT_TRY(dslt_trackloss_plan_net(&own->net, s, &own->map, DSLT_TRACKLOSS_CHUNK, NULL));
  DSLT_TRY(dslt_shared_floats(&own->features, s, DSLT_TRACKLOSS_CHUNK * map_values(&own->map)));
  if (!o->shared_maps) return DSLT_OK;
  DSLT_TRY(dslt_trackloss_plan_net(&own->area_net, s, &own->area, DSLT_TRACKLOSS_LEVELS, own->net));
  return dslt_shared_floats(&own->area_features, s, DSLT_TRACKLOSS_LEVELS * map_values(&own->area));
}

void dslt_trackloss_free_workspace(dslt_feature_workspace *w, dslt_shared *s) {
  const dslt_trackloss_workspace *own = dslt_trackloss_workspace_of(w);
  s->backend->nn->net_free(own->area_net);
  s->backend->nn->net_free(own->net);
  s->backend->device->release(s->backend, own->area_features);
  s->backend->device->release(s->backend, own->features);
}

/* ---- target -------------------------------------------------------------------------------------- */

static uint64_t key_of(const dslt_target *t, uint64_t stream) {
  return dslt_rng_make((uint64_t)t->shared->options->common.seed, stream).key;
}

static dslt_draw_rules rules_of(const dslt_target *t, int kind, uint64_t stream) {
  const dslt_trackloss_options *o = dslt_trackloss_target_of(t)->options;
  return (dslt_draw_rules){.kind = kind,
                           .widen = 1,
                           .widen_max = 1e9,
                           .factor = o->scale_factor,
                           .low = 0,
                           .high = 1,
                           .grow = dslt_trackloss_grow(o),
                           .min_side = o->min_side,
                           .frame_width = t->search.area.frame_width,
                           .frame_height = t->search.area.frame_height,
                           .tries = 32,
                           .key = key_of(t, stream)};
}

static void plan_draws(dslt_target *t) {
  dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_options *o = own->options;
  own->candidates = rules_of(t, DSLT_DRAW_GAUSSIAN, STREAM_CANDIDATES);
  own->candidates.shift = o->candidate_shift, own->candidates.zoom = o->candidate_zoom;
  own->candidates.stretch = o->candidate_stretch;
  own->candidates.widen = o->widen, own->candidates.widen_max = o->widen_max;
  own->positives = rules_of(t, DSLT_DRAW_GAUSSIAN, STREAM_POSITIVES);
  own->positives.shift = o->positive_shift, own->positives.zoom = o->positive_zoom;
  own->positives.low = o->positive_overlap;
  own->init_positives = own->positives, own->init_positives.key = key_of(t, STREAM_FIRST);
  own->negatives = rules_of(t, DSLT_DRAW_UNIFORM, STREAM_NEGATIVES);
  own->negatives.shift = 2, own->negatives.zoom = 5, own->negatives.high = o->negative_overlap;
  own->init_near = rules_of(t, DSLT_DRAW_UNIFORM, STREAM_NEAR);
  own->init_near.shift = 1, own->init_near.zoom = 10, own->init_near.high = o->init_negative_overlap;
  own->init_far = rules_of(t, DSLT_DRAW_WHOLE, STREAM_FAR);
  own->init_far.zoom = 5, own->init_far.high = o->init_negative_overlap;
  own->positive_key = key_of(t, STREAM_BATCH);
  own->negative_key = key_of(t, STREAM_BATCH + 1);
  own->choosing =
      (dslt_choice_rules){.best = o->best,
                          .success = o->success,
                          .interval = o->update_interval,
                          .collect = o->collect_interval,
                          .rate = 0.1,
                          .first_area = t->search.area.target_width * t->search.area.target_height};
}

static int larger(int a, int b) { return a > b ? a : b; }

static int plan_ring(dslt_item_ring **out, dslt_target *t, int base, int capacity) {
  const dslt_item_ring ring = {.base = base, .capacity = capacity};
  void *memory;
  DSLT_TRY(t->device->alloc(&memory, t->backend, sizeof ring));
  *out = memory;
  return t->device->upload(t->backend, memory, &ring, sizeof ring);
}

static int plan_boxes(dslt_target *t) {
  dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_options *o = own->options;
  const int drawn = larger(larger(o->candidates, o->init_positives),
                           larger(larger(o->init_negatives, o->positives), o->negatives));
  void *memory;
  DSLT_TRY(t->device->alloc(&memory, t->backend, (size_t)drawn * sizeof *own->boxes));
  own->boxes = memory;
  DSLT_TRY(t->device->alloc(&memory, t->backend, (size_t)drawn * sizeof *own->crops));
  own->crops = memory;
  DSLT_TRY(t->device->alloc(&memory, t->backend, sizeof *own->choice));
  own->choice = memory;
  DSLT_TRY(t->device->alloc(&memory, t->backend, (size_t)o->mined * sizeof *own->mined));
  own->mined = memory;
  DSLT_TRY(t->device->alloc(&memory, t->backend,
                            (size_t)(o->batch_positives + o->batch_negatives) * sizeof *own->batch));
  own->batch = memory;
  return DSLT_OK;
}

static int plan_memory(dslt_target *t, const dslt_trackloss_map *map) {
  dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_options *o = own->options;
  DSLT_TRY(plan_boxes(t));
  DSLT_TRY(plan_ring(&own->positive, t, 0, o->positive_memory));
  DSLT_TRY(plan_ring(&own->negative, t, o->positive_memory, o->negative_memory));
  DSLT_TRY(dslt_shared_floats(&own->means, t->shared, (size_t)larger(o->candidates, o->mined)));
  DSLT_TRY(dslt_shared_floats(&own->store, t->shared,
                              (size_t)(o->positive_memory + o->negative_memory) * map_values(map)));
  DSLT_TRY(dslt_shared_floats(&own->response, t->shared, t->response_values));
  DSLT_TRY(dslt_shared_floats(&own->losses, t->shared, (size_t)o->init_steps));
  t->init_losses = calloc((size_t)o->init_steps, sizeof *t->init_losses);
  return t->init_losses ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory while planning the tracker.");
}

int dslt_trackloss_plan(dslt_target *t) {
  dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_map *map = &dslt_trackloss_workspace_of(t->workspace)->map;
  own->options = dslt_trackloss_options_of(t->shared->options);
  plan_draws(t);
  DSLT_TRY(plan_memory(t, map));
  return dslt_trackloss_plan_heads(t, map);
}

void dslt_trackloss_free(dslt_target *t) {
  dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  void *const memory[] = {own->boxes,    own->crops, own->choice, own->mined,    own->batch, own->positive,
                          own->negative, own->means, own->store,  own->response, own->losses};
  dslt_trackloss_free_heads(t);
  for (size_t i = 0; i < sizeof memory / sizeof *memory; ++i) t->device->release(t->backend, memory[i]);
}
