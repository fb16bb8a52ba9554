/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_weights.h: one layer's weights in the layout its convolution reads. */
#ifndef DSLT_BACKEND_CPU_ONEDNN_WEIGHTS_H
#define DSLT_BACKEND_CPU_ONEDNN_WEIGHTS_H

#include "onednn_compat.h"

typedef struct dslt_layer_weights {
  void *packed;
  dslt_md_owned layout; /* of `packed`; NULL: as dslt_layer_order_weights() makes it */
  int owned;            /* 0: `packed` is the sharing net's */
  float *bias;
} dslt_layer_weights;

/* Where the weights come from, and how many there are. */
typedef struct dslt_weights_request {
  const dslt_net_desc *desc;
  int index; /* of the layer */
  int cin;   /* of its input */
} dslt_weights_request;

/* Load a layer in layout `wanted` (NULL: as dslt_layer_order_weights() makes it). `share` (may be NULL) is
 * the same layer of another net, which must outlive this one: its packed weights are used where their layout
 * is the same. What was made before a failure is freed by dslt_layer_weights_free(). */
int dslt_layer_weights_load(dslt_layer_weights *out, dslt_cpu *cpu, const dslt_weights_request *request,
                            dslt_md wanted, const dslt_layer_weights *share);
void dslt_layer_weights_free(dslt_layer_weights *weights);

#endif
