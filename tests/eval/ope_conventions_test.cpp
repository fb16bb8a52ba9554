/* SPDX-License-Identifier: Apache-2.0 */
// The rules in which the toolkits differ, on boxes that can be followed on paper, and what holds for all.
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/rng.h"
#include "dataset/boxes.h"
#include "eval/ope.h"
#include "gtest/gtest.h"

namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();
const dslt_convention kAll[] = {DSLT_CONVENTION_MATLAB, DSLT_CONVENTION_PYSOT, DSLT_CONVENTION_GOT10K,
                                DSLT_CONVENTION_PYTRACKING};

// Boxes of this file are 1-based, as in a benchmark's files.
std::vector<dslt_box> from_otb(std::vector<dslt_box> boxes) {
  for (dslt_box &box : boxes) box = dslt_box_from_otb(box);
  return boxes;
}

dslt_ope score(dslt_convention convention, const std::vector<dslt_box> &results,
               const std::vector<dslt_box> &truth, int uav = 0, const uint8_t *visible = nullptr,
               std::vector<dslt_frame_score> *frames = nullptr) {
  dslt_scoring scoring = {convention, uav, visible};
  dslt_ope ope = {};
  if (frames) frames->resize(truth.size());
  EXPECT_EQ(results.size(), truth.size());
  EXPECT_EQ(dslt_ope_score_by(&ope, &scoring, from_otb(results).data(), from_otb(truth).data(),
                              (int)truth.size(), frames ? frames->data() : nullptr),
            DSLT_OK)
      << dslt_last_error();
  return ope;
}

int refuse(dslt_convention convention, const std::vector<dslt_box> &results,
           const std::vector<dslt_box> &truth, int uav = 0) {
  dslt_scoring scoring = {convention, uav, nullptr};
  dslt_ope ope = {};
  return dslt_ope_score_by(&ope, &scoring, from_otb(results).data(), from_otb(truth).data(),
                           (int)truth.size(), nullptr);
}

TEST(Convention, NamesAreParsed) {
  for (dslt_convention convention : kAll) {
    dslt_convention parsed;
    ASSERT_EQ(dslt_convention_parse(&parsed, dslt_convention_rules_of(convention)->name), DSLT_OK);
    EXPECT_EQ(parsed, convention);
  }
  dslt_convention untouched = DSLT_CONVENTION_PYSOT;
  EXPECT_EQ(dslt_convention_parse(&untouched, "Matlab"), DSLT_EOPTION);
  EXPECT_EQ(dslt_convention_parse(&untouched, nullptr), DSLT_EOPTION);
  EXPECT_EQ(untouched, DSLT_CONVENTION_PYSOT);
}

TEST(Convention, OnlyMatlabBuildsItsThresholdsFromBothEnds) {
  // 0.6 is 12 steps of 0.05 from below (0.6000000000000001) and 8 from above (0.6 exactly).
  EXPECT_EQ(dslt_convention_rules_of(DSLT_CONVENTION_MATLAB)->success_threshold(12), 0.6);
  for (dslt_convention other : {DSLT_CONVENTION_PYSOT, DSLT_CONVENTION_GOT10K, DSLT_CONVENTION_PYTRACKING})
    EXPECT_EQ(dslt_convention_rules_of(other)->success_threshold(12), 12 * 0.05);
  ASSERT_GT(12 * 0.05, 0.6);
  // Overlap 13/20 = 0.65 exceeds MATLAB's 14th threshold (0.6499999999999999), but not 13 * 0.05.
  const std::vector<dslt_box> truth = {{1, 1, 20, 1}, {1, 1, 20, 1}}, results = {truth[0], {1, 1, 13, 1}};
  EXPECT_EQ(score(DSLT_CONVENTION_MATLAB, results, truth).success_count[13], 2);
  EXPECT_EQ(score(DSLT_CONVENTION_PYSOT, results, truth).success_count[13], 1);
  for (dslt_convention convention : kAll)
    for (int bin : {0, 5, 10, 15, 20})
      EXPECT_NEAR(dslt_convention_rules_of(convention)->success_threshold(bin), bin / 20.0, 1e-15);
}

TEST(Convention, NormalisedThresholdsAreHundredthsButGot10kMultiplies) {
  // linspace(0, 0.5, 51)[35] is 0.35000000000000003, arange(51)[35] / 100 is 0.35.
  EXPECT_EQ(dslt_convention_rules_of(DSLT_CONVENTION_GOT10K)->norm_precision_threshold(35), 35 * 0.01);
  EXPECT_EQ(dslt_convention_rules_of(DSLT_CONVENTION_PYSOT)->norm_precision_threshold(35), 0.35);
  ASSERT_NE(35 * 0.01, 0.35);
}

TEST(Convention, OnlyPysotTakesTheFirstRowAsItStands) {
  const std::vector<dslt_box> truth(2, {11, 11, 10, 10}), far = {{500, 500, 10, 10}, {11, 11, 10, 10}};
  EXPECT_EQ(score(DSLT_CONVENTION_MATLAB, far, truth).success_count[0], 2);
  EXPECT_EQ(score(DSLT_CONVENTION_PYSOT, far, truth).success_count[0], 1);
  EXPECT_EQ(score(DSLT_CONVENTION_GOT10K, far, truth).success_count[0], 2);
  EXPECT_EQ(score(DSLT_CONVENTION_PYTRACKING, far, truth).success_count[0], 2);
}

// One good frame, then frames whose truth is odd in one way each; the results sit on the truth's numbers.
struct InvalidCase {
  dslt_convention convention;
  int uav;
  dslt_box truth;
  int scored, success, precision, norm;  // frames of two that count, that pass threshold 0 (success), 20, 0.2
};

TEST(Convention, InvalidTruth) {
  const dslt_box nan = {kNaN, kNaN, kNaN, kNaN}, left = {-5, 20, 30, 10}, flat = {20, 20, 30, 0};
  const InvalidCase cases[] = {
      // x <= 0 alone: MATLAB and pytracking call it invalid. Its centre, 9.5, is positive, so pysot does not.
      {DSLT_CONVENTION_MATLAB, 0, left, 2, 1, 2, 2},
      {DSLT_CONVENTION_PYSOT, 0, left, 2, 2, 2, 2},
      {DSLT_CONVENTION_GOT10K, 0, left, 2, 2, 2, 2},
      {DSLT_CONVENTION_PYTRACKING, 0, left, 2, 1, 1, 2},
      {DSLT_CONVENTION_PYTRACKING, 1, left, 2, 1, 2, 2},
      // No height: a miss everywhere; the centre still counts for pysot and got10k.
      {DSLT_CONVENTION_MATLAB, 0, flat, 2, 1, 2, 2},
      {DSLT_CONVENTION_PYSOT, 0, flat, 2, 1, 2, 2},
      {DSLT_CONVENTION_GOT10K, 0, flat, 2, 1, 2, 2},
      {DSLT_CONVENTION_PYTRACKING, 0, flat, 2, 1, 1, 2},
      {DSLT_CONVENTION_PYTRACKING, 1, flat, 2, 1, 2, 2},
      // NaN: got10k leaves the frame out; outside UAV sets pytracking refuses the sequence (below).
      {DSLT_CONVENTION_MATLAB, 0, nan, 2, 1, 2, 2},
      {DSLT_CONVENTION_PYSOT, 0, nan, 2, 1, 2, 2},
      {DSLT_CONVENTION_GOT10K, 0, nan, 1, 1, 1, 1},
      {DSLT_CONVENTION_PYTRACKING, 1, nan, 2, 1, 2, 2},
  };
  for (const InvalidCase &c : cases) {
    SCOPED_TRACE(std::string(dslt_convention_rules_of(c.convention)->name) + " x " +
                 std::to_string(c.truth.x) + " h " + std::to_string(c.truth.height) + " uav " +
                 std::to_string(c.uav));
    const dslt_box good = {20, 20, 30, 10};
    dslt_box result = std::isnan(c.truth.x) ? good : c.truth;
    result.height = 10;
    result.y -= (10 - (std::isnan(c.truth.x) ? 10 : c.truth.height)) / 2;  // the same centre
    const dslt_ope ope = score(c.convention, {good, result}, {good, c.truth}, c.uav);
    EXPECT_EQ(ope.frames, 2);
    EXPECT_EQ(ope.scored, c.scored);
    EXPECT_EQ(ope.success_count[0], c.success);
    EXPECT_EQ(ope.precision_count[20], c.precision);
    EXPECT_EQ(ope.norm_precision_count[20], c.norm);
    EXPECT_DOUBLE_EQ(ope.precision20, (double)c.precision / c.scored);
  }
}

TEST(Convention, PysotJudgesTheErrorByTheCentre) {
  // The centre is at x = -10 + 4.5 < 0: a hit in precision however far the result, and a normal overlap.
  const std::vector<dslt_box> truth(2, {-10, 20, 10, 10}), results = {truth[0], {300, 20, 10, 10}};
  const dslt_ope ope = score(DSLT_CONVENTION_PYSOT, results, truth);
  EXPECT_EQ(ope.precision_count[0], 2);
  EXPECT_EQ(ope.norm_precision_count[0], 2);
  EXPECT_EQ(ope.success_count[0], 1);
  EXPECT_EQ(ope.invalid, 0);
}

TEST(Convention, PysotCentreOnTheBorderIsNone) {
  // The centre is at x = -3.5 + 3.5 = 0 exactly, which is not positive.
  const std::vector<dslt_box> truth(2, {-3.5, 20, 8, 10}), results = {truth[0], {300, 20, 8, 10}};
  EXPECT_EQ(score(DSLT_CONVENTION_PYSOT, results, truth).precision_count[0], 2);
  const std::vector<dslt_box> above(2, {20, -3.5, 10, 8}), far = {above[0], {20, 300, 10, 8}};
  EXPECT_EQ(score(DSLT_CONVENTION_PYSOT, far, above).precision_count[0], 2);
}

TEST(Convention, AFrameExactlyAtAThresholdPassesInPrecisionAndNotInSuccess) {
  // Off by 5 px of 20 in x: error 5, normalised 0.25. Three quarters as wide: overlap 0.75.
  const std::vector<dslt_box> truth(2, {21, 21, 20, 10}), off = {truth[0], {26, 21, 20, 10}},
                                                          narrow = {truth[0], {21, 21, 15, 10}};
  for (dslt_convention convention : kAll) {
    const dslt_ope shifted = score(convention, off, truth);
    EXPECT_EQ(shifted.precision_count[4], 1);
    EXPECT_EQ(shifted.precision_count[5], 2);
    EXPECT_EQ(shifted.norm_precision_count[24], 1);
    EXPECT_EQ(shifted.norm_precision_count[25], 2);
    const dslt_ope cut = score(convention, narrow, truth);
    EXPECT_EQ(cut.success_count[14], 2);
    EXPECT_EQ(cut.success_count[15], 1);
  }
}

TEST(Convention, WhatPytrackingRefuses) {
  const dslt_box box = {20, 20, 30, 10}, nan = {kNaN, kNaN, kNaN, kNaN}, negative = {20, 20, -1, 10};
  EXPECT_EQ(refuse(DSLT_CONVENTION_PYTRACKING, {box, box}, {box, nan}), DSLT_EFORMAT);
  EXPECT_EQ(refuse(DSLT_CONVENTION_PYTRACKING, {box, box}, {box, nan}, 1), DSLT_OK);
  EXPECT_EQ(refuse(DSLT_CONVENTION_PYTRACKING, {box, nan}, {box, box}), DSLT_EFORMAT);
  EXPECT_EQ(refuse(DSLT_CONVENTION_PYTRACKING, {box, negative}, {box, box}, 1), DSLT_EFORMAT);
  EXPECT_EQ(refuse(DSLT_CONVENTION_PYTRACKING, {box, {20, 20, 30, -1}}, {box, box}, 1), DSLT_EFORMAT);
  EXPECT_EQ(refuse(DSLT_CONVENTION_GOT10K, {nan, box}, {nan, nan}), DSLT_EFORMAT);  // no frame is left
}

TEST(Convention, RowsWithoutABox) {
  const dslt_box box = {20, 20, 30, 10}, nan = {kNaN, kNaN, kNaN, kNaN}, empty = {20, 20, 0, 10};
  const std::vector<dslt_box> truth(4, box), results = {box, nan, empty, box};
  dslt_ope ope = score(DSLT_CONVENTION_MATLAB, results, truth);
  EXPECT_EQ(ope.repaired, 2);
  EXPECT_EQ(ope.success_count[19], 4);
  for (dslt_convention convention : {DSLT_CONVENTION_PYSOT, DSLT_CONVENTION_GOT10K}) {
    ope = score(convention, results, truth);
    EXPECT_EQ(ope.repaired, 0);
    EXPECT_EQ(ope.success_count[0], 2);
    EXPECT_EQ(ope.precision_count[50], 3);  // the empty box has a centre, NaN has none
  }
  ope = score(DSLT_CONVENTION_PYTRACKING, {box, empty, empty, box}, truth);
  EXPECT_EQ(ope.repaired, 2);
  EXPECT_EQ(ope.success_count[19], 4);
}

TEST(Convention, TheFirstRowIsTakenAsItStands) {
  // It has no row before it to repeat; the toolkits put the truth in its place.
  const dslt_box box = {20, 20, 30, 10}, nan = {kNaN, kNaN, kNaN, kNaN};
  const dslt_ope ope = score(DSLT_CONVENTION_MATLAB, {nan, box}, {box, box});
  EXPECT_EQ(ope.repaired, 0);
  EXPECT_EQ(ope.success_count[0], 2);
}

TEST(Convention, ARepairedRowRepeatsTheFirstRowAsWritten) {
  // MATLAB repairs before it puts the truth into row 1: row 2 repeats what the tracker wrote there.
  const dslt_box box = {20, 20, 30, 10}, far = {500, 500, 30, 10}, empty = {20, 20, 0, 0};
  for (dslt_convention convention : {DSLT_CONVENTION_MATLAB, DSLT_CONVENTION_PYTRACKING})
    EXPECT_EQ(score(convention, {far, empty}, {box, box}).success_count[0], 1);
}

TEST(Convention, NormalisedErrorIsPerAxis) {
  // Off by 3 px of 30 in x and by 4 px of 10 in y: sqrt(0.1^2 + 0.4^2) = 0.41231.
  const std::vector<dslt_box> truth(2, {20, 20, 30, 10}), results = {truth[0], {23, 24, 30, 10}};
  for (dslt_convention convention : kAll) {
    std::vector<dslt_frame_score> frames;
    const dslt_ope ope = score(convention, results, truth, 0, nullptr, &frames);
    EXPECT_NEAR(frames[1].norm_error, std::sqrt(0.17), 1e-12);
    EXPECT_DOUBLE_EQ(frames[1].error, 5);
    EXPECT_EQ(ope.norm_precision_count[41], 1);
    EXPECT_EQ(ope.norm_precision_count[42], 2);
    EXPECT_DOUBLE_EQ(ope.norm_precision20, 0.5);
    EXPECT_DOUBLE_EQ(ope.norm_precision_auc, (42 * 0.5 + 9) / 51);
  }
}

TEST(Convention, Got10kDividesBySmallSizesAsByOne) {
  const std::vector<dslt_box> truth(2, {20, 20, 0.5, 0.25}), results = {truth[0], {20.25, 20, 0.5, 0.25}};
  std::vector<dslt_frame_score> frames;
  score(DSLT_CONVENTION_GOT10K, results, truth, 0, nullptr, &frames);
  EXPECT_DOUBLE_EQ(frames[1].norm_error, 0.25);
  score(DSLT_CONVENTION_PYSOT, results, truth, 0, nullptr, &frames);
  EXPECT_DOUBLE_EQ(frames[1].norm_error, 0.5);
}

TEST(Convention, FramesWithoutAVisibleTarget) {
  const std::vector<dslt_box> truth(3, {20, 20, 30, 10});
  const uint8_t visible[] = {1, 0, 1};
  for (dslt_convention convention : {DSLT_CONVENTION_PYSOT, DSLT_CONVENTION_PYTRACKING}) {
    const dslt_ope ope = score(convention, truth, truth, 0, visible);
    EXPECT_EQ(ope.scored, 3);
    EXPECT_EQ(ope.success_count[0], 2);
    EXPECT_EQ(ope.precision_count[50], 2);
    EXPECT_EQ(ope.norm_precision_count[50], 2);
  }
  for (dslt_convention convention : {DSLT_CONVENTION_MATLAB, DSLT_CONVENTION_GOT10K})
    EXPECT_EQ(score(convention, truth, truth, 0, visible).success_count[0], 3);
}

TEST(Convention, AHandWorkedSequence) {
  // Overlaps 1, 1/2, 1/3, 0; errors 0, 5, 10, 40 px of a target 20 x 10.
  const dslt_box box = {21, 21, 20, 10};
  const std::vector<dslt_box> truth(4, box),
      results = {box, {21, 21, 10, 10}, {31, 21, 20, 10}, {61, 21, 20, 10}};
  for (dslt_convention convention : kAll) {
    const dslt_ope ope = score(convention, results, truth);
    // 3 frames pass 0 .. 0.30 (7 thresholds), 2 pass 0.35 .. 0.45 (3), 1 passes 0.5 .. 0.95 (10), 0 pass 1.
    EXPECT_DOUBLE_EQ(ope.auc, (7 * 3 + 3 * 2 + 10 * 1) / 4.0 / 21);
    EXPECT_DOUBLE_EQ(ope.op50, 0.25);
    EXPECT_DOUBLE_EQ(ope.op75, 0.25);
    EXPECT_DOUBLE_EQ(ope.precision20, 0.75);
    EXPECT_DOUBLE_EQ(ope.norm_precision20, 0.25);  // 0, 0.25, 0.5, 2
    EXPECT_NEAR(ope.mean_overlap, (1 + 0.5 + 1 / 3.0) / 4, 1e-15);
  }
}

// ---- what holds for all ---------------------------------------------------------------------------------

struct Tracked {
  std::vector<dslt_box> results, truth;
};

Tracked draw_run(dslt_rng *rng, int count) {
  auto draw = [&](double low, double high) { return low + (high - low) * dslt_rng_uniform(rng); };
  Tracked run;
  for (int i = 0; i < count; i++) {
    const dslt_box truth = {draw(50, 200), draw(50, 200), draw(5, 60), draw(5, 60)};
    const double off = draw(0, 1) < 0.3 ? 60 : 8;
    run.truth.push_back(truth);
    run.results.push_back({truth.x + draw(-off, off), truth.y + draw(-off, off), truth.width * draw(0.6, 1.5),
                           truth.height * draw(0.6, 1.5)});
  }
  run.results[0] = run.truth[0];
  return run;
}

TEST(ConventionProperty, OrderOfFramesDoesNotMatter) {
  dslt_rng rng = dslt_rng_make(11, 0);
  for (int round = 0; round < 50; round++) {
    Tracked run = draw_run(&rng, 40), mixed = run;
    for (size_t i = mixed.truth.size() - 1; i > 1; i--) {
      const size_t j = 1 + dslt_rng_below(&rng, (uint32_t)i);
      std::swap(mixed.truth[i], mixed.truth[j]);
      std::swap(mixed.results[i], mixed.results[j]);
    }
    for (dslt_convention convention : kAll) {
      const dslt_ope a = score(convention, run.results, run.truth),
                     b = score(convention, mixed.results, mixed.truth);
      for (int i = 0; i < DSLT_SUCCESS_BINS; i++) EXPECT_EQ(a.success_count[i], b.success_count[i]);
      for (int i = 0; i < DSLT_PRECISION_BINS; i++) EXPECT_EQ(a.precision_count[i], b.precision_count[i]);
    }
  }
}

TEST(ConventionProperty, LargerImagesChangePixelsAlone) {
  dslt_rng rng = dslt_rng_make(12, 0);
  for (int round = 0; round < 50; round++) {
    Tracked run = draw_run(&rng, 40), larger = run;
    for (std::vector<dslt_box> *boxes : {&larger.results, &larger.truth})
      for (dslt_box &box : *boxes) box = {box.x * 3, box.y * 3, box.width * 3, box.height * 3};
    for (dslt_convention convention : kAll) {
      std::vector<dslt_frame_score> a, b;
      score(convention, run.results, run.truth, 0, nullptr, &a);
      score(convention, larger.results, larger.truth, 0, nullptr, &b);
      for (size_t i = 0; i < a.size(); i++) {
        EXPECT_NEAR(a[i].overlap, b[i].overlap, 1e-12);
        EXPECT_NEAR(a[i].norm_error, b[i].norm_error, 1e-12);
        EXPECT_NEAR(a[i].error * 3, b[i].error, 1e-9);
      }
    }
  }
}

TEST(ConventionProperty, CurvesFallAndRiseAndConventionsAgreeOnValidBoxes) {
  dslt_rng rng = dslt_rng_make(13, 0);
  for (int round = 0; round < 50; round++) {
    const Tracked run = draw_run(&rng, 60);
    const dslt_ope first = score(kAll[0], run.results, run.truth);
    for (dslt_convention convention : kAll) {
      const dslt_ope ope = score(convention, run.results, run.truth);
      EXPECT_EQ(ope.scored, 60);
      for (int i = 1; i < DSLT_SUCCESS_BINS; i++) EXPECT_LE(ope.success_count[i], ope.success_count[i - 1]);
      for (int i = 1; i < DSLT_PRECISION_BINS; i++) {
        EXPECT_GE(ope.precision_count[i], ope.precision_count[i - 1]);
        EXPECT_GE(ope.norm_precision_count[i], ope.norm_precision_count[i - 1]);
      }
      // Boxes drawn at random do not hit a threshold, so only the first frame's overlap of 1 can differ.
      for (int i = 0; i < DSLT_SUCCESS_BINS - 1; i++) EXPECT_EQ(ope.success_count[i], first.success_count[i]);
      for (int i = 0; i < DSLT_PRECISION_BINS; i++)
        EXPECT_EQ(ope.precision_count[i], first.precision_count[i]);
    }
  }
}

TEST(Ope, AddingRunsIsOneLongRun) {
  dslt_rng rng = dslt_rng_make(14, 0);
  const Tracked a = draw_run(&rng, 30), b = draw_run(&rng, 50);
  dslt_ope sum = {};
  const dslt_ope one = score(DSLT_CONVENTION_MATLAB, a.results, a.truth),
                 two = score(DSLT_CONVENTION_MATLAB, b.results, b.truth);
  dslt_ope_add(&sum, &one);
  EXPECT_DOUBLE_EQ(sum.auc, one.auc);
  dslt_ope_add(&sum, &two);
  EXPECT_EQ(sum.frames, 80);
  EXPECT_NEAR(sum.auc, (30 * one.auc + 50 * two.auc) / 80, 1e-15);
  EXPECT_NEAR(sum.mean_overlap, (30 * one.mean_overlap + 50 * two.mean_overlap) / 80, 1e-15);
  EXPECT_NEAR(sum.norm_precision_auc, (30 * one.norm_precision_auc + 50 * two.norm_precision_auc) / 80,
              1e-15);
}

}  // namespace
