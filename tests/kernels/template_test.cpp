/* SPDX-License-Identifier: Apache-2.0 */
// Kernels match_template and follow_template against their CPU twins, and what they refuse.
#include "device.h"

namespace {

class TemplateKernel : public KernelTest {};

TEST_P(TemplateKernel, MatchEqualsItsTwin) {
  const int sizes[][3] = {{1, 1, 1}, {5, 3, 4}, {7, 64, 128}, {9, 65, 130}, {256, 64, 64}};
  for (const auto &size : sizes) {
    const int cells = size[0], channels = size[1], count = size[2];
    SCOPED_TRACE(testing::Message() << cells << " cells, " << channels << " channels, " << count
                                    << " filters");
    const std::size_t values = std::size_t(cells * (count + channels));
    const std::vector<float> map = noise(std::size_t(cells * channels), 1),
                             filters = noise(std::size_t(channels * count), 2);
    std::vector<float> want(values);
    float *out = zeros<float>(values);
    ASSERT_EQ(kernels().match_template(stream(), out, upload(map), upload(filters), cells, channels, count,
                                       nullptr),
              DSLT_OK)
        << dslt_last_error();
    ASSERT_EQ(dslt_cpu_backend.nn->match_template(cpu(), want.data(), map.data(), filters.data(), cells,
                                                  channels, count),
              DSLT_OK);
    const std::vector<float> got = download(out, values);
    for (std::size_t i = 0; i < values; ++i) ASSERT_NEAR(got[i], want[i], 10 * tolerance()) << i;
  }
}

TEST_P(TemplateKernel, FollowingEqualsItsTwin) {
  for (int cells : {1, 3, 8})
    for (double mean_score : {0.95, 0.7, 0.3}) {
      SCOPED_TRACE(testing::Message() << cells << " cells, mean score " << mean_score);
      const int channels = 70;
      const std::size_t values = std::size_t(cells * cells * channels);
      const dslt_template_rules rules = {cells, channels, 127.0f, 16.0f, 0.3f, 0.125f, 0.2f, 0.9f, 0.5f};
      const std::vector<float> first = noise(values, 1), seen = noise(values, 2);
      dslt_target_state state = {};
      state.score = 0.6, state.mean_score = mean_score;
      state.width = 30, state.height = 75;
      std::vector<float> filters(values, 3.0f), mean = noise(values, 3);
      float *there = upload(filters), *running = upload(mean);
      ASSERT_EQ(kernels().follow_template(stream(), there, running, upload(first), upload(seen),
                                          upload(std::vector<dslt_target_state>{state}), &rules, nullptr),
                DSLT_OK)
          << dslt_last_error();
      ASSERT_EQ(dslt_cpu_backend.vision->follow_template(cpu(), filters.data(), mean.data(), first.data(),
                                                         seen.data(), &state, &rules),
                DSLT_OK);
      const std::vector<float> got = download(there, values), now = download(running, values);
      for (std::size_t i = 0; i < values; ++i) {
        ASSERT_NEAR(got[i], filters[i], tolerance()) << i;
        ASSERT_NEAR(now[i], mean[i], tolerance()) << i;
      }
    }
}

TEST_P(TemplateKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(64);
  dslt_target_state *state = zeros<dslt_target_state>(1);
  const auto &match = kernels().match_template;
  EXPECT_EQ(match(stream(), x, x + 32, x + 40, 2, 2, 2, nullptr), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(match(stream(), nullptr, x, x, 2, 2, 2, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(match(stream(), x, nullptr, x, 2, 2, 2, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(match(stream(), x, x, nullptr, 2, 2, 2, nullptr), DSLT_EARGUMENT);
  for (int wrong : {0, -1, DSLT_CHANNELS_MAX + 1}) {
    EXPECT_EQ(match(stream(), x, x, x, 2, wrong, 2, nullptr), DSLT_EARGUMENT) << wrong;
    EXPECT_EQ(match(stream(), x, x, x, 2, 2, wrong, nullptr), DSLT_EARGUMENT) << wrong;
  }
  EXPECT_EQ(match(stream(), x, x, x, 0, 2, 2, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(match(stream(), x, x, x, DSLT_CELLS_MAX + 1, 2, 2, nullptr), DSLT_EARGUMENT);
  EXPECT_NE(std::string(dslt_last_error()).find("cells"), std::string::npos) << dslt_last_error();

  const auto &follow = kernels().follow_template;
  const dslt_template_rules rules = {2, 2, 31, 16, 1, 1, 0.5f, 0.9f, 0.5f};
  EXPECT_EQ(follow(stream(), x, x + 8, x + 16, x + 24, state, &rules, nullptr), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(follow(stream(), nullptr, x, x, x, state, &rules, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(follow(stream(), x, nullptr, x, x, state, &rules, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(follow(stream(), x, x, nullptr, x, state, &rules, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(follow(stream(), x, x, x, nullptr, state, &rules, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(follow(stream(), x, x, x, x, nullptr, &rules, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(follow(stream(), x, x, x, x, state, nullptr, nullptr), DSLT_EARGUMENT);
  for (int wrong : {0, -1, DSLT_TEMPLATE_CELLS_MAX + 1}) {
    dslt_template_rules bad = rules;
    bad.cells = wrong;
    EXPECT_EQ(follow(stream(), x, x, x, x, state, &bad, nullptr), DSLT_EARGUMENT) << wrong;
  }
  for (int wrong : {0, -1, DSLT_CHANNELS_MAX + 1}) {
    dslt_template_rules bad = rules;
    bad.channels = wrong;
    EXPECT_EQ(follow(stream(), x, x, x, x, state, &bad, nullptr), DSLT_EARGUMENT) << wrong;
  }
}

EVERYWHERE(TemplateKernel);

}  // namespace
