/* SPDX-License-Identifier: Apache-2.0 */
/* items.cu: stores of training items: what is put in, drawn, and chosen for its score. */
#include "anchors.h"
#include "block_sum.h"
#include "launch.h"
#include "pack.h"

enum { THREADS = 256, BLOCKS_MAX = 64 }; /* of one item's copy */

static __global__ void __launch_bounds__(THREADS)
    draw_items_kernel(int32_t *item, int count, const dslt_item_ring *ring, dslt_item_draw draw,
                      const int32_t *when) {
  if (dslt_skipped(when)) return;
  const int i = (int)(blockIdx.x * THREADS + threadIdx.x);
  if (i >= count) return;
  const dslt_item_walk walk = dslt_item_walk_of(ring, &draw);
  item[i] = dslt_item_at(ring, &walk, i);
}

extern "C" int DSLT_LAUNCHER(draw_items)(dslt_stream stream, int32_t *item, int count,
                                         const dslt_item_ring *ring, const dslt_item_draw *draw,
                                         const int32_t *when) {
  if (!item || !ring || !draw || !draw->frame)
    return dslt_fail(DSLT_EARGUMENT, "Kernel draw_items needs a place for the items, a store and a frame.");
  if (count < 1 || count > DSLT_ITEMS_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel draw_items was asked for %d items; it takes 1 to %d.", count,
                     (int)DSLT_ITEMS_MAX);
  return DSLT_LAUNCH(draw_items_kernel, dslt_blocks((size_t)count, THREADS, DSLT_ITEMS_MAX), THREADS, stream,
                     item, count, ring, *draw, when);
}

static __global__ void __launch_bounds__(THREADS)
    hardest_items_kernel(int32_t *hardest, int count, const float *__restrict__ scores,
                         const int32_t *__restrict__ item, int n, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const int i = (int)(blockIdx.x * THREADS + threadIdx.x);
  if (i >= n) return;
  const int rank = dslt_rank_of(scores, n, i);
  if (rank < count) hardest[rank] = item[i];
}

extern "C" int DSLT_LAUNCHER(hardest_items)(dslt_stream stream, int32_t *hardest, int count,
                                            const float *scores, const int32_t *item, int n,
                                            const int32_t *when) {
  if (!hardest || !scores || !item)
    return dslt_fail(DSLT_EARGUMENT, "Kernel hardest_items needs items, scores and a place for the chosen.");
  if (count < 1 || count > n || n > DSLT_BOXES_MAX)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel hardest_items was asked for %d of %d items; it takes 1 to all of at most %d.",
                     count, n, (int)DSLT_BOXES_MAX);
  return DSLT_LAUNCH(hardest_items_kernel, dslt_blocks((size_t)n, THREADS, DSLT_BOXES_MAX), THREADS, stream,
                     hardest, count, scores, item, n, when);
}

/* Block (x, y): a part of item y. */
template <int V>
static __global__ void __launch_bounds__(THREADS)
    store_items_kernel(float *__restrict__ store, dslt_item_ring *ring, const float *__restrict__ x,
                       size_t values, int count, const int32_t *when) {
  if (dslt_skipped(when) || count > ring->capacity) return;
  const int i = (int)blockIdx.y;
  const float *from = x + (size_t)i * values;
  float *to = store + (size_t)dslt_item_slot(ring, i) * values;
  const size_t stride = (size_t)gridDim.x * THREADS * V;
  for (size_t k = ((size_t)blockIdx.x * THREADS + threadIdx.x) * V; k < values; k += stride)
    dslt_store<V>(to + k, dslt_load<V>(from + k));
  /* The last block advances the ring, when every block has read it. */
  if (dslt_last_block(&ring->ticket) && threadIdx.x == 0) dslt_items_stored(ring, count);
}

extern "C" int DSLT_LAUNCHER(store_items)(dslt_stream stream, float *store, dslt_item_ring *ring,
                                          const float *x, size_t values, int count, const int32_t *when) {
  if (!store || !ring || !x || values < 1)
    return dslt_fail(DSLT_EARGUMENT, "Kernel store_items needs maps, a store and its ring.");
  if (count < 1 || count > DSLT_ITEMS_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel store_items was given %d items; it takes 1 to %d.", count,
                     (int)DSLT_ITEMS_MAX);
  const int wide = values % 4 == 0 && dslt_aligned16(store) && dslt_aligned16(x);
  const dim3 grid(dslt_blocks(wide ? values / 4 : values, THREADS, BLOCKS_MAX), (unsigned)count);
  if (wide)
    return DSLT_LAUNCH(store_items_kernel<4>, grid, THREADS, stream, store, ring, x, values, count, when);
  return DSLT_LAUNCH(store_items_kernel<1>, grid, THREADS, stream, store, ring, x, values, count, when);
}
