/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: creates a target's own data: head, sample memory, label, response maps. */
#include <stdlib.h>

#include "base/error.h"
#include "trackers/dslt/dslt.h"

int dslt_dslt_head_shape(dslt_head_shape *out, const dslt_shared *shared, const dslt_search *search) {
  const dslt_dslt_options *o = dslt_dslt_shared_options(shared);
  const dslt_search_area *a = &search->area;
  dslt_tap_list taps;
  DSLT_TRY(dslt_dslt_taps(&taps, o, shared->weights));
  *out = (dslt_head_shape){
      .map_height = a->map_height,
      .map_width = a->map_width,
      .taps = taps.count,
      .channels = o->reduce_channels,
      .reduce_kernel = o->reduce_kernel,
      .kernel_height = a->kernel_height,
      .kernel_width = a->kernel_width,
      .fusion = o->fusion,
      .residual = o->residual,
      .bias = o->regress_bias,
      .train_reduction = o->train_reduction,
      .regress_sigma = (float)o->regress_sigma,
      .batch = search->scale.levels,
  };
  for (int t = 0; t < taps.count; ++t)
    out->tap[t] = (dslt_head_tap){.channels = taps.tap[t].channels,
                                  .factor = dslt_tap_factor(&taps, t),
                                  .fuse = (float)dslt_option_list_at(&o->fuse, t)};
  return DSLT_OK;
}

static int plan_head(dslt_target *t) {
  dslt_head_shape shape;
  DSLT_TRY(dslt_dslt_head_shape(&shape, t->shared, &t->search));
  return dslt_head_create(&dslt_dslt_target_of(t)->head, t->backend, &shape,
                          (uint64_t)t->shared->options->common.seed);
}

static int plan_samples(dslt_target *t) {
  dslt_dslt_target *own = dslt_dslt_target_of(t);
  const dslt_dslt_options *o = own->options;
  int slots = o->augment ? DSLT_DSLT_FIRST_SLOTS : 1;
  if (o->train_reduction == DSLT_REDUCTION_FIRST) {
    DSLT_TRY(dslt_samples_create(&own->first, t->backend, slots, t->workspace->taps, t->workspace->tap_values,
                                 t->response_values));
    slots = 1;
  }
  if (slots < o->memory) slots = o->memory;
  const dslt_dslt_workspace *w = dslt_dslt_workspace_of(t->workspace);
  return dslt_samples_create(&own->samples, t->backend, slots, w->stored, w->stored_values,
                             t->response_values);
}

static int plan_buffers(dslt_target *t) {
  dslt_dslt_target *own = dslt_dslt_target_of(t);
  const size_t levels = (size_t)t->search.scale.levels, steps = (size_t)own->options->init_steps;
  DSLT_TRY(dslt_shared_floats(&own->response, t->shared, t->response_values));
  if (levels > 1) DSLT_TRY(dslt_shared_floats(&own->responses, t->shared, levels * t->response_values));
  DSLT_TRY(dslt_shared_floats(&own->losses, t->shared, steps));
  t->init_losses = calloc(steps, sizeof *t->init_losses);
  if (!t->init_losses) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the tracker.");
  return DSLT_OK;
}

/* Every slot has the same label, since crops are centred on the target, except if all scales are searched at
 * once. */
static int upload_label(dslt_target *t, const dslt_samples *samples, const float *label) {
  for (int slot = 0; slot < samples->slots; ++slot)
    DSLT_TRY(t->device->upload(t->backend, dslt_samples_label(samples, slot), label,
                               t->response_values * sizeof *label));
  return DSLT_OK;
}

static int plan_label(dslt_target *t) {
  dslt_dslt_target *own = dslt_dslt_target_of(t);
  float *label = malloc(t->response_values * sizeof *label);
  if (!label) return dslt_fail(DSLT_EMEMORY, "Out of memory while making the soft label.");
  dslt_soft_label(label, &t->search, own->options->label_stretch);
  own->label_peak = 0.0f;
  for (size_t i = 0; i < t->response_values; ++i)
    if (label[i] > own->label_peak) own->label_peak = label[i];
  int rc = upload_label(t, &own->samples, label);
  if (rc == DSLT_OK) rc = upload_label(t, &own->first, label);
  free(label);
  return rc;
}

int dslt_dslt_plan(dslt_target *t) {
  dslt_dslt_target *own = dslt_dslt_target_of(t);
  const dslt_dslt_options *o = dslt_dslt_shared_options(t->shared);
  own->options = o;
  t->ring = dslt_ring_first(o->memory);
  t->policy =
      (dslt_update_policy){.interval = o->update_interval, .hold = o->lost_hold, .joint = dslt_dslt_joint(o)};
  DSLT_TRY(plan_head(t));
  DSLT_TRY(plan_buffers(t));
  DSLT_TRY(plan_samples(t));
  return plan_label(t);
}

void dslt_dslt_free(dslt_target *t) {
  dslt_dslt_target *own = dslt_dslt_target_of(t);
  dslt_head_free(own->head);
  dslt_samples_free(&own->samples, t->backend);
  dslt_samples_free(&own->first, t->backend);
  t->device->release(t->backend, own->response);
  t->device->release(t->backend, own->responses);
  t->device->release(t->backend, own->losses);
}
