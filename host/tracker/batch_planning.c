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
  const size_t n = DSLT_GROUP_SLOTS;
  g->targets = calloc(n, sizeof *g->targets);
  g->left = calloc(n, sizeof *g->left);
  g->workspaces = calloc(n, sizeof *g->workspaces);
  g->batches = calloc(n, sizeof *g->batches);
  g->order = calloc(n, sizeof *g->order);
  g->fresh = calloc(n, sizeof *g->fresh);
  if (!g->targets || !g->left || !g->workspaces || !g->batches || !g->order || !g->fresh)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for %d targets.", count);
  g->count = count;
  for (int i = 0; i < count; ++i) g->slot[i] = i;
  return DSLT_OK;
}

/* In a free entry. */
static int open_workspace(dslt_feature_workspace **out, dslt_group *g, const dslt_search *search, int batch) {
  int i = 0;
  while (i < DSLT_GROUP_SLOTS && g->workspaces[i].batch > 0) ++i;
  if (i == DSLT_GROUP_SLOTS)
    return dslt_fail(DSLT_EINTERNAL,
                     "A group has no room for another input size, although it tracks %d targets.", g->count);
  DSLT_TRY(dslt_feature_workspace_open(&g->workspaces[i], &g->shared, search, batch));
  ++g->workspace_count;
  *out = &g->workspaces[i];
  return DSLT_OK;
}

/* The network for the crops of one search, which a workspace holds once, however many use it. */
static int plan_search(dslt_group *g, dslt_feature_workspace *w) {
  if (w->search || !g->shared.type->plan_net) return DSLT_OK;
  return dslt_shared_net(&w->search, &g->shared, w->searched, w->input_height, w->input_width);
}

/* The targets of one size, `count` of them from order[first] on: as few batches as possible, about equally
 * full, so that there are two batch sizes at most. */
static int plan_batches(dslt_group *g, const dslt_search *searches, int first, int count) {
  int batches = (count + at_once(g) - 1) / at_once(g), most = (count + batches - 1) / batches;
  dslt_feature_workspace *workspace = NULL;
  DSLT_TRY(open_workspace(&workspace, g, &searches[g->order[first]], most));
  for (int i = 0; i < batches; ++i) {
    dslt_search_batch *c = &g->batches[g->batch_count++];
    *c = (dslt_search_batch){
        .workspace = workspace, .first = first, .count = count / batches + (i < count % batches)};
    c->tracked = c->count;
    first += c->count;
    if (c->count > 1 && g->shared.type->plan_net)
      DSLT_TRY(dslt_shared_net(&c->net, &g->shared, c->count * workspace->searched, workspace->input_height,
                               workspace->input_width));
    else
      DSLT_TRY(plan_search(g, workspace));
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
  DSLT_TRY(alloc_lists(g, count));
  int planned = 0;
  for (int i = 0; i < count; ++i) {
    int first = planned, known = 0;
    for (int k = 0; k < i && !known; ++k) known = same_size(&searches[k], &searches[i]);
    for (int k = i; k < count && !known; ++k)
      if (same_size(&searches[k], &searches[i])) g->order[planned++] = k;
    if (planned > first) DSLT_TRY(plan_batches(g, searches, first, planned - first));
  }
  g->ordered = count;
  DSLT_TRY(plan_targets(g, searches));
  dslt_shared_trim(&g->shared, DSLT_NETS_KEPT);
  return DSLT_OK;
}

/* ---- one more, one less -------------------------------------------------------------------------- */

static int same_input(const dslt_feature_workspace *w, const dslt_search *search) {
  return w->input_width == search->area.input_width && w->input_height == search->area.input_height;
}

/* The workspace for searches of this size, opened unless there is one. */
static int find_workspace(dslt_feature_workspace **out, dslt_group *g, const dslt_search *search) {
  for (int i = 0; i < DSLT_GROUP_SLOTS; ++i)
    if (g->workspaces[i].batch > 0 && same_input(&g->workspaces[i], search)) {
      *out = &g->workspaces[i];
      return DSLT_OK;
    }
  return open_workspace(out, g, search, 1);
}

/* A batch has left this workspace (NULL: none): close it unless another one uses it, since sizes may come without end.
 * What is freed is in no frame that the remaining targets have recorded. */
static void leave_workspace(dslt_group *g, dslt_feature_workspace *w) {
  int i = 0;
  while (i < g->batch_count && g->batches[i].workspace != w) ++i;
  if (w && i == g->batch_count) {
    dslt_feature_workspace_close(w, &g->shared);
    --g->workspace_count;
  }
  dslt_shared_trim(&g->shared, DSLT_NETS_KEPT);
}

/* A target that searches by itself; *workspace is set when there is one to leave after a failure. */
static int plan_alone(dslt_target *t, dslt_feature_workspace **workspace, dslt_group *g,
                      const dslt_search *search) {
  DSLT_TRY(find_workspace(workspace, g, search));
  DSLT_TRY(plan_search(g, *workspace));
  return dslt_target_plan(t, &g->shared, *workspace, search);
}

int dslt_group_plan_one(int *slot, dslt_group *g, const dslt_search *search) {
  dslt_feature_workspace *workspace = NULL;
  int s = 0, b = 0;
  while (s < DSLT_GROUP_SLOTS && g->targets[s].shared) ++s;
  while (b < g->batch_count && g->batches[b].count > 0) ++b;
  if (s == DSLT_GROUP_SLOTS || b == DSLT_GROUP_SLOTS)
    return dslt_fail(DSLT_EINTERNAL, "A group has no room for a target, although it tracks %d.", g->count);
  const int rc = plan_alone(&g->targets[s], &workspace, g, search);
  if (rc < 0) {
    dslt_target_unplan(&g->targets[s]);
    leave_workspace(g, workspace);
    return rc;
  }
  const int first = b < g->batch_count ? g->batches[b].first : g->ordered++;
  if (b == g->batch_count) ++g->batch_count;
  g->batches[b] = (dslt_search_batch){.workspace = workspace, .first = first, .count = 1, .tracked = 1};
  g->order[first] = s;
  g->left[s] = 0;
  *slot = s;
  return DSLT_OK;
}

void dslt_group_drop(dslt_group *g, int slot) {
  int b = 0, place = 0;
  for (; b < g->batch_count; ++b) {
    for (place = 0; place < g->batches[b].count && g->order[g->batches[b].first + place] != slot;) ++place;
    if (place < g->batches[b].count) break;
  }
  dslt_search_batch *c = &g->batches[b];
  g->left[slot] = 1;
  if (--c->tracked > 0) return;
  g->shared.backend->device->graph_free(c->graph);
  for (int k = 0; k < c->count; ++k) dslt_target_unplan(&g->targets[g->order[c->first + k]]);
  dslt_shared_net_release(&g->shared, c->net);
  dslt_feature_workspace *workspace = c->workspace;
  *c = (dslt_search_batch){.first = c->first};
  leave_workspace(g, workspace);
}

void dslt_group_unplan(dslt_group *g) {
  for (int i = 0; i < g->batch_count; ++i) {
    g->shared.backend->device->graph_free(g->batches[i].graph);
    dslt_shared_net_release(&g->shared, g->batches[i].net);
  }
  for (int i = 0; g->targets && i < DSLT_GROUP_SLOTS; ++i) dslt_target_unplan(&g->targets[i]);
  for (int i = 0; g->workspaces && i < DSLT_GROUP_SLOTS; ++i)
    dslt_feature_workspace_close(&g->workspaces[i], &g->shared);
  free(g->targets);
  free(g->left);
  free(g->workspaces);
  free(g->batches);
  free(g->order);
  free(g->fresh);
  g->targets = NULL;
  g->left = NULL;
  g->workspaces = NULL;
  g->batches = NULL;
  g->order = NULL;
  g->fresh = NULL;
  g->ready = g->count = g->workspace_count = g->batch_count = g->ordered = 0;
  g->next.data = NULL;
}
