/* SPDX-License-Identifier: Apache-2.0 */
// The published vot-toolkit (PyPI) and the TraX library it ships, run on the same result files and regions.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <string>

#include "base/error.h"
#include "eval_test.h"
#include "vot_series.h"

namespace {

// The workspace that bench/peers/vot_toolkit_check.py makes; a Python with vot-toolkit is named by
// DSLT_VOT_PYTHON.
class VotToolkit : public ScratchTest {
 protected:
  void SetUp() override {
    ScratchTest::SetUp();
    const char *python = getenv("DSLT_VOT_PYTHON");
    const std::string command = std::string("'") + (python ? python : "python3") +
                                "' " DSLT_TEST_SOURCE "/bench/peers/vot_toolkit_check.py --write '" +
                                folder_.string() + "' >'" + path("log") + "' 2>&1";
    const int status = system(command.c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == 77 || code == 127)
      GTEST_SKIP() << skip::kVotToolkit << ": pip install vot-toolkit 'attributee<0.1.10', and name that "
                   << "Python in DSLT_VOT_PYTHON. " << slurp(path("log"));
    ASSERT_EQ(code, 0) << slurp(path("log"));
    json_error_t error;
    expected_ = json_load_file(path("toolkit.json").c_str(), 0, &error);
    ASSERT_NE(expected_, nullptr) << error.text;
  }
  void TearDown() override {
    json_decref(expected_);
    ScratchTest::TearDown();
  }
  json_t *expected_ = nullptr;
};

dslt_vot_region region_of(const json_t *values) {
  dslt_vot_region out = dslt_vot_code(static_cast<dslt_vot_kind>(json_array_size(values)));
  for (size_t i = 0; i < json_array_size(values); i++)
    out.at[i] = json_number_value(json_array_get(values, i));
  return out;
}

double number(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  return json_is_number(value) ? json_number_value(value) : std::nan("");
}

void expect_same(const json_t *theirs, const json_t *ours, double tolerance, const std::string &where) {
  const char *key;
  json_t *value;
  json_object_foreach(const_cast<json_t *>(theirs), key, value) {
    if (json_is_null(value))
      EXPECT_TRUE(json_is_null(json_object_get(ours, key))) << where << ' ' << key;
    else
      EXPECT_NEAR(number(theirs, key), number(ours, key), tolerance) << where << ' ' << key;
  }
}

TEST_F(VotToolkit, MeasuresOverlapsAndRasters) {
  // 1. Overlaps of random regions: vot-toolkit's to the last bit, TraX's in its single precision.
  const json_t *rows = json_object_get(expected_, "overlaps");
  ASSERT_GE(json_array_size(rows), 1000u);
  size_t touching = 0, unlike = 0;
  for (size_t i = 0; i < json_array_size(rows); i++) {
    const json_t *row = json_array_get(rows, i);
    const dslt_vot_region a = region_of(json_object_get(row, "a")), b = region_of(json_object_get(row, "b"));
    const json_t *size = json_object_get(row, "size");
    dslt_vot_frame frame = {-1, -1};
    if (json_is_array(size))
      frame = dslt_vot_frame_of(static_cast<int>(json_integer_value(json_array_get(size, 0))),
                                static_cast<int>(json_integer_value(json_array_get(size, 1))),
                                DSLT_VOT_PYTHON, 0);
    ASSERT_DOUBLE_EQ(dslt_vot_overlap(&a, &b, frame, DSLT_VOT_PYTHON), number(row, "overlap")) << i;
    ASSERT_FLOAT_EQ(static_cast<float>(dslt_vot_overlap(&a, &b, frame, DSLT_VOT_MATLAB)),
                    static_cast<float>(number(row, "trax")))
        << i << ' ' << json_dumps(row, 0);
    touching += number(row, "overlap") > 0;
    unlike += std::fabs(number(row, "overlap") - number(row, "trax")) > 1e-6;
  }
  EXPECT_GT(touching, 500u);
  EXPECT_GT(unlike, 100u) << "the two rasterisers differ, so this test tells them apart";

  // 2. Measures of whole trackers. vot-toolkit adds up its curve in single precision.
  std::vector<dslt_vot_sequence> sequences;
  std::vector<dslt_vot_regions> truth(json_array_size(json_object_get(expected_, "sequences")));
  for (size_t s = 0; s < truth.size(); s++) {
    const json_t *one = json_array_get(json_object_get(expected_, "sequences"), s);
    const char *name = json_string_value(json_object_get(one, "name"));
    ASSERT_EQ(
        dslt_vot_regions_read(&truth[s], path(std::string("sequences/") + name + "/groundtruth.txt").c_str()),
        DSLT_OK);
    sequences.push_back({name, truth[s].at, truth[s].count, static_cast<int>(number(one, "width")),
                         static_cast<int>(number(one, "height"))});
  }
  dslt_vot_rules rules;
  dslt_vot_rules_init(&rules, DSLT_VOT_PYTHON);
  const char *name;
  json_t *theirs;
  json_object_foreach(json_object_get(expected_, "trackers"), name, theirs) {
    Score score;
    ASSERT_EQ(dslt_vot_score_folder(&score, nullptr, path(std::string("results/") + name).c_str(),
                                    sequences.data(), static_cast<int>(sequences.size()), 0, &rules),
              DSLT_OK)
        << dslt_last_error();
    json_t *ours = nullptr;
    ASSERT_EQ(dslt_vot_score_json(&ours, &score), DSLT_OK);
    expect_same(json_object_get(theirs, "overall"), json_object_get(ours, "overall"), 1e-6, name);
    const char *sequence;
    json_t *values;
    json_object_foreach(json_object_get(theirs, "sequences"), sequence, values)
        expect_same(values, json_object_get(json_object_get(ours, "sequences"), sequence), 1e-12, sequence);
    const json_t *curve = json_object_get(theirs, "curve");
    ASSERT_EQ(static_cast<size_t>(score.curve_length), json_array_size(curve)) << name;
    for (size_t i = 1; i < json_array_size(curve); i++)
      ASSERT_NEAR(score.curve[i], json_number_value(json_array_get(curve, i)), 1e-6) << name << ' ' << i;
    json_decref(ours);
  }
  for (dslt_vot_regions &one : truth) dslt_vot_regions_free(&one);
}

}  // namespace
