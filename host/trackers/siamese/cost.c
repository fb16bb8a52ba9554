/* SPDX-License-Identifier: Apache-2.0 */
/* cost.c: least work of a frame's stages, counted from the layers. */
#include <string.h>

#include "backend/precision.h"
#include "trackers/siamese/siamese.h"

/* Of dslt_adam_step(): twelve additions and multiplications, a root and a division. */
enum { ADAM_FLOP = 14 };

static const double f32 = sizeof(float);

/* Did the frame begin an update? */
static int updates(const dslt_target *t, const dslt_result *result) {
  return t->policy.interval > 0 && t->decided % t->policy.interval == 0 && !result->lost;
}

/* The regression's response, a stored sample, and a training step on stored maps: forward, the weights' gradients as
 * two more products, Adam. */
static void count_regression(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t,
                             const dslt_result *result) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_search_area *a = &t->search.area;
  const dslt_matching_map *fine = &own->shape.map[DSLT_MATCHING_FINE],
                          *coarse = &own->shape.map[DSLT_MATCHING_COARSE];
  const double cells = (double)fine->cells * fine->cells,
               coarse_cells = (double)coarse->cells * coarse->cells;
  const double c = own->options->reduce_channels, response = (double)t->response_values;
  const double kernel = (double)a->kernel_width * a->kernel_height * c;
  const double reduce = 2.0 * c * (cells * fine->channels + coarse_cells * coarse->channels);
  const double forward = 11.0 * cells * c + 2.0 * 2.0 * response * kernel; /* enlarge, add, two regressions */
  const double stored = f32 * c * (cells + coarse_cells);
  out[DSLT_STAGE_HEAD].flop += reduce + forward;
  out[DSLT_STAGE_HEAD].bytes += f32 * (cells * fine->channels + coarse_cells * coarse->channels + response);
  out[DSLT_STAGE_LOCATE].bytes += f32 * response;
  const dslt_work step = {forward + 2.0 * 2.0 * response * kernel + ADAM_FLOP * 2.0 * kernel,
                          stored + f32 * (response + 8.0 * 2.0 * kernel)};
  out[DSLT_STAGE_UPDATE] = dslt_work_times(step, result->steps);
  if (updates(t, result) && own->options->memory > 1) out[DSLT_STAGE_STORE].bytes = 2.0 * stored;
}

/* With an update: the crop that the template learns from, whose maps are smaller than the search's. */
static void count_template(dslt_work out[DSLT_STAGE_COUNT], const dslt_siamese_target *own, double backbone) {
  const dslt_matching_map *neck = &own->shape.map[DSLT_MATCHING_NECK];
  const double side = own->shape.template_side, smaller = (double)neck->template_cells / neck->cells;
  const double values = (double)neck->template_cells * neck->template_cells * neck->channels;
  out[DSLT_STAGE_CROP].bytes += 3.0 * (1.0 + f32) * side * side;
  out[DSLT_STAGE_BACKBONE].flop += smaller * smaller * backbone;
  out[DSLT_STAGE_UPDATE].flop += 6.0 * values;
  out[DSLT_STAGE_UPDATE].bytes += 5.0 * f32 * values;
}

void dslt_siamese_cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t, const dslt_target_state *before,
                       const dslt_result *result) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  double backbone, head, parameters, side = own->shape.search_side;
  (void)before;
  memset(out, 0, DSLT_STAGE_COUNT * sizeof *out);
  dslt_matching_work(&backbone, &head, &parameters, t->shared->weights);
  const double element = t->shared->options->common.precision == DSLT_PRECISION_BF16 ? 2.0 : f32;
  out[DSLT_STAGE_CROP].bytes = 3.0 * (1.0 + f32) * side * side;
  out[DSLT_STAGE_BACKBONE] = (dslt_work){backbone, element * parameters + 3.0 * f32 * side * side};
  out[DSLT_STAGE_HEAD].flop = head;
  out[DSLT_STAGE_LOCATE].bytes = 5.0 * f32 * own->rules.rows * own->rules.columns;
  if (own->head) count_regression(out, t, result);
  if (own->following.rate > 0 && updates(t, result)) count_template(out, own, backbone);
}
