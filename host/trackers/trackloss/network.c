/* SPDX-License-Identifier: Apache-2.0 */
/* network.c: the network of a weight file, tapped at one layer: ZF for crops of 203 pixels, the compressed one for 107,
 * or any other whose map of a crop is square. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "nn/backbone.h"
#include "trackers/trackloss/trackloss.h"

static const char *path_of(const dslt_weights *weights) {
  return weights->path ? weights->path : "in memory";
}

/* ZF has a stride of 16 pixels and crops of 203, the compressed network 8 and 107. */
static int input_side(const dslt_trackloss_options *o, double stride) {
  if (o->input_side > 0) return o->input_side;
  return stride > 12.0 ? 203 : 107;
}

/* Pixels by which a search area is larger than a crop on every side: candidates are shifted by so much at most, in whole
 * cells, so that a candidate in the middle has the cells of its crop. */
static int margin_of(const dslt_trackloss_options *o, int side, int stride) {
  const double shift = o->widen_max > o->candidate_shift ? o->widen_max : o->candidate_shift;
  const int cells = (int)ceil(shift * side / (dslt_trackloss_grow(o) * stride));
  return cells * stride;
}

double dslt_trackloss_grow(const dslt_trackloss_options *o) { return 107.0 / (107.0 - 2.0 * o->context); }

static int measure_map(dslt_trackloss_map *out, const dslt_trackloss_options *o, const dslt_weights *weights,
                       dslt_node_map *maps, unsigned char *needed, int area) {
  const dslt_network *network = weights->network;
  const dslt_graph *graph = &network->graph;
  const int tap = network->tap[0];
  DSLT_TRY(dslt_graph_needed(needed, graph, &tap, 1));
  DSLT_TRY(dslt_graph_maps(maps, graph, needed, 256, 256)); /* the stride does not depend on the side */
  int side = input_side(o, maps[tap].stride[0]);
  if (area) side += 2 * margin_of(o, side, (int)maps[tap].stride[0]);
  DSLT_TRY(dslt_graph_maps(maps, graph, needed, side, side));
  const dslt_node_map *m = &maps[tap];
  *out =
      (dslt_trackloss_map){.input_side = side, .side = m->h, .channels = m->c, .stride = (int)m->stride[0]};
  if (m->h != m->w || m->stride[0] != m->stride[1] || m->stride[0] != out->stride)
    return dslt_fail(DSLT_EWEIGHTS, "%s: layer %s has no square map with a whole stride.", path_of(weights),
                     graph->layer[tap].name);
  if (m->h < 4 || m->h > 128)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "%s: layer %s makes %d x %d cells of a crop of %d pixels; 4 x 4 to 128 x 128 are taken: set "
        "input_side.",
        path_of(weights), graph->layer[tap].name, m->w, m->h, side);
  for (int i = 0; i < graph->layers; ++i) {
    if (!needed[i]) continue;
    out->flop += maps[i].flop;
    out->parameters += maps[i].weights;
  }
  return DSLT_OK;
}

static int map_of(dslt_trackloss_map *out, const dslt_trackloss_options *o, const dslt_weights *weights,
                  int area) {
  const size_t layers = (size_t)weights->network->graph.layers;
  dslt_node_map *maps = calloc(layers, sizeof *maps);
  unsigned char *needed = calloc(layers, 1);
  const int rc = maps && needed ? measure_map(out, o, weights, maps, needed, area)
                                : dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  free(maps);
  free(needed);
  return rc;
}

int dslt_trackloss_map_of(dslt_trackloss_map *out, const dslt_trackloss_options *o,
                          const dslt_weights *weights) {
  return map_of(out, o, weights, 0);
}

int dslt_trackloss_area_of(dslt_trackloss_map *out, const dslt_trackloss_options *o,
                           const dslt_weights *weights) {
  return map_of(out, o, weights, 1);
}

int dslt_trackloss_open(dslt_shared *s) {
  const dslt_network *network = s->weights->network;
  dslt_trackloss_map map;
  if (!network || network->taps != 1 || network->graph.layer[0].channels != 3)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "%s: the tracking-loss tracker taps one layer of a network of its own: leave out --weights, "
        "or convert ZF with weights/convert.py.",
        path_of(s->weights));
  if (network->scale[0] != 1.0f)
    return dslt_fail(DSLT_EWEIGHTS, "%s: the proposal heads take features as they are: set scales=1.",
                     path_of(s->weights));
  DSLT_TRY(dslt_trackloss_map_of(&map, dslt_trackloss_options_of(s->options), s->weights));
  s->norm = dslt_backbone_norm(s->weights);
  return DSLT_OK;
}

int dslt_trackloss_plan_net(dslt_net **out, const dslt_shared *s, const dslt_trackloss_map *map, int n,
                            const dslt_net *share) {
  dslt_network *network = s->weights->network;
  const dslt_net_desc desc = {.n = n,
                              .h = map->input_side,
                              .w = map->input_side,
                              .graph = &network->graph,
                              .taps = 1,
                              .tap = {network->tap[0]},
                              .load = dslt_network_load_layer,
                              .context = network,
                              .share = share};
  return s->backend->nn->net_plan(out, s->backend, &desc);
}
