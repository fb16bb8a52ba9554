/* SPDX-License-Identifier: Apache-2.0 */
/* fused_head.c: a head as one operation, forward and backward, in few products and few parallel regions.
 *
 * Everything between the low tap X and the response is linear, and a regression has far fewer taps than the
 * reduction has channels. So the reduced map X R is never made: base's products are X (R W^T) instead of (X
 * R) W^T, and with T = D^T X (D: the response gradient under each tap, as in regress.c) the gradients are dR
 * = T^T W and dW = T R. Both regressions have the enlarged high map as input, so one product with the sum of
 * their weights serves both. This halves the number of operations.
 *
 * The map is cut into bands of rows. One thread computes a band from upsampling to products, and sums over
 * bands are added in order, so that the result does not depend on the number of threads. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cpu.h"
#include "rows.h"

enum { BANDS_MAX = 4, BAND_CELLS = 512 };

typedef struct band {
  int first, last;                         /* rows of the high map */
  dslt_gemm *reduce, *tap_low, *tap_high;  /* forward */
  dslt_gemm *gradient_low, *gradient_high; /* D X and D raised */
  dslt_gemm *d_raise, *d_reduce;           /* gradients back to the high tap */
  float *taps_low, *taps_high;             /* [taps][cells of the band]: response of every tap */
  float *d;                                /* of the same shape */
  float *sums_low, *sums_high;             /* [taps][low_channels], [taps][channels] */
  float *share_upsample, *share_reduce;    /* partial gradients; NULL for the first band */
} band;

struct dslt_fused_head {
  dslt_fused_head_desc d;
  int high;                 /* is there a high branch? */
  int bands;                /* of one map */
  int taps, low_channels;   /* channels of the base's input */
  size_t cells, high_cells; /* of one map */
  band *band;               /* [n][bands] */
  dslt_gemm *compose, *d_reduce_low, *d_base;
  float *mixed;    /* weights on the enlarged map, [taps][channels] */
  float *scaled;   /* weights on the low map, alike */
  float *composed; /* ... composed with the reduction, [taps][low_channels] */
  float *reduced, *raised, *d_raised, *d_reduced, *d_base_low;
  /* the arrays above, or those that replace them, in the last forward pass */
  const float *w_low, *m_low, *x_high, *x_raised;
  void *memory;
};

/* ---- planning ------------------------------------------------------------------------------------ */

static size_t band_cells(const dslt_fused_head *s, const band *b) {
  return (size_t)(b->last - b->first) * (size_t)s->d.factor * (size_t)s->d.w;
}

static size_t band_high_cells(const dslt_fused_head *s, const band *b) {
  return (size_t)(b->last - b->first) * (size_t)(s->d.w / s->d.factor);
}

/* The next `count` floats of the memory at `base`; NULL while only the size is computed. */
static float *take(float *base, size_t *used, size_t count) {
  float *place = base ? base + *used : NULL;
  *used += (count + 15) / 16 * 16;
  return place;
}

static size_t lay_out(dslt_fused_head *s, float *base) {
  const dslt_fused_head_desc *d = &s->d;
  const size_t c = (size_t)d->channels, taps = (size_t)s->taps, n = (size_t)d->n;
  const size_t low_channels = (size_t)s->low_channels;
  const int deep = d->backwards && d->deep;
  size_t used = 0;
  s->mixed = take(base, &used, taps * c);
  s->scaled = take(base, &used, taps * c);
  s->composed = take(base, &used, taps * low_channels);
  s->d_base_low = take(base, &used, taps * c);
  s->reduced = take(base, &used, s->high && !d->reduced ? n * s->high_cells * c : 0);
  s->raised = take(base, &used, s->high && d->factor > 1 ? n * s->cells * c : 0);
  s->d_raised = take(base, &used, s->high && deep ? s->cells * c : 0);
  s->d_reduced = take(base, &used, s->high && deep ? s->high_cells * c : 0);
  for (int i = 0; i < d->n * s->bands; ++i) {
    band *b = &s->band[i];
    const size_t values = taps * band_cells(s, b), kernel = 4 * (size_t)(d->factor * d->factor);
    b->taps_low = take(base, &used, values);
    b->taps_high = take(base, &used, s->high ? values : 0);
    b->d = take(base, &used, d->backwards ? values : 0);
    b->sums_low = take(base, &used, d->backwards ? taps * low_channels : 0);
    b->sums_high = take(base, &used, d->backwards ? taps * c : 0);
    b->share_upsample = b->share_reduce = NULL;
    if (i == 0 || !deep || !s->high) continue;
    b->share_upsample = take(base, &used, d->factor > 1 ? kernel * c : 0);
    b->share_reduce = take(base, &used, (size_t)d->high_channels * c);
  }
  return used;
}

static int plan_band(const dslt_fused_head *s, band *b, dslt_cpu *cpu) {
  const dslt_fused_head_desc *d = &s->d;
  const int c = d->channels, cells = (int)band_cells(s, b), high_cells = (int)band_high_cells(s, b);
  DSLT_TRY(dslt_gemm_plan_alone(&b->tap_low, cpu, 0, 1, s->taps, cells, s->low_channels));
  if (d->backwards)
    DSLT_TRY(dslt_gemm_plan_alone(&b->gradient_low, cpu, 0, 0, s->taps, s->low_channels, cells));
  if (!s->high) return DSLT_OK;
  DSLT_TRY(dslt_gemm_plan_alone(&b->tap_high, cpu, 0, 1, s->taps, cells, c));
  if (!d->reduced) DSLT_TRY(dslt_gemm_plan_alone(&b->reduce, cpu, 0, 0, high_cells, c, d->high_channels));
  if (d->backwards) DSLT_TRY(dslt_gemm_plan_alone(&b->gradient_high, cpu, 0, 0, s->taps, c, cells));
  if (!d->backwards || !d->deep) return DSLT_OK;
  DSLT_TRY(dslt_gemm_plan_alone(&b->d_raise, cpu, 1, 0, cells, c, s->taps));
  return dslt_gemm_plan_alone(&b->d_reduce, cpu, 1, 0, d->high_channels, c, high_cells);
}

static int plan(dslt_fused_head *s, dslt_cpu *cpu) {
  const dslt_fused_head_desc *d = &s->d;
  const int high_rows = d->h / d->factor;
  s->band = calloc((size_t)(d->n * s->bands), sizeof *s->band);
  if (!s->band) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the head.");
  for (int i = 0; i < d->n * s->bands; ++i) {
    s->band[i].first = high_rows * (i % s->bands) / s->bands;
    s->band[i].last = high_rows * (i % s->bands + 1) / s->bands;
    DSLT_TRY(plan_band(s, &s->band[i], cpu));
  }
  if (!d->reduced) {
    DSLT_TRY(dslt_gemm_plan_alone(&s->compose, cpu, 0, 1, s->taps, s->low_channels, d->channels));
    if (d->backwards)
      DSLT_TRY(dslt_gemm_plan_alone(&s->d_base, cpu, 0, 0, s->taps, d->channels, s->low_channels));
    if (d->backwards && d->deep)
      DSLT_TRY(dslt_gemm_plan_alone(&s->d_reduce_low, cpu, 1, 0, s->low_channels, d->channels, s->taps));
  }
  DSLT_TRY(dslt_cpu_new(&s->memory, lay_out(s, NULL) * sizeof(float), "the head"));
  lay_out(s, s->memory);
  return DSLT_OK;
}

/* Operations per cell: low_channels x channels for the reduced map and channels x taps for its regression,
 * against low_channels x taps for the regression of the tap itself. */
static int worth_it(const dslt_fused_head_desc *d) {
  double taps = (double)d->kh * d->kw, low = d->low_channels, c = d->channels;
  if (d->reduce_kernel != 1 && !d->reduced) return 0;
  return d->reduced || low * taps <= low * c + c * taps;
}

int dslt_cpu_fused_head_plan(dslt_fused_head **out, dslt_backend *backend, const dslt_fused_head_desc *desc) {
  *out = NULL;
  if (!worth_it(desc)) return DSLT_OK;
  dslt_fused_head *s = calloc(1, sizeof *s);
  if (!s) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the head.");
  s->d = *desc;
  s->d.deep = desc->deep && !desc->reduced;
  s->high = desc->fusion || desc->residual;
  s->taps = desc->kh * desc->kw;
  s->low_channels = desc->reduced ? desc->channels : desc->low_channels;
  s->cells = (size_t)desc->h * (size_t)desc->w;
  s->high_cells = s->cells / (size_t)(desc->factor * desc->factor);
  s->bands = (int)(s->cells / BAND_CELLS);
  if (s->bands > BANDS_MAX) s->bands = BANDS_MAX;
  if (s->bands > desc->h / desc->factor) s->bands = desc->h / desc->factor;
  if (s->bands < 1) s->bands = 1;
  int rc = plan(s, dslt_cpu_of(backend));
  if (rc < 0) {
    dslt_cpu_fused_head_free(s);
    return rc;
  }
  *out = s;
  return DSLT_OK;
}

void dslt_cpu_fused_head_free(dslt_fused_head *s) {
  if (!s) return;
  for (int i = 0; s->band && i < s->d.n * s->bands; ++i) {
    band *b = &s->band[i];
    dslt_gemm *products[] = {b->reduce,        b->tap_low, b->tap_high, b->gradient_low,
                             b->gradient_high, b->d_raise, b->d_reduce};
    for (size_t k = 0; k < sizeof products / sizeof *products; ++k) dslt_gemm_free(products[k]);
  }
  dslt_gemm_free(s->compose);
  dslt_gemm_free(s->d_reduce_low);
  dslt_gemm_free(s->d_base);
  free(s->band);
  free(s->memory);
  free(s);
}

/* ---- forward ------------------------------------------------------------------------------------- */

DSLT_HOT static void weigh(float *y, float a, const float *x, float b, const float *z, size_t count) {
  for (size_t i = 0; i < count; ++i) y[i] = a * (x ? x[i] : 0.0f) + b * (z ? z[i] : 0.0f);
}

DSLT_HOT static void add(float *restrict y, const float *restrict x, size_t count) {
  for (size_t i = 0; i < count; ++i) y[i] += x[i];
}

static int prepare(dslt_fused_head *s, const dslt_fused_head_tensors *w) {
  const dslt_fused_head_desc *d = &s->d;
  const size_t count = (size_t)s->taps * (size_t)d->channels;
  if (s->high)
    weigh(s->mixed, d->fuse_high, d->fusion ? w->base : NULL, 1.0f, d->residual ? w->residual : NULL, count);
  if (s->w_low == s->scaled) weigh(s->scaled, d->fuse_low, w->base, 0.0f, NULL, count);
  return d->reduced ? DSLT_OK : dslt_gemm_run(s->compose, s->composed, s->w_low, w->reduce_low);
}

static int reduce_band(const dslt_fused_head *s, int i, const float *high, const float *w) {
  const dslt_fused_head_desc *d = &s->d;
  const band *b = &s->band[i];
  const size_t cell = (size_t)(i / s->bands) * s->high_cells + (size_t)b->first * (size_t)(d->w / d->factor);
  return dslt_gemm_run(b->reduce, s->reduced + cell * (size_t)d->channels,
                       high + cell * (size_t)d->high_channels, w);
}

static dslt_upsample_shape upsample_shape(const dslt_fused_head_desc *d) {
  return (dslt_upsample_shape){d->h / d->factor, d->w / d->factor, d->channels, d->factor};
}

static int forward_band(dslt_fused_head *s, int i, const float *low, const float *upsample) {
  const dslt_fused_head_desc *d = &s->d;
  const band *b = &s->band[i];
  const size_t map = (size_t)(i / s->bands), c = (size_t)d->channels;
  const size_t cell = map * s->cells + (size_t)(b->first * d->factor) * (size_t)d->w;
  DSLT_TRY(dslt_gemm_run(b->tap_low, b->taps_low, s->m_low, low + cell * (size_t)s->low_channels));
  if (!s->high) return DSLT_OK;
  if (d->factor > 1) {
    const dslt_upsample_shape shape = upsample_shape(d);
    dslt_upsample_rows(s->raised + map * s->cells * c, s->x_high + map * s->high_cells * c, upsample, &shape,
                       b->first, b->last);
  }
  return dslt_gemm_run(b->tap_high, b->taps_high, s->mixed, s->x_raised + cell * c);
}

static void gather(float *y, const dslt_fused_head *s, int map, int row) {
  const dslt_fused_head_desc *d = &s->d;
  const dslt_tap_shape shape = {d->h, d->w, d->kh, d->kw};
  memset(y, 0, (size_t)(d->w - d->kw + 1) * sizeof *y);
  for (int i = 0; i < s->bands; ++i) {
    const band *b = &s->band[map * s->bands + i];
    const int pitch = (int)band_cells(s, b), first = b->first * d->factor, last = b->last * d->factor;
    dslt_gather_row(y, b->taps_low, &shape, pitch, first, last, row);
    if (s->high) dslt_gather_row(y, b->taps_high, &shape, pitch, first, last, row);
  }
}

static int result(int failed) {
  if (!failed) return DSLT_OK;
  return dslt_fail(DSLT_EINTERNAL, "A matrix product of the head failed; DNNL_VERBOSE=1 prints which.");
}

/* Without biases; both regressions' sum is computed in the same loop. */
static int forward(dslt_fused_head *s, float *response, const float *low, const float *high,
                   const dslt_fused_head_tensors *w) {
  const dslt_fused_head_desc *d = &s->d;
  const int all = d->n * s->bands, reductions = s->high && !d->reduced ? all : 0;
  const int rows = d->h - d->kh + 1, columns = d->w - d->kw + 1;
  s->w_low = d->fusion && d->fuse_low != 1.0f ? s->scaled : w->base;
  s->m_low = d->reduced ? s->w_low : s->composed;
  s->x_high = d->reduced ? high : s->reduced;
  s->x_raised = d->factor > 1 ? s->raised : s->x_high;
  int failed = 0;
#pragma omp parallel reduction(| : failed)
  {
#pragma omp for schedule(dynamic, 1)
    for (int i = 0; i <= reductions; ++i)
      failed |= (i < reductions ? reduce_band(s, i, high, w->reduce_high) : prepare(s, w)) < 0;
#pragma omp for schedule(dynamic, 1)
    for (int i = 0; i < all; ++i) failed |= forward_band(s, i, low, w->upsample) < 0;
#pragma omp for schedule(static)
    for (int i = 0; i < d->n * rows; ++i)
      gather(response + (size_t)i * (size_t)columns, s, i / rows, i % rows);
  }
  return result(failed);
}

static size_t response_cells(const dslt_fused_head *s) {
  return (size_t)s->d.n * (size_t)(s->d.h - s->d.kh + 1) * (size_t)(s->d.w - s->d.kw + 1);
}

int dslt_cpu_fused_head_forward(dslt_fused_head *s, float *response, const float *low, const float *high,
                                const dslt_fused_head_tensors *w, const float *bias) {
  DSLT_TRY(forward(s, response, low, high, w));
  return dslt_cpu_sum_responses(NULL, response, response, NULL, bias, response_cells(s));
}

int dslt_cpu_fused_head_loss(dslt_fused_head *s, float *d_response, float *d_bias, float *value,
                             const float *low, const float *high, const dslt_fused_head_tensors *w,
                             const float *bias, const float *label, const dslt_loss_spec *spec) {
  DSLT_TRY(forward(s, d_response, low, high, w)); /* becomes its gradient cell by cell */
  return dslt_cpu_loss(NULL, d_response, d_bias, value, d_response, NULL, bias, label, response_cells(s),
                       spec);
}

/* ---- backward ------------------------------------------------------------------------------------ */

static int backward_band(dslt_fused_head *s, const band *b, const float *low, const float *d_response) {
  const dslt_fused_head_desc *d = &s->d;
  const dslt_tap_shape shape = {d->h, d->w, d->kh, d->kw};
  const size_t cell = (size_t)(b->first * d->factor) * (size_t)d->w, c = (size_t)d->channels;
  dslt_spread_rows(b->d, d_response, &shape, b->first * d->factor, b->last * d->factor);
  DSLT_TRY(dslt_gemm_run(b->gradient_low, b->sums_low, b->d, low + cell * (size_t)s->low_channels));
  if (!s->high) return DSLT_OK;
  DSLT_TRY(dslt_gemm_run(b->gradient_high, b->sums_high, b->d, s->x_raised + cell * c));
  return d->deep ? dslt_gemm_run(b->d_raise, s->d_raised + cell * c, b->d, s->mixed) : DSLT_OK;
}

/* Backward through the upsampling and the high reduction. */
static int backward_high_band(dslt_fused_head *s, const band *b, const dslt_fused_head_tensors *g,
                              const float *high, const float *upsample) {
  const dslt_fused_head_desc *d = &s->d;
  const size_t cell = (size_t)b->first * (size_t)(d->w / d->factor);
  const float *d_reduced = s->d_raised;
  if (d->factor > 1) {
    const dslt_upsample_shape shape = upsample_shape(d);
    dslt_upsample_backward_rows(s->d_reduced, b->share_upsample ? b->share_upsample : g->upsample, s->x_high,
                                upsample, s->d_raised, &shape, b->first, b->last, 0, d->channels);
    d_reduced = s->d_reduced;
  }
  return dslt_gemm_run(b->d_reduce, b->share_reduce ? b->share_reduce : g->reduce_high,
                       high + cell * (size_t)d->high_channels, d_reduced + cell * (size_t)d->channels);
}

/* Gradients of the regressions and of the low reduction. */
static int regressions(dslt_fused_head *s, const dslt_fused_head_tensors *g,
                       const dslt_fused_head_tensors *w) {
  const dslt_fused_head_desc *d = &s->d;
  const size_t count = (size_t)s->taps * (size_t)d->channels;
  band *b = s->band;
  for (int i = 1; i < s->bands; ++i) {
    add(b->sums_low, s->band[i].sums_low, (size_t)s->taps * (size_t)s->low_channels);
    if (s->high) add(b->sums_high, s->band[i].sums_high, count);
  }
  const float *base_low = b->sums_low;
  if (!d->reduced) {
    DSLT_TRY(dslt_gemm_run(s->d_base, s->d_base_low, b->sums_low, w->reduce_low));
    if (d->deep) DSLT_TRY(dslt_gemm_run(s->d_reduce_low, g->reduce_low, b->sums_low, s->w_low));
    base_low = s->d_base_low;
  }
  weigh(g->base, d->fusion ? d->fuse_low : 1.0f, base_low, d->fuse_high, d->fusion ? b->sums_high : NULL,
        count);
  if (d->residual) memcpy(g->residual, b->sums_high, count * sizeof *g->residual);
  return DSLT_OK;
}

static void add_shares(const dslt_fused_head *s, const dslt_fused_head_tensors *g) {
  const dslt_fused_head_desc *d = &s->d;
  const size_t c = (size_t)d->channels, kernel = 4 * (size_t)(d->factor * d->factor);
#pragma omp for schedule(static)
  for (int row = 0; row < d->high_channels; ++row)
    for (int i = 1; i < s->bands; ++i)
      add(g->reduce_high + (size_t)row * c, s->band[i].share_reduce + (size_t)row * c, c);
#pragma omp single
  for (int i = 1; d->factor > 1 && i < s->bands; ++i) add(g->upsample, s->band[i].share_upsample, kernel * c);
}

int dslt_cpu_fused_head_backward(dslt_fused_head *s, const dslt_fused_head_tensors *g, const float *low,
                                 const float *high, const dslt_fused_head_tensors *w, const float *d_response,
                                 const dslt_head_update *then) {
  const int lowered = s->high && s->d.deep ? s->bands : 0;
  int failed = 0;
#pragma omp parallel reduction(| : failed)
  {
#pragma omp for schedule(dynamic, 1)
    for (int i = 0; i < s->bands; ++i) failed |= backward_band(s, &s->band[i], low, d_response) < 0;
#pragma omp for schedule(dynamic, 1)
    for (int i = 0; i <= lowered; ++i)
      failed |=
          (i < lowered ? backward_high_band(s, &s->band[i], g, high, w->upsample) : regressions(s, g, w)) < 0;
    if (lowered > 1) add_shares(s, g);
  }
  DSLT_TRY(result(failed));
  return then ? dslt_cpu_adam(NULL, then->params, then->count, then->rule, then->step) : DSLT_OK;
}
