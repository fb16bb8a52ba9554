/* SPDX-License-Identifier: Apache-2.0 */
// Codes, their names and texts, and the thread's last error.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

#include "../options.h"
#include "dslt/dslt.h"

namespace {

// Programs are compiled against these numbers, so they never change.
const struct {
  int code, number;
  const char *name;
} kStable[] = {
    {DSLT_OK, 0, "DSLT_OK"},
    {DSLT_EARGUMENT, -1, "DSLT_EARGUMENT"},
    {DSLT_EOPTION, -2, "DSLT_EOPTION"},
    {DSLT_EMEMORY, -3, "DSLT_EMEMORY"},
    {DSLT_EIO, -4, "DSLT_EIO"},
    {DSLT_EFORMAT, -5, "DSLT_EFORMAT"},
    {DSLT_EWEIGHTS, -6, "DSLT_EWEIGHTS"},
    {DSLT_EFRAME, -7, "DSLT_EFRAME"},
    {DSLT_EBOX, -8, "DSLT_EBOX"},
    {DSLT_ESTATE, -9, "DSLT_ESTATE"},
    {DSLT_EBACKEND, -10, "DSLT_EBACKEND"},
    {DSLT_EDEVICE, -11, "DSLT_EDEVICE"},
    {DSLT_EDEVICE_MEMORY, -12, "DSLT_EDEVICE_MEMORY"},
    {DSLT_EDISPLAY, -13, "DSLT_EDISPLAY"},
    {DSLT_EUNSUPPORTED, -14, "DSLT_EUNSUPPORTED"},
    {DSLT_EINTERNAL, -15, "DSLT_EINTERNAL"},
};

TEST(Errors, CodesAndNamesAreStable) {
  for (const auto &row : kStable) {
    EXPECT_EQ(row.code, row.number) << row.name;
    EXPECT_STREQ(dslt_error_name(row.number), row.name);
  }
}

TEST(Errors, TheTableHoldsNothingElseAndRepeatsNothing) {
  std::set<int> codes;
  std::set<std::string> names, texts;
  int rows = 0;
#define XX(name, number, text) codes.insert(-(number)), names.insert(#name), texts.insert(text), ++rows;
  DSLT_ERROR_MAP(XX)
#undef XX
  EXPECT_EQ(rows, static_cast<int>(std::size(kStable)) - 1);
  EXPECT_EQ(static_cast<int>(codes.size()), rows);
  EXPECT_EQ(static_cast<int>(names.size()), rows);
  EXPECT_EQ(static_cast<int>(texts.size()), rows);
#define XX(name, number, text)                    \
  EXPECT_STREQ(dslt_error_text(-(number)), text); \
  EXPECT_STREQ(dslt_error_name(-(number)), "DSLT_E" #name);
  DSLT_ERROR_MAP(XX)
#undef XX
}

TEST(Errors, UnknownNumbersHaveANameToo) {
  for (int code : {1, -16, -1000, INT32_MAX, INT32_MIN}) {
    EXPECT_STREQ(dslt_error_name(code), "DSLT_E?");
    EXPECT_STRNE(dslt_error_text(code), "");
  }
}

TEST(LastError, IsEmptyInANewThread) {
  ASSERT_LT(dslt_options_create(nullptr, "paper"), 0);
  std::string seen = "never set";
  std::thread([&] { seen = dslt_last_error(); }).join();
  EXPECT_EQ(seen, "");
}

TEST(LastError, IsEachThreadsOwn) {
  dslt_options *options = nullptr;
  ASSERT_EQ(dslt_options_create(&options, "papre"), DSLT_EOPTION);
  const std::string mine = dslt_last_error();
  std::string theirs;
  std::thread([&] {
    const Options other("paper");
    (void)dslt_options_set(other, "shrink_a", "many");
    theirs = dslt_last_error();
  }).join();
  EXPECT_NE(theirs.find("shrink_a"), std::string::npos) << theirs;
  EXPECT_EQ(dslt_last_error(), mine);
}

TEST(LastError, SurvivesCallsThatSucceed) {
  dslt_options *options = nullptr;
  ASSERT_EQ(dslt_options_create(&options, "papre"), DSLT_EOPTION);
  const std::string sentence = dslt_last_error();
  EXPECT_NE(sentence.find("papre"), std::string::npos);
  ASSERT_EQ(dslt_options_create(&options, "paper"), DSLT_OK);
  EXPECT_EQ(dslt_options_check(options), DSLT_OK);
  dslt_options_free(options);
  EXPECT_EQ(dslt_last_error(), sentence);
}

TEST(LastError, MayBeHandedBackToTheLibrary) {
  dslt_options *options = nullptr;
  ASSERT_EQ(dslt_options_create(&options, "papre"), DSLT_EOPTION);
  ASSERT_EQ(dslt_options_create(&options, dslt_last_error()), DSLT_EOPTION);
  EXPECT_NE(std::string(dslt_last_error()).find("papre"), std::string::npos);
}

TEST(LastError, LongInputIsCutNotOverrun) {
  Options options("paper");
  const std::string endless(100000, 'a');
  EXPECT_EQ(dslt_options_set(options, endless.c_str(), "1"), DSLT_EOPTION);
  EXPECT_EQ(dslt_options_set(options, "shrink_a", endless.c_str()), DSLT_EOPTION);
  dslt_options *made = nullptr;
  EXPECT_EQ(dslt_options_create(&made, endless.c_str()), DSLT_EOPTION);
  EXPECT_LT(std::string(dslt_last_error()).size(), 2000u);
}

}  // namespace
