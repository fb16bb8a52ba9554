/* SPDX-License-Identifier: Apache-2.0 */
/* join.cu: sums and products of maps, of which some may have one cell that counts for all. */
#include "cells.h"

template <typename T>
struct join_inputs {
  const T *data[DSLT_JOIN_INPUTS_MAX];
  int pitch[DSLT_JOIN_INPUTS_MAX];
  int single[DSLT_JOIN_INPUTS_MAX]; /* 1: of one cell */
  int count;
};

/* One thread: V channels of one cell of y, which may be one of the inputs. */
template <typename T, int V>
static __global__ void __launch_bounds__(DSLT_CELL_THREADS)
    join_kernel(T *y, join_inputs<T> in, int h, int w, int channels, int y_pitch, int is_product,
                int activation, float slope, size_t items, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const size_t stride = (size_t)gridDim.x * DSLT_CELL_THREADS;
  for (size_t i = (size_t)blockIdx.x * DSLT_CELL_THREADS + threadIdx.x; i < items; i += stride) {
    const dslt_place p = dslt_place_of(i, (unsigned)(channels / V), V, h, w);
    const size_t cell = (p.map * (size_t)h + (size_t)p.y) * (size_t)w + (size_t)p.x;
    dslt_floats<V> all = dslt_all<V>(0.0f);
    for (int k = 0; k < in.count; ++k) {
      const dslt_floats<V> one =
          dslt_read<T, V>(in.data[k] + (in.single[k] ? p.map : cell) * (size_t)in.pitch[k] + p.channel);
      for (int v = 0; v < V; ++v)
        all.v[v] = k == 0 ? one.v[v] : (is_product ? all.v[v] * one.v[v] : all.v[v] + one.v[v]);
    }
    dslt_write_activated<T, V>(y + cell * (size_t)y_pitch + p.channel, all, activation, slope);
  }
}

static int check_join(const dslt_layer_map *y, const dslt_layer_map *x, int count, const dslt_layer_end *end,
                      int n) {
  DSLT_TRY(dslt_check_map("join", y));
  if (!x || count < 1 || count > DSLT_JOIN_INPUTS_MAX || n < 1 || !end || end->activation < 0 ||
      end->activation >= DSLT_ACTIVATIONS)
    return dslt_fail(DSLT_EARGUMENT, "Kernel join was given %d inputs, %d maps or an unknown activation.",
                     count, n);
  for (int i = 0; i < count; ++i) {
    DSLT_TRY(dslt_check_map("join", &x[i]));
    const int single = x[i].h == 1 && x[i].w == 1, same = x[i].h == y->h && x[i].w == y->w;
    if ((!single && !same) || x[i].channels < y->channels || x[i].type != y->type || x[i].border ||
        y->border || (x[i].data == y->data && (!same || x[i].pitch != y->pitch)))
      return dslt_fail(
          DSLT_EARGUMENT,
          "Kernel join was given a map of %d x %d cells with %d channels for one of %d x %d with "
          "%d.",
          x[i].w, x[i].h, x[i].channels, y->w, y->h, y->channels);
  }
  return DSLT_OK;
}

template <typename T, int V>
static int launch(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x, int count,
                  int is_product, const dslt_layer_end *end, int n, const int32_t *when) {
  join_inputs<T> in = {};
  in.count = count;
  for (int i = 0; i < count; ++i) {
    in.data[i] = (const T *)x[i].data;
    in.pitch[i] = x[i].pitch;
    in.single[i] = x[i].h == 1 && x[i].w == 1;
  }
  const size_t items = dslt_items(y, n, V);
  return DSLT_LAUNCH((join_kernel<T, V>), dslt_blocks(items, DSLT_CELL_THREADS, DSLT_CELL_BLOCKS_MAX),
                     DSLT_CELL_THREADS, stream, (T *)y->data, in, y->h, y->w, y->channels, y->pitch,
                     is_product, end->activation, end->slope, items, when);
}

extern "C" int DSLT_LAUNCHER(join)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                                   int count, int is_product, const dslt_layer_end *end, int n,
                                   const int32_t *when) {
  DSLT_TRY(check_join(y, x, count, end, n));
  const int v = dslt_widest(y);
  int wide = dslt_is_wide(y, v);
  for (int i = 0; i < count; ++i) wide &= x[i].pitch % v == 0 && dslt_aligned16(x[i].data);
#define LAUNCH(T, V) launch<T, V>(stream, y, x, count, is_product, end, n, when)
  DSLT_CELL_KINDS(LAUNCH, y, wide);
#undef LAUNCH
}
