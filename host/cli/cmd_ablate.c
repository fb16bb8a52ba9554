/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_ablate.c: dslt ablate: seven runs with host/experiment's engine, then one table. */
#include "cli/cmd_ablate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd_run_options.h"
#include "cli/cmd_run_watch.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/signals.h"
#include "cli/track_options.h"
#include "experiment/ablation.h"
#include "experiment/draft.h"

static const char doc[] =
    "Repeat the paper's ablations (section 5.3) on a set: the losses shrinkage, L2, L3 and OHNM with "
    "threshold 0.01, and "
    "the layers of DSLT, DSLT_m (not connected), DSLT_34 and DSLT_35. DSLT is in both, so there are seven "
    "runs."
    "\v"
    "Each variant has its folder in DIR, as dslt run makes them; what is finished there is not done again. "
    "Then the "
    "table is printed beside the numbers that the paper prints, and DIR gets ablation.json, ablation.md, "
    "curves.csv "
    "(loss against step, figure 11 left) and iterations.csv (steps per sequence, figure 11 right). Relative "
    "losses are "
    "divided by the first step's, since different losses have different sizes; where training stopped early "
    "its last "
    "loss is kept.\n"
    "\n"
    "The other numbers are those of preset paper unless --preset names another one. Results of --frames are "
    "scored on those frames alone.\n"
    "\n"
    "With --shard each process does its part of every variant, and whoever comes last makes the table.\n"
    "\n"
    "Examples:\n"
    "  dslt ablate --dataset otb100 --root /data/OTB100 -o ablation\n"
    "  dslt ablate --dataset folder --root my-set -o try --frames 50\n"
    "  dslt ablate --dataset otb100 --root /data/OTB100 -o other --preset default\n"
    "  dslt report ablation/*/ -o report.html --dataset otb100 --root /data/OTB100 --ablation "
    "ablation/ablation.json\n"
    "\n"
    "Exit codes: 0 done, 1 a sequence failed or results could not be written, 2 wrong command line or other "
    "options "
    "than the folder's, 3 unusable set, 4 unusable weights, 5 backend not available, 130 or 143 interrupted.";

static error_t parse_key(int key, char *value, struct argp_state *state) {
  (void)value;
  dslt_run_command *command = state->input;
  if (key == ARGP_KEY_INIT) {
    state->child_inputs[0] = command;
    return 0;
  }
  state->name = (char *)command->program;
  if (key != ARGP_KEY_END) return ARGP_ERR_UNKNOWN;
  if (!command->tracker.list && dslt_variant_check_base(command->request.tracker) < 0)
    dslt_usage_error(state, "%s", dslt_last_error());
  return 0;
}

/* Run one variant in its own folder. Takes and returns the worst exit code so far. */
static int run_variant(const dslt_run_command *command, const dslt_variant *variant, int worst) {
  dslt_run_request request = command->request;
  char title[64], *out = NULL;
  dslt_options *options = NULL;
  snprintf(title, sizeof title, "%s: ", variant->name);
  int rc = dslt_results_path(&out, command->request.out, variant->name);
  if (rc == DSLT_OK) rc = dslt_options_clone(&options, command->request.tracker);
  if (rc == DSLT_OK) rc = dslt_variant_apply(options, variant);
  int exit_code = DSLT_EXIT_OK;
  if (rc < 0) {
    exit_code = dslt_console_fail(rc, DSLT_EXIT_FAILED);
    goto done;
  }
  request.out = out;
  request.tracker = options;
  dslt_run_result result;
  exit_code = dslt_run_watched(&result, &request, title, command->quiet);
done:
  dslt_options_free(options);
  free(out);
  return exit_code == DSLT_EXIT_OK ? worst : exit_code;
}

/* Sequences that failed are left out of the table; anything else ends the ablation. */
static int may_go_on(int exit_code) { return exit_code == DSLT_EXIT_OK || exit_code == DSLT_EXIT_FAILED; }

static int make_table(const dslt_run_command *command, int exit_code) {
  dslt_ablation ablation;
  int rc = dslt_ablation_score_all(&ablation, &command->request);
  int whole = rc == DSLT_OK;
  for (int i = 1; whole && i < DSLT_VARIANTS; i++) whole = ablation.finished[i] == ablation.finished[0];
  if (rc == DSLT_OK) rc = dslt_ablation_save(&ablation, command->request.out);
  if (rc == DSLT_OK) dslt_ablation_print(stdout, &ablation);
  dslt_ablation_free(&ablation);
  if (command->request.shard.count > 1 && (rc < 0 || !whole)) {
    fputs("Other shards are not done yet: the last one makes the whole table.\n", stderr);
    if (rc < 0) return exit_code;
  }
  return rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_FAILED) : exit_code;
}

static int ablate(const dslt_run_command *command) {
  dslt_signals_catch();
  int exit_code = DSLT_EXIT_OK;
  for (int i = 0; i < DSLT_VARIANTS && may_go_on(exit_code) && !dslt_signal_caught; i++)
    exit_code = run_variant(command, dslt_variant_at(i), exit_code);
  return may_go_on(exit_code) ? make_table(command, exit_code) : exit_code;
}

int dslt_cmd_ablate(int argc, char **argv) {
  static const struct argp_child children[] = {{&dslt_argp_run_common, 0, NULL, 0}, {0}};
  static const struct argp argp = {NULL, parse_key, NULL, doc, children, NULL, NULL};
  dslt_run_command command;
  dslt_run_command_begin(&command, "dslt ablate", "paper", argc, argv);
  static char program[] = "dslt";
  argv[0] = program;
  argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &command);
  int exit_code = DSLT_EXIT_OK;
  if (command.tracker.list)
    dslt_track_options_list(command.tracker.options);
  else
    exit_code = ablate(&command);
  dslt_run_command_free(&command);
  return exit_code;
}
