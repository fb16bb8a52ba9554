/* SPDX-License-Identifier: Apache-2.0 */
/* imresize.h: MATLAB's imresize with its bicubic kernel (Keys, a = -1/2), which is widened when shrinking, to
 * avoid aliasing. One axis; the two axes are resized one after the other. */
#ifndef DSLT_MATH_IMRESIZE_H
#define DSLT_MATH_IMRESIZE_H

#include <math.h>

#include "base/hd.h"

/* The input samples that make one output sample. Indices may lie outside the input: dslt_edge_index(). */
typedef struct dslt_cubic_taps {
  int first, count;
  double position; /* of the output sample, in input samples; 0 = centre of the first */
  double shrink;   /* output samples per input sample, at most 1 */
} dslt_cubic_taps;

/* Most taps of an output sample when `in` samples become `out`. */
DSLT_HD int dslt_cubic_taps_max(int in, int out) {
  return (int)ceil(in > out ? 4.0 * (double)in / (double)out : 4.0) + 2;
}

DSLT_HD dslt_cubic_taps dslt_cubic_taps_at(int index, int in, int out) {
  dslt_cubic_taps taps;
  const double scale = (double)out / (double)in, width = scale < 1.0 ? 4.0 / scale : 4.0;
  taps.position = ((double)index + 0.5) / scale - 0.5;
  taps.first = (int)floor(taps.position - 0.5 * width);
  taps.count = dslt_cubic_taps_max(in, out);
  taps.shrink = scale < 1.0 ? scale : 1.0;
  return taps;
}

/* Weight of tap number `tap`, not yet divided by the sum of all of them. */
DSLT_HD float dslt_cubic_tap(const dslt_cubic_taps *taps, int tap) {
  const double x = fabs(taps->position - (double)(taps->first + tap)) * taps->shrink;
  if (x <= 1.0) return (float)((1.5 * x - 2.5) * x * x + 1.0);
  if (x <= 2.0) return (float)(((-0.5 * x + 2.5) * x - 4.0) * x + 2.0);
  return 0.0f;
}

/* The input is continued by its first and its last sample. */
DSLT_HD int dslt_edge_index(int i, int size) { return i < 0 ? 0 : (i < size ? i : size - 1); }

/* One axis of a part that is resized: `in` samples, of which the first is sample `first` of a source with `size`
 * samples, become `out`. The part may reach beyond the source. */
typedef struct dslt_resized_axis {
  int in, out, first, size;
} dslt_resized_axis;

/* Weight of tap number `tap`, and the source's sample that it counts in *index; -1: one outside of the source. */
DSLT_HD float dslt_resized_tap(int *index, const dslt_resized_axis *axis, const dslt_cubic_taps *taps,
                               int tap) {
  const int at = axis->first + dslt_edge_index(taps->first + tap, axis->in);
  *index = at >= 0 && at < axis->size ? at : -1;
  return dslt_cubic_tap(taps, tap);
}

#endif
