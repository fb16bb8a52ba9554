/* SPDX-License-Identifier: Apache-2.0 */
/* got10k.c: AO and SR as in the got10k toolkit. */
#include "eval/got10k.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "dataset/boxes.h"
#include "eval/convention.h"

static double clip(double value, double low, double high) { return fmin(fmax(value, low), high); }

/* The corner moves into the image and the size is cut to what is left; the part of a box that lay outside on
 * the left or above is not subtracted from its size. The toolkit does the same. */
static dslt_box clip_box(dslt_box box, const dslt_got10k_scene *scene) {
  if (scene->width < 1 || scene->height < 1) return box;
  box.x = clip(box.x, 0, scene->width);
  box.y = clip(box.y, 0, scene->height);
  box.width = clip(box.width, 0, scene->width - box.x);
  box.height = clip(box.height, 0, scene->height - box.y);
  return box;
}

static double overlap_of(dslt_box a, dslt_box b) {
  double wide = fmax(0, fmin(a.x + a.width, b.x + b.width) - fmax(a.x, b.x));
  double high = fmax(0, fmin(a.y + a.height, b.y + b.height) - fmax(a.y, b.y));
  double common = wide * high;
  double overlap = common / (a.width * a.height + b.width * b.height - common + DBL_EPSILON);
  return isnan(overlap) ? 0 : clip(overlap, 0, 1);
}

static void work_out(dslt_got10k *got) {
  if (got->frames < 1) return;
  got->ao = got->overlap_sum / (double)got->frames;
  got->sr50 = (double)got->count50 / (double)got->frames;
  got->sr75 = (double)got->count75 / (double)got->frames;
}

int dslt_got10k_score(dslt_got10k *out, const dslt_got10k_scene *scene, const dslt_box *results,
                      const dslt_box *truth, int count, double *overlaps) {
  if (!out || !scene || !results || !truth || count < 2)
    return dslt_fail(DSLT_EARGUMENT, "GOT-10k leaves the first frame out, so scoring needs two frames.");
  dslt_got10k got;
  memset(&got, 0, sizeof got);
  for (int i = 0; i < count; i++) {
    if (overlaps) overlaps[i] = -1;
    if (i == 0 || (scene->cover && !scene->cover[i]) || !dslt_box_is_finite(&truth[i])) continue;
    double overlap = 0; /* a row of NaN counts as overlap 0 */
    if (dslt_box_is_finite(&results[i]))
      overlap = overlap_of(clip_box(dslt_box_to_otb(results[i]), scene),
                           clip_box(dslt_box_to_otb(truth[i]), scene));
    got.frames++;
    got.overlap_sum += overlap;
    for (int bin = 0; bin < DSLT_GOT10K_BINS; bin++) got.success_count[bin] += overlap > bin * 0.01;
    got.count50 += overlap > 0.5;
    got.count75 += overlap > 0.75;
    if (overlaps) overlaps[i] = overlap;
  }
  work_out(&got);
  *out = got;
  return DSLT_OK;
}

void dslt_got10k_add(dslt_got10k *sum, const dslt_got10k *part) {
  sum->frames += part->frames;
  sum->overlap_sum += part->overlap_sum;
  for (int bin = 0; bin < DSLT_GOT10K_BINS; bin++) sum->success_count[bin] += part->success_count[bin];
  sum->count50 += part->count50;
  sum->count75 += part->count75;
  work_out(sum);
}
