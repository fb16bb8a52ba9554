/* SPDX-License-Identifier: Apache-2.0 */
// One-pass evaluation: the rules one by one on hand-made boxes, then the MATLAB toolkit's own scores on all
// of OTB-100.
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "dataset/boxes.h"
#include "eval/ope.h"
#include "scratch.h"

#include "base/rng.h"

namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();

dslt_ope score(const std::vector<dslt_box> &results, const std::vector<dslt_box> &truth) {
  dslt_ope ope = {};
  EXPECT_EQ(results.size(), truth.size());
  EXPECT_EQ(dslt_ope_score(&ope, results.data(), truth.data(), (int)truth.size()), DSLT_OK)
      << dslt_last_error();
  return ope;
}

TEST(Overlap, HandMadeCases) {
  dslt_box a = {10, 10, 20, 10}, half = {20, 10, 20, 10}, beside = {30, 10, 20, 10}, inside = {15, 12, 5, 4};
  EXPECT_DOUBLE_EQ(dslt_box_overlap(&a, &a), 1);
  EXPECT_DOUBLE_EQ(dslt_box_overlap(&a, &half), 1.0 / 3);
  EXPECT_EQ(dslt_box_overlap(&a, &beside), 0);
  EXPECT_DOUBLE_EQ(dslt_box_overlap(&a, &inside), 0.1);
  dslt_box empty = {10, 10, 0, 10}, negative = {10, 10, -5, 10}, bad = {10, kNaN, 20, 10},
           endless = {0, 0, INFINITY, 1};
  for (const dslt_box *other : {&empty, &negative, &bad, &endless}) {
    EXPECT_EQ(dslt_box_overlap(&a, other), 0);
    EXPECT_EQ(dslt_box_overlap(other, &a), 0);
  }
}

TEST(Overlap, SymmetricBoundedAndIndependentOfPlace) {
  dslt_rng rng = dslt_rng_make(3, 0);
  auto draw = [&](double low, double high) { return low + (high - low) * dslt_rng_uniform(&rng); };
  for (int i = 0; i < 2000; i++) {
    dslt_box a = {draw(-20, 20), draw(-20, 20), draw(0.1, 40), draw(0.1, 40)};
    dslt_box b = {draw(-20, 20), draw(-20, 20), draw(0.1, 40), draw(0.1, 40)};
    double overlap = dslt_box_overlap(&a, &b);
    EXPECT_EQ(overlap, dslt_box_overlap(&b, &a));
    EXPECT_GE(overlap, 0);
    EXPECT_LE(overlap, 1);
    a.x += 100, b.x += 100, a.y -= 50, b.y -= 50;
    EXPECT_NEAR(overlap, dslt_box_overlap(&a, &b), 1e-12);
  }
}

TEST(Ope, APerfectRunMissesOnlyTheLastBin) {
  std::vector<dslt_box> truth(7, {5, 5, 10, 10});
  dslt_ope ope = score(truth, truth);
  EXPECT_EQ(ope.frames, 7);
  EXPECT_EQ(ope.invalid, 0);
  EXPECT_EQ(ope.success_count[19], 7);
  EXPECT_EQ(ope.success_count[20], 0);  // strictly greater than 1 is impossible
  EXPECT_DOUBLE_EQ(ope.auc, 20.0 / 21);
  EXPECT_DOUBLE_EQ(ope.precision20, 1);
  EXPECT_DOUBLE_EQ(ope.op50, 1);
  EXPECT_DOUBLE_EQ(ope.mean_overlap, 1);
}

TEST(Ope, TheFirstFrameIsGivenAndCounted) {
  std::vector<dslt_box> truth(2, {5, 5, 10, 10}), far(2, {500, 500, 10, 10});
  dslt_ope ope = score(far, truth);
  EXPECT_EQ(ope.success_count[0], 1);
  EXPECT_EQ(ope.precision_count[50], 1);
  EXPECT_DOUBLE_EQ(ope.mean_overlap, 0.5);
}

TEST(Ope, OverlapIsStrictAndErrorIsNot) {
  // Overlap exactly 0.5 and centre error exactly 20 px.
  std::vector<dslt_box> truth = {{0, 0, 80, 10}, {0, 0, 80, 10}}, results = {truth[0], {0, 0, 40, 10}};
  dslt_ope ope = score(results, truth);
  EXPECT_EQ(ope.success_count[9], 2);
  EXPECT_EQ(ope.success_count[10], 1);
  EXPECT_EQ(ope.precision_count[19], 1);
  EXPECT_EQ(ope.precision_count[20], 2);
}

TEST(Ope, ThresholdsAreMatlabsColon) {
  // 13/20 in double lies above MATLAB's 14th threshold 1 - 7 * 0.05, but not above 13 * 0.05.
  ASSERT_GT(13.0 / 20, 1 - 7 * 0.05);
  ASSERT_FALSE(13.0 / 20 > 13 * 0.05);
  std::vector<dslt_box> truth = {{0, 0, 20, 1}, {0, 0, 20, 1}}, results = {truth[0], {0, 0, 13, 1}};
  EXPECT_EQ(score(results, truth).success_count[13], 2);
  EXPECT_EQ(score(results, truth).success_count[14], 1);
}

TEST(Ope, InvalidTruthIsAMissAndAHit) {
  // 1-based coordinates must all be above zero: x = -1 (0-based) is 0 (1-based).
  std::vector<dslt_box> truth = {{5, 5, 10, 10}, {-1, 5, 10, 10}, {5, 5, 0, 10}, {kNaN, kNaN, kNaN, kNaN}};
  std::vector<dslt_box> results = truth;
  dslt_ope ope = score(results, truth);
  EXPECT_EQ(ope.frames, 4);
  EXPECT_EQ(ope.invalid, 3);
  EXPECT_EQ(ope.success_count[0], 1);
  EXPECT_EQ(ope.precision_count[0], 4);
  EXPECT_DOUBLE_EQ(ope.mean_overlap, 1);
  // x = -0.5 (0-based) is 0.5 (1-based): valid.
  EXPECT_EQ(score({{5, 5, 10, 10}, {5, 5, 10, 10}}, {{5, 5, 10, 10}, {-0.5, 5, 10, 10}}).invalid, 0);
}

TEST(Ope, BadRowsRepeatTheOneBefore) {
  std::vector<dslt_box> truth(4, {5, 5, 10, 10});
  std::vector<dslt_box> results = {truth[0], {kNaN, 0, 1, 1}, {5, 5, 0, 10}, {5, 5, 10, -1}};
  EXPECT_EQ(score(results, truth).success_count[19], 4);
  // The row before may itself be bad because the truth there was NaN: nothing is repaired then.
  truth[2] = {kNaN, kNaN, kNaN, kNaN};
  results[2] = {kNaN, kNaN, kNaN, kNaN};
  dslt_ope ope = score(results, truth);
  EXPECT_EQ(ope.success_count[0], 2);
  EXPECT_EQ(ope.precision_count[50], 3);
}

TEST(Ope, NothingToScoreIsAnError) {
  dslt_box box = {1, 1, 1, 1};
  dslt_ope ope;
  EXPECT_EQ(dslt_ope_score(&ope, &box, &box, 0), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_ope_score(&ope, nullptr, &box, 1), DSLT_EARGUMENT);
}

// ---- OTB-100 ------------------------------------------------------------------------------------------

struct Golden {
  std::string sequence, tracker;
  double auc, p20, sr50;
};

std::vector<Golden> read_golden() {
  std::ifstream stream(DSLT_TEST_SHARED "/facts/otb_golden_per_sequence.tsv");
  std::vector<Golden> rows;
  std::string header;
  std::getline(stream, header);
  for (Golden row; stream >> row.sequence >> row.tracker >> row.auc >> row.p20 >> row.sr50;)
    rows.push_back(row);
  return rows;
}

std::string plain_name(const std::string &name) {
  std::string plain;
  for (char c : name)
    if (c != '-' && c != '_' && c != '.') plain += (char)tolower((unsigned char)c);
  return plain;
}

// Plain name -> path of every .txt in a folder.
std::map<std::string, std::string> text_files(const std::string &folder) {
  std::map<std::string, std::string> files;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".txt")
      files[plain_name(entry.path().stem().string())] = entry.path().string();
  return files;
}

TEST(OpeGolden, EqualsTheToolkitOnAllOfOtb100) {
  const std::string shared = DSLT_TEST_SHARED;
  for (const char *needed : {"/facts/otb_golden_per_sequence.tsv", "/data/otb-results", "/data/otb100-anno"})
    if (!std::filesystem::exists(shared + needed)) GTEST_SKIP() << skip::kShared << shared << needed;
  const std::map<std::string, std::string> folders = {{"KCF", "KCF_GaussHog"}, {"SRDCF", "SRDCF"}};
  auto truth_files = text_files(shared + "/data/otb100-anno");
  std::map<std::string, int> scored;
  std::map<std::string, double> auc_sum, p20_sum;
  for (const Golden &golden : read_golden()) {
    if (!folders.count(golden.tracker)) continue;
    SCOPED_TRACE(golden.tracker + " " + golden.sequence);
    auto result_files = text_files(shared + "/data/otb-results/" + folders.at(golden.tracker));
    std::string name = plain_name(golden.sequence);
    ASSERT_TRUE(result_files.count(name) && truth_files.count(name));
    dslt_box_list results = {}, truth = {};
    ASSERT_EQ(dslt_box_list_read_otb(&results, result_files[name].c_str()), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(dslt_box_list_read_otb(&truth, truth_files[name].c_str()), DSLT_OK) << dslt_last_error();
    // The toolkit starts Tiger1 at frame 6 because its list of omitted frames names 1 to 5.
    int omitted = name == "tiger1" ? 5 : 0;
    ASSERT_EQ(results.count, truth.count - omitted);
    dslt_ope ope;
    ASSERT_EQ(dslt_ope_score(&ope, results.boxes, truth.boxes + omitted, results.count), DSLT_OK);
    EXPECT_NEAR(ope.auc, golden.auc, 1e-6);
    EXPECT_NEAR(ope.precision20, golden.p20, 1e-6);
    EXPECT_NEAR(ope.op50, golden.sr50, 1e-6);
    scored[golden.tracker]++;
    auc_sum[golden.tracker] += ope.auc;
    p20_sum[golden.tracker] += ope.precision20;
    dslt_box_list_free(&results);
    dslt_box_list_free(&truth);
  }
  EXPECT_EQ(scored["KCF"], 100);
  EXPECT_EQ(scored["SRDCF"], 100);
  EXPECT_NEAR(auc_sum["KCF"] / 100, 0.477100, 1e-6);
  EXPECT_NEAR(p20_sum["KCF"] / 100, 0.695391, 1e-6);
  EXPECT_NEAR(auc_sum["SRDCF"] / 100, 0.597621, 1e-6);
  EXPECT_NEAR(p20_sum["SRDCF"] / 100, 0.788143, 1e-6);
}

}  // namespace
