/* SPDX-License-Identifier: Apache-2.0 */
// cases.h: what the cases share: the shapes of tracking (a search area of 400 x 360 pixels, 50 x 45 cells at
// stride 8, 128 channels after reduction), data, and how far a result is off.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "bench.h"

namespace bench {

constexpr int kInputWidth = 400, kInputHeight = 360, kMapWidth = 50, kMapHeight = 45, kChannels = 128;

inline std::vector<float> noise(std::size_t count, unsigned seed, float scale = 1.0f) {
  std::mt19937 generator(seed);
  std::vector<float> out(count);
  for (float &v : out) v = scale * (float(generator() >> 8) / float(1 << 23) - 1.0f);
  return out;
}

// Largest difference relative to the largest value. Infinite if the sizes differ, if there is nothing to
// compare, or if a value is NaN or infinite: std::max over such differences keeps it, which it does not do for
// NaN.
inline double difference(const std::vector<float> &got, const std::vector<float> &want) {
  const double wrong = std::numeric_limits<double>::infinity();
  if (got.size() != want.size() || want.empty()) return wrong;
  double largest = 1e-30, worst = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (!std::isfinite(got[i]) || !std::isfinite(want[i])) return wrong;
    largest = std::max(largest, std::fabs(double(want[i])));
    worst = std::max(worst, std::fabs(double(got[i]) - double(want[i])));
  }
  return worst / largest;
}

inline std::string times(int a, int b) { return std::to_string(a) + "x" + std::to_string(b); }

inline dslt_search geometry(int kernel, int subcell, int levels) {
  dslt_search g = {};
  g.area.frame_width = 640;
  g.area.frame_height = 480;
  g.area.target_width = 64;
  g.area.target_height = 60;
  g.area.ratio_x = g.area.ratio_y = 0.8;
  g.area.input_width = kInputWidth;
  g.area.input_height = kInputHeight;
  g.area.anchor_x = 0.5 * kInputWidth;
  g.area.anchor_y = 0.5 * kInputHeight;
  g.area.stride = 8;
  g.area.map_width = kMapWidth;
  g.area.map_height = kMapHeight;
  g.area.kernel_width = g.area.kernel_height = kernel;
  g.area.response_width = kMapWidth - kernel + 1;
  g.area.response_height = kMapHeight - kernel + 1;
  g.area.centre_x = 0.5f * float(g.area.response_width - 1);
  g.area.centre_y = 0.5f * float(g.area.response_height - 1);
  g.peak.sigma_x = g.peak.sigma_y = 8;
  g.peak.subcell = subcell;
  g.area.mapping = DSLT_MAPPING_RECEPTIVE;
  g.scale.levels = levels;
  g.scale.step = 1.03;
  g.scale.rate = 0.6;
  g.scale.gate = 0.3;
  g.scale.penalty = 0.98;
  g.scale.min = 0.2;
  g.scale.max = 5;
  g.lost.ratio = 0.25;
  g.lost.rate = 0.1;
  g.label.sigma_x = g.label.sigma_y = 1.5f;
  return g;
}

inline dslt_target_state state_in_the_middle() {
  dslt_target_state state = {};
  state.cx = 320;
  state.cy = 240;
  state.scale = 1;
  state.mean_score = 0.8;
  return state;
}

inline std::size_t cells_of(const dslt_search &g) {
  return std::size_t(g.area.response_width) * std::size_t(g.area.response_height);
}

// A response map with one clear peak.
inline std::vector<float> bump(const dslt_search &g, float height, unsigned seed) {
  std::vector<float> map = noise(cells_of(g), seed, 0.05f);
  for (std::size_t i = 0; i < map.size(); ++i) {
    float dx = float(int(i) % g.area.response_width) - 24.3f,
          dy = float(int(i) / g.area.response_width) - 17.6f;
    map[i] += height * std::exp(-0.1f * (dx * dx + dy * dy));
  }
  return map;
}

// cases_*.cpp
std::vector<Entry> input_cases();
std::vector<Entry> head_cases();
std::vector<Entry> update_cases();
std::vector<Entry> state_cases();
std::vector<Entry> network_cases();

}  // namespace bench
