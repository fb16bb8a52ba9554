/* SPDX-License-Identifier: Apache-2.0 */
/* block_sum.h: reductions over the threads of a block in a fixed order, so that the same input gives the same
 * bytes; and detection of the last block. Every thread of the block must call, blocks are one-dimensional,
 * and a kernel calls each function at most once: the shared memory is not synchronised for a second call. */
#ifndef DSLT_KERNELS_BLOCK_SUM_H
#define DSLT_KERNELS_BLOCK_SUM_H

#include "launch.h"

#define DSLT_FULL_WARP 0xffffffffu
enum { DSLT_WARP = 32 };

struct dslt_two_sums {
  double a, b;
};

/* Sums of a and b over the block; valid in thread 0. blockDim.x: a multiple of 32, at most 1024. Doubles, so
 * that the order, which differs from the CPU's, has no visible effect. */
__device__ static inline dslt_two_sums dslt_block_sums(double a, double b) {
  __shared__ dslt_two_sums warps[DSLT_WARP];
  unsigned lane = threadIdx.x % DSLT_WARP, warp = threadIdx.x / DSLT_WARP;
  for (unsigned step = DSLT_WARP / 2; step > 0; step /= 2) {
    a += __shfl_down_sync(DSLT_FULL_WARP, a, step);
    b += __shfl_down_sync(DSLT_FULL_WARP, b, step);
  }
  if (lane == 0) {
    warps[warp].a = a;
    warps[warp].b = b;
  }
  __syncthreads();
  if (warp == 0) {
    a = lane < blockDim.x / DSLT_WARP ? warps[lane].a : 0.0;
    b = lane < blockDim.x / DSLT_WARP ? warps[lane].b : 0.0;
    for (unsigned step = DSLT_WARP / 2; step > 0; step /= 2) {
      a += __shfl_down_sync(DSLT_FULL_WARP, a, step);
      b += __shfl_down_sync(DSLT_FULL_WARP, b, step);
    }
  }
  dslt_two_sums sums = {a, b};
  return sums;
}

/* The better of two candidates: the higher score, of equals the first in the grid. */
__device__ static inline dslt_candidate dslt_better(dslt_candidate a, dslt_candidate b) {
  if (b.index < 0) return a;
  if (a.index < 0 || b.score > a.score || (b.score == a.score && b.index < a.index)) return b;
  return a;
}

/* The best candidate of the block; valid in thread 0. */
__device__ static inline dslt_candidate dslt_block_best(dslt_candidate best) {
  __shared__ dslt_candidate warps[DSLT_WARP];
  unsigned lane = threadIdx.x % DSLT_WARP, warp = threadIdx.x / DSLT_WARP;
  for (int round = 0; round < 2; ++round) {
    if (round == 0 || warp == 0)
      for (unsigned step = DSLT_WARP / 2; step > 0; step /= 2) {
        dslt_candidate other;
        other.score = __shfl_down_sync(DSLT_FULL_WARP, best.score, step);
        other.index = __shfl_down_sync(DSLT_FULL_WARP, best.index, step);
        best = dslt_better(best, other);
      }
    if (round == 1) break;
    if (lane == 0) warps[warp] = best;
    __syncthreads();
    if (warp == 0) {
      best.index = -1;
      if (lane < blockDim.x / DSLT_WARP) best = warps[lane];
    }
  }
  return best;
}

/* Least and greatest value; NaN is neither. */
__device__ static inline dslt_extremes dslt_wider(dslt_extremes a, dslt_extremes b) {
  a.low = b.low < a.low ? b.low : a.low;
  a.high = b.high > a.high ? b.high : a.high;
  return a;
}

/* Those of the block; valid in thread 0. */
__device__ static inline dslt_extremes dslt_block_extremes(dslt_extremes mine) {
  __shared__ dslt_extremes warps[DSLT_WARP];
  const unsigned lane = threadIdx.x % DSLT_WARP, warp = threadIdx.x / DSLT_WARP;
  for (int round = 0; round < 2; ++round) {
    if (round == 0 || warp == 0)
      for (unsigned step = DSLT_WARP / 2; step > 0; step /= 2) {
        dslt_extremes other;
        other.low = __shfl_down_sync(DSLT_FULL_WARP, mine.low, step);
        other.high = __shfl_down_sync(DSLT_FULL_WARP, mine.high, step);
        mine = dslt_wider(mine, other);
      }
    if (round == 1) break;
    if (lane == 0) warps[warp] = mine;
    __syncthreads();
    if (warp == 0) {
      mine.low = INFINITY, mine.high = -INFINITY;
      if (lane < blockDim.x / DSLT_WARP) mine = warps[lane];
    }
  }
  return mine;
}

/* 1 in every thread of the grid's last block, which sees what thread 0 of every other block wrote before.
 * Resets the ticket to 0. */
__device__ static inline int dslt_last_block(uint32_t *ticket) {
  __shared__ int last;
  __syncthreads();
  if (threadIdx.x == 0) {
    uint32_t blocks = gridDim.x * gridDim.y;
    __threadfence();
    last = atomicInc(ticket, blocks - 1) == blocks - 1;
  }
  __syncthreads();
  __threadfence();
  return last;
}

#endif
