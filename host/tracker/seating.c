/* SPDX-License-Identifier: Apache-2.0 */
/* seating.c: which targets of a group share an eye, and which of those search in one batch. Everything is
 * planned before anything runs: what is recorded of a frame must find its memory where it was. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "group.h"

static int same_size(const dslt_geometry *a, const dslt_geometry *b) {
  return a->input_width == b->input_width && a->input_height == b->input_height;
}

static int at_once(const dslt_group *g) { return g->at_once ? g->at_once : g->shared.ops->searches_at_once; }

static int alloc_lists(dslt_group *g, int count) {
  size_t n = (size_t)count;
  g->targets = calloc(n, sizeof *g->targets);
  g->eyes = calloc(n, sizeof *g->eyes);
  g->chunks = calloc(n, sizeof *g->chunks);
  g->order = calloc(n, sizeof *g->order);
  g->fresh = calloc(n, sizeof *g->fresh);
  if (!g->targets || !g->eyes || !g->chunks || !g->order || !g->fresh)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for %d targets.", count);
  g->count = count;
  return DSLT_OK;
}

/* The targets of one size, `count` of them from order[first] on: as few chunks as possible, about equally
 * full, so that there are two batch sizes at most. */
static int seat(dslt_group *g, const dslt_geometry *geometries, int first, int count) {
  int chunks = (count + at_once(g) - 1) / at_once(g), most = (count + chunks - 1) / chunks;
  dslt_eye *eye = &g->eyes[g->eye_count];
  DSLT_TRY(dslt_eye_open(eye, &g->shared, &geometries[g->order[first]], most));
  ++g->eye_count;
  for (int i = 0; i < chunks; ++i) {
    dslt_chunk *c = &g->chunks[g->chunk_count++];
    *c = (dslt_chunk){.eye = eye, .first = first, .count = count / chunks + (i < count % chunks)};
    first += c->count;
    dslt_net **net = c->count > 1 ? &c->net : (eye->searched > 1 ? &eye->pyramid : &eye->single);
    DSLT_TRY(dslt_shared_net(net, &g->shared, c->count * eye->searched, eye->input_height, eye->input_width));
  }
  return DSLT_OK;
}

static int plan_targets(dslt_group *g, const dslt_geometry *geometries) {
  for (int i = 0; i < g->chunk_count; ++i) {
    const dslt_chunk *c = &g->chunks[i];
    for (int place = 0; place < c->count; ++place) {
      int index = g->order[c->first + place];
      dslt_target *t = &g->targets[index];
      DSLT_TRY(dslt_target_plan(t, &g->shared, c->eye, &geometries[index]));
      t->place = place;
      t->alone = c->net == NULL;
    }
  }
  return DSLT_OK;
}

int dslt_group_plan(dslt_group *g, const dslt_geometry *geometries, int count) {
  dslt_shared_new_plan(&g->shared);
  DSLT_TRY(alloc_lists(g, count));
  int seated = 0;
  for (int i = 0; i < count; ++i) {
    int first = seated, known = 0;
    for (int k = 0; k < i && !known; ++k) known = same_size(&geometries[k], &geometries[i]);
    for (int k = i; k < count && !known; ++k)
      if (same_size(&geometries[k], &geometries[i])) g->order[seated++] = k;
    if (seated > first) DSLT_TRY(seat(g, geometries, first, seated - first));
  }
  DSLT_TRY(plan_targets(g, geometries));
  dslt_shared_trim(&g->shared);
  return DSLT_OK;
}

void dslt_group_unplan(dslt_group *g) {
  for (int i = 0; i < g->chunk_count; ++i) g->shared.ops->flow_free(g->chunks[i].flow);
  for (int i = 0; i < g->count; ++i) dslt_target_unplan(&g->targets[i]);
  for (int i = 0; i < g->eye_count; ++i) dslt_eye_close(&g->eyes[i], &g->shared);
  free(g->targets);
  free(g->eyes);
  free(g->chunks);
  free(g->order);
  free(g->fresh);
  g->targets = NULL;
  g->eyes = NULL;
  g->chunks = NULL;
  g->order = NULL;
  g->fresh = NULL;
  g->ready = g->count = g->eye_count = g->chunk_count = 0;
  g->next.data = NULL;
}
