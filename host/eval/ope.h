/* SPDX-License-Identifier: Apache-2.0 */
/* ope.h: one-pass evaluation of one sequence: how many frames pass each threshold, and the measures derived
 * from that. The convention (convention.h) defines a frame's overlap and error. */
#ifndef DSLT_EVAL_OPE_H
#define DSLT_EVAL_OPE_H

#include <stdint.h>

#include "dslt/dslt.h"
#include "eval/convention.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_SUCCESS_BINS = 21, DSLT_PRECISION_BINS = 51 };

/* Counts are kept with the ratios, so that runs can be added and tests can compare whole numbers. */
typedef struct dslt_ope {
  int frames;                                    /* frames given */
  int scored;                                    /* frames that count: the divisor of every ratio */
  int invalid;                                   /* frames whose ground truth is invalid */
  int repaired;                                  /* result rows that repeat the row before */
  int success_count[DSLT_SUCCESS_BINS];          /* frames with overlap > threshold i, 0.05 apart */
  int precision_count[DSLT_PRECISION_BINS];      /* frames with centre error <= i px */
  int norm_precision_count[DSLT_PRECISION_BINS]; /* frames with normalised error <= i/100 */
  double overlap_sum;                            /* over frames with valid ground truth */
  double auc;                                    /* mean of the success curve */
  double precision20;                            /* share of frames with centre error <= 20 px */
  double norm_precision20;                       /* share of frames with normalised error <= 0.2 */
  double norm_precision_auc;                     /* mean of the normalised precision curve */
  double op50, op75;                             /* share of frames with overlap > 0.5, > 0.75 */
  double mean_overlap; /* over frames with valid ground truth, first frame included */
} dslt_ope;

/* How to score; zero: MATLAB's convention on a set that is not a UAV one. */
typedef struct dslt_scoring {
  dslt_convention convention;
  int uav;                /* 1: a UAV set (pytracking treats its NaN frames otherwise) */
  const uint8_t *visible; /* one a frame, 0: the target cannot be seen (LaSOT); NULL: seen everywhere */
} dslt_scoring;

/* Score `count` result boxes against `count` ground-truth boxes, both 0-based as dslt_box_list_read_otb()
 * gives them; validity is checked in the benchmark's own 1-based numbers. `frames`: NULL, or room for
 * `count` measures. DSLT_EARGUMENT: no frame; DSLT_EFORMAT: the convention refuses these boxes, or no
 * frame counts. */
int dslt_ope_score_by(dslt_ope *out, const dslt_scoring *scoring, const dslt_box *results,
                      const dslt_box *truth, int count, dslt_frame_score *frames);
/* The same in MATLAB's convention. */
int dslt_ope_score(dslt_ope *out, const dslt_box *results, const dslt_box *truth, int count);

/* Add the counts of `part` to `sum` (zero at first) and recompute the ratios: several runs of a sequence
 * count as one long run. */
void dslt_ope_add(dslt_ope *sum, const dslt_ope *part);

#ifdef __cplusplus
}
#endif

#endif
