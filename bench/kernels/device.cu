/* SPDX-License-Identifier: Apache-2.0 */
// device.cu: the device's ceilings and how long a kernel takes on it.
#include <algorithm>

#include "bench.h"

#include <cmath>

#include "backend/cuda/vendor.h"

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
  cudaGraph_t graph = nullptr;
  try {
    for (int i = 0; i < many; ++i) body();
  } catch (const Failure &) {  // the next case needs the stream
    cudaStreamEndCapture(stream, &graph);
    if (graph) cudaGraphDestroy(graph);
    (void)cudaGetLastError();
    throw;
  }
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

// Operations a second of a large matrix product in this type; NaN where cuBLAS or the device has none.
double product_flops_per_s(dslt_stream stream, cudaDataType type, cublasComputeType_t compute) {
  const int side = 8192;
  const char *trouble = "";
  const dslt_cublas_api *blas = dslt_cublas_load(&trouble);
  cublasHandle_t handle = nullptr;
  if (!blas || blas->create(&handle) != CUBLAS_STATUS_SUCCESS) return NAN;
  double best = NAN;
  {
    Memory memory;
    const std::size_t values = std::size_t(side) * side;
    // Small whole numbers of either type: constants and zeros run at higher clocks than data do.
    std::vector<uint32_t> pattern(values);
    uint32_t draw = 1;
    for (uint32_t &v : pattern) {
      draw = draw * 1664525u + 1013904223u;
      v = 0x3f003f00u | (draw & 0x807f807fu);  // 0.5 and more, and their negatives, read as either type
    }
    void *a = memory.put(pattern), *b = memory.put(pattern);
    float *c = memory.zeros<float>(values), *workspace = memory.zeros<float>(std::size_t(8) << 20);
    const float one = 1.0f, zero = 0.0f;
    Event begin, end;
    bool good = blas->set_stream(handle, stream) == CUBLAS_STATUS_SUCCESS &&
                blas->set_workspace(handle, workspace, std::size_t(32) << 20) == CUBLAS_STATUS_SUCCESS;
    for (int round = 0; good && round < 6; ++round) {
      begin.record(stream);
      good =
          blas->gemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, side, side, side, &one, a, type, side, b, type, side,
                     &zero, c, CUDA_R_32F, side, compute, CUBLAS_GEMM_DEFAULT) == CUBLAS_STATUS_SUCCESS;
      end.record(stream);
      const double us = end.since(begin), rate = 2.0 * side * double(side) * side / us * 1e6;
      if (good && round > 1 && !(rate <= best)) best = rate;
    }
  }
  blas->destroy(handle);
  return best;
}

}  // namespace

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
  out.tf32_flops_per_s = product_flops_per_s(stream, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32);
  out.bf16_flops_per_s = product_flops_per_s(stream, CUDA_R_16BF, CUBLAS_COMPUTE_32F);
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
