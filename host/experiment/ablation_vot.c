/* SPDX-License-Identifier: Apache-2.0 */
/* ablation_vot.c: scores of a study's variants by VOT's protocol, and its tables. */
#include "experiment/ablation_vot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dataset/dataset.h"
#include "experiment/draft.h"

enum { STRATEGIES, LOSSES }; /* the study's tables */

int dslt_ablation_vot_no_reset(const dslt_study *study, int index) {
  return study->variants[index].tables >> STRATEGIES & 1;
}

/* ---- scores -------------------------------------------------------------------------------------- */

int dslt_ablation_vot_score(dslt_ablation_vot *out, const dslt_study *study, const dslt_run_request *request,
                            const dslt_vot_rules *rules) {
  memset(out, 0, sizeof *out);
  out->study = study;
  DSLT_TRY(dslt_dataset_open(&out->set, request->dataset, request->root));
  DSLT_TRY(dslt_dataset_select(out->set, request->sequences));
  for (int i = 0; i < study->count; i++) {
    DSLT_TRY(dslt_results_path(&out->folders[i], request->out, study->variants[i].name));
    out->sources[i] = (dslt_result_source){.name = study->variants[i].name, .folder = out->folders[i]};
  }
  return dslt_vot_board_make(&out->board, out->set, out->sources, study->count, rules);
}

void dslt_ablation_vot_free(dslt_ablation_vot *a) {
  dslt_vot_board_free(&a->board);
  for (int i = 0; i < DSLT_VARIANTS_MAX; i++) free(a->folders[i]);
  dslt_dataset_free(a->set);
  memset(a, 0, sizeof *a);
}

int dslt_ablation_vot_whole(const dslt_ablation_vot *a) {
  for (int i = 0; i < a->board.count; i++)
    if (a->board.trackers[i].refused || a->board.trackers[i].missing > 0) return 0;
  return 1;
}

/* ---- tables -------------------------------------------------------------------------------------- */

/* NaN is a dash. */
static int set_number(dslt_table *table, int row, int column, int digits, double value) {
  return isfinite(value) ? dslt_table_set(table, row, column, "%.*f", digits, value)
                         : dslt_table_set(table, row, column, "-");
}

/* Mean overlap of the runs with resets over all frames that were tracked, and of those without. */
static int fill_strategies(dslt_table *table, int row, const dslt_vot_tracker *tracker,
                           const dslt_study_vot *paper) {
  const dslt_vot_score *score = &tracker->score;
  DSLT_TRY(set_number(table, row, 1, 3, tracker->refused ? NAN : score->accuracy));
  DSLT_TRY(set_number(table, row, 2, 2, paper->supervised));
  DSLT_TRY(set_number(table, row, 3, 3, tracker->refused ? NAN : score->no_reset));
  DSLT_TRY(set_number(table, row, 4, 2, paper->no_reset));
  return set_number(table, row, 5, 0, tracker->refused ? NAN : score->failures_total);
}

static int fill_losses(dslt_table *table, int row, const dslt_vot_tracker *tracker,
                       const dslt_study_vot *paper) {
  const dslt_vot_score *score = &tracker->score;
  const int ranked = tracker->rank_accuracy > 0;
  DSLT_TRY(set_number(table, row, 1, 3, tracker->refused ? NAN : score->eao));
  DSLT_TRY(set_number(table, row, 2, 3, paper->eao));
  DSLT_TRY(set_number(table, row, 3, 3, tracker->refused ? NAN : score->accuracy));
  DSLT_TRY(set_number(table, row, 4, 2, ranked ? tracker->rank_accuracy : NAN));
  DSLT_TRY(set_number(table, row, 5, 2, paper->rank_accuracy));
  DSLT_TRY(set_number(table, row, 6, 0, tracker->refused ? NAN : score->failures_total));
  DSLT_TRY(set_number(table, row, 7, 2, ranked ? tracker->rank_robustness : NAN));
  return set_number(table, row, 8, 2, paper->rank_robustness);
}

static int fill(dslt_table *table, const dslt_ablation_vot *a, int which) {
  static const char *const heads[2][9] = {
      {"strategy", "with resets", "paper", "without", "paper", "failures"},
      {"loss", "EAO", "paper", "accuracy", "rank", "paper", "failures", "rank", "paper"}};
  int row = 0;
  for (int c = 0; c < table->columns; c++) DSLT_TRY(dslt_table_set(table, 0, c, "%s", heads[which][c]));
  for (int i = 0; i < a->study->count; i++) {
    if (!(a->study->variants[i].tables >> which & 1)) continue;
    DSLT_TRY(dslt_table_set(table, ++row, 0, "%s", a->study->variants[i].name));
    DSLT_TRY((which == STRATEGIES ? fill_strategies : fill_losses)(table, row, &a->board.trackers[i],
                                                                   &a->study->vot[i]));
  }
  return DSLT_OK;
}

static int draw(FILE *stream, const dslt_ablation_vot *a, int which, dslt_table_style style) {
  char title[128];
  const dslt_vot_rules *rules = &a->board.rules;
  int rows = 1;
  for (int i = 0; i < a->study->count; i++) rows += a->study->variants[i].tables >> which & 1;
  if (which == STRATEGIES)
    snprintf(title, sizeof title, "Table 1: matching strategies, average overlap");
  else
    snprintf(title, sizeof title, "Table 2: losses, EAO over lengths %d to %d, ranks among the variants",
             rules->eao_low, rules->eao_high);
  dslt_table table;
  int rc = dslt_table_make(&table, title, rows, which == STRATEGIES ? 6 : 9);
  if (rc == DSLT_OK) rc = fill(&table, a, which);
  if (rc == DSLT_OK) dslt_table_draw(stream, &table, style, which == STRATEGIES);
  dslt_table_free(&table);
  return rc;
}

static void print_notes(FILE *stream, const dslt_ablation_vot *a) {
  const dslt_vot_tracker *first = &a->board.trackers[0];
  fprintf(stream, "\n%s: %d sequences", dslt_dataset_kind_of(a->set)->title, a->board.sequence_count);
  if (first->frames_limit > 0)
    fprintf(stream, ", at most %lld frames of each", (long long)first->frames_limit);
  fputs(
      ". VOT's supervised protocol: a run begins again five frames after it lost the target; accuracy leaves out ten "
      "frames from there on. Lower ranks are better; equal ones are not told apart by the tests.\n",
      stream);
  for (int i = 0; i < a->board.count; i++) {
    const dslt_vot_tracker *t = &a->board.trackers[i];
    if (t->refused)
      fprintf(stream, "%s has no score: %s\n", t->source.name, t->refused);
    else if (t->missing > 0)
      fprintf(stream, "%s lacks %d sequences.\n", t->source.name, t->missing);
  }
  fprintf(stream, "%s\n", a->study->vot_note);
}

static int write_tables(FILE *stream, const dslt_ablation_vot *a, dslt_table_style style) {
  DSLT_TRY(draw(stream, a, STRATEGIES, style));
  DSLT_TRY(draw(stream, a, LOSSES, style));
  print_notes(stream, a);
  return DSLT_OK;
}

int dslt_ablation_vot_print(FILE *stream, const dslt_ablation_vot *a) {
  return write_tables(stream, a, DSLT_TABLE_TEXT);
}

/* ---- files --------------------------------------------------------------------------------------- */

static int write_markdown(FILE *stream, const void *ablation) {
  fputs("# Ablation\n\n", stream);
  return write_tables(stream, ablation, DSLT_TABLE_MARKDOWN);
}

static int write_json(FILE *stream, const void *ablation) {
  const dslt_ablation_vot *a = ablation;
  return dslt_vot_board_json(stream, &a->board);
}

int dslt_ablation_vot_save(const dslt_ablation_vot *a, const char *out) {
  DSLT_TRY(dslt_results_save(out, "vot.json", write_json, a));
  return dslt_results_save(out, "ablation.md", write_markdown, a);
}
