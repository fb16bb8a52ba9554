/* SPDX-License-Identifier: Apache-2.0 */
/* arch.h: VGG-16 (configuration D) as a table, any widths. */
#ifndef DSLT_NN_ARCH_H
#define DSLT_NN_ARCH_H

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

#ifdef __cplusplus
}
#endif

#endif
