/* SPDX-License-Identifier: Apache-2.0 */
/* anchor_columns.cu: what the kernels of a proposal head see at the anchors of some maps, in the rows of a matrix. */
#include "anchors.h"
#include "launch.h"
#include "pack.h"

enum { THREADS = 256, BLOCKS_MAX = 8192, TAPS = 9 };

/* One thread: V channels under one tap at one anchor. */
template <int V>
static __global__ void __launch_bounds__(THREADS)
    anchor_columns_kernel(float *__restrict__ columns, const float *__restrict__ x, dslt_anchor_rows r,
                          size_t items, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const size_t stride = (size_t)gridDim.x * THREADS;
  const unsigned packs = (unsigned)(r.channels / V);
  for (size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x; i < items; i += stride) {
    const unsigned place = (unsigned)(i / packs), pack = (unsigned)(i % packs);
    const int tap = (int)(place % TAPS), row = (int)(place / TAPS);
    const int cell = r.cells[row % r.count], map = r.first + row / r.count;
    const int iy = cell / r.side + tap / 3 - 1, ix = cell % r.side + tap % 3 - 1;
    dslt_pack<V> out = dslt_zero_pack<V>();
    if (iy >= 0 && iy < r.side && ix >= 0 && ix < r.side) {
      const size_t at = ((size_t)(r.item ? r.item[map] : map) * r.side + iy) * r.side + ix;
      out = dslt_load<V>(x + at * r.channels + (size_t)pack * V);
    }
    dslt_store<V>(columns + i * V, out);
  }
}

extern "C" int DSLT_LAUNCHER(anchor_columns)(dslt_stream stream, float *columns, const float *x,
                                             const dslt_anchor_rows *r, const int32_t *when) {
  if (!columns || !x || !r || !r->cells)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel anchor_columns needs maps, anchors and a place for the columns.");
  if (r->side < 1 || r->side > DSLT_RESPONSE_SIDE_MAX || r->channels < 1 || r->channels > DSLT_CHANNELS_MAX ||
      r->count < 1 || r->count > DSLT_ANCHORS_MAX || r->first < 0 || r->rows < 1 || r->rows > DSLT_CELLS_MAX)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel anchor_columns was given maps of side %d with %d channels, %d anchors and %d rows; "
        "it takes sides to %d, %d channels, %d anchors and %d rows.",
        r->side, r->channels, r->count, r->rows, (int)DSLT_RESPONSE_SIDE_MAX, (int)DSLT_CHANNELS_MAX,
        (int)DSLT_ANCHORS_MAX, (int)DSLT_CELLS_MAX);
  const size_t values = (size_t)r->rows * TAPS * (size_t)r->channels;
#define LAUNCH(V)                                                                                      \
  DSLT_LAUNCH(anchor_columns_kernel<V>, dslt_blocks(values / V, THREADS, BLOCKS_MAX), THREADS, stream, \
              columns, x, *r, values / V, when)
  if (r->channels % 4 == 0 && dslt_aligned16(columns) && dslt_aligned16(x)) return LAUNCH(4);
  return LAUNCH(1);
#undef LAUNCH
}
