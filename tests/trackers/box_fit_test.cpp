/* SPDX-License-Identifier: Apache-2.0 */
// How a user's boxes differ from the network's: the first frame's difference, and what becomes of later boxes.
#include "trackers/siamese/box_fit.h"

#include <gtest/gtest.h>

#include <cmath>

namespace {

dslt_match head_box(float x, float y, float w, float h) {
  dslt_match m = {};
  m.x = x, m.y = y, m.w = w, m.h = h;
  return m;
}

// The head's box in a frame whose crop has its centre at (200, 100), a pixel of it being one of the frame's.
dslt_box in_frame(const dslt_match &m) { return {200 + m.x - m.w / 2, 100 + m.y - m.h / 2, m.w, m.h}; }

TEST(BoxFit, TheWholeOfItMakesTheUsersBox) {
  const dslt_match m = head_box(6, -4, 100, 50);
  const dslt_box_fit fit = dslt_box_fit_of(&m, 110, 45, 1);
  const dslt_box ours = in_frame(m), theirs = dslt_box_fitted(&ours, &fit, 640, 480);
  EXPECT_NEAR(theirs.x, 200 - 55, 1e-4);
  EXPECT_NEAR(theirs.y, 100 - 22.5, 1e-4);
  EXPECT_NEAR(theirs.width, 110, 1e-4);
  EXPECT_NEAR(theirs.height, 45, 1e-4);
}

TEST(BoxFit, NoShareOfItChangesNothing) {
  const dslt_match m = head_box(6, -4, 100, 50);
  const dslt_box_fit fit = dslt_box_fit_of(&m, 110, 45, 0);
  const dslt_box ours = in_frame(m), same = dslt_box_fitted(&ours, &fit, 640, 480);
  EXPECT_NEAR(same.x, ours.x, 1e-9);
  EXPECT_NEAR(same.y, ours.y, 1e-9);
  EXPECT_NEAR(same.width, ours.width, 1e-9);
  EXPECT_NEAR(same.height, ours.height, 1e-9);
}

TEST(BoxFit, HalfOfItIsTheGeometricMeanOfBothSizes) {
  const dslt_match m = head_box(6, -4, 100, 50);
  const dslt_box_fit fit = dslt_box_fit_of(&m, 110, 45, 0.5);
  const dslt_box ours = in_frame(m), theirs = dslt_box_fitted(&ours, &fit, 640, 480);
  EXPECT_NEAR(theirs.width, std::sqrt(100 * 110), 1e-4);
  EXPECT_NEAR(theirs.height, std::sqrt(50 * 45), 1e-4);
  EXPECT_NEAR(theirs.x + theirs.width / 2, 203, 1e-4);
  EXPECT_NEAR(theirs.y + theirs.height / 2, 98, 1e-4);
}

TEST(BoxFit, ALargerDifferenceInSizeIsCut) {
  const dslt_match m = head_box(0, 0, 100, 50);
  const dslt_box_fit fit = dslt_box_fit_of(&m, 1000, 1, 1);
  EXPECT_NEAR(1 + fit.width, DSLT_BOX_FIT_LARGEST, 1e-6);
  EXPECT_NEAR(1 + fit.height, 1 / DSLT_BOX_FIT_LARGEST, 1e-6);
}

// A box that has grown to twice its size is as much wider, in shares of it, as the first one was.
TEST(BoxFit, ItGrowsWithTheBox) {
  const dslt_match m = head_box(5, 0, 100, 100);
  const dslt_box_fit fit = dslt_box_fit_of(&m, 110, 100, 1);
  const dslt_box ours = {300, 200, 200, 200}, theirs = dslt_box_fitted(&ours, &fit, 640, 480);
  EXPECT_NEAR(theirs.width, 220, 1e-4);
  EXPECT_NEAR(theirs.height, 200, 1e-4);
  EXPECT_NEAR(theirs.x + theirs.width / 2, 400 - 10, 1e-4);
  EXPECT_NEAR(theirs.y + theirs.height / 2, 300, 1e-4);
}

// As the network's own boxes are.
TEST(BoxFit, TheBoxKeepsItsCentreInTheFrameAndIsNoLarger) {
  const dslt_match m = head_box(-20, 20, 100, 100);
  const dslt_box_fit fit = dslt_box_fit_of(&m, 120, 120, 1);
  const dslt_box ours = {590, -40, 100, 90}, theirs = dslt_box_fitted(&ours, &fit, 640, 100);
  EXPECT_NEAR(theirs.x + theirs.width / 2, 640, 1e-4);
  EXPECT_NEAR(theirs.y + theirs.height / 2, 0, 1e-4);
  EXPECT_NEAR(theirs.width, 120, 1e-4);
  EXPECT_EQ(theirs.height, 100);
}

}  // namespace
