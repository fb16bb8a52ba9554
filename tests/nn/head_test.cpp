/* SPDX-License-Identifier: Apache-2.0 */
// The whole head: its response against the reference, every gradient against central differences in double.
#include "nn/head.h"
#include "../backend/backend_fixture.h"

namespace {

struct HeadCase {
  const char *name;
  int factor, reduce_kernel, fusion, residual, bias;
  double fuse_low, fuse_high;
  int loss;
};

const HeadCase kCases[] = {
    {"paper", 2, 1, 1, 1, 0, 1, 1, DSLT_LOSS_SHRINKAGE},
    {"released", 1, 3, 1, 1, 1, 0.8, 0.2, DSLT_LOSS_L2},
    {"dslt_m", 2, 1, 0, 1, 0, 1, 1, DSLT_LOSS_SHRINKAGE},
    {"no_residual", 2, 1, 1, 0, 1, 1, 0.5, DSLT_LOSS_L3},
    {"base_only", 2, 1, 0, 0, 0, 1, 1, DSLT_LOSS_TRUNCATED},
    {"four_times", 4, 1, 1, 1, 1, 0.7, 0.6, DSLT_LOSS_OHNM},
};

constexpr int kH = 8, kW = 12, kLow = 5, kHigh = 7, kChannels = 4, kKh = 3, kKw = 2;

// The head in double from its six parameters.
struct Reference {
  HeadCase c;
  ref::Map p[DSLT_HEAD_PARAMS];

  ref::Map respond(const ref::Map &tap_low, const ref::Map &tap_high) const {
    ref::Map low = ref::conv_same(tap_low, p[DSLT_HEAD_REDUCE_LOW], kH, kW, kLow, kChannels, c.reduce_kernel),
             high;
    if (c.fusion || c.residual) {
      high = ref::conv_same(tap_high, p[DSLT_HEAD_REDUCE_HIGH], kH / c.factor, kW / c.factor, kHigh,
                            kChannels, c.reduce_kernel);
      if (c.factor > 1)
        high = ref::upsample(high, p[DSLT_HEAD_UPSAMPLE], kH / c.factor, kW / c.factor, kChannels, c.factor);
    }
    ref::Map fused = low;
    if (c.fusion)
      for (std::size_t i = 0; i < fused.size(); ++i)
        fused[i] = double(float(c.fuse_low)) * low[i] + double(float(c.fuse_high)) * high[i];
    ref::Map response = ref::regress(fused, p[DSLT_HEAD_BASE], kH, kW, kChannels, kKh, kKw);
    if (c.residual) {
      ref::Map second = ref::regress(high, p[DSLT_HEAD_RESIDUAL], kH, kW, kChannels, kKh, kKw);
      for (std::size_t i = 0; i < response.size(); ++i) response[i] += second[i];
    }
    for (double &v : response) v += p[DSLT_HEAD_BIAS][0] + p[DSLT_HEAD_BIAS][1];
    return response;
  }

  double loss(const ref::Map &tap_low, const ref::Map &tap_high, const ref::Map &label) const {
    ref::Map response = respond(tap_low, tap_high);
    double sum = 0;
    for (std::size_t i = 0; i < response.size(); ++i) {
      double e = response[i] - label[i], l = std::fabs(e), y = label[i];
      switch (c.loss) {
        case DSLT_LOSS_SHRINKAGE: sum += std::exp(y) * l * l / (1 + std::exp(10 * (0.2 - l))); break;
        case DSLT_LOSS_L2: sum += l * l; break;
        case DSLT_LOSS_L3: sum += l * l * l; break;
        case DSLT_LOSS_OHNM: sum += l >= 0.01 ? l * l : 0; break;
        case DSLT_LOSS_TRUNCATED: sum += l >= 0.1 ? std::exp(2 * y) * l * l : 0; break;
        default: ADD_FAILURE();
      }
    }
    return sum;
  }
};

class HeadTest : public testing::TestWithParam<HeadCase> {};

TEST_P(HeadTest, ResponseAndEveryGradient) {
  const HeadCase c = GetParam();
  Backend b;
  dslt_head_shape shape = {};
  shape.map_height = kH, shape.map_width = kW, shape.factor = c.factor;
  shape.low_channels = kLow, shape.high_channels = kHigh, shape.channels = kChannels;
  shape.reduce_kernel = c.reduce_kernel, shape.kernel_height = kKh, shape.kernel_width = kKw;
  shape.fusion = c.fusion, shape.residual = c.residual, shape.bias = c.bias,
  shape.train_reduction = DSLT_REDUCTION_LEARNS;
  shape.fuse_low = float(c.fuse_low), shape.fuse_high = float(c.fuse_high);
  shape.regress_sigma = 0.1f;  // large enough for every path to carry a gradient
  shape.batch = 3;
  dslt_head *head = nullptr;
  ASSERT_EQ(dslt_head_create(&head, b.get(), &shape, 5), DSLT_OK) << dslt_last_error();

  ref::Noise noise(11);
  std::size_t low_values = std::size_t(kH) * kW * kLow;
  std::size_t high_values = std::size_t(kH / c.factor) * (kW / c.factor) * kHigh;
  const std::size_t cells = std::size_t(kH - kKh + 1) * (kW - kKw + 1);
  ref::Map low = ref::rounded(noise.map(3 * low_values)), high = ref::rounded(noise.map(3 * high_values)),
           label(cells);
  for (double &y : label) y = double(float(0.5 + 0.5 * noise.next()));

  Reference want{c, {}};
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = dslt_head_parameter(head, dslt_head_param(i));
    if (i == DSLT_HEAD_BIAS && c.bias) {
      const float bias[2] = {0.05f, -0.02f};
      b.ops->upload(b.get(), p->w, bias, sizeof bias);
    }
    std::vector<float> host = b.download(p->w, p->count);
    want.p[i].assign(host.begin(), host.end());
  }
  EXPECT_EQ(want.p[DSLT_HEAD_UPSAMPLE].empty(), c.factor == 1 || !(c.fusion || c.residual));

  float *bl = b.upload(low), *bh = b.upload(high), *by = b.upload(label), *response = b.floats(3 * cells);
  ASSERT_EQ(dslt_head_respond(head, response, bl, bh, 3), DSLT_OK);
  std::vector<float> three = b.download(response, 3 * cells);
  for (int i = 0; i < 3; ++i) {
    ref::Map expected = want.respond({low.begin() + i * low_values, low.begin() + (i + 1) * low_values},
                                     {high.begin() + i * high_values, high.begin() + (i + 1) * high_values});
    EXPECT_LT(ref::relative_error(
                  std::vector<float>(three.begin() + i * cells, three.begin() + (i + 1) * cells), expected),
              1e-5);
  }
  ref::Map one_low(low.begin(), low.begin() + low_values), one_high(high.begin(), high.begin() + high_values);
  dslt_loss_spec spec = {c.loss, 10, 0.2f, 0.01f, 0.1f, 1, 1.6f, std::exp(1.6f)};
  float *loss = b.floats(1);
  ASSERT_EQ(dslt_head_gradient(head, loss, bl, bh, by, &spec), DSLT_OK);
  double base_loss = want.loss(one_low, one_high, label);
  EXPECT_NEAR(b.download(loss, 1)[0], base_loss, 1e-5 * base_loss);

  // The same network with frozen reductions, which sees reduced maps: seed and so weights are the same.
  shape.train_reduction = DSLT_REDUCTION_FIXED;
  dslt_head *frozen = nullptr;
  ASSERT_EQ(dslt_head_create(&frozen, b.get(), &shape, 5), DSLT_OK) << dslt_last_error();
  ASSERT_TRUE(dslt_head_frozen(frozen));
  const float bias[2] = {0.05f, -0.02f};
  if (c.bias) b.ops->upload(b.get(), dslt_head_parameter(frozen, DSLT_HEAD_BIAS)->w, bias, sizeof bias);
  float *rl = b.floats(3 * kH * kW * kChannels),
        *rh = b.floats(3 * kH * kW * kChannels / (c.factor * c.factor)), *again = b.floats(3 * cells);
  ASSERT_EQ(dslt_head_reduce(frozen, rl, rh, bl, bh, 3), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_head_respond(frozen, again, rl, rh, 3), DSLT_OK);
  EXPECT_LT(ref::relative_error(b.download(again, 3 * cells), three), 1e-5);
  ASSERT_EQ(dslt_head_reduce(frozen, rl, rh, bl, bh, 1), DSLT_OK);
  float *frozen_loss = b.floats(1);
  ASSERT_EQ(dslt_head_gradient(frozen, frozen_loss, rl, rh, by, &spec), DSLT_OK);
  EXPECT_NEAR(b.download(frozen_loss, 1)[0], base_loss, 1e-5 * base_loss);
  EXPECT_EQ(dslt_head_reduce(head, rl, rh, bl, bh, 1), DSLT_EINTERNAL);  // its reductions learn

  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = dslt_head_parameter(head, dslt_head_param(i));
    if (p->count == 0 || (i == DSLT_HEAD_BIAS && !c.bias)) continue;
    std::vector<float> got = b.download(p->g, p->count);
    ref::Map differences(p->count);
    for (std::size_t k = 0; k < p->count; ++k) {
      const double h = 1e-5, was = want.p[i][k];
      want.p[i][k] = was + h;
      double above = want.loss(one_low, one_high, label);
      want.p[i][k] = was - h;
      differences[k] = (above - want.loss(one_low, one_high, label)) / (2 * h);
      want.p[i][k] = was;
    }
    if (i == DSLT_HEAD_BIAS && !c.residual)
      got[1] = float(differences[1]);  // the second bias has no branch to serve
    EXPECT_LT(ref::relative_error(got, differences), 2e-5) << "parameter " << i;
    if (i <= DSLT_HEAD_UPSAMPLE) continue;
    std::vector<float> less = b.download(dslt_head_parameter(frozen, dslt_head_param(i))->g, p->count);
    if (i == DSLT_HEAD_BIAS && !c.residual) less[1] = float(differences[1]);
    EXPECT_LT(ref::relative_error(less, differences), 2e-5) << "frozen, parameter " << i;
  }
  dslt_head_free(frozen);
  dslt_head_free(head);
}

INSTANTIATE_TEST_SUITE_P(Networks, HeadTest, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<HeadCase> &c) { return std::string(c.param.name); });

dslt_head_shape small_shape() {
  dslt_head_shape s = {};
  s.map_height = kH, s.map_width = kW, s.factor = 2;
  s.low_channels = kLow, s.high_channels = kHigh, s.channels = kChannels;
  s.reduce_kernel = 1, s.kernel_height = kKh, s.kernel_width = kKw;
  s.fusion = s.residual = s.bias = 1;
  s.train_reduction = DSLT_REDUCTION_LEARNS;
  s.fuse_low = s.fuse_high = 1;
  s.regress_sigma = 1e-7f;
  s.batch = 1;
  return s;
}

TEST(Head, BilinearUpsamplingKeepsConstantsAndRamps) {
  Backend b;
  dslt_head_shape s = small_shape();
  dslt_head *head = nullptr;
  ASSERT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_OK);
  const dslt_param *up = dslt_head_parameter(head, DSLT_HEAD_UPSAMPLE);
  ref::Map x;
  for (int i = 0; i < 4 * 6; ++i)
    for (int c = 0; c < kChannels; ++c) x.push_back(3 + i % 6);  // rises by 1 a cell from left to right
  float *y = b.floats(8 * 12 * kChannels);
  ASSERT_EQ(b.ops->upsample_forward(b.get(), y, b.upload(x), up->w, 1, 4, 6, kChannels, 2), DSLT_OK);
  std::vector<float> got = b.download(y, 8 * 12 * kChannels);
  for (int row = 1; row < 7; ++row)
    for (int column = 1; column < 11; ++column)
      EXPECT_NEAR(got[(row * 12 + column) * kChannels], 3 + (column + 0.5) / 2 - 0.5, 1e-6);
  dslt_head_free(head);
}

TEST(Head, SeedsDecideTheFirstWeightsAndTrainingLowersTheLoss) {
  Backend b;
  dslt_head_shape s = small_shape();
  ref::Noise noise(12);
  float *low = b.upload(noise.map(kH * kW * kLow)), *high = b.upload(noise.map(kH * kW / 4 * kHigh));
  ref::Map label(std::size_t(kH - kKh + 1) * (kW - kKw + 1), 0.0);
  label[30] = 1;
  float *y = b.upload(label), *loss = b.floats(1);
  dslt_loss_spec spec = {DSLT_LOSS_SHRINKAGE, 10, 0.2f, 0.01f, 0.1f, 1, 1.6f, 1};
  dslt_head_rates rates = {1e-2f, 1e-2f, 2, 0, 1, 1, {0.9f, 0.999f, 1e-8f}};
  std::vector<float> ends;
  for (uint64_t seed : {1, 1, 2}) {
    dslt_head *head = nullptr;
    ASSERT_EQ(dslt_head_create(&head, b.get(), &s, seed), DSLT_OK);
    float first = 0;
    for (int i = 0; i < 60; ++i) {
      ASSERT_EQ(dslt_head_gradient(head, loss, low, high, y, &spec), DSLT_OK);
      if (i == 0) first = b.download(loss, 1)[0];
      ASSERT_EQ(dslt_head_step(head, &rates), DSLT_OK);
    }
    float last = b.download(loss, 1)[0];
    EXPECT_LT(last, 0.1f * first);
    ends.push_back(last);
    dslt_head_free(head);
  }
  EXPECT_EQ(ends[0], ends[1]);
  EXPECT_NE(ends[0], ends[2]);
}

// Which parameters a step along a sample's gradient moves.
std::vector<bool> moved(Backend &b, dslt_head *head, const float *low, const float *high) {
  float *y = b.upload(ref::Map(std::size_t(kH - kKh + 1) * (kW - kKw + 1), 0.5)), *loss = b.floats(1);
  std::vector<std::vector<float>> before;
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = dslt_head_parameter(head, dslt_head_param(i));
    before.push_back(b.download(p->w, p->count));
  }
  dslt_loss_spec spec = {DSLT_LOSS_L2, 10, 0.2f, 0.01f, 0.1f, 1, 1.6f, 1};
  dslt_head_rates rates = {1e-3f, 1e-3f, 2, 0, 1, 1, {0.9f, 0.999f, 1e-8f}};
  EXPECT_EQ(dslt_head_gradient(head, loss, low, high, y, &spec), DSLT_OK);
  EXPECT_EQ(dslt_head_step(head, &rates), DSLT_OK);
  std::vector<bool> out;
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = dslt_head_parameter(head, dslt_head_param(i));
    out.push_back(before[std::size_t(i)] != b.download(p->w, p->count));
  }
  return out;
}

TEST(Head, ReductionsMoveUntilTheyAreFrozen) {
  Backend b;
  ref::Noise noise(13);
  float *low = b.upload(noise.map(kH * kW * kLow)), *high = b.upload(noise.map(kH * kW / 4 * kHigh));
  float *rl = b.floats(kH * kW * kChannels), *rh = b.floats(kH * kW / 4 * kChannels);
  const std::vector<bool> all(DSLT_HEAD_PARAMS, true), regressions = {false, false, false, true, true, true};
  for (int kind : {DSLT_REDUCTION_FIXED, DSLT_REDUCTION_LEARNS, DSLT_REDUCTION_FIRST}) {
    dslt_head_shape s = small_shape();
    s.train_reduction = kind;
    dslt_head *head = nullptr;
    ASSERT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_OK);
    EXPECT_EQ(dslt_head_frozen(head), kind == DSLT_REDUCTION_FIXED);
    if (kind != DSLT_REDUCTION_FIXED) {
      EXPECT_EQ(moved(b, head, low, high), all);
    }
    dslt_head_freeze(head);
    EXPECT_EQ(dslt_head_frozen(head), kind != DSLT_REDUCTION_LEARNS);
    if (kind != DSLT_REDUCTION_LEARNS) {
      ASSERT_EQ(dslt_head_reduce(head, rl, rh, low, high, 1), DSLT_OK) << dslt_last_error();
      EXPECT_EQ(moved(b, head, rl, rh), regressions);
    } else {
      EXPECT_EQ(moved(b, head, low, high), all);
    }
    dslt_head_free(head);
  }
}

TEST(Head, ThereIsNoResponseBeforeTheFreezeThatItWaitsFor) {
  Backend b;
  dslt_head_shape s = small_shape();
  s.train_reduction = DSLT_REDUCTION_FIRST;
  dslt_head *head = nullptr;
  ASSERT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_OK);
  float *maps = b.floats(kH * kW * kHigh), *response = b.floats(kH * kW);
  EXPECT_EQ(dslt_head_respond(head, response, maps, maps, 1), DSLT_EINTERNAL);
  dslt_head_freeze(head);
  EXPECT_EQ(dslt_head_respond(head, response, maps, maps, 1), DSLT_OK);
  EXPECT_EQ(dslt_head_respond(head, response, maps, maps, 2), DSLT_EINTERNAL);
  dslt_head_free(head);
}

// Also of moments that are no numbers any more.
TEST(Head, AFreshOptimiserRemembersNothing) {
  Backend b;
  dslt_head_shape s = small_shape();
  dslt_head *head = nullptr;
  ASSERT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_OK);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = dslt_head_parameter(head, dslt_head_param(i));
    std::vector<float> bad(p->count, NAN);
    b.ops->upload(b.get(), p->m, bad.data(), bad.size() * sizeof(float));
    b.ops->upload(b.get(), p->v, bad.data(), bad.size() * sizeof(float));
  }
  ASSERT_EQ(dslt_head_reset_optimiser(head), DSLT_OK);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = dslt_head_parameter(head, dslt_head_param(i));
    EXPECT_EQ(b.download(p->m, p->count), std::vector<float>(p->count, 0.0f));
    EXPECT_EQ(b.download(p->v, p->count), std::vector<float>(p->count, 0.0f));
  }
  dslt_head_free(head);
}

}  // namespace
