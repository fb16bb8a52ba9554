/* SPDX-License-Identifier: Apache-2.0 */
// memory.cpp: the device memory of a case, and refusals as exceptions. C++ alone, so that the tests of the cases
// on an emulated GPU (tests/emulated) link it too.
#include "bench.h"

namespace bench {

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

}  // namespace bench
