/* SPDX-License-Identifier: Apache-2.0 */
// small_cfnet.h: weight files of narrow random networks with CFNet's layers, made in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"

namespace small_cfnet {

// A safetensors file with float32 tensors.
class WeightFile {
 public:
  void set_metadata(const std::string &key, const std::string &value) {
    metadata_ += (metadata_.empty() ? "\"" : ",\"") + key + "\":\"" + value + "\"";
  }
  void add(const std::string &name, const std::string &shape, const std::vector<float> &values) {
    const std::size_t first = data_.size(), bytes = values.size() * sizeof(float);
    data_.append(reinterpret_cast<const char *>(values.data()), bytes);
    tensors_ += ",\"" + name + "\":{\"dtype\":\"F32\",\"shape\":[" + shape + "],\"data_offsets\":[" +
                std::to_string(first) + "," + std::to_string(first + bytes) + "]}";
  }
  std::string bytes() const {
    const std::string header = "{\"__metadata__\":{" + metadata_ + "}" + tensors_ + "}";
    const uint64_t length = header.size();
    return std::string(reinterpret_cast<const char *>(&length), sizeof length) + header + data_;
  }

 private:
  std::string metadata_, tensors_, data_;
};

// A weight file's graph and tensors, layer by layer.
class NetworkFile {
 public:
  // `rest`: what the layer has besides, with ' for quotation marks. Returns the layer's number.
  int add(const std::string &name, const std::string &kind, const std::vector<int> &inputs,
          const std::string &rest = "") {
    std::string text = "{'name':'" + name + "','kind':'" + kind + "'", from;
    for (int input : inputs) from += (from.empty() ? "" : ",") + std::to_string(input);
    if (!inputs.empty()) text += ",'inputs':[" + from + "]";
    text += (rest.empty() ? "" : "," + rest) + "}";
    for (char c : text) graph_ += c == '\'' ? "\\\"" : std::string(1, c); /* in metadata they are escaped */
    graph_ += ",";
    return layers_++;
  }
  // A convolution with random weights of at most `scale`.
  int add_conv(const std::string &name, int input, int out, int in, int side, double scale, uint64_t seed,
               const std::string &rest) {
    dslt_rng rng = dslt_rng_make(seed, 3);
    std::vector<float> values(std::size_t(out) * in * side * side);
    for (float &v : values) v = float(scale * (double(dslt_rng_below(&rng, 2001)) / 1000 - 1));
    const std::string sides = std::to_string(side) + "," + std::to_string(side);
    file_.add(name + ".weight", std::to_string(out) + "," + std::to_string(in) + "," + sides, values);
    file_.add(name + ".bias", std::to_string(out), std::vector<float>(std::size_t(out), 0.1f));
    return add(name, "conv", {input},
               "'channels':" + std::to_string(out) + ",'kernel':[" + sides + "]," + rest);
  }
  // AdaCFNet's channel attention behind `input`.
  int add_attention(const std::string &name, int input, int channels, int reduced, uint64_t seed) {
    const int mean = add(name + "_mean", "global_average", {input});
    const int few = add_conv(name + "_reduce", mean, reduced, channels, 1, 0.5, seed, "'activation':'relu'");
    const int gates =
        add_conv(name + "_expand", few, channels, reduced, 1, 2, seed + 1, "'activation':'sigmoid'");
    return add(name, "product", {input, gates});
  }
  void add_tap(const std::string &name) {
    taps_ += (taps_.empty() ? "" : ",") + name;
    scales_ += scales_.empty() ? "1" : ",1";
  }
  std::string bytes(const std::string &mean = "0,0,0") {
    file_.set_metadata("dslt.graph", "[" + graph_.substr(0, graph_.size() - 1) + "]");
    file_.set_metadata("dslt.taps", taps_);
    file_.set_metadata("dslt.scales", scales_);
    file_.set_metadata("dslt.channel_order", "rgb");
    file_.set_metadata("dslt.mean", mean);
    file_.set_metadata("dslt.deviation", "1,1,1");
    return file_.bytes();
  }

 private:
  WeightFile file_;
  std::string graph_, taps_, scales_;
  int layers_ = 0;
};

// CFNet's layers, narrower: one network, or one for each of two seeds; with channel attention: AdaCFNet's.
inline std::string network_file(const std::vector<uint64_t> &seeds, bool attention = false) {
  NetworkFile file;
  const int image = file.add("image", "input", {}, "'channels':3");
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const std::string n = i == 0 ? "" : "grey_";
    int at =
        file.add_conv(n + "conv1", image, 12, 3, 11, 0.002, seeds[i], "'activation':'relu','stride':[2,2]");
    if (attention) at = file.add_attention(n + "se1", at, 12, 3, seeds[i] + 2);
    at = file.add(n + "pool1", "max_pool", {at}, "'kernel':[3,3],'stride':[2,2]");
    at = file.add_conv(n + "conv2", at, 8, 6, 5, 0.5, seeds[i] + 1, "'activation':'relu','groups':2");
    if (attention) at = file.add_attention(n + "se2", at, 8, 2, seeds[i] + 4);
    file.add_tap(n + (attention ? "se2" : "conv2"));
  }
  return file.bytes();
}

}  // namespace small_cfnet
