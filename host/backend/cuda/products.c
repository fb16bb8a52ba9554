/* SPDX-License-Identifier: Apache-2.0 */
/* products.c: matrix products by cuBLAS, and a 3 x 3 convolution as nine of them.
 *
 * cuBLAS is column-major: it reads a packed row-major matrix as its transpose, so C = A B is computed as C^T
 * = B^T A^T by swapping the operands, without copies. */
#include "base/error.h"
#include "batch.h"

static int check(dslt_cuda *cuda, cublasStatus_t status) {
  if (status == CUBLAS_STATUS_SUCCESS) return DSLT_OK;
  return dslt_fail(DSLT_EDEVICE, "cuBLAS failed at a matrix product: %s. Try --backend cpu.",
                   cuda->blas->status_text(status));
}

/* TF32 takes float32 and rounds its mantissa to 10 bits before multiplying. */
static cublasComputeType_t compute_type(const dslt_cuda *cuda) {
  return cuda->precision == DSLT_PRECISION_F32 ? CUBLAS_COMPUTE_32F : CUBLAS_COMPUTE_32F_FAST_TF32;
}

/* C = A B, or C += A B, the rows of C and A being apart. */
static int product(dslt_cuda *cuda, float *c, int c_pitch, const dslt_cuda_rows *a, const void *b,
                   dslt_type type, int m, int n, int k, int add) {
  const float one = 1.0f, beta = add ? 1.0f : 0.0f;
  cudaDataType in = type == DSLT_TYPE_BF16 ? CUDA_R_16BF : CUDA_R_32F;
  cublasComputeType_t compute = type == DSLT_TYPE_BF16 ? CUBLAS_COMPUTE_32F : compute_type(cuda);
  DSLT_TRY(dslt_cuda_settle(cuda));
  return check(cuda,
               cuda->blas->gemm(cuda->blas_handle, CUBLAS_OP_N, CUBLAS_OP_N, n, m, k, &one, b, in, n, a->data,
                                in, a->pitch, &beta, c, CUDA_R_32F, c_pitch, compute, CUBLAS_GEMM_DEFAULT));
}

int dslt_cuda_product(dslt_cuda *cuda, float *c, const void *a, const void *b, dslt_type type, int m, int n,
                      int k, int add) {
  const dslt_cuda_rows rows = {a, k};
  return product(cuda, c, n, &rows, b, type, m, n, k, add);
}

int dslt_cuda_product_rows(dslt_cuda *cuda, float *c, int c_pitch, const dslt_cuda_rows *a, const void *b,
                           dslt_type type, int m, int n, int k) {
  return product(cuda, c, c_pitch, a, b, type, m, n, k, 0);
}

int dslt_cuda_product_transposed(dslt_cuda *cuda, float *c, const float *a, const float *b, int m, int n,
                                 int k) {
  const float one = 1.0f, zero = 0.0f;
  DSLT_TRY(dslt_cuda_settle(cuda));
  return check(cuda, cuda->blas->gemm(cuda->blas_handle, CUBLAS_OP_N, CUBLAS_OP_T, n, m, k, &one, b,
                                      CUDA_R_32F, n, a, CUDA_R_32F, m, &zero, c, CUDA_R_32F, n,
                                      compute_type(cuda), CUBLAS_GEMM_DEFAULT));
}

int dslt_cuda_product_list(dslt_cuda *cuda, const void *const *there, const dslt_cuda_batch *batch) {
  const float one = 1.0f, zero = 0.0f;
  const void *const *a = there, *const *b = there + batch->count;
  void *const *c = (void *const *)(there + 2 * batch->count);
  DSLT_TRY(dslt_cuda_settle(cuda));
  return check(cuda, cuda->blas->gemm_batched(
                         cuda->blas_handle, CUBLAS_OP_N, batch->transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
                         batch->n, batch->m, batch->k, &one, b, CUDA_R_32F, batch->n, a, CUDA_R_32F,
                         batch->transposed ? batch->m : batch->k, &zero, c, CUDA_R_32F, batch->n,
                         batch->count, compute_type(cuda), CUBLAS_GEMM_DEFAULT));
}

/* In maps with a border the cell under tap (ky, kx) is at the same offset for every cell: each tap is one
 * product over the whole batch, shifted by that offset. */
int dslt_cuda_nine_products(dslt_cuda *cuda, float *sums, const void *padded, const void *w, dslt_type type,
                            int n, int h, int width, int cin, int cout) {
  int row = width + 2, first = row + 1, rows = n * (h + 2) * row - 2 * first;
  size_t element = type == DSLT_TYPE_BF16 ? 2 : 4;
  for (int tap = 0; tap < 9; ++tap) {
    size_t from = (size_t)(first + (tap / 3 - 1) * row + tap % 3 - 1);
    DSLT_TRY(dslt_cuda_product(cuda, sums + (size_t)first * (size_t)cout,
                               (const char *)padded + from * (size_t)cin * element,
                               (const char *)w + (size_t)tap * (size_t)cin * (size_t)cout * element, type,
                               rows, cout, cin, tap > 0));
  }
  return DSLT_OK;
}
