/* SPDX-License-Identifier: Apache-2.0 */
/* session_internal.h: a session's members, for session.c, reading.c and describe.c. */
#ifndef DSLT_LIVE_SESSION_INTERNAL_H
#define DSLT_LIVE_SESSION_INTERNAL_H

#include <pthread.h>

#include "live/picture.h"
#include "live/session.h"

struct dslt_live_session {
  pthread_mutex_t lock;  /* protects all but the rows */
  pthread_cond_t change; /* of anything */
  int ended;
  double read; /* when somebody read last */
  dslt_live_facts facts;
  dslt_options *options; /* a copy of what the tracker has */
  dslt_live_state state;
  dslt_live_picture picture[DSLT_LIVE_PICTURES];
  dslt_live_picture *shown; /* that of the state; NULL before the first */
  dslt_live_point point[DSLT_LIVE_HISTORY];
  int64_t points; /* added so far; number k lies at k % DSLT_LIVE_HISTORY */
  dslt_live_task *first, **last;
  dslt_live_rows *rows;
};

/* Wait for a change, until the monotonic clock shows `until`. 0: the time is over. */
int dslt_live_session_wait(dslt_live_session *session, double until);

/* What a reader is told: copied out under the lock. */
typedef struct dslt_live_reading {
  dslt_live_facts facts;
  dslt_live_state state;
  int points;
  dslt_live_point point[DSLT_LIVE_HISTORY]; /* oldest first */
  dslt_live_picture *picture;               /* encoded; NULL: the reader has it */
  int width, height;                        /* of the frame; 0 without one */
  long long rows;
} dslt_live_reading;

/* The JSON text of a reading; free() it. NULL: out of memory. */
char *dslt_live_describe_reading(const dslt_live_reading *reading);

#endif
