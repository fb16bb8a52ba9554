/* SPDX-License-Identifier: Apache-2.0 */
// Ranks and the tests behind them, against numbers from scipy 1.10 and by hand.
#include "eval/vot_rank.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "vot_series.h"

namespace {

TEST(VotTests, SignedRankByHand) {
  // Differences 1, 2, 3, 4 and -5: ranks 1..5, negative ranks sum to 5, of 32 choices of signs those with a
  // sum of at most 5 are {}, 1, 2, 3, 4, 5, 12, 13, 14, 23: ten. p = 2 x 10 / 32.
  const double x[] = {1, 2, 3, 4, 0, 7}, y[] = {0, 0, 0, 0, 5, 7};
  long used = 0;
  EXPECT_DOUBLE_EQ(dslt_vot_signed_rank(&used, x, y, 6), 20.0 / 32);
  EXPECT_EQ(used, 6);  // the equal pair is a pair, though it has no rank
  EXPECT_DOUBLE_EQ(dslt_vot_signed_rank(&used, x, x, 6), 1);
  const double gap[] = {std::nan(""), 2, 3, 4, 0, 7};
  const double without = dslt_vot_signed_rank(&used, gap, y, 6);
  EXPECT_EQ(used, 5);
  EXPECT_DOUBLE_EQ(dslt_vot_signed_rank(&used, y, gap, 6),
                   without);  // a gap on either side leaves the pair out
  EXPECT_EQ(used, 5);
  // Differences 2, 3, 4 and -5: of 16 choices of signs those with a rank sum of at most 4 are {}, 1, 2, 3, 4, 12, 13.
  EXPECT_DOUBLE_EQ(without, 2 * 7.0 / 16);
}

// i-th of a fixed list of numbers with ties.
double spread(int i, int step, int modulus) { return static_cast<double>(i * step % modulus) / modulus; }

TEST(VotTests, SignedRankEqualsScipy) {
  // scipy.stats.wilcoxon(x, y, zero_method="wilcox", correction=False, mode="approx")
  double x[40], y[40];
  for (int i = 0; i < 40; i++) x[i] = spread(i, 7, 23), y[i] = spread(i, 5, 17);
  EXPECT_NEAR(dslt_vot_signed_rank(nullptr, x, y, 40), 0.05413063649743804, 1e-12);
}

// Above fifteen pairs a normal distribution stands in; with equal differences its variance is a quarter of the sum
// of the squared ranks, whatever the ties.
TEST(VotTests, SignedRankWithManyTies) {
  double x[40] = {}, y[40] = {};
  for (int i = 0; i < 40; i++) x[i] = 1 + i % 3, y[i] = i % 4 == 0 ? 2 * x[i] : 0;
  // |difference| is 1, 2 or 3, fourteen, thirteen and thirteen times, so their ranks are 7.5, 21 and 34.
  const double rank[] = {7.5, 21, 34};
  double positive = 0, all = 0, squares = 0;
  for (int i = 0; i < 40; i++) {
    const double r = rank[i % 3];
    if (i % 4) positive += r;
    all += r;
    squares += r * r;
  }
  const double z = (positive - all / 2) / std::sqrt(squares / 4);
  EXPECT_NEAR(dslt_vot_signed_rank(nullptr, x, y, 40), std::erfc(std::fabs(z) / std::sqrt(2.0)), 1e-12);
}

TEST(VotTests, RankSumEqualsScipy) {
  // scipy.stats.mannwhitneyu(x, y, use_continuity=True, alternative="two-sided", method="asymptotic")
  double x[30], y[25];
  for (int i = 0; i < 30; i++) x[i] = i * 7 % 5;
  for (int i = 0; i < 25; i++) y[i] = i * 3 % 7;
  EXPECT_NEAR(dslt_vot_rank_sum(x, 30, y, 25), 0.09142775263669235, 1e-12);
  EXPECT_EQ(dslt_vot_rank_sum(x, 30, x, 30), 1);
  const double same[12] = {0};
  EXPECT_EQ(dslt_vot_rank_sum(same, 12, same, 12), 1);  // no failure at all: equal
}

struct Sample : dslt_vot_sample {
  Sample() : dslt_vot_sample() {}
  Sample(const Sample &) = delete;
  Sample &operator=(const Sample &) = delete;
  ~Sample() { dslt_vot_sample_free(this); }
};

// One run over one sequence of 60 frames: overlaps base +- 0.05 in turn, failures at the given frames.
void add_run(Runs *runs, double base, const std::vector<int> &failures) {
  std::vector<dslt_vot_kind> kinds(60, DSLT_VOT_RECTANGLE);
  std::vector<double> overlaps(60);
  for (size_t i = 0; i < 60; i++) overlaps[i] = base + (i % 2 ? 0.05 : -0.05);
  kinds[0] = DSLT_VOT_INIT;
  for (int f : failures) {
    kinds[static_cast<size_t>(f)] = DSLT_VOT_FAILED;
    for (int k = 1; k < 5; k++) kinds[static_cast<size_t>(f + k)] = DSLT_VOT_SKIPPED;
    kinds[static_cast<size_t>(f + 5)] = DSLT_VOT_INIT;
  }
  runs->add(0, kinds, overlaps);
}

TEST(VotRanks, EqualTrackersShareTheMeanRank) {
  // Accuracy: 0.8, 0.6, 0.6, 0.4. The second and the third are equal: ranks 1, 2.5, 2.5, 4.
  // Failures: 0, 3, 0, 2 in a single run, taken as 15 equal ones: 15 values of 0 against 15 of 3 differ
  // surely, so plain ranks 1, 4, 2, 3 become 1.5, 4, 1.5, 3.
  const double base[] = {0.8, 0.6, 0.6, 0.4};
  const std::vector<int> failures[] = {{}, {12, 24, 36}, {}, {12, 24}};
  dslt_vot_rules rules;
  dslt_vot_rules_init(&rules, DSLT_VOT_MATLAB);
  rules.burn_in = 1;
  Sample samples[4];
  for (int i = 0; i < 4; i++) {
    Runs runs;
    add_run(&runs, base[i], failures[i]);
    ASSERT_EQ(dslt_vot_sample_make(&samples[i], runs.series.data(), 1, runs.lengths.data(), 1, &rules),
              DSLT_OK);
    ASSERT_EQ(samples[i].failures_count, 15);
  }
  dslt_vot_sample plain[4];
  for (int i = 0; i < 4; i++) plain[i] = samples[i];
  double accuracy[4], robustness[4];
  ASSERT_EQ(dslt_vot_ranks(accuracy, robustness, plain, 4, 0.05), DSLT_OK);
  const double expected_accuracy[] = {1, 2.5, 2.5, 4}, expected_robustness[] = {1.5, 4, 1.5, 3};
  for (int i = 0; i < 4; i++) {
    EXPECT_EQ(accuracy[i], expected_accuracy[i]) << i;
    EXPECT_EQ(robustness[i], expected_robustness[i]) << i;
  }
  // Without tests: plain ranks, the one named first ahead of its equal.
  ASSERT_EQ(dslt_vot_ranks(accuracy, robustness, plain, 4, 0), DSLT_OK);
  EXPECT_EQ(robustness[0], 1);
  EXPECT_EQ(robustness[2], 2);
  plain[1].frames = 59;
  EXPECT_EQ(dslt_vot_ranks(accuracy, robustness, plain, 4, 0.05), DSLT_EARGUMENT);
}

// 24 frames with an overlap in both are too few to call two trackers equal, 25 are enough.
TEST(VotRanks, TwentyFiveFramesAreEnough) {
  dslt_vot_rules rules;
  dslt_vot_rules_init(&rules, DSLT_VOT_MATLAB);
  rules.burn_in = 1;
  for (int scored : {24, 25}) {
    std::string series = "1";
    for (int i = 0; i < scored; i++) series += " .5";
    Sample samples[2];
    for (auto &sample : samples) {
      Runs runs;
      runs.add(0, series.c_str());
      ASSERT_EQ(dslt_vot_sample_make(&sample, runs.series.data(), 1, runs.lengths.data(), 1, &rules),
                DSLT_OK);
    }
    const dslt_vot_sample pair[] = {samples[0], samples[1]};
    double accuracy[2], robustness[2];
    ASSERT_EQ(dslt_vot_ranks(accuracy, robustness, pair, 2, 0.05), DSLT_OK);
    EXPECT_EQ(accuracy[0], scored < 25 ? 1 : 1.5) << scored;
  }
}

TEST(VotRanks, FewFramesCountAsDifferent) {
  dslt_vot_rules rules;
  dslt_vot_rules_init(&rules, DSLT_VOT_MATLAB);
  Sample samples[2];
  for (auto &sample : samples) {
    Runs runs;
    runs.add(0, "1 .5 .5 .5 .5 .5 .5 .5 .5 .5 .5 .5 .5");
    ASSERT_EQ(dslt_vot_sample_make(&sample, runs.series.data(), 1, runs.lengths.data(), 1, &rules), DSLT_OK);
  }
  const dslt_vot_sample pair[] = {samples[0], samples[1]};
  double accuracy[2], robustness[2];
  ASSERT_EQ(dslt_vot_ranks(accuracy, robustness, pair, 2, 0.05), DSLT_OK);
  EXPECT_EQ(accuracy[0], 1);
  EXPECT_EQ(accuracy[1], 2);
  EXPECT_EQ(robustness[0], 1.5);
}

}  // namespace
