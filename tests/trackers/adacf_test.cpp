/* SPDX-License-Identifier: Apache-2.0 */
// CFNet's tracker with a small random network, whose correlation filter follows a rendered target all the same; the
// authors' boxes, where their weights are at hand.
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "../api/small_world.h"
#include "../skip.h"
#include "base/rng.h"
#include "media/media.h"
#include "nn/weights.h"
#include "small_cfnet.h"
#include "tracker/group.h"

namespace {

Weights weights_of(const std::string &bytes) {
  dslt_weights *weights = nullptr;
  EXPECT_EQ(dslt_weights_from_memory(&weights, bytes.data(), bytes.size(), "small"), DSLT_OK)
      << dslt_last_error();
  return Weights(weights);
}

Options cfnet() {
  Options options("cfnet");
  options["backend"] = "cpu";
  options["threads"] = 1;
  return options;
}

class AdacfTest : public testing::Test {
 protected:
  static constexpr int kFrames = 10;
  void SetUp() override {
    dslt_scene_options o;
    dslt_scene_defaults(&o);
    o.width = 160, o.height = 120, o.frames = 150, o.object_width = 28, o.object_height = 24;
    dslt_scene *scene = nullptr;
    ASSERT_EQ(dslt_scene_create(&scene, &o), DSLT_OK) << dslt_last_error();
    dslt_canvas canvas = {};
    for (int i = 0; i < kFrames; ++i) {
      dslt_box box;
      ASSERT_EQ(dslt_scene_render(&canvas, &box, scene, 2 * i), DSLT_OK) << dslt_last_error();
      truth_.push_back(box);
      pixels_.emplace_back(canvas.pixels, canvas.pixels + 160 * 120 * 3);
      std::vector<uint8_t> grey;
      for (std::size_t p = 0; p < pixels_.back().size(); p += 3) grey.push_back(pixels_.back()[p + 1]);
      grey_.push_back(grey);
    }
    dslt_canvas_free(&canvas);
    dslt_scene_free(scene);
  }
  dslt_image image(std::size_t i, bool grey = false) const {
    if (grey) return {grey_[i].data(), 160, 120, 160, DSLT_GRAY8};
    return {pixels_[i].data(), 160, 120, 160 * 3, DSLT_BGR8};
  }
  std::vector<dslt_result> run(const dslt_options *options, const Weights &weights, bool grey = false) const {
    dslt_tracker *tracker = nullptr;
    EXPECT_EQ(dslt_tracker_create(&tracker, options, weights.get()), DSLT_OK) << dslt_last_error();
    const Tracker owner(tracker);
    std::vector<dslt_result> out;
    dslt_image frame = image(0, grey);
    EXPECT_EQ(dslt_tracker_init(tracker, &frame, &truth_[0]), DSLT_OK) << dslt_last_error();
    for (std::size_t i = 1; i < kFrames; ++i) {
      dslt_result r = {};
      frame = image(i, grey);
      EXPECT_EQ(dslt_tracker_update(&r, tracker, &frame), DSLT_OK) << dslt_last_error();
      out.push_back(r);
    }
    return out;
  }
  static double overlap(const dslt_box &a, const dslt_box &b) {
    const double w = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
    const double h = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
    if (!(w > 0 && h > 0)) return 0;
    return w * h / (a.width * a.height + b.width * b.height - w * h);
  }
  static std::vector<double> numbers(const std::vector<dslt_result> &results) {
    std::vector<double> out;
    for (const dslt_result &r : results)
      out.insert(out.end(), {r.box.x, r.box.y, r.box.width, r.box.height, r.peak, double(r.scale_level)});
    return out;
  }
  std::vector<std::vector<uint8_t>> pixels_, grey_;
  std::vector<dslt_box> truth_;
  std::string one_ = small_cfnet::network_file({1}), two_ = small_cfnet::network_file({1, 9}),
              attention_ = small_cfnet::network_file({4}, true);
};

TEST_F(AdacfTest, FollowsATarget) {
  EXPECT_LT(overlap(truth_[0], truth_.back()), 0.8)
      << "the target hardly moves, so following it shows nothing";
  const std::vector<dslt_result> results = run(cfnet(), weights_of(one_));
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_GT(overlap(results[i].box, truth_[i + 1]), 0.6) << i;
    EXPECT_GT(results[i].peak, 0) << i;
    EXPECT_EQ(results[i].steps, 1);
    EXPECT_EQ(results[i].lost, 0);
  }
}

// On changing noise the filter would answer anywhere.
TEST_F(AdacfTest, OnChangingNoiseTheBoxStaysAndIsLost) {
  dslt_rng rng = dslt_rng_make(5, 1);
  for (std::size_t i = 0; i < kFrames; ++i) {
    for (uint8_t &v : pixels_[i]) v = uint8_t(dslt_rng_below(&rng, 256));
    for (uint8_t &v : grey_[i]) v = uint8_t(dslt_rng_below(&rng, 256));
  }
  for (const char *preset : {"cfnet", "adacfnet"})
    for (bool grey : {false, true}) {
      Options options(preset);
      options["backend"] = "cpu";
      options["threads"] = 1;
      for (const dslt_result &r : run(options, weights_of(two_), grey)) {
        EXPECT_EQ(r.lost, 1) << preset;
        EXPECT_EQ(r.box.x, truth_[0].x) << preset;
        EXPECT_EQ(r.box.height, truth_[0].height) << preset;
      }
    }
}

TEST_F(AdacfTest, TheFirstFrameIsOneStepWithoutALoss) {
  const Weights weights = weights_of(one_);
  const Tracker tracker = make_tracker(cfnet(), weights);
  const dslt_image frame = image(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth_[0]), DSLT_OK) << dslt_last_error();
  dslt_result first = {};
  ASSERT_EQ(dslt_tracker_init_result(&first, tracker.get()), DSLT_OK);
  EXPECT_EQ(first.steps, 1);
  const float *losses = reinterpret_cast<const float *>(this);
  int count = -1;
  ASSERT_EQ(dslt_tracker_init_losses(&losses, &count, tracker.get()), DSLT_OK);
  EXPECT_EQ(losses, nullptr);
  EXPECT_EQ(count, 0);
}

// Their values are checked by the network's own tests; here, whose they are.
TEST_F(AdacfTest, ChannelWeightsAreTheBlocks) {
  const Weights weights = weights_of(attention_);
  Options options("adacfnet");
  options["backend"] = "cpu";
  const Tracker tracker = make_tracker(options, weights);
  dslt_channel_weights block = {};
  EXPECT_EQ(dslt_tracker_init_channels(&block, tracker.get(), 0), DSLT_ESTATE);
  const dslt_image frame = image(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth_[0]), DSLT_OK) << dslt_last_error();
  const char *const layers[] = {"se1_expand", "se2_expand"};
  const int channels[] = {12, 8};
  std::vector<float> first;
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(dslt_tracker_init_channels(&block, tracker.get(), i), DSLT_OK) << dslt_last_error();
    EXPECT_STREQ(block.layer, layers[i]);
    ASSERT_EQ(block.count, channels[i]);
    float least = 1, most = 0;
    for (int c = 0; c < block.count; ++c) {
      ASSERT_TRUE(block.values[c] > 0 && block.values[c] < 1) << c;
      least = std::min(least, block.values[c]), most = std::max(most, block.values[c]);
    }
    EXPECT_GT(most - least, 0.01f) << layers[i];
    if (i == 0) first.assign(block.values, block.values + block.count);
  }
  EXPECT_EQ(dslt_tracker_init_channels(&block, tracker.get(), 2), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init_channels(&block, tracker.get(), -1), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init_channels(nullptr, tracker.get(), 0), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init_channels(&block, nullptr, 0), DSLT_EARGUMENT);
  dslt_result result;
  const dslt_image next = image(3);
  ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &next), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_tracker_init_channels(&block, tracker.get(), 0), DSLT_OK);
  EXPECT_EQ(std::vector<float>(block.values, block.values + block.count), first)
      << "of the first frame, not the last";
  const dslt_image other = image(9);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &other, &truth_[3]), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_tracker_init_channels(&block, tracker.get(), 0), DSLT_OK);
  EXPECT_NE(std::vector<float>(block.values, block.values + block.count), first)
      << "another crop, the same weights";

  dslt_group *group = nullptr;
  ASSERT_EQ(dslt_group_create(&group, options, weights.get()), DSLT_OK) << dslt_last_error();
  const dslt_box boxes[2] = {truth_[5], truth_[0]};
  ASSERT_EQ(dslt_group_init(group, &frame, boxes, 2), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(dslt_group_init_channels(&block, group, 1, 0), DSLT_OK);
  EXPECT_EQ(std::vector<float>(block.values, block.values + block.count), first);
  EXPECT_EQ(dslt_group_init_channels(&block, group, 2, 0), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_init_channels(&block, group, 0, 2), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_init_channels(nullptr, group, 0, 0), DSLT_EARGUMENT);
  dslt_group_free(group);
}

TEST_F(AdacfTest, CfnetHasNoChannelWeights) {
  const Weights weights = weights_of(one_);
  const Tracker tracker = make_tracker(cfnet(), weights);
  const dslt_image frame = image(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth_[0]), DSLT_OK) << dslt_last_error();
  dslt_channel_weights block = {};
  EXPECT_EQ(dslt_tracker_init_channels(&block, tracker.get(), 0), DSLT_EARGUMENT);
}

TEST_F(AdacfTest, TheSameRunTwiceGivesTheSameBytesWithAnyThreads) {
  Options options = cfnet();
  const Weights weights = weights_of(one_);
  const std::vector<double> once = numbers(run(options, weights));
  EXPECT_EQ(numbers(run(options, weights)), once);
  options["threads"] = 3;
  EXPECT_EQ(numbers(run(options, weights)), once);
}

TEST_F(AdacfTest, GreyVideosHaveTheirOwnNetwork) {
  Options options = cfnet();
  const Weights both = weights_of(two_);
  const std::vector<double> colour = numbers(run(options, weights_of(one_), true));
  EXPECT_EQ(numbers(run(options, weights_of(small_cfnet::network_file({9})), true)),
            numbers(run(options, both, true)));
  EXPECT_NE(numbers(run(options, both, true)), colour);
  options["grey_network"] = 0;
  EXPECT_EQ(numbers(run(options, both, true)), colour);
  EXPECT_EQ(numbers(run(cfnet(), both)), numbers(run(cfnet(), weights_of(one_))));
}

TEST_F(AdacfTest, OneTrackerTakesGreyAndColourVideosInTurn) {
  const Weights both = weights_of(two_);
  const Tracker tracker = make_tracker(cfnet(), both);
  const std::vector<dslt_result> expected[] = {run(cfnet(), both), run(cfnet(), both, true)};
  for (int round = 0; round < 4; ++round) {
    dslt_image frame = image(0, round % 2);
    dslt_result r = {};
    ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth_[0]), DSLT_OK) << dslt_last_error();
    frame = image(1, round % 2);
    ASSERT_EQ(dslt_tracker_update(&r, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(numbers({r}), numbers({expected[round % 2][0]})) << round;
  }
}

TEST_F(AdacfTest, TargetsOfAGroupAreIndependent) {
  const Weights weights = weights_of(one_);
  dslt_group *group = nullptr;
  ASSERT_EQ(dslt_group_create(&group, cfnet(), weights.get()), DSLT_OK) << dslt_last_error();
  const dslt_box boxes[] = {{10, 12, 20, 16}, truth_[0]};
  dslt_image frame = image(0);
  ASSERT_EQ(dslt_group_init(group, &frame, boxes, 2), DSLT_OK) << dslt_last_error();
  const std::vector<dslt_result> alone = run(cfnet(), weights);
  for (std::size_t i = 1; i < 4; ++i) {
    dslt_result r[2] = {};
    frame = image(i);
    const dslt_target_state before = dslt_group_target(group, 1)->seen;
    ASSERT_EQ(dslt_group_update(r, group, &frame), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(numbers({r[1]}), numbers({alone[i - 1]})) << i;
    dslt_work work[DSLT_STAGE_COUNT];
    dslt_group_work(work, group, 1, &before, &r[1]);
    EXPECT_GT(work[DSLT_STAGE_BACKBONE].flop, 4 * 2.0 * 123 * 123 * 12 * 363)
        << "four crops through the first layer";
    EXPECT_GT(work[DSLT_STAGE_UPDATE].flop, 0);
  }
  dslt_response response;
  ASSERT_EQ(dslt_group_response(&response, group, 1), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(response.width, 33);
  EXPECT_EQ(response.height, 33);
  EXPECT_NEAR(response.window.width, 132.0 / 127 * std::sqrt(54.0 * 50.0), 8);
  dslt_group_free(group);
}

TEST_F(AdacfTest, AFixedTemplateIsNotLearntAgain) {
  Options options = cfnet();
  options["template_rate"] = 0;
  const std::vector<dslt_result> fixed = run(options, weights_of(one_));
  EXPECT_EQ(fixed[0].steps, 0);
  EXPECT_EQ(fixed[0].box.x, run(cfnet(), weights_of(one_))[0].box.x)
      << "the first search has the same template";
  EXPECT_GT(overlap(fixed.back().box, truth_.back()), 0.5);
}

TEST_F(AdacfTest, OtherWeightsAreRefused) {
  dslt_tracker *tracker = nullptr;
  EXPECT_EQ(dslt_tracker_create(&tracker, cfnet(), small_weights().get()), DSLT_EWEIGHTS);
  EXPECT_NE(std::string(dslt_last_error()).find("convert.py"), std::string::npos) << dslt_last_error();
  Options options = cfnet();
  options["filter_margin"] = 28;
  EXPECT_EQ(dslt_tracker_create(&tracker, options, weights_of(one_).get()), DSLT_OK) << dslt_last_error();
  dslt_tracker_free(tracker);
  options["filter_margin"] = 29;
  EXPECT_EQ(dslt_tracker_create(&tracker, options, weights_of(one_).get()), DSLT_EWEIGHTS);
  options["filter_margin"] = 28;
  options["enlarge"] = 16;
  EXPECT_EQ(dslt_tracker_create(&tracker, options, weights_of(one_).get()), DSLT_OK) << dslt_last_error();
  dslt_tracker_free(tracker);
  const Weights attention = weights_of(attention_);
  EXPECT_EQ(dslt_tracker_create(&tracker, cfnet(), attention.get()), DSLT_EWEIGHTS) << "this is not CFNet";
  EXPECT_NE(std::string(dslt_last_error()).find("for preset adacfnet"), std::string::npos)
      << dslt_last_error();
}

TEST_F(AdacfTest, AdacfnetsNetworkShips) {
  Options options("adacfnet");
  options["backend"] = "cpu";
  const char *name = dslt_options_weights(options);
  EXPECT_STREQ(name, "adacfnet");
  dslt_weights *loaded = nullptr;
  ASSERT_EQ(dslt_weights_load(&loaded, name), DSLT_OK) << dslt_last_error();
  const Weights weights(loaded);
  const std::vector<dslt_result> results = run(options, weights);
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_GT(overlap(results[i].box, truth_[i + 1]), 0.5) << "frame " << i + 1;
}

// ---- sequences ---------------------------------------------------------------------------------------

// Frames of a grey and of a colour sequence in which the target jumps to the edge of the response and back: every box
// is the one that the authors published.
TEST(AdacfSequence, BoxesAreTheAuthors) {
  const std::string shared = DSLT_TEST_SHARED "/data/", nets = shared + "weights/cfnet/cfnet-conv2_";
  const std::string boxes = shared + "otb-results/CFNet-conv2/", frames = shared + "sequences/otb/";
  for (const std::string &name : {nets + "e80.mat", nets + "gray_e40.mat", boxes, frames})
    if (!std::filesystem::exists(name)) GTEST_SKIP() << skip::kShared << name;
  if (std::system("/usr/bin/python3 -c 'import scipy.io' >/dev/null 2>&1") != 0) GTEST_SKIP() << skip::kScipy;
#if !DSLT_OPENCV
  GTEST_SKIP() << skip::kOpenCv;
#endif
  const std::string file = testing::TempDir() + "dslt_cfnet_" + std::to_string(getpid()) + ".safetensors";
  const std::string convert = "/usr/bin/python3 weights/convert.py " + nets + "e80.mat --grey " + nets +
                              "gray_e40.mat -o " + file + " >/dev/null 2>&1";
  ASSERT_EQ(std::system(convert.c_str()), 0);
  dslt_weights *loaded = nullptr;
  ASSERT_EQ(dslt_weights_load(&loaded, file.c_str()), DSLT_OK) << dslt_last_error();
  std::filesystem::remove(file);
  const Weights weights(loaded);
  const std::pair<const char *, int> sequences[] = {{"Jumping", 38}, {"MotorRolling", 44}};
  for (const auto &[name, count] : sequences) {
    const Tracker tracker = make_tracker(cfnet(), weights);
    std::ifstream list(boxes + name + ".txt");
    const dslt_source_options none = {};
    dslt_source *source = nullptr;
    ASSERT_EQ(dslt_source_open(&source, (frames + name + "/img").c_str(), &none), DSLT_OK)
        << dslt_last_error();
    for (int i = 1; i <= count; ++i) {
      dslt_image frame;
      const char *path;
      double ms;
      dslt_box want;
      dslt_result got = {};
      char comma;
      ASSERT_TRUE(list >> want.x >> comma >> want.y >> comma >> want.width >> comma >> want.height) << i;
      ASSERT_EQ(dslt_source_next(&frame, &path, &ms, source), 1) << dslt_last_error();
      --want.x, --want.y; /* theirs count from 1 */
      ASSERT_EQ(i == 1 ? dslt_tracker_init(tracker.get(), &frame, &want)
                       : dslt_tracker_update(&got, tracker.get(), &frame),
                DSLT_OK)
          << dslt_last_error();
      if (i == 1) continue;
      EXPECT_NEAR(got.box.x, want.x, 2e-4) << name << ", frame " << i;
      EXPECT_NEAR(got.box.y, want.y, 2e-4) << name << ", frame " << i;
      EXPECT_NEAR(got.box.width, want.width, 2e-4) << name << ", frame " << i;
      EXPECT_NEAR(got.box.height, want.height, 2e-4) << name << ", frame " << i;
    }
    dslt_source_close(source);
  }
}

TEST(AdacfOptionsTest, AreTheAuthors) {
  const std::pair<const char *, double> numbers[] = {
      {"context", 0.5},      {"exemplar_side", 127}, {"filter_lambda", 10},    {"filter_sigma", 2},
      {"filter_margin", 16}, {"enlarge", 8},         {"template_rate", 0.005}, {"window_influence", 0.2625},
      {"scale_levels", 3},   {"scale_step", 1.0575}, {"scale_penalty", 0.978}, {"scale_rate", 0.52},
      {"scale_min", 0.2},    {"scale_max", 5},
  };
  Options options("cfnet");
  EXPECT_STREQ(dslt_options_tracker(options), "adacf");
  for (const auto &[key, value] : numbers) EXPECT_DOUBLE_EQ(options.number(key), value) << key;
  const Options ada("adacfnet");
  for (const auto &[key, value] : numbers) EXPECT_DOUBLE_EQ(ada.number(key), value) << key;
  options["scale_levels"] = 4;
  EXPECT_EQ(dslt_options_check(options), DSLT_EOPTION);
  options["scale_levels"] = 5;
  EXPECT_EQ(dslt_options_check(options), DSLT_OK) << dslt_last_error();
  options["scale_step"] = 1.5;
  EXPECT_EQ(dslt_options_check(options), DSLT_EOPTION);
}

}  // namespace
