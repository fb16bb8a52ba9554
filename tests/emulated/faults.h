/* SPDX-License-Identifier: Apache-2.0 */
// faults.h: what may go wrong with a GPU, brought about: the linker sends the backend's calls of the runtime
// through faults.cpp (see CMakeLists.txt), which passes them on to the emulated one or answers them itself.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

namespace faults {

// Another machine than the healthy one that runtime.cpp describes.
struct Machine {
  cudaError_t devices = cudaSuccess;  // the answer to how many devices there are
  int count = 1;
  int driver = CUDART_VERSION;  // 0: none
  int major = 9, minor = 0;
};
void pretend(const Machine &machine);

// From the call with this number on (0: the next one) every call answers `error`, as a lost device does;
// cublas: with it.
void lose_after(long calls, cudaError_t error);
// The call with this number answers `error`, the rest go well.
void fail_once_after(long calls, cudaError_t error);
// The memory there is; taking more fails until some is given back.
void limit_device_memory(std::size_t bytes);

// Healthy again; answers how many calls there were since the last time.
long heal();
bool struck();         // since the last heal(): the fault came to pass
std::size_t in_use();  // device memory taken and not given back, bytes
long pinned_in_use();  // pinned pieces likewise

}  // namespace faults
