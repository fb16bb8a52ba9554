/* SPDX-License-Identifier: Apache-2.0 */
/* features.c: gradients or a layer of the network, projected on the principal directions of the first frame. */
#include <stdlib.h>

#include "base/error.h"
#include "math/hog.h"
#include "nn/pca.h"
#include "trackers/crt/crt.h"

int dslt_crt_channels(const dslt_crt_options *o, const dslt_weights *weights) {
  return o->feature == DSLT_CRT_HOG ? DSLT_HOG_CHANNELS : weights->width[o->feature - 1];
}

int dslt_crt_projected(const dslt_crt_options *o, const dslt_weights *weights) {
  const int channels = dslt_crt_channels(o, weights);
  return o->pca_channels > 0 && o->pca_channels < channels ? o->pca_channels : channels;
}

static size_t cells_of(const dslt_search *search) {
  return (size_t)search->area.map_height * (size_t)search->area.map_width;
}

/* ---- workspace ----------------------------------------------------------------------------------- */

int dslt_crt_layout(dslt_feature_layout *out, const dslt_shared *s, const dslt_search *search) {
  const dslt_crt_options *o = dslt_crt_options_of(s->options);
  out->searched = out->crops = search->scale.levels;
  out->taps = o->feature == DSLT_CRT_HOG ? 0 : 1;
  out->tap_values[0] = cells_of(search) * (size_t)dslt_crt_channels(o, s->weights);
  return DSLT_OK;
}

int dslt_crt_plan_workspace(dslt_feature_workspace *w, dslt_shared *s, const dslt_search *search) {
  const dslt_crt_options *o = dslt_crt_options_of(s->options);
  dslt_crt_workspace *own = dslt_crt_workspace_of(w);
  const int h = search->area.map_height, width = search->area.map_width, levels = search->scale.levels;
  const int channels = dslt_crt_channels(o, s->weights), projected = dslt_crt_projected(o, s->weights);
  const size_t cells = (size_t)levels * cells_of(search);
  if (o->feature == DSLT_CRT_HOG) {
    DSLT_TRY(dslt_shared_floats(&own->gradients, s, cells * DSLT_HOG_CHANNELS));
    DSLT_TRY(dslt_shared_floats(&own->histograms, s, cells * DSLT_HOG_BINS));
  }
  if (projected == channels) return DSLT_OK;
  const dslt_nn_ops *nn = s->backend->nn;
  DSLT_TRY(dslt_shared_floats(&own->projected, s, cells * (size_t)projected));
  DSLT_TRY(nn->conv_plan(&own->project_one, s->backend, 1, h, width, channels, projected, 1));
  return nn->conv_plan(&own->project, s->backend, levels, h, width, channels, projected, 1);
}

void dslt_crt_free_workspace(dslt_feature_workspace *w, dslt_shared *s) {
  const dslt_crt_workspace *own = dslt_crt_workspace_of(w);
  s->backend->device->release(s->backend, own->gradients);
  s->backend->device->release(s->backend, own->histograms);
  s->backend->device->release(s->backend, own->projected);
  if (own->project_one) s->backend->nn->conv_free(own->project_one);
  if (own->project) s->backend->nn->conv_free(own->project);
}

/* ---- features ------------------------------------------------------------------------------------ */

static int find_gradients(dslt_target *t, const float *input, int n) {
  const dslt_crt_workspace *w = dslt_crt_workspace_of(t->workspace);
  return t->vision->hog(t->backend, w->gradients, w->histograms, input, n, t->workspace->input_height,
                        t->workspace->input_width, DSLT_CRT_STRIDE);
}

/* out = raw basis - shift, for `n` crops. */
static int project(float *out, dslt_target *t, dslt_conv *plan, const float *raw, int n) {
  const dslt_crt_target *own = dslt_crt_target_of(t);
  const size_t values = (size_t)n * own->samples.values[0];
  DSLT_TRY(t->nn->conv_forward(plan, out, raw, own->basis));
  return t->nn->axpby(t->backend, out, 1.0f, out, -1.0f, own->shift, values);
}

int dslt_crt_search_features(const float **out, dslt_target *t) {
  const dslt_crt_workspace *w = dslt_crt_workspace_of(t->workspace);
  const int n = t->workspace->searched;
  *out = w->gradients;
  if (w->gradients)
    DSLT_TRY(find_gradients(t, dslt_target_input(t), n));
  else
    *out = dslt_target_tap(t, 0);
  if (!w->projected) return DSLT_OK;
  DSLT_TRY(project(w->projected, t, w->project, *out, n));
  *out = w->projected;
  return DSLT_OK;
}

/* ---- first frame --------------------------------------------------------------------------------- */

/* The shift of every cell of `n` crops. */
static int upload_shift(dslt_target *t, const float *shift, size_t channels, size_t cells) {
  float *all = malloc(cells * channels * sizeof *all);
  if (!all) return dslt_fail(DSLT_EMEMORY, "Out of memory for the principal directions.");
  for (size_t i = 0; i < cells * channels; ++i) all[i] = shift[i % channels];
  const int rc =
      t->device->upload(t->backend, dslt_crt_target_of(t)->shift, all, cells * channels * sizeof *all);
  free(all);
  return rc;
}

/* Fit the principal directions to a map in backend memory. */
static int fit(dslt_target *t, const float *map) {
  dslt_crt_target *own = dslt_crt_target_of(t);
  const int channels = dslt_crt_channels(own->options, t->shared->weights);
  const int projected = dslt_crt_projected(own->options, t->shared->weights);
  const size_t cells = cells_of(&t->search), values = cells * (size_t)channels;
  float *x = malloc(values * sizeof *x), *shift = malloc((size_t)projected * sizeof *shift);
  float *basis = malloc((size_t)channels * (size_t)projected * sizeof *basis);
  int rc;
  DSLT_TRY_OR_DONE(
      x && basis && shift ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for the principal directions."));
  DSLT_TRY_OR_DONE(t->device->download(t->backend, x, map, values * sizeof *x));
  DSLT_TRY_OR_DONE(dslt_pca_fit(basis, shift, &own->kept, x, cells, channels, projected));
  DSLT_TRY_OR_DONE(
      t->device->upload(t->backend, own->basis, basis, (size_t)channels * (size_t)projected * sizeof *basis));
  DSLT_TRY_OR_DONE(upload_shift(t, shift, (size_t)projected, (size_t)t->search.scale.levels * cells));
done:
  free(x);
  free(basis);
  free(shift);
  return rc;
}

int dslt_crt_first_features(float *out, dslt_target *t) {
  const dslt_crt_workspace *w = dslt_crt_workspace_of(t->workspace);
  float *raw = w->gradients;
  if (raw) {
    DSLT_TRY(find_gradients(t, t->workspace->input, 1));
  } else {
    float *taps[DSLT_NET_TAPS_MAX] = {t->workspace->tap[0]};
    raw = t->workspace->tap[0];
    DSLT_TRY(t->nn->net_run(t->workspace->single, t->workspace->input, taps));
  }
  if (!w->projected)
    return t->nn->axpby(t->backend, out, 1.0f, raw, 0.0f, NULL, dslt_crt_target_of(t)->samples.values[0]);
  DSLT_TRY(fit(t, raw));
  return project(out, t, w->project_one, raw, 1);
}
