/* SPDX-License-Identifier: Apache-2.0 */
// cases_candidates.cpp: boxes and training items of the tracking-loss presets.
#include <cstring>

#include "anchors.h"
#include "base/rng.h"
#include "cases.h"

namespace bench {
namespace {

dslt_target_state target() {
  dslt_target_state state = state_in_the_middle();
  state.width = 64, state.height = 60;
  return state;
}

dslt_draw_rules draw_rules(int kind, double shift, double zoom, double high) {
  dslt_draw_rules r = {};
  r.kind = kind, r.shift = shift, r.widen = 1.1, r.widen_max = 1.5, r.factor = 1.05, r.zoom = zoom;
  r.high = high, r.grow = 107.0 / 75, r.min_side = 10, r.frame_width = 640, r.frame_height = 480;
  r.tries = 32, r.key = dslt_rng_make(7, 3).key;
  return r;
}

std::vector<float> numbers(const std::vector<dslt_box> &boxes) {
  std::vector<float> out;
  for (const dslt_box &b : boxes)
    out.insert(out.end(), {float(b.x), float(b.y), float(b.width), float(b.height)});
  return out;
}

Entry draw_boxes(const char *name, int count, const dslt_draw_rules &rules) {
  return {std::string("draw_boxes ") + name, [=](Memory &m, dslt_backend *cpu) {
            const dslt_target_state state = target();
            const int32_t frame = 5;
            const std::size_t n = std::size_t(count);
            const dslt_target_state *there = m.put(std::vector<dslt_target_state>{state});
            const int32_t *number = m.put(std::vector<int32_t>{frame});
            dslt_box *boxes = m.zeros<dslt_box>(n), *crops = m.zeros<dslt_box>(n);
            Case c;
            c.bytes = 2.0 * double(n * sizeof(dslt_box)) + sizeof state;
            c.flops =
                150.0 *
                count;  // two logarithms, two cosines and two powers among them; more where some are refused
            c.tolerance = 1e-6;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_draw_boxes(s, boxes, crops, count, &rules, there, number, nullptr);
            };
            c.error = [=] {
              std::vector<dslt_box> want(n), around(n);
              must(cpu->vision->draw_boxes(cpu, want.data(), around.data(), count, &rules, &state, &frame));
              return std::max(difference(numbers(get(boxes, n)), numbers(want)),
                              difference(numbers(get(crops, n)), numbers(around)));
            };
            return c;
          }};
}

Entry choose_boxes() {
  return {"choose_boxes 256", [](Memory &m, dslt_backend *cpu) {
            const int count = 256, side = 15;
            const std::size_t n = count, cells = std::size_t(side * side);
            const dslt_target_state state = target();
            const dslt_choice_rules rules = {5, 0.5, 10, 5, 0.1, 64 * 60};
            dslt_search search = geometry(1, DSLT_SUBCELL_NONE, 3);
            search.area.response_width = search.area.response_height = side;
            search.area.centre_x = search.area.centre_y = 0.5f * float(side - 1);
            search.area.stride = 24;
            const dslt_draw_rules draws = draw_rules(DSLT_DRAW_GAUSSIAN, 0.6, 1, 1);
            std::vector<dslt_box> boxes;
            for (int i = 0; i < count; ++i) boxes.push_back(dslt_drawn_box(&draws, &state, 1, i));
            std::vector<float> scores = noise(n, 1, 0.5f);
            for (float &v : scores) v += 0.5f;
            const float *rated = m.put(scores);
            const dslt_box *drawn = m.put(boxes);
            dslt_target_state *there = m.put(std::vector<dslt_target_state>{state});
            dslt_decision *decision = m.zeros<dslt_decision>(1);
            dslt_choice *choice = m.zeros<dslt_choice>(1);
            float *response = m.zeros<float>(cells);
            Case c;
            c.bytes =
                double(n * (sizeof(dslt_box) + sizeof(float))) + 4.0 * double(cells) + 2.0 * sizeof state;
            c.flops = double(count) * count;  // comparisons, of each score with each
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_choose_boxes(s, there, decision, choice, response, rated, drawn, count,
                                              &rules, &search, nullptr);
            };
            c.error = [=] {
              dslt_target_state want = state;
              dslt_decision decided = {};
              dslt_choice chosen = {};
              std::vector<float> shown(cells);
              must(cpu->vision->choose_boxes(cpu, &want, &decided, &chosen, shown.data(), scores.data(),
                                             boxes.data(), count, &rules, &search));
              const dslt_decision d = get(decision, 1)[0];
              const dslt_choice f = get(choice, 1)[0];
              if (d.frame != decided.frame || d.update != decided.update || f.collect != chosen.collect ||
                  f.recent != chosen.recent)
                return std::numeric_limits<double>::infinity();
              return std::max(difference(get(there, 1)[0], want), difference(get(response, cells), shown));
            };
            return c;
          }};
}

Entry draw_items() {
  return {"draw_items 48 of 384", [](Memory &m, dslt_backend *cpu) {
            const int count = 48;
            const dslt_item_ring ring = {256, 384, 384, 33, 0};
            const int32_t frame = 30;
            dslt_item_draw draw = {&frame, nullptr, 3, nullptr, 64, dslt_rng_make(3, 4).key};
            const dslt_item_ring *there = m.put(std::vector<dslt_item_ring>{ring});
            const int32_t *number = m.put(std::vector<int32_t>{frame});
            int32_t *items = m.zeros<int32_t>(count);
            Case c;
            c.bytes = 4.0 * count + sizeof ring;
            c.tolerance = 0;
            c.launch = [=](dslt_stream s) {
              dslt_item_draw drawn = draw;
              drawn.frame = number;
              return dslt_kernel_draw_items(s, items, count, there, &drawn, nullptr);
            };
            c.error = [=] {
              std::vector<int32_t> want(count);
              dslt_item_draw drawn = draw;
              drawn.frame = &frame;
              must(cpu->nn->draw_items(cpu, want.data(), count, &ring, &drawn));
              return get(items, count) == want ? 0.0 : 1.0;
            };
            return c;
          }};
}

Entry hardest_items() {
  return {"hardest_items 24 of 48", [](Memory &m, dslt_backend *cpu) {
            const int n = 48, count = 24;
            const std::vector<float> scores = noise(n, 1);
            std::vector<int32_t> items;
            for (int i = 0; i < n; ++i) items.push_back(256 + i * 5);
            const float *rated = m.put(scores);
            const int32_t *there = m.put(items);
            int32_t *hardest = m.zeros<int32_t>(count);
            Case c;
            c.bytes = 4.0 * (2 * n + count);
            c.flops = double(n) * n;  // comparisons, of each score with each
            c.tolerance = 0;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_hardest_items(s, hardest, count, rated, there, n, nullptr);
            };
            c.error = [=] {
              std::vector<int32_t> want(count);
              must(cpu->nn->hardest_items(cpu, want.data(), count, scores.data(), items.data(), n));
              return get(hardest, count) == want ? 0.0 : 1.0;
            };
            return c;
          }};
}

// A chunk of crops, around the end of the ring.
Entry store_items() {
  return {"store_items 16x14x14x256", [](Memory &m, dslt_backend *cpu) {
            const int count = 16, capacity = 24;
            const std::size_t values = 14 * 14 * 256;
            const dslt_item_ring first = {2, capacity, 20, 20, 0};
            const std::vector<float> x = noise(values * count, 1);
            const float *from = m.put(x);
            dslt_item_ring *ring = m.put(std::vector<dslt_item_ring>{first});
            float *store = m.zeros<float>(values * (2 + capacity));
            Case c;
            c.bytes = 8.0 * double(x.size());
            c.tolerance = 0;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_store_items(s, store, ring, from, values, count, nullptr);
            };
            c.error = [=] {
              std::vector<float> want(values * (2 + capacity));
              dslt_item_ring after = first;
              must(cpu->nn->store_items(cpu, want.data(), &after, x.data(), values, count));
              const dslt_item_ring got = get(ring, 1)[0];
              return std::memcmp(&got, &after, sizeof after) == 0 ? difference(get(store, want.size()), want)
                                                                  : 1.0;
            };
            return c;
          }};
}

}  // namespace

std::vector<Entry> candidate_cases() {
  return {
      draw_boxes("256 candidates", 256, draw_rules(DSLT_DRAW_GAUSSIAN, 0.6, 1, 1)),
      draw_boxes("48 of the background", 48, draw_rules(DSLT_DRAW_UNIFORM, 2, 5, 0.3)),
      choose_boxes(),
      draw_items(),
      hardest_items(),
      store_items(),
  };
}

}  // namespace bench
