/* SPDX-License-Identifier: Apache-2.0 */
/* elementwise.c: sums of maps, the loss, Adam, early stopping, the signal-to-noise ratio. */
#include "cpu.h"
#include "math/snr.h"

/* Below this many values one thread is faster than several. */
enum { GRAIN = 16384, ADAM_ALONE = 100000 };

DSLT_HOT static void axpby_range(float *y, float a, const float *x, float b, const float *z, size_t first,
                                 size_t last) {
  if (z)
    for (size_t i = first; i < last; ++i) y[i] = a * x[i] + b * z[i];
  else
    for (size_t i = first; i < last; ++i) y[i] = a * x[i];
}

int dslt_cpu_axpby(dslt_backend *backend, float *y, float a, const float *x, float b, const float *z,
                   size_t count) {
  (void)backend;
  long blocks = (long)((count + GRAIN - 1) / GRAIN);
#pragma omp parallel for schedule(static) if (blocks > 1)
  for (long block = 0; block < blocks; ++block) {
    size_t first = (size_t)block * GRAIN, last = first + GRAIN < count ? first + GRAIN : count;
    axpby_range(y, a, x, b, z, first, last);
  }
  return DSLT_OK;
}

static float summed_bias(const float *bias) { return bias ? bias[0] + bias[1] : 0.0f; }

int dslt_cpu_sum_responses(dslt_backend *backend, float *response, const float *base, const float *residual,
                           const float *bias, size_t count) {
  (void)backend;
  float shift = summed_bias(bias);
  for (size_t i = 0; i < count; ++i) response[i] = base[i] + (residual ? residual[i] : 0.0f) + shift;
  return DSLT_OK;
}

int dslt_cpu_loss(dslt_backend *backend, float *d_response, float *d_bias, float *value, const float *base,
                  const float *residual, const float *bias, const float *label, size_t count,
                  const dslt_loss_spec *spec) {
  (void)backend;
  float shift = summed_bias(bias);
  double loss = 0.0, slope = 0.0; /* a response map is small: one thread, fixed order */
  for (size_t i = 0; i < count; ++i) {
    dslt_loss_value v = dslt_loss_at(spec, base[i] + (residual ? residual[i] : 0.0f) + shift, label[i]);
    d_response[i] = v.gradient;
    loss += (double)v.value;
    slope += (double)v.gradient;
  }
  *value = (float)loss;
  d_bias[0] = d_bias[1] = (float)slope;
  return DSLT_OK;
}

DSLT_HOT static void adam_range(const dslt_param *p, const dslt_adam_rule *rule, float rate, size_t first,
                                size_t last) {
  /* local copies, so that the compiler need not reload them: together with -fno-math-errno this lets it
   * vectorise the loop */
  float *restrict w = p->w, *restrict m = p->m, *restrict v = p->v;
  const float *restrict g = p->g;
  const dslt_adam_rule fixed = *rule;
  const float decay = p->decay;
  if (p->partials > 1) {
    for (size_t i = first; i < last; ++i)
      dslt_adam_step(&w[i], &m[i], &v[i], dslt_param_gradient(p, i), &fixed, rate, decay);
    return;
  }
  for (size_t i = first; i < last; ++i) dslt_adam_step(&w[i], &m[i], &v[i], g[i], &fixed, rate, decay);
}

/* Blocks of all tensors together: one parallel region a step. */
int dslt_cpu_adam(dslt_backend *backend, const dslt_param *params, int count, const dslt_adam_rule *rule,
                  int32_t *step) {
  (void)backend;
  *step = dslt_step_after(*step);
  float correction = dslt_adam_correction(rule, *step);
  size_t values = 0;
  long blocks = 0;
  for (int i = 0; i < count; ++i) {
    values += params[i].count;
    blocks += (long)((params[i].count + GRAIN - 1) / GRAIN);
  }
#pragma omp parallel for schedule(static) if (values > ADAM_ALONE)
  for (long block = 0; block < blocks; ++block) {
    const dslt_param *p = params;
    size_t first = (size_t)block * GRAIN; /* in the tensor it falls into */
    for (; first >= p->count; ++p) first -= (p->count + GRAIN - 1) / GRAIN * GRAIN;
    size_t last = first + GRAIN < p->count ? first + GRAIN : p->count;
    adam_range(p, rule, p->rate * correction, first, last);
  }
  return DSLT_OK;
}

int dslt_cpu_early_stop(dslt_backend *backend, dslt_training *training, float *losses, const float *loss,
                        const dslt_stop_rule *rule) {
  (void)backend;
  dslt_early_stop(training, losses, *loss, rule);
  return DSLT_OK;
}

int dslt_cpu_snr(dslt_backend *backend, float *values, const float *response, size_t count,
                 const dslt_training *training) {
  (void)backend;
  float best = -INFINITY;
  double sum = 0.0;
  for (size_t i = 0; i < count; ++i) {
    if (response[i] > best) best = response[i];
    sum += (double)response[i];
  }
  if (training->steps > 0) values[training->steps - 1] = dslt_snr(best, sum, count);
  return DSLT_OK;
}
