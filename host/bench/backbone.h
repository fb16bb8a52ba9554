/* SPDX-License-Identifier: Apache-2.0 */
/* backbone.h: a network layer by layer beside what the processor can do, so that one can be chosen by
 * measurement. */
#ifndef DSLT_BENCH_BACKBONE_H
#define DSLT_BENCH_BACKBONE_H

#include "tracker/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Print, for a picture of `side` x `side`, each layer's milliseconds, operations a second and bytes a second
 * on the CPU, beside the processor's own; runs go on for about `seconds`. Every layer up to the taps, or the
 * last one. */
int dslt_bench_backbone(const char *weights, const dslt_options *options, int side, double seconds);

#ifdef __cplusplus
}
#endif

#endif
