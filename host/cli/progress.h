/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h: progress on standard error: one rewritten line on a terminal, else occasional plain lines. */
#ifndef DSLT_CLI_PROGRESS_H
#define DSLT_CLI_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_progress {
  FILE *stream;   /* NULL: silent */
  int terminal;   /* 1: the line is rewritten in place */
  int64_t total;  /* frames; -1 = unknown */
  int estimate;   /* 1: `total` is an estimate; set after dslt_progress_start() */
  double started; /* dslt_seconds() */
  double shown;   /* time of the last line */
  int tenths;     /* plain lines: tenths already reported */
  int dirty;      /* 1: the terminal's line holds text */
} dslt_progress;

/* `quiet` silences everything. `stream` is borrowed. */
void dslt_progress_start(dslt_progress *out, FILE *stream, int64_t total, int quiet);
/* Report that `done` frames are done. Plain lines come at every tenth of a known length, else every five
 * seconds. */
void dslt_progress_update(dslt_progress *progress, int64_t done);
/* Clear the terminal's line, so that further output starts at its beginning. */
void dslt_progress_end(dslt_progress *progress);

#ifdef __cplusplus
}
#endif

#endif
