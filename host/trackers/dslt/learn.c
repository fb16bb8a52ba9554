/* SPDX-License-Identifier: Apache-2.0 */
/* learn.c: training DSLT's head: on the first frame until it fits, then on the stored samples after every
 * frame. */
#include <math.h>

#include "base/error.h"
#include "base/rng.h"
#include "math/loss.h"
#include "trackers/dslt/dslt.h"

static dslt_loss_spec loss_spec(const dslt_target *t) {
  const dslt_dslt_options *o = dslt_dslt_target_of(t)->options;
  dslt_loss_spec spec = {
      .kind = o->loss,
      .a = (float)o->shrink_a,
      .c = (float)o->shrink_c,
      .ohnm = (float)o->ohnm_threshold,
      .threshold = (float)o->truncate_threshold,
      .alpha = (float)o->truncate_alpha,
      .amplitude = 1.0f,
      .released_alpha = (float)o->released_alpha,
      .weight_peak = dslt_released_weight(dslt_dslt_target_of(t)->label_peak, (float)o->released_alpha),
  };
  return spec;
}

static dslt_head_rates rates(const dslt_dslt_options *o, double low, double high) {
  dslt_head_rates r = {
      .low = (float)low,
      .high = (float)high,
      .bias = (float)o->rate_bias,
      .decay = (float)o->weight_decay,
      .decay_high = (float)o->decay_high,
      .branch = o->branch_rates,
      .adam = {(float)o->adam_beta1, (float)o->adam_beta2, (float)o->adam_epsilon},
  };
  return r;
}

/* ---- first frame --------------------------------------------------------------------------------- */

/* What the released program draws from, uniformly: four blurs and three copies of the mirror image. Slot 0 is
 * the original, blur i is in slot 1 + i, the mirror image in slot 5. */
static const float blur_sigma[4] = {10.0f, 5.0f, 1.0f, 0.1f};
static const int drawn_slot[7] = {1, 2, 3, 4, 5, 5, 5};

/* The training samples of the first frame: taps, where samples are stored reduced only after it. */
static const dslt_samples *first_samples(const dslt_target *t) {
  const dslt_dslt_target *own = dslt_dslt_target_of(t);
  return own->first.slots ? &own->first : &own->samples;
}

static dslt_map_list maps_of(const dslt_samples *samples, int slot) {
  dslt_map_list out = {0};
  for (int i = 0; i < samples->maps; ++i) out.map[i] = dslt_samples_map(samples, i, slot);
  return out;
}

/* Features of a crop, reduced where the reductions never learn, into a slot. */
static int make_sample(dslt_target *t, const float *input, int slot) {
  const dslt_feature_workspace *w = t->workspace;
  dslt_head *head = dslt_dslt_target_of(t)->head;
  const dslt_map_list maps = maps_of(first_samples(t), slot);
  if (!dslt_head_frozen(head)) return t->nn->net_run(w->single, input, maps.map);
  DSLT_TRY(t->nn->net_run(w->single, input, w->tap));
  return dslt_head_reduce(head, maps.map, w->tap, 1);
}

static int make_augmented(dslt_target *t) {
  const dslt_search_area *a = &t->search.area;
  float *augmented = t->workspace->input + t->workspace->input_values;
  for (int slot = 1; slot <= 5; ++slot) {
    float sigma = slot <= 4 ? blur_sigma[slot - 1] : 0.0f;
    DSLT_TRY(t->vision->augment(t->backend, augmented, t->workspace->input, a->input_height, a->input_width,
                                sigma, (int)lround(a->anchor_x)));
    DSLT_TRY(make_sample(t, augmented, slot));
  }
  return DSLT_OK;
}

typedef struct first_step {
  dslt_loss_spec spec;
  dslt_head_rates rates;
  dslt_stop_rule stop;
} first_step;

static first_step first_step_of(const dslt_target *t) {
  const dslt_dslt_options *o = dslt_dslt_target_of(t)->options;
  first_step s = {.spec = loss_spec(t), .rates = rates(o, o->init_rate_low, o->init_rate_high)};
  s.stop = (dslt_stop_rule){.limit = o->init_steps,
                            .loss = o->init_stop_loss,
                            .change = o->init_stop_change,
                            .window = o->init_stop_window};
  return s;
}

/* A step after training has stopped changes nothing. */
static int step_calls(void *target, int slot) {
  dslt_target *t = target;
  const dslt_dslt_target *own = dslt_dslt_target_of(t);
  const dslt_samples *samples = first_samples(t);
  const dslt_map_list maps = maps_of(samples, slot);
  first_step s = first_step_of(t);
  int run;
  DSLT_TRY(
      dslt_head_gradient(own->head, &t->record->loss, maps.map, dslt_samples_label(samples, slot), &s.spec));
  DSLT_TRY(t->nn->early_stop(t->backend, &t->record->training, own->losses, &t->record->loss, &s.stop));
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->training.go, 1));
  if (run) DSLT_TRY(dslt_head_step(own->head, &s.rates));
  return t->device->graph_end_if(t->graph);
}

/* The host checks whether training goes on after every step if that is free, else after several steps. */
enum { STEPS_AT_ONCE = 10 };

static int train_first(dslt_target *t, dslt_training *training) {
  const dslt_dslt_target *own = dslt_dslt_target_of(t);
  const dslt_dslt_options *o = own->options;
  dslt_rng draw = dslt_rng_make((uint64_t)t->shared->options->common.seed, 1);
  int at_once = t->backend->type->host_visible ? 1 : STEPS_AT_ONCE;
  *training = (dslt_training){.go = 1};
  for (int step = 1; training->go && step <= o->init_steps; ++step) {
    int slot = o->augment ? drawn_slot[dslt_rng_below(&draw, 7)] : 0;
    DSLT_TRY(dslt_run_section(t->backend, t->graph, DSLT_DSLT_SECTION_STEP + slot, step_calls, t, slot));
    if (step % at_once == 0 || step == o->init_steps)
      DSLT_TRY(t->device->download(t->backend, training, &t->record->training, sizeof *training));
  }
  return t->device->download(t->backend, t->init_losses, own->losses,
                             (size_t)training->steps * sizeof(float));
}

/* Freeze the reductions and store the first sample reduced. */
static int freeze(dslt_target *t) {
  dslt_dslt_target *own = dslt_dslt_target_of(t);
  if (!own->first.slots) return DSLT_OK;
  const dslt_map_list taps = maps_of(&own->first, 0), stored = maps_of(&own->samples, 0);
  dslt_head_freeze(own->head);
  DSLT_TRY(dslt_head_reduce(own->head, stored.map, taps.map, 1));
  dslt_samples_free(&own->first, t->backend);
  return DSLT_OK;
}

int dslt_dslt_learn(dslt_target *t, dslt_result *result) {
  const dslt_dslt_target *own = dslt_dslt_target_of(t);
  dslt_training training;
  DSLT_TRY(dslt_target_crop(t, t->workspace->input, NULL, 0, 1));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(make_sample(t, t->workspace->input, 0));
  if (own->options->augment) DSLT_TRY(make_augmented(t));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_BACKBONE));
  DSLT_TRY(train_first(t, &training));
  if (training.failed)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "The loss is not finite at step %d of the first frame: the learning rates do not suit these "
        "weights; lower feature_scale, or init_rate_low and init_rate_high.",
        training.steps);
  result->steps = training.steps;
  if (training.steps > 0) result->loss = (double)t->init_losses[training.steps - 1];
  DSLT_TRY(freeze(t));
  DSLT_TRY(dslt_target_mark(t, DSLT_STAGE_UPDATE));
  return dslt_head_reset_optimiser(own->head); /* the on-line phase starts with fresh moments */
}

/* ---- on line ------------------------------------------------------------------------------------- */

int dslt_dslt_learn_online(dslt_target *t) {
  const dslt_dslt_target *own = dslt_dslt_target_of(t);
  const dslt_dslt_options *o = own->options;
  dslt_loss_spec spec = loss_spec(t);
  dslt_head_rates r = rates(o, o->online_rate_low, o->online_rate_high);
  for (int slot = 0; slot < o->memory; ++slot) {
    const dslt_map_list maps = maps_of(&own->samples, slot);
    int run;
    DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->learns[slot], 1));
    for (int step = 0; run && step < o->update_steps; ++step)
      DSLT_TRY(dslt_head_learn(own->head, &t->record->loss, maps.map, dslt_samples_label(&own->samples, slot),
                               &spec, &r));
    DSLT_TRY(t->device->graph_end_if(t->graph));
  }
  return DSLT_OK;
}
