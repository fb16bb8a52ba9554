/* SPDX-License-Identifier: Apache-2.0 */
/* template.c: the responses of a matching head's template, and the template that follows its target. */
#include <string.h>

#include "cpu.h"
#include "math/template.h"

/* Channel by channel, so that neighbouring filters are summed side by side. */
DSLT_HOT static void match_cell(float *restrict out, const float *restrict cell,
                                const float *restrict filters, int channels, int count) {
  for (int k = 0; k < count; ++k) out[k] = 0.0f;
  for (int c = 0; c < channels; ++c) {
    const float value = cell[c];
    const float *restrict filter = filters + (size_t)c * (size_t)count;
    for (int k = 0; k < count; ++k) out[k] += value * filter[k];
  }
  memcpy(out + count, cell, (size_t)channels * sizeof *out);
}

int dslt_cpu_match_template(dslt_backend *backend, float *out, const float *map, const float *filters,
                            int cells, int channels, int count) {
  const size_t wide = (size_t)count + (size_t)channels;
  (void)backend;
#pragma omp parallel for schedule(static)
  for (int i = 0; i < cells; ++i)
    match_cell(out + (size_t)i * wide, map + (size_t)i * (size_t)channels, filters, channels, count);
  return DSLT_OK;
}

int dslt_cpu_follow_template(dslt_backend *backend, float *filters, float *mean, const float *first,
                             const float *seen, const dslt_target_state *state,
                             const dslt_template_rules *rules) {
  const int count = rules->cells * rules->cells;
  (void)backend;
  if (!dslt_template_learns(rules, state)) return DSLT_OK;
  const float share = dslt_template_share(rules, state);
  for (int i = 0; i < count; ++i) {
    const float weight = dslt_template_weight(rules, i, state->width, state->height);
    for (int c = 0; c < rules->channels; ++c) {
      const int at = i * rules->channels + c;
      filters[c * count + i] = dslt_template_filter(rules, share, &mean[at], first[at], weight * seen[at]);
    }
  }
  return DSLT_OK;
}
