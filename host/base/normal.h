/* SPDX-License-Identifier: Apache-2.0 */
/* normal.h: draws of the counter-based generator (rng.h) by number: the one place of its arithmetic, for
 * the host and the kernels. */
#ifndef DSLT_BASE_NORMAL_H
#define DSLT_BASE_NORMAL_H

#include <stdint.h>

#include "base/hd.h"

enum { DSLT_NORMAL_DRAWS = 12 }; /* numbers that a normal one uses up */

/* The output function of SplitMix64 (Steele, Lea, Flood 2014): a bijection that passes BigCrush on a counter.
 */
DSLT_HD uint64_t dslt_mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* 64 bits of draw `number`, counted from 1. */
DSLT_HD uint64_t dslt_bits_at(uint64_t key, uint64_t number) {
  return dslt_mix64(key + 0x9e3779b97f4a7c15u * number);
}

/* Uniform in [0, 1), 53 bits: exact, so nothing is rounded. The factor is 2^-53. */
DSLT_HD double dslt_uniform_of(uint64_t bits) { return (double)(bits >> 11) * (1.0 / 9007199254740992.0); }

/* Standard normal from the draws after the first `drawn` ones. The sum of twelve uniforms less six: no libm
 * call whose last bit differs between machines, and the product above is exact, so a fused multiply-add
 * changes nothing. Its tails end at six deviations, which no initialisation minds. */
DSLT_HD double dslt_normal_at(uint64_t key, uint64_t drawn) {
  double sum = -6.0;
  for (uint64_t i = 1; i <= DSLT_NORMAL_DRAWS; ++i) sum += dslt_uniform_of(dslt_bits_at(key, drawn + i));
  return sum;
}

#endif
