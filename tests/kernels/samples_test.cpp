/* SPDX-License-Identifier: Apache-2.0 */
// Kernels take_level, decide and store_sample against the CPU's take_level, the host's sample store and the
// tracker's own decisions.
#include <algorithm>

#include "device.h"
#include "tracker/samples.h"

namespace {

class SamplesKernel : public KernelTest {
 protected:
  dslt_target_state *state_at(int level) {
    dslt_target_state state = {};
    state.level = level;
    return upload(std::vector<dslt_target_state>{state});
  }
  dslt_turn *turn_with(int source) {
    dslt_turn turn = {};
    turn.source = source;
    return upload(std::vector<dslt_turn>{turn});
  }
  dslt_ring *ring_of(int capacity) {
    return upload(std::vector<dslt_ring>{{capacity, 1, capacity > 1 ? 1 : 0, 0}});
  }
};

TEST_P(SamplesKernel, TakeLevelEqualsItsTwin) {
  for (std::size_t count : {1u, 255u, 256u, 300u, 300000u})
    for (int level : {0, 2}) {
      std::vector<float> batch = noise(3 * count, 1), want(count);
      dslt_target_state state = {};
      state.level = level;
      ASSERT_EQ(dslt_cpu_backend.take_level(cpu(), want.data(), batch.data(), &state, count), DSLT_OK);
      float *dst = zeros<float>(count);
      ASSERT_EQ(kernels().take_level(stream(), dst, upload(batch), state_at(level), count, nullptr), DSLT_OK)
          << dslt_last_error();
      EXPECT_EQ(download(dst, count), want);
    }
}

// Every source in turn, both widths of copying.
TEST_P(SamplesKernel, RingTurnsAsTheHostsDoes) {
  for (std::size_t high_count : {260u, 261u})
    for (int capacity : {1, 2, 3, 7}) {
      SCOPED_TRACE(::testing::Message() << capacity << " slots, " << high_count << " values");
      const std::size_t low_count = 700;
      dslt_samples want;
      ASSERT_EQ(dslt_samples_create(&want, cpu(), capacity, capacity, low_count, high_count, 1), DSLT_OK);
      std::size_t slots = std::size_t(capacity);
      float *low_store = zeros<float>(slots * low_count), *high_store = zeros<float>(slots * high_count);
      dslt_ring *ring = ring_of(capacity);
      for (int frame = 0; frame < 17; ++frame) {
        vary(frame);
        int source = frame % DSLT_SOURCES;
        dslt_target_state state = {};
        state.level = source == DSLT_SOURCE_LEVELS ? frame / 3 % 3 : 0;
        std::vector<float> low = noise(3 * low_count, unsigned(frame)),
                           high = noise(3 * high_count, unsigned(90 + frame));
        int slot = dslt_samples_advance(&want);
        if (slot >= 0) {
          ASSERT_EQ(dslt_cpu_backend.take_level(cpu(), dslt_samples_low(&want, slot), low.data(), &state,
                                                low_count),
                    DSLT_OK);
          ASSERT_EQ(dslt_cpu_backend.take_level(cpu(), dslt_samples_high(&want, slot), high.data(), &state,
                                                high_count),
                    DSLT_OK);
        }
        // The state names a level that only the pyramid's source may heed.
        dslt_target_state *there = state_at(source == DSLT_SOURCE_LEVELS ? state.level : 2);
        dslt_taps_view sources[DSLT_SOURCES];
        for (auto &view : sources) view = {upload(noise(3 * low_count, 7)), upload(noise(3 * high_count, 8))};
        sources[source] = {upload(low), upload(high)};
        ASSERT_EQ(kernels().store_sample(stream(), ring, low_store, high_store, sources, there,
                                         source ? turn_with(source) : nullptr, 4 * low_count, 4 * high_count,
                                         nullptr),
                  DSLT_OK)
            << dslt_last_error();
        dslt_ring got = download(ring, 1)[0];
        EXPECT_EQ(got.next, want.next);
        EXPECT_EQ(got.count, want.count);
        EXPECT_EQ(got.ticket, 0u);
      }
      EXPECT_EQ(download(low_store, slots * low_count),
                std::vector<float>(want.low, want.low + slots * low_count));
      EXPECT_EQ(download(high_store, slots * high_count),
                std::vector<float>(want.high, want.high + slots * high_count));
      dslt_samples_free(&want, cpu());
    }
}

TEST_P(SamplesKernel, MissingSourceLeavesTheOldSample) {
  float *low = zeros<float>(8), *high = zeros<float>(8);
  dslt_taps_view sources[DSLT_SOURCES] = {{upload(noise(4, 1)), upload(noise(4, 2))}, {}, {}};
  dslt_ring *ring = ring_of(2);
  for (int source : {DSLT_SOURCE_LEVELS, DSLT_SOURCE_LOOK}) {
    ASSERT_EQ(kernels().store_sample(stream(), ring, low, high, sources, nullptr, turn_with(source), 16, 16,
                                     nullptr),
              DSLT_OK)
        << dslt_last_error();
    EXPECT_EQ(download(low, 8), std::vector<float>(8));
    EXPECT_EQ(download(high, 8), std::vector<float>(8));
  }
}

// The whole table of decisions, the way next_frame() and store() of the tracker take them.
TEST_P(SamplesKernel, DecidesAsTheTrackerDoes) {
  for (int interval : {0, 1, 3})
    for (int joint : {0, 1})
      for (int hold : {0, 1})
        for (int capacity : {1, 2, 70}) {
          dslt_turn first = {};
          first.cx = 10;
          first.cy = 20;
          first.interval = interval;
          first.hold = hold;
          first.joint = joint;
          dslt_turn *turn = upload(std::vector<dslt_turn>{first});
          dslt_ring host_ring = {capacity, 1, capacity > 1 ? 1 : 0, 0};
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
            int source =
                state.pyramid || joint ? DSLT_SOURCE_LEVELS : (moved ? DSLT_SOURCE_LOOK : DSLT_SOURCE_SEARCH);
            int count = std::min(host_ring.count + 1, capacity);
            int32_t *learn = upload(std::vector<int32_t>(std::size_t(capacity), -1));
            ASSERT_EQ(kernels().decide(stream(), turn, learn, upload(std::vector<dslt_target_state>{state}),
                                       upload(std::vector<dslt_ring>{host_ring})),
                      DSLT_OK)
                << dslt_last_error();
            dslt_turn got = download(turn, 1)[0];
            EXPECT_EQ(got.frame, frame);
            EXPECT_EQ(got.update, int(update));
            EXPECT_EQ(got.source, source);
            EXPECT_EQ(got.look, int(update && capacity > 1 && source == DSLT_SOURCE_LOOK));
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
  dslt_ring *ring = ring_of(2);
  dslt_taps_view good[DSLT_SOURCES] = {{x, x}, {}, {}}, half[DSLT_SOURCES] = {{x, x}, {}, {x, nullptr}},
                 levels[DSLT_SOURCES] = {{x, x}, {x, x}, {}}, none[DSLT_SOURCES] = {};
  auto store = [&](dslt_ring *where, const dslt_taps_view *sources, std::size_t bytes) {
    return kernels().store_sample(stream(), where, x, x, sources, nullptr, nullptr, bytes, 4, nullptr);
  };
  EXPECT_EQ(kernels().take_level(stream(), x, x, state_at(0), 0, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().take_level(stream(), x, x, nullptr, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(store(ring, good, 0), DSLT_EARGUMENT);
  EXPECT_EQ(store(ring, good, 6), DSLT_EARGUMENT);
  EXPECT_EQ(store(nullptr, good, 4), DSLT_EARGUMENT);
  EXPECT_EQ(store(ring, nullptr, 4), DSLT_EARGUMENT);
  EXPECT_EQ(store(ring, half, 4), DSLT_EARGUMENT);
  EXPECT_EQ(store(ring, levels, 4), DSLT_EARGUMENT);
  EXPECT_EQ(store(ring, none, 4), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().decide(stream(), nullptr, nullptr, state_at(0), ring), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().decide(stream(), turn_with(0), nullptr, nullptr, ring), DSLT_EARGUMENT);
  EXPECT_EQ(download(ring, 1)[0].next, 1);
}

EVERYWHERE(SamplesKernel);

}  // namespace
