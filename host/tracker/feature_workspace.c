/* SPDX-License-Identifier: Apache-2.0 */
/* feature_workspace.c: memory and networks for search areas of one size. */
#include "tracker/feature_workspace.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tracker/type.h"

static int open_own(dslt_feature_workspace *w, dslt_shared *s, const dslt_search *search) {
  if (s->type->workspace_size == 0) return DSLT_OK;
  w->own = calloc(1, s->type->workspace_size);
  if (!w->own) return dslt_fail(DSLT_EMEMORY, "Out of memory for a feature workspace.");
  return s->type->plan_workspace(w, s, search);
}

static int open_parts(dslt_feature_workspace *w, dslt_shared *s, const dslt_search *search, int crops) {
  size_t searches = (size_t)w->batch * (size_t)w->searched;
  if (s->type->plan_net) DSLT_TRY(dslt_shared_net(&w->single, s, 1, w->input_height, w->input_width));
  for (int i = 0; i < w->taps; ++i) DSLT_TRY(dslt_shared_floats(&w->tap[i], s, searches * w->tap_values[i]));
  DSLT_TRY(open_own(w, s, search));
  if (searches < (size_t)crops) searches = (size_t)crops;
  return dslt_shared_floats(&w->input, s, searches * w->input_values);
}

int dslt_feature_workspace_open(dslt_feature_workspace *out, dslt_shared *shared, const dslt_search *search,
                                int batch) {
  dslt_feature_layout layout = {.searched = 1, .crops = 1};
  DSLT_TRY(shared->type->layout(&layout, shared, search));
  dslt_feature_workspace w = {.input_height = search->area.input_height,
                              .input_width = search->area.input_width,
                              .batch = batch,
                              .searched = layout.searched,
                              .taps = layout.taps};
  w.input_values = (size_t)w.input_height * (size_t)w.input_width * 3;
  memcpy(w.tap_values, layout.tap_values, sizeof w.tap_values);
  int rc = open_parts(&w, shared, search, layout.crops);
  if (rc < 0)
    dslt_feature_workspace_close(&w, shared);
  else
    *out = w;
  return rc;
}

void dslt_feature_workspace_close(dslt_feature_workspace *w, dslt_shared *s) {
  if (w->own && s->type->free_workspace) s->type->free_workspace(w, s);
  free(w->own);
  for (int i = 0; i < w->taps; ++i) s->backend->device->release(s->backend, w->tap[i]);
  s->backend->device->release(s->backend, w->input);
  dslt_shared_net_release(s, w->search);
  dslt_shared_net_release(s, w->single);
  memset(w, 0, sizeof *w);
}
