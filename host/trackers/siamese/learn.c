/* SPDX-License-Identifier: Apache-2.0 */
/* learn.c: the first frame: the template's features become the weights of the matching head. */
#include <stdlib.h>

#include "base/error.h"
#include "trackers/siamese/siamese.h"

/* The template: a crop of its own side around the target, at the search area's scale. */
static int run_template(dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  dslt_siamese_workspace *w = dslt_siamese_workspace_of(t->workspace);
  dslt_search search = t->search;
  dslt_search_area *a = &search.area;
  a->input_width = a->input_height = own->shape.template_side;
  a->anchor_x = a->anchor_y = 0.5 * own->shape.template_side;
  DSLT_TRY(t->vision->crop(t->backend, w->input, &search, &t->shared->norm, &t->record->state, 0, 1));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(t->nn->net_run(w->net, w->input, w->map));
  return dslt_target_mark(t, DSLT_STAGE_BACKBONE);
}

static int plan_head(dslt_target *t) {
  dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_matching_map *neck = &own->shape.map[DSLT_MATCHING_NECK];
  const size_t values = (size_t)neck->template_cells * (size_t)neck->template_cells * (size_t)neck->channels;
  float *features = malloc(values * sizeof *features);
  int rc = features ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for a template.");
  if (rc == DSLT_OK)
    rc = t->device->download(t->backend, features,
                             dslt_siamese_workspace_of(t->workspace)->map[DSLT_MATCHING_NECK],
                             values * sizeof *features);
  if (rc == DSLT_OK) rc = dslt_matching_plan_head(&own->head, t->backend, t->shared->weights, features);
  free(features);
  return rc;
}

int dslt_siamese_learn(dslt_target *t, dslt_result *result) {
  (void)result;
  DSLT_TRY(run_template(t));
  DSLT_TRY(plan_head(t));
  return dslt_target_mark(t, DSLT_STAGE_UPDATE);
}
