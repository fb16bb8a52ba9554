/* SPDX-License-Identifier: Apache-2.0 */
/* hann_search.cu: enlarges the responses of all levels, chooses a level and finds the place in its mixture with a
 * window (math/hann_search.h). Two launches: the second needs every level's maximum, and the least value and the sum
 * of the one that is chosen. */
#include "math/hann_search.h"

#include "block_sum.h"
#include "launch.h"
#include "math/imresize.h"

enum {
  THREADS = 256,
  TAPS = 6,        /* of an enlarged sample */
  ENLARGE_MAX = 32 /* so the weights of all samples of a cell fit shared memory */
};

/* ---- enlarging ----------------------------------------------------------------------------------- */

/* Samples repeat from cell to cell: the weights of each sample of a cell, and its first tap relative to the cell. */
struct enlarging {
  float weight[ENLARGE_MAX][TAPS];
  int first[ENLARGE_MAX];
};

__device__ static inline void tabulate(enlarging *table, int times, int i) {
  const dslt_cubic_taps taps = dslt_cubic_taps_at(i, 1, times); /* of a cell, as of any */
  float sum = 0.0f;
  for (int k = 0; k < TAPS; ++k) {
    table->weight[i][k] = dslt_cubic_tap(&taps, k);
    sum += table->weight[i][k];
  }
  for (int k = 0; k < TAPS; ++k) table->weight[i][k] /= sum;
  table->first[i] = taps.first;
}

/* Sample (v, u) of an enlarged response of h x w cells: columns first, then the row, as the CPU does. */
__device__ static inline float enlarged_at(const float *__restrict__ response, const enlarging *table,
                                           int times, int h, int w, int v, int u) {
  const int row = v / times, down = v % times, column = u / times, across = u % times;
  float sum = 0.0f;
  for (int i = 0; i < TAPS; ++i) {
    const int x = dslt_edge_index(column + table->first[across] + i, w);
    float one = 0.0f;
    for (int k = 0; k < TAPS; ++k)
      one += table->weight[down][k] * response[dslt_edge_index(row + table->first[down] + k, h) * w + x];
    sum += table->weight[across][i] * one;
  }
  return sum;
}

/* The last block of enlarge_kernel: level, least value and sum of what is above it. A whole block calls. */
__device__ static inline void choose_level(dslt_hann_scratch *scratch, const dslt_search &g, unsigned slices,
                                           int count) {
  __shared__ float peaks[DSLT_LEVELS_MAX], lows[DSLT_LEVELS_MAX];
  __shared__ double sums[DSLT_LEVELS_MAX];
  const int level = (int)threadIdx.x;
  if (level < g.scale.levels) {
    dslt_extremes range = {INFINITY, -INFINITY};
    double sum = 0.0;
    for (unsigned slice = 0; slice < slices; ++slice) {
      const dslt_hann_part part = scratch->part[level][slice];
      range = dslt_wider(range, part.range);
      sum += part.sum;
    }
    peaks[level] = range.high;
    lows[level] = range.low;
    sums[level] = sum - (double)count * (double)range.low;
  }
  __syncthreads();
  if (level != 0) return;
  const int best = dslt_hann_level(peaks, &g);
  scratch->level = best;
  scratch->peak = peaks[best];
  scratch->low = lows[best];
  scratch->sum = (float)sums[best];
}

/* Block (x, y): slice of level y. */
static __global__ void __launch_bounds__(THREADS)
    enlarge_kernel(float *enlarged, const float *__restrict__ responses, dslt_search g, int times,
                   dslt_hann_scratch *scratch, const int32_t *when) {
  __shared__ enlarging table;
  if (dslt_skipped(when)) return;
  const int rh = g.area.response_height, rw = g.area.response_width, w = rw * times, level = (int)blockIdx.y;
  const int count = rh * times * w;
  if ((int)threadIdx.x < times) tabulate(&table, times, (int)threadIdx.x);
  __syncthreads();
  const float *response = responses + (size_t)level * (size_t)(rh * rw);
  float *to = enlarged + (size_t)level * (size_t)count;
  dslt_extremes range = {INFINITY, -INFINITY};
  double sum = 0.0;
  for (int i = (int)(blockIdx.x * THREADS + threadIdx.x); i < count; i += (int)gridDim.x * THREADS) {
    const float value = enlarged_at(response, &table, times, rh, rw, i / w, i % w);
    to[i] = value;
    range = dslt_wider(range, {value, value});
    sum += (double)value;
  }
  const dslt_two_sums sums = dslt_block_sums(sum, 0.0);
  range = dslt_block_extremes(range);
  if (threadIdx.x == 0) scratch->part[level][blockIdx.x] = {range, sums.a};
  if (dslt_last_block(&scratch->enlarge_ticket)) choose_level(scratch, g, gridDim.x, count);
}

/* ---- the place ----------------------------------------------------------------------------------- */

/* Block: slice of the rows of the level that was chosen. Indices count by columns, so that the first of equals is
 * that of the released program. The last block moves the state. */
static __global__ void __launch_bounds__(THREADS)
    place_kernel(dslt_target_state *state, dslt_target_state *before, const float *__restrict__ enlarged,
                 dslt_search g, dslt_hann_rules rules, dslt_hann_scratch *scratch, const int32_t *when) {
  __shared__ float window_x[DSLT_ENLARGED_MAX];
  if (dslt_skipped(when)) return;
  const int h = g.area.response_height * rules.enlarge, w = g.area.response_width * rules.enlarge;
  const float *map = enlarged + (size_t)scratch->level * (size_t)(h * w);
  const float low = scratch->low, sum = scratch->sum;
  for (int u = (int)threadIdx.x; u < w; u += THREADS) window_x[u] = dslt_hann_share(u, w);
  __syncthreads();
  dslt_candidate mine = {-INFINITY, -1};
  for (int v = (int)blockIdx.x; v < h; v += (int)gridDim.x) {
    const float window_y = dslt_hann_share(v, h);
    for (int u = (int)threadIdx.x; u < w; u += THREADS) {
      const dslt_candidate one = {dslt_hann_mix(map[v * w + u], low, sum, window_x[u], window_y, &rules),
                                  u * h + v};
      if (one.score > -INFINITY) mine = dslt_better(mine, one); /* false for NaN */
    }
  }
  mine = dslt_block_best(mine);
  if (threadIdx.x == 0) scratch->found[blockIdx.x] = mine;
  if (!dslt_last_block(&scratch->place_ticket)) return;
  if (threadIdx.x != 0) return;
  dslt_candidate best = {-INFINITY, -1};
  for (unsigned slice = 0; slice < gridDim.x; ++slice) best = dslt_better(best, scratch->found[slice]);
  const int index = best.index < 0 ? 0 : best.index;
  *before = *state;
  dslt_hann_follow(state, &g, &rules, scratch->peak, scratch->level, index % h, index / h);
}

extern "C" int DSLT_LAUNCHER(hann_search)(dslt_stream stream, dslt_target_state *state,
                                          dslt_target_state *before, float *enlarged, const float *responses,
                                          const dslt_search *g, const dslt_hann_rules *rules,
                                          dslt_hann_scratch *scratch, const int32_t *when) {
  if (!state || !before || !enlarged || !responses || !g || !rules || !scratch)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel hann_search needs two states, two maps, a geometry, rules and scratch memory.");
  const int h = g->area.response_height, w = g->area.response_width, times = rules->enlarge;
  if (times < 1 || times > ENLARGE_MAX || h < 1 || w < 1 || h > DSLT_ENLARGED_MAX / times ||
      w > DSLT_ENLARGED_MAX / times || g->scale.levels < 1 || g->scale.levels > DSLT_LEVELS_MAX)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel hann_search was given %d levels of %d x %d cells to be enlarged %d times; it takes 1 "
        "to %d levels, enlarges 1 to %d times, and a side has at most %d samples then.",
        g->scale.levels, w, h, times, (int)DSLT_LEVELS_MAX, (int)ENLARGE_MAX, (int)DSLT_ENLARGED_MAX);
  const size_t samples = (size_t)(h * times) * (size_t)(w * times);
  const dim3 grid(dslt_blocks(samples, THREADS, DSLT_HANN_SLICES), (unsigned)g->scale.levels);
  DSLT_TRY(DSLT_LAUNCH(enlarge_kernel, grid, THREADS, stream, enlarged, responses, *g, times, scratch, when));
  return DSLT_LAUNCH(place_kernel, dslt_blocks((size_t)(h * times), 1, DSLT_HANN_SLICES), THREADS, stream,
                     state, before, enlarged, *g, *rules, scratch, dslt_when_still(when));
}
