/* SPDX-License-Identifier: Apache-2.0 */
// Several targets on the emulated GPU: a batch gives each the bits that a tracker of its own gets, recorded
// or not; and a frame that is brought over ahead of its turn is the same frame.
#include <cstdlib>
#include <cstring>

#include "../api/group_lives.h"
#include "backend/cuda/cuda.h"
#include "kernels.h"
#include "runtime.h"

namespace {

Options gpu_options(const char *preset) {
  Options o = quick_options(preset);
  o["backend"] = "cuda";
  o["precision"] = "f32";
  o["init_steps"] = 2;
  o["memory"] = 2;
  o["search_min_area"] = 1000;
  o["search_max_area"] = 2000;
  o["reduce_channels"] = 8;
  if (std::string(preset) == "released") o["feature_scale"] = 0.01;
  return o;
}

std::vector<Trace> follow(dslt_group *group, const Clip &clip, const std::vector<dslt_box> &boxes,
                          bool announce = false, std::vector<emulated::Counts> *counts = nullptr) {
  dslt_image frame = clip.frame(0);
  EXPECT_EQ(dslt_group_init(group, &frame, boxes.data(), static_cast<int>(boxes.size())), DSLT_OK)
      << dslt_last_error();
  std::vector<Trace> traces(boxes.size());
  std::vector<dslt_result> results(boxes.size());
  for (size_t i = 1; i < clip.pixels.size(); ++i) {
    frame = clip.frame(i);
    if (announce && i + 1 < clip.pixels.size()) {
      const dslt_image next = clip.frame(i + 1);
      EXPECT_EQ(dslt_group_prefetch(group, &next), DSLT_OK) << dslt_last_error();
    }
    emulated::take_counts();
    EXPECT_EQ(dslt_group_update(results.data(), group, &frame), DSLT_OK) << dslt_last_error();
    if (counts) counts->push_back(emulated::take_counts());
    for (size_t k = 0; k < boxes.size(); ++k) traces[k].add(results[k]);
  }
  return traces;
}

std::vector<Trace> follow_alone(const Options &options, const Weights &weights, const Clip &clip,
                                const std::vector<dslt_box> &boxes) {
  std::vector<Trace> traces;
  for (const dslt_box &box : boxes)
    traces.push_back(follow(make_group(options, weights).get(), clip, {box}).front());
  return traces;
}

class EmulatedGroup : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("DSLT_CUDA_STRICT", "1", 1);
    unsetenv("DSLT_CUDA_GRAPHS");
    emulated::allow(true, true);
  }
  Clip clip_ = make_clip(5);
  Weights weights_ = small_weights();
  std::vector<dslt_box> equal_ = {
      clip_.box, {8, 10, clip_.box.width, clip_.box.height}, {90, 60, clip_.box.width, clip_.box.height}};
  std::vector<dslt_box> mixed_ = {{70, 50, 31, 12}, clip_.box, {5, 60, 14, 33}, {30, 8, 31, 12}};
};

class EmulatedGroupPreset : public EmulatedGroup, public ::testing::WithParamInterface<const char *> {};

TEST_P(EmulatedGroupPreset, EachTargetGetsWhatItGetsAlone) {
  const Options options = gpu_options(GetParam());
  for (const std::vector<dslt_box> &boxes : {mixed_}) {
    const std::vector<Trace> alone = follow_alone(options, weights_, clip_, boxes);
    const Group group = make_group(options, weights_), pairs = make_group(options, weights_, 2);
    EXPECT_TRUE(follow(group.get(), clip_, boxes) == alone);
    EXPECT_TRUE(follow(pairs.get(), clip_, boxes, true) == alone);
    setenv("DSLT_CUDA_GRAPHS", "0", 1);
    EXPECT_TRUE(follow(group.get(), clip_, boxes, true) == alone);
    unsetenv("DSLT_CUDA_GRAPHS");
  }
}

INSTANTIATE_TEST_SUITE_P(Presets, EmulatedGroupPreset, ::testing::Values("dslt", "paper", "released"),
                         [](const auto &one) { return std::string(one.param); });

// Batches of several stay as they are recorded when one of them leaves.
TEST_F(EmulatedGroup, WhoJoinsOrLeavesDisturbsNobody) {
  const Options options = gpu_options("dslt");
  for (const std::vector<dslt_box> &boxes : {equal_, mixed_})
    expect_undisturbed(make_group(options, weights_).get(), options, weights_, clip_, boxes);
}

// A larger target needs more of the memory that all share, which moves: what was recorded with the old place is not launched.
TEST_F(EmulatedGroup, WhoNeedsMoreMemoryDisturbsNobody) {
  Options options = gpu_options("paper");
  options["search_max_area"] = 20000;
  const Clip clip = make_clip(8);
  const std::vector<Life> lives = {{{30, 8, 8, 8}, 0, 7}, {{10, 10, 90, 70}, 4, 7}};
  const Group group = make_group(options, weights_);
  const std::vector<Trace> together = live(group.get(), clip, lives);
  for (size_t k = 0; k < lives.size(); ++k)
    EXPECT_TRUE(together[k] == alone(options, weights_, clip, lives[k])) << "target " << k;
}

TEST_F(EmulatedGroup, FramesRecordedBeforeMemoryMovedAreRecordedAnew) {
  Options options = gpu_options("paper");
  options["search_max_area"] = 20000;
  const Group group = make_group(options, weights_);
  const dslt_image frame = clip_.frame(0);
  const dslt_box small = {30, 8, 8, 8}, large = {10, 10, 90, 70};
  std::vector<dslt_result> results(2);
  const auto graphs = [&] {
    emulated::take_counts();
    EXPECT_EQ(dslt_group_update(results.data(), group.get(), &frame), DSLT_OK) << dslt_last_error();
    return emulated::take_counts().graphs;
  };
  ASSERT_EQ(dslt_group_init(group.get(), &frame, &small, 1), DSLT_OK) << dslt_last_error();
  graphs();
  graphs();
  EXPECT_GT(graphs(), 0);  // recorded
  const uint64_t before = dslt_cuda_of(group->shared.backend)->moves;
  ASSERT_GE(dslt_group_add(group.get(), &frame, &large), DSLT_OK) << dslt_last_error();
  ASSERT_GT(dslt_cuda_of(group->shared.backend)->moves, before);
  EXPECT_EQ(graphs(), 0);
  EXPECT_GT(graphs(), 0);
}

// Frames that come over ahead, graphs that are recorded and replayed: in whatever order the streams are served.
TEST_F(EmulatedGroup, StreamsServedInAnyOrderGiveTheSame) {
  const Options options = gpu_options("dslt");
  const auto run = [&](unsigned seed) {
    emulated::serve_at_random(seed);
    const std::vector<Trace> out = follow(make_group(options, weights_).get(), clip_, {clip_.box}, true);
    emulated::serve_at_random(0);
    return out;
  };
  const std::vector<Trace> want = run(0);
  for (unsigned seed : {1u, 2u}) EXPECT_TRUE(run(seed) == want) << "seed " << seed;
}

TEST_F(EmulatedGroup, ManySizesDoNotDisturbWhatIsRecorded) {
  Options options = gpu_options("paper");
  options["search_max_area"] = 3000;
  options["init_steps"] = 1;
  const std::vector<dslt_box> boxes = {{20, 20, 8, 48},  {30, 20, 12, 30}, {40, 30, 20, 20},
                                       {50, 30, 30, 12}, {30, 40, 48, 8},  {10, 40, 60, 6}};
  const Group group = make_group(options, weights_);
  const std::vector<Trace> together = follow(group.get(), clip_, boxes);
  EXPECT_GE(group->workspace_count, 5);
  EXPECT_TRUE(together == follow_alone(options, weights_, clip_, boxes));
}

// The networks and the memory of who has left are freed while the others' recorded frames are launched.
TEST_F(EmulatedGroup, SizesThatComeAndGoDisturbNobody) {
  Options options = gpu_options("paper");
  options["search_max_area"] = 3000;
  options["init_steps"] = 1;
  const Clip clip = make_clip(9);
  std::vector<Life> lives = {{clip.box, 0, 8}, {{30, 8, 31, 12}, 0, 8}};
  for (const dslt_box &box : std::vector<dslt_box>{{20, 20, 8, 48},
                                                   {30, 20, 12, 30},
                                                   {40, 30, 20, 20},
                                                   {50, 30, 30, 12},
                                                   {30, 40, 48, 8},
                                                   {10, 40, 60, 6}})
    lives.push_back({box, lives.size() - 1, lives.size()});
  const Group group = make_group(options, weights_);
  const std::vector<Trace> together = live(group.get(), clip, lives);
  for (size_t k = 0; k < lives.size(); ++k)
    EXPECT_TRUE(together[k] == alone(options, weights_, clip, lives[k])) << "life " << k;
  EXPECT_EQ(group->workspace_count, 2);
  EXPECT_LE(group->shared.net_count, DSLT_NETS_KEPT);
}

TEST_F(EmulatedGroup, ARecordedFrameIsAGraphForTheBatchAndOneForEachTarget) {
  std::vector<emulated::Counts> counts;
  follow(make_group(gpu_options("paper"), weights_).get(), clip_, equal_, false, &counts);
  for (size_t i = 2; i < counts.size(); ++i) {
    EXPECT_EQ(counts[i].graphs, 1 + 3) << "frame " << i;
    EXPECT_EQ(counts[i].launches, 2) << "frame " << i;  // the pixels and their layout
    EXPECT_EQ(counts[i].uploads_ahead, 0) << "frame " << i;
  }
}

TEST_F(EmulatedGroup, AnAnnouncedFrameComesOverWhileTheOneBeforeIsTracked) {
  std::vector<emulated::Counts> counts;
  follow(make_group(gpu_options("paper"), weights_).get(), clip_, equal_, true, &counts);
  for (size_t i = 2; i < counts.size(); ++i) {
    const bool last = i + 1 == counts.size();
    EXPECT_EQ(counts[i].uploads_ahead, last ? 0 : 1) << "frame " << i;
    EXPECT_EQ(counts[i].launches, last ? 1 : 2) << "frame " << i;  // the layout, and the pixels behind it
    EXPECT_EQ(counts[i].graphs, 1 + 3) << "frame " << i;
  }
}

// Of a large frame no more than the search area and what lies around it comes over, ahead or in its turn.
TEST_F(EmulatedGroup, OfALargeFrameTheSearchAreasComeOver) {
  const Options options = gpu_options("paper");
  const Clip large = make_clip(6, 1280, 720);
  Options on_cpu = options;
  on_cpu["backend"] = "cpu";
  const std::vector<Trace> wanted = follow(make_group(on_cpu, weights_).get(), large, {large.box});
  for (bool announced : {false, true}) {
    std::vector<emulated::Counts> counts;
    const std::vector<Trace> got =
        follow(make_group(options, weights_).get(), large, {large.box}, announced, &counts);
    ASSERT_EQ(got[0].values.size(), wanted[0].values.size());
    for (size_t i = 0; i < got[0].values.size(); ++i)
      EXPECT_NEAR(got[0].values[i], wanted[0].values[i], 0.02 * (1 + std::fabs(wanted[0].values[i]))) << i;
    for (size_t i = 0; i < counts.size(); ++i) {
      // 400 x 400 pixels, as the search goes on around any place in the area; announced, an eighth more on every side
      const long side = announced ? 510 : 410, announced_too = announced && i == 0;
      EXPECT_LT(counts[i].uploaded, 3 * side * side * (1 + announced_too)) << "frame " << i;
      EXPECT_GT(counts[i].uploaded, announced && i + 1 == counts.size() ? 0 : 3 * 200 * 200) << "frame " << i;
    }
  }
}

// Several targets share one piece.
TEST_F(EmulatedGroup, TargetsFarApartShareOnePiece) {
  const Options options = gpu_options("dslt");
  const Clip large = make_clip(4, 640, 480);
  const std::vector<dslt_box> boxes = {{30, 30, 24, 20}, {580, 420, 20, 24}, large.box};
  std::vector<emulated::Counts> counts;
  const std::vector<Trace> together =
      follow(make_group(options, weights_).get(), large, boxes, false, &counts);
  EXPECT_TRUE(together == follow_alone(options, weights_, large, boxes));
  EXPECT_GT(counts.back().uploaded, 3 * 500 * 350);
  EXPECT_LE(counts.back().uploaded, 3 * 640 * 480 + long(sizeof(dslt_frame_view)));
}

// The buffer of a frame that was announced and never taken may hold something else by the time it is named
// again.
TEST_F(EmulatedGroup, AFrameThatWasNotTakenIsForgotten) {
  const Options options = gpu_options("paper");
  const Group group = make_group(options, weights_);
  const std::vector<Trace> wanted = follow(group.get(), clip_, equal_);
  std::vector<uint8_t> buffer = clip_.pixels[4];
  const dslt_image lent = {buffer.data(), clip_.width, clip_.height, static_cast<size_t>(clip_.width) * 3,
                           DSLT_BGR8};
  for (size_t other : {0u, 2u}) {  // taken by the next init; by a later update
    std::vector<dslt_result> results(3);
    std::vector<Trace> got(3);
    dslt_image frame = clip_.frame(0);
    if (other == 0) {  // brought over during an update of an earlier video
      ASSERT_EQ(dslt_group_init(group.get(), &frame, equal_.data(), 3), DSLT_OK) << dslt_last_error();
      ASSERT_EQ(dslt_group_prefetch(group.get(), &lent), DSLT_OK);
      ASSERT_EQ(dslt_group_update(results.data(), group.get(), &frame), DSLT_OK) << dslt_last_error();
      std::memcpy(buffer.data(), clip_.pixels[0].data(), buffer.size());
      frame = lent;
    }
    ASSERT_EQ(dslt_group_init(group.get(), &frame, equal_.data(), 3), DSLT_OK) << dslt_last_error();
    for (size_t i = 1; i < clip_.pixels.size(); ++i) {
      frame = clip_.frame(i);
      if (other && i == other - 1) {
        ASSERT_EQ(dslt_group_prefetch(group.get(), &lent), DSLT_OK);
      }
      if (other && i == other + 1) {  // the frame between has made it stale
        std::memcpy(buffer.data(), clip_.pixels[i].data(), buffer.size());
        frame = lent;
      }
      ASSERT_EQ(dslt_group_update(results.data(), group.get(), &frame), DSLT_OK) << dslt_last_error();
      for (size_t k = 0; k < 3; ++k) got[k].add(results[k]);
    }
    EXPECT_TRUE(got == wanted) << other;
  }
}

TEST_F(EmulatedGroup, ATrackerBringsFramesAheadToo) {
  const Options options = gpu_options("dslt");
  const Trace wanted = follow(make_group(options, weights_).get(), clip_, {clip_.box}).front();
  const Tracker tracker = make_tracker(options, weights_);
  dslt_image frame = clip_.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip_.box), DSLT_OK) << dslt_last_error();
  Trace got;
  for (size_t i = 1; i < clip_.pixels.size(); ++i) {
    frame = clip_.frame(i);
    dslt_image next = clip_.frame(i + 1 < clip_.pixels.size() ? i + 1 : i);
    ASSERT_EQ(dslt_tracker_prefetch(tracker.get(), &next), DSLT_OK) << dslt_last_error();
    next.width -= 1;
    EXPECT_EQ(dslt_tracker_prefetch(tracker.get(), &next), DSLT_EFRAME);
    dslt_result result = {};
    ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    got.add(result);
  }
  EXPECT_TRUE(got == wanted);
}

TEST_F(EmulatedGroup, TooLittleMemoryIsASentenceAndTheGroupGoesOn) {
  const Options options = gpu_options("paper");
  const Group group = make_group(options, weights_);
  const std::vector<Trace> wanted = follow(group.get(), clip_, mixed_);
  const dslt_image frame = clip_.frame(0);
  for (size_t limit : {100u, 5000u, 60000u}) {
    emulated::limit_memory(limit);
    EXPECT_EQ(dslt_group_init(group.get(), &frame, mixed_.data(), 4), DSLT_EDEVICE_MEMORY) << limit;
    EXPECT_EQ(dslt_group_count(group.get()), 0);
  }
  emulated::limit_memory(SIZE_MAX);
  EXPECT_TRUE(follow(group.get(), clip_, mixed_) == wanted);
}

}  // namespace
