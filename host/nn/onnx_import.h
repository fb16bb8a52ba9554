/* SPDX-License-Identifier: Apache-2.0 */
/* onnx_import.h: from an ONNX model's nodes to layers, for the files onnx_*.c.
 *
 * Every name in the model stands for a value: a constant, a layer's map, or a shape that is only used for
 * reshaping. What cannot be computed becomes a layer with a refusal, which is an error only if a tap depends
 * on it. */
#ifndef DSLT_NN_ONNX_IMPORT_H
#define DSLT_NN_ONNX_IMPORT_H

#include "network.h"
#include "onnx.h"

typedef enum dslt_onnx_kind { DSLT_ONNX_CONSTANT, DSLT_ONNX_MAP, DSLT_ONNX_SHAPE } dslt_onnx_kind;

typedef struct dslt_onnx_value {
  const char *name;
  dslt_onnx_kind kind;
  const dslt_onnx_tensor *tensor; /* CONSTANT */
  int layer;                      /* MAP */
  float scale, shift;             /* the value is the map times scale plus shift */
  int pad[4];                     /* zero padding around it */
  int flat;                       /* 1: flattened, as input of fully connected layers */
} dslt_onnx_value;

typedef struct dslt_onnx_import {
  const dslt_onnx_model *model;
  dslt_network *network;
  int *channels; /* of each layer; 0: unknown */
  int room;
  dslt_onnx_value *value;
  int values, value_room;
  int *bucket; /* of names, by hash; the latest value of each, chained by `next` */
  int *next;
} dslt_onnx_import;

/* ---- onnx_import.c ---- */
int dslt_onnx_put(dslt_onnx_import *m, const dslt_onnx_value *value);
/* NULL: there is no such value. */
const dslt_onnx_value *dslt_onnx_find(const dslt_onnx_import *m, const char *name);
/* Add a layer named after an output, with a number appended if the name is taken. Its index. */
int dslt_onnx_add(dslt_onnx_import *m, const dslt_node *layer, const char *output,
                  const dslt_tensor_view *weight, const dslt_tensor_view *bias);
/* Add a layer for output `output` of a node and make it that value. */
int dslt_onnx_layer(dslt_onnx_import *m, const dslt_node *layer, const char *output,
                    const dslt_tensor_view *weight, const dslt_tensor_view *bias);
/* A layer whose inputs are known, with that refusal; a sentence. */
int dslt_onnx_refuse(dslt_onnx_import *m, const dslt_onnx_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The layer that is the value itself: without scale, shift and padding, for which layers are added. 1:
 * refused, 0: done. */
int dslt_onnx_plain(int *layer, dslt_onnx_import *m, const dslt_onnx_node *node,
                    const dslt_onnx_value *value);

/* ---- onnx_attributes.c ---- */
const dslt_onnx_attribute *dslt_onnx_attribute_of(const dslt_onnx_node *node, const char *name);
int64_t dslt_onnx_int(const dslt_onnx_node *node, const char *name, int64_t otherwise);
float dslt_onnx_float(const dslt_onnx_node *node, const char *name, float otherwise);
const char *dslt_onnx_string(const dslt_onnx_node *node, const char *name, const char *otherwise);
/* The constant behind input `index`, or NULL. */
const dslt_onnx_tensor *dslt_onnx_constant(const dslt_onnx_import *m, const dslt_onnx_node *node, int index);
/* Kernel, stride, dilation and padding. 1: refused (and said so), 0: done. */
int dslt_onnx_window(dslt_node *layer, dslt_onnx_import *m, const dslt_onnx_node *node);

/* ---- onnx_operators.c, onnx_arithmetic.c: DSLT_OK if the node became layers, including refused ones ---- */
typedef int (*dslt_onnx_operator)(dslt_onnx_import *m, const dslt_onnx_node *node);
/* NULL: no such operator. */
dslt_onnx_operator dslt_onnx_operator_of(const char *op);
int dslt_onnx_arithmetic(dslt_onnx_import *m, const dslt_onnx_node *node);
int dslt_onnx_clip(dslt_onnx_import *m, const dslt_onnx_node *node);
int dslt_onnx_normalise(dslt_onnx_import *m, const dslt_onnx_node *node);
int dslt_onnx_reshape(dslt_onnx_import *m, const dslt_onnx_node *node);
int dslt_onnx_resize(dslt_onnx_import *m, const dslt_onnx_node *node);
int dslt_onnx_pad(dslt_onnx_import *m, const dslt_onnx_node *node);
/* a x + b for each channel, as a layer. */
int dslt_onnx_affine(dslt_onnx_import *m, int layer, const float *scale, const float *shift,
                     const char *output);

#endif
