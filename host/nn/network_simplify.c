/* SPDX-License-Identifier: Apache-2.0 */
/* network_simplify.c: a network with fewer layers that computes the same. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "network.h"

static void mark(unsigned char *needed, const dslt_graph *g) {
  needed[0] = 1;
  for (int i = g->layers - 1; i >= 0; --i)
    for (int k = 0; needed[i] && k < g->layer[i].inputs; ++k) needed[g->layer[i].input[k]] = 1;
}

/* Layer i becomes layer to[i]; those with to[i] < 0 are removed; to[i] = -2 - k: layer k computes them
 * too. */
static void compact(dslt_network *network, const int *to) {
  dslt_graph *g = &network->graph;
  int kept = 0;
  for (int i = 0; i < g->layers; ++i) {
    dslt_node *l = &g->layer[i];
    if (to[i] != kept) {
      free(l->name);
      free(l->refusal);
      continue;
    }
    for (int k = 0; k < l->inputs; ++k) l->input[k] = to[l->input[k]];
    g->layer[kept] = *l;
    network->weight[kept] = network->weight[i];
    network->bias[kept] = network->bias[i];
    ++kept;
  }
  g->layers = kept;
}

/* Called before layers are moved: updates the taps' indices. */
static void move_taps(dslt_network *network, const int *to) {
  for (int t = 0; t < network->taps; ++t) {
    int layer = network->tap[t];
    while (to[layer] < -1) layer = -2 - to[layer];
    network->tap[t] = to[layer];
  }
}

/* One value a channel, as a convolution of groups of one. */
static int is_affine(const dslt_node *l, const dslt_tensor_view *weight) {
  return l->kind == DSLT_LAYER_CONV && !l->refusal && l->groups == l->channels && weight->rank == 4 &&
         weight->shape[1] == 1 && l->kernel[0] == 1 && l->kernel[1] == 1 && l->stride[0] == 1 &&
         l->stride[1] == 1 && !(l->pad[0] | l->pad[1] | l->pad[2] | l->pad[3]);
}

/* conv := affine(conv): new tensors, since the file's are read-only. */
static int fold_affine(dslt_network *network, int conv, int affine) {
  dslt_node *l = &network->graph.layer[conv];
  const dslt_tensor_view *w = &network->weight[conv], *b = &network->bias[conv];
  const size_t cout = (size_t)l->channels, count = w->bytes / (w->dtype == DSLT_DTYPE_F32 ? 4 : 2);
  float *weights, *bias, *scale, *shift;
  DSLT_TRY(dslt_network_floats(&weights, network, count));
  DSLT_TRY(dslt_network_floats(&bias, network, cout));
  DSLT_TRY(dslt_network_floats(&scale, network, cout));
  DSLT_TRY(dslt_network_floats(&shift, network, cout));
  dslt_tensor_to_f32(weights, w, 0, count);
  dslt_tensor_to_f32(scale, &network->weight[affine], 0, cout);
  if (network->bias[affine].data) dslt_tensor_to_f32(shift, &network->bias[affine], 0, cout);
  if (b->data) dslt_tensor_to_f32(bias, b, 0, cout);
  for (size_t o = 0; o < cout; ++o) {
    for (size_t i = 0; i < count / cout; ++i) weights[o * (count / cout) + i] *= scale[o];
    bias[o] = bias[o] * scale[o] + shift[o];
  }
  const int64_t channels[1] = {l->channels};
  network->weight[conv] = dslt_network_view(weights, w->rank, w->shape);
  network->bias[conv] = dslt_network_view(bias, 1, channels);
  l->bias = 1;
  return DSLT_OK;
}

static int takes_activation(int kind) {
  return kind == DSLT_LAYER_CONV || kind == DSLT_LAYER_DENSE || kind == DSLT_LAYER_SUM ||
         kind == DSLT_LAYER_PRODUCT;
}

/* 1: layer `index` became part of the layer before it, which takes its name and its activation. */
static int merge(int *merged, dslt_network *network, int index, const int *uses) {
  dslt_node *l = &network->graph.layer[index];
  *merged = 0;
  if (l->inputs != 1 || l->refusal) return DSLT_OK;
  dslt_node *before = &network->graph.layer[l->input[0]];
  if (uses[l->input[0]] != 1 || before->refusal || before->activation != DSLT_ACTIVATION_NONE) return DSLT_OK;
  const int is_conv = before->kind == DSLT_LAYER_CONV || before->kind == DSLT_LAYER_DENSE;
  if (l->kind == DSLT_LAYER_ACTIVATION && takes_activation(before->kind)) {
    *merged = 1;
  } else if (is_affine(l, &network->weight[index]) && is_conv) {
    DSLT_TRY(fold_affine(network, l->input[0], index));
    *merged = 1;
  }
  if (!*merged) return DSLT_OK;
  before->activation = l->activation;
  before->slope = l->slope;
  char *name = before->name;
  before->name = l->name;
  l->name = name;
  return DSLT_OK;
}

int dslt_network_simplify(dslt_network *network, const unsigned char *keep) {
  dslt_graph *g = &network->graph;
  const size_t layers = (size_t)g->layers;
  unsigned char *needed = malloc(layers ? layers : 1);
  int *to = calloc(layers ? layers : 1, sizeof *to), *uses = calloc(layers ? layers : 1, sizeof *uses);
  int rc = needed && to && uses ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for a network.");
  if (rc == DSLT_OK) {
    memcpy(needed, keep, layers);
    mark(needed, g);
    for (int i = 0; i < g->layers; ++i)
      for (int k = 0; needed[i] && k < g->layer[i].inputs; ++k) ++uses[g->layer[i].input[k]];
    for (int t = 0; t < network->taps; ++t) ++uses[network->tap[t]]; /* a tapped layer must keep its values */
  }
  int kept = 0;
  for (int i = 0; rc == DSLT_OK && i < g->layers; ++i) {
    int merged = 0;
    /* later layers still refer to this one; redirect them */
    if (needed[i]) rc = merge(&merged, network, i, uses);
    if (merged) {
      const int before = g->layer[i].input[0];
      uses[before] = uses[i];
      for (int j = i + 1; j < g->layers; ++j)
        for (int k = 0; k < g->layer[j].inputs; ++k)
          if (g->layer[j].input[k] == i) g->layer[j].input[k] = before;
      to[i] = -2 - before;
    } else {
      to[i] = needed[i] ? kept++ : -1;
    }
  }
  if (rc == DSLT_OK) {
    move_taps(network, to);
    compact(network, to);
  }
  free(needed);
  free(to);
  free(uses);
  return rc;
}
