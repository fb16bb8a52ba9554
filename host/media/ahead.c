/* SPDX-License-Identifier: Apache-2.0 */
/* ahead.c: a thread that decodes ahead into a ring of frames. */
#include "media/ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

enum { SENTENCE = 1024, ATTENTION_MS = 100 /* how often a wait looks for an interrupt */ };

typedef struct slot {
  dslt_frame frame;
  int64_t number;
  int code; /* of decoding it */
  char sentence[SENTENCE];
} slot;

struct dslt_ahead {
  dslt_ahead_spec spec; /* without the name */
  pthread_t thread;
  pthread_mutex_t lock; /* guards what follows, save the slot that is being decoded into */
  pthread_cond_t filled_more, room_more;
  slot *slots; /* a ring; frames lent to the caller stay at `head` until later calls */
  int count, head, filled;
  int lent;       /* so many of the filled ones, at most spec.held */
  int64_t wanted; /* frames before this one need not be decoded */
  bool done;
  atomic_bool stop;
};

/* A camera does not wait: reuse the oldest undelivered frame's buffer for the new frame. Called by the thread
 * between two frames. Lock held. */
static void drop_oldest(dslt_ahead *a) {
  const int first = a->head + a->lent, last = a->head + a->filled - 1;
  const dslt_frame oldest = a->slots[first % a->count].frame;
  for (int i = first; i < last; i++) a->slots[i % a->count] = a->slots[(i + 1) % a->count];
  a->slots[last % a->count].frame = oldest;
  a->filled--;
}

/* A slot for the next frame from *number on, or NULL when there is none or the thread is to stop. */
static slot *wait_for_room(dslt_ahead *a, int64_t *number) {
  pthread_mutex_lock(&a->lock);
  while (!atomic_load(&a->stop) && a->filled - a->lent >= a->spec.ahead) {
    if (a->spec.live) {
      drop_oldest(a);
    } else {
      pthread_cond_wait(&a->room_more, &a->lock);
    }
  }
  if (*number < a->wanted) *number = a->wanted;
  slot *s = &a->slots[(a->head + a->filled) % a->count];
  pthread_mutex_unlock(&a->lock);
  return atomic_load(&a->stop) || *number >= a->spec.end ? NULL : s;
}

static void *decode_ahead(void *argument) {
  dslt_ahead *a = argument;
  int rc = 1;
  for (int64_t number = a->spec.first; number < a->spec.end; number++) {
    slot *s = rc > 0 || a->spec.by_number ? wait_for_room(a, &number) : NULL;
    if (!s) break;
    rc = a->spec.decode(&s->frame, a->spec.self, number, &a->stop);
    if (rc == 0) break;
    s->number = number;
    s->code = rc < 0 ? rc : DSLT_OK;
    if (rc < 0) snprintf(s->sentence, sizeof s->sentence, "%s", dslt_last_error());
    pthread_mutex_lock(&a->lock);
    a->filled++;
    pthread_cond_signal(&a->filled_more);
    pthread_mutex_unlock(&a->lock);
  }
  pthread_mutex_lock(&a->lock);
  a->done = true;
  pthread_cond_signal(&a->filled_more);
  pthread_mutex_unlock(&a->lock);
  return NULL;
}

static void release(dslt_ahead *a) {
  for (int i = 0; a->slots && i < a->count; i++) dslt_frame_free(&a->slots[i].frame);
  free(a->slots);
  free(a);
}

static void destroy_locks(dslt_ahead *a) {
  pthread_mutex_destroy(&a->lock);
  pthread_cond_destroy(&a->filled_more);
  pthread_cond_destroy(&a->room_more);
}

/* Signals belong to the program's own threads. */
static int start_thread(dslt_ahead *a, const char *name) {
  sigset_t all, before;
  pthread_condattr_t monotonic;
  sigfillset(&all);
  pthread_mutex_init(&a->lock, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&a->filled_more, &monotonic);
  pthread_condattr_destroy(&monotonic);
  pthread_cond_init(&a->room_more, NULL);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int rc = pthread_create(&a->thread, NULL, decode_ahead, a);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (rc == 0) return DSLT_OK;
  destroy_locks(a);
  return dslt_fail(DSLT_EMEMORY, "No thread could be started to decode %s: %s.", name, strerror(rc));
}

int dslt_ahead_start(dslt_ahead **out, const dslt_ahead_spec *spec) {
  dslt_ahead *a = calloc(1, sizeof *a);
  if (!a) return dslt_fail(DSLT_EMEMORY, "No memory to open %s.", spec->name);
  a->spec = *spec;
  a->spec.name = NULL;
  a->count = spec->ahead + spec->held;
  a->wanted = spec->first;
  atomic_init(&a->stop, false);
  a->slots = calloc((size_t)a->count, sizeof *a->slots);
  int rc;
  DSLT_TRY_OR_DONE(a->slots ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "No memory to open %s.", spec->name));
  DSLT_TRY_OR_DONE(start_thread(a, spec->name));
done:
  if (rc < 0) {
    release(a);
    return rc;
  }
  *out = a;
  return DSLT_OK;
}

/* Lock held. The slot that the thread decodes into stays where it is. */
static void give_back_oldest(dslt_ahead *a) {
  a->head = (a->head + 1) % a->count;
  a->filled--;
  if (a->lent > 0) a->lent--;
  pthread_cond_signal(&a->room_more);
}

/* Lock held. Pass over the frame that would be taken: those that are lent move up by one, the rest stay in place, as the
 * slot that the thread decodes into must. */
static void pass_over(dslt_ahead *a) {
  const int at = a->head + a->lent;
  const slot passed = a->slots[at % a->count];
  for (int i = at; i > a->head; i--) a->slots[i % a->count] = a->slots[(i - 1) % a->count];
  a->slots[a->head] = passed;
  a->head = (a->head + 1) % a->count;
  a->filled--;
}

static bool newer_waits(const dslt_ahead *a) {
  return a->filled - a->lent > 1 && a->slots[(a->head + a->lent + 1) % a->count].code == DSLT_OK;
}

/* Lock held. A handler of signals can only set a number, so that one is looked at again and again. */
static void wait_for_frame(dslt_ahead *a) {
  if (!a->spec.interrupt) {
    pthread_cond_wait(&a->filled_more, &a->lock);
    return;
  }
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += ATTENTION_MS * 1000000L;
  if (until.tv_nsec >= 1000000000L) until.tv_sec++, until.tv_nsec -= 1000000000L;
  pthread_cond_timedwait(&a->filled_more, &a->lock, &until);
}

/* Lock held. Looks at the caller's number in the caller's thread alone; the other one has `stop`. */
static bool interrupted(dslt_ahead *a) {
  if (!a->spec.interrupt || !*a->spec.interrupt) return false;
  atomic_store(&a->stop, true);
  pthread_cond_signal(&a->room_more);
  return true;
}

int dslt_ahead_take(const dslt_frame **out, dslt_ahead *a, int64_t from) {
  pthread_mutex_lock(&a->lock);
  if (a->lent == a->spec.held) give_back_oldest(a); /* the caller has finished with it */
  if (a->wanted < from) a->wanted = from;
  for (;;) {
    while (a->lent == 0 && a->filled > 0 && a->slots[a->head].number < a->wanted) give_back_oldest(a);
    if (a->filled > a->lent || a->done || interrupted(a)) break;
    wait_for_frame(a);
  }
  while (a->spec.newest && newer_waits(a)) pass_over(a);
  const bool have = a->filled > a->lent;
  const slot *s = &a->slots[(a->head + a->lent) % a->count];
  if (have && s->code == DSLT_OK) {
    a->lent++;
    pthread_cond_signal(&a->room_more); /* one less is waiting */
  }
  pthread_mutex_unlock(&a->lock);
  if (!have) return 0;
  if (s->code < 0) return dslt_fail(s->code, "%s", s->sentence);
  *out = &s->frame;
  return 1;
}

void dslt_ahead_stop(dslt_ahead *a) {
  if (!a) return;
  pthread_mutex_lock(&a->lock);
  atomic_store(&a->stop, true);
  pthread_cond_signal(&a->room_more);
  pthread_mutex_unlock(&a->lock);
  pthread_join(a->thread, NULL);
  destroy_locks(a);
  release(a);
}
