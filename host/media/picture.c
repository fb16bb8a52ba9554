/* SPDX-License-Identifier: Apache-2.0 */
/* picture.c: decodes picture files. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "media/decode.h"
#include "media/orient.h"

enum { LARGEST_SIDE = 16384 };

int dslt_format_bytes(dslt_pixel_format format) {
  switch (format) {
    case DSLT_GRAY8: return 1;
    case DSLT_GRAY16: return 2;
    case DSLT_BGRA8:
    case DSLT_RGBA8: return 4;
    case DSLT_BGR16: return 6;
    default: return 3;
  }
}

int dslt_frame_check_size(int64_t width, int64_t height) {
  if (width < 1 || height < 1 || width > LARGEST_SIDE || height > LARGEST_SIDE) {
    return dslt_fail(DSLT_EFRAME, "The frame is %lld x %lld pixels; 1..%d for each side can be used.",
                     (long long)width, (long long)height, LARGEST_SIDE);
  }
  return DSLT_OK;
}

int dslt_frame_reserve_rows(dslt_frame *frame, int width, int height, dslt_pixel_format format,
                            size_t align) {
  DSLT_TRY(dslt_frame_check_size(width, height));
  const size_t row = (size_t)width * (size_t)dslt_format_bytes(format);
  const size_t stride = (row + align - 1) / align * align;
  const size_t size = stride * (size_t)height + (align > 1 ? align : 0);
  if (size > frame->capacity) {
    uint8_t *pixels = aligned_alloc(64, (size + 63) / 64 * 64);
    if (!pixels) return dslt_fail(DSLT_EMEMORY, "No memory for a frame of %d x %d pixels.", width, height);
    free(frame->pixels);
    frame->pixels = pixels;
    frame->capacity = size;
  }
  frame->width = width;
  frame->height = height;
  frame->stride = stride;
  frame->format = format;
  return DSLT_OK;
}

int dslt_frame_reserve(dslt_frame *frame, int width, int height, dslt_pixel_format format) {
  return dslt_frame_reserve_rows(frame, width, height, format, 1);
}

void dslt_frame_free(dslt_frame *frame) {
  free(frame->pixels);
  free(frame->name);
  *frame = (dslt_frame){0};
}

/* The whole file in memory: decoders that open files themselves do not report why they failed. */
static int read_all(char **bytes, size_t *size, const char *path) {
  static const dslt_file_limits limits = {.most = (size_t)2 << 30, .what = "a picture"};
  DSLT_TRY(dslt_file_read(bytes, size, path, &limits));
  if (*size > 0) return DSLT_OK;
  free(*bytes);
  return dslt_fail(DSLT_EFORMAT, "%s is empty.", path);
}

static int decode(dslt_frame *out, const uint8_t *bytes, size_t size) {
  const int binary_pnm = bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '6');
  return binary_pnm ? dslt_pnm_decode(out, bytes, size) : dslt_cv_decode(out, bytes, size);
}

int dslt_picture_orientation(int *out, const char *path) {
  char *file = NULL;
  size_t size = 0;
  DSLT_TRY(read_all(&file, &size, path));
  *out = dslt_exif_take_orientation((uint8_t *)file, size);
  free(file);
  return DSLT_OK;
}

/* Sentences do not name the picture. */
static int decode_checked(dslt_frame *out, uint8_t *bytes, size_t size, int *orientation) {
  dslt_frame stored = {0};
  DSLT_TRY(dslt_picture_check(bytes, size));
  const int lies = dslt_exif_take_orientation(bytes, size);
  if (orientation) *orientation = lies;
  if (!orientation || lies == 1) return decode(out, bytes, size);
  int rc = decode(&stored, bytes, size);
  if (rc == DSLT_OK) rc = dslt_orient_frame(out, &stored, lies);
  dslt_frame_free(&stored);
  return rc;
}

int dslt_picture_load(dslt_frame *out, const char *path, int *orientation) {
  char *file = NULL;
  size_t size = 0;
  DSLT_TRY(read_all(&file, &size, path));
  const int rc = decode_checked(out, (uint8_t *)file, size, orientation);
  free(file);
  return rc < 0 ? dslt_fail_prefix(rc, path) : DSLT_OK;
}

int dslt_picture_decode(dslt_frame *out, uint8_t *bytes, size_t size, const char *name) {
  if (size == 0) return dslt_fail(DSLT_EFORMAT, "%s is empty.", name);
  const int rc = decode_checked(out, bytes, size, NULL);
  return rc < 0 ? dslt_fail_prefix(rc, name) : DSLT_OK;
}
