/* SPDX-License-Identifier: Apache-2.0 */
/* upsample.c: transposed convolution with one filter a channel, forward and backward. */
#include "cpu.h"
#include "rows.h"

/* Input pixel i adds w[k] times itself to output pixel i f + k - f / 2, k in 0 .. 2 f - 1. Seen from output
 * pixel o, the two contributions come from i = (o + f / 2) / f (k = (o + f / 2) mod f) and from i - 1 (k +
 * f).
 *
 * Enlarging by 2, the factor of every network that keeps its fourth pooling, is written by hand for 16
 * channels at once: all contributions to a value are added in registers, and each map is read once. */

enum { LANES = 16 };
typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

static const float *at(const float *map, int row, int column, int width, int c) {
  return map + ((size_t)row * (size_t)width + (size_t)column) * (size_t)c;
}

#define LOAD(p) (*(const lanes *)(p))

/* ---- by 2 ---------------------------------------------------------------------------------------- */

/* The four output pixels between four input pixels: output rows 2 iy - 1 and 2 iy, columns alike. */
DSLT_HOT static void forward_by_2(float *y, const float *x, const float *w, const dslt_upsample_shape *s,
                                  int first, int last, int begin) {
  const int c = s->c, width = s->width, ow = 2 * width;
  lanes k[16];
  for (int tap = 0; tap < 16; ++tap) k[tap] = LOAD(w + tap * c + begin);
  for (int iy = first; iy <= last; ++iy)
    for (int ix = 0; ix <= width; ++ix) {
      lanes none = {0.0f}, x00 = none, x01 = none, x10 = none, x11 = none;
      if (iy > 0 && ix > 0) x00 = LOAD(at(x, iy - 1, ix - 1, width, c) + begin);
      if (iy > 0 && ix < width) x01 = LOAD(at(x, iy - 1, ix, width, c) + begin);
      if (iy < s->h && ix > 0) x10 = LOAD(at(x, iy, ix - 1, width, c) + begin);
      if (iy < s->h && ix < width) x11 = LOAD(at(x, iy, ix, width, c) + begin);
      float *out = y + ((ptrdiff_t)(2 * iy - 1) * ow + 2 * ix - 1) * c + begin;
#define PUT(r, t)                                                                                         \
  *(lanes *)(out + (ptrdiff_t)((r)*ow + (t)) * c) = x11 * k[4 * (r) + (t)] + x10 * k[4 * (r) + (t) + 2] + \
                                                    x01 * k[4 * (r) + (t) + 8] + x00 * k[4 * (r) + (t) + 10]
      if (iy > first) {
        if (ix > 0) PUT(0, 0);
        if (ix < width) PUT(0, 1);
      }
      if (iy < last) {
        if (ix > 0) PUT(1, 0);
        if (ix < width) PUT(1, 1);
      }
#undef PUT
    }
}

DSLT_HOT static void backward_by_2(float *d_x, float *d_w, const float *x, const float *w, const float *d_y,
                                   const dslt_upsample_shape *s, int first, int last, int begin) {
  const int c = s->c, width = s->width, oh = 2 * s->h, ow = 2 * width;
  lanes none = {0.0f}, sums[16];
  for (int tap = 0; tap < 16; ++tap) sums[tap] = none;
  for (int iy = first; iy < last; ++iy)
    for (int ix = 0; ix < width; ++ix) {
      const lanes here = LOAD(at(x, iy, ix, width, c) + begin);
      const float *g = d_y + ((ptrdiff_t)(2 * iy - 1) * ow + 2 * ix - 1) * c + begin, *k = w + begin;
      lanes sum = none;
      if (iy > 0 && iy < s->h - 1 && ix > 0 && ix < width - 1) {
#define TAP(r, t)                                                \
  {                                                              \
    const lanes slope = LOAD(g + (ptrdiff_t)((r)*ow + (t)) * c); \
    sum += slope * LOAD(k + (4 * (r) + (t)) * c);                \
    sums[4 * (r) + (t)] += here * slope;                         \
  }
#define TAPS(r) TAP(r, 0) TAP(r, 1) TAP(r, 2) TAP(r, 3)
        TAPS(0) TAPS(1) TAPS(2) TAPS(3)
#undef TAPS
#undef TAP
      } else {
        for (int tap = 0; tap < 16; ++tap) {
          int oy = 2 * iy - 1 + tap / 4, ox = 2 * ix - 1 + tap % 4;
          if (oy < 0 || oy >= oh || ox < 0 || ox >= ow) continue;
          const lanes slope = LOAD(at(d_y, oy, ox, ow, c) + begin);
          sum += slope * LOAD(k + tap * c);
          sums[tap] += here * slope;
        }
      }
      *(lanes *)(d_x + ((size_t)iy * (size_t)width + (size_t)ix) * (size_t)c + begin) = sum;
    }
  for (int tap = 0; tap < 16; ++tap) *(lanes *)(d_w + tap * c + begin) = sums[tap];
}

/* ---- by any even factor -------------------------------------------------------------------------- */

DSLT_HOT static void forward_rows(float *y, const float *x, const float *w, const dslt_upsample_shape *s,
                                  int first, int last, int begin) {
  const int c = s->c, f = s->f, ow = s->width * f;
  for (int oy = first * f; oy < last * f; ++oy)
    for (int ox = 0; ox < ow; ++ox) {
      float *out = y + ((size_t)oy * (size_t)ow + (size_t)ox) * (size_t)c;
      for (int i = begin; i < c; ++i) out[i] = 0.0f;
      for (int a = 0; a < 2; ++a)
        for (int b = 0; b < 2; ++b) {
          int iy = (oy + f / 2) / f - a, ix = (ox + f / 2) / f - b;
          if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->width) continue;
          int ky = (oy + f / 2) % f + a * f, kx = (ox + f / 2) % f + b * f;
          const float *in = at(x, iy, ix, s->width, c), *k = at(w, ky, kx, 2 * f, c);
          for (int i = begin; i < c; ++i) out[i] += in[i] * k[i];
        }
    }
}

DSLT_HOT static void backward_rows(float *d_x, float *d_w, const float *x, const float *w, const float *d_y,
                                   const dslt_upsample_shape *s, int first, int last, int begin, int end) {
  const int c = s->c, f = s->f, k = 2 * f, oh = s->h * f, ow = s->width * f;
  for (int tap = 0; tap < k * k; ++tap)
    for (int i = begin; i < end; ++i) d_w[(size_t)tap * (size_t)c + (size_t)i] = 0.0f;
  for (int iy = first; iy < last; ++iy)
    for (int ix = 0; ix < s->width; ++ix) {
      const float *in = at(x, iy, ix, s->width, c);
      float *restrict out = d_x + ((size_t)iy * (size_t)s->width + (size_t)ix) * (size_t)c;
      for (int i = begin; i < end; ++i) out[i] = 0.0f;
      for (int tap = 0; tap < k * k; ++tap) {
        int oy = iy * f + tap / k - f / 2, ox = ix * f + tap % k - f / 2;
        if (oy < 0 || oy >= oh || ox < 0 || ox >= ow) continue;
        const float *slope = at(d_y, oy, ox, ow, c), *weight = w + (size_t)tap * (size_t)c;
        float *restrict sum = d_w + (size_t)tap * (size_t)c;
        for (int i = begin; i < end; ++i) {
          out[i] += slope[i] * weight[i];
          sum[i] += in[i] * slope[i];
        }
      }
    }
}

/* ---- rows and maps ------------------------------------------------------------------------------- */

void dslt_upsample_rows(float *y, const float *x, const float *w, const dslt_upsample_shape *s, int first,
                        int last) {
  int begin = 0;
  if (s->f == 2)
    for (; begin + LANES <= s->c; begin += LANES) forward_by_2(y, x, w, s, first, last, begin);
  if (begin < s->c) forward_rows(y, x, w, s, first, last, begin);
}

void dslt_upsample_backward_rows(float *d_x, float *d_w, const float *x, const float *w, const float *d_y,
                                 const dslt_upsample_shape *s, int first, int last, int begin, int end) {
  if (s->f == 2)
    for (; begin + LANES <= end; begin += LANES) backward_by_2(d_x, d_w, x, w, d_y, s, first, last, begin);
  if (begin < end) backward_rows(d_x, d_w, x, w, d_y, s, first, last, begin, end);
}

int dslt_cpu_upsample_forward(dslt_backend *backend, float *y, const float *x, const float *w, int n, int h,
                              int width, int c, int f) {
  (void)backend;
  const dslt_upsample_shape shape = {h, width, c, f};
  const size_t in = (size_t)h * (size_t)width * (size_t)c, out = in * (size_t)f * (size_t)f;
#pragma omp parallel for schedule(static)
  for (int row = 0; row < n * h; ++row)
    dslt_upsample_rows(y + (size_t)(row / h) * out, x + (size_t)(row / h) * in, w, &shape, row % h,
                       row % h + 1);
  return DSLT_OK;
}

/* One thread per channel, so that the order of every sum is fixed. */
int dslt_cpu_upsample_backward(dslt_backend *backend, float *d_x, float *d_w, const float *x, const float *w,
                               const float *d_y, int h, int width, int c, int f) {
  (void)backend;
  const dslt_upsample_shape shape = {h, width, c, f};
#pragma omp parallel for schedule(static)
  for (int block = 0; block < (c + LANES - 1) / LANES; ++block) {
    int begin = block * LANES, end = begin + LANES < c ? begin + LANES : c;
    dslt_upsample_backward_rows(d_x, d_w, x, w, d_y, &shape, 0, h, begin, end);
  }
  return DSLT_OK;
}
