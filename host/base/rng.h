/* SPDX-License-Identifier: Apache-2.0 */
/* rng.h: the one source of randomness: a counter-based generator, so that the n-th draw depends on the seed,
 * the stream and n alone, never on who drew before or on the machine. */
#ifndef DSLT_BASE_RNG_H
#define DSLT_BASE_RNG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_rng {
  uint64_t key;     /* from seed and stream */
  uint64_t counter; /* draws so far */
} dslt_rng;

/* `stream` separates independent uses of one seed (weights, head, augmentation, scene ...). */
dslt_rng dslt_rng_make(uint64_t seed, uint64_t stream);
uint64_t dslt_rng_u64(dslt_rng *rng);
/* Uniform in [0, 1), 53 bits. */
double dslt_rng_uniform(dslt_rng *rng);
/* Uniform in 0..n-1, n >= 1. */
uint32_t dslt_rng_below(dslt_rng *rng, uint32_t n);
/* Standard normal. Built from additions alone, which IEEE 754 rounds correctly, so every machine draws
 * the same bits. */
double dslt_rng_normal(dslt_rng *rng);

#ifdef __cplusplus
}
#endif

#endif
