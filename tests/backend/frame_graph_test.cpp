/* SPDX-License-Identifier: Apache-2.0 */
// Frame graphs: blocks follow their flags, reports arrive, and what is decided and stored in a frame. Every
// section runs often enough to be recorded and replayed where the backend does that.
#include <chrono>
#include <cstddef>
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

struct Record {
  dslt_target_state state;
  dslt_decision decision;
  dslt_sample_ring ring;
  dslt_training training;
  float loss;
  int32_t learns[DSLT_SAMPLES_MAX];
};

class Graph {
 public:
  Graph(Backend &b, int capacity, const dslt_update_policy &rules = {}) : policy(rules), b_(b) {
    Record first = {};
    first.state = state_at(10);
    first.decision.cx = first.state.cx, first.decision.cy = first.state.cy;
    first.ring = dslt_ring_first(capacity);
    first.training.go = 1;
    first.loss = 0.25f;
    record = b.put(first);
    EXPECT_EQ(b.device->graph_open(&graph, b.get(), 2), DSLT_OK) << dslt_last_error();
  }
  ~Graph() { b_.device->graph_free(graph); }
  // Run the calls as a section of the graph.
  void section(int number, const std::function<int()> &calls) {
    for (int again = 1; again == 1;) {
      int run = 0;
      ASSERT_EQ(b_.device->graph_begin(&run, graph, number), DSLT_OK) << dslt_last_error();
      again = b_.device->graph_end(graph, run ? calls() : DSLT_OK);
      ASSERT_GE(again, 0) << dslt_last_error();
    }
  }
  int decide() {
    return b_.vision->decide(b_.get(), &record->decision, record->learns, &record->state, &record->ring,
                             &policy);
  }
  int report() { return b_.device->graph_report(graph, record, offsetof(Record, learns)); }
  Record wait() {
    Record out = {};
    double stage_ms[DSLT_STAGE_COUNT];
    EXPECT_EQ(b_.device->graph_wait(&out, stage_ms, graph), DSLT_OK) << dslt_last_error();
    return out;
  }
  void set(const dslt_target_state &p) {
    ASSERT_EQ(b_.device->upload(b_.get(), &record->state, &p, sizeof p), DSLT_OK);
  }

  Record *record = nullptr;
  dslt_frame_graph *graph = nullptr;
  dslt_update_policy policy;

 private:
  Backend &b_;
};

TEST(FrameGraph, SamplesComeFromWhereTheFrameSawTheTarget) {
  Backend b;
  Graph f(b, 3, {1, 0, 0, 0, 0, 0});
  dslt_search g = {};
  g.area.response_width = g.area.response_height = 1;
  g.label.sigma_x = g.label.sigma_y = 2;
  float *store[] = {b.upload({9, 9, 9, 9, 9, 9}), b.upload({8, 8, 8})}, *labels = b.upload({7, 7, 7});
  dslt_sample_sources s = {2,
                           {2, 1},
                           {{b.upload({1, 2}), b.upload({3})},
                            {b.upload({10, 11, 20, 21, 30, 31}), b.upload({40, 50, 60})},
                            {b.upload({70, 71}), b.upload({72})}}};
  struct {
    dslt_target_state state;
    std::vector<float> low, high;
    int learnt, reextract;
  } frames[] = {
      {state_at(10), {9, 9, 1, 2, 9, 9}, {8, 3, 8}, 2, 0},           // did not move: the search's own
      {state_at(12, 1, 2), {9, 9, 1, 2, 30, 31}, {8, 3, 60}, 3, 0},  // a pyramid: the chosen level
      {state_at(15), {9, 9, 70, 71, 30, 31}, {8, 72, 60}, 3, 1},     // moved: extracted again
      {state_at(15), {9, 9, 70, 71, 1, 2}, {8, 72, 3}, 3, 0},        // the ring turns, slot 0 stays
      {state_at(15, 1, 0), {9, 9, 10, 11, 1, 2}, {8, 40, 3}, 3, 0},
  };
  for (const auto &frame : frames) {
    f.set(frame.state);
    f.section(0, [&] {
      DSLT_EXPECT_CALL(f.decide());
      int run = 0;
      DSLT_EXPECT_CALL(b.device->graph_if(&run, f.graph, &f.record->decision.update, 0));
      if (run) {
        DSLT_EXPECT_CALL(b.vision->store_label(b.get(), labels, &f.record->ring, &f.record->state, &g));
        DSLT_EXPECT_CALL(b.vision->store_sample(b.get(), &f.record->ring, store, &s, &f.record->state,
                                                &f.record->decision));
      }
      DSLT_EXPECT_CALL(b.device->graph_end_if(f.graph));
      return f.report();
    });
    const Record told = f.wait();
    EXPECT_EQ(dslt_samples_learnt(&told.decision, &told.ring, &f.policy), frame.learnt);
    EXPECT_EQ(told.decision.reextract, frame.reextract);
    EXPECT_EQ(told.loss, 0.25f);
    EXPECT_EQ(told.state.cx, frame.state.cx);
    EXPECT_EQ(b.download(store[0], 6), frame.low);
    EXPECT_EQ(b.download(store[1], 3), frame.high);
  }
  EXPECT_EQ(b.download(labels, 1)[0], 7);
  EXPECT_NEAR(b.download(labels, 3)[2], std::exp(-0.5 * (1 + 4) / 4), 1e-6);
}

TEST(FrameGraph, UpdatesComeWhenTheyAreDueAndNotWhileLost) {
  Backend b;
  Graph f(b, 2, {2, 1, 1, 0, 0, 0});
  float *slots = b.upload({0, 0, 0});
  std::vector<int> updates;
  for (int frame = 1; frame <= 8; ++frame) {
    f.set(state_at(10, 0, 1, frame == 4));
    f.section(0, [&] {
      int run = 0;
      DSLT_EXPECT_CALL(f.decide());
      DSLT_EXPECT_CALL(b.device->graph_if(&run, f.graph, &f.record->decision.update, 0));
      for (int slot = 0; run && slot < 2; ++slot) {
        int inner = 0;
        DSLT_EXPECT_CALL(b.device->graph_if(&inner, f.graph, &f.record->learns[slot], 1));
        if (inner) DSLT_EXPECT_CALL(b.nn->axpby(b.get(), slots + slot, 1, slots + slot, 1, slots + 2, 1));
        DSLT_EXPECT_CALL(b.device->graph_end_if(f.graph));
      }
      DSLT_EXPECT_CALL(b.device->graph_end_if(f.graph));
      return f.report();
    });
    updates.push_back(f.wait().decision.update);
  }
  EXPECT_EQ(updates, (std::vector<int>{0, 1, 0, 0, 0, 1, 0, 1}));
}

// Blocks that are not light may become nodes of their own; either way a flag leaves out exactly its block.
TEST(FrameGraph, BlocksFollowTheirFlags) {
  Backend b;
  Graph f(b, 1);
  float *counts = b.upload({0, 0, 0}), *one = b.upload({1});
  for (int frame = 0; frame < 8; ++frame) {
    const int32_t flags[2] = {frame & 1, frame & 2};
    ASSERT_EQ(b.device->upload(b.get(), f.record->learns, flags, sizeof flags), DSLT_OK);
    f.section(1, [&] {
      for (int i = 0; i < 2; ++i) {
        int run = 0;
        DSLT_EXPECT_CALL(b.device->graph_if(&run, f.graph, &f.record->learns[i], i));
        if (run) DSLT_EXPECT_CALL(b.nn->axpby(b.get(), counts + i, 1, counts + i, 1, one, 1));
        DSLT_EXPECT_CALL(b.device->graph_end_if(f.graph));
      }
      return b.nn->axpby(b.get(), counts + 2, 1, counts + 2, 1, one, 1);
    });
  }
  EXPECT_EQ(b.download(counts, 3), (std::vector<float>{4, 4, 8}));
}

// Several blocks that may become nodes, one of them with another's flag, and a kernel between them.
TEST(FrameGraph, SeveralBlocksHaveFlagsOfTheirOwn) {
  Backend b;
  Graph f(b, 1);
  float *counts = b.upload({0, 0, 0, 0, 0, 0}), *one = b.upload({1});
  const int flag_of[] = {0, 1, 2, 0, 3};
  std::vector<float> want(6);
  for (int frame = 0; frame < 16; ++frame) {
    int32_t flags[4];
    for (int i = 0; i < 4; ++i) flags[i] = frame >> i & 1;
    ASSERT_EQ(b.device->upload(b.get(), f.record->learns, flags, sizeof flags), DSLT_OK);
    f.section(1, [&] {
      for (int i = 0; i < 5; ++i) {
        int run = 0;
        DSLT_EXPECT_CALL(b.device->graph_if(&run, f.graph, &f.record->learns[flag_of[i]], 0));
        if (run) DSLT_EXPECT_CALL(b.nn->axpby(b.get(), counts + i, 1, counts + i, 1, one, 1));
        DSLT_EXPECT_CALL(b.device->graph_end_if(f.graph));
      }
      return b.nn->axpby(b.get(), counts + 5, 1, counts + 5, 1, one, 1);
    });
    for (int i = 0; i < 5; ++i) want[std::size_t(i)] += float(flags[flag_of[i]]);
    want[5] += 1;
    EXPECT_EQ(b.download(counts, 6), want) << "frame " << frame;
  }
}

TEST(FrameGraph, StageTimesAreTheFramesOwn) {
  Backend b;
  Graph f(b, 1);
  double stage_ms[DSLT_STAGE_COUNT], first = 0;
  for (int frame = 0; frame < 3; ++frame) {
    const auto began = std::chrono::steady_clock::now();
    f.section(0, [&] {
      DSLT_EXPECT_CALL(b.device->graph_mark(f.graph, -1));
      DSLT_EXPECT_CALL(f.decide());
      if (frame == 0) std::this_thread::sleep_for(std::chrono::milliseconds(200));
      DSLT_EXPECT_CALL(b.device->graph_mark(f.graph, DSLT_STAGE_LOCATE));
      return b.device->graph_report(f.graph, nullptr, 0);
    });
    ASSERT_EQ(b.device->graph_wait(nullptr, stage_ms, f.graph), DSLT_OK) << dslt_last_error();
    const std::chrono::duration<double, std::milli> whole = std::chrono::steady_clock::now() - began;
    double sum = 0;
    for (double ms : stage_ms) sum += ms;
    EXPECT_GE(stage_ms[DSLT_STAGE_LOCATE], 0);
    EXPECT_EQ(sum, stage_ms[DSLT_STAGE_LOCATE]) << "no other stage was marked";
    EXPECT_LE(sum, whole.count()) << "frame " << frame << " reports more than it took";
    if (frame == 0) first = sum;
  }
  if (b.get()->type->host_visible) {
    EXPECT_GE(first, 200);
  }
}

TEST(FrameGraph, TrainingStopsByItsRule) {
  struct {
    dslt_stop_rule rule;
    int steps, failed;
  } cases[] = {
      {{20, 0, 0, 1}, 20, 0}, {{20, 6.5, 0, 1}, 5, 0}, {{20, 0, 0.5, 2}, 4, 0}, {{3, 0, 0, 1}, 3, 0}};
  for (const auto &c : cases) {
    Backend b;
    Graph f(b, 1);
    float *loss = b.upload({11}), *losses = b.floats(20), *minus = b.upload({-1}), *stepped = b.upload({0}),
          *one = b.upload({1});
    for (int step = 0; step < 25; ++step)
      f.section(1, [&] {
        int run = 0;
        DSLT_EXPECT_CALL(b.nn->axpby(b.get(), loss, 1, loss, 1, minus, 1));  // 10, 9, 8 ...
        DSLT_EXPECT_CALL(b.nn->early_stop(b.get(), &f.record->training, losses, loss, &c.rule));
        DSLT_EXPECT_CALL(b.device->graph_if(&run, f.graph, &f.record->training.go, 1));
        if (run) DSLT_EXPECT_CALL(b.nn->axpby(b.get(), stepped, 1, stepped, 1, one, 1));
        return b.device->graph_end_if(f.graph);
      });
    const dslt_training t = b.see(&f.record->training);
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

// A loss that is no finite number ends the training as failed, whatever the rule.
TEST(FrameGraph, TrainingStopsAtALossThatIsNotFinite) {
  const dslt_stop_rule rule = {20, 0, 0, 1};
  for (double bad : {double(NAN), double(INFINITY), -double(INFINITY)}) {
    Backend b;
    Graph f(b, 1);
    float *losses = b.floats(20);
    for (double value : {3.0, 2.0, bad, 1.0, 0.5}) {
      float *loss = b.upload({value});
      ASSERT_EQ(b.nn->early_stop(b.get(), &f.record->training, losses, loss, &rule), DSLT_OK);
    }
    const dslt_training t = b.see(&f.record->training);
    EXPECT_EQ(t.steps, 3) << bad;
    EXPECT_EQ(t.failed, 1) << bad;
    EXPECT_EQ(t.go, 0) << bad;
  }
}

}  // namespace
