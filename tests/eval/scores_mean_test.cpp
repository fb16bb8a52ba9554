/* SPDX-License-Identifier: Apache-2.0 */
// Means over sequences: equal weights, curves first, and what MATLAB's plots drop.
#include <algorithm>
#include <random>
#include <vector>

#include "eval/evaluate.h"
#include "gtest/gtest.h"

namespace {

// A scored sequence of `frames` frames of which `good` pass every threshold but the last.
dslt_cell cell(int frames, int good) {
  dslt_cell cell = {};
  cell.state = DSLT_CELL_SCORED;
  dslt_ope part = {};
  part.frames = part.scored = frames;
  for (int i = 0; i < DSLT_SUCCESS_BINS - 1; i++) part.success_count[i] = good;
  for (int i = 0; i < DSLT_PRECISION_BINS; i++) part.precision_count[i] = part.norm_precision_count[i] = good;
  part.overlap_sum = good;
  dslt_ope_add(&cell.ope, &part);
  dslt_scores_of_ope(&cell.scores, &cell.ope);
  return cell;
}

dslt_scores mean(const std::vector<dslt_cell> &cells, dslt_convention convention,
                 const uint8_t *wanted = nullptr) {
  dslt_evaluate_options options = {};
  options.convention = convention;
  dslt_scores scores;
  dslt_scores_mean(&scores, cells.data(), wanted, (int)cells.size(), &options);
  return scores;
}

TEST(ScoresMean, SequencesWeighTheSame) {
  const std::vector<dslt_cell> cells = {cell(10, 10), cell(1000, 500)};
  const dslt_scores scores = mean(cells, DSLT_CONVENTION_MATLAB);
  EXPECT_EQ(scores.sequences, 2);
  EXPECT_EQ(scores.frames, 1010);
  EXPECT_DOUBLE_EQ(scores.op50, 0.75);
  EXPECT_DOUBLE_EQ(scores.auc, 0.75 * 20 / 21);
  EXPECT_DOUBLE_EQ(scores.precision20, 0.75);
  EXPECT_DOUBLE_EQ(scores.mean_overlap, 0.75);
}

TEST(ScoresMean, OnlyMatlabDropsCurvesOfZeros) {
  const std::vector<dslt_cell> cells = {cell(10, 10), cell(10, 0)};
  EXPECT_DOUBLE_EQ(mean(cells, DSLT_CONVENTION_MATLAB).op50, 1);
  EXPECT_DOUBLE_EQ(mean(cells, DSLT_CONVENTION_PYSOT).op50, 0.5);
  EXPECT_DOUBLE_EQ(mean(cells, DSLT_CONVENTION_PYTRACKING).precision20, 0.5);
}

TEST(ScoresMean, UnscoredAndUnwantedSequencesStayOut) {
  std::vector<dslt_cell> cells = {cell(10, 10), cell(10, 2), cell(10, 4)};
  const uint8_t wanted[] = {0, 1, 1};
  EXPECT_DOUBLE_EQ(mean(cells, DSLT_CONVENTION_PYSOT, wanted).op50, 0.3);
  cells[1].state = DSLT_CELL_REFUSED;
  EXPECT_DOUBLE_EQ(mean(cells, DSLT_CONVENTION_PYSOT, wanted).op50, 0.4);
  cells[2].state = DSLT_CELL_DROPPED;
  const dslt_scores none = mean(cells, DSLT_CONVENTION_PYSOT, wanted);
  EXPECT_EQ(none.sequences, 0);
  EXPECT_EQ(none.auc, 0);
}

TEST(ScoresMeanProperty, OrderOfSequencesDoesNotMatter) {
  std::mt19937 random(31);
  for (int round = 0; round < 20; round++) {
    std::vector<dslt_cell> cells;
    for (int i = 0; i < 30; i++) {
      const int frames = 1 + (int)(random() % 500);
      cells.push_back(cell(frames, (int)(random() % (unsigned)(frames + 1))));
      if (random() % 5 == 0) cells.back().state = DSLT_CELL_MISSING;
    }
    for (dslt_convention convention : {DSLT_CONVENTION_MATLAB, DSLT_CONVENTION_PYSOT}) {
      const dslt_scores a = mean(cells, convention);
      std::shuffle(cells.begin(), cells.end(), random);
      const dslt_scores b = mean(cells, convention);
      EXPECT_EQ(a.sequences, b.sequences);
      EXPECT_EQ(a.frames, b.frames);
      EXPECT_NEAR(a.auc, b.auc, 1e-12);
      EXPECT_NEAR(a.mean_overlap, b.mean_overlap, 1e-12);
      for (int i = 0; i < DSLT_SUCCESS_BINS; i++) EXPECT_NEAR(a.success[i], b.success[i], 1e-12);
      for (int i = 0; i < DSLT_PRECISION_BINS; i++) EXPECT_NEAR(a.precision[i], b.precision[i], 1e-12);
      // A mean lies between what it is made of.
      EXPECT_GE(a.auc, 0);
      EXPECT_LE(a.auc, 20.0 / 21);
    }
  }
}

}  // namespace
