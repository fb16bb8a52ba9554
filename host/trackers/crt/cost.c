/* SPDX-License-Identifier: Apache-2.0 */
/* cost.c: operations and bytes of a frame of CRT from the planned shapes. */
#include <string.h>

#include "backend/precision.h"
#include "math/hog.h"
#include "trackers/crt/crt.h"

/* Of dslt_adam_step(): twelve additions and multiplications, a root and a division. */
enum { ADAM_FLOP = 14 };
/* Of a pixel's gradient and its share in four cells; of a cell's normalisation. */
enum { HOG_PIXEL_FLOP = 60, HOG_CELL_FLOP = 400 };

static const double f32 = sizeof(float);

/* The features of all levels: the network or gradients, and the projection. */
static dslt_work features_of(const dslt_target *t, double levels, double cells, double channels,
                             double projected) {
  const dslt_crt_options *o = dslt_crt_target_of(t)->options;
  const int h = t->search.area.input_height, w = t->search.area.input_width;
  const double pixels = (double)h * w;
  const double element = t->shared->options->common.precision == DSLT_PRECISION_BF16 ? 2.0 : f32;
  double flop = HOG_PIXEL_FLOP * pixels + HOG_CELL_FLOP * cells, parameters = 0.0;
  if (o->feature != DSLT_CRT_HOG) dslt_crt_network_work(&flop, &parameters, o, t->shared->weights, h, w);
  dslt_work work = {levels * flop, element * parameters + levels * f32 * (3.0 * pixels + cells * channels)};
  if (projected < channels) {
    work.flop += levels * 2.0 * cells * channels * projected;
    work.bytes += f32 * (levels * cells * (channels + projected) + channels * projected);
  }
  return work;
}

void dslt_crt_cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t, const dslt_target_state *before,
                   const dslt_result *result) {
  const dslt_crt_target *own = dslt_crt_target_of(t);
  const dslt_search_area *a = &t->search.area;
  const double levels = t->search.scale.levels, cells = (double)a->map_width * a->map_height;
  const double channels = dslt_crt_channels(own->options, t->shared->weights);
  const double projected = dslt_crt_projected(own->options, t->shared->weights);
  const double kernel = (double)own->regression.weights, response = (double)t->response_values;
  const double pixels = (double)a->input_width * a->input_height, map = cells * projected;
  const double source = pixels * a->ratio_x * a->ratio_y, frame = (double)a->frame_width * a->frame_height;
  (void)before;
  memset(out, 0, DSLT_STAGE_COUNT * sizeof *out);
  out[DSLT_STAGE_CROP].bytes = levels * (3.0 * (source < frame ? source : frame) + 3.0 * f32 * pixels);
  out[DSLT_STAGE_BACKBONE] = features_of(t, levels, cells, channels, projected);
  out[DSLT_STAGE_HEAD] =
      (dslt_work){levels * 2.0 * response * kernel, f32 * (levels * (map + response) + kernel)};
  out[DSLT_STAGE_LOCATE].bytes = f32 * levels * response;
  if (result->steps == 0) return;
  const double samples = own->options->memory;
  const dslt_work pass = {4.0 * response * kernel, f32 * (map + 2.0 * response + 3.0 * kernel)};
  const dslt_work step = {ADAM_FLOP * kernel, f32 * 7.0 * kernel};
  out[DSLT_STAGE_STORE].bytes = 2.0 * f32 * map;
  out[DSLT_STAGE_UPDATE] =
      dslt_work_times(dslt_work_sum(dslt_work_times(pass, samples), step), result->steps);
}
