/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h: statistics of measurements: percentiles of one run, median and spread of several. */
#ifndef DSLT_BENCH_STATS_H
#define DSLT_BENCH_STATS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A growing list of numbers; zero-initialise, free `values`. */
typedef struct dslt_series {
  double *values;
  size_t count, room;
} dslt_series;

/* DSLT_EMEMORY. */
int dslt_series_push(dslt_series *list, double value);

/* Sort ascending, in place. NaN is not allowed. */
void dslt_stats_sort(double *values, size_t count);
/* The smallest of the sorted values that at least `percent` (0..100) per cent of them do not exceed: one that
 * was measured, never an interpolation. NaN when count is 0. */
double dslt_stats_percentile(const double *sorted, size_t count, double percent);
/* Mean of the two middle values where the count is even. Reorders `values`. NaN when count is 0. */
double dslt_stats_median(double *values, size_t count);

/* One figure over several repetitions. */
typedef struct dslt_spread {
  double median, low, high; /* NaN when nothing was measured */
} dslt_spread;

/* Of `count` values, `stride` doubles apart; NaN among them (not measured) are passed over. Allocates nothing
 * for up to 64 of them; beyond, the first 64 count. */
dslt_spread dslt_stats_spread(const double *values, size_t count, size_t stride);

#ifdef __cplusplus
}
#endif

#endif
