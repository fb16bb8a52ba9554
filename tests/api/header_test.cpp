/* SPDX-License-Identifier: Apache-2.0 */
// The public header by itself: any C11 or C++17 compiler takes it without a word, and both see the same
// types.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "c_view.h"
#include "dslt/dslt.h"
#include "scratch.h"

namespace {

const char kHeader[] = DSLT_TEST_SOURCE "/include/dslt/dslt.h";

bool found(const std::string &program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

// What the compilers at hand say to the header as the only source.
void compile(const std::vector<std::string> &compilers, const std::string &flags) {
  int tried = 0;
  for (const std::string &compiler : compilers) {
    if (!found(compiler)) continue;
    ++tried;
    std::string command = compiler + " " + flags + " -fsyntax-only '" + kHeader + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  if (tried == 0) GTEST_SKIP() << skip::kCompiler;
}

TEST(Header, CompilesAloneAsC11) {
  compile({"cc", "gcc", "clang"},
          "-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Werror -xc");
}

TEST(Header, CompilesAloneAsCxx17) {
  compile({"c++", "g++", "clang++"}, "-std=c++17 -Wall -Wextra -Wpedantic -Wshadow -Werror -xc++");
}

TEST(Header, CompilesForUsersOfTheStaticLibrary) {
  compile({"cc", "clang"}, "-std=c11 -Wall -Wextra -Wpedantic -Werror -DDSLT_STATIC -xc");
}

// The examples in the header's comments, in order: what is indented by four more columns than the text around it.
std::vector<std::string> examples() {
  const std::string code = " *     ";
  std::vector<std::string> all;
  std::ifstream stream(kHeader);
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    const bool is_code = line.compare(0, code.size(), code) == 0;
    if (!is_code && !(inside && line == " *")) {
      inside = false;
      continue;
    }
    if (!inside) all.emplace_back();
    inside = true;
    all.back() += (is_code ? line.substr(code.size()) : "") + "\n";
  }
  return all;
}

class HeaderExamples : public ScratchTest {
 protected:
  void compile_example(const std::string &text) {
    const std::string flags =
        " -Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only -I '" DSLT_TEST_SOURCE "/include' '";
    int tried = 0;
    spill(path("example.c"), text);
    for (const std::string compiler : {"cc -std=c11 -xc", "c++ -std=c++17 -xc++"}) {
      if (!found(compiler.substr(0, compiler.find(' ')))) continue;
      ++tried;
      const std::string command = compiler + flags + path("example.c") + "'";
      EXPECT_EQ(std::system(command.c_str()), 0) << command << "\n" << text;
    }
    if (tried == 0) GTEST_SKIP() << skip::kCompiler;
  }
};

TEST_F(HeaderExamples, TheFirstIsAWholeSourceFile) {
  ASSERT_EQ(examples().size(), 3u);
  const std::string text = examples()[0];
  ASSERT_NE(text.find("dslt_tracker_update("), std::string::npos) << text;
  compile_example(text);
}

TEST_F(HeaderExamples, TheOneOfPrefetchIsTheBodyOfAFunction) {
  ASSERT_EQ(examples().size(), 3u);
  const std::string text = examples()[1];
  ASSERT_NE(text.find("dslt_tracker_prefetch("), std::string::npos) << text;
  compile_example(
      "#include <dslt/dslt.h>\n"
      "int next_frame(dslt_image *frame);\n"
      "void follow(dslt_tracker *tracker, dslt_image frame);\n"
      "void follow(dslt_tracker *tracker, dslt_image frame) {\n"
      "  dslt_image next = frame;\n"
      "  dslt_result result;\n"
      "  int have = 1, have_next = 0;\n" +
      text + "}\n");
}

TEST_F(HeaderExamples, TheOneOfSavingIsTheBodyOfAFunction) {
  ASSERT_EQ(examples().size(), 3u);
  const std::string text = examples()[2];
  ASSERT_NE(text.find("dslt_tracker_save("), std::string::npos) << text;
  compile_example(
      "#include <dslt/dslt.h>\n"
      "#include <stdio.h>\n"
      "void keep(dslt_tracker *tracker, FILE *file);\n"
      "void keep(dslt_tracker *tracker, FILE *file) {\n" +
      text + "}\n");
}

TEST(Header, CAndCxxSeeTheSameTypes) {
  const size_t cxx[] = {sizeof(dslt_box),    sizeof(dslt_image),        sizeof(dslt_option_info),
                        sizeof(dslt_result), sizeof(dslt_backend_info), sizeof(dslt_response)};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(dslt_c_view_size(i), cxx[i]) << i;
}

TEST(Version, StringEqualsMacros) {
  std::ostringstream expected;
  expected << DSLT_VERSION_MAJOR << '.' << DSLT_VERSION_MINOR << '.' << DSLT_VERSION_PATCH;
  EXPECT_EQ(dslt_version(), expected.str());
}

TEST(Version, IsTheBuildSystems) {
  std::ifstream stream(DSLT_TEST_SOURCE "/CMakeLists.txt");
  std::stringstream text;
  text << stream.rdbuf();
  std::smatch match;
  const std::string lists = text.str();
  ASSERT_TRUE(std::regex_search(lists, match, std::regex("project\\(dslt VERSION ([0-9.]+)")));
  EXPECT_EQ(match[1], dslt_version());
}

}  // namespace
