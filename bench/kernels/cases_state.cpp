/* SPDX-License-Identifier: Apache-2.0 */
// cases_state.cpp: peak search, the sample store, and what steers a frame.
#include "cases.h"

namespace bench {
namespace {

enum class Search { locate, choose_scale, locate_levels };

Entry search(Search what, int subcell, const char *name) {
  int levels = what == Search::locate ? 1 : 3;
  return {name, [=](Memory &m, dslt_backend *cpu) {
            dslt_search g = geometry(8, subcell, levels);
            std::vector<float> maps;
            for (int level = 0; level < levels; ++level) {
              std::vector<float> map = bump(g, level == 2 ? 0.9f : 0.7f, unsigned(level));
              maps.insert(maps.end(), map.begin(), map.end());
            }
            const float *responses = m.put(maps);
            dslt_target_state start = state_in_the_middle();
            dslt_target_state *state = m.put(std::vector<dslt_target_state>{start});
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
                  return dslt_kernel_choose_scale(s, state, responses, &g, scratch, nullptr);
                case Search::locate_levels:
                  return dslt_kernel_locate_levels(s, state, responses, &g, scratch, nullptr);
                default: return dslt_kernel_locate(s, state, responses, &g, scratch, nullptr);
              }
            };
            c.error = [=] {
              dslt_target_state want = start, got = get(state, 1)[0];
              auto twin =
                  what == Search::choose_scale
                      ? cpu->vision->choose_scale
                      : (what == Search::locate_levels ? cpu->vision->locate_levels : cpu->vision->locate);
              must(twin(cpu, &want, maps.data(), &g));
              return difference(got, want);
            };
            return c;
          }};
}

Entry store_sample() {
  return {"store_sample 45x50x512 23x25x512 bf16", [](Memory &m, dslt_backend *) {
            const std::size_t low = 45 * 50 * 512 * 2, high = 23 * 25 * 512 * 2;
            std::vector<uint8_t> low_tap(low), high_tap(high);
            for (std::size_t i = 0; i < low; ++i) low_tap[i] = uint8_t(i * 7 + 1);
            for (std::size_t i = 0; i < high; ++i) high_tap[i] = uint8_t(i * 5 + 3);
            uint8_t *low_store = m.zeros<uint8_t>(7 * low), *high_store = m.zeros<uint8_t>(7 * high);
            dslt_sample_ring *ring = m.put(std::vector<dslt_sample_ring>{{7, 1, 1, 0, 0}});
            Case c;
            c.bytes = 2.0 * double(low + high);
            c.tolerance = 0;
            const dslt_sample_copy copy = {
                2, {low, high}, {{m.put(low_tap), m.put(high_tap)}}, {low_store, high_store}};
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_store_sample(s, ring, &copy, nullptr, nullptr, nullptr);
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

// ---- what steers a frame: one thread's work, so the launch is all there is to see ----------------------

Entry decide() {
  return {"decide 7 slots", [](Memory &m, dslt_backend *) {
            dslt_update_policy policy = {};
            policy.interval = 1;
            dslt_target_state seen = state_in_the_middle();
            const dslt_target_state *state = m.put(std::vector<dslt_target_state>{seen});
            dslt_decision *decision = m.zeros<dslt_decision>(1);
            int32_t *learns = m.zeros<int32_t>(7);
            const dslt_sample_ring *ring = m.put(std::vector<dslt_sample_ring>{{7, 3, 3, 0, 0}});
            Case c;
            c.bytes = sizeof(dslt_decision) + sizeof(dslt_target_state) + sizeof(dslt_sample_ring) + 28;
            c.tolerance = 0;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_decide(s, decision, learns, state, ring, &policy);
            };
            c.error = [=] {
              const dslt_decision got = get(decision, 1)[0];
              const bool right = got.update == 1 && got.frame == 1 && got.cx == seen.cx &&
                                 got.origin == DSLT_ORIGIN_MOVED &&
                                 get(learns, 7) == std::vector<int32_t>{1, 1, 1, 1, 0, 0, 0};
              return right ? 0.0 : 1.0;
            };
            return c;
          }};
}

Entry early_stop() {
  return {"early_stop 100 losses, window 10", [](Memory &m, dslt_backend *) {
            const dslt_stop_rule rule = {100, 0.0, 0.001, 10};
            dslt_training *training = m.put(std::vector<dslt_training>{{1, 50, 0}});
            float *losses = m.put(std::vector<float>(100, 2.0f)), *loss = m.put(std::vector<float>{2.0f});
            Case c;
            c.bytes = 4.0 * 21 + sizeof(dslt_training);
            c.flops = 20;
            c.tolerance = 0;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_early_stop(s, training, losses, loss, &rule);
            };
            c.error = [=] {
              const dslt_training got = get(training, 1)[0];
              return got.go == 0 && got.steps == 51 && got.failed == 0 ? 0.0 : 1.0;
            };
            return c;
          }};
}

Entry stamp() {
  return {"stamp a stage", [](Memory &m, dslt_backend *) {
            dslt_clock *clock = m.zeros<dslt_clock>(1);
            const dslt_mark *mark =
                m.put(std::vector<dslt_mark>{{clock, 1, DSLT_END_NONE, nullptr, nullptr, nullptr}});
            Case c;
            c.bytes = 24;
            c.tolerance = 0;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_stamp(s, dslt_when_marked(mark, DSLT_END_NONE));
            };
            c.error = [=] {
              const dslt_clock got = get(clock, 1)[0];
              return got.since > 0 && got.stage_ns[1] == got.since ? 0.0 : 1.0;
            };
            return c;
          }};
}

Entry report() {
  return {"report 48 words", [](Memory &m, dslt_backend *) {
            const std::vector<uint32_t> record(48, 5);
            dslt_report *out = m.zeros<dslt_report>(1);
            dslt_clock *clock = m.zeros<dslt_clock>(1);
            const uint32_t *there = m.put(record);
            Case c;
            c.bytes = 2.0 * (48 * 4 + sizeof(dslt_clock));
            c.tolerance = 0;
            c.launch = [=](dslt_stream s) { return dslt_kernel_report(s, out, clock, there, 48, nullptr); };
            c.error = [=] {
              const dslt_report got = get(out, 1)[0];
              return std::equal(record.begin(), record.end(), got.record) ? 0.0 : 1.0;
            };
            return c;
          }};
}

}  // namespace

std::vector<Entry> state_cases() {
  return {
      search(Search::locate, DSLT_SUBCELL_QUADRATIC, "locate 38x43 quadratic"),
      search(Search::locate, DSLT_SUBCELL_BICUBIC, "locate 38x43 bicubic"),
      search(Search::choose_scale, DSLT_SUBCELL_QUADRATIC, "choose_scale 3x38x43"),
      search(Search::locate_levels, DSLT_SUBCELL_BICUBIC, "locate_levels 3x38x43 bicubic"),
      store_sample(),
      decide(),
      early_stop(),
      stamp(),
      report(),
  };
}

}  // namespace bench
