/* SPDX-License-Identifier: Apache-2.0 */
/* tre_sre.h: OTB's robustness protocols. Temporal (TRE): a sequence is tracked from up to 20 starting frames,
 * each to its end. Spatial (SRE): it is tracked from 12 first boxes, shifted or scaled. Definitions of the
 * OTB toolkit: splitSeqTRE.m and shiftInitBB.m. Used for running and for evaluation. */
#ifndef DSLT_EVAL_TRE_SRE_H
#define DSLT_EVAL_TRE_SRE_H

#include <stddef.h>

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dslt_sequence; /* data/dataset.h */

enum {
  DSLT_TRE_SEGMENTS = 20, /* at most; short sequences have fewer */
  DSLT_TRE_SHORTEST = 20, /* frames that the last start leaves, itself included */
  DSLT_SRE_SHIFTS = 12
};

/* Frames `first`..`last`, both included, counted from 0; parts outside the sequence do not matter. */
typedef struct dslt_tre_range {
  int first, last;
} dslt_tre_range;

/* Starting frames (from 0) of the segments, not falling; two may be equal in short sequences, as in the
 * toolkit. Frames in an omitted range and frames whose truth is NaN or has a 1-based coordinate or size <= 0
 * are no starts. truth: [frames], 0-based. DSLT_EBOX: no frame qualifies, e.g. fewer than 20 frames. */
int dslt_tre_starts(int starts[DSLT_TRE_SEGMENTS], int *count, const dslt_box *truth, int frames,
                    const dslt_tre_range *omitted, int omitted_count);
/* The same of a sequence of a dataset (its `omitted` and `first_number` are used). DSLT_EMEMORY too. */
int dslt_tre_starts_of(int starts[DSLT_TRE_SEGMENTS], int *count, const struct dslt_sequence *sequence);

/* Name of shift 0..11: left, right, up, down, topLeft, topRight, bottomLeft, bottomRight, scale_8, scale_9,
 * scale_11, scale_12; NULL outside. Static storage. */
const char *dslt_sre_name(int shift);
/* The first box of shift 0..11 for the true first box `truth`. The first four move it by 10 % of its size,
 * the next four move one corner outwards by 10 %, the last four scale it about its centre; corners and sizes
 * are rounded as in the toolkit (in 1-based coordinates), then cut to the image of width x height pixels.
 * Boxes 0-based. A box that lies outside the image may come back without area. */
dslt_box dslt_sre_box(dslt_box truth, int shift, int width, int height);

/* Name of a result file without its folder: "Tiger1.tre01.txt" for segment 0, "Tiger1.sre12.txt" for shift
 * 11; cut to `size` bytes. */
void dslt_tre_file_name(char *out, size_t size, const char *sequence, int segment);
void dslt_sre_file_name(char *out, size_t size, const char *sequence, int shift);

#ifdef __cplusplus
}
#endif

#endif
