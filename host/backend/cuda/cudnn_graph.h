/* SPDX-License-Identifier: Apache-2.0 */
/* cudnn_graph.h: cuDNN's descriptors, and the graph of a convolution that is made of them. */
#ifndef DSLT_BACKEND_CUDA_CUDNN_GRAPH_H
#define DSLT_BACKEND_CUDA_CUDNN_GRAPH_H

#include "cudnn_conv.h"

#if DSLT_CUDNN

enum { DSLT_DESCRIPTORS_MAX = 32 }; /* of one graph */
/* Tensors of the graph. */
enum {
  DSLT_TENSOR_X = 1,
  DSLT_TENSOR_WEIGHTS,
  DSLT_TENSOR_BIAS,
  DSLT_TENSOR_Y,
  DSLT_TENSOR_SUM,
  DSLT_TENSOR_BIASED,
  DSLT_TENSOR_ADD,
  DSLT_TENSOR_ADDED
};

/* Descriptors that live as long as their graph. */
typedef struct dslt_descriptors {
  const dslt_cudnn_api *api;
  cudnnBackendDescriptor_t held[DSLT_DESCRIPTORS_MAX];
  int count;
  cudnnStatus_t status; /* the first failure; later calls do nothing */
} dslt_descriptors;

void dslt_descriptors_note(dslt_descriptors *h, cudnnStatus_t status);
cudnnBackendDescriptor_t dslt_descriptors_make(dslt_descriptors *h, cudnnBackendDescriptorType_t type);
void dslt_descriptors_set(dslt_descriptors *h, cudnnBackendDescriptor_t d, cudnnBackendAttributeName_t name,
                          cudnnBackendAttributeType_t type, int64_t count, const void *values);
/* An attribute that is a descriptor. */
void dslt_descriptors_set_one(dslt_descriptors *h, cudnnBackendDescriptor_t d,
                              cudnnBackendAttributeName_t name, cudnnBackendDescriptor_t value);
void dslt_descriptors_finish(dslt_descriptors *h, cudnnBackendDescriptor_t d);
void dslt_descriptors_drop(dslt_descriptors *h);

/* The graph of a convolution, with addend, bias and activation if `fused`; h->status says whether it could be made.
 * `handle` is NULL for a GPU that is only described. */
cudnnBackendDescriptor_t dslt_cudnn_graph(dslt_descriptors *h, const dslt_conv_case *shape, int fused,
                                          cudnnHandle_t handle);

#endif

#endif
