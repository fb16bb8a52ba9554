/* SPDX-License-Identifier: Apache-2.0 */
// A layout that no list names (toy_layout.c) opens, selects and finds its frames like the built-in ones: a new layout
// is one file.
#include <set>

#include "dataset/dataset_internal.h"
#include "dataset_tree.h"

extern "C" const dslt_layout toy_layout;

namespace {

class ToyLayout : public TreeTest {
 protected:
  Set open() {
    dslt_dataset *set = nullptr;
    code = dslt_dataset_open_kind(&set, &toy_layout.kinds[0], root().c_str());
    return Set(set, dslt_dataset_free);
  }
  int code = DSLT_OK;
};

TEST_F(ToyLayout, ReadsSequencesBoxesAndFrames) {
  put("truth/cup.csv", "1,2,30,40\n2,3,30,40\nnan,nan,nan,nan\n");
  put("truth/car.csv", "11,12,5,6\n");
  for (const char *name : {"cup/pictures/0001.ppm", "cup/pictures/0002.ppm", "cup/pictures/0003.ppm"})
    put(name);
  const Set set = open();
  ASSERT_EQ(code, DSLT_OK) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_count(set.get()), 2);
  EXPECT_EQ(dslt_dataset_count_ready(set.get()), 2);
  const dslt_sequence *cup = sequence_of(set, "Cup");
  ASSERT_NE(cup, nullptr);
  EXPECT_EQ(cup->frames, 3);
  EXPECT_EQ(cup->nan_rows, 1);
  EXPECT_EQ(cup->truth[1].x, 1);  // rows are 1-based, boxes 0-based
  EXPECT_EQ(cup->truth[1].height, 40);
  EXPECT_EQ(found_frames(set, "cup"), 3);
  EXPECT_EQ(frame_of(set, "cup", 2), "cup/pictures/0003.ppm");
  ASSERT_EQ(dslt_dataset_select(set.get(), "car"), DSLT_OK);
  EXPECT_EQ(dslt_dataset_count(set.get()), 1);
}

TEST_F(ToyLayout, SaysWhatARootShouldHold) {
  put("elsewhere/notes.md", "nothing of interest");
  const Set set = open();
  EXPECT_EQ(code, DSLT_EIO);
  EXPECT_EQ(set, nullptr);
  EXPECT_TRUE(has(dslt_last_error(), "a toy set")) << dslt_last_error();
  EXPECT_TRUE(has(dslt_last_error(), "ROOT/truth/NAME.csv")) << dslt_last_error();
}

TEST_F(ToyLayout, ABadFileOfBoxesKeepsItsSequenceWithTheReason) {
  put("truth/cup.csv", "1,2,30,forty\n");
  const Set set = open();
  ASSERT_EQ(code, DSLT_OK) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_at(set.get(), 0)->state, DSLT_SEQUENCE_BAD_TRUTH);
  EXPECT_TRUE(has(dslt_dataset_at(set.get(), 0)->note, "truth/cup.csv"))
      << dslt_dataset_at(set.get(), 0)->note;
}

// Nothing was registered: the built-in list is as it was.
TEST_F(ToyLayout, LeavesTheBuiltInListAlone) {
  const dslt_dataset_kind *kind = nullptr;
  EXPECT_EQ(dslt_dataset_kind_find(&kind, "toy"), DSLT_EOPTION);
  std::set<std::string> names;
  for (int i = 0; (kind = dslt_dataset_kind_at(i)); i++) {
    EXPECT_TRUE(names.insert(kind->name).second) << kind->name;
    EXPECT_NE(kind->layout->read, nullptr) << kind->name;
    EXPECT_NE(kind->layout, &toy_layout);
  }
  EXPECT_EQ(names.size(), 15u);
  EXPECT_EQ(dslt_dataset_kind_at(-1), nullptr);
}

}  // namespace
