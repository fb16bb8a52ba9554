/* SPDX-License-Identifier: Apache-2.0 */
// Regions of the TraX protocol as boxes: rectangles as they are, polygons as VOT's ground truth is taken, masks by plain
// loops over their pixels.
#include "trax/region.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "dataset/boxes.h"

namespace {

dslt_box box_of(const std::string &text) {
  dslt_box box = {-1, -1, -1, -1};
  EXPECT_EQ(dslt_trax_region_box(&box, text.c_str()), DSLT_OK) << text << ": " << dslt_last_error();
  return box;
}

void expect_box(const std::string &text, double x, double y, double width, double height) {
  const dslt_box box = box_of(text);
  EXPECT_DOUBLE_EQ(box.x, x) << text;
  EXPECT_DOUBLE_EQ(box.y, y) << text;
  EXPECT_DOUBLE_EQ(box.width, width) << text;
  EXPECT_DOUBLE_EQ(box.height, height) << text;
}

TEST(TraxRegion, RectanglesAreTakenAsTheyAre) {
  expect_box("397.0000,183.0000,100.0000,113.5000", 397, 183, 100, 113.5);
  expect_box("-1e1,.5,+2,3.", -10, 0.5, 2, 3);
  expect_box("rect:1,2,3,4", 1, 2, 3, 4);
  expect_box("rectangle:1,2,3,4", 1, 2, 3, 4);
}

TEST(TraxRegion, PolygonsBecomeWhatVotsGroundTruthBecomes) {
  // a row of VOT-2016's bag, as the client writes it
  const double corners[8] = {291.827, 203.603, 396.382, 264.289, 442.173, 185.397, 337.618, 124.711};
  const std::string text = "291.827,203.603,396.382,264.289,442.173,185.397,337.618,124.711";
  const dslt_box expected = dslt_box_from_polygon(corners);
  expect_box(text, expected.x, expected.y, expected.width, expected.height);
  expect_box("poly:" + text, expected.x, expected.y, expected.width, expected.height);
  expect_box("polygon:" + text, expected.x, expected.y, expected.width, expected.height);
  // Half of the square 8 x 8: sides shrink by the root of one half, around the mean of the corners.
  const double side = 8 * std::sqrt(0.5);
  expect_box("0,0,8,0,0,8", 8.0 / 3 - side / 2, 8.0 / 3 - side / 2, side, side);
  // An upright rectangle of four corners is itself, however many points lie on its edges.
  expect_box("10,20,30,20,30,60,10,60", 10, 20, 20, 40);
  expect_box("10,20,20,20,30,20,30,60,20,60,10,60", 10, 20, 20, 40);
}

TEST(TraxRegion, MasksBecomeTheirEnclosingBox) {
  expect_box("mask:10,20,4,3,5,2,2,2", 11, 21, 2, 2);
  expect_box("m10,20,4,3,5,2,2,2", 11, 21, 2, 2);
  expect_box("mask:0,0,4,3,0,12", 0, 0, 4, 3);
  expect_box("mask:-3,-2,4,3,11,1", 0, 0, 1, 1);
  expect_box("mask:0,0,4,3,3,2", 0, 0, 4, 2);  // a run around the end of a row

  std::mt19937 random(3);
  for (int round = 0; round < 2000; round++) {
    const int width = 1 + random() % 7, height = 1 + random() % 7;
    std::vector<int> pixels(static_cast<size_t>(width) * height);
    for (int &one : pixels) one = random() % 5 == 0;
    std::string text = "mask:100,200," + std::to_string(width) + "," + std::to_string(height);
    int value = 0;
    for (size_t at = 0; at < pixels.size();) {
      int run = 0;
      while (at < pixels.size() && pixels[at] == value) at++, run++;
      text += "," + std::to_string(run);
      value = !value;
    }
    int left = width, right = -1, top = height, bottom = -1;
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        if (pixels[static_cast<size_t>(y) * width + x])
          left = std::min(left, x), right = std::max(right, x), top = std::min(top, y),
          bottom = std::max(bottom, y);
    dslt_box box;
    if (right < 0)
      EXPECT_EQ(dslt_trax_region_box(&box, text.c_str()), DSLT_EBOX) << text;
    else
      expect_box(text, 100 + left, 200 + top, right - left + 1, bottom - top + 1);
  }
}

TEST(TraxRegion, WhatIsNoRegionIsRefused) {
  std::string many = "0,0";
  for (int i = 0; i < DSLT_TRAX_MOST_CORNERS; i++) many += ",1,1";
  for (const std::string &text : {std::string(),
                                  std::string(","),
                                  std::string("1,2"),
                                  std::string("1,2,3"),
                                  std::string("1,2,3,4,5"),
                                  std::string("1,2,3,4,5,6,7"),
                                  std::string("1,2,3,4,"),
                                  std::string(",1,2,3,4"),
                                  std::string("1,,3,4"),
                                  std::string("1,2,3,x"),
                                  std::string("1,2,3,0x10"),
                                  std::string("1,2,3,nan"),
                                  std::string("1,2,3,inf"),
                                  std::string("1,2,3,1e10"),
                                  std::string("1, 2,3,4"),
                                  std::string("1;2;3;4"),
                                  std::string("rect:1,2,3,4,5,6"),
                                  std::string("poly:1,2,3,4"),
                                  std::string("poly:5"),
                                  std::string("point:1,2,3,4"),
                                  std::string("1,2,3,") + std::string(64, '1'),
                                  many,
                                  std::string("mask:"),
                                  std::string("mask:1,2,3"),
                                  std::string("mask:1,2,0,3,1,1"),
                                  std::string("mask:1,2,3,0,1,1"),
                                  std::string("mask:1,2,3,3,1,9"),
                                  std::string("mask:1,2,3,3,-1,2"),
                                  std::string("mask:1,2,3,3,1.5,2"),
                                  std::string("mask:1,2,20000,3,1,2"),
                                  std::string("mask:1,2,3,3,1,99999999999999999999"),
                                  std::string("mask:1,2,3,3,1,,2"),
                                  std::string("mx")}) {
    dslt_box box = {7, 7, 7, 7};
    EXPECT_EQ(dslt_trax_region_box(&box, text.c_str()), DSLT_EFORMAT) << text;
    EXPECT_NE(std::string(dslt_last_error()).find("region"), std::string::npos) << dslt_last_error();
    EXPECT_EQ(box.x, 7) << "untouched";
  }
}

TEST(TraxRegion, RegionsWithoutAPlaceOrAnAreaCannotBeTracked) {
  for (const char *text : {"0", "1", "-3", "1,2,0,4", "1,2,3,-4", "1,1,2,2,3,3", "mask:1,2,3,3",
                           "mask:1,2,3,3,9", "mask:1,2,3,3,4,0,5"}) {
    dslt_box box;
    EXPECT_EQ(dslt_trax_region_box(&box, text), DSLT_EBOX) << text;
  }
}

TEST(TraxRegion, BoxesAreWrittenWithFourDecimals) {
  char text[64];
  const dslt_box box = {-1.00004, 2, 3.123456, 1e9};
  dslt_trax_region_write(text, sizeof text, &box);
  EXPECT_STREQ(text, "-1.0000,2.0000,3.1235,1000000000.0000");
}

}  // namespace
