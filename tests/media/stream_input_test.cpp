/* SPDX-License-Identifier: Apache-2.0 */
// Videos that come through pipes and from addresses: the frames of the file, live views, and what cannot be reached.
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

#include "media/scene.h"
#include "media_test.h"

namespace {

constexpr int kFrames = 30;

bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

class StreamInput : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!DSLT_FFMPEG) GTEST_SKIP() << skip::kFfmpeg;
    signal(SIGPIPE, SIG_IGN);
    write_video(file_);
    bytes_ = read_file(file_);
    ASSERT_GT(bytes_.size(), 5000u);
  }
  void TearDown() override {
    if (writer_.joinable()) writer_.join();
    signal(SIGPIPE, SIG_DFL);
  }
  static void write_video(const std::string &path) {
    dslt_scene_options o;
    dslt_scene_defaults(&o);
    o.width = 96, o.height = 64, o.object_width = 20, o.object_height = 20;
    dslt_scene *scene = nullptr;
    ASSERT_EQ(dslt_scene_create(&scene, &o), DSLT_OK) << dslt_last_error();
    dslt_canvas canvas = {};
    dslt_video_writer *writer = nullptr;
    const dslt_video_format format = {96, 64, 25, {1, 1}};
    ASSERT_EQ(dslt_video_writer_open(&writer, path.c_str(), &format), DSLT_OK) << dslt_last_error();
    for (int i = 0; i < kFrames; i++) {
      ASSERT_EQ(dslt_scene_render(&canvas, nullptr, scene, i), DSLT_OK);
      ASSERT_EQ(dslt_video_writer_write(writer, &canvas, std::nan("")), DSLT_OK);
    }
    ASSERT_EQ(dslt_video_writer_close(writer, 1), DSLT_OK);
    dslt_canvas_free(&canvas);
    dslt_scene_free(scene);
  }
  static uint64_t hash(const dslt_image &image) {
    uint64_t sum = 14695981039346656037u;
    for (int y = 0; y < image.height; y++)
      for (int x = 0; x < 3 * image.width; x++)
        sum = (sum ^ static_cast<const uint8_t *>(image.data)[static_cast<size_t>(y) * image.stride + x]) *
              1099511628211u;
    return sum;
  }
  static std::vector<uint64_t> frames_of(const std::string &input) {
    dslt_source *source = nullptr;
    EXPECT_EQ(dslt_source_open(&source, input.c_str(), nullptr), DSLT_OK) << dslt_last_error();
    std::vector<uint64_t> out;
    dslt_image image;
    if (!source) return out;
    while (dslt_source_next(&image, nullptr, nullptr, source) == 1) out.push_back(hash(image));
    dslt_source_close(source);
    return out;
  }
  // A pipe into which another thread writes `bytes`, as "pipe:N"; it stays open for `seconds` after that, or until
  // close_read_end().
  std::string piped(const Bytes &bytes, double seconds = 0) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    read_end_ = ends[0];
    unread_ = false;
    writer_ = std::thread([this, bytes, to = ends[1], seconds] {
      for (size_t at = 0; at < bytes.size();) {
        const ssize_t n = write(to, bytes.data() + at, bytes.size() - at);
        if (n <= 0) break;
        at += static_cast<size_t>(n);
      }
      for (int i = 0; i < 100 * seconds && !unread_; i++) usleep(10000);
      close(to);
    });
    return "pipe:" + std::to_string(ends[0]);
  }
  void close_read_end() {
    if (read_end_ >= 0) close(read_end_);
    read_end_ = -1;
    unread_ = true;
  }
  // Five frames of YUV4MPEG2, which FFmpeg delivers as they come; of AVI it wants seconds first.
  static Bytes five_frames() {
    const std::string head = "YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n", begin = "FRAME\n";
    Bytes out(head.begin(), head.end());
    for (int i = 0; i < 5; i++) {
      out.insert(out.end(), begin.begin(), begin.end());
      out.insert(out.end(), 64 * 48 * 3 / 2, static_cast<uint8_t>(100 + i));
    }
    return out;
  }
  static int refused(const std::string &input) {
    dslt_source *source = nullptr;
    const int rc = dslt_source_open(&source, input.c_str(), nullptr);
    EXPECT_NE(rc, DSLT_OK) << input;
    EXPECT_TRUE(has(dslt_last_error(), input)) << dslt_last_error();
    if (source) dslt_source_close(source);
    return rc;
  }

  Folder folder_;
  std::string file_ = folder_ / "a.avi";
  Bytes bytes_;
  std::thread writer_;
  std::atomic<bool> unread_{false};
  int read_end_ = -1;
};

TEST_F(StreamInput, APipeGivesTheFramesOfTheFile) {
  const std::vector<uint64_t> expected = frames_of(file_);
  ASSERT_EQ(expected.size(), static_cast<size_t>(kFrames));
  EXPECT_EQ(frames_of(piped(bytes_)), expected);
  close_read_end();
  writer_.join();
  const std::string fd = piped(bytes_).substr(5);
  EXPECT_EQ(frames_of("/dev/fd/" + fd), expected);
  close_read_end();
  writer_.join();
  EXPECT_EQ(frames_of("pipe://" + piped(bytes_).substr(5)), expected);
  close_read_end();
}

TEST_F(StreamInput, ANamedPipeWaitsForItsWriter) {
  const std::string name = folder_ / "fifo";
  ASSERT_EQ(mkfifo(name.c_str(), 0600), 0);
  writer_ = std::thread([&] {
    usleep(200000);
    const int to = open(name.c_str(), O_WRONLY | O_CLOEXEC);
    for (size_t at = 0; at < bytes_.size();) {
      const ssize_t n = write(to, bytes_.data() + at, bytes_.size() - at);
      if (n <= 0) break;
      at += static_cast<size_t>(n);
    }
    close(to);
  });
  EXPECT_EQ(frames_of(name), frames_of(file_));
}

TEST_F(StreamInput, ALiveViewTakesTheNewestFrame) {
  const std::vector<uint64_t> all = frames_of(file_);
  for (const int held : {1, 2}) {
    dslt_source_options options = {};
    options.live = 1;
    options.held = held;
    dslt_source *source = nullptr;
    ASSERT_EQ(dslt_source_open(&source, piped(bytes_).c_str(), &options), DSLT_OK) << dslt_last_error();
    dslt_source_info info;
    dslt_source_info_get(&info, source);
    EXPECT_EQ(info.drops, 1);
    dslt_image image, before = {};
    dslt_source_delay delay;
    int delivered = 0;
    uint64_t last = 0;
    while (dslt_source_next(&image, nullptr, nullptr, source) == 1) {
      delivered++;
      dslt_source_delay_get(&delay, source);
      // the frame is the one that the count says
      const size_t number = static_cast<size_t>(delay.dropped) + static_cast<size_t>(delivered) - 1;
      ASSERT_LT(number, all.size());
      EXPECT_EQ(hash(image), all[number]);
      if (held == 2 && delivered > 1) {
        EXPECT_EQ(hash(before), last) << "held while the next one is there";
      }
      before = image, last = hash(image);
      usleep(delivered == 1 ? 500000 : 0);
    }
    EXPECT_GT(delay.dropped, 0);
    EXPECT_GE(delivered, 1);
    EXPECT_EQ(delay.dropped + delivered, kFrames) << "the last one is delivered";
    dslt_source_close(source);
    close_read_end();
    writer_.join();
  }
}

// On a machine so busy that all but one frame are dropped before the second is asked for, this says nothing: again then.
TEST_F(StreamInput, ALiveViewCountsDeliveredFrames) {
  dslt_source_options options = {};
  options.live = 1;
  options.limit = 2;
  int delivered = 0;
  for (int attempt = 0; attempt < 10 && delivered < 2; attempt++) {
    dslt_source *source = nullptr;
    ASSERT_EQ(dslt_source_open(&source, piped(bytes_).c_str(), &options), DSLT_OK) << dslt_last_error();
    dslt_image image;
    delivered = 0;
    while (delivered < 10 && dslt_source_next(&image, nullptr, nullptr, source) == 1) delivered++;
    dslt_source_close(source);
    close_read_end();
    writer_.join();
  }
  EXPECT_EQ(delivered, 2);
}

TEST_F(StreamInput, NoFrameOfAFileIsDropped) {
  dslt_source_options options = {};
  options.live = 1;
  dslt_source *source = nullptr;
  ASSERT_EQ(dslt_source_open(&source, file_.c_str(), &options), DSLT_OK) << dslt_last_error();
  dslt_source_info info;
  dslt_source_info_get(&info, source);
  EXPECT_EQ(info.drops, 0);
  usleep(200000);
  dslt_image image;
  int delivered = 0;
  while (dslt_source_next(&image, nullptr, nullptr, source) == 1) delivered++;
  EXPECT_EQ(delivered, kFrames);
  dslt_source_close(source);
}

TEST_F(StreamInput, ClosingDoesNotWaitForASilentPipe) {
  const Bytes half(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(bytes_.size() / 2));
  dslt_source *source = nullptr;
  ASSERT_EQ(dslt_source_open(&source, piped(half, 3).c_str(), nullptr), DSLT_OK) << dslt_last_error();
  dslt_image image;
  EXPECT_EQ(dslt_source_next(&image, nullptr, nullptr, source), 1);
  const auto began = std::chrono::steady_clock::now();
  dslt_source_close(source);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(), 2);
  close_read_end();
}

volatile sig_atomic_t interrupt;

// An alarm in half a second sets `interrupt`, for one scope.
class Alarm {
 public:
  Alarm() {
    interrupt = 0;
    signal(SIGALRM, [](int number) { interrupt = number; });
    const struct itimerval soon = {{0, 0}, {0, 500000}};
    setitimer(ITIMER_REAL, &soon, nullptr);
  }
  ~Alarm() {
    const struct itimerval never = {};
    setitimer(ITIMER_REAL, &never, nullptr);
    signal(SIGALRM, SIG_DFL);
  }
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

TEST_F(StreamInput, AnInterruptEndsTheWaitForAFrame) {
  for (const int live : {0, 1}) {
    dslt_source_options options = {};
    options.live = live;
    options.interrupt = &interrupt;
    dslt_source *source = nullptr;
    interrupt = 0;
    ASSERT_EQ(dslt_source_open(&source, piped(five_frames(), 10).c_str(), &options), DSLT_OK)
        << dslt_last_error();
    const Alarm alarm;
    dslt_image image;
    int delivered = 0, rc;
    while ((rc = dslt_source_next(&image, nullptr, nullptr, source)) == 1) delivered++;
    EXPECT_EQ(rc, 0) << dslt_last_error();
    EXPECT_GE(delivered, 1);
    EXPECT_LE(delivered, 5);
    EXPECT_NE(interrupt, 0);
    EXPECT_EQ(dslt_source_next(&image, nullptr, nullptr, source), 0) << "again and again";
    EXPECT_EQ(dslt_source_damaged(source), 0) << "the input did not end early";
    dslt_source_close(source);
    EXPECT_LT(alarm.seconds(), 5);
    close_read_end();
    writer_.join();
  }
}

// Frames that are skipped at the start are waited for as well: that too few came is no error then.
TEST_F(StreamInput, AnInterruptEndsTheWaitForTheFirstFrame) {
  dslt_source_options options = {};
  options.start = 7;
  options.interrupt = &interrupt;
  dslt_source *source = nullptr;
  interrupt = 0;
  ASSERT_EQ(dslt_source_open(&source, piped(five_frames(), 10).c_str(), &options), DSLT_OK)
      << dslt_last_error();
  const Alarm alarm;
  dslt_image image;
  EXPECT_EQ(dslt_source_next(&image, nullptr, nullptr, source), 0) << dslt_last_error();
  dslt_source_close(source);
  EXPECT_LT(alarm.seconds(), 5);
  close_read_end();
}

TEST_F(StreamInput, AnInterruptEndsOpening) {
  for (const size_t size : {size_t{0}, size_t{100}}) {
    const Alarm alarm;
    dslt_source_options options = {};
    options.interrupt = &interrupt;
    dslt_source *source = nullptr;
    const Bytes some(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(dslt_source_open(&source, piped(some, 10).c_str(), &options), DSLT_EIO);
    EXPECT_TRUE(has(dslt_last_error(), "interrupted while it was opened")) << dslt_last_error();
    EXPECT_LT(alarm.seconds(), 5);
    close_read_end();
    writer_.join();
  }
}

TEST_F(StreamInput, WhatBringsNoVideoSaysSo) {
  EXPECT_EQ(refused(piped({})), DSLT_EFORMAT);
  EXPECT_TRUE(has(dslt_last_error(), "ended before anything came")) << dslt_last_error();
  close_read_end();
  writer_.join();
  EXPECT_EQ(refused(piped(Bytes(200000, 'x'))), DSLT_EFORMAT);
  EXPECT_TRUE(has(dslt_last_error(), "brings no video")) << dslt_last_error();
  close_read_end();
  EXPECT_EQ(refused("pipe:987"), DSLT_EIO);
  EXPECT_EQ(refused("pipe:x"), DSLT_EIO) << "no number: a file of that name, which is not there";
}

// ---- addresses -----------------------------------------------------------------------------------------------

// Answers every connection to a port of 127.0.0.1 with the same bytes.
class Server {
 public:
  explicit Server(std::string answer)
      : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    struct sockaddr_in place = {};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    EXPECT_EQ(bind(listener_, reinterpret_cast<struct sockaddr *>(&place), size), 0);
    EXPECT_EQ(listen(listener_, 4), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<struct sockaddr *>(&place), &size), 0);
    port_ = ntohs(place.sin_port);
    thread_ = std::thread([this] {
      for (;;) {
        struct pollfd in = {listener_, POLLIN, 0};
        if (poll(&in, 1, 20) == 0 && !stop_) continue;
        if (stop_) return;
        const int client = accept(listener_, nullptr, nullptr);
        char request[4096];
        if (read(client, request, sizeof request) > 0)
          for (size_t at = 0; at < answer_.size();) {
            const ssize_t n = write(client, answer_.data() + at, answer_.size() - at);
            if (n <= 0) break;
            at += static_cast<size_t>(n);
          }
        close(client);
      }
    });
  }
  ~Server() {
    stop_ = true;
    thread_.join();
    close(listener_);
  }
  std::string url(const std::string &scheme) const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + "/a.avi";
  }

 private:
  std::string answer_;
  int listener_, port_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

TEST_F(StreamInput, AnAddressGivesTheFramesOfTheFile) {
  Server server("HTTP/1.0 200 OK\r\nContent-Type: video/x-msvideo\r\n\r\n" +
                std::string(bytes_.begin(), bytes_.end()));
  EXPECT_EQ(frames_of(server.url("http")), frames_of(file_));
}

TEST_F(StreamInput, WhatCannotBeReachedSaysSo) {
  for (const char *address : {"http://127.0.0.1:1/a.avi", "rtsp://127.0.0.1:1/a", "tcp://127.0.0.1:1"}) {
    EXPECT_EQ(refused(address), DSLT_EIO);
    EXPECT_TRUE(has(dslt_last_error(), "cannot be reached: the connection was refused")) << dslt_last_error();
  }
  Server missing("HTTP/1.0 404 Not Found\r\n\r\n");
  EXPECT_EQ(refused(missing.url("http")), DSLT_EIO);
  EXPECT_TRUE(has(dslt_last_error(), "404")) << dslt_last_error();
  Server silent("");
  EXPECT_EQ(refused(silent.url("http")), DSLT_EIO);
  EXPECT_TRUE(has(dslt_last_error(), "cannot be reached")) << dslt_last_error();
  Server text("HTTP/1.0 200 OK\r\n\r\n" + std::string(200000, 'x'));
  refused(text.url("http"));  // FFmpeg calls what has no length and ends a connection that broke off
  EXPECT_EQ(refused("nonsense://127.0.0.1/a"), DSLT_EARGUMENT);
}

}  // namespace
