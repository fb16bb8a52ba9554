/* SPDX-License-Identifier: Apache-2.0 */
/* net_place.c: which layers of a network are computed together, and where their maps lie in memory. */
#include <stdlib.h>

#include "base/error.h"
#include "net.h"

enum { ALIGNMENT = 256 };

static int is_needed(const dslt_net *net, int layer) { return net->layer[layer].map.c > 0; }

static void count_uses(dslt_net *net) {
  for (int i = 0; i < net->layers; ++i)
    for (int k = 0; is_needed(net, i) && k < net->layer[i].node.inputs; ++k)
      ++net->layer[net->layer[i].node.input[k]].uses;
  for (int t = 0; t < net->taps; ++t) net->layer[net->tap[t]].is_tap = 1;
}

/* y = x + conv(...): one step, if nobody else wants the convolution's own result. */
static int can_add(const dslt_net *net, int conv, int other) {
  const dslt_net_layer *c = &net->layer[conv], *o = &net->layer[other];
  return c->node.kind == DSLT_LAYER_CONV && c->node.activation == DSLT_ACTIVATION_NONE && c->uses == 1 &&
         !c->is_tap && conv != other && c->map.h == o->map.h && c->map.w == o->map.w;
}

static void fuse_sums(dslt_net *net) {
  for (int i = 0; i < net->layers; ++i) {
    dslt_net_layer *l = &net->layer[i];
    if (!is_needed(net, i) || l->node.kind != DSLT_LAYER_SUM || l->node.inputs != 2) continue;
    const int later = l->node.input[0] > l->node.input[1] ? 0 : 1;
    for (int k = 0; k < 2 && l->addend < 0; ++k) {
      const int conv = l->node.input[k ? 1 - later : later], other = l->node.input[k ? later : 1 - later];
      if (!can_add(net, conv, other)) continue;
      net->layer[conv].sum = i;
      l->addend = conv;
    }
  }
}

/* May the layer's map be written straight into a concatenation at channel `first`? */
static int can_live_in(const dslt_net *net, int layer, int first) {
  const dslt_net_layer *l = &net->layer[layer];
  const int unit = dslt_net_unit(net);
  return layer > 0 && l->home == layer && l->node.kind != DSLT_LAYER_CONCAT && l->map.c % unit == 0 &&
         first % unit == 0;
}

static void place_parts(dslt_net *net) {
  for (int i = 0; i < net->layers; ++i) {
    const dslt_net_layer *l = &net->layer[i];
    if (!is_needed(net, i) || l->node.kind != DSLT_LAYER_CONCAT || l->node.activation != DSLT_ACTIVATION_NONE)
      continue;
    for (int k = 0, first = 0; k < l->node.inputs; ++k) {
      dslt_net_layer *part = &net->layer[l->node.input[k]];
      if (can_live_in(net, l->node.input[k], first)) {
        part->home = i;
        part->first = first;
      }
      first += part->map.c;
    }
  }
}

static void extend(dslt_net *net, int layer, int step) {
  dslt_net_layer *home = &net->layer[net->layer[layer].home];
  if (step < home->born) home->born = step;
  if (step > home->dies) home->dies = step;
}

/* The steps from which and to which each memory is in use; taps are copied at the end. */
static void find_lives(dslt_net *net) {
  for (int i = 0; i < net->layers; ++i) {
    if (!is_needed(net, i)) continue;
    const int step = dslt_net_step_of(net, i);
    if (net->layer[i].sum < 0) extend(net, i, step);
    for (int k = 0; k < net->layer[i].node.inputs; ++k)
      if (net->layer[net->layer[i].node.input[k]].sum < 0) extend(net, net->layer[i].node.input[k], step);
    if (net->layer[i].is_tap) extend(net, i, net->layers - 1);
  }
}

/* 1: `a` does not meet `b`, which is placed, at its offset; else it is moved behind b. */
static int fits(dslt_net_layer *a, const dslt_net_layer *b) {
  if (b->dies < a->born || b->born > a->dies) return 1;
  if (a->offset + a->bytes <= b->offset || b->offset + b->bytes <= a->offset) return 1;
  a->offset = b->offset + b->bytes;
  return 0;
}

/* The largest first, each at the lowest place that is free while it is in use. */
static int place_memory(dslt_net *net) {
  const size_t layers = (size_t)net->layers;
  int *placed = malloc(layers * sizeof *placed);
  unsigned char *done = calloc(layers, 1);
  const int failed = !placed || !done;
  for (int count = 0; !failed; ++count) {
    int next = -1;
    for (int i = 0; i < net->layers; ++i)
      if (net->layer[i].bytes > 0 && !done[i] && (next < 0 || net->layer[i].bytes > net->layer[next].bytes))
        next = i;
    if (next < 0) break;
    dslt_net_layer *l = &net->layer[next];
    for (int k = 0; k < count; ++k)
      if (!fits(l, &net->layer[placed[k]])) k = -1; /* moved: check all of them again */
    if (l->offset + l->bytes > net->bytes) net->bytes = l->offset + l->bytes;
    placed[count] = next;
    done[next] = 1;
  }
  free(placed);
  free(done);
  return failed ? dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.") : DSLT_OK;
}

int dslt_net_place(dslt_net *net) {
  const int unit = dslt_net_unit(net);
  for (int i = 0; i < net->layers; ++i) {
    dslt_net_layer *l = &net->layer[i];
    l->sum = l->addend = -1;
    l->home = i;
    l->stored = (l->map.c + unit - 1) / unit * unit;
    l->born = net->layers;
    l->dies = -1;
  }
  count_uses(net);
  fuse_sums(net);
  place_parts(net);
  find_lives(net);
  for (int i = 0; i < net->layers; ++i) {
    dslt_net_layer *l = &net->layer[i];
    if (l->dies < 0) continue;
    const size_t cells = (size_t)net->n * (size_t)l->map.h * (size_t)l->map.w;
    l->bytes = (cells * (size_t)l->stored * dslt_net_element(net) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
  }
  return place_memory(net);
}
