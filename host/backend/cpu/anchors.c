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
  int learns;         /* maps of a backward at most */
  int bf16;           /* products take bfloat16 */
  size_t bytes;       /* of a number in a product */
  dslt_gemm *layer;   /* [maps count][9 channels] * [9 channels][hidden] */
  dslt_gemm *weights; /* [9 channels][maps count] * [maps count][hidden] */
  void *columns;      /* [maps count][9 channels], as products take them */
  float *middle;      /* [learns count][hidden] of the last forward, whole products; at least one */
  float *part;        /* [9 channels][hidden], of one product */
  /* with bfloat16 */
  uint16_t *map16;    /* [maps][side side channels] */
  uint16_t *kernel16; /* [9 channels][hidden] */
  uint16_t *middle16; /* of one product */
};

static int rows_of(const dslt_anchors *a) { return a->maps * a->count; }
static size_t width_of(const dslt_anchors *a) { return TAPS * (size_t)a->channels; }
static size_t map_values(const dslt_anchors *a) {
  return (size_t)a->side * (size_t)a->side * (size_t)a->channels;
}

static int new_memory(void *out, size_t bytes) {
  void *memory;
  DSLT_TRY(dslt_cpu_new(&memory, bytes, "a proposal head"));
  memcpy(out, &memory, sizeof memory);
  return DSLT_OK;
}

static int plan_bf16(dslt_anchors *a) {
  const size_t kernels = width_of(a) * (size_t)a->hidden, rows = (size_t)rows_of(a);
  DSLT_TRY(dslt_gemm_plan_bf16(&a->layer, a->cpu, 0, 0, rows_of(a), a->hidden, (int)width_of(a)));
  DSLT_TRY(new_memory(&a->map16, (size_t)a->maps * map_values(a) * a->bytes));
  DSLT_TRY(new_memory(&a->kernel16, kernels * a->bytes));
  if (a->learns == 0) return DSLT_OK;
  DSLT_TRY(new_memory(&a->middle16, rows * (size_t)a->hidden * a->bytes));
  return dslt_gemm_plan_bf16(&a->weights, a->cpu, 1, 0, (int)width_of(a), a->hidden, rows_of(a));
}

static int plan_f32(dslt_anchors *a) {
  const int rows = rows_of(a), width = (int)width_of(a);
  DSLT_TRY(dslt_gemm_plan(&a->layer, a->cpu, 0, 0, rows, a->hidden, width));
  return a->learns == 0 ? DSLT_OK : dslt_gemm_plan(&a->weights, a->cpu, 1, 0, width, a->hidden, rows);
}

static int plan(dslt_anchors *a, const dslt_anchors_desc *desc) {
  const size_t rows = (size_t)rows_of(a), hidden = (size_t)a->hidden;
  const int products = a->learns > a->maps ? (a->learns + a->maps - 1) / a->maps : 1;
  a->cells = malloc((size_t)a->count * sizeof *a->cells);
  if (!a->cells) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a proposal head.");
  memcpy(a->cells, desc->cells, (size_t)a->count * sizeof *a->cells);
  DSLT_TRY(a->bf16 ? plan_bf16(a) : plan_f32(a));
  DSLT_TRY(new_memory(&a->columns, rows * width_of(a) * a->bytes));
  DSLT_TRY(new_memory(&a->middle, (size_t)products * rows * hidden * sizeof(float)));
  return a->learns == 0 ? DSLT_OK : new_memory(&a->part, width_of(a) * hidden * sizeof(float));
}

/* Maps of a product: no more than a step has, or the rest would be computed for nothing. */
static int maps_of(const dslt_anchors_desc *desc) {
  const int most = desc->count < ROWS ? ROWS / desc->count : 1;
  return desc->learns > 0 && desc->learns < most ? desc->learns : most;
}

int dslt_cpu_anchors_plan(dslt_anchors **out, dslt_backend *backend, const dslt_anchors_desc *desc) {
  if (desc->count < 1 || desc->count > DSLT_ANCHORS_MAX || desc->channels < 1 || desc->hidden < 1)
    return dslt_fail(DSLT_EINTERNAL, "A proposal head of %d cells and %d channels was asked for.",
                     desc->count, desc->channels);
  dslt_anchors *a = calloc(1, sizeof *a);
  if (!a) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a proposal head.");
  const int bf16 = dslt_cpu_of(backend)->precision == DSLT_PRECISION_BF16;
  *a = (dslt_anchors){.cpu = dslt_cpu_of(backend),
                      .side = desc->side,
                      .channels = desc->channels,
                      .hidden = desc->hidden,
                      .count = desc->count,
                      .maps = maps_of(desc),
                      .learns = desc->learns,
                      .bf16 = bf16,
                      .bytes = bf16 ? sizeof(uint16_t) : sizeof(float)};
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
  free(a->map16);
  free(a->kernel16);
  free(a->middle16);
  free(a->cells);
  free(a);
}

/* ---- what the kernels see ------------------------------------------------------------------------ */

/* To the nearest bfloat16, ties to even; what is not a number stays so. */
DSLT_HOT static void round_to_bf16(uint16_t *restrict out, const float *restrict x, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    uint32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    out[i] = (uint16_t)(x[i] == x[i] ? rounded : 0x7fc0u);
  }
}

/* The same, over threads. */
static void convert(uint16_t *out, const float *x, size_t count) {
  enum { GRAIN = 16384 };
#pragma omp parallel for schedule(static)
  for (size_t begin = 0; begin < count; begin += GRAIN)
    round_to_bf16(out + begin, x + begin, count - begin < GRAIN ? count - begin : GRAIN);
}

/* What the kernel sees at one cell; zeros outside of the map. */
static void fill_row(char *row, const dslt_anchors *a, const char *map, int cell) {
  const int side = a->side, y = cell / side - 1, x = cell % side - 1;
  const size_t c = (size_t)a->channels * a->bytes;
  for (int tap = 0; tap < TAPS; ++tap, row += c) {
    const int iy = y + tap / 3, ix = x + tap % 3;
    if (iy < 0 || iy >= side || ix < 0 || ix >= side)
      memset(row, 0, c);
    else
      memcpy(row, map + ((size_t)iy * (size_t)side + (size_t)ix) * c, c);
  }
}

/* The columns of maps first .. first + maps - 1 of n; zeros past the end. */
static void fill(const dslt_anchors *a, const float *x, const int32_t *item, int first, int n) {
  const size_t values = map_values(a), width = width_of(a) * a->bytes;
  const int maps = n - first < a->maps ? n - first : a->maps;
  if (a->bf16)
#pragma omp parallel for schedule(static)
    for (int i = 0; i < maps; ++i)
      round_to_bf16(a->map16 + (size_t)i * values, x + (size_t)(item ? item[first + i] : first + i) * values,
                    values);
#pragma omp parallel for schedule(static)
  for (int r = 0; r < rows_of(a); ++r) {
    const int i = r / a->count;
    char *row = (char *)a->columns + (size_t)r * width;
    if (i >= maps)
      memset(row, 0, width);
    else if (a->bf16)
      fill_row(row, a, (const char *)(a->map16 + (size_t)i * values), a->cells[r % a->count]);
    else
      fill_row(row, a, (const char *)(x + (size_t)(item ? item[first + i] : first + i) * values),
               a->cells[r % a->count]);
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

/* The layer between of maps from `first` on; kept apart where a backward may follow. */
static float *middle_of(const dslt_anchors *a, int first, int n) {
  return n > a->learns ? a->middle : a->middle + (size_t)first * (size_t)a->count * (size_t)a->hidden;
}

/* The layer between, for the columns as filled; kernels as the product takes them. */
static int run_layer(dslt_anchors *a, float *middle, const void *kernels, const float *bias) {
  DSLT_TRY(dslt_gemm_run(a->layer, middle, a->columns, kernels));
#pragma omp parallel for schedule(static)
  for (int r = 0; r < rows_of(a); ++r) bias_and_relu(middle + (size_t)r * (size_t)a->hidden, bias, a->hidden);
  return DSLT_OK;
}

static int rows_left(const dslt_anchors *a, int first, int n) {
  const int maps = n - first < a->maps ? n - first : a->maps;
  return maps * a->count;
}

int dslt_cpu_anchors_forward(dslt_anchors *a, float *scores, const float *x, const int32_t *item,
                             const float *w, int n) {
  const size_t hidden = (size_t)a->hidden, kernels = width_of(a) * hidden;
  const float *between = w + kernels, *out = between + hidden, *bias = out + DSLT_ANCHOR_OUTPUTS * hidden;
  if (a->bf16) convert(a->kernel16, w, kernels);
  for (int first = 0; first < n; first += a->maps) {
    float *to = scores + (size_t)first * (size_t)a->count * DSLT_ANCHOR_OUTPUTS;
    float *middle = middle_of(a, first, n);
    fill(a, x, item, first, n);
    DSLT_TRY(run_layer(a, middle, a->bf16 ? (const void *)a->kernel16 : w, between));
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows_left(a, first, n); ++r)
      for (int k = 0; k < DSLT_ANCHOR_OUTPUTS; ++k)
        to[r * DSLT_ANCHOR_OUTPUTS + k] =
            dot(middle + (size_t)r * hidden, out + (size_t)k * hidden, a->hidden) + bias[k];
  }
  return DSLT_OK;
}

/* ---- backward ------------------------------------------------------------------------------------ */

/* For hidden unit j: adds the outputs' gradients and turns its column of `middle` into the gradient before ReLU. Rows
 * come in their order, so the sums do not depend on threads. */
DSLT_HOT static void turn_units(float *middle, size_t hidden, float *d_bias, float *d_out, const float *out,
                                const float *d_scores, int rows, int begin, int end) {
  for (int r = 0; r < rows; ++r) {
    const float d0 = d_scores[2 * r], d1 = d_scores[2 * r + 1];
    float *h = middle + (size_t)r * hidden;
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
static void turn(const dslt_anchors *a, float *middle, float *d_w, const float *w, const float *d_scores,
                 int rows) {
  enum { UNITS = 64 };
  const size_t hidden = (size_t)a->hidden, at = width_of(a) * hidden;
  float *d_bias = d_w + at, *d_out = d_bias + hidden, *d_last = d_out + DSLT_ANCHOR_OUTPUTS * hidden;
#pragma omp parallel for schedule(static)
  for (int begin = 0; begin < a->hidden; begin += UNITS)
    turn_units(middle, hidden, d_bias, d_out, w + at + hidden, d_scores, rows, begin,
               begin + UNITS < a->hidden ? begin + UNITS : a->hidden);
  for (int r = 0; r < rows; ++r)
    for (int k = 0; k < DSLT_ANCHOR_OUTPUTS; ++k) d_last[k] += d_scores[DSLT_ANCHOR_OUTPUTS * r + k];
  memset(middle + (size_t)rows * hidden, 0, (size_t)(rows_of(a) - rows) * hidden * sizeof *middle);
}

int dslt_cpu_anchors_backward(dslt_anchors *a, float *d_w, const float *x, const int32_t *item,
                              const float *w, const float *d_scores, int n) {
  const size_t kernels = width_of(a) * (size_t)a->hidden, values = (size_t)rows_of(a) * (size_t)a->hidden;
  if (n > a->learns)
    return dslt_fail(DSLT_EINTERNAL, "A gradient of %d maps was asked for, of %d planned.", n, a->learns);
  memset(d_w, 0, dslt_anchors_values(a->channels, a->hidden) * sizeof *d_w);
  for (int first = 0; first < n; first += a->maps) {
    float *middle = middle_of(a, first, n);
    if (n > a->maps) fill(a, x, item, first, n); /* else they are there from forward */
    turn(a, middle, d_w, w, d_scores + (size_t)first * (size_t)a->count * DSLT_ANCHOR_OUTPUTS,
         rows_left(a, first, n));
    if (a->bf16) convert(a->middle16, middle, values);
    DSLT_TRY(dslt_gemm_run(a->weights, first == 0 ? d_w : a->part, a->columns,
                           a->bf16 ? (const void *)a->middle16 : middle));
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
