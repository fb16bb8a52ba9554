/* SPDX-License-Identifier: Apache-2.0 */
/* pnm.c: binary PGM and PPM, so that a build without OpenCV can read frames too. */
#include <string.h>

#include "base/error.h"
#include "media/decode.h"

typedef struct cursor {
  const uint8_t *at, *end;
} cursor;

static int is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* The next number of the header, with white space and comments before it; -1 when there is none below a
 * million. */
static int64_t number(cursor *c) {
  while (c->at < c->end && (is_space(*c->at) || *c->at == '#')) {
    if (*c->at == '#') {
      while (c->at < c->end && *c->at != '\n') c->at++;
    } else {
      c->at++;
    }
  }
  int64_t value = -1;
  while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
    value = (value < 0 ? 0 : value * 10) + (*c->at++ - '0');
    if (value > 1000000) return -1;
  }
  return value;
}

/* Colours are kept as OpenCV has them, blue first: file sample `i` of a row stands at place(i). */
static size_t place(size_t i, int channels) { return channels == 3 ? i - i % 3 + (2 - i % 3) : i; }

static void copy_bytes(uint8_t *to, const uint8_t *from, size_t samples, int channels, unsigned most) {
  for (size_t i = 0; i < samples; i++) {
    const unsigned v = from[i] < most ? from[i] : most;
    to[place(i, channels)] = (uint8_t)(most == 255 ? v : (v * 255 + most / 2) / most);
  }
}

static void copy_words(uint8_t *to, const uint8_t *from, size_t samples, int channels, uint32_t most) {
  for (size_t i = 0; i < samples; i++) {
    uint32_t v = (uint32_t)from[2 * i] << 8 | from[2 * i + 1];
    if (v > most) v = most;
    const uint16_t word = (uint16_t)(most == 65535 ? v : (v * 65535 + most / 2) / most);
    memcpy(to + 2 * place(i, channels), &word, 2);
  }
}

int dslt_pnm_decode(dslt_frame *out, const uint8_t *bytes, size_t size) {
  if (size < 3 || bytes[0] != 'P' || (bytes[1] != '5' && bytes[1] != '6') || !is_space(bytes[2])) {
    return dslt_fail(DSLT_EFORMAT, "The file is not a binary PGM or PPM (P5 or P6).");
  }
  const int channels = bytes[1] == '6' ? 3 : 1;
  cursor c = {bytes + 2, bytes + size};
  const int64_t width = number(&c), height = number(&c), most = number(&c);
  if (width < 1 || height < 1 || most < 1 || most > 65535 || c.at >= c.end || !is_space(*c.at)) {
    return dslt_fail(
        DSLT_EFORMAT,
        "The header of the PGM or PPM is damaged: width, height and largest value are expected.");
  }
  c.at++; /* one white space, then pixels */
  DSLT_TRY(dslt_frame_check_size(width, height));
  const int wide = most > 255;
  const size_t samples = (size_t)width * (size_t)channels, row = samples << wide;
  if ((size_t)(c.end - c.at) < row * (size_t)height) {
    return dslt_fail(DSLT_EFORMAT, "The PGM or PPM ends early: %lld x %lld pixels were announced.",
                     (long long)width, (long long)height);
  }
  static const dslt_pixel_format FORMATS[2][2] = {{DSLT_GRAY8, DSLT_BGR8}, {DSLT_GRAY16, DSLT_BGR16}};
  DSLT_TRY(dslt_frame_reserve(out, (int)width, (int)height, FORMATS[wide][channels == 3]));
  for (int64_t y = 0; y < height; y++, c.at += row) {
    uint8_t *to = out->pixels + (size_t)y * out->stride;
    if (wide) {
      copy_words(to, c.at, samples, channels, (uint32_t)most);
    } else {
      copy_bytes(to, c.at, samples, channels, (unsigned)most);
    }
  }
  return DSLT_OK;
}
