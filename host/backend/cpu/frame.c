/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c: converts frames of every accepted format to BGR8. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cpu.h"

/* The high byte of 16-bit value `i`; rows may begin at odd addresses. */
static uint8_t high_byte(const uint8_t *src, int i) {
  uint16_t value;
  memcpy(&value, src + (size_t)i * sizeof value, sizeof value);
  return (uint8_t)(value >> 8);
}

static void convert_row(uint8_t *dst, const uint8_t *src, int width, dslt_pixel_format format) {
  switch (format) {
    case DSLT_BGR8: memcpy(dst, src, (size_t)width * 3); break;
    case DSLT_RGB8:
      for (int x = 0; x < width; ++x, dst += 3, src += 3) dst[0] = src[2], dst[1] = src[1], dst[2] = src[0];
      break;
    case DSLT_GRAY8:
      for (int x = 0; x < width; ++x, dst += 3) dst[0] = dst[1] = dst[2] = src[x];
      break;
    case DSLT_BGRA8:
      for (int x = 0; x < width; ++x, dst += 3, src += 4) dst[0] = src[0], dst[1] = src[1], dst[2] = src[2];
      break;
    case DSLT_RGBA8:
      for (int x = 0; x < width; ++x, dst += 3, src += 4) dst[0] = src[2], dst[1] = src[1], dst[2] = src[0];
      break;
    case DSLT_GRAY16:
      for (int x = 0; x < width; ++x, dst += 3) dst[0] = dst[1] = dst[2] = high_byte(src, x);
      break;
    case DSLT_BGR16:
      for (int x = 0; x < width * 3; ++x) dst[x] = high_byte(src, x);
      break;
  }
}

int dslt_cpu_frame(dslt_backend *backend, const dslt_image *image, const dslt_frame_area *reads) {
  dslt_cpu *cpu = dslt_cpu_of(backend);
  cpu->frame = *image;
  if (image->format == DSLT_BGR8) return DSLT_OK;

  size_t stride = (size_t)image->width * 3, bytes = stride * (size_t)image->height;
  if (bytes > cpu->converted_bytes) {
    void *converted;
    DSLT_TRY(dslt_cpu_new(&converted, bytes, "a frame"));
    free(cpu->converted);
    cpu->converted = converted;
    cpu->converted_bytes = bytes;
  }
  const uint8_t *src = image->data;
  const int first = reads ? reads->y : 0, end = reads ? reads->y + reads->height : image->height;
  for (int y = first; y < end; ++y)
    convert_row(cpu->converted + stride * (size_t)y, src + image->stride * (size_t)y, image->width,
                image->format);
  cpu->frame.data = cpu->converted;
  cpu->frame.stride = stride;
  cpu->frame.format = DSLT_BGR8;
  return DSLT_OK;
}

/* The frame needs no upload. */
int dslt_cpu_prefetch(dslt_backend *backend, const dslt_image *image, const dslt_frame_area *reads) {
  (void)backend;
  (void)image;
  (void)reads;
  return DSLT_OK;
}
