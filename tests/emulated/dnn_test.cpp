/* SPDX-License-Identifier: Apache-2.0 */
// Networks through an emulated cuDNN: the same results as the definitions whether its engines fuse or not.
#include "dnn.h"

#include "backend/net_check.h"

namespace {

#if !DSLT_CUDNN
TEST(Cudnn, Networks) { GTEST_SKIP() << skip::kCudnn << "built without its headers"; }
#else

using net::Taps;
using ref::conv;
using ref::join;

enum { NONE = DSLT_ACTIVATION_NONE, RELU = DSLT_ACTIVATION_RELU };

// Every kind of convolution that cuDNN is asked for: kernels, strides, paddings, groups, an addend, parts of a
// concatenation, each activation.
Taps all_kinds(ref::Net *n) {
  const int first = conv(n, n->input(3), 16, 5, 2, RELU), wide = conv(n, first, 32, 3, 1, NONE, -1, 2);
  const int sum = join(n, DSLT_LAYER_SUM, {wide, conv(n, first, 32, 1, 1, NONE)}, RELU);
  const int a = conv(n, sum, 8, 1, 1, RELU), b = conv(n, sum, 16, 3, 1, DSLT_ACTIVATION_HARD_SWISH, 2);
  n->graph.layer[b].dilation[0] = n->graph.layer[b].dilation[1] = 2;
  const int all = join(n, DSLT_LAYER_CONCAT, {a, b});
  const int last = conv(n, all, 12, 3, 2, DSLT_ACTIVATION_SIGMOID);
  n->graph.layer[last].pad[0] = 0;
  return {sum, all, last};
}

class Cudnn : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", "", 1);  // nothing is stored
    cudnn::Engine engine;
    engine.fuses = GetParam();
    engine.workspace = 100;
    cudnn::set_engines({engine});
    cudnn::use(cudnn::Library::emulated);
    cudnn::take_runs();
  }
  void TearDown() override { cudnn::use(cudnn::Library::none); }
};

TEST_P(Cudnn, ConvolutionsAreTheDefinitions) {
  net::check({"all_kinds", all_kinds, 21, 26}, DSLT_PRECISION_F32, 2e-5);
  const cudnn::Runs runs = cudnn::take_runs();
  EXPECT_EQ(runs.all, 6 * 6);  // convolutions, runs
  EXPECT_EQ(runs.fused, GetParam() ? 4 * runs.all / 6 : 0);
}

TEST_P(Cudnn, ConvolutionsAreNearTheDefinitionsInBfloat16) {
  net::check({"all_kinds", all_kinds, 21, 26}, DSLT_PRECISION_BF16, 3e-2);
  EXPECT_GT(cudnn::take_runs().all, 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, Cudnn, testing::Values(true, false),
                         [](const auto &one) { return std::string(one.param ? "fusing" : "plain"); });

#endif

}  // namespace
