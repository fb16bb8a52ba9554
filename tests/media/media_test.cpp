/* SPDX-License-Identifier: Apache-2.0 */
#include "media_test.h"

#include <cstring>

namespace {

uint32_t crc32_slow(const uint8_t *p, size_t n) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < n; i++) {
    crc ^= p[i];
    for (int k = 0; k < 8; k++) crc = crc & 1 ? 0xedb88320u ^ crc >> 1 : crc >> 1;
  }
  return ~crc;
}

void chunk(Bytes &out, const char *type, const Bytes &body) {
  put(out, body.size(), 4, true);
  const size_t at = out.size();
  out.insert(out.end(), type, type + 4);
  out.insert(out.end(), body.begin(), body.end());
  put(out, crc32_slow(out.data() + at, body.size() + 4), 4, true);
}

}  // namespace

Bytes make_png(int width, int height, int depth, int type, const Bytes &rows) {
  const size_t stride = rows.size() / static_cast<size_t>(height);
  Bytes raw;
  for (int y = 0; y < height && stride; y++) {  // without rows: a header alone
    raw.push_back(0);
    raw.insert(raw.end(), rows.begin() + static_cast<long>(y * stride),
               rows.begin() + static_cast<long>((y + 1) * stride));
  }
  Bytes zlib = {0x78, 0x01};
  for (size_t at = 0; at < raw.size(); at += 65535) {
    const size_t n = std::min<size_t>(65535, raw.size() - at);
    zlib.push_back(at + n == raw.size());
    put(zlib, n, 2, false);
    put(zlib, ~n & 0xffff, 2, false);
    zlib.insert(zlib.end(), raw.begin() + static_cast<long>(at), raw.begin() + static_cast<long>(at + n));
  }
  uint32_t a = 1, b = 0;
  for (uint8_t v : raw) a = (a + v) % 65521, b = (b + a) % 65521;
  put(zlib, b << 16 | a, 4, true);
  Bytes out = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, head;
  put(head, static_cast<uint32_t>(width), 4, true);
  put(head, static_cast<uint32_t>(height), 4, true);
  head.insert(head.end(), {static_cast<uint8_t>(depth), static_cast<uint8_t>(type), 0, 0, 0});
  chunk(out, "IHDR", head);
  chunk(out, "IDAT", zlib);
  chunk(out, "IEND", {});
  return out;
}

Bytes make_pgm(int width, int height, uint8_t value) {
  const std::string head = "P5\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n";
  Bytes out(head.begin(), head.end());
  out.resize(out.size() + static_cast<size_t>(width * height), value);
  return out;
}

Bytes make_tiff(int width, int height, int bits, int sample_format, const Bytes &samples) {
  Bytes out = {'I', 'I', 42, 0};
  put(out, 8 + samples.size(), 4, false);
  out.insert(out.end(), samples.begin(), samples.end());
  const uint32_t tags[][2] = {{256, static_cast<uint32_t>(width)},
                              {257, static_cast<uint32_t>(height)},
                              {258, static_cast<uint32_t>(bits)},
                              {259, 1},
                              {262, 1},
                              {273, 8},
                              {277, 1},
                              {278, static_cast<uint32_t>(height)},
                              {279, static_cast<uint32_t>(samples.size())},
                              {339, static_cast<uint32_t>(sample_format)}};
  put(out, std::size(tags), 2, false);
  for (const auto &tag : tags) {
    put(out, tag[0], 2, false);
    put(out, 4, 2, false);
    put(out, 1, 4, false);
    put(out, tag[1], 4, false);
  }
  put(out, 0, 4, false);
  return out;
}

Outcome read_source(const std::string &input, dslt_source_options options) {
  Outcome out;
  dslt_source *source = nullptr;
  out.rc = dslt_source_open(&source, input.c_str(), &options);
  if (out.rc == DSLT_OK) {
    dslt_source_info_get(&out.info, source);
    dslt_image image;
    const char *name;
    while ((out.rc = dslt_source_next(&image, &name, nullptr, source)) > 0) {
      static const size_t SIZES[] = {3, 3, 1, 4, 4, 2, 6};
      const size_t row = static_cast<size_t>(image.width) * SIZES[image.format];
      Frame frame{image.width, image.height, image.format, name, {}};
      for (int y = 0; y < image.height; y++) {
        const auto *p = static_cast<const uint8_t *>(image.data) + static_cast<size_t>(y) * image.stride;
        frame.pixels.insert(frame.pixels.end(), p, p + row);
      }
      out.frames.push_back(frame);
    }
  }
  if (out.rc < 0) out.error = dslt_last_error();
  dslt_source_close(source);
  return out;
}
