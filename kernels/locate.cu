/* SPDX-License-Identifier: Apache-2.0 */
/* locate.cu: finds the maximum of a response map and updates the state, all on the device. */
#include "math/locate.h"

#include "block_sum.h"
#include "launch.h"

enum { THREADS = 256, INPUT_SIDE_MAX = 4096 };

/* ---- the searched grid: the response's cells, or one point for each input pixel ------------------ */

__device__ static inline int grid_width(const dslt_search *g) {
  return g->peak.subcell == DSLT_SUBCELL_BICUBIC ? g->area.input_width : g->area.response_width;
}

__device__ static inline int grid_count(const dslt_search *g) {
  return g->peak.subcell == DSLT_SUBCELL_BICUBIC ? g->area.input_width * g->area.input_height
                                                 : g->area.response_width * g->area.response_height;
}

__device__ static inline dslt_peak cell_peak(const float *response, const dslt_search *g, int row,
                                             int column) {
  dslt_peak peak;
  peak.x = (float)column;
  peak.y = (float)row;
  peak.response = response[row * g->area.response_width + column];
  peak.score = peak.response * dslt_motion_prior(g, peak.x, peak.y);
  return peak;
}

__device__ static inline void cubic_taps(float coordinate, int size, int index[4], float weight[4]) {
  float base = floorf(coordinate);
  dslt_cubic_weights(coordinate - base, weight);
  for (int k = 0; k < 4; ++k) index[k] = dslt_clamp_index((int)base - 1 + k, size);
}

/* The response enlarged bicubically at one input pixel: columns first, then the row, as the CPU does. */
__device__ static inline dslt_peak pixel_peak(const float *response, const dslt_search *g, int v, int u) {
  int w = g->area.response_width, h = g->area.response_height, rows[4], columns[4];
  float row_weight[4], column_weight[4];
  dslt_peak peak;
  peak.y = dslt_fine_coordinate(v, g->area.input_height, h, g->area.kernel_height, g->area.stride,
                                g->area.mapping);
  peak.x =
      dslt_fine_coordinate(u, g->area.input_width, w, g->area.kernel_width, g->area.stride, g->area.mapping);
  cubic_taps(peak.y, h, rows, row_weight);
  cubic_taps(peak.x, w, columns, column_weight);
  peak.response = 0.0f;
  for (int i = 0; i < 4; ++i) {
    float column = 0.0f;
    for (int k = 0; k < 4; ++k) column += row_weight[k] * response[rows[k] * w + columns[i]];
    peak.response += column_weight[i] * column;
  }
  peak.score = peak.response * dslt_motion_prior(g, peak.x, peak.y);
  return peak;
}

__device__ static inline dslt_peak peak_at(const float *response, const dslt_search *g, int index) {
  int row = index / grid_width(g), column = index % grid_width(g);
  return g->peak.subcell == DSLT_SUBCELL_BICUBIC ? pixel_peak(response, g, row, column)
                                                 : cell_peak(response, g, row, column);
}

/* The full peak for the winning candidate; for index -1 (no score above minus infinity) the same result as on
 * the CPU. */
__device__ static inline dslt_peak final_peak(const float *response, const dslt_search *g,
                                              dslt_candidate winner) {
  if (winner.index < 0 && g->peak.subcell == DSLT_SUBCELL_BICUBIC) {
    dslt_peak nowhere = {0.5f * (float)(g->area.response_width - 1),
                         0.5f * (float)(g->area.response_height - 1), -INFINITY, NAN};
    return nowhere;
  }
  int index = winner.index < 0 ? 0 : winner.index;
  dslt_peak peak = peak_at(response, g, index);
  peak.score = winner.score;
  if (g->peak.subcell == DSLT_SUBCELL_QUADRATIC)
    dslt_refine_quadratic(&peak, response, g, index / g->area.response_width, index % g->area.response_width);
  if (g->peak.subcell == DSLT_SUBCELL_GAUSSIAN)
    dslt_refine_gaussian(&peak, response, g, index / g->area.response_width, index % g->area.response_width);
  return peak;
}

/* ---- the kernel ---------------------------------------------------------------------------------- */

enum { LOCATE, CHOOSE_SCALE, LOCATE_LEVELS };

/* Block (x, y) searches slice x of level y; the last block to finish compares the blocks' candidates and
 * writes the state. The result does not depend on which block that is, since comparing has no rounding. */
template <int what>
static __global__ void __launch_bounds__(THREADS)
    locate_kernel(dslt_target_state *state, const float *__restrict__ responses, dslt_search g,
                  dslt_locate_scratch *scratch, const int32_t *when) {
  __shared__ dslt_peak peaks[DSLT_LEVELS_MAX];
  if (dslt_skipped(when)) return;
  const size_t cells = (size_t)(g.area.response_width * g.area.response_height);
  const float *response = responses + (size_t)blockIdx.y * cells;
  dslt_candidate mine = {-INFINITY, -1};
  int count = grid_count(&g);
  for (int i = (int)(blockIdx.x * THREADS + threadIdx.x); i < count; i += (int)gridDim.x * THREADS) {
    float score = peak_at(response, &g, i).score;
    if (score > mine.score) { /* false for NaN */
      mine.score = score;
      mine.index = i;
    }
  }
  mine = dslt_block_best(mine);
  if (threadIdx.x == 0) scratch->found[blockIdx.y][blockIdx.x] = mine;
  if (!dslt_last_block(&scratch->ticket)) return;

  if (threadIdx.x < gridDim.y) {
    dslt_candidate winner = {-INFINITY, -1};
    for (unsigned slice = 0; slice < gridDim.x; ++slice)
      winner = dslt_better(winner, scratch->found[threadIdx.x][slice]);
    peaks[threadIdx.x] = final_peak(responses + threadIdx.x * cells, &g, winner);
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  if (what == CHOOSE_SCALE) {
    int chosen = (g.scale.levels - 1) / 2; /* the same size wins ties */
    float highest = peaks[chosen].score;
    for (int level = 0; level < g.scale.levels; ++level) {
      float score = dslt_level_score(peaks[level].score, level, &g);
      if (!(score > highest)) continue;
      chosen = level;
      highest = score;
    }
    dslt_state_rescale(state, chosen, &g);
  } else if (what == LOCATE_LEVELS) {
    dslt_state_follow(state, peaks, &g);
  } else {
    dslt_state_move(state, &peaks[0], &g);
  }
}

/* ---- launchers ----------------------------------------------------------------------------------- */

static int check(const dslt_target_state *state, const float *response, const dslt_search *g,
                 const dslt_locate_scratch *scratch) {
  if (!state || !response || !g || !scratch)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel locate needs a state, a response, a geometry and scratch memory.");
  if (g->area.response_width < 1 || g->area.response_height < 1 ||
      g->area.response_width > DSLT_RESPONSE_SIDE_MAX || g->area.response_height > DSLT_RESPONSE_SIDE_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel locate was given %d x %d cells; a side has 1 to %d.",
                     g->area.response_width, g->area.response_height, (int)DSLT_RESPONSE_SIDE_MAX);
  if (g->area.input_width < 1 || g->area.input_height < 1 || g->area.input_width > INPUT_SIDE_MAX ||
      g->area.input_height > INPUT_SIDE_MAX || g->area.stride < 1)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel locate was given an input of %d x %d pixels and a stride of %d; a side has 1 to %d "
        "and the stride is at least 1.",
        g->area.input_width, g->area.input_height, g->area.stride, (int)INPUT_SIDE_MAX);
  if (g->peak.subcell < DSLT_SUBCELL_NONE || g->peak.subcell > DSLT_SUBCELL_GAUSSIAN)
    return dslt_fail(DSLT_EARGUMENT, "Kernel locate knows no sub-cell search number %d.", g->peak.subcell);
  if (g->scale.levels < 1 || g->scale.levels > DSLT_LEVELS_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel locate was given %d levels; it takes 1 to %d.", g->scale.levels,
                     (int)DSLT_LEVELS_MAX);
  return DSLT_OK;
}

/* The cells are few enough for one block; the bicubic search has a hundred times as many points. */
static unsigned slices(const dslt_search *g) {
  if (g->peak.subcell != DSLT_SUBCELL_BICUBIC) return 1;
  return dslt_blocks((size_t)g->area.input_width * (size_t)g->area.input_height, THREADS, DSLT_LOCATE_SLICES);
}

extern "C" int DSLT_LAUNCHER(locate)(dslt_stream stream, dslt_target_state *state, const float *response,
                                     const dslt_search *g, dslt_locate_scratch *scratch,
                                     const int32_t *when) {
  DSLT_TRY(check(state, response, g, scratch));
  return DSLT_LAUNCH(locate_kernel<LOCATE>, dim3(slices(g), 1), THREADS, stream, state, response, *g, scratch,
                     when);
}

extern "C" int DSLT_LAUNCHER(choose_scale)(dslt_stream stream, dslt_target_state *state,
                                           const float *responses, const dslt_search *g,
                                           dslt_locate_scratch *scratch, const int32_t *when) {
  DSLT_TRY(check(state, responses, g, scratch));
  return DSLT_LAUNCH(locate_kernel<CHOOSE_SCALE>, dim3(slices(g), (unsigned)g->scale.levels), THREADS, stream,
                     state, responses, *g, scratch, when);
}

extern "C" int DSLT_LAUNCHER(locate_levels)(dslt_stream stream, dslt_target_state *state,
                                            const float *responses, const dslt_search *g,
                                            dslt_locate_scratch *scratch, const int32_t *when) {
  DSLT_TRY(check(state, responses, g, scratch));
  return DSLT_LAUNCH(locate_kernel<LOCATE_LEVELS>, dim3(slices(g), (unsigned)g->scale.levels), THREADS,
                     stream, state, responses, *g, scratch, when);
}
