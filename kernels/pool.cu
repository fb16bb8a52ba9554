/* SPDX-License-Identifier: Apache-2.0 */
/* pool.cu: 2 x 2 max pooling with stride 2, channels last. */
#include "launch.h"
#include "network.h"
#include "pack.h"

enum { THREADS = 256, BLOCKS_MAX = 4096 };

template <typename T, int V>
struct alignas(sizeof(T) * V) values {
  T v[V];
};

/* One thread: V channels of one cell of y. */
template <typename T, int V>
static __global__ void __launch_bounds__(THREADS)
    pool_kernel(T *y, const T *__restrict__ x, int h, int w, int c, size_t items, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const size_t stride = (size_t)gridDim.x * THREADS, row = (size_t)w * (size_t)c;
  const unsigned groups = (unsigned)(c / V), oh = (unsigned)(h / 2), ow = (unsigned)(w / 2);
  for (size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x; i < items; i += stride) {
    size_t cell = i / groups, map = cell / ow / oh;
    size_t top = map * (size_t)h + 2 * (cell / ow % oh), left = 2 * (cell % ow);
    const T *from = x + top * row + left * (size_t)c + (size_t)(i % groups) * V;
    values<T, V> best = *reinterpret_cast<const values<T, V> *>(from);
    for (int k = 1; k < 4; ++k) {
      const values<T, V> other =
          *reinterpret_cast<const values<T, V> *>(from + (k & 1 ? (size_t)c : 0) + (k & 2 ? row : 0));
      for (int j = 0; j < V; ++j)
        if (dslt_get(&other.v[j]) > dslt_get(&best.v[j])) best.v[j] = other.v[j];
    }
    *reinterpret_cast<values<T, V> *>(y + i * V) = best;
  }
}

extern "C" int DSLT_LAUNCHER(pool)(dslt_stream stream, void *y, const void *x, dslt_type type, int n, int h,
                                   int w, int c, const int32_t *when) {
  if (!y || !x || y == x)
    return dslt_fail(DSLT_EARGUMENT, "Kernel pool needs a map and another place for its output.");
  if (n < 1 || h < 2 || w < 2 || h > DSLT_MAP_SIDE_MAX || w > DSLT_MAP_SIDE_MAX || c < 1 ||
      c > DSLT_CHANNELS_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel pool was given %d maps of %d x %d cells and %d channels.", n, w,
                     h, c);
  const int wide = c % 4 == 0 && dslt_aligned16(y) && dslt_aligned16(x);
  size_t items = (size_t)n * (size_t)(h / 2) * (size_t)(w / 2) * (size_t)(c / (wide ? 4 : 1));
  unsigned blocks = dslt_blocks(items, THREADS, BLOCKS_MAX);
#define LAUNCH(T, V) \
  DSLT_LAUNCH((pool_kernel<T, V>), blocks, THREADS, stream, (T *)y, (const T *)x, h, w, c, items, when)
  if (type == DSLT_TYPE_F32) return wide ? LAUNCH(float, 4) : LAUNCH(float, 1);
  if (type == DSLT_TYPE_BF16) return wide ? LAUNCH(dslt_bf16, 4) : LAUNCH(dslt_bf16, 1);
#undef LAUNCH
  return dslt_fail(DSLT_EARGUMENT, "Kernel pool knows no type number %d.", (int)type);
}
