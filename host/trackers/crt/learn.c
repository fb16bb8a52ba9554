/* SPDX-License-Identifier: Apache-2.0 */
/* learn.c: training CRT's regression: on the first frame until it fits, then a few steps on past frames after
 * every frame. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "trackers/crt/crt.h"

static dslt_loss_spec loss_spec(const dslt_crt_options *o) {
  return (dslt_loss_spec){.kind = DSLT_LOSS_TRUNCATED,
                          .threshold = (float)o->threshold,
                          .alpha = (float)o->slope,
                          .amplitude = (float)o->amplitude};
}

static dslt_crt_rule rule_of(const dslt_crt_options *o, double rate) {
  return (dslt_crt_rule){
      (float)rate, (float)o->decay, {(float)o->adam_beta1, (float)o->adam_beta2, (float)o->adam_epsilon}};
}

static float *sample_of(const dslt_crt_target *own, int slot) {
  return dslt_samples_map(&own->samples, 0, slot);
}

/* ---- first frame --------------------------------------------------------------------------------- */

/* Mean size of the first frame's features. */
static int mean_size(double *out, dslt_target *t) {
  const dslt_crt_target *own = dslt_crt_target_of(t);
  const size_t count = own->samples.values[0];
  double sum = 0.0;
  float *x = malloc(count * sizeof *x);
  if (!x) return dslt_fail(DSLT_EMEMORY, "Out of memory for the first frame's features.");
  const int rc = t->device->download(t->backend, x, sample_of(own, 0), count * sizeof *x);
  for (size_t i = 0; rc == DSLT_OK && i < count; ++i) sum += fabs((double)x[i]);
  free(x);
  *out = sum / (double)count;
  return rc;
}

/* The first responses are well below 1 whatever the features' size: a deviation of a share of one over the
 * kernel's values times their mean size. */
static int draw(dslt_target *t) {
  dslt_crt_target *own = dslt_crt_target_of(t);
  double size = 0.0;
  DSLT_TRY(mean_size(&size, t));
  double sigma = own->options->init_spread / ((double)own->regression.weights * size);
  if (!(sigma < 1.0)) sigma = 1.0; /* features of no size */
  return dslt_crt_regression_draw(&own->regression, sigma, (uint64_t)t->shared->options->common.seed);
}

/* A step after training has stopped changes nothing. */
static int step_calls(void *target, int unused) {
  dslt_target *t = target;
  dslt_crt_target *own = dslt_crt_target_of(t);
  const dslt_crt_options *o = own->options;
  const dslt_loss_spec spec = loss_spec(o);
  const dslt_crt_rule rule = rule_of(o, o->init_rate);
  const dslt_stop_rule stop = {.limit = o->init_steps, .loss = o->init_stop_loss, .window = 1};
  int run;
  (void)unused;
  DSLT_TRY(dslt_crt_regression_gradient(&own->regression, &t->record->loss, sample_of(own, 0),
                                        dslt_samples_label(&own->samples, 0), &spec));
  DSLT_TRY(t->nn->early_stop(t->backend, &t->record->training, own->losses, &t->record->loss, &stop));
  DSLT_TRY(
      t->nn->snr(t->backend, own->snr, own->regression.response, t->response_values, &t->record->training));
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->training.go, 1));
  if (run) DSLT_TRY(dslt_crt_regression_step(&own->regression, own->regression.gradient, &rule));
  return t->device->graph_end_if(t->graph);
}

/* The host checks whether training goes on after every step if that is free, else after several steps. */
enum { STEPS_AT_ONCE = 20 };

static int train(dslt_target *t, dslt_training *training) {
  const dslt_crt_target *own = dslt_crt_target_of(t);
  const int at_once = t->backend->type->host_visible ? 1 : STEPS_AT_ONCE, most = own->options->init_steps;
  *training = (dslt_training){.go = 1};
  for (int step = 1; training->go && step <= most; ++step) {
    DSLT_TRY(dslt_run_section(t->backend, t->graph, DSLT_CRT_SECTION_STEP, step_calls, t, 0));
    if (step % at_once == 0 || step == most)
      DSLT_TRY(t->device->download(t->backend, training, &t->record->training, sizeof *training));
  }
  const size_t bytes = (size_t)training->steps * sizeof(float);
  DSLT_TRY(t->device->download(t->backend, t->init_losses, own->losses, bytes));
  return t->device->download(t->backend, t->init_snr, own->snr, bytes);
}

/* The first frame stands for past ones until there are enough of them. */
static int fill_memory(dslt_target *t) {
  const dslt_crt_target *own = dslt_crt_target_of(t);
  for (int slot = 1; slot < own->samples.slots; ++slot)
    DSLT_TRY(t->nn->axpby(t->backend, sample_of(own, slot), 1.0f, sample_of(own, 0), 0.0f, NULL,
                          own->samples.values[0]));
  return DSLT_OK;
}

int dslt_crt_learn(dslt_target *t, dslt_result *result) {
  dslt_crt_target *own = dslt_crt_target_of(t);
  dslt_training training;
  DSLT_TRY(dslt_target_crop(t, t->workspace->input, NULL, 0, 1));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(dslt_crt_first_features(sample_of(own, 0), t));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_BACKBONE));
  DSLT_TRY(draw(t));
  DSLT_TRY(train(t, &training));
  if (training.failed)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "The loss is not finite at step %d of the first frame: the learning rate does not suit these "
        "features; lower init_rate.",
        training.steps);
  result->steps = training.steps;
  if (training.steps > 0) result->loss = (double)t->init_losses[training.steps - 1];
  DSLT_TRY(fill_memory(t));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_UPDATE));
  return dslt_crt_regression_reset(&own->regression); /* updates have moments of their own */
}

/* ---- on line ------------------------------------------------------------------------------------- */

static int add_sample(dslt_target *t, int slot, const dslt_loss_spec *spec) {
  dslt_crt_target *own = dslt_crt_target_of(t);
  int run;
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->learns[slot], 1));
  if (run) {
    DSLT_TRY(dslt_crt_regression_gradient(&own->regression, &t->record->loss, sample_of(own, slot),
                                          dslt_samples_label(&own->samples, slot), spec));
    DSLT_TRY(dslt_crt_regression_add(&own->regression, 1.0f / (float)own->options->memory));
  }
  return t->device->graph_end_if(t->graph);
}

int dslt_crt_learn_online(dslt_target *t) {
  dslt_crt_target *own = dslt_crt_target_of(t);
  const dslt_crt_options *o = own->options;
  const dslt_loss_spec spec = loss_spec(o);
  const dslt_crt_rule rule = rule_of(o, o->online_rate);
  for (int step = 0; step < o->update_steps; ++step) {
    DSLT_TRY(dslt_crt_regression_clear_sum(&own->regression));
    for (int slot = 0; slot < own->samples.slots; ++slot) DSLT_TRY(add_sample(t, slot, &spec));
    DSLT_TRY(dslt_crt_regression_step(&own->regression, own->regression.sum, &rule));
  }
  return DSLT_OK;
}
