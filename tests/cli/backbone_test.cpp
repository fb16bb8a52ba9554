/* SPDX-License-Identifier: Apache-2.0 */
// dslt bench --backbone: a network layer by layer.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

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

TEST(BenchBackbone, EveryLayerBesideTheProcessor) {
  int status = -1;
  const std::string text = output_of("bench --backbone=64 --threads=1 --precision=f32", &status);
  EXPECT_EQ(status, 0) << text;
  for (const char *part : {"conv1_1", "pool4", "conv5_3", "GFLOP/s", "GB/s", "the processor at best"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

TEST(BenchBackbone, WrongSidesAndFilesAreTold) {
  int status = -1;
  std::string text = output_of("bench --backbone=3", &status);
  EXPECT_NE(status, 0);
  EXPECT_NE(text.find("--backbone"), std::string::npos) << text;
  text = output_of("bench --backbone --weights /nowhere.onnx", &status);
  EXPECT_NE(status, 0);
  EXPECT_NE(text.find("/nowhere.onnx"), std::string::npos) << text;
}

}  // namespace
