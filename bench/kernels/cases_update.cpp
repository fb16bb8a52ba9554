/* SPDX-License-Identifier: Apache-2.0 */
// cases_update.cpp: response, loss, step, labels.
#include <memory>

#include "cases.h"

namespace bench {
namespace {

Entry sum_responses() {
  return {
      "sum_responses 3x38x43", [](Memory &m, dslt_backend *cpu) {
        std::size_t count = 3 * 38 * 43;
        std::vector<float> base = noise(count, 1), residual = noise(count, 2), bias = {0.1f, -0.2f};
        float *a = m.put(base), *b = m.put(residual), *both = m.put(bias), *y = m.zeros<float>(count);
        Case c;
        c.bytes = 12.0 * double(count);
        c.flops = 2.0 * double(count);
        c.launch = [=](dslt_stream s) { return dslt_kernel_sum_responses(s, y, a, b, both, count, nullptr); };
        c.error = [=] {
          std::vector<float> want(count);
          must(cpu->nn->sum_responses(cpu, want.data(), base.data(), residual.data(), bias.data(), count));
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
            dslt_loss_spec spec = {};
            spec.kind = kind, spec.a = 10, spec.c = 0.2f, spec.ohnm = 0.01f, spec.threshold = 0.1f;
            spec.alpha = spec.amplitude = 1, spec.released_alpha = 1.6f, spec.weight_peak = 4.953f;
            float *a = m.put(base), *b = m.put(residual), *both = m.put(bias), *soft = m.put(label),
                  *out = m.zeros<float>(count + 3);
            Case c;
            c.bytes = 16.0 * double(count);
            c.flops = 20.0 * double(count);
            c.tolerance = 2e-5;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_loss(s, out, out + count, out + count + 2, a, b, both, soft, count, &spec,
                                      nullptr);
            };
            c.error = [=] {
              std::vector<float> want(count + 3);
              must(cpu->nn->loss(cpu, want.data(), &want[count], &want[count + 2], base.data(),
                                 residual.data(), bias.data(), label.data(), count, &spec));
              return difference(get(out, count + 3), want);
            };
            return c;
          }};
}

Entry adam() {
  return {"adam head of preset paper", [](Memory &m, dslt_backend *cpu) {
            const int partials = 4;  // of the first gradient, as the low map's reduction has it
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
              const int parts = host->empty() ? partials : 1;
              Tensor t = {noise(count, seed), noise(std::size_t(parts) * count, seed + 1),
                          noise(count, seed + 2, 0.1f), noise(count, seed + 3, 0.1f)};
              for (float &v : t.v) v = std::fabs(v);
              params.push_back({m.put(t.w), m.put(t.g), m.put(t.m), m.put(t.v), count, 1e-3f, 5e-4f, parts});
              host->push_back(t);
              total += double(count);
            }
            int32_t *step = m.zeros<int32_t>(1);
            uint32_t *ticket = m.zeros<uint32_t>(1);
            const dslt_adam_rule rule = {0.9f, 0.999f, 1e-8f};
            Case c;
            c.bytes = 28 * total + 4.0 * (partials - 1) * double(counts[0]);
            c.flops = 14 * total + (partials - 1) * double(counts[0]);
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_adam(s, params.data(), int(params.size()), &rule, step, ticket, nullptr);
            };
            c.error = [=] {
              std::vector<Tensor> want = *host;
              std::vector<dslt_param> here;
              for (std::size_t i = 0; i < params.size(); ++i) {
                Tensor &t = want[i];
                here.push_back(params[i]);
                here[i].w = t.w.data();
                here[i].g = t.g.data();
                here[i].m = t.m.data();
                here[i].v = t.v.data();
              }
              int32_t want_step = 0;
              must(cpu->nn->adam(cpu, here.data(), int(here.size()), &rule, &want_step));
              double worst = want_step == get(step, 1)[0] ? 0 : 1;
              for (std::size_t i = 0; i < params.size(); ++i)
                worst = std::max(worst, difference(get(params[i].w, params[i].count), want[i].w));
              return worst;
            };
            return c;
          }};
}

Entry store_label() {
  return {"store_label 38x43", [](Memory &m, dslt_backend *cpu) {
            dslt_search g = geometry(8, DSLT_SUBCELL_NONE, 1);
            dslt_target_state state = state_in_the_middle();
            state.label_x = 20.3f;
            state.label_y = 18.8f;
            const dslt_target_state *there = m.put(std::vector<dslt_target_state>{state});
            const dslt_sample_ring first = dslt_ring_first(2);
            const dslt_sample_ring *ring = m.put(std::vector<dslt_sample_ring>{first});
            float *labels = m.zeros<float>(2 * cells_of(g));
            Case c;
            c.bytes = 4.0 * double(cells_of(g));
            c.flops = 10.0 * double(cells_of(g));
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_store_label(s, labels, ring, there, &g, nullptr);
            };
            c.error = [=] {
              std::vector<float> want(2 * cells_of(g));
              must(cpu->vision->store_label(cpu, want.data(), &first, &state, &g));
              return difference(get(labels, want.size()), want);
            };
            return c;
          }};
}

}  // namespace

std::vector<Entry> update_cases() {
  return {
      sum_responses(),
      loss(DSLT_LOSS_SHRINKAGE, "shrinkage"),
      loss(DSLT_LOSS_SHRINKAGE_RELEASED, "released"),
      loss(DSLT_LOSS_L2, "l2"),
      loss(DSLT_LOSS_L3, "l3"),
      loss(DSLT_LOSS_OHNM, "ohnm"),
      loss(DSLT_LOSS_TRUNCATED, "truncated"),
      adam(),
      store_label(),
  };
}

}  // namespace bench
