/* SPDX-License-Identifier: Apache-2.0 */
/* candidates.h: boxes drawn around a target, and the choice among them by score. Drawn box number j of frame t depends
 * on key, t and j alone, so the CPU and a GPU draw the same ones. */
#ifndef DSLT_MATH_CANDIDATES_H
#define DSLT_MATH_CANDIDATES_H

#include <math.h>
#include <stdint.h>

#include "base/hd.h"
#include "base/normal.h"
#include "dslt/dslt.h"
#include "math/decision.h"
#include "math/search_area.h"
#include "math/target_state.h"

typedef enum dslt_draw_kind {
  DSLT_DRAW_GAUSSIAN = 0, /* shifts and exponents of deviation 1/2, cut at 1 */
  DSLT_DRAW_UNIFORM = 1,  /* of -1 .. 1 */
  DSLT_DRAW_WHOLE = 2     /* exponents of -1 .. 1, places uniform over the frame */
} dslt_draw_kind;

typedef struct dslt_draw_rules {
  int kind;     /* dslt_draw_kind */
  double shift; /* largest shift of the centre, times the target's mean side */
  double widen,
      widen_max;    /* shift grows by this factor for each frame in a row in which the target was missed,
                             * up to widen_max */
  double factor;    /* size times factor^e */
  double zoom;      /* largest e, of both sides alike */
  double stretch;   /* largest e by which the width grows and the height shrinks */
  double low, high; /* accepted are boxes whose overlap with the target is within these, both included */
  double grow;      /* a crop's sides over its box's */
  double min_side;  /* px; sides are at most the frame's less min_side */
  int frame_width, frame_height;
  int tries;    /* boxes drawn for each that is wanted, at most */
  uint64_t key; /* of the generator, from seed and stream */
} dslt_draw_rules;

enum {
  DSLT_DRAW_NUMBERS = 4 * DSLT_NORMAL_DRAWS, /* that a box uses up */
  DSLT_DRAWS_PER_FRAME = 1 << 20             /* boxes at most */
};

/* In -1 .. 1. */
DSLT_HD double dslt_draw_at(const dslt_draw_rules *rules, uint64_t number, int gaussian) {
  if (!gaussian) return 2.0 * dslt_uniform_of(dslt_bits_at(rules->key, number + 1)) - 1.0;
  const double drawn = 0.5 * dslt_normal_at(rules->key, number);
  return drawn < -1.0 ? -1.0 : (drawn > 1.0 ? 1.0 : drawn);
}

DSLT_HD double dslt_within(double v, double low, double high) {
  return v > high ? high : (v > low ? v : low);
}

/* Overlap, intersection over union, of two boxes with sides above 0. */
DSLT_HD double dslt_box_overlap(const dslt_box *a, const dslt_box *b) {
  const double left = a->x > b->x ? a->x : b->x, top = a->y > b->y ? a->y : b->y;
  const double ar = a->x + a->width, br = b->x + b->width, ab = a->y + a->height, bb = b->y + b->height;
  const double w = (ar < br ? ar : br) - left, h = (ab < bb ? ab : bb) - top;
  if (!(w > 0.0) || !(h > 0.0)) return 0.0;
  return w * h / (a->width * a->height + b->width * b->height - w * h);
}

/* The shift in a frame after `missed` frames without the target. */
DSLT_HD double dslt_draw_shift(const dslt_draw_rules *rules, int missed) {
  double shift = rules->shift;
  for (int i = 0; i < missed && shift < rules->widen_max; ++i) shift *= rules->widen;
  return missed > 0 && shift > rules->widen_max ? rules->widen_max : shift;
}

/* Box `j` of frame `frame`, accepted or not. */
DSLT_HD dslt_box dslt_drawn_box(const dslt_draw_rules *rules, const dslt_target_state *state, int64_t frame,
                                int j) {
  const uint64_t number = ((uint64_t)frame * DSLT_DRAWS_PER_FRAME + (uint64_t)j) * DSLT_DRAW_NUMBERS;
  const int gaussian = rules->kind == DSLT_DRAW_GAUSSIAN;
  const double dx = dslt_draw_at(rules, number, gaussian);
  const double dy = dslt_draw_at(rules, number + DSLT_NORMAL_DRAWS, gaussian);
  const double zoom = rules->zoom * dslt_draw_at(rules, number + 2 * DSLT_NORMAL_DRAWS, gaussian);
  const double stretch = rules->stretch * dslt_draw_at(rules, number + 3 * DSLT_NORMAL_DRAWS, gaussian);
  const double fw = rules->frame_width, fh = rules->frame_height, least = rules->min_side;
  const double shift =
      dslt_draw_shift(rules, state->missed) * floor(0.5 * (state->width + state->height) + 0.5);
  dslt_box box;
  double cx = state->cx + shift * dx, cy = state->cy + shift * dy;
  box.width = state->width * pow(rules->factor, zoom + stretch);
  box.height = state->height * pow(rules->factor, zoom - stretch);
  box.width = dslt_within(box.width, least, fw - least > least ? fw - least : least);
  box.height = dslt_within(box.height, least, fh - least > least ? fh - least : least);
  if (rules->kind == DSLT_DRAW_WHOLE) {
    cx = 0.5 * fw + 0.5 * dx * (fw > box.width ? fw - box.width : 0.0);
    cy = 0.5 * fh + 0.5 * dy * (fh > box.height ? fh - box.height : 0.0);
  }
  box.x = dslt_within(cx, 0.0, fw) - 0.5 * box.width; /* its centre stays in the frame */
  box.y = dslt_within(cy, 0.0, fh) - 0.5 * box.height;
  return box;
}

DSLT_HD int dslt_draw_accepts(const dslt_draw_rules *rules, const dslt_target_state *state,
                              const dslt_box *box) {
  const dslt_box target = {state->cx - 0.5 * state->width, state->cy - 0.5 * state->height, state->width,
                           state->height};
  if (rules->low <= 0.0 && rules->high >= 1.0) return 1;
  const double overlap = dslt_box_overlap(box, &target);
  return overlap >= rules->low && overlap <= rules->high;
}

/* The crop of a box: its surroundings on all sides alike. */
DSLT_HD dslt_box dslt_box_grown(const dslt_box *box, double grow) {
  const dslt_box out = {box->x - 0.5 * (grow - 1.0) * box->width, box->y - 0.5 * (grow - 1.0) * box->height,
                        grow * box->width, grow * box->height};
  return out;
}

/* ---- the choice ---------------------------------------------------------------------------------- */

enum { DSLT_CHOICE_BEST_MAX = 32 };

typedef struct dslt_choice_rules {
  int best;          /* the new box is the mean of so many, 1..DSLT_CHOICE_BEST_MAX */
  double success;    /* the target is found where their mean score is above this */
  int interval;      /* learn in every so many frames, and where the target is missed; 0 = never */
  int collect;       /* take training boxes in every so many frames in which it is found; 0 = never */
  double rate;       /* of the running mean of scores */
  double first_area; /* of the target's box in the first frame, px^2 */
} dslt_choice_rules;

/* Flags of a frame, for conditional calls. */
typedef struct dslt_choice {
  int32_t collect; /* training boxes are taken */
  int32_t recent;  /* the target is missed: learn from what was seen last */
} dslt_choice;

DSLT_HD float dslt_rankable(float score) { return score == score ? score : -INFINITY; } /* NaN comes last */

/* 1: a precedes b when sorted by falling score. */
DSLT_HD int dslt_ranks_before(float a, int ia, float b, int ib) { return a > b || (a == b && ia < ib); }

/* How many of scores [count] come before number i. */
DSLT_HD int dslt_rank_of(const float *scores, int count, int i) {
  const float mine = dslt_rankable(scores[i]);
  int rank = 0;
  for (int j = 0; j < count; ++j) rank += dslt_ranks_before(dslt_rankable(scores[j]), j, mine, i);
  return rank;
}

/* The cell of a response around the place before the choice in which a box is centred; -1: none. */
DSLT_HD int dslt_choice_cell(const dslt_target_state *state, const dslt_search_area *a, const dslt_box *box) {
  const double x =
      (box->x + 0.5 * box->width - state->cx) / (a->stride * a->ratio_x * state->scale) + a->centre_x;
  const double y =
      (box->y + 0.5 * box->height - state->cy) / (a->stride * a->ratio_y * state->scale) + a->centre_y;
  const double column = floor(x + 0.5), row = floor(y + 0.5);
  if (!(column >= 0.0 && column < a->response_width && row >= 0.0 && row < a->response_height)) return -1;
  return (int)row * a->response_width + (int)column;
}

/* Decide, given the best boxes and scores, in order; writes everything that a frame's choice changes. */
DSLT_HD void dslt_choose(dslt_target_state *state, dslt_decision *decision, dslt_choice *choice,
                         const dslt_box *best, const float *score, const dslt_choice_rules *rules) {
  double x = 0.0, y = 0.0, w = 0.0, h = 0.0, sum = 0.0;
  for (int i = 0; i < rules->best; ++i) {
    x += best[i].x + 0.5 * best[i].width;
    y += best[i].y + 0.5 * best[i].height;
    w += best[i].width;
    h += best[i].height;
    sum += (double)dslt_rankable(score[i]);
  }
  const double n = rules->best, mean = sum / n;
  const int success = mean > rules->success, was_lost = state->lost;
  if (mean - mean == 0.0) { /* scores are numbers */
    state->cx = x / n, state->cy = y / n;
    state->width = w / n, state->height = h / n;
    state->scale = sqrt(state->width * state->height / rules->first_area);
    state->score = mean;
  } else {
    state->score = 0.0;
  }
  state->lost = !success;
  state->found = success && was_lost;
  state->missed = success ? 0 : (state->missed < 1000 ? state->missed + 1 : state->missed);
  if (success)
    state->mean_score =
        state->mean_score < 0 ? mean : (1.0 - rules->rate) * state->mean_score + rules->rate * mean;
  decision->frame++;
  decision->cx = state->cx, decision->cy = state->cy;
  decision->update = rules->interval > 0 && (!success || decision->frame % rules->interval == 0);
  choice->collect = rules->collect > 0 && success && decision->frame % rules->collect == 0;
  choice->recent = !success;
}

/* ---- training boxes ------------------------------------------------------------------------------ */

/* Slots base .. base + capacity - 1 of a store, used in turn. */
typedef struct dslt_item_ring {
  int32_t base, capacity, count, next;
  uint32_t ticket; /* scratch of kernels, 0 before and after each */
} dslt_item_ring;

/* The slot of the i-th item stored from now on. */
DSLT_HD int32_t dslt_item_slot(const dslt_item_ring *ring, int i) {
  return ring->base + (ring->next + i) % ring->capacity;
}

DSLT_HD void dslt_items_stored(dslt_item_ring *ring, int count) {
  ring->next = (ring->next + count) % ring->capacity;
  ring->count = ring->count + count < ring->capacity ? ring->count + count : ring->capacity;
}

/* Items drawn from a store: an arithmetic progression with a random beginning and a random step, so that none comes
 * twice before all have come. */
typedef struct dslt_item_draw {
  const int32_t *frame;  /* backend memory; with `step` and `round` it numbers the draw */
  const int32_t *step;   /* backend memory, or NULL: 0 */
  int round;             /* 0..DSLT_ITEM_ROUNDS - 1 */
  const int32_t *recent; /* backend memory: a flag; NULL: 0 */
  int newest;            /* where the flag is set, only so many of the newest items are drawn from */
  uint64_t key;
} dslt_item_draw;

enum { DSLT_ITEM_ROUNDS = 4096, DSLT_ITEMS_MAX = 8192 };

typedef struct dslt_item_walk {
  int count, first, step; /* item i is (first + i step) mod count, counted back from the newest */
} dslt_item_walk;

DSLT_HD dslt_item_walk dslt_item_walk_of(const dslt_item_ring *ring, const dslt_item_draw *draw) {
  const int primes[8] = {8209, 8219, 8221, 8231,
                         8233, 8237, 8243, 8263}; /* above any count: no common divisor */
  const uint64_t number = ((uint64_t)*draw->frame * DSLT_ITEM_ROUNDS +
                           (uint64_t)(draw->step ? *draw->step : 0) + (uint64_t)draw->round) *
                          2u;
  dslt_item_walk walk;
  walk.count = draw->recent && *draw->recent && ring->count > draw->newest ? draw->newest : ring->count;
  if (walk.count < 1) walk.count = 1;
  walk.first = (int)(dslt_uniform_of(dslt_bits_at(draw->key, number + 1)) * walk.count);
  walk.step = primes[dslt_bits_at(draw->key, number + 2) >> 61];
  return walk;
}

/* The slot of draw `i`. */
DSLT_HD int32_t dslt_item_at(const dslt_item_ring *ring, const dslt_item_walk *walk, int i) {
  const int back = (int)((walk->first + (int64_t)i * walk->step) % walk->count);
  const int slot = ring->next - 1 - back;
  return ring->base + (slot < 0 ? slot + ring->capacity : slot);
}

#endif
