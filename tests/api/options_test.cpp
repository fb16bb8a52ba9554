/* SPDX-License-Identifier: Apache-2.0 */
// The table of options: complete, documented, and true to what set() and check() enforce.
#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "../options.h"
#include "skip.h"
#include "trackers/dslt/dslt.h"
#include "trackers/dslt/options.h"

namespace {

Options preset(const char *name) { return Options(name); }

std::vector<dslt_option_info> table() {
  const Options options("paper");
  std::vector<dslt_option_info> rows;
  dslt_option_info row;
  while (dslt_options_describe(&row, options, static_cast<int>(rows.size())) == DSLT_OK) rows.push_back(row);
  return rows;
}

std::string get(const Options &options, const char *key) { return options.text(key); }

std::vector<std::string> split(const std::string &text, const std::string &separator) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t at; (at = text.find(separator, from)) != std::string::npos; from = at + separator.size())
    parts.push_back(text.substr(from, at - from));
  parts.push_back(text.substr(from));
  return parts;
}

bool says(const std::string &part) { return std::string(dslt_last_error()).find(part) != std::string::npos; }

// Two values that the row allows and that differ: names, or the ends of the range.
std::vector<std::string> ends(const dslt_option_info &row) {
  return split(row.values, std::strchr(row.values, '|') ? "|" : "..");
}

bool is_range(const dslt_option_info &row) { return !std::strchr(row.values, '|'); }

// ---- completeness ------------------------------------------------------------------------------------

TEST(OptionTable, HasEachKeyOnceAndSaysWhoseItIs) {
  std::set<std::string> keys, owners;
  for (const auto &row : table()) {
    EXPECT_TRUE(keys.insert(row.key).second) << row.key << " twice";
    owners.insert(row.tracker);
  }
  EXPECT_GT(keys.size(), 60u);
  EXPECT_EQ(owners, (std::set<std::string>{"", "dslt"}));
  EXPECT_STREQ(table().front().tracker, "");  // what all trackers have comes first
}

// Rows and struct belong together: no two rows share a member's bytes, and no member is left without a row.
TEST(OptionTable, CoversEveryMemberOfTheStruct) {
  std::vector<char> taken(sizeof(dslt_dslt_options));
  for (const dslt_option_row &row : dslt_dslt_rows) {
    const size_t size = row.kind == DSLT_OPTION_LIST   ? sizeof(dslt_option_list)
                        : row.kind == DSLT_OPTION_REAL ? sizeof(double)
                                                       : sizeof(int);
    ASSERT_LE(row.offset + size, taken.size()) << row.key;
    for (size_t i = 0; i < size; ++i) EXPECT_EQ(taken[row.offset + i]++, 0) << row.key;
  }
  // what is left is padding in front of doubles: fewer bytes than an int each time
  size_t run = 0;
  for (size_t i = 0; i < taken.size(); ++i) {
    run = taken[i] ? 0 : run + 1;
    EXPECT_LT(run, 2 * sizeof(int)) << "no row for the member at byte " << i - run + 1;
  }
}

TEST(OptionTable, EveryRowTeaches) {
  for (const auto &row : table()) {
    EXPECT_NE(row.symbol, nullptr) << row.key;
    EXPECT_GT(std::strlen(row.help), 5u) << row.key;
    EXPECT_GE(ends(row).size(), 2u) << row.key << ": " << row.values;
  }
}

TEST(OptionTable, EndsWithAnError) {
  const Options options("paper");
  dslt_option_info row = {"untouched", nullptr, nullptr, nullptr, nullptr};
  const int count = static_cast<int>(table().size());
  for (int index : {-1, count, count + 1, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(dslt_options_describe(&row, options, index), DSLT_EARGUMENT) << index;
    EXPECT_STREQ(row.key, "untouched");
  }
}

TEST(OptionTable, EachValueComesBackAndChangesNothingElse) {
  const auto rows = table();
  for (const auto &row : rows)
    for (const std::string &value : ends(row)) {
      const Options before = preset("paper");
      Options after = before;
      ASSERT_EQ(dslt_options_set(after, row.key, value.c_str()), DSLT_OK) << dslt_last_error();
      const std::string read = get(after, row.key);
      EXPECT_TRUE(read == value || (is_range(row) && std::stod(read) == std::stod(value)))
          << row.key << ": " << read << " for " << value;
      for (const auto &other : rows) {
        if (std::strcmp(other.key, row.key) == 0) continue;
        EXPECT_EQ(get(after, other.key), get(before, other.key)) << row.key << " changed " << other.key;
      }
    }
}

TEST(OptionTable, PresetsSurviveAsText) {
  for (const char *name : {"paper", "released"}) {
    const Options original = preset(name);
    const Options copy(std::strcmp(name, "paper") == 0 ? "released" : "paper");
    for (const auto &row : table())
      ASSERT_EQ(dslt_options_set(copy, row.key, get(original, row.key).c_str()), DSLT_OK)
          << dslt_last_error();
    for (const auto &row : table())
      EXPECT_EQ(get(copy, row.key), get(original, row.key)) << name << " " << row.key;
  }
}

TEST(OptionTable, RealsKeepEveryBit) {
  const Options options("paper");
  for (const char *text :
       {"0.333333333333333314", "0.1", "4.94065645841246544e-324", "0.99999999999999989"}) {
    ASSERT_EQ(dslt_options_set(options, "shrink_c", text), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(dslt_dslt_options_of(options)->shrink_c, std::strtod(text, nullptr));
    EXPECT_EQ(options.number("shrink_c"), std::strtod(text, nullptr)) << get(options, "shrink_c");
  }
  ASSERT_EQ(dslt_options_set(options, "seed", "9223372036854775807"), DSLT_OK);
  int64_t seed = 0;
  ASSERT_EQ(dslt_options_get_integer(&seed, options, "seed"), DSLT_OK);
  EXPECT_EQ(seed, INT64_MAX);
  EXPECT_EQ(get(options, "seed"), "9223372036854775807");
}

TEST(OptionTable, WholeNumbersCanBeReadAsNumbers) {
  Options options("paper");
  options["memory"] = 5;
  int64_t number = -1;
  ASSERT_EQ(dslt_options_get_integer(&number, options, "memory"), DSLT_OK);
  EXPECT_EQ(number, 5);
  for (const char *key : {"shrink_a", "loss", "backend"}) {
    EXPECT_EQ(dslt_options_get_integer(&number, options, key), DSLT_EOPTION) << key;
    EXPECT_TRUE(says(key)) << dslt_last_error();
  }
  EXPECT_EQ(dslt_options_get_integer(&number, options, "memry"), DSLT_EOPTION);
  EXPECT_EQ(number, 5);
}

// ---- what is refused ---------------------------------------------------------------------------------

TEST(OptionValues, TextThatIsNoNumberIsRefusedAndTheRangeNamed) {
  const char *bad[] = {"",
                       " ",
                       "nan",
                       "NaN",
                       "-nan",
                       "inf",
                       "-inf",
                       "infinity",
                       "0x1",
                       "0x1p0",
                       "1 ",
                       " 1",
                       "\t1",
                       "1\n",
                       "1x",
                       "1,5",
                       "1;",
                       "1e",
                       "e1",
                       "--1",
                       "+-1",
                       "1.2.3",
                       "1e999",
                       "-1e999",
                       "99999999999999999999999",
                       "-99999999999999999999999",
                       "ten",
                       "1d0",
                       "."};
  for (const auto &row : table()) {
    const Options before = preset("paper");
    for (const char *value : bad) {
      const Options options = before;
      if (std::strcmp(row.key, "fuse") == 0 && std::strcmp(value, "1,5") == 0) continue;  // a list of two
      EXPECT_EQ(dslt_options_set(options, row.key, value), DSLT_EOPTION) << row.key << "=" << value;
      EXPECT_TRUE(says(row.key) && says(row.values)) << dslt_last_error();
      EXPECT_TRUE(options == before) << row.key << "=" << value;
    }
  }
}

TEST(OptionValues, JustOutsideTheRangeIsRefused) {
  for (const auto &row : table()) {
    if (!is_range(row) || std::strcmp(row.key, "seed") == 0) continue;
    const double low = std::stod(ends(row)[0]), high = std::stod(ends(row)[1]);
    for (double value : {low - 1, high + 1, low < 0 ? 2 * low : -1e-30}) {
      std::ostringstream text;
      text.precision(17);
      text << value;
      const Options options("paper");
      EXPECT_EQ(dslt_options_set(options, row.key, text.str().c_str()), DSLT_EOPTION)
          << row.key << "=" << text.str();
      EXPECT_TRUE(says(row.values)) << dslt_last_error();
    }
  }
  const Options options("paper");
  EXPECT_EQ(dslt_options_set(options, "seed", "-1"), DSLT_EOPTION);
  EXPECT_EQ(dslt_options_set(options, "seed", "9223372036854775808"), DSLT_EOPTION);
}

TEST(OptionValues, AWrongKeyMeetsItsNeighbour) {
  const struct {
    const char *typed, *meant;
  } cases[] = {{"shrnk_a", "shrink_a"}, {"sed", "seed"},
               {"treads", "threads"},   {"lss", "loss"},
               {"Memory", "memory"},    {"scale-step", "scale_step"},
               {"mapings", "mapping"},  {"init_step", "init_steps"}};
  for (const auto &c : cases) {
    const Options options("paper");
    EXPECT_EQ(dslt_options_set(options, c.typed, "1"), DSLT_EOPTION);
    EXPECT_TRUE(says(c.typed) && says(std::string("did you mean ") + c.meant)) << dslt_last_error();
    char text[64] = "untouched";
    EXPECT_EQ(dslt_options_get(text, sizeof text, options, c.typed), DSLT_EOPTION);
    EXPECT_STREQ(text, "untouched");
  }
  const Options options("paper");
  for (const char *key : {"", "version", "preset", "\xff\xfe", "%s%n"})
    EXPECT_EQ(dslt_options_set(options, key, "1"), DSLT_EOPTION) << key;
}

TEST(OptionValues, ASmallPlaceIsRefused) {
  const Options options("paper");
  char text[64] = "untouched";
  EXPECT_EQ(dslt_options_get(text, 0, options, "shrink_c"), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_get(text, 3, options, "shrink_c"), DSLT_EARGUMENT);
  EXPECT_STREQ(text, "untouched");
  EXPECT_EQ(dslt_options_get(text, 4, options, "shrink_c"), DSLT_OK);
  EXPECT_STREQ(text, "0.2");
}

TEST(OptionValues, TheApplicationsLocaleChangesNothing) {
  const char *names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8"};
  const std::string before = std::setlocale(LC_ALL, nullptr);
  const char *chosen = nullptr;
  for (const char *name : names)
    if (!chosen) chosen = std::setlocale(LC_ALL, name);
  if (!chosen) GTEST_SKIP() << skip::kCommaLocale;
  const Options options("paper");
  EXPECT_EQ(dslt_options_set(options, "shrink_c", "0.25"), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(dslt_options_set(options, "shrink_c", "0,5"), DSLT_EOPTION);
  EXPECT_EQ(get(options, "shrink_c"), "0.25");
  EXPECT_EQ(dslt_options_check(options), DSLT_OK) << dslt_last_error();
  std::setlocale(LC_ALL, before.c_str());
}

// ---- check -------------------------------------------------------------------------------------------

TEST(OptionCheck, PresetsPass) {
  dslt_preset_info info;
  std::set<std::string> names;
  for (int i = 0; dslt_preset_describe(&info, i) == DSLT_OK; ++i) {
    const Options options(info.name);
    EXPECT_EQ(dslt_options_check(options), DSLT_OK) << dslt_last_error();
    EXPECT_STREQ(dslt_options_preset(options), info.name);
    EXPECT_STREQ(dslt_options_tracker(options), info.tracker);
    EXPECT_GT(std::strlen(info.summary), 5u) << info.name;
    EXPECT_TRUE(names.insert(info.name).second) << info.name << " twice";
  }
  for (const char *name : {"default", "dslt", "paper", "released"}) EXPECT_EQ(names.count(name), 1u) << name;
  for (int index : {-1, static_cast<int>(names.size()), INT32_MAX, INT32_MIN})
    EXPECT_EQ(dslt_preset_describe(&info, index), DSLT_EARGUMENT) << index;
}

TEST(Presets, AWrongNameIsAnsweredWithAllOfThem) {
  dslt_options *options = nullptr;
  ASSERT_EQ(dslt_options_create(&options, "nosuch"), DSLT_EOPTION);
  const std::string sentence = dslt_last_error();
  dslt_preset_info info;
  std::string last;
  for (int i = 0; dslt_preset_describe(&info, i) == DSLT_OK; ++i) {
    last = info.name;
    EXPECT_NE(sentence.find(last), std::string::npos) << last;
  }
  EXPECT_NE(sentence.find(" or " + last + "."), std::string::npos) << sentence;
}

TEST(OptionCheck, UnknownPresetsAreNamed) {
  for (const char *name : {"", "Paper", "papre", "paper "}) {
    dslt_options *made = nullptr;
    EXPECT_EQ(dslt_options_create(&made, name), DSLT_EOPTION);
    EXPECT_EQ(made, nullptr);
    EXPECT_TRUE(says("default, dslt, paper, released, ")) << dslt_last_error();
  }
}

TEST(OptionCheck, ACopyHasALifeOfItsOwn) {
  Options original("released"), copy = original;
  EXPECT_TRUE(copy == original);
  copy["memory"] = 3;
  copy["seed"] = 9;
  EXPECT_EQ(original.number("memory"), 7);
  EXPECT_EQ(original.number("seed"), 1);
  original = Options("paper"); /* frees the first ones */
  EXPECT_EQ(copy.number("memory"), 3);
  EXPECT_STREQ(dslt_options_preset(copy), "released");
}

TEST(OptionCheck, WhatDoesNotFitTogetherIsNamed) {
  const struct {
    const char *name, *key, *value;
  } cases[] = {{"high_layer", "high_layer", "conv4_3"},         {"high_layer", "low_layer", "conv5_3"},
               {"reduce_kernel", "reduce_kernel", "2"},         {"scale_levels", "scale_levels", "4"},
               {"frame_scale_side", "frame_scale_side", "7.9"}, {"label_on_cell", "mapping", "stretch"}};
  for (const auto &c : cases) {
    Options options("paper");
    options[c.key] = c.value;
    EXPECT_EQ(dslt_options_check(options), DSLT_EOPTION) << c.key;
    EXPECT_TRUE(says(c.name)) << dslt_last_error();
  }
}

}  // namespace
