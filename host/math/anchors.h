/* SPDX-License-Identifier: Apache-2.0 */
/* anchors.h: a region proposal network's cells as anchors: which of them a matching strategy takes, and the losses and
 * scores of their two outputs, background and target. The forms are Caffe's. */
#ifndef DSLT_MATH_ANCHORS_H
#define DSLT_MATH_ANCHORS_H

#include <math.h>

#include "base/hd.h"
#include "dslt/dslt.h"
#include "math/search_rules.h"
#include "math/target_state.h"

enum { DSLT_ANCHORS_MAX = 16384, DSLT_ANCHOR_OUTPUTS = 2 };

/* ---- which anchors ------------------------------------------------------------------------------- */

/* Cells of a square map, each of which stands for a square box of side `box`, `stride` apart, input pixels. */
typedef struct dslt_anchor_grid {
  int side; /* cells */
  double box, stride;
} dslt_anchor_grid;

/* Steps from cell `i` to the nearest central one; a map of even side has two. */
DSLT_HD int dslt_anchor_steps(int i, int side) {
  const int low = (side - 1) / 2, high = side / 2;
  return i < low ? low - i : (i > high ? i - high : 0);
}

/* Overlap of the cell's box with the nearest central cell's. */
DSLT_HD double dslt_anchor_overlap(const dslt_anchor_grid *grid, int row, int column) {
  const double dx = grid->box - grid->stride * dslt_anchor_steps(column, grid->side);
  const double dy = grid->box - grid->stride * dslt_anchor_steps(row, grid->side);
  if (!(dx > 0.0) || !(dy > 0.0)) return 0.0;
  return dx * dy / (2.0 * grid->box * grid->box - dx * dy);
}

typedef enum dslt_matching_strategy {
  DSLT_STRATEGY_FIRST = 1,  /* overlap above 0.8: a plus */
  DSLT_STRATEGY_SECOND = 2, /* the smallest square with an overlap of 0.49 at its corners: 6 x 6 */
  DSLT_STRATEGY_THIRD = 3,  /* ... of 0.24: 10 x 10 */
  DSLT_STRATEGY_FOURTH = 4  /* all */
} dslt_matching_strategy;

/* Does the strategy take this cell? The squares are those whose corners have at least the overlap. */
DSLT_HD int dslt_anchor_matches(const dslt_anchor_grid *grid, int strategy, int row, int column) {
  const int dy = dslt_anchor_steps(row, grid->side), dx = dslt_anchor_steps(column, grid->side);
  const int far = dx > dy ? dx : dy, middle = (grid->side - 1) / 2;
  if (strategy == DSLT_STRATEGY_FIRST) return dslt_anchor_overlap(grid, row, column) > 0.8;
  if (strategy == DSLT_STRATEGY_SECOND || strategy == DSLT_STRATEGY_THIRD)
    return middle >= far && dslt_anchor_overlap(grid, middle - far, middle - far) >=
                                (strategy == DSLT_STRATEGY_SECOND ? 0.49 : 0.24);
  return 1;
}

/* The strategy's cells, row by row, into cells [side * side]; their number. */
static inline int dslt_anchor_cells(int *cells, const dslt_anchor_grid *grid, int strategy) {
  int count = 0;
  for (int i = 0; i < grid->side * grid->side; ++i)
    if (dslt_anchor_matches(grid, strategy, i / grid->side, i % grid->side)) cells[count++] = i;
  return count;
}

/* ---- losses and scores --------------------------------------------------------------------------- */

typedef enum dslt_anchor_loss_kind {
  DSLT_ANCHOR_SOFTMAX = 0,  /* -log p of the label */
  DSLT_ANCHOR_INFOGAIN = 1, /* -sum_j H[label][j] log p_j */
  DSLT_ANCHOR_SIGMOID = 2,  /* sigmoid cross-entropy, summed over the outputs */
  DSLT_ANCHOR_HINGE = 3,    /* sum_j max(0, 1 + s_j x_j), s = -1 at the label, else 1 */
  DSLT_ANCHOR_HINGE2 = 4    /* ... of the squares */
} dslt_anchor_loss_kind;

typedef struct dslt_anchor_loss_spec {
  int kind;       /* dslt_anchor_loss_kind */
  float diagonal; /* of the infogain matrix H; off it: 1 - diagonal */
  float weight;   /* of the mean over anchors */
} dslt_anchor_loss_spec;

typedef struct dslt_anchor_value {
  float value, gradient[DSLT_ANCHOR_OUTPUTS];
} dslt_anchor_value;

DSLT_HD float dslt_sigmoid(float x) {
  if (x >= 0.0f) return 1.0f / (1.0f + expf(-x));
  const float e = expf(x);
  return e / (1.0f + e);
}

/* log(1 + exp(x)) without overflow */
DSLT_HD float dslt_softplus(float x) { return (x > 0.0f ? x : 0.0f) + log1pf(expf(-fabsf(x))); }

/* -log p_k of the softmax of two outputs is softplus of the other one less this one. Caffe's floor of 1e-20 under the
 * probability is where it is 46.05. */
DSLT_HD float dslt_minus_log(float difference) {
  const float value = dslt_softplus(difference);
  return value < 46.0517019f ? value : 46.0517019f;
}

/* One anchor's loss, without the weight; label 1: target, 0: background. */
DSLT_HD dslt_anchor_value dslt_anchor_loss_at(const dslt_anchor_loss_spec *spec, const float *x, int label) {
  dslt_anchor_value out = {0.0f, {0.0f, 0.0f}};
  if (spec->kind == DSLT_ANCHOR_SOFTMAX || spec->kind == DSLT_ANCHOR_INFOGAIN) {
    const float on = spec->kind == DSLT_ANCHOR_SOFTMAX ? 1.0f : spec->diagonal;
    const float target = label ? on : 1.0f - on; /* share of output 1 */
    const float p = dslt_sigmoid(x[1] - x[0]);
    out.value = target * dslt_minus_log(x[0] - x[1]) + (1.0f - target) * dslt_minus_log(x[1] - x[0]);
    out.gradient[1] = p - target;
    out.gradient[0] = target - p;
    return out;
  }
  for (int k = 0; k < DSLT_ANCHOR_OUTPUTS; ++k) {
    const int on = k == (label != 0);
    if (spec->kind == DSLT_ANCHOR_SIGMOID) {
      out.value += on ? dslt_softplus(-x[k]) : dslt_softplus(x[k]);
      out.gradient[k] = dslt_sigmoid(x[k]) - (on ? 1.0f : 0.0f);
      continue;
    }
    const float s = on ? -1.0f : 1.0f, margin = 1.0f + s * x[k];
    if (!(margin > 0.0f)) continue;
    out.value += spec->kind == DSLT_ANCHOR_HINGE ? margin : margin * margin;
    out.gradient[k] = spec->kind == DSLT_ANCHOR_HINGE ? s : 2.0f * margin * s;
  }
  return out;
}

/* Likeness to the target, 0 to 1: of the softmax, or the sigmoid of the target's output. */
DSLT_HD float dslt_anchor_score(int kind, const float *x) {
  return dslt_sigmoid(kind == DSLT_ANCHOR_SOFTMAX || kind == DSLT_ANCHOR_INFOGAIN ? x[1] - x[0] : x[1]);
}

/* ---- candidates in a map of the whole search area ------------------------------------------------ */

/* Outputs of every cell of search areas, one for each scale level, in which a candidate's cells lie somewhere between
 * the areas' own. Cell i of a map is at input pixel stride i: every layer pads by half its kernel. */
typedef struct dslt_anchor_sampling {
  dslt_anchor_grid grid; /* of a candidate */
  int strategy;          /* which of its cells count */
  int side;              /* of a search area's map, cells */
  double stride;         /* input pixels a cell */
  double crop_side;      /* of a candidate's crop, input pixels */
  double grow;           /* a crop's sides over its box's */
} dslt_anchor_sampling;

/* One axis: the map's cell of the candidate's cell i is first + step i. */
typedef struct dslt_sampled_axis {
  double first, step;
} dslt_sampled_axis;

/* `from`: the candidate's centre less the area's, frame px; `length`: of the candidate's side; `ratio`: frame pixels a
 * pixel of the area, whose side has `input` of them. */
DSLT_HD dslt_sampled_axis dslt_sampled_axis_of(const dslt_anchor_sampling *s, double from, double length,
                                               double ratio, int input) {
  const double zoom = length * s->grow / (s->crop_side * ratio); /* pixels of the area a pixel of the crop */
  const dslt_sampled_axis axis = {
      (0.5 * input + from / ratio + (0.5 - 0.5 * s->crop_side) * zoom - 0.5) / s->stride, zoom};
  return axis;
}

/* The level, 0 .. levels - 1, whose size is nearest to the candidate's. */
DSLT_HD int dslt_sampled_level(const dslt_target_state *state, const dslt_box *box,
                               const dslt_search *search) {
  const int middle = (search->scale.levels - 1) / 2;
  const double size =
      0.5 * log(box->width * box->height / (state->width * state->height)) / log(search->scale.step);
  const int level = middle + (int)floor(size + 0.5);
  return level < 0 ? 0 : (level >= search->scale.levels ? search->scale.levels - 1 : level);
}

/* Both outputs of a map [side][side][2] between its cells; edges are continued. */
DSLT_HD void dslt_sample_outputs(float out[DSLT_ANCHOR_OUTPUTS], const float *map, int side, double row,
                                 double column) {
  const double last = side - 1;
  const double y = row > 0.0 ? (row < last ? row : last) : 0.0,
               x = column > 0.0 ? (column < last ? column : last) : 0.0;
  const int y0 = (int)y, x0 = (int)x, y1 = y0 + 1 < side ? y0 + 1 : y0, x1 = x0 + 1 < side ? x0 + 1 : x0;
  const float v = (float)(y - y0), u = (float)(x - x0);
  for (int k = 0; k < DSLT_ANCHOR_OUTPUTS; ++k) {
    const float a = map[2 * (y0 * side + x0) + k], b = map[2 * (y0 * side + x1) + k];
    const float c = map[2 * (y1 * side + x0) + k], d = map[2 * (y1 * side + x1) + k];
    const float above = a + u * (b - a), below = c + u * (d - c);
    out[k] = above + v * (below - above);
  }
}

/* Where a candidate's cells lie in the maps of the search areas. */
typedef struct dslt_sampled_place {
  int level;
  dslt_sampled_axis x, y;
} dslt_sampled_place;

DSLT_HD dslt_sampled_place dslt_sampled_place_of(const dslt_anchor_sampling *s,
                                                 const dslt_target_state *state, const dslt_box *box,
                                                 const dslt_search *search) {
  dslt_sampled_place out;
  out.level = dslt_sampled_level(state, box, search);
  const double scale = state->scale * pow(search->scale.step, out.level - (search->scale.levels - 1) / 2);
  out.x = dslt_sampled_axis_of(s, box->x + 0.5 * box->width - state->cx, box->width,
                               search->area.ratio_x * scale, search->area.input_width);
  out.y = dslt_sampled_axis_of(s, box->y + 0.5 * box->height - state->cy, box->height,
                               search->area.ratio_y * scale, search->area.input_height);
  return out;
}

/* Score of one of its cells in maps [levels][side][side][2]. */
DSLT_HD float dslt_sampled_score_at(const float *maps, const dslt_anchor_sampling *s,
                                    const dslt_sampled_place *place, int kind, int row, int column) {
  const float *map = maps + (size_t)place->level * (size_t)s->side * (size_t)s->side * DSLT_ANCHOR_OUTPUTS;
  float outputs[DSLT_ANCHOR_OUTPUTS];
  dslt_sample_outputs(outputs, map, s->side, place->y.first + place->y.step * row,
                      place->x.first + place->x.step * column);
  return dslt_anchor_score(kind, outputs);
}

/* Mean score of a candidate's cells in maps around `state`. */
DSLT_HD float dslt_sampled_score(const float *maps, const dslt_anchor_sampling *s, int kind,
                                 const dslt_target_state *state, const dslt_box *box,
                                 const dslt_search *search) {
  const dslt_sampled_place place = dslt_sampled_place_of(s, state, box, search);
  float sum = 0.0f;
  int count = 0;
  for (int row = 0; row < s->grid.side; ++row)
    for (int column = 0; column < s->grid.side; ++column) {
      if (!dslt_anchor_matches(&s->grid, s->strategy, row, column)) continue;
      sum += dslt_sampled_score_at(maps, s, &place, kind, row, column);
      ++count;
    }
  return sum / (float)count;
}

#endif
