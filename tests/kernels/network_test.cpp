/* SPDX-License-Identifier: Apache-2.0 */
// Kernels remap, pool and take_taps against plain loops: every pair of types, borders, channels filled up and left out.
#include <algorithm>
#include <cstring>

#include "device.h"
#include "pack.h"

namespace {

// A map as the host sees it, with the two ways of storing a value.
struct HostMap {
  dslt_type type;
  int channels, border;
};

class NetworkKernel : public KernelTest {
 protected:
  static float stored(dslt_type type, float value) {
    return type == DSLT_TYPE_BF16 ? dslt_from_bf16(dslt_to_bf16(value)) : value;
  }
  void *put(dslt_type type, const std::vector<float> &values) {
    if (type == DSLT_TYPE_F32) return upload(values);
    std::vector<dslt_bf16> halves;
    for (float v : values) halves.push_back(dslt_to_bf16(v));
    return upload(halves);
  }
  std::vector<float> take(dslt_type type, const void *memory, std::size_t count) {
    if (type == DSLT_TYPE_F32) return download(static_cast<const float *>(memory), count);
    std::vector<float> out;
    for (dslt_bf16 v : download(static_cast<const dslt_bf16 *>(memory), count))
      out.push_back(dslt_from_bf16(v));
    return out;
  }
  static std::size_t size(const HostMap &m, int n, int h, int w) {
    return std::size_t(n) * std::size_t(h + 2 * m.border) * std::size_t(w + 2 * m.border) *
           std::size_t(m.channels);
  }
  static std::size_t at(const HostMap &m, int h, int w, int map, int y, int x, int channel) {
    return ((std::size_t(map) * std::size_t(h + 2 * m.border) + std::size_t(y + m.border)) *
                std::size_t(w + 2 * m.border) +
            std::size_t(x + m.border)) *
               std::size_t(m.channels) +
           std::size_t(channel);
  }
  void remap(const HostMap &dst, const HostMap &src, bool bias, int relu, int n, int h, int w) {
    SCOPED_TRACE(::testing::Message()
                 << src.type << "x" << src.channels << "+" << src.border << " to " << dst.type << "x"
                 << dst.channels << "+" << dst.border << ", " << n << " of " << h << " x " << w);
    std::vector<float> in = noise(size(src, n, h, w), 1), biases = noise(std::size_t(dst.channels), 2);
    std::vector<float> want(size(dst, n, h, w), 0.0f);
    for (float &v : in) v = stored(src.type, v);
    for (int map = 0; map < n; ++map)
      for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x)
          for (int c = 0; c < std::min(dst.channels, src.channels); ++c) {
            float value = in[at(src, h, w, map, y, x, c)] + (bias ? biases[std::size_t(c)] : 0.0f);
            want[at(dst, h, w, map, y, x, c)] = stored(dst.type, relu ? std::max(value, 0.0f) : value);
          }
    void *to = put(dst.type, std::vector<float>(want.size(), NAN));
    dslt_map there = {to, dst.type, dst.channels, dst.border},
             here = {put(src.type, in), src.type, src.channels, src.border};
    ASSERT_EQ(
        kernels().remap(stream(), &there, &here, bias ? upload(biases) : nullptr, relu, n, h, w, nullptr),
        DSLT_OK)
        << dslt_last_error();
    EXPECT_EQ(take(dst.type, to, want.size()), want);
  }
};

TEST_P(NetworkKernel, RemapOfEveryPairOfTypesAndBorders) {
  for (dslt_type to : {DSLT_TYPE_F32, DSLT_TYPE_BF16})
    for (dslt_type from : {DSLT_TYPE_F32, DSLT_TYPE_BF16})
      for (int borders = 0; borders < 4; ++borders)
        for (int wide : {0, 1}) {
          const int channels = wide ? 8 : 5;
          remap({to, channels, borders & 1}, {from, channels, borders >> 1}, wide != 0, wide, 2, 5, 7);
          remap({to, channels, borders & 1}, {from, channels, borders >> 1}, wide == 0, 1 - wide, 1, 1, 1);
        }
}

TEST_P(NetworkKernel, RemapFillsChannelsUpAndLeavesThemOut) {
  remap({DSLT_TYPE_BF16, 8, 0}, {DSLT_TYPE_F32, 3, 0}, false, 0, 3, 11, 13);  // pixels
  remap({DSLT_TYPE_F32, 4, 1}, {DSLT_TYPE_F32, 3, 0}, true, 1, 2, 4, 3);
  remap({DSLT_TYPE_F32, 12, 0}, {DSLT_TYPE_BF16, 16, 1}, false, 0, 2, 6, 5);  // a tap
  remap({DSLT_TYPE_F32, 16, 0}, {DSLT_TYPE_F32, 12, 0}, true, 1, 1, 6, 5);
}

TEST_P(NetworkKernel, RemapOfManyCells) {
  remap({DSLT_TYPE_F32, 20, 1}, {DSLT_TYPE_BF16, 20, 0}, true, 1, 3, 90, 80);
}

void pool_by_hand(std::vector<float> &want, const std::vector<float> &in, int n, int h, int w, int c) {
  for (int map = 0; map < n; ++map)
    for (int y = 0; y < h / 2; ++y)
      for (int x = 0; x < w / 2; ++x)
        for (int k = 0; k < c; ++k) {
          auto cell = [&](int dy, int dx) {
            return in[((std::size_t(map) * std::size_t(h) + std::size_t(2 * y + dy)) * std::size_t(w) +
                       std::size_t(2 * x + dx)) *
                          std::size_t(c) +
                      std::size_t(k)];
          };
          want.push_back(std::max(std::max(cell(0, 0), cell(0, 1)), std::max(cell(1, 0), cell(1, 1))));
        }
}

TEST_P(NetworkKernel, PoolTakesTheLargestOfFour) {
  for (dslt_type type : {DSLT_TYPE_F32, DSLT_TYPE_BF16})
    for (int c : {1, 3, 4, 24})
      for (int side : {2, 3, 8, 61}) {  // odd sides leave their last row and column out
        const int n = 2, h = side, w = side + 1;
        SCOPED_TRACE(::testing::Message() << "type " << type << ", " << w << " x " << h << " x " << c);
        std::vector<float> in = noise(std::size_t(n * h * w * c), 3), want;
        for (float &v : in) v = stored(type, v);
        pool_by_hand(want, in, n, h, w, c);
        void *y = put(type, std::vector<float>(want.size(), NAN));
        ASSERT_EQ(kernels().pool(stream(), y, put(type, in), type, n, h, w, c, nullptr), DSLT_OK)
            << dslt_last_error();
        EXPECT_EQ(take(type, y, want.size()), want);
      }
}

TEST_P(NetworkKernel, WritesNothingWhenNotWanted) {
  const std::vector<float> old(64, 7.0f);
  float *y = upload(old), *x = upload(noise(64, 1));
  int32_t *no = zeros<int32_t>(1);
  dslt_map there = {y, DSLT_TYPE_F32, 4, 0}, here = {x, DSLT_TYPE_F32, 4, 0};
  ASSERT_EQ(kernels().remap(stream(), &there, &here, nullptr, 1, 1, 4, 4, no), DSLT_OK);
  ASSERT_EQ(kernels().pool(stream(), y, x, DSLT_TYPE_F32, 1, 4, 4, 4, no), DSLT_OK);
  EXPECT_EQ(download(y, 64), old);
}

TEST_P(NetworkKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(64), *y = zeros<float>(64);
  auto remap = [&](void *to, int channels, int border, int n, int h) {
    dslt_map there = {to, DSLT_TYPE_F32, channels, border}, here = {x, DSLT_TYPE_F32, 4, 0};
    return kernels().remap(stream(), &there, &here, nullptr, 0, n, h, 2, nullptr);
  };
  EXPECT_EQ(remap(nullptr, 4, 0, 1, 2), DSLT_EARGUMENT);
  EXPECT_EQ(remap(x, 4, 0, 1, 2), DSLT_EARGUMENT);
  EXPECT_EQ(remap(y, 0, 0, 1, 2), DSLT_EARGUMENT);
  EXPECT_EQ(remap(y, DSLT_CHANNELS_MAX + 1, 0, 1, 2), DSLT_EARGUMENT);
  EXPECT_EQ(remap(y, 4, 2, 1, 2), DSLT_EARGUMENT);
  EXPECT_EQ(remap(y, 4, 0, 0, 2), DSLT_EARGUMENT);
  EXPECT_EQ(remap(y, 4, 0, 1, DSLT_MAP_SIDE_MAX + 1), DSLT_EARGUMENT);
  auto pool = [&](void *to, int type, int n, int h, int c) {
    return kernels().pool(stream(), to, x, dslt_type(type), n, h, 4, c, nullptr);
  };
  EXPECT_EQ(pool(x, 0, 1, 4, 4), DSLT_EARGUMENT);
  EXPECT_EQ(pool(nullptr, 0, 1, 4, 4), DSLT_EARGUMENT);
  EXPECT_EQ(pool(y, 3, 1, 4, 4), DSLT_EARGUMENT);
  EXPECT_EQ(pool(y, 0, 0, 4, 4), DSLT_EARGUMENT);
  EXPECT_EQ(pool(y, 0, 1, 1, 4), DSLT_EARGUMENT);
  EXPECT_EQ(pool(y, 0, 1, 4, 0), DSLT_EARGUMENT);
  EXPECT_STREQ(dslt_last_error(), "Kernel pool was given 1 maps of 4 x 4 cells and 0 channels.");
}

// Taps of different sides and channels, one of them a part of a wider map.
TEST_P(NetworkKernel, TapsAreTakenInOneLaunch) {
  struct {
    int h, w, channels, pitch;
  } shapes[2][3] = {{{5, 7, 8, 8}, {2, 3, 12, 24}, {40, 30, 4, 8}},
                    {{5, 7, 3, 4}, {1, 1, 5, 8}, {9, 2, 1, 1}}};
  const int n = 2;
  for (const auto &set : shapes)
    for (dslt_type type : {DSLT_TYPE_F32, DSLT_TYPE_BF16}) {
      std::vector<dslt_layer_map> x, y;
      std::vector<std::vector<float>> want;
      for (const auto &s : set) {
        const std::size_t cells = std::size_t(n * s.h * s.w);
        std::vector<float> in = noise(cells * std::size_t(s.pitch), unsigned(s.h)), taken;
        for (float &v : in) v = stored(type, v);
        for (std::size_t i = 0; i < cells; ++i)
          for (int c = 0; c < s.channels; ++c) taken.push_back(in[i * std::size_t(s.pitch) + std::size_t(c)]);
        x.push_back({put(type, in), type, s.h, s.w, s.channels, s.pitch, 0});
        y.push_back({upload(std::vector<float>(taken.size(), NAN)), DSLT_TYPE_F32, s.h, s.w, s.channels,
                     s.channels, 0});
        want.push_back(taken);
      }
      ASSERT_EQ(kernels().take_taps(stream(), y.data(), x.data(), 3, n, zeros<int32_t>(1)), DSLT_OK);
      EXPECT_TRUE(std::isnan(download(static_cast<const float *>(y[0].data), 1)[0])) << "left out";
      ASSERT_EQ(kernels().take_taps(stream(), y.data(), x.data(), 3, n, nullptr), DSLT_OK)
          << dslt_last_error();
      for (std::size_t i = 0; i < want.size(); ++i)
        EXPECT_EQ(download(static_cast<const float *>(y[i].data), want[i].size()), want[i]) << i;
    }
}

TEST_P(NetworkKernel, TapsThatDoNotFitAreRefused) {
  float *memory = zeros<float>(64);
  const dslt_layer_map x = {memory, DSLT_TYPE_F32, 2, 2, 4, 4, 0},
                       y = {memory + 32, DSLT_TYPE_F32, 2, 2, 4, 4, 0};
  const auto take = [&](const dslt_layer_map &to, const dslt_layer_map &from, int count, int n) {
    return kernels().take_taps(stream(), &to, &from, count, n, nullptr);
  };
  EXPECT_EQ(take(y, x, 1, 1), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(take(y, x, 0, 1), DSLT_EARGUMENT);
  EXPECT_EQ(take(y, x, DSLT_TAPS_TAKEN_MAX + 1, 1), DSLT_EARGUMENT);
  EXPECT_EQ(take(y, x, 1, 0), DSLT_EARGUMENT);
  EXPECT_EQ(take(x, x, 1, 1), DSLT_EARGUMENT);
  for (int part = 0; part < 6; ++part) {
    dslt_layer_map to = y, from = x;
    if (part == 0) to.type = DSLT_TYPE_BF16;
    if (part == 1) to.pitch = 8;
    if (part == 2) to.h = 1;
    if (part == 3) from.channels = 3;
    if (part == 4) from.border = 1;
    if (part == 5) from.data = nullptr;
    EXPECT_EQ(take(to, from, 1, 1), DSLT_EARGUMENT) << part;
  }
}

EVERYWHERE(NetworkKernel);

}  // namespace
