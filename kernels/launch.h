/* SPDX-License-Identifier: Apache-2.0 */
/* launch.h: how a launcher starts its kernel. nvcc compiles the kernels with this file; any C++ compiler
 * compiles them with tests/kernels/harness.h instead. */
#ifndef DSLT_KERNELS_LAUNCH_H
#define DSLT_KERNELS_LAUNCH_H

#include "kernels.h"

#include "base/error.h"

#ifdef __CUDACC__
#include <cuda_runtime.h>

static inline int dslt_launched(const char *kernel) {
  cudaError_t error = cudaGetLastError();
  if (error == cudaSuccess) return DSLT_OK;
  return dslt_fail(DSLT_EDEVICE, "The GPU did not accept the kernel %s: %s. Try --backend cpu.", kernel,
                   cudaGetErrorString(error));
}

/* kernel<<<grid, block, no dynamic shared memory, stream>>>(...), as an expression: DSLT_OK or
 * DSLT_EDEVICE. */
/* clang-format off */
#define DSLT_LAUNCH(kernel, grid, block, stream, ...) \
  ((kernel)<<<(grid), (block), 0, (stream)>>>(__VA_ARGS__), dslt_launched(#kernel))
/* clang-format on */

#define DSLT_HAS_CONDITION (CUDART_VERSION >= 12040)
#else
#include <chrono>
#endif

/* Blocks of `threads` for `count` items, at most `limit` of them: the kernels stride over the rest. */
static inline unsigned dslt_blocks(size_t count, unsigned threads, unsigned limit) {
  size_t blocks = (count + threads - 1) / threads;
  return blocks < limit ? (unsigned)blocks : limit;
}

__device__ static inline uint64_t dslt_device_ns(void) {
#ifdef __CUDACC__
  uint64_t now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  return now;
#else
  return (uint64_t)std::chrono::steady_clock::now().time_since_epoch().count();
#endif
}

__device__ static inline void dslt_count_stage(const dslt_mark *mark) {
  dslt_clock *clock = mark->clock;
  const uint64_t at = mark->end == DSLT_END_NONE ? dslt_device_ns() : clock->end[mark->end];
  if (mark->stage >= DSLT_STAGE_COUNT || at <= clock->since) return;
  if (mark->stage >= 0) clock->stage_ns[mark->stage] += at - clock->since;
  clock->since = at;
}

__device__ static inline void dslt_take_time(const dslt_mark *mark) {
  while (mark && mark->ran && *mark->ran == 0) mark = mark->before;
  if (!mark) return;
  if (mark->first) dslt_count_stage(mark->first);
  dslt_count_stage(mark);
}

/* The mark that stands in place of a flag, or NULL. */
__device__ static inline const dslt_mark *dslt_mark_of(const int32_t *when) {
  return (const dslt_mark *)((uintptr_t)when & 1u ? (uintptr_t)when & ~(uintptr_t)7 : 0u);
}

/* Called first in a kernel; the same result for every thread of the grid. */
__device__ static inline int dslt_skipped(const int32_t *when) {
  if (!when) return 0;
  const dslt_mark *mark = dslt_mark_of(when);
  if (!mark) return *when == 0;
  if ((blockIdx.x | blockIdx.y | blockIdx.z | threadIdx.x | threadIdx.y | threadIdx.z) == 0)
    dslt_take_time(mark);
  return 0;
}

/* Called last in a kernel that can note its end: the last block's call counts. Nobody waits for it. */
__device__ static inline void dslt_ended(const int32_t *when) {
  const unsigned end = (unsigned)((uintptr_t)when >> 1) & 3u;
  const dslt_mark *mark = dslt_mark_of(when);
  if (mark && end != DSLT_END_NONE && threadIdx.x == 0)
    atomicMax((unsigned long long *)&mark->clock->end[end], (unsigned long long)dslt_device_ns());
}

#endif
