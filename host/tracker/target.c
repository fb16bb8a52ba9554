/* SPDX-License-Identifier: Apache-2.0 */
/* target.c: a target of any tracker: memory, first frame, a frame's calls, and their results. */
#include "tracker/target.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tracker/type.h"

/* ---- memory -------------------------------------------------------------------------------------- */

static int alloc_parts(dslt_target *t) {
  const dslt_search_area *a = &t->search.area;
  void *record;
  t->response_values = (size_t)a->response_height * (size_t)a->response_width;
  t->response_host = calloc(t->response_values, sizeof *t->response_host);
  t->own = calloc(1, t->type->target_size ? t->type->target_size : 1);
  if (!t->response_host || !t->own)
    return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the tracker.");
  DSLT_TRY(t->device->alloc(&record, t->backend, sizeof *t->record));
  t->record = record;
  return DSLT_OK;
}

int dslt_target_plan(dslt_target *t, dslt_shared *shared, dslt_feature_workspace *workspace,
                     const dslt_search *search) {
  *t = (dslt_target){.shared = shared,
                     .type = shared->type,
                     .backend = shared->backend,
                     .device = shared->backend->device,
                     .nn = shared->backend->nn,
                     .vision = shared->backend->vision,
                     .search = *search,
                     .workspace = workspace,
                     .alone = 1,
                     .decided = -1,
                     .ring = dslt_ring_first(1)};
  DSLT_TRY(alloc_parts(t));
  return t->type->plan(t);
}

void dslt_target_unplan(dslt_target *t) {
  if (!t->shared) return; /* never planned */
  t->device->graph_free(t->graph);
  if (t->own) t->type->free(t);
  t->device->release(t->backend, t->record);
  dslt_first_sight_close(t->sight);
  free(t->own);
  free(t->response_host);
  free(t->init_losses);
  free(t->init_snr);
  memset(t, 0, sizeof *t);
}

/* ---- first frame --------------------------------------------------------------------------------- */

/* The record that the second frame begins with. */
static int upload_record(dslt_target *t) {
  const dslt_frame_record first = {.state = t->seen,
                                   .decision = {.cx = t->seen.cx, .cy = t->seen.cy},
                                   .ring = t->ring,
                                   .training = {.go = 1}};
  return t->device->upload(t->backend, t->record, &first, sizeof first);
}

/* Send the host's part of the record. */
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
                                .level = (t->search.scale.levels - 1) / 2};
  DSLT_TRY(upload_record(t));
  DSLT_TRY(t->device->graph_open(&t->graph, t->backend, t->type->sections));
  dslt_result result = {.box = *box, .peak = 1.0, .lost = t->blank};
  t->kept = *box;
  DSLT_TRY(t->device->graph_mark(t->graph, -1));
  DSLT_TRY(t->type->learn(t, &result));
  DSLT_TRY(report(t));
  dslt_frame_record record;
  DSLT_TRY(t->device->graph_wait(&record, result.stage_ms, t->graph));
  t->decided = record.decision.frame;
  t->init_result = t->last_result = result;
  return DSLT_OK;
}

/* ---- a frame's calls ----------------------------------------------------------------------------- */

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

int dslt_target_mark(dslt_target *t, dslt_stage stage) { return t->device->graph_mark(t->graph, (int)stage); }

int dslt_target_crop(dslt_target *t, float *input, dslt_net *reader, int first_level, int count) {
  return t->vision->crop(t->backend, input, reader, &t->search, &t->shared->norm, &t->record->state,
                         first_level, count);
}

static size_t first_crop(const dslt_target *t) {
  return (size_t)t->batch_index * (size_t)t->workspace->searched;
}

float *dslt_target_input(const dslt_target *t) {
  return t->workspace->input + first_crop(t) * t->workspace->input_values;
}

float *dslt_target_tap(const dslt_target *t, int tap) {
  return t->workspace->tap[tap] + first_crop(t) * t->workspace->tap_values[tap];
}

int dslt_target_crop_search(dslt_target *t) {
  if (t->type->crop) return t->type->crop(t);
  int n = t->workspace->searched;
  return dslt_target_crop(t, dslt_target_input(t), t->alone ? t->workspace->search : NULL, -(n - 1) / 2, n);
}

int dslt_target_search(dslt_target *t) {
  float *taps[DSLT_NET_TAPS_MAX] = {NULL};
  if (!t->alone) return DSLT_OK;
  DSLT_TRY(dslt_target_crop_search(t));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_CROP));
  if (!t->workspace->search) return DSLT_OK;
  for (int i = 0; i < t->workspace->taps; ++i) taps[i] = dslt_target_tap(t, i);
  DSLT_TRY(t->nn->net_run(t->workspace->search, dslt_target_input(t), taps));
  return dslt_target_mark(t, DSLT_STAGE_BACKBONE);
}

static int frame_calls(void *target, int unused) {
  dslt_target *t = target;
  (void)unused;
  DSLT_TRY(t->device->graph_mark(t->graph, -1));
  DSLT_TRY(t->type->frame(t));
  return report(t);
}

void dslt_target_look(dslt_target *t, const dslt_image *frame) {
  t->waits = t->sight && !dslt_first_sight_again(t->sight, frame);
  if (t->waits) return;
  dslt_first_sight_close(t->sight);
  t->sight = NULL;
}

int dslt_target_updates(const dslt_target *t, int ahead) {
  if (t->policy.interval < 1) return 0;
  return t->decided < 0 || (t->decided + 1 + ahead) % t->policy.interval == 0;
}

int dslt_target_frame(dslt_target *t) {
  if (t->waits) return DSLT_OK;
  return dslt_run_section(t->backend, t->graph, DSLT_SECTION_FRAME, frame_calls, t, 0);
}

/* ---- results ------------------------------------------------------------------------------------- */

void dslt_target_show(dslt_target *t, const float *map, const dslt_target_state *state, int level) {
  t->window = dslt_response_window(state, &t->search, level);
  t->shown = map;
  t->response_made = 1;
  t->response_fetched = 0;
}

/* Of a frame that was not searched: the first box, lost, and a response of zeros, as its memory was made. */
static int result_of_waiting(dslt_result *out, dslt_target *t) {
  *out = t->last_result = (dslt_result){.box = t->kept, .lost = 1};
  dslt_target_show(t, NULL, &t->seen, t->seen.level);
  t->response_fetched = 1;
  t->seen.lost = 1;
  return DSLT_OK;
}

int dslt_target_result(dslt_result *out, dslt_target *t) {
  if (t->waits) return result_of_waiting(out, t);
  dslt_frame_record record;
  dslt_result result = {0};
  DSLT_TRY(t->device->graph_wait(&record, result.stage_ms, t->graph));
  result.box = dslt_state_box(&record.state);
  result.peak = record.state.score;
  result.lost = record.state.lost;
  result.found = record.state.found;
  if (t->seen.lost && !result.lost)
    result.found = 1; /* the record knows nothing of frames that were not searched */
  DSLT_TRY(t->type->result(&result, t, &record));
  t->seen = record.state;
  t->decided = record.decision.frame;
  if (t->blank) { /* the response is meaningless, since nothing was learnt */
    result.box = t->kept;
    result.lost = 1;
    result.found = 0;
    result.scale_level = 0;
  }
  *out = t->last_result = result;
  return DSLT_OK;
}

int dslt_target_channels(dslt_channel_weights *out, const dslt_target *t, int index) {
  if (t->type->channel_weights && t->type->channel_weights(out, t, index)) return DSLT_OK;
  return dslt_fail(DSLT_EARGUMENT, "The target's network has no block %d of channel attention.", index);
}

int dslt_target_response(dslt_response *out, dslt_target *t) {
  const dslt_search_area *a = &t->search.area;
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
  *out = (dslt_response){t->response_host, a->response_width, a->response_height, t->window};
  return DSLT_OK;
}
