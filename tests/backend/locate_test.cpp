/* SPDX-License-Identifier: Apache-2.0 */
// Locating: where the maximum is, and how the state moves.
#include <cmath>
#include <limits>

#include "backend_fixture.h"
#include "math/locate.h"

namespace {

dslt_search grid(int rw, int rh, int kw, int kh, int subcell) {
  dslt_search g = {};
  g.area.frame_width = 640, g.area.frame_height = 480;
  g.area.target_width = kw * 8, g.area.target_height = kh * 8;
  g.area.ratio_x = g.area.ratio_y = 1;
  g.area.stride = 8;
  g.area.kernel_width = kw, g.area.kernel_height = kh;
  g.area.response_width = rw, g.area.response_height = rh;
  g.area.map_width = rw + kw - 1, g.area.map_height = rh + kh - 1;
  g.area.input_width = g.area.map_width * 8, g.area.input_height = g.area.map_height * 8;
  g.area.centre_x = float((rw - 1) / 2), g.area.centre_y = float((rh - 1) / 2);
  g.area.anchor_x = 8 * (g.area.centre_x + 0.5 * kw), g.area.anchor_y = 8 * (g.area.centre_y + 0.5 * kh);
  g.peak.subcell = subcell;
  g.area.mapping = DSLT_MAPPING_RECEPTIVE;
  g.scale.levels = 3;
  g.scale.step = 1.03, g.scale.rate = 0.6, g.scale.gate = 0.35, g.scale.penalty = 1, g.scale.min = 0.5,
  g.scale.max = 2;
  g.lost.ratio = 0.25;
  return g;
}

dslt_target_state start_state() {
  dslt_target_state p = {};
  p.cx = 320, p.cy = 240, p.scale = 1, p.mean_score = -1;
  return p;
}

ref::Map bump(const dslt_search &g, double x, double y, double sigma, double height = 1) {
  ref::Map m;
  for (int j = 0; j < g.area.response_height; ++j)
    for (int i = 0; i < g.area.response_width; ++i)
      m.push_back(height * std::exp(-((i - x) * (i - x) + (j - y) * (j - y)) / (2 * sigma * sigma)));
  return m;
}

dslt_target_state locate(const dslt_search &g, const ref::Map &response,
                         dslt_target_state state = start_state()) {
  Backend b;
  dslt_target_state *there = b.put(state);
  EXPECT_EQ(b.vision->locate(b.get(), there, b.upload(response), &g), DSLT_OK) << dslt_last_error();
  return b.see(there);
}

class LocateTest : public testing::TestWithParam<int> {};

TEST_P(LocateTest, FindsABumpToAFractionOfACell) {
  dslt_search g = grid(21, 17, 5, 4, GetParam());
  double tolerance = GetParam() == DSLT_SUBCELL_NONE ? 0.51 : 0.12;  // the bicubic grid is one pixel fine
  for (double dx : {-4.0, -0.4, 0.0, 0.25, 3.3})
    for (double dy : {-3.0, 0.0, 0.45, 2.7}) {
      dslt_target_state p = locate(g, bump(g, g.area.centre_x + dx, g.area.centre_y + dy, 1.2));
      EXPECT_NEAR(p.cx, 320 + 8 * dx, 8 * tolerance) << dx << " " << dy;
      EXPECT_NEAR(p.cy, 240 + 8 * dy, 8 * tolerance) << dx << " " << dy;
      EXPECT_FALSE(p.lost);
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, LocateTest,
                         testing::Values(DSLT_SUBCELL_NONE, DSLT_SUBCELL_QUADRATIC, DSLT_SUBCELL_BICUBIC,
                                         DSLT_SUBCELL_GAUSSIAN));

TEST(Locate, EachAxisHasItsOwnRatio) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_NONE);
  g.area.ratio_x = 1.5, g.area.ratio_y = 0.75;
  dslt_target_state p = locate(g, bump(g, g.area.centre_x + 3, g.area.centre_y - 2, 1.2));
  EXPECT_NEAR(p.cx, 320 + 8 * 3 * 1.5, 1e-6);
  EXPECT_NEAR(p.cy, 240 - 8 * 2 * 0.75, 1e-6);
}

TEST(Locate, StretchedMappingMovesFurther) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_BICUBIC);
  g.area.mapping = DSLT_MAPPING_STRETCH;
  g.area.anchor_x = g.area.input_width / 2.0, g.area.anchor_y = g.area.input_height / 2.0;
  dslt_target_state p = locate(g, bump(g, 13, 8, 1.5));
  EXPECT_NEAR(p.cx - 320, 3 * 8 * (25.0 / 21.0), 1.0);  // by map / (map - kernel + 1)
}

TEST(Locate, PriorPrefersTheNearerOfTwoEqualPeaks) {
  dslt_search g = grid(21, 21, 5, 5, DSLT_SUBCELL_NONE);
  ref::Map two = bump(g, 3, 10, 1), near = bump(g, 12, 10, 1, 0.9);
  for (std::size_t i = 0; i < two.size(); ++i) two[i] += near[i];
  EXPECT_NEAR(locate(g, two).cx, 320 - 7 * 8, 1e-6);
  g.peak.sigma_x = g.peak.sigma_y = 4;
  EXPECT_NEAR(locate(g, two).cx, 320 + 2 * 8, 1e-6);
}

TEST(Locate, AGaussianPeakIsFoundExactlyWhateverThePriorPrefers) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_GAUSSIAN);
  g.peak.sigma_x = g.peak.sigma_y = 2;
  for (double dx : {-2.5, -0.4, 0.0, 0.25, 1.3})
    for (double dy : {-1.8, 0.0, 0.45, 2.2}) {
      dslt_target_state p = locate(g, bump(g, g.area.centre_x + dx, g.area.centre_y + dy, 1.2));
      EXPECT_NEAR(p.cx, 320 + 8 * dx, 1e-3) << dx << " " << dy;
      EXPECT_NEAR(p.cy, 240 + 8 * dy, 1e-3) << dx << " " << dy;
    }
  // the parabola over response times prior falls short of the same motion
  g.peak.subcell = DSLT_SUBCELL_QUADRATIC;
  EXPECT_LT(locate(g, bump(g, g.area.centre_x + 2.4, g.area.centre_y, 1.2)).cx, 320 + 8 * 2.0);
}

TEST(Locate, NothingToBelieveKeepsThePlace) {
  dslt_search g = grid(9, 9, 3, 3, DSLT_SUBCELL_QUADRATIC);
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (int subcell : {DSLT_SUBCELL_NONE, DSLT_SUBCELL_QUADRATIC, DSLT_SUBCELL_BICUBIC, DSLT_SUBCELL_GAUSSIAN})
    for (double value : {0.0, -1.0, inf, -inf, nan}) {
      g.peak.subcell = subcell;
      dslt_target_state p = locate(g, ref::Map(81, value));
      EXPECT_EQ(p.cx, 320) << value;
      EXPECT_EQ(p.cy, 240) << value;
      EXPECT_TRUE(p.lost);
      EXPECT_FALSE(p.pyramid);
      EXPECT_EQ(p.score, 0);
    }
}

// A cell that is NaN is passed over: it neither wins nor spoils the place of a peak beside it.
TEST(Locate, ANanCellIsPassedOver) {
  for (int subcell : {DSLT_SUBCELL_NONE, DSLT_SUBCELL_QUADRATIC, DSLT_SUBCELL_GAUSSIAN}) {
    dslt_search g = grid(9, 9, 3, 3, subcell);
    for (int where : {0, 3 * 9 + 5, 4 * 9 + 4, 5 * 9 + 5, 4 * 9 + 6, 80}) {
      ref::Map response = bump(g, 5, 4, 1.2);
      response[std::size_t(where)] = NAN;
      const dslt_target_state p = locate(g, response);
      EXPECT_FALSE(p.lost) << subcell << ", NaN at " << where;
      EXPECT_NEAR(p.cx, 320 + 8 * 1, 4) << subcell << ", NaN at " << where;
      EXPECT_NEAR(p.cy, 240, 4) << subcell << ", NaN at " << where;
      EXPECT_NEAR(p.score, 1, 1e-6) << subcell << ", NaN at " << where;
    }
  }
  dslt_search g = grid(9, 9, 3, 3, DSLT_SUBCELL_BICUBIC);  // which blends a NaN into the pixels around it
  ref::Map response = bump(g, 5, 4, 1.2);
  response[8] = response[80] = NAN;  // before the peak and after it, as the search goes
  EXPECT_NEAR(locate(g, response).cx, 320 + 8 * 1, 1);
}

TEST(Locate, FlatResponseStaysNearUnderAPrior) {
  dslt_search g = grid(15, 15, 3, 3, DSLT_SUBCELL_QUADRATIC);
  g.peak.sigma_x = g.peak.sigma_y = 2;
  dslt_target_state p = locate(g, ref::Map(225, 0.5));
  EXPECT_NEAR(p.cx, 320, 1e-3);
  EXPECT_NEAR(p.cy, 240, 1e-3);
}

TEST(Locate, CentreStaysInsideTheFrame) {
  dslt_search g = grid(15, 15, 3, 3, DSLT_SUBCELL_NONE);
  dslt_target_state p = start_state();
  for (int frame = 0; frame < 200; ++frame) p = locate(g, bump(g, 0, 14, 1), p);
  EXPECT_EQ(p.cx, 0);
  EXPECT_EQ(p.cy, 480);
}

TEST(Locate, LostFlagFollowsTheRecentAverage) {
  dslt_search g = grid(15, 15, 3, 3, DSLT_SUBCELL_NONE);
  g.lost.ratio = 0.5;
  dslt_target_state p = locate(g, bump(g, 7, 7, 1, 0.8));
  EXPECT_FALSE(p.lost);
  EXPECT_NEAR(p.mean_score, 0.8, 1e-6);
  p = locate(g, bump(g, 7, 7, 1, 0.3), p);
  EXPECT_TRUE(p.lost);
  EXPECT_NEAR(p.mean_score, 0.8, 1e-6);  // a lost frame does not lower the bar
  EXPECT_FALSE(p.pyramid);
  dslt_target_state moved = locate(g, bump(g, 9, 7, 1, 0.3), p);
  EXPECT_NE(moved.cx, p.cx);
  g.lost.hold = 1;
  EXPECT_EQ(locate(g, bump(g, 9, 7, 1, 0.3), p).cx, p.cx);
}

// The bounds themselves: lost is below the ratio, and the gate is open at it.
TEST(Locate, BoundsAreJudgedExactly) {
  dslt_search g = grid(9, 9, 3, 3, DSLT_SUBCELL_NONE);
  g.lost.ratio = 0.5, g.scale.gate_ratio = 0.5, g.scale.gate = 0.125;
  dslt_target_state p = start_state();
  p.mean_score = 0.5;
  ref::Map response(81, 0.0);
  for (double height : {0.25, 0.25 - 1e-6}) {
    response[40] = double(float(height));
    const dslt_target_state seen = locate(g, response, p);
    EXPECT_EQ(seen.lost, height < 0.25) << height;
    EXPECT_EQ(seen.pyramid, height >= 0.25) << height;
  }
  p.mean_score = -1;  // nothing to compare with: the gate's own threshold is not enough yet
  response[40] = 0.125;
  EXPECT_FALSE(locate(g, response, p).pyramid);
  response[40] = 0.1251;
  EXPECT_TRUE(locate(g, response, p).pyramid);
}

TEST(Locate, TheFirstFramesCountAlikeAndNothingIsLostInThem) {
  dslt_search g = grid(15, 15, 3, 3, DSLT_SUBCELL_NONE);
  g.lost.ratio = 0.6, g.lost.rate = 0.1, g.lost.grace = 3;
  dslt_target_state p = start_state();
  for (double height : {0.9, 0.3, 0.3}) {
    p = locate(g, bump(g, 7, 7, 1, height), p);
    EXPECT_FALSE(p.lost) << height;
  }
  EXPECT_NEAR(p.mean_score, 0.5, 1e-6);
  EXPECT_TRUE(locate(g, bump(g, 7, 7, 1, 0.29), p).lost);
  EXPECT_FALSE(locate(g, bump(g, 7, 7, 1, 0.31), p).lost);
}

TEST(ChooseScale, TakesTheStrongestLevelWithinLimits) {
  dslt_search g = grid(9, 9, 3, 3, DSLT_SUBCELL_NONE);
  Backend b;
  for (int best = 0; best < 3; ++best) {
    ref::Map all;
    for (int level = 0; level < 3; ++level) {
      ref::Map one = bump(g, 4, 4, 1, level == best ? 0.9 : 0.8);
      all.insert(all.end(), one.begin(), one.end());
    }
    dslt_target_state *there = b.put(start_state());
    float *responses = b.upload(all);
    ASSERT_EQ(b.vision->choose_scale(b.get(), there, responses, &g), DSLT_OK);
    dslt_target_state p = b.see(there);
    EXPECT_EQ(p.level, best);
    EXPECT_NEAR(p.scale, 0.4 + 0.6 * std::pow(1.03, best - 1), 1e-12);
    for (int i = 0; i < 200; ++i) b.vision->choose_scale(b.get(), there, responses, &g);
    p = b.see(there);
    EXPECT_NEAR(p.scale, best == 0 ? 0.5 : (best == 1 ? 1.0 : 2.0), 1e-9);
  }
  dslt_target_state *tie = b.put(start_state());
  ref::Map equal(3 * 81, 0.5);
  ASSERT_EQ(b.vision->choose_scale(b.get(), tie, b.upload(equal), &g), DSLT_OK);
  EXPECT_EQ(b.see(tie).level, 1);  // equal responses keep the size
}

// ---- all levels at once ------------------------------------------------------------------------------

// One bump a level, all at response coordinate (x, y).
dslt_target_state follow(const dslt_search &g, double x, double y, const std::vector<double> &heights,
                         dslt_target_state state = start_state()) {
  Backend b;
  ref::Map all;
  for (double height : heights) {
    ref::Map one = bump(g, x, y, 1.2, height);
    all.insert(all.end(), one.begin(), one.end());
  }
  dslt_target_state *there = b.put(state);
  EXPECT_EQ(b.vision->locate_levels(b.get(), there, b.upload(all), &g), DSLT_OK) << dslt_last_error();
  return b.see(there);
}

TEST(LocateLevels, TheBestLevelGivesPlaceAndSize) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_QUADRATIC);
  for (int best = 0; best < 3; ++best) {
    std::vector<double> heights(3, 0.8);
    heights[std::size_t(best)] = 0.9;
    double factor = std::pow(1.03, best - 1);
    dslt_target_state p = follow(g, g.area.centre_x + 2.3, g.area.centre_y - 1.6, heights);
    EXPECT_EQ(p.level, best);
    EXPECT_NEAR(p.cx, 320 + 8 * 2.3 * factor, 1.0);  // a cell of a larger level covers more pixels
    EXPECT_NEAR(p.cy, 240 - 8 * 1.6 * factor, 1.0);
    EXPECT_NEAR(p.scale, 0.4 + 0.6 * factor, 1e-12);
    EXPECT_NEAR(p.label_x, g.area.centre_x + 2.3, 0.12);
    EXPECT_NEAR(p.label_y, g.area.centre_y - 1.6, 0.12);
    EXPECT_NEAR(p.score, 0.9, 0.08);
  }
}

TEST(LocateLevels, SizesAndPlacesAreWholePixels) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_NONE);
  g.area.target_width = 40, g.area.target_height = 32;
  g.area.ratio_x = 0.7, g.area.ratio_y = 1.3;
  g.scale.scaling = DSLT_SCALING_PIXELS, g.scale.step = 0.02, g.scale.gate = -1, g.scale.max = 3;
  dslt_target_state start = start_state();
  start.cx = 320.5, start.cy = 240, start.width = 41, start.height = 80;
  for (int best = 0; best < 3; ++best) {
    std::vector<double> heights(3, 0.3);
    heights[std::size_t(best)] = 0.4;
    const int d = best - 1;
    const dslt_target_state p = follow(g, g.area.centre_x + 3, g.area.centre_y - 2, heights, start);
    EXPECT_EQ(p.level, best);
    EXPECT_EQ(p.width, 41 + d);
    EXPECT_EQ(p.height, 80 + 2 * d);
    EXPECT_NEAR(p.scale, std::sqrt(p.width * p.height / (40 * 32)), 1e-12);
    const double x = 320.5 + 3 * 8 * 0.7 * p.width / 40 - 0.5 * p.width;
    const double y = 240 - 2 * 8 * 1.3 * p.height / 32 - 0.5 * p.height;
    EXPECT_EQ(p.cx - 0.5 * p.width, std::floor(x + 0.5)) << x;
    EXPECT_EQ(p.cy - 0.5 * p.height, std::floor(y + 0.5)) << y;
  }
  for (int i = 0; i < 200; ++i) start = follow(g, 10, 8, {0.9, 0.3, 0.3}, start);
  EXPECT_EQ(start.width, 20); /* half the first size is the limit */
  EXPECT_EQ(start.height, 16);
}

TEST(LocateLevels, AChangeOfSizeHasToBeWorthItsPenalty) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_NONE);
  g.scale.penalty = 0.9;
  EXPECT_EQ(follow(g, 10, 8, {0.85, 0.8, 0.8}).level, 1);
  EXPECT_EQ(follow(g, 10, 8, {0.95, 0.8, 0.8}).level, 0);
}

TEST(LocateLevels, TheGateIsRelativeToTheRecentPeaks) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_NONE);
  g.scale.gate = 0, g.scale.gate_ratio = 0.5;
  dslt_target_state p = start_state();
  p.mean_score = 0.2;  // a small target: its peak is low, and so is the bar
  EXPECT_NE(follow(g, 10, 8, {0.10, 0.11, 0.14}, p).scale, 1);
  p.mean_score = 0.4;
  dslt_target_state shut = follow(g, 12, 8, {0.10, 0.11, 0.14}, p);
  EXPECT_EQ(shut.scale, 1);
  EXPECT_EQ(shut.level, 1);
  EXPECT_NEAR(shut.cx, 320 + 16, 1e-6);  // the place is followed all the same
}

TEST(LocateLevels, WhileLostItHoldsPlaceAndSize) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_NONE);
  g.lost.ratio = 0.6, g.lost.hold = 1, g.scale.gate = 0;
  dslt_target_state p = start_state();
  p.mean_score = 0.8;
  p.scale = 1.2;
  dslt_target_state held = follow(g, 14, 5, {0.1, 0.2, 0.3}, p);
  EXPECT_TRUE(held.lost);
  EXPECT_EQ(held.cx, 320);
  EXPECT_EQ(held.scale, 1.2);
  EXPECT_EQ(held.mean_score, 0.8);
}

TEST(Label, IsAGaussianAroundTheKeptSamplesTarget) {
  dslt_search g = grid(11, 9, 3, 3, DSLT_SUBCELL_NONE);
  g.label.sigma_x = 0.8f, g.label.sigma_y = 1.3f;
  dslt_target_state p = start_state();
  p.label_x = 6.25f, p.label_y = 2.5f;
  Backend b;
  float *labels = b.zeros(198);
  const dslt_sample_ring ring = dslt_ring_first(2);
  ASSERT_EQ(b.vision->store_label(b.get(), labels, b.put(ring), b.put(p), &g), DSLT_OK);
  std::vector<float> got = b.download(labels + 99, 99);
  EXPECT_EQ(b.download(labels, 99), std::vector<float>(99));
  for (int j = 0; j < 9; ++j)
    for (int i = 0; i < 11; ++i) {
      double u = (i - 6.25) / 0.8, v = (j - 2.5) / 1.3;
      EXPECT_NEAR(got[std::size_t(j * 11 + i)], std::exp(-0.5 * (u * u + v * v)), 1e-6);
    }
}

}  // namespace
