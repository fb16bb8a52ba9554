/* SPDX-License-Identifier: Apache-2.0 */
/* network.c: a network in memory: graph, weights, taps, and the blocks that hold them. */
#include "network.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"

void dslt_network_free(dslt_network *network) {
  if (!network) return;
  dslt_graph_free(&network->graph);
  for (int i = 0; i < network->blocks; ++i) free(network->block[i]);
  free(network->block);
  free(network->weight);
  free(network->bias);
  free(network);
}

static int no_memory(void) { return dslt_fail(DSLT_EMEMORY, "Out of memory for a network."); }

static int grow_views(dslt_tensor_view **views, int count) {
  dslt_tensor_view *grown = realloc(*views, (size_t)(count + 1) * sizeof *grown);
  if (!grown) return no_memory();
  grown[count] = (dslt_tensor_view){0};
  *views = grown;
  return DSLT_OK;
}

int dslt_network_add(dslt_network *network, const dslt_node *node, const char *name,
                     const dslt_tensor_view *weight, const dslt_tensor_view *bias) {
  DSLT_TRY(grow_views(&network->weight, network->graph.layers));
  DSLT_TRY(grow_views(&network->bias, network->graph.layers));
  const int index = dslt_graph_add(&network->graph, node, name);
  DSLT_TRY(index);
  if (weight) network->weight[index] = *weight;
  if (bias) network->bias[index] = *bias;
  return index;
}

int dslt_network_floats(float **out, dslt_network *network, size_t count) {
  void **grown = realloc(network->block, (size_t)(network->blocks + 1) * sizeof *grown);
  if (!grown) return no_memory();
  network->block = grown;
  float *memory = calloc(count ? count : 1, sizeof *memory);
  if (!memory) return no_memory();
  network->block[network->blocks++] = memory;
  *out = memory;
  return DSLT_OK;
}

int dslt_network_load_layer(void *network, int layer, float *weights, float *bias) {
  const dslt_network *from = network;
  const dslt_tensor_view *w = &from->weight[layer], *b = &from->bias[layer];
  const size_t channels = (size_t)from->graph.layer[layer].channels;
  dslt_tensor_to_f32(weights, w, 0, w->bytes / (w->dtype == DSLT_DTYPE_F32 ? 4 : 2));
  if (b->data)
    dslt_tensor_to_f32(bias, b, 0, channels);
  else
    memset(bias, 0, channels * sizeof *bias);
  return DSLT_OK;
}

dslt_tensor_view dslt_network_view(const float *data, int rank, const int64_t *shape) {
  dslt_tensor_view view = {.data = data, .dtype = DSLT_DTYPE_F32, .rank = rank, .bytes = sizeof(float)};
  for (int i = 0; i < rank; ++i) {
    view.shape[i] = shape[i];
    view.bytes *= (size_t)shape[i];
  }
  return view;
}

/* ---- tensors ------------------------------------------------------------------------------------- */

static int check_tensors(const dslt_network *network, int index, int cin) {
  const dslt_node *l = &network->graph.layer[index];
  const dslt_tensor_view *w = &network->weight[index], *b = &network->bias[index];
  const int64_t wanted[4] = {l->channels, cin / l->groups, l->kernel[0], l->kernel[1]};
  if (cin % l->groups)
    return dslt_fail(DSLT_EWEIGHTS, "Layer %.200s: its %d groups do not divide its %d input channels.",
                     l->name, l->groups, cin);
  if (!w->data || w->rank != 4 || memcmp(w->shape, wanted, sizeof wanted) != 0)
    return dslt_fail(DSLT_EWEIGHTS,
                     "Layer %.200s needs weights of [%lld, %lld, %lld, %lld], which are not there.", l->name,
                     (long long)wanted[0], (long long)wanted[1], (long long)wanted[2], (long long)wanted[3]);
  if (b->data && (b->rank != 1 || b->shape[0] != l->channels))
    return dslt_fail(DSLT_EWEIGHTS, "Layer %.200s needs %d biases, one for each output.", l->name,
                     l->channels);
  return DSLT_OK;
}

/* Output channels, which do not depend on the picture's size; 0: unknown behind a layer that is refused. */
static int channels_of(const dslt_node *l, const int *channels) {
  int64_t sum = 0;
  if (l->refusal) return 0;
  if (l->kind == DSLT_LAYER_INPUT || l->kind == DSLT_LAYER_CONV || l->kind == DSLT_LAYER_DENSE)
    return l->channels;
  if (l->kind != DSLT_LAYER_CONCAT) return channels[l->input[0]];
  for (int k = 0; k < l->inputs; ++k) sum = channels[l->input[k]] ? sum + channels[l->input[k]] : -INT32_MAX;
  return sum > 0 && sum <= DSLT_GRAPH_CHANNELS_MAX ? (int)sum : 0;
}

int dslt_network_check(const dslt_network *network) {
  const dslt_graph *g = &network->graph;
  int *channels = calloc((size_t)g->layers + 1, sizeof *channels), rc = channels ? DSLT_OK : no_memory();
  for (int i = 0; rc == DSLT_OK && i < g->layers; ++i) {
    const dslt_node *l = &g->layer[i];
    channels[i] = channels_of(l, channels);
    if (l->refusal || (l->kind != DSLT_LAYER_CONV && l->kind != DSLT_LAYER_DENSE)) continue;
    if (channels[l->input[0]] == 0) continue; /* its input cannot be computed, so it cannot either */
    rc = check_tensors(network, i, channels[l->input[0]]);
  }
  free(channels);
  return rc;
}

/* ---- taps ---------------------------------------------------------------------------------------- */

static int find_tap(int *out, const dslt_network *network, const char *name) {
  const dslt_graph *g = &network->graph;
  char safe[120];
  *out = dslt_graph_find(g, name);
  if (*out > 0) return DSLT_OK;
  if (*out == 0)
    return dslt_fail(DSLT_EWEIGHTS, "The picture itself cannot be tapped; name a layer behind it.");
  const char **names = calloc((size_t)g->layers, sizeof *names);
  if (!names) return no_memory();
  for (int i = 0; i < g->layers; ++i) names[i] = g->layer[i].name;
  const int nearest = dslt_nearest(name, names, g->layers);
  free(names);
  dslt_printable(safe, sizeof safe, name);
  if (nearest < 0)
    return dslt_fail(DSLT_EWEIGHTS,
                     "The network has no layer \"%s\" to tap; \"dslt weights info\" lists its layers.", safe);
  return dslt_fail(DSLT_EWEIGHTS, "The network has no layer \"%s\" to tap: did you mean \"%.100s\"?", safe,
                   g->layer[nearest].name);
}

/* A layer's stride does not depend on the picture's size, but the picture must be large enough. */
static int sort_by_stride(dslt_network *network) {
  const dslt_graph *g = &network->graph;
  dslt_node_map *maps = calloc((size_t)g->layers, sizeof *maps);
  unsigned char *needed = calloc((size_t)g->layers, 1);
  int rc;
  DSLT_TRY_OR_DONE(maps && needed ? DSLT_OK : no_memory());
  DSLT_TRY_OR_DONE(dslt_graph_needed(needed, g, network->tap, network->taps));
  DSLT_TRY_OR_DONE(dslt_graph_maps(maps, g, needed, 512, 512));
done:
  for (int i = 1; rc == DSLT_OK && i < network->taps; ++i)
    for (int k = i; k > 0; --k) {
      int *a = &network->tap[k - 1], *b = &network->tap[k];
      if (maps[*a].stride[0] <= maps[*b].stride[0]) break;
      const int swap = *a;
      *a = *b, *b = swap;
    }
  free(maps);
  free(needed);
  return rc;
}

int dslt_network_set_taps(dslt_network *network, const char *names) {
  network->taps = 0;
  for (const char *at = names; *at;) {
    char name[256];
    const size_t length = strcspn(at, ",");
    if (network->taps == DSLT_NET_TAPS_MAX)
      return dslt_fail(DSLT_EWEIGHTS, "More than %d layers are to be tapped.", DSLT_NET_TAPS_MAX);
    if (length == 0 || length >= sizeof name)
      return dslt_fail(DSLT_EWEIGHTS, "The layers to tap must be names with commas between them.");
    memcpy(name, at, length);
    name[length] = '\0';
    network->scale[network->taps] = 1.0f;
    DSLT_TRY(find_tap(&network->tap[network->taps], network, name));
    ++network->taps;
    at += length + (at[length] == ',');
  }
  return sort_by_stride(network);
}
