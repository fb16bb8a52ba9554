/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <cstdlib>
#include <cstring>
#include <random>

#include "order.h"

#if DSLT_CUDA
#include <cuda_runtime_api.h>
#endif

// The kernels compiled with harness.h.
extern "C" {
#define DECLARE(name) decltype(dslt_kernel_##name) dslt_harness_##name;
EVERY_KERNEL(DECLARE)
#undef DECLARE
}

namespace {

#define ENTRY(name) Launcher<decltype(&dslt_kernel_##name)>(dslt_harness_##name),
const Kernels kHarness = {EVERY_KERNEL(ENTRY)};
#undef ENTRY

// ---- the GPU, or why there is none ---------------------------------------------------------------

#if DSLT_CUDA
#define ENTRY(name) Launcher<decltype(&dslt_kernel_##name)>(dslt_kernel_##name),
const Kernels kGpu = {EVERY_KERNEL(ENTRY)};
#undef ENTRY

std::string missing_gpu() {
  int count = 0;
  cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaSuccess && count > 0) return "";
  dslt_backend_info info;
  dslt_cuda_backend.device->query(&info);
  return info.device;
}

void must(cudaError_t error) { ASSERT_EQ(error, cudaSuccess) << cudaGetErrorString(error); }

dslt_stream gpu_stream() {
  dslt_stream stream = nullptr;
  must(cudaStreamCreate(&stream));
  return stream;
}
void gpu_stream_free(dslt_stream stream) { must(cudaStreamDestroy(stream)); }
void *gpu_alloc(std::size_t bytes) {
  void *memory = nullptr;
  must(cudaMalloc(&memory, bytes ? bytes : 1));  // of no bytes it gives no pointer
  return memory;
}
void gpu_free(void *memory) { must(cudaFree(memory)); }
void gpu_write(void *memory, const void *data, std::size_t bytes) {
  must(cudaMemcpy(memory, data, bytes, cudaMemcpyHostToDevice));
}
void gpu_read(void *data, const void *memory, std::size_t bytes, dslt_stream stream) {
  must(cudaStreamSynchronize(stream));
  must(cudaMemcpy(data, memory, bytes, cudaMemcpyDeviceToHost));
}
#else
const Kernels &kGpu = kHarness;  // never called
std::string missing_gpu() { return "this build has no CUDA parts"; }
dslt_stream gpu_stream() { return nullptr; }
void gpu_stream_free(dslt_stream) {}
void *gpu_alloc(std::size_t) { return nullptr; }
void gpu_free(void *) {}
void gpu_write(void *, const void *, std::size_t) {}
void gpu_read(void *, const void *, std::size_t, dslt_stream) {}
#endif

}  // namespace

std::vector<Tally> tally(bool gpu) {
  if (gpu && !DSLT_CUDA) return {};
  const Kernels &k = gpu ? kGpu : kHarness;
#define ROW(name) {#name, k.name.ran()},
  return {EVERY_KERNEL(ROW)};
#undef ROW
}

// ---- the fixture ---------------------------------------------------------------------------------

void KernelTest::SetUp() {
  if (on_gpu()) {
    std::string missing = missing_gpu();
    if (!missing.empty()) GTEST_SKIP() << skip::kGpu << missing;
    stream_ = gpu_stream();
  }
  vary(0);
  dslt_backend_config config = {1, DSLT_PRECISION_F32, 0};
  ASSERT_EQ(dslt_cpu_backend.device->open(&cpu_, &config), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_cpu_backend.device->begin(cpu_), DSLT_OK);  // binds its threads
}

void KernelTest::TearDown() {
  if (cpu_) dslt_cpu_backend.device->end(cpu_);
  if (cpu_) dslt_cpu_backend.device->close(cpu_);
  for (void *memory : memory_) on_gpu() ? gpu_free(memory) : std::free(memory);
  if (stream_) gpu_stream_free(stream_);
}

const Kernels &KernelTest::kernels() const { return on_gpu() ? kGpu : kHarness; }

void KernelTest::vary(int turn) const {
  if (GetParam() == Place::concurrent)
    harness::set_order(harness::Order::concurrent);
  else if (!on_gpu())
    harness::set_order(harness::Order((int(GetParam()) + turn) % 3));
}

void *KernelTest::take(const void *data, std::size_t bytes) {
  // Exactly as many bytes, so that AddressSanitizer sees a thread that reaches too far.
  void *memory = on_gpu() ? gpu_alloc(bytes) : std::malloc(bytes ? bytes : 1);
  if (!memory) throw std::bad_alloc();
  memory_.push_back(memory);
  if (on_gpu())
    gpu_write(memory, data, bytes);
  else if (bytes)
    std::memcpy(memory, data, bytes);
  return memory;
}

void KernelTest::fetch(void *out, const void *memory, std::size_t bytes) {
  if (bytes == 0) return;
  if (on_gpu())
    gpu_read(out, memory, bytes, stream_);
  else
    std::memcpy(out, memory, bytes);
}

// ---- helpers -------------------------------------------------------------------------------------

static const char *const kPlaceNames[] = {"HarnessForward", "HarnessReversed", "HarnessShuffled", "Gpu",
                                          "HarnessConcurrent"};

std::string place_name(const ::testing::TestParamInfo<Place> &info) { return kPlaceNames[int(info.param)]; }

void PrintTo(Place place, std::ostream *out) { *out << kPlaceNames[int(place)]; }

std::vector<float> noise(std::size_t count, unsigned seed, float scale) {
  std::mt19937 generator(seed);
  std::vector<float> out(count);
  for (float &v : out) v = scale * (float(generator() >> 8) / float(1 << 23) - 1.0f);
  return out;
}

void expect_near(const std::vector<float> &got, const std::vector<float> &want, double tolerance,
                 const char *what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(std::isfinite(want[i])) << what << " at " << i << ": the expected value is " << want[i];
    ASSERT_NEAR(double(got[i]), double(want[i]), tolerance * (1.0 + std::fabs(double(want[i]))))
        << what << " at " << i;
  }
}
