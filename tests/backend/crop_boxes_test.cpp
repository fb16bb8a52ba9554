/* SPDX-License-Identifier: Apache-2.0 */
// Boxes of any place, size and aspect, cropped in one batch, against the definition in double.
#include <algorithm>

#include "backend_fixture.h"

namespace {

constexpr int kFrameWidth = 90, kFrameHeight = 70;
const dslt_input_norm kNorm = {1, {10, 20, 30}, {0.5f, 0.25f, 2.0f}};

std::vector<uint8_t> noisy_frame() {
  std::vector<uint8_t> p(std::size_t(kFrameWidth) * kFrameHeight * 3);
  ref::Noise noise(8);
  for (uint8_t &v : p) v = uint8_t(127.5 + 127.5 * noise.next());
  return p;
}

dslt_image image_of(const std::vector<uint8_t> &p) {
  return {p.data(), kFrameWidth, kFrameHeight, std::size_t(kFrameWidth) * 3, DSLT_BGR8};
}

std::vector<float> crop_boxes(const std::vector<dslt_box> &boxes, int h, int w,
                              const dslt_input_norm &norm = kNorm, int threads = 2) {
  const std::vector<uint8_t> p = noisy_frame();
  const dslt_image frame = image_of(p);
  Backend b(DSLT_PRECISION_F32, threads);
  const std::size_t values = boxes.size() * std::size_t(h) * w * 3;
  dslt_box *there = reinterpret_cast<dslt_box *>(b.zeros(boxes.size() * sizeof(dslt_box) / sizeof(float)));
  EXPECT_EQ(b.device->upload(b.get(), there, boxes.data(), boxes.size() * sizeof(dslt_box)), DSLT_OK);
  EXPECT_EQ(b.device->frame(b.get(), &frame, nullptr), DSLT_OK);
  float *out = b.floats(values);
  EXPECT_EQ(b.vision->crop_boxes(b.get(), out, nullptr, h, w, &norm, there, int(boxes.size())), DSLT_OK)
      << dslt_last_error();
  return b.download(out, values);
}

// The weighted mean of value(i) under a triangle of half width `reach` around `at`; edges replicated.
template <typename Value>
double blend(double at, double reach, int size, Value value) {
  double sum = 0, total = 0;
  for (int i = int(std::floor(at - reach)) - 1; i <= at + reach + 1; ++i) {
    const double weight = std::max(0.0, 1 - std::fabs(i + 0.5 - at) / reach);
    sum += weight * value(std::min(std::max(i, 0), size - 1));
    total += weight;
  }
  return sum / total;
}

TEST(CropBoxes, EveryBoxIsATriangleOverItsPixels) {
  const std::vector<dslt_box> boxes = {{20.3, 10.6, 30, 30},   {40, 30, 3.5, 24},
                                       {5.2, 50.1, 61, 4},     {-12, -7, 40, 25},
                                       {70, 55, 60, 40},       {300, -200, 20, 20},
                                       {44.4, 33.3, 0.2, 50},  {0, 0, kFrameWidth, kFrameHeight},
                                       {-200, -150, 500, 400}, {30, 20, 6.9999, 5.0001}};
  const std::vector<uint8_t> p = noisy_frame();
  for (int h : {5, 7})
    for (int w : {7, 4}) {
      const std::vector<float> out = crop_boxes(boxes, h, w);
      std::size_t at = 0;
      for (std::size_t i = 0; i < boxes.size(); ++i) {
        const double rx = boxes[i].width / w, ry = boxes[i].height / h;
        for (int v = 0; v < h; ++v)
          for (int u = 0; u < w; ++u)
            for (int c = 0; c < 3; ++c, ++at) {
              const double x = boxes[i].x + (u + 0.5) * rx, y = boxes[i].y + (v + 0.5) * ry;
              const double value = blend(y, std::max(ry, 1.0), kFrameHeight, [&](int row) {
                return blend(x, std::max(rx, 1.0), kFrameWidth, [&](int column) {
                  return double(p[(std::size_t(row) * kFrameWidth + column) * 3 + std::size_t(2 - c)]);
                });
              });
              ASSERT_NEAR(out[at], (value - kNorm.mean[c]) * kNorm.inverse_deviation[c], 3e-2)
                  << "box " << i << ", row " << v << ", column " << u;
            }
      }
    }
}

// The same filter as crop's: a box of the search area's shape gives the search area.
TEST(CropBoxes, ABoxOfTheSearchAreaIsItsCrop) {
  const std::vector<uint8_t> p = noisy_frame();
  const dslt_image frame = image_of(p);
  for (const auto &[ratio, down] : {std::pair{0.5, 0.5}, {1.0, 1.0}, {3.7, 3.7}, {2.5, 0.8}, {0.7, 2.2}}) {
    dslt_search g = {};
    g.area.input_width = 12, g.area.input_height = 9;
    g.area.anchor_x = 6, g.area.anchor_y = 4.5;
    g.area.ratio_x = ratio, g.area.ratio_y = down, g.scale.levels = 1, g.scale.step = 1;
    dslt_target_state state = {};
    state.cx = 41.25, state.cy = 30.5, state.scale = 1;
    Backend b;
    float *out = b.floats(12 * 9 * 3);
    EXPECT_EQ(b.device->frame(b.get(), &frame, nullptr), DSLT_OK);
    EXPECT_EQ(b.vision->crop(b.get(), out, nullptr, &g, &kNorm, b.put(state), 0, 1), DSLT_OK);
    const std::vector<float> want = b.download(out, 12 * 9 * 3),
                             got = crop_boxes({{41.25 - 6 * ratio, 30.5 - 4.5 * down, 12 * ratio, 9 * down}},
                                              9, 12);
    for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], 2e-3) << i;
  }
}

TEST(CropBoxes, OddBoxesStayFinite) {
  const double odd[] = {NAN, INFINITY, -INFINITY, 1e300, -5, 0, 10};
  std::vector<dslt_box> boxes;
  for (double x : odd)
    for (double side : {double(NAN), -5.0, 0.0, 1e-12, 10.0}) boxes.push_back({x, 10, side, 8});
  const dslt_input_norm plain = {0, {0, 0, 0}, {1, 1, 1}};
  for (float v : crop_boxes(boxes, 2, 3, plain)) {
    EXPECT_GE(v, 0.0f);
    EXPECT_LE(v, 255.01f);
  }
}

TEST(CropBoxes, TheSameBytesWithAnyNumberOfThreadsAndInAnyCompany) {
  std::vector<dslt_box> boxes;
  for (int i = 0; i < 40; ++i) boxes.push_back({i * 1.7 - 5, 40 - i * 0.9, 3 + i * 1.1, 30 - i * 0.6});
  const std::vector<float> all = crop_boxes(boxes, 6, 8, kNorm, 1);
  EXPECT_EQ(crop_boxes(boxes, 6, 8, kNorm, 3), all);
  const std::size_t one = 6 * 8 * 3;
  for (std::size_t i = 0; i < boxes.size(); i += 13)
    EXPECT_EQ(crop_boxes({boxes[i]}, 6, 8),
              std::vector<float>(all.begin() + long(i * one), all.begin() + long((i + 1) * one)));
}

TEST(CropBoxes, RefusesNoneAndTooMany) {
  const std::vector<uint8_t> p = noisy_frame();
  const dslt_image frame = image_of(p);
  Backend b;
  EXPECT_EQ(b.device->frame(b.get(), &frame, nullptr), DSLT_OK);
  float *out = b.floats(3);
  dslt_box *box = b.put(dslt_box{0, 0, 4, 4});
  for (int count : {0, -1, DSLT_BOXES_MAX + 1})
    EXPECT_LT(b.vision->crop_boxes(b.get(), out, nullptr, 1, 1, &kNorm, box, count), 0) << count;
  EXPECT_LT(b.vision->crop_boxes(b.get(), out, nullptr, 0, 1, &kNorm, box, 1), 0);
}

}  // namespace
