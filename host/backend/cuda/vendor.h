/* SPDX-License-Identifier: Apache-2.0 */
/* vendor.h: cuBLAS and cuDNN, loaded at run time, so that the program starts on machines that have
 * neither. */
#ifndef DSLT_BACKEND_CUDA_VENDOR_H
#define DSLT_BACKEND_CUDA_VENDOR_H

#include <cublas_v2.h>
#if DSLT_CUDNN
#include <cudnn.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* All functions that are used, by their names in the library. */
#define DSLT_CUBLAS_MAP(XX)                \
  XX(create, cublasCreate_v2)              \
  XX(destroy, cublasDestroy_v2)            \
  XX(version, cublasGetVersion_v2)         \
  XX(set_stream, cublasSetStream_v2)       \
  XX(set_workspace, cublasSetWorkspace_v2) \
  XX(gemm, cublasGemmEx)                   \
  XX(gemm_batched, cublasGemmBatchedEx)    \
  XX(status_text, cublasGetStatusString)

typedef struct dslt_cublas_api {
  cublasStatus_t (*create)(cublasHandle_t *handle);
  cublasStatus_t (*destroy)(cublasHandle_t handle);
  cublasStatus_t (*version)(cublasHandle_t handle, int *version);
  cublasStatus_t (*set_stream)(cublasHandle_t handle, cudaStream_t stream);
  cublasStatus_t (*set_workspace)(cublasHandle_t handle, void *workspace, size_t bytes);
  cublasStatus_t (*gemm)(cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb, int m, int n,
                         int k, const void *alpha, const void *a, cudaDataType a_type, int lda, const void *b,
                         cudaDataType b_type, int ldb, const void *beta, void *c, cudaDataType c_type,
                         int ldc, cublasComputeType_t compute, cublasGemmAlgo_t algorithm);
  cublasStatus_t (*gemm_batched)(cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb, int m,
                                 int n, int k, const void *alpha, const void *const *a, cudaDataType a_type,
                                 int lda, const void *const *b, cudaDataType b_type, int ldb,
                                 const void *beta, void *const *c, cudaDataType c_type, int ldc, int count,
                                 cublasComputeType_t compute, cublasGemmAlgo_t algorithm);
  const char *(*status_text)(cublasStatus_t status);
} dslt_cublas_api;

/* The library's functions, or NULL with the reason in *trouble (static storage). Loaded once. */
const dslt_cublas_api *dslt_cublas_load(const char **trouble);

/* Version as 10000 major + 100 minor + patch; 0 if the library cannot be loaded or this build does not use
 * it. */
int dslt_cublas_version(void);
int dslt_cudnn_version(void);

#if DSLT_CUDNN
#define DSLT_CUDNN_MAP(XX)                              \
  XX(version, cudnnGetVersion)                          \
  XX(error_text, cudnnGetErrorString)                   \
  XX(create, cudnnCreate)                               \
  XX(destroy, cudnnDestroy)                             \
  XX(set_stream, cudnnSetStream)                        \
  XX(descriptor_create, cudnnBackendCreateDescriptor)   \
  XX(descriptor_destroy, cudnnBackendDestroyDescriptor) \
  XX(finalize, cudnnBackendFinalize)                    \
  XX(set, cudnnBackendSetAttribute)                     \
  XX(get, cudnnBackendGetAttribute)                     \
  XX(execute, cudnnBackendExecute)

typedef struct dslt_cudnn_api {
  size_t (*version)(void);
  const char *(*error_text)(cudnnStatus_t status);
  cudnnStatus_t (*create)(cudnnHandle_t *handle);
  cudnnStatus_t (*destroy)(cudnnHandle_t handle);
  cudnnStatus_t (*set_stream)(cudnnHandle_t handle, cudaStream_t stream);
  cudnnStatus_t (*descriptor_create)(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t *descriptor);
  cudnnStatus_t (*descriptor_destroy)(cudnnBackendDescriptor_t descriptor);
  cudnnStatus_t (*finalize)(cudnnBackendDescriptor_t descriptor);
  cudnnStatus_t (*set)(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                       cudnnBackendAttributeType_t type, int64_t count, const void *values);
  cudnnStatus_t (*get)(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                       cudnnBackendAttributeType_t type, int64_t wanted, int64_t *count, void *values);
  cudnnStatus_t (*execute)(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                           cudnnBackendDescriptor_t pack);
} dslt_cudnn_api;

const dslt_cudnn_api *dslt_cudnn_load(const char **trouble);
#endif

#ifdef __cplusplus
}
#endif

#endif
