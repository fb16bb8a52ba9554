/* SPDX-License-Identifier: Apache-2.0 */
/* frames.h: per-frame data for the report: every overlap, and the worst frames of one tracker. */
#ifndef DSLT_REPORT_FRAMES_H
#define DSLT_REPORT_FRAMES_H

#include "dataset/dataset.h"
#include "eval/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Write FOLDER/frames.json and FOLDER/frames.f32.
 *   frames.f32   float32 in the machine's order: for each sequence a table [trackers][frames] of overlaps in
 *                0..1, NaN where the truth is invalid or there is no result
 *   frames.json  {"trackers": [NAME],
 *                 "sequences": [{"name", "frames", "offset" (of its table, in numbers),
 *                                "worst": [{"frame", "path", "overlap",
 *                                           "truth": [x,y,w,h], "box": [x,y,w,h]}]}],
 *                 "no_pictures": "" or the reason why no sequence has "worst"}; boxes 0-based
 *
 * `evaluation` was made of `set` with per_frame set. focus: index of the tracker whose worst frames are
 * selected, at most `worst` (0..8) a sequence; they lie apart, and only frames on disk count. DSLT_EIO,
 * DSLT_EMEMORY. */
int dslt_report_frames_write(const char *folder, const dslt_evaluation *evaluation, dslt_dataset *set,
                             int focus, int worst);

/* Up to `most` indexes of the lowest numbers of overlaps[frames] into `out`, lowest first, the first frame
 * left out, any two at least a tenth of the sequence apart. Numbers below 0 and NaN do not count. Returns how
 * many. */
int dslt_report_lowest(int *out, int most, const double *overlaps, int frames);

#ifdef __cplusplus
}
#endif

#endif
