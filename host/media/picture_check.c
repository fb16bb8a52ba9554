/* SPDX-License-Identifier: Apache-2.0 */
/* picture_check.c: checks the structure of an encoded picture before it is decoded. Decoders allocate before
 * they check, fill missing parts with grey and print to stderr; this refuses oversized, truncated and damaged
 * files with an error instead. Limits: a damaged byte inside the compressed data of a JPEG, WebP or TIFF goes
 * unnoticed here (those carry no checksum); a PNG's does not. */
#include <string.h>

#include "base/error.h"
#include "media/decode.h"

typedef struct blob {
  const uint8_t *bytes;
  size_t size;
} blob;

static uint32_t le(const uint8_t *p, int bytes) {
  uint32_t v = 0;
  for (int i = bytes - 1; i >= 0; i--) v = v << 8 | p[i];
  return v;
}

static uint32_t be(const uint8_t *p, int bytes) {
  uint32_t v = 0;
  for (int i = 0; i < bytes; i++) v = v << 8 | p[i];
  return v;
}

static int ends_early(const char *type) {
  return dslt_fail(DSLT_EFORMAT, "The %s ends early; the file is truncated or damaged.", type);
}

static int is_animated(const char *type) {
  return dslt_fail(
      DSLT_EFORMAT,
      "The %s is an animation, of which only one picture could be used; convert it to a video or to "
      "single pictures, with ffmpeg say.",
      type);
}

static int holds_floats(const char *type) {
  return dslt_fail(DSLT_EFRAME, "The %s holds floating-point pixels; convert it to 8 or 16 bits.", type);
}

/* ---- PNG
 * ------------------------------------------------------------------------------------------------------- */

static uint32_t crc32_of(const uint32_t table[256], const uint8_t *p, size_t n) {
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < n; i++) crc = table[(crc ^ p[i]) & 255] ^ crc >> 8;
  return ~crc;
}

static int check_png(blob b) {
  uint32_t table[256];
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
    table[i] = c;
  }
  size_t at = 8;
  int pixels = 0;
  for (int first = 1;; first = 0) {
    if (b.size - at < 12) return ends_early("PNG");
    const uint32_t length = be(b.bytes + at, 4);
    if (length > b.size - at - 12) return ends_early("PNG");
    const uint8_t *type = b.bytes + at + 4;
    if (crc32_of(table, type, (size_t)length + 4) != be(type + 4 + length, 4)) {
      return dslt_fail(DSLT_EFORMAT, "The PNG is damaged: a checksum is wrong %zu bytes into the file.", at);
    }
    if (first) {
      if (memcmp(type, "IHDR", 4) != 0 || length != 13)
        return dslt_fail(DSLT_EFORMAT, "The PNG has no header.");
      DSLT_TRY(dslt_frame_check_size(be(type + 4, 4), be(type + 8, 4)));
    }
    if (memcmp(type, "acTL", 4) == 0 && length == 8 && be(type + 4, 4) > 1) return is_animated("PNG");
    if (memcmp(type, "IDAT", 4) == 0) pixels = 1;
    if (memcmp(type, "IEND", 4) == 0) break;
    at += 12 + (size_t)length;
  }
  return pixels ? DSLT_OK : dslt_fail(DSLT_EFORMAT, "The PNG holds no pixels.");
}

/* ---- JPEG
 * ------------------------------------------------------------------------------------------------------ */

/* Walk the segments and, after each start of scan, the compressed bytes up to the next marker; the
 * end-of-image marker must come. A thumbnail inside the metadata is skipped, so its end marker is not taken
 * for the picture's. */
static int check_jpeg(blob b) {
  size_t at = 2;
  int frame = 0, scan = 0;
  for (;;) {
    while (at < b.size && b.bytes[at] != 0xff) at++; /* stray bytes between segments are allowed */
    while (at < b.size && b.bytes[at] == 0xff) at++;
    if (at >= b.size) return ends_early("JPEG");
    const uint8_t marker = b.bytes[at++];
    if (marker == 0xd9) break;
    if (marker == 0 || marker == 1 || (marker >= 0xd0 && marker <= 0xd8)) continue; /* these have no length */
    if (b.size - at < 2) return ends_early("JPEG");
    const size_t length = be(b.bytes + at, 2);
    if (length < 2) return dslt_fail(DSLT_EFORMAT, "The JPEG is damaged: a segment has no length.");
    if (length > b.size - at) return ends_early("JPEG");
    const int start_of_frame =
        marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (start_of_frame) {
      if (length < 8) return dslt_fail(DSLT_EFORMAT, "The JPEG's header is damaged.");
      DSLT_TRY(dslt_frame_check_size(be(b.bytes + at + 5, 2), be(b.bytes + at + 3, 2)));
      frame = 1;
    }
    if (marker == 0xda) scan = 1;
    at += length;
  }
  return frame && scan ? DSLT_OK : dslt_fail(DSLT_EFORMAT, "The JPEG holds no pixels.");
}

/* ---- the others
 * ------------------------------------------------------------------------------------------------ */

static int check_bmp(blob b) {
  if (b.size < 26) return ends_early("BMP");
  const uint32_t header = le(b.bytes + 14, 4);
  if (header == 12) return dslt_frame_check_size(le(b.bytes + 18, 2), le(b.bytes + 20, 2));
  if (header < 40 || b.size < 54) return ends_early("BMP");
  const int64_t width = (int32_t)le(b.bytes + 18, 4), signed_height = (int32_t)le(b.bytes + 22, 4);
  const int64_t height = signed_height < 0 ? -signed_height : signed_height; /* negative: top row first */
  DSLT_TRY(dslt_frame_check_size(width, height));
  const uint32_t start = le(b.bytes + 10, 4), bits = le(b.bytes + 28, 2), packing = le(b.bytes + 30, 4);
  const int64_t need = start + (width * bits + 31) / 32 * 4 * height;
  if ((packing == 0 || packing == 3) && need > (int64_t)b.size) return ends_early("BMP");
  return DSLT_OK;
}

static int check_tiff(blob b) {
  uint32_t (*const num)(const uint8_t *, int) = b.bytes[0] == 'I' ? le : be;
  if (b.size < 8) return ends_early("TIFF");
  if (num(b.bytes + 2, 2) != 42)
    return dslt_fail(DSLT_EFORMAT, "The TIFF is of the 64-bit kind, which is not read.");
  const size_t at = num(b.bytes + 4, 4);
  if (at < 8 || at > b.size - 2) return ends_early("TIFF");
  const size_t entries = num(b.bytes + at, 2);
  if (entries * 12 > b.size - at - 2) return ends_early("TIFF");
  int64_t width = 0, height = 0;
  for (size_t i = 0; i < entries; i++) {
    const uint8_t *e = b.bytes + at + 2 + 12 * i;
    const uint32_t tag = num(e, 2), type = num(e + 2, 2), count = num(e + 4, 4);
    const uint8_t *values = e + 8;
    const int bytes = type == 3 ? 2 : 4;
    if ((uint64_t)count * (unsigned)bytes > 4) { /* kept elsewhere */
      const size_t where = num(e + 8, 4);
      if (where > b.size || (uint64_t)count * (unsigned)bytes > b.size - where) {
        if (tag == 339 || tag == 273 || tag == 279) return ends_early("TIFF");
        continue;
      }
      values = b.bytes + where;
    }
    if (count < 1 || (type != 3 && type != 4)) continue;
    if (tag == 256) width = num(values, bytes);
    if (tag == 257) height = num(values, bytes);
    if (tag == 339 && num(values, bytes) == 3) return holds_floats("TIFF");
    for (uint32_t k = 0; tag == 273 && k < count; k++) { /* strips must start inside the file */
      if (num(values + (size_t)k * (size_t)bytes, bytes) >= b.size) return ends_early("TIFF");
    }
  }
  return dslt_frame_check_size(width, height);
}

static int check_webp(blob b) {
  if (b.size < 30 || (uint64_t)le(b.bytes + 4, 4) + 8 > b.size) return ends_early("WebP");
  const uint8_t *p = b.bytes + 12;
  if (memcmp(p, "VP8X", 4) == 0 && (p[8] & 2)) return is_animated("WebP");
  if (memcmp(p, "VP8X", 4) == 0) return dslt_frame_check_size(le(p + 12, 3) + 1, le(p + 15, 3) + 1);
  if (memcmp(p, "VP8L", 4) == 0) {
    const uint32_t v = le(p + 9, 4);
    return dslt_frame_check_size((v & 16383) + 1, (v >> 14 & 16383) + 1);
  }
  if (memcmp(p, "VP8 ", 4) == 0) return dslt_frame_check_size(le(p + 14, 2) & 16383, le(p + 16, 2) & 16383);
  return dslt_fail(DSLT_EFORMAT, "The WebP is damaged.");
}

/* Text PNM (P1..P3) and bitmaps (P4): OpenCV reads them; only the size is checked here. */
static int check_pnm(blob b) {
  int64_t value[2] = {0};
  int have = 0, digits = 0;
  for (size_t i = 2; i < b.size && have < 2; i++) {
    const uint8_t c = b.bytes[i];
    if (c == '#') {
      while (i < b.size && b.bytes[i] != '\n') i++;
    } else if (c >= '0' && c <= '9') {
      if (++digits > 9) break;
      value[have] = value[have] * 10 + (c - '0');
      continue;
    }
    if (digits) have++;
    digits = 0;
  }
  if (have < 2) return dslt_fail(DSLT_EFORMAT, "The header of the PNM is damaged.");
  return dslt_frame_check_size(value[0], value[1]);
}

int dslt_picture_check(const uint8_t *bytes, size_t size) {
  const blob b = {bytes, size};
  if (size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) return check_png(b);
  if (size >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0) return check_jpeg(b);
  if (size >= 4 && (memcmp(bytes, "II*\0", 4) == 0 || memcmp(bytes, "MM\0*", 4) == 0 ||
                    memcmp(bytes, "II+\0", 4) == 0 || memcmp(bytes, "MM\0+", 4) == 0)) {
    return check_tiff(b);
  }
  if (size >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0) return check_webp(b);
  if (size >= 4 && memcmp(bytes, "\x76\x2f\x31\x01", 4) == 0) return holds_floats("EXR");
  if (size >= 3 && (memcmp(bytes, "PF\n", 3) == 0 || memcmp(bytes, "Pf\n", 3) == 0))
    return holds_floats("PFM");
  if (size >= 2 && memcmp(bytes, "#?", 2) == 0) return holds_floats("HDR picture");
  if (size >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6') return check_pnm(b);
  if (size >= 2 && memcmp(bytes, "BM", 2) == 0) return check_bmp(b);
  return dslt_fail(
      DSLT_EFORMAT,
      "The file is no picture of a known type (PNG, JPEG, BMP, TIFF, WebP, PGM, PPM), or its start is "
      "damaged.");
}
