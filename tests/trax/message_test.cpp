/* SPDX-License-Identifier: Apache-2.0 */
// One line of the TraX protocol: read, refused, written, and read again.
#include "trax/message.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <random>
#include <string>
#include <vector>

#include "dslt/dslt.h"

namespace {

// A line and the message in it. The bytes end where the line ends and one more is writable, so that a sanitizer sees
// every step too far.
struct Parsed {
  explicit Parsed(const std::string &line) : text(line.begin(), line.end()) {
    text.push_back('x');
    rc = dslt_trax_parse(&message, text.data(), text.size() - 1);
  }
  std::vector<char> text;
  dslt_trax_message message = {};
  int rc;
};

TEST(TraxMessage, AnArgumentMayStandInQuotes) {
  for (const char *line : {"@@TRAX:initialize \"file:///a b.jpg\" \"1,2,3,4\"",
                           "@@TRAX:INITIALIZE   \"file:///a b.jpg\"  1,2,3,4  "}) {
    Parsed p(line);
    ASSERT_EQ(p.rc, DSLT_OK) << dslt_last_error();
    EXPECT_EQ(p.message.type, DSLT_TRAX_INITIALIZE);
    ASSERT_EQ(p.message.arguments, 2);
    EXPECT_STREQ(p.message.argument[0], "file:///a b.jpg");
    EXPECT_STREQ(p.message.argument[1], "1,2,3,4");
    EXPECT_EQ(p.message.properties, 0);
  }
}

TEST(TraxMessage, EveryTypeHasItsName) {
  const std::vector<std::pair<std::string, dslt_trax_type>> types = {
      {"hello", DSLT_TRAX_HELLO}, {"initialize", DSLT_TRAX_INITIALIZE}, {"frame", DSLT_TRAX_FRAME},
      {"state", DSLT_TRAX_STATE}, {"status", DSLT_TRAX_STATE},          {"quit", DSLT_TRAX_QUIT}};
  for (const auto &[name, type] : types) {
    Parsed p("@@TRAX:" + name);
    ASSERT_EQ(p.rc, DSLT_OK) << dslt_last_error();
    EXPECT_EQ(p.message.type, type);
    EXPECT_EQ(p.message.arguments + p.message.properties, 0);
    if (name != "status") {
      EXPECT_EQ(dslt_trax_type_name(type), name);
    }
  }
}

TEST(TraxMessage, EscapesAreReplaced) {
  Parsed p(R"(@@TRAX:frame "a\"b\\c\nd\xe" f\ g)");
  ASSERT_EQ(p.rc, DSLT_OK) << dslt_last_error();
  ASSERT_EQ(p.message.arguments, 2);
  EXPECT_STREQ(p.message.argument[0], "a\"b\\c\ndxe");
  EXPECT_STREQ(p.message.argument[1], "f g");
}

TEST(TraxMessage, PropertiesHaveValidKeys) {
  const std::string longest(DSLT_TRAX_LONGEST_KEY, 'k');
  Parsed p("@@TRAX:state 1,2,3,4 \"confidence=0.5\" trax.v_1=4 empty= \"a=b=c\" confidence=0.75 " + longest +
           "=1 " + longest + "k=1 a/b=1 =1 data:image/png;AA==");
  ASSERT_EQ(p.rc, DSLT_OK) << dslt_last_error();
  EXPECT_STREQ(dslt_trax_property_of(&p.message, "confidence"), "0.75") << "the last one counts";
  EXPECT_STREQ(dslt_trax_property_of(&p.message, "trax.v_1"), "4");
  EXPECT_STREQ(dslt_trax_property_of(&p.message, "empty"), "");
  EXPECT_STREQ(dslt_trax_property_of(&p.message, "a"), "b=c");
  EXPECT_STREQ(dslt_trax_property_of(&p.message, longest.c_str()), "1");
  EXPECT_EQ(dslt_trax_property_of(&p.message, "b"), nullptr);
  // A key that is none makes an argument: so does a Base64 ending.
  ASSERT_EQ(p.message.arguments, 5);
  EXPECT_EQ(p.message.argument[1], longest + "k=1");
  EXPECT_STREQ(p.message.argument[2], "a/b=1");
  EXPECT_STREQ(p.message.argument[3], "=1");
  EXPECT_STREQ(p.message.argument[4], "data:image/png;AA==");
}

TEST(TraxMessage, WhatIsMalformedIsRefusedWithASentence) {
  std::string many = "@@TRAX:frame", keys = many;
  for (int i = 0; i <= DSLT_TRAX_MOST_ARGUMENTS; i++) many += " a";
  for (int i = 0; i <= DSLT_TRAX_MOST_PROPERTIES; i++) keys += " a=1";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "begins with"},
      {"@@TRAX", "begins with"},
      {"@TRAX:frame", "begins with"},
      {"@@TRAX:", "no message of type \"\""},
      {"@@TRAX:fly", "no message of type \"fly\""},
      {"@@TRAX:frames", "no message of type \"frames\""},
      {"@@TRAX:fram", "no message of type \"fram\""},
      {"@@TRAX:" + std::string(1000, 'f'), "no message of type \"ffffffffffffffff\""},
      {"@@TRAX:frame,a", "right behind its type"},
      {"@@TRAX:frame\ta", "right behind its type"},
      {"@@TRAX:frame \"a", "lacks a closing quote"},
      {"@@TRAX:frame \"", "lacks a closing quote"},
      {"@@TRAX:frame \"a\"b", "right behind a closing quote"},
      {"@@TRAX:frame a\\", "within an escape"},
      {"@@TRAX:frame \"a\\", "within an escape"},
      {"@@TRAX:frame \"a\\\"", "lacks a closing quote"},
      {std::string("@@TRAX:frame a\0b", 16), "zero byte"},
      {many, "more than 8 arguments"},
      {keys, "more than 32 properties"}};
  for (const auto &[line, sentence] : cases) {
    Parsed p(line);
    EXPECT_EQ(p.rc, DSLT_EFORMAT) << line;
    EXPECT_NE(std::string(dslt_last_error()).find(sentence), std::string::npos)
        << line << ": " << dslt_last_error();
  }
}

// ---- properties ---------------------------------------------------------------------------------------

std::string written(const dslt_trax_message &m) {
  char *text = nullptr;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  dslt_trax_write(stream, &m);
  fclose(stream);
  std::string out(text, size);
  free(text);
  return out;
}

TEST(TraxMessage, WhatIsWrittenReadsBackTheSame) {
  std::mt19937 random(17);
  const std::string letters = "ab=\"\\\n ;:/,.0\xc3\xa4";
  auto text = [&](size_t most) {
    std::string out;
    for (size_t n = random() % (most + 1); n; n--) out += letters[random() % letters.size()];
    return out;
  };
  for (int round = 0; round < 3000; round++) {
    dslt_trax_message m = {};
    m.type = static_cast<dslt_trax_type>(random() % 5);
    std::vector<std::string> arguments, keys, values;
    // A leading slash keeps an argument from looking like a property.
    for (size_t n = random() % 5; n; n--) arguments.push_back("/" + text(12));
    for (size_t n = random() % 5; n; n--) {
      keys.push_back("k." + std::to_string(keys.size()));
      values.push_back(text(12));
    }
    for (std::string &one : arguments) m.argument[m.arguments++] = one.data();
    for (size_t i = 0; i < keys.size(); i++) m.property[m.properties++] = {keys[i].data(), values[i].data()};
    const std::string line = written(m);
    ASSERT_EQ(line.find('\n'), line.size() - 1) << "one line";
    Parsed p(line.substr(0, line.size() - 1));
    ASSERT_EQ(p.rc, DSLT_OK) << line << dslt_last_error();
    ASSERT_EQ(p.message.type, m.type);
    ASSERT_EQ(p.message.arguments, m.arguments) << line;
    ASSERT_EQ(p.message.properties, m.properties) << line;
    for (size_t i = 0; i < arguments.size(); i++) ASSERT_EQ(p.message.argument[i], arguments[i]);
    for (size_t i = 0; i < keys.size(); i++)
      ASSERT_EQ(dslt_trax_property_of(&p.message, keys[i].c_str()), values[i]);
  }
}

TEST(TraxMessage, AnyBytesAreReadOrRefused) {
  std::mt19937 random(4);
  const std::string letters = "@TRAX:frameinitializ=\"\\ ,1\r\t";
  int read = 0;
  for (int round = 0; round < 20000; round++) {
    std::string line = round % 4 ? "@@TRAX:frame " : "";
    for (size_t n = random() % 30; n; n--) line += letters[random() % letters.size()];
    Parsed p(line);
    if (p.rc != DSLT_OK) {
      ASSERT_EQ(p.rc, DSLT_EFORMAT);
      continue;
    }
    read++;
    size_t bytes = 0;
    for (int i = 0; i < p.message.arguments; i++) bytes += std::string(p.message.argument[i]).size();
    for (int i = 0; i < p.message.properties; i++) bytes += std::string(p.message.property[i].value).size();
    ASSERT_LE(bytes, line.size());
  }
  EXPECT_GT(read, 1000);
}

}  // namespace
