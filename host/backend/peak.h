/* SPDX-License-Identifier: Apache-2.0 */
/* peak.h: this processor's peak rates, measured in the same run, to compare with what the tracker reaches:
 * multiply-add units, matrix products, reading from caches and memory, and the fastest convolution that oneDNN
 * has for a given shape. */
#ifndef DSLT_BACKEND_PEAK_H
#define DSLT_BACKEND_PEAK_H

#include "backend/backend.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_CPU_CACHE_RATES = 6 };

/* Bytes a second over data of `bytes` in all threads together. */
typedef struct dslt_cpu_rate {
  double bytes, bytes_per_second;
} dslt_cpu_rate;

typedef struct dslt_cpu_ceiling {
  double flops_f32;   /* operations a second in float32: the best of multiply-adds between registers, a large
                      * matrix product and a direct convolution of a good shape */
  double flops_bf16;  /* the same in bfloat16 with float32 sums; 0: this processor or build has none */
  double bandwidth;   /* bytes a second of a[i] = b[i] + s c[i] over arrays no cache holds, two reads and one
                       * write counted, as STREAM does */
  double triad_bytes; /* size of the three arrays together */
  dslt_cpu_rate
      cache[DSLT_CPU_CACHE_RATES]; /* the faster of reading and copying; 16 KiB to 16 MiB a thread */
  int threads;
  const char *how; /* the operation that reached flops_f32, in words; static storage */
} dslt_cpu_ceiling;

/* Threads that the CPU backend uses when it is given `threads`: those, or OpenMP's choice for 0. */
int dslt_cpu_threads(int threads);

/* The most bytes a second that something which touches `bytes` can move: the rate of the largest measured
 * size that is not larger. */
double dslt_cpu_bandwidth(const dslt_cpu_ceiling *ceiling, double bytes);

/* Measure with `threads` threads (0 = OpenMP's choice), each operation for about `seconds` (> 0); the best
 * repetition counts. Takes 200 MB of memory or more while it runs. DSLT_EMEMORY, DSLT_EINTERNAL. */
int dslt_cpu_peak(dslt_cpu_ceiling *out, int threads, double seconds);

/* The fastest 3 x 3 same-size convolution with bias and ReLU for one shape. */
typedef struct dslt_cpu_conv_best {
  double ms;       /* median of the repetitions of the fastest algorithm */
  const char *how; /* "direct, blocked layout" ...; static storage */
} dslt_cpu_conv_best;

/* Try oneDNN's algorithms for input [n][h][w][cin] and `cout` outputs in `precision` (a dslt_precision):
 * direct channels last, in the layout of its own choice and in blocks of 16 channels; in float32 Winograd.
 * Each runs for about `seconds`. DSLT_EUNSUPPORTED without oneDNN, DSLT_EMEMORY, DSLT_EINTERNAL. */
int dslt_cpu_conv_peak(dslt_cpu_conv_best *out, int threads, int precision, int n, int h, int w, int cin,
                       int cout, double seconds);

/* Run a network that dslt_cpu_backend planned once more and add the milliseconds of each layer of its graph
 * to ms; the time of layers that are computed together is added to one of them, that of copying a map to the
 * layer that made it. */
int dslt_cpu_net_profile(double *ms, dslt_net *net, const float *input, float *const *taps);

/* How a layer of such a network is computed. */
typedef struct dslt_cpu_layer_way {
  int bf16;     /* 1: its products are of bfloat16 */
  int bytes;    /* of a value of its map */
  double share; /* of the definition's multiplications that are done: 1, or 1/4 by Winograd's 4 x 4 tiles */
} dslt_cpu_layer_way;
dslt_cpu_layer_way dslt_cpu_net_way(const dslt_net *net, int layer);

/* ---- for peak.c ---------------------------------------------------------------------------------- */

/* peak_units.c: operations a second of multiply-adds between registers; 0 where no loop for the processor is
 * here. */
double dslt_cpu_unit_peak(int threads, int precision, double seconds);
/* bandwidth.c: into out [DSLT_CPU_CACHE_RATES], rising in size; about `seconds` in all. DSLT_EMEMORY. */
int dslt_cpu_cache_rates(dslt_cpu_rate *out, int threads, double seconds);

/* onednn_peak.c or plain_peak.c. */

/* The most operations a second in `precision`, and the operation that reached them; 0 if the precision is not
 * supported. */
int dslt_cpu_arithmetic_peak(double *flops, const char **how, dslt_backend *backend, int precision,
                             double seconds);

#ifdef __cplusplus
}
#endif

#endif
