/* SPDX-License-Identifier: Apache-2.0 */
// Choosing a cell of a matching head and moving the state to its box, beside the formulas in double.
#include <algorithm>
#include <cmath>
#include <limits>

#include "backend_fixture.h"

namespace {

const float kNan = std::numeric_limits<float>::quiet_NaN();

// What one call is given; `response` is empty where there is no regression.
struct Case {
  dslt_match_rules rules = {};
  dslt_match_response grid = {};
  dslt_search search = {};
  dslt_target_state state = {};
  std::vector<float> scores, distances, response;
};

Case make_case(int rows, int columns) {
  Case c;
  c.rules.rows = rows, c.rules.columns = columns;
  c.rules.stride = 16, c.rules.unit = 32, c.rules.side = 127;
  c.rules.blend = 0.4f, c.rules.shape = 0.05f, c.rules.window = 0.3f;
  c.rules.rate = 0.6f, c.rules.lost = 0.1f, c.rules.min_side = 5;
  c.search.area.frame_width = 640, c.search.area.frame_height = 360;
  c.search.area.ratio_x = c.search.area.ratio_y = 0.7;
  c.state.cx = 300, c.state.cy = 170, c.state.width = 60, c.state.height = 45;
  c.state.scale = 1.2;
  return c;
}

void fill(Case *c, unsigned seed, bool with_response) {
  ref::Noise noise(seed);
  const std::size_t cells = std::size_t(c->rules.rows) * std::size_t(c->rules.columns);
  c->scores = ref::f32(noise.map(cells, 3));
  c->distances = ref::f32(noise.map(4 * cells, 1.2));
  c->grid.rows = 23, c->grid.columns = 19;
  c->grid.stride = 8;
  c->grid.centre_x = 9.25f, c->grid.centre_y = 11.5f;
  if (with_response) c->response = ref::f32(noise.map(23 * 19, 0.5));
  for (float &value : c->response) value += 0.5f;
}

// ---- the reference -----------------------------------------------------------------------------------

double clamped(double v, double low, double high) { return std::min(std::max(v, low), high); }

// The response between its cells: every cell weighs 1 - distance along both axes.
double response_at(const Case &c, double dx, double dy) {
  const double x = clamped(c.grid.centre_x + dx / c.grid.stride, 0, c.grid.columns - 1);
  const double y = clamped(c.grid.centre_y + dy / c.grid.stride, 0, c.grid.rows - 1);
  double sum = 0;
  for (int i = 0; i < c.grid.rows; ++i)
    for (int j = 0; j < c.grid.columns; ++j) {
      const double weight = std::max(0.0, 1 - std::fabs(x - j)) * std::max(0.0, 1 - std::fabs(y - i));
      if (weight > 0) sum += weight * c.response[std::size_t(i * c.grid.columns + j)];
    }
  return std::isnan(sum) ? 0 : clamped(sum, 0, 1);
}

double side_of(double w, double h) { return std::sqrt((1.5 * w + 0.5 * h) * (0.5 * w + 1.5 * h)); }
double change(double v) { return std::max(v, 1 / v); }

struct Choice {
  double rank = -1e30, second = -1e30, score = 0, penalty = 0, x = 0, y = 0, w = 0, h = 0;
  int cell = -1;
};

Choice choose(const Case &c) {
  const dslt_match_rules &g = c.rules;
  const double pixel = c.search.area.ratio_x * c.state.scale;
  Choice best;
  for (int cell = 0; cell < g.rows * g.columns; ++cell) {
    const int i = cell / g.columns, j = cell % g.columns;
    double d[4];
    bool whole = !std::isnan(c.scores[std::size_t(cell)]);
    for (int k = 0; k < 4; ++k) {
      const float given = c.distances[std::size_t(4 * cell + k)];
      whole = whole && !std::isnan(given);
      d[k] = g.unit * std::exp(clamped(given, -4, 3));
    }
    if (!whole) continue;
    Choice one;
    one.cell = cell;
    one.x = (j - g.columns / 2) * double(g.stride) + (d[2] - d[0]) / 2;
    one.y = (i - g.rows / 2) * double(g.stride) + (d[3] - d[1]) / 2;
    one.w = std::max(1.0, d[0] + d[2]), one.h = std::max(1.0, d[1] + d[3]);
    one.score = 1 / (1 + std::exp(-double(c.scores[std::size_t(cell)])));
    if (!c.response.empty()) one.score = (1 - g.blend) * one.score + g.blend * response_at(c, one.x, one.y);
    const double w = c.state.width / pixel, h = c.state.height / pixel;
    one.penalty = std::exp(
        -g.shape * (change(side_of(one.w, one.h) / side_of(w, h)) * change(one.w / one.h / (w / h)) - 1));
    const double window = std::pow(std::sin(M_PI * i / (g.rows - 1)), 2) *  //
                          std::pow(std::sin(M_PI * j / (g.columns - 1)), 2);
    one.rank = (1 - g.window) * one.score * one.penalty + g.window * window;
    one.second = std::max(best.second, std::min(best.rank, one.rank));
    if (one.rank > best.rank)
      best = one;
    else
      best.second = one.second;
  }
  return best;
}

dslt_target_state follow(const Case &c, const Choice &choice) {
  dslt_target_state s = c.state;
  const double pixel = c.search.area.ratio_x * c.state.scale;
  const double wide = c.search.area.frame_width, high = c.search.area.frame_height;
  s.score = choice.score;
  s.lost = choice.cell < 0 || choice.score < c.rules.lost;
  s.found = c.state.lost && !s.lost;
  s.level = 0;
  s.label_x = c.grid.centre_x, s.label_y = c.grid.centre_y;
  if (choice.cell < 0 || (s.lost && c.rules.hold)) return s;
  const double rate = c.rules.rate * choice.score * choice.penalty;
  s.cx = clamped(s.cx + choice.x * pixel, 0, wide);
  s.cy = clamped(s.cy + choice.y * pixel, 0, high);
  s.width = clamped(s.width + rate * (choice.w * pixel - s.width), c.rules.min_side, wide);
  s.height = clamped(s.height + rate * (choice.h * pixel - s.height), c.rules.min_side, high);
  s.scale = side_of(s.width, s.height) / (c.rules.side * c.search.area.ratio_x);
  if (c.response.empty()) return s;
  s.label_x += float(choice.x / c.grid.stride);
  s.label_y += float(choice.y / c.grid.stride);
  return s;
}

dslt_target_state locate_match(const Case &c) {
  Backend b;
  dslt_target_state *there = b.put(c.state);
  dslt_match_response response = c.grid;
  response.value = nullptr;
  if (!c.response.empty()) response.value = b.upload({c.response.begin(), c.response.end()});
  EXPECT_EQ(b.vision->locate_match(b.get(), there, b.upload({c.scores.begin(), c.scores.end()}),
                                   b.upload({c.distances.begin(), c.distances.end()}), &c.rules, &response,
                                   &c.search),
            DSLT_OK)
      << dslt_last_error();
  return b.see(there);
}

// The state after the call, checked in every field.
dslt_target_state expect_reference(const Case &c) {
  const Choice choice = choose(c);
  const dslt_target_state got = locate_match(c), want = follow(c, choice);
  EXPECT_GT(choice.rank - choice.second, 1e-5) << "too close to tell which cell is right";
  EXPECT_NEAR(got.cx, want.cx, 2e-3);
  EXPECT_NEAR(got.cy, want.cy, 2e-3);
  EXPECT_NEAR(got.width, want.width, 2e-3);
  EXPECT_NEAR(got.height, want.height, 2e-3);
  EXPECT_NEAR(got.scale, want.scale, 2e-5);
  EXPECT_NEAR(got.score, want.score, 1e-5);
  EXPECT_NEAR(got.label_x, want.label_x, 2e-4);
  EXPECT_NEAR(got.label_y, want.label_y, 2e-4);
  EXPECT_EQ(got.lost, want.lost);
  EXPECT_EQ(got.found, want.found);
  EXPECT_EQ(got.level, 0);
  return got;
}

void expect_box_kept(const dslt_target_state &got, const Case &c) {
  EXPECT_EQ(got.cx, c.state.cx);
  EXPECT_EQ(got.cy, c.state.cy);
  EXPECT_EQ(got.width, c.state.width);
  EXPECT_EQ(got.height, c.state.height);
  EXPECT_EQ(got.scale, c.state.scale);
  EXPECT_EQ(got.label_x, c.grid.centre_x);
  EXPECT_EQ(got.label_y, c.grid.centre_y);
  EXPECT_EQ(got.lost, 1);
  EXPECT_EQ(got.found, 0);
}

// One cell of score `logit` at (row, column) whose box has these distances, among cells that score nothing.
Case one_cell(int row, int column, float logit, std::vector<float> distances) {
  Case c = make_case(16, 16);
  fill(&c, 1, false);
  std::fill(c.scores.begin(), c.scores.end(), -20.0f);
  std::fill(c.distances.begin(), c.distances.end(), 0.0f);
  const std::size_t cell = std::size_t(row * 16 + column);
  c.scores[cell] = logit;
  std::copy(distances.begin(), distances.end(), c.distances.begin() + std::ptrdiff_t(4 * cell));
  c.rules.window = 0;
  return c;
}

// ---- against the reference ---------------------------------------------------------------------------

TEST(LocateMatch, RandomMapsGiveWhatTheFormulasSay) {
  const int sizes[][2] = {{2, 2}, {3, 7}, {16, 16}, {33, 20}};
  for (const auto &size : sizes)
    for (bool with_response : {false, true})
      for (unsigned seed = 1; seed <= 8; ++seed) {
        SCOPED_TRACE(testing::Message() << size[0] << " x " << size[1] << ", seed " << seed
                                        << (with_response ? ", with" : ", without") << " a response");
        Case c = make_case(size[0], size[1]);
        fill(&c, seed, with_response);
        expect_reference(c);
        c.rules.window = 0, c.rules.shape = 0.1f, c.rules.rate = 1, c.rules.blend = 1;
        expect_reference(c);
        c.rules.window = 0.9f, c.rules.shape = 0, c.rules.rate = 0.1f, c.rules.unit = 4;
        expect_reference(c);
      }
}

TEST(LocateMatch, ABoxTakesTheShapeOfItsCell) {
  Case c = one_cell(8, 8, 20, {1, -0.5f, 1, -0.5f});
  c.rules.rate = 1, c.rules.shape = 0;
  const dslt_target_state got = expect_reference(c);
  EXPECT_EQ(got.cx, c.state.cx);
  EXPECT_NEAR(got.width, 2 * 32 * std::exp(1.0) * 0.7 * 1.2, 1e-3);
  EXPECT_NEAR(got.height, 2 * 32 * std::exp(-0.5) * 0.7 * 1.2, 1e-3);
}

TEST(LocateMatch, TheScaleIsThatOfTheNextSearchArea) {
  Case c = one_cell(5, 11, 20, {0.4f, 0.1f, 0.3f, 0.2f});
  const dslt_target_state got = expect_reference(c);
  const double context = (got.width + got.height) / 2;
  EXPECT_NEAR(got.scale * c.search.area.ratio_x * c.rules.side,
              std::sqrt((got.width + context) * (got.height + context)), 1e-9);
}

// ---- the choice --------------------------------------------------------------------------------------

TEST(LocateMatch, FirstOfEqualsWins) {
  for (int second : {200, 77, 39}) {
    Case c = one_cell(2, 5, 2, {0, 0, 0, 0});
    c.scores[std::size_t(second)] = 2;
    EXPECT_NEAR(locate_match(c).cx, c.state.cx + (5 - 8) * 16 * 0.7 * 1.2, 1e-3) << second;
    EXPECT_NEAR(locate_match(c).cy, c.state.cy + (2 - 8) * 16 * 0.7 * 1.2, 1e-3) << second;
  }
}

TEST(LocateMatch, TheWindowPrefersTheMiddle) {
  Case c = one_cell(2, 5, 2, {0, 0, 0, 0});
  c.scores[7 * 16 + 9] = 1.9f;
  EXPECT_NEAR(expect_reference(c).cy, c.state.cy + (2 - 8) * 16 * 0.7 * 1.2, 1e-3);
  c.rules.window = 0.3f;
  EXPECT_NEAR(expect_reference(c).cy, c.state.cy + (7 - 8) * 16 * 0.7 * 1.2, 1e-3);
}

TEST(LocateMatch, ThePenaltyPrefersTheShapeThatWas) {
  // a little better, twice as wide and half as high
  for (double turn : {1.0, -1.0}) {
    const float wide = float(turn * std::log(2));
    Case c = one_cell(4, 4, 2.1f, {wide, -wide, wide, -wide});
    c.scores[9 * 16 + 9] = 2;
    c.state.width = c.state.height = 64 * 0.7 * 1.2;
    c.rules.shape = 0;
    EXPECT_LT(expect_reference(c).cx, c.state.cx);
    c.rules.shape = 0.1f;
    EXPECT_GT(expect_reference(c).cx, c.state.cx);
  }
}

TEST(LocateMatch, TheResponseTellsEqualCellsApart) {
  Case c = one_cell(6, 3, 2, {0, 0, 0, 0});
  c.scores[6 * 16 + 12] = 2;  // 4 cells to the right: 8 cells of the response
  c.response.assign(23 * 19, 0.0f);
  EXPECT_LT(locate_match(c).cx, c.state.cx);
  for (int row = 5; row < 10; ++row) c.response[std::size_t(row * 19 + 17)] = 1;
  const dslt_target_state got = expect_reference(c);
  EXPECT_GT(got.cx, c.state.cx);
  EXPECT_NEAR(got.label_x, 9.25 + 8, 1e-5);
  EXPECT_NEAR(got.label_y, 11.5 - 4, 1e-5);
}

TEST(LocateMatch, OutsideTheResponseItsBorderCounts) {
  Case c = one_cell(0, 0, 2, {0, 0, 0, 0});  // 8 cells of 16 px: past the response's 9.25 and 11.5 of 8 px
  c.scores[15 * 16 + 15] = 2;
  c.response.assign(23 * 19, 0.0f);
  c.response[23 * 19 - 1] = 0.75f;
  c.rules.blend = 1;
  const dslt_target_state got = locate_match(c);
  EXPECT_GT(got.cx, c.state.cx);
  EXPECT_GT(got.cy, c.state.cy);
  EXPECT_NEAR(got.score, 0.75, 1e-6);
}

TEST(LocateMatch, AResponseCountsFromZeroToOne) {
  for (float value : {7.0f, INFINITY, -7.0f, -INFINITY, kNan}) {
    Case c = one_cell(8, 8, 0, {0, 0, 0, 0});
    c.response.assign(23 * 19, value);
    c.rules.lost = 0;
    EXPECT_NEAR(locate_match(c).score, 0.6 * 0.5 + 0.4 * (value > 0 ? 1 : 0), 1e-6) << value;
  }
}

// ---- what cannot be believed -------------------------------------------------------------------------

TEST(LocateMatch, CellsThatAreNoNumberNeverWin) {
  for (bool with_response : {false, true})
    for (unsigned seed = 1; seed <= 6; ++seed) {
      SCOPED_TRACE(seed);
      Case c = make_case(16, 16);
      fill(&c, seed, with_response);
      for (int i = 0; i < 6; ++i) {  // the best cell is spoilt six times, each time otherwise
        const int best = choose(c).cell;
        ASSERT_GE(best, 0);
        if (i < 4)
          c.distances[std::size_t(4 * best + i)] = kNan;
        else
          c.scores[std::size_t(best)] = kNan;
        expect_reference(c);
      }
    }
}

TEST(LocateMatch, NothingToBelieveKeepsTheBox) {
  for (bool with_response : {false, true})
    for (bool distances : {false, true}) {
      Case c = make_case(9, 9);
      fill(&c, 3, with_response);
      std::fill(c.scores.begin(), c.scores.end(), distances ? 5.0f : kNan);
      if (distances) std::fill(c.distances.begin(), c.distances.end(), kNan);
      const dslt_target_state got = locate_match(c);
      expect_box_kept(got, c);
      EXPECT_EQ(got.score, 0);
    }
}

TEST(LocateMatch, InfiniteValuesCountAsTheLargest) {
  Case c = one_cell(4, 11, INFINITY, {INFINITY, -INFINITY, 100, -100});
  c.rules.shape = 0.001f;
  const dslt_target_state got = expect_reference(c);
  EXPECT_EQ(got.score, 1);
  c.scores.assign(256, -INFINITY);
  c.scores[77] = -3;
  expect_reference(c);
}

// ---- lost and found ----------------------------------------------------------------------------------

TEST(LocateMatch, LosesHoldsAndFindsAgain) {
  Case c = one_cell(4, 6, -1, {0.5f, 0, 0, 0});  // a score of 0.27
  c.rules.lost = 0.3f;
  EXPECT_EQ(expect_reference(c).lost, 1);
  EXPECT_NE(locate_match(c).cx, c.state.cx);
  c.rules.hold = 1;
  expect_box_kept(locate_match(c), c);
  EXPECT_NEAR(locate_match(c).score, 1 / (1 + std::exp(1)), 1e-6);
  c.state.lost = 1;
  EXPECT_EQ(expect_reference(c).found, 0);
  c.rules.lost = 0.25f;
  EXPECT_EQ(expect_reference(c).found, 1);
  c.state.lost = 0;
  EXPECT_EQ(expect_reference(c).found, 0);
  c.rules.lost = 0.5f;  // just as high: not lost
  c.scores[4 * 16 + 6] = 0;
  EXPECT_EQ(expect_reference(c).lost, 0);
}

// ---- a lost target is sought -------------------------------------------------------------------------

TEST(SeekTile, EveryPlaceInTheFrameOnceAndTheNearestFirst) {
  for (const double cx : {0.0, 17.0, 300.0, 639.0}) {
    dslt_target_state state = {};
    dslt_search_area area = {};
    state.cx = cx, state.cy = 100;
    area.frame_width = 640, area.frame_height = 360;
    std::vector<std::pair<double, double>> places;
    double ring = 1;
    for (int wanted = 1;; ++wanted) {
      double dx = -1e9, dy = -1e9;
      const int tiles = dslt_seek_tile(&dx, &dy, &state, &area, 80, 60, wanted);
      if (tiles < wanted) {
        EXPECT_EQ(dx, -1e9) << "no such tile: nothing is written";
        break;
      }
      places.emplace_back(dx, dy);
      const double now = std::max(std::fabs(dx) / 80, std::fabs(dy) / 60);
      EXPECT_GE(now, ring) << wanted;
      ring = now;
    }
    std::size_t inside = 0;
    for (int i = -20; i <= 20; ++i)
      for (int j = -20; j <= 20; ++j) {
        const double x = cx + 80 * i, y = 100.0 + 60 * j;
        if ((i == 0 && j == 0) || x < 0 || x > 640 || y < 0 || y > 360) continue;
        ++inside;
        EXPECT_EQ(std::count(places.begin(), places.end(), std::make_pair(80.0 * i, 60.0 * j)), 1)
            << i << " " << j;
      }
    EXPECT_EQ(places.size(), inside);
  }
}

TEST(SeekTile, WhatIsNoNumberHasNone) {
  dslt_target_state state = {};
  dslt_search_area area = {};
  area.frame_width = 640, area.frame_height = 360;
  double dx = 0, dy = 0;
  state.cx = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(dslt_seek_tile(&dx, &dy, &state, &area, 80, 60, DSLT_SEEK_TILES_MAX), 0);
}

Case sought() {
  Case c = one_cell(8, 8, -20, {0, 0, 0, 0});
  c.search.area.input_width = c.search.area.input_height = 255;
  c.rules.lost = 0.3f, c.rules.found = 0.7f, c.rules.hold = 1, c.rules.seek = 2;
  c.state.mean_score = 0.8;
  return c;
}

TEST(LocateMatch, ALostTargetIsSoughtInEverySecondFrame) {
  Case c = sought();
  const double step = 0.5 * 0.7 * 1.2 * 255;
  std::vector<int> away;
  std::vector<std::pair<double, double>> places;
  for (int frame = 1; frame <= 40; ++frame) {
    c.state = locate_match(c);
    EXPECT_EQ(c.state.lost, 1);
    EXPECT_EQ(c.state.cx, 300);
    EXPECT_EQ(c.state.cy, 170);
    away.push_back(c.state.away);
    if (c.state.away)
      places.emplace_back(c.state.look_x / step, c.state.look_y / step);
    else
      EXPECT_EQ(std::fabs(c.state.look_x) + std::fabs(c.state.look_y), 0);
  }
  EXPECT_EQ(std::vector<int>(away.begin(), away.begin() + 7), (std::vector<int>{0, 0, 1, 0, 1, 0, 1}));
  // six columns of 300 + 107 k and three rows of 170 + 107 k are in the frame: 17 tiles, then the first again
  ASSERT_GT(places.size(), 17u);
  for (std::size_t i = 0; i < 17; ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(places[i], places[j]) << i << " " << j;
  EXPECT_EQ(places[17], places[0]);
  c.rules.seek = 0;
  c.state.away = 0;
  EXPECT_EQ(locate_match(c).away, 0);
}

TEST(LocateMatch, ElsewhereOnlyAHighScoreCounts) {
  Case c = sought();
  c.state.lost = 1, c.state.missed = 5, c.state.away = 1, c.state.score = 0.125;
  c.state.look_x = -200, c.state.look_y = 60;
  const std::size_t cell = 8 * 16 + 8;
  c.scores[cell] = 0.5f;  // 0.62
  const dslt_target_state not_sure = locate_match(c);
  EXPECT_EQ(not_sure.cx, 300);
  EXPECT_EQ(not_sure.width, c.state.width);
  EXPECT_EQ(not_sure.lost, 1);
  EXPECT_EQ(not_sure.missed, 5) << "nothing was learnt about the last place";
  EXPECT_EQ(not_sure.score, 0.125);
  EXPECT_EQ(not_sure.away, 0) << "the next search is at home";
  c.scores[cell] = 2;  // 0.88
  const dslt_target_state sure = locate_match(c);
  EXPECT_NEAR(sure.cx, 100, 1e-6);
  EXPECT_NEAR(sure.cy, 230, 1e-6);
  EXPECT_EQ(sure.lost, 0);
  EXPECT_EQ(sure.found, 1);
  EXPECT_EQ(sure.missed, 0);
  EXPECT_EQ(sure.away, 0);
  EXPECT_EQ(sure.look_x, 0);
}

TEST(LocateMatch, ElsewhereThereIsNoWindow) {
  Case c = sought();
  c.rules.window = 0.9f;
  c.scores[8 * 16 + 8] = 1.0f;
  c.scores[2 * 16 + 1] = 3.0f;
  EXPECT_NEAR(locate_match(c).cx, 300, 1e-6);
  c.state.away = 1;
  EXPECT_NEAR(locate_match(c).cx, 300 - 7 * 16 * 0.7 * 1.2, 1e-3);
}

TEST(LocateMatch, ADoubtedTargetIsFollowedAndSoughtInEveryFourthFrame) {
  Case c = sought();
  c.rules.doubt = 0.75f;         // of a mean of 0.8: below 0.6
  c.scores[8 * 16 + 8] = 0.25f;  // 0.56
  c.distances[4 * (8 * 16 + 8)] = 0.1f;
  std::vector<int> away;
  for (int frame = 1; frame <= 14; ++frame) {
    const dslt_target_state before = c.state;
    c.state = locate_match(c);
    away.push_back(c.state.away);
    EXPECT_EQ(c.state.lost, 0);
    EXPECT_EQ(c.state.mean_score, 0.8) << "doubted scores are not in the mean";
    EXPECT_EQ(c.state.cx != before.cx, !before.away) << frame;
  }
  EXPECT_EQ(away, (std::vector<int>{0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0}));
  c.scores[8 * 16 + 8] = 2;
  c.state = locate_match(c);
  EXPECT_EQ(c.state.missed, 0);
  EXPECT_NEAR(c.state.mean_score, 0.9 * 0.8 + 0.1 / (1 + std::exp(-2.0)), 1e-6);
}

// ---- borders -----------------------------------------------------------------------------------------

TEST(LocateMatch, TheCentreStaysInTheFrame) {
  for (int corner = 0; corner < 4; ++corner) {
    Case c = one_cell(corner / 2 * 15, corner % 2 * 15, 5, {0, 0, 0, 0});
    c.state.cx = corner % 2 ? 620 : 20;
    c.state.cy = corner / 2 ? 350 : 10;
    const dslt_target_state got = expect_reference(c);
    EXPECT_EQ(got.cx, corner % 2 ? 640 : 0);
    EXPECT_EQ(got.cy, corner / 2 ? 360 : 0);
  }
}

TEST(LocateMatch, SidesStayBetweenTheLeastAndTheFrame) {
  Case c = one_cell(8, 8, 20, {3, -4, 3, -4});
  c.rules.rate = 1, c.rules.shape = 0;
  c.state.scale = 1.5;
  dslt_target_state got = expect_reference(c);
  EXPECT_EQ(got.width, 640);
  EXPECT_EQ(got.height, 5);
  c = one_cell(8, 8, 20, {-4, 3, -4, 3});
  c.rules.rate = 1, c.rules.shape = 0;
  c.rules.unit = 8;
  c.rules.min_side = 1.5;
  got = expect_reference(c);
  EXPECT_EQ(got.width, 1.5);  // a box of the network is at least a pixel of its input, here 0.84
}

}  // namespace
