/* SPDX-License-Identifier: Apache-2.0 */
// Candidates: the distributions that boxes are drawn from, what is accepted, the choice among them, and stores of
// training items.
#include <algorithm>
#include <cmath>
#include <set>

#include "backend_fixture.h"
#include "base/rng.h"
#include "math/candidates.h"

namespace {

dslt_target_state state_of(double cx, double cy, double w, double h, int missed = 0) {
  dslt_target_state state = {};
  state.cx = cx, state.cy = cy, state.width = w, state.height = h, state.scale = 1, state.missed = missed;
  state.mean_score = -1;
  return state;
}

dslt_draw_rules rules_of(int kind, uint64_t stream = 1) {
  dslt_draw_rules r = {};
  r.kind = kind;
  r.shift = 0.6, r.widen = 1.1, r.widen_max = 1.5;
  r.factor = 1.05, r.zoom = 1, r.low = 0, r.high = 1, r.grow = 107.0 / 75, r.min_side = 10;
  r.frame_width = 4000, r.frame_height = 3000;
  r.tries = 16;
  r.key = dslt_rng_make(7, stream).key;
  return r;
}

struct Drawn {
  std::vector<dslt_box> boxes, crops;
};

Drawn draw(const dslt_draw_rules &rules, const dslt_target_state &state, int count, int32_t frame = 0) {
  Backend b;
  const std::size_t floats = std::size_t(count) * sizeof(dslt_box) / sizeof(float);
  dslt_box *boxes = reinterpret_cast<dslt_box *>(b.zeros(floats));
  dslt_box *crops = reinterpret_cast<dslt_box *>(b.zeros(floats));
  EXPECT_EQ(b.vision->draw_boxes(b.get(), boxes, crops, count, &rules, b.put(state), b.put(frame)), DSLT_OK)
      << dslt_last_error();
  Drawn out = {std::vector<dslt_box>(std::size_t(count)), std::vector<dslt_box>(std::size_t(count))};
  EXPECT_EQ(b.device->download(b.get(), out.boxes.data(), boxes, floats * sizeof(float)), DSLT_OK);
  EXPECT_EQ(b.device->download(b.get(), out.crops.data(), crops, floats * sizeof(float)), DSLT_OK);
  return out;
}

struct Moments {
  double mean = 0, deviation = 0, least = 1e9, most = -1e9;
};

Moments moments(const std::vector<double> &values) {
  Moments m;
  for (double v : values) {
    m.mean += v / double(values.size());
    m.least = std::min(m.least, v), m.most = std::max(m.most, v);
  }
  for (double v : values) m.deviation += (v - m.mean) * (v - m.mean) / double(values.size());
  m.deviation = std::sqrt(m.deviation);
  return m;
}

double overlap(const dslt_box &a, const dslt_box &b) {
  const double w = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double h = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return w > 0 && h > 0 ? w * h / (a.width * a.height + b.width * b.height - w * h) : 0;
}

// Half a standard normal cut at -1 and 1: deviation 0.4796.
TEST(DrawBoxes, GaussianDrawsHaveMdnetsMoments) {
  const dslt_target_state state = state_of(2000, 1500, 40, 79);
  const Drawn drawn = draw(rules_of(DSLT_DRAW_GAUSSIAN), state, 4096);
  std::vector<double> dx, dy, e;
  for (const dslt_box &box : drawn.boxes) {
    dx.push_back((box.x + box.width / 2 - 2000) / 60); /* the mean side, rounded */
    dy.push_back((box.y + box.height / 2 - 1500) / 60);
    e.push_back(std::log(box.width / 40) / std::log(1.05));
    EXPECT_NEAR(box.height / box.width, 79.0 / 40, 1e-9) << "the aspect stays";
  }
  for (const auto &[values, scale] : {std::pair{dx, 0.6}, {dy, 0.6}, {e, 1.0}}) {
    const Moments m = moments(values);
    EXPECT_NEAR(m.mean, 0, 0.03 * scale);
    EXPECT_NEAR(m.deviation, 0.4796 * scale, 0.02 * scale);
    EXPECT_NEAR(m.least, -scale, 1e-9) << "the tails are cut";
    EXPECT_NEAR(m.most, scale, 1e-9);
  }
  double both = 0;
  for (std::size_t i = 0; i < dx.size(); ++i) both += dx[i] * dy[i] / double(dx.size());
  EXPECT_NEAR(both, 0, 0.02) << "both axes are independent";
}

TEST(DrawBoxes, UniformDrawsAreUniform) {
  dslt_draw_rules rules = rules_of(DSLT_DRAW_UNIFORM);
  rules.shift = 2, rules.zoom = 5;
  const Drawn drawn = draw(rules, state_of(2000, 1500, 60, 60), 4096);
  std::vector<double> dx, e;
  for (const dslt_box &box : drawn.boxes) {
    dx.push_back((box.x + box.width / 2 - 2000) / 120);
    e.push_back(std::log(box.width / 60) / std::log(1.05) / 5);
  }
  for (const std::vector<double> &values : {dx, e}) {
    const Moments m = moments(values);
    EXPECT_NEAR(m.mean, 0, 0.04);
    EXPECT_NEAR(m.deviation, 1 / std::sqrt(3.0), 0.02);
    EXPECT_GE(m.least, -1);
    EXPECT_LE(m.most, 1);
  }
}

TEST(DrawBoxes, WholeFrameDrawsLieInTheFrame) {
  dslt_draw_rules rules = rules_of(DSLT_DRAW_WHOLE);
  rules.zoom = 5;
  std::vector<double> place;
  for (const dslt_box &box : draw(rules, state_of(50, 50, 200, 100), 2000).boxes) {
    EXPECT_GE(box.x, -1e-9);
    EXPECT_GE(box.y, -1e-9);
    EXPECT_LE(box.x + box.width, 4000 + 1e-9);
    EXPECT_LE(box.y + box.height, 3000 + 1e-9);
    place.push_back(box.x / (4000 - box.width));
  }
  EXPECT_NEAR(moments(place).mean, 0.5, 0.03);
  EXPECT_NEAR(moments(place).deviation, 0.2887, 0.02);
}

TEST(DrawBoxes, AspectsMayDiffer) {
  dslt_draw_rules rules = rules_of(DSLT_DRAW_GAUSSIAN);
  rules.zoom = 0, rules.stretch = 4;
  std::vector<double> stretch;
  for (const dslt_box &box : draw(rules, state_of(2000, 1500, 60, 60), 2000).boxes) {
    EXPECT_NEAR(box.width * box.height, 3600, 1e-6);
    stretch.push_back(std::log(box.width / box.height) / std::log(1.05) / 2);
  }
  EXPECT_NEAR(moments(stretch).deviation, 4 * 0.4796, 0.1);
}

TEST(DrawBoxes, OnlyAcceptedBoxesCome) {
  const dslt_target_state state = state_of(300, 200, 50, 40);
  const dslt_box target = {275, 180, 50, 40};
  dslt_draw_rules near = rules_of(DSLT_DRAW_GAUSSIAN), far = rules_of(DSLT_DRAW_UNIFORM);
  near.shift = 0.1, near.zoom = 5, near.low = 0.7;
  far.shift = 2, far.zoom = 5, far.high = 0.3;
  std::set<double> different;
  for (const dslt_box &box : draw(near, state, 200).boxes) {
    EXPECT_GE(overlap(box, target), 0.7);
    different.insert(box.x);
  }
  EXPECT_GT(different.size(), 190u);
  for (const dslt_box &box : draw(far, state, 200).boxes) EXPECT_LE(overlap(box, target), 0.3);
}

TEST(DrawBoxes, WhereNoneIsAcceptedTheTargetsOwnComes) {
  dslt_draw_rules rules = rules_of(DSLT_DRAW_UNIFORM);
  rules.low = 0.9999999;
  for (const dslt_box &box : draw(rules, state_of(300, 200, 50, 40), 5).boxes) {
    EXPECT_EQ(box.x, 275);
    EXPECT_EQ(box.height, 40);
  }
  /* a few are accepted: they come in turn */
  rules.low = 0.8, rules.tries = 1;
  const std::vector<dslt_box> boxes = draw(rules, state_of(300, 200, 50, 40), 256).boxes;
  std::set<double> different;
  for (const dslt_box &box : boxes) different.insert(box.x);
  ASSERT_GT(different.size(), 0u);
  ASSERT_LT(different.size(), 100u);
  EXPECT_EQ(boxes[different.size()].x, boxes[0].x);
}

TEST(DrawBoxes, CropsAreBoxesWithTheirSurroundings) {
  const Drawn drawn = draw(rules_of(DSLT_DRAW_GAUSSIAN), state_of(2000, 1500, 75, 150), 20);
  for (std::size_t i = 0; i < drawn.boxes.size(); ++i) {
    const dslt_box &box = drawn.boxes[i], &crop = drawn.crops[i];
    EXPECT_NEAR(crop.width, box.width * 107 / 75, 1e-9);
    EXPECT_NEAR(crop.height, box.height * 107 / 75, 1e-9);
    EXPECT_NEAR(crop.x + crop.width / 2, box.x + box.width / 2, 1e-9);
    EXPECT_NEAR(crop.y + crop.height / 2, box.y + box.height / 2, 1e-9);
  }
}

TEST(DrawBoxes, TheSearchWidensWhileTheTargetIsMissed) {
  const dslt_draw_rules rules = rules_of(DSLT_DRAW_GAUSSIAN);
  const double expected[] = {0.6, 0.66, 0.726, 0.7986};
  for (int missed : {0, 1, 2, 3, 20, 1000}) {
    double widest = 0;
    for (const dslt_box &box : draw(rules, state_of(2000, 1500, 60, 60, missed), 1000).boxes)
      widest = std::max(widest, std::fabs(box.x + box.width / 2 - 2000) / 60);
    EXPECT_NEAR(widest, missed < 4 ? expected[missed] : 1.5, 1e-9) << missed;
  }
}

TEST(DrawBoxes, SidesAndCentresStayWithinTheFrame) {
  dslt_draw_rules rules = rules_of(DSLT_DRAW_GAUSSIAN);
  rules.frame_width = 60, rules.frame_height = 15, rules.zoom = 20, rules.shift = 10, rules.widen_max = 10;
  for (const dslt_box &box : draw(rules, state_of(30, 5, 40, 12), 500).boxes) {
    EXPECT_GE(box.width, 10);
    EXPECT_LE(box.width, 50);
    EXPECT_EQ(box.height, 10) << "the frame leaves no more than the least";
    EXPECT_GE(box.x + box.width / 2, -1e-9);
    EXPECT_LE(box.x + box.width / 2, 60 + 1e-9);
    EXPECT_LE(box.y + box.height / 2, 15 + 1e-9);
  }
}

TEST(DrawBoxes, DependOnSeedStreamAndFrameAlone) {
  const dslt_target_state state = state_of(2000, 1500, 60, 60);
  const std::vector<dslt_box> many = draw(rules_of(DSLT_DRAW_GAUSSIAN), state, 64).boxes;
  const std::vector<dslt_box> few = draw(rules_of(DSLT_DRAW_GAUSSIAN), state, 8).boxes;
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i].x, many[i].x);
  EXPECT_NE(draw(rules_of(DSLT_DRAW_GAUSSIAN), state, 8, 1).boxes[0].x, many[0].x);
  EXPECT_NE(draw(rules_of(DSLT_DRAW_GAUSSIAN, 2), state, 8).boxes[0].x, many[0].x);
}

TEST(DrawBoxes, RefusesNoneAndTooMany) {
  Backend b;
  const dslt_draw_rules rules = rules_of(DSLT_DRAW_GAUSSIAN);
  dslt_box *boxes = b.put(dslt_box{});
  const dslt_target_state *state = b.put(state_of(1, 1, 20, 20));
  const int32_t *frame = b.put(int32_t(0));
  for (int count : {0, -1, DSLT_BOXES_MAX + 1})
    EXPECT_LT(b.vision->draw_boxes(b.get(), boxes, nullptr, count, &rules, state, frame), 0) << count;
}

// ---- the choice ---------------------------------------------------------------------------------------

struct Chosen {
  dslt_target_state state;
  dslt_decision decision;
  dslt_choice choice;
  std::vector<float> response;
};

const dslt_choice_rules kChoice = {3, 0.5, 10, 5, 0.1, 400};

dslt_search search_of() {
  dslt_search s = {};
  s.area.response_width = s.area.response_height = 5;
  s.area.centre_x = s.area.centre_y = 2;
  s.area.stride = 10, s.area.ratio_x = s.area.ratio_y = 1;
  return s;
}

Chosen choose(const std::vector<float> &scores, const std::vector<dslt_box> &boxes, dslt_target_state state,
              dslt_decision decision = {}, const dslt_choice_rules &rules = kChoice) {
  Backend b;
  const dslt_search search = search_of();
  dslt_box *there = reinterpret_cast<dslt_box *>(b.zeros(boxes.size() * sizeof(dslt_box) / sizeof(float)));
  EXPECT_EQ(b.device->upload(b.get(), there, boxes.data(), boxes.size() * sizeof(dslt_box)), DSLT_OK);
  float *given = b.floats(scores.size()), *response = b.floats(25);
  EXPECT_EQ(b.device->upload(b.get(), given, scores.data(), scores.size() * sizeof(float)), DSLT_OK);
  dslt_target_state *s = b.put(state);
  dslt_decision *d = b.put(decision);
  dslt_choice *c = b.put(dslt_choice{});
  EXPECT_EQ(
      b.vision->choose_boxes(b.get(), s, d, c, response, given, there, int(boxes.size()), &rules, &search),
      DSLT_OK)
      << dslt_last_error();
  return {b.see(s), b.see(d), b.see(c), b.download(response, 25)};
}

const std::vector<dslt_box> kBoxes = {
    {0, 0, 20, 20}, {40, 0, 20, 20}, {2, 4, 22, 18}, {100, 90, 20, 20}, {1, -4, 18, 22}};

TEST(ChooseBoxes, TheBoxIsTheMeanOfTheBest) {
  const Chosen c = choose({0.9f, 0.1f, 0.8f, 0.3f, 0.7f}, kBoxes, state_of(10, 10, 20, 20));
  EXPECT_NEAR(c.state.cx, (10 + 13 + 10) / 3.0, 1e-12);
  EXPECT_NEAR(c.state.cy, (10 + 13 + 7) / 3.0, 1e-12);
  EXPECT_NEAR(c.state.width, 20, 1e-12);
  EXPECT_NEAR(c.state.height, 20, 1e-12);
  EXPECT_NEAR(c.state.scale, 1, 1e-12);
  EXPECT_NEAR(c.state.score, 0.8, 1e-7);
  EXPECT_NEAR(c.state.mean_score, 0.8, 1e-7);
  EXPECT_EQ(c.state.lost, 0);
  EXPECT_EQ(c.choice.recent, 0);
  EXPECT_EQ(c.decision.frame, 1);
  EXPECT_EQ(c.decision.update, 0);
  EXPECT_EQ(c.choice.collect, 0);
}

TEST(ChooseBoxes, LearnsEveryTenthFrameAndWhereTheTargetIsMissed) {
  dslt_decision before = {};
  before.frame = 9;
  const Chosen tenth = choose({0.9f, 0.1f, 0.8f, 0.3f, 0.7f}, kBoxes, state_of(10, 10, 20, 20), before);
  EXPECT_EQ(tenth.decision.update, 1);
  EXPECT_EQ(tenth.choice.collect, 1);
  EXPECT_EQ(tenth.choice.recent, 0);
  const Chosen missed = choose({0.5f, 0.5f, 0.5f, 0.5f, 0.5f}, kBoxes, state_of(10, 10, 20, 20), before);
  EXPECT_EQ(missed.state.lost, 1) << "not above the threshold";
  EXPECT_EQ(missed.state.missed, 1);
  EXPECT_EQ(missed.decision.update, 1);
  EXPECT_EQ(missed.choice.collect, 0);
  EXPECT_EQ(missed.choice.recent, 1);
  EXPECT_NEAR(missed.state.cx, (10 + 50 + 13) / 3.0, 1e-12) << "of equal scores the first come first";
  dslt_target_state lost = state_of(10, 10, 20, 20, 3);
  lost.lost = 1, lost.mean_score = 0.5;
  const Chosen found = choose({0.9f, 0.1f, 0.8f, 0.3f, 0.7f}, kBoxes, lost);
  EXPECT_EQ(found.state.found, 1);
  EXPECT_EQ(found.state.missed, 0);
  EXPECT_NEAR(found.state.mean_score, 0.53, 1e-7);
  dslt_choice_rules never = kChoice;
  never.interval = never.collect = 0;
  EXPECT_EQ(choose({0, 0, 0, 0, 0}, kBoxes, state_of(10, 10, 20, 20), before, never).decision.update, 0);
}

TEST(ChooseBoxes, ScoresThatAreNoNumbersLeaveTheTargetWhereItWas) {
  const Chosen c = choose({NAN, NAN, NAN, 0.9f, NAN}, kBoxes, state_of(10, 10, 20, 20));
  EXPECT_EQ(c.state.cx, 10);
  EXPECT_EQ(c.state.width, 20);
  EXPECT_EQ(c.state.score, 0);
  EXPECT_EQ(c.state.lost, 1);
  const Chosen enough = choose({NAN, 0.9f, 0.8f, 0.9f, NAN}, kBoxes, state_of(10, 10, 20, 20));
  EXPECT_NEAR(enough.state.cx, (50 + 110 + 13) / 3.0, 1e-12);
  EXPECT_EQ(enough.state.lost, 0);
}

TEST(ChooseBoxes, TheResponseShowsTheBestScoreOfEachCell) {
  const Chosen c = choose({0.4f, 0.1f, 0.8f, 0.3f, 0.7f}, kBoxes, state_of(10, 10, 20, 20));
  std::vector<float> want(25, 0.0f);
  want[2 * 5 + 2] = 0.8f; /* three of them have their centres here; two boxes are outside */
  EXPECT_EQ(c.response, want);
}

// ---- stores -------------------------------------------------------------------------------------------

std::vector<int32_t> draw_items(const dslt_item_ring &ring, int count, int32_t frame = 0, int round = 0,
                                int recent = 0, int newest = 5) {
  Backend b;
  const dslt_item_draw draw = {b.put(frame),           nullptr, round,
                               b.put(int32_t(recent)), newest,  dslt_rng_make(3, 4).key};
  int32_t *there = reinterpret_cast<int32_t *>(b.zeros(std::size_t(count)));
  EXPECT_EQ(b.nn->draw_items(b.get(), there, count, b.put(ring), &draw), DSLT_OK);
  std::vector<int32_t> out(std::size_t(count), 0);
  EXPECT_EQ(b.device->download(b.get(), out.data(), there, out.size() * sizeof(int32_t)), DSLT_OK);
  return out;
}

TEST(DrawItems, EveryItemComesOnceBeforeAnyComesTwice) {
  const dslt_item_ring ring = {100, 50, 30, 30, 0}; /* base, capacity, count, next */
  std::vector<int32_t> all = draw_items(ring, 60);
  for (int turn = 0; turn < 2; ++turn) {
    std::vector<int32_t> once(all.begin() + 30 * turn, all.begin() + 30 * (turn + 1));
    std::sort(once.begin(), once.end());
    for (int i = 0; i < 30; ++i) EXPECT_EQ(once[std::size_t(i)], 100 + i);
  }
  EXPECT_NE(draw_items(ring, 10, 1), draw_items(ring, 10));
  EXPECT_NE(draw_items(ring, 10, 0, 1), draw_items(ring, 10));
  EXPECT_EQ(draw_items(ring, 10), draw_items(ring, 10));
}

TEST(DrawItems, EveryItemIsAsLikely) {
  const dslt_item_ring ring = {0, 20, 20, 7, 0};
  std::vector<int> seen(20);
  Backend b;
  for (int32_t frame = 0; frame < 4000; ++frame) {
    const dslt_item_draw draw = {&frame, nullptr, 0, nullptr, 5, dslt_rng_make(3, 4).key};
    const dslt_item_walk walk = dslt_item_walk_of(&ring, &draw);
    for (int i = 0; i < 3; ++i) ++seen[std::size_t(dslt_item_at(&ring, &walk, i))];
  }
  for (int count : seen) EXPECT_NEAR(count, 600, 100);
}

TEST(DrawItems, OfTheNewestAloneWhereTheTargetIsMissed) {
  const dslt_item_ring ring = {10, 8, 8, 2, 0}; /* the newest are slots 1, 0, 7, 6, 5 */
  std::vector<int32_t> items = draw_items(ring, 5, 0, 0, 1);
  std::sort(items.begin(), items.end());
  EXPECT_EQ(items, (std::vector<int32_t>{10, 11, 15, 16, 17}));
  EXPECT_EQ(draw_items({0, 8, 0, 0, 0}, 1)[0], 7) << "an empty store gives some slot of its own";
}

TEST(HardestItems, AreThoseWithTheHighestScores) {
  Backend b;
  const std::vector<float> scores = {0.2f, 0.9f, NAN, 0.9f, 0.1f, 0.5f};
  const std::vector<int32_t> items = {10, 11, 12, 13, 14, 15};
  float *given = b.floats(6);
  int32_t *item = reinterpret_cast<int32_t *>(b.zeros(6)), *hardest = reinterpret_cast<int32_t *>(b.zeros(6));
  ASSERT_EQ(b.device->upload(b.get(), given, scores.data(), 24), DSLT_OK);
  ASSERT_EQ(b.device->upload(b.get(), item, items.data(), 24), DSLT_OK);
  ASSERT_EQ(b.nn->hardest_items(b.get(), hardest, 4, given, item, 6), DSLT_OK);
  int32_t out[4];
  ASSERT_EQ(b.device->download(b.get(), out, hardest, sizeof out), DSLT_OK);
  EXPECT_EQ(std::vector<int32_t>(out, out + 4), (std::vector<int32_t>{11, 13, 15, 10}));
  EXPECT_LT(b.nn->hardest_items(b.get(), hardest, 7, given, item, 6), 0);
}

TEST(StoreItems, AreKeptInTurn) {
  Backend b;
  const std::size_t values = 3;
  ref::Map x;
  for (int i = 0; i < 12; ++i) x.push_back(i + 1);
  float *from = b.upload(x), *store = b.zeros(8 * values);
  dslt_item_ring *ring = b.put(dslt_item_ring{2, 5, 0, 0, 0});
  ASSERT_EQ(b.nn->store_items(b.get(), store, ring, from, values, 4), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(b.see(ring).count, 4);
  ASSERT_EQ(b.nn->store_items(b.get(), store, ring, from + 3, values, 2), DSLT_OK);
  EXPECT_EQ(b.see(ring).count, 5);
  EXPECT_EQ(b.see(ring).next, 1);
  EXPECT_EQ(b.download(store, 8 * values),
            (std::vector<float>{0, 0, 0, 0, 0, 0, 7, 8, 9, 4, 5, 6, 7, 8, 9, 10, 11, 12, 4, 5, 6, 0, 0, 0}));
  // More than there is room for: an error where the host sees the ring, else nothing.
  const int rc = b.nn->store_items(b.get(), store, ring, from, values, 6);
  EXPECT_TRUE(rc < 0 || std::strcmp(backend_name(), "cpu") != 0);
  EXPECT_EQ(b.see(ring).next, 1);
}

}  // namespace
