/* SPDX-License-Identifier: Apache-2.0 */
/* scene_texture.c: paints the textures of a scene. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/rng.h"
#include "media/scene_parts.h"

enum { TOY_WIDTH = 256, TOY_HEIGHT = 320 };

/* Warm paper colours, shared by object and background so that the object cannot be found by colour only. */
static const uint32_t PALETTE[] = {0x1f5f6b, 0x34495e, 0xb9a27c, 0xa8583a, 0xb98c3d, 0x6d8d6a,
                                   0xa97578, 0x22304a, 0xcfc3a8, 0x5b3c54, 0x8a4a3a, 0x49707a};
enum { PALETTE_SIZE = sizeof PALETTE / sizeof PALETTE[0] };

double dslt_scene_sin(double turns) {
  double x = turns - floor(turns + 0.5); /* -0.5 .. 0.5 */
  if (x > 0.25) x = 0.5 - x;
  if (x < -0.25) x = -0.5 - x;
  x *= 6.283185307179586;
  const double q = x * x;
  return x * (1 + q * (-1.0 / 6 + q * (1.0 / 120 + q * (-1.0 / 5040 + q * (1.0 / 362880 - q / 39916800)))));
}

int dslt_sheet_create(dslt_sheet *out, int width, int height) {
  uint32_t *texels = calloc((size_t)width * (size_t)height, sizeof *texels);
  if (!texels) {
    return dslt_fail(DSLT_EMEMORY, "No memory for a texture of %d x %d texels.", width, height);
  }
  *out = (dslt_sheet){width, height, texels};
  return DSLT_OK;
}

void dslt_sheet_free(dslt_sheet *sheet) {
  free(sheet->texels);
  *sheet = (dslt_sheet){0};
}

/* ---- shapes
 * ---------------------------------------------------------------------------------------------------- */

/* Distance to the outline, negative inside; exact enough near the outline, where it is used. */
static double distance(const dslt_shape *s, double px, double py) {
  if (s->kind == DSLT_SHAPE_TRIANGLE) {
    const double cx[4] = {s->x, s->rx, s->sine, s->x}, cy[4] = {s->y, s->ry, s->cosine, s->y};
    const double area = (cx[1] - cx[0]) * (cy[2] - cy[0]) - (cx[2] - cx[0]) * (cy[1] - cy[0]);
    const double sign = area < 0 ? -1 : 1;
    double worst = -1e9;
    for (int i = 0; i < 3; i++) {
      const double ex = cx[i + 1] - cx[i], ey = cy[i + 1] - cy[i];
      const double d = sign * ((px - cx[i]) * ey - (py - cy[i]) * ex) / sqrt(ex * ex + ey * ey);
      if (d > worst) worst = d;
    }
    return worst;
  }
  const double dx = px - s->x, dy = py - s->y;
  const double x = s->cosine * dx + s->sine * dy, y = s->cosine * dy - s->sine * dx;
  if (s->kind == DSLT_SHAPE_BOX) {
    const double qx = fabs(x) - s->rx + s->round, qy = fabs(y) - s->ry + s->round;
    const double ox = qx > 0 ? qx : 0, oy = qy > 0 ? qy : 0, inside = qx > qy ? qx : qy;
    return sqrt(ox * ox + oy * oy) + (inside < 0 ? inside : 0) - s->round;
  }
  const double k = sqrt(x * x / (s->rx * s->rx) + y * y / (s->ry * s->ry));
  const double d = (k - 1) * (s->rx < s->ry ? s->rx : s->ry);
  return s->kind == DSLT_SHAPE_RING ? fabs(d) - s->round : d;
}

static void reach(const dslt_shape *s, double low[2], double high[2]) {
  if (s->kind == DSLT_SHAPE_TRIANGLE) {
    const double x[3] = {s->x, s->rx, s->sine}, y[3] = {s->y, s->ry, s->cosine};
    low[0] = high[0] = x[0];
    low[1] = high[1] = y[0];
    for (int i = 1; i < 3; i++) {
      low[0] = x[i] < low[0] ? x[i] : low[0];
      low[1] = y[i] < low[1] ? y[i] : low[1];
      high[0] = x[i] > high[0] ? x[i] : high[0];
      high[1] = y[i] > high[1] ? y[i] : high[1];
    }
    return;
  }
  const double r = sqrt(s->rx * s->rx + s->ry * s->ry) + (s->kind == DSLT_SHAPE_RING ? s->round : 0);
  low[0] = s->x - r;
  low[1] = s->y - r;
  high[0] = s->x + r;
  high[1] = s->y + r;
}

static uint32_t mix(uint32_t a, uint32_t b, double share) {
  uint32_t out = 0;
  for (int shift = 0; shift <= 16; shift += 8) {
    const double ca = (double)(a >> shift & 255), cb = (double)(b >> shift & 255);
    out |= (uint32_t)(ca + (cb - ca) * share + 0.5) << shift;
  }
  return out;
}

static double clamp01(double v) { return v < 0 ? 0 : v > 1 ? 1 : v; }

/* Share of the figure colour where the distance to its edge is `d` texels. */
static double edge(double d) { return clamp01(0.5 - d); }

static uint32_t fill_color(const dslt_fill *f, const dslt_shape *s, double px, double py) {
  if (f->kind == DSLT_FILL_PLAIN) return f->a;
  double low[2], high[2];
  if (f->kind == DSLT_FILL_SLOPE) {
    reach(s, low, high);
    return mix(f->a, f->b, clamp01((py - low[1]) / (high[1] - low[1])));
  }
  const double turn_s = s->kind == DSLT_SHAPE_TRIANGLE ? 0 : s->sine;
  const double turn_c = s->kind == DSLT_SHAPE_TRIANGLE ? 1 : s->cosine;
  const double dx = px - s->x, dy = py - s->y, p = f->period;
  const double x = turn_c * dx + turn_s * dy, y = turn_c * dy - turn_s * dx;
  if (f->kind == DSLT_FILL_DOTS) {
    const double row = floor(y / p + 0.5), shift = row - 2 * floor(row / 2) > 0.5 ? 0.5 : 0;
    const double gx = (x / p + shift) - floor(x / p + shift + 0.5), gy = y / p - row;
    return mix(f->a, f->b, edge((sqrt(gx * gx + gy * gy) - 0.27) * p));
  }
  double v = y;
  if (f->kind == DSLT_FILL_CHEVRONS) {
    const double w = x / (1.6 * p);
    v += 0.8 * p * fabs(w - floor(w + 0.5)) * 2;
  }
  const double g = fabs(v / p - floor(v / p + 0.5));
  return mix(f->a, f->b, edge((g - 0.25) * p));
}

void dslt_sheet_paint(dslt_sheet *sheet, const dslt_shape *shape, const dslt_shape *clip,
                      const dslt_fill *fill, double opacity, double soft) {
  double low[2], high[2];
  reach(shape, low, high);
  const int x0 = (int)fmax(0, floor(low[0] - soft)), y0 = (int)fmax(0, floor(low[1] - soft));
  const int x1 = (int)fmin(sheet->width, ceil(high[0] + soft)),
            y1 = (int)fmin(sheet->height, ceil(high[1] + soft));
  for (int y = y0; y < y1; y++) {
    for (int x = x0; x < x1; x++) {
      double cover = clamp01(0.5 - distance(shape, x + 0.5, y + 0.5) / soft) * opacity;
      if (cover > 0 && clip) cover *= edge(distance(clip, x + 0.5, y + 0.5));
      const uint32_t alpha = (uint32_t)(cover * 255 + 0.5);
      if (!alpha) continue;
      const uint32_t color = fill_color(fill, shape, x + 0.5, y + 0.5);
      uint32_t *texel = &sheet->texels[(size_t)y * (size_t)sheet->width + (size_t)x];
      uint32_t out = 0;
      for (int shift = 0; shift <= 24; shift += 8) {
        const uint32_t top = shift == 24 ? 255 : color >> shift & 255;
        out |= ((top * alpha + (*texel >> shift & 255) * (255 - alpha) + 127) / 255) << shift;
      }
      *texel = out;
    }
  }
}

static dslt_shape ellipse(double x, double y, double rx, double ry) {
  return (dslt_shape){DSLT_SHAPE_ELLIPSE, x, y, rx, ry, 0, 0, 1};
}

static dslt_shape box(double x, double y, double rx, double ry, double round, double turns) {
  return (dslt_shape){
      DSLT_SHAPE_BOX, x, y, rx, ry, round, dslt_scene_sin(turns), dslt_scene_sin(turns + 0.25)};
}

static dslt_shape triangle(double ax, double ay, double bx, double by, double cx, double cy) {
  return (dslt_shape){DSLT_SHAPE_TRIANGLE, ax, ay, bx, by, 0, cx, cy};
}

static void paint(dslt_sheet *sheet, dslt_shape shape, const dslt_shape *clip, dslt_fill fill,
                  double opacity) {
  dslt_sheet_paint(sheet, &shape, clip, &fill, opacity, 1);
}

static dslt_fill plain(uint32_t color) { return (dslt_fill){DSLT_FILL_PLAIN, color, color, 1}; }

/* ---- toys
 * ------------------------------------------------------------------------------------------------------ */

static void paint_eye(dslt_sheet *sheet, double x, double y, double r, uint32_t iris) {
  paint(sheet, ellipse(x, y, r + 5, r + 5), NULL, plain(0x3a1d3c), 1);
  paint(sheet, ellipse(x, y, r, r), NULL, plain(0xfff6e0), 1);
  paint(sheet, ellipse(x + 2, y + 1, r * 0.68, r * 0.68), NULL, plain(iris), 1);
  paint(sheet, ellipse(x + 3, y + 1, r * 0.4, r * 0.4), NULL, plain(0x171226), 1);
  paint(sheet, ellipse(x + r * 0.32, y - r * 0.26, r * 0.15, r * 0.15), NULL, plain(0xffffff), 1);
}

int dslt_scene_paint_object(dslt_sheet *out) {
  DSLT_TRY(dslt_sheet_create(out, TOY_WIDTH, TOY_HEIGHT));
  const dslt_shape body = box(128, 172, 128, 148, 104, 0), inner = box(128, 172, 121, 141, 98, 0);
  /* ears reach the top edge and the body the other three, so that the true box fits exactly */
  paint(out, triangle(14, 0, 116, 34, 10, 126), NULL, plain(0x5a1f4e), 1);
  paint(out, triangle(244, 0, 140, 34, 247, 126), NULL, plain(0x5a1f4e), 1);
  paint(out, triangle(28, 22, 100, 46, 26, 100), NULL, plain(0xf2b04a), 1);
  paint(out, body, NULL, plain(0x3a1d3c), 1);
  paint(out, inner, NULL, (dslt_fill){DSLT_FILL_SLOPE, 0xff8a3c, 0xa02668, 1}, 1);
  /* wings: dots on one side, stripes on the other */
  paint(out, ellipse(20, 216, 52, 84), &inner, (dslt_fill){DSLT_FILL_STRIPES, 0x7a1d5c, 0xd8487a, 30}, 1);
  paint(out, ellipse(240, 210, 56, 86), &inner, (dslt_fill){DSLT_FILL_DOTS, 0x155e75, 0xf7d774, 34}, 1);
  paint(out, ellipse(128, 240, 66, 68), &inner, (dslt_fill){DSLT_FILL_CHEVRONS, 0xfff0cf, 0x2b3a67, 34}, 1);
  for (int i = 0; i < 3; i++) {
    paint(out, box(104 + 22.0 * i, 52 + 3.0 * i, 5, 20 - 3.0 * i, 5, -0.03 + 0.03 * i), &inner,
          plain(0xfff0cf), 1);
  }
  paint_eye(out, 82, 118, 45, 0xf7b733);
  paint_eye(out, 177, 124, 36, 0x2a9d8f);
  paint(out, triangle(112, 140, 150, 140, 129, 182), NULL, plain(0x3a1d3c), 1);
  paint(out, triangle(117, 143, 145, 143, 129, 174), NULL, plain(0xffd23f), 1);
  /* a patch that no other toy has */
  paint(out, box(170, 276, 20, 20, 5, 0.06), &inner, (dslt_fill){DSLT_FILL_STRIPES, 0xd62839, 0xff8fa3, 12},
        1);
  paint(out, ellipse(76, 60, 40, 16), &inner, plain(0xffffff), 0.22);
  return DSLT_OK;
}

int dslt_scene_paint_distractor(dslt_sheet *out, int which, uint64_t seed) {
  DSLT_TRY(dslt_sheet_create(out, TOY_WIDTH, TOY_HEIGHT));
  dslt_rng rng = dslt_rng_make(seed, 0x70795f30u + (unsigned)which);
  const uint32_t tint = PALETTE[dslt_rng_below(&rng, PALETTE_SIZE)];
  const dslt_shape body =
      which == 1 ? ellipse(128, 160, 122, 150) : box(128, 160, 122, 154, which == 2 ? 30 : 90, 0);
  paint(out, body, NULL, plain(0x33203a), 1);
  const dslt_shape inner =
      which == 1 ? ellipse(128, 160, 115, 143) : box(128, 160, 115, 147, which == 2 ? 24 : 84, 0);
  paint(out, inner, NULL,
        (dslt_fill){DSLT_FILL_SLOPE, mix(which == 2 ? 0x2a7f86 : 0xe0803f, tint, 0.35),
                    mix(0x7d2a5c, tint, 0.25), 1},
        1);
  switch (which) {
    case 0: /* an egg with a belly and no face */
      paint(out, ellipse(128, 216, 78, 76), &inner, (dslt_fill){DSLT_FILL_STRIPES, 0xf0dfba, 0x2b3a67, 40},
            1);
      paint(out, ellipse(128, 86, 60, 40), &inner, (dslt_fill){DSLT_FILL_DOTS, 0xc76a43, 0xf7d774, 32}, 1);
      break;
    case 1: /* a beetle */
      paint(out, box(128, 180, 6, 120, 3, 0), &inner, plain(0x33203a), 1);
      paint(out, ellipse(128, 40, 90, 60), &inner, plain(0x33203a), 1);
      for (int i = 0; i < 4; i++) {
        paint(out, ellipse(72.0 + 112 * (i & 1), 150.0 + 80 * (i >> 1), 26, 26), &inner, plain(0xf2c14e), 1);
      }
      break;
    case 2: /* a card */
      paint(out, ellipse(128, 130, 62, 62), &inner, (dslt_fill){DSLT_FILL_CHEVRONS, 0xf0dfba, 0xb5473c, 36},
            1);
      paint(out, box(128, 254, 84, 24, 10, 0), &inner, (dslt_fill){DSLT_FILL_DOTS, 0x22304a, 0xf0dfba, 26},
            1);
      break;
    default: /* one big eye */
      paint_eye(out, 128, 120, 60, 0xd9a441);
      paint(out, box(128, 250, 70, 30, 20, 0.02), &inner,
            (dslt_fill){DSLT_FILL_STRIPES, 0xa02668, 0xe8a0a0, 26}, 1);
      break;
  }
  return DSLT_OK;
}

/* ---- background
 * ------------------------------------------------------------------------------------------------ */

static uint32_t hash(uint64_t seed, int x, int y) {
  uint64_t h =
      seed ^ (uint64_t)(uint32_t)x * 0x9e3779b97f4a7c15u ^ (uint64_t)(uint32_t)y * 0xc2b2ae3d27d4eb4fu;
  h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
  h = (h ^ h >> 32) * 0x94d049bb133111ebu;
  return (uint32_t)(h >> 32);
}

/* Smooth noise in 0..1 with one free value every `cell` texels. */
static double noise(uint64_t seed, double x, double y, double cell) {
  const double gx = x / cell, gy = y / cell;
  const int ix = (int)floor(gx), iy = (int)floor(gy);
  double fx = gx - ix, fy = gy - iy;
  fx = fx * fx * (3 - 2 * fx);
  fy = fy * fy * (3 - 2 * fy);
  const double a = hash(seed, ix, iy), b = hash(seed, ix + 1, iy), c = hash(seed, ix, iy + 1),
               d = hash(seed, ix + 1, iy + 1);
  return ((a + (b - a) * fx) * (1 - fy) + (c + (d - c) * fx) * fy) / 4294967296.0;
}

/* Fine and coarse grain over everything, as paper has it. */
static void grain(dslt_sheet *sheet, uint64_t seed, double unit) {
  for (int y = 0; y < sheet->height; y++) {
    for (int x = 0; x < sheet->width; x++) {
      uint32_t *texel = &sheet->texels[(size_t)y * (size_t)sheet->width + (size_t)x];
      const double gain = 0.80 + 0.22 * noise(seed + 7, x, y, unit * 2.3) + 0.10 * noise(seed + 8, x, y, 3.1);
      uint32_t out = 0xff000000u;
      for (int shift = 0; shift <= 16; shift += 8) {
        const double v = (double)(*texel >> shift & 255) * gain + 0.5;
        out |= (uint32_t)(v > 255 ? 255 : v) << shift;
      }
      *texel = out;
    }
  }
}

static void paint_cutout(dslt_sheet *sheet, dslt_rng *rng, double unit) {
  const double x = dslt_rng_uniform(rng) * sheet->width, y = dslt_rng_uniform(rng) * sheet->height;
  const double size = unit * (0.22 + 0.75 * dslt_rng_uniform(rng)), turn = dslt_rng_uniform(rng);
  const double slim = 0.35 + 0.65 * dslt_rng_uniform(rng);
  const uint32_t kind = dslt_rng_below(rng, 6), ground = PALETTE[dslt_rng_below(rng, PALETTE_SIZE)];
  const uint32_t figure = PALETTE[dslt_rng_below(rng, PALETTE_SIZE)], pattern = dslt_rng_below(rng, 8);
  dslt_shape shape = box(x, y, size, size * slim, size * 0.2 * slim, turn);
  if (kind == 0 || kind == 1) shape = ellipse(x, y, size * 0.9, size * (kind ? 0.9 : slim));
  if (kind == 2) shape = (dslt_shape){DSLT_SHAPE_RING, x, y, size * 0.8, size * 0.8, size * 0.18, 0, 1};
  if (kind == 3) {
    const double s = dslt_scene_sin(turn), c = dslt_scene_sin(turn + 0.25);
    shape =
        triangle(x + size * c, y + size * s, x - size * s, y + size * c, x - size * slim * c, y - size * s);
  }
  const dslt_fill fills[4] = {{DSLT_FILL_STRIPES, ground, figure, unit * 0.16 + 3},
                              {DSLT_FILL_DOTS, ground, figure, unit * 0.2 + 4},
                              {DSLT_FILL_CHEVRONS, ground, figure, unit * 0.2 + 4},
                              {DSLT_FILL_PLAIN, ground, ground, 1}};
  const dslt_fill *fill = &fills[pattern < 3 ? pattern : 3];
  dslt_shape shadow = shape;
  const double sx = unit * 0.03 + 1, sy = unit * 0.05 + 1;
  shadow.x += sx;
  shadow.y += sy;
  if (shape.kind == DSLT_SHAPE_TRIANGLE) {
    shadow.rx += sx;
    shadow.ry += sy;
    shadow.sine += sx;
    shadow.cosine += sy;
  }
  const dslt_fill dark = plain(0x0c0f1a);
  dslt_sheet_paint(sheet, &shadow, NULL, &dark, 0.45, unit * 0.14 + 2);
  dslt_sheet_paint(sheet, &shape, NULL, fill, 1, 1);
}

int dslt_scene_paint_background(dslt_sheet *out, int width, int height, double unit, uint64_t seed) {
  DSLT_TRY(dslt_sheet_create(out, width, height));
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      const double n = 0.6 * noise(seed + 1, x, y, unit * 2) + 0.4 * noise(seed + 2, x, y, unit * 0.6);
      out->texels[(size_t)y * (size_t)width + (size_t)x] = 0xff000000u | mix(0x22304a, 0x5d8088, n);
    }
  }
  dslt_rng rng = dslt_rng_make(seed, 0x62616b67u);
  const int count = (int)(1.5 * width * height / (unit * unit)) + 8;
  for (int i = 0; i < count; i++) paint_cutout(out, &rng, unit);
  grain(out, seed, unit);
  return DSLT_OK;
}
