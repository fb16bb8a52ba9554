/* SPDX-License-Identifier: Apache-2.0 */
// small_world.h: a short textured clip, narrow random weights and quick options, for tests of the tracker's
// API.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "../options.h"
#include "dslt/dslt.h"
#include "media/scene.h"

struct Clip {
  int width = 0, height = 0;
  std::vector<std::vector<uint8_t>> pixels;
  dslt_box box = {};

  dslt_image frame(size_t index) const {
    return {pixels[index].data(), width, height, static_cast<size_t>(width) * 3, DSLT_BGR8};
  }
};

inline Clip make_clip(int frames, int width = 120, int height = 96, uint64_t seed = 1) {
  Clip clip;
  clip.width = width, clip.height = height;
  dslt_scene_options options;
  dslt_scene_defaults(&options);
  options.width = width, options.height = height, options.frames = 60, options.seed = seed;
  options.object_width = 20, options.object_height = 24;
  dslt_scene *scene = nullptr;
  EXPECT_EQ(dslt_scene_create(&scene, &options), DSLT_OK) << dslt_last_error();
  dslt_canvas canvas = {};
  for (int i = 0; scene && i < frames; ++i) {
    EXPECT_EQ(dslt_scene_render(&canvas, i == 0 ? &clip.box : nullptr, scene, i), DSLT_OK)
        << dslt_last_error();
    clip.pixels.emplace_back(canvas.pixels, canvas.pixels + static_cast<size_t>(width) * height * 3);
  }
  dslt_canvas_free(&canvas);
  dslt_scene_free(scene);
  return clip;
}

struct FreeWeights {
  void operator()(dslt_weights *weights) const { dslt_weights_free(weights); }
};
struct FreeTracker {
  void operator()(dslt_tracker *tracker) const { dslt_tracker_free(tracker); }
};
using Weights = std::unique_ptr<dslt_weights, FreeWeights>;
using Tracker = std::unique_ptr<dslt_tracker, FreeTracker>;

inline Weights small_weights(uint64_t seed = 1) {
  dslt_weights *weights = nullptr;
  EXPECT_EQ(dslt_weights_random(&weights, "vgg16/16", seed), DSLT_OK) << dslt_last_error();
  return Weights(weights);
}

// A preset with training short enough for a test, on one thread of the CPU.
inline Options quick_options(const char *preset = "paper") {
  Options options(preset);
  options["backend"] = "cpu";
  options["threads"] = 1;
  options["init_steps"] = 12;
  options["memory"] = 3;
  options["reduce_channels"] = 32;
  return options;
}

inline Tracker make_tracker(const Options &options, const Weights &weights) {
  dslt_tracker *tracker = nullptr;
  EXPECT_EQ(dslt_tracker_create(&tracker, options, weights.get()), DSLT_OK) << dslt_last_error();
  return Tracker(tracker);
}

// Everything a run says except times.
struct Trace {
  std::vector<double> values;
  bool operator==(const Trace &other) const { return values == other.values; }

  void add(const dslt_result &r) {
    for (double v : {r.box.x, r.box.y, r.box.width, r.box.height, r.peak, static_cast<double>(r.lost),
                     static_cast<double>(r.scale_level), static_cast<double>(r.steps), r.loss})
      values.push_back(v);
  }
};

// First frame, its losses, and every frame after it.
inline Trace run_clip(dslt_tracker *tracker, const Clip &clip) {
  Trace trace;
  dslt_image frame = clip.frame(0);
  EXPECT_EQ(dslt_tracker_init(tracker, &frame, &clip.box), DSLT_OK) << dslt_last_error();
  const float *losses = nullptr;
  int count = 0;
  EXPECT_EQ(dslt_tracker_init_losses(&losses, &count, tracker), DSLT_OK);
  for (int i = 0; i < count; ++i) trace.values.push_back(static_cast<double>(losses[i]));
  for (size_t i = 1; i < clip.pixels.size(); ++i) {
    dslt_result result = {};
    frame = clip.frame(i);
    EXPECT_EQ(dslt_tracker_update(&result, tracker, &frame), DSLT_OK) << dslt_last_error();
    trace.add(result);
  }
  return trace;
}

// What holds of every box whatever the frames show: finite, its centre in the frame, its shape the first
// one's, its size between the floor and the frame (or the first size, where that was outside).
inline void expect_sane(const dslt_result &r, const dslt_box &first, const Options &o, int width,
                        int height) {
  for (double v : {r.box.x, r.box.y, r.box.width, r.box.height, r.peak, r.loss})
    ASSERT_TRUE(std::isfinite(v));
  const double cx = r.box.x + r.box.width / 2, cy = r.box.y + r.box.height / 2, slack = 1e-9;
  EXPECT_GE(cx, -slack);
  EXPECT_LE(cx, width + slack);
  EXPECT_GE(cy, -slack);
  EXPECT_LE(cy, height + slack);
  EXPECT_GE(r.box.width, std::fmin(o.number("min_side"), first.width) - slack);
  EXPECT_GE(r.box.height, std::fmin(o.number("min_side"), first.height) - slack);
  EXPECT_LE(r.box.width, std::fmax(width, first.width) + slack);
  EXPECT_LE(r.box.height, std::fmax(height, first.height) + slack);
  EXPECT_NEAR(r.box.width * first.height, r.box.height * first.width, 1e-6 * first.width * first.height);
  for (double ms : r.stage_ms) EXPECT_TRUE(ms >= 0 && std::isfinite(ms));
}
