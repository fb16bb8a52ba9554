/* SPDX-License-Identifier: Apache-2.0 */
/* samples.c: decides the remaining work of a frame and stores its sample. */
#include <string.h>

#include "cpu.h"
#include "math/label.h"

int dslt_cpu_decide(dslt_backend *backend, dslt_decision *decision, int32_t *learns,
                    const dslt_target_state *state, const dslt_sample_ring *ring,
                    const dslt_update_policy *policy) {
  (void)backend;
  dslt_decide_frame(decision, state, ring, policy);
  for (int slot = 0; learns && slot < ring->capacity; ++slot)
    learns[slot] = dslt_learns_from_slot(decision, ring, policy, slot);
  return DSLT_OK;
}

int dslt_cpu_store_label(dslt_backend *backend, float *labels, const dslt_sample_ring *ring,
                         const dslt_target_state *state, const dslt_search *search) {
  (void)backend;
  const int h = search->area.response_height, w = search->area.response_width;
  if (ring->capacity < 2) return DSLT_OK;
  float *label = labels + (size_t)ring->next * (size_t)h * (size_t)w;
  for (int row = 0; row < h; ++row)
    for (int column = 0; column < w; ++column)
      *label++ = dslt_gaussian2((float)column - state->label_x, (float)row - state->label_y,
                                search->label.sigma_x, search->label.sigma_y);
  return DSLT_OK;
}

int dslt_cpu_store_sample(dslt_backend *backend, dslt_sample_ring *ring, float *const *store,
                          const dslt_sample_sources *s, const dslt_target_state *state,
                          const dslt_decision *decision) {
  (void)backend;
  const float *const *from = s->map[decision->origin];
  const size_t item = decision->origin == DSLT_ORIGIN_LEVELS ? (size_t)state->level : 0;
  const int slot = dslt_ring_advance(ring);
  if (slot < 0 || !from[0]) return DSLT_OK;
  for (int i = 0; i < s->maps; ++i) {
    const size_t values = s->values[i];
    memcpy(store[i] + (size_t)slot * values, from[i] + item * values, values * sizeof(float));
  }
  return DSLT_OK;
}
