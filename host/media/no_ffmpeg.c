/* SPDX-License-Identifier: Apache-2.0 */
/* no_ffmpeg.c: replaces ffmpeg.c in a build without FFmpeg's libraries; video.c and writer.c then use
 * OpenCV. */
#ifndef DSLT_FFMPEG
#include "base/error.h"
#include "media/ffmpeg.h"

#define NEEDS "this build has no FFmpeg; install libavformat-dev and its fellows and build again"

int dslt_ff_video_open(dslt_ff_video **out, dslt_video_facts *facts, const dslt_video_request *request) {
  (void)out, (void)facts;
  return dslt_fail(DSLT_EUNSUPPORTED, "%s cannot be read: " NEEDS ".", request->path);
}

int dslt_ff_video_next(dslt_frame *out, dslt_ff_video *video, const atomic_bool *stop) {
  (void)out, (void)video, (void)stop;
  return dslt_fail(DSLT_EUNSUPPORTED, "Videos cannot be read: " NEEDS ".");
}

void dslt_ff_video_close(dslt_ff_video *video) { (void)video; }

const char *dslt_ff_version(void) { return NULL; }

int dslt_ff_writer_open(dslt_ff_writer **out, const char *path, const char *container,
                        const dslt_video_format *format) {
  (void)out, (void)path, (void)container, (void)format;
  return dslt_fail(DSLT_EUNSUPPORTED, "Videos cannot be written: " NEEDS ".");
}

int dslt_ff_writer_write(dslt_ff_writer *writer, const dslt_canvas *canvas, double seconds) {
  (void)writer, (void)canvas, (void)seconds;
  return dslt_fail(DSLT_EUNSUPPORTED, "Videos cannot be written: " NEEDS ".");
}

int dslt_ff_writer_close(dslt_ff_writer *writer) {
  (void)writer;
  return DSLT_OK;
}

#else
typedef int dslt_no_ffmpeg_is_empty; /* ISO C requires a declaration in every file */
#endif
