/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_bench.c: dslt bench; implemented in host/bench. */
#include "cli/cmd_bench.h"

#include <stdio.h>

#include "bench/backbone.h"
#include "bench/engine.h"
#include "bench/roofline.h"
#include "cli/bench_options.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/progress.h"
#include "cli/track_options.h"

typedef struct watch {
  dslt_progress progress;
  int quiet;
} watch;

static void start(void *self, int64_t frames) {
  watch *w = self;
  dslt_progress_start(&w->progress, stderr, frames, w->quiet);
}

static void progress(void *self, int64_t frames) { dslt_progress_update(&((watch *)self)->progress, frames); }

static void note(void *self, const char *sentence) {
  watch *w = self;
  dslt_progress_end(&w->progress);
  if (!w->quiet) dslt_console_error("%s", sentence);
}

static void end(void *self) { dslt_progress_end(&((watch *)self)->progress); }

static int run(const dslt_bench_command *command) {
  static const int codes[] = {[DSLT_BENCH_INPUTS] = DSLT_EXIT_INPUT,
                              [DSLT_BENCH_WEIGHTS] = DSLT_EXIT_WEIGHTS,
                              [DSLT_BENCH_RESULTS] = DSLT_EXIT_FAILED};
  watch w = {.quiet = command->quiet};
  const dslt_bench_observer observer = {
      .self = &w, .start = start, .progress = progress, .note = note, .end = end};
  const dslt_bench_request *request = &command->request;
  dslt_bench_step step;
  const int rc =
      request->roofline ? dslt_roofline_do(&step, request) : dslt_bench_do(&step, request, &observer);
  return rc < 0 ? dslt_console_fail(rc, codes[step]) : DSLT_EXIT_OK;
}

int dslt_cmd_bench(int argc, char **argv) {
  dslt_bench_command command;
  dslt_bench_command_parse(&command, argc, argv);
  int exit_code = DSLT_EXIT_OK;
  if (command.tracker.list) {
    dslt_track_options_list(command.tracker.options);
  } else if (command.backbone) {
    const int rc =
        dslt_bench_backbone(command.tracker.weights, command.tracker.options, command.backbone, 1.0);
    if (rc < 0) exit_code = dslt_console_fail(rc, DSLT_EXIT_WEIGHTS);
  } else {
    exit_code = run(&command);
  }
  dslt_bench_command_free(&command);
  return exit_code;
}
