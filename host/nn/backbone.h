/* SPDX-License-Identifier: Apache-2.0 */
/* backbone.h: from a weights handle to a planned feature extractor. */
#ifndef DSLT_NN_BACKBONE_H
#define DSLT_NN_BACKBONE_H

#include "backend/backend.h"
#include "nn/weights.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dslt_layer { DSLT_CONV3_3 = 3, DSLT_CONV4_3 = 4, DSLT_CONV5_3 = 5 } dslt_layer;

enum { DSLT_TAPS_MAX = 4 };

/* The part of VGG-16 to use, and its settings. Other networks name their taps themselves. */
typedef struct dslt_backbone_spec {
  int layers, layer[DSLT_TAPS_MAX]; /* dslt_layer of each tap, rising */
  int pool3, pool4;                 /* 1: the third and the fourth pooling are kept */
  double feature_scale;             /* further factor on all taps, on top of the weight file's own */
} dslt_backbone_spec;

/* Which convolution of dslt_vgg_layers is a dslt_layer. */
int dslt_layer_index(int layer);

/* One of the features that the tracker fuses. */
typedef struct dslt_tap {
  int channels;
  int stride; /* input pixels from cell to cell */
  /* Input pixels from the middle of cell 0's own stride x stride pixels to the middle of what it sees; 0 for
   * VGG-16. */
  double shift;
} dslt_tap;

/* One to four of them, from the finest map to the coarsest. Each stride is 1, 2 or 4 times the one before, and
 * at most 8 times the first. */
typedef struct dslt_tap_list {
  int count;
  dslt_tap tap[DSLT_TAPS_MAX];
} dslt_tap_list;

/* How many times smaller than the finest map the map of tap `index` is. */
static inline int dslt_tap_factor(const dslt_tap_list *taps, int index) {
  return taps->tap[index].stride / taps->tap[0].stride;
}
static inline const dslt_tap *dslt_coarsest_tap(const dslt_tap_list *taps) {
  return &taps->tap[taps->count - 1];
}

/* The taps that weights and spec name. DSLT_EWEIGHTS where there are none, or they cannot be fused. */
int dslt_backbone_taps(dslt_tap_list *out, const dslt_weights *weights, const dslt_backbone_spec *spec);

/* Operations and parameters of weights->network for a picture of h x w, as far as the taps need them; 0 if
 * the network cannot process that size. */
void dslt_backbone_work(double *flop, double *parameters, const dslt_weights *weights, int h, int w);

/* DSLT_EWEIGHTS when the file lacks some of the selected layers. */
int dslt_backbone_check(const dslt_weights *weights, const dslt_backbone_spec *spec);

/* Plan the backbone for inputs [n][h][w][3]; `share` (may be NULL) is an earlier plan of the same weights and
 * spec and must outlive the result. The weight file's scales and spec->feature_scale are folded into the
 * taps' weights. */
int dslt_backbone_plan(dslt_net **out, dslt_backend *backend, const dslt_weights *weights,
                       const dslt_backbone_spec *spec, int n, int h, int w, const dslt_net *share);

/* How a crop is normalised for these weights. */
dslt_input_norm dslt_backbone_norm(const dslt_weights *weights);

#ifdef __cplusplus
}
#endif

#endif
