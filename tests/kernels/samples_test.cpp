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
    return upload(std::vector<dslt_sample_ring>{dslt_ring_first(capacity)});
  }
};

dslt_sample_copy copy_of(const std::vector<std::size_t> &values, const std::vector<float *> &stores) {
  dslt_sample_copy copy = {};
  copy.maps = int(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) copy.bytes[i] = 4 * values[i], copy.store[i] = stores[i];
  return copy;
}

// Every origin in turn, lists of one to four maps, both widths of copying.
TEST_P(SamplesKernel, RingAndStoresEqualTheCpus) {
  const std::vector<std::size_t> lists[] = {{700}, {700, 260}, {700, 261}, {96, 260, 700}, {8, 12, 3, 16}};
  for (const std::vector<std::size_t> &values : lists)
    for (int capacity : {1, 2, 3, 7}) {
      SCOPED_TRACE(::testing::Message() << capacity << " slots, " << values.size() << " maps");
      const std::size_t slots = std::size_t(capacity), maps = values.size();
      std::vector<std::vector<float>> want_stores;
      std::vector<float *> stores, cpu_stores;
      for (std::size_t count : values) {
        want_stores.emplace_back(slots * count);
        stores.push_back(zeros<float>(slots * count));
      }
      for (std::vector<float> &store : want_stores) cpu_stores.push_back(store.data());
      dslt_sample_ring want = dslt_ring_first(capacity), *ring = upload(std::vector<dslt_sample_ring>{want});
      for (int frame = 0; frame < 17; ++frame) {
        vary(frame);
        dslt_decision decision = {};
        decision.origin = frame % DSLT_ORIGINS;
        dslt_target_state state = {};
        state.level = decision.origin == DSLT_ORIGIN_LEVELS ? frame / 3 % 3 : 2;  // heeded by LEVELS alone
        dslt_sample_copy there = copy_of(values, stores);
        dslt_sample_sources here = {};
        here.maps = int(maps);
        std::vector<std::vector<float>> sources;
        sources.reserve(DSLT_ORIGINS * maps);
        for (int origin = 0; origin < DSLT_ORIGINS; ++origin)
          for (std::size_t i = 0; i < maps; ++i) {
            sources.push_back(noise(3 * values[i], unsigned(900 * i + 10 * frame + origin)));
            here.values[i] = values[i];
            here.map[origin][i] = sources.back().data();
            there.source[origin][i] = upload(sources.back());
          }
        ASSERT_EQ(
            dslt_cpu_backend.vision->store_sample(cpu(), &want, cpu_stores.data(), &here, &state, &decision),
            DSLT_OK);
        ASSERT_EQ(
            kernels().store_sample(stream(), ring, &there, upload(std::vector<dslt_target_state>{state}),
                                   decision.origin ? decision_with(decision.origin) : nullptr, nullptr),
            DSLT_OK)
            << dslt_last_error();
        dslt_sample_ring got = download(ring, 1)[0];
        EXPECT_EQ(got.next, want.next);
        EXPECT_EQ(got.count, want.count);
        EXPECT_EQ(got.next, capacity < 2 ? 0 : 1 + (frame + 1) % (capacity - 1));
        EXPECT_EQ(got.count, std::min(frame + 2, capacity));
        EXPECT_EQ(got.ticket, 0u);
      }
      for (std::size_t i = 0; i < maps; ++i)
        EXPECT_EQ(download(stores[i], slots * values[i]), want_stores[i]) << "map " << i;
    }
}

TEST_P(SamplesKernel, MissingSourceLeavesTheOldSample) {
  float *low = zeros<float>(8), *high = zeros<float>(8);
  dslt_sample_copy copy = copy_of({4, 4}, {low, high});
  copy.source[DSLT_ORIGIN_SEARCH][0] = upload(noise(4, 1));
  copy.source[DSLT_ORIGIN_SEARCH][1] = upload(noise(4, 2));
  dslt_sample_ring *ring = ring_of(2);
  for (int origin : {DSLT_ORIGIN_LEVELS, DSLT_ORIGIN_MOVED}) {
    ASSERT_EQ(kernels().store_sample(stream(), ring, &copy, nullptr, decision_with(origin), nullptr), DSLT_OK)
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
          const dslt_update_policy policy = {interval, hold, joint, 0, 0, 0};
          dslt_decision first = {};
          first.cx = 10;
          first.cy = 20;
          dslt_decision *decision = upload(std::vector<dslt_decision>{first});
          dslt_sample_ring host_ring = dslt_ring_first(capacity);
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

// A rolling store, of which every second sample counts, and a gate.
TEST_P(SamplesKernel, DecidesWhichPastFramesCount) {
  dslt_update_policy policy = {};
  policy.interval = 1, policy.gap = 2, policy.gate = 0.25;
  dslt_sample_ring ring = dslt_ring_rolling(9);
  dslt_decision want = {}, *decision = upload(std::vector<dslt_decision>{want});
  for (int frame = 0; frame < 12; ++frame) {
    dslt_target_state state = {};
    state.score = frame % 3 ? 0.3 : 0.2;
    std::vector<int32_t> wanted(9, -1);
    int32_t *learns = upload(wanted);
    ASSERT_EQ(dslt_cpu_backend.vision->decide(cpu(), &want, wanted.data(), &state, &ring, &policy), DSLT_OK);
    ASSERT_EQ(kernels().decide(stream(), decision, learns, upload(std::vector<dslt_target_state>{state}),
                               upload(std::vector<dslt_sample_ring>{ring}), &policy),
              DSLT_OK)
        << dslt_last_error();
    EXPECT_EQ(download(decision, 1)[0].update, want.update);
    EXPECT_EQ(download(learns, 9), wanted);
    EXPECT_EQ(std::count(wanted.begin(), wanted.end(), 1), frame % 3 ? 5 : 0);
    if (want.update) dslt_ring_advance(&ring);
  }
}

// An update of seven samples spread over three frames, of which a lost target leaves some out.
TEST_P(SamplesKernel, DecidesWhichFrameLearnsFromWhat) {
  dslt_update_policy policy = {};
  policy.interval = 4, policy.hold = 1, policy.spread = 3;
  dslt_sample_ring ring = dslt_ring_first(7);
  dslt_decision *decision = upload(std::vector<dslt_decision>{dslt_decision{}});
  const std::vector<std::vector<int32_t>> turns = {
      {0, 0, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0, 0}, {0, 1, 0, 1, 0, 1, 0}, {0, 0, 1, 0, 1, 0, 1}};
  for (int frame = 1; frame < 60; ++frame) {
    dslt_target_state state = {};
    state.lost = frame % 20 == 0;  // no update begins
    const bool update = frame % 4 == 0 && !state.lost, before = (frame - frame % 4) % 20 == 0;
    const int turn = update ? 1 : before || frame % 4 == 3 ? 0 : frame % 4 + 1;
    std::vector<int32_t> want = turns[std::size_t(turn)], learns(7, -1);
    const int count = std::min(ring.count + int(update), 7);
    std::fill(want.begin() + count, want.end(), 0);
    int32_t *flags = upload(learns);
    ASSERT_EQ(kernels().decide(stream(), decision, flags, upload(std::vector<dslt_target_state>{state}),
                               upload(std::vector<dslt_sample_ring>{ring}), &policy),
              DSLT_OK)
        << dslt_last_error();
    const dslt_decision got = download(decision, 1)[0];
    EXPECT_EQ(got.turn, turn) << frame;
    EXPECT_EQ(download(flags, 7), want) << frame;
    if (update) dslt_ring_advance(&ring);
    EXPECT_EQ(dslt_samples_learnt(&got, &ring, &policy), std::count(want.begin(), want.end(), 1)) << frame;
  }
}

TEST_P(SamplesKernel, RefusesWhatItCannotDo) {
  float *x = zeros<float>(8);
  dslt_sample_ring *ring = ring_of(2);
  dslt_sample_copy good = copy_of({1, 1}, {x, x});
  good.source[DSLT_ORIGIN_SEARCH][0] = good.source[DSLT_ORIGIN_SEARCH][1] = x;
  auto store = [&](dslt_sample_ring *where, const dslt_sample_copy &copy) {
    return kernels().store_sample(stream(), where, &copy, nullptr, nullptr, nullptr);
  };
  EXPECT_EQ(store(nullptr, good), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().store_sample(stream(), ring, nullptr, nullptr, nullptr, nullptr), DSLT_EARGUMENT);
  for (std::size_t bytes : {0u, 6u}) {
    dslt_sample_copy odd = good;
    odd.bytes[1] = bytes;
    EXPECT_EQ(store(ring, odd), DSLT_EARGUMENT);
  }
  for (int maps : {0, DSLT_SAMPLE_MAPS_MAX + 1}) {
    dslt_sample_copy many = good;
    many.maps = maps;
    EXPECT_EQ(store(ring, many), DSLT_EARGUMENT);
  }
  dslt_sample_copy half = good, levels = good, none = good, nowhere = good;
  half.source[DSLT_ORIGIN_MOVED][0] = x;
  levels.source[DSLT_ORIGIN_LEVELS][0] = levels.source[DSLT_ORIGIN_LEVELS][1] = x;  // and no state
  none.source[DSLT_ORIGIN_SEARCH][0] = none.source[DSLT_ORIGIN_SEARCH][1] = nullptr;
  nowhere.store[1] = nullptr;
  for (const dslt_sample_copy &bad : {half, levels, none, nowhere})
    EXPECT_EQ(store(ring, bad), DSLT_EARGUMENT);
  const dslt_update_policy policy = {1, 0, 0, 0, 0, 0};
  EXPECT_EQ(kernels().decide(stream(), nullptr, nullptr, state_at(0), ring, &policy), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().decide(stream(), decision_with(0), nullptr, nullptr, ring, &policy), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().decide(stream(), decision_with(0), nullptr, state_at(0), ring, nullptr),
            DSLT_EARGUMENT);
  EXPECT_EQ(download(ring, 1)[0].next, 1);
}

EVERYWHERE(SamplesKernel);

}  // namespace
