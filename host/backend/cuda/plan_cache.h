/* SPDX-License-Identifier: Apache-2.0 */
/* plan_cache.h: which of cuDNN's ways was the fastest for a convolution, kept on disk: one text file for each
 * GPU and library version in $XDG_CACHE_HOME/dslt (~/.cache/dslt). */
#ifndef DSLT_BACKEND_CUDA_PLAN_CACHE_H
#define DSLT_BACKEND_CUDA_PLAN_CACHE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A way: the index-th that a heuristic of cuDNN names; engine to recognise it by. index -1: there is none. */
typedef struct dslt_plan_choice {
  int fused, mode, index;
  int64_t engine;
} dslt_plan_choice;

enum { DSLT_PLAN_KEY = 7 };
typedef struct dslt_plan_entry {
  int key[DSLT_PLAN_KEY]; /* n, h, w, cin, cout, type, precision */
  dslt_plan_choice choice;
} dslt_plan_entry;

typedef struct dslt_plan_cache {
  char path[512]; /* "" where nothing can be kept */
  dslt_plan_entry *entries;
  int count, capacity;
} dslt_plan_cache;

/* Read what is there for this GPU and library version; a file that is missing or odd counts as empty. */
void dslt_plan_cache_open(dslt_plan_cache *out, const char *gpu, const char *versions);
void dslt_plan_cache_close(dslt_plan_cache *cache);
/* 1 and the choice where one is known. */
int dslt_plan_cache_find(dslt_plan_choice *out, const dslt_plan_cache *cache, const int key[DSLT_PLAN_KEY]);
/* Remember and write; what cannot be written is remembered until close. */
void dslt_plan_cache_add(dslt_plan_cache *cache, const int key[DSLT_PLAN_KEY],
                         const dslt_plan_choice *choice);

#ifdef __cplusplus
}
#endif

#endif
