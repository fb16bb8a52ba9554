/* SPDX-License-Identifier: Apache-2.0 */
// The tracking-loss tracker with a narrow random network, over which its proposal heads learn to follow a rendered target
// all the same.
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "../api/small_world.h"
#include "../tracker/saved.h"
#include "base/rng.h"
#include "media/media.h"
#include "nn/weights.h"
#include "small_zf.h"
#include "tracker/group.h"
#include "trackers/trackloss/trackloss.h"

namespace {

const char *const kPresets[] = {"trackloss-softmax",   "trackloss-infogain1", "trackloss-infogain2",
                                "trackloss-infogain3", "trackloss-sigmoid",   "trackloss-hinge",
                                "trackloss-ensemble"};

Weights weights_of(const std::string &bytes) {
  dslt_weights *weights = nullptr;
  EXPECT_EQ(dslt_weights_from_memory(&weights, bytes.data(), bytes.size(), "small"), DSLT_OK)
      << dslt_last_error();
  return Weights(weights);
}

// A preset with few boxes, narrow heads and fast learning.
Options quick(const std::string &preset = "trackloss-softmax") {
  Options options(preset.c_str());
  options["backend"] = "cpu";
  options["threads"] = 1;
  options["head_channels"] = 32;
  options["init_sigma"] = "0.05";
  options["rate"] = "0.03,0.03,0.01,0.01";
  options["candidates"] = 96;
  options["init_positives"] = 24;
  options["init_negatives"] = 48;
  options["positives"] = 8;
  options["negatives"] = 16;
  options["collect_interval"] = 2;
  options["update_interval"] = 4;
  options["update_steps"] = 3;
  return options;
}

class TracklossTest : public testing::Test {
 protected:
  static constexpr std::size_t kFrames = 10;
  void SetUp() override {
    dslt_scene_options o;
    dslt_scene_defaults(&o);
    o.width = 160, o.height = 120, o.frames = 150, o.object_width = 32, o.object_height = 26;
    dslt_scene *scene = nullptr;
    ASSERT_EQ(dslt_scene_create(&scene, &o), DSLT_OK) << dslt_last_error();
    dslt_canvas canvas = {};
    for (std::size_t i = 0; i < kFrames; ++i) {
      dslt_box box;
      ASSERT_EQ(dslt_scene_render(&canvas, &box, scene, int(6 * i)), DSLT_OK) << dslt_last_error();
      truth_.push_back(box);
      pixels_.emplace_back(canvas.pixels, canvas.pixels + 160 * 120 * 3);
    }
    dslt_canvas_free(&canvas);
    dslt_scene_free(scene);
  }
  dslt_image image(std::size_t i) const { return {pixels_[i].data(), 160, 120, 160 * 3, DSLT_BGR8}; }
  std::vector<dslt_result> run(const dslt_options *options, const Weights &weights,
                               std::size_t frames = kFrames) const {
    const Tracker tracker = make_tracker_of(options, weights);
    std::vector<dslt_result> out;
    dslt_image frame = image(0);
    EXPECT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth_[0]), DSLT_OK) << dslt_last_error();
    for (std::size_t i = 1; i < frames; ++i) {
      dslt_result r = {};
      frame = image(i);
      EXPECT_EQ(dslt_tracker_update(&r, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
      out.push_back(r);
    }
    return out;
  }
  static Tracker make_tracker_of(const dslt_options *options, const Weights &weights) {
    dslt_tracker *tracker = nullptr;
    EXPECT_EQ(dslt_tracker_create(&tracker, options, weights.get()), DSLT_OK) << dslt_last_error();
    return Tracker(tracker);
  }
  static double overlap(const dslt_box &a, const dslt_box &b) {
    const double w = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
    const double h = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
    return w > 0 && h > 0 ? w * h / (a.width * a.height + b.width * b.height - w * h) : 0;
  }
  static std::vector<double> numbers(const std::vector<dslt_result> &results) {
    std::vector<double> out;
    for (const dslt_result &r : results)
      out.insert(out.end(), {r.box.x, r.box.y, r.box.width, r.box.height, r.peak, r.loss, double(r.lost),
                             double(r.steps)});
    return out;
  }
  std::vector<std::vector<uint8_t>> pixels_;
  std::vector<dslt_box> truth_;
  std::string small_ = small_zf::network_file(true);
};

TEST_F(TracklossTest, EveryLossFollowsATarget) {
  const Weights weights = weights_of(small_);
  double stays = 0;
  for (std::size_t i = 1; i < kFrames; ++i) stays += overlap(truth_[0], truth_[i]) / (kFrames - 1);
  for (const char *preset : kPresets) {
    const std::vector<dslt_result> results = run(quick(preset), weights);
    double follows = 0;
    for (std::size_t i = 0; i < results.size(); ++i)
      follows += overlap(results[i].box, truth_[i + 1]) / (kFrames - 1);
    EXPECT_GT(follows, stays + 0.15) << preset << ": a box that stays overlaps by " << stays;
    EXPECT_GT(results[3].loss, 0) << preset << ": the fourth frame learns";
    EXPECT_GE(results[3].steps, 3) << preset;
  }
}

// With shared maps the first search sees the same heads and nearly the same maps as with crops.
TEST_F(TracklossTest, EveryStrategyLearnsAndSharedMapsAgreeWithCrops) {
  const Weights weights = weights_of(small_);
  std::vector<double> before;
  for (const char *strategy : {"1", "2", "3", "4", "1+4"}) {
    Options options = quick();
    options["strategy"] = strategy;
    const std::vector<dslt_result> shared = run(options, weights, 2);
    options["shared_maps"] = 0;
    const std::vector<dslt_result> crops = run(options, weights, 2);
    EXPECT_GT(overlap(shared[0].box, crops[0].box), 0.4) << strategy;
    EXPECT_NEAR(shared[0].peak, crops[0].peak, 0.25) << strategy;
    EXPECT_NE(numbers(shared), before) << strategy;
    before = numbers(shared);
  }
}

TEST_F(TracklossTest, ZfItselfTakesCropsOf203Pixels) {
  const std::string whole = small_zf::network_file(false, 1, 0.2);  // which the weights refer to
  const Weights weights = weights_of(whole);
  dslt_trackloss_map map = {}, area = {};
  Options options = quick();
  const dslt_trackloss_options *o = dslt_trackloss_options_of(static_cast<const dslt_options *>(options));
  ASSERT_EQ(dslt_trackloss_map_of(&map, o, weights.get()), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(map.input_side, 203);
  EXPECT_EQ(map.side, 14);
  EXPECT_EQ(map.stride, 16);
  ASSERT_EQ(dslt_trackloss_map_of(&map, o, weights_of(small_).get()), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(map.input_side, 107);
  EXPECT_EQ(map.side, 14);
  EXPECT_EQ(map.stride, 8);
  ASSERT_EQ(dslt_trackloss_area_of(&area, o, weights_of(small_).get()), DSLT_OK);
  EXPECT_EQ(area.input_side, 107 + 2 * 8 * 15) << "1.5 sides of 75 pixels in whole cells";
  EXPECT_EQ(area.side, 14 + 2 * 15);
  options["candidates"] = 24;
  const std::vector<dslt_result> results = run(options, weights, 3);
  for (const dslt_result &r : results)
    EXPECT_TRUE(std::isfinite(r.box.x) && r.box.width > 0 && r.peak > 0) << r.peak;
}

TEST_F(TracklossTest, TheSameRunTwiceGivesTheSameBytesWithAnyThreads) {
  Options options = quick("trackloss-ensemble");
  const Weights weights = weights_of(small_);
  const std::vector<double> once = numbers(run(options, weights, 6));
  EXPECT_EQ(numbers(run(options, weights, 6)), once);
  options["threads"] = 3;
  EXPECT_EQ(numbers(run(options, weights, 6)), once);
  options["seed"] = 2;
  EXPECT_NE(numbers(run(options, weights, 6)), once);
}

TEST_F(TracklossTest, TheLossFallsOnTheFirstFrame) {
  const Weights weights = weights_of(small_);
  const Tracker tracker = make_tracker_of(quick(), weights);
  const dslt_image frame = image(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth_[0]), DSLT_OK) << dslt_last_error();
  const float *losses = nullptr;
  int count = 0;
  ASSERT_EQ(dslt_tracker_init_losses(&losses, &count, tracker.get()), DSLT_OK);
  ASSERT_EQ(count, 30);
  EXPECT_NEAR(losses[0], 11 * std::log(2.0), 1.5) << "both heads begin near one half: 1 log 2 + 10 log 2";
  EXPECT_LT(losses[29], 0.85f * losses[0]);
}

// On changing noise the heads would answer anywhere.
TEST_F(TracklossTest, OnChangingNoiseTheBoxStaysAndIsLost) {
  dslt_rng rng = dslt_rng_make(5, 1);
  for (std::vector<uint8_t> &p : pixels_)
    for (uint8_t &v : p) v = uint8_t(dslt_rng_below(&rng, 256));
  for (const dslt_result &r : run(quick(), weights_of(small_), 5)) {
    EXPECT_EQ(r.lost, 1);
    EXPECT_EQ(r.box.x, truth_[0].x);
    EXPECT_EQ(r.box.height, truth_[0].height);
  }
}

TEST_F(TracklossTest, AMissedTargetIsLearntFromWhatWasSeenLast) {
  Options options = quick();
  options["success"] = 1; /* never */
  for (const dslt_result &r : run(options, weights_of(small_), 4)) {
    EXPECT_EQ(r.lost, 1);
    EXPECT_EQ(r.steps, 3) << "every frame learns";
  }
  options["update_interval"] = 0;
  for (const dslt_result &r : run(options, weights_of(small_), 4)) EXPECT_EQ(r.steps, 0);
}

TEST_F(TracklossTest, TargetsOfAGroupAreIndependent) {
  const Weights weights = weights_of(small_);
  const Options options = quick();
  dslt_group *group = nullptr;
  ASSERT_EQ(dslt_group_create(&group, options, weights.get()), DSLT_OK) << dslt_last_error();
  const dslt_box boxes[] = {{10, 12, 20, 16}, truth_[0]};
  dslt_image frame = image(0);
  ASSERT_EQ(dslt_group_init(group, &frame, boxes, 2), DSLT_OK) << dslt_last_error();
  const std::vector<dslt_result> alone = run(options, weights, 5);
  for (std::size_t i = 1; i < 5; ++i) {
    dslt_result r[2] = {};
    frame = image(i);
    const dslt_target_state before = dslt_group_target(group, 1)->seen;
    ASSERT_EQ(dslt_group_update(r, group, &frame), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(numbers({r[1]}), numbers({alone[i - 1]})) << i;
    dslt_work work[DSLT_STAGE_COUNT];
    dslt_group_work(work, group, 1, &before, &r[1]);
    EXPECT_GT(work[DSLT_STAGE_BACKBONE].flop, 3 * 2.0 * 86 * 86 * 12 * 147)
        << "three areas through the first layer";
    EXPECT_GT(work[DSLT_STAGE_HEAD].flop, 2 * 3 * 2.0 * 44 * 44 * 16 * 144) << "two heads on three areas";
  }
  dslt_response response;
  ASSERT_EQ(dslt_group_response(&response, group, 1), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(response.width, 15);
  float highest = 0;
  for (int i = 0; i < 225; ++i) highest = std::fmax(highest, response.data[i]);
  EXPECT_GT(highest, 0.5f);
  EXPECT_LE(highest, 1.0f);
  EXPECT_NEAR(response.window.x + response.window.width / 2, alone[2].box.x + alone[2].box.width / 2, 4);
  dslt_group_free(group);
}

TEST_F(TracklossTest, ASavedTargetGoesOn) {
  const Weights weights = weights_of(small_);
  const Options options = quick();
  const std::vector<double> whole = numbers(run(options, weights, 8));
  const Tracker first = make_tracker_of(options, weights);
  std::vector<dslt_result> results;
  dslt_image frame = image(0);
  ASSERT_EQ(dslt_tracker_init(first.get(), &frame, &truth_[0]), DSLT_OK) << dslt_last_error();
  Tracker second;
  for (std::size_t i = 1; i < 8; ++i) {
    dslt_result r = {};
    frame = image(i);
    ASSERT_EQ(dslt_tracker_update(&r, second ? second.get() : first.get(), &frame), DSLT_OK)
        << dslt_last_error();
    results.push_back(r);
    if (i == 3) second = saved::load(saved::save(first.get()), weights);
  }
  EXPECT_EQ(numbers(results), whole);
}

TEST_F(TracklossTest, OtherWeightsAreRefused) {
  dslt_tracker *tracker = nullptr;
  EXPECT_EQ(dslt_tracker_create(&tracker, quick(), small_weights().get()), DSLT_EWEIGHTS);
  EXPECT_NE(std::string(dslt_last_error()).find("convert.py"), std::string::npos) << dslt_last_error();
  const std::string two = small_cfnet::network_file({1, 9});
  EXPECT_EQ(dslt_tracker_create(&tracker, quick(), weights_of(two).get()), DSLT_EWEIGHTS);
  Options options = quick();
  options["input_side"] = 9;
  EXPECT_EQ(dslt_tracker_create(&tracker, options, weights_of(small_).get()), DSLT_EWEIGHTS);
  EXPECT_NE(std::string(dslt_last_error()).find("input_side"), std::string::npos) << dslt_last_error();
}

TEST_F(TracklossTest, ALossThatIsNotFiniteIsAnError) {
  Options options = quick("trackloss-hinge");
  options["rate"] = "1";
  options["init_sigma"] = "1";
  options["loss"] = "hinge2";
  options["init_steps"] = 200;
  const std::string large = small_zf::network_file(true, 1, 100);  // which the weights refer to
  const Weights weights = weights_of(large);
  const Tracker tracker = make_tracker_of(options, weights);
  const dslt_image frame = image(0);
  EXPECT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth_[0]), DSLT_EWEIGHTS);
  EXPECT_NE(std::string(dslt_last_error()).find("lower rate"), std::string::npos) << dslt_last_error();
}

TEST(TracklossOptionsTest, AreThePapers) {
  for (const char *preset : kPresets) {
    const Options options(preset);
    EXPECT_STREQ(dslt_options_tracker(options), "trackloss");
    for (const auto &[key, value] : {std::pair{"momentum", 0.9},
                                     {"decay", 5e-4},
                                     {"candidates", 256.0},
                                     {"candidate_shift", 0.6},
                                     {"candidate_zoom", 1.0},
                                     {"scale_factor", 1.05},
                                     {"best", 5.0},
                                     {"widen", 1.1},
                                     {"widen_max", 1.5},
                                     {"positive_overlap", 0.7},
                                     {"init_negative_overlap", 0.5},
                                     {"negative_overlap", 0.3},
                                     {"update_interval", 10.0},
                                     {"init_steps", 30.0},
                                     {"update_steps", 10.0},
                                     {"context", 16.0},
                                     {"head_channels", 256.0},
                                     {"min_side", 10.0}})
      EXPECT_DOUBLE_EQ(options.number(key), value) << preset << ", " << key;
    char text[64];
    ASSERT_EQ(dslt_options_get(text, sizeof text, options, "strategy"), DSLT_OK);
    EXPECT_STREQ(text, "1+4");
    ASSERT_EQ(dslt_options_get(text, sizeof text, options, "alpha"), DSLT_OK);
    EXPECT_STREQ(text, "1,1,4,3");
    ASSERT_EQ(dslt_options_get(text, sizeof text, options, "beta"), DSLT_OK);
    EXPECT_STREQ(text, "10,10,1,9");
    ASSERT_EQ(dslt_options_get(text, sizeof text, options, "rate"), DSLT_OK);
    EXPECT_STREQ(text, "0.0005,0.0005,0.0002,0.0005");
  }
  EXPECT_DOUBLE_EQ(Options("trackloss-infogain1").number("infogain_diagonal"), 0.9);
  EXPECT_DOUBLE_EQ(Options("trackloss-infogain2").number("infogain_diagonal"), 0.8);
  EXPECT_DOUBLE_EQ(Options("trackloss-infogain3").number("infogain_diagonal"), 0.7);
  EXPECT_DOUBLE_EQ(Options("trackloss-ensemble").number("infogain_diagonal"), 0.8);
}

TEST(TracklossOptionsTest, NumbersThatDoNotFitAreRefused) {
  for (const auto &[key, value] :
       {std::pair{"candidates", 4}, {"mined", 23}, {"positive_memory", 63}, {"negative_memory", 255}}) {
    Options options("trackloss-hinge");
    options[key] = value;
    EXPECT_EQ(dslt_options_check(options), DSLT_EOPTION) << key;
  }
}

}  // namespace
