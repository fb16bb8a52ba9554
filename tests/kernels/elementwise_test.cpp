/* SPDX-License-Identifier: Apache-2.0 */
// Kernels axpby and convert against the CPU and against what the types say.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/rng.h"
#include "device.h"
#include "pack.h"

namespace {

class ElementwiseKernel : public KernelTest {};

TEST_P(ElementwiseKernel, AxpbyEqualsItsTwin) {
  for (std::size_t count : {1u, 3u, 4u, 130u, 1024u, 3000u})
    for (int shape = 0; shape < 5; ++shape) {
      SCOPED_TRACE(::testing::Message() << count << " values, shape " << shape);
      std::vector<float> x = noise(count, 1), z = noise(count, 2), want(count);
      bool alone = shape == 1;
      ASSERT_EQ(dslt_cpu_backend.nn->axpby(cpu(), want.data(), 0.75f, x.data(), -2,
                                           alone ? nullptr : z.data(), count),
                DSLT_OK);
      float *dx = upload(x), *dz = upload(z), *y = zeros<float>(count + 1);
      if (shape == 2) y = dx;
      if (shape == 3) y = dz;
      if (shape == 4) y += 1;  // not aligned for packs
      ASSERT_EQ(kernels().axpby(stream(), y, 0.75f, dx, -2, alone ? nullptr : dz, count, nullptr), DSLT_OK)
          << dslt_last_error();
      expect_near(download(y, count), want, tolerance(), "sum");
    }
}

uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// The nearest bfloat16 by search among the two neighbours, in double.
uint16_t nearest(float value) {
  uint32_t below = bits_of(value) & 0xffff0000u, above = below + 0x10000u;
  double down = std::fabs(double(value) - double(float_of(below))),
         up = std::fabs(double(float_of(above)) - double(value));
  bool odd = (below >> 16 & 1) != 0;
  return uint16_t((down < up || (down == up && !odd) ? below : above) >> 16);
}

TEST_P(ElementwiseKernel, ConvertRoundsToTheNearest) {
  std::vector<float> values = noise(1001, 3, 50);
  for (uint32_t bits : {0u, 0x80000000u, 0x3f808000u, 0x3f818000u, 0x3f808001u, 0x3f807fffu, 0x00000001u,
                        0x00018000u, 0xbf818000u})  // zeros, ties, their neighbours, the smallest numbers
    values.push_back(float_of(bits));
  std::size_t finite = values.size();
  for (float value : {INFINITY, -INFINITY, float_of(0x7f7fffffu), float_of(0x7f800001u), NAN})
    values.push_back(value);
  std::size_t count = values.size();
  dslt_bf16 *half = upload(std::vector<dslt_bf16>(count));
  ASSERT_EQ(kernels().convert(stream(), half, DSLT_TYPE_BF16, upload(values), DSLT_TYPE_F32, count, nullptr),
            DSLT_OK)
      << dslt_last_error();
  std::vector<dslt_bf16> got = download(half, count);
  for (std::size_t i = 0; i < finite; ++i) EXPECT_EQ(got[i].bits, nearest(values[i])) << values[i];
  EXPECT_EQ(got[finite].bits, 0x7f80);      // infinities stay
  EXPECT_EQ(got[finite + 1].bits, 0xff80);  //
  EXPECT_EQ(got[finite + 2].bits, 0x7f80);  // the largest number is nearer to infinity
  EXPECT_TRUE(std::isnan(dslt_from_bf16(got[finite + 3])));
  EXPECT_TRUE(std::isnan(dslt_from_bf16(got[finite + 4])));
  // And back, which is exact; in packs too.
  for (std::size_t some : {count, std::size_t(1000)}) {
    float *back = zeros<float>(count);
    ASSERT_EQ(kernels().convert(stream(), back, DSLT_TYPE_F32, half, DSLT_TYPE_BF16, some, nullptr), DSLT_OK);
    std::vector<float> returned = download(back, some);
    for (std::size_t i = 0; i < some; ++i) EXPECT_EQ(bits_of(returned[i]), uint32_t(got[i].bits) << 16);
  }
}

TEST_P(ElementwiseKernel, ConvertCopiesTheSameType) {
  std::vector<float> values = noise(300, 4);
  float *copy = zeros<float>(300);
  ASSERT_EQ(kernels().convert(stream(), copy, DSLT_TYPE_F32, upload(values), DSLT_TYPE_F32, 300, nullptr),
            DSLT_OK);
  EXPECT_EQ(download(copy, 300), values);
  std::vector<uint16_t> halves(301);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = uint16_t(0x3f80 + i);
  uint16_t *other = zeros<uint16_t>(301);
  ASSERT_EQ(kernels().convert(stream(), other, DSLT_TYPE_BF16, upload(halves), DSLT_TYPE_BF16, 301, nullptr),
            DSLT_OK);
  EXPECT_EQ(download(other, 301), halves);
}

TEST_P(ElementwiseKernel, WritesNothingWhenNotWanted) {
  std::vector<float> old(8, 7.0f);
  float *y = upload(old), *x = upload(noise(8, 1));
  int32_t *no = zeros<int32_t>(1);
  ASSERT_EQ(kernels().axpby(stream(), y, 1, x, 1, x, 8, no), DSLT_OK);
  ASSERT_EQ(kernels().convert(stream(), y, DSLT_TYPE_F32, x, DSLT_TYPE_F32, 8, no), DSLT_OK);
  EXPECT_EQ(download(y, 8), old);
}

TEST_P(ElementwiseKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(4), *y = zeros<float>(4);
  EXPECT_EQ(kernels().axpby(stream(), y, 1, x, 1, x, 0, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().axpby(stream(), y, 1, nullptr, 1, x, 4, nullptr), DSLT_EARGUMENT);
  auto convert = [&](void *to, int to_type, int from_type, std::size_t count) {
    return kernels().convert(stream(), to, dslt_type(to_type), x, dslt_type(from_type), count, nullptr);
  };
  EXPECT_EQ(convert(x, 0, 0, 4), DSLT_EARGUMENT);
  EXPECT_EQ(convert(y, 2, 0, 4), DSLT_EARGUMENT);
  EXPECT_EQ(convert(y, 0, 3, 4), DSLT_EARGUMENT);
  EXPECT_EQ(convert(y, 0, 1, 0), DSLT_EARGUMENT);
}

EVERYWHERE(ElementwiseKernel);

}  // namespace
