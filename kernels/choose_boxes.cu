/* SPDX-License-Identifier: Apache-2.0 */
/* choose_boxes.cu: the mean of the best boxes becomes the target, and the map of scores that a frame shows. */
#include "anchors.h"
#include "launch.h"

enum { THREADS = 256 };

/* One block. The state changes last, when every thread has read it. */
static __global__ void __launch_bounds__(THREADS)
    choose_boxes_kernel(dslt_target_state *state, dslt_decision *decision, dslt_choice *choice,
                        float *response, const float *__restrict__ scores, const dslt_box *__restrict__ boxes,
                        int count, dslt_choice_rules rules, dslt_search_area area, const int32_t *when) {
  __shared__ int cell[DSLT_BOXES_MAX];
  __shared__ dslt_box best[DSLT_CHOICE_BEST_MAX];
  __shared__ float score[DSLT_CHOICE_BEST_MAX];
  if (dslt_skipped(when)) return;
  const int t = (int)threadIdx.x, cells = area.response_width * area.response_height;
  for (int i = t; i < count; i += THREADS) {
    const dslt_box box = boxes[i];
    cell[i] = dslt_choice_cell(state, &area, &box);
    const int rank = dslt_rank_of(scores, count, i);
    if (rank < rules.best) best[rank] = box, score[rank] = scores[i];
  }
  __syncthreads();
  for (int k = t; k < cells; k += THREADS) {
    float highest = 0.0f;
    for (int i = 0; i < count; ++i)
      if (cell[i] == k && scores[i] > highest) highest = scores[i];
    response[k] = highest;
  }
  if (t == 0) dslt_choose(state, decision, choice, best, score, &rules);
}

extern "C" int DSLT_LAUNCHER(choose_boxes)(dslt_stream stream, dslt_target_state *state,
                                           dslt_decision *decision, dslt_choice *choice, float *response,
                                           const float *scores, const dslt_box *boxes, int count,
                                           const dslt_choice_rules *rules, const dslt_search *search,
                                           const int32_t *when) {
  if (!state || !decision || !choice || !response || !scores || !boxes || !rules || !search)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel choose_boxes needs a state, boxes, scores, rules and places for what it decides.");
  if (rules->best < 1 || rules->best > DSLT_CHOICE_BEST_MAX || rules->best > count || count > DSLT_BOXES_MAX)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel choose_boxes was asked for the best %d of %d boxes; it takes 1 to %d of at most %d.",
        rules->best, count, (int)DSLT_CHOICE_BEST_MAX, (int)DSLT_BOXES_MAX);
  const dslt_search_area *a = &search->area;
  if (a->response_width < 1 || a->response_height < 1 || a->response_width > DSLT_RESPONSE_SIDE_MAX ||
      a->response_height > DSLT_RESPONSE_SIDE_MAX)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel choose_boxes was given a response of %d x %d; sides are 1 to %d.",
                     a->response_width, a->response_height, (int)DSLT_RESPONSE_SIDE_MAX);
  return DSLT_LAUNCH(choose_boxes_kernel, 1, THREADS, stream, state, decision, choice, response, scores,
                     boxes, count, *rules, *a, when);
}
