/* SPDX-License-Identifier: Apache-2.0 */
/* track_truth.h: where the first box comes from, and the ground truth that scores a run. */
#ifndef DSLT_EVAL_TRACK_TRUTH_H
#define DSLT_EVAL_TRACK_TRUTH_H

#include "dataset/boxes.h"
#include "eval/ope.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Ground truth of the tracked frames, the first one's first. Zero: none. */
typedef struct dslt_track_truth {
  dslt_box *boxes; /* 0-based; owned */
  int count;
} dslt_track_truth;

/* Rows of the OTB or VOT file `path` from row `start` (0-based) on. DSLT_EBOX when there is no such row or it
 * cannot be tracked; else as dslt_box_list_read_otb(). */
int dslt_track_truth_read(dslt_track_truth *out, const char *path, int64_t start);
/* The ground truth of the rendered clip "scene:SEED" from frame `start` on. DSLT_EARGUMENT: not a scene's
 * name; DSLT_EBOX: the clip is shorter. */
int dslt_track_truth_scene(dslt_track_truth *out, const char *input, int64_t start);
void dslt_track_truth_free(dslt_track_truth *truth);
/* Score the frames that both `rows` and `truth` have, at least one of each. */
int dslt_track_truth_score(dslt_ope *out, const dslt_track_truth *truth, const dslt_track_row *rows,
                           int count);

#ifdef __cplusplus
}
#endif

#endif
