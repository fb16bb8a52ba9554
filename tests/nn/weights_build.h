/* SPDX-License-Identifier: Apache-2.0 */
// weights_build.h: safetensors files made by hand, good and bad, and files on disk.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "dslt/dslt.h"
#include "nn/weights.h"
#include "skip.h"

// A file from its header's text and its data.
inline std::string weight_file(const std::string &json, const std::string &data) {
  std::string file;
  for (int i = 0; i < 8; i++) file += static_cast<char>(static_cast<uint64_t>(json.size()) >> (8 * i));
  return file + json + data;
}

inline std::string float_bytes(const std::vector<float> &values) {
  std::string bytes;
  for (float value : values) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++) bytes += static_cast<char>(bits >> (8 * i));
  }
  return bytes;
}

// Collects tensors in order and writes them as a correct file.
class WeightFileBuilder {
 public:
  void set_metadata(const std::string &key, const std::string &value) {
    metadata_ += (metadata_.empty() ? "" : ",") + ("\"" + key + "\":\"" + value + "\"");
  }
  void add(const std::string &name, const std::string &dtype, const std::vector<long long> &shape,
           const std::string &bytes) {
    std::ostringstream text;
    text << "\"" << name << "\":{\"dtype\":\"" << dtype << "\",\"shape\":[";
    for (size_t i = 0; i < shape.size(); i++) text << (i ? "," : "") << shape[i];
    text << "],\"data_offsets\":[" << data_.size() << "," << data_.size() + bytes.size() << "]}";
    tensors_ += (tensors_.empty() ? "" : ",") + text.str();
    data_ += bytes;
  }
  std::string to_bytes() const {
    std::string json = "{";
    if (!metadata_.empty()) json += "\"__metadata__\":{" + metadata_ + "}" + (tensors_.empty() ? "" : ",");
    return weight_file(json + tensors_ + "}", data_);
  }

 private:
  std::string metadata_, tensors_, data_;
};

// A whole or partial VGG-16 of equal widths, F32, weight i of a layer = 0.01 (i mod 7), bias = 0.5.
struct TinyVgg {
  bool torch = false;
  int layers = DSLT_VGG_CONVS;
  int width = 2;
  std::vector<std::pair<std::string, std::string>> metadata;

  std::string name_of(int layer) const {
    return torch ? dslt_vgg_layers[layer].torch : dslt_vgg_layers[layer].caffe;
  }
  void add_layer(WeightFileBuilder *file, int layer) const {
    const int in = layer == 0 ? 3 : width;
    std::vector<float> values(static_cast<size_t>(width) * in * 9);
    for (size_t i = 0; i < values.size(); i++) values[i] = 0.01f * static_cast<float>(i % 7);
    file->add(name_of(layer) + ".weight", "F32", {width, in, 3, 3}, float_bytes(values));
    file->add(name_of(layer) + ".bias", "F32", {width}, float_bytes(std::vector<float>(width, 0.5f)));
  }
  WeightFileBuilder builder() const {
    WeightFileBuilder file;
    for (const auto &entry : metadata) file.set_metadata(entry.first, entry.second);
    for (int layer = 0; layer < layers; layer++) add_layer(&file, layer);
    return file;
  }
  std::string to_bytes() const { return builder().to_bytes(); }
};

// Weights that free themselves.
struct Weights {
  dslt_weights *handle = nullptr;
  ~Weights() { dslt_weights_free(handle); }
  Weights() = default;
  Weights(const Weights &) = delete;
  Weights &operator=(const Weights &) = delete;
  dslt_weights *operator->() const { return handle; }
};

// Expect `call` to give `code` and a sentence that holds `part`.
#define EXPECT_FAILURE(call, code, part)                                    \
  do {                                                                      \
    EXPECT_EQ((call), (code)) << dslt_last_error();                         \
    EXPECT_NE(std::string(dslt_last_error()).find(part), std::string::npos) \
        << "the sentence is: " << dslt_last_error();                        \
  } while (0)

inline std::vector<float> values_of(const dslt_tensor_view &view) {
  size_t count = 1;
  for (int i = 0; i < view.rank; i++) count *= static_cast<size_t>(view.shape[i]);
  std::vector<float> values(count);
  dslt_tensor_to_f32(values.data(), &view, 0, count);
  return values;
}

// A folder of its own for each test, removed with it.
class WeightFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "dslt-weights-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string in_folder(const std::string &name) const { return (folder_ / name).string(); }
  std::string write_file(const std::string &name, const std::string &bytes) const {
    std::ofstream(in_folder(name), std::ios::binary) << bytes;
    return in_folder(name);
  }
  std::string read_file(const std::string &name) const {
    std::ifstream stream(in_folder(name), std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
  }
  size_t file_count() const {
    size_t count = 0;
    for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator(folder_)) count++;
    return count;
  }
  std::filesystem::path folder_;
};
