/* SPDX-License-Identifier: Apache-2.0 */
// Several targets in one video: each gets what a tracker of its own finds, whatever is shared; all or none
// are learnt; a frame announced ahead changes nothing.
#include <algorithm>
#include <cstring>
#include <numeric>
#include <set>
#include <utility>

#include "base/error.h"
#include "group_lives.h"

namespace {

int init(dslt_group *group, const Clip &clip, const std::vector<dslt_box> &boxes) {
  const dslt_image frame = clip.frame(0);
  return dslt_group_init(group, &frame, boxes.data(), static_cast<int>(boxes.size()));
}

// The frames behind the first, one trace for each target; announced says which one is announced ahead.
enum class Announce { kNothing, kNext, kAnother };

std::vector<Trace> follow(dslt_group *group, const Clip &clip, Announce announce = Announce::kNothing) {
  const size_t count = static_cast<size_t>(dslt_group_count(group));
  std::vector<Trace> traces(count);
  std::vector<dslt_result> results(count);
  for (size_t i = 1; i < clip.pixels.size(); ++i) {
    const dslt_image frame = clip.frame(i);
    if (announce == Announce::kNext && i + 1 < clip.pixels.size()) {
      const dslt_image next = clip.frame(i + 1);
      EXPECT_EQ(dslt_group_prefetch(group, &next), DSLT_OK) << dslt_last_error();
    }
    if (announce == Announce::kAnother) {
      const dslt_image other = clip.frame(i - 1);
      EXPECT_EQ(dslt_group_prefetch(group, &other), DSLT_OK) << dslt_last_error();
      EXPECT_EQ(dslt_group_prefetch(group, &frame), DSLT_OK) << dslt_last_error();
    }
    EXPECT_EQ(dslt_group_update(results.data(), group, &frame), DSLT_OK) << dslt_last_error();
    for (size_t k = 0; k < count; ++k) traces[k].add(results[k]);
  }
  return traces;
}

// The same by trackers that know nothing of one another.
std::vector<Trace> follow_alone(const Options &options, const Weights &weights, const Clip &clip,
                                const std::vector<dslt_box> &boxes) {
  std::vector<Trace> traces;
  for (const dslt_box &box : boxes) {
    const Tracker tracker = make_tracker(options, weights);
    dslt_image frame = clip.frame(0);
    EXPECT_EQ(dslt_tracker_init(tracker.get(), &frame, &box), DSLT_OK) << dslt_last_error();
    Trace trace;
    for (size_t i = 1; i < clip.pixels.size(); ++i) {
      dslt_result result = {};
      frame = clip.frame(i);
      EXPECT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
      trace.add(result);
    }
    traces.push_back(trace);
  }
  return traces;
}

class GroupTest : public ::testing::Test {
 protected:
  Clip clip_ = make_clip(6);
  Weights weights_ = small_weights();
  std::vector<dslt_box> equal_ = {
      clip_.box, {8, 10, clip_.box.width, clip_.box.height}, {90, 60, clip_.box.width, clip_.box.height}};
  std::vector<dslt_box> unequal_ = {{70, 50, 31, 12}, clip_.box, {5, 60, 14, 33}, {30, 8, 31, 12}};
};

// ---- each by itself ----------------------------------------------------------------------------------

class GroupPreset : public GroupTest, public ::testing::WithParamInterface<const char *> {};

TEST_P(GroupPreset, EachTargetGetsWhatItsOwnTrackerFinds) {
  const Options options = quick_options(GetParam());
  for (const std::vector<dslt_box> &boxes : {equal_, unequal_}) {
    const std::vector<Trace> alone = follow_alone(options, weights_, clip_, boxes);
    for (int batch : {0, 1, 2, 64}) {
      const Group group = make_group(options, weights_, batch);
      ASSERT_EQ(init(group.get(), clip_, boxes), DSLT_OK) << dslt_last_error();
      ASSERT_EQ(dslt_group_count(group.get()), static_cast<int>(boxes.size()));
      const std::vector<Trace> together = follow(group.get(), clip_);
      for (size_t i = 0; i < boxes.size(); ++i)
        EXPECT_EQ(together[i], alone[i]) << "batch " << batch << ", target " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Presets, GroupPreset, ::testing::Values("dslt", "paper", "released"),
                         [](const auto &one) { return std::string(one.param); });

TEST_P(GroupPreset, WhoJoinsOrLeavesDisturbsNobody) {
  const Options options = quick_options(GetParam());
  for (const std::vector<dslt_box> &boxes : {equal_, unequal_})
    for (int batch : {1, 64}) {
      SCOPED_TRACE("batch " + std::to_string(batch));
      expect_undisturbed(make_group(options, weights_, batch).get(), options, weights_, clip_, boxes);
    }
}

TEST_F(GroupTest, APyramidOnEveryFrameKeepsThemApart) {
  Options options = quick_options("paper");
  options["scale_gate"] = -1;
  for (int batch : {1, 64}) {
    const Group group = make_group(options, weights_, batch);
    ASSERT_EQ(init(group.get(), clip_, equal_), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(follow(group.get(), clip_), follow_alone(options, weights_, clip_, equal_)) << batch;
  }
}

TEST_F(GroupTest, TheFirstFrameAndTheResponseAreEachTargetsOwn) {
  const Options options = quick_options("dslt");
  for (int batch : {1, 64}) {
    const Group group = make_group(options, weights_, batch);
    ASSERT_EQ(init(group.get(), clip_, equal_), DSLT_OK) << dslt_last_error();
    follow(group.get(), clip_);
    for (int i = 0; i < 3; ++i) {
      const Tracker tracker = make_tracker(options, weights_);
      Clip own = clip_;
      own.box = equal_[static_cast<size_t>(i)];
      run_clip(tracker.get(), own);
      dslt_result first = {}, wanted_first = {};
      ASSERT_EQ(dslt_group_init_result(&first, group.get(), i), DSLT_OK);
      ASSERT_EQ(dslt_tracker_init_result(&wanted_first, tracker.get()), DSLT_OK);
      EXPECT_EQ(first.steps, wanted_first.steps);
      EXPECT_EQ(first.loss, wanted_first.loss);
      EXPECT_EQ(first.box.x, own.box.x);
      dslt_response map = {}, wanted = {};
      ASSERT_EQ(dslt_group_response(&map, group.get(), i), DSLT_OK) << dslt_last_error();
      ASSERT_EQ(dslt_tracker_response(&wanted, tracker.get()), DSLT_OK) << dslt_last_error();
      ASSERT_EQ(map.width * map.height, wanted.width * wanted.height);
      EXPECT_EQ(std::memcmp(&map.window, &wanted.window, sizeof map.window), 0);
      EXPECT_TRUE(std::equal(map.data, map.data + map.width * map.height, wanted.data)) << i;
    }
  }
}

TEST_F(GroupTest, AsManyAsItHoldsAndTheSharedTimeIsSharedOut) {
  Options options = quick_options("dslt");
  options["init_steps"] = 1;
  options["memory"] = 2;
  options["search_min_area"] = 4096;
  options["search_max_area"] = 4096;
  std::vector<dslt_box> boxes;
  for (int i = 0; i < DSLT_GROUP_TARGETS; ++i) boxes.push_back({i * 1.5, i * 1.1, 20, 24});
  const Group group = make_group(options, weights_, 24); /* 22, 21 and 21 of them at once */
  ASSERT_EQ(init(group.get(), clip_, boxes), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(group->batch_count, 3);
  EXPECT_EQ(group->workspace_count, 1);
  std::vector<dslt_result> results(boxes.size());
  const dslt_image frame = clip_.frame(1);
  ASSERT_EQ(dslt_group_update(results.data(), group.get(), &frame), DSLT_OK) << dslt_last_error();
  for (const dslt_result &r : results) {
    EXPECT_GT(r.stage_ms[DSLT_STAGE_BACKBONE], 0);
    EXPECT_GT(r.stage_ms[DSLT_STAGE_CROP], 0);
    expect_sane(r, boxes[0], options, clip_.width, clip_.height);
  }
  EXPECT_EQ(results[0].stage_ms[DSLT_STAGE_BACKBONE], results[21].stage_ms[DSLT_STAGE_BACKBONE]);
  boxes.push_back(boxes[0]);
  EXPECT_EQ(init(group.get(), clip_, boxes), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_count(group.get()), DSLT_GROUP_TARGETS); /* still those */
}

// ---- all or none -------------------------------------------------------------------------------------

TEST_F(GroupTest, ABadBoxIsNamedAndLeavesTheTargetsLearntBefore) {
  const Options options = quick_options();
  const Group group = make_group(options, weights_);
  ASSERT_EQ(init(group.get(), clip_, equal_), DSLT_OK) << dslt_last_error();
  std::vector<dslt_box> bad = unequal_;
  bad[2].width = -1;
  EXPECT_EQ(init(group.get(), clip_, bad), DSLT_EBOX);
  EXPECT_EQ(std::string(dslt_last_error()).rfind("Box 3 of 4: ", 0), 0u) << dslt_last_error();
  EXPECT_EQ(init(group.get(), clip_, {bad[2]}), DSLT_EBOX);
  EXPECT_EQ(std::string(dslt_last_error()).rfind("The box", 0), 0u) << dslt_last_error();
  EXPECT_EQ(follow(group.get(), clip_), follow_alone(options, weights_, clip_, equal_));
}

TEST_F(GroupTest, ATrainingThatFailsIsNamedAndLeavesNone) {
  Options options = quick_options();
  options["feature_scale"] = 1e4;
  options["loss"] = "l3";
  options["init_rate_low"] = 1;
  options["init_rate_high"] = 1;
  options["reduce_channels"] = 512,
  options["reduce_kernel"] = 3;  // the loss of such sums overflows in any order
  const Group group = make_group(options, weights_);
  EXPECT_EQ(init(group.get(), clip_, equal_), DSLT_EWEIGHTS);
  EXPECT_EQ(std::string(dslt_last_error()).rfind("Target 1 of 3: ", 0), 0u) << dslt_last_error();
  EXPECT_EQ(dslt_group_count(group.get()), 0);
}

TEST_F(GroupTest, MissingArgumentsAndCallsOutOfOrderTouchNothing) {
  const Options options = quick_options();
  const dslt_image frame = clip_.frame(0);
  dslt_group *made = nullptr;
  EXPECT_EQ(dslt_group_create(nullptr, options, weights_.get()), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_create(&made, options, nullptr), DSLT_EARGUMENT);
  Options wrong = options;
  wrong["scale_levels"] = 4;
  EXPECT_EQ(dslt_group_create(&made, wrong, weights_.get()), DSLT_EOPTION);
  EXPECT_EQ(made, nullptr);

  const Group owner = make_group(options, weights_);
  dslt_group *g = owner.get();
  dslt_result result[3];
  std::memset(result, 0x5a, sizeof result);
  const dslt_result before = result[0];
  dslt_response map = {};
  for (int count : {0, -1, DSLT_GROUP_TARGETS + 1, INT32_MIN})
    EXPECT_EQ(dslt_group_init(g, &frame, equal_.data(), count), DSLT_EARGUMENT) << count;
  EXPECT_EQ(dslt_group_init(nullptr, &frame, equal_.data(), 3), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_init(g, nullptr, equal_.data(), 3), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_init(g, &frame, nullptr, 3), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_update(result, g, &frame), DSLT_ESTATE);
  EXPECT_EQ(dslt_group_prefetch(g, &frame), DSLT_ESTATE);
  EXPECT_EQ(dslt_group_response(&map, g, 0), DSLT_ESTATE);
  EXPECT_EQ(dslt_group_init_result(result, g, 0), DSLT_ESTATE);
  EXPECT_EQ(dslt_group_count(g), 0);

  ASSERT_EQ(init(g, clip_, equal_), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(dslt_group_update(nullptr, g, &frame), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_update(result, nullptr, &frame), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_update(result, g, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_prefetch(nullptr, &frame), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_prefetch(g, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_response(&map, g, 0), DSLT_ESTATE);
  EXPECT_EQ(dslt_group_response(nullptr, g, 0), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_response(&map, nullptr, 0), DSLT_EARGUMENT);
  for (int target : {-1, 3, INT32_MAX}) {
    EXPECT_EQ(dslt_group_init_result(result, g, target), DSLT_EARGUMENT) << target;
    EXPECT_EQ(dslt_group_response(&map, g, target), DSLT_EARGUMENT) << target;
  }
  EXPECT_EQ(dslt_group_init_result(nullptr, g, 0), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_init_result(result, nullptr, 0), DSLT_EARGUMENT);
  dslt_image smaller = frame;
  smaller.height -= 1;
  EXPECT_EQ(dslt_group_update(result, g, &smaller), DSLT_EFRAME);
  EXPECT_EQ(dslt_group_prefetch(g, &smaller), DSLT_EFRAME);
  smaller.data = nullptr;
  EXPECT_EQ(dslt_group_prefetch(g, &smaller), DSLT_EFRAME);
  EXPECT_EQ(std::memcmp(result, &before, sizeof before), 0);
  EXPECT_STREQ(dslt_group_backend(g), "cpu");
  EXPECT_STREQ(dslt_group_precision(g), "f32");
  EXPECT_STREQ(dslt_group_note(g), "");
  EXPECT_STREQ(dslt_group_backend(nullptr), "");
  EXPECT_STREQ(dslt_group_precision(nullptr), "");
  EXPECT_STREQ(dslt_group_note(nullptr), "");
  EXPECT_EQ(dslt_group_count(nullptr), 0);
  dslt_group_free(nullptr);
}

TEST_F(GroupTest, JoiningAndLeavingHaveLimits) {
  Options options = quick_options();
  options["init_steps"] = 1;
  const dslt_image frame = clip_.frame(0);
  const Group owner = make_group(options, weights_);
  dslt_group *g = owner.get();
  EXPECT_EQ(dslt_group_remove(g, 0), DSLT_ESTATE);
  EXPECT_EQ(dslt_group_remove(nullptr, 0), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_add(nullptr, &frame, &clip_.box), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_add(g, nullptr, &clip_.box), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_group_add(g, &frame, nullptr), DSLT_EARGUMENT);
  ASSERT_EQ(dslt_group_add(g, &frame, &clip_.box), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_group_count(g), 1) << "the first one, without an init";

  // What cannot join leaves the others as they are.
  const dslt_box outside = {5000, 5000, 10, 10};
  EXPECT_EQ(dslt_group_add(g, &frame, &outside), DSLT_EBOX);
  dslt_image smaller = frame;
  smaller.height -= 1;
  EXPECT_EQ(dslt_group_add(g, &smaller, &clip_.box), DSLT_EFRAME);
  EXPECT_EQ(dslt_group_count(g), 1);
  for (int target : {-1, 1, INT32_MAX}) EXPECT_EQ(dslt_group_remove(g, target), DSLT_EARGUMENT) << target;

  // As many as it holds, again and again.
  for (int round = 0; round < 2; ++round) {
    while (dslt_group_count(g) < DSLT_GROUP_TARGETS)
      ASSERT_EQ(dslt_group_add(g, &frame, &equal_[static_cast<size_t>(dslt_group_count(g) % 3)]), DSLT_OK)
          << dslt_last_error();
    EXPECT_EQ(dslt_group_add(g, &frame, &clip_.box), DSLT_EARGUMENT);
    for (int i = 0; i < 40; ++i) ASSERT_EQ(dslt_group_remove(g, (7 * i) % dslt_group_count(g)), DSLT_OK);
  }
  while (dslt_group_count(g) > 0) ASSERT_EQ(dslt_group_remove(g, dslt_group_count(g) - 1), DSLT_OK);
  dslt_result result[3];
  EXPECT_EQ(dslt_group_update(result, g, &frame), DSLT_ESTATE) << "as before an init";
  EXPECT_EQ(dslt_group_init(g, &frame, equal_.data(), 3), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(dslt_group_update(result, g, &frame), DSLT_OK) << dslt_last_error();
}

TEST_F(GroupTest, FirstResultsAndResponsesFollowTheNumbers) {
  const Options options = quick_options();
  const Group owner = make_group(options, weights_);
  dslt_group *g = owner.get();
  ASSERT_EQ(init(g, clip_, equal_), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_group_remove(g, 0), DSLT_OK);
  dslt_result first = {}, results[2];
  ASSERT_EQ(dslt_group_init_result(&first, g, 0), DSLT_OK);
  EXPECT_EQ(first.box.x, equal_[1].x);
  const dslt_image frame = clip_.frame(1);
  ASSERT_EQ(dslt_group_update(results, g, &frame), DSLT_OK) << dslt_last_error();
  const Tracker tracker = make_tracker(options, weights_);
  const dslt_image begin = clip_.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &begin, &equal_[2]), DSLT_OK);
  ASSERT_EQ(dslt_tracker_update(results, tracker.get(), &frame), DSLT_OK);
  dslt_response map = {}, wanted = {};
  ASSERT_EQ(dslt_group_response(&map, g, 1), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_tracker_response(&wanted, tracker.get()), DSLT_OK);
  ASSERT_EQ(map.width * map.height, wanted.width * wanted.height);
  EXPECT_TRUE(std::equal(map.data, map.data + map.width * map.height, wanted.data));
}

// ---- announced frames --------------------------------------------------------------------------------

TEST_F(GroupTest, AnnouncingAFrameChangesNothing) {
  const Options options = quick_options();
  const Group group = make_group(options, weights_);
  ASSERT_EQ(init(group.get(), clip_, equal_), DSLT_OK) << dslt_last_error();
  const std::vector<Trace> plain = follow(group.get(), clip_);
  for (Announce announce : {Announce::kNext, Announce::kAnother}) {
    ASSERT_EQ(init(group.get(), clip_, equal_), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(follow(group.get(), clip_, announce), plain) << static_cast<int>(announce);
  }
}

TEST_F(GroupTest, ATrackerTakesAnnouncementsToo) {
  const Options options = quick_options();
  const Trace plain = run_clip(make_tracker(options, weights_).get(), clip_);
  const Tracker tracker = make_tracker(options, weights_);
  const dslt_image first = clip_.frame(0);
  EXPECT_EQ(dslt_tracker_prefetch(tracker.get(), &first), DSLT_ESTATE);
  EXPECT_EQ(dslt_tracker_prefetch(nullptr, &first), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_prefetch(tracker.get(), nullptr), DSLT_EARGUMENT);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &first, &clip_.box), DSLT_OK) << dslt_last_error();
  Trace got;
  for (size_t i = 1; i < clip_.pixels.size(); ++i) {
    const dslt_image frame = clip_.frame(i), next = clip_.frame(i + 1 < clip_.pixels.size() ? i + 1 : i);
    dslt_image wrong = next;
    wrong.width -= 1;
    EXPECT_EQ(dslt_tracker_prefetch(tracker.get(), &next), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(dslt_tracker_prefetch(tracker.get(), &wrong), DSLT_EFRAME);
    dslt_result result = {};
    ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    got.add(result);
  }
  const size_t head = plain.values.size() - got.values.size();
  EXPECT_TRUE(std::equal(got.values.begin(), got.values.end(),
                         plain.values.begin() + static_cast<std::ptrdiff_t>(head)));
}

// ---- what is kept from one init to the next ----------------------------------------------------------

TEST_F(GroupTest, BackbonesServeTheNextTargetOfTheirSize) {
  const Group group = make_group(quick_options("paper"), weights_);
  ASSERT_EQ(init(group.get(), clip_, {clip_.box}), DSLT_OK) << dslt_last_error();
  const int planned = group->shared.net_count;
  const dslt_net *single = group->workspaces[0].single;
  ASSERT_EQ(init(group.get(), clip_, equal_), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(group->shared.net_count, planned);
  EXPECT_EQ(group->workspaces[0].single, single);
  for (int side = 8; side < 40; side += 2) /* many sizes: only a few are kept, and the first of all */
    ASSERT_EQ(init(group.get(), clip_, {{20, 20, double(side), 20}}), DSLT_OK) << dslt_last_error();
  EXPECT_LE(group->shared.net_count, 8);
  EXPECT_EQ(group->shared.nets[0].net, single);
  const Trace again = (init(group.get(), clip_, equal_), follow(group.get(), clip_)[0]);
  EXPECT_EQ(again, follow_alone(quick_options("paper"), weights_, clip_, {clip_.box})[0]);
}

// ---- who leaves takes its memory along ---------------------------------------------------------------

std::set<const dslt_feature_workspace *> workspaces_in_use(const dslt_group *g) {
  std::set<const dslt_feature_workspace *> out;
  for (int i = 0; i < dslt_group_count(g); ++i) out.insert(dslt_group_target(g, i)->workspace);
  return out;
}

// Of more sizes than a group has entries for, a few at a time join and leave beside one target that stays.
TEST_F(GroupTest, SizesThatNobodyHasAnyMoreAreForgotten) {
  constexpr int kShapes = 15;
  Options options = quick_options("paper");
  options["init_steps"] = 1;
  options["memory"] = 2;
  options["reduce_channels"] = 8;
  options["search_width"] = 2;
  options["search_height"] = 2;
  options["search_min_area"] = 0;
  const Clip clip = make_clip(1 + kShapes);
  const Group owner = make_group(options, weights_);
  dslt_group *g = owner.get();
  ASSERT_EQ(init(g, clip, {clip.box}), DSLT_OK) << dslt_last_error();
  std::set<std::pair<int, int>> sizes;
  Trace stays;
  for (int i = 0; i < kShapes; ++i) {
    const dslt_image before = clip.frame(static_cast<size_t>(i)),
                     frame = clip.frame(static_cast<size_t>(i) + 1);
    for (int k = 0; k < kShapes; ++k) {
      const dslt_box box = {8, 8, 16.0 + 4 * k, 16.0 + 4 * i};
      ASSERT_EQ(dslt_group_add(g, &before, &box), DSLT_OK) << dslt_last_error();
      const dslt_feature_workspace *w = dslt_group_target(g, k + 1)->workspace;
      sizes.insert({w->input_width, w->input_height});
      ASSERT_EQ(static_cast<size_t>(g->workspace_count), workspaces_in_use(g).size());
    }
    std::vector<dslt_result> results(1 + kShapes);
    ASSERT_EQ(dslt_group_update(results.data(), g, &frame), DSLT_OK) << dslt_last_error();
    stays.add(results[0]);
    while (dslt_group_count(g) > 1) ASSERT_EQ(dslt_group_remove(g, 1), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(g->workspace_count, 1);
    ASSERT_LE(g->shared.net_count, DSLT_NETS_KEPT);
  }
  EXPECT_GT(sizes.size(), size_t(DSLT_GROUP_SLOTS));
  EXPECT_TRUE(stays == alone(options, weights_, clip, {clip.box, 0, kShapes}));
}

// A workspace is closed with the last batch in it, of however many targets, and another size takes its place.
TEST_F(GroupTest, AWorkspaceStaysAsLongAsABatchInIt) {
  const Options options = quick_options("paper");
  const dslt_image frame = clip_.frame(0);
  const Group owner = make_group(options, weights_, 2);
  dslt_group *g = owner.get();
  ASSERT_EQ(init(g, clip_, {unequal_[0], equal_[0], equal_[1], equal_[2]}), DSLT_OK) << dslt_last_error();
  const dslt_feature_workspace *shared = dslt_group_target(g, 1)->workspace;
  ASSERT_EQ(dslt_group_add(g, &frame, &equal_[0]), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(dslt_group_target(g, 4)->workspace, shared);
  for (int left = 3; left > 0; --left) {
    EXPECT_EQ(g->workspace_count, 2) << left;
    ASSERT_EQ(dslt_group_remove(g, 1), DSLT_OK);
  }
  EXPECT_EQ(g->workspace_count, 2) << "who joined is left";
  ASSERT_EQ(dslt_group_remove(g, 1), DSLT_OK);
  EXPECT_EQ(g->workspace_count, 1);
  ASSERT_EQ(dslt_group_add(g, &frame, &unequal_[2]), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(dslt_group_target(g, 1)->workspace, shared);
  EXPECT_EQ(g->workspace_count, 2);
}

// One that is taken once too often is never freed.
TEST_F(GroupTest, AnEmptiedGroupUsesNoNetwork) {
  for (const char *preset : {"paper", "dslt"})
    for (int batch : {1, 2, 64}) {
      const Group owner = make_group(quick_options(preset), weights_, batch);
      ASSERT_EQ(init(owner.get(), clip_, equal_), DSLT_OK) << dslt_last_error();
      const dslt_shared *s = &owner->shared;
      EXPECT_GT(s->nets[0].users, 0) << preset;
      while (dslt_group_count(owner.get()) > 0) ASSERT_EQ(dslt_group_remove(owner.get(), 0), DSLT_OK);
      EXPECT_GT(s->net_count, 0) << "they are kept";
      for (int i = 0; i < s->net_count; ++i) EXPECT_EQ(s->nets[i].users, 0) << preset << ", batch " << batch;
    }
}

// ---- out of memory in the middle ---------------------------------------------------------------------

// The CPU's tables, but for one call that fails, and how many pieces of memory and networks are held.
struct Scarce {
  static inline int left, held;
  static int take() { return --left < 0 ? dslt_fail(DSLT_EMEMORY, "Out of memory in a test.") : DSLT_OK; }
  static int note(int rc) { return held += rc == DSLT_OK, rc; }
  static int alloc(void **out, dslt_backend *b, size_t bytes) {
    DSLT_TRY(take());
    return note(b->type->device->alloc(out, b, bytes));
  }
  static void release(dslt_backend *b, void *memory) {
    held -= memory != nullptr;
    b->type->device->release(b, memory);
  }
  static int net_plan(dslt_net **out, dslt_backend *b, const dslt_net_desc *desc) {
    DSLT_TRY(take());
    return note(b->type->nn->net_plan(out, b, desc));
  }
  static void net_free(dslt_net *net) {
    held -= net != nullptr;
    dslt_cpu_backend.nn->net_free(net);
  }

  explicit Scarce(dslt_backend *b) : device(*b->device), nn(*b->nn), backend(b) {
    left = INT32_MAX, held = 0;
    device.alloc = alloc, device.release = release;
    nn.net_plan = net_plan, nn.net_free = net_free;
    b->device = &device, b->nn = &nn;
  }
  ~Scarce() { backend->device = backend->type->device, backend->nn = backend->type->nn; }
  dslt_device_ops device;
  dslt_nn_ops nn;
  dslt_backend *backend;
};

TEST_F(GroupTest, WhoCannotJoinForLackOfMemoryLeavesNothingBehind) {
  Options options = quick_options("paper");
  options["init_steps"] = 1;
  const dslt_box larger = {20, 20, 60, 40};
  const Group owner = make_group(options, weights_);
  dslt_group *g = owner.get();
  const Scarce scarce(g->shared.backend);
  ASSERT_EQ(init(g, clip_, {clip_.box}), DSLT_OK) << dslt_last_error();
  const dslt_image frame = clip_.frame(0);
  const int held = Scarce::held, nets = g->shared.net_count;
  int refused = 0;
  const auto add = [&](int calls) {
    Scarce::left = calls;
    return dslt_group_add(g, &frame, &larger);
  };
  for (int rc; (rc = add(refused)) != DSLT_OK; ++refused) {
    ASSERT_EQ(rc, DSLT_EMEMORY) << dslt_last_error();
    EXPECT_EQ(Scarce::held, held) << "call " << refused;
    EXPECT_EQ(g->shared.net_count, nets) << "call " << refused;
    EXPECT_EQ(g->workspace_count, 1) << "call " << refused;
    EXPECT_EQ(dslt_group_count(g), 1);
  }
  EXPECT_GT(refused, 10);
  EXPECT_EQ(g->workspace_count, 2);
  Scarce::left = INT32_MAX;
  ASSERT_EQ(dslt_group_remove(g, 1), DSLT_OK);
  EXPECT_EQ(follow(g, clip_), follow_alone(options, weights_, clip_, {clip_.box}));
  dslt_group_unplan(g);
}

}  // namespace
