/* SPDX-License-Identifier: Apache-2.0 */
// Rows that only look like numbers: decimal commas and VOT's masks are named as what they are, by every reader.
#include <cstring>

#include "base/row.h"
#include "dataset/boxes.h"
#include "dataset/dataset_text.h"
#include "dataset_tree.h"
#include "eval/vot.h"

namespace {

const char *oddity(const char *row) { return dslt_row_oddity(row, row + strlen(row)); }

TEST(Row, DecimalCommasAreSeen) {
  for (const char *row : {"12,5;30,25;40,0;50,5", "12,5\t30,25\t40\t50", "12,5 30 40 50,25", " 1;2;3;4,5\r",
                          "12,5; 30,25; 40,0; 50,5"}) {
    ASSERT_NE(oddity(row), nullptr) << row;
    EXPECT_TRUE(has(oddity(row), "decimal commas")) << row;
  }
}

TEST(Row, OrdinaryRowsAreNot) {
  for (const char *row :
       {"12,30,40,50", "12.5,30.25,40,50", "12, 30, 40, 50", "12 30 40 50", "12;30;40;50", "",
        "1,2,3,4,5,6,7,8", "1,2,3,4;5,6,7,8", "nan,nan,nan,nan", "1,2 3,4 5,6", "m", "1"})
    EXPECT_EQ(oddity(row), nullptr) << row;
}

TEST(Row, MasksAreSeen) {
  for (const char *row : {"m0,0,10,12,3,4,5", "m12,8,1,1,1"}) {
    ASSERT_NE(oddity(row), nullptr) << row;
    EXPECT_TRUE(has(oddity(row), "mask")) << row;
  }
}

TEST(Row, EveryReaderSaysSo) {
  for (const std::string row : {"12,5;30,25;40,0;50,5\n", "m0,0,10,12,3,4,5\n"}) {
    const std::string text = "1,2,3,4\n" + row, word = row[0] == 'm' ? "holds a mask" : "decimal commas";
    dslt_box_list list = {};
    EXPECT_EQ(dslt_box_list_parse_otb(&list, text.data(), text.size(), "b.txt"), DSLT_EFORMAT);
    EXPECT_TRUE(has(dslt_last_error(), "Line 2 of b.txt") && has(dslt_last_error(), word))
        << dslt_last_error();
    dslt_numbers numbers = {};
    EXPECT_EQ(dslt_numbers_parse(&numbers, text.data(), text.size(), "g.txt", 8, 0), DSLT_EFORMAT);
    EXPECT_TRUE(has(dslt_last_error(), "Line 2 of g.txt") && has(dslt_last_error(), word))
        << dslt_last_error();
    dslt_vot_regions regions = {};
    EXPECT_EQ(dslt_vot_regions_parse(&regions, text.data(), text.size(), "v.txt"), DSLT_EFORMAT);
    EXPECT_TRUE(has(dslt_last_error(), "Line 2 of v.txt") && has(dslt_last_error(), word))
        << dslt_last_error();
    dslt_box box;
    EXPECT_EQ(dslt_box_parse(&box, row.substr(0, row.size() - 1).c_str()), DSLT_EBOX);
    EXPECT_TRUE(has(dslt_last_error(), word)) << dslt_last_error();
  }
}

class RowFiles : public TreeTest {};

TEST_F(RowFiles, ASequenceWithSuchARowSaysWhy) {
  put("cup/groundtruth_rect.txt", "12,5;30,25;40,0;50,5\n");
  images("cup/img", 1, 1);
  put("car/groundtruth_rect.txt", "m0,0,10,12,3,4,5\n");
  images("car/img", 1, 1);
  const Set set = open_set("folder", root());
  ASSERT_NE(set, nullptr) << dslt_last_error();
  EXPECT_TRUE(has(sequence_of(set, "cup")->note, "decimal commas")) << sequence_of(set, "cup")->note;
  EXPECT_TRUE(has(sequence_of(set, "car")->note, "holds a mask")) << sequence_of(set, "car")->note;
}

// A set without a published list has nothing to point to but what it holds.
TEST_F(RowFiles, AnUnknownSequenceOfAFolderNamesThoseThatAreThere) {
  for (int i = 1; i <= 15; i++) put("clip" + std::to_string(i) + "/groundtruth_rect.txt", "1,2,3,4\n");
  Set set = open_set("folder", root());
  ASSERT_NE(set, nullptr) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_select(set.get(), "nosuch"), DSLT_EOPTION);
  EXPECT_TRUE(has(dslt_last_error(), "clip1, clip10") && has(dslt_last_error(), " and 3 more"))
      << dslt_last_error();
  put("vot/a/groundtruth.txt", "1,2,3,4\n");
  set = open_set("vot", path("vot"));
  ASSERT_NE(set, nullptr) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_select(set.get(), "nosuchsequence"), DSLT_EOPTION);
  EXPECT_TRUE(has(dslt_last_error(), "there are a.")) << dslt_last_error();
}

}  // namespace
