/* SPDX-License-Identifier: Apache-2.0 */
// media_test.h: what the media tests share: a folder of their own, small encoders, a source read to its end.
#ifndef DSLT_TESTS_MEDIA_TEST_H
#define DSLT_TESTS_MEDIA_TEST_H

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "media/media.h"
#include "skip.h"

#define NEED_OPENCV() \
  if (!DSLT_OPENCV) GTEST_SKIP() << skip::kOpenCv

#define NEED_VIDEO() \
  if (!DSLT_OPENCV && !DSLT_FFMPEG) GTEST_SKIP() << skip::kVideo

using Bytes = std::vector<uint8_t>;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/dslt-media-XXXXXX";
    root_ = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(root_); }
  std::string operator/(const std::string &name) const { return root_ + "/" + name; }
  const std::string &path() const { return root_; }
  int files() const {
    return static_cast<int>(
        std::distance(std::filesystem::directory_iterator(root_), std::filesystem::directory_iterator()));
  }

 private:
  std::string root_;
};

inline void write_file(const std::string &path, const Bytes &bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}
inline void write_file(const std::string &path, const std::string &text) {
  write_file(path, Bytes(text.begin(), text.end()));
}
inline Bytes read_file(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

inline void put(Bytes &out, uint64_t value, int bytes, bool big) {
  for (int i = 0; i < bytes; i++) out.push_back(static_cast<uint8_t>(value >> 8 * (big ? bytes - 1 - i : i)));
}

// A PNG with stored (uncompressed) blocks. type: 0 grey, 2 RGB, 4 grey + alpha, 6 RGBA. `rows` holds the
// samples as the file has them (16 bit: big-endian).
Bytes make_png(int width, int height, int depth, int type, const Bytes &rows);
Bytes make_pgm(int width, int height, uint8_t value);
// One strip, little-endian; sample_format 1 unsigned, 3 float.
Bytes make_tiff(int width, int height, int bits, int sample_format, const Bytes &samples);

// A TIFF structure whose one tag, the orientation, is `orientation`.
Bytes make_exif(int orientation, bool big);
// A PNG chunk with its checksum.
void put_chunk(Bytes &out, const char *type, const Bytes &body);

struct Frame {
  int width, height;
  dslt_pixel_format format;
  std::string name;
  Bytes pixels;  // rows packed
  double time;   // NaN: none
};

struct Outcome {
  std::vector<Frame> frames;
  int rc = 0;
  std::string error;
  dslt_source_info info = {};
  std::string notes;  // a line each
  int64_t damaged = 0;
};

// Open, read all, close.
Outcome read_source(const std::string &input, dslt_source_options options = {});

// `stored` put upright, by EXIF's words for where its first row and first column belong.
Frame upright(const Frame &stored, int orientation);

// The programs of FFmpeg make inputs of every kind and say what is in them.
bool has_ffmpeg();
// ffmpeg ARGUMENTS in a shell, quietly; true when it succeeded.
bool ffmpeg(const std::string &arguments);
// The times of the video's frames, as ffprobe tells them.
std::vector<double> probe_times(const std::string &path);
#define NEED_FFMPEG()                              \
  if (!DSLT_FFMPEG) GTEST_SKIP() << skip::kFfmpeg; \
  if (!has_ffmpeg()) GTEST_SKIP() << skip::kFfmpegProgram

#endif
