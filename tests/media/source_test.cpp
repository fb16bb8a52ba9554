/* SPDX-License-Identifier: Apache-2.0 */
// Kinds of input, their order, and the reader's thread.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "media/natural.h"
#include "media/scene.h"
#include "media_test.h"

namespace {

bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

void write_numbered(const Folder &folder, int count) {
  for (int i = 0; i < count; i++)
    write_file(folder / ("img" + std::to_string(i) + ".pgm"), make_pgm(8, 6, static_cast<uint8_t>(i)));
}

// Standard input from text for one scope.
class Input {
 public:
  explicit Input(const std::string &text) : Input() {
    EXPECT_EQ(write(write_end_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(write_end_);
    write_end_ = -1;
  }
  Input() {
    saved_ = dup(0);
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    dup2(ends[0], 0);
    close(ends[0]);
    write_end_ = ends[1];
  }
  ~Input() {
    if (write_end_ >= 0) close(write_end_);
    dup2(saved_, 0);
    close(saved_);
  }

 private:
  int saved_, write_end_;
};

}  // namespace

TEST(Natural, NumbersByValue) {
  const char *ordered[] = {"",
                           "IMG1",
                           "img01",
                           "img1",
                           "img2",
                           "Img10",
                           "img10b",
                           "img99999999999999999999999",
                           "img199999999999999999999999",
                           "imgx"};
  for (size_t i = 0; i < std::size(ordered); i++) {
    for (size_t j = 0; j < std::size(ordered); j++) {
      const int order = dslt_natural_compare(ordered[i], ordered[j]);
      EXPECT_EQ(order < 0, i < j) << ordered[i] << " " << ordered[j];
      EXPECT_EQ(order == 0, i == j) << ordered[i] << " " << ordered[j];
    }
  }
}

TEST(Source, FolderInNaturalOrderTakesPicturesOnly) {
  Folder folder;
  for (int i : {10, 9, 2, 1, 100})
    write_file(folder / ("img" + std::to_string(i) + (i == 9 ? ".PGM" : ".pgm")),
               make_pgm(4, 4, static_cast<uint8_t>(i)));
  write_file(folder / "notes.txt", std::string("no frame"));
  write_file(folder / ".hidden.pgm", make_pgm(4, 4, 77));
  std::filesystem::create_symlink(folder / "img1.pgm", folder / "img3.pgm");
  const Outcome got = read_source(folder.path());
  ASSERT_EQ(got.rc, 0) << got.error;
  Bytes values;
  for (const Frame &f : got.frames) values.push_back(f.pixels[0]);
  EXPECT_EQ(values, (Bytes{1, 2, 1, 9, 10, 100}));
  EXPECT_STREQ(got.info.kind, "images");
  EXPECT_EQ(got.info.frames, 6);
  EXPECT_EQ(got.frames[0].name, folder / "img1.pgm");
}

TEST(Source, ANameThatIsNoFileFailsInItsTurnAndLeavesNoSilentGap) {
  for (bool dangling : {false, true}) {
    Folder folder;
    for (int i : {1, 2, 4})
      write_file(folder / ("img" + std::to_string(i) + ".pgm"), make_pgm(4, 4, static_cast<uint8_t>(i)));
    if (dangling)
      std::filesystem::create_symlink(folder / "nowhere.pgm", folder / "img3.pgm");
    else
      std::filesystem::create_directory(folder / "img3.pgm");
    const Outcome got = read_source(folder.path());
    EXPECT_LT(got.rc, 0);
    EXPECT_EQ(got.frames.size(), 2u);
    EXPECT_NE(got.error.find("img3.pgm"), std::string::npos) << got.error;
  }
}

TEST(Source, GlobIsExpandedByTheProgram) {
  Folder folder;
  write_numbered(folder, 12);
  write_file(folder / "other.pgm", make_pgm(4, 4, 50));
  const Outcome got = read_source(folder / "img*.pgm");
  ASSERT_EQ(got.rc, 0) << got.error;
  ASSERT_EQ(got.frames.size(), 12u);
  for (size_t i = 0; i < 12; i++) EXPECT_EQ(got.frames[i].pixels[0], i);
  const Outcome none = read_source(folder / "nothing*.pgm");
  EXPECT_EQ(none.rc, DSLT_EIO);
  EXPECT_TRUE(has(none.error, "nothing*.pgm"));
  write_file(folder / "a.txt", std::string("x"));
  const Outcome text = read_source(folder / "*.txt");
  EXPECT_EQ(text.rc, DSLT_EIO);
  EXPECT_TRUE(has(text.error, "png")) << text.error;
}

TEST(Source, FoldersWithoutPicturesAreNamed) {
  Folder folder;
  const Outcome empty = read_source(folder.path());
  EXPECT_EQ(empty.rc, DSLT_EIO);
  EXPECT_TRUE(has(empty.error, folder.path()) && has(empty.error, "empty")) << empty.error;
  write_file(folder / "a.txt", std::string("x"));
  const Outcome text = read_source(folder.path());
  EXPECT_EQ(text.rc, DSLT_EIO);
  EXPECT_TRUE(has(text.error, folder.path()) && has(text.error, "webp")) << text.error;
}

TEST(Source, WrongNamesAreRefusedWithASentence) {
  Folder folder;
  const struct {
    std::string input;
    int rc;
  } cases[] = {{"", DSLT_EARGUMENT},
               {folder / "missing.mp4", DSLT_EIO},
               {"camera:", DSLT_EARGUMENT},
               {"camera:x", DSLT_EARGUMENT},
               {"camera:-1", DSLT_EARGUMENT},
               {"camera:0x", DSLT_EARGUMENT},
               {"scene:", DSLT_EARGUMENT},
               {"scene:1.5", DSLT_EARGUMENT},
               {"scene:99999999999999999999", DSLT_EARGUMENT},
               {"/dev/null", DSLT_EIO}};
  for (const auto &c : cases) {
    const Outcome got = read_source(c.input);
    EXPECT_EQ(got.rc, c.rc) << c.input << ": " << got.error;
    EXPECT_TRUE(has(got.error, c.input)) << got.error;
    EXPECT_EQ(got.error.back(), '.');
  }
}

TEST(Source, AbsentCameraIsAnError) {
  if (std::filesystem::exists("/dev/video97")) GTEST_SKIP() << skip::kCamera;
  const Outcome got = read_source("camera:97");
  EXPECT_EQ(got.rc, DSLT_OPENCV ? DSLT_EIO : DSLT_EUNSUPPORTED);
  EXPECT_TRUE(has(got.error, "97")) << got.error;
}

TEST(Source, StartAndLimitCutTheClip) {
  Folder folder;
  write_numbered(folder, 10);
  const Outcome got = read_source(folder.path(), {3, 4, 0, 0, 0, 0, nullptr});
  ASSERT_EQ(got.frames.size(), 4u);
  EXPECT_EQ(got.info.frames, 4);
  EXPECT_EQ(got.frames[0].pixels[0], 3);
  EXPECT_EQ(got.frames[3].pixels[0], 6);
  EXPECT_EQ(read_source(folder.path(), {8, 4, 0, 0, 0, 0, nullptr}).info.frames, 2);
  const Outcome beyond = read_source(folder.path(), {10, 0, 0, 0, 0, 0, nullptr});
  EXPECT_EQ(beyond.rc, DSLT_EARGUMENT);
  EXPECT_TRUE(has(beyond.error, "10 frames")) << beyond.error;
  EXPECT_EQ(read_source(folder.path(), {-1, 0, 0, 0, 0, 0, nullptr}).rc, DSLT_EARGUMENT);
  EXPECT_EQ(read_source(folder.path(), {0, -1, 0, 0, 0, 0, nullptr}).rc, DSLT_EARGUMENT);
  EXPECT_EQ(read_source(folder.path(), {0, 0, -1, 0, 0, 0, nullptr}).rc, DSLT_EARGUMENT);
}

TEST(Source, FramesStayAsLongAsTheyAreHeld) {
  Folder folder;
  write_numbered(folder, 9);
  for (int held : {1, 2, 3}) {
    dslt_source *source = nullptr;
    const dslt_source_options options = {0, 0, 1, held, 0, 0, nullptr};
    ASSERT_EQ(dslt_source_open(&source, folder.path().c_str(), &options), DSLT_OK) << dslt_last_error();
    std::vector<dslt_image> frames;
    dslt_image frame;
    while (dslt_source_next(&frame, nullptr, nullptr, source) == 1) {
      frames.push_back(frame);
      usleep(2000); /* time for the decoder to do harm */
      for (size_t k = 0; k < frames.size() && k < static_cast<size_t>(held); ++k)
        EXPECT_EQ(*static_cast<const uint8_t *>(frames[frames.size() - 1 - k].data), frames.size() - 1 - k)
            << "held " << held << ", back " << k;
    }
    EXPECT_EQ(frames.size(), 9u);
    EXPECT_EQ(dslt_source_next(&frame, nullptr, nullptr, source), 0); /* and the last one is still there */
    if (held > 1) {
      EXPECT_EQ(*static_cast<const uint8_t *>(frames[8].data), 8);
    }
    dslt_source_close(source);
  }
  dslt_source *none = nullptr;
  for (int held : {-1, 9}) {
    const dslt_source_options options = {0, 0, 0, held, 0, 0, nullptr};
    EXPECT_EQ(dslt_source_open(&none, folder.path().c_str(), &options), DSLT_EARGUMENT) << held;
  }
}

TEST(Source, ScenePlaysTheRenderedClip) {
  const Outcome got = read_source("scene:5", {2, 3, 2, 0, 0, 0, nullptr});
  ASSERT_EQ(got.rc, 0) << got.error;
  ASSERT_EQ(got.frames.size(), 3u);
  EXPECT_STREQ(got.info.kind, "scene");
  dslt_scene_options options;
  dslt_scene_defaults(&options);
  options.seed = 5;
  dslt_scene *scene = nullptr;
  ASSERT_EQ(dslt_scene_create(&scene, &options), DSLT_OK);
  dslt_canvas canvas = {};
  for (int i = 0; i < 3; i++) {
    ASSERT_EQ(dslt_scene_render(&canvas, nullptr, scene, 2 + i), DSLT_OK);
    EXPECT_EQ(got.frames[static_cast<size_t>(i)].pixels, Bytes(canvas.pixels, canvas.pixels + 480 * 360 * 3));
  }
  dslt_canvas_free(&canvas);
  dslt_scene_free(scene);
  EXPECT_EQ(read_source("scene:1").frames.size(), 150u);
}

TEST(Source, ListOnStandardInput) {
  Folder folder;
  write_numbered(folder, 4);
  {
    Input in((folder / "img3.pgm") + "\r\n\n" + (folder / "img1.pgm") + "\n" + (folder / "img2.pgm"));
    const Outcome got = read_source("-");
    ASSERT_EQ(got.rc, 0) << got.error;
    ASSERT_EQ(got.frames.size(), 3u);
    EXPECT_EQ(got.frames[0].pixels[0], 3);
    EXPECT_EQ(got.frames[2].pixels[0], 2);
    EXPECT_STREQ(got.info.kind, "list");
    EXPECT_EQ(got.info.frames, -1);
  }
  {
    Input in((folder / "img0.pgm") + "\n" + (folder / "gone.pgm") + "\n" + (folder / "img1.pgm") + "\n");
    const Outcome got = read_source("-");
    EXPECT_EQ(got.frames.size(), 1u);
    EXPECT_EQ(got.rc, DSLT_EIO);
    EXPECT_TRUE(has(got.error, "line 2") && has(got.error, "gone.pgm")) << got.error;
  }
  {
    Input in("");
    EXPECT_EQ(read_source("-").rc, 0);
  }
  {
    Input in(std::string(9000, 'x') + "\n");
    EXPECT_EQ(read_source("-").rc, DSLT_EFORMAT);
  }
  {
    Input in((folder / "img0.pgm") + "\n");
    EXPECT_EQ(read_source("-", {3, 0, 0, 0, 0, 0, nullptr}).rc, DSLT_EARGUMENT);
  }
}

// Windows editors begin a text in UTF-8 with one. Alone it is an empty line, and further on a part of a name.
TEST(Source, AListMayBeginWithAByteOrderMark) {
  Folder folder;
  write_numbered(folder, 3);
  const std::string mark = "\xef\xbb\xbf";
  for (const std::string &list :
       {mark + (folder / "img2.pgm") + "\r\n" + (folder / "img1.pgm") + "\r\n",
        mark + "\n" + (folder / "img2.pgm") + "\n" + (folder / "img1.pgm"), mark + (folder / "img2.pgm")}) {
    Input in(list);
    const Outcome got = read_source("-");
    EXPECT_EQ(got.rc, 0) << got.error;
    ASSERT_GE(got.frames.size(), 1u) << list;
    EXPECT_EQ(got.frames[0].pixels[0], 2);
  }
  {
    Input in(mark);
    const Outcome got = read_source("-");
    EXPECT_EQ(got.rc, 0) << got.error;
    EXPECT_EQ(got.frames.size(), 0u);
  }
  Input in((folder / "img0.pgm") + "\n" + mark + (folder / "img1.pgm") + "\n");
  const Outcome got = read_source("-");
  EXPECT_EQ(got.rc, DSLT_EIO);
  EXPECT_EQ(got.frames.size(), 1u);
}

TEST(Source, PipedBytesAreNoListAndAreNotShown) {
  const std::string pieces[] = {std::string("\0\0\0 ftypisom", 12), std::string("\x1a\x45\xdf\xa3", 4),
                                std::string("FLV\1\5", 5), "G@\x11\x10\n" + std::string(400, '\xff'),
                                "\x89PNG\r\n\x1a\n"};
  for (const std::string &piece : pieces) {
    Input in(piece + "more\n");
    const Outcome got = read_source("-");
    EXPECT_EQ(got.rc, DSLT_EFORMAT);
    EXPECT_TRUE(has(got.error, "binary data")) << got.error;
    for (char c : got.error) EXPECT_TRUE(c >= 32 && c < 127) << got.error;
  }
}

TEST(Source, SoAreThoseWhoseBeginningIsText) {
  for (const std::string piece : {"YUV4MPEG2 W160 H120 F25:1\n", "P6\n2 2\n255\n", "P2 2 2 255 1 1 1 1\n",
                                  "GIF89a more\n", "#EXTM3U\n"}) {
    Input in(piece);
    const Outcome got = read_source("-");
    EXPECT_EQ(got.rc, DSLT_EFORMAT) << piece;
    EXPECT_TRUE(has(got.error, "a picture or a video, not a list")) << got.error;
  }
  Input in("P6.ppm\n");  // a name
  EXPECT_TRUE(has(read_source("-").error, "P6.ppm"));
}

TEST(Source, TheSameFramesInTwoKindsAreNotTrackedTwice) {
  Folder folder;
  for (int i = 1; i <= 3; i++) {
    write_file(folder / (std::to_string(i) + ".pgm"), make_pgm(3, 3, 1));
    write_file(folder / (std::to_string(i) + ".PNM"), make_pgm(3, 3, 1));
  }
  for (const std::string &name : {folder.path(), folder / "*"}) {
    const Outcome got = read_source(name);
    EXPECT_EQ(got.rc, DSLT_EARGUMENT);
    EXPECT_TRUE(has(got.error, "3 of 6 pictures") && has(got.error, "1.pgm") && has(got.error, "1.PNM"))
        << got.error;
  }
  EXPECT_EQ(read_source(folder / "*.pgm").frames.size(), 3u);
  std::filesystem::remove(folder / "1.PNM");
  std::filesystem::remove(folder / "2.PNM");
  EXPECT_EQ(read_source(folder.path()).rc, DSLT_EARGUMENT);  // one is enough
}

TEST(Source, ClosingDoesNotWaitForStandardInput) {
  Input in;  // open, and nothing ever comes
  dslt_source *source = nullptr;
  ASSERT_EQ(dslt_source_open(&source, "-", nullptr), DSLT_OK);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  const auto began = std::chrono::steady_clock::now();
  dslt_source_close(source);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
}

TEST(Source, ErrorComesAfterTheGoodFramesAndStays) {
  Folder folder;
  write_numbered(folder, 6);
  write_file(folder / "img3.pgm", std::string("P5\n8 6\n255\nabc"));
  dslt_source *source = nullptr;
  ASSERT_EQ(dslt_source_open(&source, folder.path().c_str(), nullptr), DSLT_OK);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));  // the decoder has met the error by now
  dslt_image image;
  const char *name;
  double ms = -1;
  for (int i = 0; i < 3; i++) {
    ASSERT_EQ(dslt_source_next(&image, &name, &ms, source), 1);
    EXPECT_EQ(static_cast<const uint8_t *>(image.data)[0], i);
    EXPECT_GE(ms, 0);
  }
  for (int i = 0; i < 2; i++) {
    EXPECT_EQ(dslt_source_next(&image, &name, &ms, source), DSLT_EFORMAT);
    EXPECT_TRUE(has(dslt_last_error(), folder / "img3.pgm")) << dslt_last_error();
  }
  dslt_source_close(source);
}

TEST(Source, FrameStaysValidUntilTheNextCall) {
  Folder folder;
  write_numbered(folder, 40);
  for (int ahead : {1, 2, 7}) {
    const dslt_source_options options = {0, 0, ahead, 0, 0, 0, nullptr};
    dslt_source *source = nullptr;
    ASSERT_EQ(dslt_source_open(&source, folder.path().c_str(), &options), DSLT_OK);
    dslt_image image;
    const char *name;
    for (int i = 0; i < 40; i++) {
      ASSERT_EQ(dslt_source_next(&image, &name, nullptr, source), 1);
      if (i % 9 == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(3));  // let the decoder run into its limit
      EXPECT_EQ(static_cast<const uint8_t *>(image.data)[47], i);
      EXPECT_TRUE(has(name, "img" + std::to_string(i) + "."));
    }
    EXPECT_EQ(dslt_source_next(&image, &name, nullptr, source), 0);
    EXPECT_EQ(dslt_source_next(&image, &name, nullptr, source), 0);
    dslt_source_close(source);
  }
}

TEST(Source, SizesAndFormatsMayChange) {
  Folder folder;
  write_file(folder / "1.pgm", make_pgm(4, 4, 1));
  write_file(folder / "2.pgm", make_pgm(40, 30, 2));
  write_file(folder / "3.ppm", std::string("P6 2 1 255 abcdef"));
  write_file(folder / "4.pgm", make_pgm(3, 3, 3));
  const Outcome got = read_source(folder.path(), {0, 0, 1, 0, 0, 0, nullptr});
  ASSERT_EQ(got.rc, 0) << got.error;
  EXPECT_EQ(got.frames[1].width, 40);
  EXPECT_EQ(got.frames[2].format, DSLT_BGR8);
  EXPECT_EQ(got.frames[2].pixels, (Bytes{'c', 'b', 'a', 'f', 'e', 'd'}));
  EXPECT_EQ(got.frames[3].pixels, Bytes(9, 3));
}

TEST(Source, CanBeClosedAtAnyMoment) {
  Folder folder;
  for (int i = 0; i < 30; i++)
    write_file(folder / (std::to_string(i) + ".pgm"), make_pgm(160, 120, static_cast<uint8_t>(i)));
  for (int round = 0; round < 200; round++) {
    const dslt_source_options options = {round % 3, round % 5 ? 0 : 7, 1 + round % 4, round % 3, 0, 0,
                                         nullptr};
    dslt_source *source = nullptr;
    ASSERT_EQ(dslt_source_open(&source, folder.path().c_str(), &options), DSLT_OK);
    dslt_image image;
    for (int i = 0; i < round % 11; i++) dslt_source_next(&image, nullptr, nullptr, source);
    if (round % 2) std::this_thread::sleep_for(std::chrono::microseconds(round * 7));
    dslt_source_close(source);
  }
  dslt_source_close(nullptr);
}
