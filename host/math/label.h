/* SPDX-License-Identifier: Apache-2.0 */
/* label.h: the soft label: a two-dimensional Gaussian on the response grid (paper section 3.1 and 5.1). */
#ifndef DSLT_MATH_LABEL_H
#define DSLT_MATH_LABEL_H

#include <math.h>

#include "base/hd.h"

/* exp(-(x^2 / sx^2 + y^2 / sy^2) / 2). */
DSLT_HD float dslt_gaussian2(float x, float y, float sx, float sy) {
  float u = x / sx, v = y / sy;
  return expf(-0.5f * (u * u + v * v));
}

#endif
