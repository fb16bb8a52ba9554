/* SPDX-License-Identifier: Apache-2.0 */
// A set as callers use it: finding, selecting, wrong roots, guessing; the text parsers; and the real
// sequences.
#include <cmath>

#include "dataset/dataset_files.h"
#include "dataset/dataset_text.h"
#include "dataset_tree.h"

namespace {

class Dataset : public TreeTest {
 protected:
  void deer(const std::string &folder = "") {
    images(folder + "Deer/img", 1, 71);
    put(folder + "Deer/groundtruth_rect.txt", rows(71));
  }
};

// ---- names -----------------------------------------------------------------------------------------

TEST_F(Dataset, FindsNamesAsResultsSpellThem) {
  deer();
  Set set = open_set("otb100", root());
  for (const char *name : {"Jogging-1", "jogging_1", "JOGGING.1", "jogging1"})
    EXPECT_STREQ(sequence_of(set, name)->name, "Jogging-1") << name;
  EXPECT_STREQ(sequence_of(set, "fleetface")->name, "FleetFace");
  EXPECT_STREQ(sequence_of(set, "human4_2")->name, "Human4-2");
  EXPECT_STREQ(sequence_of(set, "Human4.2")->name, "Human4-2");
  for (const char *name : {"", "Jogging", "Deer2", "Human4", "-"})
    EXPECT_EQ(dslt_dataset_find(set.get(), name), -1) << name;

  put("anno/UAV123/car11.txt", rows(337));
  set = open_set("uav123", root());
  EXPECT_STREQ(sequence_of(set, "car11")->name, "car11");
  EXPECT_STREQ(sequence_of(set, "car1-1")->name, "car1_1");
  EXPECT_STREQ(sequence_of(set, "Car1_1")->name, "car1_1");
  EXPECT_STREQ(sequence_of(set, "uav_car1_1")->name, "car1_1");
  EXPECT_STREQ(sequence_of(set, "uav1_1")->name, "uav1_1");
  EXPECT_STREQ(sequence_of(set, "uav_uav8")->name, "uav8");
}

TEST(DatasetNames, Fit) {
  auto fit = [](const char *a, const char *b) { return dslt_name_fit(a, strlen(a), b, strlen(b)); };
  EXPECT_EQ(fit("a-1", "a-1"), DSLT_FIT_EXACT);
  EXPECT_EQ(fit("A-1", "a-1"), DSLT_FIT_CASE);
  EXPECT_EQ(fit("A_1", "a-1"), DSLT_FIT_SEPARATORS);
  EXPECT_EQ(fit("a1", "a-1"), DSLT_FIT_BARE);
  EXPECT_EQ(fit("a1-", "-a1"), DSLT_FIT_BARE);
  EXPECT_EQ(fit("a1", "a2"), DSLT_FIT_NONE);
  EXPECT_EQ(fit("a1", "a12"), DSLT_FIT_NONE);
}

TEST_F(Dataset, SelectsInTheSetsOrder) {
  deer();
  Set set = open_set("otb100", root());
  const dslt_sequence *bolt = sequence_of(set, "Bolt");
  ASSERT_EQ(dslt_dataset_select(set.get(), " Deer , jogging_1,,Bolt,Deer,"), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_dataset_count(set.get()), 3);
  EXPECT_EQ(dslt_dataset_at(set.get(), 0), bolt);
  EXPECT_STREQ(dslt_dataset_at(set.get(), 1)->name, "Deer");
  EXPECT_STREQ(dslt_dataset_at(set.get(), 2)->name, "Jogging-1");
  EXPECT_EQ(dslt_dataset_at(set.get(), 3), nullptr);
  EXPECT_EQ(dslt_dataset_find(set.get(), "Basketball"), -1);
  EXPECT_EQ(dslt_dataset_select(set.get(), "Deer,Bolr"), DSLT_EOPTION);
  EXPECT_TRUE(has(dslt_last_error(), "no sequence \"Bolr\": did you mean \"Bolt\"?")) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_select(set.get(), "something-else"), DSLT_EOPTION);
  EXPECT_TRUE(has(dslt_last_error(), "dslt dataset list otb100")) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_count(set.get()), 3);
  EXPECT_EQ(dslt_dataset_select(set.get(), nullptr), DSLT_OK);
  EXPECT_EQ(dslt_dataset_select(set.get(), ","), DSLT_OK);
  EXPECT_EQ(dslt_dataset_count(set.get()), 3);
  EXPECT_EQ(dslt_dataset_drop_unready(set.get()), 2);
  EXPECT_EQ(frame_of(set, "Deer", 0), "Deer/img/0001.jpg");
}

// ---- wrong roots -----------------------------------------------------------------------------------

TEST_F(Dataset, NamesTheFolderThatLooksRight) {
  deer("data/OTB/");
  const std::string right = path("data/OTB") + " looks right: it has 1";
  for (const char *wrong : {"data", "data/OTB/Deer", "data/OTB/Deer/img"}) {
    EXPECT_FALSE(open_set("otb2013", path(wrong)));
    EXPECT_TRUE(has(dslt_last_error(), right)) << dslt_last_error();
  }
  EXPECT_FALSE(open_set("folder", path("data/OTB/Deer")));
  EXPECT_TRUE(has(dslt_last_error(), right)) << dslt_last_error();
  EXPECT_FALSE(open_set("vot", path("data/OTB")));
  EXPECT_TRUE(has(dslt_last_error(), "looks like the dataset \"folder\" (1 sequences)")) << dslt_last_error();
  put("else/anno/UAV123/uav2.txt", rows(133));
  for (const char *wrong : {"else", "else/anno"}) {
    Set set = open_set("uav123", path(wrong));
    EXPECT_EQ(set != nullptr, std::string(wrong) == "else");
  }
  EXPECT_TRUE(has(dslt_last_error(), "looks right")) << dslt_last_error();
  std::filesystem::create_directories(path("a/b/c/d"));
  EXPECT_FALSE(open_set("lasot", path("a/b/c")));
  EXPECT_TRUE(has(dslt_last_error(), "Expected: ROOT/CLASS")) << dslt_last_error();
}

TEST_F(Dataset, RefusesWhatIsNoFolder) {
  put("file");
  dslt_dataset *set = nullptr;
  EXPECT_EQ(dslt_dataset_open(&set, "otb100", path("none").c_str()), DSLT_EIO);
  EXPECT_TRUE(has(dslt_last_error(), "is not there")) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_open(&set, "otb100", path("file").c_str()), DSLT_EIO);
  EXPECT_TRUE(has(dslt_last_error(), "is a file")) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_open(&set, "otb100", ""), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_dataset_open(&set, "otb1000", root().c_str()), DSLT_EOPTION);
  EXPECT_EQ(set, nullptr);
  dslt_dataset_free(nullptr);
}

TEST_F(Dataset, GuessesTheKind) {
  const dslt_dataset_kind *kind = nullptr;
  int count = 0;
  deer("otb/");
  ASSERT_EQ(dslt_dataset_guess(&kind, &count, path("otb").c_str()), DSLT_OK) << dslt_last_error();
  EXPECT_STREQ(kind->name, "folder");  // one of 51 is no OTB-2013
  EXPECT_EQ(count, 1);
  const dslt_dataset_kind *published = nullptr;
  dslt_dataset_kind_find(&published, "otb50");
  for (int i = 0; i < 40; i++)
    put("half/" + std::string(dslt_dataset_kind_sequence(published, i)) + ".txt", rows(100));
  ASSERT_EQ(dslt_dataset_guess(&kind, &count, path("half").c_str()), DSLT_OK) << dslt_last_error();
  EXPECT_STREQ(kind->name, "otb50");
  EXPECT_EQ(count, 40);
  put("uav/anno/UAV20L/uav1.txt", rows(3469));
  ASSERT_EQ(dslt_dataset_guess(&kind, &count, path("uav").c_str()), DSLT_OK) << dslt_last_error();
  EXPECT_STREQ(kind->name, "uav20l");
  EXPECT_EQ(dslt_dataset_guess(&kind, &count, path("otb/Deer/img").c_str()), DSLT_EIO);
  EXPECT_TRUE(has(dslt_last_error(), "OTB-like set")) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_guess(&kind, &count, path("nowhere").c_str()), DSLT_EIO);
}

// ---- small text files ------------------------------------------------------------------------------

int parse(dslt_numbers *out, const std::string &text, int columns = 8, int flat = 0) {
  return dslt_numbers_parse(out, text.data(), text.size(), "t.txt", columns, flat);
}

TEST(DatasetText, Numbers) {
  for (const char *text : {"1,2\n3,4\n", "1 2\r\n3\t4",
                           "\xef\xbb\xbf"
                           "1;2\n3 , 4\n\n \n"}) {
    dslt_numbers table = {};
    ASSERT_EQ(parse(&table, text), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(table.rows, 2);
    EXPECT_EQ(table.columns, 2);
    EXPECT_EQ(table.values[3], 4);
    free(table.values);
  }
  dslt_numbers flat = {};
  ASSERT_EQ(parse(&flat, "0,1,0\n\n1\nNaN -2.5e1", 1, 1), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(flat.rows, 6);
  EXPECT_EQ(flat.columns, 1);
  EXPECT_TRUE(std::isnan(flat.values[4]));
  EXPECT_EQ(flat.values[5], -25);
  free(flat.values);
  struct Case {
    const char *text, *words;
  } cases[] = {{"", "holds no numbers"},
               {"\n \n", "holds no numbers"},
               {"1,2\n3\n", "Line 2 of t.txt holds 1 numbers, the lines before it 2"},
               {"1,2,3\n", "holds 3 numbers, at most 2"},
               {"1,2\n\n3,4\n", "Line 2 of t.txt is empty"},
               {"1,,2\n", "not a number"},
               {"1,2,\n", "ends with a separator"},
               {"1,0x2\n", "not a number"},
               {"1,inf\n", "not a number"},
               {"1,1e999\n", "not a number"},
               {",1\n", "not a number"},
               {"1,2.3.4\n", "not a number"},
               {"1 2 a\n", "not a number"}};
  for (const Case &c : cases) {
    dslt_numbers table = {};
    EXPECT_EQ(parse(&table, c.text, 2), DSLT_EFORMAT) << c.text;
    EXPECT_TRUE(has(dslt_last_error(), c.words)) << dslt_last_error();
    EXPECT_EQ(table.values, nullptr);
  }
  EXPECT_EQ(parse(&flat, std::string("1\0002", 3)), DSLT_EFORMAT);
  EXPECT_EQ(parse(&flat, std::string(100, '1')), DSLT_EFORMAT);
}

TEST(DatasetText, Names) {
  dslt_names names = {};
  const std::string text = "\xef\xbb\xbf one \r\n\r\ntwo words\nthree";
  ASSERT_EQ(dslt_names_parse(&names, text.data(), text.size(), "list.txt"), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(names.count, 3);
  EXPECT_STREQ(names.names[0], "one");
  EXPECT_STREQ(names.names[1], "two words");
  dslt_names_free(&names);
  for (const std::string &bad :
       {std::string("a\n../b\n"), std::string("a\n..\n"), std::string("a\n.\n"), std::string("a\nb/c"),
        std::string("a\nb\x01"), std::string("a\n") + std::string(201, 'x'), std::string("a\nb\0c", 5)}) {
    EXPECT_EQ(dslt_names_parse(&names, bad.data(), bad.size(), "list.txt"), DSLT_EFORMAT) << bad;
    EXPECT_TRUE(has(dslt_last_error(), "Line 2 of list.txt")) << dslt_last_error();
  }
  EXPECT_EQ(dslt_names_parse(&names, "\n", 1, "list.txt"), DSLT_EFORMAT);
}

TEST(DatasetText, Settings) {
  char value[8];
  const char text[] = "[META]\n  width = 640 \r\nheight:480\nwidths=1\nlong=0123456789\nempty=";
  EXPECT_EQ(dslt_setting(value, sizeof value, text, "width"), 1);
  EXPECT_STREQ(value, "640");
  EXPECT_EQ(dslt_setting(value, sizeof value, text, "height"), 1);
  EXPECT_STREQ(value, "480");
  EXPECT_EQ(dslt_setting(value, sizeof value, text, "long"), 1);
  EXPECT_STREQ(value, "0123456");
  EXPECT_EQ(dslt_setting(value, sizeof value, text, "empty"), 1);
  EXPECT_STREQ(value, "");
  EXPECT_EQ(dslt_setting(value, sizeof value, text, "depth"), 0);
}

// ---- the real ones ---------------------------------------------------------------------------------

#define NEED(folder) \
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << skip::kShared << folder

TEST_F(Dataset, SharedAnnotationsOfOtb100) {
  NEED(DSLT_TEST_SHARED "/data/otb100-anno");
  Set set = open_set("otb100", DSLT_TEST_SHARED "/data/otb100-anno");
  ASSERT_TRUE(set) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_count_ready(set.get()), 100);
  int frames = 0, invalid = 0;
  for (int i = 0; i < 100; i++) {
    const dslt_sequence *seen = dslt_dataset_at(set.get(), i);
    EXPECT_STREQ(seen->note, "") << seen->name;
    EXPECT_EQ(seen->nan_rows, 0);
    frames += seen->frames + seen->skipped;
    for (int f = 0; f < seen->frames; f++) {
      const dslt_box &box = seen->truth[f];
      invalid += box.x + 1 <= 0 || box.y + 1 <= 0 || box.width <= 0 || box.height <= 0;
    }
  }
  EXPECT_EQ(frames, 59040);
  EXPECT_EQ(invalid, 10);  // Biker 7, Board, Crowds, Twinnings
  EXPECT_EQ(dslt_dataset_count_ready(open_set("otb2013", DSLT_TEST_SHARED "/data/otb100-anno").get()), 51);
  EXPECT_EQ(dslt_dataset_count_ready(open_set("otb50", DSLT_TEST_SHARED "/data/otb100-anno").get()), 50);
  const dslt_dataset_kind *kind = nullptr;
  ASSERT_EQ(dslt_dataset_guess(&kind, nullptr, DSLT_TEST_SHARED "/data/otb100-anno"), DSLT_OK);
  EXPECT_STREQ(kind->name, "otb100");
}

TEST_F(Dataset, SharedSequences) {
  NEED(DSLT_TEST_SHARED "/data/sequences");
  struct Case {
    const char *kind, *root;
    int ready, frames;
  } cases[] = {{"folder", "otb", 10, 3014},
               {"otb2013", "otb", 10, 3014},
               {"vot", "vot", 2, 371},
               {"vot2016", "vot", 2, 371},
               {"uav123_10fps", "uav123", 1, 67}};
  for (const Case &c : cases) {
    Set set = open_set(c.kind, std::string(DSLT_TEST_SHARED "/data/sequences/") + c.root);
    ASSERT_TRUE(set) << dslt_last_error();
    dslt_dataset_drop_unready(set.get());
    EXPECT_EQ(dslt_dataset_count(set.get()), c.ready) << c.kind;
    int frames = 0;
    for (int i = 0; i < dslt_dataset_count(set.get()); i++) {
      const dslt_sequence *seen = dslt_dataset_at(set.get(), i);
      frames += seen->frames;
      EXPECT_STREQ(seen->note, "");
      EXPECT_EQ(seen->polygons != nullptr, std::string(c.root) == "vot");
      char path[4096];
      for (int f = 0; f < seen->frames; f++) {
        ASSERT_EQ(dslt_dataset_frame_path(path, sizeof path, set.get(), i, f), DSLT_OK) << dslt_last_error();
        ASSERT_TRUE(std::filesystem::is_regular_file(path)) << path;
      }
    }
    EXPECT_EQ(frames, c.frames) << c.kind;
    findings(set, "gap");
    EXPECT_EQ(problems_, 0);
    EXPECT_EQ(whole_, c.ready);
  }
}

}  // namespace
