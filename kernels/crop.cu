/* SPDX-License-Identifier: Apache-2.0 */
/* crop.cu: the search area at every scale, sampled from the frame; and the layout of frames. */
#include "math/locate.h"

#include "crop_tile.h"

/* Block (x, y, z): tile of row y of level z. */
template <typename T, int C>
static __global__ void __launch_bounds__(CROP_THREADS, CROP_BLOCKS)
    crop_kernel(T *out, const dslt_frame_view *frame, dslt_search g, dslt_input_norm norm,
                const dslt_target_state *state, int first_level, const int32_t *when) {
  __shared__ float ratio_x, ratio_y;
  if (dslt_skipped(when)) return;
  if (threadIdx.x == 0) { /* a power in double: once a block */
    const dslt_ratios ratios = dslt_ratios_at(state, &g, first_level + (int)blockIdx.z);
    ratio_x = (float)ratios.x;
    ratio_y = (float)ratios.y;
  }
  __syncthreads();
  const int w = g.area.input_width;
  const dslt_axis across = {(float)g.area.anchor_x, (float)(state->cx + state->look_x), ratio_x},
                  down = {(float)g.area.anchor_y, (float)(state->cy + state->look_y), ratio_y};
  T *to = out + ((size_t)blockIdx.z * (size_t)g.area.input_height + blockIdx.y) * (size_t)w * C;
  crop_tile<T, C>(to, frame, norm, across, down, (int)blockIdx.y, (int)blockIdx.x * CROP_THREADS, w);
  dslt_ended(when);
}

extern "C" int DSLT_LAUNCHER(frame_view)(dslt_frame_view *view, const void *data, size_t stride, int width,
                                         int height, int format) {
  static const struct {
    unsigned char bytes, blue, green, red;
  } layout[] = {{3, 0, 1, 2}, {3, 2, 1, 0}, {1, 0, 0, 0}, {4, 0, 1, 2},
                {4, 2, 1, 0}, {2, 1, 1, 1}, {6, 1, 3, 5}};
  if (!view || !data) return dslt_fail(DSLT_EARGUMENT, "A frame view needs a place and pixels.");
  if (format < DSLT_BGR8 || format > DSLT_BGR16)
    return dslt_fail(DSLT_EFRAME, "The frame's pixel format %d is none of dslt_pixel_format.", format);
  if (width < 1 || height < 1 || stride < (size_t)width * layout[format].bytes)
    return dslt_fail(DSLT_EFRAME, "The frame's rows are %zu bytes apart, too few for %d pixels of format %d.",
                     stride, width, format);
  *view = {(const uint8_t *)data,
           stride,
           layout[format].bytes,
           {layout[format].blue, layout[format].green, layout[format].red},
           width,
           height};
  return DSLT_OK;
}

extern "C" int DSLT_LAUNCHER(crop)(dslt_stream stream, void *out, dslt_type type, int channels,
                                   const dslt_frame_view *frame, const dslt_search *g,
                                   const dslt_input_norm *norm, const dslt_target_state *state,
                                   int first_level, int count, const int32_t *when) {
  if (!out || !frame || !g || !norm || !state)
    return dslt_fail(DSLT_EARGUMENT, "Kernel crop needs an output, a frame, a geometry, a norm and a state.");
  DSLT_TRY(dslt_check_pixels("crop", out, type, channels));
  if (g->area.input_width < 1 || g->area.input_height < 1 || g->area.input_width > DSLT_MAP_SIDE_MAX ||
      g->area.input_height > DSLT_MAP_SIDE_MAX || count < 1 || count > DSLT_LEVELS_MAX)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel crop was asked for %d areas of %d x %d pixels; it takes 1 to %d with sides to %d.", count,
        g->area.input_width, g->area.input_height, (int)DSLT_LEVELS_MAX, (int)DSLT_MAP_SIDE_MAX);
  dim3 grid((unsigned)((g->area.input_width + CROP_THREADS - 1) / CROP_THREADS),
            (unsigned)g->area.input_height, (unsigned)count);
#define LAUNCH(T, C)                                                                              \
  DSLT_LAUNCH((crop_kernel<T, C>), grid, CROP_THREADS, stream, (T *)out, frame, *g, *norm, state, \
              first_level, when)
  DSLT_PIXEL_KINDS(LAUNCH, type, channels);
#undef LAUNCH
}
