/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_report.c: dslt report; implemented in host/report. */
#include "cli/cmd_report.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/console.h"
#include "cli/eval_options.h"
#include "cli/exit_codes.h"
#include "cli/parse_options.h"
#include "cli/signals.h"
#include "dataset/dataset.h"
#include "report/page.h"

enum { MOST_SOURCES = 256, MEGABYTES = 20, MOST_MEGABYTES = 1000 };

/* ---- the command line ---------------------------------------------------------------------------- */

enum {
  KEY_DATASET = 0x100,
  KEY_ROOT,
  KEY_SEQUENCES,
  KEY_CONVENTION,
  KEY_COMMON,
  KEY_ALLOW_MISSING,
  KEY_PLOTS,
  KEY_TITLE,
  KEY_FOCUS,
  KEY_NO_THUMBNAILS,
  KEY_PLAYER,
  KEY_VOT,
  KEY_ABLATION,
  KEY_SUMMARY
};

typedef struct report_options {
  dslt_page_request request;
  dslt_page_extra extras[MOST_SOURCES]; /* --vot, --ablation and --summary files */
  dslt_result_source sources[MOST_SOURCES];
  dslt_eval_source owned[MOST_SOURCES]; /* what `sources` points to */
  int allow_missing;
} report_options;

static void add_source(report_options *o, const struct argp_state *state, const char *text) {
  if (o->request.source_count == MOST_SOURCES)
    dslt_usage_error(state, "A report has room for %d result folders.", (int)MOST_SOURCES);
  dslt_eval_source *source = &o->owned[o->request.source_count];
  if (dslt_eval_source_parse(source, text) < 0) dslt_usage_error(state, "%s", dslt_last_error());
  for (int i = 0; i < o->request.source_count; i++)
    if (strcmp(o->owned[i].name, source->name) == 0)
      dslt_usage_error(state, "Two result folders are called \"%s\": tell them apart with NAME=DIR.",
                       source->name);
  o->sources[o->request.source_count++] = (dslt_result_source){source->name, source->folder};
}

static void add_extra(report_options *o, const struct argp_state *state, const char *option,
                      const char *file) {
  if (o->request.extra_count == MOST_SOURCES) dslt_usage_error(state, "%s is given too often.", option);
  o->extras[o->request.extra_count++] = (dslt_page_extra){option, file};
}

static int megabytes(const struct argp_state *state, const char *text) {
  char *end;
  errno = 0;
  const long value = strtol(text, &end, 10);
  if (end == text || *end || errno || value < 0 || value > MOST_MEGABYTES)
    dslt_usage_error(state, "--player-megabytes is a whole number from 0 to %d, not \"%s\".",
                     (int)MOST_MEGABYTES, text);
  return (int)value;
}

static void check(const report_options *o, const struct argp_state *state) {
  if (!o->request.out) dslt_usage_error(state, "The page's place is missing: give -o FILE.");
  if (o->request.source_count == 0 && o->request.extra_count == 0)
    dslt_usage_error(
        state, "The result folders are missing: name at least one, or --vot, --ablation or --summary FILE.");
  if (o->request.source_count > 0 && !o->request.dataset)
    dslt_usage_error(state, "The dataset is missing: give --dataset NAME.");
  if (o->request.source_count > 0 && !o->request.root)
    dslt_usage_error(state, "The dataset's folder is missing: give --root DIR.");
  if (o->request.source_count == 0) return;
  const dslt_dataset_kind *kind;
  if (dslt_dataset_kind_find(&kind, o->request.dataset) < 0)
    dslt_usage_error(state, "--dataset: %s", dslt_last_error());
}

static error_t parse(int key, char *value, struct argp_state *state) {
  static char name[] = "dslt report";
  report_options *o = state->input;
  dslt_argp_name(state, key, name);
  switch (key) {
    case KEY_DATASET: o->request.dataset = value; return 0;
    case KEY_ROOT: o->request.root = value; return 0;
    case KEY_SEQUENCES: o->request.sequences = value; return 0;
    case KEY_CONVENTION:
      if (dslt_convention_parse(&o->request.convention, value) < 0)
        dslt_usage_error(state, "--convention: %s", dslt_last_error());
      return 0;
    case KEY_COMMON: o->request.common = 1; return 0;
    case KEY_ALLOW_MISSING: o->allow_missing = 1; return 0;
    case KEY_PLOTS: o->request.plots = value; return 0;
    case KEY_TITLE: o->request.title = value; return 0;
    case KEY_FOCUS: o->request.focus = value; return 0;
    case KEY_NO_THUMBNAILS: o->request.no_thumbnails = 1; return 0;
    case KEY_PLAYER: o->request.player_megabytes = megabytes(state, value); return 0;
    case KEY_VOT: add_extra(o, state, "--vot", value); return 0;
    case KEY_ABLATION: add_extra(o, state, "--ablation", value); return 0;
    case KEY_SUMMARY: add_extra(o, state, "--summary", value); return 0;
    case 'o': o->request.out = value; return 0;
    case ARGP_KEY_ARG: add_source(o, state, value); return 0;
    case ARGP_KEY_END: check(o, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- the command --------------------------------------------------------------------------------- */

static const struct argp_option table[] = {
    {"dataset", KEY_DATASET, "NAME", 0, "The benchmark: otb100, otb2013, uav123, lasot, folder ...", 1},
    {"root", KEY_ROOT, "DIR", 0,
     "Its folder: whole sequences, or annotations alone (then the report has no thumbnails)", 1},
    {"sequences", KEY_SEQUENCES, "A,B", 0, "Only these sequences", 1},
    {"convention", KEY_CONVENTION, "NAME", 0, "matlab (default), pysot, got10k or pytracking", 1},
    {"common", KEY_COMMON, 0, 0, "Only sequences that every tracker has results for", 1},
    {"allow-missing", KEY_ALLOW_MISSING, 0, 0, "Missing results do not change the exit code", 1},
    {"output", 'o', "FILE", 0, "The page to write (required)", 2},
    {"plots", KEY_PLOTS, "DIR", 0, "Write every figure as SVG and PNG into DIR too", 2},
    {"title", KEY_TITLE, "TEXT", 0, "The page's title", 2},
    {"focus", KEY_FOCUS, "NAME", 0,
     "The tracker whose strips and worst frames are shown (default: the first)", 2},
    {"no-thumbnails", KEY_NO_THUMBNAILS, 0, 0, "No frames in the page: it may be published freely", 2},
    {"player-megabytes", KEY_PLAYER, "N", 0,
     "What sequences that play in the page may take of it (default 20). With less room frames are smaller, then fewer, "
     "then of the sequences that the tracker in focus does worst on alone. 0: none",
     2},
    {"vot", KEY_VOT, "FILE", 0, "The JSON of dslt eval --protocol vot, for AR and EAO plots; may be repeated",
     3},
    {"ablation", KEY_ABLATION, "FILE", 0, "The ablation.json of dslt ablate", 3},
    {"summary", KEY_SUMMARY, "FILE", 0,
     "The --summary of dslt track with a network that has channel attention, for its channel weights; may be repeated",
     3},
    {0}};

static const char doc[] =
    "Write one HTML page about result folders that needs no network: success and precision plots with "
    "legends "
    "ranked as in the papers, plots per attribute, a table of sequences that sorts, overlap over time with "
    "the worst "
    "frames, sequences that play with every tracker's box, training losses, speed, and how the results were made. The same input gives the same page."
    "\v"
    "RESULTS is a folder with a file SEQUENCE.txt for each sequence, as dslt run writes it and as trackers' "
    "authors publish it; it is scored first, as dslt eval does. The folder's name is the tracker's; NAME=DIR "
    "gives "
    "another. What dslt run leaves beside the boxes (times, losses, manifest.json) is shown where it is "
    "found.\n\n"
    "The page is drawn by Python 3 with matplotlib, Pillow and Jinja2 (apt-get install python3-matplotlib "
    "python3-pil python3-jinja2). DSLT_PYTHON names "
    "another "
    "interpreter than python3; TMPDIR another place for scores on their way than /tmp.\n\n"
    "Examples:\n"
    "  dslt report results/DSLT published/KCF published/SRDCF --dataset otb100 --root OTB100 -o report.html\n"
    "  dslt report results/DSLT --dataset otb2013 --root OTB100 -o report.html --plots figures "
    "--no-thumbnails\n"
    "  dslt eval results/* --dataset vot --root VOT2016 --protocol vot --json vot.json\n"
    "  dslt report --vot vot.json -o vot.html\n"
    "  dslt report --ablation ablation/ablation.json -o ablation.html\n"
    "  dslt track clip.mp4 --box 120,80,64,48 --preset adacfnet --summary clip.json\n"
    "  dslt report --summary clip.json -o clip.html\n\n"
    "Exit codes: 0 done, 1 the page could not be written, 2 wrong command line, 3 a file or folder cannot be "
    "used, or "
    "results are missing (the page is written all the same), 5 Python or a package of it is missing, 130 or 143 "
    "interrupted.";

static void tell(const char *sentence) { dslt_console_error("%s", sentence); }

int dslt_cmd_report(int argc, char **argv) {
  static const struct argp_child children[] = {{&dslt_argp_help, 0, NULL, 0}, {0}};
  static const struct argp argp = {table, parse, "RESULTS...", doc, children, NULL, NULL};
  static report_options options; /* too large for the stack */
  options.request.convention = DSLT_CONVENTION_MATLAB;
  options.request.player_megabytes = MEGABYTES;
  dslt_parse_options(&argp, "dslt report", argc, argv, &options);

  dslt_page_request *request = &options.request;
  request->sources = options.sources;
  request->extras = options.extras;
  request->stop = &dslt_signal_caught;
  dslt_signals_catch(); /* or the folder of the scores would be left behind */
  dslt_page_result result;
  const int rc = dslt_page_make(&result, request, tell);
  for (int i = 0; i < request->source_count; i++) {
    free(options.owned[i].name);
    free(options.owned[i].folder);
  }
  if (rc < 0)
    return dslt_signals_exit_code(
        dslt_console_fail(rc, result.evaluated ? DSLT_EXIT_FAILED : DSLT_EXIT_INPUT));
  if (dslt_signal_caught) {
    dslt_console_error("Interrupted.");
    return dslt_signals_exit_code(rc);
  }
  return rc == 0 && result.gaps > 0 && !options.allow_missing ? DSLT_EXIT_INPUT : rc;
}
