/* SPDX-License-Identifier: Apache-2.0 */
/* graph.h: a network as data: nodes (layers) in order of execution, each naming the earlier layers that it
 * reads. What a layer's map looks like (size, stride, receptive field, work) follows from the graph. */
#ifndef DSLT_BACKEND_GRAPH_H
#define DSLT_BACKEND_GRAPH_H

#include <stddef.h>

#include "math/layers.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  DSLT_LAYER_INPUTS_MAX = 64,
  DSLT_GRAPH_LAYERS_MAX = 4096,
  DSLT_GRAPH_CHANNELS_MAX = 65536,
  DSLT_GRAPH_SIDE_MAX = 65536, /* of a map, a kernel, a padding */
  DSLT_NET_TAPS_MAX = 8
};

typedef enum dslt_layer_kind {
  DSLT_LAYER_INPUT = 0,    /* the picture; layer 0 and no other */
  DSLT_LAYER_CONV,         /* weights [channels][cin / groups][kernel], bias [channels] */
  DSLT_LAYER_DENSE,        /* fully connected: a convolution whose kernel is the whole map, without padding */
  DSLT_LAYER_MAX_POOL,     /* padding never wins */
  DSLT_LAYER_AVERAGE_POOL, /* padding counts only with count_padding */
  DSLT_LAYER_GLOBAL_AVERAGE, /* one cell */
  DSLT_LAYER_LRN,            /* x (k + alpha / summands * sum of squares)^-beta */
  DSLT_LAYER_SUM,            /* of 2 or more maps; those of one cell are added to every cell */
  DSLT_LAYER_PRODUCT,        /* likewise */
  DSLT_LAYER_CONCAT,         /* channels behind one another */
  DSLT_LAYER_UPSAMPLE,       /* by whole factors */
  DSLT_LAYER_ACTIVATION,     /* only the activation */
  DSLT_LAYER_KINDS
} dslt_layer_kind;

/* How a pooling's output size is rounded. UP is Caffe's and PyTorch's ceil_mode: a last window that would
 * begin in the padding behind the map is left out. */
typedef enum dslt_rounding { DSLT_ROUND_DOWN = 0, DSLT_ROUND_UP } dslt_rounding;
/* Paddings as given, or such that the output side is the input side divided by the stride, rounded up; an odd
 * cell of padding goes after the map (UPPER) or before it (LOWER). */
typedef enum dslt_padding { DSLT_PAD_GIVEN = 0, DSLT_PAD_SAME_UPPER, DSLT_PAD_SAME_LOWER } dslt_padding;

typedef struct dslt_node {
  char *name;    /* unique; owned by the graph */
  char *refusal; /* why the layer cannot be computed (then other fields are undefined), or NULL */
  int kind;      /* dslt_layer_kind */
  int activation;
  float slope; /* of the hard sigmoid; 1/6 as in MobileNetV3, 0.2 as in Keras */
  int inputs, input[DSLT_LAYER_INPUTS_MAX];
  int channels; /* INPUT, CONV, DENSE: of the output */
  /* CONV, DENSE, pooling; [0] is vertical */
  int kernel[2], stride[2], dilation[2];
  int pad[4]; /* top, left, bottom, right */
  int padding, rounding, count_padding;
  int groups, bias; /* CONV, DENSE; bias 1: there is one */
  int size, within; /* LRN: window; 1: within a channel, 0: across channels */
  float alpha, beta, k;
  int factor[2], linear; /* UPSAMPLE; linear 0: nearest, 1: bilinear with half-pixel centres */
} dslt_node;

typedef struct dslt_graph {
  int layers;
  dslt_node *layer;
} dslt_graph;

/* One layer's output for one picture. */
typedef struct dslt_node_map {
  int c, h, w;
  int pad[4];               /* top, left, bottom, right, as applied */
  double stride[2];         /* input pixels from cell to cell; vertical first */
  double first[2], last[2]; /* first and last input pixel of cell 0's receptive field */
  int whole;                /* 1: every cell also depends on the whole picture */
  double flop;              /* of one picture; a multiplication and an addition count as two */
  double weights;           /* parameters */
} dslt_node_map;

/* Structure and numbers: every input is an earlier layer, every number within its range. A layer with a
 * refusal is not checked. DSLT_EWEIGHTS names the layer. */
int dslt_graph_check(const dslt_graph *graph);

/* The maps of all layers for pictures of h x w, into out [layers]. Layers with needed[i] = 0 are left out (c
 * = 0); NULL: all that can be computed. DSLT_EWEIGHTS names the layer that does not fit. */
int dslt_graph_maps(dslt_node_map *out, const dslt_graph *graph, const unsigned char *needed, int h, int w);

/* needed [layers] = 1 for what the taps depend on. DSLT_EWEIGHTS with the refusal of a layer that a tap
 * depends on. */
int dslt_graph_needed(unsigned char *needed, const dslt_graph *graph, const int *tap, int taps);

/* Values of a layer's weights; 0 for layers without. `in` is the map of its first input. */
size_t dslt_layer_weights_count(const dslt_node *layer, const dslt_node_map *in);

/* Index of the layer of that name, or -1. */
int dslt_graph_find(const dslt_graph *graph, const char *name);

/* A layer of `kind` with neutral numbers: kernel, stride, dilation, factor and groups of 1. */
dslt_node dslt_layer_of(int kind);
/* Append a copy of `layer` named `name` (copied). Returns its index, or DSLT_EMEMORY, or DSLT_EWEIGHTS where
 * there are too many. */
int dslt_graph_add(dslt_graph *graph, const dslt_node *layer, const char *name);
void dslt_graph_free(dslt_graph *graph);

/* Name of a kind, "convolution", "max pooling" ...; static storage. */
const char *dslt_layer_kind_name(int kind);
const char *dslt_activation_name(int activation);

#ifdef __cplusplus
}
#endif

#endif
