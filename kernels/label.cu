/* SPDX-License-Identifier: Apache-2.0 */
/* label.cu: the soft label on the response grid. */
#include "math/label.h"

#include "launch.h"

enum { THREADS = 1024, SMALL = 128 };

/* One block, because stretching needs the extremes of the whole map first. Those do not depend on the order
 * in which they are found. */
static __global__ void __launch_bounds__(THREADS)
    label_kernel(float *__restrict__ label, dslt_search g, float sigma_x, float sigma_y, int stretch) {
  __shared__ float lows[THREADS], highs[THREADS];
  int count = g.area.response_width * g.area.response_height;
  float low = INFINITY, high = -INFINITY;
  for (int i = (int)threadIdx.x; i < count; i += THREADS) {
    int row = i / g.area.response_width, column = i % g.area.response_width;
    float y = dslt_gaussian2((float)column - g.area.centre_x, (float)row - g.area.centre_y, sigma_x, sigma_y);
    label[i] = y;
    low = y < low ? y : low;
    high = y > high ? y : high;
  }
  if (!stretch) return;
  lows[threadIdx.x] = low;
  highs[threadIdx.x] = high;
  for (unsigned half = THREADS / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x >= half) continue;
    float other_low = lows[threadIdx.x + half], other_high = highs[threadIdx.x + half];
    if (other_low < lows[threadIdx.x]) lows[threadIdx.x] = other_low;
    if (other_high > highs[threadIdx.x]) highs[threadIdx.x] = other_high;
  }
  __syncthreads();
  low = lows[0];
  high = highs[0];
  if (!(high > low)) return;
  for (int i = (int)threadIdx.x; i < count; i += THREADS) label[i] = (label[i] - low) / (high - low);
}

static int check(const dslt_search *g, float sigma_x, float sigma_y) {
  if (g->area.response_width < 1 || g->area.response_height < 1 ||
      g->area.response_width > DSLT_RESPONSE_SIDE_MAX || g->area.response_height > DSLT_RESPONSE_SIDE_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel label was given %d x %d cells; a side has 1 to %d.",
                     g->area.response_width, g->area.response_height, (int)DSLT_RESPONSE_SIDE_MAX);
  if (!(sigma_x > 0.0f) || !(sigma_y > 0.0f))
    return dslt_fail(DSLT_EARGUMENT, "Kernel label was given deviations %g and %g; both must be above 0.",
                     (double)sigma_x, (double)sigma_y);
  return DSLT_OK;
}

extern "C" int dslt_cuda_label(dslt_stream stream, float *label, const dslt_search *g, float sigma_x,
                               float sigma_y, int stretch) {
  if (!label || !g) return dslt_fail(DSLT_EARGUMENT, "Kernel label needs a label and a geometry.");
  DSLT_TRY(check(g, sigma_x, sigma_y));
  return DSLT_LAUNCH(label_kernel, 1, THREADS, stream, label, *g, sigma_x, sigma_y, stretch);
}

/* A map is a few thousand cells and each is on its own: as many blocks as that takes. */
static __global__ void __launch_bounds__(SMALL)
    sample_label_kernel(float *label, const dslt_ring *ring, const dslt_target_state *state, dslt_search g,
                        const int32_t *when) {
  if (dslt_skipped(when)) return;
  int count = g.area.response_width * g.area.response_height;
  if (ring) {
    if (ring->capacity < 2) return;
    label += (size_t)ring->next * (size_t)count;
  }
  for (int i = (int)(blockIdx.x * SMALL + threadIdx.x); i < count; i += (int)gridDim.x * SMALL)
    label[i] =
        dslt_gaussian2((float)(i % g.area.response_width) - state->label_x,
                       (float)(i / g.area.response_width) - state->label_y, g.label.sigma_x, g.label.sigma_y);
}

extern "C" int dslt_cuda_sample_label(dslt_stream stream, float *label, const dslt_ring *ring,
                                      const dslt_target_state *state, const dslt_search *g,
                                      const int32_t *when) {
  if (!label || !state || !g)
    return dslt_fail(DSLT_EARGUMENT, "Kernel sample_label needs a label, a state and a geometry.");
  DSLT_TRY(check(g, g->label.sigma_x, g->label.sigma_y));
  return DSLT_LAUNCH(
      sample_label_kernel,
      dslt_blocks((size_t)g->area.response_width * (size_t)g->area.response_height, SMALL, 1024), SMALL,
      stream, label, ring, state, *g, when);
}
