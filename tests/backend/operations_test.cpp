/* SPDX-License-Identifier: Apache-2.0 */
// Every operation of the three tables has a case among the tests of this program: it was called through the
// fixture. And both backends' tables have an entry for each.
#include <cstdio>

#include "backend_fixture.h"

namespace {

#define NAME(type, name, parameters) #name,
const char *const kOperations[] = {DSLT_DEVICE_OPERATIONS(NAME) DSLT_NN_OPERATIONS(NAME)
                                       DSLT_VISION_OPERATIONS(NAME)};

void expect_filled(const dslt_backend_type &type) {
#define DEVICE_ENTRY(t, name, parameters) EXPECT_NE(type.device->name, nullptr) << #name;
#define NN_ENTRY(t, name, parameters) EXPECT_NE(type.nn->name, nullptr) << #name;
#define VISION_ENTRY(t, name, parameters) EXPECT_NE(type.vision->name, nullptr) << #name;
  DSLT_DEVICE_OPERATIONS(DEVICE_ENTRY)
  DSLT_NN_OPERATIONS(NN_ENTRY)
  DSLT_VISION_OPERATIONS(VISION_ENTRY)
}

TEST(Operations, EveryTableIsFilled) {
  expect_filled(dslt_cpu_backend);
#ifdef DSLT_CUDA
  expect_filled(dslt_cuda_backend);
#endif
}

TEST(Operations, QueryTellsTheBackendsName) {
  Backend b;
  ASSERT_TRUE(b) << dslt_last_error();
  dslt_backend_info info;
  b.device->query(&info);
  EXPECT_STREQ(info.name, backend_name());
  EXPECT_EQ(info.available, 1);
}

// After all tests. A run of all of them, or one that DSLT_TEST_EVERY_OPERATION=1 marks as enough, must have
// called everything.
class Listing : public testing::Environment {
 public:
  void TearDown() override {
    const char *asked = std::getenv("DSLT_TEST_EVERY_OPERATION");
    if (testing::GTEST_FLAG(filter) != "*" && !(asked && std::string(asked) == "1")) return;
    if (operation_calls().empty()) return;  // skipped altogether: no such backend here
    for (const char *name : kOperations) {
      std::printf("[ OPERATION ]   %-22s %7ld calls\n", name, operation_calls()[name]);
      EXPECT_GT(operation_calls()[name], 0) << name << " has no test case";
    }
  }
};

const testing::Environment *const kListing = testing::AddGlobalTestEnvironment(new Listing);

}  // namespace
