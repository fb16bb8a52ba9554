/* SPDX-License-Identifier: Apache-2.0 */
// Lost and found: the result says when a target is lost, and in which frame it is found again.
#include <gtest/gtest.h>

#include <algorithm>

#include "../api/small_world.h"

namespace {

TEST(Found, InTheFrameAfterTheTargetWasLost) {
  const Clip clip = make_clip(4);
  const Weights weights = small_weights();
  Options options = quick_options("dslt");
  options["lost_grace"] = 0;
  options["lost_ratio"] = 0.5;
  options["init_steps"] = 40;
  options["update_interval"] = 0;
  options["precision"] = "f32";
  const Tracker tracker = make_tracker(options, weights);
  dslt_image frame = clip.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip.box), DSLT_OK) << dslt_last_error();
  Clip empty = clip;
  for (auto &pixels : empty.pixels) std::fill(pixels.begin(), pixels.end(), uint8_t(128));

  const struct {
    const Clip *from;
    int lost, found;
  } steps[] = {{&clip, 0, 0}, {&clip, 0, 0}, {&empty, 1, 0}, {&empty, 1, 0}, {&clip, 0, 1}, {&clip, 0, 0}};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; ++i) {
    dslt_result r = {};
    frame = steps[i].from->frame(0);
    ASSERT_EQ(dslt_tracker_update(&r, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(r.lost, steps[i].lost) << "frame " << i << ", peak " << r.peak;
    EXPECT_EQ(r.found, steps[i].found) << "frame " << i;
  }
}

}  // namespace
