/* SPDX-License-Identifier: Apache-2.0 */
// CRT's numbers: presets against the paper's and the program's, the search area, label and motion map against the
// formulas written once more, what the options and the weights refuse.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "../api/small_world.h"
#include "math/locate.h"
#include "trackers/crt/crt.h"

namespace {

struct Expected {
  const char *key, *paper, *released;
};

const Expected kNumbers[] = {
    {"pca_channels", "64", "64"},
    {"patch_width", "9", "9"},
    {"patch_height", "5", "5"},
    {"stretch", "0", "1"},
    {"label_sigma", "0.1", "0.1"},
    {"threshold", "0.1", "0.1"},
    {"slope", "1", "1"},
    {"amplitude", "0.1", "0.1"},
    {"decay", "1000", "1000"},
    {"adam_beta1", "0.9", "0.9"},
    {"adam_beta2", "0.999", "0.999"},
    {"adam_epsilon", "1e-08", "1e-08"},
    {"init_rate", "2e-08", "2e-08"},
    {"init_steps", "4000", "4000"},
    {"init_stop_loss", "0.02", "0.02"},
    {"memory", "5", "5"},
    {"memory_gap", "1", "2"},
    {"update_steps", "2", "2"},
    {"online_rate", "5e-09", "5e-09"},
    {"motion_sigma", "0.6", "0.6"},
    {"motion_square", "0", "1"},
    {"scale_levels", "3", "3"},
    {"scale_step", "0.02", "0.02"},
    {"whole_pixels", "0", "1"},
    {"early_pool", "0", "1"},
};

TEST(CrtPresets, HoldThePublishedNumbers) {
  const Options released("crt-released");
  for (const char *name : {"crt-conv2", "crt-conv4", "crt-conv7", "crt-conv10", "crt-conv13"}) {
    const Options paper(name);
    EXPECT_EQ("crt-" + paper.text("feature"), name);
    EXPECT_STREQ(dslt_options_tracker(paper), "crt");
    for (const Expected &row : kNumbers) {
      EXPECT_EQ(paper.text(row.key), row.paper) << name << " " << row.key;
      EXPECT_EQ(released.text(row.key), row.released) << row.key;
    }
  }
  const Options hog("crt-hog");
  const Expected gradients[] = {
      {"feature", "hog", ""},         {"threshold", "0.03", ""},  {"slope", "3", ""},
      {"decay", "0.0002", ""},        {"init_rate", "1e-05", ""}, {"amplitude", "0.1", ""},
      {"init_stop_loss", "0.05", ""}, {"label_sigma", "0.1", ""}, {"stretch", "0", ""}};
  for (const Expected &row : gradients) EXPECT_EQ(hog.text(row.key), row.paper) << row.key;
}

TEST(CrtOptions, RefusesWhatDoesNotFit) {
  Options o("crt-conv7");
  o["scale_levels"] = 2;
  EXPECT_EQ(dslt_options_check(o), DSLT_EOPTION);
  o["scale_levels"] = 3;
  o["memory"] = 33, o["memory_gap"] = 2;  // 65 frames
  EXPECT_EQ(dslt_options_check(o), DSLT_EOPTION);
  EXPECT_NE(std::string(dslt_last_error()).find("memory_gap"), std::string::npos);
  o["memory"] = 32;
  EXPECT_EQ(dslt_options_check(o), DSLT_OK);
}

TEST(CrtWeights, ATapThatTheFileLacksIsNamed) {
  dslt_weights *made = nullptr;
  ASSERT_EQ(dslt_weights_random(&made, "vgg16/16", 1), DSLT_OK);
  const Weights weights(made);
  made->layers = 7;  // as a file of the lower layers
  dslt_tracker *tracker = nullptr;
  for (const char *name : {"crt-conv10", "crt-conv13"}) {
    EXPECT_EQ(dslt_tracker_create(&tracker, Options(name), made), DSLT_EWEIGHTS);
    const std::string said = dslt_last_error();
    EXPECT_NE(said.find("conv3_3"), std::string::npos) << said;
    EXPECT_NE(said.find(std::string(name) == "crt-conv10" ? "conv4_3" : "conv5_3"), std::string::npos)
        << said;
  }
  for (const char *name : {"crt-hog", "crt-conv2", "crt-conv4", "crt-conv7", "crt-released"}) {
    ASSERT_EQ(dslt_tracker_create(&tracker, Options(name), made), DSLT_OK)
        << name << ": " << dslt_last_error();
    dslt_tracker_free(tracker);
  }
}

dslt_search search_of(const Options &o, double x, double y, double w, double h) {
  const dslt_box box = {x, y, w, h};
  dslt_search g;
  dslt_crt_search(&g, dslt_crt_options_of(o), 640, 360, &box);
  return g;
}

// The first frame of Crossing, as the program sees it.
TEST(CrtSearch, TheProgramsPatchIsWholeKernels) {
  const dslt_search g = search_of(Options("crt-released"), 204, 150, 17, 50);
  EXPECT_EQ(g.area.kernel_width, 6);
  EXPECT_EQ(g.area.kernel_height, 18);
  EXPECT_EQ(g.area.map_width, 54);
  EXPECT_EQ(g.area.map_height, 90);
  EXPECT_EQ(g.area.response_width * g.area.response_height, 3577);
  EXPECT_EQ(g.area.input_width, 216);
  EXPECT_DOUBLE_EQ(g.area.ratio_x, 17.0 / 24);
  EXPECT_DOUBLE_EQ(g.area.ratio_y, 50.0 / 72);
  EXPECT_DOUBLE_EQ(g.area.anchor_x, 108);
  EXPECT_DOUBLE_EQ(g.area.anchor_y, 180);
  EXPECT_FLOAT_EQ(g.label.sigma_x, 0.6f);
  EXPECT_FLOAT_EQ(g.label.sigma_y, 1.8f);
  EXPECT_FLOAT_EQ(g.peak.sigma_x, 6);
  EXPECT_FLOAT_EQ(g.peak.sigma_y, 6);
}

TEST(CrtSearch, ThePapersPatchKeepsTheAspect) {
  Options o("crt-conv7");
  for (double w : {17.0, 60.0, 200.0})
    for (double h : {20.0, 55.0, 300.0})
      for (double times : {3.0, 9.0}) {
        SCOPED_TRACE(testing::Message() << w << " x " << h << ", " << times);
        o["patch_width"] = times;
        const dslt_search g = search_of(o, 10, 20, w, h);
        const double cell = std::sqrt(w * h / 100);
        EXPECT_DOUBLE_EQ(g.area.ratio_x, g.area.ratio_y);
        EXPECT_NEAR(g.area.ratio_x * 4, cell, 1e-9);
        EXPECT_EQ(g.area.kernel_width, std::lround(w / cell));
        EXPECT_EQ(g.area.kernel_height, std::lround(h / cell));
        EXPECT_NEAR(g.area.map_width, times * w / cell, 1.01);
        EXPECT_NEAR(g.area.map_height, 5 * h / cell, 1.01);
        EXPECT_EQ(g.area.response_width % 2, 1);
        EXPECT_EQ(g.area.response_height % 2, 1);
        EXPECT_NEAR(double(g.label.sigma_x), 0.1 * w / cell, 1e-5);
        EXPECT_NEAR(double(g.peak.sigma_y), 0.6 * h / cell, 1e-5);
      }
}

TEST(CrtSearch, EveryBoxGivesAGridThatCanBe) {
  for (const char *name : {"crt-conv7", "crt-released"})
    for (double w : {1.0, 3.0, 40.0, 639.0, 2500.0})
      for (double h : {1.0, 5.0, 359.0, 1400.0}) {
        SCOPED_TRACE(testing::Message() << name << ", " << w << " x " << h);
        const dslt_search g = search_of(Options(name), 0, 0, w, h);
        EXPECT_GE(g.area.kernel_width, 1);
        EXPECT_GE(g.area.kernel_height, 1);
        EXPECT_GE(g.area.response_width, 3);
        EXPECT_GE(g.area.response_height, 3);
        EXPECT_LE(g.area.input_width, 2048 + 8);
        EXPECT_LE(g.area.input_height, 2048 + 8);
        EXPECT_TRUE(std::isfinite(g.area.ratio_x) && g.area.ratio_x > 0);
        EXPECT_TRUE(std::isfinite(g.area.ratio_y) && g.area.ratio_y > 0);
        EXPECT_LE(g.scale.min, 1);
        EXPECT_GE(g.scale.max, 1);
      }
}

TEST(CrtSearch, LabelAndMotionMapAreGaussians) {
  const dslt_search g = search_of(Options("crt-conv7"), 10, 20, 60, 40);
  std::vector<float> label(size_t(g.area.response_width * g.area.response_height));
  dslt_soft_label(label.data(), &g, 0);
  const double cell = std::sqrt(60.0 * 40 / 100);
  for (int row = 0; row < g.area.response_height; ++row)
    for (int column = 0; column < g.area.response_width; ++column) {
      const double dx = column - (g.area.response_width - 1) / 2, dy = row - (g.area.response_height - 1) / 2;
      auto gaussian = [&](double share) {
        const double u = dx * cell / (share * 60), v = dy * cell / (share * 40);
        return std::exp(-0.5 * (u * u + v * v));
      };
      EXPECT_NEAR(double(label[size_t(row * g.area.response_width + column)]), gaussian(0.1), 1e-6);
      EXPECT_NEAR(double(dslt_motion_prior(&g, float(column), float(row))), gaussian(0.6), 1e-6);
    }
}

}  // namespace
