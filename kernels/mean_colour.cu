/* SPDX-License-Identifier: Apache-2.0 */
/* mean_colour.cu: the mean colour of the frame, once for a target. */
#include "block_sum.h"
#include "launch.h"

enum { THREADS = 1024 };

/* Block c sums channel c. Sums of bytes are exact in double, so their order does not matter. */
static __global__ void __launch_bounds__(THREADS)
    mean_colour_kernel(float *mean, const dslt_frame_view *frame, dslt_input_norm norm, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const int c = (int)blockIdx.x;
  /* by comparison: an array that is indexed by a variable would lie in local memory */
  const float middle = c == 0 ? norm.mean[0] : c == 1 ? norm.mean[1] : norm.mean[2];
  const float scale = c == 0   ? norm.inverse_deviation[0]
                      : c == 1 ? norm.inverse_deviation[1]
                               : norm.inverse_deviation[2];
  const uint8_t *from = frame->data + frame->channel[norm.rgb ? 2 - c : c];
  double sum = 0.0;
  for (int y = 0; y < frame->height; ++y) {
    const uint8_t *row = from + (size_t)y * (size_t)frame->stride;
    for (int x = (int)threadIdx.x; x < frame->width; x += THREADS)
      sum += (double)row[(size_t)x * (size_t)frame->pixel_bytes];
  }
  const dslt_two_sums sums = dslt_block_sums(sum, 0.0);
  if (threadIdx.x == 0) mean[c] = ((float)(sums.a / ((double)frame->width * frame->height)) - middle) * scale;
}

extern "C" int DSLT_LAUNCHER(mean_colour)(dslt_stream stream, float *mean, const dslt_frame_view *frame,
                                          const dslt_input_norm *norm, const int32_t *when) {
  if (!mean || !frame || !norm)
    return dslt_fail(DSLT_EARGUMENT, "Kernel mean_colour needs an output, a frame and a norm.");
  return DSLT_LAUNCH(mean_colour_kernel, 3, THREADS, stream, mean, frame, *norm, when);
}
