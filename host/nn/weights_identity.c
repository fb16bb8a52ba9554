/* SPDX-License-Identifier: Apache-2.0 */
/* weights_identity.c: a hash that tells networks apart. */
#include <string.h>

#include "base/hash.h"
#include "nn/network.h"
#include "nn/weights_internal.h"

static uint64_t add_whole(uint64_t hash, int64_t value) { return dslt_hash(hash, &value, sizeof value); }
static uint64_t add_real(uint64_t hash, float value) { return dslt_hash(hash, &value, sizeof value); }

static uint64_t add_tensor(uint64_t hash, const dslt_tensor_view *view) {
  if (!view->data) return add_whole(hash, -1);
  hash = add_whole(hash, (int64_t)view->dtype);
  for (int i = 0; i < view->rank && i < 4; ++i) hash = add_whole(hash, view->shape[i]);
  return dslt_hash(hash, view->data, view->bytes);
}

/* The numbers of a layer that cannot be computed mean nothing. */
static uint64_t add_layer(uint64_t hash, const dslt_node *l) {
  hash = dslt_hash(hash, l->name, strlen(l->name));
  if (l->refusal) return add_whole(hash, -1);
  const int numbers[] = {l->kind,          l->activation, l->channels,    l->kernel[0],   l->kernel[1],
                         l->stride[0],     l->stride[1],  l->dilation[0], l->dilation[1], l->pad[0],
                         l->pad[1],        l->pad[2],     l->pad[3],      l->padding,     l->rounding,
                         l->count_padding, l->groups,     l->bias,        l->size,        l->within,
                         l->factor[0],     l->factor[1],  l->linear,      l->inputs};
  const float reals[] = {l->slope, l->alpha, l->beta, l->k};
  hash = dslt_hash(hash, numbers, sizeof numbers);
  hash = dslt_hash(hash, l->input, (size_t)l->inputs * sizeof *l->input);
  return dslt_hash(hash, reals, sizeof reals);
}

static uint64_t add_network(uint64_t hash, const dslt_network *network) {
  for (int i = 0; i < network->graph.layers; ++i) {
    hash = add_layer(hash, &network->graph.layer[i]);
    hash = add_tensor(add_tensor(hash, &network->weight[i]), &network->bias[i]);
  }
  for (int i = 0; i < network->taps; ++i)
    hash = add_real(add_whole(hash, network->tap[i]), network->scale[i]);
  return hash;
}

uint64_t dslt_weights_identity(const dslt_weights *w) {
  const dslt_preprocess *p = &w->preprocess;
  uint64_t hash = add_whole(0, p->rgb);
  for (int i = 0; i < 3; ++i) hash = add_real(add_real(hash, p->mean[i]), p->deviation[i]);
  hash = add_real(add_real(hash, p->scale_low), p->scale_high);
  for (int i = 0; i < w->layers && !w->network; ++i)
    hash = add_tensor(add_tensor(hash, &w->weight[i]), &w->bias[i]);
  if (w->network) hash = add_network(hash, w->network);
  if (!w->matching) return hash;
  hash = add_whole(add_whole(hash, w->matching_side[0]), w->matching_side[1]);
  if (w->matching_around < 1.0f) hash = add_real(hash, w->matching_around);
  return add_network(add_whole(hash, w->matching_tap), w->matching);
}
