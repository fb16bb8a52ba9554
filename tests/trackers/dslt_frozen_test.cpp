/* SPDX-License-Identifier: Apache-2.0 */
// Frozen reductions: what is stored of a frame, how much memory that takes, and that the target is still
// found.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "../api/small_world.h"
#include "nn/backbone.h"
#include "tracker/tracker.h"
#include "trackers/dslt/dslt.h"

namespace {

Options options_with(const char *preset, const char *kind) {
  Options o = quick_options(preset);
  o["train_reduction"] = kind;
  o["precision"] = "f32";
  o["reduce_channels"] = 8;
  return o;
}

std::vector<float> values(const float *from, size_t count) { return {from, from + count}; }

class FrozenTest : public testing::TestWithParam<const char *> {};

// The CPU's memory can be read: slot 0 holds what the reductions, as training left them, make of the first
// frame.
TEST_P(FrozenTest, TheFirstSampleIsStoredReduced) {
  const Clip clip = make_clip(4);
  const Weights weights = small_weights();
  for (const char *kind : {"0", "first"}) {
    const Tracker tracker = make_tracker(options_with(GetParam(), kind), weights);
    ASSERT_NE(tracker, nullptr);
    const dslt_image image = clip.frame(0);
    ASSERT_EQ(dslt_tracker_init(tracker.get(), &image, &clip.box), DSLT_OK) << dslt_last_error();
    const dslt_target *t = dslt_group_target(&tracker->group, 0);
    const dslt_dslt_target *own = dslt_dslt_target_of(t);
    EXPECT_TRUE(dslt_head_frozen(own->head));
    EXPECT_EQ(own->first.map[0], nullptr);  // full taps are gone
    const size_t cells = size_t(t->search.area.map_width) * size_t(t->search.area.map_height);
    EXPECT_EQ(own->samples.values[0], cells * 8);
    EXPECT_LT(own->samples.values[0] + own->samples.values[1],
              t->workspace->tap_values[0] + t->workspace->tap_values[1]);

    ASSERT_EQ(t->device->begin(t->backend), DSLT_OK);
    std::vector<float> low(t->workspace->tap_values[0]), high(t->workspace->tap_values[1]);
    float *const taps[] = {low.data(), high.data()};
    EXPECT_EQ(t->nn->net_run(t->workspace->single, t->workspace->input, taps), DSLT_OK);
    std::vector<float> rl(own->samples.values[0]), rh(own->samples.values[1]);
    float *const reduced[] = {rl.data(), rh.data()};
    EXPECT_EQ(dslt_head_reduce(own->head, reduced, taps, 1), DSLT_OK);
    EXPECT_EQ(t->device->end(t->backend), DSLT_OK);
    EXPECT_EQ(values(dslt_samples_map(&own->samples, 0, 0), rl.size()), rl) << kind;
    EXPECT_EQ(values(dslt_samples_map(&own->samples, 1, 0), rh.size()), rh) << kind;

    // and it stays, while others come beside it
    for (size_t i = 1; i < clip.pixels.size(); ++i) {
      dslt_result r;
      const dslt_image frame = clip.frame(i);
      ASSERT_EQ(dslt_tracker_update(&r, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
      EXPECT_GT(r.steps, 0);
    }
    EXPECT_EQ(values(dslt_samples_map(&own->samples, 0, 0), rl.size()), rl) << kind;
    EXPECT_NE(values(dslt_samples_map(&own->samples, 0, 1), rl.size()), rl) << kind;
    EXPECT_NE(values(dslt_samples_map(&own->samples, 0, 1), rl.size()), std::vector<float>(rl.size(), 0.0f));
  }
}

// Where nothing learns on line, frozen reductions are only another way to the same boxes and losses.
TEST_P(FrozenTest, WithoutLearningNothingChanges) {
  const Clip clip = make_clip(5);  // random weights: soon a rounding error decides between scales
  const Weights weights = small_weights();
  std::vector<Trace> traces;
  for (const char *kind : {"1", "first"}) {
    Options o = options_with(GetParam(), kind);
    o["online_rate_low"] = 0;
    o["online_rate_high"] = 0;
    traces.push_back(run_clip(make_tracker(o, weights).get(), clip));
  }
  const std::vector<double> &a = traces[0].values, &b = traces[1].values;
  ASSERT_EQ(a.size(), b.size());
  const size_t before = a.size() - (clip.pixels.size() - 1) * 9;  // first-frame losses
  for (size_t i = 0; i < before; ++i) EXPECT_EQ(a[i], b[i]) << "first-frame loss " << i;
  for (size_t i = before; i < a.size(); ++i)
    EXPECT_NEAR(a[i], b[i], 1e-3 * (1 + std::fabs(a[i]))) << "frame " << i / 9;
}

TEST_P(FrozenTest, LearningOnLineMovesTheRegressionsAlone) {
  const Clip clip = make_clip(8);
  const Weights weights = small_weights();
  for (const char *kind : {"0", "first"}) {
    const Tracker tracker = make_tracker(options_with(GetParam(), kind), weights);
    const dslt_image image = clip.frame(0);
    ASSERT_EQ(dslt_tracker_init(tracker.get(), &image, &clip.box), DSLT_OK) << dslt_last_error();
    const dslt_target *t = dslt_group_target(&tracker->group, 0);
    const dslt_dslt_target *own = dslt_dslt_target_of(t);
    std::vector<std::vector<float>> was;
    for (int i = 0; i < DSLT_HEAD_BIAS; ++i) {
      const dslt_param *p = dslt_head_parameter(own->head, i);
      was.push_back(values(p->w, p->count));
    }
    int steps = 0;
    for (size_t i = 1; i < clip.pixels.size(); ++i) {
      dslt_result r;
      const dslt_image frame = clip.frame(i);
      ASSERT_EQ(dslt_tracker_update(&r, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
      expect_sane(r, clip.box, options_with(GetParam(), kind), clip.width, clip.height);
      steps += r.steps;
    }
    EXPECT_GT(steps, 0);
    for (int i = 0; i < DSLT_HEAD_BIAS; ++i) {
      const dslt_param *p = dslt_head_parameter(own->head, i);
      if (p->count == 0) continue;
      EXPECT_EQ(values(p->w, p->count) == was[size_t(i)], i < DSLT_HEAD_BASE) << i;
    }
  }
}

TEST_P(FrozenTest, TheSameBytesTwice) {
  const Clip clip = make_clip(6);
  const Weights weights = small_weights();
  const Tracker tracker = make_tracker(options_with(GetParam(), "first"), weights);
  const Trace first = run_clip(tracker.get(), clip);
  EXPECT_TRUE(run_clip(tracker.get(), clip) == first);
  EXPECT_TRUE(run_clip(make_tracker(options_with(GetParam(), "first"), weights).get(), clip) == first);
}

TEST(FrozenOption, KeepsItsNumbersAndHasAName) {
  Options o("paper");
  EXPECT_EQ(o.text("train_reduction"), "1");
  for (const char *value : {"first", "0", "1"}) {
    o["train_reduction"] = value;
    EXPECT_EQ(o.text("train_reduction"), value);
  }
  EXPECT_EQ(dslt_options_set(o, "train_reduction", "2"), DSLT_EOPTION);
}

INSTANTIATE_TEST_SUITE_P(Presets, FrozenTest, testing::Values("paper", "released", "dslt"));

}  // namespace
