/* SPDX-License-Identifier: Apache-2.0 */
/* head_layers.c: plans and runs the head's layers by cuDNN, and measures them against the kernels where that is asked for. */
#include "head_layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int dslt_head_by_environment(dslt_head_by *out) {
  static const char *const words[] = {"kernels", "cudnn", "measured"};
  const char *wanted = getenv("DSLT_CUDA_HEAD");
  *out = DSLT_HEAD_KERNELS;
  for (int i = 0; wanted && i < 3; ++i)
    if (strcmp(wanted, words[i]) == 0) {
      *out = (dslt_head_by)i;
      return DSLT_OK;
    }
  if (!wanted || !wanted[0]) return DSLT_OK;
  return dslt_fail(DSLT_EARGUMENT,
                   "DSLT_CUDA_HEAD in the environment is \"%s\"; it can be kernels, cudnn or measured.",
                   wanted);
}

/* ---- shapes -------------------------------------------------------------------------------------- */

static size_t cells_of(const dslt_fused_head_desc *d) { return (size_t)d->n * (size_t)d->h * (size_t)d->w; }

static size_t responses_of(const dslt_fused_head_desc *d) {
  return (size_t)d->n * (size_t)(d->h - d->kh + 1) * (size_t)(d->w - d->kw + 1);
}

/* As upsample_forward() has it: kernel 2 f, stride f, f / 2 cells cut off at each side. */
static dslt_conv_case upsample_case(const dslt_fused_head_desc *d) {
  const int f = d->factor, cut = f / 2;
  return (dslt_conv_case){.n = d->n,
                          .h = d->h / f,
                          .w = d->w / f,
                          .cin = d->channels,
                          .cout = d->channels,
                          .type = DSLT_TYPE_F32,
                          .out_h = d->h,
                          .out_w = d->w,
                          .groups = d->channels,
                          .kernel = {2 * f, 2 * f},
                          .stride = {f, f},
                          .dilation = {1, 1},
                          .pad = {cut, cut, cut, cut},
                          .x_pitch = d->channels,
                          .y_pitch = d->channels,
                          .plain = 1,
                          .transposed = 1};
}

static dslt_conv_case regress_case(const dslt_fused_head_desc *d) {
  return (dslt_conv_case){.n = d->n,
                          .h = d->h,
                          .w = d->w,
                          .cin = d->channels,
                          .cout = 1,
                          .type = DSLT_TYPE_F32,
                          .out_h = d->h - d->kh + 1,
                          .out_w = d->w - d->kw + 1,
                          .groups = 1,
                          .kernel = {d->kh, d->kw},
                          .stride = {1, 1},
                          .dilation = {1, 1},
                          .x_pitch = d->channels,
                          .y_pitch = 1,
                          .plain = 1};
}

/* ---- runs ---------------------------------------------------------------------------------------- */

int dslt_head_layers_upsample(const dslt_head_layers *layers, dslt_cuda *cuda,
                              const dslt_fused_head_desc *head, float *raised, float *fused, const float *low,
                              const float *high, const float *filter) {
  float *enlarged = raised ? raised : layers->enlarged;
  DSLT_TRY(dslt_cudnn_conv_run(layers->upsample, enlarged, high, filter, NULL, NULL));
  if (!fused) return DSLT_OK;
  return dslt_kernel_axpby(cuda->now, fused, head->fuse_low, low, head->fuse_high, enlarged,
                           cells_of(head) * (size_t)head->channels, dslt_cuda_when(cuda));
}

int dslt_head_layers_regress(const dslt_head_layers *layers, const dslt_fused_head_desc *head,
                             const float *const x[2], const float *const w[2]) {
  DSLT_TRY(dslt_cudnn_conv_run(layers->regress, layers->base, x[0], w[0], NULL, NULL));
  if (!head->residual) return DSLT_OK;
  return dslt_cudnn_conv_run(layers->regress, layers->residual, x[1], w[1], NULL, NULL);
}

/* ---- measured ------------------------------------------------------------------------------------ */

enum { REPEATS = 20, MAPS = 5 };

/* Both ways of a layer on maps of noise. */
typedef struct comparison {
  dslt_cuda *cuda;
  const dslt_fused_head_desc *head;
  const dslt_head_layers *layers;
  float *map[MAPS]; /* what is read, then what is written */
  size_t values[MAPS];
  int result; /* the map that is compared */
  size_t scratch_bytes;
  void *scratch; /* of the kernel */
} comparison;

typedef int (*way_of_layer)(const comparison *c);

enum { LOW, HIGH, FILTER, RAISED, FUSED };
static int upsample_kernel(const comparison *c) {
  const dslt_fused_head_desc *d = c->head;
  return dslt_kernel_upsample_forward(c->cuda->now, c->map[RAISED], c->map[FUSED], c->map[LOW], d->fuse_low,
                                      d->fuse_high, c->map[HIGH], c->map[FILTER], d->n, d->h / d->factor,
                                      d->w / d->factor, d->channels, d->factor, NULL);
}
static int upsample_cudnn(const comparison *c) {
  return dslt_head_layers_upsample(c->layers, c->cuda, c->head, c->map[RAISED], c->map[FUSED], c->map[LOW],
                                   c->map[HIGH], c->map[FILTER]);
}

enum { BASE, RESIDUAL, BASE_KERNEL, RESIDUAL_KERNEL, RESPONSE };
static int regress_kernel(const comparison *c) {
  const dslt_fused_head_desc *d = c->head;
  const dslt_regress_shape shape = {d->n, d->h, d->w, d->channels, d->kh, d->kw};
  const dslt_regress_layer layers[] = {{.x = c->map[BASE], .w = c->map[BASE_KERNEL]},
                                       {.x = c->map[RESIDUAL], .w = c->map[RESIDUAL_KERNEL]}};
  return dslt_kernel_regress_respond(c->cuda->now, &shape, layers, d->residual ? 2 : 1, c->map[RESPONSE],
                                     NULL, c->scratch, NULL);
}
static int regress_cudnn(const comparison *c) {
  const float *const x[] = {c->map[BASE], c->map[RESIDUAL]}, *const w[] = {c->map[BASE_KERNEL],
                                                                           c->map[RESIDUAL_KERNEL]};
  DSLT_TRY(dslt_head_layers_regress(c->layers, c->head, x, w));
  return dslt_kernel_sum_responses(c->cuda->now, c->map[RESPONSE], c->layers->base,
                                   c->head->residual ? c->layers->residual : NULL, NULL,
                                   responses_of(c->head), NULL);
}

static int open_maps(comparison *c) {
  if (c->scratch_bytes > 0)
    DSLT_TRY(dslt_cuda_new(&c->scratch, c->cuda, c->scratch_bytes, "measuring the head"));
  for (int i = 0; i < MAPS; ++i) {
    void *memory = NULL;
    float *noise = malloc(c->values[i] * sizeof *noise);
    if (!noise) return dslt_fail(DSLT_EMEMORY, "Out of memory while measuring the head.");
    uint32_t draw = 12345u + (uint32_t)i;
    for (size_t k = 0; k < c->values[i]; ++k) {
      draw = draw * 1664525u + 1013904223u;
      noise[k] = (float)(draw >> 8) / (float)(1 << 24) - 0.5f;
    }
    int rc = dslt_cuda_new(&memory, c->cuda, c->values[i] * sizeof(float), "measuring the head");
    c->map[i] = memory;
    if (rc == DSLT_OK) rc = dslt_cuda_upload(&c->cuda->base, memory, noise, c->values[i] * sizeof(float));
    free(noise);
    DSLT_TRY(rc);
  }
  return DSLT_OK;
}

static void close_maps(const comparison *c) {
  for (int i = 0; i < MAPS; ++i)
    if (c->map[i]) cudaFree(c->map[i]);
  if (c->scratch) cudaFree(c->scratch);
}

/* Milliseconds after a warm-up run, and the result; negative on failure. */
static float time_of(float *result, const comparison *c, way_of_layer run) {
  cudaEvent_t from = NULL, to = NULL;
  const cudaStream_t stream = c->cuda->stream;
  float ms = -1.0f;
  int ok = cudaEventCreate(&from) == cudaSuccess && cudaEventCreate(&to) == cudaSuccess &&
           run(c) == DSLT_OK && cudaEventRecord(from, stream) == cudaSuccess;
  for (int i = 0; ok && i < REPEATS; ++i) ok = run(c) == DSLT_OK;
  if (ok && cudaEventRecord(to, stream) == cudaSuccess && cudaEventSynchronize(to) == cudaSuccess)
    if (cudaEventElapsedTime(&ms, from, to) != cudaSuccess) ms = -1.0f;
  if (ms >= 0.0f &&
      dslt_cuda_download(&c->cuda->base, result, c->map[c->result], c->values[c->result] * sizeof(float)) < 0)
    ms = -1.0f;
  if (from) cudaEventDestroy(from);
  if (to) cudaEventDestroy(to);
  return ms;
}

/* As far apart as TF32 may be: cuDNN's library is not ours, so its answer is checked once. */
static int agree(const float *a, const float *b, size_t count) {
  float largest = 0.0f, apart = 0.0f;
  for (size_t i = 0; i < count; ++i) {
    if (!isfinite(a[i]) || !isfinite(b[i])) return 0;
    largest = fmaxf(largest, fabsf(a[i]));
    apart = fmaxf(apart, fabsf(a[i] - b[i]));
  }
  return apart <= 0.01f * largest;
}

/* *faster 1: cuDNN's layer does as the kernel, in less time. */
static int compare(int *faster, const comparison *c, way_of_layer kernel, way_of_layer cudnn) {
  float *ours = malloc(c->values[c->result] * sizeof *ours);
  float *theirs = malloc(c->values[c->result] * sizeof *theirs);
  int rc = DSLT_OK;
  if (!ours || !theirs) {
    rc = dslt_fail(DSLT_EMEMORY, "Out of memory while measuring the head.");
  } else {
    const float kernel_ms = time_of(ours, c, kernel), cudnn_ms = time_of(theirs, c, cudnn);
    *faster = kernel_ms >= 0.0f && cudnn_ms >= 0.0f && cudnn_ms < kernel_ms &&
              agree(ours, theirs, c->values[c->result]);
  }
  free(ours);
  free(theirs);
  return rc;
}

/* ---- plans --------------------------------------------------------------------------------------- */

static int floats(float **out, dslt_cuda *cuda, size_t count) {
  void *memory = NULL;
  DSLT_TRY(dslt_cuda_new(&memory, cuda, count * sizeof(float), "the head"));
  *out = memory;
  return DSLT_OK;
}

static void drop_upsample(dslt_head_layers *l) {
  dslt_cudnn_conv_free(l->upsample);
  if (l->enlarged) cudaFree(l->enlarged);
  l->upsample = NULL;
  l->enlarged = NULL;
}

static void drop_regress(dslt_head_layers *l) {
  dslt_cudnn_conv_free(l->regress);
  if (l->base) cudaFree(l->base);
  if (l->residual) cudaFree(l->residual);
  l->regress = NULL;
  l->base = l->residual = NULL;
}

/* *plan stays NULL where the kernel is to be used. What nobody has measured yet is: cuDNN's engines among themselves, from map
 * `x` with weights `w` into y, then the fastest of them against the kernel. */
static int plan_layer(dslt_cudnn_conv **plan, comparison *c, const dslt_conv_case *shape, dslt_head_by by,
                      int x, int w, float *y, way_of_layer kernel, way_of_layer cudnn) {
  int faster = by == DSLT_HEAD_MEASURED ? dslt_cudnn_verdict(c->cuda, shape) : 1;
  const int measures = faster < 0;
  if (faster == 0) return DSLT_OK;
  int rc = measures ? open_maps(c) : DSLT_OK;
  const dslt_conv_memory memory = {.x = c->map[x], .y = y, .weights = c->map[w]};
  if (rc == DSLT_OK) rc = dslt_cudnn_conv_plan(plan, c->cuda, shape, measures ? &memory : NULL);
  if (rc == DSLT_OK && *plan && measures) {
    rc = compare(&faster, c, kernel, cudnn);
    if (rc == DSLT_OK) faster = dslt_cudnn_keep_verdict(c->cuda, shape, faster);
  }
  close_maps(c);
  if (rc == DSLT_OK && faster == 1) return DSLT_OK;
  dslt_cudnn_conv_free(*plan);
  *plan = NULL;
  return rc;
}

static int plan_upsample(dslt_head_layers *l, dslt_cuda *cuda, const dslt_fused_head_desc *d,
                         dslt_head_by by) {
  const dslt_conv_case shape = upsample_case(d);
  const size_t values = cells_of(d) * (size_t)d->channels, f = (size_t)d->factor;
  comparison c = {.cuda = cuda,
                  .head = d,
                  .layers = l,
                  .result = d->fusion ? FUSED : RAISED,
                  .values = {values, values / (f * f), 4 * f * f * (size_t)d->channels, values, values}};
  DSLT_TRY(floats(&l->enlarged, cuda, values));
  DSLT_TRY(
      plan_layer(&l->upsample, &c, &shape, by, HIGH, FILTER, l->enlarged, upsample_kernel, upsample_cudnn));
  if (!l->upsample) drop_upsample(l);
  return DSLT_OK;
}

static int plan_regress(dslt_head_layers *l, dslt_cuda *cuda, const dslt_fused_head_desc *d,
                        dslt_head_by by) {
  const dslt_conv_case shape = regress_case(d);
  const dslt_regress_shape ours = {d->n, d->h, d->w, d->channels, d->kh, d->kw};
  const size_t values = cells_of(d) * (size_t)d->channels,
               weights = (size_t)d->kh * (size_t)d->kw * (size_t)d->channels, cells = responses_of(d);
  comparison c = {.cuda = cuda,
                  .head = d,
                  .layers = l,
                  .result = RESPONSE,
                  .values = {values, values, weights, weights, cells},
                  .scratch_bytes = dslt_kernel_regress_scratch(&ours, d->residual ? 2 : 1)};
  DSLT_TRY(floats(&l->base, cuda, cells));
  if (d->residual) DSLT_TRY(floats(&l->residual, cuda, cells));
  DSLT_TRY(
      plan_layer(&l->regress, &c, &shape, by, BASE, BASE_KERNEL, l->base, regress_kernel, regress_cudnn));
  if (!l->regress) drop_regress(l);
  return DSLT_OK;
}

int dslt_head_layers_plan(dslt_head_layers *out, dslt_cuda *cuda, const dslt_fused_head_desc *head) {
  dslt_head_by by;
  DSLT_TRY(dslt_head_by_environment(&by));
  return dslt_head_layers_plan_by(out, cuda, head, by);
}

int dslt_head_layers_plan_by(dslt_head_layers *out, dslt_cuda *cuda, const dslt_fused_head_desc *head,
                             dslt_head_by by) {
  *out = (dslt_head_layers){0};
  /* cuDNN is told that all addresses are multiples of 16 bytes; with other numbers of channels a slot's are not */
  if (by == DSLT_HEAD_KERNELS || !cuda->dnn || head->channels % 4 != 0) return DSLT_OK;
  if ((head->fusion || head->residual) && head->factor > 1) DSLT_TRY(plan_upsample(out, cuda, head, by));
  return plan_regress(out, cuda, head, by);
}

void dslt_head_layers_free(dslt_head_layers *layers) {
  drop_upsample(layers);
  drop_regress(layers);
}
