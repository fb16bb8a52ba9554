/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c: a video file that appears whole or not at all, by FFmpeg or OpenCV; and which of the two this
 * build has. */
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "media/ffmpeg.h"

enum { LARGEST_SIDE = 16384 };
static const double longest_gap = 10; /* seconds; as long an .avi repeats a frame */

struct dslt_video_writer {
  dslt_ff_writer *ffmpeg; /* one of the two */
  dslt_cv_writer *opencv;
  dslt_atomic_file file;
  char *path;
  dslt_video_format format;
  int constant;       /* 1: one rate; frame number k is shown at k / fps */
  int64_t frames;     /* in the file */
  double start, last; /* the input's time at 0 of the clip, moved by jumps; the last frame's in the clip */
  double gap;         /* a longer one is a jump */
  int64_t jumps, jump_frame;
  double jump, jump_time; /* the first: seconds of the input, and where in the clip */
  /* with one rate: */
  dslt_canvas waiting; /* the last frame, kept until its duration is known */
  int64_t slot;        /* its number */
  int64_t repeated, left_out;
  int failed; /* 1: a frame could not be written, so the file is unusable */
  char note[480];
};

static int is_avi(const char *path) { return strcasecmp(strrchr(path, '.'), ".avi") == 0; }

static int check(const char *path, const dslt_video_format *f) {
  const char *dot = strrchr(path, '.');
  if (!dot || (strcasecmp(dot, ".mp4") != 0 && strcasecmp(dot, ".avi") != 0))
    return dslt_fail(DSLT_EARGUMENT, "%s: a video's name must end in .mp4 or .avi.", path);
  if (f->width < 2 || f->height < 2 || f->width > LARGEST_SIDE || f->height > LARGEST_SIDE)
    return dslt_fail(DSLT_EARGUMENT,
                     "%s: a video of %d x %d pixels cannot be written; give 2..%d for each side.", path,
                     f->width, f->height, LARGEST_SIDE);
  if (!dslt_media_writes_videos())
    return dslt_fail(
        DSLT_EUNSUPPORTED,
        "%s cannot be written: this build has neither FFmpeg nor OpenCV; install libavformat-dev and "
        "its fellows, or libopencv-dev, and build again.",
        path);
  return DSLT_OK;
}

static int open_file(dslt_video_writer *w) {
  DSLT_TRY(dslt_atomic_open(&w->file, w->path));
  if (!w->file.temp) return dslt_fail(DSLT_EIO, "%s cannot be written: it is not an ordinary file.", w->path);
  fclose(w->file.stream); /* the encoders open the file by name */
  w->file.stream = NULL;
  const char *container = is_avi(w->path) ? "avi" : "mp4"; /* behind a link the file may be named otherwise */
  const int rc = dslt_ff_version() ? dslt_ff_writer_open(&w->ffmpeg, w->file.temp, container, &w->format)
                                   : dslt_cv_writer_open(&w->opencv, w->file.temp, &w->format);
  return rc < 0 ? dslt_fail_prefix(rc, w->path) : DSLT_OK;
}

static void release(dslt_video_writer *w) {
  dslt_atomic_abort(&w->file);
  dslt_canvas_free(&w->waiting);
  free(w->path);
  free(w);
}

/* A video whose usual interval is long has longer gaps. */
static double gap_limit(const dslt_video_writer *w, double fps) {
  const double rate = w->constant || !(fps >= 1e-3) ? w->format.fps : fps;
  return fmax(longest_gap, 3 / rate);
}

int dslt_video_writer_open(dslt_video_writer **out, const char *path, const dslt_video_format *format) {
  DSLT_TRY(check(path, format));
  dslt_video_writer *w = calloc(1, sizeof *w);
  if (!w || !(w->path = strdup(path))) {
    free(w);
    return dslt_fail(DSLT_EMEMORY, "No memory to open %s.", path);
  }
  w->format = *format;
  if (!(w->format.fps >= 0.1 && w->format.fps <= 1000)) w->format.fps = 30; /* images have no rate */
  w->constant = !dslt_ff_version() || is_avi(path);
  w->gap = gap_limit(w, format->fps);
  const int rc = open_file(w);
  if (rc < 0)
    release(w);
  else
    *out = w;
  return rc;
}

/* ---- frames -------------------------------------------------------------------------------------- */

static int put(dslt_video_writer *w, const dslt_canvas *canvas, double seconds) {
  const int rc =
      w->ffmpeg ? dslt_ff_writer_write(w->ffmpeg, canvas, seconds) : dslt_cv_writer_write(w->opencv, canvas);
  w->failed |= rc < 0;
  if (rc < 0) return dslt_fail_prefix(rc, w->path);
  w->frames++;
  return DSLT_OK;
}

/* Write the pending frame repeatedly, up to frame number `end`. */
static int put_waiting(dslt_video_writer *w, int64_t end) {
  for (int64_t k = w->slot; k < end; k++) {
    DSLT_TRY(put(w, &w->waiting, (double)k / w->format.fps));
    w->repeated += k > w->slot;
  }
  return DSLT_OK;
}

static int keep_pace(dslt_video_writer *w, const dslt_canvas *canvas) {
  const int64_t slot = llround(w->last * w->format.fps);
  if (w->waiting.pixels) {
    if (slot <= w->slot)
      w->left_out++; /* this frame replaces the previous one */
    else
      DSLT_TRY(put_waiting(w, slot));
  }
  if (slot > w->slot) w->slot = slot;
  const dslt_image image = dslt_canvas_image(canvas);
  return dslt_canvas_from_image(&w->waiting, &image);
}

/* A stream that begins again, or a clock that was set: the clip goes on one step later. */
static void follow_jump(dslt_video_writer *w, double seconds, double step) {
  const double jump = seconds - w->start - w->last;
  w->last += step;
  w->start = seconds - w->last;
  if (w->jumps++ > 0) return;
  w->jump = jump;
  w->jump_time = w->last;
  w->jump_frame = w->constant ? llround(w->last * w->format.fps) : w->frames;
}

/* When the frame of the input's time `seconds` is shown. */
static void find_time(dslt_video_writer *w, double seconds) {
  const double step = 1 / w->format.fps, at = seconds - w->start;
  if (w->frames == 0 && !w->waiting.pixels)
    w->start = isfinite(seconds) ? seconds : 0;
  else if (!isfinite(at))
    w->last += step;
  else if (at < w->last - step / 2 || at > w->last + w->gap)
    follow_jump(w, seconds, step);
  else
    w->last = at > w->last ? at : w->last + 0.001; /* the same time twice, or a clock's jitter */
}

int dslt_video_writer_write(dslt_video_writer *writer, const dslt_canvas *canvas, double seconds) {
  dslt_video_writer *w = writer;
  if (canvas->width != w->format.width || canvas->height != w->format.height)
    return dslt_fail(DSLT_EFRAME, "%s holds frames of %d x %d pixels; one of %d x %d cannot be added.",
                     w->path, w->format.width, w->format.height, canvas->width, canvas->height);
  find_time(w, seconds);
  return w->constant ? keep_pace(w, canvas) : put(w, canvas, w->last);
}

/* Another sentence, or as much of it as there is room for. */
__attribute__((format(printf, 2, 3))) static void add_note(dslt_video_writer *w, const char *format, ...) {
  size_t used = strlen(w->note);
  if (used > 0 && used + 1 < sizeof w->note) w->note[used++] = ' ';
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(w->note + used, sizeof w->note - used, format, arguments);
  va_end(arguments);
}

static void tell_jumps(dslt_video_writer *w) {
  char later[48] = "";
  if (w->jumps > 1)
    snprintf(later, sizeof later, ", and %lld more time%s later", (long long)w->jumps - 1,
             w->jumps == 2 ? "" : "s");
  add_note(
      w,
      "The input's times jump %s by %.3f s at frame %lld (%.3f s) of %s%s; the clip goes on without the jump.",
      w->jump < 0 ? "back" : "ahead", fabs(w->jump), (long long)w->jump_frame, w->jump_time, w->path, later);
}

const char *dslt_video_writer_note(dslt_video_writer *writer) {
  dslt_video_writer *w = writer;
  w->note[0] = 0;
  if (w->repeated + w->left_out > 0)
    add_note(w, "%s has one frame rate: to keep pace %lld frames are repeated and %lld left out%s.", w->path,
             (long long)w->repeated, (long long)w->left_out,
             w->opencv ? "" : "; an .mp4 keeps each frame's own time");
  if (w->jumps > 0) tell_jumps(w);
  if (w->opencv && w->format.aspect[0] != w->format.aspect[1])
    add_note(w, "Its pixels are square, those of the input %d:%d: OpenCV cannot write that; FFmpeg can.",
             w->format.aspect[0], w->format.aspect[1]);
  return w->note;
}

int dslt_video_writer_close(dslt_video_writer *writer, int keep) {
  dslt_video_writer *w = writer;
  if (!w) return DSLT_OK;
  int rc = keep && !w->failed && w->waiting.pixels ? put_waiting(w, w->slot + 1) : DSLT_OK;
  const int closed = w->ffmpeg ? dslt_ff_writer_close(w->ffmpeg) : dslt_cv_writer_close(w->opencv);
  if (keep && rc == DSLT_OK && w->failed)
    rc = dslt_fail(DSLT_EIO, "%s was not written, because one of its frames could not be.", w->path);
  else if (keep && rc == DSLT_OK && w->frames == 0)
    rc = dslt_fail(DSLT_EIO, "%s was not written: it would hold no frame.", w->path);
  else if (keep && rc == DSLT_OK && closed < 0)
    rc = dslt_fail_prefix(closed, w->path);
  if (keep && rc == DSLT_OK) rc = dslt_atomic_commit(&w->file);
  release(w);
  return keep ? rc : DSLT_OK;
}

/* ---- libraries ----------------------------------------------------------------------------------- */

static char library[160] = "none";

static void name_libraries(void) {
  const char *ffmpeg = dslt_ff_version(), *opencv = dslt_cv_version();
  if (ffmpeg || opencv)
    snprintf(library, sizeof library, "%s%s%s%s", ffmpeg ? "FFmpeg " : "", ffmpeg ? ffmpeg : "",
             ffmpeg && opencv ? ", " : "", opencv ? opencv : "");
}

const char *dslt_media_library(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, name_libraries);
  return library;
}

int dslt_media_writes_videos(void) { return dslt_ff_version() || dslt_cv_version(); }

int dslt_media_writes_pictures(void) { return dslt_cv_version() != NULL; }
