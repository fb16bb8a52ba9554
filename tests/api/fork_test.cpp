/* SPDX-License-Identifier: Apache-2.0 */
// A process that has tracked with several threads forks, as Python's multiprocessing does: the child must not hang.
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "small_world.h"

namespace {

class Fork : public testing::Test {
 protected:
  Fork() : clip_(make_clip(4)), weights_(small_weights()), options_(quick_options()) {
    options_["threads"] = 2;
  }

  // Exit code of a child that does `work`, at most 60 s; 99 when it hung.
  static int in_child(const std::function<int()> &work) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(60);
      _exit(work());
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
  }
  // 0 when the whole clip was tracked.
  int track(dslt_tracker *tracker) const {
    const dslt_image first = clip_.frame(0);
    if (dslt_tracker_init(tracker, &first, &clip_.box) < 0) return 1;
    for (size_t i = 1; i < clip_.pixels.size(); i++) {
      const dslt_image frame = clip_.frame(i);
      dslt_result result = {};
      if (dslt_tracker_update(&result, tracker, &frame) < 0) return 2;
    }
    return 0;
  }
  int track_anew(int threads) const {
    Options options = options_;
    options["threads"] = threads;
    dslt_tracker *tracker = nullptr;
    if (dslt_tracker_create(&tracker, options, weights_.get()) < 0) return 3;
    const int rc = track(tracker);
    dslt_tracker_free(tracker);
    return rc;
  }

  const Clip clip_;
  const Weights weights_;
  Options options_;
};

TEST_F(Fork, AChildMakesTrackersOfItsOwn) {
  ASSERT_EQ(track_anew(2), 0) << dslt_last_error();  // the parent's threads exist now
  for (int threads : {0, 1, 2}) EXPECT_EQ(in_child([&] { return track_anew(threads); }), 0) << threads;
  EXPECT_EQ(in_child([&] { return in_child([&] { return track_anew(2); }); }), 0);  // a child's child
  EXPECT_EQ(track_anew(2), 0) << dslt_last_error();                                 // the parent goes on
}

TEST_F(Fork, TheParentsTrackerSaysWhatToDo) {
  const Tracker tracker = make_tracker(options_, weights_);
  ASSERT_EQ(track(tracker.get()), 0) << dslt_last_error();
  const auto use = [&] {
    const dslt_image frame = clip_.frame(0);
    dslt_result result = {};
    const int init = dslt_tracker_init(tracker.get(), &frame, &clip_.box);
    const bool told = std::string(dslt_last_error()).find("fork()") != std::string::npos;
    const int update = dslt_tracker_update(&result, tracker.get(), &frame);
    return init == DSLT_ESTATE && update == DSLT_ESTATE && told ? 0 : 4;
  };
  EXPECT_EQ(in_child(use), 0);
  EXPECT_EQ(track(tracker.get()), 0) << dslt_last_error();
}

TEST_F(Fork, AThreadOfTheChildHasAllItsThreads) {
  ASSERT_EQ(track_anew(2), 0) << dslt_last_error();
  EXPECT_EQ(in_child([&] {
              int rc = 5;
              std::thread([&] { rc = track_anew(2); }).join();
              return rc;
            }),
            0);
}

TEST_F(Fork, OneThreadNeedsNoCare) {
  options_["threads"] = 1;
  const Tracker tracker = make_tracker(options_, weights_);
  ASSERT_EQ(track(tracker.get()), 0) << dslt_last_error();
  EXPECT_EQ(in_child([&] { return track(tracker.get()); }), 0);
}

}  // namespace
