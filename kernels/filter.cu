/* SPDX-License-Identifier: Apache-2.0 */
/* filter.cu: the correlation filter in closed form (math/correlation_filter.h).
 *
 * CFNet's map of 57 x 57 cells and 32 channels: 49 MFLOP by sums along one axis and then along the other, of which
 * half of the spectrum's rows (29) and the template's 25 x 25 cells alone are computed; a fast transform of a side
 * whose factors are 3 and 19 would save little. All in float32 whatever the precision of matrix products is, since
 * the filter divides by the energy of each frequency.
 *
 * Neighbouring lanes have neighbouring channels, so maps are read as whole lines; the factors exp(i angle) are the
 * same for a warp, and come from one circle of `side` values. A warp computes AT_ONCE sums of each value that it
 * reads. */
#include "launch.h"
#include "math/correlation_filter.h"
#include "pack.h"

enum {
  WARP = 32,
  WARPS = 8,
  ROW_WARPS = 16,
  AT_ONCE = 4,
  TEMPLATE_THREADS = 128,
  TEMPLATE_BLOCKS_MAX = 1056
};

/* Indices multiples * i on a circle of n, as i counts up. */
struct circle_walk {
  int at[AT_ONCE], by[AT_ONCE];
};

/* For frequencies first .. first + AT_ONCE - 1, those past `last` being `last`. */
__device__ static inline circle_walk walk_from(int first, int last) {
  circle_walk walk;
#pragma unroll
  for (int k = 0; k < AT_ONCE; ++k) {
    walk.by[k] = first + k < last ? first + k : last;
    walk.at[k] = 0;
  }
  return walk;
}

__device__ static inline void step(circle_walk *walk, int n) {
#pragma unroll
  for (int k = 0; k < AT_ONCE; ++k) {
    walk->at[k] += walk->by[k];
    if (walk->at[k] >= n) walk->at[k] -= n;
  }
}

struct filter_parts {
  const float *window, *target; /* [side] */
  const float *circle;          /* [side] cosine and sine */
  float *rows, *spectrum;       /* [half][2][side][channels], after y and after x too */
  float *part;                  /* [half][2][kernel][channels], on the way back */
  int side, half, channels, margin, kernel;
  float lambda;
};

/* Sums along y, windowed. Block (x, y): column; channels. */
static __global__ void __launch_bounds__(WARP *WARPS)
    columns_kernel(filter_parts f, const float *__restrict__ x, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const int n = f.side, column = (int)blockIdx.x, warp = (int)threadIdx.x / WARP;
  const int channel = (int)(blockIdx.y * WARP + threadIdx.x % WARP);
  if (channel >= f.channels) return;
  for (int first = warp * AT_ONCE; first < f.half; first += WARPS * AT_ONCE) {
    circle_walk walk = walk_from(first, f.half - 1);
    float re[AT_ONCE] = {}, im[AT_ONCE] = {};
    for (int i = 0; i < n; ++i) {
      const float value =
          f.window[i] * x[((size_t)i * (size_t)n + (size_t)column) * (size_t)f.channels + (size_t)channel];
#pragma unroll
      for (int k = 0; k < AT_ONCE; ++k) {
        const dslt_pack<2> turn = dslt_load<2>(f.circle + 2 * walk.at[k]);
        re[k] += value * turn.v[0];
        im[k] -= value * turn.v[1];
      }
      step(&walk, n);
    }
#pragma unroll
    for (int k = 0; k < AT_ONCE; ++k) {
      if (first + k >= f.half) continue;
      const size_t at = ((size_t)(2 * (first + k)) * (size_t)n + (size_t)column) * (size_t)f.channels;
      f.rows[at + (size_t)channel] = f.window[column] * re[k];
      f.rows[at + (size_t)n * (size_t)f.channels + (size_t)channel] = f.window[column] * im[k];
    }
  }
}

/* The spectrum at frequencies first .. of row v, of this lane's channels, and their energy. */
__device__ static inline void transform_row(float energy[AT_ONCE], const filter_parts &f, int v, int first) {
  const int n = f.side;
  const size_t c = (size_t)f.channels, row = (size_t)(2 * v) * (size_t)n * c, other = (size_t)n * c;
  for (size_t channel = threadIdx.x % WARP; channel < c; channel += WARP) {
    circle_walk walk = walk_from(first, n - 1);
    float re[AT_ONCE] = {}, im[AT_ONCE] = {};
    for (int i = 0; i < n; ++i) {
      const float *from = f.rows + row + (size_t)i * c + channel;
      const float a = from[0], b = from[other];
#pragma unroll
      for (int k = 0; k < AT_ONCE; ++k) { /* (a + ib) exp(-i angle) */
        const dslt_pack<2> turn = dslt_load<2>(f.circle + 2 * walk.at[k]);
        re[k] += a * turn.v[0] + b * turn.v[1];
        im[k] += b * turn.v[0] - a * turn.v[1];
      }
      step(&walk, n);
    }
#pragma unroll
    for (int k = 0; k < AT_ONCE; ++k) {
      if (first + k >= n) continue;
      float *to = f.spectrum + row + (size_t)(first + k) * c + channel;
      to[0] = re[k];
      to[other] = im[k];
      energy[k] += re[k] * re[k] + im[k] * im[k];
    }
  }
}

/* The same frequencies become the filter's; each lane has what it wrote itself. */
__device__ static inline void solve(const filter_parts &f, const float energy[AT_ONCE], int v, int first) {
  const int n = f.side;
  const size_t c = (size_t)f.channels, row = (size_t)(2 * v) * (size_t)n * c, other = (size_t)n * c;
#pragma unroll
  for (int k = 0; k < AT_ONCE; ++k) {
    float sum = energy[k], scale_re, scale_im;
#pragma unroll
    for (unsigned with = WARP / 2; with > 0; with /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, with);
    if (first + k >= n) continue;
    dslt_filter_factor(&scale_re, &scale_im, f.target[v] * f.target[first + k], 0.0f, sum,
                       (float)n * (float)n, f.lambda);
    for (size_t channel = threadIdx.x % WARP; channel < c; channel += WARP) {
      float *at = f.spectrum + row + (size_t)(first + k) * c + channel;
      const float re = at[0], im = at[other];
      at[0] = scale_re * re - scale_im * im;
      at[other] = scale_re * im + scale_im * re;
    }
  }
}

/* Sums back along x for the template's columns first .. of row v. */
__device__ static inline void back_row(const filter_parts &f, int v, int first) {
  const int n = f.side;
  const size_t c = (size_t)f.channels, row = (size_t)(2 * v) * (size_t)n * c, other = (size_t)n * c;
  const float share = 1.0f / (float)n;
  for (size_t channel = threadIdx.x % WARP; channel < c; channel += WARP) {
    circle_walk walk = walk_from(f.margin + first, f.margin + f.kernel - 1);
    float re[AT_ONCE] = {}, im[AT_ONCE] = {};
    for (int i = 0; i < n; ++i) {
      const float *from = f.spectrum + row + (size_t)i * c + channel;
      const float a = from[0], b = from[other];
#pragma unroll
      for (int k = 0; k < AT_ONCE; ++k) { /* (a + ib) exp(i angle) */
        const dslt_pack<2> turn = dslt_load<2>(f.circle + 2 * walk.at[k]);
        re[k] += a * turn.v[0] - b * turn.v[1];
        im[k] += b * turn.v[0] + a * turn.v[1];
      }
      step(&walk, n);
    }
#pragma unroll
    for (int k = 0; k < AT_ONCE; ++k) {
      if (first + k >= f.kernel) continue;
      float *to = f.part + ((size_t)(2 * v) * (size_t)f.kernel + (size_t)(first + k)) * c + channel;
      to[0] = share * re[k];
      to[(size_t)f.kernel * c] = share * im[k];
    }
  }
}

/* Block: a row of the spectrum: along x, filter, and back along x. */
static __global__ void __launch_bounds__(WARP *ROW_WARPS) rows_kernel(filter_parts f, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const int v = (int)blockIdx.x, begin = (int)threadIdx.x / WARP * AT_ONCE;
  for (int first = begin; first < f.side; first += ROW_WARPS * AT_ONCE) {
    float energy[AT_ONCE] = {};
    transform_row(energy, f, v, first);
    solve(f, energy, v, first);
  }
  __syncthreads();
  for (int first = begin; first < f.kernel; first += ROW_WARPS * AT_ONCE) back_row(f, v, first);
}

/* Back along y, one thread a value; rows between the first and the middle stand for their mirror images too. */
static __global__ void __launch_bounds__(TEMPLATE_THREADS)
    template_kernel(float *kernel, filter_parts f, float rate, size_t count, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const size_t stride = (size_t)gridDim.x * TEMPLATE_THREADS, row = (size_t)f.kernel * (size_t)f.channels;
  const float share = 1.0f / (float)f.side;
  for (size_t i = (size_t)blockIdx.x * TEMPLATE_THREADS + threadIdx.x; i < count; i += stride) {
    const int cell = (int)(i / row) + f.margin;
    const float *from = f.part + i % row;
    float sum = 0.0f;
    for (int v = 0, at = 0; v < f.half; ++v, from += 2 * row) {
      const dslt_pack<2> turn = dslt_load<2>(f.circle + 2 * at);
      const float times = v == 0 || 2 * v == f.side ? share : 2.0f * share;
      sum += times * (from[0] * turn.v[0] - from[row] * turn.v[1]);
      at += cell;
      if (at >= f.side) at -= f.side;
    }
    kernel[i] = rate == 1.0f ? sum : (1.0f - rate) * kernel[i] + rate * sum;
  }
}

/* ---- launchers ----------------------------------------------------------------------------------- */

static int shape_is_good(const dslt_filter_shape *s) {
  return s && s->side >= 2 && s->side <= DSLT_RESPONSE_SIDE_MAX && s->channels >= 1 &&
         s->channels <= DSLT_CHANNELS_MAX && s->margin >= 0 && 2 * s->margin < s->side;
}

/* Floats of each member of filter_parts, in the order window, target, circle, rows, spectrum, part. */
static void sizes_of(size_t out[6], const dslt_filter_shape *s) {
  const size_t n = (size_t)s->side, half = n / 2 + 1, kernel = n - 2 * (size_t)s->margin;
  out[0] = out[1] = (n + 3) / 4 * 4;
  out[2] = (2 * n + 3) / 4 * 4;
  out[3] = out[4] = half * 2 * n * (size_t)s->channels;
  out[5] = half * 2 * kernel * (size_t)s->channels;
}

extern "C" size_t DSLT_LAUNCHER(filter_scratch)(const dslt_filter_shape *s) {
  size_t sizes[6], sum = 0;
  if (!shape_is_good(s)) return 0;
  sizes_of(sizes, s);
  for (int i = 0; i < 6; ++i) sum += sizes[i];
  return sum * sizeof(float);
}

extern "C" size_t DSLT_LAUNCHER(filter_tables)(float *host_tables, const dslt_filter_shape *s) {
  size_t sizes[6];
  if (!shape_is_good(s)) return 0;
  sizes_of(sizes, s);
  float *window = host_tables, *target = window + sizes[0], *circle = target + sizes[1];
  for (int i = 0; host_tables && i < s->side; ++i) {
    window[i] = (float)dslt_hann(i, s->side);
    target[i] = (float)dslt_filter_target(i, s->side, s->sigma);
    circle[2 * i] = (float)cos(dslt_circle_angle(1, i, s->side));
    circle[2 * i + 1] = (float)sin(dslt_circle_angle(1, i, s->side));
  }
  return (sizes[0] + sizes[1] + sizes[2]) * sizeof(float);
}

extern "C" int DSLT_LAUNCHER(filter_learn)(dslt_stream stream, float *kernel, const float *x,
                                           const dslt_filter_shape *s, float *scratch, float rate,
                                           const int32_t *when) {
  if (!kernel || !x || !s || !scratch)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel filter_learn needs a template, a map, a shape and scratch memory.");
  if (!shape_is_good(s) || !dslt_aligned16(scratch))
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel filter_learn was given a map of %d x %d cells with %d channels and a margin of %d; a "
        "side has 2 to %d cells, the margin leaves some, channels are 1 to %d, and scratch memory "
        "is aligned to 16 bytes.",
        s->side, s->side, s->channels, s->margin, (int)DSLT_RESPONSE_SIDE_MAX, (int)DSLT_CHANNELS_MAX);
  size_t sizes[6];
  sizes_of(sizes, s);
  filter_parts f = {};
  f.window = scratch;
  f.target = f.window + sizes[0];
  f.circle = f.target + sizes[1];
  f.rows = scratch + sizes[0] + sizes[1] + sizes[2];
  f.spectrum = f.rows + sizes[3];
  f.part = f.spectrum + sizes[4];
  f.side = s->side, f.half = s->side / 2 + 1, f.channels = s->channels;
  f.margin = s->margin, f.kernel = s->side - 2 * s->margin;
  f.lambda = s->lambda;
  const size_t count = (size_t)f.kernel * (size_t)f.kernel * (size_t)f.channels;
  const dim3 columns((unsigned)s->side, (unsigned)((s->channels + WARP - 1) / WARP));
  DSLT_TRY(DSLT_LAUNCH(columns_kernel, columns, WARP * WARPS, stream, f, x, when));
  DSLT_TRY(DSLT_LAUNCH(rows_kernel, (unsigned)f.half, WARP * ROW_WARPS, stream, f, dslt_when_still(when)));
  return DSLT_LAUNCH(template_kernel, dslt_blocks(count, TEMPLATE_THREADS, TEMPLATE_BLOCKS_MAX),
                     TEMPLATE_THREADS, stream, kernel, f, rate, count, dslt_when_still(when));
}
