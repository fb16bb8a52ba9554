/* SPDX-License-Identifier: Apache-2.0 */
/* adam.h: one Adam step on one weight (Kingma and Ba 2014), epsilon outside the bias correction as in
 * Caffe. */
#ifndef DSLT_MATH_ADAM_H
#define DSLT_MATH_ADAM_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hd.h"

/* One tensor of weights with its gradient and Adam's moments. Adam also takes the gradient as sums that are
 * still to be added, g [partials][count]. */
typedef struct dslt_param {
  float *w, *g, *m, *v;
  size_t count;
  float rate;   /* learning rate */
  float decay;  /* weight decay */
  int partials; /* of the gradient; 0: it is whole */
} dslt_param;

/* The gradient of a weight. */
DSLT_HD float dslt_param_gradient(const dslt_param *p, size_t i) {
  float sum = p->g[i];
  for (int part = 1; part < p->partials; ++part) sum += p->g[(size_t)part * p->count + i];
  return sum;
}

typedef struct dslt_adam_rule {
  float beta1, beta2, epsilon;
} dslt_adam_rule;

/* The number of the step after `step` steps; the last number stays. */
DSLT_HD int32_t dslt_step_after(int32_t step) { return step < INT32_MAX ? step + 1 : step; }

/* sqrt(1 - beta2^t) / (1 - beta1^t) for the t-th step, t >= 1. */
DSLT_HD float dslt_adam_correction(const dslt_adam_rule *rule, int t) {
  return (float)(sqrt(1.0 - pow((double)rule->beta2, t)) / (1.0 - pow((double)rule->beta1, t)));
}

/* `rate` is the learning rate times the correction; `decay` times the weight is added to the gradient. */
DSLT_HD void dslt_adam_step(float *w, float *m, float *v, float gradient, const dslt_adam_rule *rule,
                            float rate, float decay) {
  float g = gradient + decay * *w;
  *m = rule->beta1 * *m + (1.0f - rule->beta1) * g;
  *v = rule->beta2 * *v + (1.0f - rule->beta2) * g * g;
  *w -= rate * *m / (sqrtf(*v) + rule->epsilon);
}

#endif
