/* SPDX-License-Identifier: Apache-2.0 */
/* vot_supervised.c: the supervised protocol. */
#include "eval/vot_supervised.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

/* ---- step by step -------------------------------------------------------------------------------- */

static int is_finite_region(const dslt_vot_region *region) {
  if (!dslt_vot_is_region(region->kind)) return 0;
  for (int i = 0; i < (int)region->kind; i++)
    if (!isfinite(region->at[i])) return 0;
  return 1;
}

static int check_truth(const dslt_vot_region *truth, int count) {
  for (int i = 0; i < count; i++) {
    if (!is_finite_region(&truth[i]))
      return dslt_fail(DSLT_EARGUMENT,
                       "Frame %d has no ground truth: the supervised protocol needs a region in every frame.",
                       i);
  }
  return DSLT_OK;
}

/* Go on with initialising `frame`, or end where the video does. */
static void start_at(dslt_vot_session *session, int frame) {
  session->frame = frame;
  session->action = frame < session->count ? DSLT_VOT_DO_INIT : DSLT_VOT_DO_NOTHING;
  if (frame < session->count) session->box = dslt_vot_box(&session->truth[frame]);
}

static void follow(dslt_vot_session *session) {
  session->frame++;
  session->action = session->frame < session->count ? DSLT_VOT_DO_UPDATE : DSLT_VOT_DO_NOTHING;
}

int dslt_vot_session_begin(dslt_vot_session *out, const dslt_vot_region *truth, int count, int width,
                           int height, int supervised, const dslt_vot_rules *rules) {
  if (!out || !truth || count < 1 || !rules)
    return dslt_fail(DSLT_EARGUMENT, "A VOT run needs ground truth of at least one frame and its rules.");
  if (rules->skip < 1 || rules->repetitions < 1)
    return dslt_fail(DSLT_EARGUMENT, "VOT's rules need a skip and a number of repetitions of at least 1.");
  DSLT_TRY(check_truth(truth, count));
  dslt_vot_region *results = calloc((size_t)count, sizeof *results); /* zeroes are DSLT_VOT_SKIPPED */
  if (!results) return dslt_fail(DSLT_EMEMORY, "Out of memory for the results of %d frames.", count);
  *out = (dslt_vot_session){.truth = truth,
                            .count = count,
                            .supervised = supervised,
                            .bounds = dslt_vot_frame_of(width, height, rules->convention, 0),
                            .rules = *rules,
                            .results = {results, count}};
  start_at(out, 0);
  return DSLT_OK;
}

int dslt_vot_session_initialised(dslt_vot_session *session) {
  if (session->action != DSLT_VOT_DO_INIT)
    return dslt_fail(DSLT_ESTATE, "The VOT run did not ask for an initialisation.");
  session->results.at[session->frame] = dslt_vot_code(DSLT_VOT_INIT);
  follow(session);
  return DSLT_OK;
}

int dslt_vot_session_updated(dslt_vot_session *session, const dslt_vot_region *region) {
  if (session->action != DSLT_VOT_DO_UPDATE)
    return dslt_fail(DSLT_ESTATE, "The VOT run did not ask for an update.");
  const int frame = session->frame;
  if (!session->supervised) {
    /* An unknown region scores nothing; a number that is not finite cannot be written. */
    if (is_finite_region(region)) session->results.at[frame] = *region;
    follow(session);
    return DSLT_OK;
  }
  double overlap =
      dslt_vot_overlap(region, &session->truth[frame], session->bounds, session->rules.convention);
  if (overlap <= session->rules.failure_overlap) {
    session->results.at[frame] = dslt_vot_code(DSLT_VOT_FAILED);
    start_at(session, frame + session->rules.skip);
  } else {
    session->results.at[frame] = *region;
    follow(session);
  }
  return DSLT_OK;
}

int dslt_vot_session_finish(dslt_vot_regions *out, dslt_vot_session *session) {
  if (session->action != DSLT_VOT_DO_NOTHING)
    return dslt_fail(DSLT_ESTATE, "The VOT run is not over: frame %d is next.", session->frame);
  *out = session->results;
  session->results = (dslt_vot_regions){NULL, 0};
  return DSLT_OK;
}

void dslt_vot_session_free(dslt_vot_session *session) {
  if (session) dslt_vot_regions_free(&session->results);
}

/* ---- in one call --------------------------------------------------------------------------------- */

static int drive(dslt_vot_session *session, double *seconds, const dslt_vot_driver *driver) {
  while (session->action != DSLT_VOT_DO_NOTHING) {
    const int frame = session->frame;
    double spent = 0;
    if (session->action == DSLT_VOT_DO_INIT) {
      DSLT_TRY(driver->init(driver->self, &spent, frame, &session->box));
      DSLT_TRY(dslt_vot_session_initialised(session));
    } else {
      dslt_box box = {0, 0, 0, 0};
      DSLT_TRY(driver->update(&box, driver->self, &spent, frame));
      const dslt_vot_region region = dslt_vot_rectangle(box);
      DSLT_TRY(dslt_vot_session_updated(session, &region));
    }
    if (seconds) seconds[frame] = spent;
  }
  return DSLT_OK;
}

int dslt_vot_run(dslt_vot_regions *results, double *seconds, const dslt_vot_driver *driver,
                 const dslt_vot_region *truth, int count, int width, int height, int supervised,
                 const dslt_vot_rules *rules) {
  if (!results || !driver || !driver->init || !driver->update)
    return dslt_fail(DSLT_EARGUMENT,
                     "A VOT run needs a place for its results and a tracker's two callbacks.");
  dslt_vot_session session;
  DSLT_TRY(dslt_vot_session_begin(&session, truth, count, width, height, supervised, rules));
  for (int i = 0; seconds && i < count; i++) seconds[i] = NAN;
  int rc = drive(&session, seconds, driver);
  if (rc == DSLT_OK) rc = dslt_vot_session_finish(results, &session);
  dslt_vot_session_free(&session);
  return rc;
}
