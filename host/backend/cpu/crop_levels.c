/* SPDX-License-Identifier: Apache-2.0 */
/* crop_levels.c: the scale pyramid in whole pixels, resized as MATLAB does: rows first, then columns. */
#include <omp.h>
#include <string.h>

#include "base/error.h"
#include "cpu.h"
#include "math/level_cut.h"

/* How one axis is resized: for every output sample the source samples and their weights. */
typedef struct resize_table {
  int out, most; /* samples; most taps of one */
  int *count;    /* [out] taps that lie inside */
  int *index;    /* [out][most] source samples */
  float *weight; /* [out][most]; all taps together sum to 1 */
  float *inside; /* [out] sum of the weights of those inside */
} resize_table;

/* Source samples that lie outside are left out. */
static void tabulate(resize_table *table, int in, int first, int size) {
  const dslt_resized_axis axis = {.in = in, .out = table->out, .first = first, .size = size};
  for (int i = 0; i < table->out; ++i) {
    const dslt_cubic_taps taps = dslt_cubic_taps_at(i, in, table->out);
    int *index = table->index + (size_t)i * (size_t)table->most;
    float *weight = table->weight + (size_t)i * (size_t)table->most;
    float sum = 0.0f, inside = 0.0f;
    int count = 0, outside = 0;
    for (int k = 0; k < taps.count; ++k) {
      int at;
      const float w = dslt_resized_tap(&at, &axis, &taps, k);
      sum += w;
      if (w == 0.0f) continue;
      if (at < 0) {
        outside = 1;
        continue;
      }
      index[count] = at;
      weight[count++] = w;
      inside += w;
    }
    for (int k = 0; k < count; ++k) weight[k] /= sum;
    table->count[i] = count;
    table->inside[i] = outside ? inside / sum : 1.0f;
  }
}

/* ---- memory -------------------------------------------------------------------------------------- */

typedef struct resize_scratch {
  float *rows; /* one for each thread */
  size_t row_values;
  resize_table x, y;
} resize_scratch;

static size_t padded(size_t values) { return (values + 15) & ~(size_t)15; }

static float *take_table(resize_table *table, float *at, int out, int most) {
  const size_t taps = padded((size_t)out * (size_t)most), samples = padded((size_t)out);
  *table = (resize_table){.out = out, .most = most};
  table->weight = at;
  table->inside = at + taps;
  table->index = (int *)(at + taps + samples);
  table->count = (int *)(at + 2 * taps + samples);
  return at + 2 * (taps + samples);
}

/* For any size that the rules allow, so that nothing is allocated per frame. */
static int lay_out(resize_scratch *out, dslt_cpu *cpu, const dslt_search *g) {
  const int region = dslt_region_side_max(g), input = g->area.input_width;
  const int largest = dslt_level_side(g, g->scale.max, g->scale.levels - 1);
  const int most = dslt_cubic_taps_max(largest > region ? largest : region, input);
  const size_t columns = (size_t)(cpu->frame.width > region ? cpu->frame.width : region);
  out->row_values = padded(3 * columns);
  const size_t table = 2 * (padded((size_t)region * (size_t)most) + padded((size_t)region));
  const size_t values = (size_t)cpu->threads * out->row_values + 2 * table;
  DSLT_TRY(dslt_cpu_reserve(&cpu->crop, values * sizeof(float)));
  out->rows = cpu->crop.data;
  float *at = out->rows + (size_t)cpu->threads * out->row_values;
  at = take_table(&out->x, at, region, most);
  take_table(&out->y, at, region, most);
  return DSLT_OK;
}

static float *own_row(const resize_scratch *scratch) {
  return scratch->rows + (size_t)omp_get_thread_num() * scratch->row_values;
}

/* ---- rows and columns ---------------------------------------------------------------------------- */

DSLT_HOT static void add_bytes(float *row, const uint8_t *from, float weight, int first, int last) {
  for (int i = first; i < last; ++i) row[i] += weight * (float)from[i];
}

DSLT_HOT static void add_floats(float *row, const float *from, float weight, int count) {
  for (int i = 0; i < count; ++i) row[i] += weight * from[i];
}

/* to [out][3] from row [.][3]: columns of one resized row. `order` says which channel is first, and `rest` is
 * what the samples outside have, times the row's own weight of what lies inside. */
DSLT_HOT static void resize_columns(float *to, const float *row, const resize_table *x, const int order[3]) {
  for (int u = 0; u < x->out; ++u, to += 3) {
    const int *index = x->index + (size_t)u * (size_t)x->most;
    const float *weight = x->weight + (size_t)u * (size_t)x->most;
    float a = 0.0f, b = 0.0f, c = 0.0f;
    for (int k = 0; k < x->count[u]; ++k) {
      const float *p = row + 3 * index[k], w = weight[k];
      a += w * p[order[0]];
      b += w * p[order[1]];
      c += w * p[order[2]];
    }
    to[0] = a, to[1] = b, to[2] = c;
  }
}

/* One row of the region: pixels of the frame, normalised, and `fill` outside of it. */
static void region_row(float *to, const dslt_cpu *cpu, const resize_scratch *s, int v, int first, int last,
                       const dslt_input_norm *norm, const float *fill) {
  const int order[3] = {norm->rgb ? 2 : 0, 1, norm->rgb ? 0 : 2};
  const resize_table *y = &s->y;
  float *row = own_row(s);
  memset(row + 3 * first, 0, 3 * (size_t)(last - first) * sizeof *row);
  for (int k = 0; k < y->count[v]; ++k) {
    const size_t at = (size_t)v * (size_t)y->most + (size_t)k;
    const uint8_t *from = (const uint8_t *)cpu->frame.data + cpu->frame.stride * (size_t)y->index[at];
    add_bytes(row, from, y->weight[at], 3 * first, 3 * last);
  }
  resize_columns(to, row, &s->x, order);
  for (int u = 0; u < s->x.out; ++u)
    for (int c = 0; c < 3; ++c) {
      const float inside = s->x.inside[u] * y->inside[v];
      to[3 * u + c] =
          (to[3 * u + c] - inside * norm->mean[c]) * norm->inverse_deviation[c] + (1.0f - inside) * fill[c];
    }
}

/* Row v of a level from the region; where the level reaches beyond it, there is `fill`. */
static void level_row(float *to, const float *region, int side, const resize_scratch *s, int v,
                      const float *fill) {
  static const int order[3] = {0, 1, 2};
  const resize_table *y = &s->y;
  float *row = own_row(s);
  memset(row, 0, 3 * (size_t)side * sizeof *row);
  for (int k = 0; k < y->count[v]; ++k) {
    const size_t at = (size_t)v * (size_t)y->most + (size_t)k;
    add_floats(row, region + 3 * (size_t)side * (size_t)y->index[at], y->weight[at], 3 * side);
  }
  resize_columns(to, row, &s->x, order);
  for (int u = 0; u < s->x.out; ++u)
    for (int c = 0; c < 3; ++c) to[3 * u + c] += (1.0f - s->x.inside[u] * y->inside[v]) * fill[c];
}

int dslt_cpu_crop_levels(dslt_backend *backend, float *out, float *region, const dslt_search *g,
                         const dslt_input_norm *norm, const float *fill, const dslt_target_state *place,
                         const dslt_target_state *size, int first_level, int count) {
  dslt_cpu *cpu = dslt_cpu_of(backend);
  const dslt_level_cut cut = dslt_level_cut_of(g, place, size);
  const int input = g->area.input_width, side = cut.region;
  int left = cut.x > 0 ? cut.x : 0, right = cut.x + cut.side;
  if (right > cpu->frame.width) right = cpu->frame.width;
  if (right <= left) left = right = 0; /* beside the frame */
  resize_scratch scratch;
  DSLT_TRY(lay_out(&scratch, cpu, g));
  scratch.x.out = scratch.y.out = side;
  tabulate(&scratch.x, cut.side, cut.x, cpu->frame.width);
  tabulate(&scratch.y, cut.side, cut.y, cpu->frame.height);
#pragma omp parallel for schedule(static)
  for (int v = 0; v < side; ++v)
    region_row(region + 3 * (size_t)side * (size_t)v, cpu, &scratch, v, left, right, norm, fill);
  scratch.x.out = input;
  for (int i = 0; i < count; ++i) {
    int first;
    const int part = dslt_level_in_region(&first, g, &cut, size->scale, first_level + i);
    tabulate(&scratch.x, part, first, side);
    scratch.y = scratch.x; /* a square of a square */
    float *level = out + 3 * (size_t)i * (size_t)input * (size_t)input;
#pragma omp parallel for schedule(static)
    for (int v = 0; v < input; ++v)
      level_row(level + 3 * (size_t)v * (size_t)input, region, side, &scratch, v, fill);
  }
  return DSLT_OK;
}

int dslt_cpu_mean_colour(dslt_backend *backend, float *mean, const dslt_input_norm *norm) {
  const dslt_image *frame = &dslt_cpu_of(backend)->frame;
  uint64_t sum[3] = {0, 0, 0};
  for (int y = 0; y < frame->height; ++y) {
    const uint8_t *row = (const uint8_t *)frame->data + frame->stride * (size_t)y;
    for (int x = 0; x < 3 * frame->width; x += 3)
      for (int c = 0; c < 3; ++c) sum[c] += row[x + c];
  }
  const double pixels = (double)frame->width * frame->height;
  for (int c = 0; c < 3; ++c) {
    const int from = norm->rgb ? 2 - c : c;
    mean[c] = ((float)((double)sum[from] / pixels) - norm->mean[c]) * norm->inverse_deviation[c];
  }
  return DSLT_OK;
}
