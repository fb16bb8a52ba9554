/* SPDX-License-Identifier: Apache-2.0 */
/* regression.c: one convolution that learns. Kernel and bias lie in one tensor, so that sums of gradients and
 * steps are one call each. */
#include "trackers/crt/regression.h"

#include <stdlib.h>
#include <string.h>

#include "backend/archive.h"
#include "base/error.h"
#include "base/rng.h"

/* The kernel, the bias, and the second bias of the operations, which stays 0. */
static size_t values_of(const dslt_crt_regression *r) { return r->weights + 2; }

static int alloc(float **out, dslt_crt_regression *r, size_t count) {
  void *memory;
  DSLT_TRY(r->backend->device->alloc(&memory, r->backend, count * sizeof(float)));
  *out = memory;
  return DSLT_OK;
}

static int alloc_all(dslt_crt_regression *r, int levels) {
  float **const tensors[] = {&r->w, &r->gradient, &r->sum, &r->m, &r->v, &r->zero};
  void *step;
  for (size_t i = 0; i < sizeof tensors / sizeof *tensors; ++i) DSLT_TRY(alloc(tensors[i], r, values_of(r)));
  DSLT_TRY(alloc(&r->response, r, (size_t)levels * r->response_values));
  DSLT_TRY(alloc(&r->d_response, r, r->response_values));
  DSLT_TRY(r->backend->device->alloc(&step, r->backend, sizeof *r->step));
  r->step = step;
  return DSLT_OK;
}

int dslt_crt_regression_plan(dslt_crt_regression *r, dslt_backend *backend,
                             const dslt_crt_regression_shape *s) {
  const int h = s->map_height, w = s->map_width, kh = s->kernel_height, kw = s->kernel_width;
  *r = (dslt_crt_regression){.backend = backend,
                             .weights = (size_t)kh * (size_t)kw * (size_t)s->channels,
                             .response_values = (size_t)(h - kh + 1) * (size_t)(w - kw + 1)};
  DSLT_TRY(backend->nn->regress_plan(&r->one, backend, 1, h, w, s->channels, kh, kw));
  DSLT_TRY(backend->nn->regress_plan(&r->all, backend, s->levels, h, w, s->channels, kh, kw));
  return alloc_all(r, s->levels);
}

void dslt_crt_regression_free(dslt_crt_regression *r) {
  if (!r->backend) return; /* never planned */
  float *const memory[] = {r->w, r->gradient, r->sum, r->m, r->v, r->zero, r->response, r->d_response};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; ++i)
    r->backend->device->release(r->backend, memory[i]);
  r->backend->device->release(r->backend, r->step);
  if (r->one) r->backend->nn->regress_free(r->one);
  if (r->all) r->backend->nn->regress_free(r->all);
  *r = (dslt_crt_regression){0};
}

int dslt_crt_regression_draw(dslt_crt_regression *r, double sigma, uint64_t seed) {
  float *w = calloc(values_of(r), sizeof *w);
  if (!w) return dslt_fail(DSLT_EMEMORY, "Out of memory while drawing the regression's first weights.");
  dslt_rng rng = dslt_rng_make(seed, 200);
  for (size_t i = 0; i < r->weights; ++i) w[i] = (float)(sigma * dslt_rng_normal(&rng));
  const int rc = r->backend->device->upload(r->backend, r->w, w, values_of(r) * sizeof *w);
  free(w);
  return rc;
}

int dslt_crt_regression_reset(dslt_crt_regression *r) {
  const dslt_device_ops *device = r->backend->device;
  DSLT_TRY(device->clear(r->backend, r->m, values_of(r) * sizeof(float)));
  DSLT_TRY(device->clear(r->backend, r->v, values_of(r) * sizeof(float)));
  return device->clear(r->backend, r->step, sizeof *r->step);
}

int dslt_crt_regression_archive(dslt_crt_regression *r, dslt_archive *a) {
  const size_t bytes = values_of(r) * sizeof(float);
  DSLT_TRY(dslt_archive_memory(a, "kernel", r->backend, r->w, bytes));
  DSLT_TRY(dslt_archive_memory(a, "mean gradient", r->backend, r->m, bytes));
  DSLT_TRY(dslt_archive_memory(a, "mean square", r->backend, r->v, bytes));
  return dslt_archive_memory(a, "steps", r->backend, r->step, sizeof *r->step);
}

int dslt_crt_regression_respond(dslt_crt_regression *r, float *responses, const float *features, int levels) {
  const dslt_nn_ops *nn = r->backend->nn;
  DSLT_TRY(nn->regress_forward(levels > 1 ? r->all : r->one, r->response, features, r->w));
  return nn->sum_responses(r->backend, responses, r->response, NULL, r->w + r->weights,
                           (size_t)levels * r->response_values);
}

int dslt_crt_regression_gradient(dslt_crt_regression *r, float *loss, const float *features,
                                 const float *label, const dslt_loss_spec *spec) {
  const dslt_nn_ops *nn = r->backend->nn;
  DSLT_TRY(nn->regress_forward(r->one, r->response, features, r->w));
  DSLT_TRY(nn->loss(r->backend, r->d_response, r->gradient + r->weights, loss, r->response, NULL,
                    r->w + r->weights, label, r->response_values, spec));
  return nn->regress_backward(r->one, NULL, r->gradient, features, r->w, r->d_response);
}

int dslt_crt_regression_clear_sum(dslt_crt_regression *r) {
  return r->backend->nn->axpby(r->backend, r->sum, 1.0f, r->zero, 0.0f, NULL, values_of(r));
}

int dslt_crt_regression_add(dslt_crt_regression *r, float share) {
  return r->backend->nn->axpby(r->backend, r->sum, 1.0f, r->sum, share, r->gradient, values_of(r));
}

int dslt_crt_regression_step(dslt_crt_regression *r, float *gradient, const dslt_crt_rule *rule) {
  const dslt_param param = {.w = r->w,
                            .g = gradient,
                            .m = r->m,
                            .v = r->v,
                            .count = r->weights + 1,
                            .rate = rule->rate,
                            .decay = rule->decay};
  return r->backend->nn->adam(r->backend, &param, 1, &rule->adam, r->step);
}
