/* SPDX-License-Identifier: Apache-2.0 */
// Kernels respond and loss against their CPU twins.
#include "reference/loss.h"
#include "device.h"

namespace {

const int kKinds[] = {DSLT_LOSS_SHRINKAGE,          DSLT_LOSS_L2,       DSLT_LOSS_L3, DSLT_LOSS_OHNM,
                      DSLT_LOSS_SHRINKAGE_RELEASED, DSLT_LOSS_TRUNCATED};

// A map of `count` cells with a residual and biases, or without.
struct Maps {
  explicit Maps(std::size_t count, bool full)
      : base(noise(count, 1)), label(noise(count, 2, 0.5f)), bias{0.03125f, -0.25f} {
    if (full) residual = noise(count, 3, 0.25f);
    if (!full) bias.clear();
    for (float &y : label) y += 0.5f;
  }
  std::vector<float> base, label, bias, residual;
  const float *residual_or_null() const { return residual.empty() ? nullptr : residual.data(); }
  const float *bias_or_null() const { return bias.empty() ? nullptr : bias.data(); }
};

class RespondKernel : public KernelTest {};
class LossKernel : public KernelTest {};

TEST_P(RespondKernel, EqualsItsTwin) {
  for (std::size_t count : {1u, 255u, 256u, 257u, 1840u, 300000u})
    for (bool full : {false, true}) {
      if (count > 10000 && !full) continue;
      Maps m(count, full);
      std::vector<float> want(count);
      ASSERT_EQ(dslt_cpu_backend.nn->sum_responses(cpu(), want.data(), m.base.data(), m.residual_or_null(),
                                                   m.bias_or_null(), count),
                DSLT_OK);
      float *response = zeros<float>(count);
      ASSERT_EQ(
          kernels().sum_responses(stream(), response, upload(m.base), full ? upload(m.residual) : nullptr,
                                  full ? upload(m.bias) : nullptr, count, nullptr),
          DSLT_OK)
          << dslt_last_error();
      expect_near(download(response, count), want, 1e-6, "response");
    }
}

TEST_P(RespondKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(4);
  EXPECT_EQ(kernels().sum_responses(stream(), x, x, nullptr, nullptr, 0, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().sum_responses(stream(), x, nullptr, nullptr, nullptr, 4, nullptr), DSLT_EARGUMENT);
  EXPECT_STRNE(dslt_last_error(), "");
}

TEST_P(LossKernel, EqualsItsTwin) {
  for (int kind : kKinds)
    for (std::size_t count : {1u, 31u, 32u, 33u, 1023u, 1024u, 1025u, 1840u, 9000u})
      for (bool full : {false, true}) {
        SCOPED_TRACE(::testing::Message() << "kind " << kind << ", " << count << " cells, full " << full);
        Maps m(count, full);
        dslt_loss_spec spec = ref::loss_spec(kind);
        std::vector<float> gradient(count), dbias(2), value(1);
        ASSERT_EQ(
            dslt_cpu_backend.nn->loss(cpu(), gradient.data(), dbias.data(), value.data(), m.base.data(),
                                      m.residual_or_null(), m.bias_or_null(), m.label.data(), count, &spec),
            DSLT_OK);
        float *g = zeros<float>(count), *db = zeros<float>(2), *v = zeros<float>(1);
        ASSERT_EQ(kernels().loss(stream(), g, db, v, upload(m.base), full ? upload(m.residual) : nullptr,
                                 full ? upload(m.bias) : nullptr, upload(m.label), count, &spec, nullptr),
                  DSLT_OK)
            << dslt_last_error();
        expect_near(download(g, count), gradient, tolerance(), "gradient");
        expect_near(download(v, 1), value, tolerance(), "value");
        // The slopes cancel, so their sum is judged by how many were added.
        expect_near(download(db, 2), dbias, on_gpu() ? 1e-6 * double(count) + 1e-5 : 2e-6, "dbias");
      }
}

TEST_P(LossKernel, IsTheFormulasSum) {
  const std::size_t count = 1500;
  Maps m(count, true);
  for (int kind : kKinds) {
    const dslt_loss_spec spec = ref::loss_spec(kind);
    float *g = zeros<float>(count), *db = zeros<float>(2), *v = zeros<float>(1);
    ASSERT_EQ(kernels().loss(stream(), g, db, v, upload(m.base), upload(m.residual), upload(m.bias),
                             upload(m.label), count, &spec, nullptr),
              DSLT_OK)
        << dslt_last_error();
    double want = 0;
    for (std::size_t i = 0; i < count; ++i)
      want += ref::loss(kind, double(m.base[i]) + m.residual[i] + m.bias[0] + m.bias[1], m.label[i]);
    EXPECT_NEAR(download(v, 1)[0], want, 2e-5 * want) << "kind " << kind;
  }
}

TEST_P(LossKernel, SameBytesWhateverTheOrder) {
  const std::size_t count = 5000;
  Maps m(count, true);
  float *base = upload(m.base), *residual = upload(m.residual), *bias = upload(m.bias),
        *label = upload(m.label);
  dslt_loss_spec spec = ref::loss_spec(DSLT_LOSS_SHRINKAGE);
  std::vector<float> first;
  for (int turn = 0; turn < 6; ++turn) {
    vary(turn);
    float *out = zeros<float>(count + 3);
    ASSERT_EQ(
        kernels().loss(stream(), out + 3, out, out + 2, base, residual, bias, label, count, &spec, nullptr),
        DSLT_OK);
    std::vector<float> got = download(out, count + 3);
    if (turn == 0) first = got;
    EXPECT_EQ(got, first) << turn;
  }
}

TEST_P(LossKernel, NotANumberStaysOne) {
  Maps m(100, true);
  m.base[57] = NAN;
  dslt_loss_spec spec = ref::loss_spec(DSLT_LOSS_SHRINKAGE);
  float *g = zeros<float>(100), *db = zeros<float>(2), *v = zeros<float>(1);
  ASSERT_EQ(kernels().loss(stream(), g, db, v, upload(m.base), upload(m.residual), upload(m.bias),
                           upload(m.label), 100, &spec, nullptr),
            DSLT_OK);
  EXPECT_TRUE(std::isnan(download(v, 1)[0]));  // training stops on it, so it must not be lost in the sum
}

TEST_P(LossKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(4);
  dslt_loss_spec spec = ref::loss_spec(DSLT_LOSS_L2);
  auto call = [&](std::size_t count, const float *label) {
    return kernels().loss(stream(), x, x, x, x, nullptr, nullptr, label, count, &spec, nullptr);
  };
  EXPECT_EQ(call(0, x), DSLT_EARGUMENT);
  EXPECT_EQ(call(std::size_t(DSLT_CELLS_MAX) + 1, x), DSLT_EARGUMENT);
  EXPECT_EQ(call(4, nullptr), DSLT_EARGUMENT);
  spec.kind = 6;
  EXPECT_EQ(call(4, x), DSLT_EARGUMENT);
  EXPECT_STREQ(dslt_last_error(), "Kernel loss knows no loss number 6.");
}

EVERYWHERE(RespondKernel);
EVERYWHERE(LossKernel);

}  // namespace
