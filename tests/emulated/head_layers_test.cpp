/* SPDX-License-Identifier: Apache-2.0 */
// The head's upsampling and regressions by cuDNN, which here is emulated: the same numbers as the kernels', and the choice
// by measurement.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "backend/cuda/cuda.h"
#include "backend_fixture.h"
#include "dnn.h"
#include "nn/head.h"
#include "runtime.h"

namespace {

dslt_head_shape shape_of(int factor, int fusion, int residual, int channels = 8) {
  dslt_head_shape s = {};
  s.map_height = 8, s.map_width = 12, s.taps = 2;
  s.tap[0] = {5, 1, 0.75f}, s.tap[1] = {7, factor, 0.5f};
  s.channels = channels, s.reduce_kernel = 1;
  s.kernel_height = 3, s.kernel_width = 2;
  s.fusion = fusion, s.residual = residual, s.bias = 1;
  s.train_reduction = DSLT_REDUCTION_LEARNS;
  s.regress_sigma = 0.1f;
  s.batch = 3;
  return s;
}

struct Outcome {
  std::vector<float> one, three, losses;
  long by_cudnn = 0;
};

class HeadLayers : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("dslt_head_layers_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    setenv("XDG_CACHE_HOME", folder_.c_str(), 1);
    cudnn::use(cudnn::Library::emulated);
    cudnn::take_runs();
  }
  void TearDown() override {
    unsetenv("DSLT_CUDA_HEAD");
    unsetenv("XDG_CACHE_HOME");
    emulated::elapsed({});
    cudnn::use(cudnn::Library::none);
    cudnn::set_engines({cudnn::Engine()});
    std::filesystem::remove_all(folder_);
  }
  // Responses and losses of a head that learns a little.
  static Outcome run(const char *by, const dslt_head_shape &s) {
    if (by)
      setenv("DSLT_CUDA_HEAD", by, 1);
    else
      unsetenv("DSLT_CUDA_HEAD");
    Outcome out;
    Backend b;
    dslt_head *head = nullptr;
    EXPECT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_OK) << dslt_last_error();
    if (!head) return out;
    ref::Noise noise(3);
    const std::size_t f = std::size_t(s.tap[1].factor), cells = 6 * 11;
    float *const taps[] = {b.upload(noise.map(3 * 96 * 5)), b.upload(noise.map(3 * 96 / (f * f) * 7))};
    const float *label = b.upload(noise.map(cells));
    float *response = b.floats(3 * cells), *loss = b.floats(1);
    dslt_loss_spec spec = {};
    spec.kind = DSLT_LOSS_SHRINKAGE, spec.a = 10, spec.c = 0.2f, spec.weight_peak = 1;
    const dslt_head_rates rates = {1e-2f, 1e-2f, 2, 0, 1, 1, {0.9f, 0.999f, 1e-8f}};
    for (int step = 0; step < 3; ++step) {
      EXPECT_EQ(dslt_head_learn(head, loss, taps, label, &spec, &rates), DSLT_OK) << dslt_last_error();
      out.losses.push_back(b.download(loss, 1)[0]);
    }
    EXPECT_EQ(dslt_head_forward(head, response, taps, 1), DSLT_OK) << dslt_last_error();
    out.one = b.download(response, cells);
    EXPECT_EQ(dslt_head_forward(head, response, taps, 3), DSLT_OK) << dslt_last_error();
    out.three = b.download(response, 3 * cells);
    dslt_head_free(head);
    out.by_cudnn = cudnn::take_runs().all;
    return out;
  }

  std::filesystem::path folder_;
};

TEST_F(HeadLayers, DoAsTheKernels) {
  for (int factor : {1, 2, 4})
    for (int fusion : {1, 0})
      for (int residual : {1, 0}) {
        SCOPED_TRACE(std::to_string(factor) + std::to_string(fusion) + std::to_string(residual));
        const dslt_head_shape s = shape_of(factor, fusion, residual);
        const Outcome want = run("kernels", s), got = run("cudnn", s);
        EXPECT_EQ(want.by_cudnn, 0);
        // five passes, each of an upsampling and one or two regressions
        EXPECT_EQ(got.by_cudnn, 5 * ((factor > 1 && (fusion || residual)) + 1 + residual));
        EXPECT_LT(ref::relative_error(got.one, want.one), 1e-5);
        EXPECT_LT(ref::relative_error(got.three, want.three), 1e-5);
        EXPECT_LT(ref::relative_error(got.losses, want.losses), 1e-5);
      }
}

TEST_F(HeadLayers, AreTheKernelsUnlessAskedFor) {
  EXPECT_EQ(run(nullptr, shape_of(2, 1, 1)).by_cudnn, 0);
  EXPECT_EQ(run("", shape_of(2, 1, 1)).by_cudnn, 0);
  cudnn::use(cudnn::Library::none);
  EXPECT_EQ(run("cudnn", shape_of(2, 1, 1)).one.size(), 66u);  // there is none
}

TEST_F(HeadLayers, AreTheKernelsWhereMapsAreNotAligned) {
  EXPECT_EQ(run("cudnn", shape_of(2, 1, 1, 6)).by_cudnn, 0);
  EXPECT_GT(run("cudnn", shape_of(2, 1, 1, 12)).by_cudnn, 0);
}

TEST_F(HeadLayers, AreTheKernelsWhereNoEngineMayBeUsed) {
  cudnn::Engine rounds;
  rounds.notes = {CUDNN_NUMERICAL_NOTE_TENSOR_CORE};
  cudnn::set_engines({rounds});
  EXPECT_EQ(run("cudnn", shape_of(2, 1, 1)).by_cudnn, 0);
}

TEST_F(HeadLayers, RefuseAnotherWord) {
  setenv("DSLT_CUDA_HEAD", "fast", 1);
  Backend b;
  dslt_head *head = nullptr;
  const dslt_head_shape s = shape_of(2, 1, 1);
  EXPECT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_EARGUMENT);
  EXPECT_NE(std::string(dslt_last_error()).find("DSLT_CUDA_HEAD"), std::string::npos) << dslt_last_error();
}

// Times of cuDNN's only engine, of the kernel and of cuDNN for the upsampling, then for the regressions, of one map and of
// three.
TEST_F(HeadLayers, AreMeasuredOnce) {
  const dslt_head_shape s = shape_of(2, 1, 1);
  emulated::elapsed({9, 2, 1, 9, 1, 2, 9, 2, 1, 9, 1, 2});
  const Outcome first = run("measured", s);
  EXPECT_EQ(emulated::elapsed({}), 0u);  // all were used
  emulated::elapsed({1, 2, 2, 1});
  const Outcome second = run("measured", s);
  EXPECT_EQ(emulated::elapsed({}), 4u);  // none: the verdicts are in the cache
  EXPECT_EQ(second.by_cudnn, 5);         // upsampling alone
  EXPECT_GT(first.by_cudnn, second.by_cudnn);
  EXPECT_EQ(first.one, second.one);
  EXPECT_EQ(first.losses, second.losses);
}

// Or two runs might not give the same bytes.
TEST_F(HeadLayers, AreTheKernelsWhereNothingCanBeKept) {
  setenv("XDG_CACHE_HOME", "/proc/none", 1);
  emulated::elapsed(std::vector<float>(12, 1));
  EXPECT_EQ(run("measured", shape_of(2, 1, 1)).by_cudnn, 0);
  EXPECT_EQ(emulated::elapsed({}), 12u);
}

}  // namespace
