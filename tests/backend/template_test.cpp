/* SPDX-License-Identifier: Apache-2.0 */
// A matching head's template: its responses beside plain loops in double, and how it follows its target.
#include <cmath>

#include "backend_fixture.h"

namespace {

TEST(Template, ResponsesEqualPlainLoops) {
  const int sizes[][3] = {{1, 1, 1}, {5, 3, 4}, {16, 64, 64}, {9, 65, 130}, {256, 64, 64}};
  for (const auto &size : sizes) {
    const int cells = size[0], channels = size[1], count = size[2];
    SCOPED_TRACE(testing::Message() << cells << " cells, " << channels << " channels, " << count
                                    << " filters");
    Backend b;
    ref::Noise noise(unsigned(cells + count));
    const ref::Map map = ref::rounded(noise.map(std::size_t(cells * channels))),
                   filters = ref::rounded(noise.map(std::size_t(channels * count)));
    ref::Map want;
    for (int cell = 0; cell < cells; ++cell) {
      for (int k = 0; k < count; ++k) {
        double sum = 0;
        for (int c = 0; c < channels; ++c)
          sum += map[std::size_t(cell * channels + c)] * filters[std::size_t(c * count + k)];
        want.push_back(sum);
      }
      for (int c = 0; c < channels; ++c) want.push_back(map[std::size_t(cell * channels + c)]);
    }
    float *out = b.zeros(want.size());
    ASSERT_EQ(b.nn->match_template(b.get(), out, b.upload(map), b.upload(filters), cells, channels, count),
              DSLT_OK)
        << dslt_last_error();
    EXPECT_LT(ref::relative_error(b.download(out, want.size()), want), 1e-6);
  }
}

class Following : public ::testing::Test {
 protected:
  static constexpr int kCells = 3, kChannels = 5, kValues = kCells * kCells * kChannels;
  const dslt_template_rules rules_ = {kCells, kChannels, 47.0f, 16.0f, 1.0f, 0.5f, 0.25f, 0.9f, 0.4f};
  const ref::Map first_ = ref::rounded(ref::Noise(1).map(kValues)),
                 mean_ = ref::rounded(ref::Noise(2).map(kValues)),
                 seen_ = ref::rounded(ref::Noise(3).map(kValues));

  // The filters and the running mean after a step; the filters were 7 before.
  void step(std::vector<float> *filters, std::vector<float> *mean, const dslt_target_state &state,
            const dslt_template_rules &rules) {
    Backend b;
    float *there = b.upload(ref::Map(kValues, 7.0)), *running = b.upload(mean_);
    ASSERT_EQ(b.vision->follow_template(b.get(), there, running, b.upload(first_), b.upload(seen_),
                                        b.put(state), &rules),
              DSLT_OK)
        << dslt_last_error();
    *filters = b.download(there, kValues);
    *mean = b.download(running, kValues);
  }
};

TEST_F(Following, TheMeanCountsMoreTheWorseTheFirstFrameServes) {
  // mean score, share of the mean
  const double cases[][2] = {{0.95, 0}, {0.9, 0}, {0.8, 0.2}, {0.65, 0.5}, {0.4, 1}, {0.1, 1}};
  for (const auto &one : cases) {
    SCOPED_TRACE(one[0]);
    dslt_target_state state = {};
    state.score = 0.6, state.mean_score = one[0];
    std::vector<float> filters, mean;
    step(&filters, &mean, state, rules_);
    for (int cell = 0; cell < kCells * kCells; ++cell)
      for (int c = 0; c < kChannels; ++c) {
        const std::size_t at = std::size_t(cell * kChannels + c);
        const double running = 0.75 * mean_[at] + 0.25 * seen_[at];
        EXPECT_NEAR(double(mean[at]), running, 1e-6);
        EXPECT_NEAR(double(filters[std::size_t(c * kCells * kCells + cell)]),
                    0.5 * ((1 - one[1]) * first_[at] + one[1] * running), 1e-6);
      }
  }
}

// The share of a cell that a rectangle covers, by counting points.
double counted_cover(const dslt_template_rules &rules, int cell, double width, double height) {
  const double side = std::sqrt((1.5 * width + 0.5 * height) * (0.5 * width + 1.5 * height)),
               scale = double(rules.side) / side;
  int inside = 0;
  for (int i = 0; i < 400; ++i)
    for (int j = 0; j < 400; ++j) {
      const double x = double(rules.stride) * (cell % rules.cells - rules.cells / 2 - 0.5 + (i + 0.5) / 400),
                   y = double(rules.stride) * (cell / rules.cells - rules.cells / 2 - 0.5 + (j + 0.5) / 400);
      inside += std::fabs(x) < 0.5 * width * scale && std::fabs(y) < 0.5 * height * scale;
    }
  return inside / 160000.0;
}

TEST_F(Following, WhatIsAroundTheTargetCountsLess) {
  dslt_template_rules rules = rules_;
  dslt_target_state state = {};
  state.score = state.mean_score = 0.5;
  rules.around = 0.3f;
  const double sizes[][2] = {{20, 20}, {10, 40}, {90, 8}, {0.5, 0.25}};
  for (const auto &size : sizes) {
    SCOPED_TRACE(testing::Message() << size[0] << " x " << size[1]);
    state.width = size[0], state.height = size[1];
    std::vector<float> filters, mean;
    step(&filters, &mean, state, rules);
    double least = 1, most = 0;
    for (int cell = 0; cell < kCells * kCells; ++cell) {
      const double weight = 0.3 + 0.7 * counted_cover(rules, cell, size[0], size[1]);
      least = std::fmin(least, weight), most = std::fmax(most, weight);
      for (int c = 0; c < kChannels; ++c) {
        const std::size_t at = std::size_t(cell * kChannels + c);
        EXPECT_NEAR(double(mean[at]), 0.75 * mean_[at] + 0.25 * weight * seen_[at], 0.01) << cell;
      }
    }
    EXPECT_LT(least, 0.9);
    EXPECT_GT(most, 0.4);
  }
}

TEST_F(Following, NothingIsLearntFromWhatIsNotSure) {
  dslt_target_state sure = {};
  sure.score = 0.6, sure.mean_score = 0.7;
  dslt_target_state lost = sure, doubted = sure, poor = sure, none = sure;
  lost.lost = 1, doubted.missed = 1, poor.score = 0.39, none.score = NAN;
  dslt_template_rules still = rules_;
  still.rate = 0;
  const std::vector<float> before = ref::f32(mean_), untouched(kValues, 7.0f);
  std::vector<float> filters, mean;
  for (const dslt_target_state &state : {lost, doubted, poor, none}) {
    step(&filters, &mean, state, rules_);
    EXPECT_EQ(filters, untouched);
    EXPECT_EQ(mean, before);
  }
  step(&filters, &mean, sure, still);
  EXPECT_EQ(filters, untouched);
  step(&filters, &mean, sure, rules_);
  EXPECT_NE(filters, untouched);
}

}  // namespace
