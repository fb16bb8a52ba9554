/* SPDX-License-Identifier: Apache-2.0 */
// Kernel locate_match against its CPU twin: random maps of all sizes, ties, what is no number, refusals.
#include <algorithm>
#include <cmath>

#include "device.h"

namespace {

struct Case {
  dslt_match_rules rules = {};
  dslt_match_response response = {};
  dslt_search search = {};
  dslt_target_state state = {};
  std::vector<float> scores, distances, values;  // no values: no response
};

Case make_case(int rows, int columns, unsigned seed, bool with_response) {
  Case c;
  const std::size_t cells = std::size_t(rows) * std::size_t(columns);
  c.rules = {rows, columns, 16, 32, 127, 0.4f, 0.05f, 0.3f, 0.6f, 0.1f, 0, 5, 0, 0, 0};
  c.response = {nullptr, 13, 17, 8, 8.25f, 6.5f};
  c.search.area.frame_width = 640, c.search.area.frame_height = 360;
  c.search.area.ratio_x = c.search.area.ratio_y = 0.7;
  c.state.cx = 300, c.state.cy = 170, c.state.width = 60, c.state.height = 45, c.state.scale = 1.2;
  c.scores = noise(cells, seed, 3);
  c.distances = noise(4 * cells, seed + 100, 1.2f);
  if (with_response) c.values = noise(13 * 17, seed + 200);
  return c;
}

class LocateMatchKernel : public KernelTest {
 protected:
  // What the kernel made of the state; the CPU's operation makes the same.
  dslt_target_state compare(const Case &c) {
    dslt_target_state *there = upload(std::vector<dslt_target_state>{c.state}), want = c.state;
    dslt_match_response response = c.response;
    response.value = c.values.empty() ? nullptr : upload(c.values);
    EXPECT_EQ(kernels().locate_match(stream(), there, upload(c.scores), upload(c.distances), &c.rules,
                                     &response, &c.search, nullptr),
              DSLT_OK)
        << dslt_last_error();
    response.value = c.values.empty() ? nullptr : c.values.data();
    EXPECT_EQ(dslt_cpu_backend.vision->locate_match(cpu(), &want, c.scores.data(), c.distances.data(),
                                                    &c.rules, &response, &c.search),
              DSLT_OK);
    const dslt_target_state got = download(there, 1)[0];
    const double slack = on_gpu() ? 1e-2 : 1e-6;
    EXPECT_NEAR(got.cx, want.cx, slack);
    EXPECT_NEAR(got.cy, want.cy, slack);
    EXPECT_NEAR(got.width, want.width, slack);
    EXPECT_NEAR(got.height, want.height, slack);
    EXPECT_NEAR(got.scale, want.scale, tolerance());
    EXPECT_NEAR(got.score, want.score, tolerance());
    EXPECT_NEAR(got.label_x, want.label_x, slack);
    EXPECT_NEAR(got.label_y, want.label_y, slack);
    EXPECT_EQ(got.lost, want.lost);
    EXPECT_EQ(got.found, want.found);
    EXPECT_EQ(got.level, want.level);
    EXPECT_EQ(got.missed, want.missed);
    EXPECT_EQ(got.away, want.away);
    EXPECT_NEAR(got.look_x, want.look_x, slack);
    EXPECT_NEAR(got.look_y, want.look_y, slack);
    EXPECT_NEAR(got.mean_score, want.mean_score, tolerance());
    return got;
  }
};

TEST_P(LocateMatchKernel, EqualsItsTwin) {
  const int sizes[][2] = {{2, 2}, {3, 5}, {16, 16}, {16, 17}, {40, 31}};
  for (const auto &size : sizes)
    for (bool with_response : {false, true})
      for (unsigned seed = 1; seed <= 3; ++seed) {
        SCOPED_TRACE(testing::Message() << size[0] << " x " << size[1] << ", seed " << seed);
        Case c = make_case(size[0], size[1], seed, with_response);
        compare(c);
        c.state.lost = 1;
        c.rules.lost = 0.7f;
        c.rules.hold = 1;
        compare(c);
        c.rules.lost = 1;  // whatever the scores are
        c.rules.seek = 2;
        c.state.missed = 4;
        EXPECT_EQ(compare(c).away, 1);
        c.state.away = 1, c.state.look_x = -70, c.state.look_y = 30;
        EXPECT_EQ(compare(c).away, 0);
        c.rules.found = 0;
        EXPECT_EQ(compare(c).found, 1);
      }
}

TEST_P(LocateMatchKernel, FirstOfEqualsWins) {
  for (int cells : {2, 3, 7}) {
    Case c = make_case(20, 30, 4, false);
    c.rules.window = 0, c.rules.shape = 0;
    c.distances.assign(c.distances.size(), 0);
    for (int i = 0; i < cells; ++i) c.scores[std::size_t(599 - i * (500 / cells) - i)] = 9;
    const int first = int(std::find(c.scores.begin(), c.scores.end(), 9.0f) - c.scores.begin());
    const dslt_target_state got = compare(c);
    EXPECT_NEAR(got.cx, std::clamp(300 + (first % 30 - 15) * 16 * 0.7 * 1.2, 0.0, 640.0), 1e-3);
    EXPECT_NEAR(got.cy, std::clamp(170 + (first / 30 - 10) * 16 * 0.7 * 1.2, 0.0, 360.0), 1e-3);
  }
}

TEST_P(LocateMatchKernel, NothingToBelieve) {
  for (float value : {NAN, -INFINITY, INFINITY})
    for (bool with_response : {false, true})
      for (int part = 0; part < 3; ++part) {
        SCOPED_TRACE(testing::Message() << value << " in part " << part);
        Case c = make_case(20, 30, 5, with_response);
        std::vector<float> *const parts[] = {&c.scores, &c.distances, &c.values};
        if (parts[part]->empty()) continue;
        Case one = c;  // every thread's last cell is bad, its first is not
        if (part == 0) std::fill(one.scores.begin() + 256, one.scores.end(), value);
        if (part == 1) std::fill(one.distances.begin() + 4 * 256, one.distances.end(), value);
        if (part == 2) one.values[4] = value;
        compare(one);
        parts[part]->assign(parts[part]->size(), value);
        const dslt_target_state got = compare(c);
        if (std::isnan(value) && part < 2) {
          EXPECT_EQ(got.cx, c.state.cx);
          EXPECT_EQ(got.width, c.state.width);
          EXPECT_EQ(got.lost, 1);
        }
      }
}

TEST_P(LocateMatchKernel, RefusesWhatItCannotDo) {
  const Case c = make_case(4, 4, 6, true);
  dslt_target_state *state = upload(std::vector<dslt_target_state>{c.state});
  float *scores = upload(c.scores), *distances = upload(c.distances);
  dslt_match_response response = c.response;
  response.value = upload(c.values);
  auto call = [&](const dslt_match_rules &rules, const dslt_match_response &r) {
    return kernels().locate_match(stream(), state, scores, distances, &rules, &r, &c.search, nullptr);
  };
  EXPECT_EQ(call(c.rules, response), DSLT_OK) << dslt_last_error();
  for (int wrong : {1, 0, -3, DSLT_RESPONSE_SIDE_MAX + 1}) {
    dslt_match_rules rules = c.rules;
    rules.rows = wrong;
    EXPECT_EQ(call(rules, response), DSLT_EARGUMENT) << wrong;
    EXPECT_NE(std::string(dslt_last_error()).find("cells"), std::string::npos) << dslt_last_error();
    rules.rows = 4, rules.columns = wrong;
    EXPECT_EQ(call(rules, response), DSLT_EARGUMENT) << wrong;
  }
  dslt_match_response bad = response;
  bad.rows = 0;
  EXPECT_EQ(call(c.rules, bad), DSLT_EARGUMENT);
  bad = response, bad.columns = -1;
  EXPECT_EQ(call(c.rules, bad), DSLT_EARGUMENT);
  for (float stride : {0.0f, -8.0f, NAN}) {
    bad = response, bad.stride = stride;
    EXPECT_EQ(call(c.rules, bad), DSLT_EARGUMENT) << stride;
  }
  bad.value = nullptr;  // no response, so its numbers do not matter
  EXPECT_EQ(call(c.rules, bad), DSLT_OK) << dslt_last_error();
  const auto &f = kernels().locate_match;
  EXPECT_EQ(f(stream(), nullptr, scores, distances, &c.rules, &response, &c.search, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), state, nullptr, distances, &c.rules, &response, &c.search, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), state, scores, nullptr, &c.rules, &response, &c.search, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), state, scores, distances, nullptr, &response, &c.search, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), state, scores, distances, &c.rules, nullptr, &c.search, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(f(stream(), state, scores, distances, &c.rules, &response, nullptr, nullptr), DSLT_EARGUMENT);
}

EVERYWHERE(LocateMatchKernel);

}  // namespace
