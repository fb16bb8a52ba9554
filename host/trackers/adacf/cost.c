/* SPDX-License-Identifier: Apache-2.0 */
/* cost.c: operations and bytes of a frame, which are the same in every frame. */
#include <string.h>

#include "trackers/adacf/adacf.h"

static const double f32 = sizeof(float);

/* Transforms as the matrix products that they are computed by: along both axes, of real maps. */
static double filter_flop(const dslt_search_area *a, double channels) {
  const double n = a->map_width, half = a->map_width / 2 + 1, kernel = a->kernel_width;
  const double forward = 2.0 * 2.0 * half * n * n * channels + 2.0 * half * 4.0 * n * n * channels;
  const double back =
      2.0 * half * 4.0 * kernel * n * channels + 2.0 * 2.0 * half * kernel * kernel * channels;
  return forward + back + 10.0 * half * n * channels;
}

void dslt_adacf_cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t, const dslt_target_state *before,
                     const dslt_result *result) {
  const dslt_search_area *a = &t->search.area;
  const dslt_adacf_options *o = dslt_adacf_target_of(t)->options;
  const double levels = t->search.scale.levels, crops = levels + result->steps;
  const double input = 3.0 * DSLT_ADACF_INPUT * DSLT_ADACF_INPUT;
  const double side = a->ratio_x * before->scale * DSLT_ADACF_INPUT,
               frame = 3.0 * a->frame_width * a->frame_height;
  dslt_adacf_map map;
  memset(out, 0, DSLT_STAGE_COUNT * sizeof *out);
  if (dslt_adacf_map_of(&map, t->shared) < 0) return; /* checked before; nothing is counted */
  const double cells = (double)map.side * map.side * map.channels;
  const double kernel = (double)a->kernel_width * a->kernel_height * map.channels;
  const double response = (double)a->response_width * a->response_height;
  const double cut = 3.0 * side * side < frame ? 3.0 * side * side : frame;
  out[DSLT_STAGE_CROP].bytes = (1 + result->steps) * cut + f32 * crops * input;
  out[DSLT_STAGE_BACKBONE].flop = crops * map.flop;
  out[DSLT_STAGE_BACKBONE].bytes = f32 * (crops * (input + cells) + (1 + result->steps) * map.parameters);
  out[DSLT_STAGE_HEAD].flop = 2.0 * levels * response * kernel;
  out[DSLT_STAGE_HEAD].bytes = f32 * (levels * (cells + response) + kernel);
  out[DSLT_STAGE_LOCATE].flop = 16.0 * levels * response * o->enlarge * o->enlarge;
  out[DSLT_STAGE_LOCATE].bytes = f32 * levels * response;
  out[DSLT_STAGE_UPDATE].flop = result->steps * filter_flop(a, map.channels);
  out[DSLT_STAGE_UPDATE].bytes = result->steps * f32 * (cells + 2.0 * kernel);
}
