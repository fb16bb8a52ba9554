/* SPDX-License-Identifier: Apache-2.0 */
/* features.c: the network, from the weight file. A file may hold two: one for colour, one for grey videos. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "nn/backbone.h"
#include "trackers/adacf/adacf.h"

static const char *path_of(const dslt_weights *weights) {
  return weights->path ? weights->path : "in memory";
}

/* The layer whose map is learnt: of the first network, or of the one for grey videos. */
static int tap_of(const dslt_shared *s) {
  const dslt_network *network = s->weights->network;
  return network->tap[s->variant < network->taps ? s->variant : network->taps - 1];
}

/* Layers that give each channel its weight. */
static void find_gates(dslt_adacf_map *out, const dslt_graph *g, const dslt_node_map *maps,
                       const unsigned char *needed) {
  for (int i = 0; i < g->layers; ++i) {
    const dslt_node *product = &g->layer[i];
    if (!needed[i] || product->kind != DSLT_LAYER_PRODUCT || product->inputs != 2) continue;
    const int gate = product->input[1];
    if (maps[gate].h != 1 || maps[gate].w != 1 || maps[product->input[0]].h == 1) continue;
    if (out->gates == DSLT_ADACF_GATES) return;
    out->gate[out->gates] = gate;
    out->gate_channels[out->gates++] = maps[gate].c;
  }
}

static int measure_map(dslt_adacf_map *out, const dslt_shared *s, dslt_node_map *maps,
                       unsigned char *needed) {
  const dslt_graph *g = &s->weights->network->graph;
  const int tap = tap_of(s);
  DSLT_TRY(dslt_graph_needed(needed, g, &tap, 1));
  DSLT_TRY(dslt_graph_maps(maps, g, needed, DSLT_ADACF_INPUT, DSLT_ADACF_INPUT));
  const dslt_node_map *m = &maps[tap];
  *out = (dslt_adacf_map){.side = m->h, .channels = m->c, .stride = (int)m->stride[0]};
  if (m->h != m->w || m->stride[0] != m->stride[1] || m->stride[0] != out->stride)
    return dslt_fail(DSLT_EWEIGHTS, "%s: layer %s has no square map with a whole stride.",
                     path_of(s->weights), g->layer[tap].name);
  for (int i = 0; i < g->layers; ++i) {
    if (!needed[i]) continue;
    out->flop += maps[i].flop;
    out->parameters += maps[i].weights;
  }
  find_gates(out, g, maps, needed);
  return DSLT_OK;
}

int dslt_adacf_map_of(dslt_adacf_map *out, const dslt_shared *s) {
  const size_t layers = (size_t)s->weights->network->graph.layers;
  dslt_node_map *maps = calloc(layers, sizeof *maps);
  unsigned char *needed = calloc(layers, 1);
  const int rc = maps && needed ? measure_map(out, s, maps, needed)
                                : dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  free(maps);
  free(needed);
  return rc;
}

int dslt_adacf_open(dslt_shared *s) {
  const dslt_network *network = s->weights->network;
  const dslt_adacf_options *o = dslt_adacf_shared_options(s);
  dslt_adacf_map map;
  if (!network || network->taps < 1 || network->taps > 2 || network->graph.layer[0].channels != 3)
    return dslt_fail(DSLT_EWEIGHTS,
                     "%s: these weights are not CFNet's: weights/convert.py makes a file of the authors' "
                     "cfnet-conv2_e80.mat, which --weights names.",
                     path_of(s->weights));
  DSLT_TRY(dslt_adacf_map_of(&map, s));
  if (map.gates > 0 && strcmp(dslt_options_preset(s->options), "cfnet") == 0)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "%s: this network has channel attention, so it is AdaCFNet's, for preset adacfnet. For preset cfnet, "
        "weights/convert.py makes a file of the authors' cfnet-conv2_e80.mat, which --weights names.",
        path_of(s->weights));
  for (int i = 0; i < network->taps; ++i)
    if (network->scale[i] != 1.0f)
      return dslt_fail(DSLT_EWEIGHTS, "%s: the correlation filter needs features as they are: set scales=1.",
                       path_of(s->weights));
  if (map.side <= 2 * o->filter_margin)
    return dslt_fail(DSLT_EWEIGHTS,
                     "%s: the network makes %d x %d cells, which filter_margin=%d leaves nothing of.",
                     path_of(s->weights), map.side, map.side, o->filter_margin);
  if (o->enlarge * (2 * o->filter_margin + 1) > DSLT_ENLARGED_MAX)
    return dslt_fail(DSLT_EOPTION, "Options enlarge and filter_margin make responses of more than %d cells.",
                     DSLT_ENLARGED_MAX);
  s->norm = dslt_backbone_norm(s->weights);
  return DSLT_OK;
}

/* The authors give pictures with one channel to a network of their own. */
int dslt_adacf_look(dslt_shared *s, const dslt_image *frame) {
  const int grey = frame->format == DSLT_GRAY8 || frame->format == DSLT_GRAY16;
  s->variant = grey && dslt_adacf_shared_options(s)->grey_network && s->weights->network->taps > 1;
  return DSLT_OK;
}

int dslt_adacf_plan_net(dslt_net **out, const dslt_shared *s, int n, int h, int w, const dslt_net *share) {
  dslt_network *network = s->weights->network;
  const dslt_net_desc desc = {.n = n,
                              .h = h,
                              .w = w,
                              .graph = &network->graph,
                              .taps = 1,
                              .tap = {tap_of(s)},
                              .load = dslt_network_load_layer,
                              .context = network,
                              .share = share};
  return s->backend->nn->net_plan(out, s->backend, &desc);
}

/* A plan of its own, so that a frame computes nothing for it. */
int dslt_adacf_plan_gates(dslt_net **out, const dslt_shared *s, const dslt_adacf_map *map) {
  dslt_network *network = s->weights->network;
  dslt_net_desc desc = {.n = 1,
                        .h = DSLT_ADACF_INPUT,
                        .w = DSLT_ADACF_INPUT,
                        .graph = &network->graph,
                        .taps = map->gates,
                        .load = dslt_network_load_layer,
                        .context = network};
  for (int i = 0; i < map->gates; ++i) desc.tap[i] = map->gate[i];
  return s->backend->nn->net_plan(out, s->backend, &desc);
}
