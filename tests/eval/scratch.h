// scratch.h: a folder of its own for each test, text files in it, and the built program run on them.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "dslt/dslt.h"

struct Ended {
  int code = -1;  // exit code, or -signal
  std::string out, err;
};

inline std::string read_text(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline bool holds(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

// Rows as OTB writes them: 1-based.
using Rows = std::vector<std::vector<double>>;

class EvalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "dslt-eval-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path(const std::string &name) const { return (folder_ / name).string(); }

  void write(const std::string &name, const std::string &text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void write_rows(const std::string &name, const Rows &rows) const {
    std::ostringstream text;
    text.precision(17);
    for (const auto &row : rows)
      for (size_t i = 0; i < row.size(); i++) text << row[i] << (i + 1 < row.size() ? ',' : '\n');
    write(name, text.str());
  }
  // `count` times the same box.
  static Rows still(int count, double x = 11, double y = 21, double width = 40, double height = 20) {
    return Rows((size_t)count, {x, y, width, height});
  }

  Ended run(const std::vector<std::string> &arguments) const {
    std::vector<char *> argv = {const_cast<char *>("dslt"), const_cast<char *>("eval")};
    for (const std::string &argument : arguments) argv.push_back(const_cast<char *>(argument.c_str()));
    argv.push_back(nullptr);
    const std::string out = path(".out"), err = path(".err");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    pid_t child = -1;
    EXPECT_EQ(posix_spawn(&child, DSLT_TEST_PROGRAM, &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    Ended ended;
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    ended.out = read_text(out);
    ended.err = read_text(err);
    return ended;
  }

  std::filesystem::path folder_;
};
