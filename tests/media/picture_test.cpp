/* SPDX-License-Identifier: Apache-2.0 */
// Pictures: every format through the decoder, damaged and hostile files refused.
#include <cstring>

#include "media_test.h"

namespace {

bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

Outcome decode(const Bytes &bytes, const std::string &name) {
  Folder folder;
  write_file(folder / name, bytes);
  const Outcome got = read_source(folder / name);
  EXPECT_TRUE(got.rc == 0 || has(got.error, folder / name)) << got.error;
  return got;
}

Bytes text(const std::string &s) { return Bytes(s.begin(), s.end()); }

Bytes jpeg(const Folder &folder) {
  dslt_canvas canvas;
  EXPECT_EQ(dslt_canvas_create(&canvas, 60, 40), DSLT_OK);
  for (int i = 0; i < 60 * 40 * 3; i++) canvas.pixels[i] = static_cast<uint8_t>(i * 37 % 251);
  EXPECT_EQ(dslt_canvas_save(&canvas, (folder / "j.jpg").c_str()), DSLT_OK) << dslt_last_error();
  dslt_canvas_free(&canvas);
  return read_file(folder / "j.jpg");
}

uint16_t word(const Bytes &b, size_t i) {
  uint16_t v;
  std::memcpy(&v, &b[2 * i], 2);
  return v;
}

}  // namespace

TEST(Pnm, EightAndSixteenBits) {
  const Outcome gray = decode(text("P5 # comment\n2 # another\n 1\n255\n\x10\x20"), "a.pgm");
  ASSERT_EQ(gray.rc, 0) << gray.error;
  EXPECT_EQ(gray.frames[0].format, DSLT_GRAY8);
  EXPECT_EQ(gray.frames[0].pixels, (Bytes{0x10, 0x20}));
  Bytes wide = text("P5 2 1 65535 ");
  wide.insert(wide.end(), {0x12, 0x34, 0xff, 0xfe});
  const Outcome gray16 = decode(wide, "a.pgm");
  ASSERT_EQ(gray16.rc, 0) << gray16.error;
  EXPECT_EQ(gray16.frames[0].format, DSLT_GRAY16);
  EXPECT_EQ(word(gray16.frames[0].pixels, 0), 0x1234);
  EXPECT_EQ(word(gray16.frames[0].pixels, 1), 0xfffe);
  Bytes color = text("P6 1 1 65535 ");
  color.insert(color.end(), {1, 2, 3, 4, 5, 6});
  const Outcome bgr16 = decode(color, "a.ppm");
  EXPECT_EQ(bgr16.frames[0].format, DSLT_BGR16);
  EXPECT_EQ(word(bgr16.frames[0].pixels, 0), 0x0506);
  EXPECT_EQ(word(bgr16.frames[0].pixels, 2), 0x0102);
}

TEST(Pnm, SmallerRangesAreSpread) {
  Bytes ten = text("P5 3 1 1023 ");
  ten.insert(ten.end(), {0x03, 0xff, 0x02, 0x00, 0xff, 0xff});
  const Outcome got = decode(ten, "a.pgm");
  ASSERT_EQ(got.rc, 0) << got.error;
  EXPECT_EQ(word(got.frames[0].pixels, 0), 65535);
  EXPECT_NEAR(word(got.frames[0].pixels, 1), 512.0 / 1023 * 65535, 1);
  EXPECT_EQ(word(got.frames[0].pixels, 2), 65535);
  const Outcome low = decode(text("P5 2 1 3 \x03\x01"), "a.pgm");
  EXPECT_EQ(low.frames[0].pixels, (Bytes{255, 85}));
}

TEST(Pnm, DamagedFilesAreRefused) {
  const std::string cases[] = {"P5",
                               "P5 2 2 255 abc",
                               "P5 2",
                               "P5 -2 2 255 abcd",
                               "P5 2 2 0 abcd",
                               "P5 2 2 70000 abcd",
                               "P5 x 2 255 abcd",
                               "P5 2 2 255",
                               "P5 99999999999999999999 1 255 a",
                               "P6 1 1 255 ab"};
  for (const std::string &c : cases) EXPECT_LT(decode(text(c), "a.pgm").rc, 0) << c;
  EXPECT_EQ(decode(text("P5 20000 20000 255 abc"), "a.pgm").rc, DSLT_EFRAME);
  EXPECT_EQ(decode({}, "a.pgm").rc, DSLT_EFORMAT);
}

TEST(Picture, PngFormatsPassUnchanged) {
  NEED_OPENCV();
  const Bytes ramp = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160};
  const struct {
    int width, depth, type;
    dslt_pixel_format format;
    Bytes pixels;
  } cases[] = {
      {2, 8, 0, DSLT_GRAY8, {10, 20}},
      {2, 8, 2, DSLT_BGR8, {30, 20, 10, 60, 50, 40}},
      {2, 8, 6, DSLT_BGRA8, {30, 20, 10, 40, 70, 60, 50, 80}},
      {2, 16, 0, DSLT_GRAY16, {20, 10, 40, 30}},  // little-endian machine
      {2, 16, 2, DSLT_BGR16, {60, 50, 40, 30, 20, 10, 120, 110, 100, 90, 80, 70}},
      {2, 16, 6, DSLT_BGR16, {60, 50, 40, 30, 20, 10, 140, 130, 120, 110, 100, 90}},
  };
  for (const auto &c : cases) {
    const int channels = c.type == 0 ? 1 : c.type == 2 ? 3 : 4;
    const Bytes rows(ramp.begin(), ramp.begin() + c.width * channels * c.depth / 8);
    const Outcome got = decode(make_png(c.width, 1, c.depth, c.type, rows), "a.png");
    ASSERT_EQ(got.rc, 0) << got.error;
    EXPECT_EQ(got.frames[0].format, c.format) << c.depth << " " << c.type;
    EXPECT_EQ(got.frames[0].pixels, c.pixels) << c.depth << " " << c.type;
  }
  // grey with alpha: some grey or colour format with the same values
  const Outcome gray_alpha = decode(make_png(1, 1, 8, 4, {77, 200}), "a.png");
  ASSERT_EQ(gray_alpha.rc, 0) << gray_alpha.error;
  EXPECT_EQ(gray_alpha.frames[0].pixels[0], 77);
}

TEST(Picture, BrokenPngIsNamed) {
  NEED_OPENCV();
  const Bytes good = make_png(20, 20, 8, 0, Bytes(400, 9));
  ASSERT_EQ(decode(good, "a.png").rc, 0);
  for (size_t keep : {9ul, 30ul, good.size() / 2, good.size() - 12, good.size() - 1}) {
    EXPECT_EQ(decode(Bytes(good.begin(), good.begin() + static_cast<long>(keep)), "a.png").rc, DSLT_EFORMAT)
        << keep;
  }
  for (size_t at : {20ul, 45ul, 200ul}) {
    Bytes bad = good;
    bad[at] ^= 4;
    EXPECT_EQ(decode(bad, "a.png").rc, DSLT_EFORMAT) << at;
  }
  EXPECT_EQ(decode(text("this is no picture"), "a.png").rc, DSLT_EFORMAT);
  EXPECT_EQ(decode({}, "a.png").rc, DSLT_EFORMAT);
}

TEST(Picture, OversizedIsRefusedBeforeAllocation) {
  NEED_OPENCV();
  const Outcome got = decode(make_png(16385, 1, 8, 0, Bytes(16385, 1)), "a.png");
  EXPECT_EQ(got.rc, DSLT_EFRAME);
  EXPECT_TRUE(has(got.error, "16384")) << got.error;
  EXPECT_EQ(decode(make_png(16384, 1, 8, 0, Bytes(16384, 1)), "a.png").rc, 0);
  // a header alone that announces 2^30 x 2^30 pixels, with a right checksum
  EXPECT_EQ(decode(make_png(1 << 30, 1 << 30, 8, 0, {}), "a.png").rc, DSLT_EFRAME);
  Bytes bmp = {'B', 'M'};
  bmp.resize(60);
  bmp[10] = 54, bmp[14] = 40, bmp[18] = 0xff, bmp[19] = 0xff, bmp[22] = 1, bmp[28] = 24;
  EXPECT_EQ(decode(bmp, "a.bmp").rc, DSLT_EFRAME);
  bmp[19] = 0;  // 255 x 1, 768 bytes of pixels that are not there
  EXPECT_EQ(decode(bmp, "a.bmp").rc, DSLT_EFORMAT);
  EXPECT_EQ(decode(make_tiff(40000, 1, 8, 1, Bytes(16, 1)), "a.tif").rc, DSLT_EFRAME);
  EXPECT_EQ(decode(text("P2 40000 40000 255 1 2 3"), "a.pgm").rc, DSLT_EFRAME);
}

TEST(Picture, FloatingPointIsRefused) {
  NEED_OPENCV();
  const Outcome tiff = decode(make_tiff(2, 2, 32, 3, Bytes(16, 0)), "a.tif");
  EXPECT_EQ(tiff.rc, DSLT_EFRAME);
  EXPECT_TRUE(has(tiff.error, "floating-point")) << tiff.error;
  EXPECT_EQ(decode({0x76, 0x2f, 0x31, 0x01, 2, 0, 0, 0}, "a.exr").rc, DSLT_EFRAME);
  const Outcome gray = decode(make_tiff(2, 2, 8, 1, {1, 2, 3, 4}), "a.tif");
  ASSERT_EQ(gray.rc, 0) << gray.error;
  EXPECT_EQ(gray.frames[0].pixels, (Bytes{1, 2, 3, 4}));
  const Outcome gray16 = decode(make_tiff(2, 1, 16, 1, {1, 2, 3, 4}), "a.TIFF");
  ASSERT_EQ(gray16.rc, 0) << gray16.error;
  EXPECT_EQ(gray16.frames[0].format, DSLT_GRAY16);
  const Bytes whole = make_tiff(30, 30, 8, 1, Bytes(900, 5));
  EXPECT_LT(decode(Bytes(whole.begin(), whole.begin() + 500), "a.tif").rc, 0);
}

TEST(Picture, TruncatedJpegIsNoGreyFrame) {
  NEED_OPENCV();
  Folder folder;
  const Bytes good = jpeg(folder);
  ASSERT_EQ(decode(good, "a.jpg").rc, 0);
  Bytes trailing = good;
  trailing.resize(good.size() + 100);  // some cameras append; that is fine
  EXPECT_EQ(decode(trailing, "a.jpeg").rc, 0);
  for (size_t keep : {3ul, 100ul, good.size() / 2, good.size() - 2, good.size() - 1}) {
    const Outcome got = decode(Bytes(good.begin(), good.begin() + static_cast<long>(keep)), "a.jpg");
    EXPECT_EQ(got.rc, DSLT_EFORMAT) << keep;
    EXPECT_TRUE(got.frames.empty());
  }
}

// Whatever is done to a picture's bytes, there is an answer.
TEST(Picture, RandomDamageNeverCrashes) {
  NEED_OPENCV();
  Folder folder;
  const Bytes seeds[] = {make_png(9, 7, 8, 2, Bytes(9 * 7 * 3, 80)), make_tiff(9, 7, 8, 1, Bytes(63, 3)),
                         text("P6 3 2 255 abcdefghijklmnopqr"), text("P2 2 2 255 1 2 3 4")};
  uint64_t state = 7;
  const auto draw = [&state](uint64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<size_t>((state >> 33) % n);
  };
  int refused = 0;
  testing::internal::CaptureStderr();
  for (int round = 0; round < 600; round++) {
    Bytes bytes = seeds[round % 4];
    for (uint64_t k = draw(4); k < 4; k++) bytes[draw(bytes.size())] = static_cast<uint8_t>(draw(256));
    if (draw(3) == 0) bytes.resize(draw(bytes.size()));
    write_file(folder / "f.png", bytes);
    const Outcome got = read_source(folder / "f.png");
    refused += got.rc < 0;
    EXPECT_TRUE(got.rc == 0 || !got.error.empty());
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_GT(refused, 200);
}

TEST(Picture, WithoutOpencvTheSentenceSaysSo) {
  if (DSLT_OPENCV) GTEST_SKIP() << skip::kWithOpenCv;
  const Outcome got = decode(make_png(2, 2, 8, 0, {1, 2, 3, 4}), "a.png");
  EXPECT_EQ(got.rc, DSLT_EUNSUPPORTED);
  EXPECT_TRUE(has(got.error, "libopencv-dev")) << got.error;
}
