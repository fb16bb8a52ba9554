/* SPDX-License-Identifier: Apache-2.0 */
// The search for the place in enlarged responses against its definition in double.
#include <algorithm>
#include <array>

#include "backend_fixture.h"
#include "math/hann_search.h"
#include "reference/filter.h"

namespace {

constexpr int kSide = 9, kEnlarge = 4, kLarge = kSide * kEnlarge;
const dslt_hann_rules kRules = {kEnlarge, 0.25};

dslt_search search_of(int levels = 3) {
  dslt_search g = {};
  g.area.frame_width = 200, g.area.frame_height = 100;
  g.area.ratio_x = g.area.ratio_y = 0.5, g.area.stride = 4;
  g.area.response_width = g.area.response_height = kSide;
  g.scale.levels = levels, g.scale.step = 1.1, g.scale.rate = 0.5;
  g.scale.penalty = 0.9, g.scale.min = 0.2, g.scale.max = 5;
  return g;
}

dslt_target_state state_before() {
  dslt_target_state state = {};
  state.cx = 80, state.cy = 40, state.width = 20, state.height = 10, state.scale = 1.5;
  return state;
}
const dslt_target_state kBefore = state_before();

struct Found {
  dslt_target_state state, before;
};

Found searched(const ref::Map &responses, const dslt_hann_rules &rules = kRules, int levels = 3,
               const dslt_target_state &from = kBefore) {
  Backend b;
  const dslt_search g = search_of(levels);
  dslt_target_state *state = b.put(from), *before = b.put(dslt_target_state());
  float *enlarged = b.floats(std::size_t(levels) * kSide * kSide * rules.enlarge * rules.enlarge);
  EXPECT_EQ(b.vision->hann_search(b.get(), state, before, enlarged, b.upload(responses), &g, &rules), DSLT_OK)
      << dslt_last_error();
  return {b.see(state), b.see(before)};
}

// Smooth bumps: one map for each level, with the peak (row, column), not always on a cell.
ref::Map bumps(const std::vector<std::array<double, 3>> &peaks) {
  ref::Map out;
  for (const auto &peak : peaks)
    for (int v = 0; v < kSide; ++v)
      for (int u = 0; u < kSide; ++u)
        out.push_back(peak[2] *
                          std::exp(-0.2 * ((v - peak[0]) * (v - peak[0]) + (u - peak[1]) * (u - peak[1]))) +
                      0.01 * std::sin(3 * u + 5 * v));
  return ref::rounded(out);
}

void expect_found(const ref::Map &responses, double influence) {
  std::vector<ref::Map> large;
  int best = 1;
  auto score = [&](int level) {
    return *std::max_element(large[level].begin(), large[level].end()) * (level == 1 ? 1.0 : 0.9);
  };
  for (int level = 0; level < 3; ++level) {
    const ref::Map one(responses.begin() + level * kSide * kSide,
                       responses.begin() + (level + 1) * kSide * kSide);
    large.push_back(ref::resize(one, kSide, kSide, 1, kLarge, kLarge));
  }
  for (int level : {0, 2})
    if (score(level) > score(best)) best = level;
  const ref::Map &map = large[best];
  const double low = *std::min_element(map.begin(), map.end());
  double sum = 0, window_sum = 0, most = -1;
  int row = 0, column = 0;
  auto window = [](int i) { return 0.5 * (1 - std::cos(2 * ref::kPi * i / (kLarge - 1))); };
  for (double v : map) sum += v - low;
  for (int i = 0; i < kLarge * kLarge; ++i) window_sum += window(i / kLarge) * window(i % kLarge);
  for (int u = 0; u < kLarge; ++u)
    for (int v = 0; v < kLarge; ++v) {
      const double mix = (1 - influence) * (map[v * kLarge + u] - low) / sum +
                         influence * window(v) * window(u) / window_sum;
      if (mix > most) most = mix, row = v, column = u;
    }
  const Found found = searched(responses, {kEnlarge, influence});
  const double f = 0.5 + 0.5 * std::pow(1.1, best - 1), px = 0.5 * 1.5 * 4 / kEnlarge;
  EXPECT_EQ(found.state.level, best);
  EXPECT_NEAR(found.state.cx, 80 + (column - (kLarge - 1) / 2.0) * px, 1e-9);
  EXPECT_NEAR(found.state.cy, 40 + (row - (kLarge - 1) / 2.0) * px, 1e-9);
  EXPECT_NEAR(found.state.width, 20 * f, 1e-9);
  EXPECT_NEAR(found.state.height, 10 * f, 1e-9);
  EXPECT_NEAR(found.state.scale, 1.5 * f, 1e-9);
  EXPECT_NEAR(found.state.score, *std::max_element(map.begin(), map.end()), 1e-6);
  EXPECT_EQ(found.before.cx, 80);
  EXPECT_EQ(found.before.scale, 1.5);
  EXPECT_EQ(found.state.lost, 0);
}

TEST(HannSearch, IsTheMaximumOfTheMixture) {
  expect_found(bumps({{4, 4, 0.5}, {3.3, 5.2, 1}, {4, 4, 0.5}}), 0.25);
  expect_found(bumps({{4, 1.2, 1.3}, {3.3, 5.2, 1}, {4, 4, 0.5}}), 0.25);
  expect_found(bumps({{4, 4, 0.5}, {3.3, 5.2, 1}, {7.6, 2, 1.3}}), 0.25);
  expect_found(bumps({{4, 4, 1.05}, {0, 8, 1}, {7.6, 2, 1.05}}), 0.0);  // the penalty decides
  expect_found(bumps({{4, 4, 0.5}, {1, 7.9, 1}, {4, 4, 0.5}}), 0.9);
}

TEST(HannSearch, AFlatResponseStays) {
  const Found found =
      searched(ref::Map(3 * kSide * kSide, 0.25), {5, 0.25});  // with a window that has a middle
  EXPECT_EQ(found.state.cx, 80);
  EXPECT_EQ(found.state.cy, 40);
  EXPECT_EQ(found.state.width, 20);
  EXPECT_EQ(found.state.level, 1);
}

TEST(HannSearch, EqualMaximaAreTakenByColumns) {
  ref::Map one(kSide * kSide, 0.0);
  one[2 * kSide + 6] = one[6 * kSide + 2] = one[6 * kSide + 6] = one[2 * kSide + 2] = 1;
  const Found found = searched(one, {1, 0.0}, 1);
  EXPECT_NEAR(found.state.cx, 80 - 2 * 0.75 * 4, 1e-9);
  EXPECT_NEAR(found.state.cy, 40 - 2 * 0.75 * 4, 1e-9);
  one[2 * kSide + 2] = 0;
  EXPECT_NEAR(searched(one, {1, 0.0}, 1).state.cx, 80 - 2 * 0.75 * 4, 1e-9);
}

TEST(HannSearch, NumbersThatAreNoneLeaveThePlace) {
  const Found found = searched(ref::Map(3 * kSide * kSide, NAN));
  EXPECT_EQ(found.state.cx, 80);
  EXPECT_EQ(found.state.cy, 40);
  EXPECT_EQ(found.state.width, 20);
}

TEST(HannSearch, TheSearchAreasSizeHasLimits) {
  dslt_target_state large = kBefore;
  large.scale = 4.9;
  const Found found = searched(bumps({{4, 4, 0.5}, {4, 4, 0.5}, {4, 4, 1}}), kRules, 3, large);
  EXPECT_EQ(found.state.scale, 5.0);
  EXPECT_NEAR(found.state.width, 20 * 1.05, 1e-9);
}

}  // namespace
