/* SPDX-License-Identifier: Apache-2.0 */
// The program before any verb: help, version, typing errors.
#include "base/nearest.h"
#include "program.h"

namespace {

class Program : public ProgramTest {};

TEST_F(Program, HelpTeaches) {
  for (const char *option : {"--help", "-h", "help"}) {
    Outcome outcome = run({option});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.err, "");
    for (const char *word : {"track", "weights", "demo", "info", "Examples:", "Exit codes:"})
      EXPECT_TRUE(contains(outcome.out, word)) << word;
  }
}

TEST_F(Program, EachVerbExplainsItself) {
  for (const char *verb : {"track", "info", "demo"}) {
    Outcome outcome = run({verb, "--help"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_TRUE(contains(outcome.out, std::string("Usage: dslt ") + verb)) << outcome.out;
    EXPECT_TRUE(contains(outcome.out, "Examples:"));
    EXPECT_TRUE(contains(outcome.out, "Exit codes:"));
    EXPECT_EQ(run({"help", verb}).out, outcome.out);
  }
  EXPECT_EQ(run({"weights", "--help"}).code, 0);
}

TEST_F(Program, VersionIsTheLibrarys) {
  std::string expected = std::string("dslt ") + dslt_version() + "\n";
  EXPECT_EQ(run({"--version"}).out, expected);
  EXPECT_EQ(run({"track", "--version"}).out, expected);
}

TEST_F(Program, NothingToDoIsAUsageError) {
  Outcome outcome = run({});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(contains(outcome.err, "Usage: dslt VERB"));
}

TEST_F(Program, AWrongVerbMeetsItsNeighbour) {
  Outcome outcome = run({"trakc", "clip.mp4"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "dslt: Unknown verb \"trakc\": did you mean \"track\"? See dslt --help.\n");
  EXPECT_TRUE(contains(run({"weight"}).err, "did you mean \"weights\"?"));
  outcome = run({"fly"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_FALSE(contains(outcome.err, "did you mean"));
  EXPECT_EQ(run({"help", "tracks"}).code, 2);
  EXPECT_TRUE(contains(run({"--vresion"}).err, "Unknown option"));
}

TEST_F(Program, AFullStandardOutputIsAFailure) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << skip::kDevFull;
  Outcome outcome = wait(start({"--help"}, "/dev/full"));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(contains(outcome.err, "dslt: Standard output"));
}

TEST(Nearest, CountsEdits) {
  const char *names[] = {"track", "weights", "demo", "info"};
  EXPECT_EQ(dslt_nearest("track", names, 4), 0);
  EXPECT_EQ(dslt_nearest("rtack", names, 4), 0);
  EXPECT_EQ(dslt_nearest("wieghts", names, 4), 1);
  EXPECT_EQ(dslt_nearest("dmo", names, 4), 2);
  EXPECT_EQ(dslt_nearest("inof", names, 4), 3);
  EXPECT_EQ(dslt_nearest("", names, 4), -1);
  EXPECT_EQ(dslt_nearest("zzzzzz", names, 4), -1);
  EXPECT_EQ(dslt_nearest(std::string(1000, 't').c_str(), names, 4), -1);
}

}  // namespace
