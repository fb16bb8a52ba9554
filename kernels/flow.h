/* SPDX-License-Identifier: Apache-2.0 */
/* flow.h: the launchers that let a whole sequence part run without the host: stop rules, clock, report. The
 * rules of kernels.h hold. */
#ifndef DSLT_KERNELS_FLOW_H
#define DSLT_KERNELS_FLOW_H

#include "kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Note *loss in losses [rule->limit] and judge it as dslt_judge() does; rule: host. */
int dslt_cuda_judge(dslt_stream stream, dslt_training *training, float *losses, const float *loss,
                    const dslt_stop_rule *rule);

/* Time spent on the device, in device memory, zeroed by its owner. */
typedef struct dslt_clock {
  uint64_t since;                      /* the last stamp, ns of the device's clock */
  uint64_t stage_ns[DSLT_STAGE_COUNT]; /* counted since the last gather */
} dslt_clock;

/* What ran since the last stamp belongs to `stage`; -1 starts the clock. */
int dslt_cuda_stamp(dslt_stream stream, dslt_clock *clock, int stage);

/* The report of a frame in one place, for one small copy to the host; the clock starts anew. */
typedef struct dslt_gathered {
  dslt_target_state state;
  uint64_t stage_ns[DSLT_STAGE_COUNT];
  float loss;
  int32_t learnt;
} dslt_gathered;

/* All pointers device memory; learnt = the ring's count where turn->update, else 0. */
int dslt_cuda_gather(dslt_stream stream, dslt_gathered *out, dslt_clock *clock,
                     const dslt_target_state *state, const float *loss, const dslt_turn *turn,
                     const dslt_ring *ring);

#ifdef __cplusplus
}
#endif

#endif
