/* SPDX-License-Identifier: Apache-2.0 */
// The flags that steer a captured frame: kernels with state do nothing at all where theirs is 0, and a
// graph's condition takes a flag's value.
#include <cstring>

#include "device.h"

namespace {

class WhenKernel : public KernelTest {
 protected:
  template <typename T>
  bool same(const T *memory, const std::vector<T> &before) {
    std::vector<T> now = download(memory, before.size());
    return std::memcmp(now.data(), before.data(), before.size() * sizeof(T)) == 0;
  }
};

dslt_mark mark_of(dslt_clock *clock, int stage) {
  return {clock, stage, DSLT_END_NONE, nullptr, nullptr, nullptr};
}

TEST_P(WhenKernel, StateStaysWhereAFlagIsZero) {
  const std::vector<float> old(16, 7.0f);
  float *y = upload(old), *x = upload(noise(16, 1));
  dslt_search g = {};
  g.area.response_width = g.area.response_height = 4;
  g.area.input_width = g.area.input_height = 32;
  g.area.kernel_width = g.area.kernel_height = 1;
  g.area.frame_width = g.area.frame_height = 100;
  g.area.stride = 8;
  g.area.ratio_x = g.area.ratio_y = g.scale.step = g.scale.rate = g.scale.penalty = 1;
  g.scale.min = 0.1;
  g.scale.max = 10;
  g.scale.levels = 1;
  g.label.sigma_x = g.label.sigma_y = 1;
  dslt_target_state state = {};
  state.cx = state.cy = 50;
  state.scale = 2;
  state.mean_score = -1;
  dslt_match_rules match = {};
  match.rows = match.columns = 2;
  match.stride = match.unit = match.side = match.rate = 1;
  const dslt_match_response response = {};
  state.width = state.height = 20;
  const std::vector<dslt_target_state> states = {state};
  const std::vector<dslt_sample_ring> rings = {{3, 1, 1, 0, 0}};
  const std::vector<int32_t> steps = {4};
  dslt_target_state *there = upload(states);
  dslt_sample_ring *ring = upload(rings);
  int32_t *step = upload(steps);
  dslt_locate_scratch *scratch = zeros<dslt_locate_scratch>(1);
  const std::vector<dslt_locate_scratch> clean = download(scratch, 1);
  uint32_t *ticket = zeros<uint32_t>(1);
  dslt_loss_spec spec = {};
  spec.kind = DSLT_LOSS_L2;
  const dslt_param param = {y, x, y, y, 16, 0.1f, 0.0f, 0};
  const dslt_adam_rule rule = {0.6f, 0.999f, 1e-8f};
  const dslt_sample_copy copy = {2, {16, 4}, {{x, x}}, {y, y + 12}};
  for (int32_t flag : {0, 1}) {
    int32_t *when = upload(std::vector<int32_t>{flag});
    bool kept = flag == 0;
    EXPECT_EQ(kernels().adam(stream(), &param, 1, &rule, step, ticket, when), DSLT_OK);
    EXPECT_EQ(same(step, steps), kept);
    EXPECT_EQ(same(y, old), kept);
    EXPECT_EQ(kernels().store_sample(stream(), ring, &copy, there, nullptr, when), DSLT_OK);
    EXPECT_EQ(same(ring, rings), kept);
    EXPECT_EQ(kernels().locate_levels(stream(), there, x, &g, scratch, when), DSLT_OK);
    EXPECT_EQ(same(there, states), kept);
    EXPECT_EQ(kernels().choose_scale(stream(), there, x, &g, scratch, when), DSLT_OK);
    EXPECT_EQ(kernels().locate(stream(), there, x, &g, scratch, when), DSLT_OK);
    EXPECT_EQ(same(there, states), kept);
    EXPECT_EQ(same(scratch, clean), kept);
    dslt_target_state *matched = upload(states);
    EXPECT_EQ(kernels().locate_match(stream(), matched, x, x, &match, &response, &g, when), DSLT_OK);
    EXPECT_EQ(same(matched, states), kept);
    float *out = upload(old);
    EXPECT_EQ(kernels().match_template(stream(), out, x, x, 2, 4, 4, when), DSLT_OK);
    EXPECT_EQ(same(out, old), kept);
    const dslt_template_rules following = {2, 1, 31, 16, 1, 1, 0.5f, 0.9f, 0};
    out = upload(old);
    EXPECT_EQ(kernels().follow_template(stream(), out, out + 4, x, x + 4, upload(states), &following, when),
              DSLT_OK);
    EXPECT_EQ(same(out, old), kept);
    out = upload(old);
    EXPECT_EQ(kernels().sum_responses(stream(), out, x, nullptr, nullptr, 16, when), DSLT_OK);
    EXPECT_EQ(same(out, old), kept);
    out = upload(old);
    EXPECT_EQ(kernels().loss(stream(), out, out + 13, out + 15, x, nullptr, nullptr, x + 1, 12, &spec, when),
              DSLT_OK);
    EXPECT_EQ(same(out, old), kept);
    const std::vector<float> labels(32, 7.0f);
    out = upload(labels);
    EXPECT_EQ(kernels().store_label(stream(), out, upload(rings), there, &g, when), DSLT_OK);
    EXPECT_EQ(same(out, labels), kept);
    EXPECT_EQ(download(ticket, 1)[0], 0u);
    EXPECT_EQ(download(scratch, 1)[0].ticket, 0u);
  }
}

// In place of a flag a mark: the kernel runs whole, and its first thread takes the time once.
TEST_P(WhenKernel, AMarkTakesTheTime) {
  dslt_clock *clock = zeros<dslt_clock>(1);
  std::vector<dslt_mark> marks;
  for (int stage = -1; stage <= DSLT_STAGE_COUNT; ++stage) marks.push_back(mark_of(clock, stage));
  const dslt_mark *mark = upload(marks);
  const std::size_t count = 4 * 256 * 5;  // several blocks
  const std::vector<float> x = noise(count, 3);
  float *y = upload(std::vector<float>(count, NAN));
  const float *from = upload(x);
  const auto scale = [&](int stage) {
    const int32_t *when = dslt_when_marked(&mark[stage + 1], DSLT_END_NONE);
    EXPECT_EQ(dslt_when_still(when), nullptr);
    EXPECT_EQ(kernels().axpby(stream(), y, 2.0f, from, 0.0f, nullptr, count, when), DSLT_OK);
    return download(clock, 1)[0];
  };
  const dslt_clock begun = scale(-1);
  EXPECT_GT(begun.since, 0u);
  for (uint64_t ns : begun.stage_ns) EXPECT_EQ(ns, 0u);
  const std::vector<float> got = download(y, count);
  for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(got[i], 2.0f * x[i]);
  EXPECT_EQ(scale(DSLT_STAGE_COUNT).since, begun.since) << "no stage has ended";
  scale(2);
  const dslt_clock ended = scale(DSLT_STAGE_COUNT - 1);
  EXPECT_EQ(ended.stage_ns[2] + ended.stage_ns[DSLT_STAGE_COUNT - 1], ended.since - begun.since);
  EXPECT_GT(ended.stage_ns[2], 0u);
  EXPECT_EQ(ended.stage_ns[0], 0u);
  const int32_t *flag = upload(std::vector<int32_t>{1});
  EXPECT_EQ(dslt_when_still(flag), flag);
}

// A kernel that notes its end, and a stage whose time is taken from it later.
TEST_P(WhenKernel, AnEndIsTakenLater) {
  dslt_clock *clock = zeros<dslt_clock>(1);
  std::vector<dslt_mark> marks = {mark_of(clock, -1), mark_of(clock, 1), mark_of(clock, 2)};
  marks[1].end = DSLT_END_SAMPLE;
  const dslt_mark *mark = upload(marks);
  marks[2].first = &mark[1];
  mark = upload(marks);
  dslt_sample_ring *ring = upload(std::vector<dslt_sample_ring>{{3, 1, 1, 0, 0}});
  const std::size_t values = 3 * 256 * 5;
  const dslt_sample_copy copy = {1, {values * 4}, {{zeros<float>(values)}}, {zeros<float>(3 * values)}};
  EXPECT_EQ(kernels().store_sample(stream(), ring, &copy, nullptr, nullptr,
                                   dslt_when_marked(&mark[0], DSLT_END_SAMPLE)),
            DSLT_OK)
      << dslt_last_error();
  const dslt_clock stored = download(clock, 1)[0];
  EXPECT_GT(stored.since, 0u);
  EXPECT_GE(stored.end[DSLT_END_SAMPLE], stored.since);
  EXPECT_EQ(stored.end[DSLT_END_CROP], 0u);
  EXPECT_EQ(kernels().stamp(stream(), dslt_when_marked(&mark[2], DSLT_END_NONE)), DSLT_OK);
  const dslt_clock taken = download(clock, 1)[0];
  EXPECT_EQ(taken.stage_ns[1], stored.end[DSLT_END_SAMPLE] - stored.since);
  EXPECT_EQ(taken.stage_ns[2], taken.since - stored.end[DSLT_END_SAMPLE]);
  EXPECT_GT(taken.since, stored.since);
  // that end is over: nothing is counted twice, and no time runs backwards
  EXPECT_EQ(kernels().stamp(stream(), dslt_when_marked(&mark[1], DSLT_END_NONE)), DSLT_OK);
  const dslt_clock again = download(clock, 1)[0];
  EXPECT_EQ(again.stage_ns[1], taken.stage_ns[1]);
  EXPECT_EQ(again.since, taken.since);
}

// Stages that ended in blocks which may not have run: the last one that did gets the time.
TEST_P(WhenKernel, ABlocksStageCountsWhereItRan) {
  for (int ran = 0; ran < 8; ++ran) {
    dslt_clock *clock = upload(std::vector<dslt_clock>{{1, {}, {}}});
    const int32_t *flag = upload(std::vector<int32_t>{ran & 1, ran & 2, ran & 4});
    // stage 0 before all blocks, then those of the blocks, of which the second ends with none
    std::vector<dslt_mark> marks = {mark_of(clock, 0), mark_of(clock, 1), mark_of(clock, DSLT_STAGE_COUNT),
                                    mark_of(clock, 3)};
    const dslt_mark *before = nullptr;
    for (std::size_t i = 0; i < marks.size(); ++i) {
      if (i > 0) marks[i].ran = &flag[i - 1];
      marks[i].before = before;
      before = upload(std::vector<dslt_mark>{marks[i]});
    }
    EXPECT_EQ(kernels().stamp(stream(), dslt_when_marked(before, DSLT_END_NONE)), DSLT_OK);
    const dslt_clock told = download(clock, 1)[0];
    const int want = ran & 4 ? 3 : ran & 2 ? -1 : ran & 1 ? 1 : 0;
    for (int stage = 0; stage < DSLT_STAGE_COUNT; ++stage)
      EXPECT_EQ(told.stage_ns[stage] > 0, stage == want) << "blocks " << ran << ", stage " << stage;
    EXPECT_EQ(told.since > 1, want >= 0) << ran;
  }
}

TEST_P(WhenKernel, ConditionsTakeTheirFlags) {
  dslt_conditions conditions = {1, {1}, {nullptr}};
  EXPECT_EQ(kernels().condition(stream(), nullptr, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().condition(stream(), &conditions, nullptr), DSLT_EARGUMENT);
  for (int count : {0, DSLT_CONDITIONS_MAX + 1}) {
    conditions.count = count;
    EXPECT_EQ(kernels().condition(stream(), &conditions, nullptr), DSLT_EARGUMENT) << count;
  }
  if (on_gpu()) GTEST_SKIP() << skip::kBackend << "a condition outside its graph";
  for (int32_t flag : {0, 1, 5}) {
    unsigned there[] = {9, 9, 9};
    const int32_t *flags = upload(std::vector<int32_t>{flag, 1, 0});
    conditions.count = 2;
    for (int i = 0; i < 3; ++i) {
      conditions.handle[i] = reinterpret_cast<uintptr_t>(&there[i]);
      conditions.flag[i] = flags + i;
    }
    ASSERT_EQ(kernels().condition(stream(), &conditions, nullptr), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(there[0], unsigned(flag != 0));
    EXPECT_EQ(there[1], 1u);
    EXPECT_EQ(there[2], 9u) << "beyond the list";
  }
}

EVERYWHERE(WhenKernel);

}  // namespace
