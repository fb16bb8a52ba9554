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
// ... or a mark where others have a flag.
// The host looks into device memory for it: nobody changes a mark.
void look(void *out, const void *device, std::size_t bytes);
template <class First, class... Others>
int mark_of(const First &first, const Others &...others) {
  if constexpr (std::is_same_v<First, const int32_t *>)
    if (const dslt_mark *mark = dslt_mark_of(first)) {
      dslt_mark there;
      look(&there, mark, sizeof there);
      return there.stage;
    }
  return mark_of(others...);
}

template <class Kernel, class... Arguments>
int launch(void *stream, const char *name, dim3 grid, dim3 block, Kernel kernel, Arguments... arguments) {
  int bad = 0;
  (..., (bad = bad < 0 ? bad : check(name, arguments)));
  if (bad < 0) return bad;
  return submit(
      stream, [=] { harness::launch(name, grid, block, [&] { kernel(arguments...); }); }, name,
      mark_of(arguments...));
}

}  // namespace emulated

#undef DSLT_LAUNCH
#define DSLT_LAUNCH(kernel, grid, block, stream, ...) \
  emulated::launch(                                   \
      stream, #kernel, grid, block, [](auto... emulated_) { (kernel)(emulated_...); }, __VA_ARGS__)
