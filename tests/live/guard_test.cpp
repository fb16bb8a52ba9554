/* SPDX-License-Identifier: Apache-2.0 */
// Which requests are answered: token, host, origin, method, size.
#include "live/guard.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "dslt/dslt.h"
#include "live/message.h"

namespace {

class LiveGuard : public ::testing::Test {
 protected:
  dslt_live_guard guard = {"", 1};
  dslt_live_request request = {"GET", "/", "127.0.0.1:8765", nullptr, nullptr, nullptr, nullptr, -1};

  dslt_live_verdict judge() const {
    dslt_live_verdict verdict;
    dslt_live_judge(&verdict, &guard, &request);
    EXPECT_EQ(verdict.status == 200, verdict.why[0] == '\0');
    return verdict;
  }
  int status() const { return judge().status; }
  int with_host(const char *host) {
    request.host = host;
    return status();
  }
  int with_path(const std::string &path) {
    request.path = path.c_str();
    return status();
  }
  void message() {
    request = {"POST", "/command", "127.0.0.1:8765", nullptr, nullptr, nullptr, "application/json", 20};
  }
};

TEST_F(LiveGuard, EveryPlaceHasItsPath) {
  const std::pair<const char *, dslt_live_place> places[] = {
      {"/", DSLT_LIVE_PAGE},         {"/live.css", DSLT_LIVE_STYLE},   {"/live.js", DSLT_LIVE_SCRIPT},
      {"/icon.svg", DSLT_LIVE_ICON}, {"/frame", DSLT_LIVE_FRAME},      {"/options", DSLT_LIVE_OPTIONS},
      {"/boxes.csv", DSLT_LIVE_CSV}, {"/boxes.jsonl", DSLT_LIVE_JSONL}};
  for (const auto &[path, place] : places) {
    request.path = path;
    EXPECT_EQ(judge().status, 200) << path;
    EXPECT_EQ(judge().place, place) << path;
  }
  message();
  EXPECT_EQ(judge().place, DSLT_LIVE_COMMAND);
  EXPECT_EQ(status(), 200);
}

TEST_F(LiveGuard, NoFileIsServed) {
  for (const char *path :
       {"", "//", "/etc/passwd", "/../live.js", "/./", "/live.html", "/live.js/", "/LIVE.JS", "/frame/"})
    EXPECT_EQ(with_path(path), 404) << path;
  request.path = nullptr;
  EXPECT_EQ(status(), 403);
}

TEST_F(LiveGuard, OnLoopbackTheHostIsThisMachine) {
  for (const char *host :
       {"localhost", "LocalHost:1", "127.0.0.1", "127.0.0.1:9000", "127.1.2.3:8765", "[::1]", "[::1]:80"})
    EXPECT_EQ(with_host(host), 200) << host;
  for (const char *host :
       {"", "evil.example", "evil.example:8765", "localhost.evil.example", "127.0.0.1.evil.example:1",
        "[::2]", "0.0.0.0", "192.168.0.1:8765", "127.0.0.1@evil.example", "localhostx", "[::1", "::1"})
    EXPECT_EQ(with_host(host), 403) << host;
  request.host = nullptr;
  EXPECT_EQ(status(), 403);
  guard.loopback = 0;
  EXPECT_EQ(with_host("machine.example:8765"), 200);
}

TEST_F(LiveGuard, TheTokenStandsInFront) {
  char token[DSLT_LIVE_TOKEN + 1];
  ASSERT_EQ(dslt_live_token(token), DSLT_OK) << dslt_last_error();
  memcpy(guard.token, token, sizeof token);
  const std::string right = token;
  std::string wrong = right;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  EXPECT_EQ(with_path("/" + right + "/"), 200);
  EXPECT_EQ(with_path("/" + right + "/frame"), 200);
  EXPECT_EQ(with_path("/" + right + "/nothing"), 404);
  for (const std::string &path :
       {"/" + wrong + "/", "/" + right, std::string("/"), std::string("/frame"), "/" + right + "x/",
        "/" + right.substr(1) + "/", right + "/", "//" + right + "/"})
    EXPECT_EQ(with_path(path), 403) << path;
}

TEST_F(LiveGuard, TokensDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; i++) {
    char token[DSLT_LIVE_TOKEN + 1];
    ASSERT_EQ(dslt_live_token(token), DSLT_OK);
    EXPECT_EQ(strlen(token), static_cast<size_t>(DSLT_LIVE_TOKEN));
    EXPECT_EQ(strspn(token, "0123456789abcdef"), static_cast<size_t>(DSLT_LIVE_TOKEN));
    EXPECT_TRUE(seen.insert(token).second);
  }
}

TEST_F(LiveGuard, AnotherPageCannotSpeak) {
  message();
  for (const char *origin : {"http://127.0.0.1:8765", "HTTP://127.0.0.1:8765", "https://127.0.0.1:8765"}) {
    request.origin = origin;
    EXPECT_EQ(status(), 200) << origin;
  }
  for (const char *origin : {"null", "", "http://evil.example", "http://127.0.0.1:9999",
                             "http://127.0.0.1:87650", "file://", "ftp://127.0.0.1:8765"}) {
    request.origin = origin;
    EXPECT_EQ(status(), 403) << origin;
  }
  request.origin = nullptr;
  for (const char *site : {"cross-site", "same-site", "", "x"}) {
    request.site = site;
    EXPECT_EQ(status(), 403) << site;
  }
  request.site = "same-origin";
  EXPECT_EQ(status(), 200);
}

TEST_F(LiveGuard, ALinkMayOpenThePageAndNothingElse) {
  request.site = "cross-site";
  EXPECT_EQ(status(), 403);
  request.mode = "navigate";
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(with_path("/frame"), 403);
  EXPECT_EQ(with_path("/boxes.csv"), 403);
}

TEST_F(LiveGuard, MethodsAreGetAndForMessagesPost) {
  for (const char *method : {"POST", "PUT", "DELETE", "OPTIONS", "HEAD", "get", ""}) {
    request.method = method;
    EXPECT_EQ(status(), 405) << method;
  }
  message();
  for (const char *method : {"GET", "PUT", "OPTIONS"}) {
    request.method = method;
    EXPECT_EQ(status(), 405) << method;
  }
  request.method = nullptr;
  EXPECT_EQ(status(), 405);
}

TEST_F(LiveGuard, MessagesHaveATypeAndASize) {
  message();
  for (const char *type : {"text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"}) {
    request.type = type;
    EXPECT_EQ(status(), 415) << type;
  }
  request.type = nullptr;
  EXPECT_EQ(status(), 415);
  request.type = "Application/JSON; charset=utf-8";
  EXPECT_EQ(status(), 200);
  request.length = -1;
  EXPECT_EQ(status(), 411);
  request.length = DSLT_LIVE_MESSAGE_BYTES;
  EXPECT_EQ(status(), 200);
  request.length++;
  EXPECT_EQ(status(), 413);
}

TEST(LiveLoopback, AddressesAreNumbers) {
  for (const char *address : {"127.0.0.1", "127.255.0.3", "::1"})
    EXPECT_EQ(dslt_live_is_loopback(address), 1) << address;
  for (const char *address : {"0.0.0.0", "::", "192.168.1.2", "fe80::1", "128.0.0.1"})
    EXPECT_EQ(dslt_live_is_loopback(address), 0) << address;
  for (const char *address : {"", "localhost", "127.0.0", "127.0.0.1:80", "[::1]", "1.2.3.4.5"})
    EXPECT_EQ(dslt_live_is_loopback(address), -1) << address;
}

}  // namespace
