/* SPDX-License-Identifier: Apache-2.0 */
// The frames of a sequence by their numbers, decoded ahead: gaps are passed over, an error comes when its frame is
// asked for, and the thread may be stopped at any moment. Made for ThreadSanitizer (make tsan).
#include <chrono>
#include <memory>
#include <thread>

#include "dataset/dataset.h"
#include "experiment/frames.h"
#include "scratch.h"

namespace {

constexpr int kFrames = 30;

class ThreadsTest : public ScratchTest {
 protected:
  void SetUp() override {
    ScratchTest::SetUp();
    std::filesystem::create_directories(path("cup/img"));
    std::ofstream truth(path("cup/groundtruth_rect.txt"));
    for (int i = 0; i < kFrames; ++i) {
      truth << "1,2,3,4\n";
      write_frame(i, std::string("P5\n16 12\n255\n") + std::string(16 * 12, static_cast<char>(i)));
    }
    truth.close();
    dslt_dataset *set = nullptr;
    ASSERT_EQ(dslt_dataset_open(&set, "folder", folder_.c_str()), DSLT_OK) << dslt_last_error();
    set_.reset(set);
  }
  void write_frame(int number, const std::string &bytes) {
    std::ofstream(path("cup/img/" + std::to_string(1001 + number) + ".pgm"), std::ios::binary) << bytes;
  }
  // Frame `number` and nothing else, in every pixel.
  static bool holds(const dslt_image &image, int number) {
    for (int y = 0; y < image.height; ++y)
      for (int x = 0; x < image.width; ++x)
        if (static_cast<const uint8_t *>(image.data)[image.stride * static_cast<size_t>(y) + x] != number)
          return false;
    return image.width == 16 && image.height == 12;
  }
  std::unique_ptr<dslt_frames, decltype(&dslt_frames_close)> open(int first, int count) {
    dslt_frames *frames = nullptr;
    EXPECT_EQ(dslt_frames_open(&frames, set_.get(), 0, first, count), DSLT_OK) << dslt_last_error();
    return {frames, dslt_frames_close};
  }
  static void pause(int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  }
  std::unique_ptr<dslt_dataset, decltype(&dslt_dataset_free)> set_{nullptr, dslt_dataset_free};
};

TEST_F(ThreadsTest, FramesByNumberWithGaps) {
  for (int first : {0, 3})
    for (int step : {1, 2, 5, 11})
      for (int slow : {0, 1}) {
        const auto frames = open(first, kFrames - first);
        ASSERT_NE(frames, nullptr);
        dslt_image image;
        for (int i = first + step - 1; i < kFrames; i += step) {
          ASSERT_EQ(dslt_frames_get(&image, frames.get(), i), DSLT_OK) << dslt_last_error();
          if (slow) pause(1);
          EXPECT_TRUE(holds(image, i)) << i << " in steps of " << step;
        }
      }
}

TEST_F(ThreadsTest, FramesAreNotGivenBackwardsOrOutsideTheRange) {
  const auto frames = open(2, 10);
  ASSERT_NE(frames, nullptr);
  dslt_image image;
  EXPECT_EQ(dslt_frames_get(&image, frames.get(), 1), DSLT_EARGUMENT);
  ASSERT_EQ(dslt_frames_get(&image, frames.get(), 7), DSLT_OK) << dslt_last_error();
  for (int number : {6, 7, 12}) EXPECT_EQ(dslt_frames_get(&image, frames.get(), number), DSLT_EARGUMENT);
  ASSERT_EQ(dslt_frames_get(&image, frames.get(), 11), DSLT_OK) << dslt_last_error();
  EXPECT_TRUE(holds(image, 11));
}

TEST_F(ThreadsTest, AnErrorIsItsFramesAlone) {
  for (int bad : {4, 5, 9}) write_frame(bad, "P5\n16 12\n255\nshort");
  const auto frames = open(0, kFrames);
  ASSERT_NE(frames, nullptr);
  dslt_image image;
  for (int i = 0; i < 14; ++i) {
    if (i == 9) continue;  // passed over, with its error
    const int rc = dslt_frames_get(&image, frames.get(), i);
    if (i == 4 || i == 5) {
      EXPECT_LT(rc, 0);
      EXPECT_NE(std::string(dslt_last_error()).find(std::to_string(1001 + i) + ".pgm"), std::string::npos)
          << dslt_last_error();
    } else {
      ASSERT_EQ(rc, DSLT_OK) << dslt_last_error();
      EXPECT_TRUE(holds(image, i)) << i;
    }
  }
}

TEST_F(ThreadsTest, FramesMayBeClosedAtAnyMoment) {
  for (int round = 0; round < 60; ++round) {
    const auto frames = open(round % 5, kFrames - round % 5);
    ASSERT_NE(frames, nullptr);
    dslt_image image;
    for (int i = 0; i < round % 9; ++i) {
      const int number = round % 5 + i * (1 + round % 3);
      ASSERT_EQ(dslt_frames_get(&image, frames.get(), number), DSLT_OK) << dslt_last_error();
      EXPECT_TRUE(holds(image, number));
    }
    if (round % 4 == 0) pause(1);
  }
}

}  // namespace
