// Kernels take_level and store_sample against the CPU's take_level and the host's sample store.
#include "track/samples.h"
#include "device.h"

namespace {

class SamplesKernel : public KernelTest {
 protected:
  dslt_pose *pose_at(int level) {
    dslt_pose pose = {};
    pose.level = level;
    return upload(std::vector<dslt_pose>{pose});
  }
};

TEST_P(SamplesKernel, TakeLevelEqualsItsTwin) {
  for (std::size_t count : {1u, 255u, 256u, 300u, 300000u})
    for (int level : {0, 2}) {
      std::vector<float> batch = noise(3 * count, 1), want(count);
      dslt_pose pose = {};
      pose.level = level;
      ASSERT_EQ(dslt_cpu_backend.take_level(cpu(), want.data(), batch.data(), &pose, count), DSLT_OK);
      float *dst = zeros<float>(count);
      ASSERT_EQ(kernels().take_level(stream(), dst, upload(batch), pose_at(level), count), DSLT_OK)
          << dslt_last_error();
      EXPECT_EQ(download(dst, count), want);
    }
}

TEST_P(SamplesKernel, RingTurnsAsTheHostsDoes) {
  const std::size_t low_count = 700, high_count = 260;
  for (int capacity : {1, 2, 3, 7}) {
    SCOPED_TRACE(capacity);
    dslt_samples want;
    ASSERT_EQ(dslt_samples_create(&want, cpu(), capacity, capacity, low_count, high_count), DSLT_OK);
    std::size_t slots = std::size_t(capacity);
    float *low_store = zeros<float>(slots * low_count), *high_store = zeros<float>(slots * high_count);
    dslt_ring *ring = upload(std::vector<dslt_ring>{{capacity, 1, capacity > 1 ? 1 : 0, 0}});
    for (int frame = 0; frame < 17; ++frame) {
      vary(frame);
      bool batched = frame % 3 != 0;  // every third frame has no pyramid
      dslt_pose pose = {};
      pose.level = batched ? frame % 3 : 0;
      std::vector<float> low = noise(3 * low_count, unsigned(frame)),
                         high = noise(3 * high_count, unsigned(90 + frame));
      int slot = dslt_samples_advance(&want);
      if (slot >= 0) {
        ASSERT_EQ(
            dslt_cpu_backend.take_level(cpu(), dslt_samples_low(&want, slot), low.data(), &pose, low_count),
            DSLT_OK);
        ASSERT_EQ(dslt_cpu_backend.take_level(cpu(), dslt_samples_high(&want, slot), high.data(), &pose,
                                              high_count),
                  DSLT_OK);
      }
      ASSERT_EQ(kernels().store_sample(stream(), ring, low_store, high_store, upload(low), upload(high),
                                       batched ? pose_at(pose.level) : nullptr, low_count, high_count),
                DSLT_OK)
          << dslt_last_error();
      dslt_ring got = download(ring, 1)[0];
      EXPECT_EQ(got.next, want.next);
      EXPECT_EQ(got.count, want.count);
      EXPECT_EQ(got.ticket, 0u);
    }
    EXPECT_EQ(download(low_store, slots * low_count),
              std::vector<float>(want.low, want.low + slots * low_count));
    EXPECT_EQ(download(high_store, slots * high_count),
              std::vector<float>(want.high, want.high + slots * high_count));
    dslt_samples_free(&want, cpu());
  }
}

TEST_P(SamplesKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(8);
  dslt_ring *ring = upload(std::vector<dslt_ring>{{2, 1, 1, 0}});
  EXPECT_EQ(kernels().take_level(stream(), x, x, pose_at(0), 0), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().take_level(stream(), x, x, nullptr, 1), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().store_sample(stream(), ring, x, x, x, x, nullptr, 0, 1), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().store_sample(stream(), nullptr, x, x, x, x, nullptr, 1, 1), DSLT_EARGUMENT);
  EXPECT_EQ(download(ring, 1)[0].next, 1);
}

EVERYWHERE(SamplesKernel);

}  // namespace
