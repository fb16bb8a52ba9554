/* SPDX-License-Identifier: Apache-2.0 */
// spawned.h: run the built dslt and see what a user would see.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "scratch.h"

struct Outcome {
  int code = -1;  // exit code, or -signal
  std::string out, err;
};

inline bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

inline int count_lines(const std::string &text) {
  int lines = 0;
  for (char c : text) lines += c == '\n';
  return lines;
}

// A named pipe that stays open: who reads it waits for more until it is told to stop.
class HeldPipe {
 public:
  explicit HeldPipe(std::string name) : name_(std::move(name)) {
    EXPECT_EQ(mkfifo(name_.c_str(), 0600), 0) << name_;
    end_ = open(name_.c_str(), O_RDWR | O_CLOEXEC);
    EXPECT_GE(end_, 0) << name_;
  }
  ~HeldPipe() { close(end_); }
  HeldPipe(const HeldPipe &) = delete;
  HeldPipe &operator=(const HeldPipe &) = delete;
  const std::string &name() const { return name_; }
  void put(const std::string &bytes) const {
    EXPECT_EQ(write(end_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

 private:
  std::string name_;
  int end_ = -1;
};

// The program run with its output caught in files of the test's folder.
class ProgramTest : public ScratchTest {
 protected:
  // Start without waiting. `out` names the file of standard output.
  pid_t start(const std::vector<std::string> &arguments, const std::string &out,
              const std::string &in = "/dev/null") const {
    std::vector<char *> argv = {const_cast<char *>("dslt")};
    for (const std::string &argument : arguments) argv.push_back(const_cast<char *>(argument.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, in.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_addopen(&actions, 2, path(".err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    pid_t child = -1;
    EXPECT_EQ(posix_spawn(&child, DSLT_TEST_PROGRAM, &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return child;
  }
  Outcome wait(pid_t child) const {
    Outcome outcome;
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    outcome.out = slurp(path(".out"));
    outcome.err = slurp(path(".err"));
    return outcome;
  }
  // Wait until `child` has a handler for `number`: before that a signal ends it at once.
  static void wait_for_handler(pid_t child, int number) {
    for (int i = 0; i < 3000; i++) {
      const std::string status = slurp("/proc/" + std::to_string(child) + "/status");
      const size_t at = status.find("SigCgt:\t");
      if (at != std::string::npos && std::stoull(status.substr(at + 8), nullptr, 16) >> (number - 1) & 1)
        return;
      usleep(10000);
    }
    ADD_FAILURE() << "no handler for signal " << number;
  }
  // What does not end within `seconds` is killed, and its code is -9.
  Outcome wait(pid_t child, double seconds) const {
    siginfo_t ended = {};
    for (int i = 0; i < 100 * seconds && ended.si_pid == 0; i++) {
      EXPECT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT), 0);
      if (ended.si_pid == 0) usleep(10000);
    }
    if (ended.si_pid == 0) kill(child, SIGKILL);
    return wait(child);
  }
  Outcome run(const std::vector<std::string> &arguments, const std::string &in = "/dev/null") const {
    return wait(start(arguments, path(".out"), in));
  }
};
