/* SPDX-License-Identifier: Apache-2.0 */
// The reader's thread: what it hands over stays whole however fast the two sides are, and it may be stopped at
// any moment. Made for ThreadSanitizer (make tsan).
#include <chrono>
#include <thread>

#include "media_test.h"

namespace {

constexpr int kFrames = 30;

class ThreadsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < kFrames; ++i)
      write_file(folder_ / ("img" + std::to_string(i) + ".pgm"), make_pgm(16, 12, static_cast<uint8_t>(i)));
  }
  // Frame `number` and nothing else, in every pixel.
  static bool holds(const dslt_image &image, int number) {
    for (int y = 0; y < image.height; ++y)
      for (int x = 0; x < image.width; ++x)
        if (static_cast<const uint8_t *>(image.data)[image.stride * static_cast<size_t>(y) + x] != number)
          return false;
    return image.width == 16 && image.height == 12;
  }
  static dslt_source_options options_of(int start, int ahead, int held) {
    dslt_source_options options = {};
    options.start = start, options.read_ahead = ahead, options.held = held;
    return options;
  }
  static void pause(int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  }
  Folder folder_;
};

TEST_F(ThreadsTest, FramesComeInOrderAndWhole) {
  for (int ahead : {1, 2, 7})
    for (int slow : {0, 1}) {
      const dslt_source_options options = options_of(0, ahead, 0);
      dslt_source *source = nullptr;
      ASSERT_EQ(dslt_source_open(&source, folder_.path().c_str(), &options), DSLT_OK) << dslt_last_error();
      dslt_image image;
      int count = 0;
      while (dslt_source_next(&image, nullptr, nullptr, source) == 1) {
        if (slow) pause(1);
        EXPECT_TRUE(holds(image, count)) << count;
        ++count;
      }
      EXPECT_EQ(count, kFrames);
      EXPECT_EQ(dslt_source_next(&image, nullptr, nullptr, source), 0);  // and stays at its end
      dslt_source_close(source);
    }
}

TEST_F(ThreadsTest, HeldFramesStayWholeWhileTheNextOnesAreDecoded) {
  for (int held : {2, 3, 8}) {
    const dslt_source_options options = options_of(0, 2, held);
    dslt_source *source = nullptr;
    ASSERT_EQ(dslt_source_open(&source, folder_.path().c_str(), &options), DSLT_OK) << dslt_last_error();
    std::vector<dslt_image> kept;
    dslt_image image;
    while (dslt_source_next(&image, nullptr, nullptr, source) == 1) {
      kept.push_back(image);
      if (kept.size() % 5 == 0) pause(1);
      const int count = static_cast<int>(kept.size());
      for (int i = count > held ? count - held : 0; i < count; ++i)
        EXPECT_TRUE(holds(kept[static_cast<size_t>(i)], i)) << "frame " << i << " of " << count;
    }
    EXPECT_EQ(kept.size(), static_cast<size_t>(kFrames));
    dslt_source_close(source);
  }
}

TEST_F(ThreadsTest, ASourceMayBeClosedAtAnyMoment) {
  for (int round = 0; round < 60; ++round) {
    const dslt_source_options options = options_of(round % 5, 1 + round % 3, round % 4);
    dslt_source *source = nullptr;
    ASSERT_EQ(dslt_source_open(&source, folder_.path().c_str(), &options), DSLT_OK) << dslt_last_error();
    dslt_image image;
    for (int i = 0; i < round % 9; ++i) {
      ASSERT_EQ(dslt_source_next(&image, nullptr, nullptr, source), 1);
      EXPECT_TRUE(holds(image, round % 5 + i));
    }
    if (round % 3 == 0) pause(1);
    dslt_source_close(source);
  }
}

TEST_F(ThreadsTest, AnErrorOfTheThreadArrivesInTheCallersOne) {
  write_file(folder_ / "img7.pgm", std::string("P5\n16 12\n255\nshort"));
  for (int ahead : {1, 4}) {
    const dslt_source_options options = options_of(0, ahead, 0);
    dslt_source *source = nullptr;
    ASSERT_EQ(dslt_source_open(&source, folder_.path().c_str(), &options), DSLT_OK) << dslt_last_error();
    dslt_image image;
    for (int i = 0; i < 7; ++i) ASSERT_EQ(dslt_source_next(&image, nullptr, nullptr, source), 1) << i;
    EXPECT_LT(dslt_source_next(&image, nullptr, nullptr, source), 0);
    EXPECT_NE(std::string(dslt_last_error()).find("img7.pgm"), std::string::npos) << dslt_last_error();
    dslt_source_close(source);
  }
}

TEST_F(ThreadsTest, SourcesInSeveralThreads) {
  int counts[3] = {};
  std::vector<std::thread> threads;
  for (int &count : counts)
    threads.emplace_back([this, &count] {
      dslt_source *source = nullptr;
      EXPECT_EQ(dslt_source_open(&source, folder_.path().c_str(), nullptr), DSLT_OK);
      dslt_image image;
      while (source && dslt_source_next(&image, nullptr, nullptr, source) == 1) count += holds(image, count);
      dslt_source_close(source);
    });
  for (std::thread &thread : threads) thread.join();
  for (int count : counts) EXPECT_EQ(count, kFrames);
}

}  // namespace
