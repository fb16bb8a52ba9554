/* SPDX-License-Identifier: Apache-2.0 */
/* bench_options.h: the command line of dslt bench. */
#ifndef DSLT_CLI_BENCH_OPTIONS_H
#define DSLT_CLI_BENCH_OPTIONS_H

#include "bench/request.h"
#include "cli/tracker_choice.h"

typedef struct dslt_bench_command {
  dslt_tracker_choice tracker;
  dslt_bench_request request; /* its `inputs` and `argv` are owned */
  int quiet;
  int backbone; /* side of the picture for dslt_bench_backbone(); 0: track */
} dslt_bench_command;

/* Parse; ends the program on a usage error or --help. */
void dslt_bench_command_parse(dslt_bench_command *out, int argc, char **argv);
void dslt_bench_command_free(dslt_bench_command *command);

#endif
