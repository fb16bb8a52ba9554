/* SPDX-License-Identifier: Apache-2.0 */
// onnx_build.h: ONNX files written byte by byte, as protobuf lays them out, without the ONNX library.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace onnx_build {

inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += char((value & 0x7f) | 0x80);
  return out + char(value);
}
inline std::string number(int field, std::int64_t value) {
  return varint(std::uint64_t(field) << 3) + varint(std::uint64_t(value));
}
inline std::string bytes(int field, const std::string &value) {
  return varint(std::uint64_t(field) << 3 | 2) + varint(value.size()) + value;
}
inline std::string real(int field, float value) {
  std::string out = varint(std::uint64_t(field) << 3 | 5);
  return out.append(reinterpret_cast<const char *>(&value), sizeof value);
}

// AttributeProto
inline std::string of_int(const std::string &name, std::int64_t i) {
  return bytes(5, bytes(1, name) + number(3, i) + number(20, 2));
}
inline std::string of_float(const std::string &name, float f) {
  return bytes(5, bytes(1, name) + real(2, f) + number(20, 1));
}
inline std::string of_text(const std::string &name, const std::string &s) {
  return bytes(5, bytes(1, name) + bytes(4, s) + number(20, 3));
}
inline std::string of_ints(const std::string &name, const std::vector<std::int64_t> &values) {
  std::string out = bytes(1, name);
  for (std::int64_t value : values) out += number(8, value);
  return bytes(5, out + number(20, 7));
}

inline std::string node(const std::string &op, const std::vector<std::string> &inputs,
                        const std::string &output, const std::string &attributes = "") {
  std::string out;
  for (const std::string &input : inputs) out += bytes(1, input);
  return bytes(1, out + bytes(2, output) + bytes(4, op) + attributes);
}

// Initialisers.
inline std::string tensor(const std::string &name, const std::vector<std::int64_t> &dims,
                          const std::vector<float> &values) {
  std::string out;
  for (std::int64_t d : dims) out += number(1, d);
  const std::string raw(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float));
  return bytes(5, out + number(2, 1) + bytes(8, name) + bytes(9, raw));
}
inline std::string integers(const std::string &name, const std::vector<std::int64_t> &values) {
  std::string out = number(1, std::int64_t(values.size())) + number(2, 7);
  for (std::int64_t value : values) out += number(7, value);
  return bytes(5, out + bytes(8, name));
}

// A tensor of any type, with its values as bytes or without any; kept in another file where `external`.
inline std::string raw_tensor(const std::string &name, const std::vector<std::int64_t> &dims, int type,
                              const std::string &raw, bool external = false) {
  std::string out;
  for (std::int64_t d : dims) out += number(1, d);
  return bytes(5, out + number(2, type) + bytes(8, name) + bytes(9, raw) + (external ? number(14, 1) : ""));
}

// ValueInfoProto; a dimension of 0 has no value.
inline std::string value(const std::string &name, const std::vector<std::int64_t> &dims) {
  std::string shape;
  for (std::int64_t d : dims) shape += bytes(1, d ? number(1, d) : bytes(2, "d"));
  return bytes(1, name) + bytes(2, bytes(1, number(1, 1) + bytes(2, shape)));
}

// A model of one input "x" [1, 3, h, w] and one output "y".
inline std::string model(const std::string &graph, const std::vector<std::int64_t> &input = {1, 3, 0, 0},
                         const std::string &entries = "") {
  const std::string all = graph + bytes(11, value("x", input)) + bytes(12, value("y", {}));
  return number(1, 7) + bytes(7, all) + bytes(8, number(2, 13)) + entries;
}
inline std::string entry(const std::string &key, const std::string &text) {
  return bytes(14, bytes(1, key) + bytes(2, text));
}

}  // namespace onnx_build
