/* SPDX-License-Identifier: Apache-2.0 */
/* session.h: what the thread that tracks and the threads that serve the page share: the present state and picture, the recent
 * figures, and requests with their answers. */
#ifndef DSLT_LIVE_SESSION_H
#define DSLT_LIVE_SESSION_H

#include <stdint.h>

#include "live/message.h"
#include "live/rows.h"
#include "media/media.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Most targets at a time. */
#define DSLT_LIVE_TARGETS 16
/* Frames whose figures are kept for the curves. */
#define DSLT_LIVE_HISTORY 512
/* Room for a sentence. */
#define DSLT_LIVE_SENTENCE 512

/* One target in the present frame. */
typedef struct dslt_live_target {
  int number; /* from 1; never used twice in a session */
  dslt_box box;
  double peak, loss;
  int lost, found, steps;
  /* Its response map in the picture's maps, one byte a cell, 255 = `most`; width 0 = there is none. */
  int map_width, map_height;
  size_t map_at;
  float map_most;
  dslt_box map_window;
} dslt_live_target;

typedef struct dslt_live_state {
  int64_t version; /* one more with every change that can be seen; from 1 */
  int64_t picture; /* number of the picture to which all this belongs; 0 = none yet */
  int64_t frame;   /* in the input, from 0 */
  double time;     /* of the frame, seconds; NaN: unknown */
  int paused, ended, recording, paced;
  int targets;
  dslt_live_target target[DSLT_LIVE_TARGETS];
  double stage_ms[DSLT_STAGE_COUNT]; /* of the last frame that was tracked, summed over the targets */
  double track_ms, fps;              /* its time in all; frames a second lately */
  int64_t dropped;                   /* frames passed over */
  double latency_ms;                 /* from decoding to the boxes; NaN for files */
  int64_t recorded;                  /* frames in the video */
  int64_t notes;                     /* how many there were, so that each is shown once */
  char note[DSLT_LIVE_SENTENCE];     /* the latest remark or error that no request caused */
} dslt_live_state;

/* What the page shows and never changes. */
typedef struct dslt_live_facts {
  const char *input, *preset, *tracker; /* borrowed */
  char kind[16];                        /* dslt_source_info.kind */
  const char *backend, *precision;
  int64_t frames;  /* of the input; -1 = unknown */
  int live;        /* 1: the input does not wait */
  int can_restart; /* 1: it can be read again from the start */
  int can_record;  /* 1: the command line names a video */
} dslt_live_facts;

/* Figures of one frame for the curves. */
typedef struct dslt_live_point {
  int64_t version, frame;
  double track_ms;
  int targets;
  struct {
    int number, lost;
    double peak, loss;
  } target[DSLT_LIVE_TARGETS];
} dslt_live_point;

typedef struct dslt_live_session dslt_live_session;

int dslt_live_session_create(dslt_live_session **out);
void dslt_live_session_free(dslt_live_session *session);
dslt_live_rows *dslt_live_session_rows(dslt_live_session *session);

/* ---- the thread that tracks ---------------------------------------------------------------------- */

/* `facts` are copied, their strings borrowed. */
void dslt_live_session_facts(dslt_live_session *session, const dslt_live_facts *facts);
/* Keep a copy of the options for the page's table. DSLT_EMEMORY. */
int dslt_live_session_options(dslt_live_session *session, const dslt_options *options);
/* Show `state`; its version, picture number and notes are filled in here. `frame` (NULL: the picture stays) and the maps
 * are copied. `point` NULL or 1: the state's figures join the curves. DSLT_EMEMORY, DSLT_EFRAME. */
int dslt_live_session_show(dslt_live_session *session, const dslt_live_state *state, const dslt_image *frame,
                           const uint8_t *maps, size_t map_bytes, int point);
/* 1: somebody looks at the page, or did so two seconds ago. */
int dslt_live_session_watched(dslt_live_session *session);
/* A sentence for the page. */
void dslt_live_session_note(dslt_live_session *session, const char *sentence);

/* A request that waits for its answer. */
typedef struct dslt_live_task {
  dslt_live_message message;
  int rc;
  char sentence[DSLT_LIVE_SENTENCE]; /* why it failed */
  enum { DSLT_LIVE_WAITING, DSLT_LIVE_TAKEN, DSLT_LIVE_DONE } stage;
  struct dslt_live_task *next;
} dslt_live_task;

/* The oldest request, after at most `seconds`; NULL: none came. It is to be answered by _answer. */
dslt_live_task *dslt_live_session_take(dslt_live_session *session, double seconds);
/* With `rc` < 0 the thread's last error is the sentence. */
void dslt_live_session_answer(dslt_live_session *session, dslt_live_task *task, int rc);
/* Nothing follows: requests that wait are refused, and waiting readers return. */
void dslt_live_session_end(dslt_live_session *session);

/* ---- the threads that serve ---------------------------------------------------------------------- */

/* Hand over a message and wait until it is answered. DSLT_ESTATE: the session has ended or does not answer; else the rc of
 * the thread that tracks. `sentence` holds DSLT_LIVE_SENTENCE bytes, "" after success. */
int dslt_live_session_ask(char *sentence, dslt_live_session *session, const dslt_live_message *message);
/* What GET /frame gives once the version is above `after`, or after `seconds`: one block for free(),
 *   4 bytes  size of the JSON text that follows, little-endian
 *   JSON     the state, points of the curves after `after`, and how many bytes of what follow
 *   picture  unless the reader has number `picture` already
 *   maps
 * 1; 0: nothing new; DSLT_ESTATE: the session has ended, DSLT_EMEMORY, or errors of encoding. */
int dslt_live_session_read(unsigned char **bytes, size_t *size, dslt_live_session *session, int64_t after,
                           int64_t picture, double seconds);
/* The options as JSON for GET /options; free() it. DSLT_EMEMORY. */
int dslt_live_session_describe(char **out, dslt_live_session *session);

#ifdef __cplusplus
}
#endif

#endif
