/* SPDX-License-Identifier: Apache-2.0 */
/* plain_gemm.c: matrix products without oneDNN. */
#include <stdlib.h>

#include "base/error.h"
#include "cpu.h"

struct dslt_gemm {
  int ta, tb, m, n, k;
};

int dslt_gemm_plan(dslt_gemm **out, dslt_cpu *cpu, int ta, int tb, int m, int n, int k) {
  (void)cpu;
  dslt_gemm *gemm = malloc(sizeof *gemm);
  if (!gemm) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a matrix product.");
  *gemm = (dslt_gemm){ta, tb, m, n, k};
  *out = gemm;
  return DSLT_OK;
}

/* Inside a parallel region the loop over rows below runs on one thread. */
int dslt_gemm_plan_alone(dslt_gemm **out, dslt_cpu *cpu, int ta, int tb, int m, int n, int k) {
  return dslt_gemm_plan(out, cpu, ta, tb, m, n, k);
}

int dslt_gemm_plan_bf16(dslt_gemm **out, dslt_cpu *cpu, int ta, int tb, int m, int n, int k) {
  (void)out, (void)cpu, (void)ta, (void)tb, (void)m, (void)n, (void)k;
  return dslt_fail(DSLT_EUNSUPPORTED, "This build has no matrix products in bfloat16.");
}

DSLT_HOT static void add_scaled(float *c, const float *b, float a, int n) {
  for (int j = 0; j < n; ++j) c[j] += a * b[j];
}

DSLT_HOT static float dot(const float *a, const float *b, int k) {
  float sum = 0.0f;
  for (int p = 0; p < k; ++p) sum += a[p] * b[p];
  return sum;
}

int dslt_gemm_run(dslt_gemm *g, float *c, const void *left, const void *right) {
  const float *a = left, *b = right;
#pragma omp parallel for schedule(static)
  for (int i = 0; i < g->m; ++i) {
    float *row = c + (size_t)i * (size_t)g->n;
    if (g->tb) {
      for (int j = 0; j < g->n; ++j)
        row[j] = dot(a + (size_t)i * (size_t)g->k, b + (size_t)j * (size_t)g->k, g->k);
      continue;
    }
    for (int j = 0; j < g->n; ++j) row[j] = 0.0f;
    for (int p = 0; p < g->k; ++p) {
      float scale = g->ta ? a[(size_t)p * (size_t)g->m + (size_t)i] : a[(size_t)i * (size_t)g->k + (size_t)p];
      add_scaled(row, b + (size_t)p * (size_t)g->n, scale, g->n);
    }
  }
  return DSLT_OK;
}

void dslt_gemm_free(dslt_gemm *gemm) { free(gemm); }
