/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: the search area of a target, and memory for templates, searches and targets. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "trackers/siamese/siamese.h"

static int kernel_side(double px, int stride, int cells) {
  int side = (int)floor(px / stride + 0.5);
  if (side > cells / 2) side = cells / 2;
  return side < 1 ? 1 : side;
}

/* The area is the search crop's; its response is the regression's on the fine map, or, without one, the matching
 * head's. */
static void fill_area(dslt_search_area *a, const dslt_matching_shape *shape, int regression, int frame_width,
                      int frame_height, const dslt_box *box) {
  const dslt_matching_map *map = &shape->map[regression ? DSLT_MATCHING_FINE : DSLT_MATCHING_NECK];
  const double ratio = dslt_match_side(box->width, box->height) / shape->template_side;
  memset(a, 0, sizeof *a);
  a->frame_width = frame_width;
  a->frame_height = frame_height;
  a->target_width = box->width;
  a->target_height = box->height;
  a->ratio_x = a->ratio_y = ratio;
  a->mapping = DSLT_MAPPING_RECEPTIVE;
  a->stride = map->stride;
  a->input_width = a->input_height = shape->search_side;
  a->map_width = a->map_height = map->cells;
  a->kernel_width = regression ? kernel_side(box->width / ratio, map->stride, map->cells) : 1;
  a->kernel_height = regression ? kernel_side(box->height / ratio, map->stride, map->cells) : 1;
  a->response_width = a->map_width - a->kernel_width + 1;
  a->response_height = a->map_height - a->kernel_height + 1;
  a->anchor_x = a->anchor_y = 0.5 * shape->search_side;
  /* cell i of a map sees the input around pixel stride * i: every layer pads by half its kernel */
  a->centre_x = (float)((a->anchor_x - 0.5) / a->stride - 0.5 * (a->kernel_width - 1));
  a->centre_y = (float)((a->anchor_y - 0.5) / a->stride - 0.5 * (a->kernel_height - 1));
}

int dslt_siamese_measure(dslt_search *out, const dslt_shared *s, int frame_width, int frame_height,
                         const dslt_box *box) {
  const dslt_siamese_options *o = dslt_siamese_options_of(s->options);
  dslt_matching_shape shape;
  DSLT_TRY(dslt_matching_shape_of(&shape, s->weights));
  memset(out, 0, sizeof *out);
  fill_area(&out->area, &shape, o->blend > 0, frame_width, frame_height, box);
  out->scale = (dslt_scale_rules){.levels = 1, .step = 1, .min = 1, .max = 1};
  out->label = (dslt_label_shape){(float)o->label_sigma, (float)o->label_sigma};
  return DSLT_OK;
}

/* ---- workspace ----------------------------------------------------------------------------------- */

static size_t map_values(const dslt_matching_map *map, int cells) {
  return (size_t)cells * (size_t)cells * (size_t)map->channels;
}

int dslt_siamese_layout(dslt_feature_layout *out, const dslt_shared *s, const dslt_search *search) {
  dslt_matching_shape shape;
  (void)search;
  DSLT_TRY(dslt_matching_shape_of(&shape, s->weights));
  out->searched = out->crops = 1;
  out->taps = DSLT_MATCHING_TAPS;
  for (int i = 0; i < DSLT_MATCHING_TAPS; ++i)
    out->tap_values[i] = map_values(&shape.map[i], shape.map[i].cells);
  return DSLT_OK;
}

int dslt_siamese_plan_workspace(dslt_feature_workspace *w, dslt_shared *s, const dslt_search *search) {
  dslt_siamese_workspace *own = dslt_siamese_workspace_of(w);
  dslt_matching_shape shape;
  (void)search;
  DSLT_TRY(dslt_matching_shape_of(&shape, s->weights));
  const int side = shape.template_side;
  DSLT_TRY(dslt_shared_net(&own->net, s, 1, side, side));
  for (int i = 0; i < DSLT_MATCHING_TAPS; ++i)
    DSLT_TRY(dslt_shared_floats(&own->map[i], s, map_values(&shape.map[i], shape.map[i].template_cells)));
  DSLT_TRY(dslt_matching_plan_head(&own->matching, s->backend, s->weights));
  return dslt_shared_floats(&own->input, s, (size_t)side * (size_t)side * 3);
}

void dslt_siamese_free_workspace(dslt_feature_workspace *w, dslt_shared *s) {
  const dslt_siamese_workspace *own = dslt_siamese_workspace_of(w);
  for (int i = 0; i < DSLT_MATCHING_TAPS; ++i) s->backend->device->release(s->backend, own->map[i]);
  s->backend->device->release(s->backend, own->input);
  s->backend->nn->net_free(own->matching);
  dslt_shared_net_release(s, own->net);
}

/* ---- target -------------------------------------------------------------------------------------- */

static dslt_match_rules rules_of(const dslt_siamese_options *o, const dslt_matching_shape *shape) {
  const dslt_matching_map *neck = &shape->map[DSLT_MATCHING_NECK];
  return (dslt_match_rules){
      .rows = neck->cells,
      .columns = neck->cells,
      .stride = (float)neck->stride,
      .unit = 32.0f,
      .side = (float)shape->template_side,
      .blend = (float)o->blend,
      .shape = (float)o->shape_penalty,
      .window = (float)o->window,
      .rate = (float)o->size_rate,
      .lost = (float)o->lost_score,
      .hold = o->lost_hold,
      .seek = o->seek_after,
      .doubt = (float)o->doubt,
      .found = (float)o->found_score,
      .min_side = o->min_side,
  };
}

static dslt_head_shape head_shape(const dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_search_area *a = &t->search.area;
  const dslt_matching_map *map = own->shape.map;
  return (dslt_head_shape){
      .map_height = a->map_height,
      .map_width = a->map_width,
      .taps = DSLT_SIAMESE_MAPS,
      .tap = {{map[0].channels, 1, 1.0f}, {map[1].channels, map[1].stride / map[0].stride, 1.0f}},
      .channels = own->options->reduce_channels,
      .reduce_kernel = 1,
      .kernel_height = a->kernel_height,
      .kernel_width = a->kernel_width,
      .fusion = 1,
      .residual = 1,
      .train_reduction = DSLT_REDUCTION_FIRST,
      .regress_sigma = 1e-7f,
      .batch = 1};
}

/* The regression, its samples and maps. */
static int plan_regression(dslt_target *t) {
  dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_siamese_options *o = own->options;
  const dslt_head_shape shape = head_shape(t);
  const size_t steps = (size_t)o->init_steps;
  size_t values[DSLT_TAPS_MAX];
  const int maps = dslt_head_features(values, &shape);
  t->ring = dslt_ring_first(o->memory);
  DSLT_TRY(dslt_head_create(&own->head, t->backend, &shape, (uint64_t)t->shared->options->common.seed));
  for (int i = 0; i < maps; ++i) DSLT_TRY(dslt_shared_floats(&own->reduced.map[i], t->shared, values[i]));
  DSLT_TRY(dslt_shared_floats(&own->responses, t->shared, t->response_values));
  DSLT_TRY(dslt_shared_floats(&own->losses, t->shared, steps));
  DSLT_TRY(dslt_samples_create(&own->samples, t->backend, o->memory, maps, values, t->response_values));
  own->response.value = own->responses;
  t->init_losses = calloc(steps, sizeof *t->init_losses);
  return t->init_losses ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory while planning the tracker.");
}

/* The template, its filters and the responses to them. */
static int plan_template(dslt_target *t) {
  dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_siamese_options *o = own->options;
  const dslt_matching_map *neck = &own->shape.map[DSLT_MATCHING_NECK];
  const size_t count = (size_t)neck->template_cells * (size_t)neck->template_cells,
               values = count * (size_t)neck->channels, cells = (size_t)neck->cells * (size_t)neck->cells;
  own->following = (dslt_template_rules){.cells = neck->template_cells,
                                         .channels = neck->channels,
                                         .side = (float)own->shape.template_side,
                                         .stride = (float)neck->stride,
                                         .around = own->shape.around,
                                         .factor = dslt_matching_factor(&own->shape),
                                         .rate = (float)o->template_rate,
                                         .trust = (float)o->template_trust,
                                         .score = (float)o->template_score};
  DSLT_TRY(dslt_shared_floats(&own->first, t->shared, values));
  DSLT_TRY(dslt_shared_floats(&own->mean, t->shared, values));
  DSLT_TRY(dslt_shared_floats(&own->filters, t->shared, values));
  return dslt_shared_floats(&own->matched, t->shared, cells * (count + (size_t)neck->channels));
}

int dslt_siamese_plan(dslt_target *t) {
  dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_siamese_options *o = dslt_siamese_options_of(t->shared->options);
  const dslt_search_area *a = &t->search.area;
  own->options = o;
  DSLT_TRY(dslt_matching_shape_of(&own->shape, t->shared->weights));
  own->rules = rules_of(o, &own->shape);
  own->response = (dslt_match_response){.rows = a->response_height,
                                        .columns = a->response_width,
                                        .stride = (float)a->stride,
                                        .centre_x = a->centre_x,
                                        .centre_y = a->centre_y};
  const size_t cells = (size_t)own->rules.rows * (size_t)own->rules.columns;
  DSLT_TRY(dslt_shared_floats(&own->scores, t->shared, cells));
  DSLT_TRY(dslt_shared_floats(&own->distances, t->shared, 4 * cells));
  DSLT_TRY(plan_template(t));
  t->policy = (dslt_update_policy){
      .interval = o->update_interval,
      .hold = 1,
      .joint = 1,
      .spread = o->update_spread < o->update_interval ? o->update_spread : o->update_interval,
      .gate = o->update_score};
  return o->blend > 0 ? plan_regression(t) : DSLT_OK;
}

void dslt_siamese_free(dslt_target *t) {
  dslt_siamese_target *own = dslt_siamese_target_of(t);
  float *const memory[] = {own->scores,    own->distances, own->reduced.map[0], own->reduced.map[1],
                           own->responses, own->losses,    own->first,          own->mean,
                           own->filters,   own->matched};
  dslt_head_free(own->head);
  dslt_samples_free(&own->samples, t->backend);
  for (size_t i = 0; i < sizeof memory / sizeof *memory; ++i) t->device->release(t->backend, memory[i]);
}
