/* SPDX-License-Identifier: Apache-2.0 */
/* tables.c: an evaluation as tables. */
#include "eval/tables.h"

#include <stdlib.h>

#include "base/error.h"
#include "eval/measures.h"

/* ---- the main table ------------------------------------------------------------------------------ */

static const char *set_title(const dslt_evaluation *evaluation) {
  return dslt_dataset_kind_of(evaluation->set)->title;
}

/* "OTB-100, protocol ope, convention matlab, 10 of 100 sequences" */
static void make_title(char *out, size_t size, const dslt_evaluation *evaluation) {
  const dslt_evaluate_options *options = &evaluation->options;
  char part[60] = "";
  if (evaluation->absent > 0)
    snprintf(part, sizeof part, ", %d of %d sequences", evaluation->sequence_count,
             evaluation->sequence_count + evaluation->absent);
  if (options->protocol == DSLT_EVAL_GOT10K)
    snprintf(out, size, "%s, protocol got10k%s", set_title(evaluation), part);
  else
    snprintf(out, size, "%s, protocol %s, convention %s%s", set_title(evaluation),
             dslt_eval_protocol_name(options->protocol), dslt_convention_rules_of(options->convention)->name,
             part);
}

/* Bold the largest of a row's or column's numbers; equal ones all. */
static void mark_best(dslt_table *table, const double *values, int count, int row, int column,
                      int along_row) {
  double best = -1;
  for (int i = 0; i < count; i++)
    if (values[i] > best) best = values[i];
  for (int i = 0; i < count; i++)
    if (values[i] == best && best >= 0)
      dslt_table_mark(table, along_row ? row : i + 1, along_row ? i + 1 : column);
}

static int set_number(dslt_table *table, int row, int column, double value) {
  return value < 0 ? dslt_table_set(table, row, column, "-")
                   : dslt_table_set(table, row, column, "%.3f", value);
}

static int fill_main(dslt_table *table, const dslt_evaluation *evaluation, double *values) {
  int count;
  const dslt_measure *measures = dslt_measures_of(&count, evaluation->options.protocol);
  const int trackers = evaluation->tracker_count;
  DSLT_TRY(dslt_table_set(table, 0, 0, "tracker"));
  for (int t = 0; t < trackers; t++) {
    const dslt_tracker_scores *tracker = &evaluation->trackers[evaluation->ranking[t]];
    DSLT_TRY(dslt_table_set(table, t + 1, 0, "%s", tracker->name));
    DSLT_TRY(dslt_table_set(table, t + 1, table->columns - 1, "%d/%d", tracker->scored,
                            evaluation->sequence_count));
  }
  int column = 1;
  for (int m = 0; m < count; m++) {
    if (!measures[m].shown) continue;
    DSLT_TRY(dslt_table_set(table, 0, column, "%s", measures[m].head));
    for (int t = 0; t < trackers; t++) {
      const dslt_tracker_scores *tracker = &evaluation->trackers[evaluation->ranking[t]];
      values[t] = tracker->scored ? dslt_measure_value(&measures[m], &tracker->overall) : -1;
      DSLT_TRY(set_number(table, t + 1, column, values[t]));
    }
    mark_best(table, values, trackers, 0, column, 0);
    column++;
  }
  return dslt_table_set(table, 0, column, "sequences");
}

/* ---- one measure of every tracker, row by row ---------------------------------------------------- */

/* Rows are sequences or attributes: -1 where there is no number. */
typedef double (*row_value)(const dslt_evaluation *evaluation, const dslt_measure *measure, int tracker,
                            int row);
typedef int (*row_name)(dslt_table *table, const dslt_evaluation *evaluation, int at, int row);

static double sequence_value(const dslt_evaluation *evaluation, const dslt_measure *measure, int tracker,
                             int row) {
  const dslt_cell *cell = &evaluation->trackers[tracker].cells[row];
  return cell->state == DSLT_CELL_SCORED ? dslt_measure_value(measure, &cell->scores) : -1;
}

static int sequence_name(dslt_table *table, const dslt_evaluation *evaluation, int at, int row) {
  return dslt_table_set(table, at, 0, "%s", dslt_evaluation_sequence(evaluation, row)->name);
}

static double attribute_value(const dslt_evaluation *evaluation, const dslt_measure *measure, int tracker,
                              int row) {
  const dslt_scores *scores = &evaluation->trackers[tracker].attributes[row];
  return scores->sequences > 0 ? dslt_measure_value(measure, scores) : -1;
}

static int attribute_name(dslt_table *table, const dslt_evaluation *evaluation, int at, int row) {
  const dslt_attribute *attribute = &dslt_dataset_kind_of(evaluation->set)->attributes[row];
  int having = 0;
  for (int i = 0; i < evaluation->sequence_count; i++)
    having += dslt_evaluation_attributes(evaluation, i) >> row & 1;
  return dslt_table_set(table, at, 0, "%s, %s (%d)", attribute->name, attribute->words, having);
}

static int fill_rows(dslt_table *table, const dslt_evaluation *evaluation, const dslt_measure *measure,
                     row_name name, row_value value, double *values) {
  const int trackers = evaluation->tracker_count;
  for (int t = 0; t < trackers; t++)
    DSLT_TRY(dslt_table_set(table, 0, t + 1, "%s", evaluation->trackers[evaluation->ranking[t]].name));
  for (int row = 0; row + 1 < table->rows; row++) {
    DSLT_TRY(name(table, evaluation, row + 1, row));
    for (int t = 0; t < trackers; t++) {
      values[t] = value(evaluation, measure, evaluation->ranking[t], row);
      DSLT_TRY(set_number(table, row + 1, t + 1, values[t]));
    }
    if (trackers > 1) mark_best(table, values, trackers, row + 1, 0, 1);
  }
  return DSLT_OK;
}

typedef struct drawing {
  FILE *stream;
  dslt_table_style style;
  double *values; /* room for one number a tracker */
} drawing;

static int draw_rows(const drawing *on, const dslt_evaluation *evaluation, int rows, const char *by,
                     row_name name, row_value value) {
  int count;
  const dslt_measure *measures = dslt_measures_of(&count, evaluation->options.protocol);
  for (int m = 0; m < count; m++) {
    if (measures[m].shown < 2) continue;
    char title[200];
    snprintf(title, sizeof title, "%s, %s by %s", set_title(evaluation), measures[m].head, by);
    dslt_table table;
    int rc = dslt_table_make(&table, title, rows + 1, evaluation->tracker_count + 1);
    if (rc == DSLT_OK) rc = fill_rows(&table, evaluation, &measures[m], name, value, on->values);
    if (rc == DSLT_OK) dslt_table_draw(on->stream, &table, on->style, 0);
    dslt_table_free(&table);
    DSLT_TRY(rc);
  }
  return DSLT_OK;
}

static int draw_main(const drawing *on, const dslt_evaluation *evaluation) {
  int count, columns = 2;
  const dslt_measure *measures = dslt_measures_of(&count, evaluation->options.protocol);
  for (int m = 0; m < count; m++) columns += measures[m].shown > 0;
  char title[200];
  make_title(title, sizeof title, evaluation);
  dslt_table table;
  int rc;
  DSLT_TRY_OR_DONE(dslt_table_make(&table, title, evaluation->tracker_count + 1, columns));
  DSLT_TRY_OR_DONE(fill_main(&table, evaluation, on->values));
  dslt_table_draw(on->stream, &table, on->style, 1);
done:
  dslt_table_free(&table);
  return rc;
}

static int draw_all(const drawing *on, const dslt_evaluation *evaluation, dslt_eval_parts parts) {
  const int attributes = dslt_dataset_kind_of(evaluation->set)->attribute_count;
  DSLT_TRY(draw_main(on, evaluation));
  if (parts.attributes && attributes > 0)
    DSLT_TRY(draw_rows(on, evaluation, attributes, "attribute", attribute_name, attribute_value));
  if (!parts.per_sequence) return DSLT_OK;
  return draw_rows(on, evaluation, evaluation->sequence_count, "sequence", sequence_name, sequence_value);
}

int dslt_eval_tables_draw(FILE *stream, const dslt_evaluation *evaluation, dslt_table_style style,
                          dslt_eval_parts parts) {
  drawing on = {stream, style, malloc((size_t)evaluation->tracker_count * sizeof *on.values)};
  if (!on.values) return dslt_fail(DSLT_EMEMORY, "Out of memory for a table.");
  const int rc = draw_all(&on, evaluation, parts);
  free(on.values);
  return rc;
}
