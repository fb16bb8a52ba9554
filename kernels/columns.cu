/* SPDX-License-Identifier: Apache-2.0 */
/* columns.cu: what each output of a convolution reads, in one row of a matrix. */
#include "cells.h"

struct columns_shape {
  int h, w, out_h, out_w;
  int channels, pitch, groups; /* channels of a group */
  int kernel[2], stride[2], dilation[2], pad[2];
};

/* One thread: V values of the matrix. */
template <typename T, int V>
static __global__ void __launch_bounds__(DSLT_CELL_THREADS)
    columns_kernel(T *columns, const T *__restrict__ x, columns_shape s, size_t items, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const size_t stride = (size_t)gridDim.x * DSLT_CELL_THREADS;
  const unsigned packs = (unsigned)(s.channels / V), taps = (unsigned)(s.kernel[0] * s.kernel[1]);
  for (size_t i = (size_t)blockIdx.x * DSLT_CELL_THREADS + threadIdx.x; i < items; i += stride) {
    const dslt_place p = dslt_place_of(i / packs, taps * (unsigned)s.groups, 1, s.out_h, s.out_w);
    const int tap = p.channel % (int)taps, group = p.channel / (int)taps;
    const int row = p.y * s.stride[0] - s.pad[0] + tap / s.kernel[1] * s.dilation[0];
    const int column = p.x * s.stride[1] - s.pad[1] + tap % s.kernel[1] * s.dilation[1];
    dslt_values<T, V> out;
    if (row < 0 || row >= s.h || column < 0 || column >= s.w) {
      for (int k = 0; k < V; ++k) dslt_put(&out.v[k], 0.0f);
    } else {
      const int channel = group * s.channels + (int)(i % packs) * V;
      out = *reinterpret_cast<const dslt_values<T, V> *>(
          x + dslt_cell_at(p.map, row, column, s.h, s.w, s.pitch) + channel);
    }
    *reinterpret_cast<dslt_values<T, V> *>(columns + i * V) = out;
  }
}

extern "C" int DSLT_LAUNCHER(columns)(dslt_stream stream, void *columns, const dslt_layer_map *x,
                                      const dslt_layer_window *window, int groups, int out_h, int out_w,
                                      int n, const int32_t *when) {
  DSLT_TRY(dslt_check_map("columns", x));
  DSLT_TRY(dslt_check_window("columns", window));
  if (!columns || columns == x->data || x->border || n < 1 || out_h < 1 || out_w < 1 || groups < 1 ||
      x->channels % groups)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel columns was given no place for its output, %d maps, %d x %d outputs or %d groups "
        "of %d channels.",
        n, out_w, out_h, groups, x->channels);
  columns_shape s = {x->h,   x->w,   out_h,  out_w, x->channels / groups, x->pitch, groups,
                     {0, 0}, {0, 0}, {0, 0}, {0, 0}};
  for (int d = 0; d < 2; ++d) {
    s.kernel[d] = window->kernel[d], s.stride[d] = window->stride[d];
    s.dilation[d] = window->dilation[d], s.pad[d] = window->pad[d];
  }
  const size_t values = (size_t)n * (size_t)out_h * (size_t)out_w * (size_t)window->kernel[0] *
                        (size_t)window->kernel[1] * (size_t)x->channels;
  const int v = dslt_widest(x);
  const int wide = s.channels % v == 0 && dslt_is_wide(x, v) && dslt_aligned16(columns);
#define LAUNCH(T, V)                                                                                    \
  DSLT_LAUNCH((columns_kernel<T, V>), dslt_blocks(values / V, DSLT_CELL_THREADS, DSLT_CELL_BLOCKS_MAX), \
              DSLT_CELL_THREADS, stream, (T *)columns, (const T *)x->data, s, values / V, when)
  DSLT_CELL_KINDS(LAUNCH, x, wide);
#undef LAUNCH
}
