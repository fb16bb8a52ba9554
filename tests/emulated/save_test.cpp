/* SPDX-License-Identifier: Apache-2.0 */
// Saved trackers on the emulated GPU go on to the same bytes, and move between it and the CPU.
#include <algorithm>
#include <string>

#include "../tracker/saved.h"

namespace {

class EmulatedSave : public testing::TestWithParam<saved::Kind> {};

TEST_P(EmulatedSave, GoesOnToTheSameBytes) {
  const Weights weights = saved::weights_for(GetParam().preset);
  const Options options = saved::options_for(GetParam(), "cuda");
  const Clip clip = saved::clip_with_gap(5, 2);
  const saved::Run run = saved::uninterrupted(options, weights, clip);
  saved::expect_resumes(run, 2, weights, clip); /* the others replay a recorded frame by then, it does not */
}

// Loaded on the other backend a tracker knows the same, and goes on to the same boxes within rounding.
void expect_moves(const saved::Kind &kind, const char *from, const char *to) {
  SCOPED_TRACE(std::string(from) + " to " + to);
  const size_t at = 2;
  const Weights weights = saved::weights_for(kind.preset);
  const Clip clip = make_clip(5);
  const saved::Run run = saved::uninterrupted(saved::options_for(kind, from), weights, clip);
  const Options there = saved::options_for(kind, to);
  const Tracker tracker = saved::load(run.states[at], weights, there);
  ASSERT_TRUE(tracker);
  EXPECT_STREQ(dslt_tracker_backend(tracker.get()), to);
  EXPECT_EQ(saved::losses_of(tracker.get()), run.losses);
  EXPECT_TRUE(saved::look(tracker.get(), true) == run.seen[at]);
  for (size_t i = at + 1; i < clip.pixels.size(); ++i) {
    const std::vector<double> got = saved::step(tracker.get(), clip, i).trace.values,
                              want = run.seen[i].trace.values;
    ASSERT_EQ(got.size(), want.size());
    for (size_t k = 0; k < 4; ++k) EXPECT_NEAR(got[k], want[k], 0.5) << "frame " << i << ", value " << k;
  }
}

TEST_P(EmulatedSave, MovesBetweenTheBackends) {
  expect_moves(GetParam(), "cpu", "cuda");
  expect_moves(GetParam(), "cuda", "cpu");
}

std::string name_of(const testing::TestParamInfo<saved::Kind> &info) {
  std::string name = info.param.preset + std::to_string(info.index);
  name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
  return name;
}
// One of each sort; the rest on the CPU (tests/tracker/save_test.cpp).
INSTANTIATE_TEST_SUITE_P(Kinds, EmulatedSave,
                         testing::Values(saved::kinds()[0], saved::kinds()[2], saved::kinds()[4],
                                         saved::kinds()[6], saved::kinds()[7], saved::kinds()[8],
                                         saved::kinds()[9]),
                         name_of);

}  // namespace
