/* SPDX-License-Identifier: Apache-2.0 */
// Pictures whose EXIF data say how the camera was held: all eight ways, in every kind of file that can say so.
#include "media/orient.h"
#include "media_test.h"

namespace {

bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

// A picture in which no two corners look alike, as each kind of file.
dslt_canvas corners() {
  dslt_canvas canvas;
  EXPECT_EQ(dslt_canvas_create(&canvas, 48, 32), DSLT_OK);
  for (int y = 0; y < 32; y++)
    for (int x = 0; x < 48; x++) {
      uint8_t *p = canvas.pixels + 3 * (y * 48 + x);
      p[0] = static_cast<uint8_t>(5 * x), p[1] = static_cast<uint8_t>(7 * y),
      p[2] = x < 16 && y < 16 ? 250 : 20;
    }
  return canvas;
}

Bytes jpeg_with(const Folder &folder, const Bytes &exif) {
  dslt_canvas canvas = corners();
  EXPECT_EQ(dslt_canvas_save(&canvas, (folder / "plain.jpg").c_str()), DSLT_OK);
  dslt_canvas_free(&canvas);
  Bytes bytes = read_file(folder / "plain.jpg"), segment = {0xff, 0xe1};
  std::filesystem::remove(folder / "plain.jpg");
  put(segment, exif.size() + 8, 2, true);
  segment.insert(segment.end(), {'E', 'x', 'i', 'f', 0, 0});
  segment.insert(segment.end(), exif.begin(), exif.end());
  bytes.insert(bytes.begin() + 2, segment.begin(), segment.end());
  return bytes;
}

Bytes png_with(const Folder &, const Bytes &exif) {
  Bytes rows(20 * 12 * 3);
  for (size_t i = 0; i < rows.size(); i++) rows[i] = static_cast<uint8_t>(i * 37);
  Bytes bytes = make_png(20, 12, 8, 2, rows), chunk;
  put_chunk(chunk, "eXIf", exif);
  bytes.insert(bytes.begin() + 33, chunk.begin(), chunk.end());  // behind the header
  return bytes;
}

// Grey, 3 x 2, its own directory holding the orientation.
Bytes tiff_with(const Folder &, const Bytes &exif) {
  Bytes bytes = make_tiff(3, 2, 8, 1, {1, 2, 3, 4, 5, 6});
  const bool big = exif[0] == 'M';
  const int orientation = exif[big ? 19 : 18];
  for (size_t at = bytes.size() - 4 - 12; at > 14; at -= 12)  // the sample format gives its place away
    if (bytes[at] == 0x53 && bytes[at + 1] == 1) {
      bytes[at] = 0x12;
      bytes[at + 2] = 3;
      bytes[at + 8] = static_cast<uint8_t>(orientation);
      // tags must ascend: 274 goes before 277
      Bytes tag(bytes.begin() + static_cast<long>(at), bytes.begin() + static_cast<long>(at + 12));
      bytes.erase(bytes.begin() + static_cast<long>(at), bytes.begin() + static_cast<long>(at + 12));
      bytes.insert(bytes.begin() + static_cast<long>(at - 3 * 12), tag.begin(), tag.end());
      break;
    }
  return bytes;
}

struct Kind {
  const char *name;
  Bytes (*make)(const Folder &, const Bytes &);
};
const Kind KINDS[] = {{"a.jpg", jpeg_with}, {"a.png", png_with}, {"a.tif", tiff_with}};

Outcome read_kind(const Kind &kind, const Bytes &exif, int as_stored) {
  Folder folder;
  write_file(folder / kind.name, kind.make(folder, exif));
  dslt_source_options options = {};
  options.as_stored = as_stored;
  return read_source(folder / kind.name, options);
}

}  // namespace

TEST(Exif, AllEightOrientationsAreApplied) {
  NEED_OPENCV();
  for (const Kind &kind : KINDS) {
    const Outcome plain = read_kind(kind, make_exif(1, false), 0);
    ASSERT_EQ(plain.rc, 0) << kind.name << " " << plain.error;
    EXPECT_EQ(plain.notes, "") << kind.name;
    for (int orientation = 1; orientation <= 8; orientation++) {
      for (bool big : {false, true}) {
        const Outcome got = read_kind(kind, make_exif(orientation, big), 0);
        ASSERT_EQ(got.rc, 0) << kind.name << " " << got.error;
        const Frame wanted = upright(plain.frames[0], orientation);
        EXPECT_EQ(got.frames[0].width, wanted.width) << kind.name << " " << orientation;
        EXPECT_EQ(got.frames[0].pixels, wanted.pixels) << kind.name << " " << orientation;
        EXPECT_EQ(has(got.notes, dslt_orient_words(orientation)), orientation != 1) << got.notes;
      }
      const Outcome stored = read_kind(kind, make_exif(orientation, false), 1);
      ASSERT_EQ(stored.rc, 0) << kind.name << " " << stored.error;
      EXPECT_EQ(stored.frames[0].pixels, plain.frames[0].pixels) << kind.name << " " << orientation;
      EXPECT_EQ(stored.notes, "") << kind.name;
    }
  }
}

TEST(Exif, WebpToo) {
  NEED_OPENCV();
  NEED_FFMPEG();
  Folder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i testsrc2=size=48x32 -frames:v 1 -c:v libwebp -lossless 1 '" +
                     (folder / "a.webp") + "'"));
  const Bytes simple = read_file(folder / "a.webp");
  const Outcome plain = read_source(folder / "a.webp");
  ASSERT_EQ(plain.rc, 0) << plain.error;
  for (int orientation = 1; orientation <= 8; orientation++) {
    const Bytes exif = make_exif(orientation, true);
    Bytes body = {'V', 'P', '8', 'X', 10, 0, 0, 0, 8, 0, 0, 0, 47, 0, 0, 31, 0, 0};
    body.insert(body.end(), simple.begin() + 12, simple.end());
    body.insert(body.end(), {'E', 'X', 'I', 'F'});
    put(body, exif.size(), 4, false);
    body.insert(body.end(), exif.begin(), exif.end());
    if (exif.size() % 2) body.push_back(0);
    Bytes out = {'R', 'I', 'F', 'F'};
    put(out, body.size() + 4, 4, false);
    out.insert(out.end(), {'W', 'E', 'B', 'P'});
    out.insert(out.end(), body.begin(), body.end());
    write_file(folder / "b.webp", out);
    const Outcome got = read_source(folder / "b.webp");
    ASSERT_EQ(got.rc, 0) << got.error;
    EXPECT_EQ(got.frames[0].pixels, upright(plain.frames[0], orientation).pixels) << orientation;
  }
}

TEST(Exif, WhatIsDamagedSaysNothing) {
  NEED_OPENCV();
  const Bytes good = make_exif(6, false);
  for (size_t keep = 0; keep < good.size(); keep++) {  // cut off anywhere: no crash, and an answer
    const Bytes cut(good.begin(), good.begin() + static_cast<long>(keep));
    for (int kind : {0, 1}) {
      const Outcome got = read_kind(KINDS[kind], cut, 0);
      EXPECT_EQ(got.rc, 0) << KINDS[kind].name << " " << keep << " " << got.error;
      if (keep < 20) {
        EXPECT_EQ(got.notes, "") << keep;
      }
    }
  }
  for (int nonsense : {0, 9, 255}) EXPECT_EQ(read_kind(KINDS[0], make_exif(nonsense, true), 0).notes, "");
}

TEST(Exif, AFolderOfTurnedPicturesIsToldOnce) {
  NEED_OPENCV();
  Folder folder;
  for (int i = 0; i < 5; i++)
    write_file(folder / (std::to_string(i) + ".png"), png_with(folder, make_exif(i ? 6 : 1, false)));
  const Outcome got = read_source(folder.path());
  ASSERT_EQ(got.frames.size(), 5u) << got.error;
  EXPECT_EQ(std::count(got.notes.begin(), got.notes.end(), '\n'), 1) << got.notes;
  EXPECT_TRUE(has(got.notes, "1.png") && has(got.notes, "--as-stored")) << got.notes;
  EXPECT_EQ(got.frames[0].width, 20);
  EXPECT_EQ(got.frames[4].width, 12);
}

TEST(Exif, AnimationsAreNamedAndNotCalledDamaged) {
  Folder folder;
  Bytes webp = {'R', 'I', 'F', 'F', 30, 0, 0, 0, 'W', 'E', 'B', 'P',
                'V', 'P', '8', 'X', 10, 0, 0, 0, 2,   0,   0,   0};
  webp.resize(38, 0);
  write_file(folder / "a.webp", webp);
  Bytes png = make_png(2, 2, 8, 0, {1, 2, 3, 4}), control, frames;
  put(frames, 3, 4, true);
  put(frames, 0, 4, true);
  put_chunk(control, "acTL", frames);
  png.insert(png.begin() + 33, control.begin(), control.end());
  write_file(folder / "a.png", png);
  for (const char *name : {"a.webp", "a.png"}) {
    const Outcome got = read_source(folder / name);
    EXPECT_EQ(got.rc, DSLT_EFORMAT) << name;
    EXPECT_TRUE(has(got.error, "animation") && has(got.error, name)) << got.error;
    EXPECT_FALSE(has(got.error, "damaged")) << got.error;
  }
}
