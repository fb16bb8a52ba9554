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

#include "dslt/dslt.h"
#include "skip.h"

namespace {

dslt_options preset(const char *name) {
  dslt_options options;
  EXPECT_EQ(dslt_options_init(&options, name), DSLT_OK) << dslt_last_error();
  return options;
}

std::vector<dslt_option_info> table() {
  std::vector<dslt_option_info> rows;
  dslt_option_info row;
  while (dslt_options_describe(&row, static_cast<int>(rows.size())) == DSLT_OK) rows.push_back(row);
  return rows;
}

std::string get(const dslt_options &options, const char *key) {
  char text[64];
  EXPECT_EQ(dslt_options_get(text, sizeof text, &options, key), DSLT_OK) << dslt_last_error();
  return text;
}

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

// Fields of dslt_options as the header declares them.
std::set<std::string> declared_fields() {
  std::ifstream stream(DSLT_TEST_SOURCE "/include/dslt/dslt.h");
  std::stringstream all;
  all << stream.rdbuf();
  const std::string text = all.str(), begin = "typedef struct dslt_options {", end = "} dslt_options;";
  const size_t from = text.find(begin) + begin.size(), to = text.find(end);
  std::string body = text.substr(from, to - from);
  body = std::regex_replace(body, std::regex("/\\*[^]*?\\*/"), "");
  std::set<std::string> names;
  const std::regex field("(\\w+)\\s*(\\[\\w+\\])?\\s*;");
  for (std::sregex_iterator it(body.begin(), body.end(), field), last; it != last; ++it)
    names.insert((*it)[1]);
  return names;
}

// ---- completeness ------------------------------------------------------------------------------------

TEST(OptionTable, CoversEveryFieldOfTheHeader) {
  std::set<std::string> described, declared = declared_fields();
  ASSERT_GT(declared.size(), 60u);
  for (const auto &row : table()) EXPECT_TRUE(described.insert(row.key).second) << row.key << " twice";
  described.insert("version"); /* not for users to set */
  described.insert("preset");
  EXPECT_EQ(described, declared);
}

TEST(OptionTable, EveryRowTeaches) {
  for (const auto &row : table()) {
    EXPECT_NE(row.symbol, nullptr) << row.key;
    EXPECT_GT(std::strlen(row.help), 5u) << row.key;
    EXPECT_GE(ends(row).size(), 2u) << row.key << ": " << row.values;
  }
}

TEST(OptionTable, EndsWithAnError) {
  dslt_option_info row = {"untouched", nullptr, nullptr, nullptr};
  const int count = static_cast<int>(table().size());
  for (int index : {-1, count, count + 1, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(dslt_options_describe(&row, index), DSLT_EARGUMENT) << index;
    EXPECT_STREQ(row.key, "untouched");
  }
}

TEST(OptionTable, EachValueComesBackAndChangesNothingElse) {
  const auto rows = table();
  for (const auto &row : rows)
    for (const std::string &value : ends(row)) {
      const dslt_options before = preset("paper");
      dslt_options after = before;
      ASSERT_EQ(dslt_options_set(&after, row.key, value.c_str()), DSLT_OK) << dslt_last_error();
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
    const dslt_options original = preset(name);
    dslt_options copy = preset(std::strcmp(name, "paper") == 0 ? "released" : "paper");
    std::memcpy(copy.preset, original.preset, sizeof copy.preset);
    for (const auto &row : table())
      ASSERT_EQ(dslt_options_set(&copy, row.key, get(original, row.key).c_str()), DSLT_OK)
          << dslt_last_error();
    EXPECT_EQ(std::memcmp(&copy, &original, sizeof copy), 0) << name;
  }
}

TEST(OptionTable, RealsKeepEveryBit) {
  dslt_options options = preset("paper");
  for (double value : {1.0 / 3, 0.1, 5e-324, 1 - 1e-16, 1e-9 / 7}) {
    options.shrink_c = value;
    dslt_options copy = preset("paper");
    ASSERT_EQ(dslt_options_set(&copy, "shrink_c", get(options, "shrink_c").c_str()), DSLT_OK);
    EXPECT_EQ(copy.shrink_c, value);
  }
  ASSERT_EQ(dslt_options_set(&options, "seed", "9223372036854775807"), DSLT_OK);
  EXPECT_EQ(options.seed, INT64_MAX);
  EXPECT_EQ(get(options, "seed"), "9223372036854775807");
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
    const dslt_options before = preset("paper");
    for (const char *value : bad) {
      dslt_options options = before;
      EXPECT_EQ(dslt_options_set(&options, row.key, value), DSLT_EOPTION) << row.key << "=" << value;
      EXPECT_TRUE(says(row.key) && says(row.values)) << dslt_last_error();
      EXPECT_EQ(std::memcmp(&options, &before, sizeof options), 0) << row.key << "=" << value;
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
      dslt_options options = preset("paper");
      EXPECT_EQ(dslt_options_set(&options, row.key, text.str().c_str()), DSLT_EOPTION)
          << row.key << "=" << text.str();
      EXPECT_TRUE(says(row.values)) << dslt_last_error();
    }
  }
  dslt_options options = preset("paper");
  EXPECT_EQ(dslt_options_set(&options, "seed", "-1"), DSLT_EOPTION);
  EXPECT_EQ(dslt_options_set(&options, "seed", "9223372036854775808"), DSLT_EOPTION);
}

TEST(OptionValues, AWrongKeyMeetsItsNeighbour) {
  const struct {
    const char *typed, *meant;
  } cases[] = {{"shrnk_a", "shrink_a"}, {"sed", "seed"},
               {"treads", "threads"},   {"lss", "loss"},
               {"Memory", "memory"},    {"scale-step", "scale_step"},
               {"mapings", "mapping"},  {"init_step", "init_steps"}};
  for (const auto &c : cases) {
    dslt_options options = preset("paper");
    EXPECT_EQ(dslt_options_set(&options, c.typed, "1"), DSLT_EOPTION);
    EXPECT_TRUE(says(c.typed) && says(std::string("did you mean ") + c.meant)) << dslt_last_error();
    char text[64] = "untouched";
    EXPECT_EQ(dslt_options_get(text, sizeof text, &options, c.typed), DSLT_EOPTION);
    EXPECT_STREQ(text, "untouched");
  }
  dslt_options options = preset("paper");
  for (const char *key : {"", "version", "preset", "\xff\xfe", "%s%n"})
    EXPECT_EQ(dslt_options_set(&options, key, "1"), DSLT_EOPTION) << key;
}

TEST(OptionValues, ASmallPlaceIsRefused) {
  const dslt_options options = preset("paper");
  char text[64] = "untouched";
  EXPECT_EQ(dslt_options_get(text, 0, &options, "shrink_c"), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_get(text, 3, &options, "shrink_c"), DSLT_EARGUMENT);
  EXPECT_STREQ(text, "untouched");
  EXPECT_EQ(dslt_options_get(text, 4, &options, "shrink_c"), DSLT_OK);
  EXPECT_STREQ(text, "0.2");
}

TEST(OptionValues, TheApplicationsLocaleChangesNothing) {
  const char *names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8"};
  const std::string before = std::setlocale(LC_ALL, nullptr);
  const char *chosen = nullptr;
  for (const char *name : names)
    if (!chosen) chosen = std::setlocale(LC_ALL, name);
  if (!chosen) GTEST_SKIP() << skip::kCommaLocale;
  dslt_options options = preset("paper");
  EXPECT_EQ(dslt_options_set(&options, "shrink_c", "0.25"), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(dslt_options_set(&options, "shrink_c", "0,5"), DSLT_EOPTION);
  EXPECT_EQ(get(options, "shrink_c"), "0.25");
  EXPECT_EQ(dslt_options_check(&options), DSLT_OK) << dslt_last_error();
  std::setlocale(LC_ALL, before.c_str());
}

// ---- check -------------------------------------------------------------------------------------------

TEST(OptionCheck, PresetsPass) {
  for (const char *name : {"default", "paper", "released"}) {
    const dslt_options options = preset(name);
    EXPECT_EQ(dslt_options_check(&options), DSLT_OK) << dslt_last_error();
    EXPECT_STREQ(options.preset, name);
    EXPECT_EQ(options.version, DSLT_OPTIONS_VERSION);
  }
}

TEST(OptionCheck, UnknownPresetsAreNamed) {
  dslt_options options = preset("paper"), before = options;
  for (const char *name : {"", "Paper", "papre", "paper "}) {
    EXPECT_EQ(dslt_options_init(&options, name), DSLT_EOPTION);
    EXPECT_TRUE(says("default, paper or released"));
    EXPECT_EQ(std::memcmp(&options, &before, sizeof options), 0);
  }
}

TEST(OptionCheck, FieldsWrittenDirectlyAreChecked) {
  struct Case {
    const char *name;
    void (*spoil)(dslt_options *);
  } cases[] = {
      {"version", [](dslt_options *o) { o->version = 0; }},
      {"version", [](dslt_options *o) { o->version = DSLT_OPTIONS_VERSION + 1; }},
      {"shrink_a", [](dslt_options *o) { o->shrink_a = NAN; }},
      {"shrink_c", [](dslt_options *o) { o->shrink_c = INFINITY; }},
      {"label_sigma", [](dslt_options *o) { o->label_sigma = -INFINITY; }},
      {"memory", [](dslt_options *o) { o->memory = 0; }},
      {"memory", [](dslt_options *o) { o->memory = INT32_MAX; }},
      {"threads", [](dslt_options *o) { o->threads = -1; }},
      {"seed", [](dslt_options *o) { o->seed = -1; }},
      {"loss", [](dslt_options *o) { o->loss = 99; }},
      {"subcell", [](dslt_options *o) { o->subcell = -1; }},
      {"backend", [](dslt_options *o) { std::memset(o->backend, 'x', sizeof o->backend); }},
      {"backend", [](dslt_options *o) { std::memset(o->backend, 0, sizeof o->backend); }},
      {"high_layer", [](dslt_options *o) { o->high_layer = o->low_layer; }},
      {"reduce_kernel", [](dslt_options *o) { o->reduce_kernel = 2; }},
      {"scale_levels", [](dslt_options *o) { o->scale_levels = 4; }},
      {"label_on_cell", [](dslt_options *o) { o->mapping = DSLT_MAPPING_STRETCH; }},
  };
  for (const Case &c : cases) {
    dslt_options options = preset("paper");
    c.spoil(&options);
    EXPECT_EQ(dslt_options_check(&options), DSLT_EOPTION) << c.name;
    EXPECT_TRUE(says(c.name)) << dslt_last_error();
  }
}

}  // namespace
