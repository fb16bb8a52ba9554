/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_report.h"

#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/console.h"
#include "cli/eval_json.h"
#include "cli/eval_options.h"
#include "cli/exit_codes.h"
#include "cli/report_frames.h"
#include "cli/report_python.h"
#include "dataset/dataset.h"
#include "eval/evaluate.h"

enum { MOST_SOURCES = 256, MOST_ARGUMENTS = 2 * MOST_SOURCES + 32, WORST = 3 };

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
  KEY_VOT,
  KEY_ABLATION
};

typedef struct report_options {
  const char *dataset, *root, *sequences, *out, *plots, *title, *focus;
  const char *extra[MOST_SOURCES][2]; /* --vot and --ablation files, with their options */
  int extras;
  dslt_result_source sources[MOST_SOURCES];
  dslt_eval_source owned[MOST_SOURCES]; /* what `sources` points to */
  int source_count;
  dslt_convention convention;
  int common, allow_missing, no_thumbnails;
} report_options;

static void add_source(report_options *o, const struct argp_state *state, const char *text) {
  if (o->source_count == MOST_SOURCES)
    dslt_usage_error(state, "A report has room for %d result folders.", (int)MOST_SOURCES);
  dslt_eval_source *source = &o->owned[o->source_count];
  if (dslt_eval_source_parse(source, text) < 0) dslt_usage_error(state, "%s", dslt_last_error());
  for (int i = 0; i < o->source_count; ++i)
    if (strcmp(o->owned[i].name, source->name) == 0)
      dslt_usage_error(state, "Two result folders are called \"%s\": tell them apart with NAME=DIR.",
                       source->name);
  o->sources[o->source_count++] = (dslt_result_source){source->name, source->folder};
}

static void add_extra(report_options *o, const struct argp_state *state, const char *option,
                      const char *file) {
  if (o->extras == MOST_SOURCES) dslt_usage_error(state, "%s is given too often.", option);
  o->extra[o->extras][0] = option;
  o->extra[o->extras++][1] = file;
}

static void check(const report_options *o, const struct argp_state *state) {
  if (!o->out) dslt_usage_error(state, "The page's place is missing: give -o FILE.");
  if (o->source_count == 0 && o->extras == 0)
    dslt_usage_error(state,
                     "The result folders are missing: name at least one, or --vot or --ablation FILE.");
  if (o->source_count > 0 && !o->dataset)
    dslt_usage_error(state, "The dataset is missing: give --dataset NAME.");
  if (o->source_count > 0 && !o->root)
    dslt_usage_error(state, "The dataset's folder is missing: give --root DIR.");
  if (o->source_count == 0) return;
  const dslt_dataset_kind *kind;
  if (dslt_dataset_kind_find(&kind, o->dataset) < 0)
    dslt_usage_error(state, "--dataset: %s", dslt_last_error());
}

static error_t parse(int key, char *value, struct argp_state *state) {
  static char name[] = "dslt report";
  report_options *o = state->input;
  dslt_argp_name(state, key, name);
  switch (key) {
    case KEY_DATASET: o->dataset = value; return 0;
    case KEY_ROOT: o->root = value; return 0;
    case KEY_SEQUENCES: o->sequences = value; return 0;
    case KEY_CONVENTION:
      if (dslt_convention_parse(&o->convention, value) < 0)
        dslt_usage_error(state, "--convention: %s", dslt_last_error());
      return 0;
    case KEY_COMMON: o->common = 1; return 0;
    case KEY_ALLOW_MISSING: o->allow_missing = 1; return 0;
    case KEY_PLOTS: o->plots = value; return 0;
    case KEY_TITLE: o->title = value; return 0;
    case KEY_FOCUS: o->focus = value; return 0;
    case KEY_NO_THUMBNAILS: o->no_thumbnails = 1; return 0;
    case KEY_VOT: add_extra(o, state, "--vot", value); return 0;
    case KEY_ABLATION: add_extra(o, state, "--ablation", value); return 0;
    case 'o': o->out = value; return 0;
    case ARGP_KEY_ARG: add_source(o, state, value); return 0;
    case ARGP_KEY_END: check(o, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- evaluation ---------------------------------------------------------------------------------- */

static int focus_index(int *out, const report_options *o) {
  *out = 0;
  for (int i = 0; o->focus && i < o->source_count; ++i)
    if (strcmp(o->sources[i].name, o->focus) == 0) {
      *out = i;
      return 0;
    }
  return o->focus ? dslt_fail(DSLT_EOPTION, "--focus: no result folder is called \"%s\".", o->focus) : 0;
}

/* Name what could not be scored, as dslt eval does. How many were. */
static int tell_gaps(const dslt_evaluation *evaluation) {
  int scored = 0;
  for (int t = 0; t < evaluation->tracker_count; ++t) {
    const dslt_tracker_scores *tracker = &evaluation->trackers[t];
    for (int i = 0; i < evaluation->sequence_count; ++i) {
      const dslt_cell *cell = &tracker->cells[i];
      if (cell->state == DSLT_CELL_MISSING || cell->state == DSLT_CELL_REFUSED)
        dslt_console_error("%s: %s: %s", tracker->name, dslt_evaluation_sequence(evaluation, i)->name,
                           cell->note ? cell->note : "not scored.");
      scored += cell->state == DSLT_CELL_SCORED;
    }
  }
  return scored;
}

/* eval.json, without the frames: those have a smaller file of their own. */
static int write_evaluation(const char *folder, dslt_evaluation *evaluation) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/eval.json", folder) >= (int)sizeof path)
    return dslt_fail(DSLT_EARGUMENT, "The folder's path is too long: %s.", folder);
  for (int t = 0; t < evaluation->tracker_count; ++t)
    for (int i = 0; i < evaluation->sequence_count; ++i) {
      dslt_cell *cell = &evaluation->trackers[t].cells[i];
      free(cell->overlaps);
      free(cell->errors);
      cell->overlaps = cell->errors = NULL;
    }
  json_t *document = NULL;
  DSLT_TRY(dslt_eval_json_make(&document, evaluation));
  FILE *stream = fopen(path, "w");
  int rc =
      stream ? dslt_eval_json_draw(stream, document) : dslt_fail(DSLT_EIO, "%s: %s.", path, strerror(errno));
  if (stream && fclose(stream) != 0 && rc == 0) rc = dslt_fail(DSLT_EIO, "%s: %s.", path, strerror(errno));
  json_decref(document);
  return rc;
}

/* Fill `folder` with eval.json, frames.json and frames.f32. *gaps: sequences that could not be scored. */
static int evaluate(int *gaps, const char *folder, const report_options *o) {
  int focus;
  DSLT_TRY(focus_index(&focus, o));
  dslt_dataset *set = NULL;
  DSLT_TRY(dslt_dataset_open(&set, o->dataset, o->root));
  dslt_evaluation evaluation = {0};
  const dslt_evaluate_options options = {
      .protocol = dslt_dataset_kind_of(set)->layout == DSLT_LAYOUT_GOT10K ? DSLT_EVAL_GOT10K : DSLT_EVAL_OPE,
      .convention = o->convention,
      .common = o->common,
      .per_frame = 1};
  int rc = dslt_dataset_select(set, o->sequences);
  if (rc == 0) rc = dslt_evaluate(&evaluation, set, o->sources, o->source_count, &options);
  if (rc == 0) rc = dslt_report_frames_write(folder, &evaluation, set, focus, o->no_thumbnails ? 0 : WORST);
  if (rc == 0) rc = write_evaluation(folder, &evaluation);
  if (rc == 0) {
    *gaps = evaluation.failures;
    if (tell_gaps(&evaluation) == 0)
      rc = dslt_fail(DSLT_EFORMAT, "Nothing could be scored, so there is no page to write.");
  }
  dslt_evaluation_free(&evaluation);
  dslt_dataset_free(set);
  return rc;
}

/* ---- drawing ------------------------------------------------------------------------------------- */

typedef struct command {
  char *argument[MOST_ARGUMENTS];
  int count;
} command;

static void add(command *c, const char *option, const char *value) {
  if (!value || c->count + 2 > MOST_ARGUMENTS) return;
  c->argument[c->count++] = (char *)option; /* exec takes writable strings and writes none */
  c->argument[c->count++] = (char *)value;
}

static int draw(const char *folder, const report_options *o) {
  char scores[PATH_MAX + 32], frames[PATH_MAX + 32];
  snprintf(scores, sizeof scores, "%s/eval.json", folder);
  snprintf(frames, sizeof frames, "%s/frames.json", folder);
  command c = {.count = 0};
  if (o->source_count > 0) {
    add(&c, "--eval", scores);
    add(&c, "--frames", frames);
    add(&c, "--focus", o->focus);
  }
  for (int i = 0; i < o->extras; ++i) add(&c, o->extra[i][0], o->extra[i][1]);
  add(&c, "--output", o->out);
  add(&c, "--plots", o->plots);
  add(&c, "--title", o->title);
  if (o->no_thumbnails) c.argument[c.count++] = (char *)"--no-thumbnails";
  return dslt_report_python(c.count, c.argument);
}

/* ---- the verb ------------------------------------------------------------------------------------ */

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
    {"vot", KEY_VOT, "FILE", 0, "The JSON of dslt eval --protocol vot, for AR and EAO plots; may be repeated",
     3},
    {"ablation", KEY_ABLATION, "FILE", 0, "The ablation.json of dslt ablate", 3},
    {0}};

static const char doc[] =
    "Write one HTML page about result folders that needs no network: success and precision plots with "
    "legends "
    "ranked as in the papers, plots per attribute, a table of sequences that sorts, overlap over time with "
    "the worst "
    "frames, training losses, speed, and how the results were made. The same input gives the same page."
    "\v"
    "RESULTS is a folder with a file SEQUENCE.txt for each sequence, as dslt run writes it and as trackers' "
    "authors publish it; it is scored first, as dslt eval does. The folder's name is the tracker's; NAME=DIR "
    "gives "
    "another. What dslt run leaves beside the boxes (times, losses, manifest.json) is shown where it is "
    "found.\n\n"
    "The page is drawn by Python 3 with matplotlib (apt-get install python3-matplotlib). DSLT_PYTHON names "
    "another "
    "interpreter than python3; TMPDIR another place for scores on their way than /tmp.\n\n"
    "Examples:\n"
    "  dslt report results/DSLT published/KCF published/SRDCF --dataset otb100 --root OTB100 -o report.html\n"
    "  dslt report results/DSLT --dataset otb2013 --root OTB100 -o report.html --plots figures "
    "--no-thumbnails\n"
    "  dslt eval results/* --dataset vot --root VOT2016 --protocol vot --json vot.json\n"
    "  dslt report --vot vot.json -o vot.html\n"
    "  dslt report --ablation ablation/ablation.json -o ablation.html\n\n"
    "Exit codes: 0 done, 1 the page could not be written, 2 wrong command line, 3 a file or folder cannot be "
    "used, or "
    "results are missing (the page is written all the same), 5 Python or matplotlib is missing, 130 or 143 "
    "interrupted.";

int dslt_cmd_report(int argc, char **argv) {
  static const struct argp_child children[] = {{&dslt_argp_help, 0, NULL, 0}, {0}};
  static const struct argp argp = {table, parse, "RESULTS...", doc, children, NULL, NULL};
  static report_options options; /* too large for the stack */
  options.convention = DSLT_CONVENTION_MATLAB;
  argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &options);

  char folder[PATH_MAX];
  if (dslt_report_folder_make(folder, sizeof folder) < 0)
    return dslt_console_fail(DSLT_EIO, DSLT_EXIT_FAILED);
  int gaps = 0, rc = options.source_count > 0 ? evaluate(&gaps, folder, &options) : 0;
  const int evaluated = rc == 0;
  if (evaluated) rc = draw(folder, &options);
  dslt_report_folder_remove(folder);
  for (int i = 0; i < options.source_count; ++i) {
    free(options.owned[i].name);
    free(options.owned[i].folder);
  }
  if (rc < 0) return dslt_console_fail(rc, evaluated ? DSLT_EXIT_FAILED : DSLT_EXIT_INPUT);
  return rc == 0 && gaps > 0 && !options.allow_missing ? DSLT_EXIT_INPUT : rc;
}
