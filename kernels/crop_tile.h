/* SPDX-License-Identifier: Apache-2.0 */
/* crop_tile.h: a tile of samples from the frame, with replicated edges, normalised; for crop.cu and
 * crop_boxes.cu.
 *
 * The filter is separable. While a sample spans few frame pixels (ratios below 2: up to 5 x 5) each thread
 * computes its own sample, reading the frame through the first-level cache. Beyond that the samples of a row
 * overlap so much that the frame's rows are blended once for the whole tile, in shared memory, before they
 * are sampled across; and a sample too wide even for that is computed by one thread again. All variants add
 * in the same order. */
#ifndef DSLT_KERNELS_CROP_TILE_H
#define DSLT_KERNELS_CROP_TILE_H

#include "launch.h"
#include "math/resample.h"
#include "pixel.h"

enum {
  CROP_THREADS = 128, /* samples of a tile */
  CROP_BLOCKS = 6,    /* on a multiprocessor at once: up to 80 registers a thread */
  CROP_COLUMNS = 1024 /* frame columns that fit shared memory */
};

struct crop_view {
  const uint8_t *data;
  size_t stride;
  int pixel_bytes, width, height;
};

struct crop_sums {
  float v[3], total;
};

__device__ static inline float weight_sum(const dslt_taps &taps) {
  float total = 0.0f;
  for (int j = taps.first; j <= taps.last; ++j) total += dslt_tap_weight(&taps, j);
  return total;
}

/* Weighted sum of the frame rows under `rows` at one column, for the byte at `offset` of the pixel. */
__device__ static inline float blend_column(const crop_view &view, const dslt_taps &rows, int column,
                                            int offset) {
  const uint8_t *from = view.data + (size_t)column * (size_t)view.pixel_bytes + offset;
  float sum = 0.0f;
  for (int j = rows.first; j <= rows.last; ++j)
    sum += dslt_tap_weight(&rows, j) * (float)from[(size_t)dslt_clamp_index(j, view.height) * view.stride];
  return sum;
}

/* A sample straight from the frame. */
__device__ static inline crop_sums sample_frame(const crop_view &view, const int offset[3],
                                                const dslt_taps &columns, const dslt_taps &rows) {
  crop_sums sums = {{0.0f, 0.0f, 0.0f}, 0.0f};
  for (int i = columns.first; i <= columns.last; ++i) {
    float weight = dslt_tap_weight(&columns, i);
    int column = dslt_clamp_index(i, view.width);
    sums.total += weight;
#pragma unroll
    for (int c = 0; c < 3; ++c) sums.v[c] += weight * blend_column(view, rows, column, offset[c]);
  }
  return sums;
}

/* A sample from blended rows that begin at frame column `first`. */
__device__ static inline crop_sums sample_blended(const float *blended, int first, int width,
                                                  const dslt_taps &columns) {
  crop_sums sums = {{0.0f, 0.0f, 0.0f}, 0.0f};
  for (int i = columns.first; i <= columns.last; ++i) {
    float weight = dslt_tap_weight(&columns, i);
    const float *from = blended + 3 * (dslt_clamp_index(i, width) - first);
    sums.total += weight;
#pragma unroll
    for (int c = 0; c < 3; ++c) sums.v[c] += weight * from[c];
  }
  return sums;
}

template <typename T, int C>
__device__ static inline void store_sample(T *to, const crop_sums &sums, float rows_total,
                                           const dslt_input_norm &norm) {
  float total = sums.total * rows_total;
  dslt_store_pixel<T, C>(to, (sums.v[0] / total - norm.mean[0]) * norm.inverse_deviation[0],
                         (sums.v[1] / total - norm.mean[1]) * norm.inverse_deviation[1],
                         (sums.v[2] / total - norm.mean[2]) * norm.inverse_deviation[2]);
}

/* Samples `tile` .. tile + CROP_THREADS of a row of `w`, into the row `to`; a whole block calls. `across` and
 * `down` are the axes, `row` is the index on the second. */
template <typename T, int C>
__device__ static inline void crop_tile(T *to, const dslt_frame_view *frame, const dslt_input_norm &norm,
                                        const dslt_axis &across, const dslt_axis &down, int row, int tile,
                                        int w) {
  __shared__ float blended[CROP_COLUMNS * 3];
  const crop_view view = {frame->data, (size_t)frame->stride, frame->pixel_bytes, frame->width,
                          frame->height};
  const int offset[3] = {frame->channel[norm.rgb ? 2 : 0], frame->channel[1],
                         frame->channel[norm.rgb ? 0 : 2]};
  const dslt_taps rows = dslt_axis_taps(&down, row);
  const float rows_total = weight_sum(rows);
  const int tile_end = tile + CROP_THREADS < w ? tile + CROP_THREADS : w;
  const bool narrow = across.ratio < 2.0f && down.ratio < 2.0f;

  /* As many samples at once as their columns fit; the same for every thread. */
  int at_once = CROP_THREADS;
  if (!narrow && view.width > CROP_COLUMNS) {
    float room = ((float)CROP_COLUMNS - 2.0f * across.ratio - 4.0f) / across.ratio;
    at_once = !(room >= 1.0f) ? 0 : (room < (float)CROP_THREADS ? (int)room : (int)CROP_THREADS);
  }
  if (narrow || at_once == 0) {
    int u = tile + (int)threadIdx.x;
    if (u < tile_end)
      store_sample<T, C>(to + (size_t)u * C, sample_frame(view, offset, dslt_axis_taps(&across, u), rows),
                         rows_total, norm);
    return;
  }
  for (int begin = tile; begin < tile_end; begin += at_once) {
    int end = begin + at_once < tile_end ? begin + at_once : tile_end;
    int first = dslt_clamp_index(dslt_axis_taps(&across, begin).first, view.width);
    int last = dslt_clamp_index(dslt_axis_taps(&across, end - 1).last, view.width);
    __syncthreads(); /* the samples before are made */
    for (int k = (int)threadIdx.x; k < (last - first + 1) * 3; k += CROP_THREADS)
      blended[k] = blend_column(view, rows, first + k / 3,
                                k % 3 == 0   ? offset[0]
                                : k % 3 == 1 ? offset[1]
                                             : offset[2]);
    __syncthreads();
    int u = begin + (int)threadIdx.x;
    if (u < end)
      store_sample<T, C>(to + (size_t)u * C,
                         sample_blended(blended, first, view.width, dslt_axis_taps(&across, u)), rows_total,
                         norm);
  }
}

#endif
