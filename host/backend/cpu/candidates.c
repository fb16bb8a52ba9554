/* SPDX-License-Identifier: Apache-2.0 */
/* candidates.c: boxes drawn around a target, the choice among them, and stores of training items. */
#include <string.h>

#include "base/error.h"
#include "cpu.h"

int dslt_cpu_draw_boxes(dslt_backend *backend, dslt_box *boxes, dslt_box *crops, int count,
                        const dslt_draw_rules *rules, const dslt_target_state *state, const int32_t *frame) {
  int accepted = 0;
  (void)backend;
  if (count < 1 || count > DSLT_BOXES_MAX || rules->tries < 1 ||
      (int64_t)count * rules->tries > DSLT_DRAWS_PER_FRAME)
    return dslt_fail(DSLT_EINTERNAL, "%d boxes of %d tries each were asked for, which is none or too many.",
                     count, rules->tries);
  for (int j = 0; accepted < count && j < count * rules->tries; ++j) {
    const dslt_box box = dslt_drawn_box(rules, state, *frame, j);
    if (dslt_draw_accepts(rules, state, &box)) boxes[accepted++] = box;
  }
  if (accepted == 0)
    boxes[accepted++] = (dslt_box){state->cx - 0.5 * state->width, state->cy - 0.5 * state->height,
                                   state->width, state->height};
  for (int i = accepted; i < count; ++i) boxes[i] = boxes[i - accepted];
  for (int i = 0; crops && i < count; ++i) crops[i] = dslt_box_grown(&boxes[i], rules->grow);
  return DSLT_OK;
}

/* The highest score of the boxes centred in each cell. */
static void show(float *response, const dslt_target_state *state, const float *scores, const dslt_box *boxes,
                 int count, const dslt_search *search) {
  const dslt_search_area *a = &search->area;
  memset(response, 0, (size_t)a->response_height * (size_t)a->response_width * sizeof *response);
  for (int i = 0; i < count; ++i) {
    const int cell = dslt_choice_cell(state, a, &boxes[i]);
    if (cell >= 0 && scores[i] > response[cell]) response[cell] = scores[i];
  }
}

int dslt_cpu_choose_boxes(dslt_backend *backend, dslt_target_state *state, dslt_decision *decision,
                          dslt_choice *choice, float *response, const float *scores, const dslt_box *boxes,
                          int count, const dslt_choice_rules *rules, const dslt_search *search) {
  dslt_box best[DSLT_CHOICE_BEST_MAX];
  float score[DSLT_CHOICE_BEST_MAX];
  (void)backend;
  if (rules->best < 1 || rules->best > DSLT_CHOICE_BEST_MAX || rules->best > count || count > DSLT_BOXES_MAX)
    return dslt_fail(DSLT_EINTERNAL, "The best %d of %d boxes were asked for.", rules->best, count);
  show(response, state, scores, boxes, count, search);
  for (int i = 0; i < count; ++i) {
    const int rank = dslt_rank_of(scores, count, i);
    if (rank >= rules->best) continue;
    best[rank] = boxes[i];
    score[rank] = scores[i];
  }
  dslt_choose(state, decision, choice, best, score, rules);
  return DSLT_OK;
}

int dslt_cpu_draw_items(dslt_backend *backend, int32_t *item, int count, const dslt_item_ring *ring,
                        const dslt_item_draw *draw) {
  const dslt_item_walk walk = dslt_item_walk_of(ring, draw);
  (void)backend;
  for (int i = 0; i < count; ++i) item[i] = dslt_item_at(ring, &walk, i);
  return DSLT_OK;
}

int dslt_cpu_hardest_items(dslt_backend *backend, int32_t *hardest, int count, const float *scores,
                           const int32_t *item, int n) {
  (void)backend;
  if (count > n || n > DSLT_BOXES_MAX)
    return dslt_fail(DSLT_EINTERNAL, "The hardest %d of %d items were asked for.", count, n);
  for (int i = 0; i < n; ++i) {
    const int rank = dslt_rank_of(scores, n, i);
    if (rank < count) hardest[rank] = item[i];
  }
  return DSLT_OK;
}

int dslt_cpu_store_items(dslt_backend *backend, float *store, dslt_item_ring *ring, const float *x,
                         size_t values, int count) {
  (void)backend;
  if (count < 1 || count > ring->capacity)
    return dslt_fail(DSLT_EINTERNAL, "%d items are none, or too many for a store of %d.", count,
                     (int)ring->capacity);
#pragma omp parallel for schedule(static)
  for (int i = 0; i < count; ++i)
    memcpy(store + (size_t)dslt_item_slot(ring, i) * values, x + (size_t)i * values, values * sizeof *x);
  dslt_items_stored(ring, count);
  return DSLT_OK;
}
