/* SPDX-License-Identifier: Apache-2.0 */
// Is the target of the first frame to be seen again? Noise of every grain is not; what moves, changes its light or is
// half covered is. And what a group makes of it: a target that is not seen waits, the others are followed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "../api/small_world.h"
#include "base/rng.h"
#include "tracker/first_sight.h"
#include "tracker/group.h"

namespace {

constexpr int kWidth = 160, kHeight = 120;

struct Picture {
  std::vector<uint8_t> bytes = std::vector<uint8_t>(size_t(kWidth) * kHeight * 3);
  uint8_t &at(int x, int y, int c) { return bytes[(size_t(y) * kWidth + size_t(x)) * 3 + size_t(c)]; }
  dslt_image image() const { return {bytes.data(), kWidth, kHeight, size_t(kWidth) * 3, DSLT_BGR8}; }
};

enum class Values { kUniform, kGaussian, kGrey };

// Noise of grains `grain` pixels wide, between which values change evenly.
Picture noise(uint64_t seed, int grain, Values values = Values::kUniform) {
  dslt_rng rng = dslt_rng_make(seed, 9);
  const int columns = kWidth / grain + 2, rows = kHeight / grain + 2;
  std::vector<double> grains(size_t(columns) * size_t(rows) * 3);
  for (size_t i = 0; i < grains.size(); ++i) {
    double v = 255 * dslt_rng_uniform(&rng);
    if (values == Values::kGaussian)
      v = 128 + 12 * std::sqrt(-2 * std::log(1e-12 + dslt_rng_uniform(&rng))) * std::cos(6.2831853 * v / 255);
    grains[i] = values == Values::kGrey && i % 3 ? grains[i - 1] : std::clamp(v, 0.0, 255.0);
  }
  Picture picture;
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      for (int c = 0; c < 3; ++c) {
        const auto grain_at = [&](int column, int row) {
          return grains[(size_t(row) * size_t(columns) + size_t(column)) * 3 + size_t(c)];
        };
        const int u = x / grain, v = y / grain;
        const double fx = double(x % grain) / grain, fy = double(y % grain) / grain;
        picture.at(x, y, c) = uint8_t((1 - fy) * ((1 - fx) * grain_at(u, v) + fx * grain_at(u + 1, v)) +
                                      fy * ((1 - fx) * grain_at(u, v + 1) + fx * grain_at(u + 1, v + 1)));
      }
  return picture;
}

// A textured target at (x, y), as large as kBox, in `picture`.
const dslt_box kBox = {60, 40, 40, 30};
void paint(Picture *picture, int x, int y, double light = 1) {
  for (int v = 0; v < int(kBox.height); ++v)
    for (int u = 0; u < int(kBox.width); ++u)
      for (int c = 0; c < 3; ++c)
        picture->at(x + u, y + v, c) =
            uint8_t(light * (110 + 60 * std::sin(0.3 * u + c) * std::cos(0.4 * v) + (u < 20 ? 20 : 0)));
}
Picture plain(uint8_t value) {
  Picture picture;
  std::fill(picture.bytes.begin(), picture.bytes.end(), value);
  return picture;
}

class FirstSight : public testing::Test {
 protected:
  // Does `then` come again in `now`, or was there nothing to wait for?
  static bool again(const Picture &then, const Picture &now, const dslt_box &box = kBox) {
    dslt_first_sight *sight = nullptr;
    const dslt_image first = then.image(), frame = now.image();
    EXPECT_EQ(dslt_first_sight_open(&sight, &first, &box), DSLT_OK);
    const int seen = !sight || dslt_first_sight_again(sight, &frame);
    dslt_first_sight_close(sight);
    return seen != 0;
  }
};

TEST_F(FirstSight, ChangingNoiseOfAnyGrainIsNothingSeen) {
  for (Values values : {Values::kUniform, Values::kGaussian, Values::kGrey})
    for (int grain : {1, 2, 4})
      for (uint64_t seed = 0; seed < 20; ++seed)
        EXPECT_FALSE(again(noise(2 * seed, grain, values), noise(2 * seed + 1, grain, values)))
            << int(values) << ", grains of " << grain << ", seed " << seed;
}

TEST_F(FirstSight, SoAreSmallLargeAndNarrowBoxes) {
  for (const dslt_box &box : {dslt_box{50, 50, 10, 10}, dslt_box{10, 10, 120, 90}, dslt_box{70, 10, 12, 90},
                              dslt_box{140, 100, 40, 40}})
    for (uint64_t seed = 0; seed < 20; ++seed)
      EXPECT_FALSE(again(noise(2 * seed, 1), noise(2 * seed + 1, 1), box)) << box.width << ", seed " << seed;
}

TEST_F(FirstSight, TheSameNoiseIsSeenWhereItMoves) {
  const Picture first = noise(1, 2);
  Picture moved = first;
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      for (int c = 0; c < 3; ++c)
        moved.at(x, y, c) = Picture(first).at(std::max(x - 6, 0), std::max(y - 3, 0), c);
  EXPECT_TRUE(again(first, first));
  EXPECT_TRUE(again(first, moved));
}

TEST_F(FirstSight, ATargetIsSeenBeforeNoiseAndANewGround) {
  Picture first = noise(1, 1), then = noise(2, 1);
  paint(&first, 60, 40);
  paint(&then, 74, 50);
  EXPECT_TRUE(again(first, then));
  Picture plain_first = plain(40), plain_then = plain(200);
  paint(&plain_first, 60, 40);
  paint(&plain_then, 50, 44, 0.5);  // in half the light
  EXPECT_TRUE(again(plain_first, plain_then));
}

TEST_F(FirstSight, SurroundingsWillDoWhereTheTargetIsPlainOrCovered) {
  Picture first = noise(1, 4), then = noise(1, 4);
  for (int y = 40; y < 70; ++y)
    for (int x = 60; x < 100; ++x)
      for (int c = 0; c < 3; ++c) first.at(x, y, c) = 90, then.at(x, y, c) = uint8_t(90 + x % 7);
  EXPECT_TRUE(again(first, then));
}

// ---- in a group ----------------------------------------------------------------------------------------

struct FreeGroup {
  void operator()(dslt_group *group) const { dslt_group_free(group); }
};

// Two targets of one size, the second one in noise, of which frames 1 and 2 show another.
TEST(FirstSightGroup, ATargetWaitsAndTheOthersAreFollowed) {
  Clip clip = make_clip(6, kWidth, kHeight);
  const Weights weights = small_weights();
  const dslt_box far = {8, 8, clip.box.width, clip.box.height};
  const dslt_box boxes[] = {clip.box, far};
  ASSERT_GT(clip.box.x, 90);
  for (size_t i = 0; i < 6; ++i) {
    const Picture other = noise(i == 1 || i == 2 ? i : 7, 1);
    for (int y = 0; y < kHeight; ++y)
      std::copy_n(other.bytes.begin() + y * kWidth * 3, 64 * 3, clip.pixels[i].begin() + y * kWidth * 3);
  }
  for (int batch : {1, 2}) {
    dslt_group *made = nullptr;
    ASSERT_EQ(dslt_group_create(&made, quick_options("dslt"), weights.get()), DSLT_OK) << dslt_last_error();
    const std::unique_ptr<dslt_group, FreeGroup> group(made);
    dslt_group_set_batch(group.get(), batch);
    dslt_image frame = clip.frame(0);
    ASSERT_EQ(dslt_group_init(group.get(), &frame, boxes, 2), DSLT_OK) << dslt_last_error();
    for (size_t i = 1; i < 6; ++i) {
      frame = clip.frame(i);
      dslt_result results[2];
      ASSERT_EQ(dslt_group_update(results, group.get(), &frame), DSLT_OK) << dslt_last_error();
      EXPECT_NE(results[0].box.x, clip.box.x);
      EXPECT_EQ(results[1].box.x == far.x && results[1].peak == 0 && results[1].lost, i < 3) << i;
      EXPECT_EQ(results[1].found, i == 3) << i;
      dslt_response response;
      ASSERT_EQ(dslt_group_response(&response, group.get(), 1), DSLT_OK) << dslt_last_error();
      const float *end = response.data + response.width * response.height;
      EXPECT_EQ(std::all_of(response.data, end, [](float v) { return v == 0; }), i < 3) << i;
    }
  }
}

// What is seen at last is followed as though the frames before had not been.
TEST(FirstSightGroup, WaitingLeavesNoTrace) {
  const Weights weights = small_weights();
  std::vector<Picture> clip(5);
  clip[0] = noise(99, 2);
  for (size_t i = 1; i < clip.size(); ++i)
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        for (int c = 0; c < 3; ++c) clip[i].at(x, y, c) = clip[0].at(std::max(x - 2 * int(i), 0), y, c);
  for (const char *preset : {"paper", "dslt", "crt-hog"}) {
    std::vector<Trace> traces;
    Options options(preset);
    options["backend"] = "cpu", options["threads"] = 1, options["init_steps"] = 12;
    for (int waits : {0, 3}) {
      const Tracker tracker = make_tracker(options, weights);
      dslt_image frame = clip[0].image();
      ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &kBox), DSLT_OK) << dslt_last_error();
      dslt_result result = {};
      for (int i = 0; i < waits; ++i) {
        const Picture nothing = noise(uint64_t(i), 2);
        frame = nothing.image();
        ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
        EXPECT_EQ(result.lost, 1) << preset;
        EXPECT_EQ(result.box.x, kBox.x);
        EXPECT_EQ(result.box.height, kBox.height);
      }
      Trace trace;
      for (size_t i = 1; i < clip.size(); ++i) {
        frame = clip[i].image();
        ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
        EXPECT_EQ(result.found, i == 1 && waits > 0) << preset << i;
        trace.add(result);
      }
      traces.push_back(trace);
    }
    EXPECT_TRUE(traces[0] == traces[1]) << preset;
  }
}

TEST(FirstSightGroup, TheOptionSearchesAtOnce) {
  const Weights weights = small_weights();
  for (int waits : {0, 1}) {
    Options options = quick_options("paper");
    options["first_sight"] = waits;
    const Tracker tracker = make_tracker(options, weights);
    const Picture first = noise(1, 2), second = noise(2, 2);
    dslt_image frame = first.image();
    ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &kBox), DSLT_OK) << dslt_last_error();
    frame = second.image();
    dslt_result result = {};
    ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(result.box.x == kBox.x, waits == 1);
    EXPECT_EQ(result.peak == 0, waits == 1);
  }
}

}  // namespace
