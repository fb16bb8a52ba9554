/* SPDX-License-Identifier: Apache-2.0 */
/* cudnn_handle.h: cuDNN, opened for a backend. */
#ifndef DSLT_BACKEND_CUDA_CUDNN_HANDLE_H
#define DSLT_BACKEND_CUDA_CUDNN_HANDLE_H

#include "cuda.h"
#include "plan_cache.h"

/* *out is NULL, with DSLT_OK, where this build or this machine has no cuDNN, where DSLT_CUDNN=0 in the environment
 * forbids it, or where it cannot be used, which the backend's note says then. */
int dslt_cudnn_open(dslt_cudnn **out, dslt_cuda *cuda);
/* Plans for the GPU that `json` describes (CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION), which need not be here;
 * they cannot run. *out is NULL as above, and before cuDNN 9.8, which cannot do this. */
int dslt_cudnn_open_described(dslt_cudnn **out, dslt_cuda *cuda, const char *json);
void dslt_cudnn_close(dslt_cudnn *dnn);
int dslt_cudnn_use_stream(dslt_cudnn *dnn, cudaStream_t stream);

#if DSLT_CUDNN

#if CUDNN_VERSION >= 90800
#define DSLT_CUDNN_DESCRIPTIONS 1 /* a plan for a GPU that is not here can be made */
#endif
struct dslt_cudnn {
  dslt_cuda *cuda;
  const dslt_cudnn_api *api;
  cudnnHandle_t handle;            /* NULL: plans are made for `device`, and cannot run */
  cudnnBackendDescriptor_t device; /* the description of a GPU that is not here, or NULL */
  dslt_device_arena workspace;
  dslt_plan_cache cache;
};

#endif

#endif
