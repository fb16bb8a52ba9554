/* SPDX-License-Identifier: Apache-2.0 */
/* layers.h: every kind of layer in plain C, channels last and float32. Used by builds without oneDNN and for
 * layers that oneDNN does not support. */
#ifndef DSLT_BACKEND_CPU_LAYERS_H
#define DSLT_BACKEND_CPU_LAYERS_H

#include "backend/graph.h"

typedef struct dslt_layer_call {
  const dslt_node *layer;
  int n;
  dslt_node_map map;                       /* of the output */
  dslt_node_map in[DSLT_LAYER_INPUTS_MAX]; /* of the inputs */
  const float *x[DSLT_LAYER_INPUTS_MAX];   /* [n][h][w][c] each */
  const float *weights;                    /* [cout][kernel][cin / groups], bias [cout] */
  const float *bias;
  float *y;
} dslt_layer_call;

/* y may be x[0] where that has y's size, except for LRN, windows and upsampling. */
void dslt_layer_run(const dslt_layer_call *call);

/* [cout][cin][taps] -> [cout][taps][cin] */
void dslt_layer_order_weights(float *out, const float *oihw, const dslt_node *layer, int cin_per_group);

#endif
