/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: the search area of a target, and memory. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "math/level_cut.h"
#include "trackers/adacf/adacf.h"

/* Target and context have the area of a square whose side is exemplar_side in the network's input. */
static double ratio_of(const dslt_adacf_options *o, double w, double h) {
  const double context = o->context * (w + h);
  return sqrt((w + context) * (h + context)) / o->exemplar_side;
}

int dslt_adacf_measure(dslt_search *out, const dslt_shared *s, int frame_width, int frame_height,
                       const dslt_box *box) {
  const dslt_adacf_options *o = dslt_adacf_shared_options(s);
  const double w = fmax(round(box->width), 1.0), h = fmax(round(box->height), 1.0);
  dslt_adacf_map map;
  DSLT_TRY(dslt_adacf_map_of(&map, s));
  const int kernel = map.side - 2 * o->filter_margin, response = map.side - kernel + 1;
  *out = (dslt_search){0};
  out->area = (dslt_search_area){.frame_width = frame_width,
                                 .frame_height = frame_height,
                                 .target_width = w,
                                 .target_height = h,
                                 .ratio_x = ratio_of(o, w, h),
                                 .ratio_y = ratio_of(o, w, h),
                                 .input_width = DSLT_ADACF_INPUT,
                                 .input_height = DSLT_ADACF_INPUT,
                                 .anchor_x = 0.5 * map.stride * map.side,
                                 .anchor_y = 0.5 * map.stride * map.side,
                                 .stride = map.stride,
                                 .map_width = map.side,
                                 .map_height = map.side,
                                 .kernel_width = kernel,
                                 .kernel_height = kernel,
                                 .response_width = response,
                                 .response_height = response,
                                 .centre_x = 0.5f * (float)(response - 1),
                                 .centre_y = 0.5f * (float)(response - 1)};
  out->scale = (dslt_scale_rules){.levels = o->scale_levels,
                                  .step = o->scale_step,
                                  .rate = o->scale_rate,
                                  .penalty = o->scale_penalty,
                                  .min = o->scale_min,
                                  .max = o->scale_max};
  return DSLT_OK;
}

int dslt_adacf_layout(dslt_feature_layout *out, const dslt_shared *s, const dslt_search *search) {
  dslt_adacf_map map;
  DSLT_TRY(dslt_adacf_map_of(&map, s));
  out->searched = search->scale.levels;
  out->taps = 1;
  out->tap_values[0] = (size_t)map.side * (size_t)map.side * (size_t)map.channels;
  return DSLT_OK;
}

int dslt_adacf_plan_workspace(dslt_feature_workspace *w, dslt_shared *s, const dslt_search *search) {
  dslt_adacf_workspace *own = dslt_adacf_workspace_of(w);
  const size_t side = (size_t)dslt_region_side_max(search);
  const size_t enlarged = (size_t)(search->area.response_width * dslt_adacf_shared_options(s)->enlarge);
  DSLT_TRY(dslt_shared_floats(&own->region, s, 3 * side * side));
  DSLT_TRY(dslt_shared_floats(&own->enlarged, s, (size_t)search->scale.levels * enlarged * enlarged));
  DSLT_TRY(dslt_shared_floats(&own->features, s, w->tap_values[0]));
  dslt_adacf_map map;
  DSLT_TRY(dslt_adacf_map_of(&map, s));
  for (int i = 0; i < map.gates; ++i)
    DSLT_TRY(dslt_shared_floats(&own->gates[i], s, (size_t)map.gate_channels[i]));
  return map.gates ? dslt_adacf_plan_gates(&own->attention, s, &map) : DSLT_OK;
}

void dslt_adacf_free_workspace(dslt_feature_workspace *w, dslt_shared *s) {
  const dslt_adacf_workspace *own = dslt_adacf_workspace_of(w);
  s->backend->device->release(s->backend, own->region);
  s->backend->device->release(s->backend, own->enlarged);
  s->backend->device->release(s->backend, own->features);
  if (own->attention) s->backend->nn->net_free(own->attention);
  for (int i = 0; i < DSLT_ADACF_GATES; ++i) s->backend->device->release(s->backend, own->gates[i]);
}

/* Room for the channel weights of the first frame. */
static int plan_gates(dslt_target *t) {
  dslt_adacf_target *own = dslt_adacf_target_of(t);
  const dslt_graph *graph = &t->shared->weights->network->graph;
  dslt_adacf_map map;
  DSLT_TRY(dslt_adacf_map_of(&map, t->shared));
  own->gates = map.gates;
  for (int i = 0; i < map.gates; ++i) {
    float *values = calloc((size_t)map.gate_channels[i], sizeof *values);
    if (!values) return dslt_fail(DSLT_EMEMORY, "Out of memory for the weights of channels.");
    own->gate[i] = (dslt_channel_weights){graph->layer[map.gate[i]].name, map.gate_channels[i], values};
  }
  return DSLT_OK;
}

int dslt_adacf_plan(dslt_target *t) {
  dslt_adacf_target *own = dslt_adacf_target_of(t);
  const dslt_search_area *a = &t->search.area;
  const size_t levels = (size_t)t->search.scale.levels;
  void *before;
  own->options = dslt_adacf_shared_options(t->shared);
  const int channels = (int)(t->workspace->tap_values[0] / (size_t)(a->map_width * a->map_height));
  const dslt_filter_desc desc = {.side = a->map_width,
                                 .channels = channels,
                                 .margin = own->options->filter_margin,
                                 .batch = t->search.scale.levels,
                                 .lambda = own->options->filter_lambda,
                                 .sigma = own->options->filter_sigma};
  DSLT_TRY(t->nn->filter_plan(&own->filter, t->backend, &desc));
  DSLT_TRY(dslt_shared_floats(&own->kernel, t->shared,
                              (size_t)a->kernel_width * (size_t)a->kernel_height * (size_t)channels));
  DSLT_TRY(dslt_shared_floats(&own->responses, t->shared, levels * t->response_values));
  DSLT_TRY(dslt_shared_floats(&own->fill, t->shared, 3));
  DSLT_TRY(t->device->alloc(&before, t->backend, sizeof *own->before));
  own->before = before;
  return plan_gates(t);
}

void dslt_adacf_free(dslt_target *t) {
  const dslt_adacf_target *own = dslt_adacf_target_of(t);
  t->nn->filter_free(own->filter);
  t->device->release(t->backend, own->kernel);
  t->device->release(t->backend, own->responses);
  t->device->release(t->backend, own->fill);
  t->device->release(t->backend, own->before);
  for (int i = 0; i < own->gates; ++i) free((float *)own->gate[i].values);
}
