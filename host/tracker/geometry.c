/* SPDX-License-Identifier: Apache-2.0 */
#include "geometry.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "math/label.h"

int dslt_layer_stride(int layer, const dslt_dslt_options *o) {
  int stride = 4; /* two poolings come before conv3_3 */
  if (layer >= DSLT_CONV4_3 && o->pool3) stride *= 2;
  if (layer >= DSLT_CONV5_3 && o->pool4) stride *= 2;
  return stride;
}

static double at_least(double v, double low) { return v < low ? low : v; }
static double at_most(double v, double high) { return v > high ? high : v; }

/* Input side for a wanted search side: whole cells of the coarsest layer, room for the kernel and at least
 * two more response cells, at most the longest side allowed. */
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

int dslt_geometry_make(dslt_search *g, const dslt_dslt_options *o, int frame_width, int frame_height,
                       const dslt_box *box) {
  const dslt_tap taps[DSLT_TAPS] = {{.stride = dslt_layer_stride(o->low_layer, o)},
                                    {.stride = dslt_layer_stride(o->high_layer, o)}};
  return dslt_geometry_of_taps(g, o, taps, frame_width, frame_height, box);
}

int dslt_geometry_of_taps(dslt_search *g, const dslt_dslt_options *o, const dslt_tap taps[DSLT_TAPS],
                          int frame_width, int frame_height, const dslt_box *box) {
  memset(g, 0, sizeof *g);
  g->area.frame_width = frame_width;
  g->area.frame_height = frame_height;
  g->area.target_width = box->width;
  g->area.target_height = box->height;

  /* Frame scale: large targets are looked at in a smaller frame, with less context. */
  double w = box->width, h = box->height, shrink = 1.0, longest = w > h ? w : h;
  if (o->frame_scale_side > 0 &&
      (w * h > o->frame_scale_side * o->frame_scale_side || longest > o->frame_scale_limit))
    shrink = o->frame_scale_side / longest;
  double target_w = w * shrink, target_h = h * shrink;
  double search_w = target_w * (1.0 + o->search_width * shrink),
         search_h = target_h * (1.0 + o->search_height * shrink);
  if (o->search_square) search_w = search_h = sqrt(search_w * search_h);

  /* Small search areas are enlarged, targets with them, so that a target spans enough cells. */
  double zoom = sqrt(at_least(o->search_min_area / (search_w * search_h), 1.0));
  /* ... unless an extreme shape would leave the longest side allowed; a target that would leave it is shrunk.
   */
  double longest_search = search_w > search_h ? search_w : search_h;
  zoom = at_least(at_most(zoom, o->search_max_side / longest_search), 1.0);
  if (o->search_max_area > 0) zoom = at_most(zoom, sqrt(o->search_max_area / (search_w * search_h)));
  int coarse = taps[1].stride;
  double longest_target = target_w > target_h ? target_w : target_h;
  zoom = at_most(zoom, at_least(o->search_max_side - 2.0 * coarse, coarse) / longest_target);
  target_w *= zoom, target_h *= zoom, search_w *= zoom, search_h *= zoom;
  g->area.ratio = 1.0 / (shrink * zoom);

  g->area.stride = taps[0].stride;
  int max_kernel = o->regress_max_side, room = o->search_max_side / g->area.stride / 2;
  if (max_kernel > room) max_kernel = room;
  g->area.kernel_width = kernel_side(target_w, g->area.stride, max_kernel);
  g->area.kernel_height = kernel_side(target_h, g->area.stride, max_kernel);
  g->area.input_width =
      input_side(search_w, coarse, g->area.kernel_width * g->area.stride, o->search_max_side);
  g->area.input_height =
      input_side(search_h, coarse, g->area.kernel_height * g->area.stride, o->search_max_side);
  g->area.map_width = g->area.input_width / g->area.stride;
  g->area.map_height = g->area.input_height / g->area.stride;
  g->area.response_width = g->area.map_width - g->area.kernel_width + 1;
  g->area.response_height = g->area.map_height - g->area.kernel_height + 1;

  if (o->label_on_cell) {
    g->area.centre_x = (float)((g->area.response_width - 1) / 2);
    g->area.centre_y = (float)((g->area.response_height - 1) / 2);
    g->area.anchor_x = g->area.stride * ((double)g->area.centre_x + 0.5 * g->area.kernel_width);
    g->area.anchor_y = g->area.stride * ((double)g->area.centre_y + 0.5 * g->area.kernel_height);
  } else {
    g->area.centre_x = 0.5f * (float)(g->area.response_width - 1);
    g->area.centre_y = 0.5f * (float)(g->area.response_height - 1);
    g->area.anchor_x = 0.5 * g->area.input_width;
    g->area.anchor_y = 0.5 * g->area.input_height;
  }
  /* the state's centre falls where the low tap's cells look, which for some networks is beside their own pixels */
  g->area.anchor_x += taps[0].shift;
  g->area.anchor_y += taps[0].shift;
  g->peak.sigma_x = (float)at_least(o->motion_sigma * target_w / g->area.stride,
                                    o->motion_sigma > 0 ? o->motion_min_sigma : 0.0);
  g->peak.sigma_y = (float)at_least(o->motion_sigma * target_h / g->area.stride,
                                    o->motion_sigma > 0 ? o->motion_min_sigma : 0.0);
  g->peak.subcell = o->subcell;
  g->area.mapping = o->mapping;
  g->scale.levels = o->scale_levels;
  g->scale.step = o->scale_step;
  g->scale.rate = o->scale_rate;
  g->scale.gate = o->scale_gate;
  g->scale.gate_ratio = o->scale_gate_ratio;
  g->scale.penalty = o->scale_penalty;
  double shortest = w < h ? w : h;
  g->scale.min = at_most(o->min_side / shortest, 1.0);
  g->scale.max = at_least(at_most(frame_width / w, frame_height / h), 1.0);
  g->lost.ratio = o->lost_ratio;
  g->lost.rate = o->lost_rate;
  g->lost.hold = o->lost_hold;
  g->lost.grace = o->lost_grace;
  dslt_label_sigmas(&g->label.sigma_x, &g->label.sigma_y, g, o);
  return DSLT_OK;
}

int dslt_geometry_for(dslt_search *g, const dslt_options *options, const dslt_weights *weights,
                      const dslt_image *frame, const dslt_box *box) {
  const dslt_dslt_options *o = dslt_dslt_options_of(options);
  const dslt_backbone_spec spec = dslt_dslt_backbone(o);
  dslt_tap taps[DSLT_TAPS];
  DSLT_TRY(dslt_backbone_taps(taps, weights, &spec));
  return dslt_geometry_of_taps(g, o, taps, frame->width, frame->height, box);
}

void dslt_label_sigmas(float *sigma_x, float *sigma_y, const dslt_search *g, const dslt_dslt_options *o) {
  double cells_x = g->area.target_width / (g->area.ratio * g->area.stride),
         cells_y = g->area.target_height / (g->area.ratio * g->area.stride);
  /* between cells, the nearest one is half a cell away: narrower than this its label would underflow to 0 */
  double least = o->label_on_cell ? 1e-3 : 0.1;
  *sigma_x = (float)at_least(at_least(o->label_sigma * cells_x, o->label_min_sigma), least);
  *sigma_y = (float)at_least(at_least(o->label_sigma * cells_y, o->label_min_sigma), least);
}

void dslt_soft_label(float *out, const dslt_search *g, const dslt_dslt_options *o) {
  float low = INFINITY, high = -INFINITY;
  int count = g->area.response_width * g->area.response_height;
  for (int i = 0; i < count; ++i) {
    int row = i / g->area.response_width, column = i % g->area.response_width;
    out[i] = dslt_gaussian2((float)column - g->area.centre_x, (float)row - g->area.centre_y, g->label.sigma_x,
                            g->label.sigma_y);
    low = out[i] < low ? out[i] : low;
    high = out[i] > high ? out[i] : high;
  }
  if (!o->label_stretch || !(high > low)) return;
  for (int i = 0; i < count; ++i) out[i] = (out[i] - low) / (high - low);
}

dslt_box dslt_state_box(const dslt_target_state *state) {
  return (dslt_box){state->cx - 0.5 * state->width, state->cy - 0.5 * state->height, state->width,
                    state->height};
}

dslt_box dslt_response_window(const dslt_target_state *state, const dslt_search *g) {
  double ratio = g->area.ratio * state->scale;
  dslt_box window;
  if (g->area.mapping == DSLT_MAPPING_STRETCH) {
    window = (dslt_box){-g->area.anchor_x, -g->area.anchor_y, g->area.input_width, g->area.input_height};
  } else {
    window = (dslt_box){-g->area.stride * ((double)g->area.centre_x + 0.5),
                        -g->area.stride * ((double)g->area.centre_y + 0.5),
                        (double)g->area.stride * g->area.response_width,
                        (double)g->area.stride * g->area.response_height};
  }
  window.x = state->cx + window.x * ratio;
  window.y = state->cy + window.y * ratio;
  window.width *= ratio;
  window.height *= ratio;
  return window;
}
