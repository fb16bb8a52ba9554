/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: creates a target's own data: regression, sample memory, label, principal directions, response maps. */
#include <stdlib.h>

#include "base/error.h"
#include "trackers/crt/crt.h"

static int plan_regression(dslt_target *t, int channels) {
  const dslt_search_area *a = &t->search.area;
  const dslt_crt_regression_shape shape = {.map_height = a->map_height,
                                           .map_width = a->map_width,
                                           .channels = channels,
                                           .kernel_height = a->kernel_height,
                                           .kernel_width = a->kernel_width,
                                           .levels = t->search.scale.levels};
  return dslt_crt_regression_plan(&dslt_crt_target_of(t)->regression, t->backend, &shape);
}

static int plan_buffers(dslt_target *t, int channels, int projected) {
  dslt_crt_target *own = dslt_crt_target_of(t);
  const size_t levels = (size_t)t->search.scale.levels, steps = (size_t)own->options->init_steps;
  DSLT_TRY(dslt_shared_floats(&own->responses, t->shared, levels * t->response_values));
  DSLT_TRY(dslt_shared_floats(&own->losses, t->shared, steps));
  DSLT_TRY(dslt_shared_floats(&own->snr, t->shared, steps));
  if (projected < channels) {
    DSLT_TRY(dslt_shared_floats(&own->basis, t->shared, (size_t)channels * (size_t)projected));
    DSLT_TRY(dslt_shared_floats(&own->shift, t->shared, levels * own->samples.values[0]));
  }
  t->init_losses = calloc(steps, sizeof *t->init_losses);
  t->init_snr = calloc(steps, sizeof *t->init_snr);
  if (!t->init_losses || !t->init_snr)
    return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the tracker.");
  return DSLT_OK;
}

/* Every slot begins with the first frame's label. */
static int plan_labels(dslt_target *t) {
  const dslt_samples *samples = &dslt_crt_target_of(t)->samples;
  float *label = malloc(t->response_values * sizeof *label);
  int rc = DSLT_OK;
  if (!label) return dslt_fail(DSLT_EMEMORY, "Out of memory while making the soft label.");
  dslt_soft_label(label, &t->search, 0);
  for (int slot = 0; rc == DSLT_OK && slot < samples->slots; ++slot)
    rc = t->device->upload(t->backend, dslt_samples_label(samples, slot), label,
                           t->response_values * sizeof *label);
  free(label);
  return rc;
}

int dslt_crt_plan(dslt_target *t) {
  dslt_crt_target *own = dslt_crt_target_of(t);
  const dslt_crt_options *o = dslt_crt_options_of(t->shared->options);
  const int channels = dslt_crt_channels(o, t->shared->weights);
  const int projected = dslt_crt_projected(o, t->shared->weights), slots = dslt_crt_slots(o);
  const size_t values =
      (size_t)t->search.area.map_height * (size_t)t->search.area.map_width * (size_t)projected;
  own->options = o;
  own->kept = 1.0;
  t->ring = dslt_ring_rolling(slots);
  t->policy = (dslt_update_policy){
      .interval = o->update_interval, .joint = 1, .gap = o->memory_gap, .gate = o->update_gate};
  DSLT_TRY(plan_regression(t, projected));
  DSLT_TRY(dslt_samples_create(&own->samples, t->backend, slots, 1, &values, t->response_values));
  DSLT_TRY(plan_buffers(t, channels, projected));
  return plan_labels(t);
}

void dslt_crt_free(dslt_target *t) {
  dslt_crt_target *own = dslt_crt_target_of(t);
  float *const memory[] = {own->responses, own->losses, own->snr, own->basis, own->shift};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; ++i) t->device->release(t->backend, memory[i]);
  dslt_samples_free(&own->samples, t->backend);
  dslt_crt_regression_free(&own->regression);
}
