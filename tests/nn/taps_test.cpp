/* SPDX-License-Identifier: Apache-2.0 */
// The taps of a backbone: which lists of layers can be fused, what a list that cannot says, and that every tap gets its
// scale.
#include <memory>
#include <string>
#include <vector>

#include "backend/backend_fixture.h"
#include "nn/backbone.h"
#include "nn/network.h"

namespace {

// Layers a, b, c, d and e of strides 2 to 32, each of the one before, "same" beside b, and "odd" of stride 6.
class Taps : public testing::Test {
 protected:
  Taps() {
    weights_.network = network_;
    dslt_node input = dslt_layer_of(DSLT_LAYER_INPUT);
    input.channels = 3;
    add(input, "picture", 0);
    int before = 0;
    for (const char *name : {"a", "b", "c", "d", "e"}) before = halve(name, before, 2);
    halve("same", 1, 2);
    halve("odd", 1, 3);
  }
  ~Taps() override { dslt_network_free(network_); }

  int add(const dslt_node &node, const char *name, int cin) {
    dslt_tensor_view view = {};
    if (cin) {
      const int64_t shape[] = {node.channels, cin, node.kernel[0], node.kernel[1]};
      const std::size_t count = std::size_t(shape[0] * shape[1] * shape[2] * shape[3]);
      float *values = nullptr;
      EXPECT_EQ(dslt_network_floats(&values, network_, count), DSLT_OK);
      ref::Noise noise(unsigned(network_->graph.layers));
      for (std::size_t i = 0; i < count; ++i) values[i] = float(noise.next());
      view = dslt_network_view(values, 4, shape);
    }
    const int index = dslt_network_add(network_, &node, name, &view, nullptr);
    EXPECT_GE(index, 0) << dslt_last_error();
    return index;
  }
  int halve(const char *name, int of, int stride) {
    dslt_node conv = dslt_layer_of(DSLT_LAYER_CONV);
    conv.channels = kChannels;
    conv.inputs = 1, conv.input[0] = of;
    conv.kernel[0] = conv.kernel[1] = conv.stride[0] = conv.stride[1] = stride;
    conv.activation = DSLT_ACTIVATION_RELU;
    return add(conv, name, of == 0 ? 3 : kChannels);
  }
  int tap(const char *names) {
    EXPECT_EQ(dslt_network_set_taps(network_, names), DSLT_OK) << dslt_last_error();
    return dslt_backbone_taps(&taps_, &weights_, &spec_);
  }
  std::vector<int> strides() const {
    std::vector<int> out;
    for (int i = 0; i < taps_.count; ++i) out.push_back(taps_.tap[i].stride);
    return out;
  }

  static constexpr int kChannels = 4;
  dslt_network *network_ = static_cast<dslt_network *>(std::calloc(1, sizeof(dslt_network)));
  dslt_weights weights_ = {};
  dslt_backbone_spec spec_ = {};
  dslt_tap_list taps_ = {};
};

TEST_F(Taps, OneToFourFromTheFinestToTheCoarsest) {
  const struct {
    const char *names;
    std::vector<int> strides;
  } cases[] = {{"b", {4}},
               {"c,b", {4, 8}},
               {"b,d", {4, 16}},
               {"b,same", {4, 4}},
               {"d,b,c", {4, 8, 16}},
               {"b,same,d", {4, 4, 16}},
               {"b,c,d,e", {4, 8, 16, 32}}};
  for (const auto &c : cases) {
    ASSERT_EQ(tap(c.names), DSLT_OK) << c.names << ": " << dslt_last_error();
    EXPECT_EQ(strides(), c.strides) << c.names;
    EXPECT_EQ(dslt_tap_factor(&taps_, taps_.count - 1), c.strides.back() / c.strides[0]);
    EXPECT_EQ(dslt_coarsest_tap(&taps_)->stride, c.strides.back());
  }
}

TEST_F(Taps, AListThatCannotBeFusedIsNamedWithItsStrides) {
  const struct {
    const char *names;
    std::vector<const char *> says;
  } cases[] = {{"b,e", {"b (stride 4), e (stride 32)", "1, 2 or 4 times the one before"}},
               {"b,odd", {"b (stride 4), odd (stride 6)"}},
               {"a,c,e", {"a (stride 2), c (stride 8), e (stride 32)", "at most 8 times the first"}},
               {"b,c,odd", {"b (stride 4), odd (stride 6), c (stride 8)"}},
               {"a,b,c,d,e", {"one to 4 layers", "5 are named"}}};
  for (const auto &c : cases) {
    EXPECT_EQ(tap(c.names), DSLT_EWEIGHTS) << c.names;
    for (const char *part : c.says)
      EXPECT_NE(std::string(dslt_last_error()).find(part), std::string::npos) << dslt_last_error();
  }
  network_->taps = 0;
  EXPECT_EQ(dslt_backbone_taps(&taps_, &weights_, &spec_), DSLT_EWEIGHTS);
  EXPECT_NE(std::string(dslt_last_error()).find("0 are named"), std::string::npos) << dslt_last_error();
}

// Each tap's own scale, and the spec's on all of them.
TEST_F(Taps, OfANetworkAreScaledEachByItsOwn) {
  Backend b;
  ASSERT_EQ(tap("b,c,d,e"), DSLT_OK) << dslt_last_error();
  const int h = 64, w = 96;
  float *in = b.upload(ref::Noise(3).map(h * w * 3, 100));
  std::vector<std::vector<float>> plain;
  for (bool scaled : {false, true}) {
    spec_.feature_scale = scaled ? 3 : 1;
    for (int t = 0; t < 4; ++t) network_->scale[t] = scaled ? float(t + 1) : 1;
    dslt_net *net = nullptr;
    ASSERT_EQ(dslt_backbone_plan(&net, b.get(), &weights_, &spec_, 1, h, w, nullptr), DSLT_OK)
        << dslt_last_error();
    float *out[4];
    for (int t = 0; t < 4; ++t) out[t] = b.floats(std::size_t(h >> (t + 2)) * (w >> (t + 2)) * kChannels);
    ASSERT_EQ(b.nn->net_run(net, in, out), DSLT_OK) << dslt_last_error();
    for (int t = 0; t < 4; ++t) {
      std::vector<float> got = b.download(out[t], std::size_t(h >> (t + 2)) * (w >> (t + 2)) * kChannels);
      if (!scaled) {
        plain.push_back(got);
        continue;
      }
      for (float &v : plain[std::size_t(t)]) v *= 3 * float(t + 1);
      EXPECT_LT(ref::relative_error(got, plain[std::size_t(t)]), 1e-5) << "tap " << t;
    }
    b.nn->net_free(net);
  }
}

TEST(VggTaps, ThreeLayersGetTheirScales) {
  dslt_weights *weights = nullptr;
  ASSERT_EQ(dslt_weights_random(&weights, "vgg16/16", 3), DSLT_OK) << dslt_last_error();
  const dslt_backbone_spec spec = {3, {DSLT_CONV3_3, DSLT_CONV4_3, DSLT_CONV5_3}, 1, 1, 1.0};
  dslt_tap_list taps;
  ASSERT_EQ(dslt_backbone_taps(&taps, weights, &spec), DSLT_OK);
  ASSERT_EQ(taps.count, 3);
  const int h = 32, w = 48, strides[] = {4, 8, 16}, channels[] = {16, 32, 32};
  const float factors[] = {3, 3, 6}, low_was = weights->preprocess.scale_low,
              high_was = weights->preprocess.scale_high;
  Backend b;
  float *in = b.upload(ref::Noise(10).map(h * w * 3, 100));
  std::vector<std::vector<float>> plain;
  for (float factor : {1.0f, 3.0f}) {
    weights->preprocess.scale_low = factor * low_was;
    weights->preprocess.scale_high = (factor > 1 ? 2 : 1) * factor * high_was;
    dslt_net *net = nullptr;
    ASSERT_EQ(dslt_backbone_plan(&net, b.get(), weights, &spec, 1, h, w, nullptr), DSLT_OK)
        << dslt_last_error();
    float *out[3];
    for (int t = 0; t < 3; ++t) {
      EXPECT_EQ(taps.tap[t].stride, strides[t]);
      EXPECT_EQ(taps.tap[t].channels, channels[t]);
      out[t] = b.floats(std::size_t(h / strides[t]) * (w / strides[t]) * channels[t]);
    }
    ASSERT_EQ(b.nn->net_run(net, in, out), DSLT_OK) << dslt_last_error();
    for (int t = 0; t < 3; ++t) {
      const std::vector<float> got =
          b.download(out[t], std::size_t(h / strides[t]) * (w / strides[t]) * channels[t]);
      if (factor == 1.0f) {
        plain.push_back(got);
        continue;
      }
      for (float &v : plain[std::size_t(t)]) v *= factors[t];
      EXPECT_LT(ref::relative_error(got, plain[std::size_t(t)]), 1e-5) << "tap " << t;
    }
    b.nn->net_free(net);
  }
  dslt_weights_free(weights);
}

}  // namespace
