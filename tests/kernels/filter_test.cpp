/* SPDX-License-Identifier: Apache-2.0 */
// Kernels filter_learn and hann_search against the CPU's: odd and even sides, channels that fill warps and that do not,
// blends; enlarged responses of several levels, ties, what is no number, refusals.
#include <algorithm>
#include <cmath>

#include "device.h"
#include "math/hann_search.h"

namespace {

// ---- the filter --------------------------------------------------------------------------------------

class FilterKernel : public KernelTest {
 protected:
  float *scratch(const dslt_filter_shape &s) {
    std::vector<float> memory(kernels().filter_scratch(&s) / sizeof(float), NAN);
    EXPECT_LT(kernels().filter_tables(nullptr, &s), kernels().filter_scratch(&s));
    EXPECT_GT(kernels().filter_tables(memory.data(), &s), 0u);
    return upload(memory);
  }
};

TEST_P(FilterKernel, EqualsTheCpus) {
  const dslt_filter_shape shapes[] = {{9, 3, 2, 0.7f, 1.3},  {8, 2, 3, 0.7f, 1.3}, {11, 33, 3, 1.5f, 2},
                                      {12, 70, 0, 10, 1},    {2, 5, 0, 1, 1},      {57, 4, 16, 10, 2},
                                      {21, 32, 6, 0.1f, 0.5}};
  for (const dslt_filter_shape &s : shapes)
    for (float rate : {1.0f, 0.25f}) {
      SCOPED_TRACE(testing::Message() << s.side << " x " << s.channels << ", rate " << rate);
      const std::size_t kernel = std::size_t(s.side - 2 * s.margin),
                        count = kernel * kernel * std::size_t(s.channels);
      const std::vector<float> x = noise(std::size_t(s.side * s.side * s.channels), 5);
      std::vector<float> want = rate < 1 ? noise(count, 6, 0.01f) : std::vector<float>(count, NAN);
      float *there = upload(want);
      const dslt_filter_desc desc = {s.side, s.channels, s.margin, 1, double(s.lambda), s.sigma};
      dslt_filter *filter = nullptr;
      ASSERT_EQ(dslt_cpu_backend.nn->filter_plan(&filter, cpu(), &desc), DSLT_OK) << dslt_last_error();
      EXPECT_EQ(dslt_cpu_backend.nn->filter_learn(filter, want.data(), x.data(), double(rate)), DSLT_OK);
      dslt_cpu_backend.nn->filter_free(filter);
      ASSERT_EQ(kernels().filter_learn(stream(), there, upload(x), &s, scratch(s), rate, nullptr), DSLT_OK)
          << dslt_last_error();
      float size = 0;
      for (float v : want) size = std::max(size, std::fabs(v));
      const std::vector<float> got = download(there, count);
      for (std::size_t i = 0; i < count; ++i)
        ASSERT_NEAR(double(got[i]), double(want[i]), 10 * tolerance() * double(size)) << i;
    }
}

TEST_P(FilterKernel, AFlagSwitchesItOff) {
  const dslt_filter_shape s = {9, 3, 2, 0.7f, 1.3};
  const std::vector<float> old(5 * 5 * 3, 7.0f), x = noise(9 * 9 * 3, 5);
  float *memory = scratch(s);
  const std::size_t bytes = kernels().filter_scratch(&s), tables = kernels().filter_tables(nullptr, &s);
  for (int32_t flag : {0, 1}) {
    float *there = upload(old);
    ASSERT_EQ(kernels().filter_learn(stream(), there, upload(x), &s, memory, 1.0f,
                                     upload(std::vector<int32_t>{flag})),
              DSLT_OK)
        << dslt_last_error();
    EXPECT_EQ(download(there, old.size()) == old, flag == 0);
    const std::vector<float> seen = download(memory, bytes / sizeof(float));
    EXPECT_EQ(std::isnan(seen[tables / sizeof(float)]), flag == 0);
  }
}

TEST_P(FilterKernel, RefusesWhatItCannotDo) {
  const dslt_filter_shape good = {9, 3, 2, 0.7f, 1.3};
  float *x = zeros<float>(64), *memory = scratch(good);
  auto learn = [&](dslt_filter_shape s) {
    return kernels().filter_learn(stream(), x, x, &s, memory, 1.0f, nullptr);
  };
  for (const dslt_filter_shape &bad : {dslt_filter_shape{1, 3, 0, 1, 1},
                                       {DSLT_RESPONSE_SIDE_MAX + 1, 3, 2, 1, 1},
                                       {9, 0, 2, 1, 1},
                                       {9, DSLT_CHANNELS_MAX + 1, 2, 1, 1},
                                       {9, 3, -1, 1, 1},
                                       {8, 3, 4, 1, 1}}) {
    EXPECT_EQ(learn(bad), DSLT_EARGUMENT) << bad.side << ", " << bad.channels << ", " << bad.margin;
    EXPECT_EQ(kernels().filter_scratch(&bad), 0u);
    EXPECT_EQ(kernels().filter_tables(nullptr, &bad), 0u);
  }
  const auto &f = kernels().filter_learn;
  EXPECT_EQ(f(stream(), nullptr, x, &good, memory, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), x, nullptr, &good, memory, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), x, x, nullptr, memory, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), x, x, &good, nullptr, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), x, x, &good, memory + 1, 1, nullptr), DSLT_EARGUMENT);
}

// ---- the search --------------------------------------------------------------------------------------

dslt_search search_of(int h, int w, int levels) {
  dslt_search g = {};
  g.area.frame_width = 200, g.area.frame_height = 100;
  g.area.ratio_x = g.area.ratio_y = 0.5, g.area.stride = 4;
  g.area.response_height = h, g.area.response_width = w;
  g.scale.levels = levels, g.scale.step = 1.1, g.scale.rate = 0.5;
  g.scale.penalty = 0.9, g.scale.min = 0.2, g.scale.max = 5;
  return g;
}

class HannSearchKernel : public KernelTest {
 protected:
  struct Found {
    dslt_target_state state, before;
  };
  // What the kernel made of the state; the CPU's operation makes the same.
  Found compare(const std::vector<float> &responses, int h, int w, int levels, const dslt_hann_rules &rules) {
    const dslt_search g = search_of(h, w, levels);
    dslt_target_state from = {};
    from.cx = 80, from.cy = 40, from.width = 20, from.height = 10, from.scale = 1.5;
    const std::size_t samples = std::size_t(levels * h * w * rules.enlarge * rules.enlarge);
    Found want = {from, {}};
    std::vector<float> large(samples);
    EXPECT_EQ(dslt_cpu_backend.vision->hann_search(cpu(), &want.state, &want.before, large.data(),
                                                   responses.data(), &g, &rules),
              DSLT_OK);
    dslt_target_state *state = upload(std::vector<dslt_target_state>{from});
    dslt_target_state *before = zeros<dslt_target_state>(1);
    float *enlarged = upload(std::vector<float>(samples, NAN));
    if (!scratch_) scratch_ = zeros<dslt_hann_scratch>(1);
    EXPECT_EQ(kernels().hann_search(stream(), state, before, enlarged, upload(responses), &g, &rules,
                                    scratch_, nullptr),
              DSLT_OK)
        << dslt_last_error();
    const dslt_hann_scratch after = download(scratch_, 1)[0];
    EXPECT_EQ(after.enlarge_ticket, 0u);
    EXPECT_EQ(after.place_ticket, 0u);
    if (std::all_of(large.begin(), large.end(), [](float v) { return std::isfinite(v); }))
      expect_near(download(enlarged, samples), large, tolerance(), "enlarged");
    const Found got = {download(state, 1)[0], download(before, 1)[0]};
    EXPECT_NEAR(got.state.cx, want.state.cx, 1e-9);
    EXPECT_NEAR(got.state.cy, want.state.cy, 1e-9);
    EXPECT_NEAR(got.state.width, want.state.width, 1e-9);
    EXPECT_NEAR(got.state.height, want.state.height, 1e-9);
    EXPECT_NEAR(got.state.scale, want.state.scale, 1e-9);
    EXPECT_EQ(got.state.level, want.state.level);
    if (std::isfinite(want.state.score))
      EXPECT_NEAR(got.state.score, want.state.score, tolerance() * (1 + std::fabs(want.state.score)));
    else
      EXPECT_EQ(got.state.score, want.state.score);
    EXPECT_EQ(got.before.cx, from.cx);
    EXPECT_EQ(got.before.scale, from.scale);
    return got;
  }

 private:
  dslt_hann_scratch *scratch_ = nullptr; /* kept, since its tickets are to be 0 after every search */
};

TEST_P(HannSearchKernel, EqualsTheCpus) {
  const int sizes[][4] = {{9, 9, 3, 4},   {5, 12, 3, 8}, {1, 1, 1, 1},
                          {33, 33, 1, 8}, {7, 3, 5, 3},  {4, 5, 9, 1}};
  for (const auto &s : sizes)
    for (double influence : {0.0, 0.25, 0.9}) {
      SCOPED_TRACE(testing::Message() << s[0] << " x " << s[1] << ", " << s[2] << " levels, enlarged " << s[3]
                                      << " times, influence " << influence);
      vary(s[0]);
      compare(noise(std::size_t(s[0] * s[1] * s[2]), unsigned(s[3])), s[0], s[1], s[2], {s[3], influence});
    }
}

TEST_P(HannSearchKernel, EqualMaximaAreTakenByColumns) {
  std::vector<float> one(81, 0.0f);
  one[2 * 9 + 6] = one[6 * 9 + 2] = one[6 * 9 + 6] = 1;
  EXPECT_NEAR(compare(one, 9, 9, 1, {1, 0.0}).state.cx, 80 - 2 * 0.75 * 4, 1e-9);
  one[2 * 9 + 2] = 1;
  const Found found = compare(one, 9, 9, 1, {1, 0.0});
  EXPECT_NEAR(found.state.cx, 80 - 2 * 0.75 * 4, 1e-9);
  EXPECT_NEAR(found.state.cy, 40 - 2 * 0.75 * 4, 1e-9);
  compare(std::vector<float>(3 * 81, 0.25f), 9, 9, 3, {5, 0.25});
}

TEST_P(HannSearchKernel, NothingToBelieve) {
  for (float value : {NAN, INFINITY, -INFINITY}) {
    SCOPED_TRACE(value);
    EXPECT_EQ(compare(std::vector<float>(3 * 81, value), 9, 9, 3, {4, 0.25}).state.cx, 80);
    std::vector<float> some = noise(3 * 81, 4);
    some[40] = some[81 + 3] = value;
    compare(some, 9, 9, 3, {4, 0.25});
  }
}

TEST_P(HannSearchKernel, AFlagSwitchesItOff) {
  const dslt_search g = search_of(3, 3, 1);
  const dslt_hann_rules rules = {2, 0.25};
  const std::vector<float> old(36, 7.0f);
  for (int32_t flag : {0, 1}) {
    dslt_target_state first = {};
    first.cx = first.cy = 9, first.width = first.height = first.scale = 2;
    dslt_target_state *state = upload(std::vector<dslt_target_state>{first}),
                      *before = zeros<dslt_target_state>(1);
    dslt_hann_scratch *scratch = zeros<dslt_hann_scratch>(1);
    float *enlarged = upload(old);
    ASSERT_EQ(kernels().hann_search(stream(), state, before, enlarged, upload(noise(9, 1)), &g, &rules,
                                    scratch, upload(std::vector<int32_t>{flag})),
              DSLT_OK)
        << dslt_last_error();
    EXPECT_EQ(download(enlarged, 36) == old, flag == 0);
    EXPECT_EQ(download(before, 1)[0].cx == 0, flag == 0);
    EXPECT_EQ(download(state, 1)[0].score == 0, flag == 0);
    EXPECT_EQ(download(scratch, 1)[0].peak == 0, flag == 0);
  }
}

TEST_P(HannSearchKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(64);
  dslt_target_state *state = zeros<dslt_target_state>(1);
  dslt_hann_scratch *scratch = zeros<dslt_hann_scratch>(1);
  auto call = [&](int h, int w, int levels, int times) {
    const dslt_search g = search_of(h, w, levels);
    const dslt_hann_rules rules = {times, 0.25};
    return kernels().hann_search(stream(), state, state, x, x, &g, &rules, scratch, nullptr);
  };
  const int bad[][4] = {{0, 3, 1, 1}, {3, 0, 1, 1},  {3, 3, 0, 1},   {3, 3, DSLT_LEVELS_MAX + 1, 1},
                        {3, 3, 1, 0}, {3, 3, 1, 33}, {129, 3, 1, 8}, {3, 129, 1, 8}};
  for (const auto &b : bad) EXPECT_EQ(call(b[0], b[1], b[2], b[3]), DSLT_EARGUMENT) << b[0] << " x " << b[1];
  const dslt_search g = search_of(3, 3, 1);
  const dslt_hann_rules rules = {2, 0.25};
  const auto &f = kernels().hann_search;
  EXPECT_EQ(f(stream(), nullptr, state, x, x, &g, &rules, scratch, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), state, nullptr, x, x, &g, &rules, scratch, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), state, state, nullptr, x, &g, &rules, scratch, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), state, state, x, nullptr, &g, &rules, scratch, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), state, state, x, x, nullptr, &rules, scratch, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), state, state, x, x, &g, nullptr, scratch, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), state, state, x, x, &g, &rules, nullptr, nullptr), DSLT_EARGUMENT);
}

EVERYWHERE(FilterKernel);
EVERYWHERE(HannSearchKernel);

}  // namespace
