/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run_options.h: the part of the command line that dslt run and dslt ablate share. */
#ifndef DSLT_CLI_CMD_RUN_OPTIONS_H
#define DSLT_CLI_CMD_RUN_OPTIONS_H

#include <argp.h>

#include "cli/tracker_choice.h"
#include "experiment/request.h"

typedef struct dslt_run_command {
  const char *program; /* "dslt run"; static storage */
  dslt_tracker_choice tracker;
  dslt_run_request request; /* complete when the parent's parser sees ARGP_KEY_END */
  const char *shard;        /* as given, or NULL */
  int quiet;
} dslt_run_command;

/* A child of the verb's argp; its input is a dslt_run_command, its own children are dslt_argp_help's and
 * dslt_argp_tracker's. Checks that nothing needed is missing, unless --list-options was given. */
extern const struct argp dslt_argp_run_common;

/* Room for all settings, and a copy of the command line before argp changes it: "dslt VERB ...". Ends the
 * program when memory is out. `preset` is the verb's default. */
void dslt_run_command_begin(dslt_run_command *out, const char *program, const char *preset, int argc,
                            char **argv);
void dslt_run_command_free(dslt_run_command *command);

#endif
