/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: everything of a target's own, made once by init: head, sample store, label, small buffers. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "geometry.h"
#include "nn/backbone.h"
#include "target.h"

/* First-frame training borrows slots 1 .. 5 for its augmented samples. */
enum { AUGMENTED_SLOTS = DSLT_FIRST_SLOTS };

static int plan_head(dslt_target *t) {
  const dslt_dslt_options *o = t->options;
  const dslt_search *g = &t->geometry;
  const dslt_tap *taps = t->shared->taps;
  dslt_head_shape shape = {
      .map_height = g->area.map_height,
      .map_width = g->area.map_width,
      .factor = taps[1].stride / taps[0].stride,
      .low_channels = taps[0].channels,
      .high_channels = taps[1].channels,
      .channels = o->reduce_channels,
      .reduce_kernel = o->reduce_kernel,
      .kernel_height = g->area.kernel_height,
      .kernel_width = g->area.kernel_width,
      .fusion = o->fusion,
      .residual = o->residual,
      .bias = o->regress_bias,
      .train_reduction = o->train_reduction,
      .fuse_low = (float)o->fuse_low,
      .fuse_high = (float)o->fuse_high,
      .regress_sigma = (float)o->regress_sigma,
      .batch = g->scale.levels,
  };
  return dslt_head_create(&t->head, t->backend, &shape, (uint64_t)t->shared->options->common.seed);
}

static int plan_buffers(dslt_target *t) {
  const dslt_search *g = &t->geometry;
  const dslt_dslt_options *o = t->options;
  t->response_values = (size_t)g->area.response_height * (size_t)g->area.response_width;
  DSLT_TRY(dslt_shared_floats(&t->response, t->shared, t->response_values));
  if (g->scale.levels > 1)
    DSLT_TRY(dslt_shared_floats(&t->responses, t->shared, (size_t)g->scale.levels * t->response_values));
  DSLT_TRY(dslt_shared_floats(&t->losses, t->shared, (size_t)o->init_steps));
  void *record;
  DSLT_TRY(t->device->alloc(&record, t->backend, sizeof *t->record));
  t->record = record;
  int slots = o->augment ? AUGMENTED_SLOTS : 1;
  if (o->train_reduction == DSLT_REDUCTION_FIRST) {
    DSLT_TRY(dslt_samples_create(&t->first, t->backend, 1, slots, t->workspace->low_values,
                                 t->workspace->high_values, t->response_values));
    slots = 1;
  }
  DSLT_TRY(dslt_samples_create(&t->samples, t->backend, o->memory, slots, t->workspace->low_stored,
                               t->workspace->high_stored, t->response_values));
  t->response_host = calloc(t->response_values, sizeof *t->response_host);
  t->init_losses = calloc((size_t)o->init_steps, sizeof *t->init_losses);
  if (!t->response_host || !t->init_losses)
    return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the tracker.");
  return DSLT_OK;
}

/* Every slot has it: the crop is centred on the target, except where all scales are searched at once. */
static int upload_label(dslt_target *t, const dslt_samples *samples, const float *label) {
  for (int slot = 0; slot < samples->slots; ++slot)
    DSLT_TRY(t->device->upload(t->backend, dslt_samples_label(samples, slot), label,
                               t->response_values * sizeof *label));
  return DSLT_OK;
}

static int plan_label(dslt_target *t) {
  float *label = malloc(t->response_values * sizeof *label);
  if (!label) return dslt_fail(DSLT_EMEMORY, "Out of memory while making the soft label.");
  dslt_soft_label(label, &t->geometry, t->options);
  t->label_peak = 0.0f;
  for (size_t i = 0; i < t->response_values; ++i)
    if (label[i] > t->label_peak) t->label_peak = label[i];
  int rc = upload_label(t, &t->samples, label);
  if (rc == DSLT_OK) rc = upload_label(t, &t->first, label);
  free(label);
  return rc;
}

int dslt_target_plan(dslt_target *t, dslt_shared *shared, dslt_feature_workspace *workspace,
                     const dslt_search *geometry) {
  *t = (dslt_target){.shared = shared,
                     .options = shared->own,
                     .backend = shared->backend,
                     .device = shared->backend->device,
                     .nn = shared->backend->nn,
                     .vision = shared->backend->vision,
                     .geometry = *geometry,
                     .workspace = workspace,
                     .alone = 1};
  DSLT_TRY(plan_head(t));
  DSLT_TRY(plan_buffers(t));
  return plan_label(t);
}

void dslt_target_unplan(dslt_target *t) {
  if (!t->shared) return; /* never planned */
  t->device->graph_free(t->graph);
  dslt_head_free(t->head);
  dslt_samples_free(&t->samples, t->backend);
  dslt_samples_free(&t->first, t->backend);
  void *buffers[] = {t->response, t->responses, t->losses, t->record};
  for (size_t i = 0; i < sizeof buffers / sizeof *buffers; ++i) t->device->release(t->backend, buffers[i]);
  free(t->response_host);
  free(t->init_losses);
  memset(t, 0, sizeof *t);
}
