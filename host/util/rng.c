#include "rng.h"

/* The output function of SplitMix64 (Steele, Lea, Flood 2014): a bijection that passes BigCrush on a counter.
 */
static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

dslt_rng dslt_rng_make(uint64_t seed, uint64_t stream) {
  dslt_rng rng = {mix(mix(seed + 0x9e3779b97f4a7c15u) ^ (stream * 0xd1342543de82ef95u)), 0};
  return rng;
}

uint64_t dslt_rng_u64(dslt_rng *rng) { return mix(rng->key + 0x9e3779b97f4a7c15u * ++rng->counter); }

double dslt_rng_uniform(dslt_rng *rng) { return (double)(dslt_rng_u64(rng) >> 11) * 0x1p-53; }

uint32_t dslt_rng_below(dslt_rng *rng, uint32_t n) {
  return (uint32_t)(((dslt_rng_u64(rng) >> 32) * (uint64_t)n) >> 32);
}

double dslt_rng_normal(dslt_rng *rng) {
  /* The sum of twelve uniforms less six: no libm call whose last bit differs between machines. Its tails end
   * at six deviations, which no initialisation minds. */
  double sum = -6.0;
  for (int i = 0; i < 12; ++i) sum += dslt_rng_uniform(rng);
  return sum;
}
