/* SPDX-License-Identifier: Apache-2.0 */
/* bench_plot.h: the drawing of a sweep, by Python. */
#ifndef DSLT_CLI_BENCH_PLOT_H
#define DSLT_CLI_BENCH_PLOT_H

#include "cli/bench_report.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Draw the report's sweep into `path` (.png, .svg, .pdf) with bench/plot_sweep.py, which is looked for beside
 * the program: in ../share/dslt/bench (installed) and in share/dslt/bench (a build folder). The interpreter
 * is $DSLT_PYTHON where that is set, else the first of python3 on PATH and /usr/bin/python3 that has
 * matplotlib. DSLT_EUNSUPPORTED: none has (the sentence says what to install); DSLT_EIO: the script is
 * missing or failed.
 */
int dslt_bench_plot(const char *path, const dslt_bench_report *report);

#ifdef __cplusplus
}
#endif

#endif
