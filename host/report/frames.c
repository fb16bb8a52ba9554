/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c: overlaps and worst frames for the page. */
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
#include "dataset/boxes.h"
#include "eval/results.h"

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

/* ---- worst frames -------------------------------------------------------------------------------- */

static json_t *box_json(const dslt_box *box) {
  return json_pack("[f,f,f,f]", (double)box->x, (double)box->y, (double)box->width, (double)box->height);
}

/* The first file of a sequence, which is its only or its first run. */
static const char *first_file(const dslt_result_folder *folder, int sequence) {
  for (int i = 0; i < folder->count; i++)
    if (folder->files[i].sequence == sequence) return folder->files[i].path;
  return NULL;
}

/* `into` gets the worst frames of one sequence that are on disk. Missing frames are left out; the rest of the
 * report does not need them. */
static int add_worst(json_t *into, const dslt_cell *cell, const dslt_sequence *sequence, dslt_dataset *set,
                     int index, const char *file, int worst) {
  int found = 0;
  if (cell->state != DSLT_CELL_SCORED || !cell->overlaps || !file || cell->frames != sequence->frames)
    return 0;
  if (dslt_dataset_locate(&found, set, index) < 0 || found == 0) return 0;
  dslt_box_list results = {0};
  if (dslt_box_list_read_otb(&results, file) < 0) return 0;
  int picked[MOST_WORST];
  const int count = dslt_report_lowest(picked, worst, cell->overlaps, cell->frames);
  int rc = 0;
  for (int k = 0; k < count && rc == 0; k++) {
    const int frame = picked[k];
    char path[PATH_MAX], whole[PATH_MAX];
    if (frame >= results.count || dslt_dataset_frame_path(path, sizeof path, set, index, frame) < 0) continue;
    json_t *place = realpath(path, whole) ? json_string(whole) : NULL;
    if (!place) continue; /* missing, or its name is not UTF-8, which JSON requires */
    const dslt_box *box = &results.boxes[frame];
    json_t *truth = box_json(&sequence->truth[frame]);
    /* A row of NaN has no box to draw; JSON has no NaN either. */
    json_t *drawn = isfinite(box->x) && isfinite(box->y) && isfinite(box->width) && isfinite(box->height)
                        ? box_json(box)
                        : json_null();
    json_t *entry = json_pack("{s:i,s:o,s:f,s:o,s:o}", "frame", frame, "path", place, "overlap",
                              cell->overlaps[frame], "truth", truth, "box", drawn);
    if (!entry || json_array_append_new(into, entry) < 0) rc = -1;
  }
  dslt_box_list_free(&results);
  return rc ? dslt_fail(DSLT_EMEMORY, "Not enough memory for the list of frames.") : 0;
}

/* ---- output -------------------------------------------------------------------------------------- */

static int write_all(json_t *document, FILE *stream, const char *path, const dslt_evaluation *evaluation,
                     dslt_dataset *set, const dslt_result_folder *files, int focus, int worst) {
  json_t *names = json_object_get(document, "trackers"), *sequences = json_object_get(document, "sequences");
  int failed = 0, pictures = 0;
  for (int t = 0; t < evaluation->tracker_count; t++) {
    const char *name = evaluation->trackers[t].name;
    failed |= json_array_append_new(names, dslt_json_text(name));
  }
  long long offset = 0;
  for (int i = 0; i < evaluation->sequence_count && !failed; i++) {
    const dslt_sequence *sequence = dslt_evaluation_sequence(evaluation, i);
    if (write_table(stream, evaluation, i, sequence->frames) < 0) return cannot_write(path);
    json_t *list = json_array();
    json_t *entry = json_pack("{s:o,s:i,s:I,s:o}", "name", dslt_json_text(sequence->name), "frames",
                              sequence->frames, "offset", (json_int_t)offset, "worst", list);
    if (!entry || json_array_append_new(sequences, entry) < 0) {
      failed = 1;
      break;
    }
    offset += (long long)sequence->frames * evaluation->tracker_count;
    if (worst == 0) continue;
    const int index = evaluation->sequences[i];
    DSLT_TRY(add_worst(list, &evaluation->trackers[focus].cells[i], sequence, set, index,
                       first_file(files, index), worst));
    pictures += json_array_size(list) > 0;
  }
  if (!failed && worst > 0 && pictures == 0) {
    char why[PATH_MAX + 128];
    snprintf(why, sizeof why, "There are no frames under %s, so there are no thumbnails of the worst ones.",
             dslt_dataset_root(set));
    failed = json_object_set_new(document, "no_pictures", dslt_json_text(why));
  }
  return failed ? dslt_fail(DSLT_EMEMORY, "Not enough memory for the list of frames.") : 0;
}

int dslt_report_frames_write(const char *folder, const dslt_evaluation *evaluation, dslt_dataset *set,
                             int focus, int worst) {
  char path[PATH_MAX], numbers[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/frames.json", folder) >= (int)sizeof path ||
      snprintf(numbers, sizeof numbers, "%s/frames.f32", folder) >= (int)sizeof numbers)
    return dslt_fail(DSLT_EARGUMENT, "The folder's path is too long: %s.", folder);
  const dslt_tracker_scores *tracker = &evaluation->trackers[focus];
  const dslt_eval_protocol protocol = evaluation->options.protocol;
  /* Other protocols' first run is not the pass from the first frame with the true box. */
  if (protocol != DSLT_EVAL_OPE && protocol != DSLT_EVAL_GOT10K) worst = 0;
  dslt_result_folder files = {0};
  FILE *stream = NULL;
  int rc = DSLT_OK;
  json_t *document = json_pack("{s:[],s:[],s:s}", "trackers", "sequences", "no_pictures", "");
  if (!document) return dslt_fail(DSLT_EMEMORY, "Not enough memory for the list of frames.");
  if (worst > 0)
    rc = dslt_result_folder_scan(&files, set, tracker->folder, tracker->name, DSLT_RESULT_ONE_PASS);
  if (rc < 0) goto done;
  if (!(stream = fopen(numbers, "wbe"))) {
    rc = cannot_write(numbers);
    goto done;
  }
  rc = write_all(document, stream, numbers, evaluation, set, &files, focus, worst);
done:
  if (stream && fclose(stream) != 0 && rc == DSLT_OK) rc = cannot_write(numbers);
  if (rc == DSLT_OK && json_dump_file(document, path, JSON_COMPACT) < 0) rc = cannot_write(path);
  json_decref(document);
  dslt_result_folder_free(&files);
  return rc;
}
