/* SPDX-License-Identifier: Apache-2.0 */
// dslt run and dslt ablate as a user meets them: files, manifests, protocols, wrong command lines.
#include <jansson.h>

#include <set>

#include "../options.h"
#include "experiment/world.h"

namespace {

class Run : public RunTest {
 protected:
  static json_t *load(const std::string &file) {
    json_error_t error;
    json_t *root = json_load_file(file.c_str(), 0, &error);
    EXPECT_NE(root, nullptr) << file << ": " << error.text;
    return root;
  }
  void expect(const std::vector<std::string> &arguments, int code, const std::string &words) {
    Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, code) << words << "\n" << outcome.err;
    EXPECT_TRUE(contains(outcome.err, words)) << words << "\n" << outcome.err;
  }
};

TEST_F(Run, JobsDoNotMatterToTheBytes) {
  ASSERT_EQ(dslt_run(path("results"), {"--jobs", "3"}).code, 0);
  expect_whole(path("results"));
}

TEST_F(Run, TheManifestSaysHow) {
  json_t *root = load(reference() + "/manifest.json");
  auto text = [&](const char *group, const char *key) {
    const char *value = json_string_value(json_object_get(json_object_get(root, group), key));
    return std::string(value ? value : "");
  };
  EXPECT_EQ(json_integer_value(json_object_get(root, "format")), 1);
  EXPECT_STREQ(json_string_value(json_object_get(root, "version")), dslt_version());
  EXPECT_STREQ(json_string_value(json_object_get(root, "protocol")), "ope");
  EXPECT_EQ(text("dataset", "kind"), "folder");
  EXPECT_EQ(text("dataset", "root"), set());
  EXPECT_EQ(text("tracker", "preset"), "paper");
  EXPECT_EQ(text("tracker", "backend"), "cpu");
  EXPECT_EQ(text("weights", "path"), weights());
  EXPECT_EQ(text("weights", "arch"), "vgg16/16");
  EXPECT_FALSE(text("machine", "host").empty());
  EXPECT_FALSE(text("machine", "device").empty());
  const json_t *hash = json_object_get(json_object_get(root, "weights"), "sha256");
  if (json_is_string(hash)) {
    std::string command = "sha256sum " + weights() + " > " + path("sum");
    ASSERT_EQ(system(command.c_str()), 0);
    EXPECT_EQ(json_string_value(hash), slurp(path("sum")).substr(0, 64));
  }
  json_t *options = json_object_get(json_object_get(root, "tracker"), "options");
  dslt_option_info info;
  size_t count = 0;
  for (int i = 0; dslt_options_describe(&info, Options("paper"), i) == DSLT_OK; i++, count++)
    EXPECT_TRUE(json_is_string(json_object_get(options, info.key))) << info.key;
  EXPECT_EQ(json_object_size(options), count);
  EXPECT_STREQ(json_string_value(json_object_get(options, "init_steps")), "12");
  EXPECT_STREQ(json_string_value(json_object_get(options, "threads")), "1");
  json_t *command = json_object_get(root, "command");
  EXPECT_STREQ(json_string_value(json_array_get(command, 1)), "run");
  bool whole = false;  // --set's argument is not cut in two
  for (size_t i = 0; i < json_array_size(command); i++)
    whole |= std::string("init_steps=12") == json_string_value(json_array_get(command, i));
  EXPECT_TRUE(whole);
  json_decref(root);
}

TEST_F(Run, LossesAreKept) {
  json_t *root = load(reference() + "/losses/clip2.json");
  EXPECT_STREQ(json_string_value(json_object_get(root, "sequence")), "clip2");
  EXPECT_STREQ(json_string_value(json_object_get(root, "loss")), "shrinkage");
  EXPECT_EQ(json_integer_value(json_object_get(root, "updates")), frames_of(1) - 1);
  json_t *losses = json_object_get(root, "init_losses");
  EXPECT_EQ((json_int_t)json_array_size(losses), json_integer_value(json_object_get(root, "init_steps")));
  EXPECT_GT(json_array_size(losses), 1u);
  EXPECT_GT(json_number_value(json_array_get(losses, 0)), 0);
  json_decref(root);
}

TEST_F(Run, OtherOptionsIntoTheSameFolderAreRefused) {
  std::string out = path("results");
  ASSERT_EQ(dslt_run(out, {"--sequences", "clip1"}).code, 0);
  auto before = repeatable(out);
  expect(arguments("run", out, {"--set", "loss=l2"}), 2, "was made with loss shrinkage, this run has l2");
  expect(arguments("run", out, {"--weights", weights(2)}), 2, "weights of");
  expect(arguments("run", out, {"--frames", "3"}), 2, "--frames 0, this run has 3");
  expect(arguments("run", out, {"--protocol", "sre"}), 2, "--protocol ope, this run has sre");
  expect(arguments("run", out, {"--repeat", "2"}), 2, "--repeat 1, this run has 2");
  EXPECT_EQ(repeatable(out), before);
  spill(out + "/manifest.json", "{");
  expect(arguments("run", out), 1, "manifest.json cannot be read");
  std::filesystem::remove(out + "/manifest.json");
  expect(arguments("run", out), 2, "not a folder of dslt run");
}

TEST_F(Run, MoreSequencesMayJoin) {
  std::string out = path("results");
  ASSERT_EQ(dslt_run(out, {"--sequences", "clip1,clip4"}).code, 0);
  Outcome outcome = dslt_run(out);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "(2 by an earlier run)")) << outcome.out;
  expect_whole(out);
}

TEST_F(Run, RepetitionsDrawOtherSeeds) {
  std::string out = path("results");
  Outcome outcome = dslt_run(out, {"--repeat", "2", "--sequences", "clip1", "--frames", "6"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::string first = slurp(out + "/clip1/clip1_001.txt"), second = slurp(out + "/clip1/clip1_002.txt");
  EXPECT_EQ(count_lines(first), 6);
  EXPECT_NE(first, second);
  std::string expected = slurp(reference() + "/clip1.txt");
  EXPECT_EQ(expected.substr(0, first.size()), first);
  ASSERT_EQ(dslt_run(path("seed2"), {"--seed", "2", "--sequences", "clip1", "--frames", "6"}).code, 0);
  EXPECT_EQ(slurp(path("seed2/clip1.txt")), second);
}

TEST_F(Run, VotsSupervisedRunHasItsLayoutAndTimes) {
  std::string out = path("results");
  Outcome outcome = dslt_run(out, {"--protocol", "vot", "--sequences", "clip1", "--repeat", "2"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::string text = slurp(out + "/baseline/clip1/clip1_001.txt");
  EXPECT_EQ(count_lines(text), frames_of(0));
  EXPECT_EQ(text.substr(0, 2), "1\n");
  std::istringstream times(slurp(out + "/baseline/clip1/clip1_time.txt"));
  int rows = 0;
  for (std::string line; std::getline(times, line); rows++) EXPECT_TRUE(contains(line, ",")) << line;
  EXPECT_EQ(rows, frames_of(0));
}

TEST_F(Run, SpatialRobustnessBeginsElsewhere) {
  std::string out = path("results");
  Outcome outcome = dslt_run(out, {"--protocol", "sre", "--sequences", "clip1", "--frames", "2", "-q"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::set<std::string> first_rows;
  for (int i = 1; i <= 12; i++) {
    char name[32];
    snprintf(name, sizeof name, "/clip1.sre%02d.txt", i);
    std::string text = slurp(out + name);
    ASSERT_EQ(count_lines(text), 2) << name;
    first_rows.insert(text.substr(0, text.find('\n')));
  }
  EXPECT_EQ(first_rows.size(), 12u);
}

TEST_F(Run, ShowsProgressAndKeepsQuietWhenAsked) {
  Outcome outcome = dslt_run(path("a"), {"--sequences", "clip1"});
  EXPECT_TRUE(contains(outcome.err, "frames, ")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, " left")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "[1/1] clip1: 16 frames in ")) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "1 of 1 done")) << outcome.out;
  Outcome quiet = dslt_run(path("b"), {"--sequences", "clip1", "--quiet"});
  EXPECT_EQ(quiet.err + quiet.out, "");
}

TEST_F(Run, WrongCommandLines) {
  expect({"run"}, 2, "--dataset NAME");
  expect({"run", "--dataset", "folder"}, 2, "--root DIR");
  expect({"run", "--dataset", "folder", "--root", set()}, 2, "--out DIR");
  expect(arguments("run", path("r"), {"--dataset", "otb1000"}), 2, "otb100");
  expect(arguments("run", path("r"), {"--protocol", "vor"}), 2, "vot-unsupervised");
  expect(arguments("run", path("r"), {"--shard", "5/4"}), 2, "--shard takes i/N");
  expect(arguments("run", path("r"), {"--repeat", "0"}), 2, "--repeat takes");
  expect(arguments("run", path("r"), {"--jobs", "0"}), 2, "--jobs takes");
  expect(arguments("run", path("r"), {"clip1"}), 2, "everything here is an option");
  expect(arguments("run", path("r"), {"--sequences", "clip9"}), 2, "clip");
  expect(arguments("run", path("r"), {"--root", path("nowhere")}), 3, "nowhere");
  expect(arguments("run", path("r"), {"--weights", path("none")}), 4, "none");
  spill(path("file"), "");
  expect(arguments("run", path("file/r")), 1, "Cannot make the folder");
  EXPECT_FALSE(std::filesystem::exists(path("r")));
}

TEST_F(Run, TheAblationComparesSevenVariants) {
  std::string out = path("ablation");
  auto command = arguments("ablate", out, {"--sequences", "clip1,clip2", "--frames", "4", "--quiet"});
  Outcome outcome = run(command);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::set<std::string> boxes;
  for (const char *name : {"DSLT", "L2", "L3", "OHNM", "DSLT_m", "DSLT_34", "DSLT_35"}) {
    EXPECT_TRUE(contains(outcome.out, name));
    std::string losses = slurp(out + "/" + name + "/losses/clip1.json");
    EXPECT_EQ(count_lines(slurp(out + "/" + name + "/clip1.txt")), 4) << name;
    boxes.insert(losses);
  }
  EXPECT_EQ(boxes.size(), 7u) << "two variants trained alike";
  EXPECT_TRUE(contains(outcome.out, "2 sequences, 8 frames (at most 4 of each)")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "87.0")) << outcome.out;
  EXPECT_TRUE(contains(slurp(out + "/ablation.md"), "| --- |"));
  EXPECT_TRUE(contains(slurp(out + "/curves.csv"), "\nOHNM,1,"));
  EXPECT_EQ(count_lines(slurp(out + "/iterations.csv")), 1 + 7 * 2);
  json_t *root = load(out + "/ablation.json");
  json_t *l2 = json_array_get(json_object_get(root, "variants"), 1);
  EXPECT_STREQ(json_string_value(json_object_get(l2, "name")), "L2");
  EXPECT_DOUBLE_EQ(json_number_value(json_object_get(json_object_get(l2, "paper"), "auc")), 0.642);
  EXPECT_TRUE(json_is_object(json_object_get(json_object_get(l2, "sequences"), "clip2")));
  json_decref(root);
  std::string table = outcome.out;
  auto before = identities(out + "/OHNM");
  Outcome again = run(command);
  EXPECT_EQ(again.out, table);
  EXPECT_EQ(identities(out + "/OHNM"), before);
  expect(arguments("ablate", out, {"--set", "fusion=0"}), 2, "option fusion");
}

TEST_F(Run, ANetworkWithItsOwnTapsHasNoVariantsOfVggsLayers) {
  const std::string out = path("ablation");
  const Outcome outcome = run(arguments(
      "ablate", out,
      {"--sequences", "clip1", "--frames", "2", "--quiet", "--preset", "dslt", "--weights", "siamese"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "DSLT_m"));
  for (const char *name : {"DSLT_34", "DSLT_35"}) {
    EXPECT_TRUE(contains(outcome.out, std::string(name) + " is left out")) << outcome.out;
    EXPECT_FALSE(std::filesystem::exists(out + "/" + name));
  }
}

}  // namespace
