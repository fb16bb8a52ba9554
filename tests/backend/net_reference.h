/* SPDX-License-Identifier: Apache-2.0 */
// net_reference.h: any network in double, by the definitions, and random weights for it.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "backend/graph.h"
#include "dslt/dslt.h"
#include "reference/network.h"

namespace ref {

struct Net {
  dslt_graph graph = {};
  std::vector<Map> weights, biases;  // of each layer; float32 values

  Net() = default;
  Net(const Net &) = delete;
  Net &operator=(const Net &) = delete;
  ~Net() { dslt_graph_free(&graph); }

  int add(dslt_node node, const std::vector<int> &inputs) {
    node.inputs = int(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) node.input[i] = inputs[i];
    return dslt_graph_add(&graph, &node, ("layer" + std::to_string(graph.layers)).c_str());
  }
  int input(int channels) {
    dslt_node node = dslt_layer_of(DSLT_LAYER_INPUT);
    node.channels = channels;
    return add(node, {});
  }
};

inline int conv(Net *net, int from, int channels, int kernel, int stride, int activation, int pad = -1,
                int groups = 1) {
  dslt_node node = dslt_layer_of(DSLT_LAYER_CONV);
  node.channels = channels;
  node.groups = groups;
  node.bias = 1;
  node.activation = activation;
  for (int d = 0; d < 2; ++d) {
    node.kernel[d] = kernel, node.stride[d] = stride;
    node.pad[d] = node.pad[d + 2] = pad < 0 ? (kernel - 1) / 2 : pad;
  }
  return net->add(node, {from});
}

inline int pool(Net *net, int from, int kind, int kernel, int stride, int pad, int rounding) {
  dslt_node node = dslt_layer_of(kind);
  node.rounding = rounding;
  for (int d = 0; d < 2; ++d)
    node.kernel[d] = kernel, node.stride[d] = stride, node.pad[d] = node.pad[d + 2] = pad;
  return net->add(node, {from});
}

inline int join(Net *net, int kind, const std::vector<int> &from, int activation = DSLT_ACTIVATION_NONE) {
  dslt_node node = dslt_layer_of(kind);
  node.activation = activation;
  return net->add(node, from);
}

// Random weights for pictures of one size; He-normal, so that values stay near 1.
inline std::vector<dslt_node_map> randomise(Net *net, int h, int w, unsigned seed = 5) {
  std::vector<dslt_node_map> maps(std::size_t(net->graph.layers));
  if (dslt_graph_maps(maps.data(), &net->graph, nullptr, h, w) != DSLT_OK) return {};
  Noise noise(seed);
  for (int i = 0; i < net->graph.layers; ++i) {
    const dslt_node &l = net->graph.layer[i];
    const dslt_node_map &in = maps[std::size_t(l.inputs ? l.input[0] : 0)];
    const std::size_t count = dslt_layer_weights_count(&l, &in);
    const double fan = double(in.c) / l.groups * l.kernel[0] * l.kernel[1];
    net->weights.push_back(rounded(noise.map(count, 1.7 * std::sqrt(2.0 / fan))));
    net->biases.push_back(rounded(noise.map(count ? std::size_t(l.channels) : 0, 0.3)));
  }
  return maps;
}

inline int load(void *context, int layer, float *weights, float *bias) {
  const auto *net = static_cast<const Net *>(context);
  const std::size_t i = std::size_t(layer);
  std::copy(net->weights[i].begin(), net->weights[i].end(), weights);
  std::copy(net->biases[i].begin(), net->biases[i].end(), bias);
  return DSLT_OK;
}

inline double activate(const dslt_node &l, double x) {
  switch (l.activation) {
    case DSLT_ACTIVATION_RELU: return std::fmax(x, 0);
    case DSLT_ACTIVATION_RELU6: return std::fmin(std::fmax(x, 0), 6);
    case DSLT_ACTIVATION_HARD_SWISH: return x * std::fmin(std::fmax(x / 6 + 0.5, 0), 1);
    case DSLT_ACTIVATION_HARD_SIGMOID: return std::fmin(std::fmax(double(l.slope) * x + 0.5, 0), 1);
    case DSLT_ACTIVATION_SIGMOID: return 1 / (1 + std::exp(-x));
    default: return x;
  }
}

// One picture's maps, [h][w][c].
class Run {
 public:
  Run(const Net &net, const std::vector<dslt_node_map> &maps, const Map &picture) : net_(net), maps_(maps) {
    for (int i = 0; i < net.graph.layers; ++i) out_.push_back(i == 0 ? picture : layer(i));
  }
  const Map &operator[](int layer) const { return out_[std::size_t(layer)]; }

 private:
  const dslt_node_map &map(int i) const { return maps_[std::size_t(i)]; }
  // Value of the input; outside of the map: `outside`.
  double at(int layer, int y, int x, int c, double outside = 0) const {
    const dslt_node_map &m = map(layer);
    if (y < 0 || y >= m.h || x < 0 || x >= m.w) return outside;
    return out_[std::size_t(layer)][(std::size_t(y) * m.w + x) * m.c + c];
  }
  Map layer(int i) const {
    const dslt_node &l = net_.graph.layer[i];
    const dslt_node_map &m = map(i);
    Map y(std::size_t(m.h) * m.w * m.c);
    for (int r = 0; r < m.h; ++r)
      for (int q = 0; q < m.w; ++q)
        for (int c = 0; c < m.c; ++c)
          y[(std::size_t(r) * m.w + q) * m.c + c] = activate(l, value(i, l, m, r, q, c));
    return y;
  }
  double value(int i, const dslt_node &l, const dslt_node_map &m, int r, int q, int c) const {
    switch (l.kind) {
      case DSLT_LAYER_CONV:
      case DSLT_LAYER_DENSE: return conv_value(i, l, m, r, q, c);
      case DSLT_LAYER_MAX_POOL:
      case DSLT_LAYER_AVERAGE_POOL: return pooled(l, m, r, q, c);
      case DSLT_LAYER_GLOBAL_AVERAGE: return average(l, c);
      case DSLT_LAYER_LRN: return normalised(l, r, q, c);
      case DSLT_LAYER_UPSAMPLE: return upsampled(l, r, q, c);
      case DSLT_LAYER_CONCAT:
        for (int k = 0;; ++k) {
          const int channels = map(l.input[k]).c;
          if (c < channels) return at(l.input[k], r, q, c);
          c -= channels;
        }
      case DSLT_LAYER_SUM:
      case DSLT_LAYER_PRODUCT: return joined(l, r, q, c);
      default: return at(l.input[0], r, q, c);
    }
  }
  double conv_value(int i, const dslt_node &l, const dslt_node_map &m, int r, int q, int c) const {
    const int cin = map(l.input[0]).c / l.groups, first = c / (l.channels / l.groups) * cin;
    double sum = net_.biases[std::size_t(i)][std::size_t(c)];
    for (int a = 0; a < cin; ++a)
      for (int ky = 0; ky < l.kernel[0]; ++ky)
        for (int kx = 0; kx < l.kernel[1]; ++kx)
          sum += net_.weights[std::size_t(i)]
                             [((std::size_t(c) * cin + a) * l.kernel[0] + ky) * l.kernel[1] + kx] *
                 at(l.input[0], r * l.stride[0] + ky * l.dilation[0] - m.pad[0],
                    q * l.stride[1] + kx * l.dilation[1] - m.pad[1], first + a);
    return sum;
  }
  double pooled(const dslt_node &l, const dslt_node_map &m, int r, int q, int c) const {
    const dslt_node_map &in = map(l.input[0]);
    double best = -INFINITY, sum = 0;
    int inside = 0, padded = 0;
    for (int ky = 0; ky < l.kernel[0]; ++ky)
      for (int kx = 0; kx < l.kernel[1]; ++kx) {
        const int y = r * l.stride[0] + ky - m.pad[0], x = q * l.stride[1] + kx - m.pad[1];
        padded += y < in.h + m.pad[2] && x < in.w + m.pad[3];
        if (y < 0 || x < 0 || y >= in.h || x >= in.w) continue;
        const double v = at(l.input[0], y, x, c);
        best = std::fmax(best, v);
        sum += v;
        ++inside;
      }
    return l.kind == DSLT_LAYER_MAX_POOL ? best : sum / (l.count_padding ? padded : inside);
  }
  double average(const dslt_node &l, int c) const {
    const dslt_node_map &in = map(l.input[0]);
    double sum = 0;
    for (int y = 0; y < in.h; ++y)
      for (int x = 0; x < in.w; ++x) sum += at(l.input[0], y, x, c);
    return sum / in.h / in.w;
  }
  double normalised(const dslt_node &l, int r, int q, int c) const {
    const int half = l.size / 2, channels = map(l.input[0]).c;
    double sum = 0;
    for (int a = -half; a <= half; ++a)
      for (int b = l.within ? -half : 0; b <= (l.within ? half : 0); ++b) {
        if (!l.within && (c + a < 0 || c + a >= channels)) continue;
        const double x = l.within ? at(l.input[0], r + a, q + b, c) : at(l.input[0], r, q, c + a);
        sum += x * x;
      }
    const double summands = l.within ? l.size * l.size : l.size;
    return at(l.input[0], r, q, c) *
           std::pow(double(l.k) + double(l.alpha) / summands * sum, -double(l.beta));
  }
  double upsampled(const dslt_node &l, int r, int q, int c) const {
    const dslt_node_map &in = map(l.input[0]);
    if (!l.linear) return at(l.input[0], r / l.factor[0], q / l.factor[1], c);
    const double y = std::fmin(std::fmax((r + 0.5) / l.factor[0] - 0.5, 0), in.h - 1);
    const double x = std::fmin(std::fmax((q + 0.5) / l.factor[1] - 0.5, 0), in.w - 1);
    const int y0 = int(y), x0 = int(x), y1 = std::min(y0 + 1, in.h - 1), x1 = std::min(x0 + 1, in.w - 1);
    const double fy = y - y0, fx = x - x0;
    return (1 - fy) * ((1 - fx) * at(l.input[0], y0, x0, c) + fx * at(l.input[0], y0, x1, c)) +
           fy * ((1 - fx) * at(l.input[0], y1, x0, c) + fx * at(l.input[0], y1, x1, c));
  }
  double joined(const dslt_node &l, int r, int q, int c) const {
    double all = l.kind == DSLT_LAYER_SUM ? 0 : 1;
    for (int k = 0; k < l.inputs; ++k) {
      const dslt_node_map &in = map(l.input[k]);
      const double x = in.h == 1 && in.w == 1 ? at(l.input[k], 0, 0, c) : at(l.input[k], r, q, c);
      all = l.kind == DSLT_LAYER_SUM ? all + x : all * x;
    }
    return all;
  }

  const Net &net_;
  const std::vector<dslt_node_map> &maps_;
  std::vector<Map> out_;
};

}  // namespace ref
