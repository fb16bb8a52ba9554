/* SPDX-License-Identifier: Apache-2.0 */
#include "feature_workspace.h"

#include <string.h>

#include "base/error.h"
#include "geometry.h"
#include "nn/backbone.h"

static void measure(dslt_feature_workspace *e, const dslt_shared *s, const dslt_search *g, int batch) {
  const dslt_dslt_options *o = s->own;
  size_t factor = (size_t)(s->taps[1].stride / s->taps[0].stride);
  size_t cells = (size_t)g->area.map_height * (size_t)g->area.map_width;
  *e = (dslt_feature_workspace){
      .input_height = g->area.input_height, .input_width = g->area.input_width, .batch = batch};
  e->searched = dslt_shared_searches_levels(s) ? g->scale.levels : 1;
  e->input_values = (size_t)g->area.input_height * (size_t)g->area.input_width * 3;
  e->low_values = cells * (size_t)s->taps[0].channels;
  e->high_values = cells / (factor * factor) * (size_t)s->taps[1].channels;
  int learns = o->train_reduction == DSLT_REDUCTION_LEARNS;
  e->low_stored = learns ? e->low_values : cells * (size_t)o->reduce_channels;
  e->high_stored = learns ? e->high_values : cells / (factor * factor) * (size_t)o->reduce_channels;
}

static int alloc_taps(float **low, float **high, const dslt_feature_workspace *e, dslt_shared *s,
                      size_t count) {
  DSLT_TRY(dslt_shared_floats(low, s, count * e->low_values));
  return dslt_shared_floats(high, s, count * e->high_values);
}

static int alloc_reduced(dslt_features *out, const dslt_feature_workspace *e, dslt_shared *s, int crops) {
  DSLT_TRY(dslt_shared_floats(&out->low, s, (size_t)crops * e->low_stored));
  return dslt_shared_floats(&out->high, s, (size_t)crops * e->high_stored);
}

/* After the taps, each of whose kinds may want reducing. */
static int open_reduced(dslt_feature_workspace *e, dslt_shared *s, int levels) {
  if (s->own->train_reduction == DSLT_REDUCTION_LEARNS) return DSLT_OK;
  DSLT_TRY(alloc_reduced(&e->search_reduced, e, s, e->searched));
  if (e->low_levels) DSLT_TRY(alloc_reduced(&e->levels_reduced, e, s, levels));
  return e->low_moved ? alloc_reduced(&e->moved_reduced, e, s, 1) : DSLT_OK;
}

static int open_parts(dslt_feature_workspace *e, dslt_shared *s, int levels) {
  int h = e->input_height, w = e->input_width;
  size_t crops = (size_t)e->batch * (size_t)e->searched, all = (size_t)levels;
  DSLT_TRY(dslt_shared_net(&e->single, s, 1, h, w));
  DSLT_TRY(alloc_taps(&e->low, &e->high, e, s, crops));
  if (levels > 1 && e->searched == 1) {
    DSLT_TRY(dslt_shared_net(&e->pyramid, s, levels, h, w));
    DSLT_TRY(alloc_taps(&e->low_levels, &e->high_levels, e, s, all));
    if (all > crops) crops = all;
  }
  if (e->searched == 1 && s->own->memory > 1 && s->own->update_interval > 0)
    DSLT_TRY(alloc_taps(&e->low_moved, &e->high_moved, e, s, 1));
  DSLT_TRY(open_reduced(e, s, levels));
  if (crops < 2) crops = 2; /* first-frame training's original and augmented crop */
  return dslt_shared_floats(&e->input, s, crops * e->input_values);
}

int dslt_feature_workspace_open(dslt_feature_workspace *out, dslt_shared *shared, const dslt_search *geometry,
                                int batch) {
  dslt_feature_workspace e;
  measure(&e, shared, geometry, batch);
  int rc = open_parts(&e, shared, geometry->scale.levels);
  if (rc < 0)
    dslt_feature_workspace_close(&e, shared);
  else
    *out = e;
  return rc;
}

void dslt_feature_workspace_close(dslt_feature_workspace *e, dslt_shared *s) {
  float *buffers[] = {e->input,
                      e->low,
                      e->high,
                      e->low_levels,
                      e->high_levels,
                      e->low_moved,
                      e->high_moved,
                      e->search_reduced.low,
                      e->search_reduced.high,
                      e->levels_reduced.low,
                      e->levels_reduced.high,
                      e->moved_reduced.low,
                      e->moved_reduced.high};
  for (size_t i = 0; i < sizeof buffers / sizeof *buffers; ++i)
    s->backend->device->release(s->backend, buffers[i]);
  memset(e, 0, sizeof *e);
}
