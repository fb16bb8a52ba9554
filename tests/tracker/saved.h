/* SPDX-License-Identifier: Apache-2.0 */
// saved.h: trackers of every kind that are saved after some frame, loaded and tracked on, for the tests of saving on the CPU and
// on the emulated GPU.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../api/small_world.h"
#include "../trackers/small_cfnet.h"
#include "nn/weights.h"

namespace saved {

using Bytes = std::vector<unsigned char>;
using Settings = std::vector<std::pair<const char *, const char *>>;

struct Kind {
  const char *preset;
  Settings settings;
};

// What a preset can be tested with quickly: narrow networks, few steps.
inline const std::vector<Kind> &kinds() {
  static const Settings head = {{"reduce_channels", "8"}, {"init_steps", "5"}, {"memory", "3"}};
  static const auto with = [](Settings more) {
    more.insert(more.begin(), head.begin(), head.end());
    return more;
  };
  static const Settings small = {{"search_min_area", "3000"}, {"search_max_area", "4096"}};
  static const Settings crt = {{"init_steps", "6"}, {"memory", "3"}, {"max_side", "160"}};
  static const std::vector<Kind> all = {
      {"dslt", with({{"search_min_area", "3000"}, {"search_max_area", "4096"}, {"lost_grace", "0"}})},
      {"dslt", with({{"search_min_area", "3000"}, {"search_max_area", "4096"}, {"train_reduction", "1"}})},
      {"paper", with(small)},
      {"released", with(small)},
      {"default", with({})},
      {"default", {{"blend", "0"}}},
      {"crt-hog", crt},
      {"crt-conv4", crt},
      {"cfnet", {}},
      {"adacfnet", {}},
  };
  return all;
}

inline Weights weights_for(const std::string &preset) {
  static const std::string plain = small_cfnet::network_file({1}),
                           attention = small_cfnet::network_file({1}, true);
  dslt_weights *out = nullptr;
  int rc;
  if (preset == "default")
    rc = dslt_weights_load(&out, "siamese");
  else if (preset == "cfnet" || preset == "adacfnet") {
    const std::string &file = preset == "cfnet" ? plain : attention;
    rc = dslt_weights_from_memory(&out, file.data(), file.size(), "small");
  } else
    rc = dslt_weights_load(&out, "random:vgg16/16:3");
  EXPECT_EQ(rc, DSLT_OK) << dslt_last_error();
  return Weights(out);
}

inline Options options_for(const Kind &kind, const char *backend) {
  Options options(kind.preset);
  options["backend"] = backend;
  options["precision"] = "f32";
  options["threads"] = 1;
  for (const auto &s : kind.settings) options[s.first] = s.second;
  return options;
}

// A scene in which the target disappears behind grey for two frames.
inline Clip clip_with_gap(int frames, int gap) {
  Clip clip = make_clip(frames);
  for (int i = gap; i < gap + 2 && i < frames; ++i)
    std::fill(clip.pixels[size_t(i)].begin(), clip.pixels[size_t(i)].end(), uint8_t(128));
  return clip;
}

inline Bytes save(dslt_tracker *tracker) {
  void *state = nullptr;
  size_t size = 0;
  EXPECT_EQ(dslt_tracker_save(&state, &size, tracker), DSLT_OK) << dslt_last_error();
  const auto *bytes = static_cast<const unsigned char *>(state);
  Bytes out(bytes, bytes + size);
  dslt_state_free(state);
  return out;
}

inline Tracker load(const Bytes &state, const Weights &weights, const dslt_options *options = nullptr) {
  dslt_tracker *tracker = nullptr;
  EXPECT_EQ(dslt_tracker_load(&tracker, state.data(), state.size(), options, weights.get()), DSLT_OK)
      << dslt_last_error();
  return Tracker(tracker);
}

// A result and the response map, without times.
struct Seen {
  Trace trace;
  std::vector<float> response;
  bool lost = false;
  bool operator==(const Seen &other) const {
    if (!(trace == other.trace) || response.size() != other.response.size()) return false;
    return response.empty() ||
           std::memcmp(response.data(), other.response.data(), response.size() * sizeof(float)) == 0;
  }
};

inline Seen look(dslt_tracker *tracker, bool with_response) {
  Seen seen;
  dslt_result result = {};
  EXPECT_EQ(dslt_tracker_result(&result, tracker), DSLT_OK) << dslt_last_error();
  seen.trace.add(result);
  seen.trace.values.push_back(result.found);
  seen.lost = result.lost != 0;
  dslt_response response = {};
  if (!with_response) return seen;
  EXPECT_EQ(dslt_tracker_response(&response, tracker), DSLT_OK) << dslt_last_error();
  seen.response.assign(response.data, response.data + response.width * response.height);
  for (double v : {response.window.x, response.window.y, response.window.width, response.window.height})
    seen.trace.values.push_back(v);
  return seen;
}

inline std::vector<float> losses_of(dslt_tracker *tracker) {
  const float *losses = nullptr, *snr = nullptr;
  int count = 0, ratios = 0;
  EXPECT_EQ(dslt_tracker_init_losses(&losses, &count, tracker), DSLT_OK);
  EXPECT_EQ(dslt_tracker_init_snr(&snr, &ratios, tracker), DSLT_OK);
  std::vector<float> out(losses, losses + count);
  out.insert(out.end(), snr, snr + ratios);
  dslt_channel_weights block = {};
  for (int i = 0; dslt_tracker_init_channels(&block, tracker, i) == DSLT_OK; ++i)
    out.insert(out.end(), block.values, block.values + block.count);
  return out;
}

struct Run {
  std::vector<Seen> seen;     // after each frame, the first included
  std::vector<Bytes> states;  // likewise
  std::vector<float> losses;
};

inline Seen step(dslt_tracker *tracker, const Clip &clip, size_t i) {
  const dslt_image frame = clip.frame(i);
  dslt_result result = {};
  EXPECT_EQ(dslt_tracker_update(&result, tracker, &frame), DSLT_OK) << dslt_last_error();
  return look(tracker, true);
}

inline Run uninterrupted(const Options &options, const Weights &weights, const Clip &clip) {
  Run run;
  const Tracker tracker = make_tracker(options, weights);
  const dslt_image first = clip.frame(0);
  EXPECT_EQ(dslt_tracker_init(tracker.get(), &first, &clip.box), DSLT_OK) << dslt_last_error();
  run.losses = losses_of(tracker.get());
  run.seen.push_back(look(tracker.get(), false));
  run.states.push_back(save(tracker.get()));
  for (size_t i = 1; i < clip.pixels.size(); ++i) {
    run.seen.push_back(step(tracker.get(), clip, i));
    run.states.push_back(save(tracker.get()));
  }
  return run;
}

// Loaded after frame `at`, the tracker knows what it knew and goes on to the same bytes.
inline void expect_resumes(const Run &run, size_t at, const Weights &weights, const Clip &clip,
                           const dslt_options *options = nullptr) {
  const Tracker tracker = load(run.states[at], weights, options);
  ASSERT_TRUE(tracker);
  EXPECT_EQ(losses_of(tracker.get()), run.losses);
  EXPECT_TRUE(look(tracker.get(), at > 0) == run.seen[at]) << "frame " << at;
  EXPECT_TRUE(save(tracker.get()) == run.states[at]) << "frame " << at;
  for (size_t i = at + 1; i < clip.pixels.size(); ++i)
    EXPECT_TRUE(step(tracker.get(), clip, i) == run.seen[i])
        << "loaded after frame " << at << ", frame " << i;
  EXPECT_TRUE(save(tracker.get()) == run.states.back()) << "loaded after frame " << at;
}

}  // namespace saved
