/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise.cu: convolutions of every channel by itself. Memory is the limit, so a thread computes several
 * neighbouring cells of a row from one load of what they read, 16 bytes of channels at once. */
#include "cells.h"

struct depthwise_shape {
  int h, w, out_h, out_w;
  int channels, x_pitch, y_pitch, add_pitch;
  int multiplier; /* outputs of one input channel */
  int kernel[2], stride[2], dilation[2], pad[2];
};

/* One row of a K-wide kernel at stride S, all of whose inputs are loaded once: X cells from `column` on. */
template <typename T, int V, int K, int S, int X>
__device__ static inline void add_row(dslt_floats<V> *sums, const T *row, const T *weights, int column,
                                      const depthwise_shape &s) {
  dslt_floats<V> w[K];
#pragma unroll
  for (int k = 0; k < K; ++k) w[k] = dslt_read<T, V>(weights + (size_t)k * (size_t)s.channels);
#pragma unroll
  for (int j = 0; j < (X - 1) * S + K; ++j) {
    const int x = column * S - s.pad[1] + j;
    if (x < 0 || x >= s.w) continue;
    const dslt_floats<V> in = dslt_read<T, V>(row + (size_t)x * (size_t)s.x_pitch);
#pragma unroll
    for (int t = 0; t < X; ++t) {
      const int k = j - t * S;
      if (k < 0 || k >= K) continue;
#pragma unroll
      for (int v = 0; v < V; ++v) sums[t].v[v] += in.v[v] * w[k].v[v];
    }
  }
}

/* One row of any kernel, one cell. */
template <typename T, int V>
__device__ static inline void add_any_row(dslt_floats<V> *sum, const T *row, const T *weights, int column,
                                          const depthwise_shape &s) {
  for (int k = 0; k < s.kernel[1]; ++k) {
    const int x = column * s.stride[1] - s.pad[1] + k * s.dilation[1];
    if (x < 0 || x >= s.w) continue;
    const dslt_floats<V> in = dslt_read<T, V>(row + (size_t)x * (size_t)s.x_pitch);
    const dslt_floats<V> w = dslt_read<T, V>(weights + (size_t)k * (size_t)s.channels);
    for (int v = 0; v < V; ++v) sum->v[v] += in.v[v] * w.v[v];
  }
}

/* Blocks on a multiprocessor: up to 128 registers a thread, of which the widest windows take most. */
enum { AT_ONCE = 2 };

/* One thread: V channels of X neighbouring cells of y. K 0: any window, X = 1. */
template <typename T, int V, int K, int S, int X>
static __global__ void __launch_bounds__(DSLT_CELL_THREADS, AT_ONCE)
    depthwise_kernel(T *y, const T *__restrict__ x, const T *__restrict__ weights,
                     const float *__restrict__ bias, const T *add, int activation, float slope,
                     depthwise_shape s, size_t items, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const size_t stride = (size_t)gridDim.x * DSLT_CELL_THREADS;
  const unsigned groups = (unsigned)(s.channels / V);
  for (size_t i = (size_t)blockIdx.x * DSLT_CELL_THREADS + threadIdx.x; i < items; i += stride) {
    const dslt_place p = dslt_place_of(i, groups, V, s.out_h, (s.out_w + X - 1) / X);
    const int column = p.x * X;
    dslt_floats<V> sums[X];
#pragma unroll
    for (int t = 0; t < X; ++t)
#pragma unroll
      for (int v = 0; v < V; ++v) sums[t].v[v] = bias ? bias[p.channel + v] : 0.0f;
    for (int k = 0; k < s.kernel[0]; ++k) {
      const int in_row = p.y * s.stride[0] - s.pad[0] + k * s.dilation[0];
      if (in_row < 0 || in_row >= s.h) continue;
      const T *row = x + dslt_cell_at(p.map, in_row, 0, s.h, s.w, s.x_pitch) + p.channel / s.multiplier;
      const T *w = weights + (size_t)(k * s.kernel[1]) * (size_t)s.channels + p.channel;
      if (K > 0)
        add_row<T, V, K ? K : 1, S, X>(sums, row, w, column, s);
      else
        add_any_row<T, V>(sums, row, w, column, s);
    }
#pragma unroll
    for (int t = 0; t < X; ++t) {
      if (column + t >= s.out_w) continue; /* a bound of the loop would put the sums into slow memory */
      if (add) {
        const dslt_floats<V> other = dslt_read<T, V>(
            add + dslt_cell_at(p.map, p.y, column + t, s.out_h, s.out_w, s.add_pitch) + p.channel);
        for (int v = 0; v < V; ++v) sums[t].v[v] += other.v[v];
      }
      T *to = y + dslt_cell_at(p.map, p.y, column + t, s.out_h, s.out_w, s.y_pitch) + p.channel;
      dslt_write_activated<T, V>(to, sums[t], activation, slope);
    }
  }
}

/* Kernel and stride where a strip of cells is computed at once; 0: any other. */
static int strip_kernel(const dslt_layer_window *w) {
  const int k = w->kernel[0], s = w->stride[0];
  const int fits = w->kernel[1] == k && w->stride[1] == s && w->dilation[0] == 1 && w->dilation[1] == 1;
  return fits && (k == 3 || k == 5) && (s == 1 || s == 2) ? k : 0;
}

template <typename T, int V>
static int launch(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x, const void *weights,
                  int multiplier, const dslt_layer_window *w, const dslt_layer_end *end, int n,
                  const int32_t *when) {
  const dslt_layer_map *add = end->add;
  depthwise_shape s = {
      x->h,       x->w,   y->h,   y->w,   y->channels, x->pitch, y->pitch, add ? add->pitch : 0,
      multiplier, {0, 0}, {0, 0}, {0, 0}, {0, 0}};
  for (int d = 0; d < 2; ++d) {
    s.kernel[d] = w->kernel[d], s.stride[d] = w->stride[d];
    s.dilation[d] = w->dilation[d], s.pad[d] = w->pad[d];
  }
  const T *other = add ? (const T *)add->data : NULL;
  const size_t rows = (size_t)n * (size_t)y->h * (size_t)(y->channels / V);
#define LAUNCH(K, S, X)                                                                                   \
  DSLT_LAUNCH((depthwise_kernel<T, V, K, S, X>),                                                          \
              dslt_blocks(rows *(size_t)((y->w + X - 1) / X), DSLT_CELL_THREADS, DSLT_CELL_BLOCKS_MAX),   \
              DSLT_CELL_THREADS, stream, (T *)y->data, (const T *)x->data, (const T *)weights, end->bias, \
              other, end->activation, end->slope, s, rows *(size_t)((y->w + X - 1) / X), when)
  const int strip = V > 1 ? strip_kernel(w) : 0;
  if (strip == 3) return w->stride[0] == 1 ? LAUNCH(3, 1, 4) : LAUNCH(3, 2, 4);
  if (strip == 5) return w->stride[0] == 1 ? LAUNCH(5, 1, 4) : LAUNCH(5, 2, 2);
  return LAUNCH(0, 1, 1);
#undef LAUNCH
}

extern "C" int DSLT_LAUNCHER(depthwise)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                                        const void *weights, int multiplier, const dslt_layer_window *window,
                                        const dslt_layer_end *end, int n, const int32_t *when) {
  DSLT_TRY(dslt_check_layer("depthwise", y, x, end, n));
  DSLT_TRY(dslt_check_window("depthwise", window));
  const dslt_layer_map *add = end->add;
  if (!weights || multiplier < 1 || (y->channels - 1) / multiplier >= x->channels ||
      (add && (!add->data || add->type != y->type || add->h != y->h || add->w != y->w ||
               add->channels < y->channels || add->border)))
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel depthwise was given no weights, or %d channels of %d, or a map to add that is not "
        "like its output.",
        y->channels, x->channels);
  const int v = dslt_widest(y);
  const int wide = multiplier == 1 && dslt_is_wide(y, v) && dslt_is_wide(x, v) && dslt_aligned16(weights) &&
                   (!add || dslt_is_wide(add, v));
#define LAUNCH(T, V) launch<T, V>(stream, y, x, weights, multiplier, window, end, n, when)
  DSLT_CELL_KINDS(LAUNCH, y, wide);
#undef LAUNCH
}
