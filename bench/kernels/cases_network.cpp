/* SPDX-License-Identifier: Apache-2.0 */
// cases_network.cpp: the backbone: every layer of VGG-16 by cuDNN and by matrix products, and the kernels
// between them.
#include <memory>

#include "cases.h"
#include "cuda_backend.h"
#include "network.h"

#include "backend/cuda/vendor.h"
extern "C" {
#include "backend/cuda/cudnn_conv.h"
}

namespace bench {
namespace {

Entry remap(const char *what, dslt_type to, int to_channels, int to_border, dslt_type from, int from_channels,
            int from_border, bool bias) {
  return {std::string("remap ") + what, [=](Memory &m, dslt_backend *) {
            const int h = kMapHeight, w = kMapWidth;
            auto size = [=](int channels, int border) {
              return std::size_t(h + 2 * border) * std::size_t(w + 2 * border) * std::size_t(channels);
            };
            std::vector<float> in = noise(size(from_channels, from_border), 1),
                               biases = noise(std::size_t(to_channels), 2);
            for (float &v : in) v = stored(from, v);
            const std::size_t values = size(to_channels, to_border);
            dslt_map src = {put(m, from, in), from, from_channels, from_border},
                     dst = {m.zeros<float>(values), to, to_channels, to_border};
            const float *there = bias ? m.put(biases) : nullptr;
            Case c;
            c.bytes = element(from) * double(in.size()) + element(to) * double(values);
            c.flops = bias ? 2.0 * double(values) : 0;
            c.tolerance = 0;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_remap(s, &dst, &src, there, int(bias), 1, h, w, nullptr);
            };
            c.error = [=] {
              std::vector<float> want(values);
              for (int y = 0; y < h; ++y)
                for (int x = 0; x < w; ++x)
                  for (int k = 0; k < std::min(from_channels, to_channels); ++k) {
                    auto at = [=](int channels, int border) {
                      return std::size_t(((y + border) * (w + 2 * border) + x + border) * channels + k);
                    };
                    float v = in[at(from_channels, from_border)] + (bias ? biases[std::size_t(k)] : 0.0f);
                    want[at(to_channels, to_border)] = stored(to, bias ? std::max(v, 0.0f) : v);
                  }
              return difference(take(to, dst.data, values), want);
            };
            return c;
          }};
}

Entry pool(dslt_type type, int h, int w, int channels) {
  return {
      "pool " + times(h, w) + "x" + std::to_string(channels) + named(type), [=](Memory &m, dslt_backend *) {
        std::vector<float> in = noise(std::size_t(h * w * channels), 1);
        for (float &v : in) v = stored(type, v);
        const std::size_t values = std::size_t(h / 2 * (w / 2) * channels);
        const void *x = put(m, type, in);
        void *y = m.zeros<float>(values);
        Case c;
        c.bytes = element(type) * double(in.size() + values);
        c.flops = 3.0 * double(values);
        c.tolerance = 0;
        c.launch = [=](dslt_stream s) { return dslt_kernel_pool(s, y, x, type, 1, h, w, channels, nullptr); };
        c.error = [=] {
          std::vector<float> want(values);
          for (std::size_t i = 0; i < values; ++i) {
            const std::size_t k = i % std::size_t(channels), cell = i / std::size_t(channels);
            const std::size_t row = cell / std::size_t(w / 2) * 2, column = cell % std::size_t(w / 2) * 2;
            auto at = [&](std::size_t dy, std::size_t dx) {
              return in[((row + dy) * std::size_t(w) + column + dx) * std::size_t(channels) + k];
            };
            want[i] = std::max(std::max(at(0, 0), at(0, 1)), std::max(at(1, 0), at(1, 1)));
          }
          return difference(take(type, y, values), want);
        };
        return c;
      }};
}

// conv4_3 and conv5_3, as the head takes them.
Entry take_taps(dslt_type type) {
  return {
      "take_taps conv4_3 and conv5_3" + named(type), [=](Memory &m, dslt_backend *) {
        std::vector<std::vector<float>> in;
        std::vector<dslt_layer_map> x, y;
        Case c;
        for (int i = 0; i < 2; ++i) {
          const int h = kMapHeight >> i, w = kMapWidth >> i, channels = 512;
          in.push_back(noise(std::size_t(h * w * channels), unsigned(i)));
          for (float &v : in.back()) v = stored(type, v);
          x.push_back({put(m, type, in.back()), type, h, w, channels, channels, 0});
          y.push_back({m.zeros<float>(in.back().size()), DSLT_TYPE_F32, h, w, channels, channels, 0});
          c.bytes += (element(type) + 4) * double(in.back().size());
        }
        c.tolerance = 0;
        c.launch = [=](dslt_stream s) { return dslt_kernel_take_taps(s, y.data(), x.data(), 2, 1, nullptr); };
        c.error = [=] {
          double worst = 0;
          for (std::size_t i = 0; i < in.size(); ++i)
            worst =
                std::max(worst, difference(get(static_cast<const float *>(y[i].data), in[i].size()), in[i]));
          return worst;
        };
        return c;
      }};
}

// ---- layers --------------------------------------------------------------------------------------

struct Layer {
  const char *name;
  int shrink, cin, cout;  // cells: the input's by shrink; channels as stored
};

// One convolution with bias and ReLU, as net.c runs it: by cuDNN, or as nine matrix products between two
// remaps.
Entry layer(const Layer &l, int n, int precision, bool cudnn) {
  const dslt_type type = precision == DSLT_PRECISION_BF16 ? DSLT_TYPE_BF16 : DSLT_TYPE_F32;
  const int h = kInputHeight / l.shrink, w = kInputWidth / l.shrink, cin = l.cin, cout = l.cout;
  static const char *const kNames[] = {" f32", " bf16", " tf32"};
  return {
      std::string(cudnn ? "layer_cudnn " : "layer_products ") + l.name + " " + std::to_string(n) + "x" +
          times(h, w) + " " + std::to_string(cin) + " to " + std::to_string(cout) + kNames[precision],
      [=](Memory &m, dslt_backend *) {
        auto cuda = open_cuda(precision);
        std::vector<float> x = noise(std::size_t(n * h * w * cin), 1),
                           weights = noise(std::size_t(cout * 9 * cin), 2, 1 / std::sqrt(9.0f * float(cin))),
                           bias = noise(std::size_t(cout), 3, 0.1f);
        for (auto *list : {&x, &weights})
          for (float &v : *list) v = stored(type, v);
        std::vector<float> by_tap(weights.size());  // [9][cin][cout] from [cout][9][cin]
        for (int o = 0; o < cout; ++o)
          for (int tap = 0; tap < 9; ++tap)
            for (int i = 0; i < cin; ++i)
              by_tap[std::size_t((tap * cin + i) * cout + o)] = weights[std::size_t((o * 9 + tap) * cin + i)];
        const std::size_t values = std::size_t(n) * std::size_t(h * w * cout);
        void *in = put(m, type, x), *filter = put(m, type, cudnn ? weights : by_tap),
             *y = m.zeros<float>(values), *out = m.zeros<float>(values);
        float *there = m.put(bias);
        void *typed = put(m, type, bias);  // as cuDNN wants it
        const dslt_conv_case shape = dslt_conv_case_same(n, h, w, cin, cout, type);
        const dslt_conv_memory memory = {in, y, filter, typed, nullptr};
        dslt_cudnn_conv *plan = nullptr;
        void *padded = nullptr;
        float *sums = nullptr;
        if (cudnn) {
          must(dslt_cudnn_conv_plan(&plan, cuda.get(), &shape, &memory));
          if (!plan) throw Failure("cuDNN is not there, or has no way to run this.");
        } else {
          const std::size_t cells = std::size_t(n) * std::size_t((h + 2) * (w + 2));
          padded = m.zeros<float>(cells * std::size_t(cin));
          sums = m.zeros<float>(cells * std::size_t(cout));
        }
        std::shared_ptr<dslt_cudnn_conv> conv(plan, [cuda](dslt_cudnn_conv *p) { dslt_cudnn_conv_free(p); });
        const bool fused = plan && dslt_cudnn_conv_fused(plan);
        void *result = fused ? y : out;
        Case c;
        c.bytes = element(type) * double(x.size() + weights.size() + values);
        c.flops = 18.0 * double(values) * cin;
        c.peak = precision == DSLT_PRECISION_BF16
                     ? Peak::bf16
                     : (precision == DSLT_PRECISION_TF32 ? Peak::tf32 : Peak::fma);
        c.tolerance = type == DSLT_TYPE_BF16 ? 1.0 / 128 : (precision == DSLT_PRECISION_TF32 ? 2e-3 : 1e-4);
        c.launch = [=](dslt_stream s) {
          must(dslt_cuda_use_stream(cuda.get(), s));
          const dslt_map end = {out, type, cout, 0};
          if (conv) {
            const int rc = dslt_cudnn_conv_run(conv.get(), y, in, filter, typed, nullptr);
            if (rc < 0 || fused) return rc;
            const dslt_map raw = {y, type, cout, 0};
            return dslt_kernel_remap(s, &end, &raw, there, 1, n, h, w, nullptr);
          }
          const dslt_map begin = {in, type, cin, 0}, framed = {padded, type, cin, 1},
                         raw = {sums, DSLT_TYPE_F32, cout, 1};
          must(dslt_kernel_remap(s, &framed, &begin, nullptr, 0, n, h, w, nullptr));
          must(dslt_cuda_nine_products(cuda.get(), sums, padded, filter, type, n, h, w, cin, cout));
          return dslt_kernel_remap(s, &end, &raw, there, 1, n, h, w, nullptr);
        };
        // Some thousand outputs by definition: all of them would take a processor minutes.
        c.error = [=] {
          const std::vector<float> got = take(type, result, values);
          std::vector<float> some, want;
          for (std::size_t pick = 0; pick < 3000; ++pick) {
            const std::size_t i = pick * 2654435761u % values;
            const int o = int(i % std::size_t(cout)), cell = int(i / std::size_t(cout));
            const int column = cell % w, row = cell / w % h, map = cell / w / h;
            double sum = bias[std::size_t(o)];
            for (int tap = 0; tap < 9; ++tap) {
              const int yy = row + tap / 3 - 1, xx = column + tap % 3 - 1;
              if (yy < 0 || xx < 0 || yy >= h || xx >= w) continue;
              for (int k = 0; k < cin; ++k)
                sum += double(x[std::size_t(((map * h + yy) * w + xx) * cin + k)]) *
                       double(weights[std::size_t((o * 9 + tap) * cin + k)]);
            }
            some.push_back(got[i]);
            want.push_back(float(std::max(sum, 0.0)));
          }
          return difference(some, want);
        };
        return c;
      }};
}

}  // namespace

std::vector<Entry> network_cases() {
  std::vector<Entry> out = {
      remap("pixels to 8 channels bf16", DSLT_TYPE_BF16, 8, 0, DSLT_TYPE_F32, 3, 0, false),
      remap("a border around 512 bf16", DSLT_TYPE_BF16, 512, 1, DSLT_TYPE_BF16, 512, 0, false),
      remap("sums to 512 bf16, bias, relu", DSLT_TYPE_BF16, 512, 0, DSLT_TYPE_F32, 512, 1, true),
      remap("a tap of 512 to f32", DSLT_TYPE_F32, 512, 0, DSLT_TYPE_BF16, 512, 0, false),
      pool(DSLT_TYPE_BF16, 360, 400, 64),
      pool(DSLT_TYPE_F32, 90, 100, 256),
      take_taps(DSLT_TYPE_F32),
      take_taps(DSLT_TYPE_BF16)};
  const Layer vgg[] = {{"conv1_1", 1, 8, 64},    {"conv1_2", 1, 64, 64},   {"conv2_1", 2, 64, 128},
                       {"conv2_2", 2, 128, 128}, {"conv3_1", 4, 128, 256}, {"conv3_2", 4, 256, 256},
                       {"conv4_1", 8, 256, 512}, {"conv4_2", 8, 512, 512}, {"conv5_1", 16, 512, 512}};
  for (const Layer &l : vgg)
    for (int n : {1, 3}) out.push_back(layer(l, n, DSLT_PRECISION_BF16, true));
  for (const Layer &l : {vgg[1], vgg[5], vgg[7]}) {
    out.push_back(layer(l, 1, DSLT_PRECISION_TF32, true));
    out.push_back(layer(l, 1, DSLT_PRECISION_F32, true));
    out.push_back(layer(l, 1, DSLT_PRECISION_BF16, false));
    out.push_back(layer(l, 1, DSLT_PRECISION_F32, false));
  }
  return out;
}

}  // namespace bench
