/* SPDX-License-Identifier: Apache-2.0 */
// dslt info, as text and as JSON.
#include <jansson.h>

#include "program.h"

namespace {

class Info : public ProgramTest {};

TEST_F(Info, NamesWhatIsThere) {
  Outcome outcome = run({"info"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(contains(outcome.out, std::string("dslt ") + dslt_version()));
  EXPECT_TRUE(contains(outcome.out, "backend cpu: ready"));
  EXPECT_TRUE(contains(outcome.out, std::string("media: ") + dslt_media_library()));
  EXPECT_TRUE(contains(outcome.out, "preset paper (dslt): "));
  EXPECT_TRUE(contains(outcome.out, "preset crt-conv7 (crt): "));
}

TEST_F(Info, JsonAgreesWithTheLibrary) {
  Outcome outcome = run({"info", "--json"});
  ASSERT_EQ(outcome.code, 0);
  json_error_t error;
  json_t *root = json_loads(outcome.out.c_str(), 0, &error);
  ASSERT_NE(root, nullptr) << error.text;
  EXPECT_STREQ(json_string_value(json_object_get(root, "version")), dslt_version());
  EXPECT_GE(json_integer_value(json_object_get(root, "cores")), 1);
  json_t *backends = json_object_get(root, "backends");
  dslt_backend_info info;
  size_t count = 0;
  for (; dslt_backend_query(&info, (int)count) == DSLT_OK; count++) {
    json_t *entry = json_array_get(backends, count);
    EXPECT_STREQ(json_string_value(json_object_get(entry, "name")), info.name);
    EXPECT_EQ(json_is_true(json_object_get(entry, "available")), info.available != 0);
  }
  EXPECT_EQ(json_array_size(backends), count);
  json_decref(root);
}

TEST_F(Info, TakesNoArgument) {
  Outcome outcome = run({"info", "gpu"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(contains(outcome.err, "dslt: dslt info takes no argument"));
}

}  // namespace
