/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h: several matrix products of one shape in one launch, all matrices row-major, packed, float32. */
#ifndef DSLT_BACKEND_CUDA_BATCH_H
#define DSLT_BACKEND_CUDA_BATCH_H

#include "cuda.h"

enum { DSLT_CUDA_BATCH_MAX = 17 };

/* C_i [m][n] = A_i B_i, with A_i [m][k], or A_i^T B_i, with A_i [k][m]; B_i [k][n]; i < count. */
typedef struct dslt_cuda_batch {
  int count, transposed, m, n, k;
  const float *a[DSLT_CUDA_BATCH_MAX], *b[DSLT_CUDA_BATCH_MAX];
  float *c[DSLT_CUDA_BATCH_MAX];
} dslt_cuda_batch;

/* The lists of addresses met so far. */
typedef struct dslt_cuda_batches dslt_cuda_batches;

int dslt_cuda_batches_create(dslt_cuda_batches **out, dslt_cuda *cuda);
void dslt_cuda_batches_free(dslt_cuda_batches *batches);

/* One launch; as many as there are products where these matrices are met for the first time while a frame is
 * recorded. */
int dslt_cuda_batch_products(dslt_cuda_batches *batches, const dslt_cuda_batch *batch);

/* products.c: the same with addresses in device memory: of all A, all B, all C. */
int dslt_cuda_product_list(dslt_cuda *cuda, const void *const *there, const dslt_cuda_batch *batch);

#endif
