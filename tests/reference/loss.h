/* SPDX-License-Identifier: Apache-2.0 */
// loss.h: the loss functions in double, each written once from its definition, for tests to compare with. They
// share no code with the library.
#pragma once

#include <cmath>

#include "math/loss.h"

namespace ref {

// The parameters that every test uses: those of the paper.
constexpr double kShrinkSpeed = 10, kShrinkOffset = 0.2, kEasyError = 0.01, kTruncatedError = 0.1;
constexpr double kLabelWeight = 1, kTruncatedAmplitude = 0.7, kReleasedWeight = 1.6;

inline dslt_loss_spec loss_spec(int kind) {
  return {kind,
          float(kShrinkSpeed),
          float(kShrinkOffset),
          float(kEasyError),
          float(kTruncatedError),
          float(kLabelWeight),
          float(kTruncatedAmplitude),
          float(kReleasedWeight),
          float(std::exp(kReleasedWeight))};
}

// l^2 / (1 + exp(a (c - l))).
inline double shrinkage(double l) { return l * l / (1 + std::exp(kShrinkSpeed * (kShrinkOffset - l))); }

// Loss of response p at a cell of label y; NaN for a kind that does not exist.
inline double loss(int kind, double p, double y) {
  const double l = std::fabs(p - y);
  switch (kind) {
    case DSLT_LOSS_SHRINKAGE: return std::exp(kLabelWeight * y) * shrinkage(l);
    case DSLT_LOSS_L2: return l * l;
    case DSLT_LOSS_L3: return l * l * l;
    case DSLT_LOSS_OHNM: return l >= kEasyError ? l * l : 0;
    case DSLT_LOSS_TRUNCATED: {
      const double weight = kTruncatedAmplitude * std::exp(kLabelWeight * y);
      return l >= kTruncatedError ? weight * weight * l * l : 0;
    }
    case DSLT_LOSS_SHRINKAGE_RELEASED: {
      const double weight = std::exp(kReleasedWeight * y) * y / std::exp(kReleasedWeight);
      return weight * weight * shrinkage(l);
    }
    default: return NAN;
  }
}

// Central difference of the loss by the response.
inline double loss_slope(int kind, double p, double y, double step = 1e-6) {
  return (loss(kind, p + step, y) - loss(kind, p - step, y)) / (2 * step);
}

}  // namespace ref
