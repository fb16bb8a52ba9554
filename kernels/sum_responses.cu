/* SPDX-License-Identifier: Apache-2.0 */
/* sum_responses.cu: the response: base plus residual plus biases. */
#include "launch.h"

static __global__ void sum_responses_kernel(float *__restrict__ response, const float *__restrict__ base,
                                            const float *__restrict__ residual,
                                            const float *__restrict__ bias, size_t count,
                                            const int32_t *when) {
  if (dslt_skipped(when)) return;
  float shift = bias ? bias[0] + bias[1] : 0.0f;
  size_t stride = (size_t)gridDim.x * blockDim.x;
  for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride)
    response[i] = base[i] + (residual ? residual[i] : 0.0f) + shift;
}

extern "C" int DSLT_LAUNCHER(sum_responses)(dslt_stream stream, float *response, const float *base,
                                            const float *residual, const float *bias, size_t count,
                                            const int32_t *when) {
  if (!response || !base || count == 0)
    return dslt_fail(DSLT_EARGUMENT, "Kernel sum_responses needs a response, a base and at least one cell.");
  const unsigned threads = 256;
  return DSLT_LAUNCH(sum_responses_kernel, dslt_blocks(count, threads, 1024), threads, stream, response, base,
                     residual, bias, count, when);
}
