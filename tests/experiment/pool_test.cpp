/* SPDX-License-Identifier: Apache-2.0 */
// Tasks in child processes: each runs once, in a slot of its own, and none takes the others with it. Also run
// under ThreadSanitizer (make tsan), with OMP_NUM_THREADS=1 as ctest does.
#include "experiment/pool.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>
#include <vector>

#include "api/small_world.h"
#include "base/error.h"

namespace {

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

struct Watched {
  std::vector<dslt_pool_outcome> outcomes = std::vector<dslt_pool_outcome>(6);
  int ended = 0, stop_after = 100;
  int64_t units = 0;
  static int done(void *self, int task, const dslt_pool_outcome *outcome) {
    auto *watched = static_cast<Watched *>(self);
    watched->outcomes[(size_t)task] = *outcome;
    return ++watched->ended >= watched->stop_after ? -1 : 0;
  }
  static void progress(void *self, int, int64_t units) { static_cast<Watched *>(self)->units += units; }
};

int odd_ones_end_badly(void *, int task, int, dslt_pool_line *line) {
  dslt_pool_tell(line, 7);
  if (task == 1) return dslt_fail(DSLT_EFORMAT, "Task %d was refused.", task);
  if (task == 3) raise(SIGKILL);
  if (task == 5) _exit(9);
  dslt_pool_say(line, ("fine " + std::to_string(task)).c_str());
  return DSLT_OK;
}

TEST(Pool, OneBadTaskTakesNothingWithIt) {
  Watched watched;
  dslt_pool pool = {};
  pool.tasks = 6, pool.slots = 2, pool.self = &watched;
  pool.work = odd_ones_end_badly, pool.done = Watched::done, pool.progress = Watched::progress;
  ASSERT_EQ(dslt_pool_run(&pool, nullptr), 1);
  EXPECT_EQ(watched.ended, 6);
  EXPECT_EQ(watched.units, 6 * 7);
  for (int even : {0, 2, 4}) {
    EXPECT_EQ(watched.outcomes[(size_t)even].code, 0);
    EXPECT_EQ(watched.outcomes[(size_t)even].text, "fine " + std::to_string(even));
  }
  EXPECT_EQ(watched.outcomes[1].code, DSLT_EFORMAT);
  EXPECT_STREQ(watched.outcomes[1].text, "Task 1 was refused.");
  EXPECT_TRUE(contains(watched.outcomes[3].text, "signal 9")) << watched.outcomes[3].text;
  EXPECT_TRUE(contains(watched.outcomes[5].text, "exit code 9")) << watched.outcomes[5].text;
}

TEST(Pool, StopsWhenToldTo) {
  Watched watched;
  watched.stop_after = 2;
  dslt_pool pool = {};
  pool.tasks = 6, pool.slots = 1, pool.self = &watched;
  pool.work = odd_ones_end_badly, pool.done = Watched::done;
  EXPECT_EQ(dslt_pool_run(&pool, nullptr), 0);
  EXPECT_EQ(watched.ended, 2);
  volatile sig_atomic_t stop = 2;
  pool.stop = &stop;
  EXPECT_EQ(dslt_pool_run(&pool, nullptr), 0);
  EXPECT_EQ(watched.ended, 2);
}

struct Ended {
  std::vector<std::string> texts = std::vector<std::string>(20);
  std::vector<int> times = std::vector<int>(20);
  std::set<long> gone;
  static int done(void *self, int task, const dslt_pool_outcome *outcome) {
    auto *ended = static_cast<Ended *>(self);
    ended->texts[(size_t)task] = outcome->text;
    ++ended->times[(size_t)task];
    return 0;
  }
  static void lost(void *self, long pid) { static_cast<Ended *>(self)->gone.insert(pid); }
};

int says_its_slot(void *, int task, int slot, dslt_pool_line *line) {
  usleep(500u * (unsigned)(task % 3));
  dslt_pool_say(line, std::to_string(slot).c_str());
  return DSLT_OK;
}

TEST(Pool, EveryTaskRunsOnceInOneOfTheSlots) {
  for (int slots : {1, 3, 20, 50}) {
    Ended ended;
    dslt_pool pool = {};
    pool.tasks = 20, pool.slots = slots, pool.self = &ended;
    pool.work = says_its_slot, pool.done = Ended::done;
    ASSERT_EQ(dslt_pool_run(&pool, nullptr), 1);
    EXPECT_EQ(ended.times, std::vector<int>(20, 1));
    for (const std::string &text : ended.texts) {
      ASSERT_FALSE(text.empty());
      EXPECT_GE(std::stoi(text), 0);
      EXPECT_LT(std::stoi(text), slots);
    }
  }
}

volatile sig_atomic_t stop_now = 0;
void on_alarm(int) { stop_now = 1; }
int sleeps_for_ever(void *, int, int, dslt_pool_line *) {
  for (;;) pause();
}

TEST(Pool, AStopKillsWhatRunsAndNamesIt) {
  Ended ended;
  dslt_pool pool = {};
  stop_now = 0;
  pool.tasks = 5, pool.slots = 3, pool.self = &ended;
  pool.work = sleeps_for_ever, pool.done = Ended::done, pool.stop = &stop_now;
  struct sigaction action = {}, before;
  action.sa_handler = on_alarm;
  ASSERT_EQ(sigaction(SIGALRM, &action, &before), 0);
  alarm(1);
  EXPECT_EQ(dslt_pool_run(&pool, Ended::lost), 0);
  alarm(0);
  sigaction(SIGALRM, &before, nullptr);
  EXPECT_EQ(ended.times, std::vector<int>(20, 0));
  EXPECT_EQ(ended.gone.size(), 3u);
  for (long pid : ended.gone) EXPECT_NE(kill((pid_t)pid, 0), 0) << pid;
}

// A tracker in each child, as in `dslt run`: what the parent loaded is shared, what a child computes is its own.
struct Shared {
  Clip clip;
  Weights weights;
  std::vector<std::string> texts = std::vector<std::string>(4);
  static int done(void *self, int task, const dslt_pool_outcome *outcome) {
    static_cast<Shared *>(self)->texts[(size_t)task] = outcome->text;
    return outcome->code;
  }
  static int work(void *self, int, int, dslt_pool_line *line) {
    const auto *shared = static_cast<Shared *>(self);
    Options options = quick_options();
    options["init_steps"] = 2, options["memory"] = 2, options["reduce_channels"] = 8;
    options["search_min_area"] = 4096, options["search_max_area"] = 4096;
    const Trace trace = run_clip(make_tracker(options, shared->weights).get(), shared->clip);
    std::string text;
    for (double value : trace.values) text += std::to_string(value) + " ";
    dslt_pool_say(line, text.substr(0, DSLT_POOL_TEXT - 1).c_str());
    return trace.values.empty() ? DSLT_EINTERNAL : DSLT_OK;
  }
};

TEST(Pool, TrackersInChildrenFindTheSame) {
  Shared shared;
  shared.clip = make_clip(3, 96, 80);
  shared.weights = small_weights();
  dslt_pool pool = {};
  pool.tasks = 4, pool.slots = 2, pool.self = &shared;
  pool.work = Shared::work, pool.done = Shared::done;
  ASSERT_EQ(dslt_pool_run(&pool, nullptr), 1);
  EXPECT_GT(shared.texts[0].size(), 20u);
  for (const std::string &text : shared.texts) EXPECT_EQ(text, shared.texts[0]);
}

}  // namespace
