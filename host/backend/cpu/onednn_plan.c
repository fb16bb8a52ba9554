/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_plan.c: from a graph to the steps of a network.
 *
 * There are two kinds of networks. A stack of 3 x 3 convolutions like VGG-16 goes through its steps with the
 * whole batch at once, channels last, or in blocks of 16 channels where Winograd gains (onednn_choice.h). Any
 * other network is computed picture by picture, so that the maps between its many small steps stay in the
 * cache and a picture's features do not depend on the batch; it keeps its maps in blocks of 16 channels, in
 * which a concatenation costs nothing, unless too many channels of the blocks would be padding.
 *
 * In bfloat16 a network with depthwise convolutions keeps its maps in float32, and only convolutions that sum
 * 32 products or more read bfloat16. A depthwise convolution adds 9 to 25 products whose weights are each
 * rounded, so the errors do not average out; with the rounding of gates and sums they are most of the error of
 * such networks, while these layers take as long in bfloat16 as in float32. */
#include "onednn_plan.h"

#include <stdlib.h>

#include "base/error.h"

/* Blocks of 16 channels, if the padding adds at most a quarter to the convolutions' work. */
static dnnl_format_tag_t layout_for(const dslt_plan *p) {
  const dslt_graph *g = p->desc->graph;
  double work = 0, blocked = 0;
  for (int i = 1; i < g->layers; ++i) {
    const dslt_node *l = &g->layer[i];
    if (!p->needed[i] || l->kind != DSLT_LAYER_CONV || l->input[0] == 0) continue;
    const double cin = p->map[l->input[0]].c / l->groups, cout = l->channels;
    const double in_blocks = l->groups == 1 ? 16 * (double)((p->map[l->input[0]].c + 15) / 16) : cin;
    const double scale = p->map[i].flop / (cin * cout);
    work += p->map[i].flop;
    blocked += scale * in_blocks * 16 * (double)((l->channels + 15) / 16);
  }
  return blocked <= 1.25 * work ? dnnl_nChw16c : dnnl_nhwc;
}

static int has_depthwise(const dslt_plan *p) {
  const dslt_graph *g = p->desc->graph;
  for (int i = 1; i < g->layers; ++i)
    if (p->needed[i] && g->layer[i].kind == DSLT_LAYER_CONV && g->layer[i].groups > 1 &&
        g->layer[i].groups == p->map[g->layer[i].input[0]].c)
      return 1;
  return 0;
}

static int plan_all(dslt_plan *p) {
  const dslt_graph *g = p->desc->graph;
  dslt_net *net = p->net;
  DSLT_TRY(dslt_graph_needed(p->needed, g, p->desc->tap, p->desc->taps));
  DSLT_TRY(dslt_graph_maps(p->map, g, p->needed, p->desc->h, p->desc->w));
  p->stacked = dslt_plan_is_stack(g, p->needed);
  p->layout = p->stacked ? dnnl_nhwc : layout_for(p);
  p->dense = net->type;
  if (has_depthwise(p)) net->type = dnnl_f32;
  for (int i = 0; i < g->layers; ++i)
    net->way[i] = (dslt_cpu_layer_way){.bytes = net->type == dnnl_bf16 ? 2 : 4, .share = 1.0};
  net->images = p->stacked ? net->n : 1;
  net->channels = g->layer[0].channels;
  for (int t = 0; t < net->taps; ++t) {
    const dslt_node_map *m = &p->map[p->desc->tap[t]];
    net->tap_values[t] = (size_t)m->c * (size_t)m->h * (size_t)m->w;
  }
  DSLT_TRY(dslt_plan_fusion(p));
  const dslt_value picture = {0, DSLT_STORE_INPUT, 0, dnnl_f32, dnnl_nhwc};
  DSLT_TRY(dslt_plan_keep(p, &picture));
  for (int i = 0; i < g->layers; ++i)
    if (p->needed[i]) DSLT_TRY(dslt_plan_layer(p, i));
  return DSLT_OK;
}

int dslt_net_plan_steps(dslt_net *net, const dslt_net_desc *desc) {
  const size_t layers = (size_t)desc->graph->layers;
  dslt_plan p = {.net = net, .desc = desc};
  p.map = calloc(layers, sizeof *p.map);
  p.needed = calloc(layers, 1);
  p.layer = calloc(layers, sizeof *p.layer);
  const int rc = p.map && p.needed && p.layer
                     ? plan_all(&p)
                     : dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  free(p.map);
  free(p.needed);
  free(p.layer);
  free(p.value);
  return rc;
}
