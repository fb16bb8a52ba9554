/* SPDX-License-Identifier: Apache-2.0 */
// Frames of the TraX protocol: paths, pixels, encoded pictures, and what is refused.
#include "trax/image.h"

#include <random>
#include <string>
#include <vector>

#include "scratch.h"

namespace {

const char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(const std::string &bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    unsigned word = 0;
    for (size_t k = 0; k < 3; k++)
      word = word << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; k++) out += i + k <= bytes.size() ? kDigits[word >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

class TraxImage : public ScratchTest {
 protected:
  void TearDown() override {
    dslt_frame_free(&frame_);
    ScratchTest::TearDown();
  }
  int read(const std::string &text) {
    text_.assign(text.begin(), text.end());
    text_.push_back('\0');
    return dslt_trax_image_read(&image_, &frame_, text_.data());
  }
  std::string pixels() const {
    std::string out;
    for (int y = 0; y < image_.height; y++)
      out.append(static_cast<const char *>(image_.data) + static_cast<size_t>(y) * image_.stride,
                 static_cast<size_t>(image_.width) * static_cast<size_t>(dslt_format_bytes(image_.format)));
    return out;
  }
  std::vector<char> text_;
  dslt_image image_ = {};
  dslt_frame frame_ = {};
};

TEST(Base64, DecodesWhatWasEncoded) {
  std::mt19937 random(1);
  for (size_t length = 0; length < 200; length++) {
    std::string bytes;
    for (size_t i = 0; i < length; i++) bytes += static_cast<char>(random());
    std::string text = base64(bytes);
    ASSERT_EQ(dslt_base64_decode(text.data()), static_cast<long long>(length));
    ASSERT_EQ(text.substr(0, length), bytes);
    text = base64(bytes);
    text.erase(std::find(text.begin(), text.end(), '='), text.end());
    ASSERT_EQ(dslt_base64_decode(text.data()), static_cast<long long>(length)) << "without padding";
    ASSERT_EQ(text.substr(0, length), bytes);
  }
}

TEST(Base64, RefusesWhatIsNone) {
  for (std::string text :
       {"A", "AAAAA", "AA=", "A===", "====", "AA==AA", "AAA=A", "AA A", "AA\n", "AA-A", "AAAA="})
    EXPECT_EQ(dslt_base64_decode(text.data()), -1) << text;
}

TEST_F(TraxImage, PixelsInEveryFormat) {
  ASSERT_EQ(read("image:2;1;rgb;" + base64("abcdef")), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(image_.format, DSLT_RGB8);
  EXPECT_EQ(image_.width, 2);
  EXPECT_EQ(image_.height, 1);
  EXPECT_EQ(pixels(), "abcdef");
  ASSERT_EQ(read("image:3;2;gray8;" + base64("abcdef")), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(image_.format, DSLT_GRAY8);
  EXPECT_EQ(pixels(), "abcdef");
  ASSERT_EQ(read("image:1;3;gray16;" + base64("abcdef")), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(image_.format, DSLT_GRAY16);
  EXPECT_EQ(pixels(), "abcdef");
}

TEST_F(TraxImage, AFileByItsPath) {
  spill(path("a b%20.ppm"), "P6\n2 1\n255\nabcdef");
  for (const std::string before : {"file://", "file:", ""}) {
    ASSERT_EQ(read(before + path("a b%20.ppm")), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(pixels().size(), 6u);
    EXPECT_EQ(image_.width, 2);
  }
  EXPECT_EQ(read("file://" + path("none.ppm")), DSLT_EIO);
  EXPECT_NE(std::string(dslt_last_error()).find("none.ppm"), std::string::npos);
  EXPECT_EQ(read("file://"), DSLT_EIO);
  EXPECT_EQ(read(""), DSLT_EIO);
  EXPECT_EQ(read("file://" + folder_.string()), DSLT_EIO) << "a folder";
}

TEST_F(TraxImage, AnEncodedPicture) {
  if (!DSLT_OPENCV) GTEST_SKIP() << skip::kOpenCv;
  dslt_canvas canvas = {};
  ASSERT_EQ(dslt_canvas_create(&canvas, 5, 4), DSLT_OK);
  canvas.pixels[0] = 200;
  ASSERT_EQ(dslt_canvas_save(&canvas, path("a.png").c_str()), DSLT_OK) << dslt_last_error();
  dslt_canvas_free(&canvas);
  const std::string encoded = base64(slurp(path("a.png")));
  for (const std::string before : {"data:image/png;base64,", "data:image/png;base64;", "data:image/png;"}) {
    ASSERT_EQ(read(before + encoded), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(image_.width, 5);
    EXPECT_EQ(image_.height, 4);
    EXPECT_EQ(static_cast<uint8_t>(pixels()[0]), 200);
  }
  EXPECT_EQ(read("data:image/png;" + encoded.substr(0, encoded.size() / 8 * 4)), DSLT_EFORMAT) << "cut off";
}

TEST_F(TraxImage, WhatIsNoFrameIsRefused) {
  const std::vector<std::pair<std::string, int>> cases = {{"image:", DSLT_EFORMAT},
                                                          {"image:2;1", DSLT_EFORMAT},
                                                          {"image:2;1;rgb", DSLT_EFORMAT},
                                                          {"image:2;1;bgr;YWJjZGVm", DSLT_EFORMAT},
                                                          {"image:2;1;rgb;YWJjZGV", DSLT_EFORMAT},
                                                          {"image:2;2;rgb;YWJjZGVm", DSLT_EFORMAT},
                                                          {"image:2;1;rgb;YWJj*GVm", DSLT_EFORMAT},
                                                          {"image:0;1;rgb;", DSLT_EFRAME},
                                                          {"image:-2;1;rgb;YWJjZGVm", DSLT_EFRAME},
                                                          {"image:2x;1;rgb;YWJjZGVm", DSLT_EFRAME},
                                                          {"image:99999;1;rgb;YWJjZGVm", DSLT_EFRAME},
                                                          {"image:4294967298;1;rgb;YWJjZGVm", DSLT_EFRAME},
                                                          {"data:image/gif;base64,AAAA", DSLT_EFORMAT},
                                                          {"data:", DSLT_EFORMAT},
                                                          {"data:image/png;base64,", DSLT_EFORMAT},
                                                          {"data:image/png;base64,AAAA", DSLT_EFORMAT},
                                                          {"data:image/jpeg;base64,***", DSLT_EFORMAT},
                                                          {"http://example.org/1.jpg", DSLT_EUNSUPPORTED},
                                                          {"ftp://example.org/1.jpg", DSLT_EUNSUPPORTED}};
  for (const auto &[text, code] : cases) EXPECT_EQ(read(text), code) << text << ": " << dslt_last_error();
}

}  // namespace
