/* SPDX-License-Identifier: Apache-2.0 */
/* layers.c: every kind of layer in plain C: activations, convolution, pooling, normalisation, sums. */
#include "layers.h"

#include <math.h>
#include <string.h>

#include "cpu.h"

static void activate_row(const dslt_node *l, float *y, size_t count) {
  if (l->activation == DSLT_ACTIVATION_NONE) return;
  for (size_t i = 0; i < count; ++i) y[i] = dslt_activate(l->activation, l->slope, y[i]);
}

static size_t values_of(const dslt_node_map *m) { return (size_t)m->c * (size_t)m->h * (size_t)m->w; }

/* Row `row` of all pictures' rows. */
static float *row_of(float *y, const dslt_node_map *m, int row) {
  return y + (size_t)row * (size_t)m->w * (size_t)m->c;
}
static const float *cell_of(const float *x, const dslt_node_map *m, int image, int y, int column) {
  return x + (((size_t)image * (size_t)m->h + (size_t)y) * (size_t)m->w + (size_t)column) * (size_t)m->c;
}

void dslt_layer_order_weights(float *out, const float *oihw, const dslt_node *layer, int cin_per_group) {
  const size_t cout = (size_t)layer->channels, cin = (size_t)cin_per_group;
  const size_t taps = (size_t)layer->kernel[0] * (size_t)layer->kernel[1];
  for (size_t o = 0; o < cout; ++o)
    for (size_t i = 0; i < cin; ++i)
      for (size_t tap = 0; tap < taps; ++tap)
        out[(o * taps + tap) * cin + i] = oihw[(o * cin + i) * taps + tap];
}

/* ---- convolution --------------------------------------------------------------------------------- */

static float conv_value(const dslt_layer_call *c, int image, int oy, int ox, int o) {
  const dslt_node *l = c->layer;
  const dslt_node_map *in = &c->in[0];
  const int cin = in->c / l->groups, first = o / (l->channels / l->groups) * cin;
  float sum = c->bias ? c->bias[o] : 0.0f;
  const float *k = c->weights + (size_t)o * (size_t)l->kernel[0] * (size_t)l->kernel[1] * (size_t)cin;
  for (int ky = 0; ky < l->kernel[0]; ++ky) {
    const int iy = oy * l->stride[0] + ky * l->dilation[0] - c->map.pad[0];
    for (int kx = 0; kx < l->kernel[1]; ++kx, k += cin) {
      const int ix = ox * l->stride[1] + kx * l->dilation[1] - c->map.pad[1];
      if (iy < 0 || iy >= in->h || ix < 0 || ix >= in->w) continue;
      const float *x = cell_of(c->x[0], in, image, iy, ix) + first;
      for (int i = 0; i < cin; ++i) sum += x[i] * k[i];
    }
  }
  return sum;
}

static void run_conv(const dslt_layer_call *c) {
  const dslt_node_map *m = &c->map;
#pragma omp parallel for schedule(static)
  for (int row = 0; row < c->n * m->h; ++row) {
    float *y = row_of(c->y, m, row);
    for (int ox = 0; ox < m->w; ++ox)
      for (int o = 0; o < m->c; ++o)
        y[(size_t)ox * (size_t)m->c + (size_t)o] = conv_value(c, row / m->h, row % m->h, ox, o);
    activate_row(c->layer, y, (size_t)m->w * (size_t)m->c);
  }
}

/* ---- pooling ------------------------------------------------------------------------------------- */

typedef struct window {
  int y0, y1, x0, x1; /* inside the map */
  float cells;        /* what an average divides by */
} window;

static window window_at(const dslt_layer_call *c, int oy, int ox) {
  const dslt_node *l = c->layer;
  const int *pad = c->map.pad;
  const dslt_window_side y = dslt_window_at(oy, l->kernel[0], l->stride[0], pad[0], pad[2], c->in[0].h);
  const dslt_window_side x = dslt_window_at(ox, l->kernel[1], l->stride[1], pad[1], pad[3], c->in[0].w);
  const int inside = (y.high - y.low) * (x.high - x.low);
  return (window){y.low, y.high, x.low, x.high, (float)(l->count_padding ? y.counted * x.counted : inside)};
}

static void pool_cell(const dslt_layer_call *c, float *y, int image, const window *w, int is_max) {
  const int channels = c->map.c;
  for (int i = 0; i < channels; ++i) y[i] = is_max ? -INFINITY : 0.0f;
  for (int iy = w->y0; iy < w->y1; ++iy)
    for (int ix = w->x0; ix < w->x1; ++ix) {
      const float *x = cell_of(c->x[0], &c->in[0], image, iy, ix);
      for (int i = 0; i < channels; ++i) y[i] = is_max ? (x[i] > y[i] ? x[i] : y[i]) : y[i] + x[i];
    }
  if (!is_max)
    for (int i = 0; i < channels; ++i) y[i] /= w->cells;
}

static void run_pool(const dslt_layer_call *c) {
  const dslt_node_map *m = &c->map;
  const int is_max = c->layer->kind == DSLT_LAYER_MAX_POOL;
#pragma omp parallel for schedule(static)
  for (int row = 0; row < c->n * m->h; ++row) {
    float *y = row_of(c->y, m, row);
    for (int ox = 0; ox < m->w; ++ox) {
      const window w = window_at(c, row % m->h, ox);
      pool_cell(c, y + (size_t)ox * (size_t)m->c, row / m->h, &w, is_max);
    }
    activate_row(c->layer, y, (size_t)m->w * (size_t)m->c);
  }
}

static void run_global_average(const dslt_layer_call *c) {
  const dslt_node_map *in = &c->in[0];
  const window all = {0, in->h, 0, in->w, (float)in->h * (float)in->w};
#pragma omp parallel for schedule(static)
  for (int image = 0; image < c->n; ++image) {
    float *y = c->y + (size_t)image * (size_t)c->map.c;
    pool_cell(c, y, image, &all, 0);
    activate_row(c->layer, y, (size_t)c->map.c);
  }
}

/* ---- local response normalisation ---------------------------------------------------------------- */

static float squares_across(const dslt_layer_call *c, const float *cell, int channel) {
  const int half = c->layer->size / 2;
  const int low = channel < half ? 0 : channel - half;
  const int high = channel + half >= c->map.c ? c->map.c - 1 : channel + half;
  float sum = 0.0f;
  for (int i = low; i <= high; ++i) sum += cell[i] * cell[i];
  return sum;
}

static float squares_within(const dslt_layer_call *c, int image, int oy, int ox, int channel) {
  const int half = c->layer->size / 2;
  float sum = 0.0f;
  for (int iy = oy - half; iy <= oy + half; ++iy)
    for (int ix = ox - half; ix <= ox + half; ++ix) {
      if (iy < 0 || iy >= c->map.h || ix < 0 || ix >= c->map.w) continue;
      const float x = cell_of(c->x[0], &c->in[0], image, iy, ix)[channel];
      sum += x * x;
    }
  return sum;
}

static void run_lrn(const dslt_layer_call *c) {
  const dslt_node *l = c->layer;
  const dslt_node_map *m = &c->map;
  const float scale = l->alpha / (float)(l->within ? l->size * l->size : l->size);
#pragma omp parallel for schedule(static)
  for (int row = 0; row < c->n * m->h; ++row) {
    float *y = row_of(c->y, m, row);
    for (int ox = 0; ox < m->w; ++ox, y += m->c) {
      const float *x = cell_of(c->x[0], m, row / m->h, row % m->h, ox);
      for (int i = 0; i < m->c; ++i) {
        const float squares =
            l->within ? squares_within(c, row / m->h, row % m->h, ox, i) : squares_across(c, x, i);
        y[i] = dslt_normalise(x[i], squares, l->k, scale, l->beta);
      }
    }
    activate_row(l, row_of(c->y, m, row), (size_t)m->w * (size_t)m->c);
  }
}

/* ---- joins --------------------------------------------------------------------------------------- */

/* The values of one cell of an input of a sum or product; an input may have only one cell. */
static const float *joined_cell(const dslt_layer_call *c, int input, int image, int oy, int ox) {
  const dslt_node_map *in = &c->in[input];
  return cell_of(c->x[input], in, image, in->h == 1 ? 0 : oy, in->w == 1 ? 0 : ox);
}

static void run_join(const dslt_layer_call *c) {
  const dslt_node *l = c->layer;
  const dslt_node_map *m = &c->map;
#pragma omp parallel for schedule(static)
  for (int row = 0; row < c->n * m->h; ++row) {
    float *y = row_of(c->y, m, row);
    for (int ox = 0; ox < m->w; ++ox, y += m->c) {
      float *at = y;
      for (int k = 0; k < l->inputs; ++k) {
        const float *x = joined_cell(c, k, row / m->h, row % m->h, ox);
        const int channels = c->in[k].c;
        if (l->kind == DSLT_LAYER_CONCAT) {
          memcpy(at, x, (size_t)channels * sizeof *x);
          at += channels;
        } else {
          for (int i = 0; i < channels; ++i)
            y[i] = k == 0 ? x[i] : (l->kind == DSLT_LAYER_SUM ? y[i] + x[i] : y[i] * x[i]);
        }
      }
    }
    activate_row(l, row_of(c->y, m, row), (size_t)m->w * (size_t)m->c);
  }
}

/* ---- upsampling ---------------------------------------------------------------------------------- */

static void run_upsample(const dslt_layer_call *c) {
  const dslt_node *l = c->layer;
  const dslt_node_map *m = &c->map, *in = &c->in[0];
#pragma omp parallel for schedule(static)
  for (int row = 0; row < c->n * m->h; ++row) {
    const dslt_between iy = dslt_between_cells(row % m->h, l->factor[0], in->h, l->linear);
    float *y = row_of(c->y, m, row);
    for (int ox = 0; ox < m->w; ++ox, y += m->c) {
      const dslt_between ix = dslt_between_cells(ox, l->factor[1], in->w, l->linear);
      const float *a = cell_of(c->x[0], in, row / m->h, iy.first, ix.first);
      const float *b = cell_of(c->x[0], in, row / m->h, iy.first, ix.second);
      const float *d = cell_of(c->x[0], in, row / m->h, iy.second, ix.first);
      const float *e = cell_of(c->x[0], in, row / m->h, iy.second, ix.second);
      for (int i = 0; i < m->c; ++i) y[i] = dslt_bilinear(a[i], b[i], d[i], e[i], iy.share, ix.share);
    }
    activate_row(l, row_of(c->y, m, row), (size_t)m->w * (size_t)m->c);
  }
}

void dslt_layer_run(const dslt_layer_call *c) {
  switch (c->layer->kind) {
    case DSLT_LAYER_CONV:
    case DSLT_LAYER_DENSE: run_conv(c); break;
    case DSLT_LAYER_MAX_POOL:
    case DSLT_LAYER_AVERAGE_POOL: run_pool(c); break;
    case DSLT_LAYER_GLOBAL_AVERAGE: run_global_average(c); break;
    case DSLT_LAYER_LRN: run_lrn(c); break;
    case DSLT_LAYER_SUM:
    case DSLT_LAYER_PRODUCT:
    case DSLT_LAYER_CONCAT: run_join(c); break;
    case DSLT_LAYER_UPSAMPLE: run_upsample(c); break;
    default:
      memcpy(c->y, c->x[0], (size_t)c->n * values_of(&c->map) * sizeof *c->y);
      activate_row(c->layer, c->y, (size_t)c->n * values_of(&c->map));
  }
}
