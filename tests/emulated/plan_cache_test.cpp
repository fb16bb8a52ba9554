/* SPDX-License-Identifier: Apache-2.0 */
// The choices among cuDNN's ways on disk: kept from run to run, by GPU and version, odd files ignored.
#include "backend/cuda/plan_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

class PlanCache : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / ("dslt_plans_" + std::to_string(getpid()));
    setenv("XDG_CACHE_HOME", folder_.c_str(), 1);
  }
  void TearDown() override {
    std::filesystem::remove_all(folder_);
    unsetenv("XDG_CACHE_HOME");
  }
  std::filesystem::path folder_;
};

const int kKey[DSLT_PLAN_KEY] = {1, 40, 45, 64, 128, 1, 1},
          kOther[DSLT_PLAN_KEY] = {3, 40, 45, 64, 128, 1, 1};

TEST_F(PlanCache, WhatWasChosenIsFoundByTheNextRunOfTheSameGpuAndVersion) {
  dslt_plan_cache cache;
  dslt_plan_choice choice = {1, 3, 7, 42}, none = {0, 0, -1, -1}, got;
  dslt_plan_cache_open(&cache, "NVIDIA H200/x", "cudnn91900");
  EXPECT_EQ(dslt_plan_cache_find(&got, &cache, kKey), 0);
  dslt_plan_cache_add(&cache, kKey, &choice);
  dslt_plan_cache_add(&cache, kOther, &none);
  std::string path = cache.path;
  EXPECT_EQ(std::filesystem::path(path).filename(), "plans-NVIDIA-H200-x-cudnn91900.txt");
  dslt_plan_cache_close(&cache);

  dslt_plan_cache_open(&cache, "NVIDIA H200/x", "cudnn91900");
  ASSERT_EQ(dslt_plan_cache_find(&got, &cache, kKey), 1);
  EXPECT_EQ(got.fused, 1);
  EXPECT_EQ(got.mode, 3);
  EXPECT_EQ(got.index, 7);
  EXPECT_EQ(got.engine, 42);
  EXPECT_EQ(dslt_plan_cache_find(&got, &cache, kOther), 0);  // a failure is not kept
  dslt_plan_cache_close(&cache);

  dslt_plan_cache_open(&cache, "NVIDIA H200/x", "cudnn92000");
  EXPECT_EQ(dslt_plan_cache_find(&got, &cache, kKey), 0);
  dslt_plan_cache_close(&cache);

  std::ofstream(path) << "something else\n1 2 3\n";
  dslt_plan_cache_open(&cache, "NVIDIA H200/x", "cudnn91900");
  EXPECT_EQ(cache.count, 0);
  dslt_plan_cache_close(&cache);
}

TEST_F(PlanCache, WhoMeasuresSecondTakesWhatTheFirstFound) {
  dslt_plan_cache first, second;
  dslt_plan_cache_open(&first, "GPU", "1");
  dslt_plan_cache_open(&second, "GPU", "1");  // as another process would, before anything is there
  dslt_plan_choice one = {1, 3, 7, 42}, two = {1, 3, 2, 17}, other = {1, 0, 1, 5};
  dslt_plan_cache_add(&first, kKey, &one);
  EXPECT_EQ(one.engine, 42);
  dslt_plan_cache_add(&second, kOther, &other);
  EXPECT_EQ(other.engine, 5);
  dslt_plan_cache_add(&second, kKey, &two);
  EXPECT_EQ(two.index, 7);
  EXPECT_EQ(two.engine, 42);
  dslt_plan_cache_close(&first);
  dslt_plan_cache_close(&second);
  dslt_plan_cache_open(&first, "GPU", "1");
  EXPECT_EQ(first.count, 2);
  dslt_plan_cache_close(&first);
}

TEST_F(PlanCache, WhereNothingCanBeWrittenNothingIsPretended) {
  std::ofstream(folder_) << "a file where the folder should be";
  dslt_plan_cache cache;
  dslt_plan_cache_open(&cache, "GPU", "1");
  EXPECT_STREQ(cache.path, "");
  dslt_plan_choice choice = {1, 3, 7, 42}, got;
  dslt_plan_cache_add(&cache, kKey, &choice);
  EXPECT_EQ(dslt_plan_cache_find(&got, &cache, kKey), 1);  // for this run
  dslt_plan_cache_close(&cache);
}

TEST_F(PlanCache, ManyChoicesAndTwoProcesses) {
  dslt_plan_cache a, b;
  dslt_plan_cache_open(&a, "GPU", "1");
  dslt_plan_cache_open(&b, "GPU", "1");
  dslt_plan_choice choice = {1, 3, 0, 0}, got;
  for (int i = 0; i < 100; ++i) {
    int key[DSLT_PLAN_KEY] = {i, 0, 0, 0, 0, 0, 0};
    choice.index = i;
    dslt_plan_cache_add(i % 2 ? &a : &b, key, &choice);
  }
  dslt_plan_cache_close(&a);
  dslt_plan_cache_close(&b);
  dslt_plan_cache_open(&a, "GPU", "1");
  EXPECT_EQ(a.count, 100);
  for (int i = 0; i < 100; ++i) {
    int key[DSLT_PLAN_KEY] = {i, 0, 0, 0, 0, 0, 0};
    ASSERT_EQ(dslt_plan_cache_find(&got, &a, key), 1);
    EXPECT_EQ(got.index, i);
  }
  dslt_plan_cache_close(&a);
}

}  // namespace
