/* SPDX-License-Identifier: Apache-2.0 */
/* network.c: description of networks, and their conversion to this library's format. */
#include "report/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "nn/network.h"

/* ---- info ---------------------------------------------------------------------------------------- */

/* A stride that the tracker can fuse, and a map that is more than one cell. */
static int can_be_tapped(const dslt_node_map *m) {
  const double s = m->stride[0];
  return s == m->stride[1] && s >= 1 && s <= 64 && s == floor(s) && m->h > 1 && m->w > 1;
}

static void describe(char *out, size_t size, const dslt_node *l) {
  char form[64] = "";
  if (l->kind == DSLT_LAYER_CONV || l->kind == DSLT_LAYER_DENSE || l->kind == DSLT_LAYER_MAX_POOL ||
      l->kind == DSLT_LAYER_AVERAGE_POOL) {
    const int used = snprintf(form, sizeof form, " %dx%d", l->kernel[1], l->kernel[0]);
    if (l->groups > 1) snprintf(form + used, sizeof form - (size_t)used, "/%d", l->groups);
  }
  snprintf(out, size, "%s%s%s%s", dslt_layer_kind_name(l->kind), form, l->activation ? ", " : "",
           l->activation ? dslt_activation_name(l->activation) : "");
}

static void print_layer(const dslt_network *network, int index, const dslt_node_map *m) {
  const dslt_node *l = &network->graph.layer[index];
  char name[40], what[128], map[32], field[32] = "picture", mark[16] = "";
  dslt_printable(name, sizeof name, l->name);
  if (l->refusal) {
    char refusal[300];
    printf("  %-38s cannot be computed: %s\n", name, dslt_printable(refusal, sizeof refusal, l->refusal));
    return;
  }
  describe(what, sizeof what, l);
  if (m->c == 0) {
    printf("  %-38s %-34s depends on a layer that cannot be computed\n", name, what);
    return;
  }
  snprintf(map, sizeof map, "%dx%dx%d", m->w, m->h, m->c);
  if (!m->whole) snprintf(field, sizeof field, "%g", m->last[0] - m->first[0] + 1);
  if (index > 0 && can_be_tapped(m)) snprintf(mark, sizeof mark, "tap");
  for (int t = 0; t < network->taps; ++t)
    if (network->tap[t] == index) snprintf(mark, sizeof mark, "TAP %d", t + 1);
  printf("  %-38s %-34s %-14s %6g %9s %10.0f %9.3f  %s\n", name, what, map, m->stride[0], field, m->weights,
         m->flop / 1e9, mark);
}

int dslt_network_print_layers(const dslt_weights *weights, int side) {
  const dslt_network *network = weights->network;
  const dslt_graph *g = &network->graph;
  dslt_node_map *maps = calloc((size_t)g->layers, sizeof *maps);
  if (!maps) return dslt_fail(DSLT_EMEMORY, "Out of memory for a network's maps.");
  int rc = dslt_graph_maps(maps, g, NULL, side, side);
  if (rc < 0) { /* the network may be made for one size only: show at least the layers that the taps need */
    unsigned char *needed = calloc((size_t)g->layers, 1);
    rc = needed ? dslt_graph_needed(needed, g, network->tap, network->taps)
                : dslt_fail(DSLT_EMEMORY, "Out of memory for a network's maps.");
    if (rc == DSLT_OK) rc = dslt_graph_maps(maps, g, needed, side, side);
    free(needed);
  }
  double flop = 0, parameters = 0;
  if (rc == DSLT_OK)
    printf("\nFor a picture of %d x %d\n  %-38s %-34s %-14s %6s %9s %10s %9s\n", side, side, "layer", "kind",
           "map", "stride", "sees, px", "parameters", "GFLOP");
  for (int i = 0; rc == DSLT_OK && i < g->layers; ++i) {
    print_layer(network, i, &maps[i]);
    flop += maps[i].flop;
    parameters += maps[i].weights;
  }
  if (rc == DSLT_OK)
    printf("  %-38s %-34s %-14s %6s %9s %10.0f %9.3f\n", "total", "", "", "", "", parameters, flop / 1e9);
  free(maps);
  return rc;
}

/* ---- convert ------------------------------------------------------------------------------------- */

static int keep_taps(dslt_weights *weights) {
  dslt_network *network = weights->network;
  if (weights->matching) return DSLT_OK; /* its head reads a layer behind the taps; nothing is superfluous */
  unsigned char *keep = calloc((size_t)network->graph.layers, 1);
  if (!keep) return dslt_fail(DSLT_EMEMORY, "Out of memory for a network.");
  for (int t = 0; t < network->taps; ++t) keep[network->tap[t]] = 1;
  const int rc = dslt_network_simplify(network, keep);
  free(keep);
  return rc;
}

static int is_given(const dslt_text_pair *given, int count, const char *key) {
  for (int i = 0; i < count; ++i)
    if (strcmp(given[i].key, key) == 0) return 1;
  return 0;
}

static int prepare(dslt_weights *weights, const char *from, const dslt_text_pair *given, int count) {
  dslt_network *network = weights->network;
  if (!network)
    return dslt_fail(DSLT_EWEIGHTS, "%s: it is a VGG-16, which is in our own format already.", from);
  if (network->taps < 1)
    return dslt_fail(
        DSLT_EWEIGHTS,
        "%s: name the layers that the tracker taps: --taps=A,B; \"dslt weights info %s\" lists them.", from,
        from);
  DSLT_TRY(keep_taps(weights));
  if (network->graph.layer[0].channels != 3 || is_given(given, count, "dslt.scales")) return DSLT_OK;
  return dslt_network_probe(network, weights->preprocess.deviation);
}

int dslt_network_convert(int *writing, const char *from, const char *to, const dslt_text_pair *given,
                         int count, const char *dtype) {
  *writing = 0;
  static const char *const names[] = {"f32", "f16", "bf16"};
  int found = -1;
  for (int i = 0; i < 3; ++i)
    if (strcmp(dtype, names[i]) == 0) found = i;
  if (found < 0) return dslt_fail(DSLT_EARGUMENT, "--dtype takes f32, f16 or bf16, not \"%s\".", dtype);
  dslt_weights *weights = NULL;
  DSLT_TRY(dslt_weights_load_given(&weights, from, given, count));
  int rc = prepare(weights, from, given, count);
  *writing = rc == DSLT_OK;
  if (rc == DSLT_OK) rc = dslt_weights_save(weights, to, (dslt_dtype)found);
  dslt_weights_free(weights);
  return rc;
}
