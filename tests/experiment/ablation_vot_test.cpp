/* SPDX-License-Identifier: Apache-2.0 */
// dslt ablate --paper trackloss --protocol vot: the paper's two tables, of results that are known.
#include "experiment/ablation_vot.h"

#include <jansson.h>

#include <functional>

#include "experiment/world.h"

namespace {

constexpr int kRows = 120;

const dslt_study *study() {
  const dslt_study *out = nullptr;
  EXPECT_EQ(dslt_study_find(&out, "trackloss"), DSLT_OK) << dslt_last_error();
  return out;
}

using Row = std::function<std::string(int)>;

std::string box(double x) { return std::to_string(x) + ",10,20,20\n"; }
std::string exact(int frame) { return box(frame); }
// Half as wide again: 20 columns of 30.
std::string wide(int frame) { return std::to_string(frame) + ",10,30,20\n"; }
// Lost in frame 60, begun again in frame 65.
std::string lost_once(int frame) {
  if (frame == 60) return "2\n";
  if (frame == 65) return "1\n";
  return frame > 60 && frame < 65 ? "0\n" : exact(frame);
}

class AblationVot : public ProgramTest {
 protected:
  static std::string rows(const Row &row, bool begins) {
    std::string text = begins ? "1\n" : row(0);
    for (int i = 1; i < kRows; i++) text += row(i);
    return text;
  }
  void put(const std::string &file, const std::string &text) {
    std::filesystem::create_directories(std::filesystem::path(path(file)).parent_path());
    spill(path(file), text);
  }
  void put_run(const std::string &variant, const std::string &experiment, const Row &row) {
    put("out/" + variant + "/" + experiment + "/a/a_001.txt", rows(row, true));
  }
  // The first strategy is exact, the ensemble too wide, and every other variant loses the target once.
  void put_all() {
    put("set/a/groundtruth.txt", rows(exact, false));
    for (int i = 0; i < study()->count; i++) {
      const std::string name = study()->variants[i].name;
      put_run(name, "baseline", name == "1" ? exact : name == "ensemble" ? wide : lost_once);
      if (dslt_ablation_vot_no_reset(study(), i)) put_run(name, "unsupervised", name == "1" ? exact : wide);
    }
  }
  void score(dslt_ablation_vot *out) {
    dslt_vot_rules rules;
    dslt_vot_rules_init(&rules, DSLT_VOT_MATLAB);
    const std::string root = path("set"), results = path("out");
    const dslt_run_request request = [&] {
      dslt_run_request r = {};
      r.dataset = "vot", r.root = root.c_str(), r.out = results.c_str();
      return r;
    }();
    ASSERT_EQ(dslt_ablation_vot_score(out, study(), &request, &rules), DSLT_OK) << dslt_last_error();
  }
};

TEST_F(AblationVot, TablesStandBesideThePapers) {
  put_all();
  dslt_ablation_vot ablation;
  score(&ablation);
  EXPECT_EQ(dslt_ablation_vot_whole(&ablation), 1);
  ASSERT_EQ(dslt_ablation_vot_save(&ablation, path("out").c_str()), DSLT_OK) << dslt_last_error();
  dslt_ablation_vot_free(&ablation);
  const std::string text = slurp(path("out/ablation.md"));
  for (const char *line :
       {"| 1+4 | 1.000 | 0.52 | 0.667 | 0.41 | 1 |", "| 1 | 1.000 | 0.47 | 1.000 | 0.39 | 0 |",
        "| 4 | 1.000 | 0.47 | 0.667 | 0.43 | 1 |", "| ensemble | 0.667 | 0.350 | 0.667 | 11.00 | - | 0 |",
        "EAO over lengths 108 to 371", "1 sequences"})
    EXPECT_TRUE(contains(text, line)) << line << "\n" << text;
  json_error_t error;
  json_t *root = json_load_file(path("out/vot.json").c_str(), 0, &error);
  ASSERT_NE(root, nullptr) << error.text;
  EXPECT_STREQ(json_string_value(json_object_get(root, "protocol")), "vot");
  json_decref(root);
}

TEST_F(AblationVot, WhatIsMissingIsNamed) {
  put_all();
  std::filesystem::remove_all(path("out/hinge"));
  dslt_ablation_vot ablation;
  score(&ablation);
  EXPECT_EQ(dslt_ablation_vot_whole(&ablation), 0);
  ASSERT_EQ(dslt_ablation_vot_save(&ablation, path("out").c_str()), DSLT_OK) << dslt_last_error();
  dslt_ablation_vot_free(&ablation);
  const std::string text = slurp(path("out/ablation.md"));
  EXPECT_TRUE(contains(text, "\nhinge ")) << text;
  EXPECT_TRUE(contains(text, "| hinge | - | 0.338 | - | - | 2.53 | - | - | 3.60 |")) << text;
}

TEST_F(AblationVot, WrongCommandLines) {
  const std::vector<std::string> given = {"ablate",    "--dataset", "folder",   "--root",
                                          path("set"), "--out",     path("out")};
  const auto expect = [&](const std::vector<std::string> &more, const char *words) {
    std::vector<std::string> arguments = given;
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << words;
    EXPECT_TRUE(contains(outcome.err, words)) << outcome.err;
  };
  expect({"--protocol", "vot"}, "--protocol vot is for --paper trackloss");
  expect({"--paper", "trackloss", "--protocol", "tre"}, "by --protocol ope or vot, not tre");
  expect({"--paper", "trackloss", "--year", "2018"}, "--year is for --protocol vot");
  expect({"--paper", "trackloss", "--protocol", "vot", "--year", "2031"}, "VOT2031");
}

}  // namespace
