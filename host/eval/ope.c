/* One-pass evaluation with the MATLAB toolkit's arithmetic, rounding included: thresholds, edges and
 * comparisons follow it step by step because integer boxes hit the thresholds exactly. */
#include "eval/ope.h"

#include <math.h>
#include <string.h>

#include "data/boxes.h"
#include "util/error.h"

/* MATLAB builds 0:0.05:1 from both ends towards the middle. */
static double success_threshold(int bin) { return bin <= 10 ? bin * 0.05 : 1 - (20 - bin) * 0.05; }

static int is_finite(const dslt_box *box) {
  return isfinite(box->x) && isfinite(box->y) && isfinite(box->width) && isfinite(box->height);
}

/* Both boxes 1-based with positive sizes; pixel-inclusive edges. */
static double overlap_inclusive(dslt_box a, dslt_box b) {
  double right = fmin(a.x + a.width - 1, b.x + b.width - 1);
  double bottom = fmin(a.y + a.height - 1, b.y + b.height - 1);
  double wide = fmax(0, right - fmax(a.x, b.x) + 1);
  double high = fmax(0, bottom - fmax(a.y, b.y) + 1);
  double common = wide * high;
  return common / (a.width * a.height + b.width * b.height - common);
}

double dslt_box_overlap(const dslt_box *a, const dslt_box *b) {
  if (!is_finite(a) || !is_finite(b)) return 0;
  if (!(a->width > 0 && a->height > 0 && b->width > 0 && b->height > 0)) return 0;
  double overlap = overlap_inclusive(dslt_box_to_otb(*a), dslt_box_to_otb(*b));
  return fmin(fmax(overlap, 0), 1); /* also turns the 0/0 of vanishing areas into 0 */
}

static double centre_error(dslt_box a, dslt_box b) {
  double dx = (a.x + (a.width - 1) / 2) - (b.x + (b.width - 1) / 2);
  double dy = (a.y + (a.height - 1) / 2) - (b.y + (b.height - 1) / 2);
  return sqrt(dx * dx + dy * dy);
}

static int is_valid_truth(dslt_box otb) { return otb.x > 0 && otb.y > 0 && otb.width > 0 && otb.height > 0; }

static void count_frame(dslt_ope *ope, double overlap, double error) {
  for (int i = 0; i < DSLT_SUCCESS_BINS; i++) ope->success_count[i] += overlap > success_threshold(i);
  for (int i = 0; i < DSLT_PRECISION_BINS; i++) ope->precision_count[i] += error <= i;
}

int dslt_ope_score(dslt_ope *out, const dslt_box *results, const dslt_box *truth, int count) {
  if (!out || !results || !truth || count < 1)
    return dslt_fail(DSLT_EARGUMENT,
                     "There is no frame to score: results and ground truth need at least one box.");
  dslt_ope ope;
  memset(&ope, 0, sizeof ope);
  ope.frames = count;
  double overlap_sum = 0;
  dslt_box previous = truth[0];
  for (int i = 0; i < count; i++) {
    /* The first row is the box the tracker was given. A bad row repeats the one before it. */
    dslt_box result = i == 0 ? truth[0] : results[i];
    int truth_is_nan = !is_finite(&truth[i]);
    if (!truth_is_nan && (!is_finite(&result) || !(result.width > 0) || !(result.height > 0)))
      result = previous;
    previous = result;
    dslt_box otb_truth = dslt_box_to_otb(truth[i]);
    if (truth_is_nan || !is_valid_truth(otb_truth)) {
      ope.invalid++;
      count_frame(&ope, -1, -1); /* a miss in success and a hit in precision, as the toolkit counts it */
      continue;
    }
    double overlap = dslt_box_overlap(&result, &truth[i]);
    overlap_sum += overlap;
    count_frame(&ope, overlap, centre_error(dslt_box_to_otb(result), otb_truth));
  }
  double success_sum = 0;
  for (int i = 0; i < DSLT_SUCCESS_BINS; i++) success_sum += ope.success_count[i];
  ope.auc = success_sum / DSLT_SUCCESS_BINS / count;
  ope.precision20 = (double)ope.precision_count[20] / count;
  ope.op50 = (double)ope.success_count[10] / count;
  ope.mean_overlap = count > ope.invalid ? overlap_sum / (count - ope.invalid) : 0;
  *out = ope;
  return DSLT_OK;
}
