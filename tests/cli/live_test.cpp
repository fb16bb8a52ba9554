/* SPDX-License-Identifier: Apache-2.0 */
// dslt live as a program: its command line, its address, and what it leaves behind.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/http.h"
#include "program.h"

namespace {

class LiveProgram : public ProgramTest {
 protected:
  // The port in the address that the program printed to the file `out`, waiting for it.
  int port(const std::string &out) const {
    for (int i = 0; i < 6000; i++) {
      const std::string text = slurp(out);
      const size_t at = text.find("http://127.0.0.1:");
      if (at != std::string::npos && contains(text, "/\n")) return std::stoi(text.substr(at + 17));
      usleep(10000);
    }
    return 0;
  }
  static std::vector<std::string> live(const std::vector<std::string> &more) {
    std::vector<std::string> arguments = {"live",        "scene:1:128x96", "--port", "0",         "--box",
                                          "70,40,20,24", "--backend",      "cpu",    "--threads", "1",
                                          "--set",       "init_steps=3"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
};

TEST_F(LiveProgram, WrongCommandLinesSayWhatIsWrong) {
  const std::pair<std::vector<std::string>, std::string> wrong[] = {
      {{"live"}, "The input is missing"},
      {{"live", "a", "b"}, "One input at a time"},
      {{"live", "a", "--port", "65536"}, "--port"},
      {{"live", "a", "--bind", "localhost"}, "--bind takes an address in numbers"},
      {{"live", "a", "--format", "csv"}, "--format needs --out"},
      {{"live", "a", "-o", "b", "--format", "otb"}, "csv or jsonl"},
      {{"live", "a", "--overlay", "b.mkv"}, ".mp4 or .avi"},
      {{"live", "a", "-o", "b.mp4", "--overlay", "b.mp4"}, "same file"}};
  for (const auto &[arguments, part] : wrong) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << part;
    EXPECT_TRUE(contains(outcome.err, part)) << outcome.err;
  }
}

TEST_F(LiveProgram, ABuildWithoutCivetwebSaysSo) {
  if (DSLT_CIVETWEB) GTEST_SKIP() << skip::kWithCivetweb;
  const Outcome outcome = run({"live", "scene:1"});
  EXPECT_EQ(outcome.code, 5);
  EXPECT_TRUE(contains(outcome.err, "libcivetweb-dev")) << outcome.err;
}

TEST_F(LiveProgram, WhatCannotBeOpenedIsAnError) {
  if (!DSLT_CIVETWEB) GTEST_SKIP() << skip::kCivetweb;
  Outcome outcome = run({"live", path("nothing.mp4"), "--port", "0"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.err, "nothing.mp4")) << outcome.err;
  outcome = run({"live", "scene:1", "--port", "0", "-o", path("no/folder.csv")});
  EXPECT_EQ(outcome.code, 1);
  outcome = run(live({"--box", "5000,1,10,10"}));
  EXPECT_EQ(outcome.code, 3) << outcome.err;
}

TEST_F(LiveProgram, ASignalEndsItAndKeepsTheBoxes) {
  if (!DSLT_CIVETWEB) GTEST_SKIP() << skip::kCivetweb;
  for (const int signal : {SIGINT, SIGTERM}) {
    const pid_t child = start(live({"-o", path("boxes.csv")}), path(".out"));
    const int at = port(path(".out"));
    ASSERT_GT(at, 0) << slurp(path(".err"));
    EXPECT_EQ(get(at, "/").status, 200);
    ASSERT_EQ(kill(child, signal), 0);
    const Outcome outcome = wait(child);
    EXPECT_EQ(outcome.code, 128 + signal) << outcome.err;
    EXPECT_TRUE(contains(outcome.out, " frames, ")) << outcome.out;
    const std::string boxes = slurp(path("boxes.csv"));
    EXPECT_EQ(boxes.rfind("frame,target,x,y,width,height,peak,lost,time\n0,1,70.0000,40.0000,", 0), 0u)
        << boxes;
    EXPECT_EQ(outcome.err, "");
  }
}

// A list that stays open and brings nothing more.
TEST_F(LiveProgram, ASignalEndsTheWaitForAFrame) {
  if (!DSLT_CIVETWEB) GTEST_SKIP() << skip::kCivetweb;
  std::filesystem::create_directory(path("img"));
  render_clip(path("img"), path("truth.txt"), {120, 96, 20, 24, 3, 1, "%d.ppm"});
  const HeldPipe list(path("list"));
  for (const int names : {0, 3}) {
    for (int i = 1; i <= names; i++) list.put(path("img/" + std::to_string(i) + ".ppm\n"));
    std::vector<std::string> arguments = live({"-o", path("boxes.csv")});
    arguments[1] = "-";
    const pid_t child = start(arguments, path(".out"), list.name());
    EXPECT_TRUE(names == 0 || port(path(".out")) > 0) << slurp(path(".err"));
    wait_for_handler(child, SIGTERM);
    usleep(1000000);  // it waits by now
    ASSERT_EQ(kill(child, SIGTERM), 0);
    const Outcome outcome = wait(child, 5);
    EXPECT_EQ(outcome.code, 128 + SIGTERM) << outcome.err;
    EXPECT_EQ(outcome.err, names ? "" : "dslt: -: interrupted before its first frame.\n");
    EXPECT_EQ(std::filesystem::exists(path("boxes.csv")), names > 0);
    EXPECT_EQ(count_lines(slurp(path("boxes.csv"))) >= 2, names > 0);
  }
}

TEST_F(LiveProgram, ThePageEndsItAndBoxesAloneGoToStandardOutput) {
  if (!DSLT_CIVETWEB) GTEST_SKIP() << skip::kCivetweb;
  const pid_t child = start(live({"-o", "-", "--format", "jsonl", "-q", "--fast"}), path(".out"));
  const int at = port(path(".err"));
  ASSERT_GT(at, 0);
  EXPECT_EQ(post(at, "/command", R"({"do":"quit"})").status, 204);
  const Outcome outcome = wait(child);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out.rfind("{\"frame\": 0, \"target\": 1, ", 0), 0u) << outcome.out;
  EXPECT_EQ(outcome.err, "http://127.0.0.1:" + std::to_string(at) + "/\n");
}

}  // namespace
