/* SPDX-License-Identifier: Apache-2.0 */
/* dslt eval --protocol vot: accuracy, robustness and EAO of every source, ranks where they can be compared.
 */
#include "cli/eval_vot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/console.h"
#include "cli/eval_json.h"
#include "cli/eval_report.h"
#include "cli/exit_codes.h"
#include "eval/vot_measures.h"
#include "eval/vot_rank.h"
#include "experiment/vot_truth.h"

typedef struct vot_tracker {
  const dslt_eval_source *source;
  dslt_vot_score score;
  int missing;
  char *refused;                         /* why it could not be scored, or NULL; owned */
  double rank_accuracy, rank_robustness; /* 0: not ranked */
} vot_tracker;

typedef struct vot_run {
  const dslt_eval_request *request;
  dslt_dataset *set;
  dslt_vot_rules rules;
  dslt_vot_sequence *sequences; /* of those with ground truth; owned */
  dslt_vot_region *regions;     /* their truth, one sequence after the other; owned */
  int sequence_count;
  vot_tracker *trackers; /* owned */
  int count;
  int *order; /* indexes of trackers, best EAO first; owned */
} vot_run;

/* ---- ground truth -------------------------------------------------------------------------------- */

static int take_truth(vot_run *run) {
  const int count = dslt_dataset_count(run->set);
  size_t frames = 0;
  for (int i = 0; i < count; i++) frames += (size_t)dslt_dataset_at(run->set, i)->frames;
  run->sequences = calloc((size_t)count + 1, sizeof *run->sequences);
  run->regions = malloc((frames + 1) * sizeof *run->regions);
  if (!run->sequences || !run->regions) return dslt_fail(DSLT_EMEMORY, "Out of memory for the ground truth.");
  dslt_vot_region *next = run->regions;
  for (int i = 0; i < count; i++) {
    const dslt_sequence *sequence = dslt_dataset_at(run->set, i);
    if (sequence->state != DSLT_SEQUENCE_READY) continue;
    DSLT_TRY(dslt_vot_truth_read(next, run->set, sequence));
    /* Regions are cut at the frame's edge. A root without images cannot tell where that is: then they are
     * not. */
    int width, height;
    (void)dslt_sequence_size(&width, &height, run->set, i);
    run->sequences[run->sequence_count++] =
        (dslt_vot_sequence){sequence->name, next, sequence->frames, width, height};
    next += sequence->frames;
  }
  if (run->sequence_count > 0) return DSLT_OK;
  return dslt_fail(DSLT_EFORMAT, "%s has no ground truth of any sequence that is asked for.",
                   dslt_dataset_root(run->set));
}

/* ---- scores -------------------------------------------------------------------------------------- */

static int score_tracker(vot_run *run, vot_tracker *tracker) {
  int rc = dslt_vot_score_folder(&tracker->score, &tracker->missing, tracker->source->folder, run->sequences,
                                 run->sequence_count, 1, &run->rules);
  if (rc == DSLT_OK || rc == DSLT_EMEMORY) return rc;
  memset(&tracker->score, 0, sizeof tracker->score);
  tracker->refused = strdup(dslt_last_error());
  return tracker->refused ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for a sentence.");
}

static int is_better(const vot_tracker *a, const vot_tracker *b) {
  if (!a->refused != !b->refused) return !a->refused;
  const double left = isnan(a->score.eao) ? -1 : a->score.eao,
               right = isnan(b->score.eao) ? -1 : b->score.eao;
  if (left != right) return left > right;
  if (a->score.accuracy != b->score.accuracy) return a->score.accuracy > b->score.accuracy;
  return strcmp(a->source->name, b->source->name) < 0;
}

/* Ranks compare frame by frame, so every tracker needs every sequence; without that there are none. */
static int rank_trackers(vot_run *run) {
  if (run->count < 2) return DSLT_OK;
  for (int t = 0; t < run->count; t++)
    if (run->trackers[t].refused || run->trackers[t].missing > 0) return DSLT_OK;
  dslt_vot_sample *samples = calloc((size_t)run->count, sizeof *samples);
  double *accuracy = malloc(2 * (size_t)run->count * sizeof *accuracy);
  int rc = samples && accuracy ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for the ranks.");
  for (int t = 0; rc == DSLT_OK && t < run->count; t++)
    rc = dslt_vot_sample_folder(&samples[t], run->trackers[t].source->folder, run->sequences,
                                run->sequence_count, &run->rules);
  if (rc == DSLT_OK) rc = dslt_vot_ranks(accuracy, accuracy + run->count, samples, run->count, 0.05);
  for (int t = 0; rc == DSLT_OK && t < run->count; t++) {
    run->trackers[t].rank_accuracy = accuracy[t];
    run->trackers[t].rank_robustness = accuracy[run->count + t];
  }
  for (int t = 0; samples && t < run->count; t++) dslt_vot_sample_free(&samples[t]);
  free(samples);
  free(accuracy);
  return rc;
}

static int score_all(vot_run *run) {
  DSLT_TRY(take_truth(run));
  run->trackers = calloc((size_t)run->request->source_count, sizeof *run->trackers);
  run->order = malloc((size_t)run->request->source_count * sizeof *run->order);
  if (!run->trackers || !run->order)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for %d trackers.", run->request->source_count);
  for (int t = 0; t < run->request->source_count; t++) {
    run->trackers[t].source = &run->request->sources[t];
    run->count++;
    DSLT_TRY(score_tracker(run, &run->trackers[t]));
    int at = t;
    for (; at > 0 && is_better(&run->trackers[t], &run->trackers[run->order[at - 1]]); at--)
      run->order[at] = run->order[at - 1];
    run->order[at] = t;
  }
  return rank_trackers(run);
}

/* ---- tables -------------------------------------------------------------------------------------- */

typedef struct column {
  const char *head, *key;
  int digits;
} column;

static const column columns[] = {{"EAO", "eao", 4},
                                 {"accuracy", "accuracy", 4},
                                 {"failures", "robustness", 3},
                                 {"AR plot", "reliability", 4},
                                 {"rank A", "rank_accuracy", 2},
                                 {"rank R", "rank_robustness", 2},
                                 {"no-reset", "no_reset", 4}};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* NAN where there is no number. */
static double value_of(const vot_tracker *tracker, int index) {
  const dslt_vot_score *score = &tracker->score;
  if (tracker->refused) return NAN;
  const double values[COLUMNS] = {score->eao,
                                  score->accuracy,
                                  score->robustness,
                                  score->reliability,
                                  tracker->rank_accuracy > 0 ? tracker->rank_accuracy : NAN,
                                  tracker->rank_robustness > 0 ? tracker->rank_robustness : NAN,
                                  score->no_reset};
  return values[index];
}

static int set_number(dslt_table *table, int row, int at, int digits, double value) {
  return isfinite(value) ? dslt_table_set(table, row, at, "%.*f", digits, value)
                         : dslt_table_set(table, row, at, "-");
}

static int fill_main(dslt_table *table, const vot_run *run) {
  DSLT_TRY(dslt_table_set(table, 0, 0, "tracker"));
  for (int c = 0; c < COLUMNS; c++) DSLT_TRY(dslt_table_set(table, 0, c + 1, "%s", columns[c].head));
  DSLT_TRY(dslt_table_set(table, 0, COLUMNS + 1, "sequences"));
  for (int t = 0; t < run->count; t++) {
    const vot_tracker *tracker = &run->trackers[run->order[t]];
    DSLT_TRY(dslt_table_set(table, t + 1, 0, "%s", tracker->source->name));
    for (int c = 0; c < COLUMNS; c++)
      DSLT_TRY(set_number(table, t + 1, c + 1, columns[c].digits, value_of(tracker, c)));
    DSLT_TRY(
        dslt_table_set(table, t + 1, COLUMNS + 1, "%d/%d", tracker->score.sequences, run->sequence_count));
  }
  return DSLT_OK;
}

static int fill_sequences(dslt_table *table, const vot_tracker *tracker) {
  static const char *const heads[] = {"sequence", "frames",  "runs",    "accuracy",
                                      "failures", "AR plot", "no-reset"};
  for (int c = 0; c < 7; c++) DSLT_TRY(dslt_table_set(table, 0, c, "%s", heads[c]));
  for (int i = 0; i < tracker->score.sequences; i++) {
    const dslt_vot_sequence_score *one = &tracker->score.sequence[i];
    DSLT_TRY(dslt_table_set(table, i + 1, 0, "%s", one->name ? one->name : ""));
    DSLT_TRY(dslt_table_set(table, i + 1, 1, "%d", one->frames));
    DSLT_TRY(dslt_table_set(table, i + 1, 2, "%d", one->runs));
    DSLT_TRY(set_number(table, i + 1, 3, 4, one->accuracy));
    DSLT_TRY(set_number(table, i + 1, 4, 2, one->failures));
    DSLT_TRY(set_number(table, i + 1, 5, 4, one->reliability));
    DSLT_TRY(set_number(table, i + 1, 6, 4, one->no_reset));
  }
  return DSLT_OK;
}

static int draw_tables(FILE *stream, const void *self, dslt_table_style style) {
  const vot_run *run = self;
  char title[300];
  snprintf(title, sizeof title, "%s, protocol vot, convention %s, EAO over lengths %d to %d",
           dslt_dataset_kind_of(run->set)->title, dslt_vot_convention_name(run->rules.convention),
           run->rules.eao_low, run->rules.eao_high);
  dslt_table table;
  int rc = dslt_table_make(&table, title, run->count + 1, COLUMNS + 2);
  if (rc == DSLT_OK) rc = fill_main(&table, run);
  if (rc == DSLT_OK) dslt_table_draw(stream, &table, style, 1);
  dslt_table_free(&table);
  for (int t = 0; rc == DSLT_OK && run->request->parts.per_sequence && t < run->count; t++) {
    const vot_tracker *tracker = &run->trackers[run->order[t]];
    if (tracker->refused) continue;
    snprintf(title, sizeof title, "%s by sequence", tracker->source->name);
    rc = dslt_table_make(&table, title, tracker->score.sequences + 1, 7);
    if (rc == DSLT_OK) rc = fill_sequences(&table, tracker);
    if (rc == DSLT_OK) dslt_table_draw(stream, &table, style, 0);
    dslt_table_free(&table);
  }
  return rc;
}

/* ---- files --------------------------------------------------------------------------------------- */

/* The tracker's scores, its overall numbers lifted to the top, where the ranks join them. */
static json_t *tracker_json(const vot_tracker *tracker) {
  json_t *score = NULL;
  if (tracker->refused) return json_pack("{s:o}", "refused", dslt_json_text(tracker->refused));
  if (dslt_vot_score_json(&score, &tracker->score) < 0) return NULL;
  json_t *entry = json_copy(json_object_get(score, "overall"));
  int failed = json_object_set(entry, "sequence_count", json_object_get(entry, "sequences"));
  failed |= json_object_set(entry, "eao_curve", json_object_get(score, "curve"));
  failed |= json_object_set(entry, "sequences", json_object_get(score, "sequences"));
  json_decref(score);
  for (int c = 0; c < COLUMNS; c++) {
    const double value = value_of(tracker, c);
    failed |= json_object_set_new(entry, columns[c].key, isfinite(value) ? json_real(value) : json_null());
  }
  failed |= json_object_set_new(entry, "folder", dslt_json_text(tracker->source->folder));
  failed |= json_object_set_new(entry, "missing", json_integer(tracker->missing));
  if (!failed) return entry;
  json_decref(entry);
  return NULL;
}

static int draw_json(FILE *stream, const void *self) {
  const vot_run *run = self;
  const dslt_dataset_kind *kind = dslt_dataset_kind_of(run->set);
  json_t *trackers = json_object(), *ranking = json_array();
  int failed = !trackers || !ranking;
  for (int t = 0; !failed && t < run->count; t++) {
    json_t *name = dslt_json_text(run->trackers[t].source->name);
    failed |=
        !name || json_object_set_new(trackers, json_string_value(name), tracker_json(&run->trackers[t]));
    json_decref(name);
    failed |= json_array_append_new(ranking, dslt_json_text(run->trackers[run->order[t]].source->name));
  }
  json_t *root =
      json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:f, s:o, s:o}", "format", "dslt-eval",
                "format_version", 1, "version", dslt_version(), "dataset", kind->name, "title", kind->title,
                "protocol", "vot", "convention", dslt_vot_convention_name(run->rules.convention), "eao_low",
                run->rules.eao_low, "eao_high", run->rules.eao_high, "sensitivity", run->rules.sensitivity,
                "ranking", ranking, "trackers", trackers);
  int rc = root && !failed ? dslt_eval_json_draw(stream, root)
                           : dslt_fail(DSLT_EMEMORY, "Out of memory while writing JSON.");
  json_decref(root);
  return rc;
}

static int draw_csv(FILE *stream, const void *self) {
  const vot_run *run = self;
  fputs("tracker,scope,name,frames,runs", stream);
  for (int c = 0; c < COLUMNS; c++) fprintf(stream, ",%s", columns[c].key);
  fputc('\n', stream);
  for (int t = 0; t < run->count; t++) {
    const vot_tracker *tracker = &run->trackers[t];
    if (tracker->refused) continue;
    dslt_csv_name(stream, tracker->source->name);
    fprintf(stream, ",overall,%s,%ld,%d", dslt_dataset_kind_of(run->set)->name, tracker->score.frames,
            tracker->score.runs);
    for (int c = 0; c < COLUMNS; c++)
      isfinite(value_of(tracker, c)) ? fprintf(stream, ",%.17g", value_of(tracker, c)) : fputc(',', stream);
    fputc('\n', stream);
    for (int i = 0; i < tracker->score.sequences; i++) {
      const dslt_vot_sequence_score *one = &tracker->score.sequence[i];
      dslt_csv_name(stream, tracker->source->name);
      fputs(",sequence,", stream);
      dslt_csv_name(stream, one->name ? one->name : "");
      fprintf(stream, ",%d,%d,,%.17g,%.17g,%.17g,,,", one->frames, one->runs, one->accuracy, one->failures,
              one->reliability);
      if (isfinite(one->no_reset)) fprintf(stream, "%.17g", one->no_reset);
      fputc('\n', stream);
    }
  }
  return DSLT_OK;
}

/* ---- the run ------------------------------------------------------------------------------------- */

static void free_run(vot_run *run) {
  for (int t = 0; t < run->count; t++) {
    dslt_vot_score_free(&run->trackers[t].score);
    free(run->trackers[t].refused);
  }
  free(run->trackers);
  free(run->order);
  free(run->sequences);
  free(run->regions);
}

int dslt_eval_vot_run(const dslt_eval_request *request, dslt_dataset *set) {
  vot_run run = {.request = request, .set = set, .rules = request->vot_rules};
  int rc = score_all(&run);
  int incomplete = 0, scored = 0;
  for (int t = 0; rc == DSLT_OK && t < run.count; t++) {
    const vot_tracker *tracker = &run.trackers[t];
    if (tracker->refused)
      dslt_console_error("%s is left out. %s", tracker->source->name, tracker->refused);
    else if (tracker->missing > 0)
      dslt_console_error("%s: no result for %d of %d sequences; its scores leave them out.",
                         tracker->source->name, tracker->missing, run.sequence_count);
    incomplete |= tracker->refused || tracker->missing > 0;
    scored += !tracker->refused && tracker->score.sequences > 0;
  }
  const dslt_eval_report report = {&run, draw_tables, draw_json, draw_csv};
  int code = DSLT_EXIT_OK;
  if (rc < 0) {
    code = dslt_console_fail(rc, DSLT_EXIT_INPUT);
  } else if (scored == 0) {
    dslt_console_error("Nothing could be scored.");
    code = DSLT_EXIT_INPUT;
  } else if (dslt_eval_report_write(&report, request) < 0) {
    code = dslt_console_fail(DSLT_EIO, DSLT_EXIT_FAILED);
  } else if (incomplete && !request->allow_missing) {
    code = DSLT_EXIT_INPUT;
  }
  free_run(&run);
  return code;
}
