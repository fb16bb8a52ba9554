/* SPDX-License-Identifier: Apache-2.0 */
// The whole head: its response against the reference, every gradient against central differences in double.
#include "nn/head.h"

#include <algorithm>

#include "backend/backend_fixture.h"
#include "reference/loss.h"

namespace {

struct HeadCase {
  const char *name;
  std::vector<dslt_head_tap> taps;  // channels, factor, weight in the sum
  int reduce_kernel, fusion, residual, bias;
  int loss;
};
void PrintTo(const HeadCase &c, std::ostream *out) { *out << c.name; }

const HeadCase kCases[] = {
    {"paper", {{5, 1, 1}, {7, 2, 1}}, 1, 1, 1, 0, DSLT_LOSS_SHRINKAGE},
    {"released", {{5, 1, 0.8f}, {7, 1, 0.2f}}, 3, 1, 1, 1, DSLT_LOSS_L2},
    {"dslt_m", {{5, 1, 1}, {7, 2, 1}}, 1, 0, 1, 0, DSLT_LOSS_SHRINKAGE},
    {"no_residual", {{5, 1, 1}, {7, 2, 0.5f}}, 1, 1, 0, 1, DSLT_LOSS_L3},
    {"base_only", {{5, 1, 1}, {7, 2, 1}}, 1, 0, 0, 0, DSLT_LOSS_TRUNCATED},
    {"four_times", {{5, 1, 0.7f}, {7, 4, 0.6f}}, 1, 1, 1, 1, DSLT_LOSS_OHNM},
    {"one", {{5, 1, 0.5f}}, 1, 1, 1, 1, DSLT_LOSS_SHRINKAGE},
    {"one_wide", {{5, 1, 1}}, 3, 0, 0, 0, DSLT_LOSS_L2},
    {"three", {{5, 1, 0.9f}, {6, 2, 0.7f}, {7, 4, 0.5f}}, 1, 1, 1, 1, DSLT_LOSS_SHRINKAGE},
    {"three_wide", {{5, 1, 1}, {3, 1, 0.3f}, {7, 2, 0.6f}}, 3, 1, 1, 0, DSLT_LOSS_L2},
    {"three_dslt_m", {{5, 1, 1}, {6, 2, 1}, {7, 4, 1}}, 1, 0, 1, 1, DSLT_LOSS_L2},
    {"three_no_residual", {{5, 1, 0.9f}, {6, 4, 1.5f}, {7, 4, 0.5f}}, 1, 1, 0, 1, DSLT_LOSS_L3},
    {"four", {{3, 1, 0.4f}, {5, 2, 0.3f}, {2, 4, 1.2f}, {6, 8, 0.8f}}, 1, 1, 1, 1, DSLT_LOSS_SHRINKAGE},
};

constexpr int kH = 8, kW = 16, kChannels = 4, kKh = 3, kKw = 2;
constexpr std::size_t kGrid = std::size_t(kH) * kW;

// The definition in double, from the parameters: every tap reduced and enlarged, their weighted sum under the base,
// the last one under the residual regression.
struct Reference {
  HeadCase c;
  ref::Map p[DSLT_HEAD_PARAMS];

  ref::Map raised(const ref::Map &tap, std::size_t t) const {
    const int f = c.taps[t].factor;
    const ref::Map reduced = ref::conv_same(tap, p[DSLT_HEAD_REDUCE + t], kH / f, kW / f, c.taps[t].channels,
                                            kChannels, c.reduce_kernel);
    return f == 1 ? reduced : ref::upsample(reduced, p[DSLT_HEAD_UPSAMPLE + t], kH / f, kW / f, kChannels, f);
  }
  ref::Map respond(const std::vector<ref::Map> &taps) const {
    const bool several = taps.size() > 1;
    ref::Map base = raised(taps[0], 0);
    if (several && c.fusion) {
      for (double &v : base) v *= double(c.taps[0].fuse);
      for (std::size_t t = 1; t < taps.size(); ++t) {
        const ref::Map other = raised(taps[t], t);
        for (std::size_t i = 0; i < base.size(); ++i) base[i] += double(c.taps[t].fuse) * other[i];
      }
    }
    ref::Map response = ref::regress(base, p[DSLT_HEAD_BASE], kH, kW, kChannels, kKh, kKw);
    if (several && c.residual) {
      const ref::Map second = ref::regress(raised(taps.back(), taps.size() - 1), p[DSLT_HEAD_RESIDUAL], kH,
                                           kW, kChannels, kKh, kKw);
      for (std::size_t i = 0; i < response.size(); ++i) response[i] += second[i];
    }
    for (double &v : response) v += p[DSLT_HEAD_BIAS][0] + p[DSLT_HEAD_BIAS][1];
    return response;
  }

  double loss(const std::vector<ref::Map> &taps, const ref::Map &label) const {
    const ref::Map response = respond(taps);
    double sum = 0;
    for (std::size_t i = 0; i < response.size(); ++i) sum += ref::loss(c.loss, response[i], label[i]);
    return sum;
  }
};

constexpr std::size_t kCells = std::size_t(kH - kKh + 1) * (kW - kKw + 1);
constexpr int kMaps = 3;
constexpr float kBias[2] = {0.05f, -0.02f};

const dslt_param *parameter(dslt_head *head, int index) { return dslt_head_parameter(head, index); }

// A head, its reference with the same parameters, three crops' taps and a label.
class HeadTest : public testing::TestWithParam<HeadCase> {
 protected:
  void SetUp() override {
    head_ = make(DSLT_REDUCTION_LEARNS);
    ASSERT_NE(head_, nullptr);
    ref::Noise noise(11);
    for (const dslt_head_tap &tap : c_.taps) {
      const std::size_t factor = std::size_t(tap.factor);
      values_.push_back(kGrid / (factor * factor) * std::size_t(tap.channels));
      taps_.push_back(ref::rounded(noise.map(kMaps * values_.back())));
      device_.push_back(b_.upload(taps_.back()));
    }
    label_.resize(kCells);
    for (double &y : label_) y = double(float(0.5 + 0.5 * noise.next()));
    for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
      const dslt_param *p = parameter(head_, i);
      const std::vector<float> host = b_.download(p->w, p->count);
      reference_.p[i].assign(host.begin(), host.end());
    }
    device_label_ = b_.upload(label_);
  }
  void TearDown() override {
    dslt_head_free(frozen_);
    dslt_head_free(head_);
  }

  dslt_head_shape shape(int train_reduction) const {
    dslt_head_shape s = {};
    s.map_height = kH, s.map_width = kW, s.taps = int(c_.taps.size());
    std::copy(c_.taps.begin(), c_.taps.end(), s.tap);
    s.channels = kChannels;
    s.reduce_kernel = c_.reduce_kernel, s.kernel_height = kKh, s.kernel_width = kKw;
    s.fusion = c_.fusion, s.residual = c_.residual, s.bias = c_.bias;
    s.train_reduction = train_reduction;
    s.regress_sigma = 0.1f;  // large enough for every path to carry a gradient
    s.batch = kMaps;
    return s;
  }
  // The seed, and so the first weights, are the same for every kind of reduction.
  dslt_head *make(int train_reduction) {
    const dslt_head_shape s = shape(train_reduction);
    dslt_head *head = nullptr;
    EXPECT_EQ(dslt_head_create(&head, b_.get(), &s, 5), DSLT_OK) << dslt_last_error();
    if (head && c_.bias) {
      EXPECT_EQ(b_.device->upload(b_.get(), parameter(head, DSLT_HEAD_BIAS)->w, kBias, sizeof kBias),
                DSLT_OK);
    }
    return head;
  }
  // The taps of one crop.
  std::vector<ref::Map> crop(int index) const {
    std::vector<ref::Map> out;
    for (std::size_t t = 0; t < taps_.size(); ++t)
      out.emplace_back(taps_[t].begin() + std::ptrdiff_t(index * values_[t]),
                       taps_[t].begin() + std::ptrdiff_t((index + 1) * values_[t]));
    return out;
  }

  // A head whose reductions are frozen, and the maps that they make of the first `count` crops.
  void freeze(int count) {
    frozen_ = make(DSLT_REDUCTION_FIXED);
    ASSERT_TRUE(frozen_ && dslt_head_frozen(frozen_));
    const dslt_head_shape s = shape(DSLT_REDUCTION_FIXED);
    std::size_t values[DSLT_TAPS_MAX];
    const int maps = dslt_head_features(values, &s);
    for (int i = 0; i < maps; ++i) reduced_.push_back(b_.floats(kMaps * values[i]));
    ASSERT_EQ(dslt_head_reduce(frozen_, reduced_.data(), device_.data(), count), DSLT_OK)
        << dslt_last_error();
  }
  float gradient(dslt_head *head, const std::vector<float *> &features) {
    float *loss = b_.floats(1);
    const dslt_loss_spec spec = ref::loss_spec(c_.loss);
    EXPECT_EQ(dslt_head_gradient(head, loss, features.data(), device_label_, &spec), DSLT_OK)
        << dslt_last_error();
    return b_.download(loss, 1)[0];
  }
  double reference_loss() const { return reference_.loss(crop(0), label_); }
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
      if (i == DSLT_HEAD_BIAS && !(c_.residual && several()))
        got.resize(1), want.resize(1);  // the second has no branch
      EXPECT_LT(ref::relative_error(got, want), 2e-5) << "parameter " << i;
    }
  }
  bool several() const { return c_.taps.size() > 1; }

  const HeadCase c_ = GetParam();
  Backend b_;
  dslt_head *head_ = nullptr, *frozen_ = nullptr;
  Reference reference_{c_, {}};
  std::vector<std::size_t> values_;  // of one crop's taps
  std::vector<ref::Map> taps_;       // [kMaps] each
  std::vector<float *> device_, reduced_;
  ref::Map label_;
  float *device_label_ = nullptr;
};

TEST_P(HeadTest, HasTheParametersThatItsTapsNeed) {
  const std::size_t last = c_.taps.size() - 1;
  for (std::size_t t = 0; t < DSLT_TAPS_MAX; ++t) {
    const bool used = t == 0 || (t <= last && (c_.fusion || (c_.residual && t == last)));
    EXPECT_EQ(reference_.p[DSLT_HEAD_REDUCE + t].empty(), !used) << t;
    EXPECT_EQ(reference_.p[DSLT_HEAD_UPSAMPLE + t].empty(), !used || c_.taps[t].factor == 1) << t;
  }
  EXPECT_EQ(reference_.p[DSLT_HEAD_RESIDUAL].empty(), !(several() && c_.residual));
}

// Whatever the number of taps, frozen samples are two maps, or one where the coarsest is not used.
TEST_P(HeadTest, SaysWhatIsStoredOfASample) {
  std::size_t values[DSLT_TAPS_MAX];
  dslt_head_shape s = shape(DSLT_REDUCTION_LEARNS);
  ASSERT_EQ(dslt_head_features(values, &s), int(c_.taps.size()));
  EXPECT_EQ(std::vector<std::size_t>(values, values + s.taps), values_);
  s = shape(DSLT_REDUCTION_FIRST);
  const bool both = several() && (c_.fusion || c_.residual);
  ASSERT_EQ(dslt_head_features(values, &s), both ? 2 : 1);
  EXPECT_EQ(values[0], kGrid * kChannels);
  const std::size_t factor = std::size_t(c_.taps.back().factor);
  if (both) {
    EXPECT_EQ(values[1], kGrid / (factor * factor) * kChannels);
  }
}

TEST_P(HeadTest, ResponseIsTheReferences) {
  float *response = b_.floats(kMaps * kCells);
  ASSERT_EQ(dslt_head_forward(head_, response, device_.data(), kMaps), DSLT_OK);
  ref::Map want;
  for (int i = 0; i < kMaps; ++i)
    for (double v : reference_.respond(crop(i))) want.push_back(v);
  EXPECT_LT(ref::relative_error(b_.download(response, kMaps * kCells), want), 1e-5);
}

TEST_P(HeadTest, LossIsTheReferences) {
  const double want = reference_loss();
  EXPECT_NEAR(gradient(head_, device_), want, 1e-5 * want);
}

TEST_P(HeadTest, EveryGradientIsTheSlopeOfTheLoss) {
  gradient(head_, device_);
  expect_gradients(head_, 0);
}

TEST_P(HeadTest, FrozenReductionsRespondAlike) {
  float *response = b_.floats(kMaps * kCells), *again = b_.floats(kMaps * kCells);
  ASSERT_EQ(dslt_head_forward(head_, response, device_.data(), kMaps), DSLT_OK);
  freeze(kMaps);
  ASSERT_EQ(dslt_head_forward(frozen_, again, reduced_.data(), kMaps), DSLT_OK);
  EXPECT_LT(ref::relative_error(b_.download(again, kMaps * kCells), b_.download(response, kMaps * kCells)),
            1e-5);
}

TEST_P(HeadTest, FrozenReductionsLeaveTheOtherGradients) {
  freeze(1);
  const double want = reference_loss();
  EXPECT_NEAR(gradient(frozen_, reduced_), want, 1e-5 * want);
  expect_gradients(frozen_, DSLT_HEAD_BASE);
}

TEST_P(HeadTest, ReductionsThatLearnAreNotTakenAhead) {
  float *const maps[] = {b_.floats(kGrid * kChannels), b_.floats(kGrid * kChannels)};
  EXPECT_EQ(dslt_head_reduce(head_, maps, device_.data(), 1), DSLT_EINTERNAL);
}

INSTANTIATE_TEST_SUITE_P(Networks, HeadTest, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<HeadCase> &c) { return std::string(c.param.name); });

constexpr int kLow = 5, kHigh = 7;

dslt_head_shape small_shape() {
  dslt_head_shape s = {};
  s.map_height = kH, s.map_width = kW, s.taps = 2;
  s.tap[0] = {kLow, 1, 1}, s.tap[1] = {kHigh, 2, 1};
  s.channels = kChannels;
  s.reduce_kernel = 1, s.kernel_height = kKh, s.kernel_width = kKw;
  s.fusion = s.residual = s.bias = 1;
  s.train_reduction = DSLT_REDUCTION_LEARNS;
  s.regress_sigma = 1e-7f;
  s.batch = 1;
  return s;
}

// Taps of small_shape().
std::vector<float *> small_taps(Backend &b, unsigned seed) {
  ref::Noise noise(seed);
  float *low = b.upload(noise.map(kGrid * kLow));
  return {low, b.upload(noise.map(kGrid / 4 * kHigh))};
}

TEST(Head, BilinearUpsamplingKeepsConstantsAndRamps) {
  Backend b;
  dslt_head_shape s = small_shape();
  dslt_head *head = nullptr;
  ASSERT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_OK);
  const dslt_param *up = parameter(head, DSLT_HEAD_UPSAMPLE + 1);
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
  const std::vector<float *> taps = small_taps(b, 12);
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
      ASSERT_EQ(dslt_head_gradient(head, loss, taps.data(), y, &spec), DSLT_OK);
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

// Gradient and step in one call are the two calls.
TEST(Head, LearningIsAGradientAndAStep) {
  Backend b;
  const std::vector<float *> taps = small_taps(b, 12);
  float *y = b.upload(ref::Map(std::size_t(kH - kKh + 1) * (kW - kKw + 1), 0.25)), *loss = b.floats(1);
  const dslt_loss_spec spec = {DSLT_LOSS_SHRINKAGE, 10, 0.2f, 0.01f, 0.1f, 1, 1, 1.6f, 1};
  const dslt_head_rates rates = {1e-3f, 2e-3f, 2, 1e-3f, 1, 1, {0.9f, 0.999f, 1e-8f}};
  for (int reduction : {DSLT_REDUCTION_LEARNS, DSLT_REDUCTION_FIXED}) {
    std::vector<std::vector<float>> ends[2];
    for (int apart : {0, 1}) {
      dslt_head_shape s = small_shape();
      s.train_reduction = reduction;
      dslt_head *head = nullptr;
      ASSERT_EQ(dslt_head_create(&head, b.get(), &s, 3), DSLT_OK) << dslt_last_error();
      std::vector<float *> features = taps;
      if (reduction == DSLT_REDUCTION_FIXED) {
        features = {b.floats(std::size_t(kH) * kW * kChannels), b.floats(std::size_t(kH) * kW * kChannels)};
        ASSERT_EQ(dslt_head_reduce(head, features.data(), taps.data(), 1), DSLT_OK);
      }
      for (int i = 0; i < 3; ++i) {
        if (apart) {
          ASSERT_EQ(dslt_head_gradient(head, loss, features.data(), y, &spec), DSLT_OK);
          ASSERT_EQ(dslt_head_step(head, &rates), DSLT_OK);
        } else {
          ASSERT_EQ(dslt_head_learn(head, loss, features.data(), y, &spec, &rates), DSLT_OK);
        }
      }
      for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
        const dslt_param *p = parameter(head, i);
        ends[apart].push_back(b.download(p->w, p->count));
      }
      ends[apart].push_back(b.download(loss, 1));
      dslt_head_free(head);
    }
    for (std::size_t i = 0; i < ends[0].size(); ++i)
      if (b.get()->type->host_visible)
        EXPECT_EQ(ends[0][i], ends[1][i]) << i;
      else
        EXPECT_LT(ref::relative_error(ends[0][i], ends[1][i]), 1e-6) << i;
  }
}

// Which parameters a step along a sample's gradient moves.
std::vector<bool> moved(Backend &b, dslt_head *head, const std::vector<float *> &taps) {
  float *y = b.upload(ref::Map(std::size_t(kH - kKh + 1) * (kW - kKw + 1), 0.5)), *loss = b.floats(1);
  std::vector<std::vector<float>> before;
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = parameter(head, i);
    before.push_back(b.download(p->w, p->count));
  }
  dslt_loss_spec spec = {DSLT_LOSS_L2, 10, 0.2f, 0.01f, 0.1f, 1, 1, 1.6f, 1};
  dslt_head_rates rates = {1e-3f, 1e-3f, 2, 0, 1, 1, {0.9f, 0.999f, 1e-8f}};
  EXPECT_EQ(dslt_head_gradient(head, loss, taps.data(), y, &spec), DSLT_OK);
  EXPECT_EQ(dslt_head_step(head, &rates), DSLT_OK);
  std::vector<bool> out;
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = parameter(head, i);
    out.push_back(before[std::size_t(i)] != b.download(p->w, p->count));
  }
  return out;
}

TEST(Head, ReductionsMoveUntilTheyAreFrozen) {
  Backend b;
  const std::vector<float *> taps = small_taps(b, 13);
  const std::vector<float *> reduced = {b.floats(kGrid * kChannels), b.floats(kGrid / 4 * kChannels)};
  std::vector<bool> all(DSLT_HEAD_PARAMS), regressions(DSLT_HEAD_PARAMS);
  for (int i : {DSLT_HEAD_BASE, DSLT_HEAD_RESIDUAL, DSLT_HEAD_BIAS}) all[i] = regressions[i] = true;
  for (int i : {DSLT_HEAD_REDUCE + 0, DSLT_HEAD_REDUCE + 1, DSLT_HEAD_UPSAMPLE + 1}) all[i] = true;
  for (int kind : {DSLT_REDUCTION_FIXED, DSLT_REDUCTION_LEARNS, DSLT_REDUCTION_FIRST}) {
    dslt_head_shape s = small_shape();
    s.train_reduction = kind;
    dslt_head *head = nullptr;
    ASSERT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_OK);
    EXPECT_EQ(dslt_head_frozen(head), kind == DSLT_REDUCTION_FIXED);
    if (kind != DSLT_REDUCTION_FIXED) {
      EXPECT_EQ(moved(b, head, taps), all);
    }
    dslt_head_freeze(head);
    EXPECT_EQ(dslt_head_frozen(head), kind != DSLT_REDUCTION_LEARNS);
    if (kind != DSLT_REDUCTION_LEARNS) {
      ASSERT_EQ(dslt_head_reduce(head, reduced.data(), taps.data(), 1), DSLT_OK) << dslt_last_error();
      EXPECT_EQ(moved(b, head, reduced), regressions);
    } else {
      EXPECT_EQ(moved(b, head, taps), all);
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
  float *map = b.floats(kGrid * kHigh), *response = b.floats(kGrid), *const maps[] = {map, map};
  EXPECT_EQ(dslt_head_forward(head, response, maps, 1), DSLT_EINTERNAL);
  dslt_head_freeze(head);
  EXPECT_EQ(dslt_head_forward(head, response, maps, 1), DSLT_OK);
  EXPECT_EQ(dslt_head_forward(head, response, maps, 2), DSLT_EINTERNAL);
  dslt_head_free(head);
}

// Also of moments that are no numbers any more.
TEST(Head, AFreshOptimiserRemembersNothing) {
  Backend b;
  dslt_head_shape s = small_shape();
  dslt_head *head = nullptr;
  ASSERT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_OK);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = parameter(head, i);
    std::vector<float> bad(p->count, NAN);
    b.device->upload(b.get(), p->m, bad.data(), bad.size() * sizeof(float));
    b.device->upload(b.get(), p->v, bad.data(), bad.size() * sizeof(float));
  }
  ASSERT_EQ(dslt_head_reset_optimiser(head), DSLT_OK);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = parameter(head, i);
    EXPECT_EQ(b.download(p->m, p->count), std::vector<float>(p->count, 0.0f));
    EXPECT_EQ(b.download(p->v, p->count), std::vector<float>(p->count, 0.0f));
  }
  dslt_head_free(head);
}

// The first step after a reset is that of an optimiser that never made one, whatever came before.
TEST(Head, AfterAResetTheFirstStepIsAFirstStep) {
  Backend b;
  const dslt_head_shape s = small_shape();
  const std::vector<float *> taps = small_taps(b, 14);
  float *label = b.upload(ref::Map(kCells, 0.5)), *loss = b.floats(1);
  const dslt_loss_spec spec = ref::loss_spec(DSLT_LOSS_L2);
  const dslt_head_rates rates = {1e-3f, 1e-3f, 2, 0, 1, 1, {0.9f, 0.999f, 1e-8f}};
  dslt_head *used = nullptr, *fresh = nullptr;
  ASSERT_EQ(dslt_head_create(&used, b.get(), &s, 1), DSLT_OK);
  ASSERT_EQ(dslt_head_create(&fresh, b.get(), &s, 2), DSLT_OK);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(dslt_head_gradient(used, loss, taps.data(), label, &spec), DSLT_OK);
    ASSERT_EQ(dslt_head_step(used, &rates), DSLT_OK);
  }
  ASSERT_EQ(dslt_head_reset_optimiser(used), DSLT_OK);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *from = parameter(used, i), *to = parameter(fresh, i);
    ASSERT_EQ(from->count, to->count);
    const std::vector<float> weights = b.download(from->w, from->count);
    ASSERT_EQ(b.device->upload(b.get(), to->w, weights.data(), from->count * sizeof(float)), DSLT_OK);
  }
  for (dslt_head *head : {used, fresh}) {
    ASSERT_EQ(dslt_head_gradient(head, loss, taps.data(), label, &spec), DSLT_OK);
    ASSERT_EQ(dslt_head_step(head, &rates), DSLT_OK);
  }
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = parameter(used, i), *q = parameter(fresh, i);
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
  const float low = 1e-3f, high = 3e-3f, bias = 2;
  for (int taps : {1, 2, 3})
    for (int branch : {DSLT_BRANCH_NONE, DSLT_BRANCH_COARSEST, DSLT_BRANCH_COARSER}) {
      dslt_head_shape s = small_shape();
      s.taps = taps, s.tap[2] = {6, 4, 1};
      dslt_head *head = nullptr;
      ASSERT_EQ(dslt_head_create(&head, b.get(), &s, 1), DSLT_OK);
      const dslt_head_rates rates = {low, high, bias, 0, 1, branch, {0.9f, 0.999f, 1e-8f}};
      std::vector<std::vector<float>> before;
      for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
        const dslt_param *p = parameter(head, i);
        fill(b, p->g, p->count, 1);
        before.push_back(b.download(p->w, p->count));
      }
      ASSERT_EQ(dslt_head_step(head, &rates), DSLT_OK);
      std::vector<std::vector<float>> wanted(DSLT_HEAD_PARAMS, {low});
      wanted[DSLT_HEAD_RESIDUAL] = {high};
      wanted[DSLT_HEAD_BIAS] = {bias * low, taps > 1 ? bias * high : 0};
      for (int t = 1; t < taps; ++t)
        if (branch == DSLT_BRANCH_COARSER || (branch == DSLT_BRANCH_COARSEST && t == taps - 1))
          wanted[DSLT_HEAD_REDUCE + t] = wanted[DSLT_HEAD_UPSAMPLE + t] = {high};
      for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
        const std::vector<float> after = b.download(parameter(head, i)->w, parameter(head, i)->count);
        for (std::size_t k = 0; k < after.size(); ++k)
          ASSERT_NEAR(before[std::size_t(i)][k] - after[k], wanted[i][k % wanted[i].size()], 1e-6)
              << "parameter " << i << ", branch " << branch << ", taps " << taps;
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
    const dslt_param *p = parameter(head, i);
    fill(b, p->w, p->count, 0.5f);
    fill(b, p->g, p->count, 0);
  }
  ASSERT_EQ(dslt_head_step(head, &rates), DSLT_OK);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    const dslt_param *p = parameter(head, i);
    const float share = i == DSLT_HEAD_BIAS ? 0 : decay * (i == DSLT_HEAD_RESIDUAL ? of_residual : 1);
    for (float moment : b.download(p->m, p->count)) EXPECT_NEAR(moment, 0.1f * share * 0.5f, 1e-6) << i;
  }
  dslt_head_free(head);
}

}  // namespace
