/* SPDX-License-Identifier: Apache-2.0 */
/* frames.h: per-frame data for the report: overlaps, the worst frames of one tracker, and boxes beside the frames to play. */
#ifndef DSLT_REPORT_FRAMES_H
#define DSLT_REPORT_FRAMES_H

#include <signal.h>

#include "dataset/dataset.h"
#include "eval/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which frames the page may show. */
typedef struct dslt_report_frames {
  int focus;  /* index of the tracker whose worst frames are selected */
  int worst;  /* of each sequence at most, 0..8; they lie apart, and only frames on disk count */
  int played; /* of each sequence at most, evenly spaced, to be played with every tracker's box; 0: none */
  const volatile sig_atomic_t *stop; /* or NULL; not 0: further sequences are left out */
} dslt_report_frames;

/* Write FOLDER/frames.json, FOLDER/frames.f32 and, with `played`, FOLDER/frames.boxes.
 *   frames.f32   float32 in the machine's order: for each sequence a table [trackers][frames] of overlaps in
 *                0..1, NaN where the truth is invalid or there is no result
 *   frames.boxes the same for boxes: for each sequence that can be played a table [1 + trackers][frames][4],
 *                the truth first; x, y, width, height, 0-based, NaN where there is none
 *   frames.json  {"trackers": [NAME],
 *                 "sequences": [{"name", "frames", "offset" (of its table, in numbers),
 *                                "worst": [{"frame", "path", "overlap",
 *                                           "truth": [x,y,w,h], "box": [x,y,w,h]}],
 *                                "boxes" (offset of its table, in numbers), "step",
 *                                "played": [path of frame 0, of frame `step` ...; null where missing]}],
 *                 "no_pictures": "" or the reason why no sequence has "worst" or "played"}; the last three of
 *                 a sequence are there where it can be played
 *
 * `evaluation` was made of `set` with per_frame set. DSLT_EIO, DSLT_EMEMORY. */
int dslt_report_frames_write(const char *folder, const dslt_evaluation *evaluation, dslt_dataset *set,
                             const dslt_report_frames *wanted);

/* Up to `most` indexes of the lowest numbers of overlaps[frames] into `out`, lowest first, the first frame
 * left out, any two at least a tenth of the sequence apart. Numbers below 0 and NaN do not count. Returns how
 * many. */
int dslt_report_lowest(int *out, int most, const double *overlaps, int frames);

#ifdef __cplusplus
}
#endif

#endif
