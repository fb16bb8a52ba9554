/* SPDX-License-Identifier: Apache-2.0 */
/* locate.h: from a response map to a place in the frame: motion prior, maximum, sub-cell position, state
 * update. Single-threaded; the kernels split the search for the maximum over threads and use these functions
 * for the rest. */
#ifndef DSLT_MATH_LOCATE_H
#define DSLT_MATH_LOCATE_H

#include <math.h>

#include "dslt/dslt.h"
#include "math/label.h"
#include "math/resample.h"
#include "math/search_rules.h"
#include "math/target_state.h"

typedef struct dslt_peak {
  float x, y;     /* response cell coordinates, sub-cell; 0 = centre of the first cell */
  float score;    /* response times motion prior there */
  float response; /* response there */
} dslt_peak;

/* The prior at a response coordinate: a Gaussian around where the target was last. */
DSLT_HD float dslt_motion_prior(const dslt_search *g, float x, float y) {
  if (!(g->peak.sigma_x > 0.0f)) return 1.0f;
  return dslt_gaussian2(x - g->area.centre_x, y - g->area.centre_y, g->peak.sigma_x, g->peak.sigma_y);
}

/* Offset of the vertex of the parabola through (-1, l), (0, c), (1, r), c the largest. */
DSLT_HD float dslt_parabola_vertex(float l, float c, float r) {
  float curvature = l - 2.0f * c + r;
  if (!(curvature < 0.0f)) return 0.0f;
  float offset = 0.5f * (l - r) / curvature;
  return offset < -0.5f ? -0.5f : (offset > 0.5f ? 0.5f : offset);
}

/* Refine the strongest cell of `score` (response times prior) by parabolas. */
DSLT_HD void dslt_refine_quadratic(dslt_peak *peak, const float *response, const dslt_search *g, int row,
                                   int column) {
  int w = g->area.response_width, h = g->area.response_height;
  float centre = response[row * w + column] * dslt_motion_prior(g, (float)column, (float)row);
  if (column > 0 && column + 1 < w) {
    float l = response[row * w + column - 1] * dslt_motion_prior(g, (float)(column - 1), (float)row);
    float r = response[row * w + column + 1] * dslt_motion_prior(g, (float)(column + 1), (float)row);
    peak->x += dslt_parabola_vertex(l, centre, r);
  }
  if (row > 0 && row + 1 < h) {
    float l = response[(row - 1) * w + column] * dslt_motion_prior(g, (float)column, (float)(row - 1));
    float r = response[(row + 1) * w + column] * dslt_motion_prior(g, (float)column, (float)(row + 1));
    peak->y += dslt_parabola_vertex(l, centre, r);
  }
}

/* Offset of the middle of the Gaussian through (-1, l), (0, c), (1, r), c the largest; where one of them is
 * not positive, of the parabola. */
DSLT_HD float dslt_gaussian_vertex(float l, float c, float r) {
  if (!(l > 0.0f && c > 0.0f && r > 0.0f)) return dslt_parabola_vertex(l, c, r);
  return dslt_parabola_vertex(logf(l), logf(c), logf(r));
}

/* Climb from the cell that the prior preferred to the response's own peak, then fit a Gaussian through it and
 * its neighbours. The prior is not applied here: it would pull every step towards the last place, and the box
 * would lag behind a target that moves steadily. */
DSLT_HD void dslt_refine_gaussian(dslt_peak *peak, const float *response, const dslt_search *g, int row,
                                  int column) {
  int w = g->area.response_width, h = g->area.response_height, moved = 1;
  for (int step = 0; step < w + h && moved; ++step) {
    int best = row * w + column;
    for (int v = row - 1; v <= row + 1; ++v)
      for (int u = column - 1; u <= column + 1; ++u)
        if (u >= 0 && v >= 0 && u < w && v < h && response[v * w + u] > response[best]) best = v * w + u;
    moved = best != row * w + column;
    row = best / w;
    column = best % w;
  }
  const float *at = response + row * w + column;
  peak->x = (float)column;
  peak->y = (float)row;
  if (column > 0 && column + 1 < w) peak->x += dslt_gaussian_vertex(at[-1], at[0], at[1]);
  if (row > 0 && row + 1 < h) peak->y += dslt_gaussian_vertex(at[-w], at[0], at[w]);
  peak->response = at[0];
  peak->score = at[0] * dslt_motion_prior(g, peak->x, peak->y);
}

/* Response coordinate of the middle of input pixel `pixel` along one axis: the grid on which the bicubic
 * search runs. */
DSLT_HD float dslt_fine_coordinate(int pixel, int input, int cells, int kernel, int stride, int mapping) {
  float u = (float)pixel + 0.5f;
  float cell = mapping == DSLT_MAPPING_STRETCH ? u * (float)cells / (float)input - 0.5f
                                               : u / (float)stride - 0.5f * (float)kernel;
  return cell < 0.0f ? 0.0f : (cell > (float)(cells - 1) ? (float)(cells - 1) : cell);
}

/* Input pixel coordinate (continuous) of a response coordinate along one axis. A cell is the centre of its
 * receptive window: cell i covers the map's cells i .. i + kernel - 1, each `stride` pixels wide. */
DSLT_HD double dslt_cell_to_input(float cell, int input, int cells, int kernel, int stride, int mapping) {
  if (mapping == DSLT_MAPPING_STRETCH) return ((double)cell + 0.5) * (double)input / (double)cells;
  return (double)stride * ((double)cell + 0.5 * (double)kernel);
}

DSLT_HD double dslt_clamp(double v, double low, double high) { return v < low ? low : (v > high ? high : v); }

/* Size of pyramid level `level` relative to the middle one. */
DSLT_HD double dslt_level_factor(int level, const dslt_search *g) {
  return pow(g->scale.step, level - (g->scale.levels - 1) / 2);
}

/* A side of level `d` from the middle, dslt_scaling PIXELS. */
DSLT_HD double dslt_pixel_side(double side, int d, double step) {
  return side + d * fmax(1.0, floor(step * side + 0.5));
}

/* Frame pixels per input pixel around the state, across and down, in level `d` from the middle. */
typedef struct dslt_ratios {
  double x, y;
} dslt_ratios;

DSLT_HD dslt_ratios dslt_ratios_at(const dslt_target_state *state, const dslt_search *g, int d) {
  dslt_ratios r;
  if (g->scale.scaling == DSLT_SCALING_PIXELS) {
    r.x = g->area.ratio_x * dslt_pixel_side(state->width, d, g->scale.step) / g->area.target_width;
    r.y = g->area.ratio_y * dslt_pixel_side(state->height, d, g->scale.step) / g->area.target_height;
  } else {
    double factor = pow(g->scale.step, d);
    r.x = g->area.ratio_x * state->scale * factor;
    r.y = g->area.ratio_y * state->scale * factor;
  }
  return r;
}

/* Is this peak high enough for scales to be compared? `mean` is the average of the previous peaks. */
DSLT_HD int dslt_scale_gate(double peak, double mean, const dslt_search *g) {
  return g->scale.levels > 1 && peak > g->scale.gate && (mean < 0.0 || peak >= g->scale.gate_ratio * mean);
}

/* Score the peak, found in pyramid level `level`, and move the state's centre. Leaves the place unchanged if
 * the peak is not positive and finite. */
DSLT_HD void dslt_state_move_at(dslt_target_state *state, const dslt_peak *peak, const dslt_search *g,
                                int level) {
  int usable = peak->response > 0.0f && peak->response < 1e30f; /* false for NaN */
  state->score = usable ? (double)peak->response : 0.0;
  double mean = state->mean_score;
  int compared = mean >= 0.0 && state->scores >= g->lost.grace;
  int was_lost = state->lost;
  state->lost = !usable || (compared && state->score < g->lost.ratio * mean);
  if (!state->lost) {
    /* the first peaks have equal weight: the very first one is not representative */
    double rate =
        compared || g->lost.rate > 1.0 / (state->scores + 1) ? g->lost.rate : 1.0 / (state->scores + 1);
    state->mean_score = mean < 0.0 ? state->score : (1.0 - rate) * mean + rate * state->score;
    if (state->scores < g->lost.grace) ++state->scores;
  }
  state->found = was_lost && !state->lost;
  state->level = (g->scale.levels - 1) / 2;
  state->label_x = g->area.centre_x;
  state->label_y = g->area.centre_y;
  state->pyramid = usable && dslt_scale_gate(state->score, mean, g) && !(state->lost && g->lost.hold);
  if (!usable || (state->lost && g->lost.hold)) return;
  const dslt_ratios ratios = dslt_ratios_at(state, g, level - (g->scale.levels - 1) / 2);
  double u = dslt_cell_to_input(peak->x, g->area.input_width, g->area.response_width, g->area.kernel_width,
                                g->area.stride, g->area.mapping);
  double v = dslt_cell_to_input(peak->y, g->area.input_height, g->area.response_height, g->area.kernel_height,
                                g->area.stride, g->area.mapping);
  state->cx = dslt_clamp(state->cx + (u - g->area.anchor_x) * ratios.x, 0.0, g->area.frame_width);
  state->cy = dslt_clamp(state->cy + (v - g->area.anchor_y) * ratios.y, 0.0, g->area.frame_height);
}

DSLT_HD void dslt_state_move(dslt_target_state *state, const dslt_peak *peak, const dslt_search *g) {
  dslt_state_move_at(state, peak, g, (g->scale.levels - 1) / 2);
}

/* Sides of level `d` from the middle, within the limits; dslt_scaling PIXELS. */
DSLT_HD void dslt_state_resize(dslt_target_state *state, int d, const dslt_search *g) {
  const double w = g->area.target_width, h = g->area.target_height;
  state->width =
      dslt_clamp(dslt_pixel_side(state->width, d, g->scale.step), g->scale.min * w, g->scale.max * w);
  state->height =
      dslt_clamp(dslt_pixel_side(state->height, d, g->scale.step), g->scale.min * h, g->scale.max * h);
  state->scale = sqrt(state->width * state->height / (w * h));
}

/* Move the box so that its corner is a whole pixel. */
DSLT_HD void dslt_state_round(dslt_target_state *state) {
  state->cx = floor(state->cx - 0.5 * state->width + 0.5) + 0.5 * state->width;
  state->cy = floor(state->cy - 0.5 * state->height + 0.5) + 0.5 * state->height;
}

/* Take level `best`; size = (1 - rate) old + rate new, within the limits. */
DSLT_HD void dslt_state_rescale(dslt_target_state *state, int best, const dslt_search *g) {
  state->level = best;
  if (g->scale.scaling == DSLT_SCALING_PIXELS) {
    dslt_state_resize(state, best - (g->scale.levels - 1) / 2, g);
    return;
  }
  double factor = dslt_level_factor(best, g);
  state->scale =
      dslt_clamp(state->scale * (1.0 - g->scale.rate + g->scale.rate * factor), g->scale.min, g->scale.max);
  state->width = g->area.target_width * state->scale;
  state->height = g->area.target_height * state->scale;
}

/* The score of level `level` for comparison: changed sizes are penalised. */
DSLT_HD float dslt_level_score(float score, int level, const dslt_search *g) {
  return level == (g->scale.levels - 1) / 2 ? score : score * (float)g->scale.penalty;
}

/* Move and rescale from the peaks of all levels, searched around the last place. If its peak is too low to
 * compare scales, the middle level is taken. */
DSLT_HD void dslt_state_follow(dslt_target_state *state, const dslt_peak *peaks, const dslt_search *g) {
  int middle = (g->scale.levels - 1) / 2, best = middle;
  for (int level = 0; level < g->scale.levels; ++level)
    if (dslt_level_score(peaks[level].score, level, g) > dslt_level_score(peaks[best].score, best, g))
      best = level;
  if (!dslt_scale_gate((double)peaks[best].response, state->mean_score, g)) best = middle;
  dslt_state_move_at(state, &peaks[best], g, best);
  if (state->lost && g->lost.hold) return;
  if (state->pyramid) dslt_state_rescale(state, best, g);
  if (g->scale.scaling == DSLT_SCALING_PIXELS) dslt_state_round(state);
  state->level = best;
  state->label_x = peaks[best].x;
  state->label_y = peaks[best].y;
}

#endif
