/* SPDX-License-Identifier: Apache-2.0 */
/* ceiling.c: measures the processor's peak, and compares the backbone with oneDNN's fastest convolutions. */
#include "bench/ceiling.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "bench/stats.h"
#include "nn/backbone.h"
#include "trackers/dslt/dslt.h"

enum { MOST_RUNS = 64 };

/* ---- the backbone only --------------------------------------------------------------------------- */

typedef struct bench_net {
  dslt_backend *backend;
  dslt_net *net;
  void *input;
  float *taps[DSLT_TAPS_MAX];
} bench_net;

static void net_close(bench_net *b) {
  if (b->net) b->backend->nn->net_free(b->net);
  b->backend->device->release(b->backend, b->input);
  for (int t = 0; t < DSLT_TAPS_MAX; ++t) b->backend->device->release(b->backend, b->taps[t]);
  b->backend->device->end(b->backend);
  b->backend->device->close(b->backend);
}

static size_t tap_bytes(const dslt_cost *cost, int layer, int batch) {
  const dslt_layer_cost *l = &cost->layer[layer];
  return sizeof(float) * (size_t)batch * (size_t)l->height * (size_t)l->width * (size_t)l->cout;
}

static int net_plan(bench_net *b, const dslt_options *o, const dslt_weights *weights, const dslt_cost *cost,
                    int batch) {
  const dslt_device_ops *device = b->backend->device;
  const dslt_backbone_spec spec = dslt_dslt_backbone(dslt_dslt_options_of(o));
  const int h = cost->layer[0].height, w = cost->layer[0].width;
  const size_t bytes = sizeof(float) * 3 * (size_t)batch * (size_t)h * (size_t)w;
  DSLT_TRY(device->alloc(&b->input, b->backend, bytes));
  for (int t = 0; t < spec.layers; ++t) {
    void *tap;
    DSLT_TRY(device->alloc(&tap, b->backend, tap_bytes(cost, dslt_layer_index(spec.layer[t]), batch)));
    b->taps[t] = tap;
  }
  memset(b->input, 0x3f, bytes); /* 0.75 everywhere: zeros would use less power than a picture */
  return dslt_backbone_plan(&b->net, b->backend, weights, &spec, batch, h, w, NULL);
}

static int net_time(double *ms, bench_net *b, double seconds) {
  double taken[MOST_RUNS];
  size_t runs = 0;
  DSLT_TRY(b->backend->nn->net_run(b->net, b->input, b->taps));
  const double end = dslt_seconds() + seconds;
  while (runs < 3 || (runs < MOST_RUNS && dslt_seconds() < end)) {
    const double before = dslt_seconds();
    DSLT_TRY(b->backend->nn->net_run(b->net, b->input, b->taps));
    taken[runs++] = dslt_seconds() - before;
  }
  *ms = 1e3 * dslt_stats_median(taken, runs);
  return DSLT_OK;
}

static int time_backbone(double *ms, const dslt_options *o, const dslt_weights *weights,
                         const dslt_cost *cost, int batch, double seconds) {
  const dslt_backend_config config = {.threads = o->common.threads, .precision = o->common.precision};
  bench_net b = {0};
  DSLT_TRY(dslt_cpu_backend.device->open(&b.backend, &config));
  int rc;
  DSLT_TRY_OR_DONE(b.backend->device->begin(b.backend));
  DSLT_TRY_OR_DONE(net_plan(&b, o, weights, cost, batch));
  DSLT_TRY_OR_DONE(net_time(ms, &b, seconds));
done:
  net_close(&b);
  return rc;
}

static int compare(dslt_bench_compare *out, const dslt_options *o, const dslt_weights *weights,
                   const dslt_cost *cost, int batch, double seconds) {
  *out = (dslt_bench_compare){.batch = batch, .layers = cost->layers};
  out->height = cost->layer[0].height;
  out->width = cost->layer[0].width;
  for (int i = 0; i < cost->layers; i++) {
    const dslt_layer_cost *l = &cost->layer[i];
    DSLT_TRY(dslt_cpu_conv_peak(&out->layer[i], o->common.threads, o->common.precision, batch, l->height,
                                l->width, l->cin, l->cout, seconds));
    out->best_ms += out->layer[i].ms;
    out->layer_flop[i] = batch * l->work.flop;
    out->flop += out->layer_flop[i];
  }
  return time_backbone(&out->run_ms, o, weights, cost, batch, seconds);
}

/* ---- all ----------------------------------------------------------------------------------------- */

static int compare_batches(dslt_bench_ceiling *out, const dslt_options *o, const dslt_weights *weights,
                           const dslt_cost *cost, int levels, double seconds) {
  int batches[2] = {1, levels}, count = levels > 1 ? 2 : 1;
  if (dslt_dslt_joint(dslt_dslt_options_of(o))) { /* all levels in one batch, never a single crop */
    batches[0] = levels;
    count = 1;
  }
  for (int i = 0; i < count; i++) {
    const int rc = compare(&out->compare[i], o, weights, cost, batches[i], seconds);
    if (rc == DSLT_EUNSUPPORTED) {
      snprintf(out->words, sizeof out->words, "%s", dslt_last_error());
      return DSLT_OK;
    }
    DSLT_TRY(rc);
    out->compares = i + 1;
  }
  return DSLT_OK;
}

int dslt_bench_ceiling_make(dslt_bench_ceiling *out, const dslt_options *o, const dslt_weights *weights,
                            const dslt_search *search, double seconds) {
  memset(out, 0, sizeof *out);
  dslt_cost cost;
  dslt_cost_count(&cost, o, weights, search);
  DSLT_TRY(dslt_cpu_peak(&out->cpu, o->common.threads, seconds));
  out->measured = 1;
  out->flops_backbone = out->cpu.flops_f32;
  if (o->common.precision == DSLT_PRECISION_BF16 && out->cpu.flops_bf16 > 0)
    out->flops_backbone = out->cpu.flops_bf16;
  if (cost.layers == 0) return DSLT_OK; /* a network of its own: layer by layer with dslt bench --backbone */
  return compare_batches(out, o, weights, &cost, search->scale.levels, seconds);
}

double dslt_bench_stage_flops(const dslt_bench_ceiling *ceiling, int stage) {
  return stage == DSLT_STAGE_BACKBONE ? ceiling->flops_backbone : ceiling->cpu.flops_f32;
}
