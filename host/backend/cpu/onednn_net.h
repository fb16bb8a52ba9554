/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_net.h: a planned network as oneDNN runs it: a flat list of steps that read and write ranges of one
 * arena. */
#ifndef DSLT_BACKEND_CPU_ONEDNN_NET_H
#define DSLT_BACKEND_CPU_ONEDNN_NET_H

#include "backend/peak.h"
#include "layers.h"
#include "onednn_step.h"
#include "onednn_weights.h"

/* Where an argument lies: a store of the arena by its index, the input, or tap t at DSLT_STORE_TAP - t. */
enum { DSLT_STORE_INPUT = -1, DSLT_STORE_TAP = -2 };

typedef struct dslt_binding {
  int arg; /* oneDNN's name of the argument; the index of an input of a plain layer, -1 for its output */
  int store;
  size_t offset;     /* bytes from the store's beginning */
  size_t stride;     /* bytes from one run to the next */
  const void *bound; /* current address of the argument */
} dslt_binding;

typedef struct dslt_net_step {
  dslt_step step;
  dslt_layer_call *call; /* a layer in plain C instead of a primitive */
  int layer;             /* index in the graph */
  int runs;              /* parts of the batch, one after the other */
  int bindings;
  dslt_binding *binding;
} dslt_net_step;

typedef struct dslt_store {
  size_t bytes, offset; /* in the arena */
  int first, last;      /* first and last step that use it */
} dslt_store;

struct dslt_net {
  dslt_cpu *cpu;
  int n, h, w, channels; /* input */
  int images;            /* images processed at once; the steps are repeated n / images times */
  int taps;
  size_t tap_values[DSLT_NET_TAPS_MAX]; /* of one picture */
  dnnl_data_type_t type;                /* of activations and weights */
  dslt_graph graph;                     /* a copy without names */
  dslt_layer_weights *weights;          /* of each layer */
  dslt_cpu_layer_way *way;              /* likewise */
  int steps, stores, step_room, store_room;
  dslt_net_step *step;
  dslt_store *store;
  size_t arena_bytes;
};

/* onednn_plan.c: the steps and stores of desc->graph. What was made before a failure stays in `net`. */
int dslt_net_plan_steps(dslt_net *net, const dslt_net_desc *desc);

/* onednn_memory.c: stores that are never in use together share the arena. */
int dslt_net_new_store(dslt_net *net, size_t bytes);
int dslt_net_new_step(dslt_net_step **out, dslt_net *net, int layer);
/* Record that the last step uses this store. */
int dslt_net_bind(dslt_net *net, int arg, int store, size_t offset, size_t stride);
int dslt_net_place_stores(dslt_net *net);

#endif
