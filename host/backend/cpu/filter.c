/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c: the correlation filter. Maps are small and their side is odd, so the transforms are matrix
 * products, along y and then along x; the maps are real, so half of the rows of the spectrum suffices. The window
 * is part of the forward matrices, and only the template's cells are transformed back. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cpu.h"
#include "math/correlation_filter.h"

struct dslt_filter {
  dslt_filter_desc desc;
  int half, kernel, response; /* rows of the spectrum that are computed; sides */
  float *to_y, *to_x;         /* forward [half][2][side], [2][side][2][side] */
  float *from_x, *from_y;     /* back [2][kernel][2][side], [kernel][half][2] */
  float *target;              /* its transform, [half][side][2] */
  float *rows;                /* after y, [half][2][side][channels] */
  float *spectrum;            /* after x too, [half][2][side][channels] */
  float *part;                /* on the way back, [half][2][kernel][channels] */
  float *fresh;               /* the new template */
  dslt_gemm *forward, *back;
};

/* ---- matrices ------------------------------------------------------------------------------------ */

/* exp(-i angle) of a windowed sample; along x a complex value times a complex value. */
static void fill_forward(dslt_filter *f) {
  const int n = f->desc.side;
  for (int k = 0; k < n; ++k)
    for (int i = 0; i < n; ++i) {
      const double window = dslt_hann(i, n), angle = dslt_circle_angle(k, i, n);
      const float re = (float)(window * cos(angle)), im = (float)(-window * sin(angle));
      if (k < f->half) {
        f->to_y[(2 * k) * n + i] = re;
        f->to_y[(2 * k + 1) * n + i] = im;
      }
      float *row_re = f->to_x + (size_t)k * (size_t)(2 * n), *row_im = row_re + (size_t)n * (size_t)(2 * n);
      row_re[i] = re, row_re[n + i] = -im;
      row_im[i] = im, row_im[n + i] = re;
    }
}

/* exp(+i angle) / n. Rows of the spectrum between the first and the middle stand for their mirror images too. */
static void fill_backward(dslt_filter *f) {
  const int n = f->desc.side, kernel = f->kernel;
  for (int cell = 0; cell < kernel; ++cell) {
    const int at = cell + f->desc.margin;
    float *row_re = f->from_x + (size_t)cell * (size_t)(2 * n);
    float *row_im = row_re + (size_t)kernel * (size_t)(2 * n);
    for (int k = 0; k < n; ++k) {
      const float re = (float)(cos(dslt_circle_angle(k, at, n)) / n),
                  im = (float)(sin(dslt_circle_angle(k, at, n)) / n);
      row_re[k] = re, row_re[n + k] = -im;
      row_im[k] = im, row_im[n + k] = re;
    }
    for (int k = 0; k < f->half; ++k) {
      const double times = k == 0 || 2 * k == n ? 1.0 : 2.0;
      f->from_y[(cell * f->half + k) * 2] = (float)(times * cos(dslt_circle_angle(k, at, n)) / n);
      f->from_y[(cell * f->half + k) * 2 + 1] = (float)(-times * sin(dslt_circle_angle(k, at, n)) / n);
    }
  }
}

static int fill_target(dslt_filter *f) {
  const int n = f->desc.side;
  double *one = calloc((size_t)n, sizeof *one);
  if (!one) return dslt_fail(DSLT_EMEMORY, "Out of memory for a correlation filter.");
  for (int k = 0; k < n; ++k) one[k] = dslt_filter_target(k, n, f->desc.sigma);
  for (int v = 0; v < f->half; ++v)
    for (int u = 0; u < n; ++u) f->target[(v * n + u) * 2] = (float)(one[v] * one[u]);
  free(one);
  return DSLT_OK;
}

static int new_floats(float **out, size_t count) {
  void *memory = NULL;
  DSLT_TRY(dslt_cpu_new(&memory, count * sizeof(float), "the correlation filter"));
  *out = memory;
  return DSLT_OK;
}

static int plan(dslt_filter *f, dslt_cpu *cpu) {
  const size_t n = (size_t)f->desc.side, c = (size_t)f->desc.channels;
  const size_t half = (size_t)f->half, kernel = (size_t)f->kernel;
  DSLT_TRY(new_floats(&f->to_y, half * 2 * n));
  DSLT_TRY(new_floats(&f->to_x, n * 4 * n));
  DSLT_TRY(new_floats(&f->from_x, kernel * 4 * n));
  DSLT_TRY(new_floats(&f->from_y, kernel * half * 2));
  DSLT_TRY(new_floats(&f->target, half * n * 2));
  DSLT_TRY(new_floats(&f->rows, half * 2 * n * c));
  DSLT_TRY(new_floats(&f->spectrum, half * 2 * n * c));
  DSLT_TRY(new_floats(&f->part, half * 2 * kernel * c));
  DSLT_TRY(new_floats(&f->fresh, kernel * kernel * c));
  fill_forward(f);
  fill_backward(f);
  DSLT_TRY(fill_target(f));
  DSLT_TRY(dslt_gemm_plan(&f->forward, cpu, 0, 0, 2 * f->half, (int)(n * c), (int)n));
  return dslt_gemm_plan(&f->back, cpu, 0, 0, f->kernel, (int)(kernel * c), 2 * f->half);
}

int dslt_cpu_filter_plan(dslt_filter **out, dslt_backend *backend, const dslt_filter_desc *desc) {
  if (desc->side < 2 || desc->margin < 0 || 2 * desc->margin >= desc->side || desc->channels < 1)
    return dslt_fail(DSLT_EINTERNAL, "A correlation filter of %d cells without %d on each side is empty.",
                     desc->side, desc->margin);
  dslt_filter *f = calloc(1, sizeof *f);
  if (!f) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the correlation filter.");
  f->desc = *desc;
  f->half = desc->side / 2 + 1;
  f->kernel = desc->side - 2 * desc->margin;
  f->response = desc->side - f->kernel + 1;
  const int rc = plan(f, dslt_cpu_of(backend));
  if (rc < 0)
    dslt_cpu_filter_free(f);
  else
    *out = f;
  return rc;
}

void dslt_cpu_filter_free(dslt_filter *f) {
  if (!f) return;
  dslt_gemm_free(f->forward);
  dslt_gemm_free(f->back);
  float *const blocks[] = {f->to_y, f->to_x,     f->from_x, f->from_y, f->target,
                           f->rows, f->spectrum, f->part,   f->fresh};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; ++i) free(blocks[i]);
  free(f);
}

/* ---- learning ------------------------------------------------------------------------------------ */

enum { LANES = 32, TOGETHER = 2 }; /* channels and rows of the result that stay in registers */

/* c [rows][n] = a [rows][k] b [k][n], on the calling thread. */
DSLT_HOT static void multiply(float *c, const float *a, const float *b, int rows, int k, int n) {
  for (int first = 0; first < n; first += LANES) {
    const int lanes = n - first < LANES ? n - first : LANES;
    for (int i = 0; i < rows; i += TOGETHER) {
      const int together = rows - i < TOGETHER ? rows - i : TOGETHER;
      float sum[TOGETHER][LANES] = {{0}};
      if (lanes == LANES && together == TOGETHER) {
        for (int p = 0; p < k; ++p)
          for (int r = 0; r < TOGETHER; ++r)
            for (int l = 0; l < LANES; ++l) sum[r][l] += a[(i + r) * k + p] * b[p * n + first + l];
      } else {
        for (int p = 0; p < k; ++p)
          for (int r = 0; r < together; ++r)
            for (int l = 0; l < lanes; ++l) sum[r][l] += a[(i + r) * k + p] * b[p * n + first + l];
      }
      for (int r = 0; r < together; ++r)
        memcpy(c + (i + r) * n + first, sum[r], (size_t)lanes * sizeof(float));
    }
  }
}

/* Row v of the spectrum becomes the filter's. */
DSLT_HOT static void solve_row(const dslt_filter *f, float *re, float *im, int v) {
  const int n = f->desc.side, channels = f->desc.channels;
  const float cells = (float)n * (float)n, lambda = (float)f->desc.lambda;
  for (int u = 0; u < n; ++u) {
    float *a = re + u * channels, *b = im + u * channels, energy = 0.0f, scale_re, scale_im;
    const float *target = f->target + (v * n + u) * 2;
    for (int c = 0; c < channels; ++c) energy += a[c] * a[c] + b[c] * b[c];
    dslt_filter_factor(&scale_re, &scale_im, target[0], target[1], energy, cells, lambda);
    for (int c = 0; c < channels; ++c) {
      const float x = a[c], y = b[c];
      a[c] = scale_re * x - scale_im * y;
      b[c] = scale_re * y + scale_im * x;
    }
  }
}

/* Of row v: transform along x, filter, back along x. */
static void learn_row(dslt_filter *f, int v) {
  const int n = f->desc.side, c = f->desc.channels;
  const size_t at = (size_t)v * 2 * (size_t)n * (size_t)c;
  float *out = f->spectrum + at; /* real parts, then imaginary parts */
  multiply(out, f->to_x, f->rows + at, 2 * n, 2 * n, c);
  solve_row(f, out, out + (size_t)n * (size_t)c, v);
  multiply(f->part + (size_t)v * 2 * (size_t)f->kernel * (size_t)c, f->from_x, out, 2 * f->kernel, 2 * n, c);
}

DSLT_HOT static void blend(float *kernel, const float *fresh, float rate, size_t count) {
  for (size_t i = 0; i < count; ++i) kernel[i] = (1.0f - rate) * kernel[i] + rate * fresh[i];
}

int dslt_cpu_filter_learn(dslt_filter *f, float *kernel, const float *x, double rate) {
  const size_t count = (size_t)f->kernel * (size_t)f->kernel * (size_t)f->desc.channels;
  DSLT_TRY(dslt_gemm_run(f->forward, f->rows, f->to_y, x));
#pragma omp parallel for schedule(static)
  for (int v = 0; v < f->half; ++v) learn_row(f, v);
  DSLT_TRY(dslt_gemm_run(f->back, rate == 1.0 ? kernel : f->fresh, f->from_y, f->part));
  if (rate != 1.0) blend(kernel, f->fresh, (float)rate, count);
  return DSLT_OK;
}

/* ---- applying ------------------------------------------------------------------------------------ */

enum { DOTS = 4, WIDTH = 16 }; /* neighbouring cells of the response at a time; partial sums of each */

typedef float lanes __attribute__((vector_size(WIDTH * sizeof(float)), aligned(sizeof(float)), may_alias));

/* sum[j] = w [length] dot x [length + j * pitch], for DOTS values of j. The partial sums are vectors by name: of an array
 * of them GCC keeps each in memory. */
DSLT_HOT static void dots(float sum[DOTS], const float *w, const float *x, int length, int pitch, int count) {
  lanes a = {0}, b = {0}, c = {0}, d = {0};
  int i = 0;
  for (; count == DOTS && i + WIDTH <= length; i += WIDTH) {
    const lanes weight = *(const lanes *)(w + i);
    const float *at = x + i;
    a += weight * *(const lanes *)at;
    b += weight * *(const lanes *)(at + pitch);
    c += weight * *(const lanes *)(at + 2 * pitch);
    d += weight * *(const lanes *)(at + 3 * pitch);
  }
  lanes part[DOTS] = {a, b, c, d};
  for (; i < length; ++i)
    for (int j = 0; j < count; ++j) part[j][i % WIDTH] += w[i] * x[i + j * pitch];
  for (int j = 0; j < count; ++j) {
    sum[j] = 0.0f;
    for (int l = 0; l < WIDTH; ++l) sum[j] += part[j][l];
  }
}

/* A row of the template over a row of the map is a dot product of neighbouring values, so cells of the response lie
 * `channels` values apart. */
static void apply_row(float *y, const dslt_filter *f, const float *x, const float *kernel) {
  const int c = f->desc.channels, length = f->kernel * c, pitch = f->desc.side * c;
  for (int j = 0; j < f->response; j += DOTS) {
    const int count = f->response - j < DOTS ? f->response - j : DOTS;
    float total[DOTS] = {0}, sum[DOTS];
    for (int k = 0; k < f->kernel; ++k) {
      dots(sum, kernel + k * length, x + k * pitch + j * c, length, c, count);
      for (int i = 0; i < count; ++i) total[i] += sum[i];
    }
    memcpy(y + j, total, (size_t)count * sizeof *y);
  }
}

int dslt_cpu_filter_apply(dslt_filter *f, float *y, const float *x, const float *kernel, int n) {
  const int side = f->desc.side, rows = f->response;
  const size_t row = (size_t)side * (size_t)f->desc.channels, map = row * (size_t)side;
#pragma omp parallel for schedule(static)
  for (int i = 0; i < n * rows; ++i)
    apply_row(y + i * rows, f, x + (size_t)(i / rows) * map + (size_t)(i % rows) * row, kernel);
  return DSLT_OK;
}
