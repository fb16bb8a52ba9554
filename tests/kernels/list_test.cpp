/* SPDX-License-Identifier: Apache-2.0 */
// Every launcher that kernels/*.h declares is in the list that the harness and a GPU share, every one of the list has a
// case in the benchmark, and every one has run: named, with how often, at the end of the output.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "device.h"

namespace {

std::string text_of(const std::filesystem::path &path) {
  std::ifstream file(path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

// The first group of every match of `pattern` in the files that end in `extension`.
std::set<std::string> names_in(const char *extension, const char *pattern) {
  std::set<std::string> out;
  for (const auto &entry : std::filesystem::directory_iterator(std::string(DSLT_TEST_SOURCE) + "/kernels")) {
    if (entry.path().extension() != extension) continue;
    const std::string text = text_of(entry.path());
    const std::regex expression(pattern);
    for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at)
      out.insert((*at)[1]);
  }
  return out;
}

TEST(KernelList, HoldsWhatTheHeadersDeclareAndTheFilesDefine) {
  std::set<std::string> listed;
  for (const Tally &one : tally(false)) listed.insert(one.name);
  EXPECT_EQ(names_in(".h", "\n(?:int|size_t) DSLT_LAUNCHER\\((\\w+)\\)\\("), listed);
  EXPECT_EQ(names_in(".cu", "\nextern \"C\" (?:int|size_t) DSLT_LAUNCHER\\((\\w+)\\)\\("), listed);
}

// What has no case in bench/kernels.
bool needs_no_case(const std::string &name) {
  const std::string scratch = "_scratch";
  if (name.size() > scratch.size() &&
      name.compare(name.size() - scratch.size(), scratch.size(), scratch) == 0)
    return true;                                                     // sizes of memory
  if (name == "filter_tables" || name == "frame_view") return true;  // the host's alone
  return name == "condition";  // sets a handle of the graph that it is recorded into: alone it cannot run
}

TEST(KernelList, HasACaseOfEachInTheBenchmark) {
  std::string cases;
  for (const auto &entry :
       std::filesystem::directory_iterator(std::string(DSLT_TEST_SOURCE) + "/bench/kernels"))
    if (entry.path().extension() == ".cpp") cases += text_of(entry.path());
  for (const Tally &one : tally(false))
    if (!needs_no_case(one.name)) {
      EXPECT_NE(cases.find("dslt_kernel_" + std::string(one.name) + "("), std::string::npos)
          << one.name << " has no case in bench/kernels";
    }
}

// After all tests. A run of some of them lists what they used; a run of all of them, or one that
// DSLT_TEST_EVERY_KERNEL=1 marks as enough, must have used everything.
class Listing : public testing::Environment {
 public:
  void TearDown() override {
    const char *asked = std::getenv("DSLT_TEST_EVERY_KERNEL");
    const bool every = testing::GTEST_FLAG(filter) == "*" || (asked && std::string(asked) == "1");
    for (bool gpu : {false, true}) {
      std::vector<Tally> rows = tally(gpu);
      const long kernels =
          std::count_if(rows.begin(), rows.end(), [](const Tally &one) { return one.ran > 0; });
      if (kernels == 0) continue;
      std::printf("[ KERNELS  ] %s: %ld of %zu launchers ran\n", gpu ? "on the GPU" : "in the CPU harness",
                  kernels, rows.size());
      for (const Tally &one : rows)
        if (one.ran > 0 || every) std::printf("[ KERNELS  ]   %-18s %7ld calls\n", one.name, one.ran);
      if (!every || gpu) continue;
      EXPECT_EQ(kernels, long(rows.size())) << "a kernel was not tested in the harness";
    }
  }
};

const testing::Environment *const kListing = testing::AddGlobalTestEnvironment(new Listing);

}  // namespace
