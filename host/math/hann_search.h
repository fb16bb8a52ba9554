/* SPDX-License-Identifier: Apache-2.0 */
/* hann_search.h: how CFNet's tracker finds the target in the responses of all levels: each is enlarged
 * bicubically; the level with the highest maximum, changed sizes penalised, is made a distribution and mixed
 * with a Hann window; the maximum of the mixture is the place. */
#ifndef DSLT_MATH_HANN_SEARCH_H
#define DSLT_MATH_HANN_SEARCH_H

#include <math.h>

#include "math/correlation_filter.h"
#include "math/search_rules.h"
#include "math/target_state.h"

enum { DSLT_ENLARGED_MAX = 1024 }; /* longest side of an enlarged response */

typedef struct dslt_hann_rules {
  int enlarge;      /* factor by which responses are enlarged, 1 or more */
  double influence; /* share of the window in the mixture */
} dslt_hann_rules;

/* The window along one axis; over both axes its sum is 1. */
DSLT_HD float dslt_hann_share(int i, int count) {
  return count > 1 ? (float)(dslt_hann(i, count) / (0.5 * (count - 1))) : 1.0f;
}

/* The mixture at a point of the enlarged response; `low` and `sum` are its least value and the sum of what
 * lies above that. A flat response leaves only the window. */
DSLT_HD float dslt_hann_mix(float value, float low, float sum, float window_x, float window_y,
                            const dslt_hann_rules *rules) {
  const float share = (float)rules->influence;
  const float part = sum > 0.0f ? (value - low) / sum : 0.0f;
  return (1.0f - share) * part + share * window_x * window_y;
}

/* 1 where `value` at (row, column) comes before the best so far: higher, or equal and first by columns. */
DSLT_HD int dslt_hann_before(float value, int row, int column, float best, int best_row, int best_column) {
  if (value != best) return value > best;
  return column < best_column || (column == best_column && row < best_row);
}

/* Is the peak of level `level` above the best one so far? The middle level wins ties. */
DSLT_HD int dslt_hann_prefers(const float *peaks, int level, int best, const dslt_search *g) {
  const int middle = (g->scale.levels - 1) / 2;
  const float a = level == middle ? peaks[level] : peaks[level] * (float)g->scale.penalty;
  const float b = best == middle ? peaks[best] : peaks[best] * (float)g->scale.penalty;
  return a > b;
}

DSLT_HD int dslt_hann_level(const float *peaks, const dslt_search *g) {
  int best = (g->scale.levels - 1) / 2;
  for (int level = 0; level < g->scale.levels; ++level)
    if (dslt_hann_prefers(peaks, level, best, g)) best = level;
  return best;
}

DSLT_HD double dslt_hann_within(double v, double low, double high) {
  return v < low ? low : (v > high ? high : v);
}

/* Move to (row, column) of the enlarged response of `level` and take that level's size. The size itself has
 * no limits but one pixel and a hundred frames; the search area's has those of g->scale. */
DSLT_HD void dslt_hann_follow(dslt_target_state *state, const dslt_search *g, const dslt_hann_rules *rules,
                              float peak, int level, int row, int column) {
  const int middle = (g->scale.levels - 1) / 2;
  const double step = g->area.ratio_x * state->scale * g->area.stride / rules->enlarge;
  const double factor = 1.0 - g->scale.rate + g->scale.rate * pow(g->scale.step, level - middle);
  const double w = g->area.frame_width, h = g->area.frame_height;
  state->level = level;
  state->score = (double)peak;
  state->mean_score = (double)peak;
  if (!(peak > -1e30f && peak < 1e30f)) return; /* also for NaN: stay */
  state->cx += (column - 0.5 * (rules->enlarge * g->area.response_width - 1)) * step;
  state->cy += (row - 0.5 * (rules->enlarge * g->area.response_height - 1)) * step;
  state->cx = dslt_hann_within(state->cx, -w, 2.0 * w);
  state->cy = dslt_hann_within(state->cy, -h, 2.0 * h);
  state->width = dslt_hann_within(state->width * factor, 1.0, 100.0 * w);
  state->height = dslt_hann_within(state->height * factor, 1.0, 100.0 * h);
  state->scale = dslt_hann_within(state->scale * factor, g->scale.min, g->scale.max);
}

#endif
