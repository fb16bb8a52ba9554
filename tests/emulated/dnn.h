/* SPDX-License-Identifier: Apache-2.0 */
// dnn.h: which cuDNN the backend finds on the emulated GPU: none, one made of plain C++ whose engines a test
// lists, or the real library, which plans for a described GPU but runs nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cudnn {

// An engine of the emulated cuDNN.
struct Engine {
  std::int64_t number = 0;
  std::vector<int> notes;  // numerical ones
  bool compiled = false;   // when it is planned
  bool fuses = true;       // takes more than a plain convolution
  bool any_bias = true;    // also a float32 bias at bfloat16 maps
  bool plans = true;       // its plan can be made
  std::int64_t workspace = 0;
};

enum class Library { none, emulated, real };
void use(Library which);
// Of the emulated one, in the order in which they are proposed. Initially one that can do everything.
void set_engines(const std::vector<Engine> &engines);
// The emulated one's handle cannot be made, as where a part of the library is missing.
void break_it(bool broken);
// Convolutions that ran in the emulated one since the last call, and those with bias inside.
struct Runs {
  long all = 0, fused = 0;
};
Runs take_runs();
// "" or why the real one is not there. Loads a stub of the driver where there is none.
std::string missing();

}  // namespace cudnn
