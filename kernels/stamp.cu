/* SPDX-License-Identifier: Apache-2.0 */
/* stamp.cu: how long the stages of a frame take, told by the device itself, since events have no place inside
 * a graph's conditional nodes; and the report of a frame. */
#include "flow.h"
#include "launch.h"
#ifndef __CUDACC__
#include <chrono>
#endif

__device__ static inline uint64_t device_ns(void) {
#ifdef __CUDACC__
  uint64_t now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  return now;
#else
  return (uint64_t)std::chrono::steady_clock::now().time_since_epoch().count();
#endif
}

static __global__ void stamp_kernel(dslt_clock *clock, int stage) {
  uint64_t now = device_ns();
  if (stage >= 0) clock->stage_ns[stage] += now - clock->since;
  clock->since = now;
}

static __global__ void gather_kernel(dslt_gathered *out, dslt_clock *clock, const dslt_target_state *state,
                                     const float *loss, const dslt_turn *turn, const dslt_ring *ring) {
  out->state = *state;
  out->loss = *loss;
  out->learnt = turn->update ? ring->count : 0;
  for (int i = 0; i < DSLT_STAGE_COUNT; ++i) {
    out->stage_ns[i] = clock->stage_ns[i];
    clock->stage_ns[i] = 0;
  }
}

extern "C" int dslt_cuda_stamp(dslt_stream stream, dslt_clock *clock, int stage) {
  if (!clock || stage < -1 || stage >= DSLT_STAGE_COUNT)
    return dslt_fail(DSLT_EARGUMENT, "Kernel stamp needs a clock and a stage, not %d.", stage);
  return DSLT_LAUNCH(stamp_kernel, 1, 1, stream, clock, stage);
}

extern "C" int dslt_cuda_gather(dslt_stream stream, dslt_gathered *out, dslt_clock *clock,
                                const dslt_target_state *state, const float *loss, const dslt_turn *turn,
                                const dslt_ring *ring) {
  if (!out || !clock || !state || !loss || !turn || !ring)
    return dslt_fail(DSLT_EARGUMENT, "Kernel gather needs a place and all that it gathers.");
  return DSLT_LAUNCH(gather_kernel, 1, 1, stream, out, clock, state, loss, turn, ring);
}
