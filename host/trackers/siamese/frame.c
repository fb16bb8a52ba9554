/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c: one frame of the siamese tracker: search area and features, matching head and regression, choice of the
 * box, sample, update. */
#include "base/error.h"
#include "trackers/siamese/siamese.h"

/* ---- the parts ----------------------------------------------------------------------------------- */

int dslt_siamese_match(dslt_target *t, const float *neck) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_template_rules *r = &own->following;
  float *const maps[] = {own->scores, own->distances};
  DSLT_TRY(t->nn->match_template(t->backend, own->matched, neck, own->filters,
                                 own->rules.rows * own->rules.columns, r->channels, r->cells * r->cells));
  return t->nn->net_run(dslt_siamese_workspace_of(t->workspace)->matching, own->matched, maps);
}

/* The response of the regression, from the fine and the coarse map. */
static int regress(dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  float *taps[DSLT_SIAMESE_MAPS];
  if (!own->head) return DSLT_OK;
  for (int i = 0; i < DSLT_SIAMESE_MAPS; ++i) taps[i] = dslt_target_tap(t, i);
  DSLT_TRY(dslt_head_reduce(own->head, own->reduced.map, taps, 1));
  return dslt_head_forward(own->head, own->responses, own->reduced.map, 1);
}

static int locate(dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  dslt_frame_record *r = t->record;
  DSLT_TRY(t->vision->locate_match(t->backend, &r->state, own->scores, own->distances, &own->rules,
                                   &own->response, &t->search));
  DSLT_TRY(t->vision->decide(t->backend, &r->decision, r->learns, &r->state, &r->ring, &t->policy));
  return dslt_target_mark(t, DSLT_STAGE_LOCATE);
}

/* The sample is the search's own maps, with the label where the target was found. */
static int store(dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  dslt_frame_record *r = t->record;
  dslt_sample_sources sources = {.maps = own->samples.maps};
  for (int i = 0; i < sources.maps; ++i) {
    sources.values[i] = own->samples.values[i];
    sources.map[DSLT_ORIGIN_LEVELS][i] = own->reduced.map[i];
  }
  DSLT_TRY(t->vision->store_label(t->backend, own->samples.label, &r->ring, &r->state, &t->search));
  DSLT_TRY(
      t->vision->store_sample(t->backend, &r->ring, own->samples.map, &sources, &r->state, &r->decision));
  return dslt_target_mark(t, DSLT_STAGE_STORE);
}

static int learn(dslt_target *t) {
  DSLT_TRY(dslt_siamese_learn_online(t));
  return dslt_target_mark(t, DSLT_STAGE_UPDATE);
}

/* The template learns from a crop of its own around the place where the target was found. */
static int follow(dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  if (own->following.rate <= 0) return DSLT_OK;
  DSLT_TRY(dslt_siamese_run_template(t));
  DSLT_TRY(t->vision->follow_template(t->backend, own->filters, own->mean, own->first,
                                      dslt_siamese_workspace_of(t->workspace)->map[DSLT_MATCHING_NECK],
                                      &t->record->state, &own->following));
  return dslt_target_mark(t, DSLT_STAGE_UPDATE);
}

static int update(dslt_target *t) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  int run;
  if (t->policy.interval == 0) return DSLT_OK;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->decision.update, 0));
  if (run && own->head) DSLT_TRY(store(t));
  if (run) DSLT_TRY(follow(t));
  DSLT_TRY(t->device->graph_end_if(t->graph));
  if (!own->head) return DSLT_OK;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->decision.turn, 0));
  if (run) DSLT_TRY(learn(t));
  return t->device->graph_end_if(t->graph);
}

/* ---- the frame ----------------------------------------------------------------------------------- */

int dslt_siamese_frame(dslt_target *t) {
  DSLT_TRY(dslt_target_search(t)); /* crop, network */
  DSLT_TRY(dslt_siamese_match(t, dslt_target_tap(t, DSLT_MATCHING_NECK)));
  DSLT_TRY(regress(t));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_HEAD));
  DSLT_TRY(locate(t));
  return update(t); /* store, learn */
}

int dslt_siamese_result(dslt_result *out, dslt_target *t, const dslt_frame_record *record) {
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  const int learnt = own->head ? dslt_samples_learnt(&record->decision, &record->ring, &t->policy) : 0;
  dslt_target_show(t, own->head ? own->responses : own->scores, &t->seen, 0);
  if (own->options->box_fit > 0)
    out->box = dslt_box_fitted(&out->box, &own->fit, t->search.area.frame_width, t->search.area.frame_height);
  out->steps = learnt * own->options->update_steps;
  out->loss = learnt ? (double)record->loss : 0.0;
  return DSLT_OK;
}
