/* SPDX-License-Identifier: Apache-2.0 */
/* sgd.cu: one step of gradient descent with momentum on all tensors in one launch. */
#include "anchors.h"
#include "launch.h"
#include "math/sgd.h"

enum { THREADS = 256, CHUNK = 4 * THREADS }; /* a block takes CHUNK weights of one tensor */

typedef struct sgd_tensors {
  dslt_param param[DSLT_ADAM_TENSORS_MAX];
  unsigned first_block[DSLT_ADAM_TENSORS_MAX + 1];
  int count;
} sgd_tensors;

static __global__ void __launch_bounds__(THREADS)
    sgd_kernel(sgd_tensors tensors, float momentum, const int32_t *when) {
  if (dslt_skipped(when)) return;
  int which = 0;
  while (which < tensors.count && blockIdx.x >= tensors.first_block[which + 1]) ++which;
  if (which >= tensors.count) return;
  const dslt_param p = tensors.param[which];
  const size_t first = (size_t)(blockIdx.x - tensors.first_block[which]) * CHUNK;
  const size_t last = first + CHUNK < p.count ? first + CHUNK : p.count;
  for (size_t i = first + threadIdx.x; i < last; i += THREADS)
    dslt_sgd_step(&p.w[i], &p.m[i], p.g[i], momentum, p.rate, p.decay);
}

extern "C" int DSLT_LAUNCHER(sgd)(dslt_stream stream, const dslt_param *params, int count, float momentum,
                                  const int32_t *when) {
  if (count < 0 || count > DSLT_ADAM_TENSORS_MAX || (count > 0 && !params))
    return dslt_fail(DSLT_EARGUMENT, "Kernel sgd was given %d tensors; it takes 0 to %d.", count,
                     (int)DSLT_ADAM_TENSORS_MAX);
  sgd_tensors tensors = {};
  size_t blocks = 0;
  tensors.count = count;
  for (int i = 0; i < count; ++i) {
    const dslt_param *p = &params[i];
    if (p->count > 0 && (!p->w || !p->g || !p->m))
      return dslt_fail(DSLT_EARGUMENT, "Kernel sgd: tensor %d lacks weights, gradient or momentum.", i);
    if (p->count / CHUNK > 0x3fffffffu / DSLT_ADAM_TENSORS_MAX)
      return dslt_fail(DSLT_EARGUMENT, "Kernel sgd: tensor %d has %zu weights, more than a grid holds.", i,
                       p->count);
    tensors.param[i] = *p;
    blocks += (p->count + CHUNK - 1) / CHUNK;
    tensors.first_block[i + 1] = (unsigned)blocks;
  }
  if (blocks == 0) return DSLT_OK;
  return DSLT_LAUNCH(sgd_kernel, (unsigned)blocks, THREADS, stream, tensors, momentum, when);
}
