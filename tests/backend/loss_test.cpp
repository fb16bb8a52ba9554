/* SPDX-License-Identifier: Apache-2.0 */
// Every loss against its formula in double, its derivative against central differences, and the fused
// operation.
#include "reference/loss.h"
#include "backend_fixture.h"

namespace {

struct LossCase {
  const char *name;
  int kind;
};

const LossCase kCases[] = {
    {"shrinkage", DSLT_LOSS_SHRINKAGE},
    {"l2", DSLT_LOSS_L2},
    {"l3", DSLT_LOSS_L3},
    {"ohnm", DSLT_LOSS_OHNM},
    {"truncated", DSLT_LOSS_TRUNCATED},
    {"released", DSLT_LOSS_SHRINKAGE_RELEASED},
};

TEST(Loss, ValueAndGradientAgainstCentralDifferencesInDouble) {
  for (const LossCase &c : kCases) {
    dslt_loss_spec spec = ref::loss_spec(c.kind);
    for (double y : {0.0, 0.05, 0.3, 0.77, 1.0})
      for (double e : {-1.7, -0.9, -0.25, -0.13, -0.02, -0.003, 0.003, 0.02, 0.13, 0.25, 0.9, 1.7}) {
        double p = double(float(y + e)), label = double(float(y));
        dslt_loss_value got = dslt_loss_at(&spec, float(p), float(label));
        double want = ref::loss(c.kind, p, label), slope = ref::loss_slope(c.kind, p, label);
        EXPECT_NEAR(got.value, want, 2e-6 * (1 + want)) << c.name << " " << y << " " << e;
        if (c.kind == DSLT_LOSS_SHRINKAGE_RELEASED) slope = -std::fabs(slope);  // keeps one sign
        EXPECT_NEAR(got.gradient, slope, 1e-5 * (1 + std::fabs(slope))) << c.name << " " << y << " " << e;
      }
  }
}

TEST(Loss, PaperGradientFormula) {
  // exp(y) sign(p - y) (2 l f + a l^2 exp(a (c - l)) f^2).
  dslt_loss_spec spec = ref::loss_spec(DSLT_LOSS_SHRINKAGE);
  for (double p = -0.5; p < 1.5; p += 0.037) {
    double y = 0.4, l = std::fabs(p - y), e = std::exp(10 * (0.2 - l)), f = 1 / (1 + e);
    double want = std::exp(y) * (p < y ? -1 : 1) * (2 * l * f + 10 * l * l * e * f * f);
    EXPECT_NEAR(dslt_loss_at(&spec, float(p), float(y)).gradient, want, 2e-5);
  }
}

TEST(Loss, FarResponsesStayFinite) {
  for (const LossCase &c : kCases) {
    dslt_loss_spec spec = ref::loss_spec(c.kind);
    for (float p : {-1e6f, 1e6f}) {
      dslt_loss_value v = dslt_loss_at(&spec, p, 0.5f);
      EXPECT_TRUE(std::isfinite(v.value) && v.value >= 0) << c.name;
      EXPECT_TRUE(std::isfinite(v.gradient)) << c.name;
    }
  }
}

TEST(Loss, ExactZeroAtTheLabel) {
  for (const LossCase &c : kCases) {
    dslt_loss_spec spec = ref::loss_spec(c.kind);
    dslt_loss_value v = dslt_loss_at(&spec, 0.5f, 0.5f);
    EXPECT_EQ(v.value, 0.0f) << c.name;
    EXPECT_EQ(std::fabs(v.gradient), 0.0f) << c.name;
  }
}

// Where the error is exactly the threshold, the cell counts.
TEST(Loss, ThresholdsCount) {
  const dslt_loss_spec ohnm = ref::loss_spec(DSLT_LOSS_OHNM), truncated = ref::loss_spec(DSLT_LOSS_TRUNCATED);
  for (float sign : {1.0f, -1.0f}) {
    EXPECT_EQ(dslt_loss_at(&ohnm, sign * ohnm.ohnm, 0).value, ohnm.ohnm * ohnm.ohnm);
    EXPECT_EQ(dslt_loss_at(&ohnm, sign * std::nextafter(ohnm.ohnm, 0.0f), 0).value, 0);
    const float least = truncated.amplitude * truncated.threshold;
    EXPECT_FLOAT_EQ(dslt_loss_at(&truncated, sign * truncated.threshold, 0).value, least * least);
    EXPECT_EQ(dslt_loss_at(&truncated, sign * std::nextafter(truncated.threshold, 0.0f), 0).value, 0);
  }
}

TEST(Loss, FusedOperationSumsAndFoldsTheBiases) {
  Backend b;
  ref::Noise noise(7);
  const std::size_t count = 333;
  ref::Map base = ref::rounded(noise.map(count)), residual = ref::rounded(noise.map(count, 0.5)),
           label(count);
  for (double &y : label) y = double(float(0.5 + 0.5 * noise.next()));
  float *bb = b.upload(base), *br = b.upload(residual), *by = b.upload(label),
        *bias = b.upload({0.03125, -0.25});
  float *gradient = b.floats(count), *dbias = b.floats(2), *value = b.floats(1), *response = b.floats(count);
  for (const LossCase &c : kCases) {
    dslt_loss_spec spec = ref::loss_spec(c.kind);
    ASSERT_EQ(b.nn->loss(b.get(), gradient, dbias, value, bb, br, bias, by, count, &spec), DSLT_OK);
    ASSERT_EQ(b.nn->sum_responses(b.get(), response, bb, br, bias, count), DSLT_OK);
    std::vector<float> g = b.download(gradient, count), p = b.download(response, count);
    double want = 0, slope = 0;
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_NEAR(p[i], base[i] + residual[i] - 0.21875, 1e-6);
      want += ref::loss(c.kind, p[i], label[i]);
      slope += g[i];
    }
    EXPECT_NEAR(b.download(value, 1)[0], want, 1e-5 * (1 + want)) << c.name;
    EXPECT_NEAR(b.download(dbias, 2)[0], slope, 1e-4 * (1 + std::fabs(slope)));
    EXPECT_EQ(b.download(dbias, 2)[0], b.download(dbias, 2)[1]);
  }
  ASSERT_EQ(b.nn->sum_responses(b.get(), response, bb, nullptr, nullptr, count), DSLT_OK);
  EXPECT_EQ(b.download(response, count), b.download(bb, count));
}

}  // namespace
