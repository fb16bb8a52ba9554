/* SPDX-License-Identifier: Apache-2.0 */
/* fill.cu: first weights. The generator counts its draws, so every thread can make its own. */
#include "math/normal.h"

#include "base/rng.h"
#include "launch.h"

enum { THREADS = 256, BLOCKS_MAX = 2048, FACTOR_MAX = 16 };

static __global__ void __launch_bounds__(THREADS) fill_kernel(float *w, float value, size_t count) {
  size_t stride = (size_t)gridDim.x * THREADS;
  for (size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x; i < count; i += stride) w[i] = value;
}

static __global__ void __launch_bounds__(THREADS)
    fill_normal_kernel(float *w, size_t count, double sigma, uint64_t key) {
  size_t stride = (size_t)gridDim.x * THREADS;
  for (size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x; i < count; i += stride)
    w[i] = (float)(sigma * dslt_normal_at(key, DSLT_NORMAL_DRAWS * (uint64_t)i));
}

static __global__ void __launch_bounds__(THREADS) fill_bilinear_kernel(float *w, int f, int c) {
  int count = 4 * f * f * c;
  for (int i = (int)(blockIdx.x * THREADS + threadIdx.x); i < count; i += (int)gridDim.x * THREADS) {
    int y = i / c / (2 * f), x = i / c % (2 * f);
    double wy = 1.0 - fabs((double)y - ((double)f - 0.5)) / f,
           wx = 1.0 - fabs((double)x - ((double)f - 0.5)) / f;
    w[i] = (float)(wy * wx);
  }
}

extern "C" int dslt_cuda_fill(dslt_stream stream, float *w, float value, size_t count) {
  if (!w || count == 0) return dslt_fail(DSLT_EARGUMENT, "Kernel fill needs weights, one at least.");
  return DSLT_LAUNCH(fill_kernel, dslt_blocks(count, THREADS, BLOCKS_MAX), THREADS, stream, w, value, count);
}

extern "C" int dslt_cuda_fill_normal(dslt_stream stream, float *w, size_t count, double sigma, uint64_t seed,
                                     uint64_t rng_stream) {
  if (!w || count == 0) return dslt_fail(DSLT_EARGUMENT, "Kernel fill_normal needs weights, one at least.");
  return DSLT_LAUNCH(fill_normal_kernel, dslt_blocks(count, THREADS, BLOCKS_MAX), THREADS, stream, w, count,
                     sigma, dslt_rng_make(seed, rng_stream).key);
}

extern "C" int dslt_cuda_fill_bilinear(dslt_stream stream, float *w, int f, int c) {
  if (!w || f < 2 || f > FACTOR_MAX || f % 2 != 0 || c < 1 || c > DSLT_CHANNELS_MAX)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel fill_bilinear needs filters of an even factor from 2 to %d and 1 to %d channels, not "
        "%d and %d.",
        (int)FACTOR_MAX, (int)DSLT_CHANNELS_MAX, f, c);
  size_t count = 4 * (size_t)f * (size_t)f * (size_t)c;
  return DSLT_LAUNCH(fill_bilinear_kernel, dslt_blocks(count, THREADS, BLOCKS_MAX), THREADS, stream, w, f, c);
}
