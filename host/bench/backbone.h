/* SPDX-License-Identifier: Apache-2.0 */
/* backbone.h: measures a network layer by layer and compares it with the processor's peak, to choose a
 * network by measurement. */
#ifndef DSLT_BENCH_BACKBONE_H
#define DSLT_BENCH_BACKBONE_H

#include "tracker/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Print, for a picture of `side` x `side`, each layer's milliseconds, operations a second and bytes a second
 * on the CPU, with the processor's peak rates; runs go on for about `seconds`. Every layer up to the taps, or
 * the last one. */
int dslt_bench_backbone(const char *weights, const dslt_options *options, int side, double seconds);

#ifdef __cplusplus
}
#endif

#endif
