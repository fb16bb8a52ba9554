/* SPDX-License-Identifier: Apache-2.0 */
/* ope.c: counting frames against thresholds. */
#include "eval/ope.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "dataset/boxes.h"

static void count_frame(dslt_ope *ope, const dslt_convention_rules *rules, const dslt_frame_score *frame) {
  ope->invalid += !frame->valid;
  if (frame->valid) ope->overlap_sum += frame->overlap;
  if (!frame->counted) return;
  ope->scored++;
  for (int i = 0; i < DSLT_SUCCESS_BINS; i++)
    ope->success_count[i] += frame->overlap > rules->success_threshold(i);
  for (int i = 0; i < DSLT_PRECISION_BINS; i++) {
    ope->precision_count[i] += frame->error <= i;
    ope->norm_precision_count[i] += frame->norm_error <= rules->norm_precision_threshold(i);
  }
}

static double mean_ratio(const int *counts, int bins, int scored) {
  double sum = 0;
  for (int i = 0; i < bins; i++) sum += counts[i];
  return sum / bins / scored;
}

static void work_out(dslt_ope *ope) {
  if (ope->scored < 1) return;
  const double scored = ope->scored;
  ope->auc = mean_ratio(ope->success_count, DSLT_SUCCESS_BINS, ope->scored);
  ope->precision20 = ope->precision_count[20] / scored;
  ope->norm_precision20 = ope->norm_precision_count[20] / scored;
  ope->norm_precision_auc = mean_ratio(ope->norm_precision_count, DSLT_PRECISION_BINS, ope->scored);
  ope->op50 = ope->success_count[10] / scored;
  ope->op75 = ope->success_count[15] / scored;
  const int valid = ope->frames - ope->invalid;
  ope->mean_overlap = valid > 0 ? ope->overlap_sum / valid : 0;
}

static int needs_repair(dslt_repair repair, const dslt_box *result) {
  switch (repair) {
    case DSLT_REPAIR_BAD: return !dslt_box_is_finite(result) || !(result->width > 0) || !(result->height > 0);
    case DSLT_REPAIR_EMPTY: return result->width == 0 || result->height == 0;
    case DSLT_REPAIR_NONE: break;
  }
  return 0;
}

static int check_boxes(const dslt_scoring *scoring, const dslt_box *results, const dslt_box *truth,
                       int count) {
  for (int i = 0; i < count; i++) {
    if (!dslt_box_is_finite(&results[i]) || results[i].width < 0 || results[i].height < 0)
      return dslt_fail(DSLT_EFORMAT, "Result row %d is NaN or has a negative size, which pytracking refuses.",
                       i + 1);
    if (!scoring->uav && !dslt_box_is_finite(&truth[i]))
      return dslt_fail(DSLT_EFORMAT, "Truth row %d is NaN, which pytracking refuses outside UAV sets.",
                       i + 1);
  }
  return DSLT_OK;
}

int dslt_ope_score_by(dslt_ope *out, const dslt_scoring *scoring, const dslt_box *results,
                      const dslt_box *truth, int count, dslt_frame_score *frames) {
  if (!out || !scoring || !results || !truth || count < 1)
    return dslt_fail(DSLT_EARGUMENT,
                     "There is no frame to score: results and ground truth need at least one box.");
  const dslt_convention_rules *rules = dslt_convention_rules_of(scoring->convention);
  if (rules->refuses_bad) DSLT_TRY(check_boxes(scoring, results, truth, count));
  dslt_ope ope;
  memset(&ope, 0, sizeof ope);
  ope.frames = count;
  dslt_box row = results[0];
  for (int i = 0; i < count; i++) {
    /* A bad row repeats the previous row, repaired or not, unless the truth is also missing. */
    if (i > 0 && needs_repair(rules->repair, &results[i]) && dslt_box_is_finite(&truth[i]))
      ope.repaired++;
    else
      row = results[i];
    /* The first box was given to the tracker. */
    dslt_box result = dslt_box_to_otb(i == 0 && rules->first_is_truth ? truth[0] : row);
    dslt_box otb_truth = dslt_box_to_otb(truth[i]);
    dslt_frame_context context = {scoring->uav, !scoring->visible || scoring->visible[i]};
    dslt_frame_score frame;
    memset(&frame, 0, sizeof frame);
    rules->measure(&frame, &result, &otb_truth, &context);
    count_frame(&ope, rules, &frame);
    if (frames) frames[i] = frame;
  }
  if (ope.scored < 1)
    return dslt_fail(DSLT_EFORMAT,
                     "The ground truth is NaN in every frame, so that nothing is left to score.");
  work_out(&ope);
  *out = ope;
  return DSLT_OK;
}

int dslt_ope_score(dslt_ope *out, const dslt_box *results, const dslt_box *truth, int count) {
  const dslt_scoring matlab = {.convention = DSLT_CONVENTION_MATLAB};
  return dslt_ope_score_by(out, &matlab, results, truth, count, NULL);
}

void dslt_ope_add(dslt_ope *sum, const dslt_ope *part) {
  sum->frames += part->frames;
  sum->scored += part->scored;
  sum->invalid += part->invalid;
  sum->repaired += part->repaired;
  sum->overlap_sum += part->overlap_sum;
  for (int i = 0; i < DSLT_SUCCESS_BINS; i++) sum->success_count[i] += part->success_count[i];
  for (int i = 0; i < DSLT_PRECISION_BINS; i++) {
    sum->precision_count[i] += part->precision_count[i];
    sum->norm_precision_count[i] += part->norm_precision_count[i];
  }
  work_out(sum);
}
