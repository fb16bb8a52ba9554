/* SPDX-License-Identifier: Apache-2.0 */
/* arch.h: VGG-16 (configuration D) as a table, any widths, and as a graph. */
#ifndef DSLT_NN_ARCH_H
#define DSLT_NN_ARCH_H

#include "backend/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_VGG_CONVS = 13 };

typedef struct dslt_vgg_layer {
  const char *caffe; /* "conv1_1" */
  const char *torch; /* "features.0" */
  int block;         /* 1..5 */
  int width;         /* output channels of VGG-16 */
  int pool_after;    /* 1 when a 2 x 2 max pooling with stride 2 follows */
} dslt_vgg_layer;

/* In order of execution; 3 x 3, padding 1, each followed by ReLU. */
extern const dslt_vgg_layer dslt_vgg_layers[DSLT_VGG_CONVS];

/* The first `convs` convolutions with these output channels, and the poolings between them, those behind
 * block 3 and 4 only where pool3 and pool4 say so. Layer index of convolution i: conv_layer[i].
 * DSLT_EMEMORY. */
int dslt_vgg_graph(dslt_graph *out, int conv_layer[DSLT_VGG_CONVS], const int *widths, int convs, int pool3,
                   int pool4);

#ifdef __cplusplus
}
#endif

#endif
