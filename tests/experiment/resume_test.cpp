/* SPDX-License-Identifier: Apache-2.0 */
// dslt run that is killed, interrupted, starved or fed a broken frame: what is finished stays, and the same
// command ends with the bytes of an undisturbed run.
#include <sys/resource.h>

#include <csignal>

#include "base/rng.h"
#include "experiment/world.h"

namespace {

class Resume : public RunTest {
 protected:
  // Start, let it work for `seconds`, kill it.
  void run_and_kill(const std::vector<std::string> &arguments, double seconds) {
    pid_t child = start(arguments, path(".out"));
    sleep(seconds);
    kill(child, SIGKILL);
    int status;
    ASSERT_EQ(waitpid(child, &status, 0), child);
  }
  // Kill it once so many sequences are finished, and then a moment later: whatever the machine's load, that is
  // in the middle. 0: once the run has begun.
  void run_and_kill_after(const std::vector<std::string> &arguments, const std::string &out, size_t finished,
                          double moment) {
    pid_t child = start(arguments, path(".out"));
    int status = 0;
    const auto reached = [&] {
      return std::filesystem::exists(out + "/manifest.json") && identities(out).size() >= finished;
    };
    const auto ended = [&] {
      siginfo_t info = {};
      return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child;
    };
    while (!reached() && !ended()) sleep(0.001);
    sleep(moment);
    kill(child, SIGKILL);
    ASSERT_TRUE(reached()) << slurp(path(".err"));
    ASSERT_EQ(waitpid(child, &status, 0), child);
  }
  // Finished files of `before` are the very same files now.
  static void expect_untouched(const std::map<std::string, std::pair<ino_t, int64_t>> &before,
                               const std::string &out) {
    auto now = identities(out);
    for (const auto &[name, identity] : before) EXPECT_EQ(now[name], identity) << name << " was done twice";
  }
};

TEST_F(Resume, AnUndisturbedRunHasARowForEachFrame) {
  for (int i = 0; i < kSequences; i++) {
    std::string name = "clip" + std::to_string(i + 1);
    dslt_box_list boxes = {}, truth = {};
    ASSERT_EQ(dslt_box_list_read_otb(&boxes, (reference() + "/" + name + ".txt").c_str()), DSLT_OK);
    ASSERT_EQ(dslt_box_list_read_otb(&truth, (set() + "/" + name + "/groundtruth_rect.txt").c_str()),
              DSLT_OK);
    ASSERT_EQ(boxes.count, frames_of(i));
    EXPECT_NEAR(boxes.boxes[0].x, truth.boxes[0].x, 1e-3);
    EXPECT_NEAR(boxes.boxes[0].height, truth.boxes[0].height, 1e-3);
    EXPECT_NE(boxes.boxes[1].x, truth.boxes[1].x);
    dslt_box_list_free(&boxes);
    dslt_box_list_free(&truth);
  }
  expect_whole(reference());
}

// On a loaded machine a kill may come when the run is through; such a one is checked too, but does not count.
TEST_F(Resume, TenKillsAtRandomMoments) {
  reference();
  dslt_rng rng = dslt_rng_make(20, 5);
  int interrupted = 0;
  for (int i = 0; interrupted < 10; i++) {
    ASSERT_LT(i, 60) << "the kills came too late to mean anything: " << interrupted
                     << " in the middle of a run";
    std::string out = path("kill" + std::to_string(i));
    auto command = arguments("run", out, {"--jobs", "2"});
    run_and_kill_after(command, out, size_t(interrupted) % 4, 0.1 * duration() * dslt_rng_uniform(&rng));
    auto before = identities(out);
    interrupted += before.size() < kSequences;
    Outcome outcome = run(command);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    expect_untouched(before, out);
    expect_whole(out);
  }
}

TEST_F(Resume, KilledAgainAndAgain) {
  reference();
  dslt_rng rng = dslt_rng_make(21, 5);
  std::string out = path("results");
  auto command = arguments("run", out, {"--jobs", "1"});
  for (int i = 0; i < 10; i++) {
    auto before = identities(out);
    run_and_kill(command, duration() * (0.1 + 0.3 * dslt_rng_uniform(&rng)));
    expect_untouched(before, out);
  }
  Outcome outcome = run(command);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_whole(out);
}

TEST_F(Resume, AFinishedRunDoesNothing) {
  std::string out = path("results");
  ASSERT_EQ(dslt_run(out).code, 0);
  auto before = identities(out);
  Outcome outcome = dslt_run(out);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(contains(outcome.out, "5 of 5 done (5 by an earlier run)")) << outcome.out;
  expect_untouched(before, out);
}

TEST_F(Resume, AShortOrTornFileIsDoneAgain) {
  std::string out = path("results");
  ASSERT_EQ(dslt_run(out).code, 0);
  std::string text = slurp(out + "/clip2.txt");
  spill(out + "/clip2.txt", text.substr(0, text.size() - 1));
  std::string other = slurp(out + "/clip3.txt");
  spill(out + "/clip3.txt", other.substr(0, other.find('\n') + 1));
  Outcome outcome = dslt_run(out);
  EXPECT_TRUE(contains(outcome.out, "(3 by an earlier run)")) << outcome.out;
  expect_whole(out);
}

TEST_F(Resume, CtrlCEndsCleanly) {
  reference();
  std::string out = path("results");
  auto command = arguments("run", out, {"--jobs", "1"});
  pid_t child = start(command, path(".out"));
  for (int i = 0; i < 20000 && !std::filesystem::exists(out + "/manifest.json"); i++) sleep(0.001);
  kill(child, SIGINT);
  Outcome outcome = wait(child);
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "the same command goes on")) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(out + "/.partial"));
  EXPECT_FALSE(std::filesystem::exists(out + "/failed"));
  EXPECT_EQ(run(command).code, 0);
  expect_whole(out);
}

// A terminal that closes tells the whole process group: the parent answers for its children.
TEST_F(Resume, AHangUpOfAllProcessesEndsCleanly) {
  reference();
  std::string out = path("results");
  auto command = arguments("run", out, {"--jobs", "1"});
  pid_t child = start(command, path(".out"));
  std::string list = "/proc/" + std::to_string(child) + "/task/" + std::to_string(child) + "/children",
              worker;
  for (int i = 0; i < 20000 && !std::filesystem::exists(out + "/manifest.json"); i++) sleep(0.001);
  for (int i = 0; i < 20000 && worker.empty(); i++) {
    worker = slurp(list);
    sleep(0.001);
  }
  if (!worker.empty()) kill(std::stoi(worker), SIGHUP);
  sleep(0.05);
  kill(child, SIGHUP);
  Outcome outcome = wait(child);
  EXPECT_EQ(outcome.code, 128 + SIGHUP) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(out + "/.partial"));
  EXPECT_FALSE(std::filesystem::exists(out + "/failed"));
  EXPECT_EQ(run(command).code, 0);
  expect_whole(out);
}

// ---- shards ---------------------------------------------------------------------------------------------

TEST_F(Resume, FourShardsOneKilledAndStartedAgain) {
  std::string out = path("results");
  std::vector<std::vector<std::string>> commands;
  for (int i = 1; i <= 4; i++)
    commands.push_back(arguments("run", out, {"--jobs", "1", "--shard", std::to_string(i) + "/4"}));
  std::vector<pid_t> children;
  for (int i = 0; i < 4; i++)
    children.push_back(start(commands[(size_t)i], path(".out" + std::to_string(i))));
  // The shard dies once it has begun: its process has a child and the manifest is there.
  for (int i = 0; i < 20000 && !std::filesystem::exists(out + "/manifest.json"); i++) sleep(0.001);
  kill(children[2], SIGKILL);
  for (int i = 0; i < 4; i++) {
    int status;
    ASSERT_EQ(waitpid(children[(size_t)i], &status, 0), children[(size_t)i]);
    if (i == 2) {
      EXPECT_TRUE(WIFSIGNALED(status));
    } else {
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
          << i << slurp(path(".out" + std::to_string(i)));
    }
  }
  auto before = identities(out);
  EXPECT_LT(before.size(), size_t{kSequences});
  Outcome outcome = run(commands[2]);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "this is shard 3 of 4, the whole run has 5")) << outcome.out;
  expect_untouched(before, out);
  expect_whole(out);
}

// ---- failures -------------------------------------------------------------------------------------------

TEST_F(Resume, ABrokenFrameCostsItsSequenceOnly) {
  std::string copy = path("set"), out = path("results");
  std::filesystem::copy(set(), copy, std::filesystem::copy_options::recursive);
  std::string broken = copy + "/clip3/img/0007.ppm", good = slurp(broken);
  spill(broken, "P6\n96 80\n255\nshort");
  auto command = arguments("run", out, {"--root", copy});
  Outcome outcome = run(command);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(contains(outcome.err, "dslt: clip3: ")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "0007.ppm")) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "4 of 5 done, 1 failed")) << outcome.out;
  EXPECT_TRUE(contains(slurp(out + "/failed/clip3.txt"), "0007.ppm"));
  EXPECT_FALSE(std::filesystem::exists(out + "/clip3.txt"));
  EXPECT_FALSE(std::filesystem::exists(out + "/.partial"));
  for (int i : {1, 2, 4, 5}) {
    std::string name = "/clip" + std::to_string(i) + ".txt";
    EXPECT_EQ(slurp(out + name), slurp(reference() + name));
  }
  spill(broken, good);
  EXPECT_EQ(run(command).code, 0);
  EXPECT_FALSE(std::filesystem::exists(out + "/failed/clip3.txt"));
  std::filesystem::remove(out + "/failed");
  expect_whole(out);
}

TEST_F(Resume, AMissingFrameIsFoundBeforeTracking) {
  std::string copy = path("set"), out = path("results");
  std::filesystem::copy(set(), copy, std::filesystem::copy_options::recursive);
  std::filesystem::remove(copy + "/clip2/img/0016.ppm");
  Outcome outcome = run(arguments("run", out, {"--root", copy, "--sequences", "clip2"}));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(contains(outcome.err, "Frame 15 of clip2 is missing")) << outcome.err;
}

// The children of a process, as the kernel lists them.
std::vector<pid_t> children_of(pid_t parent) {
  std::string id = std::to_string(parent);
  std::istringstream stream(slurp("/proc/" + id + "/task/" + id + "/children"));
  std::vector<pid_t> children;
  for (pid_t child; stream >> child;) children.push_back(child);
  return children;
}

TEST_F(Resume, ACrashCostsItsSequenceOnly) {
  if (!std::filesystem::exists("/proc/self/task/" + std::to_string(getpid()) + "/children"))
    GTEST_SKIP() << skip::kChildren;
  std::string out = path("results");
  auto command = arguments("run", out, {"--jobs", "1"});
  pid_t parent = start(command, path(".out"));
  pid_t victim = 0;
  for (int i = 0; i < 20000 && !victim; i++) {
    sleep(0.001);
    auto children = children_of(parent);
    if (std::filesystem::exists(out + "/manifest.json") && !children.empty()) victim = children[0];
  }
  if (!victim) {
    wait(parent);
    FAIL() << "the run started no process of its own, or ended before one was seen";
  }
  kill(victim, SIGABRT);  // not SIGSEGV, which sanitizers take for themselves
  Outcome outcome = wait(parent);
  EXPECT_EQ(outcome.code, 1) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "signal 6")) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "4 of 5 done, 1 failed")) << outcome.out;
  EXPECT_FALSE(std::filesystem::exists(out + "/.partial"));
  EXPECT_EQ(run(command).code, 0);
  std::filesystem::remove(out + "/failed");
  expect_whole(out);
}

TEST_F(Resume, AFullDiskLosesNothingFinished) {
  std::string out = path("results");
  ASSERT_EQ(dslt_run(out, {"--sequences", "clip1,clip4", "--jobs", "1"}).code, 0);
  auto before = identities(out);
  ASSERT_EQ(before.size(), 2u);
  // No file may grow beyond 400 bytes, which none of the boxes fits into; the program's own messages do.
  struct rlimit old, small;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  small = old;
  small.rlim_cur = 400;
  auto command = arguments("run", out, {"--jobs", "1", "--quiet"});
  auto handler = std::signal(SIGXFSZ, SIG_IGN);  // the program shall see the error, not the signal
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  pid_t child = start(command, path(".out"));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, handler);
  Outcome outcome = wait(child);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(contains(outcome.err, "results cannot be written")) << outcome.err;
  EXPECT_EQ(identities(out), before);
  EXPECT_FALSE(std::filesystem::exists(out + "/.partial"));
  EXPECT_EQ(run(command).code, 0);
  expect_untouched(before, out);
  std::filesystem::remove_all(out + "/failed");
  expect_whole(out);
}

}  // namespace
