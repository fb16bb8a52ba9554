#include "head.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/rng.h"

/* Operations planned for one batch size. */
typedef struct head_plan {
  int n;
  dslt_conv *reduce_low, *reduce_high;
  dslt_regress *regress; /* base and residual have the same shape */
} head_plan;

struct dslt_head {
  dslt_backend *backend;
  const dslt_backend_ops *ops;
  dslt_head_shape shape;
  head_plan single, batch;
  dslt_param params[DSLT_HEAD_PARAMS];
  int32_t *step;

  /* maps, [batch][cells][channels] */
  float *low, *high, *raised, *fused;
  float *base, *residual;                          /* [batch][response cells] */
  float *d_response, *d_fused, *d_raised, *d_high; /* gradients, one sample */
  size_t cells, high_cells, response_cells;
};

static int uses_high(const dslt_head_shape *s) { return s->fusion || s->residual; }

static int alloc_floats(float **out, dslt_head *head, size_t count) {
  void *memory;
  DSLT_TRY(head->ops->alloc(&memory, head->backend, (count ? count : 1) * sizeof(float)));
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
  int rc = head->ops->upload(head->backend, p->w, host, p->count * sizeof *host);
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

static int plan(dslt_head *head, head_plan *out, int n) {
  const dslt_backend_ops *ops = head->ops;
  const dslt_head_shape *s = &head->shape;
  int h = s->map_height, w = s->map_width, c = s->channels, k = s->reduce_kernel;
  out->n = n;
  DSLT_TRY(ops->conv_plan(&out->reduce_low, head->backend, n, h, w, s->low_channels, c, k));
  if (uses_high(s))
    DSLT_TRY(ops->conv_plan(&out->reduce_high, head->backend, n, h / s->factor, w / s->factor,
                            s->high_channels, c, k));
  return ops->regress_plan(&out->regress, head->backend, n, h, w, c, s->kernel_height, s->kernel_width);
}

static void free_plan(dslt_head *head, head_plan *p) {
  if (p->reduce_low) head->ops->conv_free(p->reduce_low);
  if (p->reduce_high) head->ops->conv_free(p->reduce_high);
  if (p->regress) head->ops->regress_free(p->regress);
}

static int create_maps(dslt_head *head) {
  const dslt_head_shape *s = &head->shape;
  size_t n = (size_t)s->batch, c = (size_t)s->channels;
  head->cells = (size_t)s->map_height * (size_t)s->map_width;
  head->high_cells = head->cells / (size_t)(s->factor * s->factor);
  head->response_cells =
      (size_t)(s->map_height - s->kernel_height + 1) * (size_t)(s->map_width - s->kernel_width + 1);
  DSLT_TRY(alloc_floats(&head->low, head, n * head->cells * c));
  DSLT_TRY(alloc_floats(&head->high, head, n * head->high_cells * c));
  DSLT_TRY(alloc_floats(&head->raised, head, n * head->cells * c));
  DSLT_TRY(alloc_floats(&head->fused, head, n * head->cells * c));
  DSLT_TRY(alloc_floats(&head->base, head, n * head->response_cells));
  DSLT_TRY(alloc_floats(&head->residual, head, n * head->response_cells));
  DSLT_TRY(alloc_floats(&head->d_response, head, head->response_cells));
  DSLT_TRY(alloc_floats(&head->d_fused, head, head->cells * c));
  DSLT_TRY(alloc_floats(&head->d_raised, head, head->cells * c));
  return alloc_floats(&head->d_high, head, head->high_cells * c);
}

int dslt_head_create(dslt_head **out, dslt_backend *backend, const dslt_head_shape *shape, uint64_t seed) {
  dslt_head *head = calloc(1, sizeof *head);
  if (!head) return dslt_fail(DSLT_EMEMORY, "Out of memory while making the regression network.");
  head->backend = backend;
  head->ops = backend->ops;
  head->shape = *shape;
  void *step = NULL;
  int rc = create_maps(head);
  if (rc == DSLT_OK) rc = create_params(head, seed);
  if (rc == DSLT_OK) rc = head->ops->alloc(&step, backend, sizeof *head->step);
  head->step = step;
  if (rc == DSLT_OK) rc = plan(head, &head->single, 1);
  if (rc == DSLT_OK && shape->batch > 1) rc = plan(head, &head->batch, shape->batch);
  if (rc < 0) {
    dslt_head_free(head);
    return rc;
  }
  *out = head;
  return DSLT_OK;
}

void dslt_head_free(dslt_head *head) {
  if (!head) return;
  float *maps[] = {head->low,      head->high,       head->raised,  head->fused,    head->base,
                   head->residual, head->d_response, head->d_fused, head->d_raised, head->d_high};
  for (size_t i = 0; i < sizeof maps / sizeof *maps; ++i) head->ops->release(head->backend, maps[i]);
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    head->ops->release(head->backend, head->params[i].w);
    head->ops->release(head->backend, head->params[i].g);
    head->ops->release(head->backend, head->params[i].m);
    head->ops->release(head->backend, head->params[i].v);
  }
  head->ops->release(head->backend, head->step);
  free_plan(head, &head->single);
  free_plan(head, &head->batch);
  free(head);
}

const dslt_param *dslt_head_parameter(const dslt_head *head, dslt_head_param which) {
  return &head->params[which];
}

/* ---- forward ------------------------------------------------------------------------------------- */

static int upsample(dslt_head *head, int n) {
  const dslt_head_shape *s = &head->shape;
  return head->ops->upsample_forward(head->backend, head->raised, head->high,
                                     head->params[DSLT_HEAD_UPSAMPLE].w, n, s->map_height / s->factor,
                                     s->map_width / s->factor, s->channels, s->factor);
}

/* The high branch at the common grid: after the upsampling, or the reduced map itself. */
static float *high_branch(const dslt_head *head) {
  return head->shape.factor > 1 ? head->raised : head->high;
}
static float *base_input(const dslt_head *head) { return head->shape.fusion ? head->fused : head->low; }

/* The paper's figure draws the residual regression before the upsampling, the released program has it on the
 * common grid. It stands here, on the common grid, so that its window and the base's cover the same pixels.
 */
static int forward(dslt_head *head, const head_plan *p, const float *tap_low, const float *tap_high) {
  const dslt_backend_ops *ops = head->ops;
  const dslt_head_shape *s = &head->shape;
  DSLT_TRY(ops->conv_forward(p->reduce_low, head->low, tap_low, head->params[DSLT_HEAD_REDUCE_LOW].w));
  if (uses_high(s)) {
    DSLT_TRY(ops->conv_forward(p->reduce_high, head->high, tap_high, head->params[DSLT_HEAD_REDUCE_HIGH].w));
    if (s->factor > 1) DSLT_TRY(upsample(head, p->n));
  }
  if (s->fusion)
    DSLT_TRY(ops->axpby(head->backend, head->fused, s->fuse_low, head->low, s->fuse_high, high_branch(head),
                        (size_t)p->n * head->cells * (size_t)s->channels));
  DSLT_TRY(ops->regress_forward(p->regress, head->base, base_input(head), head->params[DSLT_HEAD_BASE].w));
  if (s->residual)
    DSLT_TRY(ops->regress_forward(p->regress, head->residual, high_branch(head),
                                  head->params[DSLT_HEAD_RESIDUAL].w));
  return DSLT_OK;
}

int dslt_head_respond(dslt_head *head, float *response, const float *tap_low, const float *tap_high, int n) {
  const head_plan *p = n == 1 ? &head->single : &head->batch;
  if (p->n != n) return dslt_fail(DSLT_EINTERNAL, "The head was not planned for a batch of %d.", n);
  DSLT_TRY(forward(head, p, tap_low, tap_high));
  return head->ops->respond(head->backend, response, head->base, head->shape.residual ? head->residual : NULL,
                            head->params[DSLT_HEAD_BIAS].w, (size_t)n * head->response_cells);
}

/* ---- backward ------------------------------------------------------------------------------------ */

/* Gradients of the reductions and of the upsampling from d_fused (base) and d_raised (residual regression).
 */
static int backward_reductions(dslt_head *head, const float *tap_low, const float *tap_high) {
  const dslt_backend_ops *ops = head->ops;
  const dslt_head_shape *s = &head->shape;
  const head_plan *p = &head->single;
  size_t values = head->cells * (size_t)s->channels;
  if (uses_high(s)) {
    if (s->fusion)
      DSLT_TRY(ops->axpby(head->backend, head->d_raised, s->fuse_high, head->d_fused, 1.0f,
                          s->residual ? head->d_raised : NULL, values));
    float *d_high = head->d_raised;
    if (s->factor > 1) {
      const dslt_param *up = &head->params[DSLT_HEAD_UPSAMPLE];
      DSLT_TRY(ops->upsample_backward(head->backend, head->d_high, up->g, head->high, up->w, head->d_raised,
                                      s->map_height / s->factor, s->map_width / s->factor, s->channels,
                                      s->factor));
      d_high = head->d_high;
    }
    DSLT_TRY(
        ops->conv_backward_weights(p->reduce_high, head->params[DSLT_HEAD_REDUCE_HIGH].g, tap_high, d_high));
  }
  if (s->fusion && s->fuse_low != 1.0f)
    DSLT_TRY(ops->axpby(head->backend, head->d_fused, s->fuse_low, head->d_fused, 0.0f, NULL, values));
  return ops->conv_backward_weights(p->reduce_low, head->params[DSLT_HEAD_REDUCE_LOW].g, tap_low,
                                    head->d_fused);
}

int dslt_head_gradient(dslt_head *head, float *loss, const float *tap_low, const float *tap_high,
                       const float *label, const dslt_loss_spec *spec) {
  const dslt_backend_ops *ops = head->ops;
  const dslt_head_shape *s = &head->shape;
  const head_plan *p = &head->single;
  dslt_param *base = &head->params[DSLT_HEAD_BASE], *residual = &head->params[DSLT_HEAD_RESIDUAL];
  DSLT_TRY(forward(head, p, tap_low, tap_high));
  DSLT_TRY(ops->loss(head->backend, head->d_response, head->params[DSLT_HEAD_BIAS].g, loss, head->base,
                     s->residual ? head->residual : NULL, head->params[DSLT_HEAD_BIAS].w, label,
                     head->response_cells, spec));
  int deep = s->train_reduction;
  DSLT_TRY(ops->regress_backward(p->regress, deep ? head->d_fused : NULL, base->g, base_input(head), base->w,
                                 head->d_response));
  if (s->residual)
    DSLT_TRY(ops->regress_backward(p->regress, deep ? head->d_raised : NULL, residual->g, high_branch(head),
                                   residual->w, head->d_response));
  return deep ? backward_reductions(head, tap_low, tap_high) : DSLT_OK;
}

int dslt_head_step(dslt_head *head, const dslt_head_rates *rates) {
  static const struct {
    unsigned char high, reduction;
  } traits[DSLT_HEAD_BIAS] = {{0, 1}, {1, 1}, {1, 1}, {0, 0}, {1, 0}};
  const dslt_head_shape *s = &head->shape;
  dslt_param active[DSLT_HEAD_PARAMS + 1];
  int count = 0;
  for (int i = 0; i < DSLT_HEAD_BIAS; ++i) {
    if (head->params[i].count == 0 || (traits[i].reduction && !s->train_reduction)) continue;
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
  return head->ops->adam(head->backend, active, count, &rates->adam, head->step);
}

int dslt_head_reset_optimiser(dslt_head *head) {
  const int32_t zero = 0;
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    dslt_param *p = &head->params[i];
    if (p->count == 0) continue;
    DSLT_TRY(head->ops->axpby(head->backend, p->m, 0.0f, p->m, 0.0f, NULL, p->count));
    DSLT_TRY(head->ops->axpby(head->backend, p->v, 0.0f, p->v, 0.0f, NULL, p->count));
  }
  return head->ops->upload(head->backend, head->step, &zero, sizeof zero);
}
