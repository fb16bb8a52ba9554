/* SPDX-License-Identifier: Apache-2.0 */
/* regress_backward.cu: gradients of the regression convolution (regress.cu), and the weights' Adam step.
 *
 * As forward, the 32 lanes of a warp share the channels and a warp holds a tile of sums in registers. By weights: 4 to 8 taps
 * x 4 channels a lane, walking along a response row whose gradient is the same for all lanes (a broadcast), 1 load per 32
 * multiply-adds; the response rows are split over warps and blocks and their partial sums added in a fixed order. By data: 8
 * cells x 4 channels a lane, no sums across lanes at all. Both gradients are computed in one launch, whose first blocks
 * compute the weights'. Where the weights alone learn, the block that completes a gradient takes the Adam step with it, which
 * saves another launch and reading all gradients again. */
#include "math/adam.h"
#include "regress_plan.h"

enum { BACKWARD_BLOCKS = 4 }; /* on a multiprocessor at once */

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

static int backward(dslt_stream stream, const dslt_regress_shape *s, const dslt_regress_layer *layers,
                    int count, const float *d_y, const dslt_regress_step *step, void *scratch,
                    const int32_t *when) {
  regress_args a;
  regress_learn learn = {};
  DSLT_TRY(regress_prepare(&a, s, layers, count, scratch));
  if (step) learn = {*step, a.tickets + regress_ticket_count(s, count) - 1};
  if (!d_y) return dslt_fail(DSLT_EARGUMENT, "Kernel regress needs the response's gradient.");
  if (s->n != 1) return dslt_fail(DSLT_EARGUMENT, "Kernel regress goes backward for 1 map, not %d.", s->n);
  int data = layers[0].d_x != NULL, weights = layers[0].d_w != NULL;
  for (int i = 0; i < count; ++i)
    if ((layers[i].d_x != NULL) != data || (layers[i].d_w != NULL) != weights || !(data || weights))
      return dslt_fail(
          DSLT_EARGUMENT,
          "Kernel regress: every layer must want the map's gradient or none, and the weights' or "
          "none, and one of the two at least.");
  int pack = regress_pack(&a), columns = regress_kernel_columns(a.kw), slices = regress_slices(s, pack);
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
