/* SPDX-License-Identifier: Apache-2.0 */
/* turn.cu: what a frame still has to do, decided on the device right after locate. */
#include "launch.h"

enum { THREADS = 64 };

/* As next_frame() and store() of host/tracker/tracker.c decide. */
static __global__ void __launch_bounds__(THREADS)
    decide_kernel(dslt_turn *turn, int32_t *learn, const dslt_target_state *state, const dslt_ring *ring) {
  int frame = turn->frame + 1;
  int update = turn->interval > 0 && frame % turn->interval == 0 && !(state->lost && turn->hold);
  int moved = turn->cx != state->cx || turn->cy != state->cy;
  int capacity = ring->capacity, count = ring->count + 1 < capacity ? ring->count + 1 : capacity;
  if (learn)
    for (int slot = (int)threadIdx.x; slot < capacity; slot += THREADS) learn[slot] = update && slot < count;
  __syncthreads(); /* all have read the turn */
  if (threadIdx.x != 0) return;
  turn->cx = state->cx;
  turn->cy = state->cy;
  turn->frame = frame;
  turn->update = update;
  turn->source =
      turn->joint || state->pyramid ? DSLT_SOURCE_LEVELS : (moved ? DSLT_SOURCE_LOOK : DSLT_SOURCE_SEARCH);
  turn->look = update && capacity > 1 && turn->source == DSLT_SOURCE_LOOK;
}

extern "C" int dslt_cuda_decide(dslt_stream stream, dslt_turn *turn, int32_t *learn,
                                const dslt_target_state *state, const dslt_ring *ring) {
  if (!turn || !state || !ring)
    return dslt_fail(DSLT_EARGUMENT, "Kernel decide needs a turn, a state and a ring.");
  return DSLT_LAUNCH(decide_kernel, 1, THREADS, stream, turn, learn, state, ring);
}
