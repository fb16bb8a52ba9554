/* SPDX-License-Identifier: Apache-2.0 */
/* hann_search.c: the place of the target in enlarged responses. */
#include "math/hann_search.h"

#include "base/error.h"
#include "cpu.h"
#include "math/imresize.h"

enum { TAPS = 6 }; /* of an enlarged sample; the outer ones have no weight */

/* One axis: sources and weights of every enlarged sample. */
typedef struct enlarging {
  int index[DSLT_ENLARGED_MAX][TAPS];
  float weight[DSLT_ENLARGED_MAX][TAPS];
} enlarging;

static void tabulate(enlarging *table, int in, int out) {
  for (int i = 0; i < out; ++i) {
    const dslt_cubic_taps taps = dslt_cubic_taps_at(i, in, out);
    float sum = 0.0f;
    for (int k = 0; k < TAPS; ++k) {
      table->weight[i][k] = dslt_cubic_tap(&taps, k);
      table->index[i][k] = dslt_edge_index(taps.first + k, in);
      sum += table->weight[i][k];
    }
    for (int k = 0; k < TAPS; ++k) table->weight[i][k] /= sum;
  }
}

/* Row v of the enlarged response, from the response: its rows first, then its columns. */
DSLT_HOT static void enlarge_row(float *out, const float *in, int w, const enlarging *x, const enlarging *y,
                                 int v, int wide) {
  float row[DSLT_ENLARGED_MAX];
  for (int i = 0; i < w; ++i) {
    row[i] = 0.0f;
    for (int k = 0; k < TAPS; ++k) row[i] += y->weight[v][k] * in[y->index[v][k] * w + i];
  }
  for (int u = 0; u < wide; ++u) {
    float sum = 0.0f;
    for (int k = 0; k < TAPS; ++k) sum += x->weight[u][k] * row[x->index[u][k]];
    out[u] = sum;
  }
}

typedef struct extremes {
  float low, high;
} extremes;

/* NaN is neither. */
static extremes extremes_of(const float *values, size_t count) {
  extremes e = {INFINITY, -INFINITY};
  for (size_t i = 0; i < count; ++i) {
    e.low = values[i] < e.low ? values[i] : e.low;
    e.high = values[i] > e.high ? values[i] : e.high;
  }
  return e;
}

/* The first maximum by columns of the mixture of `map` and the window. */
static void find(int *row, int *column, const float *map, int h, int w, float low,
                 const dslt_hann_rules *rules) {
  float window_x[DSLT_ENLARGED_MAX], best = -INFINITY;
  double sum = 0.0;
  for (int i = 0; i < h * w; ++i) sum += (double)(map[i] - low);
  for (int u = 0; u < w; ++u) window_x[u] = dslt_hann_share(u, w);
  *row = *column = 0;
  for (int v = 0; v < h; ++v) {
    const float window_y = dslt_hann_share(v, h);
    for (int u = 0; u < w; ++u) {
      const float mix = dslt_hann_mix(map[v * w + u], low, (float)sum, window_x[u], window_y, rules);
      if (!dslt_hann_before(mix, v, u, best, *row, *column)) continue;
      best = mix;
      *row = v;
      *column = u;
    }
  }
}

int dslt_cpu_hann_search(dslt_backend *backend, dslt_target_state *state, dslt_target_state *before,
                         float *enlarged, const float *responses, const dslt_search *g,
                         const dslt_hann_rules *rules) {
  const int rh = g->area.response_height, rw = g->area.response_width;
  const int h = rh * rules->enlarge, w = rw * rules->enlarge, levels = g->scale.levels;
  dslt_cpu *cpu = dslt_cpu_of(backend);
  extremes found[DSLT_LEVELS_MAX];
  float peaks[DSLT_LEVELS_MAX];
  int row, column;
  if (h > DSLT_ENLARGED_MAX || w > DSLT_ENLARGED_MAX)
    return dslt_fail(DSLT_EINTERNAL, "A response of %d x %d cannot be enlarged %d times.", rw, rh,
                     rules->enlarge);
  DSLT_TRY(dslt_cpu_reserve(&cpu->scratch, 2 * sizeof(enlarging)));
  enlarging *x = cpu->scratch.data, *y = x + 1;
  tabulate(x, rw, w);
  tabulate(y, rh, h);
#pragma omp parallel for schedule(static)
  for (int v = 0; v < levels * h; ++v)
    enlarge_row(enlarged + (size_t)v * (size_t)w, responses + (v / h) * rh * rw, rw, x, y, v % h, w);
  for (int level = 0; level < levels; ++level) {
    found[level] = extremes_of(enlarged + (size_t)level * (size_t)(h * w), (size_t)(h * w));
    peaks[level] = found[level].high;
  }
  const int level = dslt_hann_level(peaks, g);
  find(&row, &column, enlarged + (size_t)level * (size_t)(h * w), h, w, found[level].low, rules);
  *before = *state;
  dslt_hann_follow(state, g, rules, peaks[level], level, row, column);
  return DSLT_OK;
}
