/* SPDX-License-Identifier: Apache-2.0 */
// The signal-to-noise ratio of training steps.
#include <cmath>

#include "backend_fixture.h"

namespace {

TEST(Snr, IsTheExponentialOfMaximumLessMean) {
  Backend b;
  ref::Noise noise(4);
  ref::Map map(1000);
  double best = -1e9, sum = 0;
  for (double &v : map) {
    v = double(float(noise.next()));
    best = std::fmax(best, v), sum += v;
  }
  float *values = b.zeros(4), *response = b.upload(map);
  for (int steps : {0, 1, 3}) {
    const dslt_training training = {1, steps, 0};
    ASSERT_EQ(b.nn->snr(b.get(), values, response, map.size(), b.put(training)), DSLT_OK)
        << dslt_last_error();
  }
  const std::vector<float> got = b.download(values, 4);
  const double want = std::exp(best - sum / 1000);
  EXPECT_NEAR(double(got[0]), want, 1e-5 * want);
  EXPECT_EQ(got[1], 0.0f);
  EXPECT_EQ(got[2], got[0]);
  EXPECT_EQ(got[3], 0.0f);
}

}  // namespace
