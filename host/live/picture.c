/* SPDX-License-Identifier: Apache-2.0 */
/* picture.c: frames on their way to the page. */
#include "live/picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { WIDEST = 1280, QUALITY = 80 };

void dslt_live_picture_init(dslt_live_picture *picture) {
  memset(picture, 0, sizeof *picture);
  pthread_mutex_init(&picture->encoding, NULL);
}

static int keep_maps(dslt_live_picture *p, const uint8_t *maps, size_t bytes) {
  if (bytes > p->map_room) {
    uint8_t *grown = realloc(p->maps, bytes);
    if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory for response maps.");
    p->maps = grown;
    p->map_room = bytes;
  }
  if (bytes) memcpy(p->maps, maps, bytes);
  p->map_bytes = bytes;
  return DSLT_OK;
}

int dslt_live_picture_fill(dslt_live_picture *p, const dslt_image *frame, const uint8_t *maps,
                           size_t map_bytes) {
  free(p->bytes);
  p->bytes = NULL;
  p->size = 0;
  DSLT_TRY(dslt_canvas_from_image(&p->canvas, frame));
  return keep_maps(p, maps, map_bytes);
}

static int encode(dslt_live_picture *p) {
  const dslt_canvas *all = &p->canvas;
  if (all->width <= WIDEST) return dslt_canvas_encode(&p->bytes, &p->size, &p->type, all, QUALITY);
  const dslt_box window = {0, 0, all->width, all->height};
  const int height = (int)((double)all->height * WIDEST / all->width + 0.5);
  dslt_canvas small = {0};
  int rc;
  DSLT_TRY_OR_DONE(dslt_canvas_crop(&small, all, &window, WIDEST, height > 0 ? height : 1));
  rc = dslt_canvas_encode(&p->bytes, &p->size, &p->type, &small, QUALITY);
done:
  dslt_canvas_free(&small);
  return rc;
}

int dslt_live_picture_encode(dslt_live_picture *picture) {
  pthread_mutex_lock(&picture->encoding);
  const int rc = picture->bytes ? DSLT_OK : encode(picture);
  pthread_mutex_unlock(&picture->encoding);
  return rc;
}

void dslt_live_picture_free(dslt_live_picture *picture) {
  dslt_canvas_free(&picture->canvas);
  free(picture->maps);
  free(picture->bytes);
  pthread_mutex_destroy(&picture->encoding);
}
