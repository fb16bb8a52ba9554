/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.c: dslt run: the command line; implemented in host/experiment. */
#include "cli/cmd_run.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cmd_run_options.h"
#include "cli/cmd_run_watch.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/parse_options.h"
#include "cli/signals.h"
#include "cli/track_options.h"
#include "experiment/plan.h"

enum { KEY_PROTOCOL = 0x400, KEY_REPEAT };

static const struct argp_option table[] = {{"protocol", KEY_PROTOCOL, "NAME", 0,
                                            "ope (one pass; default), tre (20 starts), sre (12 first boxes), "
                                            "vot (started again after failures; default for "
                                            "VOT's layout) or vot-unsupervised",
                                            1},
                                           {"repeat", KEY_REPEAT, "K", 0,
                                            "Track each sequence K times with the seeds SEED to SEED + K - 1 "
                                            "(default 1: a seed gives the same boxes each time, so VOT's "
                                            "15 repetitions ask for --repeat 15, with 15 seeds)",
                                            1},
                                           {0}};

static const char doc[] =
    "Track the sequences of a benchmark and write one result file for each. Only the first box of a sequence "
    "comes "
    "from its ground truth (protocol vot: also those after a failure)."
    "\v"
    "Results: DIR/SEQUENCE.txt (x,y,w,h, 1-based), times/SEQUENCE.txt (seconds a frame), "
    "losses/SEQUENCE.json "
    "(first-frame training, hashes of what was read), failed/SEQUENCE.txt (why one could not be tracked), manifest.json (options, "
    "weights, "
    "versions, machine, command). GOT-10k and --repeat: SEQUENCE/SEQUENCE_001.txt; VOT: "
    "baseline/SEQUENCE/SEQUENCE_001.txt; tre and sre: SEQUENCE.tre01.txt, SEQUENCE.sre01.txt. Frames are taken as "
    "stored, whatever their EXIF data say: boxes of ground truth count stored pixels.\n"
    "\n"
    "A run that was interrupted, killed or met a full disk is continued by the same command: what is "
    "finished stays, "
    "the rest is done, and so are sequences whose ground truth or frames changed since. Two runs at once into one "
    "folder are refused, apart from different shards. Other options into the same folder are refused. The same options give the same boxes "
    "to the "
    "byte, whatever --jobs and --shard; times differ. For speed on an otherwise idle machine: --jobs 1 "
    "--threads 0.\n"
    "\n"
    "Examples:\n"
    "  dslt run --dataset otb100 --root /data/OTB100 -o results/DSLT\n"
    "  dslt run --dataset folder --root my-set -o r --sequences cup,car\n"
    "  dslt run --dataset otb100 --root /data/OTB100 -o r --gpus 0,1 --jobs 4\n"
    "  sbatch --array=0-7 --wrap 'dslt run --dataset lasot --root /data/LaSOT \\\n"
    "      -o /shared/r --shard auto/8'\n"
    "\n"
    "bench/recipes has complete scripts for Slurm, GNU parallel and Kubernetes. dslt eval scores the "
    "folder.\n"
    "\n"
    "Exit codes: 0 done, 1 a sequence failed or results could not be written, 2 wrong command line or other "
    "options "
    "than the folder's, 3 unusable set, 4 unusable weights, 5 backend not available, 130 or 143 interrupted.";

typedef struct parsing {
  dslt_run_command command;
  const char *protocol;
} parsing;

static void choose_protocol(struct argp_state *state, parsing *parse) {
  dslt_run_request *request = &parse->command.request;
  int rc = DSLT_OK;
  if (parse->protocol) {
    rc = dslt_run_protocol_parse(&request->protocol, parse->protocol);
  } else {
    const dslt_dataset_kind *kind = NULL;
    rc = dslt_dataset_kind_find(&kind, request->dataset);
    if (rc == DSLT_OK) request->protocol = dslt_run_default_protocol(kind);
  }
  if (rc < 0) dslt_usage_error(state, "%s", dslt_last_error());
}

static error_t parse_key(int key, char *value, struct argp_state *state) {
  parsing *parse = state->input;
  if (key == ARGP_KEY_INIT) {
    state->child_inputs[0] = &parse->command;
    return 0;
  }
  state->name = (char *)parse->command.program;
  switch (key) {
    case KEY_PROTOCOL: parse->protocol = value; break;
    case KEY_REPEAT:
      parse->command.request.repeat = (int)dslt_usage_integer(state, "--repeat", value, 1, 999);
      break;
    case ARGP_KEY_END:
      if (!parse->command.tracker.list) choose_protocol(state, parse);
      break;
    default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

int dslt_cmd_run(int argc, char **argv) {
  static const struct argp_child children[] = {{&dslt_argp_run_common, 0, NULL, 0}, {0}};
  static const struct argp argp = {table, parse_key, NULL, doc, children, NULL, NULL};
  parsing parse = {0};
  dslt_run_command_begin(&parse.command, "dslt run", NULL, argc, argv);
  dslt_parse_options(&argp, parse.command.program, argc, argv, &parse);
  int exit_code = DSLT_EXIT_OK;
  if (parse.command.tracker.list) {
    dslt_track_options_list(parse.command.tracker.options);
  } else {
    dslt_signals_catch();
    dslt_run_result result;
    exit_code = dslt_run_watched(&result, &parse.command.request, "", parse.command.quiet);
  }
  dslt_run_command_free(&parse.command);
  return exit_code;
}
