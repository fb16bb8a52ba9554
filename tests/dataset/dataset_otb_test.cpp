/* SPDX-License-Identifier: Apache-2.0 */
// OTB's layout with each of its exceptions, Temple-Color 128, and the rules for counts that differ.
#include <cmath>

#include "dataset_tree.h"

namespace {

class DatasetOtb : public TreeTest {
 protected:
  // A sequence in the usual layout.
  void sequence(const std::string &name, int first, int last, int truth_rows, int digits = 4) {
    images(name + "/img", first, last, digits);
    put(name + "/groundtruth_rect.txt", rows(truth_rows));
  }
};

TEST_F(DatasetOtb, APlainSequence) {
  sequence("Deer", 1, 71, 71);
  Set set = open_set("otb2013", root() + "//");
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_root(set.get()), root());
  EXPECT_EQ(dslt_dataset_count(set.get()), 51);
  EXPECT_EQ(dslt_dataset_count_ready(set.get()), 1);
  const dslt_sequence *deer = sequence_of(set, "deer");
  ASSERT_TRUE(deer);
  EXPECT_STREQ(deer->name, "Deer");
  EXPECT_STREQ(deer->folder, "Deer/img");
  EXPECT_STREQ(deer->truth_file, "Deer/groundtruth_rect.txt");
  EXPECT_STREQ(deer->note, "");
  EXPECT_EQ(deer->state, DSLT_SEQUENCE_READY);
  EXPECT_EQ(deer->frames, 71);
  EXPECT_EQ(deer->truth[0].x, 0);  // 1-based in the file
  EXPECT_EQ(deer->truth[70].y, 19);
  EXPECT_EQ(deer->polygons, nullptr);
  EXPECT_EQ(found_frames(set, "Deer"), 71);
  EXPECT_EQ(frame_of(set, "Deer", 0), "Deer/img/0001.jpg");
  EXPECT_EQ(frame_of(set, "Deer", 70), "Deer/img/0071.jpg");
  EXPECT_TRUE(has(frame_of(set, "Deer", 71).c_str(), "no frame 71"));
  EXPECT_TRUE(has(frame_of(set, "Deer", -1).c_str(), "no frame -1"));
  std::string attributes;
  for (int i = 0; i < dslt_dataset_kind_of(set.get())->attribute_count; i++)
    if (deer->attributes >> i & 1)
      attributes += std::string(dslt_dataset_kind_of(set.get())->attributes[i].name) + " ";
  EXPECT_EQ(attributes, "MB FM IPR BC LR ");
  const dslt_sequence *absent = sequence_of(set, "Basketball");
  EXPECT_EQ(absent->state, DSLT_SEQUENCE_ABSENT);
  EXPECT_EQ(absent->frames, 0);
  char small[8];
  EXPECT_EQ(dslt_dataset_frame_path(small, sizeof small, set.get(), dslt_dataset_find(set.get(), "Deer"), 0),
            DSLT_EARGUMENT);
  EXPECT_EQ(dslt_dataset_frame_path(small, sizeof small, set.get(), 51, 0), DSLT_EARGUMENT);
}

TEST_F(DatasetOtb, DavidStartsAtImage300) {
  sequence("David", 1, 770, 471);
  Set set = open_set("otb2013", root());
  const dslt_sequence *david = sequence_of(set, "David");
  EXPECT_EQ(david->first_number, 300);
  EXPECT_EQ(david->frames, 471);
  EXPECT_EQ(found_frames(set, "David"), 471);
  EXPECT_EQ(frame_of(set, "David", 0), "David/img/0300.jpg");
  EXPECT_EQ(frame_of(set, "David", 470), "David/img/0770.jpg");
  EXPECT_STREQ(david->note, "");
  const auto known = findings(set, "count", false);
  ASSERT_EQ(known.size(), 1u);
  EXPECT_TRUE(has(known[0].c_str(), "770 images")) << known[0];
  EXPECT_TRUE(findings(set, "count").empty());
}

TEST_F(DatasetOtb, DavidWithTruthForEveryImage) {
  sequence("David", 1, 770, 770);
  Set set = open_set("otb100", root());
  const dslt_sequence *david = sequence_of(set, "David");
  EXPECT_EQ(david->frames, 471);
  EXPECT_EQ(david->truth[0].x, 299);  // row 300
  EXPECT_EQ(david->truth_rows, 770);
  EXPECT_TRUE(has(david->note, "770 rows instead of the published 471")) << david->note;
  EXPECT_TRUE(has(david->note, "images 300 to 770")) << david->note;
}

TEST_F(DatasetOtb, BlurCarsKeepTheirNumbers) {
  sequence("BlurCar1", 247, 988, 742);
  sequence("BlurCar4", 18, 397, 380);
  Set set = open_set("otb100", root());
  EXPECT_EQ(frame_of(set, "BlurCar1", 0), "BlurCar1/img/0247.jpg");
  EXPECT_EQ(frame_of(set, "BlurCar1", 741), "BlurCar1/img/0988.jpg");
  EXPECT_EQ(frame_of(set, "BlurCar4", 379), "BlurCar4/img/0397.jpg");
  EXPECT_STREQ(sequence_of(set, "BlurCar4")->note, "");
}

TEST_F(DatasetOtb, RenumberedBlurCar3) {
  sequence("BlurCar3", 1, 357, 357);
  Set set = open_set("otb100", root());
  EXPECT_EQ(found_frames(set, "BlurCar3"), 357);
  EXPECT_EQ(frame_of(set, "BlurCar3", 0), "BlurCar3/img/0001.jpg");
  EXPECT_TRUE(has(sequence_of(set, "BlurCar3")->note, "from 1 to 357 instead of the published 3 to 359"));
  const auto odd = findings(set, "count");
  ASSERT_EQ(odd.size(), 1u);
  EXPECT_TRUE(has(odd[0].c_str(), "renumbered"));
}

TEST_F(DatasetOtb, MoreImagesThanTruth) {
  struct Case {
    const char *name;
    int images, rows;
  } cases[] = {{"Football1", 80, 74}, {"Freeman3", 465, 460}, {"Freeman4", 297, 283}, {"Diving", 231, 215}};
  for (const Case &c : cases) sequence(c.name, 1, c.images, c.rows);
  Set set = open_set("otb100", root());
  for (const Case &c : cases) {
    const dslt_sequence *seen = sequence_of(set, c.name);
    EXPECT_EQ(seen->frames, c.rows);
    EXPECT_EQ(found_frames(set, c.name), c.rows);
    EXPECT_STREQ(seen->note, "");
  }
  EXPECT_EQ(findings(set, "count", false).size(), 4u);
  EXPECT_EQ(whole_, 4);
  EXPECT_EQ(problems_, 96);  // the absent ones
}

TEST_F(DatasetOtb, Tiger1LeavesItsFirstFiveFramesOut) {
  sequence("Tiger1", 1, 354, 354);
  Set set = open_set("otb100", root());
  const dslt_sequence *tiger = sequence_of(set, "Tiger1");
  EXPECT_EQ(tiger->frames, 349);
  EXPECT_EQ(tiger->skipped, 5);
  EXPECT_EQ(tiger->first_number, 6);
  EXPECT_EQ(tiger->truth_rows, 354);
  EXPECT_EQ(tiger->truth[0].x, 5);
  EXPECT_EQ(frame_of(set, "Tiger1", 0), "Tiger1/img/0006.jpg");
  EXPECT_EQ(frame_of(set, "Tiger1", 348), "Tiger1/img/0354.jpg");
  EXPECT_STREQ(tiger->note, "");
  ASSERT_EQ(tiger->omitted_count, 15);
  EXPECT_EQ(tiger->omitted[0].first, 1);
  EXPECT_EQ(tiger->omitted[0].last, 5);
}

TEST_F(DatasetOtb, Tiger1AlreadyCut) {
  put("tiger1.txt", rows(349, 6));
  Set set = open_set("otb100", root());
  const dslt_sequence *tiger = sequence_of(set, "Tiger1");
  EXPECT_EQ(tiger->frames, 349);
  EXPECT_EQ(tiger->truth[0].x, 5);
  EXPECT_TRUE(has(tiger->note, "349 rows instead of the published 354")) << tiger->note;
}

TEST_F(DatasetOtb, BoardHasFiveDigitsAndKiteSurfEitherExtension) {
  sequence("Board", 1, 698, 698, 5);
  images("KiteSurf/img", 1, 84, 4, "png");
  put("KiteSurf/groundtruth_rect.txt", rows(84));
  Set set = open_set("otb100", root());
  EXPECT_EQ(frame_of(set, "Board", 0), "Board/img/00001.jpg");
  EXPECT_EQ(frame_of(set, "KiteSurf", 83), "KiteSurf/img/0084.png");
  images("KiteSurf/img", 1, 2);
  set = open_set("otb100", root());
  EXPECT_TRUE(has(
      frame_of(set, "KiteSurf", 0).c_str(),
      "KiteSurf/img holds frames twice: 2 of its 86 pictures bear the number of another, like 0001.jpg and "
      "0001.png"))
      << frame_of(set, "KiteSurf", 0);
  EXPECT_EQ(frame_of(set, "Board", 0), "Board/img/00001.jpg");
  const auto doubled = findings(set, "duplicate");
  ASSERT_EQ(doubled.size(), 1u);
  EXPECT_TRUE(has(doubled[0].c_str(), "KiteSurf: 2 images"));
  EXPECT_EQ(whole_, 1);
}

TEST_F(DatasetOtb, TwoTargetsInOneFolder) {
  images("Jogging/img", 1, 307);
  put("Jogging/groundtruth_rect.1.txt", rows(307, 1));
  put("Jogging/groundtruth_rect.2.txt", rows(307, 100));
  images("Human4/img", 1, 667);
  put("Human4/groundtruth_rect.1.txt", "");
  put("Human4/groundtruth_rect.2.txt", rows(667, 50));
  Set set = open_set("otb100", root());
  EXPECT_EQ(sequence_of(set, "Jogging-1")->truth[0].x, 0);
  EXPECT_EQ(sequence_of(set, "jogging_2")->truth[0].x, 99);
  EXPECT_EQ(frame_of(set, "Jogging-2", 306), "Jogging/img/0307.jpg");
  EXPECT_EQ(sequence_of(set, "human4.2")->truth[0].x, 49);
  EXPECT_STREQ(sequence_of(set, "human4_2")->note, "");
  EXPECT_EQ(dslt_dataset_count_ready(set.get()), 3);
}

TEST_F(DatasetOtb, TargetsWithFoldersOfTheirOwn) {
  sequence("Jogging-1", 1, 307, 307);
  sequence("jogging_2", 1, 307, 307);
  sequence("Human4", 1, 667, 667);
  Set set = open_set("otb100", root());
  EXPECT_EQ(dslt_dataset_count_ready(set.get()), 3);
  EXPECT_EQ(frame_of(set, "Jogging-2", 0), "jogging_2/img/0001.jpg");
  // Two targets cannot both have the one file of a shared folder.
  sequence("Skating2", 1, 473, 473);
  set = open_set("otb100", root());
  EXPECT_EQ(sequence_of(set, "Skating2-1")->state, DSLT_SEQUENCE_NO_TRUTH);
  EXPECT_TRUE(has(sequence_of(set, "Skating2-2")->note, "groundtruth_rect.2.txt is missing"));
}

TEST_F(DatasetOtb, CountsThatDifferNameBothAndTheRule) {
  sequence("Deer", 1, 71, 70);
  sequence("Boy", 1, 602, 610);
  put("Tiger1/groundtruth_rect.txt", rows(4));
  Set set = open_set("otb100", root());
  const dslt_sequence *deer = sequence_of(set, "Deer"), *boy = sequence_of(set, "Boy");
  EXPECT_EQ(deer->frames, 70);
  EXPECT_TRUE(has(deer->note, "Deer: the ground truth has 70 rows instead of the published 71; the rule:"))
      << deer->note;
  EXPECT_EQ(boy->frames, 602);
  EXPECT_TRUE(has(boy->note, "610 rows instead of the published 602; the rule: the first 602 are used"))
      << boy->note;
  EXPECT_EQ(sequence_of(set, "Tiger1")->state, DSLT_SEQUENCE_BAD_TRUTH);
  EXPECT_EQ(findings(set, "count").size(), 2u);
  EXPECT_EQ(findings(set, "truth").size(), 1u);
}

TEST_F(DatasetOtb, AnnotationsAlone) {
  put("david.txt", rows(471));
  put("Human4.2.txt", rows(667));
  put("jogging-1.txt", rows(307));
  put("notes.txt", "no box");
  put("att/david.txt", "0,1,1,1,0,1,1,0,1,0,1");
  Set set = open_set("otb100", root());
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_count_ready(set.get()), 3);
  EXPECT_EQ(sequence_of(set, "David")->frames, 471);
  EXPECT_STREQ(sequence_of(set, "David")->folder, "");
  EXPECT_EQ(found_frames(set, "David"), 0);
  EXPECT_TRUE(has(frame_of(set, "David", 0).c_str(), "has an annotation but no frames"));
  EXPECT_EQ(findings(set, "no-frames").size(), 3u);
}

TEST_F(DatasetOtb, UnusableTruthKeepsTheOthers) {
  sequence("Deer", 1, 71, 71);
  sequence("Fish", 1, 476, 476);
  put("Fish/groundtruth_rect.txt", "1,2,3,4\n1,2,x,4\n");
  images("Suv/img", 1, 2);
  Set set = open_set("otb2013", root());
  EXPECT_EQ(dslt_dataset_count_ready(set.get()), 1);
  const dslt_sequence *fish = sequence_of(set, "Fish");
  EXPECT_EQ(fish->state, DSLT_SEQUENCE_BAD_TRUTH);
  EXPECT_EQ(fish->frames, 0);
  EXPECT_TRUE(has(fish->note, "Line 2 of ")) << fish->note;
  EXPECT_EQ(sequence_of(set, "Suv")->state, DSLT_SEQUENCE_NO_TRUTH);
  EXPECT_EQ(found_frames(set, "Fish"), 0);
  EXPECT_EQ(findings(set, "truth").size(), 2u);
  EXPECT_EQ(dslt_dataset_drop_unready(set.get()), 50);
  ASSERT_EQ(dslt_dataset_count(set.get()), 1);
  EXPECT_STREQ(dslt_dataset_at(set.get(), 0)->name, "Deer");
}

TEST_F(DatasetOtb, MissingEmptyAndNumberlessImages) {
  sequence("Deer", 1, 71, 71);
  std::filesystem::remove(path("Deer/img/0010.jpg"));
  std::filesystem::remove(path("Deer/img/0012.jpg"));
  std::filesystem::remove(path("Deer/img/0030.jpg"));
  put("Deer/img/0030.jpg", "");
  put("Deer/img/cover.jpg");
  put("Deer/img/Thumbs.db");
  put("Deer/img/._0001.jpg");
  Set set = open_set("otb2013", root());
  EXPECT_EQ(found_frames(set, "Deer"), 69);
  EXPECT_TRUE(has(frame_of(set, "Deer", 9).c_str(), "Deer/img/0010.jpg is not there"))
      << frame_of(set, "Deer", 9);
  const auto gap = findings(set, "gap"), empty = findings(set, "empty"), other = findings(set, "duplicate");
  ASSERT_EQ(gap.size(), 1u);
  EXPECT_TRUE(has(gap[0].c_str(),
                  "2 of 71 images are missing in Deer/img, the first with number 10, the last with 12"));
  ASSERT_EQ(empty.size(), 1u);
  EXPECT_TRUE(has(empty[0].c_str(), "0030.jpg"));
  ASSERT_EQ(other.size(), 1u);
  EXPECT_EQ(whole_, 0);
}

TEST_F(DatasetOtb, NaNAndBoxesWithoutArea) {
  sequence("Deer", 1, 71, 71);
  put("Deer/groundtruth_rect.txt", "0,0,0,0\nNaN,NaN,NaN,NaN\n5,5,0,5\n-4,2,10,10\n" + rows(67));
  Set set = open_set("otb2013", root());
  const dslt_sequence *deer = sequence_of(set, "Deer");
  EXPECT_EQ(deer->nan_rows, 1);
  EXPECT_TRUE(std::isnan(deer->truth[1].x));
  EXPECT_EQ(findings(set, "nan").size(), 1u);
  const auto start = findings(set, "box");
  ASSERT_EQ(start.size(), 1u);
  EXPECT_TRUE(has(start[0].c_str(), "no tracker can start"));
  EXPECT_EQ(findings(set, "box", false).size(), 3u);
}

// ---- Temple-Color 128 ------------------------------------------------------------------------------

TEST_F(DatasetOtb, TempleColor) {
  images("Hurdle_ce2/img", 1, 330);
  put("Hurdle_ce2/Hurdle_ce2_gt.txt", rows(304));
  put("Hurdle_ce2/Hurdle_ce2_frames.txt", "27,330");
  images("Bird/img", 1, 99);
  put("Bird/bird_gt.txt", rows(99));
  put("Bird/Bird_frames.txt", "1,98\n");
  images("Ball_ce1/img", 1, 391);
  images("Basketball/img", 1, 725);
  put("Basketball/Basketball_gt.txt", rows(725));
  put("Basketball/Basketball_frames.txt", "1");
  Set set = open_set("tc128", root());
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_count(set.get()), 129);
  const dslt_sequence *hurdle = sequence_of(set, "Hurdle_ce2");
  EXPECT_EQ(hurdle->frames, 304);
  EXPECT_EQ(frame_of(set, "Hurdle_ce2", 0), "Hurdle_ce2/img/0027.jpg");
  EXPECT_STREQ(hurdle->note, "");
  EXPECT_EQ(sequence_of(set, "Bird")->frames, 99);
  EXPECT_TRUE(has(sequence_of(set, "Bird")->note, "says frames 1 to 98, published are 1 to 99"));
  EXPECT_EQ(sequence_of(set, "Ball_ce1")->state, DSLT_SEQUENCE_NO_TRUTH);
  EXPECT_TRUE(has(sequence_of(set, "Basketball")->note, "should hold two numbers"));
  EXPECT_EQ(sequence_of(set, "Basketball")->omitted_count, 0);  // those ranges are OTB's
}

}  // namespace
