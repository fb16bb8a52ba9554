/* SPDX-License-Identifier: Apache-2.0 */
// The tests of this program run on the emulated GPU, also when it is started by hand.
#include <cstdlib>

namespace {

[[maybe_unused]] const int kChosen = setenv("DSLT_TEST_BACKEND", "cuda", 0);

}  // namespace
