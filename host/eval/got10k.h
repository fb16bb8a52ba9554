/* SPDX-License-Identifier: Apache-2.0 */
/* got10k.h: GOT-10k's own measures: average overlap (AO) and success rates (SR), as experiments/got10k.py of
 * the got10k toolkit computes them. */
#ifndef DSLT_EVAL_GOT10K_H
#define DSLT_EVAL_GOT10K_H

#include <stdint.h>

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_GOT10K_BINS = 101 };

typedef struct dslt_got10k {
  int64_t frames;                          /* frames that count */
  double overlap_sum;                      /* of them */
  int64_t success_count[DSLT_GOT10K_BINS]; /* of them with overlap > i * 0.01 */
  int64_t count50, count75;                /* of them with overlap > 0.5, > 0.75 */
  double ao, sr50, sr75;                   /* 0..1; 0 without frames */
} dslt_got10k;

/* The set's data on a sequence. Zero: no data, then nothing is left out or clipped. */
typedef struct dslt_got10k_scene {
  int width, height;    /* of the image in px; 0: boxes are not clipped */
  const uint8_t *cover; /* one a frame; 0: the target is hidden, the frame does not count; NULL: all count */
} dslt_got10k_scene;

/* Score `count` result boxes, 0-based as dslt_box_list_read_otb() gives them. The first frame does not count.
 * Boxes are clipped in the files' 1-based numbers, as in the toolkit. `overlaps`: NULL, or room for `count`
 * numbers, -1 where a frame does not count. DSLT_EARGUMENT: fewer than two frames. */
int dslt_got10k_score(dslt_got10k *out, const dslt_got10k_scene *scene, const dslt_box *results,
                      const dslt_box *truth, int count, double *overlaps);
/* Pool the frames of `part` into `sum` (zero at first). */
void dslt_got10k_add(dslt_got10k *sum, const dslt_got10k *part);

#ifdef __cplusplus
}
#endif

#endif
