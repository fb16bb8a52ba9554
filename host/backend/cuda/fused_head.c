/* SPDX-License-Identifier: Apache-2.0 */
/* fused_head.c: a head in as few launches as its kernels allow: upsampling with the weighted sum, both
 * regressions forward with their sum or its loss, both backward, and the upsampling's gradient with the sum of both branches are one
 * launch each; the reductions are matrix products, of columns where their kernel has more than one cell, and both
 * together one launch where they read as many channels. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "batch.h"
#include "head_layers.h"

struct dslt_fused_head {
  dslt_cuda *cuda;
  dslt_fused_head_desc d;
  int high;                                        /* 1: there is a high branch */
  size_t cells, high_cells;                        /* of one map */
  float *columns_low, *columns_high;               /* kept from forward to backward; NULL: not needed */
  float *reduced_low, *reduced_high;               /* NULL if the inputs are already reduced */
  dslt_cuda_batches *pair;                         /* both reductions at once; NULL: one after the other */
  float *partials;                                 /* of their gradients, [blocks][values] and [1][values] */
  float *raised, *fused;                           /* [n][h][w][channels] */
  float *d_fused, *d_raised, *d_high;              /* gradients of one map */
  void *regress_scratch, *upsample_scratch;        /* of the kernels */
  dslt_head_layers layers;                         /* by cuDNN, where that is wanted */
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

/* ---- both reductions at once --------------------------------------------------------------------- */

/* The low map has factor^2 times the rows of the high one. In blocks of as many rows as that, both maps' products are of
 * one shape, provided that they have as many channels, in fours: then all addresses are multiples of 16 bytes, which cuBLAS
 * cannot check in lists. */
static int low_blocks(const dslt_fused_head_desc *d) { return d->factor * d->factor; }

/* Values of a reduction's weights. */
static size_t reduction_values(const dslt_fused_head_desc *d) {
  return (size_t)d->reduce_kernel * (size_t)d->reduce_kernel * (size_t)d->low_channels * (size_t)d->channels;
}

static int make_pair(dslt_fused_head *s) {
  const dslt_fused_head_desc *d = &s->d;
  const int columns = d->reduce_kernel == 1 || (s->columns_low && s->columns_high),
            aligned = d->low_channels % 4 == 0 && d->channels % 4 == 0;
  if (d->reduced || !s->high || !columns || !aligned || d->low_channels != d->high_channels ||
      low_blocks(d) + 1 > DSLT_CUDA_BATCH_MAX)
    return DSLT_OK;
  DSLT_TRY(
      wanted(&s->partials, s, d->backwards && d->deep, (size_t)(low_blocks(d) + 1) * reduction_values(d)));
  return dslt_cuda_batches_create(&s->pair, s->cuda);
}

/* Rows of `a` and `step` values further in `b` and `c` from block to block; the high map's is the last. */
static void fill_pair(dslt_cuda_batch *batch, int blocks, const float *const a[2], size_t a_step,
                      const float *const b[2], size_t b_step, float *const c[2], size_t c_step) {
  batch->count = blocks + 1;
  for (int i = 0; i <= blocks; ++i) {
    const int high = i == blocks;
    const size_t at = high ? 0 : (size_t)i;
    batch->a[i] = a[high] + at * a_step;
    batch->b[i] = b[high] + at * b_step;
    batch->c[i] = c[high] + at * c_step;
  }
}

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
  DSLT_TRY(make_pair(s));
  DSLT_TRY(dslt_head_layers_plan(&s->layers, s->cuda, d));
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
  void *memory[] = {s->columns_low, s->columns_high,    s->reduced_low,      s->reduced_high,
                    s->raised,      s->fused,           s->d_fused,          s->d_raised,
                    s->d_high,      s->regress_scratch, s->upsample_scratch, s->partials};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; ++i)
    if (memory[i]) cudaFree(memory[i]);
  dslt_cuda_batches_free(s->pair);
  dslt_head_layers_free(&s->layers);
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

static int reduce_pair(dslt_fused_head *s, const float *low, const float *high,
                       const dslt_fused_head_tensors *w) {
  const dslt_fused_head_desc *d = &s->d;
  const int k = d->reduce_kernel, f = d->factor, values = k * k * d->low_channels;
  const size_t rows = (size_t)d->n * s->high_cells;
  const float *const x[] = {k > 1 ? s->columns_low : low, k > 1 ? s->columns_high : high};
  const float *const weights[] = {w->reduce_low, w->reduce_high};
  float *const y[] = {s->reduced_low, s->reduced_high};
  dslt_cuda_batch batch = {.m = (int)rows, .n = d->channels, .k = values};
  if (k > 1) {
    DSLT_TRY(dslt_cuda_columns(s->cuda, s->columns_low, low, d->n, d->h, d->w, d->low_channels, k));
    DSLT_TRY(
        dslt_cuda_columns(s->cuda, s->columns_high, high, d->n, d->h / f, d->w / f, d->high_channels, k));
  }
  fill_pair(&batch, low_blocks(d), x, rows * (size_t)values, weights, 0, y, rows * (size_t)d->channels);
  return dslt_cuda_batch_products(s->pair, &batch);
}

static int reduce(dslt_fused_head *s, const float *low, const float *high, const dslt_fused_head_tensors *w) {
  const dslt_fused_head_desc *d = &s->d;
  s->x_low = d->reduced ? low : s->reduced_low;
  s->x_high = d->reduced ? high : s->reduced_high;
  if (d->reduced) return DSLT_OK;
  if (s->pair) return reduce_pair(s, low, high, w);
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
  if (s->layers.upsample)
    return dslt_head_layers_upsample(&s->layers, cuda, d, s->raised, s->fused, s->x_low, s->x_high, upsample);
  if (s->high && d->factor > 1)
    return dslt_kernel_upsample_forward(cuda->now, s->raised, s->fused, s->x_low, d->fuse_low, d->fuse_high,
                                        s->x_high, upsample, d->n, d->h / d->factor, d->w / d->factor,
                                        d->channels, d->factor, dslt_cuda_when(cuda));
  if (!d->fusion) return DSLT_OK;
  return dslt_kernel_axpby(cuda->now, s->fused, d->fuse_low, s->x_low, d->fuse_high, s->x_high,
                           (size_t)d->n * s->cells * (size_t)d->channels, dslt_cuda_when(cuda));
}

static size_t response_cells(const dslt_fused_head *s) {
  const dslt_fused_head_desc *d = &s->d;
  return (size_t)d->n * (size_t)(d->h - d->kh + 1) * (size_t)(d->w - d->kw + 1);
}

static int regress_by_cudnn(const dslt_fused_head *s, const dslt_fused_head_tensors *w) {
  const float *const x[] = {s->x_base, s->x_raised}, *const weights[] = {w->base, w->residual};
  return dslt_head_layers_regress(&s->layers, &s->d, x, weights);
}

int dslt_cuda_fused_head_forward(dslt_fused_head *s, float *response, const float *low, const float *high,
                                 const dslt_fused_head_tensors *w, const float *bias) {
  const dslt_regress_shape shape = regress_shape(&s->d);
  DSLT_TRY(reduce(s, low, high, w));
  DSLT_TRY(raise_and_fuse(s, w->upsample));
  if (s->layers.regress) {
    DSLT_TRY(regress_by_cudnn(s, w));
    return dslt_kernel_sum_responses(s->cuda->now, response, s->layers.base, s->layers.residual, bias,
                                     response_cells(s), dslt_cuda_when(s->cuda));
  }
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
  if (s->layers.regress) {
    DSLT_TRY(regress_by_cudnn(s, w));
    return dslt_kernel_loss(s->cuda->now, d_response, d_bias, value, s->layers.base, s->layers.residual, bias,
                            label, response_cells(s), spec, dslt_cuda_when(s->cuda));
  }
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

/* The gradient of the enlarged high map is fuse_high d_fused + d_raised; from it those of the upsampling and, *d_high_out,
 * of the high map. */
static int backward_high(const float **d_high_out, dslt_fused_head *s, const dslt_fused_head_tensors *g,
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
  *d_high_out = d_high;
  return DSLT_OK;
}

/* Both reductions' gradients in partial sums, a block of rows each. */
static int pair_gradient(dslt_fused_head *s, const float *low, const float *high, const float *d_high) {
  const dslt_fused_head_desc *d = &s->d;
  const int k = d->reduce_kernel, values = k * k * d->low_channels;
  const size_t rows = s->high_cells;
  const float *const x[] = {k > 1 ? s->columns_low : low, k > 1 ? s->columns_high : high};
  const float *const d_y[] = {s->d_fused, d_high};
  float *const d_w[] = {s->partials, s->partials + (size_t)low_blocks(d) * reduction_values(d)};
  dslt_cuda_batch batch = {.transposed = 1, .m = values, .n = d->channels, .k = (int)rows};
  fill_pair(&batch, low_blocks(d), x, rows * (size_t)values, d_y, rows * (size_t)d->channels, d_w,
            reduction_values(d));
  return dslt_cuda_batch_products(s->pair, &batch);
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

/* `partial`: those of the reductions as partial sums. */
static int gradients(dslt_fused_head *s, const dslt_fused_head_tensors *g, const dslt_regress_layer *layers,
                     const float *low, const float *high, const float *upsample, const float *d_response,
                     int partial) {
  const dslt_fused_head_desc *d = &s->d;
  dslt_cuda *cuda = s->cuda;
  const dslt_regress_shape shape = regress_shape(d);
  const float *d_high = NULL;
  DSLT_TRY(dslt_kernel_regress_backward(cuda->now, &shape, layers, layers_of(d), d_response,
                                        s->regress_scratch, dslt_cuda_when(cuda)));
  if (!d->deep) return DSLT_OK;
  if (s->high) DSLT_TRY(backward_high(&d_high, s, g, upsample));
  if (s->high && !partial)
    DSLT_TRY(
        reduce_gradient(s, g->reduce_high, s->columns_high, high, d_high, d->high_channels, s->high_cells));
  if (d->fusion && d->fuse_low != 1.0f)
    DSLT_TRY(dslt_kernel_axpby(cuda->now, s->d_fused, d->fuse_low, s->d_fused, 0.0f, NULL,
                               s->cells * (size_t)d->channels, dslt_cuda_when(cuda)));
  if (partial) return pair_gradient(s, low, high, d_high);
  return reduce_gradient(s, g->reduce_low, s->columns_low, low, s->d_fused, d->low_channels, s->cells);
}

/* The step with the partial sums as gradients of both reductions: params [DSLT_ADAM_TENSORS_MAX]. 0: it is not of both,
 * or there are none. */
static int take_partials(dslt_param *params, const dslt_fused_head *s, const dslt_fused_head_tensors *g,
                         const dslt_head_update *then) {
  const int blocks = low_blocks(&s->d);
  int found = 0;
  if (!s->pair || !s->partials || !then || then->count > DSLT_ADAM_TENSORS_MAX) return 0;
  memcpy(params, then->params, (size_t)then->count * sizeof *params);
  for (int i = 0; i < then->count; ++i) {
    if (params[i].g == g->reduce_low) {
      params[i].g = s->partials;
      params[i].partials = blocks;
      ++found;
    } else if (params[i].g == g->reduce_high) {
      params[i].g = s->partials + (size_t)blocks * reduction_values(&s->d);
      ++found;
    }
  }
  return found == 2;
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
  dslt_param params[DSLT_ADAM_TENSORS_MAX];
  const int partial = take_partials(params, s, g, then);
  DSLT_TRY(gradients(s, g, layers, low, high, w->upsample, d_response, partial));
  if (!then) return DSLT_OK;
  return dslt_kernel_adam(cuda->now, partial ? params : then->params, then->count, then->rule, then->step,
                          cuda->adam_ticket, dslt_cuda_when(cuda));
}
