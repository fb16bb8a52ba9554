/* SPDX-License-Identifier: Apache-2.0 */
// Rasterised overlap: pixels counted by hand, and properties of random regions.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "eval/vot.h"

namespace {

const auto both = {DSLT_VOT_MATLAB, DSLT_VOT_PYTHON};
const dslt_vot_frame no_frame = {-1, -1};

dslt_vot_region box(double x, double y, double width, double height) {
  return dslt_vot_rectangle({x, y, width, height});
}

dslt_vot_region corners(std::initializer_list<double> values) {
  return dslt_vot_polygon(std::vector<double>(values).data());
}

double overlap(const dslt_vot_region &a, const dslt_vot_region &b, dslt_vot_frame frame,
               dslt_vot_convention c) {
  return dslt_vot_overlap(&a, &b, frame, c);
}

TEST(VotOverlap, WholePixels) {
  // Columns 0..9 and 5..14 over the same 10 rows: 50 common pixels, 150 in either.
  for (auto c : both) {
    EXPECT_DOUBLE_EQ(overlap(box(0, 0, 10, 10), box(5, 0, 10, 10), no_frame, c), 50.0 / 150);
    EXPECT_DOUBLE_EQ(overlap(box(0, 0, 10, 10), box(0, 0, 10, 10), no_frame, c), 1);
    EXPECT_DOUBLE_EQ(overlap(box(0, 0, 10, 10), box(20, 0, 10, 10), no_frame, c), 0);
  }
}

TEST(VotOverlap, HalvesAreRoundedDifferently) {
  // matlab: 0.5 goes to 1 and 0.5 + 4 - 1 = 3.5 to 4: columns 1..4 against 0..3, 12 of 20 pixels.
  // python: 0.5 goes to the even 0, columns 0..3.
  EXPECT_DOUBLE_EQ(overlap(box(0.5, 0, 4, 4), box(0, 0, 4, 4), no_frame, DSLT_VOT_MATLAB), 12.0 / 20);
  EXPECT_DOUBLE_EQ(overlap(box(0.5, 0, 4, 4), box(0, 0, 4, 4), no_frame, DSLT_VOT_PYTHON), 1);
}

TEST(VotOverlap, SizesAreRoundedDifferently) {
  // x 0.4, width 4.4: matlab ends in column round(3.8) = 4, so 5 columns; python takes width 4, columns 0..3.
  EXPECT_DOUBLE_EQ(overlap(box(0.4, 0, 4.4, 4), box(0, 0, 4, 4), no_frame, DSLT_VOT_MATLAB), 16.0 / 20);
  EXPECT_DOUBLE_EQ(overlap(box(0.4, 0, 4.4, 4), box(0, 0, 4, 4), no_frame, DSLT_VOT_PYTHON), 1);
}

TEST(VotOverlap, TheFrameCuts) {
  // A frame of 10 x 10: columns 8..11 are cut to 8..9 and equal the other region.
  for (auto c : both)
    EXPECT_DOUBLE_EQ(overlap(box(8, 0, 4, 4), box(8, 0, 2, 4), dslt_vot_frame_of(10, 10, c, 0), c), 1);
  // For accuracy matlab cuts at (width, height): columns 8..10 against 8..9.
  EXPECT_DOUBLE_EQ(overlap(box(8, 0, 4, 4), box(8, 0, 2, 4), dslt_vot_frame_of(10, 10, DSLT_VOT_MATLAB, 1),
                           DSLT_VOT_MATLAB),
                   2.0 / 3);
  EXPECT_DOUBLE_EQ(overlap(box(8, 0, 4, 4), box(8, 0, 2, 4), dslt_vot_frame_of(10, 10, DSLT_VOT_PYTHON, 1),
                           DSLT_VOT_PYTHON),
                   1);
  // Both beyond the frame: nothing in common, although they are the same.
  for (auto c : both)
    EXPECT_EQ(overlap(box(50, 50, 9, 9), box(50, 50, 9, 9), dslt_vot_frame_of(10, 10, c, 0), c), 0);
}

TEST(VotOverlap, ADiamondByHand) {
  // Corners (2,0) (4,2) (2,4) (0,2): rows of 1, 3, 5, 3, 1 pixels, 13 in all, inside a square of 25.
  for (auto c : both) {
    EXPECT_DOUBLE_EQ(overlap(corners({2, 0, 4, 2, 2, 4, 0, 2}), box(0, 0, 5, 5), no_frame, c), 13.0 / 25);
    // The square one column to the left has columns -1..3: it misses the diamond's corner at 4.
    EXPECT_DOUBLE_EQ(overlap(corners({2, 0, 4, 2, 2, 4, 0, 2}), box(-1, 0, 5, 5), no_frame, c), 12.0 / 26);
  }
}

TEST(VotOverlap, ASharedLineOfPixels) {
  // Columns 0..4 and 4..8 share column 4: 5 of 45 pixels. TraX compares areas of bounds first and says 0.
  EXPECT_EQ(overlap(box(0, 0, 5, 5), box(4, 0, 5, 5), no_frame, DSLT_VOT_MATLAB), 0);
  EXPECT_DOUBLE_EQ(overlap(box(0, 0, 5, 5), box(4, 0, 5, 5), no_frame, DSLT_VOT_PYTHON), 5.0 / 45);
}

TEST(VotOverlap, WhatHasNoPixels) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  const dslt_vot_region square = box(0, 0, 5, 5);
  for (auto c : both) {
    for (auto code : {DSLT_VOT_SKIPPED, DSLT_VOT_INIT, DSLT_VOT_FAILED}) {
      EXPECT_EQ(overlap(dslt_vot_code(code), square, no_frame, c), 0);
      EXPECT_EQ(overlap(square, dslt_vot_code(code), no_frame, c), 0);
    }
    for (double bad : {nan, infinity, -infinity, 1e10, -1e300}) {
      EXPECT_EQ(overlap(box(bad, 0, 5, 5), square, no_frame, c), 0);
      EXPECT_EQ(overlap(box(0, 0, 5, bad), square, no_frame, c), 0);
    }
    EXPECT_EQ(overlap(box(2, 2, 0, 0), square, no_frame, c), 0);
    EXPECT_EQ(overlap(box(2, 2, -3, -3), square, no_frame, c), 0);
    // Far larger than the frame: the 25 pixels of the square among all that count. Beyond 1e9 px: refused.
    EXPECT_EQ(overlap(box(-1e9, -1e9, 2e9, 2e9), square, {319, 239}, c), 0);
    EXPECT_DOUBLE_EQ(overlap(box(-4e8, -4e8, 9e8, 9e8), square, {319, 239}, c), 25.0 / (320 * 240));
    EXPECT_DOUBLE_EQ(overlap(box(-4e8, -4e8, 9e8, 9e8), square, no_frame, c), 25.0 / 65536 / 65536);
  }
}

TEST(VotOverlap, BoxesOfRegions) {
  const dslt_vot_region polygon = corners({0, 0, 10, 0, 10, 4, 0, 4});
  const dslt_box from_polygon = dslt_vot_box(&polygon);
  EXPECT_DOUBLE_EQ(from_polygon.width, 10);
  EXPECT_DOUBLE_EQ(from_polygon.height, 4);
  const dslt_vot_region rectangle = box(1, 2, 3, 4);
  EXPECT_EQ(dslt_vot_box(&rectangle).y, 2);
  const dslt_vot_region code = dslt_vot_code(DSLT_VOT_FAILED);
  EXPECT_TRUE(std::isnan(dslt_vot_box(&code).x));
}

// ---- properties
// -----------------------------------------------------------------------------------------------

struct Draw {
  std::mt19937_64 random{2016};
  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  }
  // Four decimals, as files hold them; every second one a multiple of a half.
  double coordinate(double low, double high) {
    const double value = uniform(low, high);
    return random() % 2 ? std::round(value * 2) / 2 : std::round(value * 1e4) / 1e4;
  }
  dslt_vot_region rectangle() {
    return box(coordinate(-30, 90), coordinate(-30, 60), coordinate(1, 70), coordinate(1, 70));
  }
  dslt_vot_region polygon() {
    dslt_vot_region out = dslt_vot_code(DSLT_VOT_POLYGON);
    for (double &value : out.at) value = coordinate(-30, 100);
    return out;
  }
  dslt_vot_region any() { return random() % 2 ? rectangle() : polygon(); }
  dslt_vot_frame frame() { return random() % 3 ? dslt_vot_frame{95, 63} : no_frame; }
};

TEST(VotOverlap, SymmetricAndBetweenZeroAndOne) {
  Draw draw;
  for (int i = 0; i < 20000; i++) {
    const dslt_vot_region a = draw.any(), b = draw.any();
    const dslt_vot_frame frame = draw.frame();
    for (auto c : both) {
      const double value = overlap(a, b, frame, c);
      ASSERT_EQ(value, overlap(b, a, frame, c)) << i;
      ASSERT_GE(value, 0);
      ASSERT_LE(value, 1);
    }
  }
}

// The corners of a rectangle's pixels, as each convention finds them before rounding (matlab) or after
// (python).
dslt_vot_region as_polygon(const dslt_vot_region &r, dslt_vot_convention c) {
  float at[4];
  for (int i = 0; i < 4; i++) at[i] = static_cast<float>(r.at[i]);
  if (c == DSLT_VOT_PYTHON)
    for (float &value : at) value = std::nearbyint(value);
  const float right = at[0] + at[2] - 1, bottom = at[1] + at[3] - 1;
  return corners({at[0], at[1], right, at[1], right, bottom, at[0], bottom});
}

TEST(VotOverlap, RectanglesEqualTheirPolygons) {
  Draw draw;
  int common = 0;
  for (int i = 0; i < 20000; i++) {
    const dslt_vot_region a = draw.rectangle(), b = draw.rectangle();
    const dslt_vot_frame frame = draw.frame();
    for (auto c : both) {
      const double fast = overlap(a, b, frame, c);
      const dslt_vot_region slow_a = as_polygon(a, c), slow_b = as_polygon(b, c);
      ASSERT_EQ(fast, overlap(slow_a, slow_b, frame, c)) << i;
      ASSERT_EQ(fast, overlap(slow_a, b, frame, c)) << i;
      common += fast > 0;
    }
  }
  EXPECT_GT(common, 10000);
}

}  // namespace
