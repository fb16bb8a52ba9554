/* SPDX-License-Identifier: Apache-2.0 */
/* search.c: the search area of a target and the rules of its search, from DSLT's options. */
#include <string.h>

#include "trackers/dslt/dslt.h"

int dslt_dslt_taps(dslt_tap_list *out, const dslt_dslt_options *o, const dslt_weights *weights) {
  const dslt_backbone_spec spec = dslt_dslt_backbone(o);
  return dslt_backbone_taps(out, weights, &spec);
}

static double at_least(double v, double low) { return v < low ? low : v; }
static double at_most(double v, double high) { return v > high ? high : v; }

static dslt_search_wishes wishes_of(const dslt_dslt_options *o, const dslt_tap_list *taps) {
  return (dslt_search_wishes){.frame_side = o->frame_scale_side,
                              .frame_limit = o->frame_scale_limit,
                              .context_w = o->search_width,
                              .context_h = o->search_height,
                              .square = o->search_square,
                              .min_area = o->search_min_area,
                              .max_area = o->search_max_area,
                              .max_side = o->search_max_side,
                              .stride = taps->tap[0].stride,
                              .coarse = dslt_coarsest_tap(taps)->stride,
                              .kernel_max = o->regress_max_side,
                              .on_cell = o->label_on_cell,
                              .mapping = o->mapping,
                              .shift = taps->tap[0].shift};
}

/* The motion prior's deviation for a target of `side` input pixels, cells. */
static float prior_sigma(const dslt_dslt_options *o, double side, int stride) {
  return (float)at_least(o->motion_sigma * side / stride, o->motion_sigma > 0 ? o->motion_min_sigma : 0.0);
}

static dslt_scale_rules scale_of(const dslt_dslt_options *o, int frame_width, int frame_height,
                                 const dslt_box *box) {
  double shortest = box->width < box->height ? box->width : box->height;
  return (dslt_scale_rules){
      .levels = o->scale_levels,
      .step = o->scale_step,
      .rate = o->scale_rate,
      .gate = o->scale_gate,
      .gate_ratio = o->scale_gate_ratio,
      .penalty = o->scale_penalty,
      .min = at_most(o->min_side / shortest, 1.0),
      .max = at_least(at_most(frame_width / box->width, frame_height / box->height), 1.0),
  };
}

dslt_label_shape dslt_dslt_label_shape(const dslt_search_area *a, const dslt_dslt_options *o) {
  double cells_x = a->target_width / (a->ratio_x * a->stride),
         cells_y = a->target_height / (a->ratio_y * a->stride);
  /* between cells, the nearest one is half a cell away: narrower than this its label would underflow to 0 */
  double least = o->label_on_cell ? 1e-3 : 0.1;
  return (dslt_label_shape){(float)at_least(at_least(o->label_sigma * cells_x, o->label_min_sigma), least),
                            (float)at_least(at_least(o->label_sigma * cells_y, o->label_min_sigma), least)};
}

void dslt_dslt_search(dslt_search *out, const dslt_dslt_options *o, const dslt_tap_list *taps,
                      int frame_width, int frame_height, const dslt_box *box) {
  const dslt_search_wishes wishes = wishes_of(o, taps);
  double target_w, target_h;
  memset(out, 0, sizeof *out);
  dslt_search_area_make(&out->area, &target_w, &target_h, &wishes, frame_width, frame_height, box);
  out->peak = (dslt_peak_rules){o->subcell, prior_sigma(o, target_w, wishes.stride),
                                prior_sigma(o, target_h, wishes.stride)};
  out->scale = scale_of(o, frame_width, frame_height, box);
  out->lost = (dslt_lost_rules){o->lost_ratio, o->lost_rate, o->lost_hold, o->lost_grace};
  out->label = dslt_dslt_label_shape(&out->area, o);
}
