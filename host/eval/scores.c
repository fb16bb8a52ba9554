/* SPDX-License-Identifier: Apache-2.0 */
/* scores.c: computes measures from counts, and means over sequences. */
#include <stdint.h>
#include <string.h>

#include "eval/evaluate.h"

static double mean_of(const double *values, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += values[i];
  return sum / count;
}

/* The numbers that a one-pass plot shows, from its curves. */
static void read_curves(dslt_scores *scores) {
  scores->auc = mean_of(scores->success, scores->bins);
  if (scores->bins != DSLT_SUCCESS_BINS) return;
  scores->op50 = scores->success[10];
  scores->op75 = scores->success[15];
  scores->precision20 = scores->precision[20];
  scores->norm_precision20 = scores->norm_precision[20];
  scores->norm_precision_auc = mean_of(scores->norm_precision, DSLT_PRECISION_BINS);
}

void dslt_scores_of_ope(dslt_scores *out, const dslt_ope *ope) {
  memset(out, 0, sizeof *out);
  out->sequences = 1;
  out->frames = ope->scored;
  out->bins = DSLT_SUCCESS_BINS;
  for (int i = 0; i < DSLT_SUCCESS_BINS; i++) out->success[i] = (double)ope->success_count[i] / ope->scored;
  for (int i = 0; i < DSLT_PRECISION_BINS; i++) {
    out->precision[i] = (double)ope->precision_count[i] / ope->scored;
    out->norm_precision[i] = (double)ope->norm_precision_count[i] / ope->scored;
  }
  read_curves(out);
  out->mean_overlap = ope->mean_overlap;
}

void dslt_scores_of_got10k(dslt_scores *out, const dslt_got10k *got) {
  memset(out, 0, sizeof *out);
  out->sequences = 1;
  out->frames = got->frames;
  out->bins = DSLT_GOT10K_BINS;
  for (int i = 0; i < DSLT_GOT10K_BINS && got->frames > 0; i++)
    out->success[i] = (double)got->success_count[i] / (double)got->frames;
  read_curves(out);
  out->ao = got->ao;
  out->sr50 = got->sr50;
  out->sr75 = got->sr75;
}

/* ---- means --------------------------------------------------------------------------------------- */

typedef struct cell_group {
  const dslt_cell *cells;
  const uint8_t *wanted; /* NULL: all */
  int count;
} cell_group;

static const dslt_cell *member(const cell_group *group, int index) {
  const dslt_cell *cell = &group->cells[index];
  return cell->state == DSLT_CELL_SCORED && (!group->wanted || group->wanted[index]) ? cell : NULL;
}

enum curve { SUCCESS, PRECISION, NORM_PRECISION };

static const double *curve_of(const dslt_scores *scores, enum curve which) {
  if (which == SUCCESS) return scores->success;
  return which == PRECISION ? scores->precision : scores->norm_precision;
}

/* MATLAB's plots drop curves of zeros, which stand for sequences without results in its arrays. */
static void mean_curve(double *out, int bins, const cell_group *group, enum curve which, int drop_zero) {
  int used = 0;
  for (int i = 0; i < group->count; i++) {
    const dslt_cell *cell = member(group, i);
    if (!cell) continue;
    const double *curve = curve_of(&cell->scores, which);
    if (drop_zero && !(mean_of(curve, bins) > 0)) continue;
    used++;
    for (int bin = 0; bin < bins; bin++) out[bin] += curve[bin];
  }
  for (int bin = 0; bin < bins && used > 0; bin++) out[bin] /= used;
}

static void pool(dslt_scores *out, const cell_group *group) {
  dslt_got10k sum;
  memset(&sum, 0, sizeof sum);
  int sequences = 0;
  for (int i = 0; i < group->count; i++) {
    const dslt_cell *cell = member(group, i);
    if (!cell) continue;
    sequences++;
    dslt_got10k_add(&sum, &cell->got);
  }
  dslt_scores_of_got10k(out, &sum);
  out->sequences = sequences;
}

void dslt_scores_mean(dslt_scores *out, const dslt_cell *cells, const uint8_t *wanted, int count,
                      const dslt_evaluate_options *options) {
  const cell_group group = {cells, wanted, count};
  if (options->protocol == DSLT_EVAL_GOT10K) {
    pool(out, &group);
    return;
  }
  memset(out, 0, sizeof *out);
  out->bins = DSLT_SUCCESS_BINS;
  for (int i = 0; i < count; i++) {
    const dslt_cell *cell = member(&group, i);
    if (!cell) continue;
    out->sequences++;
    out->frames += cell->scores.frames;
    out->mean_overlap += cell->scores.mean_overlap;
  }
  if (out->sequences == 0) return;
  out->mean_overlap /= out->sequences;
  const int drop_zero = options->convention == DSLT_CONVENTION_MATLAB;
  mean_curve(out->success, DSLT_SUCCESS_BINS, &group, SUCCESS, drop_zero);
  mean_curve(out->precision, DSLT_PRECISION_BINS, &group, PRECISION, drop_zero);
  mean_curve(out->norm_precision, DSLT_PRECISION_BINS, &group, NORM_PRECISION, drop_zero);
  read_curves(out);
}
