/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run_watch.c: progress, sentences and exit code of a run. */
#include "cli/cmd_run_watch.h"

#include <stdio.h>
#include <string.h>

#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/signals.h"

static void note(void *self, const char *sentence) {
  const dslt_run_watch *watch = self;
  if (!watch->quiet) fprintf(stderr, "%s%s\n", watch->title, sentence);
}

static void started(void *self, int64_t frames, int jobs, int slots) {
  dslt_run_watch *watch = self;
  watch->jobs = jobs;
  if (!watch->quiet && jobs)
    fprintf(stderr, "%s%d to do, %lld frames, %d at a time.\n", watch->title, jobs, (long long)frames, slots);
  dslt_progress_start(&watch->progress, stderr, frames, watch->quiet || jobs == 0);
}

static void progress(void *self, int64_t frames) {
  dslt_run_watch *watch = self;
  watch->frames = frames;
  dslt_progress_update(&watch->progress, frames);
}

static void job_ended(void *self, const dslt_run_job *job, const dslt_pool_outcome *outcome) {
  dslt_run_watch *watch = self;
  watch->ended++;
  dslt_progress_end(&watch->progress);
  if (outcome->code < 0) {
    watch->progress.total -= job->frames - outcome->units; /* no later run does the rest */
    dslt_console_error("%s%s: %s", watch->title, job->name, outcome->text);
  } else if (!watch->quiet) {
    fprintf(stderr, "%s[%d/%d] %s: %d frames in %.1f s, %s\n", watch->title, watch->ended, watch->jobs,
            job->name, job->frames, outcome->seconds, outcome->text);
  }
}

static void summarise(const dslt_run_result *result, const dslt_run_request *request, const char *title) {
  printf("%s%d of %d done", title, result->before + result->done, result->jobs);
  if (result->before) printf(" (%d by an earlier run)", result->before);
  if (result->failed) printf(", %d failed (see %s/failed)", result->failed, request->out);
  if (result->left) printf(", %d left", result->left);
  if (request->shard.count > 1)
    printf("; this is shard %d of %d, the whole run has %d", request->shard.index + 1, request->shard.count,
           result->all);
  printf(": %s\n", request->out);
}

static int fallback_code(dslt_run_step step) {
  switch (step) {
    case DSLT_STEP_SET: return DSLT_EXIT_INPUT;
    case DSLT_STEP_WEIGHTS: return DSLT_EXIT_WEIGHTS;
    case DSLT_STEP_RESULTS: break;
  }
  return DSLT_EXIT_FAILED;
}

int dslt_run_watched(dslt_run_result *out, const dslt_run_request *request, const char *title, int quiet) {
  dslt_run_watch watch = {.quiet = quiet, .title = title};
  const dslt_run_observer observer = {.self = &watch,
                                      .note = note,
                                      .start = started,
                                      .progress = progress,
                                      .job = job_ended,
                                      .stop = &dslt_signal_caught};
  if (request->shard.variable && !quiet)
    fprintf(stderr, "%sShard %d of %d, by %s.\n", title, request->shard.index + 1, request->shard.count,
            request->shard.variable);
  int rc = dslt_run_do(out, request, &observer);
  dslt_progress_end(&watch.progress);
  if (rc < 0) return dslt_console_fail(rc, fallback_code(out->step));
  if (!quiet) summarise(out, request, title);
  if (dslt_signal_caught) {
    dslt_console_error("%sInterrupted; the same command goes on where it stopped.", title);
    return DSLT_EXIT_SIGNAL + dslt_signal_caught;
  }
  if (out->cannot_write)
    dslt_console_error(
        "%sStopped, because results cannot be written. What is finished stays; mend it and give the "
        "same command again.",
        title);
  return out->failed || out->left ? DSLT_EXIT_FAILED : DSLT_EXIT_OK;
}
