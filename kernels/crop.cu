/* SPDX-License-Identifier: Apache-2.0 */
/* crop.cu: the search area at every scale, sampled from the frame with replicated edges and normalised.
 *
 * The filter is separable. While a sample spans few frame pixels (ratio below 2: up to 5 x 5) each thread
 * adds up its own, reading the frame through the first-level cache. Beyond that the samples of a row overlap
 * so much that the frame's rows are blended once for the whole tile, in shared memory, before they are
 * sampled across; and a sample too wide even for that is added up alone again. Each way adds in the same
 * order. */
#include "math/resample.h"

#include "launch.h"
#include "pixel.h"

enum {
  THREADS = 128, /* samples of a tile */
  BLOCKS = 6,    /* on a multiprocessor at once: up to 80 registers a thread */
  COLUMNS = 1024 /* frame columns that fit shared memory */
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

/* The frame rows under `rows` at one column: their weighted sum for the byte at `offset` of the pixel. */
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

/* Block (x, y, z): tile of row y of level z. */
template <typename T, int C>
static __global__ void __launch_bounds__(THREADS, BLOCKS)
    crop_kernel(T *out, const dslt_frame_view *frame, dslt_search g, dslt_input_norm norm,
                const dslt_target_state *state, int first_level, const int32_t *when) {
  __shared__ float blended[COLUMNS * 3];
  __shared__ float level_ratio;
  if (dslt_skipped(when)) return;
  if (threadIdx.x == 0) /* a power in double: once a block */
    level_ratio = (float)(g.area.ratio * state->scale * pow(g.scale.step, first_level + (int)blockIdx.z));
  __syncthreads();
  const float ratio = level_ratio, anchor = (float)g.area.anchor_x, centre = (float)state->cx;
  const crop_view view = {frame->data, (size_t)frame->stride, frame->pixel_bytes, frame->width,
                          frame->height};
  const int offset[3] = {frame->channel[norm.rgb ? 2 : 0], frame->channel[1],
                         frame->channel[norm.rgb ? 0 : 2]};
  const dslt_taps rows = dslt_taps_at((int)blockIdx.y, (float)g.area.anchor_y, (float)state->cy, ratio);
  const float rows_total = weight_sum(rows);
  const int tile = (int)blockIdx.x * THREADS, w = g.area.input_width;
  const int tile_end = tile + THREADS < w ? tile + THREADS : w;
  T *to = out + ((size_t)blockIdx.z * (size_t)g.area.input_height + blockIdx.y) * (size_t)w * C;

  /* As many samples at once as their columns fit; the same for every thread. */
  int at_once = THREADS;
  if (!(ratio < 2.0f) && view.width > COLUMNS) {
    float room = ((float)COLUMNS - 2.0f * ratio - 4.0f) / ratio;
    at_once = !(room >= 1.0f) ? 0 : (room < (float)THREADS ? (int)room : (int)THREADS);
  }
  if (ratio < 2.0f || at_once == 0) {
    int u = tile + (int)threadIdx.x;
    if (u >= tile_end) return;
    crop_sums sums = sample_frame(view, offset, dslt_taps_at(u, anchor, centre, ratio), rows);
    float total = sums.total * rows_total;
    dslt_store_pixel<T, C>(to + (size_t)u * C, (sums.v[0] / total - norm.mean[0]) * norm.inverse_deviation[0],
                           (sums.v[1] / total - norm.mean[1]) * norm.inverse_deviation[1],
                           (sums.v[2] / total - norm.mean[2]) * norm.inverse_deviation[2]);
    return;
  }
  for (int begin = tile; begin < tile_end; begin += at_once) {
    int end = begin + at_once < tile_end ? begin + at_once : tile_end;
    int first = dslt_clamp_index(dslt_taps_at(begin, anchor, centre, ratio).first, view.width);
    int last = dslt_clamp_index(dslt_taps_at(end - 1, anchor, centre, ratio).last, view.width);
    __syncthreads(); /* the samples before are made */
    for (int k = (int)threadIdx.x; k < (last - first + 1) * 3; k += THREADS)
      blended[k] = blend_column(view, rows, first + k / 3, frame->channel[norm.rgb ? 2 - k % 3 : k % 3]);
    __syncthreads();
    int u = begin + (int)threadIdx.x;
    if (u < end) {
      crop_sums sums = sample_blended(blended, first, view.width, dslt_taps_at(u, anchor, centre, ratio));
      float total = sums.total * rows_total;
      dslt_store_pixel<T, C>(to + (size_t)u * C,
                             (sums.v[0] / total - norm.mean[0]) * norm.inverse_deviation[0],
                             (sums.v[1] / total - norm.mean[1]) * norm.inverse_deviation[1],
                             (sums.v[2] / total - norm.mean[2]) * norm.inverse_deviation[2]);
    }
  }
}

extern "C" int DSLT_LAUNCHER(frame_view)(dslt_frame_view *view, const void *data, size_t stride, int width,
                                         int height, int format) {
  static const struct {
    unsigned char bytes, blue, green, red;
  } layout[] = {{3, 0, 1, 2}, {3, 2, 1, 0}, {1, 0, 0, 0}, {4, 0, 1, 2},
                {4, 2, 1, 0}, {2, 1, 1, 1}, {6, 1, 3, 5}};
  if (!view || !data) return dslt_fail(DSLT_EARGUMENT, "A frame view needs a place and pixels.");
  if (format < DSLT_BGR8 || format > DSLT_BGR16)
    return dslt_fail(DSLT_EFRAME, "The frame's pixel format %d is none of dslt_pixel_format.", format);
  if (width < 1 || height < 1 || stride < (size_t)width * layout[format].bytes)
    return dslt_fail(DSLT_EFRAME, "The frame's rows are %zu bytes apart, too few for %d pixels of format %d.",
                     stride, width, format);
  *view = {(const uint8_t *)data,
           stride,
           layout[format].bytes,
           {layout[format].blue, layout[format].green, layout[format].red},
           width,
           height};
  return DSLT_OK;
}

extern "C" int DSLT_LAUNCHER(crop)(dslt_stream stream, void *out, dslt_type type, int channels,
                                   const dslt_frame_view *frame, const dslt_search *g,
                                   const dslt_input_norm *norm, const dslt_target_state *state,
                                   int first_level, int count, const int32_t *when) {
  if (!out || !frame || !g || !norm || !state)
    return dslt_fail(DSLT_EARGUMENT, "Kernel crop needs an output, a frame, a geometry, a norm and a state.");
  DSLT_TRY(dslt_check_pixels("crop", out, type, channels));
  if (g->area.input_width < 1 || g->area.input_height < 1 || g->area.input_width > DSLT_MAP_SIDE_MAX ||
      g->area.input_height > DSLT_MAP_SIDE_MAX || count < 1 || count > DSLT_LEVELS_MAX)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel crop was asked for %d areas of %d x %d pixels; it takes 1 to %d with sides to %d.", count,
        g->area.input_width, g->area.input_height, (int)DSLT_LEVELS_MAX, (int)DSLT_MAP_SIDE_MAX);
  dim3 grid((unsigned)((g->area.input_width + THREADS - 1) / THREADS), (unsigned)g->area.input_height,
            (unsigned)count);
#define LAUNCH(T, C)                                                                                      \
  DSLT_LAUNCH((crop_kernel<T, C>), grid, THREADS, stream, (T *)out, frame, *g, *norm, state, first_level, \
              when)
  DSLT_PIXEL_KINDS(LAUNCH, type, channels);
#undef LAUNCH
}
