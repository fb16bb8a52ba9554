/* SPDX-License-Identifier: Apache-2.0 */
/* peak.c: measures this processor's peak rates: memory bandwidth here, products and convolutions by the
 * build's library, the multiply-add units in peak_units.c, caches in bandwidth.c. */
#include "backend/peak.h"

#include <omp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "cpu.h"

int dslt_cpu_threads(int threads) { return threads > 0 ? threads : omp_get_max_threads(); }

/* ---- triad --------------------------------------------------------------------------------------- */

DSLT_HOT static void triad_range(float *a, const float *b, const float *c, float s, size_t count) {
  for (size_t i = 0; i < count; ++i) a[i] = b[i] + s * c[i];
}

static void triad(float *a, const float *b, const float *c, size_t count) {
  enum { BLOCK = 1 << 16 };
  const long blocks = (long)(count / BLOCK);
#pragma omp parallel for schedule(static)
  for (long i = 0; i < blocks; ++i) {
    const size_t first = (size_t)i * BLOCK;
    triad_range(a + first, b + first, c + first, 3.0f, BLOCK);
  }
}

/* Four times the last cache, for the three arrays together; 192 to 768 MiB. */
static size_t triad_bytes(void) {
  const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE), mib = 1024L * 1024;
  long wanted = cache > 0 ? 4 * cache : 0;
  if (wanted < 192 * mib) wanted = 192 * mib;
  if (wanted > 768 * mib) wanted = 768 * mib;
  return (size_t)(wanted / (3 * mib)) * 3 * (size_t)mib;
}

static int time_triad(double *best, size_t bytes, double seconds) {
  void *memory = NULL;
  DSLT_TRY(dslt_cpu_new(&memory, bytes, "measuring memory"));
  const size_t count = bytes / 3 / sizeof(float);
  float *a = memory, *b = a + count, *c = b + count;
  for (size_t i = 0; i < 2 * count; ++i) b[i] = 1.0f; /* touch every page, so that each has its own memory */
  const double end = dslt_seconds() + seconds;
  *best = 0.0;
  for (int run = 0; run < 2 || dslt_seconds() < end; ++run) {
    const double before = dslt_seconds();
    triad(a, b, c, count);
    const double taken = dslt_seconds() - before;
    if (run == 1 || (run > 1 && taken < *best)) *best = taken;
  }
  free(memory);
  return DSLT_OK;
}

/* ---- all ----------------------------------------------------------------------------------------- */

/* The units' own peak is the ceiling, unless the library has other units (AMX) or there is no loop for them. */
static int arithmetic(double *flops, const char **how, dslt_backend *backend, int precision, double seconds) {
  DSLT_TRY(dslt_cpu_arithmetic_peak(flops, how, backend, precision, seconds));
  if (precision == DSLT_PRECISION_BF16 && *flops == 0.0) return DSLT_OK; /* the library cannot use them */
  const double units = dslt_cpu_unit_peak(dslt_cpu_of(backend)->threads, precision, seconds);
  if (units <= *flops) return DSLT_OK;
  *flops = units;
  *how = "multiply-adds between registers";
  return DSLT_OK;
}

static int measure(dslt_cpu_ceiling *out, dslt_backend *backend, double seconds) {
  const size_t bytes = triad_bytes();
  const char *how_bf16;
  double memory = 0.0;
  DSLT_TRY(arithmetic(&out->flops_f32, &out->how, backend, DSLT_PRECISION_F32, seconds));
  DSLT_TRY(arithmetic(&out->flops_bf16, &how_bf16, backend, DSLT_PRECISION_BF16, seconds));
  DSLT_TRY(dslt_cpu_cache_rates(out->cache, dslt_cpu_of(backend)->threads, seconds));
  DSLT_TRY(time_triad(&memory, bytes, seconds));
  out->bandwidth = (double)bytes / memory;
  out->triad_bytes = (double)bytes;
  out->threads = dslt_cpu_of(backend)->threads;
  return DSLT_OK;
}

int dslt_cpu_peak(dslt_cpu_ceiling *out, int threads, double seconds) {
  const dslt_backend_config config = {.threads = threads, .precision = DSLT_PRECISION_F32};
  dslt_backend *backend = NULL;
  dslt_cpu_ceiling measured;
  DSLT_TRY(dslt_cpu_backend.device->open(&backend, &config));
  int rc = backend->device->begin(backend);
  if (rc < 0) goto done;
  rc = dslt_backend_end(backend, measure(&measured, backend, seconds));
  if (rc == DSLT_OK) *out = measured;
done:
  backend->device->close(backend);
  return rc;
}
