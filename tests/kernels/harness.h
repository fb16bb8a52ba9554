/* SPDX-License-Identifier: Apache-2.0 */
// harness.h: lets any C++ compiler compile the kernels and one CPU core run them. Given to the compiler with
// -include before each .cu; what CUDA supplies is supplied here, as far as the kernels use it.
//
// Every thread of a block is a fibre with a stack of its own. The fibres of a block take turns: each until it has to wait for
// others. So one that forgets to wait reads what is not there yet, in at least one of the orders of order.h; and when no
// fibre can go on, a barrier was not reached by all, which fails the launch. Blocks run one after another, or, shuffled, several at
// a time, which take turns at barriers, shuffles and atomics: each in a thread of the system, but never two at once, so that the
// same launch runs the same way twice. Or, concurrent, several really at once, for ThreadSanitizer: to it every thread of a block is
// a thread, and what orders their accesses are barriers within a block, between blocks only a __threadfence() before an atomic.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

#include "order.h"

// The launchers get names of their own, so that a program may hold the real ones too.
#define DSLT_LAUNCHER(name) dslt_harness_##name

#define __global__
#define __device__
#define __host__
// One copy for each thread of the system that runs blocks. It keeps what its last block left in it, as real shared memory may.
#define __shared__ static __thread
#define __launch_bounds__(...)

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned width = 1, unsigned height = 1, unsigned depth = 1)
      : x(width), y(height), z(depth) {}
};

extern __thread dim3 gridDim, blockDim, blockIdx, threadIdx;  // of the fibre that runs

namespace harness {

// Runs `body` once for each thread of the grid. 0, or DSLT_EDEVICE with a sentence where threads wait for
// others that never come, or where the grid is one no GPU accepts.
int launch(const char *kernel, dim3 grid, dim3 block, const std::function<void()> &body);

// Waits until every thread of the block is here.
void barrier(int line);
// Hands in 8 bytes and waits until every lane of `mask` has done so; returns what lane `source` of this warp
// gave.
uint64_t exchange(unsigned mask, uint64_t value, unsigned source, int line);
// Position in the warp.
unsigned lane();

template <typename T>
T shuffle_down(unsigned mask, T value, unsigned delta, int line) {
  static_assert(sizeof(T) <= sizeof(uint64_t), "a shuffle moves at most 8 bytes");
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  unsigned source = lane() + delta;  // past the warp's end a lane keeps its own value
  bits = exchange(mask, bits, source < 32 ? source : lane(), line);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <typename T>
T shuffle_xor(unsigned mask, T value, unsigned with, int line) {
  static_assert(sizeof(T) <= sizeof(uint64_t), "a shuffle moves at most 8 bytes");
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = exchange(mask, bits, (lane() ^ with) % 32, line);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// A conditional node's handle is the address of its condition here.
inline void set_condition(unsigned long long handle, unsigned value) {
  *reinterpret_cast<unsigned *>(static_cast<uintptr_t>(handle)) = value;
}

// Lets other blocks have a turn, where several run.
void let_others();

// __threadfence(): who sees a later atomic of this thread may rely on what it wrote before.
void fence();
// Before and after an atomic at this address: what this thread wrote before its fence may be relied on from now on; what others did.
void publish(const void *address);
void observe(const void *address);

// CUDA's atomicInc: back to 0 after `limit`. Relaxed, as the real one: an order comes from fences alone.
inline uint32_t increment(uint32_t *address, uint32_t limit) {
  let_others();
  publish(address);
  uint32_t old = __atomic_load_n(address, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(address, &old, old >= limit ? 0 : old + 1, false, __ATOMIC_RELAXED,
                                      __ATOMIC_RELAXED)) {
  }
  observe(address);
  let_others();
  return old;
}

// CUDA's atomicMax, relaxed likewise.
template <typename T>
T raise(T *address, T value) {
  let_others();
  T old = __atomic_load_n(address, __ATOMIC_RELAXED);
  while (old < value &&
         !__atomic_compare_exchange_n(address, &old, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return old;
}

}  // namespace harness

#define __syncthreads() harness::barrier(__LINE__)
#define __shfl_down_sync(mask, value, delta) harness::shuffle_down(mask, value, delta, __LINE__)
#define __shfl_xor_sync(mask, value, with) harness::shuffle_xor(mask, value, with, __LINE__)
#define cudaGraphSetConditional harness::set_condition
#define DSLT_HAS_CONDITION 1
#define __threadfence() harness::fence()
#define atomicInc harness::increment
#define atomicMax harness::raise

#define DSLT_LAUNCH(kernel, grid, block, stream, ...) \
  ((void)(stream), harness::launch(#kernel, grid, block, [&] { kernel(__VA_ARGS__); }))
