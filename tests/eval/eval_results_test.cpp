/* SPDX-License-Identifier: Apache-2.0 */
// Result folders: names of files, what is matched, what is refused, and the numbers that come out, in the
// library and through the program.
#include <jansson.h>

#include <cmath>
#include <memory>
#include <random>

#include "cli/eval_options.h"
#include "eval/results.h"
#include "eval/tre_sre.h"
#include "eval_test.h"

namespace {

using Json = std::unique_ptr<json_t, decltype(&json_decref)>;

Json parse(const std::string &text) {
  json_error_t error;
  Json document(json_loads(text.c_str(), 0, &error), json_decref);
  EXPECT_TRUE(document) << error.text << " in: " << text.substr(0, 200);
  return document;
}

// "trackers/Mine/overall/auc"; NULL when there is no such member.
json_t *at(const Json &document, const std::string &keys) {
  json_t *value = document.get();
  std::istringstream stream(keys);
  for (std::string key; std::getline(stream, key, '/');) value = json_object_get(value, key.c_str());
  return value;
}

double number(const Json &document, const std::string &keys) {
  json_t *value = at(document, keys);
  EXPECT_TRUE(json_is_number(value)) << keys;
  return json_number_value(value);
}

// ---- names ----------------------------------------------------------------------------------------------

TEST(ResultName, Split) {
  dslt_result_name name;
  ASSERT_TRUE(dslt_result_name_split(&name, "Tiger1.txt"));
  EXPECT_EQ(name.kind, DSLT_RESULT_ONE_PASS);
  EXPECT_EQ(name.length, 6);
  ASSERT_TRUE(dslt_result_name_split(&name, "Human4.2.TXT"));
  EXPECT_EQ(name.kind, DSLT_RESULT_ONE_PASS);
  EXPECT_EQ(name.length, 8);
  ASSERT_TRUE(dslt_result_name_split(&name, "Tiger1.tre07.txt"));
  EXPECT_EQ(name.kind, DSLT_RESULT_TRE);
  EXPECT_EQ(name.run, 7);
  EXPECT_EQ(name.length, 6);
  ASSERT_TRUE(dslt_result_name_split(&name, "Human4.2.sre12.txt"));
  EXPECT_EQ(name.kind, DSLT_RESULT_SRE);
  EXPECT_EQ(name.run, 12);
  EXPECT_EQ(name.length, 8);
  for (const char *other : {"Tiger1.csv", ".txt", "txt", "", "Tiger1_time.txt", "Tiger1.txt.bak"})
    EXPECT_FALSE(dslt_result_name_split(&name, other)) << other;
  for (const char *plain : {"Tiger1.tre00.txt", "Tiger1.tre1.txt", ".tre01.txt", "Tiger1tre01.txt"}) {
    ASSERT_TRUE(dslt_result_name_split(&name, plain)) << plain;
    EXPECT_EQ(name.kind, DSLT_RESULT_ONE_PASS) << plain;
  }
}

TEST(ResultName, AnyBytesGiveAPartOfTheName) {
  std::mt19937 random(5);
  const std::string alphabet = "aT1._-rest0\xff txTRE";
  for (int round = 0; round < 20000; round++) {
    std::string text;
    for (int i = (int)(random() % 14); i > 0; i--) text += alphabet[random() % alphabet.size()];
    if (random() % 2) text += ".txt";
    dslt_result_name name = {DSLT_RESULT_ONE_PASS, -1, -1};
    if (!dslt_result_name_split(&name, text.c_str())) continue;
    ASSERT_GT(name.length, 0) << text;
    ASSERT_LE(name.length, (int)text.size() - 4) << text;
    ASSERT_EQ(name.run > 0, name.kind != DSLT_RESULT_ONE_PASS) << text;
  }
}

class SourceTest : public EvalTest {
 protected:
  static std::pair<std::string, std::string> parse_source(const std::string &argument) {
    dslt_eval_source source;
    std::pair<std::string, std::string> pair;
    if (dslt_eval_source_parse(&source, argument.c_str()) == DSLT_OK) pair = {source.name, source.folder};
    free(source.name);
    free(source.folder);
    return pair;
  }
  using Pair = std::pair<std::string, std::string>;
};

TEST_F(SourceTest, NameOfATracker) {
  EXPECT_EQ(parse_source("results/KCF"), Pair("KCF", "results/KCF"));
  EXPECT_EQ(parse_source("results/KCF///"), Pair("KCF", "results/KCF///"));
  EXPECT_EQ(parse_source("KCF"), Pair("KCF", "KCF"));
  EXPECT_EQ(parse_source("mine=results/a"), Pair("mine", "results/a"));
  EXPECT_EQ(parse_source(""), Pair());
  EXPECT_EQ(parse_source("=results"), Pair());
  EXPECT_EQ(parse_source("mine="), Pair());
  std::filesystem::create_directory(path("a=b"));
  EXPECT_EQ(parse_source(path("a=b")), Pair("a=b", path("a=b")));
  EXPECT_EQ(parse_source(path("a=b") + "/."), Pair("a=b", path("a=b") + "/."));
}

// ---- folders --------------------------------------------------------------------------------------------

// A set of three sequences: Car-1 and Car-2 with 4 frames, Ball with 60.
class ProgramEval : public EvalTest {
 protected:
  void SetUp() override {
    EvalTest::SetUp();
    write_rows("root/Car-1.txt", still(4));
    write_rows("root/Car-2.txt", still(4));
    write_rows("root/Ball.txt", still(60));
  }
  void write_perfect(const std::string &tracker) const {
    write_rows(tracker + "/Car-1.txt", still(4));
    write_rows(tracker + "/Car-2.txt", still(4));
    write_rows(tracker + "/Ball.txt", still(60));
  }
  // The program on trackers of the scratch folder.
  Outcome eval(const std::vector<std::string> &trackers, const std::vector<std::string> &more = {}) const {
    std::vector<std::string> arguments;
    for (const std::string &tracker : trackers) arguments.push_back(path(tracker));
    arguments.insert(arguments.end(), {"--dataset", "folder", "--root", path("root")});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
};

TEST_F(ProgramEval, PerfectAndUselessTrackers) {
  write_perfect("Good");
  write_rows("Bad/Car-1.txt", {{11, 21, 40, 20}, {300, 300, 40, 20}, {300, 300, 40, 20}, {300, 300, 40, 20}});
  write_rows("Bad/car_2.txt", still(4, 300));  // names: case and separators do not matter
  write_rows("Bad/BALL_Bad.txt",
             still(60, 31));  // half the target's width off: overlap 1/3, 20 px, 0.5 widths
  const Outcome ended = eval({"Bad", "Good"}, {"--json", path("out.json"), "--per-sequence"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  EXPECT_LT(ended.out.find("Good"), ended.out.find("Bad"));  // ranked
  const Json json = parse(slurp(path("out.json")));
  EXPECT_DOUBLE_EQ(number(json, "trackers/Good/overall/auc"), 20.0 / 21);
  EXPECT_DOUBLE_EQ(number(json, "trackers/Good/overall/precision20"), 1);
  EXPECT_EQ(number(json, "trackers/Good/overall/sequences"), 3);
  EXPECT_EQ(number(json, "trackers/Good/overall/frames"), 68);
  // Frame 1 is given. Ball: the other 59 pass the 7 thresholds up to 0.3.
  EXPECT_DOUBLE_EQ(number(json, "trackers/Bad/sequences/Car-1/auc"), 20.0 / 21 / 4);
  EXPECT_NEAR(number(json, "trackers/Bad/sequences/Ball/auc"), (20 + 59 * 7) / 60.0 / 21, 1e-15);
  EXPECT_NEAR(number(json, "trackers/Bad/overall/auc"), (2 * 20.0 / 21 / 4 + (20 + 59 * 7) / 60.0 / 21) / 3,
              1e-15);
  EXPECT_DOUBLE_EQ(number(json, "trackers/Bad/sequences/Ball/precision20"), 1);
  EXPECT_DOUBLE_EQ(number(json, "trackers/Bad/sequences/Ball/norm_precision20"), 1 / 60.0);
  EXPECT_EQ(json_array_size(at(json, "trackers/Bad/sequences/Ball/success")), 21u);
  EXPECT_EQ(json_array_size(at(json, "trackers/Bad/overall/precision")), 51u);
  EXPECT_EQ(json_array_size(at(json, "trackers/Bad/overall/norm_precision")), 51u);
  EXPECT_STREQ(json_string_value(json_array_get(at(json, "ranking"), 0)), "Good");
  EXPECT_STREQ(json_string_value(at(json, "convention")), "matlab");
  // The same run gives the same bytes.
  const std::string first = slurp(path("out.json"));
  EXPECT_EQ(eval({"Bad", "Good"}, {"--json", "-"}).out, first);
}

// Names that other files' endings look like.
TEST_F(ProgramEval, ASequenceMayBeNamedLikeATimesOrRepetition) {
  const std::vector<std::string> names = {"half_time", "x.tre01", "y.sre05"};
  for (const std::string &name : names) {
    write_rows("root/" + name + ".txt", still(4));
    write_rows("Good/" + name + ".txt", still(4));
  }
  write_perfect("Good");
  write("Good/Car-1_time.txt", "0.1\n");  // of the times of Car-1
  const Outcome ended = eval({"Good"}, {"--json", "-"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const Json json = parse(ended.out);
  for (const std::string &name : names)
    EXPECT_DOUBLE_EQ(number(json, "trackers/Good/sequences/" + name + "/precision20"), 1);
}

TEST_F(ProgramEval, NamesThatAreNotUtf8AreStillJson) {
  write_perfect("Good");
  write_rows("root/caf\xe9.txt", still(4));
  write_rows("Good/caf\xe9.txt", still(4));
  const Outcome ended = eval({"Good"}, {"--json", "-"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const Json json = parse(ended.out);
  EXPECT_DOUBLE_EQ(number(json, "trackers/Good/sequences/caf?/precision20"), 1);
  EXPECT_EQ(number(json, "sequences/caf?/frames"), 4);
}

TEST_F(ProgramEval, AWrongNumberOfRowsIsNamedWithBothCounts) {
  write_perfect("Long");
  write_rows("Long/Ball.txt", still(61));
  const Outcome ended = eval({"Long"}, {"--json", path("out.json")});
  EXPECT_EQ(ended.code, 3);
  EXPECT_TRUE(contains(ended.err, "Ball")) << ended.err;
  EXPECT_TRUE(contains(ended.err, "61 rows")) << ended.err;
  EXPECT_TRUE(contains(ended.err, "60 frames")) << ended.err;
  EXPECT_TRUE(contains(ended.out, "2/3")) << ended.out;
  const Json json = parse(slurp(path("out.json")));
  EXPECT_EQ(number(json, "trackers/Long/overall/sequences"), 2);
  EXPECT_EQ(at(json, "trackers/Long/sequences/Ball"), nullptr);
  EXPECT_TRUE(contains(json_string_value(at(json, "trackers/Long/not_scored/Ball")), "61 rows"));
  EXPECT_EQ(eval({"Long"}, {"--allow-missing"}).code, 0);
}

TEST_F(ProgramEval, MissingUnreadableAndDoubleResults) {
  write_rows("Some/Car-1.txt", still(4));
  write("Some/Ball.txt", "1,2,three,4\n");
  write_rows("Some/car-2.txt", still(4));
  write_rows("Some/Car_2.txt", still(4));
  Outcome ended = eval({"Some"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_TRUE(contains(ended.err, "Line 1 of " + path("Some/Ball.txt"))) << ended.err;
  EXPECT_TRUE(contains(ended.err, "both results of Car-2")) << ended.err;
  std::filesystem::remove(path("Some/car-2.txt"));
  std::filesystem::remove(path("Some/Ball.txt"));
  write_rows("Some/Elsewhere.txt", still(4));
  ended = eval({"Some"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_TRUE(contains(ended.err, "no result for 1 sequence: Ball")) << ended.err;
  EXPECT_TRUE(contains(ended.err, "Elsewhere.txt")) << ended.err;
  EXPECT_EQ(eval({"Some"}, {"--sequences", "Car-1,Car-2"}).code, 0);
  std::filesystem::create_directory(path("Empty"));
  EXPECT_EQ(eval({"Empty"}, {"--allow-missing"}).code, 3);  // nothing at all
  EXPECT_EQ(eval({"Nowhere"}).code, 3);
}

TEST_F(ProgramEval, CommonSequences) {
  write_perfect("All");
  write_rows("One/Car-1.txt", still(4));
  const Outcome ended = eval({"All", "One"}, {"--common", "--allow-missing", "--json", "-"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const Json json = parse(ended.out);
  EXPECT_EQ(number(json, "trackers/All/overall/sequences"), 1);
  EXPECT_NE(at(json, "trackers/All/not_scored/Ball"), nullptr);
}

TEST_F(ProgramEval, FramesHaveAnOverlapAndAnErrorEach) {
  // Frame 2 is 10 px off; the truth of frame 3 begins left of the image, which the OTB toolkit calls invalid.
  write_rows("root/Car-1.txt", {{11, 21, 40, 20}, {11, 21, 40, 20}, {-4, 21, 40, 20}, {11, 21, 40, 20}});
  write_rows("Off/Car-1.txt", {{11, 21, 40, 20}, {21, 21, 40, 20}, {11, 21, 40, 20}, {311, 21, 40, 20}});
  const Outcome ended = eval({"Off"}, {"--sequences", "Car-1", "--frames", "--json", "-"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json json = parse(ended.out);
  json_t *overlaps = at(json, "trackers/Off/sequences/Car-1/overlaps"),
         *errors = at(json, "trackers/Off/sequences/Car-1/errors");
  ASSERT_EQ(json_array_size(overlaps), 4u);
  ASSERT_EQ(json_array_size(errors), 4u);
  const double wanted[] = {1, 0.6, -1, 0}, distance[] = {0, 10, 0, 300};
  for (size_t i = 0; i < 4; i++) {
    EXPECT_DOUBLE_EQ(json_number_value(json_array_get(overlaps, i)), wanted[i]) << i;
    EXPECT_EQ(json_is_null(json_array_get(errors, i)), i == 2) << i;
    EXPECT_DOUBLE_EQ(json_number_value(json_array_get(errors, i)), distance[i]) << i;
  }
  EXPECT_EQ(number(json, "trackers/Off/sequences/Car-1/invalid_frames"), 1);
}

TEST_F(ProgramEval, RepetitionsAreOneLongRun) {
  write_rows("Rep/Car-1/Car-1_001.txt", still(4));
  write_rows("Rep/Car-1/Car-1_002.txt", still(4, 300));
  write("Rep/Car-1/Car-1_time.txt", "0.1\n");
  Outcome ended = eval({"Rep"}, {"--sequences", "Car-1", "--json", "-"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json json = parse(ended.out);
  EXPECT_EQ(number(json, "trackers/Rep/sequences/Car-1/runs"), 2);
  EXPECT_EQ(number(json, "trackers/Rep/sequences/Car-1/frames"), 8);
  EXPECT_DOUBLE_EQ(number(json, "trackers/Rep/sequences/Car-1/op50"), 5 / 8.0);
  write_rows("Rep/Car-1.txt", still(4));
  EXPECT_EQ(eval({"Rep"}, {"--sequences", "Car-1"}).code, 3);
}

TEST_F(ProgramEval, TemporalRobustness) {
  const std::vector<dslt_box> truth(60, {10, 20, 40, 20});
  int starts[DSLT_TRE_SEGMENTS], count = 0;
  ASSERT_EQ(dslt_tre_starts(starts, &count, truth.data(), 60, nullptr, 0), DSLT_OK);
  int frames = 0;
  for (int i = 0; i < count; i++) {
    char name[64];
    dslt_tre_file_name(name, sizeof name, "Ball", i);
    // Segment 3 loses the target at once; the others hold it.
    write_rows(std::string("Tre/") + name, still(60 - starts[i], i == 3 ? 300 : 11));
    frames += 60 - starts[i];
  }
  Outcome ended = eval({"Tre"}, {"--protocol", "tre", "--sequences", "Ball", "--json", "-"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json json = parse(ended.out);
  EXPECT_EQ(number(json, "trackers/Tre/sequences/Ball/frames"), frames);
  EXPECT_EQ(number(json, "trackers/Tre/sequences/Ball/runs"), 20);
  EXPECT_DOUBLE_EQ(number(json, "trackers/Tre/sequences/Ball/op50"),
                   (double)(frames - (60 - starts[3] - 1)) / frames);
  std::filesystem::remove(path("Tre/Ball.tre05.txt"));
  ended = eval({"Tre"}, {"--protocol", "tre", "--sequences", "Ball"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_TRUE(contains(ended.err, "tre05 is not")) << ended.err;
}

TEST_F(ProgramEval, SpatialRobustness) {
  for (int shift = 0; shift < DSLT_SRE_SHIFTS; shift++) {
    char name[64];
    dslt_sre_file_name(name, sizeof name, "Car-1", shift);
    write_rows(std::string("Sre/") + name, still(4, shift < 3 ? 300 : 11));
  }
  const Outcome ended = eval({"Sre"}, {"--protocol", "sre", "--sequences", "Car-1", "--json", "-"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json json = parse(ended.out);
  EXPECT_EQ(number(json, "trackers/Sre/sequences/Car-1/frames"), 48);
  EXPECT_DOUBLE_EQ(number(json, "trackers/Sre/sequences/Car-1/op50"), (48 - 9) / 48.0);
}

TEST_F(ProgramEval, Got10kPoolsFrames) {
  write_perfect("Got");
  write_rows("Got/Car-1.txt", still(4, 300));
  const Outcome ended = eval({"Got"}, {"--protocol", "got10k", "--json", "-", "--frames"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json json = parse(ended.out);
  EXPECT_NEAR(number(json, "trackers/Got/overall/ao"), (59 + 3) / 65.0, 1e-12);
  EXPECT_DOUBLE_EQ(number(json, "trackers/Got/overall/sr50"), 62 / 65.0);
  EXPECT_EQ(json_array_size(at(json, "trackers/Got/overall/success")), 101u);
  EXPECT_EQ(json_array_size(at(json, "trackers/Got/sequences/Ball/overlaps")), 60u);
  EXPECT_TRUE(json_is_null(json_array_get(at(json, "trackers/Got/sequences/Ball/overlaps"), 0)));
  EXPECT_EQ(at(json, "trackers/Got/overall/precision20"), nullptr);
}

TEST_F(ProgramEval, VotIsScoredByItsOwnRules) {
  // 30 frames; one tracker holds the target, one is half off, one fails on frame 11 and starts again on 16.
  write("vot/list.txt", "one\n");
  std::string truth, perfect = "1\n", half = "1\n", failing = "1\n";
  for (int i = 0; i < 30; i++) {
    truth += "10,20,40,20\n";
    if (i == 0) continue;
    perfect += "10,20,40,20\n";
    half += "10,20,20,20\n";
    failing += i == 10 ? "2\n" : i > 10 && i < 15 ? "0\n" : i == 15 ? "1\n" : "10,20,40,20\n";
  }
  write("vot/one/groundtruth.txt", truth);
  write("P/baseline/one/one_001.txt", perfect);
  write("H/baseline/one/one_001.txt", half);
  write("F/baseline/one/one_001.txt", failing);
  const std::vector<std::string> common = {"--dataset", "vot", "--root", path("vot"), "--protocol", "vot"};
  std::vector<std::string> arguments = {path("P"), path("H"),      path("F"),
                                        "--json",  path("o.json"), "--per-sequence"};
  arguments.insert(arguments.end(), common.begin(), common.end());
  Outcome ended = run(arguments);
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json json = parse(slurp(path("o.json")));
  EXPECT_DOUBLE_EQ(number(json, "trackers/P/accuracy"), 1);
  EXPECT_DOUBLE_EQ(number(json, "trackers/H/accuracy"), 0.5);
  EXPECT_DOUBLE_EQ(number(json, "trackers/H/robustness"), 0);
  EXPECT_DOUBLE_EQ(number(json, "trackers/F/accuracy"), 1);
  EXPECT_DOUBLE_EQ(number(json, "trackers/F/robustness"), 1);
  EXPECT_NEAR(number(json, "trackers/F/reliability"), std::exp(-1), 1e-12);  // 30 x 1 failure / 30 frames
  EXPECT_EQ(number(json, "eao_low"), 108);
  EXPECT_TRUE(contains(ended.out, "F by sequence")) << ended.out;
  // A file with a frame too few refuses the tracker and leaves the others.
  write("H/baseline/one/one_001.txt", half.substr(0, half.size() - 12));
  ended = run(arguments);
  EXPECT_EQ(ended.code, 3);
  EXPECT_TRUE(contains(ended.err, "H is left out")) << ended.err;
  EXPECT_TRUE(contains(ended.err, "29") && contains(ended.err, "30")) << ended.err;
}

TEST_F(ProgramEval, TablesAndCsv) {
  write_perfect("A_1");
  write_perfect("B,2");
  write_rows("B,2/Ball.txt", still(60, 31));
  const Outcome ended = eval({"A_1", "B,2"}, {"--csv", path("o.csv"), "--markdown", path("o.md"), "--latex",
                                              path("o.tex"), "--per-sequence"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::string csv = slurp(path("o.csv")), markdown = slurp(path("o.md")), latex = slurp(path("o.tex"));
  EXPECT_TRUE(contains(csv, "tracker,scope,name,sequences,frames,auc,precision20,")) << csv;
  EXPECT_TRUE(contains(csv, "\nA_1,overall,folder,3,68,0.95238095238095")) << csv;
  EXPECT_TRUE(contains(csv, "\n\"B,2\",sequence,Ball,1,60,")) << csv;
  EXPECT_TRUE(contains(markdown, "| A\\_1 | **0.952** | **1.000** |")) << markdown;
  EXPECT_TRUE(contains(markdown, "| --- | ---: |")) << markdown;
  EXPECT_TRUE(contains(latex, "A\\_1 & \\textbf{0.952} &")) << latex;
  EXPECT_TRUE(contains(latex, "\\bottomrule")) << latex;
  EXPECT_TRUE(contains(ended.out, "AUC by sequence")) << ended.out;
}

TEST_F(ProgramEval, CommandLine) {
  write_perfect("T");
  EXPECT_EQ(run({}).code, 2);
  EXPECT_EQ(run({path("T"), "--dataset", "folder"}).code, 2);
  EXPECT_EQ(run({path("T"), "--root", path("root")}).code, 2);
  EXPECT_EQ(eval({"T", "T"}).code, 2);
  EXPECT_EQ(eval({"T"}, {"--convention", "mathlab"}).code, 2);
  EXPECT_EQ(eval({"T"}, {"--protocol", "otb"}).code, 2);
  EXPECT_EQ(eval({"T"}, {"--protocol", "vot"}).code, 2);  // not in VOT's layout
  EXPECT_EQ(eval({"T"}, {"--year", "2016"}).code, 2);
  EXPECT_EQ(eval({"T"}, {"--protocol", "got10k", "--convention", "matlab"}).code, 2);
  EXPECT_EQ(eval({"T"}, {"--json", "x", "--csv", "x"}).code, 2);
  EXPECT_EQ(eval({"T"}, {"--sequences", "Bal"}).code, 2);
  EXPECT_EQ(eval({"T"}, {"--json", path("none/out.json")}).code, 1);
  const Outcome help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_TRUE(contains(help.out, "Exit codes:"));
}

}  // namespace
