/* SPDX-License-Identifier: Apache-2.0 */
// Blocks as threads: do they run at once, and does ThreadSanitizer, for which they are made, see what CUDA does not order?
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <vector>

#include "dslt/dslt.h"
#include "harness.h"

namespace {

__global__ void take_tickets(uint32_t *ticket, int *places, pthread_t *threads) {
  if (threadIdx.x > 0) return;
  places[blockIdx.x] = int(atomicInc(ticket, gridDim.x - 1));
  threads[blockIdx.x] = pthread_self();
}

__global__ void half_a_barrier(unsigned arrive) {
  if (threadIdx.x < arrive) __syncthreads();
}

class BlocksAsThreads : public ::testing::Test {
 protected:
  void SetUp() override {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    harness::set_order(harness::Order::concurrent);
  }
  void TearDown() override { harness::set_order(harness::Order::forward); }
};

TEST_F(BlocksAsThreads, EachTakesATicketInOneOfSeveralThreads) {
  uint32_t ticket = 0;
  std::vector<int> places(50, -1);
  std::vector<pthread_t> threads(50);
  ASSERT_EQ(DSLT_LAUNCH(take_tickets, 50, 32, nullptr, &ticket, places.data(), threads.data()), DSLT_OK)
      << dslt_last_error();
  EXPECT_EQ(ticket, 0u);
  std::sort(places.begin(), places.end());
  for (int i = 0; i < 50; ++i) EXPECT_EQ(places[std::size_t(i)], i);
  EXPECT_EQ(std::set<pthread_t>(threads.begin(), threads.end()).size(), 4u);
}

TEST_F(BlocksAsThreads, AFailureIsToldAndSparesTheNextLaunch) {
  EXPECT_EQ(DSLT_LAUNCH(half_a_barrier, 4, 64, nullptr, 32u), DSLT_EDEVICE);
  EXPECT_NE(std::strstr(dslt_last_error(), "half_a_barrier: thread 0 of block ("), nullptr)
      << dslt_last_error();
  EXPECT_EQ(DSLT_LAUNCH(half_a_barrier, 4, 64, nullptr, 64u), DSLT_OK) << dslt_last_error();
}

#ifdef __SANITIZE_THREAD__

enum Mistake { kNone, kNoBarrier, kNoFence, kEarlyFence, kNoTicket };

// The last block adds what the others wrote, as dslt_last_block() has it; or with one mistake.
__global__ void add_up(int *sum, int *parts, uint32_t *ticket, Mistake mistake) {
  __shared__ int values[64];
  __shared__ int last;
  values[threadIdx.x] = int(threadIdx.x);
  if (mistake != kNoBarrier) __syncthreads();
  if (threadIdx.x == 0) {
    int own = 0;
    for (unsigned i = 0; i < blockDim.x; ++i) own += values[i];
    if (mistake == kEarlyFence) __threadfence();
    parts[blockIdx.x] = own;
    if (mistake != kNoFence && mistake != kEarlyFence) __threadfence();
    last = mistake == kNoTicket ? blockIdx.x == gridDim.x - 1
                                : atomicInc(ticket, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last || threadIdx.x != 1) return;
  __threadfence();
  *sum = 0;
  for (unsigned i = 0; i < gridDim.x; ++i) *sum += parts[i];
}

__global__ void count_badly(int *counter) {
  if (threadIdx.x == 0) ++*counter;
}

// Runs in a process of its own, since ThreadSanitizer makes one that had a race end with 66.
void run(Mistake mistake) {
  int sum = 0;
  std::vector<int> parts(6);
  uint32_t ticket = 0;
  const int rc = DSLT_LAUNCH(add_up, 6, 64, nullptr, &sum, parts.data(), &ticket, mistake);
  std::exit(rc < 0 || (mistake == kNone && sum != 6 * 2016));
}

TEST_F(BlocksAsThreads, WhatIsInOrderIsQuiet) { EXPECT_EXIT(run(kNone), ::testing::ExitedWithCode(0), ""); }

TEST_F(BlocksAsThreads, RacesAreFound) {
  const auto raced = ::testing::ExitedWithCode(66);
  EXPECT_EXIT(run(kNoBarrier), raced, "data race.*add_up");
  EXPECT_EXIT(run(kNoFence), raced, "data race.*add_up");
  EXPECT_EXIT(run(kEarlyFence), raced, "data race.*add_up");
  EXPECT_EXIT(run(kNoTicket), raced, "data race.*add_up");
  int counter = 0;
  EXPECT_EXIT(std::exit(DSLT_LAUNCH(count_badly, 8, 32, nullptr, &counter) < 0), raced,
              "data race.*count_badly");
}

#endif

}  // namespace
