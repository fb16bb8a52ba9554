/* SPDX-License-Identifier: Apache-2.0 */
/* network.h: any network with its weights: a graph, a tensor or two for each layer, and which layers are
 * tapped. */
#ifndef DSLT_NN_NETWORK_H
#define DSLT_NN_NETWORK_H

#include "backend/graph.h"
#include "nn/weights.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_network {
  dslt_graph graph;
  dslt_tensor_view *weight, *bias; /* of each layer; data NULL: none */
  void **block;                    /* memory of tensors that are in no file */
  int blocks;
  int taps, tap[DSLT_NET_TAPS_MAX]; /* layers, the finest map first */
  float scale[DSLT_NET_TAPS_MAX];   /* factor on each tap */
} dslt_network;

void dslt_network_free(dslt_network *network);

/* Append a layer whose tensors are views of memory that outlives the network (data NULL: none). Its index, or
 * a negative code. */
int dslt_network_add(dslt_network *network, const dslt_node *node, const char *name,
                     const dslt_tensor_view *weight, const dslt_tensor_view *bias);
/* Zeroed memory for `count` floats that lives as long as the network. DSLT_EMEMORY. */
int dslt_network_floats(float **out, dslt_network *network, size_t count);
/* A float32 view of [shape[0]] ... of `rank` dimensions. */
dslt_tensor_view dslt_network_view(const float *data, int rank, const int64_t *shape);

/* A layer's weights and bias (zeros where it has none) as float32: the `load` of a dslt_net_desc whose context is the
 * dslt_network. DSLT_OK. */
int dslt_network_load_layer(void *network, int layer, float *weights, float *bias);

/* Do the tensors fit the layers? Layers that cannot be computed are not checked. DSLT_EWEIGHTS names one. */
int dslt_network_check(const dslt_network *network);

/* Names with commas between them; sorted by stride, scales set to 1. DSLT_EWEIGHTS names a layer that is not
 * there, with the nearest one that is, or that cannot be computed. */
int dslt_network_set_taps(dslt_network *network, const char *names);

/* Leave out what no layer of `keep` [layers] depends on; fold affine layers into the convolutions before them
 * and activations into what they follow. DSLT_EMEMORY. */
int dslt_network_simplify(dslt_network *network, const unsigned char *keep);

/* network_probe.c: set the taps' scales so that the taps' values average about 20 on a fixed photograph-like
 * image; `deviation` [3] is the deviation that network inputs are divided by. Runs the network on the CPU. */
int dslt_network_probe(dslt_network *network, const float *deviation);

/* network_text.c: the graph as JSON text (to be freed; NULL when out of memory), and back, with the tensors
 * NAME.weight and NAME.bias of `file`. DSLT_EWEIGHTS says what is wrong. */
char *dslt_network_text(const dslt_network *network);
int dslt_network_read(dslt_network **out, const char *text, const dslt_safetensors *file);

/* onnx_import.c: from an ONNX file in memory; `name` is used in error sentences. Metadata whose keys begin
 * with "dslt." is copied to `metadata` (may be NULL). DSLT_EFORMAT, DSLT_EWEIGHTS, DSLT_EMEMORY,
 * DSLT_EUNSUPPORTED: built without the ONNX library. */
int dslt_network_from_onnx(dslt_network **out, const void *data, size_t size, const char *name,
                           int (*metadata)(void *context, const char *key, const char *value), void *context);

#ifdef __cplusplus
}
#endif

#endif
