/* SPDX-License-Identifier: Apache-2.0 */
// The tracking-loss tracker on the emulated GPU: every preset's boxes are the CPU backend's, whether frames are recorded or
// not, and a recorded frame is one graph.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "../api/small_world.h"
#include "../trackers/preset_weights.h"
#include "../trackers/small_trackloss.h"
#include "runtime.h"

namespace {

struct Track {
  std::vector<dslt_result> results;
  std::vector<float> losses, response;
  std::vector<emulated::Counts> counts;
};

Options options_of(const char *preset, const char *backend) {
  Options o(preset);
  for (const auto &s : small_trackloss::settings()) o[s.first] = s.second;
  o["backend"] = backend;
  o["precision"] = "f32";
  o["threads"] = 1;
  return o;
}

Track track(const Options &options, const char *preset, std::size_t frames) {
  const Clip clip = make_clip(int(frames));
  Track out;
  dslt_tracker *made = nullptr;
  EXPECT_EQ(dslt_tracker_create(&made, options, preset_weights::of(preset)), DSLT_OK) << dslt_last_error();
  const Tracker tracker(made);
  if (!made) return out;
  dslt_image frame = clip.frame(0);
  EXPECT_EQ(dslt_tracker_init(made, &frame, &clip.box), DSLT_OK) << dslt_last_error();
  const float *losses = nullptr;
  int count = 0;
  EXPECT_EQ(dslt_tracker_init_losses(&losses, &count, made), DSLT_OK);
  out.losses.assign(losses, losses + count);
  for (std::size_t i = 1; i < frames; ++i) {
    dslt_result r = {};
    frame = clip.frame(i);
    emulated::take_counts();
    EXPECT_EQ(dslt_tracker_update(&r, made, &frame), DSLT_OK) << dslt_last_error();
    out.results.push_back(r);
    out.counts.push_back(emulated::take_counts());
  }
  dslt_response response;
  EXPECT_EQ(dslt_tracker_response(&response, made), DSLT_OK) << dslt_last_error();
  out.response.assign(response.data, response.data + response.width * response.height);
  return out;
}

void expect_close(const Track &got, const Track &want) {
  ASSERT_EQ(got.losses.size(), want.losses.size());
  for (std::size_t i = 0; i < want.losses.size(); ++i)
    EXPECT_NEAR(got.losses[i], want.losses[i], 1e-3 * std::fabs(want.losses[i])) << "step " << i;
  ASSERT_EQ(got.results.size(), want.results.size());
  for (std::size_t i = 0; i < want.results.size(); ++i) {
    const dslt_result &g = got.results[i], &w = want.results[i];
    EXPECT_NEAR(g.box.x, w.box.x, 0.02) << "frame " << i + 1;
    EXPECT_NEAR(g.box.y, w.box.y, 0.02) << "frame " << i + 1;
    EXPECT_NEAR(g.box.width, w.box.width, 0.02) << "frame " << i + 1;
    EXPECT_NEAR(g.box.height, w.box.height, 0.02) << "frame " << i + 1;
    EXPECT_NEAR(g.peak, w.peak, 1e-3) << "frame " << i + 1;
    EXPECT_NEAR(g.loss, w.loss, 2e-3 * (1e-6 + std::fabs(w.loss))) << "frame " << i + 1;
    EXPECT_EQ(g.lost, w.lost) << "frame " << i + 1;
    EXPECT_EQ(g.steps, w.steps) << "frame " << i + 1;
  }
  ASSERT_EQ(got.response.size(), want.response.size());
  for (std::size_t i = 0; i < want.response.size(); ++i) EXPECT_NEAR(got.response[i], want.response[i], 1e-3);
}

void expect_same(const Track &a, const Track &b) {
  ASSERT_EQ(a.results.size(), b.results.size());
  for (std::size_t i = 0; i < a.results.size(); ++i) {
    EXPECT_EQ(a.results[i].box.x, b.results[i].box.x) << "frame " << i + 1;
    EXPECT_EQ(a.results[i].box.height, b.results[i].box.height) << "frame " << i + 1;
    EXPECT_EQ(a.results[i].peak, b.results[i].peak) << "frame " << i + 1;
    EXPECT_EQ(a.results[i].loss, b.results[i].loss) << "frame " << i + 1;
  }
  EXPECT_EQ(a.losses, b.losses);
  EXPECT_EQ(a.response, b.response);
}

class EmulatedTracklossOptions : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("DSLT_CUDA_STRICT", "1", 1);
    unsetenv("DSLT_CUDA_GRAPHS");
    emulated::allow(true, true);
  }
  void TearDown() override { unsetenv("DSLT_CUDA_GRAPHS"); }
};

class EmulatedTrackloss : public EmulatedTracklossOptions,
                          public ::testing::WithParamInterface<const char *> {};

// The first frame's steps are a recorded section too; the third frame learns, the second and fourth take boxes.
TEST_P(EmulatedTrackloss, BoxesAreTheCpus) {
  const char *preset = GetParam();
  const Track recorded = track(options_of(preset, "cuda"), preset, 6);
  expect_close(recorded, track(options_of(preset, "cpu"), preset, 6));
  ASSERT_EQ(recorded.counts.size(), 5u);
  for (std::size_t i = 2; i < 5; ++i) EXPECT_EQ(recorded.counts[i].graphs, 1) << i;
  int learnt = 0;
  for (const dslt_result &r : recorded.results) learnt += r.steps > 0;
  EXPECT_GE(learnt, 1);
}

INSTANTIATE_TEST_SUITE_P(Presets, EmulatedTrackloss,
                         ::testing::Values("trackloss-softmax", "trackloss-infogain1", "trackloss-infogain2",
                                           "trackloss-infogain3", "trackloss-sigmoid", "trackloss-hinge",
                                           "trackloss-ensemble"),
                         [](const auto &one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_F(EmulatedTracklossOptions, RecordedOrNotIsTheSame) {
  const char *preset = "trackloss-sigmoid";
  const Options options = options_of(preset, "cuda");
  const Track recorded = track(options, preset, 5);
  for (const char *graphs : {"plain", "0"}) {
    setenv("DSLT_CUDA_GRAPHS", graphs, 1);
    expect_same(track(options, preset, 5), recorded);
  }
}

// A crop for each candidate, one strategy, more maps than a product takes, and a target that is always missed.
TEST_F(EmulatedTracklossOptions, OtherOptionsAreTheCpusToo) {
  const std::vector<std::vector<std::pair<const char *, const char *>>> more = {
      {{"shared_maps", "0"}},
      {{"strategy", "1"}, {"candidate_stretch", "2"}},
      {{"strategy", "4"}, {"loss", "hinge2"}, {"mined", "36"}, {"negative_memory", "40"}},
      {{"success", "1"}}};
  for (const auto &settings : more) {
    SCOPED_TRACE(settings[0].first);
    Options cuda = options_of("trackloss-softmax", "cuda"), cpu = options_of("trackloss-softmax", "cpu");
    for (const auto &s : settings) cuda[s.first] = s.second, cpu[s.first] = s.second;
    expect_close(track(cuda, "trackloss-softmax", 4), track(cpu, "trackloss-softmax", 4));
  }
}

}  // namespace
