/* SPDX-License-Identifier: Apache-2.0 */
// Networks through an emulated cuDNN: the same results as the definitions whether its engines fuse or not.
#include "dnn.h"

#include <unistd.h>

#include <filesystem>

#include "backend/net_check.h"
#include "faults.h"
#include "runtime.h"

#if DSLT_CUDNN
#include "backend/cuda/vendor.h"
extern "C" {
#include "backend/cuda/cudnn_conv.h"
}
#endif

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

// ---- the choice of an engine ---------------------------------------------------------------------

// One convolution planned by a backend of its own, as a process does.
class CudnnChoice : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("dslt_choice_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    setenv("XDG_CACHE_HOME", folder_.c_str(), 1);
    cudnn::use(cudnn::Library::emulated);
  }
  void TearDown() override {
    faults::heal();
    close();
    cudnn::use(cudnn::Library::none);
    cudnn::set_engines({cudnn::Engine()});
    std::filesystem::remove_all(folder_);
    unsetenv("XDG_CACHE_HOME");
  }
  void open(int precision) {
    const dslt_backend_config config = {1, precision, 0};
    dslt_backend *backend = nullptr;
    ASSERT_EQ(dslt_cuda_backend.device->open(&backend, &config), DSLT_OK) << dslt_last_error();
    cuda_ = dslt_cuda_of(backend);
    for (void **memory : {&memory_.x, &memory_.y, &memory_.weights, &memory_.bias})
      ASSERT_EQ(dslt_cuda_new(memory, cuda_, 1 << 16, "a test"), DSLT_OK);
  }
  void close() {
    if (!cuda_) return;
    dslt_cudnn_conv_free(plan_);
    for (void *memory : {memory_.x, memory_.y, memory_.weights, memory_.bias}) cudaFree(memory);
    cuda_->base.device->close(&cuda_->base);
    cuda_ = nullptr, plan_ = nullptr;
  }
  // 1: there is a plan.
  int plan() {
    const dslt_type type = cuda_->precision == DSLT_PRECISION_BF16 ? DSLT_TYPE_BF16 : DSLT_TYPE_F32;
    const dslt_conv_case shape = dslt_conv_case_same(1, 4, 5, 8, 16, type);
    EXPECT_EQ(dslt_cudnn_conv_plan(&plan_, cuda_, &shape, &memory_), DSLT_OK) << dslt_last_error();
    return plan_ != nullptr;
  }
  int plan_anew(int precision) {
    close();
    open(precision);
    return plan();
  }

  std::filesystem::path folder_;
  dslt_cuda *cuda_ = nullptr;
  dslt_cudnn_conv *plan_ = nullptr;
  dslt_conv_memory memory_ = {};
};

TEST_F(CudnnChoice, ExactFloat32IsFoundFarDownTheList) {
  cudnn::Engine rounds;
  rounds.notes = {CUDNN_NUMERICAL_NOTE_TENSOR_CORE};
  std::vector<cudnn::Engine> engines(37, rounds);
  engines.push_back(cudnn::Engine());
  cudnn::set_engines(engines);
  ASSERT_EQ(plan_anew(DSLT_PRECISION_F32), 1);
  EXPECT_EQ(dslt_cudnn_conv_facts(plan_).place, 37);
}

TEST_F(CudnnChoice, ABfloat16BiasIsTakenByEnginesThatRefuseAnother) {
  cudnn::Engine ready, compiled;
  ready.any_bias = false;
  compiled.compiled = true;
  cudnn::set_engines({compiled, ready});
  ASSERT_EQ(plan_anew(DSLT_PRECISION_BF16), 1);
  EXPECT_EQ(dslt_cudnn_conv_facts(plan_).fused, 1);
  EXPECT_EQ(dslt_cudnn_conv_facts(plan_).compiled, 0);
  EXPECT_EQ(dslt_cudnn_conv_facts(plan_).place, 1);
}

// The tenth is the fastest; those that must be compiled are asked less often.
TEST_F(CudnnChoice, TheFastestOfManyReadyEnginesIsTaken) {
  std::vector<float> times(20, 2.0f);
  times[9] = 1.0f, times[3] = 1.5f;
  for (bool compiled : {false, true}) {
    cudnn::Engine engine;
    engine.compiled = compiled;
    cudnn::set_engines(std::vector<cudnn::Engine>(20, engine));
    emulated::elapsed(times);
    std::filesystem::remove_all(folder_ / "dslt");
    ASSERT_EQ(plan_anew(DSLT_PRECISION_F32), 1);
    EXPECT_EQ(dslt_cudnn_conv_facts(plan_).place, compiled ? 3 : 9);
    EXPECT_EQ(emulated::elapsed({}), compiled ? 16u : 8u);
  }
}

// One start without luck does not make a shape slow for good.
TEST_F(CudnnChoice, FailuresAreNotKeptOnDisk) {
  cudnn::Engine good, failing, plain;
  failing.plans = false;
  plain.fuses = false;
  cudnn::set_engines({failing});
  EXPECT_EQ(plan_anew(DSLT_PRECISION_F32), 0);
  cudnn::set_engines({plain});
  ASSERT_EQ(plan_anew(DSLT_PRECISION_F32), 1);
  EXPECT_EQ(dslt_cudnn_conv_facts(plan_).fused, 0);
  cudnn::set_engines({failing, good});
  ASSERT_EQ(plan_anew(DSLT_PRECISION_F32), 1);
  EXPECT_EQ(dslt_cudnn_conv_facts(plan_).fused, 1);
  EXPECT_EQ(dslt_cudnn_conv_facts(plan_).place, 1);
  cudnn::set_engines({good, good, good});  // what worked is kept
  ASSERT_EQ(plan_anew(DSLT_PRECISION_F32), 1);
  EXPECT_EQ(dslt_cudnn_conv_facts(plan_).place, 1);
}

// Where a later way's workspace does not fit, the ways before keep theirs.
TEST_F(CudnnChoice, AWorkspaceThatDoesNotFitTakesNoOtherAway) {
  cudnn::Engine small, large;
  small.workspace = 1000;
  large.workspace = 200 << 20;
  cudnn::set_engines({small, large});
  open(DSLT_PRECISION_F32);
  faults::limit_device_memory(faults::in_use() + (1 << 20));
  ASSERT_EQ(plan(), 1);
  EXPECT_EQ(dslt_cudnn_conv_facts(plan_).place, 0);
  EXPECT_EQ(dslt_cudnn_conv_run(plan_, memory_.y, memory_.x, memory_.weights, memory_.bias, nullptr), DSLT_OK)
      << dslt_last_error();
}

TEST_F(CudnnChoice, ABrokenLibraryIsDoneWithoutAndSaidOnce) {
  cudnn::break_it(true);
  const dslt_backend_config config = {1, DSLT_PRECISION_F32, 0};
  dslt_backend *backend = nullptr;
  char note[300];
  for (const char *name : {"cuda", "auto"}) {
    ASSERT_EQ(dslt_backend_open_noting(&backend, note, sizeof note, name, &config), DSLT_OK)
        << dslt_last_error();
    EXPECT_STREQ(backend->type->name, "cuda");
    EXPECT_EQ(std::string(note).find("cuDNN cannot be used on GPU of paper: an emulated status."), 0u)
        << note;
    EXPECT_EQ(dslt_cuda_of(backend)->dnn, nullptr);
    backend->device->close(backend);
  }
  cudnn::break_it(false);
  ASSERT_EQ(dslt_backend_open_noting(&backend, note, sizeof note, "cuda", &config), DSLT_OK)
      << dslt_last_error();
  EXPECT_STREQ(note, "");
  backend->device->close(backend);
}

#endif

}  // namespace
