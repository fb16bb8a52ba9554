/* SPDX-License-Identifier: Apache-2.0 */
// The scale pyramid in whole pixels against its definition: a square of the frame, continued by one colour, resized
// twice by matrices in double.
#include "backend_fixture.h"
#include "math/level_cut.h"
#include "reference/filter.h"

namespace {

constexpr int kWidth = 60, kHeight = 44;
const dslt_input_norm kPlain = {1, {0, 0, 0}, {1, 1, 1}};

std::vector<uint8_t> noisy_frame() {
  std::vector<uint8_t> p(std::size_t(kWidth) * kHeight * 3);
  ref::Noise noise(3);
  for (uint8_t &v : p) v = uint8_t(127.5 + 127.5 * noise.next());
  return p;
}

dslt_search search_of(double side, int input, int levels = 3) {
  dslt_search g = {};
  g.area.frame_width = kWidth, g.area.frame_height = kHeight;
  g.area.input_width = g.area.input_height = input;
  g.area.ratio_x = g.area.ratio_y = side / input;
  g.scale.levels = levels, g.scale.step = 1.2, g.scale.min = 0.2, g.scale.max = 5;
  return g;
}

dslt_target_state state_at(double cx, double cy, double scale = 1) {
  dslt_target_state state = {};
  state.cx = cx, state.cy = cy, state.scale = scale;
  return state;
}

struct Case {
  double cx, cy, side, scale;
  int input;
};

std::vector<float> crop(const Case &c, int first, int count, int levels = 3,
                        const dslt_input_norm &norm = kPlain, int threads = 2) {
  const std::vector<uint8_t> p = noisy_frame();
  const dslt_image frame = {p.data(), kWidth, kHeight, std::size_t(kWidth) * 3, DSLT_BGR8};
  const dslt_search g = search_of(c.side, c.input, levels);
  Backend b(DSLT_PRECISION_F32, threads);
  const std::size_t values = std::size_t(count) * c.input * c.input * 3, region = dslt_region_side_max(&g);
  EXPECT_EQ(b.device->frame(b.get(), &frame, nullptr), DSLT_OK);
  float *fill = b.floats(3), *out = b.floats(values);
  EXPECT_EQ(b.vision->mean_colour(b.get(), fill, &norm), DSLT_OK) << dslt_last_error();
  /* the place's own size must not matter */
  dslt_target_state *place = b.put(state_at(c.cx, c.cy, 3)), *size = b.put(state_at(-50, 90, c.scale));
  EXPECT_EQ(b.vision->crop_levels(b.get(), out, b.floats(3 * region * region), &g, &norm, fill, place, size,
                                  first, count),
            DSLT_OK)
      << dslt_last_error();
  return b.download(out, values);
}

// Half away from zero, as MATLAB rounds.
int whole(double v) { return int(v < 0 ? std::ceil(v - 0.5) : std::floor(v + 0.5)); }

// Part [side][side][3] of m [size][size][3] or of a frame, from 1-based pixel first_y, first_x on; `fill` outside.
template <typename Pixel>
ref::Map part(int side, int first_y, int first_x, Pixel pixel) {
  ref::Map out;
  for (int y = first_y; y < first_y + side; ++y)
    for (int x = first_x; x < first_x + side; ++x)
      for (int c = 0; c < 3; ++c) out.push_back(pixel(y - 1, x - 1, c));
  return out;
}

// One level, in the order and the 1-based coordinates of the released program.
ref::Map expected(const Case &c, int level, int levels = 3) {
  const std::vector<uint8_t> p = noisy_frame();
  double mean[3] = {};
  for (std::size_t i = 0; i < p.size(); ++i) mean[2 - i % 3] += double(p[i]) / (kWidth * kHeight);
  auto side_of = [&](int i) { return whole(c.side * c.scale * std::pow(1.2, i - (levels - 1) / 2)); };
  const int largest = side_of(levels - 1), smallest = side_of(0);
  const int region = whole(double(c.input) * largest / smallest);
  auto pixel = [&](int y, int x, int channel) {
    const bool inside = y >= 0 && x >= 0 && y < kHeight && x < kWidth;
    return inside ? double(p[(std::size_t(y) * kWidth + x) * 3 + 2 - channel]) : mean[channel];
  };
  const ref::Map square =
      part(largest, whole(c.cy + 1 - (largest + 1) / 2.0), whole(c.cx + 1 - (largest + 1) / 2.0), pixel);
  const ref::Map resized = ref::resize(square, largest, largest, 3, region, region);
  const int side = whole(double(c.input) * side_of(level) / smallest);
  const int first = whole((1 + region) / 2.0 - (side + 1) / 2.0);
  const ref::Map own = part(side, first, first, [&](int y, int x, int channel) {
    const bool inside =
        y >= 0 && x >= 0 && y < region && x < region; /* the largest begins one pixel outside */
    return inside ? resized[(std::size_t(y) * region + x) * 3 + channel] : mean[channel];
  });
  return ref::resize(own, side, side, 3, c.input, c.input);
}

const Case kCases[] = {
    {30.5, 21.25, 20, 1, 31},  // enlarged, inside
    {30, 22, 27.6, 1.3, 15},   // shrunk
    {3.1, 40.9, 25, 0.7, 24},  // over a corner
    {30, 20, 90, 1, 33},       // larger than the frame
    {58.5, -30, 21, 1, 12},    // almost outside
    {12.5, 13.5, 1.4, 1, 9},   // single pixels
};

TEST(CropLevels, AreCutAndResizedTwice) {
  for (const Case &c : kCases) {
    const std::vector<float> out = crop(c, 0, 3);
    const std::size_t values = out.size() / 3;
    for (int level = 0; level < 3; ++level) {
      const std::vector<float> one(out.begin() + long(values) * level,
                                   out.begin() + long(values) * (level + 1));
      EXPECT_LT(ref::relative_error(one, expected(c, level)), 2e-6) << c.cx << " level " << level;
    }
  }
}

TEST(CropLevels, OneLevelIsTheSameAsAmongAll) {
  const std::vector<float> all = crop(kCases[0], 0, 3), one = crop(kCases[0], 1, 1);
  EXPECT_TRUE(std::equal(one.begin(), one.end(), all.begin() + long(one.size())));
}

TEST(CropLevels, OfOneLevelIsOneResize) {
  EXPECT_LT(ref::relative_error(crop(kCases[1], 0, 1, 1), expected(kCases[1], 0, 1)), 2e-6);
}

TEST(CropLevels, AreNormalised) {
  const dslt_input_norm norm = {0, {10, 20, 30}, {0.5f, 0.25f, 2.0f}};
  const std::vector<float> plain = crop(kCases[2], 0, 3), scaled = crop(kCases[2], 0, 3, 3, norm);
  std::vector<double> want;
  for (std::size_t i = 0; i < plain.size(); ++i)
    want.push_back((double(plain[i - i % 3 + 2 - i % 3]) - double(norm.mean[i % 3])) *
                   double(norm.inverse_deviation[i % 3]));
  EXPECT_LT(ref::relative_error(scaled, want), 1e-5);
}

TEST(CropLevels, GiveTheSameBytesWithAnyNumberOfThreads) {
  EXPECT_EQ(crop(kCases[3], 0, 3, 3, kPlain, 1), crop(kCases[3], 0, 3, 3, kPlain, 3));
}

TEST(CropLevels, FarAwayIsTheMeanColour) {
  const std::vector<float> out = crop({900, 900, 20, 1, 11}, 0, 3);
  const std::vector<uint8_t> p = noisy_frame();
  double mean[3] = {};
  for (std::size_t i = 0; i < p.size(); ++i) mean[2 - i % 3] += double(p[i]) / (kWidth * kHeight);
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(double(out[i]), mean[i % 3], 1e-4) << i;
}

}  // namespace
