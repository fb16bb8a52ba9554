/* SPDX-License-Identifier: Apache-2.0 */
/* anchor_scores.cu: the mean score of a candidate's anchors, from a map of its own or from those of whole search areas. */
#include "anchors.h"
#include "block_sum.h"
#include "launch.h"

enum { THREADS = 64 };

/* One block: a map. */
static __global__ void __launch_bounds__(THREADS)
    anchor_scores_kernel(float *means, const float *__restrict__ scores, int count, int kind, float share,
                         int first, const int32_t *when) {
  if (dslt_skipped(when)) return;
  const int i = (int)blockIdx.x;
  const float *x = scores + (size_t)i * count * DSLT_ANCHOR_OUTPUTS;
  double sum = 0.0;
  for (int k = (int)threadIdx.x; k < count; k += THREADS)
    sum += (double)dslt_anchor_score(kind, x + DSLT_ANCHOR_OUTPUTS * k);
  const dslt_two_sums all = dslt_block_sums(sum, 0.0);
  if (threadIdx.x == 0) means[i] = (first ? 0.0f : means[i]) + share * ((float)all.a / (float)count);
}

extern "C" int DSLT_LAUNCHER(anchor_scores)(dslt_stream stream, float *means, const float *scores, int n,
                                            int count, int kind, float share, int first,
                                            const int32_t *when) {
  if (!means || !scores)
    return dslt_fail(DSLT_EARGUMENT, "Kernel anchor_scores needs scores and a place for their means.");
  if (n < 1 || n > DSLT_CELLS_MAX || count < 1 || count > DSLT_ANCHORS_MAX)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel anchor_scores was given %d maps of %d anchors; it takes 1 to %d of 1 to %d.", n,
                     count, (int)DSLT_CELLS_MAX, (int)DSLT_ANCHORS_MAX);
  return DSLT_LAUNCH(anchor_scores_kernel, (unsigned)n, THREADS, stream, means, scores, count, kind, share,
                     first, when);
}

/* One block: a candidate. */
static __global__ void __launch_bounds__(THREADS)
    sampled_scores_kernel(float *means, const float *__restrict__ scores, const dslt_box *__restrict__ boxes,
                          int kind, dslt_anchor_sampling sampling, const dslt_target_state *state,
                          dslt_search search, float share, int first, const int32_t *when) {
  __shared__ dslt_sampled_place place;
  if (dslt_skipped(when)) return;
  const int i = (int)blockIdx.x, side = sampling.grid.side;
  if (threadIdx.x == 0) {
    const dslt_box box = boxes[i];
    place = dslt_sampled_place_of(&sampling, state, &box, &search);
  }
  __syncthreads();
  double sum = 0.0, count = 0.0;
  for (int at = (int)threadIdx.x; at < side * side; at += THREADS) {
    if (!dslt_anchor_matches(&sampling.grid, sampling.strategy, at / side, at % side)) continue;
    sum += (double)dslt_sampled_score_at(scores, &sampling, &place, kind, at / side, at % side);
    count += 1.0;
  }
  const dslt_two_sums all = dslt_block_sums(sum, count);
  if (threadIdx.x == 0) means[i] = (first ? 0.0f : means[i]) + share * ((float)all.a / (float)all.b);
}

extern "C" int DSLT_LAUNCHER(sampled_scores)(dslt_stream stream, float *means, const float *scores,
                                             const dslt_box *boxes, int n, int kind,
                                             const dslt_anchor_sampling *sampling,
                                             const dslt_target_state *state, const dslt_search *search,
                                             float share, int first, const int32_t *when) {
  if (!means || !scores || !boxes || !sampling || !state || !search)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel sampled_scores needs scores, boxes, a sampling, a state, a search and a place for the "
        "means.");
  if (n < 1 || n > DSLT_BOXES_MAX || sampling->side < 1 || sampling->side > DSLT_RESPONSE_SIDE_MAX ||
      sampling->grid.side < 1 || sampling->grid.side > DSLT_RESPONSE_SIDE_MAX || search->scale.levels < 1)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel sampled_scores was given %d boxes of %d cells a side in maps of side %d; it takes 1 to %d "
        "boxes and sides to %d.",
        n, sampling->grid.side, sampling->side, (int)DSLT_BOXES_MAX, (int)DSLT_RESPONSE_SIDE_MAX);
  return DSLT_LAUNCH(sampled_scores_kernel, (unsigned)n, THREADS, stream, means, scores, boxes, kind,
                     *sampling, state, *search, share, first, when);
}
