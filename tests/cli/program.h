/* SPDX-License-Identifier: Apache-2.0 */
// program.h: the small world in which the program's tests track.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "dataset/boxes.h"
#include "rendered.h"
#include "spawned.h"

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
    render_clip(pattern + "/img", pattern + "/truth.txt", {120, 96, 20, 24, kFrames, 1, "%d.ppm"});
    ASSERT_FALSE(HasFatalFailure());
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
