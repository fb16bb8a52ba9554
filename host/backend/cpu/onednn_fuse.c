/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_fuse.c: which layers of a network are computed together: sums in their last convolution,
 * concatenations by writing their parts in place. */
#include "base/error.h"
#include "onednn_plan.h"

/* A network like VGG-16: a sequence of 3 x 3 convolutions and 2 x 2 poolings. */
int dslt_plan_is_stack(const dslt_graph *graph, const unsigned char *needed) {
  for (int i = 1; i < graph->layers; ++i) {
    const dslt_node *l = &graph->layer[i];
    if (!needed[i]) continue;
    const int is_conv = l->kind == DSLT_LAYER_CONV, side = is_conv ? 3 : 2;
    if ((!is_conv && l->kind != DSLT_LAYER_MAX_POOL) || l->input[0] != i - 1) return 0;
    if (l->padding != DSLT_PAD_GIVEN || l->rounding != DSLT_ROUND_DOWN || l->groups != 1) return 0;
    for (int d = 0; d < 2; ++d)
      if (l->kernel[d] != side || l->stride[d] != side - is_conv * 2 || l->dilation[d] != 1 ||
          l->pad[d] != is_conv || l->pad[d + 2] != is_conv)
        return 0;
  }
  return 1;
}

static void count_uses(dslt_plan *p) {
  const dslt_graph *g = p->desc->graph;
  for (int i = 0; i < g->layers; ++i)
    p->layer[i] =
        (dslt_layer_plan){.tap = -1, .sum = -1, .addend = -1, .gone = -1, .concat = -1, .store = -1};
  for (int i = 0; i < g->layers; ++i)
    for (int k = 0; p->needed[i] && k < g->layer[i].inputs; ++k) ++p->layer[g->layer[i].input[k]].uses;
  for (int t = p->desc->taps - 1; t >= 0; --t) p->layer[p->desc->tap[t]].tap = t;
}

/* 1: nothing reads `layer` after step `sum`, except convolutions that are themselves postponed. */
static int is_dead_after(const dslt_plan *p, int layer, int sum) {
  const dslt_graph *g = p->desc->graph;
  for (int i = layer + 1; i < g->layers; ++i)
    for (int k = 0; p->needed[i] && k < g->layer[i].inputs; ++k) {
      const int when = p->layer[i].sum >= 0 ? p->layer[i].sum : i;
      if (g->layer[i].input[k] == layer && (when > sum || (when == sum && i != sum))) return 0;
    }
  return 1;
}

/* y = x + conv(...): the convolution adds its result to x in place, if x is not needed afterwards. */
static int can_add(const dslt_plan *p, int sum, int conv, int other) {
  const dslt_graph *g = p->desc->graph;
  const dslt_node *c = &g->layer[conv];
  const dslt_node_map *a = &p->map[conv], *b = &p->map[other];
  if (c->kind != DSLT_LAYER_CONV || c->activation != DSLT_ACTIVATION_NONE) return 0;
  if (p->layer[conv].uses != 1 || p->layer[conv].tap >= 0) return 0;
  if (other == conv || other == 0 || c->input[0] == other || p->layer[other].tap >= 0) return 0;
  if (p->layer[other].concat >= 0 || g->layer[other].kind == DSLT_LAYER_CONCAT) return 0;
  if (p->layer[conv].concat >= 0 || p->layer[conv].sum >= 0) return 0;
  /* if postponed, its own input would be overwritten */
  if (p->layer[c->input[0]].gone >= 0) return 0;
  return a->h == b->h && a->w == b->w && is_dead_after(p, other, sum);
}

static void fuse_sums(dslt_plan *p) {
  const dslt_graph *g = p->desc->graph;
  for (int i = 0; i < g->layers; ++i) {
    const dslt_node *l = &g->layer[i];
    if (!p->needed[i] || l->kind != DSLT_LAYER_SUM || l->inputs != 2) continue;
    const int last = l->input[0] > l->input[1] ? 0 : 1;
    for (int k = 0; k < 2; ++k) {
      const int conv = l->input[k ^ last], other = l->input[1 - (k ^ last)];
      if (!can_add(p, i, conv, other)) continue;
      p->layer[conv].sum = i;
      p->layer[i].addend = conv;
      p->layer[other].gone = i;
      break;
    }
  }
}

static int writes_in_place(const dslt_plan *p, int layer) {
  const dslt_layer_plan *l = &p->layer[layer];
  return layer > 0 && l->concat < 0 && l->sum < 0 && p->desc->graph->layer[layer].kind != DSLT_LAYER_CONCAT &&
         p->map[layer].c % 16 == 0;
}

/* In blocks of 16 channels, one picture's concatenation is its parts stored consecutively. */
static int place_concats(dslt_plan *p) {
  const dslt_graph *g = p->desc->graph;
  const size_t element = p->net->type == dnnl_bf16 ? 2 : 4;
  if (p->layout != dnnl_nChw16c || p->net->images != 1) return DSLT_OK;
  for (int i = 0; i < g->layers; ++i) {
    const dslt_node *l = &g->layer[i];
    if (!p->needed[i] || l->kind != DSLT_LAYER_CONCAT) continue;
    int whole = 1;
    for (int k = 0; k < l->inputs; ++k) whole &= p->map[l->input[k]].c % 16 == 0;
    if (!whole) continue;
    const size_t cells = (size_t)p->map[i].h * (size_t)p->map[i].w;
    size_t at = 0;
    p->layer[i].store = dslt_net_new_store(p->net, cells * (size_t)p->map[i].c * element);
    DSLT_TRY(p->layer[i].store);
    for (int k = 0; k < l->inputs; ++k) {
      dslt_layer_plan *part = &p->layer[l->input[k]];
      if (writes_in_place(p, l->input[k])) part->concat = i, part->part = at;
      at += cells * (size_t)p->map[l->input[k]].c * element;
    }
  }
  return DSLT_OK;
}

int dslt_plan_fusion(dslt_plan *p) {
  count_uses(p);
  if (p->stacked) return DSLT_OK;
  DSLT_TRY(place_concats(p));
  fuse_sums(p);
  return DSLT_OK;
}
