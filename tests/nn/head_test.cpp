/* SPDX-License-Identifier: Apache-2.0 */
// The whole head: its response against the reference, every gradient against central differences in double.
#include "nn/head.h"

#include "backend/backend_fixture.h"
#include "reference/loss.h"

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
    for (std::size_t i = 0; i < response.size(); ++i) sum += ref::loss(c.loss, response[i], label[i]);
    return sum;
  }
};

constexpr std::size_t kCells = std::size_t(kH - kKh + 1) * (kW - kKw + 1);
constexpr int kMaps = 3;
constexpr float kBias[2] = {0.05f, -0.02f};

// A head, its reference with the same parameters, three pairs of maps and a label.
class HeadTest : public testing::TestWithParam<HeadCase> {
 protected:
  void SetUp() override {
    head_ = make(DSLT_REDUCTION_LEARNS);
    ASSERT_NE(head_, nullptr);
    ref::Noise noise(11);
    low_ = ref::rounded(noise.map(kMaps * low_values_));
    high_ = ref::rounded(noise.map(kMaps * high_values_));
    label_.resize(kCells);
    for (double &y : label_) y = double(float(0.5 + 0.5 * noise.next()));
    for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
      const dslt_param *p = parameter(head_, i);
      const std::vector<float> host = b_.download(p->w, p->count);
      reference_.p[i].assign(host.begin(), host.end());
    }
    device_low_ = b_.upload(low_);
    device_high_ = b_.upload(high_);
    device_label_ = b_.upload(label_);
  }
  void TearDown() override {
    dslt_head_free(frozen_);
    dslt_head_free(head_);
  }

  // The seed, and so the first weights, are the same for every kind of reduction.
  dslt_head *make(int train_reduction) {
    dslt_head_shape shape = {};
    shape.map_height = kH, shape.map_width = kW, shape.factor = c_.factor;
    shape.low_channels = kLow, shape.high_channels = kHigh, shape.channels = kChannels;
    shape.reduce_kernel = c_.reduce_kernel, shape.kernel_height = kKh, shape.kernel_width = kKw;
    shape.fusion = c_.fusion, shape.residual = c_.residual, shape.bias = c_.bias;
    shape.train_reduction = train_reduction;
    shape.fuse_low = float(c_.fuse_low), shape.fuse_high = float(c_.fuse_high);
    shape.regress_sigma = 0.1f;  // large enough for every path to carry a gradient
    shape.batch = kMaps;
    dslt_head *head = nullptr;
    EXPECT_EQ(dslt_head_create(&head, b_.get(), &shape, 5), DSLT_OK) << dslt_last_error();
    if (head && c_.bias) {
      EXPECT_EQ(b_.device->upload(b_.get(), parameter(head, DSLT_HEAD_BIAS)->w, kBias, sizeof kBias),
                DSLT_OK);
    }
    return head;
  }
  static const dslt_param *parameter(dslt_head *head, int index) {
    return dslt_head_parameter(head, dslt_head_param(index));
  }
  ref::Map low(int map) const { return part(low_, map, low_values_); }
  ref::Map high(int map) const { return part(high_, map, high_values_); }

  // A head whose reductions are frozen, and the maps that they make of the first `count`.
  void freeze(int count) {
    frozen_ = make(DSLT_REDUCTION_FIXED);
    ASSERT_TRUE(frozen_ && dslt_head_frozen(frozen_));
    reduced_low_ = b_.floats(kMaps * kH * kW * kChannels);
    reduced_high_ = b_.floats(kMaps * kH * kW * kChannels / (c_.factor * c_.factor));
    ASSERT_EQ(dslt_head_reduce(frozen_, reduced_low_, reduced_high_, device_low_, device_high_, count),
              DSLT_OK)
        << dslt_last_error();
  }
  float gradient(dslt_head *head, const float *low, const float *high) {
    float *loss = b_.floats(1);
    const dslt_loss_spec spec = ref::loss_spec(c_.loss);
    EXPECT_EQ(dslt_head_gradient(head, loss, low, high, device_label_, &spec), DSLT_OK) << dslt_last_error();
    return b_.download(loss, 1)[0];
  }
  double reference_loss() const { return reference_.loss(low(0), high(0), label_); }
  // Central differences of the reference's loss by every value of a parameter.
  ref::Map differences(int index) {
    const double h = 1e-5;
    ref::Map out;
    for (double &value : reference_.p[index]) {
      const double was = value;
      value = was + h;
      const double above = reference_loss();
      value = was - h;
      out.push_back((above - reference_loss()) / (2 * h));
      value = was;
    }
    return out;
  }
  void expect_gradients(dslt_head *head, int first) {
    for (int i = first; i < DSLT_HEAD_PARAMS; ++i) {
      const dslt_param *p = parameter(head, i);
      if (p->count == 0 || (i == DSLT_HEAD_BIAS && !c_.bias)) continue;
      std::vector<float> got = b_.download(p->g, p->count);
      ref::Map want = differences(i);
      if (i == DSLT_HEAD_BIAS && !c_.residual) got.resize(1), want.resize(1);  // the second has no branch
      EXPECT_LT(ref::relative_error(got, want), 2e-5) << "parameter " << i;
    }
  }

  const HeadCase c_ = GetParam();
  const std::size_t low_values_ = std::size_t(kH) * kW * kLow;
  const std::size_t high_values_ = std::size_t(kH / c_.factor) * (kW / c_.factor) * kHigh;
  Backend b_;
  dslt_head *head_ = nullptr, *frozen_ = nullptr;
  Reference reference_{c_, {}};
  ref::Map low_, high_, label_;
  float *device_low_ = nullptr, *device_high_ = nullptr, *device_label_ = nullptr;
  float *reduced_low_ = nullptr, *reduced_high_ = nullptr;

 private:
  static ref::Map part(const ref::Map &all, int index, std::size_t values) {
    return {all.begin() + index * values, all.begin() + (index + 1) * values};
  }
};

TEST_P(HeadTest, HasAnUpsamplingOnlyWhereAMapIsRaised) {
  EXPECT_EQ(reference_.p[DSLT_HEAD_UPSAMPLE].empty(), c_.factor == 1 || !(c_.fusion || c_.residual));
}

TEST_P(HeadTest, ResponseIsTheReferences) {
  float *response = b_.floats(kMaps * kCells);
  ASSERT_EQ(dslt_head_forward(head_, response, device_low_, device_high_, kMaps), DSLT_OK);
  ref::Map want;
  for (int i = 0; i < kMaps; ++i)
    for (double v : reference_.respond(low(i), high(i))) want.push_back(v);
  EXPECT_LT(ref::relative_error(b_.download(response, kMaps * kCells), want), 1e-5);
}

TEST_P(HeadTest, LossIsTheReferences) {
  const double want = reference_loss();
  EXPECT_NEAR(gradient(head_, device_low_, device_high_), want, 1e-5 * want);
}

TEST_P(HeadTest, EveryGradientIsTheSlopeOfTheLoss) {
  gradient(head_, device_low_, device_high_);
  expect_gradients(head_, 0);
}

TEST_P(HeadTest, FrozenReductionsRespondAlike) {
  float *response = b_.floats(kMaps * kCells), *again = b_.floats(kMaps * kCells);
  ASSERT_EQ(dslt_head_forward(head_, response, device_low_, device_high_, kMaps), DSLT_OK);
  freeze(kMaps);
  ASSERT_EQ(dslt_head_forward(frozen_, again, reduced_low_, reduced_high_, kMaps), DSLT_OK);
  EXPECT_LT(ref::relative_error(b_.download(again, kMaps * kCells), b_.download(response, kMaps * kCells)),
            1e-5);
}

TEST_P(HeadTest, FrozenReductionsLeaveTheOtherGradients) {
  freeze(1);
  const double want = reference_loss();
  EXPECT_NEAR(gradient(frozen_, reduced_low_, reduced_high_), want, 1e-5 * want);
  expect_gradients(frozen_, DSLT_HEAD_UPSAMPLE + 1);
}

TEST_P(HeadTest, ReductionsThatLearnAreNotTakenAhead) {
  float *low = b_.floats(kH * kW * kChannels), *high = b_.floats(kH * kW * kChannels);
  EXPECT_EQ(dslt_head_reduce(head_, low, high, device_low_, device_high_, 1), DSLT_EINTERNAL);
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
  ASSERT_EQ(b.nn->upsample_forward(b.get(), y, b.upload(x), up->w, 1, 4, 6, kChannels, 2), DSLT_OK);
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
  dslt_loss_spec spec = {DSLT_LOSS_SHRINKAGE, 10, 0.2f, 0.01f, 0.1f, 1, 1, 1.6f, 1};
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
  dslt_loss_spec spec = {DSLT_LOSS_L2, 10, 0.2f, 0.01f, 0.1f, 1, 1, 1.6f, 1};
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
  EXPECT_EQ(dslt_head_forward(head, response, maps, maps, 1), DSLT_EINTERNAL);
  dslt_head_freeze(head);
  EXPECT_EQ(dslt_head_forward(head, response, maps, maps, 1), DSLT_OK);
  EXPECT_EQ(dslt_head_forward(head, response, maps, maps, 2), DSLT_EINTERNAL);
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
    b.device->upload(b.get(), p->m, bad.data(), bad.size() * sizeof(float));
    b.device->upload(b.get(), p->v, bad.data(), bad.size() * sizeof(float));
  }
  ASSERT_EQ(dslt_head_reset_optimiser(head), DSLT_OK);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = dslt_head_parameter(head, dslt_head_param(i));
    EXPECT_EQ(b.download(p->m, p->count), std::vector<float>(p->count, 0.0f));
    EXPECT_EQ(b.download(p->v, p->count), std::vector<float>(p->count, 0.0f));
  }
  dslt_head_free(head);
}

// The first step after a reset is that of an optimiser that never made one, whatever came before.
TEST(Head, AfterAResetTheFirstStepIsAFirstStep) {
  Backend b;
  const dslt_head_shape s = small_shape();
  ref::Noise noise(14);
  float *low = b.upload(noise.map(kH * kW * kLow)), *high = b.upload(noise.map(kH * kW / 4 * kHigh));
  float *label = b.upload(ref::Map(kCells, 0.5)), *loss = b.floats(1);
  const dslt_loss_spec spec = ref::loss_spec(DSLT_LOSS_L2);
  const dslt_head_rates rates = {1e-3f, 1e-3f, 2, 0, 1, 1, {0.9f, 0.999f, 1e-8f}};
  dslt_head *used = nullptr, *fresh = nullptr;
  ASSERT_EQ(dslt_head_create(&used, b.get(), &s, 1), DSLT_OK);
  ASSERT_EQ(dslt_head_create(&fresh, b.get(), &s, 2), DSLT_OK);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(dslt_head_gradient(used, loss, low, high, label, &spec), DSLT_OK);
    ASSERT_EQ(dslt_head_step(used, &rates), DSLT_OK);
  }
  ASSERT_EQ(dslt_head_reset_optimiser(used), DSLT_OK);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *from = dslt_head_parameter(used, dslt_head_param(i)),
                     *to = dslt_head_parameter(fresh, dslt_head_param(i));
    ASSERT_EQ(from->count, to->count);
    const std::vector<float> weights = b.download(from->w, from->count);
    ASSERT_EQ(b.device->upload(b.get(), to->w, weights.data(), from->count * sizeof(float)), DSLT_OK);
  }
  for (dslt_head *head : {used, fresh}) {
    ASSERT_EQ(dslt_head_gradient(head, loss, low, high, label, &spec), DSLT_OK);
    ASSERT_EQ(dslt_head_step(head, &rates), DSLT_OK);
  }
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = dslt_head_parameter(used, dslt_head_param(i)),
                     *q = dslt_head_parameter(fresh, dslt_head_param(i));
    EXPECT_EQ(b.download(p->w, p->count), b.download(q->w, q->count)) << "parameter " << i;
  }
  dslt_head_free(fresh);
  dslt_head_free(used);
}

void fill(Backend &b, float *memory, std::size_t count, float value) {
  const std::vector<float> values(count, value);
  EXPECT_EQ(b.device->upload(b.get(), memory, values.data(), count * sizeof(float)), DSLT_OK);
}

// With a gradient of 1 everywhere Adam's first step is the rate itself.
TEST(Head, EachParameterHasItsRate) {
  Backend b;
  const dslt_head_shape s = small_shape();
  const float low = 1e-3f, high = 3e-3f, bias = 2;
  for (int branch : {0, 1}) {
    dslt_head *head = nullptr;
    ASSERT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_OK);
    const float of_branch = branch ? high : low;
    const std::vector<float> wanted[] = {{low}, {of_branch}, {of_branch},
                                         {low}, {high},      {bias * low, bias * high}};
    const dslt_head_rates rates = {low, high, bias, 0, 1, branch, {0.9f, 0.999f, 1e-8f}};
    std::vector<std::vector<float>> before;
    for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
      const dslt_param *p = dslt_head_parameter(head, dslt_head_param(i));
      fill(b, p->g, p->count, 1);
      before.push_back(b.download(p->w, p->count));
    }
    ASSERT_EQ(dslt_head_step(head, &rates), DSLT_OK);
    for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
      const dslt_param *p = dslt_head_parameter(head, dslt_head_param(i));
      const std::vector<float> after = b.download(p->w, p->count);
      for (std::size_t k = 0; k < after.size(); ++k)
        ASSERT_NEAR(before[std::size_t(i)][k] - after[k], wanted[i][k % wanted[i].size()], 1e-6)
            << "parameter " << i << ", branch " << branch;
    }
    dslt_head_free(head);
  }
}

// With no gradient the first moment shows the decay.
TEST(Head, TheResidualRegressionDecaysByItsOwnFactor) {
  Backend b;
  const dslt_head_shape s = small_shape();
  const float decay = 0.25f, of_residual = 8;
  const dslt_head_rates rates = {1e-3f, 1e-3f, 1, decay, of_residual, 1, {0.9f, 0.999f, 1e-8f}};
  dslt_head *head = nullptr;
  ASSERT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_OK);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = dslt_head_parameter(head, dslt_head_param(i));
    fill(b, p->w, p->count, 0.5f);
    fill(b, p->g, p->count, 0);
  }
  ASSERT_EQ(dslt_head_step(head, &rates), DSLT_OK);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = dslt_head_parameter(head, dslt_head_param(i));
    const float share = i == DSLT_HEAD_BIAS ? 0 : decay * (i == DSLT_HEAD_RESIDUAL ? of_residual : 1);
    for (float moment : b.download(p->m, p->count)) EXPECT_NEAR(moment, 0.1f * share * 0.5f, 1e-6) << i;
  }
  dslt_head_free(head);
}

}  // namespace
