/* SPDX-License-Identifier: Apache-2.0 */
// What the first frame fixes: search area, grids, label, and the state's way back to pixels.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "../options.h"
#include "math/decision.h"
#include "math/sample_ring.h"
#include "trackers/dslt/dslt.h"

namespace {

dslt_dslt_options preset(const char *name) { return *dslt_dslt_options_of(Options(name)); }

// VGG-16's taps, as the options name them.
dslt_tap_list taps_of(const dslt_dslt_options &o) {
  dslt_tap_list taps = {};
  const dslt_weights weights = {};  // widths are all that is read
  EXPECT_EQ(dslt_dslt_taps(&taps, &o, &weights), DSLT_OK) << dslt_last_error();
  return taps;
}

dslt_search make(const dslt_dslt_options &o, double w, double h, int frame_w = 640, int frame_h = 480) {
  dslt_search g;
  dslt_box box = {10, 20, w, h};
  const dslt_tap_list taps = taps_of(o);
  dslt_dslt_search(&g, &o, &taps, frame_w, frame_h, &box);
  return g;
}

TEST(Geometry, AnOtbSizedTargetHasTheReleasedSearchArea) {
  dslt_search g = make(preset("paper"), 40, 80);  // 9 x 40 by 5 x 80
  EXPECT_DOUBLE_EQ(g.area.ratio_x, 1.0);
  EXPECT_EQ(g.area.input_width, 368);  // 360 in whole cells of 16 px
  EXPECT_EQ(g.area.input_height, 400);
  EXPECT_EQ(g.area.stride, 8);
  EXPECT_EQ(g.area.kernel_width, 5);
  EXPECT_EQ(g.area.kernel_height, 10);
  EXPECT_EQ(g.area.response_width, 46 - 5 + 1);
  EXPECT_EQ(g.area.response_height, 50 - 10 + 1);
}

// Limits and label of a target twice as high as wide: 16 times as wide would still fit, 6 times as high.
TEST(Geometry, WidthAndHeightAreNotMistaken) {
  const dslt_search g = make(preset("paper"), 40, 80, 640, 480);
  EXPECT_DOUBLE_EQ(g.scale.max, 6);
  EXPECT_FLOAT_EQ(g.label.sigma_x, 0.1f * 40 / 8);
  EXPECT_FLOAT_EQ(g.label.sigma_y, 0.1f * 80 / 8);
}

TEST(Geometry, ReleasedHasEqualStrides) {
  dslt_dslt_options o = preset("released");
  EXPECT_EQ(taps_of(o).tap[0].stride, 4);
  EXPECT_EQ(taps_of(o).tap[1].stride, 4);
  EXPECT_EQ(make(o, 40, 80).area.input_width, 360);
  o = preset("paper");
  EXPECT_EQ(taps_of(o).tap[0].stride, 8);
  EXPECT_EQ(taps_of(o).tap[1].stride, 16);
  o.low_layer = DSLT_CONV3_3;
  EXPECT_EQ(taps_of(o).tap[0].stride, 4);
}

TEST(Geometry, LargeTargetsAreSeenInASmallerFrameWithLessContext) {
  dslt_search g = make(preset("paper"), 160, 100);  // area above 80^2: frame scale 1/2
  EXPECT_NEAR(1 / g.area.ratio_x, 0.5, 1e-12);
  EXPECT_NEAR(g.area.input_width, 80 * (1 + 8 * 0.5), 8);  // context shrinks with the frame scale
  EXPECT_NEAR(g.area.input_height, 50 * (1 + 4 * 0.5), 8);
}

TEST(Geometry, SmallSearchAreasAreEnlarged) {
  dslt_search g = make(preset("paper"), 10, 10);  // 90 x 50 px is below 200 x 200
  double zoom = std::sqrt(40000.0 / (90 * 50));
  EXPECT_NEAR(1 / g.area.ratio_x, zoom, 1e-9);
  EXPECT_NEAR(g.area.input_width * g.area.input_height, 40000, 5000);
}

TEST(Geometry, AnyBoxGivesAUsableGrid) {
  for (const char *name : {"paper", "released"})
    for (double w : {1.0, 2.5, 7.0, 33.3, 80.0, 161.0, 500.0, 3000.0})
      for (double h : {1.0, 4.2, 19.0, 90.0, 700.0, 2500.0}) {
        dslt_dslt_options o = preset(name);
        dslt_search g = make(o, w, h, 1280, 720);
        std::string what = std::string(name) + " " + std::to_string(w) + " x " + std::to_string(h);
        int coarse = taps_of(o).tap[1].stride;
        EXPECT_GE(g.area.response_width, 3) << what;
        EXPECT_GE(g.area.response_height, 3) << what;
        EXPECT_EQ(g.area.input_width % coarse, 0) << what;
        EXPECT_EQ(g.area.input_height % coarse, 0) << what;
        EXPECT_EQ(g.area.map_width * g.area.stride, g.area.input_width) << what;
        EXPECT_LE(g.area.input_width, o.search_max_side + 4 * coarse) << what;
        EXPECT_GE(g.area.kernel_width, 1) << what;
        EXPECT_LE(g.scale.min, 1.0) << what;
        EXPECT_GE(g.scale.max, 1.0) << what;
        EXPECT_TRUE(std::isfinite(g.area.ratio_x) && g.area.ratio_x > 0) << what;
        // the anchor is the centre of the receptive window of the cell that stands for "did not move"
        EXPECT_NEAR(g.area.anchor_x, g.area.stride * (double(g.area.centre_x) + 0.5 * g.area.kernel_width),
                    1e-9)
            << what;
        EXPECT_NEAR(g.area.anchor_y, g.area.stride * (double(g.area.centre_y) + 0.5 * g.area.kernel_height),
                    1e-9)
            << what;
      }
}

TEST(SoftLabel, GaussianOfTheStatedWidthOnTheAnchorCell) {
  dslt_dslt_options o = preset("paper");
  dslt_search g = make(o, 80, 80);
  std::vector<float> y(std::size_t(g.area.response_width) * g.area.response_height);
  dslt_soft_label(y.data(), &g, o.label_stretch);
  int cx = int(g.area.centre_x), cy = int(g.area.centre_y);
  EXPECT_EQ(y[std::size_t(cy) * g.area.response_width + cx], 1.0f);
  double sigma = 0.1 * 80 / 8;  // cells
  for (int d = -2; d <= 2; ++d)
    EXPECT_NEAR(y[std::size_t(cy + d) * g.area.response_width + cx + 1],
                std::exp(-(d * d + 1) / (2 * sigma * sigma)), 1e-6);
  for (float v : y) EXPECT_TRUE(v >= 0 && v <= 1);
}

TEST(SoftLabel, ReleasedIsStretched) {
  dslt_dslt_options o = preset("released");
  dslt_search g = make(o, 30, 47);
  std::vector<float> y(std::size_t(g.area.response_width) * g.area.response_height);
  dslt_soft_label(y.data(), &g, o.label_stretch);
  EXPECT_EQ(*std::min_element(y.begin(), y.end()), 0.0f);
  EXPECT_EQ(*std::max_element(y.begin(), y.end()), 1.0f);
}

TEST(SoftLabel, ThinTargetsHaveOneToo) {
  for (const char *name : {"paper", "released"})
    for (double w : {1.0, 2.0, 5.0})
      for (double h : {40.0, 120.0}) {
        dslt_dslt_options o = preset(name);
        dslt_search g = make(o, w, h);
        std::vector<float> y(std::size_t(g.area.response_width) * g.area.response_height);
        dslt_soft_label(y.data(), &g, o.label_stretch);
        EXPECT_EQ(*std::max_element(y.begin(), y.end()), 1.0f) << name << " " << w << " x " << h;
      }
}

TEST(Geometry, ATargetLargerThanTheInputIsShrunkIntoIt) {
  dslt_dslt_options o = preset("paper");
  o.search_max_side = 64;
  for (double side : {30.0, 80.0, 400.0}) {
    dslt_search g = make(o, side, side / 2);
    EXPECT_LE(side / g.area.ratio_x, g.area.input_width) << side;
    EXPECT_LE(g.area.input_width, 64 + 4 * 16) << side;
  }
}

TEST(Options, AFrameScaleThatErasesTheTargetIsRefused) {
  Options o("paper");
  for (double side : {0.001, 1.0, 7.9}) {
    o["frame_scale_side"] = side;
    EXPECT_EQ(dslt_options_check(o), DSLT_EOPTION) << side;
  }
  o["frame_scale_side"] = 0;
  EXPECT_EQ(dslt_options_check(o), DSLT_OK);
}

TEST(State, BoxAndWindowAgreeWithTheAnchor) {
  dslt_search g = make(preset("paper"), 40, 80);
  dslt_target_state state = {};
  state.cx = 300, state.cy = 200, state.width = 60, state.height = 120, state.scale = 1.5;
  dslt_box box = dslt_state_box(&state);
  EXPECT_DOUBLE_EQ(box.width, 60);
  EXPECT_DOUBLE_EQ(box.height, 120);
  EXPECT_DOUBLE_EQ(box.x + box.width / 2, 300);
  dslt_box window = dslt_response_window(&state, &g, (g.scale.levels - 1) / 2);
  double cell = window.width / g.area.response_width;
  EXPECT_NEAR(cell, 8 * 1.5, 1e-9);
  EXPECT_NEAR(window.x + (double(g.area.centre_x) + 0.5) * cell, 300,
              1e-9);  // the anchor cell's middle is the state's centre
  EXPECT_NEAR(window.y + (double(g.area.centre_y) + 0.5) * cell, 200, 1e-9);
  EXPECT_NEAR(window.height, cell * g.area.response_height, 1e-9);
}

TEST(SampleRing, FirstFrameStaysAndTheOthersTakeTurns) {
  dslt_sample_ring ring = dslt_ring_first(7);
  std::vector<int> slots;
  for (int i = 0; i < 15; ++i) slots.push_back(dslt_ring_advance(&ring));
  EXPECT_EQ(slots, (std::vector<int>{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3}));
  EXPECT_EQ(ring.count, 7);
  ring = dslt_ring_first(1);
  EXPECT_EQ(dslt_ring_advance(&ring), -1);
  EXPECT_EQ(ring.count, 1);
  ring = dslt_ring_first(2);
  EXPECT_EQ(dslt_ring_advance(&ring), 1);
  EXPECT_EQ(dslt_ring_advance(&ring), 1);
  EXPECT_EQ(ring.count, 2);
}

TEST(SampleRing, OneOfPastFramesTurnsOverWhole) {
  dslt_sample_ring ring = dslt_ring_rolling(5);
  std::vector<int> slots;
  for (int i = 0; i < 7; ++i) slots.push_back(dslt_ring_advance(&ring));
  EXPECT_EQ(slots, (std::vector<int>{0, 1, 2, 3, 4, 0, 1}));
  EXPECT_EQ(ring.count, 5);
  ASSERT_EQ(ring.next, 2); /* slot 1 holds the newest */
  for (int slot = 0; slot < 5; ++slot) EXPECT_EQ(dslt_ring_age(&ring, slot), (7 - slot) % 5);
}

TEST(SampleRing, AGapAndAGateChooseWhatIsLearnt) {
  dslt_update_policy policy = {};
  policy.interval = 1, policy.gap = 2, policy.gate = 0.2;
  dslt_sample_ring ring = dslt_ring_rolling(9);
  dslt_decision decision = {};
  dslt_target_state state = {};
  for (int frame = 1; frame < 30; ++frame) {
    state.score = frame % 4 ? 0.2 : 0.19;
    dslt_decide_frame(&decision, &state, &ring, &policy);
    EXPECT_EQ(decision.update, frame % 4 != 0);
    int learnt = 0;
    for (int age = 0; age < 9; ++age) {
      const int slot = (ring.next + 9 - age) % 9; /* where the sample of `age` frames ago will be, or is */
      const int learns = dslt_learns_from_slot(&decision, &ring, &policy, slot);
      EXPECT_EQ(learns, decision.update && age % 2 == 0) << frame << ", " << age;
      learnt += learns;
    }
    EXPECT_EQ(learnt, decision.update ? 5 : 0);
    if (decision.update) dslt_ring_advance(&ring);
  }
}

}  // namespace
