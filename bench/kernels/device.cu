// device.cu: the device's ceilings and how long a kernel takes on it.
#include <algorithm>

#include "bench.h"

namespace bench {
namespace {

__global__ void copy_kernel(float4 *dst, const float4 *src, std::size_t count) {
  std::size_t stride = std::size_t(gridDim.x) * blockDim.x;
  for (std::size_t i = std::size_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride)
    dst[i] = src[i];
}

constexpr int kChains = 16, kSteps = 2048;

// Independent chains of multiply-adds in registers; the sum is written so that none is left out.
__global__ void fma_kernel(float *out, float a, float b) {
  float x[kChains];
  for (int i = 0; i < kChains; ++i) x[i] = float(threadIdx.x + unsigned(i));
  for (int step = 0; step < kSteps; ++step)
#pragma unroll
    for (int i = 0; i < kChains; ++i) x[i] = x[i] * a + b;
  float sum = 0;
  for (int i = 0; i < kChains; ++i) sum += x[i];
  out[std::size_t(blockIdx.x) * blockDim.x + threadIdx.x] = sum;
}

__global__ void empty_kernel() {}

class Event {
 public:
  Event() { must(cudaEventCreate(&event_), "create an event"); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event &) = delete;
  Event &operator=(const Event &) = delete;
  void record(dslt_stream stream) { must(cudaEventRecord(event_, stream), "record an event"); }
  // Microseconds since `before`, once this one has happened.
  double since(const Event &before) const {
    must(cudaEventSynchronize(event_), "run the kernel");
    float ms = 0;
    must(cudaEventElapsedTime(&ms, before.event_, event_), "read a time");
    return double(ms) * 1e3;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// Median microseconds of one of `many` runs of `body` in a graph.
double in_a_graph(dslt_stream stream, int many, int rounds, const std::function<void()> &body) {
  must(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "begin a graph");
  for (int i = 0; i < many; ++i) body();
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  must(cudaStreamEndCapture(stream, &graph), "end a graph");
  must(cudaGraphInstantiateWithFlags(&exec, graph, 0), "make a graph");
  Event begin, end;
  std::vector<double> times;
  for (int round = 0; round < rounds + 2; ++round) {  // two to warm up
    begin.record(stream);
    must(cudaGraphLaunch(exec, stream), "launch a graph");
    end.record(stream);
    double us = end.since(begin) / many;
    if (round >= 2) times.push_back(us);
  }
  cudaGraphExecDestroy(exec);
  cudaGraphDestroy(graph);
  return median(times);
}

}  // namespace

void must(cudaError_t error, const char *what) {
  if (error != cudaSuccess)
    throw Failure(std::string("The GPU could not ") + what + ": " + cudaGetErrorString(error) + ".");
}

void must(int rc) {
  if (rc < 0) throw Failure(dslt_last_error());
}

Memory::~Memory() {
  for (void *block : blocks_) cudaFree(block);
}

void *Memory::take(const void *data, std::size_t bytes) {
  void *block = nullptr;
  must(cudaMalloc(&block, bytes ? bytes : 1), "take memory");
  blocks_.push_back(block);
  if (data)
    must(cudaMemcpy(block, data, bytes, cudaMemcpyHostToDevice), "fill memory");
  else
    must(cudaMemset(block, 0, bytes), "zero memory");
  return block;
}

Device describe() {
  int count = 0;
  cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess || count < 1)
    throw Failure(std::string("There is no GPU to measure: ") +
                  (error != cudaSuccess ? cudaGetErrorString(error) : "the driver finds none") +
                  ". Run this on a machine with an NVIDIA GPU and driver.");
  cudaDeviceProp p;
  Device d = {};
  must(cudaGetDeviceProperties(&p, 0), "describe itself");
  must(cudaDriverGetVersion(&d.driver), "tell its driver");
  must(cudaRuntimeGetVersion(&d.runtime), "tell its runtime");
  d.name = p.name;
  d.major = p.major;
  d.minor = p.minor;
  d.multiprocessors = p.multiProcessorCount;
  d.l2_bytes = std::size_t(p.l2CacheSize);
  d.memory_bytes = p.totalGlobalMem;
  return d;
}

Ceilings measure_ceilings(dslt_stream stream) {
  Ceilings out = {};
  {
    Memory memory;
    const std::size_t count = (std::size_t(512) << 20) / sizeof(float4);
    float4 *from = memory.zeros<float4>(count), *to = memory.zeros<float4>(count);
    double us = in_a_graph(stream, 4, 9, [&] { copy_kernel<<<4096, 512, 0, stream>>>(to, from, count); });
    out.copy_bytes_per_s = 2.0 * double(count * sizeof(float4)) / us * 1e6;
  }
  Memory memory;
  const unsigned blocks = 4096, threads = 256;
  float *sums = memory.zeros<float>(std::size_t(blocks) * threads);
  double us =
      in_a_graph(stream, 4, 9, [&] { fma_kernel<<<blocks, threads, 0, stream>>>(sums, 0.999f, 0.001f); });
  out.fma_flops_per_s = 2.0 * kChains * kSteps * double(blocks) * threads / us * 1e6;
  out.launch_us = in_a_graph(stream, 100, 9, [&] { empty_kernel<<<1, 32, 0, stream>>>(); });
  return out;
}

Times measure(const Case &what, dslt_stream stream, const Device &device, bool quick) {
  Times times = {};
  times.warm_us = in_a_graph(stream, quick ? 5 : 50, quick ? 3 : 15, [&] { must(what.launch(stream)); });
  Memory memory;
  const std::size_t bytes = std::max(device.l2_bytes, std::size_t(1) << 20) * 3;
  void *flush = memory.zeros<char>(bytes);
  Event begin, end;
  std::vector<double> cold;
  for (int i = 0; i < (quick ? 3 : 25); ++i) {
    must(cudaMemsetAsync(flush, i, bytes, stream), "flush its cache");
    begin.record(stream);
    must(what.launch(stream));
    end.record(stream);
    cold.push_back(end.since(begin));
  }
  times.cold_us = median(cold);
  return times;
}

}  // namespace bench
