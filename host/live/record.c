/* SPDX-License-Identifier: Apache-2.0 */
/* record.c: the video that a session records. */
#include "live/record.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"

/* As in the page, page/live.js. */
static const dslt_color colors[] = {{0, 140, 255},  {255, 160, 40}, {80, 220, 60},   {220, 80, 220},
                                    {60, 230, 240}, {200, 200, 60}, {140, 110, 250}, {200, 200, 200}};
static const dslt_color black = {0, 0, 0};
enum { COLORS = sizeof colors / sizeof *colors };

static int inside(double at, int size) { return at < 1 ? 1 : (at > size - 16 ? size - 16 : (int)at); }

static void draw(dslt_canvas *canvas, const dslt_live_target *t) {
  const dslt_color color = colors[(t->number - 1) % COLORS];
  char text[32];
  dslt_canvas_box(canvas, &t->box, color, t->lost ? 1 : 2);
  snprintf(text, sizeof text, "%d%s", t->number, t->lost ? " lost" : "");
  const int x = inside(t->box.x + 3, canvas->width), y = inside(t->box.y + 3, canvas->height);
  dslt_canvas_text(canvas, x + 1, y + 1, text, 0.5, black);
  dslt_canvas_text(canvas, x, y, text, 0.5, color);
}

static int add(dslt_live_record *r, const dslt_image *frame, const dslt_live_target *targets, int count) {
  DSLT_TRY(dslt_canvas_from_image(&r->canvas, frame));
  for (int i = 0; i < count; i++) draw(&r->canvas, &targets[i]);
  if (!r->writer) {
    const dslt_video_format format = {.width = frame->width,
                                      .height = frame->height,
                                      .fps = r->fps > 0 ? r->fps : 25,
                                      .aspect = {r->aspect[0], r->aspect[1]}};
    DSLT_TRY(dslt_video_writer_open(&r->writer, r->path, &format));
  }
  /* At the nominal rate: parts that were not recorded leave no gap. */
  DSLT_TRY(dslt_video_writer_write(r->writer, &r->canvas, NAN));
  r->frames++;
  return DSLT_OK;
}

int dslt_live_record_frame(dslt_live_record *record, const dslt_image *frame, const dslt_live_target *targets,
                           int count) {
  if (!record->on) return DSLT_OK;
  const int rc = add(record, frame, targets, count);
  if (rc < 0) record->on = 0;
  return rc;
}

int dslt_live_record_close(dslt_live_record *record) {
  const int rc = record->writer ? dslt_video_writer_close(record->writer, record->frames > 0) : DSLT_OK;
  record->writer = NULL;
  dslt_canvas_free(&record->canvas);
  return rc;
}
