/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c: overlaps, worst frames and frames to play, for the page. */
#include "report/frames.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

enum { MOST_WORST = 8 };

static int cannot_write(const char *path) {
  return dslt_fail(DSLT_EIO, "%s: cannot be written: %s.", path, strerror(errno));
}

int dslt_report_lowest(int *out, int most, const double *overlaps, int frames) {
  const int apart = frames / 10 > 5 ? frames / 10 : 5;
  int count = 0;
  while (count < most) {
    int best = -1;
    for (int i = 1; i < frames; i++) {
      if (!(overlaps[i] >= 0)) continue; /* also NaN */
      if (best >= 0 && overlaps[i] >= overlaps[best]) continue;
      int free = 1;
      for (int k = 0; k < count && free; k++) free = abs(i - out[k]) >= apart;
      if (free) best = i;
    }
    if (best < 0) break;
    out[count++] = best;
  }
  return count;
}

/* ---- overlaps ------------------------------------------------------------------------------------ */

static int write_table(FILE *stream, const dslt_evaluation *evaluation, int sequence, int frames) {
  float *row = malloc((size_t)frames * sizeof *row);
  if (!row) return dslt_fail(DSLT_EMEMORY, "Not enough memory for the overlaps of %d frames.", frames);
  int rc = 0;
  for (int t = 0; t < evaluation->tracker_count && rc == 0; t++) {
    const dslt_cell *cell = &evaluation->trackers[t].cells[sequence];
    const double *overlaps = cell->state == DSLT_CELL_SCORED ? cell->overlaps : NULL;
    for (int i = 0; i < frames; i++) {
      const double value = overlaps && i < cell->frames ? overlaps[i] : (double)NAN;
      row[i] = value >= 0 ? (float)fmin(value, 1) : NAN;
    }
    if (fwrite(row, sizeof *row, (size_t)frames, stream) != (size_t)frames) rc = -1;
  }
  free(row);
  return rc;
}

/* ---- frames on disk ------------------------------------------------------------------------------ */

/* The absolute path of a frame; NULL when it is missing or its name is not UTF-8, which JSON requires. */
static json_t *frame_path(dslt_dataset *set, int index, int frame) {
  char path[PATH_MAX], whole[PATH_MAX];
  if (dslt_dataset_frame_path(path, sizeof path, set, index, frame) < 0) return NULL;
  return realpath(path, whole) ? json_string(whole) : NULL;
}

static int out_of_memory(void) {
  return dslt_fail(DSLT_EMEMORY, "Not enough memory for the list of frames.");
}

/* ---- worst frames -------------------------------------------------------------------------------- */

static int has_box(const dslt_box *box) {
  return isfinite(box->x) && isfinite(box->y) && isfinite(box->width) && isfinite(box->height);
}

/* null where there is no box; JSON has no NaN. */
static json_t *box_json(const dslt_box *box) {
  if (!has_box(box)) return json_null();
  return json_pack("[f,f,f,f]", (double)box->x, (double)box->y, (double)box->width, (double)box->height);
}

/* `into` gets the worst frames of one sequence that are on disk. Missing frames are left out; the rest of the
 * report does not need them. */
static int add_worst(json_t *into, const dslt_cell *cell, const dslt_sequence *sequence, dslt_dataset *set,
                     int index, int worst) {
  int picked[MOST_WORST];
  if (cell->state != DSLT_CELL_SCORED || !cell->overlaps || cell->frames != sequence->frames) return DSLT_OK;
  const int count = dslt_report_lowest(picked, worst, cell->overlaps, cell->frames);
  for (int k = 0; k < count; k++) {
    const int frame = picked[k];
    json_t *place = frame_path(set, index, frame);
    if (!place) continue;
    json_t *entry =
        json_pack("{s:i,s:o,s:f,s:o,s:o}", "frame", frame, "path", place, "overlap", cell->overlaps[frame],
                  "truth", box_json(&sequence->truth[frame]), "box", box_json(&cell->boxes[frame]));
    if (!entry || json_array_append_new(into, entry) < 0) return out_of_memory();
  }
  return DSLT_OK;
}

/* ---- frames to play ------------------------------------------------------------------------------ */

/* Boxes of one sequence: count of them, NaN from `known` on and where a number is missing. */
static int write_boxes(FILE *stream, const dslt_box *boxes, int known, int count) {
  for (int i = 0; i < count; i++) {
    float row[4] = {NAN, NAN, NAN, NAN};
    if (i < known && has_box(&boxes[i])) {
      const float box[4] = {boxes[i].x, boxes[i].y, boxes[i].width, boxes[i].height};
      memcpy(row, box, sizeof row);
    }
    if (fwrite(row, sizeof *row, 4, stream) != 4) return -1;
  }
  return 0;
}

typedef struct frames_writer {
  const dslt_evaluation *evaluation;
  dslt_dataset *set;
  const dslt_report_frames *wanted;
  FILE *numbers, *boxes; /* frames.f32, frames.boxes; `boxes` NULL: nothing will be played */
  const char *numbers_path, *boxes_path;
  long long offset, boxes_offset; /* of the next table */
  int pictures;                   /* sequences with frames on disk */
} frames_writer;

/* Add what it takes to play sequence number `i` of the evaluation. */
static int add_played(json_t *entry, frames_writer *w, int i) {
  const dslt_evaluation *evaluation = w->evaluation;
  const dslt_sequence *sequence = dslt_evaluation_sequence(evaluation, i);
  const int step = (sequence->frames + w->wanted->played - 1) / w->wanted->played;
  json_t *list = json_array();
  int failed = !list || json_object_set_new(entry, "played", list) < 0 ||
               json_object_set_new(entry, "step", json_integer(step)) < 0 ||
               json_object_set_new(entry, "boxes", json_integer((json_int_t)w->boxes_offset)) < 0;
  for (int frame = 0; frame < sequence->frames && !failed; frame += step) {
    json_t *place = frame_path(w->set, evaluation->sequences[i], frame);
    failed = json_array_append_new(list, place ? place : json_null()) < 0;
  }
  if (failed) return out_of_memory();
  if (write_boxes(w->boxes, sequence->truth, sequence->truth_known, sequence->frames) < 0)
    return cannot_write(w->boxes_path);
  for (int t = 0; t < evaluation->tracker_count; t++) {
    const dslt_cell *cell = &evaluation->trackers[t].cells[i];
    const int known = cell->state == DSLT_CELL_SCORED && cell->boxes ? cell->frames : 0;
    if (write_boxes(w->boxes, cell->boxes, known, sequence->frames) < 0) return cannot_write(w->boxes_path);
  }
  w->boxes_offset += 4LL * sequence->frames * (1 + evaluation->tracker_count);
  return DSLT_OK;
}

/* ---- output -------------------------------------------------------------------------------------- */

static int add_sequence(json_t *sequences, frames_writer *w, int i) {
  const dslt_evaluation *evaluation = w->evaluation;
  const dslt_sequence *sequence = dslt_evaluation_sequence(evaluation, i);
  const int index = evaluation->sequences[i];
  if (write_table(w->numbers, evaluation, i, sequence->frames) < 0) return cannot_write(w->numbers_path);
  json_t *list = json_array();
  json_t *entry = json_pack("{s:o,s:i,s:I,s:o}", "name", dslt_json_text(sequence->name), "frames",
                            sequence->frames, "offset", (json_int_t)w->offset, "worst", list);
  if (!entry || json_array_append_new(sequences, entry) < 0) return out_of_memory();
  w->offset += (long long)sequence->frames * evaluation->tracker_count;
  int found = 0;
  if (w->wanted->worst + w->wanted->played == 0 || dslt_dataset_locate(&found, w->set, index) < 0 ||
      found == 0)
    return DSLT_OK;
  w->pictures++;
  if (w->wanted->worst > 0)
    DSLT_TRY(add_worst(list, &evaluation->trackers[w->wanted->focus].cells[i], sequence, w->set, index,
                       w->wanted->worst));
  return w->boxes ? add_played(entry, w, i) : DSLT_OK;
}

static int write_all(json_t *document, frames_writer *w) {
  json_t *names = json_object_get(document, "trackers"), *sequences = json_object_get(document, "sequences");
  for (int t = 0; t < w->evaluation->tracker_count; t++)
    if (json_array_append_new(names, dslt_json_text(w->evaluation->trackers[t].name)) < 0)
      return out_of_memory();
  for (int i = 0; i < w->evaluation->sequence_count; i++) {
    if (w->wanted->stop && *w->wanted->stop) return DSLT_OK;
    DSLT_TRY(add_sequence(sequences, w, i));
  }
  if (w->wanted->worst + w->wanted->played == 0 || w->pictures > 0) return DSLT_OK;
  char why[PATH_MAX + 64];
  snprintf(why, sizeof why, "There are no frames under %s.", dslt_dataset_root(w->set));
  return json_object_set_new(document, "no_pictures", dslt_json_text(why)) < 0 ? out_of_memory() : DSLT_OK;
}

/* Returns `rc`, or DSLT_EIO when what was written did not arrive. */
static int close_stream(FILE *stream, const char *path, int rc) {
  return stream && fclose(stream) != 0 && rc == DSLT_OK ? cannot_write(path) : rc;
}

int dslt_report_frames_write(const char *folder, const dslt_evaluation *evaluation, dslt_dataset *set,
                             const dslt_report_frames *wanted) {
  char path[PATH_MAX], numbers[PATH_MAX], boxes[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/frames.json", folder) >= (int)sizeof path ||
      snprintf(numbers, sizeof numbers, "%s/frames.f32", folder) >= (int)sizeof numbers ||
      snprintf(boxes, sizeof boxes, "%s/frames.boxes", folder) >= (int)sizeof boxes)
    return dslt_fail(DSLT_EARGUMENT, "The folder's path is too long: %s.", folder);
  frames_writer w = {evaluation, set, wanted, .numbers_path = numbers, .boxes_path = boxes};
  dslt_report_frames none = *wanted;
  none.worst = none.played = 0;
  const dslt_eval_protocol protocol = evaluation->options.protocol;
  /* Other protocols' first run is not the pass from the first frame with the true box. */
  if (protocol != DSLT_EVAL_OPE && protocol != DSLT_EVAL_GOT10K) w.wanted = &none;
  int rc = DSLT_OK;
  json_t *document = json_pack("{s:[],s:[],s:s}", "trackers", "sequences", "no_pictures", "");
  if (!document) return out_of_memory();
  if (!(w.numbers = fopen(numbers, "wbe"))) rc = cannot_write(numbers);
  if (rc == DSLT_OK && w.wanted->played > 0 && !(w.boxes = fopen(boxes, "wbe"))) rc = cannot_write(boxes);
  if (rc == DSLT_OK) rc = write_all(document, &w);
  rc = close_stream(w.numbers, numbers, rc);
  rc = close_stream(w.boxes, boxes, rc);
  if (rc == DSLT_OK && json_dump_file(document, path, JSON_COMPACT) < 0) rc = cannot_write(path);
  json_decref(document);
  return rc;
}
