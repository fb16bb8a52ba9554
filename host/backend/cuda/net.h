/* SPDX-License-Identifier: Apache-2.0 */
/* net.h: a network planned for a batch and a picture size. A layer's map is stored channels last, its channels
 * filled up to a multiple of 16 bytes; what fills them up is finite and meets weights of 0. Maps that are in
 * use at the same time lie side by side in the backend's memory for activations; parts of a concatenation are
 * written where they belong. */
#ifndef DSLT_BACKEND_CUDA_NET_H
#define DSLT_BACKEND_CUDA_NET_H

#include "cudnn_conv.h"
#include "layers.h"

/* How a convolution is computed. */
typedef enum dslt_conv_way {
  DSLT_CONV_NONE = 0,
  DSLT_CONV_CUDNN,
  DSLT_CONV_NINE,    /* 3 x 3, stride 1: nine products of shifted maps */
  DSLT_CONV_PRODUCT, /* one product a group, of the map itself or of its columns */
  DSLT_CONV_DEPTHWISE
} dslt_conv_way;

typedef struct dslt_net_layer {
  dslt_node node;       /* without names */
  dslt_node_map map;    /* c 0: not needed */
  int uses, is_tap;     /* layers that read it */
  int sum;              /* of a convolution: the sum that is computed with it, or -1 */
  int addend;           /* of a sum: the convolution that is computed with it, or -1 */
  int home, first;      /* the layer whose memory holds the map, and its first channel there */
  int stored;           /* channels with those that fill up */
  int born, dies;       /* layers that write it first and read it last */
  size_t bytes, offset; /* of its own memory */

  dslt_conv_way way;
  int in_stored;         /* input channels of one group as the weights count them */
  dslt_cudnn_conv *conv; /* DSLT_CONV_CUDNN */
  void *weights;
  float *bias;     /* [stored] */
  void *conv_bias; /* the same in the maps' type, for cuDNN; NULL: it is of that type */
  int owned;       /* 0: weights and biases are another net's */
} dslt_net_layer;

struct dslt_net {
  dslt_cuda *cuda;
  dslt_type type; /* of maps and weights */
  int n, layers;
  int taps, tap[DSLT_NET_TAPS_MAX];
  dslt_net_layer *layer;
  size_t bytes;       /* of activations */
  const float *given; /* the picture holds already what net_run() is to read there; or NULL */
};

static inline size_t dslt_net_element(const dslt_net *net) { return net->type == DSLT_TYPE_BF16 ? 2 : 4; }
/* Channels of a map are filled up to a multiple of this. */
static inline int dslt_net_unit(const dslt_net *net) { return net->type == DSLT_TYPE_BF16 ? 8 : 4; }

/* Where the map of a layer lies. */
dslt_layer_map dslt_net_map(const dslt_net *net, int layer);
/* The layer whose step computes the map of `layer`: its own, or its sum's. */
static inline int dslt_net_step_of(const dslt_net *net, int layer) {
  return net->layer[layer].sum >= 0 ? net->layer[layer].sum : layer;
}

/* net.c: reads the graph and lays the maps out; no device memory is touched. */
int dslt_net_lay_out(dslt_net *net, const dslt_net_desc *desc);
/* net_place.c: which layers are computed together, and where the maps lie. */
int dslt_net_place(dslt_net *net);

/* net.c: where crops [n][h][w][3] into `input` go that only `reader` reads: into its picture where they fit, from which the
 * next net_run() on `input` goes on; else, and without a reader, into `input`. */
dslt_layer_map dslt_net_pictures(dslt_net *reader, float *input, int n, int h, int w);

/* net_conv.c */
/* The convolution as cuDNN is asked for it; 0: its groups do not fit 16 bytes. */
int dslt_net_conv_case(dslt_conv_case *out, const dslt_net *net, int layer);
int dslt_net_plan_conv(dslt_net *net, const dslt_net_desc *desc, int layer);
/* Computes the convolution `layer` into the map of step `to`: its own, or the sum's that it belongs to. */
int dslt_net_run_conv(const dslt_net *net, int layer, int to);
void dslt_net_free_conv(dslt_net_layer *layer);

/* net_layers.c: any other layer but the picture. */
int dslt_net_run_layer(const dslt_net *net, int layer);

#endif
