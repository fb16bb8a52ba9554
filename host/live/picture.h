/* SPDX-License-Identifier: Apache-2.0 */
/* picture.h: frames on their way to the page. The thread that tracks copies a frame into a picture that nobody reads; the
 * first reader encodes it, in its own thread, and others take the same bytes. */
#ifndef DSLT_LIVE_PICTURE_H
#define DSLT_LIVE_PICTURE_H

#include <pthread.h>
#include <stdint.h>

#include "media/media.h"

/* The present one, one being made, and two for readers of older ones. */
#define DSLT_LIVE_PICTURES 4

typedef struct dslt_live_picture {
  int64_t number; /* 0 = it holds nothing */
  int readers;    /* under the session's lock, as is `number` */
  dslt_canvas canvas;
  uint8_t *maps;
  size_t map_bytes, map_room;
  pthread_mutex_t encoding; /* protects the rest */
  unsigned char *bytes;     /* encoded; NULL until somebody wants it */
  size_t size;
  const char *type; /* MIME */
} dslt_live_picture;

void dslt_live_picture_init(dslt_live_picture *picture);
/* Fill a picture that has no reader. DSLT_EMEMORY, DSLT_EFRAME. */
int dslt_live_picture_fill(dslt_live_picture *picture, const dslt_image *frame, const uint8_t *maps,
                           size_t map_bytes);
/* Encode it unless that is done. Wide frames are shrunk: the page needs no more pixels. Errors of dslt_canvas_encode(). */
int dslt_live_picture_encode(dslt_live_picture *picture);
void dslt_live_picture_free(dslt_live_picture *picture);

#endif
