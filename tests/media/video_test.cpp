/* SPDX-License-Identifier: Apache-2.0 */
// Overlay videos written and read back; damaged ones; windows without a display.
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstring>

#include "media/scene.h"
#include "media_test.h"

namespace {

bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

struct Clip {
  dslt_scene *scene = nullptr;
  dslt_canvas canvas = {};
  Clip(int width, int height) {
    dslt_scene_options o;
    dslt_scene_defaults(&o);
    o.width = width, o.height = height, o.object_width = 24, o.object_height = 30;
    EXPECT_EQ(dslt_scene_create(&scene, &o), DSLT_OK) << dslt_last_error();
  }
  ~Clip() {
    dslt_scene_free(scene);
    dslt_canvas_free(&canvas);
  }
  const dslt_canvas *frame(int i) {
    EXPECT_EQ(dslt_scene_render(&canvas, nullptr, scene, i), DSLT_OK);
    return &canvas;
  }
};

int open_writer(dslt_video_writer **out, const std::string &path, int width, int height, double fps = 25) {
  const dslt_video_format format = {width, height, fps, {1, 1}};
  return dslt_video_writer_open(out, path.c_str(), &format);
}

int write_video(const std::string &path, int width, int height, int frames, int keep = 1) {
  Clip clip(width, height);
  dslt_video_writer *writer = nullptr;
  const int rc = open_writer(&writer, path, width, height);
  if (rc < 0) return rc;
  int wrote = DSLT_OK;
  for (int i = 0; i < frames && wrote == DSLT_OK; i++)
    wrote = dslt_video_writer_write(writer, clip.frame(i), NAN);
  const std::string error = dslt_last_error();
  const int closed = dslt_video_writer_close(writer, keep);
  if (wrote == DSLT_OK) return closed;
  EXPECT_EQ(closed, keep ? DSLT_EIO : DSLT_OK);
  EXPECT_TRUE(has(error, path)) << error;
  return wrote;
}

}  // namespace

TEST(Video, RoundTrip) {
  NEED_VIDEO();
  Folder folder;
  for (const char *name : {"a.mp4", "a.avi"}) {
    ASSERT_EQ(write_video(folder / name, 160, 120, 40), DSLT_OK) << dslt_last_error();
    const Outcome got = read_source(folder / name);
    ASSERT_EQ(got.rc, 0) << got.error;
    ASSERT_EQ(got.frames.size(), 40u);
    EXPECT_EQ(got.info.frames, -1);  // nothing that a container says of its length is a promise
    EXPECT_EQ(got.info.about, 40);
    EXPECT_NEAR(got.info.fps, 25, 0.1);
    EXPECT_STREQ(got.info.kind, "video");
    Clip clip(160, 120);
    for (int i : {0, 20, 39}) {
      const dslt_canvas *c = clip.frame(i);
      double sum = 0;
      for (size_t k = 0; k < 160 * 120 * 3; k++)
        sum += std::abs(c->pixels[k] - got.frames[static_cast<size_t>(i)].pixels[k]);
      EXPECT_LT(sum / (160 * 120 * 3), 12) << name << " " << i;
    }
    const Outcome part = read_source(folder / name, {10, 5, 2, 0, 0, 0, nullptr});
    ASSERT_EQ(part.frames.size(), 5u);
    EXPECT_EQ(part.info.about, 5);
    EXPECT_EQ(part.frames[0].pixels, got.frames[10].pixels);
    EXPECT_EQ(part.rc, 0);
  }
  EXPECT_EQ(folder.files(), 2);
}

TEST(Video, OddSizesLoseTheLastColumn) {
  NEED_VIDEO();
  Folder folder;
  ASSERT_EQ(write_video(folder / "a.mp4", 161, 121, 5), DSLT_OK) << dslt_last_error();
  const Outcome got = read_source(folder / "a.mp4");
  ASSERT_EQ(got.frames.size(), 5u) << got.error;
  EXPECT_EQ(got.frames[0].width, 160);
  EXPECT_EQ(got.frames[0].height, 120);
}

TEST(Video, WriterLeavesNothingBehind) {
  NEED_VIDEO();
  Folder folder;
  EXPECT_EQ(write_video(folder / "a.mp4", 160, 120, 5, 0), DSLT_OK);
  EXPECT_EQ(folder.files(), 0);
  write_file(folder / "a.mp4", std::string("old"));
  EXPECT_EQ(write_video(folder / "a.mp4", 160, 120, 0), DSLT_EIO);  // no frame
  EXPECT_EQ(read_file(folder / "a.mp4").size(), 3u);
  EXPECT_EQ(folder.files(), 1);
  EXPECT_EQ(write_video(folder / "none/a.mp4", 160, 120, 5), DSLT_EIO);
  EXPECT_TRUE(has(dslt_last_error(), "none/a.mp4"));
  EXPECT_EQ(write_video(folder / "a.xyz", 160, 120, 5), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_video_writer_close(nullptr, 1), DSLT_OK);
  dslt_video_writer *writer = nullptr;
  EXPECT_EQ(open_writer(&writer, folder / "b.mp4", 1, 100), DSLT_EARGUMENT);
  ASSERT_EQ(open_writer(&writer, folder / "b.mp4", 64, 48, 0), DSLT_OK);
  Clip clip(160, 120);
  EXPECT_EQ(dslt_video_writer_write(writer, clip.frame(0), NAN), DSLT_EFRAME);
  EXPECT_EQ(dslt_video_writer_close(writer, 1), DSLT_EIO);
  EXPECT_EQ(folder.files(), 1);
}

// The temporary file has the ending of the link's target.
TEST(Video, TheNameOfALinkChoosesTheFormat) {
  if (!DSLT_FFMPEG) GTEST_SKIP() << skip::kFfmpeg;
  Folder folder;
  const struct {
    const char *link, *target;
    size_t at;  // of the mark by which the format is known
    const char *mark;
  } links[] = {{"a.mp4", "blob", 4, "ftyp"},
               {"b.mp4", "b.avi", 4, "ftyp"},
               {"c.avi", "c.mp4", 8, "AVI "},
               {"d.AVI", "e", 8, "AVI "}};
  for (const auto &l : links) {
    ASSERT_EQ(symlink(l.target, (folder / l.link).c_str()), 0);
    ASSERT_EQ(write_video(folder / l.link, 160, 120, 5), DSLT_OK) << l.link << ": " << dslt_last_error();
    EXPECT_TRUE(std::filesystem::is_symlink(folder / l.link));
    const Bytes bytes = read_file(folder / l.target);
    ASSERT_GT(bytes.size(), 12u) << l.link;
    EXPECT_EQ(std::memcmp(bytes.data() + l.at, l.mark, 4), 0) << l.link;
    EXPECT_EQ(read_source(folder / l.link).frames.size(), 5u) << l.link;
  }
  EXPECT_EQ(folder.files(), 8);
}

// A limit on the size of files stands in for a full disk.
TEST(Video, FullDiskIsReported) {
  NEED_VIDEO();
  Folder folder;
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {20000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const int rc = write_video(folder / "a.mp4", 320, 240, 100);
  const std::string error = dslt_last_error();
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  EXPECT_EQ(rc, DSLT_EIO);
  EXPECT_TRUE(has(error, "a.mp4")) << error;
  EXPECT_EQ(folder.files(), 0);
}

TEST(Video, WhatIsNoVideoIsNamed) {
  NEED_VIDEO();
  Folder folder;
  write_file(folder / "empty.mp4", Bytes());
  write_file(folder / "text.mp4", std::string("This is a text and no video.\n"));
  write_file(folder / "noise.avi", Bytes(5000, 0x5a));
  for (const char *name : {"empty.mp4", "text.mp4", "noise.avi"}) {
    testing::internal::CaptureStderr();
    const Outcome got = read_source(folder / name);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(got.rc, DSLT_EFORMAT) << name;
    EXPECT_TRUE(has(got.error, folder / name)) << got.error;
  }
}

TEST(Video, AFileThatWasCutOffGivesItsGoodFramesAndSaysSo) {
  NEED_VIDEO();
  Folder folder;
  ASSERT_EQ(write_video(folder / "a.avi", 320, 240, 60), DSLT_OK) << dslt_last_error();
  const Bytes whole = read_file(folder / "a.avi");
  write_file(folder / "cut.avi", Bytes(whole.begin(), whole.begin() + static_cast<long>(whole.size() / 2)));
  testing::internal::CaptureStderr();
  const Outcome got = read_source(folder / "cut.avi");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(got.rc, 0) << got.error;
  if (DSLT_FFMPEG) {
    EXPECT_TRUE(has(got.notes, "cut.avi") && has(got.notes, "of its 60 frames")) << got.notes;
    EXPECT_GT(got.damaged, 0);
  } else {
    EXPECT_TRUE(has(got.notes, "cut.avi ended after")) << got.notes;
  }
  EXPECT_GT(got.frames.size(), 10u);
  EXPECT_LT(got.frames.size(), 56u);
  // what the user did not ask for is not missed
  const Outcome part = read_source(folder / "cut.avi", {0, 8, 0, 0, 0, 0, nullptr});
  EXPECT_EQ(part.rc, 0) << part.error;
  EXPECT_EQ(part.frames.size(), 8u);
  const Outcome beyond = read_source(folder / "a.avi", {60, 0, 0, 0, 0, 0, nullptr});
  EXPECT_EQ(beyond.rc, DSLT_EARGUMENT);
}

TEST(Video, CanBeClosedAtAnyMoment) {
  NEED_VIDEO();
  Folder folder;
  ASSERT_EQ(write_video(folder / "a.mp4", 160, 120, 30), DSLT_OK);
  for (int round = 0; round < 20; round++) {
    const dslt_source_options options = {round % 4, 0, 1 + round % 3, round % 3, 0, 0, nullptr};
    dslt_source *source = nullptr;
    ASSERT_EQ(dslt_source_open(&source, (folder / "a.mp4").c_str(), &options), DSLT_OK);
    dslt_image image;
    for (int i = 0; i < round % 7; i++) EXPECT_EQ(dslt_source_next(&image, nullptr, nullptr, source), 1);
    dslt_source_close(source);
  }
}

TEST(Video, WithoutALibraryTheSentenceSaysSo) {
  if (DSLT_OPENCV || DSLT_FFMPEG) GTEST_SKIP() << skip::kWithVideo;
  Folder folder;
  write_file(folder / "a.mp4", std::string("x"));
  EXPECT_EQ(read_source(folder / "a.mp4").rc, DSLT_EUNSUPPORTED);
  dslt_video_writer *writer = nullptr;
  EXPECT_EQ(open_writer(&writer, "a.mp4", 64, 48), DSLT_EUNSUPPORTED);
  dslt_canvas canvas = {};
  EXPECT_EQ(dslt_window_show(&canvas, "x"), DSLT_EUNSUPPORTED);
}

// Without a display, and with one that does not answer, there is a sentence and no abort. Each case in a
// process of its own, because the answer is kept.
TEST(WindowDeathTest, NeedsADisplay) {
  NEED_OPENCV();
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto ask = [](const char *display) {
    unsetenv("WAYLAND_DISPLAY");
    if (display) {
      setenv("DISPLAY", display, 1);
    } else {
      unsetenv("DISPLAY");
    }
    dslt_canvas canvas;
    dslt_canvas_create(&canvas, 32, 32);
    dslt_box box = {};
    const int show = dslt_window_show(&canvas, "t"), select = dslt_window_select(&box, &canvas, "t");
    dslt_window_close("t");
    if (show == DSLT_EUNSUPPORTED) _exit(0);  // an OpenCV without windows
    _exit(show == DSLT_EDISPLAY && select == DSLT_EDISPLAY && std::strstr(dslt_last_error(), "--box") ? 0
                                                                                                      : 1);
  };
  EXPECT_EXIT(ask(nullptr), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(ask(":987"), testing::ExitedWithCode(0), "");
}

// A real window on a virtual display, again in a process of its own.
TEST(WindowDeathTest, OpensOnADisplay) {
  NEED_OPENCV();
  if (std::system("command -v Xvfb >/dev/null 2>&1") != 0) GTEST_SKIP() << skip::kXvfb;
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto show = [] {
    int ends[2];
    if (pipe(ends) != 0) _exit(9);
    const pid_t server = fork();
    if (server == 0) {
      close(ends[0]);
      execlp("Xvfb", "Xvfb", "-displayfd", std::to_string(ends[1]).c_str(), "-screen", "0", "640x480x24",
             static_cast<char *>(nullptr));
      _exit(9);
    }
    close(ends[1]);
    char number[16] = ":";
    // The number comes when the display is ready, perhaps in pieces, and ends with its line.
    for (char *at = number + 1; at < number + sizeof number - 1 && read(ends[0], at, 1) == 1 && *at != '\n';
         ++at)
      at[1] = 0;
    number[std::strcspn(number, "\n")] = 0;
    setenv("DISPLAY", number, 1);
    unsetenv("WAYLAND_DISPLAY");
    dslt_canvas canvas;
    dslt_canvas_create(&canvas, 64, 48);
    int rc = dslt_window_show(&canvas, "dslt test");
    if (rc == 1) rc = dslt_window_show(&canvas, "dslt test");
    dslt_window_close("dslt test");
    dslt_canvas_free(&canvas);
    kill(server, SIGTERM);
    _exit(rc == 1 || rc == DSLT_EUNSUPPORTED ? 0 : 1);
  };
  EXPECT_EXIT(show(), testing::ExitedWithCode(0), "");
}

TEST(Video, LibraryNamesItself) {
  EXPECT_EQ(has(dslt_media_library(), "OpenCV "), DSLT_OPENCV) << dslt_media_library();
  EXPECT_EQ(has(dslt_media_library(), "FFmpeg "), DSLT_FFMPEG) << dslt_media_library();
  EXPECT_EQ(std::string(dslt_media_library()) == "none", !DSLT_OPENCV && !DSLT_FFMPEG);
  EXPECT_EQ(dslt_media_writes_videos(), DSLT_OPENCV || DSLT_FFMPEG);
  EXPECT_EQ(dslt_media_writes_pictures(), DSLT_OPENCV);
}
