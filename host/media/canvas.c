/* SPDX-License-Identifier: Apache-2.0 */
/* canvas.c: drawing on BGR8 pictures and saving them, in plain C. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "media/decode.h"
#include "media/media.h"

enum { LARGEST_SIDE = 16384 };

int dslt_canvas_create(dslt_canvas *out, int width, int height) {
  if (width < 1 || height < 1 || width > LARGEST_SIDE || height > LARGEST_SIDE) {
    return dslt_fail(DSLT_EARGUMENT, "A picture of %d x %d pixels cannot be made; give 1..%d for each side.",
                     width, height, LARGEST_SIDE);
  }
  uint8_t *pixels = calloc((size_t)width * (size_t)height, 3);
  if (!pixels) return dslt_fail(DSLT_EMEMORY, "No memory for a picture of %d x %d pixels.", width, height);
  *out = (dslt_canvas){width, height, pixels};
  return DSLT_OK;
}

void dslt_canvas_free(dslt_canvas *canvas) {
  if (!canvas) return;
  free(canvas->pixels);
  *canvas = (dslt_canvas){0};
}

dslt_image dslt_canvas_image(const dslt_canvas *canvas) {
  return (dslt_image){canvas->pixels, canvas->width, canvas->height, (size_t)canvas->width * 3, DSLT_BGR8};
}

/* Give the canvas this size; its pixels are lost when it changes. */
static int resize(dslt_canvas *canvas, int width, int height) {
  if (canvas->pixels && canvas->width == width && canvas->height == height) return DSLT_OK;
  dslt_canvas fresh;
  DSLT_TRY(dslt_canvas_create(&fresh, width, height));
  dslt_canvas_free(canvas);
  *canvas = fresh;
  return DSLT_OK;
}

static void copy_row(uint8_t *to, const uint8_t *from, int width, dslt_pixel_format format) {
  /* offsets of blue, green and red in a pixel, and its size in bytes; of 16-bit samples the high byte */
  union {
    uint16_t word;
    uint8_t byte[2];
  } order = {.word = 1};
  const int high = order.byte[0]; /* 1 on little-endian machines: the high byte comes second */
  int at[3] = {0, 1, 2}, step = 3;
  switch (format) {
    case DSLT_BGR8: break;
    case DSLT_RGB8: at[0] = 2, at[2] = 0; break;
    case DSLT_GRAY8: at[1] = at[2] = 0, step = 1; break;
    case DSLT_BGRA8: step = 4; break;
    case DSLT_RGBA8: at[0] = 2, at[2] = 0, step = 4; break;
    case DSLT_GRAY16: at[0] = at[1] = at[2] = high, step = 2; break;
    case DSLT_BGR16: at[0] = high, at[1] = 2 + high, at[2] = 4 + high, step = 6; break;
  }
  for (int x = 0; x < width; x++, to += 3, from += step) {
    to[0] = from[at[0]];
    to[1] = from[at[1]];
    to[2] = from[at[2]];
  }
}

int dslt_canvas_from_image(dslt_canvas *canvas, const dslt_image *image) {
  if (!image->data || image->format < DSLT_BGR8 || image->format > DSLT_BGR16) {
    return dslt_fail(DSLT_EFRAME, "The frame has no pixels or an unknown format (%d); see dslt_pixel_format.",
                     (int)image->format);
  }
  DSLT_TRY(resize(canvas, image->width, image->height));
  for (int y = 0; y < image->height; y++) {
    copy_row(canvas->pixels + (size_t)y * (size_t)image->width * 3,
             (const uint8_t *)image->data + (size_t)y * image->stride, image->width, image->format);
  }
  return DSLT_OK;
}

/* ---- drawing
 * --------------------------------------------------------------------------------------------------- */

/* The nearest pixel border, limited so that the int arithmetic below cannot overflow. */
static int border(double v) {
  if (!(v > -1e6)) return -1000000;
  return v > 1e6 ? 1000000 : (int)floor(v + 0.5);
}

static int clampi(int v, int low, int high) { return v < low ? low : v > high ? high : v; }

static void fill(dslt_canvas *canvas, int x0, int y0, int x1, int y1, dslt_color color) {
  x0 = clampi(x0, 0, canvas->width);
  x1 = clampi(x1, 0, canvas->width);
  y0 = clampi(y0, 0, canvas->height);
  y1 = clampi(y1, 0, canvas->height);
  for (int y = y0; y < y1; y++) {
    uint8_t *p = canvas->pixels + ((size_t)y * (size_t)canvas->width + (size_t)x0) * 3;
    for (int x = x0; x < x1; x++, p += 3) {
      p[0] = color.b;
      p[1] = color.g;
      p[2] = color.r;
    }
  }
}

void dslt_canvas_box(dslt_canvas *canvas, const dslt_box *box, dslt_color color, int thickness) {
  if (!(isfinite(box->x) && isfinite(box->y) && box->width > 0 && box->height > 0)) return;
  const int t = thickness < 1 ? 1 : thickness > 1000 ? 1000 : thickness, out = t / 2, in = t - out;
  const int x0 = border(box->x), y0 = border(box->y), x1 = border(box->x + box->width);
  const int y1 = border(box->y + box->height);
  fill(canvas, x0 - out, y0 - out, x1 + out, y0 + in, color);
  fill(canvas, x0 - out, y1 - in, x1 + out, y1 + out, color);
  fill(canvas, x0 - out, y0 - out, x0 + in, y1 + out, color);
  fill(canvas, x1 - in, y0 - out, x1 + out, y1 + out, color);
}

/* ---- colour map
 * -------------------------------------------------------------------------------------------------- */

/* 256 colours with evenly rising lightness in OKLab, hue turning from violet over red to yellow. */
static void make_colors(dslt_color map[256]) {
  for (int i = 0; i < 256; i++) {
    const double t = i / 255.0, lightness = 0.14 + 0.82 * t;
    const double chroma = 0.04 + 0.62 * t * (1 - t) + 0.09 * t * t, hue = -1.35 + 3.2 * t - 0.1 * t * t;
    const double a = chroma * cos(hue), b = chroma * sin(hue);
    const double root[3] = {lightness + 0.3963377774 * a + 0.2158037573 * b,
                            lightness - 0.1055613458 * a - 0.0638541728 * b,
                            lightness - 0.0894841775 * a - 1.2914855480 * b};
    const double l = root[0] * root[0] * root[0], m = root[1] * root[1] * root[1],
                 s = root[2] * root[2] * root[2];
    const double linear[3] = {-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
                              -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
                              4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s};
    uint8_t byte[3];
    for (int c = 0; c < 3; c++) {
      const double v = linear[c] < 0 ? 0 : linear[c] > 1 ? 1 : linear[c];
      byte[c] = (uint8_t)(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055) + 0.5);
    }
    map[i] = (dslt_color){byte[0], byte[1], byte[2]};
  }
}

/* The map's value at cell (x, y) for 0..1; NaN counts as 0. */
static float cell(const dslt_response *r, int x, int y) {
  const float v =
      r->data[(size_t)clampi(y, 0, r->height - 1) * (size_t)r->width + (size_t)clampi(x, 0, r->width - 1)];
  return v > 0 ? v < 1 ? v : 1 : 0;
}

void dslt_canvas_heat(dslt_canvas *canvas, const dslt_response *response, double opacity) {
  const dslt_box *w = &response->window;
  if (!(isfinite(w->x) && isfinite(w->y) && w->width > 0 && w->height > 0) || !response->data) return;
  if (response->width < 1 || response->height < 1) return;
  dslt_color map[256];
  make_colors(map);
  const double share = opacity > 0 ? opacity < 1 ? opacity : 1 : 0;
  const int x0 = clampi(border(w->x), 0, canvas->width),
            x1 = clampi(border(w->x + w->width), 0, canvas->width);
  const int y0 = clampi(border(w->y), 0, canvas->height),
            y1 = clampi(border(w->y + w->height), 0, canvas->height);
  for (int y = y0; y < y1; y++) {
    const double v = (y + 0.5 - w->y) / w->height * response->height - 0.5;
    const int iy = (int)floor(v);
    const float fy = (float)(v - iy);
    uint8_t *p = canvas->pixels + ((size_t)y * (size_t)canvas->width + (size_t)x0) * 3;
    for (int x = x0; x < x1; x++, p += 3) {
      const double u = (x + 0.5 - w->x) / w->width * response->width - 0.5;
      const int ix = (int)floor(u);
      const float fx = (float)(u - ix);
      const float top = cell(response, ix, iy) * (1 - fx) + cell(response, ix + 1, iy) * fx;
      const float low = cell(response, ix, iy + 1) * (1 - fx) + cell(response, ix + 1, iy + 1) * fx;
      const dslt_color c = map[(int)((top * (1 - fy) + low * fy) * 255 + 0.5f)];
      p[0] = (uint8_t)(p[0] + share * (c.b - p[0]) + 0.5);
      p[1] = (uint8_t)(p[1] + share * (c.g - p[1]) + 0.5);
      p[2] = (uint8_t)(p[2] + share * (c.r - p[2]) + 0.5);
    }
  }
}

/* ---- cutting and pasting
 * ------------------------------------------------------------------------------------------ */

int dslt_canvas_crop(dslt_canvas *out, const dslt_canvas *src, const dslt_box *window, int width,
                     int height) {
  if (!(isfinite(window->x) && isfinite(window->y) && window->width > 0 && window->height > 0 &&
        fabs(window->x) < 1e6 && fabs(window->y) < 1e6 && window->width < 1e6 && window->height < 1e6)) {
    return dslt_fail(DSLT_EBOX, "The window (%g, %g, %g, %g) cannot be cut out of a picture.", window->x,
                     window->y, window->width, window->height);
  }
  dslt_canvas made;
  DSLT_TRY(dslt_canvas_create(&made, width, height)); /* `out` may be `src` */
  const double kx = window->width / width, ky = window->height / height;
  /* as many bilinear samples a pixel as it covers source pixels, so that shrinking does not alias */
  const int nx = clampi((int)ceil(kx), 1, 16), ny = clampi((int)ceil(ky), 1, 16);
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      double sum[3] = {0};
      for (int j = 0; j < ny; j++) {
        const double v = window->y + (y + (j + 0.5) / ny) * ky - 0.5;
        const int iy = (int)floor(v), y0 = clampi(iy, 0, src->height - 1),
                  y1 = clampi(iy + 1, 0, src->height - 1);
        for (int i = 0; i < nx; i++) {
          const double u = window->x + (x + (i + 0.5) / nx) * kx - 0.5;
          const int ix = (int)floor(u), x0 = clampi(ix, 0, src->width - 1),
                    x1 = clampi(ix + 1, 0, src->width - 1);
          const uint8_t *top = src->pixels + (size_t)y0 * (size_t)src->width * 3;
          const uint8_t *low = src->pixels + (size_t)y1 * (size_t)src->width * 3;
          for (int c = 0; c < 3; c++) {
            const double a = top[3 * x0 + c] + (u - ix) * (top[3 * x1 + c] - top[3 * x0 + c]);
            const double b = low[3 * x0 + c] + (u - ix) * (low[3 * x1 + c] - low[3 * x0 + c]);
            sum[c] += a + (v - iy) * (b - a);
          }
        }
      }
      uint8_t *p = made.pixels + ((size_t)y * (size_t)width + (size_t)x) * 3;
      for (int c = 0; c < 3; c++) p[c] = (uint8_t)(sum[c] / (nx * ny) + 0.5);
    }
  }
  dslt_canvas_free(out);
  *out = made;
  return DSLT_OK;
}

void dslt_canvas_paste(dslt_canvas *dst, const dslt_canvas *src, int x, int y) {
  const int64_t x0 = x < 0 ? -(int64_t)x : 0, y0 = y < 0 ? -(int64_t)y : 0;
  const int64_t room_x = (int64_t)dst->width - x, room_y = (int64_t)dst->height - y;
  const int64_t x1 = room_x < src->width ? room_x : src->width,
                y1 = room_y < src->height ? room_y : src->height;
  for (int64_t row = y0; row < y1 && x0 < x1; row++) {
    memcpy(dst->pixels + ((size_t)(y + row) * (size_t)dst->width + (size_t)(x + x0)) * 3,
           src->pixels + ((size_t)row * (size_t)src->width + (size_t)x0) * 3, (size_t)(x1 - x0) * 3);
  }
}

/* ---- saving
 * ---------------------------------------------------------------------------------------------------- */

static int save_ppm(const dslt_canvas *canvas, const char *path) {
  const size_t pixels = (size_t)canvas->width * (size_t)canvas->height;
  char head[64];
  const int n = snprintf(head, sizeof head, "P6\n%d %d\n255\n", canvas->width, canvas->height);
  uint8_t *bytes = malloc((size_t)n + pixels * 3);
  if (!bytes) return dslt_fail(DSLT_EMEMORY, "No memory to save %s.", path);
  memcpy(bytes, head, (size_t)n);
  for (size_t i = 0; i < pixels; i++) {
    bytes[(size_t)n + 3 * i] = canvas->pixels[3 * i + 2];
    bytes[(size_t)n + 3 * i + 1] = canvas->pixels[3 * i + 1];
    bytes[(size_t)n + 3 * i + 2] = canvas->pixels[3 * i];
  }
  const int rc = dslt_atomic_write(path, bytes, (size_t)n + pixels * 3);
  free(bytes);
  return rc;
}

int dslt_canvas_save(const dslt_canvas *canvas, const char *path) {
  const char *dot = strrchr(path, '.');
  if (dot && strcasecmp(dot, ".ppm") == 0) return save_ppm(canvas, path);
  if (!dot || (strcasecmp(dot, ".png") != 0 && strcasecmp(dot, ".jpg") != 0)) {
    return dslt_fail(DSLT_EARGUMENT, "%s: a picture's name must end in .png, .jpg or .ppm.", path);
  }
  unsigned char *bytes = NULL;
  size_t size = 0;
  const int rc = dslt_cv_encode(&bytes, &size, canvas, dot, 0);
  if (rc < 0) return dslt_fail_prefix(rc, path);
  const int written = dslt_atomic_write(path, bytes, size);
  free(bytes);
  return written;
}

static void put_little(uint8_t *out, uint32_t value) {
  for (int b = 0; b < 4; b++) out[b] = (uint8_t)(value >> 8 * b);
}

/* 24 bits a pixel, rows from top to bottom, filled up to multiples of four bytes. */
static int encode_bmp(unsigned char **bytes, size_t *size, const dslt_canvas *canvas) {
  enum { HEAD = 54 };
  const size_t row = ((size_t)canvas->width * 3 + 3) / 4 * 4, all = HEAD + row * (size_t)canvas->height;
  uint8_t *out = calloc(1, all);
  if (!out)
    return dslt_fail(DSLT_EMEMORY, "No memory for a picture of %d x %d pixels.", canvas->width,
                     canvas->height);
  memcpy(out, "BM", 2);
  put_little(out + 2, (uint32_t)all);
  put_little(out + 10, HEAD);
  put_little(out + 14, 40);
  put_little(out + 18, (uint32_t)canvas->width);
  put_little(out + 22, (uint32_t)-canvas->height);
  out[26] = 1;
  out[28] = 24;
  for (int y = 0; y < canvas->height; y++)
    memcpy(out + HEAD + row * (size_t)y, canvas->pixels + (size_t)y * (size_t)canvas->width * 3,
           (size_t)canvas->width * 3);
  *bytes = out;
  *size = all;
  return DSLT_OK;
}

int dslt_canvas_encode(unsigned char **bytes, size_t *size, const char **type, const dslt_canvas *canvas,
                       int quality) {
  if (!dslt_media_writes_pictures()) {
    *type = "image/bmp";
    return encode_bmp(bytes, size, canvas);
  }
  *type = "image/jpeg";
  return dslt_cv_encode(bytes, size, canvas, ".jpg", quality);
}

int dslt_npy_save(const float *data, int height, int width, const char *path) {
  if (height < 1 || width < 1)
    return dslt_fail(DSLT_EARGUMENT, "%s: a map of %d x %d is empty.", path, height, width);
  /* magic, version and length take 10 bytes; the text is filled up with spaces to a multiple of 64 */
  enum { HEAD = 128 };
  const size_t count = (size_t)height * (size_t)width;
  uint8_t *bytes = malloc(HEAD + count * 4);
  if (!bytes) return dslt_fail(DSLT_EMEMORY, "No memory to save %s.", path);
  char text[HEAD - 10 + 1];
  const int n = snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }",
                         height, width);
  memset(text + n, ' ', sizeof text - 1 - (size_t)n);
  text[HEAD - 11] = '\n';
  memcpy(bytes, "\x93NUMPY\x01\x00", 8);
  bytes[8] = HEAD - 10;
  bytes[9] = 0;
  memcpy(bytes + 10, text, HEAD - 10);
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &data[i], 4);
    for (int b = 0; b < 4; b++) bytes[HEAD + 4 * i + (size_t)b] = (uint8_t)(bits >> 8 * b);
  }
  const int rc = dslt_atomic_write(path, bytes, HEAD + count * 4);
  free(bytes);
  return rc;
}
