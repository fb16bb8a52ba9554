/* SPDX-License-Identifier: Apache-2.0 */
/* regress.cu: the regression convolution, many channels to one, forward: the response, and the loss
 * of it. regress_backward.cu: the gradients.
 *
 * The work for a 45 x 50 map of 128 channels and an 8 x 8 kernel (response 38 x 43): 27 MFLOP forward, as
 * many for the weights' gradient, 37 for the map's; the map has 1.15 MB, the weights 33 KB. On an H200 that
 * is about 0.5 us of arithmetic (60 TFLOP/s) or 0.3 us of second-level cache; a launch costs 2. So the kernel
 * must be one launch, keep every multiprocessor busy although there is one output channel, and store few
 * intermediate results.
 *
 * As a matrix product (every cell times every tap, then shifted sums, what the CPU backend does) the forward
 * pass would write and read 576 KB of products and need a second launch. Tiles of the map in shared memory
 * would compute their borders again: with 8 x 8 outputs and an 8 x 8 kernel 3.5 times. Here instead a map is
 * taken row by row. Row r and kernel row ky give a one-dimensional correlation, whose 43 sums belong to
 * response row r - ky: no border is computed twice, there are h * kh independent pieces, and kh numbers for
 * every response cell (62 KB) to be added at the end, which the last block that has some for a response row
 * does, in the order of ky. That block can as well add both layers and the biases, and take the loss and its gradient
 * of its row; the last block of all adds the rows' losses. Each of these would be a launch of its own.
 *
 * The 32 lanes of a warp share the channels, four each, so every load is one coalesced 512-byte row of the
 * map or the weights and shared memory is not needed. A warp holds a tile of sums in registers: forward 8
 * columns x 3 or 4 kernel rows, so a step over kx costs one load of the map (seven columns are still in
 * registers from the previous step) and one of the weights for each kernel row, against 128 multiply-adds a
 * lane: 5 x 4 cycles of the first-level cache per 32 cycles of arithmetic. At the end 31 shuffles leave each
 * lane the sum of one of the 32. */
#include "block_sum.h"
#include "math/loss.h"
#include "regress_plan.h"

enum { FORWARD_BLOCKS = 3 }; /* on a multiprocessor at once: up to 168 registers a thread */

/* What becomes of the responses. */
enum { END_LAYERS, END_RESPONSE, END_LOSS };
struct regress_end {
  const float *bias, *label;
  float *response, *d_bias, *value; /* END_LOSS: `response` is its gradient */
  dslt_loss_spec spec;
  double *rows; /* [oh][2]: loss and slope of a row */
  uint32_t *ticket;
};

/* ---- forward ------------------------------------------------------------------------------------- */

/* The sum of sums[l] over the warp, in lane l, as sums[0]: at every step a lane hands on half of its sums. A
 * template, since an index unknown at compile time would move the sums from registers to memory. */
template <unsigned half>
struct transposed {
  __device__ static inline void sum(float sums[WARP]) {
    int upper = (threadIdx.x & half) != 0;
#pragma unroll
    for (unsigned i = 0; i < half; ++i) {
      float give = upper ? sums[i] : sums[i + half], keep = upper ? sums[i + half] : sums[i];
      sums[i] = keep + __shfl_xor_sync(0xffffffffu, give, half);
    }
    transposed<half / 2>::sum(sums);
  }
};
template <>
struct transposed<0> {
  __device__ static inline void sum(float[WARP]) {}
};

/* sums[k * TILE + t] += row `row` of the map from column first + t on, times kernel row ky0 + k, over all
 * kx and this lane's channels. Columns and kernel rows past the end repeat the last one; their sums are
 * ignored. */
template <int V, int KY>
__device__ static inline void correlate(float sums[WARP], const float *__restrict__ row,
                                        const float *__restrict__ kernel, int first, int ky0,
                                        const regress_args &a) {
  for (int channel = (int)(threadIdx.x % WARP) * V; channel < a.c; channel += WARP * V) {
    const float *from = row + channel, *taps[KY];
    dslt_pack<V> window[TILE]; /* column first + t + kx is at (t + kx) % TILE */
#pragma unroll
    for (int k = 0; k < KY; ++k) {
      int ky = ky0 + k < a.kh ? ky0 + k : a.kh - 1;
      taps[k] = kernel + (size_t)ky * (size_t)a.kw * (size_t)a.c + channel;
    }
#pragma unroll
    for (int t = 0; t < TILE - 1; ++t) {
      int column = first + t < a.w ? first + t : a.w - 1;
      window[t] = dslt_load<V>(from + (size_t)column * (size_t)a.c);
    }
    for (int kx0 = 0; kx0 < a.kw; kx0 += TILE)
#pragma unroll
      for (int s = 0; s < TILE; ++s) {
        int kx = kx0 + s;
        if (kx >= a.kw) break;
        int column = first + TILE - 1 + kx < a.w ? first + TILE - 1 + kx : a.w - 1;
        window[(TILE - 1 + s) % TILE] = dslt_load<V>(from + (size_t)column * (size_t)a.c);
#pragma unroll
        for (int k = 0; k < KY; ++k) {
          dslt_pack<V> tap = dslt_load<V>(taps[k] + (size_t)kx * (size_t)a.c);
#pragma unroll
          for (int t = 0; t < TILE; ++t)
#pragma unroll
            for (int v = 0; v < V; ++v) sums[k * TILE + t] += window[(t + s) % TILE].v[v] * tap.v[v];
        }
      }
  }
}

/* Column `column` of response row `row`, counted over maps and layers: the sum over ky. */
__device__ static inline float gathered_at(const regress_args &a, size_t row, int column) {
  const float *from = a.partial + row * (size_t)a.kh * (size_t)a.ow + column;
  float sum = 0.0f;
  for (int ky = 0; ky < a.kh; ++ky) sum += from[(size_t)ky * (size_t)a.ow];
  return sum;
}

/* Response row i of a map is there for all layers: their sum, or its loss. All threads. */
template <int END>
__device__ static inline void end_row(const regress_args &a, const regress_end &end, int map, int maps,
                                      int i) {
  const float shift = end.bias ? end.bias[0] + end.bias[1] : 0.0f;
  const size_t row = (size_t)map * (size_t)a.oh + (size_t)i, layer = (size_t)maps * (size_t)a.oh;
  double loss = 0.0, slope = 0.0;
  for (int column = (int)threadIdx.x; column < a.ow; column += THREADS) {
    const float base = gathered_at(a, row, column);
    const float response = base + (a.layers > 1 ? gathered_at(a, row + layer, column) : 0.0f) + shift;
    const size_t cell = row * (size_t)a.ow + (size_t)column;
    if (END == END_RESPONSE) {
      end.response[cell] = response;
    } else {
      const dslt_loss_value v = dslt_loss_at(&end.spec, response, end.label[cell]);
      end.response[cell] = v.gradient;
      loss += (double)v.value;
      slope += (double)v.gradient;
    }
  }
  if (END == END_RESPONSE) return;
  __syncthreads();
  const dslt_two_sums sums = dslt_block_sums(loss, slope);
  if (threadIdx.x == 0) {
    end.rows[2 * i] = sums.a;
    end.rows[2 * i + 1] = sums.b;
  }
}

/* The rows' losses are there. All threads. */
__device__ static inline void end_loss(const regress_args &a, const regress_end &end) {
  double loss = 0.0, slope = 0.0;
  for (int i = (int)threadIdx.x; i < a.oh; i += THREADS) {
    loss += end.rows[2 * i];
    slope += end.rows[2 * i + 1];
  }
  __syncthreads();
  const dslt_two_sums sums = dslt_block_sums(loss, slope);
  if (threadIdx.x != 0) return;
  *end.value = (float)sums.a;
  end.d_bias[0] = end.d_bias[1] = (float)sums.b;
}

/* Block (x, y, z): map row and group of KY kernel rows; WARPS tiles of columns; map and layer. */
template <int V, int KY, int END>
static __global__ void __launch_bounds__(THREADS, FORWARD_BLOCKS)
    forward_kernel(regress_args a, int maps, regress_end end, const int32_t *when) {
  __shared__ int last[KY], last_of_all;
  if (dslt_skipped(when)) return;
  int groups = (a.kh + KY - 1) / KY;
  int row = (int)blockIdx.x / groups, ky0 = (int)blockIdx.x % groups * KY;
  int top = row - ky0, bottom = row - (ky0 + KY - 1 < a.kh ? ky0 + KY - 1 : a.kh - 1);
  if (top < 0 || bottom >= a.oh) return; /* none of these kernel rows reaches a response row from here */

  int map = (int)blockIdx.z % maps;
  const dslt_regress_layer layer = (int)blockIdx.z < maps ? a.layer[0] : a.layer[1];
  int first = (int)(blockIdx.y * WARPS + threadIdx.x / WARP) * TILE;
  size_t response_row = (size_t)blockIdx.z * (size_t)a.oh; /* first of this map's */
  if (first < a.ow) {
    float sums[WARP];
#pragma unroll
    for (int i = 0; i < WARP; ++i) sums[i] = 0.0f;
    correlate<V, KY>(sums, layer.x + ((size_t)map * (size_t)a.h + (size_t)row) * (size_t)a.w * (size_t)a.c,
                     layer.w, first, ky0, a);
    transposed<WARP / 2>::sum(sums);
    int lane = (int)threadIdx.x % WARP, ky = ky0 + lane / TILE, column = first + lane % TILE, i = row - ky;
    if (lane < KY * TILE && ky < a.kh && i >= 0 && i < a.oh && column < a.ow)
      a.partial[((response_row + (size_t)i) * (size_t)a.kh + (size_t)ky) * (size_t)a.ow + (size_t)column] =
          sums[0];
  }
  __syncthreads();
  if (threadIdx.x < KY) {
    int ky = ky0 + (int)threadIdx.x, i = row - ky;
    size_t ticket = END == END_LAYERS ? response_row : (size_t)map * (size_t)a.oh;
    int blocks = a.kh * (int)gridDim.y * (END == END_LAYERS ? 1 : a.layers);
    last[threadIdx.x] = ky < a.kh && i >= 0 && i < a.oh && came_last(&a.tickets[ticket + (size_t)i], blocks);
  }
  __syncthreads();
  for (int k = 0; k < KY; ++k) {
    if (!last[k]) continue;
    __threadfence();
    int i = row - ky0 - k;
    if (END != END_LAYERS) {
      end_row<END>(a, end, map, maps, i);
      continue;
    }
    float *to = layer.y + ((size_t)map * (size_t)a.oh + (size_t)i) * (size_t)a.ow;
    for (int column = (int)threadIdx.x; column < a.ow; column += THREADS)
      to[column] = gathered_at(a, response_row + (size_t)i, column);
  }
  if (END != END_LOSS) return;
  __syncthreads();
  if (threadIdx.x == 0) {
    last_of_all = 0;
    for (int k = 0; k < KY; ++k)
      if (last[k] && came_last(end.ticket, a.oh)) last_of_all = 1;
  }
  __syncthreads();
  if (!last_of_all) return;
  __threadfence();
  end_loss(a, end);
}

/* ---- launchers ----------------------------------------------------------------------------------- */

static int kernel_rows(int kh) {
  static const int sizes[] = {3, 4};
  return regress_best_tile(kh, sizes, 2);
}

extern "C" size_t DSLT_LAUNCHER(regress_scratch)(const dslt_regress_shape *s, int count) {
  if (!regress_shape_is_good(s, count)) return 0;
  size_t forward = (size_t)s->n * (size_t)(s->h - s->kh + 1) * (size_t)s->kh * (size_t)(s->w - s->kw + 1);
  int most = regress_slices(s, 4) > regress_slices(s, 1) ? regress_slices(s, 4) : regress_slices(s, 1);
  size_t backward = s->n == 1 ? (size_t)most * (size_t)s->kh * (size_t)s->kw * (size_t)s->c : 0;
  return regress_ticket_bytes(s, count) + regress_loss_bytes(s) +
         (forward > backward ? forward : backward) * (size_t)count * sizeof(float);
}

template <int END>
static int forward(dslt_stream stream, const regress_args &a, int maps, const regress_end &end,
                   const int32_t *when) {
  int rows = kernel_rows(a.kh);
  dim3 grid((unsigned)(a.h * up(a.kh, rows)), (unsigned)up(up(a.ow, TILE), WARPS),
            (unsigned)(maps * a.layers));
  if (regress_pack(&a) == 4)
    return rows == 4 ? DSLT_LAUNCH((forward_kernel<4, 4, END>), grid, THREADS, stream, a, maps, end, when)
                     : DSLT_LAUNCH((forward_kernel<4, 3, END>), grid, THREADS, stream, a, maps, end, when);
  return rows == 4 ? DSLT_LAUNCH((forward_kernel<1, 4, END>), grid, THREADS, stream, a, maps, end, when)
                   : DSLT_LAUNCH((forward_kernel<1, 3, END>), grid, THREADS, stream, a, maps, end, when);
}

static int loss_is_known(int kind) {
#define KNOWN(name, number, text, function) \
  if (kind == number) return 1;
  DSLT_LOSSES(KNOWN)
#undef KNOWN
  return 0;
}

extern "C" int DSLT_LAUNCHER(regress_forward)(dslt_stream stream, const dslt_regress_shape *s,
                                              const dslt_regress_layer *layers, int count, void *scratch,
                                              const int32_t *when) {
  regress_args a;
  DSLT_TRY(regress_prepare(&a, s, layers, count, scratch));
  for (int i = 0; i < count; ++i)
    if (!layers[i].y) return dslt_fail(DSLT_EARGUMENT, "Kernel regress: layer %d lacks a response.", i);
  const regress_end end = {};
  return forward<END_LAYERS>(stream, a, s->n, end, when);
}

extern "C" int DSLT_LAUNCHER(regress_respond)(dslt_stream stream, const dslt_regress_shape *s,
                                              const dslt_regress_layer *layers, int count, float *response,
                                              const float *bias, void *scratch, const int32_t *when) {
  regress_args a;
  DSLT_TRY(regress_prepare(&a, s, layers, count, scratch));
  if (!response) return dslt_fail(DSLT_EARGUMENT, "Kernel regress needs a place for the response.");
  regress_end end = {};
  end.response = response;
  end.bias = bias;
  return forward<END_RESPONSE>(stream, a, s->n, end, when);
}

extern "C" int DSLT_LAUNCHER(regress_loss)(dslt_stream stream, const dslt_regress_shape *s,
                                           const dslt_regress_layer *layers, int count,
                                           const dslt_regress_target *target, void *scratch,
                                           const int32_t *when) {
  regress_args a;
  DSLT_TRY(regress_prepare(&a, s, layers, count, scratch));
  if (!target || !target->label || !target->d_response || !target->d_bias || !target->value || !target->spec)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel regress needs label, d_response, d_bias, value and spec for a loss.");
  if (s->n != 1) return dslt_fail(DSLT_EARGUMENT, "Kernel regress takes the loss of 1 map, not %d.", s->n);
  if (!loss_is_known(target->spec->kind))
    return dslt_fail(DSLT_EARGUMENT, "Kernel regress knows no loss number %d.", target->spec->kind);
  regress_end end = {};
  end.bias = target->bias;
  end.label = target->label;
  end.response = target->d_response;
  end.d_bias = target->d_bias;
  end.value = target->value;
  end.spec = *target->spec;
  end.rows = (double *)((char *)scratch + regress_ticket_bytes(s, count));
  end.ticket = a.tickets + regress_ticket_count(s, count) - 1;
  return forward<END_LOSS>(stream, a, s->n, end, when);
}
