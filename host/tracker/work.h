/* SPDX-License-Identifier: Apache-2.0 */
/* work.h: arithmetic and memory traffic, as trackers count it for `dslt bench`.
 *
 * Floating-point operations are those of the definition: a convolution's multiply-add counts two, whatever
 * algorithm computes it (Winograd needs fewer, the regression's matrix products more). Biases, activations,
 * pooling, the loss and the summing of responses are left out: together below one per cent.
 *
 * Bytes are the least that a stage must move when nothing of it is cached: its inputs, parameters and outputs
 * once each, no maps in between. A stage whose data stay in a cache may well move them faster than memory. */
#ifndef DSLT_TRACKER_WORK_H
#define DSLT_TRACKER_WORK_H

typedef struct dslt_work {
  double flop;  /* floating-point operations */
  double bytes; /* moved at least */
} dslt_work;

static inline dslt_work dslt_work_sum(dslt_work a, dslt_work b) {
  dslt_work sum = {a.flop + b.flop, a.bytes + b.bytes};
  return sum;
}

static inline dslt_work dslt_work_times(dslt_work a, double n) {
  dslt_work product = {n * a.flop, n * a.bytes};
  return product;
}

/* Seconds that `work` needs at least on a machine of `flops` operations and `bandwidth` bytes a second (both
 * > 0): the longer of computing and moving. */
static inline double dslt_work_floor(const dslt_work *work, double flops, double bandwidth) {
  double computing = work->flop / flops, moving = work->bytes / bandwidth;
  return computing > moving ? computing : moving;
}

#endif
