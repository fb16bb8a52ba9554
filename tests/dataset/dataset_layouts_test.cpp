/* SPDX-License-Identifier: Apache-2.0 */
// The layouts of UAV123, VOT, GOT-10k, LaSOT and plain folders, each as a small tree.
#include <cmath>

#include "dataset_tree.h"

namespace {

class DatasetLayouts : public TreeTest {};

std::string nan_rows(int count) {
  std::string text;
  for (int i = 0; i < count; i++) text += "NaN,NaN,NaN,NaN\n";
  return text;
}

const dslt_frame_label *label_of(const dslt_sequence *sequence, const std::string &name) {
  for (int i = 0; i < sequence->label_count; i++)
    if (name == sequence->labels[i].name) return &sequence->labels[i];
  return nullptr;
}

// ---- UAV -------------------------------------------------------------------------------------------

TEST_F(DatasetLayouts, UavPiecesOfOneVideo) {
  images("data_seq/UAV123_10fps/bird1", 1, 813, 6);
  put("anno/UAV123_10fps/bird1_1.txt", rows(85));
  put("anno/UAV123_10fps/bird1_2.txt", rows(200) + nan_rows(35));
  put("anno/UAV123_10fps/bird1_3.txt", rows(289));
  images("data_seq/UAV123_10fps/wakeboard7", 1, 67, 6);
  Set set = open_set("uav123_10fps", root());
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_count(set.get()), 123);
  EXPECT_EQ(dslt_dataset_count_ready(set.get()), 3);
  const dslt_sequence *second = sequence_of(set, "bird1_2");
  EXPECT_STREQ(second->folder, "data_seq/UAV123_10fps/bird1");
  EXPECT_EQ(second->frames, 235);
  EXPECT_EQ(second->nan_rows, 35);
  EXPECT_TRUE(std::isnan(second->truth[234].width));
  EXPECT_EQ(frame_of(set, "bird1_2", 0), "data_seq/UAV123_10fps/bird1/000259.jpg");
  EXPECT_EQ(frame_of(set, "bird1_3", 288), "data_seq/UAV123_10fps/bird1/000813.jpg");
  EXPECT_EQ(sequence_of(set, "wakeboard7")->state, DSLT_SEQUENCE_NO_TRUTH);
  EXPECT_TRUE(findings(set, "nan").empty());  // how many NaN rows the 10 fps set has is not published
  EXPECT_EQ(findings(set, "nan", false).size(), 1u);
}

TEST_F(DatasetLayouts, UavCountsItsPublishedNaNRows) {
  images("data_seq/UAV123/uav2", 1, 133, 6);
  images("data_seq/UAV123/uav6", 1, 109, 6);
  put("anno/UAV123/uav2.txt", rows(114) + nan_rows(19));
  put("anno/UAV123/uav6.txt", rows(100) + nan_rows(9));
  Set set = open_set("uav123", root());
  const auto odd = findings(set, "nan");
  ASSERT_EQ(odd.size(), 1u);
  EXPECT_TRUE(has(odd[0].c_str(), "uav6: 9 rows of the ground truth are NaN, published are 5")) << odd[0];
  EXPECT_EQ(findings(set, "nan", false).size(), 2u);
}

TEST_F(DatasetLayouts, Uav20lUsesUav123sVideos) {
  images("data_seq/UAV123/person20", 1, 1783, 6);
  put("anno/UAV20L/person20.txt", rows(1783));
  Set set = open_set("uav20l", root());
  EXPECT_EQ(dslt_dataset_count(set.get()), 20);
  EXPECT_EQ(found_frames(set, "person20"), 1783);
  EXPECT_EQ(sequence_of(set, "person20")->attributes, 0u);
}

TEST_F(DatasetLayouts, UavAnnotationsAloneDoNotMixNames) {
  put("car11.txt", rows(337));
  Set set = open_set("uav123", root());
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_EQ(sequence_of(set, "car11")->state, DSLT_SEQUENCE_READY);
  EXPECT_EQ(sequence_of(set, "car1_1")->state, DSLT_SEQUENCE_ABSENT);
}

// ---- VOT -------------------------------------------------------------------------------------------

const char polygon[] = "10,20,10,50,30,50,30,20\n";

TEST_F(DatasetLayouts, VotPolygonsAndTags) {
  put("list.txt", "bag\r\nbook\r\n\r\n");
  images("bag", 1, 3, 8);
  put("bag/groundtruth.txt", std::string(polygon) + polygon + "nan,nan,nan,nan,nan,nan,nan,nan\n");
  put("bag/occlusion.tag", "0\n1\n");
  put("bag/camera_motion.label", "1\n0\n1\n");
  images("book/color", 1, 2, 8);
  put("book/groundtruth.txt", "10,20,20,30\n11,20,20,30");
  put("book/sequence", "channels.color=color/%08d.jpg\nformat=default\nheight = 480\nwidth=640\n");
  put("other/groundtruth.txt", polygon);
  Set set = open_set("vot", root());
  ASSERT_TRUE(set) << dslt_last_error();
  ASSERT_EQ(dslt_dataset_count(set.get()), 2);  // list.txt decides
  const dslt_sequence *bag = sequence_of(set, "bag"), *book = sequence_of(set, "book");
  EXPECT_EQ(bag->frames, 3);
  EXPECT_EQ(bag->nan_rows, 1);
  EXPECT_EQ(bag->polygons[3], 50);  // 0-based as published
  EXPECT_NEAR(bag->truth[0].x, 10, 1e-9);
  EXPECT_NEAR(bag->truth[0].width, 20, 1e-9);
  EXPECT_TRUE(std::isnan(bag->truth[2].x));
  ASSERT_EQ(bag->label_count, 2);
  EXPECT_EQ(label_of(bag, "occlusion")->values[1], 1);
  EXPECT_EQ(label_of(bag, "occlusion")->values[2], 0);  // padded
  EXPECT_EQ(label_of(bag, "camera_motion")->values[2], 1);
  EXPECT_STREQ(bag->note, "");
  EXPECT_EQ(frame_of(set, "bag", 2), "bag/00000003.jpg");
  EXPECT_EQ(frame_of(set, "book", 0), "book/color/00000001.jpg");
  EXPECT_EQ(book->width, 640);
  EXPECT_EQ(book->height, 480);
  const double corners[8] = {10, 20, 30, 20, 30, 50, 10, 50};
  for (int i = 0; i < 8; i++) EXPECT_EQ(book->polygons[i], corners[i]);
  EXPECT_EQ(book->truth[1].x, 11);
}

TEST_F(DatasetLayouts, VotWithoutListAndInAWorkspace) {
  put("sequences/list.txt", "bag\n");
  images("sequences/bag/color", 1, 1, 8);
  put("sequences/bag/groundtruth.txt", polygon);
  images("loose/ball", 1, 1, 8);
  put("loose/ball/groundtruth.txt", polygon);
  Set set = open_set("vot", root());
  EXPECT_EQ(frame_of(set, "bag", 0), "sequences/bag/color/00000001.jpg");
  set = open_set("vot", path("loose"));
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_count(set.get()), 1);
  put("flat/bag.txt", polygon);
  put("flat/list.txt", "bag\nball\n");
  set = open_set("vot", path("flat"));
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_EQ(sequence_of(set, "bag")->state, DSLT_SEQUENCE_READY);
  EXPECT_EQ(sequence_of(set, "ball")->state, DSLT_SEQUENCE_ABSENT);
}

TEST_F(DatasetLayouts, Vot2016HasItsList) {
  images("bag", 1, 1, 8);
  put("bag/groundtruth.txt", polygon);
  put("nobody/groundtruth.txt", polygon);
  Set set = open_set("vot2016", root());
  EXPECT_EQ(dslt_dataset_count(set.get()), 60);
  EXPECT_EQ(dslt_dataset_count_ready(set.get()), 1);
}

TEST_F(DatasetLayouts, VotOddities) {
  images("a", 1, 1, 8);
  put("a/groundtruth.txt", "m0,0,12,12,4,5\n");
  images("b", 1, 1, 8);
  put("b/groundtruth.txt", "1,2,3\n");
  images("c", 1, 5, 8);
  put("c/groundtruth.txt", std::string(polygon) + polygon);
  put("c/occlusion.tag", "0\n1\n1\n");
  put("c/size_change.tag", "300\n");
  put("c/motion_change.tag", "yes\n");
  put("d/groundtruth.txt", polygon);
  put("d/sequence", "channels.color=../../etc/%08d.jpg\n");
  images("d", 1, 1, 8);
  Set set = open_set("vot", root());
  EXPECT_EQ(sequence_of(set, "a")->state, DSLT_SEQUENCE_BAD_TRUTH);
  EXPECT_TRUE(has(sequence_of(set, "b")->note, "3 numbers a line instead of four corners"))
      << sequence_of(set, "b")->note;
  const dslt_sequence *c = sequence_of(set, "c");
  EXPECT_TRUE(has(c->note, "occlusion.tag has 3 values for 2 frames; the rule:")) << c->note;
  EXPECT_TRUE(has(c->note, "no whole number from 0 to 255")) << c->note;
  EXPECT_TRUE(has(c->note, "not a number")) << c->note;
  EXPECT_EQ(c->label_count, 1);
  EXPECT_EQ(found_frames(set, "c"), 2);
  EXPECT_TRUE(has(c->note, "5 images, but ground truth for 2 frames; the rule:")) << c->note;
  EXPECT_STREQ(sequence_of(set, "d")->folder, "d");
  put("list.txt", "a\n../b\n");
  EXPECT_FALSE(open_set("vot", root()));
  EXPECT_TRUE(has(dslt_last_error(), "Line 2 of ")) << dslt_last_error();
}

// ---- GOT-10k ---------------------------------------------------------------------------------------

TEST_F(DatasetLayouts, Got10kSplits) {
  const std::string val = "val/GOT-10k_Val_000001/";
  put("val/list.txt", "GOT-10k_Val_000001\nGOT-10k_Val_000002\n");
  images(val, 1, 3, 8);
  put(val + "groundtruth.txt", "100.0000,20.0000,30.5000,40.0000\n101,20,30,40\n102,20,30,40\n");
  put(val + "absence.label", "0\n0\n1\n");
  put(val + "cover.label", "8\n7\n0\n");
  put(val + "cut_by_image.label", "0\n0\n");
  put(val + "meta_info.ini", "[METAINFO]\nurl: https://example.org/?a=b\nresolution: (1920, 1080)\n");
  const std::string test = "test/GOT-10k_Test_000001/";
  put("test/list.txt", "GOT-10k_Test_000001\n");
  images(test, 1, 9, 8);
  put(test + "groundtruth.txt", "5,6,7,8\n");

  Set set = open_set("got10k", root());
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_TRUE(has(dslt_dataset_note(set.get()), "val is used"));
  EXPECT_EQ(dslt_dataset_count(set.get()), 2);
  const dslt_sequence *one = sequence_of(set, "GOT-10k_Val_000001");
  EXPECT_EQ(one->truth[0].x, 99);
  EXPECT_EQ(one->truth[0].width, 30.5);
  EXPECT_EQ(one->width, 1920);
  EXPECT_EQ(one->height, 1080);
  ASSERT_EQ(one->label_count, 3);
  EXPECT_EQ(label_of(one, "cover")->values[0], 8);
  EXPECT_EQ(label_of(one, "absence")->values[2], 1);
  EXPECT_TRUE(has(one->note, "cut_by_image.label has 2 values for 3 frames")) << one->note;
  EXPECT_EQ(sequence_of(set, "GOT-10k_Val_000002")->state, DSLT_SEQUENCE_ABSENT);
  EXPECT_EQ(frame_of(set, "GOT-10k_Val_000001", 2), val + "00000003.jpg");

  set = open_set("got10k-test", root());
  ASSERT_TRUE(set) << dslt_last_error();
  const dslt_sequence *hidden = sequence_of(set, "GOT-10k_Test_000001");
  EXPECT_EQ(hidden->frames, 9);
  EXPECT_EQ(hidden->truth_known, 1);
  EXPECT_EQ(hidden->truth_rows, 1);
  EXPECT_EQ(hidden->truth[0].x, 4);
  EXPECT_TRUE(std::isnan(hidden->truth[8].x));
  EXPECT_EQ(hidden->nan_rows, 0);
  EXPECT_TRUE(findings(set, "nan").empty());
  EXPECT_EQ(problems_, 0);
  EXPECT_EQ(whole_, 1);

  set = open_set("got10k", path("test"));  // the split itself
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_STREQ(dslt_dataset_note(set.get()), "");
  EXPECT_FALSE(open_set("got10k-train", root()));
}

TEST_F(DatasetLayouts, Got10kWithoutListAndWithPolygons) {
  images("a", 1, 1, 8);
  put("a/groundtruth.txt", "1,2,3,4\n");
  images("b", 1, 1, 8);
  put("b/groundtruth.txt", polygon);
  Set set = open_set("got10k", root());
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_TRUE(has(dslt_dataset_note(set.get()), "no list.txt"));
  EXPECT_EQ(sequence_of(set, "b")->state, DSLT_SEQUENCE_BAD_TRUTH);
  EXPECT_TRUE(has(sequence_of(set, "b")->note, "polygons belong to the dataset \"vot\""))
      << sequence_of(set, "b")->note;
  EXPECT_EQ(findings(set, "set", false).size(), 1u);
}

// ---- LaSOT -----------------------------------------------------------------------------------------

TEST_F(DatasetLayouts, Lasot) {
  for (const char *name : {"airplane/airplane-1", "airplane/airplane-2", "zebra/zebra-10"}) {
    const std::string folder = name;
    images(folder + "/img", 1, 4, 8);
    put(folder + "/groundtruth.txt", rows(4));
    put(folder + "/full_occlusion.txt", "0,0,1,0");
    put(folder + "/out_of_view.txt", "0,1,0,0\n");
    put(folder + "/nlp.txt", "white airplane");
  }
  Set set = open_set("lasot", root());
  ASSERT_TRUE(set) << dslt_last_error();
  ASSERT_EQ(dslt_dataset_count(set.get()), 3);
  const dslt_sequence *zebra = sequence_of(set, "zebra-10");
  EXPECT_STREQ(zebra->folder, "zebra/zebra-10/img");
  EXPECT_EQ(zebra->frames, 4);
  EXPECT_EQ(label_of(zebra, "full_occlusion")->values[2], 1);
  EXPECT_EQ(label_of(zebra, "out_of_view")->values[1], 1);
  EXPECT_EQ(frame_of(set, "zebra-10", 3), "zebra/zebra-10/img/00000004.jpg");
  EXPECT_TRUE(has(dslt_dataset_note(set.get()), "no testing_set.txt"));

  put("testing_set.txt", "airplane-2\nbear-1\n");
  set = open_set("lasot", root());
  ASSERT_EQ(dslt_dataset_count(set.get()), 2);
  EXPECT_EQ(sequence_of(set, "airplane-2")->state, DSLT_SEQUENCE_READY);
  EXPECT_EQ(sequence_of(set, "bear-1")->state, DSLT_SEQUENCE_ABSENT);

  set = open_set("lasot", path("airplane"));  // one class alone
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_count(set.get()), 2);
  put("flat/zebra-10.txt", rows(4));
  set = open_set("lasot", path("flat"));
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_count_ready(set.get()), 1);
}

// A row in which any number is missing is no box at all.
TEST_F(DatasetLayouts, OneNanMakesTheWholeRowNan) {
  images("walk", 1, 5, 8);
  put("walk/groundtruth.txt", "1,2,3,4\nnan,2,3,4\n1,nan,3,4\n1,2,nan,4\n1,2,3,nan\n");
  Set set = open_set("got10k", root());
  ASSERT_TRUE(set) << dslt_last_error();
  const dslt_sequence *walk = sequence_of(set, "walk");
  ASSERT_EQ(walk->frames, 5);
  EXPECT_EQ(walk->nan_rows, 4);
  EXPECT_EQ(walk->truth[0].width, 3);
  for (int i = 1; i < 5; i++) {
    const dslt_box &box = walk->truth[i];
    for (double value : {box.x, box.y, box.width, box.height}) EXPECT_TRUE(std::isnan(value)) << i;
  }
}

// ---- folders ---------------------------------------------------------------------------------------

TEST_F(DatasetLayouts, FolderTakesWhateverIsThere) {
  images("walk/img", 1, 3);
  put("walk/groundtruth_rect.txt", "1\t2\t3\t4\r\n1 2 3 4\r\n1,2,3,4");
  images("run/img", 0, 4);
  put("run/groundtruth_rect.1.txt", rows(5));
  put("run/groundtruth_rect.2.txt", rows(5, 50));
  put("run/groundtruth_rect.3.txt", "");
  images("bare/img", 1, 2);
  images("flat", 7, 9);
  put("flat/groundtruth_rect.txt", rows(3));
  put("docs/readme.txt");
  put("strange/groundtruth_rect.txt.bak", rows(3));
  Set set = open_set("folder", root());
  ASSERT_TRUE(set) << dslt_last_error();
  ASSERT_EQ(dslt_dataset_count(set.get()), 5);
  EXPECT_STREQ(dslt_dataset_at(set.get(), 0)->name, "bare");
  EXPECT_EQ(dslt_dataset_at(set.get(), 0)->state, DSLT_SEQUENCE_NO_TRUTH);
  EXPECT_STREQ(dslt_dataset_at(set.get(), 2)->name, "run-1");
  EXPECT_EQ(sequence_of(set, "run-2")->truth[0].x, 49);
  EXPECT_TRUE(has(dslt_dataset_note(set.get()), "groundtruth_rect.3.txt is empty"));
  EXPECT_EQ(sequence_of(set, "walk")->frames, 3);
  EXPECT_EQ(frame_of(set, "run-1", 0), "run/img/0000.jpg");
  EXPECT_EQ(frame_of(set, "flat", 2), "flat/0009.jpg");
}

TEST_F(DatasetLayouts, FolderPairsFramesByRule) {
  images("extra/img", 3, 12);
  put("extra/groundtruth_rect.txt", rows(8));
  images("few/img", 1, 5);
  put("few/groundtruth_rect.txt", rows(8));
  images("hole/img", 1, 8);
  std::filesystem::remove(path("hole/img/0004.jpg"));
  put("hole/groundtruth_rect.txt", rows(8));
  for (int i = 0; i < 5; i++) put("step/img/f" + std::to_string(i * 10) + ".png");
  put("step/groundtruth_rect.txt", rows(5));
  for (const char *name : {"b", "a", "c"}) put("letters/img/" + std::string(name) + ".jpg");
  put("letters/groundtruth_rect.txt", rows(3));
  put("some/img/x.jpg");
  put("some/groundtruth_rect.txt", rows(2));
  Set set = open_set("folder", root());
  EXPECT_EQ(found_frames(set, "extra"), 8);
  EXPECT_EQ(frame_of(set, "extra", 0), "extra/img/0003.jpg");
  EXPECT_TRUE(has(sequence_of(set, "extra")->note,
                  "extra: 10 images, but ground truth for 8 frames; the rule: row n belongs to the image "
                  "with the number 2 + n"))
      << sequence_of(set, "extra")->note;
  EXPECT_EQ(found_frames(set, "few"), 5);
  EXPECT_TRUE(has(frame_of(set, "few", 5).c_str(), "holds 5 of its 8 frames"));
  EXPECT_EQ(found_frames(set, "hole"), 7);
  EXPECT_TRUE(has(frame_of(set, "hole", 3).c_str(), "Frame 3 of hole is missing"));
  EXPECT_EQ(frame_of(set, "hole", 4), "hole/img/0005.jpg");
  EXPECT_EQ(frame_of(set, "step", 4), "step/img/f40.png");  // by value, not as text
  EXPECT_EQ(frame_of(set, "letters", 0), "letters/img/a.jpg");
  EXPECT_EQ(found_frames(set, "some"), 1);
  EXPECT_TRUE(has(sequence_of(set, "some")->note, "1 images without numbers"));
  const auto gaps = findings(set, "gap");
  EXPECT_EQ(gaps.size(), 4u);  // few, hole, some and the skipped numbers of step
  EXPECT_EQ(whole_, 3);
}

// Pictures that differ in their ending alone are the same frames once more: no layout takes either half in silence.
TEST_F(DatasetLayouts, FramesInTwoKindsAreRefusedByEveryLayout) {
  images("folder/twice/img", 1, 3);
  images("folder/twice/img", 1, 3, 4, "png");
  put("folder/twice/groundtruth_rect.txt", rows(3));
  for (const char *name : {"a.bmp", "b.bmp", "a.tif", "c.jpg"})
    put("folder/letters/img/" + std::string(name));
  put("folder/letters/groundtruth_rect.txt", rows(3));
  images("folder/good/img", 1, 3);
  put("folder/good/img/notes.txt");
  put("folder/good/groundtruth_rect.txt", rows(3));
  images("vot/bag", 1, 2, 8);
  images("vot/bag", 2, 2, 8, "png");
  put("vot/bag/groundtruth.txt", std::string(polygon) + polygon);
  images("lasot/cup/cup-1/img", 1, 2, 8);
  images("lasot/cup/cup-1/img", 1, 1, 8, "webp");
  put("lasot/cup/cup-1/groundtruth.txt", rows(2));
  const Set folder = open_set("folder", path("folder")), vot = open_set("vot", path("vot")),
            lasot = open_set("lasot", path("lasot"));
  const struct {
    const Set &set;
    const char *name, *sentence;
  } cases[] = {
      {folder, "twice", "3 of its 6 pictures bear the number of another, like 0001.jpg and 0001.png"},
      {folder, "letters",
       "1 of its 4 pictures differ from another only in their ending, like a.bmp and a.tif"},
      {vot, "bag", "1 of its 3 pictures bear the number of another, like 00000002.jpg and 00000002.png"},
      {lasot, "cup-1", "1 of its 3 pictures bear the number of another, like 00000001.jpg and 00000001.webp"},
  };
  for (const auto &c : cases) {
    ASSERT_TRUE(c.set) << dslt_last_error();
    EXPECT_TRUE(has(frame_of(c.set, c.name, 1).c_str(), c.sentence)) << frame_of(c.set, c.name, 1);
  }
  EXPECT_EQ(frame_of(folder, "good", 2), "good/img/0003.jpg");
  EXPECT_EQ(findings(folder, "duplicate").size(), 2u);
  EXPECT_EQ(whole_, 1);
}

TEST_F(DatasetLayouts, FolderKnowsOtbsDavid) {
  images("David/img", 1, 770);
  put("David/groundtruth_rect.txt", rows(471));
  Set set = open_set("folder", root());
  EXPECT_EQ(frame_of(set, "David", 0), "David/img/0300.jpg");
  EXPECT_TRUE(has(sequence_of(set, "David")->note, "the images 300 to 770 of OTB's sequence"));
}

TEST_F(DatasetLayouts, FolderOfAnnotationsAlone) {
  put("one.txt", rows(3));
  put("two.TXT", rows(4));
  put("README.txt", "words");
  put("list.txt", "one\ntwo\n");
  Set set = open_set("folder", root());
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_count(set.get()), 2);
  EXPECT_EQ(sequence_of(set, "two")->frames, 4);
}

}  // namespace
