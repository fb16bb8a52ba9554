/* SPDX-License-Identifier: Apache-2.0 */
/* backbone.c: loads the layers that a spec wants and plans them as one network. */
#include "backbone.h"

#include <string.h>

#include "base/error.h"

int dslt_layer_index(int layer) { return layer == DSLT_CONV3_3 ? 6 : (layer == DSLT_CONV4_3 ? 9 : 12); }

int dslt_backbone_check(const dslt_weights *weights, const dslt_backbone_spec *spec) {
  int needed = dslt_layer_index(spec->high_layer);
  if (weights->layers > needed) return DSLT_OK;
  const char *way_out = weights->layers > dslt_layer_index(DSLT_CONV4_3)
                            ? ", or set low_layer=conv3_3 and high_layer=conv4_3"
                            : "";
  return dslt_fail(DSLT_EWEIGHTS,
                   "The weights %s end at %s, but the tracker needs layers up to %s; use a complete file%s.",
                   weights->path ? weights->path : "in memory", dslt_vgg_layers[weights->layers - 1].caffe,
                   dslt_vgg_layers[needed].caffe, way_out);
}

typedef struct load_context {
  const dslt_weights *weights;
  int tap_low, tap_high; /* convolutions */
  float scale_low, scale_high;
  int conv_layer[DSLT_VGG_CONVS]; /* in the graph */
} load_context;

/* ReLU and max pooling commute with a positive factor, so the taps' scales cost nothing at run time: the
 * factor goes into the tap's own weights and is taken back in the layer after the low tap. */
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

int dslt_backbone_plan(dslt_net **out, dslt_backend *backend, const dslt_weights *weights,
                       const dslt_backbone_spec *spec, int n, int h, int w, const dslt_net *share) {
  DSLT_TRY(dslt_backbone_check(weights, spec));
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
  const int rc = backend->ops->net_plan(out, backend, &desc);
  dslt_graph_free(&graph);
  return rc;
}

int dslt_backbone_run(const dslt_backend_ops *ops, dslt_net *net, const float *input, float *low,
                      float *high) {
  float *const taps[] = {low, high};
  return ops->net_run(net, input, taps);
}

dslt_input_norm dslt_backbone_norm(const dslt_weights *weights) {
  dslt_input_norm norm = {.rgb = weights->preprocess.rgb};
  for (int c = 0; c < 3; ++c) {
    norm.mean[c] = weights->preprocess.mean[c];
    norm.inverse_deviation[c] = 1.0f / weights->preprocess.deviation[c];
  }
  return norm;
}
