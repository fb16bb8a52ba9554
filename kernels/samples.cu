/* samples.cu: the chosen level's features, and the ring of stored samples. */
#include "launch.h"
#include "reduce.h"

enum { THREADS = 256, BLOCKS_MAX = 1024 };

__device__ static inline void copy_strided(float *__restrict__ dst, const float *__restrict__ src,
                                           size_t count) {
  size_t stride = (size_t)gridDim.x * THREADS;
  for (size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x; i < count; i += stride) dst[i] = src[i];
}

static __global__ void __launch_bounds__(THREADS)
    take_level_kernel(float *dst, const float *batch, const dslt_pose *pose, size_t count) {
  copy_strided(dst, batch + count * (size_t)pose->level, count);
}

/* Both taps in one launch, since they share the slot. */
static __global__ void __launch_bounds__(THREADS)
    store_sample_kernel(dslt_ring *ring, float *low_store, float *high_store, const float *low,
                        const float *high, const dslt_pose *pose, size_t low_count, size_t high_count) {
  int slot = ring->next, capacity = ring->capacity;
  if (capacity < 2) return; /* the same for every block: none takes a ticket */
  size_t level = pose ? (size_t)pose->level : 0;
  copy_strided(low_store + (size_t)slot * low_count, low + level * low_count, low_count);
  copy_strided(high_store + (size_t)slot * high_count, high + level * high_count, high_count);
  /* The ring turns when every block has read its place. */
  if (dslt_last_block(&ring->ticket) && threadIdx.x == 0) {
    ring->next = slot + 1 < capacity ? slot + 1 : 1;
    if (ring->count < capacity) ++ring->count;
  }
}

extern "C" int dslt_cuda_take_level(dslt_stream stream, float *dst, const float *batch, const dslt_pose *pose,
                                    size_t count) {
  if (!dst || !batch || !pose || count == 0)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel take_level needs a place, a batch, a pose and at least one value.");
  return DSLT_LAUNCH(take_level_kernel, dslt_blocks(count, THREADS, BLOCKS_MAX), THREADS, stream, dst, batch,
                     pose, count);
}

extern "C" int dslt_cuda_store_sample(dslt_stream stream, dslt_ring *ring, float *low_store,
                                      float *high_store, const float *low, const float *high,
                                      const dslt_pose *pose, size_t low_count, size_t high_count) {
  if (!ring || !low_store || !high_store || !low || !high || low_count == 0 || high_count == 0)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel store_sample needs a ring, two stores, two samples and at least one value of each.");
  size_t longest = low_count > high_count ? low_count : high_count;
  return DSLT_LAUNCH(store_sample_kernel, dslt_blocks(longest, THREADS, BLOCKS_MAX), THREADS, stream, ring,
                     low_store, high_store, low, high, pose, low_count, high_count);
}
