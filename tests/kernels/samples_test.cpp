/* SPDX-License-Identifier: Apache-2.0 */
// Kernels decide and store_sample against the CPU backend's and a table of decisions written out here.
#include <algorithm>

#include "device.h"

namespace {

class SamplesKernel : public KernelTest {
 protected:
  dslt_target_state *state_at(int level) {
    dslt_target_state state = {};
    state.level = level;
    return upload(std::vector<dslt_target_state>{state});
  }
  dslt_decision *decision_with(int origin) {
    dslt_decision decision = {};
    decision.origin = origin;
    return upload(std::vector<dslt_decision>{decision});
  }
  dslt_sample_ring *ring_of(int capacity) {
    return upload(std::vector<dslt_sample_ring>{{capacity, 1, capacity > 1 ? 1 : 0, 0}});
  }
};

// Every origin in turn, both widths of copying.
TEST_P(SamplesKernel, RingAndStoresEqualTheCpus) {
  for (std::size_t high_count : {260u, 261u})
    for (int capacity : {1, 2, 3, 7}) {
      SCOPED_TRACE(::testing::Message() << capacity << " slots, " << high_count << " values");
      const std::size_t low_count = 700, slots = std::size_t(capacity);
      std::vector<float> want_low(slots * low_count), want_high(slots * high_count);
      dslt_sample_ring want = dslt_ring_first(capacity), *ring = upload(std::vector<dslt_sample_ring>{want});
      float *low_store = zeros<float>(slots * low_count), *high_store = zeros<float>(slots * high_count);
      for (int frame = 0; frame < 17; ++frame) {
        vary(frame);
        dslt_decision decision = {};
        decision.origin = frame % DSLT_ORIGINS;
        dslt_target_state state = {};
        state.level = decision.origin == DSLT_ORIGIN_LEVELS ? frame / 3 % 3 : 2;  // heeded by LEVELS alone
        std::vector<float> low[DSLT_ORIGINS], high[DSLT_ORIGINS];
        dslt_taps_view there[DSLT_ORIGINS];
        for (int i = 0; i < DSLT_ORIGINS; ++i) {
          low[i] = noise(3 * low_count, unsigned(10 * frame + i));
          high[i] = noise(3 * high_count, unsigned(900 + 10 * frame + i));
          there[i] = {upload(low[i]), upload(high[i])};
        }
        const dslt_sample_sources here = {low[0].data(), high[0].data(), low[1].data(), high[1].data(),
                                          low[2].data(), high[2].data(), low_count,     high_count};
        ASSERT_EQ(dslt_cpu_backend.vision->store_sample(cpu(), &want, want_low.data(), want_high.data(),
                                                        &here, &state, &decision),
                  DSLT_OK);
        ASSERT_EQ(kernels().store_sample(stream(), ring, low_store, high_store, there,
                                         upload(std::vector<dslt_target_state>{state}),
                                         decision.origin ? decision_with(decision.origin) : nullptr,
                                         4 * low_count, 4 * high_count, nullptr),
                  DSLT_OK)
            << dslt_last_error();
        dslt_sample_ring got = download(ring, 1)[0];
        EXPECT_EQ(got.next, want.next);
        EXPECT_EQ(got.count, want.count);
        EXPECT_EQ(got.next, capacity < 2 ? 0 : 1 + (frame + 1) % (capacity - 1));
        EXPECT_EQ(got.count, std::min(frame + 2, capacity));
        EXPECT_EQ(got.ticket, 0u);
      }
      EXPECT_EQ(download(low_store, slots * low_count), want_low);
      EXPECT_EQ(download(high_store, slots * high_count), want_high);
    }
}

TEST_P(SamplesKernel, MissingSourceLeavesTheOldSample) {
  float *low = zeros<float>(8), *high = zeros<float>(8);
  dslt_taps_view sources[DSLT_ORIGINS] = {{upload(noise(4, 1)), upload(noise(4, 2))}, {}, {}};
  dslt_sample_ring *ring = ring_of(2);
  for (int origin : {DSLT_ORIGIN_LEVELS, DSLT_ORIGIN_MOVED}) {
    ASSERT_EQ(kernels().store_sample(stream(), ring, low, high, sources, nullptr, decision_with(origin), 16,
                                     16, nullptr),
              DSLT_OK)
        << dslt_last_error();
    EXPECT_EQ(download(low, 8), std::vector<float>(8));
    EXPECT_EQ(download(high, 8), std::vector<float>(8));
  }
}

// The whole table of decisions, written out once more.
TEST_P(SamplesKernel, DecidesByThePolicy) {
  for (int interval : {0, 1, 3})
    for (int joint : {0, 1})
      for (int hold : {0, 1})
        for (int capacity : {1, 2, 70}) {
          const dslt_update_policy policy = {interval, hold, joint};
          dslt_decision first = {};
          first.cx = 10;
          first.cy = 20;
          dslt_decision *decision = upload(std::vector<dslt_decision>{first});
          dslt_sample_ring host_ring = {capacity, 1, capacity > 1 ? 1 : 0, 0};
          dslt_target_state before = {};
          before.cx = 10;
          before.cy = 20;
          for (int frame = 1; frame <= 24; ++frame) {
            vary(frame);
            SCOPED_TRACE(::testing::Message() << "interval " << interval << ", joint " << joint << ", hold "
                                              << hold << ", capacity " << capacity << ", frame " << frame);
            dslt_target_state state = before;
            if (frame & 1) state.cx += frame % 3;
            if (frame & 8) state.cy -= 0.5;
            state.pyramid = (frame & 2) != 0;
            state.lost = (frame & 4) != 0;
            bool update = interval > 0 && frame % interval == 0 && !(state.lost && hold);
            bool moved = state.cx != before.cx || state.cy != before.cy;
            int origin = state.pyramid || joint ? DSLT_ORIGIN_LEVELS
                                                : (moved ? DSLT_ORIGIN_MOVED : DSLT_ORIGIN_SEARCH);
            int count = std::min(host_ring.count + 1, capacity);
            int32_t *learn = upload(std::vector<int32_t>(std::size_t(capacity), -1));
            ASSERT_EQ(
                kernels().decide(stream(), decision, learn, upload(std::vector<dslt_target_state>{state}),
                                 upload(std::vector<dslt_sample_ring>{host_ring}), &policy),
                DSLT_OK)
                << dslt_last_error();
            dslt_decision got = download(decision, 1)[0];
            EXPECT_EQ(got.frame, frame);
            EXPECT_EQ(got.update, int(update));
            EXPECT_EQ(got.origin, origin);
            EXPECT_EQ(got.reextract, int(update && capacity > 1 && origin == DSLT_ORIGIN_MOVED));
            EXPECT_EQ(got.cx, state.cx);
            EXPECT_EQ(got.cy, state.cy);
            std::vector<int32_t> want(std::size_t(capacity), 0);
            if (update) std::fill_n(want.begin(), count, 1);
            EXPECT_EQ(download(learn, want.size()), want);
            if (update) host_ring.count = count;
            before = state;
          }
        }
}

TEST_P(SamplesKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(8);
  dslt_sample_ring *ring = ring_of(2);
  dslt_taps_view good[DSLT_ORIGINS] = {{x, x}, {}, {}}, half[DSLT_ORIGINS] = {{x, x}, {}, {x, nullptr}},
                 levels[DSLT_ORIGINS] = {{x, x}, {x, x}, {}}, none[DSLT_ORIGINS] = {};
  auto store = [&](dslt_sample_ring *where, const dslt_taps_view *sources, std::size_t bytes) {
    return kernels().store_sample(stream(), where, x, x, sources, nullptr, nullptr, bytes, 4, nullptr);
  };
  EXPECT_EQ(store(ring, good, 0), DSLT_EARGUMENT);
  EXPECT_EQ(store(ring, good, 6), DSLT_EARGUMENT);
  EXPECT_EQ(store(nullptr, good, 4), DSLT_EARGUMENT);
  EXPECT_EQ(store(ring, nullptr, 4), DSLT_EARGUMENT);
  EXPECT_EQ(store(ring, half, 4), DSLT_EARGUMENT);
  EXPECT_EQ(store(ring, levels, 4), DSLT_EARGUMENT);
  EXPECT_EQ(store(ring, none, 4), DSLT_EARGUMENT);
  const dslt_update_policy policy = {1, 0, 0};
  EXPECT_EQ(kernels().decide(stream(), nullptr, nullptr, state_at(0), ring, &policy), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().decide(stream(), decision_with(0), nullptr, nullptr, ring, &policy), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().decide(stream(), decision_with(0), nullptr, state_at(0), ring, nullptr),
            DSLT_EARGUMENT);
  EXPECT_EQ(download(ring, 1)[0].next, 1);
}

EVERYWHERE(SamplesKernel);

}  // namespace
