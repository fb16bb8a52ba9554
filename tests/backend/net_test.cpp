/* SPDX-License-Identifier: Apache-2.0 */
// Networks against the definitions in double: every kind of layer alone, and the ways in which layers are
// computed together, in float32 and bfloat16.
#include <string>

#include "net_check.h"

namespace {

using net::Case;
using net::check;
using net::Taps;

class NetLayers : public testing::TestWithParam<Case> {};
TEST_P(NetLayers, AreTheDefinitions) { check(GetParam(), DSLT_PRECISION_F32, 2e-5); }
TEST_P(NetLayers, AreNearTheDefinitionsInBfloat16) { check(GetParam(), DSLT_PRECISION_BF16, 3e-2); }

enum { NONE = DSLT_ACTIVATION_NONE, RELU = DSLT_ACTIVATION_RELU };

// One convolution of every property, behind one that makes `channels` of the picture.
template <int CIN, int COUT, int KERNEL, int STRIDE, int GROUPS, int ACTIVATION>
Taps one_conv(ref::Net *n) {
  const int first = ref::conv(n, n->input(3), CIN, 3, 1, RELU);
  return {ref::conv(n, first, COUT, KERNEL, STRIDE, ACTIVATION, -1, GROUPS)};
}

Taps dilated(ref::Net *n) {
  const int first = ref::conv(n, n->input(3), 16, 3, 1, RELU);
  const int last = ref::conv(n, first, 32, 3, 1, RELU, 2);
  n->graph.layer[last].dilation[0] = n->graph.layer[last].dilation[1] = 2;
  return {first, last};
}

Taps uneven(ref::Net *n) {
  const int first = ref::conv(n, n->input(3), 16, 3, 2, RELU);
  int *pad = n->graph.layer[first].pad;
  pad[0] = 0, pad[1] = 2, pad[2] = 1, pad[3] = 0;
  const int last = ref::conv(n, first, 16, 5, 1, NONE);
  dslt_node &l = n->graph.layer[last];
  l.kernel[0] = 1, l.pad[0] = 0, l.pad[2] = 3, l.stride[1] = 3;
  return {first, last};
}

template <int PADDING>
Taps same(ref::Net *n) {
  const int first = ref::conv(n, n->input(3), 16, 3, 2, RELU);
  n->graph.layer[first].padding = PADDING;
  const int pool = ref::pool(n, first, DSLT_LAYER_MAX_POOL, 2, 2, 0, DSLT_ROUND_DOWN);
  n->graph.layer[pool].padding = PADDING;
  return {first, pool};
}

Taps grey(ref::Net *n) { return {ref::conv(n, n->input(1), 20, 5, 2, RELU)}; }

template <int KIND, int KERNEL, int STRIDE, int PAD, int ROUNDING, int COUNT, int CHANNELS>
Taps one_pool(ref::Net *n) {
  const int first = ref::conv(n, n->input(3), CHANNELS, 3, 1, NONE);
  const int pool = ref::pool(n, first, KIND, KERNEL, STRIDE, PAD, ROUNDING);
  n->graph.layer[pool].count_padding = COUNT;
  const int behind = ref::conv(n, pool, 16, 1, 1, NONE);
  return {pool, behind};
}

template <int WITHIN, int CHANNELS>
Taps lrn(ref::Net *n) {
  dslt_node node = dslt_layer_of(DSLT_LAYER_LRN);
  node.size = WITHIN ? 3 : 5, node.alpha = 0.3f, node.beta = 0.75f, node.k = 1, node.within = WITHIN;
  const int first = ref::conv(n, n->input(3), CHANNELS, 3, 1, RELU);
  return {n->add(node, {first})};
}

template <int ACTIVATION, int CHANNELS>
Taps activation(ref::Net *n) {
  const int first = ref::conv(n, n->input(3), CHANNELS, 3, 1, NONE);
  dslt_node node = dslt_layer_of(DSLT_LAYER_ACTIVATION);
  node.activation = ACTIVATION;
  const int alone = n->add(node, {first});
  const int fused = ref::conv(n, alone, CHANNELS, 3, 1, ACTIVATION);
  const int apart = ref::conv(n, fused, CHANNELS, 1, 1, ACTIVATION, -1, CHANNELS);
  return {first, alone, fused, apart};
}

template <int LINEAR, int CHANNELS>
Taps upsample(ref::Net *n) {
  const int first = ref::conv(n, n->input(3), CHANNELS, 3, 2, NONE);
  dslt_node node = dslt_layer_of(DSLT_LAYER_UPSAMPLE);
  node.factor[0] = 2, node.factor[1] = 3, node.linear = LINEAR;
  return {n->add(node, {first})};
}

// Residual blocks as in ResNet: the shortcut is added inside the last convolution where that can be.
template <int CHANNELS>
Taps residual(ref::Net *n) {
  int x = ref::conv(n, n->input(3), CHANNELS, 3, 1, RELU);
  int a = ref::conv(n, ref::conv(n, x, CHANNELS, 3, 1, RELU), CHANNELS, 3, 1, NONE);
  x = ref::join(n, DSLT_LAYER_SUM, {x, a}, RELU);
  a = ref::conv(n, ref::conv(n, x, CHANNELS / 2, 1, 1, RELU), 2 * CHANNELS, 3, 2, NONE);
  const int shortcut = ref::conv(n, x, 2 * CHANNELS, 1, 2, NONE);
  const int y = ref::join(n, DSLT_LAYER_SUM, {a, shortcut}, RELU);
  const int z = ref::join(n, DSLT_LAYER_SUM, {y, ref::conv(n, y, 2 * CHANNELS, 1, 1, NONE)});
  const int last = ref::conv(n, z, 16, 1, 1, NONE);
  return {z, last};
}

// The shortcut is wanted by a tap, and by a later layer: it must survive the sum.
Taps shortcut_lives(ref::Net *n) {
  const int x = ref::conv(n, n->input(3), 32, 3, 1, RELU);
  const int a = ref::conv(n, ref::conv(n, x, 32, 3, 1, RELU), 32, 1, 1, NONE);
  const int y = ref::join(n, DSLT_LAYER_SUM, {x, a}, RELU);
  const int b = ref::conv(n, ref::conv(n, y, 16, 1, 1, RELU), 32, 1, 1, NONE);
  const int z = ref::join(n, DSLT_LAYER_SUM, {y, b}, RELU);
  const int late = ref::conv(n, y, 32, 3, 1, NONE);
  const int both = ref::join(n, DSLT_LAYER_SUM, {z, late});
  return {x, z, both};
}

// Two convolutions that are put off to sums, one of which reads what the other sum overwrites.
Taps put_off(ref::Net *n) {
  const int x = ref::conv(n, n->input(3), 32, 3, 1, RELU), y = ref::conv(n, x, 32, 3, 1, RELU);
  const int from_x = ref::conv(n, x, 32, 1, 1, NONE), from_y = ref::conv(n, y, 32, 3, 1, NONE);
  const int first = ref::join(n, DSLT_LAYER_SUM, {x, from_y});
  const int second = ref::join(n, DSLT_LAYER_SUM, {first, from_x});
  return {second};
}

Taps sum_of_three(ref::Net *n) {
  const int x = ref::conv(n, n->input(3), 24, 3, 1, RELU);
  const int a = ref::conv(n, x, 24, 1, 1, NONE), b = ref::conv(n, x, 24, 3, 1, NONE);
  return {ref::join(n, DSLT_LAYER_SUM, {x, a, b}, RELU)};
}

// Inception: branches of several widths behind one another, twice, one branch a pooling.
template <int A, int B>
Taps inception(ref::Net *n) {
  int x = ref::conv(n, n->input(3), 32, 3, 2, RELU);
  Taps taps;
  for (int block = 0; block < 2; ++block) {
    const int a = ref::conv(n, x, A, 1, 1, RELU);
    const int b = ref::conv(n, ref::conv(n, x, 16, 1, 1, RELU), B, 3, 1, RELU);
    const int p = ref::pool(n, x, DSLT_LAYER_MAX_POOL, 3, 1, 1, DSLT_ROUND_DOWN);
    x = ref::join(n, DSLT_LAYER_CONCAT, {a, b, p, ref::conv(n, p, A, 1, 1, RELU)});
    taps.push_back(x);
    taps.push_back(b);
  }
  return taps;
}

// The same map twice, a concatenation in a concatenation, the picture itself.
Taps odd_concats(ref::Net *n) {
  const int in = n->input(3), x = ref::conv(n, in, 16, 3, 1, RELU);
  const int twice = ref::join(n, DSLT_LAYER_CONCAT, {x, x});
  const int nested = ref::join(n, DSLT_LAYER_CONCAT, {ref::conv(n, twice, 16, 1, 1, RELU), twice});
  const int picture = ref::join(n, DSLT_LAYER_CONCAT, {in, nested});
  return {twice, nested, ref::conv(n, picture, 16, 3, 1, RELU), picture};
}

// MobileNetV3's block: depthwise, squeeze and excitation, linear projection, shortcut.
template <int CHANNELS, int WIDE, int STRIDE>
Taps mobile(ref::Net *n) {
  int x = ref::conv(n, n->input(3), CHANNELS, 3, 2, DSLT_ACTIVATION_HARD_SWISH);
  const int wide = ref::conv(n, x, WIDE, 1, 1, DSLT_ACTIVATION_HARD_SWISH);
  const int apart = ref::conv(n, wide, WIDE, 5, STRIDE, DSLT_ACTIVATION_HARD_SWISH, -1, WIDE);
  const int mean = ref::join(n, DSLT_LAYER_GLOBAL_AVERAGE, {apart});
  const int squeeze = ref::conv(n, mean, 8, 1, 1, RELU);
  const int excite = ref::conv(n, squeeze, WIDE, 1, 1, DSLT_ACTIVATION_HARD_SIGMOID);
  const int scaled = ref::join(n, DSLT_LAYER_PRODUCT, {excite, apart});
  const int narrow = ref::conv(n, scaled, CHANNELS, 1, 1, NONE);
  if (STRIDE > 1) return {apart, excite, narrow};
  return {apart, ref::join(n, DSLT_LAYER_SUM, {x, narrow}), mean};
}

// Ten such blocks: errors of one must not add up to much in the next.
Taps mobile_stack(ref::Net *n) {
  int x = ref::conv(n, n->input(3), 24, 3, 2, DSLT_ACTIVATION_HARD_SWISH);
  for (int block = 0; block < 10; ++block) {
    const int wide = ref::conv(n, x, 72, 1, 1, DSLT_ACTIVATION_HARD_SWISH);
    const int apart = ref::conv(n, wide, 72, 5, 1, DSLT_ACTIVATION_HARD_SWISH, -1, 72);
    const int mean = ref::join(n, DSLT_LAYER_GLOBAL_AVERAGE, {apart});
    const int excite =
        ref::conv(n, ref::conv(n, mean, 24, 1, 1, RELU), 72, 1, 1, DSLT_ACTIVATION_HARD_SIGMOID);
    const int narrow = ref::conv(n, ref::join(n, DSLT_LAYER_PRODUCT, {excite, apart}), 24, 1, 1, NONE);
    x = ref::join(n, DSLT_LAYER_SUM, {x, narrow});
  }
  return {x};
}

Taps dense(ref::Net *n) {
  const int x = ref::conv(n, n->input(3), 16, 3, 2, RELU);
  dslt_node node = dslt_layer_of(DSLT_LAYER_DENSE);
  node.channels = 24, node.bias = 1, node.activation = RELU;
  node.kernel[0] = 7, node.kernel[1] = 9;
  const int first = n->add(node, {x});
  node.channels = 10, node.activation = DSLT_ACTIVATION_SIGMOID;
  node.kernel[0] = node.kernel[1] = 1;
  return {first, n->add(node, {first})};
}

Taps one_layer_twice(ref::Net *n) {
  const int x = ref::conv(n, n->input(3), 16, 3, 1, RELU);
  return {x, x, 0};
}

enum {
  MAX = DSLT_LAYER_MAX_POOL,
  MEAN = DSLT_LAYER_AVERAGE_POOL,
  DOWN = DSLT_ROUND_DOWN,
  UP = DSLT_ROUND_UP
};

INSTANTIATE_TEST_SUITE_P(
    Kinds, NetLayers,
    testing::Values(Case{"conv1x1", one_conv<16, 48, 1, 1, 1, RELU>, 14, 19},
                    Case{"conv3x3stride2", one_conv<16, 48, 3, 2, 1, NONE>, 15, 19},
                    Case{"conv7x7", one_conv<20, 17, 7, 2, 1, RELU>, 15, 19},
                    Case{"conv5x5wide", one_conv<64, 64, 5, 1, 1, RELU>, 16, 16},
                    Case{"conv3x3winograd", one_conv<64, 64, 3, 1, 1, RELU>, 24, 24},
                    Case{"depthwise", one_conv<32, 32, 3, 1, 32, RELU>, 15, 19},
                    Case{"depthwiseStride2", one_conv<40, 40, 5, 2, 40, DSLT_ACTIVATION_RELU6>, 15, 19},
                    Case{"depthwiseMultiplied", one_conv<16, 32, 3, 1, 16, NONE>, 15, 19},
                    Case{"groups", one_conv<32, 64, 3, 1, 2, RELU>, 15, 19},
                    Case{"groupsOfThree", one_conv<12, 24, 3, 1, 4, RELU>, 15, 19},
                    Case{"dilated", dilated, 15, 19}, Case{"uneven", uneven, 16, 19},
                    Case{"sameUpper", same<DSLT_PAD_SAME_UPPER>, 16, 19},
                    Case{"sameLower", same<DSLT_PAD_SAME_LOWER>, 16, 19}, Case{"grey", grey, 15, 19},
                    Case{"maxPool", one_pool<MAX, 2, 2, 0, DOWN, 0, 16>, 15, 18},
                    Case{"maxPoolUp", one_pool<MAX, 3, 2, 0, UP, 0, 16>, 16, 19},
                    Case{"maxPoolUpPadded", one_pool<MAX, 2, 2, 1, UP, 0, 24>, 15, 18},
                    Case{"maxPoolApart", one_pool<MAX, 2, 3, 0, UP, 0, 16>, 15, 18},
                    Case{"averagePool", one_pool<MEAN, 3, 2, 1, DOWN, 0, 16>, 15, 18},
                    Case{"averagePoolCounting", one_pool<MEAN, 3, 2, 1, DOWN, 1, 32>, 15, 18},
                    Case{"averagePoolUpCounting", one_pool<MEAN, 3, 2, 1, UP, 1, 20>, 16, 18},
                    Case{"averagePoolUp", one_pool<MEAN, 3, 2, 0, UP, 0, 20>, 16, 18},
                    Case{"lrnAcross", lrn<0, 32>, 9, 11}, Case{"lrnAcrossOdd", lrn<0, 13>, 9, 11},
                    Case{"lrnWithin", lrn<1, 16>, 9, 11}, Case{"relu", activation<RELU, 16>, 9, 11},
                    Case{"relu6", activation<DSLT_ACTIVATION_RELU6, 20>, 9, 11},
                    Case{"hardSwish", activation<DSLT_ACTIVATION_HARD_SWISH, 24>, 9, 11},
                    Case{"hardSigmoid", activation<DSLT_ACTIVATION_HARD_SIGMOID, 20>, 9, 11},
                    Case{"sigmoid", activation<DSLT_ACTIVATION_SIGMOID, 20>, 9, 11},
                    Case{"sigmoidBlocks", activation<DSLT_ACTIVATION_SIGMOID, 16>, 9, 11},
                    Case{"nearest", upsample<0, 16>, 9, 11}, Case{"bilinear", upsample<1, 24>, 9, 11},
                    Case{"residual", residual<32>, 16, 20}, Case{"residualNarrow", residual<20>, 16, 20},
                    Case{"shortcutLives", shortcut_lives, 12, 13}, Case{"putOff", put_off, 12, 13},
                    Case{"sumOfThree", sum_of_three, 12, 13}, Case{"inception", inception<16, 48>, 22, 26},
                    Case{"inceptionOdd", inception<12, 40>, 22, 26}, Case{"oddConcats", odd_concats, 10, 12},
                    Case{"mobile", mobile<16, 64, 1>, 30, 34},
                    Case{"mobileNarrow", mobile<24, 72, 1>, 30, 34},
                    Case{"mobileStride", mobile<24, 72, 2>, 30, 34}, Case{"dense", dense, 14, 18},
                    Case{"oneLayerTwice", one_layer_twice, 9, 11}),
    [](const auto &parameter) { return std::string(parameter.param.name); });

// Depthwise convolutions, gates and sums stay in float32 in a bfloat16 network: computed in bfloat16
// throughout, this one is off by 0.0094 instead of 0.0034.
TEST(NetMobile, ABfloat16NetworkOfDepthwiseConvolutionsStaysNear) {
  check(Case{"mobileStack", mobile_stack, 30, 34}, DSLT_PRECISION_BF16, 5e-3);
}

}  // namespace
