/* SPDX-License-Identifier: Apache-2.0 */
// launch.h: the kernels for the emulated GPU: as tests/kernels/harness.h compiles them, but under the
// launchers' real names, and put into a stream's queue with their arguments copied, as a GPU's driver does.
#pragma once

#include <type_traits>

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

// Do all pointers among the arguments, and in structures passed by value, lead into device memory, or the host's where it is
// pinned? DSLT_EDEVICE with a sentence if not.
int check_argument(const char *kernel, const void *argument, std::size_t bytes);

// What lies between the members of a structure is whatever was there before, at times half of an address.
template <class Argument>
void clear_padding(Argument &argument) {
#if defined(__GNUC__) && !defined(__clang__)
  if constexpr (std::is_class_v<Argument>) __builtin_clear_padding(&argument);
#else
  (void)argument;
#endif
}

template <class Kernel, class... Arguments>
int launch(void *stream, const char *name, dim3 grid, dim3 block, Kernel kernel, Arguments... arguments) {
  int bad = 0;
  (..., clear_padding(arguments));
  (..., (bad = bad < 0 ? bad : check_argument(name, &arguments, sizeof arguments)));
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
