/* SPDX-License-Identifier: Apache-2.0 */
/* onnx.cpp: from the ONNX library's protobuf classes to the structs of onnx.h. */
#include "onnx.h"

#include <climits>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <string>
#include <vector>

#define ONNX_NAMESPACE onnx
#define ONNX_ML 1
#include <onnx/onnx_pb.h>

#include "base/error.h"

namespace {

// Everything that the structs point into. Deques, since their items never move.
struct Holder {
  onnx::ModelProto model;
  std::vector<dslt_onnx_node> nodes;
  std::vector<dslt_onnx_tensor> tensors;
  std::deque<dslt_onnx_tensor> attribute_tensors;
  std::deque<std::vector<dslt_onnx_attribute>> attributes;
  std::deque<std::vector<const char *>> names;
  std::deque<std::vector<float>> floats;
  std::deque<std::vector<int64_t>> integers;
};

float from_half(uint32_t half) {
  const uint32_t sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31u, fraction = half & 0x3ffu;
  if (exponent == 0) return (sign ? -1.0f : 1.0f) * float(fraction) * 0x1p-24f;
  const uint32_t bits = sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float from_bfloat16(uint32_t bits) {
  bits <<= 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Bytes of one value; 0: a type that is not read.
size_t value_bytes(int type) {
  switch (type) {
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::INT32: return 4;
    case onnx::TensorProto::DOUBLE:
    case onnx::TensorProto::INT64: return 8;
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::BFLOAT16: return 2;
    default: return 0;
  }
}

bool is_integer(int type) { return type == onnx::TensorProto::INT32 || type == onnx::TensorProto::INT64; }

template <typename T>
T load(const char *bytes, size_t index) {
  T value;
  std::memcpy(&value, bytes + index * sizeof value, sizeof value);
  return value;
}

float raw_float(int type, const char *bytes, size_t i) {
  switch (type) {
    case onnx::TensorProto::FLOAT: return load<float>(bytes, i);
    case onnx::TensorProto::DOUBLE: return float(load<double>(bytes, i));
    case onnx::TensorProto::FLOAT16: return from_half(load<uint16_t>(bytes, i));
    default: return from_bfloat16(load<uint16_t>(bytes, i));
  }
}

float listed_float(int type, const onnx::TensorProto &t, int i) {
  switch (type) {
    case onnx::TensorProto::FLOAT: return t.float_data(i);
    case onnx::TensorProto::DOUBLE: return float(t.double_data(i));
    case onnx::TensorProto::FLOAT16: return from_half(uint32_t(t.int32_data(i)) & 0xffffu);
    default: return from_bfloat16(uint32_t(t.int32_data(i)) & 0xffffu);
  }
}

int listed_count(int type, const onnx::TensorProto &t) {
  switch (type) {
    case onnx::TensorProto::FLOAT: return t.float_data_size();
    case onnx::TensorProto::DOUBLE: return t.double_data_size();
    case onnx::TensorProto::INT64: return t.int64_data_size();
    default: return t.int32_data_size();
  }
}

void read_values(Holder *h, dslt_onnx_tensor *out, const onnx::TensorProto &t) {
  const int type = t.data_type();
  const std::string &raw = t.raw_data();
  const bool is_raw = !raw.empty();
  const size_t count = is_raw ? raw.size() / value_bytes(type) : size_t(listed_count(type, t));
  if (count != size_t(out->count) || (is_raw && raw.size() % value_bytes(type))) {
    out->refusal = "it holds another number of values than its shape says";
    return;
  }
  if (is_integer(type)) {
    h->integers.emplace_back(count);
    for (size_t i = 0; i < count; ++i) {
      const bool wide = type == onnx::TensorProto::INT64;
      h->integers.back()[i] = is_raw ? (wide ? load<int64_t>(raw.data(), i) : load<int32_t>(raw.data(), i))
                                     : (wide ? t.int64_data(int(i)) : t.int32_data(int(i)));
    }
    out->i = h->integers.back().data();
  } else {
    h->floats.emplace_back(count);
    for (size_t i = 0; i < count; ++i)
      h->floats.back()[i] = is_raw ? raw_float(type, raw.data(), i) : listed_float(type, t, int(i));
    out->f = h->floats.back().data();
  }
}

dslt_onnx_tensor read_tensor(Holder *h, const onnx::TensorProto &t) {
  dslt_onnx_tensor out = {};
  out.name = t.name().c_str();
  out.count = 1;
  out.rank = t.dims_size() > DSLT_ONNX_RANK_MAX ? DSLT_ONNX_RANK_MAX : t.dims_size();
  for (int i = 0; i < out.rank; ++i) {
    out.dims[i] = t.dims(i);
    if (out.dims[i] < 0 || (out.dims[i] > 0 && out.count > INT_MAX / out.dims[i]))
      out.refusal = "its shape is impossible";
    else
      out.count *= out.dims[i];
  }
  if (t.dims_size() > DSLT_ONNX_RANK_MAX) out.refusal = "it has more than 8 dimensions";
  if (t.data_location() == onnx::TensorProto::EXTERNAL)
    out.refusal = "its values are in another file; save the model with its weights inside";
  if (!out.refusal && value_bytes(t.data_type()) == 0)
    out.refusal = "its type is none of float, float16, bfloat16, double, int32 and int64";
  if (!out.refusal) read_values(h, &out, t);
  return out;
}

template <typename Names>
const char *const *read_names(Holder *h, const Names &names) {
  h->names.emplace_back();
  for (const std::string &name : names) h->names.back().push_back(name.c_str());
  h->names.back().push_back(nullptr);
  return h->names.back().data();
}

dslt_onnx_attribute read_attribute(Holder *h, const onnx::AttributeProto &a) {
  dslt_onnx_attribute out = {};
  out.name = a.name().c_str();
  out.i = a.i();
  out.f = a.f();
  out.s = a.s().c_str();
  out.ints = a.ints().data();
  out.count = a.ints_size();
  if (a.has_t()) {
    h->attribute_tensors.push_back(read_tensor(h, a.t()));
    out.tensor = &h->attribute_tensors.back();
  }
  return out;
}

dslt_onnx_node read_node(Holder *h, const onnx::NodeProto &n) {
  dslt_onnx_node out = {};
  out.op = n.op_type().c_str();
  out.domain = n.domain().c_str();
  out.inputs = n.input_size();
  out.input = read_names(h, n.input());
  out.outputs = n.output_size();
  out.output = read_names(h, n.output());
  h->attributes.emplace_back();
  for (const auto &a : n.attribute()) h->attributes.back().push_back(read_attribute(h, a));
  out.attributes = n.attribute_size();
  out.attribute = h->attributes.back().data();
  return out;
}

void read_inputs(Holder *h, dslt_onnx_model *out, const onnx::GraphProto &g) {
  std::vector<std::string> names;
  h->names.emplace_back();
  for (const auto &input : g.input()) {
    bool is_initialiser = false;
    for (const auto &t : g.initializer()) is_initialiser |= t.name() == input.name();
    if (is_initialiser) continue;
    if (out->inputs++ == 0) {
      const auto &shape = input.type().tensor_type().shape();
      out->input_rank = shape.dim_size() > DSLT_ONNX_RANK_MAX ? DSLT_ONNX_RANK_MAX : shape.dim_size();
      for (int i = 0; i < out->input_rank; ++i)
        out->input_dims[i] =
            shape.dim(i).has_dim_value() && shape.dim(i).dim_value() > 0 ? shape.dim(i).dim_value() : 0;
    }
    h->names.back().push_back(input.name().c_str());
  }
  h->names.back().push_back(nullptr);
  out->input = h->names.back().data();
}

void read_model(Holder *h, dslt_onnx_model *out) {
  const onnx::GraphProto &g = h->model.graph();
  for (const auto &set : h->model.opset_import())
    if (set.domain().empty() || set.domain() == "ai.onnx")
      out->opset = int(set.version() > 1000 ? 1000 : set.version());
  for (const auto &t : g.initializer()) h->tensors.push_back(read_tensor(h, t));
  for (const auto &n : g.node()) h->nodes.push_back(read_node(h, n));
  out->node = h->nodes.data();
  out->nodes = int(h->nodes.size());
  out->tensor = h->tensors.data();
  out->tensors = int(h->tensors.size());
  read_inputs(h, out, g);
  h->names.emplace_back();
  for (const auto &o : g.output()) h->names.back().push_back(o.name().c_str());
  out->outputs = g.output_size();
  h->names.back().push_back(nullptr);
  out->output = h->names.back().data();
  h->names.emplace_back();
  for (const auto &entry : h->model.metadata_props()) {
    h->names.back().push_back(entry.key().c_str());
    h->names.back().push_back(entry.value().c_str());
  }
  out->entries = h->model.metadata_props_size();
  h->names.back().push_back(nullptr);
  out->entry = h->names.back().data();
}

}  // namespace

extern "C" int dslt_onnx_read(dslt_onnx_model *out, const void *data, size_t size) {
  *out = {};
  try {
    auto holder = std::make_unique<Holder>();
    if (size > INT_MAX || !holder->model.ParseFromArray(data, int(size)) || !holder->model.has_graph())
      return dslt_fail(DSLT_EFORMAT, "It is no ONNX file, or it is damaged; get it again from its source.");
    read_model(holder.get(), out);
    out->holder = holder.release();
    return DSLT_OK;
  } catch (const std::bad_alloc &) {
    return dslt_fail(DSLT_EMEMORY, "Out of memory while reading an ONNX file.");
  }
}

extern "C" void dslt_onnx_free(dslt_onnx_model *model) {
  delete static_cast<Holder *>(model->holder);
  *model = {};
}
