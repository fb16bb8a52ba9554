/* SPDX-License-Identifier: Apache-2.0 */
/* anchors.c: a proposal head at some cells of many maps. What the 3 x 3 kernels see is copied into the rows of a
 * matrix, some maps at a time, so that layer and gradient are matrix products whatever the cells are. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cpu.h"
#include "math/sgd.h"

enum { ROWS = 784, TAPS = 9 }; /* of a product at most, unless one map has more; of a kernel */

struct dslt_anchors {
  dslt_cpu *cpu;
  int side, channels, hidden, count;
  int *cells;
  int maps;           /* of a product */
  dslt_gemm *layer;   /* [maps count][9 channels] * [9 channels][hidden] */
  dslt_gemm *weights; /* [9 channels][maps count] * [maps count][hidden] */
  float *columns;     /* [maps count][9 channels] */
  float *middle;      /* [maps count][hidden] */
  float *part;        /* [9 channels][hidden], of one product */
};

static int rows_of(const dslt_anchors *a) { return a->maps * a->count; }
static size_t width_of(const dslt_anchors *a) { return TAPS * (size_t)a->channels; }

static int new_floats(float **out, size_t count) {
  void *memory;
  DSLT_TRY(dslt_cpu_new(&memory, count * sizeof(float), "a proposal head"));
  *out = memory;
  return DSLT_OK;
}

static int plan(dslt_anchors *a, const dslt_anchors_desc *desc) {
  const int rows = rows_of(a), width = (int)width_of(a);
  a->cells = malloc((size_t)a->count * sizeof *a->cells);
  if (!a->cells) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a proposal head.");
  memcpy(a->cells, desc->cells, (size_t)a->count * sizeof *a->cells);
  DSLT_TRY(dslt_gemm_plan(&a->layer, a->cpu, 0, 0, rows, a->hidden, width));
  DSLT_TRY(dslt_gemm_plan(&a->weights, a->cpu, 1, 0, width, a->hidden, rows));
  DSLT_TRY(new_floats(&a->columns, (size_t)rows * width_of(a)));
  DSLT_TRY(new_floats(&a->middle, (size_t)rows * (size_t)a->hidden));
  return new_floats(&a->part, width_of(a) * (size_t)a->hidden);
}

int dslt_cpu_anchors_plan(dslt_anchors **out, dslt_backend *backend, const dslt_anchors_desc *desc) {
  if (desc->count < 1 || desc->count > DSLT_ANCHORS_MAX || desc->channels < 1 || desc->hidden < 1)
    return dslt_fail(DSLT_EINTERNAL, "A proposal head of %d cells and %d channels was asked for.",
                     desc->count, desc->channels);
  dslt_anchors *a = calloc(1, sizeof *a);
  if (!a) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a proposal head.");
  *a = (dslt_anchors){.cpu = dslt_cpu_of(backend),
                      .side = desc->side,
                      .channels = desc->channels,
                      .hidden = desc->hidden,
                      .count = desc->count,
                      .maps = desc->count < ROWS ? ROWS / desc->count : 1};
  const int rc = plan(a, desc);
  if (rc < 0)
    dslt_cpu_anchors_free(a);
  else
    *out = a;
  return rc;
}

void dslt_cpu_anchors_free(dslt_anchors *a) {
  if (!a) return;
  dslt_gemm_free(a->layer);
  dslt_gemm_free(a->weights);
  free(a->columns);
  free(a->middle);
  free(a->part);
  free(a->cells);
  free(a);
}

/* What the kernel sees at one cell; zeros outside of the map. */
static void fill_row(float *row, const dslt_anchors *a, const float *map, int cell) {
  const int side = a->side, y = cell / side - 1, x = cell % side - 1;
  const size_t c = (size_t)a->channels;
  for (int tap = 0; tap < TAPS; ++tap, row += c) {
    const int iy = y + tap / 3, ix = x + tap % 3;
    if (iy < 0 || iy >= side || ix < 0 || ix >= side)
      memset(row, 0, c * sizeof *row);
    else
      memcpy(row, map + ((size_t)iy * (size_t)side + (size_t)ix) * c, c * sizeof *row);
  }
}

/* The columns of maps first .. first + maps - 1 of n; zeros past the end. */
static void fill(const dslt_anchors *a, const float *x, const int32_t *item, int first, int n) {
  const size_t values = (size_t)a->side * (size_t)a->side * (size_t)a->channels;
#pragma omp parallel for schedule(static)
  for (int r = 0; r < rows_of(a); ++r) {
    const int i = first + r / a->count;
    float *row = a->columns + (size_t)r * width_of(a);
    if (i < n)
      fill_row(row, a, x + (size_t)(item ? item[i] : i) * values, a->cells[r % a->count]);
    else
      memset(row, 0, width_of(a) * sizeof *row);
  }
}

DSLT_HOT static void bias_and_relu(float *h, const float *bias, int count) {
  for (int j = 0; j < count; ++j) {
    const float v = h[j] + bias[j];
    h[j] = v > 0.0f ? v : 0.0f;
  }
}

DSLT_HOT static float dot(const float *a, const float *b, int count) {
  float part[16] = {0};
  int j = 0;
  for (; j + 16 <= count; j += 16)
    for (int k = 0; k < 16; ++k) part[k] += a[j + k] * b[j + k];
  float sum = 0.0f;
  for (; j < count; ++j) sum += a[j] * b[j];
  for (int k = 0; k < 16; ++k) sum += part[k];
  return sum;
}

/* The layer between, for the columns as filled. */
static int run_layer(dslt_anchors *a, const float *w) {
  const float *bias = w + width_of(a) * (size_t)a->hidden;
  DSLT_TRY(dslt_gemm_run(a->layer, a->middle, a->columns, w));
#pragma omp parallel for schedule(static)
  for (int r = 0; r < rows_of(a); ++r)
    bias_and_relu(a->middle + (size_t)r * (size_t)a->hidden, bias, a->hidden);
  return DSLT_OK;
}

static int rows_left(const dslt_anchors *a, int first, int n) {
  const int maps = n - first < a->maps ? n - first : a->maps;
  return maps * a->count;
}

int dslt_cpu_anchors_forward(dslt_anchors *a, float *scores, const float *x, const int32_t *item,
                             const float *w, int n) {
  const size_t hidden = (size_t)a->hidden;
  const float *out = w + (width_of(a) + 1) * hidden, *bias = out + DSLT_ANCHOR_OUTPUTS * hidden;
  for (int first = 0; first < n; first += a->maps) {
    float *to = scores + (size_t)first * (size_t)a->count * DSLT_ANCHOR_OUTPUTS;
    fill(a, x, item, first, n);
    DSLT_TRY(run_layer(a, w));
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows_left(a, first, n); ++r)
      for (int k = 0; k < DSLT_ANCHOR_OUTPUTS; ++k)
        to[r * DSLT_ANCHOR_OUTPUTS + k] =
            dot(a->middle + (size_t)r * hidden, out + (size_t)k * hidden, a->hidden) + bias[k];
  }
  return DSLT_OK;
}

/* ---- backward ------------------------------------------------------------------------------------ */

/* For hidden unit j: adds the outputs' gradients and turns its column of `middle` into the gradient before ReLU. Rows
 * come in their order, so the sums do not depend on threads. */
DSLT_HOT static void turn_units(dslt_anchors *a, float *d_bias, float *d_out, const float *out,
                                const float *d_scores, int rows, int begin, int end) {
  const size_t hidden = (size_t)a->hidden;
  for (int r = 0; r < rows; ++r) {
    const float d0 = d_scores[2 * r], d1 = d_scores[2 * r + 1];
    float *h = a->middle + (size_t)r * hidden;
    for (int j = begin; j < end; ++j) {
      d_out[j] += d0 * h[j];
      d_out[hidden + (size_t)j] += d1 * h[j];
      const float d = h[j] > 0.0f ? d0 * out[j] + d1 * out[hidden + (size_t)j] : 0.0f;
      d_bias[j] += d;
      h[j] = d;
    }
  }
}

/* The gradient's parts behind the kernels, and the gradient at the layer between; rows past the end become 0. */
static void turn(dslt_anchors *a, float *d_w, const float *w, const float *d_scores, int rows) {
  enum { UNITS = 64 };
  const size_t hidden = (size_t)a->hidden, at = width_of(a) * hidden;
  float *d_bias = d_w + at, *d_out = d_bias + hidden, *d_last = d_out + DSLT_ANCHOR_OUTPUTS * hidden;
#pragma omp parallel for schedule(static)
  for (int begin = 0; begin < a->hidden; begin += UNITS)
    turn_units(a, d_bias, d_out, w + at + hidden, d_scores, rows, begin,
               begin + UNITS < a->hidden ? begin + UNITS : a->hidden);
  for (int r = 0; r < rows; ++r)
    for (int k = 0; k < DSLT_ANCHOR_OUTPUTS; ++k) d_last[k] += d_scores[DSLT_ANCHOR_OUTPUTS * r + k];
  memset(a->middle + (size_t)rows * hidden, 0, (size_t)(rows_of(a) - rows) * hidden * sizeof *a->middle);
}

int dslt_cpu_anchors_backward(dslt_anchors *a, float *d_w, const float *x, const int32_t *item,
                              const float *w, const float *d_scores, int n) {
  const size_t kernels = width_of(a) * (size_t)a->hidden;
  memset(d_w, 0, dslt_anchors_values(a->channels, a->hidden) * sizeof *d_w);
  for (int first = 0; first < n; first += a->maps) {
    fill(a, x, item, first, n);
    DSLT_TRY(run_layer(a, w));
    turn(a, d_w, w, d_scores + (size_t)first * (size_t)a->count * DSLT_ANCHOR_OUTPUTS,
         rows_left(a, first, n));
    DSLT_TRY(dslt_gemm_run(a->weights, first == 0 ? d_w : a->part, a->columns, a->middle));
    if (first > 0) DSLT_TRY(dslt_cpu_axpby(&a->cpu->base, d_w, 1.0f, d_w, 1.0f, a->part, kernels));
  }
  return DSLT_OK;
}

/* ---- scores, loss, step -------------------------------------------------------------------------- */

int dslt_cpu_anchor_scores(dslt_backend *backend, float *means, const float *scores, int n, int count,
                           int kind, float share, int first) {
  (void)backend;
#pragma omp parallel for schedule(static)
  for (int i = 0; i < n; ++i) {
    const float *x = scores + (size_t)i * (size_t)count * DSLT_ANCHOR_OUTPUTS;
    float sum = 0.0f;
    for (int k = 0; k < count; ++k) sum += dslt_anchor_score(kind, x + DSLT_ANCHOR_OUTPUTS * k);
    means[i] = (first ? 0.0f : means[i]) + share * (sum / (float)count);
  }
  return DSLT_OK;
}

int dslt_cpu_sampled_scores(dslt_backend *backend, float *means, const float *scores, const dslt_box *boxes,
                            int n, int kind, const dslt_anchor_sampling *sampling,
                            const dslt_target_state *state, const dslt_search *search, float share,
                            int first) {
  (void)backend;
#pragma omp parallel for schedule(static)
  for (int i = 0; i < n; ++i)
    means[i] = (first ? 0.0f : means[i]) +
               share * dslt_sampled_score(scores, sampling, kind, state, &boxes[i], search);
  return DSLT_OK;
}

int dslt_cpu_anchor_loss(dslt_backend *backend, float *d_scores, float *value, const float *scores, int n,
                         int positives, int count, const dslt_anchor_loss_spec *spec, int first) {
  const float weight = spec->weight / ((float)n * (float)count);
  double sum = 0.0; /* few values: one thread, fixed order */
  (void)backend;
  for (int r = 0; r < n * count; ++r) {
    const dslt_anchor_value v =
        dslt_anchor_loss_at(spec, scores + DSLT_ANCHOR_OUTPUTS * r, r / count < positives);
    for (int k = 0; k < DSLT_ANCHOR_OUTPUTS; ++k)
      d_scores[DSLT_ANCHOR_OUTPUTS * r + k] = weight * v.gradient[k];
    sum += (double)v.value;
  }
  *value = (first ? 0.0f : *value) + weight * (float)sum;
  return DSLT_OK;
}

DSLT_HOT static void sgd_range(const dslt_param *p, float momentum, size_t first, size_t last) {
  float *restrict w = p->w, *restrict m = p->m;
  const float *restrict g = p->g;
  for (size_t i = first; i < last; ++i) dslt_sgd_step(&w[i], &m[i], g[i], momentum, p->rate, p->decay);
}

int dslt_cpu_sgd(dslt_backend *backend, const dslt_param *params, int count, float momentum) {
  enum { GRAIN = 16384 };
  (void)backend;
  for (int i = 0; i < count; ++i) {
    const long blocks = (long)((params[i].count + GRAIN - 1) / GRAIN);
#pragma omp parallel for schedule(static) if (blocks > 4)
    for (long block = 0; block < blocks; ++block) {
      const size_t first = (size_t)block * GRAIN;
      sgd_range(&params[i], momentum, first,
                first + GRAIN < params[i].count ? first + GRAIN : params[i].count);
    }
  }
  return DSLT_OK;
}
