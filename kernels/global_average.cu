/* SPDX-License-Identifier: Apache-2.0 */
/* global_average.cu: the average of a whole map. A block takes 32 neighbouring channels of one map; its warps
 * share the cells, and their sums are added in a fixed order. */
#include "cells.h"

enum { LANES = 32, WARPS = 8 };

template <typename T>
static __global__ void __launch_bounds__(LANES *WARPS)
    global_average_kernel(T *y, const T *__restrict__ x, int cells, int channels, int x_pitch, int y_pitch,
                          int activation, float slope, const int32_t *when) {
  __shared__ float sums[WARPS][LANES];
  const unsigned lane = threadIdx.x % LANES, warp = threadIdx.x / LANES;
  const int channel = (int)(blockIdx.x * LANES + lane);
  if (dslt_skipped(when)) return;
  float sum = 0.0f;
  if (channel < channels)
    for (size_t i = warp; i < (size_t)cells; i += WARPS)
      sum += dslt_get(x + ((size_t)blockIdx.y * (size_t)cells + i) * (size_t)x_pitch + channel);
  sums[warp][lane] = sum;
  __syncthreads();
  if (warp > 0 || channel >= channels) return;
  for (int i = 1; i < WARPS; ++i) sum += sums[i][lane];
  dslt_put(y + (size_t)blockIdx.y * (size_t)y_pitch + channel,
           dslt_activate(activation, slope, sum / (float)cells));
}

extern "C" int DSLT_LAUNCHER(global_average)(dslt_stream stream, const dslt_layer_map *y,
                                             const dslt_layer_map *x, const dslt_layer_end *end, int n,
                                             const int32_t *when) {
  DSLT_TRY(dslt_check_layer("global_average", y, x, end, n));
  if (y->h != 1 || y->w != 1 || y->channels > x->channels || n > 65535 || (int64_t)x->h * x->w > INT32_MAX)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel global_average was given %d maps and asked for %d x %d cells, %d channels of %d.", n, y->w,
        y->h, y->channels, x->channels);
  const dim3 grid((unsigned)((y->channels + LANES - 1) / LANES), (unsigned)n);
#define LAUNCH(T)                                                                                     \
  DSLT_LAUNCH(global_average_kernel<T>, grid, LANES *WARPS, stream, (T *)y->data, (const T *)x->data, \
              x->h * x->w, y->channels, x->pitch, y->pitch, end->activation, end->slope, when)
  return y->type == DSLT_TYPE_F32 ? LAUNCH(float) : LAUNCH(dslt_bf16);
#undef LAUNCH
}
