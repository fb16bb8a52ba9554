/* SPDX-License-Identifier: Apache-2.0 */
// launch.h: the kernels for the emulated GPU: as tests/kernels/harness.h compiles them, but under the
// launchers' real names, and put into a stream's queue with their arguments copied, as a GPU's driver does.
#pragma once

#include <type_traits>

#include "harness.h"

#undef DSLT_LAUNCHER  // kernels.h gives the real names
#include "arguments.h"
#include "kernels.h"

namespace emulated {

// Run `work` when the stream comes to it, or make it a node of the graph that is being recorded.
int submit(void *stream, std::function<void()> work, const char *name);

template <class Kernel, class... Arguments>
int launch(void *stream, const char *name, dim3 grid, dim3 block, Kernel kernel, Arguments... arguments) {
  int bad = 0;
  (..., (bad = bad < 0 ? bad : check(name, arguments)));
  if (bad < 0) return bad;
  return submit(
      stream, [=] { harness::launch(name, grid, block, [&] { kernel(arguments...); }); }, name);
}

}  // namespace emulated

#undef DSLT_LAUNCH
#define DSLT_LAUNCH(kernel, grid, block, stream, ...) \
  emulated::launch(                                   \
      stream, #kernel, grid, block, [](auto... emulated_) { (kernel)(emulated_...); }, __VA_ARGS__)
