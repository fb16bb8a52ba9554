/* SPDX-License-Identifier: Apache-2.0 */
// A GPU of paper: as much of the CUDA runtime and of cuBLAS as the backend uses, on the CPU. Streams are
// queues that run when somebody waits for them, events are places in those queues, graphs are lists of work, and
// pageable memory is read when a copy is asked for while pinned memory is read when it is made, so that what only works
// by luck fails here. A recording takes no allocation, no wait and no pageable copy, the body of a conditional node
// nothing but work, a destroyed graph no launch; conditions begin with their defaults in every launch; the host faults
// where it touches device memory, and no kernel is launched with an address of the host's (strict_test.cpp).
#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <sys/mman.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "arguments.h"
#include "base/error.h"
#include "runtime.h"
extern "C" {
#include "backend/cuda/vendor.h"
}

using Work = std::function<void()>;

// A conditional node's handle is the address of the value.
struct Condition {
  unsigned value, initial;
};
struct CUgraph_st {
  std::vector<Work> nodes;
  std::vector<Condition *> conditions;
  std::vector<CUgraph_st *> bodies;
  std::vector<emulated::Node> listed;
  bool is_body = false;
};
struct CUgraphExec_st {
  std::vector<Work> nodes;
  std::vector<Condition *> conditions;
  std::vector<emulated::Node> listed;  // all of them
  bool destroyed = false;
};
struct CUstream_st {
  std::deque<Work> queue;
  long done = 0;  // pieces of work that have run
  CUgraph_st *recording = nullptr;
};
struct CUevent_st {
  CUstream_st *stream = nullptr;
  long place = 0;  // pieces of the stream's work before it
};

namespace {

std::map<const char *, std::size_t> pinned;
std::set<CUstream_st *> streams;
std::deque<CUgraph_st> bodies;     // live as long as the process: their nodes refer to them
std::deque<CUgraphExec_st> execs;  // likewise: a launch may still wait when its graph is destroyed
std::deque<Condition> conditions;
std::set<std::uintptr_t> handles;  // of conditions
int node_token;
emulated::Counts counts;
bool with_nodes = true, with_graphs = true;
std::deque<float> times;  // that events answer next
bool reads_pageable_late = false, is_idle = false;
std::vector<emulated::Node> launched;
std::size_t largest = SIZE_MAX;

// Device memory can be touched by work that a stream has come to, and by nothing else: the host faults. With
// AddressSanitizer each piece is one of malloc's instead, so that work which leaves its piece is seen.
class DeviceMemory {
 public:
  void *take(std::size_t bytes) {
    bytes = (std::max(bytes, std::size_t(1)) + 255) / 256 * 256;
#ifdef __SANITIZE_ADDRESS__
    void *out = std::aligned_alloc(256, bytes);
    std::memset(out, 0xff, bytes);
#else
    if (!begin_)
      begin_ = static_cast<char *>(
          mmap(nullptr, kRoom, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    char *out = nullptr;
    const auto again = free_.find(bytes);
    if (again != free_.end()) {
      out = again->second;
      free_.erase(again);
    } else {
      if (begin_ == MAP_FAILED || used_ + bytes > kRoom) return nullptr;
      out = begin_ + used_;
      used_ += bytes;
    }
    sizes_[out] = bytes;
    open();
    std::memset(out, 0xff, bytes);  // what is not cleared holds NaN
    close();
#endif
    return out;
  }
  void give_back(void *memory) {
#ifdef __SANITIZE_ADDRESS__
    std::free(memory);
#else
    const auto piece = sizes_.find(static_cast<char *>(memory));
    if (piece == sizes_.end()) return;
    free_.emplace(piece->second, piece->first);
    sizes_.erase(piece);
#endif
  }
  bool holds([[maybe_unused]] const void *memory) const {
#ifdef __SANITIZE_ADDRESS__
    return true;  // any piece of malloc's may be
#else
    const auto *p = static_cast<const char *>(memory);
    return begin_ && p >= begin_ && p < begin_ + used_;
#endif
  }
  void open() {
    if (depth_++ == 0) protect(PROT_READ | PROT_WRITE);
  }
  void close() {
    if (--depth_ == 0) protect(PROT_NONE);
  }

 private:
  void protect(int access) {
    if (used_ > 0) mprotect(begin_, (used_ + 4095) / 4096 * 4096, access);
  }

  static constexpr std::size_t kRoom = std::size_t(1) << 36;
  char *begin_ = nullptr;
  std::size_t used_ = 0;
  int depth_ = 0;
  std::map<char *, std::size_t> sizes_;
  std::multimap<std::size_t, char *> free_;
};
DeviceMemory device_memory;

// What comes before `place`.
void drain(CUstream_st *stream, long place = LONG_MAX) {
  if (stream->queue.empty()) return;
  device_memory.open();
  while (!stream->queue.empty() && stream->done < place) {
    Work work = std::move(stream->queue.front());
    stream->queue.pop_front();
    ++stream->done;
    if (!is_idle) work();
  }
  device_memory.close();
}

// With a seed: a few pieces of work of any stream, each after what came before it in its own.
std::mt19937 draw;
bool at_random = false, serving = false;
void serve_some() {
  if (!at_random || serving || streams.empty()) return;
  serving = true;
  for (unsigned turns = draw() % 4; turns > 0; --turns) {
    auto stream = streams.begin();
    std::advance(stream, draw() % streams.size());
    drain(*stream, (*stream)->done + 1);
  }
  serving = false;
}

bool is_pinned(const void *memory) {
  auto after = pinned.upper_bound(static_cast<const char *>(memory));
  if (after == pinned.begin()) return false;
  --after;
  return static_cast<const char *>(memory) < after->first + after->second;
}

// What takes or gives back memory may wait for the device, so a recording must not contain it.
bool recording() {
  for (const CUstream_st *stream : streams)
    if (stream->recording) return true;
  return false;
}

}  // namespace

namespace emulated {

int submit(void *stream_, std::function<void()> work, const char *name) {
  auto *stream = static_cast<CUstream_st *>(stream_);
  ++counts.launches;
  if (stream->recording) {
    stream->recording->nodes.push_back(std::move(work));
    std::vector<Node> &listed = stream->recording->listed;
    // a kernel that does nothing else than taking the time belongs to the stage that has ended
    const bool stamp = std::string(name) == "stamp_kernel" && !listed.empty();
    listed.push_back({name, 0, stamp ? listed.back().stage : kNoStage});
  } else {
    stream->queue.push_back(std::move(work));
    serve_some();
  }
  return DSLT_OK;
}

namespace {
// Is something mapped there that is the host's?
bool is_of_the_host(std::uintptr_t address) {
  if (address < 0x10000 || address >> 47 != 0) return false;
  const auto *memory = reinterpret_cast<const void *>(address);
  if (device_memory.holds(memory) || is_pinned(memory) || handles.count(address)) return false;
  unsigned char present;
  return mincore(reinterpret_cast<void *>(address & ~std::uintptr_t(4095)), 1, &present) == 0;
}
}  // namespace

int check_words(const char *kernel, const void *argument, std::size_t bytes) {
  for (std::size_t at = 0; at + sizeof(void *) <= bytes; at += sizeof(void *)) {
    std::uintptr_t word;
    std::memcpy(&word, static_cast<const char *>(argument) + at, sizeof word);
    if (is_of_the_host(word))
      return dslt_fail(DSLT_EDEVICE, "Kernel %s was given the address %p of the host's memory.", kernel,
                       reinterpret_cast<void *>(word));
  }
  return DSLT_OK;
}

void stage_ended(int stage) {
  CUgraph_st *graph = nullptr;  // the inner one, where a block is recorded
  for (CUstream_st *stream : streams)
    if (stream->recording && (!graph || stream->recording->is_body)) graph = stream->recording;
  if (!graph) return;
  for (auto node = graph->listed.rbegin(); node != graph->listed.rend() && node->stage == kNoStage; ++node)
    node->stage = stage;
}

Counts take_counts() {
  Counts out = counts;
  counts = {};
  return out;
}
void allow(bool graphs, bool nodes) { with_graphs = graphs, with_nodes = nodes; }
void limit_memory(std::size_t bytes) { largest = bytes; }
void idle(bool yes) { is_idle = yes; }
std::size_t elapsed(const std::vector<float> &ms) {
  const std::size_t left = times.size();
  times.assign(ms.begin(), ms.end());
  return left;
}
void serve_at_random(unsigned seed) {
  at_random = seed != 0;
  draw.seed(seed);
}
std::vector<Node> nodes() { return launched; }
void read_pageable_late(bool late) { reads_pageable_late = late; }

}  // namespace emulated

extern "C" {

// ---- devices and errors

cudaError_t cudaGetDeviceCount(int *count) { return *count = 1, cudaSuccess; }
cudaError_t cudaGetDevice(int *device) { return *device = 0, cudaSuccess; }
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaRuntimeGetVersion(int *version) { return *version = CUDART_VERSION, cudaSuccess; }
cudaError_t cudaDriverGetVersion(int *version) { return *version = CUDART_VERSION, cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *out, int) {
  std::memset(out, 0, sizeof *out);
  std::strcpy(out->name, "GPU of paper");
  out->major = 9;
  out->totalGlobalMem = std::size_t(1) << 34;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
const char *cudaGetErrorString(cudaError_t) { return "an emulated error"; }
const char *cudaGetErrorName(cudaError_t) { return "emulated"; }

// ---- memory

cudaError_t cudaMalloc(void **out, std::size_t bytes) {
  if (recording()) return cudaErrorStreamCaptureUnsupported;
  if (bytes > largest) return cudaErrorMemoryAllocation;
  *out = device_memory.take(bytes);
  return *out ? cudaSuccess : cudaErrorMemoryAllocation;
}
cudaError_t cudaFree(void *memory) {
  if (memory && recording()) return cudaErrorStreamCaptureUnsupported;
  for (CUstream_st *stream : streams) drain(stream);  // as the real one waits for the device
  device_memory.give_back(memory);
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void **out, std::size_t bytes, unsigned) {
  if (recording()) return cudaErrorStreamCaptureUnsupported;
  *out = std::calloc(1, bytes);
  pinned[static_cast<const char *>(*out)] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void *memory) {
  if (recording()) return cudaErrorStreamCaptureUnsupported;
  pinned.erase(static_cast<const char *>(memory));
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t *left, std::size_t *total) {
  return *left = *total = 1 << 30, cudaSuccess;
}
cudaError_t cudaMemsetAsync(void *memory, int value, std::size_t bytes, cudaStream_t stream) {
  emulated::submit(
      stream, [=] { std::memset(memory, value, bytes); }, "set");
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void *dst, const void *src, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const bool pageable = (kind == cudaMemcpyHostToDevice && !is_pinned(src)) ||
                        (kind == cudaMemcpyDeviceToHost && !is_pinned(dst));
  if (pageable && stream->recording) return cudaErrorStreamCaptureUnsupported;
  if (kind == cudaMemcpyHostToDevice) counts.uploaded += long(bytes);
  if (kind == cudaMemcpyHostToDevice && bytes > 4096)
    for (CUstream_st *other : streams)
      if (other != stream && !other->queue.empty()) {
        ++counts.uploads_ahead;
        break;
      }
  if (kind == cudaMemcpyHostToDevice && pageable && !reads_pageable_late) {
    std::vector<char> staged(static_cast<const char *>(src), static_cast<const char *>(src) + bytes);
    emulated::submit(
        stream, [=] { std::memcpy(dst, staged.data(), bytes); }, "copy");
  } else {
    emulated::submit(
        stream, [=] { std::memcpy(dst, src, bytes); }, "copy");
  }
  return cudaSuccess;
}
// Both wait for no stream: whoever copies results waits for theirs first.
cudaError_t cudaMemset(void *memory, int value, std::size_t bytes) {
  if (recording()) return cudaErrorStreamCaptureUnsupported;
  device_memory.open();
  std::memset(memory, value, bytes);
  device_memory.close();
  return cudaSuccess;
}
cudaError_t cudaMemcpy(void *dst, const void *src, std::size_t bytes, cudaMemcpyKind) {
  if (recording()) return cudaErrorStreamCaptureUnsupported;
  device_memory.open();
  std::memcpy(dst, src, bytes);
  device_memory.close();
  return cudaSuccess;
}

// ---- streams and events

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *out, unsigned) {
  *out = new CUstream_st;
  streams.insert(*out);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  streams.erase(stream);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (stream->recording) return cudaErrorStreamCaptureUnsupported;
  return drain(stream), cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *out, unsigned) {
  return *out = new CUevent_st, cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t *out) { return cudaEventCreateWithFlags(out, 0); }
cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t, cudaEvent_t) {
  *ms = 1.0f;
  if (!times.empty()) *ms = times.front(), times.pop_front();
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) { return delete event, cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (stream->recording) return cudaErrorStreamCaptureUnsupported;
  event->stream = stream;
  event->place = stream->done + long(stream->queue.size());
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (streams.count(event->stream)) drain(event->stream, event->place);
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (stream->recording) return cudaErrorStreamCaptureIsolation;
  cudaStream_t other = event->stream;
  const long place = event->place;
  stream->queue.push_back([=] {
    if (streams.count(other)) drain(other, place);
  });
  serve_some();
  return cudaSuccess;
}

// ---- graphs

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (!with_graphs) return cudaErrorStreamCaptureUnsupported;
  stream->recording = new CUgraph_st;
  return cudaSuccess;
}
cudaError_t cudaStreamBeginCaptureToGraph(cudaStream_t stream, cudaGraph_t graph, const cudaGraphNode_t *,
                                          const cudaGraphEdgeData *, std::size_t, cudaStreamCaptureMode) {
  stream->recording = graph;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
  if (!stream->recording) return cudaErrorIllegalState;
  *graph = stream->recording;
  stream->recording = nullptr;
  return cudaSuccess;
}
cudaError_t cudaStreamGetCaptureInfo(cudaStream_t stream, cudaStreamCaptureStatus *status,
                                     unsigned long long *, cudaGraph_t *graph, const cudaGraphNode_t **after,
                                     const cudaGraphEdgeData **, std::size_t *count) {
  *status = stream->recording ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  *graph = stream->recording;
  *after = nullptr;
  *count = 0;
  return cudaSuccess;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus *status) {
  *status = stream->recording ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}
cudaError_t cudaStreamUpdateCaptureDependencies(cudaStream_t, cudaGraphNode_t *, const cudaGraphEdgeData *,
                                                std::size_t, unsigned) {
  return cudaSuccess;
}
cudaError_t cudaGraphConditionalHandleCreate(cudaGraphConditionalHandle *out, cudaGraph_t graph,
                                             unsigned value, unsigned flags) {
  if (!with_nodes) return cudaErrorNotSupported;
  conditions.push_back({value, value});
  if (flags & cudaGraphCondAssignDefault) graph->conditions.push_back(&conditions.back());
  *out = reinterpret_cast<std::uintptr_t>(&conditions.back().value);
  handles.insert(static_cast<std::uintptr_t>(*out));
  return cudaSuccess;
}
cudaError_t cudaGraphAddNode(cudaGraphNode_t *out, cudaGraph_t graph, const cudaGraphNode_t *,
                             const cudaGraphEdgeData *, std::size_t, cudaGraphNodeParams *params) {
  auto *condition = reinterpret_cast<unsigned *>(static_cast<std::uintptr_t>(params->conditional.handle));
  if (graph->is_body) return cudaErrorNotSupported;  // kernels, copies and sets alone
  bodies.emplace_back();
  CUgraph_st *body = &bodies.back();
  body->is_body = true;
  graph->bodies.push_back(body);
  static std::deque<cudaGraph_t> outputs;
  outputs.push_back(body);
  params->conditional.phGraph_out = &outputs.back();
  graph->listed.push_back({"if", 0, emulated::kNoStage});
  graph->nodes.push_back([=] {
    if (!*condition) {
      ++counts.blocks_skipped;
      return;
    }
    ++counts.blocks_run;
    for (const Work &work : body->nodes) work();
  });
  *out = reinterpret_cast<cudaGraphNode_t>(&node_token);
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *out, cudaGraph_t graph, unsigned long long) {
  execs.push_back({graph->nodes, graph->conditions, graph->listed});
  int number = 0;
  for (const CUgraph_st *body : graph->bodies) {
    ++number;
    for (emulated::Node node : body->listed) {
      node.body = number;
      execs.back().listed.push_back(node);
    }
  }
  *out = &execs.back();
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete graph, cudaSuccess; }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) { return graph->destroyed = true, cudaSuccess; }
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  if (graph->destroyed) return cudaErrorInvalidValue;
  ++counts.graphs;
  counts.nodes += long(graph->listed.size());
  launched = graph->listed;
  stream->queue.push_back([=] {
    for (Condition *condition : graph->conditions) condition->value = condition->initial;
    for (const Work &work : graph->nodes) work();
  });
  serve_some();
  return cudaSuccess;
}

}  // extern "C"

// ---- cuBLAS: the definition of a product, columns first

namespace {

float read(const void *matrix, cudaDataType type, std::size_t i) {
  if (type == CUDA_R_32F) return static_cast<const float *>(matrix)[i];
  std::uint32_t bits = std::uint32_t(static_cast<const std::uint16_t *>(matrix)[i]) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

cudaStream_t &stream_of(cublasHandle_t handle) { return *reinterpret_cast<cudaStream_t *>(handle); }

void multiply(cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k, float scale, const void *a,
              cudaDataType a_type, int lda, const void *b, cudaDataType b_type, int ldb, float keep, void *c,
              int ldc) {
  auto *out = static_cast<float *>(c);
  std::vector<float> left(std::size_t(m) * k), column(k);  // left: op(A) by rows
  for (int i = 0; i < m; ++i)
    for (int p = 0; p < k; ++p)
      left[std::size_t(i) * k + p] =
          read(a, a_type, ta == CUBLAS_OP_N ? std::size_t(p) * lda + i : std::size_t(i) * lda + p);
  for (int j = 0; j < n; ++j) {
    for (int p = 0; p < k; ++p)
      column[p] = read(b, b_type, tb == CUBLAS_OP_N ? std::size_t(j) * ldb + p : std::size_t(p) * ldb + j);
    for (int i = 0; i < m; ++i) {
      float sum = 0;
      for (int p = 0; p < k; ++p) sum += left[std::size_t(i) * k + p] * column[p];
      float &place = out[std::size_t(j) * ldc + i];
      place = scale * sum + (keep != 0 ? keep * place : 0.0f);
    }
  }
}

cublasStatus_t gemm(cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k,
                    const void *alpha, const void *a, cudaDataType a_type, int lda, const void *b,
                    cudaDataType b_type, int ldb, const void *beta, void *c, cudaDataType, int ldc,
                    cublasComputeType_t, cublasGemmAlgo_t) {
  float scale = *static_cast<const float *>(alpha), keep = *static_cast<const float *>(beta);
  emulated::submit(
      stream_of(handle),
      [=] { multiply(ta, tb, m, n, k, scale, a, a_type, lda, b, b_type, ldb, keep, c, ldc); }, "product");
  return CUBLAS_STATUS_SUCCESS;
}

// One launch: the addresses are read from device memory when it runs.
cublasStatus_t gemm_batched(cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb, int m, int n,
                            int k, const void *alpha, const void *const *a, cudaDataType a_type, int lda,
                            const void *const *b, cudaDataType b_type, int ldb, const void *beta,
                            void *const *c, cudaDataType, int ldc, int count, cublasComputeType_t,
                            cublasGemmAlgo_t) {
  const float scale = *static_cast<const float *>(alpha), keep = *static_cast<const float *>(beta);
  emulated::submit(
      stream_of(handle),
      [=] {
        for (int i = 0; i < count; ++i)
          multiply(ta, tb, m, n, k, scale, a[i], a_type, lda, b[i], b_type, ldb, keep, c[i], ldc);
      },
      "products");
  return CUBLAS_STATUS_SUCCESS;
}

const dslt_cublas_api kBlas = {
    [](cublasHandle_t *out) {  // a handle is no more than its stream
      return *out = reinterpret_cast<cublasHandle_t>(new cudaStream_t()), CUBLAS_STATUS_SUCCESS;
    },
    [](cublasHandle_t handle) {
      return delete reinterpret_cast<cudaStream_t *>(handle), CUBLAS_STATUS_SUCCESS;
    },
    [](cublasHandle_t, int *version) { return *version = 1, CUBLAS_STATUS_SUCCESS; },
    [](cublasHandle_t handle, cudaStream_t stream) {
      return stream_of(handle) = stream, CUBLAS_STATUS_SUCCESS;
    },
    [](cublasHandle_t, void *, std::size_t) { return CUBLAS_STATUS_SUCCESS; },
    gemm,
    gemm_batched,
    [](cublasStatus_t) { return "an emulated status"; }};

}  // namespace

extern "C" {
const dslt_cublas_api *dslt_cublas_load(const char **trouble) { return *trouble = "", &kBlas; }
int dslt_cublas_version(void) { return 10000; }
int dslt_cudnn_version(void) { return 0; }
}
