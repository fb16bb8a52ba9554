/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c: one frame of the siamese tracker: search area and features, matching head, choice of the box. */
#include "base/error.h"
#include "trackers/siamese/siamese.h"

static int match(dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  float *const maps[] = {own->scores, own->distances};
  DSLT_TRY(t->nn->net_run(own->head, dslt_target_tap(t, DSLT_MATCHING_NECK), maps));
  return dslt_target_mark(t, DSLT_STAGE_HEAD);
}

static int locate(dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  DSLT_TRY(t->vision->locate_match(t->backend, &t->record->state, own->scores, own->distances, &own->rules,
                                   &own->response, &t->search));
  return dslt_target_mark(t, DSLT_STAGE_LOCATE);
}

int dslt_siamese_frame(dslt_target *t) {
  DSLT_TRY(dslt_target_search(t)); /* crop, network */
  DSLT_TRY(match(t));
  return locate(t);
}

int dslt_siamese_result(dslt_result *out, dslt_target *t, const dslt_frame_record *record) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  (void)out;
  (void)record;
  dslt_target_show(t, own->scores, &t->seen, 0);
  return DSLT_OK;
}
