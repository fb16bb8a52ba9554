/* SPDX-License-Identifier: Apache-2.0 */
// A whole tracker that only this file knows: a template matcher (normalised cross-correlation of grey crops) with
// options of its own. It shows what a new tracker has to bring and what host/tracker brings: options, search area, crop,
// peak search, limits, groups, response maps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "../api/small_world.h"
#include "backend/archive.h"
#include "base/error.h"
#include "math/locate.h"
#include "tracker/group.h"
#include "tracker/type.h"

namespace {

// ---- its options -------------------------------------------------------------------------------------

struct ToyOptions {
  double context; /* around the target, times its size */
  double adapt;   /* share of the new appearance in the template */
  int step;       /* pixels between compared places */
};

const dslt_option_row kRows[] = {
    DSLT_ROW_REAL(ToyOptions, context, "", 0.5, 8, "context around the target, times its size"),
    DSLT_ROW_REAL(ToyOptions, adapt, "", 0, 1, "share of the new appearance in the template"),
    DSLT_ROW_INT(ToyOptions, step, "s", 1, 16, "pixels between compared places"),
};

void fill_toy(dslt_common_options *common, void *own) {
  std::snprintf(common->backend, sizeof common->backend, "cpu");
  *static_cast<ToyOptions *>(own) = {1.5, 0.0, 2};
}

void fill_coarse(dslt_common_options *common, void *own) {
  fill_toy(common, own);
  static_cast<ToyOptions *>(own)->step = 4;
}

const dslt_preset kPresets[] = {{"toy", "every second pixel", fill_toy},
                                {"coarse", "every fourth", fill_coarse}};

int check(const dslt_common_options *common, const void *) {
  if (std::string(common->backend) == "cpu") return DSLT_OK;
  return dslt_fail(DSLT_EOPTION, "Option backend must be cpu for this tracker.");
}

const ToyOptions &options_of(const dslt_shared *s) {
  return *static_cast<const ToyOptions *>(s->options->own);
}

// ---- what it keeps of a target -----------------------------------------------------------------------

struct ToyTarget {
  float *pattern;  /* grey, zero mean, unit length, [height][width] */
  float *response; /* [response_height][response_width] */
  int width, height;
};

ToyTarget *own(const dslt_target *t) { return static_cast<ToyTarget *>(t->own); }

int open_shared(dslt_shared *s) {
  s->norm = {};
  for (float &d : s->norm.inverse_deviation) d = 1.0f;
  return DSLT_OK;
}

int layout(dslt_feature_layout *out, const dslt_shared *, const dslt_search *) {
  out->searched = 1;
  return DSLT_OK;
}

int measure(dslt_search *out, const dslt_shared *s, int frame_width, int frame_height, const dslt_box *box) {
  const ToyOptions &o = options_of(s);
  dslt_search_wishes wishes = {};
  wishes.context_w = wishes.context_h = o.context;
  wishes.max_side = 512, wishes.kernel_max = 128;
  wishes.stride = wishes.coarse = o.step;
  wishes.on_cell = 1;
  double width, height;
  *out = {};
  dslt_search_area_make(&out->area, &width, &height, &wishes, frame_width, frame_height, box);
  out->peak.subcell = DSLT_SUBCELL_QUADRATIC;
  out->scale.levels = 1, out->scale.step = out->scale.min = out->scale.max = 1;
  out->lost.ratio = 0.3, out->lost.rate = 0.1;
  return DSLT_OK;
}

int plan(dslt_target *t) {
  const dslt_search_area &a = t->search.area;
  own(t)->width = a.kernel_width * a.stride, own(t)->height = a.kernel_height * a.stride;
  DSLT_TRY(dslt_shared_floats(&own(t)->pattern, t->shared, size_t(own(t)->width) * size_t(own(t)->height)));
  return dslt_shared_floats(&own(t)->response, t->shared, t->response_values);
}

void free_target(dslt_target *t) {
  t->device->release(t->backend, own(t)->pattern);
  t->device->release(t->backend, own(t)->response);
}

// ---- its arithmetic, on the CPU's memory -------------------------------------------------------------

// Grey pixels of a window of the crop, zero mean and unit length.
void window(float *out, const dslt_target *t, int x0, int y0) {
  const int w = own(t)->width, h = own(t)->height;
  double mean = 0, square = 0;
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      const float *p =
          dslt_target_input(t) + (size_t(y0 + y) * size_t(t->search.area.input_width) + size_t(x0 + x)) * 3;
      out[y * w + x] = (p[0] + p[1] + p[2]) / 3;
      mean += double(out[y * w + x]) / (w * h);
    }
  for (int i = 0; i < w * h; ++i) out[i] -= float(mean), square += double(out[i]) * double(out[i]);
  for (int i = 0; i < w * h; ++i) out[i] /= float(std::sqrt(square) + 1e-6);
}

// The window under the target, when the crop was made around it.
void window_of_target(float *out, const dslt_target *t) {
  const dslt_search_area &a = t->search.area;
  window(out, t, int(a.centre_x) * a.stride, int(a.centre_y) * a.stride);
}

int correlate(dslt_target *t) {
  const dslt_search_area &a = t->search.area;
  std::vector<float> at(size_t(own(t)->width) * size_t(own(t)->height));
  for (int row = 0; row < a.response_height; ++row)
    for (int column = 0; column < a.response_width; ++column) {
      float sum = 0;
      window(at.data(), t, column * a.stride, row * a.stride);
      for (size_t i = 0; i < at.size(); ++i) sum += at[i] * own(t)->pattern[i];
      own(t)->response[row * a.response_width + column] = sum;
    }
  return dslt_target_mark(t, DSLT_STAGE_HEAD);
}

int adapt(dslt_target *t) {
  const float share = float(options_of(t->shared).adapt);
  std::vector<float> now(size_t(own(t)->width) * size_t(own(t)->height));
  if (share == 0) return DSLT_OK;
  DSLT_TRY(dslt_target_crop(t, dslt_target_input(t), nullptr, 0, 1));
  window_of_target(now.data(), t);
  for (size_t i = 0; i < now.size(); ++i)
    own(t)->pattern[i] = (1 - share) * own(t)->pattern[i] + share * now[i];
  return dslt_target_mark(t, DSLT_STAGE_UPDATE);
}

// ---- first frame, every frame ------------------------------------------------------------------------

int learn(dslt_target *t, dslt_result *result) {
  DSLT_TRY(dslt_target_crop(t, dslt_target_input(t), nullptr, 0, 1));
  window_of_target(own(t)->pattern, t);
  result->steps = 1;
  return dslt_target_mark(t, DSLT_STAGE_CROP);
}

int frame(dslt_target *t) {
  DSLT_TRY(dslt_target_search(t));
  DSLT_TRY(correlate(t));
  DSLT_TRY(t->vision->locate(t->backend, &t->record->state, own(t)->response, &t->search));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_LOCATE));
  return adapt(t);
}

// All that a frame reads of an earlier one's, for dslt_tracker_save().
int archive(dslt_target *t, dslt_archive *a) {
  const size_t bytes = size_t(own(t)->width) * size_t(own(t)->height) * sizeof(float);
  return dslt_archive_memory(a, "pattern", t->backend, own(t)->pattern, bytes);
}

int result(dslt_result *, dslt_target *t, const dslt_frame_record *) {
  dslt_target_show(t, own(t)->response, &t->seen, 0);
  return DSLT_OK;
}

void cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t, const dslt_target_state *,
          const dslt_result *) {
  for (int i = 0; i < DSLT_STAGE_COUNT; ++i) out[i] = {};
  out[DSLT_STAGE_HEAD].flop = 2.0 * double(t->response_values) * own(t)->width * own(t)->height;
}

const dslt_tracker_type kToy = [] {
  dslt_tracker_type type = {};
  type.name = "toy", type.summary = "a template matcher, for tests";
  type.options_size = sizeof(ToyOptions);
  type.rows = kRows, type.row_count = 3;
  type.presets = kPresets, type.preset_count = 2;
  type.check = check;
  type.open = open_shared;
  type.layout = layout;
  type.measure = measure;
  type.target_size = sizeof(ToyTarget), type.sections = 1;
  type.plan = plan, type.free = free_target, type.archive = archive;
  type.learn = learn, type.frame = frame, type.result = result, type.cost = cost;
  return type;
}();

// ---- what it does ------------------------------------------------------------------------------------

Options toy(const char *preset = "toy") {
  dslt_options *options = nullptr;
  EXPECT_EQ(dslt_options_create_of(&options, &kToy, preset), DSLT_OK) << dslt_last_error();
  return Options(options);
}

// A rendered clip with its truth.
class ToyTest : public testing::Test {
 protected:
  static constexpr int kFrames = 24;
  void SetUp() override {
    dslt_scene_options o;
    dslt_scene_defaults(&o);
    o.width = 160, o.height = 120, o.frames = 150, o.object_width = 28, o.object_height = 24;
    dslt_scene *scene = nullptr;
    ASSERT_EQ(dslt_scene_create(&scene, &o), DSLT_OK) << dslt_last_error();
    dslt_canvas canvas = {};
    for (int i = 0; i < kFrames; ++i) {
      dslt_box box;
      ASSERT_EQ(dslt_scene_render(&canvas, &box, scene, i), DSLT_OK) << dslt_last_error();
      truth_.push_back(box);
      pixels_.emplace_back(canvas.pixels, canvas.pixels + 160 * 120 * 3);
    }
    dslt_canvas_free(&canvas);
    dslt_scene_free(scene);
  }
  dslt_image image(size_t index) const { return {pixels_[index].data(), 160, 120, 160 * 3, DSLT_BGR8}; }
  // Distance of the centres, in target sizes.
  static double miss(const dslt_box &a, const dslt_box &b) {
    return std::hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2) /
           std::sqrt(b.width * b.height);
  }
  std::vector<std::vector<uint8_t>> pixels_;
  std::vector<dslt_box> truth_;
  Weights weights_ = small_weights();  // which it does not look at
};

TEST_F(ToyTest, FollowsATargetThroughThePublicCalls) {
  for (double share : {0.0, 0.2}) {
    Options options = toy();
    options["adapt"] = share;
    const Tracker tracker = make_tracker(options, weights_);
    ASSERT_NE(tracker, nullptr);
    EXPECT_STREQ(dslt_tracker_backend(tracker.get()), "cpu");
    dslt_image frame = image(0);
    ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth_[0]), DSLT_OK) << dslt_last_error();
    EXPECT_GT(miss(truth_[0], truth_.back()), 0.5)
        << "the target hardly moves, so following it shows nothing";
    for (size_t i = 1; i < pixels_.size(); ++i) {
      dslt_result r = {};
      frame = image(i);
      ASSERT_EQ(dslt_tracker_update(&r, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
      EXPECT_LT(miss(r.box, truth_[i]), 0.25) << "frame " << i << " with adapt " << share;
      EXPECT_GT(r.peak, 0.3) << i;
      EXPECT_EQ(r.lost, 0) << i;
    }
    dslt_response response;
    ASSERT_EQ(dslt_tracker_response(&response, tracker.get()), DSLT_OK) << dslt_last_error();
    const float *end = response.data + response.width * response.height;
    EXPECT_GT(*std::max_element(response.data, end), 0.3f);
  }
}

TEST_F(ToyTest, SeveralTargetsShareAGroup) {
  const Options options = toy("coarse");
  dslt_group *group = nullptr;
  ASSERT_EQ(dslt_group_create(&group, options, weights_.get()), DSLT_OK) << dslt_last_error();
  const dslt_box boxes[] = {truth_[0], {10, 12, 20, 16}};
  dslt_image frame = image(0);
  ASSERT_EQ(dslt_group_init(group, &frame, boxes, 2), DSLT_OK) << dslt_last_error();
  dslt_result r[2] = {};
  for (size_t i = 1; i < 6; ++i) {
    frame = image(i);
    const dslt_target_state before = dslt_group_target(group, 0)->seen;
    ASSERT_EQ(dslt_group_update(r, group, &frame), DSLT_OK) << dslt_last_error();
    EXPECT_LT(miss(r[0].box, truth_[i]), 0.3) << i;
    dslt_work work[DSLT_STAGE_COUNT];
    dslt_group_work(work, group, 0, &before, &r[0]);
    EXPECT_GT(work[DSLT_STAGE_HEAD].flop, 0);
  }
  EXPECT_NE(r[0].box.x, r[1].box.x);
  dslt_group_free(group);
}

TEST_F(ToyTest, TheSameRunTwiceGivesTheSameBytes) {
  std::vector<double> seen[2];
  for (auto &values : seen) {
    const Tracker tracker = make_tracker(toy(), weights_);
    dslt_image frame = image(0);
    ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth_[0]), DSLT_OK);
    for (size_t i = 1; i < 8; ++i) {
      dslt_result r = {};
      frame = image(i);
      ASSERT_EQ(dslt_tracker_update(&r, tracker.get(), &frame), DSLT_OK);
      values.insert(values.end(), {r.box.x, r.box.y, r.peak});
    }
  }
  EXPECT_EQ(seen[0], seen[1]);
}

TEST_F(ToyTest, IsSavedAndGoesOn) {
  Options options = toy();
  options["adapt"] = 0.2;
  const Tracker tracker = make_tracker(options, weights_);
  dslt_image frame = image(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth_[0]), DSLT_OK) << dslt_last_error();
  dslt_result before = {}, here = {}, there = {};
  frame = image(1);
  ASSERT_EQ(dslt_tracker_update(&before, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
  void *state = nullptr;
  size_t size = 0;
  ASSERT_EQ(dslt_tracker_save(&state, &size, tracker.get()), DSLT_OK) << dslt_last_error();
  dslt_tracker *made = nullptr;
  EXPECT_EQ(dslt_tracker_load(&made, state, size, nullptr, weights_.get()), DSLT_EOPTION); /* in no list */
  ASSERT_EQ(dslt_tracker_load(&made, state, size, options, weights_.get()), DSLT_OK) << dslt_last_error();
  const Tracker loaded(made);
  dslt_state_free(state);
  for (size_t i = 2; i < 6; ++i) {
    frame = image(i);
    ASSERT_EQ(dslt_tracker_update(&here, tracker.get(), &frame), DSLT_OK);
    ASSERT_EQ(dslt_tracker_update(&there, loaded.get(), &frame), DSLT_OK);
    EXPECT_EQ(here.box.x, there.box.x);
    EXPECT_EQ(here.box.y, there.box.y);
    EXPECT_EQ(here.peak, there.peak);
  }
}

TEST_F(ToyTest, IsNotSavedWithoutAListOfItsState) {
  dslt_tracker_type silent = kToy;
  silent.archive = nullptr;
  dslt_options *made = nullptr;
  ASSERT_EQ(dslt_options_create_of(&made, &silent, "toy"), DSLT_OK) << dslt_last_error();
  const Options options(made);
  const Tracker tracker = make_tracker(options, weights_);
  const dslt_image frame = image(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &truth_[0]), DSLT_OK) << dslt_last_error();
  void *state = nullptr;
  size_t size = 0;
  EXPECT_EQ(dslt_tracker_save(&state, &size, tracker.get()), DSLT_EUNSUPPORTED);
  EXPECT_NE(std::string(dslt_last_error()).find("Tracker toy cannot be saved"), std::string::npos);
  EXPECT_EQ(state, nullptr);
}

TEST(ToyOptionsTest, AreItsOwnBesideThoseOfAllTrackers) {
  Options options = toy();
  EXPECT_STREQ(dslt_options_tracker(options), "toy");
  EXPECT_STREQ(dslt_options_preset(options), "toy");
  std::vector<std::string> common, mine;
  dslt_option_info row;
  for (int i = 0; dslt_options_describe(&row, options, i) == DSLT_OK; ++i)
    (row.tracker[0] ? mine : common).push_back(row.key);
  EXPECT_EQ(mine, (std::vector<std::string>{"context", "adapt", "step"}));
  EXPECT_EQ(common, (std::vector<std::string>{"backend", "precision", "threads", "seed", "deterministic",
                                              "first_sight"}));
  options["step"] = 3;
  EXPECT_EQ(options.number("step"), 3);
  EXPECT_EQ(dslt_options_set(options, "step", "17"), DSLT_EOPTION);
  EXPECT_EQ(dslt_options_set(options, "shrink_a", "10"), DSLT_EOPTION);  // DSLT's
  EXPECT_EQ(dslt_options_set(options, "contxt", "1"), DSLT_EOPTION);
  EXPECT_NE(std::string(dslt_last_error()).find("did you mean context"), std::string::npos);
  EXPECT_EQ(toy("coarse").number("step"), 4);
}

TEST(ToyOptionsTest, WhatItsCheckRefusesMakesNoTracker) {
  Options options = toy();
  options["backend"] = "auto";
  EXPECT_EQ(dslt_options_check(options), DSLT_EOPTION);
  dslt_tracker *tracker = nullptr;
  EXPECT_EQ(dslt_tracker_create(&tracker, options, small_weights().get()), DSLT_EOPTION);
  EXPECT_EQ(tracker, nullptr);
}

TEST(ToyOptionsTest, NobodyElseKnowsIt) {
  dslt_options *options = nullptr;
  EXPECT_EQ(dslt_options_create(&options, "toy"), DSLT_EOPTION);
  EXPECT_EQ(dslt_options_create_of(&options, &kToy, "default"), DSLT_EOPTION);
  EXPECT_NE(std::string(dslt_last_error()).find("toy or coarse"), std::string::npos) << dslt_last_error();
  for (int i = 0; dslt_tracker_type_at(i); ++i) EXPECT_STRNE(dslt_tracker_type_at(i)->name, "toy");
}

}  // namespace
