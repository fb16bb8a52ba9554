/* SPDX-License-Identifier: Apache-2.0 */
/* ceiling.h: the machine's peak rates, measured in the same run, and the time of the backbone's layers with
 * oneDNN's fastest convolutions. */
#ifndef DSLT_BENCH_CEILING_H
#define DSLT_BENCH_CEILING_H

#include "backend/peak.h"
#include "trackers/dslt/cost.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Time of the backbone as the tracker runs it, and of its layers' fastest convolutions for the same
 * shapes. */
typedef struct dslt_bench_compare {
  int batch, height, width; /* of the input: crops, px */
  double run_ms;            /* median of the whole backbone: convolutions, pooling, changes of type */
  double best_ms;           /* sum over layers */
  double flop;              /* of the convolutions */
  int layers;
  dslt_cpu_conv_best layer[DSLT_VGG_CONVS];
  double layer_flop[DSLT_VGG_CONVS];
} dslt_bench_compare;

typedef struct dslt_bench_ceiling {
  int measured; /* 0: reason in `words` */
  dslt_cpu_ceiling cpu;
  double flops_backbone; /* the peak in the backbone's precision */
  int compares;          /* batches measured; 0: reason in `words` */
  dslt_bench_compare compare[2];
  char words[200];
} dslt_bench_ceiling;

/* Measure with the threads and precision of `options`, each operation for about `seconds`. What this build
 * cannot measure is left out with a reason in `words`; DSLT_EMEMORY and DSLT_EINTERNAL are errors. */
int dslt_bench_ceiling_make(dslt_bench_ceiling *out, const dslt_options *options, const dslt_weights *weights,
                            const dslt_search *search, double seconds);

/* The peak that a stage could reach, operations a second. */
double dslt_bench_stage_flops(const dslt_bench_ceiling *ceiling, int stage);

#ifdef __cplusplus
}
#endif

#endif
