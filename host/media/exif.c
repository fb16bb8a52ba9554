/* SPDX-License-Identifier: Apache-2.0 */
/* exif.c: the orientation in the metadata of an encoded picture (JPEG, PNG, WebP, TIFF). Damaged metadata
 * counts as absent, so that the picture can still be used. */
#include <string.h>

#include "media/decode.h"

typedef struct span {
  uint8_t *bytes;
  size_t size;
} span;

static uint32_t number(const uint8_t *p, int bytes, int big) {
  uint32_t v = 0;
  for (int i = 0; i < bytes; i++) v = v << 8 | p[big ? i : bytes - 1 - i];
  return v;
}

/* The two bytes of tag 274 in the first directory of a TIFF structure, or NULL. `*big` is 1 if they are
 * big-endian. */
static uint8_t *find_orientation(int *big, span t) {
  if (t.size < 8) return NULL;
  if (memcmp(t.bytes, "II*\0", 4) == 0)
    *big = 0;
  else if (memcmp(t.bytes, "MM\0*", 4) == 0)
    *big = 1;
  else
    return NULL;
  const size_t at = number(t.bytes + 4, 4, *big);
  if (at < 8 || at > t.size - 2) return NULL;
  const size_t entries = number(t.bytes + at, 2, *big), room = (t.size - at - 2) / 12;
  for (size_t i = 0; i < entries && i < room; i++) {
    uint8_t *e = t.bytes + at + 2 + 12 * i;
    const int is_short = number(e + 2, 2, *big) == 3 && number(e + 4, 4, *big) == 1;
    if (number(e, 2, *big) == 274) return is_short ? e + 8 : NULL;
  }
  return NULL;
}

/* The TIFF structure inside a JPEG's first Exif segment. */
static span exif_of_jpeg(span b) {
  size_t at = 2;
  while (at + 4 <= b.size && b.bytes[at] == 0xff) {
    const uint8_t marker = b.bytes[at + 1];
    if (marker == 0xff) { /* a fill byte */
      at++;
      continue;
    }
    const size_t length = number(b.bytes + at + 2, 2, 1);
    if (marker == 0xda || marker == 0xd9 || length < 2 || length > b.size - at - 2) break;
    if (marker == 0xe1 && length >= 8 && memcmp(b.bytes + at + 4, "Exif\0", 5) == 0)
      return (span){b.bytes + at + 10, length - 8};
    at += 2 + length;
  }
  return (span){0};
}

static span exif_of_png(span b) {
  size_t at = 8;
  while (b.size - at >= 12) {
    const size_t length = number(b.bytes + at, 4, 1);
    if (length > b.size - at - 12) break;
    if (memcmp(b.bytes + at + 4, "eXIf", 4) == 0) return (span){b.bytes + at + 8, length};
    at += 12 + length;
  }
  return (span){0};
}

static span exif_of_webp(span b) {
  size_t at = 12;
  while (b.size - at >= 8) {
    const size_t length = number(b.bytes + at + 4, 4, 0), room = b.size - at - 8;
    if (length > room) break;
    if (memcmp(b.bytes + at, "EXIF", 4) == 0) {
      span s = {b.bytes + at + 8, length};
      if (s.size >= 6 && memcmp(s.bytes, "Exif\0", 5) == 0) s = (span){s.bytes + 6, s.size - 6};
      return s;
    }
    if (length + (length & 1) > room) break;
    at += 8 + length + (length & 1);
  }
  return (span){0};
}

int dslt_exif_take_orientation(uint8_t *bytes, size_t size) {
  const span b = {bytes, size};
  span tiff = {0};
  int is_tiff = 0, big = 0;
  if (size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) {
    tiff = exif_of_png(b);
  } else if (size >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0) {
    tiff = exif_of_jpeg(b);
  } else if (size >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0) {
    tiff = exif_of_webp(b);
  } else {
    tiff = b;
    is_tiff = 1;
  }
  uint8_t *value = find_orientation(&big, tiff);
  if (!value) return 1;
  const uint32_t orientation = number(value, 2, big);
  if (is_tiff) { /* libtiff's callers turn some of them by themselves; the other files carry checksums */
    value[!big] = 0;
    value[big] = 1;
  }
  return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
}
