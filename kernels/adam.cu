/* SPDX-License-Identifier: Apache-2.0 */
/* adam.cu: one Adam step on all tensors in one launch. */
#include "block_sum.h"
#include "launch.h"
#include "math/adam.h"
#include "tensor_chunks.h"

static __global__ void __launch_bounds__(DSLT_CHUNK_THREADS)
    adam_kernel(dslt_tensor_chunks tensors, dslt_adam_rule rule, int32_t *step, uint32_t *ticket,
                const int32_t *when) {
  __shared__ float correction;
  __shared__ int32_t now;
  if (dslt_skipped(when)) return;
  if (threadIdx.x == 0) { /* two powers in double: once a block, not once a weight */
    now = dslt_step_after(*step);
    correction = dslt_adam_correction(&rule, now);
  }
  __syncthreads();
  size_t first, last;
  const int which = dslt_chunk_of(&first, &last, &tensors, blockIdx.x);
  if (which < tensors.count) {
    const dslt_param p = tensors.param[which];
    float rate = p.rate * correction;
    for (size_t i = first + threadIdx.x; i < last; i += DSLT_CHUNK_THREADS)
      dslt_adam_step(&p.w[i], &p.m[i], &p.v[i], dslt_param_gradient(&p, i), &rule, rate, p.decay);
  }
  /* The counter is incremented by the last block, when every block has read it. */
  if (dslt_last_block(ticket) && threadIdx.x == 0) *step = now;
}

extern "C" int DSLT_LAUNCHER(adam)(dslt_stream stream, const dslt_param *params, int count,
                                   const dslt_adam_rule *rule, int32_t *step, uint32_t *ticket,
                                   const int32_t *when) {
  dslt_tensor_chunks tensors;
  unsigned blocks = 0;
  if (!rule || !step || !ticket)
    return dslt_fail(DSLT_EARGUMENT, "Kernel adam needs a rule, a step counter and a ticket.");
  DSLT_TRY(dslt_take_chunks(&tensors, &blocks, "adam", params, count, 1));
  if (blocks == 0) blocks = 1; /* a step without weights still counts */
  return DSLT_LAUNCH(adam_kernel, blocks, DSLT_CHUNK_THREADS, stream, tensors, *rule, step, ticket, when);
}
