/* SPDX-License-Identifier: Apache-2.0 */
/* head_layers.h: the head's upsampling and regressions by cuDNN, as a transposed convolution of every channel by itself and
 * as convolutions to one channel, beside the kernels upsample_forward, regress_respond and regress_loss. The kernels make
 * the weighted sum, or the response and its loss, in the same launch; cuDNN's are followed by a launch for that. */
#ifndef DSLT_BACKEND_CUDA_HEAD_LAYERS_H
#define DSLT_BACKEND_CUDA_HEAD_LAYERS_H

#include "cudnn_conv.h"

typedef struct dslt_head_layers {
  dslt_cudnn_conv *upsample, *regress; /* NULL: the kernel is used */
  float *enlarged, *base, *residual;   /* what they write */
} dslt_head_layers;

/* How the environment's DSLT_CUDA_HEAD wants them: `kernels` (also where it is not set), `cudnn`, or `measured`: the faster
 * for each shape, measured once and kept in the plan cache. DSLT_EARGUMENT for another word. */
typedef enum dslt_head_by { DSLT_HEAD_KERNELS, DSLT_HEAD_CUDNN, DSLT_HEAD_MEASURED } dslt_head_by;
int dslt_head_by_environment(dslt_head_by *out);

/* What the environment wants for a head of this shape; the kernels where there is no cuDNN, none that can do it with
 * the precision asked for, or where the channels are no multiple of four. */
int dslt_head_layers_plan(dslt_head_layers *out, dslt_cuda *cuda, const dslt_fused_head_desc *head);
/* The same whatever the environment wants. */
int dslt_head_layers_plan_by(dslt_head_layers *out, dslt_cuda *cuda, const dslt_fused_head_desc *head,
                             dslt_head_by by);
void dslt_head_layers_free(dslt_head_layers *layers);

/* raised [n][h][w][channels] (may be NULL) is the enlarged high map, fused (may be NULL) = fuse_low low + fuse_high raised. */
int dslt_head_layers_upsample(const dslt_head_layers *layers, dslt_cuda *cuda,
                              const dslt_fused_head_desc *head, float *raised, float *fused, const float *low,
                              const float *high, const float *filter);
/* The base's and, if there is one, the residual's maps. */
int dslt_head_layers_regress(const dslt_head_layers *layers, const dslt_fused_head_desc *head,
                             const float *const x[2], const float *const w[2]);

#endif
