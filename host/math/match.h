/* SPDX-License-Identifier: Apache-2.0 */
/* match.h: from the maps of a matching head (a score and a box at every cell) and a regression's response to the
 * target's new box: scores, penalties, choice of the cell, update of the state. Single-threaded; the kernels split
 * the choice over threads and use these functions for the rest. */
#ifndef DSLT_MATH_MATCH_H
#define DSLT_MATH_MATCH_H

#include <math.h>

#include "base/hd.h"
#include "math/locate.h"
#include "math/search_rules.h"
#include "math/seek.h"
#include "math/target_state.h"

/* The maps and what is made of them. Offsets are in input pixels from the crop's centre. */
typedef struct dslt_match_rules {
  int rows, columns; /* of the score map; cell (rows / 2, columns / 2) lies on the crop's centre */
  float stride;      /* input pixels from cell to cell */
  float unit;        /* distances of a box are exp(value) times this, px */
  float side;        /* input pixels that dslt_match_side() of the target takes */
  float blend;       /* share of the regression's response in the score, 0..1 */
  float shape;       /* strength of the penalty on changes of size and aspect ratio; 0 = none */
  float window;      /* share of the cosine window in the choice, 0..1 */
  float rate;        /* share of the new size, times the score */
  float lost;        /* lost where the score is below this */
  int hold;          /* 1: a lost target keeps its box */
  double min_side;   /* of a box, frame px */
  int seek;    /* lost or doubted frames after which other places are tried too, see seek.h; 0 = never */
  float doubt; /* a target is doubted where its score is below this share of the mean score */
  float found; /* least score with which a target is taken up again elsewhere */
} dslt_match_rules;

/* The response of a regression on the same crop, [rows][columns]; cell (centre_y, centre_x) lies on the crop's
 * centre. */
typedef struct dslt_match_response {
  const float *value; /* NULL: there is none */
  int rows, columns;
  float stride, centre_x, centre_y;
} dslt_match_response;

/* A candidate: the box of one cell. */
typedef struct dslt_match {
  float score;      /* blended, without penalty and window */
  float penalty;    /* of its size and shape, 0..1 */
  float x, y, w, h; /* centre as an offset, size; input px */
} dslt_match;

/* Side of the square that holds a box with its context: the square root of (w + p)(h + p), p = (w + h) / 2. */
DSLT_HD double dslt_match_side(double w, double h) {
  double p = 0.5 * (w + h);
  return sqrt((w + p) * (h + p));
}

DSLT_HD float dslt_match_clamp(float v, float low, float high) {
  return v < low ? low : (v > high ? high : v);
}

/* v or 1 / v, whichever is at least 1. */
DSLT_HD float dslt_match_change(float v) { return v < 1.0f ? 1.0f / v : v; }

/* The cosine window at a cell: 1 in the middle, 0 at the border. */
DSLT_HD float dslt_match_window(const dslt_match_rules *g, int row, int column) {
  const float pi = 3.14159265f;
  float y = 0.5f - 0.5f * cosf(2.0f * pi * (float)row / (float)(g->rows - 1));
  float x = 0.5f - 0.5f * cosf(2.0f * pi * (float)column / (float)(g->columns - 1));
  return x * y;
}

/* The response at an offset, between cells linearly, 0..1; outside, that of the nearest cell. */
DSLT_HD float dslt_match_sample(const dslt_match_response *r, float dx, float dy) {
  float x = dslt_match_clamp(r->centre_x + dx / r->stride, 0.0f, (float)(r->columns - 1));
  float y = dslt_match_clamp(r->centre_y + dy / r->stride, 0.0f, (float)(r->rows - 1));
  if (!(x >= 0.0f && y >= 0.0f)) return 0.0f; /* NaN, which is no place */
  int u = (int)x, v = (int)y;
  int u1 = u + 1 < r->columns ? u + 1 : u, v1 = v + 1 < r->rows ? v + 1 : v;
  float fx = x - (float)u, fy = y - (float)v;
  const float *top = r->value + v * r->columns, *bottom = r->value + v1 * r->columns;
  float value =
      (1.0f - fy) * ((1.0f - fx) * top[u] + fx * top[u1]) + fy * ((1.0f - fx) * bottom[u] + fx * bottom[u1]);
  return value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f; /* 0 for NaN */
}

/* The head's box of a cell; `distance` [4] are the logarithms of the distances to left, top, right and bottom. Its score
 * and penalty are 0. */
DSLT_HD dslt_match dslt_match_box(const dslt_match_rules *g, const float *distance, int row, int column) {
  float d[4], cx = (float)(column - g->columns / 2) * g->stride, cy = (float)(row - g->rows / 2) * g->stride;
  dslt_match m;
  m.score = m.penalty = 0.0f;
  for (int i = 0; i < 4; ++i) d[i] = g->unit * expf(dslt_match_clamp(distance[i], -4.0f, 3.0f));
  m.x = cx + 0.5f * (d[2] - d[0]);
  m.y = cy + 0.5f * (d[3] - d[1]);
  m.w = d[0] + d[2] < 1.0f ? 1.0f : d[0] + d[2];
  m.h = d[1] + d[3] < 1.0f ? 1.0f : d[1] + d[3];
  return m;
}

/* The candidate of a cell: `score` is its logit. `ratio` is frame pixels for each input pixel. */
DSLT_HD dslt_match dslt_match_at(const dslt_match_rules *g, const dslt_match_response *r, float score,
                                 const float *distance, int row, int column, const dslt_target_state *state,
                                 double ratio) {
  dslt_match m = dslt_match_box(g, distance, row, column);
  float matched = 1.0f / (1.0f + expf(-score));
  m.score = r->value ? (1.0f - g->blend) * matched + g->blend * dslt_match_sample(r, m.x, m.y) : matched;
  float w = (float)(state->width / ratio), h = (float)(state->height / ratio);
  float size = (float)(dslt_match_side(m.w, m.h) / dslt_match_side(w, h)), aspect = m.w * h / (m.h * w);
  m.penalty = expf(-g->shape * (dslt_match_change(size) * dslt_match_change(aspect) - 1.0f));
  return m;
}

/* What the choice among cells maximises; NaN never wins a comparison. Elsewhere than around its last place no place is
 * likelier than another. */
DSLT_HD float dslt_match_rank(const dslt_match_rules *g, const dslt_match *m, const dslt_target_state *state,
                              int row, int column) {
  if (state->away) return m->score * m->penalty;
  return (1.0f - g->window) * m->score * m->penalty + g->window * dslt_match_window(g, row, column);
}

/* The score's running mean while the target is not doubted, and the frames in a row in which it is lost or doubted. */
DSLT_HD void dslt_match_judge(dslt_target_state *state, const dslt_match_rules *g) {
  const int first = state->mean_score < 0.0;
  if (state->lost || (!first && state->score < (double)g->doubt * state->mean_score)) {
    ++state->missed;
    return;
  }
  state->missed = 0;
  state->mean_score = first ? state->score : 0.9 * state->mean_score + 0.1 * state->score;
}

/* Move and resize the state to the chosen candidate; `area` is that of the crop. */
DSLT_HD void dslt_match_move(dslt_target_state *state, const dslt_match *m, const dslt_match_rules *g,
                             const dslt_match_response *r, const dslt_search_area *area) {
  double ratio = area->ratio_x * state->scale, rate = (double)(g->rate * m->score * m->penalty);
  state->cx = dslt_clamp(state->cx + state->look_x + (double)m->x * ratio, 0.0, area->frame_width);
  state->cy = dslt_clamp(state->cy + state->look_y + (double)m->y * ratio, 0.0, area->frame_height);
  state->width =
      dslt_clamp((1.0 - rate) * state->width + rate * (double)m->w * ratio, g->min_side, area->frame_width);
  state->height =
      dslt_clamp((1.0 - rate) * state->height + rate * (double)m->h * ratio, g->min_side, area->frame_height);
  state->scale = dslt_match_side(state->width, state->height) / ((double)g->side * area->ratio_x);
  if (!r->value) return;
  state->label_x += m->x / r->stride;
  state->label_y += m->y / r->stride;
}

/* What the chosen candidate means for the target: its place, whether it is lost, and where the next search looks. Where
 * one elsewhere finds nothing, all stays as it was. */
DSLT_HD void dslt_match_follow(dslt_target_state *state, const dslt_match *m, const dslt_match_rules *g,
                               const dslt_match_response *r, const dslt_search_area *area) {
  int usable = m->score >= 0.0f && m->score <= 1.0f && m->w < 1e6f && m->h < 1e6f; /* false for NaN */
  int was_lost = state->lost, away = state->away, seen = usable && m->score >= (away ? g->found : g->lost);
  state->found = was_lost && seen;
  state->level = 0;
  state->label_x = r->centre_x;
  state->label_y = r->centre_y;
  if (seen || !away) {
    state->score = usable ? (double)m->score : 0.0;
    state->lost = !seen;
    dslt_match_judge(state, g);
    if (usable && (seen || !g->hold)) dslt_match_move(state, m, g, r, area);
  }
  dslt_seek_next(state, g->seek, area);
}

#endif
