/* SPDX-License-Identifier: Apache-2.0 */
/* head_plan.c: the regression network's operations, memory and first weights. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/rng.h"
#include "nn/head_internal.h"

/* A single tap has nothing to be added to. */
static dslt_head_shape normalised(const dslt_head_shape *shape) {
  dslt_head_shape s = *shape;
  if (s.taps == 1) s.fusion = s.residual = 0;
  return s;
}

int dslt_head_features(size_t *values, const dslt_head_shape *shape) {
  const dslt_head_shape s = normalised(shape);
  const int learns = s.train_reduction == DSLT_REDUCTION_LEARNS, last = dslt_head_coarsest(&s);
  int count = 0;
  for (int t = 0; t < s.taps; ++t) {
    const size_t f = (size_t)s.tap[t].factor;
    const size_t cells = (size_t)s.map_height * (size_t)s.map_width / (f * f);
    if (learns || t == 0 || (t == last && dslt_head_uses(&s, t)))
      values[count++] = cells * (size_t)(learns ? s.tap[t].channels : s.channels);
  }
  return count;
}

static int alloc_floats(float **out, dslt_head *head, size_t count) {
  void *memory;
  DSLT_TRY(head->backend->device->alloc(&memory, head->backend, (count ? count : 1) * sizeof(float)));
  *out = memory;
  return DSLT_OK;
}

/* ---- initial weights ----------------------------------------------------------------------------- */

static void fill_normal(float *w, size_t count, double sigma, dslt_rng rng) {
  for (size_t i = 0; i < count; ++i) w[i] = (float)(sigma * dslt_rng_normal(&rng));
}

/* Upsampling by f interpolates linearly when tap k weighs 1 - |k - (f - 1/2)| / f in each direction. */
static void fill_bilinear(float *w, int f, int channels) {
  for (int y = 0; y < 2 * f; ++y)
    for (int x = 0; x < 2 * f; ++x) {
      double wy = 1.0 - fabs((double)y - ((double)f - 0.5)) / f,
             wx = 1.0 - fabs((double)x - ((double)f - 0.5)) / f;
      for (int c = 0; c < channels; ++c) w[(y * 2 * f + x) * channels + c] = (float)(wy * wx);
    }
}

/* The number of a parameter's random draw. */
static uint64_t draw_of(const dslt_head_shape *s, int which) {
  if (which == DSLT_HEAD_BASE) return 103;
  if (which == DSLT_HEAD_RESIDUAL) return 104;
  if (which == DSLT_HEAD_REDUCE) return 100;
  return which == DSLT_HEAD_REDUCE + dslt_head_coarsest(s) ? 101 : 110 + (uint64_t)which;
}

static int init_param(dslt_head *head, int which, uint64_t seed) {
  dslt_param *p = &head->params[which];
  const dslt_head_shape *s = &head->shape;
  if (p->count == 0 || which == DSLT_HEAD_BIAS) return DSLT_OK; /* alloc() zeroed the biases */
  float *host = malloc(p->count * sizeof *host);
  if (!host) return dslt_fail(DSLT_EMEMORY, "Out of memory while drawing the head's first weights.");
  dslt_rng rng = dslt_rng_make(seed, draw_of(s, which));
  const int inputs = s->reduce_kernel * s->reduce_kernel;
  if (which < DSLT_HEAD_UPSAMPLE)
    fill_normal(host, p->count, sqrt(2.0 / (inputs * s->tap[which - DSLT_HEAD_REDUCE].channels)), rng);
  else if (which < DSLT_HEAD_BASE)
    fill_bilinear(host, s->tap[which - DSLT_HEAD_UPSAMPLE].factor, s->channels);
  else
    fill_normal(host, p->count, s->regress_sigma, rng);
  int rc = head->backend->device->upload(head->backend, p->w, host, p->count * sizeof *host);
  free(host);
  return rc;
}

static void count_params(dslt_head *head) {
  const dslt_head_shape *s = &head->shape;
  const size_t c = (size_t)s->channels, kernel = (size_t)(s->kernel_height * s->kernel_width) * c;
  for (int t = 0; t < s->taps; ++t) {
    const size_t f = (size_t)s->tap[t].factor;
    if (!dslt_head_uses(s, t)) continue;
    head->params[DSLT_HEAD_REDUCE + t].count =
        (size_t)(s->reduce_kernel * s->reduce_kernel) * (size_t)s->tap[t].channels * c;
    if (f > 1) head->params[DSLT_HEAD_UPSAMPLE + t].count = 4 * f * f * c;
  }
  head->params[DSLT_HEAD_BASE].count = kernel;
  head->params[DSLT_HEAD_RESIDUAL].count = s->residual ? kernel : 0;
  head->params[DSLT_HEAD_BIAS].count = 2;
}

static int create_params(dslt_head *head, uint64_t seed) {
  count_params(head);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    dslt_param *p = &head->params[i];
    DSLT_TRY(alloc_floats(&p->w, head, p->count));
    DSLT_TRY(alloc_floats(&p->g, head, p->count));
    DSLT_TRY(alloc_floats(&p->m, head, p->count));
    DSLT_TRY(alloc_floats(&p->v, head, p->count));
    DSLT_TRY(init_param(head, i, seed));
  }
  return DSLT_OK;
}

/* ---- planning ------------------------------------------------------------------------------------ */

/* Of reduced maps there are two at most: the coarsest, and the sum of the others, which then weighs 1. */
static void list_branches(dslt_head_plan *p, const dslt_head_shape *s) {
  for (int t = 0; t < s->taps; ++t) {
    if (!dslt_head_uses(s, t) || (p->reduced && t > 0 && t < dslt_head_coarsest(s))) continue;
    const int number = p->branches++;
    p->branch[number] =
        (dslt_head_branch){.tap = t, .input = p->reduced ? number : t, .fuse = s->tap[t].fuse};
  }
  if (p->reduced && dslt_head_merges(s)) p->branch[0].fuse = 1.0f;
}

static int plan_fused(dslt_head *head, dslt_head_plan *out) {
  const dslt_head_shape *s = &head->shape;
  const dslt_head_tap *coarsest = &s->tap[dslt_head_coarsest(s)];
  if (out->branches > 2) return DSLT_OK;
  dslt_fused_head_desc desc = {
      .n = out->n,
      .h = s->map_height,
      .w = s->map_width,
      .factor = coarsest->factor,
      .low_channels = s->tap[0].channels,
      .high_channels = coarsest->channels,
      .channels = s->channels,
      .kh = s->kernel_height,
      .kw = s->kernel_width,
      .fusion = s->fusion,
      .residual = s->residual,
      .fuse_low = out->branch[0].fuse,
      .fuse_high = coarsest->fuse,
      .reduce_kernel = s->reduce_kernel,
      .reduced = out->reduced,
      .deep = !out->reduced,
      .backwards = out->n == 1,
  };
  return head->backend->nn->fused_head_plan(&out->fused, head->backend, &desc);
}

static int plan(dslt_head *head, dslt_head_plan *out, int n, int reduced) {
  const dslt_head_shape *s = &head->shape;
  const dslt_nn_ops *nn = head->backend->nn;
  int h = s->map_height, w = s->map_width, c = s->channels;
  out->n = n;
  out->reduced = reduced;
  list_branches(out, s);
  DSLT_TRY(plan_fused(head, out));
  if (!out->fused)
    DSLT_TRY(nn->regress_plan(&out->regress, head->backend, n, h, w, c, s->kernel_height, s->kernel_width));
  if (out->fused && !reduced) return DSLT_OK;
  for (int t = 0; t < s->taps; ++t) {
    const dslt_head_tap *tap = &s->tap[t];
    if (dslt_head_uses(s, t))
      DSLT_TRY(nn->conv_plan(&out->reduce[t], head->backend, n, h / tap->factor, w / tap->factor,
                             tap->channels, c, s->reduce_kernel));
  }
  return DSLT_OK;
}

static int plan_all(dslt_head *head) {
  const dslt_head_shape *s = &head->shape;
  int reduced = s->train_reduction != DSLT_REDUCTION_LEARNS;
  if (s->train_reduction == DSLT_REDUCTION_FIRST) DSLT_TRY(plan(head, &head->first, 1, 0));
  DSLT_TRY(plan(head, &head->single, 1, reduced));
  return s->batch > 1 ? plan(head, &head->batch, s->batch, reduced) : DSLT_OK;
}

void dslt_head_free_plan(const dslt_head *head, dslt_head_plan *p) {
  for (int t = 0; t < DSLT_TAPS_MAX; ++t)
    if (p->reduce[t]) head->backend->nn->conv_free(p->reduce[t]);
  if (p->regress) head->backend->nn->regress_free(p->regress);
  if (p->fused) head->backend->nn->fused_head_free(p->fused);
  *p = (dslt_head_plan){0};
}

/* Reduced and enlarged maps of the taps: of all that are used where some head runs by single operations, else of
 * those that are merged, since a fused head's are the backend's. */
static int create_tap_maps(dslt_head *head, int single_operations) {
  const dslt_head_shape *s = &head->shape;
  const size_t values = (size_t)s->batch * (size_t)s->channels;
  for (int t = 0; t < s->taps; ++t) {
    const int merged = dslt_head_merges(s) && t > 0 && t < dslt_head_coarsest(s);
    if (!dslt_head_uses(s, t) || (!single_operations && !merged)) continue;
    DSLT_TRY(alloc_floats(&head->reduced[t], head, values * dslt_head_cells(head, t)));
    if (s->tap[t].factor > 1) DSLT_TRY(alloc_floats(&head->raised[t], head, values * head->cells));
  }
  return DSLT_OK;
}

/* After plan_all(). */
static int create_maps(dslt_head *head) {
  const dslt_head_shape *s = &head->shape;
  const size_t n = (size_t)s->batch, c = (size_t)s->channels;
  const int single_operations = head->single.regress || head->batch.regress || head->first.regress;
  head->cells = (size_t)s->map_height * (size_t)s->map_width;
  head->response_cells =
      (size_t)(s->map_height - s->kernel_height + 1) * (size_t)(s->map_width - s->kernel_width + 1);
  DSLT_TRY(alloc_floats(&head->base, head, n * head->response_cells));
  DSLT_TRY(alloc_floats(&head->d_response, head, head->response_cells));
  DSLT_TRY(create_tap_maps(head, single_operations));
  if (!single_operations) return DSLT_OK;
  DSLT_TRY(alloc_floats(&head->fused, head, n * head->cells * c));
  DSLT_TRY(alloc_floats(&head->residual, head, n * head->response_cells));
  DSLT_TRY(alloc_floats(&head->d_fused, head, head->cells * c));
  DSLT_TRY(alloc_floats(&head->d_raised, head, head->cells * c));
  return alloc_floats(&head->d_reduced, head, head->cells * c / 4); /* where it is enlarged, at least by 2 */
}

int dslt_head_create(dslt_head **out, dslt_backend *backend, const dslt_head_shape *shape, uint64_t seed) {
  dslt_head *head = calloc(1, sizeof *head);
  if (!head) return dslt_fail(DSLT_EMEMORY, "Out of memory while making the regression network.");
  head->backend = backend;
  head->shape = normalised(shape);
  head->frozen = shape->train_reduction == DSLT_REDUCTION_FIXED;
  void *step = NULL;
  int rc;
  if ((rc = plan_all(head)) < 0) goto done;
  if ((rc = create_maps(head)) < 0) goto done;
  if ((rc = create_params(head, seed)) < 0) goto done;
  rc = backend->device->alloc(&step, backend, sizeof *head->step);
  head->step = step;
done:
  if (rc < 0)
    dslt_head_free(head);
  else
    *out = head;
  return rc;
}

void dslt_head_free(dslt_head *head) {
  if (!head) return;
  float *maps[] = {head->fused,   head->base,     head->residual, head->d_response,
                   head->d_fused, head->d_raised, head->d_reduced};
  for (size_t i = 0; i < sizeof maps / sizeof *maps; ++i)
    head->backend->device->release(head->backend, maps[i]);
  for (int t = 0; t < DSLT_TAPS_MAX; ++t) {
    head->backend->device->release(head->backend, head->reduced[t]);
    head->backend->device->release(head->backend, head->raised[t]);
  }
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    head->backend->device->release(head->backend, head->params[i].w);
    head->backend->device->release(head->backend, head->params[i].g);
    head->backend->device->release(head->backend, head->params[i].m);
    head->backend->device->release(head->backend, head->params[i].v);
  }
  head->backend->device->release(head->backend, head->step);
  dslt_head_free_plan(head, &head->single);
  dslt_head_free_plan(head, &head->batch);
  dslt_head_free_plan(head, &head->first);
  free(head);
}
