/* SPDX-License-Identifier: Apache-2.0 */
// launch.h: the kernels for the emulated GPU: as tests/kernels/harness.h compiles them, but under the
// launchers' real names, and put into a stream's queue with their arguments copied, as a GPU's driver does.
#pragma once

#include "harness.h"

#undef DSLT_LAUNCHER  // kernels.h gives the real names
#include "kernels.h"

namespace emulated {

// Run `work` when the stream comes to it, or make it a node of the graph that is being recorded. `mark`: the stage whose
// time the kernel takes at its begin; -1 starts the clock, kNoMark leaves it alone.
constexpr int kNoMark = -2;
int submit(void *stream, std::function<void()> work, const char *name, int mark);

// A kernel that takes the time has a clock among its arguments, and the stage behind it.
inline int mark_of() { return kNoMark; }
template <class... Others>
int mark_of(dslt_clock *const &, const int &stage, const Others &...) {
  return stage;
}
template <class First, class... Others>
int mark_of(const First &, const Others &...others) {
  return mark_of(others...);
}

template <class Kernel, class... Arguments>
int launch(void *stream, const char *name, dim3 grid, dim3 block, Kernel kernel, Arguments... arguments) {
  return submit(
      stream, [=] { harness::launch(name, grid, block, [&] { kernel(arguments...); }); }, name,
      mark_of(arguments...));
}

}  // namespace emulated

#undef DSLT_LAUNCH
#define DSLT_LAUNCH(kernel, grid, block, stream, ...) \
  emulated::launch(                                   \
      stream, #kernel, grid, block, [](auto... emulated_) { (kernel)(emulated_...); }, __VA_ARGS__)
