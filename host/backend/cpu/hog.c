/* SPDX-License-Identifier: Apache-2.0 */
/* hog.c: histograms of oriented gradients. Each pixel belongs to four cells, so the pixels' gradients are found
 * first, row by row, and then collected cell by cell. */
#include "math/hog.h"

#include "base/error.h"
#include "cpu.h"

/* A picture's pixels: brightness, and what follows from it. */
typedef struct planes {
  float *grey, *strength;
  int32_t *bin;
} planes;

static DSLT_HOT void find_grey(float *restrict grey, const float *restrict in, int count) {
  for (int i = 0; i < count; ++i) grey[i] = dslt_hog_grey(in + 3 * i);
}

static DSLT_HOT void find_edges(float *restrict strength, int32_t *restrict bin, const float *restrict above,
                                const float *restrict row, const float *restrict below, int w) {
  for (int x = 1; x < w - 1; ++x) {
    const dslt_hog_edge edge = dslt_hog_edge_of(row[x + 1] - row[x - 1], below[x] - above[x]);
    strength[x] = edge.strength;
    bin[x] = edge.bin;
  }
}

/* As dslt_hog_histogram(), from gradients that are there. */
static void collect(float out[DSLT_HOG_BINS], const planes *p, int h, int w, int cell, int row, int column) {
  int top, bottom, left, right;
  dslt_hog_reach(&top, &bottom, row, cell, h);
  dslt_hog_reach(&left, &right, column, cell, w);
  for (int k = 0; k < DSLT_HOG_BINS; ++k) out[k] = 0.0f;
  for (int y = top; y < bottom; ++y) {
    const float share_y = dslt_hog_share(y, row, cell);
    for (int x = left; x < right; ++x)
      out[p->bin[y * w + x]] += share_y * dslt_hog_share(x, column, cell) * p->strength[y * w + x];
  }
}

static void describe(float *out, float *histograms, const planes *p, const float *in, int h, int w,
                     int cell) {
  const int rows = h / cell, columns = w / cell;
#pragma omp parallel for schedule(static)
  for (int y = 0; y < h; ++y) find_grey(p->grey + y * w, in + (size_t)y * (size_t)w * 3, w);
#pragma omp parallel for schedule(static)
  for (int y = 1; y < h - 1; ++y)
    find_edges(p->strength + y * w, p->bin + y * w, p->grey + (y - 1) * w, p->grey + y * w,
               p->grey + (y + 1) * w, w);
#pragma omp parallel for schedule(static)
  for (int i = 0; i < rows * columns; ++i)
    collect(histograms + (size_t)i * DSLT_HOG_BINS, p, h, w, cell, i / columns, i % columns);
#pragma omp parallel for schedule(static)
  for (int i = 0; i < rows * columns; ++i)
    dslt_hog_features(out + (size_t)i * DSLT_HOG_CHANNELS, histograms, rows, columns, i / columns,
                      i % columns);
}

int dslt_cpu_hog(dslt_backend *backend, float *out, float *histograms, const float *in, int n, int h, int w,
                 int cell) {
  dslt_cpu *cpu = dslt_cpu_of(backend);
  if (n < 1 || cell < 2 || cell > DSLT_HOG_CELL_MAX || h < cell || w < cell || h % cell != 0 || w % cell != 0)
    return dslt_fail(DSLT_EINTERNAL, "HOG of %d pictures of %d x %d pixels in cells of %d was asked for.", n,
                     w, h, cell);
  const size_t pixels = (size_t)h * (size_t)w, cells = pixels / (size_t)(cell * cell);
  DSLT_TRY(dslt_cpu_reserve(&cpu->hog, 3 * pixels * sizeof(float)));
  float *memory = cpu->hog.data;
  const planes p = {memory, memory + pixels, (int32_t *)(memory + 2 * pixels)};
  for (size_t i = 0; i < (size_t)n; ++i)
    describe(out + i * cells * DSLT_HOG_CHANNELS, histograms + i * cells * DSLT_HOG_BINS, &p,
             in + i * pixels * 3, h, w, cell);
  return DSLT_OK;
}
