/* SPDX-License-Identifier: Apache-2.0 */
// Kernels crop_levels and mean_colour against the CPU's: squares within, over and beside the frame, enlarged by each
// thread and shrunk by whole tiles, more columns and rows than fit shared memory, every pixel format.
#include <algorithm>
#include <cmath>

#include "device.h"
#include "math/level_cut.h"

namespace {

struct Case {
  int width, height; /* of the frame */
  double cx, cy, side, scale;
  int input;
  double step = 1.2;
};

const Case kCases[] = {
    {60, 44, 30.5, 21.25, 20, 1, 31},          // enlarged, inside
    {60, 44, 30, 22, 27.6, 1.3, 15},           // shrunk
    {60, 44, 3.1, 40.9, 25, 0.7, 24},          // over a corner
    {60, 44, 30, 20, 90, 1, 33},               // larger than the frame
    {60, 44, 58.5, -30, 21, 1, 12},            // almost outside
    {60, 44, 900, 900, 20, 1, 11},             // outside
    {60, 44, 12.5, 13.5, 1.4, 1, 9},           // single pixels
    {60, 44, 30, 20, 130, 1, 130},             // more than a tile, each thread by itself
    {60, 44, 5, 5, 400, 1, 140},               // ... and by tiles
    {2300, 3, 1100, 1, 2200, 1, 6},            // more columns than fit, few of the rows are there
    {3, 1500, 1, 700, 1400, 1, 5},             // more rows than fit
    {700, 700, 350, 350, 690, 1, 4, 1.000001}  // all levels are the same
};

dslt_search search_of(const Case &c, int levels) {
  dslt_search g = {};
  g.area.frame_width = c.width, g.area.frame_height = c.height;
  g.area.input_width = g.area.input_height = c.input;
  g.area.ratio_x = g.area.ratio_y = c.side / c.input;
  g.scale.levels = levels, g.scale.step = c.step, g.scale.min = 0.2, g.scale.max = 5;
  return g;
}

std::vector<uint8_t> bytes(std::size_t count, unsigned seed) {
  std::vector<uint8_t> out;
  for (float v : noise(count, seed)) out.push_back(uint8_t(127.5f + 127.0f * v));
  return out;
}

class CropLevelsKernel : public KernelTest {
 protected:
  // `pixels` in the given format, on the device.
  dslt_frame_view *view(const std::vector<uint8_t> &pixels, int w, int h, int format, std::size_t stride) {
    dslt_frame_view out;
    EXPECT_EQ(kernels().frame_view(&out, upload(pixels), stride, w, h, format), DSLT_OK) << dslt_last_error();
    return upload(std::vector<dslt_frame_view>{out});
  }
  void compare(const Case &c, int levels, int first, int count) {
    SCOPED_TRACE(testing::Message() << c.width << " x " << c.height << ", side " << c.side << ", input "
                                    << c.input << ", levels " << first << " to " << first + count - 1);
    const dslt_search g = search_of(c, levels);
    const std::size_t stride = std::size_t(c.width) * 3, side = std::size_t(dslt_region_side_max(&g));
    const std::vector<uint8_t> pixels = bytes(stride * std::size_t(c.height), 3);
    const dslt_image image = {pixels.data(), c.width, c.height, stride, DSLT_BGR8};
    const std::vector<float> fill = {0.3f, -0.2f, 0.1f};
    dslt_target_state place = {}, size = {};
    place.cx = c.cx, place.cy = c.cy, place.scale = 3;
    size.cx = -50, size.cy = 90, size.scale = c.scale;
    std::vector<float> want(std::size_t(count) * std::size_t(c.input * c.input) * 3), region(3 * side * side);
    ASSERT_EQ(dslt_cpu_backend.device->frame(cpu(), &image, nullptr), DSLT_OK);
    ASSERT_EQ(dslt_cpu_backend.vision->crop_levels(cpu(), want.data(), region.data(), &g, &norm_, fill.data(),
                                                   &place, &size, first, count),
              DSLT_OK)
        << dslt_last_error();
    float *out = upload(std::vector<float>(want.size(), NAN));
    ASSERT_EQ(kernels().crop_levels(stream(), out, upload(std::vector<float>(region.size(), NAN)),
                                    view(pixels, c.width, c.height, DSLT_BGR8, stride), &g, &norm_,
                                    upload(fill), upload(std::vector<dslt_target_state>{place}),
                                    upload(std::vector<dslt_target_state>{size}), first, count, nullptr),
              DSLT_OK)
        << dslt_last_error();
    expect_near(download(out, want.size()), want, 10 * tolerance(), "levels");
  }

  const dslt_input_norm norm_ = {1, {100, 110, 120}, {0.02f, 0.01f, 0.03f}};
};

TEST_P(CropLevelsKernel, EqualsTheCpus) {
  for (const Case &c : kCases) compare(c, 3, 0, 3);
  compare(kCases[0], 3, 1, 1);
  compare(kCases[0], 1, 0, 1);
  compare(kCases[2], 5, 3, 2);
}

TEST_P(CropLevelsKernel, EveryFormatGivesItsColours) {
  const int formats[] = {DSLT_BGR8, DSLT_RGB8, DSLT_GRAY8, DSLT_BGRA8, DSLT_RGBA8};
  const int sizes[] = {3, 3, 1, 4, 4};
  const std::size_t stride = 60 * 4 + 5, values = 12 * 12 * 3;
  const std::vector<uint8_t> pixels = bytes(stride * 44, 4);
  const dslt_search g = search_of(kCases[1], 3);
  const std::size_t side = std::size_t(dslt_region_side_max(&g));
  dslt_target_state state = {};
  state.cx = 30, state.cy = 20, state.scale = 1;
  for (int i = 0; i < 5; ++i) {
    SCOPED_TRACE(testing::Message() << "format " << formats[i]);
    std::vector<uint8_t> bgr;
    for (std::size_t y = 0; y < 44; ++y)
      for (std::size_t x = 0; x < 60; ++x)
        for (int c = 0; c < 3; ++c) {
          const bool reversed = formats[i] == DSLT_RGB8 || formats[i] == DSLT_RGBA8;
          const int at = sizes[i] == 1 ? 0 : (reversed ? 2 - c : c);
          bgr.push_back(pixels[y * stride + x * std::size_t(sizes[i]) + std::size_t(at)]);
        }
    const dslt_image image = {bgr.data(), 60, 44, 60 * 3, DSLT_BGR8};
    std::vector<float> want(values), mean(3), region(3 * side * side);
    dslt_search small = g;
    small.area.input_width = small.area.input_height = 12;
    ASSERT_EQ(dslt_cpu_backend.device->frame(cpu(), &image, nullptr), DSLT_OK);
    ASSERT_EQ(dslt_cpu_backend.vision->mean_colour(cpu(), mean.data(), &norm_), DSLT_OK);
    ASSERT_EQ(dslt_cpu_backend.vision->crop_levels(cpu(), want.data(), region.data(), &small, &norm_,
                                                   mean.data(), &state, &state, 1, 1),
              DSLT_OK);
    dslt_frame_view *frame = view(pixels, 60, 44, formats[i], stride);
    float *fill = upload(std::vector<float>(3, NAN)), *out = upload(std::vector<float>(values, NAN));
    ASSERT_EQ(kernels().mean_colour(stream(), fill, frame, &norm_, nullptr), DSLT_OK) << dslt_last_error();
    expect_near(download(fill, 3), mean, tolerance(), "mean colour");
    dslt_target_state *there = upload(std::vector<dslt_target_state>{state});
    ASSERT_EQ(kernels().crop_levels(stream(), out, zeros<float>(region.size()), frame, &small, &norm_, fill,
                                    there, there, 1, 1, nullptr),
              DSLT_OK)
        << dslt_last_error();
    expect_near(download(out, values), want, 10 * tolerance(), "levels");
  }
}

TEST_P(CropLevelsKernel, AFlagSwitchesItOff) {
  const dslt_search g = search_of(kCases[1], 3);
  const std::size_t side = std::size_t(dslt_region_side_max(&g));
  dslt_frame_view *frame = view(bytes(60 * 44 * 3, 5), 60, 44, DSLT_BGR8, 60 * 3);
  dslt_target_state state = {};
  state.cx = 30, state.cy = 20, state.scale = 1;
  dslt_target_state *there = upload(std::vector<dslt_target_state>{state});
  const std::vector<float> old(15 * 15 * 3, 7.0f), no_region(3 * side * side, 7.0f);
  for (int32_t flag : {0, 1}) {
    int32_t *when = upload(std::vector<int32_t>{flag});
    float *out = upload(old), *region = upload(no_region), *mean = upload(std::vector<float>(3, 7.0f));
    ASSERT_EQ(kernels().mean_colour(stream(), mean, frame, &norm_, when), DSLT_OK);
    ASSERT_EQ(kernels().crop_levels(stream(), out, region, frame, &g, &norm_, mean, there, there, 1, 1, when),
              DSLT_OK);
    EXPECT_EQ(download(mean, 3) == std::vector<float>(3, 7.0f), flag == 0);
    EXPECT_EQ(download(out, old.size()) == old, flag == 0);
    EXPECT_EQ(download(region, no_region.size()) == no_region, flag == 0);
  }
}

TEST_P(CropLevelsKernel, RefusesWhatItCannotDo) {
  const dslt_search good = search_of(kCases[1], 3);
  float *x = zeros<float>(8);
  dslt_frame_view *frame = view(bytes(60 * 44 * 3, 5), 60, 44, DSLT_BGR8, 60 * 3);
  dslt_target_state *state = zeros<dslt_target_state>(1);
  auto crop = [&](const dslt_search &g, int first, int count, float *out) {
    return kernels().crop_levels(stream(), out, x, frame, &g, &norm_, x, state, state, first, count, nullptr);
  };
  EXPECT_EQ(crop(good, 0, 3, nullptr), DSLT_EARGUMENT);
  for (const auto &[first, count] : {std::pair(-1, 1), {0, 0}, {0, 4}, {2, 2}, {3, 1}})
    EXPECT_EQ(crop(good, first, count, x), DSLT_EARGUMENT) << first << ", " << count;
  for (int side : {0, 4097}) {
    dslt_search g = good;
    g.area.input_width = g.area.input_height = side;
    EXPECT_EQ(crop(g, 0, 3, x), DSLT_EARGUMENT) << side;
  }
  dslt_search g = good;
  g.area.input_height = 14;
  EXPECT_EQ(crop(g, 0, 3, x), DSLT_EARGUMENT);
  g = good, g.scale.levels = DSLT_LEVELS_MAX + 1;
  EXPECT_EQ(crop(g, 0, 3, x), DSLT_EARGUMENT);
  g = good, g.scale.step = 100;
  EXPECT_EQ(crop(g, 0, 3, x), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().mean_colour(stream(), nullptr, frame, &norm_, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().mean_colour(stream(), x, nullptr, &norm_, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().mean_colour(stream(), x, frame, nullptr, nullptr), DSLT_EARGUMENT);
}

EVERYWHERE(CropLevelsKernel);

}  // namespace
