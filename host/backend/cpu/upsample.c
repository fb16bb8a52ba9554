/* upsample.c: transposed convolution with one filter a channel, forward and backward. */
#include "cpu.h"

/* Input pixel i adds w[k] times itself to output pixel i f + k - f / 2, k in 0 .. 2 f - 1. Seen from output
 * pixel o, the two contributions come from i = (o + f / 2) / f (k = (o + f / 2) mod f) and from i - 1 (k +
 * f). */

DSLT_HOT static void forward_pixel(float *y, const float *x, const float *w, int c) {
  for (int i = 0; i < c; ++i) y[i] += x[i] * w[i];
}

int dslt_cpu_upsample_forward(dslt_backend *backend, float *y, const float *x, const float *w, int n, int h,
                              int width, int c, int f) {
  (void)backend;
  int oh = h * f, ow = width * f;
#pragma omp parallel for schedule(static)
  for (int row = 0; row < n * oh; ++row) {
    int image = row / oh, oy = row % oh;
    for (int ox = 0; ox < ow; ++ox) {
      float *out = y + ((size_t)row * (size_t)ow + (size_t)ox) * (size_t)c;
      for (int i = 0; i < c; ++i) out[i] = 0.0f;
      for (int a = 0; a < 2; ++a)
        for (int b = 0; b < 2; ++b) {
          int iy = (oy + f / 2) / f - a, ix = (ox + f / 2) / f - b;
          if (iy < 0 || iy >= h || ix < 0 || ix >= width) continue;
          int ky = (oy + f / 2) % f + a * f, kx = (ox + f / 2) % f + b * f;
          const float *in =
              x + (((size_t)image * (size_t)h + (size_t)iy) * (size_t)width + (size_t)ix) * (size_t)c;
          forward_pixel(out, in, w + ((size_t)ky * 2 * (size_t)f + (size_t)kx) * (size_t)c, c);
        }
    }
  }
  return DSLT_OK;
}

DSLT_HOT static void product_row(float *dw, const float *x, const float *dy, int count, int c,
                                 size_t dy_stride) {
  for (int p = 0; p < count; ++p, x += c, dy += dy_stride)
    for (int i = 0; i < c; ++i) dw[i] += x[i] * dy[i];
}

int dslt_cpu_upsample_backward(dslt_backend *backend, float *dx, float *dw, const float *x, const float *w,
                               const float *dy, int h, int width, int c, int f) {
  (void)backend;
  int oh = h * f, ow = width * f, k = 2 * f;
#pragma omp parallel
  {
#pragma omp for schedule(static) nowait
    for (int iy = 0; iy < h; ++iy)
      for (int ix = 0; ix < width; ++ix) {
        float *out = dx + ((size_t)iy * (size_t)width + (size_t)ix) * (size_t)c;
        for (int i = 0; i < c; ++i) out[i] = 0.0f;
        for (int ky = 0; ky < k; ++ky)
          for (int kx = 0; kx < k; ++kx) {
            int oy = iy * f + ky - f / 2, ox = ix * f + kx - f / 2;
            if (oy < 0 || oy >= oh || ox < 0 || ox >= ow) continue;
            const float *g = dy + ((size_t)oy * (size_t)ow + (size_t)ox) * (size_t)c;
            forward_pixel(out, g, w + ((size_t)ky * (size_t)k + (size_t)kx) * (size_t)c, c);
          }
      }
      /* Each filter tap is summed by one thread in a fixed order. */
#pragma omp for schedule(static)
    for (int tap = 0; tap < k * k; ++tap) {
      int ky = tap / k, kx = tap % k;
      float *out = dw + (size_t)tap * (size_t)c;
      for (int i = 0; i < c; ++i) out[i] = 0.0f;
      int first = kx - f / 2 < 0 ? 1 : 0; /* columns whose output pixel lies inside */
      int last = (width - 1) * f + kx - f / 2 >= ow ? width - 2 : width - 1;
      for (int iy = 0; iy < h; ++iy) {
        int oy = iy * f + ky - f / 2;
        if (oy < 0 || oy >= oh || last < first) continue;
        const float *in = x + ((size_t)iy * (size_t)width + (size_t)first) * (size_t)c;
        const float *g = dy + ((size_t)oy * (size_t)ow + (size_t)(first * f + kx - f / 2)) * (size_t)c;
        product_row(out, in, g, last - first + 1, c, (size_t)f * (size_t)c);
      }
    }
  }
  return DSLT_OK;
}
