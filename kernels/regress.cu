/* SPDX-License-Identifier: Apache-2.0 */
/* regress.cu: the regression convolution, many channels to one, forward and backward.
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
 * lane the sum of one of the 32. Backward by weights: 4 to 8 taps x 4 channels a lane, walking along a
 * response row whose gradient is the same for all lanes (a broadcast), 1 load per 32 multiply-adds; the
 * response rows are split over warps and blocks and their partial sums added in a fixed order. Backward by
 * data: 8 cells x 4 channels a lane, no sums across lanes at all. Both gradients are computed in one launch,
 * whose first blocks compute the weights'. Where the weights alone learn, the block that completes a gradient takes the
 * Adam step with it, which saves another launch and reading all gradients again. */
#include "block_sum.h"
#include "launch.h"
#include "math/adam.h"
#include "math/loss.h"
#include "pack.h"

enum {
  WARP = 32,
  WARPS = 4,
  THREADS = WARP * WARPS,
  FORWARD_BLOCKS = 3, /* on a multiprocessor at once: up to 168 registers a thread */
  BACKWARD_BLOCKS = 4,
  TILE = 8,           /* columns a warp holds */
  WEIGHT_BLOCKS = 264 /* blocks for the weights' gradient: two for each multiprocessor of an H200 */
};

struct regress_args {
  dslt_regress_layer layer[DSLT_REGRESS_LAYERS_MAX];
  int h, w, c, kh, kw, oh, ow;
  int layers;
  float *partial;
  uint32_t *tickets;
};

/* What becomes of the responses. */
enum { END_LAYERS, END_RESPONSE, END_LOSS };
struct regress_end {
  const float *bias, *label;
  float *response, *d_bias, *value; /* END_LOSS: `response` is its gradient */
  dslt_loss_spec spec;
  double *rows; /* [oh][2]: loss and slope of a row */
  uint32_t *ticket;
};

/* Is this the last of `need` blocks that take this ticket? Called by one thread after a barrier. */
__device__ static inline int came_last(uint32_t *ticket, int need) {
  __threadfence();
  return atomicInc(ticket, (uint32_t)need - 1) == (uint32_t)need - 1;
}

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

/* ---- backward ------------------------------------------------------------------------------------ */

/* Response gradient at a column, 0 beside the map. */
__device__ static inline float gradient_at(const float *__restrict__ row, int column, int columns) {
  return column >= 0 && column < columns ? row[column] : 0.0f;
}

/* What becomes of the weights' gradients. */
struct regress_learn {
  dslt_regress_step step; /* step.step NULL: nothing */
  uint32_t *ticket;
};

/* What the rates of this step are multiplied by, in every thread. */
__device__ static inline float correction_of(const regress_learn &learn) {
  __shared__ float correction;
  if (threadIdx.x == 0)
    correction = dslt_adam_correction(&learn.step.rule, dslt_step_after(*learn.step.step));
  __syncthreads();
  return correction;
}

/* The last block of a tile adds the slices' sums, in order. `place` is the tile's first weight. All threads. */
template <int V, int KX>
__device__ static inline void add_slices(const regress_args &a, float *d_w, size_t place, int columns,
                                         int channels, int slices, const regress_learn &learn) {
  const size_t weights = (size_t)a.kh * (size_t)a.kw * (size_t)a.c, which = (size_t)blockIdx.z;
  const int steps = learn.step.step != NULL;
  const dslt_param p = which == 0 ? learn.step.layer[0] : learn.step.layer[1];
  const float rate = steps ? p.rate * correction_of(learn) : 0.0f;
  for (int k = (int)threadIdx.x; k < KX * WARP * V; k += THREADS) {
    int t = k / (WARP * V), at = k % (WARP * V);
    if (t >= columns || at >= channels) continue;
    size_t index = place + (size_t)t * (size_t)a.c + (size_t)at;
    float sum = 0.0f;
    for (int from = 0; from < slices; ++from)
      sum += a.partial[(which * (size_t)slices + (size_t)from) * weights + index];
    d_w[index] = sum;
    if (steps) dslt_adam_step(&p.w[index], &p.m[index], &p.v[index], sum, &learn.step.rule, rate, p.decay);
  }
}

/* One of `tiles` tiles has taken its step. The last one takes those of the other values, and counts the step, when every
 * tile has read the counter. All threads. */
__device__ static inline void end_step(const regress_learn &learn, int tiles) {
  __syncthreads();
  if (threadIdx.x != 0 || !came_last(learn.ticket, tiles)) return;
  __threadfence();
  const int32_t now = dslt_step_after(*learn.step.step);
  const float correction = dslt_adam_correction(&learn.step.rule, now);
  for (int i = 0; i < learn.step.others; ++i) {
    const dslt_param p = i == 0 ? learn.step.other[0] : learn.step.other[1];
    dslt_adam_step(p.w, p.m, p.v, *p.g, &learn.step.rule, p.rate * correction, p.decay);
  }
  *learn.step.step = now;
}

/* The weights' gradient for kernel row ky and KX taps of it, from the response rows of one slice. Block:
 * slice + slices * (tap tile + tiles * ky). */
template <int V, int KX>
__device__ static inline void backward_weights(const regress_args &a, const dslt_regress_layer &layer,
                                               const float *__restrict__ d_y, int block, int slices,
                                               const regress_learn &learn) {
  __shared__ dslt_pack<V> gathered[WARPS][KX][WARP];
  __shared__ int last;
  int lane = (int)threadIdx.x % WARP, warp = (int)threadIdx.x / WARP, tiles = (a.kw + KX - 1) / KX;
  int slice = block % slices, kx0 = block / slices % tiles * KX, ky = block / slices / tiles;
  int chunk = (int)blockIdx.y * WARP * V, channel = chunk + lane * V;
  if (channel >= a.c) channel = 0; /* takes part in shuffles; its sums are dropped */
  int cells = a.ow + KX - 1 < a.w - kx0 ? a.ow + KX - 1 : a.w - kx0;
  dslt_pack<V> sums[KX];
#pragma unroll
  for (int t = 0; t < KX; ++t) sums[t] = dslt_zero_pack<V>();
  for (int i = slice * WARPS + warp; i < a.oh; i += slices * WARPS) {
    const float *gradients = d_y + (size_t)i * (size_t)a.ow;
    const float *from =
        layer.x + ((size_t)(i + ky) * (size_t)a.w + (size_t)kx0) * (size_t)a.c + (size_t)channel;
    float window[KX]; /* the gradient at column q - t is at (t - q) mod KX */
#pragma unroll
    for (int t = 0; t < KX; ++t) window[t] = 0.0f;
    for (int q0 = 0; q0 < cells; q0 += KX)
#pragma unroll
      for (int s = 0; s < KX; ++s) {
        int q = q0 + s;
        if (q >= cells) break;
        window[(KX - s) % KX] = gradient_at(gradients, q, a.ow);
        dslt_pack<V> cell = dslt_load<V>(from + (size_t)q * (size_t)a.c);
#pragma unroll
        for (int t = 0; t < KX; ++t)
#pragma unroll
          for (int v = 0; v < V; ++v) sums[t].v[v] += window[(t - s + KX) % KX] * cell.v[v];
      }
  }
#pragma unroll
  for (int t = 0; t < KX; ++t) gathered[warp][t][lane] = sums[t];
  __syncthreads();
  size_t taps = (size_t)a.kh * (size_t)a.kw, which = (size_t)blockIdx.z;
  size_t place = ((size_t)ky * (size_t)a.kw + (size_t)kx0) * (size_t)a.c + (size_t)chunk;
  const int shared = slices > 1 || learn.step.step; /* the tile's sums are read again */
  float *to = shared ? a.partial + (which * (size_t)slices + (size_t)slice) * taps * (size_t)a.c : layer.d_w;
  for (int k = (int)threadIdx.x; k < KX * WARP * V; k += THREADS) {
    int t = k / (WARP * V), at = k % (WARP * V);
    if (kx0 + t >= a.kw || chunk + at >= a.c) continue;
    float sum = 0.0f;
    for (int from = 0; from < WARPS; ++from) sum += gathered[from][t][at / V].v[at % V];
    to[place + (size_t)t * (size_t)a.c + (size_t)at] = sum;
  }
  if (!shared) return;
  __syncthreads();
  if (threadIdx.x == 0)
    last = came_last(
        &a.tickets[(which * gridDim.y + blockIdx.y) * (size_t)(tiles * a.kh) + (size_t)(block / slices)],
        slices);
  __syncthreads();
  if (!last) return;
  __threadfence();
  add_slices<V, KX>(a, layer.d_w, place, a.kw - kx0, a.c - chunk, slices, learn);
  if (learn.step.step) end_step(learn, tiles * a.kh * (int)(gridDim.y * gridDim.z));
}

/* The map's gradient: a warp has TILE cells of a row. */
template <int V>
__device__ static inline void backward_data(const regress_args &a, const dslt_regress_layer &layer,
                                            const float *__restrict__ d_y, int block) {
  int tiles = (a.w + TILE - 1) / TILE, unit = block * WARPS + (int)threadIdx.x / WARP;
  int row = unit / tiles, first = unit % tiles * TILE;
  int channel = (int)blockIdx.y * WARP * V + (int)threadIdx.x % WARP * V;
  if (row >= a.h || channel >= a.c) return;
  dslt_pack<V> sums[TILE];
#pragma unroll
  for (int t = 0; t < TILE; ++t) sums[t] = dslt_zero_pack<V>();
  for (int ky = 0; ky < a.kh; ++ky) {
    int i = row - ky;
    if (i < 0 || i >= a.oh) continue;
    const float *gradients = d_y + (size_t)i * (size_t)a.ow;
    const float *taps = layer.w + (size_t)ky * (size_t)a.kw * (size_t)a.c + (size_t)channel;
    float window[TILE]; /* the gradient at column first + t - kx is at (t - kx) mod TILE */
#pragma unroll
    for (int t = 1; t < TILE; ++t) window[t] = gradient_at(gradients, first + t, a.ow);
    for (int kx0 = 0; kx0 < a.kw; kx0 += TILE)
#pragma unroll
      for (int s = 0; s < TILE; ++s) {
        int kx = kx0 + s;
        if (kx >= a.kw) break;
        window[(TILE - s) % TILE] = gradient_at(gradients, first - kx, a.ow);
        dslt_pack<V> tap = dslt_load<V>(taps + (size_t)kx * (size_t)a.c);
#pragma unroll
        for (int t = 0; t < TILE; ++t)
#pragma unroll
          for (int v = 0; v < V; ++v) sums[t].v[v] += window[(t - s + TILE) % TILE] * tap.v[v];
      }
  }
  float *to = layer.d_x + ((size_t)row * (size_t)a.w + (size_t)first) * (size_t)a.c + (size_t)channel;
#pragma unroll
  for (int t = 0; t < TILE; ++t)
    if (first + t < a.w) dslt_store(to + (size_t)t * (size_t)a.c, sums[t]);
}

/* Block (x, y, z): a share of the weights, then of the data; channels; layer. */
template <int V, int KX>
static __global__ void __launch_bounds__(THREADS, BACKWARD_BLOCKS)
    backward_kernel(regress_args a, const float *__restrict__ d_y, int slices, int weight_blocks,
                    regress_learn learn, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const dslt_regress_layer layer = blockIdx.z == 0 ? a.layer[0] : a.layer[1];
  if ((int)blockIdx.x < weight_blocks)
    backward_weights<V, KX>(a, layer, d_y, (int)blockIdx.x, slices, learn);
  else
    backward_data<V>(a, layer, d_y, (int)blockIdx.x - weight_blocks);
}

/* ---- launchers ----------------------------------------------------------------------------------- */

static int up(int count, int by) { return (count + by - 1) / by; }

/* The size of `sizes` that wastes least for `count` items, the larger of equals. */
static int best_tile(int count, const int *sizes, int choices) {
  int best = sizes[0];
  for (int i = 1; i < choices; ++i)
    if (up(count, sizes[i]) * sizes[i] <= up(count, best) * best) best = sizes[i];
  return best;
}

static int kernel_rows(int kh) {
  static const int sizes[] = {3, 4};
  return best_tile(kh, sizes, 2);
}

static int kernel_columns(int kw) {
  static const int sizes[] = {4, 5, 6, 8};
  return best_tile(kw, sizes, 4);
}

/* Packs of four need a multiple of four channels and aligned maps. With 64 channels or fewer they would leave half of
 * the lanes or more without work. */
static int pack_of(const regress_args *a) {
  if (a->c % 4 != 0 || a->c <= WARP * 2) return 1;
  for (int i = 0; i < a->layers; ++i) {
    const dslt_regress_layer *l = &a->layer[i];
    if (!dslt_aligned16(l->x) || !dslt_aligned16(l->w) || !dslt_aligned16(l->d_x)) return 1;
  }
  return 4;
}

static int slices_of(const dslt_regress_shape *s, int pack) {
  int pieces = s->kh * up(s->kw, kernel_columns(s->kw)) * up(s->c, WARP * pack);
  int most = up(s->h - s->kh + 1, WARPS), wanted = WEIGHT_BLOCKS / pieces;
  return wanted < 1 ? 1 : (wanted < most ? wanted : most);
}

static int shape_is_good(const dslt_regress_shape *s, int count) {
  return s && s->n >= 1 && s->n <= DSLT_LEVELS_MAX && s->h >= 1 && s->h <= DSLT_MAP_SIDE_MAX && s->w >= 1 &&
         s->w <= DSLT_MAP_SIDE_MAX && s->c >= 1 && s->c <= DSLT_CHANNELS_MAX && s->kh >= 1 && s->kh <= s->h &&
         s->kw >= 1 && s->kw <= s->w && count >= 1 && count <= DSLT_REGRESS_LAYERS_MAX;
}

/* Of the tickets: as many as response rows, or pieces of the weights, whichever is more; and the loss's. */
static size_t ticket_count(const dslt_regress_shape *s, int count) {
  size_t rows = (size_t)s->n * (size_t)(s->h - s->kh + 1);
  size_t pieces = (size_t)s->kh * (size_t)up(s->kw, kernel_columns(s->kw)) * (size_t)up(s->c, WARP);
  return (rows > pieces ? rows : pieces) * (size_t)count + 1;
}

static size_t whole_lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

static size_t ticket_bytes(const dslt_regress_shape *s, int count) {
  return whole_lines(ticket_count(s, count) * sizeof(uint32_t));
}

/* Of the losses of a response's rows, behind the tickets. */
static size_t loss_bytes(const dslt_regress_shape *s) {
  return whole_lines((size_t)(s->h - s->kh + 1) * 2 * sizeof(double));
}

extern "C" size_t DSLT_LAUNCHER(regress_scratch)(const dslt_regress_shape *s, int count) {
  if (!shape_is_good(s, count)) return 0;
  size_t forward = (size_t)s->n * (size_t)(s->h - s->kh + 1) * (size_t)s->kh * (size_t)(s->w - s->kw + 1);
  int most = slices_of(s, 4) > slices_of(s, 1) ? slices_of(s, 4) : slices_of(s, 1);
  size_t backward = s->n == 1 ? (size_t)most * (size_t)s->kh * (size_t)s->kw * (size_t)s->c : 0;
  return ticket_bytes(s, count) + loss_bytes(s) +
         (forward > backward ? forward : backward) * (size_t)count * sizeof(float);
}

static int prepare(regress_args *a, const dslt_regress_shape *s, const dslt_regress_layer *layers, int count,
                   void *scratch) {
  if (!s || !layers || !scratch)
    return dslt_fail(DSLT_EARGUMENT, "Kernel regress needs a shape, layers and scratch memory.");
  if (!shape_is_good(s, count))
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel regress was given %d layers of %d maps of %d x %d x %d and a kernel of %d x %d; it "
        "takes 1 or 2 layers, 1 to %d maps with sides to %d and %d channels, and a kernel that fits.",
        count, s->n, s->h, s->w, s->c, s->kh, s->kw, (int)DSLT_LEVELS_MAX, (int)DSLT_MAP_SIDE_MAX,
        (int)DSLT_CHANNELS_MAX);
  *a = {};
  for (int i = 0; i < count; ++i) {
    a->layer[i] = layers[i];
    if (!layers[i].x || !layers[i].w)
      return dslt_fail(DSLT_EARGUMENT, "Kernel regress: layer %d lacks a map or weights.", i);
  }
  a->layers = count;
  a->h = s->h;
  a->w = s->w;
  a->c = s->c;
  a->kh = s->kh;
  a->kw = s->kw;
  a->oh = s->h - s->kh + 1;
  a->ow = s->w - s->kw + 1;
  a->tickets = (uint32_t *)scratch;
  a->partial = (float *)((char *)scratch + ticket_bytes(s, count) + loss_bytes(s));
  return DSLT_OK;
}

template <int END>
static int forward(dslt_stream stream, const regress_args &a, int maps, const regress_end &end,
                   const int32_t *when) {
  int rows = kernel_rows(a.kh);
  dim3 grid((unsigned)(a.h * up(a.kh, rows)), (unsigned)up(up(a.ow, TILE), WARPS),
            (unsigned)(maps * a.layers));
  if (pack_of(&a) == 4)
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
  DSLT_TRY(prepare(&a, s, layers, count, scratch));
  for (int i = 0; i < count; ++i)
    if (!layers[i].y) return dslt_fail(DSLT_EARGUMENT, "Kernel regress: layer %d lacks a response.", i);
  const regress_end end = {};
  return forward<END_LAYERS>(stream, a, s->n, end, when);
}

extern "C" int DSLT_LAUNCHER(regress_respond)(dslt_stream stream, const dslt_regress_shape *s,
                                              const dslt_regress_layer *layers, int count, float *response,
                                              const float *bias, void *scratch, const int32_t *when) {
  regress_args a;
  DSLT_TRY(prepare(&a, s, layers, count, scratch));
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
  DSLT_TRY(prepare(&a, s, layers, count, scratch));
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
  end.rows = (double *)((char *)scratch + ticket_bytes(s, count));
  end.ticket = a.tickets + ticket_count(s, count) - 1;
  return forward<END_LOSS>(stream, a, s->n, end, when);
}

static int backward(dslt_stream stream, const dslt_regress_shape *s, const dslt_regress_layer *layers,
                    int count, const float *d_y, const dslt_regress_step *step, void *scratch,
                    const int32_t *when) {
  regress_args a;
  regress_learn learn = {};
  DSLT_TRY(prepare(&a, s, layers, count, scratch));
  if (step) learn = {*step, a.tickets + ticket_count(s, count) - 1};
  if (!d_y) return dslt_fail(DSLT_EARGUMENT, "Kernel regress needs the response's gradient.");
  if (s->n != 1) return dslt_fail(DSLT_EARGUMENT, "Kernel regress goes backward for 1 map, not %d.", s->n);
  int data = layers[0].d_x != NULL, weights = layers[0].d_w != NULL;
  for (int i = 0; i < count; ++i)
    if ((layers[i].d_x != NULL) != data || (layers[i].d_w != NULL) != weights || !(data || weights))
      return dslt_fail(
          DSLT_EARGUMENT,
          "Kernel regress: every layer must want the map's gradient or none, and the weights' or "
          "none, and one of the two at least.");
  int pack = pack_of(&a), columns = kernel_columns(a.kw), slices = slices_of(s, pack);
  int weight_blocks = weights ? slices * a.kh * up(a.kw, columns) : 0;
  int data_blocks = data ? up(a.h * up(a.w, TILE), WARPS) : 0;
  dim3 grid((unsigned)(weight_blocks + data_blocks), (unsigned)up(a.c, WARP * pack), (unsigned)count);
#define LAUNCH_TILE(V, KX)                                                                                  \
  if (pack == V && columns == KX)                                                                           \
  return DSLT_LAUNCH((backward_kernel<V, KX>), grid, THREADS, stream, a, d_y, slices, weight_blocks, learn, \
                     when)
  LAUNCH_TILE(4, 4);
  LAUNCH_TILE(4, 5);
  LAUNCH_TILE(4, 6);
  LAUNCH_TILE(4, 8);
  LAUNCH_TILE(1, 4);
  LAUNCH_TILE(1, 5);
  LAUNCH_TILE(1, 6);
  LAUNCH_TILE(1, 8);
#undef LAUNCH_TILE
  return dslt_fail(DSLT_EINTERNAL, "Kernel regress has no tile of %d columns.", columns);
}

extern "C" int DSLT_LAUNCHER(regress_backward)(dslt_stream stream, const dslt_regress_shape *s,
                                               const dslt_regress_layer *layers, int count, const float *d_y,
                                               void *scratch, const int32_t *when) {
  return backward(stream, s, layers, count, d_y, NULL, scratch, when);
}

extern "C" int DSLT_LAUNCHER(regress_learn)(dslt_stream stream, const dslt_regress_shape *s,
                                            const dslt_regress_layer *layers, int count, const float *d_y,
                                            const dslt_regress_step *step, void *scratch,
                                            const int32_t *when) {
  if (!step || !step->step || step->others < 0 || step->others > DSLT_REGRESS_OTHERS_MAX)
    return dslt_fail(DSLT_EARGUMENT, "Kernel regress needs a step's counter and 0 to %d other values.",
                     (int)DSLT_REGRESS_OTHERS_MAX);
  for (int i = 0; layers && i < count && i < DSLT_REGRESS_LAYERS_MAX; ++i) {
    const dslt_param *p = &step->layer[i];
    if (layers[i].d_x || !layers[i].d_w || !p->w || !p->m || !p->v)
      return dslt_fail(
          DSLT_EARGUMENT,
          "Kernel regress: layer %d learns with a gradient of its weights alone and both moments.", i);
  }
  for (int i = 0; i < step->others; ++i)
    if (!step->other[i].w || !step->other[i].g || !step->other[i].m || !step->other[i].v)
      return dslt_fail(DSLT_EARGUMENT, "Kernel regress: value %d lacks its gradient or a moment.", i);
  return backward(stream, s, layers, count, d_y, step, scratch, when);
}
