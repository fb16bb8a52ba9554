/* SPDX-License-Identifier: Apache-2.0 */
/* plain_peak.c: without oneDNN the peak of this library's own loops is measured; there is no bfloat16 and no
 * other convolution to compare with. */
#include <stdlib.h>

#include "backend/peak.h"
#include "base/clock.h"
#include "base/error.h"
#include "cpu.h"

int dslt_cpu_arithmetic_peak(double *flops, const char **how, dslt_backend *backend, int precision,
                             double seconds) {
  enum { SIDE = 768 };
  const size_t count = (size_t)SIDE * SIDE;
  void *memory = NULL;
  dslt_gemm *gemm = NULL;
  *flops = 0.0;
  *how = "the plain loops' matrix product of 768 x 768 by 768 x 768";
  if (precision != DSLT_PRECISION_F32) return DSLT_OK;
  DSLT_TRY(dslt_cpu_new(&memory, 3 * count * sizeof(float), "measuring the processor"));
  float *values = memory;
  for (size_t i = 0; i < 2 * count; ++i) values[i] = 0.75f;
  int rc = dslt_gemm_plan(&gemm, dslt_cpu_of(backend), 0, 0, SIDE, SIDE, SIDE);
  const double end = dslt_seconds() + seconds;
  double best = 0.0;
  /* the first run starts threads and touches pages: its time is used only if there is no second run */
  for (int run = 0; rc == DSLT_OK && (run < 2 || dslt_seconds() < end); ++run) {
    const double before = dslt_seconds();
    rc = dslt_gemm_run(gemm, values + 2 * count, values, values + count);
    const double taken = dslt_seconds() - before;
    if (run < 2 || taken < best) best = taken;
  }
  dslt_gemm_free(gemm);
  free(memory);
  if (rc == DSLT_OK) *flops = 2.0 * SIDE * (double)SIDE * SIDE / best;
  return rc;
}

int dslt_cpu_conv_peak(dslt_cpu_conv_best *out, int threads, int precision, int n, int h, int w, int cin,
                       int cout, double seconds) {
  (void)out, (void)threads, (void)precision, (void)n, (void)h, (void)w, (void)cin, (void)cout, (void)seconds;
  return dslt_fail(DSLT_EUNSUPPORTED,
                   "This build has no oneDNN, so there is no best convolution to compare with.");
}
