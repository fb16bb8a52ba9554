/* SPDX-License-Identifier: Apache-2.0 */
/* correlation_filter.h: CFNet's correlation filter in closed form. Of maps x_l, l = 1 .. channels, of n cells
 * each, windowed, with transforms X_l, and a target y with transform Y:
 *
 *   K = 1/n sum_l |X_l|^2 + lambda,  A = Y / (n K),  W_l = conj(A) X_l,
 *
 * and the template is the middle part of the inverse transforms of W_l. */
#ifndef DSLT_MATH_CORRELATION_FILTER_H
#define DSLT_MATH_CORRELATION_FILTER_H

#include <math.h>

#include "base/hd.h"

#define DSLT_TURN 6.283185307179586476925286766559

/* The symmetric Hann window: sample `i` of `count`, 0 at both ends. */
DSLT_HD double dslt_hann(int i, int count) {
  return count > 1 ? 0.5 - 0.5 * cos(DSLT_TURN * i / (count - 1)) : 1.0;
}

/* The target along one axis: a Gaussian around cell 0 of a circle of `count` cells. */
DSLT_HD double dslt_circular_gaussian(int i, int count, double sigma) {
  const double distance = i <= count / 2 ? i : count - i;
  return exp(-0.5 * distance * distance / (sigma * sigma));
}

/* conj(A) at one frequency: *re and *im, from the target's transform and the summed energy of all channels. */
DSLT_HD void dslt_filter_factor(float *re, float *im, float target_re, float target_im, float energy,
                                float cells, float lambda) {
  const float scale = 1.0f / (energy + cells * lambda); /* n K = energy + n lambda */
  *re = target_re * scale;
  *im = -target_im * scale;
}

/* Angle of the product of two indices on a circle of n. */
DSLT_HD double dslt_circle_angle(int a, int b, int n) { return DSLT_TURN * (double)((long)a * b % n) / n; }

/* The target's transform along one axis at frequency k; the target is even, so it is real. That of the target is
 * the product of both axes'. */
DSLT_HD double dslt_filter_target(int k, int n, double sigma) {
  double sum = 0.0;
  for (int i = 0; i < n; ++i) sum += dslt_circular_gaussian(i, n, sigma) * cos(dslt_circle_angle(k, i, n));
  return sum;
}

#endif
