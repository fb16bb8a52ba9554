/* SPDX-License-Identifier: Apache-2.0 */
/* image.c: picture files, pixels and encoded pictures of the TraX protocol. */
#include "trax/image.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

/* ---- Base64 -------------------------------------------------------------------------------------- */

static int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

long long dslt_base64_decode(char *text) {
  unsigned char *to = (unsigned char *)text;
  unsigned bits = 0, digits = 0;
  const char *at = text;
  for (int digit; (digit = digit_of(*at)) >= 0; at++) {
    bits = bits << 6 | (unsigned)digit;
    if (++digits % 4 == 1) continue;
    *to++ = (unsigned char)(bits >> (2 * (3 - (digits - 1) % 4)));
  }
  const size_t padding = strspn(at, "=");
  if (at[padding] || digits % 4 == 1 || padding > 2 || (padding && (digits + padding) % 4)) return -1;
  return to - (unsigned char *)text;
}

/* ---- pixels -------------------------------------------------------------------------------------- */

/* The text up to the next semicolon, which becomes its end; NULL when there is none. */
static char *take_field(char **at) {
  char *field = *at, *end = strchr(field, ';');
  if (!end) return NULL;
  *end = '\0';
  *at = end + 1;
  return field;
}

/* A whole number of at most five digits, or 0. */
static int side_of(const char *text) {
  const size_t digits = text ? strspn(text, "0123456789") : 0;
  return digits > 0 && digits <= 5 && !text[digits] ? atoi(text) : 0;
}

static int read_pixels(dslt_image *out, char *text) {
  static const char shape[] =
      "An image of pixels is image:WIDTH;HEIGHT;FORMAT;BASE64 with rgb, gray8 or gray16";
  const int width = side_of(take_field(&text)), height = side_of(take_field(&text));
  const char *format = take_field(&text);
  if (!format) return dslt_fail(DSLT_EFORMAT, "%s.", shape);
  dslt_image image = {.data = text, .width = width, .height = height};
  if (strcasecmp(format, "rgb") == 0)
    image.format = DSLT_RGB8;
  else if (strcasecmp(format, "gray8") == 0)
    image.format = DSLT_GRAY8;
  else if (strcasecmp(format, "gray16") == 0)
    image.format = DSLT_GRAY16;
  else
    return dslt_fail(DSLT_EFORMAT, "%s, not \"%.20s\".", shape, format);
  DSLT_TRY(dslt_frame_check_size(width, height));
  image.stride = (size_t)width * (size_t)dslt_format_bytes(image.format);
  const long long bytes = dslt_base64_decode(text), expected = (long long)(image.stride * (size_t)height);
  if (bytes < 0) return dslt_fail(DSLT_EFORMAT, "The pixels of a frame are no Base64.");
  if (bytes != expected)
    return dslt_fail(DSLT_EFORMAT, "A frame of %d x %d pixels in format %s has %lld bytes, not %lld.", width,
                     height, format, expected, bytes);
  *out = image;
  return DSLT_OK;
}

/* ---- pictures ------------------------------------------------------------------------------------ */

static dslt_image image_of(const dslt_frame *frame) {
  return (dslt_image){frame->pixels, frame->width, frame->height, frame->stride, frame->format};
}

static int read_encoded(dslt_image *out, dslt_frame *frame, char *text) {
  static const char name[] = "The picture inside the message";
  const char *type = take_field(&text);
  if (!type || (strcasecmp(type, "image/jpeg") != 0 && strcasecmp(type, "image/png") != 0))
    return dslt_fail(DSLT_EFORMAT,
                     "A picture inside a message is data:image/jpeg;BASE64 or data:image/png;BASE64.");
  if (strncmp(text, "base64,", 7) == 0 || strncmp(text, "base64;", 7) == 0) text += 7;
  const long long size = dslt_base64_decode(text);
  if (size < 0) return dslt_fail(DSLT_EFORMAT, "%s is no Base64.", name);
  DSLT_TRY(dslt_picture_decode(frame, (uint8_t *)text, (size_t)size, name));
  *out = image_of(frame);
  return DSLT_OK;
}

static int read_path(dslt_image *out, dslt_frame *frame, const char *path) {
  DSLT_TRY(dslt_picture_load(frame, path, NULL));
  *out = image_of(frame);
  return DSLT_OK;
}

int dslt_trax_image_read(dslt_image *out, dslt_frame *frame, char *text) {
  if (strncmp(text, "file://", 7) == 0) return read_path(out, frame, text + 7);
  if (strncmp(text, "file:", 5) == 0) return read_path(out, frame, text + 5);
  if (strncmp(text, "image:", 6) == 0) return read_pixels(out, text + 6);
  if (strncmp(text, "data:", 5) == 0) return read_encoded(out, frame, text + 5);
  if (strstr(text, "://"))
    return dslt_fail(
        DSLT_EUNSUPPORTED,
        "The frame %.80s is an address; dslt trax takes what its hello names: paths, pixels and encoded "
        "pictures.",
        text);
  return read_path(out, frame, text);
}
