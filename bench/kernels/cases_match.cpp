/* SPDX-License-Identifier: Apache-2.0 */
// cases_match.cpp: the matching head of preset default: maps of 16 x 16 cells and 64 channels, a template of 8 x 8.
#include "cases.h"

namespace bench {
namespace {

constexpr int kNeck = 16, kNeckChannels = 64, kTemplate = 8;

Entry match_template() {
  return {"match_template 16x16x64 by 64", [](Memory &m, dslt_backend *cpu) {
            const int cells = kNeck * kNeck, count = kTemplate * kTemplate;
            const std::vector<float> map = noise(std::size_t(cells * kNeckChannels), 1),
                                     filters = noise(std::size_t(kNeckChannels * count), 2);
            const std::size_t values = std::size_t(cells * (count + kNeckChannels));
            const float *x = m.put(map), *w = m.put(filters);
            float *out = m.zeros<float>(values);
            Case c;
            c.bytes = 4.0 * double(map.size() + filters.size() + values);
            c.flops = 2.0 * cells * count * kNeckChannels;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_match_template(s, out, x, w, cells, kNeckChannels, count, nullptr);
            };
            c.error = [=] {
              std::vector<float> want(values);
              must(cpu->nn->match_template(cpu, want.data(), map.data(), filters.data(), cells, kNeckChannels,
                                           count));
              return difference(get(out, values), want);
            };
            return c;
          }};
}

Entry follow_template() {
  return {"follow_template 8x8x64", [](Memory &m, dslt_backend *cpu) {
            const dslt_template_rules rules = {kTemplate, kNeckChannels, 127.0f, 16.0f, 0.3f,
                                               0.125f,    0.2f,          1.0f,   0.5f};
            const std::size_t values = std::size_t(kTemplate * kTemplate * kNeckChannels);
            const std::vector<float> first = noise(values, 1), seen = noise(values, 2),
                                     mean = noise(values, 3);
            dslt_target_state state = state_in_the_middle();
            state.score = 0.8, state.mean_score = 0.75;
            const dslt_target_state *there = m.put(std::vector<dslt_target_state>{state});
            const float *a = m.put(first), *b = m.put(seen);
            float *filters = m.zeros<float>(values), *running = m.put(mean);
            Case c;
            c.bytes = 20.0 * double(values);
            c.flops = 7.0 * double(values);
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_follow_template(s, filters, running, a, b, there, &rules, nullptr);
            };
            c.error = [=] {
              std::vector<float> want(values), now = mean;
              must(cpu->vision->follow_template(cpu, want.data(), now.data(), first.data(), seen.data(),
                                                &state, &rules));
              return std::max(difference(get(filters, values), want), difference(get(running, values), now));
            };
            return c;
          }};
}

// A target of 60 x 45 pixels: the on-line regression, where there is one, has a kernel of 8 x 8 of 32 x 32 cells.
Entry locate_match(bool blended) {
  return {
      std::string("locate_match 16x16") + (blended ? " with 25x25" : ""), [=](Memory &m, dslt_backend *cpu) {
        const int cells = kNeck * kNeck;
        dslt_match_rules rules = {};
        rules.rows = rules.columns = kNeck;
        rules.stride = 16, rules.unit = 32, rules.side = 127, rules.min_side = 5;
        rules.blend = blended ? 0.3f : 0.0f, rules.shape = 0.05f, rules.window = 0.15f, rules.rate = 0.8f;
        rules.lost = 0.5f, rules.hold = 1, rules.seek = 3, rules.doubt = 0.6f, rules.found = 0.8f;
        dslt_match_response response = {nullptr, 25, 25, 8, 12.375f, 12.375f};
        dslt_target_state state = state_in_the_middle();
        state.width = 60, state.height = 45;
        dslt_search search = geometry(8, DSLT_SUBCELL_NONE, 1);
        search.area.ratio_x = search.area.ratio_y = dslt_match_side(state.width, state.height) / 127;
        std::vector<float> scores = noise(std::size_t(cells), 1),
                           distances = noise(std::size_t(4 * cells), 2, 0.3f),
                           values = noise(25 * 25, 3, 0.2f);
        for (float &v : scores) v -= 3;
        scores[9 * kNeck + 7] = 3;  // one cell is the best by far
        for (float &v : values) v += 0.3f;
        const float *a = m.put(scores), *b = m.put(distances), *r = blended ? m.put(values) : nullptr;
        dslt_target_state *there = m.put(std::vector<dslt_target_state>{state});
        Case c;
        c.bytes = 4.0 * (5 * cells + (blended ? 25 * 25 : 0)) + 2.0 * sizeof state;
        c.flops = cells * (blended ? 90.0 : 70.0);  // six exponentials, two cosines, two roots among them
        c.tolerance = 2e-5;
        c.launch = [=](dslt_stream s) {
          dslt_match_response seen = response;
          seen.value = r;
          return dslt_kernel_locate_match(s, there, a, b, &rules, &seen, &search, nullptr);
        };
        c.error = [=] {
          dslt_match_response seen = response;
          seen.value = blended ? values.data() : nullptr;
          dslt_target_state want = state;
          must(
              cpu->vision->locate_match(cpu, &want, scores.data(), distances.data(), &rules, &seen, &search));
          const dslt_target_state got = get(there, 1)[0];
          const double label = std::max(std::fabs(double(got.label_x) - double(want.label_x)),
                                        std::fabs(double(got.label_y) - double(want.label_y))) /
                               25;
          return std::max(difference(got, want), label);
        };
        return c;
      }};
}

}  // namespace

std::vector<Entry> match_cases() {
  return {match_template(), follow_template(), locate_match(false), locate_match(true)};
}

}  // namespace bench
