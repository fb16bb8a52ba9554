/* SPDX-License-Identifier: Apache-2.0 */
// Kernels hog and snr against their CPU twins.
#include "math/hog.h"
#include "device.h"

namespace {

class HogKernel : public KernelTest {};

TEST_P(HogKernel, EqualsTheCpus) {
  const struct { int n, h, w, cell; } shapes[] = {{1, 8, 8, 4}, {3, 24, 36, 4}, {2, 21, 14, 7}, {1, 2, 2, 2}};
  for (const auto &s : shapes) {
    SCOPED_TRACE(::testing::Message() << s.n << " of " << s.w << " x " << s.h << ", cells of " << s.cell);
    const std::size_t cells = std::size_t(s.n * (s.h / s.cell) * (s.w / s.cell));
    const std::vector<float> in = noise(std::size_t(s.n * s.h * s.w * 3), 7, 90.0f);
    std::vector<float> want(cells * DSLT_HOG_CHANNELS), histograms(cells * DSLT_HOG_BINS);
    ASSERT_EQ(
        dslt_cpu_backend.vision->hog(cpu(), want.data(), histograms.data(), in.data(), s.n, s.h, s.w, s.cell),
        DSLT_OK);
    float *out = upload(std::vector<float>(want.size(), NAN));
    ASSERT_EQ(kernels().hog(stream(), out, zeros<float>(histograms.size()), upload(in), s.n, s.h, s.w, s.cell,
                            nullptr),
              DSLT_OK)
        << dslt_last_error();
    const std::vector<float> got = download(out, want.size());
    int differ = 0; /* a gradient between two directions may be counted for either */
    for (std::size_t i = 0; i < want.size(); ++i) {
      ASSERT_NEAR(double(got[i]), double(want[i]), 0.05) << i;
      differ += std::fabs(double(got[i]) - double(want[i])) > tolerance();
    }
    EXPECT_LE(std::size_t(differ), want.size() / 200);
  }
}

TEST_P(HogKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(8);
  auto call = [&](float *out, int n, int h, int w, int cell) {
    return kernels().hog(stream(), out, x, x, n, h, w, cell, nullptr);
  };
  EXPECT_EQ(call(nullptr, 1, 4, 4, 4), DSLT_EARGUMENT);
  EXPECT_EQ(call(x, 0, 4, 4, 4), DSLT_EARGUMENT);
  EXPECT_EQ(call(x, 1, 6, 4, 4), DSLT_EARGUMENT);
  EXPECT_EQ(call(x, 1, 4, 6, 4), DSLT_EARGUMENT);
  EXPECT_EQ(call(x, 1, 4, 4, 1), DSLT_EARGUMENT);
}

class SnrKernel : public KernelTest {};

TEST_P(SnrKernel, EqualsTheCpus) {
  for (std::size_t count : {1u, 33u, 1024u, 3577u}) {
    const std::vector<float> response = noise(count, unsigned(count));
    std::vector<float> want(3);
    float *values = zeros<float>(3), *there = upload(response);
    for (int steps : {0, 1, 3}) {
      vary(steps);
      const dslt_training training = {1, steps, 0};
      ASSERT_EQ(dslt_cpu_backend.nn->snr(cpu(), want.data(), response.data(), count, &training), DSLT_OK);
      ASSERT_EQ(kernels().snr(stream(), values, there, count, upload(std::vector<dslt_training>{training}),
                              nullptr),
                DSLT_OK)
          << dslt_last_error();
    }
    const std::vector<float> got = download(values, 3);
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(double(got[i]), double(want[i]), 1e-5) << count << ", " << i;
  }
}

TEST_P(SnrKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(8);
  dslt_training *training = zeros<dslt_training>(1);
  EXPECT_EQ(kernels().snr(stream(), nullptr, x, 4, training, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().snr(stream(), x, x, 0, training, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().snr(stream(), x, x, 4, nullptr, nullptr), DSLT_EARGUMENT);
}

EVERYWHERE(HogKernel);
EVERYWHERE(SnrKernel);

}  // namespace
