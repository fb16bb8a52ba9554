/* SPDX-License-Identifier: Apache-2.0 */
/* elementwise.cu: weighted sums of maps, and maps from one type to another. */
#include "launch.h"
#include "pack.h"

enum { THREADS = 256, BLOCKS_MAX = 2048 };

/* y may be x or z, so no pointer is __restrict__: each element is read before it is written, by one
 * thread. */
template <int V>
static __global__ void __launch_bounds__(THREADS)
    axpby_kernel(float *y, float a, const float *x, float b, const float *z, size_t packs,
                 const int32_t *when) {
  if (dslt_skipped(when)) return;
  size_t stride = (size_t)gridDim.x * THREADS;
  for (size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x; i < packs; i += stride) {
    dslt_pack<V> sum = dslt_load<V>(x + i * V);
#pragma unroll
    for (int v = 0; v < V; ++v) sum.v[v] *= a;
    if (z) {
      dslt_pack<V> other = dslt_load<V>(z + i * V);
#pragma unroll
      for (int v = 0; v < V; ++v) sum.v[v] += b * other.v[v];
    }
    dslt_store(y + i * V, sum);
  }
}

extern "C" int DSLT_LAUNCHER(axpby)(dslt_stream stream, float *y, float a, const float *x, float b,
                                    const float *z, size_t count, const int32_t *when) {
  if (!y || !x || count == 0)
    return dslt_fail(DSLT_EARGUMENT, "Kernel axpby needs two maps and at least one value.");
  if (count % 4 == 0 && dslt_aligned16(y) && dslt_aligned16(x) && dslt_aligned16(z))
    return DSLT_LAUNCH(axpby_kernel<4>, dslt_blocks(count / 4, THREADS, BLOCKS_MAX), THREADS, stream, y, a, x,
                       b, z, count / 4, when);
  return DSLT_LAUNCH(axpby_kernel<1>, dslt_blocks(count, THREADS, BLOCKS_MAX), THREADS, stream, y, a, x, b, z,
                     count, when);
}

template <typename To, typename From, int V>
static __global__ void __launch_bounds__(THREADS)
    convert_kernel(To *__restrict__ dst, const From *__restrict__ src, size_t packs, const int32_t *when) {
  struct alignas(sizeof(To) * V) to_pack {
    To v[V];
  };
  struct alignas(sizeof(From) * V) from_pack {
    From v[V];
  };
  if (dslt_skipped(when)) return;
  size_t stride = (size_t)gridDim.x * THREADS;
  for (size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x; i < packs; i += stride) {
    from_pack from = *reinterpret_cast<const from_pack *>(src + i * V);
    to_pack to;
#pragma unroll
    for (int v = 0; v < V; ++v) dslt_put(&to.v[v], dslt_get(&from.v[v]));
    *reinterpret_cast<to_pack *>(dst + i * V) = to;
  }
}

template <typename To, typename From>
static int convert(dslt_stream stream, void *dst, const void *src, size_t count, const int32_t *when) {
  if (count % 4 == 0 && dslt_aligned16(dst) && dslt_aligned16(src))
    return DSLT_LAUNCH((convert_kernel<To, From, 4>), dslt_blocks(count / 4, THREADS, BLOCKS_MAX), THREADS,
                       stream, (To *)dst, (const From *)src, count / 4, when);
  return DSLT_LAUNCH((convert_kernel<To, From, 1>), dslt_blocks(count, THREADS, BLOCKS_MAX), THREADS, stream,
                     (To *)dst, (const From *)src, count, when);
}

extern "C" int DSLT_LAUNCHER(convert)(dslt_stream stream, void *dst, dslt_type dst_type, const void *src,
                                      dslt_type src_type, size_t count, const int32_t *when) {
  if (!dst || !src || dst == src || count == 0)
    return dslt_fail(DSLT_EARGUMENT, "Kernel convert needs two different places and at least one value.");
  int f32_in = src_type == DSLT_TYPE_F32, f32_out = dst_type == DSLT_TYPE_F32;
  if ((!f32_in && src_type != DSLT_TYPE_BF16) || (!f32_out && dst_type != DSLT_TYPE_BF16))
    return dslt_fail(DSLT_EARGUMENT, "Kernel convert knows no type number %d or %d.", (int)src_type,
                     (int)dst_type);
  if (f32_in)
    return f32_out ? convert<float, float>(stream, dst, src, count, when)
                   : convert<dslt_bf16, float>(stream, dst, src, count, when);
  return f32_out ? convert<float, dslt_bf16>(stream, dst, src, count, when)
                 : convert<dslt_bf16, dslt_bf16>(stream, dst, src, count, when);
}
