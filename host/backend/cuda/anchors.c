/* SPDX-License-Identifier: Apache-2.0 */
/* anchors.c: proposal heads, candidates and stores of training items on a GPU: not there yet, so the tracking-loss
 * tracker runs on the CPU. */
#include "base/error.h"
#include "cuda.h"

static int not_here(void) {
  return dslt_fail(
      DSLT_EUNSUPPORTED,
      "The CUDA backend has no proposal heads yet: use backend=cpu for the tracking-loss tracker.");
}

int dslt_cuda_draw_boxes(dslt_backend *backend, dslt_box *boxes, dslt_box *crops, int count,
                         const dslt_draw_rules *rules, const dslt_target_state *state, const int32_t *frame) {
  (void)backend, (void)boxes, (void)crops, (void)count, (void)rules, (void)state, (void)frame;
  return not_here();
}

int dslt_cuda_choose_boxes(dslt_backend *backend, dslt_target_state *state, dslt_decision *decision,
                           dslt_choice *choice, float *response, const float *scores, const dslt_box *boxes,
                           int count, const dslt_choice_rules *rules, const dslt_search *search) {
  (void)backend, (void)state, (void)decision, (void)choice, (void)response, (void)scores, (void)boxes;
  (void)count, (void)rules, (void)search;
  return not_here();
}

int dslt_cuda_anchors_plan(dslt_anchors **out, dslt_backend *backend, const dslt_anchors_desc *desc) {
  (void)out, (void)backend, (void)desc;
  return not_here();
}

int dslt_cuda_anchors_forward(dslt_anchors *anchors, float *scores, const float *x, const int32_t *item,
                              const float *w, int n) {
  (void)anchors, (void)scores, (void)x, (void)item, (void)w, (void)n;
  return not_here();
}

int dslt_cuda_anchors_backward(dslt_anchors *anchors, float *d_w, const float *x, const int32_t *item,
                               const float *w, const float *d_scores, int n) {
  (void)anchors, (void)d_w, (void)x, (void)item, (void)w, (void)d_scores, (void)n;
  return not_here();
}

void dslt_cuda_anchors_free(dslt_anchors *anchors) { (void)anchors; }

int dslt_cuda_anchor_scores(dslt_backend *backend, float *means, const float *scores, int n, int count,
                            int kind, float share, int first) {
  (void)backend, (void)means, (void)scores, (void)n, (void)count, (void)kind, (void)share, (void)first;
  return not_here();
}

int dslt_cuda_sampled_scores(dslt_backend *backend, float *means, const float *scores, const dslt_box *boxes,
                             int n, int kind, const dslt_anchor_sampling *sampling,
                             const dslt_target_state *state, const dslt_search *search, float share,
                             int first) {
  (void)backend, (void)means, (void)scores, (void)boxes, (void)n, (void)kind, (void)sampling, (void)state;
  (void)search, (void)share, (void)first;
  return not_here();
}

int dslt_cuda_anchor_loss(dslt_backend *backend, float *d_scores, float *value, const float *scores, int n,
                          int positives, int count, const dslt_anchor_loss_spec *spec, int first) {
  (void)backend, (void)d_scores, (void)value, (void)scores, (void)n, (void)positives, (void)count;
  (void)spec, (void)first;
  return not_here();
}

int dslt_cuda_draw_items(dslt_backend *backend, int32_t *item, int count, const dslt_item_ring *ring,
                         const dslt_item_draw *draw) {
  (void)backend, (void)item, (void)count, (void)ring, (void)draw;
  return not_here();
}

int dslt_cuda_hardest_items(dslt_backend *backend, int32_t *hardest, int count, const float *scores,
                            const int32_t *item, int n) {
  (void)backend, (void)hardest, (void)count, (void)scores, (void)item, (void)n;
  return not_here();
}

int dslt_cuda_store_items(dslt_backend *backend, float *store, dslt_item_ring *ring, const float *x,
                          size_t values, int count) {
  (void)backend, (void)store, (void)ring, (void)x, (void)values, (void)count;
  return not_here();
}

int dslt_cuda_sgd(dslt_backend *backend, const dslt_param *params, int count, float momentum) {
  (void)backend, (void)params, (void)count, (void)momentum;
  return not_here();
}
