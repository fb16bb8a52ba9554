/* SPDX-License-Identifier: Apache-2.0 */
/* session.c: the thread that tracks shows what it has and answers requests. */
#include "live/session.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "live/session_internal.h"

/* A request that is not taken up by then is given back: the input does not deliver. */
static const double patience = 20;

/* ---- life ---------------------------------------------------------------------------------------- */

int dslt_live_session_create(dslt_live_session **out) {
  dslt_live_session *s = calloc(1, sizeof *s);
  if (!s) return dslt_fail(DSLT_EMEMORY, "Out of memory for the page's session.");
  const int rc = dslt_live_rows_create(&s->rows);
  if (rc < 0) {
    free(s);
    return rc;
  }
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&s->change, &monotonic);
  pthread_condattr_destroy(&monotonic);
  pthread_mutex_init(&s->lock, NULL);
  for (int i = 0; i < DSLT_LIVE_PICTURES; i++) dslt_live_picture_init(&s->picture[i]);
  s->last = &s->first;
  s->state.version = 1;
  s->state.time = s->state.latency_ms = NAN;
  s->facts = (dslt_live_facts){
      .input = "", .preset = "", .tracker = "", .backend = "", .precision = "", .frames = -1};
  *out = s;
  return DSLT_OK;
}

void dslt_live_session_free(dslt_live_session *session) {
  if (!session) return;
  for (int i = 0; i < DSLT_LIVE_PICTURES; i++) dslt_live_picture_free(&session->picture[i]);
  dslt_live_rows_free(session->rows);
  dslt_options_free(session->options);
  pthread_cond_destroy(&session->change);
  pthread_mutex_destroy(&session->lock);
  free(session);
}

dslt_live_rows *dslt_live_session_rows(dslt_live_session *session) { return session->rows; }

int dslt_live_session_wait(dslt_live_session *session, double until) {
  const struct timespec at = {(time_t)until, (long)((until - floor(until)) * 1e9)};
  return pthread_cond_timedwait(&session->change, &session->lock, &at) != ETIMEDOUT;
}

/* ---- what is shown ------------------------------------------------------------------------------- */

void dslt_live_session_facts(dslt_live_session *session, const dslt_live_facts *facts) {
  pthread_mutex_lock(&session->lock);
  session->facts = *facts;
  session->state.version++;
  pthread_cond_broadcast(&session->change);
  pthread_mutex_unlock(&session->lock);
}

int dslt_live_session_options(dslt_live_session *session, const dslt_options *options) {
  dslt_options *copy = NULL;
  DSLT_TRY(dslt_options_clone(&copy, options));
  pthread_mutex_lock(&session->lock);
  dslt_options *before = session->options;
  session->options = copy;
  pthread_mutex_unlock(&session->lock);
  dslt_options_free(before);
  return DSLT_OK;
}

void dslt_live_session_note(dslt_live_session *session, const char *sentence) {
  pthread_mutex_lock(&session->lock);
  dslt_live_state *state = &session->state;
  state->note[0] = '\0';
  strncat(state->note, sentence, sizeof state->note - 1);
  state->notes++;
  state->version++;
  pthread_cond_broadcast(&session->change);
  pthread_mutex_unlock(&session->lock);
}

int dslt_live_session_watched(dslt_live_session *session) {
  pthread_mutex_lock(&session->lock);
  const int watched = session->read > 0 && dslt_seconds() - session->read < 2;
  pthread_mutex_unlock(&session->lock);
  return watched;
}

/* A picture that is neither shown nor read. Called with the lock. */
static dslt_live_picture *free_picture(dslt_live_session *s) {
  for (;;) {
    for (int i = 0; i < DSLT_LIVE_PICTURES; i++)
      if (&s->picture[i] != s->shown && s->picture[i].readers == 0) return &s->picture[i];
    pthread_cond_wait(&s->change, &s->lock); /* readers only copy, so this is short */
  }
}

static void add_point(dslt_live_session *s) {
  const dslt_live_state *state = &s->state;
  dslt_live_point *point = &s->point[s->points++ % DSLT_LIVE_HISTORY];
  *point = (dslt_live_point){.version = state->version,
                             .frame = state->frame,
                             .track_ms = state->track_ms,
                             .targets = state->targets};
  for (int i = 0; i < state->targets; i++) {
    point->target[i].number = state->target[i].number;
    point->target[i].lost = state->target[i].lost;
    point->target[i].peak = state->target[i].peak;
    point->target[i].loss = state->target[i].loss;
  }
}

int dslt_live_session_show(dslt_live_session *s, const dslt_live_state *state, const dslt_image *frame,
                           const uint8_t *maps, size_t map_bytes, int point) {
  dslt_live_picture *fresh = NULL;
  int rc = DSLT_OK;
  pthread_mutex_lock(&s->lock);
  if (frame) {
    fresh = free_picture(s);
    pthread_mutex_unlock(&s->lock); /* no reader takes a picture that is not shown */
    rc = dslt_live_picture_fill(fresh, frame, maps, map_bytes);
    pthread_mutex_lock(&s->lock);
  }
  if (rc == DSLT_OK) {
    dslt_live_state next = *state;
    next.version = s->state.version + 1;
    next.picture = s->state.picture + (fresh != NULL);
    next.notes = s->state.notes;
    memcpy(next.note, s->state.note, sizeof next.note);
    if (fresh) {
      fresh->number = next.picture;
      s->shown = fresh;
    }
    s->state = next;
    if (point) add_point(s);
  }
  pthread_cond_broadcast(&s->change);
  pthread_mutex_unlock(&s->lock);
  return rc;
}

/* ---- requests ------------------------------------------------------------------------------------ */

dslt_live_task *dslt_live_session_take(dslt_live_session *session, double seconds) {
  const double until = dslt_seconds() + seconds;
  pthread_mutex_lock(&session->lock);
  while (!session->first && !session->ended && seconds > 0 && dslt_live_session_wait(session, until))
    continue;
  dslt_live_task *task = session->first;
  if (task) {
    session->first = task->next;
    if (!session->first) session->last = &session->first;
    task->stage = DSLT_LIVE_TAKEN;
  }
  pthread_mutex_unlock(&session->lock);
  return task;
}

void dslt_live_session_answer(dslt_live_session *session, dslt_live_task *task, int rc) {
  pthread_mutex_lock(&session->lock);
  task->rc = rc;
  task->sentence[0] = '\0';
  if (rc < 0) strncat(task->sentence, dslt_last_error(), sizeof task->sentence - 1);
  task->stage = DSLT_LIVE_DONE;
  pthread_cond_broadcast(&session->change);
  pthread_mutex_unlock(&session->lock);
}

void dslt_live_session_end(dslt_live_session *session) {
  pthread_mutex_lock(&session->lock);
  session->ended = 1;
  pthread_cond_broadcast(&session->change);
  pthread_mutex_unlock(&session->lock);
}

static void take_back(dslt_live_session *s, const dslt_live_task *task) {
  dslt_live_task **at = &s->first;
  while (*at && *at != task) at = &(*at)->next;
  if (*at) *at = task->next;
  s->last = &s->first;
  while (*s->last) s->last = &(*s->last)->next;
}

int dslt_live_session_ask(char *sentence, dslt_live_session *session, const dslt_live_message *message) {
  dslt_live_task task = {.message = *message, .rc = DSLT_ESTATE, .sentence = "dslt live has ended."};
  const double until = dslt_seconds() + patience;
  pthread_mutex_lock(&session->lock);
  if (!session->ended) {
    *session->last = &task;
    session->last = &task.next;
    pthread_cond_broadcast(&session->change);
    while (task.stage == DSLT_LIVE_WAITING && !session->ended && dslt_live_session_wait(session, until))
      continue;
    while (task.stage == DSLT_LIVE_TAKEN) pthread_cond_wait(&session->change, &session->lock);
    if (task.stage == DSLT_LIVE_WAITING) {
      take_back(session, &task);
      if (!session->ended)
        strcpy(task.sentence, "A frame takes long, or the input delivers none; nothing was done.");
    }
  }
  pthread_mutex_unlock(&session->lock);
  memcpy(sentence, task.sentence, sizeof task.sentence);
  return task.rc;
}
