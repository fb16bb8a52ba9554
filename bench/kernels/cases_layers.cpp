/* SPDX-License-Identifier: Apache-2.0 */
// cases_layers.cpp: the layers of networks other than VGG-16: those that ship (the siamese tracker's, ZF, AdaCFNet's),
// GoogLeNet's and MobileNetV3's. The CPU has no single layers, so each result is compared with its definition.
#include <memory>

#include "cases.h"
#include "layers.h"

namespace bench {
namespace {

struct Shape {
  int n, h, w, c;
};

std::string shown(const Shape &s) {
  return std::to_string(s.n) + "x" + times(s.h, s.w) + "x" + std::to_string(s.c);
}

std::size_t size_of(const Shape &s) {
  return std::size_t(s.n) * std::size_t(s.h) * std::size_t(s.w) * std::size_t(s.c);
}

// A batch of maps on the device, and what the host knows of it.
struct Maps {
  dslt_layer_map there;
  Shape s;
  std::shared_ptr<const std::vector<float>> values;  // of an input

  // 0 outside of the map.
  double at(int i, int y, int x, int c) const {
    if (y < 0 || x < 0 || y >= s.h || x >= s.w) return 0;
    return double(
        (*values)[((std::size_t(i) * std::size_t(s.h) + std::size_t(y)) * std::size_t(s.w) + std::size_t(x)) *
                      std::size_t(s.c) +
                  std::size_t(c)]);
  }
  double bytes() const { return element(there.type) * double(size_of(s)); }
};

// Maps behind a ReLU, as most of these layers see them.
Maps input(Memory &m, dslt_type type, const Shape &s, unsigned seed) {
  auto values = std::make_shared<std::vector<float>>(noise(size_of(s), seed));
  for (float &v : *values) v = stored(type, std::max(v, 0.0f));
  return {{put(m, type, *values), type, s.h, s.w, s.c, s.c, 0}, s, values};
}

Maps output(Memory &m, dslt_type type, const Shape &s) {
  return {{m.zeros<float>(size_of(s)), type, s.h, s.w, s.c, s.c, 0}, s, nullptr};
}

using Definition = std::function<double(int i, int y, int x, int c)>;

// A case whose result is y; its bytes and FLOPs without those of y's own.
Case case_of(const Maps &y, double input_bytes, double flops_each,
             const std::function<int(dslt_stream)> &launch, const Definition &want) {
  Case c;
  c.bytes = input_bytes + y.bytes();
  c.flops = flops_each * double(size_of(y.s));
  c.tolerance = y.there.type == DSLT_TYPE_BF16 ? 1.0 / 128 : 2e-5;
  c.launch = launch;
  c.error = [=] {
    std::vector<float> all;
    all.reserve(size_of(y.s));
    for (int i = 0; i < y.s.n; ++i)
      for (int row = 0; row < y.s.h; ++row)
        for (int column = 0; column < y.s.w; ++column)
          for (int channel = 0; channel < y.s.c; ++channel)
            all.push_back(float(want(i, row, column, channel)));
    return difference(take(y.there.type, y.there.data, all.size()), all);
  };
  return c;
}

const dslt_layer_end kPlain = {DSLT_ACTIVATION_NONE, 0, nullptr, nullptr};

dslt_layer_window window_of(int kernel, int stride, int pad) {
  return {{kernel, kernel}, {stride, stride}, {1, 1}, {pad, pad, pad, pad}, 0};
}

int side_of(int side, int kernel, int stride, int pad) { return (side + 2 * pad - kernel) / stride + 1; }

std::string window_name(int kernel, int stride) {
  return " " + times(kernel, kernel) + "/" + std::to_string(stride);
}

// Behind a matrix product: its sums, a bias, for the end of a residual block the block's input, ReLU.
Entry finish(const Shape &s, dslt_type type, bool residual) {
  return {
      "finish " + shown(s) + (residual ? " bias, sum, relu" : " bias, relu") + named(type),
      [=](Memory &m, dslt_backend *) {
        auto sums = std::make_shared<std::vector<float>>(noise(size_of(s), 1));
        const Maps x = {{m.put(*sums), DSLT_TYPE_F32, s.h, s.w, s.c, s.c, 0}, s, sums},
                   add = input(m, type, s, 2), y = output(m, type, s);
        const std::vector<float> bias = noise(std::size_t(s.c), 3);
        const float *there = m.put(bias);
        const double more = residual ? add.bytes() : 0;
        return case_of(
            y, x.bytes() + more + 4.0 * s.c, residual ? 3 : 2,
            [=](dslt_stream stream) {
              const dslt_layer_end end = {DSLT_ACTIVATION_RELU, 0, there, residual ? &add.there : nullptr};
              return dslt_kernel_finish(stream, &y.there, &x.there, &end, s.n, nullptr);
            },
            [=](int i, int row, int column, int c) {
              return std::max(x.at(i, row, column, c) + double(bias[std::size_t(c)]) +
                                  (residual ? add.at(i, row, column, c) : 0.0),
                              0.0);
            });
      }};
}

Entry depthwise(const Shape &s, int kernel, int stride, dslt_type type) {
  return {
      "depthwise " + shown(s) + window_name(kernel, stride) + named(type), [=](Memory &m, dslt_backend *) {
        const int pad = kernel / 2;
        const Shape out = {s.n, side_of(s.h, kernel, stride, pad), side_of(s.w, kernel, stride, pad), s.c};
        const Maps x = input(m, type, s, 1), y = output(m, type, out);
        std::vector<float> weights = noise(std::size_t(kernel * kernel * s.c), 2, 0.3f);
        for (float &v : weights) v = stored(type, v);
        const std::vector<float> bias = noise(std::size_t(s.c), 3, 0.1f);
        const void *filter = put(m, type, weights);
        const float *there = m.put(bias);
        const dslt_layer_window window = window_of(kernel, stride, pad);
        return case_of(
            y, x.bytes() + element(type) * double(weights.size()) + 4.0 * s.c, 2.0 * kernel * kernel,
            [=](dslt_stream stream) {
              const dslt_layer_end end = {DSLT_ACTIVATION_RELU, 0, there, nullptr};
              return dslt_kernel_depthwise(stream, &y.there, &x.there, filter, 1, &window, &end, s.n,
                                           nullptr);
            },
            [=](int i, int row, int column, int c) {
              double sum = double(bias[std::size_t(c)]);
              for (int tap = 0; tap < kernel * kernel; ++tap)
                sum += double(weights[std::size_t(tap * s.c + c)]) *
                       x.at(i, row * stride + tap / kernel - pad, column * stride + tap % kernel - pad, c);
              return std::max(sum, 0.0);
            });
      }};
}

Entry columns(const Shape &s, int kernel, int stride, int pad, int groups, dslt_type type) {
  return {"columns " + shown(s) + window_name(kernel, stride) + " in " + std::to_string(groups) + named(type),
          [=](Memory &m, dslt_backend *) {
            const int taps = kernel * kernel, each = s.c / groups;
            const Shape out = {s.n, side_of(s.h, kernel, stride, pad), side_of(s.w, kernel, stride, pad),
                               taps * s.c};
            const Maps x = input(m, type, s, 1), y = output(m, type, out);
            const dslt_layer_window window = window_of(kernel, stride, pad);
            Case c = case_of(
                y, x.bytes(), 0,
                [=](dslt_stream stream) {
                  return dslt_kernel_columns(stream, y.there.data, &x.there, &window, groups, out.h, out.w,
                                             s.n, nullptr);
                },
                [=](int i, int row, int column, int k) {
                  const int tap = k / each % taps;
                  return x.at(i, row * stride + tap / kernel - pad, column * stride + tap % kernel - pad,
                              k / (taps * each) * each + k % each);
                });
            c.tolerance = 0;
            return c;
          }};
}

Entry pool_window(const Shape &s, int kernel, int stride, int pad, bool largest, dslt_type type) {
  return {
      "pool_window " + shown(s) + window_name(kernel, stride) + (largest ? " maximum" : " average") +
          named(type),
      [=](Memory &m, dslt_backend *) {
        const Shape out = {s.n, side_of(s.h, kernel, stride, pad), side_of(s.w, kernel, stride, pad), s.c};
        const Maps x = input(m, type, s, 1), y = output(m, type, out);
        const dslt_layer_window window = window_of(kernel, stride, pad);
        return case_of(
            y, x.bytes(), double(kernel * kernel),
            [=](dslt_stream stream) {
              return dslt_kernel_pool_window(stream, &y.there, &x.there, &window, int(largest), &kPlain, s.n,
                                             nullptr);
            },
            [=](int i, int row, int column, int c) {
              double best = -1, sum = 0;  // behind a ReLU nothing is below 0
              int inside = 0;
              for (int tap = 0; tap < kernel * kernel; ++tap) {
                const int v = row * stride + tap / kernel - pad, u = column * stride + tap % kernel - pad;
                if (v < 0 || u < 0 || v >= s.h || u >= s.w) continue;
                best = std::max(best, x.at(i, v, u, c));
                sum += x.at(i, v, u, c), ++inside;
              }
              return largest ? best : sum / inside;
            });
      }};
}

Entry global_average(const Shape &s, dslt_type type) {
  return {"global_average " + shown(s) + named(type), [=](Memory &m, dslt_backend *) {
            const Maps x = input(m, type, s, 1), y = output(m, type, {s.n, 1, 1, s.c});
            return case_of(
                y, x.bytes(), double(s.h) * s.w,
                [=](dslt_stream stream) {
                  return dslt_kernel_global_average(stream, &y.there, &x.there, &kPlain, s.n, nullptr);
                },
                [=](int i, int, int, int c) {
                  double sum = 0;
                  for (int cell = 0; cell < s.h * s.w; ++cell) sum += x.at(i, cell / s.w, cell % s.w, c);
                  return sum / (double(s.h) * s.w);
                });
          }};
}

Entry lrn(const Shape &s, int size, bool within, dslt_type type) {
  return {"lrn " + shown(s) + (within ? " within " : " across ") + std::to_string(size) + named(type),
          [=](Memory &m, dslt_backend *) {
            const Maps x = input(m, type, s, 1), y = output(m, type, s);
            const double alpha = 0.5;  // large, so that the sum counts
            const dslt_lrn_rule rule = {size, int(within), s.c, float(alpha), 0.75f, 1};
            const int summands = within ? size * size : size, half = size / 2;
            return case_of(
                y, x.bytes(), 2.0 * summands + 20,  // the power: some twenty
                [=](dslt_stream stream) {
                  return dslt_kernel_lrn(stream, &y.there, &x.there, &rule, &kPlain, s.n, nullptr);
                },
                [=](int i, int row, int column, int c) {
                  double sum = 0;
                  for (int a = -half; a <= half; ++a)
                    for (int b = within ? -half : 0; b <= (within ? half : 0); ++b) {
                      if (!within && (c + a < 0 || c + a >= s.c)) continue;
                      const double v = within ? x.at(i, row + a, column + b, c) : x.at(i, row, column, c + a);
                      sum += v * v;
                    }
                  return x.at(i, row, column, c) * std::pow(1 + alpha / summands * sum, -0.75);
                });
          }};
}

// The sum of two maps, or a map times one number a channel.
Entry join(const Shape &s, bool gate, dslt_type type) {
  return {"join " + shown(s) + (gate ? " times a gate" : " sum of two, relu") + named(type),
          [=](Memory &m, dslt_backend *) {
            const Maps x = input(m, type, s, 1), other = input(m, type, gate ? Shape{s.n, 1, 1, s.c} : s, 2),
                       y = output(m, type, s);
            return case_of(
                y, x.bytes() + other.bytes(), gate ? 1 : 2,
                [=](dslt_stream stream) {
                  const dslt_layer_end end = {gate ? DSLT_ACTIVATION_NONE : DSLT_ACTIVATION_RELU, 0, nullptr,
                                              nullptr};
                  const dslt_layer_map maps[] = {x.there, other.there};
                  return dslt_kernel_join(stream, &y.there, maps, 2, int(gate), &end, s.n, nullptr);
                },
                [=](int i, int row, int column, int c) {
                  const double v = x.at(i, row, column, c);
                  return gate ? v * other.at(i, 0, 0, c) : std::max(v + other.at(i, row, column, c), 0.0);
                });
          }};
}

Entry enlarge(const Shape &s, bool linear, dslt_type type) {
  return {"enlarge " + shown(s) + (linear ? " twice, linear" : " twice, nearest") + named(type),
          [=](Memory &m, dslt_backend *) {
            const Maps x = input(m, type, s, 1), y = output(m, type, {s.n, 2 * s.h, 2 * s.w, s.c});
            return case_of(
                y, x.bytes(), linear ? 9 : 0,
                [=](dslt_stream stream) {
                  return dslt_kernel_enlarge(stream, &y.there, &x.there, int(linear), &kPlain, s.n, nullptr);
                },
                [=](int i, int row, int column, int c) {
                  if (!linear) return x.at(i, row / 2, column / 2, c);
                  const double v = std::min(std::max(0.5 * row - 0.25, 0.0), double(s.h - 1)),
                               u = std::min(std::max(0.5 * column - 0.25, 0.0), double(s.w - 1));
                  const int v0 = int(v), u0 = int(u), v1 = std::min(v0 + 1, s.h - 1),
                            u1 = std::min(u0 + 1, s.w - 1);
                  const double below = v - v0, right = u - u0;
                  return (1 - below) * ((1 - right) * x.at(i, v0, u0, c) + right * x.at(i, v0, u1, c)) +
                         below * ((1 - right) * x.at(i, v1, u0, c) + right * x.at(i, v1, u1, c));
                });
          }};
}

}  // namespace

std::vector<Entry> layer_cases() {
  const dslt_type f32 = DSLT_TYPE_F32, bf16 = DSLT_TYPE_BF16;
  return {
      finish({1, 32, 32, 64}, bf16, false),   // the siamese network, without cuDNN: middle.0
      finish({1, 16, 16, 128}, bf16, true),   // ... coarse.1, at the end of a residual block
      finish({3, 57, 57, 32}, f32, false),    // AdaCFNet: conv2
      depthwise({1, 28, 28, 96}, 5, 2, f32),  // MobileNetV3
      depthwise({1, 14, 14, 240}, 5, 1, f32),
      depthwise({1, 14, 14, 240}, 5, 1, bf16),
      columns({1, 255, 255, 8}, 3, 2, 1, 1, bf16),         // the siamese network: stem.0
      columns({3, 87, 87, 96}, 5, 2, 2, 2, f32),           // ZF of search areas: conv2
      pool_window({3, 123, 123, 96}, 3, 2, 0, true, f32),  // AdaCFNet: pool1
      pool_window({1, 32, 32, 192}, 3, 1, 1, true, bf16),  // GoogLeNet of 256 px: inception_3a
      pool_window({1, 32, 32, 192}, 3, 1, 1, false, bf16),
      global_average({3, 123, 123, 96}, f32),  // AdaCFNet: its gates
      global_average({3, 57, 57, 32}, f32),
      lrn({16, 27, 27, 96}, 3, true, f32),   // ZF of crops: norm1
      lrn({1, 64, 64, 64}, 5, false, bf16),  // GoogLeNet of 256 px: norm1
      join({3, 57, 57, 32}, true, f32),      // AdaCFNet: se2
      join({1, 16, 16, 128}, false, bf16),
      enlarge({1, 16, 16, 64}, false, bf16),  // feature pyramids
      enlarge({1, 16, 16, 64}, true, f32),
  };
}

}  // namespace bench
