/* SPDX-License-Identifier: Apache-2.0 */
// world.h: a small OTB-like set of rendered clips, small random weights, and `dslt run` over them.
#pragma once

#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <map>
#include <thread>

#include "cli/program.h"

// What a folder of results holds that must repeat to the byte: boxes and losses, no times and no manifest.
inline std::map<std::string, std::string> repeatable(const std::string &folder) {
  std::map<std::string, std::string> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(folder)) {
    std::string name = std::filesystem::relative(entry.path(), folder).string();
    if (!entry.is_regular_file() || name == "manifest.json" || name.rfind("times/", 0) == 0) continue;
    if (contains(name, "_time.txt")) continue;
    files[name] = slurp(entry.path().string());
  }
  return files;
}

// Which file it is and when it came: tells whether a finished file was written again.
inline std::map<std::string, std::pair<ino_t, int64_t>> identities(const std::string &folder) {
  std::map<std::string, std::pair<ino_t, int64_t>> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto &entry : std::filesystem::directory_iterator(folder)) {
    struct stat status;
    if (entry.path().extension() != ".txt" || stat(entry.path().c_str(), &status) != 0) continue;
    files[entry.path().filename().string()] = {
        status.st_ino, status.st_mtim.tv_sec * int64_t{1000000000} + status.st_mtim.tv_nsec};
  }
  return files;
}

class RunTest : public ProgramTest {
 protected:
  static constexpr int kFrames = 16;
  static constexpr int kSequences = 5;

  static void SetUpTestSuite() {
    if (!world().empty()) return;
    std::string pattern = (std::filesystem::temp_directory_path() / "dslt-run-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    static struct Remover {
      std::string folder;
      ~Remover() {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
      }
    } remover{pattern};
    for (int i = 0; i < kSequences; i++) render(pattern + "/set/clip" + std::to_string(i + 1), i);
    for (int seed = 1; seed <= 2; seed++) {
      std::string command = std::string(DSLT_TEST_PROGRAM) + " weights random --arch vgg16/16 --seed " +
                            std::to_string(seed) + " -o " + pattern + "/w" + std::to_string(seed) +
                            ".safetensors > " + pattern + "/log 2>&1";
      ASSERT_EQ(system(command.c_str()), 0) << slurp(pattern + "/log");
    }
    world() = pattern;
  }

  // Clips differ in length and content.
  static void render(const std::string &folder, int number) {
    std::filesystem::create_directories(folder + "/img");
    render_clip(folder + "/img", folder + "/groundtruth_rect.txt",
                {96, 80, 18, 20, frames_of(number), 11 + (uint64_t)number, "%04d.ppm"});
  }
  static int frames_of(int number) { return kFrames + 2 * number; }

  static std::string &world() {
    static std::string folder;
    return folder;
  }
  static std::string set() { return world() + "/set"; }
  static std::string weights(int seed = 1) { return world() + "/w" + std::to_string(seed) + ".safetensors"; }

  static std::vector<std::string> arguments(const std::string &verb, const std::string &out,
                                            const std::vector<std::string> &more = {}) {
    std::vector<std::string> list = {
        verb,    "--dataset", "folder",   "--root", set(),   "--weights",     weights(),   "--out", out,
        "--set", "memory=2",  "--preset", "paper",  "--set", "init_steps=12", "--backend", "cpu"};
    list.insert(list.end(), more.begin(), more.end());
    return list;
  }
  Outcome dslt_run(const std::string &out, const std::vector<std::string> &more = {}) {
    return run(arguments("run", out, more));
  }

  // The undisturbed run, made once; every test compares with it.
  static const std::string &reference() {
    static std::string folder;
    if (folder.empty()) {
      std::string out = world() + "/reference", command = DSLT_TEST_PROGRAM;
      for (const std::string &argument : arguments("run", out, {"--jobs", "1"})) command += " " + argument;
      auto before = std::chrono::steady_clock::now();
      EXPECT_EQ(system((command + " > " + world() + "/log 2>&1").c_str()), 0) << slurp(world() + "/log");
      duration() = std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
      folder = out;
    }
    return folder;
  }
  // How long it took, s.
  static double &duration() {
    static double seconds;
    return seconds;
  }
  static void sleep(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

  // Everything is there, to the byte, and nothing else.
  void expect_whole(const std::string &out) {
    auto expected = repeatable(reference()), got = repeatable(out);
    ASSERT_EQ(expected.size(), size_t{2 * kSequences});
    EXPECT_EQ(got.size(), expected.size());
    for (const auto &[name, text] : expected) EXPECT_EQ(got[name], text) << name;
    EXPECT_FALSE(std::filesystem::exists(out + "/.partial"));
    EXPECT_TRUE(std::filesystem::exists(out + "/manifest.json"));
    for (int i = 0; i < kSequences; i++)
      EXPECT_EQ(count_lines(slurp(out + "/times/clip" + std::to_string(i + 1) + ".txt")), frames_of(i));
  }
};
