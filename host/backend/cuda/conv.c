/* SPDX-License-Identifier: Apache-2.0 */
/* conv.c: the head's same-size convolutions (the channel reductions) and their gradients, each one matrix product: of
 * the map itself for a 1 x 1 kernel, else of what every output reads, in one row of a matrix. Float32, or TF32 where
 * the precision allows. */
#include <stdlib.h>

#include "base/error.h"
#include "cuda.h"
#include "layers.h"

struct dslt_conv {
  dslt_cuda *cuda;
  int n, h, w, cin, cout, k;
};

int dslt_cuda_conv_plan(dslt_conv **out, dslt_backend *backend, int n, int h, int w, int cin, int cout,
                        int k) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  if (k > 1)
    DSLT_TRY(dslt_cuda_reserve(&cuda->padded, cuda, dslt_cuda_columns_bytes(n, h, w, cin, k), "a reduction"));
  dslt_conv *conv = malloc(sizeof *conv);
  if (!conv) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a reduction.");
  *conv = (dslt_conv){cuda, n, h, w, cin, cout, k};
  *out = conv;
  return DSLT_OK;
}

size_t dslt_cuda_columns_bytes(int n, int h, int w, int channels, int k) {
  return (size_t)n * (size_t)h * (size_t)w * (size_t)(k * k) * (size_t)channels * sizeof(float);
}

int dslt_cuda_columns(dslt_cuda *cuda, float *columns, const float *x, int n, int h, int w, int channels,
                      int k) {
  const int pad = k / 2;
  const dslt_layer_map map = {(void *)(uintptr_t)x, DSLT_TYPE_F32, h, w, channels, channels, 0};
  const dslt_layer_window window = {{k, k}, {1, 1}, {1, 1}, {pad, pad, pad, pad}, 0};
  return dslt_kernel_columns(cuda->now, columns, &map, &window, 1, h, w, n, dslt_cuda_when(cuda));
}

/* What the product reads of x: x, or its columns in memory that the operations share. */
static int matrix_of(const float **out, const dslt_conv *v, const float *x) {
  *out = x;
  if (v->k == 1) return DSLT_OK;
  *out = v->cuda->padded.data;
  return dslt_cuda_columns(v->cuda, v->cuda->padded.data, x, v->n, v->h, v->w, v->cin, v->k);
}

int dslt_cuda_conv_forward(dslt_conv *v, float *y, const float *x, const float *w) {
  const float *matrix;
  DSLT_TRY(matrix_of(&matrix, v, x));
  return dslt_cuda_product(v->cuda, y, matrix, w, DSLT_TYPE_F32, v->n * v->h * v->w, v->cout,
                           v->k * v->k * v->cin, 0);
}

int dslt_cuda_conv_backward_weights(dslt_conv *v, float *d_w, const float *x, const float *d_y) {
  const float *matrix;
  DSLT_TRY(matrix_of(&matrix, v, x));
  return dslt_cuda_product_transposed(v->cuda, d_w, matrix, d_y, v->k * v->k * v->cin, v->cout,
                                      v->n * v->h * v->w);
}

void dslt_cuda_conv_free(dslt_conv *conv) { free(conv); }
