/* SPDX-License-Identifier: Apache-2.0 */
/* locate_match.cu: chooses a cell of a matching head and moves the state to its box. */
#include "math/match.h"

#include "block_sum.h"
#include "launch.h"

enum { THREADS = 256 };

/* A map has a few hundred cells: one block. */
static __global__ void __launch_bounds__(THREADS)
    locate_match_kernel(dslt_target_state *state, const float *__restrict__ scores,
                        const float *__restrict__ distances, dslt_match_rules g, dslt_match_response r,
                        dslt_search_area area, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const dslt_target_state before = *state;
  const double ratio = area.ratio_x * before.scale;
  dslt_candidate mine = {-INFINITY, -1};
  for (int cell = (int)threadIdx.x; cell < g.rows * g.columns; cell += THREADS) {
    const int row = cell / g.columns, column = cell % g.columns;
    const dslt_match m =
        dslt_match_at(&g, &r, scores[cell], distances + 4 * (size_t)cell, row, column, &before, ratio);
    const float rank = dslt_match_rank(&g, &m, &before, row, column);
    if (rank > mine.score) { /* false for NaN */
      mine.score = rank;
      mine.index = cell;
    }
  }
  mine = dslt_block_best(mine);
  if (threadIdx.x != 0) return;
  dslt_match best = {};
  best.score = NAN;
  if (mine.index >= 0)
    best = dslt_match_at(&g, &r, scores[mine.index], distances + 4 * (size_t)mine.index,
                         mine.index / g.columns, mine.index % g.columns, &before, ratio);
  dslt_match_follow(state, &best, &g, &r, &area);
}

extern "C" int DSLT_LAUNCHER(locate_match)(dslt_stream stream, dslt_target_state *state, const float *scores,
                                           const float *distances, const dslt_match_rules *rules,
                                           const dslt_match_response *response, const dslt_search *search,
                                           const int32_t *when) {
  if (!state || !scores || !distances || !rules || !response || !search)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel locate_match needs a state, scores, distances, rules, a response and an area.");
  if (rules->rows < 2 || rules->columns < 2 || rules->rows > DSLT_RESPONSE_SIDE_MAX ||
      rules->columns > DSLT_RESPONSE_SIDE_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel locate_match was given %d x %d cells; a side has 2 to %d.",
                     rules->columns, rules->rows, (int)DSLT_RESPONSE_SIDE_MAX);
  if (response->value && (response->rows < 1 || response->columns < 1 || !(response->stride > 0.0f)))
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel locate_match was given a response of %d x %d cells and stride %g.",
                     response->columns, response->rows, (double)response->stride);
  return DSLT_LAUNCH(locate_match_kernel, 1, THREADS, stream, state, scores, distances, *rules, *response,
                     search->area, when);
}
