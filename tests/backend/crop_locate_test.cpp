/* SPDX-License-Identifier: Apache-2.0 */
// Cropping and locating: what was sampled, where the maximum is, and how the state moves.
#include <cmath>
#include <limits>

#include "backend_fixture.h"
#include "math/locate.h"

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
  g.area.ratio = ratio;
  g.area.input_width = g.area.input_height = input;
  g.area.anchor_x = g.area.anchor_y = input / 2.0;
  g.scale.levels = 3;
  g.scale.step = 1.5;
  return g;
}

const dslt_input_norm kPlain = {0, {0, 0, 0}, {1, 1, 1}};

std::vector<float> crop(const dslt_image &frame, const dslt_search &g, const dslt_input_norm &norm, double cx,
                        double cy, int first = 0, int count = 1) {
  Backend b;
  dslt_target_state state = {};
  state.cx = cx, state.cy = cy, state.scale = 1;
  std::size_t values = std::size_t(g.area.input_width) * g.area.input_height * 3;
  float *out = b.floats(values * count);
  EXPECT_EQ(b.device->frame(b.get(), &frame), DSLT_OK);
  EXPECT_EQ(b.vision->crop(b.get(), out, &g, &norm, b.put(state), first, count), DSLT_OK);
  return b.download(out, values * count);
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
      ASSERT_EQ(b.device->prefetch(b.get(), first), DSLT_OK) << dslt_last_error();
      ASSERT_EQ(b.device->frame(b.get(), frame), DSLT_OK) << dslt_last_error();
      ASSERT_EQ(b.vision->crop(b.get(), out, &g, &kPlain, there, 0, 1), DSLT_OK) << dslt_last_error();
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

// ---- locate ------------------------------------------------------------------------------------------

dslt_search grid(int rw, int rh, int kw, int kh, int subcell) {
  dslt_search g = {};
  g.area.frame_width = 640, g.area.frame_height = 480;
  g.area.target_width = kw * 8, g.area.target_height = kh * 8;
  g.area.ratio = 1;
  g.area.stride = 8;
  g.area.kernel_width = kw, g.area.kernel_height = kh;
  g.area.response_width = rw, g.area.response_height = rh;
  g.area.map_width = rw + kw - 1, g.area.map_height = rh + kh - 1;
  g.area.input_width = g.area.map_width * 8, g.area.input_height = g.area.map_height * 8;
  g.area.centre_x = float((rw - 1) / 2), g.area.centre_y = float((rh - 1) / 2);
  g.area.anchor_x = 8 * (g.area.centre_x + 0.5 * kw), g.area.anchor_y = 8 * (g.area.centre_y + 0.5 * kh);
  g.peak.subcell = subcell;
  g.area.mapping = DSLT_MAPPING_RECEPTIVE;
  g.scale.levels = 3;
  g.scale.step = 1.03, g.scale.rate = 0.6, g.scale.gate = 0.35, g.scale.penalty = 1, g.scale.min = 0.5,
  g.scale.max = 2;
  g.lost.ratio = 0.25;
  return g;
}

dslt_target_state start_state() {
  dslt_target_state p = {};
  p.cx = 320, p.cy = 240, p.scale = 1, p.mean_score = -1;
  return p;
}

ref::Map bump(const dslt_search &g, double x, double y, double sigma, double height = 1) {
  ref::Map m;
  for (int j = 0; j < g.area.response_height; ++j)
    for (int i = 0; i < g.area.response_width; ++i)
      m.push_back(height * std::exp(-((i - x) * (i - x) + (j - y) * (j - y)) / (2 * sigma * sigma)));
  return m;
}

dslt_target_state locate(const dslt_search &g, const ref::Map &response,
                         dslt_target_state state = start_state()) {
  Backend b;
  dslt_target_state *there = b.put(state);
  EXPECT_EQ(b.vision->locate(b.get(), there, b.upload(response), &g), DSLT_OK) << dslt_last_error();
  return b.see(there);
}

class LocateTest : public testing::TestWithParam<int> {};

TEST_P(LocateTest, FindsABumpToAFractionOfACell) {
  dslt_search g = grid(21, 17, 5, 4, GetParam());
  double tolerance = GetParam() == DSLT_SUBCELL_NONE ? 0.51 : 0.12;  // the bicubic grid is one pixel fine
  for (double dx : {-4.0, -0.4, 0.0, 0.25, 3.3})
    for (double dy : {-3.0, 0.0, 0.45, 2.7}) {
      dslt_target_state p = locate(g, bump(g, g.area.centre_x + dx, g.area.centre_y + dy, 1.2));
      EXPECT_NEAR(p.cx, 320 + 8 * dx, 8 * tolerance) << dx << " " << dy;
      EXPECT_NEAR(p.cy, 240 + 8 * dy, 8 * tolerance) << dx << " " << dy;
      EXPECT_FALSE(p.lost);
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, LocateTest,
                         testing::Values(DSLT_SUBCELL_NONE, DSLT_SUBCELL_QUADRATIC, DSLT_SUBCELL_BICUBIC,
                                         DSLT_SUBCELL_GAUSSIAN));

TEST(Locate, StretchedMappingMovesFurther) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_BICUBIC);
  g.area.mapping = DSLT_MAPPING_STRETCH;
  g.area.anchor_x = g.area.input_width / 2.0, g.area.anchor_y = g.area.input_height / 2.0;
  dslt_target_state p = locate(g, bump(g, 13, 8, 1.5));
  EXPECT_NEAR(p.cx - 320, 3 * 8 * (25.0 / 21.0), 1.0);  // by map / (map - kernel + 1)
}

TEST(Locate, PriorPrefersTheNearerOfTwoEqualPeaks) {
  dslt_search g = grid(21, 21, 5, 5, DSLT_SUBCELL_NONE);
  ref::Map two = bump(g, 3, 10, 1), near = bump(g, 12, 10, 1, 0.9);
  for (std::size_t i = 0; i < two.size(); ++i) two[i] += near[i];
  EXPECT_NEAR(locate(g, two).cx, 320 - 7 * 8, 1e-6);
  g.peak.sigma_x = g.peak.sigma_y = 4;
  EXPECT_NEAR(locate(g, two).cx, 320 + 2 * 8, 1e-6);
}

TEST(Locate, AGaussianPeakIsFoundExactlyWhateverThePriorPrefers) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_GAUSSIAN);
  g.peak.sigma_x = g.peak.sigma_y = 2;
  for (double dx : {-2.5, -0.4, 0.0, 0.25, 1.3})
    for (double dy : {-1.8, 0.0, 0.45, 2.2}) {
      dslt_target_state p = locate(g, bump(g, g.area.centre_x + dx, g.area.centre_y + dy, 1.2));
      EXPECT_NEAR(p.cx, 320 + 8 * dx, 1e-3) << dx << " " << dy;
      EXPECT_NEAR(p.cy, 240 + 8 * dy, 1e-3) << dx << " " << dy;
    }
  // the parabola over response times prior falls short of the same motion
  g.peak.subcell = DSLT_SUBCELL_QUADRATIC;
  EXPECT_LT(locate(g, bump(g, g.area.centre_x + 2.4, g.area.centre_y, 1.2)).cx, 320 + 8 * 2.0);
}

TEST(Locate, NothingToBelieveKeepsThePlace) {
  dslt_search g = grid(9, 9, 3, 3, DSLT_SUBCELL_QUADRATIC);
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (int subcell : {DSLT_SUBCELL_NONE, DSLT_SUBCELL_QUADRATIC, DSLT_SUBCELL_BICUBIC, DSLT_SUBCELL_GAUSSIAN})
    for (double value : {0.0, -1.0, inf, -inf, nan}) {
      g.peak.subcell = subcell;
      dslt_target_state p = locate(g, ref::Map(81, value));
      EXPECT_EQ(p.cx, 320) << value;
      EXPECT_EQ(p.cy, 240) << value;
      EXPECT_TRUE(p.lost);
      EXPECT_FALSE(p.pyramid);
      EXPECT_EQ(p.score, 0);
    }
}

// A cell that is NaN is passed over: it neither wins nor spoils the place of a peak beside it.
TEST(Locate, ANanCellIsPassedOver) {
  for (int subcell : {DSLT_SUBCELL_NONE, DSLT_SUBCELL_QUADRATIC, DSLT_SUBCELL_GAUSSIAN}) {
    dslt_search g = grid(9, 9, 3, 3, subcell);
    for (int where : {0, 3 * 9 + 5, 4 * 9 + 4, 5 * 9 + 5, 4 * 9 + 6, 80}) {
      ref::Map response = bump(g, 5, 4, 1.2);
      response[std::size_t(where)] = NAN;
      const dslt_target_state p = locate(g, response);
      EXPECT_FALSE(p.lost) << subcell << ", NaN at " << where;
      EXPECT_NEAR(p.cx, 320 + 8 * 1, 4) << subcell << ", NaN at " << where;
      EXPECT_NEAR(p.cy, 240, 4) << subcell << ", NaN at " << where;
      EXPECT_NEAR(p.score, 1, 1e-6) << subcell << ", NaN at " << where;
    }
  }
  dslt_search g = grid(9, 9, 3, 3, DSLT_SUBCELL_BICUBIC);  // which blends a NaN into the pixels around it
  ref::Map response = bump(g, 5, 4, 1.2);
  response[8] = response[80] = NAN;  // before the peak and after it, as the search goes
  EXPECT_NEAR(locate(g, response).cx, 320 + 8 * 1, 1);
}

TEST(Locate, FlatResponseStaysNearUnderAPrior) {
  dslt_search g = grid(15, 15, 3, 3, DSLT_SUBCELL_QUADRATIC);
  g.peak.sigma_x = g.peak.sigma_y = 2;
  dslt_target_state p = locate(g, ref::Map(225, 0.5));
  EXPECT_NEAR(p.cx, 320, 1e-3);
  EXPECT_NEAR(p.cy, 240, 1e-3);
}

TEST(Locate, CentreStaysInsideTheFrame) {
  dslt_search g = grid(15, 15, 3, 3, DSLT_SUBCELL_NONE);
  dslt_target_state p = start_state();
  for (int frame = 0; frame < 200; ++frame) p = locate(g, bump(g, 0, 14, 1), p);
  EXPECT_EQ(p.cx, 0);
  EXPECT_EQ(p.cy, 480);
}

TEST(Locate, LostFlagFollowsTheRecentAverage) {
  dslt_search g = grid(15, 15, 3, 3, DSLT_SUBCELL_NONE);
  g.lost.ratio = 0.5;
  dslt_target_state p = locate(g, bump(g, 7, 7, 1, 0.8));
  EXPECT_FALSE(p.lost);
  EXPECT_NEAR(p.mean_score, 0.8, 1e-6);
  p = locate(g, bump(g, 7, 7, 1, 0.3), p);
  EXPECT_TRUE(p.lost);
  EXPECT_NEAR(p.mean_score, 0.8, 1e-6);  // a lost frame does not lower the bar
  EXPECT_FALSE(p.pyramid);
  dslt_target_state moved = locate(g, bump(g, 9, 7, 1, 0.3), p);
  EXPECT_NE(moved.cx, p.cx);
  g.lost.hold = 1;
  EXPECT_EQ(locate(g, bump(g, 9, 7, 1, 0.3), p).cx, p.cx);
}

// The bounds themselves: lost is below the ratio, and the gate is open at it.
TEST(Locate, BoundsAreJudgedExactly) {
  dslt_search g = grid(9, 9, 3, 3, DSLT_SUBCELL_NONE);
  g.lost.ratio = 0.5, g.scale.gate_ratio = 0.5, g.scale.gate = 0.125;
  dslt_target_state p = start_state();
  p.mean_score = 0.5;
  ref::Map response(81, 0.0);
  for (double height : {0.25, 0.25 - 1e-6}) {
    response[40] = double(float(height));
    const dslt_target_state seen = locate(g, response, p);
    EXPECT_EQ(seen.lost, height < 0.25) << height;
    EXPECT_EQ(seen.pyramid, height >= 0.25) << height;
  }
  p.mean_score = -1;  // nothing to compare with: the gate's own threshold is not enough yet
  response[40] = 0.125;
  EXPECT_FALSE(locate(g, response, p).pyramid);
  response[40] = 0.1251;
  EXPECT_TRUE(locate(g, response, p).pyramid);
}

TEST(Locate, TheFirstFramesCountAlikeAndNothingIsLostInThem) {
  dslt_search g = grid(15, 15, 3, 3, DSLT_SUBCELL_NONE);
  g.lost.ratio = 0.6, g.lost.rate = 0.1, g.lost.grace = 3;
  dslt_target_state p = start_state();
  for (double height : {0.9, 0.3, 0.3}) {
    p = locate(g, bump(g, 7, 7, 1, height), p);
    EXPECT_FALSE(p.lost) << height;
  }
  EXPECT_NEAR(p.mean_score, 0.5, 1e-6);
  EXPECT_TRUE(locate(g, bump(g, 7, 7, 1, 0.29), p).lost);
  EXPECT_FALSE(locate(g, bump(g, 7, 7, 1, 0.31), p).lost);
}

TEST(ChooseScale, TakesTheStrongestLevelWithinLimits) {
  dslt_search g = grid(9, 9, 3, 3, DSLT_SUBCELL_NONE);
  Backend b;
  for (int best = 0; best < 3; ++best) {
    ref::Map all;
    for (int level = 0; level < 3; ++level) {
      ref::Map one = bump(g, 4, 4, 1, level == best ? 0.9 : 0.8);
      all.insert(all.end(), one.begin(), one.end());
    }
    dslt_target_state *there = b.put(start_state());
    float *responses = b.upload(all);
    ASSERT_EQ(b.vision->choose_scale(b.get(), there, responses, &g), DSLT_OK);
    dslt_target_state p = b.see(there);
    EXPECT_EQ(p.level, best);
    EXPECT_NEAR(p.scale, 0.4 + 0.6 * std::pow(1.03, best - 1), 1e-12);
    for (int i = 0; i < 200; ++i) b.vision->choose_scale(b.get(), there, responses, &g);
    p = b.see(there);
    EXPECT_NEAR(p.scale, best == 0 ? 0.5 : (best == 1 ? 1.0 : 2.0), 1e-9);
  }
  dslt_target_state *tie = b.put(start_state());
  ref::Map equal(3 * 81, 0.5);
  ASSERT_EQ(b.vision->choose_scale(b.get(), tie, b.upload(equal), &g), DSLT_OK);
  EXPECT_EQ(b.see(tie).level, 1);  // equal responses keep the size
}

// ---- all levels at once ------------------------------------------------------------------------------

// One bump a level, all at response coordinate (x, y).
dslt_target_state follow(const dslt_search &g, double x, double y, const std::vector<double> &heights,
                         dslt_target_state state = start_state()) {
  Backend b;
  ref::Map all;
  for (double height : heights) {
    ref::Map one = bump(g, x, y, 1.2, height);
    all.insert(all.end(), one.begin(), one.end());
  }
  dslt_target_state *there = b.put(state);
  EXPECT_EQ(b.vision->locate_levels(b.get(), there, b.upload(all), &g), DSLT_OK) << dslt_last_error();
  return b.see(there);
}

TEST(LocateLevels, TheBestLevelGivesPlaceAndSize) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_QUADRATIC);
  for (int best = 0; best < 3; ++best) {
    std::vector<double> heights(3, 0.8);
    heights[std::size_t(best)] = 0.9;
    double factor = std::pow(1.03, best - 1);
    dslt_target_state p = follow(g, g.area.centre_x + 2.3, g.area.centre_y - 1.6, heights);
    EXPECT_EQ(p.level, best);
    EXPECT_NEAR(p.cx, 320 + 8 * 2.3 * factor, 1.0);  // a cell of a larger level covers more pixels
    EXPECT_NEAR(p.cy, 240 - 8 * 1.6 * factor, 1.0);
    EXPECT_NEAR(p.scale, 0.4 + 0.6 * factor, 1e-12);
    EXPECT_NEAR(p.label_x, g.area.centre_x + 2.3, 0.12);
    EXPECT_NEAR(p.label_y, g.area.centre_y - 1.6, 0.12);
    EXPECT_NEAR(p.score, 0.9, 0.08);
  }
}

TEST(LocateLevels, AChangeOfSizeHasToBeWorthItsPenalty) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_NONE);
  g.scale.penalty = 0.9;
  EXPECT_EQ(follow(g, 10, 8, {0.85, 0.8, 0.8}).level, 1);
  EXPECT_EQ(follow(g, 10, 8, {0.95, 0.8, 0.8}).level, 0);
}

TEST(LocateLevels, TheGateIsRelativeToTheRecentPeaks) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_NONE);
  g.scale.gate = 0, g.scale.gate_ratio = 0.5;
  dslt_target_state p = start_state();
  p.mean_score = 0.2;  // a small target: its peak is low, and so is the bar
  EXPECT_NE(follow(g, 10, 8, {0.10, 0.11, 0.14}, p).scale, 1);
  p.mean_score = 0.4;
  dslt_target_state shut = follow(g, 12, 8, {0.10, 0.11, 0.14}, p);
  EXPECT_EQ(shut.scale, 1);
  EXPECT_EQ(shut.level, 1);
  EXPECT_NEAR(shut.cx, 320 + 16, 1e-6);  // the place is followed all the same
}

TEST(LocateLevels, WhileLostItHoldsPlaceAndSize) {
  dslt_search g = grid(21, 17, 5, 4, DSLT_SUBCELL_NONE);
  g.lost.ratio = 0.6, g.lost.hold = 1, g.scale.gate = 0;
  dslt_target_state p = start_state();
  p.mean_score = 0.8;
  p.scale = 1.2;
  dslt_target_state held = follow(g, 14, 5, {0.1, 0.2, 0.3}, p);
  EXPECT_TRUE(held.lost);
  EXPECT_EQ(held.cx, 320);
  EXPECT_EQ(held.scale, 1.2);
  EXPECT_EQ(held.mean_score, 0.8);
}

TEST(Label, IsAGaussianAroundTheKeptSamplesTarget) {
  dslt_search g = grid(11, 9, 3, 3, DSLT_SUBCELL_NONE);
  g.label.sigma_x = 0.8f, g.label.sigma_y = 1.3f;
  dslt_target_state p = start_state();
  p.label_x = 6.25f, p.label_y = 2.5f;
  Backend b;
  float *labels = b.zeros(198);
  const dslt_sample_ring ring = dslt_ring_first(2);
  ASSERT_EQ(b.vision->store_label(b.get(), labels, b.put(ring), b.put(p), &g), DSLT_OK);
  std::vector<float> got = b.download(labels + 99, 99);
  EXPECT_EQ(b.download(labels, 99), std::vector<float>(99));
  for (int j = 0; j < 9; ++j)
    for (int i = 0; i < 11; ++i) {
      double u = (i - 6.25) / 0.8, v = (j - 2.5) / 1.3;
      EXPECT_NEAR(got[std::size_t(j * 11 + i)], std::exp(-0.5 * (u * u + v * v)), 1e-6);
    }
}

}  // namespace
