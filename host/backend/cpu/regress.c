/* regress.c: the regression convolution, many channels to one, as matrix products.
 *
 * Forward: every map cell times every kernel tap is one product G = X W^T, [h w][kh kw]; the response at (i,
 * j) is the sum of G at the cell under each tap. Backward: the response gradient is spread to D [h w][kh kw]
 * the same way, and dW = D^T X, dX = D W. The products run at the processor's full rate, which a direct loop
 * over one output channel does not. */
#include <stdlib.h>

#include "cpu.h"
#include "util/error.h"

struct dslt_regress {
  int n, h, w, c, kh, kw;
  float *spread; /* G or D, [n h w][kh kw] */
  dslt_gemm *forward, *backward_x, *backward_w;
};

int dslt_cpu_regress_plan(dslt_regress **out, dslt_backend *backend, int n, int h, int w, int c, int kh,
                          int kw) {
  dslt_cpu *cpu = dslt_cpu_of(backend);
  if (kh < 1 || kw < 1 || kh > h || kw > w)
    return dslt_fail(DSLT_EINTERNAL, "A %d x %d regression kernel does not fit a %d x %d map.", kh, kw, h, w);
  dslt_regress *r = calloc(1, sizeof *r);
  if (!r) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the regression.");
  *r = (dslt_regress){.n = n, .h = h, .w = w, .c = c, .kh = kh, .kw = kw};
  int cells = n * h * w, taps = kh * kw;
  void *spread = NULL;
  int rc = dslt_cpu_alloc(&spread, (size_t)cells * (size_t)taps * sizeof(float), "the regression");
  r->spread = spread;
  if (rc == DSLT_OK) rc = dslt_gemm_plan(&r->forward, cpu, 0, 1, cells, taps, c);
  if (rc == DSLT_OK && n == 1) rc = dslt_gemm_plan(&r->backward_x, cpu, 0, 0, cells, c, taps);
  if (rc == DSLT_OK && n == 1) rc = dslt_gemm_plan(&r->backward_w, cpu, 1, 0, taps, c, cells);
  if (rc < 0) {
    dslt_cpu_regress_free(r);
    return rc;
  }
  *out = r;
  return DSLT_OK;
}

DSLT_HOT static void gather_row(float *y, const float *g, const dslt_regress *r, int columns) {
  int taps = r->kh * r->kw;
  for (int j = 0; j < columns; ++j) y[j] = 0.0f;
  for (int ky = 0; ky < r->kh; ++ky)
    for (int j = 0; j < columns; ++j) {
      /* taps (ky, 0..kw-1) at cells j .. j + kw - 1: a diagonal of G */
      const float *p = g + ((size_t)ky * (size_t)r->w + (size_t)j) * (size_t)taps + (size_t)(ky * r->kw);
      float sum = 0.0f;
      for (int kx = 0; kx < r->kw; ++kx) sum += p[(size_t)kx * (size_t)(taps + 1)];
      y[j] += sum;
    }
}

int dslt_cpu_regress_forward(dslt_regress *r, float *y, const float *x, const float *w) {
  DSLT_TRY(dslt_gemm_run(r->forward, r->spread, x, w));
  int rows = r->h - r->kh + 1, columns = r->w - r->kw + 1;
  size_t row_values = (size_t)r->w * (size_t)(r->kh * r->kw);
#pragma omp parallel for schedule(static)
  for (int i = 0; i < r->n * rows; ++i) {
    size_t map_row = (size_t)(i / rows) * (size_t)r->h + (size_t)(i % rows);
    gather_row(y + (size_t)i * (size_t)columns, r->spread + map_row * row_values, r, columns);
  }
  return DSLT_OK;
}

/* D for one map row: the response gradient under each tap, 0 where the tap's window leaves the map. */
DSLT_HOT static void spread_row(float *d, const float *dy, const dslt_regress *r, int row) {
  int rows = r->h - r->kh + 1, columns = r->w - r->kw + 1;
  for (int column = 0; column < r->w; ++column)
    for (int ky = 0; ky < r->kh; ++ky) {
      int i = row - ky;
      for (int kx = 0; kx < r->kw; ++kx, ++d) {
        int j = column - kx;
        *d = i >= 0 && i < rows && j >= 0 && j < columns ? dy[(size_t)i * (size_t)columns + (size_t)j] : 0.0f;
      }
    }
}

int dslt_cpu_regress_backward(dslt_regress *r, float *dx, float *dw, const float *x, const float *w,
                              const float *dy) {
#pragma omp parallel for schedule(static)
  for (int row = 0; row < r->h; ++row)
    spread_row(r->spread + (size_t)row * (size_t)r->w * (size_t)(r->kh * r->kw), dy, r, row);
  DSLT_TRY(dslt_gemm_run(r->backward_w, dw, r->spread, x));
  if (dx) DSLT_TRY(dslt_gemm_run(r->backward_x, dx, r->spread, w));
  return DSLT_OK;
}

void dslt_cpu_regress_free(dslt_regress *r) {
  if (!r) return;
  dslt_gemm_free(r->forward);
  dslt_gemm_free(r->backward_x);
  dslt_gemm_free(r->backward_w);
  free(r->spread);
  free(r);
}
