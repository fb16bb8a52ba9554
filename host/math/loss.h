/* SPDX-License-Identifier: Apache-2.0 */
/* loss.h: the losses on one response cell, value and derivative; the one place of these formulas.
 *
 * p: response, y: soft label in [0, 1], l = |p - y|. All derivatives are with respect to p. */
#ifndef DSLT_MATH_LOSS_H
#define DSLT_MATH_LOSS_H

#include <math.h>

#include "base/hd.h"

typedef enum dslt_loss {
  DSLT_LOSS_SHRINKAGE = 0,          /* exp(y) l^2 / (1 + exp(a (c - l))), paper eq. 6 and 7 */
  DSLT_LOSS_L2 = 1,                 /* l^2, paper eq. 3 */
  DSLT_LOSS_L3 = 2,                 /* l^3, paper eq. 4 with gamma = 1 */
  DSLT_LOSS_OHNM = 3,               /* l^2 where l >= ohnm_threshold, else 0; paper section 5.3 */
  DSLT_LOSS_SHRINKAGE_RELEASED = 4, /* the released program's weight and one-signed gradient */
  DSLT_LOSS_TRUNCATED = 5           /* (exp(alpha y) T(p - y))^2, CRT */
} dslt_loss;

typedef struct dslt_loss_spec {
  int kind;             /* dslt_loss */
  float a, c;           /* shrinkage: speed and localisation, paper eq. 5 */
  float ohnm;           /* smallest l that OHNM keeps */
  float threshold;      /* th of the truncated loss */
  float alpha;          /* alpha of the truncated loss */
  float released_alpha; /* released program: its weight is exp(alpha y) y ... */
  float weight_peak;    /* ... divided by its largest value over the label map, squared */
} dslt_loss_spec;

typedef struct dslt_loss_value {
  float value, gradient;
} dslt_loss_value;

/* The modulating factor f(l), paper eq. 5. */
DSLT_HD float dslt_shrink_factor(float l, float a, float c) { return 1.0f / (1.0f + expf(a * (c - l))); }

/* The released program's sample weight before it is divided by its maximum and squared. */
DSLT_HD float dslt_released_weight(float y, float alpha) { return expf(alpha * y) * y; }

DSLT_HD dslt_loss_value dslt_loss_at(const dslt_loss_spec *spec, float p, float y) {
  float e = p - y;
  float l = fabsf(e);
  float sign = e < 0.0f ? -1.0f : 1.0f;
  dslt_loss_value out = {0.0f, 0.0f};
  switch (spec->kind) {
    case DSLT_LOSS_SHRINKAGE:
    case DSLT_LOSS_SHRINKAGE_RELEASED: {
      float f = dslt_shrink_factor(l, spec->a, spec->c);
      /* f' = a f (1 - f): the same as a f^2 exp(a (c - l)) without an exponential that overflows */
      float slope = 2.0f * l * f + spec->a * l * l * f * (1.0f - f);
      if (spec->kind == DSLT_LOSS_SHRINKAGE) {
        float weight = expf(y); /* eq. 7 */
        out.value = weight * l * l * f;
        out.gradient = weight * sign * slope;
      } else {
        float weight = dslt_released_weight(y, spec->released_alpha) / spec->weight_peak;
        weight *= weight;
        out.value = weight * l * l * f;
        out.gradient = -weight * slope; /* one sign whatever p - y is: what the program does */
      }
      break;
    }
    case DSLT_LOSS_L2:
      out.value = l * l;
      out.gradient = 2.0f * e;
      break;
    case DSLT_LOSS_L3:
      out.value = l * l * l;
      out.gradient = 3.0f * l * e;
      break;
    case DSLT_LOSS_OHNM:
      if (l >= spec->ohnm) {
        out.value = l * l;
        out.gradient = 2.0f * e;
      }
      break;
    case DSLT_LOSS_TRUNCATED:
      if (l >= spec->threshold) {
        float weight = expf(2.0f * spec->alpha * y);
        out.value = weight * l * l;
        out.gradient = 2.0f * weight * e;
      }
      break;
    default: break;
  }
  return out;
}

#endif
