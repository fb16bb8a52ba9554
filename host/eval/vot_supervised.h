/* SPDX-License-Identifier: Apache-2.0 */
/* vot_supervised.h: VOT's supervised protocol as a state machine, independent of the tracker: initialise,
 * follow, and after a frame without overlap start again some frames later. */
#ifndef DSLT_EVAL_VOT_SUPERVISED_H
#define DSLT_EVAL_VOT_SUPERVISED_H

#include "eval/vot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- step by step -------------------------------------------------------------------------------- */

typedef enum dslt_vot_action {
  DSLT_VOT_DO_INIT = 0,   /* initialise on `frame` with `box` */
  DSLT_VOT_DO_UPDATE = 1, /* track `frame` and hand the region in */
  DSLT_VOT_DO_NOTHING = 2 /* the sequence is over */
} dslt_vot_action;

/* One run over one sequence. Read `action`, `frame` and `box`, do it, report, until DSLT_VOT_DO_NOTHING.
 * Frames come in rising order; those between a failure and the next initialisation are never asked for. */
typedef struct dslt_vot_session {
  dslt_vot_action action;
  int frame;    /* the frame of the action */
  dslt_box box; /* of the ground truth; set for DSLT_VOT_DO_INIT */
  /* Internal state. */
  const dslt_vot_region *truth; /* borrowed */
  int count, supervised;
  dslt_vot_frame bounds;
  dslt_vot_rules rules;
  dslt_vot_regions results;
} dslt_vot_session;

/* Begin. truth: [count] rectangles or polygons, borrowed until dslt_vot_session_finish(). width, height: the
 * image's size in px; 0 when unknown (then nothing is cut to the frame). supervised 0: never start again (the
 * no-reset run). DSLT_EARGUMENT when a ground-truth row is a code or not finite: the protocol does not define
 * that case. Free with dslt_vot_session_free(). */
int dslt_vot_session_begin(dslt_vot_session *out, const dslt_vot_region *truth, int count, int width,
                           int height, int supervised, const dslt_vot_rules *rules);
/* The initialisation was done. DSLT_ESTATE when none was asked for. */
int dslt_vot_session_initialised(dslt_vot_session *session);
/* The tracker's region for `frame`: a rectangle or a polygon; anything not finite or without pixels counts as
 * a failure. DSLT_ESTATE when no update was asked for. */
int dslt_vot_session_updated(dslt_vot_session *session, const dslt_vot_region *region);
/* Return the results, one region a frame, as the result file holds them; the caller frees them with
 * dslt_vot_regions_free(). DSLT_ESTATE before the end. */
int dslt_vot_session_finish(dslt_vot_regions *out, dslt_vot_session *session);
void dslt_vot_session_free(dslt_vot_session *session);

/* ---- in one call --------------------------------------------------------------------------------- */

/* A tracker behind two callbacks. Each returns 0 or a negative code, which ends the run and is passed on.
 * *seconds: what the tracker needed, without decoding; left at 0 when not measured. */
typedef struct dslt_vot_driver {
  void *self; /* handed to the callbacks */
  int (*init)(void *self, double *seconds, int frame, const dslt_box *box);
  int (*update)(dslt_box *out, void *self, double *seconds, int frame);
} dslt_vot_driver;

/* One run. *results: [count], freed with dslt_vot_regions_free(). seconds: [count] or NULL; NaN where nothing
 * ran. The other parameters as for dslt_vot_session_begin(). */
int dslt_vot_run(dslt_vot_regions *results, double *seconds, const dslt_vot_driver *driver,
                 const dslt_vot_region *truth, int count, int width, int height, int supervised,
                 const dslt_vot_rules *rules);

#ifdef __cplusplus
}
#endif

#endif
