/* SPDX-License-Identifier: Apache-2.0 */
/* regress.c: the regression convolution, many channels to one, as matrix products.
 *
 * Forward: every kernel tap times every map cell is one product G = W X^T, [kh kw][h w]; the response at (i,
 * j) is the sum over the taps of G at the cell under each. Backward: the response gradient is spread to D
 * [kh kw][h w] the same way, and dW = D X, dX = D^T W. The products run at the processor's full rate, which a
 * direct loop over one output channel does not; and with a row for every tap, gathering and spreading add and
 * copy whole rows.
 *
 * A truncated loss leaves most cells of the response without a gradient. Where only d_w is wanted and few cells
 * have one, it is the sum of the windows under those cells instead. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cpu.h"
#include "rows.h"

/* A window takes about as long as its share of the matrix product and 23 others. */
enum { FEW = 24 };

struct dslt_regress {
  int n, h, w, c, kh, kw;
  int32_t *cells; /* of the response, those that have a gradient */
  float *spread;  /* G or D, [kh kw][n h w] */
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
  void *memory = NULL;
  int rc = dslt_cpu_new(&memory, (size_t)cells * (size_t)taps * sizeof(float), "the regression");
  r->spread = memory;
  if (rc < 0) goto done;
  rc = dslt_cpu_new(&memory, (size_t)(h * w) * sizeof *r->cells, "the regression");
  r->cells = rc < 0 ? NULL : memory;
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

/* The cells that have a gradient, into r->cells; -1 where they are many. */
static int list_cells(dslt_regress *r, const float *d_y) {
  const int count = (r->h - r->kh + 1) * (r->w - r->kw + 1);
  int found = 0, most = r->h * r->w / FEW;
  if (most > count / 2) most = count / 2;
  for (int i = 0; i < count; ++i)
    if (d_y[i] != 0.0f) { /* NaN is one too */
      if (found == most) return -1;
      r->cells[found++] = i;
    }
  return found;
}

/* One row of d_w [kh][kw c]: the sum over the cells of their window's row, in the cells' order. */
static DSLT_HOT void sum_windows(float *restrict d_w, const dslt_regress *r, const float *x, const float *d_y,
                                 int found, int row) {
  const int columns = r->w - r->kw + 1;
  const size_t values = (size_t)r->kw * (size_t)r->c;
  memset(d_w, 0, values * sizeof *d_w);
  for (int k = 0; k < found; ++k) {
    const int i = r->cells[k];
    const float *restrict from =
        x + ((size_t)(i / columns + row) * (size_t)r->w + (size_t)(i % columns)) * (size_t)r->c;
    const float slope = d_y[i];
    for (size_t j = 0; j < values; ++j) d_w[j] += slope * from[j];
  }
}

int dslt_cpu_regress_backward(dslt_regress *r, float *d_x, float *d_w, const float *x, const float *w,
                              const float *d_y) {
  const dslt_tap_shape shape = {r->h, r->w, r->kh, r->kw};
  const int found = d_x ? -1 : list_cells(r, d_y);
  if (found >= 0) {
    const size_t values = (size_t)r->kw * (size_t)r->c;
#pragma omp parallel for schedule(static) if (found > 8)
    for (int row = 0; row < r->kh; ++row) sum_windows(d_w + (size_t)row * values, r, x, d_y, found, row);
    return DSLT_OK;
  }
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
  free(r->cells);
  free(r);
}
