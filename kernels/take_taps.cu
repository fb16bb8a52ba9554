/* SPDX-License-Identifier: Apache-2.0 */
/* take_taps.cu: what is wanted of a network, out of its layers' maps, in one launch for all of it: each copy by itself is
 * shorter than its launch. */
#include "cells.h"
#include "network.h"

struct tap_copy {
  float *y;
  const void *x;
  size_t items; /* of V channels */
  unsigned groups;
  int channels, pitch;
};
struct tap_copies {
  tap_copy tap[DSLT_TAPS_TAKEN_MAX];
};

/* Block (x, y): a share of tap y. One thread: V channels of a cell. */
template <typename S, int V>
static __global__ void __launch_bounds__(DSLT_CELL_THREADS)
    take_taps_kernel(tap_copies copies, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const tap_copy &tap = copies.tap[blockIdx.y];
  const S *x = (const S *)tap.x;
  const size_t stride = (size_t)gridDim.x * DSLT_CELL_THREADS;
  for (size_t i = (size_t)blockIdx.x * DSLT_CELL_THREADS + threadIdx.x; i < tap.items; i += stride) {
    const size_t cell = i / tap.groups, channel = i % tap.groups * V;
    dslt_write<float, V>(tap.y + cell * (size_t)tap.channels + channel,
                         dslt_read<S, V>(x + cell * (size_t)tap.pitch + channel));
  }
  dslt_ended(when);
}

static int check(const dslt_layer_map *y, const dslt_layer_map *x, int count, int n) {
  if (!y || !x || count < 1 || count > DSLT_TAPS_TAKEN_MAX || n < 1)
    return dslt_fail(DSLT_EARGUMENT, "Kernel take_taps takes 1 to %d taps of at least one map, not %d of %d.",
                     (int)DSLT_TAPS_TAKEN_MAX, count, n);
  for (int i = 0; i < count; ++i) {
    DSLT_TRY(dslt_check_map("take_taps", &y[i]));
    DSLT_TRY(dslt_check_map("take_taps", &x[i]));
    if (y[i].type != DSLT_TYPE_F32 || x[i].type != x[0].type || y[i].border || x[i].border ||
        y[i].pitch != y[i].channels || y[i].channels != x[i].channels || y[i].h != x[i].h ||
        y[i].w != x[i].w || y[i].data == x[i].data)
      return dslt_fail(DSLT_EARGUMENT,
                       "Kernel take_taps copies maps of one type into packed float32 ones of their size.");
  }
  return DSLT_OK;
}

extern "C" int DSLT_LAUNCHER(take_taps)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                                        int count, int n, const int32_t *when) {
  tap_copies copies = {};
  size_t most = 0;
  int wide = 1;
  DSLT_TRY(check(y, x, count, n));
  for (int i = 0; i < count; ++i) wide = wide && dslt_is_wide(&y[i], 4) && dslt_is_wide(&x[i], 4);
  for (int i = 0; i < count; ++i) {
    const int v = wide ? 4 : 1;
    copies.tap[i] = {(float *)y[i].data, x[i].data, dslt_items(&y[i], n, v), (unsigned)(y[i].channels / v),
                     y[i].channels,      x[i].pitch};
    if (copies.tap[i].items > most) most = copies.tap[i].items;
  }
  const dim3 grid(dslt_blocks(most, DSLT_CELL_THREADS, DSLT_CELL_BLOCKS_MAX), (unsigned)count);
#define LAUNCH(S, V) DSLT_LAUNCH((take_taps_kernel<S, V>), grid, DSLT_CELL_THREADS, stream, copies, when)
  if (x->type == DSLT_TYPE_F32) return wide ? LAUNCH(float, 4) : LAUNCH(float, 1);
  return wide ? LAUNCH(dslt_bf16, 4) : LAUNCH(dslt_bf16, 1);
#undef LAUNCH
}
