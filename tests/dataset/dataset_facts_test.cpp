/* SPDX-License-Identifier: Apache-2.0 */
// The compiled-in tables: totals and counts that the benchmarks publish, the exceptions, and that generate.py
// still writes them.
#include <map>
#include <set>

#include "dataset/facts/facts.h"
#include "dataset_tree.h"

namespace {

std::vector<const dslt_fact *> members(unsigned bit) {
  std::vector<const dslt_fact *> list;
  for (int i = 0; i < dslt_facts_otb100_count; i++)
    if (!bit || (dslt_facts_otb100[i].member & bit)) list.push_back(&dslt_facts_otb100[i]);
  return list;
}

std::map<std::string, int> attribute_counts(unsigned bit, bool toolkit) {
  std::map<std::string, int> counts;
  for (const dslt_fact *fact : members(bit))
    for (int i = 0; i < dslt_facts_otb_attributes_count; i++)
      counts[dslt_facts_otb_attributes[i].name] +=
          ((toolkit ? fact->attributes_toolkit : fact->attributes) >> i) & 1;
  return counts;
}

const dslt_fact *otb(const std::string &name) {
  for (int i = 0; i < dslt_facts_otb100_count; i++)
    if (name == dslt_facts_otb100[i].name) return &dslt_facts_otb100[i];
  ADD_FAILURE() << name;
  return &dslt_facts_otb100[0];
}

TEST(DatasetFacts, EveryKindHasItsPublishedTotals) {
  for (int k = 0; const dslt_dataset_kind *kind = dslt_dataset_kind_at(k); k++) {
    int count = 0;
    std::set<std::string> names;
    while (const char *name = dslt_dataset_kind_sequence(kind, count)) {
      names.insert(name);
      count++;
    }
    EXPECT_EQ(count, kind->sequences) << kind->name;
    EXPECT_EQ((int)names.size(), count) << kind->name;
    EXPECT_EQ(dslt_dataset_kind_sequence(kind, -1), nullptr);
  }
  struct Total {
    const dslt_fact *facts;
    int count, frames;
  } totals[] = {{dslt_facts_tc128, dslt_facts_tc128_count, 55346},
                {dslt_facts_uav123, dslt_facts_uav123_count, 112578},
                {dslt_facts_uav20l, dslt_facts_uav20l_count, 58670},
                {dslt_facts_uav123_10fps, dslt_facts_uav123_10fps_count, 37607}};
  for (const Total &total : totals) {
    int frames = 0;
    for (int i = 0; i < total.count; i++) frames += total.facts[i].last - total.facts[i].first + 1;
    EXPECT_EQ(frames, total.frames) << total.facts[0].name;
  }
}

TEST(DatasetFacts, OtbSetsHaveThePublishedSizes) {
  struct Size {
    unsigned bit;
    size_t targets, folders;
    int frames;
  } sizes[] = {{DSLT_MEMBER_OTB2013, 51, 50, 29491}, {DSLT_MEMBER_OTB50, 50, 49, 26972}, {0, 100, 98, 59040}};
  for (const Size &size : sizes) {
    const auto list = members(size.bit);
    std::set<std::string> folders;
    int frames = 0;
    for (const dslt_fact *fact : list) {
      folders.insert(fact->folder);
      frames += fact->last - fact->first + 1;
    }
    EXPECT_EQ(list.size(), size.targets);
    EXPECT_EQ(folders.size(), size.folders);
    EXPECT_EQ(frames, size.frames);
  }
}

TEST(DatasetFacts, OtbAttributesCountAsPublished) {
  using Counts = std::map<std::string, int>;
  EXPECT_EQ(attribute_counts(0, false), (Counts{{"IV", 38},
                                                {"SV", 65},
                                                {"OCC", 49},
                                                {"DEF", 44},
                                                {"MB", 31},
                                                {"FM", 43},
                                                {"IPR", 51},
                                                {"OPR", 64},
                                                {"OV", 14},
                                                {"BC", 32},
                                                {"LR", 10}}));
  EXPECT_EQ(attribute_counts(0, true), (Counts{{"IV", 36},
                                               {"SV", 66},
                                               {"OCC", 53},
                                               {"DEF", 45},
                                               {"MB", 31},
                                               {"FM", 42},
                                               {"IPR", 52},
                                               {"OPR", 60},
                                               {"OV", 14},
                                               {"BC", 30},
                                               {"LR", 10}}));
  EXPECT_EQ(attribute_counts(DSLT_MEMBER_OTB2013, true), (Counts{{"IV", 25},
                                                                 {"SV", 28},
                                                                 {"OCC", 29},
                                                                 {"DEF", 19},
                                                                 {"MB", 12},
                                                                 {"FM", 17},
                                                                 {"IPR", 31},
                                                                 {"OPR", 39},
                                                                 {"OV", 6},
                                                                 {"BC", 21},
                                                                 {"LR", 4}}));
}

TEST(DatasetFacts, OtbExceptions) {
  struct Range {
    const char *name;
    int first, last, omit, digits;
    const char *truth;
  } ranges[] = {{"David", 300, 770, 0, 4, "groundtruth_rect.txt"},
                {"BlurCar1", 247, 988, 0, 4, "groundtruth_rect.txt"},
                {"BlurCar3", 3, 359, 0, 4, "groundtruth_rect.txt"},
                {"BlurCar4", 18, 397, 0, 4, "groundtruth_rect.txt"},
                {"Football1", 1, 74, 0, 4, "groundtruth_rect.txt"},
                {"Freeman3", 1, 460, 0, 4, "groundtruth_rect.txt"},
                {"Freeman4", 1, 283, 0, 4, "groundtruth_rect.txt"},
                {"Diving", 1, 215, 0, 4, "groundtruth_rect.txt"},
                {"Tiger1", 1, 354, 5, 4, "groundtruth_rect.txt"},
                {"Board", 1, 698, 0, 5, "groundtruth_rect.txt"},
                {"Jogging-2", 1, 307, 0, 4, "groundtruth_rect.2.txt"},
                {"Skating2-1", 1, 473, 0, 4, "groundtruth_rect.1.txt"},
                {"Human4-2", 1, 667, 0, 4, "groundtruth_rect.2.txt"}};
  int omitting = 0;
  for (const Range &range : ranges) {
    const dslt_fact *fact = otb(range.name);
    EXPECT_EQ(fact->first, range.first) << range.name;
    EXPECT_EQ(fact->last, range.last) << range.name;
    EXPECT_EQ(fact->omit, range.omit) << range.name;
    EXPECT_EQ(fact->digits, range.digits) << range.name;
    EXPECT_STREQ(fact->truth, range.truth);
  }
  for (const dslt_fact *fact : members(0)) omitting += fact->omit != 0;
  EXPECT_EQ(omitting, 1);
  EXPECT_STREQ(otb("Human4-2")->folder, "Human4");
}

TEST(DatasetFacts, OmittedRangesBelongToKnownSequences) {
  int all = 0;
  EXPECT_EQ(dslt_facts_otb_omitted_count, 27);
  for (int i = 0; i < dslt_facts_otb_omitted_count; i++) {
    const dslt_fact_omitted &omitted = dslt_facts_otb_omitted[i];
    const dslt_fact *fact = otb(omitted.name);
    all += omitted.count;
    for (int j = 0; j < omitted.count; j++) {
      EXPECT_LE(omitted.ranges[j].first, omitted.ranges[j].last);
      EXPECT_GE(omitted.ranges[j].first, fact->first) << omitted.name;
      EXPECT_LE(omitted.ranges[j].first, fact->last) << omitted.name;
    }
  }
  EXPECT_EQ(all, 127);
}

TEST(DatasetFacts, UavPiecesShareVideosAndNaNCounts) {
  std::set<std::string> folders;
  int with_nan = 0, nan_rows = 0;
  for (int i = 0; i < dslt_facts_uav123_count; i++) {
    const dslt_fact &fact = dslt_facts_uav123[i];
    folders.insert(fact.folder);
    with_nan += fact.nan_rows > 0;
    nan_rows += fact.nan_rows;
    EXPECT_STREQ(fact.name, dslt_facts_uav123_10fps[i].name);
    EXPECT_EQ(fact.attributes, dslt_facts_uav123_10fps[i].attributes);
    if (std::string(fact.name) == "car6_5") {
      EXPECT_STREQ(fact.folder, "car6");
      EXPECT_EQ(fact.first, 3925);
      EXPECT_EQ(fact.last, 4861);
    }
  }
  EXPECT_LT(folders.size(), 123u);
  EXPECT_EQ(with_nan, 33);
  EXPECT_EQ(nan_rows, 2683);
}

TEST(DatasetFacts, KindsAreFoundByName) {
  const dslt_dataset_kind *kind = nullptr;
  ASSERT_EQ(dslt_dataset_kind_find(&kind, "OTB100"), DSLT_OK);
  EXPECT_STREQ(kind->name, "otb100");
  EXPECT_EQ(dslt_dataset_kind_find(&kind, "otb10"), DSLT_EOPTION);
  EXPECT_TRUE(has(dslt_last_error(), "did you mean")) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_kind_find(&kind, "imagenet"), DSLT_EOPTION);
  EXPECT_TRUE(has(dslt_last_error(), "lasot or folder")) << dslt_last_error();
  EXPECT_EQ(dslt_dataset_kind_find(&kind, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_dataset_kind_at(-1), nullptr);
}

class DatasetGenerator : public TreeTest {};

TEST_F(DatasetGenerator, WritesWhatIsCommitted) {
  if (!std::filesystem::is_directory(DSLT_TEST_SHARED "/facts"))
    GTEST_SKIP() << skip::kShared << DSLT_TEST_SHARED "/facts";
  if (system("/usr/bin/python3 -c pass >/dev/null 2>&1") != 0) GTEST_SKIP() << skip::kPython;
  const std::string tables = std::string(DSLT_TEST_SOURCE) + "/host/dataset/facts/";
  const std::string command =
      "/usr/bin/python3 " + tables + "generate.py " DSLT_TEST_SHARED "/facts " + root();
  ASSERT_EQ(system(command.c_str()), 0);
  for (const char *name : {"otb.c", "tc128.c", "uav.c", "vot.c"})
    EXPECT_EQ(slurp(path(name)), slurp(tables + name)) << name << " is not what generate.py writes";
}

}  // namespace
