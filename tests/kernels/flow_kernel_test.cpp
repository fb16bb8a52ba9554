/* SPDX-License-Identifier: Apache-2.0 */
// Kernels judge, stamp and gather: what lets a whole part of a sequence run without the host.
#include <cmath>
#include <cstring>

#include "device.h"

namespace {

class FlowKernel : public KernelTest {
 protected:
  // Judge a list of losses one by one; what the device noted of them, and where it stands.
  dslt_training judge(std::vector<float> *noted, const std::vector<float> &losses,
                      const dslt_stop_rule &rule) {
    dslt_training *training = upload(std::vector<dslt_training>{{1, 0, 0}});
    float *list = zeros<float>(std::size_t(rule.limit));
    for (float loss : losses)
      EXPECT_EQ(kernels().judge(stream(), training, list, upload(std::vector<float>{loss}), &rule), DSLT_OK)
          << dslt_last_error();
    dslt_training out = download(training, 1)[0];
    *noted = download(list, std::size_t(rule.limit));
    noted->resize(std::size_t(out.steps));
    return out;
  }
};

TEST_P(FlowKernel, JudgeStopsAsTheRuleSays) {
  std::vector<float> noted;
  dslt_stop_rule rule = {5, 0.0, 0.0, 3};  // by the number of steps alone
  dslt_training t = judge(&noted, {9, 8, 7, 6, 5, 4, 3}, rule);
  EXPECT_EQ(t.steps, 5);
  EXPECT_EQ(noted, (std::vector<float>{9, 8, 7, 6, 5}));
  EXPECT_EQ(t.go, 1);  // the host sees the list full

  rule = {20, 2.5, 0.0, 3};  // below a loss: what comes after is not noted
  t = judge(&noted, {4, 3, 2, 1}, rule);
  EXPECT_EQ(t.go, 0);
  EXPECT_EQ(t.failed, 0);
  EXPECT_EQ(noted, (std::vector<float>{4, 3, 2}));

  rule = {20, 0.0, 0.1, 2};  // when it falls no more
  t = judge(&noted, {8, 8, 4, 4, 3.9f, 3.9f, 3.9f}, rule);
  EXPECT_EQ(t.go, 0);
  EXPECT_EQ(noted, (std::vector<float>{8, 8, 4, 4, 3.9f, 3.9f}));

  for (float odd : {float(NAN), float(INFINITY)}) {
    t = judge(&noted, {8, odd, 4}, rule);
    EXPECT_EQ(t.go, 0);
    EXPECT_EQ(t.failed, 1);
    EXPECT_EQ(t.steps, 2);
  }
}

TEST_P(FlowKernel, StampsAddUpByStageAndGatherReportsOnce) {
  dslt_clock *clock = zeros<dslt_clock>(1);
  EXPECT_EQ(kernels().stamp(stream(), clock, -1), DSLT_OK) << dslt_last_error();
  const uint64_t begun = download(clock, 1)[0].since;
  EXPECT_GT(begun, 0u);
  for (int round = 0; round < 3; ++round)
    for (int stage : {0, DSLT_STAGE_COUNT - 1, 0})
      EXPECT_EQ(kernels().stamp(stream(), clock, stage), DSLT_OK) << dslt_last_error();
  dslt_clock told = download(clock, 1)[0];
  uint64_t sum = 0;
  for (int i = 0; i < DSLT_STAGE_COUNT; ++i) {
    sum += told.stage_ns[i];
    if (i == 0 || i == DSLT_STAGE_COUNT - 1) continue;
    EXPECT_EQ(told.stage_ns[i], 0u) << i;
  }
  EXPECT_EQ(sum, told.since - begun);  // not a nanosecond is lost between two stamps

  dslt_target_state state = {};
  state.cx = 12.5, state.cy = -3, state.scale = 1.25, state.score = 0.5, state.level = 2, state.lost = 1;
  for (int update : {0, 1}) {
    dslt_turn turn = {};
    turn.update = update;
    dslt_gathered *out = zeros<dslt_gathered>(1);
    std::vector<dslt_clock> ticked = {told};
    dslt_clock *again = upload(ticked);
    ASSERT_EQ(kernels().gather(stream(), out, again, upload(std::vector<dslt_target_state>{state}),
                               upload(std::vector<float>{0.75f}), upload(std::vector<dslt_turn>{turn}),
                               upload(std::vector<dslt_ring>{{7, 4, 5, 0}})),
              DSLT_OK)
        << dslt_last_error();
    dslt_gathered got = download(out, 1)[0];
    EXPECT_EQ(got.state.cx, state.cx);
    EXPECT_EQ(got.state.cy, state.cy);
    EXPECT_EQ(got.state.scale, state.scale);
    EXPECT_EQ(got.state.score, state.score);
    EXPECT_EQ(got.state.level, state.level);
    EXPECT_EQ(got.state.lost, state.lost);
    EXPECT_EQ(got.loss, 0.75f);
    EXPECT_EQ(got.learnt, update ? 4 : 0);
    EXPECT_EQ(std::memcmp(got.stage_ns, told.stage_ns, sizeof got.stage_ns), 0);
    const dslt_clock anew = download(again, 1)[0];
    for (uint64_t ns : anew.stage_ns) EXPECT_EQ(ns, 0u);
  }
}

TEST_P(FlowKernel, RefusesWhatItCannotDo) {
  const dslt_stop_rule rule = {5, 0.0, 0.0, 3};
  float *loss = zeros<float>(8);
  dslt_training *training = zeros<dslt_training>(1);
  dslt_clock *clock = zeros<dslt_clock>(1);
  EXPECT_EQ(kernels().judge(stream(), nullptr, loss, loss, &rule), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().judge(stream(), training, nullptr, loss, &rule), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().judge(stream(), training, loss, loss, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().stamp(stream(), nullptr, 0), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().stamp(stream(), clock, -2), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().stamp(stream(), clock, DSLT_STAGE_COUNT), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().gather(stream(), nullptr, clock, nullptr, loss, nullptr, nullptr), DSLT_EARGUMENT);
  EXPECT_STREQ(dslt_last_error(), "Kernel gather needs a place and all that it gathers.");
}

EVERYWHERE(FlowKernel);

}  // namespace
