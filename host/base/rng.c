/* SPDX-License-Identifier: Apache-2.0 */
/* rng.c: the generator of rng.h. */
#include "rng.h"

#include "base/normal.h"

dslt_rng dslt_rng_make(uint64_t seed, uint64_t stream) {
  dslt_rng rng = {dslt_mix64(dslt_mix64(seed + 0x9e3779b97f4a7c15u) ^ (stream * 0xd1342543de82ef95u)), 0};
  return rng;
}

uint64_t dslt_rng_u64(dslt_rng *rng) { return dslt_bits_at(rng->key, ++rng->counter); }

double dslt_rng_uniform(dslt_rng *rng) { return dslt_uniform_of(dslt_rng_u64(rng)); }

uint32_t dslt_rng_below(dslt_rng *rng, uint32_t n) {
  return (uint32_t)(((dslt_rng_u64(rng) >> 32) * (uint64_t)n) >> 32);
}

double dslt_rng_normal(dslt_rng *rng) {
  double normal = dslt_normal_at(rng->key, rng->counter);
  rng->counter += DSLT_NORMAL_DRAWS;
  return normal;
}
