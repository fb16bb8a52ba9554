/* SPDX-License-Identifier: Apache-2.0 */
/* matching.c: checks and plans a siamese network's backbone and matching head. */
#include "nn/matching.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "nn/network.h"

/* Layers of the head's graph that have a meaning. */
static const char match_layer[] = "head.match", score_layer[] = "head.score", box_layer[] = "head.box";

static int lacks(const dslt_weights *weights, const char *what) {
  return dslt_fail(DSLT_EWEIGHTS, "%s: %s.", weights->path ? weights->path : "in memory", what);
}

/* Maps of all layers of a graph for an input of h x w; to be freed. */
static int maps_of(dslt_node_map **out, const dslt_graph *graph, int side) {
  dslt_node_map *maps = calloc((size_t)graph->layers, sizeof *maps);
  if (!maps) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a network.");
  int rc = dslt_graph_maps(maps, graph, NULL, side, side);
  if (rc < 0)
    free(maps);
  else
    *out = maps;
  return rc;
}

static int take_map(dslt_matching_map *out, const dslt_weights *weights, const dslt_node_map *map) {
  const int stride = (int)map->stride[0];
  if (map->h != map->w || map->stride[0] != map->stride[1] || stride != map->stride[0])
    return lacks(weights, "the maps that its matching head needs are not square");
  *out = (dslt_matching_map){.channels = map->c, .cells = map->h, .stride = stride};
  return DSLT_OK;
}

/* The backbone's layers behind the three maps. */
static void tapped(int tap[DSLT_MATCHING_TAPS], const dslt_weights *weights) {
  tap[DSLT_MATCHING_FINE] = weights->network->tap[0];
  tap[DSLT_MATCHING_COARSE] = weights->network->tap[1];
  tap[DSLT_MATCHING_NECK] = weights->matching_tap;
}

static int measure_backbone(dslt_matching_shape *out, const dslt_weights *weights) {
  dslt_node_map *maps = NULL;
  int tap[DSLT_MATCHING_TAPS], rc;
  tapped(tap, weights);
  DSLT_TRY(maps_of(&maps, &weights->network->graph, out->search_side));
  for (int i = 0; i < DSLT_MATCHING_TAPS; ++i)
    DSLT_TRY_OR_DONE(take_map(&out->map[i], weights, &maps[tap[i]]));
  DSLT_TRY_OR_DONE(
      dslt_graph_maps(maps, &weights->network->graph, NULL, out->template_side, out->template_side));
  for (int i = 0; i < DSLT_MATCHING_TAPS; ++i) {
    dslt_matching_map of_template = {0};
    DSLT_TRY_OR_DONE(take_map(&of_template, weights, &maps[tap[i]]));
    out->map[i].template_cells = of_template.cells;
  }
done:
  free(maps);
  return rc;
}

static int has_size(const dslt_node_map *map, int channels, int side) {
  return map->c == channels && map->h == side && map->w == side;
}

static int check_head(const dslt_matching_shape *shape, const dslt_weights *weights) {
  const dslt_matching_map *neck = &shape->map[DSLT_MATCHING_NECK];
  const dslt_graph *head = &weights->matching->graph;
  const int match = dslt_graph_find(head, match_layer), score = dslt_graph_find(head, score_layer),
            box = dslt_graph_find(head, box_layer);
  dslt_node_map *maps = NULL;
  if (match < 0 || score < 0 || box < 0)
    return lacks(weights, "its matching head has no layers head.match, head.score and head.box");
  DSLT_TRY(maps_of(&maps, head, neck->cells));
  const dslt_node *first = &head->layer[match];
  const int cells = neck->template_cells * neck->template_cells;
  const int fits = maps[0].c == neck->channels && first->kind == DSLT_LAYER_CONV && first->input[0] == 0 &&
                   first->groups == 1 && first->kernel[0] == 1 && first->kernel[1] == 1 &&
                   has_size(&maps[match], cells, neck->cells) && has_size(&maps[score], 1, neck->cells) &&
                   has_size(&maps[box], 4, neck->cells);
  free(maps);
  return fits ? DSLT_OK : lacks(weights, "its matching head does not fit its backbone's maps");
}

int dslt_matching_shape_of(dslt_matching_shape *out, const dslt_weights *weights) {
  if (weights->matching && weights->network->taps != 2)
    return lacks(weights, "its dslt.taps must name two layers of the backbone, a fine and a coarse one");
  if (!weights->matching)
    return lacks(weights,
                 "it has no matching head, which the siamese tracker needs; use the weights that ship "
                 "(siamese), or a preset of another tracker with these");
  *out = (dslt_matching_shape){.template_side = weights->matching_side[0],
                               .search_side = weights->matching_side[1]};
  DSLT_TRY(measure_backbone(out, weights));
  return check_head(out, weights);
}

int dslt_matching_plan_backbone(dslt_net **out, dslt_backend *backend, const dslt_weights *weights, int n,
                                int side, const dslt_net *share) {
  dslt_net_desc desc = {.n = n,
                        .h = side,
                        .w = side,
                        .graph = &weights->network->graph,
                        .taps = DSLT_MATCHING_TAPS,
                        .load = dslt_network_load_layer,
                        .context = weights->network,
                        .share = share};
  tapped(desc.tap, weights);
  return backend->nn->net_plan(out, backend, &desc);
}

/* ---- the head ------------------------------------------------------------------------------------ */

typedef struct head_context {
  dslt_network *network;
  int match;
  const float *features;
  size_t values; /* of the template's map */
  float factor;
} head_context;

/* A template position's features are the weights of one output channel. */
static int load_head(void *context, int layer, float *weights, float *bias) {
  const head_context *c = context;
  DSLT_TRY(dslt_network_load_layer(c->network, layer, weights, bias));
  if (layer != c->match) return DSLT_OK;
  for (size_t i = 0; i < c->values; ++i) weights[i] = c->features[i] * c->factor;
  return DSLT_OK;
}

int dslt_matching_plan_head(dslt_net **out, dslt_backend *backend, const dslt_weights *weights,
                            const float *features) {
  dslt_matching_shape shape;
  DSLT_TRY(dslt_matching_shape_of(&shape, weights));
  const dslt_matching_map *neck = &shape.map[DSLT_MATCHING_NECK];
  const dslt_graph *graph = &weights->matching->graph;
  head_context context = {
      .network = weights->matching,
      .match = dslt_graph_find(graph, match_layer),
      .features = features,
      .values = (size_t)neck->template_cells * (size_t)neck->template_cells * (size_t)neck->channels,
      .factor = 1.0f / sqrtf((float)neck->channels)};
  const dslt_net_desc desc = {.n = 1,
                              .h = neck->cells,
                              .w = neck->cells,
                              .graph = graph,
                              .taps = 2,
                              .tap = {dslt_graph_find(graph, score_layer), dslt_graph_find(graph, box_layer)},
                              .load = load_head,
                              .context = &context};
  return backend->nn->net_plan(out, backend, &desc);
}

void dslt_matching_work(double *backbone_flop, double *head_flop, double *parameters,
                        const dslt_weights *weights) {
  dslt_matching_shape shape;
  dslt_node_map *maps = NULL;
  *backbone_flop = *head_flop = *parameters = 0;
  if (dslt_matching_shape_of(&shape, weights) < 0) return;
  if (maps_of(&maps, &weights->network->graph, shape.search_side) == DSLT_OK) {
    for (int i = 0; i < weights->network->graph.layers; ++i)
      *backbone_flop += maps[i].flop, *parameters += maps[i].weights;
    free(maps);
  }
  if (maps_of(&maps, &weights->matching->graph, shape.map[DSLT_MATCHING_NECK].cells) == DSLT_OK) {
    for (int i = 0; i < weights->matching->graph.layers; ++i)
      *head_flop += maps[i].flop, *parameters += maps[i].weights;
    free(maps);
  }
}
