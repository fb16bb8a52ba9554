/* SPDX-License-Identifier: Apache-2.0 */
// Every operation of the backend table against the plain double-precision reference.
#include "backend_fixture.h"

namespace {

struct ConvCase {
  int n, h, w, cin, cout, k;
};

class ConvTest : public testing::TestWithParam<ConvCase> {};

TEST_P(ConvTest, ForwardAndWeightGradient) {
  const ConvCase c = GetParam();
  Backend b;
  ref::Noise noise(1);
  std::size_t in = std::size_t(c.h) * c.w * c.cin, out = std::size_t(c.h) * c.w * c.cout;
  ref::Map x = ref::rounded(noise.map(c.n * in)),
           w = ref::rounded(noise.map(std::size_t(c.k) * c.k * c.cin * c.cout));
  dslt_conv *conv = nullptr;
  ASSERT_EQ(b.nn->conv_plan(&conv, b.get(), c.n, c.h, c.w, c.cin, c.cout, c.k), DSLT_OK) << dslt_last_error();
  float *y = b.floats(c.n * out), *dx = b.upload(x), *dw_weights = b.upload(w);
  ASSERT_EQ(b.nn->conv_forward(conv, y, dx, dw_weights), DSLT_OK);
  std::vector<float> got = b.download(y, c.n * out);
  for (int i = 0; i < c.n; ++i) {
    ref::Map one(x.begin() + i * in, x.begin() + (i + 1) * in);
    ref::Map want = ref::conv_same(one, w, c.h, c.w, c.cin, c.cout, c.k);
    std::vector<float> part(got.begin() + i * out, got.begin() + (i + 1) * out);
    EXPECT_LT(ref::relative_error(part, want), 2e-6);
  }
  if (c.n == 1) {
    // dL/dw for L = sum(dy * y) is linear in w: compare with L of unit weights.
    ref::Map dy = ref::rounded(noise.map(out));
    float *g = b.floats(w.size());
    ASSERT_EQ(b.nn->conv_backward_weights(conv, g, dx, b.upload(dy)), DSLT_OK);
    std::vector<float> grad = b.download(g, w.size());
    ref::Map want(w.size());
    for (std::size_t p = 0; p < w.size(); ++p) {
      ref::Map unit(w.size(), 0.0);
      unit[p] = 1.0;
      ref::Map moved = ref::conv_same(x, unit, c.h, c.w, c.cin, c.cout, c.k);
      for (std::size_t i = 0; i < out; ++i) want[p] += moved[i] * dy[i];
    }
    EXPECT_LT(ref::relative_error(grad, want), 5e-6);
  }
  b.nn->conv_free(conv);
}

INSTANTIATE_TEST_SUITE_P(Shapes, ConvTest,
                         testing::Values(ConvCase{1, 5, 7, 3, 4, 1}, ConvCase{3, 4, 6, 8, 5, 1},
                                         ConvCase{1, 6, 5, 4, 3, 3}, ConvCase{3, 5, 5, 3, 6, 3},
                                         ConvCase{1, 1, 1, 2, 2, 1}, ConvCase{1, 9, 4, 16, 16, 3}));

struct RegressCase {
  int n, h, w, c, kh, kw;
};

class RegressTest : public testing::TestWithParam<RegressCase> {};

TEST_P(RegressTest, ForwardAndBackward) {
  const RegressCase c = GetParam();
  Backend b;
  ref::Noise noise(2);
  std::size_t in = std::size_t(c.h) * c.w * c.c, out = std::size_t(c.h - c.kh + 1) * (c.w - c.kw + 1);
  ref::Map x = ref::rounded(noise.map(c.n * in)), w = ref::rounded(noise.map(std::size_t(c.kh) * c.kw * c.c));
  dslt_regress *r = nullptr;
  ASSERT_EQ(b.nn->regress_plan(&r, b.get(), c.n, c.h, c.w, c.c, c.kh, c.kw), DSLT_OK) << dslt_last_error();
  float *y = b.floats(c.n * out), *bx = b.upload(x), *bw = b.upload(w);
  ASSERT_EQ(b.nn->regress_forward(r, y, bx, bw), DSLT_OK);
  std::vector<float> got = b.download(y, c.n * out);
  for (int i = 0; i < c.n; ++i) {
    ref::Map one(x.begin() + i * in, x.begin() + (i + 1) * in);
    ref::Map want = ref::regress(one, w, c.h, c.w, c.c, c.kh, c.kw);
    std::vector<float> part(got.begin() + i * out, got.begin() + (i + 1) * out);
    EXPECT_LT(ref::relative_error(part, want), 2e-6);
  }
  if (c.n == 1) {
    ref::Map dy = ref::rounded(noise.map(out)), want_x(in), want_w(w.size());
    int rw = c.w - c.kw + 1;
    for (int i = 0; i < c.h - c.kh + 1; ++i)
      for (int j = 0; j < rw; ++j)
        for (int ky = 0; ky < c.kh; ++ky)
          for (int kx = 0; kx < c.kw; ++kx)
            for (int ch = 0; ch < c.c; ++ch) {
              std::size_t xi = (std::size_t(i + ky) * c.w + j + kx) * c.c + ch;
              std::size_t wi = (std::size_t(ky) * c.kw + kx) * c.c + ch;
              want_x[xi] += dy[std::size_t(i) * rw + j] * w[wi];
              want_w[wi] += dy[std::size_t(i) * rw + j] * x[xi];
            }
    float *dx = b.floats(in), *dw = b.floats(w.size()), *dw_only = b.floats(w.size());
    ASSERT_EQ(b.nn->regress_backward(r, dx, dw, bx, bw, b.upload(dy)), DSLT_OK);
    EXPECT_LT(ref::relative_error(b.download(dx, in), want_x), 5e-6);
    EXPECT_LT(ref::relative_error(b.download(dw, w.size()), want_w), 5e-6);
    ASSERT_EQ(b.nn->regress_backward(r, nullptr, dw_only, bx, bw, b.upload(dy)), DSLT_OK);
    EXPECT_EQ(b.download(dw_only, w.size()), b.download(dw, w.size()));
    // Few cells with a gradient, or none, as a truncated loss leaves them.
    for (std::size_t every : {std::size_t(7), std::size_t(60), out + 1}) {
      ref::Map few = dy, want_few(w.size());
      for (std::size_t i = 0; i < out; ++i) few[i] = i % every == every / 2 ? dy[i] : 0.0;
      for (std::size_t i = 0; i < out; ++i)
        for (std::size_t k = 0; few[i] != 0 && k < w.size(); ++k) {
          const std::size_t ky = k / std::size_t(c.kw * c.c), rest = k % std::size_t(c.kw * c.c);
          want_few[k] += few[i] * x[((i / std::size_t(rw) + ky) * c.w + i % std::size_t(rw)) * c.c + rest];
        }
      ASSERT_EQ(b.nn->regress_backward(r, nullptr, dw_only, bx, bw, b.upload(few)), DSLT_OK);
      const std::vector<float> sums = b.download(dw_only, w.size());
      for (std::size_t k = 0; k < w.size(); ++k) ASSERT_NEAR(double(sums[k]), want_few[k], 1e-4) << k;
    }
  }
  b.nn->regress_free(r);
}

INSTANTIATE_TEST_SUITE_P(Shapes, RegressTest,
                         testing::Values(RegressCase{1, 6, 8, 4, 3, 2}, RegressCase{3, 5, 5, 2, 1, 1},
                                         RegressCase{1, 4, 4, 3, 4, 4}, RegressCase{1, 12, 20, 16, 6, 2},
                                         RegressCase{2, 9, 7, 5, 2, 5}, RegressCase{1, 1, 1, 1, 1, 1}));

TEST(Regress, KernelLargerThanMapIsRefused) {
  Backend b;
  dslt_regress *r = nullptr;
  EXPECT_EQ(b.nn->regress_plan(&r, b.get(), 1, 4, 4, 2, 5, 1), DSLT_EINTERNAL);
}

struct UpsampleCase {
  int f, c;
};
class UpsampleTest : public testing::TestWithParam<UpsampleCase> {};

TEST_P(UpsampleTest, ForwardAndBackward) {
  const int f = GetParam().f, c = GetParam().c, h = 3, w = 4, n = 2;
  Backend b;
  ref::Noise noise(3);
  std::size_t in = std::size_t(h) * w * c, out = in * f * f;
  ref::Map x = ref::rounded(noise.map(n * in)), k = ref::rounded(noise.map(std::size_t(4) * f * f * c));
  float *y = b.floats(n * out), *bx = b.upload(x), *bk = b.upload(k);
  ASSERT_EQ(b.nn->upsample_forward(b.get(), y, bx, bk, n, h, w, c, f), DSLT_OK);
  std::vector<float> got = b.download(y, n * out);
  for (int i = 0; i < n; ++i) {
    ref::Map one(x.begin() + i * in, x.begin() + (i + 1) * in);
    std::vector<float> part(got.begin() + i * out, got.begin() + (i + 1) * out);
    EXPECT_LT(ref::relative_error(part, ref::upsample(one, k, h, w, c, f)), 1e-6);
  }
  // Linear in x and in k: unit vectors give the exact gradients of sum(dy * y).
  ref::Map dy = ref::rounded(noise.map(out)), first(x.begin(), x.begin() + in), want_x(in), want_k(k.size());
  for (std::size_t p = 0; p < in; ++p) {
    ref::Map unit(in, 0.0);
    unit[p] = 1;
    ref::Map moved = ref::upsample(unit, k, h, w, c, f);
    for (std::size_t i = 0; i < out; ++i) want_x[p] += moved[i] * dy[i];
  }
  for (std::size_t p = 0; p < k.size(); ++p) {
    ref::Map unit(k.size(), 0.0);
    unit[p] = 1;
    ref::Map moved = ref::upsample(first, unit, h, w, c, f);
    for (std::size_t i = 0; i < out; ++i) want_k[p] += moved[i] * dy[i];
  }
  float *dx = b.floats(in), *dk = b.floats(k.size());
  ASSERT_EQ(b.nn->upsample_backward(b.get(), dx, dk, bx, bk, b.upload(dy), h, w, c, f), DSLT_OK);
  EXPECT_LT(ref::relative_error(b.download(dx, in), want_x), 2e-6);
  EXPECT_LT(ref::relative_error(b.download(dk, k.size()), want_k), 2e-6);
}

// Twice the size has a way of its own for every 16 channels.
INSTANTIATE_TEST_SUITE_P(Factors, UpsampleTest,
                         testing::Values(UpsampleCase{2, 5}, UpsampleCase{2, 21}, UpsampleCase{4, 5}));

TEST(Clear, MakesZerosOfAnything) {
  Backend b;
  float *x = b.upload({1, NAN, -INFINITY, 2, 3});
  ASSERT_EQ(b.device->clear(b.get(), x + 1, 3 * sizeof(float)), DSLT_OK);
  EXPECT_EQ(b.download(x, 5), (std::vector<float>{1, 0, 0, 0, 3}));
  EXPECT_EQ(b.device->clear(b.get(), x, 0), DSLT_OK);
}

TEST(Axpby, AllForms) {
  Backend b;
  ref::Noise noise(4);
  const std::size_t count = 40000;  // above the grain of one thread
  ref::Map x = ref::rounded(noise.map(count)), z = ref::rounded(noise.map(count));
  float *bx = b.upload(x), *bz = b.upload(z), *y = b.floats(count);
  ASSERT_EQ(b.nn->axpby(b.get(), y, 0.8f, bx, 0.2f, bz, count), DSLT_OK);
  std::vector<float> got = b.download(y, count);
  for (std::size_t i = 0; i < count; ++i) ASSERT_NEAR(got[i], 0.8f * x[i] + 0.2f * z[i], 1e-6);
  ASSERT_EQ(b.nn->axpby(b.get(), bx, -2.0f, bx, 0.0f, nullptr, count), DSLT_OK);
  got = b.download(bx, count);
  for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(got[i], float(-2.0 * x[i]));
}

// Ten Adam steps against an implementation written from the paper's algorithm 1, in double.
TEST(Adam, TenStepsAgainstIndependentImplementation) {
  Backend b;
  ref::Noise noise(5);
  const std::size_t count = 50;
  const double beta1 = 0.6, beta2 = 0.999, eps = 1e-8, rate = 1e-3, decay = 0.05;
  ref::Map w = ref::rounded(noise.map(count)), m(count, 0.0), v(count, 0.0), want = w;
  dslt_param param = {b.upload(w), b.floats(count), b.zeros(count), b.zeros(count),
                      count,       float(rate),     float(decay),   0};
  int32_t *step = reinterpret_cast<int32_t *>(b.zeros(1));
  dslt_adam_rule rule = {float(beta1), float(beta2), float(eps)};
  for (int t = 1; t <= 10; ++t) {
    ref::Map g = ref::rounded(noise.map(count, std::pow(10.0, t % 4 - 2)));
    std::vector<float> host = ref::f32(g);
    b.device->upload(b.get(), param.g, host.data(), count * sizeof(float));
    ASSERT_EQ(b.nn->adam(b.get(), &param, 1, &rule, step), DSLT_OK);
    for (std::size_t i = 0; i < count; ++i) {
      double grad = g[i] + decay * want[i];
      m[i] = beta1 * m[i] + (1 - beta1) * grad;
      v[i] = beta2 * v[i] + (1 - beta2) * grad * grad;
      double correction = std::sqrt(1 - std::pow(beta2, t)) / (1 - std::pow(beta1, t));
      want[i] -= rate * correction * m[i] / (std::sqrt(v[i]) + eps);
    }
    EXPECT_LT(ref::relative_error(b.download(param.w, count), want), 1e-6) << "step " << t;
  }
  int32_t steps = 0;
  b.device->download(b.get(), &steps, step, sizeof steps);
  EXPECT_EQ(steps, 10);
}

TEST(Augment, BlurKeepsConstantsAndMirrorTwiceIsTheOriginal) {
  Backend b;
  ref::Noise noise(6);
  const int h = 6, w = 8;
  ref::Map x = ref::rounded(noise.map(h * w * 3));
  float *in = b.upload(x), *out = b.floats(x.size()), *back = b.floats(x.size());
  ASSERT_EQ(b.vision->augment(b.get(), out, in, h, w, 0.0f, w / 2), DSLT_OK);
  ASSERT_EQ(b.vision->augment(b.get(), back, out, h, w, 0.0f, w / 2), DSLT_OK);
  EXPECT_EQ(b.download(back, x.size()), b.download(in, x.size()));
  EXPECT_EQ(b.download(out, 3)[0], b.download(in, x.size())[(w - 1) * 3]);

  float *flat = b.upload(ref::Map(x.size(), 7.25));
  ASSERT_EQ(b.vision->augment(b.get(), out, flat, h, w, 5.0f, 0), DSLT_OK);
  for (float v : b.download(out, x.size())) EXPECT_NEAR(v, 7.25f, 1e-5);

  // One bright pixel in the middle spreads as the outer product of the kernel with itself.
  ref::Map spot(std::size_t(11) * 11 * 3, 0.0);
  spot[(5 * 11 + 5) * 3] = 1.0;
  float *bright = b.upload(spot), *spread = b.floats(spot.size());
  ASSERT_EQ(b.vision->augment(b.get(), spread, bright, 11, 11, 1.0f, 0), DSLT_OK);
  std::vector<float> got = b.download(spread, spot.size());
  double total = 0;
  for (int i = -2; i <= 2; ++i) total += std::exp(-0.5 * i * i);
  for (int dy = -2; dy <= 2; ++dy)
    for (int dx = -2; dx <= 2; ++dx)
      EXPECT_NEAR(got[((5 + dy) * 11 + 5 + dx) * 3], std::exp(-0.5 * (dx * dx + dy * dy)) / (total * total),
                  1e-6);
}

}  // namespace
