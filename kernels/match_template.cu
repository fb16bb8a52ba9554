/* SPDX-License-Identifier: Apache-2.0 */
/* match_template.cu: every cell of a map with every filter of a template, and the cell itself behind them. */
#include "launch.h"

enum { THREADS = 128, CELLS = 4, TILE = 64 };

/* One block: CELLS cells, every thread some filters. The cells' channels pass through shared memory, TILE at a time; the
 * filters are read side by side and stay in the cache. */
static __global__ void __launch_bounds__(THREADS)
    match_template_kernel(float *__restrict__ out, const float *__restrict__ map,
                          const float *__restrict__ filters, int cells, int channels, int count,
                          const int32_t *when) {
  if (dslt_skipped(when)) return;
  __shared__ float tile[CELLS][TILE];
  const int first = (int)blockIdx.x * CELLS, here = cells - first < CELLS ? cells - first : CELLS;
  const int wide = count + channels, t = (int)threadIdx.x;
  for (int base = 0; base < count; base += THREADS) {
    const int k = base + t;
    float sum[CELLS] = {0.0f};
    for (int from = 0; from < channels; from += TILE) {
      const int span = channels - from < TILE ? channels - from : TILE;
      __syncthreads();
      for (int i = t; i < CELLS * TILE; i += THREADS) {
        const int cell = i / TILE, c = i % TILE;
        tile[cell][c] = cell < here && c < span ? map[(size_t)(first + cell) * channels + from + c] : 0.0f;
      }
      __syncthreads();
      for (int c = 0; k < count && c < span; ++c) {
        const float filter = filters[(size_t)(from + c) * count + k];
#pragma unroll
        for (int cell = 0; cell < CELLS; ++cell) sum[cell] += tile[cell][c] * filter;
      }
    }
#pragma unroll
    for (int cell = 0; cell < CELLS; ++cell)
      if (k < count && cell < here) out[(size_t)(first + cell) * wide + k] = sum[cell];
  }
  for (int i = t; i < here * channels; i += THREADS)
    out[(size_t)(first + i / channels) * wide + count + i % channels] = map[(size_t)first * channels + i];
}

extern "C" int DSLT_LAUNCHER(match_template)(dslt_stream stream, float *out, const float *map,
                                             const float *filters, int cells, int channels, int count,
                                             const int32_t *when) {
  if (!out || !map || !filters)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel match_template needs a map, filters and a place for the responses.");
  if (cells < 1 || cells > DSLT_CELLS_MAX || channels < 1 || channels > DSLT_CHANNELS_MAX || count < 1 ||
      count > DSLT_CHANNELS_MAX)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel match_template was given %d cells of %d channels and %d filters; it takes 1 to %d cells and "
        "1 to %d channels and filters.",
        cells, channels, count, (int)DSLT_CELLS_MAX, (int)DSLT_CHANNELS_MAX);
  return DSLT_LAUNCH(match_template_kernel, (unsigned)((cells + CELLS - 1) / CELLS), THREADS, stream, out,
                     map, filters, cells, channels, count, when);
}
