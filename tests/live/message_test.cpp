/* SPDX-License-Identifier: Apache-2.0 */
// What the page asks for: read, and refused with a sentence.
#include "live/message.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dslt/dslt.h"

namespace {

struct Parsed {
  explicit Parsed(const std::string &text) : bytes(text.begin(), text.end()) {
    rc = dslt_live_message_parse(&message, bytes.data(), bytes.size());
  }
  std::vector<char> bytes;  // of exactly the text's size, so that a sanitizer sees a step too far
  dslt_live_message message = {};
  int rc;
};

TEST(LiveMessage, ABoxIsOfANewTargetOrOfOneThatThereIs) {
  Parsed fresh(R"({"do":"box","box":[1,2.5,30,40e0]})"),
      again(R"({"target":3,"box":[-1,-2,3,4],"do":"box"})");
  ASSERT_EQ(fresh.rc, DSLT_OK) << dslt_last_error();
  EXPECT_EQ(fresh.message.action, DSLT_LIVE_BOX);
  EXPECT_EQ(fresh.message.target, 0);
  EXPECT_EQ(fresh.message.box.x, 1);
  EXPECT_EQ(fresh.message.box.y, 2.5);
  EXPECT_EQ(fresh.message.box.width, 30);
  EXPECT_EQ(fresh.message.box.height, 40);
  ASSERT_EQ(again.rc, DSLT_OK) << dslt_last_error();
  EXPECT_EQ(again.message.target, 3);
  EXPECT_EQ(again.message.box.x, -1);
}

TEST(LiveMessage, EveryActionIsRead) {
  const std::vector<std::pair<std::string, dslt_live_action>> all = {
      {R"({"do":"box","box":[0,0,1,1]})", DSLT_LIVE_BOX},
      {R"({"do":"remove","target":1})", DSLT_LIVE_REMOVE},
      {R"({"do":"clear"})", DSLT_LIVE_CLEAR},
      {R"({"do":"pause"})", DSLT_LIVE_PAUSE},
      {R"({"do":"play"})", DSLT_LIVE_PLAY},
      {R"({"do":"step"})", DSLT_LIVE_STEP},
      {R"({"do":"restart"})", DSLT_LIVE_RESTART},
      {R"({"do":"set","key":"seed","value":"2"})", DSLT_LIVE_SET},
      {R"({"do":"record","on":true})", DSLT_LIVE_RECORD},
      {R"({"do":"pace","on":false})", DSLT_LIVE_PACE},
      {R"({"do":"quit"})", DSLT_LIVE_QUIT}};
  EXPECT_EQ(all.size(), static_cast<size_t>(DSLT_LIVE_ACTIONS));
  for (const auto &[text, action] : all) {
    Parsed p(text);
    ASSERT_EQ(p.rc, DSLT_OK) << text << ": " << dslt_last_error();
    EXPECT_EQ(p.message.action, action) << text;
    EXPECT_EQ(p.message.on, action == DSLT_LIVE_RECORD) << text;
  }
  Parsed set(all[7].first);
  EXPECT_STREQ(set.message.key, "seed");
  EXPECT_STREQ(set.message.value, "2");
}

TEST(LiveMessage, WhatIsMalformedIsRefusedWithASentence) {
  const std::string long_word(DSLT_LIVE_WORD, 'k');
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", "no JSON"},
      {"box", "no JSON"},
      {R"({"do":"pause"}{})", "no JSON"},
      {R"({"do":"pause","do":"play"})", "no JSON"},
      {R"(["do"])", "no \"do\""},
      {R"({"do":7})", "no \"do\""},
      {R"({"do":"dance"})", "no action \"dance\""},
      {R"({"do":"pause","target":1})", "malformed"},
      {R"({"do":"remove"})", "malformed"},
      {R"({"do":"remove","target":"1"})", "malformed"},
      {R"({"do":"remove","target":0})", "from 1"},
      {R"({"do":"box","box":[1,2,3,4],"target":-1})", "from 1"},
      {R"({"do":"box","box":[1,2,3,4],"target":0})", "from 1"},
      {R"({"do":"box","box":[1,2,3]})", "malformed"},
      {R"({"do":"box","box":[1,2,3,4,5]})", "malformed"},
      {R"({"do":"box","box":[1,2,"3",4]})", "malformed"},
      {R"({"do":"box","box":[1,2,0,4]})", "above 0"},
      {R"({"do":"box","box":[1,2,3,-4]})", "above 0"},
      {R"({"do":"box","box":[1e9,2,3,4]})", "outside"},
      {R"({"do":"box","box":[1e999,2,3,4]})", "no JSON"},
      {R"({"do":"record","on":1})", "malformed"},
      {R"({"do":"set","key":"seed"})", "malformed"},
      {R"({"do":"set","key":"seed","value":2})", "malformed"},
      {R"({"do":"set","key":"a\u0000b","value":"2"})", "no JSON"},
      {R"({"do":"set","key":")" + long_word + R"(","value":"2"})", "too long"},
      {R"({"do":"set","key":"seed","value":")" + long_word + R"("})", "too long"},
      {std::string("{\"do\":\"pause\"}") + std::string(DSLT_LIVE_MESSAGE_BYTES, ' '), "4096 bytes"},
      {std::string(DSLT_LIVE_MESSAGE_BYTES, '['), "no JSON"},
      {"{\"do\":\"\xff\"}", "no JSON"},
  };
  for (const auto &[text, part] : wrong) {
    dslt_live_message message = {};
    message.target = 77;
    EXPECT_EQ(dslt_live_message_parse(&message, text.data(), text.size()), DSLT_EFORMAT)
        << text.substr(0, 80);
    EXPECT_NE(std::string(dslt_last_error()).find(part), std::string::npos)
        << text.substr(0, 80) << ": " << dslt_last_error();
    EXPECT_EQ(message.target, 77) << text.substr(0, 80);
  }
}

TEST(LiveMessage, AWordMayHaveAllTheRoomThatThereIs) {
  const std::string word(DSLT_LIVE_WORD - 1, 'k');
  Parsed p(R"({"do":"set","key":")" + word + R"(","value":"2"})");
  ASSERT_EQ(p.rc, DSLT_OK) << dslt_last_error();
  EXPECT_EQ(p.message.key, word);
}

}  // namespace
