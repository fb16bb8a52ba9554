/* ope.h: one-pass evaluation of one sequence, as the MATLAB toolkit of OTB computes it (anchors.md D.1). */
#ifndef DSLT_EVAL_OPE_H
#define DSLT_EVAL_OPE_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_SUCCESS_BINS = 21, DSLT_PRECISION_BINS = 51 };

typedef struct dslt_ope {
  int frames;                               /* all frames, invalid ground truth counted */
  int invalid;                              /* frames whose ground truth is invalid */
  int success_count[DSLT_SUCCESS_BINS];     /* frames with overlap > i * 0.05 (MATLAB's colon) */
  int precision_count[DSLT_PRECISION_BINS]; /* frames with centre error <= i px */
  double auc;                               /* mean of the success curve */
  double precision20;                       /* share of frames with centre error <= 20 px */
  double op50;                              /* share of frames with overlap > 0.5 */
  double mean_overlap;                      /* over frames with valid ground truth, first frame included */
} dslt_ope;

/* Intersection over union of two boxes, 0 when either is empty or not finite; in [0, 1]. */
double dslt_box_overlap(const dslt_box *a, const dslt_box *b);

/* Score `count` result boxes against `count` ground-truth boxes (0-based, as dslt_box_list_read_otb gives
 * them; validity is judged in OTB's 1-based convention: a frame is valid only if all four 1-based numbers are
 * > 0). */
int dslt_ope_score(dslt_ope *out, const dslt_box *results, const dslt_box *truth, int count);

#ifdef __cplusplus
}
#endif

#endif
