/* SPDX-License-Identifier: Apache-2.0 */
// The program on published results of two trackers against the MATLAB toolkit's own numbers.
#include <jansson.h>

#include <chrono>
#include <map>
#include <memory>

#include "eval_test.h"

namespace {

const std::string kShared = DSLT_TEST_SHARED;
const std::map<std::string, std::string> kFolders = {{"KCF", "KCF_GaussHog"}, {"SRDCF", "SRDCF"}};

std::string plain_name(const std::string &name) {
  std::string plain;
  for (char c : name)
    if (c != '-' && c != '_' && c != '.') plain += (char)tolower((unsigned char)c);
  return plain;
}

class Golden : public EvalTest {
 protected:
  using Json = std::unique_ptr<json_t, decltype(&json_decref)>;

  void SetUp() override {
    for (const char *needed :
         {"/facts/otb_golden_per_sequence.tsv", "/facts/otb_golden_scores.tsv", "/data/otb100-anno",
          "/data/otb-results/SRDCF", "/data/otb-results/KCF_GaussHog"})
      if (!std::filesystem::exists(kShared + needed)) GTEST_SKIP() << skip::kShared << kShared << needed;
    EvalTest::SetUp();
  }
  void TearDown() override {
    if (!folder_.empty()) EvalTest::TearDown();
  }
  Json eval(const std::string &dataset, const std::string &convention = "matlab") const {
    const Outcome ended =
        run({kShared + "/data/otb-results/KCF_GaussHog", kShared + "/data/otb-results/SRDCF", "--dataset",
             dataset, "--root", kShared + "/data/otb100-anno", "--convention", convention, "--json", "-"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return Json(json_loads(ended.out.c_str(), 0, nullptr), json_decref);
  }
  static json_t *tracker(const Json &json, const std::string &name) {
    return json_object_get(json_object_get(json.get(), "trackers"), kFolders.at(name).c_str());
  }
  static double number(json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    EXPECT_TRUE(json_is_number(value)) << key;
    return json_number_value(value);
  }
};

TEST_F(Golden, EverySequence) {
  const Json json = eval("otb100");
  ASSERT_TRUE(json);
  std::map<std::string, json_t *> scores;
  for (const auto &pair : kFolders) {
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(tracker(json, pair.first), "sequences"), key, value)
        scores[pair.first + " " + plain_name(key)] = value;
  }
  EXPECT_EQ(scores.size(), 200u);
  std::ifstream stream(kShared + "/facts/otb_golden_per_sequence.tsv");
  std::string sequence, name;
  std::getline(stream, sequence);
  int compared = 0;
  for (double auc, p20, sr50; stream >> sequence >> name >> auc >> p20 >> sr50;) {
    if (!kFolders.count(name)) continue;
    SCOPED_TRACE(name + " " + sequence);
    json_t *score = scores[name + " " + plain_name(sequence)];
    ASSERT_NE(score, nullptr);
    EXPECT_NEAR(number(score, "auc"), auc, 1e-6);
    EXPECT_NEAR(number(score, "precision20"), p20, 1e-6);
    EXPECT_NEAR(number(score, "op50"), sr50, 1e-6);
    compared++;
  }
  EXPECT_EQ(compared, 200);
  EXPECT_EQ(number(scores["SRDCF tiger1"], "frames"), 349);
}

TEST_F(Golden, EverySet) {
  std::ifstream stream(kShared + "/facts/otb_golden_scores.tsv");
  std::string line, word;
  std::getline(stream, line);
  std::vector<std::string> heads;
  for (std::istringstream words(line); words >> word;) heads.push_back(word);
  int compared = 0;
  const Json sets[] = {eval("otb100"), eval("otb50"), eval("otb2013")};
  const std::vector<std::string> names = {"otb100_", "otb50_", "otb2013_"};
  while (std::getline(stream, line)) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (!kFolders.count(name)) continue;
    for (size_t i = 1; i < heads.size(); i++) {
      double wanted;
      ASSERT_TRUE(words >> wanted);
      for (size_t set = 0; set < names.size(); set++) {
        if (heads[i].rfind(names[set], 0) != 0) continue;
        const std::string measure = heads[i].substr(names[set].size());
        const char *key = measure == "auc" ? "auc" : measure == "p20" ? "precision20" : "op50";
        SCOPED_TRACE(name + " " + heads[i]);
        EXPECT_NEAR(number(json_object_get(tracker(sets[set], name), "overall"), key), wanted, 1e-6);
        compared++;
      }
    }
  }
  EXPECT_EQ(compared, 14);
}

// Five digits of AUC and precision worked out elsewhere for other toolkits' rules (computed there with
// the first row replaced by the truth, which pysot does not do: hence SRDCF alone, whose first rows are the
// truth).
TEST_F(Golden, OtherConventions) {
  const Json pysot = eval("otb100", "pysot"), got10k = eval("otb100", "got10k"),
             pytracking = eval("otb100", "pytracking");
  json_t *overall = json_object_get(tracker(pysot, "SRDCF"), "overall");
  EXPECT_NEAR(number(overall, "auc"), 0.59764, 6e-6);
  EXPECT_NEAR(number(overall, "precision20"), 0.78765, 6e-6);
  overall = json_object_get(tracker(got10k, "SRDCF"), "overall");
  EXPECT_NEAR(number(overall, "auc"), 0.59764, 6e-6);
  EXPECT_NEAR(number(overall, "precision20"), 0.78761, 6e-6);
  overall = json_object_get(tracker(got10k, "KCF"), "overall");
  EXPECT_NEAR(number(overall, "auc"), 0.47712, 6e-6);
  EXPECT_NEAR(number(overall, "precision20"), 0.69486, 6e-6);
  // Invalid frames fail the error thresholds: the column "invalid error = Inf".
  overall = json_object_get(tracker(pytracking, "SRDCF"), "overall");
  EXPECT_NEAR(number(overall, "auc"), 0.59762, 6e-6);
  EXPECT_NEAR(number(overall, "precision20"), 0.78759, 6e-6);
}

TEST_F(Golden, ScoringTwoTrackersTakesLessThanASecond) {
  double best = 1e9;
  for (int i = 0; i < 5; i++) { /* the best of five: others may use the machine */
    const auto before = std::chrono::steady_clock::now();
    ASSERT_TRUE(eval("otb100"));
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count());
  }
#if defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(best, 20);
#else
  EXPECT_LT(best, 1);
#endif
}

TEST_F(Golden, AttributesHaveThePublishedCounts) {
  const Json json = eval("otb100");
  const std::map<std::string, int> counts = {{"IV", 38}, {"SV", 65}, {"OCC", 49}, {"DEF", 44},
                                             {"MB", 31}, {"FM", 43}, {"IPR", 51}, {"OPR", 64},
                                             {"OV", 14}, {"BC", 32}, {"LR", 10}};
  json_t *attributes = json_object_get(tracker(json, "KCF"), "attributes");
  EXPECT_EQ(json_object_size(attributes), counts.size());
  for (const auto &pair : counts)
    EXPECT_EQ(number(json_object_get(attributes, pair.first.c_str()), "sequences"), pair.second)
        << pair.first;
}

}  // namespace
