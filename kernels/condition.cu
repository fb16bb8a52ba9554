/* SPDX-License-Identifier: Apache-2.0 */
/* condition.cu: the conditions of a graph's IF nodes, from flags on the device. */
#include "launch.h"

#if DSLT_HAS_CONDITION
static __global__ void condition_kernel(dslt_conditions conditions, const int32_t *when) {
  if (dslt_skipped(when)) return;
  for (int i = 0; i < conditions.count; ++i) /* one thread: CUDA leaves calls at the same time undefined */
    cudaGraphSetConditional(conditions.handle[i], *conditions.flag[i] != 0);
}
#endif

extern "C" int DSLT_LAUNCHER(condition)(dslt_stream stream, const dslt_conditions *conditions,
                                        const int32_t *when) {
  if (!conditions || conditions->count < 1 || conditions->count > DSLT_CONDITIONS_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel condition takes 1 to %d conditions.", (int)DSLT_CONDITIONS_MAX);
  for (int i = 0; i < conditions->count; ++i)
    if (!conditions->flag[i]) return dslt_fail(DSLT_EARGUMENT, "Kernel condition needs flags.");
#if DSLT_HAS_CONDITION
  return DSLT_LAUNCH(condition_kernel, 1, 1, stream, *conditions, when);
#else
  (void)stream;
  (void)when;
  return dslt_fail(
      DSLT_EDEVICE,
      "This build's CUDA toolkit has no conditional graph nodes; build with CUDA 12.4 or later.");
#endif
}
