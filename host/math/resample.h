/* SPDX-License-Identifier: Apache-2.0 */
/* resample.h: how the search area is sampled from the frame and the response between its cells. */
#ifndef DSLT_MATH_RESAMPLE_H
#define DSLT_MATH_RESAMPLE_H

#include <math.h>

#include "base/hd.h"

/* A triangle filter: bilinear when enlarging, widened by the ratio when shrinking, to avoid aliasing. */
typedef struct dslt_taps {
  int first, last; /* frame pixels that contribute, both inclusive; may lie outside the frame */
  float position;  /* where the sample falls, continuous frame coordinate */
  float reach;     /* half the filter's width in frame pixels, >= 1 */
} dslt_taps;

/* Sample number `index` of a row of samples `ratio` frame pixels apart, where the input coordinate `anchor`
 * maps to the frame coordinate `centre`. */
DSLT_HD dslt_taps dslt_taps_at(int index, float anchor, float centre, float ratio) {
  dslt_taps taps;
  taps.position = centre + ((float)index + 0.5f - anchor) * ratio;
  taps.reach = ratio > 1.0f ? ratio : 1.0f;
  /* far outside any frame every pixel is the edge's: keep the numbers within int */
  if (!(taps.position > -1e6f)) taps.position = -1e6f;
  if (!(taps.position < 1e6f)) taps.position = 1e6f;
  if (!(taps.reach < 65536.0f)) taps.reach = 65536.0f;
  taps.first = (int)floorf(taps.position - taps.reach - 0.5f) + 1;
  taps.last = (int)ceilf(taps.position + taps.reach - 0.5f) - 1;
  if (taps.last < taps.first) taps.last = taps.first;
  return taps;
}

/* One axis of a resampling: the three numbers that dslt_taps_at() takes. */
typedef struct dslt_axis {
  float anchor, centre, ratio;
} dslt_axis;

/* `samples` samples over [from, from + side]. A side that is not positive, or not a number, is a point. */
DSLT_HD dslt_axis dslt_axis_of_side(double from, double side, int samples) {
  dslt_axis axis;
  axis.anchor = 0.5f * (float)samples;
  axis.centre = (float)(from + 0.5 * side);
  axis.ratio = side > 0.0 ? (float)(side / samples) : 0.0f;
  return axis;
}

DSLT_HD dslt_taps dslt_axis_taps(const dslt_axis *axis, int index) {
  return dslt_taps_at(index, axis->anchor, axis->centre, axis->ratio);
}

/* Weight of frame pixel `pixel`, not yet normalised. */
DSLT_HD float dslt_tap_weight(const dslt_taps *taps, int pixel) {
  float distance = fabsf((float)pixel + 0.5f - taps->position) / taps->reach;
  return distance < 1.0f ? 1.0f - distance : 0.0f;
}

DSLT_HD int dslt_clamp_index(int i, int size) { return i < 0 ? 0 : (i >= size ? size - 1 : i); }

/* Keys' cubic kernel, a = -1/2: weights of the four neighbours of a point `t` in [0, 1) past the second. */
DSLT_HD void dslt_cubic_weights(float t, float w[4]) {
  const float a = -0.5f;
  float t2 = t * t, t3 = t2 * t;
  w[0] = a * (t3 - 2.0f * t2 + t);
  w[1] = (a + 2.0f) * t3 - (a + 3.0f) * t2 + 1.0f;
  w[2] = -(a + 2.0f) * t3 + (2.0f * a + 3.0f) * t2 - a * t;
  w[3] = a * (t2 - t3);
}

#endif
