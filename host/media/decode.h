/* SPDX-License-Identifier: Apache-2.0 */
/* decode.h: the interface between this folder's C code and opencv.cpp, or no_opencv.c, which reports that
 * OpenCV is missing. */
#ifndef DSLT_MEDIA_DECODE_H
#define DSLT_MEDIA_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "media/media.h"
#include "media/notes.h"

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
  double time;    /* seconds, as the container has it; NaN where there is none */
  int64_t number; /* of the frame among those that were decoded, from 0 */
  double arrived; /* when it was decoded, by dslt_seconds() */
} dslt_frame;

/* Bytes of a pixel. */
int dslt_format_bytes(dslt_pixel_format format);
/* Make room for packed rows and set size, stride and format. DSLT_EFRAME beyond 16384 a side,
 * DSLT_EMEMORY. */
int dslt_frame_reserve(dslt_frame *frame, int width, int height, dslt_pixel_format format);
/* The same with rows that begin at multiples of `align` bytes, and as many bytes of room behind the last. */
int dslt_frame_reserve_rows(dslt_frame *frame, int width, int height, dslt_pixel_format format, size_t align);
/* DSLT_EFRAME with a sentence when a frame of this size is refused. Called before anything is allocated. */
int dslt_frame_check_size(int64_t width, int64_t height);
void dslt_frame_free(dslt_frame *frame);

/* Binary PGM or PPM (P5, P6; 8 and 16 bit; samples are spread to the full range when maxval is smaller).
 * DSLT_EFORMAT, DSLT_EFRAME; the sentence does not name the file. */
int dslt_pnm_decode(dslt_frame *out, const uint8_t *bytes, size_t size);

/* Check the structure of an encoded picture before it is decoded: recognise the type, refuse sizes beyond the
 * limit, files that end early and damaged PNG blocks. DSLT_EFORMAT, DSLT_EFRAME; does not name the file. */
int dslt_picture_check(const uint8_t *bytes, size_t size);

/* The orientation that an encoded picture's EXIF data ask for, 1..8 (orient.h), 1 when there is none. In a
 * TIFF the tag is set to 1 as well, so that no decoder applies it. */
int dslt_exif_take_orientation(uint8_t *bytes, size_t size);

/* The same of the picture file `path`. DSLT_EIO, DSLT_EFORMAT, DSLT_EMEMORY; sentences name it. */
int dslt_picture_orientation(int *out, const char *path);

/* The whole file `path` decoded. With `orientation` NULL the pixels stay as stored; else the frame is upright
 * and `*orientation` says how it lay in the file. Sentences name the file. */
int dslt_picture_load(dslt_frame *out, const char *path, int *orientation);

/* An encoded picture in memory, as stored. Sentences begin with `name`. An orientation in a TIFF is set to 1. */
int dslt_picture_decode(dslt_frame *out, uint8_t *bytes, size_t size, const char *name);

/* ---- pictures by OpenCV; without it all fail with DSLT_EUNSUPPORTED ------------------------------ */

/* Does not name the file. */
int dslt_cv_decode(dslt_frame *out, const uint8_t *bytes, size_t size);
/* Encode as `extension` (".png", ".jpg") with a JPEG's quality 1..100 (0: OpenCV's own); free() the bytes. */
int dslt_cv_encode(unsigned char **bytes, size_t *size, const dslt_canvas *canvas, const char *extension,
                   int quality);

/* ---- videos by OpenCV; FFmpeg's are in ffmpeg.h -------------------------------------------------- */

typedef struct dslt_video_facts {
  double fps;      /* nominal; 0 when unknown */
  int64_t about;   /* by duration and rate or the container's count, inexact; -1 unknown */
  int orientation; /* of the stored pictures (orient.h); 0: a matrix that is none of the eight */
  int aspect[2];   /* width : height of a delivered pixel; 1 : 1 when square or not said */
} dslt_video_facts;

typedef struct dslt_video_request {
  const char *path;  /* a local file, or an address with :// if `address` is 1 */
  int address;       /* 1: a stream from a network, whose frames may be delayed */
  int piped;         /* 1: `descriptor` is read instead, as far as it goes */
  int descriptor;    /* a file descriptor */
  int as_stored;     /* 1: do not rotate */
  dslt_notes *notes; /* receives remarks for the user */
  /* Or NULL; not 0 ends opening. */
  const volatile sig_atomic_t *interrupt;
} dslt_video_request;

/* The orientation that an MP4 or QuickTime file asks for (orient.h), read from its boxes; 1 for other
 * files. */
int dslt_mp4_orientation(const char *path);

typedef struct dslt_cv_video dslt_cv_video;
/* `request` NULL: camera number `camera`. */
int dslt_cv_video_open(dslt_cv_video **out, dslt_video_facts *facts, const dslt_video_request *request,
                       int camera);
int dslt_cv_video_next(dslt_frame *out, dslt_cv_video *video);
void dslt_cv_video_close(dslt_cv_video *video);
/* "OpenCV 4.6.0 (FFMPEG)"; NULL without it. */
const char *dslt_cv_version(void);

/* The encoder used by writer.c. `path` is the temporary file; sentences do not name it. */

typedef struct dslt_cv_writer dslt_cv_writer;
int dslt_cv_writer_open(dslt_cv_writer **out, const char *path, const dslt_video_format *format);
int dslt_cv_writer_write(dslt_cv_writer *writer, const dslt_canvas *canvas);
int dslt_cv_writer_close(dslt_cv_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
