/* media.h: frames in and pictures out. Everything OpenCV does for dslt stands behind this header; without
 * OpenCV (DSLT_WITH_OPENCV=OFF) rendered scenes and PNM folders still work and the rest says what is missing.
 * Plain C; implemented in opencv.cpp (OpenCV), source.c, reader.c, pnm.c and scene.c. */
#ifndef DSLT_MEDIA_MEDIA_H
#define DSLT_MEDIA_MEDIA_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- sources ------------------------------------------------------------------------------------- */

/* A stream of frames, decoded ahead by a thread of its own. */
typedef struct dslt_source dslt_source;

typedef struct dslt_source_options {
  int64_t start;     /* frames skipped at the start, >= 0 */
  int64_t limit;     /* frames delivered at most; 0 = all */
  int read_ahead;    /* decoded frames waiting at most; 0 = 4 */
} dslt_source_options;

typedef struct dslt_source_info {
  int64_t frames;     /* frames that will be delivered; -1 when unknown (camera, stdin, some videos) */
  double fps;         /* nominal; 0 when unknown */
  char kind[16];      /* "video", "images", "camera", "list", "scene" */
} dslt_source_info;

/* Open `input`:
 *   FILE.mp4 and whatever else OpenCV decodes   a video
 *   DIR                                         its images in natural order (img2 before img10)
 *   "DIR/prefix*.png"                           a glob, natural order
 *   camera:N                                    a camera
 *   -                                           a list of image files on standard input, one a line
 *   scene:SEED                                  the rendered clip of scene.h (default size and length)
 * DSLT_EIO names the file; DSLT_EUNSUPPORTED without OpenCV. `options` NULL = all defaults. */
int dslt_source_open(dslt_source **out, const char *input, const dslt_source_options *options);
void dslt_source_info_get(dslt_source_info *out, const dslt_source *source);
/* Next frame: 1 = delivered, 0 = end, negative = error (a corrupt frame names its file or number; frames before
 * it were delivered). `out` is borrowed until the next call. `out->format` is whatever the file held (grey,
 * alpha and 16 bit are passed on as such). `*name` (may be NULL) is the file's path or "" and `*decode_ms` (may be
 * NULL) the time the decoder spent on this frame. */
int dslt_source_next(dslt_image *out, const char **name, double *decode_ms, dslt_source *source);
void dslt_source_close(dslt_source *source);

/* ---- pictures ------------------------------------------------------------------------------------ */

/* A drawable BGR8 picture owned by the caller. */
typedef struct dslt_canvas {
  int width, height;
  uint8_t *pixels; /* width * height * 3, rows packed */
} dslt_canvas;

int dslt_canvas_create(dslt_canvas *out, int width, int height);
/* Copy any frame format into the canvas, which takes the frame's size. */
int dslt_canvas_from_image(dslt_canvas *canvas, const dslt_image *image);
void dslt_canvas_free(dslt_canvas *canvas);
dslt_image dslt_canvas_image(const dslt_canvas *canvas);

typedef struct dslt_color { uint8_t b, g, r; } dslt_color;
/* Outline with sub-pixel corners rounded; parts outside the canvas are cut off. */
void dslt_canvas_box(dslt_canvas *canvas, const dslt_box *box, dslt_color color, int thickness);
/* Text with its top-left corner at (x, y); a no-op without OpenCV. */
void dslt_canvas_text(dslt_canvas *canvas, int x, int y, const char *text, double scale, dslt_color color);
/* Blend a response map over the window it covers, dark to bright (a perceptually even colour map). */
void dslt_canvas_heat(dslt_canvas *canvas, const dslt_response *response, double opacity);
/* The part of `src` under `window` (0-based, may leave the picture: edges replicated), resized to width x height. */
int dslt_canvas_crop(dslt_canvas *out, const dslt_canvas *src, const dslt_box *window, int width, int height);
/* Copy `src` into `dst` with its top-left corner at (x, y), cut at the edges. */
void dslt_canvas_paste(dslt_canvas *dst, const dslt_canvas *src, int x, int y);
/* Written under a temporary name, then renamed. PNG needs OpenCV; without it the file is a PPM and the name must end
 * in .ppm. */
int dslt_canvas_save(const dslt_canvas *canvas, const char *path);
/* A float map as NumPy's .npy (version 1.0, little-endian float32), atomically. */
int dslt_npy_save(const float *data, int height, int width, const char *path);

/* ---- overlay video ------------------------------------------------------------------------------- */

typedef struct dslt_video_writer dslt_video_writer;
/* H.264 or MPEG-4 in `path` (.mp4, .avi). Frames go to a temporary file beside it, renamed by _close. */
int dslt_video_writer_open(dslt_video_writer **out, const char *path, int width, int height, double fps);
int dslt_video_writer_write(dslt_video_writer *writer, const dslt_canvas *canvas);
/* Finish the file; with `keep` 0 the temporary file is removed. Frees the writer in every case. */
int dslt_video_writer_close(dslt_video_writer *writer, int keep);

/* ---- window (never opened unless asked) ---------------------------------------------------------- */

/* Show a frame; returns 1 to go on, 0 when the user pressed q or Esc or closed the window, negative on error.
 * DSLT_EDISPLAY without a display. */
int dslt_window_show(const dslt_canvas *canvas, const char *title);
void dslt_window_close(const char *title);
/* Let the user draw a box with the mouse. DSLT_EDISPLAY without a display (says: use --box); DSLT_EBOX when
 * cancelled. */
int dslt_window_select(dslt_box *out, const dslt_canvas *canvas, const char *title);

/* "OpenCV 4.6.0 (FFMPEG)" or "none". Static storage. */
const char *dslt_media_library(void);

#ifdef __cplusplus
}
#endif

#endif
