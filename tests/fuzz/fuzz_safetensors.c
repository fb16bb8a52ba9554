/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer entry for weight files: the container's parser and the mapping of tensors to layers. Seeds come
 * from make_safetensors_corpus.py, words from safetensors.dict. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "nn/matching.h"
#include "nn/network.h"
#include "nn/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
  if (!truth) abort();
}

static volatile unsigned sink; /* so that reads are not optimised away */

/* Every byte that a view promises must be there. */
static void touch(const dslt_tensor_view *view) {
  const unsigned char *bytes = view->data;
  for (size_t i = 0; i < view->bytes; ++i) sink = bytes[i];
}

static void fuzz_container(const uint8_t *data, size_t size) {
  dslt_safetensors *file = NULL;
  const int rc = dslt_safetensors_parse(&file, data, size, "fuzz");
  require(rc == 0 ? file != NULL : rc == DSLT_EFORMAT && !file && dslt_last_error()[0]);
  if (rc < 0) return;
  size_t bytes = 0;
  for (int i = 0; i < dslt_safetensors_count(file); ++i) {
    const dslt_named_tensor *tensor = dslt_safetensors_at(file, i);
    touch(&tensor->view);
    bytes += tensor->view.bytes;
    require(dslt_safetensors_find(file, tensor->name) == tensor);
    char safe[16];
    dslt_printable(safe, sizeof safe, tensor->name);
  }
  require(bytes < size); /* no byte belongs to two tensors */
  const char *key, *value;
  for (int i = 0; dslt_safetensors_metadata_at(&key, &value, file, i); ++i) require(key && value);
  dslt_safetensors_free(file);
}

static void fuzz_network(const dslt_weights *weights) {
  const dslt_network *network = weights->network;
  require(network->taps <= DSLT_NET_TAPS_MAX);
  for (int i = 0; i < network->taps; ++i)
    require(network->tap[i] >= 0 && network->tap[i] < network->graph.layers && network->scale[i] > 0);
  dslt_matching_shape shape;
  if (dslt_matching_shape_of(&shape, weights) < 0) return;
  require(weights->matching_tap >= 0 && weights->matching_tap < network->graph.layers);
  for (int i = 0; i < DSLT_MATCHING_TAPS; ++i)
    require(shape.map[i].channels > 0 && shape.map[i].cells > 0 && shape.map[i].template_cells > 0);
}

static void fuzz_weights(const uint8_t *data, size_t size) {
  dslt_weights *weights = NULL;
  const int rc = dslt_weights_from_memory(&weights, data, size, "fuzz");
  if (rc < 0) {
    require((rc == DSLT_EFORMAT || rc == DSLT_EWEIGHTS) && !weights && dslt_last_error()[0]);
    return;
  }
  if (weights->network) {
    fuzz_network(weights);
    dslt_weights_free(weights);
    return;
  }
  require(weights->layers >= DSLT_WEIGHTS_MIN_LAYERS && weights->layers <= DSLT_VGG_CONVS);
  int in = 3;
  for (int layer = 0; layer < weights->layers; ++layer) {
    const dslt_tensor_view *view = &weights->weight[layer];
    require(view->rank == 4 && view->shape[0] == weights->width[layer] && view->shape[1] == in);
    float last;
    dslt_tensor_to_f32(&last, view, (size_t)view->shape[0] * (size_t)view->shape[1] * 9 - 1, 1);
    require(isfinite(last));
    in = weights->width[layer];
  }
  for (int c = 0; c < 3; ++c)
    require(isfinite(weights->preprocess.mean[c]) && weights->preprocess.deviation[c] > 0);
  require(weights->preprocess.scale_low > 0 && weights->preprocess.scale_high > 0);
  char arch[DSLT_ARCH_MAX];
  dslt_weights_arch(arch, sizeof arch, weights);
  dslt_weights_free(weights);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_container(data, size);
  fuzz_weights(data, size);
  return 0;
}
