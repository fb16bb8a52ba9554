/* SPDX-License-Identifier: Apache-2.0 */
/* search.c: CRT's search area: a grid of cells in which the object has a fixed area and the patch several times
 * its sides. */
#include <math.h>
#include <string.h>

#include "trackers/crt/crt.h"

static double at_least(double v, double low) { return v < low ? low : v; }
static double at_most(double v, double high) { return v > high ? high : v; }

/* One axis of the grid. */
typedef struct axis {
  int kernel, response; /* cells */
  double cell;          /* frame pixels */
} axis;

/* `side` of the object in pixels is `cells` long; the patch is `patch` times as long, of `most` cells at
 * most. */
static axis axis_of(double side, double cells, double patch, int stretch, int most) {
  const int longest = (int)at_least(floor(most / patch), 1.0);
  axis a = {.kernel = (int)at_most(at_least(floor(cells + 0.5), 1.0), longest)};
  const double length = stretch || cells > longest ? a.kernel : cells;      /* of the object on the grid */
  a.response = 2 * (int)floor(0.5 * (patch * length - a.kernel) + 0.5) + 1; /* odd: a cell in the middle */
  if (a.response < 3) a.response = 3;
  a.cell = side / length;
  return a;
}

/* The kernel's height follows from its width as rounded, as in the program. */
static void make_axes(axis *x, axis *y, const dslt_crt_options *o, const dslt_box *box) {
  const int most = o->max_side / DSLT_CRT_STRIDE;
  const double across = sqrt(o->kernel_cells * box->width / box->height);
  *x = axis_of(box->width, across, o->patch_width, o->stretch, most);
  const double down = (o->stretch ? x->kernel : across) * box->height / box->width;
  *y = axis_of(box->height, down, o->patch_height, o->stretch, most);
}

static dslt_search_area area_of(const axis *x, const axis *y, int frame_width, int frame_height,
                                const dslt_box *box) {
  dslt_search_area a = {.frame_width = frame_width,
                        .frame_height = frame_height,
                        .target_width = box->width,
                        .target_height = box->height,
                        .ratio_x = x->cell / DSLT_CRT_STRIDE,
                        .ratio_y = y->cell / DSLT_CRT_STRIDE,
                        .stride = DSLT_CRT_STRIDE,
                        .map_width = x->response + x->kernel - 1,
                        .map_height = y->response + y->kernel - 1,
                        .kernel_width = x->kernel,
                        .kernel_height = y->kernel,
                        .response_width = x->response,
                        .response_height = y->response,
                        .centre_x = (float)((x->response - 1) / 2),
                        .centre_y = (float)((y->response - 1) / 2),
                        .mapping = DSLT_MAPPING_RECEPTIVE};
  a.input_width = a.map_width * a.stride;
  a.input_height = a.map_height * a.stride;
  a.anchor_x = a.stride * ((double)a.centre_x + 0.5 * a.kernel_width);
  a.anchor_y = a.stride * ((double)a.centre_y + 0.5 * a.kernel_height);
  return a;
}

static dslt_scale_rules scale_of(const dslt_crt_options *o, int frame_width, int frame_height,
                                 const dslt_box *box) {
  const double shortest = at_most(box->width, box->height);
  return (dslt_scale_rules){
      .levels = o->scale_levels,
      .scaling = o->whole_pixels ? DSLT_SCALING_PIXELS : DSLT_SCALING_RATIO,
      .step = o->whole_pixels ? o->scale_step : 1.0 + o->scale_step,
      .rate = 1.0,
      .gate = -INFINITY, /* the largest response of all levels wins, whatever it is */
      .gate_ratio = 0.0,
      .penalty = 1.0,
      .min = at_most(o->min_side / shortest, 1.0),
      .max = at_least(at_most(frame_width / box->width, frame_height / box->height), 1.0),
  };
}

void dslt_crt_search(dslt_search *out, const dslt_crt_options *o, int frame_width, int frame_height,
                     const dslt_box *box) {
  axis x, y;
  memset(out, 0, sizeof *out);
  make_axes(&x, &y, o, box);
  out->area = area_of(&x, &y, frame_width, frame_height, box);
  const double width = box->width / x.cell, height = box->height / y.cell, square = sqrt(o->kernel_cells);
  out->peak =
      (dslt_peak_rules){DSLT_SUBCELL_NONE, (float)(o->motion_sigma * (o->motion_square ? square : width)),
                        (float)(o->motion_sigma * (o->motion_square ? square : height))};
  out->scale = scale_of(o, frame_width, frame_height, box);
  out->lost = (dslt_lost_rules){.ratio = o->lost_ratio, .rate = 0.1};
  out->label = (dslt_label_shape){(float)at_least(o->label_sigma * width, 1e-3),
                                  (float)at_least(o->label_sigma * height, 1e-3)};
}
