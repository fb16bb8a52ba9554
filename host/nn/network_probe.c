/* SPDX-License-Identifier: Apache-2.0 */
/* network_probe.c: measures the size of a network's features, since the tracker's learning rates are tuned
 * for VGG-16's. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "base/error.h"
#include "network.h"
#include "weights_internal.h"

enum { TILES = 6, SIDE = TILES * DSLT_PROBE_SIDE };
static const double MEAN_ACTIVATION = 20;

/* The image, repeated in both directions, channels last. */
static int make_input(float **out, const float *deviation) {
  const size_t cells = (size_t)DSLT_PROBE_SIDE * DSLT_PROBE_SIDE;
  double *image = malloc(3 * cells * sizeof *image);
  float *input = malloc((size_t)SIDE * SIDE * 3 * sizeof *input);
  if (image && input) {
    dslt_probe_image(image);
    for (size_t i = 0; i < (size_t)SIDE * SIDE; ++i)
      for (size_t c = 0; c < 3; ++c) {
        const size_t row = i / SIDE % DSLT_PROBE_SIDE, column = i % SIDE % DSLT_PROBE_SIDE;
        input[3 * i + c] = (float)(image[c * cells + row * DSLT_PROBE_SIDE + column] / (double)deviation[c]);
      }
  }
  free(image);
  if (!image || !input) {
    free(input);
    return dslt_fail(DSLT_EMEMORY, "Out of memory while measuring a network's features.");
  }
  *out = input;
  return DSLT_OK;
}

static float scale_for(const float *values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += fabs((double)values[i]);
  if (!(sum > 0)) return 1.0f; /* all its units are zero */
  char text[32];
  const double scale = MEAN_ACTIVATION * (double)count / sum;
  snprintf(text, sizeof text, "%.2g", scale); /* the last bits of the sum depend on the processor */
  return (float)atof(text);
}

static int run(dslt_network *network, dslt_backend *backend, const float *input, const dslt_node_map *maps) {
  dslt_net_desc desc = {.n = 1,
                        .h = SIDE,
                        .w = SIDE,
                        .graph = &network->graph,
                        .taps = network->taps,
                        .load = dslt_network_load_layer,
                        .context = network};
  float *taps[DSLT_NET_TAPS_MAX] = {0};
  size_t values[DSLT_NET_TAPS_MAX] = {0};
  dslt_net *net = NULL;
  int rc = DSLT_OK;
  memcpy(desc.tap, network->tap, sizeof desc.tap);
  for (int t = 0; rc == DSLT_OK && t < network->taps; ++t) {
    const dslt_node_map *m = &maps[network->tap[t]];
    void *memory = NULL;
    values[t] = (size_t)m->c * (size_t)m->h * (size_t)m->w;
    rc = backend->device->alloc(&memory, backend, values[t] * sizeof(float));
    taps[t] = memory;
  }
  if (rc == DSLT_OK) rc = backend->nn->net_plan(&net, backend, &desc);
  if (rc == DSLT_OK) rc = backend->nn->net_run(net, input, taps);
  for (int t = 0; rc == DSLT_OK && t < network->taps; ++t) network->scale[t] = scale_for(taps[t], values[t]);
  if (net) backend->nn->net_free(net);
  for (int t = 0; t < network->taps; ++t) backend->device->release(backend, taps[t]);
  return rc;
}

int dslt_network_probe(dslt_network *network, const float *deviation) {
  const size_t layers = (size_t)network->graph.layers;
  const dslt_backend_config config = {.precision = DSLT_PRECISION_F32};
  dslt_node_map *maps = calloc(layers, sizeof *maps);
  unsigned char *needed = calloc(layers, 1);
  dslt_backend *backend = NULL;
  float *input = NULL;
  int rc;
  DSLT_TRY_OR_DONE(maps && needed
                       ? DSLT_OK
                       : dslt_fail(DSLT_EMEMORY, "Out of memory while measuring a network's features."));
  DSLT_TRY_OR_DONE(dslt_graph_needed(needed, &network->graph, network->tap, network->taps));
  DSLT_TRY_OR_DONE(dslt_graph_maps(maps, &network->graph, needed, SIDE, SIDE));
  DSLT_TRY_OR_DONE(make_input(&input, deviation));
  DSLT_TRY_OR_DONE(dslt_backend_open(&backend, "cpu", &config));
done:
  if (rc == DSLT_OK) {
    rc = backend->device->begin(backend);
    if (rc == DSLT_OK) rc = dslt_backend_end(backend, run(network, backend, input, maps));
    backend->device->close(backend);
  }
  free(maps);
  free(needed);
  free(input);
  return rc;
}
