/* SPDX-License-Identifier: Apache-2.0 */
// `dslt weights` from its front.
#include "cli/cmd_weights.h"
#include "weights_build.h"

namespace {

// Runs the verb here and returns its exit code; what it prints goes to `output`.
int run_verb(std::vector<std::string> arguments, std::string *output = nullptr) {
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

bool holds(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

using WeightsCli = WeightFolder;
using WeightsCliDeathTest = WeightFolder;

TEST_F(WeightsCli, WritesRandomWeights) {
  std::string output;
  ASSERT_EQ(run_verb({"random", "--arch", "vgg16/16", "--seed", "4", "--dtype", "bf16", "-o", in_folder("r")},
                     &output),
            0);
  EXPECT_TRUE(holds(output, "vgg16/16")) << output;
  Weights weights, expected;
  ASSERT_EQ(dslt_weights_load(&weights.handle, in_folder("r").c_str()), 0) << dslt_last_error();
  ASSERT_EQ(dslt_weights_random(&expected.handle, "vgg16/16", 4), 0);
  EXPECT_EQ(weights->weight[0].dtype, DSLT_DTYPE_BF16);
  EXPECT_NEAR(values_of(weights->weight[0])[0], values_of(expected->weight[0])[0], 0.01);
  EXPECT_EQ(weights->preprocess.scale_low, expected->preprocess.scale_low);
}

TEST_F(WeightsCliDeathTest, ConvertNeedsAFileAndAPlace) {
  const auto two = ::testing::ExitedWithCode(2);
  EXPECT_EXIT(exit(run_verb({"convert"})), two, "an ONNX model");
  EXPECT_EXIT(exit(run_verb({"convert", "a.onnx"})), two, "-o FILE");
  EXPECT_EXIT(exit(run_verb({"convert", "a.onnx", "b.onnx", "-o", "c"})), two, "One file at a time");
  EXPECT_EXIT(exit(run_verb({"convert", "slim", "-o", "c", "--dtype", "f64"})), two, "f32, f16 or bf16");
}

TEST_F(WeightsCliDeathTest, AVgg16IsConvertedAlready) {
  EXPECT_EXIT(exit(run_verb({"convert", "slim", "-o", in_folder("c")})), ::testing::ExitedWithCode(4),
              "in our own format already");
}

TEST_F(WeightsCli, InfoTellsEverything) {
  TinyVgg vgg;
  vgg.torch = true;
  vgg.metadata = {{"dslt.scale_low", "0.5"}, {"dslt.source", "a \\u001b[2J b"}};
  WeightFileBuilder file = vgg.builder();
  file.add("classifier.6.bias", "I64", {1}, std::string(8, 'x'));
  std::string output;
  ASSERT_EQ(run_verb({"info", write_file("f", file.to_bytes())}, &output), 0);
  for (const char *part : {"torchvision's names", "features.28.weight", "[2, 3, 3, 3]", "F32", "rgb",
                           "123.675", "58.395", "0.5                                from the file's metadata",
                           "convention of torchvision's", "a ?[2J b", "classifier.6.bias (I64, 8 bytes)"}) {
    EXPECT_TRUE(holds(output, part)) << part << " is not in\n" << output;
  }
  EXPECT_FALSE(holds(output, "\x1b"));
}

TEST_F(WeightsCli, VerifyTellsStrangers) {
  char hex[65];
  if (dslt_sha256(hex, "", 0) == DSLT_EUNSUPPORTED) GTEST_SKIP() << skip::kSha256;
  TinyVgg vgg;
  vgg.layers = 10;
  const std::string bytes = vgg.to_bytes();
  std::string output;
  ASSERT_EQ(run_verb({"verify", write_file("f", bytes)}, &output), 0);
  ASSERT_EQ(dslt_sha256(hex, bytes.data(), bytes.size()), 0);
  EXPECT_TRUE(holds(output, hex)) << output;
  EXPECT_TRUE(holds(output, "conv4_3  differs   differs")) << output;
  EXPECT_TRUE(holds(output, "conv5_1  absent    absent")) << output;
  EXPECT_TRUE(holds(output, "NOT the original")) << output;
}

TEST_F(WeightsCli, MalformedFilesFail) {
  const std::string good = TinyVgg().to_bytes();
  const std::string path = write_file("f", good.substr(0, good.size() - 1));
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_verb({"verify", path}), 4);
  EXPECT_EQ(run_verb({"info", path}), 4);
  EXPECT_EQ(run_verb({"info", in_folder("none")}), 4);
  EXPECT_EQ(run_verb({"convert", path, "-o", in_folder("c")}), 4);
  EXPECT_EQ(run_verb({"convert", in_folder("none.onnx"), "-o", in_folder("c")}), 4);
  EXPECT_EQ(run_verb({"random", "--arch", "vgg16/16", "-o", in_folder("no/where")}), 1);
  const std::string errors = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(holds(errors, "dslt: " + path)) << errors;
}

TEST_F(WeightsCliDeathTest, WrongCommandLinesExitWithTwo) {
  const auto two = ::testing::ExitedWithCode(2);
  EXPECT_EXIT(exit(run_verb({})), two, "info, verify, random or convert");
  EXPECT_EXIT(exit(run_verb({"verfiy"})), two, "did you mean \"verify\"");
  EXPECT_EXIT(exit(run_verb({"--what"})), two, "what");
  EXPECT_EXIT(exit(run_verb({"info", "a", "b"})), two, "One file at a time");
  EXPECT_EXIT(exit(run_verb({"random"})), two, "-o FILE");
  EXPECT_EXIT(exit(run_verb({"random", "-o", "x", "--seed", "-1"})), two, "--seed");
  EXPECT_EXIT(exit(run_verb({"random", "-o", "x", "--dtype", "f64"})), two, "f32, f16 or bf16");
  EXPECT_EXIT(exit(run_verb({"random", "-o", "x", "--arch", "vgg17"})), two, "vgg16/16");
}

TEST_F(WeightsCliDeathTest, HelpTeaches) {
  const auto zero = ::testing::ExitedWithCode(0);
  // Death tests look at standard error.
  EXPECT_EXIT((dup2(2, 1), exit(run_verb({"--help"}))), zero, "info FILE");
  EXPECT_EXIT((dup2(2, 1), exit(run_verb({"info", "--help"}))), zero, "dslt.channel_order");
  EXPECT_EXIT((dup2(2, 1), exit(run_verb({"verify", "--help"}))), zero, "original");
  EXPECT_EXIT((dup2(2, 1), exit(run_verb({"random", "--help"}))), zero, "He-normal");
}

}  // namespace
