/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run_watch.h: progress output and exit code of a run. Shared by dslt run and dslt ablate. */
#ifndef DSLT_CLI_CMD_RUN_WATCH_H
#define DSLT_CLI_CMD_RUN_WATCH_H

#include "cli/progress.h"
#include "experiment/engine.h"

typedef struct dslt_run_watch {
  int quiet;
  const char *title; /* before each line, e.g. the variant's name; "" for none */
  dslt_progress progress;
  int64_t frames; /* done so far */
  int jobs, ended;
} dslt_run_watch;

/* Do the run with progress and sentences on standard error; a caught signal (signals.h) ends it
 * soon. Returns the exit code so far: 0, 1 where
 * sequences failed or nothing could be written, 128 + signal, or what fits the error. */
int dslt_run_watched(dslt_run_result *out, const dslt_run_request *request, const char *title, int quiet);

#endif
