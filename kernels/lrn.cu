/* SPDX-License-Identifier: Apache-2.0 */
/* lrn.cu: local response normalisation, across neighbouring channels or within a window of each channel. */
#include "cells.h"

struct lrn_shape {
  int h, w, channels, x_pitch, y_pitch;
  dslt_lrn_rule rule;
};

template <typename T>
__device__ static inline float square(const T *x) {
  const float value = dslt_get(x);
  return value * value;
}

/* One thread: one value of y. */
template <typename T>
static __global__ void __launch_bounds__(DSLT_CELL_THREADS)
    lrn_kernel(T *y, const T *__restrict__ x, lrn_shape s, int activation, float slope, size_t items,
               const int32_t *when) {
  if (dslt_skipped(when)) return;
  const size_t stride = (size_t)gridDim.x * DSLT_CELL_THREADS;
  const dslt_lrn_rule &r = s.rule;
  const int half = r.size / 2;
  const float scale = r.alpha / (float)(r.within ? r.size * r.size : r.size);
  for (size_t i = (size_t)blockIdx.x * DSLT_CELL_THREADS + threadIdx.x; i < items; i += stride) {
    const dslt_place p = dslt_place_of(i, (unsigned)s.channels, 1, s.h, s.w);
    const T *at = x + dslt_cell_at(p.map, p.y, p.x, s.h, s.w, s.x_pitch);
    T *to = y + dslt_cell_at(p.map, p.y, p.x, s.h, s.w, s.y_pitch) + p.channel;
    if (p.channel >= r.channels) {
      dslt_put(to, 0.0f);
      continue;
    }
    float sum = 0.0f;
    if (r.within) {
      const int y1 = p.y + half < s.h ? p.y + half : s.h - 1, x1 = p.x + half < s.w ? p.x + half : s.w - 1;
      for (int row = p.y > half ? p.y - half : 0; row <= y1; ++row)
        for (int column = p.x > half ? p.x - half : 0; column <= x1; ++column)
          sum += square(x + dslt_cell_at(p.map, row, column, s.h, s.w, s.x_pitch) + p.channel);
    } else {
      const int last = p.channel + half < r.channels ? p.channel + half : r.channels - 1;
      for (int c = p.channel > half ? p.channel - half : 0; c <= last; ++c) sum += square(at + c);
    }
    const float value = dslt_normalise(dslt_get(at + p.channel), sum, r.k, scale, r.beta);
    dslt_put(to, dslt_activate(activation, slope, value));
  }
}

extern "C" int DSLT_LAUNCHER(lrn)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                                  const dslt_lrn_rule *rule, const dslt_layer_end *end, int n,
                                  const int32_t *when) {
  DSLT_TRY(dslt_check_layer("lrn", y, x, end, n));
  if (!rule || rule->size < 1 || rule->size % 2 == 0 || rule->channels < 1 || rule->channels > x->channels ||
      y->h != x->h || y->w != x->w)
    return dslt_fail(DSLT_EARGUMENT, "Kernel lrn was given maps of two sizes, or a rule that does not fit.");
  const lrn_shape s = {x->h, x->w, y->channels, x->pitch, y->pitch, *rule};
  const size_t items = dslt_items(y, n, 1);
#define LAUNCH(T)                                                                                            \
  DSLT_LAUNCH(lrn_kernel<T>, dslt_blocks(items, DSLT_CELL_THREADS, DSLT_CELL_BLOCKS_MAX), DSLT_CELL_THREADS, \
              stream, (T *)y->data, (const T *)x->data, s, end->activation, end->slope, items, when)
  return y->type == DSLT_TYPE_F32 ? LAUNCH(float) : LAUNCH(dslt_bf16);
#undef LAUNCH
}
