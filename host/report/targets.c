/* SPDX-License-Identifier: Apache-2.0 */
/* targets.c: the targets of a run: first box, ground truth, rows of results. */
#include "report/targets.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static int alloc_lists(dslt_track_targets *t, int count) {
  size_t n = (size_t)count;
  t->first = calloc(n, sizeof *t->first);
  t->truth = calloc(n, sizeof *t->truth);
  t->rows = calloc(n, sizeof *t->rows);
  t->figures = calloc(n, sizeof *t->figures);
  t->results = calloc(n, sizeof *t->results);
  t->shown = calloc(n, sizeof *t->shown);
  t->responses = calloc(n, sizeof *t->responses);
  if (!t->first || !t->truth || !t->rows || !t->figures || !t->results || !t->shown || !t->responses)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for %d targets.", count);
  t->count = count;
  return DSLT_OK;
}

static int find_one(dslt_track_targets *t, int index, const char *box, int64_t start) {
  static const char prefix[] = "otb:";
  if (strncmp(box, prefix, sizeof prefix - 1) != 0) return dslt_box_parse(&t->first[index], box);
  DSLT_TRY(dslt_track_truth_read(&t->truth[index], box + sizeof prefix - 1, start));
  t->first[index] = t->truth[index].boxes[0];
  return DSLT_OK;
}

int dslt_track_targets_find(dslt_track_targets *t, const dslt_target_request *request) {
  DSLT_TRY(alloc_lists(t, request->boxes > 1 ? request->boxes : 1));
  if (request->select) return DSLT_OK;
  for (int i = 0; i < request->boxes; i++) DSLT_TRY(find_one(t, i, request->box[i], request->start));
  if (request->boxes > 0) return DSLT_OK;
  DSLT_TRY(dslt_track_truth_scene(&t->truth[0], request->input, request->start));
  t->first[0] = t->truth[0].boxes[0];
  return DSLT_OK;
}

void dslt_track_targets_free(dslt_track_targets *t) {
  for (int i = 0; i < t->count; i++) {
    dslt_track_truth_free(&t->truth[i]);
    free(t->rows[i]);
  }
  free(t->first);
  free(t->truth);
  free(t->rows);
  free(t->figures);
  free(t->results);
  free(t->shown);
  free(t->responses);
  memset(t, 0, sizeof *t);
}

int dslt_track_targets_reserve(dslt_track_targets *t, int frames) {
  for (int i = 0; i < t->count; i++) {
    dslt_track_row *rows = realloc(t->rows[i], (size_t)frames * sizeof *rows);
    if (!rows) return dslt_fail(DSLT_EMEMORY, "Out of memory after %d frames.", t->frames);
    t->rows[i] = rows;
  }
  t->room = frames;
  return DSLT_OK;
}

int dslt_track_targets_add(dslt_track_targets *t, const dslt_result *results,
                           const dslt_track_moment *moment) {
  if (t->frames == t->room) {
    if (t->frames > INT32_MAX / 2)
      return dslt_fail(DSLT_EMEMORY, "More than %d frames in one run.", t->frames);
    DSLT_TRY(dslt_track_targets_reserve(t, t->room * 2));
  }
  for (int i = 0; i < t->count; i++) {
    dslt_track_row row = {.frame = t->frames, .box = t->first[i], .peak = 1}; /* given, so its score is 1 */
    if (results)
      row = (dslt_track_row){
          .frame = t->frames, .box = results[i].box, .peak = results[i].peak, .lost = results[i].lost};
    row.timed = isfinite(moment->time);
    row.time = row.timed ? moment->time : 0;
    row.live = moment->live;
    row.latency_ms = moment->latency_ms;
    row.dropped = moment->dropped;
    t->rows[i][t->frames] = row;
  }
  t->frames++;
  return DSLT_OK;
}

const dslt_track_shown *dslt_track_targets_shown(dslt_track_targets *t, const dslt_response *responses) {
  int frame = t->frames - 1;
  for (int i = 0; i < t->count; i++)
    t->shown[i] = (dslt_track_shown){.row = &t->rows[i][frame],
                                     .truth = frame < t->truth[i].count ? &t->truth[i].boxes[frame] : NULL,
                                     .response = responses ? &responses[i] : NULL};
  return t->shown;
}

int dslt_track_targets_score(dslt_track_targets *t) {
  for (int i = 0; i < t->count; i++) {
    dslt_track_figures *f = &t->figures[i];
    if (!t->truth[i].count) continue;
    f->truth_count = t->truth[i].count;
    DSLT_TRY(dslt_track_truth_score(&f->ope, &t->truth[i], t->rows[i], t->frames));
    f->scored = 1;
  }
  return DSLT_OK;
}

int dslt_track_path_of(char *out, const char *path, int number) {
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
  if (!dot || dot == base) dot = base + strlen(base); /* no ending, or a hidden file's name */
  if (snprintf(out, PATH_MAX, "%.*s-%d%s", (int)(dot - path), path, number, dot) >= PATH_MAX)
    return dslt_fail(DSLT_EIO, "The file name %.60s... is too long.", path);
  return DSLT_OK;
}

int dslt_track_targets_write(const dslt_track_targets *t, const char *path, dslt_box_format format) {
  if (t->count == 1) return dslt_track_write(path, format, t->rows[0], t->frames);
  if (dslt_box_format_numbers(format))
    return dslt_track_write_targets(path, format, (const dslt_track_row *const *)t->rows, t->count,
                                    t->frames);
  for (int i = 0; i < t->count; i++) {
    char numbered[PATH_MAX];
    DSLT_TRY(dslt_track_path_of(numbered, path, i + 1));
    DSLT_TRY(dslt_track_write(numbered, format, t->rows[i], t->frames));
  }
  return DSLT_OK;
}

int dslt_track_targets_print(const dslt_track_targets *t, dslt_box_format format) {
  return dslt_track_print(format, (const dslt_track_row *const *)t->rows, t->count, t->frames - 1);
}
