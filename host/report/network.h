/* SPDX-License-Identifier: Apache-2.0 */
/* network.h: `dslt weights info` and `convert` for networks other than VGG-16. */
#ifndef DSLT_REPORT_NETWORK_H
#define DSLT_REPORT_NETWORK_H

#include "nn/weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each layer with its map, stride, receptive field and operations for a picture of `side` x `side`, and which
 * can be tapped, on standard output. DSLT_EMEMORY, DSLT_EWEIGHTS. */
int dslt_network_print_layers(const dslt_weights *weights, int side);

/* Read `from`, keep what the taps depend on, measure the taps' scales unless they are given, and write this
 * library's format. `dtype` is "f32", "f16" or "bf16". *writing: 1 once `from` has been read and prepared, so that a
 * failure is one of writing `to`. */
int dslt_network_convert(int *writing, const char *from, const char *to, const dslt_text_pair *given,
                         int count, const char *dtype);

#ifdef __cplusplus
}
#endif

#endif
