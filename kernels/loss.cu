/* SPDX-License-Identifier: Apache-2.0 */
/* loss.cu: response, loss and gradient in one pass over the map. */
#include "block_sum.h"
#include "launch.h"
#include "math/loss.h"

enum { THREADS = 1024 };

/* One block: a response map has a few thousand cells, and a second block would cost a second pass over
 * partial sums. `kind` is known when compiling, so each loss has a kernel without a switch in it. */
template <int kind>
static __global__ void __launch_bounds__(THREADS)
    loss_kernel(float *__restrict__ d_response, float *__restrict__ d_bias, float *__restrict__ value,
                const float *__restrict__ base, const float *__restrict__ residual,
                const float *__restrict__ bias, const float *__restrict__ label, int count,
                dslt_loss_spec spec, const int32_t *when) {
  if (dslt_skipped(when)) return;
  spec.kind = kind;
  float shift = bias ? bias[0] + bias[1] : 0.0f;
  double loss = 0.0, slope = 0.0;
  for (int i = (int)threadIdx.x; i < count; i += THREADS) {
    float response = base[i] + (residual ? residual[i] : 0.0f) + shift;
    dslt_loss_value v = dslt_loss_at(&spec, response, label[i]);
    d_response[i] = v.gradient;
    loss += (double)v.value;
    slope += (double)v.gradient;
  }
  dslt_two_sums sums = dslt_block_sums(loss, slope);
  if (threadIdx.x == 0) {
    *value = (float)sums.a;
    d_bias[0] = d_bias[1] = (float)sums.b;
  }
}

extern "C" int DSLT_LAUNCHER(loss)(dslt_stream stream, float *d_response, float *d_bias, float *value,
                                   const float *base, const float *residual, const float *bias,
                                   const float *label, size_t count, const dslt_loss_spec *spec,
                                   const int32_t *when) {
  if (!d_response || !d_bias || !value || !base || !label || !spec)
    return dslt_fail(DSLT_EARGUMENT, "Kernel loss needs d_response, d_bias, value, base, label and spec.");
  if (count == 0 || count > DSLT_CELLS_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel loss was given %zu cells; it takes 1 to %d.", count,
                     (int)DSLT_CELLS_MAX);
#define LAUNCH_KIND(name, number, text, function)                                                          \
  case number:                                                                                             \
    return DSLT_LAUNCH(loss_kernel<number>, 1, THREADS, stream, d_response, d_bias, value, base, residual, \
                       bias, label, (int)count, *spec, when);
  switch (spec->kind) {
    DSLT_LOSSES(LAUNCH_KIND)
    default: return dslt_fail(DSLT_EARGUMENT, "Kernel loss knows no loss number %d.", spec->kind);
  }
#undef LAUNCH_KIND
}
