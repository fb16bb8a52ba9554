/* SPDX-License-Identifier: Apache-2.0 */
/* group.c: the public group: create, first frame, and the following frames for all its targets. */
#include "tracker/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tracker/check.h"
#include "tracker/frame_area.h"
#include "tracker/type.h"

/* ---- creation ------------------------------------------------------------------------------------ */

int dslt_group_open(dslt_group *out, const dslt_options *options, const dslt_weights *weights) {
  memset(out, 0, sizeof *out);
  return dslt_shared_open(&out->shared, options, weights);
}

void dslt_group_close(dslt_group *g) {
  dslt_group_unplan(g);
  dslt_shared_close(&g->shared);
}

int dslt_group_create(dslt_group **out, const dslt_options *options, dslt_weights *weights) {
  if (!out || !weights)
    return dslt_fail(DSLT_EARGUMENT, "dslt_group_create() needs a place for the group and loaded weights.");
  dslt_group *g = malloc(sizeof *g);
  if (!g) return dslt_fail(DSLT_EMEMORY, "Out of memory while creating a group.");
  int rc = dslt_group_open(g, options, weights);
  if (rc < 0)
    free(g);
  else
    *out = g;
  return rc;
}

void dslt_group_free(dslt_group *g) {
  if (!g) return;
  dslt_group_close(g);
  free(g);
}

void dslt_group_set_batch(dslt_group *g, int at_once) { g->at_once = at_once; }

const dslt_target *dslt_group_target(const dslt_group *g, int index) { return &g->targets[g->slot[index]]; }

void dslt_group_work(dslt_work out[DSLT_STAGE_COUNT], const dslt_group *g, int target,
                     const dslt_target_state *before, const dslt_result *result) {
  g->shared.type->cost(out, &g->targets[g->slot[target]], before, result);
}

int dslt_group_count(const dslt_group *g) { return g && g->ready ? g->count : 0; }

const char *dslt_group_backend(const dslt_group *g) { return g ? g->shared.backend->type->name : ""; }

const char *dslt_group_precision(const dslt_group *g) { return g ? dslt_shared_precision(&g->shared) : ""; }

const char *dslt_group_note(const dslt_group *g) { return g ? g->shared.note : ""; }

/* ---- first frame --------------------------------------------------------------------------------- */

/* Add to the error sentence which of several targets it is about. */
static int name_one(int rc, const char *what, int index, int count) {
  char prefix[48];
  if (count < 2) return rc;
  snprintf(prefix, sizeof prefix, "%s %d of %d", what, index + 1, count);
  return dslt_fail_prefix(rc, prefix);
}

static int open_graphs(dslt_group *g) {
  for (int i = 0; i < g->batch_count; ++i) {
    dslt_search_batch *c = &g->batches[i];
    if (c->net) DSLT_TRY(g->shared.backend->device->graph_open(&c->graph, g->shared.backend, 1));
  }
  return DSLT_OK;
}

/* A planned target on the backend's current frame, which is `frame`. */
static int learn_target(dslt_group *g, dslt_target *t, const dslt_image *frame, const dslt_box *box) {
  t->blank = dslt_box_is_blank(box, frame);
  DSLT_TRY(dslt_target_learn(t, box));
  if (!g->shared.options->common.first_sight || t->blank) return DSLT_OK;
  return dslt_first_sight_open(&t->sight, frame, box);
}

static int learn_all(dslt_group *g, const dslt_image *frame, const dslt_box *boxes,
                     const dslt_search *searches, int count) {
  DSLT_TRY(dslt_group_plan(g, searches, count));
  DSLT_TRY(g->shared.backend->device->prefetch(g->shared.backend, NULL, NULL)); /* of another video */
  DSLT_TRY(g->shared.backend->device->frame(g->shared.backend, frame, NULL));
  for (int i = 0; i < count; ++i) {
    int rc = learn_target(g, &g->targets[i], frame, &boxes[i]);
    if (rc < 0) return name_one(rc, "Target", i, count);
  }
  return open_graphs(g);
}

static int out_of_memory(int rc) { return rc == DSLT_EMEMORY || rc == DSLT_EDEVICE_MEMORY; }

int dslt_group_learn(dslt_group *g, const dslt_image *frame, const dslt_box *boxes, int count) {
  DSLT_TRY(dslt_image_check(frame));
  for (int i = 0; i < count; ++i) {
    int rc = dslt_box_check(&boxes[i], frame);
    if (rc < 0) return name_one(rc, "Box", i, count);
  }
  dslt_search searches[DSLT_GROUP_TARGETS];
  if (g->shared.type->look) DSLT_TRY(g->shared.type->look(&g->shared, frame));
  for (int i = 0; i < count; ++i)
    DSLT_TRY(g->shared.type->measure(&searches[i], &g->shared, frame->width, frame->height, &boxes[i]));
  dslt_group_unplan(g);
  int rc = g->shared.backend->device->begin(g->shared.backend);
  if (rc < 0) goto failed;
  rc = dslt_backend_end(g->shared.backend, learn_all(g, frame, boxes, searches, count));
  if (rc < 0) goto failed;
  g->frame_width = frame->width;
  g->frame_height = frame->height;
  g->ready = 1;
  return DSLT_OK;
failed:
  dslt_group_unplan(g);
  if (out_of_memory(rc)) dslt_shared_forget(&g->shared);
  return rc;
}

int dslt_group_init(dslt_group *g, const dslt_image *frame, const dslt_box *boxes, int count) {
  if (!g || !frame || !boxes)
    return dslt_fail(DSLT_EARGUMENT, "dslt_group_init() needs a group, a frame and boxes.");
  if (count < 1 || count > DSLT_GROUP_TARGETS)
    return dslt_fail(DSLT_EARGUMENT, "A group holds 1 to %d targets, not %d.", DSLT_GROUP_TARGETS, count);
  return dslt_group_learn(g, frame, boxes, count);
}

/* Checks that target number `target` exists. */
static int check_target(const dslt_group *g, int target) {
  if (!g->ready)
    return dslt_fail(DSLT_ESTATE, "The group has not learnt its targets yet; call dslt_group_init().");
  if (target < 0 || target >= g->count)
    return dslt_fail(DSLT_EARGUMENT, "There is no target number %d; this group's are 0 to %d.", target,
                     g->count - 1);
  return DSLT_OK;
}

int dslt_group_init_result(dslt_result *out, const dslt_group *g, int target) {
  if (!out || !g) return dslt_fail(DSLT_EARGUMENT, "dslt_group_init_result() needs a place and a group.");
  DSLT_TRY(check_target(g, target));
  *out = g->targets[g->slot[target]].init_result;
  return DSLT_OK;
}

int dslt_group_init_channels(dslt_channel_weights *out, const dslt_group *g, int target, int index) {
  if (!out || !g) return dslt_fail(DSLT_EARGUMENT, "dslt_group_init_channels() needs a place and a group.");
  DSLT_TRY(check_target(g, target));
  return dslt_target_channels(out, &g->targets[g->slot[target]], index);
}

/* ---- joining and leaving ------------------------------------------------------------------------- */

/* `*slot` is set when there is something to drop after a failure. */
static int learn_one(int *slot, dslt_group *g, const dslt_image *frame, const dslt_box *box,
                     const dslt_search *search) {
  DSLT_TRY(dslt_group_plan_one(slot, g, search));
  DSLT_TRY(g->shared.backend->device->frame(g->shared.backend, frame, NULL));
  return learn_target(g, &g->targets[*slot], frame, box);
}

int dslt_group_add(dslt_group *g, const dslt_image *frame, const dslt_box *box) {
  if (!g || !frame || !box)
    return dslt_fail(DSLT_EARGUMENT, "dslt_group_add() needs a group, a frame and a box.");
  if (!g->ready) return dslt_group_learn(g, frame, box, 1);
  if (g->count == DSLT_GROUP_TARGETS)
    return dslt_fail(DSLT_EARGUMENT, "A group holds at most %d targets; remove one first.",
                     DSLT_GROUP_TARGETS);
  DSLT_TRY(dslt_image_check(frame));
  DSLT_TRY(dslt_image_check_size(frame, g->frame_width, g->frame_height));
  DSLT_TRY(dslt_box_check(box, frame));
  dslt_search search;
  int slot = -1;
  DSLT_TRY(g->shared.type->measure(&search, &g->shared, frame->width, frame->height, box));
  DSLT_TRY(g->shared.backend->device->begin(g->shared.backend));
  const int rc = dslt_backend_end(g->shared.backend, learn_one(&slot, g, frame, box, &search));
  if (rc < 0) {
    if (slot >= 0) dslt_group_drop(g, slot);
    if (out_of_memory(rc)) dslt_shared_trim(&g->shared, 0);
    return rc;
  }
  g->slot[g->count++] = slot;
  return DSLT_OK;
}

int dslt_group_remove(dslt_group *g, int target) {
  if (!g) return dslt_fail(DSLT_EARGUMENT, "dslt_group_remove() needs a group.");
  DSLT_TRY(check_target(g, target));
  if (g->count == 1) {
    dslt_group_unplan(g);
    return DSLT_OK;
  }
  dslt_group_drop(g, g->slot[target]);
  g->count--;
  for (int i = target; i < g->count; ++i) g->slot[i] = g->slot[i + 1];
  return DSLT_OK;
}

/* ---- a frame of all targets ---------------------------------------------------------------------- */

static int search_calls(void *group, int index) {
  dslt_group *g = group;
  const dslt_device_ops *device = g->shared.backend->device;
  dslt_search_batch *c = &g->batches[index];
  DSLT_TRY(device->graph_mark(c->graph, -1));
  for (int i = 0; i < c->count; ++i) DSLT_TRY(dslt_target_crop_search(&g->targets[g->order[c->first + i]]));
  DSLT_TRY(device->graph_mark(c->graph, DSLT_STAGE_CROP));
  DSLT_TRY(g->shared.backend->nn->net_run(c->net, c->workspace->input, c->workspace->tap));
  DSLT_TRY(device->graph_mark(c->graph, DSLT_STAGE_BACKBONE));
  return device->graph_report(c->graph, NULL, 0);
}

/* Is at least one target of the batch searched for? */
static int is_searched(const dslt_group *g, const dslt_search_batch *c) {
  for (int k = 0; k < c->count; ++k) {
    const int slot = g->order[c->first + k];
    if (!g->left[slot] && !g->targets[slot].waits) return 1;
  }
  return 0;
}

/* Queue the work of all targets without waiting for it. */
static int begin_frame(dslt_group *g) {
  for (int i = 0; i < g->batch_count; ++i) {
    const dslt_search_batch *c = &g->batches[i];
    if (c->graph && is_searched(g, c))
      DSLT_TRY(dslt_run_section(g->shared.backend, c->graph, 0, search_calls, g, i));
    for (int k = 0; k < c->count; ++k) {
      const int slot = g->order[c->first + k];
      if (!g->left[slot]) DSLT_TRY(dslt_target_frame(&g->targets[slot]));
    }
  }
  return DSLT_OK;
}

/* The time of a batch is divided among its targets. */
static int end_frame(dslt_group *g) {
  for (int i = 0; i < g->batch_count; ++i) {
    const dslt_search_batch *c = &g->batches[i];
    double search_ms[DSLT_STAGE_COUNT] = {0};
    if (c->graph && is_searched(g, c))
      DSLT_TRY(g->shared.backend->device->graph_wait(NULL, search_ms, c->graph));
    for (int k = 0; k < c->count; ++k) {
      const int slot = g->order[c->first + k];
      if (g->left[slot]) continue;
      dslt_result *result = &g->fresh[slot];
      DSLT_TRY(dslt_target_result(result, &g->targets[slot]));
      for (int s = 0; s < DSLT_STAGE_COUNT; ++s) result->stage_ms[s] += search_ms[s] / c->tracked;
    }
  }
  return DSLT_OK;
}

static int same_image(const dslt_image *a, const dslt_image *b) {
  return a->data == b->data && a->width == b->width && a->height == b->height && a->stride == b->stride &&
         a->format == b->format;
}

static dslt_frame_area whole_frame(const dslt_group *g) {
  return (dslt_frame_area){0, 0, g->frame_width, g->frame_height};
}

/* What the searches of the next frame read of it. */
static dslt_frame_area read_area(const dslt_group *g, int ahead) {
  dslt_frame_area out = {0, 0, 0, 0};
  for (int i = 0; i < g->count; ++i) {
    const dslt_target *t = &g->targets[g->slot[i]];
    if (t->waits) continue;
    const dslt_reads reads = g->shared.type->reads ? g->shared.type->reads(t, ahead) : DSLT_READS_ALL;
    const dslt_frame_area one = dslt_search_reach(&t->search, &t->seen, reads);
    out = dslt_frame_area_join(&out, &one);
  }
  return out;
}

/* What the frame after the next one will probably read. A lost target may be looked for anywhere, and one in noise may
 * be seen again. */
static dslt_frame_area guessed_area(const dslt_group *g) {
  for (int i = 0; i < g->count; ++i) {
    const dslt_target *t = &g->targets[g->slot[i]];
    if (t->waits || t->seen.missed > 0) return whole_frame(g);
  }
  const dslt_frame_area area = read_area(g, 1);
  return dslt_frame_area_enlarge(&area, g->frame_width, g->frame_height);
}

static int next_frame(dslt_group *g, const dslt_image *frame) {
  dslt_image next = g->next;
  g->next.data = NULL;
  for (int i = 0; i < g->count; ++i) dslt_target_look(&g->targets[g->slot[i]], frame);
  const dslt_frame_area now = read_area(g, 0), guess = guessed_area(g);
  DSLT_TRY(g->shared.backend->device->frame(g->shared.backend, frame, &now));
  DSLT_TRY(begin_frame(g));
  /* only an optimisation: on failure the next update uploads the frame and reports the error */
  if (next.data && !same_image(&next, frame))
    (void)g->shared.backend->device->prefetch(g->shared.backend, &next, &guess);
  return end_frame(g);
}

int dslt_group_track(dslt_result *results, dslt_group *g, const dslt_image *frame) {
  DSLT_TRY(dslt_image_check(frame));
  DSLT_TRY(dslt_image_check_size(frame, g->frame_width, g->frame_height));
  DSLT_TRY(g->shared.backend->device->begin(g->shared.backend));
  int rc = dslt_backend_end(g->shared.backend, next_frame(g, frame));
  for (int i = 0; rc == DSLT_OK && i < g->count; ++i) results[i] = g->fresh[g->slot[i]];
  return rc;
}

int dslt_group_update(dslt_result *results, dslt_group *g, const dslt_image *frame) {
  if (!results || !g || !frame)
    return dslt_fail(DSLT_EARGUMENT,
                     "dslt_group_update() needs a place for the results, a group and a frame.");
  if (!g->ready) return dslt_fail(DSLT_ESTATE, "The group has no targets yet; call dslt_group_init() first.");
  return dslt_group_track(results, g, frame);
}

int dslt_group_announce(dslt_group *g, const dslt_image *frame) {
  DSLT_TRY(dslt_image_check(frame));
  DSLT_TRY(dslt_image_check_size(frame, g->frame_width, g->frame_height));
  g->next = *frame;
  return DSLT_OK;
}

int dslt_group_prefetch(dslt_group *g, const dslt_image *frame) {
  if (!g || !frame) return dslt_fail(DSLT_EARGUMENT, "dslt_group_prefetch() needs a group and a frame.");
  if (!g->ready) return dslt_fail(DSLT_ESTATE, "The group has no targets yet; call dslt_group_init() first.");
  return dslt_group_announce(g, frame);
}

int dslt_group_response(dslt_response *out, dslt_group *g, int target) {
  if (!out || !g) return dslt_fail(DSLT_EARGUMENT, "dslt_group_response() needs a place and a group.");
  DSLT_TRY(check_target(g, target));
  return dslt_target_response(out, &g->targets[g->slot[target]]);
}
