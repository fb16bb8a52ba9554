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

// Every frame is new, so there is nothing to follow: said after the second frame, and the box stays.
TEST_F(TrackVideo, ChangingNoiseIsToldAndTheBoxStays) {
  NEED_FFMPEG();
  const char *colours = "geq=r='random(1)*255':g='random(2)*255':b='random(3)*255'";
  const std::string kinds[] = {
      std::string("nullsrc=s=160x120:r=25:d=0.8,") + colours,
      std::string("nullsrc=s=40x30:r=25:d=0.8,") + colours + ",scale=160:120",  // coarse
      "color=gray:s=160x120:r=25:d=0.8,noise=alls=12:allf=t",                   // faint
  };
  for (const std::string &kind : kinds) {
    const std::string video = make("noise.mkv", "-f lavfi -i \"" + kind + "\" -c:v ffv1 -pix_fmt bgr0");
    for (const std::string preset : {"default", "dslt", "paper", "crt-hog"}) {
      if (preset != "default" && &kind != kinds) continue;  // the rule is every tracker's
      Outcome outcome = run({"track", video, "--box", "60,40,40,30", "--preset", preset, "--backend", "cpu",
                             "--out", path("b.csv"), "--format", "csv"});
      ASSERT_EQ(outcome.code, 0) << outcome.err;
      EXPECT_TRUE(contains(outcome.err, "is noise in the first frame and not to be seen in the next"))
          << preset << kind << outcome.err;
      EXPECT_TRUE(contains(outcome.out, "lost in 19 frames (1-19)")) << preset << kind << outcome.out;
      const std::string rows = slurp(path("b.csv"));
      EXPECT_TRUE(contains(rows, "\n19,60.0000,40.0000,40.0000,30.0000,")) << preset << kind << rows;
    }
  }
}

// Noise that stands still, or is a part of the picture, can be followed.
TEST_F(TrackVideo, NoiseThatIsNotEverywhereIsNoHindrance) {
  NEED_FFMPEG();
  const auto noisy = [](const std::string &where, const std::string &colour) {
    std::string filter = "geq=";
    for (int i = 0; i < 3; i++)
      filter += std::string(1, "rgb"[i]) + "='if(" + where + ",random(" + std::to_string(i + 1) + ")*255," +
                colour + ")':";
    return filter.substr(0, filter.size() - 1);
  };
  const std::string box = "between(X,60,99)*between(Y,40,69)";
  const std::string kinds[] = {
      "nullsrc=s=160x120:r=25:d=0.04," + noisy("1", "0") + ",loop=19:1",  // a still picture of noise
      "testsrc2=s=160x120:r=25:d=0.04,loop=19:1",                         // a still picture
      "nullsrc=s=160x120:r=25:d=0.8," + noisy("1-" + box, "90"),          // a plain target before noise
      "nullsrc=s=160x120:r=25:d=0.8," + noisy(box, "20"),  // a noisy target before a plain ground
      "color=0x507090:s=160x120:r=25:d=0.8,drawbox=60:40:40:30:0xc03020:fill",  // plain before plain
  };
  for (const std::string &kind : kinds) {
    const std::string video = make("part.mkv", "-f lavfi -i \"" + kind + "\" -c:v ffv1 -pix_fmt bgr0");
    Outcome outcome = run({"track", video, "--box", "60,40,40,30", "--backend", "cpu"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(contains(outcome.out, "lost in 0 frames")) << kind << outcome.out;
    EXPECT_FALSE(contains(outcome.err, "dslt: ")) << kind << outcome.err;
  }
}

// Frames far apart: what is seen late is followed from then on, and the option follows at once.
TEST_F(TrackVideo, ATargetThatIsSeenLateIsFollowedFromThenOn) {
  NEED_FFMPEG();
  const std::string noise =
      "nullsrc=s=160x120:r=25:d=0.2,geq=r='random(1)*255':g='random(2)*255':b='random(3)*255',format=bgr0";
  const std::string clip = "testsrc2=s=160x120:r=25:d=0.4,format=bgr0";
  const std::string video =
      make("late.mkv", "-f lavfi -i \"" + clip + "\" -f lavfi -i \"" + noise +
                           "\" -filter_complex \"[0]split[a][b];[a]trim=end_frame=1[f];[b]trim=start_frame=1,"
                           "setpts=PTS-STARTPTS[r];[f][1][r]concat=n=3\" -c:v ffv1 -pix_fmt bgr0");
  const std::vector<std::string> command = {"track", video,   "--box",         "60,40,40,30", "--backend",
                                            "cpu",   "--out", path("b.jsonl"), "--format",    "jsonl"};
  Outcome outcome = run(command);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "lost in 5 frames (1-5)")) << outcome.out;
  std::vector<std::string> at_once = command;
  at_once.insert(at_once.end(), {"--set", "first_sight=0"});
  outcome = run(at_once);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(contains(outcome.err, "is noise")) << outcome.err;
  EXPECT_FALSE(contains(slurp(path("b.jsonl")), "60.0000,40.0000")) << slurp(path("b.jsonl"));
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
