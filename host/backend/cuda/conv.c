/* SPDX-License-Identifier: Apache-2.0 */
/* conv.c: the head's same-size convolutions (the channel reductions) and their gradients, all by matrix
 * products: one for a 1 x 1 kernel, nine for a 3 x 3. Float32, or TF32 where the precision allows. */
#include <stdlib.h>

#include "base/error.h"
#include "cuda.h"

struct dslt_conv {
  dslt_cuda *cuda;
  int n, h, w, cin, cout, k;
};

int dslt_cuda_conv_plan(dslt_conv **out, dslt_backend *backend, int n, int h, int w, int cin, int cout,
                        int k) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  size_t cells = (size_t)n * (size_t)(h + 2) * (size_t)(w + 2);
  if (k == 3) {
    DSLT_TRY(dslt_cuda_reserve(&cuda->padded, cuda, cells * (size_t)cin * sizeof(float), "a reduction"));
    DSLT_TRY(dslt_cuda_reserve(&cuda->sums, cuda, cells * (size_t)cout * sizeof(float), "a reduction"));
  }
  dslt_conv *conv = malloc(sizeof *conv);
  if (!conv) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a reduction.");
  *conv = (dslt_conv){cuda, n, h, w, cin, cout, k};
  *out = conv;
  return DSLT_OK;
}

/* Copies x with a border of zeros into the arena `into`. */
static int pad(const dslt_conv *v, dslt_device_arena *into, const float *x, int channels) {
  dslt_map dst = {into->data, DSLT_TYPE_F32, channels, 1};
  dslt_map src = {(void *)(uintptr_t)x, DSLT_TYPE_F32, channels, 0};
  return dslt_kernel_remap(v->cuda->now, &dst, &src, NULL, 0, v->n, v->h, v->w, v->cuda->when);
}

int dslt_cuda_conv_forward(dslt_conv *v, float *y, const float *x, const float *w) {
  dslt_cuda *cuda = v->cuda;
  if (v->k == 1)
    return dslt_cuda_product(cuda, y, x, w, DSLT_TYPE_F32, v->n * v->h * v->w, v->cout, v->cin, 0);
  DSLT_TRY(pad(v, &cuda->padded, x, v->cin));
  DSLT_TRY(dslt_cuda_nine_products(cuda, cuda->sums.data, cuda->padded.data, w, DSLT_TYPE_F32, v->n, v->h,
                                   v->w, v->cin, v->cout));
  dslt_map dst = {y, DSLT_TYPE_F32, v->cout, 0}, src = {cuda->sums.data, DSLT_TYPE_F32, v->cout, 1};
  return dslt_kernel_remap(cuda->now, &dst, &src, NULL, 0, v->n, v->h, v->w, cuda->when);
}

int dslt_cuda_conv_backward_weights(dslt_conv *v, float *d_w, const float *x, const float *d_y) {
  dslt_cuda *cuda = v->cuda;
  if (v->k == 1) return dslt_cuda_product_transposed(cuda, d_w, x, d_y, v->cin, v->cout, v->n * v->h * v->w);
  DSLT_TRY(pad(v, &cuda->padded, x, v->cin));
  DSLT_TRY(pad(v, &cuda->sums, d_y, v->cout)); /* the zero border cancels the rows that wrap around */
  int row = v->w + 2, first = row + 1, rows = v->n * (v->h + 2) * row - 2 * first;
  const float *padded = cuda->padded.data, *gradient = (const float *)cuda->sums.data + first * v->cout;
  for (int tap = 0; tap < 9; ++tap) {
    size_t from = (size_t)(first + (tap / 3 - 1) * row + tap % 3 - 1);
    DSLT_TRY(dslt_cuda_product_transposed(cuda, d_w + (size_t)tap * (size_t)v->cin * (size_t)v->cout,
                                          padded + from * (size_t)v->cin, gradient, v->cin, v->cout, rows));
  }
  return DSLT_OK;
}

void dslt_cuda_conv_free(dslt_conv *conv) { free(conv); }
