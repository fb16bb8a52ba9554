/* SPDX-License-Identifier: Apache-2.0 */
// compare.h: numbers for tests, and how far a result is from what it should be. Where a number is missing, not
// finite or NaN the distance is infinite, so that no tolerance accepts it.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace ref {

using Map = std::vector<double>;  // [n][h][w][c] with sizes kept by the caller

// Deterministic values in [-1, 1) from a plain congruential generator.
struct Noise {
  unsigned long long state;
  explicit Noise(unsigned long long seed) : state(seed * 2862933555777941757ULL + 3037000493ULL) {}
  double next() {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(static_cast<long long>(state >> 11)) / 4503599627370496.0 - 1.0;
  }
  Map map(std::size_t count, double scale = 1.0) {
    Map out(count);
    for (double &v : out) v = scale * next();
    return out;
  }
};

inline std::vector<float> f32(const Map &m) { return {m.begin(), m.end()}; }
// What float32 holds of it, so that both sides start from the same numbers.
inline Map rounded(const Map &m) {
  Map out(m.size());
  for (std::size_t i = 0; i < m.size(); ++i) out[i] = static_cast<double>(static_cast<float>(m[i]));
  return out;
}

// Largest |got - want| over the largest |want|. Infinite if the sizes differ, if there is nothing to compare,
// or if a value of either is NaN or infinite.
template <class Got, class Want>
double relative_error(const Got &got, const Want &want) {
  const double wrong = std::numeric_limits<double>::infinity();
  if (got.size() != want.size() || want.size() == 0) return wrong;
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double g = static_cast<double>(got[i]), w = static_cast<double>(want[i]);
    if (!std::isfinite(g) || !std::isfinite(w)) return wrong;
    const double error = std::fabs(g - w), size = std::fabs(w);
    if (error > worst) worst = error;
    if (size > largest) largest = size;
  }
  return largest > 0 ? worst / largest : worst;
}

}  // namespace ref
