/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c: a thread that decodes ahead into a ring of frames. */
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "media/input.h"

enum { USUAL_AHEAD = 4, MOST_AHEAD = 256, MOST_HELD = 8 };

struct dslt_source {
  dslt_input input;
  int64_t start, limit;
  char *name; /* of the input, for sentences */

  pthread_t thread;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t filled_more, room_more;
  dslt_frame *slots; /* a ring; frames lent to the caller stay at `head` until later calls */
  int count, head, filled;
  int held, lent; /* lent at most, and now: so many of the filled ones */
  bool done;
  int rc; /* once done: 0 at the end, else the error */
  char message[1024];
  double time; /* of the frame lent last */
  atomic_bool stop;
  dslt_notes notes;
};

/* A camera does not wait: reuse the oldest undelivered frame's buffer for the new frame. Lock held. */
static void drop_oldest(dslt_source *s) {
  const int first = s->head + s->lent, last = s->head + s->filled - 1;
  const dslt_frame oldest = s->slots[first % s->count];
  for (int i = first; i < last; i++) s->slots[i % s->count] = s->slots[(i + 1) % s->count];
  s->slots[last % s->count] = oldest;
  s->filled--;
}

/* A slot to decode into, or NULL when the source is being closed. */
static dslt_frame *wait_for_room(dslt_source *s) {
  pthread_mutex_lock(&s->lock);
  while (!atomic_load(&s->stop) && s->filled - s->lent >= s->count - s->held) {
    if (s->input.live) {
      drop_oldest(s);
    } else {
      pthread_cond_wait(&s->room_more, &s->lock);
    }
  }
  dslt_frame *slot = atomic_load(&s->stop) ? NULL : &s->slots[(s->head + s->filled) % s->count];
  pthread_mutex_unlock(&s->lock);
  return slot;
}

static int begins_too_late(const dslt_source *s, int64_t frames) {
  return dslt_fail(DSLT_EARGUMENT, "%s has %lld frames; frame %lld cannot be the first (counted from 0).",
                   s->name, (long long)frames, (long long)s->start);
}

static int pass_over_start(dslt_source *s) {
  for (int64_t i = 0; i < s->start && !atomic_load(&s->stop); i++) {
    const int rc = s->input.next(NULL, s->input.self, &s->stop);
    if (rc < 0) return rc;
    if (rc == 0 && !atomic_load(&s->stop)) return begins_too_late(s, i);
  }
  return 1;
}

static void *decode_ahead(void *argument) {
  dslt_source *s = argument;
  int rc = pass_over_start(s);
  for (int64_t i = 0; rc > 0 && (s->limit == 0 || i < s->limit); i++) {
    dslt_frame *slot = wait_for_room(s);
    if (!slot) break;
    const double began = dslt_seconds();
    slot->time = NAN;
    rc = s->input.next(slot, s->input.self, &s->stop);
    slot->decode_ms = 1e3 * (dslt_seconds() - began);
    if (rc == 0 && i == 0 && s->start > 0 && !atomic_load(&s->stop)) rc = begins_too_late(s, s->start);
    if (rc > 0) {
      pthread_mutex_lock(&s->lock);
      s->filled++;
      pthread_cond_signal(&s->filled_more);
      pthread_mutex_unlock(&s->lock);
    }
  }
  pthread_mutex_lock(&s->lock);
  s->done = true;
  s->rc = rc < 0 ? rc : 0;
  if (rc < 0) snprintf(s->message, sizeof s->message, "%s", dslt_last_error());
  pthread_cond_signal(&s->filled_more);
  pthread_mutex_unlock(&s->lock);
  return NULL;
}

static void release(dslt_source *s) {
  if (s->input.free) s->input.free(s->input.self);
  for (int i = 0; s->slots && i < s->count; i++) dslt_frame_free(&s->slots[i]);
  dslt_notes_free(&s->notes);
  free(s->slots);
  free(s->name);
  free(s);
}

/* Signals belong to the program's own threads. */
static int start_thread(dslt_source *s) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->filled_more, NULL);
  pthread_cond_init(&s->room_more, NULL);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int rc = pthread_create(&s->thread, NULL, decode_ahead, s);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (rc == 0) return DSLT_OK;
  pthread_mutex_destroy(&s->lock);
  pthread_cond_destroy(&s->filled_more);
  pthread_cond_destroy(&s->room_more);
  return dslt_fail(DSLT_EMEMORY, "No thread could be started to decode %s: %s.", s->name, strerror(rc));
}

static int check_options(const dslt_source_options *o) {
  if (o->start < 0 || o->limit < 0) {
    return dslt_fail(DSLT_EARGUMENT,
                     "The first frame (%lld) and the number of frames (%lld) must not be negative.",
                     (long long)o->start, (long long)o->limit);
  }
  if (o->read_ahead < 0 || o->read_ahead > MOST_AHEAD) {
    return dslt_fail(DSLT_EARGUMENT, "%d frames cannot be read ahead; give 0..%d.", o->read_ahead,
                     MOST_AHEAD);
  }
  if (o->held < 0 || o->held > MOST_HELD)
    return dslt_fail(DSLT_EARGUMENT, "%d frames cannot be held; give 0..%d.", o->held, MOST_HELD);
  return DSLT_OK;
}

/* Converts the number of all frames to that of the requested range. */
static int cut_counts(dslt_source_info *info, const char *input, const dslt_source_options *o) {
  if (info->frames >= 0 && o->start >= info->frames && o->start > 0)
    return dslt_fail(DSLT_EARGUMENT, "%s has %lld frames; frame %lld cannot be the first (counted from 0).",
                     input, (long long)info->frames, (long long)o->start);
  if (info->frames >= 0) {
    info->frames -= o->start;
    if (o->limit && o->limit < info->frames) info->frames = o->limit;
    info->about = info->frames;
  } else if (info->about >= 0) {
    info->about = info->about > o->start ? info->about - o->start : 0;
    if (o->limit && o->limit < info->about) info->about = o->limit;
  }
  return DSLT_OK;
}

int dslt_source_open(dslt_source **out, const char *input, const dslt_source_options *options) {
  const dslt_source_options o = options ? *options : (dslt_source_options){0};
  DSLT_TRY(check_options(&o));
  dslt_source *s = calloc(1, sizeof *s);
  if (!s) return dslt_fail(DSLT_EMEMORY, "No memory to open %s.", input);
  atomic_init(&s->stop, false);
  dslt_notes_init(&s->notes);
  s->time = NAN;
  s->start = o.start;
  s->limit = o.limit;
  s->held = o.held ? o.held : 1;
  s->count = (o.read_ahead ? o.read_ahead : USUAL_AHEAD) + s->held;
  s->name = strdup(input);
  s->slots = calloc((size_t)s->count, sizeof *s->slots);
  int rc;
  DSLT_TRY_OR_DONE(s->name && s->slots ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "No memory to open %s.", input));
  DSLT_TRY_OR_DONE(dslt_input_open(&s->input, input, o.as_stored, &s->notes));
  DSLT_TRY_OR_DONE(cut_counts(&s->input.info, input, &o));
  DSLT_TRY_OR_DONE(start_thread(s));
done:
  if (rc < 0) {
    release(s);
    return rc;
  }
  *out = s;
  return DSLT_OK;
}

void dslt_source_info_get(dslt_source_info *out, const dslt_source *source) {
  *out = source->input.info;
  out->live = source->input.live || source->input.slow;
}

int dslt_source_next(dslt_image *out, const char **name, double *decode_ms, dslt_source *source) {
  dslt_source *s = source;
  pthread_mutex_lock(&s->lock);
  if (s->lent == s->held) { /* the caller has finished with the oldest */
    s->head = (s->head + 1) % s->count;
    s->filled--;
    s->lent--;
  }
  while (s->filled == s->lent && !s->done) pthread_cond_wait(&s->filled_more, &s->lock);
  const bool have = s->filled > s->lent;
  const dslt_frame *frame = &s->slots[(s->head + s->lent) % s->count];
  s->lent += have;
  if (have) pthread_cond_signal(&s->room_more); /* one less is waiting */
  pthread_mutex_unlock(&s->lock);
  if (!have) return s->rc < 0 ? dslt_fail(s->rc, "%s", s->message) : 0;
  s->time = frame->time;
  *out = (dslt_image){frame->pixels, frame->width, frame->height, frame->stride, frame->format};
  if (name) *name = frame->name ? frame->name : "";
  if (decode_ms) *decode_ms = frame->decode_ms;
  return 1;
}

double dslt_source_time(const dslt_source *source) { return source->time; }

int dslt_source_note(char *out, size_t size, dslt_source *source) {
  return dslt_notes_take(out, size, &source->notes);
}

int64_t dslt_source_damaged(dslt_source *source) { return dslt_notes_damaged(&source->notes); }

void dslt_source_close(dslt_source *source) {
  if (!source) return;
  pthread_mutex_lock(&source->lock);
  atomic_store(&source->stop, true);
  pthread_cond_signal(&source->room_more);
  pthread_mutex_unlock(&source->lock);
  pthread_join(source->thread, NULL);
  pthread_mutex_destroy(&source->lock);
  pthread_cond_destroy(&source->filled_more);
  pthread_cond_destroy(&source->room_more);
  release(source);
}
