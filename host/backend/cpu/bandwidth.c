/* SPDX-License-Identifier: Apache-2.0 */
/* bandwidth.c: how many bytes a second this processor moves where the data fit into one of its caches. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "backend/peak.h"
#include "base/clock.h"
#include "base/error.h"
#include "cpu.h"

enum { LANES = 64 };

DSLT_HOT static float read_all(const float *x, size_t count) {
  float sum[LANES] = {0}, all = 0.0f;
  for (size_t i = 0; i + LANES <= count; i += LANES)
    for (int k = 0; k < LANES; ++k) sum[k] += x[i + (size_t)k];
  for (int k = 0; k < LANES; ++k) all += sum[k];
  return all;
}

/* Least seconds of one pass over `bytes`: reading all of it, or copying one half to the other, which moves the
 * same number of bytes. Several passes make one measurement, for the clock's sake. */
static double least_seconds(float *x, size_t bytes, double seconds) {
  enum { LEAST_BYTES = 1 << 20 };
  const int passes = bytes < LEAST_BYTES ? (int)(LEAST_BYTES / bytes) : 1;
  const size_t count = bytes / sizeof *x;
  volatile float sink = 0.0f;
  double least = 0.0;
  const double end = dslt_seconds() + seconds;
  for (int run = 0; run < 8 || dslt_seconds() < end; ++run) {
    const double before = dslt_seconds();
    for (int pass = 0; pass < passes; ++pass)
      if (run % 2 == 0)
        sink = sink + read_all(x, count);
      else
        memcpy(x + count / 2, x, bytes / 2);
    const double taken = (dslt_seconds() - before) / passes;
    if (run == 0 || taken < least) least = taken;
  }
  return least;
}

/* Every thread in memory of its own. */
static int measure(dslt_cpu_rate *out, int threads, size_t bytes, double seconds) {
  double rate = 0.0;
  int failed = 0;
#pragma omp parallel num_threads(threads) reduction(+ : rate, failed)
  {
    float *x = aligned_alloc(64, bytes);
    failed += x == NULL;
    for (size_t i = 0; x && i < bytes / sizeof *x; ++i) x[i] = 0.75f;
    if (x) rate += (double)bytes / least_seconds(x, bytes, seconds);
    free(x);
  }
  if (failed) return dslt_fail(DSLT_EMEMORY, "Out of memory while measuring memory.");
  *out = (dslt_cpu_rate){(double)bytes * threads, rate};
  return DSLT_OK;
}

int dslt_cpu_cache_rates(dslt_cpu_rate *out, int threads, double seconds) {
  for (int i = 0; i < DSLT_CPU_CACHE_RATES; ++i)
    DSLT_TRY(measure(&out[i], threads, (size_t)16384 << (2 * i), seconds / DSLT_CPU_CACHE_RATES));
  return DSLT_OK;
}

double dslt_cpu_bandwidth(const dslt_cpu_ceiling *ceiling, double bytes) {
  double best = ceiling->bandwidth;
  int fits = 0;
  for (int i = 1; i < DSLT_CPU_CACHE_RATES; ++i)
    if (ceiling->cache[i].bytes <= bytes) fits = i;
  for (int i = fits; i < DSLT_CPU_CACHE_RATES; ++i)
    if (ceiling->cache[i].bytes_per_second > best) best = ceiling->cache[i].bytes_per_second;
  return best;
}
