/* SPDX-License-Identifier: Apache-2.0 */
/* locate_match.c: chooses a cell of a matching head and moves the state to its box. */
#include "cpu.h"
#include "math/match.h"

int dslt_cpu_locate_match(dslt_backend *backend, dslt_target_state *state, const float *scores,
                          const float *distances, const dslt_match_rules *g, const dslt_match_response *r,
                          const dslt_search *search) {
  const double ratio = search->area.ratio_x * state->scale;
  dslt_match best = {.score = NAN};
  float highest = -INFINITY;
  (void)backend;
  for (int row = 0; row < g->rows; ++row)
    for (int column = 0; column < g->columns; ++column) {
      const int cell = row * g->columns + column;
      const dslt_match m =
          dslt_match_at(g, r, scores[cell], distances + 4 * (size_t)cell, row, column, state, ratio);
      const float rank = dslt_match_rank(g, &m, state, row, column);
      if (rank > highest) highest = rank, best = m; /* first of equals; NaN never wins */
    }
  dslt_match_follow(state, &best, g, r, &search->area);
  return DSLT_OK;
}
