/* SPDX-License-Identifier: Apache-2.0 */
/* filmstrip.c: a sheet of frames from a run. */
#include "report/filmstrip.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "eval/ope.h"
#include "report/views.h"

/* Pixels of the sheet. */
enum { MARGIN = 12, GAP = 8, TITLE = 38, CAPTION = 20, CELL_WIDTH = 238, INNER_GAP = 3 };
enum { SHEET_WIDTH = 2 * MARGIN + DSLT_FILMSTRIP_COLUMNS * CELL_WIDTH + (DSLT_FILMSTRIP_COLUMNS - 1) * GAP };
static const dslt_color paper = {32, 28, 26}, ink = {235, 235, 235}, faint = {170, 165, 160};

int dslt_filmstrip_frame(int cell, int frames) {
  int last = frames - 1;
  if (cell < 0 || cell >= DSLT_FILMSTRIP_CELLS || last < 1) return -1;
  if (last <= DSLT_FILMSTRIP_CELLS) return cell < last ? cell + 1 : -1;
  return 1 + (int)((int64_t)cell * (last - 1) / (DSLT_FILMSTRIP_CELLS - 1));
}

static int cell_height(const dslt_filmstrip *strip) {
  return CAPTION + strip->frame_height + INNER_GAP + strip->window_height;
}

static int make_sheet(dslt_filmstrip *strip, const dslt_canvas *frame, const dslt_response *response) {
  strip->frame_width = CELL_WIDTH;
  strip->frame_height = (int)((int64_t)CELL_WIDTH * frame->height / frame->width);
  double ratio = response->window.height / response->window.width;
  strip->window_height = (int)(CELL_WIDTH * fmin(fmax(ratio, 0.25), 1.5) + 0.5);
  int height = TITLE + DSLT_FILMSTRIP_ROWS * (cell_height(strip) + GAP) - GAP + MARGIN;
  DSLT_TRY(dslt_canvas_create(&strip->sheet, SHEET_WIDTH, height));
  for (size_t i = 0; i < (size_t)SHEET_WIDTH * (size_t)height; i++) {
    strip->sheet.pixels[3 * i] = paper.b;
    strip->sheet.pixels[3 * i + 1] = paper.g;
    strip->sheet.pixels[3 * i + 2] = paper.r;
  }
  return DSLT_OK;
}

/* Where `box` lies in a picture of `width` pixels that shows `window`. */
static dslt_box into_picture(const dslt_box *box, const dslt_box *window, int width, int height) {
  double sx = width / window->width, sy = height / window->height;
  return (dslt_box){(box->x - window->x) * sx, (box->y - window->y) * sy, box->width * sx, box->height * sy};
}

/* The part of the frame under `window`, boxes drawn after the scaling so that their lines stay crisp. */
static int paste_view(dslt_filmstrip *strip, const dslt_canvas *frame, const dslt_box *window, int x, int y,
                      int height, const dslt_track_row *row, const dslt_box *truth,
                      const dslt_response *response) {
  dslt_canvas view = {0};
  DSLT_TRY(dslt_canvas_crop(&view, frame, window, CELL_WIDTH, height));
  int rc = DSLT_OK;
  if (response) {
    dslt_response whole = *response;
    whole.window = (dslt_box){0, 0, CELL_WIDTH, height};
    rc = dslt_draw_response(&view, &whole);
  }
  dslt_box box = into_picture(&row->box, window, CELL_WIDTH, height);
  dslt_box true_box = {0};
  if (truth) true_box = into_picture(truth, window, CELL_WIDTH, height);
  dslt_draw_boxes(&view, truth ? &true_box : NULL, &box, row->lost);
  dslt_canvas_paste(&strip->sheet, &view, x, y);
  dslt_canvas_free(&view);
  return rc;
}

int dslt_filmstrip_add(dslt_filmstrip *strip, const dslt_canvas *frame, const dslt_track_row *row,
                       const dslt_box *truth, const dslt_response *response) {
  if (strip->cells >= DSLT_FILMSTRIP_CELLS) return dslt_fail(DSLT_ESTATE, "The filmstrip is full.");
  if (strip->cells == 0) DSLT_TRY(make_sheet(strip, frame, response));
  int x = MARGIN + strip->cells % DSLT_FILMSTRIP_COLUMNS * (CELL_WIDTH + GAP);
  int y = TITLE + strip->cells / DSLT_FILMSTRIP_COLUMNS * (cell_height(strip) + GAP);
  char caption[80];
  if (truth)
    snprintf(caption, sizeof caption, "frame %lld  overlap %.2f  peak %.2f", (long long)row->frame,
             dslt_box_overlap(&row->box, truth), row->peak);
  else
    snprintf(caption, sizeof caption, "frame %lld  peak %.2f%s", (long long)row->frame, row->peak,
             row->lost ? "  lost" : "");
  dslt_canvas_text(&strip->sheet, x, y + 4, caption, 0.4, faint);
  y += CAPTION;
  dslt_box whole = {0, 0, frame->width, frame->height};
  DSLT_TRY(paste_view(strip, frame, &whole, x, y, strip->frame_height, row, truth, NULL));
  y += strip->frame_height + INNER_GAP;
  DSLT_TRY(paste_view(strip, frame, &response->window, x, y, strip->window_height, row, NULL, response));
  strip->cells++;
  return DSLT_OK;
}

int dslt_filmstrip_save(dslt_filmstrip *strip, const char *title, const char *path) {
  if (strip->cells == 0) return dslt_fail(DSLT_ESTATE, "The filmstrip %s holds no frame yet.", path);
  dslt_canvas_text(&strip->sheet, MARGIN, 10, title, 0.55, ink);
  return dslt_canvas_save(&strip->sheet, path);
}

void dslt_filmstrip_free(dslt_filmstrip *strip) {
  dslt_canvas_free(&strip->sheet);
  memset(strip, 0, sizeof *strip);
}
