/* SPDX-License-Identifier: Apache-2.0 */
// network.h: the layers of the networks in double and in the obvious way, for tests to compare with. Shares no
// code with the library.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "reference/compare.h"

namespace ref {

// y [h][w][cout] = x [h][w][cin] * w [k][k][cin][cout], same size.
inline Map conv_same(const Map &x, const Map &w, int h, int wd, int cin, int cout, int k) {
  Map y(static_cast<std::size_t>(h) * wd * cout, 0.0);
  int pad = (k - 1) / 2;
  for (int oy = 0; oy < h; ++oy)
    for (int ox = 0; ox < wd; ++ox)
      for (int ky = 0; ky < k; ++ky)
        for (int kx = 0; kx < k; ++kx) {
          int iy = oy + ky - pad, ix = ox + kx - pad;
          if (iy < 0 || iy >= h || ix < 0 || ix >= wd) continue;
          for (int i = 0; i < cin; ++i)
            for (int o = 0; o < cout; ++o)
              y[(static_cast<std::size_t>(oy) * wd + ox) * cout + o] +=
                  x[(static_cast<std::size_t>(iy) * wd + ix) * cin + i] *
                  w[((static_cast<std::size_t>(ky) * k + kx) * cin + i) * cout + o];
        }
  return y;
}

// Transposed convolution, one filter a channel, written as scattering.
inline Map upsample(const Map &x, const Map &w, int h, int wd, int c, int f) {
  int oh = h * f, ow = wd * f, k = 2 * f;
  Map y(static_cast<std::size_t>(oh) * ow * c, 0.0);
  for (int iy = 0; iy < h; ++iy)
    for (int ix = 0; ix < wd; ++ix)
      for (int ky = 0; ky < k; ++ky)
        for (int kx = 0; kx < k; ++kx) {
          int oy = iy * f + ky - f / 2, ox = ix * f + kx - f / 2;
          if (oy < 0 || oy >= oh || ox < 0 || ox >= ow) continue;
          for (int i = 0; i < c; ++i)
            y[(static_cast<std::size_t>(oy) * ow + ox) * c + i] +=
                x[(static_cast<std::size_t>(iy) * wd + ix) * c + i] *
                w[(static_cast<std::size_t>(ky) * k + kx) * c + i];
        }
  return y;
}

// Valid correlation, many channels to one.
inline Map regress(const Map &x, const Map &w, int h, int wd, int c, int kh, int kw) {
  int rh = h - kh + 1, rw = wd - kw + 1;
  Map y(static_cast<std::size_t>(rh) * rw, 0.0);
  for (int i = 0; i < rh; ++i)
    for (int j = 0; j < rw; ++j)
      for (int ky = 0; ky < kh; ++ky)
        for (int kx = 0; kx < kw; ++kx)
          for (int ch = 0; ch < c; ++ch)
            y[static_cast<std::size_t>(i) * rw + j] +=
                x[(static_cast<std::size_t>(i + ky) * wd + j + kx) * c + ch] *
                w[(static_cast<std::size_t>(ky) * kw + kx) * c + ch];
  return y;
}

// conv + bias + ReLU as the backbone does it: weights [cout][cin][3][3].
inline Map conv_relu(const Map &x, const Map &w, const Map &b, int h, int wd, int cin, int cout) {
  Map y(static_cast<std::size_t>(h) * wd * cout);
  for (int oy = 0; oy < h; ++oy)
    for (int ox = 0; ox < wd; ++ox)
      for (int o = 0; o < cout; ++o) {
        double sum = b[o];
        for (int ky = 0; ky < 3; ++ky)
          for (int kx = 0; kx < 3; ++kx) {
            int iy = oy + ky - 1, ix = ox + kx - 1;
            if (iy < 0 || iy >= h || ix < 0 || ix >= wd) continue;
            const double *in = &x[(static_cast<std::size_t>(iy) * wd + ix) * cin];
            const double *k = &w[static_cast<std::size_t>(o) * cin * 9 + ky * 3 + kx];
            for (int i = 0; i < cin; ++i) sum += in[i] * k[static_cast<std::size_t>(i) * 9];
          }
        y[(static_cast<std::size_t>(oy) * wd + ox) * cout + o] = sum > 0 ? sum : 0;
      }
  return y;
}

inline Map max_pool(const Map &x, int h, int wd, int c) {
  int oh = h / 2, ow = wd / 2;
  Map y(static_cast<std::size_t>(oh) * ow * c);
  for (int oy = 0; oy < oh; ++oy)
    for (int ox = 0; ox < ow; ++ox)
      for (int i = 0; i < c; ++i) {
        double best = -1e300;
        for (int a = 0; a < 2; ++a)
          for (int b = 0; b < 2; ++b)
            best = std::fmax(best, x[(static_cast<std::size_t>(2 * oy + a) * wd + 2 * ox + b) * c + i]);
        y[(static_cast<std::size_t>(oy) * ow + ox) * c + i] = best;
      }
  return y;
}

}  // namespace ref
