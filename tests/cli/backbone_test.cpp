/* SPDX-License-Identifier: Apache-2.0 */
// dslt bench --backbone: a network layer by layer.
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace {

// What the program prints on both streams, and its exit status.
std::string output_of(const std::string &arguments, int *status) {
  const std::string command = std::string(DSLT_TEST_PROGRAM) + " " + arguments + " 2>&1";
  FILE *pipe = popen(command.c_str(), "r");
  std::string text;
  char buffer[4096];
  while (pipe && std::fgets(buffer, sizeof buffer, pipe)) text += buffer;
  *status = pipe ? pclose(pipe) : -1;
  return text;
}

// The shares of the ceiling that stand at the ends of the lines.
std::vector<int> shares(const std::string &text) {
  std::vector<int> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t end = line.rfind(" %");
    if (end == std::string::npos || end + 2 != line.size()) continue;
    out.push_back(std::atoi(line.c_str() + line.rfind(' ', end - 1)));
  }
  return out;
}

TEST(BenchBackbone, EveryLayerBesideTheProcessor) {
  int status = -1;
  std::string text;
  std::vector<int> all;
  for (int attempt = 0; attempt < 5;
       ++attempt) {  // other work may slow the probe of the ceiling, and the probe alone
    text = output_of("bench --backbone --weights slim --side 64 --threads=1 --precision=f32", &status);
    ASSERT_EQ(status, 0) << text;
    all = shares(text);
    if (std::all_of(all.begin(), all.end(), [](int share) { return share <= 105; })) break;
  }
  for (const char *part :
       {"64 x 64", "conv1_1", "pool4", "conv5_3", "GFLOP/s", "GB/s", "Ceiling: ", "memory: "})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
  EXPECT_EQ(all.size(), 18u) << text;  // 13 convolutions, 4 poolings, and all of it
  for (int share : all) {
    EXPECT_GE(share, 0);
    EXPECT_LE(share, 105) << text;  // the clock rate may rise between the probe and a layer
  }
}

TEST(BenchBackbone, AFileBehindTheOptionOrAfterIt) {
  const std::string file = std::string(DSLT_TEST_SOURCE) + "/weights/slim.safetensors";
  for (const std::string &words :
       {"--backbone=" + file, "--backbone " + file, file + " --backbone", "--backbone -w " + file}) {
    int status = -1;
    const std::string text = output_of("bench --side 32 --threads=1 " + words, &status);
    EXPECT_EQ(status, 0) << text;
    EXPECT_NE(text.find("32 x 32"), std::string::npos) << text;
    EXPECT_NE(text.find("conv5_3"), std::string::npos) << text;
  }
}

TEST(BenchBackbone, WrongSidesAndFilesAreTold) {
  for (const char *words : {"--backbone --side 3", "scene:1 --side 64", "--backbone=a.onnx b.onnx"}) {
    int status = -1;
    const std::string text = output_of(std::string("bench ") + words, &status);
    EXPECT_EQ(WEXITSTATUS(status), 2) << words << text;
    EXPECT_NE(text.find("--"), std::string::npos) << text;
  }
  for (const char *words : {"--backbone --weights /nowhere.onnx", "--backbone /nowhere.onnx"}) {
    int status = -1;
    const std::string text = output_of(std::string("bench ") + words, &status);
    EXPECT_EQ(WEXITSTATUS(status), 4) << words << text;
    EXPECT_NE(text.find("/nowhere.onnx"), std::string::npos) << text;
  }
}

}  // namespace
