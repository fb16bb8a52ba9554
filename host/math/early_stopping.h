/* SPDX-License-Identifier: Apache-2.0 */
/* early_stopping.h: when first-frame training ends. */
#ifndef DSLT_MATH_EARLY_STOPPING_H
#define DSLT_MATH_EARLY_STOPPING_H

#include <stdint.h>

#include "base/hd.h"

typedef struct dslt_stop_rule {
  int limit;     /* steps at most, the length of the list of losses */
  double loss;   /* stop below; 0 = never */
  double change; /* stop when `window` steps improve on as many before by less than this share; 0 = never */
  int window;
} dslt_stop_rule;

/* Progress of first-frame training. Initially {1, 0, 0}. */
typedef struct dslt_training {
  int32_t go;     /* 1: take the next step */
  int32_t steps;  /* losses so far */
  int32_t failed; /* 1: the last loss is not finite */
} dslt_training;

/* Has the loss stopped falling? */
DSLT_HD int dslt_converged(const float *losses, int steps, const dslt_stop_rule *rule) {
  if (rule->change <= 0 || steps < 2 * rule->window) return 0;
  double before = 0, after = 0;
  for (int i = 0; i < rule->window; ++i) {
    after += (double)losses[steps - 1 - i];
    before += (double)losses[steps - 1 - rule->window - i];
  }
  return before - after < rule->change * before;
}

/* Append one step's loss to losses [rule->limit] and decide whether to go on: the step along its gradient is
 * taken while t->go. */
DSLT_HD void dslt_early_stop(dslt_training *t, float *losses, float loss, const dslt_stop_rule *rule) {
  if (!t->go || t->steps >= rule->limit) return;
  losses[t->steps++] = loss;
  t->failed = !(loss - loss == 0.0f); /* infinity and NaN */
  if (t->failed || (rule->loss > 0 && (double)loss < rule->loss) || dslt_converged(losses, t->steps, rule))
    t->go = 0;
}

#endif
