/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c: decodes the frames of one sequence ahead, in a thread of its own. */
#include "experiment/frames.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "media/decode.h"

/* One slot is lent to the caller, the others are decoded ahead. */
enum { SLOTS = 4, SENTENCE = 600 };

typedef struct slot {
  dslt_frame frame;
  int code; /* of decoding it */
  char sentence[SENTENCE];
} slot;

struct dslt_frames {
  dslt_dataset *set;
  int index;
  int end;     /* first frame behind the range */
  int wanted;  /* frames before this one need not be decoded */
  int decoded; /* next frame the decoder works on; slot = frame % SLOTS */
  int held;    /* frame lent to the caller; first - 1 before */
  int stop, running;
  slot slots[SLOTS];
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
};

static void decode(slot *into, dslt_frames *f, int frame) {
  char path[PATH_MAX];
  int rc = dslt_dataset_frame_path(path, sizeof path, f->set, f->index, frame);
  if (rc == DSLT_OK) rc = dslt_picture_load(&into->frame, path, NULL); /* as stored */
  into->code = rc < 0 ? rc : DSLT_OK;
  if (rc < 0) snprintf(into->sentence, sizeof into->sentence, "%s", dslt_last_error());
}

static void *decode_ahead(void *self) {
  dslt_frames *f = self;
  pthread_mutex_lock(&f->lock);
  while (!f->stop && f->decoded < f->end) {
    if (f->decoded < f->wanted) {
      f->decoded = f->wanted;
      continue;
    }
    if (f->decoded - f->held >= SLOTS) {
      pthread_cond_wait(&f->changed, &f->lock);
      continue;
    }
    int frame = f->decoded;
    pthread_mutex_unlock(&f->lock);
    decode(&f->slots[frame % SLOTS], f, frame);
    pthread_mutex_lock(&f->lock);
    f->decoded = frame + 1;
    pthread_cond_broadcast(&f->changed);
  }
  pthread_mutex_unlock(&f->lock);
  return NULL;
}

static int check_there(dslt_dataset *set, int index, int first, int count) {
  const dslt_sequence *sequence = dslt_dataset_at(set, index);
  if (!sequence || first < 0 || count < 1 || first > sequence->frames - count)
    return dslt_fail(DSLT_EARGUMENT, "There is no such sequence or range of frames.");
  int found = 0;
  DSLT_TRY(dslt_dataset_locate(&found, set, index));
  if (found == 0) {
    char path[PATH_MAX];
    DSLT_TRY(dslt_dataset_frame_path(path, sizeof path, set, index, first));
    return dslt_fail(DSLT_EIO, "%s has no frames on disk.", sequence->name);
  }
  /* Check for missing frames before the run starts, not hours later. */
  for (int i = first; found < sequence->frames && i < first + count; i++) {
    char path[PATH_MAX];
    DSLT_TRY(dslt_dataset_frame_path(path, sizeof path, set, index, i));
  }
  return DSLT_OK;
}

int dslt_frames_open(dslt_frames **out, dslt_dataset *set, int index, int first, int count) {
  DSLT_TRY(check_there(set, index, first, count));
  dslt_frames *f = calloc(1, sizeof *f);
  if (!f) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening the frames.");
  f->set = set;
  f->index = index;
  f->end = first + count;
  f->wanted = f->decoded = first;
  f->held = first - 1;
  pthread_mutex_init(&f->lock, NULL);
  pthread_cond_init(&f->changed, NULL);
  f->running = pthread_create(&f->thread, NULL, decode_ahead, f) == 0;
  if (!f->running) {
    dslt_frames_close(f);
    return dslt_fail(DSLT_EMEMORY, "No thread could be started to decode frames.");
  }
  *out = f;
  return DSLT_OK;
}

int dslt_frames_get(dslt_image *out, dslt_frames *f, int frame) {
  pthread_mutex_lock(&f->lock);
  if (frame <= f->held || frame >= f->end) {
    pthread_mutex_unlock(&f->lock);
    return dslt_fail(DSLT_EARGUMENT, "Frame %d is not ahead in this range of frames.", frame);
  }
  f->held = f->wanted = frame;
  pthread_cond_broadcast(&f->changed);
  while (f->decoded <= frame) pthread_cond_wait(&f->changed, &f->lock);
  pthread_mutex_unlock(&f->lock);
  const slot *s = &f->slots[frame % SLOTS];
  if (s->code < 0) return dslt_fail(s->code, "%s", s->sentence);
  *out = (dslt_image){s->frame.pixels, s->frame.width, s->frame.height, s->frame.stride, s->frame.format};
  return DSLT_OK;
}

void dslt_frames_close(dslt_frames *f) {
  if (!f) return;
  if (f->running) {
    pthread_mutex_lock(&f->lock);
    f->stop = 1;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
  }
  pthread_cond_destroy(&f->changed);
  pthread_mutex_destroy(&f->lock);
  for (int i = 0; i < SLOTS; i++) dslt_frame_free(&f->slots[i].frame);
  free(f);
}
