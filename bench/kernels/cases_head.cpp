/* SPDX-License-Identifier: Apache-2.0 */
// cases_head.cpp: the head's layers, forward and backward.
#include "cases.h"

namespace bench {
namespace {

Entry upsample_forward(int h, int w, int f) {
  return {
      "upsample_forward " + times(h, w) + "x128 by " + std::to_string(f) + " fused",
      [=](Memory &m, dslt_backend *cpu) {
        std::size_t in = std::size_t(h * w * kChannels), out = in * std::size_t(f * f);
        std::vector<float> x = noise(in, 1), filter = noise(std::size_t(4 * f * f * kChannels), 2),
                           low = noise(out, 3);
        float *there = m.put(x), *weights = m.put(filter), *branch = m.put(low), *y = m.zeros<float>(out),
              *fused = m.zeros<float>(out);
        Case c;
        c.bytes = 4.0 * double(x.size() + filter.size() + 3 * out);
        c.flops = double(out) * (8 + 4);
        c.launch = [=](dslt_stream s) {
          return dslt_kernel_upsample_forward(s, y, fused, branch, 1, 0.5f, there, weights, 1, h, w,
                                              kChannels, f, nullptr);
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

Entry upsample_backward(int h, int w, int f) {
  return {"upsample_backward " + times(h, w) + "x128 by " + std::to_string(f),
          [=](Memory &m, dslt_backend *cpu) {
            std::size_t in = std::size_t(h * w * kChannels), out = in * std::size_t(f * f);
            std::vector<float> x = noise(in, 1), filter = noise(std::size_t(4 * f * f * kChannels), 2),
                               dy = noise(out, 3), dy2 = noise(out, 4);
            float *there = m.put(x), *weights = m.put(filter), *slope = m.put(dy), *slope2 = m.put(dy2),
                  *dx = m.zeros<float>(in), *dw = m.zeros<float>(filter.size());
            void *scratch = m.zeros<char>(dslt_kernel_upsample_scratch(h, w, kChannels, f));
            Case c;
            c.bytes = 4.0 * double(2 * x.size() + 2 * filter.size() + 2 * out);
            c.flops = double(out) * (2 + 8 + 8);
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_upsample_backward(s, dx, dw, there, weights, slope, 0.5f, slope2, h, w,
                                                   kChannels, f, scratch, nullptr);
            };
            c.error = [=] {
              std::vector<float> sum(out), want_dx(in), want_dw(filter.size());
              must(cpu->nn->axpby(cpu, sum.data(), 0.5f, dy.data(), 1, dy2.data(), out));
              must(cpu->nn->upsample_backward(cpu, want_dx.data(), want_dw.data(), x.data(), filter.data(),
                                              sum.data(), h, w, kChannels, f));
              return std::max(difference(get(dx, in), want_dx), difference(get(dw, filter.size()), want_dw));
            };
            return c;
          }};
}

struct Planned {
  Planned(dslt_backend *backend, const dslt_regress_shape &s) : cpu(backend) {
    must(cpu->nn->regress_plan(&plan, cpu, s.n, s.h, s.w, s.c, s.kh, s.kw));
  }
  ~Planned() { cpu->nn->regress_free(plan); }
  Planned(const Planned &) = delete;
  Planned &operator=(const Planned &) = delete;
  dslt_backend *cpu;
  dslt_regress *plan = nullptr;
};

std::string regress_name(const char *kernel, const dslt_regress_shape &s, int layers, const char *what) {
  return std::string(kernel) + " " + std::to_string(layers) + "x" + std::to_string(s.n) + " " +
         times(s.h, s.w) + "x" + std::to_string(s.c) + " by " + times(s.kh, s.kw) + what;
}

Entry regress_forward(int n, int kernel, int layers) {
  const dslt_regress_shape s = {n, kMapHeight, kMapWidth, kChannels, kernel, kernel};
  return {regress_name("regress_forward", s, layers, ""), [=](Memory &m, dslt_backend *cpu) {
            std::size_t map = std::size_t(n * s.h * s.w * s.c), weights = std::size_t(kernel * kernel * s.c),
                        response = std::size_t(n * (s.h - kernel + 1) * (s.w - kernel + 1));
            std::vector<dslt_regress_layer> list;
            std::vector<std::vector<float>> x, w;
            for (int i = 0; i < layers; ++i) {
              x.push_back(noise(map, unsigned(i)));
              w.push_back(noise(weights, unsigned(10 + i)));
              list.push_back({m.put(x.back()), m.put(w.back()), m.zeros<float>(response), nullptr, nullptr});
            }
            void *scratch = m.zeros<char>(dslt_kernel_regress_scratch(&s, layers));
            Case c;
            c.bytes = 4.0 * layers * double(map + weights + response);
            c.flops = 2.0 * layers * double(response) * double(weights);
            c.launch = [=](dslt_stream stream) {
              return dslt_kernel_regress_forward(stream, &s, list.data(), layers, scratch, nullptr);
            };
            c.error = [=] {
              Planned twin(cpu, s);
              double worst = 0;
              for (std::size_t i = 0; i < list.size(); ++i) {
                std::vector<float> want(response);
                must(cpu->nn->regress_forward(twin.plan, want.data(), x[i].data(), w[i].data()));
                worst = std::max(worst, difference(get(list[i].y, response), want));
              }
              return worst;
            };
            return c;
          }};
}

// What is made of a head's responses in the same launch: their sum, or the loss of that and its gradient.
Entry regress_end(int n, int kernel, int layers, bool learns) {
  const dslt_regress_shape s = {n, kMapHeight, kMapWidth, kChannels, kernel, kernel};
  return {
      regress_name(learns ? "regress_loss" : "regress_respond", s, layers, ""),
      [=](Memory &m, dslt_backend *cpu) {
        const std::size_t map = std::size_t(n * s.h * s.w * s.c),
                          weights = std::size_t(kernel * kernel * s.c),
                          response = std::size_t(n * (s.h - kernel + 1) * (s.w - kernel + 1));
        std::vector<dslt_regress_layer> list;
        std::vector<std::vector<float>> x, w;
        for (int i = 0; i < layers; ++i) {
          x.push_back(noise(map, unsigned(i)));
          w.push_back(noise(weights, unsigned(10 + i), 0.01f));  // responses below 1, as in tracking
          list.push_back({m.put(x.back()), m.put(w.back()), nullptr, nullptr, nullptr});
        }
        std::vector<float> bias = {0.1f, -0.2f}, label = noise(response, 3, 0.5f);
        for (float &y : label) y += 0.5f;
        dslt_loss_spec spec = {};
        spec.kind = DSLT_LOSS_SHRINKAGE, spec.a = 10, spec.c = 0.2f, spec.amplitude = 1;
        const float *biases = m.put(bias), *soft = m.put(label);
        float *out = m.zeros<float>(response + 3);
        void *scratch = m.zeros<char>(dslt_kernel_regress_scratch(&s, layers));
        Case c;
        c.bytes = 4.0 * layers * double(map + weights) + 4.0 * double(response) * (learns ? 2 : 1);
        c.flops = double(response) * (2.0 * layers * double(weights) + (learns ? 20 : layers + 1));
        c.tolerance = learns ? 1e-4 : 1e-5;  // the loss turns small differences into ten times larger ones
        c.launch = [=](dslt_stream stream) {
          const dslt_regress_target target = {biases, soft, out, out + response, out + response + 2, &spec};
          if (learns)
            return dslt_kernel_regress_loss(stream, &s, list.data(), layers, &target, scratch, nullptr);
          return dslt_kernel_regress_respond(stream, &s, list.data(), layers, out, biases, scratch, nullptr);
        };
        c.error = [=] {
          Planned twin(cpu, s);
          std::vector<std::vector<float>> parts;
          for (std::size_t i = 0; i < x.size(); ++i) {
            parts.emplace_back(response);
            must(cpu->nn->regress_forward(twin.plan, parts[i].data(), x[i].data(), w[i].data()));
          }
          const float *second = layers > 1 ? parts[1].data() : nullptr;
          std::vector<float> want(response), sums(3);
          if (!learns) {
            must(cpu->nn->sum_responses(cpu, want.data(), parts[0].data(), second, bias.data(), response));
            return difference(get(out, response), want);
          }
          must(cpu->nn->loss(cpu, want.data(), sums.data(), &sums[2], parts[0].data(), second, bias.data(),
                             label.data(), response, &spec));
          return std::max(difference(get(out, response), want), difference(get(out + response, 3), sums));
        };
        return c;
      }};
}

Entry regress_backward(int kernel, int layers, bool data, bool weight) {
  const dslt_regress_shape s = {1, kMapHeight, kMapWidth, kChannels, kernel, kernel};
  return {regress_name("regress_backward", s, layers, data && weight ? "" : (data ? " data" : " weights")),
          [=](Memory &m, dslt_backend *cpu) {
            std::size_t map = std::size_t(s.h * s.w * s.c), weights = std::size_t(kernel * kernel * s.c),
                        response = std::size_t((s.h - kernel + 1) * (s.w - kernel + 1));
            std::vector<dslt_regress_layer> list;
            std::vector<std::vector<float>> x, w;
            std::vector<float> dy = noise(response, 5);
            for (int i = 0; i < layers; ++i) {
              x.push_back(noise(map, unsigned(i)));
              w.push_back(noise(weights, unsigned(10 + i)));
              list.push_back({m.put(x.back()), m.put(w.back()), nullptr, data ? m.zeros<float>(map) : nullptr,
                              weight ? m.zeros<float>(weights) : nullptr});
            }
            float *slope = m.put(dy);
            void *scratch = m.zeros<char>(dslt_kernel_regress_scratch(&s, layers));
            Case c;
            c.bytes =
                4.0 * double(response) +
                4.0 * layers * ((data ? double(weights + map) : 0) + (weight ? double(map + weights) : 0));
            c.flops = 2.0 * layers * (int(data) + int(weight)) * double(response) * double(weights);
            c.launch = [=](dslt_stream stream) {
              return dslt_kernel_regress_backward(stream, &s, list.data(), layers, slope, scratch, nullptr);
            };
            c.error = [=] {
              Planned twin(cpu, s);
              double worst = 0;
              for (std::size_t i = 0; i < list.size(); ++i) {
                std::vector<float> dx(map), dw(weights);
                must(cpu->nn->regress_backward(twin.plan, dx.data(), dw.data(), x[i].data(), w[i].data(),
                                               dy.data()));
                if (data) worst = std::max(worst, difference(get(list[i].d_x, map), dx));
                if (weight) worst = std::max(worst, difference(get(list[i].d_w, weights), dw));
              }
              return worst;
            };
            return c;
          }};
}

// The weights' gradients and the Adam step with them, as a frozen head takes it for each of its samples.
Entry regress_learn(int kernel, int layers) {
  const dslt_regress_shape s = {1, kMapHeight, kMapWidth, kChannels, kernel, kernel};
  return {
      regress_name("regress_learn", s, layers, ""), [=](Memory &m, dslt_backend *cpu) {
        const std::size_t map = std::size_t(s.h * s.w * s.c), weights = std::size_t(kernel * kernel * s.c),
                          response = std::size_t((s.h - kernel + 1) * (s.w - kernel + 1));
        std::vector<dslt_regress_layer> list;
        std::vector<std::vector<float>> x, w;
        const std::vector<float> dy = noise(response, 5), moment = noise(weights, 6, 0.1f),
                                 square(weights, 0.5f);
        dslt_regress_step step = {};
        step.rule = {0.9f, 0.999f, 1e-8f};
        step.step = m.zeros<int32_t>(1);
        for (int i = 0; i < layers; ++i) {
          x.push_back(noise(map, unsigned(i)));
          w.push_back(noise(weights, unsigned(10 + i)));
          list.push_back({m.put(x.back()), m.put(w.back()), nullptr, nullptr, m.zeros<float>(weights)});
          step.layer[i] = {const_cast<float *>(list.back().w),
                           nullptr,
                           m.put(moment),
                           m.put(square),
                           weights,
                           1e-3f,
                           5e-4f,
                           0};
        }
        const float *slope = m.put(dy);
        void *scratch = m.zeros<char>(dslt_kernel_regress_scratch(&s, layers));
        Case c;
        c.bytes = 4.0 * double(response) + 4.0 * layers * double(map + 7 * weights);
        c.flops = layers * (2.0 * double(response) * double(weights) + 14.0 * double(weights));
        c.launch = [=](dslt_stream stream) {
          return dslt_kernel_regress_learn(stream, &s, list.data(), layers, slope, &step, scratch, nullptr);
        };
        c.error = [=] {
          Planned twin(cpu, s);
          double worst = get(step.step, 1)[0] == 1 ? 0 : 1;
          for (std::size_t i = 0; i < list.size(); ++i) {
            std::vector<float> want = w[i], gradient(weights), m1 = moment, m2 = square;
            must(cpu->nn->regress_backward(twin.plan, nullptr, gradient.data(), x[i].data(), want.data(),
                                           dy.data()));
            const dslt_param param = {want.data(), gradient.data(), m1.data(), m2.data(),
                                      weights,     1e-3f,           5e-4f,     0};
            int32_t steps = 0;
            must(cpu->nn->adam(cpu, &param, 1, &step.rule, &steps));
            worst = std::max(worst, difference(get(list[i].w, weights), want));
          }
          return worst;
        };
        return c;
      }};
}

Entry axpby() {
  return {"axpby 45x50x128", [](Memory &m, dslt_backend *cpu) {
            std::size_t count = kMapHeight * kMapWidth * kChannels;
            std::vector<float> x = noise(count, 1), z = noise(count, 2);
            float *a = m.put(x), *b = m.put(z), *y = m.zeros<float>(count);
            Case c;
            c.bytes = 12.0 * double(count);
            c.flops = 3.0 * double(count);
            c.launch = [=](dslt_stream s) { return dslt_kernel_axpby(s, y, 0.5f, a, 1, b, count, nullptr); };
            c.error = [=] {
              std::vector<float> want(count);
              must(cpu->nn->axpby(cpu, want.data(), 0.5f, x.data(), 1, z.data(), count));
              return difference(get(y, count), want);
            };
            return c;
          }};
}

Entry convert(bool widen) {
  return {
      std::string("convert 45x50x512 ") + (widen ? "bf16 to f32" : "f32 to bf16"),
      [=](Memory &m, dslt_backend *) {
        std::size_t count = kMapHeight * kMapWidth * 512;
        std::vector<float> x = noise(count, 1, 20);
        std::vector<dslt_bf16> half;
        for (float v : x) half.push_back(dslt_to_bf16(v));
        const void *from = widen ? static_cast<void *>(m.put(half)) : m.put(x);
        void *to = m.zeros<char>(count * 4);
        dslt_type in = widen ? DSLT_TYPE_BF16 : DSLT_TYPE_F32, out = widen ? DSLT_TYPE_F32 : DSLT_TYPE_BF16;
        Case c;
        c.bytes = 6.0 * double(count);
        c.tolerance = 0;  // the kernels and the host run one function
        c.launch = [=](dslt_stream s) { return dslt_kernel_convert(s, to, out, from, in, count, nullptr); };
        c.error = [=] {
          std::vector<float> want, got;
          for (dslt_bf16 v : half) want.push_back(dslt_from_bf16(v));
          if (widen)
            got = get(static_cast<const float *>(to), count);
          else
            for (dslt_bf16 v : get(static_cast<const dslt_bf16 *>(to), count))
              got.push_back(dslt_from_bf16(v));
          return difference(got, want);
        };
        return c;
      }};
}

}  // namespace

std::vector<Entry> head_cases() {
  return {
      upsample_forward(23, 25, 2),
      upsample_forward(11, 13, 4),
      upsample_backward(23, 25, 2),
      upsample_backward(11, 13, 4),
      regress_forward(1, 8, 1),
      regress_forward(1, 8, 2),
      regress_forward(3, 8, 2),
      regress_forward(1, 6, 2),
      regress_forward(1, 10, 2),
      regress_end(1, 8, 2, false),
      regress_end(3, 8, 2, false),
      regress_end(1, 8, 2, true),
      regress_backward(8, 1, false, true),
      regress_backward(8, 1, true, false),
      regress_backward(8, 2, true, true),
      regress_backward(6, 2, true, true),
      regress_backward(10, 2, true, true),
      regress_learn(8, 1),
      regress_learn(8, 2),
      axpby(),
      convert(false),
      convert(true),
  };
}

}  // namespace bench
