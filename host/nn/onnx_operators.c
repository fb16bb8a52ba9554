/* SPDX-License-Identifier: Apache-2.0 */
/* onnx_operators.c: one function for each ONNX operator that becomes a layer. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "onnx_import.h"

/* The layer behind input `index` of a node, without scale, shift and zeros. 1: refused. */
static int input_layer(int *layer, dslt_onnx_import *m, const dslt_onnx_node *node, int index) {
  const dslt_onnx_value *value = index < node->inputs ? dslt_onnx_find(m, node->input[index]) : NULL;
  if (value && value->kind == DSLT_ONNX_MAP) return dslt_onnx_plain(layer, m, node, value);
  DSLT_TRY(dslt_onnx_refuse(m, node, "its input %d is no map.", index + 1));
  return 1;
}

/* The tensor as a network's view of its own; `rank` and shape are the layer's. */
static int own_tensor(dslt_tensor_view *out, dslt_onnx_import *m, const dslt_onnx_tensor *tensor, int rank,
                      const int64_t *shape) {
  float *copy;
  DSLT_TRY(dslt_network_floats(&copy, m->network, (size_t)tensor->count));
  memcpy(copy, tensor->f, (size_t)tensor->count * sizeof *copy);
  *out = dslt_network_view(copy, rank, shape);
  return dslt_tensor_check_finite(out, tensor->name);
}

static int done(int rc) { return rc < 0 ? rc : DSLT_OK; }

/* ---- convolution, fully connected ---------------------------------------------------------------- */

static int take_conv(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_value *x = node->inputs > 0 ? dslt_onnx_find(m, node->input[0]) : NULL;
  const dslt_onnx_tensor *w = dslt_onnx_constant(m, node, 1), *b = dslt_onnx_constant(m, node, 2);
  dslt_node l = dslt_layer_of(DSLT_LAYER_CONV);
  if (!w || !w->f || (node->inputs > 2 && *node->input[2] && (!b || !b->f)))
    return dslt_onnx_refuse(m, node, "its weights are no constants of a floating-point type.");
  if (w->rank != 4)
    return dslt_onnx_refuse(m, node, "its weights have %d dimensions; only maps of two are supported.",
                            w->rank);
  const int64_t groups = dslt_onnx_int(node, "group", 1);
  if (groups < 1 || groups > DSLT_GRAPH_CHANNELS_MAX || w->dims[0] < 1 ||
      w->dims[0] > DSLT_GRAPH_CHANNELS_MAX || w->dims[0] % groups || w->count == 0 ||
      (b && (b->rank != 1 || b->dims[0] != w->dims[0])))
    return dslt_onnx_refuse(m, node, "its weights, bias and groups do not fit each other.");
  if (!x || x->kind != DSLT_ONNX_MAP) return dslt_onnx_refuse(m, node, "its input is no map.");
  dslt_onnx_value plain = *x;
  memset(plain.pad, 0, sizeof plain.pad); /* they become the convolution's */
  int layer = 0;
  const int refused = dslt_onnx_plain(&layer, m, node, &plain);
  if (refused) return done(refused);
  if (m->channels[layer] == 0) return dslt_onnx_refuse(m, node, "what it reads cannot be computed.");
  if (w->dims[1] * groups != m->channels[layer])
    return dslt_onnx_refuse(m, node, "its weights are for %lld input channels, and there are %d.",
                            (long long)(w->dims[1] * groups), m->channels[layer]);
  l.kernel[0] = (int)w->dims[2];
  l.kernel[1] = (int)w->dims[3];
  const int window = dslt_onnx_window(&l, m, node);
  if (window) return done(window);
  if (l.kernel[0] != w->dims[2] || l.kernel[1] != w->dims[3])
    return dslt_onnx_refuse(m, node, "its kernel_shape is not that of its weights.");
  for (int i = 0; i < 4; ++i) l.pad[i] += x->pad[i];
  l.channels = (int)w->dims[0];
  l.groups = (int)groups;
  l.bias = b != NULL;
  l.inputs = 1;
  l.input[0] = layer;
  dslt_tensor_view weight, bias;
  DSLT_TRY(own_tensor(&weight, m, w, 4, w->dims));
  if (b) DSLT_TRY(own_tensor(&bias, m, b, 1, b->dims));
  return dslt_onnx_layer(m, &l, node->output[0], &weight, b ? &bias : NULL);
}

/* The size of a flattened map: from the model's input size; 1 x 1 if the number of channels equals the number
 * of values. */
static int dense_kernel(int kernel[2], const dslt_onnx_import *m, int layer, int64_t features) {
  const dslt_onnx_model *model = m->model;
  const int layers = m->network->graph.layers;
  kernel[0] = kernel[1] = 1;
  if (features == m->channels[layer]) return 0;
  if (model->input_rank != 4 || model->input_dims[2] < 1 || model->input_dims[3] < 1) return 1;
  if (model->input_dims[2] > 4096 || model->input_dims[3] > 4096) return 1;
  dslt_node_map *maps = calloc((size_t)layers, sizeof *maps);
  if (!maps) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading an ONNX file.");
  const int rc =
      dslt_graph_maps(maps, &m->network->graph, NULL, (int)model->input_dims[2], (int)model->input_dims[3]);
  kernel[0] = maps[layer].h;
  kernel[1] = maps[layer].w;
  const int64_t got = (int64_t)maps[layer].c * maps[layer].h * maps[layer].w;
  free(maps);
  return rc < 0 || got != features;
}

/* y = x W + b with W [features][outputs], or [outputs][features] where transposed. */
static int add_dense(dslt_onnx_import *m, const dslt_onnx_node *node, const dslt_onnx_tensor *w,
                     const dslt_onnx_tensor *b, int transposed, float alpha, float beta) {
  int layer;
  const int refused = input_layer(&layer, m, node, 0);
  if (refused) return done(refused);
  const int64_t outputs = w->dims[transposed ? 0 : 1], features = w->dims[transposed ? 1 : 0];
  if (m->channels[layer] == 0) return dslt_onnx_refuse(m, node, "what it reads cannot be computed.");
  if (outputs < 1 || outputs > DSLT_GRAPH_CHANNELS_MAX || features < 1)
    return dslt_onnx_refuse(m, node, "its weights have an impossible shape.");
  dslt_node l = dslt_layer_of(DSLT_LAYER_DENSE);
  const int unknown = dense_kernel(l.kernel, m, layer, features);
  if (unknown < 0) return unknown;
  if (unknown || (int64_t)m->channels[layer] * l.kernel[0] * l.kernel[1] != features)
    return dslt_onnx_refuse(m, node, "its %lld features are not those of the map before it.",
                            (long long)features);
  if (b && b->count != 1 && b->count != outputs)
    return dslt_onnx_refuse(m, node, "its bias does not have one value for each output.");
  float *weights, *bias;
  DSLT_TRY(dslt_network_floats(&weights, m->network, (size_t)w->count));
  DSLT_TRY(dslt_network_floats(&bias, m->network, (size_t)outputs));
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t i = 0; i < features; ++i)
      weights[o * features + i] = alpha * w->f[transposed ? o * features + i : i * outputs + o];
    if (b) bias[o] = beta * b->f[b->count == 1 ? 0 : o];
  }
  const int64_t shape[4] = {outputs, m->channels[layer], l.kernel[0], l.kernel[1]};
  const dslt_tensor_view weight = dslt_network_view(weights, 4, shape),
                         view = dslt_network_view(bias, 1, shape);
  DSLT_TRY(dslt_tensor_check_finite(&weight, w->name));
  DSLT_TRY(dslt_tensor_check_finite(&view, w->name));
  l.channels = (int)outputs;
  l.bias = 1;
  l.inputs = 1;
  l.input[0] = layer;
  return dslt_onnx_layer(m, &l, node->output[0], &weight, &view);
}

static int take_gemm(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_tensor *w = dslt_onnx_constant(m, node, 1), *b = dslt_onnx_constant(m, node, 2);
  if (!w || !w->f || w->rank != 2 || (node->inputs > 2 && *node->input[2] && (!b || !b->f)))
    return dslt_onnx_refuse(m, node, "its weights are no constant matrix.");
  if (dslt_onnx_int(node, "transA", 0)) return dslt_onnx_refuse(m, node, "transA is not supported.");
  return add_dense(m, node, w, b, dslt_onnx_int(node, "transB", 0) != 0, dslt_onnx_float(node, "alpha", 1),
                   dslt_onnx_float(node, "beta", 1));
}

static int take_matmul(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_tensor *w = dslt_onnx_constant(m, node, 1);
  if (!w || !w->f || w->rank != 2)
    return dslt_onnx_refuse(m, node, "its second input is no constant matrix.");
  return add_dense(m, node, w, NULL, 0, 1.0f, 1.0f);
}

/* ---- pooling and the like ------------------------------------------------------------------------ */

static int add_single(dslt_onnx_import *m, const dslt_onnx_node *node, dslt_node *l) {
  const int refused = input_layer(&l->input[0], m, node, 0);
  if (refused) return done(refused);
  l->inputs = 1;
  return dslt_onnx_layer(m, l, node->output[0], NULL, NULL);
}

static int take_pool(dslt_onnx_import *m, const dslt_onnx_node *node) {
  dslt_node l = dslt_layer_of(node->op[0] == 'M' ? DSLT_LAYER_MAX_POOL : DSLT_LAYER_AVERAGE_POOL);
  const int refused = dslt_onnx_window(&l, m, node);
  if (refused) return done(refused);
  l.rounding = dslt_onnx_int(node, "ceil_mode", 0) ? DSLT_ROUND_UP : DSLT_ROUND_DOWN;
  l.count_padding = dslt_onnx_int(node, "count_include_pad", 0) != 0;
  if (node->outputs > 1 && *node->output[1])
    return dslt_onnx_refuse(m, node, "the places of the maxima are not supported.");
  for (int i = 0; i < 4; ++i)
    if (l.kernel[i % 2] < 1 || l.stride[i % 2] < 1 || l.pad[i] >= l.kernel[i % 2])
      return dslt_onnx_refuse(m, node, "its kernel, stride and padding do not fit each other.");
  return add_single(m, node, &l);
}

static int take_global_average(dslt_onnx_import *m, const dslt_onnx_node *node) {
  dslt_node l = dslt_layer_of(DSLT_LAYER_GLOBAL_AVERAGE);
  return add_single(m, node, &l);
}

static int take_reduce_mean(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_attribute *a = dslt_onnx_attribute_of(node, "axes");
  const dslt_onnx_tensor *t = dslt_onnx_constant(m, node, 1);
  const int64_t *axes = a ? a->ints : (t ? t->i : NULL);
  const int64_t count = a ? a->count : (t && t->i ? t->count : 0);
  int rows = 0, columns = 0;
  for (int64_t i = 0; i < count; ++i) {
    rows |= axes[i] == 2 || axes[i] == -2;
    columns |= axes[i] == 3 || axes[i] == -1;
  }
  if (count != 2 || !rows || !columns)
    return dslt_onnx_refuse(m, node, "only means over whole maps are supported.");
  return take_global_average(m, node);
}

static int take_lrn(dslt_onnx_import *m, const dslt_onnx_node *node) {
  dslt_node l = dslt_layer_of(DSLT_LAYER_LRN);
  const int64_t size = dslt_onnx_int(node, "size", 0);
  l.alpha = dslt_onnx_float(node, "alpha", 1e-4f);
  l.beta = dslt_onnx_float(node, "beta", 0.75f);
  l.k = dslt_onnx_float(node, "bias", 1.0f);
  if (size < 1 || size > 1023 || size % 2 == 0)
    return dslt_onnx_refuse(m, node, "its size must be odd, 1 to 1023.");
  if (!(fabsf(l.alpha) < 1e6f) || !(fabsf(l.beta) < 1e3f) || !(l.k >= 0.0f && l.k < 1e6f))
    return dslt_onnx_refuse(m, node, "its alpha, beta or bias is out of range.");
  l.size = (int)size;
  return add_single(m, node, &l);
}

/* ---- activations --------------------------------------------------------------------------------- */

static int take_activation(dslt_onnx_import *m, const dslt_onnx_node *node) {
  static const struct {
    const char *op;
    int activation;
  } rows[] = {{"Relu", DSLT_ACTIVATION_RELU},
              {"HardSwish", DSLT_ACTIVATION_HARD_SWISH},
              {"HardSigmoid", DSLT_ACTIVATION_HARD_SIGMOID},
              {"Sigmoid", DSLT_ACTIVATION_SIGMOID}};
  dslt_node l = dslt_layer_of(DSLT_LAYER_ACTIVATION);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
    if (strcmp(node->op, rows[i].op) == 0) l.activation = rows[i].activation;
  if (l.activation == DSLT_ACTIVATION_HARD_SIGMOID) {
    l.slope = dslt_onnx_float(node, "alpha", 0.2f);
    if (dslt_onnx_float(node, "beta", 0.5f) != 0.5f || !(l.slope > 0.0f && l.slope < 1e6f))
      return dslt_onnx_refuse(m, node, "only a beta of 0.5 and an alpha above 0 are supported.");
  }
  return add_single(m, node, &l);
}

/* ---- joins, constants, shapes -------------------------------------------------------------------- */

static int take_concat(dslt_onnx_import *m, const dslt_onnx_node *node) {
  dslt_node l = dslt_layer_of(DSLT_LAYER_CONCAT);
  int maps = 0;
  for (int i = 0; i < node->inputs; ++i) {
    const dslt_onnx_value *value = dslt_onnx_find(m, node->input[i]);
    maps += value && value->kind == DSLT_ONNX_MAP;
  }
  if (maps == 0) {
    const dslt_onnx_value shape = {.name = node->output[0], .kind = DSLT_ONNX_SHAPE};
    return dslt_onnx_put(m, &shape);
  }
  const int64_t axis = dslt_onnx_int(node, "axis", 1);
  if (axis != 1 && axis != -3) return dslt_onnx_refuse(m, node, "only channels (axis 1) can be joined.");
  if (node->inputs > DSLT_LAYER_INPUTS_MAX)
    return dslt_onnx_refuse(m, node, "more than %d inputs.", DSLT_LAYER_INPUTS_MAX);
  for (int i = 0; i < node->inputs; ++i) {
    const int refused = input_layer(&l.input[i], m, node, i);
    if (refused) return done(refused);
  }
  l.inputs = node->inputs;
  return dslt_onnx_layer(m, &l, node->output[0], NULL, NULL);
}

/* Operators that return their input unchanged. */
static int take_identity(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_value *x = node->inputs > 0 ? dslt_onnx_find(m, node->input[0]) : NULL;
  if (!x) return dslt_onnx_refuse(m, node, "it has no input.");
  dslt_onnx_value same = *x;
  same.name = node->output[0];
  return dslt_onnx_put(m, &same);
}

static int take_constant(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_attribute *a = dslt_onnx_attribute_of(node, "value");
  if (!a || !a->tensor) return dslt_onnx_refuse(m, node, "only tensors are supported.");
  const dslt_onnx_value constant = {.name = node->output[0], .kind = DSLT_ONNX_CONSTANT, .tensor = a->tensor};
  return dslt_onnx_put(m, &constant);
}

/* Arithmetic on shapes, as exporters write it around a flattening. */
static int take_shape(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_value shape = {.name = node->output[0], .kind = DSLT_ONNX_SHAPE};
  if (strcmp(node->op, "Shape") != 0)
    for (int i = 0; i < node->inputs; ++i) {
      const dslt_onnx_value *value = dslt_onnx_find(m, node->input[i]);
      if (value && value->kind == DSLT_ONNX_MAP)
        return dslt_onnx_refuse(m, node, "it is supported for shapes only, not for maps.");
    }
  return dslt_onnx_put(m, &shape);
}

static const struct {
  const char *op;
  dslt_onnx_operator take;
} operators[] = {
    {"Conv", take_conv},
    {"Gemm", take_gemm},
    {"MatMul", take_matmul},
    {"MaxPool", take_pool},
    {"AveragePool", take_pool},
    {"GlobalAveragePool", take_global_average},
    {"ReduceMean", take_reduce_mean},
    {"LRN", take_lrn},
    {"BatchNormalization", dslt_onnx_normalise},
    {"Relu", take_activation},
    {"HardSwish", take_activation},
    {"HardSigmoid", take_activation},
    {"Sigmoid", take_activation},
    {"Clip", dslt_onnx_clip},
    {"Add", dslt_onnx_arithmetic},
    {"Sum", dslt_onnx_arithmetic},
    {"Sub", dslt_onnx_arithmetic},
    {"Mul", dslt_onnx_arithmetic},
    {"Div", dslt_onnx_arithmetic},
    {"Concat", take_concat},
    {"Upsample", dslt_onnx_resize},
    {"Resize", dslt_onnx_resize},
    {"Pad", dslt_onnx_pad},
    {"Identity", take_identity},
    {"Dropout", take_identity},
    {"Constant", take_constant},
    {"Flatten", dslt_onnx_reshape},
    {"Reshape", dslt_onnx_reshape},
    {"Squeeze", dslt_onnx_reshape},
    {"Unsqueeze", dslt_onnx_reshape},
    {"Shape", take_shape},
    {"Gather", take_shape},
    {"Slice", take_shape},
    {"Cast", take_shape},
};

dslt_onnx_operator dslt_onnx_operator_of(const char *op) {
  for (size_t i = 0; i < sizeof operators / sizeof *operators; ++i)
    if (strcmp(op, operators[i].op) == 0) return operators[i].take;
  return NULL;
}
