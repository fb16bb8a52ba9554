/* SPDX-License-Identifier: Apache-2.0 */
// dslt dataset: what a user sees and how it ends.
#include <jansson.h>

#include <memory>

#include "program.h"

namespace {

class DatasetVerb : public ProgramTest {
 protected:
  void put(const std::string &name, const std::string &text = "x") {
    std::filesystem::create_directories((folder_ / name).parent_path());
    spill(path(name), text);
  }
  // One whole sequence of three frames.
  void good() {
    for (int i = 1; i <= 3; i++) put("set/walk/img/000" + std::to_string(i) + ".jpg");
    put("set/walk/groundtruth_rect.txt", "1,2,3,4\n2,2,3,4\n3,2,3,4\n");
  }
};

using Json = std::unique_ptr<json_t, decltype(&json_decref)>;

Json parse(const std::string &text) { return Json(json_loads(text.c_str(), 0, nullptr), json_decref); }

TEST_F(DatasetVerb, ListsKindsAndSequences) {
  Outcome all = run({"dataset", "list"});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_TRUE(contains(all.out, "otb100               100   59040  OTB-100")) << all.out;
  Outcome one = run({"dataset", "list", "otb2013"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_TRUE(contains(one.out, "Jogging-2")) << one.out;
  EXPECT_TRUE(contains(one.out, "OPR  Out-of-Plane Rotation"));
  EXPECT_TRUE(contains(one.out, "groundtruth_rect.txt"));
  Json json = parse(run({"dataset", "list", "tc128", "--json"}).out);
  ASSERT_TRUE(json);
  EXPECT_EQ(json_array_size(json_object_get(json.get(), "names")), 129u);
  Json kinds = parse(run({"dataset", "list", "-j"}).out);
  ASSERT_TRUE(kinds);
  EXPECT_EQ(json_array_size(kinds.get()), 15u);
}

TEST_F(DatasetVerb, AWholeSetIsZero) {
  good();
  Outcome outcome = run({"dataset", "check", path("set")});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(
      contains(outcome.out,
               "as folder: 1 of 1 sequences have ground truth, 1 have all their frames; nothing is missing."))
      << outcome.out;
}

TEST_F(DatasetVerb, WhatIsMissingIsThree) {
  good();
  std::filesystem::remove(path("set/walk/img/0002.jpg"));
  put("set/run/groundtruth_rect.txt", "words\n");
  Outcome outcome = run({"dataset", "check", path("set"), "--dataset", "folder"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.out, "2 images, but ground truth for 3 frames; the rule:")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "not a number")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "3 things missing or odd.")) << outcome.out;
  Outcome chosen = run({"dataset", "check", path("set"), "-d", "folder", "--sequences", "run", "--json"});
  EXPECT_EQ(chosen.code, 3);
  Json json = parse(chosen.out);
  ASSERT_TRUE(json) << chosen.out;
  EXPECT_EQ(json_integer_value(json_object_get(json.get(), "count")), 1);
  EXPECT_EQ(json_integer_value(json_object_get(json.get(), "problems")), 1);
  const json_t *finding = json_array_get(json_object_get(json.get(), "findings"), 0);
  EXPECT_STREQ(json_string_value(json_object_get(finding, "kind")), "truth");
  EXPECT_STREQ(json_string_value(json_object_get(finding, "sequence")), "run");
}

TEST_F(DatasetVerb, AWrongFolderIsThreeAndNamesTheRightOne) {
  good();
  Outcome outcome = run({"dataset", "check", path("set/walk"), "-d", "folder"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.err, path("set") + " looks right")) << outcome.err;
  EXPECT_EQ(run({"dataset", "check", path("nowhere")}).code, 3);
}

TEST_F(DatasetVerb, NamesThatAreNotText) {
  put("set/\xff\xfe/groundtruth_rect.txt", "words\n");
  Outcome outcome = run({"dataset", "check", path("set"), "-d", "folder", "--json"});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  Json json = parse(outcome.out);
  ASSERT_TRUE(json) << outcome.out;
  const json_t *finding = json_array_get(json_object_get(json.get(), "findings"), 0);
  EXPECT_STREQ(json_string_value(json_object_get(finding, "sequence")), "?\?");
}

TEST_F(DatasetVerb, WrongCommandLinesAreTwo) {
  good();
  struct Case {
    std::vector<std::string> arguments;
    const char *words;
  } cases[] = {{{"dataset"}, "Say what to do: list or check."},
               {{"dataset", "chek"}, "did you mean \"check\"?"},
               {{"dataset", "check"}, "The folder is missing"},
               {{"dataset", "check", "a", "b"}, "One folder at a time"},
               {{"dataset", "list", "otb", "vot"}, "One dataset at a time"},
               {{"dataset", "list", "otb10"}, "did you mean"},
               {{"dataset", "check", path("set"), "-d", "imagenet"}, "Unknown dataset \"imagenet\""},
               {{"dataset", "check", path("set"), "--sequences", "jump"}, "no sequence \"jump\""}};
  for (const Case &c : cases) {
    Outcome outcome = run(c.arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, c.words)) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(DatasetVerb, HelpTeaches) {
  for (const std::vector<std::string> &arguments : {std::vector<std::string>{"dataset", "--help"},
                                                    {"dataset", "check", "--help"},
                                                    {"dataset", "list", "--help"}}) {
    Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_TRUE(contains(outcome.out, "Usage: dslt dataset")) << outcome.out;
    EXPECT_TRUE(contains(outcome.out, "Example"));
    EXPECT_TRUE(contains(outcome.out, "Exit codes:"));
  }
}

}  // namespace
