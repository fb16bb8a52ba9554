/* SPDX-License-Identifier: Apache-2.0 */
/* adam.cu: one Adam step on all tensors in one launch. */
#include "block_sum.h"
#include "launch.h"
#include "math/adam.h"

enum { THREADS = 256, CHUNK = 4 * THREADS }; /* a block takes CHUNK weights of one tensor */

typedef struct adam_tensors {
  dslt_param param[DSLT_ADAM_TENSORS_MAX];
  unsigned first_block[DSLT_ADAM_TENSORS_MAX + 1];
  int count;
} adam_tensors;

static __global__ void __launch_bounds__(THREADS)
    adam_kernel(adam_tensors tensors, dslt_adam_rule rule, int32_t *step, uint32_t *ticket,
                const int32_t *when) {
  __shared__ float correction;
  __shared__ int32_t now;
  if (dslt_skipped(when)) return;
  if (threadIdx.x == 0) { /* two powers in double: once a block, not once a weight */
    now = *step < INT32_MAX ? *step + 1 : *step;
    correction = dslt_adam_correction(&rule, now);
  }
  __syncthreads();
  int which = 0;
  while (which < tensors.count && blockIdx.x >= tensors.first_block[which + 1]) ++which;
  if (which < tensors.count) {
    const dslt_param p = tensors.param[which];
    float rate = p.rate * correction;
    size_t first = (size_t)(blockIdx.x - tensors.first_block[which]) * CHUNK;
    size_t last = first + CHUNK < p.count ? first + CHUNK : p.count;
    for (size_t i = first + threadIdx.x; i < last; i += THREADS)
      dslt_adam_step(&p.w[i], &p.m[i], &p.v[i], p.g[i], &rule, rate, p.decay);
  }
  /* The counter is incremented by the last block, when every block has read it. */
  if (dslt_last_block(ticket) && threadIdx.x == 0) *step = now;
}

extern "C" int DSLT_LAUNCHER(adam)(dslt_stream stream, const dslt_param *params, int count,
                                   const dslt_adam_rule *rule, int32_t *step, uint32_t *ticket,
                                   const int32_t *when) {
  if (!rule || !step || !ticket || (count > 0 && !params))
    return dslt_fail(DSLT_EARGUMENT, "Kernel adam needs params, a rule, a step counter and a ticket.");
  if (count < 0 || count > DSLT_ADAM_TENSORS_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel adam was given %d tensors; it takes 0 to %d.", count,
                     (int)DSLT_ADAM_TENSORS_MAX);
  adam_tensors tensors = {};
  size_t blocks = 0;
  tensors.count = count;
  for (int i = 0; i < count; ++i) {
    const dslt_param *p = &params[i];
    if (p->count > 0 && (!p->w || !p->g || !p->m || !p->v))
      return dslt_fail(DSLT_EARGUMENT, "Kernel adam: tensor %d lacks weights, gradient or moments.", i);
    if (p->count / CHUNK > 0x3fffffffu / DSLT_ADAM_TENSORS_MAX)
      return dslt_fail(DSLT_EARGUMENT, "Kernel adam: tensor %d has %zu weights, more than a grid holds.", i,
                       p->count);
    tensors.param[i] = *p;
    blocks += (p->count + CHUNK - 1) / CHUNK;
    tensors.first_block[i + 1] = (unsigned)blocks;
  }
  if (blocks == 0) blocks = 1; /* a step without weights still counts */
  return DSLT_LAUNCH(adam_kernel, (unsigned)blocks, THREADS, stream, tensors, *rule, step, ticket, when);
}
