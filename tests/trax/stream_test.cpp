/* SPDX-License-Identifier: Apache-2.0 */
// Both directions of a TraX session: messages found in whatever comes, in pieces of any size, within limits.
#include "trax/stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "dslt/dslt.h"
#include "scratch.h"

namespace {

// A stream and the other ends of its pipes.
class TraxStream : public ScratchTest {
 protected:
  void SetUp() override {
    ScratchTest::SetUp();
    signal(SIGPIPE, SIG_IGN);
    int to[2], from[2];
    ASSERT_EQ(pipe2(to, O_CLOEXEC), 0);
    ASSERT_EQ(pipe2(from, O_CLOEXEC), 0);
    ASSERT_EQ(dslt_trax_stream_open(&stream_, to[0], from[1], "S"), DSLT_OK) << dslt_last_error();
    to_ = to[1];
    from_ = from[0];
  }
  void TearDown() override {
    close(to_);
    close(from_);
    dslt_trax_stream_close(&stream_);
    signal(SIGPIPE, SIG_DFL);
    ScratchTest::TearDown();
  }
  void say(const std::string &text) const {
    ASSERT_EQ(write(to_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // The messages as "type:argument" up to the end.
  std::vector<std::string> all() {
    std::vector<std::string> out;
    dslt_trax_message m;
    int rc;
    while ((rc = dslt_trax_stream_read(&m, &stream_)) == 1)
      out.push_back(std::string(dslt_trax_type_name(m.type)) + ":" + (m.arguments ? m.argument[0] : ""));
    if (rc < 0) out.push_back(dslt_last_error());
    return out;
  }
  void end() {
    close(to_);
    to_ = -1;
  }
  dslt_trax_stream stream_ = {};
  int to_ = -1, from_ = -1;
};

const char kTalk[] =
    "noise\n@@TRAX:frame a\nmore @@TRAX:frame no\n\n@@TRAX\n@@TRA @@TRAX:frame no\n@\n@@TRAX:quit\r\n@@TRAX:state b\n";

TEST_F(TraxStream, LinesThatAreNoMessagesArePassedOver) {
  say(kTalk);
  end();
  EXPECT_EQ(all(), (std::vector<std::string>{"frame:a", "quit:", "state:b"}));
}

TEST_F(TraxStream, PiecesOfAnySizeMakeTheSameMessages) {
  for (size_t piece = 1; piece < 12; piece++) {
    int pipe_ends[2];
    ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
    dslt_trax_stream stream = {};
    stream.in = pipe_ends[0];
    stream.self = "S";
    std::thread writer([&] {
      const std::string talk = kTalk;
      for (size_t at = 0; at < talk.size(); at += piece) {
        EXPECT_GT(write(pipe_ends[1], talk.data() + at, std::min(piece, talk.size() - at)), 0);
        usleep(20);
      }
      close(pipe_ends[1]);
    });
    std::vector<std::string> types;
    dslt_trax_message m;
    while (dslt_trax_stream_read(&m, &stream) == 1) types.push_back(dslt_trax_type_name(m.type));
    writer.join();
    EXPECT_EQ(types, (std::vector<std::string>{"frame", "quit", "state"})) << piece;
    dslt_trax_stream_close(&stream);
  }
}

TEST_F(TraxStream, ALineWithoutItsEndIsNoMessage) {
  say("@@TRAX:frame a\n@@TRAX:quit");
  end();
  EXPECT_EQ(all(), (std::vector<std::string>{"frame:a"}));
  EXPECT_EQ(all(), (std::vector<std::string>{})) << "the end is given again";
}

TEST_F(TraxStream, AMalformedMessageIsAnError) {
  say("@@TRAX:fly\n@@TRAX:quit\n");
  end();
  EXPECT_EQ(all(), (std::vector<std::string>{"TraX has no message of type \"fly\"."}));
  EXPECT_EQ(all(), (std::vector<std::string>{"quit:"})) << "those behind it can still be read";
}

TEST_F(TraxStream, LongMessagesComeWholeAndEndlessOnesAreRefused) {
  const std::string picture(3u << 20, 'x'), chunk(1u << 20, 'y');
  std::thread writer([&] {
    const std::string line = "@@TRAX:frame " + picture + "\n@@TRAX:frame ";
    size_t at = 0;
    while (at < line.size())
      at += static_cast<size_t>(std::max<ssize_t>(0, write(to_, line.data() + at, line.size() - at)));
    while (write(to_, chunk.data(), chunk.size()) > 0) continue;  // until nobody reads
  });
  dslt_trax_message m;
  ASSERT_EQ(dslt_trax_stream_read(&m, &stream_), 1) << dslt_last_error();
  ASSERT_EQ(m.arguments, 1);
  EXPECT_EQ(m.argument[0], picture);
  EXPECT_EQ(dslt_trax_stream_read(&m, &stream_), DSLT_EFORMAT);
  EXPECT_STREQ(dslt_last_error(), "A TraX message is longer than 160 MiB.");
  dslt_trax_stream_close(&stream_);
  writer.join();
}

TEST_F(TraxStream, AnEndlessLineThatIsNoMessageTakesNoMemory) {
  std::thread writer([&] {
    const std::string chunk(1u << 20, 'n');
    for (int i = 0; i < 200; i++)
      for (size_t at = 0; at < chunk.size();) {
        const ssize_t n = write(to_, chunk.data() + at, chunk.size() - at);
        ASSERT_GT(n, 0);
        at += static_cast<size_t>(n);
      }
    say("\n@@TRAX:quit\n");
    end();
  });
  EXPECT_EQ(all(), (std::vector<std::string>{"quit:"}));
  writer.join();
  EXPECT_LE(stream_.room, 1u << 17);
}

TEST_F(TraxStream, PatienceEnds) {
  stream_.patience = 50;
  EXPECT_EQ(all().size(), 1u);
  EXPECT_NE(std::string(dslt_last_error()).find("Nothing came"), std::string::npos);
}

TEST_F(TraxStream, NobodyReading) {
  close(from_);
  from_ = -1;
  const dslt_trax_message quit = {DSLT_TRAX_QUIT, 0, {}, 0, {}};
  EXPECT_EQ(dslt_trax_stream_write(&stream_, &quit), DSLT_EIO);
}

TEST_F(TraxStream, TheRecordHoldsBothSidesAndCutsPictures) {
  stream_.log = fopen(path("log").c_str(), "w");
  ASSERT_NE(stream_.log, nullptr);
  say("@@TRAX:frame " + std::string(1000, 'x') + " a=b\n");
  dslt_trax_message m;
  ASSERT_EQ(dslt_trax_stream_read(&m, &stream_), 1);
  const dslt_trax_message quit = {DSLT_TRAX_QUIT, 0, {}, 0, {}};
  ASSERT_EQ(dslt_trax_stream_write(&stream_, &quit), DSLT_OK);
  EXPECT_EQ(slurp(path("log")), "C> frame " + std::string(200, 'x') + "...(1000 bytes) a=b\nS> quit\n");
}

// ---- the server's stream by its environment ----------------------------------------------------------------

class TraxEnvironment : public ScratchTest {
 protected:
  void TearDown() override {
    for (const char *name : {"TRAX_SOCKET", "TRAX_IN", "TRAX_OUT"}) unsetenv(name);
    dslt_trax_stream_close(&stream_);
    ScratchTest::TearDown();
  }
  dslt_trax_stream stream_ = {};
};

TEST_F(TraxEnvironment, ASocket) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(listener, 0);
  struct sockaddr_in place = {};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof place;
  ASSERT_EQ(bind(listener, reinterpret_cast<struct sockaddr *>(&place), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<struct sockaddr *>(&place), &size), 0);
  setenv("TRAX_SOCKET", std::to_string(ntohs(place.sin_port)).c_str(), 1);
  ASSERT_EQ(dslt_trax_stream_server(&stream_, nullptr), DSLT_OK) << dslt_last_error();
  const int other = accept(listener, nullptr, nullptr);
  ASSERT_GE(other, 0);
  const dslt_trax_message quit = {DSLT_TRAX_QUIT, 0, {}, 0, {}};
  ASSERT_EQ(dslt_trax_stream_write(&stream_, &quit), DSLT_OK);
  char text[13] = "";
  ASSERT_EQ(recv(other, text, 12, MSG_WAITALL), 12);
  EXPECT_STREQ(text, "@@TRAX:quit\n");
  ASSERT_EQ(write(other, text, 12), 12);
  dslt_trax_message m;
  EXPECT_EQ(dslt_trax_stream_read(&m, &stream_), 1);
  EXPECT_EQ(m.type, DSLT_TRAX_QUIT);
  close(other);
  close(listener);
}

TEST_F(TraxEnvironment, FileDescriptors) {
  int to[2], from[2];
  ASSERT_EQ(pipe2(to, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(from, O_CLOEXEC), 0);
  setenv("TRAX_IN", std::to_string(to[0]).c_str(), 1);
  setenv("TRAX_OUT", std::to_string(from[1]).c_str(), 1);
  ASSERT_EQ(dslt_trax_stream_server(&stream_, path("log").c_str()), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(write(to[1], "@@TRAX:quit\n", 12), 12);
  dslt_trax_message m;
  EXPECT_EQ(dslt_trax_stream_read(&m, &stream_), 1);
  EXPECT_EQ(slurp(path("log")), "C> quit\n");
  for (int fd : {to[0], to[1], from[0], from[1]}) close(fd);
}

TEST_F(TraxEnvironment, WhatIsNoneIsRefused) {
  for (const char *port : {"", "0", "65536", "-1", "80x", "99999999"}) {
    setenv("TRAX_SOCKET", port, 1);
    EXPECT_EQ(dslt_trax_stream_server(&stream_, nullptr), DSLT_EARGUMENT) << port;
    dslt_trax_stream_close(&stream_);
  }
  setenv("TRAX_SOCKET", "1", 1);
  EXPECT_EQ(dslt_trax_stream_server(&stream_, nullptr), DSLT_EIO) << "nobody listens";
  dslt_trax_stream_close(&stream_);
  unsetenv("TRAX_SOCKET");
  setenv("TRAX_IN", "987", 1);
  EXPECT_EQ(dslt_trax_stream_server(&stream_, nullptr), DSLT_EARGUMENT);
  EXPECT_STREQ(dslt_last_error(), "TRAX_IN is no open file descriptor.");
  dslt_trax_stream_close(&stream_);
  unsetenv("TRAX_IN");
  EXPECT_EQ(dslt_trax_stream_server(&stream_, path("none/log").c_str()), DSLT_EIO);
}

}  // namespace
