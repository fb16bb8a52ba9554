/* SPDX-License-Identifier: Apache-2.0 */
// The CUDA backend as a whole on the emulated GPU: its boxes are the CPU backend's, whether frames are
// recorded or not, with and without conditional nodes; and the host has nothing to say in a recorded frame.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "../options.h"
#include "../trackers/preset_weights.h"
#include "dslt/dslt.h"
#include "nn/weights.h"
#include "runtime.h"

namespace {

constexpr int kWidth = 120, kHeight = 90;

// A textured square that moves and grows over a plain background.
std::vector<uint8_t> draw(int frame) {
  std::vector<uint8_t> p(std::size_t(kWidth) * kHeight * 3);
  double side = 20 + 0.4 * frame, cx = 55 + 1.7 * frame, cy = 45 - 0.9 * frame;
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      double u = (x - cx) / side, v = (y - cy) / side;
      bool in = std::fabs(u) < 0.5 && std::fabs(v) < 0.5;
      for (int c = 0; c < 3; ++c)
        p[(std::size_t(y) * kWidth + x) * 3 + c] =
            uint8_t(in ? 128 + 120 * std::sin(9 * u + 2 * c) * std::cos(7 * v - c)
                       : 60 + (x * 3 + y * 5 + c * 40) % 50);
    }
  return p;
}

struct Step {
  dslt_box box;
  double peak, loss;
  int lost, steps;
};

struct Track {
  std::vector<Step> steps;
  std::vector<float> losses;
  std::vector<float> response;
  std::vector<emulated::Counts> counts;
  std::string backend;
};

using Settings = std::vector<std::pair<const char *, const char *>>;

Track track(const char *backend, const char *preset, const Settings &settings, int frames = 6) {
  Track run;
  Options o(preset);
  const std::string tracker = dslt_options_tracker(o);
  Settings all = {{"backend", backend}, {"precision", "f32"}, {"threads", "1"}};
  if (tracker == "dslt" || tracker == "siamese")
    all.insert(all.end(), {{"reduce_channels", "8"}, {"init_steps", "5"}});
  if (tracker == "dslt") all.insert(all.end(), {{"search_min_area", "3000"}, {"search_max_area", "4096"}});
  all.insert(all.end(), settings.begin(), settings.end());
  for (const auto &s : all) EXPECT_EQ(dslt_options_set(o, s.first, s.second), DSLT_OK) << dslt_last_error();
  dslt_tracker *t = nullptr;
  EXPECT_EQ(dslt_tracker_create(&t, o, preset_weights::of(preset)), DSLT_OK) << dslt_last_error();
  if (!t) return run;
  run.backend = dslt_tracker_backend(t);
  emulated::take_counts();
  for (int i = 0; i < frames; ++i) {
    std::vector<uint8_t> pixels = draw(i);
    dslt_image image = {pixels.data(), kWidth, kHeight, std::size_t(kWidth) * 3, DSLT_BGR8};
    dslt_result r = {};
    if (i == 0) {
      dslt_box box = {45, 35, 20, 20};
      EXPECT_EQ(dslt_tracker_init(t, &image, &box), DSLT_OK) << dslt_last_error();
      EXPECT_EQ(dslt_tracker_init_result(&r, t), DSLT_OK);
      const float *losses = nullptr;
      int count = 0;
      EXPECT_EQ(dslt_tracker_init_losses(&losses, &count, t), DSLT_OK);
      run.losses.assign(losses, losses + count);
    } else {
      EXPECT_EQ(dslt_tracker_update(&r, t, &image), DSLT_OK) << dslt_last_error();
    }
    run.steps.push_back({r.box, r.peak, r.loss, r.lost, r.steps});
    run.counts.push_back(emulated::take_counts());
  }
  dslt_response response;
  EXPECT_EQ(dslt_tracker_response(&response, t), DSLT_OK) << dslt_last_error();
  run.response.assign(response.data, response.data + response.width * response.height);
  dslt_tracker_free(t);
  return run;
}

void expect_close(const Track &got, const Track &want, double pixels) {
  ASSERT_EQ(got.steps.size(), want.steps.size());
  ASSERT_EQ(got.losses.size(), want.losses.size());
  for (std::size_t i = 0; i < want.losses.size(); ++i)
    EXPECT_NEAR(got.losses[i], want.losses[i], 1e-3 * std::fabs(want.losses[i])) << "step " << i;
  for (std::size_t i = 0; i < want.steps.size(); ++i) {
    const Step &g = got.steps[i], &w = want.steps[i];
    EXPECT_NEAR(g.box.x, w.box.x, pixels) << "frame " << i;
    EXPECT_NEAR(g.box.y, w.box.y, pixels) << "frame " << i;
    EXPECT_NEAR(g.box.width, w.box.width, pixels) << "frame " << i;
    EXPECT_NEAR(g.peak, w.peak, 1e-3 * (1 + std::fabs(w.peak))) << "frame " << i;
    EXPECT_NEAR(g.loss, w.loss, 2e-3 * (1e-6 + std::fabs(w.loss))) << "frame " << i;
    EXPECT_EQ(g.lost, w.lost) << "frame " << i;
    EXPECT_EQ(g.steps, w.steps) << "frame " << i;
  }
  ASSERT_EQ(got.response.size(), want.response.size());
  for (std::size_t i = 0; i < want.response.size(); ++i) EXPECT_NEAR(got.response[i], want.response[i], 1e-3);
}

void expect_same(const Track &a, const Track &b) {
  ASSERT_EQ(a.steps.size(), b.steps.size());
  for (std::size_t i = 0; i < a.steps.size(); ++i) {
    EXPECT_EQ(a.steps[i].box.x, b.steps[i].box.x) << "frame " << i;
    EXPECT_EQ(a.steps[i].box.y, b.steps[i].box.y) << "frame " << i;
    EXPECT_EQ(a.steps[i].box.width, b.steps[i].box.width) << "frame " << i;
    EXPECT_EQ(a.steps[i].box.height, b.steps[i].box.height) << "frame " << i;
    EXPECT_EQ(a.steps[i].lost, b.steps[i].lost) << "frame " << i;
    EXPECT_EQ(a.steps[i].steps, b.steps[i].steps) << "frame " << i;
    EXPECT_EQ(a.steps[i].peak, b.steps[i].peak) << "frame " << i;
    EXPECT_EQ(a.steps[i].loss, b.steps[i].loss) << "frame " << i;
  }
  EXPECT_EQ(a.losses, b.losses);
  EXPECT_EQ(a.response, b.response);
}

struct Case {
  const char *name, *preset;
  Settings settings;
};

void PrintTo(const Case &c, std::ostream *out) { *out << c.name; }

class EmulatedGpu : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    setenv("DSLT_CUDA_STRICT", "1", 1);
    unsetenv("DSLT_CUDA_GRAPHS");
    emulated::allow(true, true);
  }
};

TEST_P(EmulatedGpu, BoxesAreTheCpusRecordedOrNot) {
  const Case &c = GetParam();
  Track cpu = track("cpu", c.preset, c.settings), recorded = track("cuda", c.preset, c.settings);
  EXPECT_EQ(recorded.backend, "cuda");
  expect_close(recorded, cpu, 0.02);
  setenv("DSLT_CUDA_GRAPHS", "plain", 1);
  expect_same(track("cuda", c.preset, c.settings), recorded);
  setenv("DSLT_CUDA_GRAPHS", "0", 1);
  expect_same(track("cuda", c.preset, c.settings), recorded);
}

// The general operations while the reductions learn, the fused head once they are frozen.
const Settings kThreeTaps = {
    {"low_layer", "conv3_3"}, {"mid_layer", "conv4_3"}, {"fuse", "1,0.7,0.5"}, {"scale_levels", "1"}};

// The network that ships has a hundred times the work of the others here.
TEST(EmulatedSiamese, BoxesAreTheCpus) {
  setenv("DSLT_CUDA_STRICT", "1", 1);
  unsetenv("DSLT_CUDA_GRAPHS");
  emulated::allow(true, true);
  const Settings every = {{"update_interval", "1"}, {"memory", "2"}};
  const Track cpu = track("cpu", "default", every, 3), recorded = track("cuda", "default", every, 3);
  EXPECT_EQ(recorded.backend, "cuda");
  expect_close(recorded, cpu, 0.05);
}

// CFNet's input has 255 x 255 pixels whatever the target, so few frames: learnt, run directly, recorded.
class EmulatedCfnet : public ::testing::TestWithParam<const char *> {};

TEST_P(EmulatedCfnet, BoxesAreTheCpus) {
  setenv("DSLT_CUDA_STRICT", "1", 1);
  unsetenv("DSLT_CUDA_GRAPHS");
  emulated::allow(true, true);
  const Track cpu = track("cpu", GetParam(), {}, 3), recorded = track("cuda", GetParam(), {}, 3);
  EXPECT_EQ(recorded.backend, "cuda");
  expect_close(recorded, cpu, 0.02);
  EXPECT_EQ(recorded.counts[2].graphs, 1);
}

INSTANTIATE_TEST_SUITE_P(Presets, EmulatedCfnet, ::testing::Values("cfnet", "adacfnet"),
                         [](const auto &one) { return std::string(one.param); });

// A grid of few cells, and rates for the features of VGG-16's narrow layers with random weights, which are small. The
// first frame's steps are a recorded section too.
class EmulatedCrt : public ::testing::TestWithParam<const char *> {};

TEST_P(EmulatedCrt, BoxesAreTheCpus) {
  setenv("DSLT_CUDA_STRICT", "1", 1);
  unsetenv("DSLT_CUDA_GRAPHS");
  emulated::allow(true, true);
  const Settings small = {{"kernel_cells", "25"}, {"patch_width", "4"}, {"patch_height", "4"},
                          {"pca_channels", "6"},  {"init_steps", "8"},  {"init_rate", "1e-4"},
                          {"online_rate", "1e-5"}};
  const Track cpu = track("cpu", GetParam(), small, 4), recorded = track("cuda", GetParam(), small, 4);
  EXPECT_EQ(recorded.backend, "cuda");
  EXPECT_GE(recorded.losses.size(), 3u) << "learnt directly, recorded, replayed";
  expect_close(recorded, cpu, 0.02);
  EXPECT_GE(recorded.counts[0].graphs, 7);
  EXPECT_EQ(recorded.counts[3].graphs, 1);
  setenv("DSLT_CUDA_GRAPHS", "0", 1);
  expect_same(track("cuda", GetParam(), small, 4), recorded);
}

INSTANTIATE_TEST_SUITE_P(Presets, EmulatedCrt,
                         ::testing::Values("crt-hog", "crt-conv2", "crt-conv7", "crt-released"),
                         [](const auto &one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

INSTANTIATE_TEST_SUITE_P(
    Presets, EmulatedGpu,
    ::testing::Values(Case{"dslt", "dslt", {}}, Case{"paper", "paper", {}},
                      Case{"paper_pyramid_always", "paper", {{"scale_gate", "-1"}, {"memory", "3"}}},
                      Case{"released", "released", {{"feature_scale", "0.01"}, {"init_stop_loss", "0"}}},
                      Case{"conv3_3", "paper", {{"low_layer", "conv3_3"}, {"pool3", "0"}}},
                      Case{"one_tap", "dslt", {{"high_layer", "none"}}},
                      Case{"three_taps", "paper", kThreeTaps}, Case{"three_taps_frozen", "dslt", kThreeTaps},
                      Case{"three_taps_wide",
                           "released",
                           {{"low_layer", "conv3_3"},
                            {"mid_layer", "conv4_3"},
                            {"feature_scale", "0.01"},
                            {"scale_levels", "1"},
                            {"init_stop_loss", "0"}}},
                      Case{"seldom", "paper", {{"update_interval", "2"}, {"scale_levels", "1"}}},
                      Case{"one_sample", "paper", {{"memory", "1"}}},
                      Case{"frozen", "dslt", {{"train_reduction", "first"}}},
                      Case{"frozen_paper", "paper", {{"train_reduction", "first"}, {"scale_gate", "-1"}}},
                      Case{"frozen_look", "paper", {{"train_reduction", "first"}, {"scale_levels", "1"}}},
                      Case{"never_learnt", "paper", {{"train_reduction", "0"}}},
                      Case{"hold", "dslt", {{"lost_ratio", "1"}, {"lost_grace", "0"}}},
                      Case{"stops", "paper", {{"init_stop_loss", "1000"}, {"init_steps", "30"}}},
                      Case{"converges",
                           "paper",
                           {{"init_stop_window", "3"}, {"init_stop_change", "0.5"}, {"init_steps", "30"}}}),
    [](const ::testing::TestParamInfo<Case> &one) { return std::string(one.param.name); });

TEST(EmulatedGpuFrames, ARecordedFrameIsOneGraphAndItsUploadAlone) {
  setenv("DSLT_CUDA_STRICT", "1", 1);
  unsetenv("DSLT_CUDA_GRAPHS");
  emulated::allow(true, true);
  Track run = track("cuda", "paper", {{"scale_gate", "10"}}, 7);
  for (std::size_t i = 3; i < run.counts.size(); ++i) {
    EXPECT_EQ(run.counts[i].graphs, 1) << "frame " << i;
    EXPECT_EQ(run.counts[i].launches, 2) << "frame " << i;        // the pixels and their layout
    EXPECT_GE(run.counts[i].blocks_skipped, 1) << "frame " << i;  // no pyramid
    EXPECT_GE(run.counts[i].blocks_run, 1) << "frame " << i;      // the update
  }
}

TEST(EmulatedGpuFrames, ADriverWithoutNodesOrGraphsGivesTheSame) {
  unsetenv("DSLT_CUDA_STRICT");
  unsetenv("DSLT_CUDA_GRAPHS");
  emulated::allow(true, true);
  Track all = track("cuda", "paper", {});
  emulated::allow(true, false);
  Track plain = track("cuda", "paper", {});
  expect_same(plain, all);
  EXPECT_EQ(plain.counts.back().graphs, 1);
  emulated::allow(false, false);
  Track direct = track("cuda", "paper", {});
  expect_same(direct, all);
  EXPECT_EQ(direct.counts.back().graphs, 0);
  emulated::allow(true, true);
}

// Frames that are not searched leave no graph to wait for, and the frames after them are followed as on the CPU.
TEST(EmulatedGpuFrames, ATargetInNoiseWaitsAsOnTheCpu) {
  unsetenv("DSLT_CUDA_GRAPHS");
  emulated::allow(true, true);
  const auto noise = [](unsigned seed, int shift) {
    std::vector<uint8_t> p(std::size_t(kWidth) * kHeight * 3);
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        for (int c = 0; c < 3; ++c) {
          unsigned v = (seed * 131071u + unsigned(((x + shift) * 503 + y) * 3 + c)) * 2654435761u;
          v = (v ^ (v >> 15)) * 2246822519u;
          p[(std::size_t(y) * kWidth + x) * 3 + c] = uint8_t(v >> 13);
        }
    return p;
  };
  std::vector<std::vector<Step>> tracks;
  for (const char *backend : {"cpu", "cuda"}) {
    Options o("paper");
    for (const auto &s : Settings{{"backend", backend},
                                  {"precision", "f32"},
                                  {"threads", "1"},
                                  {"reduce_channels", "8"},
                                  {"init_steps", "5"},
                                  {"search_min_area", "3000"},
                                  {"search_max_area", "4096"}})
      ASSERT_EQ(dslt_options_set(o, s.first, s.second), DSLT_OK) << dslt_last_error();
    dslt_tracker *t = nullptr;
    ASSERT_EQ(dslt_tracker_create(&t, o, preset_weights::of("paper")), DSLT_OK) << dslt_last_error();
    const dslt_box box = {45, 35, 20, 20};
    std::vector<uint8_t> pixels = noise(1, 0), next;
    dslt_image image = {pixels.data(), kWidth, kHeight, std::size_t(kWidth) * 3, DSLT_BGR8}, ahead = image;
    ASSERT_EQ(dslt_tracker_init(t, &image, &box), DSLT_OK) << dslt_last_error();
    tracks.emplace_back();
    for (int i = 1; i < 8; ++i) {
      pixels = i < 4 ? noise(unsigned(i) + 1, 0) : noise(1, i - 4);
      next = i + 1 < 4 ? noise(unsigned(i) + 2, 0) : noise(1, i - 3);
      image.data = pixels.data(), ahead.data = next.data();
      EXPECT_EQ(dslt_tracker_prefetch(t, &ahead), DSLT_OK);
      dslt_result r = {};
      EXPECT_EQ(dslt_tracker_update(&r, t, &image), DSLT_OK) << dslt_last_error();
      EXPECT_EQ(r.lost, i < 4) << backend << i;
      tracks.back().push_back({r.box, r.peak, r.loss, r.lost, r.steps});
    }
    dslt_tracker_free(t);
  }
  for (std::size_t i = 0; i < tracks[0].size(); ++i) {
    EXPECT_NEAR(tracks[1][i].box.x, tracks[0][i].box.x, 0.05) << i;
    EXPECT_NEAR(tracks[1][i].peak, tracks[0][i].peak, 1e-3) << i;
    EXPECT_EQ(tracks[1][i].peak == 0, i < 3) << i;
  }
}

TEST(EmulatedGpuFrames, BfloatStaysNear) {
  unsetenv("DSLT_CUDA_GRAPHS");
  Track cpu = track("cpu", "paper", {}, 4), gpu = track("cuda", "paper", {{"precision", "bf16"}}, 4);
  for (std::size_t i = 0; i < cpu.steps.size(); ++i) {
    EXPECT_NEAR(gpu.steps[i].box.x, cpu.steps[i].box.x, 1.0);
    EXPECT_NEAR(gpu.steps[i].peak, cpu.steps[i].peak, 0.05);
  }
}

TEST(EmulatedGpuFrames, TooLittleMemoryIsASentenceAndTheTrackerGoesOn) {
  Options o("paper");
  ASSERT_EQ(dslt_options_set(o, "backend", "cuda"), DSLT_OK);
  ASSERT_EQ(dslt_options_set(o, "init_steps", "2"), DSLT_OK);
  ASSERT_EQ(dslt_options_set(o, "search_min_area", "4096"), DSLT_OK);
  dslt_tracker *t = nullptr;
  ASSERT_EQ(dslt_tracker_create(&t, o, preset_weights::of("paper")), DSLT_OK) << dslt_last_error();
  std::vector<uint8_t> pixels = draw(0);
  dslt_image image = {pixels.data(), kWidth, kHeight, std::size_t(kWidth) * 3, DSLT_BGR8};
  dslt_box box = {45, 35, 20, 20};
  for (std::size_t limit : {100u, 10000u, 200000u}) {
    emulated::limit_memory(limit);
    EXPECT_EQ(dslt_tracker_init(t, &image, &box), DSLT_EDEVICE_MEMORY) << limit;
    EXPECT_NE(std::string(dslt_last_error()).find("search_max_side"), std::string::npos) << dslt_last_error();
  }
  emulated::limit_memory(SIZE_MAX);
  EXPECT_EQ(dslt_tracker_init(t, &image, &box), DSLT_OK) << dslt_last_error();
  dslt_tracker_free(t);
}

}  // namespace
