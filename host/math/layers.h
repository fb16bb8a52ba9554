/* SPDX-License-Identifier: Apache-2.0 */
/* layers.h: the formulas of a network's layers on single values, for the CPU and the kernels: activations, the
 * window of a pooling, local response normalisation, the place of a cell between those of a smaller map. */
#ifndef DSLT_MATH_LAYERS_H
#define DSLT_MATH_LAYERS_H

#include <math.h>

#include "base/hd.h"

typedef enum dslt_activation {
  DSLT_ACTIVATION_NONE = 0,
  DSLT_ACTIVATION_RELU,
  DSLT_ACTIVATION_RELU6,
  DSLT_ACTIVATION_HARD_SWISH,   /* x * clip(x / 6 + 1/2, 0, 1) */
  DSLT_ACTIVATION_HARD_SIGMOID, /* clip(slope * x + 1/2, 0, 1) */
  DSLT_ACTIVATION_SIGMOID,
  DSLT_ACTIVATIONS
} dslt_activation;

/* `slope`: of the hard sigmoid. ReLU and ReLU6 leave a NaN as it is. */
DSLT_HD float dslt_activate(int activation, float slope, float x) {
  switch (activation) {
    case DSLT_ACTIVATION_RELU: return x < 0.0f ? 0.0f : x;
    case DSLT_ACTIVATION_RELU6: return x < 0.0f ? 0.0f : (x > 6.0f ? 6.0f : x);
    case DSLT_ACTIVATION_HARD_SWISH: return x * fminf(fmaxf(x / 6.0f + 0.5f, 0.0f), 1.0f);
    case DSLT_ACTIVATION_HARD_SIGMOID: return fminf(fmaxf(slope * x + 0.5f, 0.0f), 1.0f);
    case DSLT_ACTIVATION_SIGMOID: return 1.0f / (1.0f + expf(-x));
    default: return x;
  }
}

/* A pooling's window along one side of a map. */
typedef struct dslt_window_side {
  int low, high; /* cells low .. high - 1 are inside the map */
  int counted;   /* with the padding that an average may count */
} dslt_window_side;

DSLT_HD dslt_window_side dslt_window_at(int at, int kernel, int stride, int pad_before, int pad_after,
                                        int side) {
  dslt_window_side out;
  const int edge = side + pad_after;
  out.low = at * stride - pad_before;
  out.high = out.low + kernel;
  out.counted = (out.high < edge ? out.high : edge) - out.low;
  if (out.low < 0) out.low = 0;
  if (out.high > side) out.high = side;
  return out;
}

/* `squares`: the sum of squares over the window; `scale`: alpha / summands. */
DSLT_HD float dslt_normalise(float x, float squares, float k, float scale, float beta) {
  return x * powf(k + scale * squares, -beta);
}

/* The two cells of a map of `side` cells between which cell `at` of the enlarged one lies, and how near it is
 * to the second. */
typedef struct dslt_between {
  int first, second;
  float share;
} dslt_between;

DSLT_HD dslt_between dslt_between_cells(int at, int factor, int side, int linear) {
  dslt_between out = {at / factor, at / factor, 0.0f};
  if (!linear) return out;
  float place = ((float)at + 0.5f) / (float)factor - 0.5f;
  if (place < 0.0f) place = 0.0f;
  out.first = (int)place;
  if (out.first > side - 1) out.first = side - 1;
  out.second = out.first + 1 < side ? out.first + 1 : side - 1;
  out.share = place - (float)out.first;
  return out;
}

/* Between the values of four cells, rows a b and c d. */
DSLT_HD float dslt_bilinear(float a, float b, float c, float d, float share_y, float share_x) {
  const float top = a + share_x * (b - a), bottom = c + share_x * (d - c);
  return top + share_y * (bottom - top);
}

#endif
