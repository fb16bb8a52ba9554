/* SPDX-License-Identifier: Apache-2.0 */
// The planned backbone against the plain reference: on random layers, and on the real first three blocks of
// VGG-16.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "../options.h"
#include "backend_fixture.h"
#include "nn/backbone.h"
#include "stack.h"

namespace {

// Two taps of a stack of convolutions, in double.
void run_reference(const Stack &d, ref::Map x, ref::Map *low, ref::Map *high) {
  int h = d.h, w = d.w;
  for (int i = 0; i <= d.high; ++i) {
    x = ref::conv_relu(x, d.weights[i], d.biases[i], h, w, d.layer[i].cin, d.layer[i].cout);
    if (i == d.low) *low = x;
    if (i == d.high) *high = x;
    if (!d.layer[i].pool_after) continue;
    x = ref::max_pool(x, h, w, d.layer[i].cout);
    h /= 2, w /= 2;
  }
}

void compare(Stack &d, int precision, double tolerance) {
  Backend b(precision);
  ASSERT_TRUE(b);
  ref::Noise noise(8);
  std::size_t values = std::size_t(d.h) * d.w * 3;
  ref::Map x = ref::rounded(noise.map(d.n * values, 120));
  dslt_net *net = nullptr;
  ASSERT_EQ(d.plan(&net, b.get()), DSLT_OK) << dslt_last_error();
  ref::Map low, high;
  ref::Map first(x.begin(), x.begin() + values);
  run_reference(d, first, &low, &high);
  float *out_low = b.floats(low.size() * d.n), *out_high = b.floats(high.size() * d.n), *in = b.upload(x);
  float *const out[] = {out_low, out_high};
  for (int repeat = 0; repeat < 2; ++repeat) {  // a second run must not see the first one's buffers
    ASSERT_EQ(b.nn->net_run(net, in, out), DSLT_OK) << dslt_last_error();
    for (int image = 0; image < d.n; ++image) {
      run_reference(d, ref::Map(x.begin() + image * values, x.begin() + (image + 1) * values), &low, &high);
      std::vector<float> got_low = b.download(out_low + image * low.size(), low.size());
      std::vector<float> got_high = b.download(out_high + image * high.size(), high.size());
      EXPECT_LT(ref::relative_error(got_low, low), tolerance) << "low tap, image " << image;
      EXPECT_LT(ref::relative_error(got_high, high), tolerance) << "high tap, image " << image;
    }
  }
  b.nn->net_free(net);
}

Stack random_stack() {
  Stack d;
  d.n = 2, d.h = 12, d.w = 20;
  const int widths[] = {4, 6, 5, 8};
  int cin = 3;
  ref::Noise noise(9);
  for (int i = 0; i < 4; ++i) {
    d.layer.push_back({cin, widths[i], i == 0 || i == 2});
    d.weights.push_back(
        ref::rounded(noise.map(std::size_t(widths[i]) * cin * 9, std::sqrt(2.0 / (cin * 9)))));
    d.biases.push_back(ref::rounded(noise.map(widths[i], 10)));
    cin = widths[i];
  }
  return d;
}

TEST(Backbone, RandomStackEveryTap) {
  for (int low = 0; low < 3; ++low)
    for (int high = low + 1; high < 4; ++high) {
      Stack d = random_stack();
      d.low = low, d.high = high;
      compare(d, DSLT_PRECISION_F32, 1e-5);
    }
}

TEST(Backbone, RandomStackInBfloat16) {
  if (!has_bfloat16()) GTEST_SKIP() << skip::kBfloat16;
  Stack d = random_stack();
  d.low = 1, d.high = 3;
  compare(d, DSLT_PRECISION_BF16, 2e-2);
}

// The real weights, converted by the project's own converter.
class RealWeights : public testing::Test {
 protected:
  void SetUp() override {
    const std::string npz = DSLT_TEST_SHARED "/data/weights/vgg16_conv1to3.npz";
    if (!std::filesystem::exists(npz)) GTEST_SKIP() << skip::kShared << npz;
    if (std::system("/usr/bin/python3 -c 'import numpy' >/dev/null 2>&1") != 0) GTEST_SKIP() << skip::kNumpy;
    const std::string file =
        std::string(testing::TempDir()) + "dslt_real_" + std::to_string(getpid()) + ".safetensors";
    const std::string command = "/usr/bin/python3 weights/convert.py " + npz + " -o " + file + " >/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    ASSERT_EQ(dslt_weights_load(&weights_, file.c_str()), DSLT_OK) << dslt_last_error();
    std::filesystem::remove(file);
    stack_.h = 24, stack_.w = 32;
    stack_.low = 3, stack_.high = 6;  // conv2_2, conv3_3
    for (int i = 0; i < 7; ++i) {
      const dslt_tensor_view &w = weights_->weight[i];
      stack_.layer.push_back({int(w.shape[1]), int(w.shape[0]), dslt_vgg_layers[i].pool_after});
      std::vector<float> values(std::size_t(w.shape[0] * w.shape[1] * 9)), bias(std::size_t(w.shape[0]));
      dslt_tensor_to_f32(values.data(), &w, 0, values.size());
      dslt_tensor_to_f32(bias.data(), &weights_->bias[i], 0, bias.size());
      stack_.weights.emplace_back(values.begin(), values.end());
      stack_.biases.emplace_back(bias.begin(), bias.end());
    }
  }
  void TearDown() override { dslt_weights_free(weights_); }

  dslt_weights *weights_ = nullptr;
  Stack stack_;
};

TEST_F(RealWeights, Float32) { compare(stack_, DSLT_PRECISION_F32, 1e-5); }
TEST_F(RealWeights, Bfloat16) {
  if (!has_bfloat16()) GTEST_SKIP() << skip::kBfloat16;
  compare(stack_, DSLT_PRECISION_BF16, 2e-2);
}

TEST_F(RealWeights, ATrackerThatNeedsMoreLayersSaysSo) {
  Options o("paper");
  dslt_tracker *tracker = nullptr;
  EXPECT_EQ(dslt_tracker_create(&tracker, o, weights_), DSLT_EWEIGHTS);
  EXPECT_NE(std::string(dslt_last_error()).find("conv3_3"), std::string::npos);
}

// The scales in the weight file reach both taps exactly and nothing else.
TEST(Backbone, FeatureScalesAreFolded) {
  dslt_weights *weights = nullptr;
  ASSERT_EQ(dslt_weights_random(&weights, "vgg16/16", 3), DSLT_OK) << dslt_last_error();
  const dslt_backbone_spec spec = {2, {DSLT_CONV4_3, DSLT_CONV5_3}, 1, 1, 1.0};
  Backend b;
  ref::Noise noise(10);
  const int h = 32, w = 48;
  float *in = b.upload(noise.map(h * w * 3, 100));
  std::vector<std::vector<float>> taps;
  const float low_was = weights->preprocess.scale_low, high_was = weights->preprocess.scale_high;
  for (float factor : {1.0f, 3.0f}) {
    weights->preprocess.scale_low = factor * low_was;
    weights->preprocess.scale_high = 2 * factor * high_was;
    dslt_net *net = nullptr, *shared = nullptr;
    ASSERT_EQ(dslt_backbone_plan(&net, b.get(), weights, &spec, 1, h, w, nullptr), DSLT_OK)
        << dslt_last_error();
    ASSERT_EQ(dslt_backbone_plan(&shared, b.get(), weights, &spec, 1, h, w, net), DSLT_OK);
    float *low = b.floats(4 * 6 * 32), *high = b.floats(2 * 3 * 32), *low2 = b.floats(4 * 6 * 32),
          *high2 = b.floats(192);
    float *const first[] = {low, high}, *const second[] = {low2, high2};
    ASSERT_EQ(b.nn->net_run(net, in, first), DSLT_OK);
    ASSERT_EQ(b.nn->net_run(shared, in, second), DSLT_OK);
    EXPECT_EQ(b.download(low, 768), b.download(low2, 768));
    EXPECT_EQ(b.download(high, 192), b.download(high2, 192));
    taps.push_back(b.download(low, 768));
    taps.push_back(b.download(high, 192));
    b.nn->net_free(shared);
    b.nn->net_free(net);
  }
  for (std::size_t i = 0; i < 768; ++i) taps[0][i] *= 3;
  for (std::size_t i = 0; i < 192; ++i) taps[1][i] *= 3;
  EXPECT_LT(ref::relative_error(taps[2], taps[0]), 1e-5);
  EXPECT_LT(ref::relative_error(taps[3], taps[1]), 1e-5);
  dslt_weights_free(weights);
}

}  // namespace
