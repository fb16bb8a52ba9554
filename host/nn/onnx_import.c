/* SPDX-License-Identifier: Apache-2.0 */
/* onnx_import.c: turns an ONNX model's nodes into layers: values by name, constants, errors that name the
 * node. */
#include "onnx_import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { BUCKETS = 4096 };

static int no_memory(void) { return dslt_fail(DSLT_EMEMORY, "Out of memory while reading an ONNX file."); }

/* ---- values -------------------------------------------------------------------------------------- */

static unsigned bucket_of(const char *name) {
  unsigned hash = 2166136261u;
  for (; *name; ++name) hash = (hash ^ (unsigned char)*name) * 16777619u;
  return hash % BUCKETS;
}

int dslt_onnx_put(dslt_onnx_import *m, const dslt_onnx_value *value) {
  if (m->values == m->value_room) {
    const int room = m->value_room ? 2 * m->value_room : 256;
    dslt_onnx_value *values = realloc(m->value, (size_t)room * sizeof *values);
    if (values) m->value = values;
    int *next = realloc(m->next, (size_t)room * sizeof *next);
    if (next) m->next = next;
    if (!values || !next) return no_memory();
    m->value_room = room;
  }
  const unsigned bucket = bucket_of(value->name);
  m->value[m->values] = *value;
  m->next[m->values] = m->bucket[bucket];
  m->bucket[bucket] = m->values++;
  return DSLT_OK;
}

const dslt_onnx_value *dslt_onnx_find(const dslt_onnx_import *m, const char *name) {
  for (int i = m->bucket[bucket_of(name)]; i >= 0; i = m->next[i])
    if (strcmp(m->value[i].name, name) == 0) return &m->value[i];
  return NULL;
}

/* ---- layers -------------------------------------------------------------------------------------- */

static int channels_behind(const dslt_onnx_import *m, const dslt_node *l) {
  if (l->refusal) return 0;
  if (l->kind == DSLT_LAYER_INPUT || l->kind == DSLT_LAYER_CONV || l->kind == DSLT_LAYER_DENSE)
    return l->channels;
  int64_t sum = 0;
  for (int i = 0; i < l->inputs; ++i) {
    const int channels = m->channels[l->input[i]];
    if (channels == 0) return 0;
    sum = l->kind == DSLT_LAYER_CONCAT ? sum + channels : channels;
  }
  return sum <= DSLT_GRAPH_CHANNELS_MAX ? (int)sum : 0;
}

/* A name that no layer has yet: the output's own, or with a number behind it. */
int dslt_onnx_add(dslt_onnx_import *m, const dslt_node *layer, const char *output,
                  const dslt_tensor_view *weight, const dslt_tensor_view *bias) {
  char name[256];
  snprintf(name, sizeof name, "%.200s", *output ? output : "layer");
  for (char *c = name; *c; ++c)
    if (*c == ',' || (unsigned char)*c <= ' ') *c = '_'; /* lists of names have commas between them */
  const size_t length = strlen(name);
  for (int i = m->network->graph.layers; dslt_graph_find(&m->network->graph, name) >= 0; ++i)
    snprintf(name + length, sizeof name - length, ".%d", i);
  const int index = dslt_network_add(m->network, layer, name, weight, bias);
  DSLT_TRY(index);
  if (index >= m->room) {
    m->room = 2 * index + 64;
    int *grown = realloc(m->channels, (size_t)m->room * sizeof *grown);
    if (!grown) return no_memory();
    m->channels = grown;
  }
  m->channels[index] = channels_behind(m, layer);
  return index;
}

int dslt_onnx_layer(dslt_onnx_import *m, const dslt_node *layer, const char *output,
                    const dslt_tensor_view *weight, const dslt_tensor_view *bias) {
  char safe[120];
  if (dslt_onnx_find(m, output))
    return dslt_fail(DSLT_EWEIGHTS, "Two nodes make \"%s\".", dslt_printable(safe, sizeof safe, output));
  const int index = dslt_onnx_add(m, layer, output, weight, bias);
  DSLT_TRY(index);
  const dslt_onnx_value value = {.name = output, .kind = DSLT_ONNX_MAP, .layer = index, .scale = 1.0f};
  return dslt_onnx_put(m, &value);
}

int dslt_onnx_refuse(dslt_onnx_import *m, const dslt_onnx_node *node, const char *format, ...) {
  char what[300], safe[80], text[400];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  snprintf(text, sizeof text, "operator %s: %s", dslt_printable(safe, sizeof safe, node->op), what);
  dslt_node layer = dslt_layer_of(DSLT_LAYER_ACTIVATION);
  layer.refusal = text;
  for (int i = 0; i < node->inputs && layer.inputs < DSLT_LAYER_INPUTS_MAX; ++i) {
    const dslt_onnx_value *value = dslt_onnx_find(m, node->input[i]);
    if (value && value->kind == DSLT_ONNX_MAP) layer.input[layer.inputs++] = value->layer;
  }
  for (int i = 0; i < node->outputs; ++i)
    if (*node->output[i]) DSLT_TRY(dslt_onnx_layer(m, &layer, node->output[i], NULL, NULL));
  return DSLT_OK;
}

int dslt_onnx_affine(dslt_onnx_import *m, int layer, const float *scale, const float *shift,
                     const char *output) {
  const int channels = m->channels[layer];
  const int64_t shape[4] = {channels, 1, 1, 1};
  float *weights, *bias;
  DSLT_TRY(dslt_network_floats(&weights, m->network, (size_t)channels));
  DSLT_TRY(dslt_network_floats(&bias, m->network, (size_t)channels));
  memcpy(weights, scale, (size_t)channels * sizeof *weights);
  memcpy(bias, shift, (size_t)channels * sizeof *bias);
  dslt_node affine = dslt_layer_of(DSLT_LAYER_CONV);
  affine.channels = affine.groups = channels;
  affine.bias = 1;
  affine.inputs = 1;
  affine.input[0] = layer;
  const dslt_tensor_view w = dslt_network_view(weights, 4, shape), b = dslt_network_view(bias, 1, shape);
  return dslt_onnx_add(m, &affine, output, &w, &b);
}

int dslt_onnx_plain(int *layer, dslt_onnx_import *m, const dslt_onnx_node *node,
                    const dslt_onnx_value *value) {
  *layer = value->layer;
  if (value->pad[0] | value->pad[1] | value->pad[2] | value->pad[3]) {
    DSLT_TRY(dslt_onnx_refuse(m, node, "zeros around a map are only taken before a convolution."));
    return 1;
  }
  if (value->scale == 1.0f && value->shift == 0.0f) return 0;
  const size_t channels = (size_t)m->channels[value->layer];
  if (channels == 0) {
    DSLT_TRY(dslt_onnx_refuse(m, node, "what it reads cannot be computed."));
    return 1;
  }
  float *both = malloc(2 * channels * sizeof *both);
  if (!both) return no_memory();
  for (size_t i = 0; i < channels; ++i) both[i] = value->scale, both[channels + i] = value->shift;
  const int affine = dslt_onnx_affine(m, value->layer, both, both + channels, value->name);
  free(both);
  DSLT_TRY(affine);
  *layer = affine;
  return 0;
}

/* ---- the model ----------------------------------------------------------------------------------- */

/* Channels of the picture: what the model says, or the first convolution. */
static int input_channels(const dslt_onnx_import *m) {
  const dslt_onnx_model *model = m->model;
  if (model->input_rank == 4 && model->input_dims[1] > 0 && model->input_dims[1] <= DSLT_GRAPH_CHANNELS_MAX)
    return (int)model->input_dims[1];
  return 3;
}

static int begin(dslt_onnx_import *m) {
  const dslt_onnx_model *model = m->model;
  if (model->inputs != 1)
    return dslt_fail(DSLT_EWEIGHTS, "The model has %d inputs; a backbone has one, the picture.",
                     model->inputs);
  if (model->input_rank != 0 && model->input_rank != 4)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "The model's input has %d dimensions; a backbone's has four: pictures, channels, height, "
        "width.",
        model->input_rank);
  for (int i = 0; i < BUCKETS; ++i) m->bucket[i] = -1;
  for (int i = 0; i < model->tensors; ++i) {
    const dslt_onnx_value constant = {.name = model->tensor[i].name,
                                      .kind = DSLT_ONNX_CONSTANT,
                                      .tensor = &model->tensor[i],
                                      .scale = 1.0f};
    DSLT_TRY(dslt_onnx_put(m, &constant));
  }
  dslt_node input = dslt_layer_of(DSLT_LAYER_INPUT);
  input.channels = input_channels(m);
  return dslt_onnx_layer(m, &input, model->input[0], NULL, NULL);
}

static int take_node(dslt_onnx_import *m, const dslt_onnx_node *node) {
  char safe[120];
  for (int i = 0; i < node->inputs; ++i)
    if (*node->input[i] && !dslt_onnx_find(m, node->input[i]))
      return dslt_fail(DSLT_EWEIGHTS, "A node reads \"%s\", which no node before it makes.",
                       dslt_printable(safe, sizeof safe, node->input[i]));
  if (node->outputs < 1) return DSLT_OK;
  if (*node->domain && strcmp(node->domain, "ai.onnx") != 0)
    return dslt_onnx_refuse(m, node, "it is of the domain %s, which is not supported.",
                            dslt_printable(safe, sizeof safe, node->domain));
  const dslt_onnx_operator take = dslt_onnx_operator_of(node->op);
  if (!take) return dslt_onnx_refuse(m, node, "it is not supported.");
  return take(m, node);
}

/* Layers that some output of the model depends on; where no output is a map, all. */
static int keep_outputs(dslt_onnx_import *m) {
  const dslt_graph *g = &m->network->graph;
  unsigned char *keep = calloc((size_t)g->layers, 1);
  if (!keep) return no_memory();
  int any = 0;
  for (int i = 0; i < m->model->outputs; ++i) {
    const dslt_onnx_value *value = dslt_onnx_find(m, m->model->output[i]);
    if (!value || value->kind != DSLT_ONNX_MAP) continue;
    keep[value->layer] = 1;
    any = 1;
  }
  if (!any) memset(keep, 1, (size_t)g->layers);
  const int rc = dslt_network_simplify(m->network, keep);
  free(keep);
  return rc;
}

static int take_model(dslt_onnx_import *m) {
  DSLT_TRY(begin(m));
  for (int i = 0; i < m->model->nodes; ++i) DSLT_TRY(take_node(m, &m->model->node[i]));
  if (m->network->graph.layers < 2) return dslt_fail(DSLT_EWEIGHTS, "The model has no layers.");
  DSLT_TRY(dslt_graph_check(&m->network->graph));
  DSLT_TRY(dslt_network_check(m->network));
  return keep_outputs(m);
}

int dslt_network_from_onnx(dslt_network **out, const void *data, size_t size, const char *name,
                           int (*metadata)(void *context, const char *key, const char *value),
                           void *context) {
  dslt_onnx_model model;
  dslt_onnx_import m = {.model = &model};
  const int read = dslt_onnx_read(&model, data, size);
  if (read < 0) return dslt_fail_prefix(read, name);
  m.network = calloc(1, sizeof *m.network);
  m.bucket = malloc(BUCKETS * sizeof *m.bucket);
  int rc = m.network && m.bucket ? take_model(&m) : no_memory();
  for (int i = 0; rc == DSLT_OK && metadata && i < model.entries; ++i)
    if (strncmp(model.entry[2 * i], "dslt.", 5) == 0)
      rc = metadata(context, model.entry[2 * i], model.entry[2 * i + 1]);
  free(m.bucket);
  free(m.next);
  free(m.value);
  free(m.channels);
  dslt_onnx_free(&model);
  if (rc < 0) {
    dslt_network_free(m.network);
    return dslt_fail_prefix(rc, name);
  }
  *out = m.network;
  return DSLT_OK;
}
