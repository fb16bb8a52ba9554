/* SPDX-License-Identifier: Apache-2.0 */
/* cudnn_graph.c: a convolution, an addend, its bias and its activation as one cuDNN graph, or a transposed convolution. */
#include "cudnn_graph.h"

#if DSLT_CUDNN

#include <stdbool.h>

/* ---- descriptors --------------------------------------------------------------------------------- */

void dslt_descriptors_note(dslt_descriptors *h, cudnnStatus_t status) {
  if (h->status == CUDNN_STATUS_SUCCESS) h->status = status;
}

cudnnBackendDescriptor_t dslt_descriptors_make(dslt_descriptors *h, cudnnBackendDescriptorType_t type) {
  cudnnBackendDescriptor_t d = NULL;
  if (h->status != CUDNN_STATUS_SUCCESS) return NULL;
  if (h->count == DSLT_DESCRIPTORS_MAX) {
    dslt_descriptors_note(h, CUDNN_STATUS_INTERNAL_ERROR);
    return NULL;
  }
  dslt_descriptors_note(h, h->api->descriptor_create(type, &d));
  if (d) h->held[h->count++] = d;
  return d;
}

void dslt_descriptors_set(dslt_descriptors *h, cudnnBackendDescriptor_t d, cudnnBackendAttributeName_t name,
                          cudnnBackendAttributeType_t type, int64_t count, const void *values) {
  if (h->status == CUDNN_STATUS_SUCCESS) dslt_descriptors_note(h, h->api->set(d, name, type, count, values));
}

void dslt_descriptors_set_one(dslt_descriptors *h, cudnnBackendDescriptor_t d,
                              cudnnBackendAttributeName_t name, cudnnBackendDescriptor_t value) {
  dslt_descriptors_set(h, d, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value);
}

void dslt_descriptors_finish(dslt_descriptors *h, cudnnBackendDescriptor_t d) {
  if (h->status == CUDNN_STATUS_SUCCESS) dslt_descriptors_note(h, h->api->finalize(d));
}

void dslt_descriptors_drop(dslt_descriptors *h) {
  while (h->count > 0) (void)h->api->descriptor_destroy(h->held[--h->count]);
}

/* ---- the graph ----------------------------------------------------------------------------------- */

/* A batch of maps: their sides, and values from cell to cell. */
typedef struct tensor_shape {
  int n, c, rows, columns, pitch;
} tensor_shape;

/* A tensor of four dimensions, in cuDNN's order n, c, h, w. */
static cudnnBackendDescriptor_t strided(dslt_descriptors *h, int64_t id, cudnnDataType_t type,
                                        const int64_t dims[4], const int64_t strides[4], int is_virtual) {
  cudnnBackendDescriptor_t d = dslt_descriptors_make(h, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  const int64_t alignment = 16;
  const bool hidden = is_virtual != 0;
  dslt_descriptors_set(h, d, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
  dslt_descriptors_set(h, d, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, dims);
  dslt_descriptors_set(h, d, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, strides);
  dslt_descriptors_set(h, d, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &id);
  dslt_descriptors_set(h, d, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &alignment);
  if (hidden) dslt_descriptors_set(h, d, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &hidden);
  dslt_descriptors_finish(h, d);
  return d;
}

/* Stored channels-last. */
static cudnnBackendDescriptor_t tensor(dslt_descriptors *h, int64_t id, cudnnDataType_t type,
                                       const tensor_shape *s, int is_virtual) {
  const int64_t dims[4] = {s->n, s->c, s->rows, s->columns};
  const int64_t strides[4] = {(int64_t)s->pitch * s->rows * s->columns, 1, (int64_t)s->pitch * s->columns,
                              s->pitch};
  return strided(h, id, type, dims, strides, is_virtual);
}

/* One filter a channel, the channels of a place side by side. */
static cudnnBackendDescriptor_t side_by_side(dslt_descriptors *h, cudnnDataType_t type,
                                             const dslt_conv_case *s) {
  const int64_t dims[4] = {s->cout, 1, s->kernel[0], s->kernel[1]};
  const int64_t strides[4] = {1, s->cout, (int64_t)s->kernel[1] * s->cout, s->cout};
  return strided(h, DSLT_TENSOR_WEIGHTS, type, dims, strides, 0);
}

/* Paddings, strides and dilations. */
static cudnnBackendDescriptor_t window(dslt_descriptors *h, const dslt_conv_case *s) {
  cudnnBackendDescriptor_t conv = dslt_descriptors_make(h, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  const int64_t dimensions = 2, before[2] = {s->pad[0], s->pad[1]}, after[2] = {s->pad[2], s->pad[3]};
  const int64_t dilation[2] = {s->dilation[0], s->dilation[1]}, stride[2] = {s->stride[0], s->stride[1]};
  const cudnnDataType_t sums = CUDNN_DATA_FLOAT;
  const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
  dslt_descriptors_set(h, conv, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &sums);
  dslt_descriptors_set(h, conv, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
  dslt_descriptors_set(h, conv, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &dimensions);
  dslt_descriptors_set(h, conv, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, before);
  dslt_descriptors_set(h, conv, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, after);
  dslt_descriptors_set(h, conv, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, dilation);
  dslt_descriptors_set(h, conv, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, stride);
  dslt_descriptors_finish(h, conv);
  return conv;
}

static cudnnBackendDescriptor_t convolution(dslt_descriptors *h, const dslt_conv_case *s,
                                            cudnnBackendDescriptor_t x, cudnnBackendDescriptor_t w,
                                            cudnnBackendDescriptor_t y) {
  const float one = 1.0f, zero = 0.0f;
  cudnnBackendDescriptor_t conv = window(h, s);
  cudnnBackendDescriptor_t op =
      dslt_descriptors_make(h, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
  dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, conv);
  dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x);
  dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, w);
  dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, y);
  dslt_descriptors_set(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_TYPE_FLOAT, 1, &one);
  dslt_descriptors_set(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, CUDNN_TYPE_FLOAT, 1, &zero);
  dslt_descriptors_finish(h, op);
  return op;
}

/* To cuDNN the gradient of a convolution from y to x. */
static cudnnBackendDescriptor_t transposed(dslt_descriptors *h, const dslt_conv_case *s,
                                           cudnnBackendDescriptor_t x, cudnnBackendDescriptor_t w,
                                           cudnnBackendDescriptor_t y) {
  const float one = 1.0f, zero = 0.0f;
  cudnnBackendDescriptor_t conv = window(h, s);
  cudnnBackendDescriptor_t op =
      dslt_descriptors_make(h, CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
  dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, conv);
  dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, y);
  dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, w);
  dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, x);
  dslt_descriptors_set(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, CUDNN_TYPE_FLOAT, 1, &one);
  dslt_descriptors_set(h, op, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, CUDNN_TYPE_FLOAT, 1, &zero);
  dslt_descriptors_finish(h, op);
  return op;
}

/* y = mode(x), or mode(x, b). */
static cudnnBackendDescriptor_t pointwise(dslt_descriptors *h, cudnnPointwiseMode_t mode,
                                          cudnnBackendDescriptor_t x, cudnnBackendDescriptor_t b,
                                          cudnnBackendDescriptor_t y) {
  cudnnBackendDescriptor_t what = dslt_descriptors_make(h, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  const cudnnDataType_t arithmetic = CUDNN_DATA_FLOAT;
  dslt_descriptors_set(h, what, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode);
  dslt_descriptors_set(h, what, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, &arithmetic);
  dslt_descriptors_finish(h, what);
  cudnnBackendDescriptor_t op = dslt_descriptors_make(h, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, what);
  dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
  if (b) dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, b);
  dslt_descriptors_set_one(h, op, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
  dslt_descriptors_finish(h, op);
  return op;
}

/* conv, + add, + bias, activation: returns the number of operations. The bias is of the maps' type, since
 * cuDNN's ready engines refuse another. */
static int64_t build_operations(cudnnBackendDescriptor_t ops[4], dslt_descriptors *h, const dslt_conv_case *s,
                                int fused) {
  const cudnnDataType_t type = s->type == DSLT_TYPE_BF16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
  const tensor_shape in = {s->n, s->cin, s->h, s->w, s->x_pitch},
                     out = {s->n, s->cout, s->out_h, s->out_w, s->y_pitch},
                     packed = {s->n, s->cout, s->out_h, s->out_w, s->cout},
                     filter = {s->cout, s->cin / s->groups, s->kernel[0], s->kernel[1], s->cin / s->groups};
  cudnnBackendDescriptor_t x = tensor(h, DSLT_TENSOR_X, type, &in, 0),
                           w = s->transposed ? side_by_side(h, type, s)
                                             : tensor(h, DSLT_TENSOR_WEIGHTS, type, &filter, 0),
                           y = tensor(h, DSLT_TENSOR_Y, type, &out, 0);
  int64_t count = 0;
  if (s->transposed) {
    ops[count++] = transposed(h, s, x, w, y);
    return count;
  }
  if (!fused) {
    ops[count++] = convolution(h, s, x, w, y);
    return count;
  }
  const tensor_shape column = {1, s->cout, 1, 1, s->cout};
  const int relu = s->activation == DSLT_ACTIVATION_RELU;
  cudnnBackendDescriptor_t bias = tensor(h, DSLT_TENSOR_BIAS, type, &column, 0),
                           sum = tensor(h, DSLT_TENSOR_SUM, CUDNN_DATA_FLOAT, &packed, 1);
  ops[count++] = convolution(h, s, x, w, sum);
  if (s->add_pitch) {
    const tensor_shape other = {s->n, s->cout, s->out_h, s->out_w, s->add_pitch};
    cudnnBackendDescriptor_t add = tensor(h, DSLT_TENSOR_ADD, type, &other, 0),
                             added = tensor(h, DSLT_TENSOR_ADDED, CUDNN_DATA_FLOAT, &packed, 1);
    ops[count++] = pointwise(h, CUDNN_POINTWISE_ADD, sum, add, added);
    sum = added;
  }
  cudnnBackendDescriptor_t biased = relu ? tensor(h, DSLT_TENSOR_BIASED, CUDNN_DATA_FLOAT, &packed, 1) : y;
  ops[count++] = pointwise(h, CUDNN_POINTWISE_ADD, sum, bias, biased);
  if (relu) ops[count++] = pointwise(h, CUDNN_POINTWISE_RELU_FWD, biased, NULL, y);
  return count;
}

cudnnBackendDescriptor_t dslt_cudnn_graph(dslt_descriptors *h, const dslt_conv_case *s, int fused,
                                          cudnnHandle_t handle) {
  cudnnBackendDescriptor_t ops[4];
  const int64_t count = build_operations(ops, h, s, fused);
  cudnnBackendDescriptor_t graph = dslt_descriptors_make(h, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  dslt_descriptors_set(h, graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, count, ops);
  if (handle) dslt_descriptors_set(h, graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
  dslt_descriptors_finish(h, graph);
  return graph;
}

#else
typedef int dslt_no_cudnn_graph; /* ISO C wants a declaration */
#endif
