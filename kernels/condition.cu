/* SPDX-License-Identifier: Apache-2.0 */
/* condition.cu: the condition of a graph's IF node, from a flag on the device. */
#include "launch.h"

#if DSLT_HAS_CONDITION
static __global__ void condition_kernel(unsigned long long handle, const int32_t *flag, const int32_t *when) {
  if (dslt_skipped(when)) return;
  cudaGraphSetConditional(handle, *flag != 0);
}
#endif

extern "C" int DSLT_LAUNCHER(condition)(dslt_stream stream, unsigned long long handle, const int32_t *flag,
                                        const int32_t *when) {
  if (!flag) return dslt_fail(DSLT_EARGUMENT, "Kernel condition needs a flag.");
#if DSLT_HAS_CONDITION
  return DSLT_LAUNCH(condition_kernel, 1, 1, stream, handle, flag, when);
#else
  (void)stream;
  (void)handle;
  (void)when;
  return dslt_fail(
      DSLT_EDEVICE,
      "This build's CUDA toolkit has no conditional graph nodes; build with CUDA 12.4 or later.");
#endif
}
