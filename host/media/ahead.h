/* SPDX-License-Identifier: Apache-2.0 */
/* ahead.h: a thread that decodes frames ahead of its caller into a ring of buffers. What it decodes is the
 * caller's function: an input's next frame (reader.c), or a sequence's frames by number
 * (experiment/frames.c). */
#ifndef DSLT_MEDIA_AHEAD_H
#define DSLT_MEDIA_AHEAD_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/decode.h"

typedef struct dslt_ahead dslt_ahead;

typedef struct dslt_ahead_spec {
  /* Runs in the thread. Decode frame `number` into `out`: 1, 0 at the end, negative with the thread's last
   * error. `stop` turns true when nobody waits any more; a call that may wait for the outside world looks at
   * it now and then and gives 0. */
  int (*decode)(dslt_frame *out, void *self, int64_t number, const atomic_bool *stop);
  void *self;         /* must outlive the thread */
  const char *name;   /* of what is decoded, for sentences; read during dslt_ahead_start() alone */
  int64_t first, end; /* numbers first .. end - 1, in rising order */
  int ahead;          /* frames decoded ahead at most, >= 1 */
  int held;           /* frames that stay with the caller, >= 1: each until `held` further ones are taken */
  bool live;          /* frames that nobody took are replaced by newer ones */
  bool newest;        /* ... and the newest one is taken, whatever waits; `ahead` is 2 or more */
  /* Every frame is found by its number, whatever came before: numbers that nobody wants are passed over, and
   * an error is that frame's alone. Otherwise nothing is decoded after an error. `held` is 1. */
  bool by_number;
  /* Or NULL. Not 0 stops the thread once no frame is ready. Read by dslt_ahead_take() alone. */
  const volatile sig_atomic_t *interrupt;
} dslt_ahead_spec;

/* DSLT_EMEMORY. */
int dslt_ahead_start(dslt_ahead **out, const dslt_ahead_spec *spec);
/* Wait for the next frame whose number is at least `from`: with spec.by_number; otherwise 0, the next one. 1, 0
 * at the end or when interrupted, or the error of decoding that frame with its sentence; the end and an error that
 * ends all are given again and again. `out` is borrowed as spec.held says. */
int dslt_ahead_take(const dslt_frame **out, dslt_ahead *ahead, int64_t from);
/* Stop and join the thread, free the frames. NULL is fine. */
void dslt_ahead_stop(dslt_ahead *ahead);

#endif
