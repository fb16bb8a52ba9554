/* SPDX-License-Identifier: Apache-2.0 */
// Boxes as text: what is taken, what is refused and with which words, and that writing and reading agree.
#include <clocale>
#include <cmath>
#include <vector>

#include "dataset/boxes.h"
#include "scratch.h"

namespace {

class BoxFiles : public ScratchTest {};

int parse(dslt_box_list *list, const std::string &text) {
  return dslt_box_list_parse_otb(list, text.data(), text.size(), "truth.txt");
}

void expect_box(const dslt_box &box, double x, double y, double width, double height) {
  EXPECT_NEAR(box.x, x, 1e-9);
  EXPECT_NEAR(box.y, y, 1e-9);
  EXPECT_NEAR(box.width, width, 1e-9);
  EXPECT_NEAR(box.height, height, 1e-9);
}

TEST(BoxParse, TakesEverySeparator) {
  for (const char *text :
       {"1,2,3,4", "1 2 3 4", "1\t2\t3\t4", "1;2;3;4", " 1 , 2 ,\t3,4 ", "+1,2.0,3e0,4."}) {
    dslt_box box;
    ASSERT_EQ(dslt_box_parse(&box, text), DSLT_OK) << text << ": " << dslt_last_error();
    expect_box(box, 1, 2, 3, 4);
  }
  dslt_box box;
  ASSERT_EQ(dslt_box_parse(&box, "-1e9,1e9,1e9,1"), DSLT_OK);
  expect_box(box, -1e9, 1e9, 1e9, 1);
  ASSERT_EQ(dslt_box_parse(&box, "-5.25,-.5,1e1,0.125"), DSLT_OK);
  expect_box(box, -5.25, -0.5, 10, 0.125);
}

TEST(BoxParse, RefusesAndLeavesTheBoxAlone) {
  const char *bad[] = {
      "",           "1,2,3",       "1,2,3,4,5",        "1,2,3,4,",    ",1,2,3,4",      "1,,2,3,4",
      "a,b,c,d",    "1,2,3,4x",    "1,2,0,4",          "1,2,3,-4",    "1,2,nan,4",     "1,2,inf,4",
      "1,2,0x10,4", "1,2,3,4\n5",  "1,2,1e99,4",       "1.2.3,4,5,6", "1 2 3 4 hello", "- 1,2,3,4",
      "1,2,1e,4",   "-1e99,2,3,4", "1,-1000000001,3,4"};
  for (const char *text : bad) {
    dslt_box box = {7, 7, 7, 7};
    EXPECT_EQ(dslt_box_parse(&box, text), DSLT_EBOX) << text;
    expect_box(box, 7, 7, 7, 7);
  }
  dslt_box box;
  EXPECT_EQ(dslt_box_parse(&box, std::string(5000, '1').c_str()), DSLT_EBOX);
  EXPECT_EQ(dslt_box_parse(&box, nullptr), DSLT_EARGUMENT);
}

TEST(BoxParse, SaysWhatIsWrong) {
  dslt_box box;
  dslt_box_parse(&box, "10,20,30");
  EXPECT_NE(std::string(dslt_last_error()).find("3 numbers instead of four"), std::string::npos);
  dslt_box_parse(&box, "10,20,30,0");
  EXPECT_NE(std::string(dslt_last_error()).find("no area"), std::string::npos);
}

TEST(BoxList, ReadsTheBenchmarksDialects) {
  for (const char *text : {"1,2,3,4\n5,6,7,8\n", "1\t2\t3\t4\r\n5\t6\t7\t8\r\n", "1 2  3 4\n5,6, 7 ,8",
                           "\xef\xbb\xbf"
                           "1;2;3;4\n5;6;7;8\n\n  \r\n"}) {
    dslt_box_list list = {};
    ASSERT_EQ(parse(&list, text), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(list.count, 2);
    expect_box(list.boxes[0], 0, 1, 3, 4);
    expect_box(list.boxes[1], 4, 5, 7, 8);
    dslt_box_list_free(&list);
    EXPECT_EQ(list.count, 0);
  }
}

TEST(BoxList, KeepsNaNAndInvalidRows) {
  dslt_box_list list = {};
  ASSERT_EQ(parse(&list, "NaN,NaN,NaN,NaN\n1,nan,3,4\n0,-3,0,-1\n"), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(list.count, 3);
  for (int i = 0; i < 2; i++)
    EXPECT_TRUE(std::isnan(list.boxes[i].x) && std::isnan(list.boxes[i].y) &&
                std::isnan(list.boxes[i].width) && std::isnan(list.boxes[i].height));
  expect_box(list.boxes[2], -1, -4, 0, -1);
  dslt_box_list_free(&list);
}

TEST(BoxList, ConvertsPolygons) {
  dslt_box_list list = {};
  // An upright rectangle stays itself; a square on its corner keeps centre and area.
  ASSERT_EQ(parse(&list, "10,20,10,50,30,50,30,20\n10,0,20,10,10,20,0,10\n"), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(list.count, 2);
  expect_box(list.boxes[0], 10, 20, 20, 30);
  double side = std::sqrt(200.0);
  expect_box(list.boxes[1], 10 - side / 2, 10 - side / 2, side, side);
  dslt_box_list_free(&list);
}

TEST(BoxPolygon, AreaAndCentreSurviveAnyTurn) {
  for (int degrees = 0; degrees < 360; degrees += 7) {
    double angle = degrees * M_PI / 180, c = std::cos(angle), s = std::sin(angle);
    double corners[8];
    const double half[4][2] = {{-30, -10}, {30, -10}, {30, 10}, {-30, 10}};
    for (int i = 0; i < 4; i++) {
      corners[2 * i] = 5000 + c * half[i][0] - s * half[i][1];
      corners[2 * i + 1] = -300 + s * half[i][0] + c * half[i][1];
    }
    dslt_box box = dslt_box_from_polygon(corners);
    EXPECT_NEAR(box.width * box.height, 1200, 1e-6);
    EXPECT_NEAR(box.x + box.width / 2, 5000, 1e-9);
    EXPECT_NEAR(box.y + box.height / 2, -300, 1e-9);
  }
  const double point[8] = {3, 4, 3, 4, 3, 4, 3, 4};
  expect_box(dslt_box_from_polygon(point), 3, 4, 0, 0);
}

TEST(BoxList, NamesTheLine) {
  struct Case {
    const char *text, *words;
  } cases[] = {
      {"1,2,3,4\n5,6,7\n", "Line 2 of truth.txt holds 3 numbers"},
      {"1,2,3,4\n\n5,6,7,8\n", "Line 2 of truth.txt is empty"},
      {"1,2,3,4\n1,2,3,4,5,6,7,8\n", "Line 2 of truth.txt holds 8 numbers"},
      {"1,2,3,4\n1,2,3,4,5,6,7,8,9\n", "Line 2 of truth.txt holds more than eight"},
      {"frame x y w h\n", "Line 1 of truth.txt holds something that is not a number"},
      {"1,2,,4\n", "Line 1 of truth.txt has a separator"},
      {"1,2,3,4,\n", "Line 1 of truth.txt ends with a separator"},
      {"1,2,3,4\n1,2,3,1e12\n", "Line 2 of truth.txt holds a number beyond"},
      {"", "empty"},
      {"\n\n", "no boxes"},
  };
  for (const Case &c : cases) {
    dslt_box_list list = {};
    EXPECT_EQ(parse(&list, c.text), DSLT_EFORMAT) << c.text;
    EXPECT_NE(std::string(dslt_last_error()).find(c.words), std::string::npos) << dslt_last_error();
    EXPECT_EQ(list.boxes, nullptr);
  }
}

TEST(BoxList, RefusesForeignFiles) {
  dslt_box_list list = {};
  EXPECT_EQ(parse(&list, std::string("1,2,3\0,4\n", 9)), DSLT_EFORMAT);
  EXPECT_EQ(parse(&list, std::string(1001, ' ') + "1,2,3,4\n"), DSLT_EFORMAT);
  EXPECT_NE(std::string(dslt_last_error()).find("1000 characters"), std::string::npos);
  EXPECT_EQ(dslt_box_list_parse_otb(&list, "1,2,3,4", ((size_t)64 << 20) + 1, "big"), DSLT_EFORMAT);
}

TEST_F(BoxFiles, FilesThatCannotBeRead) {
  dslt_box_list list = {};
  EXPECT_EQ(dslt_box_list_read_otb(&list, path("none.txt").c_str()), DSLT_EIO);
  EXPECT_NE(std::string(dslt_last_error()).find("none.txt"), std::string::npos);
  EXPECT_EQ(dslt_box_list_read_otb(&list, folder_.c_str()), DSLT_EIO);
  EXPECT_EQ(dslt_box_list_read_otb(&list, ""), DSLT_EARGUMENT);
}

TEST_F(BoxFiles, ALongFileIsReadWhole) {
  std::string text;
  for (int i = 0; i < 20000; i++) text += std::to_string(i + 1) + ",2,3,4\n";
  spill(path("long.txt"), text);
  dslt_box_list list = {};
  ASSERT_EQ(dslt_box_list_read_otb(&list, path("long.txt").c_str()), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(list.count, 20000);
  EXPECT_EQ(list.boxes[19999].x, 19999);
  dslt_box_list_free(&list);
}

const std::vector<dslt_track_row> rows = {
    {0, {10.5, 20.25, 30, 40}, 1, 0, 1, 0.0, 0, 0, 0},
    {1, {11.00004, 19.12346, 31.5, 41.75}, 0.875, 0, 1, 1.0 / 3, 0, 0, 0},
    {2, {-3, 0, 5, 5}, 0.1, 1, 0, 0, 0, 0, 0}};  // of unknown time

std::string written(const std::string &path, dslt_box_format format) {
  EXPECT_EQ(dslt_track_write(path.c_str(), format, rows.data(), (int)rows.size()), DSLT_OK)
      << dslt_last_error();
  return slurp(path);
}

TEST_F(BoxFiles, EachFormatToTheLetter) {
  EXPECT_EQ(
      written(path("o"), DSLT_FORMAT_OTB),
      "11.5000,21.2500,30.0000,40.0000\n12.0000,20.1235,31.5000,41.7500\n-2.0000,1.0000,5.0000,5.0000\n");
  EXPECT_EQ(written(path("v"), DSLT_FORMAT_VOT),
            "1\n11.0000,19.1235,31.5000,41.7500\n-3.0000,0.0000,5.0000,5.0000\n");
  EXPECT_EQ(written(path("g"), DSLT_FORMAT_GOT10K),
            "11.500,21.250,30.000,40.000\n12.000,20.123,31.500,41.750\n-2.000,1.000,5.000,5.000\n");
  EXPECT_EQ(written(path("c"), DSLT_FORMAT_CSV),
            "frame,x,y,width,height,peak,lost,time\n"
            "0,10.5000,20.2500,30.0000,40.0000,1.000000,0,0.000000\n"
            "1,11.0000,19.1235,31.5000,41.7500,0.875000,0,0.333333\n"
            "2,-3.0000,0.0000,5.0000,5.0000,0.100000,1,\n");
  EXPECT_EQ(
      written(path("j"), DSLT_FORMAT_JSON),
      "{\"convention\": \"0-based, continuous, top-left corner, pixels\", \"frames\": [\n"
      "{\"frame\": 0, \"x\": 10.5, \"y\": 20.25, \"width\": 30.0, \"height\": 40.0, \"peak\": 1.0, \"lost\": "
      "false, \"time\": 0.0},\n"
      "{\"frame\": 1, \"x\": 11.00004, \"y\": 19.12346, \"width\": 31.5, \"height\": 41.75, \"peak\": 0.875, "
      "\"lost\": false, \"time\": 0.3333333333},\n"
      "{\"frame\": 2, \"x\": -3.0, \"y\": 0.0, \"width\": 5.0, \"height\": 5.0, \"peak\": 0.1, \"lost\": "
      "true, \"time\": null}\n]}\n");
  EXPECT_EQ(
      written(path("l"), DSLT_FORMAT_JSONL),
      "{\"frame\": 0, \"x\": 10.5, \"y\": 20.25, \"width\": 30.0, \"height\": 40.0, \"peak\": 1.0, \"lost\": "
      "false, \"time\": 0.0}\n"
      "{\"frame\": 1, \"x\": 11.00004, \"y\": 19.12346, \"width\": 31.5, \"height\": 41.75, \"peak\": 0.875, "
      "\"lost\": false, \"time\": 0.3333333333}\n"
      "{\"frame\": 2, \"x\": -3.0, \"y\": 0.0, \"width\": 5.0, \"height\": 5.0, \"peak\": 0.1, \"lost\": "
      "true, \"time\": null}\n");
}

TEST_F(BoxFiles, WhatIsWrittenIsRead) {
  written(path("o"), DSLT_FORMAT_OTB);
  dslt_box_list list = {};
  ASSERT_EQ(dslt_box_list_read_otb(&list, path("o").c_str()), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(list.count, (int)rows.size());
  for (size_t i = 0; i < rows.size(); i++) {
    EXPECT_NEAR(list.boxes[i].x, rows[i].box.x, 5.1e-5);
    EXPECT_NEAR(list.boxes[i].height, rows[i].box.height, 5.1e-5);
  }
  dslt_box_list_free(&list);
}

TEST_F(BoxFiles, NoRowsGiveAnEmptyFileAndBadRowsNone) {
  EXPECT_EQ(dslt_track_write(path("e").c_str(), DSLT_FORMAT_OTB, nullptr, 0), DSLT_OK);
  EXPECT_EQ(slurp(path("e")), "");
  dslt_track_row bad = {0, {0, 0, NAN, 1}, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(dslt_track_write(path("j").c_str(), DSLT_FORMAT_JSON, &bad, 1), DSLT_EINTERNAL);
  EXPECT_EQ(dslt_track_write(path("no/j").c_str(), DSLT_FORMAT_JSON, rows.data(), 1), DSLT_EIO);
  EXPECT_EQ(file_count(), 1u);
}

TEST(BoxFormat, NamesAndTheUnknown) {
  dslt_box_format format;
  ASSERT_EQ(dslt_box_format_parse(&format, "got10k"), DSLT_OK);
  EXPECT_EQ(format, DSLT_FORMAT_GOT10K);
  EXPECT_EQ(dslt_box_format_parse(&format, "xml"), DSLT_EOPTION);
  EXPECT_NE(std::string(dslt_last_error()).find("otb, vot, got10k, csv, json or jsonl"), std::string::npos);
}

// A GTK window calls setlocale; numbers must not follow it.
TEST_F(BoxFiles, IgnoresDecimalCommas) {
  const char *chosen = nullptr;
  for (const char *name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8", "de_DE"})
    if (!chosen) chosen = std::setlocale(LC_ALL, name);
  if (!chosen) GTEST_SKIP() << skip::kCommaLocale;
  std::string text = written(path("o"), DSLT_FORMAT_OTB), json = written(path("j"), DSLT_FORMAT_JSON);
  dslt_box box;
  int rc = dslt_box_parse(&box, "1.5,2,3,4");
  std::setlocale(LC_ALL, "C");
  EXPECT_EQ(text.substr(0, 8), "11.5000,");
  EXPECT_NE(json.find("20.25"), std::string::npos);
  ASSERT_EQ(rc, DSLT_OK);
  EXPECT_EQ(box.x, 1.5);
}

}  // namespace
