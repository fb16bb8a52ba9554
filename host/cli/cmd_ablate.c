/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_ablate.c: dslt ablate: a study's runs with host/experiment's engine, then one table. */
#include "cli/cmd_ablate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/cmd_run_options.h"
#include "cli/cmd_run_watch.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/parse_options.h"
#include "cli/signals.h"
#include "cli/track_options.h"
#include "experiment/ablation.h"
#include "experiment/ablation_vot.h"
#include "experiment/draft.h"
#include "experiment/networks.h"
#include "experiment/plan.h"

enum { KEY_PAPER = 0x500, KEY_NETWORKS, KEY_PROTOCOL, KEY_YEAR };

/* The verb's command line. */
typedef struct ablate_command {
  dslt_run_command run; /* first, since the common options are parsed into it */
  const dslt_study *study;
  const char *protocol, *year; /* as given, or NULL */
  dslt_vot_rules rules;        /* of the year */
  const char *folder;          /* of --networks, or NULL */
  dslt_network_list networks;  /* found there */
} ablate_command;

static const struct argp_option table[] = {
    {"paper", KEY_PAPER, "NAME", 0, "Whose ablations: dslt (default), crt, trackloss or adacfnet", 1},
    {"networks", KEY_NETWORKS, "DIR", 0,
     "adacfnet: folder of the trained networks, KIND-SEED.safetensors (required)", 1},
    {"protocol", KEY_PROTOCOL, "NAME", 0,
     "ope (one pass; default) or, for trackloss, vot: with and without starts after failures (default for VOT's layout)",
     1},
    {"year", KEY_YEAR, "N", 0, "--protocol vot: the interval of EAO, 2015 to 2019 (default 2016)", 1},
    {0}};

static const char doc[] =
    "Repeat a paper's ablations on a set. DSLT's (section 5.3): the losses shrinkage, L2, L3 and OHNM with threshold "
    "0.01, and the layers of DSLT, DSLT_m (not connected), DSLT_34 and DSLT_35; DSLT is in both, so there are seven "
    "runs; a network that names its own taps has no DSLT_34 and DSLT_35. CRT's (tables 1 to 3): six features, with and without its loss's threshold and weight, four patches; conv10 "
    "and conv13 are left out where the weights lack them. The tracking loss's (tables 1 and 2): five ways to match "
    "anchors, seven losses; 1+4 with softmax is in both. AdaCFNet's (figure 9, table II): networks that you trained with "
    "weights/adacfnet, of each kind (cfnet, se, focal, se-focal) one or more seeds."
    "\v"
    "Each variant has its folder in DIR, as dslt run makes them; what is finished there is not done again. Then the "
    "table is printed beside the numbers that the paper prints, and DIR gets ablation.json, ablation.md, curves.csv "
    "(loss against step, DSLT's figure 11 left) and iterations.csv (steps per sequence, its figure 11 right). Relative "
    "losses are divided by the first step's, since different losses have different sizes; where training stopped early "
    "its last loss is kept.\n"
    "\n"
    "The other numbers are those of preset paper (CRT: crt-conv2, tracking loss: trackloss-softmax, AdaCFNet: adacfnet) unless --preset names another one. Results of "
    "--frames are scored on those frames alone.\n"
    "\n"
    "The tracking loss's by VOT's protocol, --protocol vot, are its tables 1 and 2 as the paper has them: average overlap "
    "with and without resets, EAO, accuracy, failures and ranks; DIR gets ablation.md and vot.json.\n"
    "\n"
    "With --shard each process does its part of every variant, and whoever comes last makes the table.\n"
    "\n"
    "Examples:\n"
    "  dslt ablate --dataset otb100 --root /data/OTB100 -o ablation\n"
    "  dslt ablate --paper crt --dataset otb50 --root /data/OTB100 -w vgg16.safetensors -o crt\n"
    "  dslt ablate --paper adacfnet --networks trained --dataset otb2013 --root /data/OTB100 -o adacfnet\n"
    "  dslt ablate --paper trackloss --dataset vot2016 --root /data/vot2016 -o trackloss\n"
    "  dslt ablate --dataset folder --root my-set -o try --frames 50\n"
    "  dslt report ablation/*/ -o report.html --dataset otb100 --root /data/OTB100 --ablation "
    "ablation/ablation.json\n"
    "\n"
    "Exit codes: 0 done, 1 a sequence failed or results could not be written, 2 wrong command line or other options "
    "than the folder's, 3 unusable set, 4 unusable weights, 5 backend not available, 130 or 143 interrupted.";

static void check_networks(const ablate_command *command, const struct argp_state *state) {
  const dslt_study *study = command->study;
  const dslt_tracker_choice *tracker = &command->run.tracker;
  if (!study->kinds && command->folder)
    dslt_usage_error(state, "--networks is for --paper adacfnet: the ablations of %s need one network.",
                     study->paper);
  if (study->kinds && !command->folder)
    dslt_usage_error(state,
                     "The trained networks are missing: give --networks DIR; weights/adacfnet makes them.");
  if (study->kinds && strcmp(tracker->weights, dslt_options_weights(tracker->options)) != 0)
    dslt_usage_error(
        state, "--weights names one network, and --paper %s compares those of --networks: leave it out.",
        study->paper);
}

/* By VOT's protocol? Only a study whose paper used it can be. */
static void choose_protocol(ablate_command *command, const struct argp_state *state) {
  dslt_run_request *request = &command->run.request;
  const dslt_dataset_kind *kind = NULL;
  char year[16];
  int rc = dslt_dataset_kind_find(&kind, request->dataset);
  if (rc == DSLT_OK && command->protocol)
    rc = dslt_run_protocol_parse(&request->protocol, command->protocol);
  else if (rc == DSLT_OK && command->study->vot)
    request->protocol = dslt_run_default_protocol(kind);
  snprintf(year, sizeof year, "VOT%s", command->year ? command->year : "2016");
  if (rc == DSLT_OK) rc = dslt_vot_rules_year(&command->rules, DSLT_VOT_MATLAB, year);
  if (rc < 0) dslt_usage_error(state, "%s", dslt_last_error());
  if (request->protocol != DSLT_RUN_OPE && request->protocol != DSLT_RUN_VOT)
    dslt_usage_error(state, "The ablations are made by --protocol ope or vot, not %s.", command->protocol);
  if (request->protocol == DSLT_RUN_VOT && !command->study->vot)
    dslt_usage_error(state,
                     "--protocol vot is for --paper trackloss: the other papers have no numbers by it.");
  if (command->year && request->protocol != DSLT_RUN_VOT)
    dslt_usage_error(state, "--year is for --protocol vot.");
}

static error_t parse_key(int key, char *value, struct argp_state *state) {
  ablate_command *command = state->input;
  dslt_tracker_choice *tracker = &command->run.tracker;
  if (key == ARGP_KEY_INIT) {
    state->child_inputs[0] = &command->run;
    return 0;
  }
  state->name = (char *)command->run.program;
  if (key == KEY_PAPER) {
    const char *before = command->study->preset;
    if (dslt_study_find(&command->study, value) < 0) dslt_usage_error(state, "%s", dslt_last_error());
    if (tracker->preset == before) tracker->preset = command->study->preset; /* none was named */
    return 0;
  }
  if (key == KEY_NETWORKS) {
    command->folder = value;
    return 0;
  }
  if (key == KEY_PROTOCOL || key == KEY_YEAR) {
    *(key == KEY_PROTOCOL ? &command->protocol : &command->year) = value;
    return 0;
  }
  if (key != ARGP_KEY_END) return ARGP_ERR_UNKNOWN;
  if (tracker->list) return 0;
  choose_protocol(command, state);
  if (command->study->check_base(command->run.request.tracker) < 0)
    dslt_usage_error(state, "%s", dslt_last_error());
  check_networks(command, state);
  return 0;
}

/* The variant's options: the command's preset or its own, the command line's settings, the variant's. */
static int make_options(dslt_options **out, const dslt_run_command *command, const dslt_variant *variant) {
  if (variant->preset)
    DSLT_TRY(dslt_tracker_choice_options(out, &command->tracker, variant->preset));
  else
    DSLT_TRY(dslt_options_clone(out, command->request.tracker));
  return dslt_variant_apply(*out, variant);
}

/* Run one variant in its own folder. Takes and returns the worst exit code so far. */
static int run_variant(const dslt_run_command *command, const dslt_study *study, int place,
                       dslt_run_protocol protocol, int worst) {
  const dslt_variant *variant = &study->variants[place];
  dslt_run_request request = command->request;
  request.protocol = protocol;
  if (study->networks) request.weights = study->networks->networks[place].weights;
  char title[64], *out = NULL;
  dslt_options *options = NULL;
  snprintf(title, sizeof title, "%s: ", variant->name);
  int rc = dslt_results_path(&out, command->request.out, variant->name);
  if (rc == DSLT_OK) rc = make_options(&options, command, variant);
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
  if (exit_code == DSLT_EXIT_WEIGHTS && variant->optional)
    return worst; /* said already; left out of the table */
  return exit_code == DSLT_EXIT_OK ? worst : exit_code;
}

/* Sequences that failed are left out of the table; anything else ends the ablation. */
static int may_go_on(int exit_code) { return exit_code == DSLT_EXIT_OK || exit_code == DSLT_EXIT_FAILED; }

static int make_table(const dslt_run_command *command, const dslt_study *study, int exit_code) {
  dslt_ablation ablation;
  int rc = dslt_ablation_score_all(&ablation, study, &command->request);
  int whole = rc == DSLT_OK;
  for (int i = 1; whole && i < study->count; i++)
    whole = ablation.left_out[i] || ablation.finished[i] == ablation.finished[0];
  if (rc == DSLT_OK) rc = dslt_ablation_save(&ablation, command->request.out);
  if (rc == DSLT_OK) dslt_ablation_print(stdout, &ablation);
  dslt_ablation_free(&ablation);
  if (command->request.shard.count > 1 && (rc < 0 || !whole)) {
    fputs("Other shards are not done yet: the last one makes the whole table.\n", stderr);
    if (rc < 0) return exit_code;
  }
  return rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_FAILED) : exit_code;
}

static int make_vot_tables(const ablate_command *command, const dslt_study *study, int exit_code) {
  const dslt_run_request *request = &command->run.request;
  dslt_ablation_vot ablation;
  int rc = dslt_ablation_vot_score(&ablation, study, request, &command->rules);
  const int whole = rc == DSLT_OK && dslt_ablation_vot_whole(&ablation);
  if (rc == DSLT_OK) rc = dslt_ablation_vot_save(&ablation, request->out);
  if (rc == DSLT_OK) rc = dslt_ablation_vot_print(stdout, &ablation);
  dslt_ablation_vot_free(&ablation);
  if (request->shard.count > 1 && rc == DSLT_OK && !whole)
    fputs("Other shards are not done yet: the last one makes the whole tables.\n", stderr);
  return rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_FAILED) : exit_code;
}

/* Every variant with resets, and those of the table without resets once more. */
static int run_study(const dslt_run_command *run, const dslt_study *study) {
  const int vot = run->request.protocol == DSLT_RUN_VOT;
  int exit_code = DSLT_EXIT_OK;
  for (int i = 0; i < study->count && may_go_on(exit_code) && !dslt_signal_caught; i++) {
    int fits;
    const int rc = dslt_variant_fits(&fits, &study->variants[i], run->request.weights);
    if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_WEIGHTS);
    if (fits) exit_code = run_variant(run, study, i, run->request.protocol, exit_code);
    if (vot && fits && may_go_on(exit_code) && dslt_ablation_vot_no_reset(study, i))
      exit_code = run_variant(run, study, i, DSLT_RUN_VOT_UNSUPERVISED, exit_code);
  }
  return exit_code;
}

static int ablate(const ablate_command *command, const dslt_study *study) {
  dslt_signals_catch();
  const int exit_code = run_study(&command->run, study);
  if (!may_go_on(exit_code)) return exit_code;
  return command->run.request.protocol == DSLT_RUN_VOT ? make_vot_tables(command, study, exit_code)
                                                       : make_table(&command->run, study, exit_code);
}

int dslt_cmd_ablate(int argc, char **argv) {
  static const struct argp_child children[] = {{&dslt_argp_run_common, 0, NULL, 0}, {0}};
  static const struct argp argp = {table, parse_key, NULL, doc, children, NULL, NULL};
  ablate_command command = {.study = dslt_study_at(0)};
  dslt_run_command_begin(&command.run, "dslt ablate", command.study->preset, argc, argv);
  dslt_parse_options(&argp, command.run.program, argc, argv, &command);
  int exit_code = DSLT_EXIT_OK;
  if (command.run.tracker.list)
    dslt_track_options_list(command.run.tracker.options);
  else if (!command.folder)
    exit_code = ablate(&command, command.study);
  else if (dslt_network_list_open(&command.networks, command.study, command.folder) == DSLT_OK)
    exit_code = ablate(&command, &command.networks.study);
  else
    exit_code = dslt_console_fail(DSLT_EIO, DSLT_EXIT_WEIGHTS);
  dslt_network_list_free(&command.networks);
  dslt_run_command_free(&command.run);
  return exit_code;
}
