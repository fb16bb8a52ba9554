/* SPDX-License-Identifier: Apache-2.0 */
/* head.c: the regression network: plans, initial weights, passes by a fused head or by single operations. */
#include "head.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/archive.h"
#include "base/error.h"
#include "base/rng.h"

/* What is added up on the common grid: a tap, or the sum of several that are frozen. */
typedef struct head_branch {
  int tap;
  int input; /* which of the features it is made of */
  float fuse;
} head_branch;

/* Operations planned for one batch size. */
typedef struct head_plan {
  int n;
  int reduced; /* 1: for reduced maps; then the reductions only serve dslt_head_reduce() */
  int branches;
  head_branch branch[DSLT_TAPS_MAX];
  dslt_conv *reduce[DSLT_TAPS_MAX]; /* of taps that are used */
  dslt_regress *regress;            /* base and residual have the same shape */
  dslt_fused_head *fused; /* the whole head as one operation; NULL: the single operations above are used */
} head_plan;

struct dslt_head {
  dslt_backend *backend;
  dslt_head_shape shape;
  head_plan single, batch;
  head_plan first; /* of the first frame, until the reductions are frozen */
  int frozen;      /* the reductions are frozen; features are reduced maps */
  dslt_param params[DSLT_HEAD_PARAMS];
  int32_t *step;

  /* maps, [batch][cells][channels]; of taps that need them */
  float *reduced[DSLT_TAPS_MAX], *raised[DSLT_TAPS_MAX], *fused;
  const float *grid[DSLT_TAPS_MAX]; /* each branch's on the common grid in the last forward pass */
  float *base, *residual;           /* [batch][response cells] */
  float *d_response, *d_fused, *d_raised, *d_reduced; /* gradients, one sample */
  size_t cells, response_cells;
};

static int coarsest_of(const dslt_head_shape *s) { return s->taps - 1; }

/* The residual regression sees the coarsest tap alone, the fused map all of them. */
static int uses(const dslt_head_shape *s, int tap) {
  return tap == 0 || s->fusion || (s->residual && tap == coarsest_of(s));
}

/* Do frozen reductions merge the finest tap with those between it and the coarsest? */
static int merges(const dslt_head_shape *s) { return s->fusion && s->taps > 2; }

static size_t cells_of(const dslt_head *head, int tap) {
  const size_t factor = (size_t)head->shape.tap[tap].factor;
  return head->cells / (factor * factor);
}

/* A single tap has nothing to be added to. */
static dslt_head_shape normalised(const dslt_head_shape *shape) {
  dslt_head_shape s = *shape;
  if (s.taps == 1) s.fusion = s.residual = 0;
  return s;
}

int dslt_head_features(size_t *values, const dslt_head_shape *shape) {
  const dslt_head_shape s = normalised(shape);
  const int learns = s.train_reduction == DSLT_REDUCTION_LEARNS, last = coarsest_of(&s);
  int count = 0;
  for (int t = 0; t < s.taps; ++t) {
    const size_t f = (size_t)s.tap[t].factor;
    const size_t cells = (size_t)s.map_height * (size_t)s.map_width / (f * f);
    if (learns || t == 0 || (t == last && uses(&s, t)))
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
  return which == DSLT_HEAD_REDUCE + coarsest_of(s) ? 101 : 110 + (uint64_t)which;
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
    if (!uses(s, t)) continue;
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
static void list_branches(head_plan *p, const dslt_head_shape *s) {
  for (int t = 0; t < s->taps; ++t) {
    if (!uses(s, t) || (p->reduced && t > 0 && t < coarsest_of(s))) continue;
    const int number = p->branches++;
    p->branch[number] = (head_branch){.tap = t, .input = p->reduced ? number : t, .fuse = s->tap[t].fuse};
  }
  if (p->reduced && merges(s)) p->branch[0].fuse = 1.0f;
}

static int plan_fused(dslt_head *head, head_plan *out) {
  const dslt_head_shape *s = &head->shape;
  const dslt_head_tap *coarsest = &s->tap[coarsest_of(s)];
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

static int plan(dslt_head *head, head_plan *out, int n, int reduced) {
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
    if (uses(s, t))
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

static void free_plan(dslt_head *head, head_plan *p) {
  for (int t = 0; t < DSLT_TAPS_MAX; ++t)
    if (p->reduce[t]) head->backend->nn->conv_free(p->reduce[t]);
  if (p->regress) head->backend->nn->regress_free(p->regress);
  if (p->fused) head->backend->nn->fused_head_free(p->fused);
  *p = (head_plan){0};
}

/* Reduced and enlarged maps of the taps: of all that are used where some head runs by single operations, else of
 * those that are merged, since a fused head's are the backend's. */
static int create_tap_maps(dslt_head *head, int single_operations) {
  const dslt_head_shape *s = &head->shape;
  const size_t values = (size_t)s->batch * (size_t)s->channels;
  for (int t = 0; t < s->taps; ++t) {
    const int merged = merges(s) && t > 0 && t < coarsest_of(s);
    if (!uses(s, t) || (!single_operations && !merged)) continue;
    DSLT_TRY(alloc_floats(&head->reduced[t], head, values * cells_of(head, t)));
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
  free_plan(head, &head->single);
  free_plan(head, &head->batch);
  free_plan(head, &head->first);
  free(head);
}

const dslt_param *dslt_head_parameter(const dslt_head *head, int which) { return &head->params[which]; }

/* ---- forward ------------------------------------------------------------------------------------- */

/* A tap's reduced maps on the common grid: enlarged, or themselves. */
static int raise(const float **out, dslt_head *head, int tap, const float *maps, int n) {
  const dslt_head_shape *s = &head->shape;
  const int f = s->tap[tap].factor;
  *out = f > 1 ? head->raised[tap] : maps;
  if (f == 1) return DSLT_OK;
  return head->backend->nn->upsample_forward(head->backend, head->raised[tap], maps,
                                             head->params[DSLT_HEAD_UPSAMPLE + tap].w, n, s->map_height / f,
                                             s->map_width / f, s->channels, f);
}

static int reduce(dslt_head *head, const head_plan *p, int tap, float *reduced, const float *features) {
  return head->backend->nn->conv_forward(p->reduce[tap], reduced, features,
                                         head->params[DSLT_HEAD_REDUCE + tap].w);
}

static const float *base_input(const dslt_head *head) {
  return head->shape.fusion ? head->fused : head->grid[0];
}

/* The residual regression's response, where there is one. */
static const float *residual_of(const dslt_head *head) {
  return head->shape.residual ? head->residual : NULL;
}

/* What the fused head takes of the features: the finest and the coarsest map. */
static const float *fine_of(const head_plan *p, float *const *features) {
  return features[p->branch[0].input];
}
static const float *coarse_of(const head_plan *p, float *const *features) {
  return p->branches > 1 ? features[p->branch[1].input] : NULL;
}

/* Weights or gradients as the fused head takes them. */
static dslt_fused_head_tensors tensors(const dslt_head *head, int gradients) {
  const int coarsest = coarsest_of(&head->shape);
  float *p[DSLT_HEAD_PARAMS];
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) p[i] = gradients ? head->params[i].g : head->params[i].w;
  return (dslt_fused_head_tensors){p[DSLT_HEAD_REDUCE], p[DSLT_HEAD_REDUCE + coarsest],
                                   p[DSLT_HEAD_UPSAMPLE + coarsest], p[DSLT_HEAD_BASE],
                                   p[DSLT_HEAD_RESIDUAL]};
}

/* The sum of all branches. */
static int fuse(dslt_head *head, const head_plan *p) {
  const size_t values = (size_t)p->n * head->cells * (size_t)head->shape.channels;
  for (int b = 1; b < p->branches; ++b) {
    const float *sum = b == 1 ? head->grid[0] : head->fused;
    DSLT_TRY(head->backend->nn->axpby(head->backend, head->fused, b == 1 ? p->branch[0].fuse : 1.0f, sum,
                                      p->branch[b].fuse, head->grid[b], values));
  }
  return DSLT_OK;
}

/* The paper's figure draws the residual regression before the upsampling, the released program has it on the
 * common grid. It is on the common grid here, so that its window and the base's cover the same pixels. */
static int forward(dslt_head *head, const head_plan *p, float *const *features) {
  const dslt_head_shape *s = &head->shape;
  const dslt_nn_ops *nn = head->backend->nn;
  const float *map[DSLT_TAPS_MAX];
  for (int b = 0; b < p->branches; ++b) {
    const int tap = p->branch[b].tap;
    const float *input = features[p->branch[b].input];
    if (!p->reduced) DSLT_TRY(reduce(head, p, tap, head->reduced[tap], input));
    map[b] = p->reduced ? input : head->reduced[tap];
  }
  for (int b = 0; b < p->branches; ++b) DSLT_TRY(raise(&head->grid[b], head, p->branch[b].tap, map[b], p->n));
  if (s->fusion) DSLT_TRY(fuse(head, p));
  DSLT_TRY(nn->regress_forward(p->regress, head->base, base_input(head), head->params[DSLT_HEAD_BASE].w));
  if (s->residual)
    DSLT_TRY(nn->regress_forward(p->regress, head->residual, head->grid[p->branches - 1],
                                 head->params[DSLT_HEAD_RESIDUAL].w));
  return DSLT_OK;
}

static int find_plan(const head_plan **out, const dslt_head *head, int n) {
  *out = n == 1 ? &head->single : &head->batch;
  if ((*out)->n == n) return DSLT_OK;
  return dslt_fail(DSLT_EINTERNAL, "The head was not planned for a batch of %d.", n);
}

int dslt_head_forward(dslt_head *head, float *response, float *const *features, int n) {
  const head_plan *p;
  DSLT_TRY(find_plan(&p, head, n));
  if (p->reduced && !head->frozen)
    return dslt_fail(DSLT_EINTERNAL, "The head was asked for a response before its reductions were frozen.");
  if (p->fused) {
    const dslt_fused_head_tensors w = tensors(head, 0);
    return head->backend->nn->fused_head_forward(p->fused, response, fine_of(p, features),
                                                 coarse_of(p, features), &w, head->params[DSLT_HEAD_BIAS].w);
  }
  DSLT_TRY(forward(head, p, features));
  return head->backend->nn->sum_responses(head->backend, response, head->base, residual_of(head),
                                          head->params[DSLT_HEAD_BIAS].w, (size_t)n * head->response_cells);
}

int dslt_head_frozen(const dslt_head *head) { return head->frozen; }

void dslt_head_freeze(dslt_head *head) {
  if (head->shape.train_reduction == DSLT_REDUCTION_LEARNS) return;
  head->frozen = 1;
  free_plan(head, &head->first);
}

/* Add the taps between the finest and the coarsest to the reduced finest one. */
static int merge(dslt_head *head, const head_plan *p, float *sum, float *const *taps) {
  const dslt_head_shape *s = &head->shape;
  const size_t values = (size_t)p->n * head->cells * (size_t)s->channels;
  for (int t = 1; t < coarsest_of(s); ++t) {
    const float *grid;
    DSLT_TRY(reduce(head, p, t, head->reduced[t], taps[t]));
    DSLT_TRY(raise(&grid, head, t, head->reduced[t], p->n));
    DSLT_TRY(head->backend->nn->axpby(head->backend, sum, t == 1 ? s->tap[0].fuse : 1.0f, sum, s->tap[t].fuse,
                                      grid, values));
  }
  return DSLT_OK;
}

int dslt_head_reduce(dslt_head *head, float *const *reduced, float *const *taps, int n) {
  const head_plan *p;
  DSLT_TRY(find_plan(&p, head, n));
  if (!p->reduced) return dslt_fail(DSLT_EINTERNAL, "The head reduces nothing while its reductions learn.");
  for (int b = 0; b < p->branches; ++b) {
    const int tap = p->branch[b].tap;
    DSLT_TRY(reduce(head, p, tap, reduced[b], taps[tap]));
  }
  return merges(&head->shape) ? merge(head, p, reduced[0], taps) : DSLT_OK;
}

/* ---- backward ------------------------------------------------------------------------------------ */

/* Gradients of a coarser tap's upsampling and reduction from d_fused (base) and, of the coarsest, d_raised
 * (residual regression). */
static int backward_branch(dslt_head *head, const head_plan *p, int branch, float *const *taps) {
  const dslt_head_shape *s = &head->shape;
  const dslt_nn_ops *nn = head->backend->nn;
  const int tap = p->branch[branch].tap, f = s->tap[tap].factor;
  const int residual = s->residual && branch == p->branches - 1;
  const float *d_reduced = head->d_raised;
  if (s->fusion)
    DSLT_TRY(nn->axpby(head->backend, head->d_raised, p->branch[branch].fuse, head->d_fused, 1.0f,
                       residual ? head->d_raised : NULL, head->cells * (size_t)s->channels));
  if (f > 1) {
    const dslt_param *up = &head->params[DSLT_HEAD_UPSAMPLE + tap];
    DSLT_TRY(nn->upsample_backward(head->backend, head->d_reduced, up->g, head->reduced[tap], up->w,
                                   head->d_raised, s->map_height / f, s->map_width / f, s->channels, f));
    d_reduced = head->d_reduced;
  }
  return nn->conv_backward_weights(p->reduce[tap], head->params[DSLT_HEAD_REDUCE + tap].g, taps[tap],
                                   d_reduced);
}

/* The coarsest tap first, since its gradient from the residual regression lies where the others' are made. */
static int backward_reductions(dslt_head *head, const head_plan *p, float *const *taps) {
  const dslt_head_shape *s = &head->shape;
  const float fuse_low = p->branch[0].fuse;
  for (int b = p->branches - 1; b > 0; --b) DSLT_TRY(backward_branch(head, p, b, taps));
  if (s->fusion && fuse_low != 1.0f)
    DSLT_TRY(head->backend->nn->axpby(head->backend, head->d_fused, fuse_low, head->d_fused, 0.0f, NULL,
                                      head->cells * (size_t)s->channels));
  return head->backend->nn->conv_backward_weights(p->reduce[0], head->params[DSLT_HEAD_REDUCE].g, taps[0],
                                                  head->d_fused);
}

/* The loss and the gradients; then the step `then` (NULL: none). */
static int descend(dslt_head *head, float *loss, float *const *features, const float *label,
                   const dslt_loss_spec *spec, const dslt_head_update *then) {
  const dslt_head_shape *s = &head->shape;
  const dslt_nn_ops *nn = head->backend->nn;
  const head_plan *p = head->first.n ? &head->first : &head->single;
  dslt_param *base = &head->params[DSLT_HEAD_BASE], *residual = &head->params[DSLT_HEAD_RESIDUAL];
  const dslt_param *bias = &head->params[DSLT_HEAD_BIAS];
  if (p->fused) {
    const dslt_fused_head_tensors w = tensors(head, 0), g = tensors(head, 1);
    const float *fine = fine_of(p, features), *coarse = coarse_of(p, features);
    DSLT_TRY(nn->fused_head_loss(p->fused, head->d_response, bias->g, loss, fine, coarse, &w, bias->w, label,
                                 spec));
    return nn->fused_head_backward(p->fused, &g, fine, coarse, &w, head->d_response, then);
  }
  DSLT_TRY(forward(head, p, features));
  DSLT_TRY(nn->loss(head->backend, head->d_response, bias->g, loss, head->base, residual_of(head), bias->w,
                    label, head->response_cells, spec));
  DSLT_TRY(nn->regress_backward(p->regress, p->reduced ? NULL : head->d_fused, base->g, base_input(head),
                                base->w, head->d_response));
  if (s->residual)
    DSLT_TRY(nn->regress_backward(p->regress, p->reduced ? NULL : head->d_raised, residual->g,
                                  head->grid[p->branches - 1], residual->w, head->d_response));
  if (!p->reduced) DSLT_TRY(backward_reductions(head, p, features));
  return then ? nn->adam(head->backend, then->params, then->count, then->rule, then->step) : DSLT_OK;
}

int dslt_head_gradient(dslt_head *head, float *loss, float *const *features, const float *label,
                       const dslt_loss_spec *spec) {
  return descend(head, loss, features, label, spec, NULL);
}

static int is_regression(int param) { return param >= DSLT_HEAD_BASE; }

/* Learning rate of one of the parameters before the biases. */
static float rate_of(const dslt_head *head, int param, const dslt_head_rates *rates) {
  const int tap = param % DSLT_TAPS_MAX, coarsest = coarsest_of(&head->shape);
  if (is_regression(param)) return param == DSLT_HEAD_RESIDUAL ? rates->high : rates->low;
  if (tap == 0 || rates->branch == DSLT_BRANCH_NONE) return rates->low;
  return rates->branch == DSLT_BRANCH_COARSER || tap == coarsest ? rates->high : rates->low;
}

/* What learns, at these rates: active [DSLT_HEAD_PARAMS + 1]. */
static dslt_head_update update_of(dslt_param *active, const dslt_head *head, const dslt_head_rates *rates) {
  const dslt_head_shape *s = &head->shape;
  int count = 0;
  for (int i = 0; i < DSLT_HEAD_BIAS; ++i) {
    if (head->params[i].count == 0 || (head->frozen && !is_regression(i))) continue;
    dslt_param *p = &active[count++];
    *p = head->params[i];
    p->rate = rate_of(head, i, rates);
    p->decay = rates->decay * (i == DSLT_HEAD_RESIDUAL ? rates->decay_high : 1.0f);
  }
  for (int i = 0; s->bias && i < (s->residual ? 2 : 1); ++i) {
    const dslt_param *both = &head->params[DSLT_HEAD_BIAS];
    dslt_param *p = &active[count++];
    *p = (dslt_param){both->w + i, both->g + i, both->m + i, both->v + i, 1, 0.0f, 0.0f};
    p->rate = rates->bias * (i ? rates->high : rates->low);
  }
  return (dslt_head_update){active, count, &rates->adam, head->step};
}

int dslt_head_step(dslt_head *head, const dslt_head_rates *rates) {
  dslt_param active[DSLT_HEAD_PARAMS + 1];
  const dslt_head_update u = update_of(active, head, rates);
  return head->backend->nn->adam(head->backend, u.params, u.count, u.rule, u.step);
}

int dslt_head_learn(dslt_head *head, float *loss, float *const *features, const float *label,
                    const dslt_loss_spec *spec, const dslt_head_rates *rates) {
  dslt_param active[DSLT_HEAD_PARAMS + 1];
  const dslt_head_update u = update_of(active, head, rates);
  return descend(head, loss, features, label, spec, &u);
}

int dslt_head_reset_optimiser(dslt_head *head) {
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    dslt_param *p = &head->params[i];
    DSLT_TRY(head->backend->device->clear(head->backend, p->m, p->count * sizeof *p->m));
    DSLT_TRY(head->backend->device->clear(head->backend, p->v, p->count * sizeof *p->v));
  }
  return head->backend->device->clear(head->backend, head->step, sizeof *head->step);
}

/* ---- saving -------------------------------------------------------------------------------------- */

static int archive_param(dslt_head *head, dslt_archive *a, int which) {
  static const char *const kinds[] = {"weights", "mean gradient", "mean square"};
  const dslt_param *p = &head->params[which];
  float *const memory[] = {p->w, p->m, p->v};
  /* what is frozen moves no more */
  const int count = head->frozen && !is_regression(which) ? 1 : 3;
  for (int i = 0; i < count && p->count > 0; ++i) {
    char name[DSLT_ARCHIVE_NAME_MAX];
    snprintf(name, sizeof name, "head %d %s", which, kinds[i]);
    DSLT_TRY(dslt_archive_memory(a, name, head->backend, memory[i], p->count * sizeof(float)));
  }
  return DSLT_OK;
}

int dslt_head_archive(dslt_head *head, dslt_archive *a) {
  static const dslt_field frozen[] = {DSLT_FIELD(INT, dslt_head, frozen, 0, 1)};
  const int before = head->frozen;
  DSLT_TRY(dslt_archive_fields(a, "head", head, frozen, 1));
  if (head->frozen != before) {
    const int learns = before || head->shape.train_reduction == DSLT_REDUCTION_LEARNS;
    head->frozen = before;
    if (learns) return dslt_archive_damaged("head.frozen does not suit its options");
    dslt_head_freeze(head);
  }
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) DSLT_TRY(archive_param(head, a, i));
  return dslt_archive_memory(a, "head steps", head->backend, head->step, sizeof *head->step);
}
