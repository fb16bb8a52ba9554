/* SPDX-License-Identifier: Apache-2.0 */
// dslt track with a wrong command line or unusable files: the exit code and the sentence.
#include "../options.h"
#include "eval/track_truth.h"
#include "program.h"

namespace {

class TrackUsage : public ClipTest {
 protected:
  void expect(const std::vector<std::string> &arguments, int code, const std::string &words) {
    Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, code) << words << "\n" << outcome.err;
    EXPECT_EQ(outcome.err.substr(0, 6), "dslt: ") << outcome.err;
    EXPECT_TRUE(contains(outcome.err, words)) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
};

TEST_F(TrackUsage, SaysWhatIsMissing) {
  expect({"track"}, 2, "input is missing");
  expect({"track", images(), "-w", weights()}, 2, "target is missing");
}

TEST_F(TrackUsage, NamesTheNearestOptionOfEveryVerb) {
  expect({"run", "--datset", "otb100"}, 2, "did you mean \"--dataset\"? See dslt run --help.");
  expect({"ablate", "--papr", "crt"}, 2, "did you mean \"--paper\"? See dslt ablate --help.");
  expect({"bench", "--repat", "3"}, 2, "did you mean \"--repeat\"? See dslt bench --help.");
  expect({"eval", "--jsn"}, 2, "did you mean \"--json\"? See dslt eval --help.");
  expect({"report", "--datset", "x"}, 2, "See dslt report --help.");
  expect({"demo", "--frmes", "3"}, 2, "did you mean \"--frames\"? See dslt demo --help.");
  expect({"info", "--jsn"}, 2, "did you mean \"--json\"? See dslt info --help.");
  expect({"trax", "--nam", "x", "--portt", "1"}, 2, "--portt");
  expect({"dataset", "check", "--jobz"}, 2, "See dslt dataset check --help.");
  expect({"weights", "random", "--sed", "1"}, 2, "did you mean \"--seed\"? See dslt weights random --help.");
}

TEST_F(TrackUsage, RefusesWrongOptions) {
  const std::string w = weights(), in = images();
  expect({"track", in, in, "-w", w, "-b", "1,2,3,4"}, 2, "One input at a time");
  expect({"track", in, "-w", w, "-b", "1,2,3,4", "--select"}, 2, "exclude each other");
  expect({"track", in, "-w", w, "-b", "1,2,3,4", "--frames", "0"}, 2, "--frames takes a whole number");
  expect({"track", in, "-w", w, "-b", "1,2,3,4", "--start", "x"}, 2, "--start takes a whole number");
  expect({"track", in, "-w", w, "-b", "1,2,3,4", "--start", "99999999999999999999"}, 2, "--start takes");
  expect({"track", in, "-w", w, "-b", "1,2,3,4", "--format", "xml", "-o", "-"}, 2,
         "otb, vot, got10k, csv, json or jsonl");
  expect({"track", in, "-w", w, "-b", "1,2,3,4", "--format", "otb"}, 2, "--format needs --out");
  expect({"track", in, "-w", w, "-b", "1,2,3,4", "--preset", "fast"}, 2, "fast");
  expect({"track", in, "-w", w, "-b", "1,2,3,4", "--set", "shrink_a"}, 2, "KEY=VALUE");
  expect({"track", in, "-w", w, "-b", "1,2,3,4", "--set", "shrink_aa=1"}, 2, "shrink_a");
  expect({"track", in, "-w", w, "-b", "1,2,3,4", "--set", "scale_levels=4"}, 2, "scale_levels");
  expect({"track", in, "-w", w, "-b", "1,2,3,4", "--threads", "-1"}, 2, "threads");
  expect({"track", in, "--no-such-option"}, 2, "no-such-option");
  expect({"track", in, "--boxx", "1,2,3,4"}, 2, "did you mean \"--box\"? See dslt track --help.");
  expect({"track", in, "--sett=update_rate=1"}, 2, "did you mean \"--set\"");
  expect({"track", in, "--zzzzzzzz=1"}, 2, "Unknown option \"--zzzzzzzz\": see dslt track --help");
  expect({"track", in, "--box", "--boxx"}, 3, "Box \"--boxx\"");  // a value, refused as a box
}

TEST_F(TrackUsage, RefusesUnusableBoxes) {
  const std::string w = weights(), in = images();
  expect({"track", in, "-w", w, "-b", "1,2,3"}, 3, "four");
  expect({"track", in, "-w", w, "-b", "1,2,0,4"}, 3, "no area");
  expect({"track", in, "-w", w, "-b", "1,2,nan,4"}, 3, "NaN");
  expect({"track", in, "-w", w, "-b", "5000,5000,9,9"}, 3, "Frame 0");
  expect({"track", in, "-w", w, "-b", "otb:" + path("none.txt")}, 3, "none.txt");
  spill(path("bad.txt"), "1,2,3,4\nfoo\n");
  expect({"track", in, "-w", w, "-b", "otb:" + path("bad.txt")}, 3, "Line 2");
  spill(path("nan.txt"), "NaN,NaN,NaN,NaN\n1,2,3,4\n");
  expect({"track", in, "-w", w, "-b", "otb:" + path("nan.txt")}, 3, "Row 1");
  expect({"track", in, "-w", w, "-b", "otb:" + truth(), "--start", "8"}, 3, "holds 8 rows");
}

TEST_F(TrackUsage, RefusesUnusableInputs) {
  expect(track(path("nowhere")), 3, "nowhere");
  expect(track(path("nowhere.mp4")), 3, "nowhere.mp4");
  std::filesystem::create_directory(path("empty"));
  expect(track(path("empty")), 3, "empty");
  expect({"track", "scene:x", "-w", weights()}, 3, "scene:SEED");
}

TEST_F(TrackUsage, RefusesUnusableWeights) {
  const std::string in = images(), box = "otb:" + truth();
  expect({"track", in, "-b", box, "-w", path("none.safetensors")}, 4, "none.safetensors");
  spill(path("short.safetensors"), "hello");
  expect({"track", in, "-b", box, "-w", path("short.safetensors")}, 4, "short.safetensors");
  spill(path("cut.safetensors"), slurp(weights()).substr(0, 5000));
  expect({"track", in, "-b", box, "-w", path("cut.safetensors")}, 4, "cut.safetensors");
}

TEST_F(TrackUsage, RefusesResultsWithoutAPlaceBeforeTracking) {
  expect(track(images(), {"--out", path("no/boxes.txt")}), 1, "no/boxes.txt");
  expect(track(images(), {"--summary", path("no/summary.json")}), 1, "no/summary.json");
  expect(track(images(), {"--overlay", path("no/track.mp4")}), 1, "no/track.mp4");
  expect(track(images(), {"--dump-response", path("no/dump")}), 1, "no/dump");
}

TEST_F(TrackUsage, NoResultMayDestroyWhatTheRunReads) {
  const std::string source = images(), file = weights(), truth = path("truth.txt");
  spill(truth, "50,40,20,24\n");
  const std::string before = slurp(file);
  expect(track(source, {"--out", file}), 2, "--weights");
  expect(track(source, {"--summary", file}), 2, "--weights");
  EXPECT_EQ(slurp(file), before);
  expect({"track", source, "-w", file, "--box", "otb:" + truth, "--out", path("./truth.txt")}, 2,
         "--box otb:");
  EXPECT_EQ(slurp(truth), "50,40,20,24\n");
  expect(track(source, {"--out", path("a"), "--summary", path("a")}), 2, "same file");
  expect(track(source, {"--out", path("a.mp4"), "--overlay", path("a.mp4")}), 2, "same file");
  expect(track(source, {"--out", source + "/0099.png"}), 2, "among the input's pictures");
  expect(track(source, {"--dump-response", source + "/."}), 2, "the input's folder");
  expect(track(source, {"--overlay", path("video.txt")}), 2, ".mp4 or .avi");
  expect(track(source, {"--summary", "-"}), 2, "--summary");
  Outcome both = run(track(source, {"--out", "/dev/null", "--summary", "/dev/null"}));
  EXPECT_EQ(both.code, 0) << both.err;
}

TEST_F(TrackUsage, AMissingDeviceIsItsOwnCode) {
  dslt_backend_info info;
  for (int i = 0; dslt_backend_query(&info, i) == DSLT_OK; i++)
    if (std::string(info.name) == "cuda" && info.available) GTEST_SKIP() << skip::kWithGpu << info.device;
  expect(track(images(), {"--backend", "cuda"}), 5, "");
}

TEST_F(TrackUsage, SelectingWithoutADisplayIsItsOwnCode) {
  if (getenv("DISPLAY") || getenv("WAYLAND_DISPLAY")) GTEST_SKIP() << skip::kDisplay;
  expect({"track", images(), "-w", weights(), "--select"}, 5, "--box");
}

TEST_F(TrackUsage, ListsEveryOptionWithItsValue) {
  Outcome outcome = run({"track", "--list-options", "--set", "shrink_a=12.5", "--preset", "released"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "preset released"));
  const Options options("released");
  dslt_option_info info;
  int count = 0;
  for (; dslt_options_describe(&info, options, count) == DSLT_OK; count++)
    EXPECT_TRUE(contains(outcome.out, info.key));
  EXPECT_GT(count, 50);
  size_t at = outcome.out.find("  shrink_a ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_TRUE(contains(outcome.out.substr(at, 60), "12.5"));
}

TEST_F(TrackUsage, TruthStartsWhereTheTrackingStarts) {
  spill(path("t.txt"), "1,1,5,5\n11,21,6,7\n31,41,8,9\n");
  dslt_track_truth known = {};
  ASSERT_EQ(dslt_track_truth_read(&known, path("t.txt").c_str(), 1), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(known.count, 2);
  EXPECT_EQ(known.boxes[0].x, 10);
  EXPECT_EQ(known.boxes[1].height, 9);
  dslt_track_truth_free(&known);
  ASSERT_EQ(dslt_track_truth_scene(&known, "scene:1", 140), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(known.count, 10);
  dslt_track_truth_free(&known);
  EXPECT_EQ(dslt_track_truth_scene(&known, "scene:1", 150), DSLT_EBOX);
}

}  // namespace
