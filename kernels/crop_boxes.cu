/* SPDX-License-Identifier: Apache-2.0 */
/* crop_boxes.cu: boxes of any place, size and aspect, sampled from the frame in one launch. */
#include "crop_tile.h"

/* Block (x, y, z): tile of row y of box z. */
template <typename T, int C>
static __global__ void __launch_bounds__(CROP_THREADS, CROP_BLOCKS)
    crop_boxes_kernel(T *out, const dslt_frame_view *frame, int h, int w, dslt_input_norm norm,
                      const dslt_box *boxes, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const dslt_box box = boxes[blockIdx.z];
  const dslt_axis across = dslt_axis_of_side(box.x, box.width, w),
                  down = dslt_axis_of_side(box.y, box.height, h);
  T *to = out + ((size_t)blockIdx.z * (size_t)h + blockIdx.y) * (size_t)w * C;
  crop_tile<T, C>(to, frame, norm, across, down, (int)blockIdx.y, (int)blockIdx.x * CROP_THREADS, w);
  dslt_ended(when);
}

extern "C" int DSLT_LAUNCHER(crop_boxes)(dslt_stream stream, void *out, dslt_type type, int channels,
                                         const dslt_frame_view *frame, int h, int w,
                                         const dslt_input_norm *norm, const dslt_box *boxes, int count,
                                         const int32_t *when) {
  if (!out || !frame || !norm || !boxes)
    return dslt_fail(DSLT_EARGUMENT, "Kernel crop_boxes needs an output, a frame, a norm and boxes.");
  DSLT_TRY(dslt_check_pixels("crop_boxes", out, type, channels));
  if (w < 1 || h < 1 || w > DSLT_MAP_SIDE_MAX || h > DSLT_MAP_SIDE_MAX || count < 1 || count > DSLT_BOXES_MAX)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel crop_boxes was asked for %d boxes of %d x %d pixels; it takes 1 to %d with sides to %d.",
        count, w, h, (int)DSLT_BOXES_MAX, (int)DSLT_MAP_SIDE_MAX);
  dim3 grid((unsigned)((w + CROP_THREADS - 1) / CROP_THREADS), (unsigned)h, (unsigned)count);
#define LAUNCH(T, C)                                                                                      \
  DSLT_LAUNCH((crop_boxes_kernel<T, C>), grid, CROP_THREADS, stream, (T *)out, frame, h, w, *norm, boxes, \
              when)
  DSLT_PIXEL_KINDS(LAUNCH, type, channels);
#undef LAUNCH
}
