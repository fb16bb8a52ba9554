/* SPDX-License-Identifier: Apache-2.0 */
// What a user gets without a weight file or a setting: the backbone that ships, preset default.
#include <jansson.h>

#include "program.h"

namespace {

class Shipped : public ProgramTest {
 protected:
  double score(const std::string &key) const {
    json_t *root = json_load_file(path("s.json").c_str(), 0, nullptr);
    const double value = json_number_value(json_object_get(root, key.c_str()));
    json_decref(root);
    return value;
  }
};

TEST_F(Shipped, FollowsARenderedTarget) {
  const Outcome outcome = run(
      {"track", "scene:2:320x240", "--backend", "cpu", "--frames", "30", "--summary", path("s.json"), "-q"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_GT(score("mean_overlap"), 0.7);
}

TEST_F(Shipped, FollowsARealTarget) {
  const std::string crossing = DSLT_TEST_SHARED "/data/sequences/otb/Crossing";
  if (!std::filesystem::exists(crossing)) GTEST_SKIP() << skip::kShared << crossing;
  if (!DSLT_OPENCV) GTEST_SKIP() << skip::kOpenCv;
  const Outcome outcome =
      run({"track", crossing + "/img", "--box", "otb:" + crossing + "/groundtruth_rect.txt", "--backend",
           "cpu", "--frames", "40", "--summary", path("s.json"), "-q"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_GT(score("mean_overlap"), 0.65);
  EXPECT_EQ(score("precision20"), 1.0);
}

TEST_F(Shipped, IsDescribedWithoutAFile) {
  const Outcome outcome = run({"weights", "info"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "slim"));
  EXPECT_TRUE(contains(outcome.out, "conv5_3"));
}

}  // namespace
