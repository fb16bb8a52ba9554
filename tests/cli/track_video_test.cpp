/* SPDX-License-Identifier: Apache-2.0 */
// dslt track and dslt bench on videos as people have them: uneven, damaged, turned, oblong, with colons in their names.
#include <jansson.h>

#include <algorithm>
#include <cstdint>

#include "program.h"
#include "skip.h"

namespace {

#define NEED_FFMPEG()                                                               \
  if (!DSLT_FFMPEG) GTEST_SKIP() << skip::kFfmpeg;                                  \
  if (system("command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null") != 0) \
  GTEST_SKIP() << skip::kFfmpegProgram

class TrackVideo : public ClipTest {
 protected:
  // ffmpeg ARGUMENTS 'FILE' of the test's folder.
  std::string make(const std::string &name, const std::string &arguments) const {
    const std::string command =
        "ffmpeg -v error -nostdin -y " + arguments + " 'file:" + path(name) + "' 2>&1";
    EXPECT_EQ(system(command.c_str()), 0) << command;
    return path(name);
  }
  std::string frames() const { return "-framerate 25 -i '" + images() + "/%d.ppm' "; }
  static std::string pattern() { return "-f lavfi -i testsrc2=size=120x96:rate=25:duration=2 "; }
  // What ffprobe says of the video stream's frames or of the stream, a line each.
  std::vector<std::string> probe(const std::string &file, const std::string &entries) const {
    const std::string command = "ffprobe -v quiet -select_streams v:0 -show_entries " + entries +
                                " -of csv=p=0 'file:" + file + "' > '" + path("probe") + "'";
    EXPECT_EQ(system(command.c_str()), 0);
    std::ifstream in(path("probe"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
      if (!line.empty()) lines.push_back(line.substr(0, line.find(',')));
    return lines;
  }
  std::vector<std::string> last_column(const std::string &csv) const {
    std::ifstream in(csv);
    std::vector<std::string> column;
    for (std::string line; std::getline(in, line);) column.push_back(line.substr(line.rfind(',') + 1));
    return column;
  }
};

TEST_F(TrackVideo, BoxesAndOverlayHaveTheFramesTimes) {
  NEED_FFMPEG();
  for (const char *name : {"a.mp4", "a.mkv"}) {
    const std::string video =
        make(name, frames() + "-vf \"select='not(eq(n,2)+eq(n,3)+eq(n,5))'\" -vsync vfr -c:v libx264");
    Outcome outcome =
        run(track(video, {"--out", path("b.csv"), "--format", "csv", "--overlay", path("o.mp4")}));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const std::vector<std::string> column = last_column(path("b.csv")),
                                   times = probe(video, "frame=best_effort_timestamp_time"),
                                   drawn = probe(path("o.mp4"), "frame=best_effort_timestamp_time");
    ASSERT_EQ(column.size(), 6u);
    EXPECT_EQ(column[0], "time");
    ASSERT_EQ(times.size(), 5u);
    ASSERT_EQ(drawn.size(), 5u);
    for (size_t i = 0; i < 5; i++) {
      EXPECT_NEAR(std::stod(column[i + 1]), std::stod(times[i]), 2e-6) << name << i;
      EXPECT_NEAR(std::stod(drawn[i]), std::stod(times[i]) - std::stod(times[0]), 1e-4) << name << i;
    }
    ASSERT_EQ(run(track(video, {"--out", path("b.json"), "--format", "json", "-q"})).code, 0);
    json_t *root = json_load_file(path("b.json").c_str(), 0, nullptr);
    json_t *row = json_array_get(json_object_get(root, "frames"), 4);
    EXPECT_NEAR(json_number_value(json_object_get(row, "time")), std::stod(times[4]), 2e-6);
    json_decref(root);
  }
  ASSERT_EQ(run(track(images(), {"--out", path("b.csv"), "--format", "csv", "-q"})).code, 0);
  EXPECT_EQ(last_column(path("b.csv"))[1], "");  // pictures have no times
}

TEST_F(TrackVideo, ADamagedSpotIsToldAndFailsOnlyAStrictRun) {
  NEED_FFMPEG();
  for (const char *name : {"a.mp4", "a.ts"}) {
    const std::string video = make(name, pattern() + "-c:v libx264 -g 25");
    std::string bytes = slurp(video);
    bytes.replace(bytes.size() * 2 / 5, 1200, 1200, '\0');
    spill(video, bytes);
    const std::vector<std::string> common = {"track", video,          "--box",     "30,30,20,24",
                                             "-w",    weights(),      "--backend", "cpu",
                                             "--set", "init_steps=2", "--set",     "memory=2"};
    std::vector<std::string> usual = common, strict = common;
    usual.insert(usual.end(), {"--out", path("a.txt"), "--summary", path("s.json")});
    strict.insert(strict.end(), {"--out", path("b.txt"), "--strict"});
    Outcome outcome = run(usual);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, video + " is damaged between frame ")) << outcome.err;
    json_t *root = json_load_file(path("s.json").c_str(), 0, nullptr);
    EXPECT_GE(json_integer_value(json_object_get(root, "damaged_spots")), 1);
    json_decref(root);
    outcome = run(strict);
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, "--strict")) << outcome.err;
    EXPECT_EQ(slurp(path("b.txt")), slurp(path("a.txt")));  // the boxes are there all the same
    EXPECT_GT(count_lines(slurp(path("a.txt"))), 25);
  }
}

TEST_F(TrackVideo, TheOverlayIsAsOblongAsTheInput) {
  NEED_FFMPEG();
  for (const char *name : {"o.mp4", "o.avi"}) {
    const std::string video = make("a.mkv", frames() + "-vf setsar=2/1 -c:v libx264");
    Outcome outcome = run(track(video, {"--frames", "3", "--overlay", path(name)}));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(probe(path(name), "stream=sample_aspect_ratio"), std::vector<std::string>{"2:1"}) << name;
  }
}

TEST_F(TrackVideo, ColonsInNamesOfInputOutputAndOverlay) {
  NEED_FFMPEG();
  std::filesystem::create_directory(path("d:e"));
  const std::filesystem::path before = std::filesystem::current_path();
  for (const char *name : {"take-12:30.mp4", "2024-05-01T12:30:00.mp4", "d:e/x.mp4"}) {
    make(name, frames() + "-c:v libx264");
    std::filesystem::current_path(path(""));
    Outcome outcome =
        run(track(name, {"--frames", "3", "--out", std::string(name) + ".csv", "--format", "csv", "--overlay",
                         std::string("over-") + (name[1] == ':' ? "a:b.mp4" : name)}));
    std::filesystem::current_path(before);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(count_lines(slurp(path(std::string(name) + ".csv"))), 4);
  }
  EXPECT_TRUE(std::filesystem::exists(path("over-take-12:30.mp4")));
  EXPECT_TRUE(std::filesystem::exists(path("over-a:b.mp4")));
}

TEST_F(TrackVideo, ATurnedVideoIsToldAndCanBeTakenAsStored) {
  NEED_FFMPEG();
  const std::string video = make("a.mp4", frames() + "-c:v libx264");
  std::string bytes = slurp(video);
  const size_t at = bytes.find("tkhd") + 4 + 40;
  const int32_t one = 65536, matrix[9] = {0, one, 0, -one, 0, 0, 0, 0, 1 << 30};
  for (int i = 0; i < 36; i++)
    bytes[at + static_cast<size_t>(i)] =
        static_cast<char>(static_cast<uint32_t>(matrix[i / 4]) >> (24 - i % 4 * 8));
  spill(video, bytes);
  Outcome outcome = run(track(video, {"--frames", "2", "--overlay", path("o.mp4")}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "turned by 90 degrees clockwise")) << outcome.err;
  EXPECT_EQ(probe(path("o.mp4"), "stream=width"), std::vector<std::string>{"96"});
  outcome = run(track(video, {"--frames", "2", "--overlay", path("o.mp4"), "--as-stored"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "as stored")) << outcome.err;
  EXPECT_EQ(probe(path("o.mp4"), "stream=width"), std::vector<std::string>{"120"});
}

TEST_F(TrackVideo, BenchTakesVideosWhoseLengthIsNoPromise) {
  NEED_FFMPEG();
  for (const char *name : {"a.mkv", "a.ts"}) {
    const std::string video = make(name, frames() + "-f lavfi -i sine=duration=5 -c:a aac -c:v libx264");
    Outcome outcome = run({"bench", video, "--box", "30,30,20,24", "-w", weights(), "--backend", "cpu",
                           "--set", "init_steps=2", "--no-ceiling", "--threads", "1"});
    EXPECT_EQ(outcome.code, 0) << name << outcome.err;
  }
}

TEST_F(TrackVideo, OneColourIsToldAndTheBoxStays) {
  NEED_FFMPEG();
  for (const char *colour : {"black", "0x406080"}) {
    const std::string video = make("a.mp4", "-f lavfi -i color=c=" + std::string(colour) +
                                                ":size=160x120:rate=25:duration=0.2 -c:v libx264");
    Outcome outcome = run({"track", video, "--box", "60,40,40,30", "-w", weights(), "--backend", "cpu",
                           "--set", "init_steps=2", "--out", path("b.csv"), "--format", "csv"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, "cannot be learnt")) << outcome.err;
    const std::string rows = slurp(path("b.csv"));
    EXPECT_EQ(count_lines(rows), 6);
    EXPECT_TRUE(contains(rows, "\n4,60.0000,40.0000,40.0000,30.0000,")) << rows;
    EXPECT_TRUE(contains(outcome.out, "lost in 4 frames")) << outcome.out;
  }
}

TEST_F(TrackVideo, PipedBytesDoNotReachTheTerminal) {
  std::string bytes = "\x1a\x45\xdf\xa3";
  for (int i = 0; i < 3000; i++) bytes += static_cast<char>(i * 7);
  spill(path("pipe"), bytes);
  Outcome outcome = run(track("-", {"--out", path("o.txt")}), path("pipe"));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.err, "binary data")) << outcome.err;
  EXPECT_TRUE(std::all_of(outcome.err.begin(), outcome.err.end(),
                          [](char c) { return c == '\n' || (c >= 32 && c < 127); }));
}

}  // namespace
