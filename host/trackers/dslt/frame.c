/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c: one frame of DSLT, in the order of section 4 of the paper: search area and features, response,
 * place, scale, sample, update. */
#include "base/error.h"
#include "math/locate.h"
#include "trackers/dslt/dslt.h"

static dslt_map_list search_taps(const dslt_target *t) {
  dslt_map_list out = {0};
  for (int i = 0; i < t->workspace->taps; ++i) out.map[i] = dslt_target_tap(t, i);
  return out;
}

/* ---- the parts ----------------------------------------------------------------------------------- */

/* Response maps of `n` crops with these taps, from their reduced maps if those are kept. */
static int respond(dslt_target *t, float *responses, dslt_map_list taps, dslt_map_list reduced, int n) {
  dslt_head *head = dslt_dslt_target_of(t)->head;
  if (reduced.map[0]) {
    DSLT_TRY(dslt_head_reduce(head, reduced.map, taps.map, n));
    taps = reduced;
  }
  DSLT_TRY(dslt_head_forward(head, responses, taps.map, n));
  return dslt_target_mark(t, DSLT_STAGE_HEAD);
}

/* The response maps of the search: of all levels, or of one crop. */
static int apply_head(dslt_target *t) {
  const dslt_dslt_target *own = dslt_dslt_target_of(t);
  int n = t->workspace->searched;
  return respond(t, n > 1 ? own->responses : own->response, search_taps(t),
                 dslt_dslt_workspace_of(t->workspace)->search_reduced, n);
}

/* Place the target, in all levels at once or in the one searched, and decide what the frame still has to
 * do. */
static int locate(dslt_target *t) {
  const dslt_dslt_target *own = dslt_dslt_target_of(t);
  dslt_frame_record *r = t->record;
  if (t->workspace->searched > 1)
    DSLT_TRY(t->vision->locate_levels(t->backend, &r->state, own->responses, &t->search));
  else
    DSLT_TRY(t->vision->locate(t->backend, &r->state, own->response, &t->search));
  DSLT_TRY(t->vision->decide(t->backend, &r->decision, r->learns, &r->state, &r->ring, &t->policy));
  return dslt_target_mark(t, DSLT_STAGE_LOCATE);
}

/* All scales around the new place. */
static int run_pyramid(dslt_target *t) {
  const dslt_dslt_target *own = dslt_dslt_target_of(t);
  const dslt_dslt_workspace *w = dslt_dslt_workspace_of(t->workspace);
  int levels = t->search.scale.levels;
  DSLT_TRY(dslt_target_crop(t, t->workspace->input, w->pyramid, -(levels - 1) / 2, levels));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(t->nn->net_run(w->pyramid, t->workspace->input, w->levels.map));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_BACKBONE));
  DSLT_TRY(respond(t, own->responses, w->levels, w->levels_reduced, levels));
  DSLT_TRY(t->vision->choose_scale(t->backend, &t->record->state, own->responses, &t->search));
  return dslt_target_mark(t, DSLT_STAGE_LOCATE);
}

/* If the scale was not searched with the place, search all scales at the new place, provided that the
 * response is high enough. */
static int choose_scale(dslt_target *t) {
  int run;
  if (t->search.scale.levels < 2 || t->workspace->searched > 1) return DSLT_OK;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->state.pyramid, 0));
  if (run) DSLT_TRY(run_pyramid(t));
  return t->device->graph_end_if(t->graph);
}

static int extract_at_new_place(dslt_target *t) {
  const dslt_dslt_workspace *w = dslt_dslt_workspace_of(t->workspace);
  DSLT_TRY(dslt_target_crop(t, t->workspace->input, t->workspace->single, 0, 1));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(t->nn->net_run(t->workspace->single, t->workspace->input, w->moved.map));
  if (w->moved_reduced.map[0])
    DSLT_TRY(dslt_head_reduce(dslt_dslt_target_of(t)->head, w->moved_reduced.map, w->moved.map, 1));
  return dslt_target_mark(t, DSLT_STAGE_BACKBONE);
}

/* For a sample whose features neither the search nor a pyramid has extracted. */
static int reextract(dslt_target *t) {
  int run;
  if (!dslt_dslt_workspace_of(t->workspace)->moved.map[0]) return DSLT_OK;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->decision.reextract, 0));
  if (run) DSLT_TRY(extract_at_new_place(t));
  return t->device->graph_end_if(t->graph);
}

/* The possible sources of this frame's sample. */
static dslt_sample_sources sources_of(const dslt_target *t) {
  const dslt_dslt_workspace *w = dslt_dslt_workspace_of(t->workspace);
  const int reduced = w->search_reduced.map[0] != NULL, joint = t->workspace->searched > 1;
  const dslt_map_list search = reduced ? w->search_reduced : search_taps(t);
  const dslt_map_list levels = reduced ? w->levels_reduced : w->levels;
  const dslt_map_list moved = reduced ? w->moved_reduced : w->moved;
  dslt_sample_sources out = {.maps = w->stored};
  for (int i = 0; i < w->stored; ++i) {
    out.values[i] = w->stored_values[i];
    out.map[DSLT_ORIGIN_SEARCH][i] = joint ? NULL : search.map[i]; /* joint: the search was the pyramid */
    out.map[DSLT_ORIGIN_LEVELS][i] = joint ? search.map[i] : levels.map[i];
    out.map[DSLT_ORIGIN_MOVED][i] = moved.map[i];
  }
  return out;
}

static int store(dslt_target *t) {
  const dslt_samples *samples = &dslt_dslt_target_of(t)->samples;
  const dslt_sample_sources sources = sources_of(t);
  dslt_frame_record *r = t->record;
  if (t->workspace->searched > 1)
    DSLT_TRY(t->vision->store_label(t->backend, samples->label, &r->ring, &r->state, &t->search));
  DSLT_TRY(t->vision->store_sample(t->backend, &r->ring, samples->map, &sources, &r->state, &r->decision));
  return dslt_target_mark(t, DSLT_STAGE_STORE);
}

static int learn(dslt_target *t) {
  DSLT_TRY(dslt_dslt_learn_online(t));
  return dslt_target_mark(t, DSLT_STAGE_UPDATE);
}

/* If an update is due, store the target's present appearance and learn. */
static int update(dslt_target *t) {
  int run;
  if (t->policy.interval == 0) return DSLT_OK;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->decision.update, 0));
  if (run) DSLT_TRY(store(t));
  if (run) DSLT_TRY(learn(t));
  return t->device->graph_end_if(t->graph);
}

/* ---- the frame ----------------------------------------------------------------------------------- */

int dslt_dslt_frame(dslt_target *t) {
  DSLT_TRY(dslt_target_search(t)); /* crop, network */
  DSLT_TRY(apply_head(t));
  DSLT_TRY(locate(t));
  DSLT_TRY(choose_scale(t));
  DSLT_TRY(reextract(t));
  return update(t); /* store, learn */
}

int dslt_dslt_result(dslt_result *out, dslt_target *t, const dslt_frame_record *record) {
  const dslt_dslt_target *own = dslt_dslt_target_of(t);
  int middle = (t->search.scale.levels - 1) / 2, level = record->state.level;
  int learnt = dslt_samples_learnt(&record->decision, &record->ring, &t->policy);
  if (t->workspace->searched > 1)
    dslt_target_show(t, own->responses + (size_t)level * t->response_values, &t->seen, level);
  else
    dslt_target_show(t, own->response, &t->seen, middle);
  out->scale_level = level - middle;
  out->steps = learnt * own->options->update_steps;
  out->loss = learnt ? (double)record->loss : 0.0;
  return DSLT_OK;
}
