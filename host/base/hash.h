/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h: a quick 64-bit hash, to notice that something changed; no protection against intent. */
#ifndef DSLT_BASE_HASH_H
#define DSLT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Mix `size` bytes into `hash`, which is 0 at first; the same on every machine of the same byte order. */
uint64_t dslt_hash(uint64_t hash, const void *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
