/* SPDX-License-Identifier: Apache-2.0 */
// stack.h: a stack of 3 x 3 convolutions with ReLU like VGG-16, two of which are tapped.
#pragma once

#include <vector>

#include "backend/backend.h"
#include "net_reference.h"

struct StackLayer {
  int cin, cout, pool_after;
};

struct Stack {
  std::vector<StackLayer> layer;
  std::vector<ref::Map> weights, biases;
  int n = 1, h = 0, w = 0, low = 0, high = 0;  // taps: convolutions
  int loads = 0;

  std::size_t layers() const { return layer.size(); }
  // Values of one picture's tap.
  std::size_t tap_values(int tap) const {
    int rows = h, columns = w;
    for (int i = 0; i < tap; ++i)
      if (layer[std::size_t(i)].pool_after) rows /= 2, columns /= 2;
    return std::size_t(rows) * columns * layer[std::size_t(tap)].cout;
  }

  int plan(dslt_net **out, dslt_backend *backend, const dslt_net *share = nullptr) {
    ref::Net net;
    conv_.assign(layers(), 0);
    int x = net.input(3);
    for (std::size_t i = 0; i <= std::size_t(high); ++i) {
      conv_[i] = x = ref::conv(&net, x, layer[i].cout, 3, 1, DSLT_ACTIVATION_RELU);
      if (layer[i].pool_after && int(i) < high)
        x = ref::pool(&net, x, DSLT_LAYER_MAX_POOL, 2, 2, 0, DSLT_ROUND_DOWN);
    }
    dslt_net_desc d = {};
    d.n = n, d.h = h, d.w = w;
    d.graph = &net.graph;
    d.taps = 2;
    d.tap[0] = conv_[std::size_t(low)], d.tap[1] = conv_[std::size_t(high)];
    d.load = load;
    d.context = this;
    d.share = share;
    return backend->nn->net_plan(out, backend, &d);
  }

 private:
  static int load(void *context, int index, float *weights, float *bias) {
    auto *stack = static_cast<Stack *>(context);
    ++stack->loads;
    std::size_t i = 0;
    while (stack->conv_[i] != index) ++i;
    std::copy(stack->weights[i].begin(), stack->weights[i].end(), weights);
    std::copy(stack->biases[i].begin(), stack->biases[i].end(), bias);
    return DSLT_OK;
  }
  std::vector<int> conv_;  // layers of the graph
};
