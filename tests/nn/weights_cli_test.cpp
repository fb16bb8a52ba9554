/* SPDX-License-Identifier: Apache-2.0 */
// `dslt weights` from its front.
#include "cli/cmd_weights.h"
#include "weights_build.h"

namespace {

// Runs the verb here and returns its exit code; what it prints goes to `output`.
int RunVerb(std::vector<std::string> arguments, std::string *output = nullptr) {
  arguments.insert(arguments.begin(), "weights");
  std::vector<char *> argv;
  for (std::string &argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  if (output) ::testing::internal::CaptureStdout();
  const int rc = dslt_cmd_weights(static_cast<int>(arguments.size()), argv.data());
  fflush(stdout);
  if (output) *output = ::testing::internal::GetCapturedStdout();
  return rc;
}

bool Holds(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

}  // namespace

using WeightsCli = WeightFolder;
using WeightsCliDeathTest = WeightFolder;

TEST_F(WeightsCli, WritesRandomWeights) {
  std::string output;
  ASSERT_EQ(
      RunVerb({"random", "--arch", "vgg16/16", "--seed", "4", "--dtype", "bf16", "-o", Path("r")}, &output),
      0);
  EXPECT_TRUE(Holds(output, "vgg16/16")) << output;
  Weights weights, expected;
  ASSERT_EQ(dslt_weights_load(&weights.handle, Path("r").c_str()), 0) << dslt_last_error();
  ASSERT_EQ(dslt_weights_random(&expected.handle, "vgg16/16", 4), 0);
  EXPECT_EQ(weights->weight[0].dtype, DSLT_DTYPE_BF16);
  EXPECT_NEAR(Values(weights->weight[0])[0], Values(expected->weight[0])[0], 0.01);
  EXPECT_EQ(weights->preprocess.scale_low, expected->preprocess.scale_low);
}

TEST_F(WeightsCli, InfoTellsEverything) {
  TinyVgg vgg;
  vgg.torch = true;
  vgg.metadata = {{"dslt.scale_low", "0.5"}, {"dslt.source", "a \\u001b[2J b"}};
  WeightFileBuilder file = vgg.Builder();
  file.Add("classifier.6.bias", "I64", {1}, std::string(8, 'x'));
  std::string output;
  ASSERT_EQ(RunVerb({"info", Write("f", file.File())}, &output), 0);
  for (const char *part : {"torchvision's names", "features.28.weight", "[2, 3, 3, 3]", "F32", "rgb",
                           "123.675", "58.395", "0.5                                from the file's metadata",
                           "convention of torchvision's", "a ?[2J b", "classifier.6.bias (I64, 8 bytes)"}) {
    EXPECT_TRUE(Holds(output, part)) << part << " is not in\n" << output;
  }
  EXPECT_FALSE(Holds(output, "\x1b"));
}

TEST_F(WeightsCli, VerifyTellsStrangers) {
  char hex[65];
  if (dslt_sha256(hex, "", 0) == DSLT_EUNSUPPORTED) GTEST_SKIP() << skip::kSha256;
  TinyVgg vgg;
  vgg.layers = 10;
  const std::string bytes = vgg.File();
  std::string output;
  ASSERT_EQ(RunVerb({"verify", Write("f", bytes)}, &output), 0);
  ASSERT_EQ(dslt_sha256(hex, bytes.data(), bytes.size()), 0);
  EXPECT_TRUE(Holds(output, hex)) << output;
  EXPECT_TRUE(Holds(output, "conv4_3  differs   differs")) << output;
  EXPECT_TRUE(Holds(output, "conv5_1  absent    absent")) << output;
  EXPECT_TRUE(Holds(output, "NOT the original")) << output;
}

TEST_F(WeightsCli, MalformedFilesFail) {
  const std::string good = TinyVgg().File();
  const std::string path = Write("f", good.substr(0, good.size() - 1));
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(RunVerb({"verify", path}), 4);
  EXPECT_EQ(RunVerb({"info", path}), 4);
  EXPECT_EQ(RunVerb({"info", Path("none")}), 4);
  EXPECT_EQ(RunVerb({"random", "--arch", "vgg16/16", "-o", Path("no/where")}), 1);
  const std::string errors = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(Holds(errors, "dslt: " + path)) << errors;
}

TEST_F(WeightsCliDeathTest, WrongCommandLinesExitWithTwo) {
  const auto two = ::testing::ExitedWithCode(2);
  EXPECT_EXIT(exit(RunVerb({})), two, "info, verify or random");
  EXPECT_EXIT(exit(RunVerb({"verfiy"})), two, "did you mean \"verify\"");
  EXPECT_EXIT(exit(RunVerb({"--what"})), two, "what");
  EXPECT_EXIT(exit(RunVerb({"info", "a", "b"})), two, "One file at a time");
  EXPECT_EXIT(exit(RunVerb({"random"})), two, "-o FILE");
  EXPECT_EXIT(exit(RunVerb({"random", "-o", "x", "--seed", "-1"})), two, "--seed");
  EXPECT_EXIT(exit(RunVerb({"random", "-o", "x", "--dtype", "f64"})), two, "f32, f16 or bf16");
  EXPECT_EXIT(exit(RunVerb({"random", "-o", "x", "--arch", "vgg17"})), two, "vgg16/16");
}

TEST_F(WeightsCliDeathTest, HelpTeaches) {
  const auto zero = ::testing::ExitedWithCode(0);
  // Death tests look at standard error.
  EXPECT_EXIT((dup2(2, 1), exit(RunVerb({"--help"}))), zero, "info FILE");
  EXPECT_EXIT((dup2(2, 1), exit(RunVerb({"info", "--help"}))), zero, "dslt.channel_order");
  EXPECT_EXIT((dup2(2, 1), exit(RunVerb({"verify", "--help"}))), zero, "original");
  EXPECT_EXIT((dup2(2, 1), exit(RunVerb({"random", "--help"}))), zero, "He-normal");
}
