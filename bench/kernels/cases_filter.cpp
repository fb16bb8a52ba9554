/* SPDX-License-Identifier: Apache-2.0 */
// cases_filter.cpp: what CFNet, AdaCFNet and CRT do beside networks: the correlation filter, its search, histograms
// of gradients, the signal-to-noise ratio.
#include "cases.h"
#include "math/hog.h"

namespace bench {
namespace {

// Of the pyramid's middle level.
Entry filter_learn(float rate) {
  return {std::string("filter_learn 57x57x32 ") + (rate < 1 ? "a later frame" : "the first frame"),
          [=](Memory &m, dslt_backend *cpu) {
            const dslt_filter_shape s = {57, 32, 16, 10, 2};
            const int kernel = s.side - 2 * s.margin;
            const std::size_t map = std::size_t(s.side * s.side * s.channels),
                              count = std::size_t(kernel * kernel * s.channels);
            const std::vector<float> x = noise(map, 1), before = noise(count, 2, 1e-4f);
            std::vector<float> tables(dslt_kernel_filter_scratch(&s) / sizeof(float));
            dslt_kernel_filter_tables(tables.data(), &s);
            const float *from = m.put(x);
            float *there = m.put(before), *scratch = m.put(tables);
            Case c;
            c.bytes = 4.0 * double(map + count * (rate < 1 ? 2 : 1));
            // Half a spectrum by sums along one axis and then the other, and the template's cells back.
            const double half = s.side / 2 + 1, side = s.side, k = kernel;
            c.flops = half * s.channels * (12 * side * side + 8 * k * side + 4 * k * k);
            c.tolerance = 2e-4;
            c.launch = [=](dslt_stream stream) {
              return dslt_kernel_filter_learn(stream, there, from, &s, scratch, rate, nullptr);
            };
            c.error = [=] {
              const dslt_filter_desc desc = {s.side, s.channels, s.margin, 1, double(s.lambda), s.sigma};
              dslt_filter *filter = nullptr;
              std::vector<float> want = before;
              must(cpu->nn->filter_plan(&filter, cpu, &desc));
              const int rc = cpu->nn->filter_learn(filter, want.data(), x.data(), double(rate));
              cpu->nn->filter_free(filter);
              must(rc);
              return difference(get(there, count), want);
            };
            return c;
          }};
}

Entry hann_search() {
  return {"hann_search 3x33x33 by 8", [](Memory &m, dslt_backend *cpu) {
            const int levels = 3, times = 8;
            dslt_search g = geometry(8, DSLT_SUBCELL_NONE, levels);
            g.area.ratio_x = g.area.ratio_y = 0.976;
            g.area.stride = 4;
            g.area.response_width = g.area.response_height = 33;
            g.scale.step = 1.0575, g.scale.rate = 0.52, g.scale.penalty = 0.978;
            const dslt_hann_rules rules = {times, 0.2625};
            std::vector<float> maps;
            for (int level = 0; level < levels; ++level) {
              const std::vector<float> map = bump(g, level == 2 ? 0.9f : 0.7f, unsigned(level));
              maps.insert(maps.end(), map.begin(), map.end());
            }
            dslt_target_state state = state_in_the_middle();
            state.width = 64, state.height = 60;
            const std::size_t samples = maps.size() * times * times;
            const float *responses = m.put(maps);
            float *enlarged = m.zeros<float>(samples);
            dslt_target_state *there = m.put(std::vector<dslt_target_state>{state}),
                              *before = m.zeros<dslt_target_state>(1);
            auto *scratch = m.zeros<dslt_hann_scratch>(1);
            Case c;
            c.bytes = 4.0 * double(maps.size() + samples);
            c.flops = 40.0 * double(samples) + 6.0 * double(samples) / levels;
            c.tolerance = 2e-5;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_hann_search(s, there, before, enlarged, responses, &g, &rules, scratch,
                                             nullptr);
            };
            c.error = [=] {
              std::vector<float> large(samples);
              dslt_target_state want = state, old = {};
              must(cpu->vision->hann_search(cpu, &want, &old, large.data(), maps.data(), &g, &rules));
              return std::max({difference(get(there, 1)[0], want), difference(get(before, 1)[0], old),
                               difference(get(enlarged, samples), large)});
            };
            return c;
          }};
}

// CRT's search patch: 9 x 5 times a target of 10 x 10 cells.
Entry hog(int n) {
  return {"hog " + std::to_string(n) + "x200x360 by 4", [=](Memory &m, dslt_backend *cpu) {
            const int h = 200, w = 360, cell = 4;
            const std::size_t pixels = std::size_t(n * h * w), cells = pixels / (cell * cell);
            const std::vector<float> in = noise(3 * pixels, 1, 90);
            const float *from = m.put(in);
            float *out = m.zeros<float>(cells * DSLT_HOG_CHANNELS),
                  *histograms = m.zeros<float>(cells * DSLT_HOG_BINS);
            Case c;
            c.bytes = 4.0 * double(in.size() + cells * DSLT_HOG_CHANNELS);
            c.flops = 50.0 * double(pixels) + 400.0 * double(cells);
            c.tolerance = 1.0 / 200;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_hog(s, out, histograms, from, n, h, w, cell, nullptr);
            };
            // A gradient between two directions may be counted for either: the share of values that are off.
            c.error = [=] {
              std::vector<float> want(cells * DSLT_HOG_CHANNELS), between(cells * DSLT_HOG_BINS);
              must(cpu->vision->hog(cpu, want.data(), between.data(), in.data(), n, h, w, cell));
              const std::vector<float> got = get(out, want.size());
              const double worst = difference(got, want);
              if (!(worst < 0.1)) return worst;
              std::size_t off = 0;
              for (std::size_t i = 0; i < want.size(); ++i) off += std::fabs(got[i] - want[i]) > 2e-5f;
              return double(off) / double(want.size());
            };
            return c;
          }};
}

Entry snr() {
  return {"snr 38x43", [](Memory &m, dslt_backend *cpu) {
            const std::size_t count = 38 * 43;
            const std::vector<float> response = noise(count, 1);
            const dslt_training training = {1, 2, 0};
            const float *there = m.put(response);
            const dslt_training *steps = m.put(std::vector<dslt_training>{training});
            float *values = m.zeros<float>(2);
            Case c;
            c.bytes = 4.0 * double(count + 1);
            c.flops = 4.0 * double(count);
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_snr(s, values, there, count, steps, nullptr);
            };
            c.error = [=] {
              std::vector<float> want(2);
              must(cpu->nn->snr(cpu, want.data(), response.data(), count, &training));
              return difference(get(values, 2), want);
            };
            return c;
          }};
}

}  // namespace

std::vector<Entry> filter_cases() {
  return {filter_learn(1.0f), filter_learn(0.005f), hann_search(), hog(1), hog(3), snr()};
}

}  // namespace bench
