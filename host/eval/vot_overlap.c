/* SPDX-License-Identifier: Apache-2.0 */
/* vot_overlap.c: rasterised overlap: two masks compared row by row as lists of runs, without ever holding a
 * mask. */
#include <limits.h>
#include <math.h>

#include "dataset/boxes.h"
#include "eval/vot.h"

static const double max_coordinate = 1e9; /* px; keeps the arithmetic below within 64 bits */
enum { ANYWHERE_LOW = -32768, ANYWHERE_HIGH = 32767, CORNERS = 4 };

/* ---- regions ------------------------------------------------------------------------------------- */

int dslt_vot_is_region(dslt_vot_kind kind) { return kind == DSLT_VOT_RECTANGLE || kind == DSLT_VOT_POLYGON; }

dslt_vot_region dslt_vot_rectangle(dslt_box box) {
  return (dslt_vot_region){DSLT_VOT_RECTANGLE, {box.x, box.y, box.width, box.height}};
}

dslt_vot_region dslt_vot_polygon(const double corners[8]) {
  dslt_vot_region region = {.kind = DSLT_VOT_POLYGON};
  for (int i = 0; i < 2 * CORNERS; i++) region.at[i] = corners[i];
  return region;
}

dslt_vot_region dslt_vot_code(dslt_vot_kind code) { return (dslt_vot_region){.kind = code}; }

dslt_box dslt_vot_box(const dslt_vot_region *region) {
  if (region->kind == DSLT_VOT_POLYGON) return dslt_box_from_polygon(region->at);
  if (region->kind == DSLT_VOT_RECTANGLE)
    return (dslt_box){region->at[0], region->at[1], region->at[2], region->at[3]};
  return (dslt_box){NAN, NAN, NAN, NAN};
}

dslt_vot_frame dslt_vot_frame_of(int width, int height, dslt_vot_convention convention, int for_accuracy) {
  if (width < 1 || height < 1) return (dslt_vot_frame){-1, -1};
  if (convention == DSLT_VOT_MATLAB && for_accuracy) return (dslt_vot_frame){width, height};
  return (dslt_vot_frame){width - 1, height - 1};
}

static int is_usable(const dslt_vot_region *region) {
  if (!dslt_vot_is_region(region->kind)) return 0;
  for (int i = 0; i < (int)region->kind; i++)
    if (!(fabs(region->at[i]) <= max_coordinate)) return 0; /* NaN too */
  return 1;
}

/* ---- bounds -------------------------------------------------------------------------------------- */

/* Pixels, all four included. */
typedef struct bounds {
  long left, top, right, bottom;
} bounds;

static long least(long a, long b) { return a < b ? a : b; }
static long most(long a, long b) { return a > b ? a : b; }

static bounds united(bounds a, bounds b) {
  return (bounds){least(a.left, b.left), least(a.top, b.top), most(a.right, b.right),
                  most(a.bottom, b.bottom)};
}

static bounds common(bounds a, bounds b) {
  return (bounds){most(a.left, b.left), most(a.top, b.top), least(a.right, b.right),
                  least(a.bottom, b.bottom)};
}

static bounds limits_of(dslt_vot_frame frame) {
  if (frame.right < 0 || frame.bottom < 0)
    return (bounds){ANYWHERE_LOW, ANYWHERE_LOW, ANYWHERE_HIGH, ANYWHERE_HIGH};
  return (bounds){0, 0, frame.right, frame.bottom};
}

/* ---- a region in pixels -------------------------------------------------------------------------- */

/* A region as the two programs convert it before rasterising: in `matlab` single-precision corners, in
 * `python` corners that are rounded already. Rectangles become their four corner pixels. */
typedef struct outline {
  float x[CORNERS], y[CORNERS];
  int is_rectangle;
} outline;

static void corners_of_rectangle(outline *out, float left, float top, float right, float bottom) {
  const float x[CORNERS] = {left, right, right, left}, y[CORNERS] = {top, top, bottom, bottom};
  for (int i = 0; i < CORNERS; i++) out->x[i] = x[i], out->y[i] = y[i];
}

static outline outline_of(const dslt_vot_region *region, dslt_vot_convention convention) {
  outline out = {.is_rectangle = region->kind == DSLT_VOT_RECTANGLE};
  float at[2 * CORNERS];
  for (int i = 0; i < (int)region->kind; i++) {
    at[i] = (float)region->at[i];
    if (convention == DSLT_VOT_PYTHON) at[i] = nearbyintf(at[i]); /* halves to even, numpy's rounding */
  }
  if (out.is_rectangle)
    corners_of_rectangle(&out, at[0], at[1], at[0] + at[2] - 1, at[1] + at[3] - 1);
  else
    for (int i = 0; i < CORNERS; i++) out.x[i] = at[2 * i], out.y[i] = at[2 * i + 1];
  return out;
}

/* The smallest whole pixels that hold the outline. A rectangle keeps right < left when it is narrower than a
 * pixel: by that TraX detects that it is empty. */
static bounds bounds_of(const outline *shape) {
  float left = shape->x[0], right = shape->x[2], top = shape->y[0], bottom = shape->y[2];
  if (!shape->is_rectangle) {
    for (int i = 0; i < CORNERS; i++) {
      left = fminf(left, shape->x[i]), right = fmaxf(right, shape->x[i]);
      top = fminf(top, shape->y[i]), bottom = fmaxf(bottom, shape->y[i]);
    }
  }
  return (bounds){(long)floorf(left), (long)floorf(top), (long)ceilf(right), (long)ceilf(bottom)};
}

/* An outline in whole pixels of a window, with row and column 0 at the window's corner. */
typedef struct pixels {
  long x[CORNERS], y[CORNERS];
} pixels;

/* Rounding happens after the shift, as in TraX: halves go away from the window's corner, not the frame's. */
static pixels place(const outline *shape, bounds window) {
  pixels out;
  for (int i = 0; i < CORNERS; i++) {
    out.x[i] = lroundf(shape->x[i] - (float)window.left);
    out.y[i] = lroundf(shape->y[i] - (float)window.top);
  }
  return out;
}

/* ---- one row ------------------------------------------------------------------------------------- */

enum { MAX_RUNS = CORNERS };

/* Runs of pixels of one row, from left to right, with gaps between them. */
typedef struct row {
  long first[MAX_RUNS], last[MAX_RUNS];
  int runs;
} row;

static void add_run(row *out, long first, long last) {
  if (out->runs && first <= out->last[out->runs - 1]) {
    out->last[out->runs - 1] = most(last, out->last[out->runs - 1]);
    return;
  }
  out->first[out->runs] = first;
  out->last[out->runs++] = last;
}

/* Where the outline meets row y, in rising order; a level edge counts with its end. */
static int crossings(long out[CORNERS], const pixels *shape, long y) {
  int count = 0;
  for (int i = 0, j = CORNERS - 1; i < CORNERS; j = i++) {
    long low = least(shape->y[i], shape->y[j]), high = most(shape->y[i], shape->y[j]);
    if (y < low || y > high) continue;
    long at = shape->x[i];
    if (high > low)
      at = (long)((double)shape->x[i] + (double)(y - shape->y[i]) / (double)(shape->y[j] - shape->y[i]) *
                                            (double)(shape->x[j] - shape->x[i]));
    int k = count++;
    for (; k > 0 && out[k - 1] > at; k--) out[k] = out[k - 1];
    out[k] = at;
  }
  return count;
}

/* Fill between pairs of crossings. Of two equal ones the first is passed over unless it is the last pair: a
 * corner on the row would otherwise end the run. */
static row row_of(const pixels *shape, long y, long width) {
  row out = {.runs = 0};
  long at[CORNERS];
  int count = crossings(at, shape, y);
  for (int i = 0; i < count - 1;) {
    if (at[i] >= width) break;
    if (at[i] == at[i + 1] && i < count - 2) {
      i++;
      continue;
    }
    if (at[i + 1] >= 0) add_run(&out, most(at[i], 0), least(at[i + 1], width - 1));
    i += 2;
  }
  return out;
}

typedef struct tally {
  long long a, b, both; /* pixels */
} tally;

static void count_row(tally *sum, const row *a, const row *b) {
  for (int i = 0; i < a->runs; i++) sum->a += a->last[i] - a->first[i] + 1;
  for (int j = 0; j < b->runs; j++) sum->b += b->last[j] - b->first[j] + 1;
  for (int i = 0; i < a->runs; i++)
    for (int j = 0; j < b->runs; j++) {
      long length = least(a->last[i], b->last[j]) - most(a->first[i], b->first[j]) + 1;
      if (length > 0) sum->both += length;
    }
}

/* ---- overlap ------------------------------------------------------------------------------------- */

static long long area(bounds box) {
  if (box.right < box.left || box.bottom < box.top) return 0;
  return (long long)(box.right - box.left + 1) * (box.bottom - box.top + 1);
}

/* A rectangle's pixels in the window. TraX draws one that is narrower than a pixel between its crossed
 * corners. */
static bounds filled(const pixels *shape, long width, long height) {
  bounds box = {least(shape->x[0], shape->x[2]), least(shape->y[0], shape->y[2]),
                most(shape->x[0], shape->x[2]), most(shape->y[0], shape->y[2])};
  return common(box, (bounds){0, 0, width - 1, height - 1});
}

static tally compare(const outline *a, const outline *b, bounds window) {
  long width = window.right - window.left + 1, height = window.bottom - window.top + 1;
  const pixels in_a = place(a, window), in_b = place(b, window);
  tally sum = {0, 0, 0};
  if (a->is_rectangle && b->is_rectangle) {
    bounds box_a = filled(&in_a, width, height), box_b = filled(&in_b, width, height);
    return (tally){area(box_a), area(box_b), area(common(box_a, box_b))};
  }
  for (long y = 0; y < height; y++) {
    const row row_a = row_of(&in_a, y, width), row_b = row_of(&in_b, y, width);
    count_row(&sum, &row_a, &row_b);
  }
  return sum;
}

static double ratio(tally sum) {
  long long either = sum.a + sum.b - sum.both;
  return either > 0 ? (double)sum.both / (double)either : 0;
}

/* TraX's early exits: areas of the bounds without the +1 of pixels, so that what is one pixel wide has
 * none. */
static double overlap_matlab(const outline *a, const outline *b, bounds limits) {
  bounds box_a = common(bounds_of(a), limits), box_b = common(bounds_of(b), limits);
  double width_a = (double)(box_a.right - box_a.left), height_a = (double)(box_a.bottom - box_a.top);
  double width_b = (double)(box_b.right - box_b.left), height_b = (double)(box_b.bottom - box_b.top);
  if (width_a < 0 || height_a < 0 || width_b < 0 || height_b < 0) return 0; /* outside the frame */
  double area_a = width_a * height_a, area_b = width_b * height_b;
  if ((area_a > 0) != (area_b > 0)) return 0;
  bounds shared = common(box_a, box_b);
  if (area_a > 0 && (shared.right <= shared.left || shared.bottom <= shared.top)) return 0;
  return ratio(compare(a, b, united(box_a, box_b)));
}

/* The Python toolkit fills nothing where TraX draws crossed corners. */
static int is_empty(const outline *shape) {
  return shape->is_rectangle && (shape->x[2] < shape->x[0] || shape->y[2] < shape->y[0]);
}

static double overlap_python(const outline *a, const outline *b, bounds limits) {
  bounds whole = united(bounds_of(a), bounds_of(b));
  if (whole.left >= whole.right || whole.top >= whole.bottom) return 1;
  bounds window = common(whole, limits);
  if (window.left >= window.right || window.top >= window.bottom) return 0;
  if (is_empty(a) || is_empty(b)) return 0;
  return ratio(compare(a, b, window));
}

double dslt_vot_overlap(const dslt_vot_region *a, const dslt_vot_region *b, dslt_vot_frame frame,
                        dslt_vot_convention convention) {
  if (!is_usable(a) || !is_usable(b)) return 0;
  const outline outline_a = outline_of(a, convention), outline_b = outline_of(b, convention);
  const bounds limits = limits_of(frame);
  return convention == DSLT_VOT_PYTHON ? overlap_python(&outline_a, &outline_b, limits)
                                       : overlap_matlab(&outline_a, &outline_b, limits);
}
