/* SPDX-License-Identifier: Apache-2.0 */
/* scene_sprite.c: puts a painted sheet into a frame at any sub-pixel place, size and turn. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "media/scene_parts.h"

enum { SHADOW_STEP = 8, SHADOW_MARGIN = 6 }; /* the shadow: every 8th texel, 6 of them added on each side */

/* ---- making
 * ---------------------------------------------------------------------------------------------------- */

static int halve(dslt_sheet *out, const dslt_sheet *in) {
  DSLT_TRY(dslt_sheet_create(out, in->width / 2, in->height / 2));
  for (int y = 0; y < out->height; y++) {
    const uint32_t *a = in->texels + (size_t)(2 * y) * (size_t)in->width, *b = a + in->width;
    for (int x = 0; x < out->width; x++) {
      uint32_t mean = 0;
      for (int shift = 0; shift <= 24; shift += 8) {
        const uint32_t sum = (a[2 * x] >> shift & 255) + (a[2 * x + 1] >> shift & 255) +
                             (b[2 * x] >> shift & 255) + (b[2 * x + 1] >> shift & 255);
        mean |= (sum + 2) / 4 << shift;
      }
      out->texels[(size_t)y * (size_t)out->width + (size_t)x] = mean;
    }
  }
  return DSLT_OK;
}

/* The silhouette in black, blurred by a few passes of a 3 x 3 mean, at a fraction of its strength. */
static int make_shadow(dslt_sheet *out, const dslt_sheet *sheet) {
  const int w = sheet->width / SHADOW_STEP + 2 * SHADOW_MARGIN,
            h = sheet->height / SHADOW_STEP + 2 * SHADOW_MARGIN;
  DSLT_TRY(dslt_sheet_create(out, w, h));
  uint32_t *buffer = calloc((size_t)w * (size_t)h, sizeof *buffer);
  if (!buffer) return dslt_fail(DSLT_EMEMORY, "No memory for a texture of %d x %d texels.", w, h);
  for (int y = SHADOW_MARGIN; y < h - SHADOW_MARGIN; y++) {
    for (int x = SHADOW_MARGIN; x < w - SHADOW_MARGIN; x++) {
      const int sx = (x - SHADOW_MARGIN) * SHADOW_STEP + SHADOW_STEP / 2;
      const int sy = (y - SHADOW_MARGIN) * SHADOW_STEP + SHADOW_STEP / 2;
      out->texels[y * w + x] = (sheet->texels[(size_t)sy * (size_t)sheet->width + (size_t)sx] >> 24) * 140;
    }
  }
  for (int pass = 0; pass < 4; pass++) {
    memcpy(buffer, out->texels, (size_t)w * (size_t)h * sizeof *buffer);
    for (int y = 1; y < h - 1; y++) {
      for (int x = 1; x < w - 1; x++) {
        uint32_t sum = 4;
        for (int i = 0; i < 9; i++) sum += buffer[(y + i / 3 - 1) * w + x + i % 3 - 1];
        out->texels[y * w + x] = sum / 9;
      }
    }
  }
  for (int i = 0; i < w * h; i++) out->texels[i] = out->texels[i] / 255 << 24;
  free(buffer);
  return DSLT_OK;
}

int dslt_sprite_create(dslt_sprite *out, dslt_sheet *sheet) {
  dslt_sprite made = {0};
  made.level[0] = *sheet;
  *sheet = (dslt_sheet){0};
  int rc = make_shadow(&made.shadow, &made.level[0]);
  for (int i = 1; i < DSLT_SPRITE_LEVELS && rc == DSLT_OK; i++)
    rc = halve(&made.level[i], &made.level[i - 1]);
  if (rc < 0) {
    dslt_sprite_free(&made);
    return rc;
  }
  *out = made;
  return DSLT_OK;
}

void dslt_sprite_free(dslt_sprite *sprite) {
  for (int i = 0; i < DSLT_SPRITE_LEVELS; i++) dslt_sheet_free(&sprite->level[i]);
  dslt_sheet_free(&sprite->shadow);
}

/* ---- drawing
 * --------------------------------------------------------------------------------------------------- */

/* Two 8-bit lanes at once: a + (b - a) f / 256. */
static inline uint32_t lerp2(uint32_t a, uint32_t b, uint32_t f) {
  return ((a & 0xff00ffu) * (256 - f) + (b & 0xff00ffu) * f) >> 8 & 0xff00ffu;
}

static inline uint32_t texel_at(const dslt_sheet *s, int x, int y) {
  return (unsigned)x < (unsigned)s->width && (unsigned)y < (unsigned)s->height
             ? s->texels[(size_t)y * (size_t)s->width + (size_t)x]
             : 0;
}

/* Bilinear sample; (u, v) in 1/65536 texels from the first texel's centre; transparent outside. Sums it
 * up. */
static inline void add_sample(uint32_t sum[4], const dslt_sheet *s, int64_t u, int64_t v) {
  const int x = (int)(u >> 16), y = (int)(v >> 16);
  if (x < -1 || y < -1 || x >= s->width || y >= s->height) return;
  const uint32_t fx = (uint32_t)(u >> 8 & 255), fy = (uint32_t)(v >> 8 & 255);
  uint32_t a, b, c, d;
  if (x >= 0 && y >= 0 && x + 1 < s->width && y + 1 < s->height) {
    const uint32_t *p = s->texels + (size_t)y * (size_t)s->width + (size_t)x;
    a = p[0];
    b = p[1];
    c = p[s->width];
    d = p[s->width + 1];
  } else {
    a = texel_at(s, x, y);
    b = texel_at(s, x + 1, y);
    c = texel_at(s, x, y + 1);
    d = texel_at(s, x + 1, y + 1);
  }
  const uint32_t even = lerp2(lerp2(a, b, fx), lerp2(c, d, fx), fy);
  const uint32_t odd = lerp2(lerp2(a >> 8, b >> 8, fx), lerp2(c >> 8, d >> 8, fx), fy);
  sum[0] += even & 255;
  sum[1] += odd & 255;
  sum[2] += even >> 16;
  sum[3] += odd >> 16;
}

typedef struct span {
  int x0, y0, x1, y1; /* pixels, last exclusive */
} span;

static span pose_span(const dslt_sprite_pose *p, const dslt_canvas *canvas) {
  const double c = fabs(p->cosine), s = fabs(p->sine);
  const double hx = (p->width * c + p->height * s) / 2 + 1, hy = (p->width * s + p->height * c) / 2 + 1;
  const span out = {(int)fmax(0, floor(p->x - hx)), (int)fmax(0, floor(p->y - hy)),
                    (int)fmin(canvas->width, ceil(p->x + hx)), (int)fmin(canvas->height, ceil(p->y + hy))};
  return out;
}

static int64_t fixed(double v) { return (int64_t)floor(v * 65536 + 0.5); }

/* Add one pose, `grid` x `grid` samples a pixel, to sums that start at `area`'s corner. */
static void add_pose(uint32_t *sums, const span *area, const dslt_sheet *s, const dslt_sprite_pose *p,
                     int grid, const dslt_canvas *canvas) {
  const span part = pose_span(p, canvas);
  const double kx = s->width / p->width, ky = s->height / p->height; /* texels a pixel */
  const int64_t ux = fixed(kx * p->cosine), uy = fixed(kx * p->sine);
  const int64_t vx = fixed(-ky * p->sine), vy = fixed(ky * p->cosine);
  const double dx = part.x0 - p->x, dy = part.y0 - p->y;
  const int64_t u0 = fixed(kx * (p->cosine * dx + p->sine * dy) + s->width / 2.0 - 0.5);
  const int64_t v0 = fixed(ky * (p->cosine * dy - p->sine * dx) + s->height / 2.0 - 0.5);
  for (int y = part.y0; y < part.y1; y++) {
    uint32_t *row =
        sums + ((size_t)(y - area->y0) * (size_t)(area->x1 - area->x0) + (size_t)(part.x0 - area->x0)) * 4;
    for (int j = 0; j < grid; j++) {
      for (int i = 0; i < grid; i++) {
        int64_t u = u0 + (y - part.y0) * uy + ((2 * i + 1) * ux + (2 * j + 1) * uy) / (2 * grid);
        int64_t v = v0 + (y - part.y0) * vy + ((2 * i + 1) * vx + (2 * j + 1) * vy) / (2 * grid);
        for (int x = 0; x < part.x1 - part.x0; x++, u += ux, v += vx) add_sample(row + 4 * x, s, u, v);
      }
    }
  }
}

static int draw_sheet(dslt_canvas *canvas, const dslt_sheet *sheet, const dslt_sprite_pose *poses, int count,
                      int grid) {
  span area = {canvas->width, canvas->height, 0, 0};
  for (int i = 0; i < count; i++) {
    const span s = pose_span(&poses[i], canvas);
    area.x0 = s.x0 < area.x0 ? s.x0 : area.x0;
    area.y0 = s.y0 < area.y0 ? s.y0 : area.y0;
    area.x1 = s.x1 > area.x1 ? s.x1 : area.x1;
    area.y1 = s.y1 > area.y1 ? s.y1 : area.y1;
  }
  if (area.x0 >= area.x1 || area.y0 >= area.y1) return DSLT_OK; /* all outside the frame */
  uint32_t *sums = calloc((size_t)(area.x1 - area.x0) * (size_t)(area.y1 - area.y0) * 4, sizeof *sums);
  if (!sums)
    return dslt_fail(DSLT_EMEMORY, "No memory to draw a scene of %d x %d pixels.", canvas->width,
                     canvas->height);
  for (int i = 0; i < count; i++) {
    const span s = pose_span(&poses[i], canvas);
    if (s.x0 < s.x1 && s.y0 < s.y1) add_pose(sums, &area, sheet, &poses[i], grid, canvas);
  }
  const uint32_t full = (uint32_t)(255 * count * grid * grid);
  const uint32_t *sum = sums;
  for (int y = area.y0; y < area.y1; y++) {
    uint8_t *pixel = canvas->pixels + ((size_t)y * (size_t)canvas->width + (size_t)area.x0) * 3;
    for (int x = area.x0; x < area.x1; x++, pixel += 3, sum += 4) {
      if (!sum[3]) continue;
      for (int c = 0; c < 3; c++) {
        const uint32_t v = (sum[c] * 255 + pixel[c] * (full - sum[3]) + full / 2) / full;
        pixel[c] = (uint8_t)(v > 255 ? 255 : v);
      }
    }
  }
  free(sums);
  return DSLT_OK;
}

int dslt_sprite_draw(dslt_canvas *canvas, const dslt_sprite *sprite, const dslt_sprite_pose *poses,
                     int count) {
  enum { MOST = 32 };
  dslt_sprite_pose shades[MOST];
  if (count > MOST) count = MOST;
  const double grow_x = (double)sprite->shadow.width * SHADOW_STEP / sprite->level[0].width;
  const double grow_y = (double)sprite->shadow.height * SHADOW_STEP / sprite->level[0].height;
  for (int i = 0; i < count; i++) {
    shades[i] = poses[i];
    shades[i].x += 0.05 * poses[i].width;
    shades[i].y += 0.06 * poses[i].height;
    shades[i].width *= grow_x;
    shades[i].height *= grow_y;
  }
  DSLT_TRY(draw_sheet(canvas, &sprite->shadow, shades, count, 1));
  /* the coarsest level on which neighbouring samples are at most a texel apart */
  int level = 0;
  const double apart = sprite->level[0].width / poses[0].width / 2;
  while (level + 1 < DSLT_SPRITE_LEVELS && apart / (1 << level) > 1) level++;
  return draw_sheet(canvas, &sprite->level[level], poses, count, 2);
}
