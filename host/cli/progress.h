/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h: how far a run is, on standard error: one rewritten line on a terminal, else a plain line now
 * and then. */
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
  int estimate;   /* 1: `total` is no promise; set after dslt_progress_start() */
  double started; /* dslt_seconds() */
  double shown;   /* time of the last line */
  int tenths;     /* plain lines: tenths of the way already reported */
  int dirty;      /* 1: the terminal's line holds text */
} dslt_progress;

/* `quiet` silences everything. `stream` is borrowed. */
void dslt_progress_start(dslt_progress *out, FILE *stream, int64_t total, int quiet);
/* `done` frames are behind us. Plain lines come at every tenth of a known length, else every five seconds. */
void dslt_progress_update(dslt_progress *progress, int64_t done);
/* Clear the terminal's line, so that what follows starts at the margin. */
void dslt_progress_end(dslt_progress *progress);

#ifdef __cplusplus
}
#endif

#endif
