/* SPDX-License-Identifier: Apache-2.0 */
// The parts behind dslt run: shards, the plan, drafts, manifests, child processes, loss curves.
#include <gtest/gtest.h>
#include <jansson.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <vector>

#include "../options.h"
#include "base/error.h"
#include "dataset/dataset.h"
#include "experiment/convergence.h"
#include "experiment/draft.h"
#include "experiment/manifest.h"
#include "experiment/plan.h"
#include "experiment/shard.h"
#include "experiment/variants.h"
#include "experiment/world.h"

namespace {

// ---- shards ---------------------------------------------------------------------------------------------

class Shard : public ::testing::Test {
 protected:
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }
  static void clear() {
    for (const char *name : {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
                             "SLURM_ARRAY_TASK_STEP", "JOB_COMPLETION_INDEX", "PARALLEL_SEQ"})
      unsetenv(name);
  }
  // "index/count", or the sentence.
  static std::string parse(const char *text) {
    dslt_shard shard = {-1, -1, nullptr};
    if (dslt_shard_parse(&shard, text) < 0) return dslt_last_error();
    return std::to_string(shard.index) + "/" + std::to_string(shard.count);
  }
};

TEST_F(Shard, GivenOnes) {
  EXPECT_EQ(parse(nullptr), "0/1");
  EXPECT_EQ(parse("1/1"), "0/1");
  EXPECT_EQ(parse("4/4"), "3/4");
  for (const char *wrong :
       {"0/4", "5/4", "1", "1/0", "/4", "a/4", "1/4x", "1/-4", "99999999999999999999/4", ""})
    EXPECT_TRUE(contains(parse(wrong), "--shard takes i/N")) << wrong;
}

TEST_F(Shard, Slurm) {
  setenv("SLURM_ARRAY_TASK_ID", "7", 1);
  EXPECT_TRUE(contains(parse(nullptr), "SLURM_ARRAY_TASK_COUNT"));
  setenv("SLURM_ARRAY_TASK_COUNT", "4", 1);
  setenv("SLURM_ARRAY_TASK_MIN", "1", 1);
  setenv("SLURM_ARRAY_TASK_STEP", "2", 1);
  EXPECT_EQ(parse(nullptr), "3/4");
  EXPECT_EQ(parse("auto"), "3/4");
  EXPECT_EQ(parse("auto/8"), "7/8");
  EXPECT_EQ(parse("2/8"), "1/8");  // given ones win
  setenv("SLURM_ARRAY_TASK_ID", "9", 1);
  EXPECT_TRUE(contains(parse(nullptr), "only 4"));
  setenv("SLURM_ARRAY_TASK_ID", "x", 1);
  EXPECT_TRUE(contains(parse(nullptr), "no number of a shard"));
}

TEST_F(Shard, KubernetesAndParallel) {
  EXPECT_TRUE(contains(parse("auto"), "no Slurm array"));
  EXPECT_TRUE(contains(parse("auto/8"), "finds none of"));
  setenv("PARALLEL_SEQ", "8", 1);
  EXPECT_EQ(parse("auto/8"), "7/8");
  EXPECT_EQ(parse(nullptr), "0/1");  // GNU parallel may start whole runs too
  EXPECT_TRUE(contains(parse("auto/7"), "only 7"));
  setenv("JOB_COMPLETION_INDEX", "0", 1);
  EXPECT_EQ(parse("auto/8"), "0/8");
  EXPECT_TRUE(contains(parse(nullptr), "--shard auto/N"));
  EXPECT_EQ(parse("1/1"), "0/1");
}

// ---- the plan -------------------------------------------------------------------------------------------

class Plan : public RunTest {
 protected:
  void SetUp() override {
    RunTest::SetUp();
    ASSERT_EQ(dslt_dataset_open(&dataset_, "folder", set().c_str()), DSLT_OK) << dslt_last_error();
  }
  void TearDown() override {
    dslt_run_plan_free(&plan_);
    dslt_dataset_free(dataset_);
    RunTest::TearDown();
  }
  int make(dslt_run_protocol protocol, int repeat = 1, int shards = 1, int64_t frames = 0) {
    dslt_run_plan_free(&plan_);
    dslt_run_request request = {};
    request.protocol = protocol;
    request.repeat = repeat;
    request.shard = {0, shards, nullptr};
    request.frames = frames;
    return dslt_run_plan_make(&plan_, dataset_, &request);
  }
  dslt_dataset *dataset_ = nullptr;
  dslt_run_plan plan_ = {};
};

TEST_F(Plan, OnePass) {
  ASSERT_EQ(make(DSLT_RUN_OPE), DSLT_OK);
  ASSERT_EQ(plan_.count, kSequences);
  EXPECT_STREQ(plan_.jobs[1].boxes, "clip2.txt");
  EXPECT_STREQ(plan_.jobs[1].times, "times/clip2.txt");
  EXPECT_STREQ(plan_.jobs[1].losses, "losses/clip2.json");
  EXPECT_STREQ(plan_.jobs[1].failed, "failed/clip2.txt");
  EXPECT_EQ(plan_.jobs[1].frames, frames_of(1));
  ASSERT_EQ(make(DSLT_RUN_OPE, 1, 1, 5), DSLT_OK);
  EXPECT_EQ(plan_.jobs[1].frames, 5);
}

TEST_F(Plan, RepetitionsAndVot) {
  ASSERT_EQ(make(DSLT_RUN_OPE, 3), DSLT_OK);
  ASSERT_EQ(plan_.count, 3 * kSequences);
  EXPECT_STREQ(plan_.jobs[5].boxes, "clip2/clip2_003.txt");
  EXPECT_EQ(plan_.jobs[5].repetition, 3);
  ASSERT_EQ(make(DSLT_RUN_VOT), DSLT_OK);
  EXPECT_STREQ(plan_.jobs[0].boxes, "baseline/clip1/clip1_001.txt");
  ASSERT_EQ(make(DSLT_RUN_VOT_UNSUPERVISED, 2), DSLT_OK);
  EXPECT_STREQ(plan_.jobs[1].boxes, "unsupervised/clip1/clip1_002.txt");
  EXPECT_STREQ(plan_.jobs[1].times, "times/unsupervised/clip1_002.txt");
}

TEST_F(Plan, PartsOfRobustnessProtocols) {
  EXPECT_EQ(make(DSLT_RUN_TRE, 2), DSLT_EOPTION);
  ASSERT_EQ(make(DSLT_RUN_SRE), DSLT_OK);
  ASSERT_EQ(plan_.count, 12 * kSequences);
  EXPECT_STREQ(plan_.jobs[13].boxes, "clip2.sre02.txt");
  ASSERT_EQ(make(DSLT_RUN_TRE), DSLT_OK);
  int of_last = 0, start = 0;
  for (int i = 0; i < plan_.count; i++) {
    const dslt_run_job &job = plan_.jobs[i];
    if (job.sequence != kSequences - 1) continue;
    EXPECT_EQ(job.part, ++of_last);
    EXPECT_EQ(job.start + job.frames, frames_of(kSequences - 1));
    EXPECT_GE(job.start, start);
    EXPECT_EQ(job.trouble, nullptr);
    start = job.start;
  }
  EXPECT_EQ(start, frames_of(kSequences - 1) - 20);  // the last start leaves twenty frames
  ASSERT_NE(plan_.jobs[0].trouble, nullptr);         // sixteen frames are too few
  EXPECT_TRUE(contains(plan_.jobs[0].trouble, "TRE"));
}

TEST_F(Plan, EveryJobHasOneShardAndTheLoadIsEven) {
  for (int shards : {1, 2, 3, 7, 200}) {
    ASSERT_EQ(make(DSLT_RUN_OPE, 20, shards), DSLT_OK);
    std::vector<int> load((size_t)shards);
    for (int i = 0; i < plan_.count; i++) {
      ASSERT_GE(plan_.jobs[i].shard, 0);
      ASSERT_LT(plan_.jobs[i].shard, shards);
      load[(size_t)plan_.jobs[i].shard] += plan_.jobs[i].frames;
    }
    auto [least, most] = std::minmax_element(load.begin(), load.end());
    EXPECT_LE(*most - *least, frames_of(kSequences - 1) + 1) << shards;
  }
}

// ---- drafts ---------------------------------------------------------------------------------------------

class Draft : public ProgramTest {};

TEST_F(Draft, PublishesWholeFilesAndLeavesNothing) {
  std::string results = path("results");
  dslt_draft draft = {};
  ASSERT_EQ(dslt_draft_open(&draft, results.c_str()), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_draft_write(&draft, "a/b/c.txt", "one", 3), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_draft_write(&draft, "a/b/c.txt", "two", 3), DSLT_OK);
  EXPECT_EQ(slurp(results + "/a/b/c.txt"), "two");
  char *temp = nullptr;
  ASSERT_EQ(dslt_draft_path(&temp, &draft, "x"), DSLT_OK);
  spill(temp, "first");
  EXPECT_EQ(dslt_draft_publish_new(&draft, "x", "once"), 1);
  spill(temp, "second");
  EXPECT_EQ(dslt_draft_publish_new(&draft, "x", "once"), 0);
  EXPECT_EQ(slurp(results + "/once"), "first");
  free(temp);
  dslt_draft_close(&draft);
  EXPECT_FALSE(std::filesystem::exists(results + "/.partial"));
}

TEST_F(Draft, SweepsOnlyWhatEndedProcessesOfThisMachineLeft) {
  std::string results = path("results");
  dslt_draft draft = {};
  ASSERT_EQ(dslt_draft_open(&draft, results.c_str()), DSLT_OK);
  std::string mine = draft.folder, key = mine.substr(0, mine.rfind('.'));
  pid_t dead = fork();
  if (dead == 0) _exit(0);
  int status;
  waitpid(dead, &status, 0);
  pid_t unfetched = fork();
  if (unfetched == 0) _exit(0);
  siginfo_t info;
  waitid(P_PID, (id_t)unfetched, &info, WEXITED | WNOWAIT);
  std::string of_dead = key + "." + std::to_string(dead), of_zombie = key + "." + std::to_string(unfetched),
              elsewhere = results + "/.partial/elsewhere-4026531836." + std::to_string(dead);
  for (const std::string &folder : {of_dead, of_zombie, elsewhere}) {
    std::filesystem::create_directory(folder);
    spill(folder + "/boxes.txt", "half");
  }
  EXPECT_EQ(dslt_draft_sweep(results.c_str()), 2);
  EXPECT_TRUE(std::filesystem::exists(mine));
  EXPECT_TRUE(std::filesystem::exists(elsewhere + "/boxes.txt"));
  EXPECT_FALSE(std::filesystem::exists(of_dead));
  EXPECT_FALSE(std::filesystem::exists(of_zombie));
  waitpid(unfetched, &status, 0);
  dslt_draft_close(&draft);
  EXPECT_TRUE(std::filesystem::exists(elsewhere));
}

// ---- variants and curves --------------------------------------------------------------------------------

TEST(Variants, AreDifferentTrackers) {
  const dslt_study *study = nullptr;
  const std::map<std::string, std::vector<int>> sizes = {
      {"dslt", {7, 4, 4}}, {"crt", {10, 6, 2, 4}}, {"trackloss", {11, 5, 7}}};
  for (const auto &[paper, size] : sizes) {
    ASSERT_EQ(dslt_study_find(&study, paper.c_str()), DSLT_OK) << dslt_last_error();
    Options base(study->preset);
    ASSERT_EQ(study->check_base(base), DSLT_OK) << dslt_last_error();
    std::set<std::string> names, trackers;
    std::vector<int> members(size.size());
    for (int i = 0; i < study->count; i++) {
      const dslt_variant &variant = study->variants[i];
      Options options = variant.preset ? Options(variant.preset) : base;
      ASSERT_EQ(dslt_variant_apply(options, &variant), DSLT_OK) << variant.name << dslt_last_error();
      names.insert(variant.name);
      trackers.insert(options.all());
      for (size_t table = 1; table < size.size(); table++)
        members[table] += int(variant.tables >> (table - 1) & 1);
      EXPECT_EQ(std::isnan(variant.paper_score), std::strtod(variant.paper_score_words, nullptr) == 0)
          << variant.name;
      if (!std::isnan(variant.paper_score)) {
        EXPECT_NEAR(100 * variant.paper_score, std::strtod(variant.paper_score_words, nullptr), 1e-9);
        if (!std::isnan(variant.paper_precision)) {
          EXPECT_NEAR(100 * variant.paper_precision, std::strtod(variant.paper_precision_words, nullptr),
                      1e-9);
        }
      }
    }
    members[0] = study->count;
    EXPECT_EQ(int(names.size()), study->count);
    EXPECT_EQ(int(trackers.size()), study->count);
    EXPECT_EQ(members, size) << paper;
    ASSERT_LE(study->count, int(DSLT_VARIANTS_MAX));
  }
  EXPECT_EQ(dslt_study_at(4), nullptr);
  EXPECT_EQ(dslt_study_find(&study, "DSLT"), DSLT_EOPTION);
  EXPECT_TRUE(contains(dslt_last_error(), "crt"));
  Options other("paper"), plain("crt-conv2");
  other["loss"] = "l2", plain["slope"] = 0;
  EXPECT_EQ(dslt_study_at(0)->check_base(other), DSLT_EOPTION);
  EXPECT_TRUE(contains(dslt_last_error(), "loss"));
  EXPECT_EQ(dslt_study_at(1)->check_base(plain), DSLT_EOPTION);
  EXPECT_TRUE(contains(dslt_last_error(), "slope"));
  EXPECT_EQ(dslt_study_at(1)->check_base(Options("paper")), DSLT_EOPTION);
}

class Convergence : public ProgramTest {};

TEST_F(Convergence, AStoppedSequenceKeepsItsLastLoss) {
  spill(path("a.json"),
        R"({"init_steps": 4, "update_steps": 10, "updates": 5, "init_losses": [8, 4, 2, 1]})");
  spill(path("b.json"), R"({"init_steps": 2, "update_steps": 20, "updates": 5, "init_losses": [2, 1]})");
  const char *files[] = {"a.json", "b.json"}, *names[] = {"a", "b"};
  dslt_convergence c;
  ASSERT_EQ(dslt_convergence_read(&c, folder_.c_str(), files, names, 2), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(c.steps, 4);
  const double mean[] = {5, 2.5, 1.5, 1}, relative[] = {1, 0.5, 0.375, 0.3125};
  const int running[] = {2, 2, 1, 1};
  for (int i = 0; i < 4; i++) {
    EXPECT_DOUBLE_EQ(c.mean[i], mean[i]);
    EXPECT_DOUBLE_EQ(c.relative[i], relative[i]);
    EXPECT_EQ(c.running[i], running[i]);
  }
  EXPECT_DOUBLE_EQ(c.mean_init_steps, 3);
  EXPECT_DOUBLE_EQ(c.mean_steps, 18);
  dslt_convergence_free(&c);
  spill(path("b.json"), R"({"init_steps": 2})");
  EXPECT_EQ(dslt_convergence_read(&c, folder_.c_str(), files, names, 2), DSLT_EFORMAT);
  EXPECT_TRUE(contains(dslt_last_error(), "b.json"));
  dslt_convergence_free(&c);
}

}  // namespace
