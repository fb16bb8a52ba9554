/* SPDX-License-Identifier: Apache-2.0 */
// dslt track on a video through standard input, with and without --live.
#include <jansson.h>
#include <signal.h>
#include <sys/stat.h>

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

// A square that moves to the right, as YUV4MPEG2, which FFmpeg delivers as it comes.
std::string moving_square(int frames) {
  std::string out = "YUV4MPEG2 W96 H64 F25:1 Ip A1:1 C420jpeg\n";
  for (int i = 0; i < frames; i++) {
    std::string grey(96 * 64, 'Z');
    for (int y = 20; y < 40; y++) grey.replace(96 * y + 20 + i, 20, "=oX=oX=oX=oX=oX=oX=o");
    out += "FRAME\n" + grey + std::string(96 * 64 / 2, '\x80');
  }
  return out;
}

// Nothing but the signal ends this run: the named pipe stays open.
TEST_F(TrackLive, ASignalEndsTheWaitForTheNextFrame) {
  const HeldPipe fifo(path("fifo"));
  for (const int frames : {0, 5}) {
    const std::string bytes = frames ? moving_square(frames) : "";
    ASSERT_LT(bytes.size(), 60000u) << "more than a pipe holds";
    fifo.put(bytes);
    const pid_t child = start({"track", fifo.name(), "--box", "20,20,20,20", "--weights", weights(),
                               "--backend", "cpu", "--set", "init_steps=3", "-o", path("b.txt"), "--overlay",
                               path("b.avi"), "--dump-response", path("dump"), "-q"},
                              path(".out"));
    wait_for_handler(child, SIGINT);
    for (int i = 0; i < 600 && frames && !std::filesystem::exists(path("dump/00004.npy")); i++) usleep(50000);
    usleep(500000);  // it waits, or does so soon
    kill(child, SIGINT);
    const Outcome outcome = wait(child, 5);
    EXPECT_EQ(outcome.code, 128 + SIGINT) << outcome.err;
    EXPECT_TRUE(
        contains(outcome.err, frames ? "Interrupted after 5 frames." : "interrupted while it was opened"))
        << outcome.err;
    EXPECT_EQ(std::filesystem::exists(path("b.avi")), frames > 0);
    EXPECT_EQ(count_lines(slurp(path("b.txt"))), frames);
    for (const auto &entry : std::filesystem::directory_iterator(folder_))
      EXPECT_NE(entry.path().filename().string().rfind(".b.", 0), 0u) << entry.path() << " is left behind";
  }
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
