/* SPDX-License-Identifier: Apache-2.0 */
// A loss that only this file knows, Huber's, as a new row of the list of losses: what a new loss touches is its function
// and its row.
struct dslt_loss_spec;
struct dslt_loss_value;
static dslt_loss_value huber(const dslt_loss_spec *spec, float p, float y);
#define DSLT_MORE_LOSSES(XX) XX(HUBER, 100, "huber", huber)
#include "math/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

// e^2 / 2 up to |e| = threshold, straight on beyond it.
static dslt_loss_value huber(const dslt_loss_spec *spec, float p, float y) {
  const float e = p - y, t = spec->threshold;
  if (std::fabs(e) <= t) return {0.5f * e * e, e};
  return {t * (std::fabs(e) - 0.5f * t), e < 0 ? -t : t};
}

namespace {

struct Row {
  std::string option;
  int number;
};
#define DSLT_XX(name, number, text, function) {text, number},
const Row kRows[] = {DSLT_LOSSES(DSLT_XX)};
#undef DSLT_XX

dslt_loss_spec spec_of(int kind) {
  dslt_loss_spec spec = {};
  spec.kind = kind;
  spec.a = 10, spec.c = 0.2f, spec.ohnm = 0.01f, spec.threshold = 0.1f, spec.alpha = 1, spec.amplitude = 1;
  spec.released_alpha = 1.6f, spec.weight_peak = dslt_released_weight(1, 1.6f);
  return spec;
}

TEST(ToyLoss, IsOneOfTheList) {
  std::set<int> numbers;
  std::set<std::string> names;
  for (const Row &row : kRows) {
    EXPECT_TRUE(numbers.insert(row.number).second) << row.number << " twice";
    EXPECT_TRUE(names.insert(row.option).second) << row.option << " twice";
  }
  EXPECT_EQ(names.count("huber"), 1u);
  EXPECT_EQ(names.count("shrinkage"), 1u);
  EXPECT_EQ(DSLT_LOSS_HUBER, 100);
}

TEST(ToyLoss, IsComputedLikeEveryOther) {
  const dslt_loss_spec spec = spec_of(DSLT_LOSS_HUBER);
  EXPECT_FLOAT_EQ(dslt_loss_at(&spec, 0.55f, 0.5f).value, 0.5f * 0.05f * 0.05f);
  EXPECT_NEAR(dslt_loss_at(&spec, 1.5f, 0.5f).value, 0.1 * (1.0 - 0.05), 1e-6);
  EXPECT_FLOAT_EQ(dslt_loss_at(&spec, -1.0f, 0.5f).gradient, -0.1f);
}

// What every row has to fulfil, the new one without a further line: its gradient is the slope of its value (save the
// released program's, which keeps one sign).
TEST(ToyLoss, GradientsAreTheSlopesOfTheValues) {
  for (const Row &row : kRows) {
    const dslt_loss_spec spec = spec_of(row.number);
    for (float y : {0.0f, 0.3f, 1.0f})
      for (float e : {-0.9f, -0.3f, -0.05f, 0.05f, 0.3f, 0.9f}) {
        const float h = 1e-3f;
        const double up = double(dslt_loss_at(&spec, y + e + h, y).value),
                     down = double(dslt_loss_at(&spec, y + e - h, y).value),
                     slope = (up - down) / (2 * double(h));
        double gradient = double(dslt_loss_at(&spec, y + e, y).gradient);
        if (row.number == DSLT_LOSS_SHRINKAGE_RELEASED) gradient = std::copysign(gradient, slope);
        EXPECT_NEAR(gradient, slope, 2e-3 * (1 + std::fabs(slope))) << row.option << " " << y << " " << e;
      }
  }
}

}  // namespace
