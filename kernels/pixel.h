/* SPDX-License-Identifier: Apache-2.0 */
/* pixel.h: a pixel of the network's input as it is stored: three values, and zeros up to C. */
#ifndef DSLT_KERNELS_PIXEL_H
#define DSLT_KERNELS_PIXEL_H

#include "launch.h"
#include "pack.h"

template <typename T, int C>
struct alignas(C == 3 ? sizeof(T) : (sizeof(T) * C > 16 ? 16 : sizeof(T) * C)) dslt_pixel {
  T v[C];
};

template <typename T, int C>
__device__ static inline void dslt_store_pixel(T *to, float a, float b, float c) {
  dslt_pixel<T, C> pixel;
  dslt_put(&pixel.v[0], a);
  dslt_put(&pixel.v[1], b);
  dslt_put(&pixel.v[2], c);
#pragma unroll
  for (int i = 3; i < C; ++i) dslt_put(&pixel.v[i], 0.0f);
  *reinterpret_cast<dslt_pixel<T, C> *>(to) = pixel;
}

/* Checks that `out` can hold pixels of this kind. */
static inline int dslt_check_pixels(const char *kernel, const void *out, dslt_type type, int channels) {
  if (type != DSLT_TYPE_F32 && type != DSLT_TYPE_BF16)
    return dslt_fail(DSLT_EARGUMENT, "Kernel %s knows no type number %d.", kernel, (int)type);
  if (channels != 3 && channels != 4 && channels != 8)
    return dslt_fail(DSLT_EARGUMENT, "Kernel %s was asked for %d channels; it writes 3, 4 or 8.", kernel,
                     channels);
  if (channels != 3 && !dslt_aligned16(out))
    return dslt_fail(DSLT_EARGUMENT, "Kernel %s needs an output aligned to 16 bytes for %d channels.", kernel,
                     channels);
  return DSLT_OK;
}

/* LAUNCH(T, C) for a type and a number of channels that passed dslt_check_pixels(). */
#define DSLT_PIXEL_KINDS(LAUNCH, type, channels)      \
  do {                                                \
    if ((type) == DSLT_TYPE_F32) {                    \
      if ((channels) == 3) return LAUNCH(float, 3);   \
      if ((channels) == 4) return LAUNCH(float, 4);   \
      return LAUNCH(float, 8);                        \
    }                                                 \
    if ((channels) == 3) return LAUNCH(dslt_bf16, 3); \
    if ((channels) == 4) return LAUNCH(dslt_bf16, 4); \
    return LAUNCH(dslt_bf16, 8);                      \
  } while (0)

#endif
