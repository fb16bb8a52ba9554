/* SPDX-License-Identifier: Apache-2.0 */
/* store_sample.cu: copies a frame's features into the ring of stored samples. */
#include "block_sum.h"
#include "launch.h"
#include "pack.h"

enum { THREADS = 256, BLOCKS_MAX = 1024 };

struct alignas(16) words4 {
  uint32_t v[4];
};

/* The grid copies `bytes`, a multiple of T's size, to and from places aligned to T. */
template <typename T>
__device__ static inline void copy_strided(void *__restrict__ dst, const void *__restrict__ src,
                                           size_t bytes) {
  T *to = (T *)dst;
  const T *from = (const T *)src;
  size_t stride = (size_t)gridDim.x * THREADS, count = bytes / sizeof(T);
  for (size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x; i < count; i += stride) to[i] = from[i];
}

/* Both taps in one launch, since they share the slot. */
template <typename T>
static __global__ void __launch_bounds__(THREADS)
    store_sample_kernel(dslt_sample_ring *ring, char *low_store, char *high_store, dslt_taps_view search,
                        dslt_taps_view levels, dslt_taps_view moved, const dslt_target_state *state,
                        const dslt_decision *decision, size_t low_bytes, size_t high_bytes,
                        const int32_t *when) {
  if (dslt_skipped(when)) return;
  int slot = ring->next;
  if (ring->capacity < 2) return; /* the same for every block, so none takes a ticket */
  int origin = decision ? decision->origin : DSLT_ORIGIN_SEARCH;
  dslt_taps_view taps =
      origin == DSLT_ORIGIN_LEVELS ? levels : (origin == DSLT_ORIGIN_MOVED ? moved : search);
  size_t item = origin == DSLT_ORIGIN_LEVELS && state ? (size_t)state->level : 0;
  if (taps.low)
    copy_strided<T>(low_store + (size_t)slot * low_bytes, (const char *)taps.low + item * low_bytes,
                    low_bytes);
  if (taps.high)
    copy_strided<T>(high_store + (size_t)slot * high_bytes, (const char *)taps.high + item * high_bytes,
                    high_bytes);
  /* The last block advances the ring, when every block has read it. */
  if (dslt_last_block(&ring->ticket) && threadIdx.x == 0) (void)dslt_ring_advance(ring);
}

extern "C" int DSLT_LAUNCHER(store_sample)(dslt_stream stream, dslt_sample_ring *ring, void *low_store,
                                           void *high_store, const dslt_taps_view *sources,
                                           const dslt_target_state *state, const dslt_decision *decision,
                                           size_t low_bytes, size_t high_bytes, const int32_t *when) {
  if (!ring || !low_store || !high_store || !sources || low_bytes == 0 || high_bytes == 0)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel store_sample needs a ring, two stores, sources and at least one value of each tap.");
  if (low_bytes % 4 != 0 || high_bytes % 4 != 0)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel store_sample was given taps of %zu and %zu bytes; it takes multiples "
                     "of 4.",
                     low_bytes, high_bytes);
  if (sources[DSLT_ORIGIN_LEVELS].low && !state)
    return dslt_fail(DSLT_EARGUMENT, "Kernel store_sample needs a state to choose among levels.");
  int wide =
      low_bytes % 16 == 0 && high_bytes % 16 == 0 && dslt_aligned16(low_store) && dslt_aligned16(high_store);
  for (int i = 0; i < DSLT_ORIGINS; ++i) {
    if (!sources[i].low != !sources[i].high || (!decision && i == DSLT_ORIGIN_SEARCH && !sources[i].low))
      return dslt_fail(DSLT_EARGUMENT, "Kernel store_sample: source %d lacks a tap.", i);
    wide = wide && dslt_aligned16(sources[i].low) && dslt_aligned16(sources[i].high);
  }
  size_t longest = (low_bytes > high_bytes ? low_bytes : high_bytes) / (wide ? 16 : 4);
  unsigned blocks = dslt_blocks(longest, THREADS, BLOCKS_MAX);
#define LAUNCH(T)                                                                                           \
  DSLT_LAUNCH(store_sample_kernel<T>, blocks, THREADS, stream, ring, (char *)low_store, (char *)high_store, \
              sources[DSLT_ORIGIN_SEARCH], sources[DSLT_ORIGIN_LEVELS], sources[DSLT_ORIGIN_MOVED], state,  \
              decision, low_bytes, high_bytes, when)
  return wide ? LAUNCH(words4) : LAUNCH(uint32_t);
#undef LAUNCH
}
