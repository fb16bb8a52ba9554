/* SPDX-License-Identifier: Apache-2.0 */
/* onnx_attributes.c: reading a node's attributes. */
#include <string.h>

#include "base/error.h"
#include "onnx_import.h"

const dslt_onnx_attribute *dslt_onnx_attribute_of(const dslt_onnx_node *node, const char *name) {
  for (int i = 0; i < node->attributes; ++i)
    if (strcmp(node->attribute[i].name, name) == 0) return &node->attribute[i];
  return NULL;
}

int64_t dslt_onnx_int(const dslt_onnx_node *node, const char *name, int64_t otherwise) {
  const dslt_onnx_attribute *a = dslt_onnx_attribute_of(node, name);
  return a ? a->i : otherwise;
}

float dslt_onnx_float(const dslt_onnx_node *node, const char *name, float otherwise) {
  const dslt_onnx_attribute *a = dslt_onnx_attribute_of(node, name);
  return a ? a->f : otherwise;
}

const char *dslt_onnx_string(const dslt_onnx_node *node, const char *name, const char *otherwise) {
  const dslt_onnx_attribute *a = dslt_onnx_attribute_of(node, name);
  return a ? a->s : otherwise;
}

const dslt_onnx_tensor *dslt_onnx_constant(const dslt_onnx_import *m, const dslt_onnx_node *node, int index) {
  if (index >= node->inputs || !*node->input[index]) return NULL;
  const dslt_onnx_value *value = dslt_onnx_find(m, node->input[index]);
  return value && value->kind == DSLT_ONNX_CONSTANT && !value->tensor->refusal ? value->tensor : NULL;
}

/* `count` numbers of a list; 1: the list has another length, or a number is out of range. */
static int read_list(int *out, const dslt_onnx_node *node, const char *name, int count) {
  const dslt_onnx_attribute *a = dslt_onnx_attribute_of(node, name);
  if (!a) return 0;
  if (a->count != count) return 1;
  for (int i = 0; i < count; ++i) {
    if (a->ints[i] < 0 || a->ints[i] > DSLT_GRAPH_SIDE_MAX) return 1;
    out[i] = (int)a->ints[i];
  }
  return 0;
}

static int refused(int rc) { return rc < 0 ? rc : 1; }

int dslt_onnx_window(dslt_node *l, dslt_onnx_import *m, const dslt_onnx_node *node) {
  static const char *const names[] = {"NOTSET", "SAME_UPPER", "SAME_LOWER"};
  const char *automatic = dslt_onnx_string(node, "auto_pad", "NOTSET");
  const int pooling = l->kind != DSLT_LAYER_CONV;
  if (pooling && !dslt_onnx_attribute_of(node, "kernel_shape"))
    return refused(dslt_onnx_refuse(m, node, "it has no kernel_shape."));
  if (read_list(l->kernel, node, "kernel_shape", 2) || read_list(l->stride, node, "strides", 2) ||
      read_list(l->dilation, node, "dilations", 2) || read_list(l->pad, node, "pads", 4))
    return refused(dslt_onnx_refuse(
        m, node, "its kernel_shape, strides, dilations or pads are not those of maps of two dimensions."));
  if (pooling && (l->dilation[0] != 1 || l->dilation[1] != 1))
    return refused(dslt_onnx_refuse(m, node, "dilations other than 1 are not supported."));
  if (strcmp(automatic, "VALID") == 0) {
    memset(l->pad, 0, sizeof l->pad);
    return 0;
  }
  for (int i = 0; i < 3; ++i)
    if (strcmp(automatic, names[i]) == 0) {
      l->padding = i;
      return 0;
    }
  return refused(
      dslt_onnx_refuse(m, node, "its auto_pad is none of NOTSET, VALID, SAME_UPPER and SAME_LOWER."));
}
