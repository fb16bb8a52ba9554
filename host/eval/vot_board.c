/* SPDX-License-Identifier: Apache-2.0 */
/* vot_board.c: scores of every source, ranks of those that can be compared, and their output. */
#include "eval/vot_board.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/json.h"
#include "eval/results.h"
#include "eval/tables.h"
#include "eval/vot_rank.h"
#include "eval/vot_truth.h"

/* ---- ground truth -------------------------------------------------------------------------------- */

/* Append a sentence on why a sequence cannot be used. */
static int add_note(dslt_vot_board *board, const char *sentence) {
  char *note = NULL;
  if (asprintf(&note, "%s%s%s", board->note ? board->note : "", board->note ? "\n" : "", sentence) < 0)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for a sentence.");
  free(board->note);
  board->note = note;
  board->unusable++;
  return DSLT_OK;
}

/* VOT's measures need a region in every frame. */
static int check_truth(const dslt_vot_region *truth, const dslt_sequence *sequence) {
  for (int i = 0; i < sequence->frames; i++)
    if (!dslt_vot_is_region(truth[i].kind))
      return dslt_fail(
          DSLT_EFORMAT,
          "%s is left out. Its frame %d (counted from 0) has no ground truth: VOT needs a region "
          "in every frame.",
          sequence->name, i);
  return DSLT_OK;
}

/* Read the regions of one sequence into `out`. 1 = usable, 0 = unusable, with a note. */
static int read_truth(dslt_vot_region *out, dslt_vot_board *board, const dslt_sequence *sequence) {
  int rc = dslt_vot_truth_read(out, board->set, sequence);
  if (rc == DSLT_OK) rc = check_truth(out, sequence);
  if (rc == DSLT_OK) return 1;
  if (rc == DSLT_EMEMORY) return rc;
  return add_note(board, dslt_last_error());
}

static int take_truth(dslt_vot_board *board) {
  const int count = dslt_dataset_count(board->set);
  size_t frames = 0;
  for (int i = 0; i < count; i++) frames += (size_t)dslt_dataset_at(board->set, i)->frames;
  board->sequences = calloc((size_t)count + 1, sizeof *board->sequences);
  board->regions = malloc((frames + 1) * sizeof *board->regions);
  if (!board->sequences || !board->regions)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for the ground truth.");
  dslt_vot_region *next = board->regions;
  for (int i = 0; i < count; i++) {
    const dslt_sequence *sequence = dslt_dataset_at(board->set, i);
    if (sequence->state != DSLT_SEQUENCE_READY) continue;
    const int usable = read_truth(next, board, sequence);
    DSLT_TRY(usable);
    if (!usable) continue;
    /* Regions are cut at the frame's edge. Without images the frame's size is unknown: then they are not
     * cut. */
    int width, height;
    (void)dslt_sequence_size(&width, &height, board->set, i);
    board->sequences[board->sequence_count++] =
        (dslt_vot_sequence){sequence->name, next, sequence->frames, width, height};
    next += sequence->frames;
  }
  if (board->sequence_count > 0) return DSLT_OK;
  if (board->note) return dslt_fail(DSLT_EFORMAT, "%s", board->note);
  return dslt_fail(DSLT_EFORMAT, "%s has no ground truth of any sequence that is asked for.",
                   dslt_dataset_root(board->set));
}

/* ---- scores -------------------------------------------------------------------------------------- */

/* The sequences as tracked, cut to `limit` frames if that is not 0; owned. NULL: no memory. */
static dslt_vot_sequence *cut_sequences(const dslt_vot_board *board, int64_t limit) {
  const size_t bytes = (size_t)board->sequence_count * sizeof *board->sequences;
  dslt_vot_sequence *out = malloc(bytes);
  if (!out) return NULL;
  memcpy(out, board->sequences, bytes);
  for (int i = 0; limit > 0 && i < board->sequence_count; i++)
    if (out[i].frames > limit) out[i].frames = (int)limit;
  return out;
}

static int score_tracker(dslt_vot_board *board, dslt_vot_tracker *tracker) {
  tracker->frames_limit = dslt_result_frames_limit(tracker->source.folder);
  dslt_vot_sequence *sequences = cut_sequences(board, tracker->frames_limit);
  if (!sequences) return dslt_fail(DSLT_EMEMORY, "Out of memory for the sequences.");
  const int rc = dslt_vot_score_folder(&tracker->score, &tracker->missing, tracker->source.folder, sequences,
                                       board->sequence_count,
                                       DSLT_VOT_ALLOW_MISSING | DSLT_VOT_ALLOW_UNUSABLE, &board->rules);
  free(sequences);
  if (rc == DSLT_OK || rc == DSLT_EMEMORY) return rc;
  memset(&tracker->score, 0, sizeof tracker->score);
  tracker->refused = strdup(dslt_last_error());
  return tracker->refused ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for a sentence.");
}

/* A tracker without a score comes last. */
static double for_order(double value) { return isnan(value) ? -1 : value; }

static int is_better(const dslt_vot_tracker *a, const dslt_vot_tracker *b) {
  const double eao_a = for_order(a->score.eao), eao_b = for_order(b->score.eao);
  const double accuracy_a = for_order(a->score.accuracy), accuracy_b = for_order(b->score.accuracy);
  if (!a->refused != !b->refused) return !a->refused;
  if (eao_a != eao_b) return eao_a > eao_b;
  if (for_order(a->score.no_reset) != for_order(b->score.no_reset) && eao_a < 0)
    return for_order(a->score.no_reset) > for_order(b->score.no_reset);
  if (accuracy_a != accuracy_b) return accuracy_a > accuracy_b;
  return strcmp(a->source.name, b->source.name) < 0;
}

/* Ranks compare frame by frame, so every tracker needs the same frames of every sequence. */
static int can_rank(const dslt_vot_board *board) {
  for (int t = 0; t < board->count; t++) {
    const dslt_vot_tracker *tracker = &board->trackers[t];
    if (tracker->refused || tracker->missing > 0 || tracker->score.refused > 0 || tracker->score.runs == 0 ||
        tracker->frames_limit != board->trackers[0].frames_limit)
      return 0;
  }
  return board->count > 1;
}

static int rank_trackers(dslt_vot_board *board) {
  if (!can_rank(board)) return DSLT_OK;
  const int count = board->count;
  dslt_vot_sample *samples = calloc((size_t)count, sizeof *samples);
  double *accuracy = malloc(2 * (size_t)count * sizeof *accuracy);
  dslt_vot_sequence *sequences = cut_sequences(board, board->trackers[0].frames_limit);
  int rc = DSLT_OK;
  if (!samples || !accuracy || !sequences) {
    rc = dslt_fail(DSLT_EMEMORY, "Out of memory for the ranks.");
    goto done;
  }
  for (int t = 0; t < count; t++) {
    rc = dslt_vot_sample_folder(&samples[t], board->trackers[t].source.folder, sequences,
                                board->sequence_count, &board->rules);
    if (rc < 0) goto done;
  }
  rc = dslt_vot_ranks(accuracy, accuracy + count, samples, count, 0.05);
  if (rc < 0) goto done;
  for (int t = 0; t < count; t++) {
    board->trackers[t].rank_accuracy = accuracy[t];
    board->trackers[t].rank_robustness = accuracy[count + t];
  }
done:
  for (int t = 0; samples && t < count; t++) dslt_vot_sample_free(&samples[t]);
  free(samples);
  free(accuracy);
  free(sequences);
  return rc;
}

static int score_all(dslt_vot_board *board, const dslt_result_source *sources, int count) {
  DSLT_TRY(take_truth(board));
  board->trackers = calloc((size_t)count, sizeof *board->trackers);
  board->order = malloc((size_t)count * sizeof *board->order);
  if (!board->trackers || !board->order)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for %d trackers.", count);
  for (int t = 0; t < count; t++) {
    board->trackers[t].source = sources[t];
    board->count++;
    DSLT_TRY(score_tracker(board, &board->trackers[t]));
    int at = t;
    for (; at > 0 && is_better(&board->trackers[t], &board->trackers[board->order[at - 1]]); at--)
      board->order[at] = board->order[at - 1];
    board->order[at] = t;
  }
  return rank_trackers(board);
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
static double value_of(const dslt_vot_tracker *tracker, int index) {
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

static int fill_main(dslt_table *table, const dslt_vot_board *board) {
  DSLT_TRY(dslt_table_set(table, 0, 0, "tracker"));
  for (int c = 0; c < COLUMNS; c++) DSLT_TRY(dslt_table_set(table, 0, c + 1, "%s", columns[c].head));
  DSLT_TRY(dslt_table_set(table, 0, COLUMNS + 1, "sequences"));
  for (int t = 0; t < board->count; t++) {
    const dslt_vot_tracker *tracker = &board->trackers[board->order[t]];
    DSLT_TRY(dslt_table_set(table, t + 1, 0, "%s", tracker->source.name));
    for (int c = 0; c < COLUMNS; c++)
      DSLT_TRY(set_number(table, t + 1, c + 1, columns[c].digits, value_of(tracker, c)));
    DSLT_TRY(
        dslt_table_set(table, t + 1, COLUMNS + 1, "%d/%d", tracker->score.sequences, board->sequence_count));
  }
  return DSLT_OK;
}

static int fill_sequences(dslt_table *table, const dslt_vot_tracker *tracker) {
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

static int draw_main(FILE *stream, const dslt_vot_board *board, dslt_table_style style) {
  char title[300];
  snprintf(title, sizeof title, "%s, protocol vot, convention %s, EAO over lengths %d to %d",
           dslt_dataset_kind_of(board->set)->title, dslt_vot_convention_name(board->rules.convention),
           board->rules.eao_low, board->rules.eao_high);
  dslt_table table;
  int rc = dslt_table_make(&table, title, board->count + 1, COLUMNS + 2);
  if (rc < 0 || (rc = fill_main(&table, board)) < 0) goto done;
  dslt_table_draw(stream, &table, style, 1);
done:
  dslt_table_free(&table);
  return rc;
}

static int draw_sequences(FILE *stream, const dslt_vot_tracker *tracker, dslt_table_style style) {
  char title[300];
  snprintf(title, sizeof title, "%s by sequence", tracker->source.name);
  dslt_table table;
  int rc = dslt_table_make(&table, title, tracker->score.sequences + 1, 7);
  if (rc < 0 || (rc = fill_sequences(&table, tracker)) < 0) goto done;
  dslt_table_draw(stream, &table, style, 0);
done:
  dslt_table_free(&table);
  return rc;
}

int dslt_vot_board_tables(FILE *stream, const dslt_vot_board *board, dslt_table_style style,
                          int per_sequence) {
  DSLT_TRY(draw_main(stream, board, style));
  for (int t = 0; per_sequence && t < board->count; t++) {
    const dslt_vot_tracker *tracker = &board->trackers[board->order[t]];
    if (!tracker->refused) DSLT_TRY(draw_sequences(stream, tracker, style));
  }
  return DSLT_OK;
}

/* ---- files --------------------------------------------------------------------------------------- */

/* The tracker's scores, with its overall numbers and its ranks at the top level. */
static json_t *tracker_json(const dslt_vot_tracker *tracker) {
  json_t *score = NULL;
  if (tracker->refused) return json_pack("{s:o}", "refused", dslt_json_text(tracker->refused));
  if (dslt_vot_score_json(&score, &tracker->score) < 0) return NULL;
  json_t *entry = json_copy(json_object_get(score, "overall"));
  int failed = json_object_set(entry, "sequence_count", json_object_get(entry, "sequences"));
  failed |= json_object_set(entry, "eao_curve", json_object_get(score, "curve"));
  failed |= json_object_set(entry, "sequences", json_object_get(score, "sequences"));
  json_decref(score);
  for (int c = 0; c < COLUMNS; c++) {
    failed |= json_object_set_new(entry, columns[c].key, dslt_json_number(value_of(tracker, c)));
  }
  failed |= json_object_set_new(entry, "folder", dslt_json_text(tracker->source.folder));
  failed |= json_object_set_new(entry, "missing", json_integer(tracker->missing));
  failed |= json_object_set_new(entry, "unusable", json_integer(tracker->score.refused));
  if (tracker->frames_limit)
    failed |= json_object_set_new(entry, "frames_limit", json_integer(tracker->frames_limit));
  if (!failed) return entry;
  json_decref(entry);
  return NULL;
}

int dslt_vot_board_json(FILE *stream, const dslt_vot_board *board) {
  const dslt_dataset_kind *kind = dslt_dataset_kind_of(board->set);
  json_t *trackers = json_object(), *ranking = json_array();
  int failed = !trackers || !ranking;
  for (int t = 0; !failed && t < board->count; t++) {
    failed |= dslt_json_set(trackers, board->trackers[t].source.name, tracker_json(&board->trackers[t])) != 0;
    failed |= json_array_append_new(ranking, dslt_json_text(board->trackers[board->order[t]].source.name));
  }
  json_t *root =
      json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:f, s:o, s:o}", "format", "dslt-eval",
                "format_version", 1, "version", dslt_version(), "dataset", kind->name, "title", kind->title,
                "protocol", "vot", "convention", dslt_vot_convention_name(board->rules.convention), "eao_low",
                board->rules.eao_low, "eao_high", board->rules.eao_high, "sensitivity",
                board->rules.sensitivity, "ranking", ranking, "trackers", trackers);
  int rc = root && !failed ? dslt_eval_json_draw(stream, root)
                           : dslt_fail(DSLT_EMEMORY, "Out of memory while writing JSON.");
  json_decref(root);
  return rc;
}

/* Empty where there is no number. */
static void put_numbers(FILE *stream, const double numbers[COLUMNS]) {
  for (int c = 0; c < COLUMNS; c++) {
    fputc(',', stream);
    if (isfinite(numbers[c])) fprintf(stream, "%.17g", numbers[c]);
  }
}

void dslt_vot_board_csv(FILE *stream, const dslt_vot_board *board) {
  fputs("tracker,scope,name,frames,runs", stream);
  for (int c = 0; c < COLUMNS; c++) fprintf(stream, ",%s", columns[c].key);
  fputc('\n', stream);
  for (int t = 0; t < board->count; t++) {
    const dslt_vot_tracker *tracker = &board->trackers[t];
    if (tracker->refused) continue;
    dslt_csv_name(stream, tracker->source.name);
    fprintf(stream, ",overall,%s,%ld,%d", dslt_dataset_kind_of(board->set)->name, tracker->score.frames,
            tracker->score.runs);
    double overall[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) overall[c] = value_of(tracker, c);
    put_numbers(stream, overall);
    fputc('\n', stream);
    for (int i = 0; i < tracker->score.sequences; i++) {
      const dslt_vot_sequence_score *one = &tracker->score.sequence[i];
      dslt_csv_name(stream, tracker->source.name);
      fputs(",sequence,", stream);
      dslt_csv_name(stream, one->name ? one->name : "");
      const double numbers[COLUMNS] = {NAN, one->accuracy, one->failures, one->reliability,
                                       NAN, NAN,           one->no_reset};
      fprintf(stream, ",%d,%d", one->frames, one->runs);
      put_numbers(stream, numbers);
      fputc('\n', stream);
    }
  }
}

/* ---- all ----------------------------------------------------------------------------------------- */

int dslt_vot_board_make(dslt_vot_board *out, dslt_dataset *set, const dslt_result_source *sources, int count,
                        const dslt_vot_rules *rules) {
  *out = (dslt_vot_board){.set = set, .rules = *rules};
  return score_all(out, sources, count);
}

void dslt_vot_board_free(dslt_vot_board *board) {
  for (int t = 0; t < board->count; t++) {
    dslt_vot_score_free(&board->trackers[t].score);
    free(board->trackers[t].refused);
  }
  free(board->trackers);
  free(board->order);
  free(board->sequences);
  free(board->regions);
  free(board->note);
  memset(board, 0, sizeof *board);
}
