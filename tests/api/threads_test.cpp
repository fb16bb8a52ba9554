/* SPDX-License-Identifier: Apache-2.0 */
// Trackers in several threads at once: own trackers, shared weights, one error message each. Made for
// ThreadSanitizer (make tsan), which does not know libgomp's barriers: run with OMP_NUM_THREADS=1, as ctest
// does.
#include <atomic>
#include <thread>

#include "small_world.h"

namespace {

constexpr int kThreads = 3;

// Runs work(0) .. work(kThreads - 1), each in a thread of its own, all let go at the same moment.
template <typename Work>
void at_once(const Work &work) {
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      ++ready;
      while (ready < kThreads) std::this_thread::yield();
      work(i);
    });
  for (std::thread &thread : threads) thread.join();
}

// Short enough for a sanitizer: a narrow network on a small search area.
Options tiny_options(const char *preset) {
  Options options = quick_options(preset);
  options["init_steps"] = 3;
  options["memory"] = 2;
  options["reduce_channels"] = 8;
  options["search_min_area"] = 4096, options["search_max_area"] = 4096;
  return options;
}

class ThreadsTest : public ::testing::Test {
 protected:
  Clip clip_ = make_clip(4, 96, 80);
  Weights weights_ = small_weights();
};

TEST_F(ThreadsTest, TrackersOnTheSameWeightsAndFrames) {
  const char *presets[kThreads] = {"dslt", "paper", "released"};
  Trace alone[kThreads], together[kThreads];
  for (int i = 0; i < kThreads; ++i)
    alone[i] = run_clip(make_tracker(tiny_options(presets[i]), weights_).get(), clip_);
  at_once(
      [&](int i) { together[i] = run_clip(make_tracker(tiny_options(presets[i]), weights_).get(), clip_); });
  for (int i = 0; i < kThreads; ++i) {
    EXPECT_FALSE(alone[i].values.empty());
    EXPECT_EQ(together[i], alone[i]) << presets[i];
  }
}

TEST_F(ThreadsTest, TrackersComeAndGoWhileOthersWork) {
  const Options options = tiny_options("paper");
  const Trace wanted = run_clip(make_tracker(options, weights_).get(), clip_);
  Trace got[kThreads];
  at_once([&](int i) {
    for (int round = 0; round < (i == 0 ? 1 : 3); ++round)
      got[i] = run_clip(make_tracker(options, weights_).get(), clip_);
  });
  for (const Trace &trace : got) EXPECT_EQ(trace, wanted);
}

TEST_F(ThreadsTest, EachThreadHasItsOwnLastError) {
  std::string seen[kThreads];
  at_once([&](int i) {
    for (int round = 0; round < 200; ++round) {
      dslt_options *options = nullptr;
      const std::string name = "thread" + std::to_string(i);
      EXPECT_EQ(dslt_options_create(&options, name.c_str()), DSLT_EOPTION);
      seen[i] = dslt_last_error();
      if (seen[i].find(name) == std::string::npos) break;
    }
  });
  for (int i = 0; i < kThreads; ++i)
    EXPECT_NE(seen[i].find("thread" + std::to_string(i)), std::string::npos) << seen[i];
}

TEST_F(ThreadsTest, WeightsAreMadeAndReadAtOnce) {
  dslt_weights *made[kThreads] = {};
  dslt_backend_info info[kThreads];
  at_once([&](int i) {
    EXPECT_EQ(dslt_weights_random(&made[i], "vgg16/16", 1), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(dslt_backend_query(&info[i], 0), DSLT_OK);
    dslt_weights *slim = nullptr;
    EXPECT_EQ(dslt_weights_load(&slim, "slim"), DSLT_OK) << dslt_last_error();
    dslt_weights_free(slim);
  });
  const Options options = tiny_options("paper");
  const Trace wanted = run_clip(make_tracker(options, weights_).get(), clip_);
  for (int i = 0; i < kThreads; ++i) {
    EXPECT_STREQ(info[i].name, "cpu");
    EXPECT_EQ(run_clip(make_tracker(options, Weights(made[i])).get(), clip_), wanted) << i;
  }
}

}  // namespace
