/* SPDX-License-Identifier: Apache-2.0 */
// Saved trackers on the emulated GPU go on to the same bytes.
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

std::string name_of(const testing::TestParamInfo<saved::Kind> &info) {
  std::string name = info.param.preset + std::to_string(info.index);
  name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
  return name;
}
// One of each sort; the rest on the CPU (tests/tracker/save_test.cpp).
INSTANTIATE_TEST_SUITE_P(Kinds, EmulatedSave,
                         testing::Values(saved::kinds()[0], saved::kinds()[2], saved::kinds()[4],
                                         saved::kinds()[6]),
                         name_of);

}  // namespace
