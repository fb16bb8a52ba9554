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

}  // namespace

void put_chunk(Bytes &out, const char *type, const Bytes &body) {
  put(out, body.size(), 4, true);
  const size_t at = out.size();
  out.insert(out.end(), type, type + 4);
  out.insert(out.end(), body.begin(), body.end());
  put(out, crc32_slow(out.data() + at, body.size() + 4), 4, true);
}

Bytes make_exif(int orientation, bool big) {
  Bytes out = big ? Bytes{'M', 'M', 0, 42, 0, 0, 0, 8} : Bytes{'I', 'I', 42, 0, 8, 0, 0, 0};
  put(out, 1, 2, big);    // one tag:
  put(out, 274, 2, big);  // orientation,
  put(out, 3, 2, big);    // a short,
  put(out, 1, 4, big);    // one of them
  put(out, static_cast<uint64_t>(orientation), 2, big);
  put(out, 0, 2, big);
  put(out, 0, 4, big);  // no further directory
  return out;
}

Frame upright(const Frame &stored, int orientation) {
  const int w = stored.width, h = stored.height;
  Frame out = stored;
  if (orientation >= 5) out.width = h, out.height = w;
  const size_t bytes = stored.pixels.size() / static_cast<size_t>(w * h);
  for (int y = 0; y < h; y++) {
    for (int x = 0; x < w; x++) {
      int to_x = 0, to_y = 0;
      switch (orientation) {                                // first row is visually ..., first column ...
        case 1: to_x = x, to_y = y; break;                  // top, left
        case 2: to_x = w - 1 - x, to_y = y; break;          // top, right
        case 3: to_x = w - 1 - x, to_y = h - 1 - y; break;  // bottom, right
        case 4: to_x = x, to_y = h - 1 - y; break;          // bottom, left
        case 5: to_x = y, to_y = x; break;                  // left, top
        case 6: to_x = h - 1 - y, to_y = x; break;          // right, top
        case 7: to_x = h - 1 - y, to_y = w - 1 - x; break;  // right, bottom
        default: to_x = y, to_y = w - 1 - x; break;         // left, bottom
      }
      for (size_t k = 0; k < bytes; k++)
        out.pixels[static_cast<size_t>(to_y * out.width + to_x) * bytes + k] =
            stored.pixels[static_cast<size_t>(y * w + x) * bytes + k];
    }
  }
  return out;
}

bool has_ffmpeg() {
  return std::system("command -v ffmpeg >/dev/null 2>&1 && command -v ffprobe >/dev/null 2>&1") == 0;
}

bool ffmpeg(const std::string &arguments) {
  return std::system(("ffmpeg -v error -nostdin -y " + arguments + " >/dev/null 2>&1").c_str()) == 0;
}

std::vector<double> probe_times(const std::string &path) {
  std::vector<double> times;
  const std::string command =
      "ffprobe -v quiet -select_streams v:0 -show_entries frame=best_effort_timestamp_time -of csv=p=0 'file:" +
      path + "'";
  FILE *pipe = popen(command.c_str(), "r");
  char line[256];
  while (pipe && fgets(line, sizeof line, pipe)) {
    char *end;
    const double time = strtod(line, &end);
    if (end != line) times.push_back(time);
  }
  if (pipe) pclose(pipe);
  return times;
}

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
  put_chunk(out, "IHDR", head);
  put_chunk(out, "IDAT", zlib);
  put_chunk(out, "IEND", {});
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
      Frame frame{image.width, image.height, image.format, name, {}, dslt_source_time(source)};
      for (int y = 0; y < image.height; y++) {
        const auto *p = static_cast<const uint8_t *>(image.data) + static_cast<size_t>(y) * image.stride;
        frame.pixels.insert(frame.pixels.end(), p, p + row);
      }
      out.frames.push_back(frame);
    }
    const std::string error = dslt_last_error();
    char note[1024];
    while (dslt_source_note(note, sizeof note, source)) out.notes += std::string(note) + "\n";
    out.damaged = dslt_source_damaged(source);
    EXPECT_EQ(error, dslt_last_error());
  }
  if (out.rc < 0) out.error = dslt_last_error();
  dslt_source_close(source);
  return out;
}
