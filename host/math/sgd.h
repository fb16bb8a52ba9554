/* SPDX-License-Identifier: Apache-2.0 */
/* sgd.h: one step of gradient descent with momentum on one weight, in Caffe's form: the rate is inside the momentum. */
#ifndef DSLT_MATH_SGD_H
#define DSLT_MATH_SGD_H

#include "base/hd.h"

/* m = momentum m + rate (g + decay w); w = w - m. */
DSLT_HD void dslt_sgd_step(float *w, float *m, float gradient, float momentum, float rate, float decay) {
  *m = momentum * *m + rate * (gradient + decay * *w);
  *w -= *m;
}

#endif
