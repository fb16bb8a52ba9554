/* SPDX-License-Identifier: Apache-2.0 */
// CRT's training: the regression against its definition in double, whole runs on a rendered clip, and the first frame
// of a sequence whose figures an independent program gave.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "../api/small_world.h"
#include "../reference/network.h"
#include "../skip.h"
#include "media/media.h"
#include "tracker/tracker.h"
#include "trackers/crt/crt.h"

namespace {

// ---- the regression ----------------------------------------------------------------------------------

constexpr int kHeight = 9, kWidth = 11, kChannels = 3, kKernelHeight = 4, kKernelWidth = 3;
constexpr int kRows = kHeight - kKernelHeight + 1, kColumns = kWidth - kKernelWidth + 1;
constexpr size_t kWeights = size_t(kKernelHeight * kKernelWidth * kChannels);
constexpr double kThreshold = 0.1, kSlope = 1.3, kAmplitude = 0.6, kDecay = 0.02, kRate = 1e-3;

struct Sample {
  std::vector<double> x, label;
};

Sample make_sample(unsigned seed) {
  ref::Noise noise(seed);
  Sample s = {ref::rounded(noise.map(size_t(kHeight * kWidth * kChannels))), {}};
  for (int i = 0; i < kRows * kColumns; ++i) {
    const double dx = i % kColumns - 4, dy = i / kColumns - 2;
    s.label.push_back(double(float(std::exp(-0.3 * (dx * dx + dy * dy)))));
  }
  return s;
}

double response_at(const std::vector<double> &w, const Sample &s, int cell) {
  double sum = w[kWeights];
  for (size_t k = 0; k < kWeights; ++k) {
    const int c = int(k) % kChannels, kx = int(k) / kChannels % kKernelWidth,
              ky = int(k) / kChannels / kKernelWidth;
    sum += w[k] * s.x[size_t(((cell / kColumns + ky) * kWidth + cell % kColumns + kx) * kChannels + c)];
  }
  return sum;
}

// Equation 5 without the weight decay.
double loss_of(const std::vector<double> &w, const Sample &s) {
  double sum = 0;
  for (int i = 0; i < kRows * kColumns; ++i) {
    const double e = response_at(w, s, i) - s.label[size_t(i)];
    const double weighted = kAmplitude * std::exp(kSlope * s.label[size_t(i)]) * e;
    if (std::fabs(e) >= kThreshold) sum += weighted * weighted;
  }
  return sum;
}

std::vector<double> gradient_of(const std::vector<double> &w, const Sample &s) {
  std::vector<double> out;
  for (size_t k = 0; k <= kWeights; ++k) {
    std::vector<double> up = w, down = w;
    up[k] += 1e-7, down[k] -= 1e-7;
    out.push_back((loss_of(up, s) - loss_of(down, s)) / 2e-7);
  }
  return out;
}

class RegressionTest : public testing::Test {
 protected:
  void SetUp() override {
    const dslt_backend_config config = {1, DSLT_PRECISION_F32, 0};
    const dslt_crt_regression_shape shape = {kHeight, kWidth, kChannels, kKernelHeight, kKernelWidth, 3};
    ASSERT_EQ(dslt_backend_open(&backend_, "cpu", &config), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(dslt_crt_regression_plan(&r_, backend_, &shape), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(dslt_crt_regression_draw(&r_, 0.1, 3), DSLT_OK);
    r_.w[kWeights] = 0.05f;
  }
  void TearDown() override {
    dslt_crt_regression_free(&r_);
    if (backend_) backend_->device->close(backend_);
  }
  std::vector<double> weights() const { return std::vector<double>(r_.w, r_.w + kWeights + 1); }

  dslt_backend *backend_ = nullptr;
  dslt_crt_regression r_ = {};
  const dslt_loss_spec spec_ = [] {
    dslt_loss_spec s = {};
    s.kind = DSLT_LOSS_TRUNCATED;
    s.threshold = float(kThreshold), s.alpha = float(kSlope), s.amplitude = float(kAmplitude);
    return s;
  }();
};

TEST_F(RegressionTest, LossAndGradientFollowTheDefinition) {
  for (unsigned seed : {1u, 2u}) {
    const Sample s = make_sample(seed);
    const std::vector<float> x = ref::f32(s.x), label = ref::f32(s.label);
    float loss = NAN;
    ASSERT_EQ(dslt_crt_regression_gradient(&r_, &loss, x.data(), label.data(), &spec_), DSLT_OK);
    EXPECT_NEAR(double(loss), loss_of(weights(), s), 1e-5 * loss_of(weights(), s));
    const std::vector<double> want = gradient_of(weights(), s);
    for (size_t k = 0; k <= kWeights; ++k) EXPECT_NEAR(double(r_.gradient[k]), want[k], 2e-4) << k;
  }
}

TEST_F(RegressionTest, AStepOnSeveralSamplesTakesTheMeanOfTheirGradients) {
  std::vector<double> w = weights(), m(kWeights + 1, 0.0), v(kWeights + 1, 0.0);
  const dslt_crt_rule rule = {float(kRate), float(kDecay), {0.9f, 0.999f, 1e-8f}};
  for (int t = 1; t <= 3; ++t) {
    std::vector<double> mean(kWeights + 1, 0.0);
    ASSERT_EQ(dslt_crt_regression_clear_sum(&r_), DSLT_OK);
    for (unsigned seed : {5u, 6u, 7u, 8u}) {
      const Sample s = make_sample(seed);
      const std::vector<float> x = ref::f32(s.x), label = ref::f32(s.label);
      float loss;
      ASSERT_EQ(dslt_crt_regression_gradient(&r_, &loss, x.data(), label.data(), &spec_), DSLT_OK);
      ASSERT_EQ(dslt_crt_regression_add(&r_, 0.25f), DSLT_OK);
      const std::vector<double> g = gradient_of(w, s);
      for (size_t k = 0; k <= kWeights; ++k) mean[k] += 0.25 * g[k];
    }
    ASSERT_EQ(dslt_crt_regression_step(&r_, r_.sum, &rule), DSLT_OK);
    for (size_t k = 0; k <= kWeights; ++k) {
      const double g = mean[k] + kDecay * w[k];
      m[k] = 0.9 * m[k] + 0.1 * g;
      v[k] = 0.999 * v[k] + 0.001 * g * g;
      w[k] -= kRate * (m[k] / (1 - std::pow(0.9, t))) / (std::sqrt(v[k] / (1 - std::pow(0.999, t))) + 1e-8);
      EXPECT_NEAR(double(r_.w[k]), w[k], 2e-6) << "step " << t << ", " << k;
    }
  }
}

TEST_F(RegressionTest, LevelsRespondLikeOneByOne) {
  std::vector<float> features, responses(3 * kRows * kColumns), one(kRows * kColumns);
  for (unsigned seed : {1u, 2u, 3u})
    for (double v : make_sample(seed).x) features.push_back(float(v));
  ASSERT_EQ(dslt_crt_regression_respond(&r_, responses.data(), features.data(), 3), DSLT_OK);
  for (int level = 0; level < 3; ++level) {
    const Sample s = make_sample(unsigned(level + 1));
    for (int i = 0; i < kRows * kColumns; ++i)
      EXPECT_NEAR(double(responses[size_t(level * kRows * kColumns + i)]), response_at(weights(), s, i),
                  1e-5);
  }
}

// ---- whole runs --------------------------------------------------------------------------------------

Options quick(const char *preset) {
  Options o(preset);
  o["backend"] = "cpu";
  o["threads"] = 1;
  o["kernel_cells"] = 36;
  o["patch_width"] = 4, o["patch_height"] = 4;
  o["init_steps"] = 300;
  return o;
}

double overlap(const dslt_box &a, const dslt_box &b) {
  const double w = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double h = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return w > 0 && h > 0 ? w * h / (a.width * a.height + b.width * b.height - w * h) : 0;
}

TEST(CrtRun, FollowsATargetByGradientsAlone) {
  dslt_scene_options scene_options;
  dslt_scene_defaults(&scene_options);
  scene_options.width = 160, scene_options.height = 120, scene_options.frames = 150;
  scene_options.object_width = 28, scene_options.object_height = 24;
  dslt_scene *scene = nullptr;
  ASSERT_EQ(dslt_scene_create(&scene, &scene_options), DSLT_OK) << dslt_last_error();
  const Weights weights = small_weights();
  const Tracker tracker = make_tracker(quick("crt-hog"), weights);
  dslt_canvas canvas = {};
  double sum = 0;
  for (int i = 0; i < 25; ++i) {
    dslt_box truth;
    ASSERT_EQ(dslt_scene_render(&canvas, &truth, scene, i), DSLT_OK) << dslt_last_error();
    const dslt_image frame = {canvas.pixels, 160, 120, 160 * 3, DSLT_BGR8};
    dslt_result r = {};
    if (i == 0) {
      ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth), DSLT_OK) << dslt_last_error();
      continue;
    }
    ASSERT_EQ(dslt_tracker_update(&r, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(r.steps, 2);
    sum += overlap(r.box, truth);
  }
  EXPECT_GT(sum / 24, 0.6);
  dslt_canvas_free(&canvas);
  dslt_scene_free(scene);
}

TEST(CrtRun, EveryFeatureRunsAndTwiceTheSame) {
  const Clip clip = make_clip(4);
  const Weights weights = small_weights();
  for (const char *preset : {"crt-hog", "crt-conv2", "crt-conv7", "crt-released"}) {
    Options o = quick(preset);
    o["pca_channels"] = 6;  // of the narrow network's 4, 16 or 31: no projection, or one
    o["init_steps"] = 10;
    o["init_rate"] = 1e-4;
    const Tracker first = make_tracker(o, weights), second = make_tracker(o, weights);
    const Trace a = run_clip(first.get(), clip), b = run_clip(second.get(), clip);
    EXPECT_TRUE(a == b) << preset;
    for (double v : a.values) EXPECT_TRUE(std::isfinite(v)) << preset;
  }
}

TEST(CrtRun, BoxesOfTheProgramAreWholePixels) {
  const Clip clip = make_clip(6);
  const Weights weights = small_weights();
  Options o = quick("crt-released");
  o["feature"] = "hog", o["threshold"] = 0.03, o["init_rate"] = 1e-4;
  const Tracker tracker = make_tracker(o, weights);
  dslt_box box = clip.box;
  box = {std::floor(box.x), std::floor(box.y), std::floor(box.width), std::floor(box.height)};
  dslt_image frame = clip.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &box), DSLT_OK) << dslt_last_error();
  for (size_t i = 1; i < 6; ++i) {
    dslt_result r = {};
    frame = clip.frame(i);
    ASSERT_EQ(dslt_tracker_update(&r, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    for (double v : {r.box.x, r.box.y, r.box.width, r.box.height}) EXPECT_EQ(v, std::floor(v)) << i;
  }
}

TEST(CrtRun, EachStepHasASignalToNoiseRatio) {
  const Clip clip = make_clip(1);
  const Weights weights = small_weights();
  const Tracker tracker = make_tracker(quick("crt-hog"), weights),
                other = make_tracker(quick_options(), weights);
  const dslt_image frame = clip.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip.box), DSLT_OK) << dslt_last_error();
  const float *snr = nullptr, *losses = nullptr;
  int count = -1, steps = -1;
  ASSERT_EQ(dslt_tracker_init_snr(&snr, &count, tracker.get()), DSLT_OK);
  ASSERT_EQ(dslt_tracker_init_losses(&losses, &steps, tracker.get()), DSLT_OK);
  ASSERT_EQ(count, steps);
  ASSERT_GT(count, 2);
  for (int i = 0; i < count; ++i) EXPECT_GE(double(snr[i]), 1.0) << i;
  EXPECT_GT(double(snr[count - 1]), double(snr[0]) + 0.2);
  // the last one, of the response that is still there
  const dslt_crt_target *own = dslt_crt_target_of(dslt_group_target(&tracker->group, 0));
  const dslt_target *t = dslt_group_target(&tracker->group, 0);
  const float *response = own->regression.response;
  double sum = 0;
  for (size_t i = 0; i < t->response_values; ++i) sum += double(response[i]);
  const double most = double(*std::max_element(response, response + t->response_values));
  EXPECT_NEAR(double(snr[count - 1]), std::exp(most - sum / double(t->response_values)), 1e-5);
  ASSERT_EQ(dslt_tracker_init(other.get(), &frame, &clip.box), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_tracker_init_snr(&snr, &count, other.get()), DSLT_OK);
  EXPECT_EQ(count, 0);
}

// The first frames stand in for past ones; an update learns from every second of nine.
TEST(CrtRun, TheMemoryTurnsOver) {
  const Clip clip = make_clip(13);
  const Weights weights = small_weights();
  Options o = quick("crt-hog");
  o["memory_gap"] = 2, o["init_steps"] = 3;
  const Tracker tracker = make_tracker(o, weights);
  dslt_image frame = clip.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip.box), DSLT_OK) << dslt_last_error();
  const dslt_target *t = dslt_group_target(&tracker->group, 0);
  const dslt_samples &samples = dslt_crt_target_of(t)->samples;
  ASSERT_EQ(samples.slots, 9);
  const std::vector<float> first(samples.map[0], samples.map[0] + samples.values[0]);
  auto firsts = [&] {
    int count = 0;
    for (int slot = 0; slot < 9; ++slot)
      count += std::equal(first.begin(), first.end(), dslt_samples_map(&samples, 0, slot));
    return count;
  };
  EXPECT_EQ(firsts(), 9);
  for (size_t i = 1; i < 13; ++i) {
    dslt_result r = {};
    frame = clip.frame(i);
    ASSERT_EQ(dslt_tracker_update(&r, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(firsts(), std::max(9 - int(i), 0)) << i;
    int learnt = 0;
    for (int slot = 0; slot < 9; ++slot) learnt += t->record->learns[slot];
    EXPECT_EQ(learnt, 5);
  }
}

// ---- a sequence --------------------------------------------------------------------------------------

// The first frame of Crossing with conv3_3 and the program's numbers, beside an independent program's figures: the
// principal directions keep 89 % of the variance, the loss starts at 0.180 and is below 0.02 after about 29 steps, with
// A = 1 after about 161, but with the box one pixel off; another program needs 138 to 141 with the box in its place.
TEST(CrtSequence, TheFirstFrameOfCrossing) {
  const std::string npz = DSLT_TEST_SHARED "/data/weights/vgg16_conv1to3.npz";
  const std::string frame_name = DSLT_TEST_SHARED "/data/sequences/otb/Crossing/img/0001.jpg";
  for (const std::string &name : {npz, frame_name})
    if (!std::filesystem::exists(name)) GTEST_SKIP() << skip::kShared << name;
  if (std::system("/usr/bin/python3 -c 'import numpy' >/dev/null 2>&1") != 0) GTEST_SKIP() << skip::kNumpy;
#if !DSLT_LAPACK
  GTEST_SKIP() << skip::kLapack;
#endif
#if !DSLT_OPENCV
  GTEST_SKIP() << skip::kOpenCv;
#endif
  const std::string file = testing::TempDir() + "dslt_crt_" + std::to_string(getpid()) + ".safetensors";
  ASSERT_EQ(std::system(
                ("/usr/bin/python3 weights/convert.py " + npz + " -o " + file + " >/dev/null 2>&1").c_str()),
            0);
  dslt_weights *made = nullptr;
  ASSERT_EQ(dslt_weights_load(&made, file.c_str()), DSLT_OK) << dslt_last_error();
  std::filesystem::remove(file);
  const Weights weights(made);
  const dslt_source_options none = {};
  dslt_source *source = nullptr;
  ASSERT_EQ(dslt_source_open(&source, frame_name.c_str(), &none), DSLT_OK) << dslt_last_error();
  dslt_image frame;
  const char *name;
  double ms;
  ASSERT_EQ(dslt_source_next(&frame, &name, &ms, source), 1) << dslt_last_error();
  const dslt_box box = {204, 150, 17, 50};
  for (double amplitude : {0.1, 1.0}) {
    Options o("crt-released");
    o["backend"] = "cpu";
    o["amplitude"] = amplitude;
    const Tracker tracker = make_tracker(o, weights);
    ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &box), DSLT_OK) << dslt_last_error();
    const float *losses = nullptr;
    int count = 0;
    ASSERT_EQ(dslt_tracker_init_losses(&losses, &count, tracker.get()), DSLT_OK);
    /* the first weights are drawn: other draws begin a little higher or lower, and end a little earlier or later */
    EXPECT_NEAR(double(losses[0]), amplitude < 1 ? 0.180 : 18.0, amplitude < 1 ? 0.006 : 0.6);
    EXPECT_LT(double(losses[count - 1]), 0.02);
    EXPECT_NEAR(count, amplitude < 1 ? 29 : 138, amplitude < 1 ? 3 : 12);
    EXPECT_NEAR(dslt_crt_target_of(dslt_group_target(&tracker->group, 0))->kept, 0.89, 0.01);
  }
  dslt_source_close(source);
}

}  // namespace
