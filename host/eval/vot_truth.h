/* SPDX-License-Identifier: Apache-2.0 */
/* vot_truth.h: ground truth for VOT's protocol: the regions as stored in their file, and the frame's size. */
#ifndef DSLT_EVAL_VOT_TRUTH_H
#define DSLT_EVAL_VOT_TRUTH_H

#include "dataset/dataset.h"
#include "eval/vot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fill out[0 .. frames of the sequence - 1]. Not read through the dataset, which returns rectangles as
 * corners: VOT draws a rectangle of 40 px on 40 pixels, but a polygon from 0 to 40 on 41. DSLT_EIO,
 * DSLT_EFORMAT, DSLT_EMEMORY. */
int dslt_vot_truth_read(dslt_vot_region *out, const dslt_dataset *set, const dslt_sequence *sequence);

/* Size of the frames of sequence `index`, pixels: as given by the set, else of the first image. DSLT_EIO and
 * others when there is neither; both are 0 then. */
int dslt_sequence_size(int *width, int *height, dslt_dataset *set, int index);

#ifdef __cplusplus
}
#endif

#endif
