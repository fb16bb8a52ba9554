/* SPDX-License-Identifier: Apache-2.0 */
// A run that goes on does again what was made from other ground truth or other frames, and says so; and two runs at
// once in one folder of results: the second is refused.
#include <signal.h>

#include <map>
#include <set>

#include "experiment/world.h"

namespace {

class ChangedInputs : public RunTest {
 protected:
  void SetUp() override {
    RunTest::SetUp();
    std::filesystem::copy(set(), path("set"), std::filesystem::copy_options::recursive);
    command_ = arguments("run", path("r"), {"--root", path("set"), "--jobs", "1"});
    Outcome outcome = run(command_);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    before_ = identities(path("r"));
  }
  // Goes on with the run; exactly the boxes of `names` are new then.
  void expect_redone(const std::set<std::string> &names, const std::string &what) {
    Outcome outcome = run(command_);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    auto after = identities(path("r"));
    for (const auto &[name, identity] : before_)
      EXPECT_EQ(after[name] != identity, names.count(name) == 1) << name << "\n" << outcome.err;
    for (const std::string &name : names)
      EXPECT_TRUE(contains(outcome.err, name.substr(0, name.find('.')) + ": its " + what +
                                            " changed since its results were made, so it is done again."))
          << outcome.err;
    before_ = after;
    // ... and that settles it.
    outcome = run(command_);
    EXPECT_TRUE(contains(outcome.out, "5 of 5 done (5 by an earlier run)")) << outcome.out << outcome.err;
    EXPECT_TRUE(identities(path("r")) == before_);
  }
  std::vector<std::string> command_;
  std::map<std::string, std::pair<ino_t, int64_t>> before_;
};

TEST_F(ChangedInputs, AnotherFirstBoxAndAnotherLaterRow) {
  std::string file = path("set/clip2/groundtruth_rect.txt"), text = slurp(file);
  spill(file, "12,13,20,21" + text.substr(text.find('\n')));
  expect_redone({"clip2.txt"}, "ground truth");
  file = path("set/clip4/groundtruth_rect.txt"), text = slurp(file);
  size_t start = text.rfind('\n', text.size() - 2) + 1;
  spill(file, text.substr(0, start) + "1,2,3,4\n");
  expect_redone({"clip4.txt"}, "ground truth");
}

TEST_F(ChangedInputs, FramesOfTheSameSizeAndOfAnother) {
  std::string file = path("set/clip1/img/0003.ppm"), picture = slurp(file);
  picture[picture.size() / 2] = static_cast<char>(picture[picture.size() / 2] ^ 0x55);
  spill(file, picture);
  expect_redone({"clip1.txt"}, "frames");
  // Two frames change places.
  std::filesystem::rename(path("set/clip5/img/0004.ppm"), path("spare"));
  std::filesystem::rename(path("set/clip5/img/0005.ppm"), path("set/clip5/img/0004.ppm"));
  std::filesystem::rename(path("spare"), path("set/clip5/img/0005.ppm"));
  expect_redone({"clip5.txt"}, "frames");
}

// A copy of the set has other times, and the same bytes.
TEST_F(ChangedInputs, TheSameBytesElsewhereOrLaterAreTheSame) {
  std::filesystem::copy(path("set"), path("copy"), std::filesystem::copy_options::recursive);
  auto elsewhere = arguments("run", path("r"), {"--root", path("copy"), "--jobs", "1"});
  Outcome outcome = run(elsewhere);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(identities(path("r")) == before_) << outcome.err;
  spill(path("set/clip1/img/0003.ppm"), slurp(path("set/clip1/img/0003.ppm")));
  expect_redone({}, "");
  // Annotations alone tell nothing of frames.
  for (int i = 1; i <= kSequences; i++)
    std::filesystem::remove_all(path("set/clip" + std::to_string(i) + "/img"));
  EXPECT_EQ(run(command_).code, 0);
  EXPECT_TRUE(identities(path("r")) == before_);
}

TEST_F(ChangedInputs, TheTimesOfRepetitionsAreGatheredAnew) {
  std::filesystem::create_directories(path("vot"));
  auto command = arguments("run", path("v"), {"--root", path("vot"), "--jobs", "1"});
  std::filesystem::copy(
      path("set/clip1/img"), path("vot/clip1"),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy(path("set/clip1/groundtruth_rect.txt"), path("vot/clip1/groundtruth.txt"));
  command[2] = "vot";
  ASSERT_EQ(run(command).code, 0);
  const std::string times = slurp(path("v/baseline/clip1/clip1_time.txt"));
  ASSERT_FALSE(times.empty());
  std::string text = slurp(path("vot/clip1/groundtruth.txt"));
  spill(path("vot/clip1/groundtruth.txt"), "12,13,20,21" + text.substr(text.find('\n')));
  Outcome outcome = run(command);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "clip1: its ground truth changed")) << outcome.err;
  EXPECT_NE(slurp(path("v/baseline/clip1/clip1_time.txt")), times);
}

// ---- two runs at once -----------------------------------------------------------------------------------

class TwoRuns : public RunTest {
 protected:
  pid_t begin(const std::vector<std::string> &more) {
    auto command = arguments("run", path("r"), more);
    pid_t child = start(command, path("first.out"));
    for (int i = 0; i < 20000 && !std::filesystem::exists(path("r/manifest.json")); i++) sleep(0.001);
    return child;
  }
  Outcome second(const std::vector<std::string> &more) { return dslt_run(path("r"), more); }
};

TEST_F(TwoRuns, TheSecondIsRefused) {
  for (const auto &[first, other] :
       std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>>{
           {{"--jobs", "1"}, {"--jobs", "1"}},
           {{"--jobs", "1", "--shard", "1/2"}, {"--jobs", "1", "--shard", "1/2"}},
           {{"--jobs", "1", "--shard", "2/2"}, {"--jobs", "1"}}}) {
    std::filesystem::remove_all(path("r"));
    pid_t child = begin(first);
    kill(child, SIGSTOP);  // at work for as long as it takes
    Outcome outcome = second(other);
    kill(child, SIGCONT);
    EXPECT_EQ(outcome.code, 1) << outcome.out;
    EXPECT_TRUE(contains(outcome.err, "Another dslt run is at work in " + path("r"))) << outcome.err;
    EXPECT_EQ(wait(child).code, 0);
    EXPECT_EQ(second({"--jobs", "1"}).code, 0);
    expect_whole(path("r"));
  }
}

TEST_F(TwoRuns, DifferentShardsAreWelcome) {
  pid_t child = begin({"--jobs", "1", "--shard", "1/2"});
  kill(child, SIGSTOP);
  EXPECT_EQ(second({"--jobs", "1", "--shard", "2/2"}).code, 0);
  kill(child, SIGCONT);
  EXPECT_EQ(wait(child).code, 0);
  expect_whole(path("r"));
}

// The lock dies with its owner, whatever is left of its file.
TEST_F(TwoRuns, AKilledRunIsNoObstacle) {
  pid_t child = begin({"--jobs", "1"});
  kill(child, SIGKILL);
  EXPECT_EQ(wait(child).code, -SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(path("r/.partial/lock")));
  EXPECT_EQ(second({"--jobs", "1"}).code, 0);
  expect_whole(path("r"));
}

}  // namespace
