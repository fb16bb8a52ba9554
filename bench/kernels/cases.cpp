// cases.cpp: the kernels on the shapes of tracking: a search area of 400 x 360 pixels, 50 x 45 cells at
// stride 8, 128 channels after reduction.
#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "bench.h"
#include "pack.h"
#include "util/rng.h"

namespace bench {
namespace {

constexpr int kInputWidth = 400, kInputHeight = 360, kMapWidth = 50, kMapHeight = 45, kChannels = 128;

std::vector<float> noise(std::size_t count, unsigned seed, float scale = 1.0f) {
  std::mt19937 generator(seed);
  std::vector<float> out(count);
  for (float &v : out) v = scale * (float(generator() >> 8) / float(1 << 23) - 1.0f);
  return out;
}

// Largest difference relative to the largest value; NaN where either has one.
double difference(const std::vector<float> &got, const std::vector<float> &want) {
  double largest = 1e-30, worst = 0;
  for (float v : want) largest = std::max(largest, std::fabs(double(v)));
  for (std::size_t i = 0; i < want.size(); ++i) {
    double d = std::fabs(double(got[i]) - double(want[i]));
    if (!(d <= worst)) worst = d;
    if (std::isnan(d)) return d;
  }
  return worst / largest;
}

std::string times(int a, int b) { return std::to_string(a) + "x" + std::to_string(b); }

dslt_geometry geometry(int kernel, int subcell, int levels) {
  dslt_geometry g = {};
  g.frame_width = 640;
  g.frame_height = 480;
  g.target_width = 64;
  g.target_height = 60;
  g.ratio = 0.8;
  g.input_width = kInputWidth;
  g.input_height = kInputHeight;
  g.anchor_x = 0.5 * kInputWidth;
  g.anchor_y = 0.5 * kInputHeight;
  g.stride = 8;
  g.map_width = kMapWidth;
  g.map_height = kMapHeight;
  g.kernel_width = g.kernel_height = kernel;
  g.response_width = kMapWidth - kernel + 1;
  g.response_height = kMapHeight - kernel + 1;
  g.centre_x = 0.5f * float(g.response_width - 1);
  g.centre_y = 0.5f * float(g.response_height - 1);
  g.motion_sigma_x = g.motion_sigma_y = 8;
  g.subcell = subcell;
  g.mapping = DSLT_MAPPING_RECEPTIVE;
  g.levels = levels;
  g.scale_step = 1.03;
  g.scale_rate = 0.6;
  g.scale_gate = 0.3;
  g.scale_penalty = 0.98;
  g.scale_min = 0.2;
  g.scale_max = 5;
  g.lost_ratio = 0.25;
  g.lost_rate = 0.1;
  g.label_sigma_x = g.label_sigma_y = 1.5f;
  return g;
}

dslt_pose pose_in_the_middle() {
  dslt_pose pose = {};
  pose.cx = 320;
  pose.cy = 240;
  pose.scale = 1;
  pose.mean_peak = 0.8;
  return pose;
}

std::size_t cells_of(const dslt_geometry &g) {
  return std::size_t(g.response_width) * std::size_t(g.response_height);
}

// A response map with one clear peak.
std::vector<float> bump(const dslt_geometry &g, float height, unsigned seed) {
  std::vector<float> map = noise(cells_of(g), seed, 0.05f);
  for (std::size_t i = 0; i < map.size(); ++i) {
    float dx = float(int(i) % g.response_width) - 24.3f, dy = float(int(i) / g.response_width) - 17.6f;
    map[i] += height * std::exp(-0.1f * (dx * dx + dy * dy));
  }
  return map;
}

// ---- frame to input ------------------------------------------------------------------------------

Entry crop(int levels, double ratio, dslt_type type, int channels) {
  std::string shape = std::to_string(levels) + " of " + times(kInputWidth, kInputHeight) + "x" +
                      std::to_string(channels) + (type == DSLT_TYPE_F32 ? " f32" : " bf16") + " ratio " +
                      std::to_string(ratio).substr(0, 3);
  return {"crop " + shape, [=](Memory &m, dslt_backend *cpu) {
            dslt_geometry g = geometry(8, DSLT_SUBCELL_NONE, levels);
            g.ratio = ratio;
            dslt_input_norm norm = {0, {103.939f, 116.779f, 123.68f}, {1, 1, 1}};
            auto pixels = std::make_shared<std::vector<uint8_t>>();
            for (float v : noise(640 * 480 * 3, 1)) pixels->push_back(uint8_t(127.5f + 127.5f * v));
            dslt_frame_view view;
            must(dslt_cuda_frame_view(&view, m.put(*pixels), 640 * 3, 640, 480, DSLT_BGR8));
            const dslt_frame_view *frame = m.put(std::vector<dslt_frame_view>{view});
            dslt_pose pose = pose_in_the_middle();
            const dslt_pose *there = m.put(std::vector<dslt_pose>{pose});
            std::size_t values = std::size_t(levels) * kInputWidth * kInputHeight;
            std::size_t element = type == DSLT_TYPE_F32 ? 4 : 2;
            void *out = m.zeros<char>(values * std::size_t(channels) * element);
            int first = -(levels - 1) / 2;
            Case c;
            double side = std::min(480.0, kInputHeight * ratio) * std::min(640.0, kInputWidth * ratio);
            c.bytes = double(values) * channels * double(element) + side * 3;
            c.flops = double(values) * 3 * 2 * (ratio > 1 ? 4 * ratio * ratio : 4);
            c.tolerance = type == DSLT_TYPE_F32 ? 2e-5 : 1.0 / 256;
            c.launch = [=](dslt_stream s) {
              return dslt_cuda_crop(s, out, type, channels, frame, &g, &norm, there, first, levels, nullptr);
            };
            c.error = [=] {
              dslt_image image = {};
              image.data = pixels->data();
              image.width = 640;
              image.height = 480;
              image.stride = 640 * 3;
              image.format = DSLT_BGR8;
              std::vector<float> want(values * 3), got;
              must(cpu->ops->begin(cpu));
              must(cpu->ops->frame(cpu, &image));
              must(cpu->ops->crop(cpu, want.data(), &g, &norm, &pose, first, levels));
              must(cpu->ops->end(cpu));
              std::vector<float> all;
              if (type == DSLT_TYPE_F32)
                all = get(static_cast<const float *>(out), values * std::size_t(channels));
              else
                for (dslt_bf16 v : get(static_cast<const dslt_bf16 *>(out), values * std::size_t(channels)))
                  all.push_back(dslt_from_bf16(v));
              for (std::size_t i = 0; i < all.size(); ++i)
                if (i % std::size_t(channels) < 3) got.push_back(all[i]);
              return difference(got, want);
            };
            return c;
          }};
}

Entry augment(float sigma) {
  return {std::string("augment ") + times(kInputWidth, kInputHeight) + (sigma > 0 ? " blur" : " mirror"),
          [=](Memory &m, dslt_backend *cpu) {
            std::vector<float> in = noise(3 * kInputWidth * kInputHeight, 1, 120);
            float *from = m.put(in), *out = m.zeros<float>(in.size());
            Case c;
            c.bytes = 8.0 * double(in.size());
            c.flops = sigma > 0 ? 75.0 * double(in.size()) : 0;
            c.launch = [=](dslt_stream s) {
              return dslt_cuda_augment(s, out, DSLT_TYPE_F32, 3, from, kInputHeight, kInputWidth, sigma, 200);
            };
            c.error = [=] {
              std::vector<float> want(in.size());
              must(cpu->ops->augment(cpu, want.data(), in.data(), kInputHeight, kInputWidth, sigma, 200));
              return difference(get(out, want.size()), want);
            };
            return c;
          }};
}

// ---- head ----------------------------------------------------------------------------------------

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
          return dslt_cuda_upsample_forward(s, y, fused, branch, 1, 0.5f, there, weights, 1, h, w, kChannels,
                                            f, nullptr);
        };
        c.error = [=] {
          std::vector<float> want(out), sum(out);
          must(cpu->ops->upsample_forward(cpu, want.data(), x.data(), filter.data(), 1, h, w, kChannels, f));
          must(cpu->ops->axpby(cpu, sum.data(), 1, low.data(), 0.5f, want.data(), out));
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
            void *scratch = m.zeros<char>(dslt_cuda_upsample_scratch(h, w, kChannels, f));
            Case c;
            c.bytes = 4.0 * double(2 * x.size() + 2 * filter.size() + 2 * out);
            c.flops = double(out) * (2 + 8 + 8);
            c.launch = [=](dslt_stream s) {
              return dslt_cuda_upsample_backward(s, dx, dw, there, weights, slope, 0.5f, slope2, h, w,
                                                 kChannels, f, scratch, nullptr);
            };
            c.error = [=] {
              std::vector<float> sum(out), want_dx(in), want_dw(filter.size());
              must(cpu->ops->axpby(cpu, sum.data(), 0.5f, dy.data(), 1, dy2.data(), out));
              must(cpu->ops->upsample_backward(cpu, want_dx.data(), want_dw.data(), x.data(), filter.data(),
                                               sum.data(), h, w, kChannels, f));
              return std::max(difference(get(dx, in), want_dx), difference(get(dw, filter.size()), want_dw));
            };
            return c;
          }};
}

struct Planned {
  Planned(dslt_backend *cpu, const dslt_regress_shape &s) : ops(cpu->ops) {
    must(ops->regress_plan(&plan, cpu, s.n, s.h, s.w, s.c, s.kh, s.kw));
  }
  ~Planned() { ops->regress_free(plan); }
  Planned(const Planned &) = delete;
  Planned &operator=(const Planned &) = delete;
  const dslt_backend_ops *ops;
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
            void *scratch = m.zeros<char>(dslt_cuda_regress_scratch(&s, layers));
            Case c;
            c.bytes = 4.0 * layers * double(map + weights + response);
            c.flops = 2.0 * layers * double(response) * double(weights);
            c.launch = [=](dslt_stream stream) {
              return dslt_cuda_regress_forward(stream, &s, list.data(), layers, scratch, nullptr);
            };
            c.error = [=] {
              Planned twin(cpu, s);
              double worst = 0;
              for (std::size_t i = 0; i < list.size(); ++i) {
                std::vector<float> want(response);
                must(cpu->ops->regress_forward(twin.plan, want.data(), x[i].data(), w[i].data()));
                worst = std::max(worst, difference(get(list[i].y, response), want));
              }
              return worst;
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
            void *scratch = m.zeros<char>(dslt_cuda_regress_scratch(&s, layers));
            Case c;
            c.bytes =
                4.0 * double(response) +
                4.0 * layers * ((data ? double(weights + map) : 0) + (weight ? double(map + weights) : 0));
            c.flops = 2.0 * layers * (int(data) + int(weight)) * double(response) * double(weights);
            c.launch = [=](dslt_stream stream) {
              return dslt_cuda_regress_backward(stream, &s, list.data(), layers, slope, scratch, nullptr);
            };
            c.error = [=] {
              Planned twin(cpu, s);
              double worst = 0;
              for (std::size_t i = 0; i < list.size(); ++i) {
                std::vector<float> dx(map), dw(weights);
                must(cpu->ops->regress_backward(twin.plan, dx.data(), dw.data(), x[i].data(), w[i].data(),
                                                dy.data()));
                if (data) worst = std::max(worst, difference(get(list[i].dx, map), dx));
                if (weight) worst = std::max(worst, difference(get(list[i].dw, weights), dw));
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
            c.launch = [=](dslt_stream s) { return dslt_cuda_axpby(s, y, 0.5f, a, 1, b, count, nullptr); };
            c.error = [=] {
              std::vector<float> want(count);
              must(cpu->ops->axpby(cpu, want.data(), 0.5f, x.data(), 1, z.data(), count));
              return difference(get(y, count), want);
            };
            return c;
          }};
}

Entry convert(bool widen) {
  return {std::string("convert 45x50x512 ") + (widen ? "bf16 to f32" : "f32 to bf16"),
          [=](Memory &m, dslt_backend *) {
            std::size_t count = kMapHeight * kMapWidth * 512;
            std::vector<float> x = noise(count, 1, 20);
            std::vector<dslt_bf16> half;
            for (float v : x) half.push_back(dslt_to_bf16(v));
            const void *from = widen ? static_cast<void *>(m.put(half)) : m.put(x);
            void *to = m.zeros<char>(count * 4);
            dslt_type in = widen ? DSLT_TYPE_BF16 : DSLT_TYPE_F32,
                      out = widen ? DSLT_TYPE_F32 : DSLT_TYPE_BF16;
            Case c;
            c.bytes = 6.0 * double(count);
            c.tolerance = 0;  // the kernels and the host run one function
            c.launch = [=](dslt_stream s) { return dslt_cuda_convert(s, to, out, from, in, count, nullptr); };
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

Entry fill_normal() {
  return {"fill_normal 512x128", [](Memory &m, dslt_backend *) {
            std::size_t count = 512 * 128;
            float *w = m.zeros<float>(count);
            Case c;
            c.bytes = 4.0 * double(count);
            c.flops = 24.0 * double(count);
            c.tolerance = 0;
            c.launch = [=](dslt_stream s) { return dslt_cuda_fill_normal(s, w, count, 0.06, 1, 100); };
            c.error = [=] {
              std::vector<float> want(count);
              dslt_rng rng = dslt_rng_make(1, 100);
              for (float &v : want) v = float(0.06 * dslt_rng_normal(&rng));
              return difference(get(w, count), want);
            };
            return c;
          }};
}

// ---- response, loss, step ------------------------------------------------------------------------

Entry respond() {
  return {"respond 3x38x43", [](Memory &m, dslt_backend *cpu) {
            std::size_t count = 3 * 38 * 43;
            std::vector<float> base = noise(count, 1), residual = noise(count, 2), bias = {0.1f, -0.2f};
            float *a = m.put(base), *b = m.put(residual), *both = m.put(bias), *y = m.zeros<float>(count);
            Case c;
            c.bytes = 12.0 * double(count);
            c.flops = 2.0 * double(count);
            c.launch = [=](dslt_stream s) { return dslt_cuda_respond(s, y, a, b, both, count, nullptr); };
            c.error = [=] {
              std::vector<float> want(count);
              must(cpu->ops->respond(cpu, want.data(), base.data(), residual.data(), bias.data(), count));
              return difference(get(y, count), want);
            };
            return c;
          }};
}

Entry loss(int kind, const char *name) {
  return {std::string("loss 38x43 ") + name, [=](Memory &m, dslt_backend *cpu) {
            std::size_t count = 38 * 43;
            std::vector<float> base = noise(count, 1), residual = noise(count, 2, 0.2f), bias = {0.1f, -0.2f},
                               label = noise(count, 3, 0.5f);
            for (float &y : label) y += 0.5f;
            dslt_loss_spec spec = {kind, 10, 0.2f, 0.01f, 0.1f, 1, 1.6f, 4.953f};
            float *a = m.put(base), *b = m.put(residual), *both = m.put(bias), *soft = m.put(label),
                  *out = m.zeros<float>(count + 3);
            Case c;
            c.bytes = 16.0 * double(count);
            c.flops = 20.0 * double(count);
            c.tolerance = 2e-5;
            c.launch = [=](dslt_stream s) {
              return dslt_cuda_loss(s, out, out + count, out + count + 2, a, b, both, soft, count, &spec,
                                    nullptr);
            };
            c.error = [=] {
              std::vector<float> want(count + 3);
              must(cpu->ops->loss(cpu, want.data(), &want[count], &want[count + 2], base.data(),
                                  residual.data(), bias.data(), label.data(), count, &spec));
              return difference(get(out, count + 3), want);
            };
            return c;
          }};
}

Entry adam() {
  return {"adam head of preset paper", [](Memory &m, dslt_backend *cpu) {
            const std::vector<std::size_t> counts = {512 * 128, 512 * 128, 16 * 128, 64 * 128,
                                                     64 * 128,  1,         1};
            struct Tensor {
              std::vector<float> w, g, m, v;
            };
            auto host = std::make_shared<std::vector<Tensor>>();
            std::vector<dslt_param> params;
            double total = 0;
            for (std::size_t count : counts) {
              unsigned seed = unsigned(host->size()) * 4;
              Tensor t = {noise(count, seed), noise(count, seed + 1), noise(count, seed + 2, 0.1f),
                          noise(count, seed + 3, 0.1f)};
              for (float &v : t.v) v = std::fabs(v);
              params.push_back({m.put(t.w), m.put(t.g), m.put(t.m), m.put(t.v), count, 1e-3f, 5e-4f});
              host->push_back(t);
              total += double(count);
            }
            int32_t *step = m.zeros<int32_t>(1);
            uint32_t *ticket = m.zeros<uint32_t>(1);
            const dslt_adam_rule rule = {0.9f, 0.999f, 1e-8f};
            Case c;
            c.bytes = 28 * total;
            c.flops = 14 * total;
            c.launch = [=](dslt_stream s) {
              return dslt_cuda_adam(s, params.data(), int(params.size()), &rule, step, ticket, nullptr);
            };
            c.error = [=] {
              std::vector<dslt_param> here;
              for (std::size_t i = 0; i < params.size(); ++i) {
                Tensor &t = (*host)[i];
                here.push_back(params[i]);
                here[i].w = t.w.data();
                here[i].g = t.g.data();
                here[i].m = t.m.data();
                here[i].v = t.v.data();
              }
              int32_t want_step = 0;
              must(cpu->ops->adam(cpu, here.data(), int(here.size()), &rule, &want_step));
              double worst = want_step == get(step, 1)[0] ? 0 : 1;
              for (std::size_t i = 0; i < params.size(); ++i)
                worst = std::max(worst, difference(get(params[i].w, params[i].count), (*host)[i].w));
              return worst;
            };
            return c;
          }};
}

Entry sample_label() {
  return {"sample_label 38x43", [](Memory &m, dslt_backend *cpu) {
            dslt_geometry g = geometry(8, DSLT_SUBCELL_NONE, 1);
            dslt_pose pose = pose_in_the_middle();
            pose.label_x = 20.3f;
            pose.label_y = 18.8f;
            const dslt_pose *there = m.put(std::vector<dslt_pose>{pose});
            float *label = m.zeros<float>(cells_of(g));
            Case c;
            c.bytes = 4.0 * double(cells_of(g));
            c.flops = 10.0 * double(cells_of(g));
            c.launch = [=](dslt_stream s) {
              return dslt_cuda_sample_label(s, label, nullptr, there, &g, nullptr);
            };
            c.error = [=] {
              std::vector<float> want(cells_of(g));
              must(cpu->ops->label(cpu, want.data(), &pose, &g));
              return difference(get(label, want.size()), want);
            };
            return c;
          }};
}

// ---- pose ----------------------------------------------------------------------------------------

enum class Search { locate, choose_scale, locate_levels };

Entry search(Search what, int subcell, const char *name) {
  int levels = what == Search::locate ? 1 : 3;
  return {name, [=](Memory &m, dslt_backend *cpu) {
            dslt_geometry g = geometry(8, subcell, levels);
            std::vector<float> maps;
            for (int level = 0; level < levels; ++level) {
              std::vector<float> map = bump(g, level == 2 ? 0.9f : 0.7f, unsigned(level));
              maps.insert(maps.end(), map.begin(), map.end());
            }
            const float *responses = m.put(maps);
            dslt_pose start = pose_in_the_middle();
            dslt_pose *pose = m.put(std::vector<dslt_pose>{start});
            auto *scratch = m.zeros<dslt_locate_scratch>(1);
            bool bicubic = subcell == DSLT_SUBCELL_BICUBIC;
            double points = levels * (bicubic ? double(kInputWidth) * kInputHeight : double(cells_of(g)));
            Case c;
            c.bytes = 4.0 * double(maps.size());
            c.flops = points * (bicubic ? 90 : 8);
            c.tolerance = 1e-4;  // frame pixels, relative to the frame
            c.launch = [=](dslt_stream s) {
              switch (what) {
                case Search::choose_scale:
                  return dslt_cuda_choose_scale(s, pose, responses, &g, scratch, nullptr);
                case Search::locate_levels:
                  return dslt_cuda_locate_levels(s, pose, responses, &g, scratch, nullptr);
                default: return dslt_cuda_locate(s, pose, responses, &g, scratch, nullptr);
              }
            };
            c.error = [=] {
              dslt_pose want = start, got = get(pose, 1)[0];
              auto twin = what == Search::choose_scale
                              ? cpu->ops->choose_scale
                              : (what == Search::locate_levels ? cpu->ops->locate_levels : cpu->ops->locate);
              must(twin(cpu, &want, maps.data(), &g));
              auto numbers = [](const dslt_pose &p) {
                return std::vector<float>{float(p.cx),   float(p.cy),        float(p.scale),
                                          float(p.peak), float(p.mean_peak), float(p.level)};
              };
              return difference(numbers(got), numbers(want));
            };
            return c;
          }};
}

// ---- samples -------------------------------------------------------------------------------------

Entry store_sample() {
  return {"store_sample 45x50x512 23x25x512 bf16", [](Memory &m, dslt_backend *) {
            const std::size_t low = 45 * 50 * 512 * 2, high = 23 * 25 * 512 * 2;
            std::vector<uint8_t> low_tap(low), high_tap(high);
            for (std::size_t i = 0; i < low; ++i) low_tap[i] = uint8_t(i * 7 + 1);
            for (std::size_t i = 0; i < high; ++i) high_tap[i] = uint8_t(i * 5 + 3);
            dslt_taps_view sources[DSLT_SOURCES] = {{m.put(low_tap), m.put(high_tap)}, {}, {}};
            uint8_t *low_store = m.zeros<uint8_t>(7 * low), *high_store = m.zeros<uint8_t>(7 * high);
            dslt_ring *ring = m.put(std::vector<dslt_ring>{{7, 1, 1, 0}});
            Case c;
            c.bytes = 2.0 * double(low + high);
            c.tolerance = 0;
            std::vector<dslt_taps_view> list(sources, sources + DSLT_SOURCES);
            c.launch = [=](dslt_stream s) {
              return dslt_cuda_store_sample(s, ring, low_store, high_store, list.data(), nullptr, nullptr,
                                            low, high, nullptr);
            };
            c.error = [=] {
              return get(low_store + low, low) == low_tap && get(high_store + high, high) == high_tap &&
                             get(ring, 1)[0].next == 2
                         ? 0.0
                         : 1.0;
            };
            return c;
          }};
}

Entry take_level() {
  return {"take_level 45x50x512", [](Memory &m, dslt_backend *cpu) {
            std::size_t count = 45 * 50 * 512;
            std::vector<float> batch = noise(3 * count, 1);
            dslt_pose pose = pose_in_the_middle();
            pose.level = 2;
            const float *from = m.put(batch);
            const dslt_pose *there = m.put(std::vector<dslt_pose>{pose});
            float *to = m.zeros<float>(count);
            Case c;
            c.bytes = 8.0 * double(count);
            c.tolerance = 0;
            c.launch = [=](dslt_stream s) {
              return dslt_cuda_take_level(s, to, from, there, count, nullptr);
            };
            c.error = [=] {
              std::vector<float> want(count);
              must(cpu->ops->take_level(cpu, want.data(), batch.data(), &pose, count));
              return difference(get(to, count), want);
            };
            return c;
          }};
}

}  // namespace

std::vector<Entry> entries() {
  return {
      crop(1, 0.8, DSLT_TYPE_F32, 3),
      crop(3, 0.8, DSLT_TYPE_F32, 3),
      crop(3, 0.8, DSLT_TYPE_BF16, 8),
      crop(3, 2.5, DSLT_TYPE_BF16, 8),
      augment(1.0f),
      augment(0.0f),
      upsample_forward(23, 25, 2),
      upsample_forward(11, 13, 4),
      upsample_backward(23, 25, 2),
      upsample_backward(11, 13, 4),
      regress_forward(1, 8, 1),
      regress_forward(1, 8, 2),
      regress_forward(3, 8, 2),
      regress_forward(1, 6, 2),
      regress_forward(1, 10, 2),
      regress_backward(8, 1, false, true),
      regress_backward(8, 1, true, false),
      regress_backward(8, 2, true, true),
      regress_backward(6, 2, true, true),
      regress_backward(10, 2, true, true),
      axpby(),
      convert(false),
      convert(true),
      fill_normal(),
      respond(),
      loss(DSLT_LOSS_SHRINKAGE, "shrinkage"),
      loss(DSLT_LOSS_SHRINKAGE_RELEASED, "released"),
      loss(DSLT_LOSS_L2, "l2"),
      loss(DSLT_LOSS_L3, "l3"),
      loss(DSLT_LOSS_OHNM, "ohnm"),
      loss(DSLT_LOSS_TRUNCATED, "truncated"),
      adam(),
      sample_label(),
      search(Search::locate, DSLT_SUBCELL_QUADRATIC, "locate 38x43 quadratic"),
      search(Search::locate, DSLT_SUBCELL_BICUBIC, "locate 38x43 bicubic"),
      search(Search::choose_scale, DSLT_SUBCELL_QUADRATIC, "choose_scale 3x38x43"),
      search(Search::locate_levels, DSLT_SUBCELL_BICUBIC, "locate_levels 3x38x43 bicubic"),
      take_level(),
      store_sample(),
  };
}

}  // namespace bench
