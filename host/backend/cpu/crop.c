/* SPDX-License-Identifier: Apache-2.0 */
/* crop.c: the search area, sampled from the frame with replicated edges and normalised; and its
 * augmentations. */
#include <math.h>
#include <omp.h>

#include "base/error.h"
#include "cpu.h"
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

/* What sampling across needs of a level: it depends on the column alone. */
typedef struct crop_level {
  float ratio;
  int first, last; /* frame columns that are looked at */
  int taps;        /* of every sample; 0: too many for tables */
  int32_t *place;  /* [w][taps]: where in a row of floats a tap's pixel begins */
  float *weight;   /* [w][taps], not yet normalised */
  float *total;    /* [w][3]: the weights' sum */
} crop_level;

enum { TAPS_MAX = 32 }; /* in tables: down to a fifteenth of the size */

DSLT_HOT static void tabulate(crop_level *level, const dslt_search *g, float centre, int columns) {
  const int w = g->area.input_width;
  const float anchor = (float)g->area.anchor_x;
  int widest = 0;
  for (int u = 0; u < w; ++u) {
    dslt_taps taps = dslt_taps_at(u, anchor, centre, level->ratio);
    int count = taps.last - taps.first + 1;
    if (count > widest) widest = count;
    if (u == 0) level->first = dslt_clamp_index(taps.first, columns);
    if (u == w - 1) level->last = dslt_clamp_index(taps.last, columns);
  }
  level->taps = widest <= TAPS_MAX ? widest : 0;
  for (int u = 0; u < w && level->taps > 0; ++u) {
    dslt_taps taps = dslt_taps_at(u, anchor, centre, level->ratio);
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

/* A pixel's three channels and one more that is ignored. */
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

/* The same without tables, for samples that span a great many pixels. */
DSLT_HOT static void sample_wide(float *out, const float *row, int width, int columns, float anchor,
                                 float centre, float ratio, const dslt_input_norm *norm) {
  int flip = norm->rgb ? 2 : 0;
  for (int u = 0; u < width; ++u, out += 3) {
    dslt_taps taps = dslt_taps_at(u, anchor, centre, ratio);
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

/* Scratch of a crop: a row for each thread, the norm for a row, tables for each level. */
typedef struct crop_scratch {
  float *rows, *mean, *inverse;
  size_t row_values; /* of one thread */
  crop_level level[DSLT_LEVELS_MAX];
} crop_scratch;

static size_t rounded(size_t values) { return (values + 15) / 16 * 16; }

static int lay_out(crop_scratch *out, dslt_cpu *cpu, const dslt_search *g, int count) {
  const size_t w = (size_t)g->area.input_width, entries = rounded(w * TAPS_MAX), across = rounded(3 * w);
  out->row_values = rounded(3 * (size_t)cpu->frame.width + 1);
  size_t rows = out->row_values * (size_t)cpu->threads;
  int levels = g->scale.levels > count ? g->scale.levels : count; /* what a later call will want */
  size_t values = rows + 2 * across + (size_t)levels * (2 * entries + across);
  DSLT_TRY(dslt_cpu_reserve(&cpu->crop, values * sizeof(float)));
  out->rows = cpu->crop.data;
  out->mean = out->rows + rows;
  out->inverse = out->mean + across;
  float *next = out->inverse + across;
  for (int i = 0; i < count; ++i, next += 2 * entries + across) {
    out->level[i].place = (int32_t *)next;
    out->level[i].weight = next + entries;
    out->level[i].total = next + 2 * entries;
  }
  return DSLT_OK;
}

int dslt_cpu_crop(dslt_backend *backend, float *out, const dslt_search *g, const dslt_input_norm *norm,
                  const dslt_target_state *state, int first_level, int count) {
  dslt_cpu *cpu = dslt_cpu_of(backend);
  const int h = g->area.input_height, w = g->area.input_width, columns = cpu->frame.width;
  const float centre = (float)state->cx;
  crop_scratch scratch;
  DSLT_TRY(lay_out(&scratch, cpu, g, count));
  for (int k = 0; k < 3 * w; ++k) {
    scratch.mean[k] = norm->mean[k % 3];
    scratch.inverse[k] = norm->inverse_deviation[k % 3];
  }
  for (int i = 0; i < count; ++i) {
    scratch.level[i].ratio = (float)(g->area.ratio * state->scale * pow(g->scale.step, first_level + i));
    tabulate(&scratch.level[i], g, centre, columns);
  }
#pragma omp parallel for schedule(static)
  for (int v = 0; v < count * h; ++v) {
    const crop_level *level = &scratch.level[v / h];
    float *row = scratch.rows + (size_t)omp_get_thread_num() * scratch.row_values;
    float *to = out + (size_t)v * (size_t)w * 3;
    dslt_taps taps = dslt_taps_at(v % h, (float)g->area.anchor_y, (float)state->cy, level->ratio);
    blend_rows(row, &cpu->frame, &taps, level->first, level->last);
    if (level->taps == 0) {
      sample_wide(to, row, w, columns, (float)g->area.anchor_x, centre, level->ratio, norm);
      continue;
    }
    sample_row(to, row, w, level, norm->rgb);
    normalise_row(to, level->total, scratch.mean, scratch.inverse, 3 * w);
  }
  return DSLT_OK;
}

static void mirror_row(float *out, const float *in, int w, int axis) {
  for (int x = 0; x < w; ++x)
    for (int c = 0; c < 3; ++c) out[3 * x + c] = in[3 * dslt_clamp_index(2 * axis - 1 - x, w) + c];
}

int dslt_cpu_augment(dslt_backend *backend, float *out, const float *in, int h, int w, float sigma,
                     int axis) {
  (void)backend;
  float k[5], total = 0.0f;
  for (int i = 0; i < 5; ++i) {
    float d = (float)(i - 2);
    k[i] = sigma > 0.0f ? expf(-0.5f * d * d / (sigma * sigma)) : 0.0f;
    total += k[i];
  }
#pragma omp parallel for schedule(static)
  for (int y = 0; y < h; ++y) {
    float *row = out + (size_t)y * (size_t)w * 3;
    if (!(sigma > 0.0f)) {
      mirror_row(row, in + (size_t)y * (size_t)w * 3, w, axis);
      continue;
    }
    for (int x = 0; x < w; ++x)
      for (int c = 0; c < 3; ++c) {
        float sum = 0.0f;
        for (int j = 0; j < 5; ++j)
          for (int i = 0; i < 5; ++i) {
            int yy = dslt_clamp_index(y + j - 2, h), xx = dslt_clamp_index(x + i - 2, w);
            sum += k[j] * k[i] * in[((size_t)yy * (size_t)w + (size_t)xx) * 3 + (size_t)c];
          }
        row[3 * x + c] = sum / (total * total);
      }
  }
  return DSLT_OK;
}
