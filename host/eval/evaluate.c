/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate.c: scores every tracker on every sequence. */
#include "eval/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "eval/evaluate_cell.h"

const dslt_sequence *dslt_evaluation_sequence(const dslt_evaluation *evaluation, int index) {
  return dslt_dataset_at(evaluation->set, evaluation->sequences[index]);
}

uint32_t dslt_evaluation_attributes(const dslt_evaluation *evaluation, int index) {
  const dslt_sequence *sequence = dslt_evaluation_sequence(evaluation, index);
  return evaluation->options.toolkit_attributes ? sequence->attributes_toolkit : sequence->attributes;
}

/* ---- one tracker --------------------------------------------------------------------------------- */

static dslt_result_kind files_of(dslt_eval_protocol protocol) {
  if (protocol == DSLT_EVAL_TRE) return DSLT_RESULT_TRE;
  return protocol == DSLT_EVAL_SRE ? DSLT_RESULT_SRE : DSLT_RESULT_ONE_PASS;
}

static int score_sequences(dslt_tracker_scores *tracker, const dslt_evaluation *evaluation,
                           const dslt_result_folder *folder) {
  int at = 0;
  for (int i = 0; i < evaluation->sequence_count; i++) {
    while (at < folder->count && folder->files[at].sequence < evaluation->sequences[i]) at++;
    int count = 0;
    while (at + count < folder->count && folder->files[at + count].sequence == evaluation->sequences[i])
      count++;
    DSLT_TRY(dslt_evaluate_cell(&tracker->cells[i], evaluation, i, folder->files + at, count,
                                folder->frames_limit));
  }
  return DSLT_OK;
}

static int score_tracker(dslt_tracker_scores *tracker, const dslt_evaluation *evaluation,
                         const dslt_result_source *source) {
  tracker->name = strdup(source->name);
  tracker->folder = strdup(source->folder);
  tracker->cells = calloc((size_t)evaluation->sequence_count, sizeof *tracker->cells);
  if (!tracker->name || !tracker->folder || !tracker->cells)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for the scores of %s.", source->name);
  dslt_result_folder folder;
  int rc = dslt_result_folder_scan(&folder, evaluation->set, source->folder, source->name,
                                   files_of(evaluation->options.protocol));
  if (rc == DSLT_OK) rc = score_sequences(tracker, evaluation, &folder);
  tracker->note = folder.note;
  folder.note = NULL;
  dslt_result_folder_free(&folder);
  return rc;
}

/* With `common`, sequences that one tracker lacks are dropped from all. */
static void drop_uncommon(dslt_evaluation *evaluation) {
  for (int i = 0; i < evaluation->sequence_count; i++) {
    int everywhere = 1;
    for (int t = 0; t < evaluation->tracker_count; t++)
      everywhere &= evaluation->trackers[t].cells[i].state == DSLT_CELL_SCORED;
    for (int t = 0; !everywhere && t < evaluation->tracker_count; t++) {
      dslt_cell *cell = &evaluation->trackers[t].cells[i];
      if (cell->state == DSLT_CELL_SCORED) cell->state = DSLT_CELL_DROPPED;
    }
  }
}

static int summarise(dslt_tracker_scores *tracker, const dslt_evaluation *evaluation) {
  const int count = evaluation->sequence_count;
  for (int i = 0; i < count; i++) {
    tracker->scored += tracker->cells[i].state == DSLT_CELL_SCORED;
    tracker->missing += tracker->cells[i].state == DSLT_CELL_MISSING;
    tracker->refused += tracker->cells[i].state == DSLT_CELL_REFUSED;
    tracker->dropped += tracker->cells[i].state == DSLT_CELL_DROPPED;
  }
  dslt_scores_mean(&tracker->overall, tracker->cells, NULL, count, &evaluation->options);
  const int attributes = dslt_dataset_kind_of(evaluation->set)->attribute_count;
  if (attributes == 0) return DSLT_OK;
  tracker->attributes = calloc((size_t)attributes, sizeof *tracker->attributes);
  uint8_t *wanted = malloc((size_t)count);
  if (!tracker->attributes || !wanted) {
    free(wanted);
    return dslt_fail(DSLT_EMEMORY, "Out of memory for the attributes of %s.", tracker->name);
  }
  for (int a = 0; a < attributes; a++) {
    for (int i = 0; i < count; i++) wanted[i] = dslt_evaluation_attributes(evaluation, i) >> a & 1;
    dslt_scores_mean(&tracker->attributes[a], tracker->cells, wanted, count, &evaluation->options);
  }
  free(wanted);
  return DSLT_OK;
}

/* ---- all trackers -------------------------------------------------------------------------------- */

static int take_sequences(dslt_evaluation *out) {
  const int count = dslt_dataset_count(out->set);
  out->sequences = malloc((size_t)(count > 0 ? count : 1) * sizeof *out->sequences);
  if (!out->sequences) return dslt_fail(DSLT_EMEMORY, "Out of memory for %d sequences.", count);
  for (int i = 0; i < count; i++)
    if (dslt_dataset_at(out->set, i)->state == DSLT_SEQUENCE_READY) out->sequences[out->sequence_count++] = i;
  out->absent = count - out->sequence_count;
  if (out->sequence_count == 0)
    return dslt_fail(DSLT_EFORMAT, "%s has no ground truth of any sequence that is asked for.",
                     dslt_dataset_root(out->set));
  return DSLT_OK;
}

/* 1 when tracker `a` ranks before `b`. */
static int is_better(const dslt_evaluation *evaluation, int a, int b) {
  const dslt_tracker_scores *left = &evaluation->trackers[a], *right = &evaluation->trackers[b];
  const int pooled = evaluation->options.protocol == DSLT_EVAL_GOT10K;
  double left_score = pooled ? left->overall.ao : left->overall.auc;
  double right_score = pooled ? right->overall.ao : right->overall.auc;
  if ((left->scored > 0) != (right->scored > 0)) return left->scored > 0;
  if (left_score != right_score) return left_score > right_score;
  return strcmp(left->name, right->name) < 0;
}

static int rank_trackers(dslt_evaluation *out) {
  out->ranking = malloc((size_t)out->tracker_count * sizeof *out->ranking);
  if (!out->ranking) return dslt_fail(DSLT_EMEMORY, "Out of memory for %d trackers.", out->tracker_count);
  for (int i = 0; i < out->tracker_count; i++) {
    int at = i;
    for (; at > 0 && is_better(out, i, out->ranking[at - 1]); at--) out->ranking[at] = out->ranking[at - 1];
    out->ranking[at] = i;
  }
  return DSLT_OK;
}

int dslt_evaluate(dslt_evaluation *out, const dslt_dataset *set, const dslt_result_source *sources, int count,
                  const dslt_evaluate_options *options) {
  memset(out, 0, sizeof *out);
  if (count < 1) return dslt_fail(DSLT_EARGUMENT, "There is no result folder to score.");
  out->set = set;
  out->options = *options;
  DSLT_TRY(take_sequences(out));
  out->trackers = calloc((size_t)count, sizeof *out->trackers);
  if (!out->trackers) return dslt_fail(DSLT_EMEMORY, "Out of memory for %d trackers.", count);
  out->tracker_count = count;
  for (int i = 0; i < count; i++) DSLT_TRY(score_tracker(&out->trackers[i], out, &sources[i]));
  if (options->common) drop_uncommon(out);
  for (int i = 0; i < count; i++) {
    DSLT_TRY(summarise(&out->trackers[i], out));
    out->failures += out->trackers[i].missing + out->trackers[i].refused;
  }
  return rank_trackers(out);
}

void dslt_evaluation_free(dslt_evaluation *evaluation) {
  for (int t = 0; evaluation->trackers && t < evaluation->tracker_count; t++) {
    dslt_tracker_scores *tracker = &evaluation->trackers[t];
    for (int i = 0; tracker->cells && i < evaluation->sequence_count; i++) {
      free(tracker->cells[i].note);
      free(tracker->cells[i].overlaps);
      free(tracker->cells[i].errors);
      free(tracker->cells[i].boxes);
    }
    free(tracker->cells);
    free(tracker->attributes);
    free(tracker->name);
    free(tracker->folder);
    free(tracker->note);
  }
  free(evaluation->trackers);
  free(evaluation->sequences);
  free(evaluation->ranking);
  memset(evaluation, 0, sizeof *evaluation);
}
