/* SPDX-License-Identifier: Apache-2.0 */
#include "dnn.h"

#include <dlfcn.h>

#include <cstring>
#include <map>
#include <memory>

#include "backend/cuda/vendor.h"
#include "runtime.h"

namespace {

cudnn::Library library = cudnn::Library::none;
std::vector<cudnn::Engine> engines(1);
bool broken;
cudnn::Runs runs;

}  // namespace

namespace cudnn {
void use(Library which) { library = which; }
void set_engines(const std::vector<Engine> &list) { engines = list; }
void break_it(bool yes) { broken = yes; }
Runs take_runs() {
  const Runs out = runs;
  runs = {};
  return out;
}
}  // namespace cudnn

#if DSLT_CUDNN

namespace {

// What is set of a descriptor, as bytes; descriptors in it are pointers.
struct Descriptor {
  cudnnBackendDescriptorType_t type;
  std::map<int, std::vector<char>> attributes;
  std::size_t engine = 0;  // of an engine and its configuration

  template <typename T>
  T value(cudnnBackendAttributeName_t name, std::size_t i = 0) const {
    T out{};
    const auto at = attributes.find(name);
    if (at != attributes.end() && at->second.size() >= (i + 1) * sizeof out)
      std::memcpy(&out, at->second.data() + i * sizeof out, sizeof out);
    return out;
  }
  const Descriptor *part(cudnnBackendAttributeName_t name, std::size_t i = 0) const {
    return value<const Descriptor *>(name, i);
  }
  template <typename T>
  std::size_t count(cudnnBackendAttributeName_t name) const {
    const auto at = attributes.find(name);
    return at == attributes.end() ? 0 : at->second.size() / sizeof(T);
  }
};
// What was destroyed: work that waits in a stream may still read it.
std::vector<std::unique_ptr<Descriptor>> graveyard;
Descriptor *of(cudnnBackendDescriptor_t d) { return reinterpret_cast<Descriptor *>(d); }

// ---- what a graph computes -----------------------------------------------------------------------

struct Tensor {
  std::int64_t id, dims[4], strides[4];
  bool bfloat;
  explicit Tensor(const Descriptor *d) : id(d->value<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID)) {
    for (int i = 0; i < 4; ++i) {
      dims[i] = d->value<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS, std::size_t(i));
      strides[i] = d->value<std::int64_t>(CUDNN_ATTR_TENSOR_STRIDES, std::size_t(i));
    }
    bfloat = d->value<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE) == CUDNN_DATA_BFLOAT16;
  }
  std::size_t size() const { return std::size_t(dims[0] * dims[1] * dims[2] * dims[3]); }
  // Calls with the place in dense n, c, h, w order and in memory.
  template <class F>
  void each(F call) const {
    std::size_t i = 0;
    for (std::int64_t n = 0; n < dims[0]; ++n)
      for (std::int64_t c = 0; c < dims[1]; ++c)
        for (std::int64_t y = 0; y < dims[2]; ++y)
          for (std::int64_t x = 0; x < dims[3]; ++x)
            call(i++, std::size_t(n * strides[0] + c * strides[1] + y * strides[2] + x * strides[3]));
  }
};

struct Memory {
  std::map<std::int64_t, void *> pointers;
  std::map<std::int64_t, std::vector<float>> values;  // dense

  const std::vector<float> &read(const Tensor &t) {
    const auto known = values.find(t.id);
    if (known != values.end()) return known->second;
    std::vector<float> out(t.size());
    const void *from = pointers.at(t.id);
    t.each([&](std::size_t i, std::size_t at) {
      if (!t.bfloat) {
        out[i] = static_cast<const float *>(from)[at];
      } else {
        const std::uint32_t bits = std::uint32_t(static_cast<const std::uint16_t *>(from)[at]) << 16;
        std::memcpy(&out[i], &bits, sizeof bits);
      }
    });
    return values[t.id] = out;
  }
  // Into memory too, unless the tensor is virtual.
  void write(const Tensor &t, const std::vector<float> &result) {
    values[t.id] = result;
    const auto to = pointers.find(t.id);
    if (to == pointers.end()) return;
    t.each([&](std::size_t i, std::size_t at) {
      std::uint32_t bits;
      std::memcpy(&bits, &result[i], sizeof bits);
      if (t.bfloat)
        static_cast<std::uint16_t *>(to->second)[at] =
            std::uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
      else
        static_cast<float *>(to->second)[at] = result[i];
    });
  }
};

void run_convolution(const Descriptor &op, Memory *memory) {
  const Descriptor &c = *op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC);
  const Tensor x(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X)),
      w(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W)),
      y(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y));
  const std::vector<float> &in = memory->read(x), &filter = memory->read(w);
  std::int64_t pad[2], stride[2], dilation[2];
  for (std::size_t d = 0; d < 2; ++d) {
    pad[d] = c.value<std::int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, d);
    stride[d] = c.value<std::int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, d);
    dilation[d] = c.value<std::int64_t>(CUDNN_ATTR_CONVOLUTION_DILATIONS, d);
  }
  const std::int64_t each = y.dims[1] / (x.dims[1] / w.dims[1]);  // outputs of a group
  std::vector<float> out(y.size());
  std::size_t i = 0;
  for (std::int64_t n = 0; n < y.dims[0]; ++n)
    for (std::int64_t o = 0; o < y.dims[1]; ++o)
      for (std::int64_t r = 0; r < y.dims[2]; ++r)
        for (std::int64_t q = 0; q < y.dims[3]; ++q, ++i)
          for (std::int64_t k = 0; k < w.dims[1]; ++k)
            for (std::int64_t a = 0; a < w.dims[2]; ++a)
              for (std::int64_t b = 0; b < w.dims[3]; ++b) {
                const std::int64_t row = r * stride[0] + a * dilation[0] - pad[0],
                                   column = q * stride[1] + b * dilation[1] - pad[1];
                if (row < 0 || column < 0 || row >= x.dims[2] || column >= x.dims[3]) continue;
                const std::int64_t channel = o / each * w.dims[1] + k;
                out[i] +=
                    in[std::size_t(((n * x.dims[1] + channel) * x.dims[2] + row) * x.dims[3] + column)] *
                    filter[std::size_t(((o * w.dims[1] + k) * w.dims[2] + a) * w.dims[3] + b)];
              }
  memory->write(y, out);
}

// dx: every value of dy at all places that its filter reaches.
void run_backward_data(const Descriptor &op, Memory *memory) {
  const Descriptor &c = *op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC);
  const Tensor dx(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX)),
      w(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W)),
      dy(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY));
  const std::vector<float> &slopes = memory->read(dy), &filter = memory->read(w);
  std::int64_t pad[2], stride[2];
  for (std::size_t d = 0; d < 2; ++d) {
    pad[d] = c.value<std::int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, d);
    stride[d] = c.value<std::int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, d);
  }
  const std::int64_t each = dy.dims[1] / (dx.dims[1] / w.dims[1]);  // outputs of a group
  std::vector<float> out(dx.size());
  std::size_t i = 0;
  for (std::int64_t n = 0; n < dy.dims[0]; ++n)
    for (std::int64_t o = 0; o < dy.dims[1]; ++o)
      for (std::int64_t r = 0; r < dy.dims[2]; ++r)
        for (std::int64_t q = 0; q < dy.dims[3]; ++q, ++i)
          for (std::int64_t k = 0; k < w.dims[1]; ++k)
            for (std::int64_t a = 0; a < w.dims[2]; ++a)
              for (std::int64_t b = 0; b < w.dims[3]; ++b) {
                const std::int64_t row = r * stride[0] + a - pad[0], column = q * stride[1] + b - pad[1];
                if (row < 0 || column < 0 || row >= dx.dims[2] || column >= dx.dims[3]) continue;
                const std::int64_t channel = o / each * w.dims[1] + k;
                out[std::size_t(((n * dx.dims[1] + channel) * dx.dims[2] + row) * dx.dims[3] + column)] +=
                    slopes[i] * filter[std::size_t(((o * w.dims[1] + k) * w.dims[2] + a) * w.dims[3] + b)];
              }
  memory->write(dx, out);
}

void run_pointwise(const Descriptor &op, Memory *memory) {
  const auto mode = op.part(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR)
                        ->value<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE);
  const Tensor x(op.part(CUDNN_ATTR_OPERATION_POINTWISE_XDESC)),
      y(op.part(CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
  std::vector<float> out = memory->read(x);
  if (mode == CUDNN_POINTWISE_ADD) {
    const Tensor b(op.part(CUDNN_ATTR_OPERATION_POINTWISE_BDESC));
    const std::vector<float> &other = memory->read(b);
    const bool one = b.dims[2] == 1 && b.dims[3] == 1 && b.dims[0] == 1;
    const std::size_t cells = std::size_t(y.dims[2] * y.dims[3]), channels = std::size_t(y.dims[1]);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += one ? other[i / cells % channels] : other[i];
  } else {
    for (float &v : out) v = v < 0 ? 0 : v;
  }
  memory->write(y, out);
}

void run_graph(const Descriptor &graph, const Memory &given) {
  Memory memory = given;
  const std::size_t count = graph.count<void *>(CUDNN_ATTR_OPERATIONGRAPH_OPS);
  for (std::size_t i = 0; i < count; ++i) {
    const Descriptor &op = *graph.part(CUDNN_ATTR_OPERATIONGRAPH_OPS, i);
    if (op.type == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR)
      run_convolution(op, &memory);
    else if (op.type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR)
      run_backward_data(op, &memory);
    else
      run_pointwise(op, &memory);
  }
}

// ---- engines -------------------------------------------------------------------------------------

bool is_fused(const Descriptor &graph) { return graph.count<void *>(CUDNN_ATTR_OPERATIONGRAPH_OPS) > 1; }

// Is the bias float32 although the maps are bfloat16?
bool mixes_types(const Descriptor &graph) {
  const Descriptor &conv = *graph.part(CUDNN_ATTR_OPERATIONGRAPH_OPS);
  const Tensor x(conv.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X));
  for (std::size_t i = 1; i < graph.count<void *>(CUDNN_ATTR_OPERATIONGRAPH_OPS); ++i) {
    const Descriptor *b =
        graph.part(CUDNN_ATTR_OPERATIONGRAPH_OPS, i)->part(CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
    if (b && Tensor(b).bfloat != x.bfloat) return true;
  }
  return false;
}

std::vector<std::size_t> proposed(const Descriptor &heuristic) {
  std::vector<std::size_t> out;
  const Descriptor &graph = *heuristic.part(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
  if (heuristic.value<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE) != CUDNN_HEUR_MODE_A) return out;
  for (std::size_t i = 0; i < engines.size(); ++i)
    if (!is_fused(graph) || (engines[i].fuses && (engines[i].any_bias || !mixes_types(graph))))
      out.push_back(i);
  return out;
}

template <typename T>
cudnnStatus_t answer(const std::vector<T> &values, std::int64_t wanted, std::int64_t *count, void *out) {
  *count = std::int64_t(values.size());
  for (std::int64_t i = 0; i < wanted && i < *count; ++i) static_cast<T *>(out)[i] = values[std::size_t(i)];
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t get(cudnnBackendDescriptor_t from, cudnnBackendAttributeName_t name,
                  cudnnBackendAttributeType_t, std::int64_t wanted, std::int64_t *count, void *out) {
  const Descriptor &d = *of(from);
  auto *parts = static_cast<cudnnBackendDescriptor_t *>(out);
  switch (name) {
    case CUDNN_ATTR_ENGINEHEUR_RESULTS: {
      const std::vector<std::size_t> found = proposed(d);
      *count = std::int64_t(found.size());
      for (std::size_t i = 0; std::int64_t(i) < wanted && i < found.size(); ++i) {
        of(parts[i])->engine = found[i];
        of(parts[i])->attributes[CUDNN_ATTR_ENGINE_OPERATION_GRAPH] =
            d.attributes.at(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
      }
      return CUDNN_STATUS_SUCCESS;
    }
    case CUDNN_ATTR_ENGINECFG_ENGINE:
      *count = 1;
      of(parts[0])->engine = d.engine;
      return CUDNN_STATUS_SUCCESS;
    case CUDNN_ATTR_ENGINE_GLOBAL_INDEX:
      return answer<std::int64_t>({engines[d.engine].number}, wanted, count, out);
    case CUDNN_ATTR_ENGINE_NUMERICAL_NOTE: {
      std::vector<cudnnBackendNumericalNote_t> notes;
      for (int note : engines[d.engine].notes) notes.push_back(cudnnBackendNumericalNote_t(note));
      return answer(notes, wanted, count, out);
    }
    case CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE: {
      std::vector<cudnnBackendBehaviorNote_t> notes;
      if (engines[d.engine].compiled) notes.push_back(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION);
      return answer(notes, wanted, count, out);
    }
    case CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE: {
      const Descriptor &config = *d.part(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
      return answer<std::int64_t>({engines[config.engine].workspace}, wanted, count, out);
    }
    default: return CUDNN_STATUS_NOT_SUPPORTED;
  }
}

cudnnStatus_t finalize(cudnnBackendDescriptor_t d) {
  if (of(d)->type != CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) return CUDNN_STATUS_SUCCESS;
  const Descriptor &config = *of(d)->part(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  return engines[config.engine].plans ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}

std::size_t bytes_of(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_CHAR: return 1;
    case CUDNN_TYPE_BOOLEAN: return sizeof(bool);
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR: return 8;
    default: return 4;  // float and enumerations
  }
}

cudnnStatus_t set(cudnnBackendDescriptor_t d, cudnnBackendAttributeName_t name,
                  cudnnBackendAttributeType_t type, std::int64_t count, const void *values) {
  const char *bytes = static_cast<const char *>(values);
  of(d)->attributes[name].assign(bytes, bytes + std::size_t(count) * bytes_of(type));
  return CUDNN_STATUS_SUCCESS;
}

cudaStream_t &stream_of(cudnnHandle_t handle) { return *reinterpret_cast<cudaStream_t *>(handle); }

cudnnStatus_t execute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack) {
  const Descriptor &config = *of(plan)->part(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  const Descriptor *graph = config.part(CUDNN_ATTR_ENGINE_OPERATION_GRAPH);
  Memory memory;
  for (std::size_t i = 0; i < of(pack)->count<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS); ++i)
    memory.pointers[of(pack)->value<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, i)] =
        of(pack)->value<void *>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, i);
  const void *workspace = of(pack)->value<void *>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
  if (engines[config.engine].workspace > 0 && !workspace) return CUDNN_STATUS_BAD_PARAM;
  ++runs.all;
  runs.fused += is_fused(*graph);
  emulated::submit(
      stream_of(handle), [=] { run_graph(*graph, memory); }, "convolution");
  return CUDNN_STATUS_SUCCESS;
}

const dslt_cudnn_api kEmulated = {
    [] { return std::size_t(91900); },
    [](cudnnStatus_t) { return "an emulated status"; },
    [](cudnnHandle_t *out) {  // a handle is no more than its stream
      if (broken) return CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED;
      return *out = reinterpret_cast<cudnnHandle_t>(new cudaStream_t()), CUDNN_STATUS_SUCCESS;
    },
    [](cudnnHandle_t handle) {
      return delete reinterpret_cast<cudaStream_t *>(handle), CUDNN_STATUS_SUCCESS;
    },
    [](cudnnHandle_t handle, cudaStream_t stream) {
      return stream_of(handle) = stream, CUDNN_STATUS_SUCCESS;
    },
    [](cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t *out) {
      return *out = reinterpret_cast<cudnnBackendDescriptor_t>(new Descriptor{type, {}}),
             CUDNN_STATUS_SUCCESS;
    },
    [](cudnnBackendDescriptor_t d) { return graveyard.emplace_back(of(d)), CUDNN_STATUS_SUCCESS; },
    finalize,
    set,
    get,
    execute};

}  // namespace

extern "C" {
const dslt_cudnn_api *dslt_real_cudnn_load(const char **trouble);  // vendor.c, under another name
const dslt_cudnn_api *dslt_cudnn_load(const char **trouble) {
  *trouble = "";
  if (library == cudnn::Library::real) return dslt_real_cudnn_load(trouble);
  return library == cudnn::Library::emulated ? &kEmulated : nullptr;
}
}

std::string cudnn::missing() {
  if (!dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL) && !dlopen(DSLT_CUDA_STUB, RTLD_NOW | RTLD_GLOBAL))
    return "neither a driver nor the toolkit's stub of one can be opened";
  const char *trouble = "";
  const dslt_cudnn_api *api = dslt_real_cudnn_load(&trouble);
  if (!api) return trouble;
  return api->version() < 90800 ? "it plans for described GPUs from version 9.8 on" : "";
}

#else

std::string cudnn::missing() { return "this build has no cuDNN"; }

#endif
