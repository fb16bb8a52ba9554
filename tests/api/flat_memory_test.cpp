/* SPDX-License-Identifier: Apache-2.0 */
// Memory stays what it was: over 10,000 updates, over 500 first frames, and over trackers made and freed.
#include <malloc.h>
#include <unistd.h>

#include <cstdio>

#include "skip.h"
#include "small_world.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define DSLT_MEASURES 0
#else
#define DSLT_MEASURES 1
#endif

namespace {

struct Memory {
  double allocated, resident;  // KiB
};

Memory now() {
  Memory memory = {0, 0};
#if DSLT_MEASURES
  const struct mallinfo2 info = mallinfo2();
  memory.allocated = static_cast<double>(info.uordblks + info.hblkhd) / 1024;
  malloc_trim(0);
#endif
  long pages = 0;
  FILE *file = std::fopen("/proc/self/statm", "r");
  if (!file || std::fscanf(file, "%*d %ld", &pages) != 1) ADD_FAILURE() << "/proc/self/statm";
  if (file) std::fclose(file);
  memory.resident = static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
  return memory;
}

void expect_flat(const Memory &before, const Memory &after, const char *what) {
  EXPECT_LE(after.allocated - before.allocated, 64) << what << ": KiB more allocated";
  EXPECT_LE(after.resident - before.resident, 4096) << what << ": KiB more resident";
}

class FlatMemory : public testing::Test {
 protected:
  void SetUp() override {
    if (!DSLT_MEASURES) GTEST_SKIP() << skip::kSanitizer;
  }
  Options cheap() const {
    Options options = quick_options("dslt");
    options["init_steps"] = 2;
    options["memory"] = 2;
    return options;
  }
  void init(dslt_tracker *tracker) const {
    const dslt_image frame = clip_.frame(0);
    ASSERT_EQ(dslt_tracker_init(tracker, &frame, &clip_.box), DSLT_OK) << dslt_last_error();
  }
  void update(dslt_tracker *tracker, int i) const {
    const dslt_image frame = clip_.frame(static_cast<size_t>(i) % clip_.pixels.size());
    dslt_result result = {};
    ASSERT_EQ(dslt_tracker_update(&result, tracker, &frame), DSLT_OK) << dslt_last_error();
  }

  const Clip clip_ = make_clip(8, 96, 72);
  const Weights weights_ = small_weights();
};

TEST_F(FlatMemory, TenThousandUpdates) {
  const Tracker tracker = make_tracker(cheap(), weights_);
  init(tracker.get());
  for (int i = 0; i < 100; i++) update(tracker.get(), i);
  const Memory before = now();
  for (int i = 0; i < 10000 && !HasFatalFailure(); i++) update(tracker.get(), i);
  expect_flat(before, now(), "10,000 updates");
}

TEST_F(FlatMemory, FiveHundredFirstFrames) {
  const Tracker tracker = make_tracker(cheap(), weights_);
  for (int i = 0; i < 20; i++) init(tracker.get());
  const Memory before = now();
  for (int i = 0; i < 500 && !HasFatalFailure(); i++) {
    init(tracker.get());
    update(tracker.get(), i);
  }
  expect_flat(before, now(), "500 first frames");
}

// What most users run: each first frame plans a matching head with the template's features.
TEST_F(FlatMemory, TheDefaultsFirstFramesAndUpdates) {
  Options options("default");
  options["threads"] = 1;
  options["init_steps"] = 5;
  options["update_interval"] = 1;
  dslt_weights *loaded = nullptr;
  ASSERT_EQ(dslt_weights_load(&loaded, dslt_options_weights(options)), DSLT_OK) << dslt_last_error();
  const Weights shipped(loaded);
  const Tracker tracker = make_tracker(options, shipped);
  const auto live = [&](int first_frames, int updates) {
    for (int i = 0; i < first_frames && !HasFatalFailure(); i++) init(tracker.get());
    for (int i = 0; i < updates && !HasFatalFailure(); i++) update(tracker.get(), i);
  };
  live(20, 100);
  const Memory before = now();
  live(100, 2000);
  expect_flat(before, now(), "100 first frames and 2,000 updates");
}

TEST_F(FlatMemory, TrackersMadeAndFreed) {
  const auto life = [&](int i) {
    const Tracker tracker = make_tracker(cheap(), weights_);
    init(tracker.get());
    update(tracker.get(), i);
  };
  for (int i = 0; i < 20; i++) life(i);
  const Memory before = now();
  for (int i = 0; i < 100 && !HasFatalFailure(); i++) life(i);
  expect_flat(before, now(), "100 trackers");
}

}  // namespace
