/* SPDX-License-Identifier: Apache-2.0 */
/* pool_window.cu: maximum or average over windows of any size, stride and padding. */
#include "cells.h"

struct pool_shape {
  int h, w, out_h, out_w;
  int channels, x_pitch, y_pitch;
  dslt_layer_window window;
};

/* Blocks on a multiprocessor: up to 80 registers a thread; with more blocks they do not suffice. */
enum { AT_ONCE = 3 };

/* One thread: V channels of one cell of y. */
template <typename T, int V>
static __global__ void __launch_bounds__(DSLT_CELL_THREADS, AT_ONCE)
    pool_window_kernel(T *y, const T *__restrict__ x, pool_shape s, int is_max, int activation, float slope,
                       size_t items, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const size_t stride = (size_t)gridDim.x * DSLT_CELL_THREADS;
  const dslt_layer_window &w = s.window;
  for (size_t i = (size_t)blockIdx.x * DSLT_CELL_THREADS + threadIdx.x; i < items; i += stride) {
    const dslt_place p = dslt_place_of(i, (unsigned)(s.channels / V), V, s.out_h, s.out_w);
    const dslt_window_side rows = dslt_window_at(p.y, w.kernel[0], w.stride[0], w.pad[0], w.pad[2], s.h);
    const dslt_window_side columns = dslt_window_at(p.x, w.kernel[1], w.stride[1], w.pad[1], w.pad[3], s.w);
    dslt_floats<V> out = dslt_all<V>(is_max ? -INFINITY : 0.0f);
    for (int row = rows.low; row < rows.high; ++row)
      for (int column = columns.low; column < columns.high; ++column) {
        const dslt_floats<V> in =
            dslt_read<T, V>(x + dslt_cell_at(p.map, row, column, s.h, s.w, s.x_pitch) + p.channel);
        for (int v = 0; v < V; ++v)
          out.v[v] = is_max ? (in.v[v] > out.v[v] ? in.v[v] : out.v[v]) : out.v[v] + in.v[v];
      }
    const int inside = (rows.high - rows.low) * (columns.high - columns.low);
    const float cells = (float)(w.count_padding ? rows.counted * columns.counted : inside);
    if (!is_max)
      for (int v = 0; v < V; ++v) out.v[v] /= cells;
    T *to = y + dslt_cell_at(p.map, p.y, p.x, s.out_h, s.out_w, s.y_pitch) + p.channel;
    dslt_write_activated<T, V>(to, out, activation, slope);
  }
}

extern "C" int DSLT_LAUNCHER(pool_window)(dslt_stream stream, const dslt_layer_map *y,
                                          const dslt_layer_map *x, const dslt_layer_window *window,
                                          int is_max, const dslt_layer_end *end, int n, const int32_t *when) {
  DSLT_TRY(dslt_check_layer("pool_window", y, x, end, n));
  DSLT_TRY(dslt_check_window("pool_window", window));
  if (y->channels > x->channels)
    return dslt_fail(DSLT_EARGUMENT, "Kernel pool_window was asked for %d channels of %d.", y->channels,
                     x->channels);
  for (int d = 0; d < 2; ++d) {
    const int side = d ? x->w : x->h, last = ((d ? y->w : y->h) - 1) * window->stride[d] - window->pad[d];
    if (window->dilation[d] != 1 || window->pad[d] >= window->kernel[d] || last >= side)
      return dslt_fail(DSLT_EARGUMENT, "Kernel pool_window was given windows outside of the map.");
  }
  const pool_shape s = {x->h, x->w, y->h, y->w, y->channels, x->pitch, y->pitch, *window};
  const int v = dslt_widest(y), wide = dslt_is_wide(y, v) && dslt_is_wide(x, v);
#define LAUNCH(T, V)                                                                                        \
  DSLT_LAUNCH((pool_window_kernel<T, V>),                                                                   \
              dslt_blocks(dslt_items(y, n, V), DSLT_CELL_THREADS, DSLT_CELL_BLOCKS_MAX), DSLT_CELL_THREADS, \
              stream, (T *)y->data, (const T *)x->data, s, is_max, end->activation, end->slope,             \
              dslt_items(y, n, V), when)
  DSLT_CELL_KINDS(LAUNCH, y, wide);
#undef LAUNCH
}
