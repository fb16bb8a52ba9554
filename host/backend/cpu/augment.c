/* SPDX-License-Identifier: Apache-2.0 */
/* augment.c: a blurred or mirrored copy of a network input, for the first frame's training. */
#include <math.h>

#include "cpu.h"
#include "math/resample.h"

static void mirror_row(float *out, const float *in, int w, int axis) {
  for (int x = 0; x < w; ++x)
    for (int c = 0; c < 3; ++c) out[3 * x + c] = in[3 * dslt_clamp_index(2 * axis - 1 - x, w) + c];
}

int dslt_cpu_augment(dslt_backend *backend, float *out, const float *in, int h, int w, float sigma,
                     int axis) {
  (void)backend;
  float k[5], total = 0.0f;
  for (int i = 0; i < 5; ++i) {
    float d = (float)(i - 2);
    k[i] = sigma > 0.0f ? expf(-0.5f * d * d / (sigma * sigma)) : 0.0f;
    total += k[i];
  }
#pragma omp parallel for schedule(static)
  for (int y = 0; y < h; ++y) {
    float *row = out + (size_t)y * (size_t)w * 3;
    if (!(sigma > 0.0f)) {
      mirror_row(row, in + (size_t)y * (size_t)w * 3, w, axis);
      continue;
    }
    for (int x = 0; x < w; ++x)
      for (int c = 0; c < 3; ++c) {
        float sum = 0.0f;
        for (int j = 0; j < 5; ++j)
          for (int i = 0; i < 5; ++i) {
            int yy = dslt_clamp_index(y + j - 2, h), xx = dslt_clamp_index(x + i - 2, w);
            sum += k[j] * k[i] * in[((size_t)yy * (size_t)w + (size_t)xx) * 3 + (size_t)c];
          }
        row[3 * x + c] = sum / (total * total);
      }
  }
  return DSLT_OK;
}
