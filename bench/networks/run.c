/* SPDX-License-Identifier: Apache-2.0 */
/* run.c: run a network file on one input, for compare.py and tests/python/test_networks_torch.py.
 *
 *   dslt_network_run FILE HEIGHT WIDTH PRECISION THREADS INPUT OUTPUT TAP...
 *
 * INPUT holds float32 [height][width][channels]; OUTPUT gets the taps' maps one after the other, likewise. Then, for
 * every number on standard input, runs the network that many times and prints the least milliseconds of a run: by the
 * clock, and of the processor's work for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/backend.h"
#include "base/clock.h"
#include "base/error.h"
#include "nn/network.h"

typedef struct job {
  dslt_weights *weights;
  dslt_backend *backend;
  dslt_net *net;
  dslt_node_map *maps;
  unsigned char *needed;
  FILE *in, *out;
  float *input, *taps[DSLT_NET_TAPS_MAX];
  size_t input_values, values[DSLT_NET_TAPS_MAX];
} job;

static int allocate(float **out, dslt_backend *backend, size_t values) {
  void *memory;
  DSLT_TRY(backend->device->alloc(&memory, backend, values * sizeof(float)));
  *out = memory;
  return DSLT_OK;
}

static int plan(job *j, int h, int w, char **taps, int count) {
  dslt_network *network = j->weights->network;
  if (!network) return dslt_fail(DSLT_EWEIGHTS, "VGG-16 is not for this program.");
  dslt_net_desc desc = {
      .n = 1, .h = h, .w = w, .graph = &network->graph, .load = dslt_network_load_layer, .context = network};
  j->needed = calloc((size_t)network->graph.layers, 1);
  j->maps = calloc((size_t)network->graph.layers, sizeof *j->maps);
  if (!j->maps || !j->needed) return dslt_fail(DSLT_EMEMORY, "Out of memory.");
  for (int t = 0; t < count; ++t) {
    desc.tap[t] = dslt_graph_find(&network->graph, taps[t]);
    if (desc.tap[t] < 0) return dslt_fail(DSLT_EWEIGHTS, "No layer %s.", taps[t]);
  }
  desc.taps = count;
  DSLT_TRY(dslt_graph_needed(j->needed, desc.graph, desc.tap, count));
  DSLT_TRY(dslt_graph_maps(j->maps, desc.graph, j->needed, h, w));
  j->input_values = (size_t)h * (size_t)w * (size_t)network->graph.layer[0].channels;
  DSLT_TRY(allocate(&j->input, j->backend, j->input_values));
  for (int t = 0; t < count; ++t) {
    const dslt_node_map *m = &j->maps[desc.tap[t]];
    j->values[t] = (size_t)m->c * (size_t)m->h * (size_t)m->w;
    DSLT_TRY(allocate(&j->taps[t], j->backend, j->values[t]));
  }
  return j->backend->nn->net_plan(&j->net, j->backend, &desc);
}

static double worked(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0) return 0.0;
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int serve(job *j) {
  int runs;
  while (scanf("%d", &runs) == 1) {
    double wall = 1e9, work = 1e9;
    for (int i = 0; i < runs; ++i) {
      const double before = dslt_seconds(), worked_before = worked();
      DSLT_TRY(j->backend->nn->net_run(j->net, j->input, j->taps));
      const double taken = dslt_seconds() - before, taken_work = worked() - worked_before;
      if (taken < wall) wall = taken;
      if (taken_work < work) work = taken_work;
    }
    printf("%.4f %.4f\n", 1e3 * wall, 1e3 * work);
    fflush(stdout);
  }
  return DSLT_OK;
}

static int run(job *j, char **argv, int count) {
  const dslt_backend_config config = {
      .threads = atoi(argv[5]),
      .precision = strcmp(argv[4], "bf16") ? DSLT_PRECISION_F32 : DSLT_PRECISION_BF16};
  DSLT_TRY(dslt_weights_load(&j->weights, argv[1]));
  DSLT_TRY(dslt_backend_open(&j->backend, "cpu", &config));
  DSLT_TRY(j->backend->device->begin(j->backend));
  DSLT_TRY(plan(j, atoi(argv[2]), atoi(argv[3]), argv + 8, count));
  j->in = fopen(argv[6], "rb");
  j->out = fopen(argv[7], "wb");
  if (!j->in || !j->out || fread(j->input, sizeof(float), j->input_values, j->in) != j->input_values)
    return dslt_fail(DSLT_EIO, "%s or %s cannot be opened, or is too short.", argv[6], argv[7]);
  DSLT_TRY(j->backend->nn->net_run(j->net, j->input, j->taps));
  for (int t = 0; t < count; ++t) fwrite(j->taps[t], sizeof(float), j->values[t], j->out);
  if (fflush(j->out) != 0) return dslt_fail(DSLT_EIO, "%s cannot be written.", argv[7]);
  return serve(j);
}

static void release(job *j) {
  if (j->in) fclose(j->in);
  if (j->out) fclose(j->out);
  if (j->net) j->backend->nn->net_free(j->net);
  if (j->backend) {
    j->backend->device->release(j->backend, j->input);
    for (int t = 0; t < DSLT_NET_TAPS_MAX; ++t) j->backend->device->release(j->backend, j->taps[t]);
    j->backend->device->end(j->backend);
    j->backend->device->close(j->backend);
  }
  dslt_weights_free(j->weights);
  free(j->maps);
  free(j->needed);
}

int main(int argc, char **argv) {
  job j = {0};
  if (argc < 9 || argc > 8 + DSLT_NET_TAPS_MAX) return 2;
  const int rc = run(&j, argv, argc - 8);
  if (rc != DSLT_OK) fprintf(stderr, "dslt_network_run: %s\n", dslt_last_error());
  release(&j);
  return rc == DSLT_OK ? 0 : 1;
}
