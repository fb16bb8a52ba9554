/* SPDX-License-Identifier: Apache-2.0 */
/* decision.h: the remaining work of a frame once the target is located: update or not, and from which
 * features the new sample is taken. The only definition of this policy, for host, kernels and cost model. */
#ifndef DSLT_MATH_DECISION_H
#define DSLT_MATH_DECISION_H

#include <stdint.h>

#include "base/hd.h"
#include "math/sample_ring.h"
#include "math/target_state.h"

typedef struct dslt_update_policy {
  int interval; /* an update is due every so many frames; 0 = never */
  int hold;     /* 1: no update while the target is lost */
  int joint;    /* 1: place and scale are searched together, so a level is always the sample */
  int spread; /* frames over which an update's learning is spread, at most `interval`; below 2 = it is done at once */
  int gap;     /* of a rolling store, learn from every gap-th sample, counted back from the newest; 0 = all */
  double gate; /* no update where the score is below this; 0 = always */
} dslt_update_policy;

/* Which features become the sample of a frame. */
typedef enum dslt_sample_origin {
  DSLT_ORIGIN_SEARCH = 0, /* the search's own: the target did not move */
  DSLT_ORIGIN_LEVELS = 1, /* item state->level of the scale pyramid */
  DSLT_ORIGIN_MOVED = 2,  /* extracted again at the new place: the target moved, and no pyramid was run */
  DSLT_ORIGINS = 3
} dslt_sample_origin;

/* The decisions about one frame. Initially {state's centre, 0 ...}. */
typedef struct dslt_decision {
  double cx, cy;     /* the state's centre at the last decision */
  int32_t frame;     /* frames decided on, the first one not counted */
  int32_t update;    /* 1: store a sample and begin to learn */
  int32_t turn;      /* the frame learns: the turn-th of an update's frames; 0: it does not */
  int32_t origin;    /* dslt_sample_origin of the sample */
  int32_t reextract; /* 1: crop and network must run once more at the new place for the sample */
} dslt_decision;

DSLT_HD int dslt_origin_of_sample(int joint, int pyramid, int moved) {
  return joint || pyramid ? DSLT_ORIGIN_LEVELS : (moved ? DSLT_ORIGIN_MOVED : DSLT_ORIGIN_SEARCH);
}

/* After the target was located. */
DSLT_HD void dslt_decide_frame(dslt_decision *d, const dslt_target_state *state, const dslt_sample_ring *ring,
                               const dslt_update_policy *policy) {
  int moved = d->cx != state->cx || d->cy != state->cy;
  d->frame++;
  d->cx = state->cx;
  d->cy = state->cy;
  d->update = policy->interval > 0 && d->frame % policy->interval == 0 && !(state->lost && policy->hold) &&
              !(policy->gate > 0 && state->score < policy->gate);
  d->turn = d->update ? 1 : (d->turn > 0 && d->turn < policy->spread ? d->turn + 1 : 0);
  d->origin = dslt_origin_of_sample(policy->joint, state->pyramid, moved);
  d->reextract = d->update && ring->capacity > 1 && d->origin == DSLT_ORIGIN_MOVED;
}

/* In which of an update's frames `slot` has its turn: the first frame's sample at once, the later ones in the frames that
 * follow, dealt out one by one. */
DSLT_HD int dslt_turn_of_slot(const dslt_update_policy *policy, int slot) {
  return policy->spread < 2 || slot == 0 ? 1 : 2 + (slot - 1) % (policy->spread - 1);
}

/* Does this frame learn from `slot`? For calls before the new sample is stored. */
DSLT_HD int dslt_learns_from_slot(const dslt_decision *d, const dslt_sample_ring *ring,
                                  const dslt_update_policy *policy, int slot) {
  const int count = d->update ? dslt_ring_count_after(ring) : ring->count;
  if (!d->turn || slot >= count || d->turn != dslt_turn_of_slot(policy, slot)) return 0;
  return !ring->rolling || policy->gap < 2 || dslt_ring_age(ring, slot) % policy->gap == 0;
}

/* Samples that this frame learnt from, the gaps of a rolling store among them; 0: none. For calls after the sample was
 * stored. */
DSLT_HD int dslt_samples_learnt(const dslt_decision *d, const dslt_sample_ring *ring,
                                const dslt_update_policy *policy) {
  int count = 0;
  for (int slot = 0; d->turn && slot < ring->count; ++slot)
    count += d->turn == dslt_turn_of_slot(policy, slot);
  return count;
}

#endif
