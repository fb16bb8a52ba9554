/* SPDX-License-Identifier: Apache-2.0 */
// Which stage's time is taken by which kernel of a recorded frame: stages end in front of vendor libraries, kernels that may be
// skipped, and with blocks that do not always run, none of which needs a launch that does nothing else.
#include <cublas_v2.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

#include "backend_fixture.h"
#include "dnn.h"
#include "runtime.h"
extern "C" {
#include "backend/cuda/cuda.h"
}

namespace {

class Marks : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("DSLT_CUDA_STRICT", "1", 1);
    unsetenv("DSLT_CUDA_GRAPHS");
    emulated::allow(true, true);
    cudnn::use(cudnn::Library::none);
    ASSERT_EQ(b_.device->graph_open(&graph_, b_.get(), 1), DSLT_OK) << dslt_last_error();
    ring_ = b_.put(dslt_sample_ring{3, 1, 1, 0, 0});
    flags_ = b_.put(Flags{});
  }
  void TearDown() override { b_.device->graph_free(graph_); }

  struct Flags {
    int32_t first, second, inner;
  };
  void ok(int rc) { EXPECT_EQ(rc, DSLT_OK) << dslt_last_error(); }
  void mark(int stage) { ok(b_.device->graph_mark(graph_, stage)); }
  void kernel() { ok(b_.nn->axpby(b_.get(), y_, 1, y_, 1, x_, kValues)); }
  // A product, and on the device what takes as long as a large one.
  void vendor() {
    ok(b_.nn->conv_forward(conv_, product_, x_, w_));
    emulated::submit(dslt_cuda_of(b_.get())->now,
                     [] { std::this_thread::sleep_for(std::chrono::milliseconds(50)); });
  }
  void store() {
    const dslt_sample_sources sources = {1, {kValues}, {{x_}}};
    ok(b_.vision->store_sample(b_.get(), ring_, &stored_, &sources, nullptr, nullptr));
  }
  void block(const int32_t *flag, int light, const std::function<void()> &calls) {
    int run = 0;
    ok(b_.device->graph_if(&run, graph_, flag, light));
    if (run) calls();
    ok(b_.device->graph_end_if(graph_));
  }
  // The milliseconds of each stage in a frame with these flags.
  std::vector<double> frame(const Flags &flags, const std::function<void()> &calls) {
    ok(b_.device->upload(b_.get(), flags_, &flags, sizeof flags));
    for (int again = 1; again == 1;) {
      int run = 0;
      ok(b_.device->graph_begin(&run, graph_, 0));
      if (run) {
        mark(-1);
        calls();
        ok(b_.device->graph_report(graph_, nullptr, 0));
      }
      again = b_.device->graph_end(graph_, DSLT_OK);
      EXPECT_GE(again, 0) << dslt_last_error();
    }
    std::vector<double> ms(DSLT_STAGE_COUNT);
    ok(b_.device->graph_wait(nullptr, ms.data(), graph_));
    return ms;
  }
  static long stamps() {
    long count = 0;
    for (const emulated::Node &node : emulated::nodes()) count += node.name == "stamp_kernel";
    return count;
  }

  static constexpr int kValues = 1 << 12;
  Backend b_;
  dslt_frame_graph *graph_ = nullptr;
  dslt_conv *conv_ = nullptr;
  dslt_sample_ring *ring_ = nullptr;
  Flags *flags_ = nullptr;
  float *x_ = b_.zeros(kValues), *y_ = b_.zeros(kValues), *w_ = b_.zeros(16), *product_ = b_.zeros(kValues);
  float *stored_ = b_.zeros(3 * kValues);
};

TEST_F(Marks, StagesOfBlocksCountWhereTheBlocksRan) {
  const auto calls = [&] {
    kernel();
    mark(DSLT_STAGE_HEAD);
    block(&flags_->first, 0, [&] {
      kernel();
      mark(DSLT_STAGE_LOCATE);
    });
    block(&flags_->second, 0, [&] {
      store();
      mark(DSLT_STAGE_STORE);
      block(&flags_->inner, 1, [&] { kernel(); });
      mark(DSLT_STAGE_UPDATE);
    });
  };
  frame({1, 1, 1}, calls);  // directly
  for (int32_t i = 0; i < 16; ++i) {
    const Flags flags = {i & 1, i & 2, (i & 6) == 6};
    const std::vector<double> ms = frame(flags, calls);
    EXPECT_GT(ms[DSLT_STAGE_HEAD], 0);
    EXPECT_EQ(ms[DSLT_STAGE_LOCATE] > 0, flags.first != 0) << "flags " << i;
    EXPECT_EQ(ms[DSLT_STAGE_STORE] > 0, flags.second != 0) << "flags " << i;
    EXPECT_EQ(ms[DSLT_STAGE_UPDATE] > 0, flags.second != 0) << "flags " << i;
    EXPECT_EQ(ms[DSLT_STAGE_CROP], 0);
    EXPECT_EQ(ms[DSLT_STAGE_BACKBONE], 0);
  }
  EXPECT_EQ(stamps(), 0);
}

// A kernel that notes its end lets vendor libraries come first; after any other a stamp is launched.
TEST_F(Marks, VendorLibrariesCountForTheirOwnStage) {
  ok(b_.nn->conv_plan(&conv_, b_.get(), 1, 32, 32, 4, 4, 1));
  for (const bool notes : {true, false}) {
    const auto calls = [&] {
      notes ? store() : kernel();
      mark(DSLT_STAGE_STORE);
      vendor();
      mark(DSLT_STAGE_HEAD);
    };
    std::vector<double> ms;
    for (int i = 0; i < 4; ++i) ms = frame({}, calls);
    EXPECT_EQ(stamps(), notes ? 0 : 1);
    EXPECT_GT(ms[DSLT_STAGE_STORE], 0);
    EXPECT_GE(ms[DSLT_STAGE_HEAD], 50);
    b_.device->graph_free(graph_);
    graph_ = nullptr;
    ok(b_.device->graph_open(&graph_, b_.get(), 1));
  }
  b_.nn->conv_free(conv_);
}

// More stages than the marks have room for: the times are still those of the stages.
TEST_F(Marks, ManyBlocksRunOutOfMarks) {
  const int32_t *flags = reinterpret_cast<int32_t *>(b_.upload(std::vector<double>(40, 1)));
  const auto calls = [&] {
    for (int i = 0; i < 40; ++i)
      block(flags + i, 0, [&] {
        kernel();
        mark(i % 2 ? DSLT_STAGE_LOCATE : DSLT_STAGE_UPDATE);
      });
  };
  std::vector<double> ms;
  for (int i = 0; i < 3; ++i) ms = frame({}, calls);
  EXPECT_GT(ms[DSLT_STAGE_LOCATE], 0);
  EXPECT_GT(ms[DSLT_STAGE_UPDATE], 0);
  EXPECT_EQ(ms[DSLT_STAGE_HEAD], 0);
  EXPECT_GT(stamps(), 0);
}

}  // namespace
