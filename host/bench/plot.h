/* SPDX-License-Identifier: Apache-2.0 */
/* plot.h: plots a sweep with Python. */
#ifndef DSLT_BENCH_PLOT_H
#define DSLT_BENCH_PLOT_H

#include "bench/report.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Draw the report's sweep into `path` (.png, .svg, .pdf) with bench/plot_sweep.py. Errors as
 * dslt_python_run(); DSLT_EIO: the script failed. */
int dslt_bench_plot(const char *path, const dslt_bench_report *report);

#ifdef __cplusplus
}
#endif

#endif
