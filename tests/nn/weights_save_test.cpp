/* SPDX-License-Identifier: Apache-2.0 */
// Writing weight files: the same values come back, whole files only, full disks are reported.
#include <signal.h>
#include <sys/resource.h>
#include <algorithm>

#include <clocale>
#include <cmath>

#include "weights_build.h"

namespace {

// Random weights of the smallest arch.
void make_tiny(Weights *out) {
  ASSERT_EQ(dslt_weights_random(&out->handle, "vgg16/16", 3), 0) << dslt_last_error();
}

// The first values of conv1_1 replaced.
std::string with_values(const std::vector<float> &first) {
  WeightFileBuilder file;
  std::vector<float> values(54, 0.0f);
  std::copy(first.begin(), first.end(), values.begin());
  file.add("conv1_1.weight", "F32", {2, 3, 3, 3}, float_bytes(values));
  for (int layer = 1; layer < 13; layer++) TinyVgg().add_layer(&file, layer);
  return file.to_bytes();
}

using WeightsSave = WeightFolder;

TEST_F(WeightsSave, BringsEverythingBack) {
  TinyVgg vgg;
  vgg.metadata = {{"dslt.channel_order", "rgb"},       {"dslt.mean", "0.1,2.7182817,255"},
                  {"dslt.deviation", "58.395,1e-7,3"}, {"dslt.scale_low", "0.7"},
                  {"dslt.scale_high", "123456.78"},    {"dslt.source", "somewhere \\\"else\\\""},
                  {"dslt.license", "CC BY 4.0"}};
  const std::string first_path = write_file("first", vgg.to_bytes());
  Weights first, second;
  ASSERT_EQ(dslt_weights_load(&first.handle, first_path.c_str()), 0) << dslt_last_error();
  ASSERT_EQ(dslt_weights_save(first.handle, in_folder("second").c_str(), DSLT_DTYPE_F32), 0)
      << dslt_last_error();
  ASSERT_EQ(dslt_weights_load(&second.handle, in_folder("second").c_str()), 0) << dslt_last_error();
  EXPECT_EQ(second->layers, 13);
  for (int layer = 0; layer < 13; layer++) {
    EXPECT_EQ(values_of(second->weight[layer]), values_of(first->weight[layer]));
    EXPECT_EQ(values_of(second->bias[layer]), values_of(first->bias[layer]));
  }
  EXPECT_EQ(second->preprocess.rgb, 1);
  for (int c = 0; c < 3; c++) {
    EXPECT_EQ(second->preprocess.mean[c], first->preprocess.mean[c]);
    EXPECT_EQ(second->preprocess.deviation[c], first->preprocess.deviation[c]);
  }
  EXPECT_EQ(second->preprocess.scale_low, first->preprocess.scale_low);
  EXPECT_EQ(second->preprocess.scale_high, first->preprocess.scale_high);
  EXPECT_STREQ(second->source, "somewhere \"else\"");
  EXPECT_STREQ(second->license, "CC BY 4.0");
}

TEST_F(WeightsSave, WritesDotsInAnyLocale) {
  const char *found = nullptr;
  for (const char *name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"}) {
    if (!found) found = setlocale(LC_NUMERIC, name);
  }
  if (!found) GTEST_SKIP() << skip::kCommaLocale;
  Weights weights;
  make_tiny(&weights);
  const int rc = dslt_weights_save(weights.handle, in_folder("out").c_str(), DSLT_DTYPE_F32);
  setlocale(LC_NUMERIC, "C");
  ASSERT_EQ(rc, 0) << dslt_last_error();
  EXPECT_NE(read_file("out").find("\"103.939,116.779,123.68\""), std::string::npos);
}

TEST_F(WeightsSave, DataBeginsAligned) {
  Weights weights;
  make_tiny(&weights);
  ASSERT_EQ(dslt_weights_save(weights.handle, in_folder("out").c_str(), DSLT_DTYPE_F32), 0)
      << dslt_last_error();
  const std::string bytes = read_file("out");
  const size_t header = static_cast<unsigned char>(bytes[0]) + 256u * static_cast<unsigned char>(bytes[1]);
  EXPECT_EQ((8 + header) % 64, 0u);
}

TEST_F(WeightsSave, PartialFilesStayPartial) {
  TinyVgg vgg;
  vgg.layers = 10;
  const std::string file = vgg.to_bytes();
  Weights first, second;
  ASSERT_EQ(dslt_weights_from_memory(&first.handle, file.data(), file.size(), "x"), 0) << dslt_last_error();
  ASSERT_EQ(dslt_weights_save(first.handle, in_folder("out").c_str(), DSLT_DTYPE_F32), 0)
      << dslt_last_error();
  ASSERT_EQ(dslt_weights_load(&second.handle, in_folder("out").c_str()), 0) << dslt_last_error();
  EXPECT_EQ(second->layers, 10);
}

TEST_F(WeightsSave, RoundsToHalfPrecision) {
  const float tie = 1 + std::ldexp(1.0f, -11), above = std::nextafterf(tie, 2);
  const std::vector<float> first = {tie,
                                    above,
                                    1 + 3 * std::ldexp(1.0f, -11),
                                    -65504.0f,
                                    65519.0f,
                                    std::ldexp(1.0f, -25),
                                    std::ldexp(1.5f, -25),
                                    std::ldexp(1.0f, -14),
                                    std::ldexp(2047.0f, -25),
                                    -1e-30f};
  const std::vector<float> expected = {1.0f,
                                       1 + std::ldexp(1.0f, -10),
                                       1 + std::ldexp(1.0f, -9),
                                       -65504.0f,
                                       65504.0f,
                                       0.0f,
                                       std::ldexp(1.0f, -24),
                                       std::ldexp(1.0f, -14),
                                       std::ldexp(1.0f, -14),
                                       -0.0f};
  const std::string file = with_values(first);
  Weights in, out;
  ASSERT_EQ(dslt_weights_from_memory(&in.handle, file.data(), file.size(), "x"), 0) << dslt_last_error();
  ASSERT_EQ(dslt_weights_save(in.handle, in_folder("f16").c_str(), DSLT_DTYPE_F16), 0) << dslt_last_error();
  ASSERT_EQ(dslt_weights_load(&out.handle, in_folder("f16").c_str()), 0) << dslt_last_error();
  EXPECT_EQ(out->weight[0].dtype, DSLT_DTYPE_F16);
  const std::vector<float> values = values_of(out->weight[0]);
  for (size_t i = 0; i < expected.size(); i++) EXPECT_EQ(values[i], expected[i]) << i;
}

TEST_F(WeightsSave, RoundsToBfloat16) {
  const float tie = 1 + std::ldexp(1.0f, -8);
  const std::vector<float> first = {tie, std::nextafterf(tie, 2), 1 + 3 * std::ldexp(1.0f, -8), -tie, 1e-40f};
  const std::vector<float> expected = {1.0f, 1 + std::ldexp(1.0f, -7), 1 + std::ldexp(1.0f, -6), -1.0f,
                                       std::ldexp(1.0f, -133)};
  const std::string file = with_values(first);
  Weights in, out;
  ASSERT_EQ(dslt_weights_from_memory(&in.handle, file.data(), file.size(), "x"), 0) << dslt_last_error();
  ASSERT_EQ(dslt_weights_save(in.handle, in_folder("bf16").c_str(), DSLT_DTYPE_BF16), 0) << dslt_last_error();
  ASSERT_EQ(dslt_weights_load(&out.handle, in_folder("bf16").c_str()), 0) << dslt_last_error();
  const std::vector<float> values = values_of(out->weight[0]);
  for (size_t i = 0; i < 4; i++) EXPECT_EQ(values[i], expected[i]) << i;
  EXPECT_NEAR(values[4], 1e-40, 5e-41);
}

TEST_F(WeightsSave, RefusesValuesTooLargeForTheType) {
  const std::string file = with_values({1.0f, 65520.0f});
  Weights weights;
  ASSERT_EQ(dslt_weights_from_memory(&weights.handle, file.data(), file.size(), "x"), 0) << dslt_last_error();
  EXPECT_FAILURE(dslt_weights_save(weights.handle, in_folder("f16").c_str(), DSLT_DTYPE_F16), DSLT_EWEIGHTS,
                 "conv1_1.weight holds 65520");
  EXPECT_EQ(file_count(), 0u);
  EXPECT_EQ(dslt_weights_save(weights.handle, in_folder("bf16").c_str(), DSLT_DTYPE_BF16), 0)
      << dslt_last_error();
}

TEST_F(WeightsSave, ReplacesAnOlderFileAndLeavesNothingElse) {
  Weights weights;
  make_tiny(&weights);
  write_file("out", "old");
  ASSERT_EQ(dslt_weights_save(weights.handle, in_folder("out").c_str(), DSLT_DTYPE_F32), 0)
      << dslt_last_error();
  EXPECT_GT(read_file("out").size(), 1000u);
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(WeightsSave, ReportsFullDevice) {
  Weights weights;
  make_tiny(&weights);
  EXPECT_FAILURE(dslt_weights_save(weights.handle, "/dev/full", DSLT_DTYPE_F32), DSLT_EIO, "No space left");
}

TEST_F(WeightsSave, KeepsTheOlderFileWhereTheNewOneDoesNotFit) {
  Weights weights;
  make_tiny(&weights);
  write_file("out", "old");
  // A limit on the size of files stands for a disk that fills up half-way.
  struct rlimit before, small;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 100000;
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const int rc = dslt_weights_save(weights.handle, in_folder("out").c_str(), DSLT_DTYPE_F32);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  EXPECT_FAILURE(rc, DSLT_EIO, "File too large");
  EXPECT_EQ(read_file("out"), "old");
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(WeightsSave, ReportsMissingFolder) {
  Weights weights;
  make_tiny(&weights);
  EXPECT_FAILURE(dslt_weights_save(weights.handle, in_folder("no/where").c_str(), DSLT_DTYPE_F32), DSLT_EIO,
                 "No such file");
}

TEST_F(WeightsSave, RejectsBadArguments) {
  Weights weights;
  make_tiny(&weights);
  EXPECT_EQ(dslt_weights_save(weights.handle, in_folder("x").c_str(), DSLT_DTYPE_OTHER), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_weights_save(nullptr, in_folder("x").c_str(), DSLT_DTYPE_F32), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_weights_save(weights.handle, nullptr, DSLT_DTYPE_F32), DSLT_EARGUMENT);
}

}  // namespace
