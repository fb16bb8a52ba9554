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

/* The layer that lays the template's responses before the search area's map, which nothing else reads; -1 where there is
 * none. */
static int joining_layer(const dslt_graph *head, int match) {
  int join = -1;
  for (int i = 1; i < head->layers; ++i) {
    const dslt_node *layer = &head->layer[i];
    const int joins = layer->kind == DSLT_LAYER_CONCAT && layer->inputs == 2 && layer->input[0] == match &&
                      layer->input[1] == 0;
    for (int k = 0; k < layer->inputs; ++k)
      if (i != match && !joins && (layer->input[k] == match || layer->input[k] == 0)) return -1;
    if (joins && join >= 0) return -1;
    if (joins) join = i;
  }
  return join;
}

static int check_head(const dslt_matching_shape *shape, const dslt_weights *weights) {
  const dslt_matching_map *neck = &shape->map[DSLT_MATCHING_NECK];
  const dslt_graph *head = &weights->matching->graph;
  const int match = dslt_graph_find(head, match_layer), score = dslt_graph_find(head, score_layer),
            box = dslt_graph_find(head, box_layer);
  dslt_node_map *maps = NULL;
  if (match < 0 || score < 0 || box < 0)
    return lacks(weights, "its matching head has no layers head.match, head.score and head.box");
  if (joining_layer(head, match) < 0)
    return lacks(
        weights,
        "its matching head must lay the responses of head.match before its input, and read both nowhere else");
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
                               .search_side = weights->matching_side[1],
                               .around = weights->matching_around};
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

float dslt_matching_factor(const dslt_matching_shape *shape) {
  return 1.0f / sqrtf((float)shape->map[DSLT_MATCHING_NECK].channels);
}

/* The head behind its first two layers: what reads their result reads the input instead. The result's layers belong to
 * the caller, their names to the head. */
static int behind_match(dslt_graph *out, const dslt_graph *head) {
  const int match = dslt_graph_find(head, match_layer), join = joining_layer(head, match);
  out->layers = head->layers;
  out->layer = malloc((size_t)head->layers * sizeof *out->layer);
  if (!out->layer) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a network.");
  memcpy(out->layer, head->layer, (size_t)head->layers * sizeof *out->layer);
  out->layer[0].channels += head->layer[match].channels;
  for (int i = 0; i < out->layers; ++i)
    for (int k = 0; k < out->layer[i].inputs; ++k)
      if (out->layer[i].input[k] == join) out->layer[i].input[k] = 0;
  return DSLT_OK;
}

int dslt_matching_plan_head(dslt_net **out, dslt_backend *backend, const dslt_weights *weights) {
  dslt_matching_shape shape;
  dslt_graph graph;
  DSLT_TRY(dslt_matching_shape_of(&shape, weights));
  DSLT_TRY(behind_match(&graph, &weights->matching->graph));
  const int cells = shape.map[DSLT_MATCHING_NECK].cells;
  const dslt_net_desc desc = {
      .n = 1,
      .h = cells,
      .w = cells,
      .graph = &graph,
      .taps = 2,
      .tap = {dslt_graph_find(&graph, score_layer), dslt_graph_find(&graph, box_layer)},
      .load = dslt_network_load_layer,
      .context = weights->matching};
  const int rc = backend->nn->net_plan(out, backend, &desc);
  free(graph.layer);
  return rc;
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
