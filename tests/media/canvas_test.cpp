/* SPDX-License-Identifier: Apache-2.0 */
// Drawing, cutting, saving.
#include <cmath>
#include <cstring>

#include "media_test.h"

namespace {

struct Canvas : dslt_canvas {
  Canvas() : dslt_canvas{} {}
  Canvas(int w, int h) : dslt_canvas{} { EXPECT_EQ(dslt_canvas_create(this, w, h), DSLT_OK); }
  ~Canvas() { dslt_canvas_free(this); }
  Canvas(const Canvas &) = delete;
  uint8_t *at(int x, int y) {
    return pixels + (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)) * 3;
  }
  Bytes bytes() const { return Bytes(pixels, pixels + width * height * 3); }
};

int lit(const Canvas &c) {
  int n = 0;
  for (int i = 0; i < c.width * c.height; i++) n += c.pixels[3 * i] != 0;
  return n;
}

}  // namespace

TEST(Canvas, TakesEveryFrameFormat) {
  const uint16_t gray16[] = {0x1234, 0xabcd}, bgr16[] = {0x0102, 0x0304, 0x0506, 0xf102, 0xf304, 0xf506};
  const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
  const struct {
    dslt_pixel_format format;
    const void *data;
    Bytes expected;
  } cases[] = {{DSLT_BGR8, bytes, {1, 2, 3, 4, 5, 6}},
               {DSLT_RGB8, bytes, {3, 2, 1, 6, 5, 4}},
               {DSLT_GRAY8, bytes, {1, 1, 1, 2, 2, 2}},
               {DSLT_BGRA8, bytes, {1, 2, 3, 5, 6, 7}},
               {DSLT_RGBA8, bytes, {3, 2, 1, 7, 6, 5}},
               {DSLT_GRAY16, gray16, {0x12, 0x12, 0x12, 0xab, 0xab, 0xab}},
               {DSLT_BGR16, bgr16, {1, 3, 5, 0xf1, 0xf3, 0xf5}}};
  for (const auto &c : cases) {
    Canvas canvas;
    const dslt_image image = {c.data, 2, 1, 12, c.format};
    ASSERT_EQ(dslt_canvas_from_image(&canvas, &image), DSLT_OK);
    EXPECT_EQ(canvas.bytes(), c.expected) << c.format;
  }
  Canvas canvas(9, 9);
  const dslt_image bad = {bytes, 1, 1, 3, static_cast<dslt_pixel_format>(9)};
  EXPECT_EQ(dslt_canvas_from_image(&canvas, &bad), DSLT_EFRAME);
  const dslt_image image = dslt_canvas_image(&canvas);
  EXPECT_EQ(image.width, 9);
  EXPECT_EQ(image.stride, 27u);
}

TEST(Canvas, RefusesImpossibleSizes) {
  dslt_canvas canvas;
  for (int side : {0, -1, 16385}) EXPECT_EQ(dslt_canvas_create(&canvas, side, 10), DSLT_EARGUMENT);
}

TEST(Canvas, BoxIsAnOutlineCutAtTheEdges) {
  Canvas canvas(20, 20);
  const dslt_box box = {4.4, 5.6, 8, 6};
  dslt_canvas_box(&canvas, &box, {255, 1, 2}, 1);
  EXPECT_EQ(lit(canvas), 2 * 8 + 2 * 6 - 4);
  EXPECT_EQ(canvas.at(4, 6)[0], 255);
  EXPECT_EQ(canvas.at(11, 11)[0], 255);
  EXPECT_EQ(canvas.at(12, 12)[0], 0);
  EXPECT_EQ(canvas.at(6, 8)[0], 0);
  const dslt_box wild[] = {
      {-1e300, -5, 1e301, 10}, {NAN, 0, 5, 5}, {3, 3, -1, 2}, {15, 15, 1e9, 1e9}, {-50, -50, 3, 3}};
  for (const dslt_box &b : wild) dslt_canvas_box(&canvas, &b, {9, 9, 9}, 7);
  Canvas all(4, 4);
  const dslt_box around = {0, 0, 4, 4};
  dslt_canvas_box(&all, &around, {1, 1, 1}, 100000);
  EXPECT_EQ(lit(all), 16);
}

TEST(Canvas, HeatRisesEvenlyFromDarkToBright) {
  // one row of 256 cells over one row of pixels each
  std::vector<float> ramp(256);
  for (int i = 0; i < 256; i++) ramp[static_cast<size_t>(i)] = static_cast<float>(i) / 255;
  Canvas canvas(256, 3);
  const dslt_response response = {ramp.data(), 256, 1, {0, 0, 256, 3}};
  dslt_canvas_heat(&canvas, &response, 1);
  // CIE L* of each colour
  std::vector<double> light;
  for (int x = 0; x < 256; x++) {
    const uint8_t *p = canvas.at(x, 1);
    const auto linear = [](double v) {
      return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    const double y =
        0.0722 * linear(p[0] / 255.0) + 0.7152 * linear(p[1] / 255.0) + 0.2126 * linear(p[2] / 255.0);
    light.push_back(y > 0.008856 ? 116 * std::cbrt(y) - 16 : 903.3 * y);
  }
  EXPECT_LT(light.front(), 15);
  EXPECT_GT(light.back(), 88);
  for (int x = 16; x < 256; x += 16) {
    const double step = light[static_cast<size_t>(x)] - light[static_cast<size_t>(x - 16)];
    EXPECT_GT(step, 2.5) << x;
    EXPECT_LT(step, 9) << x;
  }
}

TEST(Canvas, HeatKeepsToItsWindowAndBlends) {
  const float map[] = {0, NAN, INFINITY, -5};
  Canvas canvas(10, 10);
  std::memset(canvas.pixels, 200, 300);
  const dslt_response response = {map, 2, 2, {2, 2, 4, 4}};
  dslt_canvas_heat(&canvas, &response, 0);
  EXPECT_EQ(canvas.bytes(), Bytes(300, 200));
  dslt_canvas_heat(&canvas, &response, 0.5);
  EXPECT_EQ(canvas.at(1, 1)[0], 200);
  EXPECT_EQ(canvas.at(6, 6)[0], 200);
  EXPECT_LT(canvas.at(2, 2)[1], 130);
  EXPECT_GT(canvas.at(2, 5)[1], canvas.at(2, 2)[1] + 50);  // the infinite cell is the brightest
  const dslt_response odd[] = {{map, 2, 2, {NAN, 0, 1, 1}},
                               {map, 2, 2, {-1e30, 0, 1, 1}},
                               {map, 2, 2, {8, 8, 1e12, 1e12}},
                               {map, 0, 2, {0, 0, 2, 2}}};
  for (const auto &r : odd) dslt_canvas_heat(&canvas, &r, 1);
}

TEST(Canvas, CropReplicatesEdgesAndAverages) {
  Canvas src(4, 4);
  for (int y = 0; y < 4; y++) {
    for (int x = 0; x < 4; x++) std::memset(src.at(x, y), 40 * x + 10 * y, 3);
  }
  Canvas same, out, tiny;
  const dslt_box all = {0, 0, 4, 4}, left = {-4, 0, 4, 4}, part = {1, 1, 2, 2};
  ASSERT_EQ(dslt_canvas_crop(&same, &src, &all, 4, 4), DSLT_OK);
  EXPECT_EQ(same.bytes(), src.bytes());
  ASSERT_EQ(dslt_canvas_crop(&out, &src, &left, 4, 4), DSLT_OK);
  for (int y = 0; y < 4; y++) EXPECT_EQ(out.at(0, y)[0], 10 * y);
  ASSERT_EQ(dslt_canvas_crop(&tiny, &src, &part, 1, 1), DSLT_OK);
  EXPECT_EQ(tiny.at(0, 0)[0], 75);
  ASSERT_EQ(dslt_canvas_crop(&src, &src, &part, 2, 2), DSLT_OK);
  EXPECT_EQ(src.at(0, 0)[0], 50);
  const dslt_box bad = {0, 0, NAN, 4};
  EXPECT_EQ(dslt_canvas_crop(&out, &src, &bad, 4, 4), DSLT_EBOX);
  EXPECT_EQ(dslt_canvas_crop(&out, &src, &all, 0, 4), DSLT_EARGUMENT);
}

TEST(Canvas, PasteIsCutAtTheEdges) {
  Canvas src(3, 3);
  std::memset(src.pixels, 7, 27);
  const struct {
    int x, y, lit;
  } cases[] = {
      {0, 0, 9}, {-1, -1, 4}, {4, 4, 1}, {5, 0, 0}, {-3, 0, 0}, {2147483647, 0, 0}, {-2147483647 - 1, 0, 0}};
  for (const auto &c : cases) {
    Canvas dst(5, 5);
    dslt_canvas_paste(&dst, &src, c.x, c.y);
    EXPECT_EQ(lit(dst), c.lit) << c.x;
  }
}

TEST(Canvas, SavesAndReadsBack) {
  Folder folder;
  Canvas canvas(5, 3);
  for (int i = 0; i < 45; i++) canvas.pixels[i] = static_cast<uint8_t>(i * 5);
  for (const char *name : {"a.ppm", "a.PNG"}) {
    if (!DSLT_OPENCV && std::strstr(name, "PNG")) continue;
    ASSERT_EQ(dslt_canvas_save(&canvas, (folder / name).c_str()), DSLT_OK) << dslt_last_error();
    const Outcome back = read_source(folder / name);
    ASSERT_EQ(back.rc, 0) << back.error;
    EXPECT_EQ(back.frames[0].format, DSLT_BGR8);
    EXPECT_EQ(back.frames[0].pixels, canvas.bytes());
  }
  EXPECT_EQ(folder.files(), DSLT_OPENCV ? 2 : 1);  // no temporary file stays
  EXPECT_EQ(dslt_canvas_save(&canvas, (folder / "none/a.ppm").c_str()), DSLT_EIO);
  EXPECT_NE(std::string(dslt_last_error()).find("none/a.ppm"), std::string::npos);
  EXPECT_EQ(dslt_canvas_save(&canvas, (folder / "a.gif").c_str()), DSLT_EARGUMENT);
  if (!DSLT_OPENCV) {
    EXPECT_EQ(dslt_canvas_save(&canvas, (folder / "a.png").c_str()), DSLT_EUNSUPPORTED);
  }
}

TEST(Canvas, NpyHoldsTheMap) {
  Folder folder;
  const float map[6] = {0, 1, -2.5f, 3, 4, 5};
  ASSERT_EQ(dslt_npy_save(map, 2, 3, (folder / "m.npy").c_str()), DSLT_OK);
  const Bytes b = read_file(folder / "m.npy");
  ASSERT_EQ(b.size(), 128 + 24u);
  EXPECT_EQ(std::memcmp(b.data(), "\x93NUMPY\x01\x00\x76\x00", 10), 0);
  const std::string head(b.begin() + 10, b.begin() + 128);
  EXPECT_EQ(head.find("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"), 0u);
  EXPECT_EQ(head.back(), '\n');
  EXPECT_EQ(b[128 + 8 + 3], 0xc0);  // -2.5f is 0xc0200000, low byte first
  EXPECT_EQ(b[128 + 8 + 2], 0x20);
  EXPECT_EQ(dslt_npy_save(map, 0, 3, (folder / "m.npy").c_str()), DSLT_EARGUMENT);
}

TEST(Canvas, TextIsDrawnOrLeftAway) {
  Canvas canvas(120, 40);
  dslt_canvas_text(&canvas, 4, 4, "0.87", 0.6, {255, 255, 255});
  if (DSLT_OPENCV) {
    EXPECT_GT(lit(canvas), 60);
  } else {
    EXPECT_EQ(lit(canvas), 0);
  }
  dslt_canvas_text(&canvas, -500, 900, "outside", 2, {1, 1, 1});
}
