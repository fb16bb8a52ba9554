/* SPDX-License-Identifier: Apache-2.0 */
// Kernel regress against its CPU twin: forward, and backward by weights and by data.
#include <cmath>

#include "device.h"

namespace {

const dslt_regress_shape kShapes[] = {
    {1, 1, 1, 1, 1, 1},      // as small as can be
    {1, 1, 1, 128, 1, 1},    //
    {2, 3, 5, 3, 2, 2},      // three channels
    {1, 7, 9, 128, 7, 9},    // the kernel as large as the map
    {1, 5, 17, 130, 5, 6},   // ... in height alone, channels by two
    {1, 12, 33, 132, 6, 5},  // more than a warp's channels, width not by eight
    {3, 9, 11, 4, 3, 10},    // a wide kernel
    {1, 20, 37, 128, 8, 8},  // as in tracking
    {9, 4, 5, 12, 2, 3},     // the largest batch
    {1, 40, 13, 1, 5, 1},    // one channel, many rows
    {1, 6, 70, 8, 1, 33},    // one kernel row, many columns
    {1, 34, 6, 260, 12, 4},  // three lots of channels
};

std::string shape_name(const dslt_regress_shape &s) {
  return ::testing::PrintToString(s.n) + " x " + ::testing::PrintToString(s.h) + " x " +
         ::testing::PrintToString(s.w) + " x " + ::testing::PrintToString(s.c) + ", kernel " +
         ::testing::PrintToString(s.kh) + " x " + ::testing::PrintToString(s.kw);
}

struct Sizes {
  explicit Sizes(const dslt_regress_shape &s)
      : map(std::size_t(s.n) * std::size_t(s.h) * std::size_t(s.w) * std::size_t(s.c)),
        weights(std::size_t(s.kh) * std::size_t(s.kw) * std::size_t(s.c)),
        response(std::size_t(s.n) * std::size_t(s.h - s.kh + 1) * std::size_t(s.w - s.kw + 1)) {}
  std::size_t map, weights, response;
};

class RegressKernel : public KernelTest {
 protected:
  // Rounding grows as the square root of what is added.
  double slack(std::size_t terms) const { return 1e-6 * (1 + std::sqrt(double(terms))); }

  void *scratch_for(const dslt_regress_shape &s, int layers) {
    scratch_bytes_ = kernels().regress_scratch(&s, layers);
    EXPECT_GT(scratch_bytes_, 0u);
    return zeros<unsigned char>(scratch_bytes_);
  }

  void compare_forward(const dslt_regress_shape &s, int layers, std::size_t shift = 0) {
    SCOPED_TRACE(shape_name(s) + ", " + std::to_string(layers) + " layers");
    Sizes size(s);
    dslt_regress *twin = nullptr;
    ASSERT_EQ(dslt_cpu_backend.nn->regress_plan(&twin, cpu(), s.n, s.h, s.w, s.c, s.kh, s.kw), DSLT_OK);
    std::vector<dslt_regress_layer> there(std::size_t(layers), dslt_regress_layer{});
    std::vector<std::vector<float>> want;
    for (std::size_t i = 0; i < there.size(); ++i) {
      std::vector<float> x = noise(size.map + shift, unsigned(i)), w = noise(size.weights, unsigned(50 + i)),
                         y(size.response);
      ASSERT_EQ(dslt_cpu_backend.nn->regress_forward(twin, y.data(), x.data() + shift, w.data()), DSLT_OK);
      want.push_back(y);
      there[i].x = upload(x) + shift;
      there[i].w = upload(w);
      there[i].y = upload(std::vector<float>(size.response, NAN));
    }
    dslt_cpu_backend.nn->regress_free(twin);
    void *scratch = scratch_for(s, layers);
    for (int turn = 0; turn < 2; ++turn) {  // the second time with the tickets as the first left them
      vary(turn);
      ASSERT_EQ(kernels().regress_forward(stream(), &s, there.data(), layers, scratch, nullptr), DSLT_OK)
          << dslt_last_error();
      for (std::size_t i = 0; i < there.size(); ++i)
        expect_near(download(there[i].y, size.response), want[i], slack(size.weights), "response");
    }
  }

  // The sum of the layers, and its loss, against the layers by themselves.
  void compare_ends(const dslt_regress_shape &s, int layers) {
    SCOPED_TRACE(shape_name(s) + ", " + std::to_string(layers) + " layers");
    const Sizes size(s);
    std::vector<dslt_regress_layer> there(std::size_t(layers), dslt_regress_layer{});
    for (std::size_t i = 0; i < there.size(); ++i) {
      there[i].x = upload(noise(size.map, unsigned(i)));
      there[i].w = upload(noise(size.weights, unsigned(50 + i)));
      there[i].y = upload(std::vector<float>(size.response, NAN));
    }
    void *scratch = scratch_for(s, layers);
    const float *bias = upload(std::vector<float>{0.5f, -0.125f}), *label = upload(noise(size.response, 7));
    float *response = upload(std::vector<float>(size.response, NAN)),
          *d_response = upload(std::vector<float>(size.response, NAN)),
          *want = upload(std::vector<float>(size.response, NAN)), *sums = zeros<float>(6);
    dslt_loss_spec spec = {};
    spec.kind = DSLT_LOSS_SHRINKAGE, spec.a = 10, spec.c = 0.2f, spec.amplitude = 1;
    const dslt_regress_target target = {bias, label, d_response, sums, sums + 2, &spec};
    const float *second = layers > 1 ? there[1].y : nullptr;
    for (int turn = 0; turn < 2; ++turn) {  // the second time with the tickets as the first left them
      vary(turn);
      ASSERT_EQ(kernels().regress_forward(stream(), &s, there.data(), layers, scratch, nullptr), DSLT_OK);
      ASSERT_EQ(
          kernels().regress_respond(stream(), &s, there.data(), layers, response, bias, scratch, nullptr),
          DSLT_OK)
          << dslt_last_error();
      ASSERT_EQ(kernels().sum_responses(stream(), want, there[0].y, second, bias, size.response, nullptr),
                DSLT_OK);
      EXPECT_EQ(download(response, size.response), download(want, size.response));
      if (s.n > 1) continue;
      ASSERT_EQ(kernels().regress_loss(stream(), &s, there.data(), layers, &target, scratch, nullptr),
                DSLT_OK)
          << dslt_last_error();
      ASSERT_EQ(kernels().loss(stream(), want, sums + 3, sums + 5, there[0].y, second, bias, label,
                               size.response, &spec, nullptr),
                DSLT_OK);
      // a GPU may fuse multiplications and additions elsewhere where the loss is known when compiling
      expect_near(download(d_response, size.response), download(want, size.response), on_gpu() ? 1e-6 : 0.0,
                  "gradient");
      const std::vector<float> got = download(sums, 6);
      EXPECT_NEAR(got[2], got[5], 1e-6 * std::fabs(got[5]));  // doubles, in another order
      EXPECT_NEAR(got[0], got[3], 1e-6 * double(size.response));
      EXPECT_EQ(got[0], got[1]);
    }
  }

  void compare_backward(dslt_regress_shape s, int layers, bool data, bool weights, std::size_t shift = 0) {
    s.n = 1;
    SCOPED_TRACE(shape_name(s) + ", " + std::to_string(layers) + " layers, data " + std::to_string(data) +
                 ", weights " + std::to_string(weights));
    Sizes size(s);
    dslt_regress *twin = nullptr;
    ASSERT_EQ(dslt_cpu_backend.nn->regress_plan(&twin, cpu(), 1, s.h, s.w, s.c, s.kh, s.kw), DSLT_OK);
    std::vector<float> dy = noise(size.response, 99);
    std::vector<dslt_regress_layer> there(std::size_t(layers), dslt_regress_layer{});
    std::vector<std::vector<float>> want_dx, want_dw;
    for (std::size_t i = 0; i < there.size(); ++i) {
      std::vector<float> x = noise(size.map + shift, unsigned(i)), w = noise(size.weights, unsigned(50 + i)),
                         dx(size.map), dw(size.weights);
      ASSERT_EQ(dslt_cpu_backend.nn->regress_backward(twin, dx.data(), dw.data(), x.data() + shift, w.data(),
                                                      dy.data()),
                DSLT_OK);
      want_dx.push_back(dx);
      want_dw.push_back(dw);
      there[i].x = upload(x) + shift;
      there[i].w = upload(w);
      if (data) there[i].d_x = upload(std::vector<float>(size.map, NAN));
      if (weights) there[i].d_w = upload(std::vector<float>(size.weights, NAN));
    }
    dslt_cpu_backend.nn->regress_free(twin);
    void *scratch = scratch_for(s, layers);
    float *gradient = upload(dy);
    for (int turn = 0; turn < 2; ++turn) {
      vary(turn);
      ASSERT_EQ(kernels().regress_backward(stream(), &s, there.data(), layers, gradient, scratch, nullptr),
                DSLT_OK)
          << dslt_last_error();
      for (std::size_t i = 0; i < there.size(); ++i) {
        if (data) expect_near(download(there[i].d_x, size.map), want_dx[i], slack(size.weights), "dx");
        if (weights)
          expect_near(download(there[i].d_w, size.weights), want_dw[i], slack(size.response), "dw");
      }
    }
  }

  // Gradients and steps in one launch, against the two launches.
  void compare_learning(dslt_regress_shape s, int layers, int others) {
    s.n = 1;
    SCOPED_TRACE(shape_name(s) + ", " + std::to_string(layers) + " layers, " + std::to_string(others) +
                 " others");
    const Sizes size(s);
    const dslt_adam_rule rule = {0.6f, 0.999f, 1e-8f};
    struct Side {
      std::vector<dslt_regress_layer> layers;
      std::vector<dslt_param> params;
      int32_t *step;
    } one, two;
    for (Side *side : {&one, &two}) {
      side->step = zeros<int32_t>(1);
      const auto add = [&](std::size_t count, unsigned seed) {
        std::vector<float> v = noise(count, seed + 3, 0.1f);
        for (float &x : v) x = std::fabs(x);
        side->params.push_back({upload(noise(count, seed)), upload(noise(count, seed + 1)),
                                upload(noise(count, seed + 2, 0.1f)), upload(v), count, 0.01f * float(seed),
                                seed % 2 ? 5e-4f : 0.0f, 0});
        return side->params.back();
      };
      for (int i = 0; i < layers; ++i) {
        const dslt_param p = add(size.weights, unsigned(1 + i));
        side->layers.push_back({upload(noise(size.map, unsigned(40 + i))), p.w, nullptr, nullptr, p.g});
      }
      for (int i = 0; i < others; ++i) add(1, unsigned(7 + i));
    }
    dslt_regress_step step = {};
    for (int i = 0; i < layers; ++i) step.layer[i] = one.params[std::size_t(i)];
    for (int i = 0; i < others; ++i) step.other[i] = one.params[std::size_t(layers + i)];
    step.others = others, step.rule = rule, step.step = one.step;
    const float *slope = upload(noise(size.response, 99));
    void *scratch = scratch_for(s, layers);
    uint32_t *ticket = zeros<uint32_t>(1);
    for (int turn = 0; turn < 3; ++turn) {
      vary(turn);
      ASSERT_EQ(
          kernels().regress_learn(stream(), &s, one.layers.data(), layers, slope, &step, scratch, nullptr),
          DSLT_OK)
          << dslt_last_error();
      ASSERT_EQ(kernels().regress_backward(stream(), &s, two.layers.data(), layers, slope, scratch, nullptr),
                DSLT_OK);
      ASSERT_EQ(kernels().adam(stream(), two.params.data(), int(two.params.size()), &rule, two.step, ticket,
                               nullptr),
                DSLT_OK);
      EXPECT_EQ(download(one.step, 1)[0], turn + 1);
      for (std::size_t i = 0; i < one.params.size(); ++i) {
        const dslt_param &p = one.params[i], &q = two.params[i];
        const double allowed =
            on_gpu() ? 1e-6 : 0.0;  // where multiplications and additions are fused is the compiler's
        expect_near(download(p.g, p.count), download(q.g, q.count), allowed, "gradient");
        expect_near(download(p.w, p.count), download(q.w, q.count), allowed, "weight");
        expect_near(download(p.m, p.count), download(q.m, q.count), allowed, "mean");
        expect_near(download(p.v, p.count), download(q.v, q.count), allowed, "square");
      }
    }
  }

  std::size_t scratch_bytes_ = 0;
};

TEST_P(RegressKernel, ForwardEqualsItsTwin) {
  for (const dslt_regress_shape &s : kShapes) compare_forward(s, s.n > 3 ? 1 : 2);
}

TEST_P(RegressKernel, ResponseAndLossInTheSameLaunch) {
  for (int shape : {0, 2, 4, 6, 9}) compare_ends(kShapes[shape], 2);
  for (int shape : {5, 8}) compare_ends(kShapes[shape], 1);
}

TEST_P(RegressKernel, BackwardEqualsItsTwin) {
  for (const dslt_regress_shape &s : kShapes) compare_backward(s, s.h < 20 ? 2 : 1, true, true);
}

TEST_P(RegressKernel, BackwardByOneAlone) {
  for (int shape : {3, 5, 6}) {
    compare_backward(kShapes[shape], 1, true, false);
    compare_backward(kShapes[shape], 1, false, true);
  }
}

TEST_P(RegressKernel, LearnsInTheSameLaunch) {
  for (int shape : {0, 2, 4, 6, 9}) compare_learning(kShapes[shape], 2, 2);
  for (int shape : {5, 7, 11}) compare_learning(kShapes[shape], 1, shape == 5 ? 0 : 1);
}

TEST_P(RegressKernel, LearnsFromCompleteListsAlone) {
  const dslt_regress_shape s = {1, 3, 3, 4, 2, 2};
  float *x = zeros<float>(64), *w = zeros<float>(16), *g = zeros<float>(16), *m = zeros<float>(16),
        *v = zeros<float>(16), *bias = zeros<float>(4);
  int32_t *count = zeros<int32_t>(1);
  const dslt_regress_layer good = {x, w, nullptr, nullptr, g};
  const dslt_regress_step whole = {
      {{w, g, m, v, 16, 0, 0, 0}}, {{bias, bias + 1, bias + 2, bias + 3, 1, 0, 0, 0}}, 1, {}, count};
  void *scratch = scratch_for(s, 1);
  const auto learn = [&](const dslt_regress_layer &layer, const dslt_regress_step &step) {
    return kernels().regress_learn(stream(), &s, &layer, 1, x, &step, scratch, nullptr);
  };
  EXPECT_EQ(learn(good, whole), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(kernels().regress_learn(stream(), &s, &good, 1, x, nullptr, scratch, nullptr), DSLT_EARGUMENT);
  dslt_regress_layer layer = good;
  layer.d_x = x;
  EXPECT_EQ(learn(layer, whole), DSLT_EARGUMENT);
  layer = good, layer.d_w = nullptr;
  EXPECT_EQ(learn(layer, whole), DSLT_EARGUMENT);
  for (int part = 0; part < 5; ++part) {
    dslt_regress_step step = whole;
    if (part == 0) step.step = nullptr;
    if (part == 1) step.layer[0].m = nullptr;
    if (part == 2) step.other[0].v = nullptr;
    if (part == 3) step.others = DSLT_REGRESS_OTHERS_MAX + 1;
    if (part == 4) step.others = -1;
    EXPECT_EQ(learn(good, step), DSLT_EARGUMENT) << part;
  }
}

TEST_P(RegressKernel, EveryKernelSize) {
  for (int k = 1; k <= 13; ++k) {
    compare_forward({1, 14, 15, 4, k, k}, 1);
    compare_backward({1, 14, 15, 4, k, k}, 1, true, true);
  }
}

TEST_P(RegressKernel, AnyAlignment) {
  compare_forward({1, 9, 10, 128, 3, 4}, 1, 1);
  compare_backward({1, 9, 10, 128, 3, 4}, 1, true, true, 1);
}

TEST_P(RegressKernel, RealShapes) {
  if (GetParam() != Place::forward && !on_gpu()) GTEST_SKIP() << skip::kOneOrder;
  compare_forward({3, 45, 50, 128, 8, 8}, 1);
  compare_backward({1, 45, 50, 128, 8, 8}, 1, true, true);
}

TEST_P(RegressKernel, NotANumberStaysWhereItBelongs) {
  const dslt_regress_shape s = {1, 9, 21, 4, 3, 5};
  Sizes size(s);
  std::vector<float> x = noise(size.map, 1);
  const int row = 4, column = 9;
  x[std::size_t((row * s.w + column) * s.c)] = NAN;
  dslt_regress_layer layer = {upload(x), upload(noise(size.weights, 2)), zeros<float>(size.response), nullptr,
                              nullptr};
  ASSERT_EQ(kernels().regress_forward(stream(), &s, &layer, 1, scratch_for(s, 1), nullptr), DSLT_OK);
  std::vector<float> y = download(layer.y, size.response);
  for (int i = 0; i < 7; ++i)
    for (int j = 0; j < 17; ++j) {
      bool covered = i <= row && row < i + s.kh && j <= column && column < j + s.kw;
      EXPECT_EQ(std::isnan(y[std::size_t(i * 17 + j)]), covered) << i << ", " << j;
    }
}

TEST_P(RegressKernel, SameBytesWhateverTheOrder) {
  const dslt_regress_shape s = {1, 15, 26, 12, 6, 7};
  Sizes size(s);
  float *x = upload(noise(size.map, 1)), *w = upload(noise(size.weights, 2)),
        *dy = upload(noise(size.response, 3));
  void *scratch = scratch_for(s, 1);
  std::vector<float> first;
  for (int turn = 0; turn < 6; ++turn) {
    vary(turn);
    float *out = zeros<float>(size.response + size.map + size.weights);
    dslt_regress_layer layer = {x, w, out, out + size.response, out + size.response + size.map};
    ASSERT_EQ(kernels().regress_forward(stream(), &s, &layer, 1, scratch, nullptr), DSLT_OK);
    ASSERT_EQ(kernels().regress_backward(stream(), &s, &layer, 1, dy, scratch, nullptr), DSLT_OK);
    std::vector<float> got = download(out, size.response + size.map + size.weights);
    if (turn == 0) first = got;
    EXPECT_EQ(got, first) << turn;
  }
}

TEST_P(RegressKernel, WritesNothingWhenNotWanted) {
  const dslt_regress_shape s = {1, 9, 10, 4, 3, 4};
  Sizes size(s);
  std::vector<float> old(size.map, 7.0f);
  dslt_regress_layer layer = {upload(old), upload(old), upload(old), upload(old), upload(old)};
  void *scratch = scratch_for(s, 1);
  std::vector<unsigned char> before = download(static_cast<unsigned char *>(scratch), scratch_bytes_);
  int32_t *no = zeros<int32_t>(1), *yes = upload(std::vector<int32_t>{1});
  ASSERT_EQ(kernels().regress_forward(stream(), &s, &layer, 1, scratch, no), DSLT_OK);
  ASSERT_EQ(kernels().regress_backward(stream(), &s, &layer, 1, layer.x, scratch, no), DSLT_OK);
  for (const float *memory : {layer.y, layer.d_x, layer.d_w}) EXPECT_EQ(download(memory, size.map), old);
  EXPECT_EQ(download(static_cast<unsigned char *>(scratch), scratch_bytes_), before);
  ASSERT_EQ(kernels().regress_forward(stream(), &s, &layer, 1, scratch, yes), DSLT_OK);
  EXPECT_NE(download(layer.y, size.map), old);
}

TEST_P(RegressKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(64);
  const dslt_regress_shape good = {1, 4, 4, 4, 2, 2};
  dslt_regress_layer layer = {x, x, x, x, x};
  auto forward = [&](const dslt_regress_shape &s, int count, void *scratch) {
    return kernels().regress_forward(stream(), &s, &layer, count, scratch, nullptr);
  };
  auto backward = [&](const dslt_regress_shape &s, const float *dy) {
    return kernels().regress_backward(stream(), &s, &layer, 1, dy, scratch_for(good, 1), nullptr);
  };
  for (int dslt_regress_shape::*field :
       {&dslt_regress_shape::n, &dslt_regress_shape::h, &dslt_regress_shape::w, &dslt_regress_shape::c,
        &dslt_regress_shape::kh, &dslt_regress_shape::kw})
    for (int value : {0, -1, 5000}) {
      dslt_regress_shape s = good;
      s.*field = value;
      EXPECT_EQ(forward(s, 1, x), DSLT_EARGUMENT);
      EXPECT_EQ(backward(s, x), DSLT_EARGUMENT);
      EXPECT_EQ(kernels().regress_scratch(&s, 1), 0u);
    }
  EXPECT_EQ(forward(good, 0, x), DSLT_EARGUMENT);
  EXPECT_EQ(forward(good, 3, x), DSLT_EARGUMENT);
  EXPECT_EQ(forward(good, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(backward(good, nullptr), DSLT_EARGUMENT);
  dslt_regress_shape batch = good;
  batch.n = 2;
  EXPECT_EQ(backward(batch, x), DSLT_EARGUMENT);
  EXPECT_STREQ(dslt_last_error(), "Kernel regress goes backward for 1 map, not 2.");
  layer.d_x = layer.d_w = nullptr;
  EXPECT_EQ(backward(good, x), DSLT_EARGUMENT);
  layer.y = nullptr;
  EXPECT_EQ(forward(good, 1, x), DSLT_EARGUMENT);
  layer.x = nullptr;
  EXPECT_EQ(forward(good, 1, x), DSLT_EARGUMENT);
}

EVERYWHERE(RegressKernel);

}  // namespace
