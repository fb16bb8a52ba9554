/* SPDX-License-Identifier: Apache-2.0 */
/* vot_rank.c: ranks of several trackers, and the two significance tests. */
#include "eval/vot_rank.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "eval/vot_runs.h"

/* ---- samples ------------------------------------------------------------------------------------- */

/* A row of `failures`: missing repetitions take the mean of those that were run. Returns that mean. */
static double fill_failures(double *row, const dslt_vot_series *series, int count, int sequence,
                            int repetitions) {
  double sum = 0;
  int runs = 0;
  for (int i = 0; i < count; i++) {
    if (series[i].sequence != sequence) continue;
    double failures = 0;
    for (int f = 0; f < series[i].frames; f++) failures += series[i].kinds[f] == DSLT_VOT_FAILED;
    if (runs < repetitions) row[runs] = failures;
    sum += failures;
    runs++;
  }
  for (int r = runs; r < repetitions; r++) row[r] = sum / runs;
  return sum / runs;
}

int dslt_vot_sample_make(dslt_vot_sample *out, const dslt_vot_series *series, int count, const int *lengths,
                         int sequences, const dslt_vot_rules *rules) {
  if (!out || sequences < 1) return dslt_fail(DSLT_EARGUMENT, "There are no VOT sequences to rank by.");
  DSLT_TRY(dslt_vot_series_check(series, count, lengths, sequences, rules));
  if (rules->repetitions < 1) return dslt_fail(DSLT_EARGUMENT, "VOT's rules need at least one repetition.");
  dslt_vot_sample sample = {.failures_count = sequences * rules->repetitions};
  for (int s = 0; s < sequences; s++) sample.frames += lengths[s];
  sample.overlap = malloc((size_t)sample.frames * sizeof *sample.overlap);
  sample.failures = malloc((size_t)sample.failures_count * sizeof *sample.failures);
  if (!sample.overlap || !sample.failures) {
    dslt_vot_sample_free(&sample);
    return dslt_fail(DSLT_EMEMORY, "Out of memory for %ld frames of VOT results.", sample.frames);
  }
  long at = 0, scored = 0;
  double sum = 0;
  for (int s = 0; s < sequences; s++) {
    dslt_vot_frame_means(sample.overlap + at, series, count, s, lengths[s], rules);
    sample.total += fill_failures(sample.failures + (size_t)s * (size_t)rules->repetitions, series, count, s,
                                  rules->repetitions);
    at += lengths[s];
  }
  for (long i = 0; i < sample.frames; i++) {
    if (isnan(sample.overlap[i])) continue;
    sum += sample.overlap[i];
    scored++;
  }
  sample.accuracy = scored ? sum / (double)scored : 0;
  *out = sample;
  return DSLT_OK;
}

int dslt_vot_sample_folder(dslt_vot_sample *out, const char *folder, const dslt_vot_sequence *sequences,
                           int count, const dslt_vot_rules *rules) {
  dslt_vot_load load;
  DSLT_TRY(dslt_vot_load_folder(&load, folder, sequences, count, 0, rules));
  int rc = dslt_vot_sample_make(out, load.series, load.count, load.lengths, load.sequences, rules);
  dslt_vot_load_free(&load);
  return rc;
}

void dslt_vot_sample_free(dslt_vot_sample *sample) {
  if (!sample) return;
  free(sample->overlap);
  free(sample->failures);
  *sample = (dslt_vot_sample){.overlap = NULL};
}

/* ---- tests --------------------------------------------------------------------------------------- */

/* A value with its sign or side, to be ranked by the value. */
typedef struct ranked {
  double value;
  int side;    /* 1: counts in the statistic */
  double rank; /* from 1; equal values share their mean */
} ranked;

static int by_value(const void *a, const void *b) {
  const double x = ((const ranked *)a)->value, y = ((const ranked *)b)->value;
  return (x > y) - (x < y);
}

/* Sort and rank. Returns the sum of t^3 - t over groups of t equal values. */
static double rank_all(ranked *list, long count) {
  double ties = 0;
  qsort(list, (size_t)count, sizeof *list, by_value);
  for (long i = 0; i < count;) {
    long end = i + 1;
    while (end < count && list[end].value == list[i].value) end++;
    const double same = (double)(end - i), rank = (double)(i + 1 + end) / 2;
    for (; i < end; i++) list[i].rank = rank;
    ties += same * same * same - same;
  }
  return ties;
}

static double side_sum(const ranked *list, long count) {
  double sum = 0;
  for (long i = 0; i < count; i++)
    if (list[i].side) sum += list[i].rank;
  return sum;
}

/* Two-sided tail of the standard normal distribution; 1 when z is 0 / 0. */
static double two_sided(double z) { return isnan(z) ? 1 : erfc(fabs(z) / sqrt(2)); }

/* Among all choices of signs, the share whose sum of positive ranks is at most `least`, doubled. Ranks are
 * halves, so twice the rank is whole; 15 of them add up to 240 at most. */
static double exact_signed_rank(const ranked *list, int count, double least) {
  enum { MAX_SUM = 240 };
  double ways[MAX_SUM + 1] = {1}, all = 0, low = 0;
  for (int i = 0; i < count; i++) {
    const int step = (int)lround(2 * list[i].rank);
    for (int sum = MAX_SUM; sum >= step; sum--) ways[sum] += ways[sum - step];
  }
  for (int sum = 0; sum <= MAX_SUM; sum++) {
    all += ways[sum];
    if (sum <= lround(2 * least)) low += ways[sum];
  }
  return fmin(1, 2 * low / all);
}

double dslt_vot_signed_rank(long *used, const double *x, const double *y, long count) {
  enum { EXACT_UP_TO = 15 };
  ranked *list = malloc((size_t)(count > 0 ? count : 1) * sizeof *list);
  if (!list) return NAN;
  long pairs = 0, n = 0;
  for (long i = 0; i < count; i++) {
    if (isnan(x[i]) || isnan(y[i])) continue;
    pairs++;
    const double difference = x[i] - y[i];
    if (difference == 0) continue;
    list[n++] = (ranked){fabs(difference), difference > 0, 0};
  }
  if (used) *used = pairs;
  double p = 1;
  if (n > 0) {
    const double ties = rank_all(list, n), sum = side_sum(list, n), whole = (double)n * (double)(n + 1) / 2;
    if (n <= EXACT_UP_TO) {
      p = exact_signed_rank(list, (int)n, fmin(sum, whole - sum));
    } else {
      const double variance = (whole * (double)(2 * n + 1) / 6 - ties / 24) / 2;
      p = two_sided((sum - whole / 2) / sqrt(variance));
    }
  }
  free(list);
  return p;
}

double dslt_vot_rank_sum(const double *x, long x_count, const double *y, long y_count) {
  const long n = x_count + y_count;
  ranked *list = malloc((size_t)(n > 0 ? n : 1) * sizeof *list);
  if (!list) return NAN;
  for (long i = 0; i < n; i++) list[i] = (ranked){i < x_count ? x[i] : y[i - x_count], i < x_count, 0};
  double p = 1;
  if (x_count > 0 && y_count > 0) {
    const double ties = rank_all(list, n), all = (double)n;
    const double off = side_sum(list, n) - (double)x_count * (all + 1) / 2;
    const double variance = (double)x_count * (double)y_count / 12 * (all + 1 - ties / (all * (all - 1)));
    const double half = off > 0 ? 0.5 : off < 0 ? -0.5 : 0; /* for continuity */
    p = variance > 0 ? two_sided((off - half) / sqrt(variance)) : 1;
  }
  free(list);
  return p;
}

/* ---- ranks --------------------------------------------------------------------------------------- */

/* p of "these two are equal"; NaN when memory runs out. */
typedef double (*equality_test)(const dslt_vot_sample *, const dslt_vot_sample *);

/* With too few frames trackers count as different, as in the MATLAB toolkit. */
static double equal_accuracy(const dslt_vot_sample *a, const dslt_vot_sample *b) {
  enum { TOO_FEW = 25 };
  long used = 0;
  const double p = dslt_vot_signed_rank(&used, a->overlap, b->overlap, a->frames);
  return used < TOO_FEW && !isnan(p) ? 0 : p;
}

static double equal_robustness(const dslt_vot_sample *a, const dslt_vot_sample *b) {
  return dslt_vot_rank_sum(a->failures, a->failures_count, b->failures, b->failures_count);
}

/* Place of sample i, from 1; of equal scores the one named first comes first. Lower `score` is better. */
static int plain_rank(const double *score, int count, int i) {
  int rank = 1;
  for (int k = 0; k < count; k++) rank += score[k] < score[i] || (score[k] == score[i] && k < i);
  return rank;
}

/* Each tracker takes the mean of the plain ranks of those equal to it. equal: [count][count], filled here. */
static int adapted_ranks(double *out, char *equal, const double *score, const dslt_vot_sample *samples,
                         int count, double alpha, equality_test test) {
  const size_t n = (size_t)count;
  for (size_t i = 0; i < n; i++) {
    equal[i * n + i] = 1;
    for (size_t k = 0; k < i; k++) {
      const double p = alpha > 0 ? test(&samples[k], &samples[i]) : 0;
      if (isnan(p)) return dslt_fail(DSLT_EMEMORY, "Out of memory for comparing VOT trackers.");
      equal[i * n + k] = equal[k * n + i] = p > alpha;
    }
  }
  for (size_t i = 0; i < n; i++) {
    double sum = 0;
    int used = 0;
    for (size_t k = 0; k < n; k++) {
      if (!equal[i * n + k]) continue;
      sum += plain_rank(score, count, (int)k);
      used++;
    }
    out[i] = sum / used;
  }
  return DSLT_OK;
}

int dslt_vot_ranks(double *accuracy, double *robustness, const dslt_vot_sample *samples, int count,
                   double alpha) {
  if (!accuracy || !robustness || !samples || count < 1 || !(alpha >= 0 && alpha < 1))
    return dslt_fail(DSLT_EARGUMENT, "Ranks need at least one tracker and a level alpha from 0 to below 1.");
  for (int i = 1; i < count; i++)
    if (samples[i].frames != samples[0].frames || samples[i].failures_count != samples[0].failures_count)
      return dslt_fail(DSLT_EARGUMENT, "Trackers can be ranked only on the same sequences.");
  double *score = malloc((size_t)count * sizeof *score);
  char *equal = malloc((size_t)count * (size_t)count);
  int rc = score && equal ? DSLT_OK
                          : dslt_fail(DSLT_EMEMORY, "Out of memory for the ranks of %d trackers.", count);
  for (int i = 0; i < count && rc == DSLT_OK; i++) score[i] = -samples[i].accuracy;
  if (rc == DSLT_OK) rc = adapted_ranks(accuracy, equal, score, samples, count, alpha, equal_accuracy);
  for (int i = 0; i < count && rc == DSLT_OK; i++) score[i] = samples[i].total;
  if (rc == DSLT_OK) rc = adapted_ranks(robustness, equal, score, samples, count, alpha, equal_robustness);
  free(score);
  free(equal);
  return rc;
}
