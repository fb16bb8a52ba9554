/* SPDX-License-Identifier: Apache-2.0 */
// Videos of every container: flawless ones whose length is no promise, damaged ones, turned ones, and their times.
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "media/orient.h"
#include "media_test.h"

namespace {

bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

const std::string PICTURE = "-f lavfi -i testsrc2=size=160x120:rate=25:duration=3 ";
const std::string SOUND = "-f lavfi -i sine=duration=7 -c:a ";
const std::string H264 = "-c:v libx264 -g 25 ";

// The bytes at `at` of the file, or their number, replaced.
void spoil(const std::string &path, double where, size_t count, bool random) {
  Bytes bytes = read_file(path);
  const size_t at = static_cast<size_t>(where * static_cast<double>(bytes.size()));
  uint32_t state = 12345;
  for (size_t i = at; i < at + count && i < bytes.size(); i++)
    bytes[i] = random ? static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24) : 0;
  write_file(path, bytes);
}

// Overwrite the display matrix of an MP4's only track.
void set_matrix(const std::string &path, const int32_t matrix[9]) {
  Bytes bytes = read_file(path);
  const std::string type = "tkhd";
  const auto found = std::search(bytes.begin(), bytes.end(), type.begin(), type.end());
  ASSERT_NE(found, bytes.end());
  size_t at = static_cast<size_t>(found - bytes.begin()) + 4 + 40;  // version 0
  for (int i = 0; i < 9; i++)
    for (int k = 0; k < 4; k++)
      bytes[at++] = static_cast<uint8_t>(static_cast<uint32_t>(matrix[i]) >> (24 - 8 * k));
  write_file(path, bytes);
}

// An overlay of grey frames at the times that `time_of` gives, read back.
struct OverlayOf {
  std::string note;
  Outcome read;
  template <typename TimeOf>
  OverlayOf(const std::string &path, int frames, TimeOf time_of, double fps = 25) {
    dslt_canvas canvas = {};
    dslt_video_writer *writer = nullptr;
    const dslt_video_format format = {64, 48, fps, {1, 1}};
    EXPECT_EQ(dslt_canvas_create(&canvas, 64, 48), DSLT_OK);
    EXPECT_EQ(dslt_video_writer_open(&writer, path.c_str(), &format), DSLT_OK) << dslt_last_error();
    for (int i = 0; writer && i < frames; i++)
      EXPECT_EQ(dslt_video_writer_write(writer, &canvas, time_of(i)), DSLT_OK) << dslt_last_error();
    if (writer) note = dslt_video_writer_note(writer);
    EXPECT_EQ(dslt_video_writer_close(writer, 1), DSLT_OK) << dslt_last_error();
    dslt_canvas_free(&canvas);
    read = read_source(path);
  }
};

}  // namespace

TEST(Container, FlawlessVideosEndWellWithTheirOwnTimes) {
  NEED_FFMPEG();
  Folder folder;
  const std::string late = "-itsoffset 2 " + PICTURE + SOUND;
  const std::string uneven = PICTURE + "-vf \"select='not(mod(n,3))+gt(n,50)'\" -vsync vfr ";
  const struct {
    const char *name;
    std::string arguments;
  } clips[] = {
      {"plain.mp4", PICTURE + H264},
      {"sound.mp4", PICTURE + SOUND + "aac " + H264},
      {"sound.mkv", PICTURE + SOUND + "aac " + H264},
      {"sound.webm", PICTURE + SOUND + "libvorbis -c:v libvpx "},
      {"sound.ts", PICTURE + SOUND + "aac " + H264},
      {"sound.flv", PICTURE + SOUND + "aac " + H264},
      {"sound.avi", PICTURE + SOUND + "mp2 -c:v mpeg4 "},
      {"late.mp4", late + "aac " + H264},
      {"late.mkv", late + "aac " + H264},
      {"late.ts", late + "aac " + H264},
      {"uneven.mp4", uneven + H264},
      {"uneven.mkv", uneven + H264},
      {"uneven.webm", uneven + "-c:v libvpx "},
      {"pieces.mp4", PICTURE + H264 + "-movflags frag_keyframe+empty_moov "},
      {"fields.mpg", PICTURE + "-c:v mpeg2video -flags +ilme+ildct "},
      {"joined.gif", PICTURE},
  };
  for (const auto &clip : clips) {
    const std::string path = folder / clip.name;
    ASSERT_TRUE(ffmpeg(clip.arguments + "'" + path + "'")) << clip.name;
    const Outcome got = read_source(path);
    EXPECT_EQ(got.rc, 0) << clip.name << " " << got.error;
    const bool fields = clip.name == std::string("fields.mpg");
    EXPECT_EQ(got.notes.empty(), !fields) << clip.name << ": " << got.notes;
    EXPECT_EQ(got.damaged, 0) << clip.name;
    EXPECT_EQ(got.info.frames, -1);
    const std::vector<double> times = probe_times(path);
    ASSERT_GT(times.size(), 20u) << clip.name;
    ASSERT_EQ(got.frames.size(), times.size()) << clip.name;
    for (size_t i = 0; i < times.size(); i++)
      EXPECT_NEAR(got.frames[i].time, times[i], 2e-6) << clip.name << i;
  }
}

TEST(Container, TrimmedWithAnEditList) {
  NEED_FFMPEG();
  Folder folder;
  const std::string whole = folder / "whole.mp4";
  ASSERT_TRUE(ffmpeg(PICTURE + H264 + "'" + whole + "'"));
  const Outcome all = read_source(whole);
  ASSERT_EQ(all.frames.size(), 75u) << all.error;
  for (const char *name : {"trim.mp4", "trim.mov"}) {
    const std::string path = folder / name;
    ASSERT_TRUE(ffmpeg("-ss 1.2 -i '" + whole + "' -c copy '" + path + "'"));
    const Outcome got = read_source(path);
    EXPECT_EQ(got.rc, 0) << got.error;
    EXPECT_EQ(got.notes, "") << name;
    ASSERT_EQ(got.frames.size(), probe_times(path).size()) << name;
    ASSERT_LT(got.frames.size(), 50u);  // what lies before the cut is decoded and not shown
    EXPECT_EQ(got.frames.back().pixels, all.frames.back().pixels);
  }
}

TEST(Container, OneDamagedSpotIsPassedOverAndTold) {
  NEED_FFMPEG();
  Folder folder;
  for (const char *name : {"a.mp4", "a.mkv", "a.ts", "a.flv", "a.webm", "a.avi"}) {
    const std::string path = folder / name;
    const std::string codec = has(name, "webm")  ? "-c:v libvpx -g 25 "
                              : has(name, "avi") ? "-c:v mpeg4 "
                                                 : H264;
    ASSERT_TRUE(ffmpeg(PICTURE + codec + "'" + path + "'")) << name;
    const Outcome whole = read_source(path);
    const Bytes intact = read_file(path);
    for (bool random : {false, true}) {
      write_file(path, intact);
      spoil(path, 0.4, 1500, random);
      testing::internal::CaptureStderr();
      const Outcome got = read_source(path);
      EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
      EXPECT_EQ(got.rc, 0) << name << " " << got.error;
      EXPECT_GE(got.damaged, 1) << name << random;
      EXPECT_TRUE(has(got.notes, path + " is damaged between frame ")) << got.notes;
      EXPECT_GT(got.frames.size(), whole.frames.size() / 2) << name;
      EXPECT_LE(got.frames.size(), whole.frames.size()) << name;
      EXPECT_EQ(got.frames.size(), probe_times(path).size()) << name;
      EXPECT_GT(got.frames.back().time, 2.5) << name;  // the end is reached
      const Outcome again = read_source(path);
      EXPECT_EQ(again.notes, got.notes) << name;
      ASSERT_EQ(again.frames.size(), got.frames.size());
      for (size_t i = 0; i < got.frames.size(); i++)
        ASSERT_EQ(again.frames[i].pixels, got.frames[i].pixels) << name << " " << i;
    }
  }
}

TEST(Container, WhatIsCutOffSaysSo) {
  NEED_FFMPEG();
  Folder folder;
  const std::string path = folder / "a.mp4";
  ASSERT_TRUE(ffmpeg(PICTURE + H264 + "-movflags +faststart '" + path + "'"));
  const Bytes whole = read_file(path);
  write_file(folder / "cut.mp4", Bytes(whole.begin(), whole.begin() + static_cast<long>(whole.size() / 2)));
  const Outcome got = read_source(folder / "cut.mp4");
  EXPECT_EQ(got.rc, 0) << got.error;
  EXPECT_GT(got.frames.size(), 15u);
  EXPECT_TRUE(has(got.notes, "cut off after frame") && has(got.notes, "of its 75 frames are missing"))
      << got.notes;
  ASSERT_TRUE(ffmpeg(PICTURE + "-c:v libvpx '" + (folder / "a.webm") + "'"));
  const Bytes webm = read_file(folder / "a.webm");
  write_file(folder / "cut.webm", Bytes(webm.begin(), webm.begin() + static_cast<long>(webm.size() / 2)));
  const Outcome other = read_source(folder / "cut.webm");
  EXPECT_EQ(other.rc, 0) << other.error;
  EXPECT_GT(other.damaged, 0);
  EXPECT_TRUE(has(other.notes, "cut off")) << other.notes;
}

// The packet before the join is flagged, since the counters of its packets do not go on; all of it is there.
TEST(Container, AJoinedStreamIsNotDamaged) {
  NEED_FFMPEG();
  Folder folder;
  ASSERT_TRUE(ffmpeg(PICTURE + H264 + "'" + (folder / "a.ts") + "'"));
  const Bytes one = read_file(folder / "a.ts");
  Bytes both = one;
  both.insert(both.end(), one.begin(), one.end());
  write_file(folder / "both.ts", both);
  const Outcome got = read_source(folder / "both.ts");
  EXPECT_EQ(got.rc, 0) << got.error;
  EXPECT_EQ(got.frames.size(), 150u);
  EXPECT_EQ(got.notes, "");
  EXPECT_EQ(got.damaged, 0);
}

TEST(Container, EveryOrientationOfAVideo) {
  NEED_VIDEO();
  if (!has_ffmpeg()) GTEST_SKIP() << skip::kFfmpegProgram;
  Folder folder;
  for (const char *name : {"a.mp4", "a.mov"}) {
    const std::string path = folder / name;
    ASSERT_TRUE(ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25:duration=0.4 -c:v libx264 '" + path + "'"));
    const Outcome plain = read_source(path);
    ASSERT_EQ(plain.frames.size(), 10u) << plain.error;
    EXPECT_EQ(plain.notes, "");
    const int32_t one = 65536, w = 1 << 30;
    const int32_t signs[8][4] = {{1, 0, 0, 1}, {-1, 0, 0, 1}, {-1, 0, 0, -1}, {1, 0, 0, -1},
                                 {0, 1, 1, 0}, {0, 1, -1, 0}, {0, -1, -1, 0}, {0, -1, 1, 0}};
    for (int k = 1; k <= 8; k++) {
      const int32_t *s = signs[k - 1];
      const int32_t matrix[9] = {s[0] * one, s[1] * one, 0, s[2] * one, s[3] * one, 0, 0, 0, w};
      set_matrix(path, matrix);
      const Outcome got = read_source(path);
      ASSERT_EQ(got.frames.size(), 10u) << got.error;
      const Frame wanted = upright(plain.frames[4], k);
      EXPECT_EQ(got.frames[4].width, wanted.width) << name << k;
      EXPECT_EQ(got.frames[4].height, wanted.height) << name << k;
      EXPECT_EQ(got.frames[4].pixels, wanted.pixels) << name << k;
      EXPECT_EQ(has(got.notes, dslt_orient_words(k)), k != 1) << got.notes;
      dslt_source_options options = {};
      options.as_stored = 1;
      const Outcome stored = read_source(path, options);
      EXPECT_EQ(stored.frames[4].pixels, plain.frames[4].pixels) << name << k;
      EXPECT_EQ(has(stored.notes, "as stored"), k != 1) << stored.notes;
    }
    const int32_t slanted[9] = {46341, 46341, 0, -46341, 46341, 0, 0, 0, w};
    set_matrix(path, slanted);
    const Outcome got = read_source(path);
    ASSERT_EQ(got.frames.size(), 10u) << got.error;
    EXPECT_EQ(got.frames[4].pixels, plain.frames[4].pixels);
    EXPECT_TRUE(has(got.notes, "no multiple of 90 degrees")) << got.notes;
  }
}

// H.264 and HEVC can say it beside a coded picture; what the first one says holds for those that say nothing.
TEST(Container, AnOrientationThatTheCodedPicturesAskFor) {
  if (!DSLT_FFMPEG) GTEST_SKIP() << skip::kFfmpeg;  // OpenCV does not tell
  if (!has_ffmpeg()) GTEST_SKIP() << skip::kFfmpegProgram;
  Folder folder;
  const std::string plain_path = folder / "plain.mp4";
  ASSERT_TRUE(
      ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25:duration=0.4 -c:v libx264 -bf 2 '" + plain_path + "'"));
  const Outcome plain = read_source(plain_path);
  ASSERT_EQ(plain.frames.size(), 10u) << plain.error;
  const std::pair<const char *, int> kinds[] = {
      {"rotate=90", 8}, {"rotate=180", 3}, {"rotate=270", 6}, {"flip=horizontal", 2}};
  for (const auto &[asks, orientation] : kinds)
    for (const char *name : {"sei.mp4", "sei.mkv", "sei.ts"}) {
      const std::string path = folder / name;
      ASSERT_TRUE(ffmpeg("-i '" + plain_path + "' -c copy -bsf:v h264_metadata=display_orientation=insert:" +
                         asks + " '" + path + "'"));
      for (int start : {0, 3}) {
        dslt_source_options options = {};
        options.start = start;
        const Outcome got = read_source(path, options);
        ASSERT_EQ(got.frames.size(), 10u - unsigned(start)) << name << asks << got.error;
        for (size_t i = 0; i < got.frames.size(); i++)
          EXPECT_EQ(got.frames[i].pixels, upright(plain.frames[i + size_t(start)], orientation).pixels)
              << name << asks << i;
        EXPECT_TRUE(has(got.notes, dslt_orient_words(orientation))) << asks << ": " << got.notes;
      }
    }
}

TEST(Container, InterlacedVideoIsReportedOnce) {
  if (!DSLT_FFMPEG) GTEST_SKIP() << skip::kFfmpeg;  // OpenCV does not tell
  if (!has_ffmpeg()) GTEST_SKIP() << skip::kFfmpegProgram;
  Folder folder;
  const std::string source = "-f lavfi -i testsrc2=size=96x64:rate=25:duration=0.4 -c:v mpeg2video ";
  ASSERT_TRUE(ffmpeg(source + "'" + (folder / "whole.mpg") + "'"));
  ASSERT_TRUE(ffmpeg(source + "-flags +ilme+ildct -top 1 '" + (folder / "lines.mpg") + "'"));
  const Outcome whole = read_source(folder / "whole.mpg"), lines = read_source(folder / "lines.mpg");
  ASSERT_EQ(whole.frames.size(), 10u) << whole.error;
  ASSERT_EQ(lines.frames.size(), 10u) << lines.error;
  EXPECT_FALSE(has(whole.notes, "interlaced")) << whole.notes;
  const std::string said = "lines.mpg is interlaced at frame 0: ";
  const std::size_t at = lines.notes.find(said);
  ASSERT_NE(at, std::string::npos) << lines.notes;
  EXPECT_EQ(lines.notes.find("interlaced at", at + said.size()), std::string::npos) << lines.notes;
  EXPECT_EQ(lines.damaged, 0);
}

TEST(Container, NamesWithColonsAreFiles) {
  NEED_VIDEO();
  if (!has_ffmpeg()) GTEST_SKIP() << skip::kFfmpegProgram;
  Folder folder;
  ASSERT_TRUE(ffmpeg(PICTURE + "-c:v mpeg4 '" + (folder / "a.mp4") + "'"));
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  std::filesystem::create_directory("d:e");
  for (const char *name : {"take-12:30.mp4", "2024-05-01T12:30:00.mp4", "d:e/x.mp4", "http:x.mp4", "scene:1",
                           "camera:0", "file:x.mp4"}) {
    std::filesystem::copy_file("a.mp4", name);
    const Outcome got = read_source(name);
    EXPECT_EQ(got.rc, 0) << got.error;
    EXPECT_EQ(got.frames.size(), 75u) << name;
    EXPECT_STREQ(got.info.kind, "video") << name;
    EXPECT_EQ(dslt_source_is_scene(name), 0);
  }
  EXPECT_EQ(dslt_source_is_scene("scene:2"), 1);
  write_file("12:30.pgm", make_pgm(3, 2, 9));
  EXPECT_EQ(read_source("12:30.pgm").frames.size(), 1u);
  dslt_canvas canvas;
  ASSERT_EQ(dslt_canvas_create(&canvas, 64, 48), DSLT_OK);
  for (const char *name : {"out-12:30.mp4", "d:e/out.avi", "file:o.mp4"}) {
    const dslt_video_format format = {64, 48, 25, {1, 1}};
    dslt_video_writer *writer = nullptr;
    ASSERT_EQ(dslt_video_writer_open(&writer, name, &format), DSLT_OK) << dslt_last_error();
    for (int i = 0; i < 3; i++) EXPECT_EQ(dslt_video_writer_write(writer, &canvas, NAN), DSLT_OK);
    EXPECT_EQ(dslt_video_writer_close(writer, 1), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(read_source(name).frames.size(), 3u) << name;
  }
  dslt_canvas_free(&canvas);
  std::filesystem::current_path(before);
}

TEST(Container, TheOverlayKeepsTheFramesTimesOrThePace) {
  NEED_FFMPEG();
  Folder folder;
  const double times[] = {7.0, 7.04, 7.2, 7.24, 7.28, 8.0, 8.5, 8.56};
  for (const char *name : {"a.mp4", "a.avi"}) {
    dslt_canvas canvas;
    ASSERT_EQ(dslt_canvas_create(&canvas, 64, 48), DSLT_OK);
    const dslt_video_format format = {64, 48, 25, {2, 1}};
    dslt_video_writer *writer = nullptr;
    ASSERT_EQ(dslt_video_writer_open(&writer, (folder / name).c_str(), &format), DSLT_OK);
    for (size_t i = 0; i < std::size(times); i++) {
      std::fill(canvas.pixels, canvas.pixels + 64 * 48 * 3, static_cast<uint8_t>(20 + 25 * i));
      ASSERT_EQ(dslt_video_writer_write(writer, &canvas, times[i]), DSLT_OK) << dslt_last_error();
    }
    const std::string note = dslt_video_writer_note(writer);
    ASSERT_EQ(dslt_video_writer_close(writer, 1), DSLT_OK) << dslt_last_error();
    dslt_canvas_free(&canvas);
    const Outcome got = read_source(folder / name);
    ASSERT_EQ(got.rc, 0) << got.error;
    EXPECT_EQ(got.info.aspect[0], 2 * got.info.aspect[1]) << name;
    if (has(name, "mp4")) {
      EXPECT_EQ(note, "");
      ASSERT_EQ(got.frames.size(), std::size(times));
      for (size_t i = 0; i < std::size(times); i++) EXPECT_NEAR(got.frames[i].time, times[i] - 7, 1e-4);
      continue;
    }
    EXPECT_TRUE(has(note, "one frame rate") && has(note, "repeated")) << note;
    ASSERT_EQ(got.frames.size(), 40u);  // 1.56 s at 25 a second, and the last one's own
    for (size_t i = 0; i < std::size(times); i++) {
      const size_t at = static_cast<size_t>(std::lround((times[i] - 7) * 25));
      EXPECT_NEAR(got.frames[at].pixels[0], 20 + 25 * static_cast<int>(i), 8) << i;
    }
    EXPECT_NEAR(got.frames[4].pixels[0], 45, 8);  // the frame before stays until its successor's time
  }
}

// A stream that begins again, or whose clock is set: the clip goes on one interval later, and says so once.
TEST(Container, AJumpOfTheTimesIsNoneInTheOverlay) {
  NEED_FFMPEG();
  Folder folder;
  const struct {
    const char *what;
    double seconds;  // the input's clock against the first part's
    size_t kept;     // frames by which the overlay is longer: a pause
    const char *says;
  } jumps[] = {
      {"a stream that begins again", -1, 0, "times jump back by 0.960 s at frame 25 (1.000 s) of "},
      {"two hours", 7200, 0, "times jump ahead by 7200.040 s at frame 25 (1.000 s) of "},
      {"a pause", 2, 50, ""},
  };
  for (const char *name : {"a.mp4", "a.avi"})
    for (const auto &jump : jumps) {
      const std::string about = std::string(name) + ", " + jump.what;
      const OverlayOf got(folder / name, 50,
                          [&](int i) { return 7 + i / 25.0 + (i < 25 ? 0 : jump.seconds); });
      ASSERT_EQ(got.read.rc, 0) << about << got.read.error;
      const bool repeats = has(name, "avi");
      ASSERT_EQ(got.read.frames.size(), 50 + (repeats ? jump.kept : 0)) << about;
      const double wanted = (49 + static_cast<double>(jump.kept)) / 25;
      EXPECT_NEAR(got.read.frames.back().time, wanted, 1e-3) << about;
      EXPECT_EQ(has(got.note, "jump"), *jump.says != 0) << about << ": " << got.note;
      const std::string says = *jump.says ? jump.says + (folder / name) + "; " : "";
      EXPECT_TRUE(has(got.note, says)) << about << ": " << got.note;
    }
}

TEST(Container, OfManyJumpsTheOverlayTellsTheFirst) {
  NEED_FFMPEG();
  Folder folder;
  for (const char *name : {"a.mp4", "a.avi"}) {  // five frames, again and again
    const OverlayOf got(folder / name, 50, [](int i) { return i % 5 / 25.0; });
    ASSERT_EQ(got.read.frames.size(), 50u) << name;
    for (size_t i = 0; i < 50; i++)
      EXPECT_NEAR(got.read.frames[i].time, static_cast<double>(i) / 25, 1e-3) << name << i;
    EXPECT_TRUE(has(
        got.note, "back by 0.160 s at frame 5 (0.200 s) of " + (folder / name) + ", and 8 more times later;"))
        << got.note;
  }
}

TEST(Container, TheOverlayOfASlowVideoKeepsItsPace) {
  NEED_FFMPEG();
  Folder folder;
  const OverlayOf got(
      folder / "a.mp4", 5, [](int i) { return 20.0 * i; }, 0.05);
  ASSERT_EQ(got.read.frames.size(), 5u);
  EXPECT_NEAR(got.read.frames.back().time, 80, 1e-3);
  EXPECT_EQ(got.note, "");
}

TEST(Container, PixelAspectIsToldAndTurnsWithThePicture) {
  NEED_FFMPEG();
  Folder folder;
  for (const char *name : {"a.mp4", "a.mkv"}) {
    ASSERT_TRUE(ffmpeg(PICTURE + "-vf setsar=2/1 " + H264 + "'" + (folder / name) + "'"));
    const Outcome got = read_source(folder / name);
    EXPECT_EQ(got.info.aspect[0], 2) << name;
    EXPECT_EQ(got.info.aspect[1], 1) << name;
    EXPECT_EQ(got.frames[0].width, 160);  // boxes count stored pixels
  }
  const int32_t one = 65536, clockwise[9] = {0, one, 0, -one, 0, 0, 0, 0, 1 << 30};
  set_matrix(folder / "a.mp4", clockwise);
  const Outcome turned = read_source(folder / "a.mp4");
  EXPECT_EQ(turned.info.aspect[0], 1);
  EXPECT_EQ(turned.info.aspect[1], 2);
}

TEST(Container, AnAddressThatRefusesIsNotDamaged) {
  if (!DSLT_FFMPEG) GTEST_SKIP() << skip::kFfmpeg;
  for (const char *address : {"http://127.0.0.1:1/a.mp4", "rtsp://127.0.0.1:1/a", "tcp://127.0.0.1:1"}) {
    testing::internal::CaptureStderr();
    const Outcome got = read_source(address);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(got.rc, DSLT_EIO) << address;
    EXPECT_TRUE(has(got.error, address) && has(got.error, "refused")) << got.error;
    EXPECT_FALSE(has(got.error, "damaged")) << got.error;
  }
  EXPECT_TRUE(has(read_source("nosuch://x/y").error, "no such kind of address"));
}

TEST(Container, WhatHoldsNoVideoIsNamed) {
  NEED_FFMPEG();
  Folder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i sine=duration=1 '" + (folder / "sound.mp4") + "'"));
  ASSERT_TRUE(ffmpeg("-f lavfi -i sine=duration=1 '" + (folder / "sound.mkv") + "'"));
  for (const char *name : {"sound.mp4", "sound.mkv"}) {
    const Outcome got = read_source(folder / name);
    EXPECT_EQ(got.rc, DSLT_EFORMAT);
    EXPECT_TRUE(has(got.error, name) && has(got.error, "holds no video")) << got.error;
  }
}
