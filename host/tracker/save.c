/* SPDX-License-Identifier: Apache-2.0 */
/* save.c: a tracker with its target as bytes, and back: options, which network, the first frame's size and box, the target. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "tracker/check.h"
#include "tracker/tracker.h"
#include "tracker/type.h"

/* ---- what the target was learnt from -------------------------------------------------------------- */

/* Members are compared or checked one by one. */
typedef struct origin {
  dslt_box box;
  int frame_width, frame_height;
  int variant; /* which of the weights' networks */
  int blank;
} origin;

static const dslt_field origin_fields[] = {
    DSLT_FIELD(REAL, origin, box.x, -1e6, 1e6),
    DSLT_FIELD(REAL, origin, box.y, -1e6, 1e6),
    DSLT_FIELD(REAL, origin, box.width, 1, 1e6),
    DSLT_FIELD(REAL, origin, box.height, 1, 1e6),
    DSLT_FIELD(INT, origin, frame_width, 1, 16384),
    DSLT_FIELD(INT, origin, frame_height, 1, 16384),
    DSLT_FIELD(INT, origin, variant, 0, DSLT_NET_TAPS_MAX - 1),
    DSLT_FIELD(INT, origin, blank, 0, 1),
};
enum { ORIGIN_FIELDS = sizeof origin_fields / sizeof *origin_fields };

static origin origin_of(const dslt_group *g) {
  const dslt_target *t = dslt_group_target(g, 0);
  return (origin){t->kept, g->frame_width, g->frame_height, g->shared.variant, t->blank};
}

/* Which network, and what it was called, for the sentence. Reading compares. */
static int archive_weights(dslt_archive *a, const dslt_weights *weights) {
  const uint64_t here = dslt_weights_identity(weights);
  uint64_t identity = here;
  char name[256], path[256];
  dslt_printable(path, sizeof path, weights->path ? weights->path : "memory");
  snprintf(name, sizeof name, "%s", path);
  DSLT_TRY(dslt_archive_text(a, "weights", name, sizeof name));
  DSLT_TRY(dslt_archive_bytes(a, "weights' hash", &identity, sizeof identity));
  if (identity == here) return DSLT_OK;
  char printable[256];
  return dslt_fail(DSLT_EWEIGHTS,
                   "The tracker was saved with other weights: those of %s (hash %016" PRIx64
                   "), not of %s (%016" PRIx64 ").",
                   dslt_printable(printable, sizeof printable, name), identity, path, here);
}

/* ---- saving -------------------------------------------------------------------------------------- */

static int write_all(dslt_archive *a, dslt_group *g) {
  origin from = origin_of(g);
  DSLT_TRY(dslt_options_archive(&g->shared.options, a, NULL));
  DSLT_TRY(archive_weights(a, g->shared.weights));
  DSLT_TRY(dslt_archive_fields(a, "first frame", &from, origin_fields, ORIGIN_FIELDS));
  DSLT_TRY(g->shared.backend->device->begin(g->shared.backend));
  return dslt_backend_end(g->shared.backend, dslt_target_archive(&g->targets[g->slot[0]], a));
}

int dslt_tracker_save(void **out, size_t *size, dslt_tracker *t) {
  dslt_archive a;
  if (!out || !size || !t)
    return dslt_fail(DSLT_EARGUMENT,
                     "dslt_tracker_save() needs places for the bytes and their number, and a tracker.");
  if (!t->group.ready)
    return dslt_fail(DSLT_ESTATE, "The tracker has no target to save yet; call dslt_tracker_init() first.");
  if (!t->group.shared.type->archive)
    return dslt_fail(DSLT_EUNSUPPORTED, "Tracker %s cannot be saved: it does not say what it has learnt.",
                     t->group.shared.type->name);
  DSLT_TRY(dslt_archive_begin(&a));
  const int rc = write_all(&a, &t->group);
  if (rc == DSLT_OK) dslt_archive_finish(out, size, &a);
  dslt_archive_close(&a);
  return rc;
}

void dslt_state_free(void *state) { free(state); }

/* ---- loading ------------------------------------------------------------------------------------- */

int dslt_options_load(dslt_options **out, const void *state, size_t size) {
  dslt_archive a;
  dslt_options *options = NULL;
  if (!out || !state)
    return dslt_fail(DSLT_EARGUMENT, "dslt_options_load() needs a place and a saved state.");
  DSLT_TRY(dslt_archive_open(&a, state, size));
  const int rc = dslt_options_archive(&options, &a, NULL);
  if (rc == DSLT_OK)
    *out = options;
  else
    dslt_options_free(options);
  dslt_archive_close(&a);
  return rc;
}

/* A target planned as the saved one was, on an opened group. */
static int plan_again(dslt_group *g, const origin *from) {
  const dslt_image frame = {.width = from->frame_width, .height = from->frame_height};
  dslt_search search;
  DSLT_TRY(dslt_box_check(&from->box, &frame));
  g->shared.variant = from->variant;
  DSLT_TRY(g->shared.type->measure(&search, &g->shared, frame.width, frame.height, &from->box));
  DSLT_TRY(dslt_group_plan(g, &search, 1));
  g->targets->kept = from->box;
  g->targets->blank = from->blank;
  g->frame_width = frame.width;
  g->frame_height = frame.height;
  return DSLT_OK;
}

/* The rest of an archive, whose options are read. */
static int read_target(dslt_archive *a, dslt_group *g, const origin *from) {
  DSLT_TRY(plan_again(g, from));
  DSLT_TRY(dslt_target_archive(g->targets, a));
  return dslt_archive_end(a);
}

static int read_tracker(dslt_tracker *t, dslt_archive *a, const dslt_options *options,
                        dslt_weights *weights) {
  origin from = {0};
  DSLT_TRY(archive_weights(a, weights));
  DSLT_TRY(dslt_archive_fields(a, "first frame", &from, origin_fields, ORIGIN_FIELDS));
  DSLT_TRY(dslt_group_open(&t->group, options, weights));
  dslt_group *g = &t->group;
  int rc;
  if (!g->shared.type->archive)
    DSLT_TRY_OR_DONE(dslt_archive_damaged("it is of a tracker that cannot be saved"));
  DSLT_TRY_OR_DONE(g->shared.backend->device->begin(g->shared.backend));
  DSLT_TRY_OR_DONE(dslt_backend_end(g->shared.backend, read_target(a, g, &from)));
  g->ready = 1;
done:
  if (rc < 0) dslt_group_close(g);
  return rc;
}

/* As dslt_tracker_load(), from an open archive. */
static int load(dslt_tracker **out, dslt_archive *a, const dslt_options *options, dslt_weights *weights) {
  dslt_options *saved = NULL;
  dslt_tracker *t = malloc(sizeof *t);
  int rc = t ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory while creating a tracker.");
  if (rc < 0) goto done;
  DSLT_TRY_OR_DONE(dslt_options_archive(&saved, a, options ? options->type : NULL));
  if (options) DSLT_TRY_OR_DONE(dslt_options_agree(saved, options));
  DSLT_TRY_OR_DONE(read_tracker(t, a, options ? options : saved, weights));
  *out = t;
  t = NULL;
done:
  dslt_options_free(saved);
  free(t);
  return rc;
}

int dslt_tracker_load(dslt_tracker **out, const void *state, size_t size, const dslt_options *options,
                      dslt_weights *weights) {
  dslt_archive a;
  if (!out || !state || !weights)
    return dslt_fail(DSLT_EARGUMENT,
                     "dslt_tracker_load() needs a place for the tracker, a saved state and weights.");
  DSLT_TRY(dslt_archive_open(&a, state, size));
  const int rc = load(out, &a, options, weights);
  dslt_archive_close(&a);
  return rc;
}
