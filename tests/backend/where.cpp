/* SPDX-License-Identifier: Apache-2.0 */
// Says where this program's tests run, or why they cannot.
#include <string>

#include "backend_fixture.h"

namespace {

class Where : public testing::Environment {
 public:
  void SetUp() override {
    if (std::strcmp(backend_name(), "cpu") == 0) return;
    dslt_backend_info info;
    ASSERT_EQ(dslt_backend_query(&info, 1), DSLT_OK);
    ASSERT_STREQ(info.name, backend_name());
    if (!info.available) GTEST_SKIP() << skip::kGpu << info.device;
  }
};

const testing::Environment *const kWhere = testing::AddGlobalTestEnvironment(new Where);

}  // namespace
