/* SPDX-License-Identifier: Apache-2.0 */
// served.h: a session that follows a rendered clip in a thread, and its server.
#pragma once

#include <gtest/gtest.h>
#include <jansson.h>
#include <signal.h>

#include <memory>
#include <string>
#include <thread>

#include "http.h"
#include "live/run.h"
#include "live/server.h"
#include "scratch.h"

struct JsonFree {
  void operator()(json_t *value) const { json_decref(value); }
};
using Json = std::unique_ptr<json_t, JsonFree>;

// What GET /frame gave.
struct Frame {
  Json state;
  std::string picture, maps;
  bool good = false;
  json_int_t integer(const char *name) const {
    return json_integer_value(json_object_get(state.get(), name));
  }
  bool truth(const char *name) const { return json_is_true(json_object_get(state.get(), name)); }
  size_t targets() const { return json_array_size(json_object_get(state.get(), "targets")); }
  json_t *target(size_t index) const {
    return json_array_get(json_object_get(state.get(), "targets"), index);
  }
  json_int_t number(size_t index) const {
    return json_integer_value(json_object_get(target(index), "number"));
  }
};

inline Frame parse_frame(const std::string &bytes) {
  Frame frame;
  if (bytes.size() < 4) return frame;
  size_t size = 0;
  for (int b = 3; b >= 0; b--) size = size << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(b)]);
  if (size > bytes.size() - 4) return frame;
  frame.state.reset(json_loadb(bytes.data() + 4, size, 0, nullptr));
  if (!frame.state) return frame;
  const json_t *picture = json_object_get(frame.state.get(), "picture");
  size_t at = 4 + size;
  if (json_is_object(picture)) {
    const auto length = static_cast<size_t>(json_integer_value(json_object_get(picture, "bytes")));
    const auto maps = static_cast<size_t>(json_integer_value(json_object_get(picture, "map_bytes")));
    if (bytes.size() - at != length + maps) return frame;
    frame.picture = bytes.substr(at, length);
    frame.maps = bytes.substr(at + length);
    at = bytes.size();
  }
  frame.good = at == bytes.size();
  return frame;
}

// A small clip with siamese's weights and a training of three steps.
class LiveTest : public ScratchTest {
 protected:
  void SetUp() override {
    ScratchTest::SetUp();
    if (!DSLT_CIVETWEB) GTEST_SKIP() << skip::kCivetweb;
    ASSERT_EQ(dslt_options_create(&options_, "default"), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(dslt_options_set(options_, "backend", "cpu"), DSLT_OK);
    ASSERT_EQ(dslt_options_set(options_, "threads", "1"), DSLT_OK);
    ASSERT_EQ(dslt_options_set(options_, "init_steps", "3"), DSLT_OK);
    ASSERT_EQ(dslt_weights_load(&weights_, "siamese"), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(dslt_live_session_create(&session_), DSLT_OK);
  }
  void TearDown() override {
    quit();
    dslt_live_server_stop(server_);
    EXPECT_EQ(dslt_live_run_close(run_), DSLT_OK) << dslt_last_error();
    dslt_live_session_free(session_);
    dslt_weights_free(weights_);
    dslt_options_free(options_);
    ScratchTest::TearDown();
  }
  // Open, serve, run.
  void serve(dslt_live_setup setup, int token = 0, const char *bind = "127.0.0.1") {
    setup.options = options_;
    setup.weights = weights_;
    ASSERT_EQ(dslt_live_run_open(&run_, session_, &setup), DSLT_OK) << dslt_last_error();
    const dslt_live_address address = {bind, 0, token};
    ASSERT_EQ(dslt_live_server_start(&server_, session_, &address), DSLT_OK) << dslt_last_error();
    port_ = dslt_live_server_port(server_);
    thread_ = std::thread([this] {
      rc_ = dslt_live_run_loop(run_, &stop_);
      sentence_ = rc_ < 0 ? dslt_last_error() : "";
    });
  }
  void quit() {
    stop_ = 1;
    if (thread_.joinable()) thread_.join();
  }
  static dslt_live_setup clip(const char *input = "scene:1:128x96", int unpaced = 1) {
    dslt_live_setup setup = {};
    setup.input = input;
    setup.unpaced = unpaced;
    return setup;
  }
  Frame frame(json_int_t after = 0, json_int_t picture = 0) const {
    const Answer answer =
        get(port_, "/frame?after=" + std::to_string(after) + "&picture=" + std::to_string(picture));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return parse_frame(answer.body);
  }
  // Frames until one satisfies `good`.
  template <typename Good>
  Frame wait_for(const Good &good) const {
    Frame f = frame();
    for (int i = 0; i < 1000 && f.state && !good(f); i++) {
      Frame next = frame(f.integer("version"), f.integer("number"));
      if (next.state) f = std::move(next);
    }
    EXPECT_TRUE(f.state && good(f)) << "never came";
    return f;
  }
  // "" where it was done, else the sentence.
  std::string command(const std::string &message) const {
    const Answer answer = post(port_, "/command", message);
    if (answer.status == 204) return "";
    EXPECT_EQ(answer.status, 422) << message << answer.body;
    return answer.body;
  }

  dslt_options *options_ = nullptr;
  dslt_weights *weights_ = nullptr;
  dslt_live_session *session_ = nullptr;
  dslt_live_run *run_ = nullptr;
  dslt_live_server *server_ = nullptr;
  std::thread thread_;
  volatile sig_atomic_t stop_ = 0;
  int port_ = 0, rc_ = 0;
  std::string sentence_;
};
