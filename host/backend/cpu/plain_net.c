/* SPDX-License-Identifier: Apache-2.0 */
/* plain_net.c: a network without oneDNN, for machines that lack it: direct loops. Slow, and exact enough to
 * be a reference for tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/peak.h"
#include "base/clock.h"
#include "base/error.h"
#include "cpu.h"
#include "layers.h"

struct dslt_net {
  dslt_cpu *cpu;
  int n, layers;
  int taps, tap[DSLT_NET_TAPS_MAX];
  dslt_node *layer; /* a copy without names */
  unsigned char *needed;
  dslt_node_map *map;
  float **weights, **bias; /* of each layer; NULL: it has none */
  size_t *offset;          /* values before each layer's map; maps stay until the end of a run */
  size_t values;
};

int dslt_cpu_engine_open(dslt_cpu_engine **out, dslt_cpu *cpu) {
  (void)cpu;
  *out = NULL;
  return DSLT_OK;
}

void dslt_cpu_engine_close(dslt_cpu_engine *engine) { (void)engine; }

int dslt_cpu_has_bf16(void) { return 0; }

void dslt_cpu_library(char *out, size_t size) { snprintf(out, size, "plain C loops (built without oneDNN)"); }

static int load_layer(dslt_net *net, const dslt_net_desc *desc, int index) {
  const dslt_node *l = &net->layer[index];
  const dslt_node_map *in = &net->map[l->inputs ? l->input[0] : 0];
  const size_t count = dslt_layer_weights_count(l, in);
  void *memory = NULL;
  if (count == 0) return DSLT_OK;
  DSLT_TRY(dslt_cpu_new(&memory, count * sizeof(float), "a layer"));
  net->weights[index] = memory;
  DSLT_TRY(dslt_cpu_new(&memory, (size_t)l->channels * sizeof(float), "a layer's bias"));
  net->bias[index] = memory;
  DSLT_TRY(dslt_cpu_new(&memory, count * sizeof(float), "a layer"));
  float *oihw = memory;
  const int rc = desc->load(desc->context, index, oihw, net->bias[index]);
  if (rc == DSLT_OK) dslt_layer_order_weights(net->weights[index], oihw, l, in->c / l->groups);
  free(oihw);
  return rc;
}

/* Names are of no use here, and the caller's graph need not outlive the plan. */
static int copy_graph(dslt_net *net, const dslt_net_desc *desc) {
  const size_t layers = (size_t)desc->graph->layers;
  net->layers = desc->graph->layers;
  net->layer = malloc(layers * sizeof *net->layer);
  net->needed = calloc(layers, 1);
  net->map = calloc(layers, sizeof *net->map);
  net->weights = calloc(layers, sizeof *net->weights);
  net->bias = calloc(layers, sizeof *net->bias);
  net->offset = calloc(layers, sizeof *net->offset);
  if (!net->layer || !net->needed || !net->map || !net->weights || !net->bias || !net->offset)
    return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  memcpy(net->layer, desc->graph->layer, layers * sizeof *net->layer);
  for (size_t i = 0; i < layers; ++i) net->layer[i].name = net->layer[i].refusal = NULL;
  return DSLT_OK;
}

static size_t values_of(const dslt_net *net, int index) {
  const dslt_node_map *m = &net->map[index];
  return (size_t)net->n * (size_t)m->c * (size_t)m->h * (size_t)m->w;
}

static int plan(dslt_net *net, const dslt_net_desc *desc) {
  DSLT_TRY(copy_graph(net, desc));
  DSLT_TRY(dslt_graph_needed(net->needed, desc->graph, desc->tap, desc->taps));
  DSLT_TRY(dslt_graph_maps(net->map, desc->graph, net->needed, desc->h, desc->w));
  for (int i = 1; i < net->layers; ++i) {
    if (!net->needed[i]) continue;
    net->offset[i] = net->values;
    net->values += values_of(net, i);
    DSLT_TRY(load_layer(net, desc, i));
  }
  return dslt_cpu_reserve(&net->cpu->activations, net->values * sizeof(float));
}

int dslt_cpu_net_plan(dslt_net **out, dslt_backend *backend, const dslt_net_desc *desc) {
  dslt_net *net = calloc(1, sizeof *net);
  if (!net) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  net->cpu = dslt_cpu_of(backend);
  net->n = desc->n;
  net->taps = desc->taps;
  memcpy(net->tap, desc->tap, sizeof net->tap);
  const int rc = plan(net, desc);
  if (rc < 0) {
    dslt_cpu_net_free(net);
    return rc;
  }
  *out = net;
  return DSLT_OK;
}

static void run_layer(dslt_net *net, int index, const float *input, float *maps) {
  const dslt_node *l = &net->layer[index];
  dslt_layer_call call = {.layer = l,
                          .n = net->n,
                          .map = net->map[index],
                          .weights = net->weights[index],
                          .bias = net->bias[index],
                          .y = maps + net->offset[index]};
  for (int i = 0; i < l->inputs; ++i) {
    call.in[i] = net->map[l->input[i]];
    call.x[i] = l->input[i] == 0 ? input : maps + net->offset[l->input[i]];
  }
  dslt_layer_run(&call);
}

dslt_cpu_layer_way dslt_cpu_net_way(const dslt_net *net, int layer) {
  (void)net, (void)layer;
  return (dslt_cpu_layer_way){.bytes = sizeof(float), .share = 1.0};
}

int dslt_cpu_net_profile(double *ms, dslt_net *net, const float *input, float *const *taps) {
  (void)taps;
  for (int i = 1; i < net->layers; ++i) {
    if (!net->needed[i]) continue;
    const double before = dslt_seconds();
    run_layer(net, i, input, net->cpu->activations.data);
    ms[i] += 1e3 * (dslt_seconds() - before);
  }
  return DSLT_OK;
}

int dslt_cpu_net_run(dslt_net *net, const float *input, float *const *taps) {
  float *maps = net->cpu->activations.data;
  for (int i = 1; i < net->layers; ++i)
    if (net->needed[i]) run_layer(net, i, input, maps);
  for (int t = 0; t < net->taps; ++t)
    memcpy(taps[t], net->tap[t] == 0 ? input : maps + net->offset[net->tap[t]],
           values_of(net, net->tap[t]) * sizeof(float));
  return DSLT_OK;
}

void dslt_cpu_net_free(dslt_net *net) {
  if (!net) return;
  for (int i = 0; i < net->layers; ++i) {
    if (net->weights) free(net->weights[i]);
    if (net->bias) free(net->bias[i]);
  }
  free(net->layer);
  free(net->needed);
  free(net->map);
  free(net->weights);
  free(net->bias);
  free(net->offset);
  free(net);
}
