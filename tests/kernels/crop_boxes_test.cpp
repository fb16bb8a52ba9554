/* SPDX-License-Identifier: Apache-2.0 */
// Kernel crop_boxes against the CPU backend's: boxes within and beyond the frame, narrow and wide ratios on
// each axis, every output type.
#include <cmath>
#include <limits>

#include "device.h"
#include "pack.h"

namespace {

class CropBoxesKernel : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    const std::vector<float> values = noise(std::size_t(kWidth) * kHeight * 3, 5);
    for (float v : values) pixels_.push_back(uint8_t(127.5f + 127.0f * v));
    image_ = {pixels_.data(), kWidth, kHeight, std::size_t(kWidth) * 3, DSLT_BGR8};
  }
  dslt_frame_view *view() {
    dslt_frame_view out;
    EXPECT_EQ(
        kernels().frame_view(&out, upload(pixels_), std::size_t(kWidth) * 3, kWidth, kHeight, DSLT_BGR8),
        DSLT_OK);
    return upload(std::vector<dslt_frame_view>{out});
  }
  std::vector<float> wanted(const std::vector<dslt_box> &boxes, int h, int w) {
    std::vector<float> out(boxes.size() * std::size_t(h) * std::size_t(w) * 3);
    EXPECT_EQ(dslt_cpu_backend.device->frame(cpu(), &image_, nullptr), DSLT_OK);
    EXPECT_EQ(dslt_cpu_backend.vision->crop_boxes(cpu(), out.data(), nullptr, h, w, &norm_, boxes.data(),
                                                  int(boxes.size())),
              DSLT_OK);
    return out;
  }

  static constexpr int kWidth = 1200, kHeight = 41;
  const dslt_input_norm norm_ = {1, {100, 110, 120}, {0.02f, 0.02f, 0.02f}};
  std::vector<uint8_t> pixels_;
  dslt_image image_ = {};
};

TEST_P(CropBoxesKernel, EqualsTheCpus) {
  const std::vector<dslt_box> boxes = {{10.3, 5.1, 20, 20},   {3, 2, 300, 7},      {500.5, 1, 2.5, 38},
                                       {-40, -30, 90, 60},    {1190, 30, 50, 50},  {0, 0, kWidth, kHeight},
                                       {-9000, -5, 20000, 9}, {700, -400, 3, 900}, {600, 20, 0, -4}};
  for (int w : {9, 140}) {
    const std::vector<float> want = wanted(boxes, 3, w);
    float *out = upload(std::vector<float>(want.size(), NAN));
    ASSERT_EQ(kernels().crop_boxes(stream(), out, DSLT_TYPE_F32, 3, view(), 3, w, &norm_, upload(boxes),
                                   int(boxes.size()), nullptr),
              DSLT_OK)
        << dslt_last_error();
    const std::vector<float> got = download(out, want.size());
    for (std::size_t i = 0; i < want.size(); ++i)
      ASSERT_NEAR(got[i], want[i], 2e-4) << i << " of width " << w;
  }
}

TEST_P(CropBoxesKernel, EveryTypeOfOutput) {
  const std::vector<dslt_box> boxes = {{10.3, 5.1, 20, 30}, {300, 2, 60, 12}};
  const std::vector<float> want = wanted(boxes, 4, 5);
  for (int channels : {3, 4, 8}) {
    const std::size_t pixels = want.size() / 3, values = pixels * std::size_t(channels);
    uint16_t *out = upload(std::vector<uint16_t>(values, 0x7fc0));
    ASSERT_EQ(kernels().crop_boxes(stream(), out, DSLT_TYPE_BF16, channels, view(), 4, 5, &norm_,
                                   upload(boxes), 2, nullptr),
              DSLT_OK)
        << dslt_last_error();
    const std::vector<uint16_t> got = download(out, values);
    for (std::size_t i = 0; i < values; ++i) {
      const std::size_t c = i % std::size_t(channels);
      const double value = c < 3 ? double(want[i / std::size_t(channels) * 3 + c]) : 0;
      ASSERT_NEAR(double(dslt_from_bf16({got[i]})), value, std::fabs(value) / 200 + 1e-3) << i;
    }
  }
}

TEST_P(CropBoxesKernel, OddBoxesAndFlags) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const std::vector<dslt_box> boxes = {{nan, 0, 5, 5}, {0, 0, nan, 5}, {inf, -inf, 5, 5}, {1e300, 0, -3, 0}};
  float *out = upload(std::vector<float>(4 * 12, 7.0f));
  ASSERT_EQ(kernels().crop_boxes(stream(), out, DSLT_TYPE_F32, 3, view(), 2, 2, &norm_, upload(boxes), 4,
                                 zeros<int32_t>(1)),
            DSLT_OK);
  EXPECT_EQ(download(out, 48), std::vector<float>(48, 7.0f));
  ASSERT_EQ(
      kernels().crop_boxes(stream(), out, DSLT_TYPE_F32, 3, view(), 2, 2, &norm_, upload(boxes), 4, nullptr),
      DSLT_OK);
  for (float v : download(out, 48)) EXPECT_TRUE(std::isfinite(v));
}

TEST_P(CropBoxesKernel, RefusesWhatItCannotDo) {
  float *out = zeros<float>(12);
  dslt_box *box = zeros<dslt_box>(1);
  dslt_frame_view *frame = view();
  auto crop = [&](void *to, int h, int w, const dslt_box *of, int count) {
    return kernels().crop_boxes(stream(), to, DSLT_TYPE_F32, 3, frame, h, w, &norm_, of, count, nullptr);
  };
  EXPECT_EQ(crop(nullptr, 2, 2, box, 1), DSLT_EARGUMENT);
  EXPECT_EQ(crop(out, 2, 2, nullptr, 1), DSLT_EARGUMENT);
  EXPECT_EQ(crop(out, 0, 2, box, 1), DSLT_EARGUMENT);
  EXPECT_EQ(crop(out, 2, DSLT_MAP_SIDE_MAX + 1, box, 1), DSLT_EARGUMENT);
  EXPECT_EQ(crop(out, 2, 2, box, 0), DSLT_EARGUMENT);
  EXPECT_EQ(crop(out, 2, 2, box, DSLT_BOXES_MAX + 1), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().crop_boxes(stream(), out, dslt_type(7), 3, frame, 2, 2, &norm_, box, 1, nullptr),
            DSLT_EARGUMENT);
}

EVERYWHERE(CropBoxesKernel);

}  // namespace
