/* SPDX-License-Identifier: Apache-2.0 */
/* onnx.h: an ONNX file as plain structs, read by onnx.cpp with the ONNX library's protobuf classes. Only what
 * reading needs is checked here; onnx_import.c interprets it. */
#ifndef DSLT_NN_ONNX_H
#define DSLT_NN_ONNX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_ONNX_RANK_MAX = 8 };

typedef struct dslt_onnx_tensor {
  const char *name;
  const char *refusal; /* why its values are missing ("its values are in another file"), or NULL */
  int rank;
  int64_t dims[DSLT_ONNX_RANK_MAX];
  int64_t count;
  const float *f;   /* float, double, float16, bfloat16: as float32; else NULL */
  const int64_t *i; /* int64, int32: as int64; else NULL */
} dslt_onnx_tensor;

typedef struct dslt_onnx_attribute {
  const char *name;
  int64_t i;
  float f;
  const char *s;       /* "" where it is no string */
  const int64_t *ints; /* of a list of numbers */
  int count;
  const dslt_onnx_tensor *tensor; /* or NULL */
} dslt_onnx_attribute;

typedef struct dslt_onnx_node {
  const char *op, *domain;
  int inputs, outputs, attributes;
  const char *const *input; /* "" where one is left out */
  const char *const *output;
  const dslt_onnx_attribute *attribute;
} dslt_onnx_node;

typedef struct dslt_onnx_model {
  int opset; /* of the standard operators */
  int nodes, tensors, inputs, outputs, entries;
  const dslt_onnx_node *node;
  const dslt_onnx_tensor *tensor;         /* initialisers */
  const char *const *input;               /* graph inputs that are no initialisers */
  int input_rank;                         /* of the first one; 0: unknown */
  int64_t input_dims[DSLT_ONNX_RANK_MAX]; /* 0: any */
  const char *const *output;
  const char *const *entry; /* metadata: key, value, key, value ... */
  void *holder;
} dslt_onnx_model;

/* DSLT_EFORMAT: no ONNX file; DSLT_EUNSUPPORTED: built without the ONNX library; DSLT_EMEMORY. */
int dslt_onnx_read(dslt_onnx_model *out, const void *data, size_t size);
void dslt_onnx_free(dslt_onnx_model *model);

#ifdef __cplusplus
}
#endif

#endif
