/* SPDX-License-Identifier: Apache-2.0 */
// Histograms of oriented gradients: against VLFeat's, which are another program's of the same definition, and against
// pictures whose histogram can be said in words.
#include <algorithm>
#include <cmath>

#include "backend_fixture.h"
#include "math/hog.h"

#ifdef DSLT_VLFEAT
extern "C" {
#include <vl/hog.h>
}
#endif

namespace {

const int kChannels = DSLT_HOG_CHANNELS;

// A picture [n][h][w][3] of soft blobs in noise.
std::vector<float> picture(int n, int h, int w, unsigned seed) {
  ref::Noise noise(seed);
  std::vector<float> out(std::size_t(n) * std::size_t(h) * std::size_t(w) * 3);
  for (int i = 0; i < n; ++i)
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x)
        for (int c = 0; c < 3; ++c)
          out[((std::size_t(i) * std::size_t(h) + std::size_t(y)) * std::size_t(w) + std::size_t(x)) * 3 +
              std::size_t(c)] =
              float(127 + 70 * std::sin(0.31 * x + 0.2 * c + i) * std::cos(0.23 * y - 0.4 * c) +
                    30 * noise.next());
  return out;
}

std::vector<float> hog(const std::vector<float> &in, int n, int h, int w, int cell) {
  Backend b;
  const std::size_t cells = std::size_t(n) * std::size_t(h / cell) * std::size_t(w / cell);
  float *out = b.floats(cells * kChannels), *histograms = b.floats(cells * DSLT_HOG_BINS);
  float *there = b.floats(in.size());
  EXPECT_EQ(b.device->upload(b.get(), there, in.data(), in.size() * sizeof(float)), DSLT_OK);
  EXPECT_EQ(b.vision->hog(b.get(), out, histograms, there, n, h, w, cell), DSLT_OK) << dslt_last_error();
  return b.download(out, cells * kChannels);
}

TEST(Hog, EqualsVlfeats) {
#ifdef DSLT_VLFEAT
  for (int cell : {4, 8, 5}) {
    const int h = 9 * cell, w = 12 * cell, cells = 9 * 12;
    const std::vector<float> in = picture(1, h, w, unsigned(cell)), got = hog(in, 1, h, w, cell);
    std::vector<float> grey(std::size_t(h) * std::size_t(w)), want(std::size_t(cells * kChannels));
    for (std::size_t i = 0; i < grey.size(); ++i)
      grey[i] = 0.114f * in[3 * i] + 0.587f * in[3 * i + 1] + 0.299f * in[3 * i + 2];
    VlHog *other = vl_hog_new(VlHogVariantUoctti, 9, VL_FALSE);
    vl_hog_put_image(other, grey.data(), vl_size(w), vl_size(h), 1, vl_size(cell));
    ASSERT_EQ(int(vl_hog_get_width(other)), 12);
    ASSERT_EQ(int(vl_hog_get_height(other)), 9);
    ASSERT_EQ(int(vl_hog_get_dimension(other)), kChannels);
    vl_hog_extract(other, want.data());
    vl_hog_delete(other);
    /* A gradient as near to one direction as to the next may be counted for either: few do not agree. */
    int differ = 0;
    for (int i = 0; i < cells; ++i)
      for (int k = 0; k < kChannels; ++k) {
        const double a = double(got[std::size_t(i * kChannels + k)]),
                     b = double(want[std::size_t(k * cells + i)]);
        ASSERT_TRUE(std::isfinite(a) && std::isfinite(b));
        differ += std::fabs(a - b) > 1e-4;
        EXPECT_NEAR(a, b, 0.05) << "cell " << i << ", channel " << k;
      }
    EXPECT_LE(differ, cells * kChannels / 200) << "cells of " << cell;
  }
#else
  GTEST_SKIP() << skip::kVlfeat;
#endif
}

// A ramp: one direction alone, the same in every cell inside.
TEST(Hog, ARampHasOneDirection) {
  for (int turned = 0; turned < 4; ++turned) {
    const int side = 40, bins[] = {0, 9, 4, 13}; /* brighter to the right, left, and nearly below, above */
    std::vector<float> in(side * side * 3);
    for (int i = 0; i < side * side; ++i) {
      const float x = float(i % side), y = float(i / side), along = turned < 2 ? x : y + 0.18f * x;
      for (int c = 0; c < 3; ++c) in[std::size_t(3 * i + c)] = turned % 2 ? -along : along;
    }
    const std::vector<float> got = hog(in, 1, side, side, 4);
    const float *cell = &got[std::size_t((5 * 10 + 5) * kChannels)];
    for (int k = 0; k < 18; ++k)
      EXPECT_NEAR(double(cell[k]), k == bins[turned] ? 0.4 : 0.0, 1e-6) << turned << ", " << k;
    for (int k = 0; k < 9; ++k)
      EXPECT_NEAR(double(cell[18 + k]), k == bins[turned] % 9 ? 0.4 : 0.0, 1e-6) << turned << ", " << k;
    for (int k = 27; k < 31; ++k) EXPECT_NEAR(double(cell[k]), 0.2 / std::sqrt(18.0), 1e-6) << turned;
  }
}

TEST(Hog, AFlatPictureHasNone) {
  for (float v : hog(std::vector<float>(16 * 24 * 3, 99.0f), 1, 16, 24, 4)) EXPECT_EQ(v, 0.0f);
}

TEST(Hog, PicturesOfABatchAreSeparate) {
  const std::vector<float> in = picture(3, 20, 28, 3), all = hog(in, 3, 20, 28, 4);
  const std::size_t one = in.size() / 3, values = all.size() / 3;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::vector<float> alone(in.begin() + long(i * one), in.begin() + long((i + 1) * one));
    EXPECT_EQ(hog(alone, 1, 20, 28, 4),
              std::vector<float>(all.begin() + long(i * values), all.begin() + long((i + 1) * values)));
  }
}

TEST(Hog, RefusesCellsThatDoNotFit) {
  Backend b;
  float *x = b.floats(4096);
  EXPECT_LT(b.vision->hog(b.get(), x, x, x, 1, 10, 12, 4), 0);
  EXPECT_LT(b.vision->hog(b.get(), x, x, x, 1, 12, 10, 4), 0);
  EXPECT_LT(b.vision->hog(b.get(), x, x, x, 1, 12, 12, 1), 0);
  EXPECT_LT(b.vision->hog(b.get(), x, x, x, 0, 12, 12, 4), 0);
}

}  // namespace
