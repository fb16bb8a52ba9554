/* SPDX-License-Identifier: Apache-2.0 */
/* learn.c: training boxes and steps: many on the first frame, a few in later ones. */
#include "base/error.h"
#include "trackers/trackloss/trackloss.h"

/* ---- training boxes ------------------------------------------------------------------------------ */

int dslt_trackloss_extract(dslt_target *t, int first, int n) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  dslt_trackloss_workspace *w = dslt_trackloss_workspace_of(t->workspace);
  float *taps[] = {w->features};
  DSLT_TRY(t->vision->crop_boxes(t->backend, t->workspace->input, w->net, w->map.input_side,
                                 w->map.input_side, &t->shared->norm, own->crops + first, n));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(t->nn->net_run(w->net, t->workspace->input, taps));
  return dslt_target_mark(t, DSLT_STAGE_BACKBONE);
}

/* Draw boxes and put their maps into a store. */
static int take(dslt_target *t, dslt_item_ring *ring, const dslt_draw_rules *rules, int count) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_workspace *w = dslt_trackloss_workspace_of(t->workspace);
  const size_t values = (size_t)w->map.side * (size_t)w->map.side * (size_t)w->map.channels;
  DSLT_TRY(t->vision->draw_boxes(t->backend, own->boxes, own->crops, count, rules, &t->record->state,
                                 &t->record->decision.frame));
  for (int first = 0; first < count; first += DSLT_TRACKLOSS_CHUNK) {
    const int n = count - first < DSLT_TRACKLOSS_CHUNK ? count - first : DSLT_TRACKLOSS_CHUNK;
    DSLT_TRY(dslt_trackloss_extract(t, first, n));
    DSLT_TRY(t->nn->store_items(t->backend, own->store, ring, w->features, values, n));
  }
  return dslt_target_mark(t, DSLT_STAGE_STORE);
}

int dslt_trackloss_collect(dslt_target *t) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  DSLT_TRY(take(t, own->positive, &own->positives, own->options->positives));
  return take(t, own->negative, &own->negatives, own->options->negatives);
}

/* ---- steps --------------------------------------------------------------------------------------- */

/* Boxes of the target at random, and of those of the background that were drawn the ones that look like it most. */
static int draw_batch(dslt_target *t, const int32_t *step, int round) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_options *o = own->options;
  dslt_item_draw draw = {.frame = &t->record->decision.frame,
                         .step = step,
                         .round = round,
                         .recent = &own->choice->recent,
                         .newest = o->recent_positives,
                         .key = own->positive_key};
  int32_t *negatives = own->batch + o->batch_positives;
  DSLT_TRY(t->nn->draw_items(t->backend, own->batch, o->batch_positives, own->positive, &draw));
  draw.recent = NULL;
  draw.key = own->negative_key;
  if (o->mined == o->batch_negatives)
    return t->nn->draw_items(t->backend, negatives, o->mined, own->negative, &draw);
  DSLT_TRY(t->nn->draw_items(t->backend, own->mined, o->mined, own->negative, &draw));
  DSLT_TRY(dslt_trackloss_score(t, own->means, own->store, own->mined, o->mined));
  return t->nn->hardest_items(t->backend, negatives, o->batch_negatives, own->means, own->mined, o->mined);
}

int dslt_trackloss_learn_online(dslt_target *t) {
  for (int round = 0; round < dslt_trackloss_target_of(t)->options->update_steps; ++round) {
    DSLT_TRY(draw_batch(t, NULL, round));
    DSLT_TRY(dslt_trackloss_step(t));
  }
  return dslt_target_mark(t, DSLT_STAGE_UPDATE);
}

/* ---- first frame --------------------------------------------------------------------------------- */

/* A step of the first frame. Training never stops early; a loss that is not finite is the last one that counts. */
static int step_calls(void *target, int unused) {
  dslt_target *t = target;
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_stop_rule stop = {.limit = own->options->init_steps, .window = 1};
  (void)unused;
  DSLT_TRY(draw_batch(t, &t->record->training.steps, 0));
  DSLT_TRY(dslt_trackloss_step(t));
  return t->nn->early_stop(t->backend, &t->record->training, own->losses, &t->record->loss, &stop);
}

static int train(dslt_target *t, dslt_training *training) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  for (int step = 0; step < own->options->init_steps; ++step)
    DSLT_TRY(dslt_run_section(t->backend, t->graph, DSLT_TRACKLOSS_SECTION_STEP, step_calls, t, 0));
  DSLT_TRY(t->device->download(t->backend, training, &t->record->training, sizeof *training));
  return t->device->download(t->backend, t->init_losses, own->losses,
                             (size_t)training->steps * sizeof(float));
}

int dslt_trackloss_learn(dslt_target *t, dslt_result *result) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_options *o = own->options;
  dslt_training training;
  DSLT_TRY(take(t, own->positive, &own->init_positives, o->init_positives));
  DSLT_TRY(take(t, own->negative, &own->init_near, o->init_negatives / 2));
  DSLT_TRY(take(t, own->negative, &own->init_far, o->init_negatives - o->init_negatives / 2));
  DSLT_TRY(train(t, &training));
  if (training.failed)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "The loss is not finite at step %d of the first frame: the learning rate does not suit these "
        "features; lower rate.",
        training.steps);
  result->steps = training.steps;
  result->loss = (double)t->init_losses[training.steps - 1];
  return dslt_target_mark(t, DSLT_STAGE_UPDATE);
}
