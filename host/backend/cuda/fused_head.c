/* SPDX-License-Identifier: Apache-2.0 */
/* fused_head.c: a head in as few launches as its kernels allow: upsampling with the weighted sum, both
 * regressions forward with their sum or its loss, both backward, and the upsampling's gradient with the sum of both branches are one
 * launch each; the reductions are matrix products, of columns where their kernel has more than one cell. */
#include <stdlib.h>

#include "base/error.h"
#include "cuda.h"

struct dslt_fused_head {
  dslt_cuda *cuda;
  dslt_fused_head_desc d;
  int high;                                        /* 1: there is a high branch */
  size_t cells, high_cells;                        /* of one map */
  float *columns_low, *columns_high;               /* kept from forward to backward; NULL: not needed */
  float *reduced_low, *reduced_high;               /* NULL if the inputs are already reduced */
  float *raised, *fused;                           /* [n][h][w][channels] */
  float *d_fused, *d_raised, *d_high;              /* gradients of one map */
  void *regress_scratch, *upsample_scratch;        /* of the kernels */
  const float *x_low, *x_high, *x_base, *x_raised; /* inputs of the layers in the last forward pass */
};

static int wanted(float **out, dslt_fused_head *s, int want, size_t count) {
  void *memory = NULL;
  if (!want) return DSLT_OK;
  DSLT_TRY(dslt_cuda_new(&memory, s->cuda, count * sizeof(float), "the head"));
  *out = memory;
  return DSLT_OK;
}

static dslt_regress_shape regress_shape(const dslt_fused_head_desc *d) {
  return (dslt_regress_shape){d->n, d->h, d->w, d->channels, d->kh, d->kw};
}

static int layers_of(const dslt_fused_head_desc *d) { return d->residual ? 2 : 1; }

/* What wide reductions read: kept for the gradient, else in memory that the operations share. */
static int make_columns(dslt_fused_head *s) {
  const dslt_fused_head_desc *d = &s->d;
  const int k = d->reduce_kernel, keep = d->backwards && d->deep, f = d->factor;
  if (d->reduced || k == 1) return DSLT_OK;
  const size_t low = dslt_cuda_columns_bytes(d->n, d->h, d->w, d->low_channels, k),
               high = s->high ? dslt_cuda_columns_bytes(d->n, d->h / f, d->w / f, d->high_channels, k) : 0;
  if (!keep) return dslt_cuda_reserve(&s->cuda->padded, s->cuda, low > high ? low : high, "the head");
  DSLT_TRY(wanted(&s->columns_low, s, 1, low / sizeof(float)));
  return wanted(&s->columns_high, s, s->high, high / sizeof(float));
}

static int make_memory(dslt_fused_head *s) {
  const dslt_fused_head_desc *d = &s->d;
  const size_t n = (size_t)d->n, c = (size_t)d->channels;
  const int deep = d->backwards && d->deep, raises = s->high && d->factor > 1;
  const dslt_regress_shape shape = regress_shape(d);
  DSLT_TRY(make_columns(s));
  DSLT_TRY(wanted(&s->reduced_low, s, !d->reduced, n * s->cells * c));
  DSLT_TRY(wanted(&s->reduced_high, s, !d->reduced && s->high, n * s->high_cells * c));
  DSLT_TRY(wanted(&s->raised, s, raises && d->residual, n * s->cells * c));
  DSLT_TRY(wanted(&s->fused, s, d->fusion, n * s->cells * c));
  DSLT_TRY(wanted(&s->d_fused, s, deep, s->cells * c));
  DSLT_TRY(wanted(&s->d_raised, s, deep && s->high, s->cells * c));
  DSLT_TRY(wanted(&s->d_high, s, deep && raises, s->high_cells * c));
  DSLT_TRY(dslt_cuda_new(&s->regress_scratch, s->cuda, dslt_kernel_regress_scratch(&shape, layers_of(d)),
                         "the regressions"));
  if (!deep || !raises) return DSLT_OK;
  return dslt_cuda_new(
      &s->upsample_scratch, s->cuda,
      dslt_kernel_upsample_scratch(d->h / d->factor, d->w / d->factor, d->channels, d->factor),
      "the upsampling");
}

int dslt_cuda_fused_head_plan(dslt_fused_head **out, dslt_backend *backend, const dslt_fused_head_desc *d) {
  if (d->kh < 1 || d->kw < 1 || d->kh > d->h || d->kw > d->w)
    return dslt_fail(DSLT_EINTERNAL, "A %d x %d regression kernel does not fit a %d x %d map.", d->kh, d->kw,
                     d->h, d->w);
  dslt_fused_head *s = calloc(1, sizeof *s);
  if (!s) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the head.");
  s->cuda = dslt_cuda_of(backend);
  s->d = *d;
  s->high = d->fusion || d->residual;
  s->cells = (size_t)d->h * (size_t)d->w;
  s->high_cells = s->cells / (size_t)(d->factor * d->factor);
  int rc = make_memory(s);
  if (rc < 0)
    dslt_cuda_fused_head_free(s);
  else
    *out = s;
  return rc;
}

void dslt_cuda_fused_head_free(dslt_fused_head *s) {
  if (!s) return;
  void *memory[] = {s->columns_low, s->columns_high,    s->reduced_low,     s->reduced_high,
                    s->raised,      s->fused,           s->d_fused,         s->d_raised,
                    s->d_high,      s->regress_scratch, s->upsample_scratch};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; ++i)
    if (memory[i]) cudaFree(memory[i]);
  free(s);
}

/* ---- forward ------------------------------------------------------------------------------------- */

/* y [n h w][channels] = the reduction of x [n][h][w][cin]. */
static int reduce_one(dslt_fused_head *s, float *y, float *columns, const float *x, const float *w, int scale,
                      int cin) {
  const dslt_fused_head_desc *d = &s->d;
  const int h = d->h / scale, width = d->w / scale, k = d->reduce_kernel;
  if (k > 1) {
    if (!columns) columns = s->cuda->padded.data;
    DSLT_TRY(dslt_cuda_columns(s->cuda, columns, x, d->n, h, width, cin, k));
    x = columns;
  }
  return dslt_cuda_product(s->cuda, y, x, w, DSLT_TYPE_F32, d->n * h * width, d->channels, k * k * cin, 0);
}

static int reduce(dslt_fused_head *s, const float *low, const float *high, const dslt_fused_head_tensors *w) {
  const dslt_fused_head_desc *d = &s->d;
  s->x_low = d->reduced ? low : s->reduced_low;
  s->x_high = d->reduced ? high : s->reduced_high;
  if (d->reduced) return DSLT_OK;
  DSLT_TRY(reduce_one(s, s->reduced_low, s->columns_low, low, w->reduce_low, 1, d->low_channels));
  if (!s->high) return DSLT_OK;
  return reduce_one(s, s->reduced_high, s->columns_high, high, w->reduce_high, d->factor, d->high_channels);
}

/* The high branch onto the common grid, and the weighted sum with the low one. */
static int raise_and_fuse(dslt_fused_head *s, const float *upsample) {
  const dslt_fused_head_desc *d = &s->d;
  dslt_cuda *cuda = s->cuda;
  s->x_base = d->fusion ? s->fused : s->x_low;
  s->x_raised = d->factor > 1 ? s->raised : s->x_high;
  if (s->high && d->factor > 1)
    return dslt_kernel_upsample_forward(cuda->now, s->raised, s->fused, s->x_low, d->fuse_low, d->fuse_high,
                                        s->x_high, upsample, d->n, d->h / d->factor, d->w / d->factor,
                                        d->channels, d->factor, dslt_cuda_when(cuda));
  if (!d->fusion) return DSLT_OK;
  return dslt_kernel_axpby(cuda->now, s->fused, d->fuse_low, s->x_low, d->fuse_high, s->x_high,
                           (size_t)d->n * s->cells * (size_t)d->channels, dslt_cuda_when(cuda));
}

int dslt_cuda_fused_head_forward(dslt_fused_head *s, float *response, const float *low, const float *high,
                                 const dslt_fused_head_tensors *w, const float *bias) {
  const dslt_regress_shape shape = regress_shape(&s->d);
  DSLT_TRY(reduce(s, low, high, w));
  DSLT_TRY(raise_and_fuse(s, w->upsample));
  const dslt_regress_layer layers[] = {{.x = s->x_base, .w = w->base}, {.x = s->x_raised, .w = w->residual}};
  return dslt_kernel_regress_respond(s->cuda->now, &shape, layers, layers_of(&s->d), response, bias,
                                     s->regress_scratch, dslt_cuda_when(s->cuda));
}

int dslt_cuda_fused_head_loss(dslt_fused_head *s, float *d_response, float *d_bias, float *value,
                              const float *low, const float *high, const dslt_fused_head_tensors *w,
                              const float *bias, const float *label, const dslt_loss_spec *spec) {
  const dslt_regress_shape shape = regress_shape(&s->d);
  DSLT_TRY(reduce(s, low, high, w));
  DSLT_TRY(raise_and_fuse(s, w->upsample));
  const dslt_regress_layer layers[] = {{.x = s->x_base, .w = w->base}, {.x = s->x_raised, .w = w->residual}};
  const dslt_regress_target target = {
      .bias = bias, .label = label, .d_response = d_response, .d_bias = d_bias, .value = value, .spec = spec};
  return dslt_kernel_regress_loss(s->cuda->now, &shape, layers, layers_of(&s->d), &target, s->regress_scratch,
                                  dslt_cuda_when(s->cuda));
}

/* ---- backward ------------------------------------------------------------------------------------ */

/* From the gradient d_y at one of the reductions, of which x is the input. */
static int reduce_gradient(dslt_fused_head *s, float *d_w, const float *columns, const float *x,
                           const float *d_y, int cin, size_t cells) {
  const int k = s->d.reduce_kernel;
  return dslt_cuda_product_transposed(s->cuda, d_w, k > 1 ? columns : x, d_y, k * k * cin, s->d.channels,
                                      (int)cells);
}

/* The gradient of the enlarged high map is fuse_high d_fused + d_raised; from it those of the upsampling and
 * of the high reduction. */
static int backward_high(dslt_fused_head *s, const dslt_fused_head_tensors *g, const float *high,
                         const float *upsample) {
  const dslt_fused_head_desc *d = &s->d;
  dslt_cuda *cuda = s->cuda;
  const float *first = d->fusion ? s->d_fused : s->d_raised;
  const float *second = d->fusion && d->residual ? s->d_raised : NULL, *d_high = first;
  const float weight = d->fusion ? d->fuse_high : 1.0f;
  if (d->factor > 1) {
    DSLT_TRY(dslt_kernel_upsample_backward(cuda->now, s->d_high, g->upsample, s->x_high, upsample, first,
                                           weight, second, d->h / d->factor, d->w / d->factor, d->channels,
                                           d->factor, s->upsample_scratch, dslt_cuda_when(cuda)));
    d_high = s->d_high;
  } else if (d->fusion) {
    DSLT_TRY(dslt_kernel_axpby(cuda->now, s->d_raised, weight, first, 1.0f, second,
                               s->cells * (size_t)d->channels, dslt_cuda_when(cuda)));
    d_high = s->d_raised;
  }
  return reduce_gradient(s, g->reduce_high, s->columns_high, high, d_high, d->high_channels, s->high_cells);
}

/* The step as the regressions' kernel takes it. 0: the list has something else than their weights and single values. */
static int step_of(dslt_regress_step *out, const dslt_head_update *then, const dslt_regress_layer *layers,
                   int count) {
  int found = 0;
  *out = (dslt_regress_step){.rule = *then->rule, .step = then->step};
  for (int i = 0; i < then->count; ++i) {
    const dslt_param *p = &then->params[i];
    int layer = 0;
    while (layer < count && p->g != layers[layer].d_w) ++layer;
    if (layer < count) {
      out->layer[layer] = *p;
      ++found;
    } else {
      if (p->count != 1 || out->others == DSLT_REGRESS_OTHERS_MAX) return 0;
      out->other[out->others++] = *p;
    }
  }
  return found == count;
}

static int gradients(dslt_fused_head *s, const dslt_fused_head_tensors *g, const dslt_regress_layer *layers,
                     const float *low, const float *high, const float *upsample, const float *d_response) {
  const dslt_fused_head_desc *d = &s->d;
  dslt_cuda *cuda = s->cuda;
  const dslt_regress_shape shape = regress_shape(d);
  DSLT_TRY(dslt_kernel_regress_backward(cuda->now, &shape, layers, layers_of(d), d_response,
                                        s->regress_scratch, dslt_cuda_when(cuda)));
  if (!d->deep) return DSLT_OK;
  if (s->high) DSLT_TRY(backward_high(s, g, high, upsample));
  if (d->fusion && d->fuse_low != 1.0f)
    DSLT_TRY(dslt_kernel_axpby(cuda->now, s->d_fused, d->fuse_low, s->d_fused, 0.0f, NULL,
                               s->cells * (size_t)d->channels, dslt_cuda_when(cuda)));
  return reduce_gradient(s, g->reduce_low, s->columns_low, low, s->d_fused, d->low_channels, s->cells);
}

int dslt_cuda_fused_head_backward(dslt_fused_head *s, const dslt_fused_head_tensors *g, const float *low,
                                  const float *high, const dslt_fused_head_tensors *w,
                                  const float *d_response, const dslt_head_update *then) {
  dslt_cuda *cuda = s->cuda;
  const dslt_regress_shape shape = regress_shape(&s->d);
  const dslt_regress_layer layers[] = {
      {.x = s->x_base, .w = w->base, .d_x = s->d_fused, .d_w = g->base},
      {.x = s->x_raised, .w = w->residual, .d_x = s->d_raised, .d_w = g->residual}};
  dslt_regress_step step;
  if (then && !s->d.deep && step_of(&step, then, layers, layers_of(&s->d)))
    return dslt_kernel_regress_learn(cuda->now, &shape, layers, layers_of(&s->d), d_response, &step,
                                     s->regress_scratch, dslt_cuda_when(cuda));
  DSLT_TRY(gradients(s, g, layers, low, high, w->upsample, d_response));
  if (!then) return DSLT_OK;
  return dslt_kernel_adam(cuda->now, then->params, then->count, then->rule, then->step, cuda->adam_ticket,
                          dslt_cuda_when(cuda));
}
