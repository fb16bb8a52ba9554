/* SPDX-License-Identifier: Apache-2.0 */
/* backbone.c: a network layer by layer. */
#include "bench/backbone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "backend/peak.h"
#include "base/clock.h"
#include "base/error.h"
#include "nn/network.h"

enum { MOST_RUNS = 1000 };

typedef struct profile {
  dslt_weights *weights;
  dslt_network *network; /* the weights' own, or VGG-16's as one */
  dslt_network *own;     /* to be freed */
  dslt_node_map *maps;
  dslt_backend *backend;
  dslt_net *net;
  float *input, *taps[DSLT_NET_TAPS_MAX];
  double *ms; /* of each layer, at best */
  int runs;
} profile;

/* VGG-16's weights as a network, all its poolings kept. */
static int vgg_network(dslt_network **out, const dslt_weights *weights) {
  int conv[DSLT_VGG_CONVS];
  dslt_graph graph = {0};
  dslt_network *network = calloc(1, sizeof *network);
  int rc = network ? dslt_vgg_graph(&graph, conv, weights->width, weights->layers, 1, 1)
                   : dslt_fail(DSLT_EMEMORY, "Out of memory for a network.");
  for (int i = 0, next = 0; rc == DSLT_OK && i < graph.layers; ++i) {
    const int is_conv = next < weights->layers && conv[next] == i;
    const int added =
        dslt_network_add(network, &graph.layer[i], graph.layer[i].name,
                         is_conv ? &weights->weight[next] : NULL, is_conv ? &weights->bias[next] : NULL);
    next += is_conv;
    rc = added < 0 ? added : DSLT_OK;
  }
  dslt_graph_free(&graph);
  if (rc < 0)
    dslt_network_free(network);
  else
    *out = network;
  return rc;
}

static int allocate(float **out, dslt_backend *backend, size_t values) {
  void *memory;
  DSLT_TRY(backend->device->alloc(&memory, backend, values * sizeof(float)));
  *out = memory;
  return DSLT_OK;
}

static int plan(profile *p, int side) {
  const dslt_graph *g = &p->network->graph;
  dslt_net_desc desc = {.n = 1,
                        .h = side,
                        .w = side,
                        .graph = g,
                        .taps = p->network->taps,
                        .load = dslt_network_load_layer,
                        .context = p->network};
  memcpy(desc.tap, p->network->tap, sizeof desc.tap);
  if (desc.taps == 0) desc.tap[desc.taps++] = g->layers - 1;
  unsigned char *needed = calloc((size_t)g->layers, 1);
  p->maps = calloc((size_t)g->layers, sizeof *p->maps);
  p->ms = calloc((size_t)g->layers, sizeof *p->ms);
  int rc = dslt_fail(DSLT_EMEMORY, "Out of memory for a network's layers.");
  if (!needed || !p->maps || !p->ms) goto done;
  DSLT_TRY_OR_DONE(dslt_graph_needed(needed, g, desc.tap, desc.taps));
  DSLT_TRY_OR_DONE(dslt_graph_maps(p->maps, g, needed, side, side));
  DSLT_TRY_OR_DONE(allocate(&p->input, p->backend, (size_t)side * (size_t)side * (size_t)p->maps[0].c));
  for (int t = 0; t < desc.taps; ++t) {
    const dslt_node_map *m = &p->maps[desc.tap[t]];
    DSLT_TRY_OR_DONE(allocate(&p->taps[t], p->backend, (size_t)m->c * (size_t)m->h * (size_t)m->w));
  }
  DSLT_TRY_OR_DONE(p->backend->nn->net_plan(&p->net, p->backend, &desc));
done:
  free(needed);
  return rc;
}

/* The minimum for each layer, since other work on the machine only adds time. */
static int measure(profile *p, double seconds) {
  const size_t layers = (size_t)p->network->graph.layers;
  double *once = malloc(layers * sizeof *once);
  int rc = once ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for a network's layers.");
  const double end = dslt_seconds() + seconds;
  while (rc == DSLT_OK && (p->runs < 4 || (p->runs < MOST_RUNS && dslt_seconds() < end))) {
    memset(once, 0, layers * sizeof *once);
    rc = dslt_cpu_net_profile(once, p->net, p->input, p->taps);
    for (size_t i = 0; i < layers; ++i)
      if (p->runs == 0 || once[i] < p->ms[i]) p->ms[i] = once[i];
    ++p->runs;
  }
  free(once);
  return rc;
}

/* What a layer must do at least: multiplications and additions, and bytes of its inputs, weights and map. */
typedef struct layer_work {
  double flop; /* by definition */
  double done; /* by the algorithm in use */
  double bytes;
  int bf16;
} layer_work;

/* Along one side, the part of a kernel's taps that lie on the map: products with padding may be left out. */
static double inside_share(const dslt_node *l, const dslt_node_map *in, const dslt_node_map *out, int d) {
  const int side = d ? in->w : in->h, cells = d ? out->w : out->h;
  int inside = 0;
  for (int i = 0; i < cells; ++i)
    for (int k = 0; k < l->kernel[d]; ++k) {
      const int at = i * l->stride[d] + k * l->dilation[d] - out->pad[d];
      inside += at >= 0 && at < side;
    }
  return (double)inside / ((double)cells * l->kernel[d]);
}

static layer_work work_of(const profile *p, int index) {
  const dslt_node *l = &p->network->graph.layer[index];
  const dslt_node_map *m = &p->maps[index];
  const dslt_cpu_layer_way way = dslt_cpu_net_way(p->net, index);
  double values = (double)m->c * m->h * m->w;
  for (int k = 0; k < l->inputs; ++k) {
    const dslt_node_map *in = &p->maps[l->input[k]];
    values += (double)in->c * in->h * in->w;
  }
  double share = way.share;
  if (l->kind == DSLT_LAYER_CONV)
    share *= inside_share(l, &p->maps[l->input[0]], m, 0) * inside_share(l, &p->maps[l->input[0]], m, 1);
  return (layer_work){.flop = m->flop,
                      .done = m->flop * share,
                      .bytes = way.bytes * values + (way.bf16 ? 2 : 4) * m->weights,
                      .bf16 = way.bf16};
}

/* Seconds below which the processor cannot be: of its multiply-add units or of the caches and memory. */
static double least_seconds(const layer_work *w, const dslt_cpu_ceiling *ceiling, const char **bound) {
  const double arithmetic = w->done / (w->bf16 ? ceiling->flops_bf16 : ceiling->flops_f32);
  const double moving = w->bytes / dslt_cpu_bandwidth(ceiling, w->bytes);
  *bound = arithmetic > moving ? "arithmetic" : "bytes";
  return arithmetic > moving ? arithmetic : moving;
}

static void print_row(const char *name, const char *kind, double ms, const layer_work *w, const char *bound,
                      const char *share) {
  printf("%-38s %-16s %9.4f %9.1f %9.3f %8.1f  %-10s %7s\n", name, kind, ms,
         ms > 0 ? 1e-6 * w->flop / ms : 0.0, 1e-6 * w->bytes, ms > 0 ? 1e-6 * w->bytes / ms : 0.0, bound,
         share);
}

static void print_layers(const profile *p, const dslt_cpu_ceiling *ceiling) {
  layer_work all = {0};
  double ms = p->ms[0], floor = 0.0;
  char share[16];
  for (int i = 1; i < p->network->graph.layers; ++i) {
    const layer_work w = work_of(p, i);
    const char *bound;
    char name[40];
    if (p->maps[i].c == 0) continue;
    const double least = least_seconds(&w, ceiling, &bound);
    if (p->ms[i] > 0)
      snprintf(share, sizeof share, "%.0f %%", 1e5 * least / p->ms[i]);
    else
      snprintf(share, sizeof share, "inside"), bound = "";
    print_row(dslt_printable(name, sizeof name, p->network->graph.layer[i].name),
              dslt_layer_kind_name(p->network->graph.layer[i].kind), p->ms[i], &w, bound, share);
    if (p->ms[i] > 0) floor += least;
    ms += p->ms[i], all.flop += w.flop, all.bytes += w.bytes;
  }
  snprintf(share, sizeof share, "%.0f %%", 1e5 * floor / ms);
  print_row("all", "", ms, &all, "", share);
}

static void print(const profile *p, const dslt_cpu_ceiling *ceiling, int precision, int side) {
  const int bf16 = precision == DSLT_PRECISION_BF16;
  printf("A picture of %d x %d, %s, %d threads, the least of %d runs\n", side, side, bf16 ? "bf16" : "f32",
         ceiling->threads, p->runs);
  printf("%-38s %-16s %9s %9s %9s %8s  %-10s %7s\n", "layer", "kind", "ms", "GFLOP/s", "MB", "GB/s",
         "bound by", "ceiling");
  print_layers(p, ceiling);
  printf("Ceiling: %.1f GFLOP/s in float32, ", 1e-9 * ceiling->flops_f32);
  if (ceiling->flops_bf16 > 0) printf("%.1f in bfloat16, ", 1e-9 * ceiling->flops_bf16);
  printf("%s; GB/s over", ceiling->how);
  for (int i = 0; i < DSLT_CPU_CACHE_RATES; ++i)
    printf(" %.0f kB: %.0f,", 1e-3 * ceiling->cache[i].bytes, 1e-9 * ceiling->cache[i].bytes_per_second);
  printf(" memory: %.1f\n", 1e-9 * ceiling->bandwidth);
}

static int open_all(profile *p, const char *weights, const dslt_options *options) {
  const dslt_backend_config config = {.threads = options->common.threads,
                                      .precision = options->common.precision};
  DSLT_TRY(dslt_weights_load(&p->weights, weights));
  if (!p->weights->network) DSLT_TRY(vgg_network(&p->own, p->weights));
  p->network = p->own ? p->own : p->weights->network;
  DSLT_TRY(dslt_backend_open(&p->backend, "cpu", &config));
  return p->backend->device->begin(p->backend);
}

static void close_all(profile *p) {
  if (p->net) p->backend->nn->net_free(p->net);
  if (p->backend) {
    p->backend->device->release(p->backend, p->input);
    for (int t = 0; t < DSLT_NET_TAPS_MAX; ++t) p->backend->device->release(p->backend, p->taps[t]);
    p->backend->device->end(p->backend);
    p->backend->device->close(p->backend);
  }
  dslt_network_free(p->own);
  dslt_weights_free(p->weights);
  free(p->maps);
  free(p->ms);
}

int dslt_bench_backbone(const char *weights, const dslt_options *options, int side, double seconds) {
  dslt_cpu_ceiling ceiling;
  profile p = {0};
  DSLT_TRY(dslt_cpu_peak(&ceiling, options->common.threads, 0.2));
  int rc;
  DSLT_TRY_OR_DONE(open_all(&p, weights, options));
  DSLT_TRY_OR_DONE(plan(&p, side));
  DSLT_TRY_OR_DONE(measure(&p, seconds));
  print(&p, &ceiling, p.backend->precision, side);
done:
  close_all(&p);
  return rc;
}
