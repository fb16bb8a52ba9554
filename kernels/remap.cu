/* SPDX-License-Identifier: Apache-2.0 */
/* remap.cu: converts maps from one memory layout to another, optionally adding a bias and another map and
 * applying an activation. */
#include "cells.h"
#include "network.h"

/* How the two maps lie in memory. */
struct remap_shape {
  int h, w;
  int y_channels, y_pitch, y_border;
  int x_channels, x_pitch, x_border;
  int add_pitch;
};

/* One thread: V channels of one cell of y. y may be x, so neither is __restrict__: each value is read before it
 * is written, by one thread. */
template <typename D, typename S, int V>
static __global__ void __launch_bounds__(DSLT_CELL_THREADS)
    finish_kernel(D *y, const S *x, const float *__restrict__ bias, const D *__restrict__ add, int activation,
                  float slope, remap_shape s, size_t items, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const size_t stride = (size_t)gridDim.x * DSLT_CELL_THREADS;
  const unsigned groups = (unsigned)(s.y_channels / V);
  const int y_h = s.h + 2 * s.y_border, y_w = s.w + 2 * s.y_border;
  for (size_t i = (size_t)blockIdx.x * DSLT_CELL_THREADS + threadIdx.x; i < items; i += stride) {
    const dslt_place p = dslt_place_of(i, groups, V, y_h, y_w);
    const int column = p.x - s.y_border, row = p.y - s.y_border;
    D *to = y + dslt_cell_at(p.map, p.y, p.x, y_h, y_w, s.y_pitch) + p.channel;
    if (column < 0 || row < 0 || column >= s.w || row >= s.h || p.channel >= s.x_channels) {
      dslt_write<D, V>(to, dslt_all<V>(0.0f));
      continue;
    }
    dslt_floats<V> sum = dslt_read<S, V>(x +
                                         dslt_cell_at(p.map, row + s.x_border, column + s.x_border,
                                                      s.h + 2 * s.x_border, s.w + 2 * s.x_border, s.x_pitch) +
                                         p.channel);
    if (bias)
      for (int k = 0; k < V; ++k) sum.v[k] += bias[p.channel + k];
    if (add) {
      const dslt_floats<V> other =
          dslt_read<D, V>(add + dslt_cell_at(p.map, row, column, s.h, s.w, s.add_pitch) + p.channel);
      for (int k = 0; k < V; ++k) sum.v[k] += other.v[k];
    }
    dslt_write_activated<D, V>(to, sum, activation, slope);
  }
}

template <typename D, typename S>
static int launch(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                  const dslt_layer_end *end, int n, const int32_t *when) {
  const dslt_layer_map *add = end->add;
  const remap_shape s = {x->h,     x->w,      y->channels,         y->pitch, y->border, x->channels,
                         x->pitch, x->border, add ? add->pitch : 0};
  const D *other = add ? (const D *)add->data : NULL;
  /* both of 16 bits: eight channels at once, else four */
  enum { WIDE = sizeof(D) == 2 && sizeof(S) == 2 ? 8 : 4 };
#define LAUNCH(V)                                                                                           \
  DSLT_LAUNCH((finish_kernel<D, S, V>),                                                                     \
              dslt_blocks(dslt_items(y, n, V), DSLT_CELL_THREADS, DSLT_CELL_BLOCKS_MAX), DSLT_CELL_THREADS, \
              stream, (D *)y->data, (const S *)x->data, end->bias, other, end->activation, end->slope, s,   \
              dslt_items(y, n, V), when)
  if (dslt_is_wide(y, WIDE) && dslt_is_wide(x, WIDE) && (!add || dslt_is_wide(add, WIDE)))
    return LAUNCH(WIDE);
  return LAUNCH(1);
#undef LAUNCH
}

extern "C" int DSLT_LAUNCHER(finish)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                                     const dslt_layer_end *end, int n, const int32_t *when) {
  DSLT_TRY(dslt_check_map("finish", y));
  DSLT_TRY(dslt_check_map("finish", x));
  if (n < 1 || !end || end->activation < 0 || end->activation >= DSLT_ACTIVATIONS)
    return dslt_fail(DSLT_EARGUMENT, "Kernel finish was given %d maps or an unknown activation.", n);
  if (y->h != x->h || y->w != x->w || y->border < 0 || y->border > 1 || x->border < 0 || x->border > 1)
    return dslt_fail(DSLT_EARGUMENT, "Kernel finish takes maps of one size and borders of 0 or 1 cell.");
  if (y->data == x->data && (y->type != x->type || y->pitch != x->pitch || y->border != x->border))
    return dslt_fail(DSLT_EARGUMENT, "Kernel finish needs another place for an output of another layout.");
  if (end->add && (!end->add->data || end->add->type != y->type || end->add->h != y->h ||
                   end->add->w != y->w || end->add->channels < y->channels || end->add->border))
    return dslt_fail(DSLT_EARGUMENT, "Kernel finish was given a map to add that is not like its output.");
  if (y->type == DSLT_TYPE_F32)
    return x->type == DSLT_TYPE_F32 ? launch<float, float>(stream, y, x, end, n, when)
                                    : launch<float, dslt_bf16>(stream, y, x, end, n, when);
  return x->type == DSLT_TYPE_F32 ? launch<dslt_bf16, float>(stream, y, x, end, n, when)
                                  : launch<dslt_bf16, dslt_bf16>(stream, y, x, end, n, when);
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
  const dslt_layer_map y = {dst->data, dst->type, h, w, dst->channels, dst->channels, dst->border};
  const dslt_layer_map x = {src->data, src->type, h, w, src->channels, src->channels, src->border};
  const dslt_layer_end end = {relu ? DSLT_ACTIVATION_RELU : DSLT_ACTIVATION_NONE, 0.0f, bias, NULL};
  return DSLT_LAUNCHER(finish)(stream, &y, &x, &end, n, when);
}
