/* SPDX-License-Identifier: Apache-2.0 */
// Kernel adam against its CPU twin over several steps and tensors.
#include "device.h"

namespace {

class AdamKernel : public KernelTest {};

struct Tensor {
  std::vector<float> w, g, m, v;
  float rate, decay;
};

const dslt_adam_rule kRule = {0.6f, 0.999f, 1e-8f};

Tensor tensor(std::size_t count, unsigned seed) {
  Tensor t = {noise(count, seed),           noise(count, seed + 1),      noise(count, seed + 2, 0.1f),
              noise(count, seed + 3, 0.1f), 0.01f * float(seed % 7 + 1), seed % 2 ? 5.1e-4f : 0.0f};
  for (float &v : t.v) v = std::fabs(v);
  return t;
}

dslt_param param(Tensor &t, float *w, float *g, float *m, float *v) {
  return {w, g, m, v, t.w.size(), t.rate, t.decay, 0};
}

TEST_P(AdamKernel, EqualsItsTwinOverTenSteps) {
  std::vector<Tensor> tensors;
  std::vector<dslt_param> there, here;
  unsigned seed = 10;
  for (std::size_t count : {2u, 1u, 1023u, 1024u, 1025u, 9000u, 0u, 4096u})
    tensors.push_back(tensor(count, seed++));
  for (Tensor &t : tensors) {
    there.push_back(param(t, upload(t.w), upload(t.g), upload(t.m), upload(t.v)));
    here.push_back(param(t, t.w.data(), t.g.data(), t.m.data(), t.v.data()));
  }
  int32_t *step = zeros<int32_t>(1), want_step = 0;
  uint32_t *ticket = zeros<uint32_t>(1);
  for (int i = 0; i < 10; ++i) {
    vary(i);
    ASSERT_EQ(dslt_cpu_backend.nn->adam(cpu(), here.data(), int(here.size()), &kRule, &want_step), DSLT_OK);
    ASSERT_EQ(kernels().adam(stream(), there.data(), int(there.size()), &kRule, step, ticket, nullptr),
              DSLT_OK)
        << dslt_last_error();
    ASSERT_EQ(download(step, 1)[0], want_step);
    ASSERT_EQ(download(ticket, 1)[0], 0u);
  }
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    SCOPED_TRACE(k);
    std::size_t count = tensors[k].w.size();
    expect_near(download(there[k].w, count), tensors[k].w, tolerance(), "weights");
    expect_near(download(there[k].m, count), tensors[k].m, tolerance(), "first moment");
    expect_near(download(there[k].v, count), tensors[k].v, tolerance(), "second moment");
    EXPECT_EQ(download(there[k].g, count), tensors[k].g);  // the gradient is only read
  }
}

// A gradient in partial sums is their sum, on both.
TEST_P(AdamKernel, AddsPartialSums) {
  const std::size_t count = 1500;
  Tensor whole = tensor(count, 3), parts = whole;
  parts.g = noise(4 * count, 9);
  for (std::size_t i = 0; i < count; ++i) {
    whole.g[i] = parts.g[i];
    for (std::size_t part = 1; part < 4; ++part) whole.g[i] += parts.g[part * count + i];
  }
  dslt_param there = param(parts, upload(parts.w), upload(parts.g), upload(parts.m), upload(parts.v));
  dslt_param here = param(parts, parts.w.data(), parts.g.data(), parts.m.data(), parts.v.data());
  dslt_param want = param(whole, whole.w.data(), whole.g.data(), whole.m.data(), whole.v.data());
  there.partials = here.partials = 4;
  int32_t *step = zeros<int32_t>(1), here_step = 0, want_step = 0;
  uint32_t *ticket = zeros<uint32_t>(1);
  ASSERT_EQ(kernels().adam(stream(), &there, 1, &kRule, step, ticket, nullptr), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_cpu_backend.nn->adam(cpu(), &here, 1, &kRule, &here_step), DSLT_OK);
  ASSERT_EQ(dslt_cpu_backend.nn->adam(cpu(), &want, 1, &kRule, &want_step), DSLT_OK);
  expect_near(download(there.w, count), whole.w, tolerance(), "weights");
  expect_near(parts.w, whole.w, tolerance(), "weights");
}

TEST_P(AdamKernel, AsManyTensorsAsThereMayBe) {
  std::vector<Tensor> tensors;
  std::vector<dslt_param> there, here;
  for (unsigned i = 0; i < DSLT_ADAM_TENSORS_MAX; ++i) tensors.push_back(tensor(i * 200 + 1, 40 + i));
  for (Tensor &t : tensors) {
    there.push_back(param(t, upload(t.w), upload(t.g), upload(t.m), upload(t.v)));
    here.push_back(param(t, t.w.data(), t.g.data(), t.m.data(), t.v.data()));
  }
  int32_t *step = zeros<int32_t>(1), want_step = 0;
  uint32_t *ticket = zeros<uint32_t>(1);
  ASSERT_EQ(dslt_cpu_backend.nn->adam(cpu(), here.data(), int(here.size()), &kRule, &want_step), DSLT_OK);
  ASSERT_EQ(kernels().adam(stream(), there.data(), int(there.size()), &kRule, step, ticket, nullptr),
            DSLT_OK);
  for (std::size_t k = 0; k < tensors.size(); ++k)
    expect_near(download(there[k].w, tensors[k].w.size()), tensors[k].w, tolerance(), "weights");
}

TEST_P(AdamKernel, StepWithoutWeightsCounts) {
  int32_t *step = upload(std::vector<int32_t>{41});
  uint32_t *ticket = zeros<uint32_t>(1);
  ASSERT_EQ(kernels().adam(stream(), nullptr, 0, &kRule, step, ticket, nullptr), DSLT_OK)
      << dslt_last_error();
  EXPECT_EQ(download(step, 1)[0], 42);
}

TEST_P(AdamKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(4);
  int32_t *step = zeros<int32_t>(1);
  uint32_t *ticket = zeros<uint32_t>(1);
  std::vector<dslt_param> many(DSLT_ADAM_TENSORS_MAX + 1, dslt_param{x, x, x, x, 4, 0.1f, 0, 0});
  auto call = [&](int count) {
    return kernels().adam(stream(), many.data(), count, &kRule, step, ticket, nullptr);
  };
  EXPECT_EQ(call(DSLT_ADAM_TENSORS_MAX + 1), DSLT_EARGUMENT);
  EXPECT_EQ(call(-1), DSLT_EARGUMENT);
  many[1].m = nullptr;
  EXPECT_EQ(call(2), DSLT_EARGUMENT);
  EXPECT_STREQ(dslt_last_error(), "Kernel adam: tensor 1 lacks weights, gradient or moments.");
  EXPECT_EQ(download(step, 1)[0], 0);
}

EVERYWHERE(AdamKernel);

}  // namespace
