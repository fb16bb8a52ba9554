/* SPDX-License-Identifier: Apache-2.0 */
/* network.c: VGG-16 with its first two poolings alone, up to the layer that is regressed, as the paper's section
 * 5.2 and the authors' program use it: every feature has a stride of 4 pixels. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "trackers/crt/crt.h"

/* The layers of the weights in the graph, and the factor that brings the last one to VGG-16's scale. */
typedef struct plan_context {
  const dslt_weights *weights;
  int convs;
  int layer[DSLT_VGG_CONVS]; /* in the graph */
  float scale;
} plan_context;

/* Convolutions up to the feature. */
static int convs_of(const dslt_crt_options *o) { return o->feature; }

int dslt_crt_check_weights(const dslt_crt_options *o, const dslt_weights *weights) {
  const char *path = weights->path ? weights->path : "in memory";
  if (weights->network)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "The weights %s are of a network of its own; CRT taps VGG-16's layers: give a VGG-16 file, or "
        "set feature=hog.",
        path);
  if (weights->layers >= convs_of(o)) return DSLT_OK;
  return dslt_fail(
      DSLT_EWEIGHTS,
      "The weights %s end at %s, but feature conv%d is %s: use a complete file, or set feature=conv7.", path,
      dslt_vgg_layers[weights->layers - 1].caffe, o->feature, dslt_vgg_layers[convs_of(o) - 1].caffe);
}

static int append(dslt_graph *graph, dslt_node layer, const char *name) {
  layer.inputs = 1;
  layer.input[0] = graph->layers - 1;
  return dslt_graph_add(graph, &layer, name);
}

static int append_conv(dslt_graph *graph, int channels, const char *name) {
  dslt_node conv = dslt_layer_of(DSLT_LAYER_CONV);
  conv.channels = channels;
  conv.activation = DSLT_ACTIVATION_RELU;
  conv.bias = 1;
  for (int d = 0; d < 2; ++d) {
    conv.kernel[d] = 3;
    conv.pad[d] = conv.pad[d + 2] = 1;
  }
  return append(graph, conv, name);
}

static int append_pool(dslt_graph *graph, int number) {
  dslt_node pool = dslt_layer_of(DSLT_LAYER_MAX_POOL);
  char name[16];
  for (int d = 0; d < 2; ++d) pool.kernel[d] = pool.stride[d] = 2;
  snprintf(name, sizeof name, "pool%d", number);
  return append(graph, pool, name);
}

/* Poolings behind convolution `index`, of `convs`: VGG-16's two, both of them before the feature's map is read. */
static int pools_after(const dslt_crt_options *o, int index, int convs) {
  if (convs > 2) return dslt_vgg_layers[index].pool_after && dslt_vgg_layers[index].block <= 2;
  if (o->early_pool) return 1;
  return index == 1 ? 2 : 0;
}

static int build(dslt_graph *graph, plan_context *c, const dslt_crt_options *o) {
  dslt_node input = dslt_layer_of(DSLT_LAYER_INPUT);
  int pools = 0;
  input.channels = 3;
  DSLT_TRY(dslt_graph_add(graph, &input, "data"));
  for (int i = 0; i < c->convs; ++i) {
    DSLT_TRY(c->layer[i] = append_conv(graph, c->weights->width[i], dslt_vgg_layers[i].caffe));
    for (int k = pools_after(o, i, c->convs); k > 0; --k) DSLT_TRY(append_pool(graph, ++pools));
  }
  return DSLT_OK;
}

static int load_layer(void *context, int layer, float *weights, float *bias) {
  const plan_context *c = context;
  int index = 0;
  while (c->layer[index] != layer) ++index;
  const dslt_tensor_view *w = &c->weights->weight[index], *b = &c->weights->bias[index];
  const size_t cout = (size_t)w->shape[0], count = cout * (size_t)(w->shape[1] * w->shape[2] * w->shape[3]);
  dslt_tensor_to_f32(weights, w, 0, count);
  memset(bias, 0, cout * sizeof *bias);
  if (b->data) dslt_tensor_to_f32(bias, b, 0, cout);
  if (index != c->convs - 1 || c->scale == 1.0f) return DSLT_OK;
  for (size_t i = 0; i < count; ++i) weights[i] *= c->scale;
  for (size_t i = 0; i < cout; ++i) bias[i] *= c->scale;
  return DSLT_OK;
}

static float scale_of(const dslt_crt_options *o, const dslt_weights *weights) {
  if (o->feature == DSLT_CRT_CONV13) return weights->preprocess.scale_high;
  return o->feature >= DSLT_CRT_CONV7 ? weights->preprocess.scale_low : 1.0f;
}

int dslt_crt_plan_net(dslt_net **out, const dslt_shared *s, int n, int h, int w, const dslt_net *share) {
  const dslt_crt_options *o = dslt_crt_options_of(s->options);
  plan_context context = {.weights = s->weights, .convs = convs_of(o), .scale = scale_of(o, s->weights)};
  dslt_graph graph = {0};
  int rc;
  if (o->feature == DSLT_CRT_HOG) return DSLT_OK; /* *out stays NULL: there is no network */
  DSLT_TRY_OR_DONE(build(&graph, &context, o));
  const dslt_net_desc desc = {.n = n,
                              .h = h,
                              .w = w,
                              .graph = &graph,
                              .taps = 1,
                              .tap = {graph.layers - 1},
                              .load = load_layer,
                              .context = &context,
                              .share = share};
  DSLT_TRY_OR_DONE(s->backend->nn->net_plan(out, s->backend, &desc));
done:
  dslt_graph_free(&graph);
  return rc;
}

void dslt_crt_network_work(double *flop, double *parameters, const dslt_crt_options *o,
                           const dslt_weights *weights, int h, int w) {
  double cells = (double)h * w, cin = 3.0;
  *flop = *parameters = 0.0;
  for (int i = 0; i < convs_of(o); ++i) {
    const double cout = weights->width[i];
    *flop += 2.0 * cells * 9.0 * cin * cout;
    *parameters += 9.0 * cin * cout + cout;
    for (int k = pools_after(o, i, convs_of(o)); k > 0; --k) cells /= 4.0;
    cin = cout;
  }
}
