/* SPDX-License-Identifier: Apache-2.0 */
/* nn.h: networks, layers with their gradients, losses and optimisers. The list below is the only place that
 * names these operations: structure, prototypes, both tables and the tests are made from it. Maps are
 * float32, channels last; gradients are named d_x after the tensor x that they belong to. */
#ifndef DSLT_BACKEND_NN_H
#define DSLT_BACKEND_NN_H

#include "backend/graph.h"
#include "backend/types.h"
#include "math/adam.h"
#include "math/anchors.h"
#include "math/candidates.h"
#include "math/early_stopping.h"
#include "math/loss.h"

typedef struct dslt_net dslt_net;               /* a planned network for one batch size and input size */
typedef struct dslt_conv dslt_conv;             /* a planned same-size convolution of the head */
typedef struct dslt_regress dslt_regress;       /* a planned regression: many channels to one, no padding */
typedef struct dslt_fused_head dslt_fused_head; /* a head planned as one operation */
typedef struct dslt_filter dslt_filter;         /* a planned correlation filter */
typedef struct dslt_anchors dslt_anchors;       /* a planned proposal head */

typedef struct dslt_net_desc {
  int n, h, w;             /* input: [n][h][w][c], c as graph->layer[0] says */
  const dslt_graph *graph; /* checked; need not outlive planning */
  int taps;
  int tap[DSLT_NET_TAPS_MAX]; /* layers whose outputs are needed; only what they depend on is computed */
  /* Give a layer's weights as float32, [channels][cin / groups][kernel], and its bias [channels]. */
  int (*load)(void *context, int layer, float *weights, float *bias);
  void *context;
  const dslt_net *share; /* take packed weights from this net of the same layers, or NULL */
} dslt_net_desc;

/* A head as one operation: reductions of two taps, upsampling of the high one, weighted sum, base and
 * residual regression. */
typedef struct dslt_fused_head_desc {
  int n, h, w, factor; /* maps; cells of the low one; the high one is `factor` times smaller */
  int low_channels, high_channels, channels;
  int kh, kw;           /* regression kernel, cells */
  int fusion, residual; /* as in the options of DSLT */
  float fuse_low, fuse_high;
  int reduce_kernel; /* side of the reductions' kernel, cells: 1 or 3 */
  int reduced;       /* 1: the inputs are reduced maps, [channels] each; there are no reductions */
  int deep;          /* 1: backward gives the gradients of reductions and upsampling too */
  int backwards;     /* 1: backward is used; n = 1 */
} dslt_fused_head_desc;

/* Weights or gradients; tensors that the description leaves out may be NULL. */
typedef struct dslt_fused_head_tensors {
  float *reduce_low, *reduce_high; /* [reduce_kernel]^2 [low_channels][channels], likewise [high_channels] */
  float *upsample;                 /* [2 factor][2 factor][channels] */
  float *base, *residual;          /* [kh][kw][channels] */
} dslt_fused_head_tensors;

/* A step of the optimiser with those gradients, as adam() takes it. */
typedef struct dslt_head_update {
  const dslt_param *params;
  int count;
  const dslt_adam_rule *rule;
  int32_t *step;
} dslt_head_update;

/* A correlation filter in closed form (math/correlation_filter.h) of square maps. */
typedef struct dslt_filter_desc {
  int side, channels; /* of a map, cells */
  int margin;         /* the template is the filter without this many cells on every side */
  int batch;          /* maps that filter_apply takes at most */
  double lambda;      /* regularisation */
  double sigma;       /* deviation of the target, cells */
} dslt_filter_desc;

/* A proposal head: 3 x 3 cells to `hidden` channels, ReLU, and two outputs, at some cells of a map. Its parameters are
 * one tensor: [9][channels][hidden], [hidden] biases, [2][hidden], [2] biases. */
typedef struct dslt_anchors_desc {
  int side, channels, hidden; /* of a square map; of the layer between */
  int count;                  /* cells that are looked at, 1..DSLT_ANCHORS_MAX */
  const int *cells;           /* [count], row * side + column; need not outlive planning */
  int learns;                 /* maps of a backward at most; 0: there is none */
} dslt_anchors_desc;

static inline size_t dslt_anchors_values(int channels, int hidden) {
  return (size_t)hidden * (9 * (size_t)channels + 1 + DSLT_ANCHOR_OUTPUTS) + DSLT_ANCHOR_OUTPUTS;
}

/* clang-format off */
#define DSLT_NN_OPERATIONS(XX)                                                                                   \
  XX(int, net_plan, (dslt_net **out, dslt_backend *backend, const dslt_net_desc *desc))                          \
  /* taps[i] [n][h][w][c]: as the graph's map of that layer says. */                                             \
  XX(int, net_run, (dslt_net *net, const float *input, float *const *taps))                                      \
  XX(void, net_free, (dslt_net *net))                                                                            \
                                                                                                                 \
  /* y [n][h][w][cout] = x [n][h][w][cin] * w [k][k][cin][cout], padding (k-1)/2, no bias; k = 1 or 3.           \
   * Backward: d_w [k][k][cin][cout] from d_y [n][h][w][cout]. */                                                \
  XX(int, conv_plan, (dslt_conv **out, dslt_backend *backend, int n, int h, int w, int cin, int cout, int k))    \
  XX(int, conv_forward, (dslt_conv *conv, float *y, const float *x, const float *w))                             \
  XX(int, conv_backward_weights, (dslt_conv *conv, float *d_w, const float *x, const float *d_y))                \
  XX(void, conv_free, (dslt_conv *conv))                                                                         \
                                                                                                                 \
  /* Transposed convolution, one filter a channel: x [n][h][width][c] -> y [n][h f][width f][c],                 \
   * w [2f][2f][c], stride f, padding f/2; f even. Backward (n = 1): d_x [h][width][c], d_w [2f][2f][c] from     \
   * d_y [h f][width f][c]. */                                                                                   \
  XX(int, upsample_forward, (dslt_backend *backend, float *y, const float *x, const float *w, int n, int h,      \
                             int width, int c, int f))                                                           \
  XX(int, upsample_backward, (dslt_backend *backend, float *d_x, float *d_w, const float *x, const float *w,     \
                              const float *d_y, int h, int width, int c, int f))                                 \
                                                                                                                 \
  /* y = a x + b z over count values; z may be NULL (b ignored); y may be x or z. */                             \
  XX(int, axpby, (dslt_backend *backend, float *y, float a, const float *x, float b, const float *z,             \
                  size_t count))                                                                                 \
                                                                                                                 \
  /* y [n][h-kh+1][w-kw+1] = valid correlation of x [n][h][w][c] with w [kh][kw][c]. Backward (n = 1): d_x       \
   * [h][w][c] (may be NULL) and d_w [kh][kw][c] from d_y [h-kh+1][w-kw+1]. */                                   \
  XX(int, regress_plan, (dslt_regress **out, dslt_backend *backend, int n, int h, int w, int c, int kh,          \
                         int kw))                                                                                \
  XX(int, regress_forward, (dslt_regress *regress, float *y, const float *x, const float *w))                    \
  XX(int, regress_backward, (dslt_regress *regress, float *d_x, float *d_w, const float *x, const float *w,      \
                             const float *d_y))                                                                  \
  XX(void, regress_free, (dslt_regress *regress))                                                                \
                                                                                                                 \
  /* A head's whole passes in one call each. A plan leaves *out NULL where the backend serves that shape         \
   * better by the single operations. */                                                                         \
  XX(int, fused_head_plan, (dslt_fused_head **out, dslt_backend *backend, const dslt_fused_head_desc *desc))     \
  /* response [n][h-kh+1][w-kw+1] of low [n][h][w][low_channels] and high [n][h/factor][w/factor]                \
   * [high_channels]: the base's and the residual regression's, and bias[0] + bias[1] (NULL: none). */           \
  XX(int, fused_head_forward, (dslt_fused_head *head, float *response, const float *low, const float *high,      \
                               const dslt_fused_head_tensors *weights, const float *bias))                       \
  /* The same, n = 1, and the loss of that response as loss() has it. */                                         \
  XX(int, fused_head_loss, (dslt_fused_head *head, float *d_response, float *d_bias, float *value,               \
                            const float *low, const float *high, const dslt_fused_head_tensors *weights,         \
                            const float *bias, const float *label, const dslt_loss_spec *spec))                  \
  /* Gradients at the inputs of the last forward, from d_response [h-kh+1][w-kw+1]; then the step `then` (NULL:    \
   * none). */                                                                                                   \
  XX(int, fused_head_backward, (dslt_fused_head *head, const dslt_fused_head_tensors *gradients,                 \
                                const float *low, const float *high,                                             \
                                const dslt_fused_head_tensors *weights, const float *d_response,                 \
                                const dslt_head_update *then))                                                   \
  XX(void, fused_head_free, (dslt_fused_head *head))                                                             \
                                                                                                                 \
  /* response = base + residual (NULL: none) + bias[0] + bias[1] (NULL: none), over count values. */             \
  XX(int, sum_responses, (dslt_backend *backend, float *response, const float *base, const float *residual,      \
                          const float *bias, size_t count))                                                      \
  /* The same sum, its loss against `label` and the loss's gradient: d_response [count], d_bias [2] = its sum,   \
   * value [1] = the summed loss. */                                                                             \
  XX(int, loss, (dslt_backend *backend, float *d_response, float *d_bias, float *value, const float *base,       \
                 const float *residual, const float *bias, const float *label, size_t count,                     \
                 const dslt_loss_spec *spec))                                                                    \
  /* One Adam step on every tensor; *step (backend memory) counts from 0 and is incremented. */                  \
  XX(int, adam, (dslt_backend *backend, const dslt_param *params, int count, const dslt_adam_rule *rule,         \
                 int32_t *step))                                                                                 \
  /* Append *loss to losses [rule->limit] and decide whether training goes on; all but the rule is backend       \
   * memory. */                                                                                                  \
  XX(int, early_stop, (dslt_backend *backend, dslt_training *training, float *losses, const float *loss,         \
                       const dslt_stop_rule *rule))                                                              \
  /* After early_stop: the signal-to-noise ratio of that step's response [count] into values [rule->limit]. */   \
  XX(int, snr, (dslt_backend *backend, float *values, const float *response, size_t count,                       \
                const dslt_training *training))                                                                  \
                                                                                                                 \
  XX(int, filter_plan, (dslt_filter **out, dslt_backend *backend, const dslt_filter_desc *desc))                 \
  /* kernel = (1 - rate) kernel + rate times the template of the map x [side][side][channels], which is windowed \
   * first; kernel [side - 2 margin][side - 2 margin][channels]. rate 1: what was there does not matter. */      \
  XX(int, filter_learn, (dslt_filter *filter, float *kernel, const float *x, double rate))                       \
  /* y [n][2 margin + 1][2 margin + 1] = valid correlation of x [n][side][side][channels] with the kernel. */    \
  XX(int, filter_apply, (dslt_filter *filter, float *y, const float *x, const float *kernel, int n))             \
  XX(void, filter_free, (dslt_filter *filter))                                                                   \
                                                                                                                 \
  /* Every cell of map [cells][channels] with every filter of filters [channels][count], and the cell itself behind  \
   * them: out [cells][count + channels]. */                                                                     \
  XX(int, match_template, (dslt_backend *backend, float *out, const float *map, const float *filters, int cells, \
                           int channels, int count))                                                         \
                                                                                                                 \
  XX(int, anchors_plan, (dslt_anchors **out, dslt_backend *backend, const dslt_anchors_desc *desc))              \
  /* scores [n][count][2] of maps x [.][side][side][channels], of which map i is number item[i] (backend memory; \
   * NULL: i), with parameters w. Backward: the gradient of all parameters, overwritten, from d_scores; the last \
   * forward was of the same x, item, w and n. */                                                                \
  XX(int, anchors_forward, (dslt_anchors *anchors, float *scores, const float *x, const int32_t *item,           \
                            const float *w, int n))                                                              \
  XX(int, anchors_backward, (dslt_anchors *anchors, float *d_w, const float *x, const int32_t *item,             \
                             const float *w, const float *d_scores, int n))                                      \
  XX(void, anchors_free, (dslt_anchors *anchors))                                                                \
  /* means [n] = what is there (first = 1: 0) + share times the mean of dslt_anchor_score() over each map's      \
   * scores [count][2]. */                                                                                       \
  XX(int, anchor_scores, (dslt_backend *backend, float *means, const float *scores, int n, int count, int kind,  \
                          float share, int first))                                                               \
  /* The same for candidates boxes [n] of the search around `state`, read from scores [levels][side][side][2] of whole  \
   * search areas, that crop() has sampled. */                                                                           \
  XX(int, sampled_scores, (dslt_backend *backend, float *means, const float *scores, const dslt_box *boxes,      \
                           int n, int kind, const dslt_anchor_sampling *sampling,                                \
                           const dslt_target_state *state, const dslt_search *search, float share, int first))   \
  /* The loss of n maps, of which the first `positives` show the target: d_scores [n][count][2], and *value =    \
   * what is there (first = 1: 0) + spec->weight times the mean over all anchors. */                             \
  XX(int, anchor_loss, (dslt_backend *backend, float *d_scores, float *value, const float *scores, int n,        \
                        int positives, int count, const dslt_anchor_loss_spec *spec, int first))                 \
  /* Draw `count` slots of a store of items. */                                                                  \
  XX(int, draw_items, (dslt_backend *backend, int32_t *item, int count, const dslt_item_ring *ring,              \
                       const dslt_item_draw *draw))                                                              \
  /* hardest [count] = those of item [n] with the highest scores [n], the highest first; n at most               \
   * DSLT_BOXES_MAX. */                                                                                          \
  XX(int, hardest_items, (dslt_backend *backend, int32_t *hardest, int count, const float *scores,               \
                          const int32_t *item, int n))                                                           \
  /* Copy maps x [count][values] into the ring's next slots of `store` and advance the ring; count is at most    \
   * its capacity. */                                                                                            \
  XX(int, store_items, (dslt_backend *backend, float *store, dslt_item_ring *ring, const float *x,               \
                        size_t values, int count))                                                               \
  /* One step of gradient descent on every tensor; params[i].m is its momentum, v is not used. */                \
  XX(int, sgd, (dslt_backend *backend, const dslt_param *params, int count, float momentum))
/* clang-format on */

typedef struct dslt_nn_ops {
  DSLT_NN_OPERATIONS(DSLT_MEMBER)
} dslt_nn_ops;

#endif
