/* SPDX-License-Identifier: Apache-2.0 */
/* vot_measures.c: accuracy, robustness and EAO. */
#include "eval/vot_measures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "eval/vot_runs.h"

/* ---- accuracy and failures ----------------------------------------------------------------------- */

/* Mean overlap of one run beyond its burn-in; 0 when nothing is left, as in the Python toolkit. */
static double run_accuracy(int *scored, const dslt_vot_series *one, int burn_in) {
  double sum = 0;
  int used = 0, fresh_until = 0; /* frames before it are burnt in */
  for (int i = 0; i < one->frames; i++) {
    if (one->kinds[i] == DSLT_VOT_INIT) fresh_until = i + burn_in;
    if (i < fresh_until || !dslt_vot_is_region(one->kinds[i])) continue;
    sum += one->accuracy_overlap[i];
    used++;
  }
  *scored = used;
  return used ? sum / used : 0;
}

static int count_failures(const dslt_vot_series *one) {
  int failures = 0;
  for (int i = 0; i < one->frames; i++) failures += one->kinds[i] == DSLT_VOT_FAILED;
  return failures;
}

/* Sums over all sequences. */
typedef struct totals {
  double pooled; /* overlaps averaged over runs */
  long pooled_frames;
  double weighted_accuracy, weighted_failures; /* times length */
} totals;

/* mean: room for the sequence's frames. */
static void score_sequence(dslt_vot_sequence_score *out, totals *sums, double *mean,
                           const dslt_vot_series *series, int count, int sequence, int frames,
                           const dslt_vot_rules *rules) {
  double of_runs = 0, failures = 0;
  *out = (dslt_vot_sequence_score){.frames = frames, .no_reset = NAN};
  for (int i = 0; i < count; i++) {
    if (series[i].sequence != sequence) continue;
    int scored;
    of_runs += run_accuracy(&scored, &series[i], rules->burn_in);
    failures += count_failures(&series[i]);
    out->scored += scored;
    out->runs++;
  }
  of_runs /= out->runs;
  out->failures = failures / out->runs;
  out->reliability = exp(-rules->sensitivity * out->failures / frames);
  double sum = 0;
  int used = 0;
  dslt_vot_frame_means(mean, series, count, sequence, frames, rules);
  for (int f = 0; f < frames; f++) {
    if (isnan(mean[f])) continue;
    sum += mean[f];
    used++;
  }
  out->accuracy = rules->convention == DSLT_VOT_PYTHON ? of_runs : used ? sum / used : 0;
  sums->pooled += sum;
  sums->pooled_frames += used;
  sums->weighted_accuracy += of_runs * frames;
  sums->weighted_failures += out->failures * frames;
}

static void score_overall(dslt_vot_score *out, const totals *sums) {
  const double frames = (double)out->frames;
  for (int s = 0; s < out->sequences; s++) out->failures_total += out->sequence[s].failures;
  out->accuracy_pooled = sums->pooled_frames ? sums->pooled / (double)sums->pooled_frames : 0;
  out->accuracy_weighted = sums->weighted_accuracy / frames;
  out->failures_weighted = sums->weighted_failures / frames;
  out->failures_per_100 = out->failures_total / frames * 100;
  const int python = out->rules.convention == DSLT_VOT_PYTHON;
  out->accuracy = python ? out->accuracy_weighted : out->accuracy_pooled;
  out->robustness = python ? out->failures_weighted : out->failures_total;
  const double rate =
      python ? out->failures_weighted / (frames / out->sequences) : out->failures_total / frames;
  out->reliability = exp(-out->rules.sensitivity * rate);
}

/* ---- expected average overlap -------------------------------------------------------------------- */

/* Numerator and denominator of the curve; entry i belongs to length i + 1. */
typedef struct curve {
  double *sum, *weight;
  int length;
} curve;

/* Frames first..last - 1 of a run, counted as 0 from `last` on where `endless`. */
static void add_fragment(curve *out, const dslt_vot_series *one, int first, int last, int endless,
                         double weight) {
  double sum = 0;
  const int end = endless ? out->length : last - first;
  for (int i = 0; i < end; i++) {
    /* The first frame's box was given, so it is not part of the mean. */
    if (i > 0 && i < last - first && dslt_vot_is_region(one->kinds[first + i]))
      sum += one->eao_overlap[first + i];
    out->sum[i] += weight * (i > 0 ? sum / i : 1);
    out->weight[i] += weight;
  }
}

static int next_kind(const dslt_vot_series *one, int from, dslt_vot_kind kind) {
  while (from < one->frames && one->kinds[from] != kind) from++;
  return from;
}

/* Cut a run at its initialisations and hand the fragments to `out`, or only find the longest (out NULL). */
static int each_fragment(curve *out, const dslt_vot_series *one, dslt_vot_convention convention,
                         double weight) {
  int longest = 0;
  for (int first = 0; first < one->frames;) {
    const int failed = next_kind(one, first, DSLT_VOT_FAILED);
    const int next = next_kind(one, failed, DSLT_VOT_INIT);
    const int is_last = next == one->frames, has_failed = failed < one->frames;
    /* MATLAB cuts where the tracker is initialised again: without that the fragment ends with the video. */
    const int endless = has_failed && (convention == DSLT_VOT_PYTHON || !is_last);
    const int last = endless || convention == DSLT_VOT_PYTHON ? failed : one->frames;
    if (out) add_fragment(out, one, first, last, endless, weight);
    if (last - first > longest) longest = last - first;
    first = next;
  }
  return longest;
}

static int curve_length(const dslt_vot_series *series, int count, dslt_vot_convention convention) {
  int longest = 0;
  for (int i = 0; i < count; i++) {
    int length =
        convention == DSLT_VOT_PYTHON ? each_fragment(NULL, &series[i], convention, 1) : series[i].frames;
    if (length > longest) longest = length;
  }
  return longest;
}

static int score_eao(dslt_vot_score *out, const dslt_vot_series *series, int count) {
  const dslt_vot_rules *rules = &out->rules;
  const int length = curve_length(series, count, rules->convention);
  curve sums = {calloc((size_t)length, sizeof(double)), calloc((size_t)length, sizeof(double)), length};
  if (!sums.sum || !sums.weight) {
    free(sums.sum);
    free(sums.weight);
    return dslt_fail(DSLT_EMEMORY, "Out of memory for a curve of %d lengths.", length);
  }
  for (int i = 0; i < count; i++) {
    const double weight =
        rules->convention == DSLT_VOT_PYTHON ? 1 : 1.0 / out->sequence[series[i].sequence].runs;
    each_fragment(&sums, &series[i], rules->convention, weight);
  }
  double sum = 0;
  for (int i = 0; i < length; i++) {
    sums.sum[i] = sums.weight[i] > 0 ? sums.sum[i] / sums.weight[i] : NAN;
    if (i + 1 < rules->eao_low || i + 1 > rules->eao_high || isnan(sums.sum[i])) continue;
    sum += sums.sum[i];
    out->eao_lengths++;
  }
  free(sums.weight);
  out->curve = sums.sum;
  out->curve_length = length;
  out->eao = out->eao_lengths ? sum / out->eao_lengths : NAN;
  return DSLT_OK;
}

/* ---- all measures -------------------------------------------------------------------------------- */

static int measure(dslt_vot_score *out, const dslt_vot_series *series, int count, const int *lengths) {
  int longest = 0;
  for (int s = 0; s < out->sequences; s++) longest = lengths[s] > longest ? lengths[s] : longest;
  double *mean = malloc((size_t)longest * sizeof *mean);
  out->sequence = calloc((size_t)out->sequences, sizeof *out->sequence);
  if (!mean || !out->sequence) {
    free(mean);
    return dslt_fail(DSLT_EMEMORY, "Out of memory for the scores of %d sequences.", out->sequences);
  }
  totals sums = {0, 0, 0, 0};
  for (int s = 0; s < out->sequences; s++) {
    score_sequence(&out->sequence[s], &sums, mean, series, count, s, lengths[s], &out->rules);
    out->frames += lengths[s];
    if (out->sequence[s].runs > out->runs) out->runs = out->sequence[s].runs;
  }
  free(mean);
  score_overall(out, &sums);
  return score_eao(out, series, count);
}

int dslt_vot_measure(dslt_vot_score *out, const dslt_vot_series *series, int count, const int *lengths,
                     int sequences, const dslt_vot_rules *rules) {
  if (!out || sequences < 1) return dslt_fail(DSLT_EARGUMENT, "There are no VOT sequences to measure.");
  DSLT_TRY(dslt_vot_series_check(series, count, lengths, sequences, rules));
  dslt_vot_score score = {
      .rules = *rules, .sequences = sequences, .eao = NAN, .no_reset = NAN, .frames_per_second = NAN};
  int rc = measure(&score, series, count, lengths);
  if (rc < 0)
    dslt_vot_score_free(&score);
  else
    *out = score;
  return rc;
}

void dslt_vot_score_free(dslt_vot_score *score) {
  if (!score) return;
  for (int s = 0; score->sequence && s < score->sequences; s++) free(score->sequence[s].name);
  free(score->sequence);
  free(score->curve);
  free(score->note);
  *score = (dslt_vot_score){.eao = NAN, .no_reset = NAN, .frames_per_second = NAN};
}

/* ---- a folder ------------------------------------------------------------------------------------ */

/* matlab counts a frame without a region as 0, python leaves it out. Frames after the first only. */
static double no_reset_sum(long *used, const dslt_vot_series *one, const dslt_vot_rules *rules) {
  const int first = rules->no_reset_burn_in > 1 ? rules->no_reset_burn_in : 1;
  double sum = 0;
  for (int i = first; i < one->frames; i++) {
    const int known = dslt_vot_is_region(one->kinds[i]);
    if (!known && rules->convention == DSLT_VOT_PYTHON) continue;
    if (known) sum += one->accuracy_overlap[i];
    ++*used;
  }
  return sum;
}

static void score_no_reset(dslt_vot_score *out, const dslt_vot_series *no_reset) {
  double pooled = 0, weighted = 0;
  long pooled_frames = 0;
  int complete = 1;
  for (int s = 0; s < out->sequences; s++) {
    if (no_reset[s].frames == 0) {
      complete = 0;
      continue;
    }
    long used = 0;
    const double sum = no_reset_sum(&used, &no_reset[s], &out->rules);
    out->sequence[s].no_reset = used ? sum / (double)used : 0;
    pooled += sum;
    pooled_frames += used;
    weighted += out->sequence[s].no_reset * out->sequence[s].frames;
  }
  if (!complete) return;
  if (out->rules.convention == DSLT_VOT_PYTHON)
    out->no_reset = weighted / (double)out->frames;
  else
    out->no_reset = pooled_frames ? pooled / (double)pooled_frames : 0;
}

/* Scores of a folder that has only no-reset runs. */
static int measure_no_reset(dslt_vot_score *out, const dslt_vot_load *load, const dslt_vot_rules *rules) {
  *out = (dslt_vot_score){.rules = *rules,
                          .sequences = load->sequences,
                          .accuracy = NAN,
                          .accuracy_pooled = NAN,
                          .accuracy_weighted = NAN,
                          .robustness = NAN,
                          .failures_total = NAN,
                          .failures_weighted = NAN,
                          .failures_per_100 = NAN,
                          .reliability = NAN,
                          .eao = NAN,
                          .no_reset = NAN,
                          .frames_per_second = NAN};
  out->sequence = calloc((size_t)load->sequences, sizeof *out->sequence);
  if (!out->sequence)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for the scores of %d sequences.", load->sequences);
  for (int s = 0; s < load->sequences; s++) {
    out->sequence[s] = (dslt_vot_sequence_score){
        .frames = load->lengths[s], .accuracy = NAN, .failures = NAN, .reliability = NAN};
    out->frames += load->lengths[s];
  }
  return DSLT_OK;
}

static int name_sequences(dslt_vot_score *score, const dslt_vot_load *load) {
  for (int s = 0; s < score->sequences; s++) {
    score->sequence[s].name = strdup(load->names[s]);
    if (!score->sequence[s].name) return dslt_fail(DSLT_EMEMORY, "Out of memory for the names of sequences.");
  }
  return DSLT_OK;
}

int dslt_vot_score_folder(dslt_vot_score *out, int *missing, const char *folder,
                          const dslt_vot_sequence *sequences, int count, int allow,
                          const dslt_vot_rules *rules) {
  dslt_vot_load load;
  dslt_vot_score score = {0};
  DSLT_TRY(dslt_vot_load_folder(&load, folder, sequences, count, allow, rules));
  int rc = load.unsupervised
               ? measure_no_reset(&score, &load, rules)
               : dslt_vot_measure(&score, load.series, load.count, load.lengths, load.sequences, rules);
  if (rc < 0) goto done;
  score_no_reset(&score, load.no_reset);
  if (load.timed > 0 && load.seconds > 0) score.frames_per_second = (double)load.timed / load.seconds;
  if ((rc = name_sequences(&score, &load)) < 0) goto done;
  score.refused = load.refused;
  score.note = load.note;
  load.note = NULL;
  if (missing) *missing = load.missing;
done:
  dslt_vot_load_free(&load);
  if (rc < 0)
    dslt_vot_score_free(&score);
  else
    *out = score;
  return rc;
}
