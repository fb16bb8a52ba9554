/* SPDX-License-Identifier: Apache-2.0 */
/* no_opencv.c: replaces opencv.cpp in a build without OpenCV. */
#ifndef DSLT_OPENCV
#include "base/error.h"
#include "media/decode.h"

#define NEEDS "this build has no OpenCV; install libopencv-dev and build again"

int dslt_cv_decode(dslt_frame *out, const uint8_t *bytes, size_t size) {
  (void)out, (void)bytes, (void)size;
  return dslt_fail(DSLT_EUNSUPPORTED, "Pictures other than binary .pgm and .ppm cannot be read: " NEEDS ".");
}

int dslt_cv_encode(unsigned char **bytes, size_t *size, const dslt_canvas *canvas, const char *extension,
                   int quality) {
  (void)bytes, (void)size, (void)canvas, (void)quality;
  return dslt_fail(DSLT_EUNSUPPORTED, "Pictures of type %s cannot be written (.ppm can): " NEEDS ".",
                   extension);
}

int dslt_cv_video_open(dslt_cv_video **out, dslt_video_facts *facts, const dslt_video_request *request,
                       int camera) {
  (void)out, (void)facts;
  if (!request) return dslt_fail(DSLT_EUNSUPPORTED, "Camera %d cannot be opened: " NEEDS ".", camera);
  return dslt_fail(
      DSLT_EUNSUPPORTED,
      "%s is no folder of pictures, and videos cannot be read: this build has neither FFmpeg nor "
      "OpenCV; install libavformat-dev and its fellows, or libopencv-dev, and build again.",
      request->path);
}

int dslt_cv_video_next(dslt_frame *out, dslt_cv_video *video) {
  (void)out, (void)video;
  return dslt_fail(DSLT_EUNSUPPORTED, "Videos cannot be read: " NEEDS ".");
}

void dslt_cv_video_close(dslt_cv_video *video) { (void)video; }

void dslt_canvas_text(dslt_canvas *canvas, int x, int y, const char *text, double scale, dslt_color color) {
  (void)canvas, (void)x, (void)y, (void)text, (void)scale, (void)color;
}

int dslt_cv_writer_open(dslt_cv_writer **out, const char *path, const dslt_video_format *format) {
  (void)out, (void)path, (void)format;
  return dslt_fail(DSLT_EUNSUPPORTED, "Videos cannot be written: " NEEDS ".");
}

int dslt_cv_writer_write(dslt_cv_writer *writer, const dslt_canvas *canvas) {
  (void)writer, (void)canvas;
  return dslt_fail(DSLT_EUNSUPPORTED, "Videos cannot be written: " NEEDS ".");
}

int dslt_cv_writer_close(dslt_cv_writer *writer) {
  (void)writer;
  return DSLT_OK;
}

int dslt_window_show(const dslt_canvas *canvas, const char *title) {
  (void)canvas;
  return dslt_fail(DSLT_EUNSUPPORTED, "The window %s cannot be opened: " NEEDS ".", title);
}

void dslt_window_close(const char *title) { (void)title; }

int dslt_window_select(dslt_box *out, const dslt_canvas *canvas, const char *title) {
  (void)out, (void)canvas, (void)title;
  return dslt_fail(DSLT_EUNSUPPORTED, "No box can be drawn with the mouse: " NEEDS ", or give --box.");
}

const char *dslt_cv_version(void) { return NULL; }

#else
typedef int dslt_no_opencv_is_empty; /* ISO C requires a declaration in every file */
#endif
