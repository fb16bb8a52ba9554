/* SPDX-License-Identifier: Apache-2.0 */
/* cudnn_conv.h: convolutions, of the backbone above all, by cuDNN's graph interface. */
#ifndef DSLT_BACKEND_CUDA_CUDNN_CONV_H
#define DSLT_BACKEND_CUDA_CUDNN_CONV_H

#include "cudnn_handle.h"
#include "math/layers.h"

typedef struct dslt_cudnn_conv dslt_cudnn_conv;

/* y = activation(conv(x) + add + bias): x [n][h][w][cin] -> y [n][out_h][out_w][cout], weights
 * [cout][kernel][cin / groups], bias [cout], all of `type`. Transposed: the gradient of such a convolution at its input, from
 * x to the larger y, of every channel by itself (groups = cin = cout), weights [kernel][channels]. */
typedef struct dslt_conv_case {
  int n, h, w, cin, cout;
  dslt_type type;
  int out_h, out_w, groups;
  int kernel[2], stride[2], dilation[2]; /* vertical first */
  int pad[4];                            /* top, left, bottom, right */
  int x_pitch, y_pitch, add_pitch;       /* values from cell to cell; add_pitch 0: nothing is added */
  int activation;                        /* dslt_activation */
  int plain;                             /* 1: addend, bias and activation are not wanted */
  int transposed;                        /* plain, too */
} dslt_conv_case;

/* 3 x 3, stride 1, padding 1, with ReLU; maps lie packed. */
static inline dslt_conv_case dslt_conv_case_same(int n, int h, int w, int cin, int cout, dslt_type type) {
  const dslt_conv_case out = {n,
                              h,
                              w,
                              cin,
                              cout,
                              type,
                              h,
                              w,
                              1,
                              {3, 3},
                              {1, 1},
                              {1, 1},
                              {1, 1, 1, 1},
                              cin,
                              cout,
                              0,
                              DSLT_ACTIVATION_RELU,
                              0,
                              0};
  return out;
}

/* Memory for measuring; its contents do not matter. */
typedef struct dslt_conv_memory {
  void *x, *y, *weights, *bias, *add;
} dslt_conv_memory;

/* *out is NULL, with DSLT_OK, if cuDNN has no allowed engine: it must be deterministic, and use float32
 * arithmetic if the precision is f32. The fastest engine is measured once and cached on disk; without a cache
 * or memory (NULL) cuDNN's first proposal is used, so that every run uses the same engine. */
int dslt_cudnn_conv_plan(dslt_cudnn_conv **out, dslt_cuda *cuda, const dslt_conv_case *shape,
                         const dslt_conv_memory *memory);
typedef struct dslt_conv_facts {
  int fused;
  int place;    /* among the engine configurations that cuDNN proposes */
  int compiled; /* 1: when it is planned; 0: it comes ready with cuDNN; -1: cuDNN does not say */
  size_t workspace;
} dslt_conv_facts;
dslt_conv_facts dslt_cudnn_conv_facts(const dslt_cudnn_conv *conv);
/* 1: addend, bias and activation are part of it; 0: they are left to the caller. */
int dslt_cudnn_conv_fused(const dslt_cudnn_conv *conv);
int dslt_cudnn_conv_run(dslt_cudnn_conv *conv, void *y, const void *x, const void *weights, const void *bias,
                        const void *add);
void dslt_cudnn_conv_free(dslt_cudnn_conv *conv);

/* Was cuDNN faster (1) than a kernel of ours (0) for this shape? -1: nobody has measured it. Kept in the cache of plans;
 * 0 where there is none, so that every run decides alike. */
int dslt_cudnn_verdict(const dslt_cuda *cuda, const dslt_conv_case *shape);
/* Keep it; returns what is kept, which is another process's where one measured the same meanwhile. */
int dslt_cudnn_keep_verdict(dslt_cuda *cuda, const dslt_conv_case *shape, int verdict);

#endif
