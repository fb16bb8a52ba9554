/* SPDX-License-Identifier: Apache-2.0 */
// The fused head against the same head by single operations: response, every gradient, bands of rows, threads.
#include "backend_fixture.h"

namespace {

struct HeadCase {
  const char *name;
  int n, h, w, factor, low, high, channels, kh, kw, fusion, residual;
  float fuse_low, fuse_high;
  int kernel = 1;  // of the reductions
};

const HeadCase kCases[] = {
    {"small", 1, 8, 12, 2, 5, 7, 4, 3, 2, 1, 1, 1, 1},
    {"three_maps", 3, 8, 12, 2, 5, 7, 4, 3, 2, 1, 1, 1, 0.5f},
    {"two_bands", 1, 38, 32, 2, 24, 20, 37, 6, 3, 1, 1, 0.8f,
     0.2f},  // 37: two vectors of channels and a rest
    {"many_bands_and_maps", 3, 50, 46, 2, 12, 9, 16, 5, 7, 1, 1, 1, 1},
    {"kernel_as_high_as_the_map", 1, 34, 34, 2, 8, 8, 16, 34, 1, 1, 1, 1, 1},
    {"one_row", 1, 1, 700, 1, 6, 5, 4, 1, 3, 1, 1, 1, 1},
    {"same_grid", 1, 36, 36, 1, 10, 12, 8, 3, 3, 1, 1, 0.7f, 0.6f},
    {"four_times", 1, 40, 36, 4, 10, 12, 18, 3, 3, 1, 1, 0.7f, 0.6f},
    {"no_fusion", 1, 34, 34, 2, 6, 5, 16, 2, 2, 0, 1, 1, 1},
    {"no_residual", 1, 34, 34, 2, 6, 5, 16, 2, 2, 1, 0, 0.5f, 2},
    {"base_only", 1, 34, 34, 2, 6, 5, 16, 2, 2, 0, 0, 1, 1},
    {"wide_reductions", 1, 8, 12, 2, 5, 7, 4, 3, 2, 1, 1, 0.8f, 0.5f, 3},
    // maps with as many channels, whose reductions are products of one shape
    {"as_many_channels", 1, 16, 12, 2, 12, 12, 4, 3, 2, 1, 1, 0.8f, 0.5f},
    {"as_many_channels_four_times", 1, 40, 36, 4, 8, 8, 20, 3, 3, 1, 1, 1, 0.6f},
    {"as_many_channels_on_the_same_grid", 1, 9, 11, 1, 16, 16, 8, 3, 3, 1, 1, 1, 1},
    {"as_many_channels_without_fusion", 1, 34, 34, 2, 8, 8, 16, 2, 2, 0, 1, 1, 1},
    {"as_many_channels_of_three_maps", 3, 16, 12, 2, 12, 12, 8, 3, 2, 1, 1, 1, 1},
    {"wide_reductions_of_as_many_channels", 1, 8, 12, 2, 8, 8, 4, 3, 2, 1, 1, 0.8f, 0.5f, 3},
    {"wide_reductions_of_three_maps", 3, 9, 11, 1, 8, 4, 16, 3, 2, 1, 1, 1, 1, 3},
};

struct Tensors {
  float *all[5];
  std::size_t count[5];
  dslt_fused_head_tensors view() const { return {all[0], all[1], all[2], all[3], all[4]}; }
};

class Pieces {
 public:
  Pieces(const HeadCase &shape, Backend &backend) : c(shape), b(backend) {
    cells = std::size_t(c.h) * c.w;
    high_cells = cells / (c.factor * c.factor);
    response = std::size_t(c.h - c.kh + 1) * (c.w - c.kw + 1);
    ref::Noise noise(31);
    const std::size_t taps = std::size_t(c.kernel) * c.kernel;
    const std::size_t counts[] = {
        taps * c.low * c.channels, taps * c.high * c.channels, 4u * c.factor * c.factor * c.channels,
        std::size_t(c.kh) * c.kw * c.channels, std::size_t(c.kh) * c.kw * c.channels};
    for (int i = 0; i < 5; ++i) {
      weights.count[i] = gradients.count[i] = pieces.count[i] = counts[i];
      weights.all[i] = b.upload(noise.map(counts[i]));
      gradients.all[i] = b.upload(ref::Map(counts[i], NAN));  // what is not written shows
      pieces.all[i] = b.upload(ref::Map(counts[i], NAN));
    }
    low = b.upload(noise.map(c.n * cells * c.low));
    high = b.upload(noise.map(c.n * high_cells * c.high));
    d_response = b.upload(noise.map(response));
  }
  bool uses_high() const { return c.fusion || c.residual; }
  bool has(int tensor, int deep) const {
    const bool wanted[] = {deep != 0, deep && uses_high(), deep && uses_high() && c.factor > 1, true,
                           c.residual != 0};
    return wanted[tensor];
  }

  // Maps of the reductions, and the response, from the single operations.
  void forward() {
    reduced_low = b.floats(c.n * cells * c.channels);
    reduced_high = b.floats(c.n * high_cells * c.channels);
    conv(low, reduced_low, c.h, c.w, c.low, 0);
    if (uses_high()) conv(high, reduced_high, c.h / c.factor, c.w / c.factor, c.high, 1);
    raised = reduced_high;
    if (uses_high() && c.factor > 1) {
      raised = b.floats(c.n * cells * c.channels);
      ASSERT_EQ(b.nn->upsample_forward(b.get(), raised, reduced_high, weights.all[2], c.n, c.h / c.factor,
                                       c.w / c.factor, c.channels, c.factor),
                DSLT_OK);
    }
    fused = reduced_low;
    if (c.fusion) {
      fused = b.floats(c.n * cells * c.channels);
      ASSERT_EQ(
          b.nn->axpby(b.get(), fused, c.fuse_low, reduced_low, c.fuse_high, raised, c.n * cells * c.channels),
          DSLT_OK);
    }
    float *first = b.floats(c.n * response), *second = b.zeros(c.n * response);
    dslt_regress *r = regress(c.n);
    ASSERT_EQ(b.nn->regress_forward(r, first, fused, weights.all[3]), DSLT_OK);
    if (c.residual) {
      ASSERT_EQ(b.nn->regress_forward(r, second, raised, weights.all[4]), DSLT_OK);
    }
    b.nn->regress_free(r);
    want = b.download(first, c.n * response);
    std::vector<float> more = b.download(second, c.n * response);
    for (std::size_t i = 0; i < want.size(); ++i) want[i] += more[i];
  }

  void backward() {
    float *d_fused = b.floats(cells * c.channels), *d_raised = b.floats(cells * c.channels);
    dslt_regress *r = regress(1);
    b.nn->regress_backward(r, d_fused, pieces.all[3], fused, weights.all[3], d_response);
    if (c.residual) b.nn->regress_backward(r, d_raised, pieces.all[4], raised, weights.all[4], d_response);
    b.nn->regress_free(r);
    if (uses_high()) {
      if (c.fusion)
        b.nn->axpby(b.get(), d_raised, c.fuse_high, d_fused, 1, c.residual ? d_raised : nullptr,
                    cells * c.channels);
      float *d_high = d_raised;
      if (c.factor > 1) {
        d_high = b.floats(high_cells * c.channels);
        b.nn->upsample_backward(b.get(), d_high, pieces.all[2], reduced_high, weights.all[2], d_raised,
                                c.h / c.factor, c.w / c.factor, c.channels, c.factor);
      }
      conv_backward(high, d_high, c.h / c.factor, c.w / c.factor, c.high, 1);
    }
    if (c.fusion) b.nn->axpby(b.get(), d_fused, c.fuse_low, d_fused, 0, nullptr, cells * c.channels);
    conv_backward(low, d_fused, c.h, c.w, c.low, 0);
  }

  dslt_fused_head_desc desc(int reduced, int deep) const {
    return {c.n,      c.h,        c.w,        c.factor,    c.low,    c.high,  c.channels, c.kh,    c.kw,
            c.fusion, c.residual, c.fuse_low, c.fuse_high, c.kernel, reduced, deep,       c.n == 1};
  }

  HeadCase c;
  Backend &b;
  std::size_t cells, high_cells, response;
  Tensors weights, gradients, pieces;
  float *low, *high, *d_response, *reduced_low, *reduced_high, *raised, *fused;
  std::vector<float> want;

 private:
  dslt_regress *regress(int n) {
    dslt_regress *r = nullptr;
    EXPECT_EQ(b.nn->regress_plan(&r, b.get(), n, c.h, c.w, c.channels, c.kh, c.kw), DSLT_OK);
    return r;
  }
  void conv(const float *x, float *y, int h, int w, int cin, int tensor) {
    dslt_conv *conv = nullptr;
    ASSERT_EQ(b.nn->conv_plan(&conv, b.get(), c.n, h, w, cin, c.channels, c.kernel), DSLT_OK);
    EXPECT_EQ(b.nn->conv_forward(conv, y, x, weights.all[tensor]), DSLT_OK);
    b.nn->conv_free(conv);
  }
  void conv_backward(const float *x, const float *dy, int h, int w, int cin, int tensor) {
    dslt_conv *conv = nullptr;
    ASSERT_EQ(b.nn->conv_plan(&conv, b.get(), 1, h, w, cin, c.channels, c.kernel), DSLT_OK);
    EXPECT_EQ(b.nn->conv_backward_weights(conv, pieces.all[tensor], x, dy), DSLT_OK);
    b.nn->conv_free(conv);
  }
};

class FusedHeadTest : public testing::TestWithParam<HeadCase> {};

TEST_P(FusedHeadTest, IsTheSumOfItsPieces) {
  Backend b;
  Pieces p(GetParam(), b);
  p.forward();
  if (p.c.n == 1) p.backward();
  for (int reduced : {0, 1})
    for (int deep : {1, 0}) {
      if (reduced && deep) continue;
      dslt_fused_head_desc desc = p.desc(reduced, deep);
      dslt_fused_head *head = nullptr;
      ASSERT_EQ(b.nn->fused_head_plan(&head, b.get(), &desc), DSLT_OK) << dslt_last_error();
      if (p.c.kernel > 1 && !reduced && std::strcmp(backend_name(), "cpu") == 0) {
        EXPECT_EQ(head, nullptr);  // the single operations need less
        continue;
      }
      ASSERT_NE(head, nullptr);
      const float *low = reduced ? p.reduced_low : p.low, *high = reduced ? p.reduced_high : p.high;
      dslt_fused_head_tensors w = p.weights.view(), g = p.gradients.view();
      float *response = b.upload(ref::Map(p.c.n * p.response, NAN));
      ASSERT_EQ(b.nn->fused_head_forward(head, response, low, high, &w, nullptr), DSLT_OK)
          << dslt_last_error();
      EXPECT_LT(ref::relative_error(b.download(response, p.want.size()), p.want), 5e-6);
      for (int i = 0; i < 5 && p.c.n == 1; ++i)
        b.device->upload(b.get(), p.gradients.all[i], std::vector<float>(p.gradients.count[i], NAN).data(),
                         p.gradients.count[i] * sizeof(float));
      if (p.c.n == 1) {
        ASSERT_EQ(b.nn->fused_head_backward(head, &g, low, high, &w, p.d_response, nullptr), DSLT_OK);
        for (int i = 0; i < 5; ++i) {
          std::vector<float> got = b.download(p.gradients.all[i], p.gradients.count[i]),
                             want = b.download(p.pieces.all[i], p.gradients.count[i]);
          if (p.has(i, deep))
            EXPECT_LT(ref::relative_error(got, want), 1e-5) << "tensor " << i << " reduced " << reduced;
          else
            for (float v : got) EXPECT_TRUE(std::isnan(v)) << "tensor " << i << " was not asked for";
        }
      }
      b.nn->fused_head_free(head);
    }
}

INSTANTIATE_TEST_SUITE_P(Networks, FusedHeadTest, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<HeadCase> &c) { return std::string(c.param.name); });

// Biases and the loss, beside the operations that take them from a response.
TEST_P(FusedHeadTest, AddsBiasesAndTakesTheLoss) {
  Backend b;
  Pieces p(GetParam(), b);
  const dslt_fused_head_desc desc = p.desc(0, 1);
  dslt_fused_head *head = nullptr;
  ASSERT_EQ(b.nn->fused_head_plan(&head, b.get(), &desc), DSLT_OK) << dslt_last_error();
  if (!head) GTEST_SKIP() << skip::kBackend << "this shape is served by the single operations";
  const std::size_t cells = p.c.n * p.response;
  const dslt_fused_head_tensors w = p.weights.view();
  ref::Noise noise(5);
  float *plain = b.floats(cells), *got = b.upload(ref::Map(cells, NAN)), *want = b.floats(cells);
  const float *bias = b.upload({0.25f, -0.75f});
  ASSERT_EQ(b.nn->fused_head_forward(head, plain, p.low, p.high, &w, nullptr), DSLT_OK);
  ASSERT_EQ(b.nn->fused_head_forward(head, got, p.low, p.high, &w, bias), DSLT_OK);
  ASSERT_EQ(b.nn->sum_responses(b.get(), want, plain, nullptr, bias, cells), DSLT_OK);
  EXPECT_EQ(b.download(got, cells), b.download(want, cells));
  if (p.c.n == 1) {
    const float *label = b.upload(noise.map(cells));
    float *d_bias = b.upload({NAN, NAN, NAN, NAN}), *value = b.upload({NAN, NAN});
    dslt_loss_spec spec = {};
    spec.kind = DSLT_LOSS_SHRINKAGE, spec.a = 10, spec.c = 0.2f, spec.amplitude = 1;
    for (int turn = 0; turn < 2; ++turn) {  // the second time with the tickets as the first left them
      ASSERT_EQ(b.nn->fused_head_loss(head, got, d_bias, value, p.low, p.high, &w, bias, label, &spec),
                DSLT_OK)
          << dslt_last_error();
      ASSERT_EQ(b.nn->loss(b.get(), want, d_bias + 2, value + 1, plain, nullptr, bias, label, cells, &spec),
                DSLT_OK);
      EXPECT_EQ(b.download(got, cells), b.download(want, cells));
      const std::vector<float> slopes = b.download(d_bias, 4), values = b.download(value, 2);
      EXPECT_NEAR(values[0], values[1], 1e-6 * std::fabs(values[1]));  // rows first, or cell by cell
      EXPECT_NEAR(slopes[0], slopes[2], 1e-6 * cells);
      EXPECT_EQ(slopes[0], slopes[1]);
    }
  }
  b.nn->fused_head_free(head);
}

// A step with the gradients, beside one after them.
TEST_P(FusedHeadTest, TakesAStepAfterTheGradients) {
  if (GetParam().n > 1) GTEST_SKIP() << skip::kBackend << "gradients are those of one map";
  for (int reduced : {0, 1}) {
    std::vector<std::vector<float>> ends[2];
    for (int apart : {0, 1}) {
      Backend b;
      Pieces p(GetParam(), b);
      p.forward();
      const dslt_fused_head_desc desc = p.desc(reduced, !reduced);
      dslt_fused_head *head = nullptr;
      ASSERT_EQ(b.nn->fused_head_plan(&head, b.get(), &desc), DSLT_OK) << dslt_last_error();
      if (!head) GTEST_SKIP() << skip::kBackend << "this shape is served by the single operations";
      const float *low = reduced ? p.reduced_low : p.low, *high = reduced ? p.reduced_high : p.high;
      const dslt_fused_head_tensors w = p.weights.view(), g = p.gradients.view();
      std::vector<dslt_param> params;
      for (int i = 0; i < 5; ++i)
        if (p.has(i, !reduced))
          params.push_back({p.weights.all[i], p.gradients.all[i], b.zeros(p.weights.count[i]),
                            b.zeros(p.weights.count[i]), p.weights.count[i], 0.01f * float(1 + i), 1e-3f, 0});
      float *bias = b.upload({0.5, -0.5}), *d_bias = b.upload({2, -3}), *moments = b.zeros(4);
      for (int i = 0; i < 2; ++i)
        params.push_back({bias + i, d_bias + i, moments + i, moments + 2 + i, 1, 0.1f, 0, 0});
      const dslt_adam_rule rule = {0.9f, 0.999f, 1e-8f};
      int32_t *step = b.put(int32_t(0));
      const dslt_head_update update = {params.data(), int(params.size()), &rule, step};
      float *response = b.floats(p.response);
      for (int turn = 0; turn < 2; ++turn) {
        ASSERT_EQ(b.nn->fused_head_forward(head, response, low, high, &w, nullptr), DSLT_OK);
        ASSERT_EQ(b.nn->fused_head_backward(head, &g, low, high, &w, p.d_response, apart ? nullptr : &update),
                  DSLT_OK)
            << dslt_last_error();
        if (apart) {
          ASSERT_EQ(b.nn->adam(b.get(), params.data(), int(params.size()), &rule, step), DSLT_OK);
        }
      }
      EXPECT_EQ(b.see(step), 2);
      for (const dslt_param &one : params) ends[apart].push_back(b.download(one.w, one.count));
      b.nn->fused_head_free(head);
    }
    ASSERT_EQ(ends[0].size(), ends[1].size());
    for (std::size_t i = 0; i < ends[0].size(); ++i)
      EXPECT_LT(ref::relative_error(ends[0][i], ends[1][i]), 1e-6) << i << " reduced " << reduced;
  }
}

// Everything one pass leaves, as bytes.
std::vector<float> pass(int threads, const HeadCase &c) {
  Backend b(DSLT_PRECISION_F32, threads);
  Pieces p(c, b);
  dslt_fused_head_desc desc = p.desc(0, 1);
  dslt_fused_head *head = nullptr;
  EXPECT_EQ(b.nn->fused_head_plan(&head, b.get(), &desc), DSLT_OK) << dslt_last_error();
  dslt_fused_head_tensors w = p.weights.view(), g = p.gradients.view();
  float *response = b.floats(p.response);
  EXPECT_EQ(b.nn->fused_head_forward(head, response, p.low, p.high, &w, nullptr), DSLT_OK);
  EXPECT_EQ(b.nn->fused_head_backward(head, &g, p.low, p.high, &w, p.d_response, nullptr), DSLT_OK);
  std::vector<float> out = b.download(response, p.response);
  for (int i = 0; i < 5; ++i)
    for (float v : b.download(p.gradients.all[i], p.gradients.count[i])) out.push_back(v);
  b.nn->fused_head_free(head);
  return out;
}

TEST(FusedHead, TheSameBytesTwiceAndOnAnyNumberOfThreads) {
  const HeadCase c = {"", 1, 64, 48, 2, 40, 24, 32, 9, 4, 1, 1, 1, 1};  // four bands
  const std::vector<float> one = pass(1, c);
  EXPECT_EQ(pass(1, c), one);
  EXPECT_EQ(pass(2, c), one);
  EXPECT_EQ(pass(3, c), one);
}

// With more taps than the reduction is worth, the single operations need less.
TEST(FusedHead, DeclinesWhatCostsMore) {
  if (std::strcmp(backend_name(), "cpu") != 0) GTEST_SKIP() << skip::kBackend << "a limit of the CPU backend";
  Backend b;
  dslt_fused_head_desc desc = {1, 30, 30, 2, 512, 512, 8, 20, 20, 1, 1, 1, 1, 1, 0, 1, 1};
  dslt_fused_head *head = nullptr;
  ASSERT_EQ(b.nn->fused_head_plan(&head, b.get(), &desc), DSLT_OK);
  EXPECT_EQ(head, nullptr);
  desc.reduced = 1, desc.deep = 0;
  ASSERT_EQ(b.nn->fused_head_plan(&head, b.get(), &desc), DSLT_OK);
  ASSERT_NE(head, nullptr);
  b.nn->fused_head_free(head);
}

}  // namespace
