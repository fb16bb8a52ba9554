/* SPDX-License-Identifier: Apache-2.0 */
/* run.h: a session's own thread: reads the input, tracks, and does what the page asks. */
#ifndef DSLT_LIVE_RUN_H
#define DSLT_LIVE_RUN_H

#include <signal.h>

#include "live/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All borrowed. */
typedef struct dslt_live_setup {
  const char *input;
  dslt_source_options source; /* `held` is chosen here; `interrupt` is what the loop is given as `stop` */
  const dslt_options *options;
  dslt_weights *weights;
  const dslt_box *boxes; /* targets of the first frame */
  int count;
  int unpaced;                        /* 1: a file goes as fast as it is tracked */
  const char *record;                 /* video, or NULL */
  void (*tell)(const char *sentence); /* remarks, which the page shows too; NULL = nobody */
} dslt_live_setup;

typedef struct dslt_live_run dslt_live_run;

/* Open the input, read its first frame, learn the first targets. Errors of the source, the group and the tracker. */
int dslt_live_run_open(dslt_live_run **out, dslt_live_session *session, const dslt_live_setup *setup);
/* Until the page asks to quit or `*stop` is not 0. An input that fails stops the video but not the loop; DSLT_OK, or the
 * code of what ended the input early, or of the tracker, with its sentence as the last error. */
int dslt_live_run_loop(dslt_live_run *run, const volatile sig_atomic_t *stop);
/* Frames read so far. */
int64_t dslt_live_run_frames(const dslt_live_run *run);
const char *dslt_live_run_backend_note(const dslt_live_run *run);
/* Finish the recording and free everything; NULL is allowed. Errors of the video. */
int dslt_live_run_close(dslt_live_run *run);

#ifdef __cplusplus
}
#endif

#endif
