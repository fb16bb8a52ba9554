/* SPDX-License-Identifier: Apache-2.0 */
/* anchor_loss.cu: the loss of proposal heads over all anchors of a batch, and its gradient. */
#include "anchors.h"
#include "block_sum.h"
#include "launch.h"

enum { THREADS = 1024 };

/* One block: one sum in a fixed order. */
static __global__ void __launch_bounds__(THREADS)
    anchor_loss_kernel(float *__restrict__ d_scores, float *value, const float *__restrict__ scores, int rows,
                       int positive_rows, dslt_anchor_loss_spec spec, float weight, int first,
                       const int32_t *when) {
  if (dslt_skipped(when)) return;
  double sum = 0.0;
  for (int r = (int)threadIdx.x; r < rows; r += THREADS) {
    const size_t at = DSLT_ANCHOR_OUTPUTS * (size_t)r;
    const float x[DSLT_ANCHOR_OUTPUTS] = {scores[at], scores[at + 1]};
    const dslt_anchor_value v = dslt_anchor_loss_at(&spec, x, r < positive_rows);
    d_scores[at] = weight * v.gradient[0];
    d_scores[at + 1] = weight * v.gradient[1];
    sum += (double)v.value;
  }
  const dslt_two_sums all = dslt_block_sums(sum, 0.0);
  if (threadIdx.x == 0) *value = (first ? 0.0f : *value) + weight * (float)all.a;
}

extern "C" int DSLT_LAUNCHER(anchor_loss)(dslt_stream stream, float *d_scores, float *value,
                                          const float *scores, int n, int positives, int count,
                                          const dslt_anchor_loss_spec *spec, int first, const int32_t *when) {
  if (!d_scores || !value || !scores || !spec)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel anchor_loss needs scores, a spec and places for loss and gradient.");
  if (n < 1 || count < 1 || (int64_t)n * count > DSLT_CELLS_MAX || positives < 0 || positives > n)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel anchor_loss was given %d maps, %d of them of the target, with %d anchors each; it "
        "takes %d anchors in all.",
        n, positives, count, (int)DSLT_CELLS_MAX);
  return DSLT_LAUNCH(anchor_loss_kernel, 1, THREADS, stream, d_scores, value, scores, n * count,
                     positives * count, *spec, spec->weight / ((float)n * (float)count), first, when);
}
