/* SPDX-License-Identifier: Apache-2.0 */
/* workspace.c: what DSLT needs of a workspace: taps of search, scale pyramid and re-extraction, and their
 * reduced maps. */
#include "base/error.h"
#include "trackers/dslt/dslt.h"

int dslt_dslt_layout(dslt_feature_layout *out, const dslt_shared *s, const dslt_search *search) {
  const dslt_dslt_options *o = dslt_dslt_shared_options(s);
  const int joint = dslt_dslt_joint(o), levels = search->scale.levels;
  const size_t cells = (size_t)search->area.map_height * (size_t)search->area.map_width;
  dslt_tap_list taps;
  DSLT_TRY(dslt_dslt_taps(&taps, o, s->weights));
  out->searched = joint ? levels : 1;
  out->crops = !joint && levels > 2 ? levels : 2; /* 2: first-frame training's original and augmented crop */
  out->taps = taps.count;
  for (int t = 0; t < taps.count; ++t) {
    const size_t factor = (size_t)dslt_tap_factor(&taps, t);
    out->tap_values[t] = cells / (factor * factor) * (size_t)taps.tap[t].channels;
  }
  return DSLT_OK;
}

static int alloc_maps(dslt_map_list *out, dslt_shared *s, int maps, const size_t *values, int crops) {
  for (int i = 0; i < maps; ++i) DSLT_TRY(dslt_shared_floats(&out->map[i], s, (size_t)crops * values[i]));
  return DSLT_OK;
}

/* After the taps, each kind of which may need reducing. */
static int plan_reduced(dslt_dslt_workspace *own, dslt_shared *s, int searched, int levels) {
  const dslt_dslt_options *o = dslt_dslt_shared_options(s);
  const size_t *values = own->stored_values;
  if (o->train_reduction == DSLT_REDUCTION_LEARNS) return DSLT_OK;
  DSLT_TRY(alloc_maps(&own->search_reduced, s, own->stored, values, searched));
  if (own->levels.map[0]) DSLT_TRY(alloc_maps(&own->levels_reduced, s, own->stored, values, levels));
  return own->moved.map[0] ? alloc_maps(&own->moved_reduced, s, own->stored, values, 1) : DSLT_OK;
}

int dslt_dslt_plan_workspace(dslt_feature_workspace *w, dslt_shared *s, const dslt_search *search) {
  const dslt_dslt_options *o = dslt_dslt_shared_options(s);
  dslt_dslt_workspace *own = dslt_dslt_workspace_of(w);
  int levels = search->scale.levels;
  dslt_head_shape shape;
  DSLT_TRY(dslt_dslt_head_shape(&shape, s, search));
  own->stored = dslt_head_features(own->stored_values, &shape);
  if (levels > 1 && w->searched == 1) {
    DSLT_TRY(dslt_shared_net(&own->pyramid, s, levels, w->input_height, w->input_width));
    DSLT_TRY(alloc_maps(&own->levels, s, w->taps, w->tap_values, levels));
  }
  if (w->searched == 1 && o->memory > 1 && o->update_interval > 0)
    DSLT_TRY(alloc_maps(&own->moved, s, w->taps, w->tap_values, 1));
  return plan_reduced(own, s, w->searched, levels);
}

void dslt_dslt_free_workspace(dslt_feature_workspace *w, dslt_shared *s) {
  const dslt_dslt_workspace *own = dslt_dslt_workspace_of(w);
  const dslt_map_list lists[] = {own->levels, own->moved, own->search_reduced, own->levels_reduced,
                                 own->moved_reduced};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; ++i)
    for (int t = 0; t < DSLT_TAPS_MAX; ++t) s->backend->device->release(s->backend, lists[i].map[t]);
  dslt_shared_net_release(s, own->pyramid);
}
