/* SPDX-License-Identifier: Apache-2.0 */
/* crop.c: search areas and boxes, sampled from the frame with replicated edges and normalised. */
#include <omp.h>

#include "base/error.h"
#include "cpu.h"
#include "math/locate.h"
#include "math/resample.h"

/* Sum the frame rows under `taps`, each with its weight, into row [first..last] (columns, 3 channels). */
DSLT_HOT static void blend_rows(float *row, const dslt_image *frame, const dslt_taps *taps, int first,
                                int last) {
  float total = 0.0f;
  for (int j = taps->first; j <= taps->last; ++j) total += dslt_tap_weight(taps, j);
  for (int i = first * 3; i < (last + 1) * 3; ++i) row[i] = 0.0f;
  for (int j = taps->first; j <= taps->last; ++j) {
    float weight = dslt_tap_weight(taps, j) / total;
    const uint8_t *src =
        (const uint8_t *)frame->data + frame->stride * (size_t)dslt_clamp_index(j, frame->height);
    for (int i = first * 3; i < (last + 1) * 3; ++i) row[i] += weight * (float)src[i];
  }
}

/* Tables for horizontal sampling of one level, which depend only on the column. */
typedef struct crop_level {
  int first, last; /* frame columns that are read */
  int taps;        /* of every sample; 0: too many for tables */
  int32_t *place;  /* [w][taps]: where in a row of floats a tap's pixel begins */
  float *weight;   /* [w][taps], not yet normalised */
  float *total;    /* [w][3]: the weights' sum */
} crop_level;

enum { TAPS_MAX = 32 }; /* in tables: down to a fifteenth of the size */

DSLT_HOT static void tabulate(crop_level *level, const dslt_axis *axis, int w, int columns) {
  int widest = 0;
  for (int u = 0; u < w; ++u) {
    dslt_taps taps = dslt_axis_taps(axis, u);
    int count = taps.last - taps.first + 1;
    if (count > widest) widest = count;
    if (u == 0) level->first = dslt_clamp_index(taps.first, columns);
    if (u == w - 1) level->last = dslt_clamp_index(taps.last, columns);
  }
  level->taps = widest <= TAPS_MAX ? widest : 0;
  for (int u = 0; u < w && level->taps > 0; ++u) {
    dslt_taps taps = dslt_axis_taps(axis, u);
    float total = 0.0f;
    for (int i = 0; i < level->taps; ++i) {
      const int inside = taps.first + i <= taps.last;
      const int pixel = inside ? taps.first + i : taps.last;
      const float weight = inside ? dslt_tap_weight(&taps, pixel) : 0.0f;
      level->place[u * level->taps + i] = 3 * dslt_clamp_index(pixel, columns);
      level->weight[u * level->taps + i] = weight;
      total += weight;
    }
    for (int c = 0; c < 3; ++c) level->total[3 * u + c] = total;
  }
}

/* A pixel's three channels and a fourth value that is ignored. */
typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));

DSLT_HOT static void sample_row(float *out, const float *row, int width, const crop_level *level, int flip) {
  const int taps = level->taps;
  const int32_t *place = level->place;
  const float *weight = level->weight;
  for (int u = 0; u < width; ++u, place += taps, weight += taps) {
    quad sum = {0.0f, 0.0f, 0.0f, 0.0f};
    for (int i = 0; i < taps; ++i) sum += weight[i] * *(const quad *)(row + place[i]);
    if (flip) sum = __builtin_shufflevector(sum, sum, 2, 1, 0, 3);
    if (u < width - 1)
      *(quad *)(out + 3 * u) = sum; /* the next pixel overwrites the fourth */
    else
      for (int c = 0; c < 3; ++c) out[3 * u + c] = sum[c];
  }
}

DSLT_HOT static void normalise_row(float *restrict out, const float *restrict total,
                                   const float *restrict mean, const float *restrict inverse, int count) {
  for (int k = 0; k < count; ++k) out[k] = (out[k] / total[k] - mean[k]) * inverse[k];
}

/* The same without tables, for samples that span many pixels. */
DSLT_HOT static void sample_wide(float *out, const float *row, int width, int columns, const dslt_axis *axis,
                                 const dslt_input_norm *norm) {
  int flip = norm->rgb ? 2 : 0;
  for (int u = 0; u < width; ++u, out += 3) {
    dslt_taps taps = dslt_axis_taps(axis, u);
    float sum[3] = {0.0f, 0.0f, 0.0f}, total = 0.0f;
    for (int i = taps.first; i <= taps.last; ++i) {
      float weight = dslt_tap_weight(&taps, i);
      const float *p = row + 3 * dslt_clamp_index(i, columns);
      total += weight;
      for (int c = 0; c < 3; ++c) sum[c] += weight * p[c];
    }
    for (int c = 0; c < 3; ++c)
      out[c] = (sum[flip ? 2 - c : c] / total - norm->mean[c]) * norm->inverse_deviation[c];
  }
}

/* Scratch of a crop: a row for each thread, the norm for a row, tables for each level or thread. */
typedef struct crop_scratch {
  float *rows, *mean, *inverse;
  size_t row_values; /* of one thread */
  float *tables;
  size_t table_values; /* of one table */
} crop_scratch;

static size_t rounded(size_t values) { return (values + 15) / 16 * 16; }

/* For samples of `width` columns, with `tables` tables; fills in the norm. */
static int lay_out(crop_scratch *out, dslt_cpu *cpu, int width, int tables, const dslt_input_norm *norm) {
  const size_t entries = rounded((size_t)width * TAPS_MAX), across = rounded(3 * (size_t)width);
  out->row_values = rounded(3 * (size_t)cpu->frame.width + 1);
  out->table_values = 2 * entries + across;
  const size_t rows = out->row_values * (size_t)cpu->threads;
  const size_t values = rows + 2 * across + (size_t)tables * out->table_values;
  DSLT_TRY(dslt_cpu_reserve(&cpu->crop, values * sizeof(float)));
  out->rows = cpu->crop.data;
  out->mean = out->rows + rows;
  out->inverse = out->mean + across;
  out->tables = out->inverse + across;
  for (int k = 0; k < 3 * width; ++k) {
    out->mean[k] = norm->mean[k % 3];
    out->inverse[k] = norm->inverse_deviation[k % 3];
  }
  return DSLT_OK;
}

/* Level with the memory of table number `index`. */
static crop_level level_in(const crop_scratch *scratch, int index, int width) {
  const size_t entries = rounded((size_t)width * TAPS_MAX);
  float *table = scratch->tables + (size_t)index * scratch->table_values;
  return (crop_level){.place = (int32_t *)table, .weight = table + entries, .total = table + 2 * entries};
}

/* One row of samples, on the calling thread. */
static void crop_row(float *to, const dslt_cpu *cpu, const crop_scratch *scratch, const crop_level *level,
                     const dslt_axis *axis, const dslt_taps *taps, int w, const dslt_input_norm *norm) {
  float *row = scratch->rows + (size_t)omp_get_thread_num() * scratch->row_values;
  blend_rows(row, &cpu->frame, taps, level->first, level->last);
  if (level->taps == 0) {
    sample_wide(to, row, w, cpu->frame.width, axis, norm);
    return;
  }
  sample_row(to, row, w, level, norm->rgb);
  normalise_row(to, level->total, scratch->mean, scratch->inverse, 3 * w);
}

int dslt_cpu_crop(dslt_backend *backend, float *out, dslt_net *reader, const dslt_search *g,
                  const dslt_input_norm *norm, const dslt_target_state *state, int first_level, int count) {
  (void)reader; /* its networks read `out` as it is */
  dslt_cpu *cpu = dslt_cpu_of(backend);
  const int h = g->area.input_height, w = g->area.input_width;
  crop_scratch scratch;
  crop_level levels[DSLT_LEVELS_MAX];
  dslt_axis across[DSLT_LEVELS_MAX], down[DSLT_LEVELS_MAX];
  /* as many tables as any later call needs: nothing is allocated per frame */
  DSLT_TRY(lay_out(&scratch, cpu, w, g->scale.levels > count ? g->scale.levels : count, norm));
  for (int i = 0; i < count; ++i) {
    const dslt_ratios ratios = dslt_ratios_at(state, g, first_level + i);
    across[i] = (dslt_axis){(float)g->area.anchor_x, (float)(state->cx + state->look_x), (float)ratios.x};
    down[i] = (dslt_axis){(float)g->area.anchor_y, (float)(state->cy + state->look_y), (float)ratios.y};
    levels[i] = level_in(&scratch, i, w);
    tabulate(&levels[i], &across[i], w, cpu->frame.width);
  }
#pragma omp parallel for schedule(static)
  for (int v = 0; v < count * h; ++v) {
    const int i = v / h;
    const dslt_taps taps = dslt_axis_taps(&down[i], v % h);
    crop_row(out + (size_t)v * (size_t)w * 3, cpu, &scratch, &levels[i], &across[i], &taps, w, norm);
  }
  return DSLT_OK;
}

/* One thread per box. */
int dslt_cpu_crop_boxes(dslt_backend *backend, float *out, dslt_net *reader, int h, int w,
                        const dslt_input_norm *norm, const dslt_box *boxes, int count) {
  (void)reader; /* its networks read `out` as it is */
  dslt_cpu *cpu = dslt_cpu_of(backend);
  crop_scratch scratch;
  if (h < 1 || w < 1 || count < 1 || count > DSLT_BOXES_MAX)
    return dslt_fail(DSLT_EINTERNAL, "A crop of %d boxes to %d x %d pixels was asked for; it takes 1 to %d.",
                     count, w, h, (int)DSLT_BOXES_MAX);
  DSLT_TRY(lay_out(&scratch, cpu, w, cpu->threads, norm));
#pragma omp parallel for schedule(dynamic, 1)
  for (int i = 0; i < count; ++i) {
    const dslt_axis across = dslt_axis_of_side(boxes[i].x, boxes[i].width, w);
    const dslt_axis down = dslt_axis_of_side(boxes[i].y, boxes[i].height, h);
    crop_level level = level_in(&scratch, omp_get_thread_num(), w);
    tabulate(&level, &across, w, cpu->frame.width);
    for (int v = 0; v < h; ++v) {
      const dslt_taps taps = dslt_axis_taps(&down, v);
      crop_row(out + ((size_t)i * (size_t)h + (size_t)v) * (size_t)w * 3, cpu, &scratch, &level, &across,
               &taps, w, norm);
    }
  }
  return DSLT_OK;
}
