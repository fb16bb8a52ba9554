/* SPDX-License-Identifier: Apache-2.0 */
// An operation that only this file knows, soft thresholding, as a new row of the list of nn.h: what a new operation
// touches is its row, its function in each backend (the GPU's with a kernel, run in the CPU harness here) and its test.
// Member, prototypes, tables, and the list of names that the tests check come from the row.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "backend_fixture.h"
#include "kernels/harness.h"

// ---- the row: in host/backend/nn.h -------------------------------------------------------------------

/* y = x moved towards 0 by `threshold`, 0 where it would pass it, over count values; y may be x. */
#define SOFT_THRESHOLD(XX) \
  XX(int, soft_threshold, (dslt_backend * backend, float *y, const float *x, float threshold, size_t count))

// The list with its new row, and what is made from it without a further line.
#define LONGER_LIST(XX) DSLT_NN_OPERATIONS(XX) SOFT_THRESHOLD(XX)
struct LongerTable {
  LONGER_LIST(DSLT_MEMBER)
};
#define CPU_PROTOTYPE(type, name, parameters) type dslt_cpu_##name parameters;
extern "C" {
LONGER_LIST(CPU_PROTOTYPE)
}
#define CPU_ENTRY(type, name, parameters) dslt_cpu_##name,
static const LongerTable cpu_table = {LONGER_LIST(CPU_ENTRY)};

// The GPU's table holds the new row alone: its others need a GPU.
struct ShortTable {
  SOFT_THRESHOLD(DSLT_MEMBER)
};
#define GPU_PROTOTYPE(type, name, parameters) type toy_gpu_##name parameters;
extern "C" {
SOFT_THRESHOLD(GPU_PROTOTYPE)
}
#define GPU_ENTRY(type, name, parameters) toy_gpu_##name,
static const ShortTable gpu_table = {SOFT_THRESHOLD(GPU_ENTRY)};

// ---- the CPU's function: in host/backend/cpu/ --------------------------------------------------------

int dslt_cpu_soft_threshold(dslt_backend *, float *y, const float *x, float threshold, size_t count) {
  for (size_t i = 0; i < count; ++i)
    y[i] = std::max(x[i] - threshold, 0.0f) + std::min(x[i] + threshold, 0.0f);
  return DSLT_OK;
}

// ---- the kernel and its launcher: in kernels/; the GPU's function: in host/backend/cuda/ ------------

static __global__ void soft_threshold_kernel(float *y, const float *x, float threshold, size_t count) {
  for (size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += size_t(gridDim.x) * blockDim.x)
    y[i] = std::max(x[i] - threshold, 0.0f) + std::min(x[i] + threshold, 0.0f);
}

int toy_gpu_soft_threshold(dslt_backend *, float *y, const float *x, float threshold, size_t count) {
  void *const stream = nullptr;
  return DSLT_LAUNCH(soft_threshold_kernel, 3, 64, stream, y, x, threshold, count);
}

// ---- its test: in tests/backend/ and tests/kernels/ --------------------------------------------------

namespace {

#define NAME(type, name, parameters) #name,
const std::vector<std::string> kNames = {LONGER_LIST(NAME)};
const std::vector<std::string> kNamesBefore = {DSLT_NN_OPERATIONS(NAME)};

COUNTED_TABLE(CountedLonger, LongerTable, LONGER_LIST);
COUNTED_TABLE(CountedShort, ShortTable, SOFT_THRESHOLD);

const float kThreshold = 0.25f;

std::vector<float> inputs(size_t count) {
  std::vector<float> x(count);
  for (size_t i = 0; i < count; ++i) x[i] = std::sin(float(i));
  x[0] = kThreshold;
  return x;
}

void expect_thresholded(const std::vector<float> &y, const std::vector<float> &x) {
  ASSERT_EQ(y.size(), x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    double want = 0;
    if (x[i] > kThreshold) want = double(x[i]) - double(kThreshold);
    if (x[i] < -kThreshold) want = double(x[i]) + double(kThreshold);
    EXPECT_NEAR(double(y[i]), want, 1e-7) << i;
  }
}

TEST(ToyOperation, IsOneOfTheList) {
  EXPECT_EQ(kNames.size(), kNamesBefore.size() + 1);
  EXPECT_EQ(std::count(kNames.begin(), kNames.end(), "soft_threshold"), 1);
  EXPECT_EQ(std::count(kNamesBefore.begin(), kNamesBefore.end(), "soft_threshold"), 0);
#define FILLED(type, name, parameters) EXPECT_NE(cpu_table.name, nullptr) << #name;
  LONGER_LIST(FILLED)
  EXPECT_NE(gpu_table.soft_threshold, nullptr);
}

TEST(ToyOperation, IsCalledAndCountedLikeEveryOther) {
  const CountedLonger nn = CountedLonger::of(&cpu_table);
  const dslt_backend_config config = {1, DSLT_PRECISION_F32, 0};
  dslt_backend *cpu = nullptr;
  ASSERT_EQ(dslt_backend_open(&cpu, "cpu", &config), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(cpu->device->begin(cpu), DSLT_OK);
  const std::vector<float> x = inputs(1000);
  std::vector<float> y(x.size(), NAN);
  const long before = operation_calls()["soft_threshold"];
  EXPECT_EQ(nn.soft_threshold(cpu, y.data(), x.data(), kThreshold, x.size()), DSLT_OK);
  EXPECT_EQ(operation_calls()["soft_threshold"], before + 1);
  expect_thresholded(y, x);
  // An older row of the same table: y = 2 x.
  EXPECT_EQ(cpu_table.axpby(cpu, y.data(), 2, x.data(), 0, nullptr, x.size()), DSLT_OK);
  for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(y[i], 2 * x[i]) << i;
  cpu->device->end(cpu);
  cpu->device->close(cpu);
}

TEST(ToyOperation, ItsKernelRunsInTheHarness) {
  const CountedShort gpu = CountedShort::of(&gpu_table);
  for (harness::Order order : {harness::Order::forward, harness::Order::reversed, harness::Order::shuffled})
    for (size_t count : {size_t(1), size_t(64), size_t(1000)}) {
      harness::set_order(order);
      const std::vector<float> x = inputs(count);
      std::vector<float> y(count, NAN), in_place = x;
      ASSERT_EQ(gpu.soft_threshold(nullptr, y.data(), x.data(), kThreshold, count), DSLT_OK)
          << dslt_last_error();
      expect_thresholded(y, x);
      ASSERT_EQ(gpu.soft_threshold(nullptr, in_place.data(), in_place.data(), kThreshold, count), DSLT_OK);
      expect_thresholded(in_place, x);
    }
  harness::set_order(harness::Order::forward);
}

}  // namespace
