/* SPDX-License-Identifier: Apache-2.0 */
/* anchor_turn.cu: back through the end of a proposal head: gradients of outputs and biases, and the gradient at the layer
 * between in place of its units. */
#include "anchors.h"
#include "block_sum.h"
#include "launch.h"

enum { LANES = 32, TURNS = 8, THREADS = LANES * TURNS, SLICES = 32, SUMS = 3 };

/* Zeroed once. Behind it: [SLICES][SUMS][hidden] partial sums. */
typedef struct turn_scratch {
  uint32_t ticket;
  uint32_t unused[3];
} turn_scratch;

/* Of units [hidden], how their sums over the slices end: into d_bias and d_out. */
__device__ static inline void add_slices(float *d_bias, float *d_out, const float *part, int hidden,
                                         int slices, int add) {
  for (int i = (int)threadIdx.x; i < SUMS * hidden; i += THREADS) {
    float sum = 0.0f;
    for (int slice = 0; slice < slices; ++slice) sum += part[(size_t)slice * SUMS * hidden + i];
    float *to = i < hidden ? &d_bias[i] : &d_out[i - hidden];
    *to = (add ? *to : 0.0f) + sum;
  }
}

/* Block (x, y): LANES units, every TURNS-th row of slice y for each of its warps. */
static __global__ void __launch_bounds__(THREADS)
    anchor_turn_kernel(float *__restrict__ middle, float *d_bias, float *d_out, float *d_last,
                       const float *__restrict__ bias, const float *__restrict__ out,
                       const float *__restrict__ d_scores, int rows, int hidden, int add, void *scratch,
                       const int32_t *when) {
  __shared__ float sums[SUMS][TURNS][LANES];
  if (dslt_skipped(when)) return;
  const int lane = (int)threadIdx.x % LANES, turn = (int)threadIdx.x / LANES;
  const int j = (int)blockIdx.x * LANES + lane, slice = (int)blockIdx.y, slices = (int)gridDim.y;
  float *part = (float *)((turn_scratch *)scratch + 1);
  float sum[SUMS] = {0.0f, 0.0f, 0.0f};
  if (j < hidden) {
    const float own = bias[j], out0 = out[j], out1 = out[hidden + j];
    for (int r = slice * TURNS + turn; r < rows; r += slices * TURNS) {
      const float d0 = d_scores[2 * (size_t)r], d1 = d_scores[2 * (size_t)r + 1];
      float *at = middle + (size_t)r * hidden + j;
      const float v = *at + own, h = v > 0.0f ? v : 0.0f, d = v > 0.0f ? d0 * out0 + d1 * out1 : 0.0f;
      sum[0] += d;
      sum[1] += d0 * h;
      sum[2] += d1 * h;
      *at = d;
    }
  }
  for (int k = 0; k < SUMS; ++k) sums[k][turn][lane] = sum[k];
  __syncthreads();
  if (turn < SUMS && j < hidden) {
    float all = 0.0f;
    for (int i = 0; i < TURNS; ++i) all += sums[turn][i][lane];
    part[((size_t)slice * SUMS + turn) * hidden + j] = all;
    __threadfence();
  }
  if (!dslt_last_block(&((turn_scratch *)scratch)->ticket)) return;
  add_slices(d_bias, d_out, part, hidden, slices, add);
  double a = 0.0, b = 0.0;
  for (int r = (int)threadIdx.x; r < rows; r += THREADS)
    a += (double)d_scores[2 * (size_t)r], b += (double)d_scores[2 * (size_t)r + 1];
  const dslt_two_sums both = dslt_block_sums(a, b);
  if (threadIdx.x > 0) return;
  d_last[0] = (add ? d_last[0] : 0.0f) + (float)both.a;
  d_last[1] = (add ? d_last[1] : 0.0f) + (float)both.b;
}

extern "C" size_t DSLT_LAUNCHER(anchor_turn_scratch)(int hidden) {
  return sizeof(turn_scratch) + (size_t)SLICES * SUMS * (size_t)hidden * sizeof(float);
}

extern "C" int DSLT_LAUNCHER(anchor_turn)(dslt_stream stream, float *middle, float *d_bias, float *d_out,
                                          float *d_last, const float *bias, const float *out,
                                          const float *d_scores, int rows, int hidden, int add, void *scratch,
                                          const int32_t *when) {
  if (!middle || !d_bias || !d_out || !d_last || !bias || !out || !d_scores || !scratch)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel anchor_turn needs units, weights, gradients, places for gradients and scratch.");
  if (rows < 1 || rows > DSLT_CELLS_MAX || hidden < 1 || hidden > DSLT_CHANNELS_MAX)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel anchor_turn was given %d rows of %d units; it takes 1 to %d of 1 to %d.", rows,
                     hidden, (int)DSLT_CELLS_MAX, (int)DSLT_CHANNELS_MAX);
  const dim3 grid((unsigned)((hidden + LANES - 1) / LANES), dslt_blocks((size_t)rows, TURNS, SLICES));
  return DSLT_LAUNCH(anchor_turn_kernel, grid, THREADS, stream, middle, d_bias, d_out, d_last, bias, out,
                     d_scores, rows, hidden, add, scratch, when);
}
