/* SPDX-License-Identifier: Apache-2.0 */
/* head.c: the regression network: plans, initial weights, passes by a fused head or by single operations. */
#include "head.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"

/* Operations planned for one batch size. */
typedef struct head_plan {
  int n;
  int reduced; /* 1: for reduced maps; then the reductions only serve dslt_head_reduce() */
  dslt_conv *reduce_low, *reduce_high;
  dslt_regress *regress;  /* base and residual have the same shape */
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

  /* maps, [batch][cells][channels] */
  float *low, *high, *raised, *fused;
  const float *low_map, *high_map; /* reduced maps of the last forward pass */
  float *base, *residual;          /* [batch][response cells] */
  const float *residual_of;        /* the residual response of the last forward pass; NULL: it is in base */
  float *d_response, *d_fused, *d_raised, *d_high; /* gradients, one sample */
  size_t cells, high_cells, response_cells;
};

static int uses_high(const dslt_head_shape *s) { return s->fusion || s->residual; }

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

static int init_param(dslt_head *head, int which, uint64_t seed) {
  dslt_param *p = &head->params[which];
  const dslt_head_shape *s = &head->shape;
  if (p->count == 0 || which == DSLT_HEAD_BIAS) return DSLT_OK; /* alloc() zeroed the biases */
  float *host = malloc(p->count * sizeof *host);
  if (!host) return dslt_fail(DSLT_EMEMORY, "Out of memory while drawing the head's first weights.");
  dslt_rng rng = dslt_rng_make(seed, 100 + (uint64_t)which);
  int taps = s->reduce_kernel * s->reduce_kernel;
  switch (which) {
    case DSLT_HEAD_REDUCE_LOW: fill_normal(host, p->count, sqrt(2.0 / (taps * s->low_channels)), rng); break;
    case DSLT_HEAD_REDUCE_HIGH:
      fill_normal(host, p->count, sqrt(2.0 / (taps * s->high_channels)), rng);
      break;
    case DSLT_HEAD_UPSAMPLE: fill_bilinear(host, s->factor, s->channels); break;
    default: fill_normal(host, p->count, s->regress_sigma, rng); break;
  }
  int rc = head->backend->device->upload(head->backend, p->w, host, p->count * sizeof *host);
  free(host);
  return rc;
}

static int create_params(dslt_head *head, uint64_t seed) {
  const dslt_head_shape *s = &head->shape;
  size_t taps = (size_t)(s->reduce_kernel * s->reduce_kernel), c = (size_t)s->channels;
  size_t kernel = (size_t)(s->kernel_height * s->kernel_width);
  head->params[DSLT_HEAD_REDUCE_LOW].count = taps * (size_t)s->low_channels * c;
  head->params[DSLT_HEAD_REDUCE_HIGH].count = uses_high(s) ? taps * (size_t)s->high_channels * c : 0;
  head->params[DSLT_HEAD_UPSAMPLE].count =
      uses_high(s) && s->factor > 1 ? 4 * (size_t)s->factor * (size_t)s->factor * c : 0;
  head->params[DSLT_HEAD_BASE].count = kernel * c;
  head->params[DSLT_HEAD_RESIDUAL].count = s->residual ? kernel * c : 0;
  head->params[DSLT_HEAD_BIAS].count = 2;
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

static int plan_fused(dslt_head *head, head_plan *out) {
  const dslt_head_shape *s = &head->shape;
  if ((s->reduce_kernel != 1 && !out->reduced)) return DSLT_OK;
  dslt_fused_head_desc desc = {
      .n = out->n,
      .h = s->map_height,
      .w = s->map_width,
      .factor = s->factor,
      .low_channels = s->low_channels,
      .high_channels = s->high_channels,
      .channels = s->channels,
      .kh = s->kernel_height,
      .kw = s->kernel_width,
      .fusion = s->fusion,
      .residual = s->residual,
      .fuse_low = s->fuse_low,
      .fuse_high = s->fuse_high,
      .reduced = out->reduced,
      .deep = !out->reduced,
      .backwards = out->n == 1,
  };
  return head->backend->nn->fused_head_plan(&out->fused, head->backend, &desc);
}

static int plan(dslt_head *head, head_plan *out, int n, int reduced) {
  const dslt_head_shape *s = &head->shape;
  int h = s->map_height, w = s->map_width, c = s->channels, k = s->reduce_kernel;
  out->n = n;
  out->reduced = reduced;
  DSLT_TRY(plan_fused(head, out));
  if (!out->fused)
    DSLT_TRY(head->backend->nn->regress_plan(&out->regress, head->backend, n, h, w, c, s->kernel_height,
                                             s->kernel_width));
  if (out->fused && !reduced) return DSLT_OK;
  DSLT_TRY(head->backend->nn->conv_plan(&out->reduce_low, head->backend, n, h, w, s->low_channels, c, k));
  if (!uses_high(s)) return DSLT_OK;
  return head->backend->nn->conv_plan(&out->reduce_high, head->backend, n, h / s->factor, w / s->factor,
                                      s->high_channels, c, k);
}

static int plan_all(dslt_head *head) {
  const dslt_head_shape *s = &head->shape;
  int reduced = s->train_reduction != DSLT_REDUCTION_LEARNS;
  if (s->train_reduction == DSLT_REDUCTION_FIRST) DSLT_TRY(plan(head, &head->first, 1, 0));
  DSLT_TRY(plan(head, &head->single, 1, reduced));
  return s->batch > 1 ? plan(head, &head->batch, s->batch, reduced) : DSLT_OK;
}

static void free_plan(dslt_head *head, head_plan *p) {
  if (p->reduce_low) head->backend->nn->conv_free(p->reduce_low);
  if (p->reduce_high) head->backend->nn->conv_free(p->reduce_high);
  if (p->regress) head->backend->nn->regress_free(p->regress);
  if (p->fused) head->backend->nn->fused_head_free(p->fused);
  *p = (head_plan){0};
}

/* After plan_all(): if all heads run as one operation, intermediate maps are the backend's. */
static int create_maps(dslt_head *head) {
  const dslt_head_shape *s = &head->shape;
  size_t n = (size_t)s->batch, c = (size_t)s->channels;
  head->cells = (size_t)s->map_height * (size_t)s->map_width;
  head->high_cells = head->cells / (size_t)(s->factor * s->factor);
  head->response_cells =
      (size_t)(s->map_height - s->kernel_height + 1) * (size_t)(s->map_width - s->kernel_width + 1);
  DSLT_TRY(alloc_floats(&head->base, head, n * head->response_cells));
  DSLT_TRY(alloc_floats(&head->d_response, head, head->response_cells));
  if (!head->single.regress && !head->batch.regress && !head->first.regress) return DSLT_OK;
  DSLT_TRY(alloc_floats(&head->low, head, n * head->cells * c));
  DSLT_TRY(alloc_floats(&head->high, head, n * head->high_cells * c));
  DSLT_TRY(alloc_floats(&head->raised, head, n * head->cells * c));
  DSLT_TRY(alloc_floats(&head->fused, head, n * head->cells * c));
  DSLT_TRY(alloc_floats(&head->residual, head, n * head->response_cells));
  DSLT_TRY(alloc_floats(&head->d_fused, head, head->cells * c));
  DSLT_TRY(alloc_floats(&head->d_raised, head, head->cells * c));
  return alloc_floats(&head->d_high, head, head->high_cells * c);
}

int dslt_head_create(dslt_head **out, dslt_backend *backend, const dslt_head_shape *shape, uint64_t seed) {
  dslt_head *head = calloc(1, sizeof *head);
  if (!head) return dslt_fail(DSLT_EMEMORY, "Out of memory while making the regression network.");
  head->backend = backend;
  head->shape = *shape;
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
  float *maps[] = {head->low,      head->high,       head->raised,  head->fused,    head->base,
                   head->residual, head->d_response, head->d_fused, head->d_raised, head->d_high};
  for (size_t i = 0; i < sizeof maps / sizeof *maps; ++i)
    head->backend->device->release(head->backend, maps[i]);
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

const dslt_param *dslt_head_parameter(const dslt_head *head, dslt_head_param which) {
  return &head->params[which];
}

/* ---- forward ------------------------------------------------------------------------------------- */

static int upsample(dslt_head *head, int n) {
  const dslt_head_shape *s = &head->shape;
  return head->backend->nn->upsample_forward(head->backend, head->raised, head->high_map,
                                             head->params[DSLT_HEAD_UPSAMPLE].w, n, s->map_height / s->factor,
                                             s->map_width / s->factor, s->channels, s->factor);
}

/* The high branch at the common grid: after the upsampling, or the reduced map itself. */
static const float *high_branch(const dslt_head *head) {
  return head->shape.factor > 1 ? head->raised : head->high_map;
}
static const float *base_input(const dslt_head *head) {
  return head->shape.fusion ? head->fused : head->low_map;
}

/* Weights or gradients as the fused head takes them. */
static dslt_fused_head_tensors tensors(const dslt_head *head, int gradients) {
  float *p[DSLT_HEAD_PARAMS];
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) p[i] = gradients ? head->params[i].g : head->params[i].w;
  return (dslt_fused_head_tensors){p[DSLT_HEAD_REDUCE_LOW], p[DSLT_HEAD_REDUCE_HIGH], p[DSLT_HEAD_UPSAMPLE],
                                   p[DSLT_HEAD_BASE], p[DSLT_HEAD_RESIDUAL]};
}

static int reduce(dslt_head *head, const head_plan *p, float *low, float *high, const float *tap_low,
                  const float *tap_high) {
  DSLT_TRY(
      head->backend->nn->conv_forward(p->reduce_low, low, tap_low, head->params[DSLT_HEAD_REDUCE_LOW].w));
  if (!uses_high(&head->shape)) return DSLT_OK;
  return head->backend->nn->conv_forward(p->reduce_high, high, tap_high,
                                         head->params[DSLT_HEAD_REDUCE_HIGH].w);
}

/* The paper's figure draws the residual regression before the upsampling, the released program has it on the
 * common grid. It is on the common grid here, so that its window and the base's cover the same pixels. */
static int forward(dslt_head *head, const head_plan *p, const float *low, const float *high) {
  const dslt_head_shape *s = &head->shape;
  if (p->fused) {
    const dslt_fused_head_tensors w = tensors(head, 0);
    return head->backend->nn->fused_head_forward(p->fused, head->base, &head->residual_of, low, high, &w);
  }
  if (!p->reduced) DSLT_TRY(reduce(head, p, head->low, head->high, low, high));
  head->low_map = p->reduced ? low : head->low;
  head->high_map = p->reduced ? high : head->high;
  if (uses_high(s) && s->factor > 1) DSLT_TRY(upsample(head, p->n));
  if (s->fusion)
    DSLT_TRY(head->backend->nn->axpby(head->backend, head->fused, s->fuse_low, head->low_map, s->fuse_high,
                                      high_branch(head), (size_t)p->n * head->cells * (size_t)s->channels));
  DSLT_TRY(head->backend->nn->regress_forward(p->regress, head->base, base_input(head),
                                              head->params[DSLT_HEAD_BASE].w));
  head->residual_of = s->residual ? head->residual : NULL;
  if (s->residual)
    DSLT_TRY(head->backend->nn->regress_forward(p->regress, head->residual, high_branch(head),
                                                head->params[DSLT_HEAD_RESIDUAL].w));
  return DSLT_OK;
}

static int find_plan(const head_plan **out, const dslt_head *head, int n) {
  *out = n == 1 ? &head->single : &head->batch;
  if ((*out)->n == n) return DSLT_OK;
  return dslt_fail(DSLT_EINTERNAL, "The head was not planned for a batch of %d.", n);
}

int dslt_head_forward(dslt_head *head, float *response, const float *low, const float *high, int n) {
  const head_plan *p;
  DSLT_TRY(find_plan(&p, head, n));
  if (p->reduced && !head->frozen)
    return dslt_fail(DSLT_EINTERNAL, "The head was asked for a response before its reductions were frozen.");
  DSLT_TRY(forward(head, p, low, high));
  return head->backend->nn->sum_responses(head->backend, response, head->base, head->residual_of,
                                          head->params[DSLT_HEAD_BIAS].w, (size_t)n * head->response_cells);
}

int dslt_head_frozen(const dslt_head *head) { return head->frozen; }

void dslt_head_freeze(dslt_head *head) {
  if (head->shape.train_reduction == DSLT_REDUCTION_LEARNS) return;
  head->frozen = 1;
  free_plan(head, &head->first);
}

int dslt_head_reduce(dslt_head *head, float *low, float *high, const float *tap_low, const float *tap_high,
                     int n) {
  const head_plan *p;
  DSLT_TRY(find_plan(&p, head, n));
  if (!p->reduced) return dslt_fail(DSLT_EINTERNAL, "The head reduces nothing while its reductions learn.");
  return reduce(head, p, low, high, tap_low, tap_high);
}

/* ---- backward ------------------------------------------------------------------------------------ */

/* Gradients of the reductions and of the upsampling from d_fused (base) and d_raised (residual
 * regression). */
static int backward_reductions(dslt_head *head, const head_plan *p, const float *tap_low,
                               const float *tap_high) {
  const dslt_head_shape *s = &head->shape;
  size_t values = head->cells * (size_t)s->channels;
  if (uses_high(s)) {
    if (s->fusion)
      DSLT_TRY(head->backend->nn->axpby(head->backend, head->d_raised, s->fuse_high, head->d_fused, 1.0f,
                                        s->residual ? head->d_raised : NULL, values));
    float *d_high = head->d_raised;
    if (s->factor > 1) {
      const dslt_param *up = &head->params[DSLT_HEAD_UPSAMPLE];
      DSLT_TRY(head->backend->nn->upsample_backward(head->backend, head->d_high, up->g, head->high, up->w,
                                                    head->d_raised, s->map_height / s->factor,
                                                    s->map_width / s->factor, s->channels, s->factor));
      d_high = head->d_high;
    }
    DSLT_TRY(head->backend->nn->conv_backward_weights(p->reduce_high, head->params[DSLT_HEAD_REDUCE_HIGH].g,
                                                      tap_high, d_high));
  }
  if (s->fusion && s->fuse_low != 1.0f)
    DSLT_TRY(head->backend->nn->axpby(head->backend, head->d_fused, s->fuse_low, head->d_fused, 0.0f, NULL,
                                      values));
  return head->backend->nn->conv_backward_weights(p->reduce_low, head->params[DSLT_HEAD_REDUCE_LOW].g,
                                                  tap_low, head->d_fused);
}

int dslt_head_gradient(dslt_head *head, float *loss, const float *low, const float *high, const float *label,
                       const dslt_loss_spec *spec) {
  const dslt_head_shape *s = &head->shape;
  const head_plan *p = head->first.n ? &head->first : &head->single;
  dslt_param *base = &head->params[DSLT_HEAD_BASE], *residual = &head->params[DSLT_HEAD_RESIDUAL];
  DSLT_TRY(forward(head, p, low, high));
  DSLT_TRY(head->backend->nn->loss(head->backend, head->d_response, head->params[DSLT_HEAD_BIAS].g, loss,
                                   head->base, head->residual_of, head->params[DSLT_HEAD_BIAS].w, label,
                                   head->response_cells, spec));
  if (p->fused) {
    const dslt_fused_head_tensors w = tensors(head, 0), g = tensors(head, 1);
    return head->backend->nn->fused_head_backward(p->fused, &g, low, high, &w, head->d_response);
  }
  DSLT_TRY(head->backend->nn->regress_backward(p->regress, p->reduced ? NULL : head->d_fused, base->g,
                                               base_input(head), base->w, head->d_response));
  if (s->residual)
    DSLT_TRY(head->backend->nn->regress_backward(p->regress, p->reduced ? NULL : head->d_raised, residual->g,
                                                 high_branch(head), residual->w, head->d_response));
  return p->reduced ? DSLT_OK : backward_reductions(head, p, low, high);
}

int dslt_head_step(dslt_head *head, const dslt_head_rates *rates) {
  static const struct {
    unsigned char high, reduction;
  } traits[DSLT_HEAD_BIAS] = {{0, 1}, {1, 1}, {1, 1}, {0, 0}, {1, 0}};
  const dslt_head_shape *s = &head->shape;
  dslt_param active[DSLT_HEAD_PARAMS + 1];
  int count = 0;
  for (int i = 0; i < DSLT_HEAD_BIAS; ++i) {
    if (head->params[i].count == 0 || (traits[i].reduction && head->frozen)) continue;
    dslt_param *p = &active[count++];
    *p = head->params[i];
    p->rate = traits[i].high && (rates->branch || !traits[i].reduction) ? rates->high : rates->low;
    p->decay = rates->decay * (i == DSLT_HEAD_RESIDUAL ? rates->decay_high : 1.0f);
  }
  for (int i = 0; s->bias && i < (s->residual ? 2 : 1); ++i) {
    const dslt_param *both = &head->params[DSLT_HEAD_BIAS];
    dslt_param *p = &active[count++];
    *p = (dslt_param){both->w + i, both->g + i, both->m + i, both->v + i, 1, 0.0f, 0.0f};
    p->rate = rates->bias * (i ? rates->high : rates->low);
  }
  return head->backend->nn->adam(head->backend, active, count, &rates->adam, head->step);
}

int dslt_head_reset_optimiser(dslt_head *head) {
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    dslt_param *p = &head->params[i];
    DSLT_TRY(head->backend->device->clear(head->backend, p->m, p->count * sizeof *p->m));
    DSLT_TRY(head->backend->device->clear(head->backend, p->v, p->count * sizeof *p->v));
  }
  return head->backend->device->clear(head->backend, head->step, sizeof *head->step);
}
