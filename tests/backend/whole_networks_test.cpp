/* SPDX-License-Identifier: Apache-2.0 */
// Whole networks, built like the well-known ones but narrower, with random weights: against the definitions
// in double, at several picture sizes.
#include "net_check.h"

namespace {

using net::Taps;
using ref::conv;
using ref::join;
using ref::pool;

enum {
  NONE = DSLT_ACTIVATION_NONE,
  RELU = DSLT_ACTIVATION_RELU,
  SWISH = DSLT_ACTIVATION_HARD_SWISH,
  MAX = DSLT_LAYER_MAX_POOL,
  MEAN = DSLT_LAYER_AVERAGE_POOL,
  CONCAT = DSLT_LAYER_CONCAT,
  SUM = DSLT_LAYER_SUM,
  DOWN = DSLT_ROUND_DOWN,
  UP = DSLT_ROUND_UP
};

// SqueezeNet 1.1: few 1 x 1 channels feed as many 1 x 1 as 3 x 3 ones, behind one another.
int fire(ref::Net *n, int x, int squeeze, int expand) {
  const int narrow = conv(n, x, squeeze, 1, 1, RELU);
  return join(n, CONCAT, {conv(n, narrow, expand, 1, 1, RELU), conv(n, narrow, expand, 3, 1, RELU)});
}
Taps squeezenet(ref::Net *n) {
  int x = pool(n, conv(n, n->input(3), 16, 3, 2, RELU, 0), MAX, 3, 2, 0, UP);
  x = fire(n, fire(n, x, 8, 16), 8, 16);
  const int low = fire(n, pool(n, x, MAX, 3, 2, 0, UP), 12, 24);
  const int high = fire(n, pool(n, low, MAX, 3, 2, 0, UP), 16, 20);
  return {low, high};
}

// ResNet: two basic blocks, then two bottlenecks, the shortcut projected where the size changes.
int basic(ref::Net *n, int x, int channels, int stride, bool project) {
  const int a = conv(n, conv(n, x, channels, 3, stride, RELU), channels, 3, 1, NONE);
  return join(n, SUM, {a, project ? conv(n, x, channels, 1, stride, NONE) : x}, RELU);
}
int bottleneck(ref::Net *n, int x, int channels, int stride, bool project) {
  const int a = conv(n, conv(n, x, channels, 1, 1, RELU), channels, 3, stride, RELU);
  const int wide = conv(n, a, 4 * channels, 1, 1, NONE);
  return join(n, SUM, {wide, project ? conv(n, x, 4 * channels, 1, stride, NONE) : x}, RELU);
}
Taps resnet(ref::Net *n) {
  int x = pool(n, conv(n, n->input(3), 16, 7, 2, RELU), MAX, 3, 2, 1, DOWN);
  x = basic(n, basic(n, x, 16, 1, false), 24, 2, true);
  const int low = bottleneck(n, x, 8, 1, true);
  const int high = bottleneck(n, bottleneck(n, low, 12, 2, true), 12, 1, false);
  return {low, high};
}

// MobileNetV3: expansion, depthwise, squeeze and excitation, projection.
int inverted(ref::Net *n, int x, int wide, int out, int kernel, int stride, int activation, bool excite,
             bool shortcut) {
  int y = conv(n, x, wide, 1, 1, activation);
  y = conv(n, y, wide, kernel, stride, activation, -1, wide);
  if (excite) {
    const int squeezed = conv(n, join(n, DSLT_LAYER_GLOBAL_AVERAGE, {y}), 8, 1, 1, RELU);
    y = join(n, DSLT_LAYER_PRODUCT, {conv(n, squeezed, wide, 1, 1, DSLT_ACTIVATION_HARD_SIGMOID), y});
  }
  y = conv(n, y, out, 1, 1, NONE);
  return shortcut ? join(n, SUM, {x, y}) : y;
}
Taps mobilenet(ref::Net *n) {
  int x = conv(n, n->input(3), 16, 3, 2, SWISH);
  x = inverted(n, x, 16, 16, 3, 1, RELU, false, true);
  x = inverted(n, x, 36, 24, 3, 2, RELU, false, false);
  const int low = inverted(n, x, 44, 24, 5, 1, SWISH, true, true);
  x = inverted(n, low, 56, 20, 5, 2, SWISH, true, false);
  const int high = conv(n, inverted(n, x, 60, 20, 5, 1, SWISH, true, true), 64, 1, 1, SWISH);
  return {low, high};
}

// GoogLeNet: normalisation across channels at the bottom, four branches behind one another above.
int inception(ref::Net *n, int x, int a, int b, int c, int d) {
  const int narrow = conv(n, x, 8, 1, 1, RELU);
  return join(n, CONCAT,
              {conv(n, x, a, 1, 1, RELU), conv(n, narrow, b, 3, 1, RELU), conv(n, narrow, c, 5, 1, RELU),
               conv(n, pool(n, x, MAX, 3, 1, 1, DOWN), d, 1, 1, RELU)});
}
Taps googlenet(ref::Net *n) {
  dslt_node lrn = dslt_layer_of(DSLT_LAYER_LRN);
  lrn.size = 5, lrn.alpha = 1e-2f, lrn.beta = 0.75f;
  int x = pool(n, conv(n, n->input(3), 16, 7, 2, RELU), MAX, 3, 2, 0, UP);
  x = conv(n, conv(n, n->add(lrn, {x}), 16, 1, 1, RELU), 24, 3, 1, RELU);
  x = pool(n, n->add(lrn, {x}), MAX, 3, 2, 0, UP);
  const int low = inception(n, inception(n, x, 16, 24, 8, 8), 16, 32, 12, 4);
  x = inception(n, pool(n, low, MAX, 3, 2, 0, UP), 24, 28, 8, 8);
  const int mean = conv(n, join(n, DSLT_LAYER_GLOBAL_AVERAGE, {x}), 10, 1, 1, NONE);
  return {low, x, mean};
}

// AlexNet's groups and normalisation, and a pyramid: a coarse map enlarged and added to a fine one.
Taps grouped_pyramid(ref::Net *n) {
  dslt_node lrn = dslt_layer_of(DSLT_LAYER_LRN);
  lrn.size = 3, lrn.alpha = 5e-2f, lrn.beta = 0.75f, lrn.within = 1;
  dslt_node enlarge = dslt_layer_of(DSLT_LAYER_UPSAMPLE);
  enlarge.factor[0] = enlarge.factor[1] = 2, enlarge.linear = 1;
  int x = n->add(lrn, {conv(n, n->input(3), 24, 11, 4, RELU, 5)});
  const int fine = conv(n, x, 32, 5, 1, RELU, -1, 2);
  const int coarse = pool(n, conv(n, fine, 32, 3, 1, RELU, -1, 4), MEAN, 2, 2, 0, DOWN);
  const int both =
      join(n, SUM, {conv(n, fine, 16, 1, 1, NONE), n->add(enlarge, {conv(n, coarse, 16, 1, 1, NONE)})});
  return {both, coarse};
}

class WholeNetworks : public testing::TestWithParam<net::Case> {};
TEST_P(WholeNetworks, AreTheDefinitions) { net::check(GetParam(), DSLT_PRECISION_F32, 5e-5); }
TEST_P(WholeNetworks, AreNearTheDefinitionsInBfloat16) { net::check(GetParam(), DSLT_PRECISION_BF16, 6e-2); }

INSTANTIATE_TEST_SUITE_P(
    Networks, WholeNetworks,
    testing::Values(net::Case{"squeezenet", squeezenet, 67, 59},
                    net::Case{"squeezenetWide", squeezenet, 48, 96}, net::Case{"resnet", resnet, 64, 64},
                    net::Case{"resnetOdd", resnet, 45, 71}, net::Case{"mobilenet", mobilenet, 64, 64},
                    net::Case{"mobilenetOdd", mobilenet, 51, 75}, net::Case{"googlenet", googlenet, 64, 64},
                    net::Case{"googlenetOdd", googlenet, 71, 57},
                    net::Case{"groupedPyramid", grouped_pyramid, 64, 48},
                    net::Case{"groupedPyramidLarge", grouped_pyramid, 80, 96}),
    [](const auto &parameter) { return std::string(parameter.param.name); });

}  // namespace
