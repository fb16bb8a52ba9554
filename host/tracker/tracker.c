/* SPDX-License-Identifier: Apache-2.0 */
/* tracker.c: the public tracker. */
#include "tracker/tracker.h"

#include <stdlib.h>

#include "base/error.h"

int dslt_tracker_create(dslt_tracker **out, const dslt_options *options, dslt_weights *weights) {
  if (!out || !weights)
    return dslt_fail(DSLT_EARGUMENT,
                     "dslt_tracker_create() needs a place for the tracker and loaded weights.");
  dslt_tracker *t = malloc(sizeof *t);
  if (!t) return dslt_fail(DSLT_EMEMORY, "Out of memory while creating a tracker.");
  int rc = dslt_group_open(&t->group, options, weights);
  if (rc < 0)
    free(t);
  else
    *out = t;
  return rc;
}

void dslt_tracker_free(dslt_tracker *t) {
  if (!t) return;
  dslt_group_close(&t->group);
  free(t);
}

const char *dslt_tracker_backend(const dslt_tracker *t) { return t ? dslt_group_backend(&t->group) : ""; }

const char *dslt_tracker_precision(const dslt_tracker *t) { return t ? dslt_group_precision(&t->group) : ""; }

const char *dslt_tracker_note(const dslt_tracker *t) { return t ? t->group.shared.note : ""; }

int dslt_tracker_init(dslt_tracker *t, const dslt_image *frame, const dslt_box *box) {
  if (!t || !frame || !box)
    return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_init() needs a tracker, a frame and a box.");
  return dslt_group_learn(&t->group, frame, box, 1);
}

static int check_learnt(const dslt_tracker *t) {
  if (t->group.ready) return DSLT_OK;
  return dslt_fail(DSLT_ESTATE, "The tracker has not learnt a target yet; call dslt_tracker_init().");
}

int dslt_tracker_init_result(dslt_result *out, const dslt_tracker *t) {
  if (!out || !t) return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_init_result() needs a place and a tracker.");
  DSLT_TRY(check_learnt(t));
  *out = t->group.targets->init_result;
  return DSLT_OK;
}

int dslt_tracker_result(dslt_result *out, const dslt_tracker *t) {
  if (!out || !t) return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_result() needs a place and a tracker.");
  DSLT_TRY(check_learnt(t));
  *out = t->group.targets->last_result;
  return DSLT_OK;
}

int dslt_tracker_init_losses(const float **out, int *count, const dslt_tracker *t) {
  if (!out || !count || !t)
    return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_init_losses() needs two places and a tracker.");
  DSLT_TRY(check_learnt(t));
  *out = t->group.targets->init_losses;
  *count = *out ? t->group.targets->init_result.steps : 0;
  return DSLT_OK;
}

int dslt_tracker_init_snr(const float **out, int *count, const dslt_tracker *t) {
  if (!out || !count || !t)
    return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_init_snr() needs two places and a tracker.");
  DSLT_TRY(check_learnt(t));
  *out = t->group.targets->init_snr;
  *count = *out ? t->group.targets->init_result.steps : 0;
  return DSLT_OK;
}

int dslt_tracker_init_channels(dslt_channel_weights *out, const dslt_tracker *t, int index) {
  if (!out || !t)
    return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_init_channels() needs a place and a tracker.");
  DSLT_TRY(check_learnt(t));
  return dslt_target_channels(out, t->group.targets, index);
}

int dslt_tracker_update(dslt_result *out, dslt_tracker *t, const dslt_image *frame) {
  if (!out || !t || !frame)
    return dslt_fail(DSLT_EARGUMENT,
                     "dslt_tracker_update() needs a place for the result, a tracker and a frame.");
  if (!t->group.ready)
    return dslt_fail(DSLT_ESTATE, "The tracker has no target yet; call dslt_tracker_init() first.");
  return dslt_group_track(out, &t->group, frame);
}

int dslt_tracker_prefetch(dslt_tracker *t, const dslt_image *frame) {
  if (!t || !frame) return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_prefetch() needs a tracker and a frame.");
  if (!t->group.ready)
    return dslt_fail(DSLT_ESTATE, "The tracker has no target yet; call dslt_tracker_init() first.");
  return dslt_group_announce(&t->group, frame);
}

int dslt_tracker_response(dslt_response *out, dslt_tracker *t) {
  if (!out || !t) return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_response() needs a place and a tracker.");
  DSLT_TRY(check_learnt(t));
  return dslt_target_response(out, t->group.targets);
}
