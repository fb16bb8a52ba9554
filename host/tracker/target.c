/* SPDX-License-Identifier: Apache-2.0 */
/* target.c: a target's first frame and its way through every other. */
#include "target.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "geometry.h"
#include "math/locate.h"
#include "nn/backbone.h"

/* ---- first frame --------------------------------------------------------------------------------- */

/* The record that the second frame begins with. */
static int upload_record(dslt_target *t) {
  const dslt_dslt_options *o = t->options;
  const dslt_frame_record first = {.state = t->seen,
                                   .decision = {.cx = t->seen.cx, .cy = t->seen.cy},
                                   .ring = dslt_ring_first(o->memory),
                                   .training = {.go = 1}};
  t->policy = (dslt_update_policy){
      .interval = o->update_interval, .hold = o->lost_hold, .joint = dslt_shared_searches_levels(t->shared)};
  return t->device->upload(t->backend, t->record, &first, sizeof first);
}

/* Send all of the record that the host wants to know. */
static int report(dslt_target *t) {
  return t->device->graph_report(t->graph, t->record, offsetof(dslt_frame_record, learns));
}

int dslt_target_learn(dslt_target *t, const dslt_box *box) {
  t->seen = (dslt_target_state){.cx = box->x + 0.5 * box->width,
                                .cy = box->y + 0.5 * box->height,
                                .width = box->width,
                                .height = box->height,
                                .scale = 1.0,
                                .score = 1.0,
                                .mean_score = -1.0,
                                .level = (t->geometry.scale.levels - 1) / 2};
  DSLT_TRY(upload_record(t));
  DSLT_TRY(t->device->graph_open(&t->graph, t->backend, DSLT_SECTIONS));
  dslt_result result = {.box = *box, .peak = 1.0};
  DSLT_TRY(t->device->graph_mark(t->graph, -1));
  DSLT_TRY(t->vision->crop(t->backend, t->workspace->input, &t->geometry, &t->shared->norm, &t->record->state,
                           0, 1));
  DSLT_TRY(t->device->graph_mark(t->graph, DSLT_STAGE_CROP));
  DSLT_TRY(dslt_target_learn_first(t, &result));
  DSLT_TRY(report(t));
  dslt_frame_record record;
  DSLT_TRY(t->device->graph_wait(&record, result.stage_ms, t->graph));
  t->init_result = result;
  return DSLT_OK;
}

/* ---- the way of a frame -------------------------------------------------------------------------- */

int dslt_run_section(dslt_backend *backend, dslt_frame_graph *graph, int section,
                     int (*calls)(void *context, int argument), void *context, int argument) {
  int again = 1;
  while (again == 1) {
    int run;
    DSLT_TRY(backend->device->graph_begin(&run, graph, section));
    again = backend->device->graph_end(graph, run ? calls(context, argument) : DSLT_OK);
  }
  return again;
}

static int mark(dslt_target *t, dslt_stage stage) { return t->device->graph_mark(t->graph, (int)stage); }

/* The target's own part of what all searches of its workspace share. */
typedef struct search_place {
  float *input, *low, *high;
} search_place;

static search_place place_of(const dslt_target *t) {
  const dslt_feature_workspace *e = t->workspace;
  size_t crops = (size_t)t->batch_index * (size_t)e->searched;
  return (search_place){e->input + crops * e->input_values, e->low + crops * e->low_values,
                        e->high + crops * e->high_values};
}

int dslt_target_crop(dslt_target *t) {
  int n = t->workspace->searched;
  return t->vision->crop(t->backend, place_of(t).input, &t->geometry, &t->shared->norm, &t->record->state,
                         -(n - 1) / 2, n);
}

/* Features of the search area around the last place, unless the group has seen to it. */
static int extract_search(dslt_target *t) {
  if (!t->alone) return DSLT_OK;
  search_place p = place_of(t);
  DSLT_TRY(dslt_target_crop(t));
  DSLT_TRY(mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(dslt_backbone_run(t->nn, t->workspace->searched > 1 ? t->workspace->pyramid : t->workspace->single,
                             p.input, p.low, p.high));
  return mark(t, DSLT_STAGE_BACKBONE);
}

/* Responses of `n` crops with these taps, by way of their reduced maps where those are kept. */
static int response_maps(dslt_target *t, float *responses, const float *low, const float *high,
                         const dslt_features *reduced, int n) {
  if (!reduced->low) return dslt_head_forward(t->head, responses, low, high, n);
  DSLT_TRY(dslt_head_reduce(t->head, reduced->low, reduced->high, low, high, n));
  return dslt_head_forward(t->head, responses, reduced->low, reduced->high, n);
}

static int decide(dslt_target *t) {
  dslt_frame_record *r = t->record;
  return t->vision->decide(t->backend, &r->decision, r->learns, &r->state, &r->ring, &t->policy);
}

/* All scales around the new place. */
static int run_pyramid(dslt_target *t) {
  dslt_feature_workspace *e = t->workspace;
  int levels = t->geometry.scale.levels;
  DSLT_TRY(t->vision->crop(t->backend, e->input, &t->geometry, &t->shared->norm, &t->record->state,
                           -(levels - 1) / 2, levels));
  DSLT_TRY(mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(dslt_backbone_run(t->nn, e->pyramid, e->input, e->low_levels, e->high_levels));
  DSLT_TRY(mark(t, DSLT_STAGE_BACKBONE));
  DSLT_TRY(response_maps(t, t->responses, e->low_levels, e->high_levels, &e->levels_reduced, levels));
  DSLT_TRY(mark(t, DSLT_STAGE_HEAD));
  DSLT_TRY(t->vision->choose_scale(t->backend, &t->record->state, t->responses, &t->geometry));
  return mark(t, DSLT_STAGE_LOCATE);
}

/* Search around the last place; where a pyramid is worth it, look at the new place in every scale and take
 * the best. */
static int search(dslt_target *t) {
  search_place p = place_of(t);
  DSLT_TRY(response_maps(t, t->response, p.low, p.high, &t->workspace->search_reduced, 1));
  DSLT_TRY(mark(t, DSLT_STAGE_HEAD));
  DSLT_TRY(t->vision->locate(t->backend, &t->record->state, t->response, &t->geometry));
  DSLT_TRY(decide(t));
  DSLT_TRY(mark(t, DSLT_STAGE_LOCATE));
  if (t->geometry.scale.levels < 2) return DSLT_OK;
  int run;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->state.pyramid, 0));
  if (run) DSLT_TRY(run_pyramid(t));
  return t->device->graph_end_if(t->graph);
}

/* Search around the last place in every scale at once; the best one gives place and size. */
static int search_levels(dslt_target *t) {
  search_place p = place_of(t);
  DSLT_TRY(
      response_maps(t, t->responses, p.low, p.high, &t->workspace->search_reduced, t->geometry.scale.levels));
  DSLT_TRY(mark(t, DSLT_STAGE_HEAD));
  DSLT_TRY(t->vision->locate_levels(t->backend, &t->record->state, t->responses, &t->geometry));
  DSLT_TRY(decide(t));
  return mark(t, DSLT_STAGE_LOCATE);
}

/* For a sample that neither the search nor a pyramid has seen. */
static int reextract(dslt_target *t) {
  dslt_feature_workspace *e = t->workspace;
  int run;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->decision.reextract, 0));
  if (run) {
    DSLT_TRY(t->vision->crop(t->backend, e->input, &t->geometry, &t->shared->norm, &t->record->state, 0, 1));
    DSLT_TRY(mark(t, DSLT_STAGE_CROP));
    DSLT_TRY(dslt_backbone_run(t->nn, e->single, e->input, e->low_moved, e->high_moved));
    if (e->moved_reduced.low)
      DSLT_TRY(dslt_head_reduce(t->head, e->moved_reduced.low, e->moved_reduced.high, e->low_moved,
                                e->high_moved, 1));
    DSLT_TRY(mark(t, DSLT_STAGE_BACKBONE));
  }
  return t->device->graph_end_if(t->graph);
}

/* Where this frame's sample may come from. */
static dslt_sample_sources sources_of(const dslt_target *t) {
  const dslt_feature_workspace *e = t->workspace;
  search_place p = place_of(t);
  dslt_sample_sources s = {p.low,        p.high,        e->low_levels, e->high_levels,
                           e->low_moved, e->high_moved, e->low_stored, e->high_stored};
  if (e->search_reduced.low) {
    s.low = e->search_reduced.low, s.high = e->search_reduced.high;
    s.low_levels = e->levels_reduced.low, s.high_levels = e->levels_reduced.high;
    s.low_moved = e->moved_reduced.low, s.high_moved = e->moved_reduced.high;
  }
  if (e->searched > 1) { /* the search was the pyramid */
    s.low_levels = s.low;
    s.high_levels = s.high;
    s.low = s.high = NULL;
  }
  return s;
}

/* Put the target as it looks now into the store, and learn. */
static int update(dslt_target *t) {
  int run;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->decision.update, 0));
  if (run) {
    dslt_sample_sources sources = sources_of(t);
    if (t->workspace->searched > 1)
      DSLT_TRY(t->vision->store_label(t->backend, t->samples.label, &t->record->ring, &t->record->state,
                                      &t->geometry));
    DSLT_TRY(t->vision->store_sample(t->backend, &t->record->ring, t->samples.low, t->samples.high, &sources,
                                     &t->record->state, &t->record->decision));
    DSLT_TRY(mark(t, DSLT_STAGE_STORE));
    DSLT_TRY(dslt_target_learn_online(t));
    DSLT_TRY(mark(t, DSLT_STAGE_UPDATE));
  }
  return t->device->graph_end_if(t->graph);
}

static int frame_calls(void *target, int unused) {
  dslt_target *t = target;
  (void)unused;
  DSLT_TRY(t->device->graph_mark(t->graph, -1));
  DSLT_TRY(extract_search(t));
  DSLT_TRY(t->workspace->searched > 1 ? search_levels(t) : search(t));
  if (t->workspace->low_moved) DSLT_TRY(reextract(t));
  if (t->options->update_interval > 0) DSLT_TRY(update(t));
  return report(t);
}

int dslt_target_frame(dslt_target *t) {
  return dslt_run_section(t->backend, t->graph, DSLT_SECTION_FRAME, frame_calls, t, 0);
}

/* ---- what came of it ----------------------------------------------------------------------------- */

/* Keep in mind where the response map of this frame lies, in memory and in the frame. */
static void show(dslt_target *t, const float *response, dslt_target_state looked, int level) {
  looked.scale *= dslt_level_factor(level, &t->geometry);
  t->window = dslt_response_window(&looked, &t->geometry);
  t->shown = response;
  t->response_made = 1;
  t->response_fetched = 0;
}

int dslt_target_result(dslt_result *out, dslt_target *t) {
  dslt_frame_record record;
  double stage_ms[DSLT_STAGE_COUNT];
  DSLT_TRY(t->device->graph_wait(&record, stage_ms, t->graph));
  int middle = (t->geometry.scale.levels - 1) / 2;
  int learnt = dslt_samples_learnt(&record.decision, &record.ring);
  if (t->workspace->searched > 1)
    show(t, t->responses + (size_t)record.state.level * t->response_values, t->seen, record.state.level);
  else
    show(t, t->response, t->seen, middle);
  t->seen = record.state;
  *out = (dslt_result){.box = dslt_state_box(&t->seen),
                       .peak = t->seen.score,
                       .lost = t->seen.lost,
                       .scale_level = t->seen.level - middle,
                       .steps = learnt * t->options->update_steps,
                       .loss = learnt ? (double)record.loss : 0.0};
  memcpy(out->stage_ms, stage_ms, sizeof out->stage_ms);
  return DSLT_OK;
}

int dslt_target_response(dslt_response *out, dslt_target *t) {
  if (!t->response_made)
    return dslt_fail(
        DSLT_ESTATE,
        "There is no response map before the first update: dslt_tracker_update() or dslt_group_update().");
  if (!t->response_fetched) {
    DSLT_TRY(t->device->begin(t->backend));
    int rc = t->device->download(t->backend, t->response_host, t->shown, t->response_values * sizeof(float));
    DSLT_TRY(dslt_backend_end(t->backend, rc));
    t->response_fetched = 1;
  }
  *out = (dslt_response){t->response_host, t->geometry.area.response_width, t->geometry.area.response_height,
                         t->window};
  return DSLT_OK;
}
