/* SPDX-License-Identifier: Apache-2.0 */
// What people lay out themselves: one row of ground truth, a try of a few frames, VOT's two protocols in one folder,
// ground truth with holes. Each is tracked, and what can be scored is scored.
#include <jansson.h>

#include <cmath>

#include "experiment/world.h"

namespace {

class OwnClips : public RunTest {
 protected:
  // Clip number `clip` of the world with its pictures in `folder`, and its rows as `truth` writes them.
  void lay_out(const std::string &folder, int clip, const std::string &truth_file, const std::string &text) {
    std::filesystem::create_directories(path(folder));
    const std::string from = set() + "/clip" + std::to_string(clip) + "/img";
    for (const auto &entry : std::filesystem::directory_iterator(from))
      std::filesystem::copy(entry.path(), path(folder) + "/" + entry.path().filename().string());
    std::filesystem::create_directories(std::filesystem::path(path(truth_file)).parent_path());
    spill(path(truth_file), text);
  }
  // Rows of clip `clip`, `shift` added to x and y: VOT counts from 0.
  static std::string truth_of(int clip, int rows, double shift = 0) {
    std::ifstream stream(set() + "/clip" + std::to_string(clip) + "/groundtruth_rect.txt");
    std::string out;
    double x, y, w, h;
    char comma;
    for (int i = 0; i < rows && stream >> x >> comma >> y >> comma >> w >> comma >> h; i++)
      out += std::to_string(x + shift) + "," + std::to_string(y + shift) + "," + std::to_string(w) + "," +
             std::to_string(h) + "\n";
    return out;
  }
  Outcome track(const std::string &dataset, const std::string &root, const std::string &out,
                const std::vector<std::string> &more = {}) {
    std::vector<std::string> list = {"run",          "--dataset", dataset,   "--root", path(root), "--out",
                                     path(out),      "--weights", weights(), "--set",  "memory=2", "--set",
                                     "init_steps=4", "--backend", "cpu",     "--jobs", "1"};
    list.insert(list.end(), more.begin(), more.end());
    return run(list);
  }
  Outcome eval(const std::string &dataset, const std::string &root, const std::string &results,
               const std::vector<std::string> &more = {}) {
    std::vector<std::string> list = {"eval",   path(results), "--dataset", dataset,
                                     "--root", path(root),    "--json",    path("scores.json")};
    list.insert(list.end(), more.begin(), more.end());
    return run(list);
  }
  // A number of the scores: trackers / NAME / keys ...
  double number(const std::string &tracker, const std::vector<std::string> &keys) {
    json_t *root = json_load_file(path("scores.json").c_str(), 0, nullptr);
    const json_t *at = json_object_get(json_object_get(root, "trackers"), tracker.c_str());
    for (const std::string &key : keys) at = json_object_get(at, key.c_str());
    const double value = json_is_number(at) ? json_number_value(at) : NAN;
    json_decref(root);
    return value;
  }
  void vot_set(const std::string &root) {
    lay_out(root + "/clip1", 1, root + "/clip1/groundtruth.txt", truth_of(1, 100, -1));
    lay_out(root + "/clip2", 2, root + "/clip2/groundtruth.txt", truth_of(2, 100, -1));
  }
  int rows(const std::string &file) { return count_lines(slurp(path(file))); }
};

// ---- one row of ground truth ----------------------------------------------------------------------------

TEST_F(OwnClips, OneRowOfGroundTruthTracksAllFramesAndScoresThatOne) {
  lay_out("set/cup/img", 1, "set/cup/groundtruth_rect.txt", truth_of(1, 1));
  Outcome outcome = track("folder", "set", "r");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(rows("r/cup.txt"), frames_of(0));
  EXPECT_TRUE(contains(outcome.err, "cup: ground truth for the first frame alone, but 16 images"))
      << outcome.err;
  outcome = eval("folder", "set", "r");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(number("r", {"sequences", "cup", "frames"}), 1);
  EXPECT_EQ(number("r", {"overall", "mean_overlap"}), 1);  // the first box is given
  EXPECT_EQ(track("folder", "set", "r").code, 0);          // finished: nothing to do
}

TEST_F(OwnClips, TheSameInOtherLayouts) {
  lay_out("lasot/cup/cup-1/img", 1, "lasot/cup/cup-1/groundtruth.txt", truth_of(1, 1));
  EXPECT_EQ(track("lasot", "lasot", "a").code, 0);
  EXPECT_EQ(rows("a/cup-1.txt"), frames_of(0));
  lay_out("vot/cup", 1, "vot/cup/groundtruth.txt", truth_of(1, 1, -1));
  EXPECT_EQ(track("vot", "vot", "b", {"--protocol", "vot-unsupervised"}).code, 0);
  EXPECT_EQ(rows("b/unsupervised/cup/cup_001.txt"), frames_of(0));
  // VOT's resets need to know where the target is.
  Outcome outcome = track("vot", "vot", "c");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(contains(outcome.err, "--protocol vot-unsupervised")) << outcome.err;
}

// ---- frames twice ---------------------------------------------------------------------------------------

TEST_F(OwnClips, FramesInTwoKindsCostTheirSequenceAlone) {
  lay_out("set/cup/img", 1, "set/cup/groundtruth_rect.txt", truth_of(1, 16));
  lay_out("set/jug/img", 2, "set/jug/groundtruth_rect.txt", truth_of(2, 16));
  for (int i = 1; i <= 16; i++) {
    const std::string name = path("set/jug/img/") + (i < 10 ? "000" : "00") + std::to_string(i);
    std::filesystem::copy(name + ".ppm", name + ".pgm");
  }
  const Outcome outcome = track("folder", "set", "r", {"--frames", "3"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(contains(outcome.err,
                       "set/jug/img holds frames twice: 16 of its 34 pictures bear the number of another, "
                       "like 0001.ppm and 0001.pgm"))
      << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(path("r/cup.txt")));
  EXPECT_FALSE(std::filesystem::exists(path("r/jug.txt")));
  EXPECT_EQ(run({"bench", path("set/jug"), "-w", weights(), "--no-ceiling"}).code, 3);
}

// ---- a try of a few frames ------------------------------------------------------------------------------

TEST_F(OwnClips, ResultsOfSomeFramesAreScoredOnThose) {
  ASSERT_EQ(dslt_run(path("r"), {"--frames", "6"}).code, 0);
  std::vector<std::string> command = {"eval",   path("r"), "--dataset", "folder",
                                      "--root", set(),     "--json",    path("scores.json")};
  Outcome outcome = run(command);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "at most 6 frames of each sequence")) << outcome.err;
  for (int i = 1; i <= kSequences; i++)
    EXPECT_EQ(number("r", {"sequences", "clip" + std::to_string(i), "frames"}), 6);
  // Without the manifest's word nothing is cut to fit.
  std::filesystem::remove(path("r/manifest.json"));
  outcome = run(command);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.err, "holds 6 rows, but clip1 has 16 frames")) << outcome.err;
  // Other programs may give theirs; words of another kind are none.
  for (const char *limit : {"\"six\"", "-6", "null", "6"}) {
    std::ofstream(path("r/manifest.json")) << "{\"frames_limit\": " << limit << "}";
    EXPECT_EQ(run(command).code, std::string(limit) == "6" ? 0 : 3) << limit;
  }
}

TEST_F(OwnClips, SoAreThoseOfVot) {
  vot_set("vot");
  ASSERT_EQ(track("vot", "vot", "r", {"--frames", "5"}).code, 0);
  Outcome outcome = eval("vot", "vot", "r", {"--protocol", "vot"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "at most 5 frames")) << outcome.err;
  EXPECT_EQ(number("r", {"frames"}), 10);
}

// ---- VOT's two protocols --------------------------------------------------------------------------------

TEST_F(OwnClips, VotsTwoProtocolsShareAFolder) {
  vot_set("vot");
  ASSERT_EQ(track("vot", "vot", "r").code, 0);
  Outcome outcome = track("vot", "vot", "r", {"--protocol", "vot-unsupervised"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const char *file : {"r/times/clip1_001.txt", "r/times/unsupervised/clip1_001.txt",
                           "r/losses/unsupervised/clip2_001.json", "r/baseline/clip1/clip1_001.txt"})
    EXPECT_TRUE(std::filesystem::exists(path(file))) << file;
  outcome = eval("vot", "vot", "r", {"--protocol", "vot"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_GE(number("r", {"accuracy"}), 0);
  EXPECT_GE(number("r", {"no_reset"}), 0);
  // Other options do not go together all the same.
  outcome = track("vot", "vot", "r", {"--protocol", "vot-unsupervised", "--seed", "9"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(contains(outcome.err, "seed")) << outcome.err;
  EXPECT_EQ(track("vot", "vot", "r", {"--protocol", "ope"}).code, 2);
}

TEST_F(OwnClips, UnsupervisedResultsAreScoredAlone) {
  vot_set("vot");
  ASSERT_EQ(track("vot", "vot", "r", {"--protocol", "vot-unsupervised"}).code, 0);
  Outcome outcome = eval("vot", "vot", "r", {"--protocol", "vot", "--csv", path("scores.csv")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "without resets alone")) << outcome.err;
  const double overlap = number("r", {"no_reset"});
  EXPECT_GE(overlap, 0);
  EXPECT_LE(overlap, 1);
  EXPECT_TRUE(std::isnan(number("r", {"accuracy"})));
  EXPECT_FALSE(contains(slurp(path("scores.csv")), "nan"));
  // ... and as one pass, which is what they are.
  outcome = eval("vot", "vot", "r");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(number("r", {"sequences", "clip1", "frames"}), frames_of(0));
  EXPECT_GT(number("r", {"overall", "mean_overlap"}),
            1.0 / frames_of(1));  // the first frame alone gives more
}

// ---- one bad sequence -----------------------------------------------------------------------------------

TEST_F(OwnClips, AFrameWithoutGroundTruthLeavesItsSequenceOutOfVot) {
  vot_set("vot");
  std::string text = slurp(path("vot/clip2/groundtruth.txt"));
  size_t start = 0;
  for (int i = 0; i < 3; i++) start = text.find('\n', start) + 1;
  text.replace(start, text.find('\n', start) - start, "nan,nan,nan,nan");
  spill(path("vot/clip2/groundtruth.txt"), text);
  Outcome outcome = track("vot", "vot", "r");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(contains(outcome.err, "rame 3 ")) << outcome.err;
  ASSERT_EQ(track("vot", "vot", "u", {"--protocol", "vot-unsupervised"}).code, 0);
  outcome = eval("vot", "vot", "r", {"--protocol", "vot"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.err, "clip2 is left out. Its frame 3 ")) << outcome.err;
  EXPECT_GE(number("r", {"accuracy"}), 0);  // clip1's
  EXPECT_EQ(eval("vot", "vot", "r", {"--protocol", "vot", "--allow-missing"}).code, 0);
}

TEST_F(OwnClips, AResultThatCannotBeUsedLeavesItsSequenceOutOfVot) {
  vot_set("vot");
  ASSERT_EQ(track("vot", "vot", "r").code, 0);
  const std::string good = slurp(path("r/baseline/clip1/clip1_001.txt"));
  for (const std::string &bad :
       {good.substr(0, good.rfind('\n', good.size() - 2) + 1), std::string("1\nleft,right\n")}) {
    spill(path("r/baseline/clip1/clip1_001.txt"), bad);
    Outcome outcome = eval("vot", "vot", "r", {"--protocol", "vot"});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_TRUE(contains(outcome.err, "results of 1 sequence cannot be used")) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, "clip1_001.txt")) << outcome.err;
    EXPECT_EQ(number("r", {"unusable"}), 1);
    EXPECT_EQ(number("r", {"sequence_count"}), 1);
    EXPECT_EQ(eval("vot", "vot", "r", {"--protocol", "vot", "--allow-missing"}).code, 0);
  }
}

}  // namespace
