/* SPDX-License-Identifier: Apache-2.0 */
/* power.h: whole powers. In a kernel pow() is a call for which registers are put into memory. */
#ifndef DSLT_MATH_POWER_H
#define DSLT_MATH_POWER_H

#include <math.h>

#include "base/hd.h"

DSLT_HD double dslt_whole_power(double base, int exponent) {
#ifdef __CUDA_ARCH__
  double power = 1.0;
  for (int i = 0; i < (exponent < 0 ? -exponent : exponent); ++i) power *= base;
  return exponent < 0 ? 1.0 / power : power;
#else
  return pow(base, exponent);
#endif
}

#endif
