/* SPDX-License-Identifier: Apache-2.0 */
/* observer.h: callbacks that report a benchmark's progress. */
#ifndef DSLT_BENCH_OBSERVER_H
#define DSLT_BENCH_OBSERVER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Members may be NULL. */
typedef struct dslt_bench_observer {
  void *self;
  void (*start)(void *self, int64_t frames); /* number of frames in all; -1: unknown */
  void (*progress)(void *self, int64_t frames);
  void (*note)(void *self, const char *sentence); /* a remark on an input: rotated or damaged frames */
  void (*end)(void *self);                        /* the last frame was tracked, or an error came */
} dslt_bench_observer;

#ifdef __cplusplus
}
#endif

#endif
