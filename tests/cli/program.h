// program.h: run the built dslt and see what a user would see; and the small world its tests track in.
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

#include "data/boxes.h"
#include "media/media.h"
#include "media/scene.h"

struct Outcome {
  int code = -1;  // exit code, or -signal
  std::string out, err;
};

inline std::string slurp(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline void spill(const std::string &path, const std::string &text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

inline int count_lines(const std::string &text) {
  int lines = 0;
  for (char c : text) lines += c == '\n';
  return lines;
}

// A scratch folder per test, and the program run with its output caught in files there.
class ProgramTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "dslt-cli-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path(const std::string &name) const { return (folder_ / name).string(); }

  // Start without waiting. `out` names the file of standard output.
  pid_t start(const std::vector<std::string> &arguments, const std::string &out,
              const std::string &in = "/dev/null") {
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
  Outcome wait(pid_t child) {
    Outcome outcome;
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    outcome.out = slurp(path(".out"));
    outcome.err = slurp(path(".err"));
    return outcome;
  }
  Outcome run(const std::vector<std::string> &arguments, const std::string &in = "/dev/null") {
    return wait(start(arguments, path(".out"), in));
  }

  std::filesystem::path folder_;
};

// A small clip as a folder of PPM files with its ground truth, and small random weights: made once for the
// whole program.
class ClipTest : public ProgramTest {
 protected:
  static constexpr int kFrames = 8;

  static void SetUpTestSuite() {
    if (!world().empty()) return;
    std::string pattern = (std::filesystem::temp_directory_path() / "dslt-clip-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    static struct Remover {
      std::string folder;
      ~Remover() {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
      }
    } remover{pattern};
    std::filesystem::create_directory(pattern + "/img");
    dslt_scene_options options;
    dslt_scene_defaults(&options);
    options.width = 120, options.height = 96, options.frames = 60;
    options.object_width = 20, options.object_height = 24;
    dslt_scene *scene = nullptr;
    ASSERT_EQ(dslt_scene_create(&scene, &options), DSLT_OK) << dslt_last_error();
    dslt_canvas canvas = {};
    std::ofstream truth(pattern + "/truth.txt");
    for (int i = 0; i < kFrames; i++) {
      dslt_box box;
      ASSERT_EQ(dslt_scene_render(&canvas, &box, scene, i), DSLT_OK) << dslt_last_error();
      ASSERT_EQ(dslt_canvas_save(&canvas, (pattern + "/img/" + std::to_string(i + 1) + ".ppm").c_str()),
                DSLT_OK);
      truth << box.x + 1 << ',' << box.y + 1 << ',' << box.width << ',' << box.height << '\n';
    }
    dslt_canvas_free(&canvas);
    dslt_scene_free(scene);
    std::string command = std::string(DSLT_TEST_PROGRAM) + " weights random --arch vgg16/16 --seed 1 -o " +
                          pattern + "/w.safetensors > " + pattern + "/log 2>&1";
    ASSERT_EQ(system(command.c_str()), 0) << slurp(pattern + "/log");
    world() = pattern;
  }

  static std::string &world() {
    static std::string folder;
    return folder;
  }
  static std::string images() { return world() + "/img"; }
  static std::string truth() { return world() + "/truth.txt"; }
  static std::string weights() { return world() + "/w.safetensors"; }

  // "track INPUT" with the clip's box and a training short enough for a test, then `more`.
  static std::vector<std::string> track(const std::string &input, const std::vector<std::string> &more = {}) {
    std::vector<std::string> arguments = {"track",   input,          "--box", "otb:" + truth(), "--weights",
                                          weights(), "--backend",    "cpu",   "--threads",      "1",
                                          "--set",   "init_steps=3", "--set", "memory=2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  // The clip's frames copied into this test's folder, to be spoilt there.
  std::string copy_images() const {
    std::filesystem::copy(images(), path("img"));
    return path("img");
  }
};
