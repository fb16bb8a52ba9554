/* SPDX-License-Identifier: Apache-2.0 */
/* enlarge.cu: a map enlarged by whole factors, by the nearest cell or between four. */
#include "cells.h"

struct enlarge_shape {
  int h, w, factor[2], channels, x_pitch, y_pitch;
};

/* One thread: V channels of one cell of y. */
template <typename T, int V>
static __global__ void __launch_bounds__(DSLT_CELL_THREADS)
    enlarge_kernel(T *y, const T *__restrict__ x, enlarge_shape s, int linear, int activation, float slope,
                   size_t items, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const size_t stride = (size_t)gridDim.x * DSLT_CELL_THREADS;
  const int out_h = s.h * s.factor[0], out_w = s.w * s.factor[1];
  for (size_t i = (size_t)blockIdx.x * DSLT_CELL_THREADS + threadIdx.x; i < items; i += stride) {
    const dslt_place p = dslt_place_of(i, (unsigned)(s.channels / V), V, out_h, out_w);
    const dslt_between rows = dslt_between_cells(p.y, s.factor[0], s.h, linear);
    const dslt_between columns = dslt_between_cells(p.x, s.factor[1], s.w, linear);
    const T *above = x + dslt_cell_at(p.map, rows.first, 0, s.h, s.w, s.x_pitch) + p.channel;
    const size_t left = (size_t)columns.first * (size_t)s.x_pitch;
    dslt_floats<V> out = dslt_read<T, V>(above + left);
    if (linear) {
      const T *below = x + dslt_cell_at(p.map, rows.second, 0, s.h, s.w, s.x_pitch) + p.channel;
      const size_t right = (size_t)columns.second * (size_t)s.x_pitch;
      const dslt_floats<V> b = dslt_read<T, V>(above + right), c = dslt_read<T, V>(below + left),
                           d = dslt_read<T, V>(below + right);
      for (int v = 0; v < V; ++v)
        out.v[v] = dslt_bilinear(out.v[v], b.v[v], c.v[v], d.v[v], rows.share, columns.share);
    }
    T *to = y + dslt_cell_at(p.map, p.y, p.x, out_h, out_w, s.y_pitch) + p.channel;
    dslt_write_activated<T, V>(to, out, activation, slope);
  }
}

extern "C" int DSLT_LAUNCHER(enlarge)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                                      int linear, const dslt_layer_end *end, int n, const int32_t *when) {
  DSLT_TRY(dslt_check_layer("enlarge", y, x, end, n));
  if (y->h % x->h || y->w % x->w || y->channels > x->channels)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel enlarge cannot make %d x %d cells with %d channels of %d x %d with %d.", y->w,
                     y->h, y->channels, x->w, x->h, x->channels);
  const enlarge_shape s = {x->h, x->w, {y->h / x->h, y->w / x->w}, y->channels, x->pitch, y->pitch};
  const int v = dslt_widest(y), wide = dslt_is_wide(y, v) && dslt_is_wide(x, v);
#define LAUNCH(T, V)                                                                                        \
  DSLT_LAUNCH((enlarge_kernel<T, V>),                                                                       \
              dslt_blocks(dslt_items(y, n, V), DSLT_CELL_THREADS, DSLT_CELL_BLOCKS_MAX), DSLT_CELL_THREADS, \
              stream, (T *)y->data, (const T *)x->data, s, linear, end->activation, end->slope,             \
              dslt_items(y, n, V), when)
  DSLT_CELL_KINDS(LAUNCH, y, wide);
#undef LAUNCH
}
