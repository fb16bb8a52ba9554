/* SPDX-License-Identifier: Apache-2.0 */
/* scene_parts.h: functions that scene.c uses: painted textures and their placement in a frame. Internal to
 * host/media. Everything is integer arithmetic or additions, products, quotients and roots of doubles that
 * end in a rounding to 8 or 16 bits, with no call of libm's transcendental functions, so the bytes do not
 * depend on the C library. */
#ifndef DSLT_MEDIA_SCENE_PARTS_H
#define DSLT_MEDIA_SCENE_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "media/media.h"

/* sin(2 pi turns), absolute error below 1e-7, by a polynomial. */
double dslt_scene_sin(double turns);

/* ---- sheets: 32-bit texels, alpha << 24 | red << 16 | green << 8 | blue, colours multiplied by alpha
 * ---------- */

typedef struct dslt_sheet {
  int width, height;
  uint32_t *texels; /* height x width, owned */
} dslt_sheet;

/* All transparent; DSLT_EMEMORY. */
int dslt_sheet_create(dslt_sheet *out, int width, int height);
void dslt_sheet_free(dslt_sheet *sheet);

typedef enum dslt_shape_kind {
  DSLT_SHAPE_ELLIPSE,
  DSLT_SHAPE_BOX,
  DSLT_SHAPE_TRIANGLE,
  DSLT_SHAPE_RING
} dslt_shape_kind;

typedef struct dslt_shape {
  dslt_shape_kind kind;
  double x, y;         /* centre, texels (a triangle: first corner) */
  double rx, ry;       /* half sizes (a triangle: second corner) */
  double round;        /* box: corner radius; ring: half of its thickness */
  double sine, cosine; /* of its turn (a triangle: third corner) */
} dslt_shape;

typedef enum dslt_fill_kind {
  DSLT_FILL_PLAIN,
  DSLT_FILL_SLOPE,
  DSLT_FILL_STRIPES,
  DSLT_FILL_DOTS,
  DSLT_FILL_CHEVRONS
} dslt_fill_kind;

typedef struct dslt_fill {
  dslt_fill_kind kind;
  uint32_t a, b; /* 0xRRGGBB; SLOPE: top and bottom; otherwise ground and figure */
  double period; /* texels */
} dslt_fill;

/* Paint `shape`, only where it lies inside `clip` when given, with edges `soft` texels wide (1 = crisp). */
void dslt_sheet_paint(dslt_sheet *sheet, const dslt_shape *shape, const dslt_shape *clip,
                      const dslt_fill *fill, double opacity, double soft);

/* ---- pictures
 * ------------------------------------------------------------------------------------------------ */

/* A toy owl that fills a 256 x 320 sheet from edge to edge. */
int dslt_scene_paint_object(dslt_sheet *out);
/* One of several toys in the owl's colours, `which` counted from 0. 256 x 320. */
int dslt_scene_paint_distractor(dslt_sheet *out, int which, uint64_t seed);
/* An opaque collage of paper cut-outs; `unit` is the size of a middling cut-out in texels. */
int dslt_scene_paint_background(dslt_sheet *out, int width, int height, double unit, uint64_t seed);

/* ---- sprites
 * ------------------------------------------------------------------------------------------------- */

#define DSLT_SPRITE_LEVELS 6

/* A sheet with its halvings, and a blurred silhouette as shadow. */
typedef struct dslt_sprite {
  dslt_sheet level[DSLT_SPRITE_LEVELS];
  dslt_sheet shadow;
} dslt_sprite;

/* Takes ownership of the sheet (also on failure). */
int dslt_sprite_create(dslt_sprite *out, dslt_sheet *sheet);
void dslt_sprite_free(dslt_sprite *sprite);

/* Where a sprite lies: centre, size before turning, turn; pixels of the frame. */
typedef struct dslt_sprite_pose {
  double x, y, width, height, sine, cosine;
} dslt_sprite_pose;

/* Draw the mean of `count` poses (one: a sharp picture; several: motion blur), 2 x 2 samples a pixel each.
 * DSLT_EMEMORY. */
int dslt_sprite_draw(dslt_canvas *canvas, const dslt_sprite *sprite, const dslt_sprite_pose *poses,
                     int count);

#endif
