/* SPDX-License-Identifier: Apache-2.0 */
// Means over sequences: equal weights, curves first, and what MATLAB's plots drop.
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

}  // namespace
