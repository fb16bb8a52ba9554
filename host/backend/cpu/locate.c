/* SPDX-License-Identifier: Apache-2.0 */
/* locate.c: finds the maximum of a response map and updates the state. */
#include "math/locate.h"

#include "cpu.h"

/* Widest response map: the input's longest side (an option, at most 4096 px) over the smallest stride, 4. */
enum { ROW_MAX = 1024 };

static dslt_peak best_cell(const float *response, const dslt_search *g) {
  int w = g->area.response_width, h = g->area.response_height, best_row = 0, best_column = 0;
  float best = -INFINITY;
  for (int row = 0; row < h; ++row)
    for (int column = 0; column < w; ++column) {
      float score = response[row * w + column] * dslt_motion_prior(g, (float)column, (float)row);
      if (score > best)
        best = score, best_row = row, best_column = column; /* first of equals; NaN never wins */
    }
  dslt_peak peak = {(float)best_column, (float)best_row, best, response[best_row * w + best_column]};
  if (g->peak.subcell == DSLT_SUBCELL_QUADRATIC)
    dslt_refine_quadratic(&peak, response, g, best_row, best_column);
  if (g->peak.subcell == DSLT_SUBCELL_GAUSSIAN)
    dslt_refine_gaussian(&peak, response, g, best_row, best_column);
  return peak;
}

static void cubic_taps(float coordinate, int size, int index[4], float weight[4]) {
  float base = floorf(coordinate);
  dslt_cubic_weights(coordinate - base, weight);
  for (int k = 0; k < 4; ++k) index[k] = dslt_clamp_index((int)base - 1 + k, size);
}

/* The maximum over the response enlarged bicubically to one value for each input pixel. */
static dslt_peak best_pixel(const float *response, const dslt_search *g) {
  int w = g->area.response_width, h = g->area.response_height;
  float line[ROW_MAX];
  dslt_peak peak = {0.5f * (float)(w - 1), 0.5f * (float)(h - 1), -INFINITY, NAN};
  for (int v = 0; v < g->area.input_height; ++v) {
    float y = dslt_fine_coordinate(v, g->area.input_height, h, g->area.kernel_height, g->area.stride,
                                   g->area.mapping);
    int index[4];
    float weight[4];
    cubic_taps(y, h, index, weight);
    for (int column = 0; column < w; ++column) {
      line[column] = 0.0f;
      for (int k = 0; k < 4; ++k) line[column] += weight[k] * response[index[k] * w + column];
    }
    for (int u = 0; u < g->area.input_width; ++u) {
      float x = dslt_fine_coordinate(u, g->area.input_width, w, g->area.kernel_width, g->area.stride,
                                     g->area.mapping);
      cubic_taps(x, w, index, weight);
      float value = 0.0f;
      for (int k = 0; k < 4; ++k) value += weight[k] * line[index[k]];
      float score = value * dslt_motion_prior(g, x, y);
      if (score > peak.score) peak = (dslt_peak){x, y, score, value};
    }
  }
  return peak;
}

static dslt_peak find_peak(const float *response, const dslt_search *g) {
  return g->peak.subcell == DSLT_SUBCELL_BICUBIC ? best_pixel(response, g) : best_cell(response, g);
}

int dslt_cpu_locate(dslt_backend *backend, dslt_target_state *state, const float *response,
                    const dslt_search *g) {
  (void)backend;
  dslt_peak peak = find_peak(response, g);
  dslt_state_move(state, &peak, g);
  return DSLT_OK;
}

int dslt_cpu_choose_scale(dslt_backend *backend, dslt_target_state *state, const float *responses,
                          const dslt_search *g) {
  (void)backend;
  size_t count = (size_t)g->area.response_width * (size_t)g->area.response_height;
  int best = (g->scale.levels - 1) / 2; /* unchanged size wins ties */
  float best_score = find_peak(responses + count * (size_t)best, g).score;
  for (int level = 0; level < g->scale.levels; ++level) {
    float score = dslt_level_score(find_peak(responses + count * (size_t)level, g).score, level, g);
    if (score > best_score) best = level, best_score = score;
  }
  dslt_state_rescale(state, best, g);
  return DSLT_OK;
}

int dslt_cpu_locate_levels(dslt_backend *backend, dslt_target_state *state, const float *responses,
                           const dslt_search *g) {
  (void)backend;
  size_t count = (size_t)g->area.response_width * (size_t)g->area.response_height;
  dslt_peak peaks[DSLT_LEVELS_MAX];
  for (int level = 0; level < g->scale.levels; ++level)
    peaks[level] = find_peak(responses + count * (size_t)level, g);
  dslt_state_follow(state, peaks, g);
  return DSLT_OK;
}
