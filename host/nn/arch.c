/* SPDX-License-Identifier: Apache-2.0 */
/* arch.c: VGG-16 (configuration D) as a table and as a graph. */
#include "arch.h"

#include <stdio.h>

#include "base/error.h"

const dslt_vgg_layer dslt_vgg_layers[DSLT_VGG_CONVS] = {
    {"conv1_1", "features.0", 1, 64, 0},   {"conv1_2", "features.2", 1, 64, 1},
    {"conv2_1", "features.5", 2, 128, 0},  {"conv2_2", "features.7", 2, 128, 1},
    {"conv3_1", "features.10", 3, 256, 0}, {"conv3_2", "features.12", 3, 256, 0},
    {"conv3_3", "features.14", 3, 256, 1}, {"conv4_1", "features.17", 4, 512, 0},
    {"conv4_2", "features.19", 4, 512, 0}, {"conv4_3", "features.21", 4, 512, 1},
    {"conv5_1", "features.24", 5, 512, 0}, {"conv5_2", "features.26", 5, 512, 0},
    {"conv5_3", "features.28", 5, 512, 0},
};

static int append(dslt_graph *graph, const dslt_node *layer, const char *name) {
  dslt_node l = *layer;
  l.inputs = 1;
  l.input[0] = graph->layers - 1;
  return dslt_graph_add(graph, &l, name);
}

static int build(dslt_graph *graph, int *conv_layer, const int *widths, int convs, int pool3, int pool4) {
  dslt_node input = dslt_layer_of(DSLT_LAYER_INPUT), conv = dslt_layer_of(DSLT_LAYER_CONV),
            pool = dslt_layer_of(DSLT_LAYER_MAX_POOL);
  input.channels = 3;
  conv.activation = DSLT_ACTIVATION_RELU;
  conv.bias = 1;
  for (int d = 0; d < 2; ++d) {
    conv.kernel[d] = 3;
    conv.pad[d] = conv.pad[d + 2] = 1;
    pool.kernel[d] = pool.stride[d] = 2;
  }
  DSLT_TRY(dslt_graph_add(graph, &input, "data"));
  for (int i = 0; i < convs; ++i) {
    const dslt_vgg_layer *layer = &dslt_vgg_layers[i];
    const int kept = (layer->block != 3 || pool3) && (layer->block != 4 || pool4);
    char name[16];
    conv.channels = widths[i];
    DSLT_TRY(conv_layer[i] = append(graph, &conv, layer->caffe));
    if (!layer->pool_after || !kept || i + 1 == convs) continue;
    snprintf(name, sizeof name, "pool%d", layer->block);
    DSLT_TRY(append(graph, &pool, name));
  }
  return DSLT_OK;
}

int dslt_vgg_graph(dslt_graph *out, int conv_layer[DSLT_VGG_CONVS], const int *widths, int convs, int pool3,
                   int pool4) {
  dslt_graph graph = {0};
  const int rc = build(&graph, conv_layer, widths, convs, pool3, pool4);
  if (rc < 0) {
    dslt_graph_free(&graph);
    return rc;
  }
  *out = graph;
  return DSLT_OK;
}
