/* SPDX-License-Identifier: Apache-2.0 */
// bench.h: a kernel under measurement, the device it runs on and what was found.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "kernels.h"

namespace bench {

// A launcher or the CUDA runtime refused; the text is a sentence.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};
void must(cudaError_t error, const char *what);
void must(int rc);  // a DSLT_E code with its sentence in dslt_last_error()

// Device memory that belongs to a case.
class Memory {
 public:
  Memory() = default;
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;
  ~Memory();
  void *take(const void *data, std::size_t bytes);  // a copy of `data`, or zeros where it is nullptr
  template <typename T>
  T *put(const std::vector<T> &values) {
    return static_cast<T *>(take(values.data(), values.size() * sizeof(T)));
  }
  template <typename T>
  T *zeros(std::size_t count) {
    return static_cast<T *>(take(nullptr, count * sizeof(T)));
  }

 private:
  std::vector<void *> blocks_;
};

template <typename T>
std::vector<T> get(const T *memory, std::size_t count) {
  std::vector<T> out(count);
  must(cudaMemcpy(out.data(), memory, count * sizeof(T), cudaMemcpyDeviceToHost), "read results");
  return out;
}

// Which of the measured ceilings a case's arithmetic has.
enum class Peak { fma, tf32, bf16 };

struct Case {
  double bytes = 0, flops = 0;  // every input read once, every output written once; 2 for a multiply-add
  Peak peak = Peak::fma;
  double tolerance = 1e-5;  // of error()
  std::function<int(dslt_stream)> launch;
  // After exactly one launch: the largest difference from the CPU backend's result, relative to the largest
  // value of that result.
  std::function<double()> error;
};

// Makes the case anew, with its data in `memory`.
struct Entry {
  std::string name;  // what --filter sees: "kernel shape"
  std::function<Case(Memory &memory, dslt_backend *cpu)> make;
};
std::vector<Entry> entries();

// What this device can do, measured on it.
struct Ceilings {
  double copy_bytes_per_s;  // a copy of 512 MiB, read and written
  double fma_flops_per_s;   // float32, 2 for a multiply-add
  double tf32_flops_per_s;  // a product of 8192 x 8192 matrices by cuBLAS, NaN where it does not work
  double bf16_flops_per_s;  // likewise
  double launch_us;         // an empty kernel in a graph of such kernels
};

struct Device {
  std::string name;
  int major, minor, multiprocessors, driver, runtime;
  std::size_t l2_bytes, memory_bytes;
};

Device describe();  // Failure where there is none
Ceilings measure_ceilings(dslt_stream stream);

struct Times {
  double warm_us;  // one of many in a graph, data where the one before left it
  double cold_us;  // alone, second-level cache flushed before
};
Times measure(const Case &what, dslt_stream stream, const Device &device, bool quick);

struct Result {
  std::string kernel, shape, trouble;  // trouble: why there is no number
  double bytes, flops, error, tolerance;
  Times times;
  double copy_share, flop_share;  // of the ceilings, warm; flop_share: of the case's own
  bool right;
};

enum class Output { console, csv, json };
void report(const std::vector<Result> &results, const Device &device, const Ceilings &ceilings, Output how);

}  // namespace bench
