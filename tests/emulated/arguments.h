/* SPDX-License-Identifier: Apache-2.0 */
// arguments.h: no pointer that a kernel is given may lead to memory that a GPU cannot reach.
#pragma once

#include <cstddef>
#include <type_traits>

namespace emulated {

// Does no word of the argument lead to pageable memory of the host? DSLT_EDEVICE with a sentence if one does.
int check_words(const char *kernel, const void *argument, std::size_t bytes);

// Do all pointers in a kernel's argument, a structure's among them, lead into device memory, or the host's where it is
// pinned? What lies between a structure's members was there before, at times half of an address: it is cleared.
template <class Argument>
int check(const char *kernel, Argument &argument) {
#if defined(__GNUC__) && !defined(__clang__)
  if constexpr (std::is_class_v<Argument>) __builtin_clear_padding(&argument);
#endif
  return check_words(kernel, &argument, sizeof argument);
}

}  // namespace emulated
