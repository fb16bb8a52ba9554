/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_net.c: a network as a flat list of oneDNN primitives, planned once for each batch and input size,
 * and run. Weights are packed once and shared between plans. */
#include "onednn_net.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

/* Copied because the caller's graph need not outlive the plan; names are not needed. */
static int copy_graph(dslt_graph *out, const dslt_graph *graph) {
  const size_t bytes = (size_t)graph->layers * sizeof *graph->layer;
  out->layer = malloc(bytes);
  if (!out->layer) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  memcpy(out->layer, graph->layer, bytes);
  out->layers = graph->layers;
  for (int i = 0; i < out->layers; ++i) out->layer[i].name = out->layer[i].refusal = NULL;
  return DSLT_OK;
}

static int plan(dslt_net *net, const dslt_net_desc *desc) {
  DSLT_TRY(copy_graph(&net->graph, desc->graph));
  net->weights = calloc((size_t)desc->graph->layers, sizeof *net->weights);
  net->way = calloc((size_t)desc->graph->layers, sizeof *net->way);
  if (!net->weights || !net->way) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  DSLT_TRY(dslt_net_plan_steps(net, desc));
  DSLT_TRY(dslt_net_place_stores(net));
  return dslt_cpu_reserve(&net->cpu->activations, net->arena_bytes);
}

int dslt_cpu_net_plan(dslt_net **out, dslt_backend *backend, const dslt_net_desc *desc) {
  dslt_net *net = calloc(1, sizeof *net);
  if (!net) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  net->cpu = dslt_cpu_of(backend);
  net->n = desc->n, net->h = desc->h, net->w = desc->w;
  net->taps = desc->taps;
  net->type = net->cpu->precision == DSLT_PRECISION_BF16 ? dnnl_bf16 : dnnl_f32;
  const int rc = plan(net, desc);
  if (rc < 0) {
    dslt_cpu_net_free(net);
    return rc;
  }
  *out = net;
  return DSLT_OK;
}

/* ---- running ------------------------------------------------------------------------------------- */

typedef struct run {
  const float *input;
  float *const *taps;
  char *arena;
  size_t first; /* index of this repetition's first picture */
} run;

static char *address(const dslt_net *net, const run *r, const dslt_binding *b, int part) {
  const size_t within = b->offset + (size_t)part * b->stride;
  if (b->store >= 0) return r->arena + net->store[b->store].offset + within;
  if (b->store == DSLT_STORE_INPUT) {
    const size_t values = (size_t)net->h * (size_t)net->w * (size_t)net->channels;
    return (char *)(uintptr_t)(r->input + r->first * values) + within;
  }
  const int tap = DSLT_STORE_TAP - b->store;
  return (char *)(r->taps[tap] + r->first * net->tap_values[tap]) + within;
}

static int run_primitive(dslt_net *net, dslt_net_step *s, const run *r) {
  for (int part = 0; part < s->runs; ++part) {
    for (int i = 0; i < s->bindings; ++i) {
      dslt_binding *b = &s->binding[i];
      const void *to = address(net, r, b, part);
      /* setting an argument also clears the channels that fill up its blocks */
      if (to != b->bound) DSLT_TRY(dslt_step_set(&s->step, b->arg, to));
      b->bound = to;
    }
    DSLT_TRY(dslt_step_run(&s->step, net->cpu));
  }
  return DSLT_OK;
}

static void run_plain(dslt_net *net, dslt_net_step *s, const run *r) {
  for (int i = 0; i < s->bindings; ++i) {
    const dslt_binding *b = &s->binding[i];
    float *to = (float *)(void *)address(net, r, b, 0);
    if (b->arg < 0)
      s->call->y = to;
    else
      s->call->x[b->arg] = to;
  }
  dslt_layer_run(s->call);
}

static int run_step(dslt_net *net, dslt_net_step *s, const run *r) {
  if (!s->call) return run_primitive(net, s, r);
  run_plain(net, s, r);
  return DSLT_OK;
}

int dslt_cpu_net_profile(double *ms, dslt_net *net, const float *input, float *const *taps) {
  run r = {input, taps, net->cpu->activations.data, 0};
  for (; r.first < (size_t)net->n; r.first += (size_t)net->images)
    for (int i = 0; i < net->steps; ++i) {
      const double before = dslt_seconds();
      DSLT_TRY(run_step(net, &net->step[i], &r));
      ms[net->step[i].layer] += 1e3 * (dslt_seconds() - before);
    }
  return DSLT_OK;
}

dslt_cpu_layer_way dslt_cpu_net_way(const dslt_net *net, int layer) { return net->way[layer]; }

int dslt_cpu_net_run(dslt_net *net, const float *input, float *const *taps) {
  run r = {input, taps, net->cpu->activations.data, 0};
  for (; r.first < (size_t)net->n; r.first += (size_t)net->images)
    for (int i = 0; i < net->steps; ++i) DSLT_TRY(run_step(net, &net->step[i], &r));
  return DSLT_OK;
}

void dslt_cpu_net_free(dslt_net *net) {
  if (!net) return;
  for (int i = 0; i < net->steps; ++i) {
    dslt_step_free(&net->step[i].step);
    free(net->step[i].call);
    free(net->step[i].binding);
  }
  free(net->step);
  free(net->store);
  for (int i = 0; net->weights && i < net->graph.layers; ++i) dslt_layer_weights_free(&net->weights[i]);
  free(net->weights);
  free(net->way);
  free(net->graph.layer);
  free(net);
}
