/* SPDX-License-Identifier: Apache-2.0 */
/* anchor_outputs.cu: the end of a proposal head: bias and ReLU of the layer between, and the two outputs. */
#include "anchors.h"
#include "block_sum.h"
#include "launch.h"

enum {
  THREADS = 128,
  LANES = 8,
  ROWS = THREADS / LANES
}; /* a row's units are read in whole sectors of 32 bytes */

/* LANES threads: a row. */
static __global__ void __launch_bounds__(THREADS)
    anchor_outputs_kernel(float *__restrict__ scores, const float *__restrict__ middle,
                          const float *__restrict__ bias, const float *__restrict__ out,
                          const float *__restrict__ last, int rows, int hidden, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const int lane = (int)threadIdx.x % LANES, row = (int)blockIdx.x * ROWS + (int)threadIdx.x / LANES;
  const float *from = middle + (size_t)(row < rows ? row : rows - 1) * hidden; /* every lane shuffles */
  float a = 0.0f, b = 0.0f;
  for (int j = lane; j < hidden; j += LANES) {
    const float v = from[j] + bias[j], h = v > 0.0f ? v : 0.0f;
    a += h * out[j];
    b += h * out[hidden + j];
  }
  for (unsigned step = LANES / 2; step > 0; step /= 2) {
    a += __shfl_down_sync(DSLT_FULL_WARP, a, step);
    b += __shfl_down_sync(DSLT_FULL_WARP, b, step);
  }
  if (lane > 0 || row >= rows) return;
  scores[DSLT_ANCHOR_OUTPUTS * (size_t)row] = a + last[0];
  scores[DSLT_ANCHOR_OUTPUTS * (size_t)row + 1] = b + last[1];
}

extern "C" int DSLT_LAUNCHER(anchor_outputs)(dslt_stream stream, float *scores, const float *middle,
                                             const float *bias, const float *out, const float *last, int rows,
                                             int hidden, const int32_t *when) {
  if (!scores || !middle || !bias || !out || !last)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel anchor_outputs needs units, weights and a place for the scores.");
  if (rows < 1 || rows > DSLT_CELLS_MAX || hidden < 1 || hidden > DSLT_CHANNELS_MAX)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel anchor_outputs was given %d rows of %d units; it takes 1 to %d of 1 to %d.",
                     rows, hidden, (int)DSLT_CELLS_MAX, (int)DSLT_CHANNELS_MAX);
  return DSLT_LAUNCH(anchor_outputs_kernel, (unsigned)((rows + ROWS - 1) / ROWS), THREADS, stream, scores,
                     middle, bias, out, last, rows, hidden, when);
}
