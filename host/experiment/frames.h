/* SPDX-License-Identifier: Apache-2.0 */
/* frames.h: the frames of one sequence of a set, decoded ahead by a thread of their own. */
#ifndef DSLT_EXPERIMENT_FRAMES_H
#define DSLT_EXPERIMENT_FRAMES_H

#include "dataset/dataset.h"
#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_frames dslt_frames;

/* Frames first .. first + count - 1 of sequence `index`; `set` is borrowed until the end. DSLT_EIO when not
 * all frames of the range's sequence are on disk: the sentence names both counts or the file.
 * DSLT_EMEMORY. */
int dslt_frames_open(dslt_frames **out, dslt_dataset *set, int index, int first, int count);
/* Frame number `frame` of the sequence; frames are asked for in rising order, gaps are passed over. `out` is
 * borrowed until the next call. Errors name the file. DSLT_EARGUMENT outside the range or backwards. */
int dslt_frames_get(dslt_image *out, dslt_frames *frames, int frame);
void dslt_frames_close(dslt_frames *frames);

#ifdef __cplusplus
}
#endif

#endif
