/* learn.c: training the head: on the first frame until it fits, then on the stored samples after every frame.
 */
#include <math.h>

#include "math/loss.h"
#include "tracker.h"
#include "util/error.h"
#include "util/rng.h"

static dslt_loss_spec loss_spec(const dslt_tracker *t) {
  const dslt_options *o = &t->options;
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

static dslt_head_rates rates(const dslt_options *o, double low, double high) {
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

static int make_augmented(dslt_tracker *t) {
  const dslt_geometry *g = &t->geometry;
  float *augmented = t->input + (size_t)g->input_height * (size_t)g->input_width * 3;
  for (int slot = 1; slot <= 5; ++slot) {
    float sigma = slot <= 4 ? blur_sigma[slot - 1] : 0.0f;
    DSLT_TRY(t->ops->augment(t->backend, augmented, t->input, g->input_height, g->input_width, sigma,
                             (int)lround(g->anchor_x)));
    DSLT_TRY(t->ops->net_run(t->single, augmented, dslt_samples_low(&t->samples, slot),
                             dslt_samples_high(&t->samples, slot)));
  }
  return DSLT_OK;
}

/* Has the loss stopped falling: did the last `window` steps improve on as many before by less than `share`?
 */
static int converged(const float *losses, int steps, int window, double share) {
  if (share <= 0 || steps < 2 * window) return 0;
  double before = 0, after = 0;
  for (int i = 0; i < window; ++i) {
    after += (double)losses[steps - 1 - i];
    before += (double)losses[steps - 1 - window - i];
  }
  return before - after < share * before;
}

int dslt_tracker_learn_first(dslt_tracker *t, dslt_result *result) {
  const dslt_options *o = &t->options;
  dslt_loss_spec spec = loss_spec(t);
  dslt_head_rates r = rates(o, o->init_rate_low, o->init_rate_high);
  dslt_rng draw = dslt_rng_make((uint64_t)o->seed, 1);
  double start = dslt_now_ms();
  DSLT_TRY(t->ops->net_run(t->single, t->input, dslt_samples_low(&t->samples, 0),
                           dslt_samples_high(&t->samples, 0)));
  if (o->augment) DSLT_TRY(make_augmented(t));
  result->stage_ms[DSLT_STAGE_BACKBONE] += dslt_now_ms() - start;

  start = dslt_now_ms();
  int steps = 0;
  while (steps < o->init_steps) {
    int slot = o->augment ? drawn_slot[dslt_rng_below(&draw, 7)] : 0;
    DSLT_TRY(dslt_head_gradient(t->head, t->loss, dslt_samples_low(&t->samples, slot),
                                dslt_samples_high(&t->samples, slot), t->label, &spec));
    DSLT_TRY(t->ops->download(t->backend, &t->init_losses[steps], t->loss, sizeof(float)));
    float loss = t->init_losses[steps++];
    if (!isfinite(loss))
      return dslt_fail(
          DSLT_EWEIGHTS,
          "The loss is not finite at step %d of the first frame: the learning rates do not suit these "
          "weights; lower feature_scale, or init_rate_low and init_rate_high.",
          steps);
    result->loss = (double)loss;
    if (o->init_stop_loss > 0 && (double)loss < o->init_stop_loss) break;
    if (converged(t->init_losses, steps, o->init_stop_window, o->init_stop_change)) break;
    DSLT_TRY(dslt_head_step(t->head, &r));
  }
  result->steps = steps;
  result->stage_ms[DSLT_STAGE_UPDATE] += dslt_now_ms() - start;
  return dslt_head_reset_optimiser(t->head); /* the on-line phase starts with fresh moments */
}

/* ---- on line ------------------------------------------------------------------------------------- */

int dslt_tracker_learn_online(dslt_tracker *t, dslt_result *result) {
  const dslt_options *o = &t->options;
  dslt_loss_spec spec = loss_spec(t);
  dslt_head_rates r = rates(o, o->online_rate_low, o->online_rate_high);
  for (int slot = 0; slot < t->samples.count; ++slot)
    for (int step = 0; step < o->update_steps; ++step) {
      DSLT_TRY(dslt_head_gradient(t->head, t->loss, dslt_samples_low(&t->samples, slot),
                                  dslt_samples_high(&t->samples, slot), t->label, &spec));
      DSLT_TRY(dslt_head_step(t->head, &r));
      ++result->steps;
    }
  float loss = 0.0f;
  DSLT_TRY(t->ops->download(t->backend, &loss, t->loss, sizeof loss));
  result->loss = (double)loss;
  return DSLT_OK;
}
