/* SPDX-License-Identifier: Apache-2.0 */
/* target_archive.c: what every tracker keeps of a target, as entries of an archive. Ranges are wider than what occurs, and narrow
 * enough for whatever is computed from the numbers. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tracker/target.h"
#include "tracker/type.h"

#define INT(type, member, low, high) DSLT_FIELD(INT, type, member, low, high)
#define REAL(type, member, ...) DSLT_FIELD(REAL, type, member, __VA_ARGS__)
#define COUNT(fields) ((int)(sizeof(fields) / sizeof *(fields)))

/* Pixels of a frame and around it; counts of frames. */
#define FAR 1e6
#define LONG 1e9

static const dslt_field state_fields[] = {
    REAL(dslt_target_state, cx, -FAR, FAR),
    REAL(dslt_target_state, cy, -FAR, FAR),
    REAL(dslt_target_state, width, 1e-3, FAR),
    REAL(dslt_target_state, height, 1e-3, FAR),
    REAL(dslt_target_state, look_x, -FAR, FAR),
    REAL(dslt_target_state, look_y, -FAR, FAR),
    REAL(dslt_target_state, scale, 1e-5, 1e5),
    REAL(dslt_target_state, score, DSLT_ANY),
    REAL(dslt_target_state, mean_score, DSLT_ANY),
    INT(dslt_target_state, scores, 0, LONG),
    INT(dslt_target_state, lost, 0, 1),
    INT(dslt_target_state, found, 0, 1),
    INT(dslt_target_state, missed, 0, LONG),
    INT(dslt_target_state, away, 0, 1),
    INT(dslt_target_state, level, 0, DSLT_LEVELS_MAX - 1),
    INT(dslt_target_state, pyramid, 0, 1),
    DSLT_FIELD(FLOAT, dslt_target_state, label_x, -FAR, FAR),
    DSLT_FIELD(FLOAT, dslt_target_state, label_y, -FAR, FAR),
};

static const dslt_field decision_fields[] = {
    REAL(dslt_decision, cx, -FAR, FAR),  REAL(dslt_decision, cy, -FAR, FAR),
    INT(dslt_decision, frame, 0, LONG),  INT(dslt_decision, update, 0, 1),
    INT(dslt_decision, turn, 0, LONG),   INT(dslt_decision, origin, 0, DSLT_ORIGINS - 1),
    INT(dslt_decision, reextract, 0, 1),
};

static const dslt_field ring_fields[] = {
    INT(dslt_sample_ring, capacity, 1, DSLT_SAMPLES_MAX),
    INT(dslt_sample_ring, count, 1, DSLT_SAMPLES_MAX),
    INT(dslt_sample_ring, next, 0, DSLT_SAMPLES_MAX - 1),
    INT(dslt_sample_ring, rolling, 0, 1),
};

static const dslt_field record_fields[] = {
    INT(dslt_frame_record, training.go, 0, 1),
    INT(dslt_frame_record, training.steps, 0, LONG),
    INT(dslt_frame_record, training.failed, 0, 1),
    DSLT_FIELD(FLOAT, dslt_frame_record, loss, DSLT_ANY),
};

/* Without times, so that the same run gives the same bytes. */
static const dslt_field result_fields[] = {
    REAL(dslt_result, box.x, DSLT_ANY),
    REAL(dslt_result, box.y, DSLT_ANY),
    REAL(dslt_result, box.width, DSLT_ANY),
    REAL(dslt_result, box.height, DSLT_ANY),
    REAL(dslt_result, peak, DSLT_ANY),
    REAL(dslt_result, loss, DSLT_ANY),
    INT(dslt_result, lost, 0, 1),
    INT(dslt_result, found, 0, 1),
    INT(dslt_result, scale_level, -DSLT_LEVELS_MAX, DSLT_LEVELS_MAX),
    INT(dslt_result, steps, 0, LONG),
};

static const dslt_field window_fields[] = {
    INT(dslt_target, response_made, 0, 1),      REAL(dslt_target, window.x, DSLT_ANY),
    REAL(dslt_target, window.y, DSLT_ANY),      REAL(dslt_target, window.width, DSLT_ANY),
    REAL(dslt_target, window.height, DSLT_ANY),
};

/* ---- the record ---------------------------------------------------------------------------------- */

static int archive_state(dslt_archive *a, const char *name, dslt_target_state *state, const dslt_target *t) {
  DSLT_TRY(dslt_archive_fields(a, name, state, state_fields, COUNT(state_fields)));
  if (state->level < t->search.scale.levels || state->level == 0) return DSLT_OK;
  return dslt_archive_damaged("its scale level is none of this tracker's");
}

static int archive_ring(dslt_archive *a, dslt_sample_ring *ring, const dslt_target *t) {
  DSLT_TRY(dslt_archive_fields(a, "sample ring", ring, ring_fields, COUNT(ring_fields)));
  ring->ticket = 0;
  const int first = !ring->rolling && ring->capacity > 1;
  if (ring->capacity == t->ring.capacity && ring->rolling == t->ring.rolling &&
      ring->count <= ring->capacity && ring->next < ring->capacity && ring->next >= first)
    return DSLT_OK;
  return dslt_archive_damaged("its ring of samples is none of this tracker's");
}

/* What lies in backend memory of the present frame is what the next one begins with. */
static int archive_record(dslt_target *t, dslt_archive *a) {
  dslt_frame_record r = {0};
  if (!a->reading)
    DSLT_TRY(t->device->download(t->backend, &r, t->record, offsetof(dslt_frame_record, learns)));
  DSLT_TRY(archive_state(a, "state", &r.state, t));
  DSLT_TRY(dslt_archive_fields(a, "decision", &r.decision, decision_fields, COUNT(decision_fields)));
  DSLT_TRY(archive_ring(a, &r.ring, t));
  DSLT_TRY(dslt_archive_fields(a, "record", &r, record_fields, COUNT(record_fields)));
  if (!a->reading) return DSLT_OK;
  t->decided = r.decision.frame;
  return t->device->upload(t->backend, t->record, &r, sizeof r);
}

/* ---- the host's view ----------------------------------------------------------------------------- */

/* One value for each step of the first frame, or none. */
typedef struct saved_list {
  int values;
} saved_list;

static int archive_list(dslt_archive *a, const char *name, float **list, const dslt_target *t) {
  static const dslt_field fields[] = {INT(saved_list, values, 0, LONG)};
  const int steps = t->init_result.steps;
  saved_list saved = {*list ? steps : 0};
  DSLT_TRY(dslt_archive_fields(a, name, &saved, fields, 1));
  if (saved.values == 0 && (!*list || steps == 0)) return DSLT_OK;
  if (saved.values != steps || !*list)
    return dslt_archive_damaged("its list of first losses has another length");
  const size_t bytes = (size_t)steps * sizeof **list;
  void *place;
  DSLT_TRY(dslt_archive_place(&place, a, "values", bytes)); /* as many as are in the archive */
  if (!a->reading) {
    memcpy(place, *list, bytes);
    return DSLT_OK;
  }
  float *copy = malloc(bytes);
  if (!copy) return dslt_fail(DSLT_EMEMORY, "Out of memory for the first frame's losses.");
  memcpy(copy, place, bytes);
  free(*list);
  *list = copy;
  return DSLT_OK;
}

/* The response map of the last frame, which dslt_tracker_response() still gives. */
static int archive_response(dslt_target *t, dslt_archive *a) {
  DSLT_TRY(dslt_archive_fields(a, "window", t, window_fields, COUNT(window_fields)));
  if (!t->response_made) return DSLT_OK;
  const size_t bytes = t->response_values * sizeof *t->response_host;
  if (!a->reading && !t->response_fetched)
    DSLT_TRY(t->device->download(t->backend, t->response_host, t->shown, bytes));
  t->response_fetched = 1;
  return dslt_archive_bytes(a, "response", t->response_host, bytes);
}

static int archive_view(dslt_target *t, dslt_archive *a) {
  DSLT_TRY(archive_state(a, "seen", &t->seen, t));
  DSLT_TRY(dslt_archive_fields(a, "first result", &t->init_result, result_fields, COUNT(result_fields)));
  DSLT_TRY(dslt_archive_fields(a, "last result", &t->last_result, result_fields, COUNT(result_fields)));
  DSLT_TRY(archive_list(a, "first losses", &t->init_losses, t));
  DSLT_TRY(archive_list(a, "first ratios", &t->init_snr, t));
  DSLT_TRY(archive_response(t, a));
  const dslt_search_area *area = &t->search.area;
  return dslt_first_sight_archive(&t->sight, a, area->frame_width, area->frame_height, &t->kept);
}

int dslt_target_archive(dslt_target *t, dslt_archive *a) {
  if (a->reading) DSLT_TRY(t->device->graph_open(&t->graph, t->backend, t->type->sections));
  DSLT_TRY(archive_record(t, a));
  DSLT_TRY(archive_view(t, a));
  return t->type->archive(t, a);
}
