/* SPDX-License-Identifier: Apache-2.0 */
// dslt track with several targets: each target's boxes are those of a run of its own, in every kind of result
// file.
#include <jansson.h>

#include <algorithm>
#include <sstream>

#include "program.h"

namespace {

class TrackTargets : public ClipTest {
 protected:
  // The clip's own target and two boxes beside it.
  static constexpr const char *kSecond = "5,8,20,24", *kThird = "80,60,16,16";

  static std::vector<std::string> three(const std::vector<std::string> &more) {
    std::vector<std::string> arguments = track(images(), {"--box", kSecond, "-b", kThird, "-q"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  // The same by a run for each; named ONE.1 ...
  void run_alone(const std::string &format, const std::string &one) {
    const std::string boxes[] = {"otb:" + truth(), kSecond, kThird};
    for (int i = 0; i < 3; i++) {
      std::vector<std::string> arguments =
          track(images(), {"-q", "--format", format, "--out", path(one + "." + std::to_string(i + 1))});
      arguments[3] = boxes[i]; /* "track", input, "--box", box */
      Outcome outcome = run(arguments);
      ASSERT_EQ(outcome.code, 0) << outcome.err;
    }
  }
};

TEST_F(TrackTargets, FormatsOfOneTargetBecomeAFileEach) {
  for (const char *format : {"otb", "vot", "got10k"}) {
    Outcome outcome = run(three({"--format", format, "--out", path("boxes.txt")}));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.out + outcome.err, "");
    EXPECT_FALSE(std::filesystem::exists(path("boxes.txt")));
    run_alone(format, "one");
    for (const char *number : {"1", "2", "3"})
      EXPECT_EQ(slurp(path(std::string("boxes-") + number + ".txt")),
                slurp(path(std::string("one.") + number)))
          << format << ' ' << number;
  }
}

TEST_F(TrackTargets, CsvHasAColumnForTheTarget) {
  ASSERT_EQ(run(three({"--format", "csv", "--out", path("all.csv")})).code, 0);
  run_alone("csv", "one");
  std::vector<std::vector<std::string>> alone(3);
  for (int k = 0; k < 3; k++) {
    std::istringstream text(slurp(path("one." + std::to_string(k + 1))));
    for (std::string line; std::getline(text, line);) alone[k].push_back(line);
  }
  std::istringstream text(slurp(path("all.csv")));
  std::string line;
  ASSERT_TRUE(std::getline(text, line));
  EXPECT_EQ(line, "frame,target,x,y,width,height,peak,lost,time");
  for (int i = 0; i < kFrames; i++)
    for (int k = 0; k < 3; k++) {
      ASSERT_TRUE(std::getline(text, line));
      const std::string start = std::to_string(i) + ',', number = std::to_string(k + 1) + ',';
      EXPECT_EQ(line, start + number + alone[k][i + 1].substr(start.size()));
    }
  EXPECT_FALSE(std::getline(text, line));
}

TEST_F(TrackTargets, JsonAndTheSummaryNameTheTarget) {
  Outcome outcome = run(three({"--format", "json", "--out", "-", "--summary", path("s.json")}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  json_t *rows = json_loads(outcome.out.c_str(), 0, nullptr);
  ASSERT_NE(rows, nullptr) << outcome.out;
  EXPECT_EQ(json_integer_value(json_object_get(rows, "targets")), 3);
  json_t *list = json_object_get(rows, "frames");
  ASSERT_EQ(json_array_size(list), 3u * kFrames);
  for (size_t i = 0; i < json_array_size(list); i++) {
    json_t *row = json_array_get(list, i);
    EXPECT_EQ(json_integer_value(json_object_get(row, "frame")), static_cast<json_int_t>(i / 3));
    EXPECT_EQ(json_integer_value(json_object_get(row, "target")), static_cast<json_int_t>(i % 3 + 1));
  }
  json_decref(rows);

  json_t *summary = json_load_file(path("s.json").c_str(), 0, nullptr);
  ASSERT_NE(summary, nullptr);
  EXPECT_EQ(json_integer_value(json_object_get(summary, "frames")), kFrames);
  EXPECT_EQ(json_object_get(summary, "init_steps"), nullptr);
  EXPECT_EQ(json_object_get(summary, "auc"), nullptr);
  json_t *targets = json_object_get(summary, "targets");
  ASSERT_EQ(json_array_size(targets), 3u);
  for (size_t i = 0; i < 3; i++) {
    json_t *one = json_array_get(targets, i);
    EXPECT_EQ(json_integer_value(json_object_get(one, "target")), static_cast<json_int_t>(i + 1));
    EXPECT_EQ(json_integer_value(json_object_get(one, "init_steps")), 3);
    EXPECT_EQ(json_object_get(one, "auc") != nullptr, i == 0); /* only the first has ground truth */
  }
  EXPECT_EQ(json_integer_value(json_object_get(json_array_get(targets, 0), "scored_frames")), kFrames);
  json_decref(summary);
}

TEST_F(TrackTargets, TheSummaryInWordsHasALineForEach) {
  std::vector<std::string> arguments = three({});
  arguments.erase(std::find(arguments.begin(), arguments.end(), "-q"));
  Outcome outcome = run(arguments);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "first frame: 3 targets, 9 steps"));
  for (const char *line : {"\ntarget 1: 3 steps", "\ntarget 2: 3 steps", "\ntarget 3: 3 steps"})
    EXPECT_TRUE(contains(outcome.out, line)) << outcome.out;
  EXPECT_EQ(outcome.out.find("mean overlap"), outcome.out.rfind("mean overlap"));
}

TEST_F(TrackTargets, ResponsesAndTheOverlayAreOfAll) {
  std::vector<std::string> more = {"--dump-response", path("maps"), "--frames", "3"};
  const bool video = std::string(dslt_media_library()) != "none";
  if (video) more.insert(more.end(), {"--overlay", path("all.mp4")});
  Outcome outcome = run(three(more));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char *name : {"00001-1.npy", "00001-3.npy", "00002-2.npy"})
    EXPECT_TRUE(std::filesystem::exists(path(std::string("maps/") + name))) << name;
  EXPECT_FALSE(std::filesystem::exists(path("maps/00001.npy")));
  if (video) {
    EXPECT_GT(std::filesystem::file_size(path("all.mp4")), 0u);
  }
}

TEST_F(TrackTargets, AListOnStandardInputIsNotWaitedForAhead) {
  std::vector<std::string> arguments = three({"--format", "csv", "--out", path("list.csv")});
  arguments[1] = "-";
  std::string list;
  for (int i = 1; i <= kFrames; i++) list += images() + '/' + std::to_string(i) + ".ppm\n";
  spill(path("list"), list);
  Outcome outcome = run(arguments, path("list"));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  ASSERT_EQ(run(three({"--format", "csv", "--out", path("folder.csv")})).code, 0);
  EXPECT_EQ(slurp(path("list.csv")), slurp(path("folder.csv")));
}

TEST_F(TrackTargets, ARunThatBreaksOffSaysWhereItsBoxesAre) {
  std::string folder = copy_images();
  spill(folder + "/4.ppm", "P6\n");
  std::vector<std::string> arguments = three({"--out", path("b.txt")});
  arguments[1] = folder;
  Outcome outcome = run(arguments);
  EXPECT_NE(outcome.code, 0);
  EXPECT_TRUE(contains(outcome.err, "Frame 3")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "b-1.txt and its 2 fellows")) << outcome.err;
  EXPECT_EQ(count_lines(slurp(path("b-3.txt"))), 3);
}

TEST_F(TrackTargets, WrongCommandsAreRefused) {
  auto expect = [&](const std::vector<std::string> &arguments, int code, const std::string &words) {
    Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, words)) << outcome.err;
  };
  expect(three({"--out", "-"}), 2, "csv, json or jsonl on standard output");
  expect(three({"--select"}), 2, "exclude each other");
  expect(three({"--box", "5000,5000,9,9"}), 3, "Box 4 of 4");
  expect(three({"--box", "1,2,3"}), 3, "four");
  spill(path("truth-2.txt"), "50,40,20,24\n");
  expect(three({"--box", "otb:" + path("truth-2.txt"), "--out", path("truth.txt")}), 2, "--box otb:");
  EXPECT_EQ(slurp(path("truth-2.txt")), "50,40,20,24\n");
  expect(three({"--out", path("s.json"), "--summary", path("s-3.json")}), 2, "same file");
  std::vector<std::string> many = three({});
  for (int i = 0; i < 62; i++) many.insert(many.end(), {"--box", "1,2,3,4"});
  expect(many, 2, "at most 64");
}

}  // namespace
