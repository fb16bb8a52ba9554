/* SPDX-License-Identifier: Apache-2.0 */
/* decode.h: between the plain C of this folder and opencv.cpp (or no_opencv.c, which says what is missing).
 */
#ifndef DSLT_MEDIA_DECODE_H
#define DSLT_MEDIA_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "media/media.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A decoded frame in a buffer that grows as needed and is used again. Zero-initialise, free with _free. */
typedef struct dslt_frame {
  uint8_t *pixels;
  size_t capacity; /* bytes */
  int width, height;
  size_t stride; /* bytes */
  dslt_pixel_format format;
  char *name; /* the file it came from, or NULL; owned */
  double decode_ms;
} dslt_frame;

/* Bytes of a pixel. */
int dslt_format_bytes(dslt_pixel_format format);
/* Make room for packed rows and set size, stride and format. DSLT_EFRAME beyond 16384 a side, DSLT_EMEMORY.
 */
int dslt_frame_reserve(dslt_frame *frame, int width, int height, dslt_pixel_format format);
/* DSLT_EFRAME with a sentence when a frame of this size is refused. Called before anything is allocated. */
int dslt_frame_check_size(int64_t width, int64_t height);
void dslt_frame_free(dslt_frame *frame);

/* Binary PGM or PPM (P5, P6; 8 and 16 bit; samples are spread to the full range when maxval is smaller).
 * DSLT_EFORMAT, DSLT_EFRAME; the sentence does not name the file. */
int dslt_pnm_decode(dslt_frame *out, const uint8_t *bytes, size_t size);

/* Look at the structure of an encoded picture before a decoder sees it: recognise the type, refuse sizes
 * beyond the limit, files that end early and damaged PNG blocks. DSLT_EFORMAT, DSLT_EFRAME; does not name the
 * file. */
int dslt_picture_check(const uint8_t *bytes, size_t size);

/* The whole file `path` decoded. Sentences name it. */
int dslt_picture_load(dslt_frame *out, const char *path);

/* ---- by OpenCV; without it all fail with DSLT_EUNSUPPORTED ------------------------------------------------
 */

/* Does not name the file. */
int dslt_cv_decode(dslt_frame *out, const uint8_t *bytes, size_t size);
/* Encode as `extension` (".png", ".jpg"); free() the bytes. */
int dslt_cv_encode(unsigned char **bytes, size_t *size, const dslt_canvas *canvas, const char *extension);

typedef struct dslt_cv_video dslt_cv_video;
/* `path` is a file, or NULL for camera number `camera`. Sentences name it. */
int dslt_cv_video_open(dslt_cv_video **out, const char *path, int camera);
/* Frames the container announces; -1 when unknown. */
int64_t dslt_cv_video_frames(const dslt_cv_video *video);
double dslt_cv_video_fps(const dslt_cv_video *video);
/* Next frame; with `out` NULL it is passed over. 1, 0 at the end, negative. */
int dslt_cv_video_next(dslt_frame *out, dslt_cv_video *video);
void dslt_cv_video_close(dslt_cv_video *video);

#ifdef __cplusplus
}
#endif

#endif
