/* SPDX-License-Identifier: Apache-2.0 */
/* snr.cu: the signal-to-noise ratio of a training step's response, into the list of all steps'. */
#include "math/snr.h"

#include "block_sum.h"
#include "launch.h"

enum { THREADS = 1024 };

/* One block, as for the loss of the same map. */
static __global__ void __launch_bounds__(THREADS)
    snr_kernel(float *values, const float *response, int count, const dslt_training *training,
               const int32_t *when) {
  if (dslt_skipped(when)) return;
  dslt_candidate best = {-INFINITY, -1};
  double sum = 0.0;
  for (int i = (int)threadIdx.x; i < count; i += THREADS) {
    dslt_candidate here = {response[i], i};
    best = dslt_better(best, here);
    sum += (double)response[i];
  }
  best = dslt_block_best(best);
  dslt_two_sums sums = dslt_block_sums(sum, 0.0);
  if (threadIdx.x == 0 && training->steps > 0)
    values[training->steps - 1] = dslt_snr(best.score, sums.a, (size_t)count);
}

extern "C" int DSLT_LAUNCHER(snr)(dslt_stream stream, float *values, const float *response, size_t count,
                                  const dslt_training *training, const int32_t *when) {
  if (!values || !response || !training)
    return dslt_fail(DSLT_EARGUMENT, "Kernel snr needs a list, a response and the training's state.");
  if (count == 0 || count > DSLT_CELLS_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel snr was given %zu cells; it takes 1 to %d.", count,
                     (int)DSLT_CELLS_MAX);
  return DSLT_LAUNCH(snr_kernel, 1, THREADS, stream, values, response, (int)count, training, when);
}
