/* SPDX-License-Identifier: Apache-2.0 */
// The supervised protocol, driven by trackers whose answers are known.
#include "eval/vot_supervised.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "skip.h"

namespace {

// A tracker that answers from a table and remembers what it was asked.
struct Script {
  std::vector<dslt_box> answers;  // by frame
  std::string asked;              // "i0 u1 u2 i7 ..."
  std::vector<dslt_box> given;    // boxes of the initialisations
  int fail_at = -1;

  static int init(void *self, double *seconds, int frame, const dslt_box *box) {
    auto *script = static_cast<Script *>(self);
    script->asked += "i" + std::to_string(frame) + " ";
    script->given.push_back(*box);
    *seconds = 0.5;
    return DSLT_OK;
  }
  static int update(dslt_box *out, void *self, double *seconds, int frame) {
    auto *script = static_cast<Script *>(self);
    script->asked += "u" + std::to_string(frame) + " ";
    if (frame == script->fail_at) return dslt_fail(DSLT_EFRAME, "Frame %d cannot be read.", frame);
    *out = script->answers[static_cast<size_t>(frame)];
    *seconds = 0.25;
    return DSLT_OK;
  }
  dslt_vot_driver driver() { return {this, init, update}; }
};

class VotSupervised : public ::testing::Test {
 protected:
  void SetUp() override { dslt_vot_rules_init(&rules_, DSLT_VOT_MATLAB); }
  void TearDown() override { dslt_vot_regions_free(&results_); }
  // All frames have the truth here; the tracker is right except in `lost`.
  void make(int frames, const std::vector<int> &lost) {
    truth_.assign(static_cast<size_t>(frames), dslt_vot_rectangle(here_));
    script_.answers.assign(truth_.size(), here_);
    for (int frame : lost) script_.answers[static_cast<size_t>(frame)] = away_;
  }
  int run(int supervised = 1) {
    const dslt_vot_driver driver = script_.driver();
    seconds_.assign(truth_.size(), -1);
    return dslt_vot_run(&results_, seconds_.data(), &driver, truth_.data(), static_cast<int>(truth_.size()),
                        100, 80, supervised, &rules_);
  }
  std::string codes() const {
    std::string out;
    for (int i = 0; i < results_.count; i++) out += "012.r...p"[results_.at[i].kind];
    return out;
  }
  const dslt_box here_{20, 20, 10, 10}, away_{60, 60, 10, 10};
  std::vector<dslt_vot_region> truth_;
  std::vector<double> seconds_;
  Script script_;
  dslt_vot_rules rules_;
  dslt_vot_regions results_{nullptr, 0};
};

TEST_F(VotSupervised, WithoutFailure) {
  make(4, {});
  ASSERT_EQ(run(), DSLT_OK);
  EXPECT_EQ(codes(), "1rrr");
  EXPECT_EQ(script_.asked, "i0 u1 u2 u3 ");
  EXPECT_EQ(seconds_, (std::vector<double>{0.5, 0.25, 0.25, 0.25}));
}

TEST_F(VotSupervised, StartsAgainFiveFramesAfterAFailure) {
  make(12, {2, 8});
  ASSERT_EQ(run(), DSLT_OK);
  EXPECT_EQ(codes(),
            "1r200001"
            "2000");
  EXPECT_EQ(script_.asked, "i0 u1 u2 i7 u8 ");
  EXPECT_EQ(script_.given[1].x, 20);
  EXPECT_TRUE(std::isnan(seconds_[3]));
  EXPECT_EQ(seconds_[8], 0.25);
}

TEST_F(VotSupervised, ARestartInTheLastFrame) {
  make(7, {1});
  ASSERT_EQ(run(), DSLT_OK);
  EXPECT_EQ(codes(), "1200001");
}

TEST_F(VotSupervised, AFailureThatEndsTheVideo) {
  make(6, {1});
  ASSERT_EQ(run(), DSLT_OK);
  EXPECT_EQ(codes(), "120000");
}

TEST_F(VotSupervised, OverlapCountsInsideTheFrameOnly) {
  // The truth reaches beyond the right edge of 100 columns; the answer overlaps it only outside.
  make(3, {});
  truth_.assign(3, dslt_vot_rectangle({90, 20, 30, 10}));
  script_.answers[1] = {100, 20, 30, 10};
  script_.answers[2] = {98, 20, 30, 10};
  ASSERT_EQ(run(), DSLT_OK);
  EXPECT_EQ(codes(), "120");
}

TEST_F(VotSupervised, AnswersThatAreNoBoxes) {
  make(3, {});
  script_.answers[1] = {std::numeric_limits<double>::quiet_NaN(), 0, 1, 1};
  ASSERT_EQ(run(), DSLT_OK);
  EXPECT_EQ(codes(), "120");
}

TEST_F(VotSupervised, PolygonsStartWithTheirBox) {
  make(2, {});
  const double diamond[8] = {20, 10, 30, 20, 20, 30, 10, 20};  // area 200, bounds 20 x 20: scale sqrt(1/2)
  truth_.assign(2, dslt_vot_polygon(diamond));
  ASSERT_EQ(run(), DSLT_OK);
  EXPECT_NEAR(script_.given[0].width, 20 * std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(script_.given[0].x + script_.given[0].width / 2, 20, 1e-12);
  EXPECT_EQ(codes(), "1r");
}

TEST_F(VotSupervised, RealPolygons) {
  // A tracker that always answers the upright box of the truth is never lost and overlaps it well.
  for (const std::string name : {"bag", "book"}) {
    const std::string path = DSLT_TEST_SHARED "/data/sequences/vot/" + name + "/groundtruth.txt";
    if (access(path.c_str(), R_OK) != 0) GTEST_SKIP() << skip::kShared << path;
    dslt_vot_regions truth = {nullptr, 0};
    ASSERT_EQ(dslt_vot_regions_read(&truth, path.c_str()), DSLT_OK) << dslt_last_error();
    truth_.assign(truth.at, truth.at + truth.count);
    dslt_vot_regions_free(&truth);
    script_ = Script();
    for (const dslt_vot_region &region : truth_) script_.answers.push_back(dslt_vot_box(&region));
    seconds_.assign(truth_.size(), 0);
    const dslt_vot_driver driver = script_.driver();
    const int frames = static_cast<int>(truth_.size());
    ASSERT_EQ(dslt_vot_run(&results_, seconds_.data(), &driver, truth_.data(), frames, 0, 0, 1, &rules_),
              DSLT_OK);
    EXPECT_EQ(codes(), "1" + std::string(truth_.size() - 1, 'r'));
    double sum = 0;
    for (int i = 1; i < frames; i++)
      sum += dslt_vot_overlap(&results_.at[i], &truth_[static_cast<size_t>(i)], {-1, -1}, DSLT_VOT_MATLAB);
    EXPECT_GT(sum / (frames - 1), 0.6) << name;
    EXPECT_LT(sum / (frames - 1), 1.0) << name;
    dslt_vot_regions_free(&results_);
  }
}

TEST_F(VotSupervised, NoReset) {
  make(6, {2, 3});
  script_.answers[4] = {std::numeric_limits<double>::infinity(), 0, 1, 1};
  ASSERT_EQ(run(0), DSLT_OK);
  EXPECT_EQ(codes(), "1rrr0r");
  EXPECT_EQ(results_.at[2].at[0], 60);
}

TEST_F(VotSupervised, TheTrackersErrorEndsTheRun) {
  make(6, {});
  script_.fail_at = 3;
  EXPECT_EQ(run(), DSLT_EFRAME);
  EXPECT_STREQ(dslt_last_error(), "Frame 3 cannot be read.");
  EXPECT_EQ(results_.at, nullptr);
}

TEST_F(VotSupervised, TruthInEveryFrame) {
  make(3, {});
  truth_[1] = dslt_vot_code(DSLT_VOT_SKIPPED);
  EXPECT_EQ(run(), DSLT_EARGUMENT);
  truth_[1] = dslt_vot_rectangle({std::nan(""), 0, 1, 1});
  EXPECT_EQ(run(), DSLT_EARGUMENT);
}

TEST_F(VotSupervised, CallsOutOfOrder) {
  make(2, {});
  dslt_vot_session session;
  ASSERT_EQ(dslt_vot_session_begin(&session, truth_.data(), 2, 0, 0, 1, &rules_), DSLT_OK);
  EXPECT_EQ(session.action, DSLT_VOT_DO_INIT);
  EXPECT_EQ(dslt_vot_session_updated(&session, &truth_[0]), DSLT_ESTATE);
  EXPECT_EQ(dslt_vot_session_initialised(&session), DSLT_OK);
  EXPECT_EQ(dslt_vot_session_initialised(&session), DSLT_ESTATE);
  EXPECT_EQ(dslt_vot_session_finish(&results_, &session), DSLT_ESTATE);
  EXPECT_EQ(dslt_vot_session_updated(&session, &truth_[0]), DSLT_OK);
  EXPECT_EQ(session.action, DSLT_VOT_DO_NOTHING);
  dslt_vot_session_free(&session);
}

}  // namespace
