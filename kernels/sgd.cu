/* SPDX-License-Identifier: Apache-2.0 */
/* sgd.cu: one step of gradient descent with momentum on all tensors in one launch. */
#include "anchors.h"
#include "launch.h"
#include "math/sgd.h"
#include "tensor_chunks.h"

static __global__ void __launch_bounds__(DSLT_CHUNK_THREADS)
    sgd_kernel(dslt_tensor_chunks tensors, float momentum, const int32_t *when) {
  if (dslt_skipped(when)) return;
  size_t first, last;
  const int which = dslt_chunk_of(&first, &last, &tensors, blockIdx.x);
  if (which >= tensors.count) return;
  const dslt_param p = tensors.param[which];
  for (size_t i = first + threadIdx.x; i < last; i += DSLT_CHUNK_THREADS)
    dslt_sgd_step(&p.w[i], &p.m[i], p.g[i], momentum, p.rate, p.decay);
}

extern "C" int DSLT_LAUNCHER(sgd)(dslt_stream stream, const dslt_param *params, int count, float momentum,
                                  const int32_t *when) {
  dslt_tensor_chunks tensors;
  unsigned blocks = 0;
  DSLT_TRY(dslt_take_chunks(&tensors, &blocks, "sgd", params, count, 0));
  if (blocks == 0) return DSLT_OK;
  return DSLT_LAUNCH(sgd_kernel, blocks, DSLT_CHUNK_THREADS, stream, tensors, momentum, when);
}
