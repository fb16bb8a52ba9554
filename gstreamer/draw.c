/* SPDX-License-Identifier: Apache-2.0 */
/* draw.c: a box drawn into a frame of any pixel format that the library takes. */
#include "draw.h"

#include <math.h>
#include <string.h>

enum { WIDE = 2, PIXEL_BYTES_MAX = 4 };

typedef struct pen {
  unsigned char bytes[PIXEL_BYTES_MAX];
  int count; /* bytes of a pixel */
} pen;

static pen pen_of(dslt_pixel_format format, int lost) {
  static const int bytes[] = {3, 3, 1, 4, 4};
  const int red_first = format == DSLT_RGB8 || format == DSLT_RGBA8;
  pen p = {{0, 0, 0, 255}, bytes[format]};
  if (format == DSLT_GRAY8)
    p.bytes[0] = 255;
  else if (lost)
    p.bytes[red_first ? 0 : 2] = 255;
  else
    p.bytes[1] = 255;
  return p;
}

/* Columns x0 .. x1 - 1 of rows y0 .. y1 - 1, as far as they are in the frame. */
static void fill(const dslt_image *frame, unsigned char *pixels, const pen *p, double x0, double y0,
                 double x1, double y1) {
  const int left = (int)fmax(x0, 0), top = (int)fmax(y0, 0);
  const int right = (int)fmin(x1, frame->width), bottom = (int)fmin(y1, frame->height);
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x)
      memcpy(pixels + (size_t)y * frame->stride + (size_t)(x * p->count), p->bytes, (size_t)p->count);
}

void dslt_gst_draw(const dslt_image *frame, void *pixels, const dslt_box *box, int lost) {
  const pen p = pen_of(frame->format, lost);
  const double x0 = floor(box->x + 0.5), y0 = floor(box->y + 0.5);
  const double x1 = fmax(floor(box->x + box->width + 0.5), x0 + 1),
               y1 = fmax(floor(box->y + box->height + 0.5), y0 + 1);
  fill(frame, pixels, &p, x0, y0, x1, y0 + WIDE);
  fill(frame, pixels, &p, x0, y1 - WIDE, x1, y1);
  fill(frame, pixels, &p, x0, y0, x0 + WIDE, y1);
  fill(frame, pixels, &p, x1 - WIDE, y0, x1, y1);
}
