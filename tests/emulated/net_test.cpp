/* SPDX-License-Identifier: Apache-2.0 */
// Networks on the emulated GPU: what is computed together, what is taken of memory, and what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "backend/net_reference.h"
#include "faults.h"
#include "runtime.h"

#include "backend/backend.h"

namespace {

enum { NONE = DSLT_ACTIVATION_NONE, RELU = DSLT_ACTIVATION_RELU };

class GpuNet : public ::testing::Test {
 protected:
  void SetUp() override {
    faults::heal();
    const dslt_backend_config config = {1, DSLT_PRECISION_F32, 0};
    ASSERT_EQ(dslt_backend_open(&backend_, "cuda", &config), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(backend_->device->begin(backend_), DSLT_OK);
    empty_ = faults::in_use();
  }
  void TearDown() override {
    faults::heal();
    backend_->nn->net_free(net_);
    net_ = nullptr;
    for (void *memory : memory_) backend_->device->release(backend_, memory);
    backend_->device->end(backend_);
    backend_->device->close(backend_);
    EXPECT_EQ(faults::in_use(), 0u);
  }
  int plan(const ref::Net &r, const std::vector<int> &taps, int h, int w,
           int (*load)(void *, int, float *, float *) = ref::load) {
    dslt_net_desc d = {};
    d.n = 1, d.h = h, d.w = w;
    d.graph = &r.graph;
    d.taps = int(taps.size());
    std::copy(taps.begin(), taps.end(), d.tap);
    d.load = load;
    d.context = const_cast<ref::Net *>(&r);
    return backend_->nn->net_plan(&net_, backend_, &d);
  }
  float *floats(std::size_t count) {
    void *out = nullptr;
    EXPECT_EQ(backend_->device->alloc(&out, backend_, count * sizeof(float)), DSLT_OK) << dslt_last_error();
    memory_.push_back(out);
    return static_cast<float *>(out);
  }
  // Launches of one run.
  long launches(const ref::Net &r, const std::vector<int> &taps, int h, int w) {
    const std::vector<dslt_node_map> maps = net_maps(r, h, w);
    std::vector<float *> out;
    for (int tap : taps) out.push_back(floats(std::size_t(maps[tap].h) * maps[tap].w * maps[tap].c));
    float *in = floats(std::size_t(h) * w * maps[0].c);
    emulated::take_counts();
    EXPECT_EQ(backend_->nn->net_run(net_, in, out.data()), DSLT_OK) << dslt_last_error();
    return emulated::take_counts().launches;
  }
  static std::vector<dslt_node_map> net_maps(const ref::Net &r, int h, int w) {
    std::vector<dslt_node_map> maps(std::size_t(r.graph.layers));
    EXPECT_EQ(dslt_graph_maps(maps.data(), &r.graph, nullptr, h, w), DSLT_OK);
    return maps;
  }

  dslt_backend *backend_ = nullptr;
  dslt_net *net_ = nullptr;
  std::size_t empty_ = 0;
  std::vector<void *> memory_;
};

// The picture, the sums, the columns or the padding; the rest is one launch a layer.
TEST_F(GpuNet, ASumIsPartOfItsConvolutionAndAConcatenationIsWrittenByItsParts) {
  ref::Net r;
  const int x = ref::conv(&r, r.input(3), 16, 1, 1, RELU);
  const int a = ref::conv(&r, x, 16, 1, 1, NONE), sum = ref::join(&r, DSLT_LAYER_SUM, {x, a}, RELU);
  const int b = ref::conv(&r, sum, 8, 1, 1, RELU), c = ref::conv(&r, sum, 24, 1, 1, RELU);
  const int all = ref::join(&r, DSLT_LAYER_CONCAT, {b, c});
  ASSERT_FALSE(ref::randomise(&r, 6, 7).empty());
  ASSERT_EQ(plan(r, {all}, 6, 7), DSLT_OK) << dslt_last_error();
  // the picture; four products, each with its end; the tap
  EXPECT_EQ(launches(r, {all}, 6, 7), 1 + 4 * 2 + 1);
}

TEST_F(GpuNet, MapsShareMemoryAndARunTakesNone) {
  ref::Net r;
  int x = r.input(3);
  for (int i = 0; i < 12; ++i) x = ref::conv(&r, x, 16, 1, 1, RELU);
  ASSERT_FALSE(ref::randomise(&r, 40, 40).empty());
  const std::size_t map = 40 * 40 * 16 * sizeof(float);
  ASSERT_EQ(plan(r, {x}, 40, 40), DSLT_OK) << dslt_last_error();
  EXPECT_LT(faults::in_use() - empty_, 4 * map);  // two maps and the sums; one after another would be 13
  const std::size_t planned = faults::in_use();
  const long made = launches(r, {x}, 40, 40);
  EXPECT_GT(made, 12);
  std::size_t own = 0;
  own += 40 * 40 * 16 * sizeof(float) + 40 * 40 * 3 * sizeof(float);  // this test's picture and tap
  EXPECT_EQ(faults::in_use(), planned + own);
}

TEST_F(GpuNet, TooLargeMapsAreRefusedByName) {
  ref::Net r;
  const int x = ref::conv(&r, r.input(3), 65536, 1, 1, RELU);
  ASSERT_EQ(dslt_graph_check(&r.graph), DSLT_OK);
  EXPECT_EQ(plan(r, {x}, 60000, 60000), DSLT_EUNSUPPORTED);
  EXPECT_NE(std::strstr(dslt_last_error(), "60000 x 60000 cells"), nullptr) << dslt_last_error();
  EXPECT_NE(std::strstr(dslt_last_error(), "backend=cpu"), nullptr) << dslt_last_error();
  EXPECT_EQ(net_, nullptr);
  EXPECT_EQ(faults::in_use(), empty_);
}

TEST_F(GpuNet, ARefusedLayerAndFailingWeightsAreTheirOwnErrors) {
  ref::Net r;
  int x = ref::conv(&r, r.input(3), 8, 3, 1, RELU);
  x = ref::conv(&r, x, 8, 3, 1, RELU);
  ASSERT_FALSE(ref::randomise(&r, 8, 8).empty());
  auto broken = [](void *, int layer, float *, float *) -> int {
    return layer < 2 ? DSLT_OK : DSLT_EWEIGHTS;
  };
  EXPECT_EQ(plan(r, {x}, 8, 8, broken), DSLT_EWEIGHTS);
  EXPECT_EQ(net_, nullptr);
  r.graph.layer[x].refusal = strdup("it is of no known kind");
  EXPECT_EQ(plan(r, {x}, 8, 8), DSLT_EWEIGHTS);
  EXPECT_NE(std::strstr(dslt_last_error(), "it is of no known kind"), nullptr) << dslt_last_error();
}

// Every call of planning and running in turn fails: an error, nothing left behind, and the next plan works.
TEST_F(GpuNet, AnyCallThatFailsIsAnErrorAndLeavesNothing) {
  ref::Net r;
  const int x = ref::conv(&r, r.input(3), 16, 3, 2, RELU);
  const int apart = ref::conv(&r, x, 16, 3, 1, RELU, -1, 16), wide = ref::conv(&r, apart, 24, 3, 1, RELU);
  const int mean = ref::join(&r, DSLT_LAYER_GLOBAL_AVERAGE, {wide});
  const int y =
      ref::join(&r, DSLT_LAYER_PRODUCT, {ref::conv(&r, mean, 24, 1, 1, DSLT_ACTIVATION_SIGMOID), wide});
  ASSERT_FALSE(ref::randomise(&r, 12, 12).empty());
  float *in = floats(12 * 12 * 3), *out = floats(6 * 6 * 24), first = 0;
  auto whole = [&] {
    int rc = plan(r, {y}, 12, 12);
    if (rc == DSLT_OK) rc = backend_->nn->net_run(net_, in, &out);
    if (rc == DSLT_OK) rc = backend_->device->download(backend_, &first, out, sizeof first);
    backend_->nn->net_free(net_);
    net_ = nullptr;
    return rc;
  };
  faults::heal();
  ASSERT_EQ(whole(), DSLT_OK) << dslt_last_error();
  const std::size_t kept = faults::in_use();  // the backend's own, which it keeps for the next plan
  const long all = faults::heal();
  ASSERT_GT(all, 30);
  int failed = 0;
  for (long at = 0; at < all; ++at) {
    faults::fail_once_after(at, cudaErrorUnknown);
    const int rc = whole();
    failed += rc != DSLT_OK;
    if (rc != DSLT_OK) {
      EXPECT_EQ(rc, DSLT_EDEVICE) << at << ": " << dslt_last_error();
    }
    faults::heal();
    EXPECT_LE(faults::in_use(), kept) << at;
  }
  EXPECT_GT(failed, all / 2);
  EXPECT_EQ(whole(), DSLT_OK) << dslt_last_error();
}

// The caller's memory may be gone when an upload returns.
TEST_F(GpuNet, AnUploadHasReadItsSourceWhenItReturns) {
  emulated::read_pageable_late(true);
  std::vector<float> source(100, 3.0f), back(100);
  float *there = floats(source.size());
  const std::size_t bytes = source.size() * sizeof(float);
  ASSERT_EQ(backend_->device->upload(backend_, there, source.data(), bytes), DSLT_OK) << dslt_last_error();
  source.assign(source.size(), 5.0f);
  ASSERT_EQ(backend_->device->download(backend_, back.data(), there, bytes), DSLT_OK) << dslt_last_error();
  emulated::read_pageable_late(false);
  EXPECT_EQ(back, std::vector<float>(back.size(), 3.0f));
}

}  // namespace
