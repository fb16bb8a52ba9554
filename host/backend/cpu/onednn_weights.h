/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_weights.h: one layer's weights in the layout its convolution reads. */
#ifndef DSLT_BACKEND_CPU_ONEDNN_WEIGHTS_H
#define DSLT_BACKEND_CPU_ONEDNN_WEIGHTS_H

#include "onednn_compat.h"

typedef struct dslt_layer_weights {
  void *packed;
  dslt_md_owned layout; /* of `packed` */
  int owned;            /* 0: `packed` is the sharing net's */
  float *bias;
} dslt_layer_weights;

/* Load layer `index` of `desc` in layout `wanted`. `share` (may be NULL) is the same layer of another net,
 * which must outlive this one: its packed weights are used where their layout is the same. What was made
 * before a failure is freed by dslt_layer_weights_free(). */
int dslt_layer_weights_load(dslt_layer_weights *out, dslt_cpu *cpu, const dslt_net_desc *desc, int index,
                            dslt_md wanted, const dslt_layer_weights *share);
void dslt_layer_weights_free(dslt_layer_weights *weights);

#endif
