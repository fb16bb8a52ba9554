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

/* All maps in one launch, since they share the slot. */
template <typename T>
static __global__ void __launch_bounds__(THREADS)
    store_sample_kernel(dslt_sample_ring *ring, const dslt_sample_copy copy, const dslt_target_state *state,
                        const dslt_decision *decision, const int32_t *when) {
  if (dslt_skipped(when)) return;
  int slot = ring->next;
  if (ring->capacity < 2) return; /* the same for every block, so none takes a ticket */
  int origin = decision ? decision->origin : DSLT_ORIGIN_SEARCH;
  size_t item = origin == DSLT_ORIGIN_LEVELS && state ? (size_t)state->level : 0;
  for (int i = 0; i < copy.maps; ++i) {
    const char *from = (const char *)copy.source[origin][i];
    size_t bytes = copy.bytes[i];
    if (from) copy_strided<T>((char *)copy.store[i] + (size_t)slot * bytes, from + item * bytes, bytes);
  }
  /* The last block advances the ring, when every block has read it. */
  if (dslt_last_block(&ring->ticket) && threadIdx.x == 0) (void)dslt_ring_advance(ring);
  dslt_ended(when);
}

/* Is the list complete? *wide becomes 1 where every place is aligned to 16 bytes, *longest the bytes of the
 * largest map. */
static int check_copy(int *wide, size_t *longest, const dslt_sample_copy *c, int decided) {
  for (int i = 0; i < c->maps; ++i) {
    if (!c->store[i] || c->bytes[i] == 0 || c->bytes[i] % 4 != 0)
      return dslt_fail(DSLT_EARGUMENT,
                       "Kernel store_sample: map %d of %zu bytes; it takes multiples of 4, at least one "
                       "value, and a store.",
                       i, c->bytes[i]);
    if (c->bytes[i] > *longest) *longest = c->bytes[i];
    *wide = *wide && c->bytes[i] % 16 == 0 && dslt_aligned16(c->store[i]);
    for (int origin = 0; origin < DSLT_ORIGINS; ++origin) {
      const void *source = c->source[origin][i];
      if (!source != !c->source[origin][0] || (!decided && origin == DSLT_ORIGIN_SEARCH && !source))
        return dslt_fail(DSLT_EARGUMENT, "Kernel store_sample: source %d lacks map %d.", origin, i);
      *wide = *wide && dslt_aligned16(source);
    }
  }
  return DSLT_OK;
}

extern "C" int DSLT_LAUNCHER(store_sample)(dslt_stream stream, dslt_sample_ring *ring,
                                           const dslt_sample_copy *copy, const dslt_target_state *state,
                                           const dslt_decision *decision, const int32_t *when) {
  if (!ring || !copy || copy->maps < 1 || copy->maps > DSLT_SAMPLE_MAPS_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel store_sample needs a ring and 1 to %d maps.",
                     DSLT_SAMPLE_MAPS_MAX);
  if (copy->source[DSLT_ORIGIN_LEVELS][0] && !state)
    return dslt_fail(DSLT_EARGUMENT, "Kernel store_sample needs a state to choose among levels.");
  int wide = 1;
  size_t longest = 0;
  DSLT_TRY(check_copy(&wide, &longest, copy, decision != NULL));
  unsigned blocks = dslt_blocks(longest / (wide ? 16 : 4), THREADS, BLOCKS_MAX);
  if (wide)
    return DSLT_LAUNCH(store_sample_kernel<words4>, blocks, THREADS, stream, ring, *copy, state, decision,
                       when);
  return DSLT_LAUNCH(store_sample_kernel<uint32_t>, blocks, THREADS, stream, ring, *copy, state, decision,
                     when);
}
