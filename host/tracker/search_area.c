/* SPDX-License-Identifier: Apache-2.0 */
/* search_area.c: sizes of the search area, the grid of its response, and the label on it. */
#include "tracker/search_area.h"

#include <math.h>
#include <string.h>

#include "math/label.h"
#include "math/locate.h"

static double at_least(double v, double low) { return v < low ? low : v; }
static double at_most(double v, double high) { return v > high ? high : v; }

/* Sizes while the network's input is derived from the frame, px; search and target are scaled alike. */
typedef struct sizes {
  double target_w, target_h, search_w, search_h;
  double scale; /* input pixels per frame pixel */
} sizes;

/* The frame is reduced for large targets, with less context. */
static sizes size_in_frame(const dslt_search_wishes *o, const dslt_box *box) {
  double w = box->width, h = box->height, shrink = 1.0, longest = w > h ? w : h;
  if (o->frame_side > 0 && (w * h > o->frame_side * o->frame_side || longest > o->frame_limit))
    shrink = o->frame_side / longest;
  sizes s = {.target_w = w * shrink, .target_h = h * shrink, .scale = shrink};
  s.search_w = s.target_w * (1.0 + o->context_w * shrink);
  s.search_h = s.target_h * (1.0 + o->context_h * shrink);
  if (o->square) s.search_w = s.search_h = sqrt(s.search_w * s.search_h);
  return s;
}

/* Small search areas are enlarged, so that a target spans enough cells, unless an extreme shape would exceed
 * the longest side allowed; a target that would exceed it is shrunk. */
static sizes size_in_input(const dslt_search_wishes *o, const dslt_box *box) {
  sizes s = size_in_frame(o, box);
  double zoom = sqrt(at_least(o->min_area / (s.search_w * s.search_h), 1.0));
  double longest_search = s.search_w > s.search_h ? s.search_w : s.search_h;
  zoom = at_least(at_most(zoom, o->max_side / longest_search), 1.0);
  if (o->max_area > 0) zoom = at_most(zoom, sqrt(o->max_area / (s.search_w * s.search_h)));
  double longest_target = s.target_w > s.target_h ? s.target_w : s.target_h;
  zoom = at_most(zoom, at_least(o->max_side - 2.0 * o->coarse, o->coarse) / longest_target);
  s.target_w *= zoom, s.target_h *= zoom, s.search_w *= zoom, s.search_h *= zoom, s.scale *= zoom;
  return s;
}

/* Input side for a given search side: whole cells of the coarsest layer, room for the kernel and at least two
 * more response cells, at most the longest side allowed. */
static int input_side(double wanted, int coarse, int kernel_px, int max_side) {
  int least = (kernel_px + 2 * coarse + coarse - 1) / coarse * coarse;
  int most = max_side / coarse * coarse;
  int side = (int)lround(wanted / coarse) * coarse;
  if (side > most) side = most;
  return side < least ? least : side;
}

static int kernel_side(double target_px, int stride, int max_side) {
  int side = (int)floor(target_px / stride + 1e-9);
  if (side > max_side) side = max_side;
  return side < 1 ? 1 : side;
}

static void place_anchor(dslt_search_area *a, int on_cell, double shift) {
  if (on_cell) {
    a->centre_x = (float)((a->response_width - 1) / 2);
    a->centre_y = (float)((a->response_height - 1) / 2);
    a->anchor_x = a->stride * ((double)a->centre_x + 0.5 * a->kernel_width);
    a->anchor_y = a->stride * ((double)a->centre_y + 0.5 * a->kernel_height);
  } else {
    a->centre_x = 0.5f * (float)(a->response_width - 1);
    a->centre_y = 0.5f * (float)(a->response_height - 1);
    a->anchor_x = 0.5 * a->input_width;
    a->anchor_y = 0.5 * a->input_height;
  }
  /* the state's centre falls on the centre of a cell's receptive field, which for some networks is not the
   * centre of the cell's pixels */
  a->anchor_x += shift;
  a->anchor_y += shift;
}

void dslt_search_area_make(dslt_search_area *a, double *target_w, double *target_h,
                           const dslt_search_wishes *o, int frame_width, int frame_height,
                           const dslt_box *box) {
  const sizes s = size_in_input(o, box);
  memset(a, 0, sizeof *a);
  a->frame_width = frame_width;
  a->frame_height = frame_height;
  a->target_width = box->width;
  a->target_height = box->height;
  a->ratio_x = a->ratio_y = 1.0 / s.scale;
  a->mapping = o->mapping;
  a->stride = o->stride;
  int max_kernel = o->kernel_max, room = o->max_side / a->stride / 2;
  if (max_kernel > room) max_kernel = room;
  a->kernel_width = kernel_side(s.target_w, a->stride, max_kernel);
  a->kernel_height = kernel_side(s.target_h, a->stride, max_kernel);
  a->input_width = input_side(s.search_w, o->coarse, a->kernel_width * a->stride, o->max_side);
  a->input_height = input_side(s.search_h, o->coarse, a->kernel_height * a->stride, o->max_side);
  a->map_width = a->input_width / a->stride;
  a->map_height = a->input_height / a->stride;
  a->response_width = a->map_width - a->kernel_width + 1;
  a->response_height = a->map_height - a->kernel_height + 1;
  place_anchor(a, o->on_cell, o->shift);
  *target_w = s.target_w;
  *target_h = s.target_h;
}

void dslt_soft_label(float *out, const dslt_search *search, int stretch) {
  const dslt_search_area *a = &search->area;
  float low = INFINITY, high = -INFINITY;
  int count = a->response_width * a->response_height;
  for (int i = 0; i < count; ++i) {
    int row = i / a->response_width, column = i % a->response_width;
    out[i] = dslt_gaussian2((float)column - a->centre_x, (float)row - a->centre_y, search->label.sigma_x,
                            search->label.sigma_y);
    low = out[i] < low ? out[i] : low;
    high = out[i] > high ? out[i] : high;
  }
  if (!stretch || !(high > low)) return;
  for (int i = 0; i < count; ++i) out[i] = (out[i] - low) / (high - low);
}

dslt_box dslt_state_box(const dslt_target_state *state) {
  return (dslt_box){state->cx - 0.5 * state->width, state->cy - 0.5 * state->height, state->width,
                    state->height};
}

dslt_box dslt_response_window(const dslt_target_state *state, const dslt_search *search, int level) {
  const dslt_search_area *a = &search->area;
  const dslt_ratios ratios = dslt_ratios_at(state, search, level - (search->scale.levels - 1) / 2);
  dslt_box window = {-a->anchor_x, -a->anchor_y, a->input_width, a->input_height};
  if (a->mapping != DSLT_MAPPING_STRETCH)
    /* the state's centre lies on the middle of cell (centre_y, centre_x) */
    window = (dslt_box){-a->stride * ((double)a->centre_x + 0.5), -a->stride * ((double)a->centre_y + 0.5),
                        (double)a->stride * a->response_width, (double)a->stride * a->response_height};
  window.x = state->cx + state->look_x + window.x * ratios.x;
  window.y = state->cy + state->look_y + window.y * ratios.y;
  window.width *= ratios.x;
  window.height *= ratios.y;
  return window;
}
