/* SPDX-License-Identifier: Apache-2.0 */
// Cropping: which pixels of the frame become the network input.
#include <array>
#include <cmath>

#include "backend_fixture.h"
#include "net_reference.h"

namespace {

dslt_image image(const std::vector<uint8_t> &pixels, int w, int h, dslt_pixel_format f = DSLT_BGR8,
                 int bytes = 3) {
  return {pixels.data(), w, h, std::size_t(w) * bytes, f};
}

// A geometry that looks at a square of the frame, `ratio` frame pixels a sample, with no head behind it.
dslt_search window(int frame_w, int frame_h, int input, double ratio) {
  dslt_search g = {};
  g.area.frame_width = frame_w, g.area.frame_height = frame_h;
  g.area.target_width = g.area.target_height = input * ratio / 4;
  g.area.ratio_x = g.area.ratio_y = ratio;
  g.area.input_width = g.area.input_height = input;
  g.area.anchor_x = g.area.anchor_y = input / 2.0;
  g.scale.levels = 3;
  g.scale.step = 1.5;
  return g;
}

const dslt_input_norm kPlain = {0, {0, 0, 0}, {1, 1, 1}};

std::vector<float> crop(const dslt_image &frame, const dslt_search &g, const dslt_input_norm &norm,
                        const dslt_target_state &state, int first = 0, int count = 1) {
  Backend b;
  std::size_t values = std::size_t(g.area.input_width) * g.area.input_height * 3;
  float *out = b.floats(values * count);
  EXPECT_EQ(b.device->frame(b.get(), &frame, nullptr), DSLT_OK);
  EXPECT_EQ(b.vision->crop(b.get(), out, nullptr, &g, &norm, b.put(state), first, count), DSLT_OK);
  return b.download(out, values * count);
}

std::vector<float> crop(const dslt_image &frame, const dslt_search &g, const dslt_input_norm &norm, double cx,
                        double cy, int first = 0, int count = 1) {
  dslt_target_state state = {};
  state.cx = cx, state.cy = cy, state.scale = 1;
  return crop(frame, g, norm, state, first, count);
}

std::vector<uint8_t> ramp(int w, int h) {  // blue = x, green = y, red = x + y
  std::vector<uint8_t> p(std::size_t(w) * h * 3);
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      uint8_t *q = &p[(std::size_t(y) * w + x) * 3];
      q[0] = uint8_t(x), q[1] = uint8_t(y), q[2] = uint8_t(x + y);
    }
  return p;
}

TEST(Crop, WholePixelsAreCopied) {
  std::vector<uint8_t> p = ramp(40, 30);
  std::vector<float> out = crop(image(p, 40, 30), window(40, 30, 8, 1.0), kPlain, 20, 15);
  for (int v = 0; v < 8; ++v)
    for (int u = 0; u < 8; ++u) {
      EXPECT_FLOAT_EQ(out[(v * 8 + u) * 3], 16.0f + float(u));
      EXPECT_FLOAT_EQ(out[(v * 8 + u) * 3 + 1], 11.0f + float(v));
    }
}

TEST(Crop, ASearchElsewhereIsOneAroundThatPlace) {
  std::vector<uint8_t> p = ramp(60, 60);
  const dslt_search g = window(60, 60, 8, 1.5);
  dslt_target_state moved = {}, looking = {};
  moved.cx = 33.5, moved.cy = 20.25, moved.scale = 1;
  looking.cx = 30, looking.cy = 24, looking.scale = 1, looking.look_x = 3.5, looking.look_y = -3.75;
  EXPECT_EQ(crop(image(p, 60, 60), g, kPlain, moved), crop(image(p, 60, 60), g, kPlain, looking));
}

TEST(Crop, FractionsInterpolateAndRatiosAntialias) {
  std::vector<uint8_t> p = ramp(60, 60);
  for (double ratio : {0.25, 0.7, 1.0, 1.9, 3.0}) {
    // On a linear ramp every symmetric filter gives the ramp at the sample's own place.
    std::vector<float> out = crop(image(p, 60, 60), window(60, 60, 8, ratio), kPlain, 30.3, 29.6);
    for (int v = 0; v < 8; ++v)
      for (int u = 0; u < 8; ++u) {
        double x = 30.3 + (u + 0.5 - 4) * ratio - 0.5, y = 29.6 + (v + 0.5 - 4) * ratio - 0.5;
        double tolerance = ratio > 1 ? 0.12 : 1e-4;  // a widened triangle's samples are not quite balanced
        EXPECT_NEAR(out[(v * 8 + u) * 3], x, tolerance) << ratio;
        EXPECT_NEAR(out[(v * 8 + u) * 3 + 1], y, tolerance) << ratio;
      }
  }
  // A pattern finer than the samples averages out instead of aliasing.
  std::vector<uint8_t> stripes(64 * 64 * 3);
  for (std::size_t i = 0; i < stripes.size(); ++i) stripes[i] = (i / 3) % 2 ? 200 : 0;
  std::vector<float> out = crop(image(stripes, 64, 64), window(64, 64, 8, 4.0), kPlain, 32, 32);
  for (float v : out) EXPECT_NEAR(v, 100.0f, 13.0f);
}

TEST(Crop, AnnouncedFramesAreUsedAndOthersDiscardTheCopy) {
  std::vector<uint8_t> p = ramp(20, 20), other(p.size(), 77);
  const dslt_image shown = image(p, 20, 20), announced = image(other, 20, 20);
  const dslt_search g = window(20, 20, 8, 1.0);
  const std::vector<float> want = crop(shown, g, kPlain, 9, 9), of_other = crop(announced, g, kPlain, 9, 9);
  Backend b;
  dslt_target_state state = {};
  state.cx = state.cy = 9, state.scale = 1;
  dslt_target_state *there = b.put(state);
  float *out = b.floats(want.size());
  for (const dslt_image *first : {&shown, &announced, static_cast<const dslt_image *>(nullptr)})
    for (const dslt_image *frame : {&shown, &announced}) {
      ASSERT_EQ(b.device->prefetch(b.get(), first, nullptr), DSLT_OK) << dslt_last_error();
      ASSERT_EQ(b.device->frame(b.get(), frame, nullptr), DSLT_OK) << dslt_last_error();
      ASSERT_EQ(b.vision->crop(b.get(), out, nullptr, &g, &kPlain, there, 0, 1), DSLT_OK)
          << dslt_last_error();
      EXPECT_EQ(b.download(out, want.size()), frame == &shown ? want : of_other);
    }
}

TEST(Crop, EdgesAreReplicated) {
  std::vector<uint8_t> p = ramp(20, 20);
  std::vector<float> out = crop(image(p, 20, 20), window(20, 20, 8, 1.0), kPlain, 0, 0);
  EXPECT_FLOAT_EQ(out[0], 0.0f);
  EXPECT_FLOAT_EQ(out[(7 * 8 + 7) * 3], 3.0f);
  std::vector<float> far = crop(image(p, 20, 20), window(20, 20, 8, 1.0), kPlain, 1000, -500);
  for (int i = 0; i < 64; ++i) {
    EXPECT_FLOAT_EQ(far[std::size_t(i) * 3], 19.0f);
    EXPECT_FLOAT_EQ(far[std::size_t(i) * 3 + 1], 0.0f);
  }
}

TEST(Crop, FarPlacesAndExtremeRatiosStayFinite) {
  std::vector<uint8_t> p = ramp(20, 20);
  for (double ratio : {1e-9, 1.0, 3000.0})
    for (double at : {-1e12, -3e9, 10.0, 3e9, 1e12}) {
      if (ratio > 1 && at != 10.0) continue;  // the same path, only slow
      for (float v : crop(image(p, 20, 20), window(20, 20, 2, ratio), kPlain, at, at)) {
        EXPECT_GE(v, 0.0f);
        EXPECT_LE(v, 38.01f);
      }
    }
}

// Sampling by the definition, in double: the same triangle wherever tables end.
TEST(Crop, EveryRatioIsATriangleOverThePixels) {
  const int w = 90, h = 70, side = 6;
  std::vector<uint8_t> p(std::size_t(w) * h * 3);
  ref::Noise noise(8);
  for (uint8_t &v : p) v = uint8_t(127.5 + 127.5 * noise.next());
  auto blend = [&](double at, double reach, int size, auto &&value) {
    double sum = 0, total = 0;
    for (int i = int(std::floor(at - reach)) - 1; i <= at + reach + 1; ++i) {
      double weight = std::fmax(0.0, 1 - std::fabs(i + 0.5 - at) / reach);
      sum += weight * value(std::min(std::max(i, 0), size - 1));
      total += weight;
    }
    return sum / total;
  };
  for (double ratio : {0.3, 1.0, 1.17, 2.5, 7.0, 14.9, 15.1, 40.0}) {
    const dslt_input_norm norm = {1, {10, 20, 30}, {0.5f, 0.25f, 2.0f}};
    std::vector<float> out = crop(image(p, w, h), window(w, h, side, ratio), norm, 41.3, 33.8);
    const double reach = std::fmax(double(float(ratio)), 1.0);
    for (int v = 0; v < side; ++v)
      for (int u = 0; u < side; ++u)
        for (int c = 0; c < 3; ++c) {
          double x = 41.3 + (u + 0.5 - side / 2.0) * ratio, y = 33.8 + (v + 0.5 - side / 2.0) * ratio;
          double value = blend(y, reach, h, [&](int row) {
            return blend(x, reach, w, [&](int column) {
              return double(p[(std::size_t(row) * w + column) * 3 + std::size_t(2 - c)]);
            });
          });
          EXPECT_NEAR(out[std::size_t((v * side + u) * 3 + c)],
                      (value - norm.mean[c]) * norm.inverse_deviation[c], 2e-2)
              << ratio;
        }
  }
}

TEST(Crop, NormalisationAndChannelOrder) {
  std::vector<uint8_t> p = ramp(40, 30);
  dslt_input_norm norm = {1, {10, 20, 30}, {0.5f, 0.25f, 2.0f}};
  std::vector<float> out = crop(image(p, 40, 30), window(40, 30, 2, 1.0), norm, 20, 15);
  float b = 19, g = 14, r = 33;  // the first sample's pixel
  EXPECT_FLOAT_EQ(out[0], (r - 10) * 0.5f);
  EXPECT_FLOAT_EQ(out[1], (g - 20) * 0.25f);
  EXPECT_FLOAT_EQ(out[2], (b - 30) * 2.0f);
}

TEST(Crop, LevelsAreTheSameCallsOneByOne) {
  std::vector<uint8_t> p = ramp(80, 80);
  dslt_search g = window(80, 80, 8, 1.2);
  std::vector<float> all = crop(image(p, 80, 80), g, kPlain, 41, 37, -1, 3);
  for (int i = 0; i < 3; ++i) {
    std::vector<float> one = crop(image(p, 80, 80), g, kPlain, 41, 37, i - 1, 1);
    EXPECT_EQ(one, std::vector<float>(all.begin() + i * 192, all.begin() + (i + 1) * 192));
  }
}

// A ramp in x and in y shows both ratios and every level's sides.
TEST(Crop, RatiosDifferAndSidesGrowByPixels) {
  std::vector<uint8_t> p = ramp(200, 120);
  dslt_search g = window(200, 120, 8, 0.5);
  g.area.ratio_y = 1.5;
  auto check = [&](const std::vector<float> &out, int level, double ratio_x, double ratio_y) {
    for (int v = 0; v < 8; ++v)
      for (int u = 0; u < 8; ++u) {
        const float *at = &out[std::size_t((level * 8 + v) * 8 + u) * 3];
        EXPECT_NEAR(at[0], 100 + (u - 3.5) * ratio_x - 0.5, ratio_x > 1 ? 0.12 : 1e-4) << level;
        EXPECT_NEAR(at[1], 60 + (v - 3.5) * ratio_y - 0.5, ratio_y > 1 ? 0.12 : 1e-4) << level;
      }
  };
  check(crop(image(p, 200, 120), g, kPlain, 100, 60), 0, 0.5, 1.5);
  g.area.target_width = 20, g.area.target_height = 30;
  g.scale.scaling = DSLT_SCALING_PIXELS, g.scale.step = 0.1;
  Backend b;
  dslt_target_state state = {};
  state.cx = 100, state.cy = 60, state.scale = 1, state.width = 4, state.height = 45;
  const dslt_image frame = image(p, 200, 120);
  float *out = b.floats(3 * 192);
  ASSERT_EQ(b.device->frame(b.get(), &frame, nullptr), DSLT_OK);
  ASSERT_EQ(b.vision->crop(b.get(), out, nullptr, &g, &kPlain, b.put(state), -1, 3), DSLT_OK)
      << dslt_last_error();
  const std::vector<float> got = b.download(out, 3 * 192);
  for (int d = -1; d <= 1; ++d) /* 0.4 px counts as one, 4.5 px as five */
    check(got, d + 1, 0.5 * (4 + d) / 20, 1.5 * (45 + 5 * d) / 30);
}

// Pictures that a network alone reads may lie where it wants them: its taps have the same bytes.
void expect_same_taps(int precision) {
  Backend b(precision);
  ASSERT_TRUE(b) << dslt_last_error();
  ref::Net r;
  const int tap = ref::conv(&r, r.input(3), 16, 3, 1, DSLT_ACTIVATION_RELU);
  const std::size_t cells = 9 * 9, count = 2, values = 16 * cells;
  ASSERT_FALSE(ref::randomise(&r, 9, 9).empty()) << dslt_last_error();
  dslt_net_desc d = {};
  d.n = count, d.h = d.w = 9;
  d.graph = &r.graph;
  d.taps = 1, d.tap[0] = tap;
  d.load = ref::load;
  d.context = &r;
  dslt_net *net = nullptr;
  ASSERT_EQ(b.nn->net_plan(&net, b.get(), &d), DSLT_OK) << dslt_last_error();
  const std::vector<uint8_t> pixels = ramp(40, 30);
  const dslt_image frame = image(pixels, 40, 30);
  const dslt_search g = window(40, 30, 9, 1.3);
  const dslt_input_norm norm = {1, {3, 5, 7}, {0.1f, 0.2f, 0.3f}};
  const auto box = b.put(std::array<dslt_box, 3>{{{3, 4, 9, 9}, {20, 8, 14, 7}, {1, 1, 5, 5}}});
  const dslt_box *boxes = box->data();
  ASSERT_EQ(b.device->frame(b.get(), &frame, nullptr), DSLT_OK);
  const auto run = [&](const float *in) {
    float *out = b.floats(values * count);
    EXPECT_EQ(b.nn->net_run(net, in, &out), DSLT_OK) << dslt_last_error();
    return b.download(out, values * count);
  };
  float *in = b.zeros(cells * 3 * 3), *other = b.zeros(cells * 3 * count);
  dslt_target_state state = {};
  state.cx = 20, state.cy = 15, state.scale = 1;
  const dslt_target_state *there = b.put(state);
  const auto crop_for = [&](dslt_net *reader, int first, int n) {
    EXPECT_EQ(b.vision->crop(b.get(), in, reader, &g, &norm, there, first, n), DSLT_OK);
  };
  const auto boxes_for = [&](dslt_net *reader) {
    EXPECT_EQ(b.vision->crop_boxes(b.get(), in, reader, 9, 9, &norm, boxes, count), DSLT_OK);
  };
  crop_for(nullptr, 0, count);
  const std::vector<float> levels = run(in), none = run(other);
  boxes_for(nullptr);
  const std::vector<float> taps = run(in);
  EXPECT_NE(levels, taps);
  crop_for(net, 0, count);
  EXPECT_EQ(run(in), levels);
  boxes_for(net);
  EXPECT_EQ(run(in), taps);
  boxes_for(net);
  EXPECT_EQ(run(other), none) << "other pictures than those that were cropped";
  crop_for(nullptr, 0, count);
  EXPECT_EQ(run(in), levels) << "cropped for nobody";
  crop_for(net, -1, 3);  // more than the network reads: as they were asked for
  EXPECT_EQ(b.download(in, cells * 3), crop(frame, g, norm, state, -1, 1));
  b.nn->net_free(net);
}

TEST(Crop, PicturesForANetworkAloneAreTheSameToIt) {
  expect_same_taps(DSLT_PRECISION_F32);
  if (has_bfloat16()) expect_same_taps(DSLT_PRECISION_BF16);
}

TEST(Frame, EveryPixelFormatGivesTheSamePicture) {
  const int w = 12, h = 9;
  std::vector<uint8_t> bgr(w * h * 3), rgb, bgra, rgba;
  std::vector<uint16_t> wide;
  for (std::size_t i = 0; i < bgr.size(); ++i) bgr[i] = uint8_t(i * 37 % 251);
  for (int i = 0; i < w * h; ++i) {
    const uint8_t *q = &bgr[std::size_t(i) * 3];
    rgb.insert(rgb.end(), {q[2], q[1], q[0]});
    bgra.insert(bgra.end(), {q[0], q[1], q[2], 9});
    rgba.insert(rgba.end(), {q[2], q[1], q[0], 200});
    for (int c = 0; c < 3; ++c) wide.push_back(uint16_t(q[c] * 256 + 99));
  }
  dslt_search g = window(w, h, 6, 1.1);
  std::vector<float> want = crop(image(bgr, w, h), g, kPlain, 5, 4);
  EXPECT_EQ(crop(image(rgb, w, h, DSLT_RGB8), g, kPlain, 5, 4), want);
  EXPECT_EQ(crop(image(bgra, w, h, DSLT_BGRA8, 4), g, kPlain, 5, 4), want);
  EXPECT_EQ(crop(image(rgba, w, h, DSLT_RGBA8, 4), g, kPlain, 5, 4), want);
  EXPECT_EQ(crop({wide.data(), w, h, w * 6, DSLT_BGR16}, g, kPlain, 5, 4), want);
  std::vector<uint8_t> gray(w * h, 77), gray3(w * h * 3, 77);
  std::vector<uint16_t> gray16(w * h, 77 * 256 + 13);
  want = crop(image(gray3, w, h), g, kPlain, 5, 4);
  EXPECT_EQ(crop(image(gray, w, h, DSLT_GRAY8, 1), g, kPlain, 5, 4), want);
  EXPECT_EQ(crop({gray16.data(), w, h, w * 2, DSLT_GRAY16}, g, kPlain, 5, 4), want);
}

}  // namespace
