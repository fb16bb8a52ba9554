/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run_options.c: the options that dslt run and dslt ablate share. */
#include "cli/cmd_run_options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/console.h"
#include "cli/exit_codes.h"

enum { KEY_DATASET = 0x300, KEY_ROOT, KEY_SEQUENCES, KEY_FRAMES, KEY_JOBS, KEY_GPUS, KEY_SHARD };

static const struct argp_option table[] = {
    {0, 0, 0, 0, "Sequences:", 1},
    {"dataset", KEY_DATASET, "NAME", 0,
     "Which set: otb2013, otb50, otb100, tc128, uav123, uav20l, uav123_10fps, vot2016, vot, got10k, lasot or "
     "folder "
     "(any OTB-like set); dslt dataset --help lists them (required)",
     1},
    {"root", KEY_ROOT, "DIR", 0, "Where the set lies (required)", 1},
    {"sequences", KEY_SEQUENCES, "A,B", 0, "Only these; default: all that the root has", 1},
    {"frames", KEY_FRAMES, "N", 0, "Only the first N frames of each, for a try", 1},
    {0, 0, 0, 0, "Results and work:", 3},
    {"out", 'o', "DIR", 0, "Folder of the results; an unfinished run there is continued (required)", 3},
    {"jobs", KEY_JOBS, "N", 0,
     "Sequences at a time, each in a process of its own; default: as cores and memory allow, or one for each "
     "GPU",
     3},
    {"gpus", KEY_GPUS, "0,1", 0, "GPUs that the jobs take in turn (CUDA_VISIBLE_DEVICES of each)", 3},
    {"shard", KEY_SHARD, "I/N", 0,
     "Do only part I of N, 1 <= I <= N. auto/N takes I from SLURM_ARRAY_TASK_ID (from 0), "
     "JOB_COMPLETION_INDEX or "
     "PARALLEL_SEQ; inside a Slurm array both come from it unless given",
     3},
    {"quiet", 'q', 0, 0, "Print errors only", 3},
    {0}};

static void need(const struct argp_state *state, const char *value, const char *sentence) {
  if (!value || !value[0]) dslt_usage_error(state, "%s", sentence);
}

static void complete(struct argp_state *state, dslt_run_command *command) {
  dslt_run_request *request = &command->request;
  request->tracker = command->tracker.options;
  request->weights = command->tracker.weights;
  if (command->tracker.list) return;
  need(state, request->dataset, "The set is missing: give --dataset NAME, e.g. otb100 or folder.");
  need(state, request->root, "The set's place is missing: give --root DIR.");
  need(state, request->out, "The results' place is missing: give --out DIR.");
  if (dslt_shard_parse(&request->shard, command->shard) < 0) dslt_usage_error(state, "%s", dslt_last_error());
}

static error_t parse_key(int key, char *value, struct argp_state *state) {
  dslt_run_command *command = state->input;
  dslt_run_request *request = &command->request;
  if (key == ARGP_KEY_INIT) {
    state->child_inputs[0] = (char *)command->program; /* argp only prints it */
    state->child_inputs[1] = &command->tracker;
    return 0;
  }
  state->name = (char *)command->program;
  switch (key) {
    case KEY_DATASET: request->dataset = value; break;
    case KEY_ROOT: request->root = value; break;
    case KEY_SEQUENCES: request->sequences = value; break;
    case KEY_FRAMES: request->frames = dslt_usage_integer(state, "--frames", value, 1, INT32_MAX); break;
    case 'o': request->out = value; break;
    case KEY_JOBS: request->jobs = (int)dslt_usage_integer(state, "--jobs", value, 1, 4096); break;
    case KEY_GPUS: request->gpus = value; break;
    case KEY_SHARD: command->shard = value; break;
    case 'q': command->quiet = 1; break;
    case ARGP_KEY_ARG:
      dslt_usage_error(state, "\"%s\" is too much: everything here is an option; see --help.", value);
    case ARGP_KEY_END: complete(state, command); break;
    default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

static const struct argp_child children[] = {
    {&dslt_argp_help, 0, NULL, 0}, {&dslt_argp_tracker, 0, NULL, 2}, {0}};
const struct argp dslt_argp_run_common = {table, parse_key, NULL, NULL, children, NULL, NULL};

static char *copy(const char *text) {
  char *out = strdup(text);
  if (out) return out;
  dslt_console_error("Out of memory while reading the command line.");
  exit(DSLT_EXIT_FAILED);
}

void dslt_run_command_begin(dslt_run_command *out, const char *program, const char *preset, int argc,
                            char **argv) {
  memset(out, 0, sizeof *out);
  out->program = program;
  out->request.repeat = 1;
  out->tracker = (dslt_tracker_choice){.program = program, .preset = preset, .one_thread = 1, .room = argc};
  out->tracker.settings = calloc((size_t)argc + 1, sizeof *out->tracker.settings);
  out->request.argv = calloc((size_t)argc + 1, sizeof *out->request.argv);
  if (!out->tracker.settings || !out->request.argv) {
    dslt_console_error("Out of memory while reading the command line.");
    exit(DSLT_EXIT_FAILED);
  }
  out->request.argv[out->request.argc++] = copy("dslt");
  for (int i = 0; i < argc; i++) out->request.argv[out->request.argc++] = copy(argv[i]);
}

void dslt_run_command_free(dslt_run_command *command) {
  for (int i = 0; i < command->request.argc; i++) free(command->request.argv[i]);
  free(command->request.argv);
  free(command->tracker.settings);
  dslt_options_free(command->tracker.options);
}
