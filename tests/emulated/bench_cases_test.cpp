/* SPDX-License-Identifier: Apache-2.0 */
// The cases of the kernels' benchmark (bench/kernels) on the emulated GPU: each is made and launched once, and its
// result is right. How long a kernel takes can be seen on a real one only.
#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>
#include <vector>

#include "bench.h"
#include "dnn.h"
#include "runtime.h"

#include "backend/backend.h"

namespace {

// Too slow here: layers of VGG-16, which are vendor libraries' work and not the kernels'.
bool left_out(const std::string &name) {
  return name.rfind("layer_cudnn ", 0) == 0 || name.rfind("layer_products ", 0) == 0;
}

std::string kernel_of(const std::string &name) { return name.substr(0, name.find(' ')); }

std::vector<std::string> kernels() {
  std::set<std::string> out;
  for (const bench::Entry &entry : bench::entries())
    if (!left_out(entry.name)) out.insert(kernel_of(entry.name));
  return {out.begin(), out.end()};
}

class BenchCases : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    emulated::allow(true, true);
    cudnn::use(cudnn::Library::emulated);
    const dslt_backend_config config = {1, DSLT_PRECISION_F32, 0};
    ASSERT_EQ(dslt_cpu_backend.device->open(&cpu_, &config), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(dslt_cpu_backend.device->begin(cpu_), DSLT_OK);  // binds its threads
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamDefault), cudaSuccess);
  }
  void TearDown() override {
    if (stream_) cudaStreamDestroy(stream_);
    if (cpu_) cpu_->device->end(cpu_);
    if (cpu_) cpu_->device->close(cpu_);
    cudnn::use(cudnn::Library::none);
  }
  dslt_backend *cpu_ = nullptr;
  cudaStream_t stream_ = nullptr;
};

TEST_P(BenchCases, AreRight) {
  for (const bench::Entry &entry : bench::entries()) {
    if (kernel_of(entry.name) != GetParam()) continue;
    SCOPED_TRACE(entry.name);
    bench::Memory memory;
    const bench::Case what = entry.make(memory, cpu_);
    EXPECT_GT(what.bytes, 0);
    EXPECT_GE(what.flops, 0);
    // Before the launch the result is not there yet, or this would be no test.
    EXPECT_GT(what.error(), what.tolerance);
    ASSERT_EQ(what.launch(stream_), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    EXPECT_LE(what.error(), what.tolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, BenchCases, ::testing::ValuesIn(kernels()),
                         [](const auto &one) { return one.param; });

TEST(BenchCaseNames, AreDifferent) {
  std::set<std::string> names;
  for (const bench::Entry &entry : bench::entries())
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
}

}  // namespace
