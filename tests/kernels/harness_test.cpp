/* SPDX-License-Identifier: Apache-2.0 */
// Does the harness itself do what a GPU does, and notice what a GPU would not forgive?
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "dslt/dslt.h"
#include "harness.h"
#include "pack.h"
#include "skip.h"

namespace {

// Each thread takes its neighbour's value from shared memory; `wait` 0 leaves the barrier out.
__global__ void rotate(int *out, int wait) {
  __shared__ int shared[64];
  shared[threadIdx.x] = int(100 * blockIdx.x + threadIdx.x);
  if (wait) __syncthreads();
  out[blockIdx.x * blockDim.x + threadIdx.x] = shared[(threadIdx.x + 1) % blockDim.x];
  if (wait) __syncthreads();
}

__global__ void warp_sum(int *out) {
  int sum = int(threadIdx.x);
  for (unsigned step = 16; step > 0; step /= 2) sum += __shfl_down_sync(0xffffffffu, sum, step);
  if (threadIdx.x % 32 == 0) out[threadIdx.x / 32] = sum;
}

__global__ void butterfly_sum(int *out) {
  int sum = int(threadIdx.x);
  for (unsigned step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, step);
  out[threadIdx.x] = sum;
}

__global__ void half_a_barrier(unsigned arrive) {
  if (threadIdx.x < arrive) __syncthreads();
}

__global__ void two_barriers(unsigned first) {
  if (threadIdx.x < first)
    __syncthreads();
  else
    __syncthreads();
}

__global__ void half_a_shuffle(int *out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_down_sync(0xffffffffu, int(threadIdx.x), 1);
}

__global__ void count_blocks(uint32_t *ticket, int *places) {
  if (threadIdx.x == 0)
    places[blockIdx.y * gridDim.x + blockIdx.x] = int(atomicInc(ticket, gridDim.x * gridDim.y - 1));
}

// Not atomic across blocks: a block that runs meanwhile counts from the same number.
__global__ void count_badly(int *counter) {
  const int old = *counter;
  __syncthreads();
  if (threadIdx.x == 0) *counter = old + 1;
}

__global__ void copy_four(float *to, const float *from) { dslt_store(to, dslt_load<4>(from)); }

class Harness : public ::testing::TestWithParam<harness::Order> {
 protected:
  void SetUp() override { harness::set_order(GetParam()); }
};

TEST_P(Harness, BarrierHoldsUntilAllHaveWritten) {
  std::vector<int> out(3 * 64, -1);
  ASSERT_EQ(DSLT_LAUNCH(rotate, 3, 64, nullptr, out.data(), 1), DSLT_OK) << dslt_last_error();
  for (int i = 0; i < 3 * 64; ++i) EXPECT_EQ(out[std::size_t(i)], 100 * (i / 64) + (i % 64 + 1) % 64);
}

TEST_P(Harness, MissingBarrierShows) {
  std::vector<int> with(3 * 64), without(3 * 64);
  ASSERT_EQ(DSLT_LAUNCH(rotate, 3, 64, nullptr, with.data(), 1), DSLT_OK);
  ASSERT_EQ(DSLT_LAUNCH(rotate, 3, 64, nullptr, without.data(), 0), DSLT_OK);
  EXPECT_NE(with, without);
}

TEST_P(Harness, ShuffleAddsUpAWarp) {
  std::vector<int> out(2);
  ASSERT_EQ(DSLT_LAUNCH(warp_sum, 1, 64, nullptr, out.data()), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(out, (std::vector<int>{496, 1520}));
}

TEST_P(Harness, ButterflyGivesEveryLaneTheSum) {
  std::vector<int> out(64);
  ASSERT_EQ(DSLT_LAUNCH(butterfly_sum, 1, 64, nullptr, out.data()), DSLT_OK) << dslt_last_error();
  for (int i = 0; i < 64; ++i) EXPECT_EQ(out[std::size_t(i)], i < 32 ? 496 : 1520);
}

TEST_P(Harness, TicketCountsBlocksAndReturnsToZero) {
  uint32_t ticket = 0;
  std::vector<int> places(12, -1);
  ASSERT_EQ(DSLT_LAUNCH(count_blocks, dim3(4, 3), 32, nullptr, &ticket, places.data()), DSLT_OK);
  EXPECT_EQ(ticket, 0u);
  std::sort(places.begin(), places.end());
  for (int i = 0; i < 12; ++i) EXPECT_EQ(places[std::size_t(i)], i);
}

TEST_P(Harness, BlocksRunAmongOneAnotherWhenShuffled) {
  int counter = 0;
  ASSERT_EQ(DSLT_LAUNCH(count_badly, 32, 64, nullptr, &counter), DSLT_OK);
  if (GetParam() == harness::Order::shuffled)
    EXPECT_LT(counter, 32);
  else
    EXPECT_EQ(counter, 32);
  int again = 0;
  ASSERT_EQ(DSLT_LAUNCH(count_badly, 32, 64, nullptr, &again), DSLT_OK);
  EXPECT_EQ(again, counter) << "the same launch runs the same way twice";
}

// As a GPU does, where a load of four floats is not at a multiple of 16 bytes.
TEST_P(Harness, MisalignedVectorsFault) {
  alignas(16) float from[8] = {1, 2, 3, 4, 5, 6, 7, 8}, to[4] = {};
  ASSERT_EQ(DSLT_LAUNCH(copy_four, 1, 1, nullptr, to, from + 4), DSLT_OK);
  EXPECT_EQ(to[3], 8);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << skip::kSanitizer;  // alignment is left to UndefinedBehaviorSanitizer there
#else
  EXPECT_DEATH((void)DSLT_LAUNCH(copy_four, 1, 1, nullptr, to, from + 1), "");
#endif
}

TEST_P(Harness, DivergenceFailsTheLaunchAndSparesTheNext) {
  std::vector<int> out(64);
  EXPECT_EQ(DSLT_LAUNCH(half_a_barrier, 1, 64, nullptr, 32u), DSLT_EDEVICE);
  EXPECT_NE(std::strstr(dslt_last_error(), "half_a_barrier: thread 0 of block (0, 0) waits at line"), nullptr)
      << dslt_last_error();
  EXPECT_NE(std::strstr(dslt_last_error(), "thread 32 has ended"), nullptr) << dslt_last_error();
  EXPECT_EQ(DSLT_LAUNCH(two_barriers, 1, 64, nullptr, 32u), DSLT_EDEVICE);
  EXPECT_NE(std::strstr(dslt_last_error(), "thread 32 waits at line"), nullptr) << dslt_last_error();
  EXPECT_EQ(DSLT_LAUNCH(half_a_shuffle, 1, 32, nullptr, out.data()), DSLT_EDEVICE);
  EXPECT_NE(std::strstr(dslt_last_error(), "thread 16 has ended"), nullptr) << dslt_last_error();
  EXPECT_EQ(DSLT_LAUNCH(rotate, 1, 64, nullptr, out.data(), 1), DSLT_OK) << dslt_last_error();
}

TEST_P(Harness, ImpossibleGridsAreRefused) {
  std::vector<int> out(64);
  EXPECT_EQ(DSLT_LAUNCH(rotate, 1, 1025, nullptr, out.data(), 1), DSLT_EDEVICE);
  EXPECT_EQ(DSLT_LAUNCH(rotate, 0, 64, nullptr, out.data(), 1), DSLT_EDEVICE);
  EXPECT_EQ(DSLT_LAUNCH(rotate, dim3(1, 65536), 64, nullptr, out.data(), 1), DSLT_EDEVICE);
}

const char *const kNames[] = {"Forward", "Reversed", "Shuffled"};

std::string order_name(const ::testing::TestParamInfo<harness::Order> &order) {
  return kNames[int(order.param)];
}

INSTANTIATE_TEST_SUITE_P(In, Harness,
                         ::testing::Values(harness::Order::forward, harness::Order::reversed,
                                           harness::Order::shuffled),
                         order_name);

}  // namespace
