/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_peak.c: oneDNN's best speed: a bfloat16 product, and every algorithm and layout for one
 * convolution's shape, to check by measurement that the backbone's choice is the fastest. */
#include <stdlib.h>
#include <string.h>

#include "backend/peak.h"
#include "base/clock.h"
#include "base/error.h"
#include "onednn_step.h"

/* ---- any primitive ------------------------------------------------------------------------------- */

enum { MOST_ARGUMENTS = 4, MOST_RUNS = 64 };

/* A primitive with memory of its own for each argument. */
typedef struct trial {
  dslt_step step;
  void *memory[MOST_ARGUMENTS];
  int count;
} trial;

static void trial_free(trial *t) {
  dslt_step_free(&t->step);
  for (int i = 0; i < t->count; ++i) free(t->memory[i]);
}

static int trial_argument(trial *t, dslt_cpu *cpu, dnnl_primitive_desc_t pd, int kind, dnnl_query_t what) {
  dslt_md md = dslt_pd_md(pd, what);
  void *memory = NULL;
  DSLT_TRY(dslt_cpu_new(&memory, dnnl_memory_desc_get_size(md), "measuring the processor"));
  t->memory[t->count++] = memory;
  /* 0.75 in float32 and in bfloat16: zeros would use less power, so the processor would clock higher than
   * with pictures */
  memset(memory, 0x3f, dnnl_memory_desc_get_size(md));
  return dslt_step_arg(&t->step, cpu, kind, md, memory);
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Seconds of a run: the fastest and the median one. */
static int trial_time(double *best, double *median, trial *t, dslt_cpu *cpu, double seconds) {
  double taken[MOST_RUNS];
  int runs = 0;
  DSLT_TRY(dslt_step_run(&t->step, cpu)); /* starts threads and touches pages */
  const double end = dslt_seconds() + seconds;
  while (runs < 3 || (runs < MOST_RUNS && dslt_seconds() < end)) {
    const double before = dslt_seconds();
    DSLT_TRY(dslt_step_run(&t->step, cpu));
    taken[runs++] = dslt_seconds() - before;
  }
  qsort(taken, (size_t)runs, sizeof *taken, by_size);
  *best = taken[0];
  *median = taken[runs / 2];
  return DSLT_OK;
}

/* ---- convolutions -------------------------------------------------------------------------------- */

typedef struct way {
  dnnl_alg_kind_t algorithm;
  dnnl_format_tag_t src, dst; /* layouts */
  const char *words;
} way;

static const way ways[] = {
    {dnnl_convolution_direct, dnnl_nhwc, dnnl_nhwc, "direct, channels last"},
    {dnnl_convolution_direct, dnnl_format_tag_any, dnnl_format_tag_any, "direct, oneDNN's layout"},
    {dnnl_convolution_direct, dnnl_nChw16c, dnnl_nChw16c, "direct, blocks of 16 channels"},
    {dnnl_convolution_direct, dnnl_nchw, dnnl_nChw16c, "direct, planes to blocks of 16 channels"},
    {dnnl_convolution_winograd, dnnl_format_tag_any, dnnl_format_tag_any, "Winograd, oneDNN's layout"},
};

static int time_conv(double *best, double *median, dslt_cpu *cpu, dnnl_primitive_desc_t pd, double seconds) {
  trial t = {.count = 0};
  dslt_md bias = dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 1);
  void *memory = NULL;
  int rc;
  DSLT_TRY_OR_DONE(dslt_step_make(&t.step, cpu, pd));
  DSLT_TRY_OR_DONE(trial_argument(&t, cpu, pd, DNNL_ARG_SRC, dnnl_query_src_md));
  DSLT_TRY_OR_DONE(trial_argument(&t, cpu, pd, DNNL_ARG_WEIGHTS, dnnl_query_weights_md));
  DSLT_TRY_OR_DONE(dslt_cpu_new(&memory, dnnl_memory_desc_get_size(bias), "measuring the processor"));
  t.memory[t.count++] = memory;
  DSLT_TRY_OR_DONE(dslt_step_arg(&t.step, cpu, DNNL_ARG_BIAS, bias, memory));
  DSLT_TRY_OR_DONE(trial_argument(&t, cpu, pd, DNNL_ARG_DST, dnnl_query_dst_md));
  DSLT_TRY_OR_DONE(trial_time(best, median, &t, cpu, seconds));
done:
  trial_free(&t);
  return rc;
}

typedef struct conv_shape {
  int n, h, w, cin, cout;
} conv_shape;

/* 0 in both where oneDNN has no such implementation. */
static int try_way(double *best, double *median, dslt_cpu *cpu, const way *chosen, int precision,
                   const conv_shape *s, double seconds) {
  const dnnl_data_type_t type = precision == DSLT_PRECISION_BF16 ? dnnl_bf16 : dnnl_f32;
  const dnnl_dims_t src_dims = {s->n, s->cin, s->h, s->w}, dst_dims = {s->n, s->cout, s->h, s->w};
  const dnnl_dims_t weight_dims = {s->cout, s->cin, 3, 3}, bias_dims = {s->cout};
  dslt_md_owned src = NULL, weights = NULL, bias = NULL, dst = NULL;
  dnnl_primitive_desc_t pd = NULL;
  int rc;
  DSLT_TRY_OR_DONE(dslt_md_make(&src, 4, src_dims, type, chosen->src));
  DSLT_TRY_OR_DONE(dslt_md_make(&weights, 4, weight_dims, type, dnnl_format_tag_any));
  DSLT_TRY_OR_DONE(dslt_md_make(&bias, 1, bias_dims, dnnl_f32, dnnl_x));
  DSLT_TRY_OR_DONE(dslt_md_make(&dst, 4, dst_dims, type, chosen->dst));
  const dslt_conv_mds mds = {src, weights, bias, dst};
  const dslt_conv_form form = {{1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, DSLT_ACTIVATION_RELU, 0.0f}};
  DSLT_TRY_OR_DONE(dslt_pd_find_conv(&pd, cpu->engine, &mds, &form, chosen->algorithm, NULL));
  *best = *median = 0.0;
  if (pd) DSLT_TRY_OR_DONE(time_conv(best, median, cpu, pd, seconds));
done:
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(src);
  dslt_md_free(weights);
  dslt_md_free(bias);
  dslt_md_free(dst);
  return rc;
}

/* ---- the processor's peak ------------------------------------------------------------------------ */

enum { PRODUCT_SIDE = 1536 }; /* 9.4 MB a matrix in float32: enough work for every thread */

static int product_pd(dnnl_primitive_desc_t *out, dslt_cpu *cpu, dnnl_data_type_t type) {
  const dnnl_dims_t dims = {PRODUCT_SIDE, PRODUCT_SIDE};
  dslt_md_owned a = NULL, b = NULL, c = NULL;
  int rc;
  DSLT_TRY_OR_DONE(dslt_md_make(&a, 2, dims, type, dnnl_format_tag_any));
  DSLT_TRY_OR_DONE(dslt_md_make(&b, 2, dims, type, dnnl_format_tag_any));
  DSLT_TRY_OR_DONE(dslt_md_make(&c, 2, dims, dnnl_f32, dnnl_ab));
  DSLT_TRY_OR_DONE(dslt_pd_matmul(out, cpu->engine, a, b, c));
done:
  dslt_md_free(a);
  dslt_md_free(b);
  dslt_md_free(c);
  return rc;
}

static int product_peak(double *flops, dslt_cpu *cpu, dnnl_data_type_t type, double seconds) {
  dnnl_primitive_desc_t pd = NULL;
  trial t = {.count = 0};
  double best = 0.0, median;
  int rc;
  DSLT_TRY_OR_DONE(product_pd(&pd, cpu, type));
  DSLT_TRY_OR_DONE(dslt_step_make(&t.step, cpu, pd));
  DSLT_TRY_OR_DONE(trial_argument(&t, cpu, pd, DNNL_ARG_SRC, dnnl_query_src_md));
  DSLT_TRY_OR_DONE(trial_argument(&t, cpu, pd, DNNL_ARG_WEIGHTS, dnnl_query_weights_md));
  DSLT_TRY_OR_DONE(trial_argument(&t, cpu, pd, DNNL_ARG_DST, dnnl_query_dst_md));
  DSLT_TRY_OR_DONE(trial_time(&best, &median, &t, cpu, seconds));
  *flops = 2.0 * PRODUCT_SIDE * PRODUCT_SIDE * (double)PRODUCT_SIDE / best;
done:
  if (pd) dnnl_primitive_desc_destroy(pd);
  trial_free(&t);
  return rc;
}

/* A direct convolution in the layout of oneDNN's choice: 4 x 56 x 56, 128 to 128 channels. */
static int conv_peak(double *flops, dslt_cpu *cpu, int precision, double seconds) {
  double best = 0.0, median;
  DSLT_TRY(try_way(&best, &median, cpu, &ways[1], precision, &(conv_shape){4, 56, 56, 128, 128}, seconds));
  *flops = best > 0.0 ? 2.0 * 9 * 4 * 56 * 56 * 128 * 128 / best : 0.0;
  return DSLT_OK;
}

int dslt_cpu_arithmetic_peak(double *flops, const char **how, dslt_backend *backend, int precision,
                             double seconds) {
  const int bf16 = precision == DSLT_PRECISION_BF16;
  dslt_cpu *cpu = dslt_cpu_of(backend);
  double convolution = 0.0;
  *flops = 0.0;
  *how = "matrix product of 1536 x 1536 by 1536 x 1536";
  if (bf16 && !dslt_cpu_has_bf16()) return DSLT_OK;
  DSLT_TRY(product_peak(flops, cpu, bf16 ? dnnl_bf16 : dnnl_f32, seconds));
  DSLT_TRY(conv_peak(&convolution, cpu, precision, seconds));
  if (convolution <= *flops) return DSLT_OK;
  *flops = convolution;
  *how = "direct 3 x 3 convolution of 4 x 56 x 56, 128 to 128 channels";
  return DSLT_OK;
}

/* ---- the best for one shape ---------------------------------------------------------------------- */

int dslt_cpu_conv_peak(dslt_cpu_conv_best *out, int threads, int precision, int n, int h, int w, int cin,
                       int cout, double seconds) {
  const dslt_backend_config config = {.threads = threads, .precision = precision};
  dslt_backend *backend = NULL;
  dslt_cpu_conv_best best = {0.0, NULL};
  DSLT_TRY(dslt_cpu_backend.device->open(&backend, &config));
  int rc = backend->device->begin(backend);
  for (size_t i = 0; rc == DSLT_OK && i < sizeof ways / sizeof *ways; ++i) {
    double fastest, taken;
    rc = try_way(&fastest, &taken, dslt_cpu_of(backend), &ways[i], precision,
                 &(conv_shape){n, h, w, cin, cout}, seconds);
    if (rc == DSLT_OK && taken > 0.0 && (!best.how || 1e3 * taken < best.ms))
      best = (dslt_cpu_conv_best){1e3 * taken, ways[i].words};
  }
  const int ended = backend->device->end(backend);
  backend->device->close(backend);
  DSLT_TRY(rc < 0 ? rc : ended);
  if (!best.how)
    return dslt_fail(DSLT_EUNSUPPORTED, "oneDNN has no convolution of %d to %d channels here.", cin, cout);
  *out = best;
  return DSLT_OK;
}
