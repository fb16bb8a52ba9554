/* SPDX-License-Identifier: Apache-2.0 */
/* draw_boxes.cu: boxes drawn around a target, those that are accepted kept in the order of their numbers. */
#include "anchors.h"
#include "launch.h"

enum { THREADS = 256 };

/* How many of flags [THREADS] before this thread's are set; *all: of all. Every thread of the block must call. */
__device__ static inline int count_before(int *sums, int flag, int *all) {
  const int t = (int)threadIdx.x;
  sums[t] = flag;
  __syncthreads();
  for (int step = 1; step < THREADS; step *= 2) {
    const int more = t >= step ? sums[t - step] : 0;
    __syncthreads();
    sums[t] += more;
    __syncthreads();
  }
  *all = sums[THREADS - 1];
  const int before = sums[t] - flag;
  __syncthreads();
  return before;
}

/* One block: THREADS draws at a time, until there are enough. */
static __global__ void __launch_bounds__(THREADS)
    draw_boxes_kernel(dslt_box *boxes, dslt_box *crops, int count, dslt_draw_rules rules,
                      const dslt_target_state *state, const int32_t *frame, const int32_t *when) {
  __shared__ int sums[THREADS];
  if (dslt_skipped(when)) return;
  const int t = (int)threadIdx.x, drawn = count * rules.tries;
  const int64_t now = *frame;
  int accepted = 0;
  for (int first = 0; first < drawn && accepted < count; first += THREADS) {
    const int j = first + t;
    dslt_box box = {0, 0, 0, 0};
    int flag = 0, all;
    if (j < drawn) {
      box = dslt_drawn_box(&rules, state, now, j);
      flag = dslt_draw_accepts(&rules, state, &box);
    }
    const int place = accepted + count_before(sums, flag, &all);
    if (flag && place < count) boxes[place] = box;
    accepted += all;
  }
  if (accepted == 0) {
    if (t == 0)
      boxes[0] = {state->cx - 0.5 * state->width, state->cy - 0.5 * state->height, state->width,
                  state->height};
    accepted = 1;
  }
  __syncthreads();
  for (int i = t; i < count; i += THREADS) {
    const dslt_box box = boxes[i % accepted];
    if (i >= accepted) boxes[i] = box;
    if (crops) crops[i] = dslt_box_grown(&box, rules.grow);
  }
}

extern "C" int DSLT_LAUNCHER(draw_boxes)(dslt_stream stream, dslt_box *boxes, dslt_box *crops, int count,
                                         const dslt_draw_rules *rules, const dslt_target_state *state,
                                         const int32_t *frame, const int32_t *when) {
  if (!boxes || !rules || !state || !frame)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel draw_boxes needs a place for the boxes, rules, a state and a frame.");
  if (count < 1 || count > DSLT_BOXES_MAX || rules->tries < 1 ||
      (int64_t)count * rules->tries > DSLT_DRAWS_PER_FRAME)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel draw_boxes was asked for %d boxes of %d tries each; it takes 1 to %d boxes, %d tries in all.",
        count, rules->tries, (int)DSLT_BOXES_MAX, (int)DSLT_DRAWS_PER_FRAME);
  return DSLT_LAUNCH(draw_boxes_kernel, 1, THREADS, stream, boxes, crops, count, *rules, state, frame, when);
}
