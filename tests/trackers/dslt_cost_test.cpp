/* SPDX-License-Identifier: Apache-2.0 */
// The counting behind `dslt bench`: a small case by hand, and that a tally says what a real frame did.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "../options.h"
#include "tracker/group.h"
#include "trackers/dslt/cost.h"

namespace {

struct WeightsFree {
  void operator()(dslt_weights *w) const { dslt_weights_free(w); }
};
using Weights = std::unique_ptr<dslt_weights, WeightsFree>;

Weights random_weights(const char *arch) {
  dslt_weights *w = nullptr;
  EXPECT_EQ(dslt_weights_random(&w, arch, 1), DSLT_OK) << dslt_last_error();
  return Weights(w);
}

Options paper() { return Options("paper"); }

// A 32 x 32 input: maps of 4 x 4 (conv4_3) and 2 x 2 (conv5_3) cells, a kernel of 2 x 2, a response of 3 x 3.
dslt_search small_geometry() {
  dslt_search g = {};
  g.area.frame_width = 64, g.area.frame_height = 48;
  g.area.input_width = g.area.input_height = 32;
  g.area.ratio_x = g.area.ratio_y = 2.0;  // the search area is 64 x 64 frame pixels, more than the frame has
  g.area.stride = 8;
  g.area.map_width = g.area.map_height = 4;
  g.area.kernel_width = g.area.kernel_height = 2;
  g.area.response_width = g.area.response_height = 3;
  g.scale.levels = 3;
  return g;
}

// vgg16/16 has 4, 4, 8, 8, 16, 16, 16, 32 ... 32 channels.
TEST(Cost, TheBackboneByHand) {
  Weights weights = random_weights("vgg16/16");
  Options o = paper();
  dslt_search g = small_geometry();
  dslt_cost cost;
  dslt_cost_count(&cost, o, weights.get(), &g);
  ASSERT_EQ(cost.layers, 13);
  EXPECT_EQ(cost.layer[0].work.flop, 2.0 * 32 * 32 * 9 * 3 * 4);
  EXPECT_EQ(cost.layer[0].work.bytes, 4.0 * (32 * 32 * (3 + 4) + 9 * 3 * 4 + 4));
  EXPECT_EQ(cost.layer[9].height, 4);  // conv4_3, behind three poolings
  EXPECT_EQ(cost.layer[12].width, 2);  // conv5_3, behind four
  EXPECT_EQ(cost.layer[12].work.flop, 2.0 * 2 * 2 * 9 * 32 * 32);
  const double flop = 2.0 * 9 *
                      (1024 * (3 * 4 + 4 * 4) + 256 * (4 * 8 + 8 * 8) + 64 * (8 * 16 + 2 * 16 * 16) +
                       16 * (16 * 32 + 2 * 32 * 32) + 4 * 3 * 32 * 32);
  EXPECT_EQ(cost.backbone.flop, flop);
  EXPECT_EQ(cost.backbone.bytes, 4.0 * (3 * 1024 + 16 * 32 + 4 * 32));  // input and the two taps
  const double kernels = 9.0 * (12 + 16 + 32 + 64 + 128 + 2 * 256 + 512 + 2 * 1024 + 3 * 1024);
  EXPECT_EQ(cost.weight_bytes, 4.0 * (kernels + 2 * 4 + 2 * 8 + 3 * 16 + 6 * 32));
}

TEST(Cost, TheHeadByHand) {
  Weights weights = random_weights("vgg16/16");
  Options o = paper();
  o["reduce_channels"] = 8;
  dslt_search g = small_geometry();
  dslt_cost cost;
  dslt_cost_count(&cost, o, weights.get(), &g);
  const double reduce = 2.0 * 8 * 32 * (16 + 4), raise = 2.0 * 4 * 16 * 8, fuse = 3.0 * 16 * 8;
  const double regress = 2 * 2.0 * 9 * 4 * 8;
  EXPECT_EQ(cost.head.flop, reduce + raise + fuse + regress);
  const double parameters = 2.0 * 32 * 8 + 16 * 8 + 2.0 * 4 * 8;  // reductions, 4 x 4 upsampling, kernels
  EXPECT_EQ(cost.parameters, parameters);
  EXPECT_EQ(cost.sample_bytes, 4.0 * (16 * 32 + 4 * 32 + 9));
  EXPECT_EQ(cost.store.bytes, 2 * 4.0 * (16 * 32 + 4 * 32));
  EXPECT_EQ(cost.locate.bytes, 4.0 * 9);
  // backward: both gradients of the regressions and the upsampling, the weights' of the reductions
  const double backward = 2 * regress + reduce + 2 * raise + fuse;
  EXPECT_EQ(cost.step.flop, cost.head.flop + backward + 14 * parameters);
  EXPECT_EQ(cost.step.bytes, 4.0 * (16 * 32 + 4 * 32 + 9 + 8 * parameters));
  EXPECT_EQ(cost.crop.bytes, 3.0 * 64 * 48 + 4.0 * 3 * 32 * 32);  // no more than the frame is read
}

TEST(Cost, OptionsThatLeaveThingsOutCostLess) {
  Weights weights = random_weights("vgg16/16");
  dslt_search g = small_geometry();
  Options full = paper(), frozen = paper(), single = paper(), half = paper();
  frozen["train_reduction"] = 0;
  single["fusion"] = 0;
  single["residual"] = 0;
  half["precision"] = "bf16";
  dslt_cost a, b, c, d;
  dslt_cost_count(&a, full, weights.get(), &g);
  dslt_cost_count(&b, frozen, weights.get(), &g);
  dslt_cost_count(&c, single, weights.get(), &g);
  dslt_cost_count(&d, half, weights.get(), &g);
  EXPECT_EQ(b.head.flop, a.head.flop);
  // frozen reductions: 128 channels are stored, and a step is the upsampling, the sum and both regressions
  EXPECT_EQ(b.sample_bytes, 4.0 * (16 * 128 + 4 * 128 + 9));
  EXPECT_EQ(b.step.flop,
            2.0 * 4 * 16 * 128 + 3.0 * 16 * 128 + 2 * (2 * 2.0 * 9 * 4 * 128) + 14 * 2.0 * 4 * 128);
  EXPECT_LT(b.step.flop, a.step.flop);
  // the base branch alone: its reduction, its regression
  EXPECT_EQ(c.head.flop, 2.0 * 16 * 32 * 128 + 2.0 * 9 * 4 * 128);
  EXPECT_EQ(d.backbone.flop, a.backbone.flop);
  EXPECT_LT(d.weight_bytes, 0.6 * a.weight_bytes);
}

TEST(Cost, AStageIsItsPartsTimesTheTally) {
  dslt_cost cost = {};
  cost.crop = {1, 10}, cost.backbone = {100, 1000}, cost.head = {7, 70}, cost.locate = {0, 5};
  cost.store = {0, 40}, cost.step = {11, 13};
  cost.weight_bytes = 10000;
  const dslt_tally tally = {4, 2, 3, 1, 7};
  dslt_work work[DSLT_STAGE_COUNT];
  dslt_cost_stages(work, &cost, &tally);
  EXPECT_EQ(work[DSLT_STAGE_CROP].bytes, 40);
  EXPECT_EQ(work[DSLT_STAGE_BACKBONE].flop, 400);
  EXPECT_EQ(work[DSLT_STAGE_BACKBONE].bytes, 4 * 1000 + 2 * 10000);
  EXPECT_EQ(work[DSLT_STAGE_HEAD].flop, 21);
  EXPECT_EQ(work[DSLT_STAGE_LOCATE].bytes, 15);
  EXPECT_EQ(work[DSLT_STAGE_STORE].bytes, 40);
  EXPECT_EQ(work[DSLT_STAGE_UPDATE].flop, 77);
  const dslt_work some = {300, 40};
  EXPECT_DOUBLE_EQ(dslt_work_floor(&some, 100, 10), 4.0);
  EXPECT_DOUBLE_EQ(dslt_work_floor(&some, 50, 10), 6.0);
}

// Full-width VGG-16 on 224 x 224 is known to cost 15.35 thousand million multiply-adds up to conv5_3.
TEST(Cost, FullVggIsWhatTheLiteratureSays) {
  dslt_weights weights = {};  // widths are all that is read
  weights.layers = DSLT_VGG_CONVS;
  for (int i = 0; i < DSLT_VGG_CONVS; ++i) weights.width[i] = dslt_vgg_layers[i].width;
  Options o = paper();
  dslt_search g = small_geometry();
  g.area.input_width = g.area.input_height = 224;
  g.area.map_width = g.area.map_height = 28;
  g.area.response_width = g.area.response_height = 27;
  dslt_cost cost;
  dslt_cost_count(&cost, o, &weights, &g);
  EXPECT_NEAR(cost.backbone.flop / 2, 15.35e9, 0.01e9);
}

// ---- what frames do ----------------------------------------------------------------------------------

class Tally : public ::testing::Test {
 protected:
  // Three frames of noise with a bright box, tracked with `o`; the tally of each.
  std::vector<dslt_tally> track(Options o) {
    Weights weights = random_weights("vgg16/16");
    o["init_steps"] = 2;
    o["threads"] = 1;
    o["search_max_side"] = 128;
    dslt_group *g = nullptr;
    EXPECT_EQ(dslt_group_create(&g, o, weights.get()), DSLT_OK) << dslt_last_error();
    const dslt_image frame = {pixels_.data(), 96, 72, 96 * 3, DSLT_BGR8};
    const dslt_box box = {40, 30, 16, 16};
    EXPECT_EQ(dslt_group_init(g, &frame, &box, 1), DSLT_OK) << dslt_last_error();
    std::vector<dslt_tally> tallies(3);
    for (dslt_tally &tally : tallies) {
      const dslt_target_state before = dslt_group_target(g, 0)->seen;
      dslt_result result;
      EXPECT_EQ(dslt_group_update(&result, g, &frame), DSLT_OK) << dslt_last_error();
      dslt_tally_frame(&tally, dslt_group_target(g, 0), &before, &result);
    }
    dslt_group_free(g);
    return tallies;
  }
  void SetUp() override {
    for (std::size_t i = 0; i < pixels_.size(); ++i) pixels_[i] = static_cast<uint8_t>(i * 2654435761u >> 24);
  }
  std::vector<uint8_t> pixels_ = std::vector<uint8_t>(96 * 72 * 3);
};

TEST_F(Tally, AllLevelsAtOnceIsOnePass) {
  Options o = paper();
  o["scale_joint"] = 1;
  o["memory"] = 2;
  std::vector<dslt_tally> tallies = track(o);
  for (const dslt_tally &t : tallies) {
    EXPECT_EQ(t.crops, 3);
    EXPECT_EQ(t.passes, 1);
    EXPECT_EQ(t.maps, 3);
    EXPECT_EQ(t.copies, 1);
    EXPECT_EQ(t.steps, 2);  // the first frame's sample and the one other slot
  }
}

TEST_F(Tally, TheOpenGateAddsAPassOverAllLevels) {
  Options o = paper();
  o["scale_gate"] = -1;  // any peak opens it
  o["scale_levels"] = 5;
  for (const dslt_tally &t : track(o)) {
    EXPECT_EQ(t.crops, 1 + 5);
    EXPECT_EQ(t.passes, 2);
    EXPECT_EQ(t.maps, 6);
    EXPECT_EQ(t.copies, 1);
  }
}

TEST_F(Tally, WithoutUpdatesOnlyTheSearchIsLeft) {
  Options o = paper();
  o["scale_levels"] = 1;
  o["update_interval"] = 0;
  for (const dslt_tally &t : track(o)) {
    EXPECT_EQ(t.crops, 1);
    EXPECT_EQ(t.passes, 1);
    EXPECT_EQ(t.copies, 0);
    EXPECT_EQ(t.steps, 0);
  }
}

}  // namespace
