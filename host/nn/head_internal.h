/* SPDX-License-Identifier: Apache-2.0 */
/* head_internal.h: the regression network's parts, for the files that plan it (head_plan.c) and run it (head.c). */
#ifndef DSLT_NN_HEAD_INTERNAL_H
#define DSLT_NN_HEAD_INTERNAL_H

#include "nn/head.h"

/* What is added up on the common grid: a tap, or the sum of several that are frozen. */
typedef struct dslt_head_branch {
  int tap;
  int input; /* which of the features it is made of */
  float fuse;
} dslt_head_branch;

/* Operations planned for one batch size. */
typedef struct dslt_head_plan {
  int n;
  int reduced; /* 1: for reduced maps; then the reductions only serve dslt_head_reduce() */
  int branches;
  dslt_head_branch branch[DSLT_TAPS_MAX];
  dslt_conv *reduce[DSLT_TAPS_MAX]; /* of taps that are used */
  dslt_regress *regress;            /* base and residual have the same shape */
  dslt_fused_head *fused; /* the whole head as one operation; NULL: the single operations above are used */
} dslt_head_plan;

struct dslt_head {
  dslt_backend *backend;
  dslt_head_shape shape;
  dslt_head_plan single, batch;
  dslt_head_plan first; /* of the first frame, until the reductions are frozen */
  int frozen;           /* the reductions are frozen; features are reduced maps */
  dslt_param params[DSLT_HEAD_PARAMS];
  int32_t *step;

  /* maps, [batch][cells][channels]; of taps that need them */
  float *reduced[DSLT_TAPS_MAX], *raised[DSLT_TAPS_MAX], *fused;
  const float *grid[DSLT_TAPS_MAX]; /* each branch's on the common grid in the last forward pass */
  float *base, *residual;           /* [batch][response cells] */
  float *d_response, *d_fused, *d_raised, *d_reduced; /* gradients, one sample */
  size_t cells, response_cells;
};

static inline int dslt_head_coarsest(const dslt_head_shape *s) { return s->taps - 1; }

/* The residual regression sees the coarsest tap alone, the fused map all of them. */
static inline int dslt_head_uses(const dslt_head_shape *s, int tap) {
  return tap == 0 || s->fusion || (s->residual && tap == dslt_head_coarsest(s));
}

/* Do frozen reductions merge the finest tap with those between it and the coarsest? */
static inline int dslt_head_merges(const dslt_head_shape *s) { return s->fusion && s->taps > 2; }

static inline size_t dslt_head_cells(const dslt_head *head, int tap) {
  const size_t factor = (size_t)head->shape.tap[tap].factor;
  return head->cells / (factor * factor);
}

/* Free the operations of one batch size; the plan is empty then. */
void dslt_head_free_plan(const dslt_head *head, dslt_head_plan *p);

#endif
