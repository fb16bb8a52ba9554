/* SPDX-License-Identifier: Apache-2.0 */
/* backbone.c: loads the layers that a spec selects and plans them as one network. */
#include "backbone.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "network.h"

int dslt_layer_index(int layer) { return layer == DSLT_CONV3_3 ? 6 : (layer == DSLT_CONV4_3 ? 9 : 12); }

static const char *path_of(const dslt_weights *weights) {
  return weights->path ? weights->path : "in memory";
}

int dslt_backbone_check(const dslt_weights *weights, const dslt_backbone_spec *spec) {
  dslt_tap taps[DSLT_TAPS];
  if (weights->network) return dslt_backbone_taps(taps, weights, spec);
  int needed = dslt_layer_index(spec->high_layer);
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
  int tap_low, tap_high; /* convolutions */
  float scale_low, scale_high;
  int conv_layer[DSLT_VGG_CONVS]; /* in the graph */
} load_context;

/* ReLU and max pooling commute with a positive factor, so the taps' scales cost nothing at run time: the
 * factor is multiplied into the tap's own weights and divided out in the layer after the low tap. */
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

  float on_output = index == c->tap_high ? c->scale_high : (index == c->tap_low ? c->scale_low : 1.0f);
  float on_weights = index == c->tap_low + 1 ? on_output / c->scale_low : on_output;
  if (on_weights != 1.0f)
    for (size_t i = 0; i < cout * per_output; ++i) weights[i] *= on_weights;
  if (on_output != 1.0f)
    for (size_t i = 0; i < cout; ++i) bias[i] *= on_output;
  return DSLT_OK;
}

static int plan_vgg(dslt_net **out, dslt_backend *backend, const dslt_weights *weights,
                    const dslt_backbone_spec *spec, int n, int h, int w, const dslt_net *share) {
  const dslt_preprocess *pre = &weights->preprocess;
  float scale = (float)spec->feature_scale;
  load_context context = {
      .weights = weights,
      .tap_low = dslt_layer_index(spec->low_layer),
      .tap_high = dslt_layer_index(spec->high_layer),
      .scale_low = scale * pre->scale_low,
      .scale_high = scale * (spec->high_layer == DSLT_CONV5_3 ? pre->scale_high : pre->scale_low),
  };
  dslt_graph graph;
  DSLT_TRY(dslt_vgg_graph(&graph, context.conv_layer, weights->width, context.tap_high + 1, spec->pool3,
                          spec->pool4));
  const dslt_net_desc desc = {
      .n = n,
      .h = h,
      .w = w,
      .graph = &graph,
      .taps = 2,
      .tap = {context.conv_layer[context.tap_low], context.conv_layer[context.tap_high]},
      .load = load_layer,
      .context = &context,
      .share = share,
  };
  const int rc = backend->nn->net_plan(out, backend, &desc);
  dslt_graph_free(&graph);
  return rc;
}

/* ---- any network --------------------------------------------------------------------------------- */

typedef struct network_context {
  dslt_network *network;
  int channels[DSLT_TAPS]; /* of the layers behind the network's own, which scale its taps */
  float scale[DSLT_TAPS];
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

static int network_taps(dslt_tap out[DSLT_TAPS], const dslt_weights *weights) {
  const dslt_network *network = weights->network;
  dslt_node_map *maps;
  if (network->taps != DSLT_TAPS)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "%s: the tracker fuses two layers of a network and %d are named; name them with --set taps=LOW,HIGH "
        "or dslt weights convert --taps=LOW,HIGH; dslt weights info lists them.",
        path_of(weights), network->taps);
  if (network->graph.layer[0].channels != 3)
    return dslt_fail(DSLT_EWEIGHTS, "%s: the network's pictures have %d channels; the tracker's have 3.",
                     path_of(weights), network->graph.layer[0].channels);
  DSLT_TRY(network_maps(&maps, network, 512, 512));
  int rc = DSLT_OK;
  for (int t = 0; rc == DSLT_OK && t < DSLT_TAPS; ++t)
    rc = take_tap(&out[t], weights, &maps[network->tap[t]], network->graph.layer[network->tap[t]].name);
  free(maps);
  DSLT_TRY(rc);
  const int factor = out[1].stride / out[0].stride;
  if (out[1].stride % out[0].stride == 0 && (factor == 1 || factor == 2 || factor == 4)) return DSLT_OK;
  return dslt_fail(
      DSLT_EWEIGHTS,
      "%s: taps of strides %d and %d cannot be fused; the coarser must be 1, 2 or 4 times the finer.",
      path_of(weights), out[0].stride, out[1].stride);
}

int dslt_backbone_taps(dslt_tap out[DSLT_TAPS], const dslt_weights *weights, const dslt_backbone_spec *spec) {
  if (weights->network) return network_taps(out, weights);
  const int layer[DSLT_TAPS] = {spec->low_layer, spec->high_layer};
  for (int t = 0; t < DSLT_TAPS; ++t) {
    int stride = 4; /* two poolings come before conv3_3 */
    if (layer[t] >= DSLT_CONV4_3 && spec->pool3) stride *= 2;
    if (layer[t] >= DSLT_CONV5_3 && spec->pool4) stride *= 2;
    out[t] = (dslt_tap){weights->width[dslt_layer_index(layer[t])], stride, 0.0};
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
static int check_sizes(const dslt_weights *weights, const dslt_backbone_spec *spec, int h, int w) {
  const dslt_network *network = weights->network;
  dslt_tap taps[DSLT_TAPS];
  dslt_node_map *maps;
  int rc = DSLT_OK;
  DSLT_TRY(dslt_backbone_taps(taps, weights, spec));
  DSLT_TRY(network_maps(&maps, network, h, w));
  for (int t = 0; rc == DSLT_OK && t < DSLT_TAPS; ++t) {
    const dslt_node_map *m = &maps[network->tap[t]];
    if (m->h * taps[t].stride != h || m->w * taps[t].stride != w)
      rc = dslt_fail(
          DSLT_EWEIGHTS,
          "%s: layer %s makes %d x %d cells of a picture of %d x %d, not one for each %d x %d pixels: its "
          "network's padding is not made for tracking.",
          path_of(weights), network->graph.layer[network->tap[t]].name, m->w, m->h, w, h, taps[t].stride,
          taps[t].stride);
  }
  free(maps);
  return rc;
}

/* The network's graph, with a layer behind each tap whose scale is not 1. */
static int scaled_graph(dslt_graph *out, int tap[DSLT_TAPS], network_context *context, const dslt_tap *taps) {
  const dslt_network *network = context->network;
  for (int i = 0; i < network->graph.layers; ++i)
    DSLT_TRY(dslt_graph_add(out, &network->graph.layer[i], network->graph.layer[i].name));
  for (int t = 0; t < DSLT_TAPS; ++t) {
    dslt_node times = dslt_layer_of(DSLT_LAYER_CONV);
    times.channels = times.groups = context->channels[t] = taps[t].channels;
    times.inputs = 1;
    times.input[0] = network->tap[t];
    const int index = dslt_graph_add(out, &times, t ? "high tap, scaled" : "low tap, scaled");
    DSLT_TRY(index);
    tap[t] = context->scale[t] == 1.0f ? network->tap[t] : index;
  }
  return DSLT_OK;
}

static int plan_network(dslt_net **out, dslt_backend *backend, const dslt_weights *weights,
                        const dslt_backbone_spec *spec, int n, int h, int w, const dslt_net *share) {
  network_context context = {.network = weights->network};
  dslt_tap taps[DSLT_TAPS];
  dslt_graph graph = {0};
  dslt_net_desc desc = {.n = n,
                        .h = h,
                        .w = w,
                        .taps = DSLT_TAPS,
                        .load = load_network_layer,
                        .context = &context,
                        .share = share};
  DSLT_TRY(dslt_backbone_taps(taps, weights, spec));
  DSLT_TRY(check_sizes(weights, spec, h, w));
  for (int t = 0; t < DSLT_TAPS; ++t)
    context.scale[t] = weights->network->scale[t] * (float)spec->feature_scale;
  int rc = scaled_graph(&graph, desc.tap, &context, taps);
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

int dslt_backbone_run(const dslt_nn_ops *nn, dslt_net *net, const float *input, float *low, float *high) {
  float *const taps[] = {low, high};
  return nn->net_run(net, input, taps);
}

dslt_input_norm dslt_backbone_norm(const dslt_weights *weights) {
  dslt_input_norm norm = {.rgb = weights->preprocess.rgb};
  for (int c = 0; c < 3; ++c) {
    norm.mean[c] = weights->preprocess.mean[c];
    norm.inverse_deviation[c] = 1.0f / weights->preprocess.deviation[c];
  }
  return norm;
}
