/* SPDX-License-Identifier: Apache-2.0 */
/* augment.cu: a blurred or mirrored copy of a network input, for the first frame's training. */
#include "math/resample.h"

#include "launch.h"
#include "pixel.h"

enum { THREADS = 128 };

/* Block (x, y): a tile of row y. */
template <typename T, int C>
static __global__ void __launch_bounds__(THREADS)
    augment_kernel(T *out, const float *__restrict__ in, int h, int w, float sigma, int axis) {
  int x = (int)(blockIdx.x * THREADS + threadIdx.x), y = (int)blockIdx.y;
  if (x >= w) return;
  float sums[3] = {0.0f, 0.0f, 0.0f};
  if (sigma > 0.0f) {
    float k[5], total = 0.0f;
#pragma unroll
    for (int i = 0; i < 5; ++i) {
      float d = (float)(i - 2);
      k[i] = expf(-0.5f * d * d / (sigma * sigma));
      total += k[i];
    }
#pragma unroll
    for (int j = 0; j < 5; ++j)
#pragma unroll
      for (int i = 0; i < 5; ++i) {
        int yy = dslt_clamp_index(y + j - 2, h), xx = dslt_clamp_index(x + i - 2, w);
        const float *from = in + ((size_t)yy * (size_t)w + (size_t)xx) * 3;
#pragma unroll
        for (int c = 0; c < 3; ++c) sums[c] += k[j] * k[i] * from[c];
      }
#pragma unroll
    for (int c = 0; c < 3; ++c) sums[c] /= total * total;
  } else {
    const float *from = in + ((size_t)y * (size_t)w + (size_t)dslt_clamp_index(2 * axis - 1 - x, w)) * 3;
#pragma unroll
    for (int c = 0; c < 3; ++c) sums[c] = from[c];
  }
  dslt_store_pixel<T, C>(out + ((size_t)y * (size_t)w + (size_t)x) * C, sums[0], sums[1], sums[2]);
}

extern "C" int DSLT_LAUNCHER(augment)(dslt_stream stream, void *out, dslt_type type, int channels,
                                      const float *in, int h, int w, float sigma, int axis) {
  if (!out || !in || out == in)
    return dslt_fail(DSLT_EARGUMENT, "Kernel augment needs an input and another place for its output.");
  DSLT_TRY(dslt_check_pixels("augment", out, type, channels));
  if (h < 1 || w < 1 || h > DSLT_MAP_SIDE_MAX || w > DSLT_MAP_SIDE_MAX || axis < -DSLT_MAP_SIDE_MAX ||
      axis > 2 * DSLT_MAP_SIDE_MAX || !(sigma >= 0.0f))
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel augment was given %d x %d pixels, the deviation %g and the axis %d; sides have 1 to "
        "%d pixels and the deviation is at least 0.",
        w, h, (double)sigma, axis, (int)DSLT_MAP_SIDE_MAX);
  dim3 grid((unsigned)((w + THREADS - 1) / THREADS), (unsigned)h);
#define LAUNCH(T, C) \
  DSLT_LAUNCH((augment_kernel<T, C>), grid, THREADS, stream, (T *)out, in, h, w, sigma, axis)
  DSLT_PIXEL_KINDS(LAUNCH, type, channels);
#undef LAUNCH
}
