/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: an evaluation as a JSON document. */
#include "eval/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/measures.h"

/* Every function below answers 0, or -1 when memory runs out; new references are consumed in either case. */

static int set(json_t *object, const char *key, json_t *value) { return dslt_json_set(object, key, value); }

static int append(json_t *array, json_t *value) { return json_array_append_new(array, value); }

/* ---- scores -------------------------------------------------------------------------------------- */

static int put_scores(json_t *object, const dslt_scores *scores, dslt_eval_protocol protocol) {
  int count, failed = 0;
  const dslt_measure *measures = dslt_measures_of(&count, protocol);
  for (int m = 0; m < count; m++)
    failed |= set(object, measures[m].key, dslt_json_number(dslt_measure_value(&measures[m], scores)));
  failed |= set(object, "frames", json_integer(scores->frames));
  failed |= set(object, "success", dslt_json_numbers(scores->success, scores->bins));
  if (protocol == DSLT_EVAL_GOT10K) return failed;
  failed |= set(object, "precision", dslt_json_numbers(scores->precision, DSLT_PRECISION_BINS));
  failed |= set(object, "norm_precision", dslt_json_numbers(scores->norm_precision, DSLT_PRECISION_BINS));
  return failed;
}

/* A mean with the number of its sequences; null when there is none. */
static json_t *mean_json(const dslt_scores *scores, dslt_eval_protocol protocol) {
  if (scores->sequences == 0) return json_null();
  json_t *object = json_object();
  if (object &&
      (put_scores(object, scores, protocol) | set(object, "sequences", json_integer(scores->sequences)))) {
    json_decref(object);
    return NULL;
  }
  return object;
}

static json_t *cell_json(const dslt_cell *cell, dslt_eval_protocol protocol) {
  json_t *object = json_object();
  if (!object) return NULL;
  int failed = put_scores(object, &cell->scores, protocol);
  if (protocol != DSLT_EVAL_GOT10K) {
    failed |= set(object, "invalid_frames", json_integer(cell->ope.invalid));
    failed |= set(object, "repaired_rows", json_integer(cell->ope.repaired));
  }
  failed |= set(object, "runs", json_integer(cell->runs));
  if (cell->overlaps) failed |= set(object, "overlaps", dslt_json_numbers(cell->overlaps, cell->frames));
  if (cell->errors) failed |= set(object, "errors", dslt_json_numbers(cell->errors, cell->frames));
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

/* ---- trackers ------------------------------------------------------------------------------------ */

static int put_cells(json_t *scored, json_t *unscored, const dslt_evaluation *evaluation,
                     const dslt_tracker_scores *tracker) {
  int failed = 0;
  for (int i = 0; i < evaluation->sequence_count; i++) {
    const dslt_cell *cell = &tracker->cells[i];
    const char *name = dslt_evaluation_sequence(evaluation, i)->name;
    if (cell->state == DSLT_CELL_SCORED)
      failed |= set(scored, name, cell_json(cell, evaluation->options.protocol));
    else if (cell->state == DSLT_CELL_DROPPED)
      failed |= set(unscored, name, dslt_json_text("Left out because another tracker was not scored on it."));
    else
      failed |= set(unscored, name, dslt_json_text(cell->note));
  }
  return failed;
}

static int put_attributes(json_t *object, const dslt_evaluation *evaluation,
                          const dslt_tracker_scores *tracker) {
  const dslt_dataset_kind *kind = dslt_dataset_kind_of(evaluation->set);
  int failed = 0;
  for (int a = 0; a < kind->attribute_count; a++)
    if (tracker->attributes[a].sequences > 0)
      failed |= set(object, kind->attributes[a].name,
                    mean_json(&tracker->attributes[a], evaluation->options.protocol));
  return failed;
}

static json_t *tracker_json(const dslt_evaluation *evaluation, const dslt_tracker_scores *tracker) {
  json_t *object = json_object(), *attributes = json_object(), *scored = json_object(),
         *unscored = json_object(), *notes = json_array();
  int failed = !object || !attributes || !scored || !unscored || !notes;
  if (!failed) failed |= put_attributes(attributes, evaluation, tracker);
  if (!failed) failed |= put_cells(scored, unscored, evaluation, tracker);
  if (!failed && tracker->note[0]) failed |= append(notes, dslt_json_text(tracker->note));
  /* json_object_set_new fails on a NULL object but still releases the value. */
  failed |= set(object, "folder", dslt_json_text(tracker->folder));
  failed |= set(object, "overall", mean_json(&tracker->overall, evaluation->options.protocol));
  failed |= set(object, "attributes", attributes);
  failed |= set(object, "sequences", scored);
  failed |= set(object, "not_scored", unscored);
  failed |= set(object, "notes", notes);
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

static json_t *trackers_json(const dslt_evaluation *evaluation) {
  json_t *object = json_object();
  for (int t = 0; object && t < evaluation->tracker_count; t++) {
    const dslt_tracker_scores *tracker = &evaluation->trackers[t];
    if (set(object, tracker->name, tracker_json(evaluation, tracker)) == 0) continue;
    json_decref(object);
    return NULL;
  }
  return object;
}

static json_t *ranking_json(const dslt_evaluation *evaluation) {
  json_t *array = json_array();
  for (int t = 0; array && t < evaluation->tracker_count; t++) {
    if (append(array, dslt_json_text(evaluation->trackers[evaluation->ranking[t]].name)) == 0) continue;
    json_decref(array);
    return NULL;
  }
  return array;
}

/* ---- the set and the rules ----------------------------------------------------------------------- */

static int count_invalid(const dslt_sequence *sequence) {
  int invalid = 0;
  for (int i = 0; i < sequence->frames; i++) {
    const dslt_box *box = &sequence->truth[i];
    invalid += !(box->x + 1 > 0 && box->y + 1 > 0 && box->width > 0 && box->height > 0);
  }
  return invalid;
}

static json_t *sequence_json(const dslt_evaluation *evaluation, int index) {
  const dslt_dataset_kind *kind = dslt_dataset_kind_of(evaluation->set);
  const dslt_sequence *sequence = dslt_evaluation_sequence(evaluation, index);
  json_t *attributes = json_array();
  int failed = !attributes;
  for (int a = 0; !failed && a < kind->attribute_count; a++)
    if (dslt_evaluation_attributes(evaluation, index) >> a & 1)
      failed |= append(attributes, dslt_json_text(kind->attributes[a].name));
  json_t *object = json_object();
  failed |= set(object, "frames", json_integer(sequence->frames));
  failed |= set(object, "invalid_frames", json_integer(count_invalid(sequence)));
  failed |= set(object, "attributes", attributes);
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

static json_t *thresholds_json(const dslt_evaluation *evaluation) {
  const dslt_convention_rules *rules = dslt_convention_rules_of(evaluation->options.convention);
  const int pooled = evaluation->options.protocol == DSLT_EVAL_GOT10K;
  double success[DSLT_GOT10K_BINS], pixels[DSLT_PRECISION_BINS], sizes[DSLT_PRECISION_BINS];
  for (int i = 0; i < DSLT_GOT10K_BINS; i++) success[i] = i * 0.01;
  for (int i = 0; !pooled && i < DSLT_SUCCESS_BINS; i++) success[i] = rules->success_threshold(i);
  for (int i = 0; i < DSLT_PRECISION_BINS; i++) {
    pixels[i] = i;
    sizes[i] = rules->norm_precision_threshold(i);
  }
  json_t *object = json_object();
  int failed =
      set(object, "success", dslt_json_numbers(success, pooled ? DSLT_GOT10K_BINS : DSLT_SUCCESS_BINS));
  if (!pooled) {
    failed |= set(object, "precision", dslt_json_numbers(pixels, DSLT_PRECISION_BINS));
    failed |= set(object, "norm_precision", dslt_json_numbers(sizes, DSLT_PRECISION_BINS));
  }
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

static int put_set(json_t *root, const dslt_evaluation *evaluation) {
  const dslt_dataset_kind *kind = dslt_dataset_kind_of(evaluation->set);
  json_t *names = json_object(), *sequences = json_object(), *absent = json_array();
  int failed = !names || !sequences || !absent;
  for (int a = 0; !failed && a < kind->attribute_count; a++)
    failed |= set(names, kind->attributes[a].name, dslt_json_text(kind->attributes[a].words));
  for (int i = 0; !failed && i < evaluation->sequence_count; i++)
    failed |= set(sequences, dslt_evaluation_sequence(evaluation, i)->name, sequence_json(evaluation, i));
  for (int i = 0; !failed && i < dslt_dataset_count(evaluation->set); i++)
    if (dslt_dataset_at(evaluation->set, i)->state != DSLT_SEQUENCE_READY)
      failed |= append(absent, dslt_json_text(dslt_dataset_at(evaluation->set, i)->name));
  failed |= set(root, "attribute_names", names);
  failed |= set(root, "sequences", sequences);
  failed |= set(root, "not_in_root", absent);
  return failed;
}

static int put_rules(json_t *root, const dslt_evaluation *evaluation) {
  static const char pooled[] =
      "The first frame and frames with cover 0 are left out, boxes are clipped to the image, and the frames "
      "of "
      "all sequences are pooled, as the got10k toolkit does.";
  const dslt_evaluate_options *options = &evaluation->options;
  const dslt_convention_rules *rules = dslt_convention_rules_of(options->convention);
  const int is_pooled = options->protocol == DSLT_EVAL_GOT10K;
  int failed = set(root, "protocol", dslt_json_text(dslt_eval_protocol_name(options->protocol)));
  failed |= set(root, "convention", dslt_json_text(is_pooled ? "got10k" : rules->name));
  failed |= set(root, "rule", dslt_json_text(is_pooled ? pooled : rules->rule));
  failed |= set(root, "attribute_list", dslt_json_text(options->toolkit_attributes ? "toolkit" : "site"));
  failed |= set(root, "thresholds", thresholds_json(evaluation));
  return failed;
}

int dslt_eval_json_make(json_t **out, const dslt_evaluation *evaluation) {
  const dslt_dataset_kind *kind = dslt_dataset_kind_of(evaluation->set);
  json_t *root = json_object();
  int failed = set(root, "format", dslt_json_text("dslt-eval"));
  failed |= set(root, "format_version", json_integer(1));
  failed |= set(root, "version", dslt_json_text(dslt_version()));
  failed |= set(root, "dataset", dslt_json_text(kind->name));
  failed |= set(root, "title", dslt_json_text(kind->title));
  failed |= put_rules(root, evaluation);
  failed |= put_set(root, evaluation);
  failed |= set(root, "ranking", ranking_json(evaluation));
  failed |= set(root, "trackers", trackers_json(evaluation));
  if (failed) {
    json_decref(root);
    return dslt_fail(DSLT_EMEMORY, "Out of memory while writing JSON.");
  }
  *out = root;
  return DSLT_OK;
}

int dslt_eval_json_draw(FILE *stream, const json_t *document) {
  if (json_dumpf(document, stream, JSON_COMPACT | JSON_REAL_PRECISION(17)) != 0)
    return dslt_fail(DSLT_EIO, "The JSON could not be written: %s.", strerror(errno));
  fputc('\n', stream);
  return DSLT_OK;
}
