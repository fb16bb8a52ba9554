/* SPDX-License-Identifier: Apache-2.0 */
/* check.c: frames and boxes that callers give. */
#include "tracker/check.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

int dslt_image_check(const dslt_image *image) {
  static const size_t pixel_bytes[] = {3, 3, 1, 4, 4, 2, 6};
  if (!image->data)
    return dslt_fail(DSLT_EFRAME, "The frame has no pixels; point dslt_image.data at its first row.");
  if ((int)image->format < 0 || (int)image->format > DSLT_BGR16)
    return dslt_fail(DSLT_EFRAME, "The frame's pixel format %d is none of dslt_pixel_format.",
                     (int)image->format);
  if (image->width < 1 || image->height < 1 || image->width > 16384 || image->height > 16384)
    return dslt_fail(DSLT_EFRAME, "The frame is %d x %d pixels; each side must be 1 to 16384.", image->width,
                     image->height);
  if (image->stride < (size_t)image->width * pixel_bytes[image->format])
    return dslt_fail(DSLT_EFRAME, "The frame's rows are %zu bytes apart, too few for %d pixels of format %d.",
                     image->stride, image->width, (int)image->format);
  return DSLT_OK;
}

int dslt_image_check_size(const dslt_image *image, int width, int height) {
  if (image->width == width && image->height == height) return DSLT_OK;
  return dslt_fail(DSLT_EFRAME,
                   "The frame is %d x %d pixels but the first one was %d x %d; all frames of a video must "
                   "have one size.",
                   image->width, image->height, width, height);
}

int dslt_box_check(const dslt_box *box, const dslt_image *frame) {
  if (!isfinite(box->x) || !isfinite(box->y) || !isfinite(box->width) || !isfinite(box->height))
    return dslt_fail(DSLT_EBOX,
                     "The box holds a number that is not finite; give x, y, width and height in pixels.");
  if (!(box->width >= 1) || !(box->height >= 1))
    return dslt_fail(DSLT_EBOX,
                     "The box is %g x %g pixels; each side must be at least 1; draw it around the object.",
                     box->width, box->height);
  double left = fmax(box->x, 0), right = fmin(box->x + box->width, frame->width);
  double top = fmax(box->y, 0), bottom = fmin(box->y + box->height, frame->height);
  if (right <= left || bottom <= top || (right - left) * (bottom - top) < 1)
    return dslt_fail(
        DSLT_EBOX,
        "The box %g,%g,%g,%g covers less than one pixel of the %d x %d frame; give a box that overlaps it.",
        box->x, box->y, box->width, box->height, frame->width, frame->height);
  if (box->width > 4.0 * frame->width || box->height > 4.0 * frame->height)
    return dslt_fail(DSLT_EBOX,
                     "The box of %g x %g pixels is far larger than the %d x %d frame; give the box in pixels "
                     "of this frame.",
                     box->width, box->height, frame->width, frame->height);
  return DSLT_OK;
}

/* Smallest and largest value of each channel so far, 8 bits. */
typedef struct colour_range {
  int low[4], high[4];
} colour_range;

static void widen(colour_range *range, const unsigned char *row, int from, int to, int channels, int wide) {
  for (int x = from; x < to; x++)
    for (int c = 0; c < channels; c++) {
      size_t at = (size_t)x * (size_t)channels + (size_t)c;
      uint16_t word = 0;
      if (wide) memcpy(&word, row + 2 * at, 2);
      int value = wide ? word >> 8 : row[at];
      if (value < range->low[c]) range->low[c] = value;
      if (value > range->high[c]) range->high[c] = value;
    }
}

int dslt_box_is_blank(const dslt_box *box, const dslt_image *frame) {
  static const int channels_of[] = {3, 3, 1, 4, 4, 1, 3};
  enum { NOISE = 2 }; /* levels by which one colour may vary, as compression leaves it */
  const int channels = channels_of[frame->format], colours = channels == 4 ? 3 : channels;
  const int wide = frame->format == DSLT_GRAY16 || frame->format == DSLT_BGR16;
  const int left = (int)fmax(box->x - box->width, 0), top = (int)fmax(box->y - box->height, 0);
  const int right = (int)fmin(box->x + 2 * box->width, frame->width);
  const int bottom = (int)fmin(box->y + 2 * box->height, frame->height);
  colour_range range = {{255, 255, 255, 255}, {0, 0, 0, 0}};
  for (int y = top; y < bottom; y++) {
    widen(&range, (const unsigned char *)frame->data + (size_t)y * frame->stride, left, right, channels,
          wide);
    for (int c = 0; c < colours; c++)
      if (range.high[c] - range.low[c] > NOISE) return 0;
  }
  return 1;
}
