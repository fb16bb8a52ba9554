/* SPDX-License-Identifier: Apache-2.0 */
/* cost.c: operations and bytes of a frame from the planned shapes. */
#include <string.h>

#include "trackers/trackloss/trackloss.h"

static const double f32 = sizeof(float);

/* All heads on one map, forward. */
static double heads_flop(const dslt_trackloss_target *own, const dslt_trackloss_map *map) {
  const double hidden = own->options->head_channels;
  double flop = 0.0;
  for (int i = 0; i < own->heads; ++i)
    flop += 2.0 * own->head[i].count * hidden * (9.0 * map->channels + DSLT_ANCHOR_OUTPUTS);
  return flop;
}

/* All heads on every cell of the search areas. */
static dslt_work areas_of(const dslt_trackloss_target *own, const dslt_trackloss_map *area) {
  const double cells = (double)DSLT_TRACKLOSS_LEVELS * area->side * area->side,
               hidden = own->options->head_channels;
  const double parameters = hidden * (9.0 * area->channels + DSLT_ANCHOR_OUTPUTS);
  return (dslt_work){2.0 * own->heads * cells * parameters,
                     f32 * (cells * area->channels + own->heads * parameters)};
}

/* Crops through the network. */
static dslt_work network_of(const dslt_trackloss_map *map, double crops) {
  const double input = 3.0 * map->input_side * map->input_side,
               cells = (double)map->side * map->side * map->channels;
  return (dslt_work){crops * map->flop, f32 * (crops * (input + cells) + map->parameters)};
}

void dslt_trackloss_cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t,
                         const dslt_target_state *before, const dslt_result *result) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_options *o = own->options;
  const dslt_trackloss_map *map = &dslt_trackloss_workspace_of(t->workspace)->map;
  const double parameters = (double)own->heads * (double)dslt_anchors_values(map->channels, o->head_channels);
  const double cells = (double)map->side * map->side * map->channels, heads = heads_flop(own, map);
  const double frame = 3.0 * t->search.area.frame_width * t->search.area.frame_height;
  /* frames in which training boxes are taken are one in collect_interval; each has its share */
  const double taken = o->collect_interval > 0 && !result->lost
                           ? (double)(o->positives + o->negatives) / o->collect_interval
                           : 0.0;
  const dslt_trackloss_map *area = &dslt_trackloss_workspace_of(t->workspace)->area;
  const double searched = o->shared_maps ? DSLT_TRACKLOSS_LEVELS : 0.0; /* search areas */
  const double crops = (o->shared_maps ? 0.0 : o->candidates) + taken,
               batch = o->batch_positives + o->batch_negatives;
  const double mined = o->mined > o->batch_negatives ? o->mined : 0.0;
  (void)before;
  memset(out, 0, DSLT_STAGE_COUNT * sizeof *out);
  out[DSLT_STAGE_CROP].bytes = frame + f32 * 3.0 *
                                           (crops * map->input_side * map->input_side +
                                            searched * area->input_side * area->input_side);
  out[DSLT_STAGE_BACKBONE] = dslt_work_sum(network_of(map, crops), network_of(area, searched));
  out[DSLT_STAGE_HEAD] = o->shared_maps
                             ? areas_of(own, area)
                             : (dslt_work){o->candidates * heads, f32 * (o->candidates * cells + parameters)};
  out[DSLT_STAGE_LOCATE].bytes = f32 * 9.0 * o->candidates;
  out[DSLT_STAGE_STORE].bytes = 2.0 * f32 * taken * cells;
  /* a step: the mined maps forward, the batch forward and the gradients of its weights */
  out[DSLT_STAGE_UPDATE] = dslt_work_times(
      (dslt_work){(mined + 2.0 * batch) * heads, f32 * ((mined + batch) * cells + 5.0 * parameters)},
      result->steps);
}
