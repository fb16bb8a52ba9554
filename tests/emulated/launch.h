/* SPDX-License-Identifier: Apache-2.0 */
// launch.h: the kernels for the emulated GPU: as tests/kernels/harness.h compiles them, but under the
// launchers' real names, and put into a stream's queue with their arguments copied, as a GPU's driver does.
#pragma once

#include "harness.h"

#undef dslt_cuda_crop
#undef dslt_cuda_frame_view
#undef dslt_cuda_augment
#undef dslt_cuda_upsample_forward
#undef dslt_cuda_upsample_backward
#undef dslt_cuda_upsample_scratch
#undef dslt_cuda_regress_forward
#undef dslt_cuda_regress_backward
#undef dslt_cuda_regress_scratch
#undef dslt_cuda_axpby
#undef dslt_cuda_convert
#undef dslt_cuda_fill
#undef dslt_cuda_fill_normal
#undef dslt_cuda_fill_bilinear
#undef dslt_cuda_respond
#undef dslt_cuda_loss
#undef dslt_cuda_adam
#undef dslt_cuda_label
#undef dslt_cuda_locate
#undef dslt_cuda_choose_scale
#undef dslt_cuda_locate_levels
#undef dslt_cuda_sample_label
#undef dslt_cuda_decide
#undef dslt_cuda_take_level
#undef dslt_cuda_store_sample
#undef dslt_cuda_condition
#undef dslt_cuda_remap
#undef dslt_cuda_pool
#undef dslt_cuda_judge
#undef dslt_cuda_stamp
#undef dslt_cuda_gather

namespace emulated {

// Run `work` when the stream comes to it, or make it a node of the graph that is being recorded.
int submit(void *stream, std::function<void()> work);

template <class Kernel, class... Arguments>
int launch(void *stream, const char *name, dim3 grid, dim3 block, Kernel kernel, Arguments... arguments) {
  return submit(stream, [=] { harness::launch(name, grid, block, [&] { kernel(arguments...); }); });
}

}  // namespace emulated

#undef DSLT_LAUNCH
#define DSLT_LAUNCH(kernel, grid, block, stream, ...) \
  emulated::launch(                                   \
      stream, #kernel, grid, block, [](auto... emulated_) { (kernel)(emulated_...); }, __VA_ARGS__)
