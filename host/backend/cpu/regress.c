/* SPDX-License-Identifier: Apache-2.0 */
/* regress.c: the regression convolution, many channels to one, as matrix products.
 *
 * Forward: every kernel tap times every map cell is one product G = W X^T, [kh kw][h w]; the response at (i,
 * j) is the sum over the taps of G at the cell under each. Backward: the response gradient is spread to D
 * [kh kw][h w] the same way, and dW = D X, dX = D^T W. The products run at the processor's full rate, which a
 * direct loop over one output channel does not; and with a row for every tap, gathering and spreading add and
 * copy whole rows. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cpu.h"
#include "rows.h"

struct dslt_regress {
  int n, h, w, c, kh, kw;
  float *spread; /* G or D, [kh kw][n h w] */
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
  int rc = dslt_cpu_new(&spread, (size_t)cells * (size_t)taps * sizeof(float), "the regression");
  r->spread = spread;
  if (rc < 0) goto done;
  if ((rc = dslt_gemm_plan(&r->forward, cpu, 0, 1, taps, cells, c)) < 0 || n > 1) goto done;
  if ((rc = dslt_gemm_plan(&r->backward_x, cpu, 1, 0, cells, c, taps)) < 0) goto done;
  rc = dslt_gemm_plan(&r->backward_w, cpu, 0, 0, taps, c, cells);
done:
  if (rc < 0)
    dslt_cpu_regress_free(r);
  else
    *out = r;
  return rc;
}

static DSLT_HOT void gather_row(float *y, const float *g, const dslt_tap_shape *s, int pitch, int first,
                                int last, int i) {
  const int columns = s->w - s->kw + 1;
  const int begin = i > first ? i : first, end = i + s->kh < last ? i + s->kh : last;
  for (int row = begin; row < end; ++row)
    for (int kx = 0; kx < s->kw; ++kx) {
      const float *from = g + (size_t)((row - i) * s->kw + kx) * (size_t)pitch +
                          (size_t)(row - first) * (size_t)s->w + (size_t)kx;
      for (int j = 0; j < columns; ++j) y[j] += from[j];
    }
}

/* Wrappers: functions with target clones are exported even with hidden visibility unless they are static. */
void dslt_gather_row(float *y, const float *g, const dslt_tap_shape *s, int pitch, int first, int last,
                     int i) {
  gather_row(y, g, s, pitch, first, last, i);
}

void dslt_spread_rows(float *d, const float *d_y, const dslt_tap_shape *s, int first, int last) {
  const int rows = s->h - s->kh + 1, columns = s->w - s->kw + 1;
  for (int tap = 0; tap < s->kh * s->kw; ++tap)
    for (int row = first; row < last; ++row, d += s->w) {
      int i = row - tap / s->kw, kx = tap % s->kw;
      memset(d, 0, (size_t)s->w * sizeof *d);
      if (i >= 0 && i < rows) memcpy(d + kx, d_y + (size_t)i * (size_t)columns, (size_t)columns * sizeof *d);
    }
}

int dslt_cpu_regress_forward(dslt_regress *r, float *y, const float *x, const float *w) {
  const dslt_tap_shape shape = {r->h, r->w, r->kh, r->kw};
  const int rows = r->h - r->kh + 1, columns = r->w - r->kw + 1, cells = r->h * r->w;
  DSLT_TRY(dslt_gemm_run(r->forward, r->spread, w, x));
#pragma omp parallel for schedule(static) if (r->n > 1)
  for (int i = 0; i < r->n * rows; ++i) {
    float *row = y + (size_t)i * (size_t)columns;
    memset(row, 0, (size_t)columns * sizeof *row);
    dslt_gather_row(row, r->spread + (size_t)(i / rows) * (size_t)cells, &shape, r->n * cells, 0, r->h,
                    i % rows);
  }
  return DSLT_OK;
}

int dslt_cpu_regress_backward(dslt_regress *r, float *d_x, float *d_w, const float *x, const float *w,
                              const float *d_y) {
  const dslt_tap_shape shape = {r->h, r->w, r->kh, r->kw};
  dslt_spread_rows(r->spread, d_y, &shape, 0, r->h);
  DSLT_TRY(dslt_gemm_run(r->backward_w, d_w, r->spread, x));
  if (d_x) DSLT_TRY(dslt_gemm_run(r->backward_x, d_x, r->spread, w));
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
