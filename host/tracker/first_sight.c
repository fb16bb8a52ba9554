/* SPDX-License-Identifier: Apache-2.0 */
/* first_sight.c: a frame as a grid of cells, of which a box has some hundred; the grid's correlation with itself tells
 * noise, that with a later frame's whether the target is there again.
 *
 * The bounds, from 170 places in 27 videos and as many frames 1, 5, 15 and 30 further, against noise of many grains:
 * neighbours a third of the box apart correlate by at least 0.16 in videos, by at most 0.1 in noise whose grain is below
 * a quarter of the box. A frame later a video's surroundings correlate by at least 0.69; noise reaches 0.47. */
#include "tracker/first_sight.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const double noise_below = 0.12; /* correlation of neighbours */
static const double plain_below = 0.3;  /* variance in the box, times that of all */
static const double seen_around = 0.6, seen_inside = 0.85;

enum {
  BOX_CELLS = 12, /* along the root of the box's area, where it has as many pixels */
  RIM = 6,        /* cells around the box that count as its surroundings */
  REACH = 12,     /* cells around the box that are looked at, so that it may have moved by as many */
  APART = 4,      /* cells between neighbours */
  LEAST = 8,      /* cells along each side of what is judged */
  SAMPLES = 8,    /* pixels of a cell's row that are looked at, at most about twice as many */
  CHANNELS = 3
};

/* Cells of a frame, [channels][rows][columns]. */
typedef struct grid {
  int rows, columns;
  float *cell;
} grid;

/* A rectangle of a grid. */
typedef struct part {
  int row, column, rows, columns;
} part;

struct dslt_first_sight {
  double left, top, side; /* corner of the grids; side of a cell; px */
  part box;               /* without what lies outside the frame, where there is nothing to compare */
  part around;            /* with RIM cells around it, likewise */
  int channels;
  grid first, now; /* what the frame shows of REACH cells around the box */
};

/* ---- cells --------------------------------------------------------------------------------------- */

static int is_grey(const dslt_image *image) {
  return image->format == DSLT_GRAY8 || image->format == DSLT_GRAY16;
}

/* One pixel's channel, 0..255; blue first. */
static float value_at(const dslt_image *image, int x, int y, int channel) {
  static const int strides[] = {3, 3, 1, 4, 4, 1, 3};
  const unsigned char *row = (const unsigned char *)image->data + (size_t)y * image->stride;
  if (is_grey(image)) channel = 0; /* formats may change from frame to frame */
  if (image->format == DSLT_RGB8 || image->format == DSLT_RGBA8) channel = CHANNELS - 1 - channel;
  const size_t at = (size_t)x * (size_t)strides[image->format] + (size_t)channel;
  uint16_t word;
  if (image->format != DSLT_GRAY16 && image->format != DSLT_BGR16) return row[at];
  memcpy(&word, row + 2 * at, sizeof word);
  return (float)word / 257.0f;
}

static int in_frame(double v, int size) { return v < 0 ? 0 : v >= size ? size - 1 : (int)v; }

/* The mean of the pixels of a cell whose corner is (left, top), at least one; beyond the frame, its edge. */
static float cell_mean(const dslt_image *image, double left, double top, double side, int channel) {
  const int x0 = in_frame(floor(left + 0.5), image->width), y0 = in_frame(floor(top + 0.5), image->height);
  const int x1 = in_frame(floor(left + side + 0.5) - 1, image->width);
  const int y1 = in_frame(floor(top + side + 0.5) - 1, image->height);
  const int step = side > SAMPLES ? (int)(side / SAMPLES) : 1;
  double sum = 0, count = 0;
  for (int y = y0; y <= y1 || y == y0; y += step)
    for (int x = x0; x <= x1 || x == x0; x += step) {
      sum += (double)value_at(image, x, y, channel);
      count += 1;
    }
  return (float)(sum / count);
}

/* What the image shows, moved by (x, y) cells. */
static void look(grid *out, const dslt_first_sight *s, const dslt_image *image, double x, double y) {
  const double left = s->left + x * s->side, top = s->top + y * s->side;
  float *cell = out->cell;
  for (int c = 0; c < s->channels; ++c)
    for (int row = 0; row < out->rows; ++row)
      for (int column = 0; column < out->columns; ++column)
        *cell++ = cell_mean(image, left + column * s->side, top + row * s->side, s->side, c);
}

/* ---- correlation --------------------------------------------------------------------------------- */

static const float *cells_at(const grid *g, int channel, int row, int column) {
  return g->cell + ((size_t)channel * (size_t)g->rows + (size_t)row) * (size_t)g->columns + column;
}

/* Normalised correlation of part `a` of one grid with the part of another that begins at (row, column), each channel's
 * mean taken away; 0 where one is flat. */
static double correlate(const grid *one, const part *a, const grid *other, int at_row, int at_column,
                        int channels) {
  const double n = (double)a->rows * a->columns, flat = 1e-6 * n;
  double products = 0, squares_a = 0, squares_b = 0;
  for (int c = 0; c < channels; ++c) {
    double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
    for (int row = 0; row < a->rows; ++row) {
      const float *u = cells_at(one, c, a->row + row, a->column),
                  *v = cells_at(other, c, at_row + row, at_column);
      for (int column = 0; column < a->columns; ++column) {
        const double x = (double)u[column], y = (double)v[column];
        sum_a += x, sum_b += y;
        aa += x * x, bb += y * y, ab += x * y;
      }
    }
    products += ab - sum_a * sum_b / n;
    squares_a += aa - sum_a * sum_a / n;
    squares_b += bb - sum_b * sum_b / n;
  }
  return squares_a > flat && squares_b > flat ? products / sqrt(squares_a * squares_b) : 0;
}

/* The highest correlation of a part of the first frame with the present one. */
static double best_match(const dslt_first_sight *s, const part *then) {
  double best = -1;
  for (int row = 0; row + then->rows <= s->now.rows; ++row)
    for (int column = 0; column + then->columns <= s->now.columns; ++column) {
      const double match = correlate(&s->first, then, &s->now, row, column, s->channels);
      if (match > best) best = match;
    }
  return best;
}

/* Mean over the channels of the variance of a part's cells. */
static double variance(const grid *g, const part *p, int channels) {
  const double n = (double)p->rows * p->columns;
  double total = 0;
  for (int c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (int row = 0; row < p->rows; ++row) {
      const float *v = cells_at(g, c, p->row + row, p->column);
      for (int column = 0; column < p->columns; ++column) {
        sum += (double)v[column];
        squares += (double)v[column] * (double)v[column];
      }
    }
    total += (squares - sum * sum / n) / n;
  }
  return total / channels;
}

/* Do cells of the first frame know nothing of their neighbours, and is there as much noise in the box as around it?
 * One colour is no noise. */
static int is_noise(const dslt_first_sight *s) {
  const grid *g = &s->first;
  const part all = {0, 0, g->rows, g->columns}, left = {0, 0, g->rows, g->columns - APART},
             top = {0, 0, g->rows - APART, g->columns};
  const double noise = variance(g, &all, s->channels);
  if (!(noise > 1e-6) || variance(g, &s->box, s->channels) < plain_below * noise) return 0;
  const double across = correlate(g, &left, g, 0, APART, s->channels);
  const double down = correlate(g, &top, g, APART, 0, s->channels);
  return 0.5 * (across + down) < noise_below;
}

/* ---- the calls ----------------------------------------------------------------------------------- */

static int plan_grid(grid *out, int rows, int columns, int channels) {
  *out = (grid){rows, columns, NULL};
  out->cell = malloc((size_t)channels * (size_t)rows * (size_t)columns * sizeof *out->cell);
  return out->cell ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for what the first frame shows.");
}

/* Along one axis: cells of the box, those around it, and the frame's part of them. */
typedef struct axis {
  double corner;         /* of the grid, px */
  int cells;             /* of the grid */
  int box[2], around[2]; /* first cell in the grid, and how many */
} axis;

static axis axis_of(double at, double length, double side, int frame) {
  const int count = (int)(length / side + 0.5), cells = count < 3 ? 3 : count;
  const double begin = at + 0.5 * length - 0.5 * side * cells; /* of the box's cells */
  const int before = (int)fmin(REACH, fmax(floor(begin / side), -cells + 1));
  const int behind = (int)fmin(REACH, fmax(floor((frame - begin) / side) - cells, -cells + 1));
  const int low = before < 0 ? -before : 0, high = behind < 0 ? cells + behind : cells; /* in the frame */
  const int rim_before = before < RIM ? before : RIM, rim_behind = behind < RIM ? behind : RIM;
  axis a = {.corner = begin - side * before, .cells = before + cells + behind};
  a.box[0] = before + low;
  a.box[1] = high - low;
  a.around[0] = before - rim_before;
  a.around[1] = rim_before + cells + rim_behind;
  return a;
}

/* Grids for this box and frame; *out stays NULL where they would be too small to judge. */
static int plan(dslt_first_sight **out, int frame_width, int frame_height, const dslt_box *box,
                int channels) {
  const double side = fmax(1.0, sqrt(box->width * box->height) / BOX_CELLS);
  const axis x = axis_of(box->x, box->width, side, frame_width);
  const axis y = axis_of(box->y, box->height, side, frame_height);
  *out = NULL;
  if (x.cells < LEAST + APART || y.cells < LEAST + APART) return DSLT_OK;
  dslt_first_sight *s = calloc(1, sizeof *s);
  if (!s) return dslt_fail(DSLT_EMEMORY, "Out of memory for what the first frame shows.");
  s->side = side;
  s->left = x.corner;
  s->top = y.corner;
  s->box = (part){y.box[0], x.box[0], y.box[1], x.box[1]};
  s->around = (part){y.around[0], x.around[0], y.around[1], x.around[1]};
  s->channels = channels;
  int rc = plan_grid(&s->first, y.cells, x.cells, s->channels);
  if (rc == DSLT_OK) rc = plan_grid(&s->now, y.cells, x.cells, s->channels);
  if (rc == DSLT_OK)
    *out = s;
  else
    dslt_first_sight_close(s);
  return rc;
}

int dslt_first_sight_open(dslt_first_sight **out, const dslt_image *frame, const dslt_box *box) {
  DSLT_TRY(plan(out, frame->width, frame->height, box, is_grey(frame) ? 1 : CHANNELS));
  if (!*out) return DSLT_OK;
  look(&(*out)->first, *out, frame, 0, 0);
  if (is_noise(*out)) return DSLT_OK;
  dslt_first_sight_close(*out);
  *out = NULL;
  return DSLT_OK;
}

/* What an archive says of it: nothing to wait for, or how many channels were looked at. */
typedef struct saved_sight {
  int channels; /* 0: none */
} saved_sight;

int dslt_first_sight_archive(dslt_first_sight **sight, dslt_archive *a, int frame_width, int frame_height,
                             const dslt_box *box) {
  static const dslt_field fields[] = {DSLT_FIELD(INT, saved_sight, channels, 0, CHANNELS)};
  saved_sight saved = {*sight ? (*sight)->channels : 0};
  DSLT_TRY(dslt_archive_fields(a, "first sight", &saved, fields, 1));
  if (saved.channels == 0) return DSLT_OK;
  if (a->reading) DSLT_TRY(plan(sight, frame_width, frame_height, box, saved.channels));
  if (!*sight) return dslt_archive_damaged("its first box is too small to wait for");
  const grid *g = &(*sight)->first;
  const size_t cells = (size_t)saved.channels * (size_t)g->rows * (size_t)g->columns;
  return dslt_archive_bytes(a, "first sight's cells", g->cell, cells * sizeof *g->cell);
}

int dslt_first_sight_again(dslt_first_sight *s, const dslt_image *frame) {
  const int inside = s->box.rows * s->box.columns >= LEAST * LEAST; /* fewer cells are alike by chance */
  for (int half = 0; half < 4; ++half) { /* fine patterns differ half a cell away */
    look(&s->now, s, frame, half % 2 ? 0.5 : 0.0, half / 2 ? 0.5 : 0.0);
    if (best_match(s, &s->around) >= seen_around) return 1;
    if (inside && best_match(s, &s->box) >= seen_inside) return 1;
  }
  return 0;
}

void dslt_first_sight_close(dslt_first_sight *s) {
  if (!s) return;
  free(s->first.cell);
  free(s->now.cell);
  free(s);
}
