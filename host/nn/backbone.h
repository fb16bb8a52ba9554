/* SPDX-License-Identifier: Apache-2.0 */
/* backbone.h: from a weights handle and the options to a planned feature extractor. */
#ifndef DSLT_NN_BACKBONE_H
#define DSLT_NN_BACKBONE_H

#include "backend/backend.h"
#include "nn/weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which convolution of dslt_vgg_layers is a dslt_layer. */
int dslt_layer_index(int layer);

/* DSLT_EWEIGHTS when the file ends before the layers the options name. */
int dslt_backbone_check(const dslt_weights *weights, const dslt_options *options);

/* Plan the backbone for inputs [n][h][w][3]; `share` (may be NULL) is an earlier plan of the same weights and
 * options and must outlive the result. The weight file's scales and options->feature_scale are folded into
 * the taps' weights. */
int dslt_backbone_plan(dslt_net **out, dslt_backend *backend, const dslt_weights *weights,
                       const dslt_options *options, int n, int h, int w, const dslt_net *share);

/* The features of input [n][h][w][3]: low and high tap. */
int dslt_backbone_run(const dslt_backend_ops *ops, dslt_net *net, const float *input, float *low,
                      float *high);

/* How a crop is normalised for these weights. */
dslt_input_norm dslt_backbone_norm(const dslt_weights *weights);

#ifdef __cplusplus
}
#endif

#endif
