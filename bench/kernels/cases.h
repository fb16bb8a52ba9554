/* SPDX-License-Identifier: Apache-2.0 */
// cases.h: what the cases share: the shapes of tracking (a search area of 400 x 360 pixels, 50 x 45 cells at
// stride 8, 128 channels after reduction), data, and how far a result is off.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <random>

#include "bench.h"
#include "pack.h"

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

// Places relative to the frame, sizes and scores to the largest of them; infinite if a decision is another one.
inline double difference(const dslt_target_state &got, const dslt_target_state &want) {
  auto places = [](const dslt_target_state &p) {
    return std::vector<float>{float(p.cx), float(p.cy), float(p.width), float(p.height)};
  };
  auto scores = [](const dslt_target_state &p) {
    return std::vector<float>{float(p.scale), float(p.score), float(p.mean_score)};
  };
  auto decisions = [](const dslt_target_state &p) {
    return std::vector<int32_t>{p.lost, p.found, p.missed, p.away, p.level, p.pyramid};
  };
  if (decisions(got) != decisions(want)) return std::numeric_limits<double>::infinity();
  return std::max(difference(places(got), places(want)), difference(scores(got), scores(want)));
}

// A frame of 640 x 480 random pixels, here and on the device.
struct Frame {
  std::shared_ptr<const std::vector<uint8_t>> pixels;
  const dslt_frame_view *there;
  dslt_image image() const { return {pixels->data(), 640, 480, 640 * 3, DSLT_BGR8}; }
};

inline Frame frame_on(Memory &m) {
  std::vector<uint8_t> pixels;
  for (float v : noise(640 * 480 * 3, 1)) pixels.push_back(uint8_t(127.5f + 127.5f * v));
  dslt_frame_view view;
  must(dslt_kernel_frame_view(&view, m.put(pixels), 640 * 3, 640, 480, DSLT_BGR8));
  return {std::make_shared<const std::vector<uint8_t>>(pixels), m.put(std::vector<dslt_frame_view>{view})};
}

constexpr dslt_input_norm kNorm = {0, {103.939f, 116.779f, 123.68f}, {1, 1, 1}};

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

// ---- maps of either type --------------------------------------------------------------------------

inline float stored(dslt_type type, float value) {
  return type == DSLT_TYPE_BF16 ? dslt_from_bf16(dslt_to_bf16(value)) : value;
}

inline void *put(Memory &m, dslt_type type, const std::vector<float> &values) {
  if (type == DSLT_TYPE_F32) return m.put(values);
  std::vector<dslt_bf16> halves;
  for (float v : values) halves.push_back(dslt_to_bf16(v));
  return m.put(halves);
}

inline std::vector<float> take(dslt_type type, const void *memory, std::size_t count) {
  if (type == DSLT_TYPE_F32) return get(static_cast<const float *>(memory), count);
  std::vector<float> out;
  for (dslt_bf16 v : get(static_cast<const dslt_bf16 *>(memory), count)) out.push_back(dslt_from_bf16(v));
  return out;
}

inline double element(dslt_type type) { return type == DSLT_TYPE_F32 ? 4 : 2; }

inline std::string named(dslt_type type) { return type == DSLT_TYPE_F32 ? " f32" : " bf16"; }

// cases_*.cpp
std::vector<Entry> input_cases();
std::vector<Entry> head_cases();
std::vector<Entry> head_cudnn_cases();
std::vector<Entry> update_cases();
std::vector<Entry> state_cases();
std::vector<Entry> network_cases();
std::vector<Entry> layer_cases();
std::vector<Entry> anchor_cases();
std::vector<Entry> candidate_cases();
std::vector<Entry> match_cases();
std::vector<Entry> filter_cases();

}  // namespace bench
