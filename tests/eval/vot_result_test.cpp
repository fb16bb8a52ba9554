/* SPDX-License-Identifier: Apache-2.0 */
// VOT's result files and folders.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "eval_test.h"
#include "vot_series.h"

namespace {

class VotResult : public ScratchTest {};

// Frees itself.
struct Regions : dslt_vot_regions {
  Regions() : dslt_vot_regions{nullptr, 0} {}
  Regions(const Regions &) = delete;
  Regions &operator=(const Regions &) = delete;
  ~Regions() { dslt_vot_regions_free(this); }
  int parse(const std::string &text) {
    return dslt_vot_regions_parse(this, text.data(), text.size(), "r.txt");
  }
};

TEST_F(VotResult, EveryKindOfLine) {
  Regions regions;
  ASSERT_EQ(regions.parse("1\n10.5,-20,30,40\r\n 1.0 , 2 ,3,4,5,6,7,8e0\n2\n0\n1.0\nNaN,nan,-NaN,NAN"),
            DSLT_OK);
  ASSERT_EQ(regions.count, 7);
  EXPECT_EQ(regions.at[0].kind, DSLT_VOT_INIT);
  EXPECT_EQ(regions.at[1].kind, DSLT_VOT_RECTANGLE);
  EXPECT_EQ(regions.at[1].at[0], 10.5);
  EXPECT_EQ(regions.at[1].at[1], -20);
  EXPECT_EQ(regions.at[2].kind, DSLT_VOT_POLYGON);
  EXPECT_EQ(regions.at[2].at[7], 8);
  EXPECT_EQ(regions.at[3].kind, DSLT_VOT_FAILED);
  EXPECT_EQ(regions.at[4].kind, DSLT_VOT_SKIPPED);
  EXPECT_EQ(regions.at[5].kind, DSLT_VOT_INIT);
  EXPECT_EQ(regions.at[6].kind, DSLT_VOT_SKIPPED);
}

TEST_F(VotResult, WhatIsNotAResult) {
  for (const char *text : {"",
                           "\n\n",
                           "3\n",
                           "-1\n",
                           "1.5\n",
                           "nan\n",
                           "1,2\n",
                           "1,2,3,4,5,6\n",
                           "1,2,3,4,5,6,7,8,9\n",
                           "1,2,3\n",
                           "1,2,3,\n",
                           ",1,2,3\n",
                           "1 2 3 4\n",
                           "1,2,3,0x4\n",
                           "1,2,3,inf\n",
                           "1,2,3,1e10\n",
                           "1\n\n2\n",
                           "1,2,3,4 x\n",
                           "1;2;3;4\n",
                           "--1\n",
                           "e\n"}) {
    Regions regions;
    EXPECT_EQ(regions.parse(text), DSLT_EFORMAT) << '"' << text << '"';
    EXPECT_EQ(regions.at, nullptr);
  }
  Regions regions;
  EXPECT_EQ(regions.parse("1\n2\n7\n"), DSLT_EFORMAT);
  EXPECT_NE(std::string(dslt_last_error()).find("Line 3 of r.txt"), std::string::npos) << dslt_last_error();
  EXPECT_EQ(dslt_vot_regions_read(&regions, path("absent.txt").c_str()), DSLT_EIO);
  EXPECT_EQ(dslt_vot_regions_read(&regions, folder_.c_str()), DSLT_EIO);
}

TEST_F(VotResult, WrittenAndReadAgain) {
  const double polygon[8] = {1, 2, 3.25, 4, 5, 6, 7, -8.0625};
  const dslt_vot_region rows[] = {dslt_vot_code(DSLT_VOT_INIT), dslt_vot_rectangle({0.12345, 1, 2, 3}),
                                  dslt_vot_polygon(polygon), dslt_vot_code(DSLT_VOT_FAILED),
                                  dslt_vot_code(DSLT_VOT_SKIPPED)};
  ASSERT_EQ(dslt_vot_regions_write(path("r.txt").c_str(), rows, 5), DSLT_OK);
  EXPECT_EQ(
      slurp(path("r.txt")),
      "1\n0.1235,1.0000,2.0000,3.0000\n1.0000,2.0000,3.2500,4.0000,5.0000,6.0000,7.0000,-8.0625\n2\n0\n");
  Regions regions;
  ASSERT_EQ(dslt_vot_regions_read(&regions, path("r.txt").c_str()), DSLT_OK);
  ASSERT_EQ(regions.count, 5);
  EXPECT_EQ(regions.at[2].at[7], -8.0625);
  const dslt_vot_region bad = dslt_vot_rectangle({std::nan(""), 0, 1, 1});
  EXPECT_EQ(dslt_vot_regions_write(path("bad.txt").c_str(), &bad, 1), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_vot_regions_write(path("no/such/folder.txt").c_str(), rows, 5), DSLT_EIO);
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(VotResult, Times) {
  const double nan = std::nan("");
  const double seconds[] = {0.5, 0.25, nan, 0.125, 1, nan};  // two repetitions of three frames
  ASSERT_EQ(dslt_vot_times_write(path("t.txt").c_str(), seconds, 3, 2), DSLT_OK);
  EXPECT_EQ(slurp(path("t.txt")), "0.500000,0.125000\n0.250000,1.000000\nNaN,NaN\n");
  double *back = nullptr;
  int frames = 0, repetitions = 0;
  ASSERT_EQ(dslt_vot_times_read(&back, &frames, &repetitions, path("t.txt").c_str()), DSLT_OK);
  EXPECT_EQ(frames, 3);
  EXPECT_EQ(repetitions, 2);
  EXPECT_EQ(back[1], 0.25);
  EXPECT_EQ(back[4], 1);
  EXPECT_TRUE(std::isnan(back[5]));
  free(back);
  for (const std::string text : {"", "1,2\n1\n", "-1\n", "a\n", "1\n\n1\n", "inf\n"})
    EXPECT_EQ(dslt_vot_times_parse(&back, &frames, &repetitions, text.data(), text.size(), "t"), DSLT_EFORMAT)
        << text;
}

TEST_F(VotResult, Paths) {
  char *out = nullptr;
  ASSERT_EQ(dslt_vot_result_path(&out, "results/KCF", "baseline", "bag", 7), DSLT_OK);
  EXPECT_STREQ(out, "results/KCF/baseline/bag/bag_007.txt");
  free(out);
  ASSERT_EQ(dslt_vot_result_path(&out, "results/KCF", "baseline", "bag", 0), DSLT_OK);
  EXPECT_STREQ(out, "results/KCF/baseline/bag/bag_time.txt");
  free(out);
  EXPECT_EQ(dslt_vot_result_path(&out, "results", "baseline", "../bag", 1), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_vot_result_path(&out, "results", "baseline", "bag", 1000), DSLT_EARGUMENT);
}

// ---- a tracker's folder
// ---------------------------------------------------------------------------------------

// Two sequences of whole-pixel boxes in a frame of 100 x 100.
class VotFolder : public ScratchTest {
 protected:
  void SetUp() override {
    ScratchTest::SetUp();
    truth_.assign(8, dslt_vot_rectangle({10, 10, 10, 10}));
    sequences_ = {{"alpha", truth_.data(), 4, 100, 100}, {"beta", truth_.data(), 8, 100, 100}};
    dslt_vot_rules_init(&rules_, DSLT_VOT_MATLAB);
    rules_.burn_in = 1;
    rules_.eao_low = 2;
    rules_.eao_high = 4;
  }
  void result(const std::string &experiment, const std::string &name, const std::string &file,
              const std::string &text) {
    const auto folder = folder_ / experiment / name;
    std::filesystem::create_directories(folder);
    spill((folder / (name + file)).string(), text);
  }
  int score(dslt_vot_score *out, int *missing, int allow_missing) {
    return dslt_vot_score_folder(out, missing, folder_.c_str(), sequences_.data(), 2, allow_missing, &rules_);
  }
  std::vector<dslt_vot_region> truth_;
  std::vector<dslt_vot_sequence> sequences_;
  dslt_vot_rules rules_;
};

TEST_F(VotFolder, EverythingThatIsThere) {
  // A box moved by 5 columns shares 50 of 150 pixels with the truth, the truth itself shares all.
  result("baseline", "alpha", "_001.txt", "1\n10,10,10,10\n15,10,10,10\n2\n");
  result("baseline", "alpha", "_003.txt", "1\n10,10,10,10\n10,10,10,10\n10,10,10,10\n");  // 002 was never run
  result("baseline", "beta", "_001.txt", "1\n2\n0\n0\n0\n0\n1\n10,10,10,10\n");
  result("baseline", "beta", "_time.txt", "0.2\n0.05\nNaN\nNaN\nNaN\nNaN\n0.2\n0.05\n");
  result("unsupervised", "alpha", "_001.txt", "1\n10,10,10,10\n15,10,10,10\n50,50,5,5\n");
  Score out;
  int missing = -1;
  ASSERT_EQ(score(&out, &missing, 0), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(missing, 0);
  EXPECT_STREQ(out.sequence[1].name, "beta");
  EXPECT_EQ(out.sequence[0].runs, 2);
  // Frames of alpha: 1 and 1; 1/3 and 1; only run 3 with 1. Beta: 1.
  EXPECT_NEAR(out.accuracy, (1 + 2.0 / 3 + 1 + 1) / 4, 1e-12);
  EXPECT_NEAR(out.robustness, 0.5 + 1, 1e-12);
  EXPECT_NEAR(out.sequence[0].no_reset, (1 + 1.0 / 3 + 0) / 3, 1e-12);
  EXPECT_TRUE(std::isnan(out.no_reset));  // beta has none
  EXPECT_NEAR(out.frames_per_second, 4 / 0.5, 1e-9);

  result("unsupervised", "beta", "_001.txt", "1\n0\n0\n0\n0\n0\n0\n10,10,10,10\n");
  Score whole;
  ASSERT_EQ(score(&whole, nullptr, 0), DSLT_OK);
  // matlab: (4/3 + 1) over 3 + 7 frames. A frame without a region counts as 0.
  EXPECT_NEAR(whole.no_reset, (4.0 / 3 + 1) / 10, 1e-12);
}

TEST_F(VotFolder, MissingAndBrokenResults) {
  result("baseline", "alpha", "_001.txt", "1\n10,10,10,10\n10,10,10,10\n10,10,10,10\n");
  Score out;
  int missing = -1;
  EXPECT_EQ(score(&out, &missing, 0), DSLT_EIO);
  EXPECT_NE(std::string(dslt_last_error()).find("1 of 2 sequences (beta)"), std::string::npos)
      << dslt_last_error();
  ASSERT_EQ(score(&out, &missing, 1), DSLT_OK);
  EXPECT_EQ(missing, 1);
  EXPECT_EQ(out.sequences, 1);
  EXPECT_EQ(out.accuracy, 1);

  result("baseline", "beta", "_001.txt", "1\n10,10,10,10\n");
  Score cut;
  EXPECT_EQ(score(&cut, nullptr, 1), DSLT_EFORMAT);
  EXPECT_NE(std::string(dslt_last_error()).find("holds 2 frames, the ground truth of beta 8"),
            std::string::npos)
      << dslt_last_error();
  result("baseline", "beta", "_001.txt", "1\n2\n1\n2\n1\n2\n1\n1\n");
  EXPECT_EQ(score(&cut, nullptr, 1), DSLT_EFORMAT);
  EXPECT_NE(std::string(dslt_last_error()).find("beta_001.txt: Frame 8"), std::string::npos)
      << dslt_last_error();
  truth_[2] = dslt_vot_code(DSLT_VOT_SKIPPED);
  EXPECT_EQ(score(&cut, nullptr, 1), DSLT_EFORMAT);
}

TEST_F(VotFolder, TimesThatCannotBeReadCostOnlyTheSpeed) {
  for (const char *name : {"alpha", "beta"})
    result("baseline", name, "_001.txt",
           std::string("1\n") + (name[0] == 'a' ? "2\n0\n0\n" : "2\n0\n0\n0\n0\n1\n2\n"));
  result("baseline", "alpha", "_time.txt", "quick\n");
  Score out;
  ASSERT_EQ(score(&out, nullptr, 0), DSLT_OK);
  EXPECT_TRUE(std::isnan(out.frames_per_second));
}

}  // namespace
