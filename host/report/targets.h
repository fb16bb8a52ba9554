/* SPDX-License-Identifier: Apache-2.0 */
/* targets.h: the targets of a run: first box, boxes found, and summary of each. */
#ifndef DSLT_REPORT_TARGETS_H
#define DSLT_REPORT_TARGETS_H

#include "eval/track_truth.h"
#include "report/track_summary.h"
#include "report/views.h"

/* What names the targets of a run; all borrowed. */
typedef struct dslt_target_request {
  const char *const *box; /* each "x,y,w,h" or "otb:PATH" */
  int boxes;              /* 0: the box is drawn with the mouse (`select`) or the scene's own */
  int select;             /* 1: the box is set later */
  const char *input;      /* as dslt_source_open() takes it */
  int64_t start;          /* first frame */
} dslt_target_request;

/* Zero before dslt_track_targets_find(). The lists are [count], owned. */
typedef struct dslt_track_targets {
  int count;
  dslt_box *first; /* in the first frame */
  dslt_track_truth *truth;
  dslt_track_row **rows; /* [count][frames] */
  dslt_track_figures *figures;
  dslt_result *results;    /* of the last frame */
  dslt_track_shown *shown; /* the last frame, for the views */
  dslt_response *responses;
  int frames, room; /* rows filled, and room for them */
} dslt_track_targets;

/* The targets that the request names: boxes, ground-truth files, or (none given) the scene's own truth; with
 * `select` one whose box is set later. Errors of the functions called, and DSLT_EMEMORY. */
int dslt_track_targets_find(dslt_track_targets *out, const dslt_target_request *request);
void dslt_track_targets_free(dslt_track_targets *targets);

/* Allocate rows for `frames` frames. */
int dslt_track_targets_reserve(dslt_track_targets *targets, int frames);
/* What is known of a frame besides its boxes. */
typedef struct dslt_track_moment {
  double time;       /* in seconds, NaN where there is none */
  int live;          /* 1: the next two count */
  double latency_ms; /* until the boxes were known */
  int64_t dropped;   /* frames passed over so far */
} dslt_track_moment;
/* A frame's row for each target from `results`; NULL: the first frame, whose boxes were given. */
int dslt_track_targets_add(dslt_track_targets *targets, const dslt_result *results,
                           const dslt_track_moment *moment);
/* The last frame's data for the views; `responses` [count] or NULL. Valid until the next call. */
const dslt_track_shown *dslt_track_targets_shown(dslt_track_targets *targets, const dslt_response *responses);

/* Score every target that has ground truth. */
int dslt_track_targets_score(dslt_track_targets *targets);
/* Write the boxes to `path` ("-": standard output): one file, or one for each target where the format holds
 * only one. */
int dslt_track_targets_write(const dslt_track_targets *targets, const char *path, dslt_box_format format);
/* Write the last frame's rows to standard output and flush it (dslt_track_print). */
int dslt_track_targets_print(const dslt_track_targets *targets, dslt_box_format format);
/* The name of target number `number` (from 1) for that: `path` with "-1", "-2" ... before its ending; `out`
 * has PATH_MAX bytes. DSLT_EIO: too long. */
int dslt_track_path_of(char *out, const char *path, int number);

#endif
