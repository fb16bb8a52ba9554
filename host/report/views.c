/* SPDX-License-Identifier: Apache-2.0 */
/* views.c: the views of a run: overlay video, response maps, window. */
#include "report/views.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

static const dslt_color green = {80, 220, 60}, orange = {0, 140, 255}, red = {40, 30, 230},
                        white = {255, 255, 255}, black = {0, 0, 0};
/* Colours of several targets, in turn; distinguishable on most pictures. */
static const dslt_color target_colors[] = {{0, 140, 255},  {255, 160, 40}, {80, 220, 60},   {220, 80, 220},
                                           {60, 230, 240}, {200, 200, 60}, {140, 110, 250}, {200, 200, 200}};
enum { MAX_PATH = 4096, TARGET_COLORS = sizeof target_colors / sizeof *target_colors };
static const double usual_fps = 25;
static const double heat_opacity = 0.6;

void dslt_draw_boxes(dslt_canvas *canvas, const dslt_box *truth, const dslt_box *box, int lost) {
  if (truth) dslt_canvas_box(canvas, truth, green, 1);
  if (box) dslt_canvas_box(canvas, box, lost ? red : orange, 2);
}

int dslt_draw_response(dslt_canvas *canvas, const dslt_response *response) {
  size_t count = (size_t)response->width * (size_t)response->height;
  float *scaled = malloc(count * sizeof *scaled);
  if (!scaled) return dslt_fail(DSLT_EMEMORY, "Out of memory for a response map.");
  float largest = 0;
  for (size_t i = 0; i < count; i++) largest = fmaxf(largest, response->data[i]);
  for (size_t i = 0; i < count; i++) scaled[i] = largest > 0 ? response->data[i] / largest : 0;
  dslt_response shown = *response;
  shown.data = scaled;
  dslt_canvas_heat(canvas, &shown, heat_opacity);
  free(scaled);
  return DSLT_OK;
}

int dslt_track_views_prepare(const dslt_track_views *views) {
  if (views->overlay && !dslt_media_writes_videos())
    return dslt_fail(DSLT_EUNSUPPORTED,
                     "%s cannot be written: this build has no OpenCV; install libopencv-dev and build again.",
                     views->overlay);
  if (!views->dump) return DSLT_OK;
  struct stat status;
  if (stat(views->dump, &status) == 0) {
    if (S_ISDIR(status.st_mode)) return DSLT_OK;
    return dslt_fail(DSLT_EIO, "%s is a file: --dump-response needs a folder.", views->dump);
  }
  if (mkdir(views->dump, 0777) != 0)
    return dslt_fail(DSLT_EIO, "Cannot make the folder %s: %s.", views->dump, strerror(errno));
  return DSLT_OK;
}

/* `number` of the target, 0 where there is only one. */
static int dump_path(char *out, const dslt_track_views *views, int64_t frame, int number,
                     const char *extension) {
  char target[16] = "";
  if (number) snprintf(target, sizeof target, "-%d", number);
  int length = snprintf(out, MAX_PATH, "%s/%05lld%s.%s", views->dump, (long long)frame, target, extension);
  if (length >= MAX_PATH) return dslt_fail(DSLT_EIO, "The folder's name %.60s... is too long.", views->dump);
  return DSLT_OK;
}

static int dump_response(const dslt_track_views *views, const dslt_image *frame, const dslt_track_shown *s,
                         int number) {
  char path[MAX_PATH];
  DSLT_TRY(dump_path(path, views, s->row->frame, number, "npy"));
  DSLT_TRY(dslt_npy_save(s->response->data, s->response->height, s->response->width, path));
  DSLT_TRY(dump_path(path, views, s->row->frame, number, dslt_media_writes_pictures() ? "png" : "ppm"));
  dslt_canvas canvas = {0};
  DSLT_TRY(dslt_canvas_from_image(&canvas, frame));
  int rc = dslt_draw_response(&canvas, s->response);
  dslt_draw_boxes(&canvas, NULL, &s->row->box, s->row->lost);
  if (rc == DSLT_OK) rc = dslt_canvas_save(&canvas, path);
  dslt_canvas_free(&canvas);
  return rc;
}

/* A shadow keeps it readable on bright frames. */
static void write_text(dslt_canvas *canvas, int x, int y, const char *text, dslt_color color) {
  dslt_canvas_text(canvas, x + 1, y + 1, text, 0.5, black);
  dslt_canvas_text(canvas, x, y, text, 0.5, color);
}

static void draw_one(dslt_canvas *canvas, const dslt_track_shown *s) {
  char text[80];
  dslt_draw_boxes(canvas, s->truth, &s->row->box, s->row->lost);
  snprintf(text, sizeof text, "%lld  peak %.2f%s", (long long)s->row->frame, s->row->peak,
           s->row->lost ? "  lost" : "");
  write_text(canvas, 6, 6, text, s->row->lost ? red : white);
}

static int inside(double at, int size) { return at < 1 ? 1 : (at > size - 16 ? size - 16 : (int)at); }

static void draw_several(dslt_canvas *canvas, const dslt_track_shown *shown, int count) {
  char text[32];
  int lost = 0;
  for (int i = 0; i < count; i++)
    if (shown[i].truth) dslt_canvas_box(canvas, shown[i].truth, green, 1);
  for (int i = 0; i < count; i++) {
    const dslt_track_row *row = shown[i].row;
    dslt_color color = target_colors[i % TARGET_COLORS];
    lost += row->lost != 0;
    dslt_canvas_box(canvas, &row->box, color, row->lost ? 1 : 2);
    snprintf(text, sizeof text, "%d", i + 1);
    write_text(canvas, inside(row->box.x + 3, canvas->width), inside(row->box.y + 3, canvas->height), text,
               color);
  }
  long long frame = (long long)shown[0].row->frame;
  if (lost)
    snprintf(text, sizeof text, "%lld  %d lost", frame, lost);
  else
    snprintf(text, sizeof text, "%lld", frame);
  write_text(canvas, 6, 6, text, lost ? red : white);
}

int dslt_track_views_frame(dslt_track_views *views, const dslt_image *frame, const dslt_track_shown *shown,
                           int count) {
  for (int i = 0; views->dump && i < count; i++)
    if (shown[i].response) DSLT_TRY(dump_response(views, frame, &shown[i], count > 1 ? i + 1 : 0));
  if (!views->overlay && !views->title) return 1;
  DSLT_TRY(dslt_canvas_from_image(&views->canvas, frame));
  if (count == 1)
    draw_one(&views->canvas, shown);
  else
    draw_several(&views->canvas, shown, count);
  if (views->overlay) {
    const dslt_video_format format = {.width = frame->width,
                                      .height = frame->height,
                                      .fps = views->fps > 0 ? views->fps : usual_fps,
                                      .aspect = {views->aspect[0], views->aspect[1]}};
    if (!views->writer) DSLT_TRY(dslt_video_writer_open(&views->writer, views->overlay, &format));
    DSLT_TRY(dslt_video_writer_write(views->writer, &views->canvas, views->time));
  }
  return views->title ? dslt_window_show(&views->canvas, views->title) : 1;
}

const char *dslt_track_views_note(const dslt_track_views *views) {
  return views->writer ? dslt_video_writer_note(views->writer) : "";
}

int dslt_track_views_close(dslt_track_views *views, int keep) {
  int rc = views->writer ? dslt_video_writer_close(views->writer, keep) : DSLT_OK;
  views->writer = NULL;
  if (views->title) dslt_window_close(views->title);
  dslt_canvas_free(&views->canvas);
  memset(&views->canvas, 0, sizeof views->canvas);
  return rc;
}
