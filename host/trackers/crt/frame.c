/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c: one frame of CRT, in the order of section 4 of the paper: patches of the scaled objects, features,
 * responses, place and size, sample, update. */
#include "base/error.h"
#include "trackers/crt/crt.h"

/* Responses of all scaled objects. */
static int respond(dslt_target *t, const float *features) {
  dslt_crt_target *own = dslt_crt_target_of(t);
  DSLT_TRY(dslt_crt_regression_respond(&own->regression, own->responses, features, t->workspace->searched));
  return dslt_target_mark(t, DSLT_STAGE_HEAD);
}

/* The largest response times motion map of all gives place and size. */
static int locate(dslt_target *t) {
  dslt_frame_record *r = t->record;
  DSLT_TRY(t->vision->locate_levels(t->backend, &r->state, dslt_crt_target_of(t)->responses, &t->search));
  DSLT_TRY(t->vision->decide(t->backend, &r->decision, r->learns, &r->state, &r->ring, &t->policy));
  return dslt_target_mark(t, DSLT_STAGE_LOCATE);
}

/* The features of the scaled object that won are the sample, with the label where the object was found. */
static int store(dslt_target *t, const float *features) {
  const dslt_samples *samples = &dslt_crt_target_of(t)->samples;
  dslt_frame_record *r = t->record;
  dslt_sample_sources sources = {.maps = 1, .values = {samples->values[0]}};
  sources.map[DSLT_ORIGIN_LEVELS][0] = features;
  DSLT_TRY(t->vision->store_label(t->backend, samples->label, &r->ring, &r->state, &t->search));
  DSLT_TRY(t->vision->store_sample(t->backend, &r->ring, samples->map, &sources, &r->state, &r->decision));
  return dslt_target_mark(t, DSLT_STAGE_STORE);
}

static int learn(dslt_target *t) {
  DSLT_TRY(dslt_crt_learn_online(t));
  return dslt_target_mark(t, DSLT_STAGE_UPDATE);
}

static int update(dslt_target *t, const float *features) {
  int run;
  if (t->policy.interval == 0) return DSLT_OK;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->decision.update, 0));
  if (run) DSLT_TRY(store(t, features));
  if (run) DSLT_TRY(learn(t));
  return t->device->graph_end_if(t->graph);
}

int dslt_crt_frame(dslt_target *t) {
  const float *features;
  DSLT_TRY(dslt_target_search(t)); /* crop, network */
  DSLT_TRY(dslt_crt_search_features(&features, t));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_BACKBONE));
  DSLT_TRY(respond(t, features));
  DSLT_TRY(locate(t));
  return update(t, features); /* store, learn */
}

int dslt_crt_result(dslt_result *out, dslt_target *t, const dslt_frame_record *record) {
  const dslt_crt_target *own = dslt_crt_target_of(t);
  const int level = record->state.level;
  dslt_target_show(t, own->responses + (size_t)level * t->response_values, &t->seen, level);
  out->scale_level = level - (t->search.scale.levels - 1) / 2;
  out->steps = record->decision.update ? own->options->update_steps : 0;
  out->loss = record->decision.update ? (double)record->loss : 0.0;
  return DSLT_OK;
}
