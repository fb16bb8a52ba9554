/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c: one frame: candidates around the last place, their crops through network and heads, the choice; then
 * training boxes and an update, where they are due. */
#include "base/error.h"
#include "trackers/trackloss/trackloss.h"

/* All candidates at once, from maps of whole search areas. */
static int score_areas(dslt_target *t) {
  const dslt_trackloss_workspace *w = dslt_trackloss_workspace_of(t->workspace);
  float *taps[] = {w->area_features};
  DSLT_TRY(dslt_target_crop(t, t->workspace->input, w->area_net, -(DSLT_TRACKLOSS_LEVELS - 1) / 2,
                            DSLT_TRACKLOSS_LEVELS));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(t->nn->net_run(w->area_net, t->workspace->input, taps));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_BACKBONE));
  DSLT_TRY(dslt_trackloss_score_areas(t));
  return dslt_target_mark(t, DSLT_STAGE_HEAD);
}

/* A crop for each. */
static int score_crops(dslt_target *t) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const float *features = dslt_trackloss_workspace_of(t->workspace)->features;
  const int count = own->options->candidates;
  for (int first = 0; first < count; first += DSLT_TRACKLOSS_CHUNK) {
    const int n = count - first < DSLT_TRACKLOSS_CHUNK ? count - first : DSLT_TRACKLOSS_CHUNK;
    DSLT_TRY(dslt_trackloss_extract(t, first, n));
    DSLT_TRY(dslt_trackloss_score(t, own->means + first, features, NULL, n));
    DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_HEAD));
  }
  return DSLT_OK;
}

static int score_candidates(dslt_target *t) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  DSLT_TRY(t->vision->draw_boxes(t->backend, own->boxes, own->crops, own->options->candidates,
                                 &own->candidates, &t->record->state, &t->record->decision.frame));
  return own->options->shared_maps ? score_areas(t) : score_crops(t);
}

static int locate(dslt_target *t) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  dslt_frame_record *r = t->record;
  DSLT_TRY(t->vision->choose_boxes(t->backend, &r->state, &r->decision, own->choice, own->response,
                                   own->means, own->boxes, own->options->candidates, &own->choosing,
                                   &t->search));
  return dslt_target_mark(t, DSLT_STAGE_LOCATE);
}

static int collect(dslt_target *t) {
  int run;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &dslt_trackloss_target_of(t)->choice->collect, 0));
  if (run) DSLT_TRY(dslt_trackloss_collect(t));
  return t->device->graph_end_if(t->graph);
}

static int update(dslt_target *t) {
  int run;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->decision.update, 0));
  if (run) DSLT_TRY(dslt_trackloss_learn_online(t));
  return t->device->graph_end_if(t->graph);
}

int dslt_trackloss_frame(dslt_target *t) {
  const dslt_trackloss_options *o = dslt_trackloss_target_of(t)->options;
  DSLT_TRY(score_candidates(t));
  DSLT_TRY(locate(t));
  if (o->collect_interval > 0) DSLT_TRY(collect(t));
  return o->update_interval > 0 ? update(t) : DSLT_OK;
}

int dslt_trackloss_result(dslt_result *out, dslt_target *t, const dslt_frame_record *record) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  dslt_target_show(t, own->response, &t->seen, 0);
  out->steps = record->decision.update ? own->options->update_steps : 0;
  out->loss = record->decision.update ? (double)record->loss : 0.0;
  return DSLT_OK;
}
