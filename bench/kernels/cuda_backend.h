/* SPDX-License-Identifier: Apache-2.0 */
// cuda_backend.h: the CUDA backend for cases that vendor libraries run.
#pragma once

#include <memory>

#include "bench.h"

#include "backend/cuda/vendor.h"  // whose headers have C++ parts
extern "C" {
#include "backend/cuda/cuda.h"
}

namespace bench {

// Closed when the last of its cases is done with.
inline std::shared_ptr<dslt_cuda> open_cuda(int precision) {
  dslt_backend *opened = nullptr;
  const dslt_backend_config config = {1, precision, 0};
  must(dslt_cuda_backend.device->open(&opened, &config));
  return std::shared_ptr<dslt_cuda>(dslt_cuda_of(opened),
                                    [](dslt_cuda *cuda) { dslt_cuda_backend.device->close(&cuda->base); });
}

}  // namespace bench
