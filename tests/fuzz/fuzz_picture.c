/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer entry for what is read of a picture before a decoder sees it: the structure, the EXIF orientation and
 * binary PNM. */
#include <stdlib.h>
#include <string.h>

#include "media/decode.h"
#include "media/orient.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
  if (!truth) abort();
}

/* Twice turned by the opposite ways is the picture again. */
static void fuzz_turning(const dslt_frame *frame, int orientation) {
  static const int back[9] = {0, 1, 2, 3, 4, 5, 8, 7, 6};
  dslt_frame turned = {0}, again = {0};
  require(dslt_orient_frame(&turned, frame, orientation) == DSLT_OK);
  require(dslt_orient_frame(&again, &turned, back[orientation]) == DSLT_OK);
  require(again.width == frame->width && again.height == frame->height);
  require(memcmp(again.pixels, frame->pixels, frame->stride * (size_t)frame->height) == 0);
  dslt_frame_free(&turned);
  dslt_frame_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t *bytes = malloc(size ? size : 1); /* the exact size, so that reading beyond it is seen */
  if (!bytes) return 0;
  if (size) memcpy(bytes, data, size);
  require(dslt_picture_check(bytes, size) <= 0);
  const int orientation = dslt_exif_take_orientation(bytes, size);
  require(orientation >= 1 && orientation <= 8);
  dslt_frame frame = {0};
  if (size < 4096 && dslt_pnm_decode(&frame, bytes, size) == DSLT_OK)
    fuzz_turning(&frame, 1 + (int)(size % 8));
  dslt_frame_free(&frame);
  free(bytes);
  return 0;
}
