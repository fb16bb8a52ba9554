/* SPDX-License-Identifier: Apache-2.0 */
// GOT-10k's measures and OTB's robustness protocols, on numbers worked out by hand.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/rng.h"
#include "dataset/boxes.h"
#include "eval/got10k.h"
#include "eval/tre_sre.h"
#include "gtest/gtest.h"

namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<dslt_box> from_otb(std::vector<dslt_box> boxes) {
  for (dslt_box &box : boxes) box = dslt_box_from_otb(box);
  return boxes;
}

dslt_got10k score(const dslt_got10k_scene &scene, const std::vector<dslt_box> &results,
                  const std::vector<dslt_box> &truth, std::vector<double> *overlaps = nullptr) {
  dslt_got10k got = {};
  if (overlaps) overlaps->resize(truth.size());
  EXPECT_EQ(dslt_got10k_score(&got, &scene, from_otb(results).data(), from_otb(truth).data(),
                              (int)truth.size(), overlaps ? overlaps->data() : nullptr),
            DSLT_OK)
      << dslt_last_error();
  return got;
}

// ---- GOT-10k ------------------------------------------------------------------------------------------

TEST(Got10k, FirstFrameAndHiddenFramesDoNotCount) {
  const dslt_box box = {10, 10, 20, 10}, half = {10, 10, 10, 10}, far = {200, 200, 20, 10};
  const uint8_t cover[] = {8, 8, 0, 4, 8};
  const std::vector<dslt_box> truth(5, box), results = {far, box, far, half, far};
  std::vector<double> overlaps;
  const dslt_got10k got = score({0, 0, cover}, results, truth, &overlaps);
  EXPECT_EQ(got.frames, 3);
  EXPECT_NEAR(got.ao, (1 + 0.5 + 0) / 3, 1e-12);
  EXPECT_DOUBLE_EQ(got.sr50, 1.0 / 3);  // 0.5 is not above 0.5
  EXPECT_DOUBLE_EQ(got.sr75, 1.0 / 3);
  EXPECT_EQ(got.success_count[0], 2);
  EXPECT_EQ(got.success_count[49], 2);
  EXPECT_EQ(got.success_count[50], 1);
  EXPECT_EQ(got.success_count[100], 0);
  EXPECT_EQ(overlaps[0], -1);
  EXPECT_EQ(overlaps[2], -1);
  EXPECT_NEAR(overlaps[3], 0.5, 1e-12);
  EXPECT_EQ(score({}, results, truth).frames, 4);
}

TEST(Got10k, BoxesAreClippedAsTheToolkitDoes) {
  // In an image 100 x 80 the truth ends at 100 whatever it says; a result that says so is perfect.
  const std::vector<dslt_box> truth(2, {90, 10, 30, 20}), results = {truth[0], {90, 10, 10, 20}};
  EXPECT_NEAR(score({100, 80, nullptr}, results, truth).ao, 1, 1e-12);
  EXPECT_NEAR(score({}, results, truth).ao, 1.0 / 3, 1e-12);
  // On the left the corner moves to 0 and the width stays: -10..10 becomes 0..20, as the toolkit has it.
  const std::vector<dslt_box> left(2, {-10, 10, 20, 20}), right = {left[0], {0, 10, 20, 20}};
  EXPECT_NEAR(score({100, 80, nullptr}, right, left).ao, 1, 1e-12);
}

TEST(Got10k, ThresholdsAreExceededNotReached) {
  const dslt_box box = {10, 10, 20, 10}, three_quarters = {10, 10, 15, 10}, half = {10, 10, 10, 10};
  const dslt_got10k got = score({}, {box, three_quarters, half}, {box, box, box});
  EXPECT_EQ(got.count75, 0);
  EXPECT_EQ(got.count50, 1);
  EXPECT_EQ(got.success_count[49], 2);
  EXPECT_EQ(got.success_count[50], 1);
  EXPECT_EQ(got.success_count[74], 1);
  EXPECT_EQ(got.success_count[75], 0);
}

TEST(Got10k, ABoxBelowTheImageIsCutToo) {
  // In an image 100 x 80 the truth ends at 80 whatever it says.
  const std::vector<dslt_box> truth(2, {10, 70, 20, 30}), results = {truth[0], {10, 70, 20, 10}};
  EXPECT_NEAR(score({100, 80, nullptr}, results, truth).ao, 1, 1e-12);
  EXPECT_NEAR(score({}, results, truth).ao, 1.0 / 3, 1e-12);
}

TEST(Got10k, PoolingWeighsByFrames) {
  const dslt_box box = {10, 10, 20, 10}, far = {200, 200, 20, 10};
  const dslt_got10k good = score({}, {box, box}, {box, box}),
                    bad = score({}, {box, far, far, far}, {box, box, box, box});
  dslt_got10k sum = {};
  dslt_got10k_add(&sum, &good);
  dslt_got10k_add(&sum, &bad);
  EXPECT_EQ(sum.frames, 4);
  EXPECT_NEAR(sum.ao, 0.25, 1e-12);
  EXPECT_DOUBLE_EQ(sum.sr50, 0.25);
}

TEST(Got10k, OddRows) {
  const dslt_box box = {10, 10, 20, 10}, nan = {kNaN, kNaN, kNaN, kNaN}, empty = {10, 10, 0, 0};
  EXPECT_EQ(score({}, {box, nan, empty}, {box, box, box}).ao, 0);
  EXPECT_EQ(score({}, {box, box, box}, {box, nan, box}).frames, 1);
  EXPECT_EQ(score({}, {box, empty}, {box, empty}).ao, 0);
  dslt_got10k got;
  dslt_got10k_scene scene = {};
  EXPECT_EQ(dslt_got10k_score(&got, &scene, &box, &box, 1, nullptr), DSLT_EARGUMENT);
}

// ---- TRE ------------------------------------------------------------------------------------------------

std::vector<int> starts_of(const std::vector<dslt_box> &truth,
                           const std::vector<dslt_tre_range> &omitted = {}) {
  int starts[DSLT_TRE_SEGMENTS], count = 0;
  EXPECT_EQ(
      dslt_tre_starts(starts, &count, truth.data(), (int)truth.size(), omitted.data(), (int)omitted.size()),
      DSLT_OK)
      << dslt_last_error();
  return std::vector<int>(starts, starts + count);
}

TEST(Tre, SegmentsOfAPlainSequence) {
  // 58 frames: starts 0..38 are possible, 39 of them. floor(1 + k 39/19), counted from 1, and the last.
  const std::vector<int> starts = starts_of(std::vector<dslt_box>(58, {5, 5, 10, 10}));
  ASSERT_EQ(starts.size(), 20u);
  for (int k = 0; k < 19; k++) EXPECT_EQ(starts[(size_t)k], k * 39 / 19) << k;
  EXPECT_EQ(starts.back(), 38);
  // 38 possible starts: a step of two exactly.
  const std::vector<int> even = starts_of(std::vector<dslt_box>(57, {5, 5, 10, 10}));
  ASSERT_EQ(even.size(), 20u);
  EXPECT_EQ(even[1], 2);
  EXPECT_EQ(even[18], 36);
  EXPECT_EQ(even[19], 37);
}

TEST(Tre, ShortSequencesHaveFewerOrEqualSegments) {
  // One possible start: MATLAB's list is that start twice.
  EXPECT_EQ(starts_of(std::vector<dslt_box>(20, {5, 5, 10, 10})), (std::vector<int>{0, 0}));
  // Ten possible starts: 1 : 10/19 : 10 has 18 elements.
  const std::vector<int> ten = starts_of(std::vector<dslt_box>(29, {5, 5, 10, 10}));
  ASSERT_EQ(ten.size(), 19u);
  EXPECT_EQ(ten[0], 0);
  EXPECT_EQ(ten[1], 0);
  EXPECT_EQ(ten[2], 1);
  EXPECT_EQ(ten[17], 8);
  EXPECT_EQ(ten[18], 9);
  int starts[DSLT_TRE_SEGMENTS], count = 0;
  const std::vector<dslt_box> nineteen(19, {5, 5, 10, 10});
  EXPECT_EQ(dslt_tre_starts(starts, &count, nineteen.data(), 19, nullptr, 0), DSLT_EBOX);
}

TEST(Tre, OmittedAndInvalidFramesAreNoStarts) {
  std::vector<dslt_box> truth(60, {5, 5, 10, 10});
  truth[7] = {kNaN, kNaN, kNaN, kNaN};
  truth[8] = {-1, 5, 10, 10};  // 0 in 1-based numbers
  truth[9].height = 0;
  const std::vector<int> starts = starts_of(truth, {{-3, 4}, {11, 30}, {55, 90}});
  // Left are 5, 6, 10 and 31..40.
  ASSERT_EQ(starts.front(), 5);
  ASSERT_EQ(starts.back(), 40);
  for (int start : starts)
    EXPECT_TRUE(start == 5 || start == 6 || start == 10 || (start >= 31 && start <= 40)) << start;
}

TEST(Tre, StartsNeverFallAndLeaveEnoughFrames) {
  dslt_rng rng = dslt_rng_make(21, 0);
  for (int round = 0; round < 300; round++) {
    const int frames = 20 + (int)dslt_rng_below(&rng, 800);
    std::vector<dslt_box> truth((size_t)frames, {5, 5, 10, 10});
    for (dslt_box &box : truth)
      if (dslt_rng_below(&rng, 4) == 0) box.width = 0;
    truth[0].width = 10;
    const std::vector<int> starts = starts_of(truth);
    ASSERT_GE(starts.size(), 2u);
    ASSERT_LE(starts.size(), 20u);
    EXPECT_EQ(starts[0], 0);
    for (size_t i = 0; i < starts.size(); i++) {
      EXPECT_LE(starts[i], frames - DSLT_TRE_SHORTEST);
      EXPECT_GT(truth[(size_t)starts[i]].width, 0);
      if (i > 0) {
        EXPECT_GE(starts[i], starts[i - 1]);
      }
    }
  }
}

// ---- SRE ------------------------------------------------------------------------------------------------

TEST(Sre, TheTwelveBoxes) {
  // 1-based 101, 51, 44 x 26: 10 % are 4.4 and 2.6 px.
  const dslt_box truth = dslt_box_from_otb({101, 51, 44, 26});
  const dslt_box wanted[DSLT_SRE_SHIFTS] = {
      {96, 51, 44, 26},   // left by ceil(4.4)
      {106, 51, 44, 26},  // right
      {101, 48, 44, 26},  // up by ceil(2.6)
      {101, 54, 44, 26},  // down
      {97, 48, 48, 29},   // top left corner to round(96.6), round(48.4); the lower right one, 144, 76, stays
      {101, 48, 48, 29},  // top right to round(148.4)
      {97, 51, 48, 29},   // bottom left to round(78.6) = 79
      {101, 51, 48, 29},  // bottom right
      {105, 54, 35, 21},  // 0.8: 35.2 x 20.8 about 123, 64: round(105.4), round(53.6)
      {103, 52, 40, 23},  // 0.9: 39.6 x 23.4: round(103.2), round(52.3)
      {99, 50, 48, 29},   // 1.1: 48.4 x 28.6: round(98.8), round(49.7)
      {97, 48, 53, 31},   // 1.2: 52.8 x 31.2: round(96.6), round(48.4)
  };
  for (int shift = 0; shift < DSLT_SRE_SHIFTS; shift++) {
    SCOPED_TRACE(dslt_sre_name(shift));
    const dslt_box box = dslt_box_to_otb(dslt_sre_box(truth, shift, 640, 480));
    EXPECT_EQ(box.x, wanted[shift].x);
    EXPECT_EQ(box.y, wanted[shift].y);
    EXPECT_EQ(box.width, wanted[shift].width);
    EXPECT_EQ(box.height, wanted[shift].height);
  }
}

TEST(Sre, BoxesStayInTheImage) {
  const dslt_box corner = dslt_box_from_otb({2, 3, 40, 40});
  dslt_box box = dslt_box_to_otb(dslt_sre_box(corner, 0, 100, 100));
  EXPECT_EQ(box.x, 1);
  EXPECT_EQ(box.width, 40);
  // One pixel left of the image is outside as well: the first column is 1.
  EXPECT_EQ(dslt_box_to_otb(dslt_sre_box(dslt_box_from_otb({4, 3, 40, 40}), 0, 100, 100)).x, 1);
  EXPECT_EQ(dslt_box_to_otb(dslt_sre_box(dslt_box_from_otb({3, 4, 40, 40}), 2, 100, 100)).y, 1);
  const dslt_box end = dslt_box_from_otb({71, 71, 30, 30});  // ends at pixel 100
  box = dslt_box_to_otb(dslt_sre_box(end, 1, 100, 100));
  EXPECT_EQ(box.x, 74);
  EXPECT_EQ(box.width, 27);
  box = dslt_box_to_otb(dslt_sre_box(end, 11, 100, 100));
  EXPECT_EQ(box.x + box.width - 1, 100);
  EXPECT_EQ(box.y + box.height - 1, 100);
}

TEST(Sre, NamesOfShiftsAndFiles) {
  EXPECT_STREQ(dslt_sre_name(0), "left");
  EXPECT_STREQ(dslt_sre_name(11), "scale_12");
  EXPECT_EQ(dslt_sre_name(12), nullptr);
  EXPECT_EQ(dslt_sre_name(-1), nullptr);
  char name[64];
  dslt_tre_file_name(name, sizeof name, "Tiger1", 0);
  EXPECT_STREQ(name, "Tiger1.tre01.txt");
  dslt_sre_file_name(name, sizeof name, "Human4.2", 11);
  EXPECT_STREQ(name, "Human4.2.sre12.txt");
}

}  // namespace
