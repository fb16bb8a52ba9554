/* SPDX-License-Identifier: Apache-2.0 */
/* media.h: input of frames and output of pictures and videos. All uses of OpenCV and FFmpeg are behind this
 * interface. Videos are read and written by FFmpeg's own libraries, or by OpenCV in a build without them;
 * pictures, cameras and windows are OpenCV's. Without either, rendered scenes and PNM folders still work, and
 * other inputs are errors that name the missing library. Plain C. */
#ifndef DSLT_MEDIA_MEDIA_H
#define DSLT_MEDIA_MEDIA_H

#include <signal.h>

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- sources ------------------------------------------------------------------------------------- */

/* A stream of frames, decoded ahead by a thread of its own. */
typedef struct dslt_source dslt_source;

typedef struct dslt_source_options {
  int64_t start;  /* frames skipped at the start, >= 0 */
  int64_t limit;  /* frames delivered at most; 0 = all */
  int read_ahead; /* decoded frames waiting at most; 0 = 4 */
  int held;      /* delivered frames that stay valid: 1 (or 0) = the last one, 2 = the one before too; 0..8 */
  int as_stored; /* 1: pixels as the file has them; 0: upright, by the orientation in video or EXIF data */
  int live;      /* 1: always the newest frame of an address, a pipe or a camera; others are passed over */
  /* Not 0 ends every wait for the input: opening fails, and where no frame is ready the source has ended. A handler of
   * signals may set it at any time. NULL: nothing ends a wait. */
  const volatile sig_atomic_t *interrupt;
} dslt_source_options;

typedef struct dslt_source_info {
  int64_t frames; /* number of frames that will be delivered; -1 when unknown (video, camera, stdin) */
  int64_t about;  /* the same if known, else an estimate; -1 without one */
  double fps;     /* nominal; 0 when unknown */
  int aspect[2];  /* width : height of a delivered pixel; 1 : 1 when square or not said */
  char kind[16];  /* "video", "images", "camera", "list", "scene" */
  int live;       /* 1: live; reading a frame ahead would wait for it */
  int drops;      /* 1: frames that are not asked for in time are passed over */
} dslt_source_info;

/* 1 when a file of this name counts as a picture of a folder, by its ending; hidden files do not. */
int dslt_picture_name(const char *path);

/* Open `input`:
 *   FILE.mp4 and whatever else can be decoded   a video
 *   rtsp://... http://... and others            a stream from a network
 *   /dev/stdin, /dev/fd/N, pipe:N, pipe://      a video as it comes through a pipe; a named pipe too. pipe: and pipe:// are
 *                                               standard input
 *   FILE.png                                    a single picture
 *   DIR                                         its pictures in natural order (img2 before img10); other files
 *                                               and hidden ones are skipped
 *   "DIR/prefix*.png"                           a glob, natural order
 *   camera:N                                    a camera; frames that are not read in time are dropped
 *   -                                           a list of picture files on standard input, one a line
 *   scene:SEED or scene:SEED:WIDTHxHEIGHT       the rendered clip of scene.h
 * An existing file of that name takes precedence over every other meaning, so a name may contain colons. In a
 * folder or glob no two names may differ only in their ending (1.jpg, 1.png: the same frame twice,
 * DSLT_EARGUMENT). Pictures end in .bmp .exr .jpeg .jpg .pgm .png .pnm .ppm .tif .tiff .webp, in either case.
 * `options` NULL = all defaults. The decoder's thread starts at once. DSLT_EARGUMENT (a first frame beyond
 * the end, a malformed name), DSLT_EIO (missing, unreadable, a folder without pictures), DSLT_EFORMAT (no
 * video), DSLT_EUNSUPPORTED (without OpenCV), DSLT_EMEMORY; all name the input. */
int dslt_source_open(dslt_source **out, const char *input, const dslt_source_options *options);
void dslt_source_info_get(dslt_source_info *out, const dslt_source *source);
/* 1 when `input` names a rendered clip: scene:... and no file of this name. */
int dslt_source_is_scene(const char *input);
/* Next frame: 1 = delivered, 0 = end, negative = error, reported after the frames before it; later calls
 * return the same. `out` is borrowed until the next call (with `held` 2: the call after it, and so on).
 * `out->format` is whatever the file held (grey, alpha and 16 bit are passed on as such, 16-bit alpha is
 * dropped); sizes may change from frame to frame. `*name` (may be NULL) is the file's path or "", valid as
 * long as `out`, and `*decode_ms` (may be NULL) the time the decoder spent on this frame. Errors name the
 * file: DSLT_EFORMAT a damaged picture, or a video that cannot be decoded any further; DSLT_EFRAME beyond
 * 16384 pixels a side or floating-point pixels; DSLT_EIO. Damaged spots of a video are skipped: see
 * dslt_source_damaged(). JPEG data that is damaged in the middle carries no checksum and goes unnoticed. */
int dslt_source_next(dslt_image *out, const char **name, double *decode_ms, dslt_source *source);
/* Time of the frame delivered last, in seconds as its container has it (what ffprobe shows as the frame's
 * time); NaN where there is none: pictures, cameras. A rendered clip has 30 frames a second. */
double dslt_source_time(const dslt_source *source);
/* What a live input lost, and how old the frame delivered last is. */
typedef struct dslt_source_delay {
  int64_t dropped; /* frames passed over so far */
  double arrived;  /* when that frame was decoded, by dslt_seconds() */
} dslt_source_delay;
void dslt_source_delay_get(dslt_source_delay *out, const dslt_source *source);
/* A full sentence for the user: how frames are rotated, which were damaged. 1, or 0 when there is none (any
 * more); call it after opening and after every frame. */
int dslt_source_note(char *out, size_t size, dslt_source *source);
/* Number of damaged spots skipped so far; each is reported in a sentence. */
int64_t dslt_source_damaged(dslt_source *source);
/* Stop the decoder and free everything; NULL is allowed. Waits for a camera that does not respond. */
void dslt_source_close(dslt_source *source);

/* ---- pictures ------------------------------------------------------------------------------------ */

/* A drawable BGR8 picture owned by the caller; {0} is an empty one that the functions below may fill. */
typedef struct dslt_canvas {
  int width, height;
  uint8_t *pixels; /* width * height * 3, rows packed */
} dslt_canvas;

/* Black, 1..16384 pixels a side. DSLT_EARGUMENT, DSLT_EMEMORY. `*out` is overwritten, not freed. */
int dslt_canvas_create(dslt_canvas *out, int width, int height);
/* Copy any frame format into the canvas ({0} or made before), which takes the frame's size. Of 16 bits the
 * high byte is kept. DSLT_EFRAME, DSLT_EMEMORY. */
int dslt_canvas_from_image(dslt_canvas *canvas, const dslt_image *image);
void dslt_canvas_free(dslt_canvas *canvas);
dslt_image dslt_canvas_image(const dslt_canvas *canvas);

typedef struct dslt_color {
  uint8_t b, g, r;
} dslt_color;
/* Outline with sub-pixel corners rounded; parts outside the canvas are cut off. */
void dslt_canvas_box(dslt_canvas *canvas, const dslt_box *box, dslt_color color, int thickness);
/* Text with its top-left corner at (x, y); a no-op without OpenCV. */
void dslt_canvas_text(dslt_canvas *canvas, int x, int y, const char *text, double scale, dslt_color color);
/* Blend a response map over the window it covers, dark violet at 0 or below to pale yellow at 1 or above,
 * lightness in even steps. `opacity` 0..1. */
void dslt_canvas_heat(dslt_canvas *canvas, const dslt_response *response, double opacity);
/* The part of `src` under `window` (0-based, may leave the picture: edges replicated), resized to width x
 * height pixels and put in place of what `out` ({0} or made before, may be `src`) held. DSLT_EBOX,
 * DSLT_EARGUMENT. */
int dslt_canvas_crop(dslt_canvas *out, const dslt_canvas *src, const dslt_box *window, int width, int height);
/* Copy `src` into `dst` with its top-left corner at (x, y), cut at the edges. */
void dslt_canvas_paste(dslt_canvas *dst, const dslt_canvas *src, int x, int y);
/* As .png, .jpg or .ppm by the name's end, under a temporary name that is renamed at last. .png and .jpg need
 * OpenCV (DSLT_EUNSUPPORTED). DSLT_EIO, DSLT_EARGUMENT. */
int dslt_canvas_save(const dslt_canvas *canvas, const char *path);
/* As a file in memory for a browser, free() the bytes: JPEG of `quality` 1..100 or, without OpenCV, an uncompressed BMP;
 * `*type` is its MIME type, static storage. DSLT_EMEMORY, DSLT_EIO. */
int dslt_canvas_encode(unsigned char **bytes, size_t *size, const char **type, const dslt_canvas *canvas,
                       int quality);
/* A float map as NumPy's .npy (version 1.0, little-endian float32), atomically. */
int dslt_npy_save(const float *data, int height, int width, const char *path);

/* ---- overlay video ------------------------------------------------------------------------------- */

typedef struct dslt_video_writer dslt_video_writer;

typedef struct dslt_video_format {
  int width, height;
  double fps;    /* nominal; outside 0.1..1000 it counts as 30 */
  int aspect[2]; /* width : height of a pixel; {0} = square */
} dslt_video_format;

/* H.264, or MPEG-4 where there is no encoder for it, in `path` (.mp4, .avi). Frames go to a temporary file
 * beside it, renamed by _close. Of odd sizes the last column or row is left out. DSLT_EARGUMENT, DSLT_EIO,
 * DSLT_EUNSUPPORTED. */
int dslt_video_writer_open(dslt_video_writer **out, const char *path, const dslt_video_format *format);
/* The canvas must have the size given at the start (DSLT_EFRAME). `seconds`: the frame's time on any clock;
 * NaN: one nominal interval after the frame before, and so where the clock goes back, or ahead by more than 10 s
 * (and three nominal intervals). An .mp4 keeps the times; an .avi, and OpenCV's writer, have one rate: frames are
 * repeated or left out to keep pace. A full disk may show only in _close. */
int dslt_video_writer_write(dslt_video_writer *writer, const dslt_canvas *canvas, double seconds);
/* A sentence on frames or times that the file cannot represent, or "". Valid until _close. */
const char *dslt_video_writer_note(dslt_video_writer *writer);
/* Finish the file, check that everything was written, and rename it to its final name; with `keep` 0 or on
 * failure (DSLT_EIO) the temporary file is removed and `path` stays as it was. Frees the writer in every
 * case. */
int dslt_video_writer_close(dslt_video_writer *writer, int keep);

/* ---- window (never opened unless asked) ---------------------------------------------------------- */

/* Show a frame; returns 1 to go on, 0 when the user pressed q or Esc or closed the window, negative on error.
 * DSLT_EDISPLAY without a display. */
int dslt_window_show(const dslt_canvas *canvas, const char *title);
void dslt_window_close(const char *title);
/* Let the user draw a box with the mouse. DSLT_EDISPLAY without a display (says: use --box); DSLT_EBOX when
 * cancelled. */
int dslt_window_select(dslt_box *out, const dslt_canvas *canvas, const char *title);

/* "FFmpeg 5.1.6, OpenCV 4.6.0 (FFMPEG)", the libraries of this build, or "none". Static storage. */
const char *dslt_media_library(void);
/* 1 when this build can write videos; and .png and .jpg pictures. */
int dslt_media_writes_videos(void);
int dslt_media_writes_pictures(void);

#ifdef __cplusplus
}
#endif

#endif
