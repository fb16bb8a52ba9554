/* SPDX-License-Identifier: Apache-2.0 */
// Kernels of kernels/anchors.h against their CPU twins, or loops in double where they are parts of one: boxes and items,
// the proposal head, its losses and its step; flags, and what they refuse.
#include "anchors.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/rng.h"
#include "device.h"

namespace {

class AnchorKernels : public KernelTest {
 protected:
  template <typename T>
  T *put(const T &value) {
    return upload(std::vector<T>{value});
  }
  template <typename T>
  static bool same(const std::vector<T> &a, const std::vector<T> &b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
  }
};

void expect_boxes(const std::vector<dslt_box> &got, const std::vector<dslt_box> &want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    ASSERT_NEAR(got[i].x, want[i].x, 1e-9 * 4000) << i;
    ASSERT_NEAR(got[i].y, want[i].y, 1e-9 * 4000) << i;
    ASSERT_NEAR(got[i].width, want[i].width, 1e-9 * 4000) << i;
    ASSERT_NEAR(got[i].height, want[i].height, 1e-9 * 4000) << i;
  }
}

dslt_draw_rules draw_rules(int kind, double low, double high, int tries) {
  dslt_draw_rules r = {};
  r.kind = kind, r.shift = 0.6, r.widen = 1.1, r.widen_max = 1.5, r.factor = 1.05, r.zoom = 2, r.stretch = 1;
  r.low = low, r.high = high, r.grow = 107.0 / 75, r.min_side = 10, r.frame_width = 400, r.frame_height = 300;
  r.tries = tries, r.key = dslt_rng_make(7, 3).key;
  return r;
}

dslt_target_state state_at(double cx, double cy, double w, double h, int missed = 0) {
  dslt_target_state s = {};
  s.cx = cx, s.cy = cy, s.width = w, s.height = h, s.scale = 1, s.mean_score = -1, s.missed = missed;
  return s;
}

TEST_P(AnchorKernels, DrawnBoxesAreTheCpus) {
  const dslt_draw_rules all[] = {
      draw_rules(DSLT_DRAW_GAUSSIAN, 0, 1, 1), draw_rules(DSLT_DRAW_UNIFORM, 0.5, 1, 16),
      draw_rules(DSLT_DRAW_WHOLE, 0, 0.3, 8), draw_rules(DSLT_DRAW_GAUSSIAN, 0.8, 1, 2),
      draw_rules(DSLT_DRAW_UNIFORM, 0.9999999, 1, 3)};
  const dslt_target_state state = state_at(180, 140, 50, 34, 2);
  for (const dslt_draw_rules &rules : all)
    for (int count : {1, 7, 256, 700}) {
      SCOPED_TRACE(testing::Message() << rules.kind << ", overlap from " << rules.low << ", " << count);
      const std::size_t n = std::size_t(count);
      std::vector<dslt_box> boxes(n), crops(n);
      const int32_t frame = 5;
      ASSERT_EQ(dslt_cpu_backend.vision->draw_boxes(cpu(), boxes.data(), crops.data(), count, &rules, &state,
                                                    &frame),
                DSLT_OK);
      vary(count);
      dslt_box *there = zeros<dslt_box>(n), *around = zeros<dslt_box>(n);
      ASSERT_EQ(kernels().draw_boxes(stream(), there, around, count, &rules, put(state), put(frame), nullptr),
                DSLT_OK)
          << dslt_last_error();
      expect_boxes(download(there, n), boxes);
      expect_boxes(download(around, n), crops);
    }
}

TEST_P(AnchorKernels, TheChoiceIsTheCpus) {
  const dslt_choice_rules rules = {5, 0.4, 10, 5, 0.1, 1700};
  dslt_search search = {};
  search.area.response_width = 7, search.area.response_height = 6;
  search.area.centre_x = 3, search.area.centre_y = 2.5f;
  search.area.stride = 10, search.area.ratio_x = 1, search.area.ratio_y = 1.5;
  for (int count : {5, 40, 300})
    for (int odd : {0, 1}) {
      SCOPED_TRACE(testing::Message() << count << " boxes" << (odd ? ", some scores no numbers" : ""));
      const std::size_t n = std::size_t(count);
      dslt_target_state state = state_at(180, 140, 50, 34, 1);
      state.lost = 1;
      std::vector<dslt_box> boxes(n);
      std::vector<float> scores = noise(n, unsigned(count), 0.5f), response(42);
      const dslt_draw_rules draws = draw_rules(DSLT_DRAW_GAUSSIAN, 0, 1, 1);
      for (int i = 0; i < count; ++i) {
        boxes[std::size_t(i)] = dslt_drawn_box(&draws, &state, 1, i);
        scores[std::size_t(i)] = 0.5f + std::round(20 * scores[std::size_t(i)]) / 20;  // some are equal
        if (odd && i % 3 == 0) scores[std::size_t(i)] = NAN;
      }
      dslt_decision decision = {};
      decision.frame = 9;
      dslt_choice choice = {};
      dslt_target_state *s = put(state);
      dslt_decision *d = put(decision);
      dslt_choice *c = put(choice);
      float *shown = upload(std::vector<float>(42, NAN));
      ASSERT_EQ(kernels().choose_boxes(stream(), s, d, c, shown, upload(scores), upload(boxes), count, &rules,
                                       &search, nullptr),
                DSLT_OK)
          << dslt_last_error();
      ASSERT_EQ(dslt_cpu_backend.vision->choose_boxes(cpu(), &state, &decision, &choice, response.data(),
                                                      scores.data(), boxes.data(), count, &rules, &search),
                DSLT_OK);
      const dslt_target_state got = download(s, 1)[0];
      EXPECT_NEAR(got.cx, state.cx, 1e-9);
      EXPECT_NEAR(got.cy, state.cy, 1e-9);
      EXPECT_NEAR(got.width, state.width, 1e-9);
      EXPECT_NEAR(got.scale, state.scale, 1e-9);
      EXPECT_NEAR(got.score, state.score, 1e-9);
      EXPECT_NEAR(got.mean_score, state.mean_score, 1e-9);
      EXPECT_EQ(got.lost, state.lost);
      EXPECT_EQ(got.found, state.found);
      EXPECT_EQ(got.missed, state.missed);
      EXPECT_EQ(download(d, 1)[0].frame, 10);
      EXPECT_EQ(download(d, 1)[0].update, decision.update);
      EXPECT_EQ(download(c, 1)[0].collect, choice.collect);
      EXPECT_EQ(download(c, 1)[0].recent, choice.recent);
      EXPECT_EQ(download(shown, 42), response);
    }
}

TEST_P(AnchorKernels, DrawnAndHardestItemsAreTheCpus) {
  for (int recent : {0, 1})
    for (int count : {1, 40, 300}) {
      const dslt_item_ring ring = {10, 90, 70, 33, 0};
      const int32_t frame = 3, step = 4, flag = recent;
      dslt_item_draw draw = {&frame, &step, 2, &flag, 20, dslt_rng_make(3, 4).key};
      std::vector<int32_t> want(std::size_t(count), 0);
      ASSERT_EQ(dslt_cpu_backend.nn->draw_items(cpu(), want.data(), count, &ring, &draw), DSLT_OK);
      draw.frame = put(frame), draw.step = put(step), draw.recent = put(flag);
      int32_t *there = zeros<int32_t>(std::size_t(count));
      ASSERT_EQ(kernels().draw_items(stream(), there, count, put(ring), &draw, nullptr), DSLT_OK)
          << dslt_last_error();
      EXPECT_EQ(download(there, std::size_t(count)), want) << recent << ", " << count;
    }
  for (int n : {1, 6, 500}) {
    std::vector<float> scores = noise(std::size_t(n), 8);
    std::vector<int32_t> item(std::size_t(n), 0), want(std::size_t(n / 2 + 1), 0);
    for (int i = 0; i < n; ++i) {
      item[std::size_t(i)] = 3 * i + 1;
      if (i % 7 == 3) scores[std::size_t(i)] = i % 2 ? NAN : 0.25f;
    }
    const int count = int(want.size());
    ASSERT_EQ(dslt_cpu_backend.nn->hardest_items(cpu(), want.data(), count, scores.data(), item.data(), n),
              DSLT_OK);
    int32_t *there = zeros<int32_t>(want.size());
    ASSERT_EQ(kernels().hardest_items(stream(), there, count, upload(scores), upload(item), n, nullptr),
              DSLT_OK)
        << dslt_last_error();
    EXPECT_EQ(download(there, want.size()), want) << n;
  }
}

TEST_P(AnchorKernels, StoredItemsAreTheCpus) {
  for (std::size_t values : {std::size_t(3), std::size_t(64), std::size_t(1030), std::size_t(20000)}) {
    SCOPED_TRACE(values);
    const int capacity = 5;
    dslt_item_ring ring = {2, capacity, 0, 0, 0}, *there = put(ring);
    std::vector<float> store(values * 8);
    float *kept = upload(store);
    for (int turn = 0; turn < 3; ++turn) {
      vary(turn);
      const int count = 4 - turn;
      const std::vector<float> x = noise(values * 4, unsigned(turn) + 1);
      ASSERT_EQ(kernels().store_items(stream(), kept, there, upload(x), values, count, nullptr), DSLT_OK)
          << dslt_last_error();
      ASSERT_EQ(dslt_cpu_backend.nn->store_items(cpu(), store.data(), &ring, x.data(), values, count),
                DSLT_OK);
      EXPECT_TRUE(same(download(there, 1), std::vector<dslt_item_ring>{ring}));
      EXPECT_EQ(download(kept, store.size()), store);
    }
    ASSERT_EQ(kernels().store_items(stream(), kept, there, kept, values, capacity + 1, nullptr), DSLT_OK);
    EXPECT_TRUE(same(download(there, 1), std::vector<dslt_item_ring>{ring})) << "more than there is room for";
  }
}

// ---- the head -----------------------------------------------------------------------------------------

TEST_P(AnchorKernels, ColumnsAreWhatTheKernelsSee) {
  for (int channels : {1, 3, 8, 36})
    for (int side : {2, 7}) {
      const std::vector<int32_t> cells = side == 2 ? std::vector<int32_t>{3, 0}
                                                   : std::vector<int32_t>{0, 6, 24, 42, 48, 30, 13},
                                 items = {4, 1, 3, 0};
      const std::vector<float> x = noise(std::size_t(5 * side * side * channels), 3);
      for (int indirect : {0, 1}) {
        SCOPED_TRACE(testing::Message() << channels << " channels, side " << side << ", " << indirect);
        const int maps = 3, first = 1, rows = maps * int(cells.size());
        const dslt_anchor_rows r = {
            side,  channels, int(cells.size()), upload(cells), indirect ? upload(items) : nullptr,
            first, rows};
        std::vector<float> want;
        for (int row = 0; row < rows; ++row)
          for (int tap = 0; tap < 9; ++tap)
            for (int c = 0; c < channels; ++c) {
              const int at = first + row / r.count, map = indirect ? items[std::size_t(at)] : at;
              const int cell = cells[std::size_t(row % r.count)];
              const int y = cell / side + tap / 3 - 1, xx = cell % side + tap % 3 - 1;
              const bool in = y >= 0 && y < side && xx >= 0 && xx < side;
              want.push_back(in ? x[std::size_t(((map * side + y) * side + xx) * channels + c)] : 0.0f);
            }
        float *columns = upload(std::vector<float>(want.size(), NAN));
        ASSERT_EQ(kernels().anchor_columns(stream(), columns, upload(x), &r, nullptr), DSLT_OK)
            << dslt_last_error();
        EXPECT_EQ(download(columns, want.size()), want);
      }
    }
}

struct End {
  int rows, hidden;
  std::vector<float> middle, bias, out, last, d_scores;
  End(int r, int h) : rows(r), hidden(h) {
    middle = noise(std::size_t(r * h), 1), bias = noise(std::size_t(h), 2),
    out = noise(std::size_t(2 * h), 3);
    last = noise(2, 4), d_scores = noise(std::size_t(2 * r), 5);
  }
  double unit(int row, int j) const {
    return double(middle[std::size_t(row * hidden + j)]) + double(bias[std::size_t(j)]);
  }
};

const int kEnds[][2] = {{1, 1}, {3, 5}, {70, 33}, {300, 72}, {513, 256}};

TEST_P(AnchorKernels, OutputsFollowTheUnits) {
  for (const auto &size : kEnds) {
    const End e(size[0], size[1]);
    std::vector<float> want;
    for (int r = 0; r < e.rows; ++r)
      for (int k = 0; k < 2; ++k) {
        double v = double(e.last[std::size_t(k)]);
        for (int j = 0; j < e.hidden; ++j)
          v += std::max(0.0, e.unit(r, j)) * double(e.out[std::size_t(k * e.hidden + j)]);
        want.push_back(float(v));
      }
    float *scores = upload(std::vector<float>(want.size(), NAN));
    ASSERT_EQ(kernels().anchor_outputs(stream(), scores, upload(e.middle), upload(e.bias), upload(e.out),
                                       upload(e.last), e.rows, e.hidden, nullptr),
              DSLT_OK)
        << dslt_last_error();
    expect_near(download(scores, want.size()), want, 20 * tolerance(), "scores");
  }
}

TEST_P(AnchorKernels, TurningGivesTheGradients) {
  for (const auto &size : kEnds)
    for (int add : {0, 1}) {
      const End e(size[0], size[1]);
      SCOPED_TRACE(testing::Message() << e.rows << " rows of " << e.hidden << ", add " << add);
      const std::size_t hidden = std::size_t(e.hidden);
      std::vector<double> bias(hidden), out(2 * hidden), last(2);
      std::vector<float> turned(e.middle.size());
      for (int r = 0; r < e.rows; ++r) {
        const double d0 = double(e.d_scores[std::size_t(2 * r)]),
                     d1 = double(e.d_scores[std::size_t(2 * r + 1)]);
        last[0] += d0, last[1] += d1;
        for (std::size_t j = 0; j < hidden; ++j) {
          const double v = e.unit(r, int(j));
          out[j] += v > 0 ? d0 * v : 0, out[hidden + j] += v > 0 ? d1 * v : 0;
          const double d = v > 0 ? d0 * double(e.out[j]) + d1 * double(e.out[hidden + j]) : 0;
          bias[j] += d;
          turned[std::size_t(r) * hidden + j] = float(d);
        }
      }
      const auto floats = [&](const std::vector<double> &v) {
        std::vector<float> f;
        for (double one : v) f.push_back(float(one + (add ? 2 : 0)));
        return f;
      };
      const float before = add ? 2.0f : NAN;
      float *middle = upload(e.middle), *d_bias = upload(std::vector<float>(hidden, before));
      float *d_out = upload(std::vector<float>(2 * hidden, before)),
            *d_last = upload(std::vector<float>(2, before));
      char *scratch = zeros<char>(kernels().anchor_turn_scratch(e.hidden));
      ASSERT_EQ(kernels().anchor_turn(stream(), middle, d_bias, d_out, d_last, upload(e.bias), upload(e.out),
                                      upload(e.d_scores), e.rows, e.hidden, add, scratch, nullptr),
                DSLT_OK)
          << dslt_last_error();
      expect_near(download(middle, turned.size()), turned, 2 * tolerance(), "units");
      expect_near(download(d_bias, hidden), floats(bias), 20 * tolerance(), "biases");
      expect_near(download(d_out, 2 * hidden), floats(out), 20 * tolerance(), "outputs");
      expect_near(download(d_last, 2), floats(last), 20 * tolerance(), "last biases");
      uint32_t ticket;
      const std::vector<char> left = download(scratch, sizeof ticket);
      std::memcpy(&ticket, left.data(), sizeof ticket);
      EXPECT_EQ(ticket, 0u);
    }
}

TEST_P(AnchorKernels, LossesAreTheCpus) {
  for (int kind = DSLT_ANCHOR_SOFTMAX; kind <= DSLT_ANCHOR_HINGE2; ++kind)
    for (int count : {1, 12, 196}) {
      const int n = 8, positives = 3;
      const dslt_anchor_loss_spec spec = {kind, 0.8f, 4};
      const std::vector<float> scores = noise(std::size_t(2 * n * count), 6, 3);
      std::vector<float> gradient(scores.size());
      float value = 1.5f;
      for (int first : {1, 0}) {
        float *d = upload(std::vector<float>(scores.size(), NAN)), *there = put(value);
        ASSERT_EQ(dslt_cpu_backend.nn->anchor_loss(cpu(), gradient.data(), &value, scores.data(), n,
                                                   positives, count, &spec, first),
                  DSLT_OK);
        ASSERT_EQ(kernels().anchor_loss(stream(), d, there, upload(scores), n, positives, count, &spec, first,
                                        nullptr),
                  DSLT_OK)
            << dslt_last_error();
        EXPECT_NEAR(download(there, 1)[0], value, 10 * tolerance() * (1 + double(value)));
        expect_near(download(d, scores.size()), gradient, tolerance(), "gradient");
      }
    }
}

TEST_P(AnchorKernels, ScoresAreTheCpus) {
  for (int kind : {DSLT_ANCHOR_SOFTMAX, DSLT_ANCHOR_SIGMOID})
    for (int count : {1, 12, 196}) {
      const int n = 9;
      const std::vector<float> scores = noise(std::size_t(2 * n * count), 6, 3);
      std::vector<float> means = noise(std::size_t(n), 2);
      for (int first : {0, 1}) {
        float *there = upload(means);
        ASSERT_EQ(dslt_cpu_backend.nn->anchor_scores(cpu(), means.data(), scores.data(), n, count, kind,
                                                     0.25f, first),
                  DSLT_OK);
        ASSERT_EQ(
            kernels().anchor_scores(stream(), there, upload(scores), n, count, kind, 0.25f, first, nullptr),
            DSLT_OK)
            << dslt_last_error();
        expect_near(download(there, means.size()), means, 5 * tolerance(), "means");
      }
    }
}

TEST_P(AnchorKernels, SampledScoresAreTheCpus) {
  dslt_search search = {};
  search.area.input_width = search.area.input_height = 107 + 64;
  search.area.ratio_x = 0.4, search.area.ratio_y = 0.3;
  search.scale.levels = 3, search.scale.step = 1.05;
  const dslt_target_state state = state_at(180, 140, 30, 24);
  const dslt_draw_rules draws = draw_rules(DSLT_DRAW_GAUSSIAN, 0, 1, 1);
  std::vector<dslt_box> boxes;
  for (int i = 0; i < 40; ++i) boxes.push_back(dslt_drawn_box(&draws, &state, 1, i));
  boxes.push_back({-4e5, 3e5, 30, 30});
  const std::vector<float> maps = noise(3 * 22 * 22 * 2, 4, 2);
  for (int strategy : {1, 2, 4}) {
    const dslt_anchor_sampling sampling = {{14, 171, 16}, strategy, 22, 8, 107, 107.0 / 75};
    std::vector<float> means = noise(boxes.size(), 2);
    for (int first : {1, 0}) {
      float *there = upload(means);
      const int n = int(boxes.size());
      ASSERT_EQ(
          dslt_cpu_backend.nn->sampled_scores(cpu(), means.data(), maps.data(), boxes.data(), n,
                                              DSLT_ANCHOR_SOFTMAX, &sampling, &state, &search, 0.5f, first),
          DSLT_OK);
      ASSERT_EQ(kernels().sampled_scores(stream(), there, upload(maps), upload(boxes), n, DSLT_ANCHOR_SOFTMAX,
                                         &sampling, put(state), &search, 0.5f, first, nullptr),
                DSLT_OK)
          << dslt_last_error();
      expect_near(download(there, means.size()), means, 10 * tolerance(), "means");
    }
  }
}

TEST_P(AnchorKernels, AStepIsTheCpus) {
  const std::size_t sizes[] = {3000, 1, 1024, 0}, room = 3000;
  std::vector<std::vector<float>> w, g, m;
  std::vector<dslt_param> here, there;
  for (unsigned i = 0; i < 4; ++i) {
    w.push_back(noise(room, 3 * i)), g.push_back(noise(room, 3 * i + 1)), m.push_back(noise(room, 3 * i + 2));
    there.push_back(
        {upload(w[i]), upload(g[i]), upload(m[i]), nullptr, sizes[i], 0.1f * float(i + 1), 0.01f, 0});
  }
  for (std::size_t i = 0; i < 4; ++i)
    here.push_back(
        {w[i].data(), g[i].data(), m[i].data(), m[i].data(), sizes[i], 0.1f * float(i + 1), 0.01f, 0});
  ASSERT_EQ(kernels().sgd(stream(), there.data(), 4, 0.9f, nullptr), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_cpu_backend.nn->sgd(cpu(), here.data(), 4, 0.9f), DSLT_OK);
  for (std::size_t i = 0; i < 4; ++i) {
    expect_near(download(there[i].w, room), w[i], tolerance(), "weights");
    expect_near(download(there[i].m, room), m[i], tolerance(), "momentum");
  }
  EXPECT_EQ(kernels().sgd(stream(), nullptr, 0, 0.9f, nullptr), DSLT_OK);
}

// ---- flags and refusals ---------------------------------------------------------------------------------

TEST_P(AnchorKernels, NothingIsWrittenWhereTheFlagIsZero) {
  const int32_t *off = zeros<int32_t>(1);
  const std::vector<float> old(64, 7.0f), in = noise(64, 1);
  const std::vector<dslt_box> boxes(4, {1, 2, 3, 4});
  const std::vector<int32_t> items(4, 9);
  float *y = upload(old), *x = upload(in);
  dslt_box *box = upload(boxes);
  int32_t *item = upload(items);
  const dslt_target_state state = state_at(20, 20, 10, 10);
  const dslt_item_ring ring = {0, 4, 2, 2, 0};
  dslt_target_state *s = put(state);
  dslt_item_ring *r = put(ring);
  const dslt_draw_rules draws = draw_rules(DSLT_DRAW_GAUSSIAN, 0, 1, 1);
  const dslt_choice_rules rules = {1, 0.5, 1, 1, 0.1, 100};
  dslt_search search = {};
  search.area.response_width = search.area.response_height = 4;
  search.area.stride = 1, search.area.ratio_x = search.area.ratio_y = search.scale.step = 1.5;
  search.scale.levels = 1, search.area.input_width = search.area.input_height = 20;
  const dslt_item_draw draw = {zeros<int32_t>(1), nullptr, 0, nullptr, 1, 5};
  const dslt_anchor_rows rows = {2, 1, 1, zeros<int32_t>(1), nullptr, 0, 2};
  const dslt_anchor_loss_spec spec = {DSLT_ANCHOR_SOFTMAX, 1, 1};
  const dslt_anchor_sampling sampling = {{2, 171, 16}, 4, 2, 8, 20, 1};
  const dslt_param param = {y, x, y + 32, nullptr, 32, 0.1f, 0.0f, 0};
  dslt_decision *d = zeros<dslt_decision>(1);
  dslt_choice *c = zeros<dslt_choice>(1);
  char *scratch = zeros<char>(kernels().anchor_turn_scratch(4));
  const auto &k = kernels();
  EXPECT_EQ(k.draw_boxes(stream(), box, box, 4, &draws, s, draw.frame, off), DSLT_OK);
  EXPECT_EQ(k.choose_boxes(stream(), s, d, c, y, x, box, 4, &rules, &search, off), DSLT_OK);
  EXPECT_EQ(k.draw_items(stream(), item, 4, r, &draw, off), DSLT_OK);
  EXPECT_EQ(k.hardest_items(stream(), item, 2, x, item + 2, 2, off), DSLT_OK);
  EXPECT_EQ(k.store_items(stream(), y, r, x, 4, 2, off), DSLT_OK);
  EXPECT_EQ(k.anchor_columns(stream(), y, x, &rows, off), DSLT_OK);
  EXPECT_EQ(k.anchor_outputs(stream(), y, x, x, x, x, 2, 4, off), DSLT_OK);
  EXPECT_EQ(k.anchor_turn(stream(), y, y + 8, y + 12, y + 20, x, x, x, 2, 4, 0, scratch, off), DSLT_OK);
  EXPECT_EQ(k.anchor_loss(stream(), y, y + 8, x, 2, 1, 2, &spec, 1, off), DSLT_OK);
  EXPECT_EQ(k.anchor_scores(stream(), y, x, 2, 2, 0, 1.0f, 1, off), DSLT_OK);
  EXPECT_EQ(k.sampled_scores(stream(), y, x, box, 4, 0, &sampling, s, &search, 1.0f, 1, off), DSLT_OK);
  EXPECT_EQ(k.sgd(stream(), &param, 1, 0.9f, off), DSLT_OK);
  EXPECT_EQ(download(y, old.size()), old);
  EXPECT_EQ(download(item, items.size()), items);
  EXPECT_TRUE(same(download(box, boxes.size()), boxes));
  EXPECT_TRUE(same(download(s, 1), std::vector<dslt_target_state>{state}));
  EXPECT_TRUE(same(download(r, 1), std::vector<dslt_item_ring>{ring}));
  EXPECT_EQ(download(d, 1)[0].frame, 0);
}

TEST_P(AnchorKernels, RefuseBoxesAndItemsTheyCannotDo) {
  float *x = zeros<float>(64);
  dslt_box *box = zeros<dslt_box>(4);
  int32_t *item = zeros<int32_t>(4);
  dslt_item_ring *ring = zeros<dslt_item_ring>(1);
  dslt_target_state *state = zeros<dslt_target_state>(1);
  dslt_decision *decision = zeros<dslt_decision>(1);
  dslt_choice *choice = zeros<dslt_choice>(1);
  const dslt_draw_rules draws = draw_rules(DSLT_DRAW_GAUSSIAN, 0, 1, 1024);
  const auto &k = kernels();
  for (int count : {0, -1, DSLT_BOXES_MAX + 1, DSLT_DRAWS_PER_FRAME / 1024 + 1})
    EXPECT_EQ(k.draw_boxes(stream(), box, box, count, &draws, state, item, nullptr), DSLT_EARGUMENT) << count;
  EXPECT_EQ(k.draw_boxes(stream(), nullptr, box, 1, &draws, state, item, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.draw_boxes(stream(), box, box, 1, &draws, state, nullptr, nullptr), DSLT_EARGUMENT);
  dslt_search search = {};
  search.area.response_width = search.area.response_height = 4;
  const auto choose = [&](int best, int count) {
    const dslt_choice_rules rules = {best, 0.5, 1, 1, 0.1, 100};
    return k.choose_boxes(stream(), state, decision, choice, x, x, box, count, &rules, &search, nullptr);
  };
  EXPECT_EQ(choose(0, 4), DSLT_EARGUMENT);
  EXPECT_EQ(choose(5, 4), DSLT_EARGUMENT);
  EXPECT_EQ(choose(DSLT_CHOICE_BEST_MAX + 1, 100), DSLT_EARGUMENT);
  EXPECT_EQ(choose(1, DSLT_BOXES_MAX + 1), DSLT_EARGUMENT);
  search.area.response_width = 0;
  EXPECT_EQ(choose(1, 4), DSLT_EARGUMENT);
  EXPECT_EQ(k.choose_boxes(stream(), nullptr, decision, choice, x, x, box, 4, nullptr, &search, nullptr),
            DSLT_EARGUMENT);
  const dslt_item_draw draw = {item, nullptr, 0, nullptr, 1, 5};
  EXPECT_EQ(k.draw_items(stream(), item, 0, ring, &draw, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.draw_items(stream(), item, DSLT_ITEMS_MAX + 1, ring, &draw, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.draw_items(stream(), item, 1, nullptr, &draw, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.hardest_items(stream(), item, 3, x, item, 2, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.hardest_items(stream(), item, 0, x, item, 2, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.hardest_items(stream(), item, 1, x, item, DSLT_BOXES_MAX + 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.hardest_items(stream(), item, 1, nullptr, item, 2, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.store_items(stream(), x, ring, x, 0, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.store_items(stream(), x, ring, x, 4, 0, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.store_items(stream(), x, nullptr, x, 4, 1, nullptr), DSLT_EARGUMENT);
}

TEST_P(AnchorKernels, RefuseHeadsTheyCannotDo) {
  float *x = zeros<float>(64);
  int32_t *cells = zeros<int32_t>(4);
  const auto &k = kernels();
  const dslt_anchor_rows good = {2, 1, 1, cells, nullptr, 0, 2};
  const auto columns = [&](dslt_anchor_rows rows) {
    return k.anchor_columns(stream(), x + 32, x, &rows, nullptr);
  };
  EXPECT_EQ(columns(good), DSLT_OK) << dslt_last_error();
  for (int wrong : {0, -1, DSLT_CELLS_MAX + 1}) {
    dslt_anchor_rows bad = good;
    bad.side = wrong;
    EXPECT_EQ(columns(bad), DSLT_EARGUMENT) << wrong;
    bad = good, bad.channels = wrong;
    EXPECT_EQ(columns(bad), DSLT_EARGUMENT) << wrong;
    bad = good, bad.count = wrong;
    EXPECT_EQ(columns(bad), DSLT_EARGUMENT) << wrong;
    bad = good, bad.rows = wrong;
    EXPECT_EQ(columns(bad), DSLT_EARGUMENT) << wrong;
    EXPECT_EQ(k.anchor_outputs(stream(), x, x, x, x, x, wrong, 1, nullptr), DSLT_EARGUMENT) << wrong;
    EXPECT_EQ(k.anchor_outputs(stream(), x, x, x, x, x, 1, wrong, nullptr), DSLT_EARGUMENT) << wrong;
    EXPECT_EQ(k.anchor_turn(stream(), x, x, x, x, x, x, x, wrong, 1, 0, x, nullptr), DSLT_EARGUMENT) << wrong;
    EXPECT_EQ(k.anchor_turn(stream(), x, x, x, x, x, x, x, 1, wrong, 0, x, nullptr), DSLT_EARGUMENT) << wrong;
    EXPECT_EQ(k.anchor_scores(stream(), x, x, wrong, 1, 0, 1.0f, 1, nullptr), DSLT_EARGUMENT) << wrong;
    EXPECT_EQ(k.anchor_scores(stream(), x, x, 1, wrong, 0, 1.0f, 1, nullptr), DSLT_EARGUMENT) << wrong;
  }
  dslt_anchor_rows nowhere = good;
  nowhere.cells = nullptr;
  EXPECT_EQ(columns(nowhere), DSLT_EARGUMENT);
  EXPECT_EQ(k.anchor_outputs(stream(), x, nullptr, x, x, x, 1, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.anchor_turn(stream(), x, x, x, x, x, x, x, 1, 1, 0, nullptr, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.anchor_scores(stream(), nullptr, x, 1, 1, 0, 1.0f, 1, nullptr), DSLT_EARGUMENT);
  const dslt_anchor_loss_spec spec = {DSLT_ANCHOR_SOFTMAX, 1, 1};
  EXPECT_EQ(k.anchor_loss(stream(), x, x, x, 2, 3, 1, &spec, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.anchor_loss(stream(), x, x, x, 0, 0, 1, &spec, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.anchor_loss(stream(), x, x, x, 1 << 20, 0, 2, &spec, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.anchor_loss(stream(), x, x, x, 1, 0, 1, nullptr, 1, nullptr), DSLT_EARGUMENT);
  const dslt_anchor_sampling sampling = {{2, 171, 16}, 4, 0, 8, 20, 1};
  dslt_search search = {};
  search.scale.levels = 1;
  EXPECT_EQ(k.sampled_scores(stream(), x, x, zeros<dslt_box>(1), 1, 0, &sampling, zeros<dslt_target_state>(1),
                             &search, 1.0f, 1, nullptr),
            DSLT_EARGUMENT);
  EXPECT_EQ(k.sampled_scores(stream(), x, x, nullptr, 1, 0, &sampling, nullptr, &search, 1.0f, 1, nullptr),
            DSLT_EARGUMENT);
  const dslt_param empty = {x, nullptr, x, nullptr, 4, 0.1f, 0.0f, 0};
  EXPECT_EQ(k.sgd(stream(), &empty, 1, 0.9f, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(k.sgd(stream(), &empty, DSLT_ADAM_TENSORS_MAX + 1, 0.9f, nullptr), DSLT_EARGUMENT);
}

EVERYWHERE(AnchorKernels);

}  // namespace
