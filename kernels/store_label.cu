/* SPDX-License-Identifier: Apache-2.0 */
/* store_label.cu: the soft label of the sample that is kept, on the response grid. */
#include "math/label.h"

#include "launch.h"

enum { THREADS = 128, BLOCKS_MAX = 1024 };

/* A map has a few thousand independent cells. */
static __global__ void __launch_bounds__(THREADS)
    store_label_kernel(float *labels, const dslt_sample_ring *ring, const dslt_target_state *state, int width,
                       int count, dslt_label_shape shape, const int32_t *when) {
  if (dslt_skipped(when) || ring->capacity < 2) return;
  float *label = labels + (size_t)ring->next * (size_t)count;
  for (int i = (int)(blockIdx.x * THREADS + threadIdx.x); i < count; i += (int)gridDim.x * THREADS)
    label[i] = dslt_gaussian2((float)(i % width) - state->label_x, (float)(i / width) - state->label_y,
                              shape.sigma_x, shape.sigma_y);
}

extern "C" int DSLT_LAUNCHER(store_label)(dslt_stream stream, float *labels, const dslt_sample_ring *ring,
                                          const dslt_target_state *state, const dslt_search *search,
                                          const int32_t *when) {
  if (!labels || !ring || !state || !search)
    return dslt_fail(DSLT_EARGUMENT, "Kernel store_label needs labels, a ring, a state and search rules.");
  int h = search->area.response_height, w = search->area.response_width;
  if (w < 1 || h < 1 || w > DSLT_RESPONSE_SIDE_MAX || h > DSLT_RESPONSE_SIDE_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel store_label was given %d x %d cells; a side has 1 to %d.", w, h,
                     (int)DSLT_RESPONSE_SIDE_MAX);
  if (!(search->label.sigma_x > 0.0f) || !(search->label.sigma_y > 0.0f))
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel store_label was given deviations %g and %g; both must be above 0.",
                     (double)search->label.sigma_x, (double)search->label.sigma_y);
  return DSLT_LAUNCH(store_label_kernel, dslt_blocks((size_t)w * (size_t)h, THREADS, BLOCKS_MAX), THREADS,
                     stream, labels, ring, state, w, w * h, search->label, when);
}
