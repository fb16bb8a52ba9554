/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c: multiply and fold, eight bytes at a time, and the length at the end. */
#include "base/hash.h"

#include <string.h>

static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
  return hash ^ hash >> 29;
}

uint64_t dslt_hash(uint64_t hash, const void *data, size_t size) {
  const unsigned char *at = data;
  uint64_t word;
  size_t left = size;
  for (; left >= sizeof word; left -= sizeof word, at += sizeof word) {
    memcpy(&word, at, sizeof word);
    hash = mix(hash, word);
  }
  word = 0;
  if (left) memcpy(&word, at, left);
  return mix(mix(hash, word), size);
}
