/* SPDX-License-Identifier: Apache-2.0 */
/* backbone.c: loads the layers that a spec selects and plans them as one network. */
#include "backbone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "network.h"

int dslt_layer_index(int layer) { return layer == DSLT_CONV3_3 ? 6 : (layer == DSLT_CONV4_3 ? 9 : 12); }

static const char *path_of(const dslt_weights *weights) {
  return weights->path ? weights->path : "in memory";
}

int dslt_backbone_check(const dslt_weights *weights, const dslt_backbone_spec *spec) {
  dslt_tap_list taps;
  if (weights->network) return dslt_backbone_taps(&taps, weights, spec);
  int needed = dslt_layer_index(spec->layer[spec->layers - 1]);
  if (weights->layers > needed) return DSLT_OK;
  const char *way_out = weights->layers > dslt_layer_index(DSLT_CONV4_3)
                            ? ", or set low_layer=conv3_3 and high_layer=conv4_3"
                            : "";
  return dslt_fail(DSLT_EWEIGHTS,
                   "The weights %s end at %s, but the tracker needs layers up to %s; use a complete file%s.",
                   path_of(weights), dslt_vgg_layers[weights->layers - 1].caffe,
                   dslt_vgg_layers[needed].caffe, way_out);
}

typedef struct load_context {
  const dslt_weights *weights;
  float scale[DSLT_VGG_CONVS];    /* on each convolution's output; 1 but for taps */
  int conv_layer[DSLT_VGG_CONVS]; /* in the graph */
} load_context;

/* ReLU and max pooling commute with a positive factor, so the taps' scales cost nothing at run time: the
 * factor is multiplied into the tap's own weights and divided out in the layer after it. */
static int load_layer(void *context, int layer, float *weights, float *bias) {
  const load_context *c = context;
  int index = 0;
  while (c->conv_layer[index] != layer) ++index;
  const dslt_tensor_view *w = &c->weights->weight[index], *b = &c->weights->bias[index];
  size_t cout = (size_t)w->shape[0], per_output = (size_t)(w->shape[1] * w->shape[2] * w->shape[3]);
  dslt_tensor_to_f32(weights, w, 0, cout * per_output);
  if (b->data)
    dslt_tensor_to_f32(bias, b, 0, cout);
  else
    memset(bias, 0, cout * sizeof *bias);

  const float on_output = c->scale[index];
  const float on_weights = index > 0 ? on_output / c->scale[index - 1] : on_output;
  if (on_weights != 1.0f)
    for (size_t i = 0; i < cout * per_output; ++i) weights[i] *= on_weights;
  if (on_output != 1.0f)
    for (size_t i = 0; i < cout; ++i) bias[i] *= on_output;
  return DSLT_OK;
}

static int plan_vgg(dslt_net **out, dslt_backend *backend, const dslt_weights *weights,
                    const dslt_backbone_spec *spec, int n, int h, int w, const dslt_net *share) {
  const dslt_preprocess *pre = &weights->preprocess;
  load_context context = {.weights = weights};
  dslt_graph graph;
  dslt_net_desc desc = {.n = n,
                        .h = h,
                        .w = w,
                        .graph = &graph,
                        .taps = spec->layers,
                        .load = load_layer,
                        .context = &context,
                        .share = share};
  for (int i = 0; i < DSLT_VGG_CONVS; ++i) context.scale[i] = 1.0f;
  for (int t = 0; t < spec->layers; ++t)
    context.scale[dslt_layer_index(spec->layer[t])] =
        (float)spec->feature_scale * (spec->layer[t] == DSLT_CONV5_3 ? pre->scale_high : pre->scale_low);
  DSLT_TRY(dslt_vgg_graph(&graph, context.conv_layer, weights->width,
                          dslt_layer_index(spec->layer[spec->layers - 1]) + 1, spec->pool3, spec->pool4));
  for (int t = 0; t < spec->layers; ++t) desc.tap[t] = context.conv_layer[dslt_layer_index(spec->layer[t])];
  const int rc = backend->nn->net_plan(out, backend, &desc);
  dslt_graph_free(&graph);
  return rc;
}

/* ---- any network --------------------------------------------------------------------------------- */

typedef struct network_context {
  dslt_network *network;
  int channels[DSLT_TAPS_MAX]; /* of the layers behind the network's own, which scale its taps */
  float scale[DSLT_TAPS_MAX];
} network_context;

static int load_network_layer(void *context, int layer, float *weights, float *bias) {
  const network_context *c = context;
  dslt_network *network = c->network;
  if (layer >= network->graph.layers) {
    const int tap = layer - network->graph.layers;
    for (int i = 0; i < c->channels[tap]; ++i) weights[i] = c->scale[tap], bias[i] = 0.0f;
    return DSLT_OK;
  }
  return dslt_network_load_layer(network, layer, weights, bias);
}

/* The maps of all layers that the taps need, for a picture of h x w. */
static int network_maps(dslt_node_map **out, const dslt_network *network, int h, int w) {
  const dslt_graph *g = &network->graph;
  dslt_node_map *maps = calloc((size_t)g->layers, sizeof *maps);
  unsigned char *needed = calloc((size_t)g->layers, 1);
  int rc;
  DSLT_TRY_OR_DONE(maps && needed ? DSLT_OK
                                  : dslt_fail(DSLT_EMEMORY, "Out of memory while planning the backbone."));
  DSLT_TRY_OR_DONE(dslt_graph_needed(needed, g, network->tap, network->taps));
  DSLT_TRY_OR_DONE(dslt_graph_maps(maps, g, needed, h, w));
done:
  free(needed);
  if (rc < 0)
    free(maps);
  else
    *out = maps;
  return rc;
}

static int take_tap(dslt_tap *out, const dslt_weights *weights, const dslt_node_map *map, const char *name) {
  const double stride = map->stride[0];
  if (stride != map->stride[1] || stride < 1 || stride > 64 || stride != (int)stride ||
      (map->h == 1 && map->w == 1))
    return dslt_fail(
        DSLT_EWEIGHTS,
        "%s: layer %s has a stride of %g x %g pixels and cannot be tapped; \"dslt weights info\" "
        "marks the layers that can.",
        path_of(weights), name, map->stride[1], stride);
  *out = (dslt_tap){map->c, (int)stride, 0.5 * (map->first[0] + map->last[0]) - 0.5 * (stride - 1)};
  return DSLT_OK;
}

/* Each stride must be 1, 2 or 4 times the one before, since the upsampling enlarges by whole factors. */
static int check_fusable(const dslt_tap_list *taps, const dslt_weights *weights) {
  const dslt_network *network = weights->network;
  char list[400] = "";
  size_t used = 0;
  int fits = 1;
  for (int t = 0; t < taps->count; ++t) {
    const int stride = taps->tap[t].stride, before = taps->tap[t ? t - 1 : 0].stride, f = stride / before;
    if (stride % before != 0 || (f != 1 && f != 2 && f != 4) || stride > 8 * taps->tap[0].stride) fits = 0;
    if (used < sizeof list)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s%.60s (stride %d)", t ? ", " : "",
                               network->graph.layer[network->tap[t]].name, stride);
  }
  if (fits) return DSLT_OK;
  return dslt_fail(
      DSLT_EWEIGHTS,
      "%s: the taps %s cannot be fused: each stride must be 1, 2 or 4 times the one before, and at "
      "most 8 times the first; name others with --set taps=.",
      path_of(weights), list);
}

static int network_taps(dslt_tap_list *out, const dslt_weights *weights) {
  const dslt_network *network = weights->network;
  dslt_node_map *maps;
  if (network->taps < 1 || network->taps > DSLT_TAPS_MAX)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "%s: the tracker taps one to %d layers of a network and %d are named; name them with --set taps=A,B "
        "or dslt weights convert --taps=A,B; dslt weights info lists them.",
        path_of(weights), (int)DSLT_TAPS_MAX, network->taps);
  if (network->graph.layer[0].channels != 3)
    return dslt_fail(DSLT_EWEIGHTS, "%s: the network's pictures have %d channels; the tracker's have 3.",
                     path_of(weights), network->graph.layer[0].channels);
  DSLT_TRY(network_maps(&maps, network, 512, 512));
  int rc = DSLT_OK;
  out->count = network->taps;
  for (int t = 0; rc == DSLT_OK && t < out->count; ++t)
    rc = take_tap(&out->tap[t], weights, &maps[network->tap[t]], network->graph.layer[network->tap[t]].name);
  free(maps);
  DSLT_TRY(rc);
  return check_fusable(out, weights);
}

int dslt_backbone_taps(dslt_tap_list *out, const dslt_weights *weights, const dslt_backbone_spec *spec) {
  if (weights->network) return network_taps(out, weights);
  out->count = spec->layers;
  for (int t = 0; t < spec->layers; ++t) {
    int stride = 4; /* two poolings come before conv3_3 */
    if (spec->layer[t] >= DSLT_CONV4_3 && spec->pool3) stride *= 2;
    if (spec->layer[t] >= DSLT_CONV5_3 && spec->pool4) stride *= 2;
    out->tap[t] = (dslt_tap){weights->width[dslt_layer_index(spec->layer[t])], stride, 0.0};
  }
  return DSLT_OK;
}

void dslt_backbone_work(double *flop, double *parameters, const dslt_weights *weights, int h, int w) {
  dslt_node_map *maps;
  *flop = *parameters = 0;
  if (network_maps(&maps, weights->network, h, w) < 0) return;
  for (int i = 0; i < weights->network->graph.layers; ++i) {
    *flop += maps[i].flop;
    *parameters += maps[i].weights;
  }
  free(maps);
}

/* A cell for every stride pixels, which the tracker's geometry requires. */
static int check_sizes(const dslt_weights *weights, const dslt_tap_list *taps, int h, int w) {
  const dslt_network *network = weights->network;
  dslt_node_map *maps;
  int rc = DSLT_OK;
  DSLT_TRY(network_maps(&maps, network, h, w));
  for (int t = 0; rc == DSLT_OK && t < taps->count; ++t) {
    const dslt_node_map *m = &maps[network->tap[t]];
    const int stride = taps->tap[t].stride;
    if (m->h * stride != h || m->w * stride != w)
      rc = dslt_fail(
          DSLT_EWEIGHTS,
          "%s: layer %s makes %d x %d cells of a picture of %d x %d, not one for each %d x %d pixels: its "
          "network's padding is not made for tracking.",
          path_of(weights), network->graph.layer[network->tap[t]].name, m->w, m->h, w, h, stride, stride);
  }
  free(maps);
  return rc;
}

/* The network's graph, with a layer behind each tap whose scale is not 1. */
static int scaled_graph(dslt_graph *out, int *tap, network_context *context, const dslt_tap_list *taps) {
  static const char *const names[DSLT_TAPS_MAX] = {"low tap, scaled", "high tap, scaled", "third tap, scaled",
                                                   "fourth tap, scaled"};
  const dslt_network *network = context->network;
  for (int i = 0; i < network->graph.layers; ++i)
    DSLT_TRY(dslt_graph_add(out, &network->graph.layer[i], network->graph.layer[i].name));
  for (int t = 0; t < taps->count; ++t) {
    dslt_node times = dslt_layer_of(DSLT_LAYER_CONV);
    times.channels = times.groups = context->channels[t] = taps->tap[t].channels;
    times.inputs = 1;
    times.input[0] = network->tap[t];
    const int index = dslt_graph_add(out, &times, names[t]);
    DSLT_TRY(index);
    tap[t] = context->scale[t] == 1.0f ? network->tap[t] : index;
  }
  return DSLT_OK;
}

static int plan_network(dslt_net **out, dslt_backend *backend, const dslt_weights *weights,
                        const dslt_backbone_spec *spec, int n, int h, int w, const dslt_net *share) {
  network_context context = {.network = weights->network};
  dslt_tap_list taps;
  dslt_graph graph = {0};
  DSLT_TRY(dslt_backbone_taps(&taps, weights, spec));
  DSLT_TRY(check_sizes(weights, &taps, h, w));
  dslt_net_desc desc = {.n = n,
                        .h = h,
                        .w = w,
                        .taps = taps.count,
                        .load = load_network_layer,
                        .context = &context,
                        .share = share};
  for (int t = 0; t < taps.count; ++t)
    context.scale[t] = weights->network->scale[t] * (float)spec->feature_scale;
  int rc = scaled_graph(&graph, desc.tap, &context, &taps);
  desc.graph = &graph;
  if (rc == DSLT_OK) rc = backend->nn->net_plan(out, backend, &desc);
  dslt_graph_free(&graph);
  return rc;
}

int dslt_backbone_plan(dslt_net **out, dslt_backend *backend, const dslt_weights *weights,
                       const dslt_backbone_spec *spec, int n, int h, int w, const dslt_net *share) {
  DSLT_TRY(dslt_backbone_check(weights, spec));
  return weights->network ? plan_network(out, backend, weights, spec, n, h, w, share)
                          : plan_vgg(out, backend, weights, spec, n, h, w, share);
}

dslt_input_norm dslt_backbone_norm(const dslt_weights *weights) {
  dslt_input_norm norm = {.rgb = weights->preprocess.rgb};
  for (int c = 0; c < 3; ++c) {
    norm.mean[c] = weights->preprocess.mean[c];
    norm.inverse_deviation[c] = 1.0f / weights->preprocess.deviation[c];
  }
  return norm;
}
