/* SPDX-License-Identifier: Apache-2.0 */
// A GPU that is missing, too old, too small or lost in the middle: always a sentence and a code, nothing left
// behind, and the next tracker runs.
#include "faults.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "../options.h"
#include "dslt/dslt.h"

#include "backend/backend.h"

namespace {

constexpr int kWidth = 96, kHeight = 72;

std::vector<uint8_t> draw(int frame) {
  std::vector<uint8_t> p(std::size_t(kWidth) * kHeight * 3);
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      for (int c = 0; c < 3; ++c) {
        const bool in = std::abs(x - 40 - frame) < 8 && std::abs(y - 36) < 8;
        p[(std::size_t(y) * kWidth + std::size_t(x)) * 3 + std::size_t(c)] =
            uint8_t(in ? 200 - 9 * ((x + y + c) % 5) : 60 + (x * 3 + y * 5 + c * 40) % 50);
      }
  return p;
}

class GpuFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("DSLT_CUDA_STRICT");
    unsetenv("DSLT_CUDA_GRAPHS");
    ASSERT_EQ(dslt_weights_random(&weights_, "vgg16/16", 3), DSLT_OK) << dslt_last_error();
    for (auto &s : std::vector<std::pair<const char *, const char *>>{{"backend", "cuda"},
                                                                      {"precision", "f32"},
                                                                      {"threads", "1"},
                                                                      {"search_min_area", "1000"},
                                                                      {"search_max_area", "2000"},
                                                                      {"reduce_channels", "4"},
                                                                      {"memory", "2"},
                                                                      {"scale_gate", "-1"},
                                                                      {"init_steps", "2"}})
      ASSERT_EQ(dslt_options_set(options_, s.first, s.second), DSLT_OK) << dslt_last_error();
    faults::heal();
  }
  void TearDown() override {
    faults::heal();
    EXPECT_EQ(faults::in_use(), 0u);
    EXPECT_EQ(faults::pinned_in_use(), 0);
    dslt_weights_free(weights_);
  }
  // Make a tracker and follow a target for some frames: the first code that is not DSLT_OK.
  int follow(int frames = 4) {
    dslt_tracker *t = nullptr;
    int rc = dslt_tracker_create(&t, options_, weights_);
    for (int i = 0; i < frames && rc == DSLT_OK; ++i) {
      const std::vector<uint8_t> pixels = draw(i);
      const dslt_image image = {pixels.data(), kWidth, kHeight, std::size_t(kWidth) * 3, DSLT_BGR8};
      const dslt_box box = {32, 28, 16, 16};
      dslt_result r = {};
      rc = i == 0 ? dslt_tracker_init(t, &image, &box) : dslt_tracker_update(&r, t, &image);
    }
    dslt_tracker_free(t);
    return rc;
  }
  static bool says(const char *words) { return std::strstr(dslt_last_error(), words) != nullptr; }
  static std::string said() { return dslt_last_error(); }

  dslt_weights *weights_ = nullptr;
  Options options_{"paper"};
};

// ---- a machine that cannot -----------------------------------------------------------------------

struct Unfit {
  const char *name;
  faults::Machine machine;
  const char *words;
};

class UnfitMachine : public GpuFaults, public ::testing::WithParamInterface<Unfit> {};

TEST_P(UnfitMachine, IsRefusedWithTheReasonAndAutoGoesToTheCpu) {
  faults::pretend(GetParam().machine);
  EXPECT_EQ(follow(), DSLT_EBACKEND);
  EXPECT_TRUE(says(GetParam().words)) << said();
  EXPECT_TRUE(says("--backend cpu")) << said();
  ASSERT_EQ(dslt_options_set(options_, "backend", "auto"), DSLT_OK);
  dslt_tracker *t = nullptr;
  ASSERT_EQ(dslt_tracker_create(&t, options_, weights_), DSLT_OK) << said();
  EXPECT_STREQ(dslt_tracker_backend(t), "cpu");
  EXPECT_NE(std::strstr(dslt_tracker_note(t), GetParam().words), nullptr) << dslt_tracker_note(t);
  dslt_tracker_free(t);
  faults::heal();
  EXPECT_EQ(follow(2), DSLT_OK) << said();
}

INSTANTIATE_TEST_SUITE_P(
    Machines, UnfitMachine,
    ::testing::Values(Unfit{"NoDriver", {cudaErrorInsufficientDriver, 0, 0}, "no NVIDIA driver is installed"},
                      Unfit{"OldDriver", {cudaErrorInsufficientDriver, 0, 12020}, "driver for CUDA 12.2"},
                      Unfit{"NoDevice", {cudaErrorNoDevice, 0}, "the driver finds no CUDA device"},
                      Unfit{"OldDevice", {cudaSuccess, 1, CUDART_VERSION, 6, 1}, "compute capability 6.1"},
                      Unfit{"Broken", {cudaErrorECCUncorrectable, 0}, "uncorrectable ECC error"}),
    [](const ::testing::TestParamInfo<Unfit> &one) { return std::string(one.param.name); });

// ---- out of memory -------------------------------------------------------------------------------

TEST_F(GpuFaults, OutOfMemorySaysHowMuchWasNeededAndWhatNeedsLess) {
  std::size_t needed = 0;
  {
    dslt_tracker *t = nullptr;
    ASSERT_EQ(dslt_tracker_create(&t, options_, weights_), DSLT_OK) << said();
    const std::vector<uint8_t> pixels = draw(0);
    const dslt_image image = {pixels.data(), kWidth, kHeight, std::size_t(kWidth) * 3, DSLT_BGR8};
    const dslt_box box = {32, 28, 16, 16};
    ASSERT_EQ(dslt_tracker_init(t, &image, &box), DSLT_OK) << said();
    needed = faults::in_use();
    dslt_tracker_free(t);
  }
  int refused = 0;
  for (int share = 1; share < 16; ++share) {
    faults::limit_device_memory(needed * std::size_t(share) / 16);
    const int rc = follow(2);
    if (rc == DSLT_OK) continue; /* the first frame's own memory was given back before */
    ++refused;
    EXPECT_EQ(rc, DSLT_EDEVICE_MEMORY) << said();
    EXPECT_TRUE(says("Out of memory on GPU of paper")) << said();
    EXPECT_TRUE(says(" needs ") && says(" MB are free")) << said();
    EXPECT_TRUE(says("search_max_side") && says("scale_levels") && says("narrower weights")) << said();
    EXPECT_EQ(faults::in_use(), 0u) << share;
  }
  EXPECT_GT(refused, 8);
  faults::heal();
  EXPECT_EQ(follow(2), DSLT_OK) << said();
}

// ---- lost in the middle --------------------------------------------------------------------------

// From every call on, so far as time allows: all of the first ones, then evenly spread ones.
TEST_F(GpuFaults, ADeviceLostAtAnyCallIsASentence) {
  faults::heal();
  ASSERT_EQ(follow(), DSLT_OK) << said();
  const long all = faults::heal(), step = all / 30 + 1;
  ASSERT_GT(all, 200);  // else the sweep is no sweep
  int stopped = 0;
  for (long at = 0; at < all; at += at < 30 ? 1 : step) {
    faults::lose_after(at, cudaErrorIllegalAddress);
    const int rc = follow();
    if (!faults::struck()) break;
    SCOPED_TRACE(::testing::Message() << "call " << at << " of " << all << ": " << said());
    EXPECT_EQ(faults::in_use(), 0u);
    if (rc == DSLT_OK) {  // it was lost while everything was being put away
      faults::heal();
      continue;
    }
    ++stopped;
    EXPECT_EQ(rc, DSLT_EDEVICE);
    EXPECT_TRUE(says("The GPU was lost while") || says("cuBLAS failed")) << said();
    EXPECT_TRUE(says("--backend cpu")) << said();
    faults::heal();
  }
  EXPECT_GT(stopped, 40);
  EXPECT_EQ(follow(2), DSLT_OK) << said();
}

TEST_F(GpuFaults, ATrackerThatLostItsDeviceStaysLostAndAnotherOneRuns) {
  dslt_tracker *t = nullptr;
  ASSERT_EQ(dslt_tracker_create(&t, options_, weights_), DSLT_OK) << said();
  const dslt_box box = {32, 28, 16, 16};
  dslt_result r = {};
  for (int i = 0; i < 6; ++i) {
    const std::vector<uint8_t> pixels = draw(i);
    const dslt_image image = {pixels.data(), kWidth, kHeight, std::size_t(kWidth) * 3, DSLT_BGR8};
    if (i == 4) faults::lose_after(3, cudaErrorLaunchFailure);
    const int rc = i == 0 ? dslt_tracker_init(t, &image, &box) : dslt_tracker_update(&r, t, &image);
    EXPECT_EQ(rc, i < 4 ? DSLT_OK : DSLT_EDEVICE) << i << ": " << said();
  }
  dslt_tracker_free(t);
  faults::heal();
  EXPECT_EQ(follow(2), DSLT_OK) << said();
}

// A call that fails once: an error, or nothing at all where there is another way; never a wrong answer or a
// crash.
TEST_F(GpuFaults, ASingleFailureNeverGoesUnnoticed) {
  faults::heal();
  ASSERT_EQ(follow(), DSLT_OK) << said();
  const long all = faults::heal(), step = all / 25 + 1;
  for (long at = 0; at < all; at += step) {
    faults::fail_once_after(at, cudaErrorUnknown);
    const int rc = follow();
    SCOPED_TRACE(::testing::Message() << "call " << at << " of " << all << ": " << said());
    if (rc != DSLT_OK) {
      EXPECT_TRUE(rc == DSLT_EDEVICE || rc == DSLT_EDEVICE_MEMORY) << rc;
    }
    EXPECT_EQ(faults::in_use(), 0u);
    faults::heal();
  }
}

}  // namespace
