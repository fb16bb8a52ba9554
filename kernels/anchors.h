/* SPDX-License-Identifier: Apache-2.0 */
/* anchors.h: the launchers of the tracking-loss tracker: candidates, stores of training items, proposal heads. The rules
 * of kernels.h hold; rules, specs and draws are host structs, whose pointers are device memory. */
#ifndef DSLT_KERNELS_ANCHORS_H
#define DSLT_KERNELS_ANCHORS_H

#include "kernels.h"
#include "math/anchors.h"
#include "math/candidates.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- boxes and items: draw_boxes.cu, choose_boxes.cu, items.cu ----------------------------------- */

/* Boxes [count] around the target and their crops (may be NULL), count 1..DSLT_BOXES_MAX, rules->tries times count at
 * most DSLT_DRAWS_PER_FRAME. */
int DSLT_LAUNCHER(draw_boxes)(dslt_stream stream, dslt_box *boxes, dslt_box *crops, int count,
                              const dslt_draw_rules *rules, const dslt_target_state *state,
                              const int32_t *frame, const int32_t *when);

/* rules->best boxes of 1..DSLT_BOXES_MAX; response: sides to DSLT_RESPONSE_SIDE_MAX. */
int DSLT_LAUNCHER(choose_boxes)(dslt_stream stream, dslt_target_state *state, dslt_decision *decision,
                                dslt_choice *choice, float *response, const float *scores,
                                const dslt_box *boxes, int count, const dslt_choice_rules *rules,
                                const dslt_search *search, const int32_t *when);

/* count: 1..DSLT_ITEMS_MAX. */
int DSLT_LAUNCHER(draw_items)(dslt_stream stream, int32_t *item, int count, const dslt_item_ring *ring,
                              const dslt_item_draw *draw, const int32_t *when);

/* 1 <= count <= n <= DSLT_BOXES_MAX. */
int DSLT_LAUNCHER(hardest_items)(dslt_stream stream, int32_t *hardest, int count, const float *scores,
                                 const int32_t *item, int n, const int32_t *when);

/* Writes nothing where count is more than the ring's capacity, which the host does not see. */
int DSLT_LAUNCHER(store_items)(dslt_stream stream, float *store, dslt_item_ring *ring, const float *x,
                               size_t values, int count, const int32_t *when);

/* ---- the head: anchor_columns.cu, anchor_outputs.cu, anchor_turn.cu, anchor_loss.cu, anchor_scores.cu, sgd.cu -- */

/* `rows` rows, the anchors of rows / count maps of x [.][side][side][channels], map i of them number item[first + i]
 * (NULL: first + i). */
typedef struct dslt_anchor_rows {
  int side, channels, count;
  const int32_t *cells; /* [count] */
  const int32_t *item;
  int first, rows;
} dslt_anchor_rows;

/* What the 3 x 3 kernels see at each anchor, zeros outside of the map: columns [rows][9][channels]. */
int DSLT_LAUNCHER(anchor_columns)(dslt_stream stream, float *columns, const float *x,
                                  const dslt_anchor_rows *rows, const int32_t *when);

/* scores [rows][2] = ReLU(middle [rows][hidden] + bias [hidden]) times out [2][hidden], plus last [2]. */
int DSLT_LAUNCHER(anchor_outputs)(dslt_stream stream, float *scores, const float *middle, const float *bias,
                                  const float *out, const float *last, int rows, int hidden,
                                  const int32_t *when);

/* middle [rows][hidden], before bias and ReLU, becomes the gradient there; d_bias [hidden], d_out [2][hidden] and
 * d_last [2] are added to (add = 1) or overwritten. scratch: anchor_turn_scratch() bytes, zeroed once. */
int DSLT_LAUNCHER(anchor_turn)(dslt_stream stream, float *middle, float *d_bias, float *d_out, float *d_last,
                               const float *bias, const float *out, const float *d_scores, int rows,
                               int hidden, int add, void *scratch, const int32_t *when);
size_t DSLT_LAUNCHER(anchor_turn_scratch)(int hidden);

int DSLT_LAUNCHER(anchor_loss)(dslt_stream stream, float *d_scores, float *value, const float *scores, int n,
                               int positives, int count, const dslt_anchor_loss_spec *spec, int first,
                               const int32_t *when);

int DSLT_LAUNCHER(anchor_scores)(dslt_stream stream, float *means, const float *scores, int n, int count,
                                 int kind, float share, int first, const int32_t *when);

int DSLT_LAUNCHER(sampled_scores)(dslt_stream stream, float *means, const float *scores,
                                  const dslt_box *boxes, int n, int kind,
                                  const dslt_anchor_sampling *sampling, const dslt_target_state *state,
                                  const dslt_search *search, float share, int first, const int32_t *when);

/* 0..DSLT_ADAM_TENSORS_MAX tensors; params[i].v is not used. */
int DSLT_LAUNCHER(sgd)(dslt_stream stream, const dslt_param *params, int count, float momentum,
                       const int32_t *when);

#ifdef __cplusplus
}
#endif

#endif
