/* SPDX-License-Identifier: Apache-2.0 */
// Accuracy, robustness and EAO of hand-made overlap series; every expected number is derived beside it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "base/error.h"
#include "vot_series.h"

namespace {

const double tight = 1e-12;

TEST(VotRules, VotTwentySixteenAndTheOthers) {
  dslt_vot_rules rules;
  dslt_vot_rules_init(&rules, DSLT_VOT_MATLAB);
  EXPECT_EQ(rules.repetitions, 15);
  EXPECT_EQ(rules.skip, 5);
  EXPECT_EQ(rules.burn_in, 10);
  EXPECT_EQ(rules.failure_overlap, 0);
  EXPECT_EQ(rules.sensitivity, 30);
  EXPECT_EQ(rules.eao_low, 108);
  EXPECT_EQ(rules.eao_high, 371);
  dslt_vot_rules_init(&rules, DSLT_VOT_PYTHON);
  EXPECT_EQ(rules.eao_low, 109);  // index 108 of an array that begins with length 1
  EXPECT_EQ(rules.eao_high, 372);
  ASSERT_EQ(dslt_vot_rules_year(&rules, DSLT_VOT_MATLAB, "VOT2019"), DSLT_OK);
  EXPECT_EQ(rules.eao_low, 46);
  EXPECT_EQ(rules.eao_high, 291);
  EXPECT_EQ(dslt_vot_rules_year(&rules, DSLT_VOT_MATLAB, "VOT2020"), DSLT_EOPTION);
  EXPECT_NE(std::string(dslt_last_error()).find("VOT2016"), std::string::npos);
  dslt_vot_convention convention;
  ASSERT_EQ(dslt_vot_convention_parse(&convention, "python"), DSLT_OK);
  EXPECT_EQ(convention, DSLT_VOT_PYTHON);
  EXPECT_EQ(dslt_vot_convention_parse(&convention, "octave"), DSLT_EOPTION);
}

TEST(VotMeasure, NoFailure) {
  // 14 frames, frame 0 initialises. Burn-in 10 leaves out frames 0..9, so accuracy = (0.5 + 0.5 + 0.7 + 0.7)
  // / 4. The curve at length L is the mean of frames 1..L-1: 0.9 up to L = 10, then (9 x 0.9 + 0.5) / 10 =
  // 0.86 at 11.
  Runs runs;
  runs.add(0, "1 .9 .9 .9 .9 .9 .9 .9 .9 .9 .5 .5 .7 .7");
  for (auto convention : {DSLT_VOT_MATLAB, DSLT_VOT_PYTHON}) {
    Score score;
    ASSERT_EQ(score.measure(runs, rules_of(convention, 10, 10, 11)), DSLT_OK);
    EXPECT_NEAR(score.accuracy, 0.6, tight);
    EXPECT_EQ(score.sequence[0].scored, 4);
    EXPECT_EQ(score.robustness, 0);
    EXPECT_EQ(score.reliability, 1);
    ASSERT_EQ(score.curve_length, 14);
    EXPECT_EQ(score.curve[0], 1);
    EXPECT_NEAR(score.curve[9], 0.9, tight);
    EXPECT_NEAR(score.curve[10], 0.86, tight);
    EXPECT_NEAR(score.eao, 0.88, tight);
    EXPECT_EQ(score.eao_lengths, 2);
  }
}

TEST(VotMeasure, OneFailureAndAFreshStart) {
  // 12 frames: tracked 1, 2, lost in 3, started again in 8 = 3 + 5, then 0.4, 0.2, 0.6 to the end.
  // Fragment A: overlaps after the first frame 0.8, 0.6, then 0 for ever (it failed).
  // Fragment B: 0.4, 0.2, 0.6, defined up to length 4, where the video ends.
  //   phi(2) = (0.8 + 0.4) / 2                                   = 0.6
  //   phi(3) = ((0.8 + 0.6) / 2 + (0.4 + 0.2) / 2) / 2 = (0.7 + 0.3) / 2 = 0.5
  //   phi(4) = (1.4 / 3 + 1.2 / 3) / 2                           = 13 / 30
  //   phi(5) = 1.4 / 4, A alone                                  = 0.35
  //   phi(12) = 1.4 / 11
  // Over lengths 3..5: (15/30 + 13/30 + 10.5/30) / 3 = 38.5 / 90.
  // Burn-in 2 leaves frames 2, 10, 11: (0.6 + 0.2 + 0.6) / 3. One failure in 12 frames: exp(-30 / 12).
  Runs runs;
  runs.add(0, "1 .8 .6 2 0 0 0 0 1 .4 .2 .6");
  Score matlab;
  ASSERT_EQ(matlab.measure(runs, rules_of(DSLT_VOT_MATLAB, 2, 3, 5)), DSLT_OK);
  ASSERT_EQ(matlab.curve_length, 12);
  EXPECT_NEAR(matlab.curve[1], 0.6, tight);
  EXPECT_NEAR(matlab.curve[2], 0.5, tight);
  EXPECT_NEAR(matlab.curve[3], 13.0 / 30, tight);
  EXPECT_NEAR(matlab.curve[4], 0.35, tight);
  EXPECT_NEAR(matlab.curve[11], 1.4 / 11, tight);
  EXPECT_NEAR(matlab.eao, 38.5 / 90, tight);
  EXPECT_NEAR(matlab.accuracy, 1.4 / 3, tight);
  EXPECT_EQ(matlab.sequence[0].scored, 3);
  EXPECT_EQ(matlab.robustness, 1);
  EXPECT_NEAR(matlab.failures_per_100, 100.0 / 12, tight);
  EXPECT_NEAR(matlab.reliability, std::exp(-2.5), tight);
  // python: lengths go up to the longest fragment, B with 4 frames, so only 3 and 4 count.
  Score python;
  ASSERT_EQ(python.measure(runs, rules_of(DSLT_VOT_PYTHON, 2, 3, 5)), DSLT_OK);
  EXPECT_EQ(python.curve_length, 4);
  EXPECT_EQ(python.eao_lengths, 2);
  EXPECT_NEAR(python.eao, (0.5 + 13.0 / 30) / 2, tight);
}

TEST(VotMeasure, FailureNearTheEnd) {
  // Sequence 0 is lost in frame 3 of 5: no fifth frame after it, the run is over. Sequence 1 has 0.6
  // throughout. matlab: fragment of sequence 0 is defined up to length 5, zeroes after the failure: phi(5) =
  // (1/4 + 0.6) / 2,
  //   phi(6) = 0.6 from sequence 1 alone.
  // python: it failed, so it counts as 0 at every length: phi(6) = (1/5 + 0.6) / 2.
  Runs runs;
  runs.add(0, "1 .5 .5 2 0");
  runs.add(1, "1 .6 .6 .6 .6 .6 .6 .6");
  Score matlab, python;
  ASSERT_EQ(matlab.measure(runs, rules_of(DSLT_VOT_MATLAB, 1, 6, 6)), DSLT_OK);
  ASSERT_EQ(python.measure(runs, rules_of(DSLT_VOT_PYTHON, 1, 6, 6)), DSLT_OK);
  EXPECT_NEAR(matlab.curve[4], 0.425, tight);
  EXPECT_NEAR(matlab.eao, 0.6, tight);
  EXPECT_NEAR(python.curve[4], 0.425, tight);
  EXPECT_NEAR(python.eao, 0.4, tight);
}

TEST(VotMeasure, RunsAndSequencesAreWeighed) {
  // Sequence 0: 4 frames, two runs of 0.2 and of 0.4. Sequence 1: 8 frames, one run of 0.9. Burn-in 1.
  // EAO: matlab weighs the runs of sequence 0 by a half: (0.5 x 0.2 + 0.5 x 0.4 + 0.9) / 2 = 0.6;
  //      python weighs fragments: (0.2 + 0.4 + 0.9) / 3 = 0.5.
  // Accuracy: pooled (3 x 0.3 + 7 x 0.9) / 10 = 0.72; weighted (4 x 0.3 + 8 x 0.9) / 12 = 0.7.
  Runs runs;
  runs.add(0, "1 .2 .2 .2");
  runs.add(0, "1 .4 .4 .4");
  runs.add(1, "1 .9 .9 .9 .9 .9 .9 .9");
  Score matlab, python;
  ASSERT_EQ(matlab.measure(runs, rules_of(DSLT_VOT_MATLAB, 1, 2, 4)), DSLT_OK);
  ASSERT_EQ(python.measure(runs, rules_of(DSLT_VOT_PYTHON, 1, 2, 4)), DSLT_OK);
  EXPECT_NEAR(matlab.eao, 0.6, tight);
  EXPECT_NEAR(python.eao, 0.5, tight);
  EXPECT_NEAR(matlab.accuracy, 0.72, tight);
  EXPECT_NEAR(python.accuracy, 0.7, tight);
  EXPECT_NEAR(matlab.accuracy_weighted, python.accuracy_weighted, tight);
  EXPECT_NEAR(matlab.accuracy_pooled, python.accuracy_pooled, tight);
  EXPECT_EQ(matlab.runs, 2);
  EXPECT_EQ(matlab.frames, 12);
}

TEST(VotMeasure, RunsThatLoseFramesDifferently) {
  // Burn-in 1. Run 1: 0.2, 0.2, 0.2. Run 2 is lost at once and never starts again (4 frames).
  // matlab averages each frame over the runs that have it: 0.2 everywhere. python averages the runs, and the
  // run without a frame counts as 0: (0.2 + 0) / 2. Failures per run: 0.5; exp(-30 x 0.5 / 4).
  Runs runs;
  runs.add(0, "1 .2 .2 .2");
  runs.add(0, "1 2 0 0");
  Score matlab, python;
  ASSERT_EQ(matlab.measure(runs, rules_of(DSLT_VOT_MATLAB, 1, 2, 2)), DSLT_OK);
  ASSERT_EQ(python.measure(runs, rules_of(DSLT_VOT_PYTHON, 1, 2, 2)), DSLT_OK);
  EXPECT_NEAR(matlab.accuracy, 0.2, tight);
  EXPECT_NEAR(python.accuracy, 0.1, tight);
  EXPECT_NEAR(matlab.robustness, 0.5, tight);
  EXPECT_NEAR(python.sequence[0].reliability, std::exp(-3.75), tight);
}

TEST(VotMeasure, RobustnessOfTwoSequences) {
  // 6 frames with one failure and 12 frames with two (skip 5).
  // matlab: 3 failures; rate 3 / 18. python: (1 x 6 + 2 x 12) / 18 = 5/3 failures, mean length 9: rate 5/27.
  Runs runs;
  runs.add(0, "1 .5 .5 .5 .5 2");
  runs.add(1, "1 2 0 0 0 0 1 .5 2 0 0 0");
  Score matlab, python;
  ASSERT_EQ(matlab.measure(runs, rules_of(DSLT_VOT_MATLAB, 1, 2, 2)), DSLT_OK);
  ASSERT_EQ(python.measure(runs, rules_of(DSLT_VOT_PYTHON, 1, 2, 2)), DSLT_OK);
  EXPECT_EQ(matlab.robustness, 3);
  EXPECT_NEAR(matlab.reliability, std::exp(-5), tight);
  EXPECT_NEAR(python.robustness, 5.0 / 3, tight);
  EXPECT_NEAR(python.reliability, std::exp(-30 * 5.0 / 27), tight);
}

TEST(VotMeasure, FailureWithinTheBurnInAndNothingElse) {
  // Lost before the tenth frame, both times: no frame is scored, accuracy is 0 by definition.
  // Curve: fragment A 0.9 then 0, fragment B (from frame 7) 0.8, 0.8 then lost in the last frame.
  // matlab: B ends with the video, defined up to length 4: phi(4) = (0.9/3 + 1.6/3) / 2 = 5/12; phi(5) =
  // 0.9/4.
  Runs runs;
  runs.add(0, "1 .9 2 0 0 0 0 1 .8 .8 2");
  Score score;
  ASSERT_EQ(score.measure(runs, rules_of(DSLT_VOT_MATLAB, 10, 4, 5)), DSLT_OK);
  EXPECT_EQ(score.accuracy, 0);
  EXPECT_EQ(score.sequence[0].scored, 0);
  EXPECT_EQ(score.robustness, 2);
  EXPECT_NEAR(score.eao, (5.0 / 12 + 0.225) / 2, tight);
}

TEST(VotMeasure, NothingButFailures) {
  Runs runs;
  runs.add(0,
           "1 2 0 0 0 0 1 2 0 0 0 0 1 .0");  // the last frame is never scored as a failure: keep it tracked
  Score score;
  ASSERT_EQ(score.measure(runs, rules_of(DSLT_VOT_MATLAB, 1, 2, 10)), DSLT_OK);
  EXPECT_EQ(score.eao, 0);
  EXPECT_EQ(score.accuracy, 0);
  EXPECT_EQ(score.robustness, 2);
}

TEST(VotMeasure, TheCurveMayEndBeforeTheInterval) {
  Runs runs;
  runs.add(0, "1 .5 .5");
  Score score;
  dslt_vot_rules rules;
  dslt_vot_rules_init(&rules, DSLT_VOT_MATLAB);
  ASSERT_EQ(score.measure(runs, rules), DSLT_OK);
  EXPECT_TRUE(std::isnan(score.eao));
  EXPECT_EQ(score.eao_lengths, 0);
}

// ---- against the definition, written as plainly as it can be
// --------------------------------------------------

// A run that keeps the protocol, with failures drawn at random.
void add_random_run(Runs *runs, int sequence, int frames, std::mt19937_64 *random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<dslt_vot_kind> kinds(static_cast<size_t>(frames), DSLT_VOT_SKIPPED);
  std::vector<double> overlaps(kinds.size(), 0);
  for (int f = 0; f < frames;) {
    kinds[static_cast<size_t>(f++)] = DSLT_VOT_INIT;
    for (; f < frames; f++) {
      if (uniform(*random) < 0.05) {
        kinds[static_cast<size_t>(f)] = DSLT_VOT_FAILED;
        f += 5;
        break;
      }
      kinds[static_cast<size_t>(f)] = DSLT_VOT_POLYGON;
      overlaps[static_cast<size_t>(f)] = uniform(*random);
    }
  }
  runs->add(sequence, kinds, overlaps);
}

// The MATLAB toolkit's definition: a matrix of fragments padded with zeroes, NaN beyond the end of the video.
double eao_by_matrix(const Runs &runs, const std::vector<int> &repetitions, int low, int high) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const size_t longest = static_cast<size_t>(*std::max_element(runs.lengths.begin(), runs.lengths.end()));
  std::vector<std::vector<double>> fragments;
  std::vector<double> weights;
  for (const dslt_vot_series &run : runs.series) {
    std::vector<int> starts{0};
    for (int f = 0; f < run.frames; f++)
      if (run.kinds[f] == DSLT_VOT_FAILED && f + 5 < run.frames) starts.push_back(f + 5);
    for (size_t k = 0; k < starts.size(); k++) {
      const bool is_last = k + 1 == starts.size();
      const int end = is_last ? run.frames : starts[k + 1];
      std::vector<double> row(longest, is_last ? nan : 0.0);
      for (int f = starts[k]; f < end; f++)
        row[static_cast<size_t>(f - starts[k])] = run.kinds[f] == DSLT_VOT_POLYGON ? run.eao_overlap[f] : 0;
      fragments.push_back(row);
      weights.push_back(1.0 / repetitions[static_cast<size_t>(run.sequence)]);
    }
  }
  double sum = 0;
  int used = 0;
  for (size_t length = static_cast<size_t>(low); length <= static_cast<size_t>(high) && length <= longest;
       length++) {
    double top = 0, bottom = 0;
    for (size_t i = 0; i < fragments.size(); i++) {
      if (std::isnan(fragments[i][length - 1])) continue;
      double mean = 0;
      for (size_t f = 1; f < length; f++) mean += fragments[i][f] / static_cast<double>(length - 1);
      top += weights[i] * mean;
      bottom += weights[i];
    }
    if (bottom == 0) continue;
    sum += top / bottom;
    used++;
  }
  return sum / used;
}

TEST(VotMeasure, EaoEqualsTheMatrixOfFragments) {
  std::mt19937_64 random(20161020);
  for (int trial = 0; trial < 20; trial++) {
    Runs runs;
    const std::vector<int> repetitions{1, 3, 15, 2};
    for (size_t s = 0; s < repetitions.size(); s++) {
      const int frames = 20 + static_cast<int>(random() % 180);
      for (int r = 0; r < repetitions[s]; r++) add_random_run(&runs, static_cast<int>(s), frames, &random);
    }
    Score score;
    ASSERT_EQ(score.measure(runs, rules_of(DSLT_VOT_MATLAB, 10, 15, 120)), DSLT_OK);
    ASSERT_NEAR(score.eao, eao_by_matrix(runs, repetitions, 15, 120), 1e-12) << "trial " << trial;
  }
}

TEST(VotMeasureProperty, OrderOfRunsDoesNotMatter) {
  std::mt19937_64 random(7);
  for (dslt_vot_convention convention : {DSLT_VOT_MATLAB, DSLT_VOT_PYTHON})
    for (int trial = 0; trial < 10; trial++) {
      Runs runs;
      for (int s = 0; s < 3; s++) {
        const int frames = 40 + static_cast<int>(random() % 100);
        for (int r = 0; r < 1 + s; r++) add_random_run(&runs, s, frames, &random);
      }
      Score first, mixed;
      ASSERT_EQ(first.measure(runs, rules_of(convention, 10, 15, 90)), DSLT_OK);
      std::shuffle(runs.series.begin(), runs.series.end(), random);
      ASSERT_EQ(mixed.measure(runs, rules_of(convention, 10, 15, 90)), DSLT_OK);
      EXPECT_NEAR(mixed.accuracy, first.accuracy, 1e-12);
      EXPECT_NEAR(mixed.robustness, first.robustness, 1e-12);
      EXPECT_NEAR(mixed.eao, first.eao, 1e-12);
      ASSERT_EQ(mixed.curve_length, first.curve_length);
      for (double value : {first.accuracy, first.eao, first.reliability}) {
        EXPECT_GE(value, 0);
        EXPECT_LE(value, 1);
      }
    }
}

// ---- what does not fit
// ----------------------------------------------------------------------------------------

TEST(VotMeasure, RunsThatBreakTheProtocolAreRefused) {
  const dslt_vot_rules rules = rules_of(DSLT_VOT_MATLAB, 10, 2, 4);
  for (const char *text : {".5 .5 .5", "1 .5 1 .5", "1 2 .5 .5", "1 2 0 2", "2 0 0 0"}) {
    Runs runs;
    runs.add(0, text);
    Score score;
    EXPECT_EQ(score.measure(runs, rules), DSLT_EFORMAT) << text;
    EXPECT_EQ(score.sequence, nullptr);
  }
  Runs runs;
  runs.add(1, "1 .5 .5");  // sequence 0 has no run
  Score score;
  EXPECT_EQ(score.measure(runs, rules), DSLT_EARGUMENT);
  Runs good;
  good.add(0, "1 .5 .5");
  EXPECT_EQ(score.measure(good, rules_of(DSLT_VOT_MATLAB, 10, 5, 4)), DSLT_EARGUMENT);
}

// ---- output
// ---------------------------------------------------------------------------------------------------

TEST(VotReport, Json) {
  Runs runs;
  runs.add(0, "1 .5 .5 .5");
  runs.add(1, "1 .7 2");
  Score score;
  ASSERT_EQ(score.measure(runs, rules_of(DSLT_VOT_MATLAB, 1, 8, 9)), DSLT_OK);
  json_t *json = nullptr;
  ASSERT_EQ(dslt_vot_score_json(&json, &score), DSLT_OK);
  const json_t *overall = json_object_get(json, "overall");
  EXPECT_TRUE(json_is_null(json_object_get(overall, "eao")));  // no sequence reaches length 8
  EXPECT_NEAR(json_real_value(json_object_get(overall, "accuracy")), (1.5 + 0.7) / 4, tight);
  EXPECT_EQ(json_real_value(json_object_get(overall, "robustness")), 1);
  EXPECT_EQ(json_array_size(json_object_get(json, "curve")), 4u);
  EXPECT_EQ(json_object_size(json_object_get(json, "sequences")), 2u);
  EXPECT_STREQ(json_string_value(json_object_get(json, "convention")), "matlab");
  json_decref(json);
}

}  // namespace
