/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c: percentiles, medians and spreads. */
#include "bench/stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

int dslt_series_push(dslt_series *list, double value) {
  if (list->count == list->room) {
    const size_t room = list->room ? 2 * list->room : 256;
    double *values = realloc(list->values, room * sizeof *values);
    if (!values) return dslt_fail(DSLT_EMEMORY, "Out of memory after %zu measurements.", list->count);
    list->values = values;
    list->room = room;
  }
  list->values[list->count++] = value;
  return DSLT_OK;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void dslt_stats_sort(double *values, size_t count) {
  if (count > 1) qsort(values, count, sizeof *values, ascending);
}

double dslt_stats_percentile(const double *sorted, size_t count, double percent) {
  if (count == 0) return NAN;
  /* the margin keeps 95 % of 20, which is 19.000000000000004 in binary, at 19 */
  const double rank = ceil(percent / 100.0 * (double)count - 1e-9);
  if (rank < 1.0) return sorted[0];
  return rank >= (double)count ? sorted[count - 1] : sorted[(size_t)rank - 1];
}

double dslt_stats_median(double *values, size_t count) {
  if (count == 0) return NAN;
  dslt_stats_sort(values, count);
  return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

dslt_spread dslt_stats_spread(const double *values, size_t count, size_t stride) {
  enum { MOST = 64 };
  double known[MOST];
  size_t kept = 0;
  for (size_t i = 0; i < count && kept < MOST; i++)
    if (!isnan(values[i * stride])) known[kept++] = values[i * stride];
  dslt_spread spread = {NAN, NAN, NAN};
  if (kept == 0) return spread;
  spread.median = dslt_stats_median(known, kept);
  spread.low = known[0];
  spread.high = known[kept - 1];
  return spread;
}
