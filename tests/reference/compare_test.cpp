/* SPDX-License-Identifier: Apache-2.0 */
// The tests' own helpers: a comparison that accepts NaN, infinity or a short array would make every test that
// uses it worthless.
#include "reference/compare.h"

#include <gtest/gtest.h>

#include "reference/loss.h"
#include "reference/network.h"

namespace {

const float kNan = std::numeric_limits<float>::quiet_NaN(), kInf = std::numeric_limits<float>::infinity();

TEST(RelativeError, IsTheLargestDifferenceOverTheLargestValue) {
  EXPECT_EQ(ref::relative_error(ref::Map{1, 2, -4}, ref::Map{1, 2, -4}), 0);
  EXPECT_EQ(ref::relative_error(ref::Map{1, 3, -4}, ref::Map{1, 2, -4}), 0.25);
  EXPECT_EQ(ref::relative_error(ref::Map{1, 2, 4}, ref::Map{1, 2, -4}), 2);
  EXPECT_EQ(ref::relative_error(ref::Map{0.5, 0}, ref::Map{0, 0}), 0.5);
}

TEST(RelativeError, NoToleranceAcceptsNanOrInfinity) {
  for (float bad : {kNan, kInf, -kInf})
    for (std::size_t place : {0u, 1u, 2u}) {
      std::vector<float> values = {1, 2, 3}, spoilt = values;
      spoilt[place] = bad;
      EXPECT_FALSE(ref::relative_error(spoilt, values) < 1e300) << bad << " in the result at " << place;
      EXPECT_FALSE(ref::relative_error(values, spoilt) < 1e300) << bad << " in the reference at " << place;
      EXPECT_FALSE(ref::relative_error(spoilt, spoilt) < 1e300) << bad << " in both at " << place;
    }
  const std::vector<float> nothing_written(20, kNan);
  EXPECT_FALSE(ref::relative_error(nothing_written, ref::Map(20, 1.0)) < 1e300);
}

TEST(RelativeError, NoToleranceAcceptsAnotherSizeOrNothing) {
  const ref::Map three = {1, 2, 3}, two = {1, 2}, none;
  EXPECT_FALSE(ref::relative_error(two, three) < 1e300);
  EXPECT_FALSE(ref::relative_error(three, two) < 1e300);
  EXPECT_FALSE(ref::relative_error(none, none) < 1e300);
}

TEST(Noise, IsTheSameForASeedAndFillsItsRange) {
  ref::Noise a(1), b(1), c(2);
  const ref::Map x = a.map(1000), y = b.map(1000), z = c.map(1000);
  EXPECT_EQ(x, y);
  EXPECT_NE(x, z);
  double least = 1, most = -1, sum = 0;
  for (double v : x) {
    least = v < least ? v : least;
    most = v > most ? v : most;
    sum += v;
  }
  EXPECT_GE(least, -1);
  EXPECT_LT(least, -0.98);
  EXPECT_LT(most, 1);
  EXPECT_GT(most, 0.98);
  EXPECT_NEAR(sum / 1000, 0, 0.1);
}

// One case of each layer that can be worked out in the head.
TEST(ReferenceLayers, ByHand) {
  const ref::Map x = {1, 2, 3, 4};  // 2 x 2 cells of one channel
  ref::Map shift(9, 0.0);
  shift[5] = 1;  // row 1, column 2: the neighbour to the right
  EXPECT_EQ(ref::conv_same(x, shift, 2, 2, 1, 1, 3), (ref::Map{2, 0, 4, 0}));
  EXPECT_EQ(ref::conv_relu(x, shift, {-3}, 2, 2, 1, 1), (ref::Map{0, 0, 1, 0}));
  EXPECT_EQ(ref::regress(x, {1, 10}, 2, 2, 1, 1, 2), (ref::Map{21, 43}));
  EXPECT_EQ(ref::max_pool({1, 2, 5, 6, 3, 4, 8, 7}, 2, 4, 1), (ref::Map{4, 8}));
  const ref::Map ones(16, 1.0);  // factor 2: each cell is added over 4 x 4 outputs around its own 2 x 2
  EXPECT_EQ(ref::upsample({5}, ones, 1, 1, 1, 2), (ref::Map{5, 5, 5, 5}));
  EXPECT_EQ(ref::upsample({1, 10}, ones, 1, 2, 1, 2), (ref::Map{1, 11, 11, 10, 1, 11, 11, 10}));
}

TEST(ReferenceLoss, ByHand) {
  EXPECT_EQ(ref::loss(DSLT_LOSS_L2, 0.25, 0.75), 0.25);
  EXPECT_EQ(ref::loss(DSLT_LOSS_L3, 0.25, 0.75), 0.125);
  EXPECT_DOUBLE_EQ(ref::loss(DSLT_LOSS_SHRINKAGE, 0.2, 0), 0.02);  // at l = c the factor is one half
  EXPECT_EQ(ref::loss(DSLT_LOSS_OHNM, 0.5, 0.505), 0);
  EXPECT_EQ(ref::loss(DSLT_LOSS_TRUNCATED, 0.5, 0.55), 0);
  EXPECT_NEAR(ref::loss(DSLT_LOSS_TRUNCATED, 0.5, 1), 0.49 * 0.25 * std::exp(2.0), 1e-12);
  EXPECT_NEAR(ref::loss(DSLT_LOSS_SHRINKAGE_RELEASED, 0.8, 1), 0.02, 1e-15);
  EXPECT_TRUE(std::isnan(ref::loss(77, 0.5, 0.25)));
  EXPECT_NEAR(ref::loss_slope(DSLT_LOSS_L2, 0.75, 0.25), 1, 1e-8);
}

}  // namespace
