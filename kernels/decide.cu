/* SPDX-License-Identifier: Apache-2.0 */
/* decide.cu: the remaining work of a frame, decided on the device right after locate. */
#include "launch.h"

enum { THREADS = 64 };

static __global__ void __launch_bounds__(THREADS)
    decide_kernel(dslt_decision *decision, int32_t *learns, const dslt_target_state *state,
                  const dslt_sample_ring *ring, dslt_update_policy policy) {
  dslt_decision mine = *decision; /* every thread computes the same decision; one writes it */
  dslt_decide_frame(&mine, state, ring, &policy);
  if (learns)
    for (int slot = (int)threadIdx.x; slot < ring->capacity; slot += THREADS)
      learns[slot] = dslt_learns_from_slot(&mine, ring, &policy, slot);
  __syncthreads(); /* all have read the decision */
  if (threadIdx.x == 0) *decision = mine;
}

extern "C" int DSLT_LAUNCHER(decide)(dslt_stream stream, dslt_decision *decision, int32_t *learns,
                                     const dslt_target_state *state, const dslt_sample_ring *ring,
                                     const dslt_update_policy *policy) {
  if (!decision || !state || !ring || !policy)
    return dslt_fail(DSLT_EARGUMENT, "Kernel decide needs a decision, a state, a ring and a policy.");
  return DSLT_LAUNCH(decide_kernel, 1, THREADS, stream, decision, learns, state, ring, *policy);
}
