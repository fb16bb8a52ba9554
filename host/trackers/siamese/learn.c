/* SPDX-License-Identifier: Apache-2.0 */
/* learn.c: the first frame: the template's features become the filters of the matching head, and the regression
 * learns the target's place; how the user's box differs from the head's; then the regression's steps on the stored
 * samples after every frame. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "trackers/siamese/siamese.h"

/* ---- matching ------------------------------------------------------------------------------------ */

/* The template: a crop of its own side around the target, at the search area's scale. */
int dslt_siamese_run_template(dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  dslt_siamese_workspace *w = dslt_siamese_workspace_of(t->workspace);
  dslt_search search = t->search;
  dslt_search_area *a = &search.area;
  a->input_width = a->input_height = own->shape.template_side;
  a->anchor_x = a->anchor_y = 0.5 * own->shape.template_side;
  DSLT_TRY(t->vision->crop(t->backend, w->input, w->net, &search, &t->shared->norm, &t->record->state, 0, 1));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(t->nn->net_run(w->net, w->input, w->map));
  return dslt_target_mark(t, DSLT_STAGE_BACKBONE);
}

/* The template's features, weighted, are the first frame's and, so far, their own mean; the filters are made of them. */
static int set_template(dslt_target *t) {
  const dslt_search_area *a = &t->search.area;
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_template_rules *r = &own->following;
  const int count = r->cells * r->cells;
  const size_t values = (size_t)count * (size_t)r->channels, bytes = values * sizeof(float);
  const float *map = dslt_siamese_workspace_of(t->workspace)->map[DSLT_MATCHING_NECK];
  float *features = malloc(2 * bytes), *filters = features + values;
  int rc;
  if (!features) return dslt_fail(DSLT_EMEMORY, "Out of memory for a template.");
  DSLT_TRY_OR_DONE(t->device->download(t->backend, features, map, bytes));
  for (int i = 0; i < count; ++i) {
    const float weight = dslt_template_weight(r, i, a->target_width, a->target_height);
    for (int c = 0; c < r->channels; ++c) {
      features[i * r->channels + c] *= weight;
      filters[c * count + i] = r->factor * features[i * r->channels + c];
    }
  }
  DSLT_TRY_OR_DONE(t->device->upload(t->backend, own->first, features, bytes));
  DSLT_TRY_OR_DONE(t->device->upload(t->backend, own->mean, features, bytes));
  DSLT_TRY_OR_DONE(t->device->upload(t->backend, own->filters, filters, bytes));
done:
  free(features);
  return rc;
}

/* The search area of the first frame: its maps are in the workspace. */
static int search_first(dslt_target *t) {
  DSLT_TRY(dslt_target_crop(t, t->workspace->input, NULL, 0, 1));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(t->nn->net_run(t->workspace->single, t->workspace->input, t->workspace->tap));
  return dslt_target_mark(t, DSLT_STAGE_BACKBONE);
}

/* The head's box with the highest score of the crop's middle cells. */
static dslt_match first_box(float *score, const dslt_match_rules *g, const float *scores,
                            const float *distances) {
  dslt_match best = {0};
  *score = -INFINITY;
  for (int row = g->rows / 2 - 1; row <= g->rows / 2 + 1 && row < g->rows; ++row)
    for (int column = g->columns / 2 - 1; column <= g->columns / 2 + 1 && column < g->columns; ++column) {
      const int cell = row * g->columns + column;
      if (!(scores[cell] > *score)) continue; /* NaN is never the highest */
      *score = scores[cell];
      best = dslt_match_box(g, distances + 4 * (size_t)cell, row, column);
    }
  return best;
}

/* What sets the user's box apart from the head's. The head answers where the target is, so its answer says how it draws
 * boxes; where it does not find the target, it says nothing. */
static int fit_boxes(dslt_target *t) {
  dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_match_rules *g = &own->rules;
  const dslt_search_area *a = &t->search.area;
  const size_t cells = (size_t)g->rows * (size_t)g->columns;
  float score, *maps = malloc(5 * cells * sizeof *maps);
  int rc;
  if (!maps) return dslt_fail(DSLT_EMEMORY, "Out of memory for the first frame's boxes.");
  DSLT_TRY_OR_DONE(dslt_siamese_match(t, t->workspace->tap[DSLT_MATCHING_NECK]));
  DSLT_TRY_OR_DONE(t->device->download(t->backend, maps, own->scores, cells * sizeof *maps));
  DSLT_TRY_OR_DONE(t->device->download(t->backend, maps + cells, own->distances, 4 * cells * sizeof *maps));
  const dslt_match box = first_box(&score, g, maps, maps + cells);
  if (score > 0.0f && isfinite(box.x + box.y + box.w + box.h)) /* above one half */
    own->fit = dslt_box_fit_of(&box, a->target_width / a->ratio_x, a->target_height / a->ratio_y,
                               own->options->box_fit);
done:
  free(maps);
  return rc;
}

/* ---- regression ---------------------------------------------------------------------------------- */

static dslt_loss_spec loss_spec(const dslt_siamese_options *o) {
  return (dslt_loss_spec){
      .kind = DSLT_LOSS_SHRINKAGE, .a = (float)o->shrink_a, .c = (float)o->shrink_c, .weight_peak = 1.0f};
}

static dslt_head_rates rates(const dslt_siamese_options *o, double low, double high) {
  return (dslt_head_rates){.low = (float)low,
                           .high = (float)high,
                           .bias = 1.0f,
                           .decay = (float)o->weight_decay,
                           .decay_high = 1.0f,
                           .branch = DSLT_BRANCH_COARSEST,
                           .adam = {0.9f, 0.999f, 1e-8f}};
}

static int step_calls(void *target, int unused) {
  dslt_target *t = target;
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_siamese_options *o = own->options;
  const dslt_loss_spec spec = loss_spec(o);
  const dslt_head_rates r = rates(o, o->init_rate_low, o->init_rate_high);
  const dslt_stop_rule stop = {.limit = o->init_steps, .window = 1};
  (void)unused;
  DSLT_TRY(dslt_head_gradient(own->head, &t->record->loss, t->workspace->tap,
                              dslt_samples_label(&own->samples, 0), &spec));
  DSLT_TRY(t->nn->early_stop(t->backend, &t->record->training, own->losses, &t->record->loss, &stop));
  return dslt_head_step(own->head, &r);
}

/* The label of every slot is first that of the first frame: the target in the crop's centre. */
static int upload_label(dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  float *label = malloc(t->response_values * sizeof *label);
  if (!label) return dslt_fail(DSLT_EMEMORY, "Out of memory while making the soft label.");
  dslt_soft_label(label, &t->search, 0);
  const int rc = t->device->upload(t->backend, dslt_samples_label(&own->samples, 0), label,
                                   t->response_values * sizeof *label);
  free(label);
  return rc;
}

static dslt_siamese_maps maps_of(const dslt_samples *samples, int slot) {
  dslt_siamese_maps out = {0};
  for (int i = 0; i < samples->maps; ++i) out.map[i] = dslt_samples_map(samples, i, slot);
  return out;
}

static int learn_regression(dslt_target *t, dslt_result *result) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  dslt_training training;
  DSLT_TRY(upload_label(t));
  for (int step = 0; step < own->options->init_steps; ++step)
    DSLT_TRY(dslt_run_section(t->backend, t->graph, DSLT_SIAMESE_SECTION_STEP, step_calls, t, 0));
  DSLT_TRY(t->device->download(t->backend, &training, &t->record->training, sizeof training));
  DSLT_TRY(t->device->download(t->backend, t->init_losses, own->losses,
                               (size_t)own->options->init_steps * sizeof(float)));
  if (training.failed)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "The loss is not finite at step %d of the first frame: the learning rates do not suit these "
        "weights; lower init_rate_low and init_rate_high.",
        training.steps);
  result->steps = training.steps;
  result->loss = (double)t->init_losses[training.steps - 1];
  dslt_head_freeze(own->head);
  DSLT_TRY(dslt_head_reduce(own->head, maps_of(&own->samples, 0).map, t->workspace->tap, 1));
  return dslt_head_reset_optimiser(own->head); /* the on-line phase starts with fresh moments */
}

int dslt_siamese_learn(dslt_target *t, dslt_result *result) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  DSLT_TRY(dslt_siamese_run_template(t));
  DSLT_TRY(set_template(t));
  if (own->head || own->options->box_fit > 0) DSLT_TRY(search_first(t));
  if (own->options->box_fit > 0) DSLT_TRY(fit_boxes(t));
  if (own->head) DSLT_TRY(learn_regression(t, result));
  return dslt_target_mark(t, DSLT_STAGE_UPDATE);
}

int dslt_siamese_learn_online(dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_siamese_options *o = own->options;
  const dslt_loss_spec spec = loss_spec(o);
  const dslt_head_rates r = rates(o, o->online_rate_low, o->online_rate_high);
  for (int slot = 0; slot < o->memory; ++slot) {
    const dslt_siamese_maps maps = maps_of(&own->samples, slot);
    int run;
    DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->learns[slot], 1));
    for (int step = 0; run && step < o->update_steps; ++step)
      DSLT_TRY(dslt_head_learn(own->head, &t->record->loss, maps.map, dslt_samples_label(&own->samples, slot),
                               &spec, &r));
    DSLT_TRY(t->device->graph_end_if(t->graph));
  }
  return DSLT_OK;
}
