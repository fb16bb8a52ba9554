/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h: a whole benchmark, from the request to the files: inputs, weights, measurements, report. */
#ifndef DSLT_BENCH_ENGINE_H
#define DSLT_BENCH_ENGINE_H

#include "bench/observer.h"
#include "bench/request.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The step at which a benchmark failed. */
typedef enum dslt_bench_step {
  DSLT_BENCH_INPUTS = 0,  /* finding and tracking them */
  DSLT_BENCH_WEIGHTS = 1, /* loading them */
  DSLT_BENCH_RESULTS = 2  /* the places of the results, the backend, writing */
} dslt_bench_step;

/* Measure and write what the request asks for; the results go to its file or to standard output. On failure
 * *step is the step that failed; errors are those of the functions called. */
int dslt_bench_do(dslt_bench_step *step, const dslt_bench_request *request,
                  const dslt_bench_observer *observer);

#ifdef __cplusplus
}
#endif

#endif
