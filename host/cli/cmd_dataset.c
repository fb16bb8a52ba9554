/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_dataset.c: dslt dataset: lists the known benchmark sets and checks one on disk. */
#include "cli/cmd_dataset.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "cli/actions.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/parse_options.h"
#include "dataset/dataset.h"
#include "report/dataset.h"

/* ---- list ---------------------------------------------------------------------------------------- */

typedef struct list_options {
  const char *kind;
  int json;
} list_options;

static error_t parse_list(int key, char *value, struct argp_state *state) {
  list_options *options = state->input;
  switch (key) {
    case 'j': options->json = 1; return 0;
    case ARGP_KEY_ARG:
      if (options->kind)
        dslt_usage_error(state, "One dataset at a time: \"%s\" came after \"%s\".", value, options->kind);
      options->kind = value;
      return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

static int run_list(int argc, char **argv) {
  static const struct argp_option table[] = {{"json", 'j', 0, 0, "Print JSON instead of text", 0}, {0}};
  static const char doc[] =
      "Show the benchmark sets that dslt knows. With a NAME: how its files lie under ROOT, its attributes "
      "and "
      "its published sequences."
      "\v"
      "Examples:\n"
      "  dslt dataset list\n"
      "  dslt dataset list otb100\n"
      "  dslt dataset list uav123 --json | jq '.names[]'\n\n"
      "Exit codes: 0 done, 1 failed, 2 wrong command line.";
  static const struct argp argp = {table, parse_list, "[NAME]", doc, NULL, NULL, NULL};
  list_options options = {0};
  dslt_check_options(&argp, argv[0], argc, argv);
  argp_parse(&argp, argc, argv, 0, NULL, &options);
  const dslt_dataset_kind *kind = NULL;
  if (options.kind) {
    const int rc = dslt_dataset_kind_find(&kind, options.kind);
    if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_USAGE);
  }
  const int rc = kind ? dslt_dataset_print_kind(kind, options.json) : dslt_dataset_print_kinds(options.json);
  return rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_FAILED) : DSLT_EXIT_OK;
}

/* ---- check --------------------------------------------------------------------------------------- */

enum { KEY_SEQUENCES = 0x100 };

typedef struct check_options {
  const char *root, *kind, *sequences;
  int json, all;
} check_options;

static error_t parse_check(int key, char *value, struct argp_state *state) {
  check_options *options = state->input;
  switch (key) {
    case 'd': options->kind = value; return 0;
    case KEY_SEQUENCES: options->sequences = value; return 0;
    case 'j': options->json = 1; return 0;
    case 'a': options->all = 1; return 0;
    case ARGP_KEY_ARG:
      if (options->root)
        dslt_usage_error(state, "One folder at a time: \"%s\" came after \"%s\".", value, options->root);
      options->root = value;
      return 0;
    case ARGP_KEY_END:
      if (!options->root)
        dslt_usage_error(state, "The folder is missing: name the one that holds the dataset.");
      return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

static int check(const dslt_dataset_kind *kind, const check_options *options) {
  dslt_dataset *set = NULL;
  int rc = dslt_dataset_open(&set, kind->name, options->root);
  if (rc == DSLT_OK) rc = dslt_dataset_select(set, options->sequences);
  dslt_findings findings = {0};
  if (rc == DSLT_OK) rc = dslt_dataset_check(&findings, set);
  if (rc < 0) {
    dslt_dataset_free(set);
    return dslt_console_fail(rc, DSLT_EXIT_INPUT);
  }
  rc = dslt_dataset_print_findings(set, &findings, options->all, options->json);
  const int problems = findings.problems;
  dslt_findings_free(&findings);
  dslt_dataset_free(set);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  return problems ? DSLT_EXIT_INPUT : DSLT_EXIT_OK;
}

static int run_check(int argc, char **argv) {
  static const struct argp_option table[] = {
      {"dataset", 'd', "NAME", 0, "Which set DIR holds, see dslt dataset list (default: what DIR looks like)",
       0},
      {"sequences", KEY_SEQUENCES, "A,B,C", 0, "Look at these sequences only", 0},
      {"all", 'a', 0, 0, "Show what is worth knowing too, not only what is missing or odd", 0},
      {"json", 'j', 0, 0, "Print JSON instead of text: every finding and every sequence", 0},
      {0}};
  static const char doc[] =
      "Look through the benchmark set in DIR and say what is missing or odd: absent sequences, missing or "
      "unreadable ground truth, missing, empty or doubled images, counts that differ from each other or from "
      "the published ones (with the rule that dslt applies), unexpected NaN rows. No image is decoded and "
      "nothing is changed."
      "\v"
      "DIR may hold whole sequences, or only annotations SEQUENCE.txt; the latter are reported as sequences "
      "without frames, which is enough for dslt eval. If DIR is the wrong folder but one above or below it "
      "is right, dslt names it.\n\n"
      "Examples:\n"
      "  dslt dataset check /data/OTB100 --dataset otb100\n"
      "  dslt dataset check /data/OTB100 -d otb100 --sequences Jogging-1,Tiger1\n"
      "  dslt dataset check /data/UAV123 --json | jq '.findings[].text'\n\n"
      "Exit codes: 0 all there and as published, 1 failed, 2 wrong command line, 3 something is missing or "
      "odd, or DIR holds no such set.";
  static const struct argp argp = {table, parse_check, "DIR", doc, NULL, NULL, NULL};
  check_options options = {0};
  dslt_check_options(&argp, argv[0], argc, argv);
  argp_parse(&argp, argc, argv, 0, NULL, &options);
  const dslt_dataset_kind *kind = NULL;
  if (options.kind) {
    const int rc = dslt_dataset_kind_find(&kind, options.kind);
    if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_USAGE);
  } else {
    const int rc = dslt_dataset_guess(&kind, NULL, options.root);
    if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_INPUT);
  }
  return check(kind, &options);
}

/* ---- which of them ------------------------------------------------------------------------------- */

int dslt_cmd_dataset(int argc, char **argv) {
  static const char doc[] =
      "Benchmark sets: which ones dslt reads, and whether a copy on disk is complete."
      "\v"
      "  list [NAME]   the sets, or one with its files, attributes and sequences\n"
      "  check DIR     what is there, missing or odd in a copy\n\n"
      "  dslt dataset VERB --help explains a verb.\n\n"
      "Examples:\n"
      "  dslt dataset list otb100\n"
      "  dslt dataset check /data/OTB100 --dataset otb100\n\n"
      "Exit codes: 0 done, 1 failed, 2 wrong command line, 3 something is missing or odd.";
  static const dslt_action list[] = {
      {"list", "dslt dataset list", run_list},
      {"check", "dslt dataset check", run_check},
  };
  static const dslt_actions actions = {"dslt dataset", "list [NAME]\ncheck [OPTION...] DIR", doc, list,
                                       sizeof list / sizeof *list};
  return dslt_actions_run(&actions, argc, argv);
}
