/* crop.c: the search area, sampled from the frame with replicated edges and normalised; and its
 * augmentations. */
#include <math.h>
#include <omp.h>

#include "cpu.h"
#include "math/resample.h"

/* Sum the frame rows under `taps`, each with its weight, into row [first..last] (columns, 3 channels). */
DSLT_HOT static void blend_rows(float *row, const dslt_image *frame, const dslt_taps *taps, int first,
                                int last) {
  float total = 0.0f;
  for (int j = taps->first; j <= taps->last; ++j) total += dslt_tap_weight(taps, j);
  for (int i = first * 3; i < (last + 1) * 3; ++i) row[i] = 0.0f;
  for (int j = taps->first; j <= taps->last; ++j) {
    float weight = dslt_tap_weight(taps, j) / total;
    const uint8_t *src =
        (const uint8_t *)frame->data + frame->stride * (size_t)dslt_clamp_index(j, frame->height);
    for (int i = first * 3; i < (last + 1) * 3; ++i) row[i] += weight * (float)src[i];
  }
}

DSLT_HOT static void sample_row(float *out, const float *row, int width, int frame_width, float anchor,
                                float centre, float ratio, const dslt_input_norm *norm) {
  int flip = norm->rgb ? 2 : 0;
  for (int u = 0; u < width; ++u, out += 3) {
    dslt_taps taps = dslt_taps_at(u, anchor, centre, ratio);
    float sum[3] = {0.0f, 0.0f, 0.0f}, total = 0.0f;
    for (int i = taps.first; i <= taps.last; ++i) {
      float weight = dslt_tap_weight(&taps, i);
      const float *p = row + 3 * dslt_clamp_index(i, frame_width);
      total += weight;
      for (int c = 0; c < 3; ++c) sum[c] += weight * p[c];
    }
    for (int c = 0; c < 3; ++c)
      out[c] = (sum[flip ? 2 - c : c] / total - norm->mean[c]) * norm->inverse_deviation[c];
  }
}

int dslt_cpu_crop(dslt_backend *backend, float *out, const dslt_geometry *g, const dslt_input_norm *norm,
                  const dslt_pose *pose, int first_level, int count) {
  dslt_cpu *cpu = dslt_cpu_of(backend);
  int h = g->input_height, w = g->input_width, columns = cpu->frame.width;
  for (int n = 0; n < count; ++n) {
    float ratio = (float)(g->ratio * pose->scale * pow(g->scale_step, first_level + n));
    float *crop = out + (size_t)n * (size_t)h * (size_t)w * 3;
    dslt_taps left = dslt_taps_at(0, (float)g->anchor_x, (float)pose->cx, ratio);
    dslt_taps right = dslt_taps_at(w - 1, (float)g->anchor_x, (float)pose->cx, ratio);
    int first = dslt_clamp_index(left.first, columns), last = dslt_clamp_index(right.last, columns);
#pragma omp parallel for schedule(static)
    for (int v = 0; v < h; ++v) {
      float *row = cpu->crop_rows + (size_t)omp_get_thread_num() * (size_t)columns * 3;
      dslt_taps taps = dslt_taps_at(v, (float)g->anchor_y, (float)pose->cy, ratio);
      blend_rows(row, &cpu->frame, &taps, first, last);
      sample_row(crop + (size_t)v * (size_t)w * 3, row, w, columns, (float)g->anchor_x, (float)pose->cx,
                 ratio, norm);
    }
  }
  return DSLT_OK;
}

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
