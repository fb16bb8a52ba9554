/* SPDX-License-Identifier: Apache-2.0 */
// The kernels of a network's layers against their definitions in double: both types, channels that fill 16
// bytes and channels that do not, maps that are a part of another's channels.
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "device.h"
#include "layers.h"
#include "pack.h"

namespace {

double activated(int activation, double slope, double x) {
  switch (activation) {
    case DSLT_ACTIVATION_RELU: return std::fmax(x, 0);
    case DSLT_ACTIVATION_RELU6: return std::fmin(std::fmax(x, 0), 6);
    case DSLT_ACTIVATION_HARD_SWISH: return x * std::fmin(std::fmax(x / 6 + 0.5, 0), 1);
    case DSLT_ACTIVATION_HARD_SIGMOID: return std::fmin(std::fmax(slope * x + 0.5, 0), 1);
    case DSLT_ACTIVATION_SIGMOID: return 1 / (1 + std::exp(-x));
    default: return x;
  }
}

// A batch of maps and what the host knows of it.
struct Maps {
  dslt_layer_map map;
  int n;
  std::vector<float> values;  // with what lies between the maps' channels

  std::size_t at(int i, int y, int x, int c) const {
    return ((std::size_t(i) * map.h + y) * map.w + x) * std::size_t(map.pitch) + c;
  }
  // 0 outside of the map.
  double get(int i, int y, int x, int c) const {
    return y < 0 || x < 0 || y >= map.h || x >= map.w ? 0.0 : double(values[at(i, y, x, c)]);
  }
};

struct Size {
  int h, w, channels, pitch;
};

constexpr int kMaps = 2;

class LayersKernel : public KernelTest {
 protected:
  static float stored(dslt_type type, float value) {
    return type == DSLT_TYPE_BF16 ? dslt_from_bf16(dslt_to_bf16(value)) : value;
  }
  void *put(dslt_type type, const std::vector<float> &values) {
    if (type == DSLT_TYPE_F32) return upload(values);
    std::vector<dslt_bf16> halves;
    for (float v : values) halves.push_back(dslt_to_bf16(v));
    return upload(halves);
  }
  std::vector<float> take(dslt_type type, const void *memory, std::size_t count) {
    if (type == DSLT_TYPE_F32) return download(static_cast<const float *>(memory), count);
    std::vector<float> out;
    for (dslt_bf16 v : download(static_cast<const dslt_bf16 *>(memory), count))
      out.push_back(dslt_from_bf16(v));
    return out;
  }
  Maps make(dslt_type type, const Size &s, std::vector<float> values) {
    for (float &v : values) v = stored(type, v);
    return {{put(type, values), type, s.h, s.w, s.channels, s.pitch, 0}, kMaps, values};
  }
  Maps random(dslt_type type, const Size &s, unsigned seed) {
    return make(type, s, noise(std::size_t(kMaps) * s.h * s.w * s.pitch, seed, 3.0f));
  }
  // Where a result goes; 7 must stay between the channels.
  Maps empty(dslt_type type, const Size &s) {
    return make(type, s, std::vector<float>(std::size_t(kMaps) * s.h * s.w * s.pitch, 7.0f));
  }
  void expect(const Maps &y, int rc, const std::function<double(int, int, int, int)> &want) {
    ASSERT_EQ(rc, DSLT_OK) << dslt_last_error();
    const std::vector<float> got = take(y.map.type, y.map.data, y.values.size());
    const double tolerance = y.map.type == DSLT_TYPE_BF16 ? 1.0 / 128 : 10 * this->tolerance();
    for (int i = 0; i < y.n; ++i)
      for (int r = 0; r < y.map.h; ++r)
        for (int q = 0; q < y.map.w; ++q)
          for (int c = 0; c < y.map.pitch; ++c) {
            const double w = c < y.map.channels ? want(i, r, q, c) : 7.0, g = double(got[y.at(i, r, q, c)]);
            ASSERT_TRUE(std::isfinite(w));
            ASSERT_NEAR(g, w, tolerance * (1 + std::fabs(w)))
                << "map " << i << ", row " << r << ", column " << q << ", channel " << c;
          }
  }
  // Both types; channels by 16 bytes, and not.
  void everywhere(const std::function<void(dslt_type, int channels, int pitch)> &test) {
    for (dslt_type type : {DSLT_TYPE_F32, DSLT_TYPE_BF16})
      for (int pitch : {16, 24, 21, 5}) {
        const int channels = pitch == 24 ? 16 : pitch == 21 ? 8 : pitch;
        SCOPED_TRACE(::testing::Message() << "type " << type << ", " << channels << " channels of " << pitch);
        test(type, channels, pitch);
        if (HasFatalFailure()) return;
      }
  }
};

const dslt_layer_end kPlain = {DSLT_ACTIVATION_NONE, 0, nullptr, nullptr};

TEST_P(LayersKernel, FinishAddsAndActivates) {
  everywhere([&](dslt_type type, int channels, int pitch) {
    for (int activation = 0; activation < DSLT_ACTIVATIONS; ++activation)
      for (dslt_type from : {DSLT_TYPE_F32, type}) {
        const Maps x = random(from, {3, 4, channels, pitch}, 1),
                   add = random(type, {3, 4, channels, channels}, 2),
                   y = empty(type, {3, 4, channels, pitch});
        const std::vector<float> bias = noise(std::size_t(channels), 3);
        const dslt_layer_end end = {activation, 0.2f, upload(bias), &add.map};
        expect(y, kernels().finish(stream(), &y.map, &x.map, &end, kMaps, nullptr),
               [&](int i, int r, int q, int c) {
                 return activated(activation, 0.2f, x.get(i, r, q, c) + bias[c] + add.get(i, r, q, c));
               });
      }
  });
}

TEST_P(LayersKernel, FinishInPlaceAndWithFewerChannels) {
  everywhere([&](dslt_type type, int channels, int pitch) {
    Maps x = random(type, {3, 5, channels, pitch}, 1);
    for (int i = 0; i < kMaps; ++i)  // expect() looks for these
      for (int cell = 0; cell < 15; ++cell)
        for (int c = channels; c < pitch; ++c) x.values[x.at(i, cell / 5, cell % 5, c)] = 7;
    x = make(type, {3, 5, channels, pitch}, x.values);
    const dslt_layer_end end = {DSLT_ACTIVATION_RELU, 0, nullptr, nullptr};
    expect(x, kernels().finish(stream(), &x.map, &x.map, &end, kMaps, nullptr),
           [&](int i, int r, int q, int c) { return std::max(x.get(i, r, q, c), 0.0); });
    const Maps few = random(DSLT_TYPE_F32, {3, 5, 3, 3}, 4), y = empty(type, {3, 5, channels, pitch});
    expect(y, kernels().finish(stream(), &y.map, &few.map, &kPlain, kMaps, nullptr),
           [&](int i, int r, int q, int c) { return c < 3 ? few.get(i, r, q, c) : 0.0; });
  });
}

struct Window {
  int kernel[2], stride[2], dilation[2], pad[4];
};
const Window kWindows[] = {{{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}}, {{3, 3}, {2, 2}, {1, 1}, {0, 1, 1, 0}},
                           {{5, 5}, {1, 1}, {1, 1}, {2, 2, 2, 2}}, {{5, 5}, {2, 2}, {1, 1}, {2, 1, 2, 3}},
                           {{3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}}, {{1, 4}, {2, 3}, {1, 1}, {0, 1, 0, 2}},
                           {{7, 7}, {1, 1}, {1, 1}, {3, 3, 3, 3}}};

dslt_layer_window window_of(const Window &w, int count_padding = 0) {
  dslt_layer_window out = {};
  for (int d = 0; d < 2; ++d)
    out.kernel[d] = w.kernel[d], out.stride[d] = w.stride[d], out.dilation[d] = w.dilation[d];
  std::copy(w.pad, w.pad + 4, out.pad);
  out.count_padding = count_padding;
  return out;
}
int side_of(const Window &w, int d, int side) {
  return (side + w.pad[d] + w.pad[d + 2] - (w.kernel[d] - 1) * w.dilation[d] - 1) / w.stride[d] + 1;
}

TEST_P(LayersKernel, DepthwiseIsTheDefinition) {
  everywhere([&](dslt_type type, int channels, int pitch) {
    for (const Window &w : kWindows)
      for (int times : {1, 2}) {
        const int h = 9, wide = 11, out = channels * times;
        const Maps x = random(type, {h, wide, channels, pitch}, 1),
                   y = empty(type, {side_of(w, 0, h), side_of(w, 1, wide), out, times == 1 ? pitch : out}),
                   add = random(type, {y.map.h, y.map.w, out, out}, 5);
        std::vector<float> weights = noise(std::size_t(w.kernel[0] * w.kernel[1] * out), 2, 0.3f),
                           bias = noise(std::size_t(out), 3);
        for (float &v : weights) v = stored(type, v);
        const dslt_layer_window window = window_of(w);
        const dslt_layer_end end = {DSLT_ACTIVATION_HARD_SWISH, 0, upload(bias),
                                    times == 1 ? &add.map : nullptr};
        expect(y,
               kernels().depthwise(stream(), &y.map, &x.map, put(type, weights), times, &window, &end, kMaps,
                                   nullptr),
               [&](int i, int r, int q, int c) {
                 double sum = bias[c] + (times == 1 ? add.get(i, r, q, c) : 0);
                 for (int ky = 0; ky < w.kernel[0]; ++ky)
                   for (int kx = 0; kx < w.kernel[1]; ++kx)
                     sum += double(weights[(ky * w.kernel[1] + kx) * out + c]) *
                            x.get(i, r * w.stride[0] + ky * w.dilation[0] - w.pad[0],
                                  q * w.stride[1] + kx * w.dilation[1] - w.pad[1], c / times);
                 return activated(DSLT_ACTIVATION_HARD_SWISH, 0, sum);
               });
        if (HasFatalFailure()) return;
      }
  });
}

TEST_P(LayersKernel, ColumnsHoldWhatEachOutputReads) {
  everywhere([&](dslt_type type, int channels, int pitch) {
    for (const Window &w : kWindows)
      for (int groups : {1, channels % 2 ? 5 : 2}) {
        const Maps x = random(type, {7, 8, channels, pitch}, 1);
        const int oh = side_of(w, 0, 7), ow = side_of(w, 1, 8), taps = w.kernel[0] * w.kernel[1],
                  each = channels / groups;
        const Maps y = empty(type, {oh, ow, taps * channels, taps * channels});
        const dslt_layer_window window = window_of(w);
        expect(y, kernels().columns(stream(), y.map.data, &x.map, &window, groups, oh, ow, kMaps, nullptr),
               [&](int i, int r, int q, int c) {
                 const int group = c / (taps * each), tap = c / each % taps;
                 return x.get(i, r * w.stride[0] + tap / w.kernel[1] * w.dilation[0] - w.pad[0],
                              q * w.stride[1] + tap % w.kernel[1] * w.dilation[1] - w.pad[1],
                              group * each + c % each);
               });
        if (HasFatalFailure()) return;
      }
  });
}

TEST_P(LayersKernel, PoolWindowIsTheDefinition) {
  const Window windows[] = {{{2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}},
                            {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}},
                            {{3, 2}, {1, 3}, {1, 1}, {0, 1, 2, 0}}};
  everywhere([&](dslt_type type, int channels, int pitch) {
    for (const Window &w : windows)
      for (int kind = 0; kind < 3; ++kind)  // maximum, average, average that counts padding
        for (int up : {0, 1}) {             // a last window that hangs over the edge
          const int h = 8, wide = 9, oh = side_of(w, 0, h) + up * (w.stride[0] > 1 && w.kernel[0] == 2),
                    ow = side_of(w, 1, wide) + up * (w.stride[1] > 1 && w.kernel[1] == 2);
          if ((oh - 1) * w.stride[0] - w.pad[0] >= h || (ow - 1) * w.stride[1] - w.pad[1] >= wide) continue;
          const Maps x = random(type, {h, wide, channels, pitch}, 1),
                     y = empty(type, {oh, ow, channels, pitch});
          const dslt_layer_window window = window_of(w, kind == 2);
          expect(y,
                 kernels().pool_window(stream(), &y.map, &x.map, &window, kind == 0, &kPlain, kMaps, nullptr),
                 [&](int i, int r, int q, int c) {
                   double best = -INFINITY, sum = 0;
                   int inside = 0, counted = 0;
                   for (int ky = 0; ky < w.kernel[0]; ++ky)
                     for (int kx = 0; kx < w.kernel[1]; ++kx) {
                       const int a = r * w.stride[0] + ky - w.pad[0], b = q * w.stride[1] + kx - w.pad[1];
                       counted += a < h + w.pad[2] && b < wide + w.pad[3];
                       if (a < 0 || b < 0 || a >= h || b >= wide) continue;
                       best = std::fmax(best, x.get(i, a, b, c));
                       sum += x.get(i, a, b, c), ++inside;
                     }
                   return kind == 0 ? best : sum / (kind == 2 ? counted : inside);
                 });
          if (HasFatalFailure()) return;
        }
  });
}

TEST_P(LayersKernel, GlobalAverageOfSmallAndLargeMaps) {
  everywhere([&](dslt_type type, int channels, int pitch) {
    for (int side : {1, 2, 13}) {
      const Maps x = random(type, {side, side + 1, channels, pitch}, 1),
                 y = empty(type, {1, 1, channels, pitch});
      const dslt_layer_end end = {DSLT_ACTIVATION_SIGMOID, 0, nullptr, nullptr};
      expect(y, kernels().global_average(stream(), &y.map, &x.map, &end, kMaps, nullptr),
             [&](int i, int, int, int c) {
               double sum = 0;
               for (int r = 0; r < side; ++r)
                 for (int q = 0; q <= side; ++q) sum += x.get(i, r, q, c);
               return activated(DSLT_ACTIVATION_SIGMOID, 0, sum / (side * (side + 1)));
             });
    }
  });
}

TEST_P(LayersKernel, LrnAcrossAndWithin) {
  everywhere([&](dslt_type type, int channels, int pitch) {
    for (int within : {0, 1})
      for (int size : {1, 3, 5}) {
        const Maps x = random(type, {5, 6, channels, pitch}, 1), y = empty(type, {5, 6, channels, pitch});
        const int real = channels > 5 ? channels - 3 : channels;
        const dslt_lrn_rule rule = {size, within, real, 0.4f, 0.75f, 1.5f};
        expect(y, kernels().lrn(stream(), &y.map, &x.map, &rule, &kPlain, kMaps, nullptr),
               [&](int i, int r, int q, int c) {
                 if (c >= real) return 0.0;
                 double sum = 0;
                 for (int a = -size / 2; a <= size / 2; ++a)
                   for (int b = within ? -(size / 2) : 0; b <= (within ? size / 2 : 0); ++b) {
                     if (!within && (c + a < 0 || c + a >= real)) continue;
                     const double v = within ? x.get(i, r + a, q + b, c) : x.get(i, r, q, c + a);
                     sum += v * v;
                   }
                 return x.get(i, r, q, c) * std::pow(1.5 + 0.4 / (within ? size * size : size) * sum, -0.75);
               });
      }
  });
}

TEST_P(LayersKernel, JoinOfLargeAndSingleMaps) {
  everywhere([&](dslt_type type, int channels, int pitch) {
    for (int product : {0, 1})
      for (int count : {1, 2, 3, int(DSLT_JOIN_INPUTS_MAX)}) {
        std::vector<Maps> inputs;
        std::vector<dslt_layer_map> maps;
        for (int k = 0; k < count; ++k) {
          const bool single = k % 2 == 1;
          inputs.push_back(random(type, {single ? 1 : 4, single ? 1 : 3, channels, pitch}, unsigned(k + 1)));
          maps.push_back(inputs.back().map);
        }
        const Maps y = empty(type, {4, 3, channels, pitch});
        const dslt_layer_end end = {DSLT_ACTIVATION_RELU, 0, nullptr, nullptr};
        expect(y, kernels().join(stream(), &y.map, maps.data(), count, product, &end, kMaps, nullptr),
               [&](int i, int r, int q, int c) {
                 double all = product;
                 for (int k = 0; k < count; ++k) {
                   const double v = k % 2 ? inputs[k].get(i, 0, 0, c) : inputs[k].get(i, r, q, c);
                   all = product ? all * v : all + v;
                 }
                 return std::fmax(all, 0);
               });
        if (HasFatalFailure()) return;
      }
  });
}

TEST_P(LayersKernel, EnlargeByTheNearestAndBetweenFour) {
  everywhere([&](dslt_type type, int channels, int pitch) {
    for (int linear : {0, 1}) {
      const Maps x = random(type, {3, 4, channels, pitch}, 1), y = empty(type, {6, 12, channels, pitch});
      expect(y, kernels().enlarge(stream(), &y.map, &x.map, linear, &kPlain, kMaps, nullptr),
             [&](int i, int r, int q, int c) {
               if (!linear) return x.get(i, r / 2, q / 3, c);
               const double a = std::fmin(std::fmax((r + 0.5) / 2 - 0.5, 0), 2),
                            b = std::fmin(std::fmax((q + 0.5) / 3 - 0.5, 0), 3);
               const int a0 = int(a), b0 = int(b), a1 = std::min(a0 + 1, 2), b1 = std::min(b0 + 1, 3);
               return (1 - a + a0) * ((1 - b + b0) * x.get(i, a0, b0, c) + (b - b0) * x.get(i, a0, b1, c)) +
                      (a - a0) * ((1 - b + b0) * x.get(i, a1, b0, c) + (b - b0) * x.get(i, a1, b1, c));
             });
    }
  });
}

// Every launcher with arguments that fit, for the tests below.
class AnyLayer {
 public:
  explicit AnyLayer(const Kernels &kernels, dslt_stream stream) : k_(kernels), s_(stream) {}
  static constexpr int kCount = 8;
  int operator()(int which, dslt_layer_map y, dslt_layer_map x, const void *weights, int n,
                 const dslt_layer_end *end, const int32_t *when) const {
    const dslt_layer_window window = window_of(kWindows[0]);
    const dslt_lrn_rule rule = {3, 0, x.channels > 0 ? x.channels : 1, 1, 1, 1};
    switch (which) {
      case 0: return k_.finish(s_, &y, &x, end, n, when);
      case 1: return k_.depthwise(s_, &y, &x, weights, 1, &window, end, n, when);
      case 2: return k_.columns(s_, y.data, &x, &window, 1, x.h, x.w, n, when);
      case 3: return k_.pool_window(s_, &y, &x, &window, 1, end, n, when);
      case 4: y.h = y.w = 1; return k_.global_average(s_, &y, &x, end, n, when);
      case 5: return k_.lrn(s_, &y, &x, &rule, end, n, when);
      case 6: return k_.join(s_, &y, &x, 1, 0, end, n, when);
      default: return k_.enlarge(s_, &y, &x, 0, end, n, when);
    }
  }

 private:
  const Kernels &k_;
  dslt_stream s_;
};

TEST_P(LayersKernel, NoneWritesAnythingWhenNotWanted) {
  const AnyLayer run(kernels(), stream());
  const std::vector<float> old(9 * 4 * 5 * 4, 7.0f);
  float *y = upload(old), *x = upload(noise(4 * 5 * 4, 1)), *weights = upload(noise(9 * 4, 2));
  const dslt_layer_map to = {y, DSLT_TYPE_F32, 4, 5, 4, 4, 0}, from = {x, DSLT_TYPE_F32, 4, 5, 4, 4, 0};
  for (int which = 0; which < AnyLayer::kCount; ++which) {
    ASSERT_EQ(run(which, to, from, weights, 1, &kPlain, zeros<int32_t>(1)), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(download(y, old.size()), old) << which;
  }
}

TEST_P(LayersKernel, AllRefuseWhatTheyCannotDo) {
  const AnyLayer run(kernels(), stream());
  float *y = zeros<float>(9 * 80), *x = zeros<float>(80), *w = zeros<float>(36);
  const dslt_layer_map to = {y, DSLT_TYPE_F32, 4, 5, 4, 4, 0}, from = {x, DSLT_TYPE_F32, 4, 5, 4, 4, 0};
  const dslt_layer_end odd = {DSLT_ACTIVATIONS, 0, nullptr, nullptr};
  for (int which = 0; which < AnyLayer::kCount; ++which) {
    SCOPED_TRACE(which);
    auto refused = [&](dslt_layer_map a, dslt_layer_map b, int n = 1, const dslt_layer_end *end = &kPlain) {
      return run(which, a, b, w, n, end, nullptr) == DSLT_EARGUMENT;
    };
    dslt_layer_map a = to, b = from;
    a.data = nullptr;
    EXPECT_TRUE(refused(a, b));
    a = to, b.data = nullptr;
    EXPECT_TRUE(refused(a, b));
    b = from, b.channels = 0;
    EXPECT_TRUE(refused(a, b));
    b = from, b.pitch = 3;
    EXPECT_TRUE(refused(a, b));
    b = from, b.h = 0;
    EXPECT_TRUE(refused(a, b));
    b = from;
    EXPECT_TRUE(refused(a, b, 0));
    if (which != 2) {
      EXPECT_TRUE(refused(a, b, 1, &odd));
      b.h = 3, b.w = 4;
      if (which != 1 && which != 3 && which != 4) {
        EXPECT_TRUE(refused(a, b));
      }
      b = from, a.channels = 3, b.channels = 2;
      if (which == 3 || which == 4 || which >= 6 || which == 1) {
        EXPECT_TRUE(refused(a, b));
      }
    }
    if (which != 0 && which != 6) {
      a = to, b = from, b.data = a.data;
      EXPECT_TRUE(refused(a, b));
      a.data = to.data, b = from, b.border = 1;
      EXPECT_TRUE(refused(a, b));
    }
  }
  EXPECT_EQ(run(1, to, from, nullptr, 1, &kPlain, nullptr), DSLT_EARGUMENT);
  const dslt_layer_window window = window_of(kWindows[0]);
  EXPECT_EQ(kernels().depthwise(stream(), &to, &from, w, 0, &window, &kPlain, 1, nullptr), DSLT_EARGUMENT);
}

EVERYWHERE(LayersKernel);

}  // namespace
