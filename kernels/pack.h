/* SPDX-License-Identifier: Apache-2.0 */
/* pack.h: several floats in one load or store; and bfloat16. */
#ifndef DSLT_KERNELS_PACK_H
#define DSLT_KERNELS_PACK_H

#include <stdint.h>
#include <string.h>

#include "base/hd.h"

template <int V>
struct alignas(V * sizeof(float)) dslt_pack {
  float v[V];
};

template <int V>
DSLT_HD dslt_pack<V> dslt_load(const float *from) {
  return *reinterpret_cast<const dslt_pack<V> *>(from);
}
template <int V>
DSLT_HD void dslt_store(float *to, const dslt_pack<V> &pack) {
  *reinterpret_cast<dslt_pack<V> *>(to) = pack;
}
template <int V>
DSLT_HD dslt_pack<V> dslt_zero_pack() {
  dslt_pack<V> pack;
  for (int i = 0; i < V; ++i) pack.v[i] = 0.0f;
  return pack;
}

/* Is memory aligned for packs of four? NULL is. */
static inline int dslt_aligned16(const void *memory) { return (uintptr_t)memory % 16 == 0; }

/* The upper half of a float's bits. */
typedef struct dslt_bf16 {
  uint16_t bits;
} dslt_bf16;

/* To the nearest, ties to even; a NaN stays one. */
DSLT_HD dslt_bf16 dslt_to_bf16(float value) {
  uint32_t bits;
  dslt_bf16 out;
  memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    out.bits = (uint16_t)(bits >> 16 | 0x40u);
  else
    out.bits = (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
  return out;
}

DSLT_HD float dslt_from_bf16(dslt_bf16 value) {
  uint32_t bits = (uint32_t)value.bits << 16;
  float out;
  memcpy(&out, &bits, sizeof out);
  return out;
}

/* Overloads by element type. */
DSLT_HD void dslt_put(float *to, float value) { *to = value; }
DSLT_HD void dslt_put(dslt_bf16 *to, float value) { *to = dslt_to_bf16(value); }
DSLT_HD float dslt_get(const float *from) { return *from; }
DSLT_HD float dslt_get(const dslt_bf16 *from) { return dslt_from_bf16(*from); }

#endif
