/* SPDX-License-Identifier: Apache-2.0 */
/* cuda.c: the CUDA backend's creation, memory, error reporting and operation tables. */
#include "cuda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cudnn_conv.h"
#include "probe.h"

enum {
  BLAS_WORKSPACE = 32 << 20, /* bytes; cuBLAS's recommendation for Hopper, enough for the other GPUs */
  SEARCHES_AT_ONCE = 16      /* enough to fill a large GPU; memory for features grows with it */
};

/* ---- errors -------------------------------------------------------------------------------------- */

/* These errors destroy the context: every later call fails the same way. */
static int is_lost(cudaError_t error) {
  switch (error) {
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorIllegalInstruction:
    case cudaErrorHardwareStackError:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
#if CUDART_VERSION >= 13000
    case cudaErrorContained:
#endif
    case cudaErrorDevicesUnavailable: return 1;
    default: return 0;
  }
}

int dslt_cuda_check(cudaError_t error, const char *doing) {
  if (error == cudaSuccess) return DSLT_OK;
  if (!is_lost(error)) (void)cudaGetLastError(); /* or the next kernel would be blamed */
  if (error == cudaErrorMemoryAllocation)
    return dslt_fail(DSLT_EDEVICE_MEMORY,
                     "The GPU is out of memory while %s. A smaller search area (search_max_side, "
                     "search_max_area), fewer scale_levels, a smaller memory or narrower weights need less.",
                     doing);
  if (is_lost(error))
    return dslt_fail(DSLT_EDEVICE,
                     "The GPU was lost while %s: %s (%s). Start the program again, or go on without it: "
                     "--backend cpu; nvidia-smi and the system's log may have details.",
                     doing, cudaGetErrorString(error), cudaGetErrorName(error));
  return dslt_fail(DSLT_EDEVICE, "The GPU failed while %s: %s (%s). --backend cpu does without it.", doing,
                   cudaGetErrorString(error), cudaGetErrorName(error));
}

/* ---- memory -------------------------------------------------------------------------------------- */

int dslt_cuda_new(void **out, dslt_cuda *cuda, size_t bytes, const char *what) {
  void *memory = NULL;
  cudaError_t error = cudaMalloc(&memory, bytes ? bytes : 1);
  if (error == cudaErrorMemoryAllocation) {
    size_t left = 0, total = 0;
    (void)cudaGetLastError(); /* clears the error, which is not permanent */
    (void)cudaMemGetInfo(&left, &total);
    return dslt_fail(DSLT_EDEVICE_MEMORY,
                     "Out of memory on %s: %s needs %.1f MB, %.0f of %.0f MB are free. A smaller search area "
                     "(search_max_side, search_max_area), fewer scale_levels, a smaller memory or narrower "
                     "weights need less.",
                     cuda->gpu, what, (double)bytes / 1e6, (double)left / 1e6, (double)total / 1e6);
  }
  DSLT_TRY(dslt_cuda_check(error, "taking memory"));
  int rc = dslt_cuda_check(cudaMemsetAsync(memory, 0, bytes ? bytes : 1, cuda->stream), "clearing memory");
  if (rc < 0) {
    cudaFree(memory);
    return rc;
  }
  *out = memory;
  return DSLT_OK;
}

int dslt_cuda_reserve(dslt_device_arena *arena, dslt_cuda *cuda, size_t bytes, const char *what) {
  if (bytes <= arena->bytes) return DSLT_OK;
  void *data = NULL;
  DSLT_TRY(dslt_cuda_new(&data, cuda, bytes, what));
  if (arena->data) ++cuda->moves;
  cudaFree(arena->data); /* waits for what still uses it; NULL is allowed */
  *arena = (dslt_device_arena){data, bytes};
  return DSLT_OK;
}

int dslt_cuda_alloc(void **out, dslt_backend *backend, size_t bytes) {
  return dslt_cuda_new(out, dslt_cuda_of(backend), bytes, "the tracker");
}

void dslt_cuda_release(dslt_backend *backend, void *memory) {
  (void)backend;
  if (memory) cudaFree(memory);
}

/* Waits: the caller may free or change `src`, and a GPU that reads the host's memory itself may copy later. */
int dslt_cuda_upload(dslt_backend *backend, void *dst, const void *src, size_t bytes) {
  if (bytes == 0) return DSLT_OK;
  dslt_cuda *cuda = dslt_cuda_of(backend);
  DSLT_TRY(dslt_cuda_settle(cuda));
  DSLT_TRY(
      dslt_cuda_check(cudaMemcpyAsync(dst, src, bytes, cudaMemcpyHostToDevice, cuda->stream), "uploading"));
  return dslt_cuda_check(cudaStreamSynchronize(cuda->stream), "uploading");
}

int dslt_cuda_download(dslt_backend *backend, void *dst, const void *src, size_t bytes) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  DSLT_TRY(dslt_cuda_settle(cuda));
  if (bytes > 0)
    DSLT_TRY(dslt_cuda_check(cudaMemcpyAsync(dst, src, bytes, cudaMemcpyDeviceToHost, cuda->stream),
                             "downloading"));
  return dslt_cuda_check(cudaStreamSynchronize(cuda->stream), "downloading");
}

int dslt_cuda_clear(dslt_backend *backend, void *dst, size_t bytes) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  if (bytes == 0) return DSLT_OK;
  DSLT_TRY(dslt_cuda_settle(cuda));
  return dslt_cuda_check(cudaMemsetAsync(dst, 0, bytes, cuda->now), "clearing memory");
}

/* ---- opening and closing ------------------------------------------------------------------------- */

int dslt_cuda_use_stream(dslt_cuda *cuda, cudaStream_t stream) {
  cuda->now = stream;
  cublasStatus_t status = cuda->blas->set_stream(cuda->blas_handle, stream);
  if (status == CUBLAS_STATUS_SUCCESS) /* resets the workspace too */
    status = cuda->blas->set_workspace(cuda->blas_handle, cuda->blas_workspace, BLAS_WORKSPACE);
  if (status != CUBLAS_STATUS_SUCCESS)
    return dslt_fail(DSLT_EDEVICE, "cuBLAS cannot use a stream: %s. Try --backend cpu.",
                     cuda->blas->status_text(status));
  return cuda->dnn ? dslt_cudnn_use_stream(cuda->dnn, stream) : DSLT_OK;
}

void dslt_cuda_close(dslt_backend *backend) {
  if (!backend) return;
  dslt_cuda *cuda = dslt_cuda_of(backend);
  int callers = cuda->device;
  (void)cudaGetDevice(&callers);
  (void)cudaSetDevice(cuda->device);
  if (cuda->stream) (void)cudaStreamSynchronize(cuda->stream);
  dslt_cudnn_close(cuda->dnn);
  if (cuda->blas_handle) (void)cuda->blas->destroy(cuda->blas_handle);
  dslt_cuda_frames_free(cuda);
  void *memory[] = {cuda->blas_workspace, cuda->view,       cuda->activations.data,
                    cuda->padded.data,    cuda->sums.data,  cuda->locate,
                    cuda->hann,           cuda->adam_ticket};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; ++i)
    if (memory[i]) cudaFree(memory[i]);
  for (int i = 0; i < DSLT_UPSAMPLE_SHAPES; ++i)
    if (cuda->upsample[i].memory) cudaFree(cuda->upsample[i].memory);
  cudaStream_t streams[] = {cuda->stream, cuda->upload, cuda->block};
  for (size_t i = 0; i < sizeof streams / sizeof *streams; ++i)
    if (streams[i]) cudaStreamDestroy(streams[i]);
  (void)cudaSetDevice(callers);
  free(cuda);
}

static int make_stream(cudaStream_t *out) {
  return dslt_cuda_check(cudaStreamCreateWithFlags(out, cudaStreamNonBlocking), "making a stream");
}

static int make_parts(dslt_cuda *cuda) {
  void *memory = NULL;
  DSLT_TRY(make_stream(&cuda->stream));
  DSLT_TRY(make_stream(&cuda->upload));
  DSLT_TRY(make_stream(&cuda->block));
  DSLT_TRY(dslt_cuda_new(&memory, cuda, sizeof *cuda->view, "a frame's layout"));
  cuda->view = memory;
  DSLT_TRY(dslt_cuda_new(&memory, cuda, sizeof *cuda->locate, "the search for the maximum"));
  cuda->locate = memory;
  DSLT_TRY(dslt_cuda_new(&memory, cuda, sizeof *cuda->hann, "the search in enlarged responses"));
  cuda->hann = memory;
  DSLT_TRY(dslt_cuda_new(&memory, cuda, sizeof *cuda->adam_ticket, "the optimiser"));
  cuda->adam_ticket = memory;
  DSLT_TRY(dslt_cuda_new(&cuda->blas_workspace, cuda, BLAS_WORKSPACE, "matrix products"));
  cublasStatus_t status = cuda->blas->create(&cuda->blas_handle);
  if (status != CUBLAS_STATUS_SUCCESS)
    return dslt_fail(DSLT_EDEVICE, "cuBLAS cannot be used on %s: %s. Try --backend cpu.", cuda->gpu,
                     cuda->blas->status_text(status));
  DSLT_TRY(dslt_cudnn_open(&cuda->dnn, cuda));
  return dslt_cuda_use_stream(cuda, cuda->stream);
}

int dslt_cuda_open(dslt_backend **out, const dslt_backend_config *config) {
  dslt_cuda_facts facts;
  dslt_cuda_facts_read(&facts);
  dslt_backend_info info;
  dslt_cuda_describe(&info, &facts);
  const char *trouble = "";
  const dslt_cublas_api *blas = info.available ? dslt_cublas_load(&trouble) : NULL;
  if (!blas)
    return dslt_fail(DSLT_EBACKEND, "Backend cuda cannot run here: %s. Use --backend cpu.",
                     info.available ? trouble : info.device);
  if (config->precision == DSLT_PRECISION_BF16 && !info.bf16)
    return dslt_fail(DSLT_EUNSUPPORTED, "%s has no bfloat16 arithmetic; use precision f32.", facts.name);
  dslt_cuda *cuda = calloc(1, sizeof *cuda);
  if (!cuda) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening the CUDA backend.");
  dslt_backend_init(&cuda->base, &dslt_cuda_backend);
  cuda->device = facts.index;
  cuda->precision = config->precision;
  cuda->any_order = config->any_order;
  cuda->blas = blas;
  snprintf(cuda->gpu, sizeof cuda->gpu, "%.60s", facts.name);
  int callers = facts.index;
  (void)cudaGetDevice(&callers);
  int rc = dslt_cuda_check(cudaSetDevice(cuda->device), "choosing the GPU");
  if (rc < 0 || (rc = make_parts(cuda)) < 0) goto done;
  rc = dslt_cuda_check(cudaStreamSynchronize(cuda->stream), "opening the GPU");
done:
  if (rc < 0)
    dslt_cuda_close(&cuda->base);
  else
    *out = &cuda->base;
  (void)cudaSetDevice(callers);
  return rc;
}

int dslt_cuda_begin(dslt_backend *backend) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  DSLT_TRY(dslt_cuda_check(cudaGetDevice(&cuda->callers_device), "asking for the current GPU"));
  return dslt_cuda_check(cudaSetDevice(cuda->device), "choosing the GPU");
}

int dslt_cuda_end(dslt_backend *backend) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  int rc = dslt_cuda_settle(cuda);
  const int waited = dslt_cuda_check(cudaStreamSynchronize(cuda->stream), "tracking");
  if (rc == DSLT_OK) rc = waited;
  cudaError_t back = cudaSetDevice(cuda->callers_device);
  /* of two errors the first is more specific */
  return rc < 0 ? rc : dslt_cuda_check(back, "going back to the caller's GPU");
}

#define ENTRY(type, name, parameters) .name = dslt_cuda_##name,
static const dslt_device_ops device_ops = {DSLT_DEVICE_OPERATIONS(ENTRY)};
static const dslt_nn_ops nn_ops = {DSLT_NN_OPERATIONS(ENTRY)};
static const dslt_vision_ops vision_ops = {DSLT_VISION_OPERATIONS(ENTRY)};

const dslt_backend_type dslt_cuda_backend = {.name = "cuda",
                                             .host_visible = 0,
                                             .searches_at_once = SEARCHES_AT_ONCE,
                                             .device = &device_ops,
                                             .nn = &nn_ops,
                                             .vision = &vision_ops};
