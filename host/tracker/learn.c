/* SPDX-License-Identifier: Apache-2.0 */
/* learn.c: training the head: on the first frame until it fits, then on the stored samples after every frame.
 */
#include <math.h>

#include "base/error.h"
#include "base/rng.h"
#include "math/loss.h"
#include "nn/backbone.h"
#include "target.h"

static dslt_loss_spec loss_spec(const dslt_target *t) {
  const dslt_dslt_options *o = t->options;
  dslt_loss_spec spec = {
      .kind = o->loss,
      .a = (float)o->shrink_a,
      .c = (float)o->shrink_c,
      .ohnm = (float)o->ohnm_threshold,
      .threshold = (float)o->truncate_threshold,
      .alpha = (float)o->truncate_alpha,
      .released_alpha = (float)o->released_alpha,
      .weight_peak = dslt_released_weight(t->label_peak, (float)o->released_alpha),
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

/* What first-frame training learns from. */
static const dslt_samples *lessons(const dslt_target *t) { return t->first.slots ? &t->first : &t->samples; }

/* Features of a crop, reduced where the reductions never learn, into a slot. */
static int learn_from(dslt_target *t, const float *input, int slot) {
  const dslt_feature_workspace *e = t->workspace;
  float *low = dslt_samples_low(lessons(t), slot), *high = dslt_samples_high(lessons(t), slot);
  if (!dslt_head_frozen(t->head)) return dslt_backbone_run(t->nn, e->single, input, low, high);
  DSLT_TRY(dslt_backbone_run(t->nn, e->single, input, e->low, e->high));
  return dslt_head_reduce(t->head, low, high, e->low, e->high, 1);
}

static int make_augmented(dslt_target *t) {
  const dslt_search *g = &t->geometry;
  float *augmented = t->workspace->input + (size_t)g->area.input_height * (size_t)g->area.input_width * 3;
  for (int slot = 1; slot <= 5; ++slot) {
    float sigma = slot <= 4 ? blur_sigma[slot - 1] : 0.0f;
    DSLT_TRY(t->vision->augment(t->backend, augmented, t->workspace->input, g->area.input_height,
                                g->area.input_width, sigma, (int)lround(g->area.anchor_x)));
    DSLT_TRY(learn_from(t, augmented, slot));
  }
  return DSLT_OK;
}

typedef struct first_step {
  dslt_loss_spec spec;
  dslt_head_rates rates;
  dslt_stop_rule stop;
} first_step;

static first_step first_step_of(const dslt_target *t) {
  const dslt_dslt_options *o = t->options;
  first_step s = {.spec = loss_spec(t), .rates = rates(o, o->init_rate_low, o->init_rate_high)};
  s.stop = (dslt_stop_rule){.limit = o->init_steps,
                            .loss = o->init_stop_loss,
                            .change = o->init_stop_change,
                            .window = o->init_stop_window};
  return s;
}

/* A step that comes after the last one wanted changes nothing. */
static int step_calls(void *target, int slot) {
  dslt_target *t = target;
  first_step s = first_step_of(t);
  int run;
  DSLT_TRY(dslt_head_gradient(t->head, &t->record->loss, dslt_samples_low(lessons(t), slot),
                              dslt_samples_high(lessons(t), slot), dslt_samples_label(lessons(t), slot),
                              &s.spec));
  DSLT_TRY(t->nn->early_stop(t->backend, &t->record->training, t->losses, &t->record->loss, &s.stop));
  DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->training.go, 1));
  if (run) DSLT_TRY(dslt_head_step(t->head, &s.rates));
  return t->device->graph_end_if(t->graph);
}

/* The host looks after every step where that costs nothing, else every so many. */
enum { STEPS_AT_ONCE = 10 };

static int train_first(dslt_target *t, dslt_training *training) {
  const dslt_dslt_options *o = t->options;
  dslt_rng draw = dslt_rng_make((uint64_t)t->shared->options->common.seed, 1);
  int at_once = t->backend->type->host_visible ? 1 : STEPS_AT_ONCE;
  *training = (dslt_training){.go = 1};
  for (int step = 1; training->go && step <= o->init_steps; ++step) {
    int slot = o->augment ? drawn_slot[dslt_rng_below(&draw, 7)] : 0;
    DSLT_TRY(dslt_run_section(t->backend, t->graph, DSLT_SECTION_STEP + slot, step_calls, t, slot));
    if (step % at_once == 0 || step == o->init_steps)
      DSLT_TRY(t->device->download(t->backend, training, &t->record->training, sizeof *training));
  }
  return t->device->download(t->backend, t->init_losses, t->losses, (size_t)training->steps * sizeof(float));
}

/* The reductions stay as they are now: the first sample is stored as they make it. */
static int freeze(dslt_target *t) {
  if (!t->first.slots) return DSLT_OK;
  dslt_head_freeze(t->head);
  DSLT_TRY(dslt_head_reduce(t->head, dslt_samples_low(&t->samples, 0), dslt_samples_high(&t->samples, 0),
                            dslt_samples_low(&t->first, 0), dslt_samples_high(&t->first, 0), 1));
  dslt_samples_free(&t->first, t->backend);
  return DSLT_OK;
}

int dslt_target_learn_first(dslt_target *t, dslt_result *result) {
  DSLT_TRY(learn_from(t, t->workspace->input, 0));
  if (t->options->augment) DSLT_TRY(make_augmented(t));
  DSLT_TRY(t->device->graph_mark(t->graph, DSLT_STAGE_BACKBONE));
  dslt_training training;
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
  DSLT_TRY(t->device->graph_mark(t->graph, DSLT_STAGE_UPDATE));
  return dslt_head_reset_optimiser(t->head); /* the on-line phase starts with fresh moments */
}

/* ---- on line ------------------------------------------------------------------------------------- */

int dslt_target_learn_online(dslt_target *t) {
  const dslt_dslt_options *o = t->options;
  dslt_loss_spec spec = loss_spec(t);
  dslt_head_rates r = rates(o, o->online_rate_low, o->online_rate_high);
  for (int slot = 0; slot < o->memory; ++slot) {
    int run;
    DSLT_TRY(t->device->graph_if(&run, t->graph, &t->record->learns[slot], 1));
    for (int step = 0; run && step < o->update_steps; ++step) {
      DSLT_TRY(dslt_head_gradient(t->head, &t->record->loss, dslt_samples_low(&t->samples, slot),
                                  dslt_samples_high(&t->samples, slot), dslt_samples_label(&t->samples, slot),
                                  &spec));
      DSLT_TRY(dslt_head_step(t->head, &r));
    }
    DSLT_TRY(t->device->graph_end_if(t->graph));
  }
  return DSLT_OK;
}
