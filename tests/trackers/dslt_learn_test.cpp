/* SPDX-License-Identifier: Apache-2.0 */
// What learning leaves behind, as far as it can be seen from outside: fresh moments after the first frame, every
// stored sample learnt, levels counted from the middle, the response map of the latest frame.
#include <gtest/gtest.h>

#include <vector>

#include "../api/small_world.h"
#include "tracker/tracker.h"
#include "trackers/dslt/dslt.h"

namespace {

Options small_options() {
  Options o = quick_options("paper");
  o["precision"] = "f32";
  o["reduce_channels"] = 8;
  o["scale_gate"] = 10;  // no peak is as high: the pyramid never runs
  return o;
}

TEST(DsltLearn, TheOnLinePhaseStartsWithFreshMoments) {
  const Clip clip = make_clip(1);
  const Weights weights = small_weights();
  const Tracker tracker = make_tracker(small_options(), weights);
  const dslt_image image = clip.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &image, &clip.box), DSLT_OK) << dslt_last_error();
  const dslt_dslt_target *own = dslt_dslt_target_of(dslt_group_target(&tracker->group, 0));
  int moments = 0;
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = dslt_head_parameter(own->head, i);
    for (size_t k = 0; k < p->count; ++k, ++moments) {
      ASSERT_EQ(p->m[k], 0) << "parameter " << i;
      ASSERT_EQ(p->v[k], 0) << "parameter " << i;
    }
  }
  EXPECT_GT(moments, 100);
}

TEST(DsltLearn, EverySlotIsLearntFrom) {
  const Clip clip = make_clip(4);
  const Weights weights = small_weights();
  std::vector<Trace> traces;
  for (int memory : {1, 2, 3}) {
    Options o = small_options();
    o["memory"] = memory;
    Trace losses;  // of the last sample learnt in each frame
    const Tracker tracker = make_tracker(o, weights);
    dslt_image frame = clip.frame(0);
    ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip.box), DSLT_OK) << dslt_last_error();
    for (size_t i = 1; i < clip.pixels.size(); ++i) {
      dslt_result result = {};
      frame = clip.frame(i);
      ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
      losses.values.push_back(result.loss);
    }
    traces.push_back(losses);
  }
  EXPECT_NE(traces[0].values[0],
            traces[1].values[0]);  // one slot more is one sample more in the first update
  EXPECT_EQ(traces[1].values[0], traces[2].values[0]);  // where the third slot is still empty
  EXPECT_NE(traces[1].values[1], traces[2].values[1]);
}

TEST(DsltLearn, LevelsCountFromTheMiddle) {
  const Clip clip = make_clip(4);
  const Weights weights = small_weights();
  const Tracker tracker = make_tracker(small_options(), weights);
  dslt_image frame = clip.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip.box), DSLT_OK) << dslt_last_error();
  for (size_t i = 1; i < clip.pixels.size(); ++i) {
    dslt_result result = {};
    frame = clip.frame(i);
    ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(result.scale_level, 0);
    EXPECT_EQ(result.box.width, clip.box.width);
  }
}

TEST(DsltLearn, TheResponseIsTheLatestFrames) {
  const Clip clip = make_clip(3);
  const Weights weights = small_weights();
  const Tracker often = make_tracker(small_options(), weights), once = make_tracker(small_options(), weights);
  std::vector<std::vector<float>> maps;
  for (const Tracker *one : {&often, &once}) {
    const Tracker &tracker = *one;
    dslt_image frame = clip.frame(0);
    ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip.box), DSLT_OK) << dslt_last_error();
    for (size_t i = 1; i < clip.pixels.size(); ++i) {
      dslt_result result = {};
      frame = clip.frame(i);
      ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
      if (one == &once && i + 1 < clip.pixels.size()) continue;
      dslt_response map = {};
      ASSERT_EQ(dslt_tracker_response(&map, tracker.get()), DSLT_OK) << dslt_last_error();
      maps.emplace_back(map.data, map.data + map.width * map.height);
    }
  }
  ASSERT_EQ(maps.size(), 3u);
  EXPECT_NE(maps[0], maps[1]);
  EXPECT_EQ(maps[1], maps[2]);
}

}  // namespace
