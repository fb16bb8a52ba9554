/* SPDX-License-Identifier: Apache-2.0 */
// filter.h: CFNet's correlation filter and MATLAB's imresize in double and in the obvious way, for tests to compare
// with. Shares no code with the library.
#pragma once

#include <cmath>
#include <complex>
#include <vector>

#include "reference/compare.h"

namespace ref {

constexpr double kPi = 3.14159265358979323846;

using Spectrum = std::vector<std::complex<double>>;

// Two-dimensional transform of one n x n map by its definition; sign +1: back, without the division.
inline Spectrum transform(const Spectrum &x, int n, int sign) {
  Spectrum rows(x.size()), out(x.size());
  for (int v = 0; v < n; ++v)
    for (int k = 0; k < n; ++k)
      for (int u = 0; u < n; ++u)
        rows[v * n + k] += x[v * n + u] * std::polar(1.0, sign * 2 * kPi * k * u / n);
  for (int k = 0; k < n; ++k)
    for (int u = 0; u < n; ++u)
      for (int v = 0; v < n; ++v)
        out[k * n + u] += rows[v * n + u] * std::polar(1.0, sign * 2 * kPi * k * v / n);
  return out;
}

// The template [m][m][c] of x [n][n][c], m = n - 2 margin.
inline Map filter(const Map &x, int n, int c, int margin, double lambda, double sigma) {
  Spectrum y(n * n);
  for (int v = 0; v < n; ++v)
    for (int u = 0; u < n; ++u) {
      const double dv = std::min(v, n - v), du = std::min(u, n - u);
      y[v * n + u] = std::exp(-0.5 * (dv * dv + du * du) / (sigma * sigma));
    }
  y = transform(y, n, -1);
  std::vector<Spectrum> xs;
  std::vector<double> k(n * n, lambda);
  for (int i = 0; i < c; ++i) {
    Spectrum one(n * n);
    for (int v = 0; v < n; ++v)
      for (int u = 0; u < n; ++u)
        one[v * n + u] = x[(v * n + u) * c + i] * 0.25 * (1 - std::cos(2 * kPi * v / (n - 1))) *
                         (1 - std::cos(2 * kPi * u / (n - 1)));
    xs.push_back(transform(one, n, -1));
    for (int j = 0; j < n * n; ++j) k[j] += std::norm(xs.back()[j]) / (n * n);
  }
  const int m = n - 2 * margin;
  Map out(std::size_t(m) * m * c);
  for (int i = 0; i < c; ++i) {
    Spectrum w(n * n);
    for (int j = 0; j < n * n; ++j) w[j] = std::conj(y[j] / (double(n * n) * k[j])) * xs[i][j];
    w = transform(w, n, 1);
    for (int v = 0; v < m; ++v)
      for (int u = 0; u < m; ++u)
        out[(v * m + u) * c + i] = w[(v + margin) * n + u + margin].real() / (n * n);
  }
  return out;
}

// Row i of the matrix by which MATLAB's imresize makes `out` samples of `in`: bicubic, with antialiasing.
inline std::vector<double> resize_row(int i, int in, int out) {
  const double scale = double(out) / in, stretch = scale < 1 ? scale : 1.0, at = (i + 0.5) / scale - 0.5;
  std::vector<double> row(in, 0.0);
  double sum = 0;
  for (int j = -8 * in; j < 9 * in; ++j) {
    const double d = std::fabs(at - j) * stretch;
    const double w = d <= 1 ? 1.5 * d * d * d - 2.5 * d * d + 1
                            : (d <= 2 ? -0.5 * d * d * d + 2.5 * d * d - 4 * d + 2 : 0.0);
    row[j < 0 ? 0 : (j < in ? j : in - 1)] += w; /* the ends go on for ever */
    sum += w;
  }
  for (double &w : row) w /= sum;
  return row;
}

// x [h][w][c] becomes [oh][ow][c].
inline Map resize(const Map &x, int h, int w, int c, int oh, int ow) {
  Map rows(std::size_t(oh) * w * c, 0.0), out(std::size_t(oh) * ow * c, 0.0);
  for (int v = 0; v < oh; ++v) {
    const std::vector<double> row = resize_row(v, h, oh);
    for (int j = 0; j < h; ++j)
      for (int i = 0; i < w * c; ++i)
        rows[std::size_t(v) * w * c + i] += row[j] * x[std::size_t(j) * w * c + i];
  }
  for (int u = 0; u < ow; ++u) {
    const std::vector<double> row = resize_row(u, w, ow);
    for (int v = 0; v < oh; ++v)
      for (int j = 0; j < w; ++j)
        for (int i = 0; i < c; ++i)
          out[(std::size_t(v) * ow + u) * c + i] += row[j] * rows[(std::size_t(v) * w + j) * c + i];
  }
  return out;
}

}  // namespace ref
