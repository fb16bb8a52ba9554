/* SPDX-License-Identifier: Apache-2.0 */
// Kernels crop and augment against their CPU twins: every pixel format, every way of sampling, every layout.
#include <cmath>

#include "device.h"
#include "pack.h"

namespace {

struct Frame {
  Frame(int w, int h, int pixel_format, unsigned seed) : width(w), height(h), format(pixel_format) {
    const std::size_t bytes[] = {3, 3, 1, 4, 4, 2, 6};
    stride = std::size_t(w) * bytes[format] + 5;  // rows at odd addresses
    for (float v : noise(stride * std::size_t(h), seed)) pixels.push_back(uint8_t(127.5f + 127.5f * v));
  }
  dslt_image image() const {
    dslt_image out = {};
    out.data = pixels.data();
    out.width = width;
    out.height = height;
    out.stride = stride;
    out.format = dslt_pixel_format(format);
    return out;
  }
  int width, height, format;
  std::size_t stride;
  std::vector<uint8_t> pixels;
};

dslt_search geometry(int input_width, int input_height, double ratio) {
  dslt_search g = {};
  g.area.input_width = input_width;
  g.area.input_height = input_height;
  g.area.anchor_x = 0.5 * input_width + 0.25;
  g.area.anchor_y = 0.5 * input_height;
  g.area.ratio_x = ratio;
  g.area.ratio_y = 1.2 * ratio;
  g.scale.step = 1.05;
  return g;
}

dslt_target_state state_at(double cx, double cy, double scale = 1.0) {
  dslt_target_state state = {};
  state.cx = cx;
  state.cy = cy;
  state.scale = scale;
  return state;
}

const dslt_input_norm kNorms[] = {{0, {103.939f, 116.779f, 123.68f}, {1, 1, 1}},
                                  {1, {120, 110, 100}, {1 / 58.4f, 1 / 57.1f, 1 / 57.4f}}};

class CropKernel : public KernelTest {
 protected:
  // The kernel's output as float32 with three channels; those behind them must be 0.
  std::vector<float> run(const Frame &frame, const dslt_search &g, const dslt_input_norm &norm,
                         const dslt_target_state &state, int first, int count, dslt_type type, int channels) {
    std::size_t pixels =
                    std::size_t(count) * std::size_t(g.area.input_width) * std::size_t(g.area.input_height),
                values = pixels * std::size_t(channels);
    dslt_frame_view view;
    EXPECT_EQ(kernels().frame_view(&view, upload(frame.pixels), frame.stride, frame.width, frame.height,
                                   frame.format),
              DSLT_OK)
        << dslt_last_error();
    void *out = type == DSLT_TYPE_F32 ? static_cast<void *>(upload(std::vector<float>(values, NAN)))
                                      : upload(std::vector<uint16_t>(values, 0x7fc0));
    EXPECT_EQ(kernels().crop(stream(), out, type, channels, upload(std::vector<dslt_frame_view>{view}), &g,
                             &norm, upload(std::vector<dslt_target_state>{state}), first, count, nullptr),
              DSLT_OK)
        << dslt_last_error();
    std::vector<float> all;
    if (type == DSLT_TYPE_F32)
      all = download(static_cast<float *>(out), values);
    else
      for (dslt_bf16 v : download(static_cast<dslt_bf16 *>(out), values)) all.push_back(dslt_from_bf16(v));
    std::vector<float> three;
    for (std::size_t i = 0; i < values; ++i) {
      if (i % std::size_t(channels) < 3)
        three.push_back(all[i]);
      else
        EXPECT_EQ(all[i], 0.0f) << "behind the three channels, at " << i;
    }
    return three;
  }

  void compare(const Frame &frame, const dslt_search &g, const dslt_input_norm &norm,
               const dslt_target_state &state, int first, int count, dslt_type type = DSLT_TYPE_F32,
               int channels = 3) {
    SCOPED_TRACE(::testing::Message()
                 << frame.width << " x " << frame.height << " format " << frame.format << " to "
                 << g.area.input_width << " x " << g.area.input_height << " at "
                 << g.area.ratio_x * state.scale << ", type " << type << " x " << channels);
    dslt_image image = frame.image();
    ASSERT_EQ(dslt_cpu_backend.device->frame(cpu(), &image, nullptr), DSLT_OK);
    std::vector<float> want(std::size_t(count) * std::size_t(g.area.input_width) *
                            std::size_t(g.area.input_height) * 3);
    ASSERT_EQ(dslt_cpu_backend.vision->crop(cpu(), want.data(), nullptr, &g, &norm, &state, first, count),
              DSLT_OK);
    std::vector<float> got = run(frame, g, norm, state, first, count, type, channels);
    ASSERT_EQ(got.size(), want.size());
    // Rounding is that of values up to 255, whatever is left when the mean is subtracted, and of the samples'
    // places in the frame, which the CPU's clones for newer processors make with fused multiply-adds.
    double slack = 255 * double(norm.inverse_deviation[0]) * 1e-5;
    for (std::size_t i = 0; i < want.size(); ++i) {
      double rounding = type == DSLT_TYPE_BF16 ? std::fabs(double(want[i])) / 256 : 0;
      ASSERT_NEAR(double(got[i]), double(want[i]), slack + rounding) << i;
    }
  }
};

TEST_P(CropKernel, EveryFormat) {
  for (int format = DSLT_BGR8; format <= DSLT_BGR16; ++format)
    for (const dslt_input_norm &norm : kNorms)
      compare(Frame(29, 17, format, unsigned(format)), geometry(19, 11, 0.7), norm, state_at(11.3, 8.9), 0,
              1);
}

TEST_P(CropKernel, EveryWayOfSampling) {
  Frame small(61, 43, DSLT_BGR8, 1), wide(1300, 9, DSLT_BGR8, 2), dot(1, 1, DSLT_BGR8, 3);
  for (double ratio : {0.05, 0.99, 1.0, 1.7, 2.0, 5.3, 40.0}) {
    compare(small, geometry(130, 3, ratio), kNorms[0], state_at(30.2, 21.7), 0, 1);
    compare(dot, geometry(5, 4, ratio), kNorms[0], state_at(0.5, 0.5), 0, 1);
  }
  // More columns than shared memory holds: in pieces, and at last one by one.
  for (double ratio : {7.5, 30.0, 250.0, 400.0})
    compare(wide, geometry(ratio > 100 ? 5 : 140, 2, ratio), kNorms[0], state_at(650.1, 4.4), 0, 1);
}

TEST_P(CropKernel, EdgesAreReplicated) {
  Frame frame(31, 23, DSLT_BGR8, 4);
  for (double x : {-1e7, -40.0, 0.0, 31.0, 90.0})
    for (double ratio : {0.8, 3.1})
      compare(frame, geometry(20, 12, ratio), kNorms[1], state_at(x, 23 - x), 0, 1);
}

TEST_P(CropKernel, EveryLevelAtOnce) {
  Frame frame(64, 48, DSLT_RGB8, 5);
  compare(frame, geometry(24, 18, 1.1), kNorms[0], state_at(30, 20, 1.3), -1, 3);
  compare(frame, geometry(9, 7, 1.5), kNorms[0], state_at(30, 20, 1.3), -4, 9);  // both ways in one launch
}

TEST_P(CropKernel, StretchedAndGrownByPixels) {
  Frame frame(64, 48, DSLT_BGR8, 8);
  dslt_search g = geometry(24, 18, 1.1);
  g.area.ratio_y = 2.6;
  compare(frame, g, kNorms[0], state_at(30, 20, 1.3), -1, 3);
  g.scale.scaling = DSLT_SCALING_PIXELS;
  g.scale.step = 0.02;
  g.area.target_width = 20, g.area.target_height = 90;
  dslt_target_state state = state_at(30, 20);
  state.width = 22, state.height = 81;
  compare(frame, g, kNorms[0], state, -1, 3);
}

TEST_P(CropKernel, EveryLayout) {
  Frame frame(40, 30, DSLT_BGR8, 6);
  for (dslt_type type : {DSLT_TYPE_F32, DSLT_TYPE_BF16})
    for (int channels : {3, 4, 8})
      for (double ratio : {0.9, 2.6})
        compare(frame, geometry(33, 5, ratio), kNorms[1], state_at(20, 15), 0, 2, type, channels);
}

TEST_P(CropKernel, PoseThatIsNotANumber) {
  // A tracker never makes one, but a launch must end all the same.
  Frame frame(20, 10, DSLT_BGR8, 7);
  std::vector<float> got =
      run(frame, geometry(6, 5, 1), kNorms[0], state_at(NAN, NAN, 1), 0, 1, DSLT_TYPE_F32, 3);
  EXPECT_EQ(got.size(), 90u);
}

TEST_P(CropKernel, WritesNothingWhenNotWanted) {
  Frame frame(20, 10, DSLT_BGR8, 8);
  dslt_frame_view view;
  ASSERT_EQ(kernels().frame_view(&view, upload(frame.pixels), frame.stride, 20, 10, DSLT_BGR8), DSLT_OK);
  std::vector<float> old(90, 7.0f);
  float *out = upload(old);
  dslt_search g = geometry(6, 5, 1);
  dslt_target_state state = state_at(10, 5);
  auto crop = [&](int32_t flag) {
    EXPECT_EQ(kernels().crop(stream(), out, DSLT_TYPE_F32, 3, upload(std::vector<dslt_frame_view>{view}), &g,
                             kNorms, upload(std::vector<dslt_target_state>{state}), 0, 1,
                             upload(std::vector<int32_t>{flag})),
              DSLT_OK);
    return download(out, 90);
  };
  EXPECT_EQ(crop(0), old);
  EXPECT_NE(crop(1), old);
}

TEST_P(CropKernel, RefusesWhatItCannotDo) {
  dslt_frame_view view, *frame = zeros<dslt_frame_view>(1);
  dslt_target_state *state = zeros<dslt_target_state>(1);
  float *x = zeros<float>(64);
  dslt_search good = geometry(2, 2, 1);
  auto call = [&](const dslt_search &g, int type, int channels, int count) {
    return kernels().crop(stream(), x, dslt_type(type), channels, frame, &g, kNorms, state, 0, count,
                          nullptr);
  };
  for (int size : {0, -1, 5000}) {
    EXPECT_EQ(call(geometry(size, 2, 1), 0, 3, 1), DSLT_EARGUMENT);
    EXPECT_EQ(call(geometry(2, size, 1), 0, 3, 1), DSLT_EARGUMENT);
    EXPECT_EQ(call(good, 0, 3, size), DSLT_EARGUMENT);
    EXPECT_EQ(call(good, 0, size, 1), DSLT_EARGUMENT);
  }
  EXPECT_EQ(call(good, 1, 5, 1), DSLT_EARGUMENT);
  EXPECT_STREQ(dslt_last_error(), "Kernel crop was asked for 5 channels; it writes 3, 4 or 8.");
  EXPECT_EQ(kernels().crop(stream(), x, dslt_type(2), 3, frame, &good, kNorms, state, 0, 1, nullptr),
            DSLT_EARGUMENT);
  EXPECT_EQ(kernels().crop(stream(), x + 1, DSLT_TYPE_F32, 4, frame, &good, kNorms, state, 0, 1, nullptr),
            DSLT_EARGUMENT);
  EXPECT_EQ(kernels().crop(stream(), x, DSLT_TYPE_F32, 3, nullptr, &good, kNorms, state, 0, 1, nullptr),
            DSLT_EARGUMENT);
  EXPECT_EQ(kernels().frame_view(&view, x, 30, 11, 2, DSLT_BGR8), DSLT_EFRAME);
  EXPECT_EQ(kernels().frame_view(&view, x, 300, 11, 2, 7), DSLT_EFRAME);
  EXPECT_EQ(kernels().frame_view(&view, nullptr, 300, 11, 2, 0), DSLT_EARGUMENT);
}

class AugmentKernel : public KernelTest {};

TEST_P(AugmentKernel, EqualsItsTwin) {
  struct Size {
    int w, h;
  };
  for (Size size : {Size{1, 1}, Size{3, 2}, Size{131, 7}, Size{5, 40}})
    for (float sigma : {0.0f, 0.1f, 1.0f, 10.0f})
      for (int channels : {3, 8}) {
        SCOPED_TRACE(::testing::Message() << size.w << " x " << size.h << ", sigma " << sigma);
        std::size_t pixels = std::size_t(size.w) * std::size_t(size.h);
        std::vector<float> in = noise(3 * pixels, 1, 120), want(3 * pixels), got;
        int axis = size.w / 2 + 1;
        ASSERT_EQ(
            dslt_cpu_backend.vision->augment(cpu(), want.data(), in.data(), size.h, size.w, sigma, axis),
            DSLT_OK);
        float *out = zeros<float>(std::size_t(channels) * pixels);
        ASSERT_EQ(kernels().augment(stream(), out, DSLT_TYPE_F32, channels, upload(in), size.h, size.w, sigma,
                                    axis),
                  DSLT_OK)
            << dslt_last_error();
        std::vector<float> all = download(out, std::size_t(channels) * pixels);
        for (std::size_t i = 0; i < all.size(); ++i)
          if (i % std::size_t(channels) < 3) got.push_back(all[i]);
        for (std::size_t i = 0; i < want.size(); ++i)
          ASSERT_NEAR(double(got[i]), double(want[i]), 120 * (on_gpu() ? 1e-5 : 1e-6)) << i;
      }
}

TEST_P(AugmentKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(12), *y = zeros<float>(12);
  auto call = [&](void *out, int h, int w, float sigma) {
    return kernels().augment(stream(), out, DSLT_TYPE_F32, 3, x, h, w, sigma, 1);
  };
  EXPECT_EQ(call(y, 2, 2, 1), DSLT_OK);
  EXPECT_EQ(call(x, 2, 2, 1), DSLT_EARGUMENT);
  EXPECT_EQ(call(y, 0, 2, 1), DSLT_EARGUMENT);
  EXPECT_EQ(call(y, 2, 5000, 1), DSLT_EARGUMENT);
  EXPECT_EQ(call(y, 2, 2, -1), DSLT_EARGUMENT);
  EXPECT_EQ(call(y, 2, 2, NAN), DSLT_EARGUMENT);
}

EVERYWHERE(CropKernel);
EVERYWHERE(AugmentKernel);

}  // namespace
