/* SPDX-License-Identifier: Apache-2.0 */
/* remap.cu: converts maps from one memory layout to another, optionally adding a bias and applying ReLU. */
#include "launch.h"
#include "network.h"
#include "pack.h"

enum { THREADS = 256, BLOCKS_MAX = 4096 };

/* V neighbouring channels, in one access where the types allow. */
template <typename T, int V>
struct alignas(sizeof(T) * V) values {
  T v[V];
};

/* One thread: V channels of one cell of dst. */
template <typename D, typename S, int V>
static __global__ void __launch_bounds__(THREADS)
    remap_kernel(D *dst, const S *__restrict__ src, const float *__restrict__ bias, int relu,
                 int dst_channels, int dst_border, int src_channels, int src_border, int h, int w,
                 size_t items, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const size_t stride = (size_t)gridDim.x * THREADS;
  const unsigned groups = (unsigned)(dst_channels / V);
  const unsigned dst_w = (unsigned)(w + 2 * dst_border), dst_h = (unsigned)(h + 2 * dst_border);
  for (size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x; i < items; i += stride) {
    size_t cell = i / groups;
    int channel = (int)(i % groups) * V;
    int x = (int)(cell % dst_w) - dst_border, y = (int)(cell / dst_w % dst_h) - dst_border;
    size_t map = cell / dst_w / dst_h;
    values<D, V> out;
    if (x < 0 || y < 0 || x >= w || y >= h || channel >= src_channels) {
      for (int k = 0; k < V; ++k) dslt_put(&out.v[k], 0.0f);
    } else {
      size_t row = map * (size_t)(h + 2 * src_border) + (size_t)(y + src_border);
      size_t at = (row * (size_t)(w + 2 * src_border) + (size_t)(x + src_border)) * (size_t)src_channels +
                  (size_t)channel;
      const values<S, V> in = *reinterpret_cast<const values<S, V> *>(src + at);
      for (int k = 0; k < V; ++k) {
        float value = dslt_get(&in.v[k]);
        if (bias) value += bias[channel + k];
        dslt_put(&out.v[k], relu && value < 0.0f ? 0.0f : value);
      }
    }
    *reinterpret_cast<values<D, V> *>(dst + i * V) = out;
  }
}

extern "C" int DSLT_LAUNCHER(remap)(dslt_stream stream, const dslt_map *dst, const dslt_map *src,
                                    const float *bias, int relu, int n, int h, int w, const int32_t *when) {
  if (!dst || !src || !dst->data || !src->data || dst->data == src->data)
    return dslt_fail(DSLT_EARGUMENT, "Kernel remap needs a map and another place for its copy.");
  if (n < 1 || h < 1 || w < 1 || h > DSLT_MAP_SIDE_MAX || w > DSLT_MAP_SIDE_MAX || dst->channels < 1 ||
      src->channels < 1 || dst->channels > DSLT_CHANNELS_MAX || src->channels > DSLT_CHANNELS_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel remap was given %d maps of %d x %d cells, %d to %d channels.", n,
                     w, h, src->channels, dst->channels);
  if (dst->border < 0 || dst->border > 1 || src->border < 0 || src->border > 1)
    return dslt_fail(DSLT_EARGUMENT, "Kernel remap takes borders of 0 or 1 cell.");
  const int wide = dst->channels % 4 == 0 && src->channels % 4 == 0 && dslt_aligned16(dst->data) &&
                   dslt_aligned16(src->data);
  size_t items = (size_t)n * (size_t)(h + 2 * dst->border) * (size_t)(w + 2 * dst->border) *
                 (size_t)(dst->channels / (wide ? 4 : 1));
  unsigned blocks = dslt_blocks(items, THREADS, BLOCKS_MAX);
#define LAUNCH(D, S, V)                                                                                     \
  DSLT_LAUNCH((remap_kernel<D, S, V>), blocks, THREADS, stream, (D *)dst->data, (const S *)src->data, bias, \
              relu, dst->channels, dst->border, src->channels, src->border, h, w, items, when)
#define BOTH(D, S) return wide ? LAUNCH(D, S, 4) : LAUNCH(D, S, 1)
  if (dst->type == DSLT_TYPE_F32 && src->type == DSLT_TYPE_F32) BOTH(float, float);
  if (dst->type == DSLT_TYPE_F32 && src->type == DSLT_TYPE_BF16) BOTH(float, dslt_bf16);
  if (dst->type == DSLT_TYPE_BF16 && src->type == DSLT_TYPE_F32) BOTH(dslt_bf16, float);
  if (dst->type == DSLT_TYPE_BF16 && src->type == DSLT_TYPE_BF16) BOTH(dslt_bf16, dslt_bf16);
#undef BOTH
#undef LAUNCH
  return dslt_fail(DSLT_EARGUMENT, "Kernel remap knows no type number %d or %d.", (int)dst->type,
                   (int)src->type);
}
