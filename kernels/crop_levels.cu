/* SPDX-License-Identifier: Apache-2.0 */
/* crop_levels.cu: the scale pyramid in whole pixels (math/level_cut.h): a square of the frame becomes the region,
 * and parts of the region become the levels, both resized as MATLAB does.
 *
 * How large square and region are is known on the device alone, so the launch fits the largest region and blocks
 * without a tile end at once. Where a sample has few taps, which is wherever the target is not much larger than the
 * network's input, each thread adds its own. Else the source's rows are blended once for a whole tile, in shared
 * memory, before they are sampled across. */
#include "launch.h"
#include "math/level_cut.h"

enum {
  THREADS = 128,     /* samples of a tile */
  AT_ONCE = 5,       /* blocks on a multiprocessor: up to 96 registers a thread; the kernels use 80 to 90 */
  NARROW = 8,        /* most taps that a thread adds by itself */
  COLUMNS = 1024,    /* of the source that fit shared memory */
  TAPS = THREADS,    /* rows that are blended at once */
  BLOCKS_MAX = 1056, /* 8 for each multiprocessor of an H200; a region of 285 samples has 855 tiles */
  INPUT_SIDE_MAX = 4096,
  REGION_SIDE_MAX = 3 * INPUT_SIDE_MAX
};

/* ---- sources ------------------------------------------------------------------------------------- */

/* The frame, with channels in the network's order. */
struct frame_source {
  const uint8_t *data;
  size_t stride;
  int pixel_bytes, offset[3];
  dslt_input_norm norm;

  /* Chosen by comparison: an array that is indexed by a variable would lie in local memory. */
  __device__ inline int offset_of(int c) const { return c == 0 ? offset[0] : c == 1 ? offset[1] : offset[2]; }

  __device__ inline float at(int row, int column, int c) const {
    return (float)data[(size_t)row * stride + (size_t)(column * pixel_bytes) + (size_t)offset_of(c)];
  }
  /* `sum` of weights that add up to `inside`. */
  __device__ inline float normalised(float sum, float inside, int c) const {
    return (sum - inside * norm.mean[c]) * norm.inverse_deviation[c];
  }
};

struct region_source {
  const float *data;
  int side;

  __device__ inline float at(int row, int column, int c) const {
    return data[((size_t)row * (size_t)side + (size_t)column) * 3 + (size_t)c];
  }
  __device__ inline float normalised(float sum, float, int) const { return sum; }
};

/* ---- taps ---------------------------------------------------------------------------------------- */

/* Weights of an axis: of all taps, of those whose sample is there, and whether there are others. */
struct tap_sums {
  float all, inside;
  int beyond;
};

__device__ static inline float share_inside(const tap_sums &sums) {
  return sums.beyond ? sums.inside / sums.all : 1.0f;
}

/* The weight of a tap that lies inside, and its sample; 0 for one that does not. */
__device__ static inline float take(int *index, tap_sums *sums, const dslt_resized_axis &axis,
                                    const dslt_cubic_taps &taps, int tap) {
  const float weight = dslt_resized_tap(index, &axis, &taps, tap);
  sums->all += weight;
  if (weight != 0.0f && *index >= 0) {
    sums->inside += weight;
    return weight;
  }
  sums->beyond |= weight != 0.0f;
  *index = 0;
  return 0.0f;
}

/* sums: of the weights that lie inside, divided by those of all taps. */
template <typename Source>
__device__ static inline void store(float *to, const Source &source, const float sums[3], const tap_sums &x,
                                    const tap_sums &y, const float *fill) {
  const float inside = share_inside(x) * share_inside(y);
#pragma unroll
  for (int c = 0; c < 3; ++c) to[c] = source.normalised(sums[c], inside, c) + (1.0f - inside) * fill[c];
}

/* ---- few taps ------------------------------------------------------------------------------------ */

/* Sample u of row v, by one thread. */
template <typename Source>
__device__ static inline void resize_sample(float *to, const Source &source, const dslt_resized_axis &across,
                                            const dslt_resized_axis &down, int v, int u, const float *fill) {
  const dslt_cubic_taps columns = dslt_cubic_taps_at(u, across.in, across.out),
                        rows = dslt_cubic_taps_at(v, down.in, down.out);
  tap_sums x = {0.0f, 0.0f, 0}, y = {0.0f, 0.0f, 0};
  float weight[NARROW], sums[3] = {0.0f, 0.0f, 0.0f};
  int column[NARROW];
#pragma unroll
  for (int k = 0; k < NARROW; ++k) {
    weight[k] = 0.0f;
    column[k] = 0;
    if (k < columns.count) weight[k] = take(&column[k], &x, across, columns, k);
  }
  for (int j = 0; j < rows.count; ++j) {
    int row;
    const float w = take(&row, &y, down, rows, j);
    if (w == 0.0f) continue;
#pragma unroll
    for (int k = 0; k < NARROW; ++k) {
      if (weight[k] == 0.0f) continue;
#pragma unroll
      for (int c = 0; c < 3; ++c) sums[c] += w * weight[k] * source.at(row, column[k], c);
    }
  }
#pragma unroll
  for (int c = 0; c < 3; ++c) sums[c] /= x.all * y.all;
  store(to, source, sums, x, y, fill);
}

/* ---- many taps ----------------------------------------------------------------------------------- */

struct column_range {
  int first, last;
};

/* The source's columns that samples `tile` .. `end` - 1 of a row are made of; none: last < first. */
__device__ static inline column_range columns_of(const dslt_resized_axis &axis, int tile, int end) {
  const dslt_cubic_taps begin = dslt_cubic_taps_at(tile, axis.in, axis.out),
                        finish = dslt_cubic_taps_at(end - 1, axis.in, axis.out);
  const int low = axis.first + dslt_edge_index(begin.first, axis.in),
            high = axis.first + dslt_edge_index(finish.first + finish.count - 1, axis.in);
  return {low < 0 ? 0 : low, high < axis.size ? high : axis.size - 1};
}

/* Row v, before it is sampled across, of `count` columns from `first` on; a whole block calls. */
template <typename Source>
__device__ static inline void blend_rows(float *blended, tap_sums *y, const Source &source,
                                         const dslt_resized_axis &down, int v, int first, int count) {
  __shared__ float weight[TAPS];
  __shared__ int row[TAPS], beyond[TAPS];
  const dslt_cubic_taps rows = dslt_cubic_taps_at(v, down.in, down.out);
  *y = {0.0f, 0.0f, 0};
  for (int k = (int)threadIdx.x; k < 3 * count; k += THREADS) blended[k] = 0.0f;
  for (int begin = 0; begin < rows.count; begin += TAPS) {
    const int taps = rows.count - begin < TAPS ? rows.count - begin : TAPS, mine = (int)threadIdx.x;
    tap_sums one = {0.0f, 0.0f, 0};
    __syncthreads(); /* the weights before are used */
    if (mine < taps) {
      (void)take(&row[mine], &one, down, rows, begin + mine);
      weight[mine] = one.all;
      beyond[mine] = one.beyond;
    }
    __syncthreads();
    for (int j = 0; j < taps; ++j) {
      y->all += weight[j];
      y->beyond |= beyond[j];
      y->inside += beyond[j] ? 0.0f : weight[j];
    }
    for (int k = (int)threadIdx.x; k < 3 * count; k += THREADS) {
      float sum = blended[k];
      for (int j = 0; j < taps; ++j)
        if (!beyond[j]) sum += weight[j] * source.at(row[j], first + k / 3, k % 3);
      blended[k] = sum;
    }
  }
  for (int k = (int)threadIdx.x; k < 3 * count; k += THREADS) blended[k] /= y->all;
}

/* Samples `tile` .. `tile` + THREADS of row v; a whole block calls. */
template <typename Source>
__device__ static inline void resize_blended(float *to, const Source &source, const dslt_resized_axis &across,
                                             const dslt_resized_axis &down, int v, int tile,
                                             const float *fill) {
  __shared__ float blended[3 * COLUMNS];
  const int end = tile + THREADS < across.out ? tile + THREADS : across.out, u = tile + (int)threadIdx.x;
  const column_range range = columns_of(across, tile, end);
  const dslt_cubic_taps columns = dslt_cubic_taps_at(u, across.in, across.out);
  tap_sums x = {0.0f, 0.0f, 0}, y = {0.0f, 0.0f, 0};
  float sums[3] = {0.0f, 0.0f, 0.0f};
  for (int first = range.first; first <= range.last; first += COLUMNS) {
    const int count = range.last - first < COLUMNS ? range.last - first + 1 : COLUMNS;
    __syncthreads(); /* the samples before are made */
    blend_rows(blended, &y, source, down, v, first, count);
    __syncthreads();
    for (int k = 0; u < end && k < columns.count; ++k) {
      int column;
      const float w = dslt_resized_tap(&column, &across, &columns, k);
      if (column < first || column >= first + count) continue;
#pragma unroll
      for (int c = 0; c < 3; ++c) sums[c] += w * blended[3 * (column - first) + c];
    }
  }
  if (u >= end) return;
  int unused;
  for (int k = 0; k < columns.count; ++k) (void)take(&unused, &x, across, columns, k);
#pragma unroll
  for (int c = 0; c < 3; ++c) sums[c] /= x.all;
  store(to + (size_t)u * 3, source, sums, x, y, fill);
}

template <typename Source>
__device__ static inline void resize_tile(float *to, const Source &source, const dslt_resized_axis &across,
                                          const dslt_resized_axis &down, int v, int tile, const float *fill) {
  if (dslt_cubic_taps_max(across.in, across.out) > NARROW ||
      dslt_cubic_taps_max(down.in, down.out) > NARROW) {
    resize_blended(to, source, across, down, v, tile, fill);
    return;
  }
  const int u = tile + (int)threadIdx.x;
  if (u < across.out) resize_sample(to + (size_t)u * 3, source, across, down, v, u, fill);
}

/* ---- kernels ------------------------------------------------------------------------------------- */

static __global__ void __launch_bounds__(THREADS, AT_ONCE)
    region_kernel(float *region, const dslt_frame_view *frame, dslt_search g, dslt_input_norm norm,
                  const float *fill, const dslt_target_state *place, const dslt_target_state *size,
                  const int32_t *when) {
  __shared__ dslt_level_cut cut;
  if (dslt_skipped(when)) return;
  if (threadIdx.x == 0) cut = dslt_level_cut_of(&g, place, size); /* powers in double: once a block */
  __syncthreads();
  const frame_source source = {
      frame->data,
      (size_t)frame->stride,
      frame->pixel_bytes,
      {frame->channel[norm.rgb ? 2 : 0], frame->channel[1], frame->channel[norm.rgb ? 0 : 2]},
      norm};
  const dslt_resized_axis across = {cut.side, cut.region, cut.x, frame->width},
                          down = {cut.side, cut.region, cut.y, frame->height};
  const int tiles = (cut.region + THREADS - 1) / THREADS;
  for (int i = (int)blockIdx.x; i < cut.region * tiles; i += (int)gridDim.x)
    resize_tile(region + (size_t)(i / tiles) * (size_t)cut.region * 3, source, across, down, i / tiles,
                i % tiles * THREADS, fill);
}

/* Block (x, y, z): tile of row y of level z. */
static __global__ void __launch_bounds__(THREADS, AT_ONCE)
    levels_kernel(float *out, const float *region, dslt_search g, const float *fill,
                  const dslt_target_state *place, const dslt_target_state *size, int first_level,
                  const int32_t *when) {
  __shared__ dslt_resized_axis axis; /* a square of a square */
  if (dslt_skipped(when)) return;
  const int input = g.area.input_width;
  if (threadIdx.x == 0) {
    const dslt_level_cut cut = dslt_level_cut_of(&g, place, size);
    axis.in = dslt_level_in_region(&axis.first, &g, &cut, size->scale, first_level + (int)blockIdx.z);
    axis.out = input;
    axis.size = cut.region;
  }
  __syncthreads();
  const region_source source = {region, axis.size};
  float *to = out + ((size_t)blockIdx.z * (size_t)input + blockIdx.y) * (size_t)input * 3;
  resize_tile(to, source, axis, axis, (int)blockIdx.y, (int)blockIdx.x * THREADS, fill);
}

/* ---- launcher ------------------------------------------------------------------------------------ */

extern "C" int DSLT_LAUNCHER(crop_levels)(dslt_stream stream, float *out, float *region,
                                          const dslt_frame_view *frame, const dslt_search *g,
                                          const dslt_input_norm *norm, const float *fill,
                                          const dslt_target_state *place, const dslt_target_state *size,
                                          int first_level, int count, const int32_t *when) {
  if (!out || !region || !frame || !g || !norm || !fill || !place || !size)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel crop_levels needs an output, a region, a frame, a geometry, a norm, a colour and "
        "two states.");
  const int input = g->area.input_width;
  if (input < 1 || input > INPUT_SIDE_MAX || g->area.input_height != input || g->scale.levels < 1 ||
      g->scale.levels > DSLT_LEVELS_MAX || first_level < 0 || count < 1 ||
      count > g->scale.levels - first_level)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel crop_levels was asked for levels %d to %d of %d with %d x %d pixels; it takes 1 to "
        "%d levels, as wide as high, with sides to %d.",
        first_level, first_level + count - 1, g->scale.levels, input, g->area.input_height,
        (int)DSLT_LEVELS_MAX, (int)INPUT_SIDE_MAX);
  const int most = dslt_region_side_max(g);
  if (most > REGION_SIDE_MAX)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel crop_levels was given levels whose region has a side of %d pixels; at most %d fit.", most,
        (int)REGION_SIDE_MAX);
  const int tiles = (most + THREADS - 1) / THREADS;
  DSLT_TRY(DSLT_LAUNCH(region_kernel, dslt_blocks((size_t)most * (size_t)tiles, 1, BLOCKS_MAX), THREADS,
                       stream, region, frame, *g, *norm, fill, place, size, when));
  const dim3 grid((unsigned)((input + THREADS - 1) / THREADS), (unsigned)input, (unsigned)count);
  return DSLT_LAUNCH(levels_kernel, grid, THREADS, stream, out, region, *g, fill, place, size, first_level,
                     dslt_when_still(when));
}
