/* SPDX-License-Identifier: Apache-2.0 */
/* plain_conv.c: the head's same-size convolutions without oneDNN. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cpu.h"

struct dslt_conv {
  int n, h, w, cin, cout, k;
};

int dslt_cpu_conv_plan(dslt_conv **out, dslt_backend *backend, int n, int h, int w, int cin, int cout,
                       int k) {
  (void)backend;
  dslt_conv *conv = malloc(sizeof *conv);
  if (!conv) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a reduction.");
  *conv = (dslt_conv){n, h, w, cin, cout, k};
  *out = conv;
  return DSLT_OK;
}

DSLT_HOT static void add_scaled(float *c, const float *b, float a, int n) {
  for (int j = 0; j < n; ++j) c[j] += a * b[j];
}

int dslt_cpu_conv_forward(dslt_conv *v, float *y, const float *x, const float *w) {
  int pad = (v->k - 1) / 2;
  size_t cin = (size_t)v->cin, cout = (size_t)v->cout;
#pragma omp parallel for schedule(static)
  for (int row = 0; row < v->n * v->h; ++row) {
    int image = row / v->h, oy = row % v->h;
    for (int ox = 0; ox < v->w; ++ox) {
      float *out = y + ((size_t)row * (size_t)v->w + (size_t)ox) * cout;
      memset(out, 0, cout * sizeof *out);
      for (int tap = 0; tap < v->k * v->k; ++tap) {
        int iy = oy + tap / v->k - pad, ix = ox + tap % v->k - pad;
        if (iy < 0 || iy >= v->h || ix < 0 || ix >= v->w) continue;
        const float *in = x + (((size_t)image * (size_t)v->h + (size_t)iy) * (size_t)v->w + (size_t)ix) * cin;
        for (size_t i = 0; i < cin; ++i) add_scaled(out, w + ((size_t)tap * cin + i) * cout, in[i], v->cout);
      }
    }
  }
  return DSLT_OK;
}

int dslt_cpu_conv_backward_weights(dslt_conv *v, float *dw, const float *x, const float *dy) {
  int pad = (v->k - 1) / 2;
  size_t cin = (size_t)v->cin, cout = (size_t)v->cout;
  memset(dw, 0, (size_t)(v->k * v->k) * cin * cout * sizeof *dw);
#pragma omp parallel for schedule(static)
  for (int i = 0; i < v->cin; ++i) /* each weight is summed by one thread in a fixed order */
    for (int oy = 0; oy < v->h; ++oy)
      for (int ox = 0; ox < v->w; ++ox)
        for (int tap = 0; tap < v->k * v->k; ++tap) {
          int iy = oy + tap / v->k - pad, ix = ox + tap % v->k - pad;
          if (iy < 0 || iy >= v->h || ix < 0 || ix >= v->w) continue;
          float value = x[((size_t)iy * (size_t)v->w + (size_t)ix) * cin + (size_t)i];
          add_scaled(dw + ((size_t)tap * cin + (size_t)i) * cout,
                     dy + ((size_t)oy * (size_t)v->w + (size_t)ox) * cout, value, v->cout);
        }
  return DSLT_OK;
}

void dslt_cpu_conv_free(dslt_conv *conv) { free(conv); }
