/* SPDX-License-Identifier: Apache-2.0 */
/* batch_planning.c: which targets of a group share a workspace, and which of those search in one batch.
 * Everything is planned before anything runs, since recorded frames need their memory at fixed addresses. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tracker/group.h"
#include "tracker/type.h"

static int same_size(const dslt_search *a, const dslt_search *b) {
  return a->area.input_width == b->area.input_width && a->area.input_height == b->area.input_height;
}

static int at_once(const dslt_group *g) {
  if (!g->shared.type->plan_net) return 1; /* no network, so a batch would share nothing */
  return g->at_once ? g->at_once : g->shared.backend->type->searches_at_once;
}

static int alloc_lists(dslt_group *g, int count) {
  size_t n = (size_t)count;
  g->targets = calloc(n, sizeof *g->targets);
  g->workspaces = calloc(n, sizeof *g->workspaces);
  g->batches = calloc(n, sizeof *g->batches);
  g->order = calloc(n, sizeof *g->order);
  g->fresh = calloc(n, sizeof *g->fresh);
  if (!g->targets || !g->workspaces || !g->batches || !g->order || !g->fresh)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for %d targets.", count);
  g->count = count;
  return DSLT_OK;
}

/* The targets of one size, `count` of them from order[first] on: as few batches as possible, about equally
 * full, so that there are two batch sizes at most. */
static int plan_batches(dslt_group *g, const dslt_search *searches, int first, int count) {
  int batches = (count + at_once(g) - 1) / at_once(g), most = (count + batches - 1) / batches;
  dslt_feature_workspace *workspace = &g->workspaces[g->workspace_count];
  DSLT_TRY(dslt_feature_workspace_open(workspace, &g->shared, &searches[g->order[first]], most));
  ++g->workspace_count;
  for (int i = 0; i < batches; ++i) {
    dslt_search_batch *c = &g->batches[g->batch_count++];
    *c = (dslt_search_batch){
        .workspace = workspace, .first = first, .count = count / batches + (i < count % batches)};
    first += c->count;
    if (!g->shared.type->plan_net) continue;
    dslt_net **net = c->count > 1 ? &c->net : &workspace->search;
    DSLT_TRY(dslt_shared_net(net, &g->shared, c->count * workspace->searched, workspace->input_height,
                             workspace->input_width));
  }
  return DSLT_OK;
}

static int plan_targets(dslt_group *g, const dslt_search *searches) {
  for (int i = 0; i < g->batch_count; ++i) {
    const dslt_search_batch *c = &g->batches[i];
    for (int place = 0; place < c->count; ++place) {
      int index = g->order[c->first + place];
      dslt_target *t = &g->targets[index];
      DSLT_TRY(dslt_target_plan(t, &g->shared, c->workspace, &searches[index]));
      t->batch_index = place;
      t->alone = c->net == NULL;
    }
  }
  return DSLT_OK;
}

int dslt_group_plan(dslt_group *g, const dslt_search *searches, int count) {
  dslt_shared_new_plan(&g->shared);
  DSLT_TRY(alloc_lists(g, count));
  int planned = 0;
  for (int i = 0; i < count; ++i) {
    int first = planned, known = 0;
    for (int k = 0; k < i && !known; ++k) known = same_size(&searches[k], &searches[i]);
    for (int k = i; k < count && !known; ++k)
      if (same_size(&searches[k], &searches[i])) g->order[planned++] = k;
    if (planned > first) DSLT_TRY(plan_batches(g, searches, first, planned - first));
  }
  DSLT_TRY(plan_targets(g, searches));
  dslt_shared_trim(&g->shared);
  return DSLT_OK;
}

void dslt_group_unplan(dslt_group *g) {
  for (int i = 0; i < g->batch_count; ++i) g->shared.backend->device->graph_free(g->batches[i].graph);
  for (int i = 0; i < g->count; ++i) dslt_target_unplan(&g->targets[i]);
  for (int i = 0; i < g->workspace_count; ++i) dslt_feature_workspace_close(&g->workspaces[i], &g->shared);
  free(g->targets);
  free(g->workspaces);
  free(g->batches);
  free(g->order);
  free(g->fresh);
  g->targets = NULL;
  g->workspaces = NULL;
  g->batches = NULL;
  g->order = NULL;
  g->fresh = NULL;
  g->ready = g->count = g->workspace_count = g->batch_count = 0;
  g->next.data = NULL;
}
