/* SPDX-License-Identifier: Apache-2.0 */
// Kernel upsample against its CPU twin: forward with the fusion, backward by data and by filters.
#include <cmath>

#include "device.h"

namespace {

struct Shape {
  int n, h, w, c, f;
};

const Shape kShapes[] = {{1, 1, 1, 1, 2},   {1, 1, 1, 128, 4}, {3, 2, 3, 3, 2},    {1, 7, 9, 130, 2},
                         {2, 5, 4, 132, 4}, {1, 11, 1, 4, 2},  {1, 12, 13, 16, 4}, {1, 1, 19, 8, 6}};

class UpsampleKernel : public KernelTest {
 protected:
  static std::size_t in(const Shape &s) {
    return std::size_t(s.n) * std::size_t(s.h) * std::size_t(s.w) * std::size_t(s.c);
  }
  static std::size_t out(const Shape &s) { return in(s)*std::size_t(s.f * s.f); }
  static std::size_t filters(const Shape &s) { return std::size_t(4 * s.f * s.f) * std::size_t(s.c); }

  void forward(const Shape &s, std::size_t shift = 0) {
    std::vector<float> x = noise(in(s) + shift, 1), w = noise(filters(s), 2), low = noise(out(s), 3),
                       want(out(s)), want_fused(out(s));
    ASSERT_EQ(dslt_cpu_backend.nn->upsample_forward(cpu(), want.data(), x.data() + shift, w.data(), s.n, s.h,
                                                    s.w, s.c, s.f),
              DSLT_OK);
    ASSERT_EQ(
        dslt_cpu_backend.nn->axpby(cpu(), want_fused.data(), 0.75f, low.data(), 1.5f, want.data(), out(s)),
        DSLT_OK);
    float *there = upload(x) + shift, *filter = upload(w), *branch = upload(low);
    for (int which = 1; which <= 3; ++which) {  // the map, the fusion, both
      float *y = which & 1 ? upload(std::vector<float>(out(s), NAN)) : nullptr;
      float *fused = which & 2 ? (which == 2 ? branch : zeros<float>(out(s))) : nullptr;
      float *from = which == 3 ? upload(low) : branch;
      ASSERT_EQ(kernels().upsample_forward(stream(), y, fused, from, 0.75f, 1.5f, there, filter, s.n, s.h,
                                           s.w, s.c, s.f, nullptr),
                DSLT_OK)
          << dslt_last_error();
      if (y) expect_near(download(y, out(s)), want, tolerance(), "map");
      if (fused) expect_near(download(fused, out(s)), want_fused, tolerance(), "fusion");
    }
  }

  void backward(Shape s, bool data, bool two, std::size_t shift = 0) {
    s.n = 1;
    std::vector<float> x = noise(in(s) + shift, 1), w = noise(filters(s), 2), dy = noise(out(s), 3),
                       dy2 = noise(out(s), 4), sum(out(s)), want_dx(in(s)), want_dw(filters(s));
    ASSERT_EQ(dslt_cpu_backend.nn->axpby(cpu(), sum.data(), 0.75f, dy.data(), 1.0f,
                                         two ? dy2.data() : nullptr, out(s)),
              DSLT_OK);
    ASSERT_EQ(dslt_cpu_backend.nn->upsample_backward(cpu(), want_dx.data(), want_dw.data(), x.data() + shift,
                                                     w.data(), sum.data(), s.h, s.w, s.c, s.f),
              DSLT_OK);
    std::size_t bytes = kernels().upsample_scratch(s.h, s.w, s.c, s.f);
    ASSERT_GT(bytes, 0u);
    void *scratch = zeros<unsigned char>(bytes);
    float *dx = data ? upload(std::vector<float>(in(s), NAN)) : nullptr,
          *dw = upload(std::vector<float>(filters(s), NAN)), *there = upload(x) + shift, *filter = upload(w),
          *slope = upload(dy), *slope2 = two ? upload(dy2) : nullptr;
    for (int turn = 0; turn < 2; ++turn) {  // the second time with the tickets as the first left them
      vary(turn);
      ASSERT_EQ(kernels().upsample_backward(stream(), dx, dw, there, filter, slope, 0.75f, slope2, s.h, s.w,
                                            s.c, s.f, scratch, nullptr),
                DSLT_OK)
          << dslt_last_error();
      double slack = 1e-6 * (1 + std::sqrt(double(4 * s.f * s.f + s.h * s.w)));
      if (data) expect_near(download(dx, in(s)), want_dx, slack, "dx");
      expect_near(download(dw, filters(s)), want_dw, slack, "dw");
    }
  }
};

TEST_P(UpsampleKernel, ForwardEqualsItsTwin) {
  for (const Shape &s : kShapes) {
    SCOPED_TRACE(::testing::Message() << s.h << " x " << s.w << " x " << s.c << " by " << s.f);
    forward(s);
  }
}

TEST_P(UpsampleKernel, BackwardEqualsItsTwin) {
  for (const Shape &s : kShapes) {
    SCOPED_TRACE(::testing::Message() << s.h << " x " << s.w << " x " << s.c << " by " << s.f);
    backward(s, true, true);
    backward(s, s.c > 16, false);
  }
}

TEST_P(UpsampleKernel, AnyAlignment) {
  forward({1, 3, 5, 8, 2}, 1);
  backward({1, 3, 5, 8, 2}, true, true, 1);
}

TEST_P(UpsampleKernel, BilinearFiltersInterpolate) {
  // A map that rises evenly stays one, away from the edges.
  const int h = 6, w = 7, f = 4;
  std::vector<float> x;
  for (int i = 0; i < h * w; ++i) x.push_back(float(i / w) + 10 * float(i % w));
  auto weight = [](int k) { return 1.0f - std::fabs(float(k) - (float(f) - 0.5f)) / f; };
  std::vector<float> filters;
  for (int tap = 0; tap < 4 * f * f; ++tap) filters.push_back(weight(tap / (2 * f)) * weight(tap % (2 * f)));
  float *filter = upload(filters), *y = zeros<float>(h * w * f * f);
  ASSERT_EQ(kernels().upsample_forward(stream(), y, nullptr, nullptr, 0, 0, upload(x), filter, 1, h, w, 1, f,
                                       nullptr),
            DSLT_OK);
  std::vector<float> got = download(y, h * w * f * f);
  for (int row = f; row < (h - 1) * f; ++row)
    for (int column = f; column < (w - 1) * f; ++column)
      EXPECT_NEAR(got[std::size_t(row * w * f + column)],
                  (float(row) + 0.5f) / f - 0.5f + 10 * ((float(column) + 0.5f) / f - 0.5f), 1e-4)
          << row << ", " << column;
}

TEST_P(UpsampleKernel, SameBytesWhateverTheOrder) {
  const Shape s = {1, 9, 10, 12, 2};
  float *x = upload(noise(in(s), 1)), *w = upload(noise(filters(s), 2)), *dy = upload(noise(out(s), 3));
  void *scratch = zeros<unsigned char>(kernels().upsample_scratch(s.h, s.w, s.c, s.f));
  std::vector<float> first;
  for (int turn = 0; turn < 6; ++turn) {
    vary(turn);
    float *dw = zeros<float>(filters(s));
    ASSERT_EQ(kernels().upsample_backward(stream(), nullptr, dw, x, w, dy, 1, nullptr, s.h, s.w, s.c, s.f,
                                          scratch, nullptr),
              DSLT_OK);
    std::vector<float> got = download(dw, filters(s));
    if (turn == 0) first = got;
    EXPECT_EQ(got, first) << turn;
  }
}

TEST_P(UpsampleKernel, WritesNothingWhenNotWanted) {
  const Shape s = {1, 2, 2, 4, 2};
  std::vector<float> old(64, 7.0f);
  float *a = upload(old), *b = upload(old), *x = upload(noise(64, 1));
  std::size_t bytes = kernels().upsample_scratch(s.h, s.w, s.c, s.f);
  unsigned char *scratch = zeros<unsigned char>(bytes);
  int32_t *no = zeros<int32_t>(1);
  ASSERT_EQ(kernels().upsample_forward(stream(), a, b, x, 1, 1, x, x, 1, 2, 2, 4, 2, no), DSLT_OK);
  ASSERT_EQ(kernels().upsample_backward(stream(), a, b, x, x, x, 1, nullptr, 2, 2, 4, 2, scratch, no),
            DSLT_OK);
  EXPECT_EQ(download(a, 64), old);
  EXPECT_EQ(download(b, 64), old);
  EXPECT_EQ(download(scratch, bytes), std::vector<unsigned char>(bytes));
}

TEST_P(UpsampleKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(64), *y = zeros<float>(64);
  auto forward_of = [&](int n, int h, int w, int c, int f) {
    return kernels().upsample_forward(stream(), y, nullptr, nullptr, 1, 1, x, x, n, h, w, c, f, nullptr);
  };
  EXPECT_EQ(forward_of(1, 2, 2, 4, 2), DSLT_OK);
  for (int bad : {0, -1, 5000}) {
    EXPECT_EQ(forward_of(bad, 2, 2, 4, 2), DSLT_EARGUMENT);
    EXPECT_EQ(forward_of(1, bad, 2, 4, 2), DSLT_EARGUMENT);
    EXPECT_EQ(forward_of(1, 2, bad, 4, 2), DSLT_EARGUMENT);
    EXPECT_EQ(forward_of(1, 2, 2, bad, 2), DSLT_EARGUMENT);
    EXPECT_EQ(forward_of(1, 2, 2, 4, bad), DSLT_EARGUMENT);
    EXPECT_EQ(kernels().upsample_scratch(2, 2, 4, bad), 0u);
  }
  EXPECT_EQ(forward_of(1, 2, 2, 4, 3), DSLT_EARGUMENT);  // odd
  EXPECT_EQ(kernels().upsample_forward(stream(), nullptr, nullptr, x, 1, 1, x, x, 1, 2, 2, 4, 2, nullptr),
            DSLT_EARGUMENT);
  EXPECT_EQ(kernels().upsample_forward(stream(), nullptr, y, nullptr, 1, 1, x, x, 1, 2, 2, 4, 2, nullptr),
            DSLT_EARGUMENT);
  EXPECT_EQ(
      kernels().upsample_backward(stream(), nullptr, y, x, x, x, 1, nullptr, 2, 2, 4, 2, nullptr, nullptr),
      DSLT_EARGUMENT);
  EXPECT_EQ(kernels().upsample_backward(stream(), y, nullptr, x, x, x, 1, nullptr, 2, 2, 4, 2, y, nullptr),
            DSLT_EARGUMENT);
}

EVERYWHERE(UpsampleKernel);

}  // namespace
