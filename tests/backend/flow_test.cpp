/* SPDX-License-Identifier: Apache-2.0 */
// The way of a frame: what is decided, which sample is kept where, when first-frame training ends. Every part
// runs often enough to be recorded and replayed where the backend does that.
#include <chrono>
#include <functional>
#include <thread>

#include "backend_fixture.h"

#define DSLT_EXPECT_CALL(call)                        \
  do {                                                \
    int call_rc = (call);                             \
    EXPECT_EQ(call_rc, DSLT_OK) << dslt_last_error(); \
    if (call_rc < 0) return call_rc;                  \
  } while (0)

namespace {

dslt_target_state state_at(double cx, int pyramid = 0, int level = 1, int lost = 0) {
  dslt_target_state p = {};
  p.cx = cx, p.cy = 5, p.scale = 1, p.score = 0.5, p.pyramid = pyramid, p.level = level, p.lost = lost;
  p.label_x = 1, p.label_y = 2;
  return p;
}

class Flow {
 public:
  Flow(Backend &b, int capacity, int interval, int hold, int joint) : b_(b), first_(state_at(10)) {
    state = b.put(first_);
    dslt_flow_desc desc = {state, capacity, interval, hold, joint};
    EXPECT_EQ(b.ops->flow_open(&flow, b.get(), &desc, &first_), DSLT_OK) << dslt_last_error();
  }
  ~Flow() { b_.ops->flow_free(flow); }
  // Run the calls as a part of the flow.
  void part(int number, const std::function<int()> &calls) {
    for (int again = 1; again == 1;) {
      int run = 0;
      ASSERT_EQ(b_.ops->flow_record(&run, flow, number), DSLT_OK) << dslt_last_error();
      again = b_.ops->flow_recorded(flow, run ? calls() : DSLT_OK);
      ASSERT_GE(again, 0) << dslt_last_error();
    }
  }
  void set(const dslt_target_state &p) { ASSERT_EQ(b_.ops->upload(b_.get(), state, &p, sizeof p), DSLT_OK); }

  dslt_target_state *state = nullptr;
  dslt_flow *flow = nullptr;

 private:
  Backend &b_;
  dslt_target_state first_;
};

TEST(Flow, SamplesComeFromWhereTheFrameSawTheTarget) {
  Backend b;
  Flow f(b, 3, 1, 0, 0);
  dslt_search g = {};
  g.area.response_width = g.area.response_height = 1;
  float *low_store = b.upload({9, 9, 9, 9, 9, 9}), *high_store = b.upload({8, 8, 8}),
        *loss = b.upload({0.25});
  dslt_sample_sources s = {b.upload({1, 2}),
                           b.upload({3}),
                           b.upload({10, 11, 20, 21, 30, 31}),
                           b.upload({40, 50, 60}),
                           b.upload({70, 71}),
                           b.upload({72}),
                           2,
                           1};
  struct {
    dslt_target_state state;
    std::vector<float> low;
    int learnt;
  } frames[] = {
      {state_at(10), {9, 9, 1, 2, 9, 9}, 2},          // stood still: the search's own
      {state_at(12, 1, 2), {9, 9, 1, 2, 30, 31}, 3},  // a pyramid: the chosen level
      {state_at(15), {9, 9, 70, 71, 30, 31}, 3},      // moved: looked at once more
      {state_at(15), {9, 9, 70, 71, 1, 2}, 3},        // the ring turns, slot 0 stays
      {state_at(15, 1, 0), {9, 9, 10, 11, 1, 2}, 3},
  };
  for (const auto &frame : frames) {
    f.set(frame.state);
    f.part(DSLT_PART_FRAME, [&] {
      DSLT_EXPECT_CALL(b.ops->flow_decide(f.flow));
      int run = 0;
      DSLT_EXPECT_CALL(b.ops->flow_if(&run, f.flow, DSLT_IF_UPDATE));
      if (run) DSLT_EXPECT_CALL(b.ops->flow_store(f.flow, low_store, high_store, nullptr, &s, &g));
      DSLT_EXPECT_CALL(b.ops->flow_end_if(f.flow));
      return b.ops->flow_gather(f.flow, loss);
    });
    dslt_flow_report report;
    ASSERT_EQ(b.ops->flow_report(&report, f.flow), DSLT_OK);
    EXPECT_EQ(report.learnt, frame.learnt);
    EXPECT_EQ(report.loss, 0.25f);
    EXPECT_EQ(report.state.cx, frame.state.cx);
    EXPECT_EQ(b.download(low_store, 6), frame.low);
  }
}

TEST(Flow, UpdatesComeWhenTheyAreDueAndNotWhileLost) {
  Backend b;
  Flow f(b, 2, 2, 1, 1);
  float *loss = b.upload({0.0}), *slots = b.upload({0, 0, 0});
  std::vector<int> learnt;
  for (int frame = 1; frame <= 8; ++frame) {
    f.set(state_at(10, 0, 1, frame == 4));
    f.part(DSLT_PART_FRAME, [&] {
      int run = 0;
      DSLT_EXPECT_CALL(b.ops->flow_decide(f.flow));
      DSLT_EXPECT_CALL(b.ops->flow_if(&run, f.flow, DSLT_IF_UPDATE));
      for (int slot = 0; run && slot < 2; ++slot) {
        int inner = 0;
        DSLT_EXPECT_CALL(b.ops->flow_if(&inner, f.flow, DSLT_IF_SLOT + slot));
        if (inner) DSLT_EXPECT_CALL(b.ops->axpby(b.get(), slots + slot, 1, slots + slot, 1, slots + 2, 1));
        DSLT_EXPECT_CALL(b.ops->flow_end_if(f.flow));
      }
      DSLT_EXPECT_CALL(b.ops->flow_end_if(f.flow));
      return b.ops->flow_gather(f.flow, loss);
    });
    dslt_flow_report report;
    ASSERT_EQ(b.ops->flow_report(&report, f.flow), DSLT_OK);
    learnt.push_back(report.learnt);
  }
  EXPECT_EQ(learnt, (std::vector<int>{0, 1, 0, 0, 0, 1, 0, 1}));
}

TEST(Flow, StageTimesAreTheFramesOwn) {
  Backend b;
  Flow f(b, 1, 1, 0, 0);
  float *loss = b.upload({0.0});
  dslt_flow_report report;
  double first = 0;
  for (int frame = 0; frame < 3; ++frame) {
    const auto began = std::chrono::steady_clock::now();
    f.part(DSLT_PART_FRAME, [&] {
      DSLT_EXPECT_CALL(b.ops->flow_mark(f.flow, -1));
      DSLT_EXPECT_CALL(b.ops->flow_decide(f.flow));
      if (frame == 0) std::this_thread::sleep_for(std::chrono::milliseconds(200));
      DSLT_EXPECT_CALL(b.ops->flow_mark(f.flow, DSLT_STAGE_LOCATE));
      return b.ops->flow_gather(f.flow, loss);
    });
    ASSERT_EQ(b.ops->flow_report(&report, f.flow), DSLT_OK);
    const std::chrono::duration<double, std::milli> whole = std::chrono::steady_clock::now() - began;
    double sum = 0;
    for (double ms : report.stage_ms) sum += ms;
    EXPECT_GE(report.stage_ms[DSLT_STAGE_LOCATE], 0);
    EXPECT_EQ(sum, report.stage_ms[DSLT_STAGE_LOCATE]) << "no other stage was marked";
    EXPECT_LE(sum, whole.count()) << "frame " << frame << " reports more than it took";
    if (frame == 0) first = sum;
  }
  if (b.ops->host_visible) {
    EXPECT_GE(first, 200);
  }
}

TEST(Flow, TrainingStopsByItsRuleWhereverItIsJudged) {
  struct {
    dslt_stop_rule rule;
    int steps, failed;
  } cases[] = {
      {{20, 0, 0, 1}, 20, 0}, {{20, 6.5, 0, 1}, 5, 0}, {{20, 0, 0.5, 2}, 4, 0}, {{3, 0, 0, 1}, 3, 0}};
  for (const auto &c : cases) {
    Backend b;
    Flow f(b, 1, 1, 0, 0);
    float *loss = b.upload({11}), *losses = b.floats(20), *minus = b.upload({-1}), *stepped = b.upload({0}),
          *one = b.upload({1});
    for (int step = 0; step < 25; ++step)
      f.part(DSLT_PART_STEP, [&] {
        int run = 0;
        DSLT_EXPECT_CALL(b.ops->axpby(b.get(), loss, 1, loss, 1, minus, 1));  // 10, 9, 8 ...
        DSLT_EXPECT_CALL(b.ops->flow_judge(f.flow, losses, loss, &c.rule));
        DSLT_EXPECT_CALL(b.ops->flow_if(&run, f.flow, DSLT_IF_TRAINING));
        if (run) DSLT_EXPECT_CALL(b.ops->axpby(b.get(), stepped, 1, stepped, 1, one, 1));
        return b.ops->flow_end_if(f.flow);
      });
    dslt_training t;
    ASSERT_EQ(b.ops->flow_training(&t, f.flow), DSLT_OK);
    EXPECT_EQ(t.steps, c.steps);
    EXPECT_EQ(t.failed, c.failed);
    EXPECT_EQ(t.go, c.steps == c.rule.limit ? 1 : 0);
    EXPECT_EQ(b.download(losses, 3), (std::vector<float>{10, 9, 8}));
    // no step along the gradient after the last one wanted
    if (!t.go) {
      EXPECT_EQ(b.download(stepped, 1)[0], float(c.steps - 1));
    }
  }
}

}  // namespace
