/* SPDX-License-Identifier: Apache-2.0 */
/* hog.cu: histograms of oriented gradients: one thread a cell, first all histograms, then all features, which
 * need their neighbours'. */
#include "math/hog.h"

#include "launch.h"

enum { THREADS = 64, BLOCKS_MAX = 4096 };

static __global__ void __launch_bounds__(THREADS)
    hog_histogram_kernel(float *histograms, const float *in, int h, int w, int cell, int columns, int cells,
                         int count, const int32_t *when) {
  if (dslt_skipped(when)) return;
  for (int i = (int)(blockIdx.x * THREADS + threadIdx.x); i < count; i += (int)gridDim.x * THREADS) {
    dslt_hog_histogram(histograms + (size_t)i * DSLT_HOG_BINS,
                       in + (size_t)(i / cells) * (size_t)h * (size_t)w * 3, h, w, cell, i % cells / columns,
                       i % columns);
  }
}

static __global__ void __launch_bounds__(THREADS)
    hog_feature_kernel(float *out, const float *histograms, int rows, int columns, int count,
                       const int32_t *when) {
  if (dslt_skipped(when)) return;
  const int cells = rows * columns;
  for (int i = (int)(blockIdx.x * THREADS + threadIdx.x); i < count; i += (int)gridDim.x * THREADS) {
    float features[DSLT_HOG_CHANNELS];
    dslt_hog_features(features, histograms + (size_t)(i / cells) * (size_t)cells * DSLT_HOG_BINS, rows,
                      columns, i % cells / columns, i % columns);
    for (int k = 0; k < DSLT_HOG_CHANNELS; ++k) out[(size_t)i * DSLT_HOG_CHANNELS + (size_t)k] = features[k];
  }
}

extern "C" int DSLT_LAUNCHER(hog)(dslt_stream stream, float *out, float *histograms, const float *in, int n,
                                  int h, int w, int cell, const int32_t *when) {
  if (!out || !histograms || !in)
    return dslt_fail(DSLT_EARGUMENT, "Kernel hog needs an output, room for histograms and pictures.");
  if (n < 1 || cell < 2 || cell > DSLT_HOG_CELL_MAX || h < cell || w < cell || h > DSLT_MAP_SIDE_MAX ||
      w > DSLT_MAP_SIDE_MAX || h % cell != 0 || w % cell != 0)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel hog was given %d pictures of %d x %d pixels in cells of %d; sides are multiples "
                     "of a cell, to %d.",
                     n, w, h, cell, (int)DSLT_MAP_SIDE_MAX);
  const int rows = h / cell, columns = w / cell, count = n * rows * columns;
  const unsigned blocks = dslt_blocks((size_t)count, THREADS, BLOCKS_MAX);
  DSLT_TRY(DSLT_LAUNCH(hog_histogram_kernel, blocks, THREADS, stream, histograms, in, h, w, cell, columns,
                       rows * columns, count, when));
  return DSLT_LAUNCH(hog_feature_kernel, blocks, THREADS, stream, out, histograms, rows, columns, count,
                     dslt_when_still(when));
}
