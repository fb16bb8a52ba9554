/* SPDX-License-Identifier: Apache-2.0 */
// Principal directions: against eigenvectors by Jacobi's rotations, written here, and what the definition says.
#include "nn/pca.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "../reference/network.h"
#include "../skip.h"
#include "base/error.h"

namespace {

#if DSLT_LAPACK

using Matrix = std::vector<std::vector<double>>;

// Rows with a mean and with correlations among their channels.
std::vector<float> rows(std::size_t count, int channels, unsigned seed) {
  ref::Noise noise(seed);
  std::vector<float> x;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<double> source(std::size_t(channels), 0.0);
    for (int k = 0; k < channels; ++k) source[std::size_t(k)] = noise.next() * (channels - k);
    for (int k = 0; k < channels; ++k)
      x.push_back(float(3 * k + source[std::size_t(k)] + 0.7 * source[std::size_t(channels - 1 - k)] +
                        0.4 * source[std::size_t((k + 1) % channels)]));
  }
  return x;
}

Matrix covariance(const std::vector<float> &x, int channels, std::vector<double> *mean) {
  const std::size_t n = std::size_t(channels), count = x.size() / n;
  mean->assign(n, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) (*mean)[i % n] += double(x[i]) / double(count);
  Matrix out(n, std::vector<double>(n, 0.0));
  for (std::size_t row = 0; row < count; ++row)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        out[i][j] += (double(x[row * n + i]) - (*mean)[i]) * (double(x[row * n + j]) - (*mean)[j]);
  return out;
}

// Eigenpairs of a symmetric matrix by cyclic rotations; column k of `vectors` belongs to values[k], strongest first.
void jacobi(Matrix a, std::vector<double> *values, Matrix *vectors) {
  const std::size_t n = a.size();
  Matrix v(n, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) v[i][i] = 1;
  for (int sweep = 0; sweep < 60; ++sweep)
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a[p][q] == 0) continue;
        const double angle = 0.5 * std::atan2(2 * a[p][q], a[q][q] - a[p][p]), c = std::cos(angle),
                     s = std::sin(angle);
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[k][p], y = a[k][q];
          a[k][p] = c * x - s * y, a[k][q] = s * x + c * y;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[p][k], y = a[q][k];
          a[p][k] = c * x - s * y, a[q][k] = s * x + c * y;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double x = v[k][p], y = v[k][q];
          v[k][p] = c * x - s * y, v[k][q] = s * x + c * y;
        }
      }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return a[i][i] > a[j][j]; });
  *values = std::vector<double>(n);
  *vectors = Matrix(n, std::vector<double>(n));
  for (std::size_t k = 0; k < n; ++k) {
    (*values)[k] = a[order[k]][order[k]];
    for (std::size_t i = 0; i < n; ++i) (*vectors)[i][k] = v[i][order[k]];
  }
}

TEST(Pca, EqualsJacobisRotations) {
  for (int channels : {1, 5, 24})
    for (int components : {1, (channels + 1) / 2, channels}) {
      SCOPED_TRACE(testing::Message() << components << " of " << channels);
      const std::size_t n = std::size_t(channels), m = std::size_t(components);
      const std::vector<float> x = rows(203, channels, unsigned(channels));
      std::vector<float> basis(n * m), shift(m);
      std::vector<double> mean, values;
      double kept = -1, leading = 0, all = 0;
      Matrix vectors;
      ASSERT_EQ(dslt_pca_fit(basis.data(), shift.data(), &kept, x.data(), 203, channels, components), DSLT_OK)
          << dslt_last_error();
      jacobi(covariance(x, channels, &mean), &values, &vectors);
      for (std::size_t k = 0; k < n; ++k) (k < m ? leading : all) += values[k];
      EXPECT_NEAR(kept, leading / (leading + all), 1e-9);
      for (std::size_t k = 0; k < m; ++k) {
        std::size_t largest = 0;
        for (std::size_t i = 1; i < n; ++i)
          if (std::fabs(vectors[i][k]) > std::fabs(vectors[largest][k])) largest = i;
        const double sign = vectors[largest][k] < 0 ? -1 : 1;
        double along = 0;
        for (std::size_t i = 0; i < n; ++i) {
          EXPECT_NEAR(double(basis[i * m + k]), sign * vectors[i][k], 1e-5) << k << ", " << i;
          along += sign * vectors[i][k] * mean[i];
        }
        EXPECT_NEAR(double(shift[k]), along, 1e-4 * (1 + std::fabs(along)));
      }
    }
}

TEST(Pca, TheSameRowsGiveTheSameBytes) {
  const std::vector<float> x = rows(500, 40, 9);
  std::vector<float> a(40 * 16), b(40 * 16), shift_a(16), shift_b(16);
  double kept;
  ASSERT_EQ(dslt_pca_fit(a.data(), shift_a.data(), &kept, x.data(), 500, 40, 16), DSLT_OK);
  ASSERT_EQ(dslt_pca_fit(b.data(), shift_b.data(), &kept, x.data(), 500, 40, 16), DSLT_OK);
  EXPECT_EQ(a, b);
  EXPECT_EQ(shift_a, shift_b);
}

// Rows without variance: any directions do, but they are unit vectors and nothing is lost.
TEST(Pca, EqualRowsHaveDirectionsToo) {
  const std::vector<float> x(60, 2.5f);
  std::vector<float> basis(6 * 3), shift(3);
  double kept = -1;
  ASSERT_EQ(dslt_pca_fit(basis.data(), shift.data(), &kept, x.data(), 10, 6, 3), DSLT_OK)
      << dslt_last_error();
  EXPECT_EQ(kept, 1.0);
  for (std::size_t k = 0; k < 3; ++k) {
    double length = 0;
    for (std::size_t i = 0; i < 6; ++i) length += double(basis[i * 3 + k]) * double(basis[i * 3 + k]);
    EXPECT_NEAR(length, 1, 1e-6);
  }
}

TEST(Pca, RefusesWhatIsNotFinite) {
  std::vector<float> x = rows(20, 6, 1), basis(6 * 2), shift(2);
  double kept;
  for (float bad : {NAN, INFINITY}) {
    x[17] = bad;
    EXPECT_EQ(dslt_pca_fit(basis.data(), shift.data(), &kept, x.data(), 20, 6, 2), DSLT_EARGUMENT);
  }
}

#else

TEST(Pca, SaysThatTheBuildHasNone) {
  float x[2] = {0, 1}, basis, shift;
  double kept;
  EXPECT_EQ(dslt_pca_fit(&basis, &shift, &kept, x, 2, 1, 1), DSLT_EUNSUPPORTED);
}

#endif

}  // namespace
