/* SPDX-License-Identifier: Apache-2.0 */
/* weights_network.c: weights that are a network of any kind. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "network.h"
#include "weights_internal.h"

/* Taps, their scales, and how the picture is fed. */
static int take_metadata(dslt_weights *weights, const dslt_metadata *metadata) {
  dslt_network *network = weights->network;
  const char *taps = dslt_metadata_text(metadata, DSLT_KEY_TAPS);
  float scale[DSLT_NET_TAPS_MAX];
  strcpy(weights->names, "torch"); /* most networks' convention */
  DSLT_TRY(dslt_weights_read_preprocess(weights, metadata));
  if (taps) DSLT_TRY(dslt_network_set_taps(network, taps));
  const int read = dslt_metadata_numbers(scale, network->taps, metadata, DSLT_KEY_SCALES, 1e-9, 1e9,
                                         "one number above 0 for each tap, with commas between them");
  DSLT_TRY(read);
  if (read > 0 && network->taps > 0) memcpy(network->scale, scale, (size_t)network->taps * sizeof *scale);
  return DSLT_OK;
}

/* The matching head of a siamese network, if there is one. */
static int take_matching(dslt_weights *weights, const dslt_metadata *metadata) {
  const char *text = dslt_metadata_text(metadata, DSLT_KEY_MATCHING),
             *tap = dslt_metadata_text(metadata, DSLT_KEY_MATCHING_TAP);
  float side[2];
  if (!text) return DSLT_OK;
  if (!metadata->file) return dslt_fail(DSLT_EWEIGHTS, "A matching head can only be in a safetensors file.");
  int rc = dslt_network_read(&weights->matching, text, metadata->file);
  if (rc < 0) return dslt_fail_prefix(rc, "The matching head");
  weights->matching_tap = tap ? dslt_graph_find(&weights->network->graph, tap) : -1;
  if (weights->matching_tap < 0)
    return dslt_fail(DSLT_EWEIGHTS,
                     "The metadata's " DSLT_KEY_MATCHING_TAP " names no layer of the network.");
  rc = dslt_metadata_numbers(side, 2, metadata, DSLT_KEY_MATCHING_SIDES, 16, 1024,
                             "the sides of template and search area in pixels, as in 127,255");
  DSLT_TRY(rc);
  if (rc == 0)
    return dslt_fail(DSLT_EWEIGHTS,
                     "The metadata has " DSLT_KEY_MATCHING " but no " DSLT_KEY_MATCHING_SIDES ".");
  for (int i = 0; i < 2; ++i) weights->matching_side[i] = (int)side[i];
  weights->matching_around = 1.0f;
  rc = dslt_metadata_numbers(&weights->matching_around, 1, metadata, DSLT_KEY_MATCHING_AROUND, 0, 1,
                             "a number from 0 to 1");
  return rc < 0 ? rc : DSLT_OK;
}

int dslt_weights_take_network(dslt_weights *weights, const dslt_metadata *metadata) {
  DSLT_TRY(
      dslt_network_read(&weights->network, dslt_metadata_text(metadata, DSLT_KEY_GRAPH), metadata->file));
  DSLT_TRY(take_metadata(weights, metadata));
  return take_matching(weights, metadata);
}

static int keep_pair(void *context, const char *key, const char *value) {
  dslt_metadata *m = context;
  dslt_text_pair *grown = realloc(m->own, (size_t)(m->own_count + 1) * sizeof *grown);
  if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading an ONNX file.");
  m->own = grown;
  m->own[m->own_count] = (dslt_text_pair){strdup(key), strdup(value)};
  ++m->own_count;
  return DSLT_OK;
}

int dslt_weights_take_onnx(dslt_weights *weights, const void *data, size_t size, const char *name,
                           const dslt_text_pair *given, int given_count) {
  dslt_metadata metadata = {.given = given, .given_count = given_count};
  int rc = dslt_network_from_onnx(&weights->network, data, size, name, keep_pair, &metadata);
  if (rc == DSLT_OK && (rc = take_metadata(weights, &metadata)) < 0) rc = dslt_fail_prefix(rc, name);
  if (rc == DSLT_OK && weights->network->taps > 0 && weights->network->graph.layer[0].channels == 3 &&
      !dslt_metadata_text(&metadata, DSLT_KEY_SCALES))
    rc = dslt_network_probe(weights->network, weights->preprocess.deviation);
  const char *source = rc == DSLT_OK ? dslt_metadata_text(&metadata, DSLT_KEY_SOURCE) : NULL;
  const char *license = rc == DSLT_OK ? dslt_metadata_text(&metadata, DSLT_KEY_LICENSE) : NULL;
  if (source) weights->source = strdup(source);
  if (license) weights->license = strdup(license);
  for (int i = 0; i < metadata.own_count; ++i) {
    free((char *)(uintptr_t)metadata.own[i].key);
    free((char *)(uintptr_t)metadata.own[i].value);
  }
  free(metadata.own);
  return rc;
}
