/* SPDX-License-Identifier: Apache-2.0 */
/* convention.c: the toolkits' arithmetic, including rounding: each follows its original step by step because
 * integer boxes lie exactly on the thresholds. */
#include "eval/convention.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "dataset/boxes.h"

int dslt_box_is_finite(const dslt_box *box) {
  return isfinite(box->x) && isfinite(box->y) && isfinite(box->width) && isfinite(box->height);
}

/* ---- thresholds ---------------------------------------------------------------------------------- */

/* MATLAB builds 0:0.05:1 from both ends towards the middle. */
static double success_colon(int bin) { return bin <= 10 ? bin * 0.05 : 1 - (20 - bin) * 0.05; }
/* numpy's arange(0, 1.05, 0.05) and linspace(0, 1, 21) alike. */
static double success_multiple(int bin) { return bin * 0.05; }
static double norm_hundredth(int bin) { return bin / 100.0; }     /* arange(51) / 100 */
static double norm_multiple(int bin) { return bin * (0.5 / 50); } /* linspace(0, 0.5, 51) */

/* ---- overlaps and errors ------------------------------------------------------------------------- */

/* In every toolkit a comparison with NaN is false, so the frame fails. */
static double or_miss(double overlap) { return isnan(overlap) ? 0 : overlap; }
static double or_far(double error) { return isnan(error) ? INFINITY : error; }

/* Pixel-inclusive edges: the last column of a box is x + width - 1. NaN when a number is missing. */
static double overlap_inclusive(const dslt_box *a, const dslt_box *b) {
  if (!dslt_box_is_finite(a) || !dslt_box_is_finite(b)) return NAN;
  double right = fmin(a->x + a->width - 1, b->x + b->width - 1);
  double bottom = fmin(a->y + a->height - 1, b->y + b->height - 1);
  double wide = fmax(0, right - fmax(a->x, b->x) + 1);
  double high = fmax(0, bottom - fmax(a->y, b->y) + 1);
  double common = wide * high;
  return common / (a->width * a->height + b->width * b->height - common);
}

double dslt_box_overlap(const dslt_box *a, const dslt_box *b) {
  if (!(a->width > 0 && a->height > 0 && b->width > 0 && b->height > 0)) return 0;
  dslt_box otb_a = dslt_box_to_otb(*a), otb_b = dslt_box_to_otb(*b);
  double overlap = overlap_inclusive(&otb_a, &otb_b);
  return isnan(overlap) ? 0 : fmin(fmax(overlap, 0), 1);
}

/* Continuous edges; `epsilon` is added to the union. */
static double overlap_continuous(const dslt_box *a, const dslt_box *b, double epsilon) {
  if (!dslt_box_is_finite(a) || !dslt_box_is_finite(b)) return NAN;
  double wide = fmax(0, fmin(a->x + a->width, b->x + b->width) - fmax(a->x, b->x));
  double high = fmax(0, fmin(a->y + a->height, b->y + b->height) - fmax(a->y, b->y));
  double common = wide * high;
  double overlap = common / (a->width * a->height + b->width * b->height - common + epsilon);
  return isnan(overlap) ? overlap : fmin(fmax(overlap, 0), 1);
}

static double centre_x(const dslt_box *box) { return box->x + (box->width - 1) / 2; }
static double centre_y(const dslt_box *box) { return box->y + (box->height - 1) / 2; }

static double length(double x, double y) { return sqrt(x * x + y * y); }

static double centre_error(const dslt_box *a, const dslt_box *b) {
  return length(centre_x(a) - centre_x(b), centre_y(a) - centre_y(b));
}

/* Each centre divided by the truth's size, then the distance: pysot's and pytracking's order. */
static double norm_error(const dslt_box *result, const dslt_box *truth, double width, double height) {
  return length(centre_x(result) / width - centre_x(truth) / width,
                centre_y(result) / height - centre_y(truth) / height);
}

static int all_positive(const dslt_box *box) {
  return dslt_box_is_finite(box) && box->x > 0 && box->y > 0 && box->width > 0 && box->height > 0;
}

/* ---- one frame ----------------------------------------------------------------------------------- */

static const dslt_frame_score invalid_hit = {.overlap = -1, .error = -1, .norm_error = -1, .counted = 1};
static const dslt_frame_score invalid_miss = {
    .overlap = -1, .error = INFINITY, .norm_error = INFINITY, .counted = 1};

static void measure_inclusive(dslt_frame_score *out, const dslt_box *result, const dslt_box *truth) {
  out->overlap = or_miss(overlap_inclusive(result, truth));
  out->error = or_far(centre_error(result, truth));
  out->norm_error = or_far(norm_error(result, truth, truth->width, truth->height));
  out->valid = out->counted = 1;
}

static void measure_matlab(dslt_frame_score *out, const dslt_box *result, const dslt_box *truth,
                           const dslt_frame_context *context) {
  (void)context;
  if (all_positive(truth))
    measure_inclusive(out, result, truth);
  else
    *out = invalid_hit;
}

static void measure_pytracking(dslt_frame_score *out, const dslt_box *result, const dslt_box *truth,
                               const dslt_frame_context *context) {
  if (!context->visible) {
    *out = invalid_miss;
  } else if (all_positive(truth)) {
    measure_inclusive(out, result, truth);
  } else {
    *out = invalid_hit;
    if (!context->uav) out->error = INFINITY;
  }
}

/* Overlap and error have separate validity tests here. */
static void measure_pysot(dslt_frame_score *out, const dslt_box *result, const dslt_box *truth,
                          const dslt_frame_context *context) {
  *out = context->visible ? invalid_hit : invalid_miss;
  if (!context->visible) return;
  out->valid = truth->width > 0 && truth->height > 0;
  if (out->valid) out->overlap = or_miss(overlap_continuous(result, truth, 0));
  if (centre_x(truth) > 0 && centre_y(truth) > 0) out->error = or_far(centre_error(result, truth));
  double width = truth->width + 1e-16, height = truth->height + 1e-16;
  if (centre_x(truth) / width > 0 && centre_y(truth) / height > 0)
    out->norm_error = or_far(norm_error(result, truth, width, height));
}

static void measure_got10k(dslt_frame_score *out, const dslt_box *result, const dslt_box *truth,
                           const dslt_frame_context *context) {
  (void)context;
  *out = invalid_hit;
  out->valid = out->counted = dslt_box_is_finite(truth);
  if (!out->counted) return;
  out->overlap = or_miss(overlap_continuous(result, truth, DBL_EPSILON));
  out->error = or_far(centre_error(result, truth));
  out->norm_error = or_far(length((centre_x(result) - centre_x(truth)) / fmax(1, truth->width),
                                  (centre_y(result) - centre_y(truth)) / fmax(1, truth->height)));
}

/* ---- the table ----------------------------------------------------------------------------------- */

static const dslt_convention_rules conventions[DSLT_CONVENTIONS] = {
    {"matlab",
     "Frames whose truth has x, y, w or h <= 0 or NaN are misses in success and hits in precision, as the "
     "OTB "
     "toolkit counts them.",
     1, DSLT_REPAIR_BAD, 0, success_colon, norm_hundredth, measure_matlab},
    {"pysot",
     "Frames whose truth has no area (success) or no positive centre (precision), or is NaN, are misses in "
     "success and hits in precision, as pysot counts them.",
     0, DSLT_REPAIR_NONE, 0, success_multiple, norm_hundredth, measure_pysot},
    {"got10k", "Frames whose truth is NaN are left out of every count, as the got10k toolkit does.", 1,
     DSLT_REPAIR_NONE, 0, success_multiple, norm_multiple, measure_got10k},
    {"pytracking",
     "Frames whose truth has x, y, w or h <= 0 or NaN are misses in success; in precision they are hits on "
     "UAV "
     "sets and misses elsewhere; in normalised precision hits, as pytracking counts them.",
     1, DSLT_REPAIR_EMPTY, 1, success_multiple, norm_hundredth, measure_pytracking},
};

const dslt_convention_rules *dslt_convention_rules_of(dslt_convention convention) {
  return &conventions[convention];
}

int dslt_convention_parse(dslt_convention *out, const char *name) {
  for (int i = 0; name && i < DSLT_CONVENTIONS; i++) {
    if (strcmp(name, conventions[i].name) == 0) {
      *out = (dslt_convention)i;
      return DSLT_OK;
    }
  }
  return dslt_fail(DSLT_EOPTION, "Unknown convention \"%s\": choose matlab, pysot, got10k or pytracking.",
                   name ? name : "");
}
