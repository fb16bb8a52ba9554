/* SPDX-License-Identifier: Apache-2.0 */
/* upsample.cu: transposed convolution with one filter a channel, and the fusion with the low branch.
 *
 * The cost is memory traffic only: for 45 x 50 cells of 128 channels and factor 2, 0.3 MB are read and 1.15
 * MB written with 4 multiply-adds a value. So each thread computes four channels of one output pixel with
 * 16-byte loads, the filters come from the first-level cache, and the weighted sum with the low branch is
 * computed while the value is in a register, which saves a launch and reading 1.15 MB again. Backward, the
 * map's gradient is gathered (no atomics), the filters' gradient is split over blocks and added in a fixed
 * order, and both are one launch.
 *
 * Input pixel i adds w[k] times itself to output pixel i f + k - f / 2, k in 0 .. 2 f - 1. Seen from output
 * pixel o, the contributions come from i = (o + f / 2) / f, k = (o + f / 2) mod f, and from i - 1, k + f. */
#include "launch.h"
#include "pack.h"

enum {
  WARP = 32,
  WARPS = 8,
  THREADS = WARP * WARPS,
  FACTOR_MAX = 16,
  BLOCKS = 4,         /* on a multiprocessor at once: up to 64 registers a thread */
  FILTER_BLOCKS = 264 /* blocks for the filters' gradient: two for each multiprocessor of an H200 */
};

struct upsample_args {
  int h, width, c, f;
};

/* ---- forward ------------------------------------------------------------------------------------- */

/* Block (x, y): THREADS packs of output row y. */
template <int V>
static __global__ void __launch_bounds__(THREADS)
    forward_kernel(upsample_args a, float *y, float *fused, const float *low, float fuse_low, float fuse_high,
                   const float *__restrict__ x, const float *__restrict__ w, const int32_t *when) {
  if (dslt_skipped(when)) return;
  int packs = a.c / V, ow = a.width * a.f, oh = a.h * a.f;
  int unit = (int)(blockIdx.x * THREADS + threadIdx.x);
  if (unit >= ow * packs) return;
  int ox = unit / packs, channel = unit % packs * V, oy = (int)blockIdx.y % oh, image = (int)blockIdx.y / oh;
  int row = (oy + a.f / 2) / a.f, column = (ox + a.f / 2) / a.f;
  int ky = (oy + a.f / 2) % a.f, kx = (ox + a.f / 2) % a.f;
  dslt_pack<V> sum = dslt_zero_pack<V>();
#pragma unroll
  for (int i = 0; i < 2; ++i)
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      int iy = row - i, ix = column - k;
      if (iy < 0 || iy >= a.h || ix < 0 || ix >= a.width) continue;
      size_t cell = ((size_t)image * (size_t)a.h + (size_t)iy) * (size_t)a.width + (size_t)ix;
      size_t tap = (size_t)(ky + i * a.f) * 2 * (size_t)a.f + (size_t)(kx + k * a.f);
      dslt_pack<V> from = dslt_load<V>(x + cell * (size_t)a.c + channel);
      dslt_pack<V> weight = dslt_load<V>(w + tap * (size_t)a.c + channel);
#pragma unroll
      for (int v = 0; v < V; ++v) sum.v[v] += from.v[v] * weight.v[v];
    }
  size_t place = ((size_t)blockIdx.y * (size_t)ow + (size_t)ox) * (size_t)a.c + (size_t)channel;
  if (y) dslt_store(y + place, sum);
  if (fused) {
    dslt_pack<V> other = dslt_load<V>(low + place);
#pragma unroll
    for (int v = 0; v < V; ++v) sum.v[v] = fuse_low * other.v[v] + fuse_high * sum.v[v];
    dslt_store(fused + place, sum);
  }
}

/* ---- backward ------------------------------------------------------------------------------------ */

struct upsample_gradient {
  const float *d_y, *d_y2;
  float scale;
};

template <int V>
__device__ static inline dslt_pack<V> gradient_at(const upsample_gradient &g, size_t place) {
  dslt_pack<V> out = dslt_load<V>(g.d_y + place), other = dslt_zero_pack<V>();
  if (g.d_y2) other = dslt_load<V>(g.d_y2 + place);
#pragma unroll
  for (int v = 0; v < V; ++v) out.v[v] = g.scale * out.v[v] + other.v[v];
  return out;
}

/* One filter tap from one slice of the input's cells. Block: slice + slices * tap. */
template <int V>
__device__ static inline void backward_filter(const upsample_args &a, const upsample_gradient &g, float *d_w,
                                              const float *__restrict__ x, float *partial, uint32_t *tickets,
                                              int block, int slices) {
  __shared__ dslt_pack<V> gathered[WARPS][WARP];
  __shared__ int last;
  int lane = (int)threadIdx.x % WARP, warp = (int)threadIdx.x / WARP, slice = block % slices;
  int tap = block / slices, ky = tap / (2 * a.f), kx = tap % (2 * a.f), taps = 4 * a.f * a.f;
  int channel = ((int)blockIdx.y * WARP + lane) * V, ow = a.width * a.f, oh = a.h * a.f;
  dslt_pack<V> sum = dslt_zero_pack<V>();
  if (channel < a.c)
    for (int cell = slice * WARPS + warp; cell < a.h * a.width; cell += slices * WARPS) {
      int oy = cell / a.width * a.f + ky - a.f / 2, ox = cell % a.width * a.f + kx - a.f / 2;
      if (oy < 0 || oy >= oh || ox < 0 || ox >= ow) continue;
      dslt_pack<V> from = dslt_load<V>(x + (size_t)cell * (size_t)a.c + channel);
      dslt_pack<V> slope =
          gradient_at<V>(g, ((size_t)oy * (size_t)ow + (size_t)ox) * (size_t)a.c + (size_t)channel);
#pragma unroll
      for (int v = 0; v < V; ++v) sum.v[v] += from.v[v] * slope.v[v];
    }
  gathered[warp][lane] = sum;
  __syncthreads();
  float *to = slices > 1 ? partial + (size_t)slice * (size_t)taps * (size_t)a.c : d_w;
  if (warp == 0 && channel < a.c) {
    for (int from = 1; from < WARPS; ++from)
#pragma unroll
      for (int v = 0; v < V; ++v) sum.v[v] += gathered[from][lane].v[v];
    dslt_store(to + (size_t)tap * (size_t)a.c + channel, sum);
  }
  if (slices == 1) return;
  __syncthreads();
  if (threadIdx.x == 0) {
    uint32_t *ticket = &tickets[blockIdx.y * (unsigned)taps + (unsigned)tap];
    __threadfence();
    last = atomicInc(ticket, (uint32_t)slices - 1) == (uint32_t)slices - 1;
  }
  __syncthreads();
  if (!last || warp != 0 || channel >= a.c) return;
  __threadfence();
  sum = dslt_zero_pack<V>();
  for (int from = 0; from < slices; ++from) {
    dslt_pack<V> part =
        dslt_load<V>(partial + ((size_t)from * (size_t)taps + (size_t)tap) * (size_t)a.c + channel);
#pragma unroll
    for (int v = 0; v < V; ++v) sum.v[v] += part.v[v];
  }
  dslt_store(d_w + (size_t)tap * (size_t)a.c + channel, sum);
}

/* THREADS packs of the input's gradient. */
template <int V>
__device__ static inline void backward_data(const upsample_args &a, const upsample_gradient &g, float *d_x,
                                            const float *__restrict__ w, int block) {
  int packs = a.c / V, unit = block * THREADS + (int)threadIdx.x, ow = a.width * a.f, oh = a.h * a.f;
  if (unit >= a.h * a.width * packs) return;
  int cell = unit / packs, channel = unit % packs * V;
  int top = cell / a.width * a.f - a.f / 2, left = cell % a.width * a.f - a.f / 2;
  dslt_pack<V> sum = dslt_zero_pack<V>();
  for (int ky = 0; ky < 2 * a.f; ++ky) {
    if (top + ky < 0 || top + ky >= oh) continue;
#pragma unroll
    for (int kx = 0; kx < 2 * a.f; ++kx) {
      if (left + kx < 0 || left + kx >= ow) continue;
      dslt_pack<V> slope = gradient_at<V>(
          g, ((size_t)(top + ky) * (size_t)ow + (size_t)(left + kx)) * (size_t)a.c + (size_t)channel);
      dslt_pack<V> weight = dslt_load<V>(w + (size_t)(ky * 2 * a.f + kx) * (size_t)a.c + channel);
#pragma unroll
      for (int v = 0; v < V; ++v) sum.v[v] += slope.v[v] * weight.v[v];
    }
  }
  dslt_store(d_x + (size_t)cell * (size_t)a.c + channel, sum);
}

/* Block (x, y): a share of the filters, then of the data (only y = 0); 32 packs of the filters' channels. */
template <int V>
static __global__ void __launch_bounds__(THREADS, BLOCKS)
    backward_kernel(upsample_args a, upsample_gradient g, float *d_x, float *d_w, const float *__restrict__ x,
                    const float *__restrict__ w, float *partial, uint32_t *tickets, int slices,
                    int filter_blocks, const int32_t *when) {
  if (dslt_skipped(when)) return;
  if ((int)blockIdx.x < filter_blocks)
    backward_filter<V>(a, g, d_w, x, partial, tickets, (int)blockIdx.x, slices);
  else if (blockIdx.y == 0)
    backward_data<V>(a, g, d_x, w, (int)blockIdx.x - filter_blocks);
}

/* ---- launchers ----------------------------------------------------------------------------------- */

static int up(int count, int by) { return (count + by - 1) / by; }

static int check_shape(int n, int h, int width, int c, int f) {
  if (n < 1 || n > DSLT_LEVELS_MAX || h < 1 || width < 1 || c < 1 || c > DSLT_CHANNELS_MAX || f < 2 ||
      f > FACTOR_MAX || f % 2 != 0 || h > DSLT_MAP_SIDE_MAX / f || width > DSLT_MAP_SIDE_MAX / f ||
      (size_t)h * (size_t)width * (size_t)c * (size_t)(f * f) > INT32_MAX)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel upsample was given %d maps of %d x %d x %d and the factor %d; it takes 1 to %d "
                     "maps, even factors to %d, enlarged sides to %d and %d channels.",
                     n, h, width, c, f, (int)DSLT_LEVELS_MAX, (int)FACTOR_MAX, (int)DSLT_MAP_SIDE_MAX,
                     (int)DSLT_CHANNELS_MAX);
  return DSLT_OK;
}

static int slices_of(int h, int width, int c, int f, int pack) {
  int pieces = 4 * f * f * up(c, WARP * pack), most = up(h * width, WARPS), wanted = FILTER_BLOCKS / pieces;
  return wanted < 1 ? 1 : (wanted < most ? wanted : most);
}

static size_t ticket_bytes(int c, int f) {
  return (4 * (size_t)f * (size_t)f * (size_t)up(c, WARP) * sizeof(uint32_t) + 63) / 64 * 64;
}

extern "C" size_t DSLT_LAUNCHER(upsample_scratch)(int h, int width, int c, int f) {
  if (check_shape(1, h, width, c, f) < 0) return 0;
  int four = slices_of(h, width, c, f, 4), one = slices_of(h, width, c, f, 1);
  return ticket_bytes(c, f) +
         (size_t)(four > one ? four : one) * 4 * (size_t)f * (size_t)f * (size_t)c * sizeof(float);
}

extern "C" int DSLT_LAUNCHER(upsample_forward)(dslt_stream stream, float *y, float *fused, const float *low,
                                               float fuse_low, float fuse_high, const float *x,
                                               const float *w, int n, int h, int width, int c, int f,
                                               const int32_t *when) {
  if (!(y || fused) || (fused && !low) || !x || !w)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel upsample needs a map, filters and a place for the result, and to fuse a low map.");
  DSLT_TRY(check_shape(n, h, width, c, f));
  upsample_args a = {h, width, c, f};
  int packed = c % 4 == 0 && dslt_aligned16(y) && dslt_aligned16(fused) && dslt_aligned16(low) &&
               dslt_aligned16(x) && dslt_aligned16(w);
  dim3 grid((unsigned)up(width * f * (c / (packed ? 4 : 1)), THREADS), (unsigned)(n * h * f));
  return packed ? DSLT_LAUNCH(forward_kernel<4>, grid, THREADS, stream, a, y, fused, low, fuse_low, fuse_high,
                              x, w, when)
                : DSLT_LAUNCH(forward_kernel<1>, grid, THREADS, stream, a, y, fused, low, fuse_low, fuse_high,
                              x, w, when);
}

extern "C" int DSLT_LAUNCHER(upsample_backward)(dslt_stream stream, float *d_x, float *d_w, const float *x,
                                                const float *w, const float *d_y, float fuse_high,
                                                const float *d_y2, int h, int width, int c, int f,
                                                void *scratch, const int32_t *when) {
  if (!d_w || !x || !w || !d_y || !scratch)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel upsample needs a map, filters, the gradient, a place for the filters' and scratch "
        "memory.");
  DSLT_TRY(check_shape(1, h, width, c, f));
  upsample_args a = {h, width, c, f};
  upsample_gradient g = {d_y, d_y2, fuse_high};
  int pack = c % 4 == 0 && dslt_aligned16(d_x) && dslt_aligned16(d_w) && dslt_aligned16(x) &&
                     dslt_aligned16(w) && dslt_aligned16(d_y) && dslt_aligned16(d_y2)
                 ? 4
                 : 1;
  uint32_t *tickets = (uint32_t *)scratch;
  float *partial = (float *)((char *)scratch + ticket_bytes(c, f));
  int slices = slices_of(h, width, c, f, pack), filter_blocks = slices * 4 * f * f;
  int data_blocks = d_x ? up(h * width * (c / pack), THREADS) : 0;
  dim3 grid((unsigned)(filter_blocks + data_blocks), (unsigned)up(c, WARP * pack));
  return pack == 4 ? DSLT_LAUNCH(backward_kernel<4>, grid, THREADS, stream, a, g, d_x, d_w, x, w, partial,
                                 tickets, slices, filter_blocks, when)
                   : DSLT_LAUNCH(backward_kernel<1>, grid, THREADS, stream, a, g, d_x, d_w, x, w, partial,
                                 tickets, slices, filter_blocks, when);
}
