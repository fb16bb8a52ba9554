/* SPDX-License-Identifier: Apache-2.0 */
// DSLT over one, three and four taps: the whole tracker on a rendered clip, what it stores of a frame, and that a run
// repeats itself. The head by itself is tests/nn/head_test.cpp's.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "../api/small_world.h"
#include "tracker/tracker.h"
#include "trackers/dslt/dslt.h"

namespace {

using Settings = std::vector<std::pair<const char *, const char *>>;

struct TapCase {
  const char *name;
  Settings settings;
  int taps, stored_learning, stored_frozen;
};
void PrintTo(const TapCase &c, std::ostream *out) { *out << c.name; }

const Settings kThree = {{"low_layer", "conv3_3"}, {"mid_layer", "conv4_3"}, {"fuse", "1,0.7,0.5"}};

const TapCase kCases[] = {
    {"one", {{"high_layer", "none"}}, 1, 1, 1},
    {"two", {}, 2, 2, 2},
    {"three", kThree, 3, 3, 2},
    {"threeOfOneStride",
     {{"low_layer", "conv3_3"}, {"mid_layer", "conv4_3"}, {"pool3", "0"}, {"pool4", "0"}},
     3,
     3,
     2},
};

Options options_of(const TapCase &c, const char *preset, const char *train_reduction) {
  Options o = quick_options(preset);
  for (const auto &[key, value] : c.settings) o[key] = value;
  o["train_reduction"] = train_reduction;
  o["precision"] = "f32";
  o["reduce_channels"] = 8;
  return o;
}

class TapTest : public testing::TestWithParam<TapCase> {};

TEST_P(TapTest, StoresTapsWhileTheyLearnAndTwoMapsAtMostAfterwards) {
  const TapCase &c = GetParam();
  const Clip clip = make_clip(2);
  const Weights weights = small_weights();
  for (const char *kind : {"0", "1", "first"}) {
    const Tracker tracker = make_tracker(options_of(c, "paper", kind), weights);
    ASSERT_NE(tracker, nullptr);
    const dslt_image image = clip.frame(0);
    ASSERT_EQ(dslt_tracker_init(tracker.get(), &image, &clip.box), DSLT_OK) << dslt_last_error();
    const dslt_target *t = dslt_group_target(&tracker->group, 0);
    EXPECT_EQ(t->workspace->taps, c.taps);
    EXPECT_EQ(dslt_dslt_target_of(t)->samples.maps, kind[0] == '1' ? c.stored_learning : c.stored_frozen);
    EXPECT_EQ(t->search.area.map_width * t->search.area.stride, t->search.area.input_width);
  }
}

TEST_P(TapTest, TheSameBytesTwice) {
  const Clip clip = make_clip(5);
  const Weights weights = small_weights();
  for (const char *kind : {"1", "first"}) {
    const Options o = options_of(GetParam(), "dslt", kind);
    const Tracker tracker = make_tracker(o, weights);
    const Trace first = run_clip(tracker.get(), clip);
    EXPECT_TRUE(run_clip(tracker.get(), clip) == first) << kind;
    Options threads = o;
    threads["threads"] = 2;
    EXPECT_TRUE(run_clip(make_tracker(threads, weights).get(), clip) == first) << kind;
  }
}

// Where nothing learns on line, stored sums of taps are only another way to the same boxes and losses.
TEST_P(TapTest, WithoutLearningFrozenReductionsChangeNothing) {
  const Clip clip = make_clip(5);
  const Weights weights = small_weights();
  std::vector<Trace> traces;
  for (const char *kind : {"1", "first"}) {
    Options o = options_of(GetParam(), "dslt", kind);
    o["online_rate_low"] = 0;
    o["online_rate_high"] = 0;
    traces.push_back(run_clip(make_tracker(o, weights).get(), clip));
  }
  const std::vector<double> &a = traces[0].values, &b = traces[1].values;
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-3 * (1 + std::fabs(a[i]))) << i;
}

INSTANTIATE_TEST_SUITE_P(Taps, TapTest, testing::ValuesIn(kCases),
                         [](const auto &c) { return std::string(c.param.name); });

// ---- a clip with the truth -----------------------------------------------------------------------------

double overlap(const dslt_box &a, const dslt_box &b) {
  const double w = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x),
               h = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  const double both = w > 0 && h > 0 ? w * h : 0;
  return both / (a.width * a.height + b.width * b.height - both);
}

class TapsFollow : public testing::TestWithParam<TapCase> {};

TEST_P(TapsFollow, TheTargetOfARenderedClip) {
  dslt_scene_options scene_options;
  dslt_scene_defaults(&scene_options);
  scene_options.width = 160, scene_options.height = 120, scene_options.frames = 60, scene_options.seed = 3;
  scene_options.object_width = 24, scene_options.object_height = 28;
  dslt_scene *scene = nullptr;
  ASSERT_EQ(dslt_scene_create(&scene, &scene_options), DSLT_OK) << dslt_last_error();
  dslt_weights *loaded = nullptr;
  ASSERT_EQ(dslt_weights_load(&loaded, "slim"), DSLT_OK) << dslt_last_error();
  const Weights weights(loaded);
  Options o("dslt");
  o["backend"] = "cpu", o["threads"] = 1, o["precision"] = "f32";
  o["scale_levels"] = 1, o["init_steps"] = 40;
  o["search_min_area"] = 128 * 128, o["search_max_area"] = 128 * 128;
  for (const auto &[key, value] : GetParam().settings) o[key] = value;
  const Tracker tracker = make_tracker(o, weights);
  dslt_canvas canvas = {};
  for (int i = 0; i < 16; ++i) {
    dslt_box truth;
    ASSERT_EQ(dslt_scene_render(&canvas, &truth, scene, i), DSLT_OK) << dslt_last_error();
    const dslt_image frame = {canvas.pixels, 160, 120, size_t(160) * 3, DSLT_BGR8};
    dslt_result result = {};
    if (i == 0) {
      ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth), DSLT_OK) << dslt_last_error();
      continue;
    }
    ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    EXPECT_GT(overlap(result.box, truth), 0.5) << "frame " << i;  // the size stays the first one
    EXPECT_FALSE(result.lost) << "frame " << i;
  }
  dslt_canvas_free(&canvas);
  dslt_scene_free(scene);
}

INSTANTIATE_TEST_SUITE_P(Taps, TapsFollow, testing::Values(kCases[0], kCases[2]),
                         [](const auto &c) { return std::string(c.param.name); });

// ---- options ---------------------------------------------------------------------------------------------

TEST(TapOptions, LayersRise) {
  const struct {
    Settings settings;
    const char *named;
  } cases[] = {
      {{{"mid_layer", "conv4_3"}}, "mid_layer"},  // low_layer is conv4_3
      {{{"low_layer", "conv3_3"}, {"mid_layer", "conv4_3"}, {"high_layer", "none"}}, "mid_layer"},
      {{{"low_layer", "conv3_3"}, {"mid_layer", "conv4_3"}, {"high_layer", "conv4_3"}}, "mid_layer"},
      {{{"low_layer", "conv5_3"}}, "high_layer"},
  };
  for (const auto &c : cases) {
    Options o("dslt");
    for (const auto &[key, value] : c.settings) o[key] = value;
    EXPECT_EQ(dslt_options_check(o), DSLT_EOPTION);
    EXPECT_NE(std::string(dslt_last_error()).find(c.named), std::string::npos) << dslt_last_error();
  }
}

TEST(TapOptions, AListHoldsOneToFourNumbers) {
  Options o("released");
  EXPECT_EQ(o.text("fuse"), "0.8,0.2");
  for (const char *good : {"1", "0.5,0.25", "1,2,3,4", "0,10", "1e-7,0.1"}) {
    EXPECT_EQ(dslt_options_set(o, "fuse", good), DSLT_OK) << dslt_last_error();
  }
  o["fuse"] = "1,0.5,0.25";
  EXPECT_EQ(o.text("fuse"), "1,0.5,0.25");
  for (const char *bad :
       {"", ",", "1,", ",1", "1,,2", "1,2,3,4,5", "11", "1,-1", "1,x", "1 ,2", "1;2",
        "0.12345678901234567,0.12345678901234567,0.12345678901234567,0.12345678901234567"}) {
    EXPECT_EQ(dslt_options_set(o, "fuse", bad), DSLT_EOPTION) << bad;
    EXPECT_NE(std::string(dslt_last_error()).find("1 to 4 numbers 0..10"), std::string::npos)
        << dslt_last_error();
    EXPECT_EQ(o.text("fuse"), "1,0.5,0.25") << bad;
  }
  const dslt_option_list list = {2, {3, 5}};
  EXPECT_EQ(dslt_option_list_at(&list, 0), 3);
  EXPECT_EQ(dslt_option_list_at(&list, 1), 5);
  EXPECT_EQ(dslt_option_list_at(&list, 3), 5);
}

}  // namespace
