/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h: measures all targets, with repetitions, and the values of a sweep. */
#ifndef DSLT_BENCH_MEASURE_H
#define DSLT_BENCH_MEASURE_H

#include "bench/report.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fill report->targets, figure and work. `setup` says how to run; progress goes to its observer. Errors as
 * dslt_bench_run_make(). */
int dslt_bench_measure(dslt_bench_report *report, const dslt_bench_items *items, dslt_bench_setup *setup);
/* Fill report->points from report->request's values. DSLT_EOPTION: a value does not go with the options. */
int dslt_bench_sweep(dslt_bench_report *report, const dslt_bench_items *items, dslt_bench_setup *setup);

#ifdef __cplusplus
}
#endif

#endif
