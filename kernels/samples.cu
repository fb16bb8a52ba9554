/* SPDX-License-Identifier: Apache-2.0 */
/* samples.cu: the chosen level's features, and the ring of stored samples. */
#include "launch.h"
#include "pack.h"
#include "reduce.h"

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

template <typename T>
static __global__ void __launch_bounds__(THREADS)
    take_level_kernel(float *dst, const float *batch, const dslt_target_state *state, size_t count,
                      const int32_t *when) {
  if (dslt_skipped(when)) return;
  copy_strided<T>(dst, batch + count * (size_t)state->level, count * sizeof(float));
}

/* Both taps in one launch, since they share the slot. */
template <typename T>
static __global__ void __launch_bounds__(THREADS)
    store_sample_kernel(dslt_ring *ring, char *low_store, char *high_store, dslt_taps_view search,
                        dslt_taps_view levels, dslt_taps_view look, const dslt_target_state *state,
                        const dslt_turn *turn, size_t low_bytes, size_t high_bytes, const int32_t *when) {
  if (dslt_skipped(when)) return;
  int slot = ring->next, capacity = ring->capacity;
  if (capacity < 2) return; /* the same for every block: none takes a ticket */
  int source = turn ? turn->source : DSLT_SOURCE_SEARCH;
  dslt_taps_view taps = source == DSLT_SOURCE_LEVELS ? levels : (source == DSLT_SOURCE_LOOK ? look : search);
  size_t item = source == DSLT_SOURCE_LEVELS && state ? (size_t)state->level : 0;
  if (taps.low)
    copy_strided<T>(low_store + (size_t)slot * low_bytes, (const char *)taps.low + item * low_bytes,
                    low_bytes);
  if (taps.high)
    copy_strided<T>(high_store + (size_t)slot * high_bytes, (const char *)taps.high + item * high_bytes,
                    high_bytes);
  /* The ring turns when every block has read its place. */
  if (dslt_last_block(&ring->ticket) && threadIdx.x == 0) {
    ring->next = slot + 1 < capacity ? slot + 1 : 1;
    if (ring->count < capacity) ++ring->count;
  }
}

extern "C" int dslt_cuda_take_level(dslt_stream stream, float *dst, const float *batch,
                                    const dslt_target_state *state, size_t count, const int32_t *when) {
  if (!dst || !batch || !state || count == 0)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel take_level needs a place, a batch, a state and at least one value.");
  if (count % 4 == 0 && dslt_aligned16(dst) && dslt_aligned16(batch))
    return DSLT_LAUNCH(take_level_kernel<words4>, dslt_blocks(count / 4, THREADS, BLOCKS_MAX), THREADS,
                       stream, dst, batch, state, count, when);
  return DSLT_LAUNCH(take_level_kernel<uint32_t>, dslt_blocks(count, THREADS, BLOCKS_MAX), THREADS, stream,
                     dst, batch, state, count, when);
}

extern "C" int dslt_cuda_store_sample(dslt_stream stream, dslt_ring *ring, void *low_store, void *high_store,
                                      const dslt_taps_view *sources, const dslt_target_state *state,
                                      const dslt_turn *turn, size_t low_bytes, size_t high_bytes,
                                      const int32_t *when) {
  if (!ring || !low_store || !high_store || !sources || low_bytes == 0 || high_bytes == 0)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel store_sample needs a ring, two stores, sources and at least one value of each tap.");
  if (low_bytes % 4 != 0 || high_bytes % 4 != 0)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel store_sample was given taps of %zu and %zu bytes; it takes multiples "
                     "of 4.",
                     low_bytes, high_bytes);
  if (sources[DSLT_SOURCE_LEVELS].low && !state)
    return dslt_fail(DSLT_EARGUMENT, "Kernel store_sample needs a state to choose among levels.");
  int wide =
      low_bytes % 16 == 0 && high_bytes % 16 == 0 && dslt_aligned16(low_store) && dslt_aligned16(high_store);
  for (int i = 0; i < DSLT_SOURCES; ++i) {
    if (!sources[i].low != !sources[i].high || (!turn && i == DSLT_SOURCE_SEARCH && !sources[i].low))
      return dslt_fail(DSLT_EARGUMENT, "Kernel store_sample: source %d lacks a tap.", i);
    wide = wide && dslt_aligned16(sources[i].low) && dslt_aligned16(sources[i].high);
  }
  size_t longest = (low_bytes > high_bytes ? low_bytes : high_bytes) / (wide ? 16 : 4);
  unsigned blocks = dslt_blocks(longest, THREADS, BLOCKS_MAX);
#define LAUNCH(T)                                                                                           \
  DSLT_LAUNCH(store_sample_kernel<T>, blocks, THREADS, stream, ring, (char *)low_store, (char *)high_store, \
              sources[DSLT_SOURCE_SEARCH], sources[DSLT_SOURCE_LEVELS], sources[DSLT_SOURCE_LOOK], state,   \
              turn, low_bytes, high_bytes, when)
  return wide ? LAUNCH(words4) : LAUNCH(uint32_t);
#undef LAUNCH
}
