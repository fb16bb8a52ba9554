/* SPDX-License-Identifier: Apache-2.0 */
/* plan_cache.h: cache on disk of the fastest cuDNN engine for each convolution: one text file for each GPU
 * and library version in $XDG_CACHE_HOME/dslt (~/.cache/dslt). */
#ifndef DSLT_BACKEND_CUDA_PLAN_CACHE_H
#define DSLT_BACKEND_CUDA_PLAN_CACHE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An engine configuration: the index-th that a cuDNN heuristic proposes, and its engine number to verify it. */
typedef struct dslt_plan_choice {
  int fused, mode, index;
  int64_t engine;
} dslt_plan_choice;

enum { DSLT_PLAN_KEY = 24 };
typedef struct dslt_plan_entry {
  int key[DSLT_PLAN_KEY]; /* n, h, w, cin, cout, type, precision; the rest of dslt_conv_case */
  dslt_plan_choice choice;
} dslt_plan_entry;

typedef struct dslt_plan_cache {
  char path[512]; /* "" if nothing can be stored */
  dslt_plan_entry *entries;
  int count, capacity;
} dslt_plan_cache;

/* Read the entries for this GPU and library version; a missing or malformed file counts as empty. */
void dslt_plan_cache_open(dslt_plan_cache *out, const char *gpu, const char *versions);
void dslt_plan_cache_close(dslt_plan_cache *cache);
/* 1 and the choice if there is an entry. */
int dslt_plan_cache_find(dslt_plan_choice *out, const dslt_plan_cache *cache, const int key[DSLT_PLAN_KEY]);
/* Add an entry and write the file; one without an engine (index < 0) is ignored; an entry that cannot be written is kept in
 * memory until close. *choice becomes what is kept: the file's, where another process has added the same key since. */
void dslt_plan_cache_add(dslt_plan_cache *cache, const int key[DSLT_PLAN_KEY], dslt_plan_choice *choice);

#ifdef __cplusplus
}
#endif

#endif
