/* SPDX-License-Identifier: Apache-2.0 */
/* gpus.h: what named GPUs can do at most, from their makers' data sheets, for dslt bench --roofline. */
#ifndef DSLT_BENCH_GPUS_H
#define DSLT_BENCH_GPUS_H

#include <stddef.h>

#include "backend/precision.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Operations and bytes a second. Of products in tensor cores: dense matrices, sums in float32. 0: the GPU has no such
 * arithmetic. */
typedef struct dslt_gpu {
  const char *name;
  double bf16, tf32, f32;
  double bandwidth;   /* of its memory */
  const char *source; /* of these numbers */
} dslt_gpu;

/* GPU `index`, counted from 0; NULL past the end. */
const dslt_gpu *dslt_gpu_at(int index);
/* The GPU of that name; case, blanks and hyphens do not matter. NULL: it is not in the table. */
const dslt_gpu *dslt_gpu_find(const char *name);
/* All names with commas between them. */
const char *dslt_gpu_names(char *out, size_t size);

/* The precision that the GPU's backend takes for this one: "auto" is bfloat16 where there is such arithmetic. */
dslt_precision dslt_gpu_precision(const dslt_gpu *gpu, dslt_precision wanted);
/* The most operations a second of products in this precision; 0: none. */
double dslt_gpu_flops(const dslt_gpu *gpu, dslt_precision precision);

/* "bf16" */
const char *dslt_gpu_precision_name(dslt_precision precision);

/* Seconds that a graph needs for one of its nodes at least, when each waits for the one before. */
extern const double dslt_gpu_node_seconds;
extern const char dslt_gpu_node_source[];

#ifdef __cplusplus
}
#endif

#endif
