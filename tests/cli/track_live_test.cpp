/* SPDX-License-Identifier: Apache-2.0 */
// dslt track on a video through standard input, with and without --live.
#include <jansson.h>

#include "program.h"

namespace {

class TrackLive : public ClipTest {
 protected:
  void SetUp() override {
    ClipTest::SetUp();
    if (!DSLT_FFMPEG) GTEST_SKIP() << skip::kFfmpeg;
    ASSERT_EQ(run(track(images(), {"--overlay", path("clip.avi"), "-q"})).code, 0) << slurp(path(".err"));
  }
};

// The clip as a program sends it.
TEST_F(TrackLive, StandardInputGivesTheRowsOfTheFile) {
  const std::string file = path("clip.avi"), fifo = path("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const Outcome expected = run(track(file, {"-o", "-", "-q", "--format", "jsonl"}));
  ASSERT_EQ(expected.code, 0) << expected.err;
  const int hold = open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  const pid_t child = start(track("/dev/stdin", {"-o", "-", "-q", "--format", "jsonl"}), path(".out"), fifo);
  const std::string bytes = slurp(file);
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t n = write(hold, bytes.data() + at, bytes.size() - at);
    ASSERT_GT(n, 0);
    at += static_cast<size_t>(n);
  }
  for (int i = 0; i < 600 && slurp(path(".out")).empty(); i++) usleep(10000);  // it has the other end by now
  close(hold);
  const Outcome outcome = wait(child);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, expected.out);
  EXPECT_FALSE(contains(outcome.out, "latency")) << "without --live";
}

TEST_F(TrackLive, LatencyAndDroppedFramesAreCounted) {
  const std::string command =
      "cat '" + path("clip.avi") + "' | '" DSLT_TEST_PROGRAM "' track /dev/stdin --live --box 30,30,20,24" +
      " --weights '" + weights() + "' --backend cpu --threads 1 --set init_steps=3 -o - --format jsonl" +
      " --summary '" + path("s.json") + "' >'" + path("rows") + "' 2>'" + path("words") + "'";
  ASSERT_EQ(system(command.c_str()), 0) << slurp(path("words"));
  const std::string rows = slurp(path("rows"));
  EXPECT_GE(count_lines(rows), 1);
  EXPECT_TRUE(contains(rows, "\"latency_ms\": ")) << rows;
  EXPECT_TRUE(contains(rows, "\"dropped\": ")) << rows;
  EXPECT_TRUE(contains(slurp(path("words")), "live: ")) << slurp(path("words"));
  json_error_t error;
  json_t *root = json_load_file(path("s.json").c_str(), 0, &error);
  ASSERT_NE(root, nullptr) << error.text;
  const json_t *live = json_object_get(root, "live");
  EXPECT_LE(json_integer_value(json_object_get(live, "dropped")) + count_lines(rows), kFrames);
  if (count_lines(rows) > 1) {
    EXPECT_GT(json_number_value(json_object_get(live, "latency_ms")), 0);
  }
  json_decref(root);
}

TEST_F(TrackLive, AFileIsTrackedWhole) {
  const Outcome outcome = run(track(path("clip.avi"), {"--live", "-o", "-", "--format", "jsonl"}));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(count_lines(outcome.out), kFrames);
  EXPECT_FALSE(contains(outcome.out, "latency"));
  EXPECT_TRUE(contains(outcome.err, "every frame of " + path("clip.avi") + " is tracked")) << outcome.err;
}

}  // namespace
