/* SPDX-License-Identifier: Apache-2.0 */
// The correlation filter against its definition in double: transforms by their sums, for odd and even sides.
#include <algorithm>

#include "backend_fixture.h"
#include "reference/filter.h"

namespace {

ref::Map noise(std::size_t count, unsigned long long seed) {
  return ref::rounded(ref::Noise(seed).map(count));
}

struct Shape {
  int side, channels, margin;
};

const Shape kShapes[] = {{9, 3, 2}, {8, 2, 3}, {11, 33, 3}, {12, 5, 0}, {5, 40, 1}};

dslt_filter_desc desc_of(const Shape &s, int batch = 1) {
  return {s.side, s.channels, s.margin, batch, 0.7, 1.3};
}

std::vector<float> learnt(const Shape &s, const ref::Map &x, double rate, const ref::Map &before,
                          int threads = 2) {
  Backend b(DSLT_PRECISION_F32, threads);
  const dslt_filter_desc desc = desc_of(s);
  dslt_filter *filter = nullptr;
  EXPECT_EQ(b.nn->filter_plan(&filter, b.get(), &desc), DSLT_OK) << dslt_last_error();
  float *kernel = before.empty()
                      ? b.floats(std::size_t(s.side - 2 * s.margin) * (s.side - 2 * s.margin) * s.channels)
                      : b.upload(before);
  EXPECT_EQ(b.nn->filter_learn(filter, kernel, b.upload(x), rate), DSLT_OK) << dslt_last_error();
  const int side = s.side - 2 * s.margin;
  const std::vector<float> out = b.download(kernel, std::size_t(side) * side * s.channels);
  b.nn->filter_free(filter);
  return out;
}

TEST(Filter, IsTheClosedForm) {
  for (const Shape &s : kShapes) {
    const ref::Map x = noise(std::size_t(s.side) * s.side * s.channels, 5);
    const ref::Map expected = ref::filter(x, s.side, s.channels, s.margin, 0.7, 1.3);
    EXPECT_LT(ref::relative_error(learnt(s, x, 1.0, {}), expected), 2e-5) << s.side << " x " << s.channels;
  }
}

TEST(Filter, IsAveragedWithTheTemplate) {
  const Shape s = kShapes[0];
  const ref::Map x = noise(std::size_t(s.side) * s.side * s.channels, 6);
  ref::Map expected = ref::filter(x, s.side, s.channels, s.margin, 0.7, 1.3);
  const ref::Map before = noise(expected.size(), 7);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = 0.75 * before[i] + 0.25 * expected[i];
  EXPECT_LT(ref::relative_error(learnt(s, x, 0.25, before), expected), 2e-5);
}

TEST(Filter, OfAnEmptyMapIsZero) {
  const Shape s = kShapes[0];
  for (float v : learnt(s, ref::Map(std::size_t(s.side) * s.side * s.channels, 0.0), 1.0, {}))
    EXPECT_EQ(v, 0.0f);
}

TEST(Filter, RespondsByCorrelation) {
  for (const Shape &s : kShapes)
    for (int n : {1, 3}) {
      Backend b;
      const dslt_filter_desc desc = desc_of(s, n);
      const int side = s.side - 2 * s.margin, response = 2 * s.margin + 1;
      const std::size_t map = std::size_t(s.side) * s.side * s.channels;
      const ref::Map x = noise(map * n, 8), kernel = noise(std::size_t(side) * side * s.channels, 9);
      dslt_filter *filter = nullptr;
      ASSERT_EQ(b.nn->filter_plan(&filter, b.get(), &desc), DSLT_OK) << dslt_last_error();
      float *y = b.floats(std::size_t(n) * response * response);
      EXPECT_EQ(b.nn->filter_apply(filter, y, b.upload(x), b.upload(kernel), n), DSLT_OK)
          << dslt_last_error();
      ref::Map expected;
      for (int i = 0; i < n; ++i) {
        const ref::Map one(x.begin() + long(map) * i, x.begin() + long(map) * (i + 1));
        const ref::Map part = ref::regress(one, kernel, s.side, s.side, s.channels, side, side);
        expected.insert(expected.end(), part.begin(), part.end());
      }
      EXPECT_LT(ref::relative_error(b.download(y, expected.size()), expected), 2e-5) << s.side << " x " << n;
      b.nn->filter_free(filter);
    }
}

TEST(Filter, FindsItsOwnTargetInTheMiddle) {
  const Shape s = {21, 6, 6};
  const ref::Map x = noise(std::size_t(s.side) * s.side * s.channels, 10);
  const std::vector<float> kernel = learnt(s, x, 1.0, {});
  const int side = s.side - 2 * s.margin, response = 2 * s.margin + 1;
  const ref::Map y =
      ref::regress(x, ref::Map(kernel.begin(), kernel.end()), s.side, s.side, s.channels, side, side);
  const auto best = std::max_element(y.begin(), y.end()) - y.begin();
  EXPECT_EQ(best, (response / 2) * response + response / 2);
}

TEST(Filter, GivesTheSameBytesWithAnyNumberOfThreads) {
  const Shape s = {13, 7, 3};
  const ref::Map x = noise(std::size_t(s.side) * s.side * s.channels, 11);
  const std::vector<float> once = learnt(s, x, 1.0, {}, 1);
  EXPECT_EQ(learnt(s, x, 1.0, {}, 1), once);
  EXPECT_EQ(learnt(s, x, 1.0, {}, 3), once);
}

TEST(Filter, NeedsCells) {
  Backend b;
  dslt_filter *filter = nullptr;
  for (const Shape &s : {Shape{8, 2, 4}, Shape{8, 0, 1}, Shape{1, 2, 0}, Shape{8, 2, -1}}) {
    const dslt_filter_desc desc = desc_of(s);
    EXPECT_EQ(b.nn->filter_plan(&filter, b.get(), &desc), DSLT_EINTERNAL) << s.side;
  }
  b.nn->filter_free(nullptr);
}

}  // namespace
