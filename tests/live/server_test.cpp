/* SPDX-License-Identifier: Apache-2.0 */
// The server as a client on a socket sees it: who is let in, what is too long or malformed, several at a time.
#include "live/server.h"

#include <string>
#include <thread>
#include <vector>

#include "live/guard.h"
#include "live/message.h"
#include "served.h"

namespace {

class LiveServer : public LiveTest {};

TEST_F(LiveServer, ThePageIsTheSourcesFiles) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  const std::string folder = DSLT_TEST_SOURCE "/host/live/page/";
  for (const auto &[path, file] : {std::pair{"/", "live.html"},
                                   {"/live.css", "live.css"},
                                   {"/live.js", "live.js"},
                                   {"/icon.svg", "icon.svg"}}) {
    const Answer answer = get(port_, path);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, slurp(folder + file)) << path;
    EXPECT_NE(answer.head.find("default-src 'none'"), std::string::npos);
    EXPECT_NE(answer.head.find("nosniff"), std::string::npos);
    EXPECT_NE(answer.head.find("Cache-Control: no-store"), std::string::npos);
    EXPECT_EQ(answer.body.find("http:"), std::string(file) == "icon.svg"
                                             ? answer.body.find("http://www.w3.org/2000/svg")
                                             : std::string::npos)
        << "nothing comes from elsewhere";
    EXPECT_EQ(answer.body.find("https:"), std::string::npos) << "nothing comes from elsewhere";
  }
}

TEST_F(LiveServer, OnlyThisMachinesNamesAndOwnPagesAreAnswered) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(request(port_, "GET", "/", "", "", "evil.example").status, 403);
  EXPECT_EQ(request(port_, "GET", "/", "", "", "localhost:1234").status, 200);
  EXPECT_EQ(request(port_, "GET", "/frame", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(request(port_, "GET", "/boxes.csv", "Sec-Fetch-Site: cross-site\r\n").status, 403);
  const std::string pause = R"({"do":"pause"})";
  const std::string head = "Content-Length: " + std::to_string(pause.size()) + "\r\n";
  EXPECT_EQ(request(port_, "POST", "/command", head + "Content-Type: text/plain\r\n", pause).status, 415);
  EXPECT_EQ(
      request(port_, "POST", "/command", head + "Content-Type: application/json\r\nOrigin: null\r\n", pause)
          .status,
      403);
  EXPECT_EQ(request(port_, "GET", "/command").status, 405);
  EXPECT_EQ(request(port_, "PUT", "/", "Content-Length: 0\r\n").status, 405);
  for (const char *path :
       {"/etc/passwd", "/../../etc/passwd", "/%2e%2e/etc/passwd", "/page/live.js", "/boxes"}) {
    const int status = get(port_, path).status;
    EXPECT_TRUE(status == 404 || status == 400) << path << ": " << status;
  }
}

TEST_F(LiveServer, WithATokenNothingIsAnsweredWithoutIt) {
  serve(clip(), 1);
  ASSERT_FALSE(HasFatalFailure());
  const std::string url = dslt_live_server_url(server_);
  const std::string token = url.substr(url.find('/', 8), DSLT_LIVE_TOKEN + 1);
  EXPECT_EQ(url, "http://127.0.0.1:" + std::to_string(port_) + token + "/");
  for (const char *path : {"/", "/frame", "/live.js", "/boxes.csv", "/options"}) {
    EXPECT_EQ(get(port_, path).status, 403) << path;
    EXPECT_EQ(get(port_, token + path).status, 200) << path;
  }
  EXPECT_EQ(post(port_, "/command", R"({"do":"quit"})").status, 403);
  EXPECT_EQ(post(port_, token + "/command", R"({"do":"pause"})").status, 204);
}

TEST_F(LiveServer, ElsewhereThanOnLoopbackThereIsAToken) {
  serve(clip(), 0, "0.0.0.0");
  ASSERT_FALSE(HasFatalFailure());
  const std::string url = dslt_live_server_url(server_);
  const std::string token = url.substr(url.find('/', 8), DSLT_LIVE_TOKEN + 1);
  ASSERT_EQ(token.size(), static_cast<size_t>(DSLT_LIVE_TOKEN + 1)) << url;
  EXPECT_EQ(get(port_, "/").status, 403);
  EXPECT_EQ(request(port_, "GET", token + "/", "", "", "machine.example").status, 200);
}

TEST_F(LiveServer, WhatIsTooLongOrMalformedIsRefused) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(post(port_, "/command", "nonsense").status, 400);
  EXPECT_EQ(post(port_, "/command", R"({"do":"dance"})").status, 400);
  EXPECT_EQ(post(port_, "/command", std::string(DSLT_LIVE_MESSAGE_BYTES + 1, ' ')).status, 413);
  EXPECT_EQ(post(port_, "/command", std::string(DSLT_LIVE_MESSAGE_BYTES, ' ')).status, 400);
  const std::string json = "Content-Type: application/json\r\n";
  EXPECT_EQ(request(port_, "POST", "/command", json + "Content-Length: 99999999999999\r\n").status, 413);
  EXPECT_GE(request(port_, "POST", "/command", json + "Content-Length: -5\r\n").status, 400);
  EXPECT_GE(request(port_, "POST", "/command", json + "Content-Length: abc\r\n").status, 400);
  EXPECT_EQ(request(port_, "POST", "/command", json + "Transfer-Encoding: chunked\r\n", "0\r\n\r\n").status,
            411);
  for (const int status : {request(port_, "GET", "/" + std::string(20000, 'a')).status,
                           request(port_, "GET", "/", "X: " + std::string(20000, 'a') + "\r\n").status})
    EXPECT_TRUE(status == 0 || status >= 400) << status << ": refused, or closed with bytes unread";
  for (const char *query : {"/frame?after=-1", "/frame?after=x", "/frame?after=",
                            "/frame?picture=99999999999999999999999", "/frame?after=1&after=0&"}) {
    const Answer answer = get(port_, query);
    EXPECT_EQ(answer.status, 200) << query;
    EXPECT_TRUE(parse_frame(answer.body).good) << query;
  }
  EXPECT_EQ(frame().targets(), 0u) << "and nothing has happened";
}

TEST_F(LiveServer, ClientsThatLeaveDisturbNobody) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  for (int i = 0; i < 5; i++) {
    Connection half(port_), waiting(port_), body(port_);
    half.write("GET /fra");
    waiting.write("GET /frame?after=1000000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    body.write(
        "POST /command HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"do\"");
  }
  EXPECT_EQ(get(port_, "/").status, 200);
  EXPECT_EQ(command(R"({"do":"step"})"), "");
  EXPECT_EQ(wait_for([](const Frame &at) { return at.integer("frame") == 1; }).integer("frame"), 1);
}

TEST_F(LiveServer, SeveralClientsSeeTheSame) {
  dslt_live_setup setup = clip();
  const dslt_box box = {76, 46, 17, 21};
  setup.boxes = &box;
  setup.count = 1;
  serve(setup);
  ASSERT_FALSE(HasFatalFailure());
  std::vector<std::thread> clients;
  std::vector<json_int_t> seen(4, 0);
  for (size_t i = 0; i < seen.size(); i++)
    clients.emplace_back([this, i, &seen] {
      json_int_t version = 0, picture = 0;
      for (int k = 0; k < 30; k++) {
        Frame f = frame(version, picture);
        if (!f.state) break;
        EXPECT_TRUE(f.good);
        EXPECT_GT(f.integer("version"), version);
        EXPECT_EQ(f.targets(), 1u);
        version = f.integer("version"), picture = f.integer("number");
        seen[i]++;
        if (f.truth("ended")) break;
      }
    });
  for (std::thread &client : clients) client.join();
  for (const json_int_t count : seen) EXPECT_GT(count, 0);
}

TEST_F(LiveServer, WhoeverEndsItIsAnswered) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  std::thread asker([this] { EXPECT_EQ(post(port_, "/command", R"({"do":"quit"})").status, 204); });
  thread_.join();
  dslt_live_server_stop(server_);
  server_ = nullptr;
  asker.join();
}

TEST_F(LiveServer, AnAddressOfIpv6IsServedOrRefusedWithASentence) {
  dslt_live_server *server = nullptr;
  const dslt_live_address address = {"::1", 0, 0};
  const int rc = dslt_live_server_start(&server, session_, &address);
  if (rc == DSLT_OK) {
    EXPECT_EQ(std::string(dslt_live_server_url(server)).rfind("http://[::1]:", 0), 0u);
    dslt_live_server_stop(server);
  } else {
    EXPECT_TRUE(rc == DSLT_EUNSUPPORTED || rc == DSLT_EIO) << rc;
    EXPECT_NE(std::string(dslt_last_error()).find("::1"), std::string::npos) << dslt_last_error();
  }
}

TEST_F(LiveServer, APortThatIsTakenIsAnError) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  dslt_live_server *second = nullptr;
  const dslt_live_address address = {"127.0.0.1", port_, 0};
  EXPECT_EQ(dslt_live_server_start(&second, session_, &address), DSLT_EIO);
  EXPECT_NE(std::string(dslt_last_error()).find(std::to_string(port_)), std::string::npos)
      << dslt_last_error();
  EXPECT_NE(std::string(dslt_last_error()).find("--port 0"), std::string::npos) << dslt_last_error();
  EXPECT_EQ(second, nullptr);
}

TEST_F(LiveServer, AnAddressIsGivenInNumbers) {
  dslt_live_server *server = nullptr;
  const dslt_live_address address = {"localhost", 0, 0};
  EXPECT_EQ(dslt_live_server_start(&server, session_, &address), DSLT_EARGUMENT);
}

TEST(LiveServerLibrary, IsNamedWhereItIsBuiltIn) {
  if (DSLT_CIVETWEB) {
    EXPECT_EQ(std::string(dslt_live_server_library()).rfind("civetweb ", 0), 0u);
  } else {
    dslt_live_server *server = nullptr;
    const dslt_live_address address = {"127.0.0.1", 0, 0};
    EXPECT_EQ(dslt_live_server_library(), nullptr);
    EXPECT_EQ(dslt_live_server_start(&server, nullptr, &address), DSLT_EUNSUPPORTED);
    EXPECT_NE(std::string(dslt_last_error()).find("libcivetweb-dev"), std::string::npos);
  }
}

}  // namespace
