/* SPDX-License-Identifier: Apache-2.0 */
// cases_head_cudnn.cpp: the head's upsampling and regressions by cuDNN, to be read beside upsample_forward and
// regress_respond of the same shapes.
#include "cases.h"
#include "cuda_backend.h"

extern "C" {
#include "backend/cuda/head_layers.h"
}

namespace bench {
namespace {

// The layers of a head by cuDNN, with their backend.
struct Layers {
  Layers(const dslt_fused_head_desc &desc, int precision) : head(desc), cuda(open_cuda(precision)) {
    must(dslt_head_layers_plan_by(&by_cudnn, cuda.get(), &head, DSLT_HEAD_CUDNN));
    if (!by_cudnn.upsample || !by_cudnn.regress)
      throw Failure("cuDNN is not there, or has no way to run this.");
  }
  ~Layers() { dslt_head_layers_free(&by_cudnn); }
  Layers(const Layers &) = delete;
  Layers &operator=(const Layers &) = delete;

  dslt_fused_head_desc head;
  std::shared_ptr<dslt_cuda> cuda;
  dslt_head_layers by_cudnn = {};
};

dslt_fused_head_desc head_of(int h, int w, int factor, int kernel) {
  dslt_fused_head_desc d = {};
  d.n = 1, d.h = h, d.w = w, d.factor = factor, d.channels = kChannels;
  d.kh = d.kw = kernel, d.fusion = d.residual = 1;
  d.fuse_low = 1, d.fuse_high = 0.5f;
  return d;
}

const char *const kPrecisions[] = {" f32", " bf16", " tf32"};
double tolerance_of(int precision) { return precision == DSLT_PRECISION_F32 ? 1e-5 : 2e-3; }
Peak peak_of(int precision) { return precision == DSLT_PRECISION_F32 ? Peak::fma : Peak::tf32; }

// The transposed convolution, and the weighted sum after it.
Entry upsample(int h, int w, int f, int precision) {
  return {
      "upsample_cudnn " + times(h, w) + "x128 by " + std::to_string(f) + " fused" + kPrecisions[precision],
      [=](Memory &m, dslt_backend *cpu) {
        auto layers = std::make_shared<Layers>(head_of(h * f, w * f, f, 4), precision);
        const std::size_t in = std::size_t(h * w * kChannels), out = in * std::size_t(f * f);
        const std::vector<float> x = noise(in, 1), filter = noise(std::size_t(4 * f * f * kChannels), 2),
                                 low = noise(out, 3);
        float *there = m.put(x), *weights = m.put(filter), *branch = m.put(low), *y = m.zeros<float>(out),
              *fused = m.zeros<float>(out);
        Case c;
        c.bytes = 4.0 * double(x.size() + filter.size() + 4 * out);
        c.flops = double(out) * (8 + 4);
        c.peak = peak_of(precision);
        c.tolerance = tolerance_of(precision);
        c.launch = [=](dslt_stream s) {
          must(dslt_cuda_use_stream(layers->cuda.get(), s));
          return dslt_head_layers_upsample(&layers->by_cudnn, layers->cuda.get(), &layers->head, y, fused,
                                           branch, there, weights);
        };
        c.error = [=] {
          std::vector<float> want(out), sum(out);
          must(cpu->nn->upsample_forward(cpu, want.data(), x.data(), filter.data(), 1, h, w, kChannels, f));
          must(cpu->nn->axpby(cpu, sum.data(), 1, low.data(), 0.5f, want.data(), out));
          return std::max(difference(get(y, out), want), difference(get(fused, out), sum));
        };
        return c;
      }};
}

// Both regressions and their sum.
Entry regress(int kernel, int precision) {
  return {"regress_cudnn 2x1 " + times(kMapHeight, kMapWidth) + "x128 by " + times(kernel, kernel) +
              kPrecisions[precision],
          [=](Memory &m, dslt_backend *cpu) {
            const int h = kMapHeight / 2 * 2, w = kMapWidth;
            auto layers = std::make_shared<Layers>(head_of(h, w, 2, kernel), precision);
            const std::size_t map = std::size_t(h * w * kChannels),
                              weights = std::size_t(kernel * kernel * kChannels),
                              cells = std::size_t((h - kernel + 1) * (w - kernel + 1));
            std::vector<std::vector<float>> x, filter;
            std::vector<const float *> maps, filters;
            for (unsigned i = 0; i < 2; ++i) {
              x.push_back(noise(map, i));
              filter.push_back(noise(weights, 10 + i));
              maps.push_back(m.put(x[i]));
              filters.push_back(m.put(filter[i]));
            }
            float *response = m.zeros<float>(cells);
            Case c;
            c.bytes = 4.0 * double(2 * (map + weights) + 5 * cells);
            c.flops = 4.0 * double(cells) * double(weights);
            c.peak = peak_of(precision);
            c.tolerance = tolerance_of(precision);
            c.launch = [=](dslt_stream s) {
              must(dslt_cuda_use_stream(layers->cuda.get(), s));
              must(dslt_head_layers_regress(&layers->by_cudnn, &layers->head, maps.data(), filters.data()));
              return dslt_kernel_sum_responses(s, response, layers->by_cudnn.base, layers->by_cudnn.residual,
                                               nullptr, cells, nullptr);
            };
            c.error = [=] {
              std::vector<float> want(cells), more(cells);
              dslt_regress *twin = nullptr;
              must(cpu->nn->regress_plan(&twin, cpu, 1, h, w, kChannels, kernel, kernel));
              const int first = cpu->nn->regress_forward(twin, want.data(), x[0].data(), filter[0].data());
              const int second = cpu->nn->regress_forward(twin, more.data(), x[1].data(), filter[1].data());
              cpu->nn->regress_free(twin);
              must(first), must(second);
              for (std::size_t i = 0; i < cells; ++i) want[i] += more[i];
              return difference(get(response, cells), want);
            };
            return c;
          }};
}

}  // namespace

std::vector<Entry> head_cudnn_cases() {
  std::vector<Entry> out;
  for (int precision : {DSLT_PRECISION_F32, DSLT_PRECISION_TF32}) {
    out.push_back(upsample(23, 25, 2, precision));
    out.push_back(upsample(11, 13, 4, precision));
    for (int kernel : {6, 8, 10}) out.push_back(regress(kernel, precision));
  }
  return out;
}

}  // namespace bench
