/* SPDX-License-Identifier: Apache-2.0 */
/* cudnn_conv.h: 3 x 3 convolutions of the backbone by cuDNN's graph interface. */
#ifndef DSLT_BACKEND_CUDA_CUDNN_CONV_H
#define DSLT_BACKEND_CUDA_CUDNN_CONV_H

#include "cuda.h"

typedef struct dslt_cudnn_conv dslt_cudnn_conv;

/* x [n][h][w][cin] -> y [n][h][w][cout], weights [cout][3][3][cin], all of `type`, padding 1; bias
 * float32. */
typedef struct dslt_conv_case {
  int n, h, w, cin, cout;
  dslt_type type;
} dslt_conv_case;

/* Memory for measuring; its contents do not matter. */
typedef struct dslt_conv_memory {
  void *x, *y, *weights;
  float *bias;
} dslt_conv_memory;

/* *out is NULL, with DSLT_OK, where this build or this machine has no cuDNN, or where DSLT_CUDNN=0 in the
 * environment forbids it. */
int dslt_cudnn_open(dslt_cudnn **out, dslt_cuda *cuda);
void dslt_cudnn_close(dslt_cudnn *dnn);
int dslt_cudnn_use_stream(dslt_cudnn *dnn, cudaStream_t stream);

/* *out is NULL, with DSLT_OK, if cuDNN has no allowed engine: it must be deterministic, and use float32
 * arithmetic if the precision is f32. The fastest engine is measured once and cached on disk; without a cache
 * cuDNN's first proposal is used, so that every run uses the same engine. */
int dslt_cudnn_conv_plan(dslt_cudnn_conv **out, dslt_cuda *cuda, const dslt_conv_case *shape,
                         const dslt_conv_memory *memory);
/* 1: bias and ReLU are part of it; 0: they are left to the caller. */
int dslt_cudnn_conv_fused(const dslt_cudnn_conv *conv);
int dslt_cudnn_conv_run(dslt_cudnn_conv *conv, void *y, const void *x, const void *weights,
                        const float *bias);
void dslt_cudnn_conv_free(dslt_cudnn_conv *conv);

#endif
