/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include <map>

#include "backend/cuda/vendor.h"

namespace {

faults::Machine machine;
long calls, fault_at = -1;
bool lasting, hit;
cudaError_t fault = cudaSuccess, last = cudaSuccess;
std::size_t memory_limit = SIZE_MAX, memory_used;
std::map<void *, std::size_t> pieces;
long pinned;

// The fault of this call, or none.
cudaError_t strike() {
  const long call = calls++;
  if (fault_at < 0 || call < fault_at || (call > fault_at && !lasting)) return cudaSuccess;
  hit = true;
  return last = fault;
}

}  // namespace

namespace faults {

void pretend(const Machine &other) { machine = other; }
void lose_after(long number, cudaError_t error) {
  calls = 0, fault_at = number, fault = error, lasting = true;
}
void fail_once_after(long number, cudaError_t error) {
  calls = 0, fault_at = number, fault = error, lasting = false;
}
void limit_device_memory(std::size_t bytes) { memory_limit = bytes; }
long heal() {
  const long made = calls;
  machine = {};
  calls = 0;
  fault_at = -1;
  lasting = hit = false;
  last = cudaSuccess;
  memory_limit = SIZE_MAX;
  return made;
}
bool struck() { return hit; }
std::size_t in_use() { return memory_used; }
long pinned_in_use() { return pinned; }

}  // namespace faults

// NAME's own work, unless the fault comes first. Arguments in parentheses.
#define PASSED_ON(name, parameters, arguments)                     \
  cudaError_t __real_##name parameters;                            \
  cudaError_t __wrap_##name parameters;                            \
  cudaError_t __wrap_##name parameters {                           \
    const cudaError_t error = strike();                            \
    return error != cudaSuccess ? error : __real_##name arguments; \
  }

extern "C" {

// ---- questions about the machine -----------------------------------------------------------------

cudaError_t __wrap_cudaGetDeviceCount(int *count);
cudaError_t __wrap_cudaGetDeviceCount(int *count) {
  *count = machine.count;
  return last = machine.devices;
}
cudaError_t __wrap_cudaDriverGetVersion(int *version);
cudaError_t __wrap_cudaDriverGetVersion(int *version) { return *version = machine.driver, cudaSuccess; }
cudaError_t __real_cudaGetDeviceProperties(cudaDeviceProp *out, int device);
cudaError_t __wrap_cudaGetDeviceProperties(cudaDeviceProp *out, int device);
cudaError_t __wrap_cudaGetDeviceProperties(cudaDeviceProp *out, int device) {
  const cudaError_t error = __real_cudaGetDeviceProperties(out, device);
  out->major = machine.major;
  out->minor = machine.minor;
  return error;
}

// ---- errors --------------------------------------------------------------------------------------

// A lost device's error stays; any other is forgotten once it is told.
cudaError_t __wrap_cudaGetLastError(void);
cudaError_t __wrap_cudaGetLastError(void) {
  const cudaError_t told = last;
  if (!(lasting && hit)) last = cudaSuccess;
  return told;
}
const char *__wrap_cudaGetErrorString(cudaError_t error);
const char *__wrap_cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaErrorIllegalAddress: return "an illegal memory access was encountered";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorECCUncorrectable: return "uncorrectable ECC error encountered";
    default: return "an emulated error";
  }
}

// ---- memory --------------------------------------------------------------------------------------

cudaError_t __real_cudaMalloc(void **out, size_t bytes);
cudaError_t __wrap_cudaMalloc(void **out, size_t bytes);
cudaError_t __wrap_cudaMalloc(void **out, size_t bytes) {
  cudaError_t error = strike();
  if (error == cudaSuccess && (bytes > memory_limit || memory_used > memory_limit - bytes))
    error = last = cudaErrorMemoryAllocation;
  if (error == cudaSuccess) error = __real_cudaMalloc(out, bytes);
  if (error == cudaSuccess) memory_used += pieces[*out] = bytes;
  return error;
}
// A lost device's memory is gone all the same, and so is the emulated one's.
cudaError_t __real_cudaFree(void *memory);
cudaError_t __wrap_cudaFree(void *memory);
cudaError_t __wrap_cudaFree(void *memory) {
  const cudaError_t error = strike();
  const auto at = pieces.find(memory);
  const cudaError_t freed = __real_cudaFree(memory);
  if (at != pieces.end() && freed == cudaSuccess) {
    memory_used -= at->second;
    pieces.erase(at);
  }
  return error != cudaSuccess ? error : freed;
}
cudaError_t __real_cudaHostAlloc(void **out, size_t bytes, unsigned flags);
cudaError_t __wrap_cudaHostAlloc(void **out, size_t bytes, unsigned flags);
cudaError_t __wrap_cudaHostAlloc(void **out, size_t bytes, unsigned flags) {
  cudaError_t error = strike();
  if (error == cudaSuccess) error = __real_cudaHostAlloc(out, bytes, flags);
  pinned += error == cudaSuccess;
  return error;
}
cudaError_t __real_cudaFreeHost(void *memory);
cudaError_t __wrap_cudaFreeHost(void *memory);
cudaError_t __wrap_cudaFreeHost(void *memory) {
  const cudaError_t error = strike(), freed = __real_cudaFreeHost(memory);
  pinned -= memory != nullptr && freed == cudaSuccess;
  return error != cudaSuccess ? error : freed;
}
cudaError_t __wrap_cudaMemGetInfo(size_t *left, size_t *total);
cudaError_t __wrap_cudaMemGetInfo(size_t *left, size_t *total) {
  *total = memory_limit == SIZE_MAX ? size_t(1) << 34 : memory_limit;
  *left = *total > memory_used ? *total - memory_used : 0;
  return cudaSuccess;
}
PASSED_ON(cudaMemsetAsync, (void *memory, int value, size_t bytes, cudaStream_t stream),
          (memory, value, bytes, stream))
PASSED_ON(cudaMemcpyAsync,
          (void *dst, const void *src, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream),
          (dst, src, bytes, kind, stream))

// ---- streams, events, graphs ---------------------------------------------------------------------

PASSED_ON(cudaSetDevice, (int device), (device))
PASSED_ON(cudaStreamCreateWithFlags, (cudaStream_t * out, unsigned flags), (out, flags))
PASSED_ON(cudaStreamSynchronize, (cudaStream_t stream), (stream))
PASSED_ON(cudaStreamWaitEvent, (cudaStream_t stream, cudaEvent_t event, unsigned flags),
          (stream, event, flags))
PASSED_ON(cudaEventCreateWithFlags, (cudaEvent_t * out, unsigned flags), (out, flags))
PASSED_ON(cudaEventRecord, (cudaEvent_t event, cudaStream_t stream), (event, stream))
PASSED_ON(cudaEventSynchronize, (cudaEvent_t event), (event))
PASSED_ON(cudaStreamBeginCapture, (cudaStream_t stream, cudaStreamCaptureMode mode), (stream, mode))
PASSED_ON(cudaStreamBeginCaptureToGraph,
          (cudaStream_t stream, cudaGraph_t graph, const cudaGraphNode_t *after,
           const cudaGraphEdgeData *edges, size_t count, cudaStreamCaptureMode mode),
          (stream, graph, after, edges, count, mode))
PASSED_ON(cudaGraphInstantiate, (cudaGraphExec_t * out, cudaGraph_t graph, unsigned long long flags),
          (out, graph, flags))
PASSED_ON(cudaGraphLaunch, (cudaGraphExec_t graph, cudaStream_t stream), (graph, stream))

// ---- matrix products -----------------------------------------------------------------------------

const dslt_cublas_api *__real_dslt_cublas_load(const char **trouble);
const dslt_cublas_api *__wrap_dslt_cublas_load(const char **trouble);
const dslt_cublas_api *__wrap_dslt_cublas_load(const char **trouble) {
  static const dslt_cublas_api *const healthy = __real_dslt_cublas_load(trouble);
  static dslt_cublas_api api = [] {
    dslt_cublas_api with_faults = *healthy;
    with_faults.gemm = [](cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb, int m, int n,
                          int k, const void *alpha, const void *a, cudaDataType a_type, int lda,
                          const void *b, cudaDataType b_type, int ldb, const void *beta, void *c,
                          cudaDataType c_type, int ldc, cublasComputeType_t compute,
                          cublasGemmAlgo_t algorithm) {
      if (strike() != cudaSuccess) return CUBLAS_STATUS_EXECUTION_FAILED;
      return healthy->gemm(handle, ta, tb, m, n, k, alpha, a, a_type, lda, b, b_type, ldb, beta, c, c_type,
                           ldc, compute, algorithm);
    };
    with_faults.gemm_batched = [](cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb, int m,
                                  int n, int k, const void *alpha, const void *const *a, cudaDataType a_type,
                                  int lda, const void *const *b, cudaDataType b_type, int ldb,
                                  const void *beta, void *const *c, cudaDataType c_type, int ldc, int count,
                                  cublasComputeType_t compute, cublasGemmAlgo_t algorithm) {
      if (strike() != cudaSuccess) return CUBLAS_STATUS_EXECUTION_FAILED;
      return healthy->gemm_batched(handle, ta, tb, m, n, k, alpha, a, a_type, lda, b, b_type, ldb, beta, c,
                                   c_type, ldc, count, compute, algorithm);
    };
    return with_faults;
  }();
  return *trouble = "", &api;
}

}  // extern "C"
