/* SPDX-License-Identifier: Apache-2.0 */
/* loss.h: the losses on one response cell, value and derivative; the only definition of these formulas, and
 * their list.
 *
 * p: response, y: soft label in [0, 1], l = |p - y|. All derivatives are with respect to p. */
#ifndef DSLT_MATH_LOSS_H
#define DSLT_MATH_LOSS_H

#include <math.h>

#include "base/hd.h"

typedef struct dslt_loss_spec {
  int kind;             /* dslt_loss */
  float a, c;           /* shrinkage: speed and localisation, paper eq. 5 */
  float ohnm;           /* smallest l that OHNM keeps */
  float threshold;      /* th of the truncated loss */
  float alpha;          /* alpha of the truncated loss */
  float amplitude;      /* A of the truncated loss's weight A exp(alpha y); 1 in the paper */
  float released_alpha; /* released program: its weight is exp(alpha y) y ... */
  float weight_peak;    /* ... divided by its largest value over the label map, squared */
} dslt_loss_spec;

typedef struct dslt_loss_value {
  float value, gradient;
} dslt_loss_value;

/* The modulating factor f(l), paper eq. 5. */
DSLT_HD float dslt_shrink_factor(float l, float a, float c) { return 1.0f / (1.0f + expf(a * (c - l))); }

/* Derivative of l^2 f(l). f' = a f (1 - f): the same as a f^2 exp(a (c - l)) without an exponential that
 * overflows. */
DSLT_HD float dslt_shrink_slope(float l, float f, float a) {
  return 2.0f * l * f + a * l * l * f * (1.0f - f);
}

/* The released program's sample weight before it is divided by its maximum and squared. */
DSLT_HD float dslt_released_weight(float y, float alpha) { return expf(alpha * y) * y; }

/* exp(y) l^2 / (1 + exp(a (c - l))), paper eq. 6 and 7 */
DSLT_HD dslt_loss_value dslt_loss_shrinkage(const dslt_loss_spec *spec, float p, float y) {
  float e = p - y, l = fabsf(e), sign = e < 0.0f ? -1.0f : 1.0f;
  float f = dslt_shrink_factor(l, spec->a, spec->c), weight = expf(y); /* eq. 7 */
  dslt_loss_value out = {weight * l * l * f, weight * sign * dslt_shrink_slope(l, f, spec->a)};
  return out;
}

/* The released program's weight, and a gradient that keeps one sign whatever p - y is, as the program
 * computes it. */
DSLT_HD dslt_loss_value dslt_loss_shrinkage_released(const dslt_loss_spec *spec, float p, float y) {
  float l = fabsf(p - y), f = dslt_shrink_factor(l, spec->a, spec->c);
  float weight = dslt_released_weight(y, spec->released_alpha) / spec->weight_peak;
  weight *= weight;
  dslt_loss_value out = {weight * l * l * f, -weight * dslt_shrink_slope(l, f, spec->a)};
  return out;
}

/* l^2, paper eq. 3 */
DSLT_HD dslt_loss_value dslt_loss_l2(const dslt_loss_spec *spec, float p, float y) {
  float e = p - y, l = fabsf(e);
  dslt_loss_value out = {l * l, 2.0f * e};
  (void)spec;
  return out;
}

/* l^3, paper eq. 4 with gamma = 1 */
DSLT_HD dslt_loss_value dslt_loss_l3(const dslt_loss_spec *spec, float p, float y) {
  float e = p - y, l = fabsf(e);
  dslt_loss_value out = {l * l * l, 3.0f * l * e};
  (void)spec;
  return out;
}

/* l^2 where l >= ohnm, else 0; paper section 5.3 */
DSLT_HD dslt_loss_value dslt_loss_ohnm(const dslt_loss_spec *spec, float p, float y) {
  float e = p - y, l = fabsf(e);
  dslt_loss_value out = {0.0f, 0.0f};
  if (l >= spec->ohnm) {
    out.value = l * l;
    out.gradient = 2.0f * e;
  }
  return out;
}

/* (A exp(alpha y) T(p - y))^2, CRT */
DSLT_HD dslt_loss_value dslt_loss_truncated(const dslt_loss_spec *spec, float p, float y) {
  float e = p - y, l = fabsf(e);
  dslt_loss_value out = {0.0f, 0.0f};
  if (l >= spec->threshold) {
    float weight = spec->amplitude * spec->amplitude * expf(2.0f * spec->alpha * y);
    out.value = weight * l * l;
    out.gradient = 2.0f * weight * e;
  }
  return out;
}

/* ---- the list ------------------------------------------------------------------------------------ */

/* Rows that a test adds: define it, in the same form, and declare the functions before including this
 * file. */
#ifndef DSLT_MORE_LOSSES
#define DSLT_MORE_LOSSES(XX)
#endif

/* Every loss once: XX(NAME, number, option value, function). The list expands to the enumeration, to
 * dslt_loss_at(), to the names that options take, and to the kernels' instances. */
/* clang-format off */
#define DSLT_LOSSES(XX)                                                               \
  XX(SHRINKAGE, 0, "shrinkage", dslt_loss_shrinkage)                                  \
  XX(L2, 1, "l2", dslt_loss_l2)                                                       \
  XX(L3, 2, "l3", dslt_loss_l3)                                                       \
  XX(OHNM, 3, "ohnm", dslt_loss_ohnm)                                                 \
  XX(SHRINKAGE_RELEASED, 4, "shrinkage_released", dslt_loss_shrinkage_released)       \
  XX(TRUNCATED, 5, "truncated", dslt_loss_truncated)                                  \
  DSLT_MORE_LOSSES(XX)
/* clang-format on */

typedef enum dslt_loss {
#define DSLT_XX(name, number, text, function) DSLT_LOSS_##name = (number),
  DSLT_LOSSES(DSLT_XX)
#undef DSLT_XX
} dslt_loss;

/* Value and gradient of the loss spec->kind; zeros for an unknown number. */
DSLT_HD dslt_loss_value dslt_loss_at(const dslt_loss_spec *spec, float p, float y) {
  dslt_loss_value none = {0.0f, 0.0f};
  switch (spec->kind) {
#define DSLT_XX(name, number, text, function) \
  case number: return function(spec, p, y);
    DSLT_LOSSES(DSLT_XX)
#undef DSLT_XX
    default: return none;
  }
}

#endif
