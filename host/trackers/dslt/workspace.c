/* SPDX-License-Identifier: Apache-2.0 */
/* workspace.c: what DSLT needs of a workspace: taps of search, scale pyramid and re-extraction, and their
 * reduced maps. */
#include "base/error.h"
#include "trackers/dslt/dslt.h"

int dslt_dslt_layout(dslt_feature_layout *out, const dslt_shared *s, const dslt_search *search) {
  const dslt_dslt_options *o = dslt_dslt_shared_options(s);
  const int joint = dslt_dslt_joint(o), levels = search->scale.levels;
  const size_t cells = (size_t)search->area.map_height * (size_t)search->area.map_width;
  dslt_tap taps[DSLT_TAPS];
  DSLT_TRY(dslt_dslt_taps(taps, o, s->weights));
  const size_t factor = (size_t)(taps[DSLT_TAP_HIGH].stride / taps[DSLT_TAP_LOW].stride);
  out->searched = joint ? levels : 1;
  out->crops = !joint && levels > 2 ? levels : 2; /* 2: first-frame training's original and augmented crop */
  out->taps = DSLT_TAPS;
  out->tap_values[DSLT_TAP_LOW] = cells * (size_t)taps[DSLT_TAP_LOW].channels;
  out->tap_values[DSLT_TAP_HIGH] = cells / (factor * factor) * (size_t)taps[DSLT_TAP_HIGH].channels;
  return DSLT_OK;
}

static int alloc_pair(dslt_map_pair *out, dslt_shared *s, const size_t *values, int crops) {
  DSLT_TRY(dslt_shared_floats(&out->low, s, (size_t)crops * values[DSLT_TAP_LOW]));
  return dslt_shared_floats(&out->high, s, (size_t)crops * values[DSLT_TAP_HIGH]);
}

/* Values of a stored sample's maps: those of the taps while the reductions learn. */
static int measure_stored(dslt_dslt_workspace *own, const dslt_feature_workspace *w, const dslt_shared *s) {
  const dslt_dslt_options *o = dslt_dslt_shared_options(s);
  dslt_tap taps[DSLT_TAPS];
  DSLT_TRY(dslt_dslt_taps(taps, o, s->weights));
  for (int i = 0; i < DSLT_TAPS; ++i) {
    size_t cells = w->tap_values[i] / (size_t)taps[i].channels;
    own->stored_values[i] =
        o->train_reduction == DSLT_REDUCTION_LEARNS ? w->tap_values[i] : cells * (size_t)o->reduce_channels;
  }
  return DSLT_OK;
}

/* After the taps, each kind of which may need reducing. */
static int plan_reduced(dslt_dslt_workspace *own, dslt_shared *s, int searched, int levels) {
  const dslt_dslt_options *o = dslt_dslt_shared_options(s);
  if (o->train_reduction == DSLT_REDUCTION_LEARNS) return DSLT_OK;
  DSLT_TRY(alloc_pair(&own->search_reduced, s, own->stored_values, searched));
  if (own->levels.low) DSLT_TRY(alloc_pair(&own->levels_reduced, s, own->stored_values, levels));
  return own->moved.low ? alloc_pair(&own->moved_reduced, s, own->stored_values, 1) : DSLT_OK;
}

int dslt_dslt_plan_workspace(dslt_feature_workspace *w, dslt_shared *s, const dslt_search *search) {
  const dslt_dslt_options *o = dslt_dslt_shared_options(s);
  dslt_dslt_workspace *own = dslt_dslt_workspace_of(w);
  int levels = search->scale.levels;
  DSLT_TRY(measure_stored(own, w, s));
  if (levels > 1 && w->searched == 1) {
    DSLT_TRY(dslt_shared_net(&own->pyramid, s, levels, w->input_height, w->input_width));
    DSLT_TRY(alloc_pair(&own->levels, s, w->tap_values, levels));
  }
  if (w->searched == 1 && o->memory > 1 && o->update_interval > 0)
    DSLT_TRY(alloc_pair(&own->moved, s, w->tap_values, 1));
  return plan_reduced(own, s, w->searched, levels);
}

void dslt_dslt_free_workspace(dslt_feature_workspace *w, dslt_shared *s) {
  const dslt_dslt_workspace *own = dslt_dslt_workspace_of(w);
  const dslt_map_pair pairs[] = {own->levels, own->moved, own->search_reduced, own->levels_reduced,
                                 own->moved_reduced};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; ++i) {
    s->backend->device->release(s->backend, pairs[i].low);
    s->backend->device->release(s->backend, pairs[i].high);
  }
}
