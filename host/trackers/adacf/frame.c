/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c: first frame and every frame of CFNet: levels around the last place, their features, responses, place and
 * size; then the filter is learnt at the new place and averaged with the template. */
#include "base/error.h"
#include "trackers/adacf/adacf.h"

static int middle_of(const dslt_target *t) { return (t->search.scale.levels - 1) / 2; }

static int crop_levels(dslt_target *t, const dslt_target_state *size, int first, int count) {
  return t->vision->crop_levels(t->backend, dslt_target_input(t),
                                dslt_adacf_workspace_of(t->workspace)->region, &t->search, &t->shared->norm,
                                dslt_adacf_target_of(t)->fill, &t->record->state, size, first, count);
}

int dslt_adacf_crop(dslt_target *t) { return crop_levels(t, &t->record->state, 0, t->search.scale.levels); }

/* Learn the filter at the present place, for the size of `size`. */
static int learn_filter(dslt_target *t, const dslt_target_state *size, double rate) {
  const dslt_adacf_target *own = dslt_adacf_target_of(t);
  float *features = dslt_adacf_workspace_of(t->workspace)->features;
  DSLT_TRY(crop_levels(t, size, middle_of(t), 1));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(t->nn->net_run(t->workspace->single, dslt_target_input(t), &features));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_BACKBONE));
  DSLT_TRY(t->nn->filter_learn(own->filter, own->kernel, features, rate));
  return dslt_target_mark(t, DSLT_STAGE_UPDATE);
}

/* What the blocks of channel attention make of the first frame's target, whose crop is the input still. */
static int keep_gates(dslt_target *t) {
  const dslt_adacf_target *own = dslt_adacf_target_of(t);
  const dslt_adacf_workspace *workspace = dslt_adacf_workspace_of(t->workspace);
  if (own->gates == 0) return DSLT_OK;
  DSLT_TRY(t->nn->net_run(workspace->attention, dslt_target_input(t), workspace->gates));
  for (int i = 0; i < own->gates; ++i) {
    const dslt_channel_weights *gate = &own->gate[i];
    DSLT_TRY(t->device->download(t->backend, (float *)gate->values, workspace->gates[i],
                                 (size_t)gate->count * sizeof *gate->values));
  }
  return DSLT_OK;
}

int dslt_adacf_channel_weights(dslt_channel_weights *out, const dslt_target *t, int index) {
  const dslt_adacf_target *own = dslt_adacf_target_of(t);
  if (index < 0 || index >= own->gates) return 0;
  *out = own->gate[index];
  return 1;
}

int dslt_adacf_learn(dslt_target *t, dslt_result *result) {
  /* as the authors do, the target's size is a whole number of pixels to begin with */
  t->seen.width = t->search.area.target_width;
  t->seen.height = t->search.area.target_height;
  DSLT_TRY(t->device->upload(t->backend, &t->record->state, &t->seen, sizeof t->seen));
  DSLT_TRY(t->vision->mean_colour(t->backend, dslt_adacf_target_of(t)->fill, &t->shared->norm));
  DSLT_TRY(learn_filter(t, &t->record->state, 1.0));
  result->steps = 1;
  return keep_gates(t);
}

int dslt_adacf_frame(dslt_target *t) {
  const dslt_adacf_target *own = dslt_adacf_target_of(t);
  const dslt_adacf_options *o = own->options;
  const dslt_hann_rules rules = {o->enlarge, o->window_influence};
  DSLT_TRY(dslt_target_search(t)); /* crop, network */
  DSLT_TRY(t->nn->filter_apply(own->filter, own->responses, dslt_target_tap(t, 0), own->kernel,
                               t->search.scale.levels));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_HEAD));
  DSLT_TRY(t->vision->hann_search(t->backend, &t->record->state, own->before,
                                  dslt_adacf_workspace_of(t->workspace)->enlarged, own->responses, &t->search,
                                  &rules));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_LOCATE));
  if (o->template_rate == 0.0) return DSLT_OK;
  return learn_filter(t, own->before, o->template_rate); /* at the new place, still with the old size */
}

int dslt_adacf_result(dslt_result *out, dslt_target *t, const dslt_frame_record *record) {
  const dslt_adacf_target *own = dslt_adacf_target_of(t);
  const int level = record->state.level;
  dslt_target_show(t, own->responses + (size_t)level * t->response_values, &t->seen, level);
  out->scale_level = level - middle_of(t);
  out->steps = own->options->template_rate > 0.0;
  return DSLT_OK;
}
