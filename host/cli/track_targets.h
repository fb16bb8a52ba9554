/* SPDX-License-Identifier: Apache-2.0 */
/* track_targets.h: the targets of a run: where each begins, where it was found, what is said of it. */
#ifndef DSLT_CLI_TRACK_TARGETS_H
#define DSLT_CLI_TRACK_TARGETS_H

#include "cli/track_options.h"
#include "cli/track_report.h"
#include "cli/track_truth.h"
#include "cli/track_views.h"

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

/* The targets that --box names: boxes, ground-truth files, or (none given) the scene's own truth; with
 * --select one whose box is yet to come. Errors of the parts, and DSLT_EMEMORY. */
int dslt_track_targets_find(dslt_track_targets *out, const dslt_track_options *options);
void dslt_track_targets_free(dslt_track_targets *targets);

/* Room for so many frames. */
int dslt_track_targets_reserve(dslt_track_targets *targets, int frames);
/* A frame's row for each target from `results`; NULL: the first frame, whose boxes were given. */
int dslt_track_targets_add(dslt_track_targets *targets, const dslt_result *results);
/* What the views show of the last frame; `responses` [count] or NULL. Valid until the next call. */
const dslt_track_shown *dslt_track_targets_shown(dslt_track_targets *targets, const dslt_response *responses);

/* Score every target that has ground truth. */
int dslt_track_targets_score(dslt_track_targets *targets);
/* Write --out: one file, or one for each target where the format holds but one. */
int dslt_track_targets_write(const dslt_track_targets *targets, const dslt_track_options *options);

#endif
